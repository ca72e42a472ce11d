/* What one client can take of the server, and what is left for the others. */
#include <signal.h>

#include "net_kit.h"

static struct fx_net_server_stats stats_of(const struct rig *rig)
{
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    return stats;
}

static void net_server_limits_full_house_lets_others_wait(void **state)
{
    (void)state;
    const struct fx_net_server_config few = {.connections_max = CAP};
    struct rig *rig = rig_create(&few);
    int fds[CAP];
    for (int count = 0; count < CAP; count++) {
        fds[count] = connect_to(rig, 0);
        put(fds[count], GET("/"));
        expect_text(rig, fds[count], HELLO);
    }
    int waiting[2] = {connect_to(rig, 0), connect_to(rig, 0)};
    put(waiting[0], GET("/first"));
    put(waiting[1], GET("/second"));
    expect_text(rig, waiting[0], ""); /* neither refused nor served */
    assert_int_equal(stats_of(rig).connections, CAP);
    assert_int_equal(stats_of(rig).pauses, 1);
    (void)close(fds[1]);
    expect_text(rig, waiting[0], HELLO);
    expect_text(rig, waiting[1], "");
    (void)close(waiting[0]);
    expect_text(rig, waiting[1], HELLO);
    assert_int_equal(stats_of(rig).refused, 0);
    assert_int_equal(stats_of(rig).accepted, CAP + 2);
    /* A stop with somebody in the queue ends all the same. */
    waiting[0] = connect_to(rig, 0);
    turn(rig, 20);
    fx_net_server_stop(rig->server);
    fx_net_server_run(rig->server);
    rig_destroy(rig);
    (void)close(waiting[0]);
    (void)close(waiting[1]);
}

static void net_server_limits_silence_makes_room_in_a_full_house(void **state)
{
    (void)state;
    const struct fx_net_server_config few = {.connections_max = 16};
    struct rig *rig = rig_create(&few);
    int silent[14];
    for (int index = 0; index < 14; index++) {
        silent[index] = connect_to(rig, 0);
    }
    pass_time(rig, 1000); /* 14 of 16 are taken: not full, and a head has 5 s */
    assert_int_equal(stats_of(rig).connections, 14);
    const int busy = connect_to(rig, 0);
    put(busy, GET("/"));
    expect_text(rig, busy, HELLO);
    pass_time(rig, 0);
    assert_int_equal(stats_of(rig).connections, 1); /* one more: full, and they had 1 s */
    assert_int_equal(stats_of(rig).expired, 14);
    put(busy, GET("/"));
    expect_text(rig, busy, HELLO);
    for (int index = 0; index < 14; index++) {
        expect_text(rig, silent[index], "<end>");
        (void)close(silent[index]);
    }
    (void)close(busy);
    rig_destroy(rig);
}

static void net_server_limits_loopback_may_be_uncapped(void **state)
{
    (void)state;
    const struct fx_net_server_config config = {
        .connections_max = 100, .connections_per_address_max = 2, .is_loopback_uncapped = true};
    struct rig *rig = rig_create(&config);
    int fds[5];
    for (int index = 0; index < 5; index++) {
        fds[index] = connect_to(rig, 0);
        put(fds[index], GET("/"));
        expect_text(rig, fds[index], HELLO);
    }
    assert_int_equal(stats_of(rig).refused, 0);
    for (int index = 0; index < 5; index++) {
        (void)close(fds[index]);
    }
    rig_destroy(rig);
}

/* Eighty pipelined requests of one client and one of another: both get everything, in order, and
 * the second one's answer does not wait for all of the first one's. */
static void net_server_limits_pipelining_leaves_room_for_others(void **state)
{
    (void)state;
    enum { COUNT = 80 };
    struct rig *rig = rig_create(&PLAIN);
    const int greedy = connect_to(rig, 0);
    const int modest = connect_to(rig, 0);
    turn(rig, 20);
    struct fx_buf all;
    fx_buf_init(&all, 1 << 16);
    for (int index = 0; index < COUNT; index++) {
        fx_buf_append(&all, FX_STR(GET("/greedy")));
    }
    assert_int_equal(send(greedy, all.data, all.size, MSG_NOSIGNAL), (ssize_t)all.size);
    fx_buf_deinit(&all);
    put(modest, GET("/modest"));
    expect_text(rig, modest, HELLO);
    bool is_end = false;
    static char text[COUNT * sizeof HELLO];
    const size_t wanted = COUNT * (sizeof HELLO - 1);
    assert_int_equal(pull(rig, greedy, text, wanted, &is_end), wanted);
    assert_int_equal(rig->request_count, COUNT + 1);
    const char *modest_at = strstr(rig->paths, "/modest");
    assert_non_null(modest_at);
    /* Sixteen in a row, or thirty-two where it came second. */
    assert_true(modest_at - rig->paths <= 2L * FX_NET_SERVER_PIPELINE_MAX * 7);
    (void)close(greedy);
    (void)close(modest);
    rig_destroy(rig);
}

static void net_server_limits_talker_is_closed_with_1008(void **state)
{
    (void)state;
    const struct fx_net_server_config config = {.connections_max = 10,
                                                .messages_per_minute_max = 6};
    struct rig *rig = rig_create(&config);
    const int fd = connect_socket(rig, 0);
    for (int index = 0; index < 6; index++) {
        put_frame(fd, FX_NET_WEBSOCKET_OPCODE_TEXT, "x");
    }
    expect_text(rig, fd, "\x81\x01x\x81\x01x\x81\x01x\x81\x01x\x81\x01x\x81\x01x");
    pass_time(rig, 10000); /* one more comes every ten seconds */
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_PING, "");
    expect_text(rig, fd, "\x8a");
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_PING, ""); /* control frames count, too */
    expect_text(rig, fd, "\x88\x02\x03\xf0<end>");
    assert_int_equal(rig->close_code, 1008);
    assert_int_equal(rig->message_count, 6);
    assert_int_equal(stats_of(rig).talkers, 1);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_limits_stop_does_not_wait_for_the_idle(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int idle = connect_to(rig, 0);
    put(idle, GET("/"));
    expect_text(rig, idle, HELLO);
    const int deaf = connect_socket(rig, 0); /* never answers a close frame */
    fx_net_server_stop(rig->server);
    turn(rig, 20);
    assert_int_equal(stats_of(rig).connections, 1);
    pass_time(rig, 499);
    assert_int_equal(stats_of(rig).connections, 1);
    pass_time(rig, 1);
    fx_net_server_run(rig->server);
    assert_int_equal(rig->close_code, 1006);
    (void)close(idle);
    (void)close(deaf);
    rig_destroy(rig);
}

static int caught[4];
static uint32_t caught_count;

static void on_signal(void *self, int signal_number)
{
    (void)self;
    caught[caught_count] = signal_number;
    caught_count++;
}

static void net_server_limits_signals_are_told_and_the_second_end_is_the_systems(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct sigaction action;
    assert_int_equal(fx_net_server_watch_signals(rig->server, on_signal, rig), FX_OK);
    static const int NUMBERS[] = {SIGHUP, SIGUSR1, SIGTERM};
    for (uint32_t index = 0; index < 3; index++) {
        assert_int_equal(raise(NUMBERS[index]), 0);
        while (caught_count == index) {
            (void)fx_net_server_step(rig->server, true);
        }
        assert_int_equal(caught[index], NUMBERS[index]);
    }
    assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
    assert_int_equal(sigaction(SIGINT, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
    assert_int_equal(sigaction(SIGHUP, NULL, &action), 0);
    assert_ptr_not_equal(action.sa_handler, SIG_DFL);
    rig_destroy(rig);
}

static void net_server_limits_answers_are_told_with_their_label(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = connect_to(rig, 0);
    put(fd, GET("/later"));
    turn(rig, 20);
    fx_net_server_label(rig->server, rig->later[0], 42);
    answer(rig, rig->later[0], "hello");
    fx_net_server_label(rig->server, rig->later[0], 43); /* answered: too late, and harmless */
    put(fd, GET("/twice"));
    put(fd, "nonsense\r\n\r\n");
    turn(rig, 50);
    assert_string_equal(rig->answers, "/later 42 200 5;/twice 0 200 3;refused 0 400 11;");
    const int socket = connect_socket(rig, 0);
    assert_non_null(strstr(rig->answers, ";/ws 0 101 0;"));
    (void)close(socket);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_limits_connection_keeps_a_number_that_nobody_gets_again(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    uint64_t last = 0;
    for (int round = 0; round < 3; round++) { /* in the same slot */
        const int fd = connect_to(rig, 0);
        for (int request = 0; request < 3; request++) {
            put(fd, GET("/"));
            expect_text(rig, fd, HELLO);
            assert_true(request == 0 ? rig->connection > last : rig->connection == last);
            last = rig->connection;
        }
        (void)close(fd);
        turn(rig, 20);
    }
    rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_server_limits_answers_are_told_with_their_label),
        cmocka_unit_test(net_server_limits_connection_keeps_a_number_that_nobody_gets_again),
        cmocka_unit_test(net_server_limits_full_house_lets_others_wait),
        cmocka_unit_test(net_server_limits_silence_makes_room_in_a_full_house),
        cmocka_unit_test(net_server_limits_loopback_may_be_uncapped),
        cmocka_unit_test(net_server_limits_pipelining_leaves_room_for_others),
        cmocka_unit_test(net_server_limits_talker_is_closed_with_1008),
        cmocka_unit_test(net_server_limits_stop_does_not_wait_for_the_idle),
        cmocka_unit_test(net_server_limits_signals_are_told_and_the_second_end_is_the_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

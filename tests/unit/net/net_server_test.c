/* The server on real loopback sockets, in one thread: the test steps the loop and its own clock. */
#include "net/net_server.h"

#include <pthread.h>
#include <signal.h>

#include "net/net_client.h"
#include "net/net_http_client.h"
#include "net/net_server_door.h"
#include "net_kit.h"

static void net_server_answers_with_date_and_length(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = connect_to(rig, 0);
    put(fd, GET("/hello"));
    expect_text(rig, fd, HELLO);
    assert_string_equal(rig->peer, "127.0.0.1");
    assert_int_equal(rig->tag, 7);
    put(fd, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_text(rig, fd, OK_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
    put(fd, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect_text(rig,
                fd,
                OK_HEAD "Connection: keep-alive\r\nContent-Type: text/plain\r\n"
                        "Content-Length: 5\r\n\r\nhello");
    put(fd, "GET / HTTP/1.0\r\n\r\n");
    expect_text(rig, fd, HELLO_CLOSE "<end>");
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = connect_to(rig, 0);
    put(fd, GET("/later1") GET("/a") GET("/later2") GET("/b"));
    expect_text(rig, fd, "");
    assert_string_equal(rig->paths, "/later1"); /* the next one is not even parsed */
    answer(rig, rig->later[0], "first");
    answer(rig, rig->later[0], "again"); /* answered: nothing happens */
    expect_text(
        rig, fd, OK_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nfirst" HELLO);
    assert_string_equal(rig->paths, "/later1/a/later2");
    answer(rig, rig->later[0], "stale"); /* the token of a former request on this connection */
    answer(rig, rig->later[1], "other");
    expect_text(
        rig, fd, OK_HEAD "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nother" HELLO);
    put(fd, GET("/twice") GET("/c"));
    expect_text(rig, fd, OK_HEAD "Content-Type: text/plain\r\nContent-Length: 3\r\n\r\none" HELLO);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_pipelined_answers_leave_in_one_write(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_server_stats before;
    struct fx_net_server_stats after;
    const int fd = connect_to(rig, 0);
    turn(rig, 5);
    fx_net_server_stats(rig->server, &before);
    put(fd, GET("/1") GET("/2") GET("/3") GET("/4") GET("/5"));
    expect_text(rig, fd, HELLO HELLO HELLO HELLO HELLO);
    fx_net_server_stats(rig->server, &after);
    assert_int_equal(after.requests - before.requests, 5);
    assert_int_equal(after.writes - before.writes, 1);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_slow_head_body_and_idle_are_closed_in_time(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    int fd = connect_to(rig, 0);
    put(fd, "GET / HT");
    pass_time(rig, 4999);
    expect_text(rig, fd, "");
    put(fd, "TP/1.1\r\nA: "); /* a trickle does not prolong it */
    pass_time(rig, 1);
    expect_start_and_end(rig, fd, "HTTP/1.1 408 Request Timeout\r\n");
    (void)close(fd);

    fd = connect_to(rig, 0); /* says nothing at all */
    pass_time(rig, 5000);
    expect_text(rig, fd, "<end>");
    (void)close(fd);

    fd = connect_to(rig, 0);
    put(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000\r\n\r\n");
    pass_time(rig, 9999);
    expect_text(rig, fd, "");
    pass_time(rig, 1);
    expect_start_and_end(rig, fd, "HTTP/1.1 408 ");
    (void)close(fd);

    fd = connect_to(rig, 0);
    put(fd, GET("/"));
    expect_text(rig, fd, HELLO);
    pass_time(rig, 59999);
    expect_text(rig, fd, "");
    pass_time(rig, 1);
    expect_text(rig, fd, "<end>");
    (void)close(fd);

    fd = connect_to(rig, 0); /* a handler may think as long as it likes */
    put(fd, GET("/later"));
    pass_time(rig, 3600000);
    expect_text(rig, fd, "");
    answer(rig, rig->later[0], "hello");
    expect_text(rig, fd, HELLO);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_bad_requests_get_their_code_and_the_end(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    static const struct {
        const char *bytes;
        const char *start;
    } CASES[] = {
        {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", "HTTP/1.1 413 "},
        {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", "HTTP/1.1 505 "},
        {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 "},
        {GET("/") "junk\r\n\r\nmore junk that nobody reads", HELLO "HTTP/1.1 400 "},
    };
    for (size_t index = 0; index < sizeof CASES / sizeof CASES[0]; index++) {
        const int fd = connect_to(rig, 0);
        put(fd, CASES[index].bytes);
        expect_start_and_end(rig, fd, CASES[index].start);
        (void)close(fd);
    }
    assert_int_equal(rig->request_count, 1);
    /* The client goes on sending its large body: it can still read why it was refused. */
    static char body[60000];
    const int fd = connect_to(rig, 0);
    put(fd, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
    memset(body, 'x', sizeof body);
    for (int round = 0; round < 5; round++) {
        (void)send(fd, body, sizeof body, MSG_NOSIGNAL | MSG_DONTWAIT);
        turn(rig, 3);
    }
    expect_start_and_end(rig, fd, "HTTP/1.1 413 ");
    (void)close(fd);
    /* The handler says it in its own words. */
    const int other = connect_to(rig, 0);
    put(other, "GET / HTTP/3.0\r\nHost: h\r\n\r\n");
    const char *text = pull_text(rig, other);
    assert_non_null(strstr(text, "x-why: refused\r\n"));
    assert_non_null(strstr(text, "\r\n\r\nHTTP_VERSION<end>"));
    (void)close(other);
    rig_destroy(rig);
}

static void net_server_expect_gets_a_100_before_the_body(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = connect_to(rig, 0);
    put(fd,
        "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    expect_text(rig, fd, "HTTP/1.1 100 Continue\r\n\r\n");
    put(fd, "3\r\nabc\r\n");
    expect_text(rig, fd, "");
    put(fd, "0\r\n\r\n");
    expect_text(rig, fd, OK_HEAD "Content-Length: 3\r\n\r\nabc");
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_half_closed_client_gets_its_answers(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    int fd = connect_to(rig, 0);
    put(fd, GET("/1") GET("/2") "GET / unfinish");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_text(rig, fd, HELLO HELLO "<end>");
    (void)close(fd);
    assert_int_equal(rig->hangup_count, 0);

    fd = connect_to(rig, 0);
    put(fd, GET("/later") GET("/3"));
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_text(rig, fd, "");
    assert_int_equal(rig->hangup_count, 1);
    assert_int_equal(rig->hangup.generation, rig->later[0].generation);
    answer(rig, rig->later[0], "hello");
    expect_text(rig, fd, HELLO HELLO "<end>");
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_answer_for_a_gone_client_is_dropped(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};
    int fd = connect_to(rig, 0);
    put(fd, GET("/later"));
    turn(rig, 20);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard); /* a reset */
    (void)close(fd);
    turn(rig, 50);
    assert_int_equal(rig->hangup_count, 1);
    assert_false(fx_net_server_is_open(rig->server, rig->later[0]));
    answer(rig, rig->later[0], "late");
    fd = connect_to(rig, 0); /* takes the same slot */
    put(fd, GET("/later"));
    turn(rig, 20);
    assert_int_equal(rig->later[1].slot, rig->later[0].slot);
    answer(rig, rig->later[0], "wrong client");
    expect_text(rig, fd, "");
    put(fd, GET("/cut"));
    answer(rig, rig->later[1], "hello");
    expect_text(rig, fd, HELLO "<end>");
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_caps_connections_per_address(void **state)
{
    (void)state;
    const struct fx_net_server_config capped = {.connections_max = 100,
                                                .connections_per_address_max = CAP};
    struct rig *rig = rig_create(&capped);
    int fds[CAP];
    for (int count = 0; count < CAP; count++) {
        fds[count] = connect_to(rig, 0);
        put(fds[count], GET("/"));
        expect_text(rig, fds[count], HELLO);
    }
    const int fifth = connect_to(rig, 0);
    expect_text(rig, fifth, "<end>");
    (void)close(fifth);
    (void)close(fds[1]); /* in the middle of the chain */
    turn(rig, 20);
    fds[1] = connect_to(rig, 0);
    put(fds[1], GET("/"));
    expect_text(rig, fds[1], HELLO);
    for (int count = 0; count < CAP; count++) {
        (void)close(fds[count]);
    }
    turn(rig, 50);
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.connections, 0);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.accepted, CAP + 1);
    rig_destroy(rig);
}

static void net_server_input_behind_a_pending_request_is_bounded(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_server_stats stats;
    static char flood[1 << 20];
    const int fd = connect_to(rig, 0);
    put(fd, GET("/later"));
    turn(rig, 20);
    const size_t size = strlen(GET("/x"));
    size_t filled = 0;
    while (filled + size <= sizeof flood) {
        // NOLINTNEXTLINE(bugprone-not-null-terminated-result): bytes
        memcpy(flood + filled, GET("/x"), size);
        filled += size;
    }
    size_t sent = 0;
    for (int round = 0; round < 200; round++) {
        const ssize_t part = send(fd, flood + sent, filled - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += part > 0 ? (size_t)part : 0;
        turn(rig, 1);
    }
    fx_net_server_stats(rig->server, &stats);
    assert_true(stats.bytes_in <= strlen(GET("/later")) + FX_NET_SERVER_INPUT_SIZE_MAX);
    answer(rig, rig->later[0], "hello");
    /* Now all of it is served, in order, while we read. */
    size_t got = 0;
    const size_t expected = (1 + filled / size) * strlen(HELLO);
    static char target[1 << 18];
    for (int round = 0; round < TURNS && got < expected; round++) {
        if (sent < filled) {
            const ssize_t part = send(fd, flood + sent, filled - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            sent += part > 0 ? (size_t)part : 0;
        }
        turn(rig, 1);
        const ssize_t part = recv(fd, target, sizeof target, MSG_DONTWAIT);
        if (part > 0) {
            got += (size_t)part;
            round = 0;
        }
    }
    assert_int_equal(got, expected);
    (void)close(fd);
    rig_destroy(rig);
}

/* ---- WebSocket ---- */

static void net_server_websocket_echoes_pings_and_closes(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    int fd = connect_socket(rig, 0);
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_TEXT, "hello");
    expect_text(rig, fd, "\x81\x05hello");
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_PING, "p");
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_BINARY, "b");
    expect_text(rig,
                fd,
                "\x8a\x01p\x82\x01"
                "b");
    put_frame(fd,
              FX_NET_WEBSOCKET_OPCODE_CLOSE,
              "\x0f\xa0"
              "bye"); /* 4000 */
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_text(rig, fd, "\x88\x02\x0f\xa0<end>");
    assert_int_equal(rig->close_count, 1);
    assert_int_equal(rig->close_code, 4000);
    assert_string_equal(rig->close_reason, "bye");
    (void)close(fd);

    fd = connect_socket(rig, 0); /* an unmasked frame */
    put(fd, "\x81\x05hello");
    expect_text(rig, fd, "\x88\x02\x03\xea<end>");
    assert_int_equal(rig->close_code, 1002);
    (void)close(fd);

    fd = connect_socket(rig, 0); /* goes away without a word */
    (void)close(fd);
    turn(rig, 50);
    assert_int_equal(rig->close_code, 1006);
    assert_int_equal(rig->close_count, 3);

    fd = connect_socket(rig, 0); /* the owner cuts within its own callback */
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_TEXT, "cut");
    expect_text(rig, fd, "<end>");
    assert_int_equal(rig->close_count, 4);
    (void)close(fd);

    fd = connect_socket(rig, 0); /* we close: the peer answers */
    fx_net_server_close_websocket(rig->server, rig->socket, 1008, FX_STR("no"));
    expect_text(rig, fd, "\x88\x04\x03\xf0no");
    assert_false(
        fx_net_server_send(rig->server, rig->socket, FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("x")));
    assert_int_equal(rig->close_count, 4);
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_TEXT, "too late");
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_CLOSE, "\x03\xf0");
    expect_text(rig, fd, "<end>");
    assert_int_equal(rig->close_code, 1008);
    assert_int_equal(rig->message_count, 3); /* "too late" was not handed over */
    (void)close(fd);

    fd = connect_socket(rig, 0); /* we close: the peer does not */
    fx_net_server_close_websocket(rig->server, rig->socket, 1000, (fx_str){0});
    pass_time(rig, 5000);
    expect_text(rig, fd, "\x88\x02\x03\xe8<end>");
    assert_int_equal(rig->close_code, 1006);
    assert_int_equal(rig->close_count, 6);
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.websockets, 0);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_websocket_bytes_behind_the_handshake_count(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const char *frame = "\x81\x81\x01\x01\x01\x01"
                        "b"; /* "c" */
    const char *once = "\x81\x01"
                       "c";
    char expected[1024];
    (void)snprintf(expected, sizeof expected, "%s%s%s", SWITCHED, once, once);
    for (int is_late = 0; is_late < 2; is_late++) {
        rig->is_late_accept = is_late != 0;
        const int fd = connect_to(rig, 0);
        char bytes[1024];
        (void)snprintf(bytes, sizeof bytes, "%s%s%s", UPGRADE, frame, frame);
        put(fd, bytes);
        turn(rig, 20);
        if (is_late != 0) {
            accept_socket(rig, rig->later[0]);
        }
        expect_text(rig, fd, expected);
        (void)close(fd);
        turn(rig, 20);
    }
    const int fd = connect_to(rig, 0);
    rig->is_late_accept = false;
    put(fd, GET("/ws"));
    assert_memory_equal(pull_text(rig, fd), "HTTP/1.1 426 ", 13);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_websocket_silence_is_pinged_then_closed(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int fd = connect_socket(rig, 0);
    pass_time(rig, 24999);
    expect_text(rig, fd, "");
    pass_time(rig, 1);
    expect_text(rig, fd, "\x89"); /* and a zero byte: an empty ping */
    put_frame(fd, FX_NET_WEBSOCKET_OPCODE_PONG, "");
    pass_time(rig, 59999);
    assert_true(fx_net_server_is_open(rig->server, rig->socket));
    pass_time(rig, 1);
    assert_false(fx_net_server_is_open(rig->server, rig->socket));
    assert_int_equal(rig->close_code, 1006);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_slow_reader_is_closed_while_another_is_served(void **state)
{
    (void)state;
    enum { FRAMES = 4000, PAYLOAD = 4000 };
    struct rig *rig = rig_create(&PLAIN);
    static char payload[PAYLOAD];
    static char target[1 << 17];
    const int slow = connect_socket(rig, 4096);
    const struct fx_net_server_token slow_token = rig->socket;
    const int quick = connect_socket(rig, 0);
    const struct fx_net_server_token quick_token = rig->socket;
    memset(payload, 'x', sizeof payload);
    size_t got = 0;
    bool is_slow_open = true;
    uint32_t most_queued = 0;
    for (int index = 0; index < FRAMES; index++) {
        struct fx_net_frame *frame =
            fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, (fx_str){payload, PAYLOAD});
        assert_non_null(frame);
        is_slow_open = fx_net_server_send_frame(rig->server, slow_token, frame) && is_slow_open;
        assert_true(fx_net_server_send_frame(rig->server, quick_token, frame));
        assert_true(frame->refcount == (is_slow_open ? 3U : 2U)); /* one copy for all */
        fx_net_frame_release(frame);
        const uint32_t queued = fx_net_server_queued_bytes(rig->server, slow_token);
        most_queued = queued > most_queued ? queued : most_queued;
        turn(rig, 2);
        const ssize_t part = recv(quick, target, sizeof target, MSG_DONTWAIT);
        got += part > 0 ? (size_t)part : 0;
    }
    assert_false(is_slow_open);
    assert_true(most_queued <= 1024 * 1024 && most_queued > 1024 * 1024 - 2 * PAYLOAD);
    assert_int_equal(rig->close_count, 1);
    assert_int_equal(rig->close_code, 1013);
    for (int round = 0; round < TURNS; round++) {
        turn(rig, 1);
        const ssize_t part = recv(quick, target, sizeof target, MSG_DONTWAIT);
        got += part > 0 ? (size_t)part : 0;
    }
    assert_int_equal(got, (size_t)FRAMES * (PAYLOAD + 4));
    assert_true(fx_net_server_is_open(rig->server, quick_token));
    struct fx_net_server_stats stats;
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(stats.slow_readers, 1);
    (void)close(slow);
    (void)close(quick);
    rig_destroy(rig);
}

/* Payload number `index`: of changing size, each byte telling where it belongs. */
static fx_str numbered_payload(uint32_t index, char target[4096])
{
    const size_t size = 1 + (size_t)index * 37 % 4000;
    for (size_t at = 0; at < size; at++) {
        target[at] = (char)((size_t)index * 31 + at);
    }
    return (fx_str){target, size};
}

static void net_server_partial_writes_lose_nothing(void **state)
{
    (void)state;
    enum { FRAMES = 3000, QUEUE_MAX = 500000 };
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_websocket client;
    static char input[20000];
    static char payload[4096];
    uint32_t sent = 0;
    uint32_t got = 0;
    uint32_t most_queued = 0;
    const int fd = connect_socket(rig, 4096);
    fx_net_websocket_init(&client, FX_NET_WEBSOCKET_ROLE_CLIENT, 65536);
    for (int round = 0; round < TURNS && got < FRAMES; round++) {
        while (sent < FRAMES && fx_net_server_queued_bytes(rig->server, rig->socket) < QUEUE_MAX) {
            const fx_str text = numbered_payload(sent, payload);
            assert_true(
                fx_net_server_send(rig->server, rig->socket, FX_NET_WEBSOCKET_OPCODE_BINARY, text));
            sent++;
        }
        const uint32_t queued = fx_net_server_queued_bytes(rig->server, rig->socket);
        most_queued = queued > most_queued ? queued : most_queued;
        turn(rig, 1);
        const ssize_t size = recv(fd, input, 1 + (size_t)round % 7001, MSG_DONTWAIT);
        size_t offset = 0;
        while (size > 0 && offset < (size_t)size) {
            offset +=
                fx_net_websocket_feed(&client, (fx_str){input + offset, (size_t)size - offset});
            if (client.event != FX_NET_WEBSOCKET_EVENT_NONE) {
                assert_true(fx_str_is_equal(client.payload, numbered_payload(got, payload)));
                got++;
            }
        }
        round = size > 0 && round == TURNS - 1 ? 1000 : round;
    }
    assert_int_equal(got, FRAMES);
    assert_true(most_queued >= QUEUE_MAX); /* the kernel did not just take all of it */
    fx_net_websocket_deinit(&client);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_lingers_until_the_peer_closes_or_time_is_up(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_server_stats stats;
    for (int is_late = 0; is_late < 2; is_late++) {
        const int fd = connect_to(rig, 0);
        put(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        expect_text(rig, fd, HELLO_CLOSE "<end>");
        put(fd, "nobody reads this, but it must not become a reset");
        pass_time(rig, is_late != 0 ? 2000 : 1999);
        fx_net_server_stats(rig->server, &stats);
        assert_int_equal(stats.connections, is_late != 0 ? 0 : 1);
        (void)close(fd);
        turn(rig, 20);
        fx_net_server_stats(rig->server, &stats);
        assert_int_equal(stats.connections, 0);
    }
    rig_destroy(rig);
}

static void net_server_writes_of_one_turn_are_one_system_call(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_server_stats before;
    struct fx_net_server_stats after;
    const int fd = connect_socket(rig, 0);
    fx_net_server_stats(rig->server, &before);
    for (int count = 0; count < 10; count++) {
        assert_true(fx_net_server_send(
            rig->server, rig->socket, FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("x")));
    }
    assert_int_equal(fx_net_server_queued_bytes(rig->server, rig->socket), 30);
    fx_net_server_want_writable(rig->server, rig->socket, 0);
    assert_int_equal(rig->writable_count, 0);
    turn(rig, 2);
    fx_net_server_stats(rig->server, &after);
    assert_int_equal(after.writes - before.writes, 1);
    assert_int_equal(after.bytes_out - before.bytes_out, 30);
    assert_int_equal(rig->writable_count, 1);
    assert_int_equal(fx_net_server_queued_bytes(rig->server, rig->socket), 0);
    assert_true(
        fx_net_server_send(rig->server, rig->socket, FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("y")));
    turn(rig, 20);
    assert_int_equal(rig->writable_count, 1);
    (void)close(fd);
    rig_destroy(rig);
}

static void net_server_stuck_writer_is_cut_after_its_time(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    static char payload[60000];
    memset(payload, 'x', sizeof payload);
    const int fd = connect_socket(rig, 4096);
    while (fx_net_server_queued_bytes(rig->server, rig->socket) < 100000) {
        assert_true(fx_net_server_send(rig->server,
                                       rig->socket,
                                       FX_NET_WEBSOCKET_OPCODE_TEXT,
                                       (fx_str){payload, sizeof payload}));
        turn(rig, 3);
    }
    fx_net_server_want_writable(rig->server, rig->socket, 1000);
    pass_time(rig, 19999);
    assert_int_equal(rig->writable_count, 0);
    assert_true(fx_net_server_is_open(rig->server, rig->socket));
    pass_time(rig, 1);
    assert_false(fx_net_server_is_open(rig->server, rig->socket));
    assert_int_equal(rig->close_code, 1006);
    (void)close(fd);
    rig_destroy(rig);
}

/* ---- the loop ---- */

static void net_server_stop_lets_answers_finish(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    const int idle = connect_to(rig, 0);
    const int socket = connect_socket(rig, 0);
    const int pending = connect_to(rig, 0);
    put(idle, GET("/"));
    expect_text(rig, idle, HELLO);
    put(pending, GET("/later"));
    turn(rig, 20);
    fx_net_server_stop(rig->server);
    turn(rig, 20);
    expect_text(rig, idle, "<end>");
    expect_text(rig, socket, "\x88\x0f\x03\xe9shutting down");
    put_frame(socket, FX_NET_WEBSOCKET_OPCODE_CLOSE, "\x03\xe9");
    expect_text(rig, socket, "<end>");
    assert_true(fx_net_server_step(rig->server, false));
    answer(rig, rig->later[0], "hello");
    expect_text(rig, pending, HELLO_CLOSE "<end>");
    (void)close(idle);
    (void)close(socket);
    (void)close(pending);
    fx_net_server_run(rig->server); /* returns: everything is finished */
    assert_false(fx_net_server_step(rig->server, false));
    rig_destroy(rig);
}

static void net_server_second_stop_or_late_answer_is_cut(void **state)
{
    (void)state;
    for (int is_second = 0; is_second < 2; is_second++) {
        struct rig *rig = rig_create(&PLAIN);
        const int fd = connect_to(rig, 0);
        put(fd, GET("/later"));
        turn(rig, 20);
        fx_net_server_stop(rig->server);
        turn(rig, 20);
        assert_true(fx_net_server_step(rig->server, false));
        if (is_second != 0) {
            fx_net_server_stop(rig->server);
        } else {
            rig->now_ms += 5000;
            fx_net_server_expire(rig->server);
        }
        fx_net_server_run(rig->server);
        assert_int_equal(rig->hangup_count, 1);
        (void)close(fd);
        rig_destroy(rig);
    }
}

static void net_server_turn_ends_before_its_answers_are_sent(void **state)
{
    (void)state;
    enum { CLIENTS = 3 };
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_server_stats stats;
    int fds[CLIENTS];
    for (int index = 0; index < CLIENTS; index++) {
        fds[index] = connect_to(rig, 0);
        put(fds[index], GET("/"));
        put(fds[index], GET("/")); /* comes out of the first answer's flush */
    }
    for (int index = 0; index < CLIENTS; index++) {
        expect_text(rig, fds[index], HELLO HELLO);
        (void)close(fds[index]);
    }
    fx_net_server_stats(rig->server, &stats);
    assert_int_equal(rig->turn_requests, 2 * CLIENTS);
    assert_true(rig->turn_writes < stats.writes);
    rig_destroy(rig);
}

static void on_wake(void *self)
{
    ((struct rig *)self)->wake_count++;
}

static void on_tick(void *self)
{
    ((struct rig *)self)->tick_count++;
}

static void on_signal(void *self, int signal_number)
{
    struct rig *rig = self;
    rig->signal_number = signal_number;
    fx_net_server_stop(rig->server);
}

static void *wake_main(void *argument)
{
    fx_net_server_async(argument);
    return NULL;
}

static void net_server_wakes_ticks_and_catches_signals(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    pthread_t thread = {0};
    fx_net_server_on_async(rig->server, on_wake, rig);
    assert_int_equal(pthread_create(&thread, NULL, wake_main, rig->server), 0);
    while (rig->wake_count == 0) {
        (void)fx_net_server_step(rig->server, true);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int count = 0; count < FX_NET_SERVER_TIMERS_MAX; count++) {
        assert_int_equal(fx_net_server_timer(rig->server, 1, on_tick, rig), FX_OK);
    }
    assert_int_equal(fx_net_server_timer(rig->server, 1, on_tick, rig), FX_CAPACITY);
    while (rig->tick_count < 3 * FX_NET_SERVER_TIMERS_MAX) {
        (void)fx_net_server_step(rig->server, true);
    }
    assert_int_equal(fx_net_server_watch_signals(rig->server, on_signal, rig), FX_OK);
    assert_int_equal(raise(SIGTERM), 0);
    fx_net_server_run(rig->server);
    assert_int_equal(rig->signal_number, SIGTERM);
    rig_destroy(rig);
}

static void net_server_listen_reports_what_is_wrong(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct rig *other = rig_create(&PLAIN);
    uint16_t port = 1;
    assert_int_equal(fx_net_server_listen(rig->server, "nonsense", 0, 0, &port), FX_BAD_PARAMETER);
    assert_int_equal(fx_net_server_listen(rig->server, "127.0.0.1", other->port, 0, &port), FX_IO);
    assert_int_equal(fx_net_server_door_keep(rig->server, 77), -1);
    assert_int_equal(fx_net_server_door_open(rig->server, -1, 0, &port), FX_IO);
    assert_int_equal(port, 1);
    rig_destroy(other);
    rig_destroy(rig);
}

/* ---- the blocking client, against the server in another thread ---- */

static void *run_main(void *argument)
{
    fx_net_server_run(argument);
    return NULL;
}

static void expect_answer(struct fx_net_client *client, const char *body)
{
    const struct fx_net_http_client *response = NULL;
    assert_int_equal(fx_net_client_receive(client, &response), FX_OK);
    assert_int_equal(response->code, 200);
    assert_true(fx_str_is_equal(response->body, fx_str_of(body)));
}

static void net_client_pipelines_requests_over_one_connection(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    pthread_t thread = {0};
    struct fx_net_client *client = NULL;
    const struct fx_net_client_config config = {.host = "127.0.0.1", .port = rig->port};
    assert_int_equal(pthread_create(&thread, NULL, run_main, rig->server), 0);
    assert_int_equal(fx_net_client_open(&config, &client), FX_OK);
    char bodies[FX_NET_CLIENT_PIPELINE_MAX][8];
    struct fx_net_http_write_request request = {.method = FX_STR("POST"),
                                                .target = FX_STR("/echo")};
    for (int index = 0; index < FX_NET_CLIENT_PIPELINE_MAX; index++) {
        (void)snprintf(bodies[index], sizeof bodies[index], "%d", index);
        request.body = fx_str_of(bodies[index]);
        assert_int_equal(fx_net_client_send(client, &request), FX_OK);
    }
    assert_int_equal(fx_net_client_send(client, &request), FX_CAPACITY);
    for (int index = 0; index < FX_NET_CLIENT_PIPELINE_MAX; index++) {
        expect_answer(client, bodies[index]);
    }
    const struct fx_net_http_client *response = NULL;
    assert_int_equal(fx_net_client_receive(client, &response), FX_NOT_FOUND);
    request = (struct fx_net_http_write_request){.method = FX_STR("HEAD"), .target = FX_STR("/")};
    assert_int_equal(fx_net_client_send(client, &request), FX_OK);
    request.method = FX_STR("GET");
    request.is_close = true;
    assert_int_equal(fx_net_client_send(client, &request), FX_OK);
    expect_answer(client, "");
    expect_answer(client, "hello");
    request.is_close = false;
    assert_int_equal(fx_net_client_send(client, &request), FX_OK); /* after the close */
    assert_int_equal(fx_net_client_receive(client, &response), FX_IO);
    fx_net_client_close(client);
    fx_net_server_stop(rig->server);
    assert_int_equal(pthread_join(thread, NULL), 0);
    rig_destroy(rig);
}

static void net_client_times_out_and_reports_refusal(void **state)
{
    (void)state;
    struct rig *rig = rig_create(&PLAIN);
    struct fx_net_client *client = NULL;
    const struct fx_net_client_config config = {
        .host = "127.0.0.1", .port = rig->port, .timeout_ms = 1};
    const struct fx_net_http_write_request request = {.method = FX_STR("GET"),
                                                      .target = FX_STR("/")};
    const struct fx_net_http_client *response = NULL;
    assert_int_equal(fx_net_client_open(&config, &client), FX_OK); /* nobody steps the server */
    assert_int_equal(fx_net_client_send(client, &request), FX_OK);
    assert_int_equal(fx_net_client_receive(client, &response), FX_TIMEOUT);
    fx_net_client_close(client);
    client = NULL;
    rig_destroy(rig); /* nobody listens any more */
    assert_int_equal(fx_net_client_open(&config, &client), FX_IO);
    assert_null(client);
}

static void net_client_takes_urls_apart(void **state)
{
    (void)state;
    char host[256];
    uint16_t port = 0;
    fx_str path = {0};
    assert_int_equal(fx_net_client_parse_url(FX_STR("http://a.b:81/x?y"), host, &port, &path),
                     FX_OK);
    assert_string_equal(host, "a.b");
    assert_int_equal(port, 81);
    assert_true(fx_str_is_equal(path, FX_STR("/x?y")));
    assert_int_equal(fx_net_client_parse_url(FX_STR("HTTP://[::1]"), host, &port, &path), FX_OK);
    assert_string_equal(host, "::1");
    assert_int_equal(port, 80);
    assert_true(fx_str_is_equal(path, FX_STR("/")));
    assert_int_equal(fx_net_client_parse_url(FX_STR("https://a"), host, &port, &path),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_net_client_parse_url(FX_STR("http://"), host, &port, &path),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_net_client_parse_url(FX_STR("http://a:0/"), host, &port, &path),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_net_client_parse_url(FX_STR("http://a:65536"), host, &port, &path),
                     FX_BAD_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_server_answers_with_date_and_length),
        cmocka_unit_test(net_server_pipelined_requests_are_answered_in_order),
        cmocka_unit_test(net_server_pipelined_answers_leave_in_one_write),
        cmocka_unit_test(net_server_slow_head_body_and_idle_are_closed_in_time),
        cmocka_unit_test(net_server_bad_requests_get_their_code_and_the_end),
        cmocka_unit_test(net_server_expect_gets_a_100_before_the_body),
        cmocka_unit_test(net_server_half_closed_client_gets_its_answers),
        cmocka_unit_test(net_server_answer_for_a_gone_client_is_dropped),
        cmocka_unit_test(net_server_caps_connections_per_address),
        cmocka_unit_test(net_server_input_behind_a_pending_request_is_bounded),
        cmocka_unit_test(net_server_websocket_echoes_pings_and_closes),
        cmocka_unit_test(net_server_websocket_bytes_behind_the_handshake_count),
        cmocka_unit_test(net_server_websocket_silence_is_pinged_then_closed),
        cmocka_unit_test(net_server_slow_reader_is_closed_while_another_is_served),
        cmocka_unit_test(net_server_partial_writes_lose_nothing),
        cmocka_unit_test(net_server_lingers_until_the_peer_closes_or_time_is_up),
        cmocka_unit_test(net_server_writes_of_one_turn_are_one_system_call),
        cmocka_unit_test(net_server_stuck_writer_is_cut_after_its_time),
        cmocka_unit_test(net_server_stop_lets_answers_finish),
        cmocka_unit_test(net_server_second_stop_or_late_answer_is_cut),
        cmocka_unit_test(net_server_turn_ends_before_its_answers_are_sent),
        cmocka_unit_test(net_server_wakes_ticks_and_catches_signals),
        cmocka_unit_test(net_server_listen_reports_what_is_wrong),
        cmocka_unit_test(net_client_pipelines_requests_over_one_connection),
        cmocka_unit_test(net_client_times_out_and_reports_refusal),
        cmocka_unit_test(net_client_takes_urls_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sends to many sockets in one system call, alone and below the server. Without io_uring the tests
 * of the batch itself are skipped; the server's run in any case, once with and once without it. */
#include "net/net_batch.h"

#include <fcntl.h>

#include "net_kit.h"

enum { PAIR_COUNT = FX_NET_BATCH_SENDS_MAX, READER_COUNT = FX_NET_BATCH_SENDS_MAX + 44 };

struct pairs {
    int ours[PAIR_COUNT];
    int theirs[PAIR_COUNT];
};

static void open_pairs(struct pairs *pairs)
{
    for (int index = 0; index < PAIR_COUNT; index++) {
        int ends[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        pairs->ours[index] = ends[0];
        pairs->theirs[index] = ends[1];
    }
}

static void close_pairs(const struct pairs *pairs)
{
    for (int index = 0; index < PAIR_COUNT; index++) {
        (void)close(pairs->ours[index]);
        (void)close(pairs->theirs[index]);
    }
}

static struct fx_net_batch *create_or_skip(void)
{
    struct fx_net_batch *batch = fx_net_batch_create();
    if (batch == NULL) {
        print_message("skipped: io_uring cannot be used on this machine\n");
        skip();
    }
    return batch;
}

static struct iovec part_of(char *text)
{
    return (struct iovec){.iov_base = text, .iov_len = strlen(text)};
}

static void expect_received(int fd, const char *expected)
{
    char text[256];
    const ssize_t size = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    text[size > 0 ? size : 0] = '\0';
    assert_string_equal(text, expected);
}

static void net_batch_sends_each_message_to_its_socket(void **state)
{
    (void)state;
    static struct pairs pairs;
    struct fx_net_batch *batch = create_or_skip();
    open_pairs(&pairs);
    /* Often enough that every place of the queue is used again. */
    for (uint32_t round = 0; round < 7; round++) {
        static char texts[PAIR_COUNT][3][32];
        const uint32_t count = PAIR_COUNT - round * 3;
        for (uint32_t index = 0; index < count; index++) {
            struct iovec parts[3];
            for (uint32_t part = 0; part < 3; part++) {
                (void)snprintf(texts[index][part], 32, "%u.%u.%u;", round, index, part);
                parts[part] = part_of(texts[index][part]);
            }
            assert_true(fx_net_batch_append(batch, pairs.ours[index], parts, 1 + index % 3));
        }
        assert_int_equal(fx_net_batch_count(batch), count);
        const int32_t *results = fx_net_batch_send(batch);
        assert_int_equal(fx_net_batch_count(batch), 0);
        for (uint32_t index = 0; index < count; index++) {
            char expected[128] = "";
            for (uint32_t part = 0; part < 1 + index % 3; part++) {
                (void)fx_str_copy(fx_str_of(texts[index][part]),
                                  expected + strlen(expected),
                                  sizeof expected - strlen(expected));
            }
            assert_int_equal(results[index], strlen(expected));
            expect_received(pairs.theirs[index], expected);
        }
    }
    close_pairs(&pairs);
    fx_net_batch_destroy(batch);
}

static void net_batch_says_what_was_not_taken(void **state)
{
    (void)state;
    static struct pairs pairs;
    static char block[1 << 20];
    char text[] = "hello";
    struct fx_net_batch *batch = create_or_skip();
    open_pairs(&pairs);
    const struct iovec large = {.iov_base = block, .iov_len = sizeof block};
    const struct iovec small = part_of(text);
    (void)close(pairs.theirs[2]);
    pairs.theirs[2] = -1;
    assert_true(fx_net_batch_append(batch, pairs.ours[0], &small, 1));
    assert_true(fx_net_batch_append(batch, pairs.ours[1], &large, 1));
    assert_true(fx_net_batch_append(batch, pairs.ours[1], &large, 1));
    assert_true(fx_net_batch_append(batch, pairs.ours[2], &small, 1));
    assert_true(fx_net_batch_append(batch, 1 << 20, &small, 1));
    assert_true(fx_net_batch_append(batch, pairs.ours[3], &small, 1));
    const int32_t *results = fx_net_batch_send(batch);
    assert_int_equal(results[0], 5);
    assert_in_range(results[1], 1, (1 << 20) - 1); /* a part */
    assert_int_equal(results[2], -EAGAIN);         /* at once: nobody waits for room */
    assert_int_equal(results[3], -EPIPE);          /* and no signal */
    assert_int_equal(results[4], -EBADF);
    assert_int_equal(results[5], 5);
    expect_received(pairs.theirs[0], "hello");
    expect_received(pairs.theirs[3], "hello");
    close_pairs(&pairs);
    fx_net_batch_destroy(batch);
}

static void net_batch_full_of_messages_or_parts_takes_no_more(void **state)
{
    (void)state;
    static struct pairs pairs;
    static struct iovec many[FX_NET_BATCH_PARTS_MAX];
    char text[] = "x";
    struct fx_net_batch *batch = create_or_skip();
    open_pairs(&pairs);
    for (uint32_t index = 0; index < FX_NET_BATCH_PARTS_MAX; index++) {
        many[index] = part_of(text);
    }
    for (uint32_t index = 0; index < FX_NET_BATCH_SENDS_MAX; index++) {
        assert_true(fx_net_batch_append(batch, pairs.ours[index], many, 1));
    }
    assert_false(fx_net_batch_append(batch, pairs.ours[0], many, 1));
    (void)fx_net_batch_send(batch);
    assert_true(fx_net_batch_append(batch, pairs.ours[0], many, FX_NET_BATCH_PARTS_MAX - 2));
    assert_false(fx_net_batch_append(batch, pairs.ours[1], many, 3));
    assert_true(fx_net_batch_append(batch, pairs.ours[1], many, 2));
    const int32_t *results = fx_net_batch_send(batch);
    assert_int_equal(results[0], FX_NET_BATCH_PARTS_MAX - 2);
    assert_int_equal(results[1], 2);
    close_pairs(&pairs);
    fx_net_batch_destroy(batch);
}

/* ---- below the server ---- */

enum { ROUNDS = 6, STUCK_SIZE = 60000, STUCK_QUEUE = 400000, STUCK_MAX = 1 << 24 };

static void broadcast(struct rig *rig, const struct fx_net_server_token tokens[], fx_str text)
{
    struct fx_net_frame *frame = fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, text);
    assert_non_null(frame);
    for (uint32_t index = 0; index < READER_COUNT; index++) {
        (void)fx_net_server_send_frame(rig->server, tokens[index], frame);
    }
    fx_net_frame_release(frame);
}

static void expect_bytes(struct rig *rig, int fd, const struct fx_buf *expected)
{
    bool is_end = false;
    char *bytes = malloc(expected->size);
    assert_non_null(bytes);
    const size_t size = pull(rig, fd, bytes, expected->size, &is_end);
    assert_int_equal(size, expected->size);
    assert_memory_equal(bytes, expected->data, size);
    free(bytes);
}

static void append_frame(struct fx_buf *buf, fx_str text)
{
    const struct fx_net_websocket_frame frame = {.opcode = FX_NET_WEBSOCKET_OPCODE_TEXT,
                                                 .payload = text};
    fx_net_websocket_write(buf, &frame);
}

/* More readers than a batch has places, each with two frames a turn, among them one that does not
 * read for long and one that is gone: everybody gets his bytes, in order and once. */
static void serve_crowd(bool is_unbatched)
{
    static char payload[STUCK_SIZE];
    static struct fx_net_server_token tokens[READER_COUNT];
    static int fds[READER_COUNT];
    const struct fx_net_server_config config = {.connections_max = READER_COUNT + 8,
                                                .is_unbatched = is_unbatched};
    struct rig *rig = rig_create(&config);
    struct fx_net_server_stats before;
    struct fx_net_server_stats after;
    struct fx_buf expected;
    struct fx_buf stuck;
    fx_buf_init(&expected, 1 << 20);
    fx_buf_init(&stuck, STUCK_MAX);
    for (uint32_t index = 0; index < READER_COUNT; index++) {
        fds[index] = connect_socket(rig, index == 7 ? 4096 : 0);
        tokens[index] = rig->socket;
    }
    memset(payload, 's', sizeof payload);
    fx_net_server_stats(rig->server, &before);
    while (fx_net_server_queued_bytes(rig->server, tokens[7]) < STUCK_QUEUE) {
        const fx_str text = {payload, sizeof payload};
        assert_true(fx_net_server_send(rig->server, tokens[7], FX_NET_WEBSOCKET_OPCODE_TEXT, text));
        append_frame(&stuck, text);
        turn(rig, 3);
    }
    const struct linger reset = {.l_onoff = 1};
    (void)setsockopt(fds[9], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    (void)close(fds[9]); /* the server has not heard of it when it sends */
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t part = 0; part < 2; part++) {
            const fx_str text = {payload, 100 + (size_t)round * 400 + part};
            memset(payload, 'a' + (int)(round + part), sizeof payload);
            broadcast(rig, tokens, text);
            append_frame(&expected, text);
            append_frame(&stuck, text);
        }
        turn(rig, 1);
    }
    for (uint32_t index = 0; index < READER_COUNT; index++) {
        if (index != 7 && index != 9) {
            expect_bytes(rig, fds[index], &expected);
        }
    }
    assert_true(fx_net_server_queued_bytes(rig->server, tokens[7]) > 0);
    expect_bytes(rig, fds[7], &stuck);
    assert_false(fx_net_server_is_open(rig->server, tokens[9]));
    assert_int_equal(rig->close_count, 1);
    fx_net_server_stats(rig->server, &after);
    assert_true(after.bytes_out - before.bytes_out >=
                (READER_COUNT - 2) * expected.size + stuck.size);
    if (is_unbatched) {
        assert_int_equal(after.batches, 0);
    } else if (after.batches == 0) {
        print_message("no io_uring on this machine: sends went one by one\n");
    } else { /* two for each round, and what the one that is stuck needed */
        assert_in_range(after.batches - before.batches, 2 * ROUNDS, 3 * ROUNDS);
    }
    for (uint32_t index = 0; index < READER_COUNT; index++) {
        if (index != 9) {
            (void)close(fds[index]);
        }
    }
    fx_buf_deinit(&expected);
    fx_buf_deinit(&stuck);
    rig_destroy(rig);
}

static void net_batch_crowd_gets_all_bytes_once(void **state)
{
    (void)state;
    serve_crowd(false);
}

static void net_batch_crowd_without_it_gets_the_same(void **state)
{
    (void)state;
    serve_crowd(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_batch_sends_each_message_to_its_socket),
        cmocka_unit_test(net_batch_says_what_was_not_taken),
        cmocka_unit_test(net_batch_full_of_messages_or_parts_takes_no_more),
        cmocka_unit_test(net_batch_crowd_gets_all_bytes_once),
        cmocka_unit_test(net_batch_crowd_without_it_gets_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

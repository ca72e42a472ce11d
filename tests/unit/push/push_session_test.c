/* The session machine without any socket: the lines of PROTOCOLS A.8 that a WebSocket can show.
 *
 * A test is a script: "C text" is sent by the client, "S text" must have been sent by the server,
 * "B"/"b" are binary frames (hex) of client and server, "+n" lets n ms pass, "X" expects the
 * session to be closed, "-" that nothing more was sent. The owner of the session echoes. */
#include "push/push_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"

enum { SENT_MAX = 64, SENT_SIZE = 512 };

struct sent {
    bool is_binary;
    size_t size;
    char bytes[SENT_SIZE];
};

struct rig {
    struct fx_push_session session;
    struct fx_push_session_config config;
    struct fx_json json;
    struct fx_buf out;
    int64_t now_ms;
    struct sent sent[SENT_MAX];
    uint32_t sent_count;
    uint32_t read_count;
    uint32_t close_count;
    uint16_t close_code;
    uint32_t id_count;
    uint32_t leave_count;
    uint32_t connect_count;
    uint32_t ack_count;
    uint64_t ack;
    char ack_data[SENT_SIZE];
    char query[64];
    bool is_implied;
    bool is_refusing;
    bool is_full; /* what is sent closes it, as a queue does that takes no more */
    bool has_upgrade;
};

static void on_send(void *self, bool is_binary, fx_str packet)
{
    struct rig *rig = self;
    struct sent *sent = &rig->sent[rig->sent_count];
    assert_true(rig->sent_count < SENT_MAX && packet.size < SENT_SIZE);
    assert_int_equal(rig->close_count, 0);
    sent->is_binary = is_binary;
    sent->size = packet.size;
    memcpy(sent->bytes, packet.data, packet.size);
    rig->sent_count++;
    if (rig->is_full) {
        fx_push_session_close(&rig->session, 1013, FX_STR("slow consumer"));
    }
}

static void on_shut(void *self, uint16_t code, fx_str reason)
{
    struct rig *rig = self;
    (void)reason;
    rig->close_count++;
    rig->close_code = code;
}

static void on_make_id(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE])
{
    struct rig *rig = self;
    memset(id_out, 'a' + (int)rig->id_count % 26, FX_PUSH_SESSION_SID_SIZE);
    rig->id_count++;
}

static bool on_connect(void *self,
                       const struct fx_push_session_connect *connect,
                       struct fx_push_session_refusal *refusal_out)
{
    struct rig *rig = self;
    rig->connect_count++;
    rig->is_implied = connect->is_implied;
    assert_true(fx_str_copy(connect->query, rig->query, sizeof rig->query));
    if (connect->json != NULL) {
        const struct fx_json_token *token =
            fx_json_member(connect->json, &connect->json->tokens[0], FX_STR("token"));
        if (token != NULL && fx_str_is_equal(token->text, FX_STR("bad"))) {
            *refusal_out = (struct fx_push_session_refusal){FX_STR("invalid token"), 401};
            return false;
        }
    }
    if (rig->is_refusing || fx_str_is_equal(connect->query, FX_STR("token=bad"))) {
        *refusal_out = (struct fx_push_session_refusal){FX_STR("invalid token"), 401};
        return false;
    }
    return true;
}

/* Echo: without an ack the same event, with one an ack of the arguments; attachments too. */
static void on_event(void *self, const struct fx_push_session_event *event)
{
    struct rig *rig = self;
    char data[SENT_SIZE];
    const bool is_binary = event->attachment_count > 0;
    struct fx_push_packet packet = {.type = is_binary ? FX_PUSH_PACKET_BINARY_EVENT
                                                      : FX_PUSH_PACKET_EVENT,
                                    .name_space = rig->config.namespaces[event->index],
                                    .attachments = event->attachment_count,
                                    .data = event->data};
    if (event->has_ack) {
        const size_t comma = fx_str_find(event->data, ',', 0);
        assert_true(comma != SIZE_MAX);
        (void)snprintf(data,
                       sizeof data,
                       "[%.*s",
                       (int)(event->data.size - comma - 1),
                       event->data.data + comma + 1);
        packet.type = is_binary ? FX_PUSH_PACKET_BINARY_ACK : FX_PUSH_PACKET_ACK;
        packet.has_ack = true;
        packet.ack = event->ack;
        packet.data = fx_str_of(data);
    }
    if (event->has_ack && !is_binary) {
        fx_push_session_ack(&rig->session, event, packet.data);
    } else {
        fx_push_session_send(&rig->session, &packet, event->attachments);
    }
}

static void on_ack(void *self, const struct fx_push_session_event *ack)
{
    struct rig *rig = self;
    rig->ack_count++;
    rig->ack = ack->ack;
    assert_true(fx_str_copy(ack->data, rig->ack_data, sizeof rig->ack_data));
}

static void on_leave(void *self, uint32_t index)
{
    struct rig *rig = self;
    (void)index;
    rig->leave_count++;
}

static const struct fx_push_session_door DOOR = {
    on_send, on_shut, on_make_id, on_connect, on_event, on_ack, on_leave, NULL};

static struct rig *rig_create_refusing(enum fx_push_eio eio, bool is_refusing)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    fx_buf_init(&rig->out, 4096);
    rig->is_refusing = is_refusing;
    rig->now_ms = 1000000;
    rig->config = (struct fx_push_session_config){.door = &DOOR,
                                                  .json = &rig->json,
                                                  .out = &rig->out,
                                                  .namespaces = {FX_STR("/"), FX_STR("/ws")},
                                                  .namespace_count = 2,
                                                  .ping_interval_ms = 300,
                                                  .ping_timeout_ms = 200,
                                                  .connect_timeout_ms = 1000,
                                                  .payload_size_max = 1000000};
    fx_push_session_init(&rig->session, &rig->config, eio, rig);
    fx_push_session_open(&rig->session, rig->has_upgrade, rig->now_ms);
    return rig;
}

static struct rig *rig_create(enum fx_push_eio eio)
{
    return rig_create_refusing(eio, false);
}

static void rig_destroy(struct rig *rig)
{
    assert_true(rig->leave_count <= rig->connect_count);
    fx_push_session_deinit(&rig->session);
    fx_buf_deinit(&rig->out);
    free(rig);
}

static void push_session_closed_by_its_open_packet_joins_nothing(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_3);
    assert_int_equal(rig->connect_count, 1); /* the implied root */
    fx_push_session_deinit(&rig->session);
    rig->is_full = true;
    fx_push_session_init(&rig->session, &rig->config, FX_PUSH_EIO_3, rig);
    fx_push_session_open(&rig->session, false, rig->now_ms);
    assert_int_equal(rig->close_count, 1);
    assert_int_equal(rig->connect_count, 1);
    assert_false(fx_push_session_has(&rig->session, 0));
    rig_destroy(rig);
}

static size_t unhex(const char *text, char *target)
{
    size_t size = 0;
    for (; text[0] != '\0' && text[1] != '\0'; text += 2) {
        const char digits[3] = {text[0], text[1], '\0'};
        target[size] = (char)strtoul(digits, NULL, 16);
        size++;
    }
    return size;
}

static void expect(struct rig *rig, const char *line)
{
    char bytes[SENT_SIZE];
    const bool is_binary = line[0] == 'b';
    const char *text = line + 2;
    size_t size = strlen(text);
    memcpy(bytes, text, size);
    if (is_binary) {
        size = unhex(text, bytes);
    }
    if (rig->read_count >= rig->sent_count) {
        fail_msg("nothing was sent where '%s' is expected", line);
    }
    const struct sent *sent = &rig->sent[rig->read_count];
    rig->read_count++;
    if (sent->is_binary != is_binary || sent->size != size ||
        memcmp(sent->bytes, bytes, size) != 0) {
        fail_msg("sent '%.*s', expected '%s'", (int)sent->size, sent->bytes, line);
    }
}

static void play_line(struct rig *rig, const char *line)
{
    char bytes[SENT_SIZE];
    switch (line[0]) {
    case 'C':
        fx_push_session_receive(&rig->session, false, fx_str_of(line + 2), rig->now_ms);
        break;
    case 'B':
        fx_push_session_receive(
            &rig->session, true, (fx_str){bytes, unhex(line + 2, bytes)}, rig->now_ms);
        break;
    case '+':
        for (long left = strtol(line + 1, NULL, 10); left > 0; left -= 10) {
            rig->now_ms += 10;
            fx_push_session_tick(&rig->session, rig->now_ms);
        }
        break;
    case '-':
        assert_int_equal(rig->read_count, rig->sent_count);
        assert_int_equal(rig->close_count, 0);
        break;
    case 'X':
        assert_int_equal(rig->read_count, rig->sent_count);
        if (rig->close_count != 1) {
            fail_msg("the session is not closed");
        }
        break;
    default:
        expect(rig, line);
        break;
    }
}

#define PLAY(rig, ...) play((rig), (const char *const[]){__VA_ARGS__, NULL})

static void play(struct rig *rig, const char *const lines[])
{
    for (size_t index = 0; lines[index] != NULL; index++) {
        play_line(rig, lines[index]);
    }
}

#define OPEN_4                                                                                     \
    "S 0{\"sid\":\"aaaaaaaaaaaaaaaaaaaa\",\"upgrades\":[],\"pingInterval\":300,"                   \
    "\"pingTimeout\":200,\"maxPayload\":1000000}"
#define OPEN_3                                                                                     \
    "S 0{\"sid\":\"aaaaaaaaaaaaaaaaaaaa\",\"upgrades\":[],\"pingInterval\":300,"                   \
    "\"pingTimeout\":200}"
#define JOINED "S 40{\"sid\":\"bbbbbbbbbbbbbbbbbbbb\"}"

/* A script that begins with a joined root namespace, and the opposite. */
static void run_4(const char *const lines[])
{
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig, OPEN_4, "C 40", JOINED, "-");
    play(rig, lines);
    rig_destroy(rig);
}

static void run_open_4(const char *const lines[])
{
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig, OPEN_4, "-");
    play(rig, lines);
    rig_destroy(rig);
}

static void run_3(const char *const lines[])
{
    struct rig *rig = rig_create(FX_PUSH_EIO_3);
    PLAY(rig, OPEN_3, "S 40", "-");
    play(rig, lines);
    rig_destroy(rig);
}

#define RUN(run, ...) run((const char *const[]){__VA_ARGS__, NULL})

/* ---- Engine.IO 4 ----------------------------------------------------------------------------- */

static void push_session_eio4_open_packet_has_five_keys(void **state)
{
    (void)state;
    RUN(run_open_4, "-");
}

static void push_session_eio4_heartbeat_goes_from_server_to_client(void **state)
{
    (void)state;
    RUN(run_4, "+290", "-", "+10", "S 2", "C 3", "+300", "S 2", "C 3", "+300", "S 2", "C 3", "-");
}

static void push_session_eio4_without_pong_is_closed(void **state)
{
    (void)state;
    RUN(run_4, "+300", "S 2", "+190", "-", "+10", "X");
    RUN(run_4, "+300", "S 2", "+100", "C 3", "+200", "-");
    /* Other packets are no pong. */
    RUN(run_4, "+300", "S 2", "+100", "C 42[\"a\"]", "S 42[\"a\"]", "+100", "X");
}

static void push_session_eio4_ping_of_client_is_an_error(void **state)
{
    (void)state;
    RUN(run_4, "C 2", "X");
}

static void push_session_close_packet_closes(void **state)
{
    (void)state;
    RUN(run_4, "C 1", "X");
    RUN(run_3, "C 1", "X");
}

static void push_session_garbage_closes(void **state)
{
    (void)state;
    RUN(run_4, "C abc", "X");
    RUN(run_4, "C ", "X");
    RUN(run_4, "C 0{}", "X");
    RUN(run_4, "C 4", "X");
    RUN(run_4, "C 4abc", "X");
    RUN(run_4, "C 42{}", "X");
    RUN(run_4, "C 42abc[\"message-with-ack\",1]", "X");
    RUN(run_4, "C 42[]", "X");
    RUN(run_4, "C 43{}", "X");
    RUN(run_4, "C 44{\"message\":\"x\"}", "X");
    RUN(run_4, "B 01020304", "X");
    RUN(run_4, "C 6", "C 5", "-"); /* noop, and an upgrade that is no longer possible */
}

/* ---- Socket.IO parser 5 ---------------------------------------------------------------------- */

static void push_session_s5_connect_answers_with_sid(void **state)
{
    (void)state;
    RUN(run_open_4, "C 40", JOINED, "-");
    RUN(run_open_4, "C 40{\"token\":\"123\"}", JOINED, "-");
    RUN(run_open_4, "C 40/ws,", "S 40/ws,{\"sid\":\"bbbbbbbbbbbbbbbbbbbb\"}", "-");
    RUN(run_open_4, "C 40/ws", "S 40/ws,{\"sid\":\"bbbbbbbbbbbbbbbbbbbb\"}", "-");
}

static void push_session_s5_unknown_namespace_is_refused(void **state)
{
    (void)state;
    RUN(run_open_4, "C 40/random", "S 44/random,{\"message\":\"Invalid namespace\"}", "-");
    RUN(run_3, "C 40/random,", "S 44/random,\"Invalid namespace\"", "-");
}

static void push_session_s5_first_packet_other_than_connect_closes(void **state)
{
    (void)state;
    RUN(run_open_4, "C 4abc", "X");
    RUN(run_open_4, "C 42[\"a\"]", "X");
    RUN(run_open_4, "C 41", "X");
}

static void push_session_s5_no_connect_in_time_closes(void **state)
{
    (void)state;
    RUN(run_open_4,
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+90",
        "-",
        "+10",
        "X");
}

static void push_session_s5_disconnect_leaves_only_pings(void **state)
{
    (void)state;
    RUN(run_4,
        "C 41",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "-");
}

static void push_session_s5_leaving_one_namespace_keeps_the_other(void **state)
{
    (void)state;
    RUN(run_4,
        "C 40/ws,",
        "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}",
        "C 41/ws,",
        "C 42[\"message\",\"message to main namespace\"]",
        "S 42[\"message\",\"message to main namespace\"]",
        "-");
    /* What it left is not joined any more. */
    RUN(run_4,
        "C 40/ws,",
        "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}",
        "C 41/ws,",
        "C 42/ws,[\"a\"]",
        "X");
    /* It may join again, but not twice. */
    RUN(run_4, "C 41", "C 40", "S 40{\"sid\":\"cccccccccccccccccccc\"}", "C 40", "X");
}

static void push_session_s5_event_is_echoed(void **state)
{
    (void)state;
    RUN(run_4,
        "C 42[\"message\",1,\"2\",{\"3\":[true]}]",
        "S 42[\"message\",1,\"2\",{\"3\":[true]}]",
        "-");
    RUN(run_4,
        "C 40/ws,",
        "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}",
        "C 42/ws,[\"é\"]",
        "S 42/ws,[\"é\"]");
}

#define TWO "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]"

static void push_session_s5_attachments_are_echoed(void **state)
{
    (void)state;
    RUN(run_4,
        "C 452-[\"message\"," TWO,
        "-",
        "B 010203",
        "-",
        "B 040506",
        "S 452-[\"message\"," TWO,
        "b 010203",
        "b 040506",
        "-");
    RUN(run_4, "C 450-[\"message\"]", "S 42[\"message\"]", "-");
}

static void push_session_s5_ack_has_the_clients_id(void **state)
{
    (void)state;
    RUN(run_4,
        "C 42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]",
        "S 43456[1,\"2\",{\"3\":[false]}]",
        "-");
    RUN(run_4,
        "C 452-789[\"message-with-ack\"," TWO,
        "B 010203",
        "B 040506",
        "S 462-789[" TWO,
        "b 010203",
        "b 040506",
        "-");
}

static void push_session_attachments_out_of_turn_close(void **state)
{
    (void)state;
    RUN(run_4, "C 451-[\"a\",{\"_placeholder\":true,\"num\":0}]", "C 42[\"a\"]", "X");
    RUN(run_4,
        "C 451-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        "B 01",
        "S 451-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        "b 01",
        "B 02",
        "X");
    RUN(run_4, "C 4511-[\"a\"]", "X");
    /* Heartbeats may come between. */
    RUN(run_3, "C 451-[\"a\",0]", "C 2", "S 3", "B 0401", "S 451-[\"a\",0]", "b 0401", "-");
}

static void push_session_too_large_attachments_close(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    char *large = calloc(1, FX_PUSH_SESSION_PENDING_SIZE_MAX);
    assert_non_null(large);
    PLAY(rig, OPEN_4, "C 40", JOINED, "C 452-[\"a\"]", "-");
    fx_push_session_receive(
        &rig->session, true, (fx_str){large, FX_PUSH_SESSION_PENDING_SIZE_MAX - 5}, rig->now_ms);
    PLAY(rig, "X");
    assert_int_equal(rig->close_code, 1009);
    free(large);
    rig_destroy(rig);
}

static void push_session_ack_reaches_the_owner(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig, OPEN_4, "C 40", JOINED);
    assert_int_equal(fx_push_session_next_ack(&rig->session, 0), 0);
    assert_int_equal(fx_push_session_next_ack(&rig->session, 0), 1);
    assert_int_equal(fx_push_session_next_ack(&rig->session, 1), 0);
    PLAY(rig, "C 431[\"r1\"]", "-");
    assert_int_equal(rig->ack_count, 1);
    assert_int_equal(rig->ack, 1);
    assert_string_equal(rig->ack_data, "[\"r1\"]");
    rig_destroy(rig);
}

static void push_session_s5_refused_connect_ends_after_a_linger(void **state)
{
    (void)state;
    static const char *const REFUSED =
        "S 44/ws,{\"message\":\"invalid token\",\"data\":{\"code\":401}}";
    RUN(run_open_4,
        "C 40/ws,{\"token\":\"bad\"}",
        REFUSED,
        "-",
        "C 42/ws,[\"late\"]",
        "-",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+90",
        "-",
        "+10",
        "X");
    /* Trying again does not buy time. */
    RUN(run_4,
        "C 41",
        "C 40/ws,{\"token\":\"bad\"}",
        REFUSED,
        "+290",
        "C 40/ws,{\"token\":\"bad\"}",
        REFUSED,
        "+10",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+90",
        "-",
        "+10",
        "X");
    /* A good token in time: it stays. */
    RUN(run_open_4,
        "C 40/ws,{\"token\":\"bad\"}",
        REFUSED,
        "C 40/ws,{\"token\":\"good\"}",
        "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+300",
        "S 2",
        "C 3",
        "+200",
        "-");
}

static void push_session_kick_says_41_then_closes(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig, OPEN_4, "C 40", JOINED, "C 40/ws,", "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}");
    fx_push_session_kick(&rig->session, 1, rig->now_ms);
    PLAY(rig, "S 41/ws,", "C 42/ws,[\"late\"]", "-", "C 451-/ws,[\"late\"]", "B 01", "-");
    assert_int_equal(rig->leave_count, 1);
    fx_push_session_kick(&rig->session, 1, rig->now_ms); /* nothing to kick */
    PLAY(rig, "-", "C 42[\"a\"]", "S 42[\"a\"]");
    fx_push_session_kick(&rig->session, 0, rig->now_ms);
    PLAY(
        rig, "S 41", "+300", "S 2", "C 3", "+300", "S 2", "C 3", "+300", "S 2", "C 3", "+100", "X");
    assert_int_equal(rig->leave_count, 2);
    rig_destroy(rig);
}

static void push_session_kick_from_one_namespace_keeps_the_other(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig, OPEN_4, "C 40", JOINED, "C 40/ws,", "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}");
    fx_push_session_kick(&rig->session, 1, rig->now_ms);
    PLAY(rig,
         "S 41/ws,",
         "+300",
         "S 2",
         "C 3",
         "+300",
         "S 2",
         "C 3",
         "+300",
         "S 2",
         "C 3",
         "+200",
         "-");
    /* It joins again and leaves by itself: now a late event is an offence as ever. */
    PLAY(rig,
         "C 40/ws,",
         "S 40/ws,{\"sid\":\"dddddddddddddddddddd\"}",
         "C 41/ws,",
         "C 42/ws,[\"a\"]",
         "X");
    rig_destroy(rig);
}

static void push_session_end_leaves_all_namespaces_once(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_4);
    PLAY(rig,
         OPEN_4,
         "C 40",
         JOINED,
         "C 40/ws,",
         "S 40/ws,{\"sid\":\"cccccccccccccccccccc\"}",
         "C abc",
         "X");
    assert_int_equal(rig->leave_count, 2);
    fx_push_session_lost(&rig->session);
    fx_push_session_close(&rig->session, 1000, (fx_str){0});
    PLAY(rig, "C 40", "C 42[\"a\"]", "+1000", "X");
    assert_int_equal(rig->leave_count, 2);
    rig_destroy(rig);
}

/* ---- Engine.IO 3, parser 4: clients 2.x ------------------------------------------------------ */

static void push_session_s4_root_is_joined_unasked(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_3);
    PLAY(rig, OPEN_3, "S 40", "-");
    assert_true(rig->is_implied);
    assert_true(
        fx_str_is_equal(fx_push_session_id(&rig->session, 0), FX_STR("aaaaaaaaaaaaaaaaaaaa")));
    rig_destroy(rig);
}

static void push_session_s4_connect_with_query_answers_without_payload(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_3);
    PLAY(rig, OPEN_3, "S 40", "C 40/ws?token=x,", "S 40/ws,", "-");
    assert_string_equal(rig->query, "token=x");
    assert_false(rig->is_implied);
    assert_true(
        fx_str_is_equal(fx_push_session_id(&rig->session, 1), FX_STR("/ws#aaaaaaaaaaaaaaaaaaaa")));
    rig_destroy(rig);
}

static void push_session_s4_refused_is_told_and_kicked(void **state)
{
    (void)state;
    RUN(run_3,
        "C 40/ws?token=bad,",
        "S 44/ws,{\"code\":401,\"message\":\"invalid token\"}",
        "S 41/ws,",
        "-");
    struct rig *rig = rig_create_refusing(FX_PUSH_EIO_3, true);
    PLAY(rig,
         OPEN_3,
         "S 44{\"code\":401,\"message\":\"invalid token\"}",
         "S 41",
         "+490",
         "C 2",
         "S 3",
         "+490",
         "C 2",
         "S 3",
         "-",
         "+20",
         "X");
    assert_int_equal(rig->close_code, 1000);
    rig_destroy(rig);
}

static void push_session_s4_heartbeat_goes_from_client_to_server(void **state)
{
    (void)state;
    RUN(run_3, "+250", "C 2", "S 3", "+250", "C 2probe", "S 3probe", "+490", "-", "+10", "X");
    RUN(run_3, "C 3", "X");
    /* Any packet counts as a sign of life. */
    RUN(run_3, "+400", "C 42[\"a\"]", "S 42[\"a\"]", "+490", "-", "+10", "X");
}

static void push_session_s4_binary_frames_have_a_prefix(void **state)
{
    (void)state;
    RUN(run_3,
        "C 451-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        "B 0401020304",
        "S 451-[\"a\",{\"_placeholder\":true,\"num\":0}]",
        "b 0401020304",
        "-");
    RUN(run_3, "C 451-[\"a\",0]", "B 01020304", "X");
}

static void push_session_s4_ack_and_kick(void **state)
{
    (void)state;
    struct rig *rig = rig_create(FX_PUSH_EIO_3);
    PLAY(rig, OPEN_3, "S 40", "C 40/ws,", "S 40/ws,", "C 42/ws,0[\"a\",1]", "S 43/ws,0[1]");
    fx_push_session_kick(&rig->session, 1, rig->now_ms);
    PLAY(rig, "S 41/ws,", "-");
    rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_session_closed_by_its_open_packet_joins_nothing),
        cmocka_unit_test(push_session_eio4_open_packet_has_five_keys),
        cmocka_unit_test(push_session_eio4_heartbeat_goes_from_server_to_client),
        cmocka_unit_test(push_session_eio4_without_pong_is_closed),
        cmocka_unit_test(push_session_eio4_ping_of_client_is_an_error),
        cmocka_unit_test(push_session_close_packet_closes),
        cmocka_unit_test(push_session_garbage_closes),
        cmocka_unit_test(push_session_s5_connect_answers_with_sid),
        cmocka_unit_test(push_session_s5_unknown_namespace_is_refused),
        cmocka_unit_test(push_session_s5_first_packet_other_than_connect_closes),
        cmocka_unit_test(push_session_s5_no_connect_in_time_closes),
        cmocka_unit_test(push_session_s5_disconnect_leaves_only_pings),
        cmocka_unit_test(push_session_s5_leaving_one_namespace_keeps_the_other),
        cmocka_unit_test(push_session_s5_event_is_echoed),
        cmocka_unit_test(push_session_s5_attachments_are_echoed),
        cmocka_unit_test(push_session_s5_ack_has_the_clients_id),
        cmocka_unit_test(push_session_attachments_out_of_turn_close),
        cmocka_unit_test(push_session_too_large_attachments_close),
        cmocka_unit_test(push_session_ack_reaches_the_owner),
        cmocka_unit_test(push_session_s5_refused_connect_ends_after_a_linger),
        cmocka_unit_test(push_session_kick_says_41_then_closes),
        cmocka_unit_test(push_session_kick_from_one_namespace_keeps_the_other),
        cmocka_unit_test(push_session_end_leaves_all_namespaces_once),
        cmocka_unit_test(push_session_s4_root_is_joined_unasked),
        cmocka_unit_test(push_session_s4_connect_with_query_answers_without_payload),
        cmocka_unit_test(push_session_s4_refused_is_told_and_kicked),
        cmocka_unit_test(push_session_s4_heartbeat_goes_from_client_to_server),
        cmocka_unit_test(push_session_s4_binary_frames_have_a_prefix),
        cmocka_unit_test(push_session_s4_ack_and_kick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Conformance of the WebSocket codec after the groups of the Autobahn suite (PROTOCOLS A.9): each
 * row is fed whole, byte by byte, and split at every offset, with one result. */
#include "net/net_websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"
#include "net/net_utf8.h"
#include "net/net_websocket_handshake.h"

enum { MESSAGE_MAX = 1024, OUTCOME_SIZE = 4096, SHOWN_MAX = 24, MASK = 0x3D21FA37 };

/* Frames are written as "81 hello|89 x": the first byte in hex, a blank, the payload. "*N": N times
 * 'a'; "#1000bye": a close code and a reason; "!81 x": not masked. */
struct row {
    const char *frames;
    const char *expected;
};

static const struct row ROWS[] = {
    /* 1: framing */
    {"81 ", "T0:;"},
    {"82 ", "B0:;"},
    {"81 hello", "T5:hello;"},
    {"82 hello", "B5:hello;"},
    {"81 *125", "T125;"},
    {"81 *126", "T126;"},
    {"81 *127", "T127;"},
    {"81 *128", "T128;"},
    {"82 *126", "B126;"},
    {"82 *1024", "B1024;"},
    {"81 a|81 b|82 c", "T1:a;T1:b;B1:c;"},
    {"!81 hello", "fail1002;"},
    {"81 a|!81 b", "T1:a;fail1002;"},
    {"!89 x", "fail1002;"},
    {"L16-81 *5", "fail1002;"},
    {"L64-81 *5", "fail1002;"},
    {"L64-82 *300", "fail1002;"},
    /* 2: pings and pongs */
    {"89 ", "ping0:;"},
    {"89 hello", "ping5:hello;"},
    {"89 \x01\xff\xfe", "ping3:\x01\xff\xfe;"},
    {"89 *125", "ping125;"},
    {"89 *126", "fail1002;"},
    {"8a ", "pong0:;"},
    {"8a unasked", "pong7:unasked;"},
    {"8a unasked|89 x", "pong7:unasked;ping1:x;"},
    {"8a *126", "fail1002;"},
    {"89 1|89 2|89 3", "ping1:1;ping1:2;ping1:3;"},
    /* 3: reserved bits */
    {"c1 x", "fail1002;"},
    {"a1 x", "fail1002;"},
    {"91 x", "fail1002;"},
    {"f1 x", "fail1002;"},
    {"c9 x", "fail1002;"},
    {"a8 #1000", "fail1002;"},
    {"81 a|d1 x", "T1:a;fail1002;"},
    {"01 a|c0 x", "fail1002;"},
    /* 4: reserved opcodes */
    {"83 x", "fail1002;"},
    {"84 x", "fail1002;"},
    {"85 x", "fail1002;"},
    {"86 x", "fail1002;"},
    {"87 x", "fail1002;"},
    {"8b x", "fail1002;"},
    {"8c x", "fail1002;"},
    {"8d x", "fail1002;"},
    {"8e x", "fail1002;"},
    {"8f x", "fail1002;"},
    {"81 a|83 ", "T1:a;fail1002;"},
    /* 5: fragments */
    {"01 a|80 b", "T2:ab;"},
    {"01 a|00 b|80 c", "T3:abc;"},
    {"02 a|00 b|80 ", "B2:ab;"},
    {"01 |00 |80 ", "T0:;"},
    {"01 |00 x|80 ", "T1:x;"},
    {"01 a|89 p|80 b", "ping1:p;T2:ab;"},
    {"01 a|89 p|00 b|8a q|80 c", "ping1:p;pong1:q;T3:abc;"},
    {"01 a|88 #1000", "close1000:;"},
    {"80 a", "fail1002;"},
    {"00 a", "fail1002;"},
    {"80 a|81 b", "fail1002;"},
    {"01 a|80 b|80 c", "T2:ab;fail1002;"},
    {"01 a|81 b", "fail1002;"},
    {"01 a|01 b", "fail1002;"},
    {"01 a|82 b", "fail1002;"},
    {"09 x", "fail1002;"},
    {"0a x", "fail1002;"},
    {"08 #1000", "fail1002;"},
    {"01 a", ""},
    /* 6: UTF-8 */
    {"81 \xce\xba\xe1\xbd\xb9", "T5:\xce\xba\xe1\xbd\xb9;"},
    {"81 \xf0\x9f\x98\x80", "T4:\xf0\x9f\x98\x80;"},
    {"81 \xf4\x8f\xbf\xbf", "T4:\xf4\x8f\xbf\xbf;"},
    {"81 \xef\xbf\xbf", "T3:\xef\xbf\xbf;"},
    {"81 \xed\x9f\xbf", "T3:\xed\x9f\xbf;"},
    {"81 \xee\x80\x80", "T3:\xee\x80\x80;"},
    {"81 \x7f", "T1:\x7f;"},
    {"81 \xc2\x80", "T2:\xc2\x80;"},
    {"01 \xce|80 \xba", "T2:\xce\xba;"},
    {"01 \xf0|00 \x9f|00 \x98|80 \x80", "T4:\xf0\x9f\x98\x80;"},
    {"01 \xf0\x9f|89 p|80 \x98\x80", "ping1:p;T4:\xf0\x9f\x98\x80;"},
    {"81 \x80", "fail1007;"},
    {"81 \xbf", "fail1007;"},
    {"81 \xc0\xaf", "fail1007;"},
    {"81 \xc1\xbf", "fail1007;"},
    {"81 \xe0\x80\xaf", "fail1007;"},
    {"81 \xe0\x9f\xbf", "fail1007;"},
    {"81 \xf0\x80\x80\xaf", "fail1007;"},
    {"81 \xf0\x8f\xbf\xbf", "fail1007;"},
    {"81 \xed\xa0\x80", "fail1007;"},
    {"81 \xed\xbf\xbf", "fail1007;"},
    {"81 \xf4\x90\x80\x80", "fail1007;"},
    {"81 \xf5\x80\x80\x80", "fail1007;"},
    {"81 \xf8\x88\x80\x80\x80", "fail1007;"},
    {"81 \xfe", "fail1007;"},
    {"81 \xff", "fail1007;"},
    {"81 \xce", "fail1007;"},
    {"81 \xe2\x82", "fail1007;"},
    {"81 aaaaaaaaaaaaaaaaaaaa\xff", "fail1007;"},
    {"81 \xce|80 \xba", "fail1007;"},
    {"01 \xce|80 a", "fail1007;"},
    {"01 a\xff|", "fail1007;"}, /* before the end of the message */
    {"01 \xed\xa0|00 ", "fail1007;"},
    {"82 \xff\xfe", "B2:\xff\xfe;"},
    {"02 \xff|80 \xfe", "B2:\xff\xfe;"},
    /* 7: closing */
    {"88 ", "close1005:;"},
    {"88 x", "fail1002;"},
    {"88 #1000", "close1000:;"},
    {"88 #1000bye", "close1000:bye;"},
    {"88 #1000\xce\xba", "close1000:\xce\xba;"},
    {"88 #1000\xce", "fail1007;"},
    {"88 #1000\xed\xa0\x80", "fail1007;"},
    {"88 #1000*123", "close1000;"},
    {"88 #1000*124", "fail1002;"},
    {"88 #1000|81 x", "close1000:;"},
    {"88 #1000|89 x", "close1000:;"},
    {"88 #1000|88 #1000", "close1000:;"},
    {"81 a|88 #1001", "T1:a;close1001:;"},
    {"88 #1001", "close1001:;"},
    {"88 #1002", "close1002:;"},
    {"88 #1003", "close1003:;"},
    {"88 #1007", "close1007:;"},
    {"88 #1008", "close1008:;"},
    {"88 #1009", "close1009:;"},
    {"88 #1010", "close1010:;"},
    {"88 #1011", "close1011:;"},
    {"88 #3000", "close3000:;"},
    {"88 #3999", "close3999:;"},
    {"88 #4000", "close4000:;"},
    {"88 #4999", "close4999:;"},
    {"88 #0", "fail1002;"},
    {"88 #999", "fail1002;"},
    {"88 #1004", "fail1002;"},
    {"88 #1005", "fail1002;"},
    {"88 #1006", "fail1002;"},
    {"88 #1015", "fail1002;"},
    {"88 #1016", "fail1002;"},
    {"88 #1100", "fail1002;"},
    {"88 #2000", "fail1002;"},
    {"88 #2999", "fail1002;"},
    {"88 #5000", "fail1002;"},
    {"88 #65535", "fail1002;"},
    /* 9: limits (the limit here is 1,024) */
    {"81 *1024", "T1024;"},
    {"81 *1025", "fail1009;"},
    {"82 *70000", "fail1009;"},
    {"01 *1000|80 *24", "T1024;"},
    {"01 *1000|80 *25", "fail1009;"},
    {"01 *1000|00 *24|80 *1", "fail1009;"},
    {"81 *1024|81 *1024", "T1024;T1024;"},
};

/* `length_form`: 0 the shortest, else 2 or 8 bytes of length. */
static void append_length(struct fx_buf *buf, size_t size, bool is_masked, int length_form)
{
    const uint8_t bit = is_masked ? 0x80 : 0;
    if (length_form == 0 && size < 126) {
        fx_buf_append_byte(buf, (char)(bit | size));
        return;
    }
    const int shortest = size < 65536 ? 2 : 8;
    const int bytes = length_form != 0 ? length_form : shortest;
    fx_buf_append_byte(buf, (char)(bit | (bytes == 2 ? 126 : 127)));
    for (int index = bytes - 1; index >= 0; index--) {
        fx_buf_append_byte(buf, (char)((uint64_t)size >> (8 * index)));
    }
}

static void append_frame(struct fx_buf *buf, const char *text, size_t size)
{
    const uint8_t mask[4] = {MASK & 0xFF, MASK >> 8 & 0xFF, MASK >> 16 & 0xFF, MASK >> 24};
    bool is_masked = true;
    int length_form = 0;
    struct fx_buf payload;
    fx_buf_init(&payload, 1 << 20);
    const char *end = text + size;
    if (*text == '!') {
        is_masked = false;
        text++;
    } else if (*text == 'L') { /* a length that is not in its shortest form */
        length_form = text[1] == '1' ? 2 : 8;
        text += 4;
    }
    const char digits[3] = {text[0], text[1], '\0'};
    fx_buf_append_byte(buf, (char)strtoul(digits, NULL, 16));
    text += 3;
    if (text < end && *text == '#') {
        char *rest = NULL;
        const unsigned long code = strtoul(text + 1, &rest, 10);
        fx_buf_append_byte(&payload, (char)(code >> 8));
        fx_buf_append_byte(&payload, (char)code);
        text = rest;
    }
    if (text < end && *text == '*') {
        for (unsigned long count = strtoul(text + 1, NULL, 10); count > 0; count--) {
            fx_buf_append_byte(&payload, 'a');
        }
    } else {
        fx_buf_append(&payload, (fx_str){text, (size_t)(end - text)});
    }
    append_length(buf, payload.size, is_masked, length_form);
    if (is_masked) {
        fx_buf_append(buf, (fx_str){(const char *)mask, 4});
    }
    for (size_t index = 0; index < payload.size; index++) {
        fx_buf_append_byte(
            buf, (char)((uint8_t)payload.data[index] ^ (is_masked ? mask[index % 4] : 0)));
    }
    fx_buf_deinit(&payload);
}

static void append_frames(struct fx_buf *buf, const char *frames)
{
    while (*frames != '\0') {
        const size_t size = strcspn(frames, "|");
        append_frame(buf, frames, size);
        frames += size + (frames[size] == '|' ? 1 : 0);
    }
}

struct outcome {
    char text[OUTCOME_SIZE];
    size_t size;
};

static void add(struct outcome *outcome, const struct fx_net_websocket *websocket)
{
    static const char *const NAMES[] = {"", "T", "B", "ping", "pong", "close", "fail"};
    const bool has_code = websocket->event == FX_NET_WEBSOCKET_EVENT_CLOSE ||
                          websocket->event == FX_NET_WEBSOCKET_EVENT_FAILED;
    const fx_str payload = websocket->payload;
    char *target = outcome->text + outcome->size;
    const size_t room = sizeof outcome->text - outcome->size;
    int size = snprintf(target,
                        room,
                        "%s%zu",
                        NAMES[websocket->event],
                        has_code ? (size_t)websocket->code : payload.size);
    if (websocket->event != FX_NET_WEBSOCKET_EVENT_FAILED && payload.size <= SHOWN_MAX) {
        size += snprintf(target + size,
                         room - (size_t)size,
                         ":%.*s",
                         (int)payload.size,
                         payload.size > 0 ? payload.data : "");
    }
    size += snprintf(target + size, room - (size_t)size, ";");
    outcome->size += (size_t)size;
}

static bool is_over(const struct fx_net_websocket *websocket)
{
    return websocket->event == FX_NET_WEBSOCKET_EVENT_CLOSE ||
           websocket->event == FX_NET_WEBSOCKET_EVENT_FAILED;
}

static void feed(struct fx_net_websocket *websocket, struct outcome *outcome, fx_str piece)
{
    char *copy = malloc(piece.size > 0 ? piece.size : 1);
    assert_non_null(copy);
    if (piece.size > 0) {
        memcpy(copy, piece.data, piece.size);
    }
    size_t offset = 0;
    while (offset < piece.size && !is_over(websocket)) {
        offset += fx_net_websocket_feed(websocket, (fx_str){copy + offset, piece.size - offset});
        if (websocket->event != FX_NET_WEBSOCKET_EVENT_NONE) {
            add(outcome, websocket);
        }
    }
    free(copy);
}

static void check(const struct outcome *outcome,
                  // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): test
                  const char *expected,
                  const char *frames,
                  size_t at)
{
    if (strcmp(outcome->text, expected) != 0) {
        print_error("frames <%s>, split %zu\n  expected <%s>\n  got      <%s>\n",
                    frames,
                    at,
                    expected,
                    outcome->text);
        fail();
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): test
static void run(const char *frames, const char *expected, fx_str bytes, size_t split)
{
    struct outcome outcome = {0};
    struct fx_net_websocket websocket;
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_SERVER, MESSAGE_MAX);
    if (split == SIZE_MAX) {
        for (size_t index = 0; index < bytes.size; index++) {
            feed(&websocket, &outcome, fx_str_slice(bytes, index, 1));
        }
    } else {
        feed(&websocket, &outcome, fx_str_slice(bytes, 0, split));
        feed(&websocket, &outcome, fx_str_slice(bytes, split, bytes.size - split));
    }
    fx_net_websocket_deinit(&websocket);
    check(&outcome, expected, frames, split);
}

static void net_websocket_table_gives_one_verdict_for_every_split(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        fx_buf_clear(&buf);
        append_frames(&buf, ROWS[index].frames);
        const fx_str bytes = fx_buf_str(&buf);
        run(ROWS[index].frames, ROWS[index].expected, bytes, SIZE_MAX);
        for (size_t split = 0; split <= bytes.size && split < 3000; split++) {
            run(ROWS[index].frames, ROWS[index].expected, bytes, split);
        }
    }
    fx_buf_deinit(&buf);
    print_message("%zu rows\n", sizeof ROWS / sizeof ROWS[0]);
}

static void net_websocket_text_fails_at_its_first_bad_byte(void **state)
{
    (void)state;
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    append_frames(&buf, "81 abc\xffghijklmnop");
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_SERVER, MESSAGE_MAX);
    /* header 6, "abc", and the bad byte: the rest of the frame has not arrived */
    assert_int_equal(fx_net_websocket_feed(&websocket, fx_str_slice(fx_buf_str(&buf), 0, 9)), 9);
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_NONE);
    assert_int_equal(fx_net_websocket_feed(&websocket, fx_str_slice(fx_buf_str(&buf), 9, 1)), 1);
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_FAILED);
    assert_int_equal(websocket.code, 1007);
    assert_int_equal(fx_net_websocket_feed(&websocket, FX_STR("x")), 0);
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&buf);
}

static void net_websocket_too_long_message_fails_before_its_payload(void **state)
{
    (void)state;
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    fx_buf_init(&buf, 5000);
    append_frames(&buf, "01 *1000|80 *25");
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_SERVER, MESSAGE_MAX);
    (void)fx_net_websocket_feed(&websocket, fx_str_slice(fx_buf_str(&buf), 0, buf.size - 29));
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_FAILED); /* mask not even there */
    assert_int_equal(websocket.code, 1009);
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&buf);
}

static void roundtrip(size_t size, bool is_masked, enum fx_net_websocket_role reader)
{
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    struct fx_buf payload;
    fx_buf_init(&buf, 1 << 25);
    fx_buf_init(&payload, 1 << 25);
    for (size_t index = 0; index < size; index++) {
        fx_buf_append_byte(&payload, (char)(index * 7 + 3));
    }
    const struct fx_net_websocket_frame frame = {
        .opcode = FX_NET_WEBSOCKET_OPCODE_BINARY,
        .payload = fx_buf_str(&payload),
        .is_masked = is_masked,
        .mask = 0x12345678,
    };
    fx_net_websocket_write(&buf, &frame);
    fx_net_websocket_init(&websocket, reader, 1 << 24);
    assert_int_equal(fx_net_websocket_feed(&websocket, fx_buf_str(&buf)), buf.size);
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_BINARY);
    assert_true(fx_str_is_equal(websocket.payload, fx_buf_str(&payload)));
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&payload);
    fx_buf_deinit(&buf);
}

static void net_websocket_frames_roundtrip_at_every_length_form(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 1 << 20, 1 << 24};
    for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
        roundtrip(sizes[index], true, FX_NET_WEBSOCKET_ROLE_SERVER);
        roundtrip(sizes[index], false, FX_NET_WEBSOCKET_ROLE_CLIENT);
    }
}

static void net_websocket_client_refuses_masked_frames(void **state)
{
    (void)state;
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    fx_buf_init(&buf, 1000);
    append_frames(&buf, "81 a");
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_CLIENT, MESSAGE_MAX);
    (void)fx_net_websocket_feed(&websocket, fx_buf_str(&buf));
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_FAILED);
    assert_int_equal(websocket.code, 1002);
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&buf);
}

static void net_websocket_fragments_are_written_and_counted(void **state)
{
    (void)state;
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 22);
    struct fx_net_websocket_frame frame = {
        .opcode = FX_NET_WEBSOCKET_OPCODE_TEXT, .is_fragment = true, .is_masked = true};
    fx_net_websocket_write(&buf, &frame);
    frame.opcode = FX_NET_WEBSOCKET_OPCODE_CONTINUATION;
    for (uint32_t index = 1; index < FX_NET_WEBSOCKET_FRAGMENTS_MAX; index++) {
        fx_net_websocket_write(&buf, &frame);
    }
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_SERVER, MESSAGE_MAX);
    assert_int_equal(fx_net_websocket_feed(&websocket, fx_buf_str(&buf)), buf.size);
    assert_int_equal(websocket.event, FX_NET_WEBSOCKET_EVENT_NONE);
    (void)fx_net_websocket_feed(&websocket, fx_str_slice(fx_buf_str(&buf), 6, 6));
    assert_int_equal(websocket.code, 1009);
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&buf);
}

static void net_websocket_close_payload_is_cut_between_characters(void **state)
{
    (void)state;
    uint8_t payload[FX_NET_WEBSOCKET_CONTROL_SIZE_MAX];
    char reason[200];
    assert_int_equal(fx_net_websocket_write_close(1001, FX_STR("bye"), payload), 5);
    assert_memory_equal(payload,
                        "\x03\xe9"
                        "bye",
                        5);
    memset(reason, 'a', sizeof reason);
    assert_int_equal(fx_net_websocket_write_close(1000, (fx_str){reason, 200}, payload), 125);
    reason[122] = (char)0xCE; /* a character of two bytes, which the limit would cut */
    reason[123] = (char)0xBA;
    assert_int_equal(fx_net_websocket_write_close(1000, (fx_str){reason, 200}, payload), 124);
}

/* ---- handshake ---- */

static fx_status check_request(const char *lines, struct fx_buf *answer)
{
    struct fx_net_http http;
    struct fx_buf buf;
    fx_buf_init(&buf, 4096);
    fx_buf_append(&buf, FX_STR("GET /ws HTTP/1.1\r\nHost: h\r\n"));
    fx_buf_append(&buf, fx_str_of(lines));
    fx_buf_append(&buf, FX_STR("\r\n"));
    fx_net_http_init(&http, 100);
    for (size_t index = 0; index < buf.size; index++) {
        (void)fx_net_http_feed(&http, fx_str_slice(fx_buf_str(&buf), index, 1));
    }
    assert_int_equal(http.state, FX_NET_HTTP_STATE_DONE);
    const fx_status status = fx_net_websocket_handshake_check(&http.request);
    if (status == FX_OK && answer != NULL) {
        fx_net_websocket_handshake_write(answer, &http.request, FX_STR("chat"));
    }
    fx_net_http_deinit(&http);
    fx_buf_deinit(&buf);
    return status;
}

#define UP  "Connection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n"
#define V13 "sec-websocket-version: 13\r\n"
#define KEY "Sec-WebSocket-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void net_websocket_handshake_follows_the_rules(void **state)
{
    (void)state;
    struct fx_buf answer;
    fx_buf_init(&answer, 4096);
    assert_int_equal(check_request(UP V13 KEY, &answer), FX_OK);
    const fx_str expected =
        FX_STR("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
               "Sec-WebSocket-Protocol: chat\r\n\r\n");
    assert_true(fx_str_is_equal(fx_buf_str(&answer), expected));
    fx_buf_deinit(&answer);
    assert_int_equal(check_request(V13 KEY, NULL), FX_UPGRADE_REQUIRED);
    assert_int_equal(check_request(UP KEY, NULL), FX_UPGRADE_REQUIRED);
    assert_int_equal(check_request(UP "Sec-WebSocket-Version: 8\r\n" KEY, NULL),
                     FX_UPGRADE_REQUIRED);
    assert_int_equal(check_request(UP V13 V13 KEY, NULL), FX_UPGRADE_REQUIRED);
    assert_int_equal(check_request(UP V13, NULL), FX_BAD_REQUEST);
    assert_int_equal(check_request(UP V13 KEY KEY, NULL), FX_BAD_REQUEST);
    assert_int_equal(check_request(UP V13 "Sec-WebSocket-Key: short==\r\n", NULL), FX_BAD_REQUEST);
    assert_int_equal(check_request(UP V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n", NULL),
                     FX_BAD_REQUEST);
    assert_int_equal(check_request(UP V13 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ!==\r\n", NULL),
                     FX_BAD_REQUEST);
}

static void net_websocket_handshake_of_client_and_server_agree(void **state)
{
    (void)state;
    const uint8_t random[16] = {1, 2, 3, 255, 254, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 77};
    char key[FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE];
    struct fx_net_http http;
    struct fx_net_http_client client;
    struct fx_buf buf;
    fx_buf_init(&buf, 4096);
    fx_net_websocket_handshake_key(random, key);
    const fx_str key_text = {key, sizeof key};
    fx_net_websocket_handshake_write_request(
        &buf, FX_STR("/ws?x"), FX_STR("h:1"), key_text, FX_STR("Origin: http://h\r\n"));
    fx_net_http_init(&http, 100);
    assert_int_equal(fx_net_http_feed(&http, fx_buf_str(&buf)), buf.size);
    assert_int_equal(fx_net_websocket_handshake_check(&http.request), FX_OK);
    fx_buf_clear(&buf);
    fx_net_websocket_handshake_write(&buf, &http.request, (fx_str){0});
    fx_net_http_client_init(&client, 100);
    assert_int_equal(fx_net_http_client_feed(&client, fx_buf_str(&buf)), buf.size);
    assert_int_equal(fx_net_websocket_handshake_check_answer(&client, key_text), FX_OK);
    key[0] = key[0] == 'A' ? 'B' : 'A';
    assert_int_equal(fx_net_websocket_handshake_check_answer(&client, key_text), FX_BAD_REQUEST);
    fx_net_http_client_deinit(&client);
    fx_net_http_deinit(&http);
    fx_buf_deinit(&buf);
}

/* ---- UTF-8 against the definition, for all sequences of one to four interesting bytes ---- */

static bool is_valid_by_decoding(const uint8_t *bytes, size_t size)
{
    size_t index = 0;
    while (index < size) {
        const uint8_t first = bytes[index];
        const size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : 4;
        static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
        if ((first >= 0x80 && first < 0xC0) || first >= 0xF8 || size - index < length) {
            return false;
        }
        uint32_t point = length == 1 ? first : (uint32_t)(first & (0xFF >> (length + 1)));
        for (size_t next = 1; next < length; next++) {
            if ((bytes[index + next] & 0xC0) != 0x80) {
                return false;
            }
            point = point << 6 | (bytes[index + next] & 0x3F);
        }
        if (point < LEAST[length] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) {
            return false;
        }
        index += length;
    }
    return true;
}

static void net_utf8_equals_model(void **state)
{
    (void)state;
    static const uint8_t BYTES[] = {'a',  0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0,
                                    0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
                                    0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFF};
    const uint32_t base = sizeof BYTES;
    for (uint32_t number = 0; number < base * base * base * base; number++) {
        const uint8_t text[4] = {BYTES[number % base],
                                 BYTES[number / base % base],
                                 BYTES[number / base / base % base],
                                 BYTES[number / base / base / base]};
        for (size_t size = 1; size <= 4; size++) {
            const fx_str all = {(const char *)text, size};
            const uint32_t first =
                fx_net_utf8_feed(FX_NET_UTF8_ACCEPT, fx_str_slice(all, 0, size / 2));
            const uint32_t last = fx_net_utf8_feed(first, fx_str_slice(all, size / 2, size));
            assert_int_equal(last == FX_NET_UTF8_ACCEPT, is_valid_by_decoding(text, size));
            assert_int_equal(fx_net_utf8_is_valid(all), is_valid_by_decoding(text, size));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_websocket_table_gives_one_verdict_for_every_split),
        cmocka_unit_test(net_websocket_text_fails_at_its_first_bad_byte),
        cmocka_unit_test(net_websocket_too_long_message_fails_before_its_payload),
        cmocka_unit_test(net_websocket_frames_roundtrip_at_every_length_form),
        cmocka_unit_test(net_websocket_client_refuses_masked_frames),
        cmocka_unit_test(net_websocket_fragments_are_written_and_counted),
        cmocka_unit_test(net_websocket_close_payload_is_cut_between_characters),
        cmocka_unit_test(net_websocket_handshake_follows_the_rules),
        cmocka_unit_test(net_websocket_handshake_of_client_and_server_agree),
        cmocka_unit_test(net_utf8_equals_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

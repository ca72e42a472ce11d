/* The codec against the grammar of PROTOCOLS A.3: what is read, what is refused, what is written.
 */
#include "push/push_packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"

static struct fx_json json;

static fx_status decode(const char *text, struct fx_push_packet *packet_out)
{
    return fx_push_packet_decode(fx_str_of(text), &json, packet_out);
}

static void assert_str(fx_str actual, const char *expected)
{
    if (!fx_str_is_equal(actual, fx_str_of(expected))) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)actual.size, actual.data, expected);
    }
}

struct good {
    const char *text;
    enum fx_push_packet_type type;
    const char *name_space;
    const char *query;
    const char *data;
    uint32_t attachments;
    int64_t ack; /* -1: none */
};

static const struct good GOOD[] = {
    {"0", FX_PUSH_PACKET_CONNECT, "/", "", "", 0, -1},
    {"0{\"token\":\"123\"}", FX_PUSH_PACKET_CONNECT, "/", "", "{\"token\":\"123\"}", 0, -1},
    {"0/ws,", FX_PUSH_PACKET_CONNECT, "/ws", "", "", 0, -1},
    {"0/ws", FX_PUSH_PACKET_CONNECT, "/ws", "", "", 0, -1},
    {"0/ws,{\"token\":\"t\"}", FX_PUSH_PACKET_CONNECT, "/ws", "", "{\"token\":\"t\"}", 0, -1},
    {"0/ws?token=tok1,", FX_PUSH_PACKET_CONNECT, "/ws", "token=tok1", "", 0, -1},
    {"0/ws?token=a%2Cb&x=1", FX_PUSH_PACKET_CONNECT, "/ws", "token=a%2Cb&x=1", "", 0, -1},
    {"0/?token=a,", FX_PUSH_PACKET_CONNECT, "/", "token=a", "", 0, -1},
    {"1", FX_PUSH_PACKET_DISCONNECT, "/", "", "", 0, -1},
    {"1/ws,", FX_PUSH_PACKET_DISCONNECT, "/ws", "", "", 0, -1},
    {"2[\"a\"]", FX_PUSH_PACKET_EVENT, "/", "", "[\"a\"]", 0, -1},
    {"2[1,2]", FX_PUSH_PACKET_EVENT, "/", "", "[1,2]", 0, -1},
    {"2456[\"a\",1]", FX_PUSH_PACKET_EVENT, "/", "", "[\"a\",1]", 0, 456},
    {"2/ws,0[\"subscribe\",{\"channel\":\"x\"}]",
     FX_PUSH_PACKET_EVENT,
     "/ws",
     "",
     "[\"subscribe\",{\"channel\":\"x\"}]",
     0,
     0},
    {"2999999999999999[\"a\"]", FX_PUSH_PACKET_EVENT, "/", "", "[\"a\"]", 0, 999999999999999},
    {"3/ws,8[\"r1\"]", FX_PUSH_PACKET_ACK, "/ws", "", "[\"r1\"]", 0, 8},
    {"31[]", FX_PUSH_PACKET_ACK, "/", "", "[]", 0, 1},
    {"50-[\"a\"]", FX_PUSH_PACKET_BINARY_EVENT, "/", "", "[\"a\"]", 0, -1},
    {"51-/ws,1[\"bin\",{\"_placeholder\":true,\"num\":0}]",
     FX_PUSH_PACKET_BINARY_EVENT,
     "/ws",
     "",
     "[\"bin\",{\"_placeholder\":true,\"num\":0}]",
     1,
     1},
    {"52-789[\"a\"]", FX_PUSH_PACKET_BINARY_EVENT, "/", "", "[\"a\"]", 2, 789},
    {"510-[\"a\"]", FX_PUSH_PACKET_BINARY_EVENT, "/", "", "[\"a\"]", 10, -1},
    {"61-3[1]", FX_PUSH_PACKET_BINARY_ACK, "/", "", "[1]", 1, 3},
};

static void push_packet_good_text_is_decoded(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        const struct good *good = &GOOD[index];
        struct fx_push_packet packet = {0};
        if (decode(good->text, &packet) != FX_OK) {
            fail_msg("refused: %s", good->text);
        }
        assert_int_equal(packet.type, good->type);
        assert_str(packet.name_space, good->name_space);
        assert_str(packet.query, good->query);
        assert_str(packet.data, good->data);
        assert_int_equal(packet.attachments, good->attachments);
        assert_int_equal(packet.has_ack, good->ack >= 0);
        if (good->ack >= 0) {
            assert_int_equal(packet.ack, good->ack);
        }
    }
}

static const char *const BAD[] = {
    "",
    "abc",
    "7",
    "/",
    "-1",
    "2",
    "2{}",
    "2[]",
    "2abc[\"a\"]",
    "2[\"a\"",
    "2[\"a\"]x",
    "2[{}]",
    "2[null]",
    "2[true]",
    "2[[]]",
    "2\"a\"",
    "2[\"connect\"]",
    "2[\"connect_error\"]",
    "2[\"disconnect\",1]",
    "2[\"disconnecting\"]",
    "2[\"newListener\"]",
    "2[\"removeListener\"]",
    "2/ws",
    "21000000000000000[\"a\"]", /* 16 digits */
    "200[\"a\"]",               /* an ack id has one way to be written */
    "3{}",
    "3",
    "31{}",
    "0[]",
    "0\"x\"",
    "01",
    "0{\"a\":1",
    "1{}",
    "1[1]",
    "15",
    "4{\"message\":\"x\"}", /* only servers refuse */
    "4",
    "5[\"a\"]",
    "5-[\"a\"]",
    "511-[\"a\"]",
    "51[\"a\"]",
    "5-1-[\"a\"]",
    "501-[\"a\"]",
    "51-",
    "61-{}",
    "6",
};

static void push_packet_bad_text_is_refused(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        struct fx_push_packet packet = {.attachments = 77};
        if (decode(BAD[index], &packet) != FX_BAD_REQUEST) {
            fail_msg("accepted: %s", BAD[index]);
        }
        assert_int_equal(packet.attachments, 77); /* untouched */
    }
}

static void push_packet_namespace_at_limit_is_decoded_beyond_refused(void **state)
{
    (void)state;
    char text[FX_PUSH_PACKET_NAMESPACE_SIZE_MAX + 3];
    struct fx_push_packet packet;
    memset(text, 'n', sizeof text);
    text[0] = '0';
    text[1] = '/';
    fx_str input = {text, FX_PUSH_PACKET_NAMESPACE_SIZE_MAX + 1};
    assert_int_equal(fx_push_packet_decode(input, &json, &packet), FX_OK);
    input.size++;
    assert_int_equal(fx_push_packet_decode(input, &json, &packet), FX_BAD_REQUEST);
}

/* What is written is what was read, for all but the query, which servers do not send. */
static void push_packet_encode_of_decoded_text_roundtrips(void **state)
{
    (void)state;
    struct fx_buf out;
    fx_buf_init(&out, 4096);
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        struct fx_push_packet packet;
        char expected[256];
        const char *text = GOOD[index].text;
        assert_int_equal(decode(text, &packet), FX_OK);
        if (packet.query.size > 0 || strcmp(text, "0/ws") == 0) {
            continue;
        }
        (void)snprintf(expected, sizeof expected, "4%s", text);
        fx_buf_clear(&out);
        fx_push_packet_encode(&out, &packet);
        assert_str(fx_buf_str(&out), expected);
    }
    fx_buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_packet_good_text_is_decoded),
        cmocka_unit_test(push_packet_bad_text_is_refused),
        cmocka_unit_test(push_packet_namespace_at_limit_is_decoded_beyond_refused),
        cmocka_unit_test(push_packet_encode_of_decoded_text_roundtrips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

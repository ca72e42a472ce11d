/* push/push_rooms: the bytes of socket.io-emitter 3.2, and every way in which they may be wrong. */
#include "push/push_rooms.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/rng.h"
#include "fx_test.h"
#include "push/push_msgpack.h"

/* emitter.of('/ws').to('orderbook_BTCUSDT').emit('orderbook', {from: 'emitter'}), traced. */
static const char TRACED[] =
    "93a7656d697474657283a47479706502a46461746192a96f72646572626f6f6b81a466726f6da7656d6974746572"
    "a36e7370a32f777382a5726f6f6d7391b16f72646572626f6f6b5f42544355534454a5666c61677380";

static size_t bytes_of(const char *hex, uint8_t *target)
{
    const size_t size = strlen(hex) / 2;
    assert_int_equal(fx_crypto_hex_decode(fx_str_of(hex), target, size), FX_OK);
    return size;
}

static void rooms_traced_message_is_read(void **state)
{
    struct fx_push_rooms_message message;
    struct fx_buf event;
    uint8_t bytes[256];
    const size_t size = bytes_of(TRACED, bytes);
    (void)state;
    fx_buf_init(&event, 1000);
    assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size}, &message, &event), FX_OK);
    assert_true(
        fx_str_is_equal(fx_buf_str(&event), FX_STR("[\"orderbook\",{\"from\":\"emitter\"}]")));
    assert_true(fx_str_is_equal(message.uid, FX_STR("emitter")));
    assert_true(fx_str_is_equal(message.nsp, FX_STR("/ws")));
    assert_int_equal(message.room_count, 1);
    assert_true(fx_str_is_equal(message.rooms[0], FX_STR("orderbook_BTCUSDT")));
    assert_false(message.is_volatile);
    fx_buf_deinit(&event);
}

static void rooms_written_message_is_the_traced_one(void **state)
{
    const struct fx_push_rooms_message message = {.uid = FX_STR("emitter"),
                                                  .nsp = FX_STR("/ws"),
                                                  .rooms = {FX_STR("orderbook_BTCUSDT")},
                                                  .room_count = 1};
    struct fx_buf body;
    uint8_t bytes[256];
    const size_t size = bytes_of(TRACED, bytes);
    (void)state;
    fx_buf_init(&body, 1000);
    assert_int_equal(
        fx_push_rooms_encode(&body, &message, FX_STR("[\"orderbook\",{\"from\":\"emitter\"}]")),
        FX_OK);
    assert_int_equal(body.size, size);
    assert_memory_equal(body.data, bytes, size);
    fx_buf_deinit(&body);
}

static void rooms_cut_off_anywhere_is_refused(void **state)
{
    struct fx_push_rooms_message message;
    struct fx_buf event;
    uint8_t bytes[257];
    const size_t size = bytes_of(TRACED, bytes);
    (void)state;
    fx_buf_init(&event, 1000);
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, cut}, &message, &event),
                         FX_BAD_REQUEST);
        assert_int_equal(event.size, 0);
    }
    bytes[size] = 0xc0; /* and so is what has more behind it */
    assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size + 1}, &message, &event),
                     FX_BAD_REQUEST);
    fx_buf_deinit(&event);
}

static void rooms_what_is_not_for_us_is_told_apart(void **state)
{
    static const struct {
        const char *hex;
        fx_status status;
    } ROWS[] = {
        /* a binary event with two bytes */
        {"93a7656d697474657283a47479706505a46461746192a3626967c4020908a36e7370a12f82a5726f6f6d7390"
         "a5666c61677380",
         FX_NOT_IMPLEMENTED},
        /* an extension that is neither undefined nor a date; a date that is cut off */
        {"93a7656d697474657283a47479706502a46461746192a161d40100a36e7370a12f82a5726f6f6d7390a5666c61"
         "677380",
         FX_BAD_REQUEST},
        {"93a7656d697474657283a47479706502a46461746192a161d700000000", FX_BAD_REQUEST},
        /* not an event: data is no array with a name in front */
        {"93a7656d697474657283a47479706502a46461746105a36e7370a12f82a5726f6f6d7390a5666c61677380",
         FX_BAD_REQUEST},
        {"93a7656d697474657283a47479706502a46461746190a36e7370a12f82a5726f6f6d7390a5666c61677380",
         FX_BAD_REQUEST},
        /* an acknowledgement */
        {"93a7656d697474657283a47479706503a46461746191a161a36e7370a12f82a5726f6f6d7390a5666c61677380",
         FX_BAD_REQUEST},
        /* an array that says that it has 2^32 - 1 elements */
        {"ddffffffff", FX_BAD_REQUEST},
        {"c1", FX_BAD_REQUEST},
        {"", FX_BAD_REQUEST},
    };
    struct fx_push_rooms_message message;
    struct fx_buf event;
    (void)state;
    fx_buf_init(&event, 1000);
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        uint8_t bytes[256];
        const size_t size = bytes_of(ROWS[index].hex, bytes);
        assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size}, &message, &event),
                         ROWS[index].status);
    }
    fx_buf_deinit(&event);
}

/* server.of('/ws').to('user_1').emit('x', {a: undefined, f: 0.5, d: new Date(0), n: NaN, big: 2 **
 * 53}), traced of socket.io 2.5 with socket.io-redis 5.4; and a broadcast of a socket of such a
 * server. */
static void rooms_values_of_a_node_server_are_read(void **state)
{
    static const char VALUES[] =
        "93a67856584d317383a47479706502a46461746192a17885a161d40000a166cb3fe0000000000000a164d7000000"
        "000000000000a16ecb7ff8000000000000a3626967cf0020000000000000a36e7370a32f777382a5726f6f6d73"
        "91a6757365725f31a5666c61677380";
    static const char EXCEPT[] =
        "93a67856584d317383a47479706502a46461746192a178a6657863657074a36e7370a32f777383a5726f6f6d73"
        "91a6757365725f31a665786365707491a72f777323616263a5666c61677381a962726f616463617374c3";
    static const char ALL[] =
        "93a67856584d317383a47479706502a46461746192a178a3616c6ca36e7370a32f777382a5726f6f6d7390a566"
        "6c61677380";
    struct fx_push_rooms_message message;
    struct fx_buf event;
    uint8_t bytes[256];
    size_t size = bytes_of(VALUES, bytes);
    (void)state;
    fx_buf_init(&event, 1000);
    assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size}, &message, &event), FX_OK);
    assert_true(fx_str_is_equal(fx_buf_str(&event),
                                FX_STR("[\"x\",{\"f\":0.5,\"d\":\"1970-01-01T00:00:00.000Z\",\"n\":"
                                       "null,\"big\":9007199254740992}]")));
    assert_int_equal(message.except_count, 0);
    fx_buf_clear(&event);
    size = bytes_of(EXCEPT, bytes);
    assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size}, &message, &event), FX_OK);
    assert_int_equal(message.except_count, 1);
    assert_true(fx_str_is_equal(message.except[0], FX_STR("/ws#abc")));
    assert_int_equal(message.room_count, 1);
    fx_buf_clear(&event);
    size = bytes_of(ALL, bytes);
    assert_int_equal(fx_push_rooms_decode((fx_str){(char *)bytes, size}, &message, &event), FX_OK);
    assert_int_equal(message.room_count, 0);
    fx_buf_deinit(&event);
}

static void rooms_floats_are_what_javascript_writes(void **state)
{
    static const struct {
        const char *hex;
        const char *text;
    } ROWS[] = {{"cb3fb999999999999a", "0.1"},
                {"cb40ed4c0000000000", "60000"},
                {"cb40ed4c1000000000", "60000.5"},
                {"cbbff8000000000000", "-1.5"},
                {"cb8000000000000000", "0"},
                {"cb3fd5555555555555", "0.3333333333333333"},
                {"cb4340000000000000", "9007199254740992"},
                {"cb7ff0000000000000", "null"},
                {"cb3fd5555555555556", "0.33333333333333337"},
                {"cb4278bcfe56800000", "1700000000000"},
                {"cbc000000000000000", "-2"},
                {"cb433fffffffffffff", "9007199254740991"},
                {"cb7ff8000000000000", "null"},
                {"ca3f000000", "0.5"}};
    struct fx_buf json;
    (void)state;
    fx_buf_init(&json, 100);
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        uint8_t bytes[16];
        fx_str rest = {(char *)bytes, bytes_of(ROWS[index].hex, bytes)};
        fx_buf_clear(&json);
        assert_int_equal(fx_push_msgpack_decode(&rest, &json), FX_OK);
        assert_true(fx_str_is_equal(fx_buf_str(&json), fx_str_of(ROWS[index].text)));
        assert_int_equal(rest.size, 0);
    }
    fx_buf_deinit(&json);
}

static void rooms_channels_have_names(void **state)
{
    char text[FX_PUSH_ROOMS_CHANNEL_SIZE_MAX];
    static char large[200];
    fx_str room = {0};
    (void)state;
    assert_true(fx_str_is_equal(fx_push_rooms_channel(FX_STR("/ws"), FX_STR("user_7"), text),
                                FX_STR("socket.io#/ws#user_7#")));
    assert_true(fx_str_is_equal(fx_push_rooms_channel(FX_STR("/"), FX_STR(""), text),
                                FX_STR("socket.io#/#")));
    memset(large, 'x', sizeof large);
    assert_int_equal(fx_push_rooms_channel(FX_STR("/"), (fx_str){large, sizeof large}, text).size,
                     0);
    assert_true(fx_push_rooms_room(FX_STR("socket.io#/ws#user_7#"), FX_STR("/ws"), &room));
    assert_true(fx_str_is_equal(room, FX_STR("user_7")));
    assert_true(fx_push_rooms_room(FX_STR("socket.io#/ws#a#b#"), FX_STR("/ws"), &room));
    assert_true(fx_str_is_equal(room, FX_STR("a#b")));
    assert_true(fx_push_rooms_room(FX_STR("socket.io#/ws#"), FX_STR("/ws"), &room));
    assert_int_equal(room.size, 0);
    assert_false(fx_push_rooms_room(FX_STR("socket.io#/wsx#a#"), FX_STR("/ws"), &room));
    assert_false(fx_push_rooms_room(FX_STR("socket.io#/w"), FX_STR("/ws"), &room));
    assert_false(fx_push_rooms_room(FX_STR("socket.io-request#/ws#"), FX_STR("/ws"), &room));
    assert_false(fx_push_rooms_room(FX_STR("socket.io#/ws#a"), FX_STR("/ws"), &room));
}

/* Append a random JSON value without spaces, so that reading it back must give the same text. */
static void append_any(struct fx_buf *buf, struct fx_rng *rng, uint32_t depth)
{
    static const char *const TEXTS[] = {"\"\"",
                                        "\"a\"",
                                        "\"\xc3\xa9\xe2\x82\xac\"",
                                        "\"\\\"\\\\\"",
                                        "true",
                                        "false",
                                        "null",
                                        "\"60000.5\""};
    const uint64_t choice = fx_rng_below(rng, depth >= 5 ? 6 : 10);
    if (choice < 4) {
        fx_buf_append(buf, fx_str_of(TEXTS[fx_rng_below(rng, 8)]));
    } else if (choice < 6) {
        const uint64_t bits = fx_rng_next(rng);
        const int64_t number = (int64_t)(bits >> fx_rng_below(rng, 64));
        fx_buf_append_i64(buf, fx_rng_below(rng, 2) == 0 ? number : -(number >> 1));
    } else {
        const bool is_map = choice < 8;
        const uint64_t count = fx_rng_below(rng, 8) == 0 ? 20 : fx_rng_below(rng, 4);
        fx_buf_append_byte(buf, is_map ? '{' : '[');
        for (uint64_t index = 0; index < count; index++) {
            if (is_map) {
                fx_json_append_comma(buf);
                fx_buf_append(buf, FX_STR("\"k"));
                fx_buf_append_u64(buf, index);
                fx_buf_append(buf, FX_STR("\":"));
            } else {
                fx_json_append_comma(buf);
            }
            append_any(buf, rng, depth + 1);
        }
        fx_buf_append_byte(buf, is_map ? '}' : ']');
    }
}

static void rooms_random_values_roundtrip(void **state)
{
    struct fx_rng rng;
    struct fx_buf json, packed, again;
    const char *seed = getenv("FX_SEED");
    (void)state;
    fx_rng_init(&rng, seed == NULL ? 20240229 : strtoull(seed, NULL, 10));
    fx_buf_init(&json, 1 << 20);
    fx_buf_init(&packed, 1 << 20);
    fx_buf_init(&again, 1 << 20);
    for (uint32_t round = 0; round < 3000; round++) {
        fx_buf_clear(&json);
        fx_buf_clear(&packed);
        fx_buf_clear(&again);
        append_any(&json, &rng, 0);
        assert_int_equal(fx_push_msgpack_encode(&packed, fx_buf_str(&json)), FX_OK);
        fx_str rest = fx_buf_str(&packed);
        const fx_status status = fx_push_msgpack_decode(&rest, &again);
        if (status != FX_OK || !fx_str_is_equal(fx_buf_str(&again), fx_buf_str(&json))) {
            print_message("%.*s\n%.*s\n", (int)json.size, json.data, (int)again.size, again.data);
        }
        assert_int_equal(status, FX_OK);
        assert_int_equal(rest.size, 0);
        assert_true(fx_str_is_equal(fx_buf_str(&again), fx_buf_str(&json)));
        /* One byte changed: read or refused, and never read further than there is. */
        const size_t at = (size_t)fx_rng_below(&rng, packed.size);
        packed.data[at] = (char)fx_rng_below(&rng, 256);
        rest = fx_buf_str(&packed);
        fx_buf_clear(&again);
        (void)!fx_push_msgpack_decode(&rest, &again);
    }
    fx_buf_deinit(&json);
    fx_buf_deinit(&packed);
    fx_buf_deinit(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_traced_message_is_read),
        cmocka_unit_test(rooms_written_message_is_the_traced_one),
        cmocka_unit_test(rooms_cut_off_anywhere_is_refused),
        cmocka_unit_test(rooms_what_is_not_for_us_is_told_apart),
        cmocka_unit_test(rooms_values_of_a_node_server_are_read),
        cmocka_unit_test(rooms_floats_are_what_javascript_writes),
        cmocka_unit_test(rooms_channels_have_names),
        cmocka_unit_test(rooms_random_values_roundtrip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

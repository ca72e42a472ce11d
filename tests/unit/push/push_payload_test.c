/* Payloads of Engine.IO: rows of bytes and packets, both ways, and what is refused. */
#include "push/push_payload.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

enum { TEXT_SIZE = 1024, SCRATCH_SIZE = 256 };

/* "4hello|b:010203|": the packets of a body; "!": it is refused there. */
static const char *read_all(enum fx_push_payload_form form, fx_str body, char target[TEXT_SIZE])
{
    struct fx_push_payload payload;
    struct fx_push_payload_packet packet;
    struct fx_buf scratch;
    size_t size = 0;
    fx_status status = FX_OK;
    fx_buf_init(&scratch, SCRATCH_SIZE);
    fx_push_payload_init(&payload, form, body, &scratch);
    target[0] = '\0';
    while ((status = fx_push_payload_next(&payload, &packet)) == FX_OK) {
        if (packet.is_binary) {
            size += (size_t)snprintf(target + size, TEXT_SIZE - size, "b:");
            for (size_t index = 0; index < packet.bytes.size; index++) {
                size += (size_t)snprintf(target + size,
                                         TEXT_SIZE - size,
                                         "%02x",
                                         (unsigned char)packet.bytes.data[index]);
            }
            size += (size_t)snprintf(target + size, TEXT_SIZE - size, "|");
        } else {
            size += (size_t)snprintf(target + size,
                                     TEXT_SIZE - size,
                                     "%.*s|",
                                     (int)packet.bytes.size,
                                     packet.bytes.data);
        }
    }
    if (status != FX_NOT_FOUND) {
        assert_int_equal(status, FX_BAD_REQUEST);
        (void)snprintf(target + size, TEXT_SIZE - size, "!");
    }
    fx_buf_deinit(&scratch);
    return target;
}

struct row {
    enum fx_push_payload_form form;
    fx_str body;
    const char *packets;
};

enum {
    FOUR = FX_PUSH_PAYLOAD_FORM_4,
    THREE = FX_PUSH_PAYLOAD_FORM_3,
    BYTES = FX_PUSH_PAYLOAD_FORM_3_BINARY
};

#define GRIN "\xf0\x9f\x98\x80"
#define ROW(form_, body_, packets_)                                                                \
    {                                                                                              \
        (enum fx_push_payload_form)(form_), {body_, sizeof(body_) - 1}, packets_                   \
    }

static const struct row GOOD[] = {
    ROW(FOUR, "4hello", "4hello|"),
    ROW(FOUR,
        "4test1\x1e"
        "4test2\x1e"
        "4test3",
        "4test1|4test2|4test3|"),
    ROW(FOUR,
        "4hello\x1e"
        "bAQIDBA==",
        "4hello|b:01020304|"),
    ROW(FOUR, "b", "b:|"),
    ROW(FOUR, "4" GRIN "\xc3\xa9", "4" GRIN "\xc3\xa9|"),
    ROW(THREE, "6:4hello", "4hello|"),
    ROW(THREE, "6:4test16:4test26:4test3", "4test1|4test2|4test3|"),
    ROW(THREE, "6:4hello10:b4AQIDBA==", "4hello|b:0401020304|"),
    ROW(THREE, "2:b4", "b:04|"),
    ROW(THREE, "3:4" GRIN "2:4\xc3\xa9", "4" GRIN "|4\xc3\xa9|"), /* a grin is two units, é one */
    ROW(THREE, "2:4\xe2\x82\xac", "4\xe2\x82\xac|"),
    ROW(BYTES,
        "\x00\x06\xff"
        "4hello\x01\x05\xff\x04\x01\x02\x03\x04",
        "4hello|b:0401020304|"),
    ROW(BYTES,
        "\x00\x01\x00\xff"
        "4123456789",
        "4123456789|"),
    ROW(BYTES, "\x01\x01\xff\x04", "b:04|"),
    ROW(BYTES,
        "\x00\x05\xff"
        "4" GRIN,
        "4" GRIN "|"), /* here bytes are counted */
};

static void push_payload_rows_are_read_and_written_again(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof GOOD / sizeof GOOD[0]; index++) {
        const struct row *row = &GOOD[index];
        char text[TEXT_SIZE];
        struct fx_push_payload payload;
        struct fx_push_payload_packet packet;
        struct fx_buf scratch;
        struct fx_buf again;
        assert_string_equal(read_all(row->form, row->body, text), row->packets);
        fx_buf_init(&scratch, SCRATCH_SIZE);
        fx_buf_init(&again, TEXT_SIZE);
        fx_push_payload_init(&payload, row->form, row->body, &scratch);
        for (bool is_first = true; fx_push_payload_next(&payload, &packet) == FX_OK;
             is_first = false) {
            fx_push_payload_append(&again, row->form, &packet, is_first);
        }
        assert_int_equal(again.size, row->body.size);
        assert_memory_equal(again.data, row->body.data, again.size);
        fx_buf_deinit(&scratch);
        fx_buf_deinit(&again);
    }
}

static const struct row BAD[] = {
    ROW(FOUR, "", "!"),
    ROW(FOUR, "\x1e", "!"),
    ROW(FOUR, "4a\x1e", "!"),
    ROW(FOUR,
        "4a\x1e\x1e"
        "4b",
        "4a|!"),
    ROW(FOUR, "bAQIDBA=", "!"),
    ROW(FOUR, "bAQIDBA", "!"),
    ROW(FOUR, "bAQID====", "!"),
    ROW(FOUR, "bAQ-D", "!"),
    ROW(FOUR, "bAR==", "!"), /* bits that belong to nothing */
    ROW(FOUR, "4\xff", "!"),
    ROW(FOUR, "4\xed\xa0\x80", "!"), /* half of a pair */
    ROW(THREE, "", "!"),
    ROW(THREE, "abc", "!"),
    ROW(THREE, "5:4hi", "!"),
    ROW(THREE, "0:", "!"),
    ROW(THREE, "3:4h", "!"),
    ROW(THREE, "-1:", "!"),
    ROW(THREE, "+2:4a", "!"),
    ROW(THREE, "02:4a", "!"),
    ROW(THREE, "2:4a3", "4a|!"),
    ROW(THREE, "2:4a:", "4a|!"),
    ROW(THREE, ":4a", "!"),
    ROW(THREE, "99999999:4a", "!"),
    ROW(THREE, "2:4" GRIN, "!"), /* would end inside of the pair */
    ROW(THREE, "4:b4AQ", "!"),
    ROW(THREE, "6:b9AQID", "!"),
    ROW(THREE, "1:b", "!"),
    ROW(BYTES, "", "!"),
    ROW(BYTES, "\x00", "!"),
    ROW(BYTES, "\x00\x01", "!"),
    ROW(BYTES, "\x00\xff", "!"),
    ROW(BYTES, "\x00\x00\xff", "!"),
    ROW(BYTES,
        "\x00\x00\x01\xff"
        "4",
        "!"),
    ROW(BYTES,
        "\x00\x02\xff"
        "4",
        "!"),
    ROW(BYTES,
        "\x02\x01\xff"
        "4",
        "!"),
    ROW(BYTES,
        "\x00\x0a\xff"
        "4123456789",
        "!"),
    ROW(BYTES,
        "\x00\x02\xff"
        "4\xff",
        "!"),
    ROW(BYTES,
        "\x01\x09\x09\x09\x09\x09\x09\x09\x09\xff"
        "4",
        "!"),
};

static void push_payload_bad_rows_are_refused(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        char text[TEXT_SIZE];
        const char *found = read_all(BAD[index].form, BAD[index].body, text);
        if (strcmp(found, BAD[index].packets) != 0) {
            fail_msg("row %zu: %s", index, found);
        }
    }
}

static void push_payload_base64_beyond_the_scratch_is_too_large(void **state)
{
    (void)state;
    char body[2 * SCRATCH_SIZE + 1] = "b";
    struct fx_push_payload payload;
    struct fx_push_payload_packet packet;
    struct fx_buf scratch;
    memset(body + 1, 'A', sizeof body - 1);
    fx_buf_init(&scratch, SCRATCH_SIZE);
    fx_push_payload_init(&payload, FX_PUSH_PAYLOAD_FORM_4, (fx_str){body, sizeof body}, &scratch);
    assert_int_equal(fx_push_payload_next(&payload, &packet), FX_BODY_TOO_LARGE);
    fx_buf_deinit(&scratch);
}

static void push_payload_content_types_name_the_form(void **state)
{
    (void)state;
    assert_true(fx_str_is_equal(fx_push_payload_content_type(FX_PUSH_PAYLOAD_FORM_4),
                                FX_STR("text/plain; charset=UTF-8")));
    assert_true(fx_str_is_equal(fx_push_payload_content_type(FX_PUSH_PAYLOAD_FORM_3),
                                FX_STR("text/plain; charset=UTF-8")));
    assert_true(fx_str_is_equal(fx_push_payload_content_type(FX_PUSH_PAYLOAD_FORM_3_BINARY),
                                FX_STR("application/octet-stream")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_payload_rows_are_read_and_written_again),
        cmocka_unit_test(push_payload_bad_rows_are_refused),
        cmocka_unit_test(push_payload_base64_beyond_the_scratch_is_too_large),
        cmocka_unit_test(push_payload_content_types_name_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

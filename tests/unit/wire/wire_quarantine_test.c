/* wire/wire_quarantine: JSON of a bounded size, whatever the record was made of. */
#include "wire/wire_quarantine.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "fx_test.h"

static void wire_quarantine_is_bounded_whatever_the_bytes(void **state)
{
    static struct fx_json json;
    const size_t size = 1000000;
    char *bytes = malloc(size);
    (void)state;
    assert_non_null(bytes);
    for (uint32_t byte = 0; byte < 256; byte++) {
        struct fx_buf buf;
        memset(bytes, (int)byte, size);
        const struct fx_wire_quarantine refused = {.topic = FX_STR("save_order_from_client_v2"),
                                                   .key = {bytes, size},
                                                   .value = {bytes, size},
                                                   .field = FX_STR("callbackRate"),
                                                   .reject = {.status = FX_LOT_SIZE,
                                                              .has_limit = 1,
                                                              .has_nearest = 1,
                                                              .limit = fx_dec_limit() - 1,
                                                              .nearest = fx_dec_limit() - 1},
                                                   .offset = UINT64_MAX,
                                                   .user_id = UINT64_MAX,
                                                   .tmp_id = UINT64_MAX,
                                                   .time_us = INT64_MAX,
                                                   .partition = UINT32_MAX};
        fx_buf_init(&buf, FX_WIRE_QUARANTINE_SIZE_MAX);
        fx_wire_quarantine(&buf, &refused);
        assert_false(buf.is_overflow);
        assert_int_equal(buf.data[buf.size - 1], '}');
        fx_buf_deinit(&buf);
    }
    struct fx_buf buf;
    const struct fx_wire_quarantine small = {
        .topic = FX_STR("t"),
        .value = FX_STR("{\"a\":\"\x01\"}"),
        .reject = {.status = FX_BAD_JSON, .field = FX_FIELD_PRICE},
        .offset = 7,
        .time_us = 1700000000000000};
    fx_buf_init(&buf, FX_WIRE_QUARANTINE_SIZE_MAX);
    fx_wire_quarantine(&buf, &small);
    assert_int_equal(fx_json_parse(&json, fx_buf_str(&buf)), FX_OK);
    assert_true(fx_str_is_equal(
        fx_buf_str(&buf),
        FX_STR("{\"code\":\"BAD_JSON\",\"topic\":\"t\",\"partition\":0,\"offset\":\"7\",\"time\":"
               "1700000000000,\"field\":\"price\",\"value\":\"{\\\"a\\\":\\\"\\u0001\\\"}\"}")));
    fx_buf_deinit(&buf);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_quarantine_is_bounded_whatever_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

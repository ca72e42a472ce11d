/* Messages of stream clients as text: what is read, what is refused, what can be echoed. */
#include "push/push_stream_op.h"

#include "fx_test.h"

static struct fx_json json;

static fx_status parse(const char *text, struct fx_push_stream_op *op)
{
    return fx_push_stream_op_parse(&json, fx_str_of(text), op);
}

static bool is(fx_str text, const char *expected)
{
    return fx_str_is_equal(text, fx_str_of(expected));
}

static void push_stream_op_fields_are_read(void **state)
{
    (void)state;
    struct fx_push_stream_op op;
    assert_int_equal(parse("{\"id\":\"a\\\"b\",\"op\":\"subscribe\",\"args\":[\"x\",1],"
                           "\"resume\":{\"epoch\":\"e1\",\"seq\":41}}",
                           &op),
                     FX_OK);
    assert_int_equal(op.kind, FX_PUSH_STREAM_OP_SUBSCRIBE);
    assert_true(is(op.id, "\"a\\\"b\"") && is(op.name, "subscribe") && is(op.epoch, "e1"));
    assert_int_equal(op.args->count, 2);
    assert_int_equal(op.seq, 41);
    assert_int_equal(parse("{\"op\":\"ping\",\"id\":1.50,\"more\":{}}", &op), FX_OK);
    assert_int_equal(op.kind, FX_PUSH_STREAM_OP_PING);
    assert_true(is(op.id, "1.50") && op.args == NULL && op.epoch.size == 0);
    assert_int_equal(parse("{\"op\":\"dance\",\"id\":null,\"resume\":null}", &op), FX_OK);
    assert_int_equal(op.kind, FX_PUSH_STREAM_OP_UNKNOWN);
    assert_int_equal(op.id.size, 0);
}

static void push_stream_op_bad_texts_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        fx_status status;
    } BAD[] = {
        {"{\"op\":\"ping\"", FX_BAD_JSON},
        {"\"ping\"", FX_BAD_REQUEST},
        {"[{\"op\":\"ping\"}]", FX_BAD_REQUEST},
        {"{\"id\":1}", FX_BAD_PARAMETER},
        {"{\"op\":\"\"}", FX_BAD_PARAMETER},
        {"{\"op\":\"p\\u0069ng\"}", FX_BAD_PARAMETER},
        {"{\"op\":\"ping\",\"id\":true}", FX_BAD_PARAMETER},
        {"{\"op\":\"ping\",\"id\":[]}", FX_BAD_PARAMETER},
        {"{\"op\":\"ping\",\"args\":{}}", FX_BAD_PARAMETER},
        {"{\"op\":\"ping\",\"args\":null}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":41}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":{\"seq\":41}}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":{\"epoch\":\"e\"}}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":{\"epoch\":\"e\",\"seq\":-1}}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":{\"epoch\":\"e\",\"seq\":1.5}}", FX_BAD_PARAMETER},
        {"{\"op\":\"subscribe\",\"resume\":{\"epoch\":\"e\",\"seq\":\"1\"}}", FX_BAD_PARAMETER},
    };
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        struct fx_push_stream_op op;
        const fx_status status = parse(BAD[index].text, &op);
        if (status != BAD[index].status) {
            fail_msg("%s: %s", BAD[index].text, fx_status_name(status));
        }
    }
}

/* 64 bytes come back, 65 are refused. */
static void push_stream_op_long_id_is_refused(void **state)
{
    (void)state;
    struct fx_push_stream_op op;
    assert_int_equal(parse("{\"op\":\"ping\",\"id\":\""
                           "0123456789012345678901234567890123456789012345678901234567890123\"}",
                           &op),
                     FX_OK);
    assert_int_equal(op.id.size, 66);
    assert_int_equal(parse("{\"op\":\"ping\",\"id\":\""
                           "01234567890123456789012345678901234567890123456789012345678901234\"}",
                           &op),
                     FX_BAD_PARAMETER);
    assert_int_equal(op.id.size, 0);
    assert_true(is(op.name, "ping"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_stream_op_fields_are_read),
        cmocka_unit_test(push_stream_op_bad_texts_are_refused),
        cmocka_unit_test(push_stream_op_long_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any text as a message of a stream client: no fault, and what is accepted can be echoed: id and
 * name as they came make a JSON object that reads the same. */
#include <stdint.h>

#include "base/panic.h"
#include "push/push_stream_op.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fx_json json;
static struct fx_json json_again;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fx_push_stream_op op;
    struct fx_push_stream_op again;
    const fx_str text = {(const char *)data, size};
    const fx_status status = fx_push_stream_op_parse(&json, text, &op);
    FX_ASSERT(op.id.size <= FX_PUSH_STREAM_OP_ID_SIZE_MAX + 2);
    if (op.name.size == 0) {
        FX_ASSERT(status != FX_OK && op.kind == FX_PUSH_STREAM_OP_UNKNOWN);
        return 0;
    }
    struct fx_buf out;
    fx_buf_init(&out, 1024);
    fx_buf_append_byte(&out, '{');
    if (op.id.size > 0) {
        fx_json_append_key(&out, FX_STR("id"));
        fx_buf_append(&out, op.id);
    }
    fx_json_add_str(&out, FX_STR("op"), op.name);
    fx_buf_append_byte(&out, '}');
    FX_ASSERT(fx_push_stream_op_parse(&json_again, fx_buf_str(&out), &again) == FX_OK);
    FX_ASSERT(again.kind == op.kind && fx_str_is_equal(again.id, op.id));
    FX_ASSERT(fx_str_is_equal(again.name, op.name));
    if (status == FX_OK && op.args != NULL) {
        FX_ASSERT(op.args->kind == FX_JSON_ARRAY);
    }
    fx_buf_deinit(&out);
    return 0;
}

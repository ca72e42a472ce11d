/* Any bytes: base/json and jansson agree on them; a written string is read back. */
#include <stddef.h>
#include <stdint.h>

#include "../../support/json_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fx_json json;
    const fx_str text = {(const char *)data, size};
    (void)json_oracle_compare(text);
    if (size <= FX_JSON_STRING_SIZE_MAX / 6) {
        struct fx_buf written;
        fx_buf_init(&written, 2 * FX_JSON_STRING_SIZE_MAX);
        fx_json_append_string(&written, text);
        FX_ASSERT(!written.is_overflow);
        FX_ASSERT(fx_json_parse(&json, fx_buf_str(&written)) == FX_OK);
        FX_ASSERT(json.count == 1);
        fx_buf_deinit(&written);
    }
    return 0;
}

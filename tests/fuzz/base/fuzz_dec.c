/* Any bytes: what base/dec reads as a decimal is written and read back as the same. */
#include <stddef.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fx_i128 units = 7, again = 0;
    const fx_status status = fx_dec_parse((fx_str){(const char *)data, size}, &units);
    if (status != FX_OK) {
        FX_ASSERT(status == FX_BAD_DECIMAL || status == FX_TOO_MANY_DIGITS);
        FX_ASSERT(units == 7);
        return 0;
    }
    char text[FX_DEC_TEXT_SIZE_MAX];
    FX_ASSERT(fx_dec_is_in_range(units));
    const uint32_t length = fx_dec_format(units, text);
    FX_ASSERT(length <= size && length < sizeof text);
    FX_ASSERT(fx_dec_parse((fx_str){text, length}, &again) == FX_OK);
    FX_ASSERT(again == units);
    return 0;
}

/* Any text: decoding either fails or gives bytes whose encoding is exactly this text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/panic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fx_str text = fx_crypto_str(data, size);
    const size_t capacity = size / 4 * 3 + 2;
    uint8_t *bytes = malloc(capacity);
    FX_ASSERT(bytes != NULL);
    size_t decoded_size = 0;
    if (fx_crypto_base64url_decode(text, bytes, capacity, &decoded_size) == FX_OK) {
        struct fx_buf again;
        fx_buf_init(&again, size + 4);
        fx_crypto_base64url_encode(&again, fx_crypto_str(bytes, decoded_size));
        FX_ASSERT(fx_str_is_equal(fx_buf_str(&again), text));
        fx_buf_deinit(&again);
        /* It fits exactly, and not into one byte less. */
        FX_ASSERT(fx_crypto_base64url_decode(text, bytes, decoded_size, &decoded_size) == FX_OK);
        size_t untouched = SIZE_MAX;
        FX_ASSERT(decoded_size == 0 ||
                  fx_crypto_base64url_decode(text, bytes, decoded_size - 1, &untouched) ==
                      FX_BODY_TOO_LARGE);
        FX_ASSERT(untouched == SIZE_MAX);
    }
    free(bytes);
    return 0;
}

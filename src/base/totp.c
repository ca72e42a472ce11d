#include "base/totp.h"

#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/crypto.h"
#include "base/panic.h"

enum { COUNTER_SIZE = 8, BYTE_BITS = 8, BASE32_BITS = 5 };

uint32_t fx_totp_code(fx_str secret, uint64_t step)
{
    uint8_t counter[COUNTER_SIZE];
    uint8_t mac[FX_CRYPTO_SHA1_SIZE];
    unsigned int size = 0;
    for (size_t index = 0; index < COUNTER_SIZE; index++) {
        counter[COUNTER_SIZE - 1 - index] = (uint8_t)(step >> (BYTE_BITS * index) & 0xFF);
    }
    const unsigned char *made =
        HMAC(EVP_sha1(), secret.data, (int)secret.size, counter, sizeof counter, mac, &size);
    FX_ASSERT(made != NULL && size == sizeof mac);
    const size_t offset = mac[FX_CRYPTO_SHA1_SIZE - 1] & 0x0FU; /* RFC 4226 section 5.3 */
    const uint32_t number = ((uint32_t)mac[offset] & 0x7FU) << 24U |
                            (uint32_t)mac[offset + 1] << 16U | (uint32_t)mac[offset + 2] << 8U |
                            (uint32_t)mac[offset + 3];
    return number % 1000000U;
}

static bool parse_code(fx_str text, uint32_t *code_out)
{
    uint32_t code = 0;
    if (text.size != FX_TOTP_DIGITS) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] < '0' || text.data[index] > '9') {
            return false;
        }
        code = code * 10 + (uint32_t)(text.data[index] - '0');
    }
    *code_out = code;
    return true;
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): the secret, then what was given
bool fx_totp_check(fx_str secret,
                   fx_str code,
                   const struct fx_totp_times *times,
                   uint64_t *step_out)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    const uint64_t now = (uint64_t)times->now_s / FX_TOTP_STEP_S;
    const uint64_t first = now < FX_TOTP_DRIFT_STEPS ? 0 : now - FX_TOTP_DRIFT_STEPS;
    uint32_t given = 0;
    uint64_t found = 0;
    bool is_found = false;
    if (!parse_code(code, &given)) {
        return false;
    }
    for (uint64_t step = first; step <= now + FX_TOTP_DRIFT_STEPS; step++) {
        const bool is_equal = fx_totp_code(secret, step) == given; /* all, whichever fits */
        if (is_equal && step > times->last_step && !is_found) {
            found = step;
            is_found = true;
        }
    }
    if (is_found) {
        *step_out = found;
    }
    return is_found;
}

void fx_totp_append_base32(struct fx_buf *buf, fx_str bytes)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    uint32_t bit_count = 0;
    for (size_t index = 0; index < bytes.size; index++) {
        bits = (bits << BYTE_BITS | (uint8_t)bytes.data[index]) & 0xFFFFU;
        bit_count += BYTE_BITS;
        while (bit_count >= BASE32_BITS) {
            bit_count -= BASE32_BITS;
            fx_buf_append_byte(buf, ALPHABET[bits >> bit_count & 0x1FU]);
        }
    }
    if (bit_count > 0) {
        fx_buf_append_byte(buf, ALPHABET[bits << (BASE32_BITS - bit_count) & 0x1FU]);
    }
}

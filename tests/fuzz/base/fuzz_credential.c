/*
 * Texts that strangers hand over as a public key, an e-mail address, a sealed secret or a one-time
 * code: each reader takes its own kind only, and what it takes reads the same again.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ed25519.h"
#include "base/email.h"
#include "base/panic.h"
#include "base/seal.h"
#include "base/totp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(fx_str text)
{
    uint8_t key[FX_ED25519_KEY_SIZE];
    static const uint8_t signature[FX_ED25519_SIGNATURE_SIZE] = {1};
    if (fx_ed25519_parse(text, key) != FX_OK) {
        return;
    }
    struct fx_ed25519 *verifier = fx_ed25519_create(key);
    if (verifier != NULL) {
        FX_ASSERT(!fx_ed25519_is_signed(verifier, text, signature));
    }
    fx_ed25519_destroy(verifier);
}

static void check_email(fx_str text)
{
    char email[FX_EMAIL_SIZE_MAX + 2];
    char again[FX_EMAIL_SIZE_MAX + 2];
    if (!fx_email_normalize(text, email)) {
        return;
    }
    FX_ASSERT(strlen(email) == text.size);
    const bool is_taken = fx_email_normalize(fx_str_of(email), again);
    FX_ASSERT(is_taken && strcmp(email, again) == 0);
}

/* Nothing that we did not seal opens. */
static void check_seal(fx_str text)
{
    static const uint8_t KEY[FX_SEAL_KEY_SIZE] = {1};
    struct fx_seal *seal = fx_seal_create(KEY);
    struct fx_buf plain;
    FX_ASSERT(seal != NULL);
    fx_buf_init(&plain, FX_SEAL_PLAIN_SIZE_MAX);
    FX_ASSERT(fx_seal_decode(seal, FX_STR("fuzz"), text, &plain) == FX_CORRUPT);
    FX_ASSERT(plain.size == 0);
    fx_buf_deinit(&plain);
    fx_seal_destroy(seal);
}

static void check_code(fx_str text)
{
    const struct fx_totp_times times = {.now_s = 59};
    uint64_t step = 0;
    if (fx_totp_check(FX_STR("12345678901234567890"), text, &times, &step)) {
        FX_ASSERT(text.size == FX_TOTP_DIGITS && step <= 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fx_str text = {(const char *)data, size};
    check_key(text);
    check_email(text);
    check_seal(text);
    check_code(text);
    return 0;
}

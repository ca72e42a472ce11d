#include "base/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"

enum { SALT_SIZE = 16, SETTING_SIZE = 29 }; /* "$2b$11$" and 22 characters of salt */

bool fx_password_is_acceptable(fx_str password)
{
    return password.size >= 1 && password.size <= FX_PASSWORD_SIZE_MAX &&
           memchr(password.data, '\0', password.size) == NULL;
}

/** The cost of a bcrypt hash or setting; 0 where it is not one that we take. */
static uint32_t cost_of(fx_str hash)
{
    if (hash.size < SETTING_SIZE || hash.data[0] != '$' || hash.data[1] != '2' ||
        hash.data[3] != '$' || hash.data[6] != '$') {
        return 0;
    }
    const char kind = hash.data[2];
    const char tens = hash.data[4];
    const char ones = hash.data[5];
    if ((kind != 'a' && kind != 'b' && kind != 'y') || tens < '0' || tens > '9' || ones < '0' ||
        ones > '9') {
        return 0;
    }
    const uint32_t cost = (uint32_t)(tens - '0') * 10 + (uint32_t)(ones - '0');
    return cost >= FX_PASSWORD_COST_MIN && cost <= FX_PASSWORD_COST_MAX ? cost : 0;
}

/**
 * Run bcrypt. The work area of libcrypt is large: it lies on the heap, zeroed before and wiped
 * after. @return OK; NO_MEMORY; INTERNAL (libcrypt refused the setting).
 */
static fx_status compute(fx_str password, const char *setting, char *hash_out)
{
    FX_ASSERT(fx_password_is_acceptable(password));
    char text[FX_PASSWORD_SIZE_MAX + 1];
    const bool fits = fx_str_copy(password, text, sizeof text);
    FX_ASSERT(fits);
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) {
        fx_crypto_wipe(text, sizeof text);
        return FX_NO_MEMORY;
    }
    fx_status status = FX_INTERNAL;
    const char *hash = crypt_r(text, setting, data);
    if (hash != NULL && strlen(hash) == FX_PASSWORD_HASH_SIZE) {
        memcpy(hash_out, hash, FX_PASSWORD_HASH_SIZE + 1);
        status = FX_OK;
    }
    fx_crypto_wipe(text, sizeof text);
    fx_crypto_wipe(data, sizeof *data);
    free(data);
    return status;
}

fx_status fx_password_hash(fx_str password, uint32_t cost, char hash_out[FX_PASSWORD_HASH_SIZE + 1])
{
    FX_ASSERT(cost >= FX_PASSWORD_COST_MIN && cost <= FX_PASSWORD_COST_MAX);
    if (!fx_password_is_acceptable(password)) {
        return FX_BAD_PARAMETER;
    }
    char salt[SALT_SIZE];
    const fx_status status = fx_crypto_random(salt, sizeof salt);
    if (status != FX_OK) {
        return status;
    }
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (crypt_gensalt_rn("$2b$", cost, salt, SALT_SIZE, setting, (int)sizeof setting) == NULL) {
        return FX_INTERNAL;
    }
    return compute(password, setting, hash_out);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): swapped, it never holds
fx_status fx_password_verify(fx_str password, fx_str hash)
{
    char setting[FX_PASSWORD_HASH_SIZE + 1];
    if (hash.size != FX_PASSWORD_HASH_SIZE || cost_of(hash) == 0 ||
        !fx_str_copy(hash, setting, sizeof setting)) {
        return FX_CORRUPT;
    }
    if (!fx_password_is_acceptable(password)) {
        return FX_BAD_CREDENTIALS;
    }
    char computed[FX_PASSWORD_HASH_SIZE + 1];
    const fx_status status = compute(password, setting, computed);
    if (status != FX_OK) {
        return status == FX_INTERNAL ? FX_CORRUPT : status;
    }
    const bool is_right = fx_crypto_is_equal(fx_crypto_str(computed, FX_PASSWORD_HASH_SIZE), hash);
    fx_crypto_wipe(computed, sizeof computed);
    return is_right ? FX_OK : FX_BAD_CREDENTIALS;
}

fx_status fx_password_verify_unknown(fx_str password, uint32_t cost)
{
    FX_ASSERT(cost >= FX_PASSWORD_COST_MIN && cost <= FX_PASSWORD_COST_MAX);
    if (!fx_password_is_acceptable(password)) {
        return FX_BAD_CREDENTIALS;
    }
    char setting[] = "$2b$00$abcdefghijklmnopqrstuu";
    setting[4] = (char)('0' + cost / 10);
    setting[5] = (char)('0' + cost % 10);
    char computed[FX_PASSWORD_HASH_SIZE + 1];
    const fx_status status = compute(password, setting, computed);
    fx_crypto_wipe(computed, sizeof computed);
    return status == FX_NO_MEMORY ? status : FX_BAD_CREDENTIALS;
}

bool fx_password_is_outdated(fx_str hash, uint32_t cost)
{
    return hash.size != FX_PASSWORD_HASH_SIZE || cost_of(hash) < cost || hash.data[2] != 'b';
}

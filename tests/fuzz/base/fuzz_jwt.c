/*
 * A header and a payload, separated by a newline. They are signed with a real key, so that the
 * fuzzer gets behind the signature: what is then taken must have a user, an expiry that is not
 * over, and RS256 in its header. The raw input is tried as a token too, which must never be taken.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/jwt.h"
#include "base/panic.h"

enum { NOW_S = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fx_crypto_rsa *key;
static struct fx_jwt *jwt;

static void set_up(void)
{
    if (jwt != NULL) {
        return;
    }
    key = fx_crypto_rsa_generate();
    FX_ASSERT(key != NULL);
    const struct fx_jwt_options options = {
        .keys = {{.rsa = key, .kid = FX_STR("k")}}, .key_count = 1, .skew_s = 30};
    jwt = fx_jwt_create(&options);
    FX_ASSERT(jwt != NULL);
}

static void check_taken(const struct fx_jwt_claims *claims, fx_str header)
{
    FX_ASSERT(claims->user_id != 0);
    FX_ASSERT(claims->expires_at_s + 30 > NOW_S);
    FX_ASSERT(claims->issued_at_s <= NOW_S + 30);
    FX_ASSERT(claims->starts_at_s <= NOW_S + 30);
    FX_ASSERT(claims->jti_size <= FX_JWT_JTI_SIZE_MAX);
    bool is_rs256 = false;
    for (size_t from = 0; from + 7 <= header.size; from++) {
        is_rs256 = is_rs256 || fx_str_is_equal(fx_str_slice(header, from, 7), FX_STR("\"RS256\""));
    }
    FX_ASSERT(is_rs256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    const fx_str input = fx_crypto_str(data, size);
    struct fx_jwt_claims claims;
    FX_ASSERT(fx_jwt_verify(jwt, input, NOW_S, &claims) == FX_BAD_TOKEN);
    const size_t middle = fx_str_find(input, '\n', 0);
    if (middle == SIZE_MAX) {
        return 0;
    }
    const fx_str header = fx_str_slice(input, 0, middle);
    struct fx_buf token;
    fx_buf_init(&token, 2 * size + 1024);
    fx_crypto_base64url_encode(&token, header);
    fx_buf_append_byte(&token, '.');
    fx_crypto_base64url_encode(&token, fx_str_slice(input, middle + 1, size));
    uint8_t signature[FX_CRYPTO_RSA_SIZE_MAX];
    FX_ASSERT(fx_crypto_rsa_sign(key, fx_buf_str(&token), signature) == FX_OK);
    fx_buf_append_byte(&token, '.');
    fx_crypto_base64url_encode(&token, fx_crypto_str(signature, fx_crypto_rsa_size(key)));
    FX_ASSERT(!token.is_overflow);
    const fx_status status = fx_jwt_verify(jwt, fx_buf_str(&token), NOW_S, &claims);
    FX_ASSERT(status == FX_OK || status == FX_BAD_TOKEN || status == FX_TOKEN_EXPIRED);
    if (status == FX_OK) {
        check_taken(&claims, header);
    }
    fx_buf_deinit(&token);
    return 0;
}

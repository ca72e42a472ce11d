#include "base/jwks.h"

#include "base/json.h"
#include "base/panic.h"

enum { TEXT_SIZE_MAX = 1024 };

static void append_modulus(struct fx_buf *buf, const struct fx_crypto_rsa *rsa)
{
    uint8_t modulus[FX_CRYPTO_RSA_SIZE_MAX];
    fx_crypto_rsa_modulus(rsa, modulus);
    fx_crypto_base64url_encode(buf, fx_crypto_str(modulus, fx_crypto_rsa_size(rsa)));
}

/* The members and their order are those of RFC 7638; "AQAB" is 65,537. */
void fx_jwks_thumbprint(const struct fx_crypto_rsa *rsa, char kid_out[FX_JWKS_KID_SIZE + 1])
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf text;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    fx_buf_append(&text, FX_STR("{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\""));
    append_modulus(&text, rsa);
    fx_buf_append(&text, FX_STR("\"}"));
    FX_ASSERT(!text.is_overflow);
    fx_crypto_sha256(fx_buf_str(&text), digest);
    fx_buf_clear(&text);
    fx_crypto_base64url_encode(&text, fx_crypto_str(digest, sizeof digest));
    const bool is_copied = fx_str_copy(fx_buf_str(&text), kid_out, FX_JWKS_KID_SIZE + 1);
    FX_ASSERT(is_copied);
    fx_buf_deinit(&text);
}

void fx_jwks_append(struct fx_buf *buf, const struct fx_jwt_key keys[], uint32_t count)
{
    fx_buf_append(buf, FX_STR("{\"keys\":["));
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_buf_append(buf, FX_STR("{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":"));
        fx_json_append_string(buf, keys[index].kid);
        fx_buf_append(buf, FX_STR(",\"n\":\""));
        append_modulus(buf, keys[index].rsa);
        fx_buf_append(buf, FX_STR("\",\"e\":\"AQAB\"}"));
    }
    fx_buf_append(buf, FX_STR("]}"));
}

/* What authentication costs: RS256, HMAC-SHA256, SHA-256, token verification with and without
 * cache. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/jwt.h"
#include "base/panic.h"

enum { NOW_S = 1700000000, BODY_SIZE = 300 };

struct subjects {
    struct fx_crypto_rsa *rsa;
    struct fx_crypto_hmac *hmac;
    struct fx_crypto_digest *digest;
    struct fx_jwt *jwt;
    struct fx_jwt_cache *cache;
    struct fx_buf token;
    char body[BODY_SIZE];
    uint8_t signature[FX_CRYPTO_RSA_SIZE_MAX];
    uint64_t failure_count;
};

static void sign(struct subjects *subjects)
{
    const fx_str body = {subjects->body, BODY_SIZE};
    const fx_status status = fx_crypto_rsa_sign(subjects->rsa, body, subjects->signature);
    subjects->failure_count += status == FX_OK ? 0 : 1;
}

static void verify(struct subjects *subjects)
{
    const fx_str body = {subjects->body, BODY_SIZE};
    const fx_str signature = fx_crypto_str(subjects->signature, fx_crypto_rsa_size(subjects->rsa));
    const bool is_signed = fx_crypto_rsa_is_signed(subjects->rsa, body, signature);
    subjects->failure_count += is_signed ? 0 : 1;
}

static void authenticate(struct subjects *subjects)
{
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_hmac_sign(subjects->hmac, (fx_str){subjects->body, BODY_SIZE}, mac);
    subjects->body[0] = (char)(mac[0] & 0x7f);
}

static void hash(struct subjects *subjects)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_digest_sha256(subjects->digest, (fx_str){subjects->body, BODY_SIZE}, digest);
    subjects->body[0] = (char)(digest[0] & 0x7f);
}

static void hash_once(struct subjects *subjects)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_sha256((fx_str){subjects->body, BODY_SIZE}, digest);
    subjects->body[0] = (char)(digest[0] & 0x7f);
}

static void verify_token(struct subjects *subjects)
{
    struct fx_jwt_claims claims;
    const fx_status status =
        fx_jwt_verify(subjects->jwt, fx_buf_str(&subjects->token), NOW_S, &claims);
    subjects->failure_count += status == FX_OK ? 0 : 1;
}

static void verify_token_cached(struct subjects *subjects)
{
    struct fx_jwt_claims claims;
    const fx_status status = fx_jwt_verify_cached(
        subjects->jwt, subjects->cache, fx_buf_str(&subjects->token), NOW_S, &claims);
    subjects->failure_count += status == FX_OK ? 0 : 1;
}

static void measure(const char *name,
                    void (*work)(struct subjects *),
                    struct subjects *subjects,
                    int count)
{
    const int64_t start_us = fx_clock_monotonic_us();
    for (int index = 0; index < count; index++) {
        work(subjects);
    }
    const int64_t spent_us = fx_clock_monotonic_us() - start_us;
    (void)printf("%-28s %10.0f ns/op %12.0f /s\n",
                 name,
                 (double)spent_us * 1000.0 / count,
                 count * 1e6 / (double)(spent_us > 0 ? spent_us : 1));
}

int main(void)
{
    struct subjects subjects = {
        .rsa = fx_crypto_rsa_generate(),
        .hmac = fx_crypto_hmac_create(FX_STR("0123456789abcdef0123456789abcdef")),
        .digest = fx_crypto_digest_create(),
        .cache = fx_jwt_cache_create(1024),
    };
    FX_ASSERT(subjects.rsa != NULL && subjects.hmac != NULL);
    FX_ASSERT(subjects.digest != NULL && subjects.cache != NULL);
    const struct fx_jwt_options options = {.keys = {{.rsa = subjects.rsa}}, .key_count = 1};
    subjects.jwt = fx_jwt_create(&options);
    FX_ASSERT(subjects.jwt != NULL);
    fx_buf_init(&subjects.token, FX_JWT_SIZE_MAX);
    const struct fx_jwt_claims claims = {
        .user_id = 42, .issued_at_s = NOW_S, .expires_at_s = NOW_S + 600};
    const fx_status status = fx_jwt_sign(subjects.jwt, &claims, &subjects.token);
    FX_ASSERT(status == FX_OK);
    measure("RS256 sign", sign, &subjects, 1000);
    measure("RS256 verify", verify, &subjects, 20000);
    measure("HMAC-SHA256 300 B", authenticate, &subjects, 500000);
    measure("SHA-256 300 B, prepared", hash, &subjects, 1000000);
    measure("SHA-256 300 B, one call", hash_once, &subjects, 500000);
    measure("token verify", verify_token, &subjects, 20000);
    measure("token verify, cached", verify_token_cached, &subjects, 500000);
    fx_jwt_cache_destroy(subjects.cache);
    fx_jwt_destroy(subjects.jwt);
    fx_crypto_digest_destroy(subjects.digest);
    fx_crypto_hmac_destroy(subjects.hmac);
    fx_crypto_rsa_destroy(subjects.rsa);
    fx_buf_deinit(&subjects.token);
    return subjects.failure_count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

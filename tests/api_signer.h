/**
 * @file api_signer.h
 * API keys for tests of the API: insert one, and sign requests with it (version 2).
 * Thread: the test's own.
 */
#ifndef FX_TESTS_API_SIGNER_H
#define FX_TESTS_API_SIGNER_H

#include "api_harness.h"
#include "base/crypto.h"
#include "store/store_api_key.h"

/** Insert a key whose secret is "secret of KEY". Version 2 takes nothing from before the start, so
 * the clock goes on a little. @return its id. */
static inline uint64_t api_signer_insert(struct api_harness *harness,
                                         const char *key,
                                         uint64_t user_id,
                                         const char *scopes)
{
    struct fx_store_api_key row;
    uint64_t id = 0;
    harness->wall_us += harness->wall_us == API_HARNESS_WALL_US ? 10LL * 1000000 : 0;
    memset(&row, 0, sizeof row);
    row.user_id = user_id;
    (void)snprintf(row.key, sizeof row.key, "%s", key);
    (void)snprintf(row.secret, sizeof row.secret, "secret of %s", key);
    (void)snprintf(row.kind, sizeof row.kind, "HMAC");
    (void)snprintf(row.scopes, sizeof row.scopes, "%s", scopes);
    assert_int_equal(fx_store_api_key_insert(harness->store, &row, &id), FX_OK);
    return id;
}

/** Ask with a signature of version 2, made now; no two are one request. @return the status code. */
static inline int api_signer_ask(struct api_harness *harness,
                                 const char *key,
                                 const char *method,
                                 const char *target,
                                 const char *body)
{
    static char text[70000];
    char headers[512];
    char secret[128];
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hex;
    static unsigned window_ms = 1000;
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf body_hex;
    const long long now_ms = (long long)(harness->wall_us / 1000);
    const size_t path_size = strcspn(target, "?");
    const char *query = target[path_size] == '\0' ? "" : target + path_size + 1;
    window_ms = window_ms == 60000 ? 1000 : window_ms + 1;
    fx_crypto_sha256(fx_str_of(body == NULL ? "" : body), digest);
    fx_buf_init(&body_hex, 2 * sizeof digest);
    fx_crypto_hex_encode(&body_hex, fx_crypto_str(digest, sizeof digest));
    (void)snprintf(secret, sizeof secret, "secret of %s", key);
    (void)snprintf(text,
                   sizeof text,
                   "v2\n%lld\n%u\n%s\n/api/v1%.*s\n%s\n%.*s",
                   now_ms,
                   window_ms,
                   method,
                   (int)path_size,
                   target,
                   query,
                   (int)body_hex.size,
                   body_hex.data);
    fx_buf_deinit(&body_hex);
    struct fx_crypto_hmac *hmac = fx_crypto_hmac_create(fx_str_of(secret));
    assert_non_null(hmac);
    fx_crypto_hmac_sign(hmac, fx_str_of(text), mac);
    fx_crypto_hmac_destroy(hmac);
    fx_buf_init(&hex, 2 * sizeof mac);
    fx_crypto_hex_encode(&hex, fx_crypto_str(mac, sizeof mac));
    (void)snprintf(headers,
                   sizeof headers,
                   "apikey: %s\r\ntimestamp: %lld\r\nx-signature-version: 2\r\n"
                   "x-recv-window: %u\r\nsignature: %.*s\r\n",
                   key,
                   now_ms,
                   window_ms,
                   (int)hex.size,
                   hex.data);
    fx_buf_deinit(&hex);
    harness->extra = headers;
    const int code = api_harness_ask(harness, method, target, NULL, body);
    harness->extra = NULL;
    return code;
}

#endif

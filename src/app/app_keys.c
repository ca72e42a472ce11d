#include "app/app_keys.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_file.h"
#include "base/crypto.h"
#include "base/jwks.h"
#include "base/log.h"

enum { PEM_SIZE_MAX = 16384, SKEW_S = 30, MASTER_SIZE_MAX = 256 };

static const char PRIVATE_NAME[] = "jwt-private.pem";
static const char MASTER_NAME[] = "master.key"; /* 64 hexadecimal digits */

struct fx_app_keys {
    const struct fx_config *config;
    struct fx_crypto_rsa *signing;   /* NULL where only a public key is configured */
    struct fx_crypto_rsa *verifying; /* NULL where the signing key verifies too */
    struct fx_jwt *jwt;
    struct fx_jwt_key set[FX_JWT_KEYS_MAX];
    uint32_t count;
    char kids[FX_JWT_KEYS_MAX][FX_JWKS_KID_SIZE + 1];
    struct fx_seal *seal;
};

static fx_status make_private(const char *data_dir, struct fx_crypto_rsa **rsa_out)
{
    struct fx_crypto_rsa *rsa = fx_crypto_rsa_generate();
    if (rsa == NULL) {
        return FX_NO_MEMORY;
    }
    struct fx_buf pem;
    fx_buf_init(&pem, PEM_SIZE_MAX);
    fx_status status = fx_crypto_rsa_save_private(rsa, &pem);
    if (status == FX_OK) {
        status = fx_app_file_write_secret(data_dir, PRIVATE_NAME, fx_buf_str(&pem));
    }
    if (pem.data != NULL) {
        fx_crypto_wipe(pem.data, pem.capacity);
    }
    fx_buf_deinit(&pem);
    if (status != FX_OK) {
        fx_crypto_rsa_destroy(rsa);
        return status;
    }
    *rsa_out = rsa;
    return FX_OK;
}

static fx_status load_kept(const char *data_dir, struct fx_crypto_rsa **rsa_out)
{
    struct fx_buf pem;
    fx_buf_init(&pem, PEM_SIZE_MAX);
    fx_status status = fx_app_file_read(data_dir, PRIVATE_NAME, &pem);
    if (status == FX_OK) {
        status = fx_crypto_rsa_load_private(fx_buf_str(&pem), rsa_out);
    } else if (status == FX_NOT_FOUND) {
        status = make_private(data_dir, rsa_out);
    }
    if (pem.data != NULL) {
        fx_crypto_wipe(pem.data, pem.capacity);
    }
    fx_buf_deinit(&pem);
    return status;
}

static fx_status load(const struct fx_config *config,
                      const char *data_dir,
                      struct fx_app_keys *keys)
{
    const fx_str private_pem = fx_config_str(config, "jwt-private-key");
    const fx_str public_pem = fx_config_str(config, "jwt-public-key");
    fx_status status = FX_OK;
    if (private_pem.size > 0) {
        status = fx_crypto_rsa_load_private(private_pem, &keys->signing);
    } else if (public_pem.size == 0) {
        status = load_kept(data_dir, &keys->signing);
    }
    if (status == FX_OK && public_pem.size > 0) {
        status = fx_crypto_rsa_load_public(public_pem, &keys->verifying);
    }
    return status;
}

/* A token names the key that signed it, so that who verifies it need not try. */
static void add_key(struct fx_app_keys *keys, struct fx_crypto_rsa *rsa)
{
    if (rsa != NULL) {
        fx_jwks_thumbprint(rsa, keys->kids[keys->count]);
        keys->set[keys->count] = (struct fx_jwt_key){rsa, fx_str_of(keys->kids[keys->count])};
        keys->count++;
    }
}

fx_status fx_app_keys_open(const struct fx_config *config,
                           const char *data_dir,
                           struct fx_app_keys **keys_out)
{
    struct fx_app_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return FX_NO_MEMORY;
    }
    keys->config = config;
    fx_status status = load(config, data_dir, keys);
    if (status == FX_OK) {
        struct fx_jwt_options options = {.skew_s = SKEW_S,
                                         .issuer = fx_config_str(config, "jwt-issuer"),
                                         .audience = fx_config_str(config, "jwt-audience")};
        add_key(keys, keys->signing);
        add_key(keys, keys->verifying);
        options.key_count = keys->count;
        memcpy(options.keys, keys->set, sizeof options.keys);
        keys->jwt = fx_jwt_create(&options);
        status = keys->jwt == NULL ? FX_NO_MEMORY : FX_OK;
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "keys",
               "JWT_PRIVATE_KEY, JWT_PUBLIC_KEY or the kept key cannot be used",
               fx_log_status("err", status));
        fx_app_keys_close(keys);
        return status;
    }
    *keys_out = keys;
    return FX_OK;
}

void fx_app_keys_close(struct fx_app_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    fx_jwt_destroy(keys->jwt);
    fx_seal_destroy(keys->seal);
    fx_crypto_rsa_destroy(keys->signing);
    fx_crypto_rsa_destroy(keys->verifying);
    free(keys);
}

/* ---- the master key ---------------------------------------------------------------------------
 */

static fx_status make_master(const char *data_dir, uint8_t key[FX_SEAL_KEY_SIZE])
{
    struct fx_buf text;
    fx_status status = fx_crypto_random(key, FX_SEAL_KEY_SIZE);
    if (status != FX_OK) {
        return status;
    }
    fx_buf_init(&text, MASTER_SIZE_MAX);
    fx_crypto_hex_encode(&text, fx_crypto_str(key, FX_SEAL_KEY_SIZE));
    fx_buf_append_byte(&text, '\n');
    status = text.is_overflow ? FX_NO_MEMORY
                              : fx_app_file_write_secret(data_dir, MASTER_NAME, fx_buf_str(&text));
    if (text.data != NULL) {
        fx_crypto_wipe(text.data, text.capacity);
    }
    fx_buf_deinit(&text);
    return status;
}

/* From the settings, where several processes share a database: FUTURE_MASTER_KEY. */
static fx_status read_master(const struct fx_config *config, uint8_t key[FX_SEAL_KEY_SIZE])
{
    const fx_str text = fx_str_trim(fx_config_str(config, "master-key"));
    if (fx_crypto_hex_decode(text, key, FX_SEAL_KEY_SIZE) == FX_OK) {
        return FX_OK;
    }
    FX_LOG(FX_LOG_ERROR,
           "config",
           "it has 64 hexadecimal digits, like the file master.key",
           fx_log_text("variable", "FUTURE_MASTER_KEY"));
    return FX_BAD_FILE;
}

static fx_status load_master(const char *data_dir, uint8_t key[FX_SEAL_KEY_SIZE])
{
    struct fx_buf text;
    fx_buf_init(&text, MASTER_SIZE_MAX);
    fx_status status = fx_app_file_read(data_dir, MASTER_NAME, &text);
    if (status == FX_OK &&
        fx_crypto_hex_decode(fx_str_trim(fx_buf_str(&text)), key, FX_SEAL_KEY_SIZE) != FX_OK) {
        status = FX_BAD_FILE;
    }
    if (text.data != NULL) {
        fx_crypto_wipe(text.data, text.capacity);
    }
    fx_buf_deinit(&text);
    return status;
}

fx_status fx_app_keys_open_master(struct fx_app_keys *keys, const char *data_dir, bool must_exist)
{
    uint8_t key[FX_SEAL_KEY_SIZE];
    const bool is_given = fx_config_str(keys->config, "master-key").size > 0;
    fx_status status = is_given ? read_master(keys->config, key) : load_master(data_dir, key);
    if (status == FX_NOT_FOUND && !must_exist) {
        status = make_master(data_dir, key);
    }
    if (status == FX_OK) {
        keys->seal = fx_seal_create(key);
        status = keys->seal == NULL ? FX_NO_MEMORY : FX_OK;
    }
    fx_crypto_wipe(key, sizeof key);
    if (status != FX_OK) {
        FX_LOG(
            FX_LOG_ERROR,
            "keys",
            status == FX_NOT_FOUND
                ? "the master key is missing, and what it sealed is lost without it: restore it, or "
                  "give the one of the other processes by FUTURE_MASTER_KEY"
                : "the master key cannot be used",
            fx_log_text("file", MASTER_NAME),
            fx_log_status("err", status));
    }
    return status;
}

const struct fx_seal *fx_app_keys_seal(const struct fx_app_keys *keys)
{
    return keys->seal;
}

void fx_app_keys_append_jwks(const struct fx_app_keys *keys, struct fx_buf *buf)
{
    fx_jwks_append(buf, keys->set, keys->count);
}

struct fx_jwt *fx_app_keys_jwt(struct fx_app_keys *keys)
{
    return keys->jwt;
}

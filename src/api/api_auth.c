#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/password.h"
#include "store/store_session.h"
#include "store/store_user.h"
#include "wire/wire_rows.h"

enum { US_PER_S = 1000000, SECRET_SIZE = 32, FAMILY_SIZE = 16, TOKEN_SIZE_MAX = 128 };

static bool read_email(fx_str text, char email_out[256])
{
    if (text.size == 0 || !fx_str_copy(text, email_out, 256)) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        const char byte = email_out[index];
        if (byte == 0) {
            return false;
        }
        if (byte >= 'A' && byte <= 'Z') {
            email_out[index] = (char)(byte - 'A' + 'a');
        }
    }
    return true;
}

fx_status fx_api_auth_login(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_api_login_job job;
    char email[256];
    fx_str text = {0};
    fx_str password = {0};
    fx_status status = fx_api_param_text(call, FX_STR("email"), &text);
    if (status == FX_OK) {
        status = fx_api_param_text(call, FX_STR("password"), &password);
    }
    if (status != FX_OK) {
        return status;
    }
    if (!read_email(text, email)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("email"));
    }
    if (!fx_password_is_acceptable(password)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("password"));
    }
    memset(&job, 0, sizeof job);
    status = fx_store_user_find_email(api->options.reader, fx_str_of(email), &job.user);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    job.target = call->target;
    job.password_size = (uint32_t)password.size;
    memcpy(job.password, password.data, password.size);
    status = fx_api_login_submit(api->login, &job);
    fx_crypto_wipe(job.password, sizeof job.password);
    return status;
}

static void append_hash(struct fx_buf *buf, fx_str text)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_sha256(text, digest);
    fx_crypto_hex_encode(buf, fx_crypto_str(digest, sizeof digest));
}

/* What a login gives; `refresh` stays empty where the store may not be written. */
struct tokens {
    struct fx_buf access;
    struct fx_buf refresh;
};

static int64_t wall_us(const struct fx_api *api)
{
    return api->options.wall_us(api->options.clock_self);
}

/* A new family of refresh tokens: the client keeps the secret, the store its hash only. */
static fx_status make_session(struct fx_api *api, uint64_t user_id, struct fx_buf *token)
{
    struct fx_store_session session;
    uint8_t secret[SECRET_SIZE];
    uint8_t family[FAMILY_SIZE];
    uint64_t id = 0;
    fx_status status = fx_crypto_random(secret, sizeof secret);
    if (status == FX_OK) {
        status = fx_crypto_random(family, sizeof family);
    }
    if (status != FX_OK) {
        return status;
    }
    memset(&session, 0, sizeof session);
    fx_crypto_hex_encode(token, fx_crypto_str(family, sizeof family));
    bool is_copied = fx_str_copy(fx_buf_str(token), session.family, sizeof session.family);
    fx_buf_clear(token);
    fx_crypto_base64url_encode(token, fx_crypto_str(secret, sizeof secret));
    fx_crypto_wipe(secret, sizeof secret);
    struct fx_buf hash;
    fx_buf_init(&hash, sizeof session.token_hash);
    append_hash(&hash, fx_buf_str(token));
    is_copied =
        is_copied && fx_str_copy(fx_buf_str(&hash), session.token_hash, sizeof session.token_hash);
    fx_buf_deinit(&hash);
    session.user_id = user_id;
    session.created_us = wall_us(api);
    session.expires_us = session.created_us + (int64_t)api->options.refresh_ttl_s * US_PER_S;
    return is_copied ? fx_store_session_insert(api->options.reader, &session, &id) : FX_NO_MEMORY;
}

static fx_status sign(struct fx_api *api, uint64_t user_id, struct fx_buf *token)
{
    struct fx_jwt_claims claims;
    memset(&claims, 0, sizeof claims);
    claims.user_id = user_id;
    claims.issued_at_s = wall_us(api) / US_PER_S;
    claims.expires_at_s = claims.issued_at_s + api->options.access_ttl_s;
    return fx_jwt_sign(api->options.jwt, &claims, token);
}

static fx_status make_tokens(struct fx_api *api,
                             const struct fx_rows_user *user,
                             struct tokens *tokens)
{
    if (user->is_locked) { /* told only to who knows the password */
        return FX_USER_LOCKED;
    }
    const fx_status status = sign(api, user->id, &tokens->access);
    if (status != FX_OK || !fx_store_is_writer(api->options.reader)) {
        return status;
    }
    return make_session(api, user->id, &tokens->refresh);
}

static void answer(struct fx_api *api,
                   const struct fx_api_login_job *job,
                   const struct tokens *tokens)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("accessToken"), fx_buf_str(&tokens->access));
    if (tokens->refresh.size > 0) {
        fx_json_add_str(buf, FX_STR("refreshToken"), fx_buf_str(&tokens->refresh));
    }
    fx_json_add_str(buf, FX_STR("tokenType"), FX_STR("Bearer"));
    fx_json_add_int(buf, FX_STR("expiresIn"), api->options.access_ttl_s);
    fx_json_append_key(buf, FX_STR("user"));
    fx_wire_rows_user(buf, &job->user);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &job->target, 200);
}

void fx_api_auth_finish(struct fx_api *api, const struct fx_api_login_job *job)
{
    struct fx_wire_public_error error = {.status = job->status};
    struct tokens tokens;
    if (job->status == FX_CORRUPT) {
        FX_LOG(
            FX_LOG_ERROR, "api", "the password hash is damaged", fx_log_u64("user", job->user.id));
    }
    fx_buf_init(&tokens.access, FX_JWT_SIZE_MAX);
    fx_buf_init(&tokens.refresh, TOKEN_SIZE_MAX);
    if (error.status == FX_OK) {
        error.status = make_tokens(api, &job->user, &tokens);
    }
    if (error.status == FX_OK) {
        fx_api_guard_forget(api, job->user.id);
        answer(api, job, &tokens);
    } else {
        fx_api_reply_error(api, &job->target, &error, 0);
    }
    fx_buf_deinit(&tokens.access);
    fx_buf_deinit(&tokens.refresh);
}

fx_status fx_api_auth_me(struct fx_api_call *call)
{
    struct fx_rows_user user;
    const fx_status status = fx_store_user_find(call->api->options.reader, call->user.id, &user);
    if (status != FX_OK) {
        return status;
    }
    fx_wire_rows_user(fx_api_reply_begin(call->api), &user);
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

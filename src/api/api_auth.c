#include <string.h>

#include "api/api_audit_int.h"
#include "api/api_delay_int.h"
#include "api/api_enroll_int.h"
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_totp_int.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/password.h"
#include "store/store_totp.h"
#include "store/store_user.h"
#include "wire/wire_rows.h"

enum { US_PER_S = 1000000 };

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
    char email[256] = {0};
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
    status = fx_api_totp_read(call, job.otp);
    if (status == FX_OK) {
        status = fx_api_delay_begin(call, fx_str_of(email));
    }
    if (status != FX_OK) {
        return status;
    }
    status = fx_store_user_find_email(api->options.reader, fx_str_of(email), &job.user);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        fx_api_delay_take_back(call, fx_str_of(email));
        return status;
    }
    memcpy(job.user.email, email, sizeof email); /* what it counts for, known or not */
    fx_api_audit_init(&job.note, call, "login");
    fx_api_audit_subject(&job.note, "user", job.user.id);
    job.purpose = FX_API_LOGIN_ENTER;
    job.target = call->target;
    job.password_size = (uint32_t)password.size;
    memcpy(job.password, password.data, password.size);
    status = fx_api_login_submit(api->login, &job);
    if (status != FX_OK) {
        fx_api_delay_take_back(call, fx_str_of(email));
    }
    fx_crypto_wipe(&job, sizeof job);
    return status;
}

static int64_t wall_us(const struct fx_api *api)
{
    return api->options.wall_us(api->options.clock_self);
}

/* The token names its login, so that a logout can call it back. After "all tokens of before" it
 * says the second from which tokens are good again, which may be the next one. */
static fx_status sign(struct fx_api *api,
                      const struct fx_api_session_job *job,
                      struct fx_buf *token)
{
    struct fx_jwt_claims claims;
    const fx_str family = fx_str_of(job->family);
    const int64_t now_s = wall_us(api) / US_PER_S;
    const int64_t from_s = job->user.tokens_from_us / US_PER_S;
    memset(&claims, 0, sizeof claims);
    claims.user_id = job->user.id;
    claims.issued_at_s = now_s > from_s ? now_s : from_s;
    claims.expires_at_s = now_s + api->options.access_ttl_s;
    claims.jti_size = (uint32_t)family.size;
    memcpy(claims.jti, family.data, family.size);
    return fx_jwt_sign(api->options.jwt, &claims, token);
}

/* A refresh token is left out where the store may not be written. */
static void append_answer(struct fx_api *api,
                          const struct fx_rows_user *user,
                          fx_str access,
                          fx_str refresh)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("accessToken"), access);
    if (refresh.size > 0) {
        fx_json_add_str(buf, FX_STR("refreshToken"), refresh);
    }
    fx_json_add_str(buf, FX_STR("tokenType"), FX_STR("Bearer"));
    fx_json_add_int(buf, FX_STR("expiresIn"), api->options.access_ttl_s);
    fx_json_append_key(buf, FX_STR("user"));
    fx_wire_rows_user(buf, user);
    fx_buf_append_byte(buf, '}');
}

void fx_api_auth_grant(struct fx_api *api,
                       const struct fx_api_target *target,
                       const struct fx_api_session_job *job)
{
    struct fx_buf access;
    fx_buf_init(&access, FX_JWT_SIZE_MAX);
    const fx_status status = sign(api, job, &access);
    if (status == FX_OK) {
        fx_api_guard_forget(api, job->user.id);
        fx_api_enroll_heal(api, &job->user);
        append_answer(api, &job->user, fx_buf_str(&access), fx_str_of(job->token));
        fx_api_reply_send(api, target, 200);
    } else {
        fx_api_reply_fail(api, target, status);
    }
    fx_buf_deinit(&access);
}

/* Without a writer there is nobody to keep a refresh token, nor to count one-time codes. */
static fx_status begin_session(struct fx_api *api, const struct fx_api_login_job *login)
{
    struct fx_api_session_job job;
    struct fx_store_totp totp;
    memset(&job, 0, sizeof job);
    job.kind = FX_API_SESSION_BEGIN;
    job.user = login->user;
    job.note = login->note;
    job.now_us = wall_us(api);
    memcpy(job.otp, login->otp, sizeof job.otp);
    if (api->writer != NULL) {
        return fx_api_session_submit(api, &login->target, &job);
    }
    const fx_status status = fx_store_totp_find(api->options.reader, login->user.id, &totp);
    if (status == FX_OK && totp.is_enabled) {
        return FX_NOT_IMPLEMENTED;
    }
    if (status == FX_OK || status == FX_NOT_FOUND) {
        fx_api_delay_end(api, &login->target, fx_str_of(job.user.email), FX_OK);
        fx_api_auth_grant(api, &login->target, &job);
        return FX_OK;
    }
    return status;
}

static fx_status finish_login(struct fx_api *api, const struct fx_api_login_job *job)
{
    const fx_status status =
        fx_api_guard_admits(&job->user); /* told only to who knows the password */
    if (status != FX_OK) {
        fx_api_audit_submit(api, &job->note, fx_status_name(status));
        return status;
    }
    return begin_session(api, job);
}

void fx_api_auth_finish(struct fx_api *api, const struct fx_api_login_job *job)
{
    fx_status status = job->status;
    if (status == FX_CORRUPT) {
        FX_LOG(
            FX_LOG_ERROR, "api", "the password hash is damaged", fx_log_u64("user", job->user.id));
    }
    if (status == FX_BAD_CREDENTIALS && job->user.id != 0) {
        fx_api_audit_submit(api, &job->note, fx_status_name(status));
    }
    if (status == FX_OK && job->purpose == FX_API_LOGIN_REGISTER) {
        status = fx_api_register_hashed(api, job);
    } else if (status == FX_OK && job->purpose == FX_API_LOGIN_CHANGE) {
        status = fx_api_password_hashed(api, job);
    } else if (status == FX_OK) {
        status = finish_login(api, job);
    }
    if (status != FX_OK && job->purpose != FX_API_LOGIN_REGISTER) {
        fx_api_delay_end(api, &job->target, fx_str_of(job->user.email), status);
    }
    if (status != FX_OK) {
        fx_api_reply_fail(api, &job->target, status);
    }
}

/* ---- refresh tokens ---------------------------------------------------------------------------
 */

static void hash_of(fx_str token, char hash_out[72])
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hex;
    fx_crypto_sha256(token, digest);
    fx_buf_init(&hex, 2 * sizeof digest);
    fx_crypto_hex_encode(&hex, fx_crypto_str(digest, sizeof digest));
    const bool is_copied = fx_str_copy(fx_buf_str(&hex), hash_out, 72);
    FX_ASSERT(is_copied);
    fx_buf_deinit(&hex);
}

static fx_status submit(struct fx_api_call *call, enum fx_api_session_kind kind)
{
    struct fx_api *api = call->api;
    struct fx_api_session_job job;
    fx_str token = {0};
    const fx_status status = fx_api_param_text(call, FX_STR("refreshToken"), &token);
    if (status != FX_OK) {
        return status;
    }
    memset(&job, 0, sizeof job);
    fx_api_audit_init(&job.note, call, "refresh");
    job.kind = kind;
    job.now_us = job.note.now_us;
    hash_of(token, job.hash);
    return fx_api_session_submit(api, &call->target, &job);
}

fx_status fx_api_auth_refresh(struct fx_api_call *call)
{
    return submit(call, FX_API_SESSION_RENEW);
}

fx_status fx_api_auth_logout(struct fx_api_call *call)
{
    return submit(call, FX_API_SESSION_END);
}

void fx_api_auth_finish_session(struct fx_api *api,
                                const struct fx_api_target *target,
                                fx_status status,
                                const struct fx_api_session_job *job)
{
    if (job->kind == FX_API_SESSION_BEGIN) { /* the second factor was looked at too */
        fx_api_delay_end(api, target, fx_str_of(job->user.email), status);
    }
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
    } else if (job->kind == FX_API_SESSION_END) {
        fx_api_reply_done(api, target);
    } else {
        fx_api_auth_grant(api, target, job);
    }
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

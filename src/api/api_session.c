/* Refresh tokens: jobs of the writer's thread, which decides which of two requests was first. */
#include <string.h>

#include "api/api_audit_int.h"
#include "api/api_int.h"
#include "api/api_revoke_int.h"
#include "api/api_totp_int.h"
#include "api/api_writer_int.h"
#include "base/crypto.h"
#include "base/log.h"
#include "store/store_session.h"
#include "store/store_user.h"

enum { US_PER_S = 1000000, SECRET_SIZE = 32, FAMILY_SIZE = 16 };

/* A new secret for the client, and its hash for the store. */
static fx_status make_token(struct fx_api_session_job *job, struct fx_store_session *row)
{
    uint8_t secret[SECRET_SIZE];
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf text;
    const fx_status status = fx_crypto_random(secret, sizeof secret);
    if (status != FX_OK) {
        return status;
    }
    fx_buf_init(&text, sizeof row->token_hash);
    fx_crypto_base64url_encode(&text, fx_crypto_str(secret, sizeof secret));
    bool is_copied = fx_str_copy(fx_buf_str(&text), job->token, sizeof job->token);
    fx_crypto_sha256(fx_str_of(job->token), digest);
    fx_buf_clear(&text);
    fx_crypto_hex_encode(&text, fx_crypto_str(digest, sizeof digest));
    is_copied =
        is_copied && fx_str_copy(fx_buf_str(&text), row->token_hash, sizeof row->token_hash);
    fx_buf_deinit(&text);
    fx_crypto_wipe(secret, sizeof secret);
    return is_copied ? FX_OK : FX_NO_MEMORY;
}

static fx_status make_family(struct fx_store_session *row)
{
    uint8_t family[FAMILY_SIZE];
    struct fx_buf text;
    const fx_status status = fx_crypto_random(family, sizeof family);
    if (status != FX_OK) {
        return status;
    }
    fx_buf_init(&text, sizeof row->family);
    fx_crypto_hex_encode(&text, fx_crypto_str(family, sizeof family));
    const bool is_copied = fx_str_copy(fx_buf_str(&text), row->family, sizeof row->family);
    fx_buf_deinit(&text);
    return is_copied ? FX_OK : FX_NO_MEMORY;
}

static fx_status find_user(struct fx_api_writer_desk *desk,
                           uint64_t user_id,
                           struct fx_rows_user *user)
{
    const fx_status status = fx_store_user_find(desk->store, user_id, user);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_BAD_TOKEN : status;
    }
    fx_crypto_wipe(user->password_hash, sizeof user->password_hash);
    return fx_api_guard_admits(user);
}

fx_status fx_api_session_open(struct fx_api_writer_desk *desk, struct fx_api_session_job *job)
{
    const int64_t ttl_us = (int64_t)desk->options->refresh_ttl_s * US_PER_S;
    struct fx_store_session row = {
        .user_id = job->user.id, .created_us = job->now_us, .expires_us = job->now_us + ttl_us};
    uint64_t id = 0;
    fx_status status = make_family(&row);
    if (status == FX_OK) {
        status = make_token(job, &row);
    }
    memcpy(job->family, row.family, sizeof job->family);
    return status == FX_OK ? fx_store_session_insert(desk->store, &row, &id) : status;
}

/* The password was compared with a row that may be old by now. */
static fx_status begin(struct fx_api_writer_desk *desk, struct fx_api_session_job *job)
{
    const int64_t checked_us = job->user.tokens_from_us;
    fx_status status = find_user(desk, job->user.id, &job->user);
    if (status == FX_OK && job->user.tokens_from_us != checked_us) {
        status = FX_BAD_CREDENTIALS;
    }
    if (status == FX_OK) {
        const struct fx_api_totp_proof proof = {job->user.id, fx_str_of(job->otp), job->now_us};
        status = fx_api_totp_check(desk, &proof);
    }
    if (status == FX_BAD_OTP) {
        return fx_api_audit_conclude(desk, &job->note, status);
    }
    return status == FX_OK ? fx_api_session_open(desk, job) : status;
}

/* The successor lives as long as its family may: renewing never makes a login longer. */
static fx_status insert_next(struct fx_api_writer_desk *desk,
                             const struct fx_store_session *row,
                             struct fx_api_session_job *job)
{
    struct fx_store_session next = {
        .user_id = row->user_id, .created_us = job->now_us, .expires_us = row->expires_us};
    uint64_t id = 0;
    memcpy(next.family, row->family, sizeof next.family);
    memcpy(job->family, row->family, sizeof job->family);
    const fx_status status = make_token(job, &next);
    return status == FX_OK ? fx_store_session_insert(desk->store, &next, &id) : status;
}

/* Somebody else has the token: nobody's login lives on. */
static fx_status revoke_reused(struct fx_api_writer_desk *desk,
                               const struct fx_store_session *row,
                               struct fx_api_session_job *job)
{
    job->note.user_id = row->user_id;
    fx_api_audit_subject(&job->note, "user", row->user_id);
    fx_status status = fx_api_revoke_note_family(desk, row, job->now_us, &job->revoked);
    if (status == FX_OK) {
        status = fx_api_audit_append(desk, &job->note, fx_status_name(FX_TOKEN_REUSED));
    }
    desk->is_kept = status == FX_OK;
    FX_LOG(FX_LOG_WARN,
           "api",
           "a refresh token was used twice; its login is revoked",
           fx_log_u64("user", row->user_id));
    return status == FX_OK ? FX_TOKEN_REUSED : status;
}

static fx_status renew(struct fx_api_writer_desk *desk, struct fx_api_session_job *job)
{
    struct fx_store_session row;
    fx_status status = fx_store_session_find(desk->store, fx_str_of(job->hash), &row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_BAD_TOKEN : status;
    }
    const int64_t idle_us = (int64_t)desk->options->refresh_idle_s * US_PER_S;
    const bool is_expired =
        job->now_us >= row.expires_us || job->now_us >= row.created_us + idle_us;
    if (is_expired && row.used_us == 0) {
        return FX_TOKEN_EXPIRED;
    }
    status = fx_store_session_use(desk->store, row.id, job->now_us);
    if (status == FX_STALE && row.is_revoked && row.used_us == 0) {
        return FX_BAD_TOKEN; /* by a logout, or because another one was reused */
    }
    if (status == FX_STALE) {
        return revoke_reused(desk, &row, job);
    }
    if (status == FX_OK) {
        status = find_user(desk, row.user_id, &job->user);
    }
    return status == FX_OK ? insert_next(desk, &row, job) : status;
}

static fx_status end(struct fx_api_writer_desk *desk, struct fx_api_session_job *job)
{
    struct fx_store_session row;
    const fx_status status = fx_store_session_find(desk->store, fx_str_of(job->hash), &row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_OK : status; /* what is gone is logged out */
    }
    return fx_api_revoke_note_family(desk, &row, job->now_us, &job->revoked);
}

static fx_status work(struct fx_api_writer_desk *desk, void *data)
{
    struct fx_api_session_job *job = data;
    switch (job->kind) {
    case FX_API_SESSION_BEGIN:
        return begin(desk, job);
    case FX_API_SESSION_RENEW:
        return renew(desk, job);
    case FX_API_SESSION_END:
        return end(desk, job);
    default:
        return FX_INTERNAL;
    }
}

static void finish(struct fx_api *api,
                   const struct fx_api_target *target,
                   fx_status status,
                   void *data)
{
    const struct fx_api_session_job *job = data;
    if (job->revoked.family[0] != '\0' && (status == FX_OK || status == FX_TOKEN_REUSED)) {
        fx_api_revoke_family(api, &job->revoked);
    }
    fx_api_auth_finish_session(api, target, status, job);
}

fx_status fx_api_session_submit(struct fx_api *api,
                                const struct fx_api_target *target,
                                const struct fx_api_session_job *job)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct fx_api_session_job), .work = work, .finish = finish};
    return fx_api_writer_submit(api, target, &KIND, job);
}

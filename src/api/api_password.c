/* A new password: everything that was given out under the old one ends. */
#include <string.h>

#include "api/api_audit_int.h"
#include "api/api_delay_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_revoke_int.h"
#include "api/api_totp_int.h"
#include "base/crypto.h"
#include "base/password.h"
#include "store/store_user.h"

enum { SIZE_MIN = 8 };

fx_status fx_api_password_read_new(struct fx_api_call *call,
                                   fx_str name,
                                   struct fx_api_login_job *job)
{
    fx_str password = {0};
    const fx_status status = fx_api_param_text(call, name, &password);
    if (status != FX_OK) {
        return status;
    }
    if (password.size < SIZE_MIN || !fx_password_is_acceptable(password)) {
        call->error.message = FX_STR("a password has 8 to 72 bytes, none of them NUL");
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    job->next_size = (uint32_t)password.size;
    memcpy(job->next, password.data, password.size);
    return FX_OK;
}

static fx_status read_old(struct fx_api_call *call, struct fx_api_login_job *job)
{
    fx_str password = {0};
    const fx_status status = fx_api_param_text(call, FX_STR("password"), &password);
    if (status != FX_OK) {
        return status;
    }
    if (!fx_password_is_acceptable(password)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("password"));
    }
    job->password_size = (uint32_t)password.size;
    memcpy(job->password, password.data, password.size);
    return FX_OK;
}

fx_status fx_api_password_change(struct fx_api_call *call)
{
    struct fx_api_login_job job;
    memset(&job, 0, sizeof job);
    fx_api_audit_init(&job.note, call, "password.change");
    fx_api_audit_subject(&job.note, "user", call->user.id);
    job.purpose = FX_API_LOGIN_CHANGE;
    job.target = call->target;
    fx_status status = read_old(call, &job);
    if (status == FX_OK) {
        status = fx_api_password_read_new(call, FX_STR("newPassword"), &job);
    }
    if (status == FX_OK) {
        status = fx_api_totp_read(call, job.otp);
    }
    if (status == FX_OK) {
        status = fx_store_user_find(call->api->options.reader, call->user.id, &job.user);
    }
    if (status == FX_OK) {
        status = fx_api_delay_begin(call, fx_str_of(job.user.email));
    }
    if (status == FX_OK) {
        status = fx_api_login_submit(call->api->login, &job);
        if (status != FX_OK) {
            fx_api_delay_take_back(call, fx_str_of(job.user.email));
        }
    }
    fx_crypto_wipe(&job, sizeof job);
    return status;
}

/* ---- in the writer's thread ------------------------------------------------------------------ */

/* Of two changes at once the second finds that its old password is not the one of now. */
static fx_status replace_hash(struct fx_api_writer_desk *desk, struct fx_api_session_job *job)
{
    struct fx_rows_user user;
    fx_status status = fx_store_user_find(desk->store, job->user.id, &user);
    if (status == FX_OK) {
        status = fx_api_guard_admits(&user);
    }
    if (status == FX_OK && user.tokens_from_us != job->user.tokens_from_us) {
        status = FX_BAD_CREDENTIALS;
    }
    if (status != FX_OK) {
        return status;
    }
    memcpy(user.password_hash, job->user.password_hash, sizeof user.password_hash);
    user.tokens_from_us = fx_api_revoke_next_us(job->now_us);
    status = fx_store_user_update(desk->store, &user);
    fx_crypto_wipe(user.password_hash, sizeof user.password_hash);
    job->user = user;
    return status;
}

static fx_status work(struct fx_api_writer_desk *desk, void *data)
{
    struct fx_api_session_job *job = data;
    const struct fx_api_totp_proof proof = {job->user.id, fx_str_of(job->otp), job->now_us};
    fx_status status = fx_api_totp_check(desk, &proof);
    if (status == FX_OK) {
        status = replace_hash(desk, job);
    }
    if (status == FX_OK) {
        status = fx_store_session_revoke_user(desk->store, job->user.id);
    }
    if (status == FX_OK) {
        status = fx_api_revoke_note_user(desk, job->user.id, job->now_us);
    }
    if (status == FX_OK) {
        status = fx_api_session_open(desk, job); /* who changed it stays logged in */
    }
    return fx_api_audit_conclude(desk, &job->note, status);
}

static void finish(struct fx_api *api,
                   const struct fx_api_target *target,
                   fx_status status,
                   void *data)
{
    const struct fx_api_session_job *job = data;
    fx_api_delay_end(api, target, fx_str_of(job->user.email), status);
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_api_revoke_user(api, job->user.id);
    fx_api_auth_grant(api, target, job);
}

fx_status fx_api_password_hashed(struct fx_api *api, const struct fx_api_login_job *login)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct fx_api_session_job), .work = work, .finish = finish};
    struct fx_api_session_job job;
    memset(&job, 0, sizeof job);
    job.user = login->user;
    job.note = login->note;
    job.now_us = api->options.wall_us(api->options.clock_self);
    memcpy(job.otp, login->otp, sizeof job.otp);
    const fx_status status = fx_api_writer_submit(api, &login->target, &KIND, &job);
    fx_crypto_wipe(&job, sizeof job);
    return status;
}

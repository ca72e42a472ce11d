/* New users: the row is durable before the engine hears of it, and what a crash between the two
 * leaves undone is made good at the first login (api_enroll.c). */
#include <stdio.h>
#include <string.h>

#include "api/api_audit_int.h"
#include "api/api_enroll_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "base/crypto.h"
#include "base/email.h"
#include "store/store_user.h"
#include "wire/wire_rows.h"

struct registration {
    struct fx_rows_user user;
    uint64_t floor; /* ids up to this one may own accounts of lost users */
    struct fx_api_audit_note note;
};

fx_status fx_api_register_fill(struct fx_rows_user *user, int64_t now_us)
{
    uint64_t number = 0;
    const fx_status status = fx_crypto_random(&number, sizeof number);
    if (status != FX_OK) {
        return status;
    }
    (void)snprintf(user->uid, sizeof user->uid, "%016llx", (unsigned long long)number);
    (void)snprintf(user->role, sizeof user->role, "user");
    (void)snprintf(user->status, sizeof user->status, "ACTIVE");
    (void)snprintf(user->user_type, sizeof user->user_type, "UNRESTRICTED");
    user->allow_trade = true;
    user->enable_trading_fee = true;
    user->created_us = now_us;
    return FX_OK;
}

fx_status fx_api_register_submit(struct fx_api_call *call, struct fx_api_login_job *job)
{
    struct fx_api *api = call->api;
    struct fx_rows_user known;
    fx_str email = {0};
    if (api->writer == NULL) {
        return FX_NOT_IMPLEMENTED;
    }
    fx_status status = fx_api_param_text(call, FX_STR("email"), &email);
    if (status == FX_OK && !fx_email_normalize(email, job->user.email)) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("email"));
    }
    if (status == FX_OK) {
        status = fx_api_password_read_new(call, FX_STR("password"), job);
    }
    if (status == FX_OK) {
        status = fx_store_user_find_email(api->options.reader, fx_str_of(job->user.email), &known);
        status = status == FX_OK ? FX_EXISTS : status; /* before a hash is paid for */
    }
    if (status != FX_NOT_FOUND) {
        return status;
    }
    job->purpose = FX_API_LOGIN_REGISTER;
    job->target = call->target;
    return fx_api_login_submit(api->login, job);
}

fx_status fx_api_register_create(struct fx_api_call *call)
{
    struct fx_api_login_job job;
    if (!call->api->options.is_registration_open) {
        return FX_REGISTRATION_CLOSED;
    }
    memset(&job, 0, sizeof job);
    fx_api_audit_init(&job.note, call, "register");
    fx_status status = fx_api_register_fill(&job.user, job.note.now_us);
    if (status == FX_OK) {
        status = fx_api_register_submit(call, &job);
    }
    fx_crypto_wipe(&job, sizeof job);
    return status;
}

/* ---- in the writer's thread ------------------------------------------------------------------ */

fx_status fx_api_register_insert(struct fx_api_writer_desk *desk,
                                 struct fx_rows_user *user,
                                 uint64_t floor)
{
    fx_status status = fx_store_user_insert(desk->store, user, &user->id);
    if (status == FX_OK && user->id <= floor) {
        fx_store_rollback(desk->store);
        user->id = floor + 1;
        status = fx_store_begin(desk->store);
        if (status == FX_OK) {
            status = fx_store_user_insert(desk->store, user, &user->id);
        }
    }
    return status;
}

static fx_status work(struct fx_api_writer_desk *desk, void *data)
{
    struct registration *registration = data;
    const fx_status status = fx_api_register_insert(desk, &registration->user, registration->floor);
    fx_crypto_wipe(registration->user.password_hash, sizeof registration->user.password_hash);
    if (status == FX_EXISTS) {
        return status; /* of two at once one was first */
    }
    if (registration->note.user_id == 0) {
        registration->note.user_id = registration->user.id; /* who makes himself a user */
    }
    fx_api_audit_subject(&registration->note, "user", registration->user.id);
    return fx_api_audit_conclude(desk, &registration->note, status);
}

void fx_api_register_answer(struct fx_api *api, const struct fx_api_pending *pending, int code)
{
    struct fx_rows_user user;
    if (fx_api_enroll_next(api, pending)) {
        return;
    }
    const fx_status status = fx_store_user_find(api->options.reader, pending->user_id, &user);
    if (status != FX_OK) {
        fx_api_reply_unknown(api, &pending->target, status);
        return;
    }
    fx_wire_rows_user(fx_api_reply_begin(api), &user);
    fx_api_reply_send(api, &pending->target, code);
    fx_crypto_wipe(&user, sizeof user);
}

static void answer(struct fx_api *api,
                   const struct fx_api_pending *pending,
                   const struct fx_event_result *result)
{
    (void)result;
    fx_api_register_answer(api, pending, 201);
}

static void finish(struct fx_api *api,
                   const struct fx_api_target *target,
                   fx_status status,
                   void *data)
{
    const struct registration *registration = data;
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_api_enroll_begin(api, target, registration->user.id, answer);
}

fx_status fx_api_register_hashed(struct fx_api *api, const struct fx_api_login_job *job)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct registration), .work = work, .finish = finish};
    struct registration registration;
    memset(&registration, 0, sizeof registration);
    registration.user = job->user;
    registration.note = job->note;
    registration.floor = api->user_floor;
    const fx_status status = fx_api_writer_submit(api, &job->target, &KIND, &registration);
    fx_crypto_wipe(&registration, sizeof registration);
    return status;
}

/* Refresh tokens live in the store, and a durable write waits for the disk, which no loop may do.
 * So one thread owns the writer; being one, it also decides which of two requests was first. */
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "base/agent.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/ring.h"
#include "store/store_session.h"
#include "store/store_user.h"

enum { QUEUE = 256, IDLE_US = 1000000, US_PER_S = 1000000, SECRET_SIZE = 32, FAMILY_SIZE = 16 };

struct fx_api_session {
    struct fx_agent *agent;
    struct fx_ring *jobs;
    struct fx_ring *answers;
    struct fx_net_server *server;
    struct fx_store *writer; /* the thread's */
    int64_t ttl_us;
    int64_t idle_us;
    uint32_t count; /* jobs on the way; the gateway's */
};

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

static fx_status begin(struct fx_api_session *session, struct fx_api_session_job *job)
{
    struct fx_store_session row = {.user_id = job->user.id,
                                   .created_us = job->now_us,
                                   .expires_us = job->now_us + session->ttl_us};
    uint64_t id = 0;
    fx_status status = make_family(&row);
    if (status == FX_OK) {
        status = make_token(job, &row);
    }
    return status == FX_OK ? fx_store_session_insert(session->writer, &row, &id) : status;
}

static fx_status find_user(struct fx_api_session *session,
                           uint64_t user_id,
                           struct fx_rows_user *user)
{
    const fx_status status = fx_store_user_find(session->writer, user_id, user);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_BAD_TOKEN : status;
    }
    fx_crypto_wipe(user->password_hash, sizeof user->password_hash);
    return user->is_locked ? FX_USER_LOCKED : FX_OK;
}

/* The successor lives as long as its family may: renewing never makes a login longer. */
static fx_status insert_next(struct fx_api_session *session,
                             const struct fx_store_session *row,
                             struct fx_api_session_job *job)
{
    struct fx_store_session next = {
        .user_id = row->user_id, .created_us = job->now_us, .expires_us = row->expires_us};
    uint64_t id = 0;
    memcpy(next.family, row->family, sizeof next.family);
    const fx_status status = make_token(job, &next);
    return status == FX_OK ? fx_store_session_insert(session->writer, &next, &id) : status;
}

/* In a transaction. *is_reused_out: the family was revoked, which must be kept. */
static fx_status use(struct fx_api_session *session,
                     struct fx_api_session_job *job,
                     bool *is_reused_out)
{
    struct fx_store_session row;
    fx_status status = fx_store_session_find(session->writer, fx_str_of(job->hash), &row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_BAD_TOKEN : status;
    }
    const bool is_expired =
        job->now_us >= row.expires_us || job->now_us >= row.created_us + session->idle_us;
    if (is_expired && row.used_us == 0) {
        return FX_TOKEN_EXPIRED;
    }
    status = fx_store_session_use(session->writer, row.id, job->now_us);
    if (status == FX_STALE && row.is_revoked && row.used_us == 0) {
        return FX_BAD_TOKEN; /* by a logout, or because another one was reused */
    }
    if (status == FX_STALE) {
        status = fx_store_session_revoke_family(session->writer, fx_str_of(row.family));
        *is_reused_out = status == FX_OK;
        FX_LOG(FX_LOG_WARN,
               "api",
               "a refresh token was used twice; its login is revoked",
               fx_log_u64("user", row.user_id));
        return status == FX_OK ? FX_TOKEN_REUSED : status;
    }
    if (status == FX_OK) {
        status = find_user(session, row.user_id, &job->user);
    }
    return status == FX_OK ? insert_next(session, &row, job) : status;
}

static fx_status renew(struct fx_api_session *session, struct fx_api_session_job *job)
{
    bool is_reused = false;
    fx_status status = fx_store_begin(session->writer);
    if (status != FX_OK) {
        return status;
    }
    status = use(session, job, &is_reused);
    if (status == FX_OK || is_reused) {
        const fx_status committed = fx_store_commit(session->writer);
        status = committed == FX_OK ? status : committed;
    }
    fx_store_rollback(session->writer); /* nothing, where it was committed */
    return status;
}

static fx_status end(struct fx_api_session *session, const struct fx_api_session_job *job)
{
    struct fx_store_session row;
    const fx_status status = fx_store_session_find(session->writer, fx_str_of(job->hash), &row);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_OK : status; /* what is gone is logged out */
    }
    return fx_store_session_revoke_family(session->writer, fx_str_of(row.family));
}

static fx_status work(struct fx_api_session *session, struct fx_api_session_job *job)
{
    switch (job->kind) {
    case FX_API_SESSION_BEGIN:
        return begin(session, job);
    case FX_API_SESSION_RENEW:
        return renew(session, job);
    case FX_API_SESSION_END:
        return end(session, job);
    default:
        return FX_INTERNAL;
    }
}

static int work_one(void *self, int64_t now_us)
{
    struct fx_api_session *session = self;
    struct fx_api_session_job job;
    (void)now_us;
    if (!fx_ring_poll(session->jobs, &job)) {
        return 0;
    }
    job.status = work(session, &job);
    if (fx_ring_append(session->answers, &job)) { /* as large as the queue of jobs: never full */
        fx_net_server_async(session->server);
    }
    fx_crypto_wipe(&job, sizeof job);
    return 1;
}

fx_status fx_api_session_create(const struct fx_api_options *options,
                                struct fx_api_session **session_out)
{
    struct fx_api_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return FX_NO_MEMORY;
    }
    const struct fx_agent_options agent = {
        .name = "fx-session", .step = work_one, .self = session, .idle_us_max = IDLE_US};
    session->server = options->server;
    session->writer = options->writer;
    session->ttl_us = (int64_t)options->refresh_ttl_s * US_PER_S;
    session->idle_us = (int64_t)options->refresh_idle_s * US_PER_S;
    session->jobs = fx_ring_create(sizeof(struct fx_api_session_job), QUEUE);
    session->answers = fx_ring_create(sizeof(struct fx_api_session_job), QUEUE);
    fx_status status = FX_NO_MEMORY;
    if (session->jobs != NULL && session->answers != NULL) {
        status = fx_agent_create(&agent, &session->agent);
    }
    if (status == FX_OK) {
        status = fx_agent_start(session->agent);
    }
    if (status != FX_OK) {
        fx_api_session_destroy(session);
        return status;
    }
    *session_out = session;
    return FX_OK;
}

void fx_api_session_stop(struct fx_api_session *session)
{
    if (session != NULL && session->agent != NULL) {
        fx_agent_stop(session->agent);
        fx_agent_join(session->agent);
    }
}

void fx_api_session_destroy(struct fx_api_session *session)
{
    if (session == NULL) {
        return;
    }
    fx_api_session_stop(session);
    fx_agent_destroy(session->agent);
    fx_ring_destroy(session->jobs);
    fx_ring_destroy(session->answers);
    free(session);
}

fx_status fx_api_session_submit(struct fx_api_session *session,
                                const struct fx_api_session_job *job)
{
    if (session->count == QUEUE || !fx_ring_append(session->jobs, job)) {
        return FX_BUSY;
    }
    session->count++;
    fx_agent_wake(session->agent);
    return FX_OK;
}

bool fx_api_session_poll(struct fx_api_session *session, struct fx_api_session_job *job_out)
{
    if (!fx_ring_poll(session->answers, job_out)) {
        return false;
    }
    session->count--;
    return true;
}

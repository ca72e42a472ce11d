#include <stdlib.h>
#include <string.h>

#include "api/api_proof_int.h"
#include "api/api_writer_int.h"
#include "base/agent.h"
#include "base/crypto.h"
#include "base/panic.h"
#include "base/ring.h"
#include "store/store_proof.h"

enum { QUEUE = 256, IDLE_US = 1000000 };

struct job {
    const struct fx_api_writer_kind *kind;
    struct fx_api_target target;
    fx_status status;
    struct fx_proof proof; /* of the signed request that asks */
    _Alignas(16) unsigned char data[];
};

struct fx_api_writer {
    struct fx_agent *agent;
    struct fx_ring *jobs;    /* struct job * */
    struct fx_ring *answers; /* struct job * */
    const struct fx_api_options *options;
    uint32_t count; /* jobs on the way; the gateway's */
};

static void destroy_job(struct job *job)
{
    fx_crypto_wipe(job, sizeof *job + job->kind->size);
    free(job);
}

/* In a transaction of its own: a request that was refused was taken, too. */
static fx_status use_up(struct fx_api_writer_desk *desk, const struct fx_proof *proof)
{
    const int64_t now_us = desk->options->wall_us(desk->options->clock_self);
    fx_status status = fx_store_begin(desk->store);
    if (status == FX_OK) {
        status = fx_store_proof_insert(desk->store, proof, now_us);
    }
    if (status == FX_OK) {
        status = fx_store_commit(desk->store);
    }
    fx_store_rollback(desk->store); /* nothing, where it was committed */
    return status == FX_EXISTS ? FX_REPLAYED : status;
}

static fx_status work(struct fx_api_writer_desk *desk, struct job *job)
{
    fx_status status = job->proof.id == 0 ? FX_OK : use_up(desk, &job->proof);
    if (status == FX_OK) {
        status = fx_store_begin(desk->store);
    }
    if (status != FX_OK) {
        return status;
    }
    status = job->kind->work(desk, job->data);
    if (status == FX_OK || desk->is_kept) {
        const fx_status committed = fx_store_commit(desk->store);
        status = committed == FX_OK ? status : committed;
    }
    fx_store_rollback(desk->store); /* nothing, where it was committed */
    return status;
}

static int work_one(void *self, int64_t now_us)
{
    struct fx_api_writer *writer = self;
    struct job *job = NULL;
    (void)now_us;
    if (!fx_ring_poll(writer->jobs, &job)) {
        return 0;
    }
    struct fx_api_writer_desk desk = {.store = writer->options->writer, .options = writer->options};
    job->status = work(&desk, job);
    const bool is_appended = fx_ring_append(writer->answers, &job);
    FX_ASSERT(is_appended); /* as large as the queue of jobs */
    fx_net_server_async(writer->options->server);
    return 1;
}

fx_status fx_api_writer_create(const struct fx_api_options *options,
                               struct fx_api_writer **writer_out)
{
    struct fx_api_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return FX_NO_MEMORY;
    }
    const struct fx_agent_options agent = {
        .name = "fx-api-writer", .step = work_one, .self = writer, .idle_us_max = IDLE_US};
    writer->options = options;
    writer->jobs = fx_ring_create(sizeof(struct job *), QUEUE);
    writer->answers = fx_ring_create(sizeof(struct job *), QUEUE);
    fx_status status = FX_NO_MEMORY;
    if (writer->jobs != NULL && writer->answers != NULL) {
        status = fx_agent_create(&agent, &writer->agent);
    }
    if (status == FX_OK) {
        status = fx_agent_start(writer->agent);
    }
    if (status != FX_OK) {
        fx_api_writer_destroy(writer);
        return status;
    }
    *writer_out = writer;
    return FX_OK;
}

void fx_api_writer_stop(struct fx_api_writer *writer)
{
    if (writer != NULL && writer->agent != NULL) {
        fx_agent_stop(writer->agent);
        fx_agent_join(writer->agent);
    }
}

static void drain(struct fx_ring *ring)
{
    struct job *job = NULL;
    while (ring != NULL && fx_ring_poll(ring, &job)) {
        destroy_job(job);
    }
}

void fx_api_writer_destroy(struct fx_api_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    fx_api_writer_stop(writer);
    drain(writer->jobs);
    drain(writer->answers);
    fx_agent_destroy(writer->agent);
    fx_ring_destroy(writer->jobs);
    fx_ring_destroy(writer->answers);
    free(writer);
}

fx_status fx_api_writer_submit(struct fx_api *api,
                               const struct fx_api_target *target,
                               const struct fx_api_writer_kind *kind,
                               const void *data)
{
    struct fx_api_writer *writer = api->writer;
    if (writer == NULL) {
        return FX_NOT_IMPLEMENTED;
    }
    if (writer->count == QUEUE) {
        return FX_BUSY;
    }
    struct job *job = malloc(sizeof *job + kind->size);
    if (job == NULL) {
        return FX_NO_MEMORY;
    }
    job->kind = kind;
    job->target = *target;
    job->status = FX_INTERNAL;
    job->proof = fx_api_proof_job(api);
    memcpy(job->data, data, kind->size);
    if (!fx_ring_append(writer->jobs, &job)) {
        destroy_job(job);
        return FX_BUSY;
    }
    writer->count++;
    fx_agent_wake(writer->agent);
    return FX_OK;
}

void fx_api_writer_poll(struct fx_api *api)
{
    struct job *job = NULL;
    while (api->writer != NULL && fx_ring_poll(api->writer->answers, &job)) {
        api->writer->count--;
        job->kind->finish(api, &job->target, job->status, job->data);
        destroy_job(job);
    }
}

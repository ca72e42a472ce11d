#include "worker/worker_snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/ring.h"
#include "bus/bus_snapshot.h"

/* One piece of work on its way to the agent, and back as the free buffer. */
struct job {
    char *body;
    size_t size;
    size_t capacity;
    uint64_t sequence;
    uint64_t hash;
    uint32_t version;
};

struct fx_worker_snapshot {
    struct fx_worker_host host;
    struct fx_ring *jobs;
    struct fx_ring *done;
    struct fx_agent *agent;
    const char *dir;
    atomic_int_fast64_t written_us;
    atomic_uint_fast64_t written_sequence;
    atomic_uint_fast64_t failures;
    struct job spare; /* the buffer while no job is under way; body may be NULL */
    bool is_under_way;
    bool has_note;
    char note[FX_WORKER_SNAPSHOT_NOTE_SIZE];
};

static fx_status write_job(struct fx_worker_snapshot *snapshot, const struct job *job)
{
    const char *dir = snapshot->dir;
    const struct fx_bus_file_system *system = &snapshot->host.system;
    const struct fx_bus_snapshot_info info = {
        .seq = job->sequence,
        .state_hash = job->hash,
        .wall_ns = (uint64_t)fx_worker_host_now_us(&snapshot->host) * 1000,
        .version = job->version};
    const fx_str part = {job->body, job->size};
    const int64_t start_us = fx_clock_monotonic_us();
    fx_status status = fx_bus_snapshot_write(system, dir, &info, &part, 1);
    uint64_t oldest = 0;
    if (status == FX_OK) {
        status = fx_bus_snapshot_trim(system, dir, FX_WORKER_SNAPSHOT_KEEP, &oldest);
    }
    if (status != FX_OK) {
        atomic_fetch_add(&snapshot->failures, 1);
        FX_LOG(FX_LOG_ERROR,
               "snapshot",
               "not written; the journal stays complete",
               fx_log_status("err", status),
               fx_log_u64("seq", job->sequence));
        return status;
    }
    /* The sequence last: who sees it finds the time of this snapshot, or of a later one. */
    atomic_store(&snapshot->written_us, fx_worker_host_now_us(&snapshot->host));
    atomic_store(&snapshot->written_sequence, job->sequence);
    FX_LOG(FX_LOG_INFO,
           "snapshot",
           "written",
           fx_log_u64("seq", job->sequence),
           fx_log_u64("size_bytes", job->size),
           fx_log_i64("dur_us", fx_clock_monotonic_us() - start_us));
    return FX_OK;
}

int fx_worker_snapshot_step(void *self, int64_t now_us)
{
    (void)now_us;
    struct fx_worker_snapshot *snapshot = self;
    struct job job;
    if (!fx_ring_poll(snapshot->jobs, &job)) {
        return 0;
    }
    (void)write_job(snapshot, &job);
    const bool is_back = fx_ring_append(snapshot->done, &job);
    FX_ASSERT(is_back);
    return 1;
}

struct fx_worker_snapshot *fx_worker_snapshot_create(const struct fx_worker_host *host,
                                                     const char *dir)
{
    struct fx_worker_snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot == NULL) {
        return NULL;
    }
    snapshot->host = fx_worker_host_of(host);
    snapshot->dir = dir;
    snapshot->jobs = fx_ring_create(sizeof(struct job), 2);
    snapshot->done = fx_ring_create(sizeof(struct job), 2);
    const struct fx_agent_options options = {.name = "snapshot",
                                             .step = fx_worker_snapshot_step,
                                             .self = snapshot,
                                             .idle_us_max = 1000000};
    if (snapshot->jobs == NULL || snapshot->done == NULL ||
        fx_agent_create(&options, &snapshot->agent) != FX_OK) {
        fx_worker_snapshot_destroy(snapshot);
        return NULL;
    }
    return snapshot;
}

/* Take a finished buffer back. */
static void collect(struct fx_worker_snapshot *snapshot)
{
    struct job job;
    if (snapshot->is_under_way && fx_ring_poll(snapshot->done, &job)) {
        snapshot->spare = job;
        snapshot->is_under_way = false;
    }
}

void fx_worker_snapshot_stop(struct fx_worker_snapshot *snapshot)
{
    fx_agent_stop(snapshot->agent);
    fx_agent_join(snapshot->agent);
    while (fx_worker_snapshot_step(snapshot, 0) > 0) {
        /* what the agent did not come to */
    }
    collect(snapshot);
}

void fx_worker_snapshot_destroy(struct fx_worker_snapshot *snapshot)
{
    if (snapshot != NULL && snapshot->agent != NULL) {
        fx_worker_snapshot_stop(snapshot);
    }
    fx_worker_snapshot_abandon(snapshot);
}

void fx_worker_snapshot_abandon(struct fx_worker_snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    struct job job;
    while (snapshot->jobs != NULL && fx_ring_poll(snapshot->jobs, &job)) {
        free(job.body);
    }
    while (snapshot->done != NULL && fx_ring_poll(snapshot->done, &job)) {
        free(job.body);
    }
    free(snapshot->spare.body);
    fx_agent_destroy(snapshot->agent);
    fx_ring_destroy(snapshot->jobs);
    fx_ring_destroy(snapshot->done);
    free(snapshot);
}

fx_status fx_worker_snapshot_start(struct fx_worker_snapshot *snapshot)
{
    return fx_agent_start(snapshot->agent);
}

/* Copy the engine's state into the spare buffer. */
static fx_status capture(struct fx_worker_snapshot *snapshot, const struct fx_engine *engine)
{
    struct job *job = &snapshot->spare;
    const size_t state_size = fx_engine_save_size(engine);
    const size_t size = state_size + (snapshot->has_note ? sizeof snapshot->note : 0);
    if (size > job->capacity) {
        free(job->body);
        job->capacity = size + size / 4;
        job->body = malloc(job->capacity);
        if (job->body == NULL) {
            job->capacity = 0;
            return FX_NO_MEMORY;
        }
    }
    fx_engine_save(engine, job->body, state_size);
    memcpy(job->body + state_size, snapshot->note, size - state_size);
    job->version =
        snapshot->has_note ? FX_WORKER_SNAPSHOT_VERSION_NOTE : FX_WORKER_SNAPSHOT_VERSION;
    job->size = size;
    job->sequence = fx_engine_sequence(engine);
    job->hash = fx_engine_hash(engine);
    return FX_OK;
}

void fx_worker_snapshot_set_note(struct fx_worker_snapshot *snapshot, const void *note)
{
    memcpy(snapshot->note, note, sizeof snapshot->note);
    snapshot->has_note = true;
}

bool fx_worker_snapshot_offer(struct fx_worker_snapshot *snapshot, const struct fx_engine *engine)
{
    collect(snapshot);
    if (snapshot->is_under_way || capture(snapshot, engine) != FX_OK) {
        return false;
    }
    const bool is_queued = fx_ring_append(snapshot->jobs, &snapshot->spare);
    FX_ASSERT(is_queued);
    snapshot->spare = (struct job){.body = NULL};
    snapshot->is_under_way = true;
    fx_agent_wake(snapshot->agent);
    return true;
}

fx_status fx_worker_snapshot_write(struct fx_worker_snapshot *snapshot,
                                   const struct fx_engine *engine)
{
    collect(snapshot);
    FX_ASSERT(!snapshot->is_under_way);
    const fx_status status = capture(snapshot, engine);
    return status == FX_OK ? write_job(snapshot, &snapshot->spare) : status;
}

void fx_worker_snapshot_stats(const struct fx_worker_snapshot *snapshot,
                              struct fx_worker_snapshot_stats *stats_out)
{
    const uint64_t sequence = atomic_load(&snapshot->written_sequence); /* before the time */
    *stats_out = (struct fx_worker_snapshot_stats){.written_us = atomic_load(&snapshot->written_us),
                                                   .written_sequence = sequence,
                                                   .failures = atomic_load(&snapshot->failures)};
}

/* Bytes of the note behind the state; SIZE_MAX where the body is none of ours. */
static size_t note_size(const struct fx_bus_snapshot *file)
{
    if (file->info.version == FX_WORKER_SNAPSHOT_VERSION) {
        return 0;
    }
    size_t size = SIZE_MAX;
    if (file->info.version == FX_WORKER_SNAPSHOT_VERSION_NOTE) {
        size = FX_WORKER_SNAPSHOT_NOTE_SIZE;
    } else if (file->info.version == FX_WORKER_SNAPSHOT_VERSION_SHORT) {
        size = FX_WORKER_SNAPSHOT_NOTE_SHORT;
    }
    return size <= file->info.size ? size : SIZE_MAX;
}

static fx_status load_one(const struct fx_bus_file_system *system,
                          const char *dir,
                          uint64_t sequence,
                          void *memory,
                          const struct fx_engine_limits *limits,
                          struct fx_engine **engine_out)
{
    struct fx_bus_snapshot file = {0};
    fx_status status = fx_bus_snapshot_load(system, dir, sequence, &file);
    if (status != FX_OK) {
        return status;
    }
    status = FX_VERSION_MISMATCH;
    if (note_size(&file) != SIZE_MAX) {
        const fx_str state = {file.body, file.info.size - note_size(&file)};
        memset(memory, 0, fx_engine_size(limits));
        status = fx_engine_load(memory, limits, state, engine_out);
    }
    if (status == FX_OK && (fx_engine_hash(*engine_out) != file.info.state_hash ||
                            fx_engine_sequence(*engine_out) != sequence)) {
        status = FX_CORRUPT;
    }
    fx_bus_snapshot_release(&file);
    return status;
}

bool fx_worker_snapshot_is_next(const struct fx_worker_snapshot_saved *saved, uint64_t last)
{
    return saved->sequence == NULL || last == 0 || saved->sequence(saved->context) >= last;
}

uint64_t fx_worker_snapshot_newest(const struct fx_worker_host *host, const char *dir)
{
    const struct fx_bus_file_system system = fx_worker_host_of(host).system;
    uint64_t newest = 0;
    size_t count = 0;
    return fx_bus_snapshot_list(&system, dir, &newest, 1, &count) == FX_OK && count > 0 ? newest
                                                                                        : 0;
}

fx_status fx_worker_snapshot_load(const struct fx_worker_host *host,
                                  const char *dir,
                                  uint64_t sequence_max,
                                  void *memory,
                                  const struct fx_engine_limits *limits,
                                  struct fx_engine **engine_out)
{
    const struct fx_bus_file_system system = fx_worker_host_of(host).system;
    static const size_t LIST_MAX = 64;
    uint64_t sequences[64];
    size_t count = 0;
    fx_status status = fx_bus_snapshot_list(&system, dir, sequences, LIST_MAX, &count);
    if (status != FX_OK) {
        return status;
    }
    fx_status last = FX_NOT_FOUND;
    for (size_t index = 0; index < count; index++) {
        if (sequences[index] > sequence_max) {
            continue;
        }
        status = load_one(&system, dir, sequences[index], memory, limits, engine_out);
        if (status == FX_OK) {
            return FX_OK;
        }
        last = status;
        FX_LOG(FX_LOG_WARN,
               "snapshot",
               "cannot be used, trying an older one",
               fx_log_u64("seq", sequences[index]),
               fx_log_status("err", status));
    }
    return last == FX_NOT_FOUND ? FX_NOT_FOUND : last;
}

fx_status fx_worker_snapshot_load_note(const struct fx_worker_host *host,
                                       const char *dir,
                                       uint64_t sequence,
                                       char note_out[FX_WORKER_SNAPSHOT_NOTE_SIZE])
{
    const struct fx_bus_file_system system = fx_worker_host_of(host).system;
    struct fx_bus_snapshot file = {0};
    const fx_status status = fx_bus_snapshot_load(&system, dir, sequence, &file);
    if (status != FX_OK) {
        return status;
    }
    memset(note_out, 0, FX_WORKER_SNAPSHOT_NOTE_SIZE);
    const size_t size = note_size(&file);
    if (size <= FX_WORKER_SNAPSHOT_NOTE_SIZE) {
        memcpy(note_out, file.body + file.info.size - size, size);
    }
    fx_bus_snapshot_release(&file);
    return FX_OK;
}

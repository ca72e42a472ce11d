/* The start of a follower: its log's limits, a snapshot, and everything behind it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/panic.h"
#include "bus/bus_snapshot.h"
#include "worker/worker_follow_int.h"

enum {
    INTAKE_CAPACITY = 4096,
    AUDITS_CAPACITY = 4,
    RING_CAPACITY_MIN = 1 << 16,
    WAIT_MS = 30000,
    POLL_MS = 100,
    IDLE_US_MAX = 5000, /* the bus wakes it; where it does not, so long may a record wait */
    SPIN_COUNT = 4,
    TEXT_SIZE_MAX = 65536,
    FIRST_RECORDS = 64 /* of a log, among which its map is */
};

_Static_assert(sizeof(struct fx_worker_follow_note) == FX_WORKER_SNAPSHOT_NOTE_SIZE, "a file's");

/* Where a start stands: what it waits for, and its words for those who read why it failed. */
struct opening {
    struct fx_worker_follow *follow;
    struct fx_worker_follow_report *report;
    int64_t news_us; /* monotonic: when the bus last said something */
    uint64_t first;  /* offset from which the log is read */
};

static void tell(const struct opening *opening, enum fx_worker_follow_stage stage)
{
    const struct fx_worker_follow *follow = opening->follow;
    if (follow->options.on_progress != NULL) {
        const struct fx_worker_follow_progress progress = {
            .stage = stage, .first = opening->first, .next = follow->position, .end = follow->end};
        follow->options.on_progress(follow->options.progress_context, &progress);
    }
}

static fx_status fail(struct opening *opening, fx_status status, const char *text)
{
    struct fx_worker_follow_report *report = opening->report;
    (void)snprintf(report->text, sizeof report->text, "%s", text);
    return status;
}

static bool has_waited(const struct opening *opening)
{
    const int64_t wait_us = (int64_t)opening->follow->options.wait_ms * 1000;
    return fx_clock_monotonic_us() - opening->news_us > wait_us;
}

static struct fx_bus_place place_of(const struct fx_worker_follow *follow)
{
    return (struct fx_bus_place){follow->options.topic, follow->options.partition};
}

/* ---- the first record ------------------------------------------------------------------------ */

static fx_status publish(struct fx_worker_follow *follow, const struct fx_command *command)
{
    fx_buf_clear(&follow->text);
    const fx_status status =
        fx_worker_input_encode(follow->input, command, &follow->from, &follow->text);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_bus_message message = {.topic = follow->options.topic,
                                           .partition = follow->options.partition,
                                           .value = fx_buf_str(&follow->text)};
    return fx_bus_publish(follow->options.bus, &message);
}

static fx_status publish_genesis(struct fx_worker_follow *follow)
{
    struct fx_command command =
        fx_command_blank(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.rules = FX_ENGINE_RULES_MAX;
    command.time_us = fx_worker_host_now_us(&follow->host);
    command.u.limits =
        follow->options.limits == NULL ? fx_engine_default_limits() : *follow->options.limits;
    const struct fx_shard_map *map = follow->options.shard;
    if (map != NULL && command.u.limits.instruments_max > fx_shard_instruments(map->shards)) {
        command.u.limits.instruments_max = fx_shard_instruments(map->shards);
    }
    return publish(follow, &command);
}

/* The first INITIALIZE_ENGINE counts; what stands before it, if anything, is poison to all. */
static bool is_genesis(struct fx_worker_follow *follow, const struct fx_bus_record *record)
{
    struct fx_wire_topic_in in;
    fx_str field = {0};
    if (fx_worker_input_decode(follow->input, record, &in, &field) != FX_OK ||
        in.kind != FX_WIRE_TOPIC_IN_COMMAND || in.command.kind != FX_COMMAND_INITIALIZE_ENGINE ||
        !fx_engine_is_possible(&in.command.u.limits)) {
        return false;
    }
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_sha256(record->value, digest);
    memcpy(&follow->log_id, digest, sizeof follow->log_id);
    follow->limits = in.command.u.limits;
    follow->base = in.first_sequence == 0 ? 0 : in.first_sequence - 1;
    fx_worker_input_set_base(follow->input, follow->base);
    if (follow->options.hooks.on_log != NULL) {
        follow->options.hooks.on_log(follow->options.hooks.context, follow->base);
    }
    return true;
}

/* The log is empty. Where this role has snapshots of one it was lost, or is another one: an empty
 * exchange in its place would look as if nobody had ever had anything. */
static fx_status judge_empty(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    uint64_t newest = 0;
    size_t count = 0;
    const fx_status status = fx_bus_snapshot_list(
        &follow->host.system, follow->options.snapshot_dir, &newest, 1, &count);
    if (status != FX_OK) {
        return fail(opening, status, "the snapshots cannot be listed");
    }
    if (count > 0) {
        return fail(opening,
                    FX_VERSION_MISMATCH,
                    "the log is empty, and this role's folder has snapshots of one: it was lost "
                    "(load it from the tables), or a new exchange needs an empty folder");
    }
    return follow->options.may_begin
               ? FX_OK
               : fail(opening, FX_NOT_FOUND, "the log is empty: no engine has begun it yet");
}

static fx_status begin_log(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    const fx_status status = publish_genesis(follow);
    return status == FX_OK ? FX_OK : fail(opening, status, fx_bus_error_text(follow->options.bus));
}

static fx_status find_genesis(struct opening *opening, struct fx_bus_reader *reader)
{
    struct fx_worker_follow *follow = opening->follow;
    bool has_begun = false;
    uint64_t position = 0;
    for (;;) {
        uint32_t count = 0;
        const fx_status status =
            fx_bus_reader_poll(reader, POLL_MS, follow->records, FX_WORKER_FOLLOW_BATCH, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            if (is_genesis(follow, &follow->records[index])) {
                return FX_OK;
            }
            position = follow->records[index].offset + 1;
        }
        if (status != FX_OK && status != FX_IO) {
            return fail(opening, status, fx_bus_reader_error_text(reader));
        }
        struct fx_bus_delivery deliveries[4];
        (void)fx_bus_poll(follow->options.bus, 0, deliveries, 4);
        if (count > 0) {
            opening->news_us = fx_clock_monotonic_us();
        } else if (position >= follow->end && !has_begun) {
            const fx_status empty = judge_empty(opening);
            const fx_status begun = empty == FX_OK ? begin_log(opening) : empty;
            if (begun != FX_OK) {
                return begun;
            }
            has_begun = true;
        } else if (has_waited(opening)) {
            return fail(opening, FX_TIMEOUT, "the first record of the log does not come");
        }
    }
}

static fx_status read_genesis(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    struct fx_bus *bus = follow->options.bus;
    struct fx_bus_span span = {0};
    fx_status status = fx_bus_span(bus, place_of(follow), follow->options.wait_ms, &span);
    if (status != FX_OK) {
        return fail(opening, status, fx_bus_error_text(bus));
    }
    if (span.first > 0) {
        return fail(opening,
                    FX_CORRUPT,
                    "the beginning of the log is not kept: matching_engine_input needs unlimited "
                    "retention");
    }
    follow->end = span.end;
    struct fx_bus_reader *reader = NULL;
    status = fx_bus_reader_open(bus, place_of(follow), 0, &reader);
    if (status != FX_OK) {
        return fail(opening, status, fx_bus_error_text(bus));
    }
    status = find_genesis(opening, reader);
    fx_bus_reader_close(reader);
    return status;
}

/* ---- state ----------------------------------------------------------------------------------- */

static void set_defaults(struct fx_worker_follow *follow)
{
    struct fx_worker_follow_options *options = &follow->options;
    if (options->topic.size == 0) {
        options->topic = FX_STR("matching_engine_input");
    }
    if (options->intake_capacity == 0) {
        options->intake_capacity = INTAKE_CAPACITY;
    }
    if (options->snapshot_commands == 0) {
        options->snapshot_commands = 1000000;
    }
    if (options->snapshot_us == 0) {
        options->snapshot_us = 60LL * 1000 * 1000;
    }
    if (options->stop_us == 0) {
        options->stop_us = 2LL * 1000 * 1000;
    }
    if (options->wait_ms == 0) {
        options->wait_ms = WAIT_MS;
    }
    follow->host = fx_worker_host_of(options->host);
}

/* Tokens of an earlier start are never taken for this one's. */
static fx_status name_start(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    return fx_worker_follow_name(
               follow->options.node, follow->options.node_salt, &follow->from.node)
               ? FX_OK
               : fail(opening,
                      FX_BAD_PARAMETER,
                      "the node's name has to be 1 to 24 letters or digits");
}

static fx_status allocate_first(struct fx_worker_follow *follow)
{
    const struct fx_agent_options agent = {.name = "follow",
                                           .step = fx_worker_follow_step,
                                           .self = follow,
                                           .idle_us_max = IDLE_US_MAX,
                                           .spin_count = SPIN_COUNT};
    fx_buf_init(&follow->text, TEXT_SIZE_MAX);
    follow->input = fx_worker_input_create();
    follow->proofs = fx_worker_proof_create();
    follow->intake =
        fx_ring_create(sizeof(struct fx_worker_follow_item), follow->options.intake_capacity);
    follow->audits = fx_ring_create(sizeof(struct fx_engine_audit), AUDITS_CAPACITY);
    follow->pending = calloc(FX_WORKER_FOLLOW_PENDING_MAX, sizeof follow->pending[0]);
    follow->snapshot = fx_worker_snapshot_create(&follow->host, follow->options.snapshot_dir);
    follow->pending_first = 1; /* token 0: nobody waits */
    follow->pending_end = 1;
    if (follow->input == NULL || follow->intake == NULL || follow->audits == NULL ||
        follow->pending == NULL || follow->snapshot == NULL || follow->proofs == NULL) {
        return FX_NO_MEMORY;
    }
    return fx_agent_create(&agent, &follow->agent);
}

/* What depends on the limits. */
static fx_status allocate_state(struct fx_worker_follow *follow)
{
    const uint32_t events_max = fx_engine_events_max(&follow->limits);
    if (follow->options.ring_capacity == 0) {
        uint32_t capacity = RING_CAPACITY_MIN;
        while (capacity < 2 * events_max) {
            capacity *= 2;
        }
        follow->options.ring_capacity = capacity;
    }
    follow->memory = fx_worker_host_block(fx_engine_size(&follow->limits));
    follow->events.items = aligned_alloc(16, (size_t)events_max * sizeof(struct fx_event));
    follow->events.capacity = events_max;
    if (follow->options.consumer_count > 0) {
        follow->ring = fx_ring_broadcast_create(
            sizeof(struct fx_event), follow->options.ring_capacity, follow->options.consumer_count);
    }
    return follow->memory == NULL || follow->events.items == NULL ||
                   (follow->ring == NULL && follow->options.consumer_count > 0)
               ? FX_NO_MEMORY
               : FX_OK;
}

static fx_status load_note(struct opening *opening, uint64_t sequence)
{
    struct fx_worker_follow *follow = opening->follow;
    struct fx_worker_follow_note note;
    char bytes[FX_WORKER_SNAPSHOT_NOTE_SIZE];
    const fx_status status =
        fx_worker_snapshot_load_note(&follow->host, follow->options.snapshot_dir, sequence, bytes);
    if (status != FX_OK) {
        return fail(opening, status, "a snapshot cannot be read again");
    }
    memcpy(&note, bytes, sizeof note);
    if (note.log_id != follow->log_id) {
        return fail(opening,
                    FX_VERSION_MISMATCH,
                    "the snapshots in this role's folder are of another log: it needs an empty "
                    "folder");
    }
    follow->leader.epoch = note.epoch;
    follow->leader.sequence = note.leader_sequence;
    follow->leader.node = note.node;
    atomic_store(&follow->seen_epoch, note.epoch);
    /* A log that has lost its end begins there again; what was read before is below the state. */
    follow->known = note.position < follow->end ? note.position : follow->end;
    const bool has_proofs = note.proofs.first > 0 && note.proofs.first <= follow->known;
    follow->position = has_proofs ? note.proofs.first - 1 : follow->known;
    fx_worker_proof_see(follow->proofs, note.proofs.time_ms);
    return FX_OK;
}

static fx_status load_state(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    /* A state that the log does not reach never was: the log has lost records (W6). */
    const uint64_t end = follow->end + follow->base;
    const uint64_t most =
        follow->options.saved_sequence < end ? follow->options.saved_sequence : end;
    fx_status status = fx_worker_snapshot_load(&follow->host,
                                               follow->options.snapshot_dir,
                                               most,
                                               follow->memory,
                                               &follow->limits,
                                               &follow->engine);
    if (status == FX_OK) {
        follow->snapshot_sequence = fx_engine_sequence(follow->engine);
        status = load_note(opening, follow->snapshot_sequence);
        if (status == FX_OK && follow->options.hooks.on_loaded != NULL) {
            follow->options.hooks.on_loaded(follow->options.hooks.context, follow->engine);
        }
        return status == FX_OK ? fx_worker_input_learn_all(follow->input, follow->engine) : status;
    }
    if (status != FX_NOT_FOUND) {
        FX_LOG(FX_LOG_WARN,
               "follow",
               "no usable snapshot, replaying from genesis",
               fx_log_status("err", status));
    }
    memset(follow->memory, 0, fx_engine_size(&follow->limits));
    follow->engine = fx_engine_init(follow->memory, &follow->limits);
    return FX_OK;
}

static fx_status drop_lost_snapshots(struct opening *opening)
{
    uint32_t count = 0;
    struct fx_worker_follow *follow = opening->follow;
    const fx_status status = fx_bus_snapshot_drop_after(
        &follow->host.system, follow->options.snapshot_dir, follow->end + follow->base, &count);
    if (status == FX_OK && count > 0) {
        FX_LOG(FX_LOG_WARN,
               "follow",
               "snapshots behind the end of the log were deleted: the log has lost what they were "
               "made of",
               fx_log_u64("count", count));
    }
    follow->newest_sequence =
        fx_worker_snapshot_newest(&follow->host, follow->options.snapshot_dir);
    return status == FX_OK ? FX_OK : fail(opening, status, "the snapshots cannot be listed");
}

/* ---- the rest of the log --------------------------------------------------------------------- */

static bool is_map_missing(const struct fx_worker_follow *follow)
{
    return follow->options.shard != NULL && fx_engine_shard(follow->engine)->shards == 0;
}

/* Read what was there when the start began (or, then, until the map is there); what comes meanwhile
 * is the running agent's. */
static fx_status catch_up(struct opening *opening, bool is_for_map)
{
    struct fx_worker_follow *follow = opening->follow;
    const struct timespec pause = {.tv_nsec = 1000000};
    follow->is_recovering = true;
    opening->first = follow->position;
    tell(opening, FX_WORKER_FOLLOW_READING);
    while (is_for_map ? is_map_missing(follow) : follow->position < follow->end) {
        const int work = fx_worker_follow_step(follow, fx_worker_host_now_us(&follow->host));
        const fx_status failure = (fx_status)atomic_load(&follow->failure);
        if (failure != FX_OK || follow->recovery != FX_OK) {
            return failure == FX_OK
                       ? fail(opening, follow->recovery, "what was recovered cannot be written")
                       : fail(opening,
                              failure,
                              follow->reason[0] != '\0' ? follow->reason
                                                        : fx_bus_reader_error_text(follow->reader));
        }
        if (work > 0 && !is_for_map) {
            opening->news_us = fx_clock_monotonic_us();
            tell(opening, FX_WORKER_FOLLOW_READING);
        } else if (has_waited(opening)) { /* a map that was refused stays away, whatever comes */
            return fail(opening, FX_TIMEOUT, "the rest of the log does not come");
        } else if (work == 0) {
            (void)nanosleep(&pause, NULL);
        }
    }
    follow->end = follow->position > follow->end ? follow->position : follow->end;
    follow->is_recovering = false;
    return FX_OK;
}

/* Say which asset it is: the operator has one list, and it is wrong here or was elsewhere. */
static fx_status fail_of_asset(struct opening *opening, const struct fx_shard_map *own)
{
    const struct fx_shard_map *map = opening->follow->options.shard;
    for (uint32_t index = 0; index < own->asset_count; index++) {
        if (!fx_shard_has(map, &own->assets[index])) {
            (void)snprintf(opening->report->text,
                           sizeof opening->report->text,
                           "the log of shard %" PRIu32 " has the collateral %.16s, and "
                           "FUTURE_SHARD_ASSETS does not give it to this shard: all roles need "
                           "the same text",
                           own->shard,
                           own->assets[index].text);
        }
    }
    return FX_VERSION_MISMATCH;
}

/* A record of another shard's log is its map: no asset may be in both, or each would have money of
 * its own in it. */
static fx_status judge_other(struct opening *opening, const struct fx_bus_record *record)
{
    struct fx_worker_follow *follow = opening->follow;
    const struct fx_shard_map *map = follow->options.shard;
    struct fx_wire_topic_in in;
    fx_str field = {0};
    if (fx_worker_input_decode(follow->input, record, &in, &field) != FX_OK ||
        in.kind != FX_WIRE_TOPIC_IN_COMMAND || in.command.kind != FX_COMMAND_SET_SHARD) {
        return FX_OK;
    }
    const struct fx_shard_map *other = &in.command.u.shard;
    for (uint32_t index = 0; index < other->asset_count; index++) {
        if (fx_shard_has(map, &other->assets[index])) {
            (void)snprintf(opening->report->text,
                           sizeof opening->report->text,
                           "the log of shard %" PRIu32 " has the collateral %.16s already, and "
                           "FUTURE_SHARD_ASSETS gives it to shard %" PRIu32,
                           other->shard,
                           other->assets[index].text,
                           map->shard);
            return FX_VERSION_MISMATCH;
        }
    }
    return FX_OK;
}

/* A map is among the first records of a log. */
static fx_status check_other(struct opening *opening, uint32_t shard)
{
    struct fx_worker_follow *follow = opening->follow;
    struct fx_bus *bus = follow->options.bus;
    const struct fx_bus_place place = {follow->options.topic, shard};
    struct fx_bus_record records[FIRST_RECORDS];
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_span span = {0};
    fx_status status = fx_bus_span(bus, place, follow->options.wait_ms, &span);
    if (status == FX_OK) {
        status = fx_bus_reader_open(bus, place, 0, &reader);
    }
    if (status != FX_OK) {
        return fail(opening, status, fx_bus_error_text(bus));
    }
    const uint64_t end = span.end < FIRST_RECORDS ? span.end : FIRST_RECORDS;
    uint64_t position = 0;
    opening->news_us = fx_clock_monotonic_us();
    while (position < end && status == FX_OK) {
        uint32_t count = 0;
        status = fx_bus_reader_poll(reader, POLL_MS, records, FIRST_RECORDS, &count);
        status = status == FX_IO ? FX_OK : status; /* tried again by itself */
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            position = records[index].offset + 1;
            status = judge_other(opening, &records[index]);
        }
        if (status == FX_OK && count == 0 && has_waited(opening)) {
            status = fail(opening, FX_TIMEOUT, "the log of another shard does not come");
        }
    }
    fx_bus_reader_close(reader);
    return status;
}

/* The log is the shard that it should be, or becomes it now. It may have less than the setting says
 * by now: who sees all logs makes it grow. */
static fx_status settle_map(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    const struct fx_shard_map *map = follow->options.shard;
    const struct fx_shard_map *own = fx_engine_shard(follow->engine);
    const bool is_other =
        map == NULL ? own->shards != 0
                    : own->shards != 0 && (own->shards != map->shards || own->shard != map->shard);
    if (is_other) {
        (void)snprintf(opening->report->text,
                       sizeof opening->report->text,
                       "the log says that it is shard %" PRIu32 " of %" PRIu32
                       ": look at FUTURE_KAFKA_SHARDS and FUTURE_SHARD_ASSETS",
                       own->shard,
                       own->shards);
        return FX_VERSION_MISMATCH;
    }
    if (map != NULL && !fx_shard_is_within(own, map)) {
        return fail_of_asset(opening, own);
    }
    if (!is_map_missing(follow)) {
        return FX_OK;
    }
    if (!follow->options.may_begin) {
        return fail(opening, FX_NOT_FOUND, "the log has no map of its shard yet");
    }
    fx_status status = FX_OK;
    for (uint32_t shard = 0; shard < map->shards && status == FX_OK; shard++) {
        status = shard == map->shard ? FX_OK : check_other(opening, shard);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_command command =
        fx_command_blank(FX_COMMAND_SET_SHARD, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.time_us = fx_worker_host_now_us(&follow->host);
    command.u.shard = *map;
    status = publish(follow, &command);
    if (status != FX_OK) {
        return fail(opening, status, fx_bus_error_text(follow->options.bus));
    }
    opening->news_us = fx_clock_monotonic_us();
    status = catch_up(opening, true);
    return status == FX_TIMEOUT
               ? fail(opening,
                      FX_VERSION_MISMATCH,
                      "the log did not take the map of its shard: what it has already does not fit "
                      "FUTURE_SHARD_ASSETS, or its limits are too large for so many shards")
               : status;
}

/* Two that write snapshots into one folder would delete each other's. */
static fx_status lock_dir(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    const struct fx_bus_file_system *system = &follow->host.system;
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    uint32_t holder_pid = 0;
    int error = system->ops->make_dir(system->disk, follow->options.snapshot_dir);
    if (error == 0 && !fx_bus_file_join(follow->options.snapshot_dir, "lock", path)) {
        error = ENAMETOOLONG;
    }
    if (error == 0) {
        error = system->ops->open(system->disk, path, FX_BUS_FILE_LOCK, &follow->lock_file);
    }
    if (error == 0) {
        follow->has_lock = true;
        error = system->ops->lock(system->disk, follow->lock_file, &holder_pid);
    }
    if (error == EWOULDBLOCK) {
        (void)snprintf(opening->report->text,
                       sizeof opening->report->text,
                       "process %" PRIu32 " has this folder; each role needs one of its own",
                       holder_pid);
        return FX_LOCKED;
    }
    return error == 0 ? FX_OK : fail(opening, FX_IO, "the folder of the snapshots cannot be used");
}

static fx_status open_all(struct opening *opening)
{
    struct fx_worker_follow *follow = opening->follow;
    fx_status status = name_start(opening);
    if (status == FX_OK) {
        status = lock_dir(opening);
    }
    if (status == FX_OK) {
        status = allocate_first(follow);
    }
    if (status == FX_OK) {
        tell(opening, FX_WORKER_FOLLOW_ASKING);
        status = read_genesis(opening);
    }
    if (status == FX_OK) {
        tell(opening, FX_WORKER_FOLLOW_LOADING);
        status = allocate_state(follow);
    }
    if (status == FX_OK) {
        status = load_state(opening);
    }
    if (status != FX_OK) {
        return status;
    }
    if (follow->end == 0) {
        follow->end = 1; /* the first record, which was published since */
    }
    const uint64_t behind =
        follow->snapshot_sequence == 0 ? 0 : follow->snapshot_sequence - follow->base;
    if (follow->known < behind) { /* without a snapshot, or from an old one */
        follow->known = behind;
        follow->position = behind;
    }
    opening->report->snapshot_sequence = follow->snapshot_sequence;
    status = fx_bus_reader_open(
        follow->options.bus, place_of(follow), follow->position, &follow->reader);
    if (status != FX_OK) {
        return fail(opening, status, fx_bus_error_text(follow->options.bus));
    }
    status = catch_up(opening, false);
    if (status == FX_OK) {
        status = settle_map(opening);
    }
    return status == FX_OK ? drop_lost_snapshots(opening) : status;
}

fx_status fx_worker_follow_open(const struct fx_worker_follow_options *options,
                                struct fx_worker_follow **follow_out,
                                struct fx_worker_follow_report *report_out)
{
    FX_ASSERT(options->consumer_count <= FX_WORKER_FOLLOW_CONSUMERS_MAX);
    memset(report_out, 0, sizeof *report_out);
    struct fx_worker_follow *follow = calloc(1, sizeof *follow);
    if (follow == NULL) {
        return FX_NO_MEMORY;
    }
    const int64_t start_us = fx_clock_monotonic_us();
    struct opening opening = {.follow = follow, .report = report_out, .news_us = start_us};
    follow->options = *options;
    set_defaults(follow);
    const fx_status status = open_all(&opening);
    report_out->elapsed_us = fx_clock_monotonic_us() - start_us;
    if (status != FX_OK) {
        fx_worker_follow_abandon(follow);
        return status;
    }
    report_out->replayed = follow->replayed;
    report_out->sequence = fx_engine_sequence(follow->engine);
    report_out->end = follow->end;
    report_out->state_hash = fx_engine_hash(follow->engine);
    follow->snapshot_us = fx_worker_host_now_us(&follow->host);
    *follow_out = follow;
    return FX_OK;
}

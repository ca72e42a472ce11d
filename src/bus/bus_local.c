#include "bus/bus_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/panic.h"
#include "bus/bus_local_int.h"

enum { PENDING_MAX = 65536, REST_NS = 200000, RESTS_PER_MS = 5, COMMIT_SIZE_MAX = 192 };
enum { COMMITS_PAGE = 4096, COMMITS_BYTES_MAX = 1 << 20, COMMITS_MAX = 1 << 20 };

static const char COMMITS[] = "__commits";

/* Names of groups and topics are ours. */
static const struct fx_table_seed SEED = {{0x2545f4914f6cdd1d, 0x9e3779b97f4a7c15}};

static struct fx_bus_local *local_of(struct fx_bus *bus)
{
    return (struct fx_bus_local *)bus;
}

struct fx_bus_local_log *fx_bus_local_find(struct fx_bus_local *bus,
                                           struct fx_bus_place place,
                                           uint32_t *index_out)
{
    for (uint32_t index = 0; index < bus->log_count; index++) {
        struct fx_bus_local_log *log = bus->logs[index];
        if (log->partition == place.partition &&
            fx_str_is_equal(fx_str_of(log->topic), place.topic)) {
            *index_out = index;
            return log;
        }
    }
    return NULL;
}

void fx_bus_local_refresh(struct fx_bus_local *bus)
{
    for (uint32_t index = 0; index < bus->log_count; index++) {
        struct fx_bus_local_log *log = bus->logs[index];
        if (log->journal != NULL) {
            const uint64_t durable = fx_bus_journal_durable_seq(log->journal);
            log->durable = durable < log->end ? durable : log->end;
            if (fx_bus_journal_has_failed(log->journal)) {
                bus->head.fatal = FX_IO;
                (void)snprintf(bus->head.error,
                               sizeof bus->head.error,
                               "the journal of %s-%u has failed",
                               log->topic,
                               log->partition);
            }
        }
    }
}

struct fx_bus_local_group *fx_bus_local_group(struct fx_bus_local *bus, fx_str name)
{
    for (uint32_t index = 0; index < bus->group_count; index++) {
        if (fx_str_is_equal(fx_str_of(bus->groups[index]->name), name)) {
            return bus->groups[index];
        }
    }
    if (bus->group_count == FX_BUS_LOCAL_GROUPS_MAX) {
        return NULL;
    }
    struct fx_bus_local_group *group = calloc(1, sizeof *group);
    if (group == NULL || !fx_str_copy(name, group->name, sizeof group->name)) {
        free(group);
        return NULL;
    }
    bus->groups[bus->group_count++] = group;
    return group;
}

fx_status fx_bus_local_keep_commit(struct fx_bus_local *bus,
                                   const struct fx_bus_local_group *group,
                                   uint32_t log_index)
{
    char key[COMMIT_SIZE_MAX], value[32];
    uint64_t offset = 0;
    const struct fx_bus_local_log *log = bus->logs[log_index];
    if (bus->commits == NULL) {
        return FX_OK;
    }
    (void)snprintf(key, sizeof key, "%s %s %u", group->name, log->topic, log->partition);
    (void)snprintf(
        value, sizeof value, "%llu", (unsigned long long)(group->committed[log_index] - 1));
    const struct fx_bus_message message = {.key = fx_str_of(key), .value = fx_str_of(value)};
    return fx_bus_local_log_append(bus->commits, &message, 0, &offset);
}

/* The newest commit of each group and partition of an earlier life, whether it is in the window of
 * memory or only in the journal: a group that has not committed for long has not lost its place. */
static fx_status read_commits(struct fx_bus_local *bus)
{
    struct fx_bus_record *records = calloc(COMMITS_PAGE, sizeof *records);
    struct fx_buf bytes;
    fx_status status = records == NULL ? FX_NO_MEMORY : FX_OK;
    uint32_t count = COMMITS_PAGE;
    fx_buf_init(&bytes, COMMITS_BYTES_MAX);
    for (uint64_t from = 0; status == FX_OK && from < bus->commits->end && count > 0;) {
        fx_buf_clear(&bytes);
        /* The records borrow from `bytes`, which must not move. */
        status = fx_buf_reserve(&bytes, COMMITS_BYTES_MAX) == NULL ? FX_NO_MEMORY : FX_OK;
        if (status == FX_OK) {
            status =
                fx_bus_local_log_read(bus->commits, from, &bytes, records, COMMITS_PAGE, &count);
        }
        for (uint32_t index = 0; index < count && status == FX_OK; index++) {
            union fx_table_value value = {.number = 0};
            const bool is_read = fx_str_parse_u64(records[index].value, &value.number);
            if (is_read && !fx_table_str_put(&bus->recalled, records[index].key, value)) {
                status = FX_NO_MEMORY;
            }
            from = records[index].offset + 1;
        }
        if (count == 0 && from < bus->commits->first) {
            from = bus->commits->first; /* the journal's beginning was taken away */
            count = COMMITS_PAGE;
        }
    }
    fx_buf_deinit(&bytes);
    free(records);
    return status;
}

/* What the groups of a new partition committed in an earlier life. Keys: "group topic partition".
 */
static void recall_commits(struct fx_bus_local *bus, uint32_t log_index)
{
    const struct fx_bus_local_log *log = bus->logs[log_index];
    char wanted[COMMIT_SIZE_MAX];
    uint32_t cursor = 0;
    fx_str key = {0};
    union fx_table_value value;
    const int size = snprintf(wanted, sizeof wanted, " %s %u", log->topic, log->partition);
    FX_ASSERT(size > 0 && (size_t)size < sizeof wanted);
    while (fx_table_str_next(&bus->recalled, &cursor, &key, &value)) {
        const size_t space = fx_str_find(key, ' ', 0);
        if (space == SIZE_MAX ||
            !fx_str_is_equal(fx_str_slice(key, space, SIZE_MAX), fx_str_of(wanted))) {
            continue;
        }
        struct fx_bus_local_group *group = fx_bus_local_group(bus, fx_str_slice(key, 0, space));
        if (group != NULL) {
            group->committed[log_index] = value.number + 1;
        }
    }
}

static fx_status make_partition(struct fx_bus_local *bus,
                                const struct fx_bus_topic *topic,
                                uint32_t partition)
{
    const struct fx_bus_place place = {topic->name, partition};
    uint32_t index = 0;
    const struct fx_bus_local_log *known = fx_bus_local_find(bus, place, &index);
    if (known != NULL) {
        return known->partitions == topic->partitions ? FX_OK : FX_VERSION_MISMATCH;
    }
    if (partition > 0 && bus->logs[bus->log_count - 1]->partition != partition - 1) {
        return FX_VERSION_MISMATCH; /* the topic is known with fewer */
    }
    if (bus->log_count == FX_BUS_LOCAL_LOGS_MAX) {
        return FX_CAPACITY;
    }
    struct fx_bus_local_log *log = NULL;
    const fx_status status = fx_bus_local_log_open(&bus->options, place, &log);
    if (status == FX_OK) {
        log->partitions = topic->partitions;
        bus->logs[bus->log_count] = log;
        recall_commits(bus, bus->log_count);
        bus->log_count++;
    }
    return status;
}

static fx_status local_make(struct fx_bus *head,
                            const struct fx_bus_topic topics[],
                            uint32_t count, // NOLINT(bugprone-easily-swappable-parameters): port
                            uint32_t timeout_ms)
{
    struct fx_bus_local *bus = local_of(head);
    fx_status status = FX_OK;
    (void)timeout_ms;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        for (uint32_t partition = 0; partition < topics[index].partitions && status == FX_OK;
             partition++) {
            status = make_partition(bus, &topics[index], partition);
        }
        if (status != FX_OK) {
            (void)snprintf(head->error,
                           sizeof head->error,
                           "topic %.*s cannot be made: %s",
                           (int)topics[index].name.size,
                           topics[index].name.data,
                           fx_status_name(status));
        }
    }
    return status;
}

static fx_status local_publish(struct fx_bus *head, const struct fx_bus_message *message)
{
    struct fx_bus_local *bus = local_of(head);
    uint32_t index = 0;
    struct fx_bus_place place = {message->topic, 0};
    struct fx_bus_local_log *log = fx_bus_local_find(bus, place, &index);
    if (log != NULL && message->partition != 0) {
        place.partition = message->partition == FX_BUS_BY_KEY
                              ? fx_bus_murmur2(message->key) % log->partitions
                              : message->partition;
        log = fx_bus_local_find(bus, place, &index);
    }
    if (log == NULL) {
        return FX_NOT_FOUND;
    }
    if (bus->pending_end - bus->pending_first == bus->options.pending_max) {
        return FX_BUSY;
    }
    const int64_t now_us = bus->options.clock == NULL ? 0 : bus->options.clock();
    uint64_t offset = 0;
    const fx_status status = fx_bus_local_log_append(log, message, now_us / 1000, &offset);
    if (status != FX_OK) {
        return status;
    }
    bus->pending[bus->pending_end % bus->options.pending_max] =
        (struct fx_bus_local_pending){.token = message->token, .offset = offset, .log = log};
    bus->pending_end++;
    return FX_OK;
}

static void rest(void)
{
    const struct timespec pause = {.tv_nsec = REST_NS};
    (void)nanosleep(&pause, NULL);
}

static bool is_front_durable(struct fx_bus_local *bus)
{
    fx_bus_local_refresh(bus);
    if (bus->pending_first == bus->pending_end) {
        return false;
    }
    const struct fx_bus_local_pending *front =
        &bus->pending[bus->pending_first % bus->options.pending_max];
    return front->offset < front->log->durable;
}

static uint32_t local_poll(struct fx_bus *head,
                           uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                           struct fx_bus_delivery deliveries_out[],
                           uint32_t capacity)
{
    struct fx_bus_local *bus = local_of(head);
    uint32_t count = 0;
    for (uint64_t turn = 0; turn < (uint64_t)timeout_ms * RESTS_PER_MS &&
                            bus->pending_first != bus->pending_end && !is_front_durable(bus);
         turn++) {
        rest();
    }
    while (count < capacity && is_front_durable(bus)) {
        const struct fx_bus_local_pending *front =
            &bus->pending[bus->pending_first % bus->options.pending_max];
        deliveries_out[count++] = (struct fx_bus_delivery){.token = front->token,
                                                           .status = FX_OK,
                                                           .partition = front->log->partition,
                                                           .offset = front->offset};
        bus->pending_first++;
    }
    return count;
}

static fx_status local_flush(struct fx_bus *head, uint32_t timeout_ms)
{
    struct fx_bus_local *bus = local_of(head);
    for (uint64_t turn = 0; turn <= (uint64_t)timeout_ms * RESTS_PER_MS; turn++) {
        bool is_done = true;
        fx_bus_local_refresh(bus);
        for (uint32_t index = 0; index < bus->log_count; index++) {
            is_done = is_done && bus->logs[index]->durable == bus->logs[index]->end;
        }
        if (is_done) {
            return FX_OK;
        }
        rest();
    }
    return FX_TIMEOUT;
}

static uint32_t local_pending(const struct fx_bus *head)
{
    const struct fx_bus_local *bus = (const struct fx_bus_local *)head;
    return (uint32_t)(bus->pending_end - bus->pending_first);
}

static fx_status local_span(struct fx_bus *head,
                            struct fx_bus_place place,
                            uint32_t timeout_ms,
                            struct fx_bus_span *span_out)
{
    struct fx_bus_local *bus = local_of(head);
    uint32_t index = 0;
    const struct fx_bus_local_log *log = fx_bus_local_find(bus, place, &index);
    (void)timeout_ms;
    if (log == NULL) {
        return FX_NOT_FOUND;
    }
    fx_bus_local_refresh(bus);
    span_out->first = log->journal == NULL ? log->first : 0;
    span_out->end = log->durable;
    return FX_OK;
}

static void release(struct fx_bus_local *bus, bool is_abandoned)
{
    for (uint32_t index = 0; index < bus->log_count; index++) {
        fx_bus_local_log_close(bus->logs[index], is_abandoned);
    }
    for (uint32_t index = 0; index < bus->group_count; index++) {
        free(bus->groups[index]);
    }
    fx_bus_local_log_close(bus->commits, is_abandoned);
    fx_table_str_deinit(&bus->recalled);
    free(bus->pending);
    free(bus);
}

static void local_close(struct fx_bus *head)
{
    release(local_of(head), false);
}

void fx_bus_local_abandon(struct fx_bus *bus)
{
    release(local_of(bus), true);
}

static const struct fx_bus_ops OPS = {.close = local_close,
                                      .make = local_make,
                                      .publish = local_publish,
                                      .poll = local_poll,
                                      .flush = local_flush,
                                      .pending = local_pending,
                                      .span = local_span,
                                      .reader_open = fx_bus_local_read_open,
                                      .reader_join = fx_bus_local_read_join};

fx_status fx_bus_local_open(const struct fx_bus_local_options *options, struct fx_bus **bus_out)
{
    struct fx_bus_local *bus = calloc(1, sizeof *bus);
    if (bus == NULL) {
        return FX_NO_MEMORY;
    }
    bus->head.ops = &OPS;
    bus->options = *options;
    if (bus->options.pending_max == 0) {
        bus->options.pending_max = PENDING_MAX;
    }
    if (bus->options.system.ops == NULL) {
        bus->options.system = fx_bus_file_posix();
    }
    fx_table_str_init(&bus->recalled, COMMITS_MAX, SEED);
    bus->pending = calloc(bus->options.pending_max, sizeof bus->pending[0]);
    fx_status status = bus->pending == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK && options->dir != NULL) {
        const struct fx_bus_place place = {fx_str_of(COMMITS), 0};
        status = fx_bus_local_log_open(&bus->options, place, &bus->commits);
        if (status == FX_OK) {
            status = read_commits(bus);
        }
    }
    if (status != FX_OK) {
        release(bus, false);
        return status;
    }
    *bus_out = &bus->head;
    return FX_OK;
}

/* Readers of the local bus, and the sharing of partitions in a group. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/panic.h"
#include "bus/bus_local_int.h"

enum {
    BATCH_SIZE_BYTES = 4 << 20, /* and the largest record is below it */
    REST_NS = 200000,
    RESTS_PER_MS = 5
};

struct fx_bus_local_reader {
    struct fx_bus_reader head;
    struct fx_bus_local *bus;
    struct fx_bus_local_group *group; /* NULL: one partition, no group */
    struct fx_bus_group options;      /* its texts are not used after the opening */
    char topics[FX_BUS_TOPICS_MAX][FX_BUS_NAME_SIZE_MAX + 1];
    bool is_mine[FX_BUS_LOCAL_LOGS_MAX];
    uint64_t offsets[FX_BUS_LOCAL_LOGS_MAX];
    bool is_at_end; /* the last poll found nothing */
    uint32_t turn;  /* the partition that is read first next time */
    struct fx_buf bytes;
};

static struct fx_bus_local_reader *reader_of(struct fx_bus_reader *head)
{
    return (struct fx_bus_local_reader *)head;
}

static bool wants(const struct fx_bus_local_reader *reader, const struct fx_bus_local_log *log)
{
    for (uint32_t index = 0; index < reader->options.topic_count; index++) {
        if (strcmp(reader->topics[index], log->topic) == 0) {
            return true;
        }
    }
    return false;
}

/* Whose the partition should be: the members that want it take turns. */
static struct fx_bus_local_reader *target_of(const struct fx_bus_local_group *group,
                                             const struct fx_bus_local_log *log)
{
    struct fx_bus_local_reader *willing[FX_BUS_LOCAL_MEMBERS_MAX];
    uint32_t count = 0;
    for (uint32_t index = 0; index < group->member_count; index++) {
        if (wants(group->members[index], log)) {
            willing[count++] = group->members[index];
        }
    }
    return count == 0 ? NULL : willing[log->partition % count];
}

static void give_up(struct fx_bus_local_reader *reader, uint32_t index)
{
    const struct fx_bus_local_log *log = reader->bus->logs[index];
    const struct fx_bus_place place = {fx_str_of(log->topic), log->partition};
    if (reader->options.on_revoked != NULL) {
        reader->options.on_revoked(reader->options.context, place, false);
    }
    reader->is_mine[index] = false;
    reader->group->owner[index] = NULL;
}

static void take(struct fx_bus_local_reader *reader, uint32_t index)
{
    const struct fx_bus_local_log *log = reader->bus->logs[index];
    const struct fx_bus_place place = {fx_str_of(log->topic), log->partition};
    uint64_t offset = FX_BUS_COMMITTED;
    if (reader->options.on_assigned != NULL) {
        offset = reader->options.on_assigned(reader->options.context, place);
    }
    const uint64_t committed = reader->group->committed[index];
    const uint64_t first = log->journal == NULL ? log->first : 0;
    if (offset == FX_BUS_COMMITTED) {
        offset = committed == 0 ? first : committed - 1;
    } else if (offset == FX_BUS_FIRST) {
        offset = first;
    }
    reader->offsets[index] = offset;
    reader->is_mine[index] = true;
    reader->group->owner[index] = reader;
}

/* Give up first what is no longer ours; take what is ours and nobody holds: never two at once. */
static void settle(struct fx_bus_local_reader *reader)
{
    for (uint32_t index = 0; reader->group != NULL && index < reader->bus->log_count; index++) {
        const struct fx_bus_local_reader *target =
            target_of(reader->group, reader->bus->logs[index]);
        if (reader->is_mine[index] && target != reader) {
            give_up(reader, index);
        } else if (target == reader && reader->group->owner[index] == NULL) {
            take(reader, index);
        }
    }
}

static fx_status read_all(struct fx_bus_local_reader *reader,
                          struct fx_bus_record records_out[],
                          uint32_t capacity,
                          uint32_t *count_out)
{
    const uint32_t log_count = reader->bus->log_count;
    fx_status status = FX_OK;
    fx_buf_clear(&reader->bytes);
    for (uint32_t step = 0; step < log_count && status == FX_OK; step++) {
        const uint32_t index = (reader->turn + step) % log_count;
        uint32_t count = 0;
        if (!reader->is_mine[index] || reader->options.is_silent || *count_out == capacity) {
            continue;
        }
        status = fx_bus_local_log_read(reader->bus->logs[index],
                                       reader->offsets[index],
                                       &reader->bytes,
                                       &records_out[*count_out],
                                       capacity - *count_out,
                                       &count);
        reader->offsets[index] += count;
        *count_out += count;
        if (status == FX_NOT_FOUND) {
            (void)snprintf(reader->head.error,
                           sizeof reader->head.error,
                           "%s-%u has no record %llu",
                           reader->bus->logs[index]->topic,
                           reader->bus->logs[index]->partition,
                           (unsigned long long)reader->offsets[index]);
        }
    }
    reader->turn = log_count == 0 ? 0 : (reader->turn + 1) % log_count;
    return status;
}

/* True where a journal is about to make something visible. */
static bool is_waiting(const struct fx_bus_local_reader *reader)
{
    for (uint32_t index = 0; index < reader->bus->log_count && !reader->options.is_silent;
         index++) {
        const struct fx_bus_local_log *log = reader->bus->logs[index];
        if (reader->is_mine[index] && log->durable < log->end) {
            return true;
        }
    }
    return false;
}

static fx_status local_poll(struct fx_bus_reader *head,
                            uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                            struct fx_bus_record records_out[],
                            uint32_t capacity,
                            uint32_t *count_out)
{
    struct fx_bus_local_reader *reader = reader_of(head);
    fx_status status = FX_OK;
    settle(reader);
    for (uint64_t turn = 0; turn <= (uint64_t)timeout_ms * RESTS_PER_MS; turn++) {
        fx_bus_local_refresh(reader->bus);
        status = read_all(reader, records_out, capacity, count_out);
        if (status != FX_OK || *count_out > 0 || !is_waiting(reader)) {
            break;
        }
        const struct timespec pause = {.tv_nsec = REST_NS};
        (void)nanosleep(&pause, NULL);
    }
    reader->is_at_end = status == FX_OK && *count_out == 0;
    return status;
}

/* Its one partition. @return its place among all; the number of all where it is a group's member.
 */
static uint32_t single_of(const struct fx_bus_local_reader *reader)
{
    uint32_t index = 0;
    while (index < reader->bus->log_count && (!reader->is_mine[index] || reader->group != NULL)) {
        index++;
    }
    return index;
}

static bool local_is_at_end(const struct fx_bus_reader *head, uint64_t *next_out)
{
    const struct fx_bus_local_reader *reader = (const struct fx_bus_local_reader *)head;
    const uint32_t index = single_of(reader);
    if (index == reader->bus->log_count) {
        return false;
    }
    *next_out = reader->offsets[index];
    return reader->is_at_end;
}

static bool local_end(const struct fx_bus_reader *head, uint64_t *end_out)
{
    const struct fx_bus_local_reader *reader = (const struct fx_bus_local_reader *)head;
    const uint32_t index = single_of(reader);
    if (index == reader->bus->log_count) {
        return false;
    }
    *end_out = reader->bus->logs[index]->durable;
    return true;
}

static fx_status local_commit(struct fx_bus_reader *head,
                              struct fx_bus_place place,
                              uint64_t next_offset)
{
    struct fx_bus_local_reader *reader = reader_of(head);
    uint32_t index = 0;
    const struct fx_bus_local_log *log = fx_bus_local_find(reader->bus, place, &index);
    if (log == NULL || reader->group == NULL) {
        return FX_BAD_PARAMETER;
    }
    const bool is_outside = reader->options.topic_count == 0 && reader->group->member_count == 0;
    if (reader->group->owner[index] != reader && !is_outside) {
        return FX_STALE;
    }
    reader->group->committed[index] = next_offset + 1;
    return fx_bus_local_keep_commit(reader->bus, reader->group, index);
}

static fx_status local_committed(struct fx_bus_reader *head,
                                 struct fx_bus_place place,
                                 uint64_t *next_out)
{
    const struct fx_bus_local_reader *reader = reader_of(head);
    uint32_t index = 0;
    if (fx_bus_local_find(reader->bus, place, &index) == NULL || reader->group == NULL) {
        return FX_BAD_PARAMETER;
    }
    if (reader->group->committed[index] == 0) {
        return FX_NOT_FOUND;
    }
    *next_out = reader->group->committed[index] - 1;
    return FX_OK;
}

static void local_close(struct fx_bus_reader *head)
{
    struct fx_bus_local_reader *reader = reader_of(head);
    struct fx_bus_local_group *group = reader->group;
    for (uint32_t index = 0; group != NULL && index < reader->bus->log_count; index++) {
        if (reader->is_mine[index]) {
            give_up(reader, index);
        }
    }
    for (uint32_t index = 0; group != NULL && index < group->member_count; index++) {
        if (group->members[index] == reader) {
            group->members[index] = group->members[group->member_count - 1];
            group->member_count--;
        }
    }
    fx_buf_deinit(&reader->bytes);
    free(reader);
}

static const struct fx_bus_reader_ops OPS = {.close = local_close,
                                             .poll = local_poll,
                                             .commit = local_commit,
                                             .committed = local_committed,
                                             .is_at_end = local_is_at_end,
                                             .end = local_end};

static struct fx_bus_local_reader *create(struct fx_bus *bus)
{
    struct fx_bus_local_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return NULL;
    }
    reader->head.ops = &OPS;
    reader->bus = (struct fx_bus_local *)bus;
    fx_buf_init(&reader->bytes, BATCH_SIZE_BYTES);
    if (fx_buf_reserve(&reader->bytes, BATCH_SIZE_BYTES) == NULL) { /* so that it never moves */
        fx_buf_deinit(&reader->bytes);
        free(reader);
        return NULL;
    }
    return reader;
}

fx_status fx_bus_local_read_open(struct fx_bus *bus,
                                 struct fx_bus_place place,
                                 uint64_t offset,
                                 struct fx_bus_reader **reader_out)
{
    uint32_t index = 0;
    const struct fx_bus_local_log *log =
        fx_bus_local_find((struct fx_bus_local *)bus, place, &index);
    if (log == NULL) {
        return FX_NOT_FOUND;
    }
    struct fx_bus_local_reader *reader = create(bus);
    if (reader == NULL) {
        return FX_NO_MEMORY;
    }
    const uint64_t first = log->journal == NULL ? log->first : 0;
    reader->is_mine[index] = true;
    reader->offsets[index] = offset == FX_BUS_FIRST ? first : offset;
    *reader_out = &reader->head;
    return FX_OK;
}

fx_status fx_bus_local_read_join(struct fx_bus *bus,
                                 const struct fx_bus_group *group,
                                 struct fx_bus_reader **reader_out)
{
    struct fx_bus_local_group *shared = fx_bus_local_group((struct fx_bus_local *)bus, group->name);
    if (shared == NULL || shared->member_count == FX_BUS_LOCAL_MEMBERS_MAX) {
        return FX_CAPACITY;
    }
    struct fx_bus_local_reader *reader = create(bus);
    if (reader == NULL) {
        return FX_NO_MEMORY;
    }
    reader->group = shared;
    reader->options = *group;
    for (uint32_t index = 0; index < group->topic_count; index++) {
        const bool is_copied =
            fx_str_copy(group->topics[index], reader->topics[index], sizeof reader->topics[index]);
        FX_ASSERT(is_copied);
    }
    if (group->topic_count > 0) {
        shared->members[shared->member_count++] = reader;
    }
    *reader_out = &reader->head;
    return FX_OK;
}

/* One partition of the local bus: a window of records in memory, and its journal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/panic.h"
#include "bus/bus_local_int.h"

enum {
    BODY_HEADER_SIZE = 12, /* u32 size of the key, i64 time in ms */
    RECORDS_MIN = 256,
    RECORD_TYPE = 1,
    RING_SIZE_MIN = 65536,
    WINDOW_SIZE_BYTES = 64 << 20,
    FIRST_SEGMENT_BYTES = 8 << 20
};

/* Take the newest record into the window; the oldest give way. */
static fx_status keep(struct fx_bus_local_log *log, struct fx_bus_local_record *record)
{
    while (log->first < log->end && log->size_bytes + record->size > log->window_size_bytes) {
        struct fx_bus_local_record *oldest = log->records[log->first & (log->capacity - 1)];
        log->size_bytes -= oldest->size;
        log->first++;
        free(oldest);
    }
    if (log->end - log->first == log->capacity) {
        const uint32_t capacity = log->capacity == 0 ? RECORDS_MIN : log->capacity * 2;
        struct fx_bus_local_record **records = calloc(
            capacity, sizeof(struct fx_bus_local_record *)); // NOLINT(bugprone-sizeof-expression)
        if (records == NULL) {
            return FX_NO_MEMORY;
        }
        for (uint64_t offset = log->first; offset < log->end; offset++) {
            records[offset & (capacity - 1)] = log->records[offset & (log->capacity - 1)];
        }
        free(log->records);
        log->records = records;
        log->capacity = capacity;
    }
    log->records[log->end & (log->capacity - 1)] = record;
    log->size_bytes += record->size;
    log->end++;
    return FX_OK;
}

static fx_status on_recovered(void *context, const struct fx_bus_journal_record *journaled)
{
    struct fx_bus_local_log *log = context;
    struct fx_bus_local_record *record = malloc(sizeof *record + journaled->bytes.size);
    struct fx_bus_record parts;
    if (record == NULL) {
        return FX_NO_MEMORY;
    }
    if (!fx_bus_local_log_decode(journaled->bytes, &parts)) {
        free(record);
        return FX_CORRUPT;
    }
    if (log->first == log->end) {
        log->first = log->end = journaled->seq - 1;
    }
    record->size = (uint32_t)journaled->bytes.size;
    memcpy(record->body, journaled->bytes.data, journaled->bytes.size);
    const fx_status status = keep(log, record);
    if (status != FX_OK) {
        free(record);
    }
    return status;
}

static fx_status open_journal(const struct fx_bus_local_options *options,
                              struct fx_bus_local_log *log)
{
    const uint64_t segment = options->segment_size_bytes;
    struct fx_bus_journal_options journal = {
        .system = options->system,
        .dir = log->dir,
        .mode = options->mode,
        .segment_size_bytes = segment,
        .first_segment_bytes = segment != 0 && segment < FIRST_SEGMENT_BYTES ? segment : 0,
        .on_record = on_recovered,
        .recover_context = log};
    struct fx_bus_journal_report report;
    if (segment != 0 && segment < FIRST_SEGMENT_BYTES) {
        journal.frame_size_max = (uint32_t)(segment / 4);
        journal.ring_size_bytes = RING_SIZE_MIN;
        while (journal.ring_size_bytes < segment / 2) {
            journal.ring_size_bytes <<= 1;
        }
    }
    fx_status status = fx_bus_journal_open(&journal, &log->journal, &report);
    if (status == FX_OK) {
        status = fx_bus_journal_start(log->journal);
        log->durable = log->end;
    }
    return status;
}

fx_status fx_bus_local_log_open(const struct fx_bus_local_options *options,
                                struct fx_bus_place place,
                                struct fx_bus_local_log **log_out)
{
    struct fx_bus_local_log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status =
        fx_str_copy(place.topic, log->topic, sizeof log->topic) ? FX_OK : FX_BAD_PARAMETER;
    log->partition = place.partition;
    log->window_size_bytes =
        options->window_size_bytes == 0 ? WINDOW_SIZE_BYTES : options->window_size_bytes;
    if (status == FX_OK && options->dir != NULL) {
        const int size = snprintf(
            log->dir, sizeof log->dir, "%s/%s-%u", options->dir, log->topic, log->partition);
        status = size < 0 || (size_t)size >= sizeof log->dir ? FX_BAD_PARAMETER
                                                             : open_journal(options, log);
    }
    if (status != FX_OK) {
        fx_bus_local_log_close(log, false);
        return status;
    }
    *log_out = log;
    return FX_OK;
}

void fx_bus_local_log_close(struct fx_bus_local_log *log, bool is_abandoned)
{
    if (log == NULL) {
        return;
    }
    if (is_abandoned && log->journal != NULL) {
        fx_bus_journal_abandon(log->journal);
    } else {
        fx_bus_journal_close(log->journal);
    }
    for (uint64_t offset = log->first; offset < log->end; offset++) {
        free(log->records[offset & (log->capacity - 1)]);
    }
    free(log->records);
    free(log);
}

fx_status fx_bus_local_log_append(struct fx_bus_local_log *log,
                                  const struct fx_bus_message *message,
                                  int64_t time_ms,
                                  uint64_t *offset_out)
{
    const size_t size = BODY_HEADER_SIZE + message->key.size + message->value.size;
    const uint32_t key_size = (uint32_t)message->key.size;
    struct fx_bus_local_record *record = malloc(sizeof *record + size);
    if (record == NULL) {
        return FX_NO_MEMORY;
    }
    record->size = (uint32_t)size;
    memcpy(record->body, &key_size, sizeof key_size);
    memcpy(&record->body[sizeof key_size], &time_ms, sizeof time_ms);
    if (key_size > 0) {
        memcpy(&record->body[BODY_HEADER_SIZE], message->key.data, key_size);
    }
    memcpy(&record->body[BODY_HEADER_SIZE + key_size], message->value.data, message->value.size);
    fx_status status = FX_OK;
    if (log->journal != NULL) {
        uint64_t seq = 0;
        const fx_str body = {record->body, size};
        status = size > fx_bus_journal_record_size_max(log->journal)
                     ? FX_BODY_TOO_LARGE
                     : fx_bus_journal_append(log->journal, RECORD_TYPE, body, &seq);
        FX_ASSERT(status != FX_OK || seq == log->end + 1);
        fx_bus_journal_wake(log->journal);
    }
    const uint64_t offset = log->end;
    if (status == FX_OK) {
        status = keep(log, record);
    }
    if (status != FX_OK) {
        free(record);
        return status;
    }
    if (log->journal == NULL) {
        log->durable = log->end;
    }
    *offset_out = offset;
    return FX_OK;
}

bool fx_bus_local_log_decode(fx_str body, struct fx_bus_record *record_out)
{
    uint32_t key_size = 0;
    if (body.size < BODY_HEADER_SIZE) {
        return false;
    }
    memcpy(&key_size, body.data, sizeof key_size);
    if (key_size > body.size - BODY_HEADER_SIZE) {
        return false;
    }
    memcpy(&record_out->time_ms, &body.data[sizeof key_size], sizeof record_out->time_ms);
    record_out->key = (fx_str){&body.data[BODY_HEADER_SIZE], key_size};
    record_out->value = fx_str_slice(body, BODY_HEADER_SIZE + key_size, SIZE_MAX);
    return true;
}

/* Records on their way to a reader. */
struct copying {
    const struct fx_bus_local_log *log;
    struct fx_buf *bytes;
    struct fx_bus_record *records;
    uint32_t capacity;
    uint32_t count;
};

/* @return BUSY where there is no room: the copying ends. */
static fx_status copy(struct copying *copying, fx_str body, uint64_t offset)
{
    char *target =
        copying->count == copying->capacity ? NULL : fx_buf_reserve(copying->bytes, body.size);
    if (target == NULL) {
        copying->bytes->is_overflow = false;
        return FX_BUSY;
    }
    memcpy(target, body.data, body.size);
    fx_buf_add(copying->bytes, body.size);
    struct fx_bus_record *record = &copying->records[copying->count];
    if (!fx_bus_local_log_decode((fx_str){target, body.size}, record)) {
        return FX_CORRUPT;
    }
    record->topic = fx_str_of(copying->log->topic);
    record->partition = copying->log->partition;
    record->offset = offset;
    copying->count++;
    return FX_OK;
}

static fx_status on_old_record(void *context, const struct fx_bus_journal_record *journaled)
{
    struct copying *copying = context;
    /* Never near the end, where the owner writes: what is in memory is read there. */
    return journaled->seq > copying->log->first
               ? FX_BUSY
               : copy(copying, journaled->bytes, journaled->seq - 1);
}

fx_status fx_bus_local_log_read(const struct fx_bus_local_log *log,
                                uint64_t offset,
                                struct fx_buf *bytes,
                                struct fx_bus_record records_out[],
                                uint32_t capacity,
                                uint32_t *count_out)
{
    struct copying copying = {
        .log = log, .bytes = bytes, .records = records_out, .capacity = capacity};
    fx_status status = FX_OK;
    *count_out = 0;
    if (offset > log->end || (offset < log->first && log->journal == NULL)) {
        return FX_NOT_FOUND;
    }
    if (offset < log->first) {
        const struct fx_bus_journal_recover_options options = {.system = fx_bus_file_posix(),
                                                               .dir = log->dir,
                                                               .from_seq = offset + 1,
                                                               .on_record = on_old_record,
                                                               .context = &copying};
        struct fx_bus_journal_report report;
        status = fx_bus_journal_replay(&options, &report);
    } else {
        for (uint64_t at = offset; at < log->durable && status == FX_OK; at++) {
            const struct fx_bus_local_record *record = log->records[at & (log->capacity - 1)];
            status = copy(&copying, (fx_str){record->body, record->size}, at);
        }
    }
    *count_out = copying.count;
    return status == FX_BUSY ? FX_OK : status;
}

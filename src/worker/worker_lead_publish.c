/* Outputs onto the bus: in order, behind what is there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "worker/worker_lead_int.h"

enum {
    STEP_RECORDS = 16,
    BATCH_SIZE = 250000, /* bytes of a record that does not wait for more */
    BATCH_SIZE_MAX = 990000,
    WAY_RECORDS = 5, /* on their way: what librdkafka sends at most before an answer */
    LOOK_BACK = 16,  /* records at the end that are looked at first; then eight times as many … */
    LOOK_TIMES = 8,
    LOOK_MS = 100,
    OPERATION_BITS = 20,
    KEY_SIZE = 48
};

/* "epoch:operationId": what a consumer needs to know before it reads the value. */
static fx_status parse_key(fx_str key, uint64_t *operation_id_out)
{
    uint64_t epoch = 0;
    const size_t colon = fx_str_find(key, ':', 0);
    if (colon == SIZE_MAX || !fx_str_parse_u64(fx_str_slice(key, 0, colon), &epoch) ||
        !fx_str_parse_u64(fx_str_slice(key, colon + 1, SIZE_MAX), operation_id_out)) {
        return FX_CORRUPT;
    }
    return FX_OK;
}

/* A key that no leader of this log can have written says nothing. */
static void take_key(fx_str key, uint64_t log_end, uint64_t *operation_id_out)
{
    uint64_t operation_id = 0;
    if (parse_key(key, &operation_id) != FX_OK || operation_id >> OPERATION_BITS > log_end) {
        FX_LOG(FX_LOG_ERROR,
               "lead",
               "a record of matching_engine_output is of no leader of this log, and is ignored",
               fx_log_str("key", fx_str_slice(key, 0, KEY_SIZE)),
               fx_log_u64("log_end", log_end));
    } else if (operation_id > *operation_id_out) {
        /* A passed leader's repetition may be behind its successor's outputs. */
        *operation_id_out = operation_id;
    }
}

static fx_status read_keys(const struct fx_worker_lead *lead,
                           struct fx_bus_reader *reader,
                           struct fx_bus_span span,
                           uint64_t *operation_id_out)
{
    struct fx_bus_record records[LOOK_BACK];
    struct fx_bus_span input = {0};
    const struct fx_bus_place place = {lead->options.follow.topic, lead->options.follow.partition};
    uint64_t position = span.first;
    fx_status status = fx_bus_span(lead->options.bus, place, lead->options.wait_ms, &input);
    for (uint32_t turn = 0; status == FX_OK && position < span.end; turn++) {
        uint32_t count = 0;
        status = fx_bus_reader_poll(reader, LOOK_MS, records, LOOK_BACK, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            take_key(records[index].key, input.end + lead->base, operation_id_out);
            position = records[index].offset + 1;
            turn = 0;
        }
        if (count == 0 && fx_bus_reader_is_at_end(reader, &position)) {
            break;
        }
        if (turn * LOOK_MS > lead->options.wait_ms) {
            return FX_TIMEOUT;
        }
    }
    return status;
}

/* What the records from span.first on say. */
static fx_status look(const struct fx_worker_lead *lead,
                      struct fx_bus_span span,
                      uint64_t *operation_id_out)
{
    struct fx_bus_reader *reader = NULL;
    fx_status status =
        fx_bus_reader_open(lead->options.bus, lead->options.output, span.first, &reader);
    if (status == FX_OK) {
        status = read_keys(lead, reader, span, operation_id_out);
        fx_bus_reader_close(reader);
    }
    return status;
}

fx_status fx_worker_lead_publish_find_last(struct fx_worker_lead *lead, uint64_t *operation_id_out)
{
    struct fx_bus_span span = {0};
    bool is_all = false;
    *operation_id_out = 0;
    fx_status status =
        fx_bus_span(lead->options.bus, lead->options.output, lead->options.wait_ms, &span);
    for (uint64_t back = LOOK_BACK;
         status == FX_OK && *operation_id_out == 0 && span.end > span.first && !is_all;
         back *= LOOK_TIMES) {
        is_all = back >= span.end - span.first;
        const struct fx_bus_span part = {is_all ? span.first : span.end - back, span.end};
        status = look(lead, part, operation_id_out);
    }
    return status;
}

/* Fill the batch from the backlog. */
static void gather(struct fx_worker_lead *lead)
{
    struct fx_worker_backlog_entry entry;
    while (fx_worker_backlog_peek(&lead->backlog, &entry)) {
        const bool is_new = entry.operation_id > lead->published;
        if (is_new && lead->batch_last != 0 &&
            lead->batch.size + entry.text.size + 2 > BATCH_SIZE_MAX) {
            return;
        }
        if (is_new) {
            fx_buf_append_byte(&lead->batch, lead->batch_last == 0 ? '[' : ',');
            fx_buf_append(&lead->batch, entry.text);
            lead->batch_last = entry.operation_id;
            atomic_fetch_add_explicit(&lead->outputs, 1, memory_order_relaxed);
        }
        fx_worker_backlog_remove(&lead->backlog);
    }
}

/* @return OK: the batch is on its way; BUSY: later. */
static fx_status send(struct fx_worker_lead *lead)
{
    char key[KEY_SIZE];
    const int size =
        snprintf(key, sizeof key, "%" PRIu64 ":%" PRIu64, lead->epoch, lead->batch_last);
    fx_buf_append_byte(&lead->batch, ']');
    if (lead->batch.is_overflow) {
        return FX_CAPACITY;
    }
    const struct fx_bus_message message = {.topic = lead->options.output.topic,
                                           .partition = lead->options.output.partition,
                                           .key = {key, (size_t)size},
                                           .value = fx_buf_str(&lead->batch),
                                           .token = lead->batch_last};
    const fx_status status = fx_bus_publish(lead->options.bus, &message);
    if (status == FX_OK) {
        lead->published = lead->batch_last;
        lead->batch_last = 0;
        fx_buf_clear(&lead->batch);
        atomic_fetch_add_explicit(&lead->records, 1, memory_order_relaxed);
    } else {
        lead->batch.size--; /* the bracket, until it is tried again */
    }
    return status;
}

/* F8: a small record waits while others are on their way, and grows; a large one waits only where
 * librdkafka would keep it. */
int fx_worker_lead_publish_outputs(struct fx_worker_lead *lead)
{
    int count = 0;
    const int64_t now_us = fx_worker_host_now_us(&lead->host);
    const bool is_away = fx_worker_group_is_away(&lead->group, now_us);
    while (count < STEP_RECORDS) {
        const uint32_t on_way = fx_bus_pending(lead->options.bus);
        gather(lead);
        if (lead->batch_last == 0 || (on_way >= WAY_RECORDS && !is_away) ||
            (lead->batch.size < BATCH_SIZE &&
             fx_worker_group_waits(&lead->group, on_way, now_us))) {
            break;
        }
        const fx_status status = send(lead);
        if (status == FX_BUSY) {
            break;
        }
        if (status != FX_OK) {
            fx_worker_lead_fail(lead, status, "an output cannot be published");
            break;
        }
        fx_worker_group_add(&lead->group, on_way, now_us);
        count++;
    }
    return count;
}

bool fx_worker_lead_publish_small(struct fx_worker_lead *lead, struct fx_bus_place place)
{
    const struct fx_bus_message message = {
        .topic = place.topic, .partition = place.partition, .value = fx_buf_str(&lead->small)};
    if (lead->small.is_overflow) {
        return false;
    }
    const fx_status status = fx_bus_publish(lead->options.follow.bus, &message);
    if (status != FX_OK && status != FX_BUSY) {
        fx_worker_lead_fail(lead, status, "a record cannot be published");
    }
    return status == FX_OK;
}

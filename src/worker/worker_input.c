#include "worker/worker_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "wire/wire_topic_out.h"

/* 9999-12-31: what lies beyond is a mistake of units. */
static const int64_t TIME_MS_MAX = 253402300799999LL;

enum { DUMP_EVENTS = 256, US_PER_MS = 1000, POLL_MS = 50 };

struct fx_worker_input {
    struct fx_instrument instruments[FX_INSTRUMENTS_MAX]; /* by index */
    bool is_known[FX_INSTRUMENTS_MAX];
    uint32_t count; /* above the largest index */
    uint64_t base;
    struct fx_json json;
};

struct fx_worker_input *fx_worker_input_create(void)
{
    void *memory = aligned_alloc(16, (sizeof(struct fx_worker_input) + 15U) & ~(size_t)15U);
    if (memory != NULL) {
        memset(memory, 0, sizeof(struct fx_worker_input));
    }
    return memory;
}

void fx_worker_input_destroy(struct fx_worker_input *input)
{
    free(input);
}

void fx_worker_input_set_base(struct fx_worker_input *input, uint64_t base)
{
    input->base = base;
}

/* @return true where the record begins a log. */
static bool read_base(struct fx_worker_input *input,
                      const struct fx_bus_record *record,
                      uint64_t *base_out)
{
    struct fx_wire_topic_in in;
    fx_str field = {0};
    memset(&in, 0, sizeof in);
    if (fx_worker_input_decode(input, record, &in, &field) != FX_OK ||
        in.kind != FX_WIRE_TOPIC_IN_COMMAND || in.command.kind != FX_COMMAND_INITIALIZE_ENGINE) {
        return false;
    }
    *base_out = in.first_sequence == 0 ? 0 : in.first_sequence - 1;
    return true;
}

fx_status fx_worker_input_find_base(struct fx_bus *bus,
                                    struct fx_bus_place place,
                                    uint32_t wait_ms,
                                    uint64_t *base_out)
{
    struct fx_bus_record records[16];
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_span span = {0};
    struct fx_worker_input *input = fx_worker_input_create();
    bool is_found = false;
    fx_status status = input == NULL ? FX_NO_MEMORY : fx_bus_span(bus, place, wait_ms, &span);
    *base_out = 0;
    if (status == FX_OK && span.end > 0) {
        status = fx_bus_reader_open(bus, place, span.first, &reader);
    }
    uint64_t position = span.first;
    for (uint32_t waited_ms = 0; reader != NULL && status == FX_OK && !is_found &&
                                 position < span.end && waited_ms <= wait_ms;
         waited_ms += POLL_MS) {
        uint32_t count = 0;
        status = fx_bus_reader_poll(reader, POLL_MS, records, 16, &count);
        status = status == FX_IO ? FX_OK : status; /* tried again by itself */
        for (uint32_t index = 0; status == FX_OK && index < count && !is_found; index++) {
            is_found = read_base(input, &records[index], base_out);
            position = records[index].offset + 1;
            waited_ms = 0;
        }
    }
    if (status == FX_OK && !is_found && position < span.end) {
        status = FX_TIMEOUT;
    }
    fx_bus_reader_close(reader);
    fx_worker_input_destroy(input);
    return status;
}

void fx_worker_input_learn(struct fx_worker_input *input, const struct fx_event *event)
{
    if (event->kind != FX_EVENT_INSTRUMENT) {
        return;
    }
    const uint32_t index = event->u.instrument.instrument_id;
    FX_ASSERT(index < FX_INSTRUMENTS_MAX);
    input->instruments[index] = event->u.instrument;
    input->is_known[index] = true;
    if (index >= input->count) {
        input->count = index + 1;
    }
}

fx_status fx_worker_input_learn_all(struct fx_worker_input *input, const struct fx_engine *engine)
{
    struct fx_engine_dump dump = {0};
    struct fx_events events = {.capacity = DUMP_EVENTS};
    events.items = aligned_alloc(16, (size_t)DUMP_EVENTS * sizeof(struct fx_event));
    if (events.items == NULL) {
        return FX_NO_MEMORY;
    }
    for (bool is_more = true; is_more;) {
        is_more = fx_engine_dump(engine, &dump, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            fx_worker_input_learn(input, &events.items[index]);
        }
    }
    free(events.items);
    return FX_OK;
}

const struct fx_instrument *fx_worker_input_instrument(const struct fx_worker_input *input,
                                                       uint32_t index)
{
    return index < FX_INSTRUMENTS_MAX && input->is_known[index] ? &input->instruments[index] : NULL;
}

const struct fx_instrument *fx_worker_input_find(const struct fx_worker_input *input, fx_str symbol)
{
    for (uint32_t index = 0; index < input->count; index++) {
        if (input->is_known[index] &&
            fx_str_is_equal(fx_ids_symbol_str(&input->instruments[index].symbol), symbol)) {
            return &input->instruments[index];
        }
    }
    return NULL;
}

static const struct fx_instrument *find(void *context, fx_str symbol)
{
    return fx_worker_input_find(context, symbol);
}

fx_status fx_worker_input_decode(struct fx_worker_input *input,
                                 const struct fx_bus_record *record,
                                 struct fx_wire_topic_in *in_out,
                                 fx_str *field_out)
{
    const fx_status status =
        fx_wire_topic_in_command(&input->json, record->value, find, input, in_out, field_out);
    if (status != FX_OK) {
        return status;
    }
    struct fx_command *command = &in_out->command;
    const bool has_time = record->time_ms > 0 && record->time_ms <= TIME_MS_MAX;
    const int64_t record_us = has_time ? record->time_ms * US_PER_MS : 0;
    if (command->time_us == 0) {
        command->time_us = record_us;
    }
    if (has_time && command->time_us > record_us + FX_WORKER_INPUT_AHEAD_US_MAX) {
        command->time_us = record_us; /* a clock that is wrong is nobody's time */
    }
    command->sequence = record->offset + 1 + input->base;
    return FX_OK;
}

fx_status fx_worker_input_encode(const struct fx_worker_input *input,
                                 const struct fx_command *command,
                                 const struct fx_wire_topic_from *from,
                                 struct fx_buf *buf)
{
    const struct fx_instrument *instrument = NULL;
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS &&
        command->kind != FX_COMMAND_UPDATE_INSTRUMENT) {
        instrument = fx_worker_input_instrument(input, command->instrument);
        if (instrument == NULL) {
            return FX_UNKNOWN_SYMBOL;
        }
    }
    const fx_status status = fx_wire_topic_out_command_from(buf, command, instrument, from);
    return status == FX_OK && buf->is_overflow ? FX_NO_MEMORY : status;
}

#include "worker/worker_output.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "wire/wire_output.h"

enum {
    HELD_MAX = 1 << 26, /* open positions: more than an engine has */
    STATES_FIRST = 1024
};

fx_status fx_worker_output_init(struct fx_worker_output *output, fx_str shard)
{
    memset(output, 0, sizeof *output);
    if (shard.size == 0 || !fx_str_copy(shard, output->shard, sizeof output->shard)) {
        return FX_BAD_PARAMETER;
    }
    fx_table_init(&output->held, HELD_MAX);
    void *memory = NULL;
    if (posix_memalign(&memory, 64, FX_INSTRUMENTS_MAX * sizeof *output->instruments) != 0) {
        return FX_NO_MEMORY;
    }
    output->instruments = memory;
    memset(output->instruments, 0, FX_INSTRUMENTS_MAX * sizeof *output->instruments);
    return FX_OK;
}

void fx_worker_output_deinit(struct fx_worker_output *output)
{
    fx_table_deinit(&output->held);
    free(output->instruments);
    free(output->states);
    memset(output, 0, sizeof *output);
}

/* ---- what is remembered ----------------------------------------------------------------------
 */

static const struct fx_instrument *find_instrument(void *context, uint32_t instrument)
{
    const struct fx_worker_output *output = context;
    const bool is_known = instrument < FX_INSTRUMENTS_MAX && output->has_instrument[instrument];
    return is_known ? &output->instruments[instrument] : NULL;
}

static const struct fx_event_position *find_before(void *context, uint64_t position_id)
{
    const struct fx_worker_output *output = context;
    const union fx_table_value *place = fx_table_find(&output->held, position_id);
    return place == NULL ? NULL : &output->states[place->number];
}

static void drop_position(struct fx_worker_output *output, uint64_t position_id)
{
    const union fx_table_value *place = fx_table_find(&output->held, position_id);
    if (place == NULL) {
        return;
    }
    const uint64_t freed = place->number;
    output->state_count--;
    if (freed != output->state_count) { /* the last one fills the gap */
        const struct fx_event_position *moved = &output->states[output->state_count];
        union fx_table_value *moved_place = fx_table_find(&output->held, moved->position_id);
        FX_ASSERT(moved_place != NULL);
        moved_place->number = freed;
        output->states[freed] = *moved;
    }
    (void)fx_table_remove(&output->held, position_id);
}

static FX_MUST_USE bool reserve(struct fx_worker_output *output)
{
    if (output->state_count < output->state_capacity) {
        return true;
    }
    const uint32_t wanted = output->state_capacity == 0 ? STATES_FIRST : output->state_capacity * 2;
    void *memory = NULL;
    if (posix_memalign(&memory, 64, (size_t)wanted * sizeof *output->states) != 0) {
        return false;
    }
    if (output->state_count > 0) {
        memcpy(memory, output->states, output->state_count * sizeof *output->states);
    }
    free(output->states);
    output->states = memory;
    output->state_capacity = wanted;
    return true;
}

static fx_status fold_position(struct fx_worker_output *output,
                               const struct fx_event_position *position)
{
    if (position->lots == 0) {
        drop_position(output, position->position_id);
        return FX_OK;
    }
    const union fx_table_value *place = fx_table_find(&output->held, position->position_id);
    if (place == NULL) {
        const union fx_table_value value = {.number = output->state_count};
        if (!reserve(output) || !fx_table_put(&output->held, position->position_id, value)) {
            return FX_NO_MEMORY;
        }
        output->states[output->state_count] = *position;
        output->state_count++;
        return FX_OK;
    }
    output->states[place->number] = *position;
    return FX_OK;
}

static fx_status fold_instrument(struct fx_worker_output *output,
                                 const struct fx_instrument *instrument)
{
    if (instrument->instrument_id >= FX_INSTRUMENTS_MAX) {
        return FX_CORRUPT;
    }
    output->instruments[instrument->instrument_id] = *instrument;
    output->has_instrument[instrument->instrument_id] = true;
    return FX_OK;
}

static uint32_t instrument_of(const struct fx_event *event)
{
    switch ((int)event->kind) {
    case FX_EVENT_ORDER:
        return event->u.order.instrument;
    case FX_EVENT_TRADE:
        return event->u.trade.instrument;
    case FX_EVENT_POSITION:
        return event->u.position.instrument;
    case FX_EVENT_TRANSACTION:
        return event->u.transaction.instrument;
    case FX_EVENT_LIQUIDATION:
        return event->u.liquidation.instrument;
    case FX_EVENT_SETTLEMENT:
        return event->u.settlement.instrument;
    default:
        return FX_COMMAND_ALL_INSTRUMENTS;
    }
}

/* Instruments first: an output is written in the units that its own command gives. */
static fx_status fold_instruments(struct fx_worker_output *output,
                                  const struct fx_event events[],
                                  uint32_t count)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const uint32_t instrument = instrument_of(&events[index]);
        if (events[index].kind == FX_EVENT_INSTRUMENT) {
            status = fold_instrument(output, &events[index].u.instrument);
        } else if (instrument != FX_COMMAND_ALL_INSTRUMENTS &&
                   find_instrument(output, instrument) == NULL) {
            status = FX_CORRUPT;
        }
    }
    return status;
}

static fx_status fold_positions(struct fx_worker_output *output,
                                const struct fx_event events[],
                                uint32_t count)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        if (events[index].kind == FX_EVENT_DUMP_BEGIN) {
            fx_table_clear(&output->held);
            output->state_count = 0;
        } else if (events[index].kind == FX_EVENT_POSITION) {
            status = fold_position(output, &events[index].u.position);
        }
    }
    return status;
}

fx_status fx_worker_output_fold(struct fx_worker_output *output,
                                const struct fx_event events[],
                                uint32_t count)
{
    const fx_status status = fold_instruments(output, events, count);
    return status == FX_OK ? fold_positions(output, events, count) : status;
}

fx_status fx_worker_output_append(struct fx_worker_output *output,
                                  const struct fx_events *events,
                                  const struct fx_wire_output_ask *ask,
                                  struct fx_buf *buf,
                                  bool *is_told_out)
{
    const fx_status status = fold_instruments(output, events->items, events->count);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_wire_output told = {
        .events = events->items,
        .count = events->count,
        .ask = *ask,
        .shard = fx_str_of(output->shard),
        .base = output->base,
        .find_instrument = find_instrument,
        .find_before = find_before,
        .context = output,
    };
    const bool is_told = fx_wire_output_append(buf, &told);
    if (is_told_out != NULL) {
        *is_told_out = is_told;
    }
    return fold_positions(output, events->items, events->count);
}

/* Symbols of a load: their terms, whose shard they are, and what else says which shard has a row.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_instrument.h"
#include "worker/worker_load_int.h"

/* ---- shards -------------------------------------------------------------------------------------
 */

/* Whose collateral it is; UINT32_MAX: nobody's. */
uint32_t fx_worker_load_symbol_shard(const struct fx_worker_load_reading *reading,
                                     const struct fx_asset *asset)
{
    const struct fx_worker_load_options *options = &reading->load->options;
    if (options->maps == NULL) {
        return options->shard;
    }
    for (uint32_t shard = 0; shard < options->shards; shard++) {
        if (fx_shard_has(&options->maps[shard], asset)) {
            return shard;
        }
    }
    return UINT32_MAX;
}

/* `what` is its table in the singular, `id` its number there. */
fx_status fx_worker_load_symbol_nobodys(struct fx_worker_load_reading *reading,
                                        const char *what,
                                        uint64_t id,
                                        const struct fx_asset *asset)
{
    return fx_worker_load_fail(reading->load,
                               FX_WRONG_SHARD,
                               "WRONG_SHARD: %s %" PRIu64
                               " is in %s, which FUTURE_SHARD_ASSETS gives to no shard",
                               what,
                               id,
                               asset->text);
}

/* An id says who gave it: another shard would look for such a row in vain, or give it twice. */
fx_status fx_worker_load_symbol_judge_id(struct fx_worker_load_reading *reading,
                                         const char *what,
                                         uint64_t id)
{
    const struct fx_shard_map *map = fx_worker_load_map(reading->load);
    return map == NULL || fx_shard_of_id(id) == map->shard
               ? FX_OK
               : fx_worker_load_fail(reading->load,
                                     FX_WRONG_SHARD,
                                     "WRONG_SHARD: %s %" PRIu64 " has an id of shard %" PRIu32
                                     ", and its collateral is of shard %" PRIu32,
                                     what,
                                     id,
                                     fx_shard_of_id(id),
                                     map->shard);
}

/* ---- instruments --------------------------------------------------------------------------------
 */

/* What a symbol did last. */
static fx_status emit_last(struct fx_worker_load_reading *reading,
                           const struct fx_instrument *instrument)
{
    struct fx_store_preload_symbol last = {0};
    fx_status status = fx_store_preload_symbol(
        reading->load->options.store, fx_ids_symbol_str(&instrument->symbol), &last);
    if (status != FX_OK) {
        return fx_worker_load_read_failed(reading, status);
    }
    struct fx_command command =
        fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT_EXTRA, instrument->instrument_id, 0);
    if (last.last_price > 0 && last.last_price % instrument->tick_size == 0) {
        command.u.load_extra.last_ticks = (int64_t)(last.last_price / instrument->tick_size);
        status = fx_worker_load_emit(reading->load, &command);
    }
    if (status == FX_OK && last.paid_us > 0 && last.paid_us <= reading->load->options.now_us) {
        command = fx_command_blank(FX_COMMAND_LOAD_FUNDING_HISTORY, instrument->instrument_id, 0);
        command.u.load_funding.instant_us = last.paid_us;
        command.u.load_funding.rate_ppb = last.rate_ppb;
        status = fx_worker_load_emit(reading->load, &command);
    }
    return status;
}

static fx_status emit_instrument(struct fx_worker_load_reading *reading,
                                 const struct fx_store_instrument_row *row)
{
    struct fx_worker_load *load = reading->load;
    const struct fx_shard_map *map = fx_worker_load_map(load);
    struct fx_instrument *instrument = &reading->instruments[reading->instrument_count];
    struct fx_command command =
        fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const uint32_t owner = fx_worker_load_symbol_shard(reading, &row->instrument.settle);
    const uint32_t index = reading->own_count + (map == NULL ? 0 : fx_shard_instrument_base(map));
    const uint8_t state = row->instrument.state;
    if (owner == UINT32_MAX) {
        return fx_worker_load_symbol_nobodys(
            reading, "instrument", row->instrument.instrument_id, &row->instrument.settle);
    }
    *instrument = row->instrument;
    reading->owners[reading->instrument_count++] = owner;
    if (owner != load->options.shard || state == FX_INSTRUMENT_STATE_SETTLED) {
        return FX_OK; /* what has ended is not listed again: judge_ended() */
    }
    if (state == FX_INSTRUMENT_STATE_SETTLING) {
        return fx_worker_load_fail(load,
                                   FX_SYMBOL_SETTLED,
                                   "SYMBOL_SETTLED: %s is ending; let it end first",
                                   row->instrument.symbol.text);
    }
    if (reading->own_count++ >= load->limits.instruments_max) {
        return fx_worker_load_fail(
            load,
            FX_CAPACITY,
            "CAPACITY: %s is one symbol too many: this log may have %" PRIu32,
            row->instrument.symbol.text,
            load->limits.instruments_max);
    }
    command.u.instrument = row->instrument;
    command.u.instrument.instrument_id = 0;
    command.u.instrument.tier_count = 0;
    command.u.instrument.state = FX_INSTRUMENT_STATE_PENDING;
    instrument->instrument_id = index;
    fx_status status = fx_worker_load_emit(reading->load, &command);
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument = *instrument;
    fx_worker_input_learn(load->input, &event);
    if (status != FX_OK) {
        return status;
    }
    command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, index, 0);
    status = fx_store_instrument_tiers(load->options.store,
                                       row->instrument.instrument_id,
                                       command.u.tiers.tiers,
                                       &command.u.tiers.count);
    if (status != FX_OK) {
        return fx_worker_load_read_failed(reading, status);
    }
    if (command.u.tiers.count > 0) {
        status = fx_worker_load_emit(reading->load, &command);
    }
    if (status == FX_OK && state > FX_INSTRUMENT_STATE_PENDING &&
        state <= FX_INSTRUMENT_STATE_HALTED) {
        command = fx_command_blank(FX_COMMAND_SET_STATE, index, 0);
        command.u.set_state.state = state;
        status = fx_worker_load_emit(reading->load, &command);
    }
    return status == FX_OK ? emit_last(reading, instrument) : status;
}

/* NULL: it is not listed; *is_own_out says whether it is this shard's. */
const struct fx_instrument *fx_worker_load_symbol_find(const struct fx_worker_load_reading *reading,
                                                       const struct fx_symbol *symbol,
                                                       bool *is_own_out)
{
    *is_own_out = false;
    for (uint32_t index = 0; index < reading->instrument_count; index++) {
        if (memcmp(&reading->instruments[index].symbol, symbol, sizeof *symbol) == 0) {
            *is_own_out = reading->owners[index] == reading->load->options.shard;
            return &reading->instruments[index];
        }
    }
    return NULL;
}

/* The engine counts symbols from 0 in the order of their numbers in the tables, which may begin
 * anywhere and have gaps. The savers give the rows the engine's numbers (store_instrument.c). A
 * contract that has ended holds nothing any more; one that is ending has to end first. */
fx_status fx_worker_load_symbol_read(struct fx_worker_load_reading *reading)
{
    const uint32_t most = FX_INSTRUMENTS_MAX;
    struct fx_store_instrument_row *rows = calloc(most + 1, sizeof *rows);
    uint32_t count = 0;
    fx_status status =
        rows == NULL
            ? FX_NO_MEMORY
            : fx_store_instrument_list(reading->load->options.store, rows, most + 1, &count);
    if (status != FX_OK) {
        status = fx_worker_load_read_failed(reading, status);
    }
    if (status == FX_OK && count > most) {
        status = fx_worker_load_fail(
            reading->load, FX_CAPACITY, "instruments has more than %" PRIu32 " rows", most);
    }
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const struct fx_instrument *instrument = &rows[index].instrument;
        bool is_own = false;
        if (fx_worker_load_symbol_find(reading, &instrument->symbol, &is_own) != NULL) {
            status = fx_worker_load_fail(reading->load,
                                         FX_EXISTS,
                                         "instrument %" PRIu32 " is %s, as another one before it",
                                         instrument->instrument_id,
                                         instrument->symbol.text);
        } else {
            status = emit_instrument(reading, &rows[index]);
        }
    }
    free(rows);
    return status;
}

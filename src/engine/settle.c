/* The end of a contract: orders are cancelled, positions closed at the average of the index over
 * the half hour before its date. Between two commands the exchange itself holds the lots and the
 * value of those who are closed already, so every sum of the state holds at every step; at the end
 * it holds no lots, and what rounding left of the value goes to the rounding account. Source:
 * docs/rules/settlement.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool prices, times and indexes are all
// numbers; their names and the assertions tell them apart

enum {
    LOOK_MAX = 8192 /* positions that one command looks at */
};

static const int64_t WINDOW_US = 1800000000; /* 30 minutes … */
static const int64_t ENOUGH_US = 900000000;  /* … half of them at least */

static struct fx_settle_state *state_of(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    return &engine->settlements[instrument];
}

static const struct fx_instrument *definition_of(const struct fx_engine *engine,
                                                 uint32_t instrument)
{
    FX_CHECK(instrument < engine->instrument_count);
    return &engine->listings[instrument].definition;
}

static bool is_dated(const struct fx_engine *engine, uint32_t instrument)
{
    return definition_of(engine, instrument)->kind == FX_INSTRUMENT_KIND_DATED;
}

bool fx_settle_is_over(const struct fx_engine *engine, uint32_t instrument)
{
    return state_of(engine, instrument)->phase != 0 ||
           (is_dated(engine, instrument) &&
            definition_of(engine, instrument)->expiry_us <= engine->time_us);
}

bool fx_settle_is_priced(const struct fx_engine *engine, uint32_t instrument)
{
    return state_of(engine, instrument)->price_ticks != 0;
}

bool fx_settle_is_closing(const struct fx_engine *engine, uint32_t instrument)
{
    return state_of(engine, instrument)->phase == FX_SETTLEMENT_PHASE_CLOSING;
}

void fx_settle_row(const struct fx_engine *engine,
                   uint32_t instrument,
                   struct fx_event_settlement *row_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(state_of(engine, instrument)->phase != 0);
    const struct fx_settle_state *state = state_of(engine, instrument);
    row_out->price_ticks = state->price_ticks;
    row_out->covered_us = state->covered_us;
    row_out->positions = state->closed;
    row_out->instrument = instrument;
    row_out->phase = state->phase;
}

/* ---- the average -------------------------------------------------------------------------------
 */

/* A mark that is stale stands for an index that is: the index is not known from then on. */
void fx_settle_see(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(state->covered_us >= 0);
    const struct fx_listing *listing = &engine->listings[instrument];
    if (!is_dated(engine, instrument) || state->price_ticks != 0) {
        return;
    }
    const int64_t expiry_us = listing->definition.expiry_us;
    const int64_t start_us = expiry_us - WINDOW_US;
    const int64_t stale_us = engine->marks[instrument].stale_us;
    /* What comes late counts only while the half hour did not have enough. */
    const bool is_late = state->phase != 0;
    const int64_t end_us = is_late || engine->time_us < expiry_us ? engine->time_us : expiry_us;
    const int64_t from_us = state->last_us > start_us ? state->last_us : start_us;
    const int64_t until_us = stale_us != 0 && stale_us < end_us ? stale_us : end_us;
    if (end_us <= from_us) {
        return;
    }
    if (listing->index.ticks > 0 && until_us > from_us) {
        state->sum += (fx_i128)listing->index.ticks * (until_us - from_us);
        state->covered_us += until_us - from_us;
    }
    state->last_us = end_us;
}

void fx_settle_restart(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(state->phase == 0);
    state->sum = 0;
    state->covered_us = 0;
    state->last_us = is_dated(engine, instrument) ? engine->time_us : 0;
    fx_settle_refresh_due(engine);
}

/* In ticks, half-even; at least one. */
static int64_t average_of(const struct fx_settle_state *state)
{
    FX_ASSERT(state->sum >= 0);
    FX_ASSERT(state->covered_us > 0);
    const fx_i128 ticks = fx_dec_div_int(state->sum, state->covered_us, FX_ROUND_HALF_EVEN);
    return ticks > 0 ? (int64_t)ticks : 1;
}

/* When the index, if it stays as it is, will have been known for long enough. */
static int64_t enough_us(const struct fx_engine *engine, uint32_t instrument)
{
    const struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(state->phase == FX_SETTLEMENT_PHASE_WAITING);
    FX_ASSERT(state->covered_us >= 0);
    const int64_t stale_us = engine->marks[instrument].stale_us;
    const int64_t missing_us = ENOUGH_US - state->covered_us;
    const int64_t at_us = state->last_us + (missing_us > 0 ? missing_us : 0);
    const bool is_known = missing_us <= 0 || (engine->listings[instrument].index.ticks > 0 &&
                                              (stale_us == 0 || at_us <= stale_us));
    return is_known ? at_us : INT64_MAX;
}

static int64_t due_us(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    switch (state_of(engine, instrument)->phase) {
    case FX_SETTLEMENT_PHASE_WAITING:
        return enough_us(engine, instrument);
    case FX_SETTLEMENT_PHASE_CANCELING:
    case FX_SETTLEMENT_PHASE_CLOSING:
        return engine->time_us;
    case FX_SETTLEMENT_PHASE_DONE:
        return INT64_MAX;
    default:
        return is_dated(engine, instrument) ? definition_of(engine, instrument)->expiry_us
                                            : INT64_MAX;
    }
}

void fx_settle_refresh_due(struct fx_engine *engine)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    engine->settle_due_us = INT64_MAX;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const int64_t at_us = due_us(engine, index);
        FX_ASSERT(at_us >= 0);
        engine->settle_due_us = at_us < engine->settle_due_us ? at_us : engine->settle_due_us;
    }
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static void say(struct fx_engine *engine, uint32_t instrument, enum fx_settlement_phase phase)
{
    struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(state->phase != FX_SETTLEMENT_PHASE_DONE);
    state->phase = (uint8_t)phase;
    state->cursor = 0;
    fx_settle_row(engine, instrument, &fx_touch_event(engine, FX_EVENT_SETTLEMENT)->u.settlement);
}

/* From here on the position's worth is what it will be closed at. No index is behind that mark, and
 * it never grows stale: who cannot pay at it must be liquidated, however the feed ended. */
static void fix(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(state_of(engine, instrument)->phase != FX_SETTLEMENT_PHASE_CLOSING);
    const struct fx_settle_state *state = state_of(engine, instrument);
    const struct fx_listing *listing = &engine->listings[instrument];
    const fx_px price = {state->price_ticks};
    FX_ASSERT(price.ticks > 0);
    fx_settle_see(engine, instrument);
    engine->marks[instrument].has_index = 0;
    engine->marks[instrument].is_starved = 0;
    engine->marks[instrument].max_age_us = 0;
    fx_mark_set(engine,
                instrument,
                price,
                listing->index.ticks > 0 ? listing->index : price,
                engine->time_us);
}

static void begin(struct fx_engine *engine, uint32_t instrument, int64_t price_ticks)
{
    FX_ASSERT(price_ticks >= 0);
    struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(state->phase == 0);
    fx_settle_see(engine, instrument);
    if (engine->preload.rules >= FX_ENGINE_RULES_DATES) {
        state->last_us = engine->time_us; /* since the date it may have said this and that */
    }
    if (price_ticks != 0) {
        state->price_ticks = price_ticks;
    } else if (state->covered_us >= ENOUGH_US) {
        state->price_ticks = average_of(state);
    }
    fx_listing_move(engine, instrument, FX_INSTRUMENT_STATE_SETTLING);
    engine->work += FX_SETTLE_ROWS_WORK;
    FX_ASSERT(state->price_ticks >= 0);
    say(engine, instrument, FX_SETTLEMENT_PHASE_CANCELING);
}

static bool has_work_left(const struct fx_engine *engine)
{
    FX_ASSERT(engine->limits.cancels_max > 0);
    return engine->work < engine->limits.cancels_max;
}

/* End all orders of a position. @return false where the command may end no more. */
static bool cancel_orders(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(state_of(engine, engine->positions[position].instrument)->phase ==
              FX_SETTLEMENT_PHASE_CANCELING);
    const enum fx_order_note note = FX_ORDER_NOTE_INSTRUMENT;
    fx_slot order = engine->positions[position].oldest_order;
    while (order != FX_SLOT_NONE && has_work_left(engine)) {
        fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, note);
        order = engine->positions[position].oldest_order;
    }
    if (order != FX_SLOT_NONE) {
        return false;
    }
    order = fx_conditional_oldest(engine, position);
    while (order != FX_SLOT_NONE && has_work_left(engine)) {
        fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, note);
        order = fx_conditional_oldest(engine, position);
    }
    FX_ASSERT(engine->positions[position].oldest_order == FX_SLOT_NONE);
    return order == FX_SLOT_NONE;
}

/* The value of a position at the price. Linear: exact. Inverse: what its holder receives is rounded
 * down, what he pays up, so that the exchange never adds anything. */
static fx_i128 value_at(const struct fx_listing *listing,
                        const struct fx_position_state *position,
                        fx_px price)
{
    FX_ASSERT(position->lots != 0);
    FX_ASSERT(price.ticks > 0);
    const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    const bool is_long = position->lots > 0;
    const fx_qty lots = {is_long ? position->lots : -position->lots};
    const struct fx_instrument_at at = {price, lots, is_long ? FX_ROUND_CEIL : FX_ROUND_FLOOR};
    fx_amount value = {0};
    const bool fits =
        is_linear ? fx_margin_value(listing, price, lots, &value.units)
                  : fx_instrument_inverse_value(&listing->definition, listing->unit, at, &value);
    FX_ASSERT(fits); /* M1: it was admitted */
    return value.units;
}

static void close_position(struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *position = &engine->positions[slot];
    const uint32_t instrument = position->instrument;
    const struct fx_listing *listing = &engine->listings[instrument];
    struct fx_settle_state *state = state_of(engine, instrument);
    const int64_t lots = position->lots;
    FX_ASSERT(lots != 0);
    FX_ASSERT(state->phase == FX_SETTLEMENT_PHASE_CLOSING);
    FX_ASSERT(state->price_ticks > 0);
    const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
    const fx_i128 value = value_at(listing, position, (fx_px){state->price_ticks});
    const struct fx_position_fill fill = {
        .side = lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY,
        .lots = {lots > 0 ? lots : -lots},
        .value = {value},
    };
    const fx_slot account = position->account;
    const fx_amount pnl = fx_position_state_fill(engine, slot, &fill);
    FX_ASSERT(position->lots == 0 && position->entry_value == 0);
    state->clearing_lots += lots;
    state->clearing_value += (lots > 0) == is_linear ? value : -value;
    state->closed++;
    engine->work++;
    if (pnl.units != 0) {
        fx_touch_transaction(engine, account, FX_TRANSACTION_REALIZED_PNL, pnl.units, instrument);
    }
}

/* Look at positions from the cursor on. @return true where all have been looked at. */
static bool walk(struct fx_engine *engine, uint32_t instrument)
{
    struct fx_settle_state *state = state_of(engine, instrument);
    const bool is_closing = state->phase == FX_SETTLEMENT_PHASE_CLOSING;
    FX_ASSERT(is_closing || state->phase == FX_SETTLEMENT_PHASE_CANCELING);
    FX_ASSERT(state->cursor <= engine->position_count);
    for (uint32_t count = 0; state->cursor < engine->position_count; count++) {
        const fx_slot slot = state->cursor;
        if (count == LOOK_MAX || !has_work_left(engine)) {
            return false;
        }
        if (engine->positions[slot].instrument == instrument) {
            if (!is_closing && !cancel_orders(engine, slot)) {
                return false;
            }
            if (is_closing && engine->positions[slot].lots != 0) {
                close_position(engine, slot);
            }
        }
        state->cursor++;
    }
    return true;
}

/* The insurance fund may have taken a position over behind the cursor. */
static bool is_cleared(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(state_of(engine, instrument)->phase == FX_SETTLEMENT_PHASE_CLOSING);
    FX_ASSERT(engine->listings[instrument].open_interest_lots >= 0);
    return state_of(engine, instrument)->clearing_lots == 0 &&
           engine->listings[instrument].open_interest_lots == 0;
}

static void finish(struct fx_engine *engine, uint32_t instrument)
{
    struct fx_settle_state *state = state_of(engine, instrument);
    struct fx_listing *listing = &engine->listings[instrument];
    const fx_i128 remainder = -state->clearing_value;
    FX_ASSERT(state->clearing_lots == 0);
    FX_ASSERT(listing->open_interest_lots == 0);
    FX_ASSERT(remainder >= 0);
    engine->assets[listing->asset].rounding += remainder;
    state->clearing_value = 0;
    fx_listing_move(engine, instrument, FX_INSTRUMENT_STATE_SETTLED);
    engine->work += FX_SETTLE_ROWS_WORK;
    FX_ASSERT(listing->definition.state == FX_INSTRUMENT_STATE_SETTLED);
    say(engine, instrument, FX_SETTLEMENT_PHASE_DONE);
    engine->events->items[engine->events->count - 1].u.settlement.remainder = remainder;
}

/* One phase as far as it goes. @return true where the next one may begin at once. */
static bool step(struct fx_engine *engine, uint32_t instrument)
{
    struct fx_settle_state *state = state_of(engine, instrument);
    FX_ASSERT(state->phase != 0);
    switch (state->phase) {
    case FX_SETTLEMENT_PHASE_CANCELING:
        if (!walk(engine, instrument)) {
            return false;
        }
        if (state->price_ticks == 0) {
            say(engine, instrument, FX_SETTLEMENT_PHASE_WAITING);
            return true;
        }
        break;
    case FX_SETTLEMENT_PHASE_WAITING:
        fx_settle_see(engine, instrument);
        if (state->covered_us < ENOUGH_US) {
            return false;
        }
        state->price_ticks = average_of(state);
        break;
    case FX_SETTLEMENT_PHASE_CLOSING:
    default:
        FX_ASSERT(state->phase == FX_SETTLEMENT_PHASE_CLOSING);
        /* Who cannot pay at this price is liquidated first, so that nobody ends below 0. */
        if (engine->due_count == 0 && walk(engine, instrument)) {
            if (is_cleared(engine, instrument)) {
                finish(engine, instrument);
            } else {
                state->cursor = 0;
            }
        }
        return false;
    }
    fix(engine, instrument);
    say(engine, instrument, FX_SETTLEMENT_PHASE_CLOSING);
    return true;
}

static void run(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(state_of(engine, instrument)->phase != 0);
    bool goes_on = true;
    while (goes_on && has_work_left(engine)) { /* through the phases, of which there are four */
        goes_on = step(engine, instrument);
    }
}

bool fx_settle_tick(struct fx_engine *engine)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    if (engine->settle_due_us > engine->time_us) {
        return false;
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        if (due_us(engine, index) > engine->time_us || !has_work_left(engine)) {
            continue;
        }
        if (state_of(engine, index)->phase == 0) {
            begin(engine, index, 0);
        }
        FX_ASSERT(state_of(engine, index)->phase != 0);
        run(engine, index);
    }
    fx_settle_refresh_due(engine);
    return true;
}

/* ---- the command -------------------------------------------------------------------------------
 */

static fx_status judge(const struct fx_engine *engine,
                       const struct fx_command *command,
                       struct fx_reject *reject_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_SETTLE);
    const struct fx_command_settle *settle = &command->u.settle;
    if (command->instrument >= engine->instrument_count) {
        reject_out->field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    const int64_t max_ticks = definition_of(engine, command->instrument)->max_ticks;
    FX_ASSERT(max_ticks > 0);
    if (settle->has_price > 1) {
        return FX_BAD_PARAMETER;
    }
    if (settle->has_price == 1 && (settle->settle_ticks < 1 || settle->settle_ticks > max_ticks)) {
        reject_out->field = FX_FIELD_PRICE;
        return FX_PRICE_FILTER;
    }
    return fx_settle_is_priced(engine, command->instrument) ? FX_SYMBOL_SETTLED : FX_OK;
}

fx_status fx_settle_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const fx_status status = judge(engine, command, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t instrument = command->instrument;
    struct fx_settle_state *state = state_of(engine, instrument);
    const struct fx_settle_state before = *state;
    fx_settle_see(engine, instrument);
    if (command->u.settle.has_price == 0 && state->covered_us == 0) {
        *state = before;
        result->reject.field = FX_FIELD_PRICE;
        return FX_NO_SETTLEMENT_PRICE;
    }
    const int64_t ticks =
        command->u.settle.has_price != 0 ? command->u.settle.settle_ticks : average_of(state);
    FX_ASSERT(ticks > 0);
    if (state->phase == 0) {
        begin(engine, instrument, ticks);
    } else {
        state->price_ticks = ticks;
        if (state->phase == FX_SETTLEMENT_PHASE_WAITING) {
            fix(engine, instrument);
            say(engine, instrument, FX_SETTLEMENT_PHASE_CLOSING);
        }
    }
    run(engine, instrument);
    fx_settle_refresh_due(engine);
    result->amount = fx_instrument_price(definition_of(engine, instrument), (fx_px){ticks});
    result->is_changed = 1;
    return FX_OK;
}

void fx_settle_adopt(struct fx_engine *engine)
{
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const uint8_t listed = definition_of(engine, index)->state;
        FX_ASSERT(listed >= FX_INSTRUMENT_STATE_PENDING && listed <= FX_INSTRUMENT_STATE_SETTLED);
        if (listed == FX_INSTRUMENT_STATE_SETTLING) {
            state_of(engine, index)->phase = FX_SETTLEMENT_PHASE_CANCELING;
        } else if (listed == FX_INSTRUMENT_STATE_SETTLED) {
            state_of(engine, index)->phase = FX_SETTLEMENT_PHASE_DONE;
        }
    }
}

/* ---- invariants --------------------------------------------------------------------------------
 */

void fx_settle_check(const struct fx_engine *engine, uint32_t instrument)
{
    const struct fx_settle_state *state = state_of(engine, instrument);
    const uint8_t listed = definition_of(engine, instrument)->state;
    FX_ASSERT((state->phase != 0 && state->phase != FX_SETTLEMENT_PHASE_DONE) ==
              (listed == FX_INSTRUMENT_STATE_SETTLING));
    FX_ASSERT((state->phase == FX_SETTLEMENT_PHASE_DONE) ==
              (listed == FX_INSTRUMENT_STATE_SETTLED));
    FX_ASSERT(state->covered_us >= 0 && state->sum >= 0);
    FX_ASSERT(state->phase != FX_SETTLEMENT_PHASE_WAITING || state->price_ticks == 0);
    FX_ASSERT(state->phase != FX_SETTLEMENT_PHASE_CLOSING || state->price_ticks > 0);
    FX_ASSERT(state->phase >= FX_SETTLEMENT_PHASE_CLOSING || state->clearing_lots == 0);
    FX_ASSERT(state->clearing_lots != 0 || state->phase == FX_SETTLEMENT_PHASE_CLOSING ||
              state->clearing_value == 0);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

/* Funding: the premium of the book becomes a rate, and at each instant the positions of a symbol
 * pay each other by it: - q x value(mark) x F, payers rounded up, receivers down.
 *
 * One command cannot carry a million payments. When an instant comes, before the command at hand is
 * looked at, rate and prices are fixed and a sweep opens; from then on every TICK, due at once,
 * goes on with it by a bounded step. Whose lots, money or margins the next commands touch is
 * settled first: lots in fx_position_state_fill(), an account before it is judged. So each position
 * pays by the lots that it held at the instant, and its owner never acts on money that is owed.
 * Source: docs/rules/funding.md. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool prices, times and indexes are all
// numbers; their names and the assertions tell them apart

static const int64_t PPB = 1000000000;
static const int64_t MINUTE_US = 60000000;
static const int64_t SECOND_US = 1000000;
static const int64_t MS_US = 1000;

/* ---- the rate -----------------------------------------------------------------------------------
 */

void fx_funding_sample(struct fx_engine *engine, uint32_t instrument, fx_px index)
{
    FX_ASSERT(index.ticks > 0);
    struct fx_mark_state *state = &engine->marks[instrument];
    const struct fx_listing *listing = &engine->listings[instrument];
    const int64_t minute = engine->time_us / MINUTE_US;
    FX_ASSERT(minute >= state->minute);
    if (minute == state->minute) {
        return;
    }
    state->minute = minute;
    const fx_px bid = fx_book_best(listing->book, FX_SIDE_BUY);
    const fx_px ask = fx_book_best(listing->book, FX_SIDE_SELL);
    if (bid.ticks > 0 && ask.ticks > 0 && minute > 0) {
        state->basis[minute % FX_MARK_BASIS_COUNT] = (struct fx_mark_basis){
            .minute = minute,
            .half_ticks = bid.ticks - index.ticks + (ask.ticks - index.ticks),
        };
    }
    if (state->next_us != 0 && state->premium_count < UINT32_MAX) {
        state->premium_ppb = fx_impact_premium(engine, instrument, index);
        state->premium_count++;
        state->premium_sum += (fx_i128)state->premium_ppb * state->premium_count;
    }
}

/* 0.75 x the maintenance rate of the lowest tier, down. */
static int64_t cap_of(const struct fx_listing *listing)
{
    FX_ASSERT(listing->definition.tier_count <= FX_TIERS_MAX);
    FX_ASSERT(listing->definition.tier_count == 0 || listing->tiers[0].rate_ppb >= 0);
    return listing->definition.tier_count == 0 ? 0 : listing->tiers[0].rate_ppb * 3 / 4;
}

static int64_t clamp(fx_i128 value, int64_t bound)
{
    FX_ASSERT(bound >= 0);
    return value > bound ? bound : value < -bound ? -bound : (int64_t)value;
}

struct fx_funding_forecast fx_funding_forecast(const struct fx_engine *engine, uint32_t instrument)
{
    const struct fx_mark_state *state = &engine->marks[instrument];
    const struct fx_listing *listing = &engine->listings[instrument];
    const fx_i128 count = state->premium_count;
    const fx_i128 premium =
        count == 0
            ? 0
            : fx_dec_div_int(state->premium_sum, count * (count + 1) / 2, FX_ROUND_HALF_EVEN);
    const int64_t damper = listing->definition.damper_ppb;
    const fx_i128 rate = premium + clamp(listing->definition.interest_ppb - premium, damper);
    FX_ASSERT(damper >= 0);
    FX_ASSERT(premium <= PPB && premium >= -PPB);
    return (struct fx_funding_forecast){
        .next_us = state->next_us,
        .premium_ppb = (int64_t)premium,
        .cap_ppb = cap_of(listing),
        .rate = {clamp(rate, cap_of(listing))},
        .samples = state->premium_count,
    };
}

fx_rate fx_funding_rate(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    return fx_funding_forecast(engine, instrument).rate;
}

int64_t fx_funding_next_us(const struct fx_engine *engine, uint32_t instrument, int64_t time_us)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(time_us >= 0);
    const struct fx_instrument *definition = &engine->listings[instrument].definition;
    const int64_t interval_us = definition->funding_interval_s * SECOND_US;
    if (definition->kind != FX_INSTRUMENT_KIND_PERPETUAL || interval_us <= 0) {
        return 0;
    }
    return (time_us / interval_us + 1) * interval_us;
}

void fx_funding_restart(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    struct fx_mark_state *state = &engine->marks[instrument];
    FX_ASSERT(state->next_us == 0 || state->next_us > state->paid_us);
    /* One that has come and waits for a fresh mark stays. */
    if (state->has_rules != 0 && (state->next_us == 0 || state->next_us > engine->time_us)) {
        const int64_t before_us = state->next_us;
        state->next_us = fx_funding_next_us(engine, instrument, engine->time_us);
        if ((before_us == 0) != (state->next_us == 0)) { /* samples are of one schedule */
            state->premium_count = 0;
            state->premium_sum = 0;
        }
    }
}

/* ---- sweeps -------------------------------------------------------------------------------------
 */

bool fx_funding_may_begin(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_instrument *definition = &engine->listings[instrument].definition;
    return definition->kind == FX_INSTRUMENT_KIND_PERPETUAL &&
           definition->state != FX_INSTRUMENT_STATE_PENDING &&
           definition->state < FX_INSTRUMENT_STATE_SETTLING &&
           engine->marks[instrument].sweep.is_open == 0 && fx_mark_is_fresh(engine, instrument);
}

static void say(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    const struct fx_funding_sweep *sweep = &engine->marks[instrument].sweep;
    FX_ASSERT(sweep->paid >= 0 && sweep->received >= 0);
    fx_touch_event(engine, FX_EVENT_FUNDING)->u.funding = (struct fx_event_funding){
        .paid = sweep->paid,
        .received = sweep->received,
        .insured = sweep->insured,
        .remainder = sweep->is_open != 0 ? 0 : sweep->paid + sweep->insured - sweep->received,
        .instant_us = sweep->instant_us,
        .rate_ppb = sweep->rate_ppb,
        .mark_ticks = sweep->mark_ticks,
        .index_ticks = sweep->index_ticks,
        .instrument = instrument,
        .positions = sweep->positions,
        .is_complete = sweep->is_open != 0 ? 0 : 1,
    };
}

static void begin(struct fx_engine *engine, uint32_t instrument, int64_t instant_us, fx_rate rate)
{
    struct fx_mark_state *state = &engine->marks[instrument];
    const struct fx_listing *listing = &engine->listings[instrument];
    FX_ASSERT(fx_funding_may_begin(engine, instrument));
    FX_ASSERT(instant_us > state->paid_us);
    FX_ASSERT(instant_us <= engine->time_us);
    state->sweep = (struct fx_funding_sweep){
        .instant_us = instant_us,
        .rate_ppb = rate.ppb,
        .mark_ticks = listing->mark.ticks,
        .index_ticks = listing->index.ticks,
        .end = engine->position_count,
        .round = state->sweep.round + 1,
        .is_open = 1,
    };
    state->paid_us = instant_us;
    state->rate_ppb = rate.ppb;
    state->premium_count = 0;
    state->premium_sum = 0;
    if (state->next_us != 0 && state->next_us <= instant_us) {
        state->next_us = fx_funding_next_us(engine, instrument, instant_us);
    }
    FX_ASSERT(state->next_us == 0 || state->next_us > state->paid_us);
    say(engine, instrument);
}

/* An instant that nobody could pay until the next one had come. */
static void skip(struct fx_engine *engine, uint32_t instrument)
{
    struct fx_mark_state *state = &engine->marks[instrument];
    FX_ASSERT(state->next_us > state->paid_us);
    FX_ASSERT(state->next_us <= engine->time_us);
    fx_touch_event(engine, FX_EVENT_FUNDING)->u.funding = (struct fx_event_funding){
        .instant_us = state->next_us,
        .instrument = instrument,
        .is_complete = 1,
        .is_skipped = 1,
    };
    state->paid_us = state->next_us;
}

void fx_funding_begin_due(struct fx_engine *engine)
{
    FX_ASSERT(engine->funding_due_us <= engine->time_us);
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        struct fx_mark_state *state = &engine->marks[index];
        if (state->next_us == 0 || state->next_us > engine->time_us ||
            !fx_funding_may_begin(engine, index)) {
            continue;
        }
        const int64_t interval_us =
            engine->listings[index].definition.funding_interval_s * SECOND_US;
        const int64_t last_us = interval_us > 0 ? engine->time_us / interval_us * interval_us : 0;
        if (last_us > state->next_us) {
            skip(engine, index);
        }
        begin(engine,
              index,
              last_us > state->next_us ? last_us : state->next_us,
              fx_funding_rate(engine, index));
    }
    fx_mark_refresh_due(engine);
    FX_ASSERT(engine->funding_due_us > engine->time_us);
}

static bool is_owing(const struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
    const struct fx_position_state *state = &engine->positions[position];
    const struct fx_funding_sweep *sweep = &engine->marks[state->instrument].sweep;
    return sweep->is_open != 0 && position < sweep->end &&
           state->funding_round != (uint16_t)sweep->round;
}

/* What a payer can pay: an isolated position from its margin, then from what its owner could
 * withdraw; a cross one whatever it is. */
static fx_i128 payable_of(const struct fx_engine *engine,
                          const struct fx_position_state *position,
                          fx_i128 owed)
{
    FX_ASSERT(owed > 0);
    const fx_i128 margin = position->position_margin + position->adjust_margin;
    FX_ASSERT(position->margin_mode != FX_MARGIN_MODE_ISOLATED || margin >= 0);
    if (fx_insurance_is_fund(engine, position->account)) {
        const fx_i128 balance = engine->accounts[position->account].balance;
        return owed < balance ? owed : balance; /* I-23 */
    }
    if (position->margin_mode != FX_MARGIN_MODE_ISOLATED || owed <= margin) {
        return owed;
    }
    const fx_i128 most = margin + fx_margin_spare(engine, position->account);
    return owed < most ? owed : most;
}

/* What is owed rounds up, what is received (negative) down. 0 where the value is out of range: M1
 * bounds it at every mark up to max_ticks. */
static fx_i128 owed_by(const struct fx_engine *engine,
                       const struct fx_position_state *position,
                       fx_px mark,
                       fx_rate rate)
{
    FX_ASSERT(position->lots != 0);
    const fx_qty lots = {fx_position_state_magnitude(position->lots)};
    fx_i128 value = 0;
    FX_ASSERT(mark.ticks > 0);
    if (!fx_margin_value(&engine->listings[position->instrument], mark, lots, &value)) {
        return 0;
    }
    return fx_margin_at_rate(value, position->lots > 0 ? rate : (fx_rate){-rate.ppb});
}

static void emit(struct fx_engine *engine, fx_slot slot, fx_i128 amount)
{
    FX_ASSERT(slot < engine->position_count);
    const struct fx_position_state *position = &engine->positions[slot];
    const struct fx_funding_sweep *sweep = &engine->marks[position->instrument].sweep;
    FX_ASSERT(sweep->is_open != 0);
    const struct fx_account_state *account = &engine->accounts[position->account];
    fx_touch_event(engine, FX_EVENT_TRANSACTION)->u.transaction = (struct fx_event_transaction){
        .amount = amount,
        .account_id = fx_preload_account_id(engine, position->account),
        .user_id = account->user_id,
        .type = FX_TRANSACTION_FUNDING_FEE,
        .instrument = position->instrument,
        .asset = engine->assets[account->asset].asset,
        .position_id = fx_preload_position_id(engine, slot),
        .lots = position->lots,
        .rate_ppb = sweep->rate_ppb,
        .mark_ticks = sweep->mark_ticks,
        .instant_us = sweep->instant_us,
    };
}

/* Move what a position pays (+) or receives (-) between it and the sweep. */
static void pay(struct fx_engine *engine, fx_slot slot, fx_i128 owed)
{
    FX_ASSERT(owed != 0);
    struct fx_position_state *position = &engine->positions[slot];
    struct fx_funding_sweep *sweep = &engine->marks[position->instrument].sweep;
    const fx_i128 paid = owed > 0 ? payable_of(engine, position, owed) : owed;
    if (!fx_account_state_credit(engine, position->account, -paid)) {
        return; /* no balance was ever so large: what it would receive stays as the remainder */
    }
    if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        const fx_i128 margin = position->position_margin + position->adjust_margin;
        position->adjust_margin -= paid < margin ? paid : margin;
        FX_ASSERT(position->position_margin + position->adjust_margin >= 0);
        fx_touch_position(engine, slot);
    }
    if (owed > 0) {
        sweep->paid += paid;
        sweep->insured += owed - paid;
    } else {
        sweep->received -= paid;
    }
    FX_ASSERT(sweep->paid >= 0 && sweep->received >= 0);
    sweep->positions++;
    engine->paid_count++;
    fx_touch_account(engine, position->account);
    emit(engine, slot, -paid);
    if (fx_insurance_is_fund(engine, position->account)) {
        fx_insurance_say(engine,
                         engine->listings[position->instrument].asset,
                         position->instrument,
                         FX_INSURANCE_REASON_FUNDING,
                         -paid);
    }
}

void fx_funding_settle_position(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->position_count);
    struct fx_position_state *position = &engine->positions[slot];
    if (!is_owing(engine, slot)) {
        return;
    }
    const struct fx_funding_sweep *sweep = &engine->marks[position->instrument].sweep;
    position->funding_round = (uint16_t)sweep->round;
    if (position->lots == 0 || sweep->rate_ppb == 0) {
        return;
    }
    FX_ASSERT(sweep->mark_ticks > 0);
    const fx_i128 owed =
        owed_by(engine, position, (fx_px){sweep->mark_ticks}, (fx_rate){sweep->rate_ppb});
    if (owed != 0) {
        pay(engine, slot, owed);
    }
}

fx_i128 fx_funding_foresee(const struct fx_engine *engine, fx_slot slot)
{
    const struct fx_position_state *position = &engine->positions[slot];
    FX_ASSERT(slot < engine->position_count);
    if (position->lots == 0 || engine->marks[position->instrument].next_us == 0 ||
        engine->listings[position->instrument].mark.ticks == 0) {
        return 0;
    }
    FX_ASSERT(position->account < engine->account_count);
    const fx_i128 owed = owed_by(engine,
                                 position,
                                 engine->listings[position->instrument].mark,
                                 fx_funding_rate(engine, position->instrument));
    return owed > 0 ? -payable_of(engine, position, owed) : -owed;
}

uint32_t fx_funding_settle_account(struct fx_engine *engine, fx_slot account)
{
    const uint32_t before = engine->paid_count;
    FX_ASSERT(account < engine->account_count);
    if (engine->sweep_count == 0) {
        return 0;
    }
    for (fx_slot slot = engine->accounts[account].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        fx_funding_settle_position(engine, slot);
    }
    FX_ASSERT(engine->paid_count >= before);
    return engine->paid_count - before;
}

void fx_funding_settle_user(struct fx_engine *engine, uint64_t user_id)
{
    FX_ASSERT(engine->sweep_count > 0);
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    for (uint32_t asset = 0; asset < engine->asset_count; asset++) {
        const fx_slot account = fx_account_state_find(engine, user_id, asset);
        if (account != FX_SLOT_NONE) {
            (void)fx_funding_settle_account(engine, account);
        }
    }
}

/* All have paid: what payers could not pay comes from the insurance fund as far as it holds, the
 * rest and what rounding left over goes to or from the rounding account. */
static void complete(struct fx_engine *engine, uint32_t instrument)
{
    struct fx_funding_sweep *sweep = &engine->marks[instrument].sweep;
    FX_ASSERT(sweep->is_open != 0);
    FX_ASSERT(sweep->cursor >= sweep->end);
    const uint32_t asset = engine->listings[instrument].asset;
    const fx_slot fund = fx_insurance_find(engine, asset);
    const fx_i128 held = fund == FX_SLOT_NONE ? 0 : engine->accounts[fund].balance;
    const fx_i128 wanted = sweep->insured < held ? sweep->insured : held;
    sweep->insured = 0;
    if (wanted > 0 && fx_account_state_credit(engine, fund, -wanted)) {
        sweep->insured = wanted;
        fx_touch_account(engine, fund);
        fx_insurance_say(engine, asset, instrument, FX_INSURANCE_REASON_FUNDING, -wanted);
    }
    sweep->is_open = 0;
    engine->assets[asset].rounding += sweep->paid + sweep->insured - sweep->received;
    FX_ASSERT(sweep->insured >= 0);
    say(engine, instrument);
}

/* The lowest cursor of the open sweeps; NONE where none is open. */
static fx_slot first_cursor(const struct fx_engine *engine)
{
    FX_ASSERT(engine->sweep_count <= engine->instrument_count);
    fx_slot first = FX_SLOT_NONE;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_funding_sweep *sweep = &engine->marks[index].sweep;
        if (sweep->is_open != 0 && sweep->cursor < first) {
            first = sweep->cursor;
        }
    }
    FX_ASSERT(first == FX_SLOT_NONE || first <= engine->position_count);
    return first;
}

/* Every position behind the first cursor is settled whatever its symbol, so that sweeps which began
 * together go over the positions together. */
void fx_funding_step(struct fx_engine *engine)
{
    FX_ASSERT(engine->sweep_count > 0);
    fx_slot cursor = first_cursor(engine);
    FX_ASSERT(cursor != FX_SLOT_NONE);
    const fx_slot first = cursor;
    while (cursor < engine->position_count && cursor - first < FX_FUNDING_VISITS_MAX &&
           engine->paid_count < FX_FUNDING_STEP_MAX) {
        fx_funding_settle_position(engine, cursor);
        cursor++;
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        struct fx_funding_sweep *sweep = &engine->marks[index].sweep;
        if (sweep->is_open == 0) {
            continue;
        }
        sweep->cursor = cursor > sweep->cursor ? cursor : sweep->cursor;
        if (sweep->cursor >= sweep->end) {
            complete(engine, index);
        }
    }
    fx_mark_refresh_due(engine);
}

/* ---- PAY_FUNDING --------------------------------------------------------------------------------
 */

/* The instant that is meant: the last regular one where the command names none. In whole
 * milliseconds, as tables and the wire name it: once per symbol and instant is once per name. */
static int64_t instant_of(const struct fx_engine *engine, const struct fx_command *command)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    const int64_t asked_us = command->u.funding.instant_us;
    FX_ASSERT(asked_us >= 0 && asked_us <= engine->time_us);
    const int64_t interval_us =
        engine->listings[command->instrument].definition.funding_interval_s * SECOND_US;
    if (asked_us != 0) {
        return asked_us / MS_US * MS_US;
    }
    return interval_us > 0 ? engine->time_us / interval_us * interval_us
                           : engine->time_us / MS_US * MS_US;
}

static fx_status judge(const struct fx_engine *engine,
                       const struct fx_command *command,
                       struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_PAY_FUNDING);
    const struct fx_command_funding *funding = &command->u.funding;
    if (command->instrument >= engine->instrument_count) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_UNKNOWN_SYMBOL;
    }
    const struct fx_listing *listing = &engine->listings[command->instrument];
    const int64_t cap = cap_of(listing);
    FX_ASSERT(cap >= 0);
    if (listing->definition.kind != FX_INSTRUMENT_KIND_PERPETUAL || funding->has_rate > 1 ||
        funding->instant_us < 0 || funding->instant_us > engine->time_us) {
        return FX_BAD_PARAMETER;
    }
    if (funding->has_rate != 0 && (funding->rate_ppb > cap || funding->rate_ppb < -cap)) {
        result->reject.has_limit = 1;
        result->reject.limit = (fx_i128)cap * PPB;
        return FX_BAD_PARAMETER;
    }
    return FX_OK;
}

fx_status fx_funding_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    const fx_status status = judge(engine, command, result);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t instrument = command->instrument;
    const int64_t instant_us = instant_of(engine, command);
    FX_ASSERT(instant_us <= engine->time_us);
    if (instant_us <= engine->marks[instrument].paid_us) {
        return FX_OK; /* I-28: it is paid; nothing changes */
    }
    if (engine->listings[instrument].mark.ticks == 0) {
        return FX_NO_MARK_PRICE;
    }
    if (!fx_mark_is_fresh(engine, instrument)) {
        return FX_MARK_STALE;
    }
    if (engine->marks[instrument].sweep.is_open != 0) {
        return FX_BUSY;
    }
    if (!fx_funding_may_begin(engine, instrument)) {
        return FX_INSTRUMENT_HALTED;
    }
    begin(engine,
          instrument,
          instant_us,
          command->u.funding.has_rate != 0 ? (fx_rate){command->u.funding.rate_ppb}
                                           : fx_funding_rate(engine, instrument));
    fx_mark_refresh_due(engine);
    result->is_changed = 1;
    return FX_OK;
}

/* ---- checks -------------------------------------------------------------------------------------
 */

fx_i128 fx_funding_pending(const struct fx_engine *engine, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    fx_i128 sum = 0;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_funding_sweep *sweep = &engine->marks[index].sweep;
        FX_ASSERT(sweep->paid >= 0 && sweep->received >= 0);
        if (sweep->is_open != 0 && engine->listings[index].asset == asset) {
            sum += sweep->paid - sweep->received;
        }
    }
    return sum;
}

/* I-28: who is behind the cursor has paid for this round, and no round is paid twice. */
void fx_funding_check(const struct fx_engine *engine)
{
    uint32_t open = 0;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        const struct fx_mark_state *state = &engine->marks[index];
        open += state->sweep.is_open;
        FX_ASSERT(state->sweep.cursor <= engine->position_count);
        FX_ASSERT(state->sweep.end <= engine->position_count);
        FX_ASSERT(state->sweep.paid >= 0 && state->sweep.received >= 0);
        FX_ASSERT(state->sweep.insured >= 0);
        FX_ASSERT(state->sweep.round == 0 || state->paid_us >= state->sweep.instant_us);
        FX_ASSERT(state->next_us == 0 || state->next_us > state->paid_us);
    }
    FX_ASSERT(engine->sweep_count == open);
    for (fx_slot position = 0; position < engine->position_count; position++) {
        const struct fx_position_state *state = &engine->positions[position];
        const struct fx_funding_sweep *sweep = &engine->marks[state->instrument].sweep;
        FX_ASSERT(sweep->is_open == 0 || position >= sweep->cursor || !is_owing(engine, position));
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)

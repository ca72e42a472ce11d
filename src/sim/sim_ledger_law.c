/* Marks, fundings, liquidations and the ends of contracts as an outsider sees them: who pays what
 * is calculated again, and nothing happens by a mark that is not fresh. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_ledger_int.h"

enum { PPB = 1000000000, SECONDS_OF_INTERVAL = 3600 };

static const int64_t US_PER_S = 1000000;
static const int64_t ENOUGH_US = 900000000; /* of the index, before a settlement: 15 minutes */

static struct fx_sim_ledger_symbol *symbol_of(struct fx_sim_ledger *ledger, uint32_t instrument)
{
    FX_ASSERT(instrument < FX_SIM_PLAN_CONTRACTS_MAX);
    return &ledger->symbols[instrument];
}

static int64_t magnitude(int64_t lots)
{
    return lots < 0 ? -lots : lots;
}

static fx_i128 at_rate(fx_i128 value, int64_t rate_ppb, enum fx_rounding rounding)
{
    fx_i128 part = 0;
    FX_ASSERT(fx_dec_mul_div(value, rate_ppb, PPB, rounding, &part));
    return part;
}

/* ---- marks ------------------------------------------------------------------------------------
 */

static bool is_fresh(const struct fx_sim_ledger_symbol *symbol, int64_t time_us)
{
    return !symbol->is_stale && (symbol->fresh_us == 0 || time_us <= symbol->fresh_us);
}

/* I-26. The band rounds inward. */
static void check_band(struct fx_sim_world *world, const struct fx_event_mark *row)
{
    if (row->has_index == 0 || row->band_ppb == 0 || row->mark_ticks == 0) {
        return;
    }
    const fx_i128 most = at_rate(row->index_ticks, PPB + row->band_ppb, FX_ROUND_FLOOR);
    const fx_i128 least = at_rate(row->index_ticks, PPB - row->band_ppb, FX_ROUND_CEIL);
    FX_SIM_REQUIRE(world,
                   row->mark_ticks <= most && row->mark_ticks >= least,
                   "I-26 the mark is in the band of its index");
    if (row->mark_ticks == most || row->mark_ticks == least) {
        fx_sim_world_mark(world, FX_SIM_MARK_MARK_CLAMPED);
    }
}

/* What stands behind the cross positions of an account, at their marks. */
struct standing {
    fx_i128 equity;
    bool has_cross;
    bool is_stale;   /* one of their marks is */
    bool is_unknown; /* the margin of an isolated position has moved since its last row */
};

static void add_position(const struct fx_sim_ledger_symbol *symbol,
                         const struct fx_sim_ledger_position *position,
                         int64_t time_us,
                         struct standing *standing)
{
    const int64_t mark_ticks = symbol->prices[FX_TRIGGER_SOURCE_MARK];
    if (position->lots == 0 || mark_ticks == 0) {
        return;
    }
    if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        standing->equity -= position->margin;
        standing->is_unknown = standing->is_unknown || position->is_margin_old;
        return;
    }
    standing->has_cross = true;
    standing->equity += fx_sim_ledger_gain(symbol, position, mark_ticks);
    standing->is_stale = standing->is_stale || !is_fresh(symbol, time_us);
}

static struct standing standing_of(const struct fx_sim_ledger *ledger,
                                   uint32_t account,
                                   int64_t time_us)
{
    struct standing standing = {.equity = ledger->accounts[account].money};
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        for (uint32_t side = 0; side < FX_SIM_LEDGER_SIDES; side++) {
            add_position(
                &ledger->symbols[id], &ledger->positions[account][id][side], time_us, &standing);
        }
    }
    return standing;
}

static void note_waiting(struct fx_sim_world *world, int64_t time_us)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    for (uint32_t index = 0; index < FX_SIM_LEDGER_ACCOUNTS_MAX && ledger->accounts[index].is_known;
         index++) {
        /* Without maintenance margin: who is below 0 surely is due. */
        const struct standing standing = standing_of(ledger, index, time_us);
        if (ledger->accounts[index].user_id != 0 && standing.is_stale && standing.equity < 0) {
            fx_sim_world_mark(world, FX_SIM_MARK_STALE_BLOCKS_LIQUIDATION);
        }
    }
}

void fx_sim_ledger_law_mark(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_mark *row = &event->u.mark;
    struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    const bool is_starved = row->has_index != 0 && row->source_count < row->sources_min;
    symbol->is_stale = row->is_stale != 0;
    symbol->fresh_us = row->max_age_us == 0 ? 0 : event->time_us + row->max_age_us;
    check_band(world, row);
    FX_SIM_REQUIRE(world, !is_starved || symbol->is_stale, "I-26 an index has its sources");
    if (row->has_index != 0 && !symbol->is_stale) {
        fx_sim_world_mark(world, FX_SIM_MARK_MARK_FROM_INDEX);
    }
    if (symbol->is_stale) {
        fx_sim_world_mark(world, is_starved ? FX_SIM_MARK_MARK_STARVED : FX_SIM_MARK_MARK_TOO_OLD);
    }
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        if (world->ledger->symbols[id].is_stale) {
            note_waiting(world, event->time_us);
            break;
        }
    }
}

/* ---- fundings ---------------------------------------------------------------------------------
 */

/* RULES 6: who pays rounds up, who receives down. Positive: it pays. */
static fx_i128 owed_by(const struct fx_sim_ledger_symbol *symbol,
                       const struct fx_sim_ledger_position *position)
{
    const struct fx_sim_ledger_sweep *sweep = &symbol->sweep;
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(&symbol->definition,
                                               (fx_px){sweep->mark_ticks},
                                               (fx_qty){magnitude(position->lots)},
                                               &value);
    FX_ASSERT(is_valued);
    return at_rate(
        value.units, position->lots > 0 ? sweep->rate_ppb : -sweep->rate_ppb, FX_ROUND_CEIL);
}

/* Calls `visit` with every position of a symbol. */
typedef void (*visit_fn)(struct fx_sim_world *world,
                         struct fx_sim_ledger_symbol *symbol,
                         struct fx_sim_ledger_position *position);

static void visit_all(struct fx_sim_world *world, uint32_t instrument, visit_fn visit)
{
    struct fx_sim_ledger *ledger = world->ledger;
    for (uint32_t account = 0;
         account < FX_SIM_LEDGER_ACCOUNTS_MAX && ledger->accounts[account].is_known;
         account++) {
        for (uint32_t side = 0; side < FX_SIM_LEDGER_SIDES; side++) {
            visit(world,
                  symbol_of(ledger, instrument),
                  &ledger->positions[account][instrument][side]);
        }
    }
}

static void owe(struct fx_sim_world *world,
                struct fx_sim_ledger_symbol *symbol,
                struct fx_sim_ledger_position *position)
{
    (void)world;
    position->is_owing = position->lots != 0 && owed_by(symbol, position) != 0;
}

static void check_paid(struct fx_sim_world *world,
                       struct fx_sim_ledger_symbol *symbol,
                       struct fx_sim_ledger_position *position)
{
    (void)symbol;
    FX_SIM_REQUIRE(world, !position->is_owing, "I-28 every position pays");
    position->is_owing = false;
}

static void begin_sweep(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_funding *row = &event->u.funding;
    struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    FX_SIM_REQUIRE(world, row->instant_us > symbol->sweep.instant_us, "I-28 once per instant");
    FX_SIM_REQUIRE(world, row->instant_us <= event->time_us, "I-28 no instant of the future");
    FX_SIM_REQUIRE(world,
                   is_fresh(symbol, event->time_us) &&
                       row->mark_ticks == symbol->prices[FX_TRIGGER_SOURCE_MARK],
                   "I-27 funding by a fresh mark");
    FX_SIM_REQUIRE(world, symbol->end.phase == 0, "6 what has ended pays no funding");
    symbol->sweep = (struct fx_sim_ledger_sweep){.instant_us = row->instant_us,
                                                 .rate_ppb = row->rate_ppb,
                                                 .mark_ticks = row->mark_ticks,
                                                 .is_open = true};
    visit_all(world, row->instrument, owe);
    if (row->instant_us % (SECONDS_OF_INTERVAL * US_PER_S) == 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_SCHEDULED);
    }
}

/* I-28: what payers gave, and the fund for those who could not, is what receivers got and a
 * remainder that no more than the roundings explain. */
static void end_sweep(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_funding *row = &event->u.funding;
    struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    struct fx_sim_ledger_asset *asset = &world->ledger->assets[symbol->asset];
    struct fx_sim_ledger_sweep *sweep = &symbol->sweep;
    visit_all(world, row->instrument, check_paid);
    FX_SIM_REQUIRE(world,
                   row->paid == sweep->paid && row->received == sweep->received &&
                       row->positions == sweep->payments,
                   "I-28 a funding is the sum of its payments");
    FX_SIM_REQUIRE(world,
                   row->insured == sweep->insured && row->insured <= sweep->missing,
                   "I-28 the fund pays what payers could not");
    FX_SIM_REQUIRE(world,
                   row->remainder == row->paid + row->insured - row->received,
                   "I-28 the remainder is posted");
    const fx_i128 left = row->remainder + sweep->missing - row->insured;
    const fx_i128 most = 2 * (fx_i128)sweep->payments;
    FX_SIM_REQUIRE(world, left <= most && left >= -most, "I-28 payments sum to 0");
    asset->rounding += row->remainder;
    asset->flight -= row->paid - row->received;
    sweep->is_open = false;
    if (row->positions > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_PAID);
    }
    if (row->remainder > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_REMAINDER);
    }
    if (row->insured > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_INSURED);
    }
}

void fx_sim_ledger_law_funding(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_funding *row = &event->u.funding;
    struct fx_sim_ledger_sweep *sweep = &symbol_of(world->ledger, row->instrument)->sweep;
    if (row->is_skipped != 0) {
        FX_SIM_REQUIRE(world, row->instant_us > sweep->instant_us, "I-28 once per instant");
        sweep->instant_us = row->instant_us;
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_SKIPPED);
        return;
    }
    FX_SIM_REQUIRE(
        world, sweep->is_open == (row->is_complete != 0), "I-28 a funding begins once, ends once");
    if (row->is_complete != 0) {
        end_sweep(world, event);
    } else {
        begin_sweep(world, event);
    }
}

/* RULES 6: an isolated position pays from its margin, as far as that goes. */
static void charge(struct fx_sim_ledger_position *position, fx_i128 paid)
{
    position->margin -= paid < position->margin ? paid : position->margin;
    position->is_charged = true;
}

void fx_sim_ledger_law_payment(struct fx_sim_world *world, const struct fx_event *event)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event_transaction *row = &event->u.transaction;
    struct fx_sim_ledger_symbol *symbol = symbol_of(ledger, row->instrument);
    struct fx_sim_ledger_sweep *sweep = &symbol->sweep;
    FX_ASSERT(row->position_id < FX_SIM_LEDGER_IDS_MAX);
    const struct fx_sim_ledger_place *place = &ledger->places[row->position_id];
    FX_SIM_REQUIRE(world,
                   place->account_id == row->account_id && place->instrument == row->instrument,
                   "6 a position of the account pays");
    if (world->result->is_violated) {
        return;
    }
    struct fx_sim_ledger_position *position =
        &ledger->positions[place->account_id - 1][place->instrument][place->side];
    FX_SIM_REQUIRE(world, sweep->is_open && position->is_owing, "I-28 a position pays once");
    FX_SIM_REQUIRE(world,
                   row->lots == position->lots && row->rate_ppb == sweep->rate_ppb &&
                       row->mark_ticks == sweep->mark_ticks && row->instant_us == sweep->instant_us,
                   "6 all pay by the same rate and mark");
    const fx_i128 owed = owed_by(symbol, position);
    const bool may_be_short = position->margin_mode == FX_MARGIN_MODE_ISOLATED || row->user_id == 0;
    FX_SIM_REQUIRE(world,
                   -row->amount == owed ||
                       (owed > 0 && may_be_short && -row->amount >= 0 && -row->amount < owed),
                   "6 payment = value x rate");
    if (owed > 0) {
        sweep->paid -= row->amount;
        sweep->missing += owed + row->amount;
    } else {
        sweep->received += row->amount;
    }
    sweep->payments++;
    position->is_owing = false;
    charge(position, -row->amount);
    if (position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
        fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_ISOLATED);
    }
}

void fx_sim_ledger_law_fill(struct fx_sim_world *world,
                            uint32_t instrument,
                            struct fx_sim_ledger_position *position)
{
    (void)instrument;
    FX_SIM_REQUIRE(world, !position->is_owing, "6 lots change behind the funding that is due");
    position->is_margin_old = true;
}

/* ---- liquidations -----------------------------------------------------------------------------
 */

/* Whether margin and gain at a price are below 0, to all digits. The value of an inverse contract
 * is rounded to units when it is traded; a bankruptcy price is found without that rounding, so the
 * value is rounded against the user here, and what is 0 then is 0 or more without any. */
static bool is_ruined(const struct fx_sim_ledger_symbol *symbol,
                      const struct fx_sim_ledger_position *position,
                      int64_t ticks)
{
    const struct fx_instrument *definition = &symbol->definition;
    const bool is_long = position->lots > 0;
    if (definition->contract_type != FX_CONTRACT_TYPE_COIN_M) {
        return position->margin + fx_sim_ledger_gain(symbol, position, ticks) < 0;
    }
    const struct fx_instrument_at at = {.price = {ticks},
                                        .quantity = {magnitude(position->lots)},
                                        .rounding = is_long ? FX_ROUND_CEIL : FX_ROUND_FLOOR};
    fx_amount value = {0};
    FX_ASSERT(fx_instrument_inverse_value(definition, fx_instrument_unit(definition), at, &value));
    const fx_i128 gain =
        is_long ? position->entry_value - value.units : value.units - position->entry_value;
    return position->margin + gain < 0;
}

/* RULES 5: at the bankruptcy price nothing is left, no maintenance amount and no fee; one tick
 * further less than nothing. */
static void check_bankruptcy(struct fx_sim_world *world, const struct fx_event_liquidation *row)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_sim_ledger_symbol *symbol = &ledger->symbols[row->instrument];
    const struct fx_sim_ledger_position *position =
        &ledger->positions[row->account_id - 1][row->instrument][row->position_side];
    const int64_t price_ticks = row->price_ticks;
    if (row->margin_mode != FX_MARGIN_MODE_ISOLATED || position->is_margin_old ||
        position->lots == 0 || price_ticks <= 0) {
        return;
    }
    const int64_t beyond = position->lots > 0 ? price_ticks - 1 : price_ticks + 1;
    FX_SIM_REQUIRE(world,
                   !is_ruined(symbol, position, price_ticks),
                   "5 at the bankruptcy price nothing is owed");
    FX_SIM_REQUIRE(world,
                   beyond < 1 || beyond > symbol->definition.max_ticks ||
                       is_ruined(symbol, position, beyond),
                   "5 at the bankruptcy price nothing is left");
}

/* The account ends at 0 or more: no fee was taken from what was not there. */
static void check_done(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_liquidation *row = &event->u.liquidation;
    const struct standing standing =
        standing_of(world->ledger, (uint32_t)row->account_id - 1, event->time_us);
    FX_SIM_REQUIRE(world,
                   row->margin_mode != FX_MARGIN_MODE_CROSS || row->user_id == 0 ||
                       standing.is_stale || standing.is_unknown || standing.equity >= 0,
                   "5 a liquidation leaves nobody below 0");
}

void fx_sim_ledger_law_liquidation(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_liquidation *row = &event->u.liquidation;
    const struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    if (row->step == FX_LIQUIDATION_STEP_DONE) {
        check_done(world, event);
        return;
    }
    FX_SIM_REQUIRE(
        world, is_fresh(symbol, event->time_us), "I-27 nobody is liquidated by a stale mark");
    FX_SIM_REQUIRE(world,
                   symbol->definition.state == FX_INSTRUMENT_STATE_TRADING ||
                       symbol->end.phase == FX_SETTLEMENT_PHASE_CLOSING,
                   "5 nobody is liquidated while a symbol does not trade");
    FX_SIM_REQUIRE(world,
                   row->mark_ticks == symbol->prices[FX_TRIGGER_SOURCE_MARK],
                   "5 liquidated by the mark as it is");
    FX_SIM_REQUIRE(world, row->equity <= row->maintenance, "5 who is short of margin");
    check_bankruptcy(world, row);
    if (row->user_id == 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_INSURANCE_DELEVERAGED);
    }
}

static uint64_t fund_of(const struct fx_sim_ledger *ledger, const struct fx_asset *name)
{
    for (uint32_t index = 0; index < FX_SIM_LEDGER_ACCOUNTS_MAX; index++) {
        const struct fx_sim_ledger_account *account = &ledger->accounts[index];
        if (account->is_known && account->user_id == 0 &&
            memcmp(&ledger->assets[account->asset].name, name, sizeof *name) == 0) {
            return index + 1;
        }
    }
    return 0;
}

/* I-23. What it pays for positions that cannot pay their funding has no transaction of its own. */
void fx_sim_ledger_law_insurance(struct fx_sim_world *world,
                                 const struct fx_event *event,
                                 bool is_posted)
{
    struct fx_sim_ledger *ledger = world->ledger;
    const struct fx_event_insurance *row = &event->u.insurance;
    const uint64_t fund = fund_of(ledger, &row->asset);
    FX_SIM_REQUIRE(world, row->balance >= 0, "I-23 the insurance fund never owes");
    FX_SIM_REQUIRE(world, fund != 0, "I-23 the fund is an account");
    if (world->result->is_violated) {
        return;
    }
    if (row->reason == FX_INSURANCE_REASON_FUNDING && !is_posted) {
        fx_sim_ledger_pay(ledger, fund, row->change);
        symbol_of(ledger, row->instrument)->sweep.insured -= row->change;
    }
    FX_SIM_REQUIRE(world,
                   ledger->accounts[fund - 1].money == row->balance,
                   "I-23 the fund's balance = what was posted");
}

/* ---- the end of a contract --------------------------------------------------------------------
 */

static void check_flat(struct fx_sim_world *world,
                       struct fx_sim_ledger_symbol *symbol,
                       struct fx_sim_ledger_position *position)
{
    (void)symbol;
    FX_SIM_REQUIRE(world, position->lots == 0, "2 a settlement closes every position");
}

static void end_contract(struct fx_sim_world *world, const struct fx_event_settlement *row)
{
    struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    struct fx_sim_ledger_asset *asset = &world->ledger->assets[symbol->asset];
    struct fx_sim_ledger_end *end = &symbol->end;
    /* The rows of what this command closed come behind. */
    end->remainder = row->remainder;
    end->is_done = true;
    FX_SIM_REQUIRE(world, row->remainder >= 0, "2 a settlement never adds anything");
    asset->rounding += row->remainder;
    asset->clearing += row->remainder;
    if (row->remainder > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_SETTLEMENT_REMAINDER);
    }
}

enum { PHASES = FX_SETTLEMENT_PHASE_DONE + 1 };

static const bool NEXT[PHASES][PHASES] = {
    [0] = {[FX_SETTLEMENT_PHASE_CANCELING] = true},
    [FX_SETTLEMENT_PHASE_CANCELING] =
        {[FX_SETTLEMENT_PHASE_WAITING] = true, [FX_SETTLEMENT_PHASE_CLOSING] = true},
    [FX_SETTLEMENT_PHASE_WAITING] = {[FX_SETTLEMENT_PHASE_CLOSING] = true},
    [FX_SETTLEMENT_PHASE_CLOSING] = {[FX_SETTLEMENT_PHASE_DONE] = true}};

void fx_sim_ledger_law_settlement(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_settlement *row = &event->u.settlement;
    struct fx_sim_ledger_symbol *symbol = symbol_of(world->ledger, row->instrument);
    struct fx_sim_ledger_end *end = &symbol->end;
    FX_SIM_REQUIRE(world,
                   row->phase < PHASES && NEXT[end->phase][row->phase],
                   "2 the end of a contract goes one way");
    FX_SIM_REQUIRE(world,
                   end->price_ticks == 0 || row->price_ticks == end->price_ticks,
                   "2 the price of a settlement stays");
    end->phase = row->phase;
    end->price_ticks = row->price_ticks;
    switch (row->phase) {
    case FX_SETTLEMENT_PHASE_WAITING:
        fx_sim_world_mark(world, FX_SIM_MARK_SETTLEMENT_WAITING);
        break;
    case FX_SETTLEMENT_PHASE_CLOSING:
        FX_SIM_REQUIRE(world,
                       row->price_ticks > 0 &&
                           symbol->prices[FX_TRIGGER_SOURCE_MARK] == row->price_ticks,
                       "2 what is closed is closed at its mark");
        FX_SIM_REQUIRE(world,
                       !fx_sim_ledger_order_is_any(world->ledger, row->instrument),
                       "2 orders end before positions close");
        if (row->covered_us >= ENOUGH_US && symbol->definition.kind == FX_INSTRUMENT_KIND_DATED) {
            fx_sim_world_mark(world, FX_SIM_MARK_SETTLEMENT_AVERAGE);
        }
        break;
    case FX_SETTLEMENT_PHASE_DONE:
        end_contract(world, row);
        break;
    default:
        break;
    }
}

/* RULES 2: longs of an inverse contract are valued up, shorts down: both get no more than is there.
 */
static fx_i128 worth_of(const struct fx_sim_ledger_symbol *symbol,
                        const struct fx_sim_ledger_position *position)
{
    const struct fx_instrument *definition = &symbol->definition;
    const fx_px price = {symbol->end.price_ticks};
    const fx_qty lots = {magnitude(position->lots)};
    const struct fx_instrument_at at = {
        price, lots, position->lots > 0 ? FX_ROUND_CEIL : FX_ROUND_FLOOR};
    fx_amount value = {0};
    const bool is_valued =
        definition->contract_type == FX_CONTRACT_TYPE_COIN_M
            ? fx_instrument_inverse_value(definition, fx_instrument_unit(definition), at, &value)
            : fx_instrument_value(definition, price, lots, &value);
    FX_ASSERT(is_valued);
    return value.units;
}

void fx_sim_ledger_law_close(struct fx_sim_world *world, const struct fx_event_position *row)
{
    struct fx_sim_ledger *ledger = world->ledger;
    struct fx_sim_ledger_symbol *symbol = symbol_of(ledger, row->instrument);
    struct fx_sim_ledger_position *position =
        &ledger->positions[row->account_id - 1][row->instrument][row->position_side];
    struct fx_sim_ledger_asset *asset = &ledger->assets[symbol->asset];
    if (symbol->end.price_ticks == 0 || row->lots != 0 || position->lots == 0) {
        return;
    }
    const fx_i128 worth = worth_of(symbol, position);
    const fx_i128 entry = fx_sim_ledger_entry(symbol, position);
    const bool is_plus =
        (position->lots > 0) == (symbol->definition.contract_type == FX_CONTRACT_TYPE_USD_M);
    const fx_i128 value = is_plus ? worth : -worth;
    ledger->accounts[row->account_id - 1].settling -= value - entry;
    asset->entries -= entry;
    asset->clearing += value;
    symbol->end.value += value;
    symbol->end.lots += position->lots;
    symbol->net_lots -= position->lots;
    ledger->accounts[row->account_id - 1].is_closed = true;
    position->lots = 0;
    position->entry_value = 0;
    fx_sim_ledger_law_fill(world, row->instrument, position);
    fx_sim_world_mark(world, FX_SIM_MARK_SETTLEMENT_CLOSES);
}

/* Who cannot pay at the price of a settlement is liquidated before: nobody ends below 0. */
static void check_closed(struct fx_sim_world *world)
{
    struct fx_sim_ledger *ledger = world->ledger;
    for (uint32_t index = 0; index < FX_SIM_LEDGER_ACCOUNTS_MAX && ledger->accounts[index].is_known;
         index++) {
        struct fx_sim_ledger_account *account = &ledger->accounts[index];
        const bool is_asked = account->is_closed && account->user_id != 0;
        account->is_closed = false;
        if (is_asked) {
            const struct standing standing = standing_of(ledger, index, ledger->time_us);
            FX_SIM_REQUIRE(world,
                           standing.has_cross || standing.equity >= 0,
                           "2 a settlement leaves nobody below 0");
        }
    }
}

/* After a command with a settlement: nothing is left of it. */
void fx_sim_ledger_law_check(struct fx_sim_world *world)
{
    check_closed(world);
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        struct fx_sim_ledger_end *end = &world->ledger->symbols[id].end;
        if (!end->is_done) {
            continue;
        }
        FX_SIM_REQUIRE(world, end->lots == 0, "I-02 longs = shorts");
        FX_SIM_REQUIRE(world,
                       end->value + end->remainder == 0,
                       "2 what a settlement leaves is in the rounding account");
        visit_all(world, id, check_flat);
        end->is_done = false; /* looked at once */
    }
}

void fx_sim_ledger_law_restart(struct fx_sim_world *world)
{
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        const struct fx_sim_ledger_symbol *symbol = &world->ledger->symbols[id];
        if (symbol->sweep.is_open) {
            fx_sim_world_mark(world, FX_SIM_MARK_FUNDING_MID_SWEEP_CRASH);
        }
        if (symbol->end.phase == FX_SETTLEMENT_PHASE_CANCELING ||
            symbol->end.phase == FX_SETTLEMENT_PHASE_CLOSING) {
            fx_sim_world_mark(world, FX_SIM_MARK_SETTLEMENT_AFTER_RESTART);
        }
    }
}

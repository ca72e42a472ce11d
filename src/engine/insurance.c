/* The insurance fund: an account of the exchange itself per asset (user 0), made when it first gets
 * money. What it takes over is its inventory: cross positions without a maintenance margin, whose
 * gains do not count. It is solvent while its balance covers all its losses at mark; so closing
 * them never takes the balance below 0 (I-23). Where it is not, it is liquidated like any account.
 * Source: docs/rules/liquidation.md. */
#include <string.h>

#include "base/panic.h"
#include "engine/money_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots, lots and prices are all
// numbers; their names and the assertions tell them apart

enum { ROUNDING_MAX = 4 }; /* units that one fill may round away */

/* ---- the account -------------------------------------------------------------------------------
 */

bool fx_insurance_is_fund(const struct fx_engine *engine, fx_slot account)
{
    FX_ASSERT(account < engine->account_count);
    return engine->accounts[account].user_id == 0;
}

fx_slot fx_insurance_find(const struct fx_engine *engine, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    return fx_account_state_find(engine, 0, asset);
}

fx_slot fx_insurance_acquire(struct fx_engine *engine, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    const fx_slot known = fx_insurance_find(engine, asset);
    if (known != FX_SLOT_NONE) {
        return known;
    }
    const fx_slot fund = fx_account_state_create(engine, 0, asset);
    FX_ASSERT(fund == FX_SLOT_NONE || fx_insurance_is_fund(engine, fund));
    if (fund != FX_SLOT_NONE) {
        engine->accounts[fund].flags = FX_ACCOUNT_FLAG_NO_FEE;
        fx_touch_account(engine, fund);
    }
    return fund;
}

static fx_slot inventory_of(const struct fx_engine *engine, fx_slot fund, uint32_t instrument)
{
    FX_ASSERT(fx_insurance_is_fund(engine, fund));
    FX_ASSERT(instrument < engine->instrument_count);
    return fx_position_state_find(engine, fund, instrument, FX_POSITION_SIDE_BOTH);
}

/* Values of inverse fills are rounded one by one: inventory that is closed for exactly what the
 * fund has may take a few units more. The rounding account makes them good. @return what it paid.
 */
static fx_i128 round_up(struct fx_engine *engine, fx_slot fund, uint32_t asset, uint32_t instrument)
{
    const fx_i128 units = -engine->accounts[fund].balance;
    if (units <= 0) {
        return 0;
    }
    FX_ASSERT(units <= (fx_i128)ROUNDING_MAX * (engine->work + 1));
    const bool fits = fx_account_state_credit(engine, fund, units);
    FX_ASSERT(fits);
    engine->assets[asset].rounding -= units;
    fx_touch_account(engine, fund);
    fx_touch_transaction(engine, fund, FX_TRANSACTION_ROUNDING, units, instrument);
    FX_ASSERT(engine->accounts[fund].balance == 0);
    return units;
}

void fx_insurance_say(struct fx_engine *engine,
                      uint32_t asset,
                      uint32_t instrument,
                      enum fx_insurance_reason reason,
                      fx_i128 change)
{
    const fx_slot fund = fx_insurance_find(engine, asset);
    FX_ASSERT(fund != FX_SLOT_NONE);
    change += round_up(engine, fund, asset, instrument);
    FX_ASSERT(engine->accounts[fund].balance >= 0);
    const fx_slot inventory = instrument == FX_COMMAND_ALL_INSTRUMENTS
                                  ? FX_SLOT_NONE
                                  : inventory_of(engine, fund, instrument);
    struct fx_event_insurance *event = &fx_touch_event(engine, FX_EVENT_INSURANCE)->u.insurance;
    event->balance = engine->accounts[fund].balance;
    event->change = change;
    event->asset = engine->assets[asset].asset;
    event->lots = inventory == FX_SLOT_NONE ? 0 : engine->positions[inventory].lots;
    event->instrument = instrument;
    event->reason = (uint32_t)reason;
}

fx_i128 fx_insurance_charge(struct fx_engine *engine, fx_slot position, fx_i128 fee)
{
    const fx_slot payer = engine->positions[position].account;
    const uint32_t instrument = engine->positions[position].instrument;
    const uint32_t asset = engine->accounts[payer].asset;
    const fx_slot fund = fx_insurance_acquire(engine, asset);
    FX_ASSERT(fee > 0);
    if (fund == FX_SLOT_NONE) {
        return 0; /* no room for the fund: the user keeps it */
    }
    bool fits = fx_account_state_credit(engine, payer, -fee);
    fits = fx_account_state_credit(engine, fund, fee) && fits;
    FX_ASSERT(fits);
    fx_touch_transaction(engine, payer, FX_TRANSACTION_MARGIN_INSURANCE_FEE, -fee, instrument);
    fx_touch_transaction(engine, fund, FX_TRANSACTION_MARGIN_INSURANCE_FEE, fee, instrument);
    fx_insurance_say(engine, asset, instrument, FX_INSURANCE_REASON_FEE, fee);
    FX_ASSERT(engine->accounts[fund].balance >= fee);
    return fee;
}

/* ---- solvency ----------------------------------------------------------------------------------
 */

/* Losses at mark of all that the fund holds but one position, <= 0. */
static fx_i128 losses_beside(const struct fx_engine *engine, fx_slot fund, fx_slot position)
{
    FX_ASSERT(fx_insurance_is_fund(engine, fund));
    fx_i128 losses = 0;
    for (fx_slot slot = engine->accounts[fund].first_position; slot != FX_SLOT_NONE;
         slot = engine->positions[slot].next) {
        const fx_i128 gain =
            slot == position ? 0 : fx_margin_unrealized(engine, &engine->positions[slot]);
        losses += gain < 0 ? gain : 0;
    }
    FX_ASSERT(losses <= 0);
    return losses;
}

/* Would the fund stay solvent with this fill of a position that is `before` it? */
static bool is_solvent_after(const struct fx_engine *engine,
                             fx_slot fund,
                             fx_slot position,
                             const struct fx_position_state *before,
                             const struct fx_position_fill *fill)
{
    FX_ASSERT(fx_insurance_is_fund(engine, fund));
    FX_ASSERT(before->account == fund);
    struct fx_position_state after = *before;
    const fx_i128 pnl = fx_position_state_apply(engine, &after, fill);
    const fx_i128 gain = fx_margin_unrealized(engine, &after);
    const fx_i128 balance = engine->accounts[fund].balance + pnl;
    return balance >= 0 &&
           balance + (gain < 0 ? gain : 0) + losses_beside(engine, fund, position) >= 0;
}

bool fx_insurance_bears(const struct fx_engine *engine,
                        fx_slot position,
                        const struct fx_position_fill *fill)
{
    const struct fx_position_state *own = &engine->positions[position];
    FX_ASSERT(fx_insurance_is_fund(engine, own->account));
    FX_ASSERT(fill->lots.lots <= fx_position_state_magnitude(own->lots));
    return is_solvent_after(engine, own->account, position, own, fill);
}

/* M1: the fund's orders are not admitted, so its range is asked here. */
static bool is_bounded(const struct fx_engine *engine,
                       fx_slot fund,
                       uint32_t instrument,
                       int64_t lots)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(lots > 0);
    fx_i128 bound = 0, moved = 0;
    return fx_account_state_bound(engine, fund, &bound) && lots <= INT64_MAX / 2 &&
           fx_margin_lots_bound(&engine->listings[instrument], lots * 2, &moved) &&
           fx_dec_add(bound, moved, &bound);
}

/* ---- taking over -------------------------------------------------------------------------------
 */

/* The fund's side of a takeover, where it stays solvent; NONE where not. */
static fx_slot find_taker(struct fx_engine *engine,
                          uint32_t instrument,
                          const struct fx_position_fill *fill)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(fill->lots.lots > 0);
    const fx_slot fund = fx_insurance_find(engine, engine->listings[instrument].asset);
    if (fund == FX_SLOT_NONE || !is_bounded(engine, fund, instrument, fill->lots.lots)) {
        return FX_SLOT_NONE;
    }
    const fx_slot inventory = inventory_of(engine, fund, instrument);
    struct fx_position_state none;
    memset(&none, 0, sizeof none);
    none.account = fund;
    none.instrument = instrument;
    none.leverage_centi = 100;
    none.margin_mode = FX_MARGIN_MODE_CROSS;
    none.position_side = FX_POSITION_SIDE_BOTH;
    const struct fx_position_state *before =
        inventory == FX_SLOT_NONE ? &none : &engine->positions[inventory];
    return is_solvent_after(engine, fund, inventory, before, fill)
               ? fx_position_state_acquire(engine, fund, instrument, FX_POSITION_SIDE_BOTH)
               : FX_SLOT_NONE;
}

bool fx_insurance_take(struct fx_engine *engine, fx_slot position, int64_t lots, fx_px price)
{
    FX_ASSERT(position < engine->position_count);
    const uint32_t instrument = engine->positions[position].instrument;
    struct fx_position_fill fill = {
        .side = engine->positions[position].lots > 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
        .lots = {lots},
    };
    FX_ASSERT(lots > 0);
    if (!fx_margin_value(&engine->listings[instrument], price, fill.lots, &fill.value.units)) {
        return false;
    }
    const fx_slot taker = find_taker(engine, instrument, &fill);
    if (taker == FX_SLOT_NONE) {
        return false;
    }
    FX_ASSERT(taker != position);
    const fx_slot fund = engine->positions[taker].account;
    const fx_i128 before = engine->accounts[fund].balance;
    struct fx_event_liquidation *event =
        fx_liquidate_say(engine, position, FX_LIQUIDATION_STEP_TAKEOVER);
    event->lots = lots;
    event->price_ticks = price.ticks;
    event->counter_account_id = fx_preload_account_id(engine, fund);
    event->counter_position_id = fx_preload_position_id(engine, taker);
    const struct fx_liquidate_match match = {
        .position = position,
        .counter = taker,
        .lots = lots,
        .price = price,
        .note = FX_TRADE_NOTE_INSURANCE_LIQUIDATION,
    };
    fx_liquidate_match(engine, &match);
    fx_insurance_say(engine,
                     engine->accounts[fund].asset,
                     instrument,
                     FX_INSURANCE_REASON_TAKEOVER,
                     engine->accounts[fund].balance - before);
    return true;
}

/* ---- paying ------------------------------------------------------------------------------------
 */

/* The most that may leave the fund: what no loss at mark needs. */
static fx_i128 removable_of(const struct fx_engine *engine, fx_slot fund)
{
    if (fund == FX_SLOT_NONE) {
        return 0;
    }
    const fx_i128 most = engine->accounts[fund].balance + losses_beside(engine, fund, FX_SLOT_NONE);
    FX_ASSERT(fx_insurance_is_fund(engine, fund));
    FX_ASSERT(most <= engine->accounts[fund].balance);
    return most > 0 ? most : 0;
}

fx_i128 fx_insurance_pay(struct fx_engine *engine, fx_slot account, fx_i128 amount)
{
    const uint32_t asset = engine->accounts[account].asset;
    const fx_slot fund = fx_insurance_find(engine, asset);
    const fx_i128 most = removable_of(engine, fund);
    const fx_i128 paid = amount < most ? amount : most;
    FX_ASSERT(amount > 0);
    FX_ASSERT(account != fund);
    FX_ASSERT(paid >= 0);
    if (paid == 0) {
        return 0;
    }
    bool fits = fx_account_state_credit(engine, fund, -paid);
    fits = fx_account_state_credit(engine, account, paid) && fits;
    FX_ASSERT(fits); /* both go towards 0 */
    const enum fx_transaction_type type = FX_TRANSACTION_MARGIN_INSURANCE_FEE;
    fx_touch_account(engine, fund);
    fx_touch_account(engine, account);
    fx_touch_transaction(engine, fund, type, -paid, FX_COMMAND_ALL_INSTRUMENTS);
    fx_touch_transaction(engine, account, type, paid, FX_COMMAND_ALL_INSTRUMENTS);
    fx_insurance_say(
        engine, asset, FX_COMMAND_ALL_INSTRUMENTS, FX_INSURANCE_REASON_SHORTFALL, -paid);
    return paid;
}

/* ---- commands ----------------------------------------------------------------------------------
 */

static fx_status reject(struct fx_event_result *result, fx_status status, enum fx_field field)
{
    FX_ASSERT(status != FX_OK);
    result->reject.field = (uint8_t)field;
    return status;
}

/* The limit of an order that works off inventory: what is asked for, or the take bound; never worse
 * than what the fund can bear. */
static fx_status limit_of(const struct fx_engine *engine,
                          const struct fx_command *command,
                          fx_slot inventory,
                          fx_px *price_out)
{
    FX_ASSERT(inventory < engine->position_count);
    FX_ASSERT(engine->positions[inventory].lots != 0);
    const struct fx_listing *listing = &engine->listings[command->instrument];
    const int64_t asked = command->u.close_insurance.price_ticks;
    const enum fx_side side = engine->positions[inventory].lots > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    const fx_px best = fx_book_best(listing->book, fx_order_opposite(side));
    fx_px worst = {0};
    if (asked < 0 || asked > listing->definition.max_ticks) {
        return FX_PRICE_FILTER;
    }
    if (asked == 0 && best.ticks == 0) {
        return FX_NO_LIQUIDITY;
    }
    if (!fx_margin_closing_price(engine, inventory, &worst)) {
        return FX_INSUFFICIENT_BALANCE;
    }
    const fx_px limit =
        asked != 0 ? (fx_px){asked} : fx_instrument_take_bound(&listing->definition, side, best);
    const bool is_better =
        side == FX_SIDE_SELL ? limit.ticks >= worst.ticks : limit.ticks <= worst.ticks;
    *price_out = is_better ? limit : worst;
    return FX_OK;
}

/* The fund's open position on a symbol that trades. */
static fx_status find_inventory(const struct fx_engine *engine,
                                const struct fx_command *command,
                                struct fx_event_result *result,
                                fx_slot *inventory_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_CLOSE_INSURANCE);
    if (command->instrument >= engine->instrument_count) {
        return reject(result, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    const struct fx_listing *listing = &engine->listings[command->instrument];
    if (command->u.close_insurance.lots < 0) {
        return reject(result, FX_BAD_PARAMETER, FX_FIELD_QUANTITY);
    }
    if (fx_settle_is_over(engine, command->instrument) &&
        engine->preload.rules >= FX_ENGINE_RULES_DATES) {
        return FX_SYMBOL_SETTLED;
    }
    if (listing->definition.state != FX_INSTRUMENT_STATE_TRADING) {
        return FX_INSTRUMENT_HALTED;
    }
    if (engine->preload.mode != FX_ENGINE_MODE_RUNNING) {
        return FX_ENGINE_STOPPED;
    }
    const fx_slot fund = fx_insurance_find(engine, listing->asset);
    const fx_slot inventory =
        fund == FX_SLOT_NONE ? FX_SLOT_NONE : inventory_of(engine, fund, command->instrument);
    if (inventory == FX_SLOT_NONE || engine->positions[inventory].lots == 0) {
        return FX_POSITION_NOT_FOUND;
    }
    FX_ASSERT(fx_insurance_is_fund(engine, fund));
    *inventory_out = inventory;
    result->account_id = fx_preload_account_id(engine, fund);
    return FX_OK;
}

fx_status fx_insurance_apply_close(struct fx_engine *engine,
                                   const struct fx_command *command,
                                   struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    fx_slot inventory = FX_SLOT_NONE;
    fx_px price = {0};
    fx_status status = find_inventory(engine, command, result, &inventory);
    if (status == FX_OK) {
        status = limit_of(engine, command, inventory, &price);
    }
    if (status != FX_OK) {
        return status == FX_PRICE_FILTER ? reject(result, status, FX_FIELD_PRICE) : status;
    }
    if (engine->order_count == engine->limits.orders_max) {
        return FX_CAPACITY;
    }
    const fx_slot fund = engine->positions[inventory].account;
    const fx_i128 before = engine->accounts[fund].balance;
    const int64_t held = engine->positions[inventory].lots;
    const int64_t asked = command->u.close_insurance.lots;
    const int64_t lots = asked == 0 || asked > fx_position_state_magnitude(held)
                             ? fx_position_state_magnitude(held)
                             : asked;
    FX_ASSERT(lots > 0 && price.ticks > 0);
    result->order_id =
        fx_liquidate_order(engine, inventory, lots, price, FX_ORDER_NOTE_CLOSE_INSURANCE);
    result->is_changed = 1;
    if (engine->positions[inventory].lots != held) {
        fx_insurance_say(engine,
                         engine->accounts[fund].asset,
                         command->instrument,
                         FX_INSURANCE_REASON_CLOSE,
                         engine->accounts[fund].balance - before);
    }
    return FX_OK;
}

/* Room for money that comes in. */
static bool has_room(const struct fx_engine *engine, uint32_t asset, fx_slot fund, fx_i128 amount)
{
    FX_ASSERT(asset < engine->asset_count);
    FX_ASSERT(amount > 0);
    fx_i128 bound = 0, sum = 0;
    return fx_dec_add(engine->assets[asset].deposited, amount, &sum) &&
           (fund == FX_SLOT_NONE ||
            (fx_account_state_bound(engine, fund, &bound) && fx_dec_add(bound, amount, &sum)));
}

fx_status fx_insurance_apply_fund(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_FUND_INSURANCE);
    const fx_i128 amount = command->u.fund_insurance.amount;
    const uint32_t asset = fx_account_state_find_asset(engine, &command->u.fund_insurance.asset);
    if (amount == 0) {
        return reject(result, FX_BAD_PARAMETER, FX_FIELD_AMOUNT);
    }
    if (asset == UINT32_MAX) {
        return FX_ACCOUNT_NOT_FOUND; /* nothing is settled in it */
    }
    fx_slot fund = fx_insurance_find(engine, asset);
    const fx_i128 most = removable_of(engine, fund);
    if (!fx_dec_is_in_range(amount) || (amount > 0 && !has_room(engine, asset, fund, amount))) {
        return reject(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_AMOUNT);
    }
    if (-amount > most) {
        result->reject.has_limit = 1;
        result->reject.limit = most;
        return reject(result, FX_INSUFFICIENT_BALANCE, FX_FIELD_AMOUNT);
    }
    fund = fx_insurance_acquire(engine, asset);
    if (fund == FX_SLOT_NONE) {
        return FX_CAPACITY;
    }
    const bool fits = fx_account_state_credit(engine, fund, amount);
    FX_ASSERT(fits);
    engine->assets[asset].deposited += amount;
    result->account_id = fx_preload_account_id(engine, fund);
    result->amount = engine->accounts[fund].balance;
    result->is_changed = 1;
    fx_touch_transaction(engine,
                         fund,
                         amount > 0 ? FX_TRANSACTION_DEPOSIT : FX_TRANSACTION_WITHDRAWAL,
                         amount,
                         FX_COMMAND_ALL_INSTRUMENTS);
    fx_insurance_say(engine, asset, FX_COMMAND_ALL_INSTRUMENTS, FX_INSURANCE_REASON_FUND, amount);
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

/* Money and positions as the events tell them, by arithmetic of its own: what a fill closes and
 * realises, what it costs, and that nothing is lost or made. */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "sim/sim_ledger_int.h"

enum { PPB = 1000000000, CLIENTS_MAX = 1 << 20 };

static struct fx_sim_ledger *ledger_of(struct fx_sim_world *world)
{
    return world->ledger;
}

static void reset(struct fx_sim_ledger *ledger)
{
    const struct fx_table_seed seed = {{3, 4}};
    free(ledger->states);
    fx_table_str_deinit(&ledger->clients);
    fx_table_deinit(&ledger->ends);
    memset(ledger, 0, sizeof *ledger);
    fx_table_str_init(&ledger->clients, CLIENTS_MAX, seed);
    fx_table_init(&ledger->ends, CLIENTS_MAX);
}

fx_status fx_sim_ledger_init(struct fx_sim_world *world)
{
    world->ledger = calloc(1, sizeof *world->ledger);
    if (world->ledger == NULL) {
        return FX_NO_MEMORY;
    }
    reset(world->ledger);
    return FX_OK;
}

void fx_sim_ledger_deinit(struct fx_sim_world *world)
{
    if (world->ledger != NULL) {
        reset(world->ledger);
        fx_table_str_deinit(&world->ledger->clients);
        fx_table_deinit(&world->ledger->ends);
        free(world->ledger);
        world->ledger = NULL;
    }
}

/* ---- accounts ---------------------------------------------------------------------------------
 */

static uint32_t asset_of(struct fx_sim_ledger *ledger, const struct fx_asset *name)
{
    for (uint32_t index = 0; index < ledger->asset_count; index++) {
        if (memcmp(&ledger->assets[index].name, name, sizeof *name) == 0) {
            return index;
        }
    }
    FX_ASSERT(ledger->asset_count < FX_SIM_LEDGER_ASSETS_MAX);
    ledger->assets[ledger->asset_count].name = *name;
    ledger->asset_count++;
    return ledger->asset_count - 1;
}

static struct fx_sim_ledger_account *account_of(struct fx_sim_ledger *ledger, uint64_t id)
{
    FX_ASSERT(id > 0 && id <= FX_SIM_LEDGER_ACCOUNTS_MAX);
    return &ledger->accounts[id - 1];
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an account pays an amount
void fx_sim_ledger_pay(struct fx_sim_ledger *ledger, uint64_t account_id, fx_i128 amount)
{
    struct fx_sim_ledger_account *account = account_of(ledger, account_id);
    account->money += amount;
    account->is_touched = account->is_touched || amount != 0;
    ledger->assets[account->asset].money += amount;
}

static void take_settings(struct fx_sim_ledger_account *account, const struct fx_event_account *row)
{
    account->flags = row->flags;
    account->has_fees = row->has_fees != 0;
    account->maker_fee_ppb = row->maker_fee_ppb;
    account->taker_fee_ppb = row->taker_fee_ppb;
}

static void meet(struct fx_sim_ledger *ledger, const struct fx_event_account *row)
{
    struct fx_sim_ledger_account *account = account_of(ledger, row->account_id);
    if (!account->is_known) {
        account->is_known = true;
        account->user_id = row->user_id;
        account->asset = asset_of(ledger, &row->asset);
    }
}

/* Rows of accounts come last. But a new one (of the insurance fund, say) may have got money before,
 * and SET_ACCOUNT is in force when stops that were left over fire in the same command. */
static void foresee_accounts(struct fx_sim_ledger *ledger,
                             const struct fx_event events[],
                             uint32_t count)
{
    const struct fx_event_result *result = &events[count - 1].u.result;
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event_account *row = &events[index].u.account;
        if (events[index].kind != FX_EVENT_ACCOUNT) {
            continue;
        }
        meet(ledger, row);
        if (result->command_kind == FX_COMMAND_SET_ACCOUNT &&
            row->account_id == result->account_id) {
            take_settings(account_of(ledger, row->account_id), row);
        }
    }
}

/* I-05: the row is what was posted. */
static void account_row(struct fx_sim_world *world, const struct fx_event_account *row)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    struct fx_sim_ledger_account *account = account_of(ledger, row->account_id);
    FX_SIM_REQUIRE(world, account->user_id == row->user_id, "I-05 an account stays its user's");
    FX_SIM_REQUIRE(world,
                   account->money == row->balance + row->reward_balance,
                   "I-05 balance = sum of what was posted");
    FX_SIM_REQUIRE(world, row->reward_balance >= 0, "I-07 the reward is never negative");
    account->is_touched = false;
    take_settings(account, row);
}

static bool is_from_outside(enum fx_transaction_type type)
{
    return type == FX_TRANSACTION_DEPOSIT || type == FX_TRANSACTION_WITHDRAWAL ||
           type == FX_TRANSACTION_REFERRAL || type == FX_TRANSACTION_REWARD ||
           type == FX_TRANSACTION_EVENT_REWARD;
}

static void post(struct fx_sim_world *world, const struct fx_event *event)
{
    const struct fx_event_transaction *row = &event->u.transaction;
    struct fx_sim_ledger *ledger = ledger_of(world);
    const enum fx_transaction_type type = (enum fx_transaction_type)row->type;
    struct fx_sim_ledger_account *account = account_of(ledger, row->account_id);
    FX_SIM_REQUIRE(world, account->is_known, "I-05 an account is told before its money");
    fx_sim_ledger_pay(ledger, row->account_id, row->amount);
    struct fx_sim_ledger_asset *asset = &ledger->assets[account->asset];
    if (is_from_outside(type)) {
        asset->deposited += row->amount;
    } else if (type == FX_TRANSACTION_ROUNDING) {
        asset->rounding -= row->amount;
    } else if (type == FX_TRANSACTION_FUNDING_FEE) {
        asset->flight -= row->amount;
    } else if (type == FX_TRANSACTION_REALIZED_PNL) {
        account->settling += row->amount; /* of a settlement: a trade says its own */
    } else {
        FX_SIM_REQUIRE(world,
                       type == FX_TRANSACTION_TRANSFER ||
                           type == FX_TRANSACTION_MARGIN_INSURANCE_FEE,
                       "I-04 a known kind of posting");
        asset->moved += row->amount;
    }
    if (type == FX_TRANSACTION_FUNDING_FEE) {
        fx_sim_ledger_law_payment(world, event);
    }
}

/* ---- contracts --------------------------------------------------------------------------------
 */

static void instrument_row(struct fx_sim_world *world, const struct fx_instrument *row)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    FX_ASSERT(row->instrument_id < FX_SIM_PLAN_CONTRACTS_MAX);
    struct fx_sim_ledger_symbol *symbol = &ledger->symbols[row->instrument_id];
    const struct fx_instrument *own = &symbol->definition;
    if (symbol->is_known) {
        FX_SIM_REQUIRE(world,
                       own->tick_size == row->tick_size && own->lot_size == row->lot_size &&
                           own->multiplier == row->multiplier &&
                           own->contract_type == row->contract_type,
                       "I-30 the units of a contract stay");
    }
    symbol->is_known = true;
    symbol->definition = *row;
    symbol->asset = asset_of(ledger, &row->settle);
}

static bool is_inverse(const struct fx_sim_ledger_symbol *symbol)
{
    return symbol->definition.contract_type == FX_CONTRACT_TYPE_COIN_M;
}

/* ---- positions --------------------------------------------------------------------------------
 */

static fx_i128 share_of(fx_i128 total, int64_t part, int64_t whole)
{
    fx_i128 share = 0;
    if (part == whole) {
        return total;
    }
    FX_ASSERT(fx_dec_mul_div(total, part, whole, FX_ROUND_DOWN, &share));
    return share;
}

fx_i128 fx_sim_ledger_entry(const struct fx_sim_ledger_symbol *symbol,
                            const struct fx_sim_ledger_position *position)
{
    return (position->lots > 0) == !is_inverse(symbol) ? position->entry_value
                                                       : -position->entry_value;
}

static int64_t magnitude(int64_t lots)
{
    return lots < 0 ? -lots : lots;
}

fx_i128 fx_sim_ledger_gain(const struct fx_sim_ledger_symbol *symbol,
                           const struct fx_sim_ledger_position *position,
                           int64_t ticks)
{
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(
        &symbol->definition, (fx_px){ticks}, (fx_qty){magnitude(position->lots)}, &value);
    FX_ASSERT(is_valued);
    return (position->lots > 0) == !is_inverse(symbol) ? value.units - position->entry_value
                                                       : position->entry_value - value.units;
}

/* RULES 4: closing c of |q| takes entry x c / |q|, towards zero; the fill's value is split alike.
 */
// NOLINTBEGIN(bugprone-easily-swappable-parameters): lots, then what they are worth
static fx_i128 fill(struct fx_sim_ledger_position *position,
                    int64_t signed_lots,
                    fx_i128 value,
                    bool is_coin)
{
    fx_i128 pnl = 0;
    int64_t lots = magnitude(signed_lots);
    const int64_t held = magnitude(position->lots);
    if (position->lots != 0 && (position->lots > 0) != (signed_lots > 0)) {
        const int64_t closing = lots < held ? lots : held;
        const fx_i128 part = share_of(value, closing, lots);
        const fx_i128 closed = share_of(position->entry_value, closing, held);
        pnl = (position->lots > 0) != is_coin ? part - closed : closed - part;
        position->entry_value -= closed;
        position->lots += position->lots > 0 ? -closing : closing;
        value -= part;
        lots -= closing;
    }
    if (lots > 0) {
        position->entry_value += value;
        position->lots += signed_lots > 0 ? lots : -lots;
    }
    position->is_touched = true;
    return pnl;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

// NOLINTBEGIN(bugprone-easily-swappable-parameters): how many, where to begin, which order
static uint8_t position_side_of(struct fx_sim_ledger *ledger,
                                const struct fx_event events[],
                                uint32_t count,
                                uint32_t index,
                                uint64_t order_id)
{
    const struct fx_sim_ledger_order *order = fx_sim_ledger_order_find(ledger, order_id);
    for (uint32_t next = index; order == NULL && next < count; next++) {
        if (events[next].kind == FX_EVENT_ORDER && events[next].u.order.order_id == order_id) {
            return events[next].u.order.position_side;
        }
    }
    return order == NULL ? FX_POSITION_SIDE_BOTH : order->position_side;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

/* One side of a trade: what it realises, what it pays. */
struct side {
    uint64_t account_id;
    fx_i128 pnl; /* as the event says */
    fx_i128 fee;
    int64_t fee_ppb;
    bool is_taker;
    bool is_buy;
    uint8_t position_side;
};

/* Without an order: who hedges closes his LONG by selling, his SHORT by buying. */
static uint8_t closing_side(struct fx_sim_ledger *ledger, uint64_t account_id, bool is_buy)
{
    const bool is_hedging = (account_of(ledger, account_id)->flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    if (!is_hedging) {
        return FX_POSITION_SIDE_BOTH;
    }
    return is_buy ? FX_POSITION_SIDE_SHORT : FX_POSITION_SIDE_LONG;
}

static bool is_without_orders(const struct fx_event_trade *trade)
{
    return trade->note == FX_TRADE_NOTE_INSURANCE_LIQUIDATION ||
           trade->note == FX_TRADE_NOTE_AUTO_DELEVERAGE;
}

static void check_fee(struct fx_sim_world *world,
                      const struct fx_event_trade *trade,
                      const struct side *side)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    const struct fx_sim_ledger_account *account = account_of(ledger, side->account_id);
    const struct fx_instrument *definition = &ledger->symbols[trade->instrument].definition;
    fx_i128 fee = 0;
    int64_t ppb = side->is_taker ? definition->taker_fee_ppb : definition->maker_fee_ppb;
    if (account->has_fees) {
        ppb = side->is_taker ? account->taker_fee_ppb : account->maker_fee_ppb;
    }
    /* Who is liquidated pays the liquidation fee instead; without an order nobody pays. */
    const bool is_free = (account->flags & FX_ACCOUNT_FLAG_NO_FEE) != 0 ||
                         is_without_orders(trade) ||
                         (trade->note == FX_TRADE_NOTE_LIQUIDATION && side->is_taker);
    ppb = is_free ? 0 : ppb;
    FX_ASSERT(fx_dec_mul_div(trade->value, ppb, PPB, FX_ROUND_CEIL, &fee));
    FX_SIM_REQUIRE(world, side->fee_ppb == ppb, "7 the rate of the account");
    FX_SIM_REQUIRE(world, side->fee == fee, "7 fee = value x rate, up");
    if (fee < 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_REBATE);
    }
}

/* I-25: what is liquidated only shrinks; I-24: so does who bears it in the queue. */
static void check_closing(struct fx_sim_world *world,
                          const struct fx_event_trade *trade,
                          const struct side *side,
                          int64_t before)
{
    const bool is_fund = account_of(ledger_of(world), side->account_id)->user_id == 0;
    const bool is_closed = trade->note == FX_TRADE_NOTE_AUTO_DELEVERAGE ||
                           (trade->note == FX_TRADE_NOTE_INSURANCE_LIQUIDATION && !is_fund) ||
                           (trade->note == FX_TRADE_NOTE_LIQUIDATION && side->is_taker);
    FX_SIM_REQUIRE(world,
                   !is_closed ||
                       ((before > 0) == !side->is_buy && trade->lots <= magnitude(before)),
                   "I-25 a liquidation closes");
}

static void apply_side(struct fx_sim_world *world,
                       const struct fx_event_trade *trade,
                       const struct side *side)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    struct fx_sim_ledger_symbol *symbol = &ledger->symbols[trade->instrument];
    struct fx_sim_ledger_asset *asset = &ledger->assets[symbol->asset];
    struct fx_sim_ledger_position *position =
        &ledger->positions[side->account_id - 1][trade->instrument][side->position_side];
    const bool is_coin = is_inverse(symbol);
    const int64_t before = position->lots;
    const int64_t lots = side->is_buy ? trade->lots : -trade->lots;
    fx_sim_ledger_law_fill(world, trade->instrument, position);
    asset->entries -= fx_sim_ledger_entry(symbol, position);
    const fx_i128 pnl = fill(position, lots, trade->value, is_coin);
    asset->entries += fx_sim_ledger_entry(symbol, position);
    symbol->net_lots += lots;
    check_closing(world, trade, side, before);
    FX_SIM_REQUIRE(world, pnl == side->pnl, "4 realised PnL");
    fx_sim_ledger_pay(ledger, side->account_id, pnl - side->fee);
    asset->fees += side->fee;
    if (before != 0 && position->lots != 0 && (before > 0) != (position->lots > 0)) {
        fx_sim_world_mark(world, FX_SIM_MARK_CLOSE_POSITION_FLIP);
    }
}

static void note_trade(struct fx_sim_world *world, const struct fx_event_trade *trade)
{
    if (trade->note == FX_TRADE_NOTE_LIQUIDATION) {
        fx_sim_world_mark(world, FX_SIM_MARK_LIQUIDATION_BOOK);
    } else if (trade->note == FX_TRADE_NOTE_INSURANCE_LIQUIDATION) {
        fx_sim_world_mark(world, FX_SIM_MARK_LIQUIDATION_TAKEOVER);
    } else if (trade->note == FX_TRADE_NOTE_AUTO_DELEVERAGE) {
        fx_sim_world_mark(world, FX_SIM_MARK_LIQUIDATION_ADL);
    }
}

/* Who is frozen trades no more, but is liquidated as anybody else; what has ended trades no more.
 */
static void check_allowed(struct fx_sim_world *world, const struct fx_event_trade *trade)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    const bool is_buyer = trade->buyer_is_taker != 0;
    const uint64_t maker = is_buyer ? trade->sell_account_id : trade->buy_account_id;
    const uint64_t taker = is_buyer ? trade->buy_account_id : trade->sell_account_id;
    FX_SIM_REQUIRE(world,
                   ledger->symbols[trade->instrument].end.phase == 0,
                   "2 what has ended trades no more");
    FX_SIM_REQUIRE(world,
                   (account_of(ledger, maker)->flags & FX_ACCOUNT_FLAG_FROZEN) == 0,
                   "4 who is frozen does not trade");
    FX_SIM_REQUIRE(world,
                   (account_of(ledger, taker)->flags & FX_ACCOUNT_FLAG_FROZEN) == 0 ||
                       trade->note == FX_TRADE_NOTE_LIQUIDATION,
                   "4 who is frozen does not trade");
}

static void trade_row(struct fx_sim_world *world,
                      const struct fx_event events[],
                      uint32_t count,
                      uint32_t index)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    const struct fx_event_trade *trade = &events[index].u.trade;
    const struct fx_sim_ledger_symbol *symbol = &ledger->symbols[trade->instrument];
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(
        &symbol->definition, (fx_px){trade->price_ticks}, (fx_qty){trade->lots}, &value);
    FX_SIM_REQUIRE(world, is_valued && value.units == trade->value, "1 one value of a fill");
    const bool is_buyer = trade->buyer_is_taker != 0;
    const struct side buy = {
        .account_id = trade->buy_account_id,
        .pnl = trade->buy_pnl,
        .fee = trade->buy_fee,
        .fee_ppb = trade->buy_fee_ppb,
        .is_taker = is_buyer,
        .is_buy = true,
        .position_side = trade->buy_order_id == 0
                             ? closing_side(ledger, trade->buy_account_id, true)
                             : position_side_of(ledger, events, count, index, trade->buy_order_id)};
    const struct side sell = {
        .account_id = trade->sell_account_id,
        .pnl = trade->sell_pnl,
        .fee = trade->sell_fee,
        .fee_ppb = trade->sell_fee_ppb,
        .is_taker = !is_buyer,
        .is_buy = false,
        .position_side =
            trade->sell_order_id == 0
                ? closing_side(ledger, trade->sell_account_id, false)
                : position_side_of(ledger, events, count, index, trade->sell_order_id)};
    if (is_without_orders(trade)) {
        FX_SIM_REQUIRE(
            world, trade->trade_id == ledger->last_trade_id + 1, "I-35 trade ids are dense");
        ledger->last_trade_id = trade->trade_id;
    } else {
        check_allowed(world, trade);
        fx_sim_ledger_order_trade(world, events, count, index);
    }
    check_fee(world, trade, &buy);
    check_fee(world, trade, &sell);
    apply_side(world, trade, &buy);
    apply_side(world, trade, &sell);
    if (!is_without_orders(trade)) {
        fx_sim_ledger_order_see(
            world, trade->instrument, FX_TRIGGER_SOURCE_LAST, trade->price_ticks);
    }
    world->result->trades++;
    note_trade(world, trade);
    if (is_inverse(symbol)) {
        fx_sim_world_mark(world, FX_SIM_MARK_INVERSE_FILL);
    }
}

static void meet_position(struct fx_sim_ledger *ledger, const struct fx_event_position *row)
{
    FX_ASSERT(row->position_id < FX_SIM_LEDGER_IDS_MAX);
    ledger->places[row->position_id] =
        (struct fx_sim_ledger_place){row->account_id, row->instrument, row->position_side};
}

static void note_hedge(struct fx_sim_world *world, const struct fx_event_position *row)
{
    const struct fx_sim_ledger_position *sides =
        ledger_of(world)->positions[row->account_id - 1][row->instrument];
    const bool is_both =
        sides[FX_POSITION_SIDE_LONG].lots != 0 && sides[FX_POSITION_SIDE_SHORT].lots != 0;
    const bool is_hedged =
        sides[FX_POSITION_SIDE_LONG].lots != 0 || sides[FX_POSITION_SIDE_SHORT].lots != 0;
    FX_SIM_REQUIRE(world,
                   !is_hedged || sides[FX_POSITION_SIDE_BOTH].lots == 0,
                   "4 one-way or hedge, never both");
    if (is_both) {
        fx_sim_world_mark(world, FX_SIM_MARK_HEDGE);
    }
}

/* What a funding took from an isolated margin is gone from it, unless its owner moves margin in the
 * same command, or an order or a setting of his gives the position another leverage. */
static void check_margin(struct fx_sim_world *world,
                         const struct fx_event_position *row,
                         const struct fx_sim_ledger_position *position,
                         enum fx_command_kind kind)
{
    const bool is_moved = kind == FX_COMMAND_ADJUST_MARGIN_POSITION ||
                          row->leverage_centi != position->leverage_centi;
    FX_SIM_REQUIRE(world,
                   !position->is_charged || position->is_margin_old || is_moved ||
                       row->margin_mode != FX_MARGIN_MODE_ISOLATED ||
                       row->position_margin + row->adjust_margin == position->margin,
                   "6 an isolated position pays from its margin");
}

static void position_row(struct fx_sim_world *world,
                         const struct fx_event_position *row,
                         enum fx_command_kind kind)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    FX_ASSERT(row->instrument < FX_SIM_PLAN_CONTRACTS_MAX);
    FX_ASSERT(row->position_side < FX_SIM_LEDGER_SIDES);
    struct fx_sim_ledger_position *position =
        &ledger->positions[row->account_id - 1][row->instrument][row->position_side];
    meet_position(ledger, row);
    fx_sim_ledger_law_close(world, row);
    check_margin(world, row, position, kind);
    FX_SIM_REQUIRE(world, row->lots == position->lots, "I-02 position = sum of fills");
    FX_SIM_REQUIRE(
        world, row->entry_value == position->entry_value, "I-03 entry value = sum of fills");
    FX_SIM_REQUIRE(world, row->position_margin >= 0, "I-08 isolated margin >= 0");
    FX_SIM_REQUIRE(
        world, row->position_margin + row->adjust_margin >= 0, "I-08 isolated margin >= 0");
    FX_SIM_REQUIRE(world, row->order_cost >= 0, "I-07 the reserve is never negative");
    FX_SIM_REQUIRE(world,
                   (row->position_side != FX_POSITION_SIDE_LONG || row->lots >= 0) &&
                       (row->position_side != FX_POSITION_SIDE_SHORT || row->lots <= 0),
                   "4 LONG is long, SHORT is short");
    if (position->margin_mode != 0 && position->margin_mode != row->margin_mode) {
        FX_SIM_REQUIRE(world, position->told == 0, "4 the margin mode changes when flat");
        fx_sim_world_mark(world, FX_SIM_MARK_MARGIN_MODE_SWITCHED);
    }
    position->margin_mode = row->margin_mode;
    position->leverage_centi = row->leverage_centi;
    position->told = row->lots;
    position->margin = row->position_margin + row->adjust_margin;
    position->is_margin_old = false;
    position->is_charged = false;
    position->is_touched = false;
    if (row->margin_mode == FX_MARGIN_MODE_ISOLATED && row->lots != 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_ISOLATED);
    }
    note_hedge(world, row);
}

/* ---- after a command --------------------------------------------------------------------------
 */

static void check_rows_follow(struct fx_sim_world *world)
{
    const struct fx_sim_ledger *ledger = ledger_of(world);
    for (uint32_t account = 0; account < FX_SIM_LEDGER_ACCOUNTS_MAX; account++) {
        if (!ledger->accounts[account].is_known) {
            break; /* ids are dense */
        }
        FX_SIM_REQUIRE(world, !ledger->accounts[account].is_touched, "I-36 an account has its row");
        FX_SIM_REQUIRE(
            world, ledger->accounts[account].settling == 0, "2 a settlement pays what it closes");
        for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
            for (uint32_t side = 0; side < FX_SIM_LEDGER_SIDES; side++) {
                FX_SIM_REQUIRE(world,
                               !ledger->positions[account][id][side].is_touched,
                               "I-36 a position has its row");
            }
        }
    }
}

static void check_sums(struct fx_sim_world *world)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    for (uint32_t index = 0; index < ledger->asset_count; index++) {
        struct fx_sim_ledger_asset *asset = &ledger->assets[index];
        FX_SIM_REQUIRE(world, asset->moved == 0, "I-04 what is moved comes from somewhere");
        asset->moved = 0;
        FX_SIM_REQUIRE(world,
                       asset->money + asset->fees + asset->rounding + asset->flight -
                               asset->entries - asset->clearing ==
                           asset->deposited,
                       "I-01 money is conserved");
    }
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        const struct fx_sim_ledger_symbol *symbol = &ledger->symbols[id];
        FX_SIM_REQUIRE(world, symbol->net_lots + symbol->end.lots == 0, "I-02 longs = shorts");
    }
}

static void note_mode(struct fx_sim_world *world, const struct fx_event_result *result)
{
    static const struct {
        enum fx_command_kind kind;
        enum fx_sim_mark mark;
    } CHANGES[] = {{FX_COMMAND_SET_POSITION_MODE, FX_SIM_MARK_POSITION_MODE_SWITCHED},
                   {FX_COMMAND_DEPOSIT_NAMED, FX_SIM_MARK_NAMED_DEPOSIT},
                   {FX_COMMAND_WITHDRAW_NAMED, FX_SIM_MARK_NAMED_WITHDRAWAL}};
    for (size_t index = 0; index < sizeof CHANGES / sizeof CHANGES[0]; index++) {
        if (result->command_kind == CHANGES[index].kind && result->is_repeated == 0 &&
            (result->is_changed != 0 || result->tmp_id != 0)) {
            fx_sim_world_mark(world, CHANGES[index].mark);
        }
    }
    if (result->command_kind == FX_COMMAND_FREEZE_ACCOUNT && result->is_changed != 0) {
        fx_sim_world_mark(world, result->amount != 0 ? FX_SIM_MARK_FROZEN : FX_SIM_MARK_THAWED);
    }
}

static void note_result(struct fx_sim_world *world, const struct fx_event_result *result)
{
    if (result->reject.status != FX_OK) {
        return;
    }
    if (result->command_kind == FX_COMMAND_CANCEL_ALL && result->count > 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_CANCEL_ALL);
    }
    if (result->command_kind == FX_COMMAND_CANCEL_ALL && result->has_more != 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_CANCEL_ALL_MORE);
    }
    if (result->command_kind == FX_COMMAND_FUND_INSURANCE) {
        fx_sim_world_mark(world, FX_SIM_MARK_INSURANCE_FUNDED);
    }
    if (result->command_kind == FX_COMMAND_ADJUST_TP_SL && result->is_changed != 0) {
        fx_sim_world_mark(world, FX_SIM_MARK_TP_SL_SET);
    }
    note_mode(world, result);
}

static bool is_funding(const struct fx_event *event)
{
    return event->kind == FX_EVENT_TRANSACTION &&
           event->u.transaction.type == FX_TRANSACTION_FUNDING_FEE &&
           event->u.transaction.user_id == 0;
}

static void fold(struct fx_sim_world *world,
                 const struct fx_event events[],
                 uint32_t count,
                 uint32_t index)
{
    const struct fx_event *event = &events[index];
    switch ((int)event->kind) {
    case FX_EVENT_TRADE:
        trade_row(world, events, count, index);
        break;
    case FX_EVENT_ORDER:
        fx_sim_ledger_order_row(world, event, &events[count - 1].u.result);
        break;
    case FX_EVENT_ACCOUNT:
        account_row(world, &event->u.account);
        break;
    case FX_EVENT_POSITION:
        position_row(world,
                     &event->u.position,
                     (enum fx_command_kind)events[count - 1].u.result.command_kind);
        break;
    case FX_EVENT_TRANSACTION:
        post(world, event);
        break;
    case FX_EVENT_INSTRUMENT:
        instrument_row(world, &event->u.instrument);
        break;
    case FX_EVENT_MARK:
        fx_sim_ledger_order_see(
            world, event->u.mark.instrument, FX_TRIGGER_SOURCE_MARK, event->u.mark.mark_ticks);
        fx_sim_ledger_order_see(
            world, event->u.mark.instrument, FX_TRIGGER_SOURCE_INDEX, event->u.mark.index_ticks);
        fx_sim_ledger_law_mark(world, event);
        break;
    case FX_EVENT_INSURANCE:
        fx_sim_ledger_law_insurance(world, event, index > 0 && is_funding(&events[index - 1]));
        break;
    case FX_EVENT_FUNDING:
        fx_sim_ledger_law_funding(world, event);
        break;
    case FX_EVENT_LIQUIDATION:
        fx_sim_ledger_law_liquidation(world, event);
        break;
    case FX_EVENT_SETTLEMENT:
        fx_sim_ledger_law_settlement(world, event);
        break;
    case FX_EVENT_RESULT:
        note_result(world, &event->u.result);
        break;
    default:
        break;
    }
}

void fx_sim_ledger_apply(struct fx_sim_world *world, const struct fx_event events[], uint32_t count)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    FX_SIM_REQUIRE(
        world, events[0].sequence == ledger->sequence + 1, "I-35 one command after the other");
    FX_SIM_REQUIRE(world, events[0].time_us >= ledger->time_us, "I-40 time never falls");
    foresee_accounts(ledger, events, count);
    for (uint32_t index = 0; index < count && !world->result->is_violated; index++) {
        const struct fx_event *event = &events[index];
        FX_SIM_REQUIRE(world, event->index == index, "I-35 events are numbered");
        FX_SIM_REQUIRE(world,
                       (event->kind == FX_EVENT_RESULT) == (index + 1 == count),
                       "I-35 the result comes last");
        fold(world, events, count, index);
    }
    ledger->sequence = events[0].sequence;
    ledger->time_us = events[0].time_us;
    if (!world->result->is_violated) {
        check_rows_follow(world);
        fx_sim_ledger_law_check(world);
        check_sums(world);
        fx_sim_ledger_order_check(world, events, count);
    }
}

void fx_sim_ledger_rebuild(struct fx_sim_world *world)
{
    const struct fx_sim_marks marks = world->result->marks;
    const uint64_t trades = world->result->trades;
    reset(ledger_of(world));
    fx_sim_history_replay(world, fx_sim_ledger_apply);
    world->result->marks = marks; /* seen once already */
    world->result->trades = trades;
}

void fx_sim_ledger_audit(struct fx_sim_world *world, const struct fx_engine *engine)
{
    struct fx_sim_ledger *ledger = ledger_of(world);
    struct fx_engine_audit audit;
    if (fx_engine_sequence(engine) != ledger->sequence) {
        return; /* the first command of all is not seen yet */
    }
    fx_engine_audit(engine, &audit);
    for (uint32_t index = 0; index < audit.count; index++) {
        const struct fx_sim_ledger_asset *asset =
            &ledger->assets[asset_of(ledger, &audit.assets[index].asset)];
        FX_SIM_REQUIRE(world, audit.assets[index].error == 0, "I-01 money is conserved");
        FX_SIM_REQUIRE(
            world, audit.assets[index].deposited == asset->deposited, "I-01 what came in");
        FX_SIM_REQUIRE(world, audit.assets[index].fees == asset->fees, "I-01 what fees came to");
    }
}

void fx_sim_ledger_rest(struct fx_sim_world *world)
{
    fx_sim_ledger_order_rest(world);
}

bool fx_sim_ledger_is_hedging(const struct fx_sim_world *world,
                              uint64_t user_id,
                              const struct fx_asset *asset)
{
    const struct fx_sim_ledger *ledger = world->ledger;
    for (uint32_t index = 0; index < FX_SIM_LEDGER_ACCOUNTS_MAX && ledger->accounts[index].is_known;
         index++) {
        const struct fx_sim_ledger_account *account = &ledger->accounts[index];
        if (account->user_id == user_id &&
            memcmp(&ledger->assets[account->asset].name, asset, sizeof *asset) == 0) {
            return (account->flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
        }
    }
    return false;
}

uint32_t fx_sim_ledger_open_count(const struct fx_sim_world *world)
{
    return world->ledger->order_count;
}

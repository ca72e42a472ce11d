/* Every invariant that the state alone can show, asserted one by one. O(state).
 * The numbers are those of src/engine/README.md and of the reliability page ("I-01"). */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

/* I-01: cash, fees, insurance and rounding, less what positions were bought for, is what came in.
 * A linear long holds its entry value in place of cash, a short the reverse; inverse: exchanged. */
fx_i128 fx_check_money_error(const struct fx_engine *engine, uint32_t asset)
{
    FX_ASSERT(asset < engine->asset_count);
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    const struct fx_asset_state *state = &engine->assets[asset];
    fx_i128 sum =
        state->fees + state->insurance + state->rounding + fx_funding_pending(engine, asset);
    for (uint32_t index = 0; index < engine->account_count; index++) {
        const struct fx_account_state *account = &engine->accounts[index];
        if (account->asset == asset) {
            sum += account->balance + account->reward_balance;
        }
    }
    for (uint32_t index = 0; index < engine->position_count; index++) {
        const struct fx_position_state *position = &engine->positions[index];
        const struct fx_listing *listing = &engine->listings[position->instrument];
        const bool is_linear = listing->definition.contract_type == FX_CONTRACT_TYPE_USD_M;
        if (listing->asset == asset) {
            sum +=
                (position->lots > 0) == is_linear ? -position->entry_value : position->entry_value;
        }
    }
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        if (engine->listings[index].asset == asset) {
            sum -= engine->settlements[index].clearing_value;
        }
    }
    return sum - state->deposited;
}

static void check_conservation(const struct fx_engine *engine, uint32_t asset)
{
    FX_ASSERT(fx_check_money_error(engine, asset) == 0);
    FX_ASSERT(engine->assets[asset].insurance >= 0);
    const fx_slot fund = fx_insurance_find(engine, asset);
    FX_ASSERT(fund == FX_SLOT_NONE || engine->accounts[fund].balance >= 0); /* I-23 */
}

/* Sums over the open orders of a position. */
struct sums {
    fx_i128 value[3]; /* by enum fx_side */
    fx_i128 loss[3];
    int64_t lots[3];
    int64_t reduce_lots[3];
    uint32_t count;
    uint32_t reduce_count;
};

static void check_order(const struct fx_engine *engine, fx_slot order, fx_slot position)
{
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_listing *listing = &engine->listings[hot->instrument];
    FX_ASSERT(cold->position == position);
    FX_ASSERT(hot->account == engine->positions[position].account);
    FX_ASSERT(hot->instrument == engine->positions[position].instrument);
    FX_ASSERT(cold->is_resting == 1);
    FX_ASSERT(cold->order_id > 0 && cold->order_id < engine->next_order_id);
    FX_ASSERT(fx_order_pool_find(engine, cold->order_id) == order);
    /* I-12: what rests has something left, and no more than it had. */
    FX_ASSERT(hot->remaining.lots > 0);
    FX_ASSERT(hot->remaining.lots <= cold->lots);
    /* I-20, I-17: only these states and types rest. */
    FX_ASSERT(cold->status == FX_ORDER_STATUS_ACTIVE ||
              cold->status == FX_ORDER_STATUS_PARTIALLY_FILLED);
    FX_ASSERT(cold->status == FX_ORDER_STATUS_PARTIALLY_FILLED || cold->filled_value == 0);
    FX_ASSERT(!fx_order_type_is_market((enum fx_order_type)cold->type));
    FX_ASSERT(fx_order_type_is_conditional((enum fx_order_type)cold->type) == (cold->trigger != 0));
    FX_ASSERT(cold->time_in_force == FX_TIME_IN_FORCE_GTC ||
              cold->time_in_force == FX_TIME_IN_FORCE_GTD);
    FX_ASSERT(hot->price.ticks > 0);
    FX_ASSERT(hot->side == FX_SIDE_BUY || hot->side == FX_SIDE_SELL);
    /* The heap holds it exactly when it has a date. */
    FX_ASSERT((cold->expire_us != 0) == (cold->heap_index != UINT32_MAX));
    FX_ASSERT((cold->client_id.size != 0) == (cold->client_slot != UINT32_MAX));
    /* I-19, of the one order. */
    fx_i128 value = 0, loss = 0;
    const bool fits =
        fx_position_state_cost(engine, hot, (fx_px){cold->entry_mark_ticks}, &value, &loss);
    FX_ASSERT(fits);
    FX_ASSERT(value == cold->reserve_value);
    FX_ASSERT(loss == cold->reserve_loss);
    FX_ASSERT(fx_book_row(listing->book, (enum fx_side)hot->side, hot->price).count > 0);
}

static struct sums sum_orders(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    struct sums sums = {.count = 0};
    fx_slot older = FX_SLOT_NONE;
    for (fx_slot order = state->oldest_order; order != FX_SLOT_NONE;
         order = engine->orders[order].newer) {
        const struct fx_resting *hot = &engine->resting[order];
        const struct fx_order *cold = &engine->orders[order];
        FX_ASSERT(cold->older == older);
        FX_ASSERT(engine->order_holders[order].account == hot->account);
        FX_ASSERT(engine->order_holders[order].position == position);
        check_order(engine, order, position);
        if (hot->is_reduce_only != 0) {
            sums.reduce_lots[hot->side] += hot->remaining.lots;
            sums.reduce_count++;
        } else {
            sums.lots[hot->side] += hot->remaining.lots;
            sums.value[hot->side] += cold->reserve_value;
            sums.loss[hot->side] += cold->reserve_loss;
        }
        sums.count++;
        FX_ASSERT(sums.count <= engine->order_count);
        older = order;
    }
    FX_ASSERT(state->newest_order == older);
    return sums;
}

/* M9: the side of a record fits the mode of its account where there is something on it, a hedged
 * one never turns, and one symbol has one setting. */
static void check_side(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    const bool is_hedge = (engine->accounts[state->account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
    const bool is_both = state->position_side == FX_POSITION_SIDE_BOTH;
    FX_ASSERT(is_hedge != is_both || (state->lots == 0 && state->order_count == 0 &&
                                      engine->position_triggers[position].count == 0));
    if (state->position_side == FX_POSITION_SIDE_LONG) {
        FX_ASSERT(state->lots >= 0 && state->sell_lots == 0);
    } else if (state->position_side == FX_POSITION_SIDE_SHORT) {
        FX_ASSERT(state->lots <= 0 && state->buy_lots == 0);
    }
    const struct fx_position_family family =
        fx_position_state_family(engine, state->account, state->instrument);
    const struct fx_position_state *first = &engine->positions[family.slots[0]];
    FX_ASSERT(family.count > 0);
    FX_ASSERT(state->leverage_centi == first->leverage_centi);
    FX_ASSERT(state->margin_mode == first->margin_mode);
}

static void check_position(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_state *state = &engine->positions[position];
    const struct sums sums = sum_orders(engine, position);
    FX_ASSERT(state->order_count == sums.count);
    FX_ASSERT(state->reduce_order_count == sums.reduce_count);
    FX_ASSERT(state->reduce_order_count <= engine->limits.reduce_orders_max);
    FX_ASSERT(state->buy_lots == sums.lots[FX_SIDE_BUY]);
    FX_ASSERT(state->sell_lots == sums.lots[FX_SIDE_SELL]);
    FX_ASSERT(state->buy_value == sums.value[FX_SIDE_BUY]);
    FX_ASSERT(state->sell_value == sums.value[FX_SIDE_SELL]);
    FX_ASSERT(state->buy_loss == sums.loss[FX_SIDE_BUY]);
    FX_ASSERT(state->sell_loss == sums.loss[FX_SIDE_SELL]);
    FX_ASSERT(state->reduce_buy_lots == sums.reduce_lots[FX_SIDE_BUY]);
    FX_ASSERT(state->reduce_sell_lots == sums.reduce_lots[FX_SIDE_SELL]);
    /* I-18: all that rests reduce-only can at most close the position. */
    FX_ASSERT(state->reduce_buy_lots <= (state->lots < 0 ? -state->lots : 0));
    FX_ASSERT(state->reduce_sell_lots <= (state->lots > 0 ? state->lots : 0));
    /* I-07, I-19. */
    FX_ASSERT(state->reserve >= 0);
    FX_ASSERT(state->reserve == fx_margin_requirement(engine, state));
    /* I-08. */
    FX_ASSERT(state->entry_value >= 0);
    FX_ASSERT(state->lots != 0 || state->entry_value == 0);
    FX_ASSERT(state->position_margin >= 0);
    FX_ASSERT(state->position_margin + state->adjust_margin >= 0);
    FX_ASSERT(state->lots != 0 || state->position_margin + state->adjust_margin == 0);
    FX_ASSERT(state->margin_mode == FX_MARGIN_MODE_ISOLATED || state->position_margin == 0);
    FX_ASSERT(state->leverage_centi > 0);
    check_side(engine, position);
    /* M8: prices that are believed are those that a calculation gives. */
    if (state->lots != 0 && fx_margin_is_priced(engine, position)) {
        const struct fx_margin_prices prices = fx_margin_prices(engine, position);
        FX_ASSERT(state->liquidation_ticks == prices.liquidation.ticks);
        FX_ASSERT(state->bankrupt_ticks == prices.bankruptcy.ticks);
    }
    FX_ASSERT(state->sweep_lots == 0);
    FX_ASSERT(state->is_touched == 0);
    FX_ASSERT(state->account < engine->account_count);
}

/* I-02: longs = shorts = open interest, per symbol. I-14: the book is not crossed. */
static uint32_t check_listing(const struct fx_engine *engine, uint32_t instrument)
{
    const struct fx_listing *listing = &engine->listings[instrument];
    int64_t sum = 0, longs = 0;
    uint32_t orders = 0;
    for (uint32_t index = 0; index < engine->position_count; index++) {
        const struct fx_position_state *position = &engine->positions[index];
        if (position->instrument == instrument) {
            sum += position->lots;
            longs += position->lots > 0 ? position->lots : 0;
            orders += position->order_count;
        }
    }
    FX_ASSERT(sum + engine->settlements[instrument].clearing_lots == 0 ||
              fx_preload_is_loading(engine));
    fx_settle_check(engine, instrument);
    FX_ASSERT(longs == listing->open_interest_lots);
    const fx_px bid = fx_book_best(listing->book, FX_SIDE_BUY);
    const fx_px ask = fx_book_best(listing->book, FX_SIDE_SELL);
    FX_ASSERT(bid.ticks == 0 || ask.ticks == 0 || bid.ticks < ask.ticks);
    fx_book_check(listing->book);
    const uint32_t resting =
        fx_book_count(listing->book, FX_SIDE_BUY) + fx_book_count(listing->book, FX_SIDE_SELL);
    FX_ASSERT(resting == orders);
    FX_ASSERT(listing->definition.instrument_id == instrument);
    FX_ASSERT(listing->asset < engine->asset_count);
    return orders;
}

static void check_account(const struct fx_engine *engine, fx_slot account)
{
    const struct fx_account_state *state = &engine->accounts[account];
    uint32_t orders = 0;
    fx_slot last = FX_SLOT_NONE;
    for (fx_slot position = state->first_position; position != FX_SLOT_NONE;
         position = engine->positions[position].next) {
        FX_ASSERT(engine->positions[position].account == account);
        FX_ASSERT(last == FX_SLOT_NONE || position > last);
        orders += engine->positions[position].order_count;
        last = position;
    }
    FX_ASSERT(state->last_position == last);
    FX_ASSERT(state->order_count == orders);
    FX_ASSERT(state->reward_balance >= 0);
    FX_ASSERT(state->is_touched == 0);
    FX_ASSERT(fx_account_state_find(engine, state->user_id, state->asset) == account);
    FX_ASSERT(fx_account_state_is_led(engine, account));
}

static void check_expiries(const struct fx_engine *engine)
{
    for (uint32_t index = 0; index < engine->expiry_count; index++) {
        const fx_slot order = engine->expiry_heap[index];
        FX_ASSERT(order < engine->order_used);
        FX_ASSERT(engine->orders[order].heap_index == index);
        FX_ASSERT(engine->orders[order].is_resting == 1 ||
                  engine->orders[order].status == FX_ORDER_STATUS_UNTRIGGERED);
        if (index > 0) {
            const fx_slot parent = engine->expiry_heap[(index - 1) / 2];
            FX_ASSERT(engine->orders[parent].expire_us <= engine->orders[order].expire_us);
        }
    }
}

/* A queue of ended entries, the oldest first. @return how many. */
static uint32_t check_ended(const struct fx_engine *engine,
                            fx_slot oldest,
                            fx_slot newest,
                            bool is_of_moves)
{
    uint32_t count = 0;
    fx_slot older = FX_SLOT_NONE;
    for (fx_slot slot = oldest; slot != FX_SLOT_NONE; slot = engine->client_entries[slot].newer) {
        const struct fx_client_entry *entry = &engine->client_entries[slot];
        FX_ASSERT(entry->is_ended == 1);
        FX_ASSERT(entry->older == older);
        FX_ASSERT(older == FX_SLOT_NONE ||
                  engine->client_entries[older].ended_us <= entry->ended_us);
        FX_ASSERT((entry->order_id == 0) == is_of_moves);
        FX_ASSERT(is_of_moves || fx_order_pool_find(engine, entry->order_id) == FX_SLOT_NONE);
        count++;
        FX_ASSERT(count <= engine->client_used);
        older = slot;
    }
    FX_ASSERT(newest == older);
    return count;
}

/* I-13: an id leads to one order; it is held while that is open and queued when it has ended. */
static void check_clients(const struct fx_engine *engine)
{
    const uint32_t ended = check_ended(engine, engine->client_oldest, engine->client_newest, false);
    const uint32_t moves = check_ended(engine, engine->move_oldest, engine->move_newest, true);
    uint32_t open = 0;
    for (fx_slot slot = 0; slot < engine->client_used; slot++) {
        const struct fx_client_entry *entry = &engine->client_entries[slot];
        if (entry->client_id.size > 0 && entry->is_ended == 0) {
            const fx_slot order = fx_order_pool_find(engine, entry->order_id);
            FX_ASSERT(order != FX_SLOT_NONE);
            FX_ASSERT(engine->orders[order].client_slot == slot);
            FX_ASSERT(fx_client_ids_find(engine, entry->account, &entry->client_id) == slot);
            open++;
        }
    }
    FX_ASSERT(open + ended == engine->client_count);
    FX_ASSERT(moves == engine->move_count);
    fx_client_ids_check(engine);
}

static void check_pool(const struct fx_engine *engine)
{
    uint32_t free_count = 0;
    for (fx_slot order = engine->order_free; order != FX_SLOT_NONE;
         order = engine->resting[order].newer) {
        FX_ASSERT(order < engine->order_used);
        FX_ASSERT(engine->orders[order].order_id == 0);
        free_count++;
        FX_ASSERT(free_count <= engine->order_used);
    }
    FX_ASSERT(free_count + engine->order_count == engine->order_used);
    fx_order_pool_check(engine);
}

void fx_check_state(const struct fx_engine *engine)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    for (uint32_t index = 0; index < engine->asset_count; index++) {
        check_conservation(engine, index);
    }
    for (fx_slot account = 0; account < engine->account_count; account++) {
        check_account(engine, account);
    }
    for (fx_slot position = 0; position < engine->position_count; position++) {
        check_position(engine, position);
    }
    uint32_t orders = 0;
    for (uint32_t index = 0; index < engine->instrument_count; index++) {
        orders += check_listing(engine, index);
    }
    FX_ASSERT(orders + engine->untriggered_count == engine->order_count);
    check_pool(engine);
    check_expiries(engine);
    check_clients(engine);
    fx_deadman_check(engine);
    fx_mark_check(engine);
    fx_funding_check(engine);
    fx_trigger_check(engine);
    fx_conditional_check(engine);
    fx_bracket_check(engine);
    FX_ASSERT(fx_preload_is_sound(engine));
    if (!fx_preload_is_loading(engine)) {
        fx_risk_check(engine);
    }
    fx_rank_check(engine);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

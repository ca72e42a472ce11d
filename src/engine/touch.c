/* What the running command changed: rows are written once, at its end, in order of first touch. */
#include <string.h>

#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/rank_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

enum { LEVELS_NEAR = 8 }; /* touched levels up to which no table is needed */

struct fx_event *fx_touch_row(struct fx_engine *engine, enum fx_event_kind kind)
{
    struct fx_events *events = engine->events;
    FX_CHECK(events != NULL);
    FX_ASSERT(events->count < events->capacity);
    struct fx_event *event = &events->items[events->count];
    event->kind = (uint16_t)kind;
    event->zero = 0;
    event->index = events->count;
    event->sequence = engine->sequence;
    event->time_us = engine->time_us;
    event->token = 0;
    events->count++;
    return event;
}

struct fx_event *fx_touch_event(struct fx_engine *engine, enum fx_event_kind kind)
{
    FX_CHECK(kind != 0);
    struct fx_event *event = fx_touch_row(engine, kind);
    memset(&event->u, 0, sizeof event->u);
    return event;
}

void fx_touch_account(struct fx_engine *engine, fx_slot account)
{
    FX_CHECK(account < engine->account_count);
    if (engine->accounts[account].is_touched == 0) {
        FX_ASSERT(engine->touched_account_count < engine->account_count);
        engine->accounts[account].is_touched = 1;
        engine->touched_accounts[engine->touched_account_count] = account;
        engine->touched_account_count++;
    }
}

void fx_touch_position(struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
    if (engine->positions[position].is_touched == 0) {
        FX_ASSERT(engine->touched_position_count < engine->position_count);
        engine->positions[position].is_touched = 1;
        engine->touched_positions[engine->touched_position_count] = position;
        engine->touched_position_count++;
    }
}

void fx_touch_transaction(struct fx_engine *engine,
                          fx_slot account,
                          enum fx_transaction_type type,
                          fx_i128 amount,
                          uint32_t instrument)
{
    FX_ASSERT(account < engine->account_count);
    FX_ASSERT(engine->accounts[account].asset < engine->asset_count);
    const struct fx_account_state *state = &engine->accounts[account];
    struct fx_event *event = fx_touch_event(engine, FX_EVENT_TRANSACTION);
    event->u.transaction = (struct fx_event_transaction){
        .amount = amount,
        .account_id = fx_preload_account_id(engine, account),
        .user_id = state->user_id,
        .type = (uint32_t)type,
        .instrument = instrument,
        .asset = engine->assets[state->asset].asset,
    };
    fx_touch_account(engine, account);
}

void fx_touch_base(struct fx_engine *engine)
{
    FX_CHECK(engine->events != NULL);
    FX_CHECK(engine->touched_level_count == 0);
    engine->events_base = engine->events->count;
    engine->touched_accounts_base = engine->touched_account_count;
    engine->touched_positions_base = engine->touched_position_count;
}

static bool is_level(const struct fx_touched_level *left, const struct fx_touched_level *right)
{
    FX_CHECK(left->side == FX_SIDE_BUY || left->side == FX_SIDE_SELL);
    return left->price_ticks == right->price_ticks && left->side == right->side &&
           left->instrument == right->instrument;
}

/* Where a level is in the table, or the empty place where it belongs: the table is at least twice
 * as large as the list. */
static uint32_t place_of(const struct fx_engine *engine, const struct fx_touched_level *level)
{
    const uint32_t mask = engine->touched_level_table_size - 1;
    FX_ASSERT((engine->touched_level_table_size & mask) == 0);
    FX_ASSERT(level->price_ticks > 0);
    const uint64_t key = (uint64_t)level->price_ticks << 1U ^ level->side;
    const uint64_t hash = (key ^ (uint64_t)level->instrument << 48U) * 0x9e3779b97f4a7c15U;
    uint32_t place = (uint32_t)(hash >> 32U) & mask;
    while (engine->touched_level_table[place] != 0 &&
           !is_level(&engine->touched_levels[engine->touched_level_table[place] - 1], level)) {
        place = (place + 1) & mask;
    }
    return place;
}

static void enter_level(struct fx_engine *engine, uint32_t index)
{
    FX_CHECK(index < engine->touched_level_count);
    const uint32_t place = place_of(engine, &engine->touched_levels[index]);
    FX_ASSERT(engine->touched_level_table[place] == 0);
    engine->touched_level_table[place] = index + 1;
}

/* The level touched last is the one most likely touched again. */
static bool is_near(const struct fx_engine *engine, const struct fx_touched_level *level)
{
    FX_CHECK(level->price_ticks > 0);
    FX_CHECK(level->side == FX_SIDE_BUY || level->side == FX_SIDE_SELL);
    const uint32_t count = engine->touched_level_count;
    const uint32_t end = count > LEVELS_NEAR ? count - 1 : 0;
    for (uint32_t index = count; index > end; index--) {
        if (is_level(&engine->touched_levels[index - 1], level)) {
            return true;
        }
    }
    return false;
}

/* A few levels are compared one by one; a sweep of a thousand is looked up in a table. */
void fx_touch_level(struct fx_engine *engine, uint32_t instrument, enum fx_side side, fx_px price)
{
    FX_CHECK(instrument < engine->instrument_count);
    FX_ASSERT(price.ticks > 0);
    const uint32_t count = engine->touched_level_count;
    const struct fx_touched_level level = {
        .price_ticks = price.ticks,
        .instrument = instrument,
        .side = (uint32_t)side,
    };
    if (is_near(engine, &level) ||
        (count > LEVELS_NEAR && engine->touched_level_table[place_of(engine, &level)] != 0)) {
        return;
    }
    engine->touched_levels[count] = level;
    engine->touched_level_count++;
    for (uint32_t index = count == LEVELS_NEAR ? 0 : count; count >= LEVELS_NEAR && index <= count;
         index++) {
        enter_level(engine, index);
    }
}

static uint64_t id_of(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order == FX_SLOT_NONE || order < engine->order_used);
    return order == FX_SLOT_NONE ? 0 : engine->orders[order].order_id;
}

static uint64_t order_id_of(const struct fx_engine *engine,
                            fx_slot position,
                            enum fx_trigger_role role)
{
    FX_CHECK(position < engine->position_count);
    return id_of(engine, fx_tp_sl_find(engine, position, role));
}

/* A row is written whole, every byte of it: nobody has cleared it (fx_touch_row). */
static void describe_position(const struct fx_engine *engine,
                              fx_slot position,
                              struct fx_event_position *restrict row_out)
{
    const struct fx_position_state *state = &engine->positions[position];
    FX_CHECK(state->account < engine->account_count);
    FX_CHECK(state->instrument < engine->instrument_count);
    const bool is_protected = (state->has_tp_sl & FX_PROTECTION_POSITION) != 0;
    row_out->entry_value = state->entry_value;
    row_out->position_margin = state->position_margin;
    row_out->adjust_margin = state->adjust_margin;
    row_out->order_cost = state->reserve;
    row_out->realized_pnl = state->realized_pnl;
    row_out->position_id = fx_preload_position_id(engine, position);
    row_out->account_id = fx_preload_account_id(engine, state->account);
    row_out->user_id = engine->accounts[state->account].user_id;
    row_out->lots = state->lots;
    row_out->instrument = state->instrument;
    row_out->leverage_centi = state->leverage_centi;
    row_out->margin_mode = state->margin_mode;
    row_out->position_side = state->position_side;
    row_out->adl_rank = fx_rank_of(state);
    row_out->take_profit_order_id =
        is_protected ? order_id_of(engine, position, FX_TRIGGER_ROLE_TAKE_PROFIT) : 0;
    row_out->stop_loss_order_id =
        is_protected ? order_id_of(engine, position, FX_TRIGGER_ROLE_STOP_LOSS) : 0;
    row_out->liquidation_ticks = 0;
    row_out->bankrupt_ticks = 0;
    memset(row_out->zero, 0, sizeof row_out->zero);
}

/* Most rows follow an order that came or went, and say the same prices again (M8). */
static void price_position(struct fx_engine *engine,
                           fx_slot position,
                           struct fx_event_position *row_out)
{
    struct fx_position_state *state = &engine->positions[position];
    FX_CHECK(row_out->lots == state->lots);
    FX_CHECK(row_out->position_id == fx_preload_position_id(engine, position));
    if (state->lots == 0) {
        state->adl_rank = 0;
        return;
    }
    if (!fx_margin_is_priced(engine, position)) {
        const struct fx_margin_prices prices = fx_margin_prices(engine, position);
        state->liquidation_ticks = prices.liquidation.ticks;
        state->bankrupt_ticks = prices.bankruptcy.ticks;
        state->priced_sequence = engine->sequence;
    }
    row_out->liquidation_ticks = state->liquidation_ticks;
    row_out->bankrupt_ticks = state->bankrupt_ticks;
}

static void flush_positions(struct fx_engine *engine)
{
    for (uint32_t index = 0; index < engine->touched_position_count; index++) {
        const fx_slot position = engine->touched_positions[index];
        FX_CHECK(position < engine->position_count);
        FX_CHECK(engine->positions[position].is_touched == 1);
        engine->positions[position].is_touched = 0;
        struct fx_event *event = fx_touch_row(engine, FX_EVENT_POSITION);
        describe_position(engine, position, &event->u.position);
        price_position(engine, position, &event->u.position);
    }
    engine->touched_position_count = 0;
}

static void flush_accounts(struct fx_engine *engine)
{
    for (uint32_t index = 0; index < engine->touched_account_count; index++) {
        const fx_slot account = engine->touched_accounts[index];
        FX_CHECK(account < engine->account_count);
        FX_CHECK(engine->accounts[account].is_touched == 1);
        engine->accounts[account].is_touched = 0;
        struct fx_event *event = fx_touch_row(engine, FX_EVENT_ACCOUNT);
        fx_touch_account_row(engine, account, &event->u.account);
    }
    engine->touched_account_count = 0;
}

static void flush_levels(struct fx_engine *engine)
{
    const bool is_in_table = engine->touched_level_count > LEVELS_NEAR;
    for (uint32_t index = 0; index < engine->touched_level_count; index++) {
        const struct fx_touched_level level = engine->touched_levels[index];
        const struct fx_book_row row = fx_book_row(engine->listings[level.instrument].book,
                                                   (enum fx_side)level.side,
                                                   (fx_px){level.price_ticks});
        FX_ASSERT(row.total.lots >= 0);
        struct fx_event_book *book = &fx_touch_row(engine, FX_EVENT_BOOK)->u.book;
        book->price_ticks = level.price_ticks;
        book->lots = row.total.lots;
        book->count = row.count;
        book->instrument = level.instrument;
        book->side = (uint8_t)level.side;
        memset(book->zero, 0, sizeof book->zero);
    }
    for (uint32_t index = engine->touched_level_count; index > 0 && is_in_table; index--) {
        /* The youngest first: those that it stands behind are still there. */
        const uint32_t place = place_of(engine, &engine->touched_levels[index - 1]);
        FX_ASSERT(engine->touched_level_table[place] == index);
        engine->touched_level_table[place] = 0;
    }
    engine->touched_level_count = 0;
}

void fx_touch_flush(struct fx_engine *engine)
{
    FX_CHECK(engine->touched_account_count <= engine->account_count);
    FX_CHECK(engine->touched_position_count <= engine->position_count);
    flush_positions(engine);
    flush_accounts(engine);
    flush_levels(engine);
}

void fx_touch_account_row(const struct fx_engine *engine,
                          fx_slot account,
                          struct fx_event_account *restrict row_out)
{
    FX_CHECK(account < engine->account_count);
    FX_CHECK(engine->accounts[account].asset < engine->asset_count);
    const struct fx_account_state *state = &engine->accounts[account];
    row_out->balance = state->balance;
    row_out->reward_balance = state->reward_balance;
    row_out->account_id = fx_preload_account_id(engine, account);
    row_out->user_id = state->user_id;
    row_out->asset = engine->assets[state->asset].asset;
    row_out->flags = state->flags;
    row_out->has_fees = state->has_fees;
    row_out->maker_fee_ppb = state->maker_fee_ppb;
    row_out->taker_fee_ppb = state->taker_fee_ppb;
    row_out->zero = 0;
}

void fx_touch_position_row(const struct fx_engine *engine,
                           fx_slot position,
                           struct fx_event_position *row_out)
{
    FX_ASSERT(position < engine->position_count);
    describe_position(engine, position, row_out);
    FX_ASSERT(row_out->position_id == fx_preload_position_id(engine, position));
    if (row_out->lots != 0) {
        const struct fx_margin_prices prices = fx_margin_prices(engine, position);
        row_out->liquidation_ticks = prices.liquidation.ticks;
        row_out->bankrupt_ticks = prices.bankruptcy.ticks;
    }
}

/* What an order that is not plain says of its trigger and of those it belongs with. */
static void clear_belongings(struct fx_event_order *restrict row_out)
{
    FX_CHECK(row_out->order_id != 0);
    _Static_assert(sizeof row_out->zero <= sizeof(uint64_t), "padding between words, no more");
    row_out->source = 0;
    row_out->condition = 0;
    row_out->is_close_position = 0;
    row_out->is_price_protected = 0;
    memset(row_out->zero, 0, sizeof row_out->zero);
    row_out->trigger_ticks = 0;
    row_out->callback_ppb = 0;
    row_out->zero_too = 0;
    row_out->linked_order_id = 0;
    row_out->parent_order_id = 0;
    row_out->take_profit_order_id = 0;
    row_out->stop_loss_order_id = 0;
}

/* Who protects an order, or whom it protects. */
static void describe_bracket(const struct fx_engine *engine,
                             fx_slot order,
                             struct fx_event_order *row_out)
{
    const struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(bracket != NULL);
    FX_ASSERT(bracket->parent_id != 0);
    if (bracket->parent == order) {
        row_out->take_profit_order_id = id_of(engine, bracket->take_profit);
        row_out->stop_loss_order_id = id_of(engine, bracket->stop_loss);
    } else {
        row_out->parent_order_id = bracket->parent_id;
    }
}

void fx_touch_order_row(const struct fx_engine *engine,
                        fx_slot order,
                        struct fx_event_order *restrict row_out)
{
    FX_CHECK(order < engine->order_used);
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    FX_ASSERT(cold->order_id != 0);
    FX_ASSERT(cold->lots >= hot->remaining.lots);
    const struct fx_position_state *position = &engine->positions[cold->position];
    row_out->filled_value = cold->filled_value;
    row_out->order_margin = 0;
    if (cold->reserve_value > 0) {
        const fx_leverage leverage = {position->leverage_centi};
        row_out->order_margin =
            fx_margin_at_leverage(cold->reserve_value, leverage) + cold->reserve_loss;
    }
    row_out->order_id = cold->order_id;
    row_out->account_id = fx_preload_account_id(engine, hot->account);
    row_out->user_id = engine->accounts[hot->account].user_id;
    row_out->tmp_id = cold->tmp_id;
    row_out->price_ticks = hot->price.ticks;
    row_out->lots = cold->lots;
    row_out->remaining_lots = hot->remaining.lots;
    row_out->expire_us = cold->expire_us;
    row_out->created_us = cold->created_us;
    row_out->updated_us = cold->updated_us;
    row_out->instrument = hot->instrument;
    row_out->leverage_centi = position->leverage_centi;
    row_out->side = hot->side;
    row_out->type = cold->type;
    row_out->time_in_force = cold->time_in_force;
    row_out->status = cold->status;
    row_out->note = cold->note;
    row_out->stp_mode = cold->stp_mode;
    row_out->is_reduce_only = hot->is_reduce_only;
    row_out->post_only_mode = cold->post_only_mode;
    row_out->position_side = position->position_side;
    row_out->margin_mode = position->margin_mode;
    row_out->client_id = cold->client_id;
    clear_belongings(row_out);
    if (cold->trigger != 0) {
        const struct fx_trigger *trigger = fx_trigger_of(engine, order);
        row_out->source = trigger->source;
        row_out->condition = trigger->condition;
        row_out->is_close_position = trigger->is_close_position;
        row_out->is_price_protected = trigger->is_price_protected;
        row_out->trigger_ticks = trigger->trigger_ticks;
        row_out->callback_ppb = trigger->callback_ppb;
        row_out->linked_order_id = id_of(engine, fx_conditional_sibling(engine, order));
    }
    if (cold->bracket != 0) {
        describe_bracket(engine, order, row_out);
    }
}

// NOLINTEND(bugprone-easily-swappable-parameters)

/**
 * @file money_engine.h
 * An engine in static memory without books: what the money half needs, for its tests alone.
 *
 * Orders are set up by hand (a slot is taken and never given back), fills are applied directly; so
 * a test of a formula depends on nothing that matches. Thread: the test's own.
 */
#ifndef FX_TESTS_MONEY_ENGINE_H
#define FX_TESTS_MONEY_ENGINE_H

#include <assert.h>
#include <string.h>

#include "engine/money_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): a fixture takes plain numbers
enum {
    MONEY_ACCOUNTS_MAX = 4,
    MONEY_TABLE_SIZE = 16,
    MONEY_POSITIONS_MAX = 12,
    MONEY_LISTINGS_MAX = 4,
    MONEY_ORDERS_MAX = 4096,
    MONEY_EVENTS_MAX = 64,
    MONEY_ASSETS_MAX = 2
};

struct money_engine {
    struct fx_engine root;
    struct fx_asset_state assets[MONEY_ASSETS_MAX];
    struct fx_account_state accounts[MONEY_ACCOUNTS_MAX];
    struct fx_account_entry account_table[MONEY_TABLE_SIZE];
    struct fx_position_state positions[MONEY_POSITIONS_MAX];
    struct fx_position_triggers position_triggers[MONEY_POSITIONS_MAX];
    struct fx_listing listings[MONEY_LISTINGS_MAX];
    struct fx_settle_state settlements[MONEY_LISTINGS_MAX];
    struct fx_resting resting[MONEY_ORDERS_MAX];
    struct fx_order orders[MONEY_ORDERS_MAX];
    fx_slot touched_accounts[MONEY_ACCOUNTS_MAX];
    fx_slot touched_positions[MONEY_POSITIONS_MAX];
    fx_slot moved_accounts[MONEY_ACCOUNTS_MAX];
    struct fx_event items[MONEY_EVENTS_MAX];
    struct fx_events events;
};

/** An empty engine; every call starts anew. */
static inline struct fx_engine *money_engine_init(struct money_engine *money)
{
    memset(money, 0, sizeof *money);
    struct fx_engine *engine = &money->root;
    engine->limits.accounts_max = MONEY_ACCOUNTS_MAX;
    engine->limits.positions_max = MONEY_POSITIONS_MAX;
    engine->limits.instruments_max = MONEY_LISTINGS_MAX;
    engine->limits.assets_max = MONEY_ASSETS_MAX;
    engine->account_table_size = MONEY_TABLE_SIZE;
    engine->assets = money->assets;
    engine->accounts = money->accounts;
    engine->account_table = money->account_table;
    engine->positions = money->positions;
    engine->position_triggers = money->position_triggers;
    engine->listings = money->listings;
    engine->settlements = money->settlements;
    engine->resting = money->resting;
    engine->orders = money->orders;
    engine->touched_accounts = money->touched_accounts;
    engine->touched_positions = money->touched_positions;
    engine->moved_accounts = money->moved_accounts;
    money->events.items = money->items;
    money->events.capacity = MONEY_EVENTS_MAX;
    engine->events = &money->events;
    return engine;
}

/** Forget what the last command touched and said, as the end of a command does. */
static inline void money_engine_next(struct money_engine *money)
{
    struct fx_engine *engine = &money->root;
    for (uint32_t index = 0; index < engine->touched_account_count; index++) {
        engine->accounts[engine->touched_accounts[index]].is_touched = 0;
    }
    for (uint32_t index = 0; index < engine->touched_position_count; index++) {
        engine->positions[engine->touched_positions[index]].is_touched = 0;
    }
    engine->touched_account_count = 0;
    fx_risk_forget(engine);
    engine->touched_position_count = 0;
    money->events.count = 0;
    engine->sequence++;
}

/** A decimal from its text; the text is right or the test stops. */
static inline fx_i128 money_engine_decimal(const char *text)
{
    fx_i128 units = 0;
    const fx_status status = fx_dec_parse(fx_str_of(text), &units);
    assert(status == FX_OK);
    (void)status;
    return units;
}

/** The texts of a definition; NULL multiplier is 1. */
struct money_engine_terms {
    enum fx_contract_type type;
    const char *tick;
    const char *lot;
    const char *multiplier;
    int32_t leverage_max_centi;
};

static inline void money_engine_define(const struct money_engine_terms *terms,
                                       struct fx_instrument *instrument_out)
{
    memset(instrument_out, 0, sizeof *instrument_out);
    instrument_out->tick_size = money_engine_decimal(terms->tick);
    instrument_out->lot_size = money_engine_decimal(terms->lot);
    instrument_out->multiplier =
        money_engine_decimal(terms->multiplier == NULL ? "1" : terms->multiplier);
    instrument_out->min_lots = 1;
    instrument_out->max_lots = 1000000000;
    instrument_out->max_market_lots = 1000000000;
    instrument_out->max_ticks = 1000000000;
    instrument_out->leverage_max_centi = terms->leverage_max_centi;
    instrument_out->orders_max = 200;
    instrument_out->contract_type = (uint8_t)terms->type;
    instrument_out->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument_out->state = FX_INSTRUMENT_STATE_TRADING;
    bool is_named = fx_ids_symbol(FX_STR("TEST"), &instrument_out->symbol);
    is_named = fx_ids_asset(FX_STR("BASE"), &instrument_out->base) && is_named;
    is_named = fx_ids_asset(FX_STR("USDT"), &instrument_out->quote) && is_named;
    is_named = fx_ids_asset(FX_STR("USDT"), &instrument_out->settle) && is_named;
    assert(is_named);
    (void)is_named;
}

/** List an instrument in asset 0 (made on demand). @return its index. */
static inline uint32_t money_engine_list(struct money_engine *money,
                                         const struct money_engine_terms *terms)
{
    struct fx_engine *engine = &money->root;
    const uint32_t index = engine->instrument_count++;
    assert(index < MONEY_LISTINGS_MAX);
    struct fx_listing *listing = &engine->listings[index];
    money_engine_define(terms, &listing->definition);
    listing->definition.instrument_id = index;
    assert(fx_instrument_check(&listing->definition) == FX_OK);
    listing->asset = fx_account_state_asset(engine, &listing->definition.settle);
    fx_margin_attach(listing);
    return index;
}

/** A tier: its cap as text, its rate in ppb, its leverage. */
struct money_engine_tier {
    const char *cap;
    int64_t rate_ppb;
    int32_t leverage_max_centi;
};

static inline void money_engine_tiers(struct money_engine *money,
                                      uint32_t instrument,
                                      const struct money_engine_tier tiers[],
                                      uint32_t count)
{
    struct fx_listing *listing = &money->root.listings[instrument];
    for (uint32_t index = 0; index < count; index++) {
        listing->tiers[index] = (struct fx_tier){
            .cap = money_engine_decimal(tiers[index].cap),
            .rate_ppb = tiers[index].rate_ppb,
            .leverage_max_centi = tiers[index].leverage_max_centi,
        };
    }
    fx_instrument_fill_cums(listing->tiers, count);
    assert(fx_instrument_check_tiers(listing->tiers, count) == FX_OK);
    listing->definition.tier_count = (uint8_t)count;
}

/** An account of asset 0 with a balance that counts as deposited. */
static inline fx_slot money_engine_account(struct money_engine *money,
                                           uint64_t user_id,
                                           const char *balance)
{
    struct fx_engine *engine = &money->root;
    const fx_slot account = fx_account_state_create(engine, user_id, 0);
    assert(account != FX_SLOT_NONE);
    engine->accounts[account].balance = money_engine_decimal(balance);
    engine->assets[0].deposited += engine->accounts[account].balance;
    return account;
}

/** A one-way position with this leverage and mode, flat. */
static inline fx_slot money_engine_position(struct money_engine *money,
                                            fx_slot account,
                                            uint32_t instrument,
                                            int32_t leverage_centi,
                                            enum fx_margin_mode mode)
{
    struct fx_engine *engine = &money->root;
    const fx_slot position =
        fx_position_state_acquire(engine, account, instrument, FX_POSITION_SIDE_BOTH);
    assert(position != FX_SLOT_NONE);
    engine->positions[position].leverage_centi = leverage_centi;
    engine->positions[position].margin_mode = (uint8_t)mode;
    return position;
}

/** Fill a position at a price, as a trade would. @return the realised PnL. */
static inline fx_i128 money_engine_fill(
    struct money_engine *money, fx_slot position, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_engine *engine = &money->root;
    const struct fx_listing *listing = &engine->listings[engine->positions[position].instrument];
    struct fx_position_fill fill = {.side = side, .lots = {lots}};
    const bool fits = fx_margin_value(listing, (fx_px){ticks}, fill.lots, &fill.value.units);
    assert(fits);
    (void)fits;
    return fx_position_state_fill(engine, position, &fill).units;
}

/** Shape of an order by hand. */
struct money_engine_order {
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
    bool is_reduce_only;
};

static inline struct fx_resting money_engine_resting(const struct money_engine *money,
                                                     fx_slot position,
                                                     const struct money_engine_order *order)
{
    const struct fx_position_state *state = &money->root.positions[position];
    return (struct fx_resting){
        .remaining = {order->lots},
        .price = {order->ticks},
        .older = FX_SLOT_NONE,
        .newer = FX_SLOT_NONE,
        .account = state->account,
        .side = (uint8_t)order->side,
        .is_reduce_only = order->is_reduce_only ? 1 : 0,
        .instrument = (uint16_t)state->instrument,
    };
}

/** Let an order rest at the listing's mark, unasked. @return its slot. */
static inline fx_slot money_engine_rest(struct money_engine *money,
                                        fx_slot position,
                                        const struct money_engine_order *order)
{
    struct fx_engine *engine = &money->root;
    const fx_slot slot = money->root.order_used++;
    assert(slot < MONEY_ORDERS_MAX);
    engine->resting[slot] = money_engine_resting(money, position, order);
    engine->orders[slot] = (struct fx_order){
        .lots = order->lots,
        .position = position,
        .entry_mark_ticks = engine->listings[engine->resting[slot].instrument].mark.ticks,
    };
    fx_position_state_add_order(engine, slot);
    return slot;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

#endif

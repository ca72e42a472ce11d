/**
 * @file engine_hedge.h
 * The part of engine_prop.c that knows one-way and hedge mode: which side an order names, what that
 * makes of it, when the mode may change, and that a pair is closed against itself first.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_HEDGE_H
#define FX_TESTS_ENGINE_HEDGE_H

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* Symbol 2 is margined in BTC, all others in USDT: an account, and so a mode, of its own. */
static uint32_t asset_of(uint32_t symbol)
{
    return symbol == 2 ? 1 : 0;
}

static bool is_hedging(uint64_t user_id, uint32_t symbol)
{
    return world.naive.is_hedge[user_id][asset_of(symbol)];
}

/* Mostly a side that fits the user's mode, at times one that does not. */
static enum fx_position_side draw_position_side(uint64_t user_id, uint32_t symbol)
{
    if (world.swarm.hedge_share == 0) {
        return (enum fx_position_side)0;
    }
    const uint64_t one_of_two = below(2);
    const bool is_hedge = is_hedging(user_id, symbol) != chance(2);
    return (enum fx_position_side)(is_hedge ? FX_POSITION_SIDE_LONG + one_of_two : one_of_two);
}

/* The position that is meant: none named is BOTH. */
static enum fx_position_side position_side_of(uint32_t named)
{
    return named == 0 ? FX_POSITION_SIDE_BOTH : (enum fx_position_side)named;
}

static bool fits_mode(const struct naive_engine_order *order)
{
    return is_hedging(order->user_id, order->symbol) ==
           (order->position_side != FX_POSITION_SIDE_BOTH);
}

/* Selling what is long and buying back what is short closes, whatever the order says of itself. */
static bool is_closing_side(enum fx_position_side position_side, enum fx_side side)
{
    return (position_side == FX_POSITION_SIDE_LONG && side == FX_SIDE_SELL) ||
           (position_side == FX_POSITION_SIDE_SHORT && side == FX_SIDE_BUY);
}

/* An order that must be refused for its side: the wrong one, or reduce-only where it opens.
 * `says_reducing`: it says so itself. */
static bool is_side_refused(const struct naive_engine_order *order,
                            bool says_reducing,
                            fx_status status)
{
    const bool fits = fits_mode(order);
    const bool is_contrary = fits && says_reducing &&
                             order->position_side != FX_POSITION_SIDE_BOTH &&
                             !is_closing_side(order->position_side, order->side);
    REQUIRE(status != FX_POSITION_SIDE_MISMATCH || !fits);
    REQUIRE(status != FX_OK || (fits && !is_contrary));
    world.mismatched += status == FX_POSITION_SIDE_MISMATCH ? 1 : 0;
    world.contrary += is_contrary && status == FX_REDUCE_ONLY_REJECTED ? 1 : 0;
    return !fits || is_contrary;
}

/* Flat, and nothing open or waiting, on all symbols of an asset. */
static bool is_idle(uint64_t user_id, uint32_t asset)
{
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        for (uint32_t side = FX_POSITION_SIDE_BOTH; side <= FX_POSITION_SIDE_SHORT; side++) {
            if (asset_of(symbol) == asset && world.naive.positions[symbol][user_id][side] != 0) {
                return false;
            }
        }
    }
    for (uint32_t index = 0; index < world.naive.order_count; index++) {
        const struct naive_engine_order *order = &world.naive.orders[index];
        if (order->user_id == user_id && asset_of(order->symbol) == asset) {
            return false;
        }
    }
    for (uint32_t index = 0; index < world.naive.conditional_count; index++) {
        const struct naive_engine_order *order = &world.naive.conditionals[index].order;
        if (order->user_id == user_id && asset_of(order->symbol) == asset) {
            return false;
        }
    }
    return true;
}

/* One account of a user or both, as one change: one that is locked keeps all. */
static void switch_mode(uint64_t user_id, uint64_t which, bool is_hedge)
{
    const char *const names[] = {"USDT", "BTC"};
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    bool is_locked = false, is_changed = false;
    command.u.position_mode.is_hedge = is_hedge ? 1 : 0;
    if (which < 2) {
        command.u.position_mode.asset = engine_kit_asset(names[which]);
    }
    const fx_status status = apply(&command);
    for (uint32_t asset = 0; asset < 2; asset++) {
        const bool is_other = world.naive.is_hedge[user_id][asset] != is_hedge;
        const bool is_meant = which >= 2 || which == asset;
        is_changed = is_changed || (is_meant && is_other);
        is_locked = is_locked || (is_meant && is_other && !is_idle(user_id, asset));
    }
    if (world.naive.is_frozen[user_id]) {
        REQUIRE(status == FX_ACCOUNT_FROZEN);
        return;
    }
    REQUIRE(status == (is_locked ? FX_POSITION_MODE_LOCKED : FX_OK));
    if (status != FX_OK) {
        return;
    }
    REQUIRE(world.kit.result.is_changed == (is_changed ? 1 : 0));
    world.switched += is_changed ? 1 : 0;
    for (uint32_t asset = 0; asset < 2; asset++) {
        if (which >= 2 || which == asset) {
            world.naive.is_hedge[user_id][asset] = is_hedge;
        }
    }
}

static void set_position_mode(void)
{
    uint64_t user_id = 1 + below(world.swarm.users);
    const uint64_t which = below(4);
    const bool is_hedge = chance(60);
    for (uint64_t other = 1; other <= world.swarm.users; other++) { /* mostly one who may */
        user_id = is_idle(other, which < 2 ? (uint32_t)which : 0) && chance(50) ? other : user_id;
    }
    switch_mode(user_id, which, is_hedge);
}

/* What an account is long and short of a symbol on cross margin is closed against itself, at the
 * mark, before anybody else has to do with it. */
static void judge_pair(const struct fx_event_liquidation *step)
{
    const struct naive_engine *naive = &world.naive;
    const int64_t *held = naive->positions[step->instrument][step->user_id];
    const int64_t longs = held[FX_POSITION_SIDE_LONG], shorts = -held[FX_POSITION_SIDE_SHORT];
    const bool is_own =
        step->step == FX_LIQUIDATION_STEP_ADL && step->counter_account_id == step->account_id;
    if (step->user_id == 0) {
        REQUIRE(!is_own);
        return;
    }
    REQUIRE((step->margin_mode == FX_MARGIN_MODE_ISOLATED) ==
            naive->is_isolated[step->instrument][step->user_id]);
    if (longs == 0 || shorts == 0) {
        REQUIRE(!is_own);
    } else if (!naive->is_isolated[step->instrument][step->user_id]) {
        REQUIRE(is_own);
        REQUIRE(step->lots == (longs < shorts ? longs : shorts));
        REQUIRE(step->price_ticks == naive->prices[step->instrument][FX_TRIGGER_SOURCE_MARK]);
        world.pairs++;
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

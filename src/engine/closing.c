/* What closes a position leaves its margin at 0 at worst: no trade below the bankruptcy price of a
 * long, or above that of a short. Whose own order asks for more gets what the book has up to there,
 * and the rest of it ends; an order that rests where its position's bankruptcy price has come to
 * ends when it is met. What is left of the position then is liquidated, if it comes to that: the
 * insurance fund or the opposite side takes it at that price, so nobody is left with a debt.
 *
 * The price costs a walk over the account's positions, so it is asked for only beyond the guard of
 * the position: within it the account is known to be above maintenance (R1, R2), so nothing is
 * asked that the price would refuse, and guards decide nothing (R5). Source:
 * docs/rules/liquidation.md section 7. */
#include "base/panic.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool slots and prices are all numbers;
// their names and the assertions tell them apart

static bool is_no_worse(enum fx_side side, fx_px price, fx_px than)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    return side == FX_SIDE_SELL ? price.ticks >= than.ticks : price.ticks <= than.ticks;
}

/* Its guard holds (the running command has not moved the account yet) and is not passed. */
static bool is_guarded(const struct fx_engine *engine,
                       fx_slot position,
                       enum fx_side side,
                       fx_px price)
{
    FX_CHECK(position < engine->position_count);
    FX_CHECK(engine->positions[position].account < engine->account_count);
    const struct fx_account_state *account = &engine->accounts[engine->positions[position].account];
    const fx_px guard = {engine->risks[position].guard_ticks};
    return account->risk_state == FX_RISK_STATE_SAFE && account->is_moved == 0 && guard.ticks > 0 &&
           is_no_worse(side, price, guard);
}

/* The worst price at which the position may be closed; one that nothing reaches where there is
 * none. */
static fx_px worst_of(const struct fx_engine *engine, fx_slot position, enum fx_side side)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    fx_px worst = {0};
    if (!fx_margin_closing_price(engine, position, &worst)) {
        worst.ticks = side == FX_SIDE_SELL ? INT64_MAX : 0;
    }
    return worst;
}

fx_px fx_closing_limit(const struct fx_engine *engine,
                       fx_slot position,
                       const struct fx_resting *order)
{
    FX_ASSERT(order->remaining.lots > 0);
    const enum fx_side side = (enum fx_side)order->side;
    FX_ASSERT(position < engine->position_count);
    if (!fx_closing_is(&engine->positions[position], side) ||
        is_guarded(engine, position, side, order->price)) {
        return order->price;
    }
    const fx_px worst = worst_of(engine, position, side);
    return is_no_worse(side, order->price, worst) ? order->price : worst;
}

bool fx_closing_is_refused(const struct fx_engine *engine, fx_slot order)
{
    const struct fx_resting *hot = &engine->resting[order];
    const fx_slot position = engine->orders[order].position;
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(position < engine->position_count);
    const enum fx_side side = (enum fx_side)hot->side;
    return fx_closing_is(&engine->positions[position], side) &&
           !is_guarded(engine, position, side, hot->price) &&
           !is_no_worse(side, hot->price, worst_of(engine, position, side));
}

// NOLINTEND(bugprone-easily-swappable-parameters)

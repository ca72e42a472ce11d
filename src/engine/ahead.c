/* Chains of memory: table -> account -> position -> order. Each link is asked for as soon as the
 * one before it is there: commands that wait, one link per step; within a command, what its end
 * will look at while its beginning is still judged. */
#include "engine/ahead_int.h"
#include "engine/orders_int.h"
#include "engine/risk_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot and a count are numbers

enum { LINE_SIZE = 64 };

static void prefetch_lines(const void *start, size_t size)
{
    FX_CHECK(start != NULL);
    FX_CHECK(size > 0);
    for (size_t offset = 0; offset < size; offset += LINE_SIZE) {
        fx_ahead_line((const char *)start + offset);
    }
}

static void prefetch_position(const struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position == FX_SLOT_NONE || position < engine->limits.positions_max);
    if (position < engine->position_count) {
        prefetch_lines(&engine->positions[position], sizeof engine->positions[0]);
    }
}

static void prefetch_account(const struct fx_engine *engine, fx_slot account)
{
    FX_CHECK(account < engine->limits.accounts_max);
    prefetch_lines(&engine->accounts[account], sizeof engine->accounts[0]);
}

static void prefetch_neighbour(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order == FX_SLOT_NONE || order < engine->limits.orders_max);
    if (order != FX_SLOT_NONE) {
        fx_ahead_line(&engine->orders[order].older);
    }
}

static void prefetch_resting(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order == FX_SLOT_NONE || order < engine->limits.orders_max);
    if (order != FX_SLOT_NONE) {
        fx_ahead_line(&engine->resting[order]);
    }
}

static void prefetch_holder(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    const struct fx_order_holder holder = engine->order_holders[order];
    prefetch_position(engine, holder.position);
    prefetch_account(engine, holder.account);
}

static void prefetch_order(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->limits.orders_max);
    fx_ahead_line(&engine->resting[order]);
    prefetch_lines(&engine->orders[order], sizeof engine->orders[0]);
}

void fx_ahead_neighbours(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    FX_CHECK(engine->order_used <= engine->limits.orders_max);
    prefetch_neighbour(engine, engine->orders[order].older);
    prefetch_neighbour(engine, engine->orders[order].newer);
    prefetch_resting(engine, engine->resting[order].older);
    prefetch_resting(engine, engine->resting[order].newer);
}

/* The chain of an order: table -> order, position and account -> neighbours in its list. What the
 * table says first is believed without a look: to look would be to wait for the memory. */
static void ahead_of_order(const struct fx_engine *engine, uint64_t order_id, uint32_t ahead)
{
    FX_CHECK(ahead >= 1);
    FX_CHECK(ahead <= FX_ENGINE_PREFETCH_MAX);
    if (ahead == FX_ENGINE_PREFETCH_MAX) {
        fx_order_pool_prefetch(engine, order_id);
    } else if (ahead == FX_ENGINE_PREFETCH_MAX - 1) {
        fx_ahead_order(engine, order_id);
    } else {
        const fx_slot order = fx_order_pool_guess(engine, order_id);
        if (order != FX_SLOT_NONE) {
            fx_ahead_neighbours(engine, order);
        }
    }
}

/* The chain of a user: table -> account and its first position -> the order that came last. */
static void ahead_of_user(const struct fx_engine *engine,
                          const struct fx_command *command,
                          uint32_t ahead)
{
    FX_CHECK(ahead >= 1);
    FX_CHECK(ahead <= FX_ENGINE_PREFETCH_MAX);
    /* As the command's door will number it; another shard's is none. */
    const uint32_t instrument = command->instrument - fx_shard_instrument_base(engine->shard);
    if (instrument >= engine->instrument_count) {
        return;
    }
    const uint32_t asset = engine->listings[instrument].asset;
    if (ahead == FX_ENGINE_PREFETCH_MAX) {
        fx_account_state_prefetch(engine, command->user_id, asset);
    } else if (ahead == FX_ENGINE_PREFETCH_MAX - 1) {
        fx_ahead_user(engine, command->user_id, instrument);
    } else {
        const struct fx_account_entry entry =
            fx_account_state_guess(engine, command->user_id, asset);
        if (entry.account != 0 && entry.position < engine->position_count) {
            const struct fx_position_state *position = &engine->positions[entry.position];
            prefetch_neighbour(engine, position->newest_order);
            prefetch_position(engine, position->next);
        }
    }
}

void fx_ahead_command(const struct fx_engine *engine,
                      const struct fx_command *command,
                      uint32_t ahead)
{
    FX_CHECK(ahead >= 1);
    FX_CHECK(ahead <= FX_ENGINE_PREFETCH_MAX);
    if (command->kind == FX_COMMAND_PLACE_ORDER || command->kind == FX_COMMAND_PLACE_CONDITIONAL ||
        command->kind == FX_COMMAND_PLACE_BRACKET) {
        ahead_of_user(engine, command, ahead);
    } else if (command->kind == FX_COMMAND_CANCEL_ORDER) {
        ahead_of_order(engine, command->u.cancel.order_id, ahead);
    } else if (command->kind == FX_COMMAND_AMEND_ORDER) {
        ahead_of_order(engine, command->u.amend.order_id, ahead);
    }
}

void fx_ahead_user(const struct fx_engine *engine, uint64_t user_id, uint32_t instrument)
{
    if (instrument >= engine->instrument_count) {
        return;
    }
    const struct fx_account_entry entry =
        fx_account_state_guess(engine, user_id, engine->listings[instrument].asset);
    FX_CHECK(entry.account <= engine->account_count);
    FX_CHECK(entry.position == FX_SLOT_NONE || entry.position < engine->limits.positions_max);
    if (entry.account != 0) {
        prefetch_account(engine, entry.account - 1);
        prefetch_position(engine, entry.position);
    }
}

void fx_ahead_order(const struct fx_engine *engine, uint64_t order_id)
{
    const fx_slot order = fx_order_pool_guess(engine, order_id);
    FX_CHECK(order == FX_SLOT_NONE || order < engine->order_used);
    FX_CHECK(engine->order_used <= engine->limits.orders_max);
    if (order != FX_SLOT_NONE) {
        prefetch_order(engine, order);
        prefetch_holder(engine, order);
    }
}

void fx_ahead_maker(const struct fx_engine *engine, fx_slot maker)
{
    FX_CHECK(maker == FX_SLOT_NONE ||
             engine->order_holders[maker].position < engine->position_count);
    FX_CHECK(maker == FX_SLOT_NONE || maker < engine->order_used);
    if (maker != FX_SLOT_NONE) {
        prefetch_order(engine, maker);
        prefetch_holder(engine, maker);
        fx_ahead_guard(engine, engine->order_holders[maker].position);
    }
}

void fx_ahead_guard(const struct fx_engine *engine, fx_slot position)
{
    FX_CHECK(position < engine->position_count);
    fx_ahead_line(&engine->risks[position]);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

/* Slots of open orders, and the table from order id to slot.
 *
 * Ids are dense and young orders are asked for most, so the table keeps runs of 16 neighbouring ids
 * in one cache line; the runs themselves are scattered, so that a block of long-lived orders never
 * forms one endless probe sequence. Linear probing; a removal moves the followers back. */
#include <string.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/orders_int.h"

enum { RUN_BITS = 4 };

static uint32_t home_of(const struct fx_engine *engine, uint64_t order_id)
{
    const uint64_t run = (order_id >> RUN_BITS) * 0x9e3779b97f4a7c15U;
    const uint64_t place = (run >> 32U) << RUN_BITS | (order_id & ((1U << RUN_BITS) - 1));
    return (uint32_t)place & (engine->order_table_size - 1);
}

static void put(struct fx_engine *engine, fx_slot order)
{
    const uint32_t mask = engine->order_table_size - 1;
    uint32_t place = home_of(engine, engine->orders[order].order_id);
    while (engine->order_table[place] != 0) {
        FX_ASSERT(engine->order_table[place] != order + 1);
        place = (place + 1) & mask;
    }
    engine->order_table[place] = order + 1;
}

static uint32_t place_of(const struct fx_engine *engine, uint64_t order_id)
{
    const uint32_t mask = engine->order_table_size - 1;
    uint32_t place = home_of(engine, order_id);
    while (engine->order_table[place] != 0) {
        if (engine->orders[engine->order_table[place] - 1].order_id == order_id) {
            return place;
        }
        place = (place + 1) & mask;
    }
    return UINT32_MAX;
}

/* Close the hole at `hole`: an entry behind it moves in unless its home lies after the hole. */
static void take(struct fx_engine *engine, uint32_t hole)
{
    const uint32_t mask = engine->order_table_size - 1;
    uint32_t place = (hole + 1) & mask;
    while (engine->order_table[place] != 0) {
        const fx_slot order = engine->order_table[place] - 1;
        const uint32_t home = home_of(engine, engine->orders[order].order_id);
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            engine->order_table[hole] = engine->order_table[place];
            hole = place;
        }
        place = (place + 1) & mask;
    }
    engine->order_table[hole] = 0;
}

fx_slot fx_order_pool_acquire(struct fx_engine *engine)
{
    FX_ASSERT(engine->order_count <= engine->order_used);
    fx_slot order = engine->order_free;
    if (order != FX_SLOT_NONE) {
        FX_ASSERT(engine->orders[order].order_id == 0);
        engine->order_free = engine->resting[order].newer;
    } else if (engine->order_used < engine->limits.orders_max) {
        order = engine->order_used;
        engine->order_used++;
    } else {
        return FX_SLOT_NONE;
    }
    memset(&engine->resting[order], 0, sizeof engine->resting[order]);
    memset(&engine->orders[order], 0, sizeof engine->orders[order]);
    engine->resting[order].older = FX_SLOT_NONE;
    engine->resting[order].newer = FX_SLOT_NONE;
    engine->orders[order].order_id = engine->next_order_id;
    engine->orders[order].position = FX_SLOT_NONE;
    engine->orders[order].older = FX_SLOT_NONE;
    engine->orders[order].newer = FX_SLOT_NONE;
    engine->orders[order].heap_index = UINT32_MAX;
    engine->orders[order].client_slot = UINT32_MAX;
    engine->next_order_id++;
    engine->order_count++;
    put(engine, order);
    fx_order_pool_prefetch(engine, engine->next_order_id); /* where the next one will be put */
    return order;
}

void fx_order_pool_release(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(engine->order_count > 0);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    FX_ASSERT(engine->orders[order].heap_index == UINT32_MAX);
    const uint32_t place = place_of(engine, engine->orders[order].order_id);
    FX_ASSERT(place != UINT32_MAX);
    FX_ASSERT(engine->order_table[place] == order + 1);
    take(engine, place);
    engine->orders[order].order_id = 0;
    engine->resting[order].remaining.lots = 0;
    engine->resting[order].older = FX_SLOT_NONE;
    engine->resting[order].newer = engine->order_free;
    engine->order_free = order;
    engine->order_count--;
}

fx_slot fx_order_pool_find(const struct fx_engine *engine, uint64_t order_id)
{
    if (order_id == 0 || order_id >= engine->next_order_id) {
        return FX_SLOT_NONE;
    }
    const uint32_t place = place_of(engine, order_id);
    return place == UINT32_MAX ? FX_SLOT_NONE : engine->order_table[place] - 1;
}

void fx_order_pool_prefetch(const struct fx_engine *engine, uint64_t order_id)
{
    fx_ahead_line(&engine->order_table[home_of(engine, order_id)]);
}

fx_slot fx_order_pool_guess(const struct fx_engine *engine, uint64_t order_id)
{
    const fx_slot entry = engine->order_table[home_of(engine, order_id)];
    return entry == 0 ? FX_SLOT_NONE : entry - 1;
}

void fx_order_pool_rebuild(struct fx_engine *engine)
{
    for (fx_slot order = 0; order < engine->order_used; order++) {
        if (engine->orders[order].order_id != 0) {
            put(engine, order);
        }
    }
}

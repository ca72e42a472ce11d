/* Slots of open orders, and the table from order id to slot.
 *
 * Ids are dense and young orders are asked for most, so the table keeps runs of 16 neighbouring ids
 * in one cache line; the runs themselves are scattered. Orders of one place are a list, the
 * youngest first. An entry says whether its order has a link at all: so one that shares its place
 * with nobody, as nearly all do, comes and goes without a look at any other order. */
#include <string.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/orders_int.h"

enum { RUN_BITS = 4 };

/* In an entry, beside slot + 1: order_links[slot] counts. */
static const fx_slot LINKED = 1U << 31U;

static uint32_t home_of(const struct fx_engine *engine, uint64_t order_id)
{
    FX_CHECK((engine->order_table_size & (engine->order_table_size - 1)) == 0);
    FX_CHECK(engine->order_table_size > engine->order_count);
    const uint64_t run = (order_id >> RUN_BITS) * 0x9e3779b97f4a7c15U;
    const uint64_t place = (run >> 32U) << RUN_BITS | (order_id & ((1U << RUN_BITS) - 1));
    return (uint32_t)place & (engine->order_table_size - 1);
}

static fx_slot slot_of(fx_slot entry)
{
    FX_ASSERT(entry != 0);
    return (entry & ~LINKED) - 1;
}

/* The entry behind this one; 0: none. */
static fx_slot next_of(const struct fx_engine *engine, fx_slot entry)
{
    FX_CHECK(slot_of(entry) < engine->order_used);
    return (entry & LINKED) == 0 ? 0 : engine->order_links[slot_of(entry)];
}

static void put(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    fx_slot *entry = &engine->order_table[home_of(engine, engine->orders[order].order_id)];
    FX_ASSERT(*entry == 0 || slot_of(*entry) != order);
    if (*entry == 0) {
        *entry = order + 1;
        return;
    }
    engine->order_links[order] = *entry;
    *entry = (order + 1) | LINKED;
}

static fx_slot find(const struct fx_engine *engine, uint64_t order_id)
{
    FX_ASSERT(order_id != 0);
    FX_ASSERT(order_id < engine->next_order_id);
    fx_slot entry = engine->order_table[home_of(engine, order_id)];
    while (entry != 0 && engine->orders[slot_of(entry)].order_id != order_id) {
        entry = next_of(engine, entry);
    }
    return entry == 0 ? FX_SLOT_NONE : slot_of(entry);
}

static void take(struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    fx_slot *entry = &engine->order_table[home_of(engine, engine->orders[order].order_id)];
    while (*entry != 0 && slot_of(*entry) != order) {
        FX_ASSERT((*entry & LINKED) != 0);
        entry = &engine->order_links[slot_of(*entry)];
    }
    FX_ASSERT(*entry != 0);
    *entry = next_of(engine, *entry);
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
    FX_CHECK(find(engine, engine->orders[order].order_id) == order);
    fx_order_pool_prefetch(engine, engine->next_order_id); /* where the next one will be put */
    return order;
}

void fx_order_pool_release(struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(engine->orders[order].order_id != 0);
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(engine->order_count > 0);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    FX_ASSERT(engine->orders[order].heap_index == UINT32_MAX);
    take(engine, order);
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
    return find(engine, order_id);
}

void fx_order_pool_prefetch(const struct fx_engine *engine, uint64_t order_id)
{
    fx_ahead_line(&engine->order_table[home_of(engine, order_id)]);
}

fx_slot fx_order_pool_guess(const struct fx_engine *engine, uint64_t order_id)
{
    const fx_slot entry = engine->order_table[home_of(engine, order_id)];
    FX_CHECK(entry == 0 || slot_of(entry) < engine->order_used);
    return entry == 0 ? FX_SLOT_NONE : slot_of(entry);
}

void fx_order_pool_rebuild(struct fx_engine *engine)
{
    FX_ASSERT(engine->order_count <= engine->order_used);
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    for (fx_slot order = 0; order < engine->order_used; order++) {
        if (engine->orders[order].order_id != 0) {
            put(engine, order);
            fx_ahead_note(engine, order);
        }
    }
}

void fx_order_pool_check(const struct fx_engine *engine)
{
    uint32_t entries = 0;
    for (uint32_t place = 0; place < engine->order_table_size; place++) {
        for (fx_slot entry = engine->order_table[place]; entry != 0;
             entry = next_of(engine, entry)) {
            const fx_slot order = slot_of(entry);
            FX_ASSERT(order < engine->order_used);
            FX_ASSERT(engine->orders[order].order_id != 0);
            FX_ASSERT(home_of(engine, engine->orders[order].order_id) == place);
            entries++;
            FX_ASSERT(entries <= engine->order_count);
        }
    }
    FX_ASSERT(entries == engine->order_count);
}

#include "engine/level.h"

#include "base/panic.h"

/* Two orders to a cache line, two levels to a cache line: neither ever straddles one. */
_Static_assert(sizeof(struct fx_resting) == 32, "an order is half a cache line");
_Static_assert(sizeof(struct fx_level) == 32, "a level is half a cache line");

void fx_level_init(struct fx_level *level)
{
    *level = (struct fx_level){.oldest = FX_SLOT_NONE, .newest = FX_SLOT_NONE};
}

/*
 * The place that points at an order from the older side (the neighbour's link or the level's end)
 * is chosen as an address, not by a branch: whether a neighbour exists is a coin toss to the
 * processor.
 */
static fx_slot *link_to_newer(struct fx_level *level, struct fx_resting slots[], fx_slot older)
{
    FX_CHECK(older == FX_SLOT_NONE || level->count > 0);
    fx_slot *const links[2] = {&slots[older].newer, &level->oldest};
    return links[older == FX_SLOT_NONE];
}

static fx_slot *link_to_older(struct fx_level *level, struct fx_resting slots[], fx_slot newer)
{
    FX_CHECK(newer == FX_SLOT_NONE || level->count > 0);
    fx_slot *const links[2] = {&slots[newer].older, &level->newest};
    return links[newer == FX_SLOT_NONE];
}

void fx_level_append(struct fx_level *level, struct fx_resting slots[], fx_slot slot)
{
    struct fx_resting *order = &slots[slot];
    FX_ASSERT(order->older == FX_SLOT_NONE);
    FX_ASSERT(order->newer == FX_SLOT_NONE);
    FX_ASSERT(order->remaining.lots > 0);
    FX_ASSERT(order->remaining.lots <= INT64_MAX - level->total.lots);
    FX_ASSERT(level->newest != slot);
    FX_CHECK(level->count == 0 || level->price.ticks == order->price.ticks);

    fx_slot *link = link_to_newer(level, slots, level->newest);
    FX_ASSERT(*link == FX_SLOT_NONE);
    *link = slot;
    order->older = level->newest;
    level->newest = slot;
    level->price = order->price;
    FX_CHECK(level->total.lots >= 0);
    level->count++;
    level->total.lots += order->remaining.lots;
}

void fx_level_remove(struct fx_level *level, struct fx_resting slots[], fx_slot slot)
{
    struct fx_resting *order = &slots[slot];
    fx_slot *from_older = link_to_newer(level, slots, order->older);
    fx_slot *from_newer = link_to_older(level, slots, order->newer);
    FX_ASSERT(level->price.ticks == order->price.ticks);
    FX_ASSERT(level->total.lots >= order->remaining.lots);
    FX_ASSERT(*from_older == slot);
    FX_ASSERT(*from_newer == slot);

    *from_older = order->newer;
    *from_newer = order->older;
    order->older = FX_SLOT_NONE;
    order->newer = FX_SLOT_NONE;
    level->count--;
    level->total.lots -= order->remaining.lots;
    FX_ASSERT((level->count == 0) == (level->total.lots == 0));
}

fx_qty fx_level_fill(struct fx_level *level, struct fx_resting slots[], fx_slot slot, fx_qty want)
{
    struct fx_resting *order = &slots[slot];
    FX_ASSERT(want.lots > 0);
    FX_ASSERT(order->remaining.lots > 0);
    FX_ASSERT(level->total.lots >= order->remaining.lots);

    fx_qty traded = {order->remaining.lots < want.lots ? order->remaining.lots : want.lots};
    order->remaining.lots -= traded.lots;
    level->total.lots -= traded.lots;
    if (order->remaining.lots == 0) {
        fx_level_remove(level, slots, slot);
    }
    FX_CHECK(traded.lots > 0 && traded.lots <= want.lots);
    return traded;
}

void fx_level_shrink(struct fx_level *level, struct fx_resting slots[], fx_slot slot, fx_qty lots)
{
    struct fx_resting *order = &slots[slot];
    FX_ASSERT(lots.lots > 0);
    FX_ASSERT(lots.lots <= order->remaining.lots);
    FX_ASSERT(level->total.lots >= order->remaining.lots);

    level->total.lots -= order->remaining.lots - lots.lots;
    FX_CHECK(level->total.lots >= lots.lots);
    order->remaining = lots;
}

/* B6 of README.md. */
void fx_level_check(const struct fx_level *level, const struct fx_resting slots[], uint8_t side)
{
    fx_slot older = FX_SLOT_NONE;
    fx_slot slot = level->oldest;
    int64_t total_lots = 0;
    for (uint32_t index = 0; index < level->count; index++) {
        FX_ASSERT(slot != FX_SLOT_NONE);
        FX_ASSERT(slots[slot].older == older);
        FX_ASSERT(slots[slot].price.ticks == level->price.ticks);
        FX_ASSERT(slots[slot].side == side);
        FX_ASSERT(slots[slot].remaining.lots > 0);
        FX_ASSERT(slots[slot].remaining.lots <= INT64_MAX - total_lots);
        total_lots += slots[slot].remaining.lots;
        older = slot;
        slot = slots[slot].newer;
    }
    FX_ASSERT(slot == FX_SLOT_NONE);
    FX_ASSERT(level->newest == older);
    FX_ASSERT(level->total.lots == total_lots);
    FX_ASSERT((level->count == 0) == (level->oldest == FX_SLOT_NONE));
}

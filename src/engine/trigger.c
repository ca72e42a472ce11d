/* The index of conditional orders: per instrument, source and side, who waits for which price.
 *
 * A key is a price as its side sees it, the nearest least: ticks above the market (GT), -ticks
 * below it (LT). A side has three trees: `waiting` orders by trigger price, `inactive` trailing
 * stops by activation price, and `groups` of active trailing stops by the stop that fires first.
 *
 * Every price since its activation is seen by an active trailing stop, so those with the same
 * extreme stay together for ever: they are a group, and the group holds the extreme. Groups of a
 * side are a stack, the youngest with the least far extreme; a price beyond it raises the group,
 * and merges it with older ones that it reaches, the smaller into the larger. Members are ordered
 * by callback rate, which is the order of their stops at any extreme. So a new extreme costs O(log
 * n) and merges O(log^2 n) per order over its whole life, however many trail; a price that crosses
 * nothing and sets no extreme costs two comparisons.
 *
 * What a price crosses is only noted: `reached`, the greatest key seen while someone waits at or
 * below it. Firing takes orders from the tree as far as `reached`, in this command or the next. A
 * trailing stop that is crossed becomes a waiting order at the stop that it had. Who begins while
 * something is crossed, at or behind `reached`, must not fire by a price from before its time: it
 * is `late`, in a tree of its own, until a price crosses it or all that was crossed has fired.
 * Source: docs/rules/triggers.md. */
#include <string.h>

#include "base/panic.h"
#include "engine/orders_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

#define PPB           1000000000
#define NOTHING       INT64_MIN /* `reached` of a side where nothing is crossed */
#define SOURCE_COUNT  3U
#define CONDITION_MAX FX_TRIGGER_CONDITION_LT

static const enum fx_trigger_condition CONDITIONS[] = {FX_TRIGGER_CONDITION_GT,
                                                       FX_TRIGGER_CONDITION_LT};

/* One side of one index, with all that is needed to find its neighbours. */
struct place {
    uint32_t instrument;
    enum fx_trigger_source source;
    enum fx_trigger_condition condition;
};

static enum fx_trigger_condition opposite(enum fx_trigger_condition condition)
{
    FX_CHECK(condition == FX_TRIGGER_CONDITION_GT || condition == FX_TRIGGER_CONDITION_LT);
    return condition == FX_TRIGGER_CONDITION_GT ? FX_TRIGGER_CONDITION_LT : FX_TRIGGER_CONDITION_GT;
}

static int64_t key_of(enum fx_trigger_condition condition, int64_t ticks)
{
    FX_CHECK(condition == FX_TRIGGER_CONDITION_GT || condition == FX_TRIGGER_CONDITION_LT);
    return condition == FX_TRIGGER_CONDITION_GT ? ticks : -ticks;
}

static struct fx_trigger_index *index_of(const struct fx_engine *engine, const struct place *place)
{
    FX_CHECK(place->instrument < engine->instrument_count);
    FX_ASSERT(place->source >= FX_TRIGGER_SOURCE_LAST && place->source <= FX_TRIGGER_SOURCE_INDEX);
    return &engine->trigger_books[place->instrument].sources[place->source - 1];
}

static struct fx_trigger_side *side_of(const struct fx_engine *engine, const struct place *place)
{
    FX_ASSERT(place->condition == FX_TRIGGER_CONDITION_GT ||
              place->condition == FX_TRIGGER_CONDITION_LT);
    return &index_of(engine, place)->sides[place->condition - 1];
}

static struct place place_of(const struct fx_trigger *trigger)
{
    return (struct place){.instrument = trigger->instrument,
                          .source = (enum fx_trigger_source)trigger->source,
                          .condition = (enum fx_trigger_condition)trigger->condition};
}

/* ---- records ----------------------------------------------------------------------------------
 */

void fx_trigger_init(struct fx_engine *engine)
{
    FX_ASSERT(engine->instrument_count == 0);
    FX_ASSERT(engine->trigger_used == 0);
    for (uint32_t instrument = 0; instrument < engine->limits.instruments_max; instrument++) {
        for (uint32_t source = 0; source < SOURCE_COUNT; source++) {
            struct fx_trigger_index *index = &engine->trigger_books[instrument].sources[source];
            for (uint32_t side = 0; side < CONDITION_MAX; side++) {
                index->sides[side] = (struct fx_trigger_side){.waiting = FX_SLOT_NONE,
                                                              .inactive = FX_SLOT_NONE,
                                                              .groups = FX_SLOT_NONE,
                                                              .newest_group = FX_SLOT_NONE,
                                                              .reached = NOTHING,
                                                              .late = FX_SLOT_NONE};
            }
            index->up_ticks = INT64_MAX;
            index->down_ticks = INT64_MIN;
        }
    }
}

/* A group has at least one order in it, so there are never more groups than orders. */
bool fx_trigger_has_room(const struct fx_engine *engine)
{
    FX_ASSERT(engine->trigger_count <= engine->limits.orders_max / 2);
    return engine->trigger_count < engine->limits.orders_max / 2;
}

static fx_slot acquire(struct fx_engine *engine)
{
    fx_slot slot = engine->trigger_free;
    if (slot != FX_SLOT_NONE) {
        engine->trigger_free = engine->triggers[slot].newer;
    } else {
        FX_ASSERT(engine->trigger_used < engine->limits.orders_max);
        slot = engine->trigger_used;
        engine->trigger_used++;
    }
    struct fx_trigger *trigger = &engine->triggers[slot];
    FX_ASSERT(slot < engine->trigger_used);
    memset(trigger, 0, sizeof *trigger);
    trigger->parent = FX_SLOT_NONE;
    trigger->left = FX_SLOT_NONE;
    trigger->right = FX_SLOT_NONE;
    trigger->order = FX_SLOT_NONE;
    trigger->older = FX_SLOT_NONE;
    trigger->newer = FX_SLOT_NONE;
    trigger->group = FX_SLOT_NONE;
    return slot;
}

static void give_back(struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->trigger_used);
    FX_ASSERT(engine->triggers[slot].members == 0);
    struct fx_trigger *trigger = &engine->triggers[slot];
    memset(trigger, 0, sizeof *trigger);
    trigger->order = FX_SLOT_NONE;
    trigger->newer = engine->trigger_free;
    engine->trigger_free = slot;
}

fx_slot fx_trigger_acquire(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(fx_trigger_has_room(engine));
    FX_ASSERT(engine->orders[order].trigger == 0);
    const fx_slot slot = acquire(engine);
    engine->triggers[slot].order = order;
    engine->triggers[slot].arrival = engine->orders[order].order_id;
    engine->orders[order].trigger = slot + 1;
    engine->trigger_count++;
    return slot;
}

struct fx_trigger *fx_trigger_of(const struct fx_engine *engine, fx_slot order)
{
    FX_CHECK(order < engine->order_used);
    FX_CHECK(engine->orders[order].trigger <= engine->trigger_used);
    const uint32_t trigger = engine->orders[order].trigger;
    return trigger == 0 ? NULL : &engine->triggers[trigger - 1];
}

void fx_trigger_release(struct fx_engine *engine, fx_slot order)
{
    const fx_slot slot = engine->orders[order].trigger - 1;
    FX_ASSERT(engine->triggers[slot].order == order);
    FX_ASSERT(engine->triggers[slot].state == FX_TRIGGER_STATE_IDLE);
    engine->orders[order].trigger = 0;
    give_back(engine, slot);
    engine->trigger_count--;
}

/* ---- prices -----------------------------------------------------------------------------------
 */

fx_px fx_trigger_price(const struct fx_engine *engine,
                       uint32_t instrument,
                       enum fx_trigger_source source)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(source >= FX_TRIGGER_SOURCE_LAST && source <= FX_TRIGGER_SOURCE_INDEX);
    const struct fx_listing *listing = &engine->listings[instrument];
    if (source == FX_TRIGGER_SOURCE_LAST) {
        return listing->last;
    }
    return source == FX_TRIGGER_SOURCE_MARK ? listing->mark : listing->index;
}

/* extreme x (1 - rate) down for what fires below, x (1 + rate) up for what fires above: the tick at
 * which the distance is first reached. */
static int64_t stop_ticks(enum fx_trigger_condition condition, int64_t extreme, int32_t rate_ppb)
{
    FX_ASSERT(extreme > 0);
    FX_ASSERT(rate_ppb > 0 && rate_ppb < PPB);
    const bool is_below = condition == FX_TRIGGER_CONDITION_LT;
    const fx_i128 parts = (fx_i128)extreme * (is_below ? PPB - rate_ppb : PPB + rate_ppb);
    return (int64_t)fx_dec_div_int(parts, PPB, is_below ? FX_ROUND_FLOOR : FX_ROUND_CEIL);
}

/* True where `ticks` is farther from the stop than the extreme so far. */
static bool is_beyond(enum fx_trigger_condition condition, int64_t ticks, int64_t extreme)
{
    return condition == FX_TRIGGER_CONDITION_LT ? ticks > extreme : ticks < extreme;
}

fx_px fx_trigger_extreme(const struct fx_engine *engine, const struct fx_trigger *trigger)
{
    FX_CHECK(trigger->state != FX_TRIGGER_STATE_TRAILING || trigger->group < engine->trigger_used);
    const bool is_active = trigger->state == FX_TRIGGER_STATE_TRAILING;
    return (fx_px){is_active ? engine->triggers[trigger->group].trigger_ticks : 0};
}

/* ---- bounds -----------------------------------------------------------------------------------
 */

static int64_t least(const struct fx_engine *engine, fx_slot root, int64_t key)
{
    const fx_slot first = fx_trigger_tree_first(engine->triggers, root);
    FX_CHECK(first == FX_SLOT_NONE || first < engine->trigger_used);
    return first != FX_SLOT_NONE && engine->triggers[first].key < key ? engine->triggers[first].key
                                                                      : key;
}

static int64_t least_of_side(const struct fx_engine *engine, const struct fx_trigger_side *side)
{
    FX_ASSERT(side->waiting == FX_SLOT_NONE || side->waiting < engine->trigger_used);
    FX_ASSERT(side->groups == FX_SLOT_NONE || side->groups < engine->trigger_used);
    int64_t key = least(engine, side->waiting, INT64_MAX);
    key = least(engine, side->inactive, key);
    key = least(engine, side->late, key);
    return least(engine, side->groups, key);
}

/* Those that began late, as far as a key, wait like all others from now on. */
static void admit_late(struct fx_engine *engine, struct fx_trigger_side *side, int64_t key)
{
    for (;;) {
        const fx_slot first = fx_trigger_tree_first(engine->triggers, side->late);
        if (first == FX_SLOT_NONE || engine->triggers[first].key > key) {
            return;
        }
        FX_ASSERT(engine->triggers[first].state == FX_TRIGGER_STATE_LATE);
        FX_ASSERT(first < engine->trigger_used);
        fx_trigger_tree_remove(engine->triggers, &side->late, first);
        engine->triggers[first].state = FX_TRIGGER_STATE_WAITING;
        fx_trigger_tree_insert(engine->triggers, &side->waiting, first);
    }
}

/* Set again what fx_trigger_see() compares with, and forget what was reached where nobody waits. */
static void refresh(struct fx_engine *engine, const struct place *place)
{
    FX_ASSERT(place->instrument < engine->instrument_count);
    FX_ASSERT(place->source >= FX_TRIGGER_SOURCE_LAST);
    struct fx_trigger_index *index = index_of(engine, place);
    for (uint32_t side = 0; side < CONDITION_MAX; side++) {
        struct fx_trigger_side *half = &index->sides[side];
        if (half->reached < least(engine, half->waiting, INT64_MAX)) {
            half->reached = NOTHING;
            admit_late(engine, half, INT64_MAX);
        }
    }
    const struct fx_trigger_side *up = &index->sides[FX_TRIGGER_CONDITION_GT - 1];
    const struct fx_trigger_side *down = &index->sides[FX_TRIGGER_CONDITION_LT - 1];
    const int64_t down_key = least_of_side(engine, down);
    index->up_ticks = least_of_side(engine, up);
    index->down_ticks = down_key == INT64_MAX ? INT64_MIN : -down_key;
    if (down->newest_group != FX_SLOT_NONE) { /* a new high raises those that fire below */
        const int64_t ticks = engine->triggers[down->newest_group].trigger_ticks + 1;
        index->up_ticks = ticks < index->up_ticks ? ticks : index->up_ticks;
    }
    if (up->newest_group != FX_SLOT_NONE) {
        const int64_t ticks = engine->triggers[up->newest_group].trigger_ticks - 1;
        index->down_ticks = ticks > index->down_ticks ? ticks : index->down_ticks;
    }
}

/* ---- groups of trailing stops ------------------------------------------------------------------
 */

/* Put a group with members where its first stop says. */
static void file_group(struct fx_engine *engine, struct fx_trigger_side *side, fx_slot slot)
{
    struct fx_trigger *group = &engine->triggers[slot];
    const enum fx_trigger_condition condition = (enum fx_trigger_condition)group->condition;
    const fx_slot first = fx_trigger_tree_first(engine->triggers, group->group);
    FX_ASSERT(group->members > 0);
    FX_ASSERT(first != FX_SLOT_NONE);
    const struct fx_trigger *member = &engine->triggers[first];
    const int64_t stop = stop_ticks(condition, group->trigger_ticks, member->callback_ppb);
    group->key = key_of(condition, stop);
    group->arrival = member->arrival;
    fx_trigger_tree_insert(engine->triggers, &side->groups, slot);
}

static void unfile_group(struct fx_engine *engine, struct fx_trigger_side *side, fx_slot slot)
{
    FX_ASSERT(engine->triggers[slot].state == FX_TRIGGER_STATE_GROUP);
    fx_trigger_tree_remove(engine->triggers, &side->groups, slot);
}

static void add_member(struct fx_engine *engine, fx_slot group, fx_slot member)
{
    struct fx_trigger *trigger = &engine->triggers[member];
    FX_ASSERT(trigger->callback_ppb > 0);
    FX_ASSERT(engine->triggers[group].state == FX_TRIGGER_STATE_GROUP);
    trigger->key = trigger->callback_ppb;
    trigger->group = group;
    trigger->state = FX_TRIGGER_STATE_TRAILING;
    fx_trigger_tree_insert(engine->triggers, &engine->triggers[group].group, member);
    engine->triggers[group].members++;
}

static void remove_member(struct fx_engine *engine, fx_slot group, fx_slot member)
{
    FX_ASSERT(engine->triggers[member].group == group);
    FX_ASSERT(engine->triggers[group].members > 0);
    fx_trigger_tree_remove(engine->triggers, &engine->triggers[group].group, member);
    engine->triggers[member].group = FX_SLOT_NONE;
    engine->triggers[member].state = FX_TRIGGER_STATE_IDLE;
    FX_CHECK((engine->triggers[group].group == FX_SLOT_NONE) ==
             (engine->triggers[group].members == 1));
    engine->triggers[group].members--;
}

/* Out of the stack and forgotten; it is in no tree. */
static void drop_group(struct fx_engine *engine, struct fx_trigger_side *side, fx_slot slot)
{
    const struct fx_trigger *group = &engine->triggers[slot];
    FX_ASSERT(group->members == 0);
    if (group->older != FX_SLOT_NONE) {
        engine->triggers[group->older].newer = group->newer;
    }
    if (group->newer != FX_SLOT_NONE) {
        engine->triggers[group->newer].older = group->older;
    } else {
        FX_ASSERT(side->newest_group == slot);
        side->newest_group = group->older;
    }
    give_back(engine, slot);
}

/* A stop starts to trail from a price that no younger group is beyond. */
static void join(struct fx_engine *engine, const struct place *place, fx_slot member, int64_t ticks)
{
    FX_ASSERT(ticks > 0);
    struct fx_trigger_side *side = side_of(engine, place);
    fx_slot slot = side->newest_group;
    if (slot != FX_SLOT_NONE && engine->triggers[slot].trigger_ticks == ticks) {
        unfile_group(engine, side, slot);
    } else {
        FX_ASSERT(slot == FX_SLOT_NONE ||
                  is_beyond(place->condition, engine->triggers[slot].trigger_ticks, ticks));
        slot = acquire(engine);
        struct fx_trigger *group = &engine->triggers[slot];
        group->state = FX_TRIGGER_STATE_GROUP;
        group->instrument = (uint16_t)place->instrument;
        group->source = (uint8_t)place->source;
        group->condition = (uint8_t)place->condition;
        group->trigger_ticks = ticks;
        group->older = side->newest_group;
        if (side->newest_group != FX_SLOT_NONE) {
            engine->triggers[side->newest_group].newer = slot;
        }
        side->newest_group = slot;
    }
    FX_ASSERT(engine->triggers[slot].trigger_ticks == ticks);
    add_member(engine, slot, member);
    file_group(engine, side, slot);
}

/* The two youngest groups become one, the smaller's members moved; neither is filed. @return it. */
static fx_slot merge(struct fx_engine *engine, struct fx_trigger_side *side)
{
    const fx_slot newest = side->newest_group, older = engine->triggers[newest].older;
    FX_ASSERT(older != FX_SLOT_NONE);
    const bool is_older_kept = engine->triggers[older].members >= engine->triggers[newest].members;
    FX_ASSERT(engine->triggers[older].members > 0 && engine->triggers[newest].members > 0);
    const fx_slot kept = is_older_kept ? older : newest, gone = is_older_kept ? newest : older;
    while (engine->triggers[gone].members > 0) {
        const fx_slot member = engine->triggers[gone].group;
        remove_member(engine, gone, member);
        add_member(engine, kept, member);
    }
    drop_group(engine, side, gone);
    FX_ASSERT(side->newest_group == kept);
    return kept;
}

/* A new extreme for those that are not there yet. */
static void raise(struct fx_engine *engine, const struct place *place, int64_t ticks)
{
    FX_ASSERT(ticks > 0);
    FX_ASSERT(place->instrument < engine->instrument_count);
    struct fx_trigger_side *side = side_of(engine, place);
    fx_slot slot = side->newest_group;
    if (slot == FX_SLOT_NONE ||
        !is_beyond(place->condition, ticks, engine->triggers[slot].trigger_ticks)) {
        return;
    }
    unfile_group(engine, side, slot);
    fx_slot older = engine->triggers[slot].older;
    while (older != FX_SLOT_NONE &&
           !is_beyond(place->condition, engine->triggers[older].trigger_ticks, ticks)) {
        unfile_group(engine, side, older);
        slot = merge(engine, side);
        older = engine->triggers[slot].older;
    }
    engine->triggers[slot].trigger_ticks = ticks;
    FX_ASSERT(side->newest_group == slot);
    file_group(engine, side, slot);
}

/* A member leaves, wherever it stands. */
static void leave(struct fx_engine *engine, const struct place *place, fx_slot member)
{
    struct fx_trigger_side *side = side_of(engine, place);
    const fx_slot slot = engine->triggers[member].group;
    FX_ASSERT(slot != FX_SLOT_NONE);
    FX_ASSERT(engine->triggers[slot].state == FX_TRIGGER_STATE_GROUP);
    unfile_group(engine, side, slot);
    remove_member(engine, slot, member);
    if (engine->triggers[slot].members == 0) {
        drop_group(engine, side, slot);
    } else {
        file_group(engine, side, slot);
    }
}

/* ---- what a price does -------------------------------------------------------------------------
 */

static void wait_at(struct fx_engine *engine, const struct place *place, fx_slot slot, int64_t key)
{
    FX_ASSERT(slot < engine->trigger_used);
    FX_ASSERT(engine->triggers[slot].order != FX_SLOT_NONE);
    struct fx_trigger *trigger = &engine->triggers[slot];
    trigger->key = key;
    trigger->state = FX_TRIGGER_STATE_WAITING;
    fx_trigger_tree_insert(engine->triggers, &side_of(engine, place)->waiting, slot);
}

/* It begins: what was reached before is not its business. */
static void wait_late(struct fx_engine *engine,
                      struct fx_trigger_side *side,
                      fx_slot slot,
                      int64_t key)
{
    FX_ASSERT(engine->triggers[slot].order != FX_SLOT_NONE);
    struct fx_trigger *trigger = &engine->triggers[slot];
    FX_ASSERT(key <= side->reached);
    trigger->key = key;
    trigger->state = FX_TRIGGER_STATE_LATE;
    fx_trigger_tree_insert(engine->triggers, &side->late, slot);
}

/* Trailing stops whose activation price is reached on this side; they fire on the other one. */
static void activate(struct fx_engine *engine, const struct place *place, int64_t ticks)
{
    FX_ASSERT(ticks > 0);
    FX_ASSERT(place->instrument < engine->instrument_count);
    struct fx_trigger_side *side = side_of(engine, place);
    const struct place stops = {place->instrument, place->source, opposite(place->condition)};
    for (;;) {
        const fx_slot first = fx_trigger_tree_first(engine->triggers, side->inactive);
        if (first == FX_SLOT_NONE ||
            engine->triggers[first].key > key_of(place->condition, ticks)) {
            return;
        }
        fx_trigger_tree_remove(engine->triggers, &side->inactive, first);
        join(engine, &stops, first, ticks);
    }
}

/* Trailing stops that the price crosses wait from now on at the stop that they had. */
static void freeze(struct fx_engine *engine, const struct place *place, int64_t ticks)
{
    FX_ASSERT(ticks > 0);
    const struct fx_trigger_side *side = side_of(engine, place);
    for (;;) {
        const fx_slot group = fx_trigger_tree_first(engine->triggers, side->groups);
        if (group == FX_SLOT_NONE ||
            engine->triggers[group].key > key_of(place->condition, ticks)) {
            return;
        }
        const int64_t key = engine->triggers[group].key;
        const fx_slot first =
            fx_trigger_tree_first(engine->triggers, engine->triggers[group].group);
        FX_ASSERT(first != FX_SLOT_NONE);
        leave(engine, place, first);
        wait_at(engine, place, first, key);
    }
}

static void reach(struct fx_engine *engine, const struct place *place, int64_t ticks)
{
    FX_ASSERT(ticks > 0);
    FX_ASSERT(place->instrument < engine->instrument_count);
    struct fx_trigger_side *side = side_of(engine, place);
    const int64_t key = key_of(place->condition, ticks);
    admit_late(engine, side, key);
    if (key > side->reached && key >= least(engine, side->waiting, INT64_MAX)) {
        side->reached = key;
        engine->has_crossed = true;
    }
}

void fx_trigger_cross(struct fx_engine *engine,
                      uint32_t instrument,
                      enum fx_trigger_source source,
                      fx_px price)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(price.ticks > 0);
    struct place place = {instrument, source, FX_TRIGGER_CONDITION_GT};
    for (uint32_t index = 0; index < CONDITION_MAX; index++) {
        place.condition = CONDITIONS[index];
        raise(engine, &place, price.ticks);
    }
    for (uint32_t index = 0; index < CONDITION_MAX; index++) {
        place.condition = CONDITIONS[index];
        activate(engine, &place, price.ticks);
    }
    for (uint32_t index = 0; index < CONDITION_MAX; index++) {
        place.condition = CONDITIONS[index];
        freeze(engine, &place, price.ticks);
        reach(engine, &place, price.ticks);
    }
    refresh(engine, &place);
}

bool fx_trigger_would_fire(const struct fx_engine *engine,
                           uint32_t instrument,
                           const struct fx_trigger *trigger)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(trigger->callback_ppb >= 0);
    const fx_px price =
        fx_trigger_price(engine, instrument, (enum fx_trigger_source)trigger->source);
    struct place place = place_of(trigger);
    place.instrument = instrument;
    if (trigger->callback_ppb != 0) {
        /* It is activated on the other side, and what was reached there has been activated. */
        place.condition = opposite(place.condition);
        return trigger->trigger_ticks != 0 && price.ticks != 0 &&
               key_of(place.condition, trigger->trigger_ticks) <=
                   key_of(place.condition, price.ticks);
    }
    const int64_t key = key_of(place.condition, trigger->trigger_ticks);
    return key <= side_of(engine, &place)->reached ||
           (price.ticks != 0 && key <= key_of(place.condition, price.ticks));
}

void fx_trigger_watch(struct fx_engine *engine, fx_slot order)
{
    const fx_slot slot = engine->orders[order].trigger - 1;
    struct fx_trigger *trigger = &engine->triggers[slot];
    const struct place place = place_of(trigger);
    const fx_px price = fx_trigger_price(engine, place.instrument, place.source);
    FX_ASSERT(trigger->state == FX_TRIGGER_STATE_IDLE);
    if (trigger->callback_ppb == 0) {
        struct fx_trigger_side *side = side_of(engine, &place);
        const int64_t key = key_of(place.condition, trigger->trigger_ticks);
        if (key <= side->reached && engine->preload.rules >= FX_ENGINE_RULES_LATE) {
            wait_late(engine, side, slot, key);
        } else {
            wait_at(engine, &place, slot, key);
        }
        if (price.ticks != 0) {
            reach(engine, &place, price.ticks); /* the price as it is now counts */
        }
    } else if (trigger->trigger_ticks == 0) {
        FX_ASSERT(price.ticks > 0);
        join(engine, &place, slot, price.ticks);
    } else {
        const struct place start = {place.instrument, place.source, opposite(place.condition)};
        trigger->key = key_of(start.condition, trigger->trigger_ticks);
        trigger->state = FX_TRIGGER_STATE_INACTIVE;
        fx_trigger_tree_insert(engine->triggers, &side_of(engine, &start)->inactive, slot);
    }
    refresh(engine, &place);
}

void fx_trigger_unwatch(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(engine->orders[order].trigger != 0);
    const fx_slot slot = engine->orders[order].trigger - 1;
    struct fx_trigger *trigger = &engine->triggers[slot];
    struct place place = place_of(trigger);
    if (trigger->state == FX_TRIGGER_STATE_WAITING) {
        fx_trigger_tree_remove(engine->triggers, &side_of(engine, &place)->waiting, slot);
    } else if (trigger->state == FX_TRIGGER_STATE_LATE) {
        fx_trigger_tree_remove(engine->triggers, &side_of(engine, &place)->late, slot);
    } else if (trigger->state == FX_TRIGGER_STATE_INACTIVE) {
        place.condition = opposite(place.condition);
        fx_trigger_tree_remove(engine->triggers, &side_of(engine, &place)->inactive, slot);
    } else if (trigger->state == FX_TRIGGER_STATE_TRAILING) {
        leave(engine, &place, slot);
    } else {
        return;
    }
    trigger->state = FX_TRIGGER_STATE_IDLE;
    refresh(engine, &place);
}

fx_slot fx_trigger_next(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    for (uint32_t source = 0; source < SOURCE_COUNT; source++) {
        const struct fx_trigger_index *index = &engine->trigger_books[instrument].sources[source];
        for (uint32_t side = 0; side < CONDITION_MAX; side++) {
            const struct fx_trigger_side *half = &index->sides[side];
            const fx_slot first = half->reached == NOTHING
                                      ? FX_SLOT_NONE
                                      : fx_trigger_tree_first(engine->triggers, half->waiting);
            if (first != FX_SLOT_NONE) {
                FX_ASSERT(engine->triggers[first].key <= half->reached);
                return engine->triggers[first].order;
            }
        }
    }
    return FX_SLOT_NONE;
}

/* ---- invariants ---------------------------------------------------------------------------------
 */

static uint32_t check_tree(const struct fx_engine *engine,
                           const struct place *place,
                           fx_slot root,
                           enum fx_trigger_state state)
{
    uint32_t count = 0;
    fx_trigger_tree_check(engine->triggers, root);
    for (fx_slot slot = fx_trigger_tree_first(engine->triggers, root); slot != FX_SLOT_NONE;
         slot = fx_trigger_tree_next(engine->triggers, slot)) {
        const struct fx_trigger *trigger = &engine->triggers[slot];
        const enum fx_trigger_condition condition =
            state == FX_TRIGGER_STATE_INACTIVE ? opposite(place->condition) : place->condition;
        FX_ASSERT(trigger->state == state);
        FX_ASSERT(trigger->instrument == place->instrument && trigger->source == place->source);
        FX_ASSERT(trigger->condition == condition);
        FX_ASSERT((trigger->order == FX_SLOT_NONE) == (state == FX_TRIGGER_STATE_GROUP));
        count++;
        FX_ASSERT(count <= engine->trigger_used);
    }
    return count;
}

/* T3: extremes of a stack fall from the oldest to the youngest, none is passed by the price. */
static uint32_t check_groups(const struct fx_engine *engine, const struct place *place)
{
    const struct fx_trigger_side *side = side_of(engine, place);
    const int64_t price = fx_trigger_price(engine, place->instrument, place->source).ticks;
    uint32_t groups = 0, members = 0;
    int64_t extreme = price;
    for (fx_slot slot = side->newest_group; slot != FX_SLOT_NONE;
         slot = engine->triggers[slot].older) {
        const struct fx_trigger *group = &engine->triggers[slot];
        const fx_slot first = fx_trigger_tree_first(engine->triggers, group->group);
        const uint32_t count = check_tree(engine, place, group->group, FX_TRIGGER_STATE_TRAILING);
        FX_ASSERT(count > 0 && count == group->members);
        FX_ASSERT(!is_beyond(place->condition, extreme, group->trigger_ticks));
        FX_ASSERT(groups == 0 || extreme != group->trigger_ticks);
        const int64_t stop = stop_ticks(
            place->condition, group->trigger_ticks, engine->triggers[first].callback_ppb);
        FX_ASSERT(group->key == key_of(place->condition, stop));
        FX_ASSERT(group->arrival == engine->triggers[first].arrival);
        FX_ASSERT(group->key > key_of(place->condition, price)); /* else it would wait */
        extreme = group->trigger_ticks;
        members += count;
        groups++;
        FX_ASSERT(groups <= engine->trigger_used);
    }
    FX_ASSERT(check_tree(engine, place, side->groups, FX_TRIGGER_STATE_GROUP) == groups);
    return groups + members;
}

/* T8: who is late lies at or behind what was reached, and ahead of the price. */
static uint32_t check_late(const struct fx_engine *engine, const struct place *place)
{
    const struct fx_trigger_side *side = side_of(engine, place);
    const int64_t price = fx_trigger_price(engine, place->instrument, place->source).ticks;
    const uint32_t count = check_tree(engine, place, side->late, FX_TRIGGER_STATE_LATE);
    for (fx_slot slot = fx_trigger_tree_first(engine->triggers, side->late); slot != FX_SLOT_NONE;
         slot = fx_trigger_tree_next(engine->triggers, slot)) {
        FX_ASSERT(engine->triggers[slot].key <= side->reached);
        FX_ASSERT(price == 0 || engine->triggers[slot].key > key_of(place->condition, price));
    }
    return count;
}

static uint32_t check_index(const struct fx_engine *engine, struct place *place)
{
    const struct fx_trigger_index *index = index_of(engine, place);
    const int64_t price = fx_trigger_price(engine, place->instrument, place->source).ticks;
    uint32_t records = 0;
    for (uint32_t half = 0; half < CONDITION_MAX; half++) {
        place->condition = CONDITIONS[half];
        const struct fx_trigger_side *side = side_of(engine, place);
        const int64_t first = least(engine, side->waiting, INT64_MAX);
        records += check_tree(engine, place, side->waiting, FX_TRIGGER_STATE_WAITING);
        records += check_tree(engine, place, side->inactive, FX_TRIGGER_STATE_INACTIVE);
        records += check_late(engine, place);
        records += check_groups(engine, place);
        /* T2: what waits at or behind the price was reached; else nothing is. */
        FX_ASSERT(price == 0 || first > key_of(place->condition, price) || first <= side->reached);
        FX_ASSERT(side->reached == NOTHING || first <= side->reached);
        FX_ASSERT(price == 0 ||
                  least(engine, side->inactive, INT64_MAX) > key_of(place->condition, price));
    }
    FX_ASSERT(index->up_ticks <= least_of_side(engine, &index->sides[0]));
    FX_ASSERT(index->down_ticks == INT64_MIN ||
              -index->down_ticks <= least_of_side(engine, &index->sides[1]));
    return records;
}

void fx_trigger_check(const struct fx_engine *engine)
{
    uint32_t indexed = 0, orders = 0, idle = 0, groups = 0, free_count = 0;
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        for (uint32_t source = 1; source <= SOURCE_COUNT; source++) {
            struct place place = {instrument, (enum fx_trigger_source)source, CONDITIONS[0]};
            indexed += check_index(engine, &place);
        }
    }
    for (fx_slot slot = engine->trigger_free; slot != FX_SLOT_NONE;
         slot = engine->triggers[slot].newer) {
        free_count++;
        FX_ASSERT(free_count <= engine->trigger_used);
    }
    for (fx_slot slot = 0; slot < engine->trigger_used; slot++) {
        const struct fx_trigger *trigger = &engine->triggers[slot];
        groups += trigger->state == FX_TRIGGER_STATE_GROUP ? 1 : 0;
        if (trigger->order != FX_SLOT_NONE) {
            FX_ASSERT(engine->orders[trigger->order].trigger == slot + 1);
            FX_ASSERT(engine->orders[trigger->order].order_id == trigger->arrival);
            idle += trigger->state == FX_TRIGGER_STATE_IDLE ? 1 : 0;
            orders++;
        }
    }
    FX_ASSERT(orders == engine->trigger_count);
    FX_ASSERT(indexed + idle == orders + groups);
    FX_ASSERT(orders + groups + free_count == engine->trigger_used);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

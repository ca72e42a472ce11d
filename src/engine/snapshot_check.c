/* What a snapshot must be before anybody follows its slots: every index lies in its pool, every
 * list and tree ends, every record is pointed at by the one that it points at. What the numbers
 * mean is the hash's matter; this only lets it be computed, whatever the bytes are.
 *
 * A list is walked with its links backwards: where each record names the one before it, and the
 * first none, no record comes twice. A tree is looked at record by record: where each child names
 * its parent, and a root none, all that is under a root is a tree. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static bool is_slot(fx_slot slot, uint32_t count)
{
    return slot == FX_SLOT_NONE || slot < count;
}

static bool is_open(const struct fx_engine *engine, fx_slot order)
{
    return order < engine->order_used && engine->orders[order].order_id != 0;
}

/* ---- money --------------------------------------------------------------------------------------
 */

static bool is_listing(const struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->instrument_count);
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    const struct fx_listing *listing = &engine->listings[instrument];
    const struct fx_funding_sweep *sweep = &engine->marks[instrument].sweep;
    const struct fx_settle_state *settlement = &engine->settlements[instrument];
    return listing->asset < engine->asset_count && listing->mark.ticks >= 0 &&
           listing->definition.instrument_id == instrument &&
           listing->definition.tier_count <= FX_TIERS_MAX && sweep->end <= engine->position_count &&
           sweep->cursor <= engine->position_count && sweep->is_open <= 1 &&
           settlement->cursor <= engine->position_count &&
           settlement->phase <= FX_SETTLEMENT_PHASE_DONE;
}

/* Positions lie in the order of their slots; all of them lie in the list of an account. */
static bool are_accounts(const struct fx_engine *engine)
{
    FX_ASSERT(engine->account_count <= engine->limits.accounts_max);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    uint32_t positions = 0;
    for (fx_slot account = 0; account < engine->account_count; account++) {
        const struct fx_account_state *state = &engine->accounts[account];
        fx_slot last = FX_SLOT_NONE;
        for (fx_slot slot = state->first_position; slot != FX_SLOT_NONE;
             slot = engine->positions[slot].next) {
            if (slot >= engine->position_count || (last != FX_SLOT_NONE && slot <= last) ||
                engine->positions[slot].account != account) {
                return false;
            }
            last = slot;
            positions++;
        }
        if (state->asset >= engine->asset_count || state->last_position != last ||
            state->risk_state > FX_RISK_STATE_PARKED) {
            return false;
        }
    }
    return positions == engine->position_count;
}

static bool is_position(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    const struct fx_position_state *state = &engine->positions[position];
    uint32_t count = 0;
    fx_slot older = FX_SLOT_NONE;
    if (state->instrument >= engine->instrument_count || state->leverage_centi <= 0 ||
        state->position_side > FX_POSITION_SIDE_SHORT) {
        return false;
    }
    for (fx_slot order = state->oldest_order; order != FX_SLOT_NONE;
         order = engine->orders[order].newer) {
        if (!is_open(engine, order) || engine->orders[order].is_resting != 1 ||
            engine->orders[order].position != position || engine->orders[order].older != older) {
            return false;
        }
        older = order;
        count++;
    }
    return state->newest_order == older && state->order_count == count;
}

/* ---- orders -------------------------------------------------------------------------------------
 */

static bool is_order(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(engine->orders[order].order_id != 0);
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_order *cold = &engine->orders[order];
    if (cold->order_id >= engine->next_order_id || cold->position >= engine->position_count ||
        hot->account != engine->positions[cold->position].account ||
        hot->instrument != engine->positions[cold->position].instrument ||
        (hot->side != FX_SIDE_BUY && hot->side != FX_SIDE_SELL) || cold->is_resting > 1 ||
        cold->client_id.size > FX_CLIENT_ID_SIZE_MAX || cold->trigger > engine->trigger_used ||
        cold->bracket > engine->bracket_used) {
        return false;
    }
    if (cold->heap_index != UINT32_MAX && (cold->heap_index >= engine->expiry_count ||
                                           engine->expiry_heap[cold->heap_index] != order)) {
        return false;
    }
    if (cold->client_slot != UINT32_MAX &&
        (cold->client_slot >= engine->client_used ||
         engine->client_entries[cold->client_slot].order_id != cold->order_id ||
         engine->client_entries[cold->client_slot].client_id.size == 0 ||
         engine->client_entries[cold->client_slot].is_ended != 0)) {
        return false;
    }
    return (cold->trigger == 0 || engine->triggers[cold->trigger - 1].order == order) &&
           (cold->bracket == 0 || engine->brackets[cold->bracket - 1].parent_id != 0);
}

/* Orders, open and free, and the heap of those with a date. */
static bool are_orders(const struct fx_engine *engine)
{
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    FX_ASSERT(engine->expiry_count <= engine->order_used);
    uint32_t open = 0, free_count = 0;
    for (fx_slot order = 0; order < engine->order_used; order++) {
        if (engine->orders[order].order_id != 0) {
            open++;
            if (!is_order(engine, order)) {
                return false;
            }
        }
    }
    for (fx_slot order = engine->order_free; order != FX_SLOT_NONE;
         order = engine->resting[order].newer) {
        free_count++;
        if (order >= engine->order_used || engine->orders[order].order_id != 0 ||
            free_count > engine->order_used) {
            return false;
        }
    }
    for (uint32_t index = 0; index < engine->expiry_count; index++) {
        const fx_slot order = engine->expiry_heap[index];
        if (!is_open(engine, order) || engine->orders[order].heap_index != index) {
            return false;
        }
    }
    return open == engine->order_count && open + free_count == engine->order_used;
}

/* ---- client ids ---------------------------------------------------------------------------------
 */

/* A queue of ended names. @return how many; UINT32_MAX: it is none. */
static uint32_t count_ended(const struct fx_engine *engine, fx_slot oldest, fx_slot newest)
{
    FX_ASSERT(oldest == FX_SLOT_NONE || newest != oldest || engine->client_used > 0);
    uint32_t count = 0;
    int64_t ended_us = 0;
    fx_slot older = FX_SLOT_NONE;
    for (fx_slot slot = oldest; slot != FX_SLOT_NONE; slot = engine->client_entries[slot].newer) {
        if (slot >= engine->client_used) {
            return UINT32_MAX;
        }
        const struct fx_client_entry *entry = &engine->client_entries[slot];
        if (entry->client_id.size == 0 || entry->is_ended != 1 || entry->older != older ||
            entry->ended_us < ended_us || entry->ended_us > engine->time_us) {
            return UINT32_MAX;
        }
        ended_us = entry->ended_us;
        older = slot;
        count++;
    }
    FX_ASSERT(count <= engine->client_used);
    return newest == older ? count : UINT32_MAX;
}

static bool is_entry(const struct fx_engine *engine, const struct fx_client_entry *entry)
{
    return entry->client_id.size <= FX_CLIENT_ID_SIZE_MAX &&
           entry->account < engine->account_count && entry->is_ended <= 1;
}

/* @return how many records are free; UINT32_MAX: their list is none. */
static uint32_t count_free_entries(const struct fx_engine *engine)
{
    FX_ASSERT(engine->client_used <=
              engine->limits.client_ids_max + fx_client_ids_moves_max(&engine->limits));
    uint32_t count = 0;
    for (fx_slot slot = engine->client_free; slot != FX_SLOT_NONE;
         slot = engine->client_entries[slot].newer) {
        count++;
        if (slot >= engine->client_used || engine->client_entries[slot].client_id.size != 0 ||
            count > engine->client_used) {
            return UINT32_MAX;
        }
    }
    FX_ASSERT(count <= engine->client_used);
    return count;
}

/* Names that open orders hold (is_order() asked whether they are there). */
static uint32_t count_holders(const struct fx_engine *engine)
{
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    uint32_t count = 0;
    for (fx_slot order = 0; order < engine->order_used; order++) {
        const struct fx_order *cold = &engine->orders[order];
        count += cold->order_id != 0 && cold->client_slot != UINT32_MAX ? 1 : 0;
    }
    FX_ASSERT(count <= engine->order_used);
    return count;
}

/* What is in the queue of movements is one; where they have a queue, all of them are. */
static bool has_moves_apart(const struct fx_engine *engine, uint32_t named)
{
    FX_ASSERT(named <= engine->client_used);
    uint32_t moves = 0;
    for (fx_slot slot = engine->move_oldest; slot != FX_SLOT_NONE;
         slot = engine->client_entries[slot].newer) {
        moves += engine->client_entries[slot].order_id == 0 ? 1 : 0;
    }
    FX_ASSERT(moves <= engine->client_used);
    return moves == engine->move_count && moves == named;
}

/* Every record is free, queued, or held by an open order. */
static bool are_clients(const struct fx_engine *engine, bool has_moves)
{
    const uint32_t orders = count_ended(engine, engine->client_oldest, engine->client_newest);
    const uint32_t moves = count_ended(engine, engine->move_oldest, engine->move_newest);
    const uint32_t free_count = count_free_entries(engine);
    const uint32_t held = count_holders(engine);
    FX_ASSERT(held <= engine->order_used);
    FX_ASSERT(free_count == UINT32_MAX || free_count <= engine->client_used);
    uint32_t open = 0, named = 0;
    if (orders == UINT32_MAX || moves == UINT32_MAX || free_count == UINT32_MAX) {
        return false;
    }
    for (fx_slot slot = 0; slot < engine->client_used; slot++) {
        const struct fx_client_entry *entry = &engine->client_entries[slot];
        if (entry->client_id.size != 0) {
            open += entry->is_ended == 0 ? 1 : 0;
            named += entry->order_id == 0 ? 1 : 0;
            if (!is_entry(engine, entry)) {
                return false;
            }
        }
    }
    return open == held && held + orders == engine->client_count && moves == engine->move_count &&
           (!has_moves || has_moves_apart(engine, named)) &&
           held + orders + moves + free_count == engine->client_used;
}

/* ---- conditional orders -------------------------------------------------------------------------
 */

/* A child of a tree: it knows its parent, and waits in the same tree. */
static bool is_child(const struct fx_engine *engine, fx_slot parent, fx_slot child)
{
    FX_ASSERT(parent < engine->trigger_used);
    FX_ASSERT(child == FX_SLOT_NONE || child < engine->trigger_used);
    if (child == FX_SLOT_NONE) {
        return true;
    }
    const struct fx_trigger *one = &engine->triggers[parent];
    const struct fx_trigger *other = &engine->triggers[child];
    return other->parent == parent && other->state == one->state &&
           (one->state == FX_TRIGGER_STATE_GROUP || other->group == one->group) &&
           other->instrument == one->instrument && other->source == one->source &&
           other->condition == one->condition;
}

static bool has_links(const struct fx_engine *engine, const struct fx_trigger *trigger)
{
    const uint32_t used = engine->trigger_used;
    return is_slot(trigger->parent, used) && is_slot(trigger->left, used) &&
           is_slot(trigger->right, used) && is_slot(trigger->older, used) &&
           is_slot(trigger->newer, used) && is_slot(trigger->group, used) &&
           (trigger->left == FX_SLOT_NONE || trigger->left != trigger->right);
}

static bool is_trigger(const struct fx_engine *engine, fx_slot slot)
{
    FX_ASSERT(slot < engine->trigger_used);
    FX_ASSERT(engine->trigger_used <= engine->limits.orders_max);
    const struct fx_trigger *trigger = &engine->triggers[slot];
    const bool is_group = trigger->state == FX_TRIGGER_STATE_GROUP;
    if (trigger->order == FX_SLOT_NONE && !is_group) {
        return trigger->state == FX_TRIGGER_STATE_IDLE &&
               is_slot(trigger->newer, engine->trigger_used);
    }
    if (!has_links(engine, trigger) || trigger->state > FX_TRIGGER_STATE_LATE ||
        trigger->instrument >= engine->instrument_count ||
        trigger->source < FX_TRIGGER_SOURCE_LAST || trigger->source > FX_TRIGGER_SOURCE_INDEX ||
        trigger->condition < FX_TRIGGER_CONDITION_GT ||
        trigger->condition > FX_TRIGGER_CONDITION_LT || trigger->callback_ppb < 0) {
        return false;
    }
    if (is_group != (trigger->order == FX_SLOT_NONE) ||
        (!is_group && (!is_open(engine, trigger->order) ||
                       engine->orders[trigger->order].trigger != slot + 1))) {
        return false;
    }
    if (trigger->state == FX_TRIGGER_STATE_TRAILING &&
        (trigger->group == FX_SLOT_NONE ||
         engine->triggers[trigger->group].state != FX_TRIGGER_STATE_GROUP)) {
        return false;
    }
    return trigger->state == FX_TRIGGER_STATE_IDLE ||
           (is_child(engine, slot, trigger->left) && is_child(engine, slot, trigger->right));
}

/* A tree of this side, all of one state. */
static bool is_root(const struct fx_engine *engine,
                    const struct fx_trigger *like,
                    fx_slot root,
                    enum fx_trigger_state state)
{
    FX_ASSERT(state != FX_TRIGGER_STATE_IDLE);
    FX_ASSERT(like->instrument < engine->instrument_count);
    if (root == FX_SLOT_NONE) {
        return true;
    }
    if (root >= engine->trigger_used) {
        return false;
    }
    const struct fx_trigger *trigger = &engine->triggers[root];
    return trigger->parent == FX_SLOT_NONE && trigger->state == state &&
           trigger->instrument == like->instrument && trigger->source == like->source &&
           trigger->condition == like->condition;
}

/* The four trees of a side, and its stack of groups with a tree each. */
static bool is_side(const struct fx_engine *engine,
                    const struct fx_trigger *like,
                    const struct fx_trigger_side *side)
{
    FX_ASSERT(like->source >= FX_TRIGGER_SOURCE_LAST && like->source <= FX_TRIGGER_SOURCE_INDEX);
    FX_ASSERT(like->condition == FX_TRIGGER_CONDITION_GT ||
              like->condition == FX_TRIGGER_CONDITION_LT);
    uint32_t count = 0;
    struct fx_trigger inactive = *like; /* its condition is that of the stop: the other way */
    inactive.condition = FX_TRIGGER_CONDITION_GT + FX_TRIGGER_CONDITION_LT - like->condition;
    if (!is_root(engine, like, side->waiting, FX_TRIGGER_STATE_WAITING) ||
        !is_root(engine, like, side->late, FX_TRIGGER_STATE_LATE) ||
        !is_root(engine, &inactive, side->inactive, FX_TRIGGER_STATE_INACTIVE) ||
        !is_root(engine, like, side->groups, FX_TRIGGER_STATE_GROUP)) {
        return false;
    }
    for (fx_slot slot = side->newest_group; slot != FX_SLOT_NONE;
         slot = engine->triggers[slot].older) {
        count++;
        if (slot >= engine->trigger_used || count > engine->trigger_used) {
            return false;
        }
        const struct fx_trigger *group = &engine->triggers[slot];
        if (group->state != FX_TRIGGER_STATE_GROUP || group->instrument != like->instrument ||
            group->source != like->source || group->condition != like->condition ||
            group->group == FX_SLOT_NONE ||
            !is_root(engine, like, group->group, FX_TRIGGER_STATE_TRAILING) ||
            engine->triggers[group->group].group != slot) {
            return false;
        }
    }
    return true;
}

static bool are_triggers(const struct fx_engine *engine)
{
    FX_ASSERT(engine->trigger_used <= engine->limits.orders_max);
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    uint32_t orders = 0, free_count = 0;
    for (fx_slot slot = 0; slot < engine->trigger_used; slot++) {
        orders += engine->triggers[slot].order != FX_SLOT_NONE ? 1 : 0;
        if (!is_trigger(engine, slot)) {
            return false;
        }
    }
    for (fx_slot slot = engine->trigger_free; slot != FX_SLOT_NONE;
         slot = engine->triggers[slot].newer) {
        free_count++;
        if (slot >= engine->trigger_used || free_count > engine->trigger_used ||
            engine->triggers[slot].order != FX_SLOT_NONE ||
            engine->triggers[slot].state != FX_TRIGGER_STATE_IDLE) {
            return false;
        }
    }
    for (uint32_t index = 0; index < 6 * engine->instrument_count; index++) {
        const uint32_t source = index % 6 / 2, half = index % 2;
        const struct fx_trigger like = {.instrument = (uint16_t)(index / 6),
                                        .source = (uint8_t)(source + 1),
                                        .condition = (uint8_t)(half + 1)};
        if (!is_side(
                engine, &like, &engine->trigger_books[index / 6].sources[source].sides[half])) {
            return false;
        }
    }
    return orders == engine->trigger_count;
}

static bool is_protector(const struct fx_engine *engine, uint32_t trigger)
{
    return trigger == 0 ||
           (trigger <= engine->trigger_used && engine->triggers[trigger - 1].order != FX_SLOT_NONE);
}

/* The conditional orders of a position that have not fired. */
static bool is_conditional_list(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_triggers *list = &engine->position_triggers[position];
    uint32_t count = 0;
    fx_slot older = FX_SLOT_NONE;
    if (!is_protector(engine, list->take_profit) || !is_protector(engine, list->stop_loss)) {
        return false;
    }
    for (fx_slot slot = list->count == 0 ? FX_SLOT_NONE : list->oldest; slot != FX_SLOT_NONE;
         slot = engine->triggers[slot].newer) {
        if (slot >= engine->trigger_used || engine->triggers[slot].order == FX_SLOT_NONE ||
            engine->triggers[slot].older != older || engine->triggers[slot].is_listed != 1 ||
            engine->orders[engine->triggers[slot].order].position != position) {
            return false;
        }
        older = slot;
        count++;
    }
    FX_ASSERT(count <= engine->trigger_used);
    return count == list->count && (count == 0 || list->newest == older);
}

/* ---- brackets -----------------------------------------------------------------------------------
 */

static bool is_member(const struct fx_engine *engine, fx_slot bracket, fx_slot order, bool is_child)
{
    return order == FX_SLOT_NONE ||
           (is_open(engine, order) && engine->orders[order].bracket == bracket + 1 &&
            (!is_child || engine->orders[order].trigger != 0));
}

static bool are_brackets(const struct fx_engine *engine)
{
    FX_ASSERT(engine->bracket_used <= engine->limits.orders_max);
    uint32_t count = 0, free_count = 0;
    for (fx_slot slot = 0; slot < engine->bracket_used; slot++) {
        const struct fx_bracket *bracket = &engine->brackets[slot];
        if (bracket->parent_id == 0) {
            continue;
        }
        count++;
        if (!is_member(engine, slot, bracket->parent, false) ||
            !is_member(engine, slot, bracket->take_profit, true) ||
            !is_member(engine, slot, bracket->stop_loss, true) ||
            bracket->position >= engine->position_count ||
            (bracket->side != FX_SIDE_BUY && bracket->side != FX_SIDE_SELL)) {
            return false;
        }
    }
    for (fx_slot slot = engine->bracket_free; slot != FX_SLOT_NONE;
         slot = engine->brackets[slot].newer) {
        free_count++;
        if (slot >= engine->bracket_used || engine->brackets[slot].parent_id != 0 ||
            free_count > engine->bracket_used) {
            return false;
        }
    }
    FX_ASSERT(count <= engine->bracket_used);
    return count == engine->bracket_count && count + free_count == engine->bracket_used;
}

static bool is_held_list(const struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_brackets *list = &engine->position_brackets[position];
    uint32_t count = 0;
    fx_slot older = FX_SLOT_NONE;
    for (fx_slot slot = list->held_count == 0 ? FX_SLOT_NONE : list->oldest; slot != FX_SLOT_NONE;
         slot = engine->brackets[slot].newer) {
        if (slot >= engine->bracket_used || engine->brackets[slot].parent_id == 0 ||
            engine->brackets[slot].position != position || engine->brackets[slot].older != older) {
            return false;
        }
        older = slot;
        count++;
    }
    FX_ASSERT(count <= engine->bracket_used);
    return count == list->held_count && list->held_count <= list->count &&
           (count == 0 || list->newest == older);
}

/* ---- the rest -----------------------------------------------------------------------------------
 */

static bool are_deadlines(const struct fx_engine *engine)
{
    FX_ASSERT(engine->deadman_count <= engine->limits.accounts_max);
    FX_ASSERT(engine->instrument_count <= engine->limits.instruments_max);
    for (uint32_t index = 0; index < engine->deadman_count; index++) {
        const uint32_t instrument = engine->deadmen[index].instrument;
        if (instrument != FX_COMMAND_ALL_INSTRUMENTS && instrument >= engine->instrument_count) {
            return false;
        }
    }
    return true;
}

/* None, or one that SET_SHARD could have brought. */
static bool is_map(const struct fx_shard_map *map)
{
    return map->shards == 0 ? map->shard == 0 && map->asset_count == 0 : fx_shard_is_sound(map);
}

bool fx_snapshot_check(const struct fx_engine *engine, bool has_moves)
{
    FX_ASSERT(engine->order_used <= engine->limits.orders_max);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    for (uint32_t instrument = 0; instrument < engine->instrument_count; instrument++) {
        if (!is_listing(engine, instrument)) {
            return false;
        }
    }
    if (engine->time_us < 0 || !are_accounts(engine) || !are_orders(engine) ||
        !are_clients(engine, has_moves) || !are_triggers(engine) || !are_brackets(engine) ||
        !are_deadlines(engine) || !fx_rank_is_sound(engine) || !is_map(engine->shard)) {
        return false;
    }
    for (fx_slot position = 0; position < engine->position_count; position++) {
        if (!is_position(engine, position) || !is_conditional_list(engine, position) ||
            !is_held_list(engine, position)) {
            return false;
        }
    }
    return true;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

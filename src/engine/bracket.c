/* Take profit and stop loss of an order: two conditional, reduce-only orders that wait, PENDING,
 * until the order fills, and then close what it filled, as far as its position still holds it.
 *
 * A bracket is the record that ties the three together. `lots` is what the two would close; while
 * it is above 0 they watch their price and the bracket stands in the list of its position, by when
 * its order was placed (by rules 1 to 3: by when it began). The sum over that list is at most what
 * closes the position: a fill that shrinks the position shortens the brackets, the first one first.
 * So neither of the two can ever enlarge or turn the position. Source: docs/rules/triggers.md
 * section 6. */
#include <string.h>

#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

enum { CHILDREN = 2 };

/* ---- records -----------------------------------------------------------------------------------
 */

struct fx_bracket *fx_bracket_of(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order < engine->order_used);
    const uint32_t bracket = engine->orders[order].bracket;
    FX_ASSERT(bracket <= engine->bracket_used);
    return bracket == 0 ? NULL : &engine->brackets[bracket - 1];
}

bool fx_bracket_is_child(const struct fx_engine *engine, fx_slot order)
{
    const struct fx_bracket *bracket = fx_bracket_of(engine, order);
    return bracket != NULL && bracket->parent != order;
}

fx_slot *fx_bracket_place(struct fx_bracket *bracket, enum fx_trigger_role role)
{
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    return role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT ? &bracket->take_profit : &bracket->stop_loss;
}

static fx_slot child_at(const struct fx_bracket *bracket, uint32_t index)
{
    FX_ASSERT(index < CHILDREN);
    FX_ASSERT(bracket->parent_id != 0);
    return index == 0 ? bracket->take_profit : bracket->stop_loss;
}

static bool has_children(const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->parent_id != 0);
    return bracket->take_profit != FX_SLOT_NONE || bracket->stop_loss != FX_SLOT_NONE;
}

/* It has not fired: it waits for its order to fill, or for its price. */
static bool is_waiting(const struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(order == FX_SLOT_NONE || engine->orders[order].trigger != 0);
    return order != FX_SLOT_NONE && fx_trigger_of(engine, order)->is_listed != 0;
}

static fx_slot slot_of(const struct fx_engine *engine, const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket >= engine->brackets);
    FX_ASSERT(bracket < engine->brackets + engine->bracket_used);
    return (fx_slot)(bracket - engine->brackets);
}

static struct fx_position_brackets *list_of(const struct fx_engine *engine,
                                            const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->position < engine->position_count);
    return &engine->position_brackets[bracket->position];
}

static struct fx_bracket *acquire(struct fx_engine *engine, uint64_t parent_id, fx_slot position)
{
    fx_slot slot = engine->bracket_free;
    FX_ASSERT(parent_id != 0);
    FX_ASSERT(position < engine->position_count);
    if (slot != FX_SLOT_NONE) {
        engine->bracket_free = engine->brackets[slot].newer;
    } else {
        FX_ASSERT(engine->bracket_used <= engine->limits.orders_max / 2);
        slot = engine->bracket_used;
        engine->bracket_used++;
    }
    struct fx_bracket *bracket = &engine->brackets[slot];
    memset(bracket, 0, sizeof *bracket);
    bracket->parent_id = parent_id;
    bracket->parent = FX_SLOT_NONE;
    bracket->take_profit = FX_SLOT_NONE;
    bracket->stop_loss = FX_SLOT_NONE;
    bracket->position = position;
    bracket->older = FX_SLOT_NONE;
    bracket->newer = FX_SLOT_NONE;
    engine->position_brackets[position].count++;
    engine->bracket_count++;
    FX_ASSERT(engine->bracket_count <= engine->bracket_used);
    return bracket;
}

struct fx_bracket *fx_bracket_acquire(struct fx_engine *engine, fx_slot parent)
{
    FX_ASSERT(engine->orders[parent].bracket == 0);
    struct fx_bracket *bracket =
        acquire(engine, engine->orders[parent].order_id, engine->orders[parent].position);
    bracket->parent = parent;
    bracket->side = (uint8_t)fx_order_opposite((enum fx_side)engine->resting[parent].side);
    engine->orders[parent].bracket = slot_of(engine, bracket) + 1;
    FX_ASSERT(bracket->side == FX_SIDE_BUY || bracket->side == FX_SIDE_SELL);
    return bracket;
}

struct fx_bracket *fx_bracket_acquire_left(struct fx_engine *engine,
                                           uint64_t parent_id,
                                           fx_slot child)
{
    FX_ASSERT(fx_order_pool_find(engine, parent_id) == FX_SLOT_NONE);
    FX_ASSERT(engine->orders[child].bracket == 0);
    struct fx_bracket *bracket = acquire(engine, parent_id, engine->orders[child].position);
    bracket->side = engine->resting[child].side;
    return bracket;
}

/* ---- the list of a position --------------------------------------------------------------------
 */

static int64_t closable_lots(const struct fx_engine *engine, const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->position < engine->position_count);
    FX_ASSERT(bracket->side == FX_SIDE_BUY || bracket->side == FX_SIDE_SELL);
    return fx_position_state_closable(&engine->positions[bracket->position],
                                      (enum fx_side)bracket->side);
}

/* Into the list of its position, behind those whose orders were placed before its own. */
static void hold(struct fx_engine *engine, struct fx_bracket *bracket)
{
    struct fx_position_brackets *list = list_of(engine, bracket);
    const fx_slot slot = slot_of(engine, bracket);
    FX_ASSERT(list->held_count < list->count);
    fx_slot older = list->held_count == 0 ? FX_SLOT_NONE : list->newest;
    while (engine->preload.rules >= FX_ENGINE_RULES_PLACED && older != FX_SLOT_NONE &&
           engine->brackets[older].parent_id > bracket->parent_id) {
        older = engine->brackets[older].older;
    }
    bracket->older = older;
    if (older != FX_SLOT_NONE) {
        bracket->newer = engine->brackets[older].newer;
        engine->brackets[older].newer = slot;
    } else {
        bracket->newer = list->held_count == 0 ? FX_SLOT_NONE : list->oldest;
        list->oldest = slot;
    }
    if (bracket->newer == FX_SLOT_NONE) {
        list->newest = slot;
    } else {
        FX_ASSERT(engine->brackets[bracket->newer].older == older);
        engine->brackets[bracket->newer].older = slot;
    }
    list->held_count++;
    engine->positions[bracket->position].has_tp_sl |= FX_PROTECTION_ORDERS;
}

void fx_bracket_sort(struct fx_engine *engine)
{
    FX_ASSERT(engine->preload.rules >= FX_ENGINE_RULES_PLACED);
    FX_ASSERT(engine->position_count <= engine->limits.positions_max);
    for (fx_slot position = 0; position < engine->position_count; position++) {
        struct fx_position_brackets *list = &engine->position_brackets[position];
        fx_slot slot = list->held_count == 0 ? FX_SLOT_NONE : list->oldest;
        list->held_count = 0;
        while (slot != FX_SLOT_NONE) {
            struct fx_bracket *bracket = &engine->brackets[slot];
            slot = bracket->newer;
            hold(engine, bracket);
        }
    }
}

/* Out of the list; what it held is not counted any more. */
static void let_go(struct fx_engine *engine, struct fx_bracket *bracket)
{
    struct fx_position_brackets *list = list_of(engine, bracket);
    FX_ASSERT(bracket->lots == 0);
    FX_ASSERT(list->held_count > 0);
    fx_slot *from_older =
        bracket->older == FX_SLOT_NONE ? &list->oldest : &engine->brackets[bracket->older].newer;
    fx_slot *from_newer =
        bracket->newer == FX_SLOT_NONE ? &list->newest : &engine->brackets[bracket->newer].older;
    FX_ASSERT(*from_older == slot_of(engine, bracket));
    FX_ASSERT(*from_newer == slot_of(engine, bracket));
    *from_older = bracket->newer;
    *from_newer = bracket->older;
    bracket->older = FX_SLOT_NONE;
    bracket->newer = FX_SLOT_NONE;
    list->held_count--;
    if (list->held_count == 0) {
        list->oldest = 0;
        list->newest = 0;
        engine->positions[bracket->position].has_tp_sl &= (uint8_t)~FX_PROTECTION_ORDERS;
    }
}

/* The two take the quantity of the bracket, and watch their price exactly while there is one. */
static void follow(struct fx_engine *engine,
                   const struct fx_bracket *bracket,
                   enum fx_order_note note)
{
    FX_ASSERT(bracket->parent_id != 0);
    FX_ASSERT(bracket->lots >= 0);
    for (uint32_t index = 0; index < CHILDREN; index++) {
        const fx_slot order = child_at(bracket, index);
        if (!is_waiting(engine, order)) {
            continue;
        }
        struct fx_order *cold = &engine->orders[order];
        engine->resting[order].remaining.lots = bracket->lots;
        cold->lots = bracket->lots;
        cold->note = (uint8_t)note;
        cold->updated_us = engine->time_us;
        if (bracket->lots == 0) {
            fx_trigger_unwatch(engine, order);
        } else if (fx_trigger_of(engine, order)->state == FX_TRIGGER_STATE_IDLE) {
            cold->status = FX_ORDER_STATUS_UNTRIGGERED;
            fx_trigger_watch(engine, order);
        }
        fx_cancel_emit(engine, order);
    }
}

/* ---- what the rows say -------------------------------------------------------------------------
 */

/* One of the three has come or gone: a row that names it, or did, is told again. The order itself
 * has not changed. */
static void tell(struct fx_engine *engine, fx_slot order)
{
    if (order != FX_SLOT_NONE) {
        fx_cancel_emit(engine, order);
    }
}

static void tell_children(struct fx_engine *engine, const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->parent_id != 0);
    for (uint32_t index = 0; index < CHILDREN; index++) {
        tell(engine, child_at(bracket, index));
    }
}

/* ---- the end -----------------------------------------------------------------------------------
 */

/* Nothing protects any more: forget the record. */
static void settle(struct fx_engine *engine, struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->parent_id != 0);
    if (has_children(bracket)) {
        return;
    }
    if (bracket->parent != FX_SLOT_NONE) {
        engine->orders[bracket->parent].bracket = 0;
    }
    struct fx_position_brackets *list = list_of(engine, bracket);
    if (bracket->lots > 0) {
        FX_ASSERT(list->lots >= bracket->lots);
        list->lots -= bracket->lots;
        bracket->lots = 0;
        let_go(engine, bracket);
    }
    FX_ASSERT(list->count > 0);
    list->count--;
    engine->bracket_count--;
    memset(bracket, 0, sizeof *bracket);
    bracket->newer = engine->bracket_free;
    engine->bracket_free = slot_of(engine, bracket);
}

static void end_children(struct fx_engine *engine,
                         struct fx_bracket *bracket,
                         enum fx_order_status status,
                         enum fx_order_note note)
{
    FX_ASSERT(bracket->is_busy == 0);
    bracket->is_busy = 1;
    for (uint32_t index = 0; index < CHILDREN; index++) {
        const fx_slot order = child_at(bracket, index);
        if (order != FX_SLOT_NONE) {
            fx_cancel_order(engine, order, status, note);
        }
    }
    bracket->is_busy = 0;
    FX_ASSERT(!has_children(bracket));
    settle(engine, bracket);
}

void fx_bracket_leave(struct fx_engine *engine, fx_slot order)
{
    struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(bracket->parent_id != 0);
    const bool is_parent = bracket->parent == order;
    const bool has_filled = engine->resting[order].remaining.lots < engine->orders[order].lots;
    engine->orders[order].bracket = 0;
    if (is_parent) {
        bracket->parent = FX_SLOT_NONE;
    } else {
        const struct fx_trigger *trigger = fx_trigger_of(engine, order);
        fx_slot *place = fx_bracket_place(bracket, (enum fx_trigger_role)trigger->role);
        FX_ASSERT(*place == order);
        *place = FX_SLOT_NONE;
    }
    if (bracket->is_busy != 0) {
        return; /* whoever is at it settles it */
    }
    if (is_parent && bracket->lots == 0) {
        /* It filled nothing, or what it filled has closed something else. */
        end_children(engine,
                     bracket,
                     has_filled ? FX_ORDER_STATUS_EXPIRED : FX_ORDER_STATUS_CANCELED,
                     has_filled ? FX_ORDER_NOTE_NO_POSITION : FX_ORDER_NOTE_LINKED);
        return;
    }
    const fx_slot parent = bracket->parent;
    if (!is_parent) {
        tell_children(engine, bracket);
    }
    settle(engine, bracket);
    if (!is_parent) {
        tell(engine, parent);
    }
}

/* ---- what fills do -----------------------------------------------------------------------------
 */

void fx_bracket_trim(struct fx_engine *engine, fx_slot position)
{
    FX_ASSERT(position < engine->position_count);
    struct fx_position_brackets *list = &engine->position_brackets[position];
    if (list->held_count == 0) {
        return;
    }
    int64_t excess = list->lots - closable_lots(engine, &engine->brackets[list->oldest]);
    fx_slot slot = list->oldest;
    while (excess > 0) {
        FX_ASSERT(slot != FX_SLOT_NONE);
        struct fx_bracket *bracket = &engine->brackets[slot];
        slot = bracket->newer;
        /* Nothing else closes while one of two fires, and what it closes is not counted here. */
        FX_ASSERT(bracket->is_busy == 0);
        const int64_t cut = excess < bracket->lots ? excess : bracket->lots;
        bracket->lots -= cut;
        list->lots -= cut;
        excess -= cut;
        engine->work++;
        if (bracket->lots == 0) {
            let_go(engine, bracket);
        }
        if (bracket->lots == 0 && bracket->parent == FX_SLOT_NONE) {
            end_children(engine, bracket, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_NO_POSITION);
        } else {
            follow(engine, bracket, FX_ORDER_NOTE_REDUCE_ONLY);
        }
    }
}

/* What the position has to close beyond what its other brackets hold. */
static void extend(struct fx_engine *engine, struct fx_bracket *bracket, int64_t filled_lots)
{
    FX_ASSERT(filled_lots > 0);
    struct fx_position_brackets *list = list_of(engine, bracket);
    fx_bracket_trim(engine, bracket->position);
    const int64_t room = closable_lots(engine, bracket) - list->lots;
    const int64_t more = filled_lots < room ? filled_lots : room;
    if (more <= 0) {
        return;
    }
    if (bracket->lots == 0) { /* it is not there yet */
        hold(engine, bracket);
    }
    bracket->lots += more;
    list->lots += more;
    FX_ASSERT(list->lots <= closable_lots(engine, bracket));
}

void fx_bracket_grow(struct fx_engine *engine, fx_slot order, fx_qty filled)
{
    struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(filled.lots > 0);
    if (bracket->parent != order || bracket->is_busy != 0) {
        return;
    }
    const int64_t before = bracket->lots;
    extend(engine, bracket, filled.lots);
    FX_ASSERT(bracket->lots >= before);
    if (bracket->lots > before) {
        FX_ASSERT(bracket->lots <= before + filled.lots);
        follow(engine, bracket, FX_ORDER_NOTE_NONE);
    }
}

void fx_bracket_begin(struct fx_engine *engine, struct fx_bracket *bracket)
{
    const fx_slot parent = bracket->parent;
    const int64_t filled = engine->orders[parent].lots - engine->resting[parent].remaining.lots;
    FX_ASSERT(bracket->lots == 0);
    FX_ASSERT(!has_children(bracket));
    FX_ASSERT(filled >= 0);
    if (filled > 0) {
        extend(engine, bracket, filled);
    }
}

/* ---- the two -----------------------------------------------------------------------------------
 */

void fx_bracket_add(struct fx_engine *engine,
                    struct fx_bracket *bracket,
                    const struct fx_bracket_wish *wish)
{
    const fx_slot order = fx_order_pool_acquire(engine);
    FX_ASSERT(order != FX_SLOT_NONE);
    struct fx_resting *hot = &engine->resting[order];
    struct fx_order *cold = &engine->orders[order];
    fx_slot *place = fx_bracket_place(bracket, (enum fx_trigger_role)wish->trigger.role);
    FX_ASSERT(*place == FX_SLOT_NONE);
    *place = order;
    hot->account = engine->positions[bracket->position].account;
    hot->side = bracket->side;
    hot->is_reduce_only = 1;
    hot->instrument = (uint16_t)engine->positions[bracket->position].instrument;
    hot->remaining.lots = bracket->lots;
    cold->lots = bracket->lots;
    cold->created_us = engine->time_us;
    cold->updated_us = engine->time_us;
    cold->position = bracket->position;
    cold->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    cold->bracket = slot_of(engine, bracket) + 1;
    fx_bracket_set_price(engine, order, wish);
    fx_conditional_wait(engine, order, &wish->trigger);
    if (bracket->lots > 0) {
        cold->status = FX_ORDER_STATUS_UNTRIGGERED;
        fx_trigger_watch(engine, order);
    }
    FX_ASSERT(engine->positions[bracket->position].account == hot->account);
    fx_cancel_emit(engine, order);
    tell(engine, fx_bracket_sibling(engine, order));
}

void fx_bracket_adopt(struct fx_engine *engine, struct fx_bracket *bracket, fx_slot order)
{
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    fx_slot *place = fx_bracket_place(bracket, (enum fx_trigger_role)trigger->role);
    FX_ASSERT(*place == FX_SLOT_NONE);
    FX_ASSERT(engine->orders[order].position == bracket->position);
    *place = order;
    engine->orders[order].bracket = slot_of(engine, bracket) + 1;
    if (!is_waiting(engine, order)) {
        return;
    }
    const int64_t lots = engine->resting[order].remaining.lots;
    if (bracket->lots == 0 && lots > 0) {
        hold(engine, bracket);
        bracket->lots = lots;
        list_of(engine, bracket)->lots += lots;
        FX_ASSERT(list_of(engine, bracket)->lots <= closable_lots(engine, bracket));
    }
    FX_ASSERT(bracket->lots == lots);
    if (lots > 0) {
        fx_trigger_watch(engine, order);
    }
}

void fx_bracket_tell(struct fx_engine *engine, fx_slot order)
{
    const struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(bracket->parent != order);
    tell(engine, fx_bracket_sibling(engine, order));
    tell(engine, bracket->parent);
}

void fx_bracket_set_price(struct fx_engine *engine,
                          fx_slot order,
                          const struct fx_bracket_wish *wish)
{
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(wish->limit_ticks >= 0);
    struct fx_order *cold = &engine->orders[order];
    cold->type = (uint8_t)fx_bracket_type(wish);
    cold->time_in_force = wish->limit_ticks == 0 ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    engine->resting[order].price.ticks = wish->limit_ticks;
}

enum fx_order_type fx_bracket_type(const struct fx_bracket_wish *wish)
{
    FX_ASSERT(wish->trigger.role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT ||
              wish->trigger.role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    if (wish->trigger.role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT) {
        return wish->limit_ticks == 0 ? FX_ORDER_TYPE_TAKE_PROFIT_MARKET
                                      : FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
    }
    return wish->limit_ticks == 0 ? FX_ORDER_TYPE_STOP_MARKET : FX_ORDER_TYPE_STOP_LIMIT;
}

fx_slot fx_bracket_sibling(const struct fx_engine *engine, fx_slot order)
{
    const struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(bracket != NULL && bracket->parent != order);
    FX_ASSERT(bracket->take_profit == order || bracket->stop_loss == order);
    return bracket->take_profit == order ? bracket->stop_loss : bracket->take_profit;
}

/* ---- firing ------------------------------------------------------------------------------------
 */

void fx_bracket_fire(struct fx_engine *engine, fx_slot order)
{
    struct fx_bracket *bracket = fx_bracket_of(engine, order);
    struct fx_position_brackets *list = list_of(engine, bracket);
    FX_ASSERT(bracket->is_busy == 0);
    FX_ASSERT(bracket->lots > 0 && list->lots >= bracket->lots);
    bracket->is_busy = 1;
    list->lots -= bracket->lots;
}

/* What is left of the three once one of the two has closed something, or stands in the book: the
 * order itself must not fill without protection. */
static void end_rest(struct fx_engine *engine, struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->is_busy != 0);
    FX_ASSERT(bracket->position < engine->position_count);
    bracket->lots = 0;
    let_go(engine, bracket);
    for (uint32_t index = 0; index < CHILDREN; index++) {
        const fx_slot order = child_at(bracket, index);
        if (is_waiting(engine, order)) {
            fx_cancel_order(engine, order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
            tell_children(engine, bracket); /* the one that rests, if it does */
        }
    }
    if (bracket->parent != FX_SLOT_NONE) {
        fx_cancel_order(engine, bracket->parent, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_LINKED);
    }
}

void fx_bracket_fired(struct fx_engine *engine, fx_slot slot, bool has_closed)
{
    struct fx_bracket *bracket = &engine->brackets[slot];
    bool is_resting = false;
    FX_ASSERT(bracket->is_busy != 0);
    for (uint32_t index = 0; index < CHILDREN; index++) {
        const fx_slot order = child_at(bracket, index);
        is_resting = is_resting || (order != FX_SLOT_NONE && !is_waiting(engine, order));
    }
    const fx_slot parent = has_closed || is_resting ? FX_SLOT_NONE : bracket->parent;
    if (has_closed || is_resting) {
        end_rest(engine, bracket);
    } else {
        /* It was refused or found nobody: the other one stays where it is. */
        list_of(engine, bracket)->lots += bracket->lots;
        FX_ASSERT(list_of(engine, bracket)->lots <= closable_lots(engine, bracket));
        tell_children(engine, bracket);
    }
    bracket->is_busy = 0;
    settle(engine, bracket);
    tell(engine, parent);
}

/* ---- invariants --------------------------------------------------------------------------------
 */

static void check_child(const struct fx_engine *engine,
                        const struct fx_bracket *bracket,
                        uint32_t index)
{
    const fx_slot order = child_at(bracket, index);
    if (order == FX_SLOT_NONE) {
        return;
    }
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    const struct fx_trigger *trigger = fx_trigger_of(engine, order);
    FX_ASSERT(cold->order_id != 0 && cold->bracket == slot_of(engine, bracket) + 1);
    FX_ASSERT(trigger != NULL && trigger->role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT + index);
    FX_ASSERT(hot->side == bracket->side && hot->is_reduce_only == 1);
    FX_ASSERT(cold->position == bracket->position);
    if (trigger->is_listed == 0) { /* it has fired and rests: it is the last of the three */
        FX_ASSERT(cold->is_resting == 1);
        FX_ASSERT(bracket->lots == 0 && bracket->parent == FX_SLOT_NONE);
        FX_ASSERT(child_at(bracket, 1 - index) == FX_SLOT_NONE);
        return;
    }
    FX_ASSERT(hot->remaining.lots == bracket->lots);
    FX_ASSERT((trigger->state == FX_TRIGGER_STATE_IDLE) == (bracket->lots == 0));
    FX_ASSERT(bracket->lots > 0 || bracket->parent != FX_SLOT_NONE);
}

static void check_bracket(const struct fx_engine *engine, const struct fx_bracket *bracket)
{
    FX_ASSERT(bracket->is_busy == 0);
    FX_ASSERT(has_children(bracket));
    FX_ASSERT(bracket->lots >= 0);
    check_child(engine, bracket, 0);
    check_child(engine, bracket, 1);
    if (bracket->parent != FX_SLOT_NONE) {
        const fx_slot parent = bracket->parent;
        FX_ASSERT(engine->orders[parent].order_id == bracket->parent_id);
        FX_ASSERT(engine->orders[parent].bracket == slot_of(engine, bracket) + 1);
        FX_ASSERT(engine->orders[parent].position == bracket->position);
        FX_ASSERT(engine->resting[parent].is_reduce_only == 0);
        FX_ASSERT(engine->resting[parent].side != bracket->side);
        FX_ASSERT(bracket->lots <=
                  engine->orders[parent].lots - engine->resting[parent].remaining.lots);
    }
}

/* B8: what follows a position closes it, and is not more than it. */
static void check_list(const struct fx_engine *engine, fx_slot position)
{
    const struct fx_position_brackets *list = &engine->position_brackets[position];
    const bool is_marked = (engine->positions[position].has_tp_sl & FX_PROTECTION_ORDERS) != 0;
    int64_t lots = 0;
    fx_slot older = FX_SLOT_NONE;
    fx_slot slot = list->oldest;
    for (uint32_t count = 0; count < list->held_count; count++) {
        const struct fx_bracket *bracket = &engine->brackets[slot];
        FX_ASSERT(slot < engine->bracket_used && bracket->parent_id != 0);
        FX_ASSERT(bracket->position == position && bracket->older == older);
        FX_ASSERT(bracket->lots > 0);
        lots += bracket->lots;
        FX_ASSERT(lots <= closable_lots(engine, bracket));
        older = slot;
        slot = bracket->newer;
    }
    FX_ASSERT(list->held_count == 0 || (slot == FX_SLOT_NONE && list->newest == older));
    FX_ASSERT(list->lots == lots);
    FX_ASSERT(list->held_count <= list->count);
    FX_ASSERT(list->count <= engine->limits.reduce_orders_max);
    FX_ASSERT(is_marked == (list->held_count > 0));
}

void fx_bracket_check(const struct fx_engine *engine)
{
    uint32_t count = 0, held = 0, listed = 0, members = 0, free_count = 0;
    for (fx_slot slot = 0; slot < engine->bracket_used; slot++) {
        const struct fx_bracket *bracket = &engine->brackets[slot];
        if (bracket->parent_id != 0) {
            check_bracket(engine, bracket);
            members += (bracket->parent != FX_SLOT_NONE ? 1U : 0U) +
                       (bracket->take_profit != FX_SLOT_NONE ? 1U : 0U) +
                       (bracket->stop_loss != FX_SLOT_NONE ? 1U : 0U);
            held += bracket->lots > 0 ? 1U : 0U;
            count++;
        }
    }
    for (fx_slot slot = engine->bracket_free; slot != FX_SLOT_NONE;
         slot = engine->brackets[slot].newer) {
        FX_ASSERT(engine->brackets[slot].parent_id == 0);
        free_count++;
        FX_ASSERT(free_count <= engine->bracket_used);
    }
    for (fx_slot position = 0; position < engine->position_count; position++) {
        check_list(engine, position);
        held -= engine->position_brackets[position].held_count;
        listed += engine->position_brackets[position].count;
    }
    for (fx_slot order = 0; order < engine->order_used; order++) {
        const struct fx_order *cold = &engine->orders[order];
        if (cold->order_id != 0 && cold->bracket != 0) {
            members--;
        }
    }
    FX_ASSERT(held == 0 && members == 0);
    FX_ASSERT(count == engine->bracket_count && listed == count);
    FX_ASSERT(count + free_count == engine->bracket_used);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

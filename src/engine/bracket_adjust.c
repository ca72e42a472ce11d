/* ADJUST_ORDER_TP_SL: set, move or take away what protects an order, before it fills, while it
 * fills, and after it was filled as long as one of the two is there. Both wishes are judged before
 * either is granted. Source: docs/rules/triggers.md section 6. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const enum fx_trigger_role ROLES[] = {FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT,
                                             FX_TRIGGER_ROLE_ORDER_STOP_LOSS};

enum { ROLE_COUNT = sizeof ROLES / sizeof ROLES[0] };

/* ---- whom it is about --------------------------------------------------------------------------
 */

struct fx_bracket *fx_bracket_adjust_find(const struct fx_engine *engine,
                                          fx_slot position,
                                          uint64_t order_id)
{
    FX_ASSERT(position < engine->position_count);
    const struct fx_position_brackets *list = &engine->position_brackets[position];
    fx_slot slot = list->oldest;
    for (uint32_t index = 0; index < list->held_count; index++) {
        FX_ASSERT(slot < engine->bracket_used);
        if (engine->brackets[slot].parent_id == order_id) {
            return &engine->brackets[slot];
        }
        slot = engine->brackets[slot].newer;
    }
    return NULL;
}

/* The bracket of an order that has ended: it holds lots, so it is in the list of its position. */
static struct fx_bracket *find_ended(const struct fx_engine *engine,
                                     const struct fx_command *command,
                                     uint64_t order_id)
{
    FX_ASSERT(command->kind == FX_COMMAND_ADJUST_ORDER_TP_SL);
    struct fx_bracket *bracket = NULL;
    for (uint32_t asset = 0; asset < engine->asset_count && order_id != 0; asset++) {
        const fx_slot account = fx_account_state_find(engine, command->user_id, asset);
        if (account == FX_SLOT_NONE) {
            continue;
        }
        for (fx_slot position = engine->accounts[account].first_position;
             position != FX_SLOT_NONE && bracket == NULL;
             position = engine->positions[position].next) {
            if (command->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
                command->instrument == engine->positions[position].instrument) {
                bracket = fx_bracket_adjust_find(engine, position, order_id);
            }
        }
    }
    FX_ASSERT(bracket == NULL || bracket->parent_id == order_id);
    return bracket;
}

/* What the command speaks of: an open order (bracket NULL: it has none yet), or what is left of
 * one. */
struct subject {
    fx_slot parent; /* NONE: it has ended */
    struct fx_bracket *bracket;
    fx_slot position;
    enum fx_side side; /* of the two */
};

static fx_status find_subject(const struct fx_engine *engine,
                              const struct fx_command *command,
                              struct subject *subject_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_ADJUST_ORDER_TP_SL);
    const struct fx_command_order_tp_sl *adjust = &command->u.order_tp_sl;
    const fx_slot order = fx_cancel_find(engine, command, adjust->order_id, &adjust->client_id);
    if (order == FX_SLOT_NONE) {
        struct fx_bracket *bracket = find_ended(engine, command, adjust->order_id);
        if (bracket == NULL) {
            return FX_ORDER_NOT_FOUND;
        }
        *subject_out = (struct subject){.parent = bracket->parent,
                                        .bracket = bracket,
                                        .position = bracket->position,
                                        .side = (enum fx_side)bracket->side};
        return FX_OK;
    }
    FX_ASSERT(order < engine->order_used);
    if (engine->resting[order].is_reduce_only != 0) {
        return FX_BAD_PARAMETER; /* it closes: there is nothing to protect */
    }
    *subject_out = (struct subject){
        .parent = order,
        .bracket = fx_bracket_of(engine, order),
        .position = engine->orders[order].position,
        .side = fx_order_opposite((enum fx_side)engine->resting[order].side),
    };
    return FX_OK;
}

/* ---- wishes ------------------------------------------------------------------------------------
 */

static struct fx_bracket_wish read_wish(const struct fx_engine *engine,
                                        const struct fx_command_protection *protection,
                                        const struct subject *subject,
                                        enum fx_trigger_role role)
{
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    FX_ASSERT(subject->position < engine->position_count);
    struct fx_bracket_wish wish = fx_bracket_judge_wish(protection, role, subject->side);
    if (subject->bracket != NULL) {
        wish.order = *fx_bracket_place(subject->bracket, role);
    }
    if (wish.trigger.trigger_ticks == FX_COMMAND_TP_SL_KEEP ||
        (wish.trigger.trigger_ticks == 0 && wish.limit_ticks == 0 && wish.order == FX_SLOT_NONE)) {
        wish.is_kept = true;
    } else if (wish.order != FX_SLOT_NONE) {
        const struct fx_trigger *now = fx_trigger_of(engine, wish.order);
        wish.is_kept = now->trigger_ticks == wish.trigger.trigger_ticks &&
                       now->source == wish.trigger.source &&
                       engine->resting[wish.order].price.ticks == wish.limit_ticks;
    }
    return wish;
}

/* A bracket as it would be that is not there yet: what it protects has filled so far. */
static struct fx_bracket foresee(const struct fx_engine *engine, const struct subject *subject)
{
    FX_ASSERT(subject->bracket == NULL);
    FX_ASSERT(subject->parent < engine->order_used);
    const fx_slot parent = subject->parent;
    return (struct fx_bracket){
        .lots = engine->orders[parent].lots - engine->resting[parent].remaining.lots,
        .parent = parent,
        .position = subject->position,
        .side = (uint8_t)subject->side,
    };
}

static fx_status judge_wishes(const struct fx_engine *engine,
                              const struct subject *subject,
                              const struct fx_bracket_wish wishes[ROLE_COUNT],
                              struct fx_reject *reject_out)
{
    FX_ASSERT(subject->position < engine->position_count);
    const struct fx_bracket bracket =
        subject->bracket != NULL ? *subject->bracket : foresee(engine, subject);
    const uint32_t instrument = engine->positions[subject->position].instrument;
    uint32_t news = 0;
    bool is_set = false;
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        const struct fx_bracket_wish *wish = &wishes[index];
        if (wish->is_kept) {
            continue;
        }
        const fx_status status = fx_bracket_judge_change(engine, &bracket, wish, reject_out);
        if (status != FX_OK) {
            return status;
        }
        is_set = is_set || wish->trigger.trigger_ticks != 0;
        news += wish->order == FX_SLOT_NONE ? 1 : 0;
    }
    if (is_set && engine->preload.rules >= FX_ENGINE_RULES_DATES &&
        fx_settle_is_over(engine, instrument)) {
        return FX_SYMBOL_SETTLED;
    }
    if (is_set && engine->listings[instrument].definition.state != FX_INSTRUMENT_STATE_TRADING) {
        return FX_INSTRUMENT_HALTED;
    }
    FX_ASSERT(news <= ROLE_COUNT);
    if (is_set && engine->preload.mode != FX_ENGINE_MODE_RUNNING) {
        return FX_ENGINE_STOPPED;
    }
    fx_status status = fx_conditional_judge_room(engine, subject->position, news, reject_out);
    if (status == FX_OK && news > 0 && subject->bracket == NULL) {
        status = fx_bracket_judge_room(engine, subject->position, reject_out);
    }
    return status;
}

static void move(struct fx_engine *engine, const struct fx_bracket_wish *wish)
{
    FX_ASSERT(wish->order < engine->order_used);
    FX_ASSERT(wish->trigger.trigger_ticks > 0);
    struct fx_trigger *trigger = fx_trigger_of(engine, wish->order);
    const bool is_watching = trigger->state != FX_TRIGGER_STATE_IDLE;
    fx_trigger_unwatch(engine, wish->order);
    trigger->trigger_ticks = wish->trigger.trigger_ticks;
    trigger->source = wish->trigger.source;
    fx_bracket_set_price(engine, wish->order, wish);
    engine->orders[wish->order].updated_us = engine->time_us;
    if (is_watching) {
        fx_trigger_watch(engine, wish->order);
    }
    fx_cancel_emit(engine, wish->order);
}

/* What is set comes first, so that a bracket is never left without any of the two on the way. */
static bool grant(struct fx_engine *engine,
                  struct subject *subject,
                  const struct fx_bracket_wish wishes[ROLE_COUNT])
{
    FX_ASSERT(subject->bracket != NULL || subject->parent != FX_SLOT_NONE);
    bool is_changed = false;
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        const struct fx_bracket_wish *wish = &wishes[index];
        if (wish->is_kept || wish->trigger.trigger_ticks == 0) {
            continue;
        }
        if (subject->bracket == NULL) {
            subject->bracket = fx_bracket_acquire(engine, subject->parent);
            fx_bracket_begin(engine, subject->bracket);
        }
        if (wish->order == FX_SLOT_NONE) {
            fx_bracket_add(engine, subject->bracket, wish);
        } else {
            move(engine, wish);
        }
        is_changed = true;
    }
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        const struct fx_bracket_wish *wish = &wishes[index];
        if (!wish->is_kept && wish->trigger.trigger_ticks == 0) {
            FX_ASSERT(wish->order != FX_SLOT_NONE);
            fx_cancel_order(
                engine, wish->order, FX_ORDER_STATUS_CANCELED, FX_ORDER_NOTE_USER_CANCELED);
            is_changed = true;
        }
    }
    return is_changed;
}

fx_status fx_bracket_adjust_apply(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    struct subject subject;
    struct fx_bracket_wish wishes[ROLE_COUNT];
    fx_status status = find_subject(engine, command, &subject);
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(subject.position < engine->position_count);
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        wishes[index] =
            read_wish(engine, &command->u.order_tp_sl.protection, &subject, ROLES[index]);
    }
    result->account_id = fx_preload_account_id(engine, engine->positions[subject.position].account);
    result->order_id = subject.bracket != NULL ? subject.bracket->parent_id
                                               : engine->orders[subject.parent].order_id;
    status = judge_wishes(engine, &subject, wishes, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    const bool is_changed = grant(engine, &subject, wishes);
    result->is_changed = is_changed ? 1 : 0;
    if (subject.parent != FX_SLOT_NONE) {
        result->order_status = engine->orders[subject.parent].status;
        if (is_changed) {
            fx_cancel_emit(engine, subject.parent); /* it names the two */
        }
    }
    return FX_OK;
}

fx_status fx_bracket_adjust_amend(struct fx_engine *engine,
                                  fx_slot order,
                                  const struct fx_command *command,
                                  struct fx_event_result *result)
{
    FX_ASSERT(order < engine->order_used);
    const struct fx_command_amend *amend = &command->u.amend;
    const struct fx_bracket *bracket = fx_bracket_of(engine, order);
    FX_ASSERT(bracket != NULL);
    const bool is_market = fx_order_type_is_market((enum fx_order_type)engine->orders[order].type);
    const int64_t trigger_ticks = command->kind == FX_COMMAND_AMEND_CONDITIONAL
                                      ? command->u.amend_conditional.trigger_ticks
                                      : 0;
    struct fx_bracket_wish wish = {.trigger = *fx_trigger_of(engine, order),
                                   .limit_ticks = engine->resting[order].price.ticks,
                                   .order = order};
    result->order_status = engine->orders[order].status;
    if (amend->lots != 0) {
        result->reject.field = FX_FIELD_QUANTITY; /* it follows what its order fills */
        return FX_BAD_PARAMETER;
    }
    if (amend->price_ticks != 0 && is_market) {
        result->reject.field = FX_FIELD_PRICE;
        return FX_BAD_PARAMETER;
    }
    wish.limit_ticks = amend->price_ticks != 0 ? amend->price_ticks : wish.limit_ticks;
    wish.trigger.trigger_ticks = trigger_ticks != 0 ? trigger_ticks : wish.trigger.trigger_ticks;
    if (wish.limit_ticks == engine->resting[order].price.ticks &&
        wish.trigger.trigger_ticks == fx_trigger_of(engine, order)->trigger_ticks) {
        return FX_OK;
    }
    const fx_status status = fx_bracket_judge_change(engine, bracket, &wish, &result->reject);
    if (status == FX_OK) {
        move(engine, &wish);
        result->is_changed = 1;
    }
    return status;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

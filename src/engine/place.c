/* PLACE_ORDER and its kin: judge everything first, then act. A reject leaves no trace.
 *
 * The one thing that may change before the last judgement is the position record: it may be new,
 * and leverage or margin mode of the order become its setting (margin is judged with them). `undo`
 * takes both back, bit for bit. Order of judgement: docs/rules/matching.md section 4. */
#include <string.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/bracket_int.h"
#include "engine/place_int.h"
#include "engine/preload_int.h"
#include "engine/risk_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static fx_status reject(struct fx_reject *reject_out, fx_status status, enum fx_field field)
{
    FX_CHECK(status != FX_OK);
    reject_out->field = (uint8_t)field;
    return status;
}

/* An order that waits for its price, placed or asked about. */
static bool is_conditional(const struct fx_command *command)
{
    return command->kind == FX_COMMAND_PLACE_CONDITIONAL ||
           (command->kind != FX_COMMAND_PLACE_ORDER &&
            fx_order_type_is_conditional((enum fx_order_type)command->u.place.type));
}

/* The order's leverage and margin mode become the symbol's setting, as if set by a command. */
static fx_status change_setting(struct fx_engine *engine,
                                struct fx_place_intent *intent,
                                const struct fx_command *command,
                                struct fx_reject *reject_out)
{
    FX_ASSERT(intent->position < engine->position_count);
    FX_ASSERT(!intent->is_setting_changed);
    const struct fx_command_place *place = intent->place;
    const struct fx_position_state *position = &engine->positions[intent->position];
    if ((place->leverage_centi == 0 || place->leverage_centi == position->leverage_centi) &&
        (place->margin_mode == 0 || place->margin_mode == position->margin_mode)) {
        return FX_OK;
    }
    struct fx_command setting;
    struct fx_event_result result;
    memset(&setting, 0, sizeof setting);
    memset(&result, 0, sizeof result);
    setting.kind = FX_COMMAND_ADJUST_LEVERAGE;
    setting.instrument = command->instrument;
    setting.sequence = command->sequence;
    setting.time_us = command->time_us;
    setting.user_id = command->user_id;
    setting.u.leverage.leverage_centi = place->leverage_centi;
    setting.u.leverage.margin_mode = place->margin_mode;
    intent->family = fx_position_state_family(engine, intent->hot.account, command->instrument);
    for (uint32_t index = 0; index < intent->family.count; index++) {
        intent->before[index] = engine->positions[intent->family.slots[index]];
    }
    intent->moved_before = engine->accounts[intent->hot.account].moved_sequence;
    intent->is_setting_changed = true;
    const fx_status status = fx_position_setting_leverage(engine, &setting, &result);
    if (status != FX_OK) {
        *reject_out = result.reject;
    }
    return status;
}

/* Take the newest position record back; it is the last of its account and of the pool. */
static void forget_position(struct fx_engine *engine, fx_slot position)
{
    const fx_slot owner = engine->positions[position].account;
    struct fx_account_state *account = &engine->accounts[owner];
    FX_ASSERT(position + 1 == engine->position_count);
    FX_ASSERT(account->last_position == position);
    FX_ASSERT(engine->positions[position].lots == 0);
    FX_ASSERT(engine->positions[position].order_count == 0);
    fx_slot previous = FX_SLOT_NONE;
    for (fx_slot slot = account->first_position; slot != position;
         slot = engine->positions[slot].next) {
        previous = slot;
    }
    account->last_position = previous;
    if (previous == FX_SLOT_NONE) {
        account->first_position = FX_SLOT_NONE;
        fx_account_state_lead(engine, owner);
    } else {
        engine->positions[previous].next = FX_SLOT_NONE;
    }
    memset(&engine->positions[position], 0, sizeof engine->positions[position]);
    engine->position_count--;
}

static void undo(struct fx_engine *engine, const struct fx_place_intent *intent)
{
    FX_ASSERT(engine->touched_level_count == 0);
    FX_ASSERT(engine->touched_account_count == engine->touched_accounts_base);
    FX_ASSERT(engine->touched_position_count <=
              engine->touched_positions_base + FX_POSITION_FAMILY_MAX);
    engine->touched_position_count = engine->touched_positions_base;
    if (intent->is_setting_changed) {
        engine->accounts[intent->hot.account].moved_sequence = intent->moved_before;
        for (uint32_t index = 0; index < intent->family.count; index++) {
            engine->positions[intent->family.slots[index]] = intent->before[index];
        }
    }
    if (intent->is_position_new) {
        forget_position(engine, intent->position);
    }
}

/* The last judgements, which need the position record. A reject is undone by the caller. */
static fx_status prepare(struct fx_engine *engine,
                         struct fx_place_intent *intent,
                         const struct fx_command *command,
                         struct fx_reject *reject_out)
{
    FX_CHECK(intent->position < engine->position_count);
    const struct fx_command_protection *protection = fx_bracket_judge_read(command);
    const uint32_t triggers = (protection == NULL ? 0 : fx_bracket_judge_count(protection)) +
                              (intent->is_conditional ? 1 : 0);
    FX_ASSERT(triggers <= 3);
    fx_status status = change_setting(engine, intent, command, reject_out);
    if (status == FX_OK && protection != NULL) {
        status = fx_bracket_judge_room(engine, intent->position, reject_out);
    }
    if (status == FX_OK && triggers > 0) {
        status = fx_conditional_judge_count(engine, intent->position, triggers, reject_out);
    }
    if (status == FX_OK && !intent->is_conditional) {
        status = fx_place_judge_now(engine, intent, reject_out);
    }
    return status;
}

static fx_status acquire_position(struct fx_engine *engine,
                                  struct fx_place_intent *intent,
                                  const struct fx_command *command)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    const uint32_t count = engine->position_count;
    intent->position = fx_position_state_acquire(engine,
                                                 intent->hot.account,
                                                 command->instrument,
                                                 (enum fx_position_side)intent->position_side);
    intent->is_position_new = engine->position_count > count;
    FX_CHECK(engine->position_count - count <= 1);
    return intent->position == FX_SLOT_NONE ? FX_CAPACITY : FX_OK;
}

static fx_slot create_order(struct fx_engine *engine, const struct fx_place_intent *intent)
{
    FX_CHECK(intent->position < engine->position_count);
    const fx_slot order = fx_order_pool_acquire(engine);
    FX_ASSERT(order != FX_SLOT_NONE);
    struct fx_order *cold = &engine->orders[order];
    const struct fx_command_place *place = intent->place;
    engine->resting[order] = intent->hot;
    cold->tmp_id = place->tmp_id;
    cold->lots = intent->hot.remaining.lots;
    cold->entry_mark_ticks = intent->listing->mark.ticks;
    cold->expire_us = place->expire_us;
    cold->created_us = engine->time_us;
    cold->updated_us = engine->time_us;
    cold->position = intent->position;
    cold->type = place->type;
    cold->time_in_force = intent->time_in_force;
    cold->status = FX_ORDER_STATUS_ACTIVE;
    cold->note = intent->note;
    cold->stp_mode = intent->stp_mode;
    cold->post_only_mode = place->post_only_mode;
    cold->client_id = place->client_id;
    return order;
}

/* A new or a fired order meets the market. @return its status. */
static enum fx_order_status enter(struct fx_engine *engine,
                                  const struct fx_place_intent *intent,
                                  fx_slot order)
{
    FX_CHECK(engine->orders[order].order_id != 0);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    if (intent->is_unmatchable) {
        fx_cancel_order(engine, order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_IOC_REMAINDER);
        return FX_ORDER_STATUS_EXPIRED;
    }
    return fx_match_enter(engine, order);
}

/* The two that are to protect an order are there before it, so that its rows name them. */
static void protect(struct fx_engine *engine, fx_slot order, const struct fx_command *command)
{
    static const enum fx_trigger_role ROLES[] = {FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT,
                                                 FX_TRIGGER_ROLE_ORDER_STOP_LOSS};
    const struct fx_command_protection *protection = fx_bracket_judge_read(command);
    if (protection == NULL) {
        return;
    }
    FX_ASSERT(engine->orders[order].order_id != 0);
    FX_ASSERT(engine->resting[order].is_reduce_only == 0);
    struct fx_bracket *bracket = fx_bracket_acquire(engine, order);
    for (uint32_t index = 0; index < sizeof ROLES / sizeof ROLES[0]; index++) {
        const struct fx_bracket_wish wish =
            fx_bracket_judge_wish(protection, ROLES[index], (enum fx_side)bracket->side);
        if (wish.trigger.trigger_ticks != 0) {
            fx_bracket_add(engine, bracket, &wish);
        }
    }
}

static void execute(struct fx_engine *engine,
                    const struct fx_place_intent *intent,
                    const struct fx_command *command,
                    struct fx_event_result *result)
{
    const fx_slot order = create_order(engine, intent);
    FX_ASSERT(order < engine->order_used);
    FX_ASSERT(result->is_changed == 0);
    fx_slot entry = FX_SLOT_NONE;
    result->order_id = engine->orders[order].order_id;
    if (intent->place->client_id.size > 0) {
        entry = fx_client_ids_insert(engine, order, fx_client_ids_body_hash(command));
        engine->orders[order].client_slot = entry;
    }
    if (intent->is_conditional && engine->preload.rules >= FX_ENGINE_RULES_LISTED) {
        const struct fx_trigger trigger = fx_conditional_read(&command->u.conditional);
        fx_conditional_wait(engine, order, &trigger); /* ahead of what protects it, as by its id */
    }
    protect(engine, order, command);
    if (intent->is_conditional) {
        const struct fx_trigger trigger = fx_conditional_read(&command->u.conditional);
        fx_conditional_start(engine, order, &trigger);
        result->order_status = FX_ORDER_STATUS_UNTRIGGERED;
    } else {
        result->order_status = (uint8_t)enter(engine, intent, order);
    }
    if (entry != FX_SLOT_NONE) {
        engine->client_entries[entry].order_status = result->order_status;
    }
    FX_CHECK(result->order_status != 0);
    result->is_changed = 1;
}

/* A clientOrderId that is known: the first answer again, or a reject. */
static fx_status repeat(const struct fx_engine *engine,
                        fx_slot slot,
                        const struct fx_command *command,
                        struct fx_event_result *result)
{
    FX_ASSERT(slot < engine->client_used);
    const struct fx_client_entry *entry = &engine->client_entries[slot];
    FX_ASSERT(entry->client_id.size > 0);
    if (entry->body_hash != fx_client_ids_body_hash(command)) {
        return reject(&result->reject, FX_DUPLICATE_CLIENT_ORDER_ID, FX_FIELD_CLIENT_ORDER_ID);
    }
    result->order_id = entry->order_id;
    result->tmp_id = entry->tmp_id;
    result->order_status = entry->order_status;
    result->is_repeated = 1;
    return FX_OK;
}

/* ---- firing ------------------------------------------------------------------------------------
 */

/* How an order ends that was refused when it fired. */
static enum fx_order_note refusal_note(fx_status status)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(status != FX_ACCOUNT_NOT_FOUND);
    static const struct {
        fx_status status;
        enum fx_order_note note;
    } NOTES[] = {
        {FX_INSUFFICIENT_MARGIN, FX_ORDER_NOTE_INSUFFICIENT_MARGIN},
        {FX_REDUCE_ONLY_REJECTED, FX_ORDER_NOTE_NO_POSITION},
        {FX_POST_ONLY_WOULD_TAKE, FX_ORDER_NOTE_POST_ONLY_WOULD_TAKE},
        {FX_FOK_NOT_FILLED, FX_ORDER_NOTE_FOK_NOT_FILLED},
        {FX_SELF_TRADE, FX_ORDER_NOTE_FOK_NOT_FILLED},
        {FX_TAKER_LIMIT, FX_ORDER_NOTE_FOK_NOT_FILLED},
        {FX_CAPACITY, FX_ORDER_NOTE_CAPACITY},
    };
    for (uint32_t index = 0; index < sizeof NOTES / sizeof NOTES[0]; index++) {
        if (NOTES[index].status == status) {
            return NOTES[index].note;
        }
    }
    return FX_ORDER_NOTE_NOT_ADMITTED;
}

/* The order as a new one would be: LIMIT or MARKET, with what is open of the position as its
 * quantity where it closes the whole. */
static void read_fired(const struct fx_engine *engine,
                       fx_slot order,
                       struct fx_command_place *place_out,
                       struct fx_place_intent *intent)
{
    FX_ASSERT(engine->orders[order].trigger != 0);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    const struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    const bool is_market = fx_order_type_is_market((enum fx_order_type)cold->type);
    memset(place_out, 0, sizeof *place_out);
    place_out->type = (uint8_t)(is_market ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT);
    place_out->price_ticks = hot->price.ticks;
    place_out->post_only_mode = cold->post_only_mode;
    place_out->is_reduce_only = hot->is_reduce_only;
    memset(intent, 0, offsetof(struct fx_place_intent, before));
    intent->place = place_out;
    intent->listing = &engine->listings[hot->instrument];
    intent->hot = *hot;
    intent->position = cold->position;
    intent->time_in_force = cold->time_in_force;
    intent->stp_mode = cold->stp_mode;
    const bool is_whole = fx_trigger_of(engine, order)->is_close_position != 0;
    intent->is_unsized = is_whole || fx_bracket_is_child(engine, order);
    if (is_whole) {
        intent->hot.remaining.lots =
            fx_position_state_closable(&engine->positions[cold->position], (enum fx_side)hot->side);
    }
}

void fx_place_fire(struct fx_engine *engine, fx_slot order)
{
    struct fx_order *cold = &engine->orders[order];
    FX_ASSERT(cold->trigger != 0);
    FX_ASSERT(cold->status == FX_ORDER_STATUS_ACTIVE);
    struct fx_command_place place;
    struct fx_reject reason; /* nobody is there to hear the details */
    struct fx_place_intent intent;
    memset(&reason, 0, sizeof reason);
    read_fired(engine, order, &place, &intent);
    if (intent.time_in_force == FX_TIME_IN_FORCE_FOK) {
        fx_match_settle_makers(engine, &intent.hot);
    }
    const fx_status status = fx_place_judge_fired(engine, &intent, &reason);
    if (status != FX_OK) {
        fx_cancel_order(engine,
                        order,
                        status == FX_REDUCE_ONLY_REJECTED ? FX_ORDER_STATUS_EXPIRED
                                                          : FX_ORDER_STATUS_REJECTED,
                        refusal_note(status));
        return;
    }
    engine->resting[order].price = intent.hot.price;
    engine->resting[order].remaining = intent.hot.remaining;
    cold->lots = intent.hot.remaining.lots;
    cold->note = intent.note;
    cold->entry_mark_ticks = intent.listing->mark.ticks;
    cold->updated_us = engine->time_us;
    (void)enter(engine, &intent, order);
}

static void read_command(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_place_intent *intent)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    FX_CHECK(command->user_id != 0);
    const struct fx_command_place *place = &command->u.place;
    memset(intent, 0, offsetof(struct fx_place_intent, before));
    intent->place = place;
    intent->listing = &engine->listings[command->instrument];
    intent->first_maker = FX_SLOT_NONE;
    intent->stp_mode = place->stp_mode == 0 ? FX_STP_MODE_EXPIRE_MAKER : place->stp_mode;
    intent->is_conditional = is_conditional(command);
    intent->hot = (struct fx_resting){
        .remaining = {place->lots},
        .older = FX_SLOT_NONE,
        .newer = FX_SLOT_NONE,
        .side = place->side,
        .is_reduce_only = fx_command_is_closing(place) ? 1 : 0,
        .instrument = (uint16_t)command->instrument,
    };
    if (intent->is_conditional) {
        intent->hot.price.ticks = place->price_ticks;
        intent->hot.is_reduce_only |= command->u.conditional.is_close_position;
    }
}

/* Everything that is asked of an order. `intent` is whole where the status is OK and the order is
 * not a repeated one; then the caller executes it or takes it back. A reject leaves no trace. */
static fx_status judge_all(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_place_intent *intent,
                           struct fx_event_result *result)
{
    FX_ASSERT(result->is_repeated == 0);
    const struct fx_command_place *place = &command->u.place;
    if (command->instrument >= engine->instrument_count) {
        return reject(&result->reject, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    read_command(engine, command, intent);
    FX_CHECK(intent->hot.instrument == command->instrument);
    if (fx_place_judge_ahead(engine, intent, command)) {
        intent->first_maker = fx_match_first(engine, &intent->hot);
        fx_ahead_maker(engine, intent->first_maker);
    }
    intent->hot.account = fx_account_state_find(engine, command->user_id, intent->listing->asset);
    if (intent->hot.account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    result->account_id = fx_preload_account_id(engine, intent->hot.account);
    result->tmp_id = place->tmp_id;
    fx_status status = intent->is_ahead
                           ? FX_OK
                           : fx_place_judge_words(command, intent->is_conditional, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    if (place->client_id.size > 0) {
        const fx_slot entry = fx_client_ids_find(engine, intent->hot.account, &place->client_id);
        if (entry != FX_SLOT_NONE) {
            return repeat(engine, entry, command, result);
        }
    }
    status = fx_place_judge_alone(engine, intent, command, &result->reject);
    if (status == FX_OK && fx_bracket_judge_read(command) != NULL) {
        status = fx_bracket_judge_new(engine, command, &intent->hot, &result->reject);
    }
    if (status != FX_OK) {
        return status;
    }
    status = acquire_position(engine, intent, command);
    if (status != FX_OK) {
        return status;
    }
    if (intent->first_maker != FX_SLOT_NONE) {
        fx_ahead_guard(engine, intent->position);
    }
    status = prepare(engine, intent, command, &result->reject);
    if (status != FX_OK) {
        undo(engine, intent);
    }
    return status;
}

/* F4: a fill-or-kill order is promised what its makers can bear, so they are judged by what they
 * have behind a funding that runs. As with the user's own, what they pay is no part of the command:
 * it stays, whatever becomes of the order. */
static void settle_makers(struct fx_engine *engine, const struct fx_command *command)
{
    FX_ASSERT(engine->sweep_count > 0);
    const struct fx_command_place *place = &command->u.place;
    const struct fx_resting taker = {.price = {place->price_ticks},
                                     .side = place->side,
                                     .instrument = (uint16_t)command->instrument};
    if (place->time_in_force != FX_TIME_IN_FORCE_FOK || is_conditional(command) ||
        command->instrument >= engine->instrument_count ||
        (place->side != FX_SIDE_BUY && place->side != FX_SIDE_SELL)) {
        return;
    }
    fx_match_settle_makers(engine, &taker);
    fx_risk_review(engine);
    FX_ASSERT(engine->moved_count == 0);
    fx_touch_base(engine);
}

fx_status fx_place_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    FX_ASSERT(result->order_id == 0);
    struct fx_place_intent intent;
    fx_ahead_user(engine, command->user_id, command->instrument);
    if (engine->sweep_count != 0) {
        settle_makers(engine, command);
    }
    const fx_status status = judge_all(engine, command, &intent, result);
    if (status == FX_OK && result->is_repeated == 0) {
        execute(engine, &intent, command, result);
    }
    return status;
}

/* What the account has left for orders, and what it would have left. */
static void foresee(const struct fx_engine *engine,
                    const struct fx_place_intent *intent,
                    struct fx_event_test *test)
{
    FX_ASSERT(intent->position < engine->position_count);
    FX_ASSERT(intent->hot.account < engine->account_count);
    const struct fx_position_state *position = &engine->positions[intent->position];
    test->reserve_after = position->reserve;
    if (!intent->is_unmatchable && !intent->is_conditional) {
        test->reserve_after = fx_position_state_foresee(engine, intent->position, &intent->hot);
    }
    FX_CHECK(test->reserve_after >= 0);
    test->available_after = fx_margin_available(engine, intent->hot.account) -
                            (test->reserve_after - position->reserve);
    test->price_ticks = intent->hot.price.ticks;
    test->lots = intent->hot.remaining.lots;
    test->leverage_centi = position->leverage_centi;
    test->margin_mode = position->margin_mode;
}

fx_status fx_place_test(struct fx_engine *engine,
                        const struct fx_command *command,
                        struct fx_event_test *test_out)
{
    FX_ASSERT(command->kind == FX_COMMAND_TEST_ORDER);
    FX_ASSERT(test_out->result.order_id == 0);
    struct fx_place_intent intent;
    const fx_status status = judge_all(engine, command, &intent, &test_out->result);
    if (status != FX_OK || test_out->result.is_repeated != 0) {
        return status;
    }
    foresee(engine, &intent, test_out);
    undo(engine, &intent);
    /* Now the state is again what it was before the question. */
    const fx_slot position = fx_position_state_find(engine,
                                                    intent.hot.account,
                                                    command->instrument,
                                                    (enum fx_position_side)intent.position_side);
    test_out->reserve_before = position == FX_SLOT_NONE ? 0 : engine->positions[position].reserve;
    FX_CHECK(test_out->reserve_before >= 0);
    test_out->available_before = fx_margin_available(engine, intent.hot.account);
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

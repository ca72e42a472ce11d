/* LOAD_ORDER: an order that rested or waited for its price does so again, with its own id, and
 * meets nobody. It is judged as far as the book and the pools need it; its margin is not asked for:
 * where there is too little of it, START_ENGINE finds the account short. */
#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

/* An order on its way into the state. */
struct intake {
    const struct fx_command_load_order *load;
    const struct fx_listing *listing;
    struct fx_resting hot;
    fx_slot position; /* NONE: it is made */
    enum fx_position_side side;
    bool is_waiting; /* for its price, or for its order to fill */
    bool is_conditional;
    bool is_of_order; /* a take profit or a stop loss of an order */
    struct fx_trigger trigger;
    struct fx_preload_tp_sl guard; /* likewise */
};

static fx_status refuse(struct fx_event_result *result, fx_status status, enum fx_field field)
{
    FX_ASSERT(status != FX_OK);
    result->reject.field = (uint8_t)field;
    return status;
}

/* ---- judging -----------------------------------------------------------------------------------
 */

/* Words that need no state. */
static fx_status judge_words(const struct intake *intake, struct fx_event_result *result)
{
    FX_ASSERT(intake->is_conditional || !intake->is_waiting);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_command_place *place = &intake->load->order.place;
    if ((place->side != FX_SIDE_BUY && place->side != FX_SIDE_SELL) ||
        place->stp_mode > FX_STP_MODE_NONE || place->post_only_mode > FX_POST_ONLY_MODE_SLIDE ||
        intake->load->note > FX_ORDER_NOTE_BANKRUPTCY || place->is_reduce_only > 1 ||
        place->margin_mode > FX_MARGIN_MODE_ISOLATED ||
        place->time_in_force < FX_TIME_IN_FORCE_GTC ||
        place->time_in_force > FX_TIME_IN_FORCE_GTD) {
        return FX_BAD_PARAMETER;
    }
    if ((place->time_in_force == FX_TIME_IN_FORCE_GTD) != (place->expire_us > 0) ||
        place->expire_us < 0) {
        return refuse(result, FX_BAD_TIME_IN_FORCE, FX_FIELD_EXPIRE_TIME);
    }
    if (!intake->is_conditional && place->type != FX_ORDER_TYPE_LIMIT) {
        return FX_BAD_PARAMETER; /* a market order neither rests nor waits */
    }
    if (!intake->is_waiting && (place->time_in_force == FX_TIME_IN_FORCE_IOC ||
                                place->time_in_force == FX_TIME_IN_FORCE_FOK ||
                                fx_order_type_is_market((enum fx_order_type)place->type))) {
        return refuse(result, FX_BAD_TIME_IN_FORCE, FX_FIELD_TIME_IN_FORCE);
    }
    if (place->client_id.size > FX_CLIENT_ID_SIZE_MAX ||
        (place->client_id.size > 0 && place->client_id.text[0] == FX_COMMAND_MOVE_MARK)) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_CLIENT_ORDER_ID);
    }
    return FX_OK;
}

static fx_status judge_numbers(const struct intake *intake, struct fx_event_result *result)
{
    const struct fx_command_load_order *load = intake->load;
    const struct fx_instrument *definition = &intake->listing->definition;
    FX_ASSERT(definition->max_ticks > 0);
    FX_ASSERT(definition->max_lots > 0);
    const bool is_market = fx_order_type_is_market((enum fx_order_type)load->order.place.type);
    const int64_t lots = load->order.place.lots;
    const int64_t ticks = load->order.place.price_ticks;
    const bool is_whole = load->order.is_close_position != 0;
    if (is_market ? ticks != 0 : ticks < 1 || ticks > definition->max_ticks) {
        return refuse(result, FX_PRICE_FILTER, FX_FIELD_PRICE);
    }
    if (intake->is_of_order && intake->is_waiting) { /* nobody chose it: it has no filter */
        if (lots != load->remaining_lots || lots < 0) {
            return refuse(result, FX_LOT_SIZE, FX_FIELD_QUANTITY);
        }
    } else if (is_whole ? lots != 0 || load->remaining_lots != 0
                        : lots < 1 || lots > definition->max_lots || load->remaining_lots < 1 ||
                              load->remaining_lots > lots) {
        return refuse(result, FX_LOT_SIZE, FX_FIELD_QUANTITY);
    }
    if (!fx_dec_is_in_range(load->filled_value) ||
        (load->filled_value > 0) != (load->remaining_lots < lots) || load->filled_value < 0 ||
        (intake->is_waiting && load->remaining_lots < lots)) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_QUANTITY);
    }
    return load->created_us < 0 || load->updated_us < load->created_us ? FX_BAD_PARAMETER : FX_OK;
}

/* What it waits for, and what it closes when it fires. */
static fx_status judge_trigger(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct intake *intake,
                               struct fx_event_result *result)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    FX_ASSERT(intake->trigger.role == 0);
    const struct fx_command_load_order *load = intake->load;
    struct fx_command like = *command;
    if (!intake->is_conditional) {
        return load->protects == 0 && load->order.is_close_position == 0 &&
                       load->order.callback_ppb == 0
                   ? FX_OK
                   : FX_BAD_PARAMETER;
    }
    like.kind = FX_COMMAND_PLACE_CONDITIONAL;
    const fx_status status = fx_conditional_check_words(&like, &result->reject);
    if (status != FX_OK) {
        return status;
    }
    intake->trigger = fx_conditional_read(&load->order);
    const bool is_trailing = load->order.callback_ppb != 0;
    if (load->order.trigger_ticks < (is_trailing ? 0 : 1) ||
        load->order.trigger_ticks > intake->listing->definition.max_ticks) {
        return refuse(result, FX_PRICE_FILTER, FX_FIELD_TRIGGER_PRICE);
    }
    if (intake->is_waiting && is_trailing && load->order.trigger_ticks == 0 &&
        fx_trigger_price(engine, command->instrument, (enum fx_trigger_source)load->order.source)
                .ticks == 0) {
        if (engine->preload.rules < FX_ENGINE_RULES_TRAILS) {
            return refuse(result, FX_NO_TRIGGER_PRICE, FX_FIELD_TRIGGER_BY);
        }
        /* No mark is loaded: the first price that comes activates it, whatever it is. */
        intake->trigger.trigger_ticks =
            intake->hot.side == FX_SIDE_SELL ? 1 : intake->listing->definition.max_ticks;
    }
    if (intake->is_of_order) {
        return fx_preload_tp_sl_judge_words(command, &intake->hot, &intake->trigger, result);
    }
    if (load->protects == FX_LOAD_PROTECTS_NOTHING) {
        return FX_OK;
    }
    if (load->protects != FX_LOAD_PROTECTS_POSITION || !intake->is_waiting ||
        load->order.is_close_position == 0) {
        return refuse(result, FX_BAD_PARAMETER, FX_FIELD_CLOSE_POSITION);
    }
    intake->trigger.role = load->order.place.type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET
                               ? FX_TRIGGER_ROLE_TAKE_PROFIT
                               : FX_TRIGGER_ROLE_STOP_LOSS;
    return FX_OK;
}

/* Whether its position can have it. */
static fx_status judge_position(const struct fx_engine *engine,
                                const struct intake *intake,
                                struct fx_event_result *result)
{
    FX_ASSERT(intake->hot.account < engine->account_count);
    FX_ASSERT(intake->position == FX_SLOT_NONE || intake->position < engine->position_count);
    const struct fx_resting *hot = &intake->hot;
    const struct fx_position_state *position =
        intake->position == FX_SLOT_NONE ? NULL : &engine->positions[intake->position];
    if (fx_tp_sl_has_role(&intake->trigger)) {
        const int64_t lots = position == NULL ? 0 : position->lots;
        const bool is_closing = hot->side == FX_SIDE_SELL ? lots > 0 : lots < 0;
        if (!is_closing) {
            return FX_POSITION_NOT_FOUND;
        }
        return fx_tp_sl_find(engine,
                             intake->position,
                             (enum fx_trigger_role)intake->trigger.role) == FX_SLOT_NONE
                   ? FX_OK
                   : FX_EXISTS;
    }
    if (hot->is_reduce_only == 0 || intake->is_waiting) {
        return FX_OK;
    }
    const int64_t closable =
        position == NULL ? 0 : fx_position_state_closable(position, (enum fx_side)hot->side);
    const int64_t held = position == NULL           ? 0
                         : hot->side == FX_SIDE_BUY ? position->reduce_buy_lots
                                                    : position->reduce_sell_lots;
    if (hot->remaining.lots > closable - held) {
        return refuse(result, FX_REDUCE_ONLY_REJECTED, FX_FIELD_QUANTITY);
    }
    return position->reduce_order_count == engine->limits.reduce_orders_max ? FX_CAPACITY : FX_OK;
}

/* What executes as a market order never rests, whatever its row says: as PLACE_CONDITIONAL has it.
 * The original's rows say GTC of all orders. */
static enum fx_time_in_force time_in_force_of(const struct fx_engine *engine,
                                              const struct fx_command_place *place)
{
    const bool is_market = fx_order_type_is_market((enum fx_order_type)place->type);
    FX_ASSERT(place->time_in_force >= FX_TIME_IN_FORCE_GTC);
    FX_ASSERT(place->time_in_force <= FX_TIME_IN_FORCE_GTD);
    return is_market && place->time_in_force != FX_TIME_IN_FORCE_FOK &&
                   engine->preload.rules >= FX_ENGINE_RULES_MARKETS
               ? FX_TIME_IN_FORCE_IOC
               : (enum fx_time_in_force)place->time_in_force;
}

/* Room in the pools, in the book and in the range of numbers. */
static fx_status judge_room(const struct fx_engine *engine,
                            const struct intake *intake,
                            struct fx_event_result *result)
{
    FX_ASSERT(intake->hot.account < engine->account_count);
    FX_ASSERT(intake->hot.instrument < engine->instrument_count);
    const struct fx_resting *hot = &intake->hot;
    const struct fx_client_id *name = &intake->load->order.place.client_id;
    fx_i128 bound = 0, moved = 0, value = 0, loss = 0;
    if (engine->order_count == engine->limits.orders_max ||
        engine->accounts[hot->account].order_count == engine->limits.account_orders_max ||
        (intake->position == FX_SLOT_NONE &&
         engine->position_count == engine->limits.positions_max) ||
        (intake->is_conditional && !fx_trigger_has_room(engine))) {
        return FX_CAPACITY;
    }
    if (name->size > 0 && fx_client_ids_find(engine, hot->account, name) != FX_SLOT_NONE) {
        return refuse(result, FX_DUPLICATE_CLIENT_ORDER_ID, FX_FIELD_CLIENT_ORDER_ID);
    }
    if (name->size > 0 && !fx_client_ids_has_room(engine)) {
        return FX_CAPACITY;
    }
    if (intake->is_waiting) {
        return FX_OK;
    }
    if (!fx_book_can_insert(intake->listing->book, (enum fx_side)hot->side, hot->price)) {
        return FX_CAPACITY;
    }
    if (fx_match_is_crossing(engine, hot->instrument, (enum fx_side)hot->side, hot->price)) {
        return refuse(result, FX_LOAD_CROSSED, FX_FIELD_PRICE);
    }
    return fx_position_state_cost(engine, hot, intake->listing->mark, &value, &loss) &&
                   fx_account_state_bound(engine, hot->account, &bound) &&
                   fx_margin_lots_bound(intake->listing, 2 * hot->remaining.lots, &moved) &&
                   fx_dec_add(bound, moved, &bound)
               ? FX_OK
               : refuse(result, FX_AMOUNT_OUT_OF_RANGE, FX_FIELD_QUANTITY);
}

static fx_status find_holder(const struct fx_engine *engine,
                             const struct fx_command *command,
                             struct intake *intake,
                             struct fx_event_result *result)
{
    FX_ASSERT(command->instrument < engine->instrument_count);
    FX_ASSERT(intake->position == FX_SLOT_NONE);
    const struct fx_command_load_order *load = intake->load;
    const fx_slot account =
        command->user_id == 0
            ? FX_SLOT_NONE
            : fx_account_state_find(engine, command->user_id, intake->listing->asset);
    if (account == FX_SLOT_NONE) {
        return FX_ACCOUNT_NOT_FOUND;
    }
    intake->side = fx_position_state_side(engine, account, load->order.place.position_side);
    if (intake->side == 0) {
        return refuse(result, FX_POSITION_SIDE_MISMATCH, FX_FIELD_POSITION_SIDE);
    }
    intake->position = fx_position_state_find(engine, account, command->instrument, intake->side);
    intake->hot = (struct fx_resting){
        .price = {load->order.place.price_ticks},
        .remaining = {load->remaining_lots},
        .older = FX_SLOT_NONE,
        .newer = FX_SLOT_NONE,
        .account = account,
        .side = load->order.place.side,
        .is_reduce_only =
            fx_command_is_closing(&load->order.place) || load->order.is_close_position != 0 ? 1 : 0,
        .instrument = (uint16_t)command->instrument,
    };
    return FX_OK;
}

static fx_status judge(const struct fx_engine *engine,
                       const struct fx_command *command,
                       struct intake *intake,
                       struct fx_event_result *result)
{
    FX_ASSERT(engine->preload.mode == FX_ENGINE_MODE_LOADING);
    FX_ASSERT(engine->preload.order_id < engine->next_order_id);
    const struct fx_command_load_order *load = intake->load;
    if (load->order_id <= engine->preload.order_id || load->order_id >= engine->next_order_id) {
        return FX_LOAD_OUT_OF_ORDER;
    }
    intake->is_of_order = command->kind == FX_COMMAND_LOAD_ORDER_TP_SL;
    if (load->status != FX_ORDER_STATUS_UNTRIGGERED && load->status != FX_ORDER_STATUS_ACTIVE &&
        (!intake->is_of_order || load->status != FX_ORDER_STATUS_PENDING)) {
        return FX_BAD_PARAMETER; /* what no engine has judged yet is no state to come back to */
    }
    intake->is_waiting = load->status != FX_ORDER_STATUS_ACTIVE;
    intake->is_conditional =
        fx_order_type_is_conditional((enum fx_order_type)load->order.place.type);
    if ((intake->is_waiting || intake->is_of_order) && !intake->is_conditional) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = judge_words(intake, result);
    if (status == FX_OK && load->order.place.time_in_force == FX_TIME_IN_FORCE_GTD &&
        time_in_force_of(engine, &load->order.place) == FX_TIME_IN_FORCE_IOC) {
        return refuse(result, FX_BAD_TIME_IN_FORCE, FX_FIELD_TIME_IN_FORCE);
    }
    if (status == FX_OK) {
        status = judge_numbers(intake, result);
    }
    if (status == FX_OK) {
        status = find_holder(engine, command, intake, result);
    }
    if (status == FX_OK) {
        status = judge_trigger(engine, command, intake, result);
    }
    if (status == FX_OK && intake->is_of_order) {
        intake->guard.position = intake->position;
        status = fx_preload_tp_sl_judge(engine, command, &intake->hot, &intake->guard, result);
    }
    if (status == FX_OK) {
        status = judge_position(engine, intake, result);
    }
    return status == FX_OK ? judge_room(engine, intake, result) : status;
}

/* ---- acting ------------------------------------------------------------------------------------
 */

static void acquire_position(struct fx_engine *engine, struct intake *intake)
{
    FX_ASSERT(intake->hot.account < engine->account_count);
    if (intake->position != FX_SLOT_NONE) {
        return;
    }
    const struct fx_command_place *place = &intake->load->order.place;
    const uint32_t relatives =
        fx_position_state_family(engine, intake->hot.account, intake->hot.instrument).count;
    intake->position = fx_position_state_acquire(
        engine, intake->hot.account, intake->hot.instrument, intake->side);
    FX_ASSERT(intake->position != FX_SLOT_NONE);
    struct fx_position_state *position = &engine->positions[intake->position];
    if (relatives == 0 && place->margin_mode != 0) {
        position->margin_mode = place->margin_mode;
    }
    if (relatives == 0 && place->leverage_centi >= 100 &&
        place->leverage_centi <= intake->listing->definition.leverage_max_centi) {
        position->leverage_centi = place->leverage_centi;
    }
}

/* A slot with the id that the order has. */
static fx_slot acquire_order(struct fx_engine *engine, uint64_t order_id)
{
    FX_ASSERT(order_id < engine->next_order_id);
    const uint64_t next = engine->next_order_id;
    engine->next_order_id = order_id;
    const fx_slot order = fx_order_pool_acquire(engine);
    FX_ASSERT(order != FX_SLOT_NONE);
    engine->next_order_id = next;
    return order;
}

static fx_slot create(struct fx_engine *engine,
                      const struct fx_command *command,
                      const struct intake *intake)
{
    FX_ASSERT(intake->position < engine->position_count);
    FX_ASSERT(intake->load->order_id > engine->preload.order_id);
    const struct fx_command_load_order *load = intake->load;
    const struct fx_command_place *place = &load->order.place;
    const fx_slot order = acquire_order(engine, load->order_id);
    struct fx_order *cold = &engine->orders[order];
    engine->resting[order] = intake->hot;
    cold->filled_value = load->filled_value;
    cold->tmp_id = place->tmp_id;
    cold->lots = place->lots;
    cold->entry_mark_ticks = intake->listing->mark.ticks;
    cold->expire_us = place->expire_us;
    cold->created_us = load->created_us;
    cold->updated_us = load->updated_us;
    cold->position = intake->position;
    cold->type = place->type;
    cold->time_in_force = (uint8_t)time_in_force_of(engine, place);
    cold->stp_mode = place->stp_mode == 0 ? FX_STP_MODE_EXPIRE_MAKER : place->stp_mode;
    cold->post_only_mode = place->post_only_mode;
    cold->note = load->note;
    cold->client_id = place->client_id;
    if (place->client_id.size > 0) {
        struct fx_command like = *command;
        like.kind = (uint16_t)(intake->is_conditional ? FX_COMMAND_PLACE_CONDITIONAL
                                                      : FX_COMMAND_PLACE_ORDER);
        const fx_slot entry = fx_client_ids_insert(engine, order, fx_client_ids_body_hash(&like));
        cold->client_slot = entry;
        engine->client_entries[entry].order_status = load->status;
    }
    return order;
}

/* It stands in the book behind those that came before it. One that has fired keeps its record. */
static void rest(struct fx_engine *engine, const struct intake *intake, fx_slot order)
{
    FX_ASSERT(!intake->is_waiting);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    struct fx_order *cold = &engine->orders[order];
    const struct fx_resting *hot = &engine->resting[order];
    if (intake->is_conditional) {
        struct fx_trigger *trigger = &engine->triggers[fx_trigger_acquire(engine, order)];
        trigger->trigger_ticks = intake->trigger.trigger_ticks;
        trigger->callback_ppb = intake->trigger.callback_ppb;
        trigger->source = intake->trigger.source;
        trigger->condition = intake->trigger.condition;
        trigger->is_price_protected = intake->trigger.is_price_protected;
        trigger->instrument = hot->instrument;
        trigger->role = intake->trigger.role;
    }
    if (intake->is_of_order) {
        fx_preload_tp_sl_adopt(engine, &intake->guard, order);
    }
    cold->status = cold->lots == hot->remaining.lots ? FX_ORDER_STATUS_ACTIVE
                                                     : FX_ORDER_STATUS_PARTIALLY_FILLED;
    cold->is_resting = 1;
    fx_ahead_note(engine, order);
    fx_book_insert(engine->listings[hot->instrument].book, order);
    fx_position_state_add_order(engine, order);
    fx_touch_level(engine, hot->instrument, (enum fx_side)hot->side, hot->price);
    if (cold->time_in_force == FX_TIME_IN_FORCE_GTD) {
        fx_expiry_insert(engine, order);
    }
    FX_ASSERT(cold->order_id != 0 && cold->is_resting == 1);
    fx_cancel_emit(engine, order);
}

/* A take profit or a stop loss of an order waits for what it waited for. */
static void wait(struct fx_engine *engine, const struct intake *intake, fx_slot order)
{
    FX_ASSERT(intake->is_waiting && intake->is_of_order);
    FX_ASSERT(engine->orders[order].is_resting == 0);
    fx_conditional_wait(engine, order, &intake->trigger);
    engine->orders[order].status = intake->load->status;
    fx_preload_tp_sl_adopt(engine, &intake->guard, order);
    fx_cancel_emit(engine, order);
    fx_bracket_tell(engine, order);
}

fx_status fx_preload_order(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_LOAD_ORDER ||
              command->kind == FX_COMMAND_LOAD_ORDER_TP_SL);
    FX_ASSERT(result->is_changed == 0);
    if (command->instrument >= engine->instrument_count) {
        return refuse(result, FX_UNKNOWN_SYMBOL, FX_FIELD_SYMBOL);
    }
    struct intake intake = {.load = &command->u.load_order,
                            .listing = &engine->listings[command->instrument],
                            .position = FX_SLOT_NONE};
    const fx_status status = judge(engine, command, &intake, result);
    if (status != FX_OK) {
        return status;
    }
    acquire_position(engine, &intake);
    const fx_slot order = create(engine, command, &intake);
    if (!intake.is_waiting) {
        rest(engine, &intake, order);
    } else if (intake.is_of_order) {
        wait(engine, &intake, order);
    } else {
        fx_conditional_start(engine, order, &intake.trigger);
        if (intake.trigger.role != 0) {
            fx_tp_sl_adopt(engine, order);
            if (engine->preload.rules >= FX_ENGINE_RULES_LINKS) { /* whose row names this one */
                fx_tp_sl_tell(engine, fx_tp_sl_sibling(engine, order));
            }
        }
    }
    engine->preload.order_id = intake.load->order_id;
    result->order_id = intake.load->order_id;
    result->order_status = engine->orders[order].status;
    result->account_id = fx_preload_account_id(engine, intake.hot.account);
    result->is_changed = 1;
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

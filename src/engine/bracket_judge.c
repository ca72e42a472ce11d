/* What is asked of a take profit and a stop loss of an order: figures, the side on which they lie,
 * room. Nothing is changed here.
 *
 * Before the order fills they are judged against its own price, for that is where the position will
 * begin; an order that trades at once is also held against the price that they watch, as any
 * conditional order is. Source: docs/rules/triggers.md section 6. */
#include "base/panic.h"
#include "engine/bracket_int.h"
#include "engine/orders_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const enum fx_trigger_role ROLES[] = {FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT,
                                             FX_TRIGGER_ROLE_ORDER_STOP_LOSS};

enum { ROLE_COUNT = sizeof ROLES / sizeof ROLES[0] };

static fx_status reject(struct fx_reject *reject_out, fx_status status, enum fx_trigger_role role)
{
    FX_ASSERT(status != FX_OK);
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    reject_out->field =
        role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT ? FX_FIELD_TAKE_PROFIT : FX_FIELD_STOP_LOSS;
    return status;
}

static fx_status reject_price(const struct fx_listing *listing,
                              struct fx_reject *reject_out,
                              fx_status status,
                              enum fx_trigger_role role,
                              int64_t ticks)
{
    FX_ASSERT(ticks >= 0);
    reject_out->has_limit = 1;
    reject_out->limit = fx_instrument_price(&listing->definition, (fx_px){ticks});
    return reject(reject_out, status, role);
}

/* ---- reading -----------------------------------------------------------------------------------
 */

uint32_t fx_bracket_judge_count(const struct fx_command_protection *protection)
{
    return (protection->take_profit_ticks != 0 ? 1U : 0U) +
           (protection->stop_loss_ticks != 0 ? 1U : 0U);
}

const struct fx_command_protection *fx_bracket_judge_read(const struct fx_command *command)
{
    const struct fx_command_protection *protection = &command->u.bracket.protection;
    /* A question does not say of what kind the order would be: any figure makes it a bracket. */
    const bool has_figure =
        fx_bracket_judge_count(protection) > 0 ||
        (protection->take_profit_limit_ticks | protection->stop_loss_limit_ticks) != 0;
    return command->kind == FX_COMMAND_PLACE_BRACKET ||
                   (command->kind == FX_COMMAND_TEST_ORDER && has_figure)
               ? protection
               : NULL;
}

struct fx_bracket_wish fx_bracket_judge_wish(const struct fx_command_protection *protection,
                                             enum fx_trigger_role role,
                                             enum fx_side side)
{
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    FX_ASSERT(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    const bool is_profit = role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT;
    struct fx_bracket_wish wish = {.order = FX_SLOT_NONE};
    wish.limit_ticks =
        is_profit ? protection->take_profit_limit_ticks : protection->stop_loss_limit_ticks;
    wish.trigger.trigger_ticks =
        is_profit ? protection->take_profit_ticks : protection->stop_loss_ticks;
    wish.trigger.source = is_profit ? protection->take_profit_source : protection->stop_loss_source;
    wish.trigger.role = (uint8_t)role;
    wish.trigger.condition = (uint8_t)fx_order_default_condition(fx_bracket_type(&wish), side);
    return wish;
}

/* ---- judging -----------------------------------------------------------------------------------
 */

static fx_status judge_figures(const struct fx_listing *listing,
                               const struct fx_bracket_wish *wish,
                               struct fx_reject *reject_out)
{
    const int64_t max_ticks = listing->definition.max_ticks;
    const enum fx_trigger_role role = (enum fx_trigger_role)wish->trigger.role;
    FX_ASSERT(max_ticks > 0);
    FX_ASSERT(role == FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT || role == FX_TRIGGER_ROLE_ORDER_STOP_LOSS);
    if (wish->trigger.trigger_ticks == 0) {
        return wish->limit_ticks == 0 ? FX_OK : reject(reject_out, FX_BAD_PARAMETER, role);
    }
    if (wish->trigger.source < FX_TRIGGER_SOURCE_LAST ||
        wish->trigger.source > FX_TRIGGER_SOURCE_INDEX) {
        return reject(reject_out, FX_BAD_PARAMETER, role);
    }
    if (wish->trigger.trigger_ticks < 1 || wish->trigger.trigger_ticks > max_ticks ||
        wish->limit_ticks < 0 || wish->limit_ticks > max_ticks) {
        return reject_price(listing, reject_out, FX_PRICE_FILTER, role, max_ticks);
    }
    return FX_OK;
}

/* GT fires above the price from which the position begins, LT below it. */
static fx_status judge_side(const struct fx_listing *listing,
                            const struct fx_bracket_wish *wish,
                            int64_t begin_ticks,
                            struct fx_reject *reject_out)
{
    FX_ASSERT(begin_ticks >= 0);
    FX_ASSERT(wish->trigger.trigger_ticks >= 0);
    const int64_t ticks = wish->trigger.trigger_ticks;
    if (ticks == 0 || begin_ticks == 0) {
        return FX_OK;
    }
    const bool is_ahead = wish->trigger.condition == FX_TRIGGER_CONDITION_GT ? ticks > begin_ticks
                                                                             : ticks < begin_ticks;
    return is_ahead ? FX_OK
                    : reject_price(listing,
                                   reject_out,
                                   FX_TRIGGER_WRONG_SIDE,
                                   (enum fx_trigger_role)wish->trigger.role,
                                   begin_ticks);
}

/* A price that has been reached already would fire with the first fill. */
static fx_status judge_now(const struct fx_engine *engine,
                           uint32_t instrument,
                           const struct fx_bracket_wish *wish,
                           struct fx_reject *reject_out)
{
    FX_ASSERT(instrument < engine->instrument_count);
    if (wish->trigger.trigger_ticks == 0 ||
        !fx_trigger_would_fire(engine, instrument, &wish->trigger)) {
        return FX_OK;
    }
    FX_ASSERT(wish->trigger.source >= FX_TRIGGER_SOURCE_LAST);
    const fx_px now =
        fx_trigger_price(engine, instrument, (enum fx_trigger_source)wish->trigger.source);
    return reject_price(&engine->listings[instrument],
                        reject_out,
                        FX_TRIGGER_WOULD_FIRE,
                        (enum fx_trigger_role)wish->trigger.role,
                        now.ticks);
}

/* Where the position of an order begins: its limit price; without one the price that fires it, the
 * price of its source (a trailing stop), or the best opposite one. 0: nobody knows. */
static int64_t begin_ticks_of(const struct fx_engine *engine,
                              enum fx_order_type type,
                              const struct fx_resting *hot,
                              const struct fx_trigger *trigger)
{
    FX_ASSERT(hot->instrument < engine->instrument_count);
    FX_ASSERT(hot->side == FX_SIDE_BUY || hot->side == FX_SIDE_SELL);
    if (!fx_order_type_is_market(type)) {
        return hot->price.ticks;
    }
    if (trigger == NULL) {
        const struct fx_book *book = engine->listings[hot->instrument].book;
        return fx_book_best(book, fx_order_opposite((enum fx_side)hot->side)).ticks;
    }
    return trigger->trigger_ticks != 0
               ? trigger->trigger_ticks
               : fx_trigger_price(engine, hot->instrument, (enum fx_trigger_source)trigger->source)
                     .ticks;
}

static bool is_taking(const struct fx_engine *engine,
                      enum fx_order_type type,
                      const struct fx_resting *hot)
{
    FX_ASSERT(hot->instrument < engine->instrument_count);
    FX_ASSERT(hot->side == FX_SIDE_BUY || hot->side == FX_SIDE_SELL);
    return type == FX_ORDER_TYPE_MARKET ||
           (type == FX_ORDER_TYPE_LIMIT &&
            fx_match_is_crossing(engine, hot->instrument, (enum fx_side)hot->side, hot->price));
}

fx_status fx_bracket_judge_new(const struct fx_engine *engine,
                               const struct fx_command *command,
                               const struct fx_resting *order,
                               struct fx_reject *reject_out)
{
    const struct fx_command_protection *protection = fx_bracket_judge_read(command);
    FX_ASSERT(protection != NULL);
    FX_ASSERT(order->instrument == command->instrument);
    const struct fx_listing *listing = &engine->listings[order->instrument];
    const enum fx_order_type type = (enum fx_order_type)command->u.place.type;
    const bool is_conditional = fx_order_type_is_conditional(type);
    const uint32_t orders = fx_bracket_judge_count(protection);
    const uint32_t triggers = orders + (is_conditional ? 1 : 0);
    if (orders == 0 || order->is_reduce_only != 0) {
        /* Nothing to protect with, or what closes a position: nothing to protect. */
        return reject(reject_out, FX_BAD_PARAMETER, FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT);
    }
    const struct fx_trigger trigger = is_conditional ? fx_conditional_read(&command->u.conditional)
                                                     : (struct fx_trigger){.key = 0};
    const int64_t begin_ticks =
        begin_ticks_of(engine, type, order, is_conditional ? &trigger : NULL);
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        const struct fx_bracket_wish wish = fx_bracket_judge_wish(
            protection, ROLES[index], fx_order_opposite((enum fx_side)order->side));
        fx_status status = judge_figures(listing, &wish, reject_out);
        if (status == FX_OK) {
            status = judge_side(listing, &wish, begin_ticks, reject_out);
        }
        if (status == FX_OK && is_taking(engine, type, order)) {
            status = judge_now(engine, order->instrument, &wish, reject_out);
        }
        if (status != FX_OK) {
            return status;
        }
    }
    return engine->order_count + 1 + orders <= engine->limits.orders_max &&
                   engine->trigger_count + triggers <= engine->limits.orders_max / 2
               ? FX_OK
               : FX_CAPACITY;
}

fx_status fx_bracket_judge_room(const struct fx_engine *engine,
                                fx_slot position,
                                struct fx_reject *reject_out)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(engine->limits.reduce_orders_max > 0);
    /* A fill takes all of them along where it must: the bound keeps one command bounded. */
    if (engine->position_brackets[position].count < engine->limits.reduce_orders_max) {
        return FX_OK;
    }
    reject_out->has_limit = 1;
    reject_out->limit = engine->limits.reduce_orders_max;
    return FX_MAX_NUM_ALGO_ORDERS;
}

fx_status fx_bracket_judge_change(const struct fx_engine *engine,
                                  const struct fx_bracket *bracket,
                                  const struct fx_bracket_wish *wish,
                                  struct fx_reject *reject_out)
{
    FX_ASSERT(bracket->position < engine->position_count);
    const uint32_t instrument = engine->positions[bracket->position].instrument;
    const struct fx_listing *listing = &engine->listings[instrument];
    fx_status status = judge_figures(listing, wish, reject_out);
    if (status != FX_OK || wish->trigger.trigger_ticks == 0) {
        return status;
    }
    if (bracket->lots > 0) {
        if (wish->order != FX_SLOT_NONE) { /* what is about to fire does not move any more */
            const struct fx_bracket_wish now = {.trigger = *fx_trigger_of(engine, wish->order)};
            status = judge_now(engine, instrument, &now, reject_out);
        }
        return status == FX_OK ? judge_now(engine, instrument, wish, reject_out) : status;
    }
    FX_ASSERT(bracket->parent != FX_SLOT_NONE);
    const fx_slot parent = bracket->parent;
    const enum fx_order_type type = (enum fx_order_type)engine->orders[parent].type;
    const int64_t begin_ticks =
        begin_ticks_of(engine, type, &engine->resting[parent], fx_trigger_of(engine, parent));
    return judge_side(listing, wish, begin_ticks, reject_out);
}

fx_status fx_bracket_judge_move(const struct fx_engine *engine,
                                fx_slot parent,
                                const struct fx_resting *hot,
                                const struct fx_trigger *trigger,
                                struct fx_reject *reject_out)
{
    FX_ASSERT(hot->instrument == engine->resting[parent].instrument);
    struct fx_bracket *bracket = fx_bracket_of(engine, parent);
    FX_ASSERT(bracket != NULL && bracket->parent == parent);
    if (bracket->lots > 0) {
        return FX_OK; /* they watch their price already */
    }
    const enum fx_order_type type = (enum fx_order_type)engine->orders[parent].type;
    const int64_t begin_ticks = begin_ticks_of(engine, type, hot, trigger);
    for (uint32_t index = 0; index < ROLE_COUNT; index++) {
        const fx_slot order = *fx_bracket_place(bracket, ROLES[index]);
        if (order == FX_SLOT_NONE) {
            continue;
        }
        const struct fx_bracket_wish wish = {.trigger = *fx_trigger_of(engine, order)};
        const fx_status status =
            judge_side(&engine->listings[hot->instrument], &wish, begin_ticks, reject_out);
        if (status != FX_OK) {
            return status;
        }
    }
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

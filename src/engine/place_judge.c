/* What is asked of an order before it enters: words, rights, time in force, price, filters, room,
 * reduce-only, open interest, margin. Nothing is changed here but the intent itself, which the
 * judgements complete (price, quantity, note). Order of judgement: docs/rules/matching.md
 * section 4. */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/place_int.h"
#include "engine/risk_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static const int64_t GTD_AHEAD_US = 1000000;

static fx_status reject(struct fx_reject *reject_out, fx_status status, enum fx_field field)
{
    FX_CHECK(status != FX_OK);
    reject_out->field = (uint8_t)field;
    return status;
}

static fx_status reject_limit(struct fx_reject *reject_out,
                              fx_status status,
                              enum fx_field field,
                              fx_i128 limit)
{
    FX_CHECK(status != FX_OK);
    reject_out->has_limit = 1;
    reject_out->limit = limit;
    return reject(reject_out, status, field);
}

fx_status fx_place_judge_words(const struct fx_command *command,
                               bool may_wait,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(command->instrument != FX_COMMAND_ALL_INSTRUMENTS);
    FX_ASSERT(reject_out->field == FX_FIELD_NONE);
    const struct fx_command_place *place = &command->u.place;
    const bool is_type = place->type >= FX_ORDER_TYPE_LIMIT && place->type <= FX_ORDER_TYPE_MARKET;
    if (place->side < FX_SIDE_BUY || place->side > FX_SIDE_SELL) {
        return FX_BAD_PARAMETER;
    }
    if (!may_wait && fx_order_type_is_conditional((enum fx_order_type)place->type)) {
        return FX_NOT_IMPLEMENTED; /* such an order comes as PLACE_CONDITIONAL */
    }
    if ((!is_type && !may_wait) || place->stp_mode > FX_STP_MODE_NONE ||
        place->post_only_mode > FX_POST_ONLY_MODE_SLIDE || place->is_reduce_only > 1) {
        return FX_BAD_PARAMETER;
    }
    if (place->margin_mode > FX_MARGIN_MODE_ISOLATED) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_MARGIN_MODE);
    }
    if (place->position_side > FX_POSITION_SIDE_SHORT) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_POSITION_SIDE);
    }
    if (place->client_id.size > FX_CLIENT_ID_SIZE_MAX) {
        return reject(reject_out, FX_BAD_PARAMETER, FX_FIELD_CLIENT_ORDER_ID);
    }
    return may_wait ? fx_conditional_check_words(command, reject_out) : FX_OK;
}

/* A market order trades now or never, so it is IOC unless it is FOK. */
static fx_status check_time_in_force(const struct fx_engine *engine,
                                     struct fx_place_intent *intent,
                                     struct fx_reject *reject_out)
{
    FX_CHECK(intent->place->side == FX_SIDE_BUY || intent->place->side == FX_SIDE_SELL);
    FX_CHECK(engine->time_us >= 0);
    const struct fx_command_place *place = intent->place;
    const bool is_market = fx_order_type_is_market((enum fx_order_type)place->type);
    const bool is_gtd = place->time_in_force == FX_TIME_IN_FORCE_GTD;
    const bool is_immediate = is_market || place->time_in_force == FX_TIME_IN_FORCE_IOC ||
                              place->time_in_force == FX_TIME_IN_FORCE_FOK;
    if (place->time_in_force < FX_TIME_IN_FORCE_GTC ||
        place->time_in_force > FX_TIME_IN_FORCE_GTD || (is_market && is_gtd) ||
        (is_immediate && place->post_only_mode != FX_POST_ONLY_MODE_OFF)) {
        return reject(reject_out, FX_BAD_TIME_IN_FORCE, FX_FIELD_TIME_IN_FORCE);
    }
    if (!is_gtd && place->expire_us != 0) {
        return reject(reject_out, FX_BAD_TIME_IN_FORCE, FX_FIELD_EXPIRE_TIME);
    }
    if (is_gtd && place->expire_us < engine->time_us + GTD_AHEAD_US) {
        return reject_limit(reject_out,
                            FX_EXPIRE_TIME_TOO_EARLY,
                            FX_FIELD_EXPIRE_TIME,
                            (fx_i128)engine->time_us + GTD_AHEAD_US);
    }
    intent->time_in_force = place->time_in_force;
    if (is_market && place->time_in_force != FX_TIME_IN_FORCE_FOK) {
        intent->time_in_force = FX_TIME_IN_FORCE_IOC;
    }
    return FX_OK;
}

/* One-way accounts have BOTH, hedging ones LONG and SHORT. What is reduce-only on the side that
 * opens could never do anything. */
static fx_status check_position_side(const struct fx_engine *engine,
                                     struct fx_place_intent *intent,
                                     struct fx_reject *reject_out)
{
    FX_CHECK(intent->hot.account < engine->account_count);
    FX_CHECK(intent->place->position_side <= FX_POSITION_SIDE_SHORT);
    const struct fx_resting *hot = &intent->hot;
    const enum fx_position_side side =
        fx_position_state_side(engine, hot->account, intent->place->position_side);
    if (side == 0) {
        return reject(reject_out, FX_POSITION_SIDE_MISMATCH, FX_FIELD_POSITION_SIDE);
    }
    const uint8_t opening = side == FX_POSITION_SIDE_LONG ? FX_SIDE_BUY : FX_SIDE_SELL;
    if (side != FX_POSITION_SIDE_BOTH && hot->is_reduce_only != 0 && hot->side == opening) {
        return reject(reject_out, FX_REDUCE_ONLY_REJECTED, FX_FIELD_POSITION_SIDE);
    }
    intent->position_side = (uint8_t)side;
    return FX_OK;
}

static fx_status check_rights(const struct fx_engine *engine, const struct fx_place_intent *intent)
{
    FX_CHECK(intent->hot.account < engine->account_count);
    FX_CHECK(intent->hot.instrument < engine->instrument_count);
    const bool is_post_only = intent->place->post_only_mode != FX_POST_ONLY_MODE_OFF;
    const fx_status status = fx_listing_judge_trading(engine, intent->hot.instrument, is_post_only);
    if (status != FX_OK) {
        return status;
    }
    const uint32_t flags = engine->accounts[intent->hot.account].flags;
    if ((flags & FX_ACCOUNT_FLAG_FROZEN) != 0) {
        return FX_ACCOUNT_FROZEN;
    }
    if ((flags & FX_ACCOUNT_FLAG_TRADE_BLOCKED) != 0 && intent->hot.is_reduce_only == 0) {
        return FX_TRADING_NOT_ALLOWED;
    }
    return FX_OK;
}

fx_status fx_place_judge_crossing(const struct fx_engine *engine,
                                  const struct fx_resting *order,
                                  struct fx_reject *reject_out)
{
    FX_ASSERT(order->side == FX_SIDE_BUY || order->side == FX_SIDE_SELL);
    const struct fx_listing *listing = &engine->listings[order->instrument];
    const enum fx_side side = (enum fx_side)order->side;
    const fx_px best = fx_book_best(listing->book, fx_order_opposite(side));
    const int64_t free_ticks = side == FX_SIDE_BUY ? best.ticks - 1 : best.ticks + 1;
    FX_ASSERT(best.ticks > 0);
    if (free_ticks > 0 && free_ticks <= listing->definition.max_ticks) {
        reject_out->has_nearest = 1;
        reject_out->nearest = fx_instrument_price(&listing->definition, (fx_px){free_ticks});
    }
    return reject_limit(reject_out,
                        FX_POST_ONLY_WOULD_TAKE,
                        FX_FIELD_PRICE,
                        fx_instrument_price(&listing->definition, best));
}

/* The price at which the order competes: its limit, the market bound, or where it slides to. */
static fx_status settle_price(const struct fx_engine *engine,
                              struct fx_place_intent *intent,
                              struct fx_reject *reject_out)
{
    const struct fx_command_place *place = intent->place;
    struct fx_resting *hot = &intent->hot;
    const enum fx_side side = (enum fx_side)hot->side;
    const fx_px best = fx_book_best(intent->listing->book, fx_order_opposite(side));
    FX_ASSERT(best.ticks >= 0);
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    if (place->type == FX_ORDER_TYPE_MARKET) {
        intent->is_unmatchable = best.ticks == 0;
        hot->price = intent->is_unmatchable
                         ? best
                         : fx_instrument_take_bound(&intent->listing->definition, side, best);
        return FX_OK;
    }
    hot->price.ticks = place->price_ticks;
    if (place->post_only_mode == FX_POST_ONLY_MODE_SLIDE && place->price_ticks > 0 &&
        fx_match_is_crossing(engine, hot->instrument, side, hot->price)) {
        hot->price.ticks = side == FX_SIDE_BUY ? best.ticks - 1 : best.ticks + 1;
        if (hot->price.ticks < 1) {
            return fx_place_judge_crossing(engine, hot, reject_out);
        }
    }
    return FX_OK;
}

static fx_status check_filters(const struct fx_engine *engine,
                               const struct fx_place_intent *intent,
                               struct fx_reject *reject_out)
{
    FX_CHECK(intent->listing->unit > 0);
    FX_CHECK(intent->hot.instrument < engine->instrument_count);
    const struct fx_filter_input input = {
        .side = (enum fx_side)intent->hot.side,
        .type = (enum fx_order_type)intent->place->type,
        .price = intent->place->type == FX_ORDER_TYPE_LIMIT ? intent->hot.price : (fx_px){0},
        .quantity = intent->is_unsized ? (fx_qty){intent->listing->definition.min_lots}
                                       : intent->hot.remaining,
        .mark = intent->listing->mark,
        .is_reduce_only = intent->hot.is_reduce_only != 0,
        .unit = intent->listing->unit,
    };
    const fx_status status = fx_instrument_filter(&intent->listing->definition, &input, reject_out);
    if (status != FX_OK) {
        return status;
    }
    if (intent->place->post_only_mode == FX_POST_ONLY_MODE_REJECT &&
        fx_match_is_crossing(engine, intent->hot.instrument, input.side, input.price)) {
        return fx_place_judge_crossing(engine, &intent->hot, reject_out);
    }
    return FX_OK;
}

static bool may_rest(const struct fx_place_intent *intent)
{
    FX_CHECK(intent->time_in_force >= FX_TIME_IN_FORCE_GTC);
    FX_CHECK(intent->time_in_force <= FX_TIME_IN_FORCE_GTD);
    return intent->time_in_force == FX_TIME_IN_FORCE_GTC ||
           intent->time_in_force == FX_TIME_IN_FORCE_GTD;
}

/* Room among the account's open orders and in the book, where it may rest. */
static fx_status check_rest(const struct fx_engine *engine,
                            const struct fx_place_intent *intent,
                            struct fx_reject *reject_out)
{
    FX_CHECK(intent->hot.account < engine->account_count);
    const uint32_t account_max = engine->limits.account_orders_max;
    if (!may_rest(intent)) {
        return FX_OK;
    }
    if (engine->accounts[intent->hot.account].order_count >= account_max) {
        return reject_limit(reject_out, FX_MAX_NUM_ORDERS, FX_FIELD_NONE, account_max);
    }
    FX_ASSERT(intent->hot.price.ticks > 0);
    return fx_book_can_insert(
               intent->listing->book, (enum fx_side)intent->hot.side, intent->hot.price)
               ? FX_OK
               : FX_CAPACITY;
}

static fx_status check_room(const struct fx_engine *engine,
                            const struct fx_place_intent *intent,
                            struct fx_reject *reject_out)
{
    FX_CHECK(intent->hot.account < engine->account_count);
    FX_CHECK(engine->order_count <= engine->limits.orders_max);
    if (engine->order_count == engine->limits.orders_max ||
        (intent->place->client_id.size > 0 && !fx_client_ids_has_room(engine))) {
        return FX_CAPACITY;
    }
    return intent->is_conditional ? FX_OK : check_rest(engine, intent, reject_out);
}

int64_t fx_place_judge_closable(const struct fx_engine *engine,
                                fx_slot position,
                                const struct fx_resting *order,
                                fx_slot replaced)
{
    FX_ASSERT(position < engine->position_count);
    FX_ASSERT(order->side == FX_SIDE_BUY || order->side == FX_SIDE_SELL);
    const struct fx_position_state *state = &engine->positions[position];
    const bool is_buy = order->side == FX_SIDE_BUY;
    int64_t lots = fx_position_state_closable(state, (enum fx_side)order->side);
    if (lots == 0 || (is_buy ? state->reduce_buy_lots : state->reduce_sell_lots) == 0) {
        return lots;
    }
    for (fx_slot other = state->oldest_order; other != FX_SLOT_NONE;
         other = engine->orders[other].newer) {
        const struct fx_resting *hot = &engine->resting[other];
        const bool is_ahead = is_buy ? hot->price.ticks >= order->price.ticks
                                     : hot->price.ticks <= order->price.ticks;
        if (hot->is_reduce_only != 0 && hot->side == order->side && is_ahead && other != replaced) {
            lots -= hot->remaining.lots;
        }
    }
    return lots > 0 ? lots : 0;
}

/* Lots by which an order could raise its position, given the open orders of its side. */
static int64_t opening_lots(const struct fx_engine *engine,
                            const struct fx_position_state *position,
                            const struct fx_resting *order,
                            fx_slot replaced)
{
    const bool is_buy = order->side == FX_SIDE_BUY;
    const int64_t opposite = is_buy ? -position->lots : position->lots;
    const int64_t replaced_lots =
        replaced == FX_SLOT_NONE ? 0 : engine->resting[replaced].remaining.lots;
    const int64_t queued = (is_buy ? position->buy_lots : position->sell_lots) - replaced_lots;
    FX_CHECK(order->remaining.lots > 0);
    FX_ASSERT(queued >= 0);
    int64_t lots = 0;
    if (__builtin_add_overflow(queued, order->remaining.lots, &lots)) {
        return INT64_MAX;
    }
    lots -= opposite > 0 ? opposite : 0;
    if (lots <= 0) {
        return 0;
    }
    return lots < order->remaining.lots ? lots : order->remaining.lots;
}

fx_status fx_place_judge(struct fx_engine *engine,
                         fx_slot position,
                         const struct fx_resting *order,
                         fx_slot replaced,
                         struct fx_reject *reject_out)
{
    FX_CHECK(position < engine->position_count);
    FX_CHECK(order->account == engine->positions[position].account);
    const struct fx_listing *listing = &engine->listings[order->instrument];
    const int64_t cap = listing->definition.open_interest_cap_lots;
    const int64_t opening = opening_lots(engine, &engine->positions[position], order, replaced);
    if (opening > 0 && engine->accounts[order->account].risk_state != FX_RISK_STATE_SAFE) {
        return FX_LIQUIDATING;
    }
    if (opening > 0 && listing->mark.ticks == 0) {
        return FX_NO_MARK_PRICE;
    }
    if (opening > 0 && !fx_mark_is_fresh(engine, order->instrument)) {
        return FX_MARK_STALE;
    }
    if (opening > 0 && cap > 0 && opening > cap - listing->open_interest_lots) {
        return reject_limit(reject_out,
                            FX_OPEN_INTEREST_CAP,
                            FX_FIELD_QUANTITY,
                            fx_instrument_quantity(&listing->definition, (fx_qty){cap}));
    }
    const fx_status status = fx_position_state_admit(engine, position, order, replaced);
    if (status == FX_INSUFFICIENT_MARGIN) {
        return reject_limit(
            reject_out, status, FX_FIELD_AMOUNT, fx_margin_available(engine, order->account));
    }
    if (status == FX_LEVERAGE_TOO_HIGH) {
        return reject(reject_out, status, FX_FIELD_LEVERAGE);
    }
    return status;
}

static fx_status judge(struct fx_engine *engine,
                       struct fx_place_intent *intent,
                       struct fx_reject *reject_out)
{
    FX_CHECK(intent->position < engine->position_count);
    struct fx_resting *hot = &intent->hot;
    FX_ASSERT(hot->remaining.lots > 0 || intent->is_unsized);
    const int32_t orders_max = intent->listing->definition.orders_max;
    if (may_rest(intent) && orders_max > 0 &&
        engine->positions[intent->position].order_count >= (uint32_t)orders_max) {
        return reject_limit(reject_out, FX_MAX_NUM_ORDERS, FX_FIELD_NONE, orders_max);
    }
    if (may_rest(intent) && hot->is_reduce_only != 0 &&
        engine->positions[intent->position].reduce_order_count >=
            engine->limits.reduce_orders_max) {
        /* A fill takes all of them along where it must: the bound keeps one command bounded. */
        return reject_limit(
            reject_out, FX_MAX_NUM_ORDERS, FX_FIELD_NONE, engine->limits.reduce_orders_max);
    }
    if (hot->is_reduce_only != 0) {
        /* A market order without a counterpart has no price; nothing is ahead of it either. */
        struct fx_resting order = *hot;
        if (intent->is_unmatchable) {
            order.price.ticks = hot->side == FX_SIDE_BUY ? INT64_MAX : 0;
        }
        const int64_t closable =
            fx_place_judge_closable(engine, intent->position, &order, FX_SLOT_NONE);
        if (closable == 0) {
            return reject_limit(reject_out, FX_REDUCE_ONLY_REJECTED, FX_FIELD_QUANTITY, 0);
        }
        if (closable < hot->remaining.lots) {
            hot->remaining.lots = closable;
            intent->note = FX_ORDER_NOTE_REDUCE_ONLY;
        }
    }
    if (intent->is_unmatchable) {
        return FX_OK;
    }
    if (hot->is_reduce_only == 0) {
        const fx_status status =
            fx_place_judge(engine, intent->position, hot, FX_SLOT_NONE, reject_out);
        if (status != FX_OK) {
            return status;
        }
    }
    FX_CHECK(hot->remaining.lots > 0);
    return FX_OK;
}

fx_status fx_place_judge_now(struct fx_engine *engine,
                             struct fx_place_intent *intent,
                             struct fx_reject *reject_out)
{
    FX_ASSERT(intent->position < engine->position_count);
    FX_CHECK(intent->time_in_force != 0);
    fx_status status = judge(engine, intent, reject_out);
    if (status == FX_OK && intent->time_in_force == FX_TIME_IN_FORCE_FOK) {
        status =
            intent->is_unmatchable
                ? FX_FOK_NOT_FILLED
                : fx_match_can_fill(
                      engine, &intent->hot, intent->position, (enum fx_stp_mode)intent->stp_mode);
    }
    return status;
}

static fx_status judge_price(const struct fx_engine *engine,
                             struct fx_place_intent *intent,
                             const struct fx_command *command,
                             struct fx_reject *reject_out)
{
    FX_ASSERT(command != NULL || !intent->is_conditional);
    FX_CHECK(intent->hot.instrument < engine->instrument_count);
    if (intent->is_conditional) {
        return fx_conditional_judge(engine, command, &intent->hot, reject_out);
    }
    const fx_status status = settle_price(engine, intent, reject_out);
    return status == FX_OK ? check_filters(engine, intent, reject_out) : status;
}

bool fx_place_judge_ahead(const struct fx_engine *engine,
                          struct fx_place_intent *intent,
                          const struct fx_command *command)
{
    FX_CHECK(intent->hot.account == 0);
    FX_CHECK(!intent->is_unmatchable);
    struct fx_reject unheard = {.field = FX_FIELD_NONE};
    intent->is_ahead = !intent->is_conditional &&
                       fx_place_judge_words(command, false, &unheard) == FX_OK &&
                       check_time_in_force(engine, intent, &unheard) == FX_OK &&
                       judge_price(engine, intent, command, &unheard) == FX_OK;
    intent->is_unmatchable = intent->is_ahead && intent->is_unmatchable;
    return intent->is_ahead;
}

fx_status fx_place_judge_alone(const struct fx_engine *engine,
                               struct fx_place_intent *intent,
                               const struct fx_command *command,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(intent->hot.account < engine->account_count);
    FX_ASSERT(intent->is_ahead || !intent->is_unmatchable);
    fx_status status = check_rights(engine, intent);
    if (status == FX_OK) {
        status = check_position_side(engine, intent, reject_out);
    }
    if (status == FX_OK && !intent->is_ahead) {
        status = check_time_in_force(engine, intent, reject_out);
    }
    if (status == FX_OK && !intent->is_ahead) {
        status = judge_price(engine, intent, command, reject_out);
    }
    return status == FX_OK ? check_room(engine, intent, reject_out) : status;
}

/* As a new order would be judged, but for what its command said. */
fx_status fx_place_judge_fired(struct fx_engine *engine,
                               struct fx_place_intent *intent,
                               struct fx_reject *reject_out)
{
    FX_ASSERT(intent->position < engine->position_count);
    FX_ASSERT(!intent->is_conditional);
    fx_status status = check_rights(engine, intent);
    if (status == FX_OK) {
        status = judge_price(engine, intent, NULL, reject_out);
    }
    if (status == FX_OK) {
        status = check_rest(engine, intent, reject_out);
    }
    return status == FX_OK ? fx_place_judge_now(engine, intent, reject_out) : status;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

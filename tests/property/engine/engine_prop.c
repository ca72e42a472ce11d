/* Random command streams against the naive engine, one-way and hedged: the same trades, positions
 * and book, the same ends of orders and contracts; every invariant after every command (the kit),
 * the same hash on replay and from a snapshot.
 *
 *     engine_prop            a fixed set of seeds
 *     engine_prop SEED [N]   one seed, N commands: prints the final hash, to compare two builds
 */
#include "engine_world.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#include "engine_hedge.h"

static void end_naive(uint64_t id);

static bool is_known(uint64_t order_id)
{
    return naive_engine_find(&world.naive, order_id) != NULL ||
           naive_engine_find_conditional(&world.naive, order_id) != NULL;
}

#include "engine_settles.h"

static void compare_order(const struct naive_engine_order *order, fx_slot slot)
{
    const struct fx_engine *engine = world.kit.engine;
    REQUIRE(order != NULL);
    REQUIRE(order->id == engine->orders[slot].order_id);
    REQUIRE(order->ticks == engine->resting[slot].price.ticks);
    REQUIRE(order->lots == engine->resting[slot].remaining.lots);
    REQUIRE(order->lots + order->filled == engine->orders[slot].lots);
}

static void compare_side(uint32_t symbol, enum fx_side side)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct fx_book *book = engine->listings[symbol].book;
    const struct naive_engine_order *order = NULL;
    struct fx_book_row row;
    fx_px after = {0};
    while (fx_book_next(book, side, after, &row)) {
        after = row.price;
        for (fx_slot slot = fx_book_oldest(book, side, after); slot != FX_SLOT_NONE;
             slot = engine->resting[slot].newer) {
            order = naive_engine_next(&world.naive, symbol, side, order);
            compare_order(order, slot);
        }
    }
    REQUIRE(naive_engine_next(&world.naive, symbol, side, order) == NULL);
}

/* Every order that waits for its price, and how far a trailing one has come. */
static void compare_conditionals(void)
{
    const struct fx_engine *engine = world.kit.engine;
    for (uint32_t index = 0; index < world.naive.conditional_count; index++) {
        const struct naive_engine_conditional *one = &world.naive.conditionals[index];
        const fx_slot slot = fx_order_pool_find(engine, one->order.id);
        REQUIRE(slot != FX_SLOT_NONE);
        const struct fx_trigger *trigger = fx_trigger_of(engine, slot);
        REQUIRE(engine->orders[slot].status == FX_ORDER_STATUS_UNTRIGGERED ||
                (one->is_idle && engine->orders[slot].status == FX_ORDER_STATUS_PENDING));
        REQUIRE((trigger->state == FX_TRIGGER_STATE_IDLE) == one->is_idle);
        REQUIRE(trigger->trigger_ticks == one->trigger_ticks);
        REQUIRE(engine->orders[slot].lots == one->order.lots);
        const bool is_active = one->extreme_ticks != 0 && !one->is_crossed;
        REQUIRE(fx_trigger_extreme(engine, trigger).ticks == (is_active ? one->extreme_ticks : 0));
        if (trigger->state == FX_TRIGGER_STATE_WAITING) {
            REQUIRE(trigger->key == one->key);
        }
    }
    REQUIRE(fx_engine_next_due_us(engine) > world.naive.time_us ||
            naive_engine_next_crossed(&world.naive) != NULL || !engine->has_crossed);
}

static uint64_t user_of_account(uint64_t account_id)
{
    return world.kit.engine->accounts[account_id - 1].user_id;
}

/* Every position of the engine is the model's, and the model has no other. */
static void compare_positions(void)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct naive_engine *naive = &world.naive;
    uint32_t count = 0;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        const struct naive_engine_holding holding = {
            .user_id = user_of_account(position->account + 1),
            .symbol = position->instrument,
            .side = (enum fx_position_side)position->position_side};
        REQUIRE(position->lots == naive_engine_held(naive, holding));
        count += position->lots != 0 ? 1 : 0;
    }
    bool is_hedged = false;
    for (uint32_t place = 0; place < SYMBOLS * NAIVE_ENGINE_USERS_MAX; place++) {
        const int64_t *held =
            naive->positions[place / NAIVE_ENGINE_USERS_MAX][place % NAIVE_ENGINE_USERS_MAX];
        for (uint32_t side = FX_POSITION_SIDE_BOTH; side <= FX_POSITION_SIDE_SHORT; side++) {
            count -= held[side] != 0 ? 1 : 0;
        }
        is_hedged =
            is_hedged || (held[FX_POSITION_SIDE_LONG] != 0 && held[FX_POSITION_SIDE_SHORT] != 0);
    }
    REQUIRE(count == 0);
    world.hedged += is_hedged ? 1 : 0;
    note_fills();
}

/* The trades, every position, and every open order of both, in order of priority. */
static void compare(void)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct naive_engine *naive = &world.naive;
    REQUIRE(engine_kit_count(&world.kit, FX_EVENT_TRADE) == naive->trade_count);
    for (uint32_t index = 0; index < naive->trade_count; index++) {
        const struct fx_event_trade *trade =
            &engine_kit_event(&world.kit, FX_EVENT_TRADE, index)->u.trade;
        const struct naive_engine_trade *expected = &naive->trades[index];
        const bool is_buy = trade->buyer_is_taker != 0;
        REQUIRE((is_buy ? trade->sell_order_id : trade->buy_order_id) == expected->maker_id);
        REQUIRE((is_buy ? trade->buy_order_id : trade->sell_order_id) == expected->taker_id);
        REQUIRE(trade->price_ticks == expected->ticks);
        REQUIRE(trade->lots == expected->lots);
    }
    world.trades += naive->trade_count;
    REQUIRE(engine->order_count == naive->order_count + naive->conditional_count);
    compare_conditionals();
    compare_positions();
    for (uint32_t half = 0; half < 2 * SYMBOLS; half++) {
        compare_side(half / 2, half % 2 == 0 ? FX_SIDE_BUY : FX_SIDE_SELL);
    }
}

/* Answers that depend on the book and the positions: both must give them. Others (margin, filters,
 * capacity) are the engine's own; the kit has seen that they changed nothing. */
static bool is_matching_answer(fx_status status)
{
    return status == FX_OK || status == FX_POST_ONLY_WOULD_TAKE || status == FX_FOK_NOT_FILLED ||
           status == FX_REDUCE_ONLY_REJECTED;
}

/* Of a contract that ends nothing is taken; of others nothing is refused for that. */
static bool is_refused_over(uint32_t symbol, fx_status status)
{
    REQUIRE(is_over(symbol) ? status != FX_OK : status != FX_SYMBOL_SETTLED);
    world.refused_over += status == FX_SYMBOL_SETTLED ? 1 : 0;
    return is_over(symbol);
}

/* What the book and the positions alone would answer; completes price and quantity. */
static fx_status expect_placed(const struct fx_command_place *place,
                               struct naive_engine_order *order)
{
    fx_status expected = FX_OK;
    const struct naive_engine_order *best =
        naive_engine_next(&world.naive, order->symbol, fx_order_opposite(order->side), NULL);
    if (place->type == FX_ORDER_TYPE_MARKET) {
        order->tif = order->tif == FX_TIME_IN_FORCE_FOK ? order->tif : FX_TIME_IN_FORCE_IOC;
        order->ticks = order->side == FX_SIDE_BUY ? INT64_MAX : 1;
        if (best != NULL) {
            order->ticks =
                fx_instrument_take_bound(&world.kit.engine->listings[order->symbol].definition,
                                         order->side,
                                         (fx_px){best->ticks})
                    .ticks;
        }
    } else if (order->post_only != FX_POST_ONLY_MODE_OFF &&
               naive_engine_is_crossing(&world.naive, order)) {
        expected = order->post_only == FX_POST_ONLY_MODE_REJECT ? FX_POST_ONLY_WOULD_TAKE : FX_OK;
        order->ticks = best->ticks + (order->side == FX_SIDE_BUY ? -1 : 1);
    }
    if (expected == FX_OK && order->is_reduce_only) {
        const int64_t closable = naive_engine_closable(&world.naive, order);
        order->lots = closable < order->lots ? closable : order->lots;
        expected = closable == 0 ? FX_REDUCE_ONLY_REJECTED : FX_OK;
    }
    if (expected == FX_OK && order->tif == FX_TIME_IN_FORCE_FOK &&
        !naive_engine_fills(&world.naive, order)) {
        expected = FX_FOK_NOT_FILLED;
    }
    return expected;
}

static void draw_protection(struct engine_kit_order *order);
static void expect_protected(const struct fx_command *command,
                             const struct naive_engine_order *order,
                             int64_t begin,
                             fx_status status);
static void open_bracket(const struct fx_command *command, const struct naive_engine_order *parent);

/* A reject has changed nothing: the engine can still be asked whether margin was the reason. */
static bool may_meet_barred(const struct naive_engine_order *order)
{
    const struct fx_engine *engine = world.kit.engine;
    const uint32_t asset = engine->listings[order->symbol].asset;
    const fx_slot account = fx_account_state_find(engine, order->user_id, asset);
    const fx_slot position =
        fx_position_state_find(engine, account, order->symbol, order->position_side);
    const struct fx_resting taker = {
        .price = {order->ticks}, .remaining = {order->lots}, .side = (uint8_t)order->side};
    if (position != FX_SLOT_NONE &&
        fx_closing_limit(engine, position, &taker).ticks != order->ticks) {
        return true;
    }
    for (uint32_t index = 0; index < world.naive.order_count; index++) {
        const fx_slot maker = fx_order_pool_find(engine, world.naive.orders[index].id);
        const fx_slot owner = engine->resting[maker].account;
        if (world.naive.orders[index].symbol == order->symbol &&
            (fx_closing_is_refused(engine, maker) ||
             engine->accounts[owner].risk_state != FX_RISK_STATE_SAFE)) {
            return true;
        }
    }
    return false;
}

static void compare_placed(const struct fx_command *command, fx_status status)
{
    const struct fx_command_place *place = &command->u.place;
    struct naive_engine_order order = {
        .id = UINT64_MAX,
        .user_id = command->user_id,
        .symbol = command->instrument,
        .side = (enum fx_side)place->side,
        .position_side = position_side_of(place->position_side),
        .ticks = place->price_ticks,
        .lots = place->lots,
        .expire_us = place->expire_us,
        .tif = (enum fx_time_in_force)place->time_in_force,
        .stp =
            (enum fx_stp_mode)(place->stp_mode == 0 ? FX_STP_MODE_EXPIRE_MAKER : place->stp_mode),
        .post_only = (enum fx_post_only_mode)place->post_only_mode,
    };
    order.is_reduce_only =
        place->is_reduce_only != 0 || is_closing_side(order.position_side, order.side);
    if (is_refused_over(order.symbol, status) ||
        is_side_refused(&order, place->is_reduce_only != 0, status)) {
        return;
    }
    const struct naive_engine_order *best =
        naive_engine_next(&world.naive, order.symbol, fx_order_opposite(order.side), NULL);
    const fx_status expected = expect_placed(place, &order);
    const int64_t begin =
        place->type == FX_ORDER_TYPE_LIMIT ? order.ticks : (best == NULL ? 0 : best->ticks);
    expect_protected(command, &order, begin, status);
    if (world.naive.is_frozen[command->user_id]) {
        REQUIRE(status != FX_OK &&
                (status != FX_ACCOUNT_FROZEN || !world.naive.is_halted[order.symbol]));
        world.kept_out += status == FX_ACCOUNT_FROZEN ? 1 : 0;
        return;
    }
    REQUIRE(status != FX_ACCOUNT_FROZEN);
    if (expected == FX_FOK_NOT_FILLED && (status == FX_SELF_TRADE || status == FX_TAKER_LIMIT)) {
        return;
    }
    if (!is_matching_answer(status)) {
        return;
    }
    if (status == FX_FOK_NOT_FILLED && expected == FX_OK && may_meet_barred(&order)) {
        world.doubted++;
        return;
    }
    REQUIRE(status == expected);
    if (status == FX_OK) {
        order.id = world.kit.result.order_id;
        open_bracket(command, &order);
        REQUIRE(naive_engine_enter(&world.naive, &order) ==
                (enum fx_order_status)world.kit.result.order_status);
    }
}

static void place(void)
{
    const struct swarm *swarm = &world.swarm;
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const bool is_gtd = chance(swarm->gtd_share);
    const bool is_post_only = chance(10);
    char client_id[24] = "";
    struct engine_kit_order order = {.instrument = symbol};
    order.user_id = 1 + below(swarm->users);
    order.side = chance(50) ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = world.mid[symbol] + between(-swarm->spread, swarm->spread);
    order.lots = 1 + (int64_t)below((uint64_t)swarm->lots_max);
    order.type = chance(10) ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT;
    order.stp = (enum fx_stp_mode)below(5);
    order.is_reduce_only = chance(swarm->reduce_share);
    order.position_side = draw_position_side(order.user_id, symbol);
    order.tmp_id = below(1000);
    if (is_post_only && order.type == FX_ORDER_TYPE_LIMIT) {
        order.post_only = (enum fx_post_only_mode)(1 + below(2));
    } else if (is_gtd && order.type == FX_ORDER_TYPE_LIMIT) {
        order.tif = FX_TIME_IN_FORCE_GTD;
        order.expire_us = world.kit.time_us + 900000 + (int64_t)below(5000000);
    } else {
        order.tif = (enum fx_time_in_force)(1 + below(3));
    }
    if (chance(swarm->setting_share)) {
        order.leverage_centi = (int32_t)below(11000);
        order.margin_mode = (enum fx_margin_mode)below(3);
    }
    if (chance(swarm->client_share)) {
        world.client_number += below(2);
        (void)snprintf(
            client_id, sizeof client_id, "c-%llu", (unsigned long long)world.client_number);
        order.client_id = client_id;
    }
    draw_protection(&order);
    struct fx_command command = engine_kit_place_command(&order);
    const fx_status status = apply(&command);
    if (status == FX_OK && world.kit.result.is_repeated != 0) {
        return;
    }
    compare_placed(&command, status);
    if (status == FX_OK && order.margin_mode != 0) {
        world.naive.is_isolated[symbol][order.user_id] =
            order.margin_mode == FX_MARGIN_MODE_ISOLATED;
    }
}

/* An open order of the model, or an id that is none. */
static struct naive_engine_order *draw_order(void)
{
    return world.naive.order_count == 0 ? NULL
                                        : &world.naive.orders[below(world.naive.order_count)];
}

static struct naive_engine_conditional *draw_conditional(void)
{
    struct naive_engine *naive = &world.naive;
    return naive->conditional_count == 0 ? NULL
                                         : &naive->conditionals[below(naive->conditional_count)];
}

/* An order of either kind ends otherwise than by a trade. */
static void end_naive(uint64_t id)
{
    if (naive_engine_find(&world.naive, id) != NULL) {
        naive_engine_end(&world.naive, id);
    } else {
        naive_engine_end_conditional(&world.naive, id);
    }
}

static bool is_swept(const struct naive_engine_order *order, const struct fx_command *command)
{
    return order->user_id == command->user_id &&
           (command->instrument == FX_COMMAND_ALL_INSTRUMENTS ||
            command->instrument == order->symbol) &&
           (command->u.cancel_all.side == 0 || command->u.cancel_all.side == (uint32_t)order->side);
}

static void cancel(void)
{
    const struct naive_engine_order *order = draw_order();
    const struct naive_engine_conditional *conditional = draw_conditional();
    if (conditional != NULL && (order == NULL || chance(40))) {
        order = &conditional->order;
    }
    const uint64_t user_id = order == NULL || chance(10) ? 1 : order->user_id;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.cancel.order_id = order == NULL ? 1 + below(1000) : order->id;
    const fx_status status = apply(&command);
    const bool is_his = order != NULL && order->user_id == user_id;
    REQUIRE(status == (is_his ? FX_OK : FX_ORDER_NOT_FOUND));
    if (status == FX_OK) {
        end_naive(command.u.cancel.order_id);
    }
}

static void cancel_all(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const uint64_t user_id = 1 + below(world.swarm.users);
    struct fx_command command = engine_kit_command(FX_COMMAND_CANCEL_ALL, symbol, user_id);
    const enum fx_cancel_scope scope = (enum fx_cancel_scope)(1 + below(3));
    command.u.cancel_all.scope = (uint32_t)scope;
    command.u.cancel_all.side = (uint32_t)below(3);
    if (chance(30)) {
        command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    }
    REQUIRE(apply(&command) == FX_OK);
    const uint32_t before = world.naive.work;
    for (uint32_t index = scope == FX_CANCEL_SCOPE_STOP ? 0 : world.naive.order_count; index > 0;
         index--) {
        const struct naive_engine_order *order = &world.naive.orders[index - 1];
        if (is_swept(order, &command)) {
            end_naive(order->id);
        }
    }
    for (uint32_t index = 0;
         scope != FX_CANCEL_SCOPE_LIMIT && index < world.naive.conditional_count;) {
        const struct naive_engine_order *order = &world.naive.conditionals[index].order;
        if (is_swept(order, &command)) {
            end_naive(order->id);
            index = 0; /* others may have gone with it */
        } else {
            index++;
        }
    }
    REQUIRE(world.kit.result.count == world.naive.work - before);
}

static void compare_amended(const struct fx_command *command, fx_status status)
{
    const struct fx_command_amend *amend = &command->u.amend;
    struct naive_engine_order *old = naive_engine_find(&world.naive, amend->order_id);
    struct naive_engine_order order = *old;
    order.ticks = amend->price_ticks == 0 ? old->ticks : amend->price_ticks;
    order.lots = amend->lots == 0 ? old->lots : amend->lots - old->filled;
    if (order.lots <= 0) {
        REQUIRE(status == FX_OK);
        naive_engine_end(&world.naive, order.id);
        return;
    }
    if (order.ticks == old->ticks && order.lots <= old->lots) {
        if (status == FX_OK) {
            old->lots = order.lots;
        }
        return;
    }
    fx_status expected = FX_OK;
    if (order.post_only != FX_POST_ONLY_MODE_OFF &&
        naive_engine_is_crossing(&world.naive, &order)) {
        expected = FX_POST_ONLY_WOULD_TAKE;
    } else if (order.is_reduce_only) {
        const int64_t closable = naive_engine_closable(&world.naive, &order);
        order.lots = closable < order.lots ? closable : order.lots;
        expected = closable == 0 ? FX_REDUCE_ONLY_REJECTED : FX_OK;
    }
    if (!is_matching_answer(status)) {
        return;
    }
    REQUIRE(status == expected);
    if (status == FX_OK) {
        naive_engine_remove(&world.naive, order.id);
        REQUIRE(naive_engine_enter(&world.naive, &order) ==
                (enum fx_order_status)world.kit.result.order_status);
    }
}

static void amend(void)
{
    const struct naive_engine_order *order = draw_order();
    REQUIRE(order != NULL);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, order->user_id);
    command.u.amend.order_id = order->id;
    if (chance(60)) {
        command.u.amend.price_ticks =
            world.mid[order->symbol] + between(-world.swarm.spread, world.swarm.spread);
    }
    if (chance(60)) {
        command.u.amend.lots = 1 + (int64_t)below((uint64_t)world.swarm.lots_max);
    }
    const fx_status status = apply(&command);
    compare_amended(&command, status);
}

static void mark(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
    world.mid[symbol] += between(-world.swarm.jump, world.swarm.jump);
    world.mid[symbol] = world.mid[symbol] < 100 ? 100 : world.mid[symbol];
    command.u.mark.mark_ticks = world.mid[symbol];
    command.u.mark.index_ticks = world.mid[symbol] + 1 + (int64_t)below(3);
    const bool is_fixed = world.settlings[symbol].price_ticks != 0;
    REQUIRE(apply(&command) == (is_fixed ? FX_SYMBOL_SETTLED : FX_OK));
    if (is_fixed) {
        return;
    }
    note_index(symbol, command.u.mark.index_ticks);
    naive_engine_price(&world.naive, symbol, FX_TRIGGER_SOURCE_MARK, command.u.mark.mark_ticks);
    naive_engine_price(&world.naive, symbol, FX_TRIGGER_SOURCE_INDEX, command.u.mark.index_ticks);
}

static void set_state(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_STATE, symbol, 0);
    const bool is_halted = chance(40);
    command.u.set_state.state =
        (uint32_t)(is_halted ? FX_INSTRUMENT_STATE_HALTED : FX_INSTRUMENT_STATE_TRADING);
    const fx_status status = apply(&command);
    if (is_over(symbol)) { /* to where it is, as long as its end has not begun */
        REQUIRE(status == FX_BAD_STATE_CHANGE ||
                (status == FX_OK && world.kit.result.is_changed == 0));
        return;
    }
    REQUIRE(status == FX_OK);
    world.naive.is_halted[symbol] = is_halted;
}

static void set_leverage(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const uint64_t user_id = 1 + below(world.swarm.users);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
    command.u.leverage.leverage_centi = (int32_t)below(10100);
    command.u.leverage.margin_mode = (uint32_t)below(3);
    const fx_status status = apply(&command);
    (void)is_refused_over(symbol, status);
    if (status == FX_OK && command.u.leverage.margin_mode != 0) {
        world.naive.is_isolated[symbol][user_id] =
            command.u.leverage.margin_mode == FX_MARGIN_MODE_ISOLATED;
    }
}

/* CANCEL_ALL_AFTER: set, set again (in time or too late), off. */
static void set_deadline(void)
{
    const uint64_t user_id = 1 + below(world.swarm.users);
    const uint32_t symbol = chance(40) ? NAIVE_ENGINE_ALL : (uint32_t)below(SYMBOLS);
    const bool is_all = symbol == NAIVE_ENGINE_ALL;
    const bool is_late = naive_engine_is_due(&world.naive, user_id, symbol);
    int64_t *deadline_us = &world.naive.deadlines[user_id][symbol];
    uint32_t count = 0;
    struct fx_command command = engine_kit_command(
        FX_COMMAND_CANCEL_ALL_AFTER, is_all ? FX_COMMAND_ALL_INSTRUMENTS : symbol, user_id);
    command.u.countdown.countdown_us = chance(20) ? 0 : 1 + (int64_t)below(2000000);
    const fx_status status = apply(&command);
    if (status == FX_CAPACITY) {
        REQUIRE(*deadline_us == 0 && command.u.countdown.countdown_us != 0);
        return;
    }
    REQUIRE(status == FX_OK);
    REQUIRE(world.kit.result.is_changed ==
            (*deadline_us != 0 || command.u.countdown.countdown_us != 0 ? 1 : 0));
    if (is_late) {
        count = naive_engine_fire(&world.naive, user_id, symbol);
        world.late += count > 0 ? 1 : 0;
    }
    REQUIRE(world.kit.result.count == count);
    REQUIRE(world.kit.result.has_more == 0); /* no account has as many orders */
    *deadline_us = command.u.countdown.countdown_us == 0
                       ? 0
                       : world.naive.time_us + command.u.countdown.countdown_us;
    REQUIRE(world.kit.result.amount == *deadline_us);
}

/* All accounts of a user at once, with a deadline of all symbols that is now. */
static void freeze(void)
{
    const uint64_t user_id = 1 + below(world.swarm.users);
    const bool was_frozen = world.naive.is_frozen[user_id], is_frozen = !was_frozen || chance(20);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.freeze.is_frozen = is_frozen ? 1 : 0;
    const fx_status status = apply(&command);
    if (status == FX_CAPACITY) { /* there are as many deadlines as there may be */
        REQUIRE(is_frozen && world.naive.deadlines[user_id][NAIVE_ENGINE_ALL] == 0);
        return;
    }
    REQUIRE(status == FX_OK && world.kit.result.has_more == 0);
    const uint32_t count = naive_engine_freeze(&world.naive, user_id, is_frozen);
    REQUIRE(world.kit.result.count == count);
    REQUIRE(world.kit.result.is_changed == (was_frozen != is_frozen ? 1 : 0));
    world.frozen += count > 0 ? 1 : 0;
}

static void fire_deadlines(void)
{
    for (uint64_t user_id = 1; user_id <= world.swarm.users; user_id++) {
        for (uint32_t symbol = 0; symbol <= NAIVE_ENGINE_ALL; symbol++) {
            if (naive_engine_is_due(&world.naive, user_id, symbol)) {
                world.naive.work++;
                world.fired += naive_engine_fire(&world.naive, user_id, symbol) > 0 ? 1 : 0;
            }
        }
    }
}

static void tick(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    REQUIRE(apply(&command) == FX_OK);
    REQUIRE(world.kit.result.has_more == 0); /* there are not as many orders */
    for (uint32_t index = world.naive.order_count; index > 0; index--) {
        const struct naive_engine_order *order = &world.naive.orders[index - 1];
        if (order->expire_us != 0 && order->expire_us <= world.naive.time_us) {
            end_naive(order->id);
        }
    }
    for (uint32_t index = 0; index < world.naive.conditional_count;) {
        const struct naive_engine_order *order = &world.naive.conditionals[index].order;
        if (order->expire_us != 0 && order->expire_us <= world.naive.time_us) {
            end_naive(order->id);
            index = 0; /* others may have gone with it */
        } else {
            index++;
        }
    }
    fire_deadlines();
    tick_settlements();
}

/* A trailing stop, or a trigger price around the market on one of the three prices. */
static struct engine_kit_order draw_trigger(uint32_t symbol)
{
    const struct swarm *swarm = &world.swarm;
    struct engine_kit_order order = {.instrument = symbol};
    order.user_id = 1 + below(swarm->users);
    order.side = chance(50) ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.type = (enum fx_order_type)(FX_ORDER_TYPE_STOP_LIMIT + below(5));
    order.source = (enum fx_trigger_source)(1 + below(3));
    order.trigger_ticks = world.mid[symbol] + between(-12, 12);
    order.lots = 1 + (int64_t)below((uint64_t)swarm->lots_max);
    order.stp = (enum fx_stp_mode)below(5);
    order.is_reduce_only = chance(swarm->reduce_share);
    order.position_side = draw_position_side(order.user_id, symbol);
    order.is_price_protected = chance(20);
    order.tif = (enum fx_time_in_force)(1 + below(3));
    if (!fx_order_type_is_market(order.type)) {
        order.ticks = world.mid[symbol] + between(-swarm->spread, swarm->spread);
        if (chance(15)) {
            order.tif = FX_TIME_IN_FORCE_GTC;
            order.post_only = (enum fx_post_only_mode)(1 + below(2));
        } else if (chance(swarm->gtd_share)) {
            order.tif = FX_TIME_IN_FORCE_GTD;
            order.expire_us = world.kit.time_us + 900000 + (int64_t)below(5000000);
        }
    } else if (order.type == FX_ORDER_TYPE_TRAILING_STOP) {
        order.callback_ppb = 1000000 + (int32_t)below(20) * 500001;
        order.trigger_ticks = chance(50) ? 0 : order.trigger_ticks;
    } else if (chance(30)) {
        order.is_close_position = true;
        order.lots = 0;
    }
    if (order.type != FX_ORDER_TYPE_TRAILING_STOP && chance(30)) {
        order.condition = (enum fx_trigger_condition)(1 + below(2));
    }
    return order;
}

static struct naive_engine_conditional conditional_of(const struct engine_kit_order *order)
{
    struct naive_engine_conditional one;
    memset(&one, 0, sizeof one);
    one.order.user_id = order->user_id;
    one.order.symbol = order->instrument;
    one.order.side = order->side;
    one.order.ticks = order->ticks;
    one.order.lots = order->lots;
    one.order.expire_us = order->expire_us;
    one.order.tif = order->tif;
    one.order.stp = order->stp == 0 ? FX_STP_MODE_EXPIRE_MAKER : order->stp;
    one.order.post_only = order->post_only;
    one.order.position_side = position_side_of(order->position_side);
    one.order.is_reduce_only = order->is_reduce_only || order->is_close_position ||
                               is_closing_side(one.order.position_side, order->side);
    one.type = order->type;
    one.source = order->source;
    one.condition = order->condition != 0 ? order->condition
                                          : fx_order_default_condition(order->type, order->side);
    one.trigger_ticks = order->trigger_ticks;
    one.callback_ppb = order->callback_ppb;
    one.is_protected = order->is_price_protected;
    return one;
}

static void place_conditional(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    char client_id[24] = "";
    struct engine_kit_order order = draw_trigger(symbol);
    if (chance(world.swarm.client_share)) {
        world.client_number += below(2);
        (void)snprintf(
            client_id, sizeof client_id, "c-%llu", (unsigned long long)world.client_number);
        order.client_id = client_id;
    }
    draw_protection(&order);
    struct fx_command command = engine_kit_place_command(&order);
    const int64_t now = world.naive.prices[symbol][order.source];
    struct naive_engine_conditional one = conditional_of(&order);
    const fx_status status = apply(&command);
    if (status == FX_OK && world.kit.result.is_repeated != 0) {
        return;
    }
    REQUIRE(status != (world.naive.is_frozen[order.user_id] ? FX_OK : FX_ACCOUNT_FROZEN));
    if (is_refused_over(symbol, status) ||
        is_side_refused(&one.order, order.is_reduce_only || order.is_close_position, status)) {
        return;
    }
    if (status == FX_TRIGGER_WOULD_FIRE || status == FX_OK) {
        REQUIRE((status == FX_OK) == !naive_engine_would_fire(&world.naive, &one));
    }
    if (status != FX_OK) {
        return;
    }
    REQUIRE(world.kit.result.order_status == FX_ORDER_STATUS_UNTRIGGERED);
    one.order.id = world.kit.result.order_id;
    one.key = naive_engine_key(one.condition, one.trigger_ticks);
    if (one.callback_ppb != 0) {
        REQUIRE(one.trigger_ticks != 0 || now != 0);
        if (one.trigger_ticks == 0) {
            naive_engine_trail(&one, now);
        }
    }
    open_bracket(&command, &one.order); /* the two are there before it */
    world.naive.conditionals[world.naive.conditional_count] = one;
    world.naive.conditional_count++;
}

/* The take profit or stop loss of a user's position; NULL where there is none. */
static struct naive_engine_conditional *find_role(struct naive_engine_holding holding,
                                                  uint32_t role)
{
    for (uint32_t index = 0; index < world.naive.conditional_count; index++) {
        struct naive_engine_conditional *one = &world.naive.conditionals[index];
        if (one->role == role && naive_engine_is_same(naive_engine_holding(&one->order), holding)) {
            return one;
        }
    }
    return NULL;
}

/* The position that a command of the two names. */
static struct naive_engine_holding named_holding(const struct fx_command *command)
{
    return (struct naive_engine_holding){.user_id = command->user_id,
                                         .symbol = command->instrument,
                                         .side = position_side_of(command->u.tp_sl.position_side)};
}

/* A wish in the command as the order that it asks for; trigger_ticks 0: none, KEEP: as it is. */
static struct naive_engine_conditional wish_of(const struct fx_command *command, uint32_t role)
{
    const struct fx_command_tp_sl *tp_sl = &command->u.tp_sl;
    const bool is_profit = role == FX_TRIGGER_ROLE_TAKE_PROFIT;
    const struct naive_engine_holding holding = named_holding(command);
    const int64_t held = naive_engine_held(&world.naive, holding);
    struct engine_kit_order order = {.user_id = command->user_id,
                                     .position_side = holding.side,
                                     .instrument = command->instrument,
                                     .side = held > 0 ? FX_SIDE_SELL : FX_SIDE_BUY,
                                     .tif = FX_TIME_IN_FORCE_IOC,
                                     .is_close_position = true};
    order.type = is_profit ? FX_ORDER_TYPE_TAKE_PROFIT_MARKET : FX_ORDER_TYPE_STOP_MARKET;
    order.trigger_ticks = is_profit ? tp_sl->take_profit_ticks : tp_sl->stop_loss_ticks;
    order.source =
        (enum fx_trigger_source)(is_profit ? tp_sl->take_profit_source : tp_sl->stop_loss_source);
    struct naive_engine_conditional one = conditional_of(&order);
    one.role = role;
    if (one.trigger_ticks != FX_COMMAND_TP_SL_KEEP) {
        one.key = naive_engine_key(one.condition, one.trigger_ticks);
    }
    return one;
}

/* @return true where nothing is asked for. */
static bool is_as_it_is(const struct naive_engine_conditional *now,
                        const struct naive_engine_conditional *wish)
{
    return wish->trigger_ticks == FX_COMMAND_TP_SL_KEEP ||
           (now == NULL && wish->trigger_ticks == 0) ||
           (now != NULL && now->trigger_ticks == wish->trigger_ticks &&
            now->source == wish->source);
}

static uint64_t id_of_role(const struct fx_command *command, uint32_t role)
{
    const fx_slot account = (fx_slot)world.kit.result.account_id - 1;
    const fx_slot position = fx_position_state_find(
        world.kit.engine, account, command->instrument, named_holding(command).side);
    const fx_slot order = fx_tp_sl_find(world.kit.engine, position, (enum fx_trigger_role)role);
    return order == FX_SLOT_NONE ? 0 : world.kit.engine->orders[order].order_id;
}

static void grant(const struct fx_command *command, const struct naive_engine_conditional *wish)
{
    struct naive_engine_conditional *now = find_role(named_holding(command), wish->role);
    if (is_as_it_is(now, wish)) {
        return;
    }
    if (wish->trigger_ticks == 0) {
        naive_engine_remove_conditional(&world.naive, now->order.id);
        world.naive.work++;
        return;
    }
    if (now == NULL) {
        now = &world.naive.conditionals[world.naive.conditional_count];
        world.naive.conditional_count++;
        *now = *wish;
        now->order.id = id_of_role(command, wish->role);
        REQUIRE(now->order.id != 0);
    } else {
        const uint64_t id = now->order.id;
        *now = *wish;
        now->order.id = id;
        naive_engine_settle(&world.naive);
    }
}

static void set_tp_sl(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const uint64_t user_id = 1 + below(world.swarm.users);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, symbol, user_id);
    struct fx_command_tp_sl *tp_sl = &command.u.tp_sl;
    tp_sl->position_side = (uint8_t)draw_position_side(user_id, symbol);
    const struct naive_engine_holding holding = named_holding(&command);
    const bool fits = is_hedging(user_id, symbol) == (holding.side != FX_POSITION_SIDE_BOTH);
    const int64_t held = naive_engine_held(&world.naive, holding);
    const int64_t up = chance(90) ? 1 + (int64_t)below(15) : -(int64_t)below(9);
    const int64_t down = chance(90) ? 1 + (int64_t)below(15) : -(int64_t)below(9);
    tp_sl->take_profit_ticks = world.mid[symbol] + (held > 0 ? up : -up);
    tp_sl->stop_loss_ticks = world.mid[symbol] - (held > 0 ? down : -down);
    if (chance(25)) {
        tp_sl->take_profit_ticks = chance(50) ? 0 : FX_COMMAND_TP_SL_KEEP;
    }
    if (chance(25)) {
        tp_sl->stop_loss_ticks = chance(50) ? 0 : FX_COMMAND_TP_SL_KEEP;
    }
    tp_sl->take_profit_source = (uint8_t)(1 + below(3));
    tp_sl->stop_loss_source = (uint8_t)(1 + below(3));
    const fx_status status = apply(&command);
    REQUIRE((status == FX_ACCOUNT_FROZEN) == world.naive.is_frozen[user_id]);
    if (status == FX_ACCOUNT_FROZEN) {
        return;
    }
    REQUIRE((status == FX_POSITION_SIDE_MISMATCH) == !fits);
    REQUIRE((status == FX_POSITION_NOT_FOUND) == (fits && held == 0));
    if (held == 0) {
        return;
    }
    const struct naive_engine_conditional wishes[] = {
        wish_of(&command, FX_TRIGGER_ROLE_TAKE_PROFIT),
        wish_of(&command, FX_TRIGGER_ROLE_STOP_LOSS)};
    bool would_fire = false;
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional *now = find_role(holding, wishes[index].role);
        would_fire =
            would_fire || (!is_as_it_is(now, &wishes[index]) && wishes[index].trigger_ticks != 0 &&
                           naive_engine_would_fire(&world.naive, &wishes[index]));
    }
    if (status == FX_OK || status == FX_TRIGGER_WOULD_FIRE) {
        REQUIRE((status == FX_TRIGGER_WOULD_FIRE) == would_fire);
    }
    for (uint32_t index = 0; index < 2 && status == FX_OK; index++) {
        world.protections++;
        grant(&command, &wishes[index]);
    }
}

static void amend_conditional(void)
{
    struct naive_engine_conditional *one = draw_conditional();
    struct naive_engine_conditional changed = *one;
    struct fx_command command = engine_kit_command(
        FX_COMMAND_AMEND_CONDITIONAL, FX_COMMAND_ALL_INSTRUMENTS, one->order.user_id);
    command.u.amend.order_id = one->order.id;
    if (chance(60)) {
        changed.trigger_ticks = world.mid[one->order.symbol] + between(-12, 12);
        changed.key = naive_engine_key(changed.condition, changed.trigger_ticks);
        command.u.amend_conditional.trigger_ticks = changed.trigger_ticks;
    }
    if (chance(30) && !fx_order_type_is_market(one->type)) {
        changed.order.ticks = world.mid[one->order.symbol];
        command.u.amend.price_ticks = changed.order.ticks;
    }
    if (chance(30) && one->order.lots > 0 && !naive_bracket_is_role(one->role)) {
        changed.order.lots = 1 + (int64_t)below((uint64_t)world.swarm.lots_max);
        command.u.amend.lots = changed.order.lots;
    }
    const fx_status status = apply(&command);
    const bool is_moved = changed.trigger_ticks != one->trigger_ticks;
    if (one->callback_ppb != 0 && (one->extreme_ticks != 0 || one->is_crossed) &&
        command.u.amend_conditional.trigger_ticks != 0) {
        REQUIRE(status == FX_BAD_PARAMETER || status == FX_INSTRUMENT_HALTED ||
                is_refused_over(one->order.symbol, status));
    } else if (status == FX_OK && is_moved && !one->is_idle) {
        REQUIRE(!one->is_crossed && !naive_engine_would_fire(&world.naive, &changed));
    } else if (status == FX_TRIGGER_WOULD_FIRE) {
        REQUIRE(!is_over(one->order.symbol));
        REQUIRE(one->is_crossed || naive_engine_would_fire(&world.naive, one) ||
                naive_engine_would_fire(&world.naive, &changed));
    }
    if (status == FX_OK) {
        *one = changed;
    }
}

#include "engine_brackets.h"
#include "engine_fires.h"

static void step(void)
{
    const struct swarm *swarm = &world.swarm;
    const bool is_later = chance(1);
    if (world.swarm.is_dated) { /* half an hour is to be some hundred commands */
        world.kit.time_us += (int64_t)below(is_later ? 600000000 : 5000000);
    } else {
        world.kit.time_us += (int64_t)below(is_later ? 90000000000 : 300000);
    }
    if (chance(2)) {
        world.kit.time_us -= 500000; /* a clock that falls back: the engine's does not */
    }
    naive_engine_begin(&world.naive, world.kit.time_us);
    world.followed = 0;
    if (chance(swarm->insurance_share)) {
        if (chance(50)) {
            fund_insurance();
        } else {
            close_insurance();
        }
    } else if (chance(swarm->cancel_share)) {
        if (chance(5)) {
            cancel_all();
        } else {
            cancel();
        }
    } else if (chance(swarm->amend_share) && world.naive.order_count > 0) {
        amend();
    } else if (chance(swarm->mark_share)) {
        mark();
    } else if (chance(swarm->setting_share)) {
        set_leverage();
    } else if (swarm->hedge_share > 0 && chance(swarm->hedge_share)) {
        set_position_mode();
    } else if (chance(swarm->deadline_share)) {
        set_deadline();
    } else if (chance(swarm->halt_share)) {
        set_state();
    } else if (swarm->is_dated && below(500) == 0) {
        settle();
    } else if (swarm->freeze_share > 0 && chance(swarm->freeze_share)) {
        freeze();
    } else if (chance(swarm->trigger_share)) {
        if (chance(25) && swarm->bracket_share > 0) {
            adjust_order_tp_sl();
        } else if (chance(15)) {
            set_tp_sl();
        } else if (chance(25) && world.naive.conditional_count > 0) {
            amend_conditional();
        } else {
            place_conditional();
        }
    } else if (chance(6)) {
        tick();
    } else {
        place();
    }
    if (world.kit.result.reject.status == FX_OK) {
        fire_crossed();
    }
    compare();
}

static void save_in_the_middle(void)
{
    world.saved_size = fx_engine_save_size(world.kit.engine);
    world.saved = malloc(world.saved_size);
    REQUIRE(world.saved != NULL);
    fx_engine_save(world.kit.engine, world.saved, world.saved_size);
    world.saved_at = world.log_count;
}

static void end(void)
{
    free(world.saved);
    world.saved = NULL;
    engine_kit_deinit(&world.kit);
}

/* The tail of the log into the snapshot must lead to the same state and the same events. */
static void check_tail(uint32_t commands)
{
    const uint64_t hash = fx_engine_hash(world.kit.engine);
    const struct fx_engine_limits limits = world.kit.engine->limits;
    struct fx_engine *engine = NULL;
    REQUIRE(fx_engine_load(engine_kit_memory(&limits),
                           &limits,
                           (fx_str){world.saved, world.saved_size},
                           &engine) == FX_OK);
    fx_engine_check(engine);
    for (uint32_t index = world.saved_at; index < commands; index++) {
        fx_engine_apply(engine, &world.log[index], &world.kit.events);
    }
    REQUIRE(fx_engine_hash(engine) == hash);
    const size_t size = fx_engine_save_size(engine);
    REQUIRE(size == fx_engine_save_size(world.kit.engine));
    free(engine);
}

static uint64_t run_seed(uint64_t seed, uint32_t commands)
{
    begin(seed);
    for (uint64_t user_id = 1; world.swarm.hedge_share > 0 && user_id <= world.swarm.users;
         user_id++) {
        switch_mode(user_id, below(4), chance(70));
    }
    for (uint32_t count = 0; count < commands; count++) {
        if (count == commands / 2) {
            save_in_the_middle();
        }
        step();
    }
    check_tail(world.log_count);
    return fx_engine_hash(world.kit.engine);
}

static void engine_random_stream_equals_model(void **state)
{
    (void)state;
    uint32_t seen[STATUS_MAX] = {0};
    uint32_t trades = 0, fired = 0, late = 0, triggered = 0, trailed = 0, left = 0;
    uint32_t protections = 0, linked = 0, closed = 0, barred = 0, frozen = 0, kept_out = 0;
    uint32_t steps[6] = {0};
    uint32_t notes[32] = {0};
    uint32_t brackets[6] = {0};
    uint32_t hedges[5] = {0};
    uint32_t ends[5] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)run_seed(seed, COMMANDS);
        for (uint32_t status = 0; status < STATUS_MAX; status++) {
            seen[status] += world.seen[status];
        }
        trades += world.trades;
        fired += world.fired;
        late += world.late;
        frozen += world.frozen;
        kept_out += world.kept_out;
        triggered += world.triggered;
        trailed += world.trailed;
        left += world.left;
        protections += world.protections;
        linked += world.linked;
        const uint32_t of_orders[6] = {world.brackets,
                                       world.adjusted,
                                       world.bracket_fires,
                                       world.bracket_rests,
                                       world.bracket_misses,
                                       world.bracket_cuts};
        for (uint32_t index = 0; index < 6; index++) {
            brackets[index] += of_orders[index];
        }
        const uint32_t of_hedges[5] = {
            world.switched, world.mismatched, world.contrary, world.hedged, world.pairs};
        for (uint32_t index = 0; index < 5; index++) {
            hedges[index] += of_hedges[index];
        }
        const uint32_t of_ends[5] = {world.settled,
                                     world.waited,
                                     world.settled_orders,
                                     world.settled_positions,
                                     world.refused_over};
        for (uint32_t index = 0; index < 5; index++) {
            ends[index] += of_ends[index];
        }
        closed += world.closed;
        barred += world.barred;
        for (uint32_t step = 0; step < 6; step++) {
            steps[step] += world.steps[step];
        }
        for (uint32_t note = 0; note < 32; note++) {
            notes[note] += world.notes[note];
        }
        end();
    }
    /* The streams must meet these, or they test less than they say. */
    const fx_status must_meet[] = {FX_OK,
                                   FX_ORDER_NOT_FOUND,
                                   FX_INSUFFICIENT_MARGIN,
                                   FX_MAX_NUM_ORDERS,
                                   FX_POST_ONLY_WOULD_TAKE,
                                   FX_FOK_NOT_FILLED,
                                   FX_REDUCE_ONLY_REJECTED,
                                   FX_DUPLICATE_CLIENT_ORDER_ID,
                                   FX_BAD_LEVERAGE,
                                   FX_MARGIN_MODE_LOCKED,
                                   FX_CAPACITY,
                                   FX_SELF_TRADE,
                                   FX_OPEN_INTEREST_CAP,
                                   FX_EXPIRE_TIME_TOO_EARLY,
                                   FX_TAKER_LIMIT,
                                   FX_MAX_NUM_ALGO_ORDERS,
                                   FX_NO_TRIGGER_PRICE,
                                   FX_POSITION_NOT_FOUND,
                                   FX_TRIGGER_WRONG_SIDE,
                                   FX_POSITION_SIDE_MISMATCH,
                                   FX_POSITION_MODE_LOCKED,
                                   FX_SYMBOL_SETTLED,
                                   FX_NO_SETTLEMENT_PRICE,
                                   FX_BAD_STATE_CHANGE,
                                   FX_TRIGGER_WOULD_FIRE};
    for (uint32_t index = 0; index < sizeof must_meet / sizeof must_meet[0]; index++) {
        if (seen[must_meet[index]] == 0) {
            (void)fprintf(stderr, "never met: %s\n", fx_status_name(must_meet[index]));
            fail();
        }
    }
    assert_true(trades > 1000);
    assert_true(fired > 60);
    assert_true(late > 10);
    assert_true(frozen > 20 && kept_out > 200);
    assert_true(triggered > 600);
    assert_true(trailed > 100);
    assert_true(left > 5);
    assert_true(protections > 200);
    assert_true(linked > 3);
    const uint32_t brackets_least[6] = {500, 100, 50, 5, 20, 1};
    for (uint32_t index = 0; index < 6; index++) {
        assert_true(brackets[index] >= brackets_least[index]);
    }
    const uint32_t hedges_least[5] = {200, 200, 1000, 5000, 4};
    for (uint32_t index = 0; index < 5; index++) {
        assert_true(hedges[index] >= hedges_least[index]);
    }
    const uint32_t ends_least[5] = {10, 8, 20, 40, 2000};
    for (uint32_t index = 0; index < 5; index++) {
        assert_true(ends[index] >= ends_least[index]);
    }
    assert_true(barred > 0);
    assert_true(closed > 0);
    for (int step = FX_LIQUIDATION_STEP_CANCEL_ORDERS; step <= FX_LIQUIDATION_STEP_DONE; step++) {
        assert_true(steps[step] > 10);
    }
    const enum fx_order_note must_note[] = {FX_ORDER_NOTE_NONE,
                                            FX_ORDER_NOTE_IOC_REMAINDER,
                                            FX_ORDER_NOTE_EXPIRED,
                                            FX_ORDER_NOTE_SELF_TRADE,
                                            FX_ORDER_NOTE_REDUCE_ONLY,
                                            FX_ORDER_NOTE_CANCEL_ALL_AFTER,
                                            FX_ORDER_NOTE_INSUFFICIENT_MARGIN,
                                            FX_ORDER_NOTE_PRICE_PROTECT,
                                            FX_ORDER_NOTE_NO_POSITION,
                                            FX_ORDER_NOTE_POST_ONLY_WOULD_TAKE,
                                            FX_ORDER_NOTE_FOK_NOT_FILLED,
                                            FX_ORDER_NOTE_NOT_ADMITTED};
    for (uint32_t index = 0; index < sizeof must_note / sizeof must_note[0]; index++) {
        if (notes[must_note[index]] == 0) {
            (void)fprintf(stderr, "never noted: %s\n", fx_order_note_name(must_note[index]));
            fail();
        }
    }
}

static void engine_same_seed_replays_identically(void **state)
{
    (void)state;
    const uint64_t first = run_seed(7, COMMANDS);
    end();
    const uint64_t second = run_seed(7, COMMANDS);
    end();
    assert_true(first == second);
    const uint64_t other = run_seed(8, COMMANDS);
    end();
    assert_true(first != other);
}

int main(int count, char **words)
{
    world.log = calloc(LOG_MAX, sizeof *world.log);
    assert(world.log != NULL);
    uint64_t seed = 0, commands = COMMANDS;
    if (count > 1 && fx_str_parse_u64(fx_str_of(words[1]), &seed)) {
        if (count > 2 &&
            (!fx_str_parse_u64(fx_str_of(words[2]), &commands) || commands > LOG_MAX - 1)) {
            return 2;
        }
        (void)printf("seed %llu hash %016llx\n",
                     (unsigned long long)seed,
                     (unsigned long long)run_seed(seed, (uint32_t)commands));
        end();
        free(world.log);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_random_stream_equals_model),
        cmocka_unit_test(engine_same_seed_replays_identically),
    };
    const int failed = cmocka_run_group_tests_name("engine", tests, NULL, NULL);
    free(world.log);
    return failed;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

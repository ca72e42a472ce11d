/**
 * @file engine_fires.h
 * The part of engine_prop.c that fires what prices have crossed, as the model sees it. Behind
 * engine_brackets.h. Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_FIRES_H
#define FX_TESTS_ENGINE_FIRES_H

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

/* The first row of an order in this command that is not about waiting: how it came out. */
static const struct fx_event_order *fired_row(uint64_t id)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_ORDER && event->u.order.order_id == id &&
            event->u.order.status != FX_ORDER_STATUS_UNTRIGGERED &&
            event->u.order.status != FX_ORDER_STATUS_PENDING) {
            return &event->u.order;
        }
    }
    return NULL;
}

static bool is_within_protection(const struct naive_engine_conditional *one)
{
    const int64_t mark = world.naive.prices[one->order.symbol][FX_TRIGGER_SOURCE_MARK];
    const int64_t last = world.naive.prices[one->order.symbol][FX_TRIGGER_SOURCE_LAST];
    const int64_t bound_ppb =
        world.kit.engine->listings[one->order.symbol].definition.market_take_bound_ppb;
    return mark > 0 && last > 0 && llabs(mark - last) * 1000000000 <= mark * bound_ppb;
}

/* What an order that fires comes to; margin and filters are the engine's own to refuse. */
static enum fx_order_status expect_fired(struct naive_engine_conditional *one,
                                         const struct fx_event_order *row)
{
    struct naive_engine_order *order = &one->order;
    const bool is_refused = row->status == FX_ORDER_STATUS_REJECTED;
    struct fx_command_place place;
    memset(&place, 0, sizeof place);
    place.type =
        (uint8_t)(fx_order_type_is_market(one->type) ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT);
    if (order->lots == 0) {
        order->lots = naive_engine_reducible(&world.naive, order);
        order->lots = order->lots == 0 ? 1 : order->lots; /* it is refused below */
    }
    const fx_status expected = expect_placed(&place, order);
    if (is_refused &&
        (row->note == FX_ORDER_NOTE_INSUFFICIENT_MARGIN ||
         row->note == FX_ORDER_NOTE_NOT_ADMITTED || row->note == FX_ORDER_NOTE_CAPACITY)) {
        world.naive.work++;
        return FX_ORDER_STATUS_REJECTED;
    }
    if (is_refused && order->tif == FX_TIME_IN_FORCE_FOK) {
        REQUIRE(row->note == FX_ORDER_NOTE_FOK_NOT_FILLED);
        world.naive.work++;
        return FX_ORDER_STATUS_REJECTED;
    }
    if (expected != FX_OK) {
        world.naive.work++;
        return expected == FX_REDUCE_ONLY_REJECTED ? FX_ORDER_STATUS_EXPIRED
                                                   : FX_ORDER_STATUS_REJECTED;
    }
    return naive_engine_enter(&world.naive, order);
}

/* Take profit and stop loss end each other once one has closed something. */
static void end_sibling(const struct naive_engine_conditional *one, int64_t held_before)
{
    const uint32_t role = one->role == FX_TRIGGER_ROLE_TAKE_PROFIT ? FX_TRIGGER_ROLE_STOP_LOSS
                                                                   : FX_TRIGGER_ROLE_TAKE_PROFIT;
    const struct naive_engine_conditional *sibling =
        one->role == 0 || one->parent_id != 0 ? NULL
                                              : find_role(naive_engine_holding(&one->order), role);
    if (sibling != NULL &&
        naive_engine_held(&world.naive, naive_engine_holding(&one->order)) != held_before) {
        naive_engine_remove_conditional(&world.naive, sibling->order.id);
        world.naive.work++;
        world.linked++;
    }
}

/* A close without an order, by the fund, by auto-deleveraging or of a pair against itself. */
static void follow_match(const struct fx_event_liquidation *step)
{
    struct naive_engine *naive = &world.naive;
    const int64_t change = step->side == FX_SIDE_BUY ? -step->lots : step->lots;
    const uint32_t counter_side =
        world.kit.engine->positions[step->counter_position_id - 1].position_side;
    const struct naive_engine_holding own = {
        step->user_id, step->instrument, (enum fx_position_side)step->position_side};
    const struct naive_engine_holding counter = {user_of_account(step->counter_account_id),
                                                 step->instrument,
                                                 (enum fx_position_side)counter_side};
    naive_engine_move(naive, own, change);
    naive_engine_move(naive, counter, -change);
    naive->trades[naive->trade_count] =
        (struct naive_engine_trade){.ticks = step->price_ticks,
                                    .lots = step->lots,
                                    .buyer = change > 0 ? own : counter,
                                    .seller = change > 0 ? counter : own};
    naive->trade_count++;
    naive_engine_trim(naive, own);
    naive_engine_trim(naive, counter);
}

/* The order by which a position is closed in the book meets the model's. */
static void follow_order(uint64_t order_id, uint64_t user_id)
{
    const struct fx_event_order *row = engine_kit_row(&world.kit, order_id);
    struct naive_engine_order order = {
        .id = order_id,
        .user_id = user_id,
        .symbol = row->instrument,
        .side = (enum fx_side)row->side,
        .position_side = (enum fx_position_side)row->position_side,
        .ticks = row->price_ticks,
        .lots = row->lots,
        .tif = FX_TIME_IN_FORCE_IOC,
        .stp = FX_STP_MODE_EXPIRE_MAKER,
        .is_reduce_only = true,
    };
    world.naive.work_base = world.naive.work;
    REQUIRE(naive_engine_enter(&world.naive, &order) == (enum fx_order_status)row->status);
}

/* Whom the engine liquidates, and when, is the margin's business (liquidation_prop.c); what that
 * does to orders, book and positions is the model's too. */
static void follow(uint32_t end)
{
    for (; world.followed < end; world.followed++) {
        const struct fx_event *event = &world.kit.events.items[world.followed];
        const struct fx_event_liquidation *step = &event->u.liquidation;
        if (event->kind == FX_EVENT_ORDER && event->u.order.status == FX_ORDER_STATUS_CANCELED &&
            (event->u.order.note == FX_ORDER_NOTE_LIQUIDATION ||
             event->u.order.note == FX_ORDER_NOTE_AUTO_DELEVERAGE) &&
            is_known(event->u.order.order_id)) { /* else the sweep that met it has ended it */
            end_naive(event->u.order.order_id);
        }
        if (event->kind != FX_EVENT_LIQUIDATION) {
            continue;
        }
        world.steps[step->step]++;
        world.naive.work += step->step == FX_LIQUIDATION_STEP_DONE ? DONE_WORK : STEP_WORK;
        if (step->step != FX_LIQUIDATION_STEP_CANCEL_ORDERS &&
            step->step != FX_LIQUIDATION_STEP_DONE) {
            judge_pair(step);
        }
        if (step->step == FX_LIQUIDATION_STEP_BOOK) {
            follow_order(step->order_id, step->user_id);
        } else if (step->step == FX_LIQUIDATION_STEP_TAKEOVER ||
                   step->step == FX_LIQUIDATION_STEP_ADL) {
            follow_match(step);
        }
    }
}

static void fund_insurance(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.fund_insurance.asset = engine_kit_asset(symbol == 2 ? "BTC" : "USDT");
    command.u.fund_insurance.amount = engine_kit_decimal("0.0307") * (int64_t)(1 + below(9));
    if (chance(40)) {
        command.u.fund_insurance.amount = -command.u.fund_insurance.amount;
    }
    (void)apply(&command);
}

static void close_insurance(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, symbol, 0);
    const int64_t *inventory = &world.naive.positions[symbol][0][FX_POSITION_SIDE_BOTH];
    const int64_t held = *inventory;
    command.u.close_insurance.lots = chance(50) ? 0 : 1 + (int64_t)below(5);
    command.u.close_insurance.price_ticks = chance(50) ? 0 : world.mid[symbol];
    const fx_status status = apply(&command);
    REQUIRE(status != FX_OK || (held != 0 && !is_over(symbol)));
    if (status == FX_OK) {
        follow_order(world.kit.result.order_id, 0);
        world.closed += held != *inventory ? 1 : 0;
    }
}

static uint32_t index_of(const struct fx_event_order *row)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        if (&world.kit.events.items[index].u.order == row) {
            return index;
        }
    }
    return world.kit.events.count;
}

/* The next step of a liquidation that the model has not followed. */
static uint32_t next_step(void)
{
    uint32_t index = world.followed;
    while (index < world.kit.events.count &&
           world.kit.events.items[index].kind != FX_EVENT_LIQUIDATION) {
        index++;
    }
    return index;
}

static void fire_crossed(void)
{
    struct naive_engine *naive = &world.naive;
    for (;;) {
        /* Liquidations and conditional orders take turns: what came first in the events is first.
         */
        const uint32_t step = next_step();
        const struct naive_engine_conditional *next = naive_engine_next_crossed(naive);
        const struct fx_event_order *row = next == NULL ? NULL : fired_row(next->order.id);
        const uint32_t end = index_of(row);
        if (step < end || world.followed < end) {
            follow(step < end ? step + 1 : end);
            continue;
        }
        if (next == NULL) {
            break;
        }
        /* Margins that did not suffice cost work that no event tells. */
        if (naive->work >= naive->fills_max ||
            (row == NULL && world.kit.engine->work >= naive->fills_max)) {
            world.left++;
            break;
        }
        struct naive_engine_conditional one = *next;
        REQUIRE(row != NULL);
        enum fx_order_status expected = FX_ORDER_STATUS_CANCELED;
        struct naive_engine_bracket *bracket = naive_bracket_of(naive, one.parent_id);
        naive_engine_remove_conditional(naive, one.order.id);
        naive->work_base = naive->work;
        naive->work++;
        world.triggered++;
        world.trailed += one.callback_ppb != 0 ? 1 : 0;
        world.notes[row->note]++;
        if (naive_engine_is_over(naive, &one.order)) {
            naive->work++;
            const bool is_dated = one.order.expire_us != 0 && one.order.expire_us <= naive->time_us;
            expected = is_dated ? FX_ORDER_STATUS_EXPIRED : FX_ORDER_STATUS_CANCELED;
        } else if (one.is_protected && !is_within_protection(&one)) {
            naive->work++;
            expected = FX_ORDER_STATUS_EXPIRED;
            REQUIRE(row->note == FX_ORDER_NOTE_PRICE_PROTECT);
        } else {
            const int64_t held = naive_engine_held(naive, naive_engine_holding(&one.order));
            if (bracket != NULL) {
                bracket->is_busy = true;
            }
            expected = expect_fired(&one, row);
            if (bracket != NULL) {
                finish_bracket(&one, held, expected);
            } else {
                end_sibling(&one, held);
            }
        }
        naive_bracket_settle(naive, one.parent_id);
        if (fx_order_status_is_final(expected)) {
            naive_bracket_parent_ended(naive, one.order.id);
        }
        REQUIRE((enum fx_order_status)row->status == expected);
    }
    follow(world.kit.events.count);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

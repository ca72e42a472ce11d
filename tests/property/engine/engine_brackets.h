/**
 * @file engine_brackets.h
 * The part of engine_prop.c that draws, judges and changes take profits and stop losses of orders.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_BRACKETS_H
#define FX_TESTS_ENGINE_BRACKETS_H

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static const uint32_t BRACKET_ROLES[] = {NAIVE_BRACKET_TAKE_PROFIT, NAIVE_BRACKET_STOP_LOSS};

/* Mostly on the right sides of a price, at times on the wrong one. */
static void draw_protection(struct engine_kit_order *order)
{
    const int64_t begin = order->ticks != 0 ? order->ticks : world.mid[order->instrument];
    const bool is_buy = order->side == FX_SIDE_BUY;
    const int64_t profit = chance(93) ? 1 + (int64_t)below(12) : -(int64_t)below(5);
    const int64_t loss = chance(93) ? 1 + (int64_t)below(12) : -(int64_t)below(5);
    const bool closes = order->is_reduce_only || is_closing_side(order->position_side, order->side);
    if (!chance(world.swarm.bracket_share) || (closes && !chance(5))) {
        return;
    }
    order->take_profit_ticks = chance(80) ? begin + (is_buy ? profit : -profit) : 0;
    order->stop_loss_ticks = chance(80) ? begin - (is_buy ? loss : -loss) : 0;
    order->take_profit_source = (enum fx_trigger_source)(1 + below(3));
    order->stop_loss_source = (enum fx_trigger_source)(1 + below(3));
    if (chance(25) && order->take_profit_ticks != 0) {
        order->take_profit_limit_ticks = order->take_profit_ticks + (int64_t)below(3) - 1;
    }
    if (chance(25) && order->stop_loss_ticks != 0) {
        order->stop_loss_limit_ticks = order->stop_loss_ticks + (int64_t)below(9) - 4;
    }
}

/* One of the two as the order that it would be; trigger_ticks 0: none, KEEP: as it is. */
static struct naive_engine_conditional bracket_wish(const struct fx_command_protection *protection,
                                                    const struct naive_engine_order *parent,
                                                    uint32_t role)
{
    const bool is_profit = role == NAIVE_BRACKET_TAKE_PROFIT;
    const int64_t limit =
        is_profit ? protection->take_profit_limit_ticks : protection->stop_loss_limit_ticks;
    struct engine_kit_order order = {.user_id = parent->user_id,
                                     .instrument = parent->symbol,
                                     .side = fx_order_opposite(parent->side),
                                     .position_side = parent->position_side,
                                     .ticks = limit,
                                     .is_reduce_only = true};
    order.tif = limit == 0 ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
    if (is_profit) {
        order.type =
            limit == 0 ? FX_ORDER_TYPE_TAKE_PROFIT_MARKET : FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
    } else {
        order.type = limit == 0 ? FX_ORDER_TYPE_STOP_MARKET : FX_ORDER_TYPE_STOP_LIMIT;
    }
    order.trigger_ticks = is_profit ? protection->take_profit_ticks : protection->stop_loss_ticks;
    order.source = (enum fx_trigger_source)(is_profit ? protection->take_profit_source
                                                      : protection->stop_loss_source);
    struct naive_engine_conditional one = conditional_of(&order);
    one.role = role;
    one.parent_id = parent->id;
    one.is_idle = true;
    return one;
}

static bool is_wrong_side(const struct naive_engine_conditional *wish, int64_t begin)
{
    return wish->trigger_ticks != 0 && begin != 0 &&
           (wish->condition == FX_TRIGGER_CONDITION_GT ? wish->trigger_ticks <= begin
                                                       : wish->trigger_ticks >= begin);
}

/* What the sides of a new order's two say, where its position would begin at a price. */
static void expect_protected(const struct fx_command *command,
                             const struct naive_engine_order *order,
                             int64_t begin,
                             fx_status status)
{
    bool is_wrong = false, would_fire = false;
    const enum fx_order_type type = (enum fx_order_type)command->u.place.type;
    if (command->kind != FX_COMMAND_PLACE_BRACKET) {
        return;
    }
    const bool is_taking =
        type == FX_ORDER_TYPE_MARKET ||
        (type == FX_ORDER_TYPE_LIMIT && naive_engine_is_crossing(&world.naive, order));
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional wish =
            bracket_wish(&command->u.bracket.protection, order, BRACKET_ROLES[index]);
        is_wrong = is_wrong || is_wrong_side(&wish, begin);
        would_fire = would_fire || (is_taking && wish.trigger_ticks != 0 &&
                                    naive_engine_would_fire(&world.naive, &wish));
    }
    REQUIRE(status != FX_OK || (!is_wrong && !would_fire && !order->is_reduce_only));
    REQUIRE(status != FX_TRIGGER_WRONG_SIDE || is_wrong);
    REQUIRE(status != FX_TRIGGER_WOULD_FIRE || would_fire || fx_order_type_is_conditional(type));
}

/* The row in which one of the two of an order is born, in the last command; NULL: none. */
static uint64_t born_child(uint64_t parent_id, uint32_t role)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event_order *row = &world.kit.events.items[index].u.order;
        const bool is_profit = row->type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET ||
                               row->type == FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
        if (world.kit.events.items[index].kind == FX_EVENT_ORDER &&
            row->parent_order_id == parent_id && is_profit == (role == NAIVE_BRACKET_TAKE_PROFIT)) {
            return row->order_id;
        }
    }
    return 0;
}

static void add_child(struct naive_engine_bracket *bracket,
                      const struct naive_engine_conditional *wish)
{
    REQUIRE(world.naive.conditional_count < NAIVE_ENGINE_CONDITIONALS_MAX);
    struct naive_engine_conditional *one = &world.naive.conditionals[world.naive.conditional_count];
    world.naive.conditional_count++;
    *one = *wish;
    one->order.id = born_child(bracket->parent_id, wish->role);
    one->order.lots = bracket->lots;
    one->key = naive_engine_key(one->condition, one->trigger_ticks);
    REQUIRE(one->order.id != 0);
    if (bracket->lots > 0) {
        naive_bracket_follow(&world.naive, bracket);
    }
}

static struct naive_engine_bracket *open_empty(const struct naive_engine_order *parent)
{
    REQUIRE(world.naive.bracket_count < NAIVE_ENGINE_BRACKETS_MAX);
    struct naive_engine_bracket *bracket = &world.naive.brackets[world.naive.bracket_count];
    world.naive.bracket_count++;
    *bracket = (struct naive_engine_bracket){.parent_id = parent->id,
                                             .holding = naive_engine_holding(parent),
                                             .side = fx_order_opposite(parent->side),
                                             .is_open = true};
    return bracket;
}

/* An order was taken with its two, and has not traded yet. */
static void open_bracket(const struct fx_command *command, const struct naive_engine_order *parent)
{
    if (command->kind != FX_COMMAND_PLACE_BRACKET) {
        return;
    }
    struct naive_engine_bracket *bracket = open_empty(parent);
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional wish =
            bracket_wish(&command->u.bracket.protection, parent, BRACKET_ROLES[index]);
        if (wish.trigger_ticks != 0) {
            add_child(bracket, &wish);
        }
    }
    world.brackets++;
}

/* One of the two has fired; `rests`: it stands in the book. */
static void finish_bracket(const struct naive_engine_conditional *one,
                           int64_t held_before,
                           enum fx_order_status status)
{
    struct naive_engine *naive = &world.naive;
    struct naive_engine_bracket *bracket = naive_bracket_of(naive, one->parent_id);
    const bool rests = !fx_order_status_is_final(status);
    const bool has_closed =
        naive_engine_held(naive, naive_engine_holding(&one->order)) != held_before;
    REQUIRE(bracket != NULL && bracket->is_busy);
    bracket->is_busy = false;
    world.bracket_fires++;
    world.bracket_rests += rests ? 1 : 0;
    if (!has_closed && !rests) {
        world.bracket_misses++;
        naive_bracket_settle(naive, one->parent_id);
        return;
    }
    const struct naive_engine_conditional *sibling = naive_bracket_child(
        naive, one->parent_id, NAIVE_BRACKET_TAKE_PROFIT + NAIVE_BRACKET_STOP_LOSS - one->role);
    bracket->lots = 0;
    if (sibling != NULL) {
        naive_engine_remove_conditional(naive, sibling->order.id);
        naive->work++;
    }
    if (bracket->is_open) {
        REQUIRE(naive_engine_find(naive, one->parent_id) != NULL);
        naive_engine_remove(naive, one->parent_id);
        naive->work++;
        world.bracket_cuts++;
    }
    naive_bracket_settle(naive, one->parent_id);
}

/* ---- ADJUST_ORDER_TP_SL ------------------------------------------------------------------------
 */

static int64_t draw_wish(int64_t now, int64_t ahead)
{
    if (chance(25)) {
        return FX_COMMAND_TP_SL_KEEP;
    }
    return chance(20) ? 0 : now + ahead;
}

/* An order that may be protected, open or (then only its id, user, symbol and side count) ended. */
static bool draw_parent(struct naive_engine_order *parent_out)
{
    const struct naive_engine_order *order = draw_order();
    const struct naive_engine_conditional *one = draw_conditional();
    if (world.naive.bracket_count > 0 && chance(60)) {
        const struct naive_engine_bracket *bracket =
            &world.naive.brackets[below(world.naive.bracket_count)];
        const struct naive_engine_order *open = naive_engine_find(&world.naive, bracket->parent_id);
        const struct naive_engine_conditional *waiting =
            naive_engine_find_conditional(&world.naive, bracket->parent_id);
        *parent_out = (struct naive_engine_order){.id = bracket->parent_id,
                                                  .user_id = bracket->holding.user_id,
                                                  .symbol = bracket->holding.symbol,
                                                  .position_side = bracket->holding.side,
                                                  .side = fx_order_opposite(bracket->side)};
        *parent_out = open != NULL ? *open : *parent_out;
        *parent_out = waiting != NULL ? waiting->order : *parent_out;
        return true;
    }
    if (one != NULL && (order == NULL || chance(30))) {
        order = &one->order;
    }
    if (order != NULL) {
        *parent_out = *order;
    }
    return order != NULL;
}

/* Where an order's position begins, as far as the model knows; 0: it does not. */
static int64_t begin_of(uint64_t parent_id)
{
    const struct naive_engine_order *open = naive_engine_find(&world.naive, parent_id);
    const struct naive_engine_conditional *one =
        naive_engine_find_conditional(&world.naive, parent_id);
    if (one == NULL) {
        return open == NULL ? 0 : open->ticks;
    }
    if (!fx_order_type_is_market(one->type)) {
        return one->order.ticks;
    }
    return one->trigger_ticks != 0 ? one->trigger_ticks
                                   : world.naive.prices[one->order.symbol][one->source];
}

static bool is_as_it_was(const struct naive_engine_conditional *now,
                         const struct naive_engine_conditional *wish)
{
    return wish->trigger_ticks == FX_COMMAND_TP_SL_KEEP ||
           (now == NULL && wish->trigger_ticks == 0) ||
           (now != NULL && now->trigger_ticks == wish->trigger_ticks &&
            now->source == wish->source && now->order.ticks == wish->order.ticks);
}

static void grant_child(struct naive_engine_bracket *bracket,
                        const struct naive_engine_conditional *wish)
{
    struct naive_engine_conditional *now =
        naive_bracket_child(&world.naive, bracket->parent_id, wish->role);
    if (now == NULL) {
        add_child(bracket, wish);
        return;
    }
    const uint64_t id = now->order.id;
    *now = *wish;
    now->order.id = id;
    now->order.lots = bracket->lots;
    now->key = naive_engine_key(now->condition, now->trigger_ticks);
    naive_bracket_follow(&world.naive, bracket);
}

static void grant_wishes(const struct naive_engine_order *parent,
                         const struct naive_engine_conditional wishes[2])
{
    struct naive_engine *naive = &world.naive;
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional *wish = &wishes[index];
        const struct naive_engine_conditional *now =
            naive_bracket_child(naive, parent->id, wish->role);
        if (is_as_it_was(now, wish) || wish->trigger_ticks == 0) {
            continue;
        }
        if (naive_bracket_of(naive, parent->id) == NULL) {
            (void)open_empty(parent);
            if (parent->filled > 0) {
                naive_bracket_grow(naive, parent->id, parent->filled);
            }
        }
        grant_child(naive_bracket_of(naive, parent->id), wish);
    }
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional *now =
            naive_bracket_child(naive, parent->id, wishes[index].role);
        if (now != NULL && wishes[index].trigger_ticks == 0) {
            naive_engine_end_conditional(naive, now->order.id);
        }
    }
}

/* What the model says to the wishes. */
static void judge_wishes(const struct naive_engine_order *parent,
                         const struct naive_engine_conditional wishes[2],
                         fx_status status)
{
    const struct naive_engine_bracket *bracket = naive_bracket_of(&world.naive, parent->id);
    const int64_t lots = bracket != NULL ? bracket->lots : parent->filled;
    bool is_wrong = false, would_fire = false;
    for (uint32_t index = 0; index < 2; index++) {
        const struct naive_engine_conditional *wish = &wishes[index];
        const struct naive_engine_conditional *now =
            naive_bracket_child(&world.naive, parent->id, wish->role);
        if (is_as_it_was(now, wish) || wish->trigger_ticks == 0) {
            continue;
        }
        if (lots == 0) {
            is_wrong = is_wrong || is_wrong_side(wish, begin_of(parent->id));
        } else {
            would_fire = would_fire || naive_engine_would_fire(&world.naive, wish) ||
                         (now != NULL && now->is_crossed);
        }
    }
    REQUIRE(status != FX_OK || (!is_wrong && !would_fire));
    REQUIRE(status != FX_TRIGGER_WRONG_SIDE || is_wrong);
    REQUIRE(status != FX_TRIGGER_WOULD_FIRE || would_fire);
}

static void adjust_order_tp_sl(void)
{
    struct naive_engine_order parent;
    if (!draw_parent(&parent)) {
        mark();
        return;
    }
    struct fx_command command =
        engine_kit_command(FX_COMMAND_ADJUST_ORDER_TP_SL, parent.symbol, parent.user_id);
    struct fx_command_protection *protection = &command.u.order_tp_sl.protection;
    const int64_t now = world.mid[parent.symbol];
    const int64_t sign = parent.side == FX_SIDE_BUY ? 1 : -1;
    const bool is_elsewhere = chance(20);
    command.instrument = is_elsewhere ? FX_COMMAND_ALL_INSTRUMENTS : parent.symbol;
    command.u.order_tp_sl.order_id = parent.id;
    protection->take_profit_ticks = draw_wish(now, sign * (1 + (int64_t)below(20)));
    protection->stop_loss_ticks = draw_wish(now, -sign * (1 + (int64_t)below(20)));
    protection->take_profit_source = (uint8_t)(1 + below(3));
    protection->stop_loss_source = (uint8_t)(1 + below(3));
    if (chance(20) && protection->take_profit_ticks > 0) {
        protection->take_profit_limit_ticks = now + (int64_t)below(9);
    }
    const bool is_closing =
        parent.is_reduce_only ||
        (naive_engine_find_conditional(&world.naive, parent.id) != NULL && parent.lots == 0);
    const fx_status status = apply(&command);
    if (is_closing) {
        REQUIRE(status == FX_BAD_PARAMETER);
        return;
    }
    const struct naive_engine_conditional wishes[2] = {
        bracket_wish(protection, &parent, NAIVE_BRACKET_TAKE_PROFIT),
        bracket_wish(protection, &parent, NAIVE_BRACKET_STOP_LOSS)};
    judge_wishes(&parent, wishes, status);
    if (status == FX_OK) {
        world.adjusted += world.kit.result.is_changed;
        grant_wishes(&parent, wishes);
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

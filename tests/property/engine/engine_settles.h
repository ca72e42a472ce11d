/**
 * @file engine_settles.h
 * The part of engine_prop.c that ends contracts: the average of the index from the list of all that
 * it ever said, what each position gets from the list of all its fills, and in which order it all
 * comes. When it comes within the bounds of a command is the engine's. Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_SETTLES_H
#define FX_TESTS_ENGINE_SETTLES_H

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static const int64_t HALF_HOUR_US = 1800000000, QUARTER_US = 900000000;

/* Nothing is taken any more: its date has come, or its end has begun. */
static bool is_over(uint32_t symbol)
{
    return naive_engine_is_over_symbol(&world.naive, symbol);
}

/* What the index says from now on. */
static void note_index(uint32_t symbol, int64_t ticks)
{
    struct settling *one = &world.settlings[symbol];
    REQUIRE(one->said_count < SAID_MAX);
    one->said[one->said_count] = (struct said){.time_us = world.naive.time_us, .ticks = ticks};
    one->said_count++;
}

/* A span of time in which it counts. */
struct span {
    int64_t from_us;
    int64_t until_us;
};

/* Its mean over two spans by how long each of its words held: until the next, or until it was too
 * old. @return how long it was known; 0: never. */
static int64_t mean_index(uint32_t symbol, const struct span spans[2], int64_t *ticks_out)
{
    const struct settling *one = &world.settlings[symbol];
    int64_t known_us = 0;
    naive_num sum = naive_int(0);
    for (uint32_t index = 0; index < 2 * one->said_count; index++) {
        const struct said *word = &one->said[index / 2];
        const struct span *span = &spans[index % 2];
        const int64_t old_us = word->time_us + one->max_age_us + 1;
        const bool is_last = index / 2 + 1 == one->said_count;
        int64_t end_us = is_last ? span->until_us : word[1].time_us;
        end_us = one->max_age_us != 0 && old_us < end_us ? old_us : end_us;
        end_us = span->until_us < end_us ? span->until_us : end_us;
        const int64_t begin_us = word->time_us > span->from_us ? word->time_us : span->from_us;
        if (end_us > begin_us) {
            known_us += end_us - begin_us;
            sum = naive_add(sum, naive_mul(naive_int(word->ticks), naive_int(end_us - begin_us)));
        }
    }
    if (known_us > 0) {
        *ticks_out = (int64_t)naive_to_int(
            naive_round(naive_div(sum, naive_int(known_us)), FX_ROUND_HALF_EVEN));
    }
    naive_margin_reset();
    return known_us;
}

/* The price that there is by now; 0: none. `is_asked`: an operator takes what there is. The half
 * hour before the date counts, and what came after its end began only where that did not do. */
static int64_t price_now(uint32_t symbol, bool is_asked)
{
    const struct settling *one = &world.settlings[symbol];
    const int64_t now_us = world.naive.time_us, date_us = world.naive.expiries[symbol];
    const int64_t until_us = now_us < date_us ? now_us : date_us;
    const struct span spans[2] = {{date_us - HALF_HOUR_US, until_us},
                                  {one->began_us, one->phase == 0 ? 0 : now_us}};
    int64_t ticks = 0;
    if (date_us == 0 || mean_index(symbol, spans, &ticks) < (is_asked ? 1 : QUARTER_US)) {
        return 0;
    }
    return ticks;
}

/* ---- money -------------------------------------------------------------------------------------
 */

/* After a command: who bought what of whom, for the entries of positions. */
static void note_fills(void)
{
    for (uint32_t index = 0; index < world.naive.trade_count; index++) {
        const struct naive_engine_trade *trade = &world.naive.trades[index];
        REQUIRE(world.fill_count + 2 <= FILLS_MAX);
        world.fills[world.fill_count] =
            (struct fill){trade->buyer, FX_SIDE_BUY, trade->ticks, trade->lots};
        world.fills[world.fill_count + 1] =
            (struct fill){trade->seller, FX_SIDE_SELL, trade->ticks, trade->lots};
        world.fill_count += 2;
    }
}

/* What a position gets when it is closed at a price: every fill that it ever had again, from the
 * first. `value_out`: of what it held, rounded as the law of settlements says. */
static fx_i128 gain_at(struct naive_engine_holding holding, int64_t ticks, fx_i128 *value_out)
{
    static struct naive_margin model;
    struct naive_margin_instrument *instrument = &model.instruments[holding.symbol];
    struct naive_margin_account account = {.balance = naive_int(0), .reward = naive_int(0)};
    struct naive_margin_position *position = &account.positions[holding.symbol];
    instrument->definition = &world.kit.engine->listings[holding.symbol].definition;
    position->mode = FX_MARGIN_MODE_CROSS;
    position->entry = position->margin = position->adjust = position->realized = naive_int(0);
    for (uint32_t index = 0; index < world.fill_count; index++) {
        const struct fill *fill = &world.fills[index];
        if (naive_engine_is_same(fill->holding, holding)) {
            const struct naive_margin_event event = {.kind = NAIVE_MARGIN_FILL,
                                                     .instrument = holding.symbol,
                                                     .side = fill->side,
                                                     .ticks = fill->ticks,
                                                     .lots = fill->lots};
            naive_replay_fill(&model, &event, &account);
        }
    }
    REQUIRE(position->lots == naive_engine_held(&world.naive, holding));
    const bool is_inverse = instrument->definition->contract_type == FX_CONTRACT_TYPE_COIN_M;
    naive_num value = naive_value_exact(instrument, naive_int(ticks), llabs(position->lots));
    if (is_inverse) {
        value = naive_round(value, position->lots > 0 ? FX_ROUND_CEIL : FX_ROUND_FLOOR);
    }
    *value_out = naive_to_int(value);
    const fx_i128 gain = naive_to_int(naive_gain(instrument, position, value));
    naive_margin_reset();
    return gain;
}

/* ---- steps -------------------------------------------------------------------------------------
 */

static bool has_orders(uint32_t symbol)
{
    for (uint32_t index = 0; index < world.naive.order_count; index++) {
        if (world.naive.orders[index].symbol == symbol) {
            return true;
        }
    }
    for (uint32_t index = 0; index < world.naive.conditional_count; index++) {
        if (world.naive.conditionals[index].order.symbol == symbol) {
            return true;
        }
    }
    return false;
}

static bool is_matched(uint32_t symbol)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_TRADE && event->u.trade.instrument == symbol) {
            return true;
        }
    }
    return false;
}

/* What the accounts were told that they got of it. */
static fx_i128 told_gain(uint32_t symbol, uint64_t user_id)
{
    fx_i128 sum = 0;
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_TRANSACTION && event->u.transaction.user_id == user_id &&
            event->u.transaction.instrument == symbol &&
            event->u.transaction.type == FX_TRANSACTION_REALIZED_PNL) {
            sum += event->u.transaction.amount;
        }
    }
    return sum;
}

static bool is_flat_there(struct naive_engine_holding holding)
{
    const struct fx_engine *engine = world.kit.engine;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        if (position->instrument == holding.symbol && position->lots != 0 &&
            position->position_side == (uint8_t)holding.side &&
            engine->accounts[position->account].user_id == holding.user_id) {
            return false;
        }
    }
    return true;
}

/* Positions that the command has closed at the price: each gets what it must, to the last digit. */
static void close_holdings(uint32_t symbol)
{
    struct settling *one = &world.settlings[symbol];
    const bool is_inverse =
        world.kit.engine->listings[symbol].definition.contract_type == FX_CONTRACT_TYPE_COIN_M;
    for (uint64_t user_id = 0; user_id <= world.swarm.users; user_id++) {
        fx_i128 gained = 0;
        for (uint32_t side = FX_POSITION_SIDE_BOTH; side <= FX_POSITION_SIDE_SHORT; side++) {
            const struct naive_engine_holding holding = {
                user_id, symbol, (enum fx_position_side)side};
            const int64_t held = naive_engine_held(&world.naive, holding);
            fx_i128 value = 0;
            if (held == 0 || !is_flat_there(holding)) {
                continue;
            }
            gained += gain_at(holding, one->price_ticks, &value);
            one->left += (held > 0) == is_inverse ? value : -value;
            naive_engine_move(&world.naive, holding, -held);
            world.settled_positions++;
        }
        REQUIRE(gained == told_gain(symbol, user_id));
    }
}

static void enter_phase(const struct fx_event_settlement *row)
{
    const uint32_t symbol = row->instrument;
    struct settling *one = &world.settlings[symbol];
    if (row->phase == FX_SETTLEMENT_PHASE_CANCELING) {
        REQUIRE(one->phase == 0);
        one->began_us = world.naive.time_us;
        one->price_ticks = one->price_ticks != 0 ? one->price_ticks : price_now(symbol, false);
    } else {
        REQUIRE(!has_orders(symbol));
    }
    if (row->phase == FX_SETTLEMENT_PHASE_WAITING) {
        REQUIRE(one->phase == FX_SETTLEMENT_PHASE_CANCELING && one->price_ticks == 0);
        world.waited++;
    } else if (row->phase == FX_SETTLEMENT_PHASE_CLOSING) {
        REQUIRE(one->phase == FX_SETTLEMENT_PHASE_CANCELING ||
                one->phase == FX_SETTLEMENT_PHASE_WAITING);
        one->price_ticks = one->price_ticks != 0 ? one->price_ticks : price_now(symbol, false);
        REQUIRE(one->price_ticks != 0);
        naive_engine_price(&world.naive, symbol, FX_TRIGGER_SOURCE_MARK, one->price_ticks);
    } else if (row->phase == FX_SETTLEMENT_PHASE_DONE) {
        REQUIRE(one->phase == FX_SETTLEMENT_PHASE_CLOSING);
    }
    REQUIRE(row->price_ticks == one->price_ticks);
    one->phase = row->phase;
    world.naive.is_ending[symbol] = true;
}

static void end_done(const struct fx_event_settlement *row)
{
    const struct settling *one = &world.settlings[row->instrument];
    for (uint32_t user_id = 0; user_id < NAIVE_ENGINE_USERS_MAX; user_id++) {
        for (uint32_t side = FX_POSITION_SIDE_BOTH; side <= FX_POSITION_SIDE_SHORT; side++) {
            REQUIRE(world.naive.positions[row->instrument][user_id][side] == 0);
        }
    }
    REQUIRE(row->remainder == one->left && one->left >= 0);
    world.settled += row->positions > 0 ? 1 : 0;
}

/* What the command did to contracts that end. */
static void follow_settlements(void)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        const struct fx_event_order *row = &event->u.order;
        if (event->kind == FX_EVENT_SETTLEMENT) {
            enter_phase(&event->u.settlement);
        } else if (event->kind == FX_EVENT_ORDER && row->note == FX_ORDER_NOTE_INSTRUMENT) {
            REQUIRE(row->status == FX_ORDER_STATUS_CANCELED);
            REQUIRE(world.settlings[row->instrument].phase == FX_SETTLEMENT_PHASE_CANCELING);
            if (is_known(row->order_id)) { /* else it has gone with the order that it protected */
                end_naive(row->order_id);
                world.settled_orders++;
            }
        }
    }
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        if (world.settlings[symbol].phase >= FX_SETTLEMENT_PHASE_CLOSING && !is_matched(symbol)) {
            close_holdings(symbol); /* who cannot pay is liquidated in a command before */
        }
    }
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_SETTLEMENT &&
            event->u.settlement.phase == FX_SETTLEMENT_PHASE_DONE) {
            end_done(&event->u.settlement);
        }
    }
}

/* A TICK: what is due begins, and who waited for a price has it as soon as there is one. */
static void tick_settlements(void)
{
    follow_settlements();
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        const struct settling *one = &world.settlings[symbol];
        REQUIRE(!is_over(symbol) || one->phase != 0);
        REQUIRE(one->phase != FX_SETTLEMENT_PHASE_WAITING || price_now(symbol, false) == 0);
    }
}

/* SETTLE: an operator ends a contract, at his price or at the average so far. */
static void settle(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct settling *one = &world.settlings[symbol];
    struct fx_command command = engine_kit_command(FX_COMMAND_SETTLE, symbol, 0);
    command.u.settle.has_price = chance(40) ? 1 : 0;
    command.u.settle.settle_ticks =
        command.u.settle.has_price != 0 ? world.mid[symbol] + between(-20, 20) : 0;
    const int64_t price =
        command.u.settle.has_price != 0 ? command.u.settle.settle_ticks : price_now(symbol, true);
    const fx_status status = apply(&command);
    if (one->price_ticks != 0) {
        REQUIRE(status == FX_SYMBOL_SETTLED);
        return;
    }
    REQUIRE(status == (price != 0 ? FX_OK : FX_NO_SETTLEMENT_PRICE));
    if (status == FX_OK) {
        one->price_ticks = price;
        follow_settlements();
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

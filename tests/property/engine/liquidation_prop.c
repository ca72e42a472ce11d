/* Random marks over leveraged accounts, thin books and a poor insurance fund: the next step of
 * every liquidation is predicted by a full scan (naive_liquidation.h) and compared. One step per
 * command, so that the state before each of them can be looked at; other seeds let a command do
 * many, with marks that follow an index and positions that pay funding in between. Some users hold
 * a long and a short position; in some worlds many orders are fill-or-kill.
 *
 *     liquidation_prop            a fixed set of seeds
 *     liquidation_prop SEED [N]   one seed, N commands
 */
#include <stdio.h>

#include "draw.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "naive_liquidation.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SYMBOLS = 3, USERS = 7, SEEDS = 44, COMMANDS = 1200, STEPS = 6, MID = 5000, ACCOUNTS = 32 };

struct world {
    struct engine_kit kit;
    bool is_single;   /* one step per command */
    bool has_funding; /* an index moves the marks and positions pay; nothing is predicted */
    bool has_hedges;  /* some users have a long and a short position */
    bool has_sure;    /* many orders are filled as a whole or not at all */
    bool is_poor;     /* everybody risks all he has, fees are high, prices far apart */
    int64_t mid[SYMBOLS];
    uint32_t steps[STEPS];
    uint32_t predicted;
    uint32_t edges;         /* not compared */
    uint32_t partial;       /* BOOK steps that kept some lots for a lower tier */
    uint32_t waiting;       /* commands after which an account was parked */
    uint32_t refused;       /* opens refused */
    uint32_t fund_short;    /* steps on the fund itself */
    uint32_t payments;      /* of funding */
    uint32_t amid;          /* steps while some have paid and others have not */
    uint32_t netted;        /* long and short of a cross account closed against each other … */
    uint32_t turned;        /* … of an isolated one, where nobody else was left */
    uint32_t hedged;        /* steps of accounts in hedge mode */
    uint32_t cascades;      /* commands with steps of several accounts */
    uint32_t lacking;       /* commands that left an account with less than it needs to the next */
    uint32_t barred;        /* orders that would have closed beyond the bankruptcy price */
    uint32_t sure;          /* fill-or-kill orders that were filled … */
    uint32_t killed;        /* … and that were not */
    fx_i128 fees[ACCOUNTS]; /* what trades ever cost an account … */
    fx_i128 paid[ACCOUNTS]; /* … and others paid for it */
};

static struct world world;

static void load_tiers(uint32_t symbol)
{
    static const char *const CAPS[SYMBOLS][2] = {{"40", "90"}, {"60", "150"}, {"0.4", "0.9"}};
    struct fx_command command = engine_kit_three_tiers(symbol, CAPS[symbol]);
    REQUIRE(engine_kit_apply(&world.kit, &command) == FX_OK);
}

static void begin_funding(uint32_t symbol)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, symbol, 0);
    command.u.mark_rules.band_ppb = 50000000;
    command.u.mark_rules.sources_min = 1;
    REQUIRE(engine_kit_apply(&world.kit, &command) == FX_OK);
}

static void list_symbols(void)
{
    static const char *const NAMES[SYMBOLS] = {"AUSDT", "BUSDT", "CUSD"};
    static const char *const TICKS[SYMBOLS] = {"0.07", "0.0013", "0.5"};
    static const char *const LOTS[SYMBOLS] = {"0.003", "0.7", "1"};
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(NAMES[symbol]);
        definition.tick_size = engine_kit_decimal(TICKS[symbol]);
        definition.lot_size = engine_kit_decimal(LOTS[symbol]);
        definition.max_ticks = 100000;
        definition.liquidation_fee_ppb = (int64_t)below(3) * 3000001;
        definition.taker_fee_ppb = world.is_poor ? 2000000 : 300000;
        definition.maker_fee_ppb = -100000;
        if (symbol == 2) {
            definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
            definition.multiplier = engine_kit_decimal("97");
            definition.settle = engine_kit_asset("BTC");
        }
        world.mid[symbol] = MID;
        definition.interest_ppb = 100000;
        definition.damper_ppb = 500000;
        definition.funding_interval_s = 3600;
        REQUIRE(engine_kit_list(&world.kit, &definition, MID) == symbol);
        load_tiers(symbol);
        if (world.has_funding) {
            begin_funding(symbol);
        }
    }
}

/* Whose whole money is the margin of one order. */
static bool is_small(uint64_t user_id)
{
    return user_id == 3 || world.is_poor;
}

static void isolate(uint64_t user_id)
{
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
        command.u.leverage.leverage_centi = 5000;
        command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
        REQUIRE(engine_kit_apply(&world.kit, &command) == FX_OK);
    }
}

static void begin(uint64_t seed)
{
    struct fx_engine_limits limits = engine_kit_limits();
    memset(&world, 0, sizeof world);
    draw_begin(seed);
    world.has_sure = seed % 3 == 0;
    world.is_single = chance(70);
    world.is_poor = chance(25);
    world.has_hedges = !world.is_poor && chance(45);
    world.has_funding = !world.is_single && !world.is_poor && chance(70);
    limits.fills_max = world.is_single ? 3 : 48;
    limits.positions_max = 64; /* a long and a short each, and the fund */
    engine_kit_init(&world.kit, &limits);
    list_symbols();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        const bool is_poor = is_small(user_id);
        engine_kit_account(&world.kit,
                           user_id,
                           "USDT",
                           is_poor      ? "0.61"
                           : chance(70) ? "9.1"
                                        : "400.000000007");
        engine_kit_account(&world.kit,
                           user_id,
                           "BTC",
                           is_poor      ? "0.0041"
                           : chance(70) ? "0.07"
                                        : "30.3");
        if (world.has_hedges && chance(60)) {
            REQUIRE(engine_kit_mode(&world.kit, user_id, true) == FX_OK);
        }
        if (is_poor && chance(60)) {
            isolate(user_id);
        }
    }
}

/* ---- prediction --------------------------------------------------------------------------------
 */

/* The first step of a MARK_PRICE or TICK: accounts in order of their id, those that wait for a mark
 * of another symbol left out. */
static struct naive_liquidation predict(const struct fx_engine *engine, uint32_t marked)
{
    struct naive_liquidation next = {.position = FX_SLOT_NONE};
    for (fx_slot account = 0; account < engine->account_count && next.step == 0 && !next.is_cover;
         account++) {
        bool is_woken = engine->accounts[account].risk_state != FX_RISK_STATE_PARKED;
        for (fx_slot slot = 0; slot < engine->position_count; slot++) {
            is_woken = is_woken || (engine->positions[slot].account == account &&
                                    engine->positions[slot].lots != 0 &&
                                    engine->positions[slot].instrument == marked);
        }
        if (is_woken) {
            next = naive_liquidation_step(engine, account);
        }
    }
    return next;
}

/* The first order that ADL cancelled; the command may have said more before. */
static const struct fx_event_order *deleveraged(void)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_ORDER && event->u.order.note == FX_ORDER_NOTE_AUTO_DELEVERAGE) {
            return &event->u.order;
        }
    }
    return NULL;
}

static void compare(const struct naive_liquidation *expected)
{
    const struct fx_event_liquidation *step = NULL;
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_LIQUIDATION &&
            event->u.liquidation.step != FX_LIQUIDATION_STEP_DONE) {
            step = &event->u.liquidation;
            break;
        }
    }
    if (expected->is_edge && expected->step != FX_LIQUIDATION_STEP_CANCEL_ORDERS) {
        world.edges++;
        return;
    }
    if (step == NULL && expected->step == FX_LIQUIDATION_STEP_ADL) {
        /* Its counterparty has more orders than a command may cancel: the first of them are gone.
         */
        const struct fx_event_order *row = deleveraged();
        REQUIRE(row != NULL);
        REQUIRE(row->account_id ==
                (uint64_t)world.kit.engine->positions[expected->counter].account + 1);
        return;
    }
    REQUIRE((step == NULL) == (expected->step == 0));
    if (step == NULL) {
        return;
    }
    world.predicted++;
    REQUIRE(step->step == (uint8_t)expected->step);
    REQUIRE(step->position_id == (uint64_t)expected->position + 1);
    REQUIRE(step->price_ticks == expected->price_ticks);
    if (step->step == FX_LIQUIDATION_STEP_BOOK) {
        REQUIRE(engine_kit_row(&world.kit, step->order_id)->lots == expected->lots);
        const int64_t left = world.kit.engine->positions[expected->position].lots;
        world.partial += left != 0 && step->lots == expected->lots ? 1 : 0;
    } else {
        REQUIRE(step->lots == expected->lots);
    }
    if (step->step == FX_LIQUIDATION_STEP_ADL) {
        REQUIRE(step->counter_position_id == (uint64_t)expected->counter + 1);
    }
}

/* What a trade costs an account beyond its margin is at most its fee, and a few units of rounding;
 * only that is ever paid by others. */
static void count_money(const struct fx_event *event)
{
    const struct fx_event_trade *trade = &event->u.trade;
    const struct fx_event_transaction *row = &event->u.transaction;
    if (event->kind == FX_EVENT_TRADE) {
        world.fees[trade->buy_account_id] += 8 + (trade->buy_fee > 0 ? trade->buy_fee : 0);
        world.fees[trade->sell_account_id] += 8 + (trade->sell_fee > 0 ? trade->sell_fee : 0);
    } else if (event->kind == FX_EVENT_TRANSACTION && row->user_id != 0 && row->amount > 0 &&
               (row->type == FX_TRANSACTION_MARGIN_INSURANCE_FEE ||
                row->type == FX_TRANSACTION_ROUNDING)) {
        world.paid[row->account_id] += row->amount;
        REQUIRE(world.paid[row->account_id] <= world.fees[row->account_id]);
    } else if (event->kind == FX_EVENT_ORDER) {
        world.barred += event->u.order.note == FX_ORDER_NOTE_BANKRUPTCY ? 1 : 0;
    }
}

/* Nobody owes: an account whose cash does not hold its isolated margins, or that is below 0 without
 * a position, is being worked on. */
static void check_debts(const struct fx_engine *engine)
{
    bool is_lacking = false;
    for (fx_slot account = 0; account < engine->account_count; account++) {
        const bool is_owing = naive_liquidation_missing(engine, account) > 0;
        REQUIRE(!is_owing || engine->accounts[account].risk_state == FX_RISK_STATE_DUE);
        is_lacking = is_lacking || is_owing;
    }
    world.lacking += is_lacking ? 1 : 0;
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        count_money(&world.kit.events.items[index]);
    }
}

static bool is_payment(const struct fx_event *event)
{
    return event->kind == FX_EVENT_TRANSACTION &&
           event->u.transaction.type == FX_TRANSACTION_FUNDING_FEE;
}

static void note_own(const struct fx_event_liquidation *step)
{
    if (step->step == FX_LIQUIDATION_STEP_ADL && step->counter_account_id == step->account_id) {
        *(step->margin_mode == FX_MARGIN_MODE_CROSS ? &world.netted : &world.turned) += 1;
    }
}

/* What holds after every command, by a scan of its own. */
static void check(void)
{
    const struct fx_engine *engine = world.kit.engine;
    fx_slot before = FX_SLOT_NONE;
    bool is_parked = false, has_cascaded = false;
    for (fx_slot account = 0; account < engine->account_count; account++) {
        const bool is_short = naive_liquidation_is_account_short(engine, account);
        REQUIRE(!is_short || engine->accounts[account].risk_state != FX_RISK_STATE_SAFE);
        is_parked = is_parked || engine->accounts[account].risk_state == FX_RISK_STATE_PARKED;
    }
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event_liquidation *step = &world.kit.events.items[index].u.liquidation;
        world.payments += is_payment(&world.kit.events.items[index]) ? 1 : 0;
        if (world.kit.events.items[index].kind != FX_EVENT_LIQUIDATION) {
            continue;
        }
        const fx_slot account = (fx_slot)step->account_id - 1;
        world.steps[step->step]++;
        note_own(step);
        world.amid += engine->sweep_count != 0 ? 1 : 0;
        world.hedged += (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0 ? 1 : 0;
        world.fund_short += step->user_id == 0 ? 1 : 0;
        has_cascaded = has_cascaded || (before != FX_SLOT_NONE && before != account);
        before = account;
    }
    check_debts(engine);
    world.waiting += is_parked ? 1 : 0;
    world.cascades += has_cascaded ? 1 : 0;
}

static fx_status apply(struct fx_command *command)
{
    struct fx_engine *engine = world.kit.engine;
    const bool is_mark = command->kind == FX_COMMAND_MARK_PRICE;
    const bool is_predicted = world.is_single && (is_mark || command->kind == FX_COMMAND_TICK);
    struct naive_liquidation expected = {.position = FX_SLOT_NONE};
    draw.commands++;
    if (is_predicted) {
        fx_px *mark = &engine->listings[is_mark ? command->instrument : 0].mark;
        const fx_px before = *mark;
        if (is_mark) {
            mark->ticks = command->u.mark.mark_ticks;
        }
        expected = predict(engine, is_mark ? command->instrument : SYMBOLS);
        *mark = before;
    }
    const fx_status status = engine_kit_apply(&world.kit, command);
    if (is_predicted) {
        REQUIRE(status == FX_OK);
        compare(&expected);
    }
    check();
    return status;
}

/* ---- commands ----------------------------------------------------------------------------------
 */

/* All that an account has, as the margin of one isolated position: a fee is more than there is. */
static void go_all_in(struct engine_kit_order *order)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct fx_listing *listing = &engine->listings[order->instrument];
    const fx_slot account = fx_account_state_find(engine, order->user_id, listing->asset);
    const fx_i128 available = fx_margin_available(engine, account);
    fx_i128 value = 0;
    order->ticks = listing->mark.ticks; /* without a loss that reserves */
    order->leverage_centi = 2000 + (int32_t)below(3001);
    order->margin_mode = chance(50) ? FX_MARGIN_MODE_ISOLATED : (enum fx_margin_mode)0;
    REQUIRE(fx_margin_value(listing, (fx_px){order->ticks}, (fx_qty){1}, &value));
    const fx_i128 lots = available <= 0 ? 0 : available * order->leverage_centi / (value * 100);
    order->lots = lots < 1 ? 1 : lots > 2000 ? 2000 : (int64_t)lots;
}

static bool is_hedging(uint64_t user_id, uint32_t symbol)
{
    const struct fx_engine *engine = world.kit.engine;
    const fx_slot account = fx_account_state_find(engine, user_id, engine->listings[symbol].asset);
    return (engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0;
}

/* Filled as a whole, whoever of those that it meets could not pay for it, or not at all: the kit
 * has seen that a refusal changes nothing. */
static void note_sure(fx_status status)
{
    const struct fx_event_result *result = &world.kit.result;
    if (status == FX_OK) {
        const struct fx_event_order *row = engine_kit_row(&world.kit, result->order_id);
        REQUIRE(result->order_status == FX_ORDER_STATUS_FILLED);
        REQUIRE(row != NULL && row->remaining_lots == 0);
        world.sure++;
    } else if (status == FX_FOK_NOT_FILLED || status == FX_TAKER_LIMIT || status == FX_SELF_TRADE) {
        world.killed++;
    }
}

static void place(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct engine_kit_order order = {.instrument = symbol};
    order.user_id = 1 + below(USERS);
    order.side = chance(50) ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = world.mid[symbol] + between(-60, 60);
    order.lots = 1 + (int64_t)below(60);
    order.is_reduce_only = chance(10);
    if (chance(world.is_poor ? 40 : 10)) { /* thin books, and stops in a gap */
        order.ticks += between(-500, 500);
        order.tif = chance(50) ? FX_TIME_IN_FORCE_IOC : FX_TIME_IN_FORCE_GTC;
        order.type = chance(20) ? FX_ORDER_TYPE_MARKET : FX_ORDER_TYPE_LIMIT;
    }
    if (chance(world.is_poor ? 40 : is_small(order.user_id) ? 90 : 5)) {
        go_all_in(&order);
    } else if (chance(20)) {
        order.leverage_centi = 1000 + (int32_t)below(9000);
        order.margin_mode = (enum fx_margin_mode)below(3);
    }
    if (is_hedging(order.user_id, symbol)) {
        const bool opens = chance(80); /* else it closes: many have both sides */
        order.position_side =
            opens == (order.side == FX_SIDE_BUY) ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT;
        order.is_reduce_only = false; /* the side says it */
    }
    if (world.has_sure && chance(35)) {
        order.tif = FX_TIME_IN_FORCE_FOK;
        order.ticks += order.side == FX_SIDE_BUY ? (int64_t)below(80) : -(int64_t)below(80);
    }
    struct fx_command command = engine_kit_place_command(&order);
    const fx_status status = apply(&command);
    world.refused += status == FX_LIQUIDATING ? 1 : 0;
    if (order.tif == FX_TIME_IN_FORCE_FOK) {
        note_sure(status);
    }
}

static void mark(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
    const int64_t jump = chance(15) ? 700 : 60;
    world.mid[symbol] += between(-jump, jump);
    world.mid[symbol] = world.mid[symbol] < 1000 ? 1000 : world.mid[symbol];
    if (world.has_funding) { /* the mark follows; a minute gives a sample, an hour a payment */
        command = engine_kit_command(FX_COMMAND_INDEX_PRICE, symbol, 0);
        const bool is_later = chance(10);
        world.kit.time_us += (int64_t)below(is_later ? 5400000000 : 90000000);
        command.u.index.index_ticks = world.mid[symbol];
        command.u.index.source_count = 1;
        (void)apply(&command);
        return;
    }
    command.u.mark.mark_ticks = world.mid[symbol];
    command.u.mark.index_ticks = world.mid[symbol];
    (void)apply(&command);
}

static void tick(void)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    (void)apply(&command);
}

static void fund(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const bool is_btc = chance(30);
    command.u.fund_insurance.asset = engine_kit_asset(is_btc ? "BTC" : "USDT");
    command.u.fund_insurance.amount =
        engine_kit_decimal(is_btc ? "0.0007" : "0.31") * (int64_t)(1 + below(7));
    if (chance(50)) {
        command.u.fund_insurance.amount = -command.u.fund_insurance.amount;
    }
    (void)apply(&command);
}

static void work_off(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CLOSE_INSURANCE, (uint32_t)below(SYMBOLS), 0);
    command.u.close_insurance.lots = (int64_t)below(4);
    (void)apply(&command);
}

static void set_state(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_STATE, (uint32_t)below(SYMBOLS), 0);
    command.u.set_state.state =
        (uint32_t)(chance(30) ? FX_INSTRUMENT_STATE_HALTED : FX_INSTRUMENT_STATE_TRADING);
    (void)apply(&command);
}

static void move_margin(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const uint64_t user_id = 1 + below(USERS);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, symbol, user_id);
    if (is_hedging(command.user_id, command.instrument)) {
        command.u.margin.position_side =
            (uint8_t)(chance(50) ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT);
    }
    command.u.margin.amount = engine_kit_decimal("0.0101") * (1 + (int64_t)below(9));
    command.u.margin.amount = chance(50) ? command.u.margin.amount : -command.u.margin.amount;
    (void)apply(&command);
}

static void withdraw(void)
{
    const bool is_withdrawal = chance(50);
    const uint64_t user_id = 1 + below(USERS);
    struct fx_command command =
        engine_kit_command(is_withdrawal ? FX_COMMAND_WITHDRAW : FX_COMMAND_DEPOSIT, 0, user_id);
    command.u.transfer.asset = engine_kit_asset("USDT");
    command.u.transfer.amount = engine_kit_decimal("0.7") * (1 + (int64_t)below(9));
    command.u.transfer.is_reward = command.kind == FX_COMMAND_DEPOSIT && chance(30) ? 1 : 0;
    (void)apply(&command);
}

static void step(void)
{
    const uint64_t pick = below(100);
    world.kit.time_us += 1000;
    if (pick < 50) {
        place();
    } else if (pick < 72) {
        mark();
    } else if (pick < 88) {
        tick();
    } else if (pick < 91) {
        fund();
    } else if (pick < 93) {
        work_off();
    } else if (pick < 95) {
        set_state();
    } else if (pick < 97) {
        move_margin();
    } else {
        withdraw();
    }
}

/* A state that was loaded goes on as the one that was saved, due and parked accounts included. */
static void reload(void)
{
    const struct fx_engine_limits limits = world.kit.engine->limits;
    const size_t size = fx_engine_save_size(world.kit.engine);
    char *saved = malloc(size);
    REQUIRE(saved != NULL);
    fx_engine_save(world.kit.engine, saved, size);
    const uint64_t hash = fx_engine_hash(world.kit.engine);
    struct fx_engine *engine = NULL;
    REQUIRE(fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &engine) ==
            FX_OK);
    free(world.kit.engine);
    world.kit.engine = engine;
    REQUIRE(fx_engine_hash(engine) == hash);
    fx_engine_check(engine);
    free(saved);
}

static uint64_t run_seed(uint64_t seed, uint32_t commands, bool is_reloading)
{
    begin(seed);
    for (uint32_t count = 0; count < commands; count++) {
        step();
        if (is_reloading && count % 97 == 96) {
            reload();
        }
    }
    return fx_engine_hash(world.kit.engine);
}

static void liquidation_next_step_is_the_predicted_one(void **state)
{
    (void)state;
    struct world all;
    memset(&all, 0, sizeof all);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        (void)run_seed(seed, COMMANDS, false);
        for (uint32_t step = 0; step < STEPS; step++) {
            all.steps[step] += world.steps[step];
        }
        all.predicted += world.predicted;
        all.edges += world.edges;
        all.partial += world.partial;
        all.waiting += world.waiting;
        all.refused += world.refused;
        all.fund_short += world.fund_short;
        all.cascades += world.cascades;
        all.hedged += world.hedged;
        all.netted += world.netted;
        all.turned += world.turned;
        all.payments += world.payments;
        all.amid += world.amid;
        all.lacking += world.lacking;
        all.barred += world.barred;
        all.sure += world.sure;
        all.killed += world.killed;
        engine_kit_deinit(&world.kit);
    }
    (void)printf(
        "steps %u %u %u %u %u, predicted %u edges %u, partial %u, waiting %u, refused %u, fund %u, "
        "cascades %u, lacking %u, barred %u, hedged %u (netted %u, turned %u), "
        "payments %u, amid %u, sure %u, killed %u\n",
        all.steps[1],
        all.steps[2],
        all.steps[3],
        all.steps[4],
        all.steps[5],
        all.predicted,
        all.edges,
        all.partial,
        all.waiting,
        all.refused,
        all.fund_short,
        all.cascades,
        all.lacking,
        all.barred,
        all.hedged,
        all.netted,
        all.turned,
        all.payments,
        all.amid,
        all.sure,
        all.killed);
    for (uint32_t step = FX_LIQUIDATION_STEP_CANCEL_ORDERS; step < STEPS; step++) {
        assert_true(all.steps[step] > 100);
    }
    assert_true(all.predicted > 400 && all.edges < all.predicted / 5);
    assert_true(all.partial > 5);
    assert_true(all.waiting > 50);
    assert_true(all.refused > 20);
    assert_true(all.fund_short > 3);
    assert_true(all.cascades > 20);
    assert_true(all.hedged > 100);
    assert_true(all.netted > 3);
    assert_true(all.payments > 1000 && all.amid > 10);
    assert_true(all.lacking > 3);
    assert_true(all.barred > 3);
    assert_true(all.sure > 100 && all.killed > 100);
}

/* R5: guards decide nothing. */
static void liquidation_reloaded_engine_goes_on_alike(void **state)
{
    (void)state;
    for (uint64_t seed = 101; seed <= 106; seed++) {
        const uint64_t first = run_seed(seed, COMMANDS, false);
        engine_kit_deinit(&world.kit);
        const uint64_t second = run_seed(seed, COMMANDS, true);
        engine_kit_deinit(&world.kit);
        assert_true(first == second);
    }
}

int main(int count, char **words)
{
    uint64_t seed = 0, commands = COMMANDS;
    if (count > 1 && fx_str_parse_u64(fx_str_of(words[1]), &seed)) {
        if (count > 2 && !fx_str_parse_u64(fx_str_of(words[2]), &commands)) {
            return 2;
        }
        (void)printf("seed %llu hash %016llx\n",
                     (unsigned long long)seed,
                     (unsigned long long)run_seed(seed, (uint32_t)commands, false));
        engine_kit_deinit(&world.kit);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(liquidation_next_step_is_the_predicted_one),
        cmocka_unit_test(liquidation_reloaded_engine_goes_on_alike),
    };
    return cmocka_run_group_tests_name("liquidation", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

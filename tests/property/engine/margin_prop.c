/* Random orders, fills, marks, settings and transfers through the money half of the engine, against
 * naive_margin.h: every reserve, margin, PnL and verdict equal to the last unit, after every step;
 * and the money that is there never changes by itself. FX_SEED in the environment picks the seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "fx_test.h"
#include "money_engine.h"
#include "naive_margin.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables,concurrency-mt-unsafe):
// plain numbers; one world, one thread
enum {
    ACCOUNTS = 3,
    INSTRUMENTS = 3,
    ROUNDS = 20,
    STEPS = 250,
    SETTINGS = 16,
    SEED_DEFAULT = 20240607
};

struct world {
    struct money_engine money;
    struct naive_margin model;
    fx_i128 fees;
    uint32_t seen[16]; /* how often each kind of thing happened: a test that does nothing fails */
};

enum seen {
    SEEN_ADMITTED,
    SEEN_SHORT_OF_MARGIN,
    SEEN_LEVERAGE_TOO_HIGH,
    SEEN_FILL,
    SEEN_TURN,
    SEEN_SETTING,
    SEEN_SETTING_REFUSED,
    SEEN_SETTING_SHORT,
    SEEN_SETTING_THIN,
    SEEN_ADJUST,
    SEEN_ADJUST_REFUSED,
    SEEN_WITHDRAWN,
    SEEN_WITHDRAWAL_REFUSED,
    SEEN_LIQUIDATION_PRICE,
    SEEN_NO_LIQUIDATION_PRICE,
    SEEN_REWARD_PAID,
    SEEN_COUNT
};

static struct world world;

static uint64_t seed(void)
{
    const char *text = getenv("FX_SEED");
    return text == NULL ? SEED_DEFAULT : strtoull(text, NULL, 10);
}

static void saw(enum seen what)
{
    world.seen[what]++;
}

static void equal(fx_i128 actual, naive_num expected, const char *what)
{
    const fx_i128 wanted = naive_to_int(expected);
    if (actual != wanted) {
        char actual_text[FX_DEC_TEXT_SIZE_MAX];
        char wanted_text[FX_DEC_TEXT_SIZE_MAX];
        (void)fx_dec_format(actual, actual_text);
        (void)fx_dec_format(wanted, wanted_text);
        fail_msg("%s is %s, model says %s", what, actual_text, wanted_text);
    }
}

/* ---- the world ---- */

static const struct money_engine_terms TERMS[INSTRUMENTS] = {
    {FX_CONTRACT_TYPE_USD_M, "0.1", "0.001", NULL, 12500},
    {FX_CONTRACT_TYPE_COIN_M, "0.5", "1", "7", 10000},
    {FX_CONTRACT_TYPE_USD_M, "0.0000013", "3", "0.7", 5000},
};

static const struct money_engine_tier TIERS[INSTRUMENTS][4] = {
    {{"500", 4000000, 12500},
     {"2500.5", 5000000, 10000},
     {"10000", 25000000, 2000},
     {"30000", 125000000, 400}},
    {{"0.01", 5000000, 10000},
     {"0.05", 10000000, 5000},
     {"0.25", 50000000, 1000},
     {"1", 150000000, 300}},
    {{"1.5", 10000000, 5000},
     {"6", 20000000, 2500},
     {"24", 50000000, 1000},
     {"100", 333333333, 200}},
};

static const int64_t MARKS[INSTRUMENTS] = {300, 20000, 50000};
static const char *const DEPOSITS[ACCOUNTS] = {"1000", "37.123456789012345678", "5"};

static void set_mark(uint32_t instrument, int64_t ticks)
{
    world.money.root.listings[instrument].mark = (fx_px){ticks};
    world.model.instruments[instrument].mark = ticks;
}

static struct naive_margin_event *record(enum naive_margin_kind kind, uint32_t account)
{
    assert_true(world.model.event_count < NAIVE_MARGIN_EVENTS_MAX);
    struct naive_margin_event *event = &world.model.events[world.model.event_count++];
    *event = (struct naive_margin_event){.kind = kind, .account = account};
    return event;
}

static fx_slot position_of(uint32_t account, uint32_t instrument)
{
    return fx_position_state_acquire(&world.money.root, account, instrument, FX_POSITION_SIDE_BOTH);
}

static void begin(void)
{
    (void)money_engine_init(&world.money);
    world.model.event_count = 0;
    world.model.order_count = 0;
    world.model.instrument_count = INSTRUMENTS;
    world.fees = 0;
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        struct naive_margin_instrument *instrument = &world.model.instruments[index];
        (void)money_engine_list(&world.money, &TERMS[index]);
        money_engine_tiers(&world.money, index, TIERS[index], 4);
        const struct fx_listing *listing = &world.money.root.listings[index];
        instrument->definition = &listing->definition;
        memcpy(instrument->tiers, listing->tiers, sizeof instrument->tiers);
        instrument->tier_count = 4;
        set_mark(index, between(0, 9) == 0 ? 0 : MARKS[index]);
    }
    for (uint32_t account = 0; account < ACCOUNTS; account++) {
        (void)money_engine_account(&world.money, account + 1, DEPOSITS[account]);
        record(NAIVE_MARGIN_CASH, account)->amount = money_engine_decimal(DEPOSITS[account]);
    }
}

/* ---- what is compared after every step ---- */

/* The price is the last one, to the tick, at which the position stands: one tick further towards
 * loss it does not. */
static void check_price(const struct naive_margin_account *account,
                        uint32_t instrument,
                        int64_t ticks,
                        bool with_maintenance)
{
    const bool is_long = account->positions[instrument].lots > 0;
    const struct naive_margin *model = &world.model;
    if (ticks == 0) {
        saw(SEEN_NO_LIQUIDATION_PRICE);
        /* Never, or already at every price. */
        const int low =
            mpq_sgn(naive_headroom(model, account, instrument, 1, with_maintenance)) < 0;
        const int high =
            mpq_sgn(naive_headroom(model, account, instrument, INT64_MAX, with_maintenance)) < 0;
        const bool is_below_first_tick = !is_long && low == 1;
        assert_true(low == high || is_below_first_tick);
        return;
    }
    saw(SEEN_LIQUIDATION_PRICE);
    naive_num here = naive_headroom(model, account, instrument, ticks, with_maintenance);
    const int64_t worse = is_long ? ticks - 1 : ticks + 1;
    assert_true(mpq_sgn(here) >= 0);
    if (worse > 0) {
        naive_num there = naive_headroom(model, account, instrument, worse, with_maintenance);
        assert_true(mpq_sgn(there) < 0);
    }
}

static void check_position(const struct naive_margin_account *account,
                           uint32_t owner,
                           uint32_t instrument)
{
    const struct fx_engine *engine = &world.money.root;
    const struct naive_margin *model = &world.model;
    const struct naive_margin_position *expected = &account->positions[instrument];
    const fx_slot slot = fx_position_state_find(engine, owner, instrument, FX_POSITION_SIDE_BOTH);
    if (slot == FX_SLOT_NONE) {
        assert_int_equal(expected->lots, 0);
        return;
    }
    const struct fx_position_state *actual = &engine->positions[slot];
    const struct naive_margin_orders orders = naive_orders(model, account, owner, instrument);
    assert_int_equal(actual->lots, expected->lots);
    assert_int_equal(actual->leverage_centi, expected->leverage_centi);
    assert_int_equal(actual->margin_mode, expected->mode);
    equal(actual->entry_value, expected->entry, "entry value");
    equal(actual->position_margin, expected->margin, "position margin");
    equal(actual->adjust_margin, expected->adjust, "adjust margin");
    equal(actual->realized_pnl, expected->realized, "realised PnL");
    equal(actual->reserve, orders.reserve, "reserve");
    equal(fx_margin_notional(engine, actual), orders.notional, "notional");
    equal(fx_margin_unrealized(engine, actual),
          naive_unrealized(model, account, instrument),
          "unrealised PnL");
    equal(fx_margin_maintenance(engine, actual),
          naive_maintenance(model, account, instrument),
          "maintenance margin");
    if (expected->lots != 0) {
        naive_num initial = expected->mode == FX_MARGIN_MODE_ISOLATED
                                ? naive_int(0)
                                : naive_at_leverage(naive_mark_value(model, account, instrument),
                                                    expected->leverage_centi);
        equal(fx_margin_initial(engine, actual), initial, "initial margin");
        check_price(account, instrument, fx_margin_liquidation_price(engine, slot).ticks, true);
        check_price(account, instrument, fx_margin_bankruptcy_price(engine, slot).ticks, false);
    }
}

/* Cash less signed entry values is what came in: a linear long and an inverse short owe theirs. */
static void check_conservation(void)
{
    const struct fx_engine *engine = &world.money.root;
    fx_i128 sum = world.fees;
    int64_t open[INSTRUMENTS] = {0};
    for (uint32_t index = 0; index < engine->account_count; index++) {
        sum += engine->accounts[index].balance + engine->accounts[index].reward_balance;
    }
    for (uint32_t index = 0; index < engine->position_count; index++) {
        const struct fx_position_state *position = &engine->positions[index];
        const bool is_inverse = TERMS[position->instrument].type == FX_CONTRACT_TYPE_COIN_M;
        const bool is_short = position->lots < 0;
        sum += is_inverse == is_short ? -position->entry_value : position->entry_value;
        open[position->instrument] += is_short ? 0 : position->lots;
    }
    assert_true(sum == engine->assets[0].deposited);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        assert_int_equal(open[index], engine->listings[index].open_interest_lots);
    }
}

static void check_all(void)
{
    const struct fx_engine *engine = &world.money.root;
    for (uint32_t owner = 0; owner < ACCOUNTS; owner++) {
        naive_margin_reset();
        const struct naive_margin_account account = naive_replay(&world.model, owner);
        equal(engine->accounts[owner].balance, account.balance, "balance");
        equal(engine->accounts[owner].reward_balance, account.reward, "reward");
        equal(fx_margin_available(engine, owner),
              naive_available(&world.model, &account, owner, false),
              "available");
        equal(fx_margin_withdrawable(engine, owner),
              naive_available(&world.model, &account, owner, true),
              "withdrawable");
        for (uint32_t instrument = 0; instrument < INSTRUMENTS; instrument++) {
            check_position(&account, owner, instrument);
        }
    }
    check_conservation();
    naive_margin_reset();
    money_engine_next(&world.money);
}

/* ---- steps ---- */

/* The model's verdict on an order that is the last of its list: with it against without it. */
static fx_status judge(uint32_t owner, uint32_t instrument)
{
    struct naive_margin *model = &world.model;
    struct naive_margin_order *order = &model->orders[model->order_count - 1];
    const struct naive_margin_account account = naive_replay(model, owner);
    const struct naive_margin_orders after = naive_orders(model, &account, owner, instrument);
    order->is_open = false;
    const struct naive_margin_orders before = naive_orders(model, &account, owner, instrument);
    naive_num available = naive_available(model, &account, owner, false);
    order->is_open = true;
    const int32_t most = naive_leverage_max(&model->instruments[instrument], after.notional);
    if (account.positions[instrument].leverage_centi > most &&
        mpq_cmp(after.notional, before.notional) > 0) {
        return FX_LEVERAGE_TOO_HIGH;
    }
    naive_num more = naive_sub(after.reserve, before.reserve);
    if (mpq_sgn(more) > 0 && mpq_cmp(more, available) > 0) {
        return FX_INSUFFICIENT_MARGIN;
    }
    return FX_OK;
}

static void note_verdict(fx_status status)
{
    saw(status == FX_OK                    ? SEEN_ADMITTED
        : status == FX_INSUFFICIENT_MARGIN ? SEEN_SHORT_OF_MARGIN
                                           : SEEN_LEVERAGE_TOO_HIGH);
}

static int64_t random_lots(uint32_t instrument)
{
    static const int64_t TYPICAL[INSTRUMENTS] = {4000, 30, 30};
    const int64_t most = TYPICAL[instrument];
    return between(0, 9) == 0 ? between(1, most * 40) : between(1, most);
}

static int64_t random_ticks(uint32_t instrument)
{
    const int64_t mark = MARKS[instrument];
    return between(mark - mark / 5, mark + mark / 5);
}

/* Ask the engine and the model about an order; both must say the same. */
static fx_status ask(fx_slot slot, const struct money_engine_order *order)
{
    struct fx_engine *engine = &world.money.root;
    const struct fx_position_state *position = &engine->positions[slot];
    const struct fx_resting resting = money_engine_resting(&world.money, slot, order);
    struct naive_margin *model = &world.model;
    assert_true(model->order_count < NAIVE_MARGIN_ORDERS_MAX);
    model->orders[model->order_count++] = (struct naive_margin_order){
        .is_open = true,
        .account = position->account,
        .instrument = position->instrument,
        .side = order->side,
        .ticks = order->ticks,
        .lots = order->lots,
        .entry_mark = engine->listings[position->instrument].mark.ticks,
    };
    const fx_status expected = judge(position->account, position->instrument);
    const fx_status actual = fx_position_state_admit(engine, slot, &resting, FX_SLOT_NONE);
    assert_int_equal(actual, expected);
    note_verdict(actual);
    return actual;
}

static void step_place(void)
{
    const uint32_t instrument = (uint32_t)between(0, INSTRUMENTS - 1);
    const fx_slot slot = position_of((uint32_t)between(0, ACCOUNTS - 1), instrument);
    struct money_engine_order order = {0};
    order.side = between(0, 1) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = random_ticks(instrument);
    order.lots = random_lots(instrument);
    if (ask(slot, &order) != FX_OK) {
        world.model.order_count--;
        return;
    }
    const fx_slot resting = money_engine_rest(&world.money, slot, &order);
    /* Slots of the engine and places of the model's list are the same numbers. */
    while (world.model.order_count - 1 < resting) {
        world.model.orders[world.model.order_count] =
            world.model.orders[world.model.order_count - 1];
        world.model.orders[world.model.order_count - 1].is_open = false;
        world.model.order_count++;
    }
    assert_int_equal(world.model.order_count - 1, resting);
}

/* A random open order, FX_SLOT_NONE where there is none near the draw. */
static fx_slot random_order(void)
{
    const uint32_t count = world.model.order_count;
    if (count == 0) {
        return FX_SLOT_NONE;
    }
    const uint32_t first = (uint32_t)between(0, count - 1);
    for (uint32_t step = 0; step < count; step++) {
        const uint32_t index = (first + step) % count;
        if (world.model.orders[index].is_open) {
            return index;
        }
    }
    return FX_SLOT_NONE;
}

static void step_cancel(void)
{
    const fx_slot order = random_order();
    if (order != FX_SLOT_NONE) {
        fx_position_state_remove_order(&world.money.root, order);
        world.model.orders[order].is_open = false;
    }
}

static void charge(uint32_t account, fx_i128 value, int64_t ppb)
{
    struct fx_engine *engine = &world.money.root;
    const fx_amount fee = fx_fee_amount((fx_amount){value}, (fx_rate){ppb});
    naive_num exact = naive_div(naive_mul(naive_int(value), naive_int(ppb)), naive_int(1000000000));
    equal(fee.units, naive_round(exact, FX_ROUND_CEIL), "fee");
    const fx_i128 reward = engine->accounts[account].reward_balance;
    assert_true(fx_account_state_credit(engine, account, -fee.units));
    if (engine->accounts[account].reward_balance < reward) {
        saw(SEEN_REWARD_PAID);
    }
    world.fees += fee.units;
    record(NAIVE_MARGIN_FEE, account)->amount = fee.units;
}

static void fill_one(fx_slot slot, enum fx_side side, int64_t ticks, int64_t lots)
{
    const struct fx_position_state *position = &world.money.root.positions[slot];
    const bool was_long = position->lots > 0;
    const bool was_flat = position->lots == 0;
    struct naive_margin_event *event = record(NAIVE_MARGIN_FILL, position->account);
    event->instrument = position->instrument;
    event->side = side;
    event->ticks = ticks;
    event->lots = lots;
    (void)money_engine_fill(&world.money, slot, side, ticks, lots);
    if (!was_flat && position->lots != 0 && was_long != (position->lots > 0)) {
        saw(SEEN_TURN);
    }
}

/* A resting order meets a taker of another account, who is asked for margin first. */
static void step_fill(void)
{
    struct fx_engine *engine = &world.money.root;
    const fx_slot maker = random_order();
    if (maker == FX_SLOT_NONE) {
        return;
    }
    struct fx_resting *hot = &engine->resting[maker];
    const fx_slot maker_position = engine->orders[maker].position;
    const uint32_t instrument = hot->instrument;
    const uint32_t other = (hot->account + (uint32_t)between(1, ACCOUNTS - 1)) % ACCOUNTS;
    const fx_slot taker_position = position_of(other, instrument);
    const int64_t most = hot->remaining.lots;
    const struct money_engine_order taker = {
        .side = fx_order_opposite((enum fx_side)hot->side),
        .ticks = hot->price.ticks,
        .lots = between(0, 2) == 0 ? most : between(1, most),
    };
    const fx_status status = ask(taker_position, &taker);
    world.model.order_count--;
    if (status != FX_OK) {
        return;
    }
    const fx_qty before = hot->remaining;
    hot->remaining.lots -= taker.lots;
    world.model.orders[maker].lots = hot->remaining.lots;
    fx_position_state_resize_order(engine, maker, before);
    fill_one(maker_position, (enum fx_side)hot->side, taker.ticks, taker.lots);
    fill_one(taker_position, taker.side, taker.ticks, taker.lots);
    if (hot->remaining.lots == 0) {
        fx_position_state_remove_order(engine, maker);
        world.model.orders[maker].is_open = false;
    }
    saw(SEEN_FILL);
    if (between(0, 1) == 0) {
        fx_i128 value = 0;
        assert_true(fx_margin_value(
            &engine->listings[instrument], (fx_px){taker.ticks}, (fx_qty){taker.lots}, &value));
        charge(hot->account, value, -123456); /* a rebate */
        charge(other, value, 456789);
    }
}

static void step_mark(void)
{
    const uint32_t instrument = (uint32_t)between(0, INSTRUMENTS - 1);
    set_mark(instrument, random_ticks(instrument));
}

static struct fx_command command_of(uint32_t owner, uint32_t instrument)
{
    return (struct fx_command){.user_id = owner + 1, .instrument = instrument};
}

/* RULES 4 on a change of settings, in the order in which the commands ask. */
static fx_status judge_setting(uint32_t owner,
                               uint32_t instrument,
                               int32_t leverage_centi,
                               enum fx_margin_mode mode)
{
    struct naive_margin *model = &world.model;
    const struct naive_margin_account before = naive_replay(model, owner);
    const struct naive_margin_position *old = &before.positions[instrument];
    if (leverage_centi > model->instruments[instrument].definition->leverage_max_centi) {
        return FX_BAD_LEVERAGE;
    }
    if (leverage_centi == old->leverage_centi && mode == old->mode) {
        return FX_OK;
    }
    bool has_orders = false;
    for (uint32_t index = 0; index < model->order_count; index++) {
        const struct naive_margin_order *order = &model->orders[index];
        has_orders = has_orders ||
                     (order->is_open && order->account == owner && order->instrument == instrument);
    }
    if (mode != old->mode && (old->lots != 0 || has_orders)) {
        return FX_MARGIN_MODE_LOCKED;
    }
    naive_num notional = naive_orders(model, &before, owner, instrument).notional;
    if (leverage_centi > naive_leverage_max(&model->instruments[instrument], notional)) {
        return FX_LEVERAGE_TOO_HIGH;
    }
    /* What is free before and after, by the definition of available itself. */
    naive_num free_before = naive_available(model, &before, owner, false);
    struct naive_margin_event *event = record(NAIVE_MARGIN_SETTING, owner);
    event->instrument = instrument;
    event->leverage_centi = leverage_centi;
    event->mode = mode;
    const struct naive_margin_account after = naive_replay(model, owner);
    naive_num free_after = naive_available(model, &after, owner, false);
    const struct naive_margin_position *new = &after.positions[instrument];
    fx_status status = FX_OK;
    if (mpq_cmp(free_after, free_before) < 0 && mpq_sgn(free_after) < 0) {
        status = FX_INSUFFICIENT_MARGIN;
    } else if (mpq_cmp(new->margin, old->margin) < 0) {
        naive_num losses = naive_min(naive_int(0), naive_unrealized(model, &after, instrument));
        naive_num margin = naive_add(naive_add(new->margin, new->adjust), losses);
        if (mpq_cmp(margin, naive_maintenance(model, &after, instrument)) <= 0) {
            status = FX_MARGIN_NOT_REMOVABLE;
        }
    }
    if (status != FX_OK) {
        world.model.event_count--;
    }
    return status;
}

/* Rather an open isolated position, where a setting moves money. */
static uint32_t isolated_instrument(uint32_t owner)
{
    const uint32_t first = (uint32_t)between(0, INSTRUMENTS - 1);
    for (uint32_t step = 0; step < INSTRUMENTS; step++) {
        const uint32_t instrument = (first + step) % INSTRUMENTS;
        const struct fx_position_state *position =
            &world.money.root.positions[position_of(owner, instrument)];
        if (position->lots != 0 && position->margin_mode == FX_MARGIN_MODE_ISOLATED) {
            return instrument;
        }
    }
    return first;
}

static void step_setting(void)
{
    static const int32_t LEVERAGES[] = {100, 150, 300, 777, 1000, 2000, 5000, 10000, 12500, 20000};
    const uint32_t owner = (uint32_t)between(0, ACCOUNTS - 1);
    const uint32_t instrument =
        between(0, 1) == 0 ? (uint32_t)between(0, INSTRUMENTS - 1) : isolated_instrument(owner);
    const fx_slot slot = position_of(owner, instrument);
    struct fx_engine *engine = &world.money.root;
    const enum fx_margin_mode kept = (enum fx_margin_mode)engine->positions[slot].margin_mode;
    const enum fx_margin_mode other =
        kept == FX_MARGIN_MODE_CROSS ? FX_MARGIN_MODE_ISOLATED : FX_MARGIN_MODE_CROSS;
    const int32_t leverage = LEVERAGES[between(0, 9)];
    const enum fx_margin_mode mode = between(0, 2) == 0 ? other : kept;
    struct fx_command command = command_of(owner, instrument);
    command.u.leverage.leverage_centi = leverage;
    command.u.leverage.margin_mode = (uint32_t)mode;
    struct fx_event_result result = {0};
    const fx_status expected = judge_setting(owner, instrument, leverage, mode);
    const fx_status actual = fx_position_setting_leverage(engine, &command, &result);
    assert_int_equal(actual, expected);
    saw(actual == FX_OK                     ? SEEN_SETTING
        : actual == FX_INSUFFICIENT_MARGIN  ? SEEN_SETTING_SHORT
        : actual == FX_MARGIN_NOT_REMOVABLE ? SEEN_SETTING_THIN
                                            : SEEN_SETTING_REFUSED);
}

/* Adding is withdrawing; after taking, margin with losses must still be initial margin. */
static fx_status judge_adjust(uint32_t owner, uint32_t instrument, fx_i128 amount)
{
    struct naive_margin *model = &world.model;
    const struct naive_margin_account account = naive_replay(model, owner);
    const struct naive_margin_position *position = &account.positions[instrument];
    if (position->mode != FX_MARGIN_MODE_ISOLATED) {
        return FX_NOT_ISOLATED;
    }
    if (position->lots == 0) {
        return FX_POSITION_NOT_FOUND;
    }
    if (amount > 0) {
        naive_num most = naive_available(model, &account, owner, true);
        return mpq_cmp(naive_int(amount), most) > 0 ? FX_INSUFFICIENT_BALANCE : FX_OK;
    }
    naive_num losses = naive_min(naive_int(0), naive_unrealized(model, &account, instrument));
    naive_num left = naive_add(naive_add(position->margin, position->adjust), naive_int(amount));
    naive_num initial =
        naive_at_leverage(naive_mark_value(model, &account, instrument), position->leverage_centi);
    return mpq_cmp(naive_add(left, losses), initial) < 0 ? FX_MARGIN_NOT_REMOVABLE : FX_OK;
}

static void step_adjust(void)
{
    const uint32_t owner = (uint32_t)between(0, ACCOUNTS - 1);
    const uint32_t instrument = isolated_instrument(owner);
    const fx_slot slot = position_of(owner, instrument);
    struct fx_engine *engine = &world.money.root;
    const int64_t whole = (int64_t)(engine->positions[slot].position_margin / 1000000) + 2;
    fx_i128 amount = (fx_i128)between(1, whole) * 500000;
    amount += between(0, 9);
    if (between(0, 2) > 0) {
        amount = -amount;
    }
    struct fx_command command = command_of(owner, instrument);
    command.u.margin.amount = amount;
    struct fx_event_result result = {0};
    const fx_status expected = judge_adjust(owner, instrument, amount);
    const fx_status actual = fx_position_setting_margin(engine, &command, &result);
    assert_int_equal(actual, expected);
    saw(actual == FX_OK ? SEEN_ADJUST : SEEN_ADJUST_REFUSED);
    if (actual == FX_OK) {
        struct naive_margin_event *event = record(NAIVE_MARGIN_ADJUST, owner);
        event->instrument = instrument;
        event->amount = amount;
    }
}

static void step_transfer(void)
{
    const uint32_t owner = (uint32_t)between(0, ACCOUNTS - 1);
    struct fx_engine *engine = &world.money.root;
    struct fx_command command = command_of(owner, 0);
    command.u.transfer.amount = between(1, 20000000000);
    command.u.transfer.amount *= between(1, 1000000000);
    assert_true(fx_ids_asset(FX_STR("USDT"), &command.u.transfer.asset));
    struct fx_event_result result = {0};
    if (between(0, 1) == 0) {
        command.u.transfer.is_reward = (uint32_t)between(0, 1);
        assert_int_equal(fx_account_command_deposit(engine, &command, &result), FX_OK);
        const bool is_reward = command.u.transfer.is_reward != 0;
        record(is_reward ? NAIVE_MARGIN_REWARD : NAIVE_MARGIN_CASH, owner)->amount =
            command.u.transfer.amount;
        return;
    }
    const struct naive_margin_account account = naive_replay(&world.model, owner);
    naive_num most = naive_available(&world.model, &account, owner, true);
    const bool fits = mpq_cmp(naive_int(command.u.transfer.amount), most) <= 0;
    const fx_status status = fx_account_command_withdraw(engine, &command, &result);
    assert_int_equal(status, fits ? FX_OK : FX_INSUFFICIENT_BALANCE);
    saw(fits ? SEEN_WITHDRAWN : SEEN_WITHDRAWAL_REFUSED);
    if (fits) {
        record(NAIVE_MARGIN_CASH, owner)->amount = -command.u.transfer.amount;
    }
}

static void step(void)
{
    const int64_t turn = between(0, 99);
    if (turn < 30) {
        step_place();
    } else if (turn < 60) {
        step_fill();
    } else if (turn < 67) {
        step_cancel();
    } else if (turn < 75) {
        step_mark();
    } else if (turn < 83) {
        step_setting();
    } else if (turn < 92) {
        step_adjust();
    } else {
        step_transfer();
    }
}

static void margin_random_history_equals_model(void **state)
{
    (void)state;
    const uint64_t first = seed();
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const uint64_t of_round = first + round;
        print_message("seed %llu\n", (unsigned long long)of_round);
        draw_begin(of_round);
        begin();
        check_all();
        for (int index = 0; index < SETTINGS; index++) {
            step_setting();
            check_all();
        }
        for (int index = 0; index < STEPS; index++) {
            step();
            check_all();
        }
    }
    for (uint32_t what = 0; what < SEEN_COUNT; what++) {
        print_message("seen %u: %u\n", what, world.seen[what]);
        assert_true(world.seen[what] > 0);
    }
    naive_margin_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(margin_random_history_equals_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-easily-swappable-parameters,cppcoreguidelines-avoid-non-const-global-variables,concurrency-mt-unsafe)

/* Random streams of hedge mode, freezes, settlements, changes of state and caps: every invariant
 * after every command (the kit), and laws that no single command shows: a side fits the mode, who
 * is frozen does not trade, what is settled is flat for ever, no command lifts the open interest
 * above its cap, and a snapshot of the middle goes on as the original did. */
#include "draw.h"
#include "engine/settle_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SEEDS = 30, COMMANDS = 800, USERS = 5, SYMBOLS = 3, STATUSES = 1000 };

struct world {
    struct engine_kit kit;
    struct fx_command log[COMMANDS];
    uint32_t log_count;
    char *saved;
    size_t saved_size;
    uint32_t saved_at;
};

static struct world world;
static uint32_t seen[STATUSES];
static uint32_t switches, ended, settled, trades, capped;

static fx_status apply(struct fx_command *command)
{
    draw.commands++;
    const fx_status status = engine_kit_apply(&world.kit, command);
    assert_true(world.log_count < COMMANDS);
    world.log[world.log_count] = *command;
    world.log_count++;
    seen[status]++;
    return status;
}

static uint32_t flags_of(uint64_t user_id)
{
    const fx_slot account = fx_account_state_find(world.kit.engine, user_id, 0);
    return world.kit.engine->accounts[account].flags;
}

static bool is_settled(uint32_t symbol)
{
    return world.kit.engine->listings[symbol].definition.state == FX_INSTRUMENT_STATE_SETTLED;
}

/* One linear, one inverse in its own asset, one dated; caps on two of them. */
static void begin(uint64_t seed)
{
    struct fx_engine_limits limits = engine_kit_limits();
    memset(&world, 0, sizeof world);
    draw_begin(seed);
    limits.cancels_max = chance(50) ? 3 : 64;
    limits.positions_max = 64;
    engine_kit_init(&world.kit, &limits);
    const char *const names[SYMBOLS] = {"AUSDT", "BUSDQ", "CUSD"};
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(names[symbol]);
        definition.taker_fee_ppb = 300000;
        definition.open_interest_cap_lots = symbol == 2 ? 0 : 30;
        if (symbol == 1) {
            definition.kind = FX_INSTRUMENT_KIND_DATED;
            definition.expiry_us = 10000000 + (int64_t)below(400000000);
        } else if (symbol == 2) {
            definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
            definition.settle = engine_kit_asset("BTC");
        }
        assert_int_equal(engine_kit_list(&world.kit, &definition, 1000), symbol);
    }
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        engine_kit_account(&world.kit, user_id, "USDT", "900000000");
        engine_kit_account(&world.kit, user_id, "BTC", "900000");
    }
}

static void place(void)
{
    struct engine_kit_order order = {.instrument = (uint32_t)below(SYMBOLS)};
    order.user_id = 1 + below(USERS);
    order.side = chance(50) ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = 990 + (int64_t)below(21);
    order.lots = 1 + (int64_t)below(12);
    order.tif = (enum fx_time_in_force)(1 + below(3));
    order.is_reduce_only = chance(20);
    order.stp = (enum fx_stp_mode)below(5);
    if (chance(15)) {
        order.type = FX_ORDER_TYPE_STOP_MARKET;
        order.source = FX_TRIGGER_SOURCE_MARK;
        order.trigger_ticks = 990 + (int64_t)below(21);
        order.tif = FX_TIME_IN_FORCE_IOC;
    }
    const bool is_hedge = (flags_of(order.user_id) & FX_ACCOUNT_FLAG_HEDGE) != 0;
    const bool is_frozen = (flags_of(order.user_id) & FX_ACCOUNT_FLAG_FROZEN) != 0;
    const bool fits = !chance(5);
    order.position_side = is_hedge == fits
                              ? (enum fx_position_side)(FX_POSITION_SIDE_LONG + below(2))
                              : (enum fx_position_side)below(2);
    struct fx_command command = engine_kit_place_command(&order);
    const fx_status status = apply(&command);
    assert_true(!is_frozen || status != FX_OK);
    assert_true(fits || status != FX_OK);
    assert_true(status != FX_POSITION_SIDE_MISMATCH || !fits);
    assert_true(status != FX_OK || !is_settled(order.instrument));
}

static void set_mode(void)
{
    const uint64_t user_id = 1 + below(USERS);
    const bool is_hedge = chance(60);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.position_mode.is_hedge = is_hedge ? 1 : 0;
    if (apply(&command) == FX_OK) {
        assert_int_equal((flags_of(user_id) & FX_ACCOUNT_FLAG_HEDGE) != 0, is_hedge);
        switches += world.kit.result.is_changed;
    }
}

static void freeze(void)
{
    uint64_t user_id = 1 + below(USERS);
    for (uint64_t other = 1; other <= USERS; other++) {
        user_id = (flags_of(other) & FX_ACCOUNT_FLAG_FROZEN) != 0 ? other : user_id;
    }
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.freeze.is_frozen = (flags_of(user_id) & FX_ACCOUNT_FLAG_FROZEN) != 0 ? 0 : 1;
    assert_int_equal(apply(&command), FX_OK);
    ended += world.kit.result.count;
}

static void set_symbol(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_STATE, symbol, 0);
    command.u.set_state.state = chance(80) ? (uint32_t)FX_INSTRUMENT_STATE_TRADING
                                           : (uint32_t)(1 + below(FX_INSTRUMENT_STATE_SETTLED));
    if (chance(40)) {
        command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, 0, 0);
        command.u.instrument = world.kit.engine->listings[symbol].definition;
        if (command.u.instrument.open_interest_cap_lots != 0) {
            command.u.instrument.open_interest_cap_lots = 1 + (int64_t)below(60);
        }
    } else if (chance(6)) {
        command = engine_kit_command(FX_COMMAND_SETTLE, symbol, 0);
        command.u.settle.has_price = 1;
        command.u.settle.settle_ticks = 995 + (int64_t)below(11);
    }
    (void)apply(&command);
}

static void set_position(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    const uint64_t user_id = 1 + below(USERS);
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
    command.u.leverage.leverage_centi = 100 + (int32_t)below(5000);
    command.u.leverage.margin_mode = (uint32_t)below(3);
    if (chance(30)) {
        command = engine_kit_command(FX_COMMAND_ADJUST_MARGIN_POSITION, symbol, user_id);
        command.u.margin.amount = (fx_i128)below(1000) * fx_dec_one() / 7;
        command.u.margin.position_side = (uint32_t)below(4);
    } else if (chance(30)) {
        command = engine_kit_command(FX_COMMAND_ADJUST_TP_SL, symbol, user_id);
        command.u.tp_sl.position_side = (uint8_t)below(4);
        command.u.tp_sl.take_profit_ticks = 985 + (int64_t)below(31);
        command.u.tp_sl.stop_loss_ticks = FX_COMMAND_TP_SL_KEEP;
        command.u.tp_sl.take_profit_source = FX_TRIGGER_SOURCE_MARK;
        command.u.tp_sl.stop_loss_source = FX_TRIGGER_SOURCE_MARK;
    }
    (void)apply(&command);
}

static void move_mark(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_MARK_PRICE, (uint32_t)below(SYMBOLS), 0);
    command.u.mark.mark_ticks = 990 + (int64_t)below(21);
    command.u.mark.index_ticks = 990 + (int64_t)below(21);
    (void)apply(&command);
}

static void check_laws(const int64_t before[SYMBOLS], const bool was_settled[SYMBOLS])
{
    const struct fx_engine *engine = world.kit.engine;
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event_trade *trade = &world.kit.events.items[index].u.trade;
        if (world.kit.events.items[index].kind == FX_EVENT_TRADE) {
            trades++;
            assert_int_equal(flags_of(trade->buy_user_id) & FX_ACCOUNT_FLAG_FROZEN, 0);
            assert_int_equal(flags_of(trade->sell_user_id) & FX_ACCOUNT_FLAG_FROZEN, 0);
            assert_false(was_settled[trade->instrument]);
        }
    }
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        const struct fx_listing *listing = &engine->listings[symbol];
        const int64_t cap = listing->definition.open_interest_cap_lots;
        assert_true(cap == 0 ||
                    listing->open_interest_lots <= (cap > before[symbol] ? cap : before[symbol]));
        capped += cap != 0 && listing->open_interest_lots >= cap ? 1 : 0;
        settled += is_settled(symbol) && !was_settled[symbol] && before[symbol] > 0 ? 1 : 0;
        assert_true(!is_settled(symbol) || listing->open_interest_lots == 0);
    }
}

static void step(void)
{
    int64_t interest[SYMBOLS];
    bool was_settled[SYMBOLS];
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        interest[symbol] = world.kit.engine->listings[symbol].open_interest_lots;
        was_settled[symbol] = is_settled(symbol);
    }
    world.kit.time_us += (int64_t)below(1000000);
    const uint64_t what = below(100);
    if (what < 60) {
        place();
    } else if (what < 66) {
        set_mode();
    } else if (what < 70) {
        freeze();
    } else if (what < 80) {
        set_symbol();
    } else if (what < 87) {
        set_position();
    } else if (what < 93) {
        move_mark();
    } else {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        if (what > 96) {
            command = engine_kit_command(
                FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1 + below(USERS));
            command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        }
        assert_int_equal(apply(&command), FX_OK);
    }
    check_laws(interest, was_settled);
}

/* The tail of the log into the snapshot of the middle leads to the same state. */
static void end(void)
{
    const struct fx_engine_limits limits = world.kit.engine->limits;
    struct fx_engine *copy = NULL;
    assert_int_equal(
        fx_engine_load(
            engine_kit_memory(&limits), &limits, (fx_str){world.saved, world.saved_size}, &copy),
        FX_OK);
    const uint64_t hash = fx_engine_hash(world.kit.engine);
    for (uint32_t index = world.saved_at; index < world.log_count; index++) {
        fx_engine_apply(copy, &world.log[index], &world.kit.events);
    }
    assert_true(fx_engine_hash(copy) == hash);
    free(copy);
    free(world.saved);
    engine_kit_deinit(&world.kit);
}

static void modes_random_streams_keep_the_laws(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        for (uint32_t count = 0; count < COMMANDS; count++) {
            if (count == COMMANDS / 2) {
                world.saved_size = fx_engine_save_size(world.kit.engine);
                world.saved = malloc(world.saved_size);
                assert_non_null(world.saved);
                fx_engine_save(world.kit.engine, world.saved, world.saved_size);
                world.saved_at = world.log_count;
            }
            step();
        }
        end();
    }
    /* The streams must meet these, or they test less than they say. */
    const fx_status must_meet[] = {FX_OK,
                                   FX_POSITION_SIDE_MISMATCH,
                                   FX_POSITION_MODE_LOCKED,
                                   FX_ACCOUNT_FROZEN,
                                   FX_SYMBOL_SETTLED,
                                   FX_BAD_STATE_CHANGE,
                                   FX_INSTRUMENT_HALTED,
                                   FX_OPEN_INTEREST_CAP,
                                   FX_REDUCE_ONLY_REJECTED,
                                   FX_MARGIN_MODE_LOCKED};
    for (uint32_t index = 0; index < sizeof must_meet / sizeof must_meet[0]; index++) {
        if (seen[must_meet[index]] == 0) {
            fail_msg("never met: %s", fx_status_name(must_meet[index]));
        }
    }
    assert_true(trades > 400);
    assert_true(switches > 20);
    assert_true(ended > 50);
    assert_true(settled > 10);
    assert_true(capped > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_random_streams_keep_the_laws),
    };
    return cmocka_run_group_tests_name("modes", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

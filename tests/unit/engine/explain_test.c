/* EXPLAIN over random states: what it says is what the rows say, and the formulas hold. */
#include "base/rng.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;
static struct fx_rng rng;
static fx_i128 terms[FX_TERM_COUNT];

enum { SYMBOLS = 2, USERS = 4 };

static fx_status explain(uint64_t user_id, uint32_t instrument)
{
    struct fx_command question = engine_kit_command(FX_COMMAND_EXPLAIN, instrument, user_id);
    const struct fx_event_test answer = engine_kit_ask(&kit, &question);
    if (answer.result.reject.status != FX_OK) {
        assert_int_equal(kit.events.count, 1);
        return answer.result.reject.status;
    }
    assert_int_equal(kit.events.count, FX_TERM_COUNT + 1);
    for (uint32_t term = 0; term < FX_TERM_COUNT; term++) {
        assert_int_equal(kit.events.items[term].kind, FX_EVENT_TERM);
        assert_int_equal(kit.events.items[term].u.term.term, term);
        terms[term] = kit.events.items[term].u.term.value;
    }
    return FX_OK;
}

static void setup_market(void)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    const char *const names[SYMBOLS] = {"AUSDT", "BUSDT"};
    engine_kit_init(&kit, &limits);
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(names[symbol]);
        definition.tick_size = engine_kit_decimal("0.07");
        definition.lot_size = engine_kit_decimal("0.013");
        definition.taker_fee_ppb = 400000;
        assert_int_equal(engine_kit_list(&kit, &definition, 1000), symbol);
        struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, symbol, 0);
        struct fx_tier *tiers = command.u.tiers.tiers;
        command.u.tiers.count = 3;
        tiers[0] = (struct fx_tier){
            .cap = engine_kit_decimal("5"), .rate_ppb = 4000000, .leverage_max_centi = 10000};
        tiers[1] = (struct fx_tier){
            .cap = engine_kit_decimal("20"), .rate_ppb = 10000000, .leverage_max_centi = 5000};
        tiers[2] = (struct fx_tier){
            .cap = fx_dec_limit() - 1, .rate_ppb = 50000000, .leverage_max_centi = 1000};
        fx_instrument_fill_cums(tiers, 3);
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    }
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "37.000000000000000003");
    }
}

static void move_market(void)
{
    const uint32_t symbol = (uint32_t)fx_rng_below(&rng, SYMBOLS);
    const uint64_t user_id = 1 + fx_rng_below(&rng, USERS);
    const int64_t mark = kit.engine->listings[symbol].mark.ticks;
    if (fx_rng_below(&rng, 10) == 0) {
        assert_int_equal(engine_kit_mark(&kit, symbol, mark + fx_rng_between(&rng, -30, 30)),
                         FX_OK);
    } else if (fx_rng_below(&rng, 12) == 0) {
        struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
        command.u.leverage.leverage_centi = 100 + (int32_t)fx_rng_below(&rng, 3000);
        command.u.leverage.margin_mode = (uint32_t)fx_rng_below(&rng, 3);
        (void)engine_kit_apply(&kit, &command);
    } else {
        const enum fx_side side = fx_rng_below(&rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
        const int64_t ticks = mark + fx_rng_between(&rng, -5, 5);
        (void)ENGINE_KIT_PLACE(&kit,
                               .user_id = user_id,
                               .instrument = symbol,
                               .side = side,
                               .ticks = ticks,
                               .lots = 1 + (int64_t)fx_rng_below(&rng, 20));
    }
}

/* The row of a position as a dump says it. */
static bool find_row(uint64_t user_id, uint32_t instrument, struct fx_event_position *row_out)
{
    const fx_slot account =
        fx_account_state_find(kit.engine, user_id, kit.engine->listings[instrument].asset);
    const fx_slot position =
        fx_position_state_find(kit.engine, account, instrument, FX_POSITION_SIDE_BOTH);
    if (position == FX_SLOT_NONE) {
        return false;
    }
    memset(row_out, 0, sizeof *row_out);
    fx_touch_position_row(kit.engine, position, row_out);
    return true;
}

static void check_account(void)
{
    const fx_i128 gains = terms[FX_TERM_CROSS_UNREALIZED_PNL];
    const fx_i128 without = terms[FX_TERM_BALANCE] + terms[FX_TERM_REWARD_BALANCE] -
                            terms[FX_TERM_ISOLATED_MARGINS] - terms[FX_TERM_CROSS_INITIAL_MARGINS] -
                            terms[FX_TERM_ORDER_RESERVES];
    assert_true(terms[FX_TERM_AVAILABLE] == without + gains);
    fx_i128 most = without + (gains < 0 ? gains : 0);
    most = most < terms[FX_TERM_BALANCE] ? most : terms[FX_TERM_BALANCE];
    assert_true(terms[FX_TERM_WITHDRAWABLE] == (most > 0 ? most : 0));
}

static fx_i128 ceil_div(fx_i128 value, fx_i128 divisor)
{
    return (value + divisor - 1) / divisor;
}

static void check_position(const struct fx_event_position *row, uint32_t instrument)
{
    const struct fx_instrument *definition = &kit.engine->listings[instrument].definition;
    const fx_i128 value = terms[FX_TERM_MARK_VALUE];
    const int sign = row->lots > 0 ? 1 : -1;
    assert_true(terms[FX_TERM_ENTRY_VALUE] == row->entry_value);
    assert_true(terms[FX_TERM_ORDER_RESERVE] == row->order_cost);
    assert_true(terms[FX_TERM_POSITION_MARGIN] == row->position_margin);
    assert_true(terms[FX_TERM_LIQUIDATION_PRICE] ==
                fx_instrument_price(definition, (fx_px){row->liquidation_ticks}));
    assert_true(terms[FX_TERM_BANKRUPT_PRICE] ==
                fx_instrument_price(definition, (fx_px){row->bankrupt_ticks}));
    assert_true(terms[FX_TERM_CURRENT_QTY] ==
                fx_instrument_quantity(definition, (fx_qty){row->lots}));
    if (row->lots == 0) {
        assert_true(terms[FX_TERM_MAINTENANCE_MARGIN] == 0 && terms[FX_TERM_TIER] == 0);
        return;
    }
    assert_true(terms[FX_TERM_UNREALIZED_PNL] == sign * (value - row->entry_value));
    const fx_i128 rate_ppb = terms[FX_TERM_MAINTENANCE_RATE] / 1000000000;
    assert_true(terms[FX_TERM_MAINTENANCE_MARGIN] ==
                ceil_div(value * rate_ppb, 1000000000) - terms[FX_TERM_MAINTENANCE_CUM]);
    if (row->margin_mode == FX_MARGIN_MODE_CROSS) {
        assert_true(terms[FX_TERM_INITIAL_MARGIN] == ceil_div(value * 100, row->leverage_centi));
    } else {
        assert_true(terms[FX_TERM_BACKING] == row->position_margin + row->adjust_margin);
        assert_true(terms[FX_TERM_OTHER_MAINTENANCE] == 0);
    }
    assert_true(terms[FX_TERM_EQUITY] == terms[FX_TERM_BACKING] + terms[FX_TERM_UNREALIZED_PNL]);
    assert_true(terms[FX_TERM_EQUITY_NEEDED] ==
                terms[FX_TERM_MAINTENANCE_MARGIN] + terms[FX_TERM_OTHER_MAINTENANCE]);
    /* At the price of bankruptcy the backing is used up, to the tick. */
    fx_i128 tick_value = 0;
    assert_true(
        fx_dec_mul_int(kit.engine->listings[instrument].unit, sign * row->lots, &tick_value));
    const fx_i128 left =
        terms[FX_TERM_BACKING] + sign * (tick_value * row->bankrupt_ticks - row->entry_value);
    if (row->bankrupt_ticks > 0) {
        assert_true(left >= 0 && left < tick_value);
    }
}

static void explain_says_what_the_rows_say(void **state)
{
    (void)state;
    uint32_t open = 0, tiers = 0;
    setup_market();
    fx_rng_init(&rng, 11);
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, USERS);
        command.u.leverage.leverage_centi = 700;
        command.u.leverage.margin_mode = FX_MARGIN_MODE_ISOLATED;
        assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    }
    for (uint32_t step = 0; step < 1500; step++) {
        move_market();
        const uint64_t user_id = 1 + fx_rng_below(&rng, USERS);
        const uint32_t instrument = (uint32_t)fx_rng_below(&rng, SYMBOLS);
        struct fx_event_position row;
        assert_int_equal(explain(user_id, instrument), FX_OK);
        check_account();
        if (find_row(user_id, instrument, &row)) {
            check_position(&row, instrument);
            open += row.lots != 0 ? 1 : 0;
            tiers += terms[FX_TERM_TIER] > fx_dec_one() ? 1 : 0;
        }
    }
    assert_true(open > 300 && tiers > 30);
    engine_kit_deinit(&kit);
}

static void explain_refuses_what_is_not_there(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    assert_int_equal(explain(1, 7), FX_UNKNOWN_SYMBOL);
    assert_int_equal(explain(99, 0), FX_ACCOUNT_NOT_FOUND);
    struct fx_command question = engine_kit_command(FX_COMMAND_EXPLAIN, 0, 1);
    question.u.explain.position_side = 9;
    assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_BAD_PARAMETER);
    assert_int_equal(explain(1, 0), FX_OK); /* nothing is open */
    assert_true(terms[FX_TERM_AVAILABLE] == engine_kit_decimal("1000000"));
    assert_true(terms[FX_TERM_LIQUIDATION_PRICE] == 0);
    engine_kit_deinit(&kit);
}

/* The greatest score there is: profit and leverage at the ends of their scale. It just fits. */
/* A symbol without tiers has no maintenance margin; a side of a hedge pair is told by itself. */
static void explain_of_no_tiers_and_of_one_side(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    assert_int_equal(engine_kit_mode(&kit, 1, true), FX_OK);
    for (uint32_t index = 0; index < 2; index++) {
        const enum fx_side side = index == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 2,
                                          .side = fx_order_opposite(side),
                                          .ticks = 100,
                                          .lots = 3 + index),
                         FX_OK);
        assert_int_equal(ENGINE_KIT_PLACE(&kit,
                                          .user_id = 1,
                                          .side = side,
                                          .ticks = 100,
                                          .lots = 3 + index,
                                          .position_side = index == 0 ? FX_POSITION_SIDE_LONG
                                                                      : FX_POSITION_SIDE_SHORT),
                         FX_OK);
    }
    const uint32_t sides[] = {FX_POSITION_SIDE_LONG, FX_POSITION_SIDE_SHORT};
    const int64_t lots[] = {3, -4};
    for (uint32_t index = 0; index < 2; index++) {
        struct fx_command question = engine_kit_command(FX_COMMAND_EXPLAIN, 0, 1);
        question.u.explain.position_side = sides[index];
        assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_OK);
        assert_true(kit.events.items[FX_TERM_CURRENT_QTY].u.term.value ==
                    fx_dec_one() * lots[index]);
        assert_true(kit.events.items[FX_TERM_TIER].u.term.value == fx_dec_one());
    }
    kit.engine->listings[0].definition.tier_count = 0; /* as only a load can leave it */
    assert_int_equal(explain(2, 0), FX_OK);
    assert_true(terms[FX_TERM_TIER] == 0 && terms[FX_TERM_LIQUIDATION_TIER] == 0);
    assert_true(terms[FX_TERM_MAINTENANCE_MARGIN] == 0 && terms[FX_TERM_EQUITY_NEEDED] == 0);
    engine_kit_deinit(&kit);
}

/* Money of the exchange by asset; a fund where there is one. */
static void explain_exchange_says_its_fund(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    struct fx_command question =
        engine_kit_command(FX_COMMAND_SHOW_EXCHANGE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_OK);
    assert_int_equal(kit.events.count, 2);
    assert_int_equal(kit.events.items[0].u.exchange.fund_account_id, 0);
    assert_true(kit.events.items[0].u.exchange.deposited == engine_kit_decimal("4000000"));
    struct fx_command fund =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    fund.u.fund_insurance.asset = engine_kit_asset("USDT");
    fund.u.fund_insurance.amount = engine_kit_decimal("7");
    assert_int_equal(engine_kit_apply(&kit, &fund), FX_OK);
    assert_int_equal(engine_kit_ask(&kit, &question).result.reject.status, FX_OK);
    assert_int_equal(kit.events.items[0].u.exchange.fund_account_id, 5);
    assert_true(kit.events.items[0].u.exchange.fund_balance == engine_kit_decimal("7"));
    assert_true(kit.events.items[0].u.exchange.deposited == engine_kit_decimal("4000007"));
    engine_kit_deinit(&kit);
}

static void explain_says_the_greatest_score(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 2, .side = FX_SIDE_SELL, .ticks = 100, .lots = 1), FX_OK);
    assert_int_equal(
        ENGINE_KIT_PLACE(&kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1), FX_OK);
    struct fx_position_state *position = &kit.engine->positions[1];
    assert_int_equal(position->lots, 1);
    kit.engine->listings[0].mark.ticks = 1000000;
    position->lots = 1000000;
    position->entry_value = 1;
    kit.engine->accounts[0].balance = -fx_margin_unrealized(kit.engine, position) + 1;
    assert_int_equal(explain(1, 0), FX_OK);
    assert_true(terms[FX_TERM_ADL_SCORE] == fx_dec_limit() - 1);
    position->entry_value = fx_dec_limit() - 1;
    kit.engine->accounts[0].balance = 0;
    assert_int_equal(explain(1, 0), FX_OK);
    assert_true(terms[FX_TERM_ADL_SCORE] < 0);
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explain_says_what_the_rows_say),
        cmocka_unit_test(explain_refuses_what_is_not_there),
        cmocka_unit_test(explain_of_no_tiers_and_of_one_side),
        cmocka_unit_test(explain_exchange_says_its_fund),
        cmocka_unit_test(explain_says_the_greatest_score),
    };
    return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

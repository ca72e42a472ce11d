/* A week of a perpetual contract, minute by minute as it was recorded, over 10,000 leveraged
 * accounts: liquidations in the book, takeovers, auto-deleveraging and fundings all happen, money
 * adds up to the last digit and the insurance fund never owes. The last line says the state's hash:
 * tests/e2e/31-btc compares builds by it. The recording is not part of this tree: FX_SHARED_DIR
 * names the folder that holds data/, else it is looked for beside the tree. */
#include <inttypes.h>
#include <stdio.h>

#include "base/rng.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    USERS = 10000,
    MAKERS = 4,
    QUOTES = 3,
    TRADES_A_MINUTE = 12,
    REACH = 15,         /* ticks from the price that a taker goes */
    TICKS_MAX = 100000, /* at one moment */
    LINE_SIZE = 256,
    PATH_SIZE = 512,
    STEPS = FX_LIQUIDATION_STEP_DONE + 1,
    CLOSE_COLUMN = 4
};

/* The first minute of the recording; they follow without a gap. */
static const int64_t FIRST_US = 1640991660LL * 1000000;
static const int64_t MINUTE_US = 60000000;

static struct engine_kit kit;
static struct fx_rng rng;
static uint64_t steps[STEPS];
static uint64_t fundings, payments, commands;

static FILE *open_recording(void)
{
    char path[PATH_SIZE];
    const char *shared = getenv("FX_SHARED_DIR");
    (void)snprintf(path,
                   sizeof path,
                   "%s/data/btc-perp-1m-2022-01.csv",
                   shared == NULL ? FX_SOURCE_DIR "/../shared" : shared);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: no recording %s (set FX_SHARED_DIR)\n", path);
    }
    return file;
}

/* @return the price at the end of the next minute; 0 behind the last one. */
static int64_t next_price(FILE *file)
{
    char line[LINE_SIZE];
    if (fgets(line, sizeof line, file) == NULL) {
        return 0;
    }
    const char *field = line;
    for (int skipped = 0; skipped < CLOSE_COLUMN; skipped++) {
        field = strchr(field, ',');
        assert_non_null(field);
        field++;
    }
    return strtoll(field, NULL, 10);
}

static void note(void)
{
    for (uint32_t index = 0; index < kit.events.count; index++) {
        const struct fx_event *event = &kit.events.items[index];
        if (event->kind == FX_EVENT_LIQUIDATION) {
            steps[event->u.liquidation.step]++;
        } else if (event->kind == FX_EVENT_INSURANCE) {
            assert_true(event->u.insurance.balance >= 0); /* I-23 */
        } else if (event->kind == FX_EVENT_FUNDING && event->u.funding.is_complete != 0) {
            fundings += event->u.funding.is_skipped == 0 ? 1 : 0;
            payments += event->u.funding.positions;
        }
    }
}

static fx_status apply(struct fx_command *command)
{
    const fx_status status = engine_kit_apply(&kit, command);
    commands++;
    note();
    return status;
}

/* What is due happens before anything else, as in every role that runs an engine. */
static void catch_up(void)
{
    for (int count = 0; fx_engine_next_due_us(kit.engine) <= kit.time_us; count++) {
        struct fx_command tick = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        assert_true(count < TICKS_MAX);
        assert_int_equal(apply(&tick), FX_OK);
    }
}

static void check_money(void)
{
    struct fx_engine_audit audit;
    fx_engine_audit(kit.engine, &audit);
    assert_int_equal(audit.count, 1);
    assert_true(audit.assets[0].error == 0);
    assert_true(audit.assets[0].insurance >= 0);
}

static void place(const struct engine_kit_order *order)
{
    struct fx_command command = engine_kit_place_command(order);
    (void)apply(&command);
    catch_up();
}

/* ---- the exchange and its traders --------------------------------------------------------------
 */

static void set_up(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    limits.accounts_max = USERS + 64;
    limits.positions_max = USERS + 64;
    limits.orders_max = 1024;
    limits.book_window_levels = 4096;
    limits.book_overflow_levels_max = 2112;
    limits.fills_max = 64;
    memset(steps, 0, sizeof steps);
    fundings = 0;
    payments = 0;
    commands = 0;
    fx_rng_init(&rng, 1);
    engine_kit_init(&kit, &limits);
    kit.is_unchecked = true;
    kit.time_us = FIRST_US - MINUTE_US;
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    definition.multiplier = engine_kit_decimal("0.001");
    definition.taker_fee_ppb = 400000;
    definition.maker_fee_ppb = -50000;
    definition.liquidation_fee_ppb = 1000000;
    definition.interest_ppb = 100000;
    definition.damper_ppb = 500000;
    assert_int_equal(engine_kit_list(&kit, &definition, 46319), 0);
    struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    rules.u.mark_rules.max_age_us = 5 * MINUTE_US;
    rules.u.mark_rules.band_ppb = 20000000;
    rules.u.mark_rules.sources_min = 1;
    assert_int_equal(apply(&rules), FX_OK);
    struct fx_command fund =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    fund.u.fund_insurance.asset = engine_kit_asset("USDT");
    fund.u.fund_insurance.amount = engine_kit_decimal("2000");
    assert_int_equal(apply(&fund), FX_OK);
}

/* Leverage 10 to 100, every other user isolated. */
static void join(uint64_t user_id)
{
    const bool is_maker = user_id > USERS;
    engine_kit_account(&kit, user_id, "USDT", is_maker ? "100000000" : "200");
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, user_id);
    command.u.leverage.leverage_centi = is_maker ? 1000 : (int32_t)(1000 + user_id * 7 % 9001);
    command.u.leverage.margin_mode =
        user_id % 2 == 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED;
    assert_int_equal(apply(&command), FX_OK);
}

/* Quotes around the price; where it runs away, nobody quotes. */
static void quote(int64_t price, bool is_calm)
{
    for (uint64_t maker = USERS + 1; maker <= USERS + MAKERS; maker++) {
        struct fx_command cancel = engine_kit_command(FX_COMMAND_CANCEL_ALL, 0, maker);
        cancel.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        (void)apply(&cancel);
        for (int64_t level = 1; is_calm && level <= QUOTES; level++) {
            const int64_t away = level * 3 + (int64_t)fx_rng_below(&rng, 3);
            struct engine_kit_order order = {
                .user_id = maker, .side = FX_SIDE_BUY, .ticks = price - away, .lots = 300};
            place(&order);
            order.side = FX_SIDE_SELL;
            order.ticks = price + away;
            place(&order);
        }
    }
}

/* An order of most of what the user's money carries, taken at once or not at all; more of them buy.
 */
static void trade(int64_t price)
{
    const uint64_t user_id = 1 + fx_rng_below(&rng, USERS);
    const bool is_buy = fx_rng_below(&rng, 100) < 62;
    const int64_t leverage_centi = 1000 + (int64_t)(user_id * 7 % 9001);
    const int64_t lots = 200 * leverage_centi * 7 / price; /* 70 % */
    const struct engine_kit_order order = {.user_id = user_id,
                                           .side = is_buy ? FX_SIDE_BUY : FX_SIDE_SELL,
                                           .ticks = price + (is_buy ? REACH : -REACH),
                                           .lots = lots > 0 ? lots : 1,
                                           .tif = FX_TIME_IN_FORCE_IOC};
    place(&order);
}

static void tell_index(int64_t price)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, 0, 0);
    command.u.index.index_ticks = price;
    command.u.index.source_count = 3;
    assert_int_equal(apply(&command), FX_OK);
    catch_up();
}

/* A snapshot of the middle goes on as the original would have. */
static void reload(void)
{
    const struct fx_engine_limits limits = kit.engine->limits;
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    struct fx_engine *copy = NULL;
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &copy), FX_OK);
    assert_true(fx_engine_hash(copy) == fx_engine_hash(kit.engine));
    free(kit.engine);
    free(saved);
    kit.engine = copy;
}

static uint64_t live(FILE *file, bool is_reloaded)
{
    int64_t before = 0;
    set_up();
    for (uint64_t user_id = 1; user_id <= USERS + MAKERS; user_id++) {
        join(user_id);
    }
    rewind(file);
    (void)next_price(file); /* the names of the columns */
    uint64_t minutes = 0;
    for (int64_t price = next_price(file); price > 0; price = next_price(file), minutes++) {
        const int64_t moved = before == 0 ? 0 : (price - before) * 10000 / before;
        const bool is_calm = moved > -20 && moved < 20; /* less than 0.2 % in a minute */
        kit.time_us = FIRST_US + (int64_t)minutes * MINUTE_US;
        catch_up();
        tell_index(price);
        quote(price, is_calm);
        for (int count = 0; count < TRADES_A_MINUTE; count++) {
            trade(price);
        }
        if (minutes % 500 == 0) {
            check_money();
        }
        if (is_reloaded && minutes % 3000 == 2999) {
            reload();
        }
        before = price;
    }
    assert_true(minutes > 10000);
    check_money();
    fx_engine_check(kit.engine);
    const uint64_t hash = fx_engine_hash(kit.engine);
    engine_kit_deinit(&kit);
    return hash;
}

static void btc_week_of_leveraged_accounts_keeps_the_law(void **state)
{
    (void)state;
    FILE *file = open_recording();
    if (file == NULL) {
        skip();
    }
    const uint64_t hash = live(file, false);
    assert_true(live(file, true) == hash);
    (void)fclose(file);
    (void)printf("commands %" PRIu64 ", in the book %" PRIu64 ", takeovers %" PRIu64
                 ", deleveraged %" PRIu64 ", fundings %" PRIu64 " of %" PRIu64
                 " payments\nhash %016" PRIx64 "\n",
                 commands,
                 steps[FX_LIQUIDATION_STEP_BOOK],
                 steps[FX_LIQUIDATION_STEP_TAKEOVER],
                 steps[FX_LIQUIDATION_STEP_ADL],
                 fundings,
                 payments,
                 hash);
    assert_true(steps[FX_LIQUIDATION_STEP_BOOK] > 100);
    assert_true(steps[FX_LIQUIDATION_STEP_TAKEOVER] > 10);
    assert_true(steps[FX_LIQUIDATION_STEP_ADL] > 10);
    assert_true(fundings > 15);
    assert_true(payments > 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(btc_week_of_leveraged_accounts_keeps_the_law),
    };
    return cmocka_run_group_tests_name("btc", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

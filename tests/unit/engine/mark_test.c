/* Mark and index: the door through which they change, and when they grow stale. */
#include "engine/marks_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

enum { ALICE = 1, BOB = 2 };

static struct engine_kit kit;

static int set_up(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_init(&kit, &limits);
    assert_int_equal(engine_kit_list(&kit, &definition, 100), 0);
    engine_kit_account(&kit, ALICE, "USDT", "100000");
    engine_kit_account(&kit, BOB, "USDT", "100000");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

static fx_status set_rules(int64_t max_age_us, int64_t band_ppb, uint32_t sources_min)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 0, 0);
    command.u.mark_rules.max_age_us = max_age_us;
    command.u.mark_rules.band_ppb = band_ppb;
    command.u.mark_rules.sources_min = sources_min;
    return engine_kit_apply(&kit, &command);
}

static const struct fx_event_mark *mark_said(void)
{
    return &engine_kit_event(&kit, FX_EVENT_MARK, 0)->u.mark;
}

static fx_status buy(bool is_reduce_only)
{
    struct engine_kit_order order = {.user_id = ALICE,
                                     .side = FX_SIDE_BUY,
                                     .ticks = 90,
                                     .lots = 1,
                                     .is_reduce_only = is_reduce_only};
    return engine_kit_order(&kit, &order);
}

static void mark_without_rules_never_grows_stale(void **state)
{
    (void)state;
    kit.time_us += 365LL * 86400 * 1000000;
    assert_int_equal(buy(false), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX);
    assert_int_equal(engine_kit_mark(&kit, 0, 101), FX_OK);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_int_equal(mark_said()->has_index, 0);
}

static void mark_older_than_its_limit_stops_what_opens(void **state)
{
    (void)state;
    assert_int_equal(set_rules(2000000, 0, 1), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_int_equal(mark_said()->max_age_us, 2000000);
    const int64_t set_us = kit.time_us;
    assert_true(fx_engine_next_due_us(kit.engine) == set_us + 2000001);
    kit.time_us = set_us + 2000000; /* as old as it may be */
    assert_int_equal(buy(false), FX_OK);
    kit.time_us++;
    assert_int_equal(buy(false), FX_MARK_STALE);
    assert_int_equal(engine_kit_tick(&kit, kit.time_us), FX_OK);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(mark_said()->is_stale, 1);
    assert_int_equal(mark_said()->mark_ticks, 100);
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX); /* said once */
    assert_int_equal(engine_kit_mark(&kit, 0, 102), FX_OK);
    assert_int_equal(mark_said()->is_stale, 0);
    assert_int_equal(buy(false), FX_OK);
    assert_true(fx_engine_next_due_us(kit.engine) == kit.time_us + 2000001);
}

static void mark_stale_leaves_what_closes(void **state)
{
    (void)state;
    struct engine_kit_order ask = {.user_id = BOB, .side = FX_SIDE_SELL, .ticks = 100, .lots = 2};
    struct engine_kit_order bid = {.user_id = ALICE, .side = FX_SIDE_BUY, .ticks = 100, .lots = 2};
    assert_int_equal(engine_kit_order(&kit, &ask), FX_OK);
    assert_int_equal(engine_kit_order(&kit, &bid), FX_OK);
    assert_int_equal(set_rules(1, 0, 1), FX_OK);
    kit.time_us += 1000000;
    struct engine_kit_order close = {
        .user_id = ALICE, .side = FX_SIDE_SELL, .ticks = 101, .lots = 1};
    assert_int_equal(engine_kit_order(&kit, &close), FX_OK); /* closing needs no mark */
    close.is_reduce_only = true;
    assert_int_equal(engine_kit_order(&kit, &close), FX_OK);
    close =
        (struct engine_kit_order){.user_id = ALICE, .side = FX_SIDE_SELL, .ticks = 101, .lots = 2};
    assert_int_equal(engine_kit_order(&kit, &close), FX_MARK_STALE); /* one lot would open */
}

static void mark_rules_are_judged_and_kept(void **state)
{
    (void)state;
    assert_int_equal(set_rules(-1, 0, 1), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(FX_COMMAND_MARK_AGE_US_MAX + 1, 0, 1), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(0, -1, 1), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(0, 1000000000, 1), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(0, 0, 0), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(0, 0, 1001), FX_BAD_PARAMETER);
    assert_int_equal(set_rules(5000000, 30000000, 2), FX_OK);
    assert_int_equal(set_rules(5000000, 30000000, 2), FX_OK);
    assert_int_equal(kit.result.is_changed, 0);
    assert_int_equal(kit.events.count, 1);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, 1, 0);
    command.u.mark_rules.sources_min = 1;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_UNKNOWN_SYMBOL);
}

static void mark_rules_survive_a_snapshot(void **state)
{
    (void)state;
    assert_int_equal(set_rules(5000000, 30000000, 2), FX_OK);
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    struct fx_engine *engine = NULL;
    const struct fx_engine_limits limits = engine_kit_limits();
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &engine), FX_OK);
    fx_engine_check(engine);
    assert_true(fx_engine_hash(engine) == fx_engine_hash(kit.engine));
    assert_true(fx_engine_next_due_us(engine) == fx_engine_next_due_us(kit.engine));
    assert_int_equal(engine->marks[0].sources_min, 2);
    free(engine);
    free(saved);
}

static void mark_rules_count_in_the_hash(void **state)
{
    (void)state;
    const uint64_t before = fx_hash_content(kit.engine);
    assert_int_equal(set_rules(5000000, 30000000, 2), FX_OK);
    const uint64_t after = fx_hash_content(kit.engine);
    assert_true(before != after);
    assert_int_equal(set_rules(5000000, 30000000, 3), FX_OK);
    assert_true(fx_hash_content(kit.engine) != after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(mark_without_rules_never_grows_stale),
        CASE(mark_older_than_its_limit_stops_what_opens),
        CASE(mark_stale_leaves_what_closes),
        CASE(mark_rules_are_judged_and_kept),
        CASE(mark_rules_survive_a_snapshot),
        CASE(mark_rules_count_in_the_hash),
    };
    return cmocka_run_group_tests_name("mark", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

/* sim: equal seeds, equal worlds; a world with all of its faults keeps every promise. */
#include "sim/sim.h"

#include <string.h>

#include "base/log.h"
#include "fx_test.h"
#include "sim/sim_plan.h"

enum { REQUESTS = 200 };

static struct fx_sim_result run(const struct fx_sim_options *options)
{
    struct fx_sim_result result;
    assert_int_equal(fx_sim_run(options, &result), FX_OK);
    if (result.is_violated) {
        fail_msg("seed %llu: %s", (unsigned long long)options->seed, result.violation);
    }
    return result;
}

static void sim_same_seed_gives_the_same_world(void **state)
{
    (void)state;
    struct fx_sim_options options = {.seed = 7, .cut = {.requests_max = REQUESTS}};
    const struct fx_sim_result one = run(&options);
    const struct fx_sim_result other = run(&options);
    assert_true(one.is_done);
    assert_memory_equal(&one, &other, sizeof one);
    options.seed = 8;
    const struct fx_sim_result another = run(&options);
    assert_true(one.state_hash != another.state_hash);
}

static void sim_worlds_keep_their_promises(void **state)
{
    (void)state;
    uint64_t crashes = 0, commands = 0;
    for (uint64_t seed = 100; seed < 112; seed++) {
        const struct fx_sim_options options = {.seed = seed, .cut = {.requests_max = REQUESTS}};
        const struct fx_sim_result result = run(&options);
        assert_true(result.is_done);
        crashes += result.crashes;
        commands += result.commands;
    }
    assert_true(crashes > 5);
    assert_true(commands > 12 * 20);
}

static void sim_until_stops_where_it_says(void **state)
{
    (void)state;
    const struct fx_sim_options options = {.seed = 9, .until = 300};
    const struct fx_sim_result result = run(&options);
    assert_false(result.is_done);
    assert_in_range(result.events, 300, 400); /* a step may fold many events */
}

static void sim_cut_takes_faults_away(void **state)
{
    (void)state;
    const struct fx_sim_options options = {.seed = 10,
                                           .cut = {.clients_max = 1,
                                                   .requests_max = REQUESTS,
                                                   .fault_mask = (1U << FX_SIM_PLAN_FAULTS) - 1,
                                                   .is_network_kind = true,
                                                   .is_store_kind = true}};
    const struct fx_sim_result result = run(&options);
    assert_true(result.is_done);
    assert_int_equal(result.crashes, 0);
    assert_int_equal(result.requests, REQUESTS);
}

static void sim_power_fails_where_it_is_told(void **state)
{
    (void)state;
    struct fx_sim_options options = {
        .seed = 11, .crash_at = UINT64_MAX, .cut = {.requests_max = REQUESTS}};
    const struct fx_sim_result whole = run(&options);
    assert_int_equal(whole.crashes, 0);
    assert_true(whole.disk_operations > 20);
    options.crash_at = whole.disk_operations - 5;
    const struct fx_sim_result cut = run(&options);
    assert_int_equal(cut.crashes, 1);
    assert_true(cut.is_done);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sim_same_seed_gives_the_same_world),
        cmocka_unit_test(sim_worlds_keep_their_promises),
        cmocka_unit_test(sim_until_stops_where_it_says),
        cmocka_unit_test(sim_cut_takes_faults_away),
        cmocka_unit_test(sim_power_fails_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

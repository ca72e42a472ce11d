/* Crash at every operation, with every fate of every unsynced sector, and recover. The model is a
 * list of records: all that were acknowledged are back, in order, none after a gap, none twice. */
#include <stdlib.h>

#include "unit/bus/bus_testing.h"

enum { SEED_DEFAULT = 20231225, LIVES_MAX = 12 };

static uint64_t seed_of_run(void)
{
    const char *text = getenv("FX_SEED");
    uint64_t seed = SEED_DEFAULT;
    if (text != NULL && !fx_str_parse_u64(fx_str_of(text), &seed)) {
        seed = SEED_DEFAULT;
    }
    return seed;
}

/* Work until the power fails or `steps` are done. */
static void work(struct fx_bus_journal *journal,
                 struct test_model *model,
                 struct fx_rng *rng,
                 int steps)
{
    for (int step = 0; step < steps && !fx_bus_journal_has_failed(journal); step++) {
        const uint64_t burst = fx_rng_below(rng, 8);
        for (uint64_t index = 0; index < burst; index++) {
            const fx_status status = test_append(journal, model);
            assert_true(status == FX_OK || status == FX_BUSY || status == FX_IO);
        }
        if (fx_rng_below(rng, 4) == 0) {
            (void)fx_bus_journal_prepare_step(journal, step);
        }
        (void)fx_bus_journal_step(journal, (int64_t)step * 1000);
        assert_true(model->acked <= model->appended);
    }
}

struct scenario {
    uint64_t seed;
    uint64_t crash_at; /* in the first life; later ones draw theirs */
    enum fx_bus_journal_mode mode;
    bool is_drop_cache_ignored;
    bool
        is_sync_error; /* instead of a crash: one sync fails, the process dies, the machine stays */
};

/* One history of several lives. @return operations of the first life. */
static uint64_t run(const struct scenario *scenario)
{
    struct test_model *model = calloc(1, sizeof *model);
    struct fx_bus_disk *disk = fx_bus_disk_create(scenario->seed);
    assert_non_null(model);
    assert_non_null(disk);
    struct fx_rng rng;
    fx_rng_init(&rng, scenario->seed ^ scenario->crash_at);
    struct fx_bus_journal_options options = test_options(disk, model);
    options.mode = scenario->mode;
    uint64_t op_count = 0;
    for (int life = 0; life < LIVES_MAX; life++) {
        const bool is_last = life + 1 == LIVES_MAX;
        struct fx_bus_disk_faults faults = {
            .short_write_ppm = 100000, .is_drop_cache_ignored = scenario->is_drop_cache_ignored};
        if (scenario->is_sync_error && life % 2 == 0) {
            faults.sync_error_at = life == 0 ? scenario->crash_at : 1 + fx_rng_below(&rng, 12);
        } else if (!is_last) {
            faults.crash_at = life == 0 ? scenario->crash_at : 1 + fx_rng_below(&rng, 40);
        }
        model->synced = model->acked;
        fx_bus_disk_set_faults(disk, is_last ? (struct fx_bus_disk_faults){.crash_at = 0} : faults);
        struct fx_bus_journal *journal = NULL;
        struct fx_bus_journal_report report;
        const fx_status status = test_open(&options, model, &journal, &report);
        if (status == FX_OK) {
            work(journal, model, &rng, is_last ? 3 : 12);
            assert_true(model->fatal_count <= 1);
            model->synced = fx_bus_journal_synced_seq(journal);
            fx_bus_journal_abandon(journal);
        } else if (!fx_bus_disk_is_down(disk) && faults.sync_error_at == 0) {
            fail_msg("seed %llu crash_at %llu life %d: %s: %s",
                     (unsigned long long)scenario->seed,
                     (unsigned long long)scenario->crash_at,
                     life,
                     fx_status_name(status),
                     report.text);
        }
        op_count = life == 0 ? fx_bus_disk_op_count(disk) : op_count;
        if (faults.sync_error_at != 0 && fx_rng_below(&rng, 2) == 0) {
            fx_bus_disk_kill_process(disk);
        } else {
            fx_bus_disk_crash(disk);
        }
        if (scenario->mode != FX_BUS_JOURNAL_STRICT) {
            model->acked = model->synced; /* less is promised across a power cut */
        }
    }
    fx_bus_disk_destroy(disk);
    free(model);
    return op_count;
}

static void run_all(enum fx_bus_journal_mode mode, bool is_sync_error, uint64_t seeds)
{
    const uint64_t first = seed_of_run();
    print_message("seed %llu (FX_SEED)\n", (unsigned long long)first);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct scenario scenario = {.seed = seed, .crash_at = 1, .mode = mode};
        /* Other modes have more than one frame in flight: they need the hint to be taken. */
        scenario.is_drop_cache_ignored = seed % 2 == 0 && mode == FX_BUS_JOURNAL_STRICT;
        scenario.is_sync_error = is_sync_error;
        while (run(&scenario) >= scenario.crash_at && scenario.crash_at < 200) {
            scenario.crash_at++;
        }
        assert_true(scenario.crash_at > 10);
    }
}

static void bus_journal_crash_at_every_operation_equals_model(void **state)
{
    (void)state;
    run_all(FX_BUS_JOURNAL_STRICT, false, 12);
}

static void bus_journal_failed_sync_then_restart_equals_model(void **state)
{
    (void)state;
    run_all(FX_BUS_JOURNAL_STRICT, true, 6);
}

static void bus_journal_crash_in_relaxed_mode_loses_only_the_end(void **state)
{
    (void)state;
    run_all(FX_BUS_JOURNAL_RELAXED, false, 4);
}

static void bus_journal_failed_sync_in_relaxed_mode_loses_only_the_end(void **state)
{
    (void)state;
    run_all(FX_BUS_JOURNAL_RELAXED, true, 4);
}

static void bus_journal_crash_in_mode_none_loses_only_the_end(void **state)
{
    (void)state;
    run_all(FX_BUS_JOURNAL_NONE, false, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_journal_crash_at_every_operation_equals_model),
        cmocka_unit_test(bus_journal_failed_sync_then_restart_equals_model),
        cmocka_unit_test(bus_journal_crash_in_relaxed_mode_loses_only_the_end),
        cmocka_unit_test(bus_journal_failed_sync_in_relaxed_mode_loses_only_the_end),
        cmocka_unit_test(bus_journal_crash_in_mode_none_loses_only_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

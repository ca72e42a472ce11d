/* A queue behind the reading must be invisible: same commands, same order, same state. */
#include "worker/worker_replay.h"

#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { TICKS = 11 };

static struct engine_kit kit;
static uint64_t applied[TICKS];
static uint32_t applied_count;
static uint64_t fail_at;

static int setup(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&kit, &limits);
    applied_count = 0;
    fail_at = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

static fx_status on_applied(void *context, uint64_t sequence)
{
    assert_ptr_equal(context, &kit);
    assert_int_equal(fx_engine_sequence(kit.engine), sequence);
    assert_int_equal(kit.events.items[0].sequence, sequence);
    assert_true(applied_count < TICKS);
    applied[applied_count] = sequence;
    applied_count++;
    return sequence == fail_at ? FX_NO_SPACE : FX_OK;
}

static struct fx_worker_replay begin(void)
{
    return (struct fx_worker_replay){
        .engine = kit.engine, .events = &kit.events, .on_applied = on_applied, .context = &kit};
}

/* A TICK whose record claims `seq`. */
static fx_status feed(struct fx_worker_replay *replay, uint64_t sequence, uint64_t seq)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.sequence = sequence;
    command.time_us = (int64_t)sequence;
    const struct fx_bus_journal_record record = {.seq = seq, .bytes = fx_command_encode(&command)};
    return fx_worker_replay_record(replay, &record);
}

static void worker_replay_every_record_is_applied_once_in_order(void **state)
{
    (void)state;
    struct fx_worker_replay replay = begin();
    for (uint64_t sequence = 1; sequence <= TICKS; sequence++) {
        assert_int_equal(feed(&replay, sequence, sequence), FX_OK);
        assert_true(applied_count < sequence);
    }
    assert_int_equal(applied_count, TICKS - FX_ENGINE_PREFETCH_MAX);
    assert_int_equal(fx_worker_replay_finish(&replay), FX_OK);
    assert_int_equal(applied_count, TICKS);
    for (uint32_t index = 0; index < TICKS; index++) {
        assert_int_equal(applied[index], index + 1);
    }
    assert_int_equal(fx_worker_replay_finish(&replay), FX_OK);
    assert_int_equal(applied_count, TICKS);
}

static void worker_replay_few_records_wait_for_the_end(void **state)
{
    (void)state;
    struct fx_worker_replay replay = begin();
    assert_int_equal(feed(&replay, 1, 1), FX_OK);
    assert_int_equal(applied_count, 0);
    assert_int_equal(fx_worker_replay_finish(&replay), FX_OK);
    assert_int_equal(applied_count, 1);
}

static void worker_replay_wrong_sequence_is_corrupt(void **state)
{
    (void)state;
    struct fx_worker_replay replay = begin();
    assert_int_equal(feed(&replay, 1, 1), FX_OK);
    assert_int_equal(feed(&replay, 2, 3), FX_CORRUPT);
    assert_int_equal(applied_count, 0);
}

static void worker_replay_bytes_of_no_command_are_corrupt(void **state)
{
    (void)state;
    struct fx_worker_replay replay = begin();
    const struct fx_bus_journal_record record = {.seq = 1, .bytes = FX_STR("xyz")};
    assert_int_equal(fx_worker_replay_record(&replay, &record), FX_CORRUPT);
}

static void worker_replay_failure_of_the_caller_ends_it(void **state)
{
    (void)state;
    struct fx_worker_replay replay = begin();
    fail_at = 2;
    for (uint64_t sequence = 1; sequence <= 3; sequence++) {
        assert_int_equal(feed(&replay, sequence, sequence), FX_OK);
    }
    assert_int_equal(fx_worker_replay_finish(&replay), FX_NO_SPACE);
    assert_int_equal(applied_count, 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(worker_replay_every_record_is_applied_once_in_order),
        CASE(worker_replay_few_records_wait_for_the_end),
        CASE(worker_replay_wrong_sequence_is_corrupt),
        CASE(worker_replay_bytes_of_no_command_are_corrupt),
        CASE(worker_replay_failure_of_the_caller_ends_it),
    };
    return cmocka_run_group_tests_name("worker_replay", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

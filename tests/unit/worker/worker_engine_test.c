/* worker/worker_engine: nothing visible before it is durable; the same state after every start. */
#include "worker/worker_engine.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus_snapshot.h"
#include "fx_test.h"

enum { COMMANDS = 500, LAST = COMMANDS + 1 }; /* the first record is INITIALIZE_ENGINE */

struct fixture {
    char dir[64];
    char journal[96];
    char snapshots[96];
    struct fx_engine_limits limits;
    struct fx_worker_engine *worker;
    struct fx_worker_engine_report report;
    uint64_t last_token;
    uint64_t results;
    uint64_t recovered;
    uint64_t refused;
    uint64_t refused_token; /* of the last one */
    fx_status refused_status;
};

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct fixture *fixture = context;
    assert_true(count > 0);
    assert_int_equal(events[count - 1].kind, FX_EVENT_RESULT);
    fixture->recovered++;
    return FX_OK;
}

static void open_worker(struct fixture *fixture, uint64_t saved_sequence)
{
    const struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                                     .snapshot_dir = fixture->snapshots,
                                                     .limits = &fixture->limits,
                                                     .saved_sequence = saved_sequence,
                                                     .on_recovered = on_recovered,
                                                     .recovered_context = fixture};
    fixture->recovered = 0;
    assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report), FX_OK);
}

/* Consume for both consumers; every released event must be durable. */
static void pump(void *context)
{
    struct fixture *fixture = context;
    struct fx_ring_broadcast *ring = fx_worker_engine_ring(fixture->worker);
    struct fx_worker_engine_stats stats;
    for (uint32_t consumer = 0; consumer < FX_WORKER_ENGINE_CONSUMERS; consumer++) {
        const void *items = NULL;
        const uint32_t count = fx_ring_broadcast_peek(ring, consumer, &items);
        const struct fx_event *events = items;
        fx_worker_engine_stats(fixture->worker, &stats);
        for (uint32_t index = 0; index < count; index++) {
            assert_true(events[index].sequence <= stats.durable);
            if (consumer == 0 && events[index].kind == FX_EVENT_RESULT &&
                events[index].token != 0 && events[index].u.result.reject.status != FX_OK) {
                fixture->refused++;
                fixture->refused_token = events[index].token;
                fixture->refused_status = events[index].u.result.reject.status;
            } else if (consumer == 0 && events[index].kind == FX_EVENT_RESULT &&
                       events[index].token != 0) {
                fixture->last_token = events[index].token;
                fixture->results++;
            }
        }
        fx_ring_broadcast_advance(ring, consumer, count);
    }
}

static void wait_results(struct fixture *fixture, uint64_t count)
{
    const struct timespec pause = {.tv_nsec = 100000};
    for (int turn = 0; fixture->results < count && turn < 100000; turn++) {
        pump(fixture);
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(fixture->results, count);
}

static void submit_deposit(struct fixture *fixture, uint64_t token)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = token == 1 ? FX_COMMAND_CREATE_ACCOUNT : FX_COMMAND_DEPOSIT;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = 7;
    if (token == 1) {
        assert_true(fx_ids_asset(FX_STR("USDT"), &command.u.account.asset));
    } else {
        assert_true(fx_ids_asset(FX_STR("USDT"), &command.u.transfer.asset));
        command.u.transfer.amount = fx_dec_one();
        command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    }
    assert_true(fx_worker_engine_submit(fixture->worker, token, &command));
    fx_worker_engine_wake(fixture->worker);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    (void)snprintf(fixture->dir, sizeof fixture->dir, "/tmp/worker_engine_XXXXXX");
    assert_non_null(mkdtemp(fixture->dir));
    (void)snprintf(fixture->journal, sizeof fixture->journal, "%s/j", fixture->dir);
    (void)snprintf(fixture->snapshots, sizeof fixture->snapshots, "%s/s", fixture->dir);
    const struct fx_bus_file_system system = fx_bus_file_posix();
    assert_int_equal(system.ops->make_dir(system.disk, fixture->snapshots), 0);
    fixture->limits = fx_engine_default_limits();
    fixture->limits.accounts_max = 64;
    fixture->limits.positions_max = 64;
    fixture->limits.orders_max = 256;
    fixture->limits.instruments_max = 2;
    fixture->limits.client_ids_max = 256;
    fixture->limits.book_window_levels = 64;
    fixture->limits.account_orders_max = 100;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    char line[128];
    (void)snprintf(line, sizeof line, "rm -rf '%s'", fixture->dir);
    const int code = system(line); // NOLINT(cert-env33-c): a path of our own
    free(fixture);
    return code;
}

static void run_commands(struct fixture *fixture)
{
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    for (uint64_t token = 1; token <= COMMANDS; token++) {
        submit_deposit(fixture, token);
    }
    wait_results(fixture, COMMANDS);
    assert_int_equal(fixture->last_token, COMMANDS);
    assert_int_equal(fixture->refused, 0);
    fx_worker_engine_stop(fixture->worker, pump, fixture);
}

static void worker_engine_restart_gives_same_state(void **state)
{
    struct fixture *fixture = *state;
    open_worker(fixture, 0);
    assert_int_equal(fixture->report.sequence, 0);
    assert_int_equal(fx_worker_engine_limits(fixture->worker)->accounts_max, 64);
    run_commands(fixture);
    const uint64_t hash = fx_engine_hash(fx_worker_engine_engine(fixture->worker));
    fx_worker_engine_destroy(fixture->worker);

    fixture->limits.accounts_max = 3; /* of a newer program: the journal has its own */
    open_worker(fixture, LAST);       /* the savers have all: from the last snapshot */
    assert_int_equal(fx_worker_engine_limits(fixture->worker)->accounts_max, 64);
    assert_int_equal(fixture->report.snapshot_sequence, LAST);
    assert_int_equal(fixture->report.sequence, LAST);
    assert_int_equal(fixture->report.state_hash, hash);
    assert_int_equal(fixture->recovered, 0);
    fx_worker_engine_destroy(fixture->worker);

    open_worker(fixture, 100); /* the savers are behind the snapshot: it may not be used */
    assert_int_equal(fixture->report.snapshot_sequence, 0);
    assert_int_equal(fixture->report.replayed, LAST);
    assert_int_equal(fixture->report.state_hash, hash);
    assert_int_equal(fixture->recovered, LAST - 100);
    fx_worker_engine_destroy(fixture->worker);
}

static void worker_engine_question_is_answered_and_not_logged(void **state)
{
    struct fixture *fixture = *state;
    open_worker(fixture, 0);
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    submit_deposit(fixture, 1);
    wait_results(fixture, 1);
    struct fx_command question;
    memset(&question, 0, sizeof question);
    question.kind = FX_COMMAND_TEST_ORDER;
    question.user_id = 7;
    assert_true(fx_worker_engine_submit(fixture->worker, 99, &question));
    submit_deposit(fixture, 2);
    wait_results(fixture, 2); /* the deposits; the question's answer is a reject */
    fx_worker_engine_stop(fixture->worker, pump, fixture);
    assert_int_equal(fixture->refused, 1);
    assert_int_equal(fixture->refused_token, 99);
    assert_int_equal(fixture->refused_status, FX_UNKNOWN_SYMBOL);
    assert_int_equal(fx_engine_sequence(fx_worker_engine_engine(fixture->worker)), 3);
    const uint64_t hash = fx_engine_hash(fx_worker_engine_engine(fixture->worker));
    fx_worker_engine_destroy(fixture->worker);
    open_worker(fixture, 1); /* from genesis: the log has three records */
    assert_int_equal(fixture->report.sequence, 3);
    assert_int_equal(fixture->report.state_hash, hash);
    fx_worker_engine_destroy(fixture->worker);
}

static void worker_engine_second_owner_is_locked_out(void **state)
{
    struct fixture *fixture = *state;
    open_worker(fixture, 0);
    const struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                                     .snapshot_dir = fixture->snapshots,
                                                     .limits = &fixture->limits};
    struct fx_worker_engine *second = NULL;
    struct fx_worker_engine_report report;
    assert_int_equal(fx_worker_engine_create(&options, &second, &report), FX_LOCKED);
    assert_null(second);
    fx_worker_engine_destroy(fixture->worker);
}

static void worker_engine_stop_finishes_what_was_submitted(void **state)
{
    struct fixture *fixture = *state;
    open_worker(fixture, 0);
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    for (uint64_t token = 1; token <= COMMANDS; token++) {
        submit_deposit(fixture, token);
    }
    fx_worker_engine_stop(fixture->worker, pump, fixture);
    pump(fixture);
    assert_int_equal(fixture->results, COMMANDS);
    fx_worker_engine_destroy(fixture->worker);
}

/* A saver whose database is locked: nobody consumes, and the ring holds the events of few commands.
 */
static void worker_engine_stop_gives_up_on_a_stuck_consumer(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t events_max = fx_engine_events_max(&fixture->limits);
    struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                               .snapshot_dir = fixture->snapshots,
                                               .limits = &fixture->limits,
                                               .ring_capacity = 1,
                                               .stop_us = 1000};
    while (options.ring_capacity < events_max) {
        options.ring_capacity *= 2;
    }
    assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report), FX_OK);
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    struct fx_worker_engine_stats stats;
    for (uint64_t token = 1; token <= 4096; token++) {
        submit_deposit(fixture, token);
    }
    fx_worker_engine_stop(fixture->worker, NULL, NULL);
    fx_worker_engine_stats(fixture->worker, &stats);
    assert_true(stats.intake_count > 0);
    fx_worker_engine_destroy(fixture->worker);
    open_worker(fixture, 0); /* what was taken is there */
    assert_true(fixture->report.sequence >= 1);
    assert_int_equal(fixture->recovered, fixture->report.sequence);
    fx_worker_engine_destroy(fixture->worker);
}

static uint32_t load_of(const struct fixture *fixture)
{
    struct fx_worker_engine_stats stats;
    fx_worker_engine_stats(fixture->worker, &stats);
    return stats.load_percent;
}

/* A saver that stands still is seen long before the ring is full, and also that it goes on. */
static void worker_engine_load_tells_of_a_stuck_consumer(void **state)
{
    struct fixture *fixture = *state;
    const struct timespec pause = {.tv_nsec = 100000};
    struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                               .snapshot_dir = fixture->snapshots,
                                               .limits = &fixture->limits,
                                               .ring_capacity = 1};
    while (options.ring_capacity < fx_engine_events_max(&fixture->limits) + 2000) {
        options.ring_capacity *= 2;
    }
    assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report), FX_OK);
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    uint64_t token = 0;
    uint32_t seen = 0;
    for (uint32_t turn = 0; turn < 100000 && seen < 100; turn++) {
        if (token < options.ring_capacity) {
            submit_deposit(fixture, ++token);
        }
        const uint32_t load = load_of(fixture);
        seen = load > seen ? load : seen;
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(seen, 100);
    wait_results(fixture, token); /* everybody consumes again */
    for (uint32_t turn = 0; turn < 100000 && load_of(fixture) > 0; turn++) {
        pump(fixture);
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(load_of(fixture), 0);
    fx_worker_engine_stop(fixture->worker, pump, fixture);
    fx_worker_engine_destroy(fixture->worker);
}

/* With each snapshot the money is summed up and told, and the figures say what was written. */
static void worker_engine_snapshot_is_told_with_an_audit(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                                     .snapshot_dir = fixture->snapshots,
                                                     .limits = &fixture->limits,
                                                     .snapshot_commands = 1};
    struct fx_engine_audit audit;
    struct fx_worker_engine_figures figures;
    assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report), FX_OK);
    assert_false(fx_worker_engine_audit(fixture->worker, &audit));
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    submit_deposit(fixture, 1);
    fx_worker_engine_wake(fixture->worker);
    const struct timespec pause = {.tv_nsec = 1000000};
    do {
        (void)nanosleep(&pause, NULL);
        pump(fixture);
        fx_worker_engine_figures(fixture->worker, &figures);
    } while (figures.snapshot.written_sequence == 0);
    fx_worker_engine_stop(fixture->worker, pump, fixture);
    assert_true(fx_worker_engine_audit(fixture->worker, &audit));
    assert_false(fx_worker_engine_audit(fixture->worker, &audit));
    assert_true(audit.sequence >= figures.snapshot.written_sequence);
    for (uint32_t index = 0; index < audit.count; index++) {
        assert_true(audit.assets[index].error == 0);
    }
    assert_true(figures.snapshot.written_us > 0 && figures.snapshot.failures == 0);
    assert_true(figures.journal.sync_count > 0);
    uint64_t syncs = 0;
    for (uint32_t index = 0; index <= FX_METRIC_BOUNDS_COUNT; index++) {
        syncs += atomic_load(&figures.sync_times->counts[index]);
    }
    assert_true(syncs >= figures.journal.sync_count);
    fx_worker_engine_destroy(fixture->worker);
}

static uint64_t saved_of(void *context)
{
    return atomic_load((_Atomic uint64_t *)context);
}

/* Tables that do not come forward: the newest snapshot that they will have reached is kept. */
static void worker_engine_lagging_tables_keep_their_snapshot(void **state)
{
    enum { EVERY = 50 };
    struct fixture *fixture = *state;
    _Atomic uint64_t saved = 0;
    const struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                                     .snapshot_dir = fixture->snapshots,
                                                     .limits = &fixture->limits,
                                                     .snapshot_commands = EVERY,
                                                     .saved = {saved_of, &saved}};
    struct fx_worker_engine_figures figures;
    assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report), FX_OK);
    assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
    uint64_t token = 0;
    do { /* the first one is written whatever the tables have */
        submit_deposit(fixture, ++token);
        wait_results(fixture, token);
        fx_worker_engine_figures(fixture->worker, &figures);
    } while (figures.snapshot.written_sequence == 0 && token < COMMANDS / 2);
    const uint64_t first = figures.snapshot.written_sequence;
    while (token < COMMANDS) {
        submit_deposit(fixture, ++token);
        wait_results(fixture, token);
    }
    fx_worker_engine_stop(fixture->worker, pump, fixture);
    fx_worker_engine_figures(fixture->worker, &figures);
    assert_int_equal(figures.snapshot.written_sequence, first);
    fx_worker_engine_destroy(fixture->worker); /* at its end there is none, either */
    assert_true(first >= EVERY && first < LAST);

    open_worker(fixture, first); /* the tables came as far as that */
    assert_int_equal(fixture->report.snapshot_sequence, first);
    assert_int_equal(fixture->report.sequence, LAST);
    fx_worker_engine_destroy(fixture->worker); /* nobody asks for tables: one is written */

    open_worker(fixture, LAST);
    assert_int_equal(fixture->report.snapshot_sequence, LAST);
    fx_worker_engine_destroy(fixture->worker);
}

/* The same over many starts: each loads the snapshot that the tables have reached and may not
 * push it out by newer ones. */
static void worker_engine_starts_behind_lagging_tables_keep_their_snapshot(void **state)
{
    enum { EVERY = 10, STARTS = 6 };
    struct fixture *fixture = *state;
    _Atomic uint64_t saved = 0;
    uint64_t token = 0;
    for (uint32_t start = 0; start < STARTS; start++) {
        const uint64_t reached = atomic_load(&saved);
        const struct fx_worker_engine_options options = {.journal_dir = fixture->journal,
                                                         .snapshot_dir = fixture->snapshots,
                                                         .limits = &fixture->limits,
                                                         .snapshot_commands = EVERY,
                                                         .saved_sequence = reached,
                                                         .on_recovered = on_recovered,
                                                         .recovered_context = fixture,
                                                         .saved = {saved_of, &saved}};
        assert_int_equal(fx_worker_engine_create(&options, &fixture->worker, &fixture->report),
                         FX_OK);
        assert_int_equal(fixture->report.snapshot_sequence, reached);
        assert_int_equal(fx_worker_engine_start(fixture->worker), FX_OK);
        for (uint32_t more = 0; more < EVERY + 5; more++) {
            submit_deposit(fixture, ++token);
            wait_results(fixture, token);
        }
        fx_worker_engine_stop(fixture->worker, pump, fixture);
        if (start == 0) { /* the tables come as far as the first one, and no further */
            struct fx_worker_engine_figures figures;
            fx_worker_engine_figures(fixture->worker, &figures);
            assert_true(figures.snapshot.written_sequence >= EVERY);
            atomic_store(&saved, figures.snapshot.written_sequence);
        }
        fx_worker_engine_destroy(fixture->worker);
    }
    fixture->worker = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            worker_engine_starts_behind_lagging_tables_keep_their_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_lagging_tables_keep_their_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_engine_restart_gives_same_state, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_question_is_answered_and_not_logged, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_snapshot_is_told_with_an_audit, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_engine_second_owner_is_locked_out, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_stop_finishes_what_was_submitted, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_stop_gives_up_on_a_stuck_consumer, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_engine_load_tells_of_a_stuck_consumer, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* worker/worker_host: the single writer stepped by hand on a disk in memory, as the simulator does.
 */
#include "worker/worker_host.h"

#include <stdlib.h>
#include <string.h>

#include "bus/bus_disk.h"
#include "fx_test.h"
#include "worker/worker_engine.h"

struct fixture {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_worker_engine *worker;
    struct fx_worker_engine_report report;
    enum fx_bus_journal_mode mode;
    uint64_t saved_sequence;
    uint64_t snapshot_commands;
    int64_t now_us;
    uint64_t answered; /* token of the last RESULT that was seen */
    int fatal_count;
};

static int64_t clock_of(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static void on_fatal(void *context, const char *what, int error)
{
    (void)what;
    (void)error;
    ((struct fixture *)context)->fatal_count++;
}

static fx_status open_worker(struct fixture *fixture)
{
    const struct fx_bus_journal_options journal = {.segment_size_bytes = 65536,
                                                   .first_segment_bytes = 65536,
                                                   .frame_size_max = 8192,
                                                   .ring_size_bytes = 8192,
                                                   .on_fatal = on_fatal,
                                                   .fatal_context = fixture};
    const struct fx_worker_engine_options options = {.journal_dir = "/j",
                                                     .snapshot_dir = "/s",
                                                     .host = &fixture->host,
                                                     .journal = &journal,
                                                     .limits = &fixture->limits,
                                                     .mode = fixture->mode,
                                                     .snapshot_commands =
                                                         fixture->snapshot_commands,
                                                     .saved_sequence = fixture->saved_sequence};
    return fx_worker_engine_create(&options, &fixture->worker, &fixture->report);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->disk = fx_bus_disk_create(1);
    assert_non_null(fixture->disk);
    fixture->host = (struct fx_worker_host){
        .system = fx_bus_disk_system(fixture->disk), .clock = clock_of, .clock_context = fixture};
    fixture->now_us = 1000000;
    fixture->saved_sequence = UINT64_MAX;
    fixture->snapshot_commands = 5;
    fixture->limits = fx_engine_default_limits();
    fixture->limits.accounts_max = 16;
    fixture->limits.positions_max = 16;
    fixture->limits.orders_max = 64;
    fixture->limits.instruments_max = 1;
    fixture->limits.client_ids_max = 64;
    fixture->limits.book_window_levels = 64;
    fixture->limits.account_orders_max = 32;
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_worker_engine_abandon(fixture->worker);
    fx_bus_disk_destroy(fixture->disk);
    free(fixture);
    return 0;
}

static void submit(struct fixture *fixture, uint64_t token)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_CREATE_ACCOUNT;
    command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    command.user_id = token;
    assert_true(fx_ids_asset(FX_STR("USDT"), &command.u.account.asset));
    assert_true(fx_worker_engine_submit(fixture->worker, token, &command));
}

static void consume(struct fixture *fixture)
{
    struct fx_ring_broadcast *ring = fx_worker_engine_ring(fixture->worker);
    for (uint32_t consumer = 0; consumer < FX_WORKER_ENGINE_CONSUMERS; consumer++) {
        const void *items = NULL;
        const uint32_t count = fx_ring_broadcast_peek(ring, consumer, &items);
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            if (events[index].kind == FX_EVENT_RESULT && events[index].token != 0) {
                fixture->answered = events[index].token;
            }
        }
        fx_ring_broadcast_advance(ring, consumer, count);
    }
}

static void turn(struct fixture *fixture)
{
    fixture->now_us += 10;
    (void)fx_worker_engine_step(fixture->worker, fixture->now_us);
    (void)fx_bus_journal_step(fx_worker_engine_journal(fixture->worker), fixture->now_us);
    (void)fx_worker_engine_step(fixture->worker, fixture->now_us);
    (void)fx_worker_snapshot_step(fx_worker_engine_snapshot(fixture->worker), fixture->now_us);
    consume(fixture);
}

static void worker_host_default_is_this_machine(void **state)
{
    (void)state;
    const struct fx_worker_host host = fx_worker_host_of(NULL);
    assert_ptr_equal(host.system.ops, fx_bus_file_posix().ops);
    assert_true(fx_worker_host_now_us(&host) > 1700000000LL * 1000000);
}

static void worker_host_given_members_stay(void **state)
{
    const struct fixture *fixture = *state;
    const struct fx_worker_host host = fx_worker_host_of(&fixture->host);
    assert_ptr_equal(host.system.disk, fixture->disk);
    assert_int_equal(fx_worker_host_now_us(&host), 1000000);
}

static void worker_host_power_cut_leaves_what_was_answered(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_worker(fixture), FX_OK);
    for (uint64_t token = 1; token <= 12; token++) {
        submit(fixture, token);
        turn(fixture);
    }
    assert_int_equal(fixture->answered, 12);
    submit(fixture, 13);
    (void)fx_worker_engine_step(fixture->worker, fixture->now_us); /* applied, not written */
    consume(fixture);
    assert_int_equal(fixture->answered, 12);
    fx_worker_engine_abandon(fixture->worker);
    fixture->worker = NULL;
    fx_bus_disk_crash(fixture->disk);
    assert_int_equal(open_worker(fixture), FX_OK);
    assert_int_equal(fixture->report.sequence, 13); /* INITIALIZE_ENGINE and twelve more */
    assert_true(fixture->report.snapshot_sequence >= 5);
    assert_int_equal(fixture->fatal_count, 0);
}

/* What is submitted while many are released together waits for the next step: one group more, not
 * two small ones. One is served as it comes. */
static void worker_host_many_are_taken_as_one_group(void **state)
{
    enum { FEW = 1, MANY = 2 };
    struct fixture *fixture = *state;
    struct fx_bus_journal_stats stats;
    assert_int_equal(open_worker(fixture), FX_OK);
    struct fx_bus_journal *journal = fx_worker_engine_journal(fixture->worker);
    turn(fixture); /* INITIALIZE_ENGINE */
    uint64_t token = 0;
    for (uint64_t count = FEW; count <= MANY; count++) {
        for (uint64_t index = 0; index < count; index++) {
            submit(fixture, ++token);
        }
        (void)fx_worker_engine_step(fixture->worker, fixture->now_us);
        assert_int_equal(fx_bus_journal_step(journal, fixture->now_us), count);
        submit(fixture, ++token);
        const uint64_t next_seq = fx_bus_journal_next_seq(journal);
        const int done = fx_worker_engine_step(fixture->worker, fixture->now_us);
        consume(fixture);
        assert_int_equal(fixture->answered, token - 1);
        if (count == FEW) {
            assert_int_equal(done, FEW + 1);
            assert_int_equal(fx_bus_journal_next_seq(journal), next_seq + 1);
        } else {
            assert_int_equal(done, MANY);
            assert_int_equal(fx_bus_journal_next_seq(journal), next_seq);
        }
        turn(fixture);
        assert_int_equal(fixture->answered, token);
    }
    fx_bus_journal_stats(journal, &stats);
    assert_int_equal(stats.frame_count, 5);
}

static void worker_host_failed_sync_is_told_and_nothing_is_answered(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(open_worker(fixture), FX_OK);
    fx_bus_disk_set_faults(fixture->disk, (struct fx_bus_disk_faults){.sync_error_at = 1});
    submit(fixture, 1);
    turn(fixture);
    turn(fixture);
    assert_int_equal(fixture->answered, 0);
    assert_int_equal(fixture->fatal_count, 1);
}

/* A snapshot says only what the journal can say again: while it is behind, none is offered. */
static void worker_host_snapshot_waits_for_the_journal(void **state)
{
    enum { MANY = 8 }; /* more than from snapshot to snapshot */
    struct fixture *fixture = *state;
    struct fx_worker_snapshot_stats stats;
    assert_int_equal(open_worker(fixture), FX_OK);
    turn(fixture);
    struct fx_worker_snapshot *snapshot = fx_worker_engine_snapshot(fixture->worker);
    struct fx_bus_journal *journal = fx_worker_engine_journal(fixture->worker);
    for (uint64_t token = 1; token <= MANY; token++) {
        submit(fixture, token);
    }
    for (int step = 0; step < 3; step++) { /* applied, not written; one is due since then */
        (void)fx_worker_engine_step(fixture->worker, fixture->now_us);
        assert_int_equal(fx_worker_snapshot_step(snapshot, fixture->now_us), 0);
    }
    fx_worker_snapshot_stats(snapshot, &stats);
    assert_int_equal(stats.written_sequence, 0);
    (void)fx_bus_journal_step(journal, fixture->now_us);
    turn(fixture);
    turn(fixture);
    fx_worker_snapshot_stats(snapshot, &stats);
    assert_int_equal(stats.written_sequence, 1 + MANY);
    assert_int_equal(fixture->answered, MANY);
}

/* Less than strict: the power takes records that a snapshot was made of. Others get their numbers,
 * and that snapshot must not be believed when the journal has passed it again. */
static void worker_host_snapshot_of_a_lost_future_is_not_used(void **state)
{
    struct fixture *fixture = *state;
    fixture->mode = FX_BUS_JOURNAL_NONE;
    assert_int_equal(open_worker(fixture), FX_OK);
    for (uint64_t token = 1; token <= 12; token++) {
        submit(fixture, token);
        turn(fixture);
    }
    fx_worker_engine_abandon(fixture->worker);
    fixture->worker = NULL;
    fx_bus_disk_crash(fixture->disk);
    fixture->saved_sequence = 0;       /* the database is new: a replay from the first record */
    fixture->snapshot_commands = 1000; /* the old one is not overwritten */
    assert_int_equal(open_worker(fixture), FX_OK);
    assert_true(fixture->report.sequence < 12);
    for (uint64_t token = 101; token <= 124; token++) {
        submit(fixture, token % 8 + 101); /* another history */
        turn(fixture);
    }
    const uint64_t hash = fx_engine_hash(fx_worker_engine_engine(fixture->worker));
    fx_worker_engine_abandon(fixture->worker);
    fixture->worker = NULL;
    fx_bus_disk_kill_process(fixture->disk);
    fixture->saved_sequence = UINT64_MAX;
    assert_int_equal(open_worker(fixture), FX_OK);
    assert_true(fixture->report.state_hash == hash);
}

static void worker_host_block_stands_at_its_page(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 64, 4096, (1 << 21) - 1, 1 << 21, (1 << 21) + 1, 5 << 20};
    for (size_t index = 0; index < sizeof SIZES / sizeof SIZES[0]; index++) {
        const size_t size = SIZES[index];
        char *block = fx_worker_host_block(size);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % (size < 1 << 21 ? 64 : 1 << 21), 0);
        memset(block, 0x5a, size); /* the sanitizer sees whether all of it is ours */
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_host_default_is_this_machine),
        cmocka_unit_test(worker_host_block_stands_at_its_page),
        cmocka_unit_test_setup_teardown(worker_host_given_members_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_host_power_cut_leaves_what_was_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_host_many_are_taken_as_one_group, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_host_failed_sync_is_told_and_nothing_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_host_snapshot_waits_for_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_host_snapshot_of_a_lost_future_is_not_used, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* bus/bus_file: the POSIX table on a temporary directory, and the journal with its threads on it.
 */
#include "bus/bus_file.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/agent.h"
#include "bus/bus_journal.h"
#include "bus/bus_snapshot.h"
#include "unit/bus/bus_testing.h"

struct fixture {
    struct fx_bus_file_system system;
    char dir[256];
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
};

static int setup(void **state)
{
    struct fixture *fixture = test_calloc(1, sizeof *fixture);
    const char *base = getenv("TMPDIR");
    (void)snprintf(
        fixture->dir, sizeof fixture->dir, "%s/fx-bus-XXXXXX", base != NULL ? base : P_tmpdir);
    assert_non_null(mkdtemp(fixture->dir));
    fixture->system = fx_bus_file_posix();
    assert_true(fx_bus_file_join(fixture->dir, "file", fixture->path));
    *state = fixture;
    return 0;
}

static void remove_one(void *context, const char *name)
{
    const struct fixture *fixture = context;
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    if (name[0] != '.' && fx_bus_file_join(fixture->dir, name, path)) {
        (void)unlink(path);
    }
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    (void)fixture->system.ops->list(NULL, fixture->dir, remove_one, fixture);
    (void)rmdir(fixture->dir);
    test_free(fixture);
    return 0;
}

static void bus_file_write_read_truncate_rename_unlink(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_file_ops *ops = fixture->system.ops;
    char target[FX_BUS_FILE_PATH_SIZE_MAX];
    char bytes[16] = "";
    uint64_t file_size = 0;
    size_t size = 0;
    int file = 0;
    assert_int_equal(ops->open(NULL, fixture->path, FX_BUS_FILE_READ, &file), ENOENT);
    assert_int_equal(ops->open(NULL, fixture->path, FX_BUS_FILE_CREATE, &file), 0);
    assert_int_equal(fx_bus_file_write_all(&fixture->system, file, FX_STR("hello"), 10), 0);
    assert_int_equal(ops->sync(NULL, file), 0);
    assert_int_equal(ops->drop_cache(NULL, file), 0);
    assert_int_equal(ops->read_at(NULL, file, bytes, sizeof bytes, 8, &size), 0);
    assert_int_equal(size, 7);
    assert_memory_equal(bytes, "\0\0hello", 7);
    assert_int_equal(ops->allocate(NULL, file, 8192), 0);
    assert_int_equal(ops->size(NULL, file, &file_size), 0);
    assert_int_equal(file_size, 8192);
    assert_int_equal(ops->truncate(NULL, file, 12), 0);
    assert_int_equal(ops->size(NULL, file, &file_size), 0);
    assert_int_equal(file_size, 12);
    ops->close(NULL, file);
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(fx_bus_file_join(fixture->dir, "other", target));
    assert_int_equal(ops->rename(NULL, fixture->path, target), 0);
    assert_int_equal(ops->sync_dir(NULL, fixture->dir), 0);
    assert_int_equal(ops->unlink(NULL, fixture->path), ENOENT);
    assert_int_equal(ops->unlink(NULL, target), 0);
    assert_int_equal(ops->make_dir(NULL, fixture->dir), 0);
}

static void bus_file_lock_names_the_holder(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_file_ops *ops = fixture->system.ops;
    uint32_t pid = 0;
    int first = 0;
    int second = 0;
    assert_int_equal(ops->open(NULL, fixture->path, FX_BUS_FILE_LOCK, &first), 0);
    assert_int_equal(ops->open(NULL, fixture->path, FX_BUS_FILE_LOCK, &second), 0);
    assert_int_equal(ops->lock(NULL, first, &pid), 0);
    assert_int_equal(ops->lock(NULL, second, &pid), EWOULDBLOCK);
    assert_int_equal(pid, getpid());
    ops->close(NULL, first);
    assert_int_equal(ops->lock(NULL, second, &pid), 0);
    ops->close(NULL, second);
}

static void bus_file_space_is_told_and_random_differs(void **state)
{
    struct fixture *fixture = *state;
    struct fx_bus_file_space space = {.free_bytes = 0};
    assert_int_equal(fixture->system.ops->space(NULL, fixture->dir, &space), 0);
    assert_true(space.free_bytes > 0);
    assert_int_not_equal(fixture->system.ops->random(NULL), fixture->system.ops->random(NULL));
    assert_int_equal(fixture->system.ops->space(NULL, "/nowhere/at/all", &space), ENOENT);
}

static void bus_file_status_of_error_numbers(void **state)
{
    (void)state;
    assert_int_equal(fx_bus_file_status(0), FX_OK);
    assert_int_equal(fx_bus_file_status(ENOSPC), FX_NO_SPACE);
    assert_int_equal(fx_bus_file_status(EDQUOT), FX_NO_SPACE);
    assert_int_equal(fx_bus_file_status(ENOENT), FX_NOT_FOUND);
    assert_int_equal(fx_bus_file_status(ENOMEM), FX_NO_MEMORY);
    assert_int_equal(fx_bus_file_status(EIO), FX_IO);
}

static void bus_file_join_refuses_what_does_not_fit(void **state)
{
    (void)state;
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    char dir[FX_BUS_FILE_PATH_SIZE_MAX];
    memset(dir, 'd', sizeof dir);
    dir[sizeof dir - 1] = '\0';
    assert_false(fx_bus_file_join(dir, "x", path));
    dir[sizeof dir - 3] = '\0';
    assert_true(fx_bus_file_join(dir, "x", path));
}

/* What the threads of one run share with the producer. */
struct threaded {
    struct fx_agent *waiter;
    atomic_uint_fast64_t durable_seq;
};

static void on_durable(void *context, uint64_t durable_seq)
{
    struct threaded *threaded = context;
    const uint64_t before = atomic_exchange(&threaded->durable_seq, durable_seq);
    if (before >= durable_seq) {
        abort(); /* in another thread: cmocka cannot take it */
    }
    fx_agent_wake(threaded->waiter);
}

static int yield_step(void *self, int64_t now_us)
{
    (void)self;
    (void)now_us;
    return 0;
}

struct check {
    uint64_t next_seq;
};

static fx_status check_record(void *context, const struct fx_bus_journal_record *record)
{
    struct check *check = context;
    uint64_t number = 0;
    assert_int_equal(record->seq, check->next_seq);
    assert_true(record->bytes.size >= sizeof number);
    memcpy(&number, record->bytes.data, sizeof number);
    assert_int_equal(number, record->seq);
    check->next_seq++;
    return FX_OK;
}

/* Producer here, writer and helper in threads of their own; small segments, so many rolls. */
static void run_threads(struct fixture *fixture, enum fx_bus_journal_mode mode, uint64_t count)
{
    struct threaded threaded = {.waiter = NULL};
    struct check check = {.next_seq = 1};
    struct fx_bus_journal *journal = NULL;
    struct fx_bus_journal_report report;
    const struct fx_agent_options waiter = {
        .name = "waiter", .step = yield_step, .idle_us_max = 1000};
    assert_int_equal(fx_agent_create(&waiter, &threaded.waiter), FX_OK);
    struct fx_bus_journal_options options = {.dir = fixture->dir,
                                             .mode = mode,
                                             .segment_size_bytes = 1 << 18,
                                             .first_segment_bytes = 1 << 18,
                                             .frame_size_max = 1 << 16,
                                             .ring_size_bytes = 1 << 17,
                                             .is_network_allowed = true,
                                             .on_durable = on_durable,
                                             .durable_context = &threaded};
    assert_int_equal(fx_bus_journal_open(&options, &journal, &report), FX_OK);
    assert_int_equal(fx_bus_journal_start(journal), FX_OK);
    char bytes[256] = "";
    for (uint64_t number = 1; number <= count;) {
        uint64_t seq = 0;
        memcpy(bytes, &number, sizeof number);
        const fx_str record = {bytes, 16 + (size_t)(number * 31 % 240)};
        const fx_status status = fx_bus_journal_append(journal, 3, record, &seq);
        fx_bus_journal_wake(journal);
        assert_true(status == FX_OK || status == FX_BUSY);
        assert_true(fx_bus_journal_durable_seq(journal) <= number);
        number += status == FX_OK ? 1 : 0;
    }
    fx_bus_journal_close(journal);
    assert_int_equal(atomic_load(&threaded.durable_seq), count);
    fx_agent_destroy(threaded.waiter);
    options.on_record = check_record;
    options.recover_context = &check;
    assert_int_equal(fx_bus_journal_open(&options, &journal, &report), FX_OK);
    assert_int_equal(check.next_seq, count + 1);
    assert_true(report.segment_count > 4);
    fx_bus_journal_close(journal);
}

static void bus_file_journal_with_threads_strict(void **state)
{
    run_threads(*state, FX_BUS_JOURNAL_STRICT, 20000);
}

static void bus_file_journal_with_threads_relaxed(void **state)
{
    run_threads(*state, FX_BUS_JOURNAL_RELAXED, 20000);
}

static void bus_file_journal_with_defaults_is_strict_and_named(void **state)
{
    const struct fixture *fixture = *state;
    struct fx_bus_journal *journal = NULL;
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_options options = {.dir = fixture->dir, .is_network_allowed = true};
    assert_int_equal(fx_bus_journal_open(&options, &journal, &report), FX_OK);
    assert_int_equal(fx_bus_journal_mode(journal), FX_BUS_JOURNAL_STRICT);
    assert_int_equal(fx_bus_journal_record_size_max(journal), (4 << 20) - 56);
    const struct fx_bus_journal_uuid uuid = fx_bus_journal_uuid(journal);
    assert_int_equal(uuid.bytes[6] & 0xf0, 0x40);
    fx_bus_journal_close(journal);
    assert_int_equal(fx_bus_journal_open(&options, &journal, &report), FX_OK);
    assert_memory_equal(report.uuid.bytes, uuid.bytes, sizeof uuid.bytes);
    fx_bus_journal_close(journal);
}

/* The child has a disk whose next sync fails, and no on_fatal: it must not live on. */
static void bus_file_journal_without_on_fatal_aborts(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct fx_bus_disk *disk = fx_bus_disk_create(1);
        struct fx_bus_journal *journal = NULL;
        struct fx_bus_journal_report report;
        uint64_t seq = 0;
        const struct fx_bus_journal_options options = {.system = fx_bus_disk_system(disk),
                                                       .dir = "data"};
        (void)close(STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        if (fx_bus_journal_open(&options, &journal, &report) == FX_OK) {
            fx_bus_disk_set_faults(disk, (struct fx_bus_disk_faults){.sync_error_at = 1});
            (void)(fx_bus_journal_append(journal, 1, FX_STR("x"), &seq) == FX_OK &&
                   fx_bus_journal_step(journal, 1) > 0);
        }
        _exit(0);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGABRT);
}

static void bus_file_snapshot_on_real_files(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_bus_snapshot_info info = {.seq = 9};
    const fx_str part = FX_STR("body");
    struct fx_bus_snapshot snapshot;
    uint64_t oldest = 0;
    assert_int_equal(fx_bus_snapshot_write(&fixture->system, fixture->dir, &info, &part, 1), FX_OK);
    assert_int_equal(fx_bus_snapshot_load_newest(&fixture->system, fixture->dir, &snapshot), FX_OK);
    assert_memory_equal(snapshot.body, "body", 4);
    fx_bus_snapshot_release(&snapshot);
    assert_int_equal(fx_bus_snapshot_trim(&fixture->system, fixture->dir, 2, &oldest), FX_OK);
    assert_int_equal(oldest, 9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(bus_file_write_read_truncate_rename_unlink),
        TEST(bus_file_lock_names_the_holder),
        TEST(bus_file_space_is_told_and_random_differs),
        TEST(bus_file_status_of_error_numbers),
        TEST(bus_file_join_refuses_what_does_not_fit),
        TEST(bus_file_journal_with_threads_strict),
        TEST(bus_file_journal_with_threads_relaxed),
        TEST(bus_file_journal_with_defaults_is_strict_and_named),
        TEST(bus_file_journal_without_on_fatal_aborts),
        TEST(bus_file_snapshot_on_real_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

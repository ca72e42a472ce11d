/* worker/worker_spill: a queue of events in a file without a name; whatever the sizes, what comes
 * out is what went in, and a file that says something else is refused. */
#include "worker/worker_spill.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "fx_test.h"

enum { SEED = 7, ROUNDS = 3000, CHUNK_MAX = 900, RECORD_SIZE = 368, CAPACITY = 1500 };

struct fixture {
    char folder[64];
    struct fx_worker_spill *spill;
    struct fx_event in[CHUNK_MAX];
    struct fx_event out[CHUNK_MAX];
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    (void)snprintf(fixture.folder, sizeof fixture.folder, "/tmp/fx-spill-XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    const struct fx_worker_spill_options options = {.folder = fixture.folder,
                                                    .size_max = CAPACITY * RECORD_SIZE + 100};
    assert_int_equal(fx_worker_spill_create(&options, &fixture.spill), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_worker_spill_destroy(fixture->spill);
    assert_int_equal(rmdir(fixture->folder), 0); /* nothing is left in it */
    return 0;
}

static void make(struct fx_event *event, uint64_t number)
{
    memset(event, (int)(number % 251), sizeof *event);
    event->sequence = number;
}

static void expect_made(const struct fx_event *event, uint64_t number)
{
    struct fx_event wanted;
    make(&wanted, number);
    assert_memory_equal(event, &wanted, sizeof wanted);
}

static uint32_t append(struct fixture *fixture, uint64_t from, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t index = 0; index < count; index++) {
        make(&fixture->in[index], from + index);
    }
    const fx_status status = fx_worker_spill_append(fixture->spill, fixture->in, count, &taken);
    assert_int_equal(status, taken == count ? FX_OK : FX_NO_SPACE);
    return taken;
}

/* The file, found among this process's: it has no name. */
static int file_of(const struct fixture *fixture)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    int found = -1;
    assert_non_null(folder);
    while (found < 0 && (entry = readdir(folder)) != NULL) {
        char target[256];
        const ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        if (size > 0) {
            target[size] = '\0';
            if (strncmp(target, fixture->folder, strlen(fixture->folder)) == 0) {
                found = (int)strtol(entry->d_name, NULL, 10);
            }
        }
    }
    (void)closedir(folder);
    assert_true(found >= 0);
    return found;
}

static int64_t file_size(const struct fixture *fixture)
{
    struct stat found;
    assert_int_equal(fstat(file_of(fixture), &found), 0);
    return found.st_size;
}

static void worker_spill_gives_back_what_went_in(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rng rng;
    uint64_t first = 1, next = 1;
    uint32_t refused = 0, emptied = 0;
    fx_rng_init(&rng, SEED);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        const uint32_t size = 1 + (uint32_t)fx_rng_below(&rng, CHUNK_MAX);
        const bool is_append = fx_rng_below(&rng, 2) == 0;
        if (is_append) {
            const uint32_t room = (uint32_t)(CAPACITY - (next - first));
            const uint32_t taken = append(fixture, next, size);
            assert_int_equal(taken, size < room ? size : room);
            refused += taken < size;
            next += taken;
        } else {
            uint32_t count = 0;
            assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, size, &count),
                             FX_OK);
            assert_int_equal(count, size < next - first ? size : next - first);
            for (uint32_t index = 0; index < count; index++) {
                expect_made(&fixture->out[index], first + index);
            }
            first += count;
            emptied += first == next;
            assert_true(first < next || next == 1 || file_size(fixture) == 0);
        }
        assert_int_equal(fx_worker_spill_count(fixture->spill), next - first);
    }
    assert_true(refused > 100 && emptied > 100 && next > 100LL * CAPACITY);
    assert_true(append(fixture, next, CHUNK_MAX) > 0);
    assert_true(file_size(fixture) <= (int64_t)CAPACITY * RECORD_SIZE);
}

static void worker_spill_changed_byte_is_refused(void **state)
{
    struct fixture *fixture = *state;
    uint8_t byte = 0;
    uint32_t count = 0;
    assert_int_equal(append(fixture, 1, 100), 100);
    for (uint32_t index = 0; index < 10; index++) { /* the first ten are not touched */
        assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, 1, &count), FX_OK);
        expect_made(&fixture->out[0], 1 + index);
    }
    const int file = file_of(fixture);
    for (off_t offset = 0; offset < RECORD_SIZE; offset++) {
        const off_t place = 10 * RECORD_SIZE + offset;
        assert_int_equal(pread(file, &byte, 1, place), 1);
        byte ^= 1;
        assert_int_equal(pwrite(file, &byte, 1, place), 1);
        assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, 1, &count), FX_CORRUPT);
        assert_int_equal(count, 0);
        byte ^= 1;
        assert_int_equal(pwrite(file, &byte, 1, place), 1);
    }
    /* A record of the right form at the wrong place. */
    char records[2][RECORD_SIZE];
    assert_int_equal(pread(file, records, sizeof records, 10 * RECORD_SIZE), sizeof records);
    assert_int_equal(pwrite(file, records[1], RECORD_SIZE, 10 * RECORD_SIZE), RECORD_SIZE);
    assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, 1, &count), FX_CORRUPT);
    assert_int_equal(pwrite(file, records[0], RECORD_SIZE, 10 * RECORD_SIZE), RECORD_SIZE);
    assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, 90, &count), FX_OK);
    assert_int_equal(count, 90);
    /* One that was cut off. */
    assert_int_equal(append(fixture, 101, 2), 2);
    assert_int_equal(ftruncate(file, 101 * RECORD_SIZE + 5), 0);
    assert_int_equal(fx_worker_spill_take(fixture->spill, fixture->out, 2, &count), FX_CORRUPT);
}

static void worker_spill_leaves_the_disk_to_the_journal(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_spill *spill = NULL;
    uint32_t taken = 9;
    const struct fx_worker_spill_options options = {
        .folder = fixture->folder, .size_max = 1 << 20, .free_min = UINT64_MAX};
    assert_int_equal(fx_worker_spill_create(&options, &spill), FX_OK);
    make(&fixture->in[0], 1);
    assert_int_equal(fx_worker_spill_append(spill, fixture->in, 1, &taken), FX_NO_SPACE);
    assert_int_equal(taken, 0);
    assert_int_equal(fx_worker_spill_count(spill), 0);
    fx_worker_spill_destroy(spill);
}

static void worker_spill_missing_folder_is_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct fx_worker_spill *spill = NULL;
    uint32_t taken = 9;
    const struct fx_worker_spill_options options = {.folder = "/nonexistent/folder",
                                                    .size_max = 1 << 20};
    assert_int_equal(fx_worker_spill_create(&options, &spill), FX_OK);
    make(&fixture->in[0], 1);
    assert_int_equal(fx_worker_spill_append(spill, fixture->in, 1, &taken), FX_IO);
    assert_int_equal(taken, 0);
    fx_worker_spill_destroy(spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worker_spill_gives_back_what_went_in, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_spill_changed_byte_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_spill_leaves_the_disk_to_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_spill_missing_folder_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* store/store_fault: each fault does what it says, and the caller cannot tell a lost COMMIT from
 * one that happened. */
#include "store/store_fault.h"

#include <string.h>

#include "fx_test.h"
#include "store/store_migrate.h"
#include "store/store_progress.h"
#include "store/store_sqlite.h"

enum { ALWAYS = 1000000 };

struct fixture {
    struct fx_store *inner;
    struct fx_store *store;
};

static struct fx_store *open_memory(void)
{
    struct fx_store *store = NULL;
    uint32_t applied = 0;
    assert_int_equal(fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &store), FX_OK);
    assert_int_equal(fx_store_migrate(store, &applied), FX_OK);
    assert_true(applied > 0);
    return store;
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.inner = open_memory();
    assert_int_equal(fx_store_fault_open(fixture.inner, 1, &fixture.store), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_store_close(fixture->store);
    fx_store_close(fixture->inner);
    return 0;
}

/* From wherever it is. */
static fx_status advance(struct fx_store *store,
                         const struct fx_store_progress_key *key,
                         uint64_t number)
{
    struct fx_store_progress_step step = {.to = number};
    const fx_status status = fx_store_progress_find(store, key, &step.from);
    return status == FX_OK ? fx_store_progress_advance(store, key, &step) : status;
}

static fx_status write_number(struct fx_store *store, uint64_t number)
{
    const struct fx_store_progress_key key = {FX_STR("main"), FX_STR("saver")};
    fx_status status = fx_store_begin(store);
    if (status == FX_OK) {
        status = advance(store, &key, number);
    }
    if (status == FX_OK) {
        status = fx_store_commit(store);
    }
    fx_store_rollback(store);
    return status;
}

static uint64_t read_number(struct fx_store *store)
{
    const struct fx_store_progress_key key = {FX_STR("main"), FX_STR("saver")};
    uint64_t number = 0;
    assert_int_equal(fx_store_progress_find(store, &key, &number), FX_OK);
    return number;
}

static void store_fault_without_faults_is_the_inner_store(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(write_number(fixture->store, 7), FX_OK);
    assert_int_equal(read_number(fixture->store), 7);
    assert_int_equal(read_number(fixture->inner), 7);
}

static void store_fault_each_says_what_it_says_and_does_what_it_does(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        struct fx_store_faults faults;
        fx_status status;
        bool is_written;
    } rows[] = {
        {{.begin_busy_ppm = ALWAYS}, FX_BUSY, false},
        {{.deadlock_ppm = ALWAYS}, FX_BUSY, false},
        {{.cut_ppm = ALWAYS}, FX_IO, false},
        {{.commit_lost_ppm = ALWAYS}, FX_IO, false},
        {{.commit_unknown_ppm = ALWAYS}, FX_IO, true},
    };
    uint64_t number = 0;
    for (size_t index = 0; index < sizeof rows / sizeof rows[0]; index++) {
        const struct fx_store_faults none = {.cut_ppm = 0};
        fx_store_fault_set(fixture->store, &rows[index].faults);
        assert_int_equal(write_number(fixture->store, number + 1), rows[index].status);
        assert_false(fx_store_is_in_transaction(fixture->inner));
        fx_store_fault_set(fixture->store, &none);
        number += rows[index].is_written ? 1 : 0;
        assert_int_equal(read_number(fixture->store), number);
        number++;
        assert_int_equal(write_number(fixture->store, number), FX_OK);
    }
    struct fx_store_fault_counts counts;
    fx_store_fault_counts(fixture->store, &counts);
    assert_int_equal(counts.begin_busy, 1);
    assert_int_equal(counts.deadlock, 1);
    assert_int_equal(counts.cut, 1);
    assert_int_equal(counts.commit_lost, 1);
    assert_int_equal(counts.commit_unknown, 1);
}

static void store_fault_transaction_of_a_dead_process_is_rolled_back(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_store_progress_key key = {FX_STR("main"), FX_STR("saver")};
    assert_int_equal(fx_store_begin(fixture->store), FX_OK);
    assert_int_equal(advance(fixture->store, &key, 5), FX_OK);
    fx_store_close(fixture->store);
    assert_int_equal(fx_store_fault_open(fixture->inner, 2, &fixture->store), FX_OK);
    assert_int_equal(read_number(fixture->store), 0);
    assert_int_equal(write_number(fixture->store, 3), FX_OK);
}

static void store_fault_clone_and_digest_tell_equal_from_different(void **state)
{
    struct fixture *fixture = *state;
    struct fx_store_sqlite_digest one[FX_STORE_SQLITE_TABLES_MAX];
    struct fx_store_sqlite_digest other[FX_STORE_SQLITE_TABLES_MAX];
    uint32_t count = 0, other_count = 0;
    struct fx_store *copy = open_memory();
    assert_int_equal(write_number(fixture->store, 9), FX_OK);
    assert_int_equal(fx_store_sqlite_clone(fixture->inner, copy), FX_OK);
    assert_int_equal(read_number(copy), 9);
    assert_int_equal(
        fx_store_sqlite_digest(fixture->inner, one, FX_STORE_SQLITE_TABLES_MAX, &count), FX_OK);
    assert_int_equal(fx_store_sqlite_digest(copy, other, FX_STORE_SQLITE_TABLES_MAX, &other_count),
                     FX_OK);
    assert_int_equal(count, other_count);
    assert_true(count > 10);
    assert_memory_equal(one, other, count * sizeof one[0]);
    assert_int_equal(write_number(copy, 10), FX_OK);
    assert_int_equal(fx_store_sqlite_digest(copy, other, FX_STORE_SQLITE_TABLES_MAX, &other_count),
                     FX_OK);
    uint32_t different = 0;
    for (uint32_t index = 0; index < count; index++) {
        different += one[index].sum != other[index].sum;
    }
    assert_int_equal(different, 1);
    assert_int_equal(fx_store_sqlite_digest(copy, other, 3, &other_count), FX_CAPACITY);
    fx_store_close(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            store_fault_without_faults_is_the_inner_store, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_fault_each_says_what_it_says_and_does_what_it_does, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_fault_transaction_of_a_dead_process_is_rolled_back, setup, teardown),
        cmocka_unit_test_setup_teardown(
            store_fault_clone_and_digest_tell_equal_from_different, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

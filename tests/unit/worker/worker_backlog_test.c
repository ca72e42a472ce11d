/* worker/worker_backlog: a queue of texts; whatever their sizes, what comes out is what went in. */
#include "worker/worker_backlog.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { ROUNDS = 20000, CAPACITY = 1000, SIZE_MAX_TEXT = 300, SEED = 31 };

/* The text of a number: its size and bytes follow from it. */
static fx_str text_of(uint64_t number, char target[SIZE_MAX_TEXT])
{
    const size_t size = (size_t)(number * 7919 % SIZE_MAX_TEXT);
    for (size_t index = 0; index < size; index++) {
        target[index] = (char)('a' + (number + index) % 26);
    }
    return (fx_str){target, size};
}

static void worker_backlog_gives_back_what_went_in(void **state)
{
    struct fx_worker_backlog backlog;
    struct fx_rng rng;
    char text[SIZE_MAX_TEXT];
    uint64_t first = 1;
    uint64_t next = 1;
    uint32_t refused = 0;
    (void)state;
    fx_rng_init(&rng, SEED);
    assert_int_equal(fx_worker_backlog_init(&backlog, CAPACITY), FX_OK);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct fx_worker_backlog_entry entry = {next, text_of(next, text)};
        const bool has_room = fx_worker_backlog_has_room(&backlog, entry.text.size);
        if (fx_rng_below(&rng, 2) == 0) {
            assert_int_equal(fx_worker_backlog_append(&backlog, &entry), has_room);
            next += has_room ? 1 : 0;
            refused += has_room ? 0 : 1;
        } else if (fx_worker_backlog_peek(&backlog, &entry)) {
            const fx_str wanted = text_of(first, text);
            assert_int_equal(entry.operation_id, first);
            assert_true(fx_str_is_equal(entry.text, wanted));
            fx_worker_backlog_remove(&backlog);
            assert_int_equal(backlog.removed, first);
            first++;
        }
        assert_int_equal(backlog.count, next - first);
    }
    assert_true(refused > 100);
    assert_true(first > ROUNDS / 4);
    fx_worker_backlog_deinit(&backlog);
}

static void worker_backlog_empty_takes_the_largest(void **state)
{
    struct fx_worker_backlog backlog;
    static char text[CAPACITY];
    (void)state;
    assert_int_equal(fx_worker_backlog_init(&backlog, CAPACITY), FX_OK);
    struct fx_worker_backlog_entry entry = {1, {text, CAPACITY}};
    assert_false(fx_worker_backlog_append(&backlog, &entry));
    entry.text.size = CAPACITY - 32;
    for (uint64_t number = 1; number < 10; number++) {
        entry.operation_id = number;
        assert_true(fx_worker_backlog_append(&backlog, &entry));
        assert_false(fx_worker_backlog_has_room(&backlog, 0) &&
                     fx_worker_backlog_has_room(&backlog, 64));
        fx_worker_backlog_remove(&backlog);
    }
    assert_false(fx_worker_backlog_peek(&backlog, &entry));
    fx_worker_backlog_clear(&backlog);
    assert_int_equal(backlog.removed, 0);
    fx_worker_backlog_deinit(&backlog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worker_backlog_gives_back_what_went_in),
                                       cmocka_unit_test(worker_backlog_empty_takes_the_largest)};
    return cmocka_run_group_tests_name("worker_backlog", tests, NULL, NULL);
}

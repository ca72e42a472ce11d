/* worker/worker_untold: what comes in goes out in its order, whatever is taken, told by others or
 * too old between; what finds no room is counted, and memory stays within its bound. */
#include "worker/worker_untold.h"

#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { STEPS = 20000, TEXT_SIZE = 60000, PIECE = 1 << 20, KEPT_MAX = 1 << 16 };

/* What must be in it: numbers, each text is made of one. */
static struct {
    struct fx_worker_untold *untold;
    struct fx_rng rng;
    struct fx_worker_untold_item items[KEPT_MAX];
    uint64_t first, end, dropped;
    char text[TEXT_SIZE];
} fixture;

static fx_str text_of(uint64_t number)
{
    const size_t size = number % 7 == 0 ? 1 + number * 7919 % TEXT_SIZE : 1 + number % 300;
    for (size_t index = 0; index < size; index++) {
        fixture.text[index] = (char)('a' + (number + index) % 26);
    }
    return (fx_str){fixture.text, size};
}

static void open(size_t size_max)
{
    const struct fx_worker_untold_options options = {.size_max = size_max, .age_us_max = 1000};
    memset(&fixture, 0, sizeof fixture);
    fx_rng_init(&fixture.rng, 5);
    assert_int_equal(fx_worker_untold_create(&options, &fixture.untold), FX_OK);
}

static void append(int64_t time_us)
{
    const uint64_t number = fixture.end;
    const struct fx_worker_untold_item item = {.sequence = number / 3,
                                               .user_id = number * 31,
                                               .time_us = time_us,
                                               .text = text_of(number)};
    fixture.items[fixture.end++ % KEPT_MAX] = item;
    fx_worker_untold_append(fixture.untold, &item);
    /* The oldest may have made room. */
    const struct fx_worker_untold_stats stats = fx_worker_untold_stats(fixture.untold);
    fixture.first += stats.dropped - fixture.dropped;
    fixture.dropped = stats.dropped;
}

static void check(void)
{
    struct fx_worker_untold_item item;
    const struct fx_worker_untold_stats stats = fx_worker_untold_stats(fixture.untold);
    assert_int_equal(stats.count, fixture.end - fixture.first);
    assert_int_equal(stats.dropped, fixture.dropped);
    assert_int_equal(fx_worker_untold_find_first(fixture.untold, &item), stats.count > 0);
    if (stats.count > 0) {
        const struct fx_worker_untold_item *wanted = &fixture.items[fixture.first % KEPT_MAX];
        assert_int_equal(item.sequence, wanted->sequence);
        assert_int_equal(item.user_id, wanted->user_id);
        assert_int_equal(item.time_us, wanted->time_us);
        assert_true(fx_str_is_equal(item.text, text_of(fixture.first)));
    }
}

static void worker_untold_keeps_the_order(void **state)
{
    int64_t now_us = 0;
    uint64_t told = 0, taken = 0, old = 0;
    (void)state;
    open(8 * PIECE);
    for (uint32_t step = 0; step < STEPS; step++) {
        const uint64_t what = fx_rng_below(&fixture.rng, 1000);
        now_us += (int64_t)fx_rng_below(&fixture.rng, 3);
        if (what < 550) {
            append(now_us);
        } else if (what < 985 && fixture.first < fixture.end) {
            fx_worker_untold_remove_first(fixture.untold);
            fixture.first++;
            taken++;
        } else if (what == 985 && fixture.first < fixture.end) {
            const uint64_t sequence =
                (fixture.first + fx_rng_below(&fixture.rng, fixture.end - fixture.first)) / 3;
            uint64_t count = 0;
            while (fixture.first < fixture.end &&
                   fixture.items[fixture.first % KEPT_MAX].sequence <= sequence) {
                fixture.first++;
                count++;
            }
            assert_int_equal(fx_worker_untold_remove_told(fixture.untold, sequence), count);
            told += count;
        } else if (what >= 990) {
            fx_worker_untold_drop_old(fixture.untold, now_us);
            while (fixture.first < fixture.end &&
                   now_us - fixture.items[fixture.first % KEPT_MAX].time_us > 1000) {
                fixture.first++;
                fixture.dropped++;
                old++;
            }
        }
        check();
    }
    assert_true(told > 100 && taken > 5000 && old > 100);
    fx_worker_untold_destroy(fixture.untold);
}

static void worker_untold_drops_the_oldest_where_it_is_full(void **state)
{
    size_t most = 0;
    (void)state;
    open(3 * PIECE);
    for (uint32_t step = 0; step < 4000; step++) {
        append(step);
        check();
        const size_t size = fx_worker_untold_stats(fixture.untold).size;
        most = size > most ? size : most;
    }
    assert_true(fixture.dropped > 500);
    assert_true(most > 2 * PIECE && most < 3 * PIECE + 4096);
    while (fixture.first < fixture.end) {
        fx_worker_untold_remove_first(fixture.untold);
        fixture.first++;
        check();
    }
    /* One piece stays, and serves. */
    assert_true(fx_worker_untold_stats(fixture.untold).size < PIECE + 4096);
    append(1);
    check();
    fx_worker_untold_destroy(fixture.untold);
    fx_worker_untold_destroy(NULL);
}

static void worker_untold_takes_the_largest_text(void **state)
{
    static char text[FX_WORKER_UNTOLD_TEXT_SIZE_MAX];
    struct fx_worker_untold_item item = {.text = {text, sizeof text}};
    (void)state;
    open(2 * PIECE);
    memset(text, 'x', sizeof text);
    for (uint32_t count = 0; count < 5; count++) {
        item.sequence = count;
        fx_worker_untold_append(fixture.untold, &item);
    }
    assert_int_equal(fx_worker_untold_stats(fixture.untold).count, 2);
    assert_int_equal(fx_worker_untold_stats(fixture.untold).dropped, 3);
    assert_true(fx_worker_untold_find_first(fixture.untold, &item));
    assert_int_equal(item.sequence, 3);
    assert_int_equal(item.text.size, sizeof text);
    fx_worker_untold_destroy(fixture.untold);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_untold_keeps_the_order),
        cmocka_unit_test(worker_untold_drops_the_oldest_where_it_is_full),
        cmocka_unit_test(worker_untold_takes_the_largest_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

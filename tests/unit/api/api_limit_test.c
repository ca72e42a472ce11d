/* api/api_limit: buckets, bans and the table that holds them, on a clock of the test's own. */
#include "api/api_limit_int.h"
#include "base/rng.h"
#include "fx_test.h"

enum { ORDERS = 0, READS = 2 };

static const struct fx_api_limit_rate TEN = {.per_s = 10, .burst = 20};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct fx_api_limit *limit;

static int setup(void **state)
{
    (void)state;
    limit = fx_api_limit_create(64);
    return limit == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    fx_api_limit_destroy(limit);
    return 0;
}

static struct fx_api_limit_room take(uint64_t caller, uint32_t weight, int64_t now_ms)
{
    struct fx_api_limit_room room;
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, caller, now_ms);
    const bool is_taken = fx_api_limit_take(entry, ORDERS, TEN, weight, now_ms, &room);
    assert_int_equal(is_taken, room.retry_s == 0);
    return room;
}

static void limit_bucket_gives_its_burst_then_its_rate(void **state)
{
    (void)state;
    for (uint32_t index = 0; index < 20; index++) {
        const struct fx_api_limit_room room = take(1, 1, 1000);
        assert_int_equal(room.retry_s, 0);
        assert_int_equal(room.remaining, 19 - index);
        assert_int_equal(room.reset_s, index < 10 ? 1 : 2);
    }
    struct fx_api_limit_room room = take(1, 1, 1000);
    assert_int_equal(room.retry_s, 1);
    assert_int_equal(room.remaining, 0);
    assert_int_equal(room.reset_s, 2);
    assert_int_equal(take(1, 1, 1099).retry_s, 1); /* a tenth of a second per unit */
    assert_int_equal(take(1, 1, 1100).retry_s, 0);
    assert_int_equal(take(1, 1, 1100).retry_s, 1);
    assert_int_equal(take(2, 1, 1100).retry_s, 0); /* another caller has its own */
    room = take(1, 1, 1000000);
    assert_int_equal(room.remaining, 19); /* and no more than the burst */
}

static void limit_weight_counts_and_a_refusal_takes_nothing(void **state)
{
    (void)state;
    assert_int_equal(take(1, 15, 0).remaining, 5);
    assert_int_equal(take(1, 6, 0).retry_s, 1);
    assert_int_equal(take(1, 5, 0).remaining, 0);
    assert_int_equal(take(1, 20, 0).retry_s, 2);
    /* More than the bucket holds passes where the bucket is full. */
    assert_int_equal(take(1, 1000, 1999).retry_s, 1);
    assert_int_equal(take(1, 1000, 2000).retry_s, 0);
    assert_int_equal(take(1, 1, 2000).retry_s, 1);
}

static void limit_asking_changes_nothing(void **state)
{
    (void)state;
    struct fx_api_limit_room room;
    const struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 7, 0);
    for (uint32_t index = 0; index < 100; index++) {
        assert_true(fx_api_limit_fits(entry, ORDERS, TEN, 20, 0, &room));
        assert_int_equal(room.remaining, 0); /* what would be left */
    }
    assert_int_equal(take(7, 20, 0).retry_s, 0);
    assert_false(fx_api_limit_fits(entry, ORDERS, TEN, 1, 0, &room));
    assert_int_equal(room.retry_s, 1);
}

static void limit_classes_do_not_touch_each_other(void **state)
{
    (void)state;
    struct fx_api_limit_room room;
    assert_int_equal(take(1, 20, 0).retry_s, 0);
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 1, 0);
    assert_true(fx_api_limit_take(entry, READS, TEN, 20, 0, &room));
    assert_false(fx_api_limit_take(entry, READS, TEN, 1, 0, &room));
}

static void limit_rate_of_zero_is_none(void **state)
{
    (void)state;
    struct fx_api_limit_room room;
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 1, 0);
    const struct fx_api_limit_rate none = {0};
    for (uint32_t index = 0; index < 1000; index++) {
        assert_true(fx_api_limit_take(entry, ORDERS, none, 1000000, 0, &room));
    }
}

/* Over any time the bucket gives at most burst + rate x time, and to who is patient no less than
 * one unit short of it. */
static void limit_long_run_is_exact(void **state)
{
    (void)state;
    static const struct fx_api_limit_rate RATES[] = {
        {1, 1}, {3, 7}, {1000, 2000}, {999999, 2000000}, {FX_API_LIMIT_RATE_MAX, 5}};
    struct fx_rng rng;
    fx_rng_init(&rng, 7);
    for (size_t index = 0; index < sizeof RATES / sizeof RATES[0]; index++) {
        const struct fx_api_limit_rate rate = RATES[index];
        struct fx_api_limit_entry *entry = fx_api_limit_find(limit, index + 100, 0);
        struct fx_api_limit_room room;
        uint64_t given = 0;
        int64_t now_ms = 0;
        for (uint32_t turn = 0; turn < 20000; turn++) {
            now_ms += (int64_t)fx_rng_below(&rng, 3);
            const uint32_t weight = 1 + (uint32_t)fx_rng_below(&rng, rate.burst);
            if (fx_api_limit_take(entry, ORDERS, rate, weight, now_ms, &room)) {
                given += weight;
            }
        }
        /* The unit is whole nanoseconds, so the rate may be up to a thousandth above its figure. */
        const uint64_t most = (uint64_t)now_ms * rate.per_s / 1000;
        assert_true(given <= rate.burst + most + most / 1000 + 1);
    }
}

static void limit_bans_who_goes_on_and_doubles(void **state)
{
    (void)state;
    const struct fx_api_limit_ban ban = {
        .strikes = 5, .decay_per_s = 2, .first_s = 60, .longest_s = 200};
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 1, 0);
    int64_t now_ms = 10000;
    static const uint32_t LASTS[] = {60, 120, 200, 200};
    for (size_t index = 0; index < sizeof LASTS / sizeof LASTS[0]; index++) {
        for (uint32_t strike = 0; strike < 4; strike++) {
            assert_false(fx_api_limit_strike(entry, &ban, now_ms));
        }
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
        assert_true(fx_api_limit_strike(entry, &ban, now_ms));
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), LASTS[index]);
        now_ms += (int64_t)LASTS[index] * 1000 - 1000;
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 1);
        now_ms += 1000;
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
    }
    now_ms += 3601 * 1000; /* an hour later all is forgiven */
    for (uint32_t strike = 0; strike < 5; strike++) {
        (void)fx_api_limit_strike(entry, &ban, now_ms);
    }
    assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 60);
}

static void limit_forgives_strikes_with_time(void **state)
{
    (void)state;
    const struct fx_api_limit_ban ban = {
        .strikes = 5, .decay_per_s = 2, .first_s = 60, .longest_s = 200};
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 1, 0);
    for (int64_t second = 1; second < 1000; second++) { /* two per second are forgiven */
        assert_false(fx_api_limit_strike(entry, &ban, second * 1000));
        assert_false(fx_api_limit_strike(entry, &ban, second * 1000 + 500));
    }
    const struct fx_api_limit_ban never = {.strikes = 0, .first_s = 60, .longest_s = 60};
    for (uint32_t strike = 0; strike < 100000; strike++) {
        assert_false(fx_api_limit_strike(entry, &never, 2000000));
    }
}

static void limit_failures_make_wait_longer_and_longer(void **state)
{
    (void)state;
    const struct fx_api_limit_delay delay = {.free = 5, .longest_s = 900, .forget_s = 3600};
    static const uint32_t WAITS[] = {2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900};
    struct fx_api_limit_entry *entry = fx_api_limit_find(limit, 1, 0);
    int64_t now_ms = 5000;
    for (uint32_t index = 0; index < 5; index++) {
        assert_false(fx_api_limit_fail(entry, &delay, now_ms));
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
    }
    for (size_t index = 0; index < sizeof WAITS / sizeof WAITS[0]; index++) {
        assert_true(fx_api_limit_fail(entry, &delay, now_ms));
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), WAITS[index]);
        now_ms += WAITS[index] * 1000LL;
        assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
    }
    assert_true(fx_api_limit_fail(entry, &delay, now_ms));
    fx_api_limit_take_back(entry); /* as before it, and no wait */
    assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
    assert_true(fx_api_limit_fail(entry, &delay, now_ms));
    fx_api_limit_forgive(entry, 1); /* others are left, and so is the wait */
    assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 900);
    fx_api_limit_forgive(entry, UINT32_MAX);
    assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 0);
    for (uint32_t index = 0; index < 5; index++) {
        assert_false(fx_api_limit_fail(entry, &delay, now_ms));
    }
    now_ms += 3601 * 1000LL; /* quiet for an hour */
    for (uint32_t index = 0; index < 5; index++) {
        assert_false(fx_api_limit_fail(entry, &delay, now_ms));
    }
    assert_true(fx_api_limit_fail(entry, &delay, now_ms));
    for (uint32_t index = 0; index < 70000; index++) { /* no figure turns round */
        (void)fx_api_limit_fail(entry, &delay, now_ms);
    }
    assert_int_equal(fx_api_limit_banned_s(entry, now_ms), 900);
}

/* 64 entries are eight sets; callers that differ by a multiple of 8 are in one. */
static void limit_forgets_who_was_away_longest_and_bans_last(void **state)
{
    (void)state;
    const struct fx_api_limit_ban ban = {.strikes = 1, .first_s = 60, .longest_s = 60};
    for (uint64_t caller = 8; caller <= 64; caller += 8) {
        assert_int_equal(take(caller, 20, 0).retry_s, 0);
    }
    assert_true(fx_api_limit_strike(fx_api_limit_find(limit, 8, 0), &ban, 0));
    for (uint64_t caller = 16; caller <= 64; caller += 8) {
        assert_int_equal(take(caller, 1, 0).retry_s, 1); /* all are there, 16 seen first */
    }
    assert_int_equal(take(72, 20, 0).retry_s, 0); /* 16 gives way, not 8, which is banned */
    assert_int_equal(fx_api_limit_banned_s(fx_api_limit_find(limit, 8, 0), 0), 60);
    assert_int_equal(take(24, 1, 0).retry_s, 1);
    assert_int_equal(take(16, 1, 0).retry_s, 0); /* forgotten: full again */
    for (uint64_t caller = 800; caller < 80000; caller += 8) {
        (void)take(caller, 1, 0);
    }
    assert_int_equal(fx_api_limit_banned_s(fx_api_limit_find(limit, 8, 0), 0), 60);
    for (uint64_t caller = 800; caller < 880; caller += 8) { /* over: it goes like anybody */
        (void)take(caller, 1, 60000);
    }
    assert_int_equal(take(8, 1, 60000).remaining, 19);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(limit_bucket_gives_its_burst_then_its_rate),
        T(limit_weight_counts_and_a_refusal_takes_nothing),
        T(limit_asking_changes_nothing),
        T(limit_classes_do_not_touch_each_other),
        T(limit_rate_of_zero_is_none),
        T(limit_long_run_is_exact),
        T(limit_bans_who_goes_on_and_doubles),
        T(limit_forgives_strikes_with_time),
        T(limit_failures_make_wait_longer_and_longer),
        T(limit_forgets_who_was_away_longest_and_bans_last),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/agent.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/ring.h"
#include "fx_test.h"

/** An agent that takes numbers out of a ring and adds them up. */
struct adder {
    struct fx_ring *ring;
    _Atomic uint64_t sum;
    _Atomic uint64_t step_count;
    int64_t now_us;
};

static int add_one(void *self, int64_t now_us)
{
    struct adder *adder = self;
    uint64_t item = 0;
    adder->now_us = now_us;
    (void)atomic_fetch_add(&adder->step_count, 1);
    if (!fx_ring_poll(adder->ring, &item)) {
        return 0;
    }
    (void)atomic_fetch_add(&adder->sum, item);
    return 1;
}

static int64_t stopped_clock(void)
{
    return 42;
}

static struct fx_agent *create_adder(struct adder *adder)
{
    memset(adder, 0, sizeof *adder);
    adder->ring = fx_ring_create(sizeof(uint64_t), 16);
    assert_non_null(adder->ring);
    const struct fx_agent_options options = {
        .name = "adder",
        .step = add_one,
        .self = adder,
        .clock = stopped_clock,
        .idle_us_max = FX_AGENT_IDLE_US_MAX, /* a lost wake-up hangs the test for a minute */
        .spin_count = 3,
    };
    struct fx_agent *agent = NULL;
    assert_int_equal(fx_agent_create(&options, &agent), FX_OK);
    return agent;
}

static void agent_stepped_by_hand_gets_the_callers_time(void **state)
{
    (void)state;
    struct adder adder;
    struct fx_agent *agent = create_adder(&adder);
    const uint64_t item = 7;
    assert_string_equal(fx_agent_name(agent), "adder");
    assert_int_equal(fx_agent_step(agent, 1000), 0);
    assert_true(fx_ring_append(adder.ring, &item));
    fx_agent_wake(agent); /* nobody sleeps: no effect */
    assert_int_equal(fx_agent_step(agent, 2000), 1);
    assert_int_equal(adder.now_us, 2000);
    assert_int_equal(atomic_load(&adder.sum), 7);
    fx_agent_join(agent); /* never started: nothing to wait for */
    fx_agent_destroy(agent);
    fx_agent_destroy(NULL);
    fx_ring_destroy(adder.ring);
}

static void agent_in_a_thread_takes_everything_and_never_misses_a_wake(void **state)
{
    (void)state;
    enum { ITEM_COUNT = 20000 };
    struct adder adder;
    struct fx_agent *agent = create_adder(&adder);
    assert_int_equal(fx_agent_start(agent), FX_OK);
    uint64_t wanted = 0;
    for (uint64_t item = 1; item <= ITEM_COUNT; item++) {
        while (!fx_ring_append(adder.ring, &item)) {
            (void)sched_yield();
        }
        wanted += item;
        fx_agent_wake(agent);
        if (item % 100 == 0) { /* let it fall asleep */
            while (atomic_load(&adder.sum) != wanted || !fx_agent_is_asleep(agent)) {
                (void)sched_yield();
            }
        }
    }
    assert_int_equal(atomic_load(&adder.sum), wanted);
    fx_agent_stop(agent);
    fx_agent_join(agent);
    assert_int_equal(adder.now_us, 42);
    fx_agent_destroy(agent);
    fx_ring_destroy(adder.ring);
}

static void agent_asleep_does_not_step(void **state)
{
    (void)state;
    struct adder adder;
    struct fx_agent *agent = create_adder(&adder);
    assert_int_equal(fx_agent_start(agent), FX_OK);
    while (!fx_agent_is_asleep(agent)) {
        (void)sched_yield();
    }
    for (int index = 0; index < 1000; index++) {
        (void)sched_yield();
    }
    /* One step at the start, three spins, one last look. */
    assert_true(atomic_load(&adder.step_count) <= 5);
    fx_agent_stop(agent);
    fx_agent_stop(agent);
    fx_agent_join(agent);
    fx_agent_destroy(agent);
    fx_ring_destroy(adder.ring);
}

/** Work that arrives after a step looked and before the agent announces that it sleeps. */
struct late {
    struct fx_agent *agent;
    bool is_pending;
    _Atomic bool is_done;
};

static int look_then_receive(void *self, int64_t now_us)
{
    struct late *late = self;
    (void)now_us;
    if (late->is_pending) {
        atomic_store(&late->is_done, true);
        return 1;
    }
    late->is_pending = true;
    fx_agent_wake(late->agent); /* as another thread would; it does not sleep yet */
    return 0;
}

static void agent_looks_once_more_before_it_sleeps(void **state)
{
    (void)state;
    struct late late = {0};
    const struct fx_agent_options options = {.name = "late",
                                             .step = look_then_receive,
                                             .self = &late,
                                             .idle_us_max = FX_AGENT_IDLE_US_MAX};
    assert_int_equal(fx_agent_create(&options, &late.agent), FX_OK);
    assert_int_equal(fx_agent_start(late.agent), FX_OK);
    while (!atomic_load(&late.is_done)) { /* a minute where the last look is missing */
        (void)sched_yield();
    }
    fx_agent_stop(late.agent);
    fx_agent_join(late.agent);
    fx_agent_destroy(late.agent);
}

static int count_steps(void *self, int64_t now_us)
{
    _Atomic uint64_t *count = self;
    (void)now_us;
    (void)atomic_fetch_add(count, 1);
    return 0;
}

static void agent_with_a_short_sleep_steps_again_unasked(void **state)
{
    (void)state;
    _Atomic uint64_t count = 0;
    const struct fx_agent_options options = {
        .name = "timer", .step = count_steps, .self = &count, .idle_us_max = 100};
    struct fx_agent *agent = NULL;
    assert_int_equal(fx_agent_create(&options, &agent), FX_OK);
    assert_int_equal(fx_agent_start(agent), FX_OK);
    while (atomic_load(&count) < 20) {
        (void)sched_yield();
    }
    fx_agent_stop(agent);
    fx_agent_join(agent);
    fx_agent_destroy(agent);
}

/** Notes when it was stepped: the first step does `work` things, the others nothing. */
struct resting {
    int work;
    _Atomic uint64_t count;
    int64_t first_us;
    int64_t second_us;
};

static int note_time(void *self, int64_t now_us)
{
    struct resting *resting = self;
    const uint64_t count = atomic_load(&resting->count);
    if (count == 0) {
        resting->first_us = now_us;
    } else if (count == 1) {
        resting->second_us = now_us;
    }
    (void)atomic_fetch_add(&resting->count, 1);
    return count == 0 ? resting->work : 0;
}

static int64_t pause_after(int work, uint32_t each_us)
{
    struct resting resting = {.work = work};
    const struct fx_agent_options options = {.name = "resting",
                                             .step = note_time,
                                             .self = &resting,
                                             .clock = fx_clock_monotonic_us,
                                             .idle_us_max = FX_AGENT_IDLE_US_MAX,
                                             .rest_us = FX_AGENT_REST_US_MAX,
                                             .rest_each_us = each_us};
    struct fx_agent *agent = NULL;
    assert_int_equal(fx_agent_create(&options, &agent), FX_OK);
    assert_int_equal(fx_agent_start(agent), FX_OK);
    while (atomic_load(&resting.count) < 2) {
        (void)sched_yield();
    }
    fx_agent_stop(agent);
    fx_agent_join(agent);
    fx_agent_destroy(agent);
    return resting.second_us - resting.first_us;
}

static void agent_rests_after_a_step_that_did_much(void **state)
{
    (void)state;
    assert_true(pause_after(2, 0) >= FX_AGENT_REST_US_MAX);
    int64_t shortest_us = INT64_MAX; /* a busy machine may delay some, not all */
    for (int round = 0; round < 20 && shortest_us >= FX_AGENT_REST_US_MAX; round++) {
        const int64_t pause_us = pause_after(1, 0);
        shortest_us = pause_us < shortest_us ? pause_us : shortest_us;
    }
    assert_true(shortest_us < FX_AGENT_REST_US_MAX);
}

static void agent_rests_the_longer_the_more_was_done(void **state)
{
    (void)state;
    enum { EACH_US = FX_AGENT_REST_US_MAX / 10 };
    assert_true(pause_after(3, EACH_US) >= 3 * (int64_t)EACH_US);
    assert_true(pause_after(INT32_MAX, EACH_US) >= FX_AGENT_REST_US_MAX);
    int64_t shortest_us = INT64_MAX;
    for (int round = 0; round < 20 && shortest_us >= FX_AGENT_REST_US_MAX; round++) {
        const int64_t pause_us = pause_after(3, EACH_US);
        shortest_us = pause_us < shortest_us ? pause_us : shortest_us;
    }
    assert_true(shortest_us < FX_AGENT_REST_US_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agent_stepped_by_hand_gets_the_callers_time),
        cmocka_unit_test(agent_in_a_thread_takes_everything_and_never_misses_a_wake),
        cmocka_unit_test(agent_asleep_does_not_step),
        cmocka_unit_test(agent_looks_once_more_before_it_sleeps),
        cmocka_unit_test(agent_with_a_short_sleep_steps_again_unasked),
        cmocka_unit_test(agent_rests_after_a_step_that_did_much),
        cmocka_unit_test(agent_rests_the_longer_the_more_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

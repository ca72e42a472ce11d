/* sim_schedule: things come by time, of equal times in the order of planning. */
#include "sim/sim_schedule.h"

#include <stdlib.h>

#include "base/rng.h"
#include "fx_test.h"

static void sim_schedule_random_things_come_in_order(void **state)
{
    (void)state;
    struct fx_sim_schedule *schedule = calloc(1, sizeof *schedule);
    assert_non_null(schedule);
    struct fx_rng rng;
    fx_rng_init(&rng, 5);
    fx_sim_schedule_init(schedule, 1000);
    struct fx_sim_thing last = {.due_us = 0};
    struct fx_sim_thing thing;
    for (int round = 0; round < 2000; round++) {
        for (uint64_t count = fx_rng_below(&rng, 4); count > 0; count--) {
            const struct fx_sim_thing planned = {.item = FX_SIM_ITEM_MARK};
            fx_sim_schedule_add(schedule, (int64_t)fx_rng_below(&rng, 5), &planned);
        }
        if (fx_rng_below(&rng, 3) > 0 && fx_sim_schedule_next(schedule, &thing)) {
            assert_true(thing.due_us > last.due_us ||
                        (thing.due_us == last.due_us && thing.order > last.order));
            assert_int_equal(schedule->now_us, thing.due_us);
            last = thing;
        }
    }
    while (fx_sim_schedule_next(schedule, &thing)) {
        assert_true(thing.due_us >= last.due_us);
        last = thing;
    }
    free(schedule);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sim_schedule_random_things_come_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

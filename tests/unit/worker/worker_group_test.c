/* When what there is to publish waits, and when it goes. */
#include "worker/worker_group.h"

#include "fx_test.h"

enum { START = 1000000, SHORT = 100, AWHILE = 2000, LONG = 200000 };

static void worker_group_waits_for_the_one_on_its_way(void **state)
{
    struct fx_worker_group group = {0};
    (void)state;
    assert_false(fx_worker_group_waits(&group, 0, START));
    fx_worker_group_add(&group, 0, START);
    assert_false(fx_worker_group_waits(&group, 1, START + SHORT)); /* goes with it */
    fx_worker_group_add(&group, 1, START + SHORT);
    assert_true(fx_worker_group_waits(&group, 2, START + AWHILE));
    assert_false(fx_worker_group_waits(&group, 0, START + AWHILE)); /* delivered */
    fx_worker_group_add(&group, 0, START + AWHILE);
    assert_false(fx_worker_group_waits(&group, 1, START + AWHILE + SHORT));
}

/* A broker that is away: each tenth of a second there is a group, and what comes with it goes. */
static void worker_group_does_not_wait_for_ever(void **state)
{
    struct fx_worker_group group = {0};
    (void)state;
    fx_worker_group_add(&group, 0, START);
    assert_false(fx_worker_group_is_away(&group, START + AWHILE));
    assert_true(fx_worker_group_is_away(&group, START + LONG));
    assert_false(fx_worker_group_waits(&group, 1, START + LONG));
    fx_worker_group_add(&group, 1, START + LONG);
    assert_false(fx_worker_group_waits(&group, 2, START + LONG + SHORT));
    assert_true(fx_worker_group_waits(&group, 2, START + LONG + AWHILE));
}

static void worker_group_is_not_held_by_a_clock_that_was_set_back(void **state)
{
    struct fx_worker_group group = {0};
    (void)state;
    fx_worker_group_add(&group, 0, START + LONG);
    assert_false(fx_worker_group_waits(&group, 1, START));
    fx_worker_group_add(&group, 1, START);
    assert_true(fx_worker_group_waits(&group, 2, START + AWHILE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_group_waits_for_the_one_on_its_way),
        cmocka_unit_test(worker_group_does_not_wait_for_ever),
        cmocka_unit_test(worker_group_is_not_held_by_a_clock_that_was_set_back)};
    return cmocka_run_group_tests_name("worker_group", tests, NULL, NULL);
}

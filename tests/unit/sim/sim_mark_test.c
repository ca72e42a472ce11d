/* sim_mark: who was missed is named, and hits add up. */
#include "sim/sim_mark.h"

#include <string.h>

#include "fx_test.h"

static uint32_t count_missed(const struct fx_sim_marks *marks)
{
    char name[FX_SIM_MARK_NAME_SIZE];
    uint32_t cursor = 0, count = 0;
    while (fx_sim_mark_next_missed(marks, &cursor, name)) {
        assert_true(strlen(name) > 2);
        count++;
    }
    return count;
}

static void sim_mark_missed_are_those_never_hit(void **state)
{
    (void)state;
    struct fx_sim_marks marks;
    memset(&marks, 0, sizeof marks);
    assert_int_equal(count_missed(&marks), fx_sim_mark_total());
    fx_sim_mark_hit(&marks, FX_SIM_MARK_TORN_TAIL);
    fx_sim_mark_status(&marks, FX_PRICE_FILTER);
    fx_sim_mark_status(&marks, FX_OK); /* no mark of its own */
    assert_int_equal(count_missed(&marks), fx_sim_mark_total() - 2);
    struct fx_sim_marks sum;
    memset(&sum, 0, sizeof sum);
    fx_sim_mark_add(&sum, &marks);
    fx_sim_mark_add(&sum, &marks);
    assert_int_equal(sum.counts[FX_SIM_MARK_TORN_TAIL], 2);
    assert_int_equal(sum.statuses[FX_PRICE_FILTER], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sim_mark_missed_are_those_never_hit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

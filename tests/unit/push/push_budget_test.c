/* The bucket of requests: a burst, then what the clock gives, never more than full. */
#include "push/push_budget.h"

#include "fx_test.h"

static uint32_t spend_all(struct fx_push_budget *budget, int64_t now_ms)
{
    uint32_t count = 0;
    while (fx_push_budget_spend(budget, now_ms)) {
        count++;
    }
    return count;
}

static void push_budget_is_a_burst_and_then_the_clock(void **state)
{
    (void)state;
    struct fx_push_budget budget;
    fx_push_budget_init(&budget, 1000);
    assert_int_equal(spend_all(&budget, 1000), FX_PUSH_BUDGET_MAX);
    assert_int_equal(spend_all(&budget, 1000 + FX_PUSH_BUDGET_MS - 1), 0);
    assert_int_equal(spend_all(&budget, 1000 + FX_PUSH_BUDGET_MS), 1);
    assert_int_equal(spend_all(&budget, 1000 + 11 * FX_PUSH_BUDGET_MS), 10);
    assert_int_equal(spend_all(&budget, 1000000000), FX_PUSH_BUDGET_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_budget_is_a_burst_and_then_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

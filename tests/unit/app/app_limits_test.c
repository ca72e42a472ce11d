/* app/app_limits: what one client may take, of one process and of several. */
#include "app/app_limits.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_options.h"
#include "fx_test.h"

static struct fx_api_rates rates_of(int argc, const char *const flags[])
{
    char *argv[8];
    struct fx_app_options options;
    struct fx_api_rates rates;
    for (int index = 0; index < argc; index++) {
        argv[index] = strdup(flags[index]);
    }
    assert_int_equal(fx_app_options_read(argc, argv, &options), FX_APP_EXIT_OK);
    fx_app_limits_rates(options.config, &rates);
    fx_app_options_destroy(&options);
    for (int index = 0; index < argc; index++) {
        free(argv[index]);
    }
    return rates;
}

static void app_limits_of_several_processes_add_up_to_one(void **state)
{
    (void)state;
    static const char *const ONE[] = {"future", "api", "--rate-orders", "1000"};
    static const char *const THREE[] = {
        "future", "api", "--rate-orders", "1000", "--api-count", "3", "--rate-reads", "0"};
    static const char *const MANY[] = {"future", "api", "--api-count", "1000"};
    const struct fx_api_rates one = rates_of(4, ONE);
    const struct fx_api_rates three = rates_of(8, THREE);
    const struct fx_api_rates many = rates_of(4, MANY);
    assert_int_equal(one.orders, 1000);
    assert_int_equal(one.login_free, 5);
    assert_int_equal(three.orders, 334);
    assert_true(3 * three.failures >= one.failures && 3 * three.failures < one.failures + 3);
    assert_int_equal(three.login_free, 2);
    assert_int_equal(three.reads, 0);     /* no limit is no limit … */
    assert_int_equal(many.login_free, 1); /* … and a limit stays one */
    assert_int_equal(many.failures, 1);
    assert_int_equal(many.logins, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_limits_of_several_processes_add_up_to_one)};
    return cmocka_run_group_tests_name("app_limits", tests, NULL, NULL);
}

#include "base/metric.h"

#include <string.h>

#include "fx_test.h"

static void expect(struct fx_buf *buf, const char *text)
{
    fx_buf_append_byte(buf, '\0');
    assert_string_equal(buf->data, text);
    fx_buf_deinit(buf);
}

static void metric_samples_are_lines(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_buf labels;
    fx_buf_init(&buf, 1 << 16);
    fx_buf_init(&labels, 1 << 16);
    fx_metric_head(&buf, "a_total", "counter", "How many.");
    fx_metric_u64(&buf, "a_total", (fx_str){0}, 18446744073709551615U);
    fx_metric_label(&labels, "x", FX_STR("y"));
    fx_metric_label(&labels, "z", FX_STR("q\"\\\n"));
    fx_metric_dec(&buf, "b", fx_buf_str(&labels), -fx_dec_one() / 2);
    fx_metric_us(&buf, "c_seconds", (fx_str){0}, 1500);
    expect(&buf,
           "# HELP a_total How many.\n# TYPE a_total counter\na_total 18446744073709551615\n"
           "b{x=\"y\",z=\"q\\\"\\\\\\n\"} -0.5\nc_seconds 0.0015\n");
    fx_buf_deinit(&labels);
}

static void metric_histogram_buckets_add_up(void **state)
{
    (void)state;
    static struct fx_metric_histogram histogram;
    static const int64_t TIMES_US[] = {-5, 0, 10, 11, 1000, 1001, 10000000, 10000001};
    for (size_t index = 0; index < sizeof TIMES_US / sizeof TIMES_US[0]; index++) {
        fx_metric_histogram_add(&histogram, TIMES_US[index]);
    }
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 16);
    fx_metric_histogram(&buf, "t", FX_STR("a=\"b\""), &histogram);
    fx_buf_append_byte(&buf, '\0');
    static const char *const LINES[] = {"t_bucket{a=\"b\",le=\"0.00001\"} 3\n",
                                        "t_bucket{a=\"b\",le=\"0.00002\"} 4\n",
                                        "t_bucket{a=\"b\",le=\"0.0005\"} 4\n",
                                        "t_bucket{a=\"b\",le=\"0.001\"} 5\n",
                                        "t_bucket{a=\"b\",le=\"0.002\"} 6\n",
                                        "t_bucket{a=\"b\",le=\"10\"} 7\n",
                                        "t_bucket{a=\"b\",le=\"+Inf\"} 8\n",
                                        "t_sum{a=\"b\"} 20.002023\n",
                                        "t_count{a=\"b\"} 8\n"};
    for (size_t index = 0; index < sizeof LINES / sizeof LINES[0]; index++) {
        assert_non_null(strstr(buf.data, LINES[index]));
    }
    fx_buf_deinit(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metric_samples_are_lines),
        cmocka_unit_test(metric_histogram_buckets_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

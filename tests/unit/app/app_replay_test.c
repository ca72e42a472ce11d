/* Replay through the engine alone: small flows by hand, and the recorded E-mini flow whose fills
 * are known. The recording is read where it lies: FX_SHARED_DIR, or the folder shared beside the
 * tree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_replay_engine.h"
#include "fx_test.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
#define HEADER "seq,ts_ns,op,order_id,side,price_ticks,lots\n"

enum { PATH_SIZE = 4096, FILE_SIZE_MAX = 16 << 20 };

static void read_all(FILE *file, struct fx_buf *text)
{
    fx_buf_init(text, FILE_SIZE_MAX);
    for (;;) {
        char *target = fx_buf_reserve(text, 65536);
        assert_non_null(target);
        const size_t size = fread(target, 1, 65536, file);
        fx_buf_add(text, size);
        if (size == 0) {
            break;
        }
    }
    (void)fclose(file);
}

static FILE *open_data(const char *name)
{
    char path[PATH_SIZE];
    const char *shared = getenv("FX_SHARED_DIR");
    (void)snprintf(
        path, sizeof path, "%s/%s", shared == NULL ? FX_SOURCE_DIR "/../shared" : shared, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        (void)fprintf(stderr, "SKIPPED: no recording %s (set FX_SHARED_DIR)\n", path);
    }
    return file;
}

static fx_status run(fx_str text,
                     struct fx_app_replay_result *result_out,
                     struct fx_app_replay_file_error *error_out)
{
    struct fx_app_replay_file file;
    assert_int_equal(fx_app_replay_file_parse(text, &file, error_out), FX_OK);
    const fx_status status = fx_app_replay_engine_run(&file, NULL, NULL, result_out, error_out);
    fx_app_replay_file_deinit(&file);
    return status;
}

static void gives(const char *text, const char *fills)
{
    struct fx_app_replay_result result;
    struct fx_app_replay_file_error error;
    struct fx_buf out;
    assert_int_equal(run(fx_str_of(text), &result, &error), FX_OK);
    fx_buf_init(&out, FILE_SIZE_MAX);
    fx_app_replay_engine_format(result.fills, result.fill_count, &out);
    fx_buf_append_byte(&out, '\0');
    assert_string_equal(out.data, fills);
    fx_buf_deinit(&out);
    fx_app_replay_engine_deinit(&result);
}

static void app_replay_small_flow_fills_by_price_and_time(void **state)
{
    (void)state;
    gives(HEADER "0,0,A,1,A,101,2\n1,1,A,2,A,100,1\n2,2,A,3,A,100,1\n3,3,T,4,B,101,3\n",
          "seq,maker_order_id,price_ticks,lots\n3,2,100,1\n3,3,100,1\n3,1,101,1\n");
}

static void app_replay_amend_counts_open_lots_and_keeps_or_loses_its_place(void **state)
{
    (void)state;
    /* 1 is filled by 2 of 5; "open 2" shrinks it in place: it is still before 2. */
    gives(HEADER "0,0,A,1,A,100,5\n1,1,A,2,A,100,5\n2,2,T,9,B,100,2\n3,3,M,1,A,100,2\n"
                 "4,4,T,9,B,100,3\n",
          "seq,maker_order_id,price_ticks,lots\n2,1,100,2\n4,1,100,2\n4,2,100,1\n");
    /* "open 4" grows it: 2 is first now. */
    gives(HEADER "0,0,A,1,A,100,5\n1,1,A,2,A,100,5\n2,2,T,9,B,100,2\n3,3,M,1,A,100,4\n"
                 "4,4,T,9,B,100,6\n",
          "seq,maker_order_id,price_ticks,lots\n2,1,100,2\n4,2,100,5\n4,1,100,1\n");
    /* An amend that crosses takes. */
    gives(HEADER "0,0,A,1,A,100,5\n1,1,A,2,B,99,3\n2,2,M,2,B,100,3\n",
          "seq,maker_order_id,price_ticks,lots\n2,1,100,3\n");
}

static void app_replay_commands_for_ended_and_unknown_orders_are_counted(void **state)
{
    (void)state;
    struct fx_app_replay_result result;
    struct fx_app_replay_file_error error;
    const char *text = HEADER "0,0,A,1,A,100,5\n1,1,T,2,B,100,5\n2,2,M,1,A,100,4\n3,3,C,1,,,\n"
                              "4,4,C,77,,,\n5,5,A,1,A,100,1\n6,6,C,1,,,\n";
    assert_int_equal(run(fx_str_of(text), &result, &error), FX_OK);
    assert_int_equal(result.ended, 2);
    assert_int_equal(result.unknown, 1);
    assert_int_equal(result.fill_count, 1);
    assert_int_equal(result.lots, 5);
    assert_int_equal(result.steps[2].expected, FX_ORDER_NOT_FOUND);
    assert_int_equal(result.steps[2].order, 0);
    assert_int_equal(result.steps[4].order, FX_APP_REPLAY_ENGINE_NO_ORDER);
    assert_int_equal(result.steps[6].order, 5);
    assert_int_equal(result.steps[6].expected, FX_OK);
    fx_app_replay_engine_deinit(&result);
}

static void app_replay_amend_to_the_other_side_is_bad_data(void **state)
{
    (void)state;
    struct fx_app_replay_result result;
    struct fx_app_replay_file_error error;
    const char *text = HEADER "0,0,A,1,A,100,5\n1,1,M,1,B,100,5\n";
    assert_int_equal(run(fx_str_of(text), &result, &error), FX_BAD_FILE);
    assert_int_equal(error.line, 3);
    assert_non_null(strstr(error.text, "side"));
}

static void app_replay_recording_gives_the_recorded_fills(void **state)
{
    (void)state;
    FILE *recording = open_data("data/es-futures-2023-12-25.csv");
    FILE *fills = open_data("data/es-futures-2023-12-25.fills.csv");
    if (recording == NULL || fills == NULL) {
        skip();
    }
    struct fx_buf text;
    struct fx_buf expected;
    struct fx_buf out;
    struct fx_app_replay_result result;
    struct fx_app_replay_file_error error;
    read_all(recording, &text);
    read_all(fills, &expected);
    assert_int_equal(run(fx_buf_str(&text), &result, &error), FX_OK);
    fx_buf_init(&out, FILE_SIZE_MAX);
    fx_app_replay_engine_format(result.fills, result.fill_count, &out);
    assert_true(fx_str_is_equal(fx_buf_str(&out), fx_buf_str(&expected)));
    assert_int_equal(result.fill_count, 1215);
    assert_int_equal(result.lots, 1692);
    assert_true(result.hash != 0);
    fx_app_replay_engine_deinit(&result);
    fx_buf_deinit(&out);
    fx_buf_deinit(&expected);
    fx_buf_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_replay_small_flow_fills_by_price_and_time),
        cmocka_unit_test(app_replay_amend_counts_open_lots_and_keeps_or_loses_its_place),
        cmocka_unit_test(app_replay_commands_for_ended_and_unknown_orders_are_counted),
        cmocka_unit_test(app_replay_amend_to_the_other_side_is_bad_data),
        cmocka_unit_test(app_replay_recording_gives_the_recorded_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(concurrency-mt-unsafe)

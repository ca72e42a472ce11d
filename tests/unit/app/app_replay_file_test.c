/* The reader of recordings: what it takes, and the line and reason of all it refuses. */
#include "app/app_replay_file.h"

#include <string.h>

#include "fx_test.h"

#define HEADER "seq,ts_ns,op,order_id,side,price_ticks,lots\n"

static void refuses(const char *text, uint32_t line, const char *reason_part)
{
    struct fx_app_replay_file file = {NULL, 0};
    struct fx_app_replay_file_error error = {0, NULL};
    assert_int_equal(fx_app_replay_file_parse(fx_str_of(text), &file, &error), FX_BAD_FILE);
    assert_null(file.rows);
    assert_int_equal(error.line, line);
    assert_non_null(error.text);
    if (strstr(error.text, reason_part) == NULL) {
        fail_msg("line %u: \"%s\" does not say \"%s\"", line, error.text, reason_part);
    }
}

static void app_replay_file_all_ops_are_read(void **state)
{
    (void)state;
    struct fx_app_replay_file file;
    struct fx_app_replay_file_error error;
    const char *text = HEADER "0,1703545200000000000,A,6412777265454,B,19200,1\n"
                              "1,5,M,2,A,10000000,1000000\n"
                              "7,5,C,2,,,\n"
                              "18446744073709551615,0,T,18446744073709551615,A,1,1\n";
    assert_int_equal(fx_app_replay_file_parse(fx_str_of(text), &file, &error), FX_OK);
    assert_int_equal(file.count, 4);
    assert_int_equal(file.rows[0].op, FX_APP_REPLAY_FILE_ADD);
    assert_true(file.rows[0].ts_ns == 1703545200000000000);
    assert_true(file.rows[0].order_id == 6412777265454U);
    assert_int_equal(file.rows[0].side, FX_SIDE_BUY);
    assert_int_equal(file.rows[0].price_ticks, 19200);
    assert_int_equal(file.rows[0].lots, 1);
    assert_int_equal(file.rows[1].op, FX_APP_REPLAY_FILE_AMEND);
    assert_int_equal(file.rows[1].side, FX_SIDE_SELL);
    assert_int_equal(file.rows[1].price_ticks, FX_APP_REPLAY_FILE_TICKS_MAX);
    assert_int_equal(file.rows[1].lots, FX_APP_REPLAY_FILE_LOTS_MAX);
    assert_int_equal(file.rows[2].op, FX_APP_REPLAY_FILE_CANCEL);
    assert_int_equal(file.rows[2].side, 0);
    assert_int_equal(file.rows[2].price_ticks, 0);
    assert_int_equal(file.rows[2].lots, 0);
    assert_int_equal(file.rows[3].op, FX_APP_REPLAY_FILE_TAKE);
    assert_true(file.rows[3].sequence == UINT64_MAX);
    assert_int_equal(fx_app_replay_file_line(3), 5);
    fx_app_replay_file_deinit(&file);
    assert_null(file.rows);
}

static void app_replay_file_crlf_and_missing_last_newline_are_taken(void **state)
{
    (void)state;
    struct fx_app_replay_file file;
    struct fx_app_replay_file_error error;
    const char *text = "seq,ts_ns,op,order_id,side,price_ticks,lots\r\n"
                       "0,1,A,7,B,100,1\r\n1,2,C,7,,,";
    assert_int_equal(fx_app_replay_file_parse(fx_str_of(text), &file, &error), FX_OK);
    assert_int_equal(file.count, 2);
    fx_app_replay_file_deinit(&file);
}

static void app_replay_file_wrong_frame_is_refused(void **state)
{
    (void)state;
    refuses("", 1, "first line");
    refuses("seq,ts_ns,op,order_id,side,price_ticks\n", 1, "first line");
    refuses("0,1,A,7,B,100,1\n", 1, "first line");
    refuses(HEADER, 2, "no commands");
    refuses(HEADER "\n", 2, "empty");
    refuses(HEADER "0,1,A,7,B,100,1\n\n", 3, "empty");
    refuses(HEADER "0,1,A,7,B,100\n", 2, "seven columns");
    refuses(HEADER "0,1,A,7,B,100,1,\n", 2, "seven columns");
    refuses(HEADER "0,1,A,7,B,100,1\n1,1,A,8,B,1", 3, "seven columns");
}

static void app_replay_file_wrong_fields_are_refused(void **state)
{
    (void)state;
    refuses(HEADER "x,1,A,7,B,100,1\n", 2, "seq must be");
    refuses(HEADER "-1,1,A,7,B,100,1\n", 2, "seq must be");
    refuses(HEADER "18446744073709551616,1,A,7,B,100,1\n", 2, "seq must be");
    refuses(HEADER "0,1,A,7,B,100,1\n0,1,A,8,B,100,1\n", 3, "seq must rise");
    refuses(HEADER "0,1.5,A,7,B,100,1\n", 2, "ts_ns");
    refuses(HEADER "0,-1,A,7,B,100,1\n", 2, "ts_ns");
    refuses(HEADER "0,1,X,7,B,100,1\n", 2, "op must be");
    refuses(HEADER "0,1,,7,B,100,1\n", 2, "op must be");
    refuses(HEADER "0,1,AA,7,B,100,1\n", 2, "op must be");
    refuses(HEADER "0,1,A,,B,100,1\n", 2, "order_id");
    refuses(HEADER "0,1,A,7,S,100,1\n", 2, "side must be");
    refuses(HEADER "0,1,A,7,,100,1\n", 2, "side must be");
    refuses(HEADER "0,1,A,7,B,0,1\n", 2, "price_ticks");
    refuses(HEADER "0,1,A,7,B,10000001,1\n", 2, "price_ticks");
    refuses(HEADER "0,1,A,7,B, 100,1\n", 2, "price_ticks");
    refuses(HEADER "0,1,A,7,B,100,0\n", 2, "lots");
    refuses(HEADER "0,1,A,7,B,100,1000001\n", 2, "lots");
    refuses(HEADER "0,1,T,7,A,100,1e3\n", 2, "lots");
    refuses(HEADER "0,1,C,7,B,,\n", 2, "cancel");
    refuses(HEADER "0,1,C,7,,100,\n", 2, "cancel");
    refuses(HEADER "0,1,C,7,,,1\n", 2, "cancel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_replay_file_all_ops_are_read),
        cmocka_unit_test(app_replay_file_crlf_and_missing_last_newline_are_taken),
        cmocka_unit_test(app_replay_file_wrong_frame_is_refused),
        cmocka_unit_test(app_replay_file_wrong_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

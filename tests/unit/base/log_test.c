#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fx_test.h"

enum { OUTPUT_SIZE_MAX = 65536 };

static int pipe_fds[2];

static int64_t fixed_clock(void)
{
    return INT64_C(1703496600123456);
}

static void configure(enum fx_log_level level, enum fx_log_format format)
{
    const struct fx_log_options options = {
        .level = level, .format = format, .fd = pipe_fds[1], .clock = fixed_clock};
    fx_log_configure(&options);
}

/** What was written since the last call. */
static const char *output(void)
{
    static char text[OUTPUT_SIZE_MAX];
    const ssize_t size = read(pipe_fds[0], text, sizeof text - 1);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static int set_up(void **state)
{
    (void)state;
    return pipe2(pipe_fds, O_NONBLOCK);
}

static int tear_down(void **state)
{
    (void)state;
    const struct fx_log_options options = {FX_LOG_INFO, FX_LOG_TEXT, STDERR_FILENO, NULL};
    fx_log_configure(&options);
    return close(pipe_fds[0]) + close(pipe_fds[1]);
}

static void log_all_fields(void)
{
    FX_LOG(FX_LOG_WARN,
           "api",
           "order accepted",
           fx_log_str("symbol", FX_STR("BTCUSDT")),
           fx_log_text("note", "two words"),
           fx_log_text("nothing", NULL),
           fx_log_u64("order_id", UINT64_MAX),
           fx_log_i64("delta", INT64_MIN),
           fx_log_dec("price", (fx_i128)1500000000000000000),
           fx_log_status("status", FX_BAD_TOKEN),
           fx_log_bool("is_maker", true));
}

static void log_text_is_for_people(void **state)
{
    (void)state;
    configure(FX_LOG_INFO, FX_LOG_TEXT);
    log_all_fields();
    assert_string_equal(output(),
                        "2023-12-25T09:30:00.123Z warn  api: order accepted symbol=BTCUSDT "
                        "note=\"two words\" nothing=\"\" order_id=18446744073709551615 "
                        "delta=-9223372036854775808 price=1.5 status=BAD_TOKEN is_maker=true\n");
    FX_LOG(FX_LOG_ERROR, "main", "no fields");
    assert_string_equal(output(), "2023-12-25T09:30:00.123Z error main: no fields\n");
}

static void log_logfmt_is_for_machines(void **state)
{
    (void)state;
    configure(FX_LOG_INFO, FX_LOG_LOGFMT);
    log_all_fields();
    assert_string_equal(output(),
                        "ts=2023-12-25T09:30:00.123Z level=warn component=api "
                        "msg=\"order accepted\" symbol=BTCUSDT note=\"two words\" nothing=\"\" "
                        "order_id=18446744073709551615 delta=-9223372036854775808 price=1.5 "
                        "status=BAD_TOKEN is_maker=true\n");
}

static void log_json_is_valid_json(void **state)
{
    (void)state;
    configure(FX_LOG_INFO, FX_LOG_JSON);
    log_all_fields();
    assert_string_equal(
        output(),
        "{\"ts\":\"2023-12-25T09:30:00.123Z\",\"level\":\"warn\",\"component\":\"api\","
        "\"msg\":\"order accepted\",\"symbol\":\"BTCUSDT\",\"note\":\"two words\",\"nothing\":\"\","
        "\"order_id\":18446744073709551615,\"delta\":-9223372036854775808,\"price\":\"1.5\","
        "\"status\":\"BAD_TOKEN\",\"is_maker\":true}\n");
}

static void log_below_the_level_is_silent_and_costs_nothing(void **state)
{
    (void)state;
    int evaluation_count = 0;
    configure(FX_LOG_WARN, FX_LOG_TEXT);
    FX_LOG(FX_LOG_INFO, "api", "quiet", fx_log_i64("count", ++evaluation_count));
    assert_string_equal(output(), "");
    assert_int_equal(evaluation_count, 0);
    FX_LOG(FX_LOG_WARN, "api", "loud", fx_log_i64("count", ++evaluation_count));
    assert_int_equal(evaluation_count, 1);
    assert_string_not_equal(output(), "");
    configure(FX_LOG_OFF, FX_LOG_TEXT);
    FX_LOG(FX_LOG_ERROR, "api", "quiet");
    assert_string_equal(output(), "");
}

static void log_of_a_secret_is_masked(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"token",
                                        "access_token",
                                        "refreshToken",
                                        "password",
                                        "PASSWORD",
                                        "new_password",
                                        "secret",
                                        "api_secret",
                                        "signature",
                                        "Authorization",
                                        "cookie",
                                        "JWT_PRIVATE_KEY",
                                        "privateKey",
                                        "totp_code",
                                        "otp",
                                        "apikey",
                                        "passphrase"};
    static const enum fx_log_format FORMATS[] = {FX_LOG_TEXT, FX_LOG_LOGFMT, FX_LOG_JSON};
    for (size_t format = 0; format < 3; format++) {
        configure(FX_LOG_INFO, FORMATS[format]);
        for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
            FX_LOG(FX_LOG_INFO, "api", "who", fx_log_text(NAMES[index], "hunter2"));
            const char *line = output();
            assert_null(strstr(line, "hunter2"));
            assert_non_null(strstr(line, "***"));
            FX_LOG(FX_LOG_INFO, "api", "who", fx_log_u64(NAMES[index], 987654));
            assert_null(strstr(output(), "987654"));
        }
    }
    FX_LOG(FX_LOG_INFO, "api", "who", fx_log_text("user", "hunter2"));
    assert_non_null(strstr(output(), "hunter2"));
}

static void log_of_hostile_text_stays_one_harmless_line(void **state)
{
    (void)state;
    static const enum fx_log_format FORMATS[] = {FX_LOG_TEXT, FX_LOG_LOGFMT, FX_LOG_JSON};
    static const char HOSTILE[] = "a\nlevel=error msg=\"x\"\r\t\x1b[31m\x7f\xc2\x9b"
                                  "31m\xff\xc3\xa9\\";
    for (size_t format = 0; format < 3; format++) {
        configure(FX_LOG_INFO, FORMATS[format]);
        FX_LOG(FX_LOG_INFO,
               "api",
               HOSTILE,
               fx_log_str("text", FX_STR(HOSTILE)),
               fx_log_str("nul", FX_STR("a\0b")));
        const char *line = output();
        const size_t size = strlen(line);
        assert_true(size > 0 && line[size - 1] == '\n');
        for (size_t index = 0; index < size - 1; index++) {
            assert_true((unsigned char)line[index] >= ' ' && line[index] != 0x7f);
        }
        assert_null(strstr(line, "\xc2\x9b"));
        assert_non_null(strstr(line, "\xc3\xa9")); /* letters of people stay */
        assert_non_null(strstr(line,
                               "a\xef\xbf\xbd"
                               "b")); /* U+FFFD */
        if (FORMATS[format] == FX_LOG_JSON) {
            json_error_t error;
            json_t *root = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
            assert_non_null(root);
            json_decref(root);
        }
    }
}

static void log_of_long_values_is_cut_and_stays_valid(void **state)
{
    (void)state;
    char text[FX_LOG_VALUE_SIZE_MAX + 2];
    for (size_t size = FX_LOG_VALUE_SIZE_MAX - 1; size <= FX_LOG_VALUE_SIZE_MAX + 1; size++) {
        memset(text, '\x01', sizeof text); /* each byte takes six */
        text[size] = '\0';
        configure(FX_LOG_INFO, FX_LOG_JSON);
        FX_LOG(FX_LOG_INFO, "api", text, fx_log_text("a", text), fx_log_text("b", text));
        const char *line = output();
        json_t *root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(root);
        const char *value = json_string_value(json_object_get(root, "b"));
        assert_int_equal(strlen(value),
                         size > FX_LOG_VALUE_SIZE_MAX ? FX_LOG_VALUE_SIZE_MAX : size);
        assert_int_equal(strstr(value, "...") != NULL, size > FX_LOG_VALUE_SIZE_MAX);
        json_decref(root);
    }
}

static void log_parse_of_names_knows_each(void **state)
{
    (void)state;
    enum fx_log_level level = FX_LOG_OFF;
    enum fx_log_format format = FX_LOG_TEXT;
    assert_true(fx_log_parse_level(FX_STR("debug"), &level));
    assert_int_equal(level, FX_LOG_DEBUG);
    assert_true(fx_log_parse_level(FX_STR("off"), &level));
    assert_int_equal(level, FX_LOG_OFF);
    assert_false(fx_log_parse_level(FX_STR("INFO"), &level));
    assert_true(fx_log_parse_format(FX_STR("json"), &format));
    assert_int_equal(format, FX_LOG_JSON);
    assert_true(fx_log_parse_format(FX_STR("logfmt"), &format));
    assert_int_equal(format, FX_LOG_LOGFMT);
    assert_false(fx_log_parse_format(FX_STR("xml"), &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_text_is_for_people),
        cmocka_unit_test(log_logfmt_is_for_machines),
        cmocka_unit_test(log_json_is_valid_json),
        cmocka_unit_test(log_below_the_level_is_silent_and_costs_nothing),
        cmocka_unit_test(log_of_a_secret_is_masked),
        cmocka_unit_test(log_of_hostile_text_stays_one_harmless_line),
        cmocka_unit_test(log_of_long_values_is_cut_and_stays_valid),
        cmocka_unit_test(log_parse_of_names_knows_each),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

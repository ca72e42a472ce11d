/* Query walking, percent-decoding, and the writers of requests and responses. */
#include "net/net_http_query.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fx_test.h"
#include "net/net_http.h"
#include "net/net_http_write.h"

static void expect_walk(fx_str input, const char *expected)
{
    char text[512] = "";
    size_t size = 0;
    struct fx_net_http_query query;
    struct fx_buf scratch;
    fx_buf_init(&scratch, input.size);
    assert_int_equal(fx_net_http_query_init(&query, input, &scratch), FX_OK);
    fx_status status = FX_OK;
    while (status != FX_NOT_FOUND) {
        struct fx_net_http_pair pair = {0};
        status = fx_net_http_query_next(&query, &pair);
        if (status == FX_OK) {
            size += (size_t)snprintf(text + size,
                                     sizeof text - size,
                                     "%.*s=%.*s;",
                                     (int)pair.name.size,
                                     pair.name.size > 0 ? pair.name.data : "",
                                     (int)pair.value.size,
                                     pair.value.size > 0 ? pair.value.data : "");
        } else if (status == FX_BAD_PARAMETER) {
            size += (size_t)snprintf(text + size, sizeof text - size, "bad;");
        }
    }
    assert_string_equal(text, expected);
    fx_buf_deinit(&scratch);
}

static void net_http_query_walks_over_pairs(void **state)
{
    (void)state;
    expect_walk(FX_STR(""), "");
    expect_walk(FX_STR("&&"), "");
    expect_walk(FX_STR("a=1"), "a=1;");
    expect_walk(FX_STR("a=1&b=2"), "a=1;b=2;");
    expect_walk(FX_STR("&a=1&&b&c=&"), "a=1;b=;c=;");
    expect_walk(FX_STR("=x"), "=x;");
    expect_walk(FX_STR("a=b=c"), "a=b=c;");
    expect_walk(FX_STR("a+b=c+d%2b%20"), "a b=c d+ ;");
    expect_walk(FX_STR("%61=%31&a%26b=%3d"), "a=1;a&b==;");
    expect_walk(FX_STR("%e2%82%ac=\xe2\x82\xac"), "\xe2\x82\xac=\xe2\x82\xac;");
    expect_walk(FX_STR("a=%"), "bad;");
    expect_walk(FX_STR("a=%4"), "bad;");
    expect_walk(FX_STR("a=%4g&b=1"), "bad;b=1;");
    expect_walk(FX_STR("a=%00"), "bad;");
    expect_walk(FX_STR("a=%0a&%7f=1"), "bad;bad;");
    expect_walk(FX_STR("a=%ff&b=%c3"), "bad;bad;");
}

static void expect_find(fx_str input, fx_status status, const char *expected)
{
    struct fx_buf scratch;
    fx_str value = FX_STR("untouched");
    fx_buf_init(&scratch, 1000);
    assert_int_equal(fx_net_http_query_find(input, FX_STR("s"), &scratch, &value), status);
    assert_true(fx_str_is_equal(value, fx_str_of(expected)));
    fx_buf_deinit(&scratch);
}

static void net_http_query_finds_one_name_only(void **state)
{
    (void)state;
    expect_find(FX_STR("a=1&s=BTC%2FUSDT&b=2"), FX_OK, "BTC/USDT");
    expect_find(FX_STR("%73=x"), FX_OK, "x");
    expect_find(FX_STR("s"), FX_OK, "");
    expect_find(FX_STR("S=x&ss=y"), FX_NOT_FOUND, "untouched");
    expect_find(FX_STR("s=1&s=1"), FX_BAD_PARAMETER, "untouched");
    expect_find(FX_STR("s=1&%73=2"), FX_BAD_PARAMETER, "untouched");
    expect_find(FX_STR("s=1&b=%zz"), FX_BAD_PARAMETER, "untouched");
    struct fx_buf scratch;
    fx_str value = {0};
    fx_buf_init(&scratch, 3);
    assert_int_equal(fx_net_http_query_find(FX_STR("s=12"), FX_STR("s"), &scratch, &value),
                     FX_NO_MEMORY);
    fx_buf_deinit(&scratch);
}

static void net_http_write_response_has_every_part_once(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_buf headers;
    fx_buf_init(&buf, 4096);
    fx_buf_init(&headers, 4096);
    assert_true(fx_net_http_write_header(&headers, FX_STR("X-A"), FX_STR("b c")));
    assert_false(fx_net_http_write_header(&headers, FX_STR("X-A"), FX_STR("b\r\nX-Evil: 1")));
    assert_false(fx_net_http_write_header(&headers, FX_STR("X-A"), FX_STR("b\n")));
    assert_false(fx_net_http_write_header(&headers, FX_STR("X A"), FX_STR("b")));
    assert_false(fx_net_http_write_header(&headers, FX_STR(""), FX_STR("b")));
    struct fx_net_http_response response = {.status = 404,
                                            .content_type = FX_STR("text/plain"),
                                            .headers = fx_buf_str(&headers),
                                            .body = FX_STR("no"),
                                            .date = FX_STR("D"),
                                            .is_close = true};
    fx_net_http_write_response(&buf, &response);
    assert_true(fx_str_is_equal(fx_buf_str(&buf),
                                FX_STR("HTTP/1.1 404 Not Found\r\nDate: D\r\nConnection: close\r\n"
                                       "Content-Type: text/plain\r\nX-A: b c\r\n"
                                       "Content-Length: 2\r\n\r\nno")));
    fx_buf_clear(&buf);
    response = (struct fx_net_http_response){.status = 204, .body = FX_STR("never sent")};
    fx_net_http_write_response(&buf, &response);
    response.status = 304;
    fx_net_http_write_response(&buf, &response);
    response.status = 299;
    response.is_head_only = true;
    fx_net_http_write_response(&buf, &response);
    assert_true(fx_str_is_equal(fx_buf_str(&buf),
                                FX_STR("HTTP/1.1 204 No Content\r\n\r\n"
                                       "HTTP/1.1 304 Not Modified\r\n\r\n"
                                       "HTTP/1.1 299 Status\r\nContent-Length: 10\r\n\r\n")));
    fx_buf_deinit(&headers);
    fx_buf_deinit(&buf);
}

static void net_http_write_request_is_read_by_the_parser(void **state)
{
    (void)state;
    struct fx_buf buf;
    struct fx_net_http http;
    fx_buf_init(&buf, 4096);
    fx_net_http_init(&http, 100);
    const struct fx_net_http_write_request request = {.method = FX_STR("POST"),
                                                      .target = FX_STR("/order?x=1"),
                                                      .host = FX_STR("h:80"),
                                                      .content_type = FX_STR("application/json"),
                                                      .headers = FX_STR("A: b\r\n"),
                                                      .body = FX_STR("{}"),
                                                      .is_close = true};
    fx_net_http_write_request(&buf, &request);
    assert_int_equal(fx_net_http_feed(&http, fx_buf_str(&buf)), buf.size);
    assert_int_equal(http.state, FX_NET_HTTP_STATE_DONE);
    assert_true(fx_str_is_equal(http.request.body, FX_STR("{}")));
    assert_true(fx_str_is_equal(fx_net_http_value(&http.request, FX_STR("a")), FX_STR("b")));
    assert_false(http.request.is_keep_alive);
    fx_net_http_deinit(&http);
    fx_buf_deinit(&buf);
}

static void net_http_write_date_equals_the_c_library(void **state)
{
    (void)state;
    for (int64_t second = 0; second < INT64_C(253402300800); second += 86400 * 13 + 12345) {
        char expected[64];
        char date[FX_NET_HTTP_WRITE_DATE_SIZE];
        struct tm parts;
        const time_t time = (time_t)second;
        assert_non_null(gmtime_r(&time, &parts));
        (void)strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        fx_net_http_write_date(second, date);
        assert_memory_equal(date, expected, sizeof date);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_http_query_walks_over_pairs),
        cmocka_unit_test(net_http_query_finds_one_name_only),
        cmocka_unit_test(net_http_write_response_has_every_part_once),
        cmocka_unit_test(net_http_write_request_is_read_by_the_parser),
        cmocka_unit_test(net_http_write_date_equals_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

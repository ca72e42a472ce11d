/* Conformance of the request parser: a table of bytes and verdicts, each row fed whole, byte by
 * byte, and split at every offset (short rows: at every pair of offsets), with one result. */
#include "net/net_http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"
#include "unit/net/net_http_rows.h"

enum { BODY_MAX = 64, PAIR_SIZE_MAX = 90, OUTCOME_SIZE = 4096 };

static const char *const METHODS[] = {
    "?", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER:"};

struct outcome {
    char text[OUTCOME_SIZE];
    size_t size;
};

static void add(struct outcome *outcome, fx_str text)
{
    const size_t room = sizeof outcome->text - 1 - outcome->size;
    const size_t size = text.size < room ? text.size : room;
    if (size > 0) {
        memcpy(outcome->text + outcome->size, text.data, size);
    }
    outcome->size += size;
    outcome->text[outcome->size] = '\0';
}

static void describe(struct outcome *outcome, const struct fx_net_http_request *request)
{
    const fx_str bar = FX_STR("|");
    add(outcome, fx_str_of(METHODS[request->method]));
    if (request->method == FX_NET_HTTP_METHOD_OTHER) {
        add(outcome, request->method_text);
    }
    add(outcome, bar);
    add(outcome, request->path);
    add(outcome, bar);
    add(outcome, request->query);
    add(outcome, bar);
    add(outcome, request->host);
    add(outcome, bar);
    add(outcome, fx_str_of(request->is_keep_alive ? "k" : ""));
    add(outcome, fx_str_of(request->is_upgrade ? "u" : ""));
    add(outcome, fx_str_of(request->is_expecting ? "e" : ""));
    add(outcome, bar);
    add(outcome, request->body);
    add(outcome, FX_STR(";"));
}

/* Feed a piece from a block of exactly its size, so that ASan sees every step beyond. */
static void feed(struct fx_net_http *http, struct outcome *outcome, fx_str piece)
{
    char *copy = malloc(piece.size > 0 ? piece.size : 1);
    assert_non_null(copy);
    if (piece.size > 0) {
        memcpy(copy, piece.data, piece.size);
    }
    size_t offset = 0;
    while (offset < piece.size && http->state != FX_NET_HTTP_STATE_FAILED) {
        offset += fx_net_http_feed(http, (fx_str){copy + offset, piece.size - offset});
        if (http->state == FX_NET_HTTP_STATE_DONE) {
            describe(outcome, &http->request);
            fx_net_http_next(http);
        }
    }
    free(copy);
}

static void finish(struct fx_net_http *http, struct outcome *outcome)
{
    if (http->state == FX_NET_HTTP_STATE_FAILED) {
        char code[8];
        (void)snprintf(code, sizeof code, "%d", fx_status_http(http->status));
        add(outcome, fx_str_of(code));
    } else if (!fx_net_http_is_idle(http) || outcome->size == 0) {
        add(outcome, FX_STR("more"));
    }
    fx_net_http_deinit(http);
}

static void begin(struct fx_net_http *http, struct outcome *outcome)
{
    fx_net_http_init(http, BODY_MAX);
    outcome->size = 0;
    outcome->text[0] = '\0';
}

static void run_split(fx_str input, size_t first, size_t second, struct outcome *outcome)
{
    struct fx_net_http http;
    begin(&http, outcome);
    feed(&http, outcome, fx_str_slice(input, 0, first));
    feed(&http, outcome, fx_str_slice(input, first, second - first));
    feed(&http, outcome, fx_str_slice(input, second, input.size - second));
    finish(&http, outcome);
}

static void run_bytes(fx_str input, struct outcome *outcome)
{
    struct fx_net_http http;
    begin(&http, outcome);
    for (size_t index = 0; index < input.size; index++) {
        feed(&http, outcome, fx_str_slice(input, index, 1));
    }
    finish(&http, outcome);
}

static void expect(const struct outcome *outcome, const char *expected, fx_str input, size_t split)
{
    if (strcmp(outcome->text, expected) != 0) {
        print_error("input <%.*s>, split %zu\n  expected <%s>\n  got      <%s>\n",
                    (int)(input.size < 300 ? input.size : 300),
                    input.data,
                    split,
                    expected,
                    outcome->text);
        fail();
    }
}

static void check_row(fx_str input, const char *expected)
{
    static struct outcome outcome;
    run_split(input, input.size, input.size, &outcome);
    expect(&outcome, expected, input, input.size);
    run_bytes(input, &outcome);
    expect(&outcome, expected, input, SIZE_MAX);
    for (size_t first = 0; first <= input.size; first++) {
        run_split(input, first, first, &outcome);
        expect(&outcome, expected, input, first);
    }
    for (size_t first = 0; input.size <= PAIR_SIZE_MAX && first < input.size; first++) {
        for (size_t second = first + 1; second <= input.size; second += 3) {
            run_split(input, first, second, &outcome);
            expect(&outcome, expected, input, first * 1000 + second);
        }
    }
}

static void net_http_table_gives_one_verdict_for_every_split(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof HTTP_ROWS / sizeof HTTP_ROWS[0]; index++) {
        check_row((fx_str){HTTP_ROWS[index].input, HTTP_ROWS[index].size},
                  HTTP_ROWS[index].expected);
    }
    print_message("%zu rows\n", sizeof HTTP_ROWS / sizeof HTTP_ROWS[0]);
}

/* Big inputs: whole, by bytes, and at a few splits. */
static void check_big(const struct fx_buf *buf, const char *expected)
{
    static struct outcome outcome;
    const fx_str input = fx_buf_str(buf);
    const size_t splits[] = {1, 5000, 8000, 8192, 8210, 8220, 16384, 16400, input.size - 1};
    run_bytes(input, &outcome);
    expect(&outcome, expected, input, SIZE_MAX);
    run_split(input, input.size, input.size, &outcome);
    expect(&outcome, expected, input, input.size);
    for (size_t index = 0; index < sizeof splits / sizeof splits[0]; index++) {
        const size_t split = splits[index] < input.size ? splits[index] : input.size;
        run_split(input, split, split, &outcome);
        expect(&outcome, expected, input, split);
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a byte and a count
static void fill(struct fx_buf *buf, char byte, size_t count)
{
    char *target = fx_buf_reserve(buf, count);
    assert_non_null(target);
    memset(target, byte, count);
    fx_buf_add(buf, count);
}

/* Each byte at each of many places of a field's value, RFC 9110, section 5.5: HTAB, SP, VCHAR and
 * obs-text, nothing else. */
static void net_http_value_has_no_control_characters(void **state)
{
    (void)state;
    enum { SIZE = 70 };
    static struct outcome outcome;
    char text[] = "GET / HTTP/1.1\r\nHost: h\r\nX: "
                  "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\r\n\r\n";
    const size_t size = sizeof text - 1;
    for (uint32_t byte = 0; byte < 256; byte++) {
        const bool is_right = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        for (size_t at = size - 4 - SIZE; at < size - 4; at += 3) {
            const char before = text[at];
            text[at] = (char)byte;
            run_split((fx_str){text, size}, size, size, &outcome);
            text[at] = before;
            assert_int_equal(strcmp(outcome.text, "400") != 0, is_right);
        }
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): test
static void check_target(const char *method, size_t size, const char *expected)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    fx_buf_append(&buf, fx_str_of(method));
    fx_buf_append(&buf, FX_STR(" /?"));
    fill(&buf, 'a', size - 2);
    fx_buf_append(&buf, FX_STR(" HTTP/1.1\r\nHost: h\r\n\r\n"));
    if (expected == NULL) {
        static struct outcome outcome;
        run_bytes(fx_buf_str(&buf), &outcome);
        assert_non_null(strstr(outcome.text, "|/|aaa"));
        char whole[OUTCOME_SIZE];
        memcpy(whole, outcome.text, sizeof whole);
        check_big(&buf, whole);
    } else {
        check_big(&buf, expected);
    }
    fx_buf_deinit(&buf);
}

static void net_http_target_at_the_limit_passes_and_beyond_is_414(void **state)
{
    (void)state;
    check_target("GET", FX_NET_HTTP_TARGET_SIZE_MAX, NULL);
    check_target("ABCDEFGHIJKLMNOPQRSTUVWX", FX_NET_HTTP_TARGET_SIZE_MAX, NULL);
    check_target("GET", FX_NET_HTTP_TARGET_SIZE_MAX + 1, "414");
    check_target("GET", FX_NET_HTTP_TARGET_SIZE_MAX + 200, "414");
    check_target("GET", 100000, "414");
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): test table
static void check_headers(size_t count, size_t value_size, size_t last_size, const char *expected)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    fx_buf_append(&buf, FX_STR("GET / HTTP/1.1\r\nHost: h\r\n"));
    for (size_t index = 1; index < count; index++) {
        fx_buf_append(&buf, FX_STR("A: "));
        fill(&buf, 'b', index + 1 == count ? last_size : value_size);
        fx_buf_append(&buf, FX_STR("\r\n"));
    }
    fx_buf_append(&buf, FX_STR("\r\n"));
    check_big(&buf, expected);
    fx_buf_deinit(&buf);
}

static void net_http_headers_at_the_limits_pass_and_beyond_are_431(void **state)
{
    (void)state;
    check_headers(100, 5, 5, "GET|/||h|k|;");
    check_headers(101, 5, 5, "431");
    check_headers(1000, 5, 5, "431");
    /* "Host: h" 9 + one line of 5 + n + the empty line 2 = 16,384 */
    check_headers(2, 0, 16384 - 16, "GET|/||h|k|;");
    check_headers(2, 0, 16384 - 15, "431");
    check_headers(2, 0, 60000, "431");
}

static void net_http_endless_line_is_refused_without_its_end(void **state)
{
    (void)state;
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    fill(&buf, 'A', 20000);
    check_big(&buf, "414");
    fx_buf_clear(&buf);
    fx_buf_append(&buf, FX_STR("GET / HTTP/1.1\r\nA: "));
    fill(&buf, 'b', 20000);
    check_big(&buf, "431");
    fx_buf_clear(&buf);
    fx_buf_append(&buf,
                  FX_STR("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0;"));
    fill(&buf, 'x', 1000);
    check_big(&buf, "400");
    fx_buf_clear(&buf);
    fx_buf_append(
        &buf, FX_STR("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA:"));
    fill(&buf, 'x', 5000);
    check_big(&buf, "400");
    fx_buf_deinit(&buf);
}

static void net_http_request_keeps_raw_text_and_headers(void **state)
{
    (void)state;
    struct fx_net_http http;
    fx_net_http_init(&http, 100);
    const fx_str input = FX_STR("POST /a%20b?x=%31 HTTP/1.1\r\nHost: h:1\r\nX-One:  1 2 \r\n"
                                "x-one: other\r\nContent-Length: 2\r\nEmpty:\r\n\r\nhiREST");
    assert_int_equal(fx_net_http_feed(&http, input), input.size - 4);
    assert_int_equal(http.state, FX_NET_HTTP_STATE_DONE);
    const struct fx_net_http_request *request = &http.request;
    assert_true(fx_str_is_equal(request->path_raw, FX_STR("/a%20b")));
    assert_true(fx_str_is_equal(request->target, FX_STR("/a%20b?x=%31")));
    assert_true(fx_str_is_equal(request->query, FX_STR("x=%31")));
    assert_int_equal(request->header_count, 5);
    assert_true(fx_str_is_equal(request->headers[1].name, FX_STR("X-One")));
    fx_str value = {0};
    assert_true(fx_net_http_find(request, FX_STR("X-ONE"), &value));
    assert_true(fx_str_is_equal(value, FX_STR("1 2")));
    assert_true(fx_net_http_find(request, FX_STR("empty"), &value));
    assert_int_equal(value.size, 0);
    assert_false(fx_net_http_find(request, FX_STR("none"), &value));
    assert_int_equal(fx_net_http_value(request, FX_STR("none")).size, 0);
    assert_int_equal(fx_net_http_feed(&http, FX_STR("more")), 0); /* DONE takes nothing */
    fx_net_http_deinit(&http);
}

static void net_http_tokens_are_found_in_lists_only_whole(void **state)
{
    (void)state;
    assert_true(fx_net_http_has_token(FX_STR("a, B ,c"), FX_STR("b")));
    assert_true(fx_net_http_has_token(FX_STR("close"), FX_STR("close")));
    assert_false(fx_net_http_has_token(FX_STR("xclose, closex"), FX_STR("close")));
    assert_false(fx_net_http_has_token(FX_STR(""), FX_STR("close")));
}

static uint64_t limit_of_path(void *self, const struct fx_net_http_request *head)
{
    uint32_t *count = self;
    (*count)++;
    assert_int_equal(head->body.size, 0);
    assert_int_equal(fx_net_http_value(head, FX_STR("x")).size, 1);
    return fx_str_is_equal(head->path, FX_STR("/big")) ? 10 : 3;
}

static void net_http_owner_may_know_a_limit_per_request(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fx_net_http_state state;
        uint32_t asked;
    } ROWS[] = {
        {"POST /big HTTP/1.1\r\nHost: h\r\nX: 1\r\nContent-Length: 10\r\n\r\n0123456789",
         FX_NET_HTTP_STATE_DONE,
         1},
        {"POST /big HTTP/1.1\r\nHost: h\r\nX: 1\r\nContent-Length: 11\r\n\r\n",
         FX_NET_HTTP_STATE_FAILED,
         1},
        {"POST /small HTTP/1.1\r\nHost: h\r\nX: 1\r\nContent-Length: 4\r\n\r\n",
         FX_NET_HTTP_STATE_FAILED,
         1},
        {"POST /small HTTP/1.1\r\nHost: h\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n",
         FX_NET_HTTP_STATE_FAILED,
         1},
        {"POST /small HTTP/1.1\r\nHost: h\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\nabc\r\n0\r\n\r\n",
         FX_NET_HTTP_STATE_DONE,
         1},
        {"POST /small HTTP/1.1\r\nHost: h\r\nX: 1\r\nContent-Length: 0\r\n\r\n",
         FX_NET_HTTP_STATE_DONE,
         0},
        {"GET /small HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n", FX_NET_HTTP_STATE_DONE, 0},
    };
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        struct fx_net_http http;
        uint32_t count = 0;
        fx_net_http_init(&http, 5);
        http.on_head = limit_of_path;
        http.head_self = &count;
        (void)fx_net_http_feed(&http, fx_str_of(ROWS[index].text));
        assert_int_equal(http.state, ROWS[index].state);
        assert_int_equal(http.status,
                         http.state == FX_NET_HTTP_STATE_DONE ? FX_OK : FX_BODY_TOO_LARGE);
        assert_int_equal(count, ROWS[index].asked);
        fx_net_http_deinit(&http);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_http_table_gives_one_verdict_for_every_split),
        cmocka_unit_test(net_http_value_has_no_control_characters),
        cmocka_unit_test(net_http_target_at_the_limit_passes_and_beyond_is_414),
        cmocka_unit_test(net_http_headers_at_the_limits_pass_and_beyond_are_431),
        cmocka_unit_test(net_http_endless_line_is_refused_without_its_end),
        cmocka_unit_test(net_http_request_keeps_raw_text_and_headers),
        cmocka_unit_test(net_http_tokens_are_found_in_lists_only_whole),
        cmocka_unit_test(net_http_owner_may_know_a_limit_per_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

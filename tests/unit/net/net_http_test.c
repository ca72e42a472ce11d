/* Conformance of the request parser: a table of bytes and verdicts, each row fed whole, byte by
 * byte, and split at every offset (short rows: at every pair of offsets), with one result. */
#include "net/net_http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"

enum { BODY_MAX = 64, PAIR_SIZE_MAX = 90, OUTCOME_SIZE = 4096 };

struct row {
    const char *input;
    size_t size;
    /* "GET|/path|query|host|flags|body" per request, then "more" (or nothing between requests), or
     * the HTTP code of the error. Flags: k keep-alive, u upgrade, e expect. */
    const char *expected;
};

#define R(input_, expected_)                                                                       \
    {                                                                                              \
        input_, sizeof(input_) - 1, expected_                                                      \
    }
#define G(line)       "GET / HTTP/1.1\r\nHost: h\r\n" line "\r\n\r\n"
#define P(line, body) "POST / HTTP/1.1\r\nHost: h\r\n" line "\r\n\r\n" body
#define T(target)     "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"
#define H(host)       "GET / HTTP/1.1\r\nHost:" host "\r\n\r\n"
#define C(chunks)     P("Transfer-Encoding: chunked", chunks)

static const struct row ROWS[] = {
    /* request line */
    R("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/||h|k|;"),
    R("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n", "HEAD|/x||h|k|;"),
    R("DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n", "DELETE|/x||h|k|;"),
    R("PUT /x HTTP/1.1\r\nHost: h\r\n\r\n", "PUT|/x||h|k|;"),
    R("PATCH /x HTTP/1.1\r\nHost: h\r\n\r\n", "PATCH|/x||h|k|;"),
    R("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS|*||h|k|;"),
    R("GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("BREW /x HTTP/1.1\r\nHost: h\r\n\r\n", "OTHER:BREW|/x||h|k|;"),
    R("get /x HTTP/1.1\r\nHost: h\r\n\r\n", "OTHER:get|/x||h|k|;"),
    R("M-SEARCH /x HTTP/1.1\r\nHost: h\r\n\r\n", "OTHER:M-SEARCH|/x||h|k|;"),
    R("G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("G\0T / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("GET /  HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "400"),
    R("GET /\r\nHost: h\r\n\r\n", "400"),
    R("GET / \r\nHost: h\r\n\r\n", "400"),
    R("GET HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", "400"),
    R("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/||h|k|;"),
    R("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
    R("\r", "more"),
    R("", "more"),
    R("GET / HT", "more"),
    R("GET / HTTP/1.1\r\nHost: h\r\n\r", "more"),
    R("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", "400"),
    /* version */
    R("GET / HTTP/1.0\r\n\r\n", "GET|/||||;"),
    R("GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET|/||h||;"),
    R("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET|/|||k|;"),
    R("GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"),
    R("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    R("GET / HTTP/1.2\r\nHost: h\r\n\r\n", "505"),
    R("GET / HTTP/0.9\r\nHost: h\r\n\r\n", "505"),
    R("GET / HTTP/1\r\nHost: h\r\n\r\n", "400"),
    R("GET / HTTP/1.10\r\nHost: h\r\n\r\n", "400"),
    R("GET / HTTP/11\r\nHost: h\r\n\r\n", "400"),
    R("GET / http/1.1\r\nHost: h\r\n\r\n", "400"),
    R("GET / ICY/1.1\r\nHost: h\r\n\r\n", "400"),
    /* target */
    R(T("/a/b?x=1&y=2"), "GET|/a/b|x=1&y=2|h|k|;"),
    R(T("/?"), "GET|/||h|k|;"),
    R(T("/a?b?c"), "GET|/a|b?c|h|k|;"),
    R(T("/a?q={\"x\"}"), "400"),
    R(T("/a?q={x}|^`\\"), "GET|/a|q={x}|^`\\|h|k|;"),
    R(T("/a?q=[1]"), "GET|/a|q=[1]|h|k|;"),
    R(T("/a%20b"), "GET|/a b||h|k|;"),
    R(T("/%e2%82%ac"), "GET|/\xe2\x82\xac||h|k|;"),
    R(T("/%E2%82"), "400"),
    R(T("/%c0%80"), "400"),
    R(T("/%ff"), "400"),
    R(T("/a%00b"), "400"),
    R(T("/a%0ab"), "400"),
    R(T("/a%7f"), "400"),
    R(T("/a%2fb"), "400"),
    R(T("/a%2Fb"), "400"),
    R(T("/a%5cb"), "400"),
    R(T("/a%252fb"), "GET|/a%2fb||h|k|;"),
    R(T("/a%2"), "400"),
    R(T("/a%"), "400"),
    R(T("/a%zz"), "400"),
    R(T("/a/../b"), "400"),
    R(T("/.."), "400"),
    R(T("/./a"), "400"),
    R(T("/%2e%2e/a"), "400"),
    R(T("/a/.%2E"), "400"),
    R(T("/...a/b..c"), "GET|/...a/b..c||h|k|;"),
    R(T("//a//b"), "GET|//a//b||h|k|;"),
    R(T("/a#b"), "400"),
    R(T("/a?b#c"), "400"),
    R(T("/a\x80"), "400"),
    R(T("/a\x01"), "400"),
    R(T("/a\x7f"), "400"),
    R(T("/a<b>"), "400"),
    R(T("/a\\b"), "400"),
    R(T("a/b"), "400"),
    R(T("?x"), "400"),
    R(T("http://h/a?b"), "GET|/a|b|h|k|;"),
    R(T("HTTP://H/a"), "GET|/a||h|k|;"),
    R(T("https://h"), "GET|/||h|k|;"),
    R(T("http://h?x"), "GET|/|x|h|k|;"),
    R(T("http://other/a"), "400"),
    R(T("http://h:80/a"), "400"),
    R(T("http://u@h/a"), "400"),
    R(T("http:///a"), "400"),
    R(T("ftp://h/a"), "400"),
    R(T("http:/h/a"), "400"),
    R("GET http://h/a HTTP/1.0\r\n\r\n", "GET|/a||h||;"),
    /* Host */
    R("GET / HTTP/1.1\r\n\r\n", "400"),
    R("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "400"),
    R("GET / HTTP/1.1\r\nHost: h\r\nhost: i\r\n\r\n", "400"),
    R("GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", "400"),
    R(H(""), "400"),
    R(H(" "), "400"),
    R(H("h"), "GET|/||h|k|;"),
    R(H(" \t h \t "), "GET|/||h|k|;"),
    R(H(" a.b-c.d:8080"), "GET|/||a.b-c.d:8080|k|;"),
    R(H(" h:"), "GET|/||h:|k|;"),
    R(H(" h:x"), "400"),
    R(H(" h:123456"), "400"),
    R(H(" [::1]:80"), "GET|/||[::1]:80|k|;"),
    R(H(" [::1"), "400"),
    R(H(" []"), "400"),
    R(H(" [::1]x"), "400"),
    R(H(" [::g]"), "400"),
    R(H(" :80"), "400"),
    R(H(" a b"), "400"),
    R(H(" a/b"), "400"),
    R(H(" u@h"), "400"),
    R(H(" a,b"), "400"),
    /* header lines */
    R(G("A: b"), "GET|/||h|k|;"),
    R(G("A:b"), "GET|/||h|k|;"),
    R(G("A:"), "GET|/||h|k|;"),
    R(G("A: \xe2\x82\xac"), "GET|/||h|k|;"),
    R(G("!#$%&'*+-.^_`|~09az: b"), "GET|/||h|k|;"),
    R(G("A : b"), "400"),
    R(G("A\t: b"), "400"),
    R(G(" A: b"), "400"),
    R(G("A: b\r\n c"), "400"),
    R(G("A: b\r\n\tc"), "400"),
    R(G("A: b\r\n "), "400"),
    R(G("A"), "400"),
    R(G(": b"), "400"),
    R(G("A(: b"), "400"),
    R(G("A\xc3: b"), "400"),
    R(G("A: b\0c"), "400"),
    R(G("A: b\x01"), "400"),
    R(G("A: b\x7f"), "400"),
    R(G("A: b\rc"), "400"),
    R(G("A: b\r\r\nC: d"), "400"),
    R(G("A: b\nC: d"), "400"),
    R("GET / HTTP/1.1\nHost: h\n\n", "400"),
    R("GET / HTTP/1.1\r\nHost: h\r\n\n", "400"),
    R("GET / HTTP/1.1\rHost: h\r\n\r\n", "400"),
    R("GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400"),
    /* connection */
    R(G("Connection: close"), "GET|/||h||;"),
    R(G("connection: CLOSE"), "GET|/||h||;"),
    R(G("Connection: keep-alive, close"), "GET|/||h||;"),
    R(G("Connection: x\r\nConnection: close"), "GET|/||h||;"),
    R(G("Connection: closed"), "GET|/||h|k|;"),
    R(G("Connection: Upgrade\r\nUpgrade: websocket"), "GET|/||h|ku|;"),
    R(G("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket"), "GET|/||h|ku|;"),
    R(G("Connection: Upgrade\r\nUpgrade: h2c"), "GET|/||h|k|;"),
    R(G("Upgrade: websocket"), "GET|/||h|k|;"),
    R(P("Connection: Upgrade\r\nUpgrade: websocket", ""), "POST|/||h|k|;"),
    R(G("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1") "x", "GET|/||h|k|x;"),
    R("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "GET|/||||;"),
    /* body by length */
    R(P("A: b", ""), "POST|/||h|k|;"),
    R(P("Content-Length: 0", ""), "POST|/||h|k|;"),
    R(P("Content-Length: 3", "abc"), "POST|/||h|k|abc;"),
    R(P("content-length:3", "a\r\n"), "POST|/||h|k|a\r\n;"),
    R(P("Content-Length: 3", "ab"), "more"),
    R(P("Content-Length: 64", "0123456789012345678901234567890123456789012345678901234567890123"),
      "POST|/||h|k|0123456789012345678901234567890123456789012345678901234567890123;"),
    R(P("Content-Length: 65", ""), "413"),
    R(P("Content-Length: 99999999999999999999999999", ""), "413"),
    R(P("Content-Length: 18446744073709551616", ""), "413"),
    R(P("Content-Length: +3", "abc"), "400"),
    R(P("Content-Length: -3", "abc"), "400"),
    R(P("Content-Length: 3 3", "abc"), "400"),
    R(P("Content-Length: 3, 3", "abc"), "400"),
    R(P("Content-Length: 0x3", "abc"), "400"),
    R(P("Content-Length: 3.0", "abc"), "400"),
    R(P("Content-Length: 03", "abc"), "400"),
    R(P("Content-Length:", "abc"), "400"),
    R(P("Content-Length : 3", "abc"), "400"),
    R(P("Content-Length: 3\r\nContent-Length: 3", "abc"), "400"),
    R(P("Content-Length: 3\r\nContent-Length: 4", "abcd"), "400"),
    R(P("Content-Length: 3\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400"),
    R(P("Transfer-Encoding: chunked\r\nContent-Length: 3", "0\r\n\r\n"), "400"),
    R(G("Content-Length: 2") "ab", "GET|/||h|k|ab;"),
    /* body in chunks */
    R(C("0\r\n\r\n"), "POST|/||h|k|;"),
    R(C("3\r\nabc\r\n0\r\n\r\n"), "POST|/||h|k|abc;"),
    R(C("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), "POST|/||h|k|abc;"),
    R(C("A\r\n0123456789\r\n0\r\n\r\n"), "POST|/||h|k|0123456789;"),
    R(C("a\r\n0123456789\r\n00\r\n\r\n"), "POST|/||h|k|0123456789;"),
    R(C("3;x=y;z\r\nabc\r\n0;q\r\n\r\n"), "POST|/||h|k|abc;"),
    R(C("3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n"), "POST|/||h|k|abc;"),
    R(C("3\r\nabc\r\n0\r\n"), "more"),
    R(C("3\r\nabc\r\n0\r\n\r"), "more"),
    R(C("3\r\nabcd\r\n"), "400"),
    R(C("3\r\nab\r\n0\r\n\r\n"), "400"),
    R(C("3\nabc\r\n0\r\n\r\n"), "400"),
    R(C("3\r\nabc\n0\r\n\r\n"), "400"),
    R(C("3\r\nabc\r\n0\n\n"), "400"),
    R(C("3\r\nabc\r\n0\r\n\rx"), "400"),
    R(C("\r\n"), "400"),
    R(C(" 3\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("3 \r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("3 ;x\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("+3\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("-3\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("0x3\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("g\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("3;x\x01\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("3;x\ry\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("00000003\r\nabc\r\n0\r\n\r\n"), "POST|/||h|k|abc;"),
    R(C("000000003\r\nabc\r\n0\r\n\r\n"), "400"),
    R(C("80000001\r\n"), "400"),
    R(C("80000000\r\n"), "413"),
    R(C("fffffffffffffffff\r\n"), "400"),
    R(C("41\r\n"), "413"),
    R(C("3f\r\n012345678901234567890123456789012345678901234567890123456789012\r\n2\r\n"), "413"),
    R(C("0;2345678901234567890123456789012345678901234567890123456789012345\r\n\r\n"), "400"),
    R(C("0;234567890123456789012345678901234567890123456789012345678901234\r\n\r\n"),
      "POST|/||h|k|;"),
    R(C("0\r\nA : b\r\n\r\n"), "400"),
    R(C("0\r\n A: b\r\n\r\n"), "400"),
    R(C("0\r\nA: b\x02\r\n\r\n"), "400"),
    R(C("0\r\nA: b\nC: d\r\n\r\n"), "400"),
    R(C("0\r\nnocolon\r\n\r\n"), "400"),
    R(C("0\r\n: b\r\n\r\n"), "400"),
    R(P("Transfer-Encoding: CHUNKED", "0\r\n\r\n"), "POST|/||h|k|;"),
    R(P("Transfer-Encoding: gzip", ""), "501"),
    R(P("Transfer-Encoding: identity", ""), "501"),
    R(P("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"), "501"),
    R(P("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"), "501"),
    R(P("Transfer-Encoding: xchunked", "0\r\n\r\n"), "501"),
    R(P("Transfer-Encoding: chunked;x=y", "0\r\n\r\n"), "501"),
    R(P("Transfer-Encoding:", ""), "501"),
    R(P("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400"),
    R(P("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", "0\r\n\r\n"), "400"),
    R("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
    /* Expect */
    R(P("Expect: 100-continue\r\nContent-Length: 1", "a"), "POST|/||h|ke|a;"),
    R(P("Expect: 100-Continue\r\nContent-Length: 1", ""), "more"),
    R(P("Expect: 100-continue", ""), "POST|/||h|k|;"),
    R(P("Expect: 200-ok", ""), "400"),
    R(P("Expect: 100-continue\r\nExpect: 100-continue", ""), "400"),
    R("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", "POST|/||||a;"),
    /* pipelining */
    R(T("/1") T("/2"), "GET|/1||h|k|;GET|/2||h|k|;"),
    R(P("Content-Length: 1", "a") T("/2") "GET", "POST|/||h|k|a;GET|/2||h|k|;more"),
    R(C("1\r\na\r\n0\r\n\r\n") C("1\r\nb\r\n0\r\n\r\n"), "POST|/||h|k|a;POST|/||h|k|b;"),
    R(P("Content-Length: 1", "a") "\r\n" T("/2"), "POST|/||h|k|a;GET|/2||h|k|;"),
    R(P("Content-Length: 0", "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"),
      "POST|/||h|k|;GET|/smuggled||h|k|;"),
    R(T("/1") "junk\r\n\r\n", "GET|/1||h|k|;400"),
};

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
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        check_row((fx_str){ROWS[index].input, ROWS[index].size}, ROWS[index].expected);
    }
    print_message("%zu rows\n", sizeof ROWS / sizeof ROWS[0]);
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

static void fill(struct fx_buf *buf, char byte, size_t count)
{
    char *target = fx_buf_reserve(buf, count);
    assert_non_null(target);
    memset(target, byte, count);
    fx_buf_add(buf, count);
}

static void check_target(size_t size, const char *expected)
{
    struct fx_buf buf;
    fx_buf_init(&buf, 1 << 20);
    fx_buf_append(&buf, FX_STR("GET /?"));
    fill(&buf, 'a', size - 2);
    fx_buf_append(&buf, FX_STR(" HTTP/1.1\r\nHost: h\r\n\r\n"));
    if (expected == NULL) {
        static struct outcome outcome;
        run_bytes(fx_buf_str(&buf), &outcome);
        assert_memory_equal(outcome.text, "GET|/|aaa", 9);
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
    check_target(FX_NET_HTTP_TARGET_SIZE_MAX, NULL);
    check_target(FX_NET_HTTP_TARGET_SIZE_MAX + 1, "414");
    check_target(FX_NET_HTTP_TARGET_SIZE_MAX + 200, "414");
    check_target(100000, "414");
}

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
    check_big(&buf, "431");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_http_table_gives_one_verdict_for_every_split),
        cmocka_unit_test(net_http_target_at_the_limit_passes_and_beyond_is_414),
        cmocka_unit_test(net_http_headers_at_the_limits_pass_and_beyond_are_431),
        cmocka_unit_test(net_http_endless_line_is_refused_without_its_end),
        cmocka_unit_test(net_http_request_keeps_raw_text_and_headers),
        cmocka_unit_test(net_http_tokens_are_found_in_lists_only_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

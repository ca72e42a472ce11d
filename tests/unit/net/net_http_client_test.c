/* The response parser: a table, each row fed whole, by bytes and at every split. */
#include "net/net_http_client.h"

#include <stdio.h>
#include <string.h>

#include "fx_test.h"

enum { BODY_MAX = 64, OUTCOME_SIZE = 1024 };

struct row {
    const char *input;
    const char *expected; /* "200|body|k;" per response; "fail"; "more" */
    bool is_head;
    bool is_ended; /* the connection ends behind the input */
};

static const struct row ROWS[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200|ok|k;", false, false},
    {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "200|ok|k;", false, false},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200||k;", false, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "200|ok|;", false, false},
    {"HTTP/1.1 404 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "404||;", false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
     "200|ab|k;",
     false,
     false},
    {"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 No\r\nContent-Length: 5\r\n\r\n",
     "204||k;304||k;",
     false,
     false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200||k;", true, false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"
     "Content-Length: 1\r\n\r\nx",
     "200|x|k;",
     false,
     false},
    {"HTTP/1.1 101 Up\r\nUpgrade: websocket\r\n\r\n", "101||k;", false, false},
    {"HTTP/1.1 200 OK\r\n\r\nto the end", "200|to the end|;", false, true},
    {"HTTP/1.1 200 OK\r\n\r\n", "200||;", false, true},
    {"HTTP/1.1 200 OK\r\n\r\nnot ended", "more", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "fail", false, true},
    {"HTTP/1.1 200 OK\r\nContent-Le", "fail", false, true},
    {"", "", false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "fail", false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", "fail", false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "fail", false, false},
    {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", "fail", false, false},
    {"HTTP/1.1 20 OK\r\n\r\n", "fail", false, false},
    {"HTTP/1.1 600 OK\r\n\r\n", "fail", false, false},
    {"HTTP/1.1 2000 OK\r\n\r\n", "fail", false, false},
    {"HTTP/2 200 OK\r\n\r\n", "fail", false, false},
    {"HTTP/1.1  200 OK\r\n\r\n", "fail", false, false},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "fail", false, false},
};

struct outcome {
    char text[OUTCOME_SIZE];
    size_t size;
};

static void note(struct fx_net_http_client *client, struct outcome *outcome, bool is_head)
{
    if (client->state != FX_NET_HTTP_STATE_DONE) {
        return;
    }
    outcome->size += (size_t)snprintf(outcome->text + outcome->size,
                                      sizeof outcome->text - outcome->size,
                                      "%d|%.*s|%s;",
                                      client->code,
                                      (int)client->body.size,
                                      client->body.size > 0 ? client->body.data : "",
                                      client->is_keep_alive ? "k" : "");
    fx_net_http_client_next(client);
    client->is_head_request = is_head;
}

static void feed(struct fx_net_http_client *client,
                 struct outcome *outcome,
                 fx_str bytes,
                 bool is_head)
{
    size_t offset = 0;
    while (offset < bytes.size && client->state != FX_NET_HTTP_STATE_FAILED) {
        offset += fx_net_http_client_feed(client, fx_str_slice(bytes, offset, bytes.size));
        note(client, outcome, is_head);
    }
}

static void run(const struct row *row, size_t split)
{
    struct outcome outcome = {0};
    struct fx_net_http_client client;
    const fx_str input = fx_str_of(row->input);
    fx_net_http_client_init(&client, BODY_MAX);
    client.is_head_request = row->is_head;
    if (split == SIZE_MAX) {
        for (size_t index = 0; index < input.size; index++) {
            feed(&client, &outcome, fx_str_slice(input, index, 1), row->is_head);
        }
    } else {
        feed(&client, &outcome, fx_str_slice(input, 0, split), row->is_head);
        feed(&client, &outcome, fx_str_slice(input, split, input.size), row->is_head);
    }
    if (row->is_ended) {
        fx_net_http_client_finish(&client);
        note(&client, &outcome, row->is_head);
    }
    const char *last = client.state == FX_NET_HTTP_STATE_FAILED ? "fail"
                       : client.state == FX_NET_HTTP_STATE_BODY ? "more"
                                                                : "";
    (void)snprintf(outcome.text + outcome.size, sizeof outcome.text - outcome.size, "%s", last);
    fx_net_http_client_deinit(&client);
    if (strcmp(outcome.text, row->expected) != 0) {
        print_error(
            "<%s> split %zu: <%s>, not <%s>\n", row->input, split, outcome.text, row->expected);
        fail();
    }
}

static void net_http_client_table_gives_one_outcome_for_every_split(void **state)
{
    (void)state;
    for (size_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        run(&ROWS[index], SIZE_MAX);
        for (size_t split = 0; split <= strlen(ROWS[index].input); split++) {
            run(&ROWS[index], split);
        }
    }
}

static void net_http_client_finds_headers(void **state)
{
    (void)state;
    struct fx_net_http_client client;
    fx_str value = {0};
    fx_net_http_client_init(&client, BODY_MAX);
    const fx_str input = FX_STR("HTTP/1.1 429 Wait\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(fx_net_http_client_feed(&client, input), input.size);
    assert_true(fx_net_http_client_find(&client, FX_STR("retry-after"), &value));
    assert_true(fx_str_is_equal(value, FX_STR("7")));
    assert_false(fx_net_http_client_find(&client, FX_STR("age"), &value));
    fx_net_http_client_deinit(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_http_client_table_gives_one_outcome_for_every_split),
        cmocka_unit_test(net_http_client_finds_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

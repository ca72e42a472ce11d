/* app/app_start: what a process says while it starts, and how its doors go over to what serves. */
#include "app/app_start.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/app_listen.h"
#include "app/app_options.h"
#include "fx_test.h"
#include "net/net_server.h"

enum { ANSWER_SIZE = 8192 };

struct rig {
    struct fx_app_options options;
    struct fx_app_notify notify;
    struct fx_app_start *start;
    uint16_t port;
};

static fx_status open_at(struct rig *rig, uint16_t port)
{
    char number[16];
    char *argv[] = {strdup("future"), strdup("api"), strdup("--port"), NULL};
    (void)snprintf(number, sizeof number, "%u", port);
    argv[3] = strdup(number);
    rig->notify = (struct fx_app_notify){.channel = -1};
    assert_int_equal(fx_app_options_read(4, argv, &rig->options), FX_APP_EXIT_OK);
    for (size_t index = 0; index < 4; index++) {
        free(argv[index]);
    }
    rig->start = NULL;
    return fx_app_start_open(rig->options.config, &rig->notify, "api", true, &rig->start);
}

/* A port that is free now. */
static uint16_t find_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(file, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(file, (struct sockaddr *)&address, &size), 0);
    (void)close(file);
    return ntohs(address.sin_port);
}

static void setup(struct rig *rig)
{
    fx_status status = FX_IO;
    for (uint32_t tries = 0; tries < 10 && status != FX_OK; tries++) {
        rig->port = find_port();
        status = open_at(rig, rig->port);
        if (status != FX_OK) {
            fx_app_options_destroy(&rig->options);
        }
    }
    assert_int_equal(status, FX_OK);
}

static void teardown(struct rig *rig)
{
    fx_app_start_destroy(rig->start);
    fx_app_options_destroy(&rig->options);
}

static int ask(const struct rig *rig, const char *line)
{
    char request[256];
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(rig->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct timeval limit = {.tv_sec = 10};
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(connect(file, (const struct sockaddr *)&address, sizeof address), 0);
    const int size = snprintf(request,
                              sizeof request,
                              "%s HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
                              "Connection: close\r\n\r\n",
                              line);
    assert_int_equal(send(file, request, (size_t)size, MSG_NOSIGNAL), size);
    return file;
}

/* All of it, until it is closed. */
static const char *hear(int file)
{
    static char text[ANSWER_SIZE];
    size_t size = 0;
    ssize_t more = 1;
    while (more > 0 && size < sizeof text - 1) {
        more = recv(file, text + size, sizeof text - 1 - size, 0);
        size += more > 0 ? (size_t)more : 0;
    }
    assert_int_equal(more, 0);
    text[size] = '\0';
    (void)close(file);
    return text;
}

static void has(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL) {
        fail_msg("%s is not in: %s", wanted, text);
    }
}

static const char *get(const struct rig *rig, const char *path)
{
    char line[128];
    (void)snprintf(line, sizeof line, "GET %s", path);
    return hear(ask(rig, line));
}

static void app_start_says_what_it_is_at(void **state)
{
    (void)state;
    struct rig rig;
    setup(&rig);
    has(get(&rig, "/health/live"), "HTTP/1.1 200 ");
    has(get(&rig, "/health/ready"), "HTTP/1.1 503 ");
    has(get(&rig, "/health"), "\"message\":\"starting: reading the settings\"");
    has(get(&rig, "/version"), "\"name\":\"api\"");
    fx_app_start_stage(rig.start, "opening the database");
    has(get(&rig, "/health"),
        "\"error\":{\"start\":{\"status\":\"down\",\"message\":\"starting: "
        "opening the database\"");
    struct fx_worker_follow_progress progress = {
        .stage = FX_WORKER_FOLLOW_LOADING, .first = 0, .next = 0, .end = 300};
    fx_app_start_on_progress(rig.start, &progress);
    has(get(&rig, "/health"), "starting: loading the snapshot\"");
    fx_app_start_shard(rig.start, 2);
    progress = (struct fx_worker_follow_progress){
        .stage = FX_WORKER_FOLLOW_READING, .first = 100, .next = 150, .end = 300};
    fx_app_start_on_progress(rig.start, &progress);
    const char *answer = get(&rig, "/health/ready");
    has(answer, "starting: reading the log, offset 150 of 300, 25 %\"");
    has(answer, "\"shard\":2,\"offset\":150,\"end\":300,\"percent\":25");
    has(answer, "Retry-After: 1\r\n");
    answer = get(&rig, "/metrics");
    has(answer, "future_starting{role=\"api\"} 1\n");
    has(answer, "future_start_offset{role=\"api\"} 150\n");
    has(answer, "future_start_end{role=\"api\"} 300\n");
    progress.next = 301; /* what came meanwhile */
    fx_app_start_on_progress(rig.start, &progress);
    has(get(&rig, "/health"), "offset 300 of 300, 100 %");
    fx_app_start_stage(rig.start, "joining the group");
    assert_null(strstr(get(&rig, "/health"), "offset"));
    teardown(&rig);
}

static void app_start_refuses_everything_else(void **state)
{
    (void)state;
    struct rig rig;
    static const char *const LINES[] = {"GET /api/v1/depth?symbol=BTCUSDT",
                                        "POST /api/v1/order",
                                        "DELETE /api/v1/order/1",
                                        "GET /",
                                        "GET /ws?EIO=4&transport=websocket",
                                        "POST /health"};
    setup(&rig);
    for (size_t index = 0; index < sizeof LINES / sizeof LINES[0]; index++) {
        const char *answer = hear(ask(&rig, LINES[index]));
        has(answer, "HTTP/1.1 503 ");
        has(answer, "Retry-After: 1\r\n");
        has(answer, "\"code\":\"STARTING\",\"number\":309,");
        has(answer, "\"executed\":\"no\",\"retryable\":true");
    }
    teardown(&rig);
}

static void serve(void *self, const struct fx_net_server_call *call)
{
    const struct fx_net_http_response response = {.status = 200, .body = FX_STR("served")};
    fx_net_server_respond(*(struct fx_net_server **)self, call->token, &response);
    fx_net_server_stop(*(struct fx_net_server **)self);
}

static void app_start_hands_over_who_waits_at_its_door(void **state)
{
    (void)state;
    static const struct fx_net_server_handler HANDLER = {.on_request = serve};
    const struct fx_net_server_config config = {.connections_max = 4};
    struct fx_net_server *server = NULL;
    struct rig rig;
    uint16_t port = 0;
    setup(&rig);
    has(get(&rig, "/health/live"), "HTTP/1.1 200 ");
    fx_app_start_end(rig.start);
    const int waiting = ask(&rig, "GET /"); /* nobody serves, and it is let in all the same */
    assert_int_equal(fx_net_server_create(&config, &HANDLER, &server, &server), FX_OK);
    const struct fx_app_listen wanted = {.component = "test",
                                         .host = "127.0.0.1",
                                         .port = rig.port,
                                         .start = rig.start,
                                         .door = FX_APP_START_MAIN};
    assert_int_equal(fx_app_listen_open(server, &wanted, &port), FX_OK);
    assert_int_equal(port, rig.port);
    assert_int_equal(fx_app_start_take(rig.start, FX_APP_START_MAIN), -1); /* once */
    assert_int_equal(fx_app_start_take(rig.start, FX_APP_START_METRICS), -1);
    fx_net_server_run(server);
    has(hear(waiting), "served");
    fx_net_server_destroy(server);
    teardown(&rig);
}

static void app_start_of_a_taken_port_fails_at_once(void **state)
{
    (void)state;
    struct rig rig;
    struct rig other;
    setup(&rig);
    assert_int_equal(open_at(&other, rig.port), FX_IO);
    assert_null(other.start);
    fx_app_options_destroy(&other.options);
    has(get(&rig, "/health/live"), "HTTP/1.1 200 ");
    teardown(&rig);
    fx_app_start_stage(NULL, "nobody asks");
    fx_app_start_shard(NULL, 1);
    fx_app_start_end(NULL);
    fx_app_start_destroy(NULL);
    assert_int_equal(fx_app_start_take(NULL, FX_APP_START_MAIN), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(app_start_says_what_it_is_at),
                                       cmocka_unit_test(app_start_refuses_everything_else),
                                       cmocka_unit_test(app_start_hands_over_who_waits_at_its_door),
                                       cmocka_unit_test(app_start_of_a_taken_port_fails_at_once)};
    return cmocka_run_group_tests_name("app_start", tests, NULL, NULL);
}

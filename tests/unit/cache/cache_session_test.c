/* cache/cache_session: what a server says at the beginning decides whether it can be used, and what
 * of it only a person would miss. The server here is a socket that says what a case wants. */
#include "cache/cache_session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fx_test.h"

enum { TURNS_MAX = 2000, BYTES_MAX = 4096 };

struct server {
    int listener;
    int peer;
    uint16_t port;
    char heard[BYTES_MAX];
    size_t heard_size;
};

static void listen_at(struct server *server)
{
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof place;
    memset(server, 0, sizeof *server);
    server->peer = -1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(server->listener >= 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&place, &size), 0);
    server->port = ntohs(place.sin_port);
}

static void listen_step(struct server *server)
{
    if (server->peer < 0) {
        server->peer = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK);
        return;
    }
    const ssize_t size = read(server->peer,
                              server->heard + server->heard_size,
                              sizeof server->heard - 1 - server->heard_size);
    server->heard_size += size > 0 ? (size_t)size : 0;
}

static enum fx_cache_session_verdict on_reply(void *context,
                                              uint32_t tag,
                                              const struct fx_cache_session_reply *reply)
{
    (void)context;
    (void)tag;
    (void)reply;
    return FX_CACHE_SESSION_DONE;
}

static void on_hello(void *context, struct fx_cache_session *session)
{
    const fx_str words[] = {FX_STR("SCRIPT"), FX_STR("LOAD"), FX_STR("return 1")};
    (void)context;
    fx_cache_session_hello(session, words, 3);
}

/* Connect, say hello, be answered. @return the session's status then; its words in `words`. */
static fx_status meet(uint32_t database, const char *answers, const char **words)
{
    static char error[FX_CACHE_SESSION_ERROR_SIZE_MAX];
    struct server server;
    struct fx_cache_session *session = NULL;
    fx_status status = FX_BUSY;
    listen_at(&server);
    const struct fx_cache_session_options options = {
        .server = {.host = "127.0.0.1", .port = server.port, .database = database},
        .name = "test",
        .on_hello = on_hello,
        .on_reply = on_reply};
    assert_int_equal(fx_cache_session_create(&options, &session), FX_OK);
    for (uint32_t turn = 0; turn < TURNS_MAX && status == FX_BUSY; turn++) {
        status = fx_cache_session_step(session, fx_clock_monotonic_us());
        listen_step(&server);
        if (strstr(server.heard, "return 1") != NULL && answers != NULL) {
            assert_int_equal(write(server.peer, answers, strlen(answers)), strlen(answers));
            answers = NULL;
        }
        if (status == FX_BUSY) {
            fx_cache_session_wait(session, 1);
        }
    }
    (void)snprintf(error, sizeof error, "%s", fx_cache_session_error(session));
    *words = error;
    fx_cache_session_destroy(session);
    (void)close(server.peer);
    (void)close(server.listener);
    return status;
}

#define BULK(size, text) "$" size "\r\n" text "\r\n"
#define PLAIN            BULK("21", "redis_mode:standalone")
#define SHA              BULK("2", "ab")

static void session_usual_server_is_taken(void **state)
{
    const char *words = NULL;
    (void)state;
    assert_int_equal(meet(0, PLAIN "+OK\r\n" SHA, &words), FX_OK);
    assert_int_equal(meet(3, PLAIN "+OK\r\n+OK\r\n" SHA, &words), FX_OK);
}

static void session_sentinel_and_cluster_are_named(void **state)
{
    const char *words = NULL;
    (void)state;
    assert_int_equal(meet(0, BULK("19", "redis_mode:sentinel"), &words), FX_IO);
    assert_non_null(strstr(words, "Sentinel"));
    assert_int_equal(meet(2, BULK("26", "x:1\r\nredis_mode:cluster\r\n\r\n"), &words), FX_IO);
    assert_non_null(strstr(words, "Redis Cluster"));
}

/* An ACL that leaves out what nothing depends on costs nothing; what is needed is told. */
static void session_user_may_lack_what_is_not_needed(void **state)
{
    static const char NOPERM[] = "-NOPERM this user has no permissions to run the 'x' command\r\n";
    char answers[512];
    const char *words = NULL;
    (void)state;
    (void)snprintf(answers, sizeof answers, "%s%s%s", NOPERM, NOPERM, SHA);
    assert_int_equal(meet(0, answers, &words), FX_OK);
    (void)snprintf(answers, sizeof answers, "%s+OK\r\n%s%s", NOPERM, NOPERM, SHA);
    assert_int_equal(meet(5, answers, &words), FX_OK);
    (void)snprintf(answers, sizeof answers, "%s%s%s", NOPERM, NOPERM, NOPERM);
    assert_int_equal(meet(0, answers, &words), FX_BAD_CREDENTIALS);
    assert_non_null(strstr(words, "NOPERM"));
    assert_int_equal(meet(0, "-NOAUTH Authentication required.\r\n", &words), FX_BAD_CREDENTIALS);
    assert_int_equal(meet(9, PLAIN "-ERR DB index is out of range\r\n", &words), FX_IO);
    assert_non_null(strstr(words, "DB index"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_usual_server_is_taken),
        cmocka_unit_test(session_sentinel_and_cluster_are_named),
        cmocka_unit_test(session_user_may_lack_what_is_not_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

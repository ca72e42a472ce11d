/* The contract suite of the cache on a real Redis server, and what may go wrong with a server.
 * The lane `integration` of script/test starts it; FX_TEST_REDIS_PORT and _PASSWORD say where. */
#include "cache/cache_redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cache/cache_session.h"
#include "fx_test.h"
#include "integration/cache_contract.h"

enum { SKIPPED = 77, WAIT_MS = 8000, MANY = 20000 };

static struct fx_cache_server server;

/* script/redis WORD, with the folder and the settings of the lane. */
static void control(const char *word)
{
    char line[512];
    (void)snprintf(line, sizeof line, "%s/script/redis %s >/dev/null", FX_SOURCE_DIR, word);
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c): our own script
}

static enum fx_cache_session_verdict on_reply(void *context,
                                              uint32_t tag,
                                              const struct fx_cache_session_reply *reply)
{
    (void)tag;
    assert_int_not_equal(reply->kind, FX_CACHE_REPLY_ERROR);
    *(int64_t *)context = reply->number;
    return FX_CACHE_SESSION_DONE;
}

/* Send one command by a connection of its own. @return the number of its answer. */
static int64_t command(const fx_str arguments[], uint32_t count)
{
    struct fx_cache_session *session = NULL;
    int64_t number = 0;
    const struct fx_cache_session_options options = {
        .server = server, .name = "test", .on_reply = on_reply, .context = &number};
    assert_int_equal(fx_cache_session_create(&options, &session), FX_OK);
    assert_int_equal(fx_cache_session_append(session, 1, arguments, count), FX_OK);
    for (uint32_t turn = 0; turn < WAIT_MS / 5 && !fx_cache_session_is_idle(session); turn++) {
        (void)fx_cache_session_step(session, fx_clock_monotonic_us());
        fx_cache_session_wait(session, 5);
    }
    assert_true(fx_cache_session_is_idle(session));
    fx_cache_session_destroy(session);
    return number;
}

static fx_status open_redis(bool is_fresh, struct fx_cache **cache_out)
{
    if (is_fresh) {
        const fx_str flush[] = {FX_STR("FLUSHALL")};
        (void)command(flush, 1);
    }
    return fx_cache_redis_open(&server, cache_out);
}

static void pass(struct fx_cache *cache, uint32_t time_ms)
{
    (void)cache;
    (void)usleep(time_ms * 1000);
}

static void empty(struct fx_cache *cache)
{
    const fx_str flush[] = {FX_STR("FLUSHALL")};
    (void)cache;
    (void)command(flush, 1);
}

static void put(struct fx_cache *cache, uint32_t number, uint64_t operation)
{
    char key[64], value[128];
    (void)snprintf(key, sizeof key, "orders:userId_1:orderId_%u", number);
    (void)snprintf(value,
                   sizeof value,
                   "{\"id\":%u,\"operationId\":\"%llu\"}",
                   number,
                   (unsigned long long)operation);
    const struct fx_cache_entry entry = {.key = fx_str_of(key),
                                         .value = fx_str_of(value),
                                         .operation_id = operation,
                                         .ttl_ms = 60000};
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
}

static void ignore_key(void *context, fx_str key)
{
    (void)key;
    (*(uint32_t *)context)++;
}

/* What flushing says of a server that takes nothing: sooner or later why. */
static fx_status flush_until(struct fx_cache *cache, fx_status wanted)
{
    fx_status status = FX_OK;
    for (uint32_t turn = 0; turn < WAIT_MS / 300 && status != wanted; turn++) {
        status = fx_cache_flush(cache, fx_clock_monotonic_us(), 300);
    }
    return status;
}

static uint32_t count_of(struct fx_cache *cache)
{
    uint32_t count = 0;
    assert_int_equal(fx_cache_scan(cache, FX_STR("orders:"), WAIT_MS, ignore_key, &count), FX_OK);
    return count;
}

static struct fx_cache *opened(void)
{
    struct fx_cache *cache = NULL;
    assert_int_equal(open_redis(true, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    return cache;
}

static void redis_writes_travel_in_pipelines(void **state)
{
    struct fx_cache *cache = opened();
    (void)state;
    const int64_t from_us = fx_clock_monotonic_us();
    control(
        "pause"); /* it answers nothing, and still they leave, as far as the kernel takes them */
    for (uint32_t number = 0; number < MANY; number++) {
        put(cache, number, 1);
    }
    int64_t now_us = from_us;
    for (uint32_t turn = 0; turn < 20; turn++) {
        (void)fx_cache_step(cache, ++now_us);
    }
    assert_false(fx_cache_is_idle(cache));
    control("resume");
    assert_int_equal(fx_cache_flush(cache, now_us, WAIT_MS), FX_OK);
    struct fx_cache_stats stats;
    fx_cache_stats(cache, &stats);
    assert_int_equal(stats.written, MANY);
    assert_int_equal(stats.connected, 1);
    print_message("%d values in %lld us\n", MANY, (long long)(fx_clock_monotonic_us() - from_us));
    fx_cache_close(cache);
}

/* A server that is full, or a replica all of a sudden, refuses each write: nothing is lost by it.
 */
static void redis_refused_writes_are_sent_again(void **state)
{
    static const struct {
        fx_str on[4];
        fx_str off[4];
        uint32_t count;
        const char *word;
    } ROWS[] = {
        {{{"CONFIG", 6}, {"SET", 3}, {"maxmemory", 9}, {"1", 1}},
         {{"CONFIG", 6}, {"SET", 3}, {"maxmemory", 9}, {"0", 1}},
         4,
         "OOM"},
        {{{"REPLICAOF", 9}, {"127.0.0.1", 9}, {"1", 1}},
         {{"REPLICAOF", 9}, {"NO", 2}, {"ONE", 3}},
         3,
         "READONLY"},
    };
    (void)state;
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        struct fx_cache *cache = opened();
        struct fx_cache_stats stats;
        (void)command(ROWS[row].on, ROWS[row].count);
        const uint64_t epoch = fx_cache_epoch(cache);
        for (uint32_t number = 0; number < 100; number++) {
            put(cache, number, 1);
        }
        uint32_t tries = 0;
        fx_status status = FX_OK;
        for (uint32_t turn = 0; turn < WAIT_MS && status == FX_OK; turn++) {
            status = fx_cache_step(cache, fx_clock_monotonic_us());
            (void)usleep(1000);
        }
        for (uint32_t turn = 0; turn < 600; turn++) {
            const fx_status now = fx_cache_step(cache, fx_clock_monotonic_us());
            tries += now != status ? 1 : 0;
            status = now;
            (void)usleep(1000);
        }
        assert_int_not_equal(status, FX_OK);
        assert_non_null(strstr(fx_cache_error_text(cache), ROWS[row].word));
        assert_true(tries < 40); /* with pauses */
        fx_cache_stats(cache, &stats);
        assert_int_equal(stats.written, 0);
        assert_int_equal(stats.queued, 100);
        assert_false(fx_cache_is_idle(cache));
        (void)command(ROWS[row].off, ROWS[row].count);
        assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
        fx_cache_stats(cache, &stats);
        assert_int_equal(stats.written, 100);
        assert_int_equal(stats.queued, 0);
        assert_int_equal(count_of(cache), 100);
        assert_true(fx_cache_epoch(cache) > epoch); /* the owner writes all again, to be sure */
        fx_cache_close(cache);
    }
}

static void redis_forgotten_scripts_are_given_again(void **state)
{
    struct fx_cache *cache = opened();
    (void)state;
    const fx_str flush[] = {FX_STR("SCRIPT"), FX_STR("FLUSH")};
    put(cache, 1, 1);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    (void)command(flush, 2);
    for (uint32_t number = 2; number < 100; number++) {
        put(cache, number, 1);
    }
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    assert_int_equal(count_of(cache), 99);
    struct fx_cache_stats stats;
    fx_cache_stats(cache, &stats);
    assert_int_equal(stats.refused, 0);
    assert_int_equal(stats.connected, 1);
    fx_cache_close(cache);
}

static void redis_killed_server_is_found_again(void **state)
{
    struct fx_cache *cache = opened();
    (void)state;
    put(cache, 1, 1);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    const uint64_t epoch = fx_cache_epoch(cache);
    control("kill");
    for (uint32_t number = 2; number <= 50; number++) {
        put(cache, number, 1); /* never blocks, never fails: the queue has room */
    }
    assert_int_equal(flush_until(cache, FX_IO), FX_IO);
    assert_true(fx_cache_error_text(cache)[0] != '\0');
    assert_false(fx_cache_is_idle(cache));
    control("start");
    int64_t now_us = fx_clock_monotonic_us() + 6000000; /* beyond any pause */
    assert_int_equal(fx_cache_flush(cache, now_us, WAIT_MS), FX_OK);
    assert_true(fx_cache_epoch(cache) > epoch); /* the owner knows that number 1 is gone … */
    assert_int_equal(count_of(cache), 49);      /* … and what was queued has arrived */
    fx_cache_close(cache);
}

static void redis_full_queue_says_busy(void **state)
{
    struct fx_cache *cache = opened();
    (void)state;
    control("pause");
    static char bytes[65536];
    memset(bytes, 'x', sizeof bytes);
    const struct fx_cache_entry entry = {.key = FX_STR("orders:large"),
                                         .value = {bytes, sizeof bytes},
                                         .operation_id = 1,
                                         .ttl_ms = 60000};
    fx_status status = FX_OK;
    uint32_t count = 0;
    while (status == FX_OK && count < 10000) {
        status = fx_cache_put(cache, &entry);
        count += status == FX_OK ? 1 : 0;
    }
    assert_int_equal(status, FX_BUSY);
    assert_true(count > 200 && count < 300); /* 16 MiB */
    control("resume");
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    assert_int_equal(fx_cache_put(cache, &entry), FX_OK);
    fx_cache_close(cache);
}

static void redis_silent_server_is_left_in_time(void **state)
{
    struct fx_cache *cache = opened();
    (void)state;
    control("pause");
    put(cache, 1, 1);
    /* Virtual time: seconds pass for the handle in a moment. */
    fx_status status = FX_OK;
    int64_t now_us = fx_clock_monotonic_us();
    for (uint32_t turn = 0; turn < 20 && status == FX_OK; turn++) {
        now_us += 500000;
        status = fx_cache_step(cache, now_us);
    }
    assert_int_equal(status, FX_IO);
    assert_string_equal(fx_cache_error_text(cache), "no answer in time");
    control("resume");
    assert_int_equal(fx_cache_flush(cache, now_us + 6000000, WAIT_MS), FX_OK);
    assert_int_equal(count_of(cache), 1);
    fx_cache_close(cache);
}

static void redis_wrong_password_is_said_without_it(void **state)
{
    struct fx_cache *cache = NULL;
    struct fx_cache_server wrong = server;
    (void)state;
    wrong.password = "not-the-password";
    assert_int_equal(fx_cache_redis_open(&wrong, &cache), FX_OK);
    assert_int_equal(flush_until(cache, FX_BAD_CREDENTIALS), FX_BAD_CREDENTIALS);
    assert_null(strstr(fx_cache_error_text(cache), "not-the-password"));
    fx_cache_close(cache);
    wrong.password = NULL;
    assert_int_equal(fx_cache_redis_open(&wrong, &cache), FX_OK);
    assert_int_equal(flush_until(cache, FX_BAD_CREDENTIALS), FX_BAD_CREDENTIALS);
    fx_cache_close(cache);
}

static void redis_database_number_keeps_values_apart(void **state)
{
    struct fx_cache *cache = opened();
    struct fx_cache *other = NULL;
    struct fx_cache_server second = server;
    (void)state;
    second.database = 3;
    assert_int_equal(fx_cache_redis_open(&second, &other), FX_OK);
    put(cache, 1, 1);
    put(other, 2, 1);
    put(other, 3, 1);
    assert_int_equal(fx_cache_flush(other, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    assert_int_equal(count_of(cache), 1);
    assert_int_equal(count_of(other), 2);
    fx_cache_close(other);
    fx_cache_close(cache);
}

static void redis_unknown_host_and_closed_port_are_told(void **state)
{
    struct fx_cache *cache = NULL;
    struct fx_cache_server nobody = server;
    (void)state;
    nobody.host = "no-such-host.invalid";
    assert_int_equal(fx_cache_redis_open(&nobody, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), 100), FX_IO);
    fx_cache_close(cache);
    nobody = server;
    nobody.port = 1;
    assert_int_equal(fx_cache_redis_open(&nobody, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), 100), FX_IO);
    assert_non_null(strstr(fx_cache_error_text(cache), "refused"));
    fx_cache_close(cache);
}

/* The lane's second server speaks TLS. */
static void redis_tls_is_verified(void **state)
{
    const char *port = getenv("FX_TEST_REDIS_TLS_PORT");
    const char *authority = getenv("FX_TEST_REDIS_TLS_CA");
    struct fx_cache *cache = NULL;
    struct fx_cache_server tls = server;
    (void)state;
    if (port == NULL || authority == NULL) {
        skip();
    }
    tls.port = (uint16_t)strtoul(port, NULL, 10);
    tls.is_tls = true;
    tls.ca_file = authority;
    assert_int_equal(fx_cache_redis_open(&tls, &cache), FX_OK);
    for (uint32_t number = 0; number < MANY; number++) {
        put(cache, number, 1);
    }
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), WAIT_MS), FX_OK);
    assert_true(count_of(cache) >= MANY);
    fx_cache_close(cache);
    tls.ca_file = NULL; /* the system's authorities do not know it */
    assert_int_equal(fx_cache_redis_open(&tls, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), 300), FX_IO);
    assert_non_null(strstr(fx_cache_error_text(cache), "TLS"));
    fx_cache_close(cache);
    tls.ca_file = "no/such/file";
    assert_int_equal(fx_cache_redis_open(&tls, &cache), FX_OK);
    assert_int_equal(fx_cache_flush(cache, fx_clock_monotonic_us(), 300), FX_BAD_PARAMETER);
    fx_cache_close(cache);
}

int main(void)
{
    const char *port = getenv("FX_TEST_REDIS_PORT");
    if (port == NULL) {
        print_message("FX_TEST_REDIS_PORT is not set: the lane `integration` sets it\n");
        return SKIPPED;
    }
    server = (struct fx_cache_server){.host = "127.0.0.1",
                                      .port = (uint16_t)strtoul(port, NULL, 10),
                                      .password = getenv("FX_TEST_REDIS_PASSWORD")};
    const struct cache_contract_adapter adapter = {
        .name = "redis", .open = open_redis, .pass = pass, .empty = empty, .is_shared = true};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redis_writes_travel_in_pipelines),
        cmocka_unit_test(redis_forgotten_scripts_are_given_again),
        cmocka_unit_test(redis_refused_writes_are_sent_again),
        cmocka_unit_test(redis_killed_server_is_found_again),
        cmocka_unit_test(redis_full_queue_says_busy),
        cmocka_unit_test(redis_silent_server_is_left_in_time),
        cmocka_unit_test(redis_wrong_password_is_said_without_it),
        cmocka_unit_test(redis_database_number_keeps_values_apart),
        cmocka_unit_test(redis_unknown_host_and_closed_port_are_told),
        cmocka_unit_test(redis_tls_is_verified),
    };
    return cache_contract_run(&adapter) + cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}

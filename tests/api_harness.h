/**
 * @file api_harness.h
 * The API on a real server and real sockets, with a real engine behind the intake, in one thread.
 *
 * A command waits in a queue until the harness pumps: then it is applied, its events are folded by
 * view and market and saved in an SQLite database, and the API sees them, as in the gateway. The
 * database is a file, because the API's thread has a connection of its own. Clocks are fields.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_API_HARNESS_H
#define FX_TESTS_API_HARNESS_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api.h"
#include "api_schema_check.h"
#include "base/password.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "net/net_http_client.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "store/store_user.h"
#include "worker/worker_save.h"

enum {
    API_HARNESS_QUEUE = 64,
    API_HARNESS_DEPTH = 1024,
    API_HARNESS_TURNS_MAX = 20000,
    API_HARNESS_ALICE = 1,
    API_HARNESS_BOB = 2,
    API_HARNESS_LOCKED = 3,
    API_HARNESS_ADMIN = 4,
    API_HARNESS_NO_TRADE = 5,
    API_HARNESS_NO_ACCOUNT = 6
};

#define API_HARNESS_WALL_US  1700000000000000LL
#define API_HARNESS_PASSWORD "correct \"horse\""

struct api_harness {
    struct engine_kit kit;
    struct fx_view *view;
    struct fx_market market;
    struct fx_store *store;
    struct fx_store *sessions; /* the API's thread's */
    struct fx_worker_save saver;
    char dir[64];
    struct fx_crypto_rsa *rsa;
    struct fx_jwt *jwt;
    struct fx_jwt_cache *jwt_cache;
    struct fx_seal *seal;
    struct fx_net_server *server;
    struct fx_api *api;
    struct fx_command queue[API_HARNESS_QUEUE];
    uint64_t tokens[API_HARNESS_QUEUE];
    uint32_t queued;
    uint64_t told; /* commands that no engine applied; no other may follow */
    uint32_t wakes;
    uint32_t takes;     /* commands that the intake took … */
    uint32_t takes_max; /* … and will take; 0: all */
    bool is_full;       /* the intake takes nothing */
    uint32_t load_percent;
    bool is_saver_late; /* nothing reaches the store */
    bool is_stalled;    /* commands are taken and never applied */
    int64_t wall_us;
    int64_t now_ms;
    uint16_t port;
    int fd;
    struct fx_net_http_client client;
    const char *prefer; /* header of the next requests; NULL: none */
    const char *extra;  /* raw header lines of the next requests */
    const char *content_type;
    int code;
    char body[262144];
};

static inline int64_t api_harness_wall(void *self)
{
    const struct api_harness *harness = self;
    return harness->wall_us;
}

static inline int64_t api_harness_now(void *self)
{
    const struct api_harness *harness = self;
    return harness->now_ms;
}

static inline bool api_harness_submit(void *self, uint64_t token, const struct fx_command *command)
{
    struct api_harness *harness = self;
    assert_true(token != 0 && token >> 63U == 0);
    if (harness->is_full || harness->queued == API_HARNESS_QUEUE ||
        (harness->takes_max != 0 && harness->takes == harness->takes_max)) {
        return false;
    }
    harness->takes++;
    harness->queue[harness->queued] = *command;
    harness->tokens[harness->queued] = token;
    harness->queued++;
    return true;
}

static inline uint32_t api_harness_load(void *self)
{
    const struct api_harness *harness = self;
    return harness->load_percent;
}

static inline void api_harness_wake(void *self)
{
    struct api_harness *harness = self;
    harness->wakes++;
}

static inline void api_harness_fold(struct api_harness *harness, const struct fx_event *event)
{
    if (fx_market_needs(&harness->market, event)) {
        const size_t size = (fx_market_symbol_size(API_HARNESS_DEPTH) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        assert_non_null(memory);
        memset(memory, 0, size);
        fx_market_add(
            &harness->market, event->u.instrument.instrument_id, memory, API_HARNESS_DEPTH);
    }
    fx_market_apply(&harness->market, event);
    assert_int_equal(fx_view_apply(harness->view, event), FX_OK);
}

/** Apply what waits, and give the events to all who look at them. */
static inline void api_harness_pump(struct api_harness *harness)
{
    if (harness->is_stalled) {
        return;
    }
    uint32_t queued = 0;
    while (queued < harness->queued) { /* an answer may submit more */
        const uint32_t index = queued++;
        harness->kit.time_us = harness->wall_us;
        const struct fx_command *command = &harness->queue[index];
        if (fx_command_is_question((enum fx_command_kind)command->kind)) {
            (void)engine_kit_ask(&harness->kit, command);
        } else {
            (void)engine_kit_apply(&harness->kit, &harness->queue[index]);
        }
        for (uint32_t at = 0; at < harness->kit.events.count; at++) {
            struct fx_event *event = &harness->kit.events.items[at];
            if (event->kind == FX_EVENT_RESULT) {
                event->token = harness->tokens[index];
            }
            api_harness_fold(harness, event);
        }
        if (!harness->is_saver_late) {
            assert_int_equal(fx_worker_save_events(&harness->saver,
                                                   harness->kit.events.items,
                                                   harness->kit.events.count),
                             FX_OK);
        }
        for (uint32_t at = 0; at < harness->kit.events.count; at++) {
            fx_api_on_event(harness->api, &harness->kit.events.items[at]);
        }
    }
    harness->queued = 0;
}

/** One command that no client sent. */
static inline void api_harness_command(struct api_harness *harness,
                                       const struct fx_command *command)
{
    assert_int_equal(harness->queued, 0);
    harness->queue[0] = *command;
    harness->tokens[0] = 0;
    harness->queued = 1;
    api_harness_pump(harness);
    assert_int_equal(harness->kit.result.reject.status, FX_OK);
}

/** Events of a command that no engine applied, RESULT left out: folded and saved. */
static inline void api_harness_tell(struct api_harness *harness,
                                    struct fx_event events[],
                                    uint32_t count)
{
    struct fx_event told[16];
    assert_true(count < 16);
    memset(told, 0, sizeof told);
    memcpy(told, events, count * sizeof *events);
    told[count].kind = FX_EVENT_RESULT;
    harness->told++;
    for (uint32_t index = 0; index <= count; index++) {
        told[index].sequence = fx_engine_sequence(harness->kit.engine) + harness->told;
        told[index].index = index;
        told[index].time_us = harness->wall_us;
        api_harness_fold(harness, &told[index]);
    }
    assert_int_equal(fx_worker_save_events(&harness->saver, told, count + 1), FX_OK);
}

static inline void api_harness_on_request(void *self, const struct fx_net_server_call *call)
{
    struct api_harness *harness = self;
    assert_true(fx_api_owns(call->request));
    fx_api_on_request(harness->api, call);
}

static inline void api_harness_on_hangup(void *self, struct fx_net_server_token token)
{
    const struct api_harness *harness = self;
    fx_api_on_hangup(harness->api, token);
}

static inline void api_harness_on_refusal(void *self,
                                          fx_status status,
                                          struct fx_buf *headers,
                                          struct fx_buf *body)
{
    const struct api_harness *harness = self;
    fx_api_on_refusal(harness->api, status, headers, body);
}

static inline void api_harness_on_async(void *self)
{
    const struct api_harness *harness = self;
    fx_api_on_async(harness->api);
}

/* ---- sockets ----------------------------------------------------------------------------------
 */

static inline void api_harness_connect(struct api_harness *harness)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(harness->port),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    harness->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(harness->fd >= 0);
    assert_int_equal(connect(harness->fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(harness->fd, F_SETFL, O_NONBLOCK), 0);
    fx_net_http_client_init(&harness->client, sizeof harness->body);
}

static inline void api_harness_disconnect(struct api_harness *harness)
{
    fx_net_http_client_deinit(&harness->client);
    assert_int_equal(close(harness->fd), 0);
    for (uint32_t turn = 0; turn < 4; turn++) {
        (void)fx_net_server_step(harness->server, false);
    }
}

static inline void api_harness_write(struct api_harness *harness, fx_str bytes)
{
    while (bytes.size > 0) {
        const ssize_t sent = send(harness->fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes = fx_str_slice(bytes, (size_t)sent, bytes.size);
        } else {
            assert_true(sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
        }
        (void)fx_net_server_step(harness->server, false);
    }
}

/** Turn everything once. */
static inline void api_harness_turn(struct api_harness *harness)
{
    (void)fx_net_server_step(harness->server, false);
    api_harness_pump(harness);
    (void)fx_net_server_step(harness->server, false);
}

/** Read one answer. */
static inline void api_harness_receive(struct api_harness *harness)
{
    char bytes[65536];
    struct fx_net_http_client *client = &harness->client;
    for (uint32_t turn = 0; client->state != FX_NET_HTTP_STATE_DONE; turn++) {
        assert_true(turn < API_HARNESS_TURNS_MAX);
        assert_int_not_equal(client->state, FX_NET_HTTP_STATE_FAILED);
        api_harness_turn(harness);
        const ssize_t size = recv(harness->fd, bytes, sizeof bytes, 0);
        if (size > 0) {
            size_t used = 0;
            while (used < (size_t)size && client->state != FX_NET_HTTP_STATE_DONE &&
                   client->state != FX_NET_HTTP_STATE_FAILED) {
                const fx_str rest = {bytes + used, (size_t)size - used};
                used += fx_net_http_client_feed(client, rest);
            }
            assert_int_equal(used, size);
        } else {
            assert_true(size < 0); /* not closed */
            struct pollfd waiting = {.fd = harness->fd, .events = POLLIN};
            (void)poll(&waiting, 1, turn < 50 ? 0 : 1);
        }
    }
    harness->code = client->code;
    assert_true(client->body.size < sizeof harness->body);
    if (client->body.size > 0) {
        memcpy(harness->body, client->body.data, client->body.size);
    }
    harness->body[client->body.size] = '\0';
}

/** A header of the last answer, borrowed until the next request; empty where absent. */
static inline fx_str api_harness_header(const struct api_harness *harness, const char *name)
{
    fx_str value = {0};
    (void)fx_net_http_client_find(&harness->client, fx_str_of(name), &value);
    return value;
}

/** Send a request and do not wait. */
static inline void api_harness_send(struct api_harness *harness,
                                    const char *method,
                                    const char *target,
                                    const char *token,
                                    fx_str body)
{
    struct fx_buf text;
    fx_buf_init(&text, 1 << 20);
    fx_buf_append(&text, fx_str_of(method));
    fx_buf_append(&text, FX_STR(" /api/v1"));
    fx_buf_append(&text, fx_str_of(target));
    fx_buf_append(&text, FX_STR(" HTTP/1.1\r\nHost: x\r\nx-request-id: test\r\n"));
    if (token != NULL) {
        fx_buf_append(&text, FX_STR("Authorization: Bearer "));
        fx_buf_append(&text, fx_str_of(token));
        fx_buf_append(&text, FX_STR("\r\n"));
    }
    if (harness->prefer != NULL) {
        fx_buf_append(&text, FX_STR("Prefer: "));
        fx_buf_append(&text, fx_str_of(harness->prefer));
        fx_buf_append(&text, FX_STR("\r\n"));
    }
    if (harness->extra != NULL) {
        fx_buf_append(&text, fx_str_of(harness->extra));
    }
    if (body.data != NULL) {
        if (harness->content_type != NULL) {
            fx_buf_append(&text, FX_STR("Content-Type: "));
            fx_buf_append(&text, fx_str_of(harness->content_type));
            fx_buf_append(&text, FX_STR("\r\n"));
        }
        fx_buf_append(&text, FX_STR("Content-Length: "));
        fx_buf_append_u64(&text, body.size);
        fx_buf_append(&text, FX_STR("\r\n"));
    }
    fx_buf_append(&text, FX_STR("\r\n"));
    fx_buf_append(&text, body);
    assert_false(text.is_overflow);
    fx_net_http_client_next(&harness->client);
    harness->client.is_head_request = strcmp(method, "HEAD") == 0;
    api_harness_write(harness, fx_buf_str(&text));
    fx_buf_deinit(&text);
}

/** A request and its answer. @return the status code; the body is in harness->body. */
static inline int api_harness_ask(struct api_harness *harness,
                                  const char *method,
                                  const char *target,
                                  const char *token,
                                  const char *body)
{
    api_harness_send(harness, method, target, token, fx_str_of(body));
    api_harness_receive(harness);
    const fx_str type = api_harness_header(harness, "content-type");
    if (harness->client.body.size > 0 && fx_str_is_equal(type, FX_STR("application/json"))) {
        const fx_str said = {harness->body, harness->client.body.size};
        api_schema_check_answer(method, target, harness->code, said);
    }
    return harness->code;
}

/** Copy the text behind `"key":"` of the last body. */
static inline void api_harness_member(const struct api_harness *harness,
                                      const char *key,
                                      char *value_out,
                                      size_t capacity)
{
    char pattern[64];
    (void)snprintf(pattern, sizeof pattern, "\"%s\":", key);
    const char *at = strstr(harness->body, pattern);
    assert_non_null(at);
    at += strlen(pattern);
    const bool is_quoted = *at == '"';
    at += is_quoted ? 1 : 0;
    const size_t size = strcspn(at, is_quoted ? "\"" : ",}]");
    assert_true(size < capacity);
    memcpy(value_out, at, size);
    value_out[size] = '\0';
}

/* ---- making -----------------------------------------------------------------------------------
 */

/** A token of a user that ends at `expires_s` (0: in ten minutes). Static until the next call. */
static inline const char *api_harness_token_until(const struct api_harness *harness,
                                                  uint64_t user_id,
                                                  int64_t expires_s)
{
    static char text[FX_JWT_SIZE_MAX];
    const int64_t now_s = harness->wall_us / 1000000;
    const struct fx_jwt_claims claims = {.user_id = user_id,
                                         .issued_at_s = now_s,
                                         .expires_at_s = expires_s == 0 ? now_s + 600 : expires_s};
    struct fx_buf token;
    fx_buf_init(&token, sizeof text);
    assert_int_equal(fx_jwt_sign(harness->jwt, &claims, &token), FX_OK);
    assert_true(fx_str_copy(fx_buf_str(&token), text, sizeof text));
    fx_buf_deinit(&token);
    return text;
}

/** A good token of a user; kept for the life of the program, unless the clock is behind it. */
static inline const char *api_harness_token(const struct api_harness *harness, uint64_t user_id)
{
    static char texts[8][FX_JWT_SIZE_MAX];
    static const struct fx_jwt *makers[8];
    static int64_t made_us[8];
    assert_true(user_id < 8);
    if (makers[user_id] != harness->jwt || harness->wall_us < made_us[user_id]) {
        const char *text = api_harness_token_until(harness, user_id, 0);
        assert_true(fx_str_copy(fx_str_of(text), texts[user_id], sizeof texts[user_id]));
        makers[user_id] = harness->jwt;
        made_us[user_id] = harness->wall_us;
    }
    return texts[user_id];
}

static inline void api_harness_user(struct api_harness *harness, uint64_t id, const char *email)
{
    static char hash[FX_PASSWORD_HASH_SIZE + 1];
    struct fx_rows_user user;
    uint64_t given = 0;
    if (hash[0] == '\0') {
        assert_int_equal(fx_password_hash(FX_STR(API_HARNESS_PASSWORD), FX_PASSWORD_COST_MIN, hash),
                         FX_OK);
    }
    memset(&user, 0, sizeof user);
    user.id = id;
    (void)snprintf(user.email, sizeof user.email, "%s", email);
    (void)snprintf(user.password_hash, sizeof user.password_hash, "%s", hash);
    (void)snprintf(user.role, sizeof user.role, "%s", id == API_HARNESS_ADMIN ? "admin" : "user");
    (void)snprintf(user.status, sizeof user.status, "ACTIVE");
    (void)snprintf(user.user_type, sizeof user.user_type, "NORMAL");
    (void)snprintf(user.uid, sizeof user.uid, "uid%u", (unsigned)id);
    user.is_locked = id == API_HARNESS_LOCKED;
    user.allow_trade = id != API_HARNESS_NO_TRADE;
    user.enable_trading_fee = true;
    user.created_us = API_HARNESS_WALL_US;
    assert_int_equal(fx_store_user_insert(harness->store, &user, &given), FX_OK);
}

/* The last close removes SQLite's own files. */
static inline void api_harness_close_store(struct api_harness *harness)
{
    static const char *const NAMES[] = {"db", "db-wal", "db-shm"};
    char path[128];
    fx_worker_save_deinit(&harness->saver);
    fx_store_close(harness->sessions);
    fx_store_close(harness->store);
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        (void)snprintf(path, sizeof path, "%s/%s", harness->dir, NAMES[index]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(harness->dir), 0);
}

static inline void api_harness_store(struct api_harness *harness)
{
    uint32_t applied = 0;
    char path[128];
    (void)snprintf(harness->dir, sizeof harness->dir, "/tmp/fx-api-XXXXXX");
    assert_non_null(mkdtemp(harness->dir));
    (void)snprintf(path, sizeof path, "%s/db", harness->dir);
    assert_int_equal(fx_store_sqlite_open(path, FX_STORE_SQLITE_WRITER, &harness->store), FX_OK);
    assert_int_equal(fx_store_migrate(harness->store, &applied), FX_OK);
    assert_int_equal(fx_store_sqlite_open(path, FX_STORE_SQLITE_WRITER, &harness->sessions), FX_OK);
    const struct fx_worker_save_options saver = {.store = harness->store,
                                                 .shard = FX_STR("USDT"),
                                                 .worker = FX_STR("saver"),
                                                 .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&harness->saver, &saver), FX_OK);
    api_harness_user(harness, API_HARNESS_ALICE, "alice@example.org");
    api_harness_user(harness, API_HARNESS_BOB, "bob@example.org");
    api_harness_user(harness, API_HARNESS_LOCKED, "locked@example.org");
    api_harness_user(harness, API_HARNESS_ADMIN, "admin@example.org");
    api_harness_user(harness, API_HARNESS_NO_TRADE, "watcher@example.org");
    api_harness_user(harness, API_HARNESS_NO_ACCOUNT, "new@example.org");
}

/** Tell view and market the whole state, after the engine was changed behind their backs. */
static inline void api_harness_dump(struct api_harness *harness)
{
    struct fx_engine_dump dump;
    memset(&dump, 0, sizeof dump);
    bool is_more = true;
    while (is_more) {
        is_more = fx_engine_dump(harness->kit.engine, &dump, &harness->kit.events);
        for (uint32_t index = 0; index < harness->kit.events.count; index++) {
            const struct fx_event *event = &harness->kit.events.items[index];
            api_harness_fold(harness, event);
            if (event->kind == FX_EVENT_INSTRUMENT) {
                fx_worker_save_instrument(&harness->saver, &event->u.instrument);
            }
        }
    }
}

/* BTCUSDT (tick 0.1, lot 0.001, mark 100) and ETHUSDT; users 1, 2, 3 and 5 have 1,000,000 USDT. */
static inline void api_harness_engine(struct api_harness *harness)
{
    struct fx_engine_limits limits = engine_kit_limits();
    engine_kit_init(&harness->kit, &limits);
    harness->kit.time_us = harness->wall_us;
    struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    definition.tick_size = engine_kit_decimal("0.1");
    definition.lot_size = engine_kit_decimal("0.001");
    definition.max_ticks = 100000;
    definition.min_notional = engine_kit_decimal("0.01");
    assert_int_equal(engine_kit_list(&harness->kit, &definition, 1000), 0);
    definition = engine_kit_definition("ETHUSDT");
    definition.base = engine_kit_asset("ETH");
    assert_int_equal(engine_kit_list(&harness->kit, &definition, 10), 1);
    const uint64_t users[] = {1, 2, 3, 5};
    for (size_t index = 0; index < 4; index++) {
        engine_kit_account(&harness->kit, users[index], "USDT", "1000000");
    }
    api_harness_dump(harness);
}

static inline void api_harness_keys(struct api_harness *harness)
{
    // NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): one key for all tests
    static struct fx_crypto_rsa *rsa; /* it takes long to make */
    if (rsa == NULL) {
        rsa = fx_crypto_rsa_generate();
    }
    const struct fx_jwt_options options = {.keys = {{.rsa = rsa}}, .key_count = 1, .skew_s = 1};
    harness->rsa = rsa;
    harness->jwt = fx_jwt_create(&options);
    harness->jwt_cache = fx_jwt_cache_create(64);
    assert_non_null(harness->jwt);
    assert_non_null(harness->jwt_cache);
    static const uint8_t MASTER[FX_SEAL_KEY_SIZE] = {'k', 'e', 'y'};
    harness->seal = fx_seal_create(MASTER);
    assert_non_null(harness->seal);
}

static inline void api_harness_init_with(struct api_harness *harness,
                                         const struct fx_api_options *changed)
{
    const struct fx_net_server_config config = {.now_ms = api_harness_now, .clock_self = harness};
    const struct fx_net_server_handler handler = {.on_request = api_harness_on_request,
                                                  .on_hangup = api_harness_on_hangup,
                                                  .on_refusal = api_harness_on_refusal};
    struct fx_api_options options = *changed;
    memset(harness, 0, sizeof *harness);
    harness->wall_us = API_HARNESS_WALL_US;
    harness->now_ms = 1000;
    harness->content_type = "application/json";
    harness->view = fx_view_create(&(struct fx_view_limits){0});
    assert_non_null(harness->view);
    api_harness_store(harness);
    api_harness_engine(harness);
    api_harness_keys(harness);
    assert_int_equal(fx_net_server_create(&config, &handler, harness, &harness->server), FX_OK);
    fx_net_server_on_async(harness->server, api_harness_on_async, harness);
    assert_int_equal(fx_net_server_listen(harness->server, "127.0.0.1", 0, 0, &harness->port),
                     FX_OK);
    options.server = harness->server;
    options.view = harness->view;
    options.market = &harness->market;
    options.reader = harness->store;
    options.writer = harness->sessions;
    options.jwt = harness->jwt;
    options.jwt_cache = harness->jwt_cache;
    options.seal = harness->seal;
    options.intake = (struct fx_api_intake){.submit = api_harness_submit,
                                            .wake = api_harness_wake,
                                            .load_percent = api_harness_load,
                                            .self = harness};
    options.wall_us = api_harness_wall;
    options.clock_self = harness;
    options.password_cost = FX_PASSWORD_COST_MIN;
    assert_int_equal(fx_api_create(&options, &harness->api), FX_OK);
    api_harness_connect(harness);
}

static inline void api_harness_init(struct api_harness *harness)
{
    const struct fx_api_options options = {.is_registration_open = true};
    api_harness_init_with(harness, &options);
}

static inline void api_harness_deinit(struct api_harness *harness)
{
    api_harness_disconnect(harness);
    fx_api_stop(harness->api);
    fx_net_server_destroy(harness->server);
    fx_api_destroy(harness->api);
    fx_view_destroy(harness->view);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(harness->market.symbols[id]);
    }
    fx_jwt_cache_destroy(harness->jwt_cache);
    fx_jwt_destroy(harness->jwt);
    fx_seal_destroy(harness->seal);
    api_harness_close_store(harness);
    engine_kit_deinit(&harness->kit);
}

/* ---- what tests say ---------------------------------------------------------------------------
 */

/** A request and what must come back. */
struct api_expectation {
    int line; /* of the test */
    const char *method;
    const char *target;
    uint64_t user_id; /* 0: without a token */
    const char *sent; /* NULL: no body */
    int status;
    const char *said; /* the whole body, or the code of the error; NULL: not compared */
};

static inline void api_harness_expect(struct api_harness *harness,
                                      const struct api_expectation *expected)
{
    const char *token =
        expected->user_id == 0 ? NULL : api_harness_token(harness, expected->user_id);
    (void)api_harness_ask(harness, expected->method, expected->target, token, expected->sent);
    if (harness->code != expected->status) {
        print_error("line %d: %s %s -> %d %s\n",
                    expected->line,
                    expected->method,
                    expected->target,
                    harness->code,
                    harness->body);
    }
    assert_int_equal(harness->code, expected->status);
}

static inline void api_harness_expect_body(struct api_harness *harness,
                                           const struct api_expectation *expected)
{
    api_harness_expect(harness, expected);
    if (expected->said != NULL) {
        assert_string_equal(harness->body, expected->said);
    }
}

static inline void api_harness_expect_error(struct api_harness *harness,
                                            const struct api_expectation *expected)
{
    char code[64];
    api_harness_expect(harness, expected);
    api_harness_member(harness, "code", code, sizeof code);
    if (strcmp(code, expected->said) != 0) {
        print_error("line %d: %s\n", expected->line, harness->body);
    }
    assert_string_equal(code, expected->said);
}

/** method, target, user, body sent, status, body (NULL: any). */
#define API_EXPECT(harness, ...)                                                                   \
    api_harness_expect_body((harness), &(struct api_expectation){__LINE__, __VA_ARGS__})

/** method, target, user, body sent, status, code. */
#define API_EXPECT_ERROR(harness, ...)                                                             \
    api_harness_expect_error((harness), &(struct api_expectation){__LINE__, __VA_ARGS__})

#endif

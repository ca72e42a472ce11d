/*
 * bench_api [--json] [--orders N]
 *
 * What one POST /order costs in the gateway, by stage: read the HTTP request, verify the token
 * (from the cache), parse the JSON, read the DTO as a command; then all of it through
 * fx_api_on_request() and fx_api_on_event() with a RESULT, that is router, guard, pending table and
 * the answer's body and headers; once with rate limits ("whole") and once without. Not in it: the
 * socket, the journal, the engine. Nanoseconds of CPU per order, best of five rounds. Exit 1:
 * something was refused.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/api.h"
#include "base/crypto.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "store/store_user.h"
#include "wire/wire_place.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
enum { ROUNDS = 5, STAGES = 6, RATE = 100000000, DEPTH = 64, ORDERS = 50000, TEXT_SIZE = 4096 };

static const int64_t WALL_US = 1700000000000000LL;

#define BODY                                                                                       \
    "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"0.125\","          \
    "\"price\":\"64999.5\",\"leverage\":\"10\",\"marginMode\":\"CROSS\",\"isReduceOnly\":false,"   \
    "\"isPostOnly\":false,\"clientOrderId\":\"bench-000001\"}"

static const char *const NAMES[STAGES] = {"http", "token", "json", "dto", "whole", "unlimited"};

struct bench {
    struct fx_api *api;
    struct fx_api *unlimited;
    struct fx_net_server *server;
    struct fx_store *store;
    struct fx_view *view;
    struct fx_market market;
    struct fx_crypto_rsa *rsa;
    struct fx_jwt *jwt;
    struct fx_jwt_cache *cache;
    struct fx_net_http http;
    struct fx_json json;
    struct fx_instrument instrument;
    uint64_t token;
    uint64_t accepted;
    char request[TEXT_SIZE];
    size_t request_size;
    char bearer[TEXT_SIZE];
};

static int64_t wall(void *self)
{
    (void)self;
    return WALL_US;
}

static bool submit(void *self, uint64_t token, const struct fx_command *command)
{
    struct bench *bench = self;
    bench->token = token;
    bench->accepted += command->u.place.lots == 125 ? 1 : 0;
    return true;
}

static void wake(void *self)
{
    (void)self;
}

static void ignore_request(void *self, const struct fx_net_server_call *call)
{
    (void)self;
    (void)call;
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void list_instrument(struct bench *bench)
{
    struct fx_event event;
    struct fx_instrument *instrument = &bench->instrument;
    memset(instrument, 0, sizeof *instrument);
    instrument->tick_size = fx_dec_one() / 10;
    instrument->lot_size = fx_dec_one() / 1000;
    instrument->multiplier = fx_dec_one();
    instrument->min_notional = fx_dec_one() * 5;
    instrument->min_lots = 1;
    instrument->max_lots = 1000000;
    instrument->max_market_lots = 500000;
    instrument->max_ticks = 10000000;
    instrument->contract_type = FX_CONTRACT_TYPE_USD_M;
    instrument->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument->state = FX_INSTRUMENT_STATE_TRADING;
    const bool is_named = fx_ids_symbol(FX_STR("BTCUSDT"), &instrument->symbol) &&
                          fx_ids_asset(FX_STR("USDT"), &instrument->settle);
    const size_t size = (fx_market_symbol_size(DEPTH) + 63U) & ~(size_t)63U;
    void *memory = aligned_alloc(64, size);
    if (memory == NULL || !is_named) {
        abort();
    }
    memset(memory, 0, size);
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument = *instrument;
    fx_market_add(&bench->market, 0, memory, DEPTH);
    fx_market_apply(&bench->market, &event);
}

static bool make_user(struct bench *bench)
{
    struct fx_rows_user user;
    struct fx_buf token;
    uint64_t id = 0;
    uint32_t applied = 0;
    memset(&user, 0, sizeof user);
    user.allow_trade = true;
    (void)snprintf(user.email, sizeof user.email, "bench@example.org");
    (void)snprintf(user.role, sizeof user.role, "user");
    if (fx_store_sqlite_open(":memory:", FX_STORE_SQLITE_WRITER, &bench->store) != FX_OK ||
        fx_store_migrate(bench->store, &applied) != FX_OK ||
        fx_store_user_insert(bench->store, &user, &id) != FX_OK) {
        return false;
    }
    bench->rsa = fx_crypto_rsa_generate();
    const struct fx_jwt_options options = {.keys = {{.rsa = bench->rsa}}, .key_count = 1};
    const struct fx_jwt_claims claims = {.user_id = id, .expires_at_s = WALL_US / 1000000 + 600};
    bench->jwt = fx_jwt_create(&options);
    bench->cache = fx_jwt_cache_create(1024);
    fx_buf_init(&token, sizeof bench->bearer);
    const bool is_made = fx_jwt_sign(bench->jwt, &claims, &token) == FX_OK &&
                         fx_str_copy(fx_buf_str(&token), bench->bearer, sizeof bench->bearer);
    fx_buf_deinit(&token);
    return is_made;
}

static bool open_bench(struct bench *bench)
{
    const struct fx_net_server_config config = {0};
    const struct fx_net_server_handler handler = {.on_request = ignore_request};
    memset(bench, 0, sizeof *bench);
    list_instrument(bench);
    bench->view = fx_view_create(&(struct fx_view_limits){.orders_max = 1024});
    if (!make_user(bench) ||
        fx_net_server_create(&config, &handler, bench, &bench->server) != FX_OK) {
        return false;
    }
    struct fx_api_options options = {.server = bench->server,
                                     .view = bench->view,
                                     .market = &bench->market,
                                     .reader = bench->store,
                                     .jwt = bench->jwt,
                                     .jwt_cache = bench->cache,
                                     .intake = {.submit = submit, .wake = wake, .self = bench},
                                     .wall_us = wall};
    const int size = snprintf(bench->request,
                              sizeof bench->request,
                              "POST /api/v1/order HTTP/1.1\r\nHost: localhost:3000\r\n"
                              "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                              "Accept: */*\r\nUser-Agent: bench\r\nContent-Length: %zu\r\n\r\n%s",
                              bench->bearer,
                              sizeof BODY - 1,
                              BODY);
    bench->request_size = size > 0 ? (size_t)size : 0;
    fx_net_http_init(&bench->http, TEXT_SIZE);
    if (fx_api_create(&options, &bench->unlimited) != FX_OK) {
        return false;
    }
    options.rates = (struct fx_api_rates){.orders = RATE, .cancels = RATE, .ban_strikes = 1000};
    return fx_api_create(&options, &bench->api) == FX_OK;
}

static void close_bench(struct bench *bench)
{
    fx_api_destroy(bench->api);
    fx_api_destroy(bench->unlimited);
    fx_net_server_destroy(bench->server);
    fx_net_http_deinit(&bench->http);
    fx_jwt_cache_destroy(bench->cache);
    fx_jwt_destroy(bench->jwt);
    fx_crypto_rsa_destroy(bench->rsa);
    fx_store_close(bench->store);
    fx_view_destroy(bench->view);
    free(bench->market.symbols[0]);
}

static bool read_request(struct bench *bench)
{
    fx_net_http_next(&bench->http);
    return fx_net_http_feed(&bench->http, (fx_str){bench->request, bench->request_size}) ==
               bench->request_size &&
           bench->http.state == FX_NET_HTTP_STATE_DONE;
}

static bool verify_token(struct bench *bench)
{
    struct fx_jwt_claims claims;
    return fx_jwt_verify_cached(
               bench->jwt, bench->cache, fx_str_of(bench->bearer), WALL_US / 1000000, &claims) ==
           FX_OK;
}

static bool parse_json(struct bench *bench)
{
    return fx_json_parse(&bench->json, FX_STR(BODY)) == FX_OK;
}

static bool read_dto(struct bench *bench)
{
    const struct fx_json_token *root = &bench->json.tokens[0];
    struct fx_wire_place place;
    struct fx_command command;
    struct fx_reject reject;
    fx_str symbol = {0};
    fx_str field = {0};
    memset(&command, 0, sizeof command);
    return fx_wire_place_symbol(&bench->json, root, &symbol) == FX_OK &&
           fx_market_find(&bench->market, symbol) != NULL &&
           fx_wire_place_parse(&bench->json, root, &place, &field) == FX_OK &&
           fx_wire_place_command(&place, &bench->instrument, &command, &reject) == FX_OK;
}

static bool serve_by(struct bench *bench, struct fx_api *api)
{
    struct fx_event event;
    if (!read_request(bench)) {
        return false;
    }
    const struct fx_net_server_call call = {.request = &bench->http.request,
                                            .peer = FX_STR("127.0.0.1")};
    const uint64_t before = bench->accepted;
    fx_api_on_request(api, &call);
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_RESULT;
    event.token = bench->token;
    fx_api_on_event(api, &event);
    return bench->accepted == before + 1;
}

static bool serve_order(struct bench *bench)
{
    return serve_by(bench, bench->api);
}

static bool serve_unlimited(struct bench *bench)
{
    return serve_by(bench, bench->unlimited);
}

typedef bool (*stage_fn)(struct bench *bench);

/* ns per order of the best round; 0 where something was refused. */
static double measure(struct bench *bench, stage_fn stage, uint32_t orders)
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        const uint64_t start = cpu_ns();
        for (uint32_t index = 0; index < orders; index++) {
            if (!stage(bench)) {
                return 0;
            }
        }
        const uint64_t spent = cpu_ns() - start;
        best = spent < best ? spent : best;
    }
    return (double)best / (double)orders;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    static const stage_fn STAGE[STAGES] = {
        read_request, verify_token, parse_json, read_dto, serve_order, serve_unlimited};
    uint32_t orders = ORDERS;
    bool is_json = false;
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--json") == 0) {
            is_json = true;
        } else if (strcmp(argv[index], "--orders") == 0 && index + 1 < argc) {
            index++;
            orders = (uint32_t)strtoul(argv[index], NULL, 10);
        } else {
            (void)fprintf(stderr, "usage: bench_api [--json] [--orders N]\n");
            return 2;
        }
    }
    if (orders == 0 || !open_bench(&bench)) {
        return 1;
    }
    int code = 0;
    for (int stage = 0; stage < STAGES; stage++) {
        const double figure = measure(&bench, STAGE[stage], orders);
        code = figure > 0 ? code : 1;
        if (is_json) {
            (void)printf("{\"stage\":\"%s\",\"ns_per_order\":%.0f}\n", NAMES[stage], figure);
        } else {
            (void)printf("%-9s %6.0f ns/order\n", NAMES[stage], figure);
        }
    }
    close_bench(&bench);
    return code;
}
// NOLINTEND(concurrency-mt-unsafe)

#include "api/api.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_delay_int.h"
#include "api/api_enroll_int.h"
#include "api/api_group_int.h"
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_proof_int.h"
#include "api/api_rate_int.h"
#include "api/api_reply_int.h"
#include "api/api_revoke_int.h"
#include "api/api_witness_int.h"
#include "api/api_writer_int.h"
#include "base/crypto.h"
#include "base/panic.h"
#include "model/rows_candle.h"
#include "model/rows_funding.h"
#include "store/store_audit.h"

enum {
    ACCESS_TTL_S = 600,
    REFRESH_TTL_S = 2592000,
    REFRESH_IDLE_S = 604800,
    PASSWORD_COST = 11,
    PASSWORD_THREADS = 1,
    PASSWORD_QUEUE = 64,
    PENDING_MAX = 65536,
    WAIT_MS_MAX = 10000,
    SHED_PERCENT = 50,
    TMP_ID_BITS = 20,
    HEADERS_SIZE_MAX = 4096,
    QUERY_SIZE_MAX = 16384,
    ENDED_SIZE_MAX = 4 << 20,
    EXCHANGE_SIZE_MAX = 1 << 16, /* one row for each asset */
    LIST_SIZE_MAX = 16 << 20,
    US_PER_MS = 1000
};

/* Room for a row of every kind that a list answers with. */
union any_row {
    struct fx_rows_order order;
    struct fx_rows_trade trade;
    struct fx_rows_transaction transaction;
    struct fx_rows_position position;
    struct fx_rows_user user;
    struct fx_store_api_key api_key;
    struct fx_store_audit audit;
    struct fx_rows_candle candle;
    struct fx_rows_funding_payment payment;
};

static void set_default(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static void complete(struct fx_api_options *options)
{
    set_default(&options->access_ttl_s, ACCESS_TTL_S);
    set_default(&options->refresh_ttl_s, REFRESH_TTL_S);
    set_default(&options->refresh_idle_s, REFRESH_IDLE_S);
    set_default(&options->password_cost, PASSWORD_COST);
    set_default(&options->password_threads, PASSWORD_THREADS);
    set_default(&options->password_queue, PASSWORD_QUEUE);
    set_default(&options->pending_max, PENDING_MAX);
    set_default(&options->wait_ms_max, WAIT_MS_MAX);
    set_default(&options->shed_percent, SHED_PERCENT);
}

static int64_t wall_us(const struct fx_api *api)
{
    return api->options.wall_us(api->options.clock_self);
}

static fx_status init_memory(struct fx_api *api)
{
    fx_buf_init(&api->reply, FX_API_REPLY_SIZE_MAX);
    fx_buf_init(&api->headers, HEADERS_SIZE_MAX);
    fx_buf_init(&api->openapi, FX_API_REPLY_SIZE_MAX);
    fx_buf_init(&api->query, QUERY_SIZE_MAX);
    fx_buf_init(&api->texts, FX_API_TEXTS_SIZE_MAX);
    fx_buf_init(&api->ended, ENDED_SIZE_MAX);
    fx_buf_init(&api->exchange, EXCHANGE_SIZE_MAX);
    fx_buf_init(&api->list, LIST_SIZE_MAX);
    api->days = calloc(FX_INSTRUMENTS_MAX, sizeof *api->days);
    api->rows = calloc(FX_API_LIST_MAX, sizeof(union any_row));
    if (api->rows == NULL || api->days == NULL ||
        fx_buf_reserve(&api->texts, FX_API_TEXTS_SIZE_MAX) == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_api_guard_init(api);
    if (status == FX_OK) {
        status = fx_api_pending_init(api);
    }
    return status == FX_OK ? fx_api_group_create(api) : status;
}

fx_status fx_api_create(const struct fx_api_options *options, struct fx_api **api_out)
{
    struct fx_api *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return FX_NO_MEMORY;
    }
    api->options = *options;
    if (options->reports == NULL) {
        api->options.reports = options->reader;
    }
    complete(&api->options);
    api->tmp_last = (uint64_t)(wall_us(api) / US_PER_MS) << TMP_ID_BITS;
    api->request_last = api->tmp_last;
    fx_status status = init_memory(api);
    if (status == FX_OK) {
        status = fx_api_login_create(&api->options, &api->login);
    }
    if (status == FX_OK) {
        status = fx_api_key_create(api, &api->keys);
    }
    if (status == FX_OK) {
        api->books = fx_api_book_create();
        status = api->books == NULL ? FX_NO_MEMORY : FX_OK;
    }
    if (status == FX_OK) {
        status = fx_api_rate_init(api);
    }
    if (status == FX_OK) {
        status = fx_api_delay_init(api);
    }
    if (status == FX_OK) {
        status = fx_api_revoke_create(&api->options, &api->revoke);
    }
    if (status == FX_OK) {
        status = fx_api_witness_create(api);
    }
    if (status == FX_OK && options->writer != NULL) {
        status = fx_api_writer_create(&api->options, &api->writer);
    }
    if (status != FX_OK) {
        fx_api_destroy(api);
        return status == FX_NO_MEMORY ? FX_NO_MEMORY : FX_INTERNAL;
    }
    *api_out = api;
    return FX_OK;
}

void fx_api_stop(struct fx_api *api)
{
    if (api != NULL) {
        fx_api_login_stop(api->login);
        fx_api_writer_stop(api->writer);
    }
}

void fx_api_destroy(struct fx_api *api)
{
    if (api == NULL) {
        return;
    }
    fx_api_login_destroy(api->login);
    fx_api_writer_destroy(api->writer);
    fx_api_key_destroy(api->keys);
    fx_api_book_destroy(api->books);
    fx_api_revoke_destroy(api->revoke);
    fx_api_rate_deinit(api);
    fx_api_delay_deinit(api);
    fx_api_pending_deinit(api);
    fx_api_group_destroy(api);
    fx_api_witness_destroy(api);
    fx_buf_deinit(&api->reply);
    fx_buf_deinit(&api->headers);
    fx_buf_deinit(&api->openapi);
    fx_buf_deinit(&api->query);
    fx_buf_deinit(&api->texts);
    fx_buf_deinit(&api->ended);
    fx_buf_deinit(&api->exchange);
    fx_buf_deinit(&api->list);
    fx_api_guard_deinit(api);
    free(api->days);
    free(api->rows);
    free(api);
}

void fx_api_set_rates(struct fx_api *api, const struct fx_api_rates *rates)
{
    fx_api_rate_set(api, rates);
}

bool fx_api_owns(const struct fx_net_http_request *request)
{
    const fx_str prefix = FX_STR("/api/v1");
    if (!fx_str_has_prefix(request->path, prefix)) {
        return fx_str_is_equal(request->path, FX_STR("/openapi.json"));
    }
    return request->path.size == prefix.size || request->path.data[prefix.size] == '/';
}

static void wake(struct fx_api *api)
{
    if (api->is_submitted) {
        api->is_submitted = false;
        api->options.intake.wake(api->options.intake.self);
    }
}

static fx_status admit(struct fx_api_call *call)
{
    if (call->route->guard == FX_API_GUARD_PUBLIC) {
        return fx_api_rate_enter(call);
    }
    const fx_status status = fx_api_guard_check(call);
    return status == FX_OK ? fx_api_rate_identified(call) : status;
}

/* `status` is what the guard and the limits said. */
static fx_status handle_admitted(struct fx_api_call *call, fx_status status)
{
    if (status == FX_RATE_LIMITED) {
        return status;
    }
    if (status == FX_OK) {
        status = fx_api_param_load_query(call);
    }
    if (status == FX_OK) {
        status = fx_api_param_load_body(call);
    }
    if (status == FX_OK) {
        status = call->route->handler(call);
    }
    fx_api_rate_settle(call);
    return status;
}

/* The guard comes before anything the client wrote is read (A2). */
static fx_status handle(struct fx_api_call *call)
{
    const fx_status status = admit(call);
    fx_net_server_note(call->api->options.server, call->target.token, call->user.id);
    return handle_admitted(call, status);
}

/* A request that no route takes. @return `status`; RATE_LIMITED. */
static fx_status refuse(struct fx_api_call *call, fx_status status)
{
    const fx_status limited = fx_api_rate_enter(call);
    return limited == FX_OK ? status : limited;
}

/* Its place in the table of routes, from 1. */
static uint32_t label_of(const struct fx_api_route *route)
{
    const struct fx_api_route *routes = NULL;
    (void)fx_api_router_table(&routes);
    return route == NULL ? 0 : (uint32_t)(route - routes) + 1;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as a request line has them
bool fx_api_label(uint32_t label, fx_str *method_out, fx_str *path_out)
{
    static const fx_str NAMES[] = {[FX_NET_HTTP_METHOD_GET] = {"GET", 3},
                                   [FX_NET_HTTP_METHOD_POST] = {"POST", 4},
                                   [FX_NET_HTTP_METHOD_PUT] = {"PUT", 3},
                                   [FX_NET_HTTP_METHOD_PATCH] = {"PATCH", 5},
                                   [FX_NET_HTTP_METHOD_DELETE] = {"DELETE", 6}};
    const struct fx_api_route *routes = NULL;
    const uint32_t count = fx_api_router_table(&routes);
    if (label == 0 || label > count) {
        return false;
    }
    FX_ASSERT(routes[label - 1].method < sizeof NAMES / sizeof NAMES[0]);
    *method_out = NAMES[routes[label - 1].method];
    *path_out = routes[label - 1].path;
    return true;
}

void fx_api_on_request(struct fx_api *api, const struct fx_net_server_call *call)
{
    const struct fx_net_http_request *request = call->request;
    struct fx_api_call asked;
    memset(&asked, 0, sizeof asked);
    asked.api = api;
    asked.request = request;
    asked.peer = call->peer;
    asked.connection = call->connection;
    fx_api_reply_target(api, call, &asked.target);
    const struct fx_api_router_match match = fx_api_router_find(request->method, request->path);
    const bool is_preflight = request->method == FX_NET_HTTP_METHOD_OPTIONS && match.methods != 0;
    asked.route = match.route;
    fx_net_server_label(api->options.server, call->token, label_of(match.route));
    asked.param = match.param;
    if (is_preflight) {
        asked.error.status = refuse(&asked, FX_OK);
    } else {
        asked.error.status = match.status == FX_OK ? handle(&asked) : refuse(&asked, match.status);
    }
    if (is_preflight && asked.error.status == FX_OK) {
        fx_api_reply_preflight(api, &asked.target, match.methods);
    }
    if (asked.error.status != FX_OK) {
        fx_api_reply_error(api, &asked.target, &asked.error, match.methods);
    }
    fx_api_proof_end(api);
    wake(api);
}

/* Who it is was proved when the stream was opened; what he may is asked each time. */
static fx_status handle_stream(struct fx_api_call *call,
                               const struct fx_api_stream_request *request)
{
    const enum fx_api_scope scope = call->route->scope;
    if (scope != FX_API_SCOPE_TRADE && scope != FX_API_SCOPE_REDUCE) {
        return FX_ROUTE_NOT_FOUND;
    }
    if (!request->is_trade_allowed) {
        return FX_FORBIDDEN;
    }
    const fx_status status = fx_api_guard_user(call->api, request->user_id, &call->user);
    return status == FX_OK ? handle_admitted(call, fx_api_rate_identified(call)) : status;
}

void fx_api_on_stream(struct fx_api *api, const struct fx_api_stream_request *request)
{
    struct fx_net_http_request http = {.method = request->method,
                                       .path = request->path,
                                       .query = request->query,
                                       .body = request->body,
                                       .header_count = 1};
    http.headers[0] = (struct fx_net_http_header){.name = FX_STR("content-type"),
                                                  .value = FX_STR("application/json")};
    struct fx_api_call asked;
    memset(&asked, 0, sizeof asked);
    asked.api = api;
    asked.request = &http;
    asked.peer = request->peer;
    asked.key_id = request->key_id;
    fx_api_reply_stream_target(api, request->ticket, &asked.target);
    const struct fx_api_router_match match = fx_api_router_find(http.method, http.path);
    asked.route = match.route;
    asked.param = match.param;
    asked.error.status = match.status == FX_OK ? handle_stream(&asked, request) : match.status;
    if (asked.error.status != FX_OK) {
        fx_api_reply_error(api, &asked.target, &asked.error, match.methods);
    }
    wake(api);
}

void fx_api_on_hangup(struct fx_api *api, struct fx_net_server_token token)
{
    /* A client that only closed its side still reads the answer; for one that is gone the token is
     * dead, and what is sent to it goes nowhere. So there is nothing to drop here. */
    (void)api;
    (void)token;
}

static void keep_ended(struct fx_api *api)
{
    const struct fx_rows_order *row = fx_view_last_order(api->options.view);
    if (row != NULL && fx_order_status_is_final(row->status)) {
        fx_buf_append(&api->ended, (fx_str){(const char *)row, sizeof *row});
    }
}

void fx_api_on_refusal(struct fx_api *api,
                       fx_status status,
                       struct fx_buf *headers,
                       struct fx_buf *body)
{
    fx_api_reply_refusal(api, status, headers, body);
}

/* A row takes the place of the asset's last one: what one of several shards says of its assets
 * leaves those of the others. An asset that was there once stays. */
static void keep_exchange(struct fx_api *api, const struct fx_event *event)
{
    struct fx_event_exchange row;
    for (size_t at = 0; at + sizeof row <= api->exchange.size; at += sizeof row) {
        memcpy(&row, api->exchange.data + at, sizeof row);
        if (memcmp(&row.asset, &event->u.exchange.asset, sizeof row.asset) == 0) {
            memcpy(api->exchange.data + at, &event->u.exchange, sizeof row);
            return;
        }
    }
    fx_buf_append(&api->exchange,
                  (fx_str){(const char *)&event->u.exchange, sizeof event->u.exchange});
}

void fx_api_on_event(struct fx_api *api, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_ORDER && api->pending_count > 0) {
        keep_ended(api);
    }
    if (event->kind == FX_EVENT_TERM) {
        FX_ASSERT(event->u.term.term < FX_TERM_COUNT);
        api->terms[event->u.term.term] = event->u.term.value; /* the RESULT follows */
    }
    if (event->kind == FX_EVENT_EXCHANGE) {
        keep_exchange(api, event);
    }
    if (event->kind == FX_EVENT_RESULT) {
        if (event->token != 0) {
            fx_api_pending_result(api, event);
        }
        fx_buf_clear(&api->ended);
        wake(api);
    }
}

void fx_api_on_async(struct fx_api *api)
{
    struct fx_api_login_job job;
    while (fx_api_login_poll(api->login, &job)) {
        fx_api_auth_finish(api, &job);
        fx_crypto_wipe(&job, sizeof job);
    }
    fx_api_writer_poll(api);
    wake(api); /* what is finished may have submitted commands */
}

void fx_api_stats(const struct fx_api *api, struct fx_api_stats *stats_out)
{
    *stats_out = (struct fx_api_stats){.limited = api->limited,
                                       .bans = api->bans,
                                       .shed = api->shed,
                                       .pending = api->pending_count,
                                       .load_percent = fx_api_pending_load(api)};
}

void fx_api_tick(struct fx_api *api)
{
    fx_api_pending_expire(api);
    fx_api_on_async(api);
    fx_api_revoke_tick(api);
    fx_api_enroll_tick(api);
    wake(api);
}

bool fx_api_admits(struct fx_api *api, const struct fx_jwt_claims *claims)
{
    return fx_api_guard_check_claims(api, claims) == FX_OK;
}

bool fx_api_may_try(struct fx_api *api, fx_str peer)
{
    struct fx_api_call call = {.api = api, .peer = peer};
    return fx_api_rate_admit(&call) == FX_OK;
}

void fx_api_note_wrong(struct fx_api *api, fx_str peer)
{
    struct fx_api_call call = {.api = api, .peer = peer};
    fx_api_rate_failed(&call);
}

void fx_api_reserve_user(struct fx_api *api, uint64_t user_id)
{
    if (user_id > api->user_floor) {
        api->user_floor = user_id;
    }
}

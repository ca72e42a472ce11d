#include "app/app_gateway.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app_page.h"
#include "app/app_recall.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "market/market.h"

enum { GUEST_LOAD_PERCENT_MAX = 25, CALL_TOKEN_BIT = 63, GUEST_TICK_MS = 250, TICK_MS = 100 };

static const uint64_t CALL_TOKEN = 1ULL << CALL_TOKEN_BIT; /* no token of the API has this bit */

struct fx_app_gateway {
    struct fx_app_rooms *rooms; /* may be NULL */
    struct fx_app_gateway_options options;
    struct fx_net_server *server;
    struct fx_view *view;
    struct fx_market market;
    struct fx_api *api;
    struct fx_push *push;
    struct fx_app_gateway_guest guest;
    struct fx_app_gateway_operator desk;
    struct fx_event_result call_result;
    bool is_called_back;
    bool is_submitted; /* since the last wake of the engine */
    bool is_stopping;
    fx_status failure; /* of the log, which has ended the loop */
};

static int64_t wall_us(void *self)
{
    (void)self;
    return fx_clock_wall_us();
}

/* ---- commands out -----------------------------------------------------------------------------
 */

bool fx_app_gateway_submit(void *self, uint64_t token, const struct fx_command *command)
{
    struct fx_app_gateway *gateway = self;
    if (!fx_worker_feed_submit(&gateway->options.feed, token, command)) {
        return false;
    }
    gateway->is_submitted = true;
    return true;
}

bool fx_app_gateway_submit_proved(void *self,
                                  uint64_t token,
                                  const struct fx_command *command,
                                  const struct fx_proof *proof)
{
    struct fx_app_gateway *gateway = self;
    if (!fx_worker_feed_submit_proved(&gateway->options.feed, token, command, proof)) {
        return false;
    }
    gateway->is_submitted = true;
    return true;
}

static uint32_t load_percent(void *self)
{
    const struct fx_app_gateway *gateway = self;
    struct fx_worker_engine_stats stats;
    fx_worker_feed_stats(&gateway->options.feed, &stats);
    return stats.load_percent;
}

bool fx_app_gateway_submit_guest(void *self, uint64_t token, const struct fx_command *command)
{
    const bool is_shed =
        fx_command_is_opening(command) && load_percent(self) >= GUEST_LOAD_PERCENT_MAX;
    return !is_shed && fx_app_gateway_submit(self, token, command);
}

static void wake_engine(void *self)
{
    struct fx_app_gateway *gateway = self;
    if (gateway->is_submitted) {
        gateway->is_submitted = false;
        fx_worker_feed_wake(&gateway->options.feed);
    }
}

/* The API asks for it call by call. */
static void wake_at_end_of_turn(void *self)
{
    (void)self;
}

/* ---- events in --------------------------------------------------------------------------------
 */

void fx_app_gateway_fold(struct fx_app_gateway *gateway, const struct fx_event *event)
{
    if (fx_market_needs(&gateway->market, event)) {
        const uint32_t capacity = gateway->options.depth_capacity;
        const size_t size = (fx_market_symbol_size(capacity) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        FX_ASSERT(memory != NULL);
        memset(memory, 0, size);
        fx_market_add(&gateway->market, event->u.instrument.instrument_id, memory, capacity);
    }
    fx_market_apply(&gateway->market, event);
    if (event->kind == FX_EVENT_ACCOUNT) {
        fx_api_reserve_user(gateway->api, event->u.account.user_id);
    }
    const fx_status status = fx_view_apply(gateway->view, event);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR, "gateway", "the view is full", fx_log_status("err", status));
        abort(); /* an incomplete view would show wrong money */
    }
}

fx_status fx_app_gateway_recall(struct fx_app_gateway *gateway)
{
    const fx_status status = fx_app_recall_rows(gateway->options.reader, gateway->view);
    return status == FX_OK ? fx_app_recall_market(gateway->options.reader, &gateway->market)
                           : status;
}

static void handle(struct fx_app_gateway *gateway, const struct fx_event *event)
{
    fx_app_gateway_fold(gateway, event); /* G1 */
    if (event->kind == FX_EVENT_RESULT && event->token == CALL_TOKEN) {
        gateway->call_result = event->u.result;
        gateway->is_called_back = true;
    }
    fx_api_on_event(gateway->api, event);
    fx_push_on_event(gateway->push, event);
    if (gateway->desk.on_event != NULL) {
        gateway->desk.on_event(gateway->desk.self, event);
    }
    if (gateway->guest.on_event != NULL) {
        gateway->guest.on_event(gateway->guest.self, event);
    }
}

/* An answer of one of several shards may be a part of one. */
static void merge(struct fx_app_gateway *gateway, const struct fx_event *event)
{
    struct fx_event merged = *event;
    fx_worker_feed_merge(&gateway->options.feed, &merged);
    handle(gateway, &merged);
}

static void pump_ring(struct fx_app_gateway *gateway, uint32_t shard)
{
    const struct fx_worker_feed *feed = &gateway->options.feed;
    struct fx_ring_broadcast *ring = fx_worker_feed_ring(feed, shard);
    const void *items = NULL;
    uint32_t count = 0;
    while ((count = fx_ring_broadcast_peek(ring, FX_WORKER_ENGINE_GATEWAY, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            if (feed->shards != NULL && events[index].kind == FX_EVENT_RESULT) {
                merge(gateway, &events[index]);
            } else {
                handle(gateway, &events[index]);
            }
        }
        fx_ring_broadcast_advance(ring, FX_WORKER_ENGINE_GATEWAY, count);
    }
}

void fx_app_gateway_pump(void *self)
{
    struct fx_app_gateway *gateway = self;
    for (uint32_t shard = 0; shard < fx_worker_feed_count(&gateway->options.feed); shard++) {
        pump_ring(gateway, shard);
    }
    if (gateway->rooms != NULL) {
        fx_app_rooms_poll(gateway->rooms, gateway->push);
    }
    fx_push_flush(gateway->push);
}

void fx_app_gateway_set_rooms(struct fx_app_gateway *gateway, struct fx_app_rooms *rooms)
{
    gateway->rooms = rooms;
}

fx_status fx_app_gateway_call(struct fx_app_gateway *gateway,
                              const struct fx_command *command,
                              struct fx_event_result *result_out)
{
    const int64_t end_us = fx_clock_monotonic_us() + 10LL * 1000 * 1000;
    const struct timespec pause = {.tv_nsec = 100000};
    gateway->is_called_back = false;
    while (!fx_app_gateway_submit(gateway, CALL_TOKEN, command)) {
        wake_engine(gateway);
        fx_app_gateway_pump(gateway);
    }
    wake_engine(gateway);
    while (!gateway->is_called_back) {
        fx_app_gateway_pump(gateway);
        if (fx_clock_monotonic_us() > end_us) {
            return FX_TIMEOUT;
        }
        (void)nanosleep(&pause, NULL);
    }
    *result_out = gateway->call_result;
    return FX_OK;
}

/* ---- the loop ---------------------------------------------------------------------------------
 */

static bool ask_operator(const struct fx_app_gateway *gateway,
                         const struct fx_net_server_call *call)
{
    return gateway->desk.on_request != NULL && gateway->desk.on_request(gateway->desk.self, call);
}

static void on_request(void *self, const struct fx_net_server_call *call)
{
    struct fx_app_gateway *gateway = self;
    if (call->listener_tag == FX_APP_GATEWAY_OPERATOR_TAG) {
        if (!ask_operator(gateway, call)) {
            fx_app_page_refuse(gateway->server, call->token, FX_ROUTE_NOT_FOUND);
        }
    } else if (fx_api_owns(call->request)) {
        fx_api_on_request(gateway->api, call);
    } else if (fx_push_owns(gateway->push, call->request)) {
        fx_push_on_request(gateway->push, call);
    } else if (fx_str_is_equal(call->request->path, FX_STR("/.well-known/jwks.json"))) {
        fx_app_page_respond_json(gateway->server, call, gateway->options.jwks);
    } else if (!ask_operator(gateway, call)) {
        fx_app_page_on_request(gateway->server, call);
    }
}

/* What the requests of a turn have submitted is one group for the engine. */
static void on_turn(void *self)
{
    wake_engine(self);
}

static void on_answer(void *self, const struct fx_net_server_answer *answer)
{
    const struct fx_app_gateway *gateway = self;
    if (gateway->desk.on_answer != NULL) {
        gateway->desk.on_answer(gateway->desk.self, answer);
    }
}

static void on_hangup(void *self, struct fx_net_server_token token)
{
    const struct fx_app_gateway *gateway = self;
    fx_api_on_hangup(gateway->api, token);
    fx_push_on_hangup(gateway->push, token);
}

static uint32_t on_head(void *self, const struct fx_net_server_call *call)
{
    struct fx_app_gateway *gateway = self;
    return fx_push_owns(gateway->push, call->request) ? fx_push_on_head(gateway->push, call) : 0;
}

static void on_async(void *self)
{
    struct fx_app_gateway *gateway = self;
    fx_api_on_async(gateway->api);
    fx_app_gateway_pump(gateway);
}

static void stop(struct fx_app_gateway *gateway)
{
    gateway->is_stopping = true;
    fx_push_stop(gateway->push);
    fx_net_server_stop(gateway->server);
}

/* Whose log has ended would show for ever what was: who starts it again begins from the log. */
static void watch_log(struct fx_app_gateway *gateway)
{
    const fx_status failure =
        gateway->is_stopping ? FX_OK : fx_worker_feed_failure(&gateway->options.feed);
    if (failure != FX_OK) {
        gateway->failure = failure;
        stop(gateway);
    }
}

static void on_tick(void *self)
{
    struct fx_app_gateway *gateway = self;
    fx_app_gateway_pump(gateway);
    watch_log(gateway);
    fx_api_tick(gateway->api);
    fx_push_tick(gateway->push);
    if (gateway->desk.tick != NULL) {
        gateway->desk.tick(gateway->desk.self);
    }
}

static void on_guest_tick(void *self)
{
    struct fx_app_gateway *gateway = self;
    if (gateway->guest.tick != NULL && !gateway->is_stopping) {
        gateway->guest.tick(gateway->guest.self, fx_clock_wall_us());
    }
}

static void on_signal(void *self, int signal_number)
{
    struct fx_app_gateway *gateway = self;
    if (gateway->desk.on_signal != NULL) {
        gateway->desk.on_signal(gateway->desk.self, signal_number);
    }
    if (signal_number != SIGINT && signal_number != SIGTERM) {
        return;
    }
    FX_LOG(FX_LOG_INFO,
           "gateway",
           "stopping; a second signal ends the process at once",
           fx_log_text("signal", signal_number == SIGINT ? "SIGINT" : "SIGTERM"));
    stop(gateway);
}

/* ---- what the plain stream asks of the API ----------------------------------------------------
 */

static struct fx_api_key_claim claim_of(const struct fx_push_key_proof *proof)
{
    return (struct fx_api_key_claim){.key = proof->key,
                                     .expires = proof->expires,
                                     .signature = proof->signature,
                                     .peer = proof->peer};
}

static struct fx_push_key_owner owner_of(const struct fx_api_key_owner *owner)
{
    return (struct fx_push_key_owner){.user_id = owner->user_id,
                                      .key_id = owner->key_id,
                                      .is_read_allowed = owner->is_read_allowed,
                                      .is_trade_allowed = owner->is_trade_allowed};
}

static fx_status check_key(void *self,
                           const struct fx_push_key_proof *proof,
                           struct fx_push_key_owner *owner_out)
{
    const struct fx_app_gateway *gateway = self;
    const struct fx_api_key_claim claim = claim_of(proof);
    struct fx_api_key_owner owner = {0};
    const fx_status status = fx_api_key_check_claim(gateway->api, &claim, &owner);
    *owner_out = owner_of(&owner);
    return status;
}

static fx_status renew_key(void *self,
                           const struct fx_push_key_proof *proof,
                           struct fx_push_key_owner *owner_out)
{
    const struct fx_app_gateway *gateway = self;
    const struct fx_api_key_claim claim = claim_of(proof);
    struct fx_api_key_owner owner = {0};
    const fx_status status = fx_api_key_renew(gateway->api, &claim, &owner);
    *owner_out = owner_of(&owner);
    return status;
}

static void on_stream_call(void *self, const struct fx_push_call *call)
{
    const struct fx_app_gateway *gateway = self;
    const struct fx_api_stream_request request = {.method = call->method,
                                                  .path = call->path,
                                                  .query = call->query,
                                                  .body = call->body,
                                                  .peer = call->peer,
                                                  .user_id = call->user_id,
                                                  .key_id = call->key_id,
                                                  .is_trade_allowed = call->is_trade_allowed,
                                                  .ticket = call->ticket};
    fx_api_on_stream(gateway->api, &request);
}

static void on_stream_answer(void *self, uint64_t ticket, int http_status, fx_str body)
{
    const struct fx_app_gateway *gateway = self;
    fx_push_on_answer(gateway->push, ticket, http_status, body);
}

/* ---- tokens that are called back
 * -----------------------------------------------------------------
 */

static void on_revoked(void *self, uint64_t user_id)
{
    const struct fx_app_gateway *gateway = self;
    fx_push_kick_user(gateway->push, user_id);
}

static bool admits(void *self, const struct fx_jwt_claims *claims)
{
    const struct fx_app_gateway *gateway = self;
    return fx_api_admits(gateway->api, claims);
}

static bool may_try(void *self, fx_str peer)
{
    const struct fx_app_gateway *gateway = self;
    return fx_api_may_try(gateway->api, peer);
}

static void on_wrong(void *self, fx_str peer)
{
    const struct fx_app_gateway *gateway = self;
    fx_api_note_wrong(gateway->api, peer);
}

static fx_status create_rooms(struct fx_app_gateway *gateway)
{
    const struct fx_app_gateway_options *options = &gateway->options;
    const struct fx_api_options api = {.server = gateway->server,
                                       .view = gateway->view,
                                       .market = &gateway->market,
                                       .reader = options->reader,
                                       .reports = options->reports,
                                       .writer = options->writer,
                                       .jwt = options->jwt,
                                       .jwt_cache = options->jwt_cache,
                                       .seal = options->seal,
                                       .intake = {.submit = fx_app_gateway_submit,
                                                  .submit_proved = fx_app_gateway_submit_proved,
                                                  .wake = wake_at_end_of_turn,
                                                  .load_percent = load_percent,
                                                  .self = gateway},
                                       .stream = {on_stream_answer, gateway},
                                       .is_registration_open = options->is_registration_open,
                                       .is_shared = options->is_shared,
                                       .wall_us = wall_us,
                                       .on_revoked = on_revoked,
                                       .revoked_self = gateway,
                                       .rates = options->rates,
                                       .origins = options->origins,
                                       .password_cost = options->password_cost};
    fx_status status = fx_api_create(&api, &gateway->api);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_push_options push = {.server = gateway->server,
                                         .view = gateway->view,
                                         .market = &gateway->market,
                                         .jwt = options->jwt,
                                         .jwt_cache = options->jwt_cache,
                                         .wall_us = wall_us,
                                         .keys = {check_key, renew_key, gateway},
                                         .backend = {on_stream_call, gateway},
                                         .admits = admits,
                                         .admits_self = gateway,
                                         .strangers = {may_try, on_wrong, gateway},
                                         .is_auth_required = options->is_socket_auth_required,
                                         .origins = options->origins,
                                         .sessions_per_address_max =
                                             options->net.connections_per_address_max,
                                         .is_loopback_uncapped = options->net.is_loopback_uncapped};
    return fx_push_create(&push, &gateway->push);
}

static void on_refusal(void *self, fx_status status, struct fx_buf *headers, struct fx_buf *body)
{
    const struct fx_app_gateway *gateway = self;
    fx_api_on_refusal(gateway->api, status, headers, body);
}

static fx_status create_loop(struct fx_app_gateway *gateway)
{
    const struct fx_net_server_handler handler = {.on_request = on_request,
                                                  .on_turn = on_turn,
                                                  .on_head = on_head,
                                                  .on_hangup = on_hangup,
                                                  .on_refusal = on_refusal,
                                                  .on_answer = on_answer};
    fx_status status =
        fx_net_server_create(&gateway->options.net, &handler, gateway, &gateway->server);
    if (status != FX_OK) {
        return status;
    }
    fx_net_server_on_async(gateway->server, on_async, gateway);
    status = fx_net_server_timer(gateway->server, TICK_MS, on_tick, gateway);
    if (status == FX_OK) {
        status = fx_net_server_timer(gateway->server, GUEST_TICK_MS, on_guest_tick, gateway);
    }
    return status;
}

fx_status fx_app_gateway_create(const struct fx_app_gateway_options *options,
                                struct fx_app_gateway **gateway_out)
{
    struct fx_app_gateway *gateway = calloc(1, sizeof *gateway);
    if (gateway == NULL) {
        return FX_NO_MEMORY;
    }
    gateway->options = *options;
    gateway->view = fx_view_create(&(struct fx_view_limits){0});
    fx_status status = gateway->view == NULL ? FX_NO_MEMORY : create_loop(gateway);
    if (status == FX_OK) {
        status = create_rooms(gateway);
    }
    if (status != FX_OK) {
        fx_app_gateway_destroy(gateway);
        return status;
    }
    *gateway_out = gateway;
    return FX_OK;
}

void fx_app_gateway_destroy(struct fx_app_gateway *gateway)
{
    if (gateway == NULL) {
        return;
    }
    fx_api_stop(gateway->api);
    fx_net_server_destroy(gateway->server);
    fx_push_destroy(gateway->push);
    fx_api_destroy(gateway->api);
    fx_view_destroy(gateway->view);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(gateway->market.symbols[id]);
    }
    free(gateway);
}

void fx_app_gateway_set_guest(struct fx_app_gateway *gateway,
                              const struct fx_app_gateway_guest *guest)
{
    gateway->guest = *guest;
}

void fx_app_gateway_set_operator(struct fx_app_gateway *gateway,
                                 const struct fx_app_gateway_operator *desk)
{
    gateway->desk = *desk;
}

bool fx_app_gateway_is_stopping(const struct fx_app_gateway *gateway)
{
    return gateway->is_stopping;
}

void fx_app_gateway_api_stats(const struct fx_app_gateway *gateway, struct fx_api_stats *stats_out)
{
    fx_api_stats(gateway->api, stats_out);
}

void fx_app_gateway_push_stats(const struct fx_app_gateway *gateway,
                               struct fx_push_stats *stats_out)
{
    fx_push_stats(gateway->push, stats_out);
}

const struct fx_view *fx_app_gateway_view(const struct fx_app_gateway *gateway)
{
    return gateway->view;
}

const struct fx_market *fx_app_gateway_market(const struct fx_app_gateway *gateway)
{
    return &gateway->market;
}

struct fx_net_server *fx_app_gateway_server(struct fx_app_gateway *gateway)
{
    return gateway->server;
}

void fx_app_gateway_wake(void *self)
{
    const struct fx_app_gateway *gateway = self;
    fx_net_server_async(gateway->server);
}

fx_status fx_app_gateway_watch(struct fx_app_gateway *gateway)
{
    return fx_net_server_watch_signals(gateway->server, on_signal, gateway);
}

void fx_app_gateway_set_rates(struct fx_app_gateway *gateway, const struct fx_api_rates *rates)
{
    fx_api_set_rates(gateway->api, rates);
}

fx_status fx_app_gateway_run(struct fx_app_gateway *gateway)
{
    fx_net_server_run(gateway->server);
    return gateway->failure;
}

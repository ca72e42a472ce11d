#include "push/push_gate.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/panic.h"
#include "net/net_http_query.h"
#include "net/net_origin.h"
#include "net/net_websocket_handshake.h"

enum {
    QUERY_SIZE_MAX = 64 * 1024,
    HEADERS_SIZE_MAX = 4096,
    BODY_SLACK = 1 << 20, /* of an answer beyond four times its queue: base64 and lengths */
    REQUESTS_PER_SESSION = 2
};

/** Errors of Engine.IO: the numbers are the protocol's. */
enum gate_code {
    GATE_TRANSPORT_UNKNOWN = 0,
    GATE_SID_UNKNOWN = 1,
    GATE_BAD_METHOD = 2,
    GATE_BAD_REQUEST = 3,
    GATE_FORBIDDEN = 4,
    GATE_BAD_VERSION = 5,
    GATE_OK = 6
};

/** What a request asks for. */
struct ask {
    const struct fx_net_server_call *call;
    fx_str sid;
    enum fx_push_eio eio; /* 0: none that we speak */
    bool is_polling;
    bool is_websocket;
    bool is_base64;
    bool is_broken;
    struct fx_push_link *link; /* of the sid; NULL: none */
};

fx_status fx_push_gate_init(struct fx_push_gate *gate, const struct fx_push_gate_options *options)
{
    FX_ASSERT(options->client_size >= sizeof(struct fx_push_link));
    memset(gate, 0, sizeof *gate);
    const fx_status status = fx_crypto_random(&gate->seed, sizeof gate->seed);
    if (status != FX_OK) {
        return status;
    }
    gate->options = *options;
    fx_table_str_init(&gate->sids, options->sessions_max, gate->seed);
    fx_table_init(&gate->requests, REQUESTS_PER_SESSION * options->sessions_max);
    fx_table_init(&gate->addresses, options->sessions_max);
    fx_buf_init(&gate->query, QUERY_SIZE_MAX);
    fx_buf_init(&gate->body, 4 * (size_t)options->queue_max + BODY_SLACK);
    fx_buf_init(&gate->headers, HEADERS_SIZE_MAX);
    fx_buf_init(&gate->scratch, FX_PUSH_GATE_PAYLOAD_SIZE_MAX);
    return FX_OK;
}

void fx_push_gate_deinit(struct fx_push_gate *gate)
{
    while (gate->links != NULL) {
        struct fx_push_link *link = gate->links;
        fx_push_session_lost(&link->session);
        fx_push_gate_retire(gate, link);
        fx_push_gate_free(gate, link);
    }
    fx_table_str_deinit(&gate->sids);
    fx_table_deinit(&gate->requests);
    fx_table_deinit(&gate->addresses);
    fx_buf_deinit(&gate->query);
    fx_buf_deinit(&gate->body);
    fx_buf_deinit(&gate->headers);
    fx_buf_deinit(&gate->scratch);
}

bool fx_push_gate_owns(const struct fx_push_gate *gate, const struct fx_net_http_request *request)
{
    const fx_str path = gate->options.path;
    return fx_str_has_prefix(request->path, path) ||
           fx_str_is_equal(request->path, fx_str_slice(path, 0, path.size - 1));
}

/* ---- tables ----------------------------------------------------------------------------------
 */

static uint64_t key_of(struct fx_net_server_token token)
{
    return (uint64_t)token.slot << 32U | token.generation;
}

bool fx_push_gate_note(struct fx_push_gate *gate,
                       struct fx_net_server_token token,
                       struct fx_push_link *link)
{
    return fx_table_put(&gate->requests, key_of(token), (union fx_table_value){.pointer = link});
}

void fx_push_gate_forget(struct fx_push_gate *gate, struct fx_net_server_token token)
{
    (void)fx_table_remove(&gate->requests, key_of(token));
}

/* One subscriber has a whole /64 of IPv6. */
static uint64_t address_of(const struct fx_push_gate *gate, fx_str peer)
{
    char text[FX_NET_SERVER_PEER_SIZE_MAX];
    char bytes[16];
    if (fx_str_copy(peer, text, sizeof text) && inet_pton(AF_INET6, text, bytes) == 1) {
        return fx_table_hash_str(gate->seed, (fx_str){bytes, sizeof bytes / 2});
    }
    return fx_table_hash_str(gate->seed, peer);
}

static uint64_t count_of_address(const struct fx_push_gate *gate, uint64_t address)
{
    const union fx_table_value *value = fx_table_find(&gate->addresses, address);
    return value == NULL ? 0 : value->number;
}

static bool count_address(struct fx_push_gate *gate, uint64_t address)
{
    const union fx_table_value value = {.number = count_of_address(gate, address) + 1};
    return fx_table_put(&gate->addresses, address, value);
}

static void discount_address(struct fx_push_gate *gate, uint64_t address)
{
    union fx_table_value *value = fx_table_find(&gate->addresses, address);
    FX_ASSERT(value != NULL && value->number > 0);
    value->number--;
    if (value->number == 0) {
        (void)fx_table_remove(&gate->addresses, address);
    }
}

void fx_push_gate_mark(struct fx_push_gate *gate, struct fx_push_link *link)
{
    if (!link->is_ready) {
        link->is_ready = true;
        link->ready_next = gate->ready;
        gate->ready = link;
    }
}

static void unmark(struct fx_push_gate *gate, struct fx_push_link *link)
{
    struct fx_push_link **place = &gate->ready;
    while (link->is_ready && *place != NULL) {
        if (*place == link) {
            *place = link->ready_next;
            link->is_ready = false;
            return;
        }
        place = &(*place)->ready_next;
    }
}

void fx_push_gate_settle(struct fx_push_gate *gate)
{
    while (gate->ready != NULL) {
        struct fx_push_link *link = gate->ready;
        gate->ready = link->ready_next;
        link->is_ready = false;
        fx_push_link_settle(link);
    }
}

void fx_push_gate_retire(struct fx_push_gate *gate, struct fx_push_link *link)
{
    if (link->is_over) {
        return;
    }
    link->is_over = true;
    fx_push_gate_forget(gate, link->poll);
    fx_push_gate_forget(gate, link->post);
    (void)fx_table_str_remove(&gate->sids, (fx_str){link->session.sid, sizeof link->session.sid});
    discount_address(gate, link->address);
    FX_ASSERT(gate->stats.sessions > 0);
    gate->stats.sessions--;
}

void fx_push_gate_free(struct fx_push_gate *gate, struct fx_push_link *link)
{
    FX_ASSERT(link->is_over);
    if (gate->options.on_free != NULL) {
        gate->options.on_free(link);
    }
    unmark(gate, link);
    if (link->next != NULL) {
        link->next->previous = link->previous;
    }
    if (link->previous != NULL) {
        link->previous->next = link->next;
    } else {
        gate->links = link->next;
    }
    fx_push_session_deinit(&link->session);
    fx_push_polling_deinit(&link->polling);
    free(link);
}

/* ---- answers ---------------------------------------------------------------------------------
 */

/* True for a page of this very server: browsers send its origin with POST and WebSocket too. */
static bool is_same_origin(const struct fx_net_http_request *request, fx_str origin)
{
    static const fx_str SCHEMES[] = {{"http://", 7}, {"https://", 8}};
    for (size_t index = 0; index < sizeof SCHEMES / sizeof SCHEMES[0]; index++) {
        const fx_str scheme = SCHEMES[index];
        if (fx_str_has_prefix(origin, scheme) &&
            fx_str_is_equal_nocase(fx_str_slice(origin, scheme.size, origin.size), request->host)) {
            return true;
        }
    }
    return false;
}

static bool is_origin_allowed(const struct fx_push_gate *gate,
                              const struct fx_net_http_request *request)
{
    const fx_str origin = fx_net_http_value(request, FX_STR("origin"));
    bool is_any = false;
    return gate->options.origins.size == 0 || origin.size == 0 || is_same_origin(request, origin) ||
           fx_net_origin_is_listed(gate->options.origins, origin, &is_any);
}

static void append_allowed(struct fx_buf *headers, fx_str origin, bool has_credentials)
{
    if (fx_net_http_write_header(headers, FX_STR("Access-Control-Allow-Origin"), origin) &&
        has_credentials) {
        fx_buf_append(headers, FX_STR("Access-Control-Allow-Credentials: true\r\n"));
    }
}

/* Where any origin may, clients 2.x get what their servers said to it: browsers' builds of them ask
 * with credentials always, and would not take the "*" that later ones get. */
static void append_cors(const struct fx_push_gate *gate,
                        struct fx_buf *headers,
                        const struct fx_net_http_request *request,
                        bool is_three)
{
    const fx_str origin = fx_net_http_value(request, FX_STR("origin"));
    const fx_str list = gate->options.origins;
    bool is_any = false;
    const bool is_anybody = list.size == 0 || fx_str_is_equal(list, FX_STR("*"));
    if (is_anybody && is_three) {
        append_allowed(headers, origin.size > 0 ? origin : FX_STR("*"), origin.size > 0);
    }
    if (list.size == 0 || (is_anybody && is_three)) {
        return;
    }
    fx_buf_append(headers, FX_STR("Vary: Origin\r\n"));
    if (origin.size > 0 && fx_net_origin_is_listed(list, origin, &is_any)) {
        append_allowed(headers, is_any ? FX_STR("*") : origin, !is_any);
    }
}

static fx_str begin_headers(struct fx_push_gate *gate,
                            const struct fx_net_http_request *request,
                            bool is_three)
{
    fx_buf_clear(&gate->headers);
    fx_buf_append(&gate->headers, FX_STR("Cache-Control: no-store\r\n"));
    append_cors(gate, &gate->headers, request, is_three);
    return fx_buf_str(&gate->headers);
}

void fx_push_gate_answer(struct fx_push_gate *gate,
                         const struct fx_push_link *link,
                         struct fx_net_server_token token,
                         // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in wire order
                         fx_str content_type,
                         fx_str body)
{
    const struct fx_net_http_request *request = fx_net_server_request(gate->options.server, token);
    if (request == NULL) {
        return; /* its client is gone: on_hangup comes */
    }
    const bool is_three = link->session.eio == FX_PUSH_EIO_3;
    (void)begin_headers(gate, request, is_three);
    if (is_three) { /* what servers 2.x set by default, and nobody reads */
        fx_buf_append(&gate->headers, FX_STR("Set-Cookie: io="));
        fx_buf_append(&gate->headers, (fx_str){link->session.sid, sizeof link->session.sid});
        fx_buf_append(&gate->headers, FX_STR("; Path=/; HttpOnly; SameSite=Strict\r\n"));
    }
    const struct fx_net_http_response response = {.status = 200,
                                                  .content_type = content_type,
                                                  .headers = fx_buf_str(&gate->headers),
                                                  .body = body};
    fx_net_server_respond(gate->options.server, token, &response);
}

static fx_str message_of(enum gate_code code)
{
    switch (code) {
    case GATE_TRANSPORT_UNKNOWN:
        return FX_STR("Transport unknown");
    case GATE_SID_UNKNOWN:
        return FX_STR("Session ID unknown");
    case GATE_BAD_METHOD:
        return FX_STR("Bad handshake method");
    case GATE_BAD_REQUEST:
        return FX_STR("Bad request");
    case GATE_FORBIDDEN:
        return FX_STR("Forbidden");
    case GATE_BAD_VERSION:
        return FX_STR("Unsupported protocol version");
    case GATE_OK:
    default:
        return FX_STR("");
    }
}

/* An upgrade is refused in plain words, all else as JSON. */
static void refuse(struct fx_push_gate *gate, const struct ask *ask, enum gate_code code)
{
    const struct fx_net_http_request *request = ask->call->request;
    struct fx_net_http_response response = {.status = code == GATE_FORBIDDEN ? 403 : 400,
                                            .content_type = FX_STR("text/html"),
                                            .body = message_of(code),
                                            .is_close = true};
    if (!request->is_upgrade) {
        fx_buf_clear(&gate->body);
        fx_buf_append_byte(&gate->body, '{');
        fx_json_add_int(&gate->body, FX_STR("code"), (int64_t)code);
        fx_json_add_str(&gate->body, FX_STR("message"), message_of(code));
        fx_buf_append_byte(&gate->body, '}');
        response.content_type = FX_STR("application/json");
        response.body = fx_buf_str(&gate->body);
        response.headers = begin_headers(gate, request, ask->eio == FX_PUSH_EIO_3);
        response.is_close = false;
    }
    fx_net_server_respond(gate->options.server, ask->call->token, &response);
}

/* ---- what is asked ---------------------------------------------------------------------------
 */

/* A parameter of the query; empty where absent. Given twice is broken: two readers could differ. */
static fx_str parameter(struct fx_push_gate *gate, struct ask *ask, fx_str name)
{
    fx_str value = {0};
    const fx_status status =
        fx_net_http_query_find(ask->call->request->query, name, &gate->query, &value);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        ask->is_broken = true;
    }
    return status == FX_OK ? value : (fx_str){0};
}

static struct ask read_ask(struct fx_push_gate *gate, const struct fx_net_server_call *call)
{
    struct ask ask = {.call = call};
    fx_buf_clear(&gate->query);
    /* Room for all, so that the values stay in place. */
    if (fx_buf_reserve(&gate->query, 4 * call->request->query.size) == NULL &&
        call->request->query.size > 0) {
        ask.is_broken = true;
        return ask;
    }
    const fx_str transport = parameter(gate, &ask, FX_STR("transport"));
    const fx_str eio = parameter(gate, &ask, FX_STR("EIO"));
    ask.sid = parameter(gate, &ask, FX_STR("sid"));
    ask.is_base64 = parameter(gate, &ask, FX_STR("b64")).size > 0;
    ask.is_polling = fx_str_is_equal(transport, FX_STR("polling"));
    ask.is_websocket = fx_str_is_equal(transport, FX_STR("websocket"));
    if (fx_str_is_equal(eio, FX_STR("3"))) {
        ask.eio = FX_PUSH_EIO_3;
    } else if (fx_str_is_equal(eio, FX_STR("4"))) {
        ask.eio = FX_PUSH_EIO_4;
    }
    const union fx_table_value *value =
        ask.sid.size == 0 ? NULL : fx_table_str_find(&gate->sids, ask.sid);
    ask.link = value == NULL ? NULL : value->pointer;
    return ask;
}

static bool is_address_full(const struct fx_push_gate *gate, fx_str peer)
{
    const uint32_t cap = gate->options.sessions_per_address_max;
    const bool is_loopback =
        fx_str_has_prefix(peer, FX_STR("127.")) || fx_str_is_equal(peer, FX_STR("::1"));
    return cap > 0 && !(is_loopback && gate->options.is_loopback_uncapped) &&
           count_of_address(gate, address_of(gate, peer)) >= cap;
}

bool fx_push_gate_admits(const struct fx_push_gate *gate, const struct fx_net_server_call *call)
{
    return !is_address_full(gate, call->peer) && is_origin_allowed(gate, call->request);
}

bool fx_push_gate_count(struct fx_push_gate *gate, fx_str peer, uint64_t *address_out)
{
    *address_out = address_of(gate, peer);
    return count_address(gate, *address_out);
}

void fx_push_gate_discount(struct fx_push_gate *gate, uint64_t address)
{
    discount_address(gate, address);
}

/* May it open a session? In the order in which engine.io checks. */
static enum gate_code judge_opening(const struct fx_push_gate *gate, const struct ask *ask)
{
    const struct fx_net_http_request *request = ask->call->request;
    if (request->method != FX_NET_HTTP_METHOD_GET) {
        return GATE_BAD_METHOD;
    }
    if (ask->is_websocket != request->is_upgrade) {
        return GATE_BAD_REQUEST;
    }
    if (ask->eio == 0) {
        return GATE_BAD_VERSION;
    }
    if (gate->stats.sessions >= gate->options.sessions_max ||
        !fx_push_gate_admits(gate, ask->call)) {
        return GATE_FORBIDDEN;
    }
    return GATE_OK;
}

static enum gate_code judge(const struct fx_push_gate *gate, const struct ask *ask)
{
    const struct fx_net_http_request *request = ask->call->request;
    if (ask->is_broken) {
        return GATE_BAD_REQUEST;
    }
    if (!ask->is_polling && !ask->is_websocket) {
        return GATE_TRANSPORT_UNKNOWN;
    }
    if (ask->sid.size == 0) {
        return judge_opening(gate, ask);
    }
    if (ask->link == NULL) {
        return GATE_SID_UNKNOWN;
    }
    const bool is_known = request->method == FX_NET_HTTP_METHOD_GET ||
                          (request->method == FX_NET_HTTP_METHOD_POST && ask->is_polling);
    return is_known && ask->is_websocket == request->is_upgrade ? GATE_OK : GATE_BAD_REQUEST;
}

/* ---- sessions --------------------------------------------------------------------------------
 */

static struct fx_push_link *create(struct fx_push_gate *gate, const struct ask *ask)
{
    struct fx_push_link *link = calloc(1, gate->options.client_size);
    if (link == NULL) {
        return NULL;
    }
    link->gate = gate;
    link->begin_ms = fx_net_server_now_ms(gate->options.server);
    fx_push_budget_init(&link->packets, link->begin_ms);
    link->address = address_of(gate, ask->call->peer);
    fx_push_session_init(&link->session, gate->options.config, ask->eio, link);
    fx_push_polling_init(&link->polling, ask->eio, ask->is_base64, ask->is_websocket);
    const fx_str sid = {link->session.sid, sizeof link->session.sid};
    if (!count_address(gate, link->address)) {
        free(link);
        return NULL;
    }
    if (!fx_table_str_put(&gate->sids, sid, (union fx_table_value){.pointer = link})) {
        discount_address(gate, link->address);
        free(link);
        return NULL;
    }
    link->next = gate->links;
    if (gate->links != NULL) {
        gate->links->previous = link;
    }
    gate->links = link;
    gate->stats.sessions++;
    return link;
}

static void refuse_websocket(struct fx_push_gate *gate, const struct ask *ask, fx_status status)
{
    if (status != FX_UPGRADE_REQUIRED) {
        refuse(gate, ask, status == FX_BAD_REQUEST ? GATE_BAD_REQUEST : GATE_FORBIDDEN);
        return;
    }
    const struct fx_net_http_response response = {.status = fx_status_http(status),
                                                  .headers =
                                                      fx_net_websocket_handshake_version_header(),
                                                  .is_close = true};
    fx_net_server_respond(gate->options.server, ask->call->token, &response);
}

static void open_session(struct fx_push_gate *gate, const struct ask *ask)
{
    struct fx_push_link *link = create(gate, ask);
    fx_status status = link == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK && ask->is_websocket) {
        status = fx_push_link_accept(link, ask->call);
    } else if (status == FX_OK && !fx_push_link_poll(link, ask->call->token)) {
        status = FX_NO_MEMORY;
    }
    if (status != FX_OK) {
        if (link != NULL) {
            fx_push_gate_retire(gate, link);
            fx_push_gate_free(gate, link);
        }
        refuse_websocket(gate, ask, status);
        return;
    }
    gate->options.on_open(link, ask->call);
    if (ask->is_polling || gate->options.open_delay_ms == 0) {
        fx_push_session_open(
            &link->session, ask->is_polling, fx_net_server_now_ms(gate->options.server));
    }
}

/* Of a WebSocket that has no session: it is closed as soon as it is there. */
static void on_nothing(void *self,
                       struct fx_net_server_token token,
                       enum fx_net_websocket_opcode opcode,
                       fx_str payload)
{
    (void)self;
    (void)token;
    (void)opcode;
    (void)payload;
}

static void on_gone(void *self, struct fx_net_server_token token, uint16_t code, fx_str reason)
{
    (void)self;
    (void)token;
    (void)code;
    (void)reason;
}

static void offer(struct fx_push_gate *gate, const struct ask *ask)
{
    struct fx_net_server *server = gate->options.server;
    const struct fx_net_server_token token = ask->call->token;
    const int64_t now_ms = fx_net_server_now_ms(server);
    if (fx_push_polling_offer(&ask->link->polling, now_ms)) {
        const fx_status status = fx_push_link_accept(ask->link, ask->call);
        if (status != FX_OK) {
            fx_push_polling_withdraw(&ask->link->polling);
            refuse_websocket(gate, ask, status);
        }
        return;
    }
    /* The session has a WebSocket: the new one is closed, politely, and the old one goes on. */
    const struct fx_net_server_websocket nobody = {.on_message = on_nothing, .on_close = on_gone};
    const fx_status status = fx_net_server_accept_websocket(server, token, &nobody, (fx_str){0});
    if (status != FX_OK) {
        refuse_websocket(gate, ask, status);
        return;
    }
    fx_net_server_close_websocket(
        server, token, FX_NET_WEBSOCKET_CODE_POLICY, FX_STR("already upgraded"));
}

static void serve_session(struct fx_push_gate *gate, const struct ask *ask)
{
    const struct fx_net_server_call *call = ask->call;
    if (ask->is_websocket) {
        offer(gate, ask);
    } else if (call->request->method == FX_NET_HTTP_METHOD_GET) {
        if (!fx_push_link_poll(ask->link, call->token)) {
            refuse(gate, ask, GATE_BAD_REQUEST);
        }
    } else if (fx_push_link_post(ask->link, call->request)) {
        fx_push_gate_answer(gate, ask->link, call->token, FX_STR("text/html"), FX_STR("ok"));
    } else {
        refuse(gate, ask, GATE_BAD_REQUEST);
    }
}

/* A preflight: who may do what. Clients 2.x had none without a session, and need none. */
static void answer_options(struct fx_push_gate *gate, const struct ask *ask)
{
    const struct fx_net_http_request *request = ask->call->request;
    if (gate->options.origins.size == 0 && ask->link == NULL) {
        refuse(gate, ask, GATE_BAD_METHOD);
        return;
    }
    const bool is_three = ask->eio == FX_PUSH_EIO_3;
    (void)begin_headers(gate, request, is_three);
    if (is_origin_allowed(gate, request)) {
        fx_buf_append(&gate->headers,
                      FX_STR("Access-Control-Allow-Methods: GET, POST\r\n"
                             "Access-Control-Allow-Headers: authorization, content-type\r\n"));
    }
    const struct fx_net_http_response response = {.status = 204,
                                                  .headers = fx_buf_str(&gate->headers)};
    fx_net_server_respond(gate->options.server, ask->call->token, &response);
}

void fx_push_gate_on_request(struct fx_push_gate *gate, const struct fx_net_server_call *call)
{
    struct ask ask = read_ask(gate, call);
    if (ask.link != NULL) { /* time is looked at here, too: a session that is over is over */
        fx_push_link_tick(ask.link, fx_net_server_now_ms(gate->options.server));
        ask.link = ask.link->is_over ? NULL : ask.link;
    }
    const enum gate_code code = judge(gate, &ask);
    if (call->request->method == FX_NET_HTTP_METHOD_OPTIONS) {
        answer_options(gate, &ask);
    } else if (code != GATE_OK) {
        refuse(gate, &ask, code);
    } else if (ask.link == NULL) {
        open_session(gate, &ask);
    } else {
        serve_session(gate, &ask);
    }
    fx_push_gate_settle(gate);
}

uint32_t fx_push_gate_on_head(struct fx_push_gate *gate, const struct fx_net_server_call *call)
{
    const struct ask ask = read_ask(gate, call);
    if (call->request->method != FX_NET_HTTP_METHOD_POST || ask.is_broken || ask.link == NULL ||
        !ask.is_polling || !fx_push_polling_is_on(&ask.link->polling)) {
        return 0;
    }
    fx_push_link_announce(ask.link, call->token);
    return FX_PUSH_GATE_PAYLOAD_SIZE_MAX;
}

void fx_push_gate_on_hangup(struct fx_push_gate *gate, struct fx_net_server_token token)
{
    const union fx_table_value *value = fx_table_find(&gate->requests, key_of(token));
    if (value != NULL) {
        fx_push_link_hangup(value->pointer, token);
        fx_push_gate_settle(gate);
    }
}

void fx_push_gate_tick(struct fx_push_gate *gate)
{
    const int64_t now_ms = fx_net_server_now_ms(gate->options.server);
    struct fx_push_link *link = gate->links;
    while (link != NULL) {
        struct fx_push_link *next = link->next;
        if (link->is_over && link->socket_count == 0) {
            fx_push_gate_free(gate, link);
        } else if (!link->is_over) {
            fx_push_link_tick(link, now_ms);
        }
        link = next;
    }
    fx_push_gate_settle(gate);
}

void fx_push_gate_stop(struct fx_push_gate *gate)
{
    for (struct fx_push_link *link = gate->links; link != NULL; link = link->next) {
        fx_push_session_close(
            &link->session, FX_NET_WEBSOCKET_CODE_GOING_AWAY, FX_STR("shutting down"));
    }
    fx_push_gate_settle(gate);
}

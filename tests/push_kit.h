/**
 * @file push_kit.h
 * The push room on a real server on loopback, in one thread, with raw WebSocket clients.
 *
 * The test makes the events, steps the loop and owns the clocks. Thread: the test's own.
 */
#ifndef FX_TESTS_PUSH_KIT_H
#define FX_TESTS_PUSH_KIT_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/crypto.h"
#include "fx_test.h"
#include "push/push.h"

enum { PUSH_KIT_MESSAGES_MAX = 4096, PUSH_KIT_NOW_S = 1700000000, PUSH_KIT_DEPTH = 128 };

struct push_kit {
    struct fx_net_server *server;
    struct fx_push *push;
    struct fx_view *view;
    struct fx_market market;
    struct fx_jwt *jwt;
    uint16_t port;
    int64_t now_ms;
    int64_t now_s;
    uint64_t sequence;
    uint32_t index;
};

/** A client; its messages as C strings, binary ones with "b:" and hex. */
struct push_kit_client {
    int fd;
    struct fx_net_websocket parser;
    char *messages[PUSH_KIT_MESSAGES_MAX];
    uint32_t count;
    uint32_t read; /* how many the test has looked at */
    uint16_t code;
    bool is_over;   /* the server closed */
    bool is_silent; /* does not read */
};

static struct fx_crypto_rsa *push_kit_key; /* made once: it takes a while */

static inline int64_t push_kit_now_ms(void *self)
{
    return ((struct push_kit *)self)->now_ms;
}

static inline int64_t push_kit_wall_us(void *self)
{
    return ((struct push_kit *)self)->now_s * 1000000;
}

static inline int64_t push_kit_unix_s(void *self)
{
    return ((struct push_kit *)self)->now_s;
}

static inline void push_kit_on_request(void *self, const struct fx_net_server_call *call)
{
    struct push_kit *kit = self;
    if (fx_push_owns(kit->push, call->request)) {
        fx_push_on_request(kit->push, call);
        return;
    }
    fx_net_server_respond(kit->server, call->token, &(struct fx_net_http_response){.status = 404});
}

static inline uint32_t push_kit_on_head(void *self, const struct fx_net_server_call *call)
{
    struct push_kit *kit = self;
    return fx_push_owns(kit->push, call->request) ? fx_push_on_head(kit->push, call) : 0;
}

static inline void push_kit_on_hangup(void *self, struct fx_net_server_token token)
{
    fx_push_on_hangup(((struct push_kit *)self)->push, token);
}

/** The kit's server on a free port, by the kit's clocks, which begin here; nothing but what
 * `config` says times out. `self` is the handler's. */
static inline void push_kit_serve(struct push_kit *kit,
                                  const struct fx_net_server_config *config,
                                  const struct fx_net_server_handler *handler,
                                  void *self)
{
    struct fx_net_server_config own = *config;
    kit->now_ms = 1000000;
    kit->now_s = PUSH_KIT_NOW_S;
    own.output_size_max = 4U << 20U;
    own.idle_timeout_ms = 1U << 30U;
    own.ping_ms = 1U << 30U;
    own.now_ms = push_kit_now_ms;
    own.unix_s = push_kit_unix_s;
    own.clock_self = kit;
    assert_int_equal(fx_net_server_create(&own, handler, self, &kit->server), FX_OK);
    assert_int_equal(fx_net_server_listen(kit->server, "127.0.0.1", 0, 0, &kit->port), FX_OK);
}

static inline struct push_kit *push_kit_create(const struct fx_push_options *given)
{
    struct push_kit *kit = calloc(1, sizeof *kit);
    assert_non_null(kit);
    if (push_kit_key == NULL) {
        push_kit_key = fx_crypto_rsa_generate();
    }
    const struct fx_jwt_options jwt = {.keys = {{.rsa = push_kit_key}}, .key_count = 1};
    kit->jwt = fx_jwt_create(&jwt);
    kit->view = fx_view_create(&(struct fx_view_limits){0});
    assert_true(kit->jwt != NULL && kit->view != NULL);
    const struct fx_net_server_config config = {.connections_max = 2000,
                                                .write_timeout_ms = 1U << 30U};
    const struct fx_net_server_handler handler = {.on_request = push_kit_on_request,
                                                  .on_head = push_kit_on_head,
                                                  .on_hangup = push_kit_on_hangup};
    push_kit_serve(kit, &config, &handler, kit);
    struct fx_push_options options = *given;
    options.server = kit->server;
    options.view = kit->view;
    options.market = &kit->market;
    options.jwt = kit->jwt;
    options.wall_us = push_kit_wall_us;
    options.clock_self = kit;
    assert_int_equal(fx_push_create(&options, &kit->push), FX_OK);
    return kit;
}

static inline void push_kit_destroy(struct push_kit *kit)
{
    fx_net_server_destroy(kit->server);
    fx_push_destroy(kit->push);
    fx_view_destroy(kit->view);
    fx_jwt_destroy(kit->jwt);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(kit->market.symbols[id]);
    }
    free(kit);
}

/* ---- tokens and connections ------------------------------------------------------------------ */

/** A token of a user; the caller's buffer of 1,024 bytes. @return it. */
static inline const char *push_kit_token(struct push_kit *kit,
                                         uint64_t user_id,
                                         int64_t expires_at_s,
                                         char target[1024])
{
    struct fx_buf text;
    const struct fx_jwt_claims claims = {.user_id = user_id, .expires_at_s = expires_at_s};
    fx_buf_init(&text, 1023);
    assert_int_equal(fx_jwt_sign(kit->jwt, &claims, &text), FX_OK);
    assert_true(fx_str_copy(fx_buf_str(&text), target, 1024));
    fx_buf_deinit(&text);
    return target;
}

static inline void push_kit_turn(struct push_kit *kit, int count)
{
    for (int index = 0; index < count; index++) {
        (void)fx_net_server_step(kit->server, false);
    }
}

static inline int push_kit_connect(const struct push_kit *kit, int receive_size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(kit->port)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    assert_true(fd >= 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (receive_size > 0) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_size, sizeof receive_size);
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void push_kit_put(int fd, fx_str bytes)
{
    assert_int_equal(send(fd, bytes.data, bytes.size, MSG_NOSIGNAL), (ssize_t)bytes.size);
}

/** Send a request head and read the answer's head (and what came with it). @return its size. */
static inline size_t push_kit_request(
    struct push_kit *kit, int fd, const char *text, char *answer, size_t capacity)
{
    size_t size = 0;
    push_kit_put(fd, fx_str_of(text));
    for (int round = 0; round < 2000; round++) {
        push_kit_turn(kit, 1);
        const ssize_t got = recv(fd, answer + size, capacity - 1 - size, MSG_DONTWAIT);
        if (got > 0) {
            size += (size_t)got;
            answer[size] = '\0';
            if (strstr(answer, "\r\n\r\n") != NULL) {
                break;
            }
        }
    }
    answer[size] = '\0';
    return size;
}

static inline void push_kit_keep(struct push_kit_client *client)
{
    const fx_str payload = client->parser.payload;
    const bool is_binary = client->parser.event == FX_NET_WEBSOCKET_EVENT_BINARY;
    char *text = malloc(2 * payload.size + 3);
    assert_true(text != NULL && client->count < PUSH_KIT_MESSAGES_MAX);
    if (is_binary) {
        memcpy(text, "b:", 3);
        for (size_t index = 0; index < payload.size; index++) {
            (void)snprintf(text + 2 + 2 * index, 3, "%02x", (unsigned char)payload.data[index]);
        }
    } else {
        memcpy(text, payload.data, payload.size);
        text[payload.size] = '\0';
    }
    client->messages[client->count] = text;
    client->count++;
}

static inline void push_kit_feed(struct push_kit_client *client, fx_str bytes)
{
    size_t taken = 0;
    while (taken < bytes.size && !client->is_over) {
        taken +=
            fx_net_websocket_feed(&client->parser, fx_str_slice(bytes, taken, bytes.size - taken));
        switch (client->parser.event) {
        case FX_NET_WEBSOCKET_EVENT_TEXT:
        case FX_NET_WEBSOCKET_EVENT_BINARY:
            push_kit_keep(client);
            break;
        case FX_NET_WEBSOCKET_EVENT_CLOSE:
            client->is_over = true;
            client->code = client->parser.code;
            break;
        case FX_NET_WEBSOCKET_EVENT_FAILED:
            fail_msg("the server broke the protocol");
            break;
        case FX_NET_WEBSOCKET_EVENT_NONE:
        case FX_NET_WEBSOCKET_EVENT_PING:
        case FX_NET_WEBSOCKET_EVENT_PONG:
        default:
            break;
        }
    }
}

/** Let the loop run and the client read what there is. */
static inline void push_kit_read(struct push_kit *kit, struct push_kit_client *client)
{
    static char bytes[1 << 16];
    push_kit_turn(kit, 3);
    for (int idle = 0; idle < 4 && !client->is_silent && !client->is_over;) {
        const ssize_t got = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) {
            push_kit_feed(client, (fx_str){bytes, (size_t)got});
            idle = 0;
        } else if (got == 0 || errno != EAGAIN) {
            client->is_over = true;
        }
        idle++;
        push_kit_turn(kit, 2);
    }
}

/** Open a WebSocket at a target. `headers`: further lines, each with its CRLF. */
static inline struct push_kit_client *push_kit_dial(struct push_kit *kit,
                                                    const char *target,
                                                    const char *headers,
                                                    int receive_size)
{
    struct push_kit_client *client = calloc(1, sizeof *client);
    char request[8192];
    char answer[8192];
    assert_non_null(client);
    fx_net_websocket_init(&client->parser, FX_NET_WEBSOCKET_ROLE_CLIENT, 4U << 20U);
    (void)snprintf(request,
                   sizeof request,
                   "GET %s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                   "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                   target,
                   headers);
    client->fd = push_kit_connect(kit, receive_size);
    const size_t size = push_kit_request(kit, client->fd, request, answer, sizeof answer);
    if (strncmp(answer, "HTTP/1.1 101 ", 13) != 0) {
        fail_msg("no WebSocket: %s", answer);
    }
    const char *body = strstr(answer, "\r\n\r\n") + 4;
    push_kit_feed(client, (fx_str){body, size - (size_t)(body - answer)});
    push_kit_read(kit, client);
    return client;
}

/** The same at the endpoint of Socket.IO. */
static inline struct push_kit_client *push_kit_open_sized(struct push_kit *kit,
                                                          const char *query,
                                                          const char *headers,
                                                          int receive_size)
{
    char target[4096];
    (void)snprintf(target, sizeof target, "/socket.io/?%s", query);
    return push_kit_dial(kit, target, headers, receive_size);
}

static inline struct push_kit_client *push_kit_open(struct push_kit *kit, const char *query)
{
    return push_kit_open_sized(kit, query, "", 0);
}

static inline void push_kit_close(struct push_kit *kit, struct push_kit_client *client)
{
    (void)close(client->fd);
    push_kit_turn(kit, 5);
    fx_net_websocket_deinit(&client->parser);
    for (uint32_t index = 0; index < client->count; index++) {
        free(client->messages[index]);
    }
    free(client);
}

static inline void push_kit_send(struct push_kit *kit,
                                 struct push_kit_client *client,
                                 enum fx_net_websocket_opcode opcode,
                                 fx_str payload)
{
    struct fx_buf out;
    const struct fx_net_websocket_frame frame = {
        .opcode = opcode, .payload = payload, .is_masked = true, .mask = 0x12345678};
    fx_buf_init(&out, 1 << 20);
    fx_net_websocket_write(&out, &frame);
    push_kit_put(client->fd, fx_buf_str(&out));
    fx_buf_deinit(&out);
    push_kit_read(kit, client);
}

static inline void push_kit_say(struct push_kit *kit,
                                struct push_kit_client *client,
                                const char *text)
{
    push_kit_send(kit, client, FX_NET_WEBSOCKET_OPCODE_TEXT, fx_str_of(text));
}

/** The next message that the test has not seen; NULL where there is none. */
static inline const char *push_kit_next(struct push_kit *kit, struct push_kit_client *client)
{
    push_kit_read(kit, client);
    return client->read < client->count ? client->messages[client->read++] : NULL;
}

static inline void push_kit_expect(struct push_kit *kit,
                                   struct push_kit_client *client,
                                   const char *expected)
{
    const char *text = push_kit_next(kit, client);
    if (expected == NULL) {
        if (text != NULL) {
            fail_msg("unexpected: %s", text);
        }
        return;
    }
    assert_non_null(text);
    assert_string_equal(text, expected);
}

/** The next message begins like this. */
static inline const char *push_kit_expect_start(struct push_kit *kit,
                                                struct push_kit_client *client,
                                                const char *expected)
{
    const char *text = push_kit_next(kit, client);
    assert_non_null(text);
    if (strncmp(text, expected, strlen(expected)) != 0) {
        fail_msg("\"%s\" does not begin with \"%s\"", text, expected);
    }
    return text;
}

/** Join with a token (NULL: without) and read the welcome. EIO 4, namespace /ws. */
static inline struct push_kit_client *push_kit_join(struct push_kit *kit, uint64_t user_id)
{
    char token[1024];
    char text[1200];
    struct push_kit_client *client = push_kit_open(kit, "EIO=4&transport=websocket");
    push_kit_expect_start(kit, client, "0{");
    if (user_id == 0) {
        push_kit_say(kit, client, "40/ws,");
    } else {
        (void)push_kit_token(kit, user_id, kit->now_s + 3600, token);
        (void)snprintf(text, sizeof text, "40/ws,{\"token\":\"%s\"}", token);
        push_kit_say(kit, client, text);
    }
    push_kit_expect_start(kit, client, "40/ws,{\"sid\":\"");
    return client;
}

/* ---- events ---------------------------------------------------------------------------------- */

/** Fold an event into view and market, as the gateway does, and tell push. */
static inline void push_kit_apply(struct push_kit *kit, struct fx_event *event)
{
    event->sequence = kit->sequence;
    event->index = kit->index;
    event->time_us = kit->now_s * 1000000;
    kit->index++;
    if (fx_market_needs(&kit->market, event)) {
        const size_t size = (fx_market_symbol_size(PUSH_KIT_DEPTH) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        assert_non_null(memory);
        memset(memory, 0, size);
        fx_market_add(&kit->market, event->u.instrument.instrument_id, memory, PUSH_KIT_DEPTH);
    }
    fx_market_apply(&kit->market, event);
    assert_int_equal(fx_view_apply(kit->view, event), FX_OK);
    fx_push_on_event(kit->push, event);
}

static inline void push_kit_begin(struct push_kit *kit)
{
    kit->sequence++;
    kit->index = 0;
}

static inline void push_kit_kind(struct push_kit *kit, enum fx_event_kind kind)
{
    struct fx_event event = {.kind = (uint16_t)kind};
    push_kit_apply(kit, &event);
}

static inline void push_kit_instrument(struct push_kit *kit, uint32_t id, const char *symbol)
{
    struct fx_event event = {.kind = FX_EVENT_INSTRUMENT};
    struct fx_instrument *definition = &event.u.instrument;
    definition->tick_size = fx_dec_one();
    definition->lot_size = fx_dec_one();
    definition->multiplier = fx_dec_one();
    definition->max_ticks = 1000000;
    definition->contract_type = FX_CONTRACT_TYPE_USD_M;
    definition->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    definition->state = FX_INSTRUMENT_STATE_TRADING;
    definition->instrument_id = id;
    assert_true(fx_ids_symbol(fx_str_of(symbol), &definition->symbol));
    assert_true(fx_ids_asset(FX_STR("USDT"), &definition->settle));
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
}

static inline void push_kit_book(
    struct push_kit *kit, uint32_t id, enum fx_side side, int64_t ticks, int64_t lots)
{
    struct fx_event event = {.kind = FX_EVENT_BOOK};
    event.u.book.instrument = id;
    event.u.book.side = (uint8_t)side;
    event.u.book.price_ticks = ticks;
    event.u.book.lots = lots;
    event.u.book.count = lots > 0;
    push_kit_apply(kit, &event);
}

static inline void push_kit_trade(struct push_kit *kit,
                                  uint32_t id,
                                  uint64_t trade_id,
                                  int64_t lots)
{
    struct fx_event event = {.kind = FX_EVENT_TRADE};
    event.u.trade.instrument = id;
    event.u.trade.trade_id = trade_id;
    event.u.trade.price_ticks = 100;
    event.u.trade.lots = lots;
    event.u.trade.buyer_is_taker = 1;
    push_kit_apply(kit, &event);
}

static inline void push_kit_account(struct push_kit *kit, uint64_t user_id, int64_t balance)
{
    struct fx_event event = {.kind = FX_EVENT_ACCOUNT};
    event.u.account.user_id = user_id;
    event.u.account.account_id = user_id + 1000;
    event.u.account.balance = fx_dec_one() * balance;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.account.asset));
    push_kit_apply(kit, &event);
}

static inline void push_kit_position(struct push_kit *kit, uint64_t user_id, int64_t lots)
{
    struct fx_event event = {.kind = FX_EVENT_POSITION};
    event.u.position.user_id = user_id;
    event.u.position.account_id = user_id + 1000;
    event.u.position.position_id = user_id + 2000;
    event.u.position.lots = lots;
    event.u.position.leverage_centi = 1000;
    event.u.position.margin_mode = FX_MARGIN_MODE_CROSS;
    event.u.position.position_side = FX_POSITION_SIDE_BOTH;
    push_kit_apply(kit, &event);
}

static inline void push_kit_order(struct push_kit *kit, uint64_t user_id, uint64_t order_id)
{
    struct fx_event event = {.kind = FX_EVENT_ORDER};
    struct fx_event_order *order = &event.u.order;
    order->user_id = user_id;
    order->account_id = user_id + 1000;
    order->order_id = order_id;
    order->price_ticks = 100;
    order->lots = 5;
    order->remaining_lots = 5;
    order->leverage_centi = 1000;
    order->side = FX_SIDE_BUY;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTC;
    order->status = FX_ORDER_STATUS_ACTIVE;
    order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    order->position_side = FX_POSITION_SIDE_BOTH;
    order->margin_mode = FX_MARGIN_MODE_CROSS;
    push_kit_apply(kit, &event);
}

/** The end of a command. */
static inline void push_kit_result(struct push_kit *kit)
{
    push_kit_kind(kit, FX_EVENT_RESULT);
}

/** 100 ms later. */
static inline void push_kit_tick(struct push_kit *kit)
{
    kit->now_ms += 100;
    fx_push_tick(kit->push);
    push_kit_turn(kit, 5);
}

static inline struct fx_push_stats push_kit_stats(const struct push_kit *kit)
{
    struct fx_push_stats stats;
    fx_push_stats(kit->push, &stats);
    return stats;
}

#endif

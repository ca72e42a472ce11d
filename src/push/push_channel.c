/* Rooms that clients may choose: a kind and a known symbol, nothing else (P2). */
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"

/** What became of a request for one or several channels: the first failure, or OK. */
struct outcome {
    fx_status status;
    fx_str channel; /* that failed */
};

static const struct {
    fx_str prefix;
    fx_str event;
    enum fx_push_channel_kind kind;
} KINDS[] = {
    {{"orderbook_", 10}, {"orderbook", 9}, FX_PUSH_CHANNEL_BOOK},
    {{"trades_", 7}, {"trades", 6}, FX_PUSH_CHANNEL_TRADES},
    {{"ticker_", 7}, {"ticker", 6}, FX_PUSH_CHANNEL_TICKER},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

fx_str fx_push_channel_name(enum fx_push_channel_kind kind,
                            const struct fx_market_symbol *symbol,
                            char target[FX_PUSH_HUB_NAME_SIZE_MAX])
{
    FX_ASSERT(kind >= FX_PUSH_CHANNEL_BOOK && kind <= FX_PUSH_CHANNEL_TICKER);
    const fx_str prefix = KINDS[kind - FX_PUSH_CHANNEL_BOOK].prefix;
    const fx_str name = fx_ids_symbol_str(&symbol->definition.symbol);
    FX_ASSERT(prefix.size + name.size <= FX_PUSH_HUB_NAME_SIZE_MAX);
    memcpy(target, prefix.data, prefix.size);
    memcpy(target + prefix.size, name.data, name.size);
    return (fx_str){target, prefix.size + name.size};
}

void fx_push_channel_encode(struct fx_push *push,
                            enum fx_push_channel_kind kind,
                            const struct fx_market_symbol *symbol)
{
    FX_ASSERT(kind >= FX_PUSH_CHANNEL_BOOK && kind <= FX_PUSH_CHANNEL_TICKER);
    struct fx_buf *buf = fx_push_feed_begin(&push->feed, KINDS[kind - FX_PUSH_CHANNEL_BOOK].event);
    const int64_t now_us = push->options.wall_us(push->options.clock_self);
    if (kind == FX_PUSH_CHANNEL_BOOK) {
        fx_push_feed_book(buf, push->options.book_levels, symbol, now_us);
    } else if (kind == FX_PUSH_CHANNEL_TICKER) {
        fx_push_feed_ticker(buf, symbol, now_us);
    } else {
        fx_push_feed_trades(buf, symbol, symbol->new_trades);
    }
    fx_push_feed_end(&push->feed);
}

/* Which channel a name is. @return OK; FORBIDDEN (somebody's own room); UNKNOWN_SYMBOL;
 * BAD_PARAMETER. */
static fx_status find_channel(const struct fx_push *push,
                              fx_str name,
                              enum fx_push_channel_kind *kind_out,
                              const struct fx_market_symbol **symbol_out)
{
    for (size_t index = 0; index < KIND_COUNT; index++) {
        const fx_str prefix = KINDS[index].prefix;
        if (fx_str_has_prefix(name, prefix)) {
            *kind_out = KINDS[index].kind;
            *symbol_out =
                fx_market_find(push->options.market, fx_str_slice(name, prefix.size, name.size));
            return *symbol_out == NULL ? FX_UNKNOWN_SYMBOL : FX_OK;
        }
    }
    return fx_str_has_prefix(name, FX_STR("user_")) ? FX_FORBIDDEN : FX_BAD_PARAMETER;
}

static void send_snapshot(struct fx_push_socket *socket,
                          fx_str name,
                          enum fx_push_channel_kind kind,
                          const struct fx_market_symbol *symbol)
{
    struct fx_push *push = socket->client->push;
    if (kind == FX_PUSH_CHANNEL_TRADES) {
        return;
    }
    struct fx_push_hub_member *member = fx_push_hub_member(&socket->rooms, name);
    FX_ASSERT(member != NULL);
    fx_push_channel_encode(push, kind, symbol);
    struct fx_net_frame *frame = fx_push_feed_frame(&push->feed, socket->index);
    if (frame != NULL) {
        fx_push_client_offer(member, frame);
    }
}

static fx_status subscribe(struct fx_push_socket *socket, fx_str name)
{
    struct fx_push *push = socket->client->push;
    enum fx_push_channel_kind kind = FX_PUSH_CHANNEL_BOOK;
    const struct fx_market_symbol *symbol = NULL;
    fx_status status = find_channel(push, name, &kind, &symbol);
    if (status != FX_OK) {
        return status;
    }
    if (socket->rooms.count >= push->options.rooms_max + FX_PUSH_OWN_ROOMS_MAX &&
        fx_push_hub_member(&socket->rooms, name) == NULL) {
        return FX_CAPACITY;
    }
    status = fx_push_hub_join(&push->hubs[socket->index], &socket->rooms, name);
    if (status == FX_OK) {
        send_snapshot(socket, name, kind, symbol);
    }
    return status;
}

static fx_status unsubscribe(struct fx_push_socket *socket, fx_str name)
{
    struct fx_push *push = socket->client->push;
    enum fx_push_channel_kind kind = FX_PUSH_CHANNEL_BOOK;
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = find_channel(push, name, &kind, &symbol);
    if (status == FX_OK) {
        (void)fx_push_hub_leave(&push->hubs[socket->index], &socket->rooms, name);
    }
    return status;
}

static void apply_one(struct fx_push_socket *socket,
                      const struct fx_json_token *token,
                      bool is_subscribe,
                      struct outcome *outcome)
{
    fx_status status = FX_BAD_PARAMETER;
    fx_str name = {0};
    if (!fx_push_client_spend(socket->client)) {
        status = FX_RATE_LIMITED;
    } else if (token->kind == FX_JSON_STRING && !token->is_escaped) {
        name = token->text;
        status = is_subscribe ? subscribe(socket, name) : unsubscribe(socket, name);
    }
    if (outcome->status == FX_OK && status != FX_OK) {
        outcome->status = status;
        outcome->channel = name;
    }
}

/* "a", ["a","b"], {"channel":"a"} or {"channel":["a","b"]}; also `channels`. */
static struct outcome apply(struct fx_push_socket *socket,
                            const struct fx_json *json,
                            const struct fx_json_token *wanted,
                            bool is_subscribe)
{
    struct outcome outcome = {.status = FX_OK};
    if (wanted != NULL && wanted->kind == FX_JSON_OBJECT) {
        const struct fx_json_token *channel = fx_json_member(json, wanted, FX_STR("channel"));
        wanted = channel != NULL ? channel : fx_json_member(json, wanted, FX_STR("channels"));
    }
    if (wanted == NULL) {
        outcome.status = FX_BAD_PARAMETER;
    } else if (wanted->kind != FX_JSON_ARRAY) {
        apply_one(socket, wanted, is_subscribe, &outcome);
    } else {
        for (uint32_t index = 0; index < wanted->count; index++) {
            apply_one(socket, fx_json_element(json, wanted, index), is_subscribe, &outcome);
        }
    }
    return outcome;
}

static void acknowledge(struct fx_push_socket *socket,
                        const struct fx_push_session_event *event,
                        const struct outcome *outcome)
{
    struct fx_buf *data = &socket->client->push->scratch;
    if (!event->has_ack) {
        return;
    }
    fx_buf_clear(data);
    fx_buf_append(data, FX_STR("[{"));
    fx_json_add_bool(data, FX_STR("ok"), outcome->status == FX_OK);
    if (outcome->status != FX_OK) {
        fx_json_add_str(data, FX_STR("code"), fx_str_of(fx_status_name(outcome->status)));
        fx_json_add_str(data, FX_STR("message"), fx_str_of(fx_status_text(outcome->status)));
        if (outcome->channel.size > 0) {
            fx_json_add_str(data, FX_STR("channel"), outcome->channel);
        }
    }
    fx_buf_append(data, FX_STR("}]"));
    fx_push_session_ack(&socket->client->session, event, fx_buf_str(data));
}

void fx_push_channel_on_event(struct fx_push_socket *socket,
                              const struct fx_push_session_event *event)
{
    const struct fx_json_token *root = &event->json->tokens[0];
    const fx_str name = event->json->tokens[1].text;
    const bool is_subscribe = fx_str_is_equal(name, FX_STR("subscribe"));
    struct outcome outcome = {.status = FX_ROUTE_NOT_FOUND};
    if (is_subscribe || fx_str_is_equal(name, FX_STR("unsubscribe"))) {
        if (socket->client->push->options.is_auth_required && socket->user_id == 0) {
            outcome.status = FX_UNAUTHORIZED;
        } else {
            outcome =
                apply(socket, event->json, fx_json_element(event->json, root, 1), is_subscribe);
        }
    }
    acknowledge(socket, event, &outcome);
}

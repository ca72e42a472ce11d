/* Socket.IO's subscribe and unsubscribe: rooms that clients may choose (P2). */
#include "base/panic.h"
#include "push/push_int.h"

/** What became of a request for one or several channels: the first failure, or OK. */
struct outcome {
    fx_status status;
    fx_str channel; /* that failed */
};

/* What is asked for: the options count for all channels of the request. */
struct request {
    const struct fx_json_token *channels; /* a name or an array of them */
    const struct fx_json_token *depth;    /* NULL: not given */
    const struct fx_json_token *group;
    bool is_subscribe;
};

static bool is_text(const struct fx_json_token *token)
{
    return (token->kind == FX_JSON_STRING || token->kind == FX_JSON_NUMBER) && !token->is_escaped;
}

/* The topic of a name with the request's options, which are for books only. */
static fx_status find_topic(const struct fx_push *push,
                            const struct request *request,
                            fx_str name,
                            struct fx_push_topic *topic)
{
    uint64_t depth = 0;
    fx_status status =
        fx_push_topic_parse(push->options.market, name, push->options.book_levels, topic);
    if (status == FX_OK && request->depth != NULL) {
        status = is_text(request->depth) && fx_str_parse_u64(request->depth->text, &depth) &&
                         depth <= FX_PUSH_TOPIC_DEPTH_MAX
                     ? fx_push_topic_set_depth(topic, (uint32_t)depth)
                     : FX_BAD_PARAMETER;
    }
    if (status == FX_OK && request->group != NULL) {
        status = is_text(request->group)
                     ? fx_push_topic_set_step(push->options.market, topic, request->group->text)
                     : FX_BAD_PARAMETER;
    }
    return status;
}

static void send_snapshot(struct fx_push_socket *socket, const struct fx_push_public *public)
{
    struct fx_push *push = socket->client->push;
    if (public->topic.kind == FX_PUSH_TOPIC_KIND_TRADES ||
        public->topic.kind == FX_PUSH_TOPIC_KIND_LIQUIDATION) {
        return; /* facts, not a state */
    }
    struct fx_push_hub_member *member =
        fx_push_hub_member(&socket->rooms, fx_push_public_name(public));
    FX_ASSERT(member != NULL);
    fx_push_public_encode(push, public, false);
    struct fx_net_frame *frame = fx_push_feed_frame(&push->feed, socket->index);
    if (frame != NULL) {
        fx_push_client_offer(member, frame);
    }
}

static fx_status subscribe(struct fx_push_socket *socket, const struct fx_push_topic *topic)
{
    struct fx_push *push = socket->client->push;
    struct fx_push_public *public = NULL;
    fx_status status = fx_push_public_open(push, topic, &public);
    if (status != FX_OK) {
        return status;
    }
    const fx_str name = fx_push_public_name(public);
    if (socket->rooms.count >= push->options.rooms_max + FX_PUSH_OWN_ROOMS_MAX &&
        fx_push_hub_member(&socket->rooms, name) == NULL) {
        return FX_CAPACITY;
    }
    status = fx_push_hub_join(&push->hubs[socket->index], &socket->rooms, name);
    if (status == FX_OK) {
        send_snapshot(socket, public);
    }
    return status;
}

static void unsubscribe(struct fx_push_socket *socket, const struct fx_push_topic *topic)
{
    struct fx_push *push = socket->client->push;
    char target[FX_PUSH_TOPIC_NAME_SIZE_MAX];
    const fx_str name = fx_push_topic_format(push->options.market, topic, target);
    (void)fx_push_hub_leave(&push->hubs[socket->index], &socket->rooms, name);
}

/* False once a snapshot found the client's queue full: it has left all rooms, and must not come
 * back into one. */
static bool is_open(const struct fx_push_socket *socket)
{
    return socket->client->link.session.state == FX_PUSH_SESSION_STATE_OPEN;
}

static void apply_one(struct fx_push_socket *socket,
                      const struct request *request,
                      const struct fx_json_token *token,
                      struct outcome *outcome)
{
    fx_status status = FX_BAD_PARAMETER;
    fx_str name = {0};
    if (!fx_push_client_spend(socket->client)) {
        status = FX_RATE_LIMITED;
    } else if (token->kind == FX_JSON_STRING && !token->is_escaped) {
        struct fx_push_topic topic = {0};
        name = token->text;
        status = find_topic(socket->client->push, request, name, &topic);
        if (status == FX_OK && request->is_subscribe) {
            status = subscribe(socket, &topic);
        } else if (status == FX_OK) {
            unsubscribe(socket, &topic);
        }
    }
    if (outcome->status == FX_OK && status != FX_OK) {
        outcome->status = status;
        outcome->channel = name;
    }
}

static const struct fx_json_token *option(const struct fx_json *json,
                                          const struct fx_json_token *object,
                                          fx_str name)
{
    const struct fx_json_token *token = fx_json_member(json, object, name);
    return token == NULL || token->kind == FX_JSON_NULL ? NULL : token;
}

/* "a", ["a","b"], {"channel":"a","depth":5,"group":"10"} or {"channel":["a","b"]}; also `channels`.
 */
static void read_request(const struct fx_json *json,
                         const struct fx_json_token *wanted,
                         struct request *request)
{
    request->channels = wanted;
    if (wanted != NULL && wanted->kind == FX_JSON_OBJECT) {
        const struct fx_json_token *channel = option(json, wanted, FX_STR("channel"));
        request->channels = channel != NULL ? channel : option(json, wanted, FX_STR("channels"));
        request->depth = option(json, wanted, FX_STR("depth"));
        request->group = option(json, wanted, FX_STR("group"));
    }
}

static struct outcome apply(struct fx_push_socket *socket,
                            const struct fx_json *json,
                            const struct request *request)
{
    struct outcome outcome = {.status = FX_OK};
    const struct fx_json_token *channels = request->channels;
    if (channels == NULL) {
        outcome.status = FX_BAD_PARAMETER;
    } else if (channels->kind != FX_JSON_ARRAY) {
        apply_one(socket, request, channels, &outcome);
    } else {
        for (uint32_t index = 0; index < channels->count && is_open(socket); index++) {
            apply_one(socket, request, fx_json_element(json, channels, index), &outcome);
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
    fx_push_session_ack(&socket->client->link.session, event, fx_buf_str(data));
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
            struct request request = {.is_subscribe = is_subscribe};
            read_request(event->json, fx_json_element(event->json, root, 1), &request);
            outcome = apply(socket, event->json, &request);
        }
    }
    acknowledge(socket, event, &outcome);
}

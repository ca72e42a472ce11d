/* What clients of the plain stream ask: each message gets one answer that echoes its id. */
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"
#include "push/push_stream_op.h"

enum { WANTED_MAX = 200 };

/* Topics of one request. */
struct wanted {
    struct fx_push_topic topics[WANTED_MAX];
    struct fx_push_public *publics[WANTED_MAX];
    uint32_t count;
    uint32_t private_topics; /* bits by enum fx_push_inbox_topic */
};

/* How private topics begin. */
enum resume {
    RESUME_NONE = 0,     /* there are none in the request */
    RESUME_SNAPSHOT = 1, /* with their state */
    RESUME_REST = 2      /* with what was missed */
};

/* The answer in the making: why not, and which of the arguments. */
struct outcome {
    fx_status status;
    fx_str arg;
};

static int64_t now_ms_of(const struct fx_push *push)
{
    return push->options.wall_us(push->options.clock_self) / 1000;
}

/* ---- answers ---------------------------------------------------------------------------------
 */

static struct fx_buf *begin_answer(struct fx_push *push,
                                   const struct fx_push_stream_op *op,
                                   fx_str name)
{
    struct fx_buf *buf = &push->text;
    fx_buf_clear(buf);
    fx_buf_append_byte(buf, '{');
    if (op->id.size > 0) {
        fx_json_append_key(buf, FX_STR("id"));
        fx_buf_append(buf, op->id);
    }
    if (name.size > 0) {
        fx_json_add_str(buf, FX_STR("op"), name);
    }
    return buf;
}

static void end_answer(struct fx_push_stream *stream)
{
    struct fx_buf *buf = &stream->push->text;
    fx_json_add_int(buf, FX_STR("ts"), now_ms_of(stream->push));
    fx_buf_append_byte(buf, '}');
    (void)fx_push_stream_send(stream, fx_buf_str(buf));
}

static void answer(struct fx_push_stream *stream,
                   const struct fx_push_stream_op *op,
                   const struct outcome *outcome)
{
    struct fx_buf *buf = begin_answer(stream->push, op, op->name);
    const bool is_ok = outcome->status == FX_OK;
    fx_json_add_bool(buf, FX_STR("success"), is_ok);
    if (is_ok) {
        fx_json_add_str(buf, FX_STR("connId"), (fx_str){stream->id, sizeof stream->id});
    } else {
        fx_json_add_str(buf, FX_STR("code"), fx_str_of(fx_status_name(outcome->status)));
        fx_json_add_str(buf, FX_STR("msg"), fx_str_of(fx_status_text(outcome->status)));
        if (outcome->arg.size > 0) {
            fx_json_add_str(buf, FX_STR("arg"), outcome->arg);
        }
    }
    end_answer(stream);
}

static void answer_args(struct fx_push_stream *stream,
                        const struct fx_push_stream_op *op,
                        const struct fx_json *json,
                        enum resume resume)
{
    struct fx_buf *buf = begin_answer(stream->push, op, op->name);
    fx_json_add_bool(buf, FX_STR("success"), true);
    fx_json_add_str(buf, FX_STR("connId"), (fx_str){stream->id, sizeof stream->id});
    fx_json_append_key(buf, FX_STR("args"));
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < op->args->count; index++) {
        fx_json_append_comma(buf);
        fx_json_append_string(buf, fx_json_element(json, op->args, index)->text);
    }
    fx_buf_append_byte(buf, ']');
    if (resume != RESUME_NONE) {
        fx_json_add_bool(buf, FX_STR("resumed"), resume == RESUME_REST);
    }
    end_answer(stream);
}

static void answer_ping(struct fx_push_stream *stream, const struct fx_push_stream_op *op)
{
    (void)begin_answer(stream->push, op, FX_STR("pong"));
    end_answer(stream);
}

/* ---- subscribe -------------------------------------------------------------------------------
 */

static fx_status read_one(struct fx_push_stream *stream,
                          const struct fx_json_token *token,
                          struct wanted *wanted)
{
    const struct fx_push *push = stream->push;
    enum fx_push_inbox_topic topic = FX_PUSH_INBOX_TOPIC_ORDER;
    if (!fx_push_budget_spend(&stream->budget, fx_net_server_now_ms(push->options.server))) {
        stream->refused++;
        return FX_RATE_LIMITED;
    }
    if (token->kind != FX_JSON_STRING || token->is_escaped) {
        return FX_BAD_PARAMETER;
    }
    if (fx_push_inbox_topic_of(token->text, &topic)) {
        wanted->private_topics |= 1U << (uint32_t)topic;
        return stream->user_id == 0 ? FX_UNAUTHORIZED : FX_OK;
    }
    if (wanted->count == WANTED_MAX) {
        return FX_CAPACITY;
    }
    const fx_status status = fx_push_topic_parse(push->options.market,
                                                 token->text,
                                                 push->options.book_levels,
                                                 &wanted->topics[wanted->count]);
    wanted->count += status == FX_OK;
    return status;
}

/* All names are good, or nothing is done. */
static struct outcome read_all(struct fx_push_stream *stream,
                               const struct fx_push_stream_op *op,
                               const struct fx_json *json,
                               struct wanted *wanted)
{
    struct outcome outcome = {.status = FX_OK};
    if (op->args == NULL || op->args->count == 0) {
        outcome.status = FX_BAD_PARAMETER;
        return outcome;
    }
    const struct fx_json_token *token = op->args + 1;
    for (uint32_t index = 0; outcome.status == FX_OK && index < op->args->count; index++) {
        outcome.arg = token->kind == FX_JSON_STRING ? token->text : (fx_str){0};
        outcome.status = read_one(stream, token, wanted);
        token = &json->tokens[token->next];
    }
    return outcome;
}

/* Join the rooms; those of them that are new must fit. */
static fx_status join_all(struct fx_push_stream *stream, struct wanted *wanted)
{
    struct fx_push *push = stream->push;
    uint32_t count = stream->rooms.count;
    fx_status status = FX_OK;
    for (uint32_t index = 0; status == FX_OK && index < wanted->count; index++) {
        status = fx_push_public_open(push, &wanted->topics[index], &wanted->publics[index]);
        const bool is_new =
            status == FX_OK &&
            fx_push_hub_member(&stream->rooms, fx_push_public_name(wanted->publics[index])) == NULL;
        count += is_new;
    }
    if (status == FX_OK && count > push->options.rooms_max) {
        status = FX_CAPACITY;
    }
    if (status == FX_OK && wanted->private_topics != 0) {
        status = fx_push_private_enter(stream);
    }
    for (uint32_t index = 0; status == FX_OK && index < wanted->count; index++) {
        status = fx_push_hub_join(
            &push->stream_hub, &stream->rooms, fx_push_public_name(wanted->publics[index]));
    }
    return status;
}

static enum resume begin_private(const struct fx_push_stream *stream,
                                 const struct fx_push_stream_op *op,
                                 const struct wanted *wanted)
{
    if (wanted->private_topics == 0) {
        return RESUME_NONE;
    }
    fx_push_notify_send(stream->push); /* what is gathered is in the view: before, not after */
    const bool is_known =
        op->epoch.size > 0 && fx_push_inbox_can_resume(stream->inbox, op->epoch, op->seq);
    return is_known ? RESUME_REST : RESUME_SNAPSHOT;
}

static void welcome(struct fx_push_stream *stream, const struct wanted *wanted)
{
    for (uint32_t index = 0; index < wanted->count; index++) {
        struct fx_push_hub_member *member =
            fx_push_hub_member(&stream->rooms, fx_push_public_name(wanted->publics[index]));
        FX_ASSERT(member != NULL);
        fx_push_stream_topic_welcome(stream->push, wanted->publics[index], member);
    }
}

static void subscribe(struct fx_push_stream *stream,
                      const struct fx_push_stream_op *op,
                      const struct fx_json *json)
{
    struct wanted wanted = {.count = 0};
    struct outcome outcome = {.status = FX_UNAUTHORIZED};
    if (stream->user_id != 0 || !stream->push->options.is_auth_required) {
        outcome = read_all(stream, op, json, &wanted);
    }
    if (outcome.status == FX_OK) {
        outcome = (struct outcome){.status = join_all(stream, &wanted)};
    }
    if (outcome.status != FX_OK) {
        answer(stream, op, &outcome);
        return;
    }
    const enum resume resume = begin_private(stream, op, &wanted);
    answer_args(stream, op, json, resume);
    stream->topics |= wanted.private_topics;
    stream->push->stats.resumed += resume == RESUME_REST;
    stream->push->stats.begun += resume == RESUME_SNAPSHOT;
    if (resume == RESUME_REST) {
        fx_push_private_resume(stream, wanted.private_topics, op->seq);
    } else if (resume == RESUME_SNAPSHOT) {
        fx_push_private_snapshot(stream, wanted.private_topics);
    }
    welcome(stream, &wanted);
}

static void unsubscribe(struct fx_push_stream *stream,
                        const struct fx_push_stream_op *op,
                        const struct fx_json *json)
{
    struct wanted wanted = {.count = 0};
    struct fx_push *push = stream->push;
    char name[FX_PUSH_TOPIC_NAME_SIZE_MAX];
    const struct outcome outcome = read_all(stream, op, json, &wanted);
    if (outcome.status != FX_OK) {
        answer(stream, op, &outcome);
        return;
    }
    for (uint32_t index = 0; index < wanted.count; index++) {
        (void)fx_push_hub_leave(
            &push->stream_hub,
            &stream->rooms,
            fx_push_topic_format(push->options.market, &wanted.topics[index], name));
    }
    stream->topics &= ~wanted.private_topics;
    if (stream->topics == 0) {
        fx_push_private_leave(stream);
    }
    answer_args(stream, op, json, RESUME_NONE);
}

/* ---- auth ------------------------------------------------------------------------------------
 */

static bool has_scheme(fx_str token)
{
    const fx_str scheme = FX_STR("Bearer ");
    return fx_str_is_equal_nocase(fx_str_slice(token, 0, scheme.size), scheme);
}

static bool is_word(const struct fx_json_token *token)
{
    return token->kind == FX_JSON_STRING && !token->is_escaped;
}

/* One connection is one user's for ever: another user opens another one. */
static bool is_other(const struct fx_push_stream *stream, uint64_t user_id)
{
    return stream->user_id != 0 && stream->user_id != user_id;
}

static fx_status authenticate_by_token(struct fx_push_stream *stream, fx_str token)
{
    const struct fx_push *push = stream->push;
    const struct fx_push_auth_judge judge =
        fx_push_client_judge(stream->push, fx_net_server_peer(push->options.server, stream->token));
    const struct fx_push_auth auth = fx_push_auth_of_token(&judge, token);
    if (auth.verdict != FX_PUSH_AUTH_GOOD) {
        return auth.verdict == FX_PUSH_AUTH_LIMITED ? FX_RATE_LIMITED : FX_BAD_TOKEN;
    }
    if (is_other(stream, auth.user_id)) {
        return FX_FORBIDDEN;
    }
    stream->user_id = auth.user_id;
    stream->expires_at_s = auth.expires_at_s;
    stream->is_trade_allowed = true;
    stream->key_id = 0;
    stream->key_size = 0;
    stream->claims = auth.claims;
    return FX_OK;
}

static fx_status authenticate_by_key(struct fx_push_stream *stream,
                                     const struct fx_push_key_proof *proof)
{
    struct fx_push *push = stream->push;
    struct fx_push_key_owner owner = {0};
    if (push->options.keys.check == NULL || proof->key.size > sizeof stream->key) {
        return FX_BAD_SIGNATURE;
    }
    const fx_status status = push->options.keys.check(push->options.keys.self, proof, &owner);
    if (status != FX_OK) {
        return status;
    }
    if (!owner.is_read_allowed || is_other(stream, owner.user_id)) {
        return FX_FORBIDDEN;
    }
    stream->user_id = owner.user_id;
    stream->expires_at_s = 0;
    stream->is_trade_allowed = owner.is_trade_allowed;
    stream->key_id = owner.key_id;
    stream->key_size = (uint8_t)proof->key.size;
    memcpy(stream->key, proof->key.data, proof->key.size);
    stream->renew_key_ms = fx_net_server_now_ms(push->options.server) + FX_PUSH_STREAM_RENEW_KEY_MS;
    return FX_OK;
}

/* ["Bearer <jwt>"] or ["<apikey>", <expires ms>, "<hex>"]. */
static fx_status authenticate(struct fx_push_stream *stream,
                              const struct fx_push_stream_op *op,
                              const struct fx_json *json)
{
    const struct fx_json_token *first = op->args == NULL ? NULL : op->args + 1;
    if (first == NULL || !is_word(first)) {
        return FX_BAD_PARAMETER;
    }
    if (op->args->count == 1 && has_scheme(first->text)) {
        return authenticate_by_token(stream, first->text);
    }
    if (op->args->count != 3) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_json_token *expires = fx_json_element(json, op->args, 1);
    const struct fx_json_token *signature = fx_json_element(json, op->args, 2);
    if ((expires->kind != FX_JSON_NUMBER && !is_word(expires)) || !is_word(signature)) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_push_key_proof proof = {
        .key = first->text,
        .expires = expires->text,
        .signature = signature->text,
        .peer = fx_net_server_peer(stream->push->options.server, stream->token)};
    return authenticate_by_key(stream, &proof);
}

/* ---- the door --------------------------------------------------------------------------------
 */

static bool is_rest(const struct fx_push_stream_op *op)
{
    return op->kind >= FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT;
}

/* Take a message off the connection's budget. @return false where nothing is left. */
static bool spend(struct fx_push_stream *stream)
{
    const int64_t now_ms = fx_net_server_now_ms(stream->push->options.server);
    const bool is_good = fx_push_budget_spend(&stream->budget, now_ms);
    stream->refused += is_good ? 0 : 1;
    return is_good;
}

/* An order has the limits of REST; where it does not get as far as those, it counts here. */
static fx_status request_order(struct fx_push_stream *stream,
                               const struct fx_push_stream_op *op,
                               const struct fx_json *json)
{
    const fx_status status = fx_push_stream_order_request(stream, op, json);
    const bool is_free = status == FX_OK || stream->user_id == 0; /* whose message counted before */
    return is_free || spend(stream) ? status : FX_RATE_LIMITED;
}

void fx_push_stream_request(struct fx_push_stream *stream, fx_str text)
{
    struct fx_push *push = stream->push;
    struct fx_push_stream_op op;
    struct outcome outcome = {.status = fx_push_stream_op_parse(&push->json, text, &op)};
    const bool is_free = outcome.status == FX_OK && is_rest(&op) && stream->user_id != 0;
    if (!is_free && !spend(stream)) {
        outcome.status = FX_RATE_LIMITED;
    }
    if (outcome.status != FX_OK) {
        answer(stream, &op, &outcome);
        return;
    }
    switch (op.kind) {
    case FX_PUSH_STREAM_OP_PING:
        answer_ping(stream, &op);
        return;
    case FX_PUSH_STREAM_OP_SUBSCRIBE:
        subscribe(stream, &op, &push->json);
        return;
    case FX_PUSH_STREAM_OP_UNSUBSCRIBE:
        unsubscribe(stream, &op, &push->json);
        return;
    case FX_PUSH_STREAM_OP_AUTH:
        outcome.status = authenticate(stream, &op, &push->json);
        break;
    case FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT:
    case FX_PUSH_STREAM_OP_ORDER_CREATE:
    case FX_PUSH_STREAM_OP_ORDER_AMEND:
    case FX_PUSH_STREAM_OP_ORDER_CANCEL:
        outcome.status = request_order(stream, &op, &push->json);
        if (outcome.status == FX_OK) {
            return;
        }
        break;
    case FX_PUSH_STREAM_OP_UNKNOWN:
    default:
        outcome.status = FX_ROUTE_NOT_FOUND;
        break;
    }
    answer(stream, &op, &outcome);
}

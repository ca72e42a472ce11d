/* Ops of the plain stream that REST answers: orders, and the dead man's switch behind
 * cancel_on_disconnect. The request goes through the same route, rights and limits as its HTTP
 * form; the answer comes back with its ticket, at once or when the engine's result is durable. */
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"
#include "push/push_stream_op.h"

enum {
    PATH_SIZE_MAX = 160,
    NAME_SIZE_MAX = 64, /* of an order's id or a symbol */
    HTTP_REFUSED = 300,
    COUNTDOWN_MS_MIN = 1000,
    COUNTDOWN_MS_MAX = 60 * 60 * 1000
};

/* A text that is put together where it lies. */
struct line {
    char text[PATH_SIZE_MAX];
    size_t size;
};

static void add(struct line *line, fx_str more)
{
    FX_ASSERT(line->size + more.size <= sizeof line->text);
    memcpy(line->text + line->size, more.data, more.size);
    line->size += more.size;
}

static fx_str text_of(const struct line *line)
{
    return (fx_str){line->text, line->size};
}

/* Ids and symbols go into a path: nothing else than what they are made of. */
static bool is_name(const struct fx_json_token *token)
{
    if (token == NULL || (token->kind != FX_JSON_STRING && token->kind != FX_JSON_NUMBER) ||
        token->text.size == 0 || token->text.size > NAME_SIZE_MAX) {
        return false;
    }
    for (size_t index = 0; index < token->text.size; index++) {
        const char byte = token->text.data[index];
        const bool is_word = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                             (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
                             byte == '.' || byte == ':';
        if (!is_word) {
            return false;
        }
    }
    return true;
}

/* The order's id: id, tmpId or clientOrderId, as DELETE /order/:id takes it. */
static const struct fx_json_token *find_id(const struct fx_json *json,
                                           const struct fx_json_token *object)
{
    static const fx_str NAMES[] = {{"id", 2}, {"tmpId", 5}, {"clientOrderId", 13}};
    const struct fx_json_token *token = NULL;
    for (size_t index = 0; token == NULL && index < sizeof NAMES / sizeof NAMES[0]; index++) {
        token = fx_json_member(json, object, NAMES[index]);
    }
    return token;
}

static fx_status send_call(struct fx_push_stream *stream,
                           const struct fx_push_stream_op *op,
                           struct fx_push_call *call)
{
    struct fx_push *push = stream->push;
    call->user_id = stream->user_id;
    call->key_id = stream->key_id;
    call->is_trade_allowed = stream->is_trade_allowed;
    call->peer = fx_net_server_peer(push->options.server, stream->token);
    call->ticket = fx_push_ticket_acquire(&push->tickets, stream->token, op, stream->countdown_ms);
    if (call->ticket == 0) {
        return FX_BUSY;
    }
    if (op->kind == FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT) {
        stream->countdown_ticket = call->ticket; /* the answer may come from inside of the call */
    }
    push->options.backend.call(push->options.backend.self, call);
    return FX_OK;
}

/* ---- orders ----------------------------------------------------------------------------------
 */

static fx_status read_target(const struct fx_json *json,
                             const struct fx_json_token *object,
                             struct line *path,
                             struct line *query)
{
    const struct fx_json_token *id = find_id(json, object);
    const struct fx_json_token *symbol = fx_json_member(json, object, FX_STR("symbol"));
    if (!is_name(id) || (symbol != NULL && !is_name(symbol))) {
        return FX_BAD_PARAMETER;
    }
    add(path, FX_STR("/api/v1/order/"));
    add(path, id->text);
    if (symbol != NULL) {
        add(query, FX_STR("symbol="));
        add(query, symbol->text);
    }
    return FX_OK;
}

/* @return OK: an answer comes; else why not. */
static fx_status send_order(struct fx_push_stream *stream,
                            const struct fx_push_stream_op *op,
                            const struct fx_json *json)
{
    struct line path = {.size = 0};
    struct line query = {.size = 0};
    struct fx_push_call call = {.method = FX_NET_HTTP_METHOD_POST};
    const struct fx_json_token *object = op->args == NULL ? NULL : op->args + 1;
    if (object == NULL || op->args->count != 1 || object->kind != FX_JSON_OBJECT) {
        return FX_BAD_PARAMETER;
    }
    if (op->kind == FX_PUSH_STREAM_OP_ORDER_CREATE) {
        add(&path, FX_STR("/api/v1/order"));
        add(&query, FX_STR("wait=result"));
        call.body = object->text;
    } else {
        const bool is_amend = op->kind == FX_PUSH_STREAM_OP_ORDER_AMEND;
        const fx_status status = read_target(json, object, &path, &query);
        if (status != FX_OK) {
            return status;
        }
        call.method = is_amend ? FX_NET_HTTP_METHOD_PUT : FX_NET_HTTP_METHOD_DELETE;
        call.body = is_amend ? object->text : (fx_str){0};
    }
    call.path = text_of(&path);
    call.query = text_of(&query);
    return send_call(stream, op, &call);
}

/* ---- cancel_on_disconnect --------------------------------------------------------------------
 */

static fx_status arm(struct fx_push_stream *stream,
                     const struct fx_push_stream_op *op,
                     uint32_t countdown_ms)
{
    struct fx_push *push = stream->push;
    struct fx_push_call call = {.method = FX_NET_HTTP_METHOD_POST,
                                .path = FX_STR("/api/v1/order/cancel-all-after")};
    const int64_t now_ms = fx_net_server_now_ms(push->options.server);
    char digits[FX_DEC_TEXT_SIZE_MAX];
    struct line body = {.size = 0};
    add(&body, FX_STR("{\"countdown\":"));
    add(&body, (fx_str){digits, fx_dec_format(fx_dec_one() * countdown_ms, digits)});
    add(&body, FX_STR("}"));
    call.body = text_of(&body);
    stream->renew_ms = now_ms + stream->countdown_ms / 2;
    const fx_status status = send_call(stream, op, &call);
    if (status != FX_OK) {
        stream->renew_ms = now_ms;
    }
    return status;
}

/* While the connection lives the switch is armed again and again, for half as long again: so the
 * orders end too where this process dies. When the connection ends it is set to the time exactly.
 */
static uint32_t alive_ms(uint32_t countdown_ms)
{
    return countdown_ms + countdown_ms / 2;
}

static void renew(struct fx_push_stream *stream)
{
    const struct fx_push_stream_op op = {.kind = FX_PUSH_STREAM_OP_UNKNOWN};
    /* One that fails is made up for by the next. */
    (void)arm(stream, &op, alive_ms(stream->countdown_ms));
}

/* The engine has one switch per user. Another connection of the user that asked for it; NULL: this
 * was the last one. */
static struct fx_push_stream *find_other(const struct fx_push_stream *stream)
{
    struct fx_push_stream *other = stream->push->streams;
    while (other != NULL &&
           (other == stream || other->user_id != stream->user_id || other->countdown_ms == 0)) {
        other = other->next;
    }
    return other;
}

/* What was asked for is not to be had: what was granted before goes on, armed anew at once, since
 * its time may be the shorter one. */
static void fall_back(struct fx_push_stream *stream, uint32_t countdown_ms)
{
    stream->countdown_ms = countdown_ms;
    stream->renew_ms = fx_net_server_now_ms(stream->push->options.server);
}

static fx_status start_countdown(struct fx_push_stream *stream, const struct fx_push_stream_op *op)
{
    const struct fx_json_token *first = op->args == NULL ? NULL : op->args + 1;
    const uint32_t before_ms = stream->countdown_ms;
    uint64_t countdown_ms = 0;
    if (first == NULL || op->args->count != 1 || first->kind != FX_JSON_NUMBER ||
        !fx_str_parse_u64(first->text, &countdown_ms) || countdown_ms > COUNTDOWN_MS_MAX ||
        (countdown_ms != 0 && countdown_ms < COUNTDOWN_MS_MIN)) {
        return FX_BAD_PARAMETER;
    }
    stream->countdown_ms = (uint32_t)countdown_ms;
    /* Off for this connection is not off for the others. */
    const struct fx_push_stream *other = countdown_ms == 0 ? find_other(stream) : NULL;
    const uint32_t wanted_ms = other == NULL ? stream->countdown_ms : other->countdown_ms;
    const fx_status status = arm(stream, op, alive_ms(wanted_ms));
    if (status != FX_OK) {
        fall_back(stream, before_ms);
    }
    return status;
}

static struct fx_push_stream *find_stream(const struct fx_push *push,
                                          struct fx_net_server_token token)
{
    struct fx_push_stream *stream = push->streams;
    while (stream != NULL &&
           (stream->token.slot != token.slot || stream->token.generation != token.generation)) {
        stream = stream->next;
    }
    return stream;
}

/* A countdown was granted or refused; of several that are under way the last one counts. */
static void settle_countdown(const struct fx_push *push,
                             const struct fx_push_ticket *ticket,
                             uint64_t number,
                             bool is_granted)
{
    struct fx_push_stream *stream = find_stream(push, ticket->token);
    if (stream == NULL) {
        return;
    }
    if (is_granted) {
        stream->granted_ms = ticket->note;
    } else if (number == stream->countdown_ticket) {
        fall_back(stream, stream->granted_ms);
    }
}

void fx_push_stream_order_tick(struct fx_push_stream *stream, int64_t now_ms)
{
    if (stream->countdown_ms != 0 && now_ms >= stream->renew_ms) {
        renew(stream);
    }
}

void fx_push_stream_order_lost(struct fx_push_stream *stream)
{
    const struct fx_push_stream_op op = {.kind = FX_PUSH_STREAM_OP_UNKNOWN};
    if (stream->countdown_ms == 0 || stream->push->is_stopping) { /* then it is armed long enough */
        return;
    }
    struct fx_push_stream *other = find_other(stream);
    if (other != NULL) {
        renew(other);
    } else {
        (void)arm(stream, &op, stream->countdown_ms); /* else it ends half as long later */
    }
}

/* ---- the door --------------------------------------------------------------------------------
 */

fx_status fx_push_stream_order_request(struct fx_push_stream *stream,
                                       const struct fx_push_stream_op *op,
                                       const struct fx_json *json)
{
    if (stream->push->options.backend.call == NULL) {
        return FX_NOT_IMPLEMENTED;
    }
    if (stream->user_id == 0) {
        return FX_UNAUTHORIZED;
    }
    return op->kind == FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT ? start_countdown(stream, op)
                                                              : send_order(stream, op, json);
}

/* REST says {"code":…,"message":…,…}: the stream has code and msg in every refusal. */
static void append_error(struct fx_push *push, struct fx_buf *buf, fx_str body)
{
    fx_json_add_bool(buf, FX_STR("success"), false);
    if (fx_json_parse(&push->json, body) != FX_OK) {
        fx_json_add_str(buf, FX_STR("code"), fx_str_of(fx_status_name(FX_INTERNAL)));
        fx_json_add_str(buf, FX_STR("msg"), fx_str_of(fx_status_text(FX_INTERNAL)));
        return;
    }
    const struct fx_json_token *root = &push->json.tokens[0];
    const struct fx_json_token *code = fx_json_member(&push->json, root, FX_STR("code"));
    const struct fx_json_token *text = fx_json_member(&push->json, root, FX_STR("message"));
    fx_json_add_str(buf, FX_STR("code"), code == NULL ? (fx_str){0} : code->text);
    fx_json_append_key(buf, FX_STR("msg"));
    fx_buf_append_byte(buf, '"');
    fx_buf_append(buf, text == NULL ? (fx_str){0} : text->text); /* escaped as it came */
    fx_buf_append_byte(buf, '"');
    fx_json_append_key(buf, FX_STR("error"));
    fx_buf_append(buf, body);
}

void fx_push_stream_order_answer(
    struct fx_push *push,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a ticket, then a status of HTTP
    uint64_t number,
    int http_status,
    fx_str body)
{
    struct fx_push_ticket ticket;
    struct fx_buf *buf = &push->text;
    if (!fx_push_ticket_release(&push->tickets, number, &ticket) ||
        ticket.kind == FX_PUSH_STREAM_OP_UNKNOWN ||
        !fx_net_server_is_open(push->options.server, ticket.token)) {
        return;
    }
    if (ticket.kind == FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT) {
        settle_countdown(push, &ticket, number, http_status < HTTP_REFUSED);
    }
    fx_buf_clear(buf);
    fx_buf_append_byte(buf, '{');
    if (ticket.id_size > 0) {
        fx_json_append_key(buf, FX_STR("id"));
        fx_buf_append(buf, (fx_str){ticket.id, ticket.id_size});
    }
    fx_json_add_str(buf, FX_STR("op"), fx_push_stream_op_name(ticket.kind));
    if (http_status < HTTP_REFUSED) {
        fx_json_add_bool(buf, FX_STR("success"), true);
        fx_json_append_key(buf, FX_STR("data"));
        fx_buf_append(buf, body);
    } else {
        append_error(push, buf, body);
    }
    fx_json_add_int(buf, FX_STR("ts"), push->options.wall_us(push->options.clock_self) / 1000);
    fx_buf_append_byte(buf, '}');
    fx_push_stream_send_to(push, ticket.token, fx_buf_str(buf));
}

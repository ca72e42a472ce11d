#include <string.h>

#include "api/api_group_int.h"
#include "api/api_int.h"
#include "api/api_rate_int.h"
#include "api/api_reply_int.h"
#include "api/api_witness_int.h"
#include "base/crypto.h"
#include "net/net_origin.h"
#include "view/view_margin.h"
#include "wire/wire_rows.h"

enum { US_PER_MS = 1000, RETRY_AFTER_S = 1 };

static bool is_id_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' || byte == ':';
}

static bool is_sane_id(fx_str id)
{
    if (id.size == 0 || id.size > FX_API_REQUEST_ID_SIZE_MAX) {
        return false;
    }
    for (size_t index = 0; index < id.size; index++) {
        if (!is_id_byte(id.data[index])) {
            return false;
        }
    }
    return true;
}

/* Sixteen hexadecimal digits, spread so that neighbours do not look alike (the constant is odd, so
 * no two numbers give the same text). */
static fx_str make_id(struct fx_api *api, char text[16])
{
    static const char HEX[] = "0123456789abcdef";
    api->request_last++;
    uint64_t number = api->request_last * 0x9E3779B97F4A7C15ULL;
    for (size_t index = 0; index < 16; index++) {
        text[index] = HEX[number >> 60U];
        number <<= 4U;
    }
    return (fx_str){text, 16};
}

void fx_api_reply_target(struct fx_api *api,
                         const struct fx_net_server_call *call,
                         struct fx_api_target *target_out)
{
    char made[16];
    fx_str id = fx_net_http_value(call->request, FX_STR("x-request-id"));
    if (!is_sane_id(id)) {
        id = make_id(api, made);
    }
    target_out->token = call->token;
    target_out->request_id_size = (uint32_t)id.size;
    memcpy(target_out->request_id, id.data, id.size);
    fx_str cookie = {0};
    target_out->is_credentialed = fx_net_http_find(call->request, FX_STR("cookie"), &cookie);
}

void fx_api_reply_stream_target(struct fx_api *api,
                                uint64_t ticket,
                                struct fx_api_target *target_out)
{
    target_out->ticket = ticket;
    target_out->request_id_size = (uint32_t)make_id(api, target_out->request_id).size;
}

static fx_str id_of(const struct fx_api_target *target)
{
    return (fx_str){target->request_id, target->request_id_size};
}

static int64_t now_ms(const struct fx_api *api)
{
    return api->options.wall_us(api->options.clock_self) / US_PER_MS;
}

struct fx_buf *fx_api_reply_begin(struct fx_api *api)
{
    fx_buf_clear(&api->reply);
    return &api->reply;
}

static void expose(struct fx_buf *headers)
{
    fx_buf_append(headers,
                  FX_STR("access-control-expose-headers: x-request-id, x-server-time, ratelimit, "
                         "ratelimit-policy, retry-after, x-next-cursor, link\r\n"));
}

/* Whose pages may read the answer. With a list the answer differs by origin, and caches are told
 * so. Never with credentials: a token in a header is nothing that a foreign page can send by
 * itself, and a request that carries a cookie gets no open door. */
static void append_cors(struct fx_api *api, const struct fx_api_target *target)
{
    struct fx_buf *headers = &api->headers;
    if (api->options.origins == NULL) {
        if (!target->is_credentialed) {
            fx_buf_append(headers, FX_STR("access-control-allow-origin: *\r\n"));
            expose(headers);
        }
        return;
    }
    const struct fx_net_http_request *request =
        fx_net_server_request(api->options.server, target->token);
    const fx_str origin =
        request == NULL ? (fx_str){0} : fx_net_http_value(request, FX_STR("origin"));
    bool is_any = false;
    fx_buf_append(headers, FX_STR("vary: origin\r\n"));
    if (origin.size > 0 &&
        fx_net_origin_is_listed(fx_str_of(api->options.origins), origin, &is_any) &&
        fx_net_http_write_header(headers, FX_STR("access-control-allow-origin"), origin)) {
        expose(headers);
    }
}

static void begin_headers(struct fx_api *api, const struct fx_api_target *target)
{
    struct fx_buf *headers = &api->headers;
    fx_buf_clear(headers);
    if (target->ticket != 0) {
        return; /* no HTTP, no headers */
    }
    fx_buf_append(headers, FX_STR("x-request-id: "));
    fx_buf_append(headers, id_of(target));
    fx_buf_append(headers, FX_STR("\r\nx-server-time: "));
    fx_buf_append_i64(headers, now_ms(api));
    fx_buf_append(headers,
                  FX_STR("\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n"
                         "content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"
                         "referrer-policy: no-referrer\r\n"));
    fx_api_rate_append(api, &target->rate, headers);
    append_cors(api, target);
}

/* Send status, type and body with the headers that were begun. */
static void deliver(struct fx_api *api,
                    const struct fx_api_target *target,
                    struct fx_net_http_response response)
{
    if (target->group != 0) {
        fx_api_group_put(api, target);
        return;
    }
    if (target->ticket != 0) {
        const struct fx_api_stream *stream = &api->options.stream;
        stream->answer(stream->self, target->ticket, response.status, response.body);
        return;
    }
    response.headers = fx_buf_str(&api->headers);
    if (target->witness != 0) {
        fx_api_witness_put(api, target, &response, api->said);
        return;
    }
    fx_net_server_respond(api->options.server, target->token, &response);
}

static void respond(struct fx_api *api, const struct fx_api_target *target, int http_status)
{
    const struct fx_net_http_response response = {
        .status = http_status,
        .content_type = http_status == 204 ? (fx_str){0} : FX_STR("application/json"),
        .body = fx_buf_str(&api->reply)};
    deliver(api, target, response);
}

void fx_api_reply_send_body(struct fx_api *api, const struct fx_api_target *target, fx_str body)
{
    const struct fx_net_http_response response = {
        .status = 200, .content_type = FX_STR("application/json"), .body = body};
    begin_headers(api, target);
    deliver(api, target, response);
}

void fx_api_reply_send(struct fx_api *api, const struct fx_api_target *target, int http_status)
{
    if (api->reply.is_overflow) {
        const struct fx_wire_public_error error = {.status = FX_NO_MEMORY};
        fx_api_reply_error(api, target, &error, 0);
        return;
    }
    begin_headers(api, target);
    respond(api, target, http_status);
}

void fx_api_reply_send_text(struct fx_api *api,
                            const struct fx_api_target *target,
                            // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): type, headers
                            fx_str content_type,
                            fx_str headers)
{
    if (api->reply.is_overflow) {
        fx_api_reply_send(api, target, 200); /* says so */
        return;
    }
    const struct fx_net_http_response response = {
        .status = 200, .content_type = content_type, .body = fx_buf_str(&api->reply)};
    begin_headers(api, target);
    fx_buf_append(&api->headers, headers);
    deliver(api, target, response);
}

void fx_api_reply_error(struct fx_api *api,
                        const struct fx_api_target *target,
                        const struct fx_wire_public_error *error,
                        uint32_t allow)
{
    struct fx_wire_public_error said = *error;
    const int http_status = fx_status_http(error->status);
    api->limited += error->status == FX_RATE_LIMITED ? 1 : 0;
    said.request_id = id_of(target);
    said.time_ms = now_ms(api);
    fx_wire_public_error(fx_api_reply_begin(api), &said);
    begin_headers(api, target);
    if (http_status == 401) {
        fx_buf_append(&api->headers, FX_STR("www-authenticate: Bearer\r\n"));
    }
    if (http_status == 503 || http_status == 429) {
        fx_buf_append(&api->headers, FX_STR("retry-after: "));
        fx_buf_append_u64(&api->headers,
                          target->rate.retry_s != 0 ? target->rate.retry_s : RETRY_AFTER_S);
        fx_buf_append(&api->headers, FX_STR("\r\n"));
    }
    if (http_status == 405) {
        fx_buf_append(&api->headers, FX_STR("allow: "));
        fx_api_router_append_methods(&api->headers, allow);
        fx_buf_append(&api->headers, FX_STR("\r\n"));
    }
    api->said = error->status;
    respond(api, target, http_status);
    api->said = FX_OK;
}

void fx_api_reply_refusal(
    struct fx_api *api,
    fx_status status,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in the order on the wire
    struct fx_buf *headers,
    struct fx_buf *body)
{
    struct fx_api_target target = {.request_id_size = 0};
    target.request_id_size = (uint32_t)make_id(api, target.request_id).size;
    const struct fx_wire_public_error error = {
        .status = status, .request_id = id_of(&target), .time_ms = now_ms(api)};
    fx_wire_public_error(body, &error);
    begin_headers(api, &target);
    fx_buf_append(headers, fx_buf_str(&api->headers));
}

void fx_api_reply_fail(struct fx_api *api, const struct fx_api_target *target, fx_status status)
{
    const struct fx_wire_public_error error = {.status = status};
    fx_api_reply_error(api, target, &error, 0);
}

void fx_api_reply_unknown(struct fx_api *api, const struct fx_api_target *target, fx_status status)
{
    const struct fx_wire_public_error error = {.status = status, .executed = FX_STR("unknown")};
    fx_api_reply_error(api, target, &error, 0);
}

void fx_api_reply_done(struct fx_api *api, const struct fx_api_target *target)
{
    fx_buf_append(fx_api_reply_begin(api), FX_STR("{}"));
    fx_api_reply_send(api, target, 200);
}

void fx_api_reply_reject(struct fx_api *api,
                         const struct fx_api_target *target,
                         const struct fx_reject *reject)
{
    struct fx_wire_public_error error = {
        .status = reject->status,
        .field = fx_str_of(fx_instrument_field_name((enum fx_field)reject->field)),
        .has_limit = reject->has_limit != 0,
        .has_nearest = reject->has_nearest != 0,
        .limit = reject->limit,
        .nearest = reject->nearest};
    if (reject->status == FX_EXPIRE_TIME_TOO_EARLY && error.has_limit) {
        /* The engine says microseconds; the API speaks of whole milliseconds. */
        error.limit = fx_dec_div_int(reject->limit, US_PER_MS, FX_ROUND_CEIL) * fx_dec_one();
    }
    if (reject->status == FX_MAX_NUM_ORDERS || reject->status == FX_MAX_NUM_ALGO_ORDERS) {
        error.limit = reject->limit * fx_dec_one(); /* the engine says a plain number */
    }
    fx_api_reply_error(api, target, &error, 0);
}

void fx_api_reply_preflight(struct fx_api *api,
                            const struct fx_api_target *target,
                            uint32_t methods)
{
    (void)fx_api_reply_begin(api);
    begin_headers(api, target);
    fx_buf_append(&api->headers, FX_STR("access-control-allow-methods: "));
    fx_api_router_append_methods(&api->headers, methods);
    fx_buf_append(&api->headers, FX_STR("\r\nallow: "));
    fx_api_router_append_methods(&api->headers, methods);
    fx_buf_append(&api->headers,
                  FX_STR("\r\naccess-control-allow-headers: authorization, content-type, prefer, "
                         "x-request-id, apikey, signature, timestamp, "
                         "x-signature-version, x-recv-window\r\n"
                         "access-control-max-age: 600\r\n"));
    respond(api, target, 204);
}

struct fx_buf *fx_api_reply_begin_list(struct fx_api *api)
{
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append(buf, FX_STR("{\"data\":["));
    return buf;
}

void fx_api_reply_append_cursor(struct fx_buf *buf, uint64_t id)
{
    fx_crypto_base64url_encode(buf, fx_crypto_str(&id, sizeof id));
}

/* Open the object that ends the buffer again. */
static bool reopen(struct fx_buf *buf)
{
    if (!buf->is_overflow) {
        buf->size--;
    }
    return !buf->is_overflow;
}

void fx_api_reply_append_position(struct fx_buf *buf,
                                  const struct fx_view *view,
                                  const struct fx_rows_position *row)
{
    struct fx_view_margin_position margin;
    fx_view_margin_of_position(view, row, &margin);
    fx_wire_rows_position(buf, row);
    if (reopen(buf)) {
        fx_json_add_dec(buf, FX_STR("markPrice"), margin.mark_price);
        fx_json_add_dec(buf, FX_STR("notional"), margin.notional);
        fx_json_add_dec(buf, FX_STR("unrealizedPnl"), margin.unrealized);
        fx_json_add_dec(buf, FX_STR("initialMargin"), margin.initial);
        fx_json_add_dec(buf, FX_STR("maintenanceMargin"), margin.maintenance);
        fx_buf_append_byte(buf, '}');
    }
}

void fx_api_reply_append_account(struct fx_buf *buf,
                                 const struct fx_view *view,
                                 const struct fx_rows_account *row)
{
    struct fx_view_margin_account margin;
    fx_view_margin_of_account(view, row, &margin);
    fx_wire_rows_account(buf, row);
    if (reopen(buf)) {
        fx_json_add_dec(buf, FX_STR("isolatedMargin"), margin.isolated);
        fx_json_add_dec(buf, FX_STR("orderMargin"), margin.reserved);
        fx_json_add_dec(buf, FX_STR("initialMargin"), margin.initial);
        fx_json_add_dec(buf, FX_STR("maintenanceMargin"), margin.maintenance);
        fx_json_add_dec(buf, FX_STR("unrealizedPnl"), margin.unrealized);
        fx_json_add_dec(
            buf, FX_STR("marginBalance"), row->balance + row->reward_balance + margin.unrealized);
        fx_json_add_dec(buf, FX_STR("availableMargin"), margin.available);
        fx_json_add_dec(buf, FX_STR("withdrawable"), margin.withdrawable);
        fx_buf_append_byte(buf, '}');
    }
}

void fx_api_reply_send_list(struct fx_api *api, const struct fx_api_target *target, uint64_t cursor)
{
    fx_buf_append_byte(&api->reply, ']');
    if (cursor != 0) {
        fx_json_append_key(&api->reply, FX_STR("nextCursor"));
        fx_buf_append_byte(&api->reply, '"');
        fx_api_reply_append_cursor(&api->reply, cursor);
        fx_buf_append_byte(&api->reply, '"');
    }
    fx_buf_append_byte(&api->reply, '}');
    fx_api_reply_send(api, target, 200);
}

void fx_api_reply_send_rows(struct fx_api *api,
                            const struct fx_api_target *target,
                            const struct fx_api_reply_rows *rows)
{
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    const char *row = rows->rows;
    uint64_t last = 0;
    for (uint32_t index = 0; index < rows->count; index++) {
        fx_json_append_comma(buf);
        rows->append(buf, row);
        memcpy(&last, row + rows->id_offset, sizeof last);
        row += rows->row_size;
    }
    fx_api_reply_send_list(api, target, rows->count == rows->limit ? last : 0);
}

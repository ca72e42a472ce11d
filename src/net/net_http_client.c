#include "net/net_http_client.h"

#include <string.h>

#include "base/panic.h"
#include "net/net_http_int.h"

enum { CODE_CONTINUE_MAX = 199, CODE_SWITCHING = 101, CODE_NO_CONTENT = 204, CODE_UNCHANGED = 304 };

static void begin(struct fx_net_http_client *client)
{
    client->state = FX_NET_HTTP_STATE_HEAD;
    client->status = FX_OK;
    client->code = 0;
    client->body = (fx_str){0};
    client->header_count = 0;
    client->is_keep_alive = false;
}

void fx_net_http_client_init(struct fx_net_http_client *client, uint64_t body_size_max)
{
    memset(client, 0, sizeof *client);
    fx_net_http_init(&client->inner, body_size_max);
    begin(client);
}

void fx_net_http_client_deinit(struct fx_net_http_client *client)
{
    fx_net_http_deinit(&client->inner);
    begin(client);
}

void fx_net_http_client_next(struct fx_net_http_client *client)
{
    fx_net_http_next(&client->inner);
    client->is_head_request = false;
    begin(client);
}

/* "HTTP/1.1 200 OK"; the reason may be absent. */
static bool parse_status_line(struct fx_net_http_client *client, uint8_t *minor_out)
{
    const fx_str line = fx_net_http_head_first_line(&client->inner);
    uint64_t code = 0;
    if (line.size < 12 || !fx_str_has_prefix(line, FX_STR("HTTP/1.")) || line.data[8] != ' ' ||
        (line.data[7] != '0' && line.data[7] != '1') || (line.size > 12 && line.data[12] != ' ')) {
        return false;
    }
    if (!fx_str_parse_u64(fx_str_slice(line, 9, 3), &code) || code < 100 || code > 599 ||
        !fx_net_http_head_is_value(line)) {
        return false;
    }
    client->code = (int)code;
    *minor_out = line.data[7] == '1' ? 1 : 0;
    return true;
}

static fx_status parse_head(struct fx_net_http_client *client)
{
    struct fx_net_http *inner = &client->inner;
    struct fx_net_http_fields fields;
    uint8_t minor = 0;
    if (!parse_status_line(client, &minor)) {
        return FX_BAD_REQUEST;
    }
    fx_status status =
        fx_net_http_head_fields(inner, client->headers, &client->header_count, &fields);
    if (status != FX_OK) {
        return status;
    }
    client->is_keep_alive = !fields.is_close && (minor == 1 || fields.is_keep_alive);
    if (client->is_head_request || client->code <= CODE_CONTINUE_MAX ||
        client->code == CODE_NO_CONTENT || client->code == CODE_UNCHANGED) {
        inner->state = FX_NET_HTTP_STATE_DONE;
        return FX_OK;
    }
    if (fields.length_count == 0 && fields.transfer_count == 0) {
        client->is_keep_alive = false;
        inner->phase = FX_NET_HTTP_PHASE_TO_END;
        inner->state = FX_NET_HTTP_STATE_BODY;
        return FX_OK;
    }
    return fx_net_http_body_begin(inner, &fields);
}

/* One response, or one 1xx that is skipped. */
static size_t feed_one(struct fx_net_http_client *client, fx_str bytes)
{
    struct fx_net_http *inner = &client->inner;
    size_t taken = 0;
    if (inner->state == FX_NET_HTTP_STATE_HEAD && bytes.size > 0) {
        bool is_complete = false;
        taken = fx_net_http_head_collect(inner, bytes, &is_complete);
        if (is_complete) {
            const fx_status status = parse_head(client);
            if (status != FX_OK) {
                fx_net_http_head_fail(inner, status);
            }
        }
    }
    if (inner->state == FX_NET_HTTP_STATE_BODY) {
        taken += fx_net_http_body_feed(inner, (fx_str){bytes.data + taken, bytes.size - taken});
    }
    return taken;
}

size_t fx_net_http_client_feed(struct fx_net_http_client *client, fx_str bytes)
{
    struct fx_net_http *inner = &client->inner;
    size_t taken = 0;
    if (client->state == FX_NET_HTTP_STATE_DONE || client->state == FX_NET_HTTP_STATE_FAILED) {
        return 0;
    }
    do {
        taken += feed_one(client, (fx_str){bytes.data + taken, bytes.size - taken});
        if (inner->state != FX_NET_HTTP_STATE_DONE || client->code > CODE_CONTINUE_MAX ||
            client->code == CODE_SWITCHING) {
            break;
        }
        const bool is_head_request = client->is_head_request;
        fx_net_http_client_next(client); /* a 1xx: the answer proper comes behind it */
        client->is_head_request = is_head_request;
    } while (taken < bytes.size);
    client->state = inner->state;
    client->status = inner->status == FX_URI_TOO_LONG ? FX_BAD_REQUEST : inner->status;
    if (client->state == FX_NET_HTTP_STATE_DONE) {
        client->body = fx_buf_str(&inner->body);
    }
    return taken;
}

void fx_net_http_client_finish(struct fx_net_http_client *client)
{
    struct fx_net_http *inner = &client->inner;
    if (client->state == FX_NET_HTTP_STATE_DONE || client->state == FX_NET_HTTP_STATE_FAILED ||
        fx_net_http_is_idle(inner)) {
        return;
    }
    if (inner->state == FX_NET_HTTP_STATE_BODY && inner->phase == FX_NET_HTTP_PHASE_TO_END) {
        inner->state = FX_NET_HTTP_STATE_DONE;
        client->body = fx_buf_str(&inner->body);
    } else {
        fx_net_http_head_fail(inner, FX_BAD_REQUEST);
    }
    client->state = inner->state;
    client->status = inner->status;
}

bool fx_net_http_client_find(const struct fx_net_http_client *client,
                             fx_str name,
                             fx_str *value_out)
{
    for (uint32_t index = 0; index < client->header_count; index++) {
        if (fx_str_is_equal_nocase(client->headers[index].name, name)) {
            *value_out = client->headers[index].value;
            return true;
        }
    }
    return false;
}

#include "app/app_page.h"

#include "app/app_page_files.h"
#include "base/clock.h"
#include "wire/wire_public.h"

static const char HEADERS[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cache-Control: no-cache\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'\r\n";

void fx_app_page_refuse(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        fx_status status)
{
    struct fx_buf body;
    fx_buf_init(&body, 1024);
    const struct fx_wire_public_error error = {.status = status,
                                               .time_ms = fx_clock_wall_us() / 1000};
    fx_wire_public_error(&body, &error);
    const struct fx_net_http_response response = {.status = fx_status_http(status),
                                                  .content_type = FX_STR("application/json"),
                                                  .headers = FX_STR(HEADERS),
                                                  .body = fx_buf_str(&body)};
    fx_net_server_respond(server, token, &response);
    fx_buf_deinit(&body);
}

bool fx_app_page_is_get(const struct fx_net_http_request *request)
{
    return request->method == FX_NET_HTTP_METHOD_GET || request->method == FX_NET_HTTP_METHOD_HEAD;
}

void fx_app_page_respond_json(struct fx_net_server *server,
                              const struct fx_net_server_call *call,
                              fx_str body)
{
    if (!fx_app_page_is_get(call->request)) {
        fx_app_page_refuse(server, call->token, FX_METHOD_NOT_ALLOWED);
        return;
    }
    const struct fx_net_http_response response = {.status = 200,
                                                  .content_type = FX_STR("application/json"),
                                                  .headers = FX_STR(HEADERS),
                                                  .body = body};
    fx_net_server_respond(server, call->token, &response);
}

void fx_app_page_on_request(struct fx_net_server *server, const struct fx_net_server_call *call)
{
    const struct fx_net_http_request *request = call->request;
    if (!fx_app_page_is_get(request)) {
        fx_app_page_refuse(server, call->token, FX_METHOD_NOT_ALLOWED);
        return;
    }
    for (uint32_t index = 0; index < fx_app_page_files_count(); index++) {
        const struct fx_app_page_file *file = fx_app_page_files_at(index);
        if (fx_str_is_equal(request->path, file->path)) {
            const struct fx_net_http_response response = {.status = 200,
                                                          .content_type = file->content_type,
                                                          .headers = FX_STR(HEADERS),
                                                          .body = file->body};
            fx_net_server_respond(server, call->token, &response);
            return;
        }
    }
    fx_app_page_refuse(server, call->token, FX_ROUTE_NOT_FOUND);
}

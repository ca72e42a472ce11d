#include "api/api_int.h"
#include "api/api_openapi.h"
#include "api/api_reply_int.h"

enum { US_PER_MS = 1000 };

fx_status fx_api_system_ping(struct fx_api_call *call)
{
    fx_buf_append(fx_api_reply_begin(call->api), FX_STR("{}"));
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

fx_status fx_api_system_time(struct fx_api_call *call)
{
    const struct fx_api_options *options = &call->api->options;
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("serverTime"), options->wall_us(options->clock_self) / US_PER_MS);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

fx_status fx_api_system_status(struct fx_api_call *call)
{
    const struct fx_api_options *options = &call->api->options;
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("status"), FX_STR("ok"));
    fx_json_add_int(buf, FX_STR("sequence"), (int64_t)fx_view_sequence(options->view));
    fx_json_add_int(buf, FX_STR("instruments"), options->market->count);
    fx_json_add_int(buf, FX_STR("serverTime"), options->wall_us(options->clock_self) / US_PER_MS);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

/* Made once, when it is asked for first: it never changes. */
fx_status fx_api_system_openapi(struct fx_api_call *call)
{
    struct fx_buf *made = &call->api->openapi;
    if (made->size == 0) {
        fx_api_openapi_write(made);
    }
    if (made->is_overflow) {
        return FX_NO_MEMORY;
    }
    fx_buf_append(fx_api_reply_begin(call->api), fx_buf_str(made));
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

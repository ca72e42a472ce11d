#include "app/app_parts.h"

#include "base/json.h"

enum { SIZE_MAX_EACH = 8192 };

void fx_app_parts_init(struct fx_app_parts *parts)
{
    fx_buf_init(&parts->info, SIZE_MAX_EACH);
    fx_buf_init(&parts->error, SIZE_MAX_EACH);
    fx_buf_init(&parts->details, SIZE_MAX_EACH);
    parts->is_down = false;
}

void fx_app_parts_deinit(struct fx_app_parts *parts)
{
    fx_buf_deinit(&parts->info);
    fx_buf_deinit(&parts->error);
    fx_buf_deinit(&parts->details);
}

void fx_app_parts_add(struct fx_app_parts *parts,
                      const char *name,
                      const char *reason,
                      struct fx_buf *figures)
{
    struct fx_buf *lists[] = {reason == NULL ? &parts->info : &parts->error, &parts->details};
    for (uint32_t index = 0; index < 2; index++) {
        struct fx_buf *list = lists[index];
        fx_json_append_key(list, fx_str_of(name));
        fx_buf_append_byte(list, '{');
        fx_json_add_str(list, FX_STR("status"), reason == NULL ? FX_STR("up") : FX_STR("down"));
        if (reason != NULL) {
            fx_json_add_str(list, FX_STR("message"), fx_str_of(reason));
        }
        if (figures->size > 0) {
            fx_buf_append_byte(list, ',');
            fx_buf_append(list, fx_buf_str(figures));
        }
        fx_buf_append_byte(list, '}');
    }
    parts->is_down = parts->is_down || reason != NULL;
    fx_buf_clear(figures);
}

static void append_list(struct fx_buf *body, const char *name, const struct fx_buf *list)
{
    fx_json_append_key(body, fx_str_of(name));
    fx_buf_append_byte(body, '{');
    fx_buf_append(body, fx_buf_str(list));
    fx_buf_append_byte(body, '}');
}

void fx_app_parts_write(const struct fx_app_parts *parts, const char *down, struct fx_buf *body)
{
    fx_buf_append_byte(body, '{');
    fx_json_add_str(body, FX_STR("status"), parts->is_down ? fx_str_of(down) : FX_STR("ok"));
    append_list(body, "info", &parts->info);
    append_list(body, "error", &parts->error);
    append_list(body, "details", &parts->details);
    fx_buf_append_byte(body, '}');
}

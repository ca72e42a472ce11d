#include "app/app_probe.h"

#include "app/app_version.h"
#include "base/json.h"

enum fx_app_probe fx_app_probe_of(fx_str path)
{
    static const struct {
        fx_str path;
        enum fx_app_probe probe;
    } PATHS[] = {{{"/health", 7}, FX_APP_PROBE_READY},
                 {{"/health/ready", 13}, FX_APP_PROBE_READY},
                 {{"/health/live", 12}, FX_APP_PROBE_LIVE},
                 {{"/version", 8}, FX_APP_PROBE_VERSION},
                 {{"/metrics", 8}, FX_APP_PROBE_METRICS}};
    for (size_t index = 0; index < sizeof PATHS / sizeof PATHS[0]; index++) {
        if (fx_str_is_equal(path, PATHS[index].path)) {
            return PATHS[index].probe;
        }
    }
    return FX_APP_PROBE_NONE;
}

void fx_app_probe_add_version(struct fx_buf *body, const char *name)
{
    fx_json_add_str(body, FX_STR("name"), fx_str_of(name));
    fx_json_add_str(body, FX_STR("version"), FX_STR(FX_APP_VERSION_TEXT));
}

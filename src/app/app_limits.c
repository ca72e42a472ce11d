#include "app/app_limits.h"

#include <string.h>
#include <sys/resource.h>

enum {
    CONNECTIONS_MIN = 16,
    MESSAGE_SIZE_MAX = 1000000, /* the maxPayload that Engine.IO announces */
    OUTPUT_SIZE_MAX = 4 << 20,
    PING_MS_MAX = 20000,
    DEMO_FACTOR = 20
};

void fx_app_limits_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static uint32_t connections_max(uint32_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur >= (rlim_t)wanted + FX_APP_LIMITS_FILES_KEPT) {
        return wanted;
    }
    return limit.rlim_cur < FX_APP_LIMITS_FILES_KEPT + CONNECTIONS_MIN
               ? CONNECTIONS_MIN
               : (uint32_t)(limit.rlim_cur - FX_APP_LIMITS_FILES_KEPT);
}

static uint32_t number(const struct fx_config *config, const char *name)
{
    return (uint32_t)fx_config_int(config, name);
}

void fx_app_limits_net(const struct fx_config *config, struct fx_net_server_config *net_out)
{
    const uint32_t idle_ms = number(config, "idle-timeout-ms");
    *net_out = (struct fx_net_server_config){
        .connections_max = connections_max(number(config, "connections")),
        .connections_per_address_max = number(config, "connections-per-address"),
        .is_loopback_uncapped =
            fx_config_origin(config, "connections-per-address") == FX_CONFIG_DEFAULT,
        .message_size_max = MESSAGE_SIZE_MAX,
        .output_size_max = OUTPUT_SIZE_MAX,
        .messages_per_minute_max = number(config, "ws-messages-per-minute"),
        .requests_max = number(config, "requests-per-connection"),
        .head_timeout_ms = number(config, "head-timeout-ms"),
        .body_timeout_ms = number(config, "body-timeout-ms"),
        .idle_timeout_ms = idle_ms,
        .ping_ms = idle_ms / 2 < PING_MS_MAX ? idle_ms / 2 : PING_MS_MAX,
        .write_timeout_ms = number(config, "write-timeout-ms"),
        .is_unbatched = fx_config_bool(config, "no-io-uring"),
    };
}

/* This process' part of what all API processes together let pass. A limit stays one: never 0. */
static uint32_t part_of(const struct fx_config *config, uint32_t rate)
{
    const uint32_t count = number(config, "api-count");
    return rate / count + (rate % count == 0 ? 0 : 1);
}

/* The demo's two traders stand for all users: a load test with them meets no limit but the machine,
 * unless somebody chose one. */
static uint32_t rate(const struct fx_config *config, const char *name)
{
    const bool is_chosen = fx_config_origin(config, name) != FX_CONFIG_DEFAULT;
    const uint32_t factor = is_chosen || !fx_config_bool(config, "demo") ? 1 : DEMO_FACTOR;
    return part_of(config, number(config, name) * factor);
}

void fx_app_limits_rates(const struct fx_config *config, struct fx_api_rates *rates_out)
{
    *rates_out = (struct fx_api_rates){
        .orders = rate(config, "rate-orders"),
        .cancels = rate(config, "rate-cancels"),
        .reads = rate(config, "rate-reads"),
        .logins = part_of(config, number(config, "rate-logins")),
        .failures = part_of(config, number(config, "rate-failures")),
        .login_free = part_of(config, number(config, "login-free")),
        .key_percent = number(config, "rate-key-percent"),
        .maker_factor = number(config, "rate-maker-factor"),
        .ban_strikes = part_of(config, number(config, "rate-ban")),
        .is_loopback_free = !fx_config_bool(config, "rate-loopback"),
    };
}

const char *fx_app_limits_origins(const struct fx_config *config)
{
    const char *origins = fx_config_text(config, "cors-origins");
    return strcmp(origins, "*") == 0 ? NULL : origins;
}

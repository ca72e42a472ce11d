#include "app/app_tell.h"

#include <inttypes.h>
#include <stdio.h>

#include "app/app_bus.h"
#include "app/app_log.h"
#include "app/app_settings.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "engine/engine.h"

enum { WAIT_MS = 30000, TEXT_SIZE_MAX = 256, US_PER_MS = 1000 };

static bool is_control(fx_str code)
{
    static const char *const CODES[] = {"START_ENGINE", "STOP_ENGINE", "DUMP", "SET_RULES"};
    for (size_t index = 0; index < sizeof CODES / sizeof CODES[0]; index++) {
        if (fx_str_is_equal(code, fx_str_of(CODES[index]))) {
            return true;
        }
    }
    return false;
}

static void write_record(struct fx_buf *text, fx_str code)
{
    fx_buf_append_byte(text, '{');
    fx_json_add_str(text, FX_STR("code"), code);
    fx_json_add_int(text, FX_STR("time"), fx_clock_wall_us() / US_PER_MS);
    fx_json_append_key(text, FX_STR("data"));
    fx_buf_append_byte(text, '{');
    if (fx_str_is_equal(code, FX_STR("SET_RULES"))) {
        fx_json_add_int(text, FX_STR("version"), FX_ENGINE_RULES_MAX);
    }
    fx_buf_append(text, FX_STR("}}"));
}

/* @return OK: it is in the log. */
static fx_status deliver(struct fx_bus *bus, struct fx_bus_place place, fx_str value)
{
    struct fx_bus_delivery delivery = {.status = FX_TIMEOUT};
    const struct fx_bus_message message = {
        .topic = place.topic, .partition = place.partition, .value = value};
    fx_status status = fx_bus_publish(bus, &message);
    if (status == FX_OK) {
        status = fx_bus_poll(bus, WAIT_MS, &delivery, 1) == 1 ? delivery.status : FX_TIMEOUT;
    }
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "tell",
               "the record is not in the log, or nobody knows",
               fx_log_status("err", status),
               fx_log_text("reason", fx_bus_error_text(bus)));
        return status;
    }
    if (delivery.offset == FX_BUS_UNKNOWN) {
        (void)printf("{\"offset\":null}\n");
    } else {
        (void)printf("{\"offset\":\"%" PRIu64 "\"}\n", delivery.offset);
    }
    return FX_OK;
}

int fx_app_tell_run(const struct fx_app_options *options)
{
    struct fx_app_bus settings;
    struct fx_bus *bus = NULL;
    struct fx_buf text;
    const fx_str code =
        options->positional_count == 0 ? FX_STR("") : fx_str_of(options->positionals[0]);
    if (!is_control(code)) {
        (void)fprintf(stderr,
                      "matching-engine:tell: what? START_ENGINE, STOP_ENGINE, DUMP or SET_RULES\n");
        return fx_app_options_exit(FX_USAGE);
    }
    fx_buf_init(&text, TEXT_SIZE_MAX);
    write_record(&text, code);
    fx_status status = fx_app_log_open(options->config);
    if (status == FX_OK) {
        status = fx_app_settings_check_files(options->config, FX_APP_SETTINGS_KAFKA);
    }
    if (status == FX_OK) {
        status = fx_app_bus_init(&settings, options->config);
    }
    if (status == FX_OK) {
        status = fx_app_bus_connect(&settings, true, &bus);
    }
    if (status == FX_OK) {
        status = deliver(bus, fx_app_bus_place(&settings, FX_APP_BUS_INPUT), fx_buf_str(&text));
    }
    fx_bus_close(bus);
    fx_buf_deinit(&text);
    return fx_app_options_exit(status);
}

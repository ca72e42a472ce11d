#include "app/app_serve.h"

#include <stdio.h>
#include <string.h>

#include "app/app_bots.h"
#include "app/app_bus.h"
#include "app/app_demo.h"
#include "app/app_exchange.h"
#include "app/app_funding.h"
#include "app/app_limits.h"
#include "app/app_listen.h"
#include "app/app_listing.h"
#include "app/app_log.h"
#include "app/app_operator.h"
#include "app/app_oracle.h"
#include "app/app_settings.h"
#include "app/app_start.h"
#include "app/app_stop.h"
#include "app/app_tls.h"
#include "base/clock.h"
#include "base/log.h"

/* The guests of the gateway: the demo's bots, the oracle, the job of funding. Each may be absent.
 */
struct guests {
    struct fx_app_bots *bots;
    struct fx_app_oracle *oracle;
    struct fx_app_funding *funding;
    struct fx_app_gateway *gateway;
};

static bool submit(void *context, const struct fx_command *command)
{
    return fx_app_gateway_submit(context, 0, command);
}

static void guests_on_event(void *self, const struct fx_event *event)
{
    const struct guests *guests = self;
    if (guests->bots != NULL) {
        fx_app_bots_on_event(guests->bots, event);
    }
}

static void guests_tick(void *self, int64_t now_us)
{
    const struct guests *guests = self;
    fx_app_oracle_tick(guests->oracle);
    if (guests->bots != NULL) {
        fx_app_bots_step(guests->bots, now_us);
    }
    if (guests->funding != NULL) {
        (void)fx_app_funding_tick(guests->funding,
                                  fx_app_gateway_market(guests->gateway),
                                  fx_clock_wall_us(),
                                  submit,
                                  guests->gateway);
    }
}

static fx_status start_bots(struct fx_app_gateway *gateway,
                            const struct fx_app_demo_users *users,
                            struct guests *guests)
{
    struct fx_app_bots_options options = {
        .submit = fx_app_gateway_submit_guest, .submit_self = gateway, .seed = 1};
    memcpy(options.users, users->bots, sizeof options.users);
    for (uint32_t index = 0; index < FX_APP_LISTING_COUNT; index++) {
        struct fx_app_listing listing;
        fx_app_listing_make(index, &listing);
        const struct fx_market_symbol *symbol = fx_market_find(
            fx_app_gateway_market(gateway), fx_ids_symbol_str(&listing.instrument.symbol));
        if (listing.has_bots && symbol != NULL) {
            options.is_index_given[options.instrument_count] =
                fx_app_oracle_has(guests->oracle, &listing.instrument.symbol);
            options.instruments[options.instrument_count++] = symbol->definition.instrument_id;
        }
    }
    options.view = fx_app_gateway_view(gateway);
    options.market = fx_app_gateway_market(gateway);
    return fx_app_bots_create(&options, &guests->bots);
}

static fx_status make_demo(const struct fx_config *config,
                           struct fx_app_exchange *exchange,
                           struct fx_app_demo_users *users_out)
{
    const struct fx_app_demo_options options = {
        .gateway = fx_app_exchange_gateway(exchange),
        .writer = fx_app_exchange_users(exchange),
        .seal = fx_app_exchange_seal(exchange),
        .data_dir = fx_config_text(config, "data"),
        .password_cost = (uint32_t)fx_config_int(config, "password-cost"),
        .now_us = fx_clock_wall_us()};
    return fx_app_demo_seed(&options, users_out);
}

static fx_status seed(const struct fx_config *config,
                      struct fx_app_exchange *exchange,
                      struct guests *guests)
{
    struct fx_app_demo_users users;
    const fx_status status = make_demo(config, exchange, &users);
    return status == FX_OK && !fx_config_bool(config, "no-bots")
               ? start_bots(fx_app_exchange_gateway(exchange), &users, guests)
               : status;
}

static fx_status listen_and_run(const struct fx_config *config,
                                struct fx_app_exchange *exchange,
                                struct fx_app_start *start,
                                struct fx_app_operator *desk)
{
    struct fx_app_gateway *gateway = fx_app_exchange_gateway(exchange);
    struct fx_net_server *server = fx_app_gateway_server(gateway);
    uint16_t port = 0;
    const struct fx_app_listen wanted = {
        .component = "app",
        .host = fx_config_text(config, "host"),
        .port = (uint16_t)fx_config_int(config, "port"),
        .start = start,
        .door = FX_APP_START_MAIN,
        .name = "future",
        .scheme = "http",
        .fields = {fx_log_text("durability", fx_config_text(config, "durability")),
                   fx_log_text("registration",
                               fx_app_options_is_registration_open(config) ? "open" : "closed")}};
    fx_status status = fx_app_tls_open(config, server);
    if (status == FX_OK) {
        status = fx_app_gateway_watch(gateway);
    }
    if (status == FX_OK) {
        status = fx_app_listen_open(server, &wanted, &port);
    }
    if (status != FX_OK) {
        return status;
    }
    fx_app_operator_ready(desk, port);
    return fx_app_gateway_run(gateway);
}

/* The guests that this process has, and its doors: a job (`funding`) has only those of health. */
static fx_status serve(const struct fx_config *config,
                       struct fx_app_exchange *exchange,
                       struct guests *guests,
                       struct fx_app_start *start,
                       struct fx_app_operator *desk)
{
    struct fx_app_gateway *gateway = fx_app_exchange_gateway(exchange);
    const struct fx_app_gateway_guest guest = {guests_on_event, guests_tick, guests};
    fx_status status = FX_OK;
    guests->gateway = gateway;
    if (guests->funding == NULL) {
        status = fx_app_oracle_open(config, gateway, &guests->oracle);
        if (status == FX_OK && fx_config_bool(config, "demo")) {
            fx_app_start_stage(start, "making the demo");
            status = seed(config, exchange, guests);
        }
    }
    if (status == FX_OK) {
        fx_app_gateway_set_guest(gateway, &guest);
        fx_app_start_end(start);
        status = fx_app_operator_listen(desk, start);
    }
    if (status == FX_OK && guests->funding == NULL) {
        return listen_and_run(config, exchange, start, desk);
    }
    if (status == FX_OK) {
        status = fx_app_gateway_watch(gateway);
    }
    if (status == FX_OK) {
        fx_app_operator_ready(desk, 0);
        status = fx_app_gateway_run(gateway);
    }
    return status;
}

static int run(const struct fx_app_options *options, struct fx_app_funding *funding)
{
    const struct fx_config *config = options->config;
    struct fx_app_exchange *exchange = NULL;
    struct fx_app_start *start = NULL;
    struct guests guests = {.funding = funding};
    struct fx_app_operator *desk = NULL;
    struct fx_app_notify notify;
    fx_app_notify_init(&notify); /* first: a descriptor that is open now is our parent's */
    fx_app_stop_arm();
    fx_app_limits_raise_files();
    fx_status status = fx_app_log_open(config);
    if (status == FX_OK) {
        status = fx_app_settings_check_files(config,
                                             FX_APP_SETTINGS_API | FX_APP_SETTINGS_DATABASE |
                                                 FX_APP_SETTINGS_REDIS | FX_APP_SETTINGS_KAFKA |
                                                 FX_APP_SETTINGS_DATA);
    }
    /* The whole exchange in one process locks its data folder first, and its journal is short. */
    if (status == FX_OK && fx_app_bus_is_set(config)) {
        const char *title = funding == NULL ? "api" : "funding:run";
        status = fx_app_start_open(config, &notify, title, funding == NULL, &start);
    }
    if (status == FX_OK) {
        status = fx_app_exchange_open(config, start, &exchange);
    }
    if (status != FX_OK) {
        fx_app_start_destroy(start);
        return fx_app_options_exit(status);
    }
    status = fx_app_exchange_start(exchange);
    if (status == FX_OK) {
        status = fx_app_operator_create(options, exchange, &notify, &desk);
    }
    if (status == FX_OK) {
        status = serve(config, exchange, &guests, start, desk);
    }
    fx_app_start_destroy(start);
    fx_app_operator_destroy(desk);
    const struct fx_app_gateway_guest nobody = {NULL, NULL, NULL};
    fx_app_gateway_set_guest(fx_app_exchange_gateway(exchange), &nobody);
    fx_app_oracle_close(guests.oracle);
    fx_app_exchange_close(exchange);
    fx_app_bots_destroy(guests.bots);
    FX_LOG(FX_LOG_INFO, "app", "stopped", fx_log_status("status", status));
    return fx_app_options_exit(status);
}

int fx_app_serve_run(const struct fx_app_options *options)
{
    if (fx_app_bus_is_set(options->config)) {
        FX_LOG(
            FX_LOG_ERROR,
            "config",
            "serve is the whole exchange in one process, with a journal of its own; with Kafka "
            "its parts are roles: api, matching-engine:run, order:intake and the workers (future "
            "help)",
            fx_log_text("variable", "KAFKA_BROKERS"));
        return fx_app_options_exit(FX_BAD_PARAMETER);
    }
    return run(options, NULL);
}

int fx_app_serve_api(const struct fx_app_options *options)
{
    if (!fx_app_bus_is_set(options->config)) {
        FX_LOG(FX_LOG_ERROR,
               "config",
               "api is one process of a distributed exchange; without Kafka everything is in serve",
               fx_log_text("missing", "KAFKA_BROKERS"));
        return fx_app_options_exit(FX_BAD_PARAMETER);
    }
    return run(options, NULL);
}

int fx_app_serve_funding(const struct fx_app_options *options)
{
    struct fx_app_funding funding = {{0}};
    if (!fx_app_bus_is_set(options->config)) {
        FX_LOG(FX_LOG_ERROR,
               "config",
               "funding:run is a job beside a distributed exchange; serve pays by itself, and "
               "funding:pay pays the last instant of a stopped one",
               fx_log_text("missing", "KAFKA_BROKERS"));
        return fx_app_options_exit(FX_BAD_PARAMETER);
    }
    return run(options, &funding);
}

int fx_app_serve_seed(const struct fx_app_options *options)
{
    const struct fx_config *config = options->config;
    struct fx_app_exchange *exchange = NULL;
    struct fx_app_demo_users users;
    fx_status status = fx_app_exchange_open(config, NULL, &exchange);
    if (status == FX_OK) {
        status = fx_app_exchange_start(exchange);
    }
    if (status == FX_OK) {
        status = make_demo(config, exchange, &users);
    }
    fx_app_exchange_close(exchange);
    if (status == FX_OK) {
        (void)printf("the demo is there; passwords of traders that were made now are in "
                     "%s/demo-credentials.json\n",
                     fx_config_text(config, "data"));
    } else {
        (void)fprintf(stderr,
                      "future: seed: %s\n",
                      status == FX_LOCKED ? "a server is running: start it with --demo"
                                          : fx_status_text(status));
    }
    return fx_app_options_exit(status);
}

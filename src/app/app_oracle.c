#include "app/app_oracle.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "worker/worker_oracle.h"

enum { LINE_SIZE = 512, POLL_NS = 20000000 };

struct fx_app_oracle {
    struct fx_worker_oracle_config config;
    struct fx_worker_oracle *worker;
    struct fx_app_gateway *gateway;
    bool has_rules[FX_WORKER_ORACLE_SYMBOLS_MAX]; /* were told to the engine */
};

/* ---- the configuration -------------------------------------------------------------------------
 */

static fx_status read_config(const struct fx_config *config,
                             struct fx_worker_oracle_config *config_out)
{
    const char *path = fx_config_text(config, "oracle");
    char error[FX_WORKER_ORACLE_ERROR_SIZE] = "";
    struct fx_buf text;
    fx_buf_init(&text, FX_CONFIG_VALUE_SIZE_MAX);
    fx_status status = fx_config_read_file(NULL, path, &text);
    if (status == FX_OK) {
        status = fx_worker_oracle_config_read(fx_buf_str(&text), config_out, error);
    }
    fx_buf_deinit(&text);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "oracle",
               "the configuration of the oracle cannot be used",
               fx_log_text("file", path),
               fx_log_text("reason", error[0] == '\0' ? fx_status_text(status) : error));
    }
    return status;
}

fx_status fx_app_oracle_open(const struct fx_config *config,
                             struct fx_app_gateway *gateway,
                             struct fx_app_oracle **oracle_out)
{
    *oracle_out = NULL;
    if (fx_config_str(config, "oracle").size == 0) {
        return FX_OK;
    }
    struct fx_app_oracle *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL) {
        return FX_NO_MEMORY;
    }
    oracle->gateway = gateway;
    fx_status status = read_config(config, &oracle->config);
    if (status == FX_OK) {
        status = fx_worker_oracle_create(&oracle->config, &oracle->worker);
    }
    if (status == FX_OK) {
        status = fx_worker_oracle_start(oracle->worker);
    }
    if (status != FX_OK) {
        fx_app_oracle_close(oracle);
        return status;
    }
    *oracle_out = oracle;
    return FX_OK;
}

void fx_app_oracle_close(struct fx_app_oracle *oracle)
{
    if (oracle != NULL) {
        fx_worker_oracle_destroy(oracle->worker);
        free(oracle);
    }
}

/* ---- to the engine ------------------------------------------------------------------------------
 */

/* Its place in the configuration; symbol_count where it has none. */
static uint32_t place_of(const struct fx_app_oracle *oracle, const struct fx_symbol *symbol)
{
    uint32_t place = 0;
    while (place < oracle->config.symbol_count &&
           memcmp(&oracle->config.symbols[place].symbol, symbol, sizeof *symbol) != 0) {
        place++;
    }
    return place;
}

bool fx_app_oracle_has(const struct fx_app_oracle *oracle, const struct fx_symbol *symbol)
{
    return oracle != NULL && place_of(oracle, symbol) < oracle->config.symbol_count;
}

/* What the operator wrote holds, also where the log remembers other rules. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a place of ours, a number of the engine's
static bool submit_rules(struct fx_app_oracle *oracle, uint32_t place, uint32_t instrument)
{
    const struct fx_worker_oracle_symbol *symbol = &oracle->config.symbols[place];
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_SET_MARK_RULES;
    command.instrument = instrument;
    command.u.mark_rules.max_age_us = symbol->mark_age_us;
    command.u.mark_rules.band_ppb = symbol->band_ppb;
    command.u.mark_rules.sources_min = symbol->sources_min;
    return fx_app_gateway_submit(oracle->gateway, 0, &command);
}

static void submit_index(struct fx_app_oracle *oracle,
                         const struct fx_market_symbol *listed,
                         const struct fx_worker_oracle_word *word)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_INDEX_PRICE;
    command.instrument = listed->definition.instrument_id;
    command.u.index.source_count = word->index.count;
    command.u.index.source_us = word->index.said_us;
    if (word->index.count > 0) {
        const fx_i128 ticks =
            fx_dec_div_int(word->index.price, listed->definition.tick_size, FX_ROUND_HALF_EVEN);
        if (ticks < 1 || ticks > listed->definition.max_ticks) {
            return; /* no price of this symbol; its mark grows stale */
        }
        command.u.index.index_ticks = (int64_t)ticks;
    }
    (void)fx_app_gateway_submit(oracle->gateway, 0, &command); /* a full intake: the next comes */
}

void fx_app_oracle_tick(struct fx_app_oracle *oracle)
{
    struct fx_worker_oracle_word word;
    while (oracle != NULL && fx_worker_oracle_poll(oracle->worker, &word)) {
        const struct fx_market_symbol *listed =
            fx_market_find(fx_app_gateway_market(oracle->gateway), fx_ids_symbol_str(&word.symbol));
        const uint32_t place = place_of(oracle, &word.symbol);
        if (listed == NULL || place == oracle->config.symbol_count) {
            continue; /* it may be listed later */
        }
        if (!oracle->has_rules[place]) {
            oracle->has_rules[place] =
                submit_rules(oracle, place, listed->definition.instrument_id);
        }
        if (oracle->has_rules[place]) {
            submit_index(oracle, listed, &word);
        }
    }
}

/* ---- oracle:run ---------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal reaches this only
static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

static void print_word(const struct fx_worker_oracle_word *word)
{
    struct fx_buf line;
    fx_buf_init(&line, LINE_SIZE);
    fx_buf_append_byte(&line, '{');
    fx_json_add_str(&line, FX_STR("symbol"), fx_ids_symbol_str(&word->symbol));
    if (word->index.count > 0) {
        fx_json_add_dec(&line, FX_STR("indexPrice"), word->index.price);
        fx_json_add_int(&line, FX_STR("time"), word->index.said_us / 1000);
    }
    fx_json_add_int(&line, FX_STR("sources"), word->index.count);
    fx_json_add_int(&line, FX_STR("silent"), word->index.stale);
    fx_json_add_int(&line, FX_STR("farOff"), word->index.deviant);
    fx_buf_append_byte(&line, '}');
    (void)printf("%.*s\n", (int)line.size, line.data);
    (void)fflush(stdout);
    fx_buf_deinit(&line);
}

static void print_words(struct fx_worker_oracle *worker, int64_t end_us)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    while (is_stopped == 0 && (end_us == 0 || fx_clock_wall_us() < end_us)) {
        struct fx_worker_oracle_word word;
        while (fx_worker_oracle_poll(worker, &word)) {
            print_word(&word);
        }
        (void)nanosleep(&pause, NULL);
    }
}

int fx_app_oracle_run(const struct fx_app_options *options)
{
    struct fx_worker_oracle_config *config = calloc(1, sizeof *config);
    struct fx_worker_oracle *worker = NULL;
    const int64_t seconds = fx_config_int(options->config, "seconds");
    if (fx_config_str(options->config, "oracle").size == 0) {
        (void)fprintf(stderr, "future: oracle:run: --oracle FILE names the sources\n");
        free(config);
        return FX_APP_EXIT_USAGE;
    }
    fx_status status = config == NULL ? FX_NO_MEMORY : read_config(options->config, config);
    if (status == FX_OK) {
        status = fx_worker_oracle_create(config, &worker);
    }
    if (status == FX_OK) {
        const struct sigaction action = {.sa_handler = on_signal};
        (void)sigaction(SIGINT, &action, NULL);
        (void)sigaction(SIGTERM, &action, NULL);
        status = fx_worker_oracle_start(worker);
    }
    if (status == FX_OK) {
        print_words(worker, seconds == 0 ? 0 : fx_clock_wall_us() + seconds * 1000000);
    }
    fx_worker_oracle_destroy(worker);
    free(config);
    return status == FX_OK          ? FX_APP_EXIT_OK
           : status == FX_NO_MEMORY ? FX_APP_EXIT_FAILURE
                                    : FX_APP_EXIT_CONFIG;
}

#include "worker/worker_oracle.h"

#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/ring.h"
#include "worker/worker_oracle_int.h"

enum { WORDS_MAX = 256, IDLE_US = 20000 };

/* Of one symbol, beside its configuration. */
struct desk {
    struct fx_index_source said[FX_INDEX_SOURCES_MAX];
    struct fx_worker_oracle_file *files[FX_INDEX_SOURCES_MAX];
    int64_t started_us[FX_INDEX_SOURCES_MAX]; /* of a file: when its first row was */
    int64_t asked_us[FX_INDEX_SOURCES_MAX];   /* when a word that comes was asked for */
    fx_status answers[FX_INDEX_SOURCES_MAX];  /* how the last one was; logged when it changes */
    int64_t next_us;
    uint16_t was_left_out; /* logged */
};

struct fx_worker_oracle {
    struct fx_worker_oracle_config config;
    struct desk desks[FX_WORKER_ORACLE_SYMBOLS_MAX];
    struct fx_worker_oracle_fetch *fetch;
    struct fx_ring *words;
    struct fx_agent *agent;
    bool is_started;
};

static const struct fx_worker_oracle_source *source_at(const struct fx_worker_oracle *oracle,
                                                       uint32_t number)
{
    const uint32_t symbol = number / FX_INDEX_SOURCES_MAX;
    FX_ASSERT(symbol < oracle->config.symbol_count);
    return &oracle->config.symbols[symbol].sources[number % FX_INDEX_SOURCES_MAX];
}

/* Say once what is wrong with the answers of a source, and once that they are good again. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): which, and how it was
static void note_answer(struct fx_worker_oracle *oracle, uint32_t number, fx_status status)
{
    const uint32_t symbol = number / FX_INDEX_SOURCES_MAX;
    const uint32_t index = number % FX_INDEX_SOURCES_MAX;
    fx_status *last = &oracle->desks[symbol].answers[index];
    if (*last == status) {
        return;
    }
    *last = status;
    FX_LOG(status == FX_OK ? FX_LOG_INFO : FX_LOG_WARN,
           "oracle",
           status == FX_OK          ? "a source answers with prices again"
           : status == FX_IO        ? "a source does not answer"
           : status == FX_BAD_JSON  ? "a source's answer is no JSON"
           : status == FX_NOT_FOUND ? "a source's answer has nothing at the path"
                                    : "a source's answer has no price at the path",
           fx_log_str("symbol", fx_ids_symbol_str(&oracle->config.symbols[symbol].symbol)),
           fx_log_u64("source", index),
           fx_log_text("path", source_at(oracle, number)->path));
}

/* A price is as old as the question: a source that stalls does not say what is new. */
static void on_answer(void *self, uint32_t number, fx_str body)
{
    struct fx_worker_oracle *oracle = self;
    const struct fx_worker_oracle_source *source = source_at(oracle, number);
    struct desk *desk = &oracle->desks[number / FX_INDEX_SOURCES_MAX];
    const uint32_t index = number % FX_INDEX_SOURCES_MAX;
    fx_i128 price = 0;
    const fx_status status =
        body.size == 0 ? FX_IO : fx_worker_oracle_path_price(body, fx_str_of(source->path), &price);
    note_answer(oracle, number, status);
    if (status == FX_OK) {
        desk->said[index].price = price;
        desk->said[index].said_us = desk->asked_us[index];
    }
}

static void read_recorded(struct fx_worker_oracle *oracle,
                          uint32_t symbol,
                          uint32_t index,
                          int64_t now_us)
{
    const struct fx_worker_oracle_source *source = &oracle->config.symbols[symbol].sources[index];
    struct desk *desk = &oracle->desks[symbol];
    fx_i128 price = 0;
    if (desk->started_us[index] == 0 || desk->started_us[index] > now_us) {
        desk->started_us[index] = now_us;
    }
    const int64_t elapsed_us = now_us - desk->started_us[index];
    if (elapsed_us > INT64_MAX / source->speed) {
        return;
    }
    if (fx_worker_oracle_file_at(desk->files[index], elapsed_us * source->speed, &price)) {
        desk->said[index].price = price;
        desk->said[index].said_us = now_us;
    } else if (source->is_looped && fx_worker_oracle_file_rewind(desk->files[index])) {
        desk->started_us[index] = now_us;
    }
}

/* Say once who does not count, and once that he does again. */
static void report(struct fx_worker_oracle *oracle,
                   uint32_t symbol,
                   const struct fx_index_result *result)
{
    struct desk *desk = &oracle->desks[symbol];
    const uint16_t left_out = (uint16_t)(result->is_stale | result->is_deviant);
    if (left_out == desk->was_left_out) {
        return;
    }
    desk->was_left_out = left_out;
    FX_LOG(left_out == 0 ? FX_LOG_INFO : FX_LOG_WARN,
           "oracle",
           left_out == 0 ? "all sources count again" : "sources do not count",
           fx_log_str("symbol", fx_ids_symbol_str(&oracle->config.symbols[symbol].symbol)),
           fx_log_u64("counted", result->count),
           fx_log_u64("silent", result->stale),
           fx_log_u64("far_off", result->deviant));
}

static void say(struct fx_worker_oracle *oracle, uint32_t symbol, int64_t now_us)
{
    const struct fx_worker_oracle_symbol *config = &oracle->config.symbols[symbol];
    const struct fx_index_rules rules = {.max_age_us = config->age_us,
                                         .deviation_ppb = config->deviation_ppb};
    struct fx_worker_oracle_word word = {.symbol = config->symbol};
    fx_index_compute(oracle->desks[symbol].said, config->source_count, &rules, now_us, &word.index);
    report(oracle, symbol, &word.index);
    (void)fx_ring_append(oracle->words,
                         &word); /* a full ring: nobody listens, and the next comes */
}

static int step_symbol(struct fx_worker_oracle *oracle, uint32_t symbol, int64_t now_us)
{
    const struct fx_worker_oracle_symbol *config = &oracle->config.symbols[symbol];
    struct desk *desk = &oracle->desks[symbol];
    if (now_us < desk->next_us && desk->next_us - now_us <= config->interval_us) {
        return 0; /* else the clock was set back */
    }
    for (uint32_t index = 0; index < config->source_count; index++) {
        if (desk->files[index] != NULL) {
            read_recorded(oracle, symbol, index, now_us);
        }
    }
    if (desk->next_us != 0) {
        say(oracle, symbol, now_us); /* of the answers to the last question */
    }
    desk->next_us = now_us + config->interval_us;
    for (uint32_t index = 0; index < config->source_count; index++) {
        const uint32_t number = symbol * FX_INDEX_SOURCES_MAX + index;
        if (desk->files[index] == NULL &&
            fx_worker_oracle_fetch_ask(oracle->fetch, number, config->sources[index].url)) {
            desk->asked_us[index] = now_us;
        }
    }
    return 1;
}

static int step(void *self, int64_t now_us)
{
    struct fx_worker_oracle *oracle = self;
    int count = fx_worker_oracle_fetch_step(oracle->fetch);
    for (uint32_t symbol = 0; symbol < oracle->config.symbol_count; symbol++) {
        count += step_symbol(oracle, symbol, now_us);
    }
    return count;
}

static fx_status open_desk(struct fx_worker_oracle *oracle, uint32_t symbol)
{
    const struct fx_worker_oracle_symbol *config = &oracle->config.symbols[symbol];
    struct desk *desk = &oracle->desks[symbol];
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < config->source_count && status == FX_OK; index++) {
        const struct fx_worker_oracle_source *source = &config->sources[index];
        desk->said[index].weight = source->weight;
        if (source->file[0] != '\0') {
            status = fx_worker_oracle_file_open(source->file, source->column, &desk->files[index]);
        }
        if (status != FX_OK) {
            FX_LOG(FX_LOG_ERROR,
                   "oracle",
                   "a file of prices cannot be read",
                   fx_log_text("file", source->file),
                   fx_log_text("column", source->column),
                   fx_log_status("err", status));
        }
    }
    return status;
}

fx_status fx_worker_oracle_create(const struct fx_worker_oracle_config *config,
                                  struct fx_worker_oracle **oracle_out)
{
    struct fx_worker_oracle *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL) {
        return FX_NO_MEMORY;
    }
    oracle->config = *config;
    oracle->words = fx_ring_create(sizeof(struct fx_worker_oracle_word), WORDS_MAX);
    fx_status status = oracle->words == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK) {
        status = fx_worker_oracle_fetch_create(
            config->symbol_count * FX_INDEX_SOURCES_MAX, on_answer, oracle, &oracle->fetch);
    }
    for (uint32_t symbol = 0; symbol < config->symbol_count && status == FX_OK; symbol++) {
        status = open_desk(oracle, symbol);
    }
    if (status == FX_OK) {
        const struct fx_agent_options options = {
            .name = "oracle", .step = step, .self = oracle, .idle_us_max = IDLE_US};
        status = fx_agent_create(&options, &oracle->agent);
    }
    if (status != FX_OK) {
        fx_worker_oracle_destroy(oracle);
        return status;
    }
    *oracle_out = oracle;
    return FX_OK;
}

fx_status fx_worker_oracle_start(struct fx_worker_oracle *oracle)
{
    const fx_status status = fx_agent_start(oracle->agent);
    oracle->is_started = status == FX_OK;
    return status;
}

bool fx_worker_oracle_poll(struct fx_worker_oracle *oracle, struct fx_worker_oracle_word *word_out)
{
    return fx_ring_poll(oracle->words, word_out);
}

void fx_worker_oracle_destroy(struct fx_worker_oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    if (oracle->is_started) {
        fx_agent_stop(oracle->agent);
        fx_agent_join(oracle->agent);
    }
    fx_agent_destroy(oracle->agent);
    for (uint32_t symbol = 0; symbol < oracle->config.symbol_count; symbol++) {
        for (uint32_t index = 0; index < FX_INDEX_SOURCES_MAX; index++) {
            fx_worker_oracle_file_close(oracle->desks[symbol].files[index]);
        }
    }
    fx_worker_oracle_fetch_destroy(oracle->fetch);
    fx_ring_destroy(oracle->words);
    free(oracle);
}

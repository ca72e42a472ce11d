/* The oracle's configuration, and prices in the answers of sources. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "worker/worker_oracle.h"
#include "worker/worker_oracle_int.h"

enum {
    INTERVAL_MS_MIN = 100,
    INTERVAL_MS_MAX = 3600000,
    AGE_MS_MAX = 3600000,
    SPEED_MAX = 100000,
    MS_US = 1000
};

static const fx_i128 PPB_UNITS = 1000000000; /* 1e-9 in units of 1e-18 */

/* What is being read, and the first thing that is wrong. */
struct reader {
    const struct fx_json *json;
    char *error;
    fx_status status;
};

static void fail(struct reader *reader, const char *what)
{
    if (reader->status == FX_OK) {
        reader->status = FX_BAD_PARAMETER;
        (void)snprintf(reader->error, FX_WORKER_ORACLE_ERROR_SIZE, "%s", what);
    }
}

static void read_text(struct reader *reader,
                      const struct fx_json_token *object,
                      const char *name,
                      char *target,
                      size_t size)
{
    const struct fx_json_token *token = fx_json_member(reader->json, object, fx_str_of(name));
    target[0] = '\0';
    if (token == NULL) {
        return;
    }
    if (token->kind != FX_JSON_STRING || token->is_escaped ||
        !fx_str_copy(token->text, target, size)) {
        fail(reader, name);
    }
}

/* A whole number within its bounds; the default where it is absent. */
static int64_t read_int(struct reader *reader,
                        const struct fx_json_token *object,
                        const char *name,
                        const int64_t bounds[3]) /* default, least, most */
{
    const struct fx_json_token *token = fx_json_member(reader->json, object, fx_str_of(name));
    uint64_t number = 0;
    if (token == NULL) {
        return bounds[0];
    }
    if (token->kind != FX_JSON_NUMBER || !fx_str_parse_u64(token->text, &number) ||
        number > INT64_MAX || (int64_t)number < bounds[1] || (int64_t)number > bounds[2]) {
        fail(reader, name);
        return bounds[0];
    }
    return (int64_t)number;
}

/* A decimal fraction from 0 to below 1, as parts per billion. */
static int64_t read_fraction(struct reader *reader,
                             const struct fx_json_token *object,
                             const char *name,
                             int64_t preset_ppb)
{
    const struct fx_json_token *token = fx_json_member(reader->json, object, fx_str_of(name));
    fx_i128 units = 0;
    if (token == NULL) {
        return preset_ppb;
    }
    if ((token->kind != FX_JSON_NUMBER && token->kind != FX_JSON_STRING) ||
        fx_dec_parse(token->text, &units) != FX_OK || units < 0 || units >= fx_dec_one() ||
        units % PPB_UNITS != 0) {
        fail(reader, name);
        return preset_ppb;
    }
    return (int64_t)(units / PPB_UNITS);
}

static void read_source(struct reader *reader,
                        const struct fx_json_token *object,
                        struct fx_worker_oracle_source *source)
{
    if (object->kind != FX_JSON_OBJECT) {
        fail(reader, "sources");
        return;
    }
    read_text(reader, object, "url", source->url, sizeof source->url);
    read_text(reader, object, "path", source->path, sizeof source->path);
    read_text(reader, object, "file", source->file, sizeof source->file);
    read_text(reader, object, "column", source->column, sizeof source->column);
    source->weight =
        (uint32_t)read_int(reader, object, "weight", (const int64_t[]){1, 1, FX_INDEX_WEIGHT_MAX});
    source->speed = read_int(reader, object, "speed", (const int64_t[]){1, 1, SPEED_MAX});
    const struct fx_json_token *loop = fx_json_member(reader->json, object, FX_STR("loop"));
    source->is_looped = loop != NULL && loop->kind == FX_JSON_TRUE;
    const fx_str url = fx_str_of(source->url);
    if ((url.size > 0) == (source->file[0] != '\0')) {
        fail(reader, "a source has either url or file");
    } else if (url.size > 0 && !fx_str_has_prefix(url, FX_STR("http://")) &&
               !fx_str_has_prefix(url, FX_STR("https://"))) {
        fail(reader, "url: http:// or https:// only");
    } else if (url.size > 0 && source->path[0] == '\0') {
        fail(reader, "path: where the price is in the answer");
    } else if (url.size == 0 && source->column[0] == '\0') {
        fail(reader, "column: which one of the file is the price");
    }
}

static void read_symbol(struct reader *reader,
                        const struct fx_json_token *object,
                        struct fx_worker_oracle_symbol *symbol)
{
    char name[64] = "";
    if (object->kind != FX_JSON_OBJECT) {
        fail(reader, "symbols");
        return;
    }
    read_text(reader, object, "symbol", name, sizeof name);
    if (!fx_ids_symbol(fx_str_of(name), &symbol->symbol)) {
        fail(reader, "symbol");
    }
    symbol->interval_us =
        MS_US * read_int(reader,
                         object,
                         "intervalMs",
                         (const int64_t[]){1000, INTERVAL_MS_MIN, INTERVAL_MS_MAX});
    symbol->age_us =
        MS_US * read_int(reader, object, "maxAgeMs", (const int64_t[]){10000, 1, AGE_MS_MAX});
    symbol->mark_age_us =
        MS_US * read_int(reader, object, "markMaxAgeMs", (const int64_t[]){30000, 1, AGE_MS_MAX});
    symbol->deviation_ppb = read_fraction(reader, object, "deviation", 50000000);
    symbol->band_ppb = read_fraction(reader, object, "band", 50000000);
    symbol->sources_min = (uint32_t)read_int(
        reader, object, "sourcesMin", (const int64_t[]){1, 1, FX_INDEX_SOURCES_MAX});
    const struct fx_json_token *sources = fx_json_member(reader->json, object, FX_STR("sources"));
    if (sources == NULL || sources->kind != FX_JSON_ARRAY || sources->count == 0 ||
        sources->count > FX_INDEX_SOURCES_MAX || sources->count < symbol->sources_min) {
        fail(reader, "sources: from sourcesMin to 16 of them");
        return;
    }
    symbol->source_count = sources->count;
    for (uint32_t index = 0; index < sources->count; index++) {
        read_source(reader, fx_json_element(reader->json, sources, index), &symbol->sources[index]);
    }
}

fx_status fx_worker_oracle_config_read(fx_str text,
                                       struct fx_worker_oracle_config *config_out,
                                       char error_out[FX_WORKER_ORACLE_ERROR_SIZE])
{
    static _Thread_local struct fx_json json;
    struct reader reader = {.json = &json, .error = error_out, .status = FX_OK};
    memset(config_out, 0, sizeof *config_out);
    error_out[0] = '\0';
    const fx_status status = fx_json_parse(&json, text);
    if (status != FX_OK) {
        (void)snprintf(
            error_out, FX_WORKER_ORACLE_ERROR_SIZE, "no JSON from byte %u on", json.error_offset);
        return status;
    }
    const struct fx_json_token *root = &json.tokens[0];
    const struct fx_json_token *symbols =
        root->kind == FX_JSON_OBJECT ? fx_json_member(&json, root, FX_STR("symbols")) : NULL;
    if (symbols == NULL || symbols->kind != FX_JSON_ARRAY || symbols->count == 0 ||
        symbols->count > FX_WORKER_ORACLE_SYMBOLS_MAX) {
        fail(&reader, "symbols: from 1 to 32 of them");
        return reader.status;
    }
    config_out->symbol_count = symbols->count;
    for (uint32_t index = 0; index < symbols->count; index++) {
        read_symbol(&reader, fx_json_element(&json, symbols, index), &config_out->symbols[index]);
    }
    return reader.status;
}

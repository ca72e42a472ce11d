#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "base/crypto.h"
#include "wire/wire_place.h"

enum { US_PER_MS = 1000, OFFSET_MAX = 10000 /* rows that are read for nothing, on the loop */ };

static const uint64_t TIME_MS_MAX = 253402300799999ULL;

fx_status fx_api_param_fail(struct fx_api_call *call, fx_status status, fx_str field)
{
    call->error.field = field;
    return status;
}

fx_status fx_api_param_reject(struct fx_api_call *call, const struct fx_reject *reject)
{
    struct fx_wire_public_error *error = &call->error;
    error->field = fx_str_of(fx_instrument_field_name((enum fx_field)reject->field));
    error->has_limit = reject->has_limit != 0;
    error->has_nearest = reject->has_nearest != 0;
    error->limit = reject->limit;
    error->nearest = reject->nearest;
    return reject->status;
}

/* ---- query ------------------------------------------------------------------------------------
 */

static const fx_str *query_value(const struct fx_api *api, fx_str name)
{
    for (uint32_t index = 0; index < api->pair_count; index++) {
        if (fx_str_is_equal(api->pairs[index].name, name)) {
            return &api->pairs[index].value;
        }
    }
    return NULL;
}

fx_status fx_api_param_load_query(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_net_http_query query;
    struct fx_net_http_pair pair;
    api->pair_count = 0;
    if (call->request->query.size == 0) {
        return FX_OK;
    }
    fx_buf_clear(&api->query);
    fx_status status = fx_net_http_query_init(&query, call->request->query, &api->query);
    if (status != FX_OK) {
        return status;
    }
    while ((status = fx_net_http_query_next(&query, &pair)) == FX_OK) {
        if (query_value(api, pair.name) != NULL) {
            return fx_api_param_fail(call, FX_BAD_PARAMETER, pair.name);
        }
        if (api->pair_count == FX_API_PAIRS_MAX) {
            return FX_BAD_PARAMETER;
        }
        api->pairs[api->pair_count++] = pair;
    }
    return status == FX_NOT_FOUND ? FX_OK : status;
}

/* ---- body -------------------------------------------------------------------------------------
 */

static bool is_json_type(fx_str type)
{
    const size_t end = fx_str_find(type, ';', 0);
    const fx_str name = fx_str_trim(end == SIZE_MAX ? type : fx_str_slice(type, 0, end));
    return name.size == 0 || fx_str_is_equal_nocase(name, FX_STR("application/json"));
}

fx_status fx_api_param_load_body(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    const enum fx_api_body kind = call->route->body;
    const fx_str body = call->request->body;
    const size_t size_max =
        kind == FX_API_BODY_ORDER ? FX_API_ORDER_BODY_SIZE_MAX : FX_API_BODY_SIZE_MAX;
    if (kind == FX_API_BODY_NONE || (kind == FX_API_BODY_OPTIONAL && body.size == 0)) {
        return FX_OK;
    }
    if (body.size > size_max) {
        return FX_BODY_TOO_LARGE;
    }
    if (!is_json_type(fx_net_http_value(call->request, FX_STR("content-type")))) {
        return FX_UNSUPPORTED_MEDIA_TYPE;
    }
    const fx_status status = fx_json_parse(&api->json, body);
    if (status != FX_OK) {
        return status;
    }
    if (api->json.tokens[0].kind != FX_JSON_OBJECT) {
        call->error.message = FX_STR("the body must be a JSON object");
        return FX_BAD_JSON;
    }
    fx_buf_clear(&api->texts);
    call->body = &api->json.tokens[0];
    return FX_OK;
}

/* The content of a string; unescaped text stays where it is until the next request, because
 * api->texts never grows: it was reserved at its maximum. */
static fx_status content_of(struct fx_api_call *call,
                            const struct fx_json_token *token,
                            fx_str *text_out)
{
    struct fx_buf *texts = &call->api->texts;
    if (!token->is_escaped) {
        *text_out = token->text;
        return FX_OK;
    }
    const size_t before = texts->size;
    if (!fx_json_unescape(token, texts)) {
        return FX_BAD_PARAMETER;
    }
    *text_out = (fx_str){texts->data + before, texts->size - before};
    return FX_OK;
}

static fx_status scalar_of(struct fx_api_call *call,
                           const struct fx_json_token *token,
                           fx_str *text_out)
{
    switch (token->kind) {
    case FX_JSON_NULL:
        *text_out = (fx_str){0};
        return FX_OK;
    case FX_JSON_FALSE:
        *text_out = FX_STR("false");
        return FX_OK;
    case FX_JSON_TRUE:
        *text_out = FX_STR("true");
        return FX_OK;
    case FX_JSON_NUMBER:
        *text_out = token->text;
        return FX_OK;
    case FX_JSON_STRING:
        return content_of(call, token, text_out);
    case FX_JSON_ARRAY:
    case FX_JSON_OBJECT:
    default:
        return FX_BAD_PARAMETER;
    }
}

fx_status fx_api_param_find(struct fx_api_call *call, fx_str name, fx_str *value_out)
{
    const fx_str *query = query_value(call->api, name);
    const struct fx_json_token *token = NULL;
    fx_str value = query != NULL ? *query : (fx_str){0};
    if (call->body != NULL) {
        token = fx_json_member(&call->api->json, call->body, name);
    }
    if (token != NULL) {
        const fx_status status = query != NULL ? FX_BAD_PARAMETER : scalar_of(call, token, &value);
        if (status != FX_OK) {
            return fx_api_param_fail(call, status, name);
        }
    }
    if (value.size == 0) {
        /* "?symbol=" is a slip: taken as absent it would cancel the orders of every symbol. */
        const bool is_given = query != NULL || (token != NULL && token->kind != FX_JSON_NULL);
        return is_given ? fx_api_param_fail(call, FX_BAD_PARAMETER, name) : FX_NOT_FOUND;
    }
    *value_out = value;
    return FX_OK;
}

/* Parts between commas. */
static bool split(fx_str text, fx_str texts_out[], uint32_t capacity, uint32_t *count_out)
{
    uint32_t count = 0;
    for (size_t from = 0; from <= text.size;) {
        const size_t comma = fx_str_find(text, ',', from);
        const size_t end = comma == SIZE_MAX ? text.size : comma;
        if (end == from || count == capacity) {
            return false;
        }
        texts_out[count++] = fx_str_slice(text, from, end - from);
        from = end + 1;
    }
    *count_out = count;
    return true;
}

static fx_status read_elements(struct fx_api_call *call,
                               const struct fx_json_token *list,
                               fx_str texts_out[],
                               uint32_t capacity,
                               uint32_t *count_out)
{
    if (list->count > capacity) {
        return FX_BAD_PARAMETER;
    }
    for (uint32_t index = 0; index < list->count; index++) {
        const struct fx_json_token *token = fx_json_element(&call->api->json, list, index);
        if ((token->kind != FX_JSON_STRING && token->kind != FX_JSON_NUMBER) ||
            scalar_of(call, token, &texts_out[index]) != FX_OK || texts_out[index].size == 0) {
            return FX_BAD_PARAMETER;
        }
    }
    *count_out = list->count;
    return FX_OK;
}

fx_status fx_api_param_list(struct fx_api_call *call,
                            fx_str name,
                            fx_str texts_out[],
                            uint32_t capacity,
                            uint32_t *count_out)
{
    const struct fx_json_token *token =
        call->body == NULL ? NULL : fx_json_member(&call->api->json, call->body, name);
    fx_str text = {0};
    *count_out = 0;
    if (token != NULL && token->kind == FX_JSON_ARRAY) {
        const fx_status status = query_value(call->api, name) != NULL
                                     ? FX_BAD_PARAMETER
                                     : read_elements(call, token, texts_out, capacity, count_out);
        return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
    }
    const fx_status status = fx_api_param_find(call, name, &text);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || !split(text, texts_out, capacity, count_out)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return FX_OK;
}

fx_status fx_api_param_text(struct fx_api_call *call, fx_str name, fx_str *value_out)
{
    const struct fx_json_token *token =
        call->body == NULL ? NULL : fx_json_member(&call->api->json, call->body, name);
    if (token == NULL || token->kind != FX_JSON_STRING ||
        content_of(call, token, value_out) != FX_OK) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return FX_OK;
}

/* Append one element of a list. */
static fx_status append_element(struct fx_api_call *call,
                                const struct fx_json_token *token,
                                struct fx_buf *list)
{
    fx_str text = {0};
    if (token == NULL || token->kind != FX_JSON_STRING || content_of(call, token, &text) != FX_OK ||
        fx_str_find(text, ',', 0) != SIZE_MAX || fx_str_trim(text).size == 0) {
        return FX_BAD_PARAMETER;
    }
    if (list->size > 0) {
        fx_buf_append_byte(list, ',');
    }
    fx_buf_append(list, fx_str_trim(text));
    return list->is_overflow ? FX_BAD_PARAMETER : FX_OK;
}

fx_status fx_api_param_texts(struct fx_api_call *call, fx_str name, char *list_out, size_t capacity)
{
    const struct fx_json_token *token =
        call->body == NULL ? NULL : fx_json_member(&call->api->json, call->body, name);
    fx_status status = FX_OK;
    if (token == NULL || token->kind != FX_JSON_ARRAY) {
        fx_str text = {0};
        status = fx_api_param_find(call, name, &text);
        if (status == FX_OK && !fx_str_copy(text, list_out, capacity)) {
            status = fx_api_param_fail(call, FX_BAD_PARAMETER, name);
        }
        return status;
    }
    struct fx_buf list;
    fx_buf_init(&list, capacity);
    for (uint32_t index = 0; index < token->count && status == FX_OK; index++) {
        status = append_element(call, fx_json_element(&call->api->json, token, index), &list);
    }
    if (status == FX_OK && !fx_str_copy(fx_buf_str(&list), list_out, capacity)) {
        status = FX_BAD_PARAMETER;
    }
    fx_buf_deinit(&list);
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
}

/* ---- types ------------------------------------------------------------------------------------
 */

fx_status fx_api_param_u64(struct fx_api_call *call, fx_str name, uint64_t *value_out)
{
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, name, &text);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || !fx_str_parse_u64(text, value_out)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return FX_OK;
}

fx_status fx_api_param_decimal(struct fx_api_call *call, fx_str name, fx_i128 *units_out)
{
    fx_str text = {0};
    fx_status status = fx_api_param_find(call, name, &text);
    if (status == FX_OK) {
        status = fx_dec_parse(text, units_out);
    }
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
}

fx_status fx_api_param_word(struct fx_api_call *call,
                            fx_str name,
                            fx_api_word_fn number_of,
                            uint32_t *number_out)
{
    fx_str word = {0};
    const fx_status status = fx_api_param_find(call, name, &word);
    *number_out = 0;
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    *number_out = status == FX_OK ? number_of(word) : 0;
    return *number_out != 0 ? FX_OK : fx_api_param_fail(call, FX_BAD_PARAMETER, name);
}

static fx_status find_symbol(struct fx_api_call *call,
                             fx_str text,
                             const struct fx_market_symbol **symbol_out)
{
    *symbol_out = fx_market_find(call->api->options.market, text);
    return *symbol_out != NULL ? FX_OK
                               : fx_api_param_fail(call, FX_UNKNOWN_SYMBOL, FX_STR("symbol"));
}

fx_status fx_api_param_symbol(struct fx_api_call *call, const struct fx_market_symbol **symbol_out)
{
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("symbol"), &text);
    *symbol_out = NULL;
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    return status == FX_OK ? find_symbol(call, text, symbol_out) : status;
}

fx_status fx_api_param_path_symbol(struct fx_api_call *call,
                                   const struct fx_market_symbol **symbol_out)
{
    return find_symbol(call, call->param, symbol_out);
}

/* ---- lists ------------------------------------------------------------------------------------
 */

static fx_status read_cursor(struct fx_api_call *call, uint64_t *before_out)
{
    fx_str text = {0};
    uint64_t id = 0;
    size_t size = 0;
    fx_status status = fx_api_param_find(call, FX_STR("cursor"), &text);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status == FX_OK) {
        uint8_t bytes[sizeof id];
        status = fx_crypto_base64url_decode(text, bytes, sizeof bytes, &size);
        if (status == FX_OK && size == sizeof id) {
            memcpy(&id, bytes, sizeof id);
        }
    }
    if (id == 0 || id > INT64_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("cursor"));
    }
    *before_out = id;
    return FX_OK;
}

static fx_status read_limit(struct fx_api_call *call, fx_str name, uint32_t *limit)
{
    uint64_t value = *limit;
    const fx_status status = fx_api_param_u64(call, name, &value);
    if (status != FX_OK || value == 0 || value > FX_API_LIST_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *limit = (uint32_t)value;
    return FX_OK;
}

fx_status fx_api_param_page(struct fx_api_call *call, struct fx_store_page *page_out)
{
    uint64_t page = 0;
    *page_out = (struct fx_store_page){.limit = FX_API_LIST_DEFAULT};
    fx_status status = read_limit(call, FX_STR("limit"), &page_out->limit);
    if (status == FX_OK) {
        status = read_limit(call, FX_STR("size"), &page_out->limit);
    }
    if (status == FX_OK) {
        status = read_cursor(call, &page_out->before_id);
    }
    if (status != FX_OK) {
        return status;
    }
    page = 1;
    status = fx_api_param_u64(call, FX_STR("page"), &page);
    if (status == FX_OK && page > 1 && page - 1 > OFFSET_MAX / page_out->limit) {
        call->error.message = FX_STR("pages end at 10000 rows: go on with cursor");
        status = FX_BAD_PARAMETER;
    }
    if (status != FX_OK || page == 0 || (page > 1 && page_out->before_id != 0)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("page"));
    }
    page_out->offset = (uint32_t)(page - 1) * page_out->limit;
    return FX_OK;
}

fx_status fx_api_param_time(struct fx_api_call *call, fx_str name, int64_t *time_us_out)
{
    uint64_t time_ms = 0;
    const fx_status status = fx_api_param_u64(call, name, &time_ms);
    if (status != FX_OK || time_ms > TIME_MS_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *time_us_out = (int64_t)time_ms * US_PER_MS;
    return FX_OK;
}

fx_status fx_api_param_span(struct fx_api_call *call, struct fx_store_span *span_out)
{
    fx_status status = fx_api_param_time(call, FX_STR("startTime"), &span_out->start_us);
    if (status == FX_OK) {
        status = fx_api_param_time(call, FX_STR("endTime"), &span_out->end_us);
    }
    return status;
}

uint32_t fx_api_param_side_of(fx_str name)
{
    return (uint32_t)fx_order_side_of(name);
}

uint32_t fx_api_param_type_of(fx_str name)
{
    return (uint32_t)fx_order_type_of(name);
}

uint32_t fx_api_param_contract_type_of(fx_str name)
{
    return (uint32_t)fx_instrument_contract_type_of(name);
}

fx_status fx_api_param_movement_id(struct fx_api_call *call, struct fx_client_id *id_out)
{
    const fx_str name = FX_STR("clientTransferId");
    struct fx_client_id named;
    fx_str text = {0};
    const fx_status status = fx_api_param_find(call, name, &text);
    memset(id_out, 0, sizeof *id_out);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || text.size >= FX_CLIENT_ID_SIZE_MAX || !fx_ids_client_id(text, &named)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    id_out->text[0] = FX_COMMAND_MOVE_MARK;
    memcpy(id_out->text + 1, text.data, text.size);
    id_out->size = (uint8_t)(text.size + 1);
    return FX_OK;
}

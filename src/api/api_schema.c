#include "api/api_schema_int.h"

#define TEXT(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static const struct fx_api_schema_param PARAMS[] = {
#define X(key, place, type, min, max, text)                                                        \
    {TEXT(key), FX_API_SCHEMA_PLACE_##place, TEXT(type), (min), (max), TEXT(text)},
#include "api/params.def"
#undef X
};

static const struct fx_api_schema_row ROWS[] = {
#define ENUM(name, words, text) {TEXT(#name), TEXT(words), TEXT(text), FX_API_SCHEMA_ENUM, true},
#define SCHEMA(name, text)      {TEXT(#name), TEXT(""), TEXT(text), FX_API_SCHEMA_OBJECT, true},
#define MEMBER(name, type, presence, text)                                                         \
    {TEXT(#name),                                                                                  \
     TEXT(type),                                                                                   \
     TEXT(text),                                                                                   \
     FX_API_SCHEMA_MEMBER,                                                                         \
     FX_API_SCHEMA_##presence == FX_API_SCHEMA_ALWAYS},
#include "api/schemas.def"
#undef ENUM
#undef SCHEMA
#undef MEMBER
};

enum { PARAM_COUNT = sizeof PARAMS / sizeof PARAMS[0], ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

uint32_t fx_api_schema_params(const struct fx_api_schema_param **params_out)
{
    *params_out = PARAMS;
    return PARAM_COUNT;
}

uint32_t fx_api_schema_rows(const struct fx_api_schema_row **rows_out)
{
    *rows_out = ROWS;
    return ROW_COUNT;
}

const struct fx_api_schema_param *fx_api_schema_param(fx_str key)
{
    for (uint32_t index = 0; index < PARAM_COUNT; index++) {
        if (fx_str_is_equal(PARAMS[index].key, key)) {
            return &PARAMS[index];
        }
    }
    return NULL;
}

const struct fx_api_schema_row *fx_api_schema_find(fx_str name)
{
    for (uint32_t index = 0; index < ROW_COUNT; index++) {
        if (ROWS[index].kind != FX_API_SCHEMA_MEMBER && fx_str_is_equal(ROWS[index].name, name)) {
            return &ROWS[index];
        }
    }
    return NULL;
}

const struct fx_api_schema_row *fx_api_schema_next(const struct fx_api_schema_row *row)
{
    const struct fx_api_schema_row *next = row + 1;
    return next < &ROWS[ROW_COUNT] && next->kind == FX_API_SCHEMA_MEMBER ? next : NULL;
}

fx_str fx_api_schema_wire_name(fx_str key)
{
    const size_t dot = fx_str_find(key, '.', 0);
    return dot == SIZE_MAX ? key : fx_str_slice(key, 0, dot);
}

fx_str fx_api_schema_element(fx_str type, uint32_t *depth_out)
{
    *depth_out = 0;
    while (type.size > 2 && type.data[type.size - 1] == ']' && type.data[type.size - 2] == '[') {
        type.size -= 2;
        (*depth_out)++;
    }
    return type;
}

bool fx_api_schema_is_basic(fx_str type)
{
    static const fx_str BASIC[] = {TEXT("text"),
                                   TEXT("boolean"),
                                   TEXT("integer"),
                                   TEXT("decimal"),
                                   TEXT("id"),
                                   TEXT("time"),
                                   TEXT("mixed")};
    for (size_t index = 0; index < sizeof BASIC / sizeof BASIC[0]; index++) {
        if (fx_str_is_equal(BASIC[index], type)) {
            return true;
        }
    }
    return false;
}

bool fx_api_schema_next_word(fx_str *rest, fx_str *word_out)
{
    *rest = fx_str_trim(*rest);
    if (rest->size == 0) {
        return false;
    }
    const size_t blank = fx_str_find(*rest, ' ', 0);
    const size_t end = blank == SIZE_MAX ? rest->size : blank;
    *word_out = fx_str_slice(*rest, 0, end);
    *rest = fx_str_slice(*rest, end, rest->size);
    return true;
}

bool fx_api_schema_next_param(fx_str *rest, struct fx_api_schema_use *use_out)
{
    fx_str key = {0};
    if (!fx_api_schema_next_word(rest, &key)) {
        return false;
    }
    use_out->is_required = key.data[key.size - 1] == '!';
    key.size -= use_out->is_required ? 1 : 0;
    use_out->key = key;
    use_out->name = fx_api_schema_wire_name(key);
    use_out->param = fx_api_schema_param(key);
    return true;
}

bool fx_api_schema_next_answer(fx_str *rest, struct fx_api_schema_answer *answer_out)
{
    enum { HTTP_OK = 200 };
    fx_str word = {0};
    if (!fx_api_schema_next_word(rest, &word)) {
        return false;
    }
    const size_t colon = fx_str_find(word, ':', 0);
    uint64_t http_status = HTTP_OK;
    if (colon != SIZE_MAX) {
        if (!fx_str_parse_u64(fx_str_slice(word, 0, colon), &http_status)) {
            http_status = 0;
        }
        word = fx_str_slice(word, colon + 1, word.size);
    }
    uint32_t depth = 0;
    answer_out->http_status = (uint32_t)http_status;
    answer_out->name = fx_api_schema_element(word, &depth);
    answer_out->is_list = depth > 0;
    answer_out->schema = fx_api_schema_find(answer_out->name);
    return true;
}

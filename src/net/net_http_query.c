#include "net/net_http_query.h"

#include "base/panic.h"
#include "net/net_utf8.h"

static int hex_of(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

size_t fx_net_http_query_decode(fx_str text, bool is_form, char *target)
{
    size_t size = 0;
    for (size_t index = 0; index < text.size; index++) {
        char byte = text.data[index];
        if (byte == '%') {
            if (text.size - index < 3) {
                return SIZE_MAX;
            }
            const int high = hex_of(text.data[index + 1]);
            const int low = hex_of(text.data[index + 2]);
            if (high < 0 || low < 0) {
                return SIZE_MAX;
            }
            byte = (char)(high * 16 + low);
            index += 2;
        } else if (byte == '+' && is_form) {
            byte = ' ';
        }
        if ((uint8_t)byte < 0x20 || byte == 0x7F) {
            return SIZE_MAX;
        }
        target[size] = byte;
        size++;
    }
    return fx_net_utf8_is_valid((fx_str){target, size}) ? size : SIZE_MAX;
}

fx_status fx_net_http_query_init(struct fx_net_http_query *query,
                                 fx_str text,
                                 struct fx_buf *scratch)
{
    if (text.size > 0 && fx_buf_reserve(scratch, text.size) == NULL) {
        return FX_NO_MEMORY;
    }
    *query = (struct fx_net_http_query){.text = text, .scratch = scratch};
    return FX_OK;
}

/* The reserve of init covers all pieces together: decoding never grows, so nothing moves. */
static bool decode_piece(struct fx_net_http_query *query, fx_str raw, fx_str *text_out)
{
    *text_out = raw;
    if (raw.size == 0) {
        return true;
    }
    char *target = fx_buf_reserve(query->scratch, raw.size);
    FX_ASSERT(target != NULL);
    const size_t size = fx_net_http_query_decode(raw, true, target);
    if (size == SIZE_MAX) {
        return false;
    }
    fx_buf_add(query->scratch, size);
    *text_out = (fx_str){target, size};
    return true;
}

fx_status fx_net_http_query_next(struct fx_net_http_query *query, struct fx_net_http_pair *pair_out)
{
    while (query->offset < query->text.size && query->text.data[query->offset] == '&') {
        query->offset++;
    }
    if (query->offset >= query->text.size) {
        return FX_NOT_FOUND;
    }
    size_t end = fx_str_find(query->text, '&', query->offset);
    end = end == SIZE_MAX ? query->text.size : end;
    const fx_str piece = fx_str_slice(query->text, query->offset, end - query->offset);
    query->offset = end;
    const size_t equals = fx_str_find(piece, '=', 0);
    fx_str value = {0};
    fx_str name = piece;
    if (equals != SIZE_MAX) {
        name = fx_str_slice(piece, 0, equals);
        value = fx_str_slice(piece, equals + 1, piece.size);
    }
    struct fx_net_http_pair pair;
    if (!decode_piece(query, name, &pair.name) || !decode_piece(query, value, &pair.value)) {
        return FX_BAD_PARAMETER;
    }
    *pair_out = pair;
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the text first
fx_status fx_net_http_query_find(fx_str text,
                                 fx_str name,
                                 struct fx_buf *scratch,
                                 fx_str *value_out)
{
    struct fx_net_http_query query;
    fx_status status = fx_net_http_query_init(&query, text, scratch);
    if (status != FX_OK) {
        return status;
    }
    bool is_found = false;
    fx_str value = {0};
    for (;;) {
        struct fx_net_http_pair pair = {0};
        status = fx_net_http_query_next(&query, &pair);
        if (status == FX_NOT_FOUND) {
            break;
        }
        if (status != FX_OK) {
            return status;
        }
        if (fx_str_is_equal(pair.name, name)) {
            if (is_found) {
                return FX_BAD_PARAMETER;
            }
            is_found = true;
            value = pair.value;
        }
    }
    if (!is_found) {
        return FX_NOT_FOUND;
    }
    *value_out = value;
    return FX_OK;
}

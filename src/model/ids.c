#include "model/ids.h"

#include <string.h>

static bool is_word_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '-';
}

static bool is_client_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == ':' ||
           byte == '/' || byte == '-';
}

static bool copy_word(fx_str text, char *target, size_t capacity)
{
    if (text.size == 0 || text.size >= capacity) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (!is_word_byte(text.data[index])) {
            return false;
        }
    }
    memset(target, 0, capacity);
    memcpy(target, text.data, text.size);
    return true;
}

static fx_str padded_str(const char *text, size_t capacity)
{
    size_t size = 0;
    while (size < capacity && text[size] != '\0') {
        size++;
    }
    return (fx_str){text, size};
}

bool fx_ids_symbol(fx_str text, struct fx_symbol *symbol_out)
{
    return copy_word(text, symbol_out->text, sizeof symbol_out->text);
}

bool fx_ids_asset(fx_str text, struct fx_asset *asset_out)
{
    return copy_word(text, asset_out->text, sizeof asset_out->text);
}

bool fx_ids_client_id(fx_str text, struct fx_client_id *id_out)
{
    if (text.size == 0 || text.size > FX_CLIENT_ID_SIZE_MAX) {
        return false;
    }
    for (size_t index = 0; index < text.size; index++) {
        if (!is_client_byte(text.data[index])) {
            return false;
        }
    }
    *id_out = (struct fx_client_id){.size = (uint8_t)text.size};
    memcpy(id_out->text, text.data, text.size);
    return true;
}

fx_str fx_ids_symbol_str(const struct fx_symbol *symbol)
{
    return padded_str(symbol->text, sizeof symbol->text);
}

fx_str fx_ids_asset_str(const struct fx_asset *asset)
{
    return padded_str(asset->text, sizeof asset->text);
}

fx_str fx_ids_client_id_str(const struct fx_client_id *id)
{
    return (fx_str){id->text, id->size};
}

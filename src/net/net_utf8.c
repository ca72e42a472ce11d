#include "net/net_utf8.h"

#include <string.h>

/* A state in the middle of a character: how many continuation bytes are missing (bits 0-7), and the
 * bounds of the next one (low in bits 8-15, high in bits 16-23). */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static uint32_t state_of(uint32_t missing, uint32_t low, uint32_t high)
{
    return missing == 0 ? FX_NET_UTF8_ACCEPT : missing | low << 8 | high << 16;
}

static uint32_t begin(uint8_t byte)
{
    if (byte < 0x80) {
        return FX_NET_UTF8_ACCEPT;
    }
    if (byte < 0xC2 || byte > 0xF4) {
        return FX_NET_UTF8_BAD;
    }
    if (byte < 0xE0) {
        return state_of(1, 0x80, 0xBF);
    }
    if (byte < 0xF0) {
        return state_of(2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF);
    }
    return state_of(3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF);
}

static size_t skip_ascii(const char *data, size_t size)
{
    size_t index = 0;
    for (; index + sizeof(uint64_t) <= size; index += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, data + index, sizeof word);
        if ((word & 0x8080808080808080U) != 0) {
            break;
        }
    }
    return index;
}

uint32_t fx_net_utf8_feed(uint32_t state, fx_str text)
{
    for (size_t index = 0; index < text.size && state != FX_NET_UTF8_BAD; index++) {
        if (state == FX_NET_UTF8_ACCEPT) {
            index += skip_ascii(text.data + index, text.size - index);
            if (index == text.size) {
                break;
            }
            state = begin((uint8_t)text.data[index]);
            continue;
        }
        const uint8_t byte = (uint8_t)text.data[index];
        const bool is_good = byte >= (state >> 8 & 0xFF) && byte <= (state >> 16 & 0xFF);
        state = is_good ? state_of((state & 0xFF) - 1, 0x80, 0xBF) : FX_NET_UTF8_BAD;
    }
    return state;
}

bool fx_net_utf8_is_valid(fx_str text)
{
    return fx_net_utf8_feed(FX_NET_UTF8_ACCEPT, text) == FX_NET_UTF8_ACCEPT;
}

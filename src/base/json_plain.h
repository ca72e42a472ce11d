/**
 * @file json_plain.h
 * Text that a JSON string holds just as it is: seen and copied by words.
 *
 * Keys and most values are shorter than 16 bytes: two words that may overlap do for these, without
 * a call. Thread: any.
 */
#ifndef FX_BASE_JSON_PLAIN_H
#define FX_BASE_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/** The top bits of the bytes that need an escape: a quote, a backslash, a control character, one
 * above 0x7F. Bytes behind the first such byte may be reported wrongly (the subtractions borrow),
 * the first one never is. */
static inline uint64_t fx_json_plain_special(uint64_t bytes)
{
    static const uint64_t LOW_BITS = 0x0101010101010101U;
    static const uint64_t HIGH_BITS = 0x8080808080808080U;
    const uint64_t quote = bytes ^ LOW_BITS * '"';
    const uint64_t backslash = bytes ^ LOW_BITS * '\\';
    return ((quote - LOW_BITS) | (backslash - LOW_BITS) | (bytes - LOW_BITS * 0x20) | bytes) &
           HIGH_BITS;
}

/** The next `size` bytes, at most 8, as a word. */
static inline uint64_t fx_json_plain_load(const char *at, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, at, size);
    return word;
}

/** @return true where no byte of the text needs an escape. */
static inline bool fx_json_plain_is(fx_str text)
{
    if (text.size >= 8) {
        const char *end = text.data + text.size;
        uint64_t special = fx_json_plain_special(fx_json_plain_load(end - 8, 8));
        for (const char *at = text.data; end - at > 8; at += 8) {
            special |= fx_json_plain_special(fx_json_plain_load(at, 8));
        }
        return special == 0;
    }
    uint64_t word = 0x2020202020202020U; /* spaces are plain */
    if (text.size >= 4) {
        word = fx_json_plain_load(text.data, 4) | fx_json_plain_load(text.data + text.size - 4, 4)
                                                      << 32U;
    } else {
        for (size_t index = 0; index < text.size; index++) {
            word = word << 8U | (unsigned char)text.data[index];
        }
    }
    return fx_json_plain_special(word) == 0;
}

/** Copy a text to where there is room for it. @return the place behind it. */
static inline char *fx_json_plain_copy(char *target, fx_str text)
{
    const size_t size = text.size;
    if (size >= 16) {
        memcpy(target, text.data, size);
    } else if (size >= 8) {
        const uint64_t end = fx_json_plain_load(text.data + size - 8, 8);
        memcpy(target, text.data, 8);
        memcpy(target + size - 8, &end, 8);
    } else if (size >= 4) {
        const uint64_t end = fx_json_plain_load(text.data + size - 4, 4);
        memcpy(target, text.data, 4);
        memcpy(target + size - 4, &end, 4);
    } else {
        for (size_t index = 0; index < size; index++) {
            target[index] = text.data[index];
        }
    }
    return target + size;
}

#endif

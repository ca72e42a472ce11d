#include "base/str.h"

#include <string.h>

fx_str fx_str_of(const char *text)
{
    return (fx_str){text, text != NULL ? strlen(text) : 0};
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
bool fx_str_is_equal(fx_str left, fx_str right)
{
    return left.size == right.size &&
           (left.size == 0 || memcmp(left.data, right.data, left.size) == 0);
}

static int lower_of(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): symmetric
bool fx_str_is_equal_nocase(fx_str left, fx_str right)
{
    if (left.size != right.size) {
        return false;
    }
    for (size_t index = 0; index < left.size; index++) {
        if (lower_of(left.data[index]) != lower_of(right.data[index])) {
            return false;
        }
    }
    return true;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the text first, always
bool fx_str_has_prefix(fx_str text, fx_str prefix)
{
    return text.size >= prefix.size && fx_str_is_equal(fx_str_slice(text, 0, prefix.size), prefix);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): start and length, as everywhere
fx_str fx_str_slice(fx_str text, size_t from, size_t size)
{
    if (from >= text.size) {
        return (fx_str){text.data, 0};
    }
    const size_t rest = text.size - from;
    return (fx_str){text.data + from, size < rest ? size : rest};
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a byte and an index
size_t fx_str_find(fx_str text, char byte, size_t from)
{
    if (from >= text.size) {
        return SIZE_MAX;
    }
    const char *found = memchr(text.data + from, byte, text.size - from);
    return found != NULL ? (size_t)(found - text.data) : SIZE_MAX;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

fx_str fx_str_trim(fx_str text)
{
    while (text.size > 0 && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

bool fx_str_parse_u64(fx_str text, uint64_t *value_out)
{
    if (text.size == 0 || text.size > 20 || (text.data[0] == '0' && text.size > 1)) {
        return false;
    }
    uint64_t value = 0;
    for (size_t index = 0; index < text.size; index++) {
        const unsigned digit = (unsigned)(unsigned char)text.data[index] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value)) {
            return false;
        }
    }
    *value_out = value;
    return true;
}

bool fx_str_parse_i64(fx_str text, int64_t *value_out)
{
    const bool is_negative = text.size > 0 && text.data[0] == '-';
    uint64_t magnitude = 0;
    if (!fx_str_parse_u64(is_negative ? fx_str_slice(text, 1, text.size) : text, &magnitude)) {
        return false;
    }
    if (!is_negative) {
        if (magnitude > (uint64_t)INT64_MAX) {
            return false;
        }
        *value_out = (int64_t)magnitude;
        return true;
    }
    if (magnitude == 0 || magnitude > (uint64_t)INT64_MAX + 1) {
        return false;
    }
    /* Not -(int64_t)magnitude: that would overflow for INT64_MIN. */
    *value_out = -(int64_t)(magnitude - 1) - 1;
    return true;
}

bool fx_str_copy(fx_str text, char *target, size_t capacity)
{
    if (text.size >= capacity) {
        return false;
    }
    if (text.size > 0) {
        memcpy(target, text.data, text.size);
    }
    target[text.size] = '\0';
    return true;
}

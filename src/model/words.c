#include "model/words.h"

#include <string.h>

static bool is_name(const char *name, fx_str text)
{
    size_t size = 0;
    while (name[size] != '\0') {
        size++;
    }
    /* The empty string has no bytes to point to. */
    return size == text.size && (size == 0 || memcmp(name, text.data, size) == 0);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a count and a number of the table
const char *fx_words_name(const struct fx_words_entry entries[], uint32_t count, uint32_t number)
{
    for (uint32_t index = 0; index < count; index++) {
        if (entries[index].number == number) {
            return entries[index].name;
        }
    }
    return NULL;
}

uint32_t fx_words_number(const struct fx_words_entry entries[], uint32_t count, fx_str name)
{
    for (uint32_t index = 0; index < count; index++) {
        if (is_name(entries[index].name, name)) {
            return entries[index].number;
        }
    }
    return 0;
}

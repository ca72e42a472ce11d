/**
 * @file words.h
 * A table of words: number <-> name, the one mechanism behind every enum that leaves the program.
 * Thread: any.
 */
#ifndef FX_MODEL_WORDS_H
#define FX_MODEL_WORDS_H

#include <stdint.h>

#include "base/str.h"

struct fx_words_entry {
    uint32_t number;
    char name[28]; /* in the table itself: an address would have to be relocated, so be written */
};

/** The name of a number; NULL where the table has none. */
const char *fx_words_name(const struct fx_words_entry entries[], uint32_t count, uint32_t number);

/** The number of a name (exact case); 0 where the table has none. The first entry of a number is
 * its name. */
uint32_t fx_words_number(const struct fx_words_entry entries[], uint32_t count, fx_str name);

#endif

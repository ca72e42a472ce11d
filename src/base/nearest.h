/**
 * @file nearest.h
 * Of the words that somebody may have meant: how far a word is from another.
 * Thread: any; nothing is kept.
 */
#ifndef FX_BASE_NEAREST_H
#define FX_BASE_NEAREST_H

#include <stddef.h>

#include "base/str.h"

enum { FX_NEAREST_SIZE_MAX = 128, FX_NEAREST_FAR = 1000 };

/**
 * How many letters must be put in, left out or changed to make `meant` of `word`; 1 where `meant`
 * begins with it and goes on. Costs the product of their sizes. @return FX_NEAREST_FAR where one
 * has more than FX_NEAREST_SIZE_MAX bytes.
 */
size_t fx_nearest_distance(fx_str word, fx_str meant);

/** From which distance on a word is not what was meant with `word`: more than a third of it, 4. */
size_t fx_nearest_limit(fx_str word);

#endif

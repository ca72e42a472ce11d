/**
 * @file draw.h
 * What random streams share: one generator, its seed, the command that runs, and REQUIRE, which
 * names both where something does not hold. Included by one file of a program. Thread: the test's
 * own.
 */
#ifndef FX_TESTS_DRAW_H
#define FX_TESTS_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct {
    struct fx_rng rng;
    uint64_t seed;
    uint32_t commands; /* so far */
} draw;

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr,                                                                  \
                          "seed %llu, command %u: %s\n",                                           \
                          (unsigned long long)draw.seed,                                           \
                          draw.commands,                                                           \
                          #condition);                                                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline void draw_begin(uint64_t seed)
{
    draw.seed = seed;
    draw.commands = 0;
    fx_rng_init(&draw.rng, seed);
}

static inline uint64_t below(uint64_t bound)
{
    return fx_rng_below(&draw.rng, bound);
}

static inline int64_t between(int64_t least, int64_t most)
{
    return fx_rng_between(&draw.rng, least, most);
}

static inline bool chance(uint64_t percent)
{
    return below(100) < percent;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

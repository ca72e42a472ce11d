/**
 * @file index.h
 * The index price: the weighted median of what sources say, without those that are too old or too
 * far off. Pure; exact decimals. The law: docs/rules/mark.md section 3. Thread: any.
 */
#ifndef FX_MARKET_INDEX_H
#define FX_MARKET_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"

enum { FX_INDEX_SOURCES_MAX = 16, FX_INDEX_WEIGHT_MAX = 1000000 };

/** What one source said last. */
struct fx_index_source {
    fx_i128 price;   /* 1e-18, > 0; 0: it never said anything */
    int64_t said_us; /* when it said so */
    uint32_t weight; /* 1..FX_INDEX_WEIGHT_MAX */
    uint32_t zero;
};

struct fx_index_rules {
    int64_t max_age_us;    /* an older word does not count; > 0 */
    int64_t deviation_ppb; /* nor one farther from the median of the fresh ones; 5 %: 50,000,000 */
};

struct fx_index_result {
    fx_i128 price;     /* where count > 0 */
    int64_t said_us;   /* the oldest word that counted */
    uint32_t count;    /* sources that counted */
    uint32_t stale;    /* … that were silent or too old, or spoke from the future */
    uint32_t deviant;  /* … that were too far off */
    uint16_t is_stale; /* by source: bit i */
    uint16_t is_deviant;
};

/**
 * The index of `count` (at most FX_INDEX_SOURCES_MAX) sources at now_us. The weighted median is the
 * lowest price at which half of the weight is reached; where it is met exactly, the middle of that
 * and the next price, half-even.
 */
void fx_index_compute(const struct fx_index_source sources[],
                      uint32_t count,
                      const struct fx_index_rules *rules,
                      int64_t now_us,
                      struct fx_index_result *result_out);

#endif

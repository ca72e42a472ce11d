/**
 * @file depth.h
 * One instrument's public order book: the fold of BOOK events, best prices first.
 *
 * Per side a sorted array whose end is the best level, so that changes near the best price, which
 * are nearly all, move few bytes. No memory of its own. Thread: the owner's.
 */
#ifndef FX_MARKET_DEPTH_H
#define FX_MARKET_DEPTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/event.h"
#include "model/order.h"

struct fx_depth_level {
    int64_t ticks;
    int64_t lots;
    uint32_t count; /* orders */
    uint32_t zero;
};

struct fx_depth {
    struct fx_depth_level *levels[2]; /* [0] bids, [1] asks; the last one is the best */
    uint32_t count[2];
    uint32_t capacity;
    uint32_t is_complete; /* 0 once a level did not fit: the book is then cut off at its far end */
    uint64_t sequence;    /* of the last command that changed it */
    int64_t time_us;      /* of that command */
    uint64_t version; /* counts every change: what was made of one version is good for it only */
};

/** Bytes of memory for `capacity` levels per side. */
size_t fx_depth_size(uint32_t capacity);

/** Make an empty book in `memory` (16-byte aligned, kept). */
void fx_depth_init(struct fx_depth *depth, void *memory, uint32_t capacity);

/** Forget all levels. */
void fx_depth_clear(struct fx_depth *depth);

/** Set one level to what the event says; lots == 0 removes it. */
void fx_depth_apply(struct fx_depth *depth, const struct fx_event *event);

/** Level `index` from the best (0) of a side; NULL beyond the last. */
const struct fx_depth_level *fx_depth_at(const struct fx_depth *depth,
                                         enum fx_side side,
                                         uint32_t index);

/** Number of levels of a side. */
uint32_t fx_depth_count(const struct fx_depth *depth, enum fx_side side);

#endif

/**
 * @file depth_group.h
 * The book in coarser steps: one side's levels added up, bids rounded down, asks rounded up.
 *
 * A walk without memory of its own, best group first, so that any number of groups costs only the
 * levels in them. Rounding is away from the other side: a group never shows a better price than its
 * orders have. The depth must not change during a walk. Thread: the depth's.
 */
#ifndef FX_MARKET_DEPTH_GROUP_H
#define FX_MARKET_DEPTH_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "market/depth.h"

struct fx_depth_group {
    const struct fx_depth *depth;
    int64_t step_ticks;
    enum fx_side side;
    uint32_t next; /* the first level that was not added up */
};

/** Start before the best group of a side. step_ticks >= 1; 1 gives the levels as they are. Kept:
 * the depth. */
void fx_depth_group_init(struct fx_depth_group *group,
                         const struct fx_depth *depth,
                         enum fx_side side,
                         int64_t step_ticks);

/**
 * The next group: ticks a multiple of the step (0 is one: bids below the first step), lots and
 * count of all its levels. Sums and prices beyond int64 stop at its end. Where the depth was cut
 * off (is_complete == 0) a group that could be short is not given.
 * @return false where there is none (output untouched). O(levels of the group).
 */
bool fx_depth_group_next(struct fx_depth_group *group, struct fx_depth_level *level_out);

#endif

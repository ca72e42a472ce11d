#include "market/depth_group.h"

#include "base/panic.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a price, then what it is rounded to
static int64_t round_down(int64_t ticks, int64_t step_ticks)
{
    return ticks - ticks % step_ticks;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a price, then what it is rounded to
static int64_t round_up(int64_t ticks, int64_t step_ticks)
{
    const int64_t rest = ticks % step_ticks;
    const int64_t missing = rest == 0 ? 0 : step_ticks - rest;
    return ticks > INT64_MAX - missing ? INT64_MAX : ticks + missing;
}

static int64_t group_of(const struct fx_depth_group *group, const struct fx_depth_level *level)
{
    return group->side == FX_SIDE_BUY ? round_down(level->ticks, group->step_ticks)
                                      : round_up(level->ticks, group->step_ticks);
}

static int64_t add_lots(int64_t sum, int64_t lots)
{
    return lots > INT64_MAX - sum ? INT64_MAX : sum + lots;
}

void fx_depth_group_init(struct fx_depth_group *group,
                         const struct fx_depth *depth,
                         enum fx_side side,
                         int64_t step_ticks)
{
    FX_ASSERT(step_ticks >= 1);
    *group = (struct fx_depth_group){.depth = depth, .step_ticks = step_ticks, .side = side};
}

bool fx_depth_group_next(struct fx_depth_group *group, struct fx_depth_level *level_out)
{
    const struct fx_depth_level *level = fx_depth_at(group->depth, group->side, group->next);
    if (level == NULL) {
        return false;
    }
    struct fx_depth_level sum = {.ticks = group_of(group, level)};
    uint32_t next = group->next;
    while (level != NULL && group_of(group, level) == sum.ticks) {
        sum.lots = add_lots(sum.lots, level->lots);
        sum.count += level->count;
        level = fx_depth_at(group->depth, group->side, ++next);
    }
    if (level == NULL && group->depth->is_complete == 0 && group->step_ticks > 1) {
        return false; /* its other levels may be among those that were cut off */
    }
    group->next = next;
    *level_out = sum;
    return true;
}

#include "sim/sim_schedule.h"

#include "base/panic.h"

static bool is_before(const struct fx_sim_thing *one, const struct fx_sim_thing *other)
{
    return one->due_us != other->due_us ? one->due_us < other->due_us : one->order < other->order;
}

void fx_sim_schedule_init(struct fx_sim_schedule *schedule, int64_t now_us)
{
    schedule->count = 0;
    schedule->planned = 0;
    schedule->now_us = now_us;
}

void fx_sim_schedule_add(struct fx_sim_schedule *schedule,
                         int64_t delay_us,
                         const struct fx_sim_thing *thing)
{
    FX_ASSERT(delay_us >= 0);
    FX_ASSERT(schedule->count < FX_SIM_SCHEDULE_MAX);
    struct fx_sim_thing added = *thing;
    added.due_us = schedule->now_us + delay_us;
    added.order = schedule->planned;
    schedule->planned++;
    uint32_t index = schedule->count;
    schedule->count++;
    while (index > 0 && is_before(&added, &schedule->things[(index - 1) / 2])) {
        schedule->things[index] = schedule->things[(index - 1) / 2];
        index = (index - 1) / 2;
    }
    schedule->things[index] = added;
}

bool fx_sim_schedule_next(struct fx_sim_schedule *schedule, struct fx_sim_thing *thing_out)
{
    if (schedule->count == 0) {
        return false;
    }
    *thing_out = schedule->things[0];
    schedule->count--;
    const struct fx_sim_thing last = schedule->things[schedule->count];
    uint32_t index = 0;
    for (uint32_t child = 1; child < schedule->count; child = 2 * index + 1) {
        if (child + 1 < schedule->count &&
            is_before(&schedule->things[child + 1], &schedule->things[child])) {
            child++;
        }
        if (!is_before(&schedule->things[child], &last)) {
            break;
        }
        schedule->things[index] = schedule->things[child];
        index = child;
    }
    schedule->things[index] = last;
    FX_ASSERT(thing_out->due_us >= schedule->now_us);
    schedule->now_us = thing_out->due_us;
    return true;
}

/**
 * @file sim_schedule.h
 * What happens next: a heap of things with a time, and the virtual clock that jumps to it.
 *
 * Of two things at one time the one that was planned first comes first, so the order follows from
 * the seed. Thread: the world's.
 */
#ifndef FX_SIM_SIM_SCHEDULE_H
#define FX_SIM_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum fx_sim_item {
    FX_SIM_ITEM_ENGINE = 1,
    FX_SIM_ITEM_JOURNAL,
    FX_SIM_ITEM_PREPARE,
    FX_SIM_ITEM_SNAPSHOT,
    FX_SIM_ITEM_SAVER,
    FX_SIM_ITEM_GATEWAY,
    FX_SIM_ITEM_MARK,
    FX_SIM_ITEM_CLIENT,  /* number: which */
    FX_SIM_ITEM_DELIVER, /* number: the message */
    FX_SIM_ITEM_RECEIVE, /* number: the reply */
    FX_SIM_ITEM_EXPIRE,  /* number: the slot of the request, detail: its number */
    FX_SIM_ITEM_FAULT,
    FX_SIM_ITEM_RESTART,
    FX_SIM_ITEM_RELIEF /* a limited disk, a slow reader, a frozen clock, a busy store: it ends */
};

struct fx_sim_thing {
    int64_t due_us;
    uint64_t order; /* of planning */
    uint64_t detail;
    uint32_t item; /* enum fx_sim_item */
    uint32_t number;
    uint32_t life; /* of the process it belongs to; 0: of none */
    uint32_t zero;
};

/** Each time that a client asks again there is one more moment at which it loses patience. */
enum { FX_SIM_SCHEDULE_MAX = 65536 };

struct fx_sim_schedule {
    struct fx_sim_thing things[FX_SIM_SCHEDULE_MAX];
    uint32_t count;
    uint64_t planned;
    int64_t now_us;
};

/** Empty, at a time. */
void fx_sim_schedule_init(struct fx_sim_schedule *schedule, int64_t now_us);

/** Plan a thing `delay_us` (>= 0) from now; due_us and order are set here. */
void fx_sim_schedule_add(struct fx_sim_schedule *schedule,
                         int64_t delay_us,
                         const struct fx_sim_thing *thing);

/** Take the next thing and let its time come. @return false where there is none. */
bool fx_sim_schedule_next(struct fx_sim_schedule *schedule, struct fx_sim_thing *thing_out);

#endif

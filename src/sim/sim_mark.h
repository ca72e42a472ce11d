/**
 * @file sim_mark.h
 * "Sometimes" marks: what must have happened in some world. A test whose worlds never meet a thing
 * proves nothing about it. Thread: any (data).
 */
#ifndef FX_SIM_SIM_MARK_H
#define FX_SIM_SIM_MARK_H

#include <stdint.h>

#include "base/status.h"

enum fx_sim_mark {
#define X(name, text) FX_SIM_MARK_##name,
#include "sim/sim_marks.def"
#undef X
    FX_SIM_MARK_COUNT
};

enum { FX_SIM_MARK_STATUS_MAX = 640, FX_SIM_MARK_NAME_SIZE = 64 };

/** How often each was met. */
struct fx_sim_marks {
    uint64_t counts[FX_SIM_MARK_COUNT];
    uint64_t statuses[FX_SIM_MARK_STATUS_MAX]; /* answers of the engine, by fx_status */
};

void fx_sim_mark_hit(struct fx_sim_marks *marks, enum fx_sim_mark mark);
void fx_sim_mark_status(struct fx_sim_marks *marks, fx_status status);

/** Add `other` to `marks`. */
void fx_sim_mark_add(struct fx_sim_marks *marks, const struct fx_sim_marks *other);

/**
 * The next mark that was never met. *cursor = 0 to begin. @return false at the end; else its name:
 * "TORN_TAIL", or "REJECT_PRICE_FILTER" for an answer that the worlds can produce.
 */
bool fx_sim_mark_next_missed(const struct fx_sim_marks *marks,
                             uint32_t *cursor,
                             char name_out[FX_SIM_MARK_NAME_SIZE]);

/** How many there are. */
uint32_t fx_sim_mark_total(void);

#endif

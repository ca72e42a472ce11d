/**
 * @file worker_save_risk.h
 * The saver's facts of risk: LIQUIDATION, FUNDING, INSURANCE, SETTLEMENT and the payments of
 * fundings into rows, inside the saver's transaction. Thread: the store writer's.
 */
#ifndef FX_WORKER_WORKER_SAVE_RISK_H
#define FX_WORKER_WORKER_SAVE_RISK_H

#include <stdint.h>

#include "base/status.h"
#include "model/event.h"
#include "model/instrument.h"
#include "store/store.h"

struct fx_worker_save_risk;

/** @return OK or NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_worker_save_risk_create(struct fx_worker_save_risk **risk_out);

/** Accepts NULL. */
void fx_worker_save_risk_destroy(struct fx_worker_save_risk *risk);

/** Drop what waits. After every rollback. */
void fx_worker_save_risk_forget(struct fx_worker_save_risk *risk);

/** Take an event; others are ignored. `instrument` is NULL where it names none. A funding that only
 * begins has no row. @return OK; CORRUPT (a stored row differs); of the store. */
FX_MUST_USE fx_status fx_worker_save_risk_add(struct fx_worker_save_risk *risk,
                                              struct fx_store *store,
                                              const struct fx_instrument *instrument,
                                              const struct fx_event *event);

/** Write the rows that wait. *count is raised by their number. */
FX_MUST_USE fx_status fx_worker_save_risk_flush(struct fx_worker_save_risk *risk,
                                                struct fx_store *store,
                                                uint64_t *count);

#endif

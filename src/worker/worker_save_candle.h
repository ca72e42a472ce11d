/**
 * @file worker_save_candle.h
 * The saver's bars: TRADE and MARK events folded into rows of `candles`, inside the saver's
 * transaction.
 *
 * Of each instrument, price and kept length the newest bar is held; it is read from the table when
 * it is first needed, so after a crash the fold goes on where the table stands. An event at or
 * below a bar's operationId is in it already. Thread: the store writer's.
 */
#ifndef FX_WORKER_WORKER_SAVE_CANDLE_H
#define FX_WORKER_WORKER_SAVE_CANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/event.h"
#include "model/instrument.h"
#include "store/store_progress.h"

struct fx_worker_save_candle;

/** @return OK or NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_worker_save_candle_create(struct fx_worker_save_candle **candle_out);

/** Accepts NULL. */
void fx_worker_save_candle_destroy(struct fx_worker_save_candle *candle);

/** Hold nothing: the table is asked again. After every rollback. */
void fx_worker_save_candle_forget(struct fx_worker_save_candle *candle);

/**
 * Fold a TRADE or MARK of `instrument` (borrowed until the flush); bars that it ends are written.
 * @return OK; CORRUPT where a stored bar does not fit; of the store.
 */
FX_MUST_USE fx_status fx_worker_save_candle_add(struct fx_worker_save_candle *candle,
                                                struct fx_store *store,
                                                const struct fx_instrument *instrument,
                                                const struct fx_event *event);

/**
 * Fold all stored trades of the instruments anew, once: for a database that has trades from before
 * it had bars. `done` notes that it was, in the same transaction. Bars of mark, index and premium
 * cannot be made from tables.
 * @return OK; CORRUPT where a trade does not fit its instrument; NO_MEMORY; of the store.
 */
FX_MUST_USE fx_status
fx_worker_save_candle_rebuild(struct fx_store *store,
                              const struct fx_instrument instruments[FX_INSTRUMENTS_MAX],
                              const bool has_instrument[FX_INSTRUMENTS_MAX],
                              const struct fx_store_progress_key *done);

/** Write every bar that changed. *count_out: rows written since the flush before. */
FX_MUST_USE fx_status fx_worker_save_candle_flush(struct fx_worker_save_candle *candle,
                                                  struct fx_store *store,
                                                  uint64_t *count_out);

#endif

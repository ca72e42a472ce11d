/**
 * @file worker_save_history.h
 * The saver's histories: from each POSITION and the state before it, what was closed of it
 * (position_histories) and how its margin changed (margin_histories), inside the saver's
 * transaction.
 *
 * The state before is held for the positions of the last batches; else it is what the table of
 * positions says, which is right because that table moves in the same transactions. Thread: the
 * store writer's.
 */
#ifndef FX_WORKER_WORKER_SAVE_HISTORY_H
#define FX_WORKER_WORKER_SAVE_HISTORY_H

#include <stdint.h>

#include "base/status.h"
#include "model/event.h"
#include "model/instrument.h"
#include "store/store.h"

struct fx_worker_save_history;

/** @return OK or NO_MEMORY. Gives. */
FX_MUST_USE fx_status fx_worker_save_history_create(struct fx_worker_save_history **history_out);

/** Accepts NULL. */
void fx_worker_save_history_destroy(struct fx_worker_save_history *history);

/** Hold nothing: the table is asked again. After every rollback. */
void fx_worker_save_history_forget(struct fx_worker_save_history *history);

/** A batch begins: what is held may be dropped. Within a batch nothing is, because the table does
 * not have the states between. */
void fx_worker_save_history_begin(struct fx_worker_save_history *history);

/** A POSITION in its command. */
struct fx_worker_save_history_move {
    const struct fx_event *event;
    const struct fx_event *command; /* the command's first event, in the same array; NULL: in a dump
                                       it is a state that is told, and the table may know a newer
                                       one: it is only forgotten */
};

/** A POSITION, before its row is written. @return OK; NO_MEMORY; CORRUPT (a stored position does
 * not fit its instrument); of the store. */
FX_MUST_USE fx_status
fx_worker_save_history_position(struct fx_worker_save_history *history,
                                struct fx_store *store,
                                const struct fx_instrument *instrument,
                                const struct fx_worker_save_history_move *move);

/** Write the rows that wait. *count is raised by their number. */
FX_MUST_USE fx_status fx_worker_save_history_flush(struct fx_worker_save_history *history,
                                                   struct fx_store *store,
                                                   uint64_t *count);

#endif

/**
 * @file api_writer_int.h
 * Writes to the store. A durable write waits for the disk, which no loop may do: one thread owns
 * the writer (A8), takes jobs in their order and runs each in a transaction of its own. So a job
 * sees what the ones before it left, and of two that want the same thing the first gets it.
 *
 * A job is a kind and a block of data. `work` runs in the thread, `finish` later in the loop.
 * Thread: the gateway's; `work` in the writer's.
 */
#ifndef FX_API_API_WRITER_INT_H
#define FX_API_API_WRITER_INT_H

#include "api/api_int.h"

/** What a job works with. The store is in a transaction. */
struct fx_api_writer_desk {
    struct fx_store *store;
    const struct fx_api_options *options;
    bool is_kept; /* out: commit although work failed (a "no" that must be remembered) */
};

/** What all jobs of a kind have in common. */
struct fx_api_writer_kind {
    uint32_t size; /* of the data */

    /** Read and write. @return OK: it is committed before finish; else rolled back, see is_kept. */
    fx_status (*work)(struct fx_api_writer_desk *desk, void *data);

    /** Answer, or go on. `status` is what work said, or why the commit failed. */
    void (*finish)(struct fx_api *api,
                   const struct fx_api_target *target,
                   fx_status status,
                   void *data);
};

/** Start the thread that owns options->writer. @return OK; NO_MEMORY; IO. Gives. */
FX_MUST_USE fx_status fx_api_writer_create(const struct fx_api_options *options,
                                           struct fx_api_writer **writer_out);
void fx_api_writer_destroy(struct fx_api_writer *writer);

/** Join the thread. Accepts NULL. */
void fx_api_writer_stop(struct fx_api_writer *writer);

/**
 * Queue a job with a copy of `data` (kind->size bytes), which is wiped after finish. `kind` is
 * kept. @return OK; NOT_IMPLEMENTED (the API has no writer); BUSY (the queue is full); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_api_writer_submit(struct fx_api *api,
                                           const struct fx_api_target *target,
                                           const struct fx_api_writer_kind *kind,
                                           const void *data);

/** Finish what is done. */
void fx_api_writer_poll(struct fx_api *api);

#endif

/**
 * @file worker_backlog.h
 * Encoded outputs that wait to be published: a queue of texts in one block of bytes.
 *
 * Each has the operationId of its last event, and they grow. Where there is no room, the oldest can
 * be given up: whoever needs them computes them again. Thread: the owner's.
 */
#ifndef FX_WORKER_WORKER_BACKLOG_H
#define FX_WORKER_WORKER_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct fx_worker_backlog {
    char *bytes; /* heap */
    size_t capacity;
    size_t first; /* where the oldest begins */
    size_t end;   /* where the next one goes */
    size_t wrap;  /* entries end here where `end` is below `first` */
    uint64_t count;
    uint64_t removed; /* operationId of the last one that was taken out, for whatever reason */
};

/** One of them; borrowed until it is removed. */
struct fx_worker_backlog_entry {
    uint64_t operation_id;
    fx_str text;
};

/** @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_backlog_init(struct fx_worker_backlog *backlog, size_t capacity);
void fx_worker_backlog_deinit(struct fx_worker_backlog *backlog);

/** Forget everything. */
void fx_worker_backlog_clear(struct fx_worker_backlog *backlog);

/** There is room for `size` bytes of text. */
bool fx_worker_backlog_has_room(const struct fx_worker_backlog *backlog, size_t size);

/** Copy one in. @return false where there is no room. */
bool fx_worker_backlog_append(struct fx_worker_backlog *backlog,
                              const struct fx_worker_backlog_entry *entry);

/** The oldest. @return false where there is none. */
bool fx_worker_backlog_peek(const struct fx_worker_backlog *backlog,
                            struct fx_worker_backlog_entry *entry_out);

/** Remove the oldest; there is one. */
void fx_worker_backlog_remove(struct fx_worker_backlog *backlog);

#endif

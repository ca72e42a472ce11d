/**
 * @file worker_cache_marks.h
 * What of the cache is to be written once more: accounts, positions and orders whose values found
 * no room, oldest first, each once. Thread: the owner's.
 */
#ifndef FX_WORKER_WORKER_CACHE_MARKS_H
#define FX_WORKER_WORKER_CACHE_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/table.h"
#include "model/ids.h"
#include "model/order.h"
#include "model/rows.h"

enum fx_worker_cache_mark_kind {
    FX_WORKER_CACHE_MARK_ACCOUNT = 1,
    FX_WORKER_CACHE_MARK_POSITION = 2,
    FX_WORKER_CACHE_MARK_ORDER = 3
};

/** Enough to find the row in a view, and the keys of an order that is there no more. */
struct fx_worker_cache_mark {
    enum fx_worker_cache_mark_kind kind;
    uint32_t instrument;        /* POSITION */
    enum fx_position_side side; /* POSITION */
    struct fx_asset asset;      /* ACCOUNT */
    uint64_t user_id;
    uint64_t id;
    uint64_t tmp_id; /* ORDER; 0: none */
};

struct fx_worker_cache_marks {
    struct fx_worker_cache_mark *items; /* a ring; heap */
    struct fx_table marked;             /* (id, kind): is in the ring */
    uint64_t first;
    uint64_t end;
    uint32_t capacity; /* a power of two */
};

/** Make room for `capacity` (a power of two) of them. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_cache_marks_init(struct fx_worker_cache_marks *marks,
                                                 uint32_t capacity);

/** Accepts a zeroed one. */
void fx_worker_cache_marks_deinit(struct fx_worker_cache_marks *marks);

/** How many there are. */
uint32_t fx_worker_cache_marks_count(const struct fx_worker_cache_marks *marks);

/** Mark a row. @return false: no room, nothing is marked. */
FX_MUST_USE bool fx_worker_cache_marks_account(struct fx_worker_cache_marks *marks,
                                               const struct fx_rows_account *row);
FX_MUST_USE bool fx_worker_cache_marks_position(struct fx_worker_cache_marks *marks,
                                                const struct fx_rows_position *row);
FX_MUST_USE bool fx_worker_cache_marks_order(struct fx_worker_cache_marks *marks,
                                             const struct fx_rows_order *row);

/** The oldest one; NULL where there is none. Borrowed until the next call. */
const struct fx_worker_cache_mark *fx_worker_cache_marks_first(
    const struct fx_worker_cache_marks *marks);

/** Forget the oldest one. */
void fx_worker_cache_marks_remove(struct fx_worker_cache_marks *marks);

/** Forget all. */
void fx_worker_cache_marks_clear(struct fx_worker_cache_marks *marks);

#endif

/**
 * @file store_position.h
 * Positions: state rows, guarded by operationId. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_POSITION_H
#define FX_STORE_STORE_POSITION_H

#include "model/rows.h"
#include "store/store.h"

struct fx_store_position_query {
    uint64_t user_id;
    fx_str symbol;     /* empty = any */
    bool is_open_only; /* currentQty is not 0 */
    struct fx_store_page page;
};

/** Upsert: a row whose operation_id is not above the stored one changes nothing. */
FX_MUST_USE fx_status fx_store_position_save(struct fx_store *store,
                                             const struct fx_rows_position positions[],
                                             uint32_t count);

/** @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_position_find(struct fx_store *store,
                                             struct fx_store_key key,
                                             struct fx_rows_position *position_out);

FX_MUST_USE fx_status fx_store_position_list(struct fx_store *store,
                                             const struct fx_store_position_query *query,
                                             struct fx_rows_position positions_out[],
                                             uint32_t *count_out);

/** Of the rows of all users with smaller ids (0: of the newest ones) id, operation_id and
 * updated_us alone: at most FX_STORE_LIMIT_MAX, greatest ids first. */
FX_MUST_USE fx_status
fx_store_position_list_versions(struct fx_store *store,
                                uint64_t before_id,
                                struct fx_rows_position positions_out[FX_STORE_LIMIT_MAX],
                                uint32_t *count_out);

FX_MUST_USE fx_status fx_store_position_count(struct fx_store *store, uint64_t *count_out);

/** Positions of all users by id, from the one behind `after_id` on; fewer than a page: there are no
 * more. */
FX_MUST_USE fx_status
fx_store_position_list_after(struct fx_store *store,
                             uint64_t after_id,
                             struct fx_rows_position positions_out[FX_STORE_LIMIT_MAX],
                             uint32_t *count_out);

#endif

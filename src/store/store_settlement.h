/**
 * @file store_settlement.h
 * The ends of contracts: one row per phase, facts. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_SETTLEMENT_H
#define FX_STORE_STORE_SETTLEMENT_H

#include "model/rows_settlement.h"
#include "store/store.h"

/** Zero and empty mean "any", but for page.limit. */
struct fx_store_settlement_query {
    fx_str symbol;
    fx_str phase;
    struct fx_store_span created;
    struct fx_store_page page;
};

/** Insert; what is there must be equal. @return OK; CORRUPT where it differs. */
FX_MUST_USE fx_status fx_store_settlement_save(struct fx_store *store,
                                               const struct fx_rows_settlement rows[],
                                               uint32_t count);

/** List, newest first. */
FX_MUST_USE fx_status fx_store_settlement_list(struct fx_store *store,
                                               const struct fx_store_settlement_query *query,
                                               struct fx_rows_settlement rows_out[],
                                               uint32_t *count_out);

#endif

/**
 * @file store_liquidation.h
 * The steps of liquidations: facts. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_LIQUIDATION_H
#define FX_STORE_STORE_LIQUIDATION_H

#include "model/rows_risk.h"
#include "store/store.h"

/** Zero and empty mean "any", but for page.limit. */
struct fx_store_liquidation_query {
    uint64_t user_id;         /* whose position was liquidated */
    uint64_t counter_user_id; /* whose position it was closed against (ADL); not with user_id */
    fx_str symbol;
    fx_str step;
    struct fx_store_span created;
    struct fx_store_page page;
};

/** Insert; what is there must be equal. @return OK; CORRUPT where it differs. */
FX_MUST_USE fx_status fx_store_liquidation_save(struct fx_store *store,
                                                const struct fx_rows_liquidation rows[],
                                                uint32_t count);

/** List, newest first. */
FX_MUST_USE fx_status fx_store_liquidation_list(struct fx_store *store,
                                                const struct fx_store_liquidation_query *query,
                                                struct fx_rows_liquidation rows_out[],
                                                uint32_t *count_out);

FX_MUST_USE fx_status fx_store_liquidation_count(struct fx_store *store, uint64_t *count_out);

#endif

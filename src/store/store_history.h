/**
 * @file store_history.h
 * What became of positions (parts that were closed) and of their margins: facts. Thread: the
 * handle's.
 */
#ifndef FX_STORE_STORE_HISTORY_H
#define FX_STORE_STORE_HISTORY_H

#include "model/rows_risk.h"
#include "store/store.h"

/** Zero and empty mean "any", but for user_id and page.limit. */
struct fx_store_history_query {
    uint64_t user_id;
    fx_str symbol;
    struct fx_store_span created;
    struct fx_store_page page;
};

/** Insert; what is there must be equal. @return OK; CORRUPT where it differs. */
FX_MUST_USE fx_status fx_store_history_save_margins(struct fx_store *store,
                                                    const struct fx_rows_margin rows[],
                                                    uint32_t count);
FX_MUST_USE fx_status fx_store_history_save_closed(struct fx_store *store,
                                                   const struct fx_rows_closed rows[],
                                                   uint32_t count);

/** List, newest first. */
FX_MUST_USE fx_status fx_store_history_list_margins(struct fx_store *store,
                                                    const struct fx_store_history_query *query,
                                                    struct fx_rows_margin rows_out[],
                                                    uint32_t *count_out);
FX_MUST_USE fx_status fx_store_history_list_closed(struct fx_store *store,
                                                   const struct fx_store_history_query *query,
                                                   struct fx_rows_closed rows_out[],
                                                   uint32_t *count_out);

#endif

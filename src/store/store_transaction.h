/**
 * @file store_transaction.h
 * Transactions: every change of a balance, a fact that never changes. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_TRANSACTION_H
#define FX_STORE_STORE_TRANSACTION_H

#include "model/rows.h"
#include "store/store.h"

/** Zero and empty mean "any", but for user_id and page.limit. */
struct fx_store_transaction_query {
    uint64_t user_id;
    enum fx_transaction_type type;
    fx_str asset;
    fx_str symbol;
    struct fx_store_span created;
    struct fx_store_page page;
};

/** Insert; as fx_store_trade_save(). */
FX_MUST_USE fx_status fx_store_transaction_save(struct fx_store *store,
                                                const struct fx_rows_transaction transactions[],
                                                uint32_t count);

FX_MUST_USE fx_status fx_store_transaction_list(struct fx_store *store,
                                                const struct fx_store_transaction_query *query,
                                                struct fx_rows_transaction transactions_out[],
                                                uint32_t *count_out);

FX_MUST_USE fx_status fx_store_transaction_count(struct fx_store *store, uint64_t *count_out);

#endif

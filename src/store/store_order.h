/**
 * @file store_order.h
 * Orders: state rows, guarded by operationId. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_ORDER_H
#define FX_STORE_STORE_ORDER_H

#include "model/rows.h"
#include "store/store.h"

enum fx_store_order_scope {
    FX_STORE_ORDER_ALL = 1,
    FX_STORE_ORDER_OPEN = 2,   /* PENDING, UNTRIGGERED, ACTIVE, PARTIALLY_FILLED */
    FX_STORE_ORDER_HISTORY = 3 /* the four final ones */
};

/** Zero and empty mean "any", but for user_id, scope and page.limit. */
struct fx_store_order_query {
    uint64_t user_id;
    enum fx_store_order_scope scope;
    enum fx_side side;
    enum fx_order_type type;
    enum fx_order_status status;
    enum fx_contract_type contract_type;
    fx_str symbol;
    struct fx_store_span created;
    struct fx_store_page page;
};

/** Upsert: a row whose operation_id is not above the stored one changes nothing. */
FX_MUST_USE fx_status fx_store_order_save(struct fx_store *store,
                                          const struct fx_rows_order orders[],
                                          uint32_t count);

/** By id, by the number given with the 202 (key.id is the tmpId), by clientOrderId: the newest.
 * @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_order_find(struct fx_store *store,
                                          struct fx_store_key key,
                                          struct fx_rows_order *order_out);
FX_MUST_USE fx_status fx_store_order_find_tmp(struct fx_store *store,
                                              struct fx_store_key key,
                                              struct fx_rows_order *order_out);
FX_MUST_USE fx_status fx_store_order_find_client(struct fx_store *store,
                                                 uint64_t user_id,
                                                 const struct fx_client_id *client_id,
                                                 struct fx_rows_order *order_out);

/** A user's orders, newest first, at most query->page.limit. */
FX_MUST_USE fx_status fx_store_order_list(struct fx_store *store,
                                          const struct fx_store_order_query *query,
                                          struct fx_rows_order orders_out[],
                                          uint32_t *count_out);

/** All rows of the table, for tests and metrics. O(rows). */
FX_MUST_USE fx_status fx_store_order_count(struct fx_store *store, uint64_t *count_out);

/** Open orders of all users by id, from the one behind `after_id` on; fewer than a page: there are
 * no more. */
FX_MUST_USE fx_status
fx_store_order_list_open_after(struct fx_store *store,
                               uint64_t after_id,
                               struct fx_rows_order orders_out[FX_STORE_LIMIT_MAX],
                               uint32_t *count_out);

/** The orders that open ones with an id from `first_id` to `last_id` protect (`parentOrderId`),
 * open or not, by id. At most FX_STORE_LIMIT_MAX of those open ones lie between them. */
FX_MUST_USE fx_status
fx_store_order_list_parents(struct fx_store *store,
                            uint64_t first_id,
                            uint64_t last_id,
                            struct fx_rows_order orders_out[FX_STORE_LIMIT_MAX],
                            uint32_t *count_out);

#endif

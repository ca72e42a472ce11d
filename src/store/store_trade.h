/**
 * @file store_trade.h
 * Trades: facts that never change. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_TRADE_H
#define FX_STORE_STORE_TRADE_H

#include "model/rows.h"
#include "store/store.h"

/** Zero and empty mean "any", but for user_id and page.limit. */
struct fx_store_trade_query {
    uint64_t user_id;  /* buyer or seller */
    enum fx_side side; /* the user's */
    uint64_t order_id; /* on the user's own side */
    enum fx_contract_type contract_type;
    fx_str symbol;
    struct fx_store_span created;
    struct fx_store_page page;
};

/**
 * Insert. A trade that is stored already is skipped. @return OK; CORRUPT where a stored trade with
 * the same id differs (the log was rewritten: stop).
 */
FX_MUST_USE fx_status fx_store_trade_save(struct fx_store *store,
                                          const struct fx_rows_trade trades[],
                                          uint32_t count);

/** Trades in which the user took part, newest first; a trade with himself comes once. */
FX_MUST_USE fx_status fx_store_trade_list(struct fx_store *store,
                                          const struct fx_store_trade_query *query,
                                          struct fx_rows_trade trades_out[],
                                          uint32_t *count_out);

/** The public tape of a symbol, newest first. Contains user ids: the view leaves them out. */
FX_MUST_USE fx_status fx_store_trade_list_symbol(struct fx_store *store,
                                                 fx_str symbol,
                                                 const struct fx_store_page *page,
                                                 struct fx_rows_trade trades_out[],
                                                 uint32_t *count_out);

/** Those of a symbol that have a note (liquidations and the like), newest first. */
FX_MUST_USE fx_status fx_store_trade_list_noted(struct fx_store *store,
                                                fx_str symbol,
                                                const struct fx_store_page *page,
                                                struct fx_rows_trade trades_out[],
                                                uint32_t *count_out);

/** The same tape, but only id, price, quantity, value, buyer_is_taker, operation_id and
 * creation time are set: for long walks. */
FX_MUST_USE fx_status fx_store_trade_list_figures(struct fx_store *store,
                                                  fx_str symbol,
                                                  const struct fx_store_page *page,
                                                  struct fx_rows_trade trades_out[],
                                                  uint32_t *count_out);

FX_MUST_USE fx_status fx_store_trade_count(struct fx_store *store, uint64_t *count_out);

#endif

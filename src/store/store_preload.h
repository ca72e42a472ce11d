/**
 * @file store_preload.h
 * What a load has to know of a database before it reads its rows: how many there are, which ids
 * and operations they have used, what was traded and paid last. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_PRELOAD_H
#define FX_STORE_STORE_PRELOAD_H

#include "base/dec.h"
#include "model/ids.h"
#include "store/store.h"

/** One shard of those that share the tables. */
struct fx_store_preload_shard {
    fx_str name;       /* as its savers say it; borrowed */
    uint64_t id_first; /* the ids that it gives */
    uint64_t id_last;
};

/** Figures of the whole database, but for what is said to be of the shard. */
struct fx_store_preload_figures {
    uint64_t accounts;
    uint64_t positions;
    uint64_t open_orders;
    uint64_t instruments; /* that have not ended */
    uint64_t assets;      /* of accounts and instruments */
    uint64_t order_id;    /* the largest ids that the shard has ever given; 0: none … */
    uint64_t trade_id;
    uint64_t liquidation_id;
    uint64_t operation_id; /* … and the largest operation of any row or saver */
    uint64_t saved;        /* the watermark of the shard's savers that is furthest */
};

/** @return OK; what the database says where a table or a column is missing (IO: its words). */
FX_MUST_USE fx_status fx_store_preload_look(struct fx_store *store,
                                            const struct fx_store_preload_shard *shard,
                                            struct fx_store_preload_figures *figures_out);

/** What a symbol did last; 0: nothing. */
struct fx_store_preload_symbol {
    fx_i128 last_price; /* of its last trade in the book: no takeover, no ADL */
    int64_t paid_us;    /* its last instant of funding … */
    int64_t rate_ppb;   /* … and the rate */
};

FX_MUST_USE fx_status fx_store_preload_symbol(struct fx_store *store,
                                              fx_str symbol,
                                              struct fx_store_preload_symbol *last_out);

#endif

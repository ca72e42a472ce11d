/**
 * @file store_fee.h
 * Fee rates of single users, where they differ from the instruments'. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_FEE_H
#define FX_STORE_STORE_FEE_H

#include "store/store.h"

/** A row of user_fees. */
struct fx_store_fee {
    uint64_t user_id;
    bool has_fees;         /* false: an override that was taken back */
    int64_t maker_fee_ppb; /* parts per billion; negative: a rebate */
    int64_t taker_fee_ppb;
    int64_t updated_us;
};

/** Insert or replace a user's row; needs a writer. */
FX_MUST_USE fx_status fx_store_fee_put(struct fx_store *store, const struct fx_store_fee *fee);

/** @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_fee_find(struct fx_store *store,
                                        uint64_t user_id,
                                        struct fx_store_fee *fee_out);

/** Rates of all users by id, from the one behind `after_id` on; fewer than a page: there are no
 * more. */
FX_MUST_USE fx_status fx_store_fee_list_after(struct fx_store *store,
                                              uint64_t after_id,
                                              struct fx_store_fee fees_out[FX_STORE_LIMIT_MAX],
                                              uint32_t *count_out);

#endif

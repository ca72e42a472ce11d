/**
 * @file store_account.h
 * Accounts: one row per user and margin asset, guarded by operationId. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_ACCOUNT_H
#define FX_STORE_STORE_ACCOUNT_H

#include "model/rows.h"
#include "store/store.h"

/** Upsert: a row whose operation_id is not above the stored one changes nothing. */
FX_MUST_USE fx_status fx_store_account_save(struct fx_store *store,
                                            const struct fx_rows_account accounts[],
                                            uint32_t count);

/** @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_account_find(struct fx_store *store,
                                            struct fx_store_key key,
                                            struct fx_rows_account *account_out);
FX_MUST_USE fx_status fx_store_account_find_asset(struct fx_store *store,
                                                  uint64_t user_id,
                                                  fx_str asset,
                                                  struct fx_rows_account *account_out);

/** All accounts of a user, newest first. */
FX_MUST_USE fx_status fx_store_account_list(struct fx_store *store,
                                            uint64_t user_id,
                                            const struct fx_store_page *page,
                                            struct fx_rows_account accounts_out[],
                                            uint32_t *count_out);

/** Sum of balance and rewardBalance over all accounts of an asset, for checks. O(rows).
 * @return OK; BAD_DECIMAL where the sum is out of range. */
FX_MUST_USE fx_status fx_store_account_sum(struct fx_store *store, fx_str asset, fx_i128 *sum_out);

/** Of the rows of all users with smaller ids (0: of the newest ones) id, operation_id and
 * updated_us alone: at most FX_STORE_LIMIT_MAX, greatest ids first. */
FX_MUST_USE fx_status
fx_store_account_list_versions(struct fx_store *store,
                               uint64_t before_id,
                               struct fx_rows_account accounts_out[FX_STORE_LIMIT_MAX],
                               uint32_t *count_out);

FX_MUST_USE fx_status fx_store_account_count(struct fx_store *store, uint64_t *count_out);

/** Accounts of all users by id, from the one behind `after_id` on; fewer than a page: there are no
 * more. */
FX_MUST_USE fx_status
fx_store_account_list_after(struct fx_store *store,
                            uint64_t after_id,
                            struct fx_rows_account accounts_out[FX_STORE_LIMIT_MAX],
                            uint32_t *count_out);

#endif

/**
 * @file store_user.h
 * Users of the API. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_USER_H
#define FX_STORE_STORE_USER_H

#include "model/rows.h"
#include "store/store.h"

/**
 * Insert a user; `id` 0 gets the next number, never one used before. The e-mail must be lower case
 * already. @return OK and the id; EXISTS where e-mail, uid or id is taken.
 */
FX_MUST_USE fx_status fx_store_user_insert(struct fx_store *store,
                                           const struct fx_rows_user *user,
                                           uint64_t *id_out);

/** Replace all columns but id and creation time. @return OK, NOT_FOUND, EXISTS. */
FX_MUST_USE fx_status fx_store_user_update(struct fx_store *store, const struct fx_rows_user *user);

/** @return OK or NOT_FOUND (output untouched). */
FX_MUST_USE fx_status fx_store_user_find(struct fx_store *store,
                                         uint64_t id,
                                         struct fx_rows_user *user_out);
FX_MUST_USE fx_status fx_store_user_find_email(struct fx_store *store,
                                               fx_str email,
                                               struct fx_rows_user *user_out);
FX_MUST_USE fx_status fx_store_user_find_uid(struct fx_store *store,
                                             fx_str uid,
                                             struct fx_rows_user *user_out);

/** Users, newest first, at most page->limit. */
FX_MUST_USE fx_status fx_store_user_list(struct fx_store *store,
                                         const struct fx_store_page *page,
                                         struct fx_rows_user users_out[],
                                         uint32_t *count_out);

FX_MUST_USE fx_status fx_store_user_count(struct fx_store *store, uint64_t *count_out);

/** All users by id, from the one behind `after_id` on; fewer than a page: there are no
 * more. */
FX_MUST_USE fx_status fx_store_user_list_after(struct fx_store *store,
                                               uint64_t after_id,
                                               struct fx_rows_user users_out[FX_STORE_LIMIT_MAX],
                                               uint32_t *count_out);

#endif

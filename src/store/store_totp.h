/**
 * @file store_totp.h
 * Second factors of users and their recovery codes. Thread: the handle's; all but find and count
 * need a writer.
 */
#ifndef FX_STORE_STORE_TOTP_H
#define FX_STORE_STORE_TOTP_H

#include "store/store.h"

/** A row of user_totp. Texts are NUL-terminated. */
struct fx_store_totp {
    uint64_t user_id;
    char secret[136];   /* sealed */
    bool is_enabled;    /* false: begun, not yet confirmed */
    uint64_t last_step; /* of the code that was taken last */
    int64_t created_us;
};

/** Insert or replace a user's row. */
FX_MUST_USE fx_status fx_store_totp_put(struct fx_store *store, const struct fx_store_totp *totp);

/** @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_totp_find(struct fx_store *store,
                                         uint64_t user_id,
                                         struct fx_store_totp *totp_out);

/** Forget a user's row and recovery codes. */
FX_MUST_USE fx_status fx_store_totp_remove(struct fx_store *store, uint64_t user_id);

/** Add a recovery code by its hash (hex SHA-256). @return OK; EXISTS. */
FX_MUST_USE fx_status fx_store_totp_add_code(struct fx_store *store, uint64_t user_id, fx_str hash);

/** Use a recovery code up. @return OK; NOT_FOUND (unknown, or used before). */
FX_MUST_USE fx_status fx_store_totp_use_code(struct fx_store *store,
                                             uint64_t user_id,
                                             fx_str hash,
                                             int64_t now_us);

/** How many recovery codes are left. */
FX_MUST_USE fx_status fx_store_totp_count_codes(struct fx_store *store,
                                                uint64_t user_id,
                                                uint64_t *count_out);

#endif

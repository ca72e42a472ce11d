/**
 * @file store_session.h
 * Refresh tokens: each works once; using one twice revokes its family. Only hashes are stored.
 * Thread: the handle's; all but find need a writer.
 */
#ifndef FX_STORE_STORE_SESSION_H
#define FX_STORE_STORE_SESSION_H

#include "store/store.h"

/** A row of refresh_tokens. Texts are NUL-terminated. */
struct fx_store_session {
    uint64_t id;
    uint64_t user_id;
    char family[40];     /* one login */
    char token_hash[72]; /* hex SHA-256 of the token */
    int64_t expires_us;
    int64_t used_us; /* 0 = not yet */
    bool is_revoked;
    int64_t created_us;
};

/** Insert; the id is given by the store. @return OK; EXISTS where the hash is stored already. */
FX_MUST_USE fx_status fx_store_session_insert(struct fx_store *store,
                                              const struct fx_store_session *session,
                                              uint64_t *id_out);

/** @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_session_find(struct fx_store *store,
                                            fx_str token_hash,
                                            struct fx_store_session *session_out);

/** Mark as used, once. @return OK; STALE where it was used or revoked before (also by another
 * process in between). */
FX_MUST_USE fx_status fx_store_session_use(struct fx_store *store, uint64_t id, int64_t now_us);

/** Revoke every token of a login. */
FX_MUST_USE fx_status fx_store_session_revoke_family(struct fx_store *store, fx_str family);

/** Revoke every token of a user (password change). */
FX_MUST_USE fx_status fx_store_session_revoke_user(struct fx_store *store, uint64_t user_id);

/** A login whose access tokens are void although they have not expired. */
struct fx_store_session_revoked {
    uint64_t id;
    uint64_t user_id;
    char family[40];
    int64_t expires_us; /* the last of them has expired then */
};

/** Note that a login's access tokens are void; again is fine. Needs a writer. */
FX_MUST_USE fx_status fx_store_session_note_revoked(struct fx_store *store,
                                                    const struct fx_store_session_revoked *revoked);

/** Such logins with an id above `after_id` that still matter at `now_us`, by id. */
FX_MUST_USE fx_status fx_store_session_list_revoked(struct fx_store *store,
                                                    uint64_t after_id,
                                                    int64_t now_us,
                                                    struct fx_store_session_revoked revoked_out[],
                                                    uint32_t capacity,
                                                    uint32_t *count_out);

/** Forget those that matter no more. Needs a writer. */
FX_MUST_USE fx_status fx_store_session_forget_revoked(struct fx_store *store, int64_t now_us);

#endif

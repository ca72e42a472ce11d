/**
 * @file store_api_key.h
 * API keys of users. Thread: the handle's; insert and revoke need a writer.
 */
#ifndef FX_STORE_STORE_API_KEY_H
#define FX_STORE_STORE_API_KEY_H

#include "store/store.h"

/** A row of api_keys. Texts are NUL-terminated. */
struct fx_store_api_key {
    uint64_t id;
    uint64_t user_id;
    char key[72];     /* what the header says; unique */
    char secret[136]; /* HMAC secret or Ed25519 public key, as the API wrote it */
    char kind[16];    /* "HMAC" or "ED25519" */
    char label[64];
    char scopes[64]; /* "READ,TRADE" */
    char ips[256];   /* allow-list, comma-separated; empty = any */
    bool is_revoked;
    int64_t created_us;
};

/** Insert; the id is given by the store. @return OK; EXISTS where the key is stored already. */
FX_MUST_USE fx_status fx_store_api_key_insert(struct fx_store *store,
                                              const struct fx_store_api_key *key,
                                              uint64_t *id_out);

/** By the text of the header, revoked ones too. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_find(struct fx_store *store,
                                            fx_str key,
                                            struct fx_store_api_key *key_out);

/** The keys of a user, newest first. */
FX_MUST_USE fx_status fx_store_api_key_list(struct fx_store *store,
                                            uint64_t user_id,
                                            const struct fx_store_page *page,
                                            struct fx_store_api_key keys_out[],
                                            uint32_t *count_out);

/** Revoke for ever. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_revoke(struct fx_store *store, struct fx_store_key key);

#endif

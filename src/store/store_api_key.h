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
    char secret[136]; /* sealed HMAC secret, or Ed25519 public key (base64url) */
    char kind[16];    /* "HMAC" or "ED25519" */
    char label[64];
    char scopes[64]; /* "READ,TRADE" */
    char ips[256];   /* allow-list, comma-separated; empty = any */
    bool is_revoked;
    int64_t expires_us; /* 0 = never */
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

/** How many keys of a user are neither revoked nor over. */
FX_MUST_USE fx_status fx_store_api_key_count(struct fx_store *store,
                                             uint64_t user_id,
                                             int64_t now_us,
                                             uint64_t *count_out);

/** One of a user's keys. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_find_id(struct fx_store *store,
                                               struct fx_store_key key,
                                               struct fx_store_api_key *key_out);

/** Replace the text of the secret: once, when it is sealed. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_set_secret(struct fx_store *store,
                                                  struct fx_store_key key,
                                                  fx_str secret);

/** A key whose secret is not sealed, with an id above `after_id`. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_find_plain(struct fx_store *store,
                                                  uint64_t after_id,
                                                  struct fx_store_api_key *key_out);

/** Is any secret sealed? Then the master key must not be lost. */
FX_MUST_USE fx_status fx_store_api_key_has_sealed(struct fx_store *store, bool *has_sealed_out);

/** Revoke for ever. @return OK or NOT_FOUND. */
FX_MUST_USE fx_status fx_store_api_key_revoke(struct fx_store *store, struct fx_store_key key);

#endif

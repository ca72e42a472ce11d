/**
 * @file store_setting.h
 * What a user's front ends want to remember: keys and JSON scalars, nothing that decides anything.
 * Thread: the handle's; put and remove need a writer.
 */
#ifndef FX_STORE_STORE_SETTING_H
#define FX_STORE_STORE_SETTING_H

#include "store/store.h"

/** A row of user_settings. Texts are NUL-terminated. */
struct fx_store_setting {
    uint64_t user_id;
    char key[64];
    char value[520]; /* JSON text of one scalar */
    int64_t updated_us;
};

/** Insert or replace. */
FX_MUST_USE fx_status fx_store_setting_put(struct fx_store *store,
                                           const struct fx_store_setting *setting);

/** Forget one; none is fine. */
FX_MUST_USE fx_status fx_store_setting_remove(struct fx_store *store, uint64_t user_id, fx_str key);

/** How many a user has. */
FX_MUST_USE fx_status fx_store_setting_count(struct fx_store *store,
                                             uint64_t user_id,
                                             uint64_t *count_out);

/** A user's settings by key, at most `capacity`. */
FX_MUST_USE fx_status fx_store_setting_list(struct fx_store *store,
                                            uint64_t user_id,
                                            struct fx_store_setting settings_out[],
                                            uint32_t capacity,
                                            uint32_t *count_out);

#endif

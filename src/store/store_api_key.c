#include "store/store_api_key.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_store_api_key, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("userId", UINT, user_id),
    COLUMN("key", CHARS, key),
    COLUMN("secret", CHARS, secret),
    COLUMN("kind", CHARS, kind),
    COLUMN("label", CHARS, label),
    COLUMN("scopes", CHARS, scopes),
    COLUMN("ips", CHARS, ips),
    COLUMN("isRevoked", BOOL, is_revoked),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {
    "api_keys", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_store_api_key)};

fx_status fx_store_api_key_insert(struct fx_store *store,
                                  const struct fx_store_api_key *key,
                                  uint64_t *id_out)
{
    return fx_store_table_insert(store, &TABLE, key, id_out);
}

fx_status fx_store_api_key_find(struct fx_store *store,
                                fx_str key,
                                struct fx_store_api_key *key_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`key`=?"), key);
    return fx_store_table_read_one(&select, key_out);
}

fx_status fx_store_api_key_list(struct fx_store *store,
                                uint64_t user_id,
                                const struct fx_store_page *page,
                                struct fx_store_api_key keys_out[],
                                uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`userId`=?"), user_id);
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, keys_out, page->limit, count_out);
}

fx_status fx_store_api_key_revoke(struct fx_store *store, struct fx_store_key key)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value values[] = {
        fx_store_value_u64(key.user_id),
        fx_store_value_u64(key.id),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `api_keys` SET `isRevoked`=1 WHERE `userId`=? AND `id`=?"));
    const fx_status status = fx_store_execute(store, values, 2, &changed);
    return status == FX_OK && changed == 0 ? FX_NOT_FOUND : status;
}

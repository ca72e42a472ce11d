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
    COLUMN("expiresAt", TIME_OR_NULL, expires_us),
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
    fx_store_table_select_own(&select, store, &TABLE, user_id);
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, keys_out, page->limit, count_out);
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): an id and a time
fx_status fx_store_api_key_count(struct fx_store *store,
                                 uint64_t user_id,
                                 int64_t now_us,
                                 uint64_t *count_out)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(now_us, time);
    const struct fx_store_value values[] = {
        fx_store_value_u64(user_id),
        fx_store_value_text((fx_str){time, FX_STORE_ROW_TIME_SIZE}),
    };
    int64_t count = 0;
    fx_store_sql(store,
                 FX_STR("SELECT COUNT(*) FROM `api_keys` WHERE `userId`=? AND `isRevoked`=0 AND "
                        "(`expiresAt` IS NULL OR `expiresAt`>?)"));
    const fx_status status = fx_store_number(store, values, 2, &count);
    if (status == FX_OK) {
        *count_out = (uint64_t)count;
    }
    return status;
}

fx_status fx_store_api_key_find_id(struct fx_store *store,
                                   struct fx_store_key key,
                                   struct fx_store_api_key *key_out)
{
    return fx_store_table_find_own(store, &TABLE, key, key_out);
}

fx_status fx_store_api_key_set_secret(struct fx_store *store,
                                      struct fx_store_key key,
                                      fx_str secret)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value values[] = {
        fx_store_value_text(secret),
        fx_store_value_u64(key.user_id),
        fx_store_value_u64(key.id),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `api_keys` SET `secret`=? WHERE `userId`=? AND `id`=?"));
    const fx_status status = fx_store_execute(store, values, 3, &changed);
    return status == FX_OK && changed == 0 ? FX_NOT_FOUND : status;
}

fx_status fx_store_api_key_find_plain(struct fx_store *store,
                                      uint64_t after_id,
                                      struct fx_store_api_key *key_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(
        &select, store, &TABLE, FX_STR("`kind`='HMAC' AND `secret` NOT LIKE 's1.%'"));
    fx_store_table_and_u64(&select, FX_STR(" AND `id`>? ORDER BY `id`"), after_id);
    return fx_store_table_read_one(&select, key_out);
}

fx_status fx_store_api_key_has_sealed(struct fx_store *store, bool *has_sealed_out)
{
    int64_t count = 0;
    fx_store_sql(store,
                 FX_STR("SELECT (SELECT COUNT(*) FROM `api_keys` WHERE `secret` LIKE 's1.%')+"
                        "(SELECT COUNT(*) FROM `user_totp`)"));
    const fx_status status = fx_store_number(store, NULL, 0, &count);
    if (status == FX_OK) {
        *has_sealed_out = count > 0;
    }
    return status;
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

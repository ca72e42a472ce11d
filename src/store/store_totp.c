#include "store/store_totp.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_store_totp, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, user_id),
    COLUMN("secret", CHARS, secret),
    COLUMN("isEnabled", BOOL, is_enabled),
    COLUMN("lastStep", UINT, last_step),
    COLUMN("createdAt", TIME, created_us),
};

enum { COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static const struct fx_store_row_table TABLE = {
    "user_totp", COLUMNS, COUNT, 1, sizeof(struct fx_store_totp)};

fx_status fx_store_totp_put(struct fx_store *store, const struct fx_store_totp *totp)
{
    uint64_t id = 0;
    const fx_status status = fx_store_table_update(store, &TABLE, totp, COUNT);
    return status == FX_NOT_FOUND ? fx_store_table_insert(store, &TABLE, totp, &id) : status;
}

fx_status fx_store_totp_find(struct fx_store *store,
                             uint64_t user_id,
                             struct fx_store_totp *totp_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`id`=?"), user_id);
    return fx_store_table_read_one(&select, totp_out);
}

fx_status fx_store_totp_remove(struct fx_store *store, uint64_t user_id)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value value = fx_store_value_u64(user_id);
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("DELETE FROM `recovery_codes` WHERE `userId`=?"));
    const fx_status status = fx_store_execute(store, &value, 1, &changed);
    if (status != FX_OK) {
        return status;
    }
    fx_store_sql(store, FX_STR("DELETE FROM `user_totp` WHERE `id`=?"));
    return fx_store_execute(store, &value, 1, &changed);
}

fx_status fx_store_totp_add_code(struct fx_store *store, uint64_t user_id, fx_str hash)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value values[] = {fx_store_value_u64(user_id), fx_store_value_text(hash)};
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("INSERT INTO `recovery_codes` (`userId`,`codeHash`) VALUES (?,?)"));
    return fx_store_execute(store, values, 2, &changed);
}

fx_status fx_store_totp_use_code(struct fx_store *store,
                                 uint64_t user_id,
                                 fx_str hash,
                                 int64_t now_us)
{
    FX_ASSERT(store->is_writer);
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(now_us, time);
    const struct fx_store_value values[] = {
        fx_store_value_text((fx_str){time, FX_STORE_ROW_TIME_SIZE}),
        fx_store_value_u64(user_id),
        fx_store_value_text(hash),
    };
    uint64_t changed = 0;
    fx_store_sql(store,
                 FX_STR("UPDATE `recovery_codes` SET `usedAt`=? WHERE `userId`=? AND `codeHash`=? "
                        "AND `usedAt` IS NULL"));
    const fx_status status = fx_store_execute(store, values, 3, &changed);
    return status == FX_OK && changed == 0 ? FX_NOT_FOUND : status;
}

fx_status fx_store_totp_count_codes(struct fx_store *store, uint64_t user_id, uint64_t *count_out)
{
    const struct fx_store_value value = fx_store_value_u64(user_id);
    int64_t count = 0;
    fx_store_sql(
        store,
        FX_STR("SELECT COUNT(*) FROM `recovery_codes` WHERE `userId`=? AND `usedAt` IS NULL"));
    const fx_status status = fx_store_number(store, &value, 1, &count);
    if (status == FX_OK) {
        *count_out = (uint64_t)count;
    }
    return status;
}

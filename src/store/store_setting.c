#include "store/store_setting.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_store_setting, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("userId", UINT, user_id),
    COLUMN("key", CHARS, key),
    COLUMN("value", CHARS, value),
    COLUMN("updatedAt", TIME, updated_us),
};

static const struct fx_store_row_table TABLE = {"user_settings",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                2,
                                                sizeof(struct fx_store_setting)};

fx_status fx_store_setting_put(struct fx_store *store, const struct fx_store_setting *setting)
{
    FX_ASSERT(store->is_writer);
    char time[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(setting->updated_us, time);
    const struct fx_store_value values[] = {
        fx_store_value_text(fx_str_of(setting->value)),
        fx_store_value_text((fx_str){time, FX_STORE_ROW_TIME_SIZE}),
        fx_store_value_u64(setting->user_id),
        fx_store_value_text(fx_str_of(setting->key)),
    };
    uint64_t changed = 0;
    fx_store_sql(
        store,
        FX_STR("UPDATE `user_settings` SET `value`=?,`updatedAt`=? WHERE `userId`=? AND `key`=?"));
    const fx_status status = fx_store_execute(store, values, 4, &changed);
    if (status != FX_OK || changed > 0) {
        return status;
    }
    fx_store_sql(store,
                 FX_STR("INSERT INTO `user_settings` (`value`,`updatedAt`,`userId`,`key`) "
                        "VALUES (?,?,?,?)"));
    return fx_store_execute(store, values, 4, &changed);
}

fx_status fx_store_setting_remove(struct fx_store *store, uint64_t user_id, fx_str key)
{
    FX_ASSERT(store->is_writer);
    const struct fx_store_value values[] = {fx_store_value_u64(user_id), fx_store_value_text(key)};
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("DELETE FROM `user_settings` WHERE `userId`=? AND `key`=?"));
    return fx_store_execute(store, values, 2, &changed);
}

fx_status fx_store_setting_list(struct fx_store *store,
                                uint64_t user_id,
                                struct fx_store_setting settings_out[],
                                uint32_t capacity,
                                uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`userId`=? ORDER BY `key`"), user_id);
    fx_store_table_and_u64(&select, FX_STR(" LIMIT ?"), capacity);
    return fx_store_table_read(&select, settings_out, capacity, count_out);
}

fx_status fx_store_setting_count(struct fx_store *store, uint64_t user_id, uint64_t *count_out)
{
    const struct fx_store_value value = fx_store_value_u64(user_id);
    int64_t count = 0;
    fx_store_sql(store, FX_STR("SELECT COUNT(*) FROM `user_settings` WHERE `userId`=?"));
    const fx_status status = fx_store_number(store, &value, 1, &count);
    if (status == FX_OK) {
        *count_out = (uint64_t)count;
    }
    return status;
}

#include "store/store_migrate.h"

#include "base/crc32c.h"
#include "store/store_int.h"

/* The words in both dialects; the time is the database's, for people only. */
static const char CREATE_TABLE[] = "CREATE TABLE IF NOT EXISTS `migrations` ("
                                   "`id` INTEGER PRIMARY KEY,"
                                   "`name` VARCHAR(64) NOT NULL,"
                                   "`checksum` BIGINT NOT NULL,"
                                   "`appliedAt` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

static int64_t checksum_of(const struct fx_store_migrate_item *item)
{
    return (int64_t)fx_crc32c(0, item->sql.data, item->sql.size);
}

/* Is it recorded? VERSION_MISMATCH where with another text. */
static fx_status find_item(struct fx_store *store,
                           const struct fx_store_migrate_item *item,
                           bool *is_applied_out)
{
    const struct fx_store_value number = fx_store_value_u64(item->number);
    int64_t checksum = 0;
    fx_store_sql(store, FX_STR("SELECT `checksum` FROM `migrations` WHERE `id`=?"));
    const fx_status status = fx_store_number(store, &number, 1, &checksum);
    if (status == FX_NOT_FOUND) {
        *is_applied_out = false;
        return FX_OK;
    }
    if (status != FX_OK) {
        return status;
    }
    if (checksum != checksum_of(item)) {
        fx_store_note_error(store, FX_STR("a migration was changed after it was applied"));
        return FX_VERSION_MISMATCH;
    }
    *is_applied_out = true;
    return FX_OK;
}

static fx_status record(struct fx_store *store, const struct fx_store_migrate_item *item)
{
    const struct fx_store_value values[] = {
        fx_store_value_u64(item->number),
        fx_store_value_text(fx_str_of(item->name)),
        fx_store_value_u64((uint64_t)checksum_of(item)),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("INSERT INTO `migrations` (`id`,`name`,`checksum`) VALUES (?,?,?)"));
    return fx_store_execute(store, values, 3, &changed);
}

/* One transaction: look, apply, record. Two processes that migrate at once come one after the
 * other, and the second finds it done. */
static fx_status migrate_item(struct fx_store *store,
                              const struct fx_store_migrate_item *item,
                              uint32_t *applied)
{
    fx_status status = fx_store_begin(store);
    if (status != FX_OK) {
        return status;
    }
    bool is_applied = false;
    status = find_item(store, item, &is_applied);
    if (status == FX_OK && !is_applied) {
        status = store->ops->script(store, item->sql);
        if (status == FX_OK) {
            status = record(store, item);
        }
    }
    if (status == FX_OK) {
        status = fx_store_commit(store);
    }
    if (status != FX_OK) {
        fx_store_rollback(store);
        return status;
    }
    *applied += is_applied ? 0 : 1;
    return FX_OK;
}

/* A database of a newer binary has migrations that we do not know. */
static fx_status check_newest(struct fx_store *store, uint32_t newest)
{
    int64_t stored = 0;
    fx_store_sql(store, FX_STR("SELECT COALESCE(MAX(`id`),0) FROM `migrations`"));
    const fx_status status = fx_store_number(store, NULL, 0, &stored);
    if (status == FX_OK && stored > (int64_t)newest) {
        fx_store_note_error(store, FX_STR("the database has migrations of a newer program"));
        return FX_VERSION_MISMATCH;
    }
    return status;
}

fx_status fx_store_migrate(struct fx_store *store, uint32_t *applied_out)
{
    uint32_t count = 0, applied = 0;
    const struct fx_store_migrate_item *items = store->ops->migrations(&count);
    fx_status status = store->ops->script(store, (fx_str){CREATE_TABLE, sizeof CREATE_TABLE - 1});
    if (status == FX_OK) {
        status = check_newest(store, count > 0 ? items[count - 1].number : 0);
    }
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        status = migrate_item(store, &items[index], &applied);
    }
    if (status == FX_OK) {
        *applied_out = applied;
    }
    return status;
}

fx_status fx_store_migrate_check(struct fx_store *store)
{
    uint32_t count = 0;
    const struct fx_store_migrate_item *items = store->ops->migrations(&count);
    fx_status status = check_newest(store, count > 0 ? items[count - 1].number : 0);
    if (status == FX_INTERNAL) {
        return FX_VERSION_MISMATCH; /* not even the table is there */
    }
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        bool is_applied = false;
        status = find_item(store, &items[index], &is_applied);
        if (status == FX_OK && !is_applied) {
            fx_store_note_error(store, FX_STR("migrations are missing: run migrate"));
            status = FX_VERSION_MISMATCH;
        }
    }
    return status;
}

#include "store/store_migrate.h"

#include "base/crc32c.h"
#include "store/store_int.h"

/* The words in both dialects; the time is the database's, for people only. */
static const char CREATE_TABLE[] = "CREATE TABLE IF NOT EXISTS `migrations` ("
                                   "`id` INTEGER PRIMARY KEY,"
                                   "`name` VARCHAR(64) NOT NULL,"
                                   "`checksum` BIGINT NOT NULL,"
                                   "`appliedAt` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/* What is known of a migration. BEGUN is recorded where a rollback would not undo it: what a crash
 * leaves half done is finished by the next try. */
enum progress { PROGRESS_NONE = 0, PROGRESS_BEGUN = 1, PROGRESS_APPLIED = 2 };

enum { CHECKSUM_BEGUN = 0 };

static int64_t checksum_of(const struct fx_store_migrate_item *item)
{
    return (int64_t)fx_crc32c(0, item->sql.data, item->sql.size);
}

/* Is it recorded? VERSION_MISMATCH where with another text. */
static fx_status find_item(struct fx_store *store,
                           const struct fx_store_migrate_item *item,
                           enum progress *progress_out)
{
    const struct fx_store_value number = fx_store_value_u64(item->number);
    int64_t checksum = 0;
    fx_store_sql(store, FX_STR("SELECT `checksum` FROM `migrations` WHERE `id`=?"));
    const fx_status status = fx_store_number(store, &number, 1, &checksum);
    if (status == FX_NOT_FOUND) {
        *progress_out = PROGRESS_NONE;
        return FX_OK;
    }
    if (status != FX_OK) {
        return status;
    }
    if (checksum == CHECKSUM_BEGUN) {
        *progress_out = PROGRESS_BEGUN;
        return FX_OK;
    }
    if (checksum != checksum_of(item)) {
        fx_store_note_error(store, FX_STR("a migration was changed after it was applied"));
        return FX_VERSION_MISMATCH;
    }
    *progress_out = PROGRESS_APPLIED;
    return FX_OK;
}

static fx_status record(struct fx_store *store,
                        const struct fx_store_migrate_item *item,
                        int64_t checksum)
{
    const struct fx_store_value values[] = {
        fx_store_value_u64(item->number),
        fx_store_value_text(fx_str_of(item->name)),
        fx_store_value_i64(checksum),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("INSERT INTO `migrations` (`id`,`name`,`checksum`) VALUES (?,?,?)"));
    return fx_store_execute(store, values, 3, &changed);
}

static fx_status record_end(struct fx_store *store, const struct fx_store_migrate_item *item)
{
    const struct fx_store_value values[] = {
        fx_store_value_i64(checksum_of(item)),
        fx_store_value_u64(item->number),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `migrations` SET `checksum`=? WHERE `id`=?"));
    return fx_store_execute(store, values, 2, &changed);
}

/* Run its statements and record it. */
static fx_status apply(struct fx_store *store,
                       const struct fx_store_migrate_item *item,
                       enum progress progress)
{
    if (store->ops->change_schema == NULL) {
        const fx_status status = store->ops->script(store, item->sql);
        return status == FX_OK ? record(store, item, checksum_of(item)) : status;
    }
    fx_status status = FX_OK;
    if (progress == PROGRESS_NONE) {
        status = record(store, item, CHECKSUM_BEGUN);
        status = status == FX_OK ? fx_store_commit(store) : status;
        status = status == FX_OK ? fx_store_begin(store) : status;
    }
    if (status == FX_OK) {
        status = store->ops->change_schema(store, item->sql, progress == PROGRESS_BEGUN);
    }
    return status == FX_OK ? record_end(store, item) : status;
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
    enum progress progress = PROGRESS_NONE;
    status = find_item(store, item, &progress);
    if (status == FX_OK && progress != PROGRESS_APPLIED) {
        status = apply(store, item, progress);
    }
    if (status == FX_OK) {
        status = fx_store_commit(store);
    }
    if (status != FX_OK) {
        fx_store_rollback(store);
        return status;
    }
    *applied += progress == PROGRESS_APPLIED ? 0 : 1;
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

static fx_status migrate_all(struct fx_store *store, uint32_t *applied_out)
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

fx_status fx_store_migrate(struct fx_store *store, uint32_t *applied_out)
{
    if (store->ops->lock_schema == NULL) {
        return migrate_all(store, applied_out);
    }
    fx_status status = store->ops->lock_schema(store);
    if (status == FX_OK) {
        status = migrate_all(store, applied_out);
        store->ops->unlock_schema(store);
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
        enum progress progress = PROGRESS_NONE;
        status = find_item(store, &items[index], &progress);
        if (status == FX_OK && progress != PROGRESS_APPLIED) {
            fx_store_note_error(store, FX_STR("migrations are missing: run migrate"));
            status = FX_VERSION_MISMATCH;
        }
    }
    return status;
}

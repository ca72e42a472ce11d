#include "store/store_migrate.h"

#include "base/crc32c.h"
#include "store/store_int.h"

/* The words in both dialects; the time is the database's, for people only. */
static const char CREATE_TABLE[] = "CREATE TABLE IF NOT EXISTS `migrations` ("
                                   "`id` INTEGER PRIMARY KEY,"
                                   "`name` VARCHAR(64) NOT NULL,"
                                   "`checksum` BIGINT NOT NULL,"
                                   "`appliedAt` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

/*
 * Where a rollback does not undo a change of the schema, a migration is recorded before it begins,
 * and in place of its checksum, which is never negative, how far it came: -1 - (2 x statements that
 * are done + 1 while the next one runs). What a crash leaves half done is finished by the next try.
 * Only of the statement that ran may it be that it is done already; of one that was refused it may
 * not: the table that it met is somebody else's.
 */
struct progress {
    bool is_recorded;
    bool is_applied;
    int64_t done;
    bool is_running;
};

static int64_t checksum_of(const struct fx_store_migrate_item *item)
{
    return (int64_t)fx_crc32c(0, item->sql.data, item->sql.size);
}

bool fx_store_migrate_next(fx_str *script, fx_str *statement_out)
{
    while (script->size > 0) {
        const size_t end = fx_str_find(*script, ';', 0);
        size_t cut = end;
        while (cut != SIZE_MAX && cut + 1 < script->size && script->data[cut + 1] != '\n') {
            cut = fx_str_find(*script, ';', cut + 1);
        }
        const size_t size = cut == SIZE_MAX ? script->size : cut;
        *statement_out = fx_str_slice(*script, 0, size);
        *script = fx_str_slice(*script, cut == SIZE_MAX ? size : size + 1, SIZE_MAX);
        if (fx_str_trim(*statement_out).size > 0) {
            return true;
        }
    }
    return false;
}

/* What is recorded of it? VERSION_MISMATCH where it had another text. */
static fx_status find_item(struct fx_store *store,
                           const struct fx_store_migrate_item *item,
                           struct progress *progress_out)
{
    const struct fx_store_value number = fx_store_value_u64(item->number);
    int64_t checksum = 0;
    fx_store_sql(store, FX_STR("SELECT `checksum` FROM `migrations` WHERE `id`=?"));
    const fx_status status = fx_store_number(store, &number, 1, &checksum);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    *progress_out = (struct progress){.is_recorded = status == FX_OK};
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (checksum < 0) {
        progress_out->done = (-1 - checksum) / 2;
        progress_out->is_running = (-1 - checksum) % 2 != 0;
        return FX_OK;
    }
    if (checksum != checksum_of(item)) {
        fx_store_note_error(store, FX_STR("a migration was changed after it was applied"));
        return FX_VERSION_MISMATCH;
    }
    progress_out->is_applied = true;
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

static fx_status record_anew(struct fx_store *store,
                             const struct fx_store_migrate_item *item,
                             int64_t checksum)
{
    const struct fx_store_value values[] = {
        fx_store_value_i64(checksum),
        fx_store_value_u64(item->number),
    };
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("UPDATE `migrations` SET `checksum`=? WHERE `id`=?"));
    return fx_store_execute(store, values, 2, &changed);
}

static fx_status record_progress(struct fx_store *store,
                                 const struct fx_store_migrate_item *item,
                                 const struct progress *progress)
{
    return record_anew(store, item, -1 - (progress->done * 2 + (progress->is_running ? 1 : 0)));
}

/* One statement after the other, each recorded before it runs. Thereby nothing is in a transaction:
 * the database ends it by itself. */
static fx_status apply_in_steps(struct fx_store *store,
                                const struct fx_store_migrate_item *item,
                                const struct progress *found)
{
    struct progress progress = {0};
    fx_str left = item->sql, statement;
    fx_status status = FX_OK;
    if (!found->is_recorded) {
        status = record(store, item, -1);
    }
    while (status == FX_OK && fx_store_migrate_next(&left, &statement)) {
        const bool is_again = found->is_running && progress.done == found->done;
        if (progress.done >= found->done) {
            progress.is_running = true;
            status = record_progress(store, item, &progress);
            status =
                status == FX_OK ? store->ops->change_schema(store, statement, is_again) : status;
            progress.is_running = false;
        }
        progress.done += status == FX_OK ? 1 : 0;
    }
    if (status != FX_OK) {
        char words[FX_STORE_ERROR_SIZE];
        (void)fx_str_copy(fx_str_of(store->error), words, sizeof words);
        const fx_status noted = record_progress(store, item, &progress);
        if (noted == FX_OK) {
            fx_store_note_error(store, fx_str_of(words)); /* of what failed first */
        }
        return status;
    }
    return record_anew(store, item, checksum_of(item));
}

static fx_status apply(struct fx_store *store, const struct fx_store_migrate_item *item)
{
    const fx_status status = store->ops->script(store, item->sql);
    return status == FX_OK ? record(store, item, checksum_of(item)) : status;
}

/* One transaction: look, apply, record. Two processes that migrate at once come one after the
 * other, and the second finds it done. */
static fx_status migrate_item(struct fx_store *store,
                              const struct fx_store_migrate_item *item,
                              uint32_t *applied)
{
    struct progress progress;
    if (store->ops->change_schema != NULL) {
        const fx_status status = find_item(store, item, &progress);
        *applied += status == FX_OK && !progress.is_applied ? 1 : 0;
        return status != FX_OK || progress.is_applied ? status
                                                      : apply_in_steps(store, item, &progress);
    }
    fx_status status = fx_store_begin(store);
    if (status != FX_OK) {
        return status;
    }
    status = find_item(store, item, &progress);
    if (status == FX_OK && !progress.is_applied) {
        status = apply(store, item);
    }
    if (status == FX_OK) {
        status = fx_store_commit(store);
    }
    if (status != FX_OK) {
        fx_store_rollback(store);
        return status;
    }
    *applied += progress.is_applied ? 0 : 1;
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
        struct progress progress;
        status = find_item(store, &items[index], &progress);
        if (status == FX_OK && !progress.is_applied) {
            fx_store_note_error(store, FX_STR("migrations are missing: run migrate"));
            status = FX_VERSION_MISMATCH;
        }
    }
    return status;
}

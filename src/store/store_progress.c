#include "store/store_progress.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/panic.h"
#include "store/store_int.h"

fx_status fx_store_progress_find(struct fx_store *store,
                                 const struct fx_store_progress_key *key,
                                 uint64_t *operation_id_out)
{
    const struct fx_store_value values[] = {
        fx_store_value_text(key->shard),
        fx_store_value_text(key->worker),
    };
    int64_t stored = 0;
    fx_store_sql(
        store, FX_STR("SELECT `operationId` FROM `saver_progress` WHERE `shard`=? AND `worker`=?"));
    const fx_status status = fx_store_number(store, values, 2, &stored);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    *operation_id_out = (uint64_t)stored;
    return FX_OK;
}

/* What it means that the watermark is not where it was thought to be. */
static fx_status judge(struct fx_store *store,
                       const struct fx_store_progress_key *key,
                       const struct fx_store_progress_step *seen)
{
    char text[FX_STORE_ERROR_SIZE];
    (void)snprintf(text,
                   sizeof text,
                   "the watermark of %.*s/%.*s is %" PRIu64 ", and was %" PRIu64,
                   (int)key->shard.size,
                   key->shard.data,
                   (int)key->worker.size,
                   key->worker.data,
                   seen->to,
                   seen->from);
    fx_store_note_error(store, fx_str_of(text));
    return seen->to < seen->from ? FX_TABLES_BEHIND : FX_STALE;
}

fx_status fx_store_progress_again(struct fx_store *store,
                                  const struct fx_store_progress_key *key,
                                  uint64_t known,
                                  uint64_t *operation_id_out)
{
    struct fx_store_progress_step seen = {.from = known};
    const fx_status status = fx_store_progress_find(store, key, &seen.to);
    if (status != FX_OK) {
        return status;
    }
    if (seen.to < known) {
        return judge(store, key, &seen);
    }
    *operation_id_out = seen.to;
    return FX_OK;
}

/* The first one of a name. @return EXISTS where it is there. */
static fx_status insert(struct fx_store *store,
                        const struct fx_store_progress_key *key,
                        uint64_t operation_id)
{
    const struct fx_store_value values[] = {
        fx_store_value_u64(operation_id),
        fx_store_value_text(key->shard),
        fx_store_value_text(key->worker),
    };
    uint64_t changed = 0;
    fx_store_sql(store,
                 FX_STR("INSERT INTO `saver_progress` (`operationId`,`shard`,`worker`) "
                        "VALUES (?,?,?)"));
    return fx_store_execute(store, values, 3, &changed);
}

fx_status fx_store_progress_advance(struct fx_store *store,
                                    const struct fx_store_progress_key *key,
                                    const struct fx_store_progress_step *step)
{
    FX_ASSERT(store->is_writer);
    FX_ASSERT(step->from <= step->to && step->to <= INT64_MAX);
    const struct fx_store_value values[] = {
        fx_store_value_u64(step->to),
        fx_store_value_text(key->shard),
        fx_store_value_text(key->worker),
        fx_store_value_u64(step->from),
    };
    uint64_t changed = 0;
    fx_store_sql(store,
                 FX_STR("UPDATE `saver_progress` SET `operationId`=? WHERE `shard`=? AND "
                        "`worker`=? AND `operationId`=?"));
    fx_status status = fx_store_execute(store, values, 4, &changed);
    if (status != FX_OK || changed != 0) {
        return status;
    }
    if (step->from == 0) {
        status = insert(store, key, step->to);
        if (status != FX_EXISTS) {
            return status;
        }
    }
    struct fx_store_progress_step seen = {.from = step->from};
    status = fx_store_progress_find(store, key, &seen.to);
    return status == FX_OK ? judge(store, key, &seen) : status;
}

fx_status fx_store_progress_hold(struct fx_store *store, const struct fx_store_progress_key *key)
{
    FX_ASSERT(store->is_writer);
    if (store->ops->hold == NULL) {
        return FX_OK;
    }
    char name[FX_STORE_HOLD_SIZE];
    const int size = snprintf(name,
                              sizeof name,
                              "%.*s/%.*s",
                              (int)key->shard.size,
                              key->shard.data,
                              (int)key->worker.size,
                              key->worker.data);
    return size > 0 && (size_t)size < sizeof name ? store->ops->hold(store, fx_str_of(name))
                                                  : FX_BAD_PARAMETER;
}

#include "store/store_progress.h"

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

fx_status fx_store_progress_advance(struct fx_store *store,
                                    const struct fx_store_progress_key *key,
                                    uint64_t operation_id)
{
    FX_ASSERT(store->is_writer);
    FX_ASSERT(operation_id <= INT64_MAX);
    const struct fx_store_value values[] = {
        fx_store_value_u64(operation_id),
        fx_store_value_text(key->shard),
        fx_store_value_text(key->worker),
        fx_store_value_u64(operation_id),
    };
    uint64_t changed = 0;
    fx_store_sql(store,
                 FX_STR("UPDATE `saver_progress` SET `operationId`=? WHERE `shard`=? AND "
                        "`worker`=? AND `operationId`<?"));
    fx_status status = fx_store_execute(store, values, 4, &changed);
    if (status != FX_OK || changed != 0) {
        return status;
    }
    /* Not there, or not below: the insert tells which. */
    fx_store_sql(store,
                 FX_STR("INSERT INTO `saver_progress` (`operationId`,`shard`,`worker`) "
                        "VALUES (?,?,?)"));
    status = fx_store_execute(store, values, 3, &changed);
    return status == FX_EXISTS ? FX_STALE : status;
}

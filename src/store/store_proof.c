#include "store/store_proof.h"

#include "base/panic.h"
#include "store/store_int.h"

enum { US_PER_MS = 1000, FORGET_ONE_IN = 64, FORGET_MS = 600000 };

/* One in so many looks for old rows: by the proof's own number, which is as good as a die. */
static fx_status forget(struct fx_store *store, const struct fx_proof *proof, int64_t now_us)
{
    const struct fx_store_value values[] = {
        fx_store_value_u64((uint64_t)(now_us / US_PER_MS - FORGET_MS))};
    uint64_t changed = 0;
    if (proof->id % FORGET_ONE_IN != 0 || now_us < FORGET_MS * (int64_t)US_PER_MS) {
        return FX_OK;
    }
    fx_store_sql(store, FX_STR("DELETE FROM `used_proofs` WHERE `untilMs`<?"));
    return fx_store_execute(store, values, 1, &changed);
}

fx_status fx_store_proof_insert(struct fx_store *store,
                                const struct fx_proof *proof,
                                int64_t now_us)
{
    FX_ASSERT(store->is_writer);
    FX_ASSERT(proof->id > 0 && proof->id <= INT64_MAX && proof->until_ms >= 0);
    const struct fx_store_value values[] = {fx_store_value_u64(proof->id),
                                            fx_store_value_u64((uint64_t)proof->until_ms)};
    uint64_t changed = 0;
    fx_store_sql(store, FX_STR("INSERT INTO `used_proofs` (`id`,`untilMs`) VALUES (?,?)"));
    const fx_status status = fx_store_execute(store, values, 2, &changed);
    return status == FX_OK ? forget(store, proof, now_us) : status;
}

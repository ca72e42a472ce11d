#include "worker/worker_watch.h"

#include "base/log.h"
#include "base/panic.h"

uint32_t fx_worker_watch_percent(uint64_t count, uint64_t capacity)
{
    FX_ASSERT(capacity > 0);
    const uint64_t percent = count * 100 / capacity;
    return percent < 100 ? (uint32_t)percent : 100;
}

uint32_t fx_worker_watch_larger(uint32_t left, uint32_t right)
{
    return left > right ? left : right;
}

void fx_worker_watch_audit(const struct fx_engine *engine,
                           const char *component,
                           struct fx_ring *audits)
{
    struct fx_engine_audit audit;
    fx_engine_audit(engine, &audit);
    for (uint32_t index = 0; index < audit.count; index++) {
        if (audit.assets[index].error != 0) {
            FX_LOG(FX_LOG_ERROR,
                   component,
                   "the money of an asset does not add up",
                   fx_log_str("asset", fx_ids_asset_str(&audit.assets[index].asset)),
                   fx_log_dec("error", audit.assets[index].error),
                   fx_log_u64("seq", audit.sequence));
        }
    }
    (void)fx_ring_append(audits, &audit);
}

bool fx_worker_watch_last_audit(struct fx_ring *audits, struct fx_engine_audit *audit_out)
{
    bool is_new = false;
    while (fx_ring_poll(audits, audit_out)) {
        is_new = true;
    }
    return is_new;
}

/**
 * @file store_instrument.h
 * Instruments with their filters (trading_rules) and tiers (leverage_margin), guarded by
 * operationId. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_INSTRUMENT_H
#define FX_STORE_STORE_INSTRUMENT_H

#include "model/instrument.h"
#include "store/store.h"

/** A definition as the event said it, with the event's operationId and time. */
struct fx_store_instrument_row {
    uint64_t operation_id;
    int64_t updated_us;
    struct fx_instrument instrument; /* tier_count is how many tiers are stored */
};

struct fx_store_instrument_tier {
    uint64_t operation_id;
    uint32_t instrument_id;
    uint32_t index;
    uint32_t count; /* tiers of the instrument; stored ones with index >= count are removed */
    struct fx_tier tier;
};

/** Upsert into instruments and trading_rules. Older rows of the symbol under another number, which
 * another system gave it, go with their tiers; another symbol's older row under this number moves
 * behind the last one. */
FX_MUST_USE fx_status fx_store_instrument_save(struct fx_store *store,
                                               const struct fx_store_instrument_row *row);

/** Upsert into leverage_margin. */
FX_MUST_USE fx_status fx_store_instrument_save_tier(struct fx_store *store,
                                                    const struct fx_store_instrument_tier *tier);

/** All instruments by id, at most `capacity`. */
FX_MUST_USE fx_status fx_store_instrument_list(struct fx_store *store,
                                               struct fx_store_instrument_row rows_out[],
                                               uint32_t capacity,
                                               uint32_t *count_out);

/** The tiers of an instrument by index, at most FX_TIERS_MAX. */
FX_MUST_USE fx_status fx_store_instrument_tiers(struct fx_store *store,
                                                uint32_t instrument_id,
                                                struct fx_tier tiers_out[FX_TIERS_MAX],
                                                uint32_t *count_out);

#endif

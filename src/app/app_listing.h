/**
 * @file app_listing.h
 * Definitions of the demo's instruments, as commands. Thread: any.
 */
#ifndef FX_APP_APP_LISTING_H
#define FX_APP_APP_LISTING_H

#include <stdint.h>

#include "model/command.h"

/** One instrument to list: definition (state PENDING), tiers, first mark. */
struct fx_app_listing {
    struct fx_instrument instrument;
    struct fx_tier tiers[FX_TIERS_MAX];
    uint32_t tier_count;
    int64_t first_mark_ticks;
    bool has_bots;
};

enum { FX_APP_LISTING_COUNT = 5 };

/** BTCUSDT, ETHUSDT, SOLUSDT (linear), BTCUSDM (inverse), ESH4 (the recorded future; no bots). */
void fx_app_listing_make(uint32_t index, struct fx_app_listing *listing_out);

#endif

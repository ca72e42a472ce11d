/**
 * @file candles.h
 * One instrument's newest bars of each kept length and price: the fold of TRADE and MARK events.
 *
 * Per price (LAST, MARK, INDEX, PREMIUM) and base length (interval.h) a ring of the newest bars in
 * which something happened; older ones are in the database. Enough is kept that the live bar of
 * every interval comes from memory, and of LAST's minutes the whole 24-hour window. Thread: the
 * owner's.
 */
#ifndef FX_MARKET_CANDLES_H
#define FX_MARKET_CANDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "market/candle.h"
#include "market/interval.h"
#include "model/event.h"
#include "model/rows_candle.h"

enum {
    FX_CANDLES_DAY = 1440, /* minutes kept of LAST */
    FX_CANDLES_RING = 32   /* bars kept of all else: a month has 31 days */
};

/** Bars in ascending order; none has count 0. */
struct fx_candles_ring {
    struct fx_candle *bars;
    uint32_t capacity;
    uint64_t count; /* ever pushed; the newest is number count - 1 */
};

struct fx_candles {
    struct fx_candles_ring rings[FX_ROWS_CANDLE_PRICES][FX_INTERVAL_BASES];
    int64_t first[FX_ROWS_CANDLE_PRICES];   /* minute of the first bar ever; INT64_MAX: none */
    int64_t changed[FX_ROWS_CANDLE_PRICES]; /* earliest minute that changed since the publisher
                                               looked; it sets INT64_MAX */
    struct fx_candle day[FX_CANDLES_DAY];
    struct fx_candle rest[FX_ROWS_CANDLE_PRICES * FX_INTERVAL_BASES - 1][FX_CANDLES_RING];
};

/** Make it empty. It must not move afterwards. */
void fx_candles_init(struct fx_candles *candles);

/** Fold a TRADE or MARK; others are ignored. An event before the newest bar (time never goes back)
 * would count into that bar. */
void fx_candles_apply(struct fx_candles *candles, const struct fx_event *event);

/** Give stored bars of one price and base length, in ascending order, before any event is folded.
 * The oldest give way where they are more than are kept. */
void fx_candles_load(struct fx_candles *candles,
                     enum fx_rows_candle_price price,
                     uint32_t base,
                     const struct fx_candle *candle);

/** Say when the first bar of a price ever began, where the rings do not reach back to it. */
void fx_candles_load_first(struct fx_candles *candles,
                           enum fx_rows_candle_price price,
                           int64_t minute);

/** The bars of a price from which an interval is added up. */
const struct fx_candles_ring *fx_candles_ring(const struct fx_candles *candles,
                                              enum fx_rows_candle_price price,
                                              enum fx_interval interval);

/** How many bars a ring holds. */
uint32_t fx_candles_ring_size(const struct fx_candles_ring *ring);

/** Bar `index` from the oldest that is held. NULL beyond the newest. */
const struct fx_candle *fx_candles_ring_at(const struct fx_candles_ring *ring, uint32_t index);

/** Index of the first bar that begins at `minute` or later; the size where there is none. */
uint32_t fx_candles_ring_find(const struct fx_candles_ring *ring, int64_t minute);

/**
 * The bar of an interval that begins at `start`, as far as it goes now; one in which nothing
 * happened repeats the close before with count 0.
 * @return false where it is older than what is held (the database has it), or before the first.
 */
bool fx_candles_find(const struct fx_candles *candles,
                     enum fx_rows_candle_price price,
                     enum fx_interval interval,
                     int64_t start,
                     struct fx_candle *candle_out);

#endif

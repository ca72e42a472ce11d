/**
 * @file market.h
 * All public market state of one exchange: a fold of events, per instrument.
 *
 * Definition, tiers, mark and index, depth, candles, ticker and tape. May be lost and rebuilt from
 * a dump and the stored candles. No memory of its own: the owner gives a piece per instrument when
 * the first event of one arrives. Thread: the owner's.
 */
#ifndef FX_MARKET_MARKET_H
#define FX_MARKET_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/candles.h"
#include "market/depth.h"
#include "market/tape.h"
#include "market/ticker.h"
#include "model/event.h"
#include "model/instrument.h"

enum { FX_MARKET_FUNDS_MAX = 64 };

struct fx_market_symbol {
    struct fx_instrument definition;
    struct fx_tier tiers[FX_TIERS_MAX];
    int64_t mark_ticks; /* 0 = none yet */
    int64_t index_ticks;
    int64_t mark_us;
    int64_t settlement_us;           /* when `settlement` was told */
    struct fx_event_mark mark;       /* the last one: what is predicted, whether it is stale */
    struct fx_event_funding funding; /* the last that was paid or skipped; instant 0: none */
    struct fx_event_settlement settlement; /* the phase of its end; phase 0: it does not end */
    uint64_t funding_id;                   /* their operationIds */
    uint64_t settlement_id;
    struct fx_depth depth;
    struct fx_candles candles; /* its `changed` is the publisher's to clear */
    struct fx_ticker ticker;
    struct fx_tape tape;
    bool is_book_changed; /* since the publisher last looked; it clears these */
    bool is_ticker_changed;
    bool is_mark_changed;
    bool is_funding_changed;
    bool is_settlement_changed;
    uint32_t new_trades; /* trades on the tape that were not published yet … */
    uint32_t new_noted;  /* … and those with a note */
};

/** The insurance fund of an asset. */
struct fx_market_fund {
    fx_i128 balance;
    struct fx_asset asset;
    int64_t time_us; /* when it last moved */
};

struct fx_market {
    struct fx_market_symbol *symbols[FX_INSTRUMENTS_MAX]; /* by instrument id; NULL = absent */
    uint32_t count;
    struct fx_market_fund funds[FX_MARKET_FUNDS_MAX]; /* in the order in which they came */
    uint32_t fund_count;
    uint64_t sequence; /* of the last event; of several shards the sum of their last ones */
    uint64_t sequences[FX_SHARDS_MAX];
    int64_t time_us;
    bool is_in_dump; /* a state is being told: nothing happens in it */
};

/** Bytes that one instrument needs. */
size_t fx_market_symbol_size(uint32_t depth_capacity);

/** Give zeroed, 16-byte aligned memory for instrument `id` (must be absent). Kept. */
void fx_market_add(struct fx_market *market, uint32_t id, void *memory, uint32_t depth_capacity);

/** True where the event is about an instrument for which fx_market_add() must be called first. */
bool fx_market_needs(const struct fx_market *market, const struct fx_event *event);

/** Fold one event. Others than INSTRUMENT, TIER, MARK, FUNDING, SETTLEMENT, INSURANCE, BOOK, TRADE
 * and the bounds of a dump are ignored. */
void fx_market_apply(struct fx_market *market, const struct fx_event *event);

/** A fund as it was when the tables were written: no dump tells it. One that has moved since stays.
 */
void fx_market_recall_fund(struct fx_market *market, const struct fx_market_fund *recalled);

/** By symbol; NULL where absent. */
struct fx_market_symbol *fx_market_find(const struct fx_market *market, fx_str symbol);

/** By id; NULL where absent. */
struct fx_market_symbol *fx_market_at(const struct fx_market *market, uint32_t id);

#endif

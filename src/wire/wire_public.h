/**
 * @file wire_public.h
 * Public things as JSON objects: instruments, a book level, a ticker, a public trade, errors.
 *
 * wire may not know market/, so the figures come as plain structs in ticks and lots with the
 * instrument's definition. Thread: any.
 */
#ifndef FX_WIRE_WIRE_PUBLIC_H
#define FX_WIRE_WIRE_PUBLIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "model/instrument.h"

/** A price level or a trade print. */
struct fx_wire_public_level {
    int64_t ticks;
    int64_t lots;
};

struct fx_wire_public_ticker {
    fx_i128 value; /* 24 h turnover, settle units */
    int64_t open_ticks;
    int64_t high_ticks;
    int64_t low_ticks;
    int64_t last_ticks;
    int64_t lots;
    uint64_t count;
    int64_t mark_ticks;
    int64_t index_ticks;
    struct fx_wire_public_level best_bid; /* ticks == 0: none */
    struct fx_wire_public_level best_ask;
    bool has_interest;
    fx_i128 open_interest;   /* units of quantity */
    int64_t next_funding_us; /* 0: none */
    int64_t time_us;
};

/** The best prices of a book. */
struct fx_wire_public_best {
    struct fx_wire_public_level bid; /* ticks == 0: none */
    struct fx_wire_public_level ask;
    uint64_t sequence;
    int64_t time_us;
};

struct fx_wire_public_trade {
    uint64_t id;
    int64_t ticks;
    int64_t lots;
    int64_t time_us;
    bool is_buyer_taker;
};

/** What an error answer says; empty and zero members are left out. */
struct fx_wire_public_error {
    fx_status status;
    fx_str message; /* empty: the status's text */
    fx_str field;
    bool has_limit;
    bool has_nearest;
    fx_i128 limit;
    fx_i128 nearest;
    fx_str executed; /* "no" or "unknown"; empty: "no" */
    fx_str request_id;
    int64_t time_ms;
};

/** Append one object. */
void fx_wire_public_instrument(struct fx_buf *buf,
                               const struct fx_instrument *instrument,
                               const struct fx_tier tiers[]);
void fx_wire_public_ticker(struct fx_buf *buf,
                           const struct fx_instrument *instrument,
                           const struct fx_wire_public_ticker *ticker);
void fx_wire_public_trade(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_wire_public_trade *trade);
void fx_wire_public_error(struct fx_buf *buf, const struct fx_wire_public_error *error);

void fx_wire_public_best(struct fx_buf *buf,
                         const struct fx_instrument *instrument,
                         const struct fx_wire_public_best *best);

/** Append the objects of all tiers, with commas. */
void fx_wire_public_tiers(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          const struct fx_tier tiers[]);

/** Append one `["price","quantity"]`, with a comma in front where one is due. */
void fx_wire_public_level(struct fx_buf *buf,
                          const struct fx_instrument *instrument,
                          struct fx_wire_public_level level);

#endif

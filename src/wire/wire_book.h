/**
 * @file wire_book.h
 * What the topics of public data carry: orderbook_output and ticker_engine_output. Figures come as
 * ticks and lots with the instrument's definition. Format: docs/protocol/topics.md. Thread: any.
 */
#ifndef FX_WIRE_WIRE_BOOK_H
#define FX_WIRE_WIRE_BOOK_H

#include <stdint.h>

#include "base/buf.h"
#include "model/instrument.h"
#include "wire/wire_public.h"

/** Levels of a side, best first. */
struct fx_wire_book_side {
    const struct fx_wire_public_level *levels;
    uint32_t count;
};

/** A book, and what changed of it since the message before. [0] bids, [1] asks. */
struct fx_wire_book {
    struct fx_wire_book_side sides[2];
    struct fx_wire_book_side changes[2]; /* lots are the new total; 0: the level is gone */
    uint64_t sequence;                   /* of the last command that changed it */
    int64_t previous; /* `sequence` of the message before; -1: the first one of this publisher */
    int64_t time_us;
};

/** Append one message of orderbook_output. */
void fx_wire_book_output(struct fx_buf *buf,
                         const struct fx_instrument *instrument,
                         const struct fx_wire_book *book);

/** A symbol's ticker; borrowed. */
struct fx_wire_book_quote {
    const struct fx_instrument *instrument;
    const struct fx_wire_public_ticker *ticker;
};

/** Append one message of ticker_engine_output: an array. */
void fx_wire_book_tickers(struct fx_buf *buf,
                          const struct fx_wire_book_quote quotes[],
                          uint32_t count);

#endif

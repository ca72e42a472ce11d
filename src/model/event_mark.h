/**
 * @file event_mark.h
 * What the engine says of marks, fundings and money that moves; a part of event.h. Thread: any
 * (data).
 */
#ifndef FX_MODEL_EVENT_MARK_H
#define FX_MODEL_EVENT_MARK_H

#include <stdint.h>

#include "base/dec.h"
#include "model/ids.h"

struct fx_event_transaction {
    fx_i128 amount; /* signed, as the account sees it */
    uint64_t account_id;
    uint64_t user_id;
    uint32_t type;       /* enum fx_transaction_type */
    uint32_t instrument; /* or FX_COMMAND_ALL_INSTRUMENTS */
    struct fx_asset asset;
    /* Of a FUNDING_FEE: what it was computed from; else 0. */
    uint64_t position_id;
    int64_t lots; /* that the position held: + long, - short */
    int64_t rate_ppb;
    int64_t mark_ticks;
    int64_t instant_us;
};

/** Mark and index, and what follows from them. Said with each new mark, and when it grows stale. */
struct fx_event_mark {
    int64_t mark_ticks; /* 0: none yet (INDEX_PRICE said that there are too few sources) */
    int64_t index_ticks;
    int64_t predicted_ppb;   /* the funding rate if nothing changed until the next instant */
    int64_t premium_ppb;     /* the last sample of the running interval; 0 where none */
    int64_t rate_ppb;        /* the last funding's */
    int64_t next_funding_us; /* 0: the symbol pays none by itself */
    uint32_t instrument;
    uint32_t source_count; /* of the last INDEX_PRICE */
    int64_t max_age_us;    /* the rules: SET_MARK_RULES */
    int64_t band_ppb;
    uint32_t sources_min;
    uint8_t has_index; /* the index is that of sources: INDEX_PRICE, not MARK_PRICE */
    uint8_t is_stale;  /* nothing is opened, liquidated or paid by it: MARK_STALE */
    uint8_t zero[2];
};

/**
 * What the positions of a symbol pay each other at an instant. Said when it begins, with the rate
 * and the prices that hold for all of them, and when all have paid. Payments are TRANSACTIONs of
 * type FUNDING_FEE between the two, maybe of several commands.
 */
struct fx_event_funding {
    fx_i128 paid; /* so far, by those who pay */
    fx_i128 received;
    fx_i128 insured;   /* part of it that the insurance fund paid for those who could not */
    fx_i128 remainder; /* paid + insured - received, in the rounding account; when complete */
    int64_t instant_us;
    int64_t rate_ppb; /* positive: longs pay */
    int64_t mark_ticks;
    int64_t index_ticks;
    uint32_t instrument;
    uint32_t positions;  /* that paid or received so far */
    uint8_t is_complete; /* all have paid */
    uint8_t is_skipped;  /* nobody pays for this instant: the mark was stale until the next one */
    uint8_t zero[6];
};

#endif

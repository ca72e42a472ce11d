/**
 * @file marks_int.h
 * Mark, index and funding of the instruments: where they come from, how old a mark may be, what
 * positions pay each other. Private to engine/. The law: docs/rules/mark.md and funding.md.
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_MARKS_INT_H
#define FX_ENGINE_MARKS_INT_H

#include "engine/engine_int.h"

enum {
    FX_MARK_BASIS_COUNT = 30,     /* samples of a minute: half an hour */
    FX_FUNDING_STEP_MAX = 256,    /* payments of one command, beside its user's own */
    FX_FUNDING_VISITS_MAX = 8192, /* positions that one command looks at for it */
    FX_IMPACT_LEVELS_MAX = 1000
};

/** Distance of the middle of the book from the index. */
struct fx_mark_basis {
    int64_t minute; /* since 1970; 0: no sample */
    int64_t half_ticks;
};

/**
 * The positions of a symbol pay for an instant: rate and prices hold for all of them, the cursor
 * goes over them. Position < end owes as long as its funding_round is another one.
 */
struct fx_funding_sweep {
    fx_i128 paid;
    fx_i128 received;
    fx_i128 insured; /* what payers could not pay */
    int64_t instant_us;
    int64_t rate_ppb;
    int64_t mark_ticks;
    int64_t index_ticks;
    fx_slot cursor;
    fx_slot end;
    uint32_t positions;
    uint32_t round; /* of the symbol, from 1; 0: it never paid */
    uint8_t is_open;
    uint8_t zero[15];
};

/** What a listing's mark has beside its price; all zero: no rules, it never grows stale. */
struct fx_mark_state {
    int64_t stale_us; /* from here on by the log's time the mark is stale; 0: never */
    int64_t mark_us;  /* when it was set, by the clock of its sources; kept where there are rules */
    int64_t source_us; /* the latest that sources ever said */
    int64_t max_age_us;
    int64_t band_ppb;
    uint32_t sources_min;
    uint32_t source_count; /* of the last INDEX_PRICE */
    uint8_t has_rules;
    uint8_t has_index;  /* the index is that of an INDEX_PRICE */
    uint8_t is_stale;   /* and it was said in a MARK */
    uint8_t is_starved; /* the last INDEX_PRICE had too few sources, and nothing has come since */
    uint8_t zero[4];

    int64_t next_us;     /* the instant of funding that comes; 0: none by itself */
    int64_t paid_us;     /* the last one paid or skipped */
    int64_t rate_ppb;    /* of the last one paid */
    int64_t premium_ppb; /* last sample */
    fx_i128 premium_sum; /* 1 x the first sample since the last instant + 2 x the second … */
    int64_t minute;      /* that gave the last samples */
    uint32_t premium_count;
    uint32_t zero_too;
    struct fx_funding_sweep sweep;
    struct fx_mark_basis basis[FX_MARK_BASIS_COUNT]; /* by minute modulo */
};

/**
 * False: nothing on the symbol is opened, liquidated or paid (I-27): there is no mark, it is older
 * than its limit by the time of the log, or too few sources say it.
 */
static inline bool fx_mark_is_fresh(const struct fx_engine *engine, uint32_t instrument)
{
    const int64_t stale_us = engine->marks[instrument].stale_us;
    return engine->listings[instrument].mark.ticks > 0 &&
           (stale_us == 0 || engine->time_us < stale_us);
}

/* ---- mark.c: the door, and freshness -----------------------------------------------------------
 */

/**
 * The one door through which mark and index change. The mark is fresh from source_us on; who waits
 * for either price is seen, and MARK is said.
 */
void fx_mark_set(
    struct fx_engine *engine, uint32_t instrument, fx_px mark, fx_px index, int64_t source_us);
/** Give a symbol the default rules, where it has none. */
void fx_mark_begin_rules(struct fx_engine *engine, uint32_t instrument);
/** Too few sources: the mark is stale from now on, and that is said. */
void fx_mark_starve(struct fx_engine *engine, uint32_t instrument);
/** What MARK says. */
void fx_mark_row(const struct fx_engine *engine,
                 uint32_t instrument,
                 struct fx_event_mark *row_out);
/** Say which marks have grown stale. @return true where one has. */
bool fx_mark_tick(struct fx_engine *engine);
/** Compute mark_due_us, funding_due_us and sweep_count again. O(instruments). */
void fx_mark_refresh_due(struct fx_engine *engine);
void fx_mark_check(const struct fx_engine *engine);
/** MARK_PRICE. */
fx_status fx_mark_apply_price(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);
/** SET_MARK_RULES. */
fx_status fx_mark_apply_rules(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);

/* ---- mark_index.c: the mark that follows from an index ----------------------------------------
 */

/** INDEX_PRICE. */
fx_status fx_mark_index_apply(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);
/** A mark inside of the band around the index, and a price of the symbol. */
fx_px fx_mark_index_clamp(const struct fx_engine *engine,
                          uint32_t instrument,
                          fx_px mark,
                          fx_px index);

/* ---- impact.c -----------------------------------------------------------------------------------
 */

/** Premium of the book over an index, in parts per billion of it; within +-1e9. O(levels). */
int64_t fx_impact_premium(const struct fx_engine *engine, uint32_t instrument, fx_px index);

/* ---- funding.c
 * -----------------------------------------------------------------------------------
 */

/** Half-hour means, premiums: what the minute says. Called with the new index in place. */
void fx_funding_sample(struct fx_engine *engine, uint32_t instrument, fx_px index);
/** What the interval has come to so far. */
struct fx_funding_forecast {
    int64_t next_us;     /* the instant that comes; 0: none by itself */
    int64_t premium_ppb; /* weighted mean of the samples */
    int64_t cap_ppb;
    fx_rate rate; /* if the interval ended now */
    uint32_t samples;
};
struct fx_funding_forecast fx_funding_forecast(const struct fx_engine *engine, uint32_t instrument);
/** The rate if the interval ended now. */
fx_rate fx_funding_rate(const struct fx_engine *engine, uint32_t instrument);
/** What a position would get (+) or pay (-) by that rate at the mark as it is; 0: nothing is due by
 * itself. */
fx_i128 fx_funding_foresee(const struct fx_engine *engine, fx_slot slot);
/** The next regular instant behind a time; 0 where the symbol has none. */
int64_t fx_funding_next_us(const struct fx_engine *engine, uint32_t instrument, int64_t time_us);
/** The interval has changed: the next instant is one of the new ones. */
void fx_funding_restart(struct fx_engine *engine, uint32_t instrument);
/** True where positions of the symbol may pay: a perpetual one that lives, with a fresh mark. */
bool fx_funding_may_begin(const struct fx_engine *engine, uint32_t instrument);
/** Instants that have come begin: the sweeps open. Before the command is looked at. */
void fx_funding_begin_due(struct fx_engine *engine);
/** What a position owes or is owed in a running sweep, before its lots change. */
void fx_funding_settle_position(struct fx_engine *engine, fx_slot slot);
/** All positions of an account, before its money or margins are judged. @return how many paid. */
uint32_t fx_funding_settle_account(struct fx_engine *engine, fx_slot account);
/** All accounts of the command's user. */
void fx_funding_settle_user(struct fx_engine *engine, uint64_t user_id);
/** Go on with the sweeps, as far as one command may. */
void fx_funding_step(struct fx_engine *engine);
/** PAY_FUNDING. */
fx_status fx_funding_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);
/** Money on its way in sweeps that are not complete: paid by some, not yet received by others. */
fx_i128 fx_funding_pending(const struct fx_engine *engine, uint32_t asset);
void fx_funding_check(const struct fx_engine *engine);

#endif

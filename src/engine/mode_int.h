/**
 * @file mode_int.h
 * Small parts of the root: places in its tables; whether the exchange runs, by which rules, what
 * was loaded; how far a refresh of ranks has come. Private to engine/; the doors are in
 * preload_int.h and rank_int.h. Thread: engine thread only (data).
 */
#ifndef FX_ENGINE_MODE_INT_H
#define FX_ENGINE_MODE_INT_H

#include <stdint.h>

#include "engine/level.h"

/** A place in the table of accounts. The position is a guess for ahead.c: the account's first. */
struct fx_account_entry {
    fx_slot account; /* index + 1; 0: empty */
    fx_slot position;
};

/** Whose a resting order is, without its own lines: likewise. */
struct fx_order_holder {
    fx_slot account;
    fx_slot position;
};

/** What an engine is there for at the moment. */
enum fx_engine_mode {
    FX_ENGINE_MODE_RUNNING = 0,
    FX_ENGINE_MODE_STOPPED = 1, /* STOP_ENGINE: as if every symbol took cancels only */
    FX_ENGINE_MODE_LOADING = 2  /* between LOAD_ENGINE and START_ENGINE */
};

/** Rules from which on there are START_ENGINE, STOP_ENGINE and loads; an order that begins behind
 * what was reached is late (trigger.c); a pair closes itself first (adl.c); makers pay before a
 * fill-or-kill is judged (match.c); names are kept for who has few (client_ids.c); one shard of
 * several is loaded (preload.c), and the first of take profit and stop loss is told again when the
 * second is (preload_order.c); nothing is added between the date of a contract and the TICK that
 * begins its end (settle.c, insurance.c); take profits and stop losses of orders are loaded
 * (preload_tp_sl.c), and shortened in the order of their orders, which tables know (bracket.c); so
 * are balances below 0 against gains (preload.c), and trailing stops that no price was loaded for;
 * what is loaded of market orders does not rest when it has fired (preload_order.c); who holds a
 * cross position that has had no mark is not liquidated for the others, and has nothing to spend
 * (liquidate.c, margin.c); an order that waits stands ahead of what protects it (place.c). */
enum {
    FX_ENGINE_RULES_STARTS = 2,
    FX_ENGINE_RULES_LATE = 2,
    FX_ENGINE_RULES_PAIRS = 2,
    FX_ENGINE_RULES_KILLS = 2,
    FX_ENGINE_RULES_FEW = 2,
    FX_ENGINE_RULES_SHARDS = 3,
    FX_ENGINE_RULES_LINKS = 3,
    FX_ENGINE_RULES_DATES = 3,
    FX_ENGINE_RULES_BRACKETS = 4,
    FX_ENGINE_RULES_PLACED = 4,
    FX_ENGINE_RULES_GAINS = 4,
    FX_ENGINE_RULES_TRAILS = 4,
    FX_ENGINE_RULES_MARKETS = 4,
    FX_ENGINE_RULES_UNMARKED = 5,
    FX_ENGINE_RULES_LISTED = 5
};

/** What was loaded, and how the exchange goes on (preload.c). */
struct fx_preload {
    uint32_t mode;        /* enum fx_engine_mode */
    uint32_t rules;       /* SET_RULES; 1 in a log without it */
    uint32_t accounts;    /* slots below it have their id in account_ids */
    uint32_t positions;   /* and these in position_ids */
    uint64_t account_id;  /* the largest that was loaded */
    uint64_t position_id; /* likewise */
    uint64_t order_id;    /* likewise; 0 once the load is over */
};

/** How far the refresh of the published ranks has come (rank.c). */
struct fx_rank {
    int64_t due_us; /* not before this time */
    int64_t began_us;
    fx_slot cursor;   /* positions below it have their score */
    uint32_t count;   /* in rank_items, a heap: scored, without a place yet */
    uint8_t phase;    /* of rank.c */
    uint8_t is_stale; /* prices or positions have changed since it began */
    uint8_t zero[6];
};

#endif

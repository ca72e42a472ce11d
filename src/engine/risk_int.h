/**
 * @file risk_int.h
 * Who is safe and who is liquidated: guards of positions, the queue of accounts, the insurance
 * fund, auto-deleveraging. Private to engine/. The law: docs/rules/liquidation.md. Thread: engine
 * thread only.
 */
#ifndef FX_ENGINE_RISK_INT_H
#define FX_ENGINE_RISK_INT_H

#include "engine/money_int.h"

/** How an account stands; in fx_account_state.risk_state. */
enum fx_risk_state {
    FX_RISK_STATE_SAFE = 0,   /* while every mark stays within the guards of its positions (R1) */
    FX_RISK_STATE_DUE = 1,    /* its turn comes in this or the next command */
    FX_RISK_STATE_PARKED = 2, /* nothing can be done before the next mark of one of its symbols */
};

/** The guard of a position, by its slot: all of it is derived. */
struct fx_risk {
    fx_i128 worth;       /* what it adds to its margin where the mark stands at the guard (R1) */
    fx_i128 entry_value; /* `worth` was computed for these */
    int64_t lots;
    int64_t guard_ticks; /* a long is safe from here on up, a short from here on down */
    uint32_t place;      /* in the heap of its side, + 1; 0: in none */
    uint8_t side;        /* of that heap: BUY = longs */
    uint8_t zero[11];
};

/** Positions of one instrument and side, the guard that the mark meets first on top. */
struct fx_risk_heap {
    uint32_t count;
    uint32_t chunk_count;
};

/** An entry: its key is the guard as the mark meets it, the nearest least. */
struct fx_risk_entry {
    int64_t key;
    fx_slot position;
    uint32_t zero;
};

#define FX_RISK_CHUNK      256U      /* entries that a heap grows by */
#define FX_RISK_KEY_NEVER  INT64_MAX /* no mark meets it */
#define FX_RISK_KEY_ALWAYS INT64_MIN /* the next mark does, whatever it is */

/* ---- risk_heap.c -------------------------------------------------------------------------------
 */

uint32_t fx_risk_heap_chunks(const struct fx_engine_limits *limits);
struct fx_risk_heap *fx_risk_heap_of(const struct fx_engine *engine,
                                     uint32_t instrument,
                                     enum fx_side side);
struct fx_risk_entry *fx_risk_heap_at(const struct fx_engine *engine,
                                      uint32_t instrument,
                                      enum fx_side side,
                                      uint32_t index);
/** Give a position this key in the heap of its side, entering it or moving it from the other. */
void fx_risk_heap_put(struct fx_engine *engine, fx_slot position, enum fx_side side, int64_t key);
void fx_risk_heap_remove(struct fx_engine *engine, fx_slot position);
void fx_risk_heap_check(const struct fx_engine *engine, uint32_t instrument, enum fx_side side);

/* ---- risk.c: guards ----------------------------------------------------------------------------
 */

/** The running command moved this account's money, or lots or margin of its positions. */
void fx_risk_touch(struct fx_engine *engine, fx_slot account);
/** Look at every account that was touched, where its guards do not hold any more. */
void fx_risk_review(struct fx_engine *engine);
/** Forget who was touched: a reject or a question has moved nothing. */
void fx_risk_forget(struct fx_engine *engine);
/** The mark of an instrument has changed, or may be acted on again. O(1) where it meets no guard.
 */
void fx_risk_see_mark(struct fx_engine *engine, uint32_t instrument);
/** Tiers or bounds of an instrument have changed. O(positions). */
void fx_risk_see_terms(struct fx_engine *engine, uint32_t instrument);
/** Guards of all positions and the queue, after a load. */
void fx_risk_rebuild(struct fx_engine *engine);
/** I-09 and R1 to R4. */
void fx_risk_check(const struct fx_engine *engine);
/** True where the account must be liquidated at the marks as they are. */
bool fx_risk_is_short(const struct fx_engine *engine, fx_slot account);
/** What an account without cross positions lacks of its isolated margins, or of 0; 0: nothing. */
fx_i128 fx_risk_missing(const struct fx_engine *engine, fx_slot account);
/** True where an isolated position (`position`), or the cross margin behind it, is short. */
bool fx_risk_is_position_short(const struct fx_engine *engine, fx_slot position);
/** Look at an account again: safe with new guards, or due. */
void fx_risk_examine(struct fx_engine *engine, fx_slot account);
/** The due account with the lowest id; NONE. */
fx_slot fx_risk_next_due(const struct fx_engine *engine);
/** The first due account can do nothing before a mark comes. */
void fx_risk_park(struct fx_engine *engine, fx_slot account);
/** The first due account is safe again. */
void fx_risk_release(struct fx_engine *engine, fx_slot account);

/* ---- liquidate.c --------------------------------------------------------------------------------
 */

/** Liquidate and fire what the command has left unsafe or crossed, within its bound of work. */
void fx_liquidate_run(struct fx_engine *engine);

/** Close lots of a position by an IOC of its own, that no one judges. @return the order's id. */
uint64_t fx_liquidate_order(
    struct fx_engine *engine, fx_slot position, int64_t lots, fx_px price, enum fx_order_note note);

/** A close without an order: a position against another at a price, in both directions. */
struct fx_liquidate_match {
    fx_slot position; /* of the account that is liquidated */
    fx_slot counter;
    int64_t lots;
    fx_px price;
    enum fx_trade_note note;
};
void fx_liquidate_match(struct fx_engine *engine, const struct fx_liquidate_match *match);
/** A zeroed LIQUIDATION event with its id and all that the position says. */
struct fx_event_liquidation *fx_liquidate_say(struct fx_engine *engine,
                                              fx_slot position,
                                              enum fx_liquidation_step step);

/* ---- closing.c ---------------------------------------------------------------------------------
 */

/** True where orders of this side close the position. */
static inline bool fx_closing_is(const struct fx_position_state *position, enum fx_side side)
{
    return side == FX_SIDE_SELL ? position->lots > 0 : position->lots < 0;
}
/** The price that an order may trade up to: its own, or, where it closes, the bankruptcy price of
 * its position if that comes before. */
fx_px fx_closing_limit(const struct fx_engine *engine,
                       fx_slot position,
                       const struct fx_resting *order);
/** True where a resting order would close its position beyond the bankruptcy price. */
bool fx_closing_is_refused(const struct fx_engine *engine, fx_slot order);

/* ---- shortfall.c -------------------------------------------------------------------------------
 */

/** One step towards an account that lacks nothing: see fx_risk_missing(). */
void fx_shortfall_cover(struct fx_engine *engine, fx_slot account, fx_i128 missing);

/* ---- insurance.c --------------------------------------------------------------------------------
 */

/** The account of the insurance fund of an asset; NONE where there is none yet. */
fx_slot fx_insurance_find(const struct fx_engine *engine, uint32_t asset);
/** The same, made on demand; NONE: no room for it. */
fx_slot fx_insurance_acquire(struct fx_engine *engine, uint32_t asset);
/** True for an account of the fund. */
bool fx_insurance_is_fund(const struct fx_engine *engine, fx_slot account);
/** Move a liquidation fee from a position's account to the fund. @return what was moved: 0 where
 * there is no room for a fund. */
fx_i128 fx_insurance_charge(struct fx_engine *engine, fx_slot position, fx_i128 fee);
/** Let the fund pay what an account owes, as far as it stays solvent. @return what it paid. */
fx_i128 fx_insurance_pay(struct fx_engine *engine, fx_slot account, fx_i128 amount);
/** Let the fund take lots of a position at a price. @return false where it would not stay solvent.
 */
bool fx_insurance_take(struct fx_engine *engine, fx_slot position, int64_t lots, fx_px price);
/** True where the fund could close lots of its position at this price. */
bool fx_insurance_bears(const struct fx_engine *engine,
                        fx_slot position,
                        const struct fx_position_fill *fill);
void fx_insurance_say(struct fx_engine *engine,
                      uint32_t asset,
                      uint32_t instrument,
                      enum fx_insurance_reason reason,
                      fx_i128 change);
/** CLOSE_INSURANCE and FUND_INSURANCE. */
fx_status fx_insurance_apply_close(struct fx_engine *engine,
                                   const struct fx_command *command,
                                   struct fx_event_result *result);
fx_status fx_insurance_apply_fund(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result);

/* ---- adl.c --------------------------------------------------------------------------------------
 */

/* A matter of speed alone. Short where checks are on, so that tests read it more than once. */
#ifdef FX_CHECKS
#define FX_ADL_QUEUE_MAX 2U
#else
#define FX_ADL_QUEUE_MAX 64U
#endif

struct fx_adl_item {
    fx_i128 score;
    fx_slot position;
    uint32_t zero[3];
};

/** The first of the positions of one side, best first; of the running command alone. */
struct fx_adl_queue {
    uint64_t sequence;      /* the command that read it; 0: not from the first one on */
    uint64_t next_trade_id; /* nothing else has traded since */
    uint32_t instrument;
    uint32_t count;
    uint8_t side;
    uint8_t is_whole; /* nobody stands behind its last */
    uint8_t zero[6];
    struct fx_adl_item items[FX_ADL_QUEUE_MAX];
};

enum fx_adl_outcome {
    FX_ADL_OUTCOME_CLOSED = 1, /* lots were closed, or orders in the way cancelled */
    FX_ADL_OUTCOME_NONE = 2,   /* nobody is left who could bear it */
    FX_ADL_OUTCOME_OWN = 3     /* lots were closed against the account's own other position */
};

/** Close lots of a position against the first in the queue of the opposite side. */
enum fx_adl_outcome fx_adl_close(struct fx_engine *engine,
                                 fx_slot position,
                                 int64_t lots,
                                 fx_px price);
/** Close what a cross position has in common with its account's opposite one on the symbol (hedge
 * mode), at the mark: nobody gains or loses by it. @return OWN; CLOSED where orders in the way were
 * cancelled; NONE where there is nothing in common. */
enum fx_adl_outcome fx_adl_net(struct fx_engine *engine, fx_slot position);
/** What ranks a position with lots, in parts per billion. */
struct fx_adl_parts {
    fx_i128 profit;
    fx_i128 leverage;
    fx_i128 score; /* the greater the earlier */
};
struct fx_adl_parts fx_adl_explain(const struct fx_engine *engine, fx_slot position);
/** The score alone. */
fx_i128 fx_adl_score(const struct fx_engine *engine, fx_slot position);

#endif

/**
 * @file settle_int.h
 * How a contract ends: the average of its index, and what is done with its orders and positions.
 * Private to engine/. The law: docs/rules/settlement.md. Thread: engine thread only.
 */
#ifndef FX_ENGINE_SETTLE_INT_H
#define FX_ENGINE_SETTLE_INT_H

#include "engine/engine_int.h"

/** What INSTRUMENT with all its tiers counts for: three events are one of work. */
#define FX_SETTLE_ROWS_WORK 6U

/** Of each instrument; all zero for one that is not near its end. */
struct fx_settle_state {
    fx_i128 sum;            /* of index ticks x microseconds, over what is covered */
    fx_i128 clearing_value; /* signed entry value of the lots that the exchange holds meanwhile */
    int64_t covered_us;     /* of the window: how long the index was known and fresh */
    int64_t last_us;        /* up to where the sum goes */
    int64_t price_ticks;    /* what positions are closed at; 0: not known yet */
    int64_t clearing_lots;  /* + long, - short: taken from those who are closed already */
    uint64_t closed;        /* positions */
    uint32_t cursor;        /* the next position to look at */
    uint8_t phase;          /* enum fx_settlement_phase; 0: it has not begun */
    uint8_t zero[3];
};

/** The index, the mark or its freshness is about to change: count what held until now. */
void fx_settle_see(struct fx_engine *engine, uint32_t instrument);
/** True where the contract takes no orders, settings or terms any more: its date has passed, or it
 * is being settled. */
bool fx_settle_is_over(const struct fx_engine *engine, uint32_t instrument);
/** True where the price is fixed: no mark or index is taken any more. */
bool fx_settle_is_priced(const struct fx_engine *engine, uint32_t instrument);
/** True where positions are closed at the price now: all orders are gone, and it is the mark. */
bool fx_settle_is_closing(const struct fx_engine *engine, uint32_t instrument);
/** Forget the average: the date has changed. */
void fx_settle_restart(struct fx_engine *engine, uint32_t instrument);
/** Give what an older format says of the ends of contracts a phase. */
void fx_settle_adopt(struct fx_engine *engine);
/** SETTLE. */
fx_status fx_settle_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result);
/** Begin or go on where it is due, as far as one command may. @return true where it was. */
bool fx_settle_tick(struct fx_engine *engine);
/** Derive when the next step is due: after anything that it depends on has changed. */
void fx_settle_refresh_due(struct fx_engine *engine);
/** The SETTLEMENT row of an instrument whose end has begun. */
void fx_settle_row(const struct fx_engine *engine,
                   uint32_t instrument,
                   struct fx_event_settlement *row_out);
void fx_settle_check(const struct fx_engine *engine, uint32_t instrument);

#endif

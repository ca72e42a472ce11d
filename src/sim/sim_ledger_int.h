/**
 * @file sim_ledger_int.h
 * The ledger: what an outsider who reads every event knows, and can hold the engine to. For
 * sim_ledger*.c only.
 *
 * It shares no code with the engine but the arithmetic of base and model. Thread: the world's.
 */
#ifndef FX_SIM_SIM_LEDGER_INT_H
#define FX_SIM_SIM_LEDGER_INT_H

#include "sim/sim_int.h"

enum {
    FX_SIM_LEDGER_ORDERS_MAX = 1024, /* open at once */
    FX_SIM_LEDGER_ACCOUNTS_MAX = 64,
    FX_SIM_LEDGER_ASSETS_MAX = 8,
    FX_SIM_LEDGER_TAKERS_MAX = 64, /* orders that trade before their first row, in one command */
    FX_SIM_LEDGER_SIDES = 4,       /* enum fx_position_side */
    FX_SIM_LEDGER_SOURCES = 4,     /* enum fx_trigger_source */
    FX_SIM_LEDGER_IDS_MAX = 256,   /* of positions */
    FX_SIM_LEDGER_FIRED_MAX = 256  /* orders with a counterpart that fire in one command */
};

struct fx_sim_ledger_order {
    fx_i128 filled_value;
    uint64_t id;
    uint64_t account_id;
    uint64_t arrival; /* in the book: who came when; 0: it does not rest */
    int64_t ticks;
    int64_t lots;
    int64_t remaining;
    int64_t filled;
    int64_t expire_us;
    int64_t trigger_ticks;
    uint32_t instrument;
    uint8_t side;
    uint8_t type;
    uint8_t status;
    uint8_t source;
    uint8_t condition;
    uint8_t position_side;
    bool is_reduce_only;
    bool is_crossed;  /* the price that it waits for was there */
    bool has_taken;   /* in this command */
    bool is_linked;   /* take profit or stop loss beside the other one */
    bool is_of_order; /* it protects what another order fills */
};

/** What an order traded before the ledger knew it. */
struct fx_sim_ledger_taker {
    fx_i128 value;
    uint64_t id;
    int64_t lots;
};

struct fx_sim_ledger_position {
    fx_i128 entry_value;
    fx_i128 margin; /* isolated: as the last row said */
    int64_t lots;
    int64_t told; /* lots, by the last row */
    uint8_t margin_mode;
    bool is_touched;        /* a row must follow */
    bool is_owing;          /* the funding that is under way has not come to it */
    int32_t leverage_centi; /* as its last row told */
    bool is_charged;        /* by a funding, since the last row */
    bool is_margin_old;     /* something moved it since the last row */
};

struct fx_sim_ledger_account {
    fx_i128 money;    /* balance and reward */
    fx_i128 settling; /* what it got for positions that a settlement closes, less their worth */
    uint64_t user_id;
    int64_t maker_fee_ppb;
    int64_t taker_fee_ppb;
    uint32_t asset;
    uint32_t flags;
    bool has_fees;
    bool is_closed; /* a position of it, by a settlement in this command */
    bool is_known;
    bool is_touched;
};

/** A funding that is under way, and what was paid last. */
struct fx_sim_ledger_sweep {
    fx_i128 paid;
    fx_i128 received;
    fx_i128 missing; /* what payers owed and could not pay */
    fx_i128 insured; /* of it by the insurance fund */
    int64_t instant_us;
    int64_t rate_ppb;
    int64_t mark_ticks;
    uint32_t payments;
    bool is_open;
};

/** The end of a contract. */
struct fx_sim_ledger_end {
    fx_i128 value; /* of what was closed so far, signed as its entry value was */
    int64_t price_ticks;
    int64_t lots; /* closed so far, signed: 0 at the end */
    fx_i128 remainder;
    uint8_t phase; /* enum fx_settlement_phase */
    bool is_done;  /* by this command */
};

struct fx_sim_ledger_symbol {
    struct fx_instrument definition;
    struct fx_sim_ledger_sweep sweep;
    struct fx_sim_ledger_end end;
    int64_t fresh_us; /* no mark of it is fresh behind that; 0: it holds for ever */
    bool is_stale;    /* as the last MARK said */
    int64_t prices[FX_SIM_LEDGER_SOURCES];
    int64_t net_lots; /* of all positions */
    uint32_t asset;
    bool is_known;
};

struct fx_sim_ledger_asset {
    struct fx_asset name;
    fx_i128 money;
    fx_i128 fees;
    fx_i128 entries; /* signed: what positions were bought for */
    fx_i128 deposited;
    fx_i128 rounding; /* what the rounding account got */
    fx_i128 moved;    /* between accounts, in this command: comes to 0 */
    fx_i128 flight;   /* paid to fundings, and not received yet */
    fx_i128 clearing; /* the worth of what settlements have closed */
};

/** Where a position is. */
struct fx_sim_ledger_place {
    uint64_t account_id; /* 0: not told yet */
    uint32_t instrument;
    uint32_t side;
};

struct fx_sim_ledger {
    uint64_t sequence;
    int64_t time_us;
    uint64_t arrivals;
    uint64_t last_trade_id;
    struct fx_sim_ledger_order orders[FX_SIM_LEDGER_ORDERS_MAX];
    struct fx_sim_ledger_taker takers[FX_SIM_LEDGER_TAKERS_MAX];
    uint64_t fired[FX_SIM_LEDGER_FIRED_MAX];                  /* counterparts of those that fired */
    struct fx_sim_ledger_place places[FX_SIM_LEDGER_IDS_MAX]; /* of positions, by id */
    uint32_t order_count;
    uint32_t taker_count;
    uint32_t fired_count;
    struct fx_sim_ledger_account accounts[FX_SIM_LEDGER_ACCOUNTS_MAX]; /* by id - 1 */
    struct fx_sim_ledger_position positions[FX_SIM_LEDGER_ACCOUNTS_MAX][FX_SIM_PLAN_CONTRACTS_MAX]
                                           [FX_SIM_LEDGER_SIDES];
    struct fx_sim_ledger_symbol symbols[FX_SIM_PLAN_CONTRACTS_MAX];
    struct fx_sim_ledger_asset assets[FX_SIM_LEDGER_ASSETS_MAX];
    uint32_t asset_count;
    uint8_t *states; /* last status of every order ever, by id; heap */
    uint64_t state_capacity;
    struct fx_table_str clients; /* account and client id -> order id */
    struct fx_table ends;        /* order id -> when it ended */
};

/* ---- sim_ledger.c ------------------------------------------------------------------------------
 */

/** Post to an account. */
void fx_sim_ledger_pay(struct fx_sim_ledger *ledger, uint64_t account_id, fx_i128 amount);

/** What the asset holds in place of the cash that the position was bought with. */
fx_i128 fx_sim_ledger_entry(const struct fx_sim_ledger_symbol *symbol,
                            const struct fx_sim_ledger_position *position);

/** What it would gain if it were closed at a price, or has lost. */
fx_i128 fx_sim_ledger_gain(const struct fx_sim_ledger_symbol *symbol,
                           const struct fx_sim_ledger_position *position,
                           int64_t ticks);

/* ---- sim_ledger_law.c --------------------------------------------------------------------------
 */

/** Marks: their band and their freshness; who is bankrupt and must wait. */
void fx_sim_ledger_law_mark(struct fx_sim_world *world, const struct fx_event *event);

/** A funding begins or is complete; a position pays or receives. */
void fx_sim_ledger_law_funding(struct fx_sim_world *world, const struct fx_event *event);
void fx_sim_ledger_law_payment(struct fx_sim_world *world, const struct fx_event *event);

/** The lots of a position change: what it owed is paid. */
void fx_sim_ledger_law_fill(struct fx_sim_world *world,
                            uint32_t instrument,
                            struct fx_sim_ledger_position *position);

/** A step of a liquidation: by a fresh mark, at the price where nothing is left. */
void fx_sim_ledger_law_liquidation(struct fx_sim_world *world, const struct fx_event *event);

/** The insurance fund moved. `is_posted`: a transaction before it said so already. */
void fx_sim_ledger_law_insurance(struct fx_sim_world *world,
                                 const struct fx_event *event,
                                 bool is_posted);

/** A contract comes to its end; a row shows a position that it has closed. */
void fx_sim_ledger_law_settlement(struct fx_sim_world *world, const struct fx_event *event);
void fx_sim_ledger_law_close(struct fx_sim_world *world, const struct fx_event_position *row);

/** After a command: a settlement that is done has left nothing. */
void fx_sim_ledger_law_check(struct fx_sim_world *world);

/* ---- sim_ledger_order.c ----------------------------------------------------------------------
 */

/** An open order; NULL where it is not known. */
struct fx_sim_ledger_order *fx_sim_ledger_order_find(struct fx_sim_ledger *ledger, uint64_t id);

/** A row of an order: its states, quantities and place. `result` of the command. */
void fx_sim_ledger_order_row(struct fx_sim_world *world,
                             const struct fx_event *event,
                             const struct fx_event_result *result);

/** A trade, before the rows that follow from it: pairing, priority, limits, flags. */
void fx_sim_ledger_order_trade(struct fx_sim_world *world,
                               const struct fx_event events[],
                               uint32_t count,
                               uint32_t index);

/** A price moved: which conditional orders does it reach? */
void fx_sim_ledger_order_see(struct fx_sim_world *world,
                             uint32_t instrument,
                             enum fx_trigger_source source,
                             int64_t ticks);

/** Is any order of the symbol open? */
bool fx_sim_ledger_order_is_any(const struct fx_sim_ledger *ledger, uint32_t instrument);

/** At rest: nothing that was due is still there. */
void fx_sim_ledger_order_rest(struct fx_sim_world *world);

/** After a command: book rows are sums of the orders, nothing is crossed, reduce-only reduces. */
void fx_sim_ledger_order_check(struct fx_sim_world *world,
                               const struct fx_event events[],
                               uint32_t count);

#endif

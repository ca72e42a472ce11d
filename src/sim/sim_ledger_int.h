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
    FX_SIM_LEDGER_SOURCES = 4      /* enum fx_trigger_source */
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
    bool is_crossed; /* the price that it waits for was there */
    bool has_taken;  /* in this command */
    bool is_linked;  /* take profit or stop loss beside the other one */
};

/** What an order traded before the ledger knew it. */
struct fx_sim_ledger_taker {
    fx_i128 value;
    uint64_t id;
    int64_t lots;
};

struct fx_sim_ledger_position {
    fx_i128 entry_value;
    int64_t lots;
    bool is_touched; /* a row must follow */
};

struct fx_sim_ledger_account {
    fx_i128 money; /* balance and reward */
    uint64_t user_id;
    int64_t maker_fee_ppb;
    int64_t taker_fee_ppb;
    uint32_t asset;
    uint32_t flags;
    bool has_fees;
    bool is_known;
    bool is_touched;
};

struct fx_sim_ledger_symbol {
    struct fx_instrument definition;
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
};

struct fx_sim_ledger {
    uint64_t sequence;
    int64_t time_us;
    uint64_t arrivals;
    uint64_t last_trade_id;
    struct fx_sim_ledger_order orders[FX_SIM_LEDGER_ORDERS_MAX];
    struct fx_sim_ledger_taker takers[FX_SIM_LEDGER_TAKERS_MAX];
    uint32_t order_count;
    uint32_t taker_count;
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

/* ---- sim_ledger_order.c ----------------------------------------------------------------------
 */

/** An open order; NULL where it is not known. */
struct fx_sim_ledger_order *fx_sim_ledger_order_find(struct fx_sim_ledger *ledger, uint64_t id);

/** A row of an order: its states, quantities and place. `kind` of the command. */
void fx_sim_ledger_order_row(struct fx_sim_world *world,
                             const struct fx_event *event,
                             enum fx_command_kind kind);

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

/** At rest: nothing that was due is still there. */
void fx_sim_ledger_order_rest(struct fx_sim_world *world);

/** After a command: book rows are sums of the orders, nothing is crossed, reduce-only reduces. */
void fx_sim_ledger_order_check(struct fx_sim_world *world,
                               const struct fx_event events[],
                               uint32_t count);

#endif

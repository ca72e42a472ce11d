/**
 * @file engine_int.h
 * The state of the engine, and the doors of touch.c; others are in money_int.h and orders_int.h.
 *
 * One block of memory: the root, then arrays; objects refer to each other by 32-bit index, pointers
 * are only in the root and in `book`, and are derived again after a load. Accounts, positions,
 * instruments and assets are never freed, so their arrays are dense from 0; orders are pooled.
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_ENGINE_INT_H
#define FX_ENGINE_ENGINE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/book.h"
#include "engine/engine.h"
#include "engine/level.h"
#include "engine/mode_int.h"
#include "model/command.h"
#include "model/event.h"
#include "model/instrument.h"

/** Money of the exchange itself, per asset. Conservation (I-01) is stated over these. */
struct fx_asset_state {
    fx_i128 deposited; /* deposits - withdrawals, rewards included */
    fx_i128 fees;      /* fee account */
    fx_i128 insurance; /* insurance fund */
    fx_i128 rounding;  /* posted remainders */
    struct fx_asset asset;
};

/** One user's money in one asset. account_id = index + 1. What orders touch is one cache line. */
struct fx_account_state {
    fx_i128 balance;
    fx_i128 reward_balance;
    uint64_t user_id;
    uint64_t moved_sequence; /* the last command that moved its money, lots or margins (M8) */
    fx_slot first_position;  /* list by fx_position_state.next, in order of creation */
    uint32_t order_count;    /* open orders over all symbols */
    uint32_t flags;          /* enum fx_account_flag */
    uint16_t asset;          /* index */
    uint8_t has_fees;
    uint8_t is_touched; /* in the touched list of the running command */

    int64_t maker_fee_ppb; /* where has_fees */
    int64_t taker_fee_ppb;
    fx_slot last_position;
    uint8_t risk_state; /* enum fx_risk_state */
    uint8_t is_moved;   /* among moved_accounts of the running command */
    uint8_t rest[42];
};

/**
 * An account's setting, position and order aggregates on one symbol and position side.
 * position_id = index + 1. Linear and inverse: entry_value >= 0 is the sum of fill values of the
 * open part. Aggregates cover open orders that are not reduce-only. Four cache lines: what a walk
 * over an account's positions reads is in the first, and in the second where there are lots.
 */
struct fx_position_state {
    fx_i128 reserve; /* what the open orders reserve now: fx_margin_requirement(), kept current */
    int64_t lots;    /* + long, - short */
    int64_t buy_lots;
    int64_t sell_lots;
    fx_slot account;
    fx_slot next; /* of the same account */
    uint32_t instrument;
    int32_t leverage_centi;
    uint32_t order_count;
    uint8_t margin_mode;
    uint8_t position_side;
    uint8_t is_touched;
    uint8_t has_tp_sl; /* bits of enum fx_protection: what must follow its size */

    fx_i128 entry_value;
    fx_i128 position_margin; /* isolated */
    fx_i128 adjust_margin;   /* isolated: what the user added (+) or took (-) */
    fx_i128 realized_pnl;    /* since it was last flat */

    fx_i128 buy_value; /* sum of fx_order.reserve_value of buys */
    fx_i128 sell_value;
    fx_i128 buy_loss; /* sum of fx_order.reserve_loss */
    fx_i128 sell_loss;

    int64_t reduce_buy_lots; /* resting reduce-only orders */
    int64_t reduce_sell_lots;
    int64_t sweep_lots;   /* scratch of the FOK check in match.c; 0 between commands */
    fx_slot oldest_order; /* list by fx_order.older/newer, by arrival */
    fx_slot newest_order;
    uint32_t reduce_order_count; /* resting reduce-only orders, both sides */
    uint8_t is_liquidating;      /* a step of a liquidation was said, and no DONE yet */
    uint8_t adl_rank;            /* as published, with its side; 0: none (rank.c) */
    uint16_t funding_round;      /* of its symbol that it paid last, the lower half (funding.c) */
    uint64_t priced_sequence;    /* the command whose row had the prices below; 0: none (M8) */
    int64_t liquidation_ticks;   /* of the last row */
    int64_t bankrupt_ticks;
};

/** The cold half of an open order; the hot one is resting[slot]. Filled = lots - remaining. */
struct fx_order {
    fx_i128 filled_value;
    fx_i128 reserve_value; /* value at its own price of the remaining lots; 0 for reduce-only */
    fx_i128 reserve_loss;  /* max(0, side x (price - mark at entry)) x remaining */
    uint64_t order_id;
    uint64_t tmp_id;
    int64_t lots;
    int64_t entry_mark_ticks; /* the mark when it was placed or last re-priced */
    int64_t expire_us;
    int64_t created_us;
    int64_t updated_us;
    fx_slot position;
    fx_slot older; /* in the list of its position */
    fx_slot newer;
    uint32_t heap_index;  /* in the expiry heap; UINT32_MAX = not there */
    uint32_t client_slot; /* in the client id table; UINT32_MAX = none */
    uint8_t type;
    uint8_t time_in_force;
    uint8_t status;
    uint8_t note;
    uint8_t stp_mode;
    uint8_t post_only_mode;
    uint8_t is_resting; /* in the book and in the list of its position */
    uint8_t zero;
    struct fx_client_id client_id;
    uint32_t trigger; /* slot + 1 of its record in triggers[]; 0: not a conditional order */
    uint32_t bracket; /* slot + 1 in brackets[] of an order with a take profit or stop loss of its
                         own, and of these two; 0: none */
    uint8_t rest[8];  /* three whole cache lines */
};

enum fx_trigger_state {
    FX_TRIGGER_STATE_IDLE = 0,     /* in no index: its order has fired, or has no quantity yet */
    FX_TRIGGER_STATE_WAITING = 1,  /* for its trigger price, or crossed and about to fire */
    FX_TRIGGER_STATE_INACTIVE = 2, /* a trailing stop that waits for its activation price */
    FX_TRIGGER_STATE_TRAILING = 3, /* an active trailing stop, a member of a group */
    FX_TRIGGER_STATE_GROUP = 4,    /* trailing stops with one extreme; no order */
    FX_TRIGGER_STATE_LATE = 5      /* it began behind what was reached: a later price crosses it */
};

/** What a conditional order is to its position, or to the order that it protects. */
enum fx_trigger_role {
    FX_TRIGGER_ROLE_TAKE_PROFIT = 1,
    FX_TRIGGER_ROLE_STOP_LOSS = 2,
    FX_TRIGGER_ROLE_ORDER_TAKE_PROFIT = 3,
    FX_TRIGGER_ROLE_ORDER_STOP_LOSS = 4
};

/** What a position takes along when it shrinks: fx_position_state.has_tp_sl. */
enum fx_protection {
    FX_PROTECTION_POSITION = 1, /* a take profit or a stop loss of its own */
    FX_PROTECTION_ORDERS = 2    /* those of orders that have filled */
};

/** What a conditional order has beside the order, also after it fired; or a group (trigger.c). */
struct fx_trigger {
    int64_t key;      /* in its tree, the nearest least */
    uint64_t arrival; /* the order's id: of equal keys the older first */
    fx_slot parent;   /* links of its tree */
    fx_slot left;
    fx_slot right;
    uint32_t priority;
    fx_slot order;         /* NONE: a group */
    fx_slot older;         /* record in the list of its position; group: in the stack of its side */
    fx_slot newer;         /* also links the free ones */
    fx_slot group;         /* of a trailing stop; of a group the root of its members */
    int64_t trigger_ticks; /* trailing: activation price, 0 = none; group: the extreme */
    int32_t callback_ppb;  /* trailing stops only */
    uint32_t members;      /* of a group */
    uint16_t instrument;
    uint8_t state;     /* enum fx_trigger_state */
    uint8_t source;    /* enum fx_trigger_source */
    uint8_t condition; /* enum fx_trigger_condition: of the stop, for a trailing one */
    uint8_t is_close_position;
    uint8_t is_price_protected;
    uint8_t is_listed; /* in the list of its position: it has not fired */
    uint8_t role;      /* enum fx_trigger_role; 0: an order of the user's */
    uint8_t zero[7];
};

/** Who waits on one side of a price; see trigger.c. */
struct fx_trigger_side {
    fx_slot waiting; /* roots of trees */
    fx_slot inactive;
    fx_slot groups;
    fx_slot newest_group;
    int64_t reached; /* the greatest key that was crossed and has not fired; INT64_MIN: none */
    fx_slot late;    /* root of those that began at or behind `reached`, and were not */
    uint32_t zero;
};

struct fx_trigger_index {
    int64_t up_ticks;                /* derived: a price from here on up … */
    int64_t down_ticks;              /* … or from here on down means something to somebody */
    struct fx_trigger_side sides[2]; /* by enum fx_trigger_condition - 1 */
};

struct fx_trigger_book {
    struct fx_trigger_index sources[3]; /* by enum fx_trigger_source - 1 */
};

/** The conditional orders of a position that have not fired; by its slot. */
struct fx_position_triggers {
    fx_slot oldest; /* of triggers[]; both are meaningless while count == 0 */
    fx_slot newest;
    uint32_t count;
    uint32_t take_profit; /* slot of its record + 1; 0: none */
    uint32_t stop_loss;
    uint32_t zero;
};

/** An order with a take profit, a stop loss or both for what it fills (bracket.c). Members are
 * slots of orders, NONE where there is none, or not any more. */
struct fx_bracket {
    uint64_t parent_id; /* the order that is protected; 0: a free record */
    int64_t lots;       /* what it filled and its position still holds: what the two would close */
    fx_slot parent;
    fx_slot take_profit;
    fx_slot stop_loss;
    fx_slot position;
    fx_slot older;   /* among those of the position with lots, by parent_id; `newer` also */
    fx_slot newer;   /* links the free ones */
    uint8_t side;    /* of the two: the one that closes what the order opens */
    uint8_t is_busy; /* one of the two fires, or both end; within a command only */
    uint8_t zero[6];
};

/** The brackets of a position; by its slot. */
struct fx_position_brackets {
    int64_t lots; /* sum of those that follow it: at most what closes the position */
    fx_slot oldest;
    fx_slot newest; /* both are meaningless while held_count == 0 */
    uint32_t held_count;
    uint32_t count; /* with those that have no lots yet */
};

/** An instrument with its live state. */
struct fx_listing {
    struct fx_instrument definition;
    struct fx_tier tiers[FX_TIERS_MAX];
    fx_i128 unit;          /* fx_instrument_unit(); fx_margin_attach() sets both */
    fx_i128 lot_value_max; /* what one lot can be worth at most, in settle units */
    fx_px mark;            /* ticks == 0: none yet */
    fx_px index;
    fx_px last;
    int64_t open_interest_lots; /* sum of long lots */
    uint64_t terms_sequence;    /* the last command that changed definition or tiers */
    uint64_t mark_sequence;     /* the last one that changed the mark */
    uint32_t asset;             /* index of the settle asset */
    uint32_t zero;
    struct fx_book *book; /* derived */
};

/** A user's deadline: what is open in its scope is cancelled when it passes (deadman.c). */
struct fx_deadman {
    int64_t deadline_us;
    uint64_t user_id;
    uint32_t instrument; /* or FX_COMMAND_ALL_INSTRUMENTS */
    uint32_t zero;
};

/** A touched price level: its BOOK event is written at the end of the command. */
struct fx_touched_level {
    int64_t price_ticks;
    uint32_t instrument;
    uint32_t side;
};

/** What a clientOrderId of an account led to. An entry that is held has client_id.size > 0. */
struct fx_client_entry {
    uint64_t body_hash; /* of the command that was accepted */
    uint64_t order_id;
    uint64_t tmp_id;
    int64_t ended_us; /* when its order ended, where is_ended */
    fx_slot account;
    fx_slot older; /* in the list of ended ones; `newer` also links the free ones */
    fx_slot newer;
    uint8_t order_status; /* of the first answer */
    uint8_t is_ended;
    uint8_t zero[2];
    struct fx_client_id client_id;
};

/** What the last order that was admitted costs its position, as it rests where it meets nobody. */
struct fx_admission {
    fx_i128 value; /* fx_order.reserve_value, reserve_loss */
    fx_i128 loss;
    fx_i128 reserve; /* of the position with it */
    uint64_t sequence;
    struct fx_resting order;
    int64_t mark_ticks;
    fx_slot position;
    uint32_t work; /* of the command until then: where it has grown, all may be different */
};

struct fx_mark_state; /* marks_int.h */
struct fx_risk;       /* risk_int.h */
struct fx_risk_heap;
struct fx_risk_entry;
struct fx_adl_queue;
struct fx_settle_state; /* settle_int.h */
struct fx_rank_side;    /* rank_int.h */
struct fx_rank_item;

struct fx_engine {
    struct fx_engine_limits limits;
    uint64_t sequence;
    int64_t time_us;
    uint64_t next_order_id;
    uint64_t next_trade_id;
    uint64_t next_liquidation_id; /* of LIQUIDATION events */
    uint32_t account_count;
    uint32_t position_count;
    uint32_t instrument_count;
    uint32_t asset_count;
    uint32_t order_count; /* open */
    uint32_t order_used;  /* slots ever used: the high-water mark */
    fx_slot order_free;   /* list by resting[].newer */
    uint32_t expiry_count;
    uint32_t client_count; /* entries held of orders, open and ended */
    uint32_t client_used;  /* entries ever used: the high-water mark */
    fx_slot client_free;
    fx_slot client_oldest; /* of the ended ones of orders */
    fx_slot client_newest;
    uint32_t move_count; /* entries of movements of money, beside client_count */
    fx_slot move_oldest;
    fx_slot move_newest;
    uint32_t deadman_count;
    uint32_t trigger_count; /* records of orders, fired ones included */
    uint32_t trigger_used;  /* records ever used: the high-water mark */
    fx_slot trigger_free;
    uint32_t untriggered_count; /* orders that have not fired */
    uint32_t bracket_count;
    uint32_t bracket_used; /* records ever used: the high-water mark */
    fx_slot bracket_free;
    struct fx_rank rank;
    struct fx_preload preload;

    /* Derived: areas of the block. */
    struct fx_asset_state *assets;
    struct fx_account_state *accounts;
    struct fx_account_entry *account_table; /* open addressing by (user, asset) */
    struct fx_position_state *positions;
    struct fx_listing *listings; /* by instrument id */
    struct fx_resting *resting;
    struct fx_order *orders;
    fx_slot *order_table; /* by order id, see order_pool.c … */
    fx_slot *order_links; /* … and who stands behind an order that shares its place, by slot */
    struct fx_order_holder *order_holders; /* whose a resting order is, by slot */
    struct fx_client_entry *client_entries;
    fx_slot *client_table;
    uint32_t *account_moves; /* by account: fresh names of movements (client_ids.c) */
    fx_slot *expiry_heap;
    struct fx_deadman *deadmen; /* a heap, the earliest deadline first */
    uint32_t *deadman_table;    /* open addressing by (user, instrument); index + 1, 0 = empty */
    struct fx_trigger *triggers;
    struct fx_trigger_book *trigger_books;          /* by instrument id */
    struct fx_position_triggers *position_triggers; /* by position */
    struct fx_mark_state *marks;                    /* by instrument id */
    struct fx_bracket *brackets;
    struct fx_position_brackets *position_brackets; /* by position */
    struct fx_risk *risks;                          /* by position; guards: risk.c */
    struct fx_risk_heap *risk_heaps;                /* by instrument and side */
    struct fx_risk_entry *risk_entries;             /* their entries, in chunks … */
    uint32_t *risk_chunks;                          /* … that these tables name, by heap */
    fx_slot *due_accounts;                          /* a heap, the lowest account first */
    struct fx_adl_queue *adl_queue;
    struct fx_settle_state *settlements; /* by instrument id */
    struct fx_rank_side *rank_sides;     /* by instrument and side */
    struct fx_rank_item *rank_items;
    struct fx_shard_map *shard; /* one; zeroed: there is no map */
    uint64_t *account_ids;      /* of what was loaded, rising */
    uint64_t *position_ids;
    char *book_memory;
    uint32_t account_table_size; /* powers of two */
    uint32_t order_table_size;
    uint32_t client_table_size;
    uint32_t deadman_table_size;

    /* Of the running command. */
    struct fx_events *events;
    fx_slot *touched_accounts;
    fx_slot *touched_positions;
    struct fx_admission admission;
    fx_slot *moved_accounts; /* whose guards must be looked at: risk.c */
    struct fx_touched_level *touched_levels;
    uint32_t *touched_level_table; /* index + 1 in touched_levels, where there are many */
    uint32_t touched_level_table_size;
    uint32_t touched_account_count;
    uint32_t touched_position_count;
    uint32_t touched_level_count;
    uint32_t moved_count;
    uint32_t due_count; /* derived, as are the free chunks */
    uint32_t risk_chunk_free;
    uint32_t risk_chunk_used;
    uint32_t work;          /* makers met and orders ended by the running command */
    uint32_t events_max;    /* derived: fx_engine_events_max() */
    uint32_t work_base;     /* where the order that runs now began */
    int64_t mark_due_us;    /* derived: when a mark grows stale next; INT64_MAX: none does */
    int64_t settle_due_us;  /* derived: when a contract ends next, or goes on to */
    int64_t funding_due_us; /* derived: the next instant of funding that can be paid, likewise */
    uint32_t sweep_count;   /* derived: symbols whose positions pay at the moment */
    fx_slot move_fresh;     /* derived: the oldest of the movements that is not known to be a … */
    uint32_t move_fresh_count; /* … day old, and how many there are from it on */
    uint32_t paid_count;       /* payments of funding by the running command */
    uint32_t events_base;      /* said and touched before the running command was looked at */
    uint32_t touched_accounts_base;
    uint32_t touched_positions_base;
    bool has_overdue; /* a dead man's deadline has passed and is not worked off */
    bool is_first;    /* the command is the log's first: INITIALIZE_ENGINE is one, or none */
    bool has_crossed; /* conditional orders may be about to fire; outlives the command */
};

/* ---- touch.c: what the running command changed --------------------------------------------- */

/** The next event slot of the command, zeroed, with kind, index, sequence and time set. */
struct fx_event *fx_touch_event(struct fx_engine *engine, enum fx_event_kind kind);
/** The same, not zeroed: the caller writes every byte that the kind uses (fx_event_size). */
struct fx_event *fx_touch_row(struct fx_engine *engine, enum fx_event_kind kind);
void fx_touch_account(struct fx_engine *engine, fx_slot account);
void fx_touch_position(struct fx_engine *engine, fx_slot position);
void fx_touch_level(struct fx_engine *engine, uint32_t instrument, enum fx_side side, fx_px price);
/** Say that an account's balance changed, and why; `instrument` or FX_COMMAND_ALL_INSTRUMENTS. */
void fx_touch_transaction(struct fx_engine *engine,
                          fx_slot account,
                          enum fx_transaction_type type,
                          fx_i128 amount,
                          uint32_t instrument);
/** What was said and touched until now stays, whatever becomes of the running command. */
void fx_touch_base(struct fx_engine *engine);
/** Write POSITION, ACCOUNT and BOOK events of all touched, in order of first touch; clear. */
void fx_touch_flush(struct fx_engine *engine);
/** Fill the row of one object (also used by dump and by ORDER events). */
void fx_touch_account_row(const struct fx_engine *engine,
                          fx_slot account,
                          struct fx_event_account *row_out);
void fx_touch_position_row(const struct fx_engine *engine,
                           fx_slot position,
                           struct fx_event_position *row_out);
void fx_touch_order_row(const struct fx_engine *engine,
                        fx_slot order,
                        struct fx_event_order *row_out);

#endif

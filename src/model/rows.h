/**
 * @file rows.h
 * What leaves the program: entities with decimals, as the tables, the cache and the API show them.
 *
 * An event speaks in ticks, lots and indices; a row in decimals (1e-18) and symbols. The conversion
 * is done once, here, with the instrument's definition; store, wire and view only copy. Texts are
 * inside the row. Times in the rows are microseconds; the outside sees milliseconds. Thread: any.
 */
#ifndef FX_MODEL_ROWS_H
#define FX_MODEL_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/event.h"
#include "model/ids.h"
#include "model/instrument.h"
#include "model/order.h"

struct fx_rows_order {
    fx_i128 quantity;
    fx_i128 price; /* 0 for MARKET */
    fx_i128 remaining;
    fx_i128 executed_price; /* average: filled value / filled quantity, half-even; 0 where none */
    fx_i128 cost;           /* filled value, settle units */
    fx_i128 order_margin;
    fx_i128 leverage;
    uint64_t operation_id;
    uint64_t id;
    uint64_t account_id;
    uint64_t user_id;
    uint64_t tmp_id;
    int64_t expire_us;
    int64_t created_us;
    int64_t updated_us;
    fx_i128 tp_sl_price;           /* trigger price; these are 0 where tp_sl_type is */
    fx_i128 activation_price;      /* of a trailing stop; 0 = none */
    fx_i128 callback_rate;         /* of a trailing stop, in percent */
    uint64_t linked_order_id;      /* of a take profit and a stop loss: the other one */
    uint64_t parent_order_id;      /* of those of an order: the order; 0 = none */
    uint64_t take_profit_order_id; /* of an order: what protects it; 0 = none */
    uint64_t stop_loss_order_id;
    enum fx_order_type tp_sl_type; /* a conditional type, also after it fired; 0 = a plain order */
    enum fx_trigger_source trigger;
    enum fx_trigger_condition stop_condition;
    bool is_close_position;
    bool is_price_protected;
    enum fx_side side;
    enum fx_order_type type; /* LIMIT or MARKET: as it executes */
    enum fx_time_in_force time_in_force;
    enum fx_order_status status;
    enum fx_order_note note;
    enum fx_stp_mode stp_mode;
    enum fx_margin_mode margin_mode;
    enum fx_position_side position_side;
    enum fx_contract_type contract_type;
    bool is_reduce_only;
    bool is_post_only;
    uint32_t instrument;
    struct fx_symbol symbol;
    struct fx_asset asset;
    struct fx_client_id client_id;
};

struct fx_rows_position {
    fx_i128 current_qty; /* + long, - short */
    fx_i128 leverage;
    fx_i128 liquidation_price; /* 0 = none */
    fx_i128 bankrupt_price;
    fx_i128 entry_price; /* entry value / |qty| (linear), |qty| x multiplier / entry value
                            (inverse); half-even */
    fx_i128 entry_value;
    fx_i128 position_margin;
    fx_i128 order_cost;
    fx_i128 adjust_margin;
    fx_i128 realized_pnl;
    uint64_t operation_id;
    uint64_t id;
    uint64_t account_id;
    uint64_t user_id;
    uint64_t take_profit_order_id; /* 0 = none */
    uint64_t stop_loss_order_id;
    int64_t updated_us;
    enum fx_margin_mode margin_mode;
    enum fx_position_side position_side;
    enum fx_contract_type contract_type;
    uint32_t instrument;
    uint32_t adl_rank; /* 1 (last in the queue) to 5 (first); 0: flat */
    struct fx_symbol symbol;
    struct fx_asset asset;
};

struct fx_rows_account {
    fx_i128 balance;
    fx_i128 reward_balance;
    uint64_t operation_id;
    uint64_t id;
    uint64_t user_id;
    int64_t updated_us;
    uint32_t flags; /* enum fx_account_flag */
    struct fx_asset asset;
    bool has_fees;         /* rates of its own, in the view only: the tables have user_fees */
    int64_t maker_fee_ppb; /* negative: a rebate */
    int64_t taker_fee_ppb;
};

struct fx_rows_trade {
    fx_i128 price;
    fx_i128 quantity;
    fx_i128 value;
    fx_i128 buy_fee;
    fx_i128 sell_fee;
    fx_i128 buy_fee_rate;
    fx_i128 sell_fee_rate;
    fx_i128 realized_pnl_buy;
    fx_i128 realized_pnl_sell;
    uint64_t operation_id;
    uint64_t id;
    uint64_t buy_order_id;
    uint64_t sell_order_id;
    uint64_t buy_account_id;
    uint64_t sell_account_id;
    uint64_t buy_user_id;
    uint64_t sell_user_id;
    int64_t created_us;
    bool buyer_is_taker;
    enum fx_trade_note note;
    enum fx_contract_type contract_type;
    uint32_t instrument;
    struct fx_symbol symbol;
    struct fx_asset asset; /* of value, fees and PnL */
};

struct fx_rows_transaction {
    fx_i128 amount; /* signed */
    uint64_t operation_id;
    uint64_t id; /* operation_id x 4 + leg: unique, the same at every replay */
    uint64_t account_id;
    uint64_t user_id;
    int64_t created_us;
    enum fx_transaction_type type;
    bool has_symbol;
    struct fx_symbol symbol;
    struct fx_asset asset;
};

/** A user of the API. Lives in the store only; the engine knows the id. */
struct fx_rows_user {
    uint64_t id;
    char email[256];         /* lower case, NUL-terminated */
    char password_hash[128]; /* bcrypt */
    char role[16];           /* "user" or "admin" */
    char status[16];         /* "ACTIVE" … */
    char user_type[16];
    char uid[24];
    bool is_locked;
    bool allow_trade;
    bool enable_trading_fee;
    bool is_market_maker;
    bool is_bot;
    int64_t tokens_from_us; /* access tokens issued before are void; whole seconds; 0 = none is */
    int64_t created_us;
};

void fx_rows_order_of(const struct fx_event *event,
                      const struct fx_instrument *instrument,
                      struct fx_rows_order *row_out);
void fx_rows_position_of(const struct fx_event *event,
                         const struct fx_instrument *instrument,
                         struct fx_rows_position *row_out);
void fx_rows_account_of(const struct fx_event *event, struct fx_rows_account *row_out);
void fx_rows_trade_of(const struct fx_event *event,
                      const struct fx_instrument *instrument,
                      struct fx_rows_trade *row_out);

/** `instrument` may be NULL where the transaction has none. */
void fx_rows_transaction_of(const struct fx_event *event,
                            const struct fx_instrument *instrument,
                            struct fx_rows_transaction *row_out);

/**
 * The TRADING_FEE and REALIZED_PNL transactions of a trade (buyer fee, buyer PnL, seller fee,
 * seller PnL; zero amounts are left out; fees negative as the account sees them). The PnL of who
 * was closed by force (the taker of a trade with a note) is a LIQUIDATION_CLEARANCE. @return how
 * many, 0..4.
 */
uint32_t fx_rows_trade_transactions(const struct fx_rows_trade *trade,
                                    struct fx_rows_transaction rows_out[4]);

/**
 * The average price of `lots` (> 0) that are worth `value` (>= 0, settle units), rounded once,
 * half-even. Linear: value / (lots x unit) ticks, as a decimal; inverse: lots x unit / value. 0
 * where the quotient does not exist or is out of range: it is shown, never computed with.
 */
fx_i128 fx_rows_average_price(const struct fx_instrument *instrument, int64_t lots, fx_i128 value);

/** Rate and leverage as decimals. */
fx_i128 fx_rows_rate(int64_t ppb);
fx_i128 fx_rows_leverage(int32_t centi);

#endif

/**
 * @file money_command.h
 * The payloads of the commands on accounts and their money; command.h says what they have in
 * common.
 *
 * Stored in logs: sizes and meanings never change. Thread: any (data).
 */
#ifndef FX_MODEL_MONEY_COMMAND_H
#define FX_MODEL_MONEY_COMMAND_H

#include <stdint.h>

#include "base/dec.h"
#include "model/ids.h"
#include "model/transaction.h"

enum fx_account_flag {
    FX_ACCOUNT_FLAG_TRADE_BLOCKED = 1, /* allowTrade = false: only cancels and reduce-only */
    FX_ACCOUNT_FLAG_NO_FEE = 2,        /* enableTradingFee = false */
    FX_ACCOUNT_FLAG_BOT = 4,
    FX_ACCOUNT_FLAG_MARKET_MAKER = 8,
    FX_ACCOUNT_FLAG_HEDGE = 16, /* a long and a short position per symbol: SET_POSITION_MODE */
    FX_ACCOUNT_FLAG_FROZEN =
        32 /* nothing but deposits and what the operator does: FREEZE_ACCOUNT */
};

/** The flags that CREATE_ACCOUNT and SET_ACCOUNT set; the others have commands of their own. */
#define FX_ACCOUNT_FLAGS_SET                                                                       \
    (FX_ACCOUNT_FLAG_TRADE_BLOCKED | FX_ACCOUNT_FLAG_NO_FEE | FX_ACCOUNT_FLAG_BOT |                \
     FX_ACCOUNT_FLAG_MARKET_MAKER)

/** CREATE_ACCOUNT succeeds with the existing account (changed = false) where there is one. */
struct fx_command_account {
    struct fx_asset asset;
    uint32_t flags; /* enum fx_account_flag */
    uint32_t has_fees;
    int64_t maker_fee_ppb; /* override of the instrument's, where has_fees != 0 */
    int64_t taker_fee_ppb;
};

/** DEPOSIT and WITHDRAW: amount > 0. */
struct fx_command_transfer {
    fx_i128 amount;
    struct fx_asset asset;
    uint32_t type;      /* enum fx_transaction_type */
    uint32_t is_reward; /* DEPOSIT: to rewardBalance */
};

#define FX_COMMAND_MOVE_MARK '@' /* begins the name of a movement of money, never an order's */

/** DEPOSIT_NAMED and WITHDRAW_NAMED: `client_id` names the movement to the account for 24 h, in one
 * space with the names of TRANSFER. */
struct fx_command_named {
    struct fx_command_transfer transfer;
    struct fx_client_id client_id; /* begins with FX_COMMAND_MOVE_MARK; never empty */
    uint64_t zero;
};

/** TRANSFER: amount > 0 to another user's account in the same asset. `client_id` names it to its
 * sender for 24 h, as a clientOrderId names an order. */
struct fx_command_move {
    fx_i128 amount;
    struct fx_asset asset;
    uint64_t to_user_id;
    struct fx_client_id client_id; /* begins with FX_COMMAND_MOVE_MARK, which no order's has */
};

/** CLOSE_INSURANCE: work off what the insurance fund holds of a symbol, by a reduce-only IOC. */
struct fx_command_close_insurance {
    int64_t lots;        /* 0 = all of it */
    int64_t price_ticks; /* its limit; 0 = like a market order, within the take bound */
};

/** FUND_INSURANCE: money from outside into the insurance fund of an asset, or out of it. */
struct fx_command_fund_insurance {
    fx_i128 amount; /* > 0 into the fund, < 0 out of it */
    struct fx_asset asset;
};

#endif

/**
 * @file instrument.h
 * A tradable contract: its units, its filters, its margin tiers, and the arithmetic they define.
 *
 * api and engine ask the same functions, so an order is judged once, with one answer. Thread: any
 * (data). Source: RULES sections 1 and 2, docs/rules/matching.md section 1.
 */
#ifndef FX_MODEL_INSTRUMENT_H
#define FX_MODEL_INSTRUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/ids.h"
#include "model/order.h"
#include "model/units.h"

enum fx_contract_type {
    FX_CONTRACT_TYPE_USD_M = 1, /* linear: margin and PnL in the quote currency */
    FX_CONTRACT_TYPE_COIN_M = 2 /* inverse: a lot is worth multiplier quote units, margin in base */
};

enum fx_instrument_kind { FX_INSTRUMENT_KIND_PERPETUAL = 1, FX_INSTRUMENT_KIND_DATED = 2 };

enum fx_instrument_state {
    FX_INSTRUMENT_STATE_PENDING = 1,
    FX_INSTRUMENT_STATE_TRADING = 2,
    FX_INSTRUMENT_STATE_POST_ONLY = 3,
    FX_INSTRUMENT_STATE_CANCEL_ONLY = 4,
    FX_INSTRUMENT_STATE_HALTED = 5,
    FX_INSTRUMENT_STATE_SETTLING = 6,
    FX_INSTRUMENT_STATE_SETTLED = 7
};

/** As the instrument_id of a definition in a command: there must be none of this symbol yet. */
#define FX_INSTRUMENT_NEW UINT32_MAX

/**
 * Definition of an instrument without its tiers. Decimals are in 1e-18. Zeroed before filling: it
 * is stored in journals and snapshots as it is.
 */
struct fx_instrument {
    fx_i128 tick_size; /* > 0, quote per base; immutable once created */
    fx_i128 lot_size;  /* > 0, contracts or base per lot; immutable */
    fx_i128
        multiplier; /* linear: base per contract; inverse: quote value of a contract; immutable */
    fx_i128
        min_notional; /* linear: settle units of price x quantity; inverse: quote units; 0 = none */
    int64_t min_lots; /* >= 1 */
    int64_t max_lots; /* LIMIT */
    int64_t max_market_lots;
    int64_t max_ticks;              /* highest price */
    int64_t open_interest_cap_lots; /* 0 = none */
    int64_t band_up_ppb;            /* highest buy = mark x (1 + it); 0 = no band */
    int64_t band_down_ppb;          /* lowest sell = mark x (1 - it) */
    int64_t market_take_bound_ppb;
    int64_t maker_fee_ppb; /* may be negative: a rebate */
    int64_t taker_fee_ppb;
    int64_t liquidation_fee_ppb;
    int64_t interest_ppb; /* funding: per interval */
    int64_t damper_ppb;
    int64_t expiry_us; /* DATED only */
    fx_i128 impact_notional;
    int32_t funding_interval_s;
    int32_t leverage_max_centi;
    int32_t orders_max;      /* open orders per account */
    int32_t algo_orders_max; /* conditional orders per account */
    uint32_t instrument_id;  /* index, 0..FX_INSTRUMENTS_MAX-1; assigned by the engine */
                             /* in UPDATE_INSTRUMENT: FX_INSTRUMENT_NEW, or it says nothing */
    uint8_t contract_type;   /* enum fx_contract_type */
    uint8_t kind;            /* enum fx_instrument_kind */
    uint8_t state;           /* enum fx_instrument_state */
    uint8_t tier_count;      /* 0..FX_TIERS_MAX */
    struct fx_symbol symbol;
    struct fx_symbol root_symbol;
    struct fx_asset base;
    struct fx_asset quote;
    struct fx_asset settle;
};

/** A risk tier: floor < notional at mark <= cap. MM = notional x rate - cum. */
struct fx_tier {
    fx_i128 cap; /* of notional, in settle units */
    fx_i128 cum; /* maintenance amount: cum_1 = 0, cum_n = floor_n (r_n - r_n-1) + cum_n-1 */
    int64_t rate_ppb;
    int32_t leverage_max_centi;
    int32_t zero;
};

/** What a rejected order is told beside the code. `field` is a name of the API; static text. */
struct fx_reject {
    fx_status status;
    uint8_t has_limit;
    uint8_t has_nearest;
    uint8_t field; /* enum fx_field */
    uint8_t zero;
    fx_i128 limit;
    fx_i128 nearest;
};

enum fx_field {
    FX_FIELD_NONE = 0,
    FX_FIELD_PRICE = 1,
    FX_FIELD_QUANTITY = 2,
    FX_FIELD_LEVERAGE = 3,
    FX_FIELD_AMOUNT = 4,
    FX_FIELD_SYMBOL = 5,
    FX_FIELD_EXPIRE_TIME = 6,
    FX_FIELD_TIME_IN_FORCE = 7,
    FX_FIELD_MARGIN_MODE = 8,
    FX_FIELD_CLIENT_ORDER_ID = 9,
    FX_FIELD_POSITION_SIDE = 10,
    FX_FIELD_TRIGGER_PRICE = 11,
    FX_FIELD_ACTIVATION_PRICE = 12,
    FX_FIELD_CALLBACK_RATE = 13,
    FX_FIELD_TRIGGER_BY = 14,
    FX_FIELD_CLOSE_POSITION = 15,
    FX_FIELD_TAKE_PROFIT = 16,
    FX_FIELD_STOP_LOSS = 17,
    FX_FIELD_CLIENT_TRANSFER_ID = 20
};

/** "price" and the like; "" for NONE. */
const char *fx_instrument_field_name(enum fx_field field);

const char *fx_instrument_contract_type_name(enum fx_contract_type type);
const char *fx_instrument_kind_name(enum fx_instrument_kind kind);
const char *fx_instrument_state_name(enum fx_instrument_state state);
enum fx_contract_type fx_instrument_contract_type_of(fx_str name);
enum fx_instrument_kind fx_instrument_kind_of(fx_str name);
enum fx_instrument_state fx_instrument_state_of(fx_str name);

/**
 * Judge a definition: positive sizes; linear unit (tick x lot x multiplier) and inverse unit (lot x
 * multiplier) a whole number of 1e-18; the largest order's value at max_ticks (inverse: at one
 * tick) in range; ordered bounds, rates below 1, leverage >= 1, orders_max >= 1, known enums,
 * texts in form (root_symbol may be empty). @return OK or BAD_INSTRUMENT.
 */
FX_MUST_USE fx_status fx_instrument_check(const struct fx_instrument *instrument);

/** Judge tiers: caps rise, rates never fall, leverage never rises, rate x leverage <= 1 (else the
 * first fill would be liquidated), cum follows the recursion. @return OK, BAD_INSTRUMENT. */
FX_MUST_USE fx_status fx_instrument_check_tiers(const struct fx_tier tiers[], uint32_t count);

/** Fill every cum from caps and rates, rounded down: cum is taken off the margin. */
void fx_instrument_fill_cums(struct fx_tier tiers[], uint32_t count);

/** The first tier whose cap >= notional; the last one beyond all caps. count > 0. */
const struct fx_tier *fx_instrument_tier(const struct fx_tier tiers[],
                                         uint32_t count,
                                         fx_amount notional);

/**
 * A decimal price as whole ticks. @return OK; PRICE_FILTER with field, limit and nearest in
 * *reject_out where it is not a positive multiple of the tick or above max_ticks.
 */
FX_MUST_USE fx_status fx_instrument_ticks(const struct fx_instrument *instrument,
                                          fx_i128 price,
                                          fx_px *price_out,
                                          struct fx_reject *reject_out);

/** A decimal quantity as whole lots. @return OK or LOT_SIZE likewise (bounds are not asked here).
 */
FX_MUST_USE fx_status fx_instrument_lots(const struct fx_instrument *instrument,
                                         fx_i128 quantity,
                                         fx_qty *quantity_out,
                                         struct fx_reject *reject_out);

/** ticks x tick_size and lots x lot_size. */
fx_i128 fx_instrument_price(const struct fx_instrument *instrument, fx_px price);
fx_i128 fx_instrument_quantity(const struct fx_instrument *instrument, fx_qty quantity);

/**
 * The one factor of a value. Linear: ticks x lots x unit is the value, in settle units. Inverse:
 * the quote value of one lot. The engine keeps it beside the instrument.
 */
fx_i128 fx_instrument_unit(const struct fx_instrument *instrument);

/** As fx_instrument_value(), with the unit at hand. */
FX_MUST_USE bool fx_instrument_value_by_unit(const struct fx_instrument *instrument,
                                             fx_i128 unit,
                                             fx_px price,
                                             fx_qty quantity,
                                             fx_amount *value_out);

/** How much, at what, rounded how. */
struct fx_instrument_at {
    fx_px price;
    fx_qty quantity;
    enum fx_rounding rounding;
};

/** The value of an inverse contract with a rounding of one's own: what is not a fill. Price > 0,
 * lots >= 0. @return false where out of range. */
FX_MUST_USE bool fx_instrument_inverse_value(const struct fx_instrument *instrument,
                                             fx_i128 unit,
                                             struct fx_instrument_at at,
                                             fx_amount *value_out);

/**
 * The one value of a fill, in settle units. Linear: ticks x lots x unit, exact. Inverse: lots x
 * lot_size x multiplier / price, half-even at 1e-18. price > 0, lots >= 0.
 * @return false where out of range (an order that large is rejected with AMOUNT_OUT_OF_RANGE).
 */
FX_MUST_USE bool fx_instrument_value(const struct fx_instrument *instrument,
                                     fx_px price,
                                     fx_qty quantity,
                                     fx_amount *value_out);

/** An order's price and size against every static filter, and the band where mark > 0. */
struct fx_filter_input {
    enum fx_side side;
    enum fx_order_type type;
    fx_px price; /* LIMIT only */
    fx_qty quantity;
    fx_px mark;          /* ticks == 0: unknown, band not asked */
    bool is_reduce_only; /* MIN_NOTIONAL is not asked of orders that only reduce */
    fx_i128 unit;        /* fx_instrument_unit() where it is at hand; 0: it is computed */
};

/**
 * Apply PRICE_FILTER, LOT_SIZE, MARKET_LOT_SIZE, MIN_NOTIONAL, PERCENT_PRICE in this order.
 * @return OK or the filter's status, with field, limit and nearest valid value in *reject_out.
 */
FX_MUST_USE fx_status fx_instrument_filter(const struct fx_instrument *instrument,
                                           const struct fx_filter_input *input,
                                           struct fx_reject *reject_out);

/** The worst price a market order may take: best x (1 +- market_take_bound), rounded inward, >= 1.
 */
fx_px fx_instrument_take_bound(const struct fx_instrument *instrument,
                               enum fx_side taker,
                               fx_px best_opposite);

#endif

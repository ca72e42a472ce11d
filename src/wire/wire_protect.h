/**
 * @file wire_protect.h
 * Take profit and stop loss of an order, from JSON: beside a new one, or to change them.
 *
 * Either `takeProfit` is the trigger price, with `takeProfitTrigger` (whose price: LAST) and
 * `takeProfitLimitPrice` beside it; or it is an object of `triggerPrice` (or `stopPrice`),
 * `triggerBy` (or `trigger`) and `price`. The same for `stopLoss`. What says nothing without the
 * price is refused, never dropped. Thread: any.
 */
#ifndef FX_WIRE_WIRE_PROTECT_H
#define FX_WIRE_WIRE_PROTECT_H

#include <stdbool.h>

#include "base/json.h"
#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"

struct fx_wire_protect_one {
    fx_i128 trigger_price;
    fx_i128 limit_price; /* 0: at the market */
    enum fx_trigger_source source;
    bool is_given; /* else nothing is said about it */
};

struct fx_wire_protect {
    struct fx_wire_protect_one take_profit;
    struct fx_wire_protect_one stop_loss;
};

/** Read the members of an object. @return OK; BAD_PARAMETER, BAD_DECIMAL, TOO_MANY_DIGITS with the
 * member's name (static text) in *field_out. */
FX_MUST_USE fx_status fx_wire_protect_parse(const struct fx_json *json,
                                            const struct fx_json_token *object,
                                            struct fx_wire_protect *protect_out,
                                            fx_str *field_out);

/** Whole ticks. What is not given becomes `absent_ticks`: 0 (none) or FX_COMMAND_TP_SL_KEEP; a
 * price of 0 is none. @return OK; PRICE_FILTER with field, limit and nearest in *reject_out. */
FX_MUST_USE fx_status fx_wire_protect_fill(const struct fx_wire_protect *protect,
                                           const struct fx_instrument *instrument,
                                           int64_t absent_ticks,
                                           struct fx_command_protection *target,
                                           struct fx_reject *reject_out);

#endif

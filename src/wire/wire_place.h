/**
 * @file wire_place.h
 * The order DTO of REST and of the topics: from JSON to a PLACE_ORDER, PLACE_CONDITIONAL or
 * PLACE_BRACKET command.
 *
 * Types are strict: words are strings, flags are true or false, decimals are strings or the text of
 * a number (never a double). null is as good as absent; unknown members are ignored. Members of
 * triggers on an order without one are refused, never dropped: an order without the stop its owner
 * believes in is a loss of money. Thread: any.
 */
#ifndef FX_WIRE_WIRE_PLACE_H
#define FX_WIRE_WIRE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"
#include "wire/wire_protect.h"

/** An order as asked for. Zero: not given. */
struct fx_wire_place {
    fx_i128 quantity;
    fx_i128 price;
    int64_t expire_us;
    int32_t leverage_centi;
    enum fx_side side;
    enum fx_order_type type;             /* the conditional one where there is one */
    enum fx_time_in_force time_in_force; /* always set: GTC, IOC for MARKET */
    enum fx_stp_mode stp_mode;
    enum fx_margin_mode margin_mode;
    enum fx_position_side position_side;
    enum fx_post_only_mode post_only_mode;
    bool is_reduce_only;
    struct fx_client_id client_id;

    /* Conditional types. Both shapes are read: `type` LIMIT or MARKET with `tpSLType`, and `type`
     * STOP_MARKET and the like. */
    fx_i128 trigger_price;         /* tpSLPrice, triggerPrice, stopPrice */
    fx_i128 activation_price;      /* TRAILING_STOP; 0 = active at once */
    fx_i128 callback_percent;      /* TRAILING_STOP */
    enum fx_trigger_source source; /* trigger, triggerBy; LAST where not given */
    enum fx_trigger_condition condition;
    bool is_close_position;
    bool is_price_protected;

    struct fx_wire_protect protect; /* take profit and stop loss of the order */
};

/** The name of the symbol, borrowed. @return OK; BAD_PARAMETER where absent or not a string. */
FX_MUST_USE fx_status fx_wire_place_symbol(const struct fx_json *json,
                                           const struct fx_json_token *object,
                                           fx_str *symbol_out);

/**
 * Read all other members of an object. @return OK; BAD_PARAMETER, BAD_DECIMAL, TOO_MANY_DIGITS,
 * BAD_LEVERAGE with the member's name (static text) in *field_out.
 */
FX_MUST_USE fx_status fx_wire_place_parse(const struct fx_json *json,
                                          const struct fx_json_token *object,
                                          struct fx_wire_place *place_out,
                                          fx_str *field_out);

/**
 * Fill kind, instrument and payload of a zeroed command, judged by every filter that needs no
 * state. user_id and tmp_id are left to the caller. @return OK; PRICE_FILTER, LOT_SIZE,
 * MARKET_LOT_SIZE, MIN_NOTIONAL with field, limit and nearest in *reject_out.
 */
FX_MUST_USE fx_status fx_wire_place_command(const struct fx_wire_place *place,
                                            const struct fx_instrument *instrument,
                                            struct fx_command *command_out,
                                            struct fx_reject *reject_out);

/** The decimal of a string or number token. @return OK; BAD_PARAMETER (another kind of value);
 * BAD_DECIMAL; TOO_MANY_DIGITS. */
FX_MUST_USE fx_status fx_wire_place_decimal(const struct fx_json_token *token, fx_i128 *units_out);

/** A leverage in hundredths. @return OK; BAD_LEVERAGE (below 1, or finer than 0.01). */
FX_MUST_USE fx_status fx_wire_place_leverage(fx_i128 units, int32_t *centi_out);

#endif

/**
 * @file wire_topic_in.h
 * JSON of the topics, inwards: commands of matching_engine_preload and matching_engine_input, and
 * what clients ask for on save_order_from_client_v2 and cancel_order_from_client.
 *
 * Types are strict: decimals are strings or the text of a number (never a double), words are
 * strings, times are ms. null is as good as absent; unknown members are ignored; a value that no
 * tick or lot counts is refused, never rounded. Format: docs/protocol/topics.md. Thread: any.
 */
#ifndef FX_WIRE_WIRE_TOPIC_IN_H
#define FX_WIRE_WIRE_TOPIC_IN_H

#include "base/json.h"
#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"
#include "wire/wire_place.h"
#include "wire/wire_topic.h"

/** The instrument of a symbol (its instrument_id is the index); NULL where there is none. */
typedef const struct fx_instrument *(*fx_wire_topic_in_find_fn)(void *context, fx_str symbol);

/** What a record of the engine's input says. */
enum fx_wire_topic_in_kind {
    FX_WIRE_TOPIC_IN_COMMAND = 1, /* `command` is set but for sequence */
    FX_WIRE_TOPIC_IN_DUMP = 4,    /* DUMP: tell the whole state */
    FX_WIRE_TOPIC_IN_LEADER = 5   /* LEADER: `epoch` and `node` lead from here on */
};

struct fx_wire_topic_in {
    enum fx_wire_topic_in_kind kind;
    struct fx_command command;
    uint64_t first_sequence; /* INITIALIZE_ENGINE: of the log's first record; 0 = 1 */
    uint64_t epoch;
    struct fx_client_id node;
    struct fx_wire_topic_from from; /* node.size 0 where the record does not say */
};

/**
 * Read `{"code":…,"time":ms,"from":{…},"data":{…}}`. Codes are those of fx_command_name(), and
 * LIQUIDATE (a mark update), ADJUST_TP_SL_PRICE (as ADJUST_TP_SL) and LOAD_TRADING_RULE (an
 * UPDATE_INSTRUMENT of what it names); a CREATE_ACCOUNT with an `id` is a LOAD_ACCOUNT. @return OK;
 * BAD_JSON; UNKNOWN_COMMAND (no such code, or one that this version cannot load); UNKNOWN_SYMBOL;
 * BAD_PARAMETER, BAD_DECIMAL, TOO_MANY_DIGITS, BAD_LEVERAGE, PRICE_FILTER, LOT_SIZE with the
 * member's name (static text) in *field_out. in_out->from is set wherever it can be read, whatever
 * is said of the rest. `json` is scratch.
 */
FX_MUST_USE fx_status fx_wire_topic_in_command(struct fx_json *json,
                                               fx_str text,
                                               fx_wire_topic_in_find_fn find,
                                               void *context,
                                               struct fx_wire_topic_in *in_out,
                                               fx_str *field_out);

/** An order that a client asked for. `symbol` is borrowed from the text. */
struct fx_wire_topic_in_order {
    struct fx_wire_place place;
    fx_str symbol;
    uint64_t user_id;
    uint64_t tmp_id;
};

/** Read the order DTO with tmpId and userId beside its members, or
 * `{"createOrderDto":{…},"userId":…,"tmpOrderId":…}`. @return as fx_wire_place_parse(); BAD_JSON;
 * then user_id and tmp_id are what could be read of them, else 0. */
FX_MUST_USE fx_status fx_wire_topic_in_order(struct fx_json *json,
                                             fx_str text,
                                             struct fx_wire_topic_in_order *order_out,
                                             fx_str *field_out);

/** Read `{"orderId":…,"userId":…}` into a CANCEL_ORDER. @return OK; BAD_JSON; BAD_PARAMETER: then
 * user_id is what could be read of it, else 0. */
FX_MUST_USE fx_status fx_wire_topic_in_cancel(struct fx_json *json,
                                              fx_str text,
                                              struct fx_command *command_out,
                                              fx_str *field_out);

#endif

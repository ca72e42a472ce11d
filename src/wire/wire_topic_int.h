/**
 * @file wire_topic_int.h
 * What a command's `data` has on the topics: one table for those who read and those who write.
 */
#ifndef FX_WIRE_WIRE_TOPIC_INT_H
#define FX_WIRE_WIRE_TOPIC_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "model/command.h"

/** How a member's text and a field's bytes are related. */
enum fx_wire_topic_type {
    FX_WIRE_TOPIC_DEC = 1,    /* fx_i128: a decimal */
    FX_WIRE_TOPIC_PRICE,      /* int64 ticks: a decimal; 0 = absent */
    FX_WIRE_TOPIC_PRICE_KEEP, /* the same, where absent is FX_COMMAND_TP_SL_KEEP */
    FX_WIRE_TOPIC_LOTS,       /* int64 lots: a decimal; 0 = absent */
    FX_WIRE_TOPIC_SIDED_LOTS, /* the same, + long and - short */
    FX_WIRE_TOPIC_RATE64,     /* int64 ppb: a decimal */
    FX_WIRE_TOPIC_RATE32,     /* int32 ppb */
    FX_WIRE_TOPIC_LEVERAGE,   /* int32 hundredths: a decimal */
    FX_WIRE_TOPIC_TIME,       /* int64 us: ms, an integer; 0 = absent */
    FX_WIRE_TOPIC_ID,         /* uint64: a string */
    FX_WIRE_TOPIC_COUNT,      /* uint32: an integer */
    FX_WIRE_TOPIC_COUNT16,    /* uint16: the same; 0 = absent */
    FX_WIRE_TOPIC_FLAG8,      /* uint8: true, false */
    FX_WIRE_TOPIC_FLAG32,     /* uint32: true, false */
    FX_WIRE_TOPIC_NEW,        /* uint32: true for FX_INSTRUMENT_NEW */
    FX_WIRE_TOPIC_WORD8,      /* uint8: a word of `words`; 0 = absent */
    FX_WIRE_TOPIC_WORD32,     /* uint32 */
    FX_WIRE_TOPIC_ASSET,
    FX_WIRE_TOPIC_SYMBOL,
    FX_WIRE_TOPIC_CLIENT_ID,
    FX_WIRE_TOPIC_MOVE_ID /* the same without the mark in front (FX_COMMAND_MOVE_MARK) */
};

enum fx_wire_topic_words {
    FX_WIRE_TOPIC_SIDES = 1,
    FX_WIRE_TOPIC_TYPES,
    FX_WIRE_TOPIC_TIMES_IN_FORCE,
    FX_WIRE_TOPIC_STP_MODES,
    FX_WIRE_TOPIC_MARGIN_MODES,
    FX_WIRE_TOPIC_POSITION_SIDES,
    FX_WIRE_TOPIC_POST_ONLY_MODES,
    FX_WIRE_TOPIC_SOURCES,
    FX_WIRE_TOPIC_CONDITIONS,
    FX_WIRE_TOPIC_CONTRACT_TYPES,
    FX_WIRE_TOPIC_KINDS,
    FX_WIRE_TOPIC_STATES,
    FX_WIRE_TOPIC_SCOPES,
    FX_WIRE_TOPIC_TRANSACTIONS,
    FX_WIRE_TOPIC_STATUSES,
    FX_WIRE_TOPIC_PROTECTS,
    FX_WIRE_TOPIC_NOTES
};

struct fx_wire_topic_field {
    fx_str name;
    uint16_t offset; /* in struct fx_command */
    uint8_t type;    /* enum fx_wire_topic_type */
    uint8_t words;   /* enum fx_wire_topic_words */
    bool is_required;
};

/** What the header of a kind needs. */
struct fx_wire_topic_shape {
    const struct fx_wire_topic_field *fields;
    uint32_t count;
    bool has_symbol;      /* must name an instrument */
    bool may_have_symbol; /* may; absent = all */
    bool has_user;
    bool may_be_nobody; /* userId 0 is the exchange */
};

/** The shape of a kind. @return false where it does not travel on a topic. */
bool fx_wire_topic_shape(enum fx_command_kind kind, struct fx_wire_topic_shape *shape_out);

/** Numbers and words of an enum; 0 and NULL where there is none. */
uint32_t fx_wire_topic_number(enum fx_wire_topic_words words, fx_str name);
const char *fx_wire_topic_name(enum fx_wire_topic_words words, uint32_t number);

#endif

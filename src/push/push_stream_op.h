/**
 * @file push_stream_op.h
 * What a client of the plain stream asks for: one JSON object per message. Pure.
 *
 *     {"id":"1","op":"subscribe","args":["orderbook.50.BTCUSDT"]}
 *
 * Thread: any. Source: docs/protocol/stream.md.
 */
#ifndef FX_PUSH_PUSH_STREAM_OP_H
#define FX_PUSH_PUSH_STREAM_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/str.h"

enum { FX_PUSH_STREAM_OP_ID_SIZE_MAX = 64, FX_PUSH_STREAM_OP_EPOCH_SIZE = 16 };

enum fx_push_stream_op_kind {
    FX_PUSH_STREAM_OP_UNKNOWN = 0,
    FX_PUSH_STREAM_OP_PING = 1,
    FX_PUSH_STREAM_OP_SUBSCRIBE = 2,
    FX_PUSH_STREAM_OP_UNSUBSCRIBE = 3,
    FX_PUSH_STREAM_OP_AUTH = 4,
    FX_PUSH_STREAM_OP_CANCEL_ON_DISCONNECT = 5,
    FX_PUSH_STREAM_OP_ORDER_CREATE = 6,
    FX_PUSH_STREAM_OP_ORDER_AMEND = 7,
    FX_PUSH_STREAM_OP_ORDER_CANCEL = 8
};

/** All is borrowed from the text and its tokens. */
struct fx_push_stream_op {
    enum fx_push_stream_op_kind kind;
    fx_str name; /* as sent; empty where there is none that can be echoed */
    fx_str id;   /* as JSON, with its quotes: to be echoed; empty where there is none */
    const struct fx_json_token *args; /* the array; NULL where there is none */
    fx_str epoch;                     /* of a resume; empty: no resume is asked for */
    uint64_t seq;                     /* the last one seen */
};

/**
 * Read a message. Where it fails, name and id are what could be read, so that the answer finds its
 * question.
 * @return OK; BAD_JSON; BAD_REQUEST (no object); BAD_PARAMETER (op, id, args or resume).
 */
FX_MUST_USE fx_status fx_push_stream_op_parse(struct fx_json *json,
                                              fx_str text,
                                              struct fx_push_stream_op *op_out);

/** "order.create" …; empty for UNKNOWN. */
fx_str fx_push_stream_op_name(enum fx_push_stream_op_kind kind);

#endif

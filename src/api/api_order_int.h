/**
 * @file api_order_int.h
 * What the files on orders share: names of orders, and single orders as parts of a batch.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_ORDER_INT_H
#define FX_API_API_ORDER_INT_H

#include "api/api_int.h"

/**
 * The request's body (call->body) as a zeroed PLACE_ORDER of this user without a tmpId, judged by
 * what needs no state. @return OK; what fx_wire_place_* say; UNKNOWN_SYMBOL; TRADING_NOT_ALLOWED.
 */
FX_MUST_USE fx_status fx_api_order_read(struct fx_api_call *call, struct fx_command *command_out);

/** Place the order of a complete PLACE_ORDER but for its tmpId. @return OK (answered later: 201
 * with the order); BUSY. */
FX_MUST_USE fx_status fx_api_order_submit(struct fx_api_call *call, struct fx_command *command);

/**
 * The open order of this user (A3) that a text names. A number without leading zeros is an id or
 * tmpId; only where this user never had such an order it is a clientOrderId, as any other text is.
 * So an order that ended is never taken for another one that is open.
 * @return OK; ORDER_NOT_FOUND; what the store says.
 */
FX_MUST_USE fx_status fx_api_order_find(const struct fx_api_call *call,
                                        fx_str text,
                                        const struct fx_rows_order **row_out);

/** True where this user had an order with such an id or tmpId, as far as the store knows.
 * @return OK; what the store says. */
FX_MUST_USE fx_status fx_api_order_is_stored(const struct fx_api_call *call,
                                             uint64_t number,
                                             bool *is_stored_out);

/** Cancel an open order. @return OK (answered later with its row); BUSY. */
FX_MUST_USE fx_status fx_api_order_cancel_row(struct fx_api_call *call,
                                              const struct fx_rows_order *row);

#endif

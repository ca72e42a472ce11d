/**
 * @file wire_rows.h
 * Rows as JSON objects: the names of the seed, decimals as strings, times in ms, absent, never
 * null.
 *
 * REST answers, socket events, cache values and topics all show the same object. Ids below 2^53 are
 * numbers; operationId and tmpId are strings. Thread: any.
 */
#ifndef FX_WIRE_WIRE_ROWS_H
#define FX_WIRE_WIRE_ROWS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "model/rows.h"

/** Append one object. */
void fx_wire_rows_order(struct fx_buf *buf, const struct fx_rows_order *row);
void fx_wire_rows_position(struct fx_buf *buf, const struct fx_rows_position *row);
void fx_wire_rows_account(struct fx_buf *buf, const struct fx_rows_account *row);
void fx_wire_rows_transaction(struct fx_buf *buf, const struct fx_rows_transaction *row);

/** A trade as one of its two users may see it: own order, own fee and PnL, role; not the other
 * side. */
void fx_wire_rows_fill(struct fx_buf *buf, const struct fx_rows_trade *row, uint64_t user_id);

/** A trade as everybody may see it: id, price, quantity, time, which side took. */
void fx_wire_rows_public_trade(struct fx_buf *buf, const struct fx_rows_trade *row);

/** The user without secrets. */
void fx_wire_rows_user(struct fx_buf *buf, const struct fx_rows_user *row);

#endif

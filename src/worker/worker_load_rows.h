/**
 * @file worker_load_rows.h
 * Rows of the tables as the commands of a load: also rows that the original system wrote, which
 * knows fewer columns. Nothing is rounded: a number that no tick or lot counts is refused.
 * Thread: any (pure).
 */
#ifndef FX_WORKER_WORKER_LOAD_ROWS_H
#define FX_WORKER_WORKER_LOAD_ROWS_H

#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"
#include "model/rows.h"
#include "store/store_fee.h"

/** The flags of accounts that a user's row asks for. */
uint32_t fx_worker_load_rows_flags(const struct fx_rows_user *user);

/** LOAD_ACCOUNT; `fee` may be NULL, `flags` are those of its user's row. */
void fx_worker_load_rows_account(const struct fx_rows_account *row,
                                 uint32_t flags,
                                 const struct fx_store_fee *fee,
                                 struct fx_command *command_out);

/**
 * LOAD_POSITION. An entry value that is missing is that of the entry price; margins of a cross
 * position are not its own. @return OK; LOT_SIZE, BAD_LEVERAGE, AMOUNT_OUT_OF_RANGE.
 */
FX_MUST_USE fx_status fx_worker_load_rows_position(const struct fx_rows_position *row,
                                                   const struct fx_instrument *instrument,
                                                   struct fx_command *command_out);

/**
 * LOAD_ORDER, or LOAD_ORDER_TP_SL where it protects another order; `is_protecting`: its position
 * names it as take profit or stop loss. What waits for its order (PENDING) has no quantity,
 * whatever its row says. @return OK; LOT_SIZE, PRICE_FILTER, AMOUNT_OUT_OF_RANGE; BAD_PARAMETER for
 * what cannot be loaded: any other order that is PENDING, for nobody has judged it yet.
 */
FX_MUST_USE fx_status fx_worker_load_rows_order(const struct fx_rows_order *row,
                                                const struct fx_instrument *instrument,
                                                bool is_protecting,
                                                struct fx_command *command_out);

#endif

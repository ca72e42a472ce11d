/**
 * @file orders_int.h
 * The doors between the files that handle orders, instruments and whole-state walks. Private to
 * engine/; engine_int.h has the state, money_int.h the doors of the money half.
 * Thread: engine thread only.
 */
#ifndef FX_ENGINE_ORDERS_INT_H
#define FX_ENGINE_ORDERS_INT_H

#include "engine/money_int.h"

/* ---- order_pool.c ------------------------------------------------------------------------------
 */

/** A zeroed order with the next order id, unlinked everywhere; NONE: full. */
fx_slot fx_order_pool_acquire(struct fx_engine *engine);
/** Give it back. It is in no book, list or heap. */
void fx_order_pool_release(struct fx_engine *engine, fx_slot order);
/** The open order with this id; NONE where absent. */
fx_slot fx_order_pool_find(const struct fx_engine *engine, uint64_t order_id);
/** Ask for the table's line of an id, ahead of fx_order_pool_find(). */
void fx_order_pool_prefetch(const struct fx_engine *engine, uint64_t order_id);
/** The order that probably has this id: the first of its place, not compared; NONE: probably none.
 */
fx_slot fx_order_pool_guess(const struct fx_engine *engine, uint64_t order_id);
/** Fill the empty table from the orders in use (after a load). */
void fx_order_pool_rebuild(struct fx_engine *engine);
/** The table has each order in use once, in its place. */
void fx_order_pool_check(const struct fx_engine *engine);

/* ---- listing.c: instruments ---------------------------------------------------------------------
 */

/** UPDATE_INSTRUMENT, LOAD_LEVERAGE_MARGIN, SET_STATE. */
fx_status fx_listing_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);
/** Give it another state, and say so. */
void fx_listing_move(struct fx_engine *engine, uint32_t instrument, enum fx_instrument_state state);
/** Whether orders are taken, amended or fired. @return OK; INSTRUMENT_HALTED; SYMBOL_SETTLED. */
fx_status fx_listing_judge_trading(const struct fx_engine *engine,
                                   uint32_t instrument,
                                   bool is_post_only);
/** Index of a symbol; UINT32_MAX where absent. */
uint32_t fx_listing_find(const struct fx_engine *engine, const struct fx_symbol *symbol);

/* ---- commands on orders: place.c match.c amend.c cancel.c expiry.c client_ids.c; place_judge.c
 * ------------------- */

fx_status fx_place_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result);
/** TEST_ORDER: judge as fx_place_apply() would, then take everything back. */
fx_status fx_place_test(struct fx_engine *engine,
                        const struct fx_command *command,
                        struct fx_event_test *test_out);
/** A conditional order, out of its list and index, becomes what it waited to be: it is judged as a
 * new order and goes to the book, or ends with the reason in its note. */
void fx_place_fire(struct fx_engine *engine, fx_slot order);
/**
 * Judge what an order that is not reduce-only may open, as if it rested beside the others of its
 * position; `replaced` (or NONE) is the resting order that it replaces. Changes nothing.
 * @return OK; OPEN_INTEREST_CAP; NO_MARK_PRICE; MARK_STALE; and what fx_position_state_admit()
 * says.
 */
fx_status fx_place_judge(struct fx_engine *engine,
                         fx_slot position,
                         const struct fx_resting *order,
                         fx_slot replaced,
                         struct fx_reject *reject_out);
/** Limit and nearest of a price that must not cross the opposite best price. */
fx_status fx_place_judge_crossing(const struct fx_engine *engine,
                                  const struct fx_resting *order,
                                  struct fx_reject *reject_out);
/**
 * Lots that a reduce-only order at this price may still close: the position less what resting
 * reduce-only orders of the same or better price hold; `replaced` (or NONE) does not count.
 */
int64_t fx_place_judge_closable(const struct fx_engine *engine,
                                fx_slot position,
                                const struct fx_resting *order,
                                fx_slot replaced);
fx_status fx_amend_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result);
fx_status fx_cancel_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result);
fx_status fx_cancel_apply_all(struct fx_engine *engine,
                              const struct fx_command *command,
                              struct fx_event_result *result);
/** Which open orders end, why, and how much work the command may have done then. */
struct fx_cancel_sweep {
    uint64_t user_id;
    uint32_t instrument; /* or FX_COMMAND_ALL_INSTRUMENTS */
    enum fx_cancel_scope scope;
    uint32_t side; /* 0 = both */
    enum fx_order_note note;
    uint32_t work_max;
};
/** Cancel them, position by position, the oldest first; counts them in the result, which says
 * has_more where the bound left some. @return false where the user has no account. */
bool fx_cancel_sweep(struct fx_engine *engine,
                     const struct fx_cancel_sweep *sweep,
                     struct fx_event_result *result);
/** The open order that a user names by id, or by client id where order_id == 0; NONE if not his. */
fx_slot fx_cancel_find(const struct fx_engine *engine,
                       const struct fx_command *command,
                       uint64_t order_id,
                       const struct fx_client_id *client_id);
/** End an open order (resting or not): status and note, out of book, position, heap; ORDER event;
 * release. */
void fx_cancel_order(struct fx_engine *engine,
                     fx_slot order,
                     enum fx_order_status status,
                     enum fx_order_note note);
/** After a position shrank: shrink or cancel its reduce-only orders, the least aggressive first. */
void fx_cancel_excess_reduce_only(struct fx_engine *engine, fx_slot position);
/** Write the ORDER event of an order as it is now. */
void fx_cancel_emit(struct fx_engine *engine, fx_slot order);
/** Forget an order that has reached a final status and is in no book and no list. */
void fx_cancel_release(struct fx_engine *engine, fx_slot order);

/**
 * Trade an unlinked order as taker up to its price, then let the rest stand, expire or be
 * cancelled as its type and the fills limit say. Ends with its ORDER event; the slot is released
 * where the status is final. @return the status.
 */
enum fx_order_status fx_match_enter(struct fx_engine *engine, fx_slot order);
/**
 * Would the whole of an unlinked order trade at once? Makers that would give way on the way
 * (expired, of the same account, reduce-only beyond their position) do not count.
 * @return OK; FOK_NOT_FILLED; SELF_TRADE (the taker would expire); TAKER_LIMIT (too many makers).
 */
fx_status fx_match_can_fill(struct fx_engine *engine,
                            const struct fx_resting *taker,
                            fx_slot position,
                            enum fx_stp_mode stp_mode);
/** Before a fill-or-kill order (side, price or 0, instrument) is judged while a funding is being
 * paid: whoever it may meet pays what he owes, as far as one command may. */
void fx_match_settle_makers(struct fx_engine *engine, const struct fx_resting *taker);
/** End an order whose date or whose owner's deadline has passed. @return true where it has. */
bool fx_match_end_overdue(struct fx_engine *engine, fx_slot order);
/** True where a limit at this price would trade with what rests on the other side. */
bool fx_match_is_crossing(const struct fx_engine *engine,
                          uint32_t instrument,
                          enum fx_side side,
                          fx_px price);
/** The order that a taker would meet first; NONE where its price reaches none. */
fx_slot fx_match_first(const struct fx_engine *engine, const struct fx_resting *taker);

/** Orders that one TICK expires at most. */
#define FX_EXPIRY_STEP_MAX 100U

fx_status fx_expiry_apply(struct fx_engine *engine, struct fx_event_result *result);
void fx_expiry_insert(struct fx_engine *engine, fx_slot order);
void fx_expiry_remove(struct fx_engine *engine, fx_slot order);

/** The entry of an account's client id that is open or ended less than 24 h ago; NONE: free. */
fx_slot fx_client_ids_find(const struct fx_engine *engine,
                           fx_slot account,
                           const struct fx_client_id *id);
/** True where one more entry has room, if need be in place of the oldest ended one. */
bool fx_client_ids_has_room(const struct fx_engine *engine);
/** The same for the name of a movement of an account's money: none is forgotten before its day is
 * over. `is_of_user`: a transfer, which users start themselves; not a deposit or a withdrawal.
 * @return CAPACITY: no room for anybody's; MAX_NUM_NAMED_TRANSFERS: the account has its share. */
fx_status fx_client_ids_judge_move(struct fx_engine *engine, fx_slot account, bool is_of_user);
/** Fresh names of movements above which transfers get none: the rest is kept for deposits. */
uint32_t fx_client_ids_user_moves_max(const struct fx_engine_limits *limits);
/** Those of one account above which its transfers get none once half of that is taken. */
uint32_t fx_client_ids_few_moves(const struct fx_engine_limits *limits);
/** Those of one account above which its transfers get none. */
uint32_t fx_client_ids_account_moves_max(const struct fx_engine_limits *limits);
void fx_client_ids_check(const struct fx_engine *engine);
/** Names of movements that are remembered at once, beside client_ids_max of orders. */
uint32_t fx_client_ids_moves_max(const struct fx_engine_limits *limits);
/** Give movements their own queue, where an older snapshot had one for all (after a load). */
void fx_client_ids_part(struct fx_engine *engine);
/** Hold an id for an open order (room asserted, absent asserted). */
fx_slot fx_client_ids_insert(struct fx_engine *engine, fx_slot order, uint64_t body_hash);
/** What an entry without an order remembers. */
struct fx_client_ids_done {
    fx_slot account;
    uint64_t number; /* told again as tmp_id */
    uint64_t body_hash;
};
/** Remember an id of something that is done already (room asserted, absent asserted). */
void fx_client_ids_insert_done(struct fx_engine *engine,
                               const struct fx_client_id *id,
                               const struct fx_client_ids_done *done);
/** Its order has ended: remember it for 24 h. */
void fx_client_ids_end(struct fx_engine *engine, fx_slot slot);
/** The order behind a client id, if open; NONE where not. */
fx_slot fx_client_ids_find_order(const struct fx_engine *engine,
                                 fx_slot account,
                                 const struct fx_client_id *id);
/** What makes two commands "the same body": everything but tmpId, time and sequence. */
uint64_t fx_client_ids_body_hash(const struct fx_command *command);
/** Fill the empty table from the entries held (after a load). */
void fx_client_ids_rebuild(struct fx_engine *engine);

/* ---- deadman.c: CANCEL_ALL_AFTER
 * ---------------------------------------------------------------- */

fx_status fx_deadman_apply(struct fx_engine *engine,
                           const struct fx_command *command,
                           struct fx_event_result *result);
/** Work off what is due, after the expiries of a TICK. @return true where a deadline has passed. */
bool fx_deadman_tick(struct fx_engine *engine, struct fx_event_result *result);
/** The earliest deadline; INT64_MAX where none. */
int64_t fx_deadman_next_us(const struct fx_engine *engine);
/** True where fx_deadman_end_now() has room. */
bool fx_deadman_has_room(const struct fx_engine *engine, uint64_t user_id);
/** Let the deadline of all of a user's symbols be now: from here on nothing of his trades. */
void fx_deadman_end_now(struct fx_engine *engine, uint64_t user_id);
/** Cancel what a passed deadline of all of a user's symbols must cancel, as much as a CANCEL_ALL
 * may. @return false where orders are left. */
bool fx_deadman_work_off(struct fx_engine *engine,
                         uint64_t user_id,
                         struct fx_event_result *result);
/** True where a deadline of the order's owner has passed: it must not trade any more. */
bool fx_deadman_is_over(const struct fx_engine *engine, fx_slot order);
/** Fill the empty table from the heap (after a load). */
void fx_deadman_rebuild(struct fx_engine *engine);
void fx_deadman_check(const struct fx_engine *engine);

/* ---- freeze.c: FREEZE_ACCOUNT
 * ------------------------------------------------------------------- */

fx_status fx_freeze_apply(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result);
/** True where the user has a frozen account: then all are. */
bool fx_freeze_is_frozen(const struct fx_engine *engine, uint64_t user_id);

/* ---- explain.c
 * --------------------------------------------------------------------------------- */

/** EXPLAIN: say every TERM of a user's risk on a symbol. Changes nothing.
 * @return OK; UNKNOWN_SYMBOL; ACCOUNT_NOT_FOUND; BAD_PARAMETER. */
fx_status fx_explain_ask(struct fx_engine *engine,
                         const struct fx_command *question,
                         struct fx_event_result *result);
/** SHOW_EXCHANGE: say an EXCHANGE for each asset. Changes nothing. */
fx_status fx_explain_exchange(struct fx_engine *engine);

/* ---- whole-state walks: hash.c check.c snapshot.c dump.c
 * ------------------------------------------ */

/** Hash of the logical state, without sequence and time: a rejected command does not change it. */
uint64_t fx_hash_content(const struct fx_engine *engine);
/** The same with sequence and time. */
uint64_t fx_hash_state(const struct fx_engine *engine);
/** As snapshots up to version 5 have it: without how many have their rank already. */
uint64_t fx_hash_state_of_ranks(const struct fx_engine *engine);
/** One step of the hash. */
uint64_t fx_hash_mix(uint64_t hash, uint64_t word);
void fx_check_state(const struct fx_engine *engine);

/** I-01 as a figure: what an asset has too much (+) or lacks (-); 0 in a sound state. O(state). */
fx_i128 fx_check_money_error(const struct fx_engine *engine, uint32_t asset);
size_t fx_snapshot_size(const struct fx_engine *engine);
void fx_snapshot_save(const struct fx_engine *engine, char *target, size_t size);
fx_status fx_snapshot_load(struct fx_engine *engine, fx_str saved);
/** Whether the slots that were read lie in their pools, and lists and trees end; the books aside.
 * `has_moves`: movements of money have a queue of their own. snapshot_check.c; O(state). */
bool fx_snapshot_check(const struct fx_engine *engine, bool has_moves);
bool fx_dump_step(const struct fx_engine *engine,
                  struct fx_engine_dump *dump,
                  struct fx_events *events);

/** Make the (empty) book of an instrument in its part of the block. engine.c */
void fx_engine_open_book(struct fx_engine *engine, uint32_t instrument);

#endif

/**
 * @file triggers_int.h
 * Conditional orders: their records, the index by price, and what happens when they fire. Private
 * to engine/. The law: docs/rules/triggers.md. Thread: engine thread only.
 */
#ifndef FX_ENGINE_TRIGGERS_INT_H
#define FX_ENGINE_TRIGGERS_INT_H

#include "engine/money_int.h"

/* ---- trigger_tree.c: ordered by (key, arrival)
 * ---------------------------------------------------
 */

void fx_trigger_tree_insert(struct fx_trigger pool[], fx_slot *root, fx_slot node);
void fx_trigger_tree_remove(struct fx_trigger pool[], fx_slot *root, fx_slot node);
/** The node with the least key; NONE where the tree is empty. */
fx_slot fx_trigger_tree_first(const struct fx_trigger pool[], fx_slot root);
/** The node behind it in order; NONE at the end. */
fx_slot fx_trigger_tree_next(const struct fx_trigger pool[], fx_slot node);
void fx_trigger_tree_check(const struct fx_trigger pool[], fx_slot root);

/* ---- trigger.c: the index by price -------------------------------------------------------------
 */

/** Make the (empty) index of every instrument. */
void fx_trigger_init(struct fx_engine *engine);
/** True where one more conditional order has room. */
bool fx_trigger_has_room(const struct fx_engine *engine);
/** A record for an order, in no index; the caller fills in what the order says. Room asserted. */
fx_slot fx_trigger_acquire(struct fx_engine *engine, fx_slot order);
/** The record of an order; NULL where it has none. */
struct fx_trigger *fx_trigger_of(const struct fx_engine *engine, fx_slot order);
/** Let a waiting order watch its price. A trailing stop without activation price starts at once
 * from the price of its source. */
void fx_trigger_watch(struct fx_engine *engine, fx_slot order);
/** Take it out of the index, if it is there. */
void fx_trigger_unwatch(struct fx_engine *engine, fx_slot order);
/** Forget the record of an order that has ended. */
void fx_trigger_release(struct fx_engine *engine, fx_slot order);
/** The price of a source now; ticks == 0: none yet. */
fx_px fx_trigger_price(const struct fx_engine *engine,
                       uint32_t instrument,
                       enum fx_trigger_source source);
/** True where a price would fire at once, or lies in what was crossed and has not fired yet. */
bool fx_trigger_would_fire(const struct fx_engine *engine,
                           uint32_t instrument,
                           const struct fx_trigger *trigger);
/** The slow half of fx_trigger_see(): raise extremes, activate, note what the price crosses. */
void fx_trigger_cross(struct fx_engine *engine,
                      uint32_t instrument,
                      enum fx_trigger_source source,
                      fx_px price);
/** The price of a source has moved. O(1) where nothing waits at it. */
static inline void fx_trigger_see(struct fx_engine *engine,
                                  uint32_t instrument,
                                  enum fx_trigger_source source,
                                  fx_px price)
{
    const struct fx_trigger_index *index = &engine->trigger_books[instrument].sources[source - 1];
    if (price.ticks >= index->up_ticks || price.ticks <= index->down_ticks) {
        fx_trigger_cross(engine, instrument, source, price);
    }
}
/** The order of an instrument that fires next: by source, side, distance, arrival. NONE: none. */
fx_slot fx_trigger_next(const struct fx_engine *engine, uint32_t instrument);
/** The extreme of a trailing stop's group; ticks == 0 where it is not active. */
fx_px fx_trigger_extreme(const struct fx_engine *engine, const struct fx_trigger *trigger);
void fx_trigger_check(const struct fx_engine *engine);

/* ---- conditional.c: commands, and firing --------------------------------------------------------
 */

/** Words and figures of a conditional order that need no state. @return OK; BAD_PARAMETER with the
 * field. */
fx_status fx_conditional_check_words(const struct fx_command *command,
                                     struct fx_reject *reject_out);
/** Filters, trigger price and room, before the position is known. */
fx_status fx_conditional_judge(const struct fx_engine *engine,
                               const struct fx_command *command,
                               const struct fx_resting *order,
                               struct fx_reject *reject_out);
/** Whether the account may have so many more conditional orders of this symbol. */
fx_status fx_conditional_judge_count(const struct fx_engine *engine,
                                     fx_slot position,
                                     uint32_t more,
                                     struct fx_reject *reject_out);
/** A trigger price in range that lies ahead of the price that it watches. */
fx_status fx_conditional_judge_trigger(const struct fx_engine *engine,
                                       uint32_t instrument,
                                       const struct fx_trigger *trigger,
                                       struct fx_reject *reject_out);
/** What a command says, as the record will. */
struct fx_trigger fx_conditional_read(const struct fx_command_conditional *conditional);
/** Whether there is room for so many new orders that wait, in the pools and in the account's share.
 * @return OK; CAPACITY; MAX_NUM_ALGO_ORDERS. */
fx_status fx_conditional_judge_room(const struct fx_engine *engine,
                                    fx_slot position,
                                    uint32_t count,
                                    struct fx_reject *reject_out);
/** Make a new order (in no list) a conditional one of its position, PENDING: it does not watch its
 * price yet. */
void fx_conditional_wait(struct fx_engine *engine, fx_slot order, const struct fx_trigger *like);
/** The same, if that has not been done, for one that waits for what `like` says, UNTRIGGERED; says
 * its ORDER. */
void fx_conditional_start(struct fx_engine *engine, fx_slot order, const struct fx_trigger *like);
/** The take profit to a stop loss and the reverse; NONE where there is none. A conditional order.
 */
fx_slot fx_conditional_sibling(const struct fx_engine *engine, fx_slot order);
/** The orders of a position that have not fired, by arrival; NONE at the end. */
fx_slot fx_conditional_oldest(const struct fx_engine *engine, fx_slot position);
fx_slot fx_conditional_newer(const struct fx_engine *engine, fx_slot order);
/** Take a conditional order out of its position's list and of the index; it keeps its record. */
void fx_conditional_unlink(struct fx_engine *engine, fx_slot order);
/** Fire what was crossed, as much as one command may; the rest is due at once. */
void fx_conditional_run(struct fx_engine *engine);
/** True where an order of a symbol that trades was crossed and has not fired. */
bool fx_conditional_is_due(const struct fx_engine *engine);
void fx_conditional_check(const struct fx_engine *engine);
/** AMEND of an order that has not fired. */
fx_status fx_conditional_amend(struct fx_engine *engine,
                               fx_slot order,
                               const struct fx_command *command,
                               struct fx_event_result *result);

/* ---- tp_sl.c: take profit and stop loss of a position
 * --------------------------------------------
 */

fx_status fx_tp_sl_apply(struct fx_engine *engine,
                         const struct fx_command *command,
                         struct fx_event_result *result);
/** The order in this role; NONE where there is none. */
fx_slot fx_tp_sl_find(const struct fx_engine *engine, fx_slot position, enum fx_trigger_role role);
/** True for a take profit or a stop loss of a position. */
bool fx_tp_sl_has_role(const struct fx_trigger *trigger);
/** A conditional order with a role, already listed, becomes that of its position. */
void fx_tp_sl_adopt(struct fx_engine *engine, fx_slot order);
/** The other one of the two; NONE where there is none, or the order has no such role. */
fx_slot fx_tp_sl_sibling(const struct fx_engine *engine, fx_slot order);
/** Its counterpart has come or gone: say the row that names it again, unless it is about to end as
 * well. NONE: nothing. */
void fx_tp_sl_tell(struct fx_engine *engine, fx_slot order);
/** An order with a role leaves the list of its position. */
void fx_tp_sl_forget(struct fx_engine *engine, fx_slot order);
/** End those that would not close the position as it is now: it is flat, or has turned. */
void fx_tp_sl_trim(struct fx_engine *engine, fx_slot position);
void fx_tp_sl_check(const struct fx_engine *engine, fx_slot position);

#endif

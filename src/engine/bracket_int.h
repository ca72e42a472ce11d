/**
 * @file bracket_int.h
 * Brackets: an order with a take profit and a stop loss of its own. Private to engine/. The law:
 * docs/rules/triggers.md section 6. Thread: engine thread only.
 */
#ifndef FX_ENGINE_BRACKET_INT_H
#define FX_ENGINE_BRACKET_INT_H

#include "engine/money_int.h"

/** Work of one bracket that a position takes along: shortened, and both of the two ended. */
#define FX_BRACKET_WORK_MAX 3U

/** What one of the two is to be. */
struct fx_bracket_wish {
    struct fx_trigger trigger; /* trigger_ticks == 0: none */
    int64_t limit_ticks;       /* 0: at the market */
    fx_slot order;             /* that is there now, or NONE */
    bool is_kept;              /* nothing is to change */
};

/* ---- bracket.c: life ---------------------------------------------------------------------------
 */

/** The bracket of an order that is protected or protects; NULL where there is none. */
struct fx_bracket *fx_bracket_of(const struct fx_engine *engine, fx_slot order);
/** True for a take profit or a stop loss of an order. */
bool fx_bracket_is_child(const struct fx_engine *engine, fx_slot order);
/** The other one of the two; NONE where there is none. A take profit or a stop loss of an order. */
fx_slot fx_bracket_sibling(const struct fx_engine *engine, fx_slot order);
/** Where a bracket keeps the slot of the one in this role. */
fx_slot *fx_bracket_place(struct fx_bracket *bracket, enum fx_trigger_role role);
/** A bracket without take profit and stop loss for an open order that has none. Room is asserted.
 */
struct fx_bracket *fx_bracket_acquire(struct fx_engine *engine, fx_slot parent);
/** The same for an order that has ended, whose id it was: what `child` is to protect is left of it.
 */
struct fx_bracket *fx_bracket_acquire_left(struct fx_engine *engine,
                                           uint64_t parent_id,
                                           fx_slot child);
/** A conditional order with a role becomes one of the two; while it waits (in its position's list)
 * with its lots, which are those of the bracket, if that has any. The caller says its row. */
void fx_bracket_adopt(struct fx_engine *engine, struct fx_bracket *bracket, fx_slot order);
/** The rows that name one of the two: the other one, and the order. */
void fx_bracket_tell(struct fx_engine *engine, fx_slot order);
/** Begin with what the order has filled so far and its position still holds. */
void fx_bracket_begin(struct fx_engine *engine, struct fx_bracket *bracket);
/** Make the order that a wish asks for; says its ORDER. Room is asserted. */
void fx_bracket_add(struct fx_engine *engine,
                    struct fx_bracket *bracket,
                    const struct fx_bracket_wish *wish);
/** Type, time in force and limit price as a wish says. */
void fx_bracket_set_price(struct fx_engine *engine,
                          fx_slot order,
                          const struct fx_bracket_wish *wish);
/** The type of the order that a wish asks for. */
enum fx_order_type fx_bracket_type(const struct fx_bracket_wish *wish);
/** The rules have become those by which brackets stand in the order of their orders' ids. */
void fx_bracket_sort(struct fx_engine *engine);
/** An order of a bracket has filled lots; its position has them already. */
void fx_bracket_grow(struct fx_engine *engine, fx_slot order, fx_qty filled);
/** Shorten what follows a position that has become smaller or has turned; O(what changes). */
void fx_bracket_trim(struct fx_engine *engine, fx_slot position);
/** An order of a bracket has ended and is in no book and no list. */
void fx_bracket_leave(struct fx_engine *engine, fx_slot order);
/** One of the two is about to fire: until fx_bracket_fired() its lots are its own. */
void fx_bracket_fire(struct fx_engine *engine, fx_slot order);
/** It has fired; `has_closed`: its position is not what it was. */
void fx_bracket_fired(struct fx_engine *engine, fx_slot slot, bool has_closed);
void fx_bracket_check(const struct fx_engine *engine);

/* ---- bracket_judge.c ---------------------------------------------------------------------------
 */

/** What protects the order of a command; NULL where nothing does. PLACE_BRACKET, or a question. */
const struct fx_command_protection *fx_bracket_judge_read(const struct fx_command *command);
/** The take profits and stop losses in it: 0 to 2. */
uint32_t fx_bracket_judge_count(const struct fx_command_protection *protection);
/** The one in this role as a wish for an order with these closing sides. */
struct fx_bracket_wish fx_bracket_judge_wish(const struct fx_command_protection *protection,
                                             enum fx_trigger_role role,
                                             enum fx_side side);
/** Words, figures, sides and room of a new order's take profit and stop loss, before its position
 * is known. @return OK; BAD_PARAMETER; PRICE_FILTER; TRIGGER_WRONG_SIDE; TRIGGER_WOULD_FIRE;
 * CAPACITY. */
fx_status fx_bracket_judge_new(const struct fx_engine *engine,
                               const struct fx_command *command,
                               const struct fx_resting *order,
                               struct fx_reject *reject_out);
/** Whether a position may have one more bracket. @return OK; MAX_NUM_ALGO_ORDERS. */
fx_status fx_bracket_judge_room(const struct fx_engine *engine,
                                fx_slot position,
                                struct fx_reject *reject_out);
/** A wish for one that is there or is to come: its figures, and on which side of the order's price
 * or of the price that it watches it lies. */
fx_status fx_bracket_judge_change(const struct fx_engine *engine,
                                  const struct fx_bracket *bracket,
                                  const struct fx_bracket_wish *wish,
                                  struct fx_reject *reject_out);
/** Whether the two still lie on their sides where their order, which has filled nothing, moves to
 * another price: `hot` and `trigger` (NULL: a plain order) say what it would be. */
fx_status fx_bracket_judge_move(const struct fx_engine *engine,
                                fx_slot parent,
                                const struct fx_resting *hot,
                                const struct fx_trigger *trigger,
                                struct fx_reject *reject_out);

/* ---- bracket_adjust.c --------------------------------------------------------------------------
 */

/** The bracket of an order that has ended, with lots: one of its position's. NULL: none. */
struct fx_bracket *fx_bracket_adjust_find(const struct fx_engine *engine,
                                          fx_slot position,
                                          uint64_t order_id);
/** ADJUST_ORDER_TP_SL. */
fx_status fx_bracket_adjust_apply(struct fx_engine *engine,
                                  const struct fx_command *command,
                                  struct fx_event_result *result);
/** AMEND of one of the two by its own id, while it has not fired: trigger price and limit price. */
fx_status fx_bracket_adjust_amend(struct fx_engine *engine,
                                  fx_slot order,
                                  const struct fx_command *command,
                                  struct fx_event_result *result);

#endif

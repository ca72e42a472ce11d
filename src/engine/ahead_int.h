/**
 * @file ahead_int.h
 * Memory that will be needed soon is asked for early. Nothing here has an effect but on time, so
 * what it reads may be a guess. Private to engine/. Thread: engine thread only.
 */
#ifndef FX_ENGINE_AHEAD_INT_H
#define FX_ENGINE_AHEAD_INT_H

#include "engine/engine_int.h"

/** Ask for one cache line. Everything here ends in this door: to the compiler a prefetch has no
 * effect, and it removes whole functions that do nothing else; the empty statement has one. */
static inline void fx_ahead_line(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}

/** Ask for what a command will touch that comes in `ahead` steps; once for each step. */
void fx_ahead_command(const struct fx_engine *engine,
                      const struct fx_command *command,
                      uint32_t ahead);

/** The account of a user and its first position, both at once: neither is read for the other. */
void fx_ahead_user(const struct fx_engine *engine, uint64_t user_id, uint32_t instrument);

/** Whose order it is that begins to rest: so its holder can be asked for along with it. */
static inline void fx_ahead_note(struct fx_engine *engine, fx_slot order)
{
    engine->order_holders[order] =
        (struct fx_order_holder){engine->resting[order].account, engine->orders[order].position};
}

/** An order that is about to end, by its id, and whose it is. */
void fx_ahead_order(const struct fx_engine *engine, uint64_t order_id);
/** Its neighbours in lists. */
void fx_ahead_neighbours(const struct fx_engine *engine, fx_slot order);

/** An order that a taker may meet next, with all that hangs on it. NONE: nothing. */
void fx_ahead_maker(const struct fx_engine *engine, fx_slot maker);

/** The guard of a position whose lots or money move: it is looked at when the command ends. */
void fx_ahead_guard(const struct fx_engine *engine, fx_slot position);

#endif

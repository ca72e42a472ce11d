/**
 * @file level.h
 * One price level of a book: a first-in-first-out queue of resting orders.
 *
 * Orders are linked by slot number, not by address, so a snapshot of the book is a plain copy.
 * Source: price-time priority, docs/rules/matching.md section 2.
 * Thread: engine thread only. Memory: none of its own; the engine owns the slots.
 */
#ifndef FX_ENGINE_LEVEL_H
#define FX_ENGINE_LEVEL_H

#include <stdint.h>

#include "model/units.h"

/** A slot number in a pool; FX_SLOT_NONE ends a list. */
typedef uint32_t fx_slot;
#define FX_SLOT_NONE UINT32_MAX

/**
 * The hot half of an order, all that the book touches; the cold half (struct fx_order) has the same
 * slot number in the engine's order array. Linked: remaining > 0. Not linked: both links NONE.
 */
struct fx_resting {
    fx_qty remaining;
    fx_px price;
    fx_slot older;
    fx_slot newer;
    fx_slot account;
    uint8_t side; /* enum fx_side */
    uint8_t is_reduce_only;
    uint16_t instrument;
};

/** Invariant: count == 0 <=> total.lots == 0 <=> oldest == newest == FX_SLOT_NONE. */
struct fx_level {
    fx_px price;  /* meaningful while count > 0 */
    fx_qty total; /* sum of `remaining` over the queue */
    uint32_t count;
    fx_slot oldest;
    fx_slot newest;
    uint32_t zero;
};

/** Make an empty level. Its price is that of the first order appended. */
void fx_level_init(struct fx_level *level);

/** Queue a slot behind all others. The slot must hold an unlinked order with remaining > 0. */
void fx_level_append(struct fx_level *level, struct fx_resting slots[], fx_slot slot);

/** Unlink a slot of this level, wherever it stands; the caller keeps the slot. O(1). */
void fx_level_remove(struct fx_level *level, struct fx_resting slots[], fx_slot slot);

/**
 * Trade up to `want` > 0 lots of an order of this level; unlink it when nothing remains.
 * @return the lots traded, from 1 to want.lots.
 */
fx_qty fx_level_fill(struct fx_level *level, struct fx_resting slots[], fx_slot slot, fx_qty want);

/** Shrink an order of this level to `lots`, 0 < lots <= remaining; it keeps its place. */
void fx_level_shrink(struct fx_level *level, struct fx_resting slots[], fx_slot slot, fx_qty lots);

/** Walk the queue and assert the invariant, links, price and side of every order. O(n). */
void fx_level_check(const struct fx_level *level, const struct fx_resting slots[], uint8_t side);

#endif

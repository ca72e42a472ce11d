/**
 * @file term.h
 * Names and formulas of the numbers that explain a risk (EXPLAIN): one table for the engine, which
 * says the values, and for all who show them.
 * Thread: any (data).
 */
#ifndef FX_MODEL_TERM_H
#define FX_MODEL_TERM_H

#include <stdint.h>

#include "base/dec.h"

enum fx_term {
#define X(symbol, name, formula) FX_TERM_##symbol,
#include "model/term.def"
#undef X
    FX_TERM_COUNT
};

/** TERM: one of them; amounts, prices, quantities and rates as decimals. */
struct fx_event_term {
    fx_i128 value;
    uint32_t term; /* enum fx_term */
    uint32_t zero[3];
};

/** "maintenanceMargin" and the like. Asserts a known number. */
const char *fx_term_name(enum fx_term term);
/** How it follows from those before it, in their names. */
const char *fx_term_formula(enum fx_term term);

#endif

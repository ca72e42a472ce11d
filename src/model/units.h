/**
 * @file units.h
 * Integer quantities that cannot be mixed by mistake: the unit is the name of the only member.
 */
#ifndef FX_MODEL_UNITS_H
#define FX_MODEL_UNITS_H

#include <stdint.h>

#include "base/dec.h"

/** A price in ticks of its instrument; price = ticks x tick_size. 0 = none. */
typedef struct {
    int64_t ticks;
} fx_px;

/** An order size in lots of its instrument; size = lots x lot_size. */
typedef struct {
    int64_t lots;
} fx_qty;

/** An amount of money in 1e-18 of its asset; |units| < 1e36. */
typedef struct {
    fx_i128 units;
} fx_amount;

/** A rate in parts per billion: 0.0002 (2 basis points) is 200,000 ppb. */
typedef struct {
    int64_t ppb;
} fx_rate;

/** A leverage in hundredths: 12.5x is 1250. */
typedef struct {
    int32_t centi;
} fx_leverage;

/** Time since 1970-01-01T00:00Z in microseconds. 0 = none. */
typedef struct {
    int64_t us;
} fx_time;

#endif

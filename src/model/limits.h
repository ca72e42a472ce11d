/**
 * @file limits.h
 * Every capacity of an engine. They decide what is refused, so they are the first record of a log.
 * Thread: any (data).
 */
#ifndef FX_MODEL_LIMITS_H
#define FX_MODEL_LIMITS_H

#include <stdint.h>

/** Every capacity. A full pool is a reject with CAPACITY, never a crash. */
struct fx_engine_limits {
    uint32_t accounts_max;
    uint32_t positions_max; /* an account's setting or position on one symbol */
    uint32_t orders_max;    /* open orders */
    uint32_t instruments_max;
    uint32_t assets_max;
    uint32_t
        client_ids_max; /* open and remembered clientOrderIds; the oldest ended one gives way. A
                           quarter as many names of movements of money, at least 1,024, beside */
    uint32_t book_window_levels; /* per instrument, power of two */
    uint32_t book_overflow_levels_max;
    uint32_t account_orders_max; /* open orders of one account over all symbols */
    uint32_t fills_max;          /* makers that one command may meet */
    uint32_t cancels_max;        /* orders that one CANCEL_ALL ends; has_more tells of the rest */
    uint32_t reduce_orders_max;  /* resting reduce-only orders of one account on one symbol */
};

#endif

/**
 * @file store_maria_error_int.h
 * What an error number of MariaDB, MySQL or the connector means for the one who asked. Thread: any.
 */
#ifndef FX_STORE_STORE_MARIA_ERROR_INT_H
#define FX_STORE_STORE_MARIA_ERROR_INT_H

#include <stdbool.h>

#include "base/status.h"

struct fx_store_maria_error {
    fx_status status;  /* BUSY: again as a whole; IO: later, maybe on another connection; else no
                          repetition helps */
    bool is_lost;      /* the connection is of no use any more */
    const char *words; /* what an operator can do about it; "" where nothing is known */
};

/** Never OK but for 0. A number that is not listed is INTERNAL, the connector's own are IO. */
struct fx_store_maria_error fx_store_maria_error_of(unsigned int code);

#endif

/**
 * @file mode_command.h
 * The payloads of the commands on modes of accounts and on the end of contracts; command.h says
 * what they have in common.
 *
 * Stored in logs: sizes and meanings never change. Thread: any (data).
 */
#ifndef FX_MODEL_MODE_COMMAND_H
#define FX_MODEL_MODE_COMMAND_H

#include <stdint.h>

#include "model/ids.h"

/** SET_POSITION_MODE: flat and without orders. An account that is created later is one-way. */
struct fx_command_position_mode {
    struct fx_asset asset; /* empty: all accounts of the user */
    uint32_t is_hedge;
    uint32_t zero;
};

/** SETTLE: end a contract now, at a price or (DATED) at the average of its index so far. */
struct fx_command_settle {
    int64_t settle_ticks; /* where has_price */
    uint32_t has_price;
    uint32_t zero;
};

/** FREEZE_ACCOUNT: all accounts of a user, also those that are created later. */
struct fx_command_freeze {
    uint32_t is_frozen;
    uint32_t zero;
};

#endif

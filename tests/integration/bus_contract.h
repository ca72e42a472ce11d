/**
 * @file bus_contract.h
 * What every adapter of the bus must do; each adapter's test runs this suite with its own way of
 * opening one.
 */
#ifndef FX_INTEGRATION_BUS_CONTRACT_H
#define FX_INTEGRATION_BUS_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"

struct bus_contract_adapter {
    const char *name;
    /** Open a handle on what is there; `pending_max` 0 = the adapter's. */
    fx_status (*open)(uint32_t pending_max, struct fx_bus **bus_out);
    /** Does what was delivered outlive the handle? */
    bool is_lasting;
    uint32_t many; /* records where it should be many */
};

/** @return the number of failed tests. */
int bus_contract_run(const struct bus_contract_adapter *adapter);

#endif

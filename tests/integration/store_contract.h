/**
 * @file store_contract.h
 * What every adapter of the store must do; each adapter's test runs this suite with its own way of
 * opening a database.
 */
#ifndef FX_INTEGRATION_STORE_CONTRACT_H
#define FX_INTEGRATION_STORE_CONTRACT_H

#include <stdbool.h>

#include "store/store.h"

struct store_contract_adapter {
    const char *name;
    /** Make an empty database, with or without its tables; *context_out goes to the others. */
    bool (*setup)(void **context_out);
    fx_status (*open)(void *context, bool is_writer, struct fx_store **store_out);
    void (*teardown)(void *context);
};

/** @return the number of failed tests. */
int store_contract_run(const struct store_contract_adapter *adapter);

#endif

/**
 * @file app_demo.h
 * What `serve --demo` puts into an empty exchange: instruments, two funded traders, two bot users.
 *
 * Everything goes the normal way: users into the store, the rest as commands into the log. Running
 * it again changes nothing but what is missing (G4: it may have been killed half-way): an account
 * that holds nothing is funded. The traders' credentials are written once to
 * demo-credentials.json (0600). Thread: the main thread, before the loop runs.
 */
#ifndef FX_APP_APP_DEMO_H
#define FX_APP_APP_DEMO_H

#include <stdint.h>

#include "app/app_gateway.h"
#include "base/status.h"
#include "store/store.h"

enum { FX_APP_DEMO_BOTS = 2, FX_APP_DEMO_TRADERS = 2 };

struct fx_app_demo_options {
    struct fx_app_gateway *gateway;
    struct fx_store *writer;    /* may insert users */
    const struct fx_seal *seal; /* for the secrets of API keys */
    const char *data_dir;
    uint32_t password_cost;
    int64_t now_us;
};

/** The users it made or found. */
struct fx_app_demo_users {
    uint64_t traders[FX_APP_DEMO_TRADERS];
    uint64_t bots[FX_APP_DEMO_BOTS];
};

/** @return OK; or what a command or the store said (logged). */
FX_MUST_USE fx_status fx_app_demo_seed(const struct fx_app_demo_options *options,
                                       struct fx_app_demo_users *users_out);

#endif

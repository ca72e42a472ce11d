/**
 * @file worker_host.h
 * What the workers ask of the machine they run on: its files and its time.
 *
 * Production takes this machine's; the simulator gives a disk that fails and a clock that it turns.
 * Copied by value; what it points to outlives the workers. Thread: any.
 */
#ifndef FX_WORKER_WORKER_HOST_H
#define FX_WORKER_WORKER_HOST_H

#include <stddef.h>
#include <stdint.h>

#include "bus/bus_file.h"

/** A wall clock, in microseconds since 1970. */
typedef int64_t (*fx_worker_host_clock_fn)(void *context);

/** Zeroed members are this machine's. */
struct fx_worker_host {
    struct fx_bus_file_system system;
    fx_worker_host_clock_fn clock;
    void *clock_context;
};

/** The host with every zeroed member filled in; NULL gives this machine. */
struct fx_worker_host fx_worker_host_of(const struct fx_worker_host *host);

/** Gives a block for an engine, to be freed with free(): at a cache line; in huge pages where it is
 * large, because each order touches a dozen places of it. @return NULL: no memory. */
void *fx_worker_host_block(size_t size);

/** The host's time. */
int64_t fx_worker_host_now_us(const struct fx_worker_host *host);

#endif

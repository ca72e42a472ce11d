#include "worker/worker_host.h"

#include <stddef.h>

#include "base/clock.h"

static int64_t wall_us(void *context)
{
    (void)context;
    return fx_clock_wall_us();
}

struct fx_worker_host fx_worker_host_of(const struct fx_worker_host *host)
{
    struct fx_worker_host filled = {.clock = NULL};
    if (host != NULL) {
        filled = *host;
    }
    if (filled.system.ops == NULL) {
        filled.system = fx_bus_file_posix();
    }
    if (filled.clock == NULL) {
        filled.clock = wall_us;
    }
    return filled;
}

int64_t fx_worker_host_now_us(const struct fx_worker_host *host)
{
    return host->clock(host->clock_context);
}

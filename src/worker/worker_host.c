#include "worker/worker_host.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/clock.h"

enum { LINE_SIZE = 64, HUGE_PAGE = 1 << 21 };

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

void *fx_worker_host_block(size_t size)
{
    if (size < HUGE_PAGE) {
        return aligned_alloc(LINE_SIZE, (size + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE);
    }
    const size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, whole);
    if (memory != NULL) {
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish: without them it is only slower */
    }
    return memory;
}

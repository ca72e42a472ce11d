#include "worker/worker_group.h"

enum {
    OPEN_US = 800, /* a group is open so long: somewhat less than linger.ms */
    AWAY_US = 100000
};

bool fx_worker_group_waits(const struct fx_worker_group *group, uint32_t pending, int64_t now_us)
{
    return pending > 0 && now_us - group->begun_us >= OPEN_US &&
           !fx_worker_group_is_away(group, now_us);
}

/* … or the clock was set back. */
bool fx_worker_group_is_away(const struct fx_worker_group *group, int64_t now_us)
{
    const int64_t since_us = now_us - group->begun_us;
    return since_us < 0 || since_us >= AWAY_US;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a count and a time
void fx_worker_group_add(struct fx_worker_group *group, uint32_t pending, int64_t now_us)
{
    const int64_t since_us = now_us - group->begun_us;
    if (pending == 0 || since_us >= OPEN_US || since_us < 0) {
        group->begun_us = now_us;
    }
}

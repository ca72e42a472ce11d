/* An independent fold of the events, and what must hold after each command. */
#include "sim/sim_int.h"

void fx_sim_ledger_apply(struct fx_sim_world *world, const struct fx_event events[], uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        world->result->trades += events[index].kind == FX_EVENT_TRADE ? 1 : 0;
    }
}

void fx_sim_ledger_rebuild(struct fx_sim_world *world)
{
    (void)world;
}

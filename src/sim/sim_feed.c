/* Prices: where they go, and what the feeds of the contracts make of it. */
#include "sim/sim_int.h"

static int64_t step_of(struct fx_sim_world *world, int64_t mid)
{
    struct fx_rng *rng = &world->market;
    const int64_t small = mid / 500 + 1;
    switch (world->plan.regime) {
    case FX_SIM_PLAN_CALM:
        return fx_rng_between(rng, -1, 1);
    case FX_SIM_PLAN_CRASH:
        return fx_rng_between(rng, -3 * small, small);
    case FX_SIM_PLAN_GAP:
        return fx_rng_below(rng, 20) == 0 ? fx_rng_between(rng, -mid / 8, mid / 8)
                                          : fx_rng_between(rng, -small, small);
    case FX_SIM_PLAN_OSCILLATE:
        break;
    }
    return world->schedule.now_us / 100000 % 2 == 0 ? 2 * small : -2 * small;
}

static void set_mark(struct fx_sim_world *world, uint32_t id, struct fx_command *command)
{
    const int64_t mid = world->mids[id];
    *command = fx_command_blank(FX_COMMAND_MARK_PRICE, id, 0);
    command->u.mark.index_ticks = mid;
    command->u.mark.mark_ticks = mid + fx_rng_between(&world->market, -mid / 200, mid / 200);
}

/* What the feed of a contract says, in good days and in bad ones. */
static bool speak(struct fx_sim_world *world, uint32_t id, struct fx_command *command)
{
    struct fx_rng *rng = &world->market;
    const struct fx_sim_plan *plan = &world->plan;
    const struct fx_sim_plan_contract *contract = &plan->contracts[id];
    const enum fx_sim_plan_feed feed =
        (enum fx_sim_plan_feed)fx_sim_stream_pick(rng, plan->feeds, FX_SIM_PLAN_FEEDS);
    const int64_t mid = world->mids[id];
    *command = fx_command_blank(FX_COMMAND_INDEX_PRICE, id, 0);
    command->u.index.index_ticks = mid;
    command->u.index.source_count = contract->rules.sources_min + (uint32_t)fx_rng_below(rng, 3);
    switch ((int)feed) {
    case FX_SIM_PLAN_FEED_SILENT:
        world->silent_us[id] = world->schedule.now_us +
                               plan->mark_us * plan->contract_count * fx_rng_between(rng, 1, 60);
        return false;
    case FX_SIM_PLAN_FEED_OLD:
        command->u.index.source_us = fx_sim_world_wall_us(world) -
                                     contract->rules.max_age_us * fx_rng_between(rng, 0, 4) / 2 - 1;
        break;
    case FX_SIM_PLAN_FEED_FEW:
        command->u.index.source_count = contract->rules.sources_min - 1;
        command->u.index.index_ticks = fx_rng_below(rng, 2) == 0 ? 0 : mid;
        break;
    case FX_SIM_PLAN_FEED_WILD:
        command->u.index.index_ticks = 1 + mid * fx_rng_between(rng, 60, 160) / 100;
        break;
    case FX_SIM_PLAN_FEED_BARE:
        set_mark(world, id, command);
        break;
    default:
        break;
    }
    return true;
}

bool fx_sim_feed_draw(struct fx_sim_world *world, struct fx_command *command_out)
{
    const uint32_t id = (uint32_t)fx_rng_below(&world->market, world->plan.contract_count);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    int64_t *mid = &world->mids[id];
    *mid = *mid == 0 ? contract->mid_ticks : *mid + step_of(world, *mid);
    *mid = *mid < contract->mid_ticks / 3 ? contract->mid_ticks / 3 : *mid;
    *mid = *mid > contract->mid_ticks * 3 ? contract->mid_ticks * 3 : *mid;
    if (world->silent_us[id] > world->schedule.now_us) {
        return false;
    }
    if (contract->has_feed) {
        return speak(world, id, command_out);
    }
    set_mark(world, id, command_out);
    return true;
}

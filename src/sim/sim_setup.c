/* What the exchange is before anything goes wrong: contracts, users, their money and modes. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum {
    MONEY_STEPS = 1000,
    LISTING_STEPS = 5, /* commands that list a contract … */
    USER_STEPS = 3,    /* … and that bring a user to it */
    HEDGE_FACTOR = 379721
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a contract, a user
static fx_i128 deposit_of(const struct fx_sim_world *world, uint32_t contract, uint64_t user)
{
    const struct fx_sim_plan *plan = &world->plan;
    const fx_i128 value = fx_sim_load_value(&plan->contracts[contract], plan->lots_max);
    return value / MONEY_STEPS * plan->deposit_steps * (int64_t)(1 + user % 3) / 3 + 12345;
}

static void list(const struct fx_sim_world *world, uint32_t step, struct fx_command *command)
{
    const uint32_t id = step / LISTING_STEPS;
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    switch (step % LISTING_STEPS) {
    case 0:
        *command = fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, id, 0);
        command->u.instrument = contract->definition;
        break;
    case 1:
        *command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, id, 0);
        command->u.tiers = contract->tiers;
        break;
    case 2:
        *command = fx_command_blank(FX_COMMAND_SET_STATE, id, 0);
        command->u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
        break;
    case 3:
        *command = fx_command_blank(FX_COMMAND_SET_STATE, id, 0);
        command->u.set_state.state = FX_INSTRUMENT_STATE_TRADING; /* changes nothing */
        if (contract->has_feed) {
            command->kind = FX_COMMAND_SET_MARK_RULES;
            memset(&command->u, 0, sizeof command->u);
            command->u.mark_rules = contract->rules;
        }
        break;
    default:
        *command = fx_command_blank(FX_COMMAND_MARK_PRICE, id, 0);
        command->u.mark.mark_ticks = contract->mid_ticks;
        command->u.mark.index_ticks = contract->mid_ticks;
        break;
    }
}

/* A user and a contract's asset: an account, money, how he holds positions. */
static void join(const struct fx_sim_world *world, uint32_t step, struct fx_command *command)
{
    const struct fx_sim_plan *plan = &world->plan;
    const uint32_t contract = step / USER_STEPS % plan->contract_count;
    const uint64_t user = 1 + step / USER_STEPS / plan->contract_count;
    const struct fx_asset *asset = &plan->contracts[contract].definition.settle;
    switch (step % USER_STEPS) {
    case 0:
        *command = fx_command_blank(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
        command->u.account.asset = *asset;
        command->u.account.has_fees = user % 5 == 0 ? 1 : 0;
        command->u.account.maker_fee_ppb = user % 5 == 0 ? -70001 : 0;
        command->u.account.taker_fee_ppb = user % 5 == 0 ? 330007 : 0;
        break;
    case 1:
        *command = fx_command_blank(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user);
        command->u.transfer.asset = *asset;
        command->u.transfer.amount = deposit_of(world, contract, user);
        command->u.transfer.type = FX_TRANSACTION_DEPOSIT;
        if (user % 4 == 0) {
            command->u.transfer.type = FX_TRANSACTION_REWARD;
            command->u.transfer.is_reward = 1;
        }
        break;
    default:
        *command = fx_command_blank(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user);
        command->u.position_mode.asset = *asset;
        command->u.position_mode.is_hedge =
            user * HEDGE_FACTOR % FX_SIM_STREAM_PPM < plan->hedge_ppm ? 1 : 0;
        break;
    }
}

bool fx_sim_setup_command(const struct fx_sim_world *world,
                          uint32_t index,
                          struct fx_command *command_out)
{
    const struct fx_sim_plan *plan = &world->plan;
    const uint32_t listing = plan->contract_count * LISTING_STEPS;
    const uint32_t money = plan->contract_count * plan->user_count * USER_STEPS;
    if (index < listing) {
        list(world, index, command_out);
        return true;
    }
    const uint32_t step = index - listing;
    if (step >= money) {
        return false;
    }
    join(world, step, command_out);
    return true;
}

/* What clients ask for: orders of every kind around the price, and a good deal of nonsense. Who is
 * open is looked up in the gateway's view, as a client would. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum { PERCENT = 10000, US_PER_MS = 1000, MONEY_STEPS = 1000, NEAR_TICKS = 3 };

static bool chance(struct fx_sim_world *world, uint32_t ppm)
{
    return fx_sim_stream_chance(&world->clients.rng, ppm);
}

static uint64_t below(struct fx_sim_world *world, uint64_t bound)
{
    return fx_rng_below(&world->clients.rng, bound);
}

static int64_t between(struct fx_sim_world *world, int64_t low, int64_t high)
{
    return fx_rng_between(&world->clients.rng, low, high);
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): kind, contract, user, as in a command
static void clear(struct fx_command *command,
                  enum fx_command_kind kind,
                  uint32_t instrument,
                  uint64_t user_id)
{
    memset(command, 0, sizeof *command);
    command->kind = (uint16_t)kind;
    command->instrument = instrument;
    command->user_id = user_id;
}
// NOLINTEND(bugprone-easily-swappable-parameters)

static fx_i128 value_of(const struct fx_sim_plan_contract *contract, int64_t lots)
{
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(
        &contract->definition, (fx_px){contract->mid_ticks}, (fx_qty){lots}, &value);
    FX_ASSERT(is_valued);
    return value.units + 1;
}

/* ---- before anything goes wrong ---------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a contract, a user
static fx_i128 deposit_of(const struct fx_sim_world *world, uint32_t contract, uint64_t user)
{
    const struct fx_sim_plan *plan = &world->plan;
    const fx_i128 value = value_of(&plan->contracts[contract], plan->lots_max);
    return value / MONEY_STEPS * plan->deposit_steps * (int64_t)(1 + user % 3) / 3 + 12345;
}

static void list(const struct fx_sim_world *world, uint32_t step, struct fx_command *command)
{
    const uint32_t id = step / 4;
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    switch (step % 4) {
    case 0:
        clear(command, FX_COMMAND_UPDATE_INSTRUMENT, id, 0);
        command->u.instrument = contract->definition;
        break;
    case 1:
        clear(command, FX_COMMAND_LOAD_LEVERAGE_MARGIN, id, 0);
        command->u.tiers = contract->tiers;
        break;
    case 2:
        clear(command, FX_COMMAND_SET_STATE, id, 0);
        command->u.set_state.state = FX_INSTRUMENT_STATE_TRADING;
        break;
    default:
        clear(command, FX_COMMAND_MARK_PRICE, id, 0);
        command->u.mark.mark_ticks = contract->mid_ticks;
        command->u.mark.index_ticks = contract->mid_ticks;
        break;
    }
}

bool fx_sim_load_setup(const struct fx_sim_world *world,
                       uint32_t index,
                       struct fx_command *command_out)
{
    const struct fx_sim_plan *plan = &world->plan;
    const uint32_t listing = plan->contract_count * 4;
    const uint32_t money = plan->contract_count * plan->user_count * 2;
    if (index < listing) {
        list(world, index, command_out);
        return true;
    }
    const uint32_t step = index - listing;
    if (step >= money) {
        return false;
    }
    const uint32_t contract = step / 2 % plan->contract_count;
    const uint64_t user = 1 + step / 2 / plan->contract_count;
    const struct fx_instrument *definition = &plan->contracts[contract].definition;
    if (step % 2 == 0) {
        clear(command_out, FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
        command_out->u.account.asset = definition->settle;
        command_out->u.account.has_fees = user % 5 == 0 ? 1 : 0;
        command_out->u.account.maker_fee_ppb = user % 5 == 0 ? -70001 : 0;
        command_out->u.account.taker_fee_ppb = user % 5 == 0 ? 330007 : 0;
    } else {
        clear(command_out, FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user);
        command_out->u.transfer.asset = definition->settle;
        command_out->u.transfer.amount = deposit_of(world, contract, user);
        command_out->u.transfer.type = FX_TRANSACTION_DEPOSIT;
        if (user % 4 == 0) {
            command_out->u.transfer.type = FX_TRANSACTION_REWARD;
            command_out->u.transfer.is_reward = 1;
        }
    }
    return true;
}

/* ---- prices -----------------------------------------------------------------------------------
 */

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

void fx_sim_load_mark(struct fx_sim_world *world, struct fx_command *command_out)
{
    const uint32_t id = (uint32_t)fx_rng_below(&world->market, world->plan.contract_count);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    int64_t *mid = &world->mids[id];
    *mid = *mid == 0 ? contract->mid_ticks : *mid + step_of(world, *mid);
    *mid = *mid < contract->mid_ticks / 3 ? contract->mid_ticks / 3 : *mid;
    *mid = *mid > contract->mid_ticks * 3 ? contract->mid_ticks * 3 : *mid;
    const int64_t away = fx_rng_between(&world->market, -*mid / 200, *mid / 200);
    clear(command_out, FX_COMMAND_MARK_PRICE, id, 0);
    command_out->u.mark.index_ticks = *mid;
    command_out->u.mark.mark_ticks = *mid + away;
}

static int64_t mid_of(const struct fx_sim_world *world, uint32_t id)
{
    return world->mids[id] != 0 ? world->mids[id] : world->plan.contracts[id].mid_ticks;
}

static int64_t price_near(struct fx_sim_world *world, uint32_t id, int64_t spread)
{
    const int64_t ticks = mid_of(world, id) + between(world, -spread, spread);
    return ticks < 1 ? 1 : ticks;
}

/* ---- orders -----------------------------------------------------------------------------------
 */

static uint32_t draw_contract(struct fx_sim_world *world)
{
    return chance(world, world->plan.skew_ppm) ? 0
                                               : (uint32_t)below(world, world->plan.contract_count);
}

static int64_t draw_lots(struct fx_sim_world *world)
{
    const int64_t most = below(world, 3) == 0 ? world->plan.lots_max : world->plan.lots_max / 4 + 1;
    return 1 + (int64_t)below(world, (uint64_t)most);
}

static void draw_terms(struct fx_sim_world *world, struct fx_command_place *place)
{
    const struct fx_sim_plan *plan = &world->plan;
    const int64_t now_us = fx_sim_world_wall_us(world);
    place->time_in_force = FX_TIME_IN_FORCE_GTC;
    if (chance(world, plan->ioc_ppm)) {
        place->time_in_force = FX_TIME_IN_FORCE_IOC;
    } else if (chance(world, plan->fok_ppm)) {
        place->time_in_force = FX_TIME_IN_FORCE_FOK;
    } else if (chance(world, plan->gtd_ppm)) {
        place->time_in_force = FX_TIME_IN_FORCE_GTD;
        place->expire_us = now_us + between(world, 990, 1400) * US_PER_MS;
    }
    if (chance(world, plan->post_only_ppm)) {
        place->post_only_mode =
            below(world, 2) == 0 ? FX_POST_ONLY_MODE_REJECT : FX_POST_ONLY_MODE_SLIDE;
    }
    place->is_reduce_only = chance(world, plan->reduce_only_ppm) ? 1 : 0;
    if (chance(world, plan->stp_ppm)) {
        place->stp_mode = (uint8_t)between(world, FX_STP_MODE_EXPIRE_MAKER, FX_STP_MODE_NONE);
    }
    if (chance(world, plan->leverage_ppm)) {
        place->leverage_centi = (int32_t)between(world, 90, 13000);
        place->margin_mode =
            (uint8_t)(below(world, 2) == 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED);
    }
    if (chance(world, plan->tmp_id_ppm)) {
        place->tmp_id = world->clients.next_tmp_id;
        world->clients.next_tmp_id++;
    }
}

static void place(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    clear(command, FX_COMMAND_PLACE_ORDER, id, user);
    struct fx_command_place *order = &command->u.place;
    order->side = (uint8_t)(below(world, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL);
    order->lots = draw_lots(world);
    draw_terms(world, order);
    if (chance(world, world->plan.market_ppm)) {
        order->type = FX_ORDER_TYPE_MARKET;
        order->post_only_mode = FX_POST_ONLY_MODE_OFF;
    } else {
        order->type = FX_ORDER_TYPE_LIMIT;
        order->price_ticks = price_near(world, id, world->plan.spread_ticks);
    }
}

static void place_conditional(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    place(world, user, command);
    const uint32_t id = command->instrument;
    const int64_t spread = world->plan.spread_ticks * 2;
    struct fx_command_conditional *order = &command->u.conditional;
    command->kind = FX_COMMAND_PLACE_CONDITIONAL;
    order->place.type =
        (uint8_t)between(world, FX_ORDER_TYPE_STOP_LIMIT, FX_ORDER_TYPE_TRAILING_STOP);
    order->source = (uint8_t)between(world, FX_TRIGGER_SOURCE_LAST, FX_TRIGGER_SOURCE_INDEX);
    order->trigger_ticks = price_near(world, id, spread);
    order->is_price_protected = below(world, 4) == 0 ? 1 : 0;
    const bool has_limit = order->place.type == FX_ORDER_TYPE_STOP_LIMIT ||
                           order->place.type == FX_ORDER_TYPE_TAKE_PROFIT_LIMIT;
    order->place.price_ticks = has_limit ? price_near(world, id, spread) : 0;
    if (order->place.type == FX_ORDER_TYPE_TRAILING_STOP) {
        order->callback_ppb =
            (int32_t)between(world, FX_COMMAND_CALLBACK_PPB_MIN, FX_COMMAND_CALLBACK_PPB_MAX / 4);
        order->trigger_ticks = below(world, 2) == 0 ? 0 : order->trigger_ticks;
        order->place.time_in_force = FX_TIME_IN_FORCE_GTC;
        order->place.expire_us = 0;
    }
    if (!has_limit) {
        order->place.post_only_mode = FX_POST_ONLY_MODE_OFF;
        order->place.time_in_force = FX_TIME_IN_FORCE_GTC;
        order->place.expire_us = 0;
    }
    if (!has_limit && order->place.type != FX_ORDER_TYPE_TRAILING_STOP && below(world, 5) == 0) {
        order->is_close_position = 1;
        order->place.lots = 0;
    }
}

/* One of the user's open orders, as the gateway sees them; 0 where it knows none. */
static const struct fx_rows_order *draw_open(struct fx_sim_world *world, uint64_t user)
{
    const struct fx_view *view = world->process.view;
    if (view == NULL) {
        return NULL;
    }
    uint32_t cursor = 0;
    const struct fx_rows_order *found = NULL;
    uint64_t skip = below(world, 8);
    for (const struct fx_rows_order *order = fx_view_next_order(view, user, &cursor); order != NULL;
         order = fx_view_next_order(view, user, &cursor)) {
        found = order;
        if (skip == 0) {
            break;
        }
        skip--;
    }
    return found;
}

static void name_order(struct fx_sim_world *world,
                       const struct fx_rows_order *order,
                       uint64_t *order_id,
                       struct fx_client_id *client_id)
{
    if (order == NULL) {
        *order_id = 1 + below(world, 300); /* another's, or none */
    } else if (order->client_id.size != 0 && below(world, 2) == 0) {
        *client_id = order->client_id;
    } else {
        *order_id = order->id;
    }
}

static void amend(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const struct fx_rows_order *order = draw_open(world, user);
    const uint32_t id = order == NULL ? 0 : order->instrument;
    clear(command, FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user);
    struct fx_command_amend *change = &command->u.amend;
    name_order(world, order, &change->order_id, &change->client_id);
    if (below(world, 2) == 0) {
        change->price_ticks = price_near(world, id, world->plan.spread_ticks);
    }
    if (below(world, 2) == 0) {
        change->lots = draw_lots(world);
    }
}

static void amend_conditional(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    amend(world, user, command);
    command->kind = FX_COMMAND_AMEND_CONDITIONAL;
    if (below(world, 3) != 0) {
        command->u.amend_conditional.trigger_ticks =
            price_near(world, 0, world->plan.spread_ticks * 2);
    }
}

static void set_tp_sl(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const int64_t mid = mid_of(world, id);
    const int64_t away = between(world, 1, NEAR_TICKS + world->plan.spread_ticks);
    const bool is_long = below(world, 2) == 0;
    clear(command, FX_COMMAND_ADJUST_TP_SL, id, user);
    struct fx_command_tp_sl *tp_sl = &command->u.tp_sl;
    tp_sl->take_profit_ticks =
        below(world, 5) == 0 ? FX_COMMAND_TP_SL_KEEP : mid + (is_long ? away : -away);
    tp_sl->stop_loss_ticks = below(world, 5) == 0 ? 0 : mid + (is_long ? -away : away);
    tp_sl->take_profit_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
    tp_sl->stop_loss_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
}

/* ---- accounts and the exchange ----------------------------------------------------------------
 */

static void move_money(struct fx_sim_world *world,
                       uint64_t user,
                       enum fx_sim_plan_deed deed,
                       struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    const fx_i128 amount = value_of(contract, world->plan.lots_max) / between(world, 2, 5000) + 1;
    if (deed == FX_SIM_PLAN_MOVE) {
        clear(command, FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, user);
        command->u.move.amount = amount;
        command->u.move.asset = contract->definition.settle;
        command->u.move.to_user_id = 1 + below(world, world->plan.user_count + 1);
        return;
    }
    clear(command,
          deed == FX_SIM_PLAN_DEPOSIT ? FX_COMMAND_DEPOSIT : FX_COMMAND_WITHDRAW,
          FX_COMMAND_ALL_INSTRUMENTS,
          user);
    command->u.transfer.amount = amount;
    command->u.transfer.asset = contract->definition.settle;
    command->u.transfer.type =
        deed == FX_SIM_PLAN_DEPOSIT ? FX_TRANSACTION_DEPOSIT : FX_TRANSACTION_WITHDRAWAL;
}

static void set_leverage(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    clear(command, FX_COMMAND_ADJUST_LEVERAGE, draw_contract(world), user);
    command->u.leverage.leverage_centi = (int32_t)between(world, 80, 13000);
    command->u.leverage.margin_mode = (uint32_t)between(world, 0, FX_MARGIN_MODE_ISOLATED);
}

static void adjust_margin(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const fx_i128 amount = value_of(&world->plan.contracts[id], draw_lots(world)) / 20 + 1;
    clear(command, FX_COMMAND_ADJUST_MARGIN_POSITION, id, user);
    command->u.margin.amount = below(world, 2) == 0 ? amount : -amount;
    command->u.margin.position_side = FX_POSITION_SIDE_BOTH;
}

static void set_account(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    clear(command, FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
    command->u.account.asset = world->plan.contracts[id].definition.settle;
    command->u.account.flags =
        (uint32_t)(below(world, 3) == 0 ? between(world, 0, 15) : FX_ACCOUNT_FLAG_BOT);
    command->u.account.has_fees = (uint32_t)below(world, 2);
    if (command->u.account.has_fees != 0) {
        command->u.account.maker_fee_ppb = between(world, -90001, 200003);
        command->u.account.taker_fee_ppb = between(world, 100001, 700001);
    }
}

static void set_state(struct fx_sim_world *world, struct fx_command *command)
{
    static const uint32_t STATES[] = {FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_POST_ONLY,
                                      FX_INSTRUMENT_STATE_CANCEL_ONLY,
                                      FX_INSTRUMENT_STATE_HALTED};
    clear(command, FX_COMMAND_SET_STATE, draw_contract(world), 0);
    command->u.set_state.state = STATES[below(world, sizeof STATES / sizeof STATES[0])];
}

static void update_instrument(struct fx_sim_world *world, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    clear(command, FX_COMMAND_UPDATE_INSTRUMENT, id, 0);
    struct fx_instrument *definition = &command->u.instrument;
    *definition = world->plan.contracts[id].definition;
    definition->maker_fee_ppb = between(world, -150000, 400000);
    definition->taker_fee_ppb = between(world, 150000, 900007);
    if (below(world, 4) == 0) {
        definition->tick_size += 1; /* refused: immutable */
    }
}

static void load_tiers(struct fx_sim_world *world, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    clear(command, FX_COMMAND_LOAD_LEVERAGE_MARGIN, id, 0);
    command->u.tiers = world->plan.contracts[id].tiers;
    if (below(world, 2) == 0) {
        command->u.tiers.count = 1;
        command->u.tiers.tiers[0].cap = fx_dec_limit() - 1;
        memset(&command->u.tiers.tiers[1],
               0,
               sizeof command->u.tiers - sizeof command->u.tiers.count -
                   sizeof command->u.tiers.zero - sizeof command->u.tiers.tiers[0]);
    }
}

static void fund(struct fx_sim_world *world, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    const fx_i128 amount = value_of(contract, world->plan.lots_max) / between(world, 2, 500) + 1;
    clear(command, FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command->u.fund_insurance.amount = below(world, 4) == 0 ? -amount : amount;
    command->u.fund_insurance.asset = contract->definition.settle;
}

/* Fields that no careful client would send. */
static void spoil(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    place(world, user, command);
    struct fx_command_place *order = &command->u.place;
    switch (below(world, 9)) {
    case 0:
        order->lots = world->plan.lots_max * 3;
        break;
    case 1:
        order->price_ticks = world->plan.contracts[command->instrument].definition.max_ticks + 1;
        break;
    case 2:
        order->expire_us = fx_sim_world_wall_us(world) - 1;
        break;
    case 3:
        command->instrument = world->plan.contract_count;
        break;
    case 4:
        command->user_id = world->plan.user_count + 7;
        break;
    case 5:
        order->time_in_force = 0;
        break;
    case 6:
        order->time_in_force = FX_TIME_IN_FORCE_GTD;
        order->expire_us = fx_sim_world_wall_us(world) + 1000;
        break;
    case 7:
        order->leverage_centi = 3000000;
        break;
    default:
        order->type = FX_ORDER_TYPE_MARKET;
        order->price_ticks = 0;
        order->lots = world->plan.lots_max;
        order->post_only_mode = FX_POST_ONLY_MODE_OFF;
        break;
    }
}

static void cancel(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    clear(command, FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user);
    name_order(
        world, draw_open(world, user), &command->u.cancel.order_id, &command->u.cancel.client_id);
}

static void cancel_all(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const bool is_all = below(world, 2) == 0;
    clear(command,
          FX_COMMAND_CANCEL_ALL,
          is_all ? FX_COMMAND_ALL_INSTRUMENTS : draw_contract(world),
          user);
    command->u.cancel_all.scope =
        (uint32_t)between(world, FX_CANCEL_SCOPE_ALL, FX_CANCEL_SCOPE_STOP);
}

static void set_countdown(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const bool is_all = below(world, 2) == 0;
    clear(command,
          FX_COMMAND_CANCEL_ALL_AFTER,
          is_all ? FX_COMMAND_ALL_INSTRUMENTS : draw_contract(world),
          user);
    command->u.countdown.countdown_us =
        below(world, 5) == 0 ? 0 : between(world, 1, 800) * US_PER_MS;
}

static void ask(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    place(world, user, command);
    command->kind = FX_COMMAND_TEST_ORDER;
}

void fx_sim_load_draw(struct fx_sim_world *world, uint32_t client, struct fx_command *command_out)
{
    const struct fx_sim_plan *plan = &world->plan;
    const uint64_t user =
        1 + (client + below(world, 2) * below(world, plan->user_count)) % plan->user_count;
    const enum fx_sim_plan_deed deed = (enum fx_sim_plan_deed)fx_sim_stream_pick(
        &world->clients.rng, plan->deeds, FX_SIM_PLAN_DEEDS);
    switch (deed) {
    case FX_SIM_PLAN_PLACE:
        place(world, user, command_out);
        break;
    case FX_SIM_PLAN_CONDITIONAL:
        place_conditional(world, user, command_out);
        break;
    case FX_SIM_PLAN_AMEND:
        amend(world, user, command_out);
        break;
    case FX_SIM_PLAN_AMEND_CONDITIONAL:
        amend_conditional(world, user, command_out);
        break;
    case FX_SIM_PLAN_CANCEL:
        cancel(world, user, command_out);
        break;
    case FX_SIM_PLAN_CANCEL_ALL:
        cancel_all(world, user, command_out);
        break;
    case FX_SIM_PLAN_COUNTDOWN:
        set_countdown(world, user, command_out);
        break;
    case FX_SIM_PLAN_TP_SL:
        set_tp_sl(world, user, command_out);
        break;
    case FX_SIM_PLAN_LEVERAGE:
        set_leverage(world, user, command_out);
        break;
    case FX_SIM_PLAN_MARGIN:
        adjust_margin(world, user, command_out);
        break;
    case FX_SIM_PLAN_DEPOSIT:
    case FX_SIM_PLAN_WITHDRAW:
    case FX_SIM_PLAN_MOVE:
        move_money(world, user, deed, command_out);
        break;
    case FX_SIM_PLAN_SET_ACCOUNT:
        set_account(world, user, command_out);
        break;
    case FX_SIM_PLAN_SET_STATE:
        set_state(world, command_out);
        break;
    case FX_SIM_PLAN_UPDATE_INSTRUMENT:
        update_instrument(world, command_out);
        break;
    case FX_SIM_PLAN_TIERS:
        load_tiers(world, command_out);
        break;
    case FX_SIM_PLAN_FUND:
        fund(world, command_out);
        break;
    case FX_SIM_PLAN_QUESTION:
        ask(world, user, command_out);
        break;
    case FX_SIM_PLAN_NONSENSE:
    case FX_SIM_PLAN_DEEDS:
        spoil(world, user, command_out);
        break;
    }
}

/* What clients ask for: orders of every kind around the price, and a good deal of nonsense. Who is
 * open is looked up in the gateway's view, as a client would. */
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum { US_PER_MS = 1000, NEAR_TICKS = 3 };

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

fx_i128 fx_sim_load_value(const struct fx_sim_plan_contract *contract, int64_t lots)
{
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(
        &contract->definition, (fx_px){contract->mid_ticks}, (fx_qty){lots}, &value);
    FX_ASSERT(is_valued);
    return value.units + 1;
}

/* ---- orders -----------------------------------------------------------------------------------
 */

static int64_t mid_of(const struct fx_sim_world *world, uint32_t id)
{
    return world->mids[id] != 0 ? world->mids[id] : world->plan.contracts[id].mid_ticks;
}

static int64_t price_near(struct fx_sim_world *world, uint32_t id, int64_t spread)
{
    const int64_t ticks = mid_of(world, id) + between(world, -spread, spread);
    return ticks < 1 ? 1 : ticks;
}

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

/* LONG or SHORT for who hedges; now and then the wrong one. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a contract and a user
static uint8_t draw_side(struct fx_sim_world *world, uint32_t id, uint64_t user)
{
    const struct fx_asset *asset = &world->plan.contracts[id].definition.settle;
    const bool is_hedging = fx_sim_ledger_is_hedging(world, user, asset);
    if (is_hedging == (below(world, 40) == 0)) {
        return FX_POSITION_SIDE_BOTH;
    }
    return (uint8_t)(below(world, 2) == 0 ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT);
}

/* At least a second ahead; where hours pass in seconds, that is soon. Many choose a round date. */
static int64_t draw_date(struct fx_sim_world *world, int64_t now_us)
{
    const int64_t speed = world->plan.clock_speed;
    const int64_t round_us = (world->plan.has_wall ? 60LL : 200LL) * US_PER_MS * speed;
    const int64_t later_us = world->plan.has_wall ? 0 : between(world, 1, 500) * US_PER_MS;
    const int64_t date_us = now_us + between(world, 990, 1400) * US_PER_MS + (speed - 1) * later_us;
    return world->plan.has_round_dates ? (date_us / round_us + 1) * round_us : date_us;
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
        place->expire_us = draw_date(world, now_us);
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
    *command = fx_command_blank(FX_COMMAND_PLACE_ORDER, id, user);
    struct fx_command_place *order = &command->u.place;
    order->side = (uint8_t)(below(world, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL);
    order->lots = draw_lots(world);
    order->position_side = draw_side(world, id, user);
    draw_terms(world, order);
    if (chance(world, world->plan.market_ppm)) {
        order->type = FX_ORDER_TYPE_MARKET;
        order->post_only_mode = FX_POST_ONLY_MODE_OFF;
    } else {
        order->type = FX_ORDER_TYPE_LIMIT;
        order->price_ticks = price_near(world, id, world->plan.spread_ticks);
    }
}

/* Around the price, on the sides where a take profit and a stop loss belong; at times on the wrong
 * ones, or only one of them. */
static void draw_protection(struct fx_sim_world *world,
                            int64_t base,
                            bool is_buy,
                            struct fx_command_protection *protection)
{
    const int64_t spread = NEAR_TICKS + world->plan.spread_ticks;
    const int64_t sign = is_buy == (below(world, 30) != 0) ? 1 : -1;
    const int64_t profit = base + sign * between(world, 1, spread);
    const int64_t loss = base - sign * between(world, 1, spread);
    const uint64_t which = below(world, 6);
    protection->take_profit_ticks = which == 0 || profit < 1 ? 0 : profit;
    protection->stop_loss_ticks = which == 1 || loss < 1 ? 0 : loss;
    if (protection->take_profit_ticks != 0) {
        protection->take_profit_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
        protection->take_profit_limit_ticks = below(world, 3) == 0 ? profit : 0;
    }
    if (protection->stop_loss_ticks != 0) {
        protection->stop_loss_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
        protection->stop_loss_limit_ticks = below(world, 3) == 0 ? loss : 0;
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
    *command = fx_command_blank(FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user);
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

static void place_bracket(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    if (below(world, 4) == 0) {
        place_conditional(world, user, command);
        command->u.conditional.is_close_position = 0;
        command->u.place.lots = command->u.place.lots == 0 ? 1 : command->u.place.lots;
    } else {
        place(world, user, command);
    }
    const struct fx_command_place *order = &command->u.place;
    command->kind = FX_COMMAND_PLACE_BRACKET;
    command->u.place.is_reduce_only = 0;
    draw_protection(world,
                    order->price_ticks != 0 ? order->price_ticks
                                            : mid_of(world, command->instrument),
                    order->side == FX_SIDE_BUY,
                    &command->u.bracket.protection);
}

static void set_order_tp_sl(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const struct fx_rows_order *order = draw_open(world, user);
    struct fx_command_order_tp_sl *tp_sl = &command->u.order_tp_sl;
    *command = fx_command_blank(FX_COMMAND_ADJUST_ORDER_TP_SL, FX_COMMAND_ALL_INSTRUMENTS, user);
    name_order(world, order, &tp_sl->order_id, &tp_sl->client_id);
    const uint32_t id = order == NULL ? 0 : order->instrument;
    draw_protection(
        world, mid_of(world, id), order == NULL || order->side == FX_SIDE_BUY, &tp_sl->protection);
    if (below(world, 4) == 0) {
        tp_sl->protection.take_profit_ticks = FX_COMMAND_TP_SL_KEEP;
        tp_sl->protection.take_profit_source = 0;
        tp_sl->protection.take_profit_limit_ticks = 0;
    }
}

static void set_tp_sl(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const int64_t mid = mid_of(world, id);
    const int64_t away = between(world, 1, NEAR_TICKS + world->plan.spread_ticks);
    const bool is_long = below(world, 2) == 0;
    *command = fx_command_blank(FX_COMMAND_ADJUST_TP_SL, id, user);
    struct fx_command_tp_sl *tp_sl = &command->u.tp_sl;
    tp_sl->take_profit_ticks =
        below(world, 5) == 0 ? FX_COMMAND_TP_SL_KEEP : mid + (is_long ? away : -away);
    tp_sl->stop_loss_ticks = below(world, 5) == 0 ? 0 : mid + (is_long ? -away : away);
    tp_sl->take_profit_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
    tp_sl->stop_loss_source = (uint8_t)between(world, 1, FX_TRIGGER_SOURCE_INDEX);
    tp_sl->position_side = draw_side(world, id, user);
}

/* ---- accounts and the exchange ----------------------------------------------------------------
 */

static fx_i128 draw_amount(struct fx_sim_world *world, uint32_t id)
{
    const fx_i128 value = fx_sim_load_value(&world->plan.contracts[id], world->plan.lots_max);
    return value / between(world, 2, 5000) + 1;
}

static void transfer(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_TRANSFER, FX_COMMAND_ALL_INSTRUMENTS, user);
    command->u.move.amount = draw_amount(world, id);
    command->u.move.asset = world->plan.contracts[id].definition.settle;
    command->u.move.to_user_id = 1 + below(world, world->plan.user_count + 1);
}

static void deposit(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user);
    command->u.transfer.amount = draw_amount(world, id);
    command->u.transfer.asset = world->plan.contracts[id].definition.settle;
    command->u.transfer.type = FX_TRANSACTION_DEPOSIT;
}

static void withdraw(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    deposit(world, user, command);
    command->kind = FX_COMMAND_WITHDRAW;
    command->u.transfer.type = FX_TRANSACTION_WITHDRAWAL;
}

/* With a name: asked again, it is done once. */
static void move_named(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    if (below(world, 2) == 0) {
        deposit(world, user, command);
        command->kind = FX_COMMAND_DEPOSIT_NAMED;
    } else {
        withdraw(world, user, command);
        command->kind = FX_COMMAND_WITHDRAW_NAMED;
    }
}

static void set_leverage(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    *command = fx_command_blank(FX_COMMAND_ADJUST_LEVERAGE, draw_contract(world), user);
    command->u.leverage.leverage_centi = (int32_t)between(world, 80, 13000);
    command->u.leverage.margin_mode = (uint32_t)between(world, 0, FX_MARGIN_MODE_ISOLATED);
}

static void adjust_margin(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    const fx_i128 amount = fx_sim_load_value(&world->plan.contracts[id], draw_lots(world)) / 20 + 1;
    *command = fx_command_blank(FX_COMMAND_ADJUST_MARGIN_POSITION, id, user);
    command->u.margin.amount = below(world, 2) == 0 ? amount : -amount;
    command->u.margin.position_side = draw_side(world, id, user);
}

static void set_account(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_SET_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
    command->u.account.asset = world->plan.contracts[id].definition.settle;
    command->u.account.flags =
        (uint32_t)(below(world, 3) == 0 ? between(world, 0, 15) : FX_ACCOUNT_FLAG_BOT);
    command->u.account.has_fees = (uint32_t)below(world, 2);
    if (command->u.account.has_fees != 0) {
        command->u.account.maker_fee_ppb = between(world, -90001, 200003);
        command->u.account.taker_fee_ppb = between(world, 100001, 700001);
    }
}

static void set_state(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    static const uint32_t STATES[] = {FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_TRADING,
                                      FX_INSTRUMENT_STATE_PENDING,
                                      FX_INSTRUMENT_STATE_SETTLED,
                                      FX_INSTRUMENT_STATE_POST_ONLY,
                                      FX_INSTRUMENT_STATE_CANCEL_ONLY,
                                      FX_INSTRUMENT_STATE_HALTED};
    *command = fx_command_blank(FX_COMMAND_SET_STATE, draw_contract(world), 0);
    command->u.set_state.state = STATES[below(world, sizeof STATES / sizeof STATES[0])];
}

static void update_instrument(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, id, 0);
    struct fx_instrument *definition = &command->u.instrument;
    *definition = world->plan.contracts[id].definition;
    definition->maker_fee_ppb = between(world, -150000, 400000);
    definition->taker_fee_ppb = between(world, 150000, 900007);
    if (below(world, 4) == 0) {
        definition->tick_size += 1; /* refused: immutable */
    }
}

static void load_tiers(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, id, 0);
    command->u.tiers = world->plan.contracts[id].tiers;
    if (below(world, 2) == 0) {
        command->u.tiers.count = 1;
        command->u.tiers.tiers[0].cap = fx_dec_limit() - 1;
        memset(&command->u.tiers.tiers[1],
               0,
               sizeof command->u.tiers - sizeof command->u.tiers.count -
                   sizeof command->u.tiers.zero - sizeof command->u.tiers.tiers[0]);
    }
    if (below(world, 3) == 0) { /* as high as they may be: many are short of margin at once */
        for (uint32_t index = 0; index < command->u.tiers.count; index++) {
            struct fx_tier *tier = &command->u.tiers.tiers[index];
            tier->rate_ppb = 100000000000 / tier->leverage_max_centi;
        }
        fx_instrument_fill_cums(command->u.tiers.tiers, command->u.tiers.count);
    }
}

static void fund(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    const fx_i128 amount =
        fx_sim_load_value(contract, world->plan.lots_max) / between(world, 2, 500) + 1;
    *command = fx_command_blank(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command->u.fund_insurance.amount = below(world, 4) == 0 ? -amount : amount;
    command->u.fund_insurance.asset = contract->definition.settle;
}

/* ---- modes, fundings, ends --------------------------------------------------------------------
 */

static void set_mode(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user);
    if (below(world, 2) == 0) {
        command->u.position_mode.asset = world->plan.contracts[id].definition.settle;
    }
    command->u.position_mode.is_hedge = (uint32_t)below(world, 2);
}

static void freeze(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    *command = fx_command_blank(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
    command->u.freeze.is_frozen = below(world, 3) == 0 ? 1 : 0;
}

/* Of the last regular instant, or of one of its own; a rate of its own within the cap, or beyond.
 */
static void pay_funding(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    const struct fx_sim_plan_contract *contract = &world->plan.contracts[id];
    const int64_t cap = contract->tiers.tiers[0].rate_ppb * 3 / 4;
    const bool is_high = mid_of(world, id) > contract->mid_ticks;
    *command = fx_command_blank(FX_COMMAND_PAY_FUNDING, id, 0);
    if (below(world, 4) != 0) {
        command->u.funding.instant_us =
            fx_sim_world_wall_us(world) + between(world, -US_PER_MS, US_PER_MS / 10);
    }
    command->u.funding.has_rate = below(world, 3) == 0 ? 0 : 1;
    if (command->u.funding.has_rate != 0) {
        command->u.funding.rate_ppb = below(world, 20) == 0 ? cap + 1 : between(world, -cap, cap);
        if (world->plan.has_squeeze || below(world, 2) == 0) {
            command->u.funding.rate_ppb = is_high ? cap : -cap; /* who has gained pays */
        }
    }
}

static void settle(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_SETTLE, id, 0);
    command->u.settle.has_price = below(world, 3) == 0 ? 0 : 1;
    command->u.settle.settle_ticks =
        command->u.settle.has_price == 0 ? 0 : price_near(world, id, world->plan.spread_ticks);
    if (command->u.settle.has_price != 0 && below(world, 2) == 0) {
        /* far away: some cannot pay */
        command->u.settle.settle_ticks = 1 + mid_of(world, id) * between(world, 50, 150) / 100;
    }
}

static void close_insurance(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_CLOSE_INSURANCE, id, 0);
    command->u.close_insurance.lots = below(world, 2) == 0 ? 0 : draw_lots(world);
    command->u.close_insurance.price_ticks =
        below(world, 2) == 0 ? 0 : price_near(world, id, world->plan.spread_ticks);
}

static void set_rules(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    (void)user;
    const uint32_t id = draw_contract(world);
    *command = fx_command_blank(FX_COMMAND_SET_MARK_RULES, id, 0);
    command->u.mark_rules = world->plan.contracts[id].rules;
    command->u.mark_rules.max_age_us =
        below(world, 4) == 0 ? 0 : command->u.mark_rules.max_age_us / between(world, 1, 4);
    command->u.mark_rules.sources_min = (uint32_t)between(world, 0, 3);
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
    *command = fx_command_blank(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user);
    name_order(
        world, draw_open(world, user), &command->u.cancel.order_id, &command->u.cancel.client_id);
}

static void cancel_all(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const bool is_all = below(world, 2) == 0;
    *command = fx_command_blank(
        FX_COMMAND_CANCEL_ALL, is_all ? FX_COMMAND_ALL_INSTRUMENTS : draw_contract(world), user);
    command->u.cancel_all.scope =
        (uint32_t)between(world, FX_CANCEL_SCOPE_ALL, FX_CANCEL_SCOPE_STOP);
}

static void set_countdown(struct fx_sim_world *world, uint64_t user, struct fx_command *command)
{
    const bool is_all = below(world, 2) == 0;
    *command = fx_command_blank(FX_COMMAND_CANCEL_ALL_AFTER,
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

/* ---- the draw ---------------------------------------------------------------------------------
 */

/* What one of them asks for; commands of the operator are of no user. */
typedef void (*deed_fn)(struct fx_sim_world *world, uint64_t user, struct fx_command *command);

static const deed_fn DEEDS[FX_SIM_PLAN_DEEDS] = {
    [FX_SIM_PLAN_PLACE] = place,
    [FX_SIM_PLAN_CONDITIONAL] = place_conditional,
    [FX_SIM_PLAN_AMEND] = amend,
    [FX_SIM_PLAN_AMEND_CONDITIONAL] = amend_conditional,
    [FX_SIM_PLAN_CANCEL] = cancel,
    [FX_SIM_PLAN_CANCEL_ALL] = cancel_all,
    [FX_SIM_PLAN_COUNTDOWN] = set_countdown,
    [FX_SIM_PLAN_TP_SL] = set_tp_sl,
    [FX_SIM_PLAN_LEVERAGE] = set_leverage,
    [FX_SIM_PLAN_MARGIN] = adjust_margin,
    [FX_SIM_PLAN_DEPOSIT] = deposit,
    [FX_SIM_PLAN_WITHDRAW] = withdraw,
    [FX_SIM_PLAN_MOVE] = transfer,
    [FX_SIM_PLAN_SET_ACCOUNT] = set_account,
    [FX_SIM_PLAN_SET_STATE] = set_state,
    [FX_SIM_PLAN_UPDATE_INSTRUMENT] = update_instrument,
    [FX_SIM_PLAN_TIERS] = load_tiers,
    [FX_SIM_PLAN_FUND] = fund,
    [FX_SIM_PLAN_QUESTION] = ask,
    [FX_SIM_PLAN_BRACKET] = place_bracket,
    [FX_SIM_PLAN_ORDER_TP_SL] = set_order_tp_sl,
    [FX_SIM_PLAN_POSITION_MODE] = set_mode,
    [FX_SIM_PLAN_NAMED] = move_named,
    [FX_SIM_PLAN_FREEZE] = freeze,
    [FX_SIM_PLAN_PAY_FUNDING] = pay_funding,
    [FX_SIM_PLAN_SETTLE] = settle,
    [FX_SIM_PLAN_CLOSE_INSURANCE] = close_insurance,
    [FX_SIM_PLAN_MARK_RULES] = set_rules,
    [FX_SIM_PLAN_NONSENSE] = spoil,
};

void fx_sim_load_draw(struct fx_sim_world *world, uint32_t client, struct fx_command *command_out)
{
    const struct fx_sim_plan *plan = &world->plan;
    const uint64_t user =
        1 + (client + below(world, 2) * below(world, plan->user_count)) % plan->user_count;
    const uint32_t deed = fx_sim_stream_pick(&world->clients.rng, plan->deeds, FX_SIM_PLAN_DEEDS);
    FX_ASSERT(DEEDS[deed] != NULL);
    DEEDS[deed](world, user, command_out);
}

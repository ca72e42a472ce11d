#include "sim/sim_plan.h"

#include <string.h>

#include "base/panic.h"
#include "engine/engine.h"
#include "sim/sim_stream.h"

enum { PPB_PER_PERCENT = 10000000, US_PER_S = 1000000, WALL_ORDERS = 480 };

/* 2026-01-01T00:00:00Z, an instant of every funding interval: worlds begin shortly before it. */
static const int64_t INSTANT_US = 1767225600LL * US_PER_S;

static int64_t between(struct fx_rng *rng, int64_t low, int64_t high)
{
    return fx_rng_between(rng, low, high);
}

static uint32_t between_u32(struct fx_rng *rng, uint32_t low, uint32_t high)
{
    return (uint32_t)fx_rng_between(rng, low, high);
}

/* A chance that is off in half of the worlds. */
static uint32_t some_ppm(struct fx_rng *rng, uint32_t most)
{
    const uint32_t ppm = between_u32(rng, 1, most);
    return fx_rng_below(rng, 2) == 0 ? 0 : ppm;
}

/* ---- contracts --------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a number, its places
static fx_i128 tenths(int64_t number, uint32_t places)
{
    fx_i128 units = fx_dec_one() * number;
    for (uint32_t place = 0; place < places; place++) {
        units /= 10;
    }
    return units;
}

/* Factors without common divisors leave a remainder in almost every division. Six places each: the
 * product of three is a whole number of 1e-18. */
static fx_i128 draw_size(struct fx_rng *rng)
{
    static const int64_t PRIMES[] = {1, 3, 7, 13, 17, 29, 101, 997, 1, 5};
    const int64_t number = PRIMES[fx_rng_below(rng, sizeof PRIMES / sizeof PRIMES[0])];
    return tenths(number, between_u32(rng, 0, 5));
}

static void set_names(struct fx_instrument *definition, uint32_t index, bool is_inverse)
{
    static const char *const LINEAR[] = {"BTCUSDT", "ETHUSDT", "XRPUSDT"};
    static const char *const INVERSE[] = {"BTCUSD", "ETHUSD", "XRPUSD"};
    static const char *const BASES[] = {"BTC", "ETH", "XRP"};
    FX_ASSERT(index < sizeof BASES / sizeof BASES[0]);
    const char *symbol = is_inverse ? INVERSE[index] : LINEAR[index];
    const char *quote = is_inverse ? "USD" : "USDT";
    const bool is_named =
        fx_ids_symbol(fx_str_of(symbol), &definition->symbol) &&
        fx_ids_symbol(fx_str_of(symbol), &definition->root_symbol) &&
        fx_ids_asset(fx_str_of(BASES[index]), &definition->base) &&
        fx_ids_asset(fx_str_of(quote), &definition->quote) &&
        fx_ids_asset(fx_str_of(is_inverse ? BASES[index] : quote), &definition->settle);
    FX_ASSERT(is_named);
}

static void draw_rates(struct fx_rng *rng, struct fx_instrument *definition)
{
    definition->maker_fee_ppb = between(rng, -150000, 400000);
    definition->taker_fee_ppb = between(rng, 150000, 900007);
    definition->liquidation_fee_ppb = between(rng, 0, 12500003);
    definition->market_take_bound_ppb =
        between(rng, PPB_PER_PERCENT, 20 * (int64_t)PPB_PER_PERCENT);
    definition->band_up_ppb = some_ppm(rng, 30) * (int64_t)PPB_PER_PERCENT;
    definition->band_down_ppb = definition->band_up_ppb;
    definition->interest_ppb = between(rng, -100003, 300007);
    definition->damper_ppb = between(rng, 0, 500009);
    definition->funding_interval_s = 3600 << fx_rng_below(rng, 4);
}

/* A contract with a date ends while its world runs; there the average of its index may be known for
 * long enough, or not, by the speed of the clock. */
static void draw_kind(struct fx_rng *rng,
                      const struct fx_sim_plan *plan,
                      struct fx_instrument *definition)
{
    const int64_t life_us = between(rng, US_PER_S / 4, 4LL * US_PER_S) * plan->clock_speed;
    const bool is_dated = fx_rng_below(rng, 4) == 0;
    definition->kind = is_dated ? FX_INSTRUMENT_KIND_DATED : FX_INSTRUMENT_KIND_PERPETUAL;
    definition->expiry_us = is_dated ? plan->begin_us + life_us : 0;
}

/* The age at which a mark is stale, some updates after the last one. */
static void draw_feed(struct fx_rng *rng,
                      const struct fx_sim_plan *plan,
                      struct fx_sim_plan_contract *contract)
{
    const int64_t beat_us = plan->mark_us * plan->contract_count * plan->clock_speed;
    const int64_t age_us = beat_us * between(rng, 2, 30);
    contract->has_feed = fx_rng_below(rng, 2) == 0;
    contract->rules.max_age_us =
        age_us < FX_COMMAND_MARK_AGE_US_MAX ? age_us : FX_COMMAND_MARK_AGE_US_MAX;
    contract->rules.band_ppb = between(rng, 0, 10) * PPB_PER_PERCENT;
    contract->rules.sources_min = between_u32(rng, 1, 3);
}

static void draw_definition(struct fx_rng *rng,
                            const struct fx_sim_plan *plan,
                            uint32_t index,
                            struct fx_sim_plan_contract *contract)
{
    struct fx_instrument *definition = &contract->definition;
    const bool is_inverse = fx_rng_below(rng, 4) == 0;
    contract->mid_ticks = between(rng, 60, 1 << between_u32(rng, 7, 16));
    do {
        memset(definition, 0, sizeof *definition);
        set_names(definition, index, is_inverse);
        draw_rates(rng, definition);
        definition->tick_size = draw_size(rng);
        definition->lot_size = draw_size(rng);
        definition->multiplier = draw_size(rng);
        definition->min_lots = fx_rng_below(rng, 4) == 0 ? 2 : 1;
        definition->max_lots = plan->lots_max * 9 / 10 + 2;
        definition->max_market_lots = plan->lots_max * 7 / 10 + 2;
        definition->max_ticks = contract->mid_ticks * 20;
        definition->open_interest_cap_lots = fx_rng_below(rng, 3) == 0 ? plan->lots_max * 8 : 0;
        definition->leverage_max_centi = (int32_t)(100 * between(rng, 5, 125));
        definition->orders_max = (int32_t)between(rng, 3, 14);
        definition->orders_max = plan->has_wall ? WALL_ORDERS / 8 : definition->orders_max;
        definition->algo_orders_max = (int32_t)between(rng, 2, 8);
        definition->contract_type = is_inverse ? FX_CONTRACT_TYPE_COIN_M : FX_CONTRACT_TYPE_USD_M;
        draw_kind(rng, plan, definition);
        definition->state = FX_INSTRUMENT_STATE_PENDING;
    } while (fx_instrument_check(definition) != FX_OK);
}

static fx_i128 value_of(const struct fx_sim_plan_contract *contract, int64_t lots)
{
    fx_amount value = {0};
    const bool is_valued = fx_instrument_value(
        &contract->definition, (fx_px){contract->mid_ticks}, (fx_qty){lots}, &value);
    FX_ASSERT(is_valued);
    return value.units + 1;
}

static void draw_tiers(struct fx_rng *rng,
                       const struct fx_sim_plan *plan,
                       struct fx_sim_plan_contract *contract)
{
    struct fx_command_tiers *tiers = &contract->tiers;
    const int32_t most = contract->definition.leverage_max_centi;
    memset(tiers, 0, sizeof *tiers);
    tiers->count = between_u32(rng, 1, 4);
    for (uint32_t index = 0; index < tiers->count; index++) {
        struct fx_tier *tier = &tiers->tiers[index];
        tier->cap = value_of(contract, plan->lots_max) * (1 + 3 * (int64_t)index);
        tier->leverage_max_centi =
            most / (int32_t)(1 + index) < 100 ? 100 : most / (int32_t)(1 + index);
        /* rate x leverage <= 1 */
        tier->rate_ppb = 100000000000 / tier->leverage_max_centi / 2 - (index == 0 ? 7 : 0);
    }
    tiers->tiers[tiers->count - 1].cap = fx_dec_limit() - 1;
    fx_instrument_fill_cums(tiers->tiers, tiers->count);
    FX_ASSERT(fx_instrument_check_tiers(tiers->tiers, tiers->count) == FX_OK);
}

/* A definition may have a smallest value; in the units of its contract. */
static void draw_min_notional(struct fx_rng *rng, struct fx_sim_plan_contract *contract)
{
    struct fx_instrument *definition = &contract->definition;
    if (fx_rng_below(rng, 3) == 0 && definition->contract_type == FX_CONTRACT_TYPE_USD_M) {
        definition->min_notional = value_of(contract, 2);
    }
}

/* ---- sizes ------------------------------------------------------------------------------------
 */

static void draw_limits(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    struct fx_engine_limits *limits = &plan->limits;
    *limits = fx_engine_default_limits();
    limits->accounts_max = plan->user_count * 3 + (uint32_t)fx_rng_below(rng, 3);
    limits->positions_max = plan->user_count * plan->contract_count * 3 + plan->contract_count;
    limits->orders_max = between_u32(rng, 24, 160);
    limits->instruments_max = FX_SIM_PLAN_CONTRACTS_MAX;
    limits->assets_max = 4;
    limits->client_ids_max = 8192; /* fewer would forget ids before their day is over */
    limits->book_window_levels = 1U << between_u32(rng, 6, 8);
    limits->book_overflow_levels_max = limits->book_window_levels / 2 + 8;
    limits->account_orders_max = between_u32(rng, 6, 40);
    limits->fills_max = between_u32(rng, 3, 20);
    limits->cancels_max = between_u32(rng, 2, 12);
    limits->reduce_orders_max = between_u32(rng, 2, 8);
    if (plan->has_wall) {
        limits->orders_max = WALL_ORDERS;
        limits->account_orders_max = WALL_ORDERS / 8;
    }
}

static void draw_deeds(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    static const uint32_t MOST[FX_SIM_PLAN_DEEDS] = {
        [FX_SIM_PLAN_PLACE] = 600,    [FX_SIM_PLAN_CONDITIONAL] = 150,
        [FX_SIM_PLAN_AMEND] = 120,    [FX_SIM_PLAN_AMEND_CONDITIONAL] = 40,
        [FX_SIM_PLAN_CANCEL] = 200,   [FX_SIM_PLAN_CANCEL_ALL] = 15,
        [FX_SIM_PLAN_COUNTDOWN] = 20, [FX_SIM_PLAN_TP_SL] = 60,
        [FX_SIM_PLAN_LEVERAGE] = 30,  [FX_SIM_PLAN_MARGIN] = 40,
        [FX_SIM_PLAN_DEPOSIT] = 20,   [FX_SIM_PLAN_WITHDRAW] = 20,
        [FX_SIM_PLAN_MOVE] = 30,      [FX_SIM_PLAN_SET_ACCOUNT] = 10,
        [FX_SIM_PLAN_SET_STATE] = 8,  [FX_SIM_PLAN_UPDATE_INSTRUMENT] = 8,
        [FX_SIM_PLAN_TIERS] = 12,     [FX_SIM_PLAN_QUESTION] = 30,
        [FX_SIM_PLAN_FUND] = 10,      [FX_SIM_PLAN_NONSENSE] = 25,
        [FX_SIM_PLAN_BRACKET] = 80,   [FX_SIM_PLAN_ORDER_TP_SL] = 20,
        [FX_SIM_PLAN_NAMED] = 30,     [FX_SIM_PLAN_POSITION_MODE] = 15,
        [FX_SIM_PLAN_FREEZE] = 8,     [FX_SIM_PLAN_PAY_FUNDING] = 60,
        [FX_SIM_PLAN_SETTLE] = 2,     [FX_SIM_PLAN_CLOSE_INSURANCE] = 25,
        [FX_SIM_PLAN_MARK_RULES] = 4,
    };
    for (uint32_t index = 0; index < FX_SIM_PLAN_DEEDS; index++) {
        plan->deeds[index] = some_ppm(rng, MOST[index]);
    }
    plan->deeds[FX_SIM_PLAN_PLACE] = between_u32(rng, 200, MOST[FX_SIM_PLAN_PLACE]);
}

static void draw_orders(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    plan->lots_max = between(rng, 4, 1 << between_u32(rng, 3, 20));
    plan->spread_ticks = between(rng, 2, 30);
    plan->skew_ppm = between_u32(rng, 0, FX_SIM_STREAM_PPM);
    plan->market_ppm = some_ppm(rng, 200000);
    plan->ioc_ppm = some_ppm(rng, 200000);
    plan->fok_ppm = some_ppm(rng, 200000);
    plan->gtd_ppm = some_ppm(rng, 700000);
    plan->post_only_ppm = some_ppm(rng, 300000);
    plan->reduce_only_ppm = some_ppm(rng, 300000);
    plan->stp_ppm = some_ppm(rng, FX_SIM_STREAM_PPM);
    plan->leverage_ppm = some_ppm(rng, 400000);
    plan->client_id_ppm = between_u32(rng, 0, FX_SIM_STREAM_PPM);
    plan->tmp_id_ppm = between_u32(rng, 0, FX_SIM_STREAM_PPM);
    plan->deposit_steps = between(rng, 20, 40LL << between_u32(rng, 0, 9));
    plan->regime = (enum fx_sim_plan_regime)fx_rng_below(rng, FX_SIM_PLAN_REGIMES);
}

/* Half of the worlds live in the time of their machine; in the others hours pass in seconds: dates,
 * fundings, the age of marks. Feeds fail in ways of their own. */
static void draw_time(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    static const uint32_t SPEEDS[] = {1, 1, 1, 20, 200, 2000, 10000};
    static const uint32_t MOST[FX_SIM_PLAN_FEEDS] = {[FX_SIM_PLAN_FEED_SILENT] = 20,
                                                     [FX_SIM_PLAN_FEED_OLD] = 60,
                                                     [FX_SIM_PLAN_FEED_FEW] = 60,
                                                     [FX_SIM_PLAN_FEED_WILD] = 40,
                                                     [FX_SIM_PLAN_FEED_BARE] = 100};
    plan->clock_speed = SPEEDS[fx_rng_below(rng, sizeof SPEEDS / sizeof SPEEDS[0])];
    plan->begin_us = INSTANT_US - between(rng, 1, 2LL * US_PER_S) * plan->clock_speed;
    for (uint32_t index = 0; index < FX_SIM_PLAN_FEEDS; index++) {
        plan->feeds[index] = some_ppm(rng, MOST[index] + 1);
    }
    plan->feeds[FX_SIM_PLAN_FEED_GOOD] = 200;
    plan->has_round_dates = fx_rng_below(rng, 2) == 0;
    plan->hedge_ppm = some_ppm(rng, FX_SIM_STREAM_PPM);
}

/* A world of small isolated margins and of one funding after the other: who has gained pays until
 * his margin is gone, and the fund pays for him. */
static void squeeze(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    plan->has_squeeze = !plan->has_wall && fx_rng_below(rng, 10) == 0;
    if (!plan->has_squeeze) {
        return;
    }
    plan->deposit_steps = between(rng, 20, 400);
    plan->regime = FX_SIM_PLAN_OSCILLATE;
    plan->leverage_ppm = FX_SIM_STREAM_PPM / 2;
    memset(plan->deeds, 0, sizeof plan->deeds);
    plan->deeds[FX_SIM_PLAN_PLACE] = 300;
    plan->deeds[FX_SIM_PLAN_PAY_FUNDING] = 150;
    plan->deeds[FX_SIM_PLAN_WITHDRAW] = 100;
    plan->deeds[FX_SIM_PLAN_FUND] = 20;
    plan->deeds[FX_SIM_PLAN_LEVERAGE] = 30;
}

/* A world in which hundreds of orders end at one date, and little else happens: one TICK ends a
 * hundred of them, and takers meet the rest. */
static void build_wall(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    plan->has_wall = fx_rng_below(rng, 12) == 0;
    if (!plan->has_wall) {
        return;
    }
    plan->has_round_dates = true;
    plan->clock_speed = 200;
    plan->request_count *= 2;
    plan->user_count = FX_SIM_PLAN_USERS_MAX;
    plan->client_count = FX_SIM_PLAN_CLIENTS_MAX;
    plan->contract_count = 1;
    plan->gtd_ppm = FX_SIM_STREAM_PPM;
    plan->ioc_ppm = 0;
    plan->fok_ppm = 0;
    plan->post_only_ppm = FX_SIM_STREAM_PPM / 4 * 3;
    plan->spread_ticks = 30;
    plan->reduce_only_ppm = 0;
    plan->client_id_ppm = 0;
    plan->deposit_steps = 100000;
    plan->think_us = between(rng, 50, 300);
    plan->network_us = between(rng, 20, 200);
    memset(plan->deeds, 0, sizeof plan->deeds);
    plan->deeds[FX_SIM_PLAN_PLACE] = 1;
}

/* ---- faults -----------------------------------------------------------------------------------
 */

static void draw_network(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    plan->lost_ppm = some_ppm(rng, 80000);
    plan->doubled_ppm = some_ppm(rng, 80000);
    plan->late_ppm = some_ppm(rng, 20000);
    plan->network_us = between(rng, 20, 3000);
    plan->think_us = between(rng, 50, 4000);
}

static void draw_machine(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    static const uint32_t MODES[] = {0, 8, 1, 1}; /* weights, by number of the mode */
    plan->mode = (enum fx_bus_journal_mode)fx_sim_stream_pick(rng, MODES, 4);
    plan->frame_bytes = 512U << between_u32(rng, 2, 4);
    plan->ring_bytes = plan->frame_bytes << between_u32(rng, 0, 1);
    plan->segment_bytes = 4096 + plan->frame_bytes * between_u32(rng, 3, 16);
    plan->intake_capacity = 1U << between_u32(rng, 2, 6);
    plan->snapshot_commands = between_u32(rng, 20, 200);
    plan->fault_us = between(rng, 20000, 200000);
    plan->engine_us = between(rng, 10, 300);
    plan->journal_us = between(rng, 30, 2000);
    plan->saver_us = between(rng, 1000, 20000);
    plan->gateway_us = between(rng, 10, 500);
    plan->mark_us = between(rng, 2000, 50000);
    plan->short_write_ppm = some_ppm(rng, 100000);
    /* Less than strict has more than one frame in flight: there the hint must be taken. */
    plan->is_drop_cache_ignored = fx_rng_below(rng, 2) == 0 && plan->mode == FX_BUS_JOURNAL_STRICT;
}

static void draw_faults(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    for (uint32_t index = 0; index < FX_SIM_PLAN_FAULTS; index++) {
        plan->faults[index] = some_ppm(rng, 100);
    }
    plan->faults[FX_SIM_PLAN_POWER_CUT] = between_u32(rng, 50, 200);
    plan->faults[FX_SIM_PLAN_POWER_CUT_SOON] = between_u32(rng, 50, 200);
    plan->store = (struct fx_store_faults){.begin_busy_ppm = some_ppm(rng, 100000),
                                           .deadlock_ppm = some_ppm(rng, 10000),
                                           .cut_ppm = some_ppm(rng, 10000),
                                           .commit_lost_ppm = some_ppm(rng, 100000),
                                           .commit_unknown_ppm = some_ppm(rng, 200000)};
}

/* A world of fundings all the time, whose marks are stale half of it: there a mark comes when a
 * funding is overdue, and the order behind it in the same group begins what only the next TICK goes
 * on with. Kills are frequent and the journal slow, so that some fall between the two. */
static void draw_instants(struct fx_rng *rng, struct fx_sim_plan *plan)
{
    const int64_t beat_us = plan->mark_us * plan->contract_count * plan->clock_speed;
    if (fx_rng_below(rng, 16) != 15) { /* what no seed of tests/sim/regressions.txt draws */
        return;
    }
    for (uint32_t index = 0; index < plan->contract_count; index++) {
        struct fx_sim_plan_contract *contract = &plan->contracts[index];
        contract->definition.funding_interval_s =
            (int32_t)between(rng, 1, 1 + plan->clock_speed / 20);
        contract->rules.max_age_us =
            beat_us / 2 < FX_COMMAND_MARK_AGE_US_MAX ? beat_us / 2 : FX_COMMAND_MARK_AGE_US_MAX;
    }
    plan->engine_us = between(rng, 300, 1500);
    plan->journal_us = between(rng, 500, 2000);
    plan->fault_us = between(rng, 10000, 30000);
}

void fx_sim_plan_draw(struct fx_sim_plan *plan, uint64_t seed)
{
    struct fx_rng rng;
    memset(plan, 0, sizeof *plan);
    plan->seed = seed;
    fx_sim_stream_init(&rng, seed, "plan");
    plan->user_count = between_u32(&rng, 2, FX_SIM_PLAN_USERS_MAX);
    plan->client_count = between_u32(&rng, 1, FX_SIM_PLAN_CLIENTS_MAX);
    plan->contract_count = between_u32(&rng, 1, FX_SIM_PLAN_CONTRACTS_MAX);
    plan->request_count = between_u32(&rng, 300, 1500);
    draw_orders(&rng, plan);
    draw_deeds(&rng, plan);
    fx_sim_stream_init(&rng, seed, "time");
    draw_time(&rng, plan);
    fx_sim_stream_init(&rng, seed, "network");
    draw_network(&rng, plan);
    fx_sim_stream_init(&rng, seed, "wall");
    build_wall(&rng, plan);
    fx_sim_stream_init(&rng, seed, "squeeze");
    squeeze(&rng, plan);
    fx_sim_stream_init(&rng, seed, "limits");
    draw_limits(&rng, plan);
    fx_sim_stream_init(&rng, seed, "machine");
    draw_machine(&rng, plan);
    fx_sim_stream_init(&rng, seed, "faults");
    draw_faults(&rng, plan);
    fx_sim_stream_init(&rng, seed, "contracts");
    for (uint32_t index = 0; index < plan->contract_count; index++) {
        draw_definition(&rng, plan, index, &plan->contracts[index]);
        draw_min_notional(&rng, &plan->contracts[index]);
        draw_tiers(&rng, plan, &plan->contracts[index]);
        draw_feed(&rng, plan, &plan->contracts[index]);
    }
    fx_sim_stream_init(&rng, seed, "instants");
    draw_instants(&rng, plan);
    FX_ASSERT(US_PER_S > plan->network_us);
}

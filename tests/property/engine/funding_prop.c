/* Random markets with an index: mark, rate and every payment against a model that keeps all samples
 * in lists and knows the lots of all positions when a funding begins. The kit checks every
 * invariant (money to the last digit among them) after each command.
 *
 *     funding_prop [SEED]
 */
#include <stdio.h>

#include "draw.h"
#include "engine/marks_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { USERS = 6, SYMBOLS = 2, SEEDS = 25, STEPS = 700, SAMPLES_MAX = 4096 };

static const int64_t PPB = 1000000000;
static const int64_t MINUTE_US = 60000000;

/* All that one symbol's index was ever sampled for. */
struct naive {
    int64_t basis_minute[SAMPLES_MAX];
    int64_t basis[SAMPLES_MAX];
    int64_t premium[SAMPLES_MAX]; /* since the last instant */
    uint32_t basis_count;
    uint32_t premium_count;
    int64_t minute;
    int64_t rate;
    fx_i128 owed[USERS + 1]; /* of the funding that runs */
    bool is_owing[USERS + 1];
    fx_i128 sum; /* paid less received */
};

static struct {
    struct engine_kit kit;
    struct naive symbols[SYMBOLS];
    int64_t lots[SYMBOLS][USERS + 1]; /* before the command */
    fx_i128 foreseen[SYMBOLS][USERS + 1];
    uint32_t fundings, payments, skipped, stale, capped;
} world;

static fx_i128 half_even(fx_i128 numerator, fx_i128 divisor)
{
    fx_i128 floor = numerator / divisor;
    floor -= numerator % divisor < 0 ? 1 : 0;
    const fx_i128 twice = 2 * (numerator - floor * divisor);
    const bool is_up = twice > divisor || (twice == divisor && floor % 2 != 0);
    return floor + (is_up ? 1 : 0);
}

static int64_t within(fx_i128 value, int64_t bound)
{
    return value > bound ? bound : value < -bound ? -bound : (int64_t)value;
}

static int64_t naive_rate(const struct naive *naive, const struct fx_listing *listing)
{
    fx_i128 sum = 0, weights = 0;
    for (uint32_t index = 0; index < naive->premium_count; index++) {
        sum += (fx_i128)naive->premium[index] * (index + 1);
        weights += index + 1;
    }
    const fx_i128 premium = weights == 0 ? 0 : half_even(sum, weights);
    const fx_i128 rate = premium + within(listing->definition.interest_ppb - premium,
                                          listing->definition.damper_ppb);
    const int64_t cap = listing->tiers[0].rate_ppb * 3 / 4;
    world.capped += rate > cap || rate < -cap ? 1 : 0;
    return within(rate, cap);
}

static int64_t naive_mark(const struct naive *naive, uint32_t symbol, int64_t index, int64_t last)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct fx_mark_state *state = &engine->marks[symbol];
    const int64_t interval = engine->listings[symbol].definition.funding_interval_s * 1000000LL;
    const int64_t left = state->next_us - engine->time_us;
    const int64_t minute = engine->time_us / MINUTE_US;
    int64_t prices[3] = {index, index, last == 0 ? index : last};
    fx_i128 sum = 0;
    int64_t count = 0;
    if (left > 0) {
        prices[0] +=
            (int64_t)half_even((fx_i128)index * naive->rate * left, (fx_i128)interval * PPB);
    }
    for (uint32_t sample = 0; sample < naive->basis_count; sample++) {
        if (naive->basis_minute[sample] > minute - 30) {
            sum += naive->basis[sample];
            count++;
        }
    }
    prices[1] += count == 0 ? 0 : (int64_t)half_even(sum, 2 * count);
    for (uint32_t one = 0; one < 2; one++) {
        for (uint32_t other = 0; other < 2 - one; other++) {
            if (prices[other] > prices[other + 1]) {
                const int64_t price = prices[other];
                prices[other] = prices[other + 1];
                prices[other + 1] = price;
            }
        }
    }
    const int64_t low = (index * 95 + 99) / 100, high = index * 105 / 100;
    return prices[1] < low ? low : prices[1] > high ? high : prices[1];
}

/* |value x rate| up for who pays, down for who receives; negative: received. */
static fx_i128 naive_owed(uint32_t symbol, int64_t lots, const struct fx_event_funding *funding)
{
    fx_i128 value = 0;
    const struct fx_listing *listing = &world.kit.engine->listings[symbol];
    const int64_t size = lots < 0 ? -lots : lots;
    if (symbol == 0) {
        value = (fx_i128)size * funding->mark_ticks * listing->unit;
    } else {
        /* A lot is 1 of the quote, a tick 0.5 of it. */
        value = half_even((fx_i128)size * 2 * fx_dec_one(), funding->mark_ticks);
    }
    const fx_i128 parts = value * (lots < 0 ? -funding->rate_ppb : funding->rate_ppb);
    return parts > 0 ? (parts + PPB - 1) / PPB : -(-parts / PPB);
}

static void see_begin(const struct fx_event_funding *funding)
{
    struct naive *naive = &world.symbols[funding->instrument];
    const struct fx_listing *listing = &world.kit.engine->listings[funding->instrument];
    naive->rate = naive_rate(naive, listing);
    REQUIRE(funding->rate_ppb == naive->rate);
    naive->premium_count = 0;
    naive->sum = 0;
    world.fundings++;
    for (uint32_t user = 1; user <= USERS; user++) {
        const int64_t lots = world.lots[funding->instrument][user];
        naive->owed[user] = lots == 0 ? 0 : naive_owed(funding->instrument, lots, funding);
        REQUIRE(world.foreseen[funding->instrument][user] == -naive->owed[user]); /* EXPLAIN */
        naive->is_owing[user] = naive->owed[user] != 0;
    }
}

static void see_end(const struct fx_event_funding *funding)
{
    const struct naive *naive = &world.symbols[funding->instrument];
    for (uint32_t user = 1; user <= USERS; user++) {
        REQUIRE(!naive->is_owing[user]); /* everybody has paid … */
    }
    REQUIRE(funding->paid - funding->received == naive->sum);
    REQUIRE(funding->remainder == naive->sum + funding->insured);
    REQUIRE(funding->remainder < USERS && funding->remainder > -USERS); /* … and nothing is lost */
}

static void see(const struct fx_event *event)
{
    if (event->kind == FX_EVENT_FUNDING) {
        const struct fx_event_funding *funding = &event->u.funding;
        world.skipped += funding->is_skipped;
        if (funding->is_skipped == 0 && funding->is_complete == 0) {
            see_begin(funding);
        } else if (funding->is_skipped == 0) {
            see_end(funding);
        }
    } else if (event->kind == FX_EVENT_TRANSACTION &&
               event->u.transaction.type == FX_TRANSACTION_FUNDING_FEE) {
        struct naive *naive = &world.symbols[event->u.transaction.instrument];
        const uint64_t user = event->u.transaction.user_id;
        REQUIRE(naive->is_owing[user]); /* once */
        REQUIRE(event->u.transaction.amount == -naive->owed[user]);
        naive->is_owing[user] = false;
        naive->sum += naive->owed[user];
        world.payments++;
    }
}

static fx_i128 foresee(uint64_t user, uint32_t symbol)
{
    const struct fx_engine *engine = world.kit.engine;
    const fx_slot account = fx_account_state_find(engine, user, engine->listings[symbol].asset);
    const fx_slot slot = fx_position_state_find(engine, account, symbol, FX_POSITION_SIDE_BOTH);
    return slot == FX_SLOT_NONE ? 0 : fx_funding_foresee(engine, slot);
}

static fx_status apply(struct fx_command *command)
{
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        for (uint64_t user = 1; user <= USERS; user++) {
            world.lots[symbol][user] = engine_kit_position(&world.kit, user, symbol).lots;
            world.foreseen[symbol][user] = foresee(user, symbol);
        }
    }
    draw.commands++;
    const fx_status status = engine_kit_apply(&world.kit, command);
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        see(&world.kit.events.items[index]);
    }
    world.stale += status == FX_MARK_STALE ? 1 : 0;
    return status;
}

/* The model samples before it is told of the new mark; the premium is the engine's own (its unit
 * test computes it by hand), weights and means are the model's. */
static void say_index(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_engine *engine = world.kit.engine;
    struct naive *naive = &world.symbols[symbol];
    const int64_t before = engine->listings[symbol].index.ticks;
    const int64_t ticks = 1000 + (before - 1000) * 9 / 10 + between(-9, 9);
    const struct fx_book *book = engine->listings[symbol].book;
    const int64_t bid = fx_book_best(book, FX_SIDE_BUY).ticks;
    const int64_t ask = fx_book_best(book, FX_SIDE_SELL).ticks;
    const int64_t last = engine->listings[symbol].last.ticks;
    const int64_t premium = fx_impact_premium(engine, symbol, (fx_px){ticks});
    struct fx_command command = engine_kit_command(FX_COMMAND_INDEX_PRICE, symbol, 0);
    command.u.index.index_ticks = ticks;
    command.u.index.source_count = 1;
    REQUIRE(apply(&command) == FX_OK);
    const int64_t minute = engine->time_us / MINUTE_US;
    if (minute > naive->minute && naive->basis_count < SAMPLES_MAX) {
        naive->minute = minute;
        if (bid > 0 && ask > 0) {
            naive->basis_minute[naive->basis_count] = minute;
            naive->basis[naive->basis_count++] = bid + ask - 2 * ticks;
        }
        naive->premium[naive->premium_count++] = premium;
    }
    REQUIRE(engine->listings[symbol].mark.ticks == naive_mark(naive, symbol, ticks, last));
    const struct fx_event_mark *said = &engine_kit_event(&world.kit, FX_EVENT_MARK, 0)->u.mark;
    REQUIRE(said->predicted_ppb == naive_rate(naive, &engine->listings[symbol]));
}

static void trade(void)
{
    struct engine_kit_order order = {.user_id = 1 + below(USERS)};
    order.instrument = (uint32_t)below(SYMBOLS);
    order.side = below(2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = 1000 + between(-25, 25);
    order.lots = 1 + (int64_t)below(900);
    struct fx_command command = engine_kit_place_command(&order);
    (void)apply(&command);
}

static void act(void)
{
    const uint64_t user = 1 + below(USERS);
    if (below(2) == 0) {
        struct fx_command take = engine_kit_command(FX_COMMAND_WITHDRAW, 0, user);
        take.u.transfer.asset = engine_kit_asset("USDT");
        take.u.transfer.amount = (fx_i128)(1 + below(1000)) * 1000003;
        (void)apply(&take);
    } else {
        struct fx_command mode =
            engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, (uint32_t)below(SYMBOLS), user);
        mode.u.leverage.leverage_centi = 100 + (int32_t)below(1000);
        mode.u.leverage.margin_mode = (uint32_t)below(3);
        (void)apply(&mode);
    }
}

static void step(void)
{
    const uint64_t choice = below(100);
    world.kit.time_us += (int64_t)below(choice < 2    ? 40000000000
                                        : choice < 40 ? 90000000
                                                      : 1000000);
    if (choice < 35) {
        say_index();
    } else if (choice < 85) {
        trade();
    } else if (choice < 92) {
        act();
    } else {
        struct fx_command tick = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        REQUIRE(apply(&tick) == FX_OK);
    }
}

static void begin(uint64_t seed)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    memset(&world.symbols, 0, sizeof world.symbols);
    draw_begin(seed);
    engine_kit_init(&world.kit, &limits);
    world.kit.time_us = 1600000000000000;
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(symbol == 0 ? "AUSDT" : "BUSD");
        definition.tick_size = engine_kit_decimal(symbol == 0 ? "0.07" : "0.5");
        definition.lot_size = engine_kit_decimal(symbol == 0 ? "0.003" : "1");
        definition.interest_ppb = 100000;
        definition.damper_ppb = 500000;
        definition.funding_interval_s = 3600 << below(4);
        definition.impact_notional = engine_kit_decimal(below(2) == 0 ? "0" : "100");
        if (symbol == 1) {
            definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
            definition.settle = engine_kit_asset("BTC");
        }
        REQUIRE(engine_kit_list(&world.kit, &definition, 1000) == symbol);
        struct fx_command rules = engine_kit_command(FX_COMMAND_SET_MARK_RULES, symbol, 0);
        rules.u.mark_rules.max_age_us = below(2) == 0 ? 0 : 600000000;
        rules.u.mark_rules.band_ppb = 50000000;
        rules.u.mark_rules.sources_min = 1;
        REQUIRE(engine_kit_apply(&world.kit, &rules) == FX_OK);
    }
    for (uint64_t user = 1; user <= USERS; user++) {
        engine_kit_account(&world.kit, user, "USDT", "1000000.000000000000000007");
        engine_kit_account(&world.kit, user, "BTC", "5000.3");
    }
}

static void run_seed(uint64_t seed)
{
    begin(seed);
    for (uint32_t count = 0; count < STEPS; count++) {
        step();
    }
    engine_kit_deinit(&world.kit);
}

static void funding_of_random_markets_equals_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed);
    }
    assert_true(world.fundings > 200);
    assert_true(world.payments > 500);
    assert_true(world.skipped > 5);
    assert_true(world.stale > 20);
    assert_true(world.capped > 20);
}

int main(int count, char **words)
{
    uint64_t seed = 0;
    if (count > 1 && fx_str_parse_u64(fx_str_of(words[1]), &seed)) {
        run_seed(seed);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(funding_of_random_markets_equals_the_model),
    };
    return cmocka_run_group_tests_name("funding_prop", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

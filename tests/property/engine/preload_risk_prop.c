/* An exchange in which positions are made smaller by others than their owners (liquidations, the
 * fund, ADL, the end of a contract): after every command what rests reduce-only, and what protects
 * orders, closes at most what its position holds, by a walk over all orders. So a load takes the
 * rows of any moment, and the engine made of them says the same from there on.
 *
 *     preload_risk_prop               a fixed set of seeds
 *     preload_risk_prop SEED ROUNDS   others
 */
#include "engine/bracket_int.h"
#include "fx_test.h"
#include "load_risk.h"
#include "preload_rows.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ROUNDS = 16, LIVED = 700, EVERY = 60, FUTURE = 300, SLOTS = 96, TRIES = 3000 };

/* What would close a position, by enum fx_side of the orders that rest. */
struct holding {
    int64_t lots;
    int64_t reducing[3];
    int64_t protecting; /* by take profits and stop losses of orders that wait */
};

/* How often an order had to give way because of what made its position smaller; of loads. */
static struct {
    uint32_t by_trade;
    uint32_t by_liquidation;
    uint32_t by_takeover;
    uint32_t by_adl;
    uint32_t by_settlement;
    uint32_t loads;
    uint32_t futures;
    uint32_t owing; /* loaded balances below 0 */
    uint32_t isolated;
    uint32_t frozen;
    uint32_t hedged;
    uint32_t inventory; /* positions of the fund */
    uint32_t brackets;
    uint32_t liquidated; /* behind a load, in both */
} found;

static struct holding before[SLOTS];
static struct holding after[SLOTS];

static void look(const struct fx_engine *engine, struct holding *holdings)
{
    assert_true(engine->position_count <= SLOTS);
    memset(holdings, 0, SLOTS * sizeof holdings[0]);
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        holdings[slot].lots = engine->positions[slot].lots;
    }
    for (fx_slot order = 0; order < engine->order_used; order++) {
        const struct fx_order *cold = &engine->orders[order];
        const struct fx_resting *hot = &engine->resting[order];
        const struct fx_bracket *bracket = fx_bracket_of(engine, order);
        if (cold->order_id == 0) {
            continue;
        }
        if (cold->is_resting != 0 && hot->is_reduce_only != 0) {
            holdings[cold->position].reducing[hot->side] += hot->remaining.lots;
        } else if (bracket != NULL &&
                   (bracket->take_profit == FX_SLOT_NONE ? bracket->stop_loss
                                                         : bracket->take_profit) == order) {
            holdings[cold->position].protecting += hot->remaining.lots;
        }
    }
}

static int64_t closable(const struct holding *holding, enum fx_side side)
{
    return side == FX_SIDE_SELL ? (holding->lots > 0 ? holding->lots : 0)
                                : (holding->lots < 0 ? -holding->lots : 0);
}

/* What of the command made the position smaller. */
static uint32_t *cause(const struct engine_kit *kit, fx_slot slot)
{
    const struct fx_engine *engine = kit->engine;
    if (engine->listings[engine->positions[slot].instrument].definition.state !=
        FX_INSTRUMENT_STATE_TRADING) {
        return &found.by_settlement;
    }
    for (uint32_t index = 0; index < kit->events.count; index++) {
        const struct fx_event *event = &kit->events.items[index];
        const struct fx_event_liquidation *step = &event->u.liquidation;
        if (event->kind != FX_EVENT_LIQUIDATION) {
            continue;
        }
        if (step->step == FX_LIQUIDATION_STEP_ADL &&
            (step->position_id == (uint64_t)slot + 1 ||
             step->counter_position_id == (uint64_t)slot + 1)) {
            return &found.by_adl;
        }
        if (step->position_id == (uint64_t)slot + 1 && step->step == FX_LIQUIDATION_STEP_TAKEOVER) {
            return &found.by_takeover;
        }
        if (step->position_id == (uint64_t)slot + 1 && step->step == FX_LIQUIDATION_STEP_BOOK) {
            return &found.by_liquidation;
        }
    }
    return &found.by_trade;
}

/* Apply, and look whether what closes a position still fits it. */
static fx_status apply(struct engine_kit *kit, struct fx_command *command)
{
    look(kit->engine, before);
    kit->time_us += 1000;
    const fx_status status = engine_kit_apply(kit, command);
    look(kit->engine, after);
    for (fx_slot slot = 0; slot < kit->engine->position_count; slot++) {
        for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL; side++) {
            const int64_t closes = closable(&after[slot], side);
            assert_true(after[slot].reducing[side] <= closes);
            *cause(kit, slot) += before[slot].reducing[side] > closes ? 1 : 0;
        }
        assert_true(after[slot].protecting <= llabs((long long)after[slot].lots));
    }
    return status;
}

static void say(void *context, struct fx_command *command)
{
    assert_int_equal(apply(context, command), FX_OK);
}

/* What is due at once is done, so that nothing is half done. */
static void settle(struct engine_kit *kit)
{
    while (fx_engine_next_due_us(kit->engine) <= kit->time_us) {
        struct fx_command tick = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        say(kit, &tick);
    }
}

static void count_loaded(const struct fx_engine *engine)
{
    found.loads++;
    found.brackets += engine->bracket_count;
    for (fx_slot slot = 0; slot < engine->account_count; slot++) {
        const struct fx_account_state *account = &engine->accounts[slot];
        found.owing += account->balance < 0 ? 1 : 0;
        found.frozen += (account->flags & FX_ACCOUNT_FLAG_FROZEN) != 0 ? 1 : 0;
        found.hedged += (account->flags & FX_ACCOUNT_FLAG_HEDGE) != 0 ? 1 : 0;
    }
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        const struct fx_position_state *position = &engine->positions[slot];
        found.isolated +=
            position->lots != 0 && position->margin_mode == FX_MARGIN_MODE_ISOLATED ? 1 : 0;
        found.inventory +=
            position->lots != 0 && engine->accounts[position->account].user_id == 0 ? 1 : 0;
    }
}

static void load(const struct engine_kit *one, struct engine_kit *loaded_out)
{
    const struct fx_engine_limits limits = one->engine->limits;
    engine_kit_init(loaded_out, &limits);
    loaded_out->time_us = one->time_us;
    loaded_out->is_unchecked = true; /* TEST_ORDER is not what this is about */
    preload_rows_load(loaded_out, one);
    count_loaded(loaded_out->engine);
}

/* @return false: it did not come to that. */
static bool calm(struct engine_kit *kit, struct load_risk *risk)
{
    struct fx_command command;
    for (uint32_t count = 0; count < TRIES; count++) {
        if (!load_risk_calm(risk, kit->engine, kit->time_us, &command)) {
            return true;
        }
        (void)apply(kit, &command);
        settle(kit);
    }
    return false;
}

static struct fx_engine_limits limits_of(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    limits.accounts_max = 32;
    limits.positions_max = SLOTS;
    limits.orders_max = 1024;
    limits.client_ids_max = 256;
    limits.account_orders_max = 200;
    limits.book_overflow_levels_max = 512;
    limits.fills_max = 48;
    return limits;
}

static void run(uint64_t seed)
{
    const struct fx_engine_limits limits = limits_of();
    struct engine_kit one;
    struct engine_kit other;
    struct load_risk risk;
    engine_kit_init(&one, &limits);
    one.is_unchecked = true;
    load_risk_begin(&risk, seed, say, &one);
    for (uint32_t count = 1; count <= LIVED; count++) {
        struct fx_command command = load_risk_next(&risk, one.engine, one.time_us);
        if (seed % 2 == 0 && count == LIVED / 2) {
            command = load_risk_end(&risk);
        }
        (void)apply(&one, &command);
        settle(&one);
        if (count % EVERY == 0 && load_risk_is_calm(one.engine)) {
            load(&one, &other); /* the rows of any moment */
            engine_kit_deinit(&other);
        }
    }
    if (calm(&one, &risk)) {
        load(&one, &other);
        preload_rows_compare(&one, &other);
        if (load_risk_has_same_ids(&risk, one.engine)) {
            found.liquidated += load_risk_live_on(&risk, &one, &other, FUTURE);
            preload_rows_compare(&one, &other);
            found.futures++;
        }
        engine_kit_deinit(&other);
    }
    engine_kit_deinit(&one);
}

static uint64_t first_seed = 20261129;
static uint32_t rounds = ROUNDS;
static bool is_by_hand; /* say what was found, and require nothing */

static void tell(void)
{
    print_message("cut by trades %u, liquidations %u, takeovers %u, ADL %u, ends %u; loads %u, "
                  "futures %u: owing %u, isolated %u, frozen %u, hedged %u, of the fund %u, "
                  "brackets %u, liquidations behind them %u\n",
                  found.by_trade,
                  found.by_liquidation,
                  found.by_takeover,
                  found.by_adl,
                  found.by_settlement,
                  found.loads,
                  found.futures,
                  found.owing,
                  found.isolated,
                  found.frozen,
                  found.hedged,
                  found.inventory,
                  found.brackets,
                  found.liquidated);
}

static void preload_of_an_exchange_at_risk_has_the_same_future(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < rounds; round++) {
        if (is_by_hand) {
            print_message("seed %llu\n", (unsigned long long)(first_seed + round));
        }
        run(first_seed + round);
    }
    if (is_by_hand) {
        tell();
    } else if (found.by_trade < 100 || found.by_liquidation < 1 || found.by_takeover < 1 ||
               found.by_adl < 1 || found.by_settlement < 1 || found.futures < rounds / 2 ||
               found.isolated < 20 || found.frozen < 20 || found.inventory < 5 ||
               found.brackets < 100 || found.liquidated < 20) {
        tell();
        fail_msg("that is not enough of each");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_of_an_exchange_at_risk_has_the_same_future),
    };
    if (argc > 2) {
        first_seed = strtoull(argv[1], NULL, 10);
        rounds = (uint32_t)strtoul(argv[2], NULL, 10);
        is_by_hand = true;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

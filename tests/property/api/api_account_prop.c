/* What GET /account and GET /positions show is what the engine counts: random orders, marks,
 * settings, margins and transfers on linear and inverse symbols; after each command every account
 * and every position of view_margin.c equals the engine's own formulas to the last unit. */
#include "api_harness.h"
#include "base/rng.h"
#include "view/view_margin.h"

enum { STEPS = 3000, USERS = 2, SYMBOLS = 3 };

enum seen { SEEN_LINEAR, SEEN_INVERSE, SEEN_ISOLATED, SEEN_RESERVED, SEEN_LOSS, SEEN_COUNT };

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): one world, one thread
static struct api_harness world;
static struct fx_rng rng;
static uint32_t seen[SEEN_COUNT]; /* a test that does nothing fails */
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

static int64_t pick(int64_t from, int64_t to)
{
    return fx_rng_between(&rng, from, to);
}

static void compare_position(const struct fx_rows_position *row)
{
    const struct fx_engine *engine = world.kit.engine;
    const struct fx_position_state *state = &engine->positions[row->id - 1];
    struct fx_view_margin_position margin;
    fx_view_margin_of_position(world.view, row, &margin);
    assert_true(margin.unrealized == fx_margin_unrealized(engine, state));
    assert_true(margin.maintenance == fx_margin_maintenance(engine, state));
    if (state->lots != 0) {
        assert_true(margin.notional == fx_margin_mark_value(engine, state));
        if (state->margin_mode == FX_MARGIN_MODE_CROSS) {
            assert_true(margin.initial == fx_margin_initial(engine, state));
        }
        seen[row->contract_type == FX_CONTRACT_TYPE_COIN_M ? SEEN_INVERSE : SEEN_LINEAR]++;
        seen[SEEN_ISOLATED] += state->margin_mode == FX_MARGIN_MODE_ISOLATED;
        seen[SEEN_LOSS] += margin.unrealized < 0;
    }
}

static void compare_all(void)
{
    const struct fx_engine *engine = world.kit.engine;
    for (uint64_t user = 1; user <= USERS; user++) {
        const struct fx_rows_account *account = NULL;
        const struct fx_rows_position *position = NULL;
        uint32_t cursor = 0;
        while ((account = fx_view_next_account(world.view, user, &cursor)) != NULL) {
            struct fx_view_margin_account margin;
            const fx_slot slot = (fx_slot)account->id - 1;
            fx_view_margin_of_account(world.view, account, &margin);
            assert_true(margin.available == fx_margin_available(engine, slot));
            assert_true(margin.withdrawable == fx_margin_withdrawable(engine, slot));
            seen[SEEN_RESERVED] += margin.reserved > 0;
        }
        cursor = 0;
        while ((position = fx_view_next_position(world.view, user, &cursor)) != NULL) {
            compare_position(position);
        }
    }
}

static void make_place(struct fx_command *command)
{
    struct fx_command_place *place = &command->u.place;
    command->kind = FX_COMMAND_PLACE_ORDER;
    place->side = (uint8_t)pick(FX_SIDE_BUY, FX_SIDE_SELL);
    place->type = FX_ORDER_TYPE_LIMIT;
    place->time_in_force = FX_TIME_IN_FORCE_GTC;
    place->lots = pick(1, 40);
    place->price_ticks = pick(95, 105) * (command->instrument == 0 ? 10 : 1);
    place->is_reduce_only = pick(0, 5) == 0 ? 1 : 0;
}

static void step(void)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.instrument = (uint32_t)pick(0, SYMBOLS - 1);
    command.user_id = (uint64_t)pick(1, USERS);
    switch (pick(0, 9)) {
    case 0:
        command.kind = FX_COMMAND_MARK_PRICE;
        command.user_id = 0;
        command.u.mark.mark_ticks = pick(80, 120) * (command.instrument == 0 ? 10 : 1);
        command.u.mark.index_ticks = command.u.mark.mark_ticks;
        break;
    case 1:
        command.kind = FX_COMMAND_ADJUST_LEVERAGE;
        command.u.leverage.leverage_centi = (int32_t)pick(100, 2500);
        command.u.leverage.margin_mode = (uint32_t)pick(0, 2);
        break;
    case 2:
        command.kind = FX_COMMAND_ADJUST_MARGIN_POSITION;
        command.u.margin.amount = fx_dec_one() / 7 * pick(-40, 60);
        break;
    case 3:
        command.kind = pick(0, 1) == 0 ? FX_COMMAND_DEPOSIT : FX_COMMAND_WITHDRAW;
        command.u.transfer.asset = engine_kit_asset(command.instrument == 2 ? "BTC" : "USDT");
        command.u.transfer.amount = fx_dec_one() / 3 * pick(1, 900);
        command.u.transfer.is_reward = command.kind == FX_COMMAND_DEPOSIT && pick(0, 3) == 0;
        break;
    case 4:
        command.kind = FX_COMMAND_CANCEL_ALL;
        command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
        break;
    default:
        make_place(&command);
        break;
    }
    world.queue[0] = command;
    world.tokens[0] = 0;
    world.queued = 1;
    api_harness_pump(&world);
}

static void list_inverse(void)
{
    struct fx_instrument definition = engine_kit_definition("BTCUSDM");
    definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
    definition.settle = engine_kit_asset("BTC");
    definition.multiplier = engine_kit_decimal("100");
    assert_int_equal(engine_kit_list(&world.kit, &definition, 100), 2);
    for (uint64_t user = 1; user <= USERS; user++) {
        engine_kit_account(&world.kit, user, "BTC", "100");
    }
    api_harness_dump(&world);
}

static void api_account_shows_what_the_engine_counts(void **state)
{
    (void)state;
    const char *given = getenv("FX_SEED"); // NOLINT(concurrency-mt-unsafe): one thread
    const uint64_t seed = given == NULL ? 7 : strtoull(given, NULL, 10);
    print_message("FX_SEED=%llu\n", (unsigned long long)seed);
    fx_rng_init(&rng, seed);
    api_harness_init(&world);
    world.is_saver_late = true; /* the tables are not looked at */
    list_inverse();
    compare_all();
    for (uint32_t count = 0; count < STEPS; count++) {
        step();
        compare_all();
    }
    for (uint32_t kind = 0; kind < SEEN_COUNT; kind++) {
        assert_true(seen[kind] > 0);
    }
    api_harness_deinit(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api_account_shows_what_the_engine_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A random exchange, written into tables by its saver and loaded out of them into an empty log, is
 * the same exchange: a follower of that log has the same rows, and from there on both say the same
 * to the same commands. FX_SEED, FX_ROUNDS. */
#include "load_kit.h"
#include "load_risk.h"
#include "load_world.h"
#include "worker/worker_follow.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ROUNDS = 4, LIVED = 220, FUTURE = 400, TRIES = 3000 };

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* What decides is as in the log that the loader begins. */
static struct fx_engine_limits limits_of(void)
{
    const struct fx_engine_limits usual = fx_engine_default_limits();
    struct fx_engine_limits limits = engine_kit_limits();
    limits.orders_max = 2048;
    limits.client_ids_max = 64;
    limits.account_orders_max = usual.account_orders_max;
    limits.fills_max = usual.fills_max;
    limits.cancels_max = usual.cancels_max;
    limits.reduce_orders_max = usual.reduce_orders_max;
    return limits;
}

/* Both the engine and its tables. */
static void apply(struct fixture *fixture, struct fx_command *command)
{
    fixture->now_us += 1000; /* what a column of a time can say */
    fixture->kit.time_us = fixture->now_us;
    (void)engine_kit_apply(&fixture->kit, command);
    assert_int_equal(
        fx_worker_save_events(&fixture->save, fixture->kit.events.items, fixture->kit.events.count),
        FX_OK);
}

static void say(void *context, struct fx_command *command)
{
    struct fixture *fixture = context;
    apply(fixture, command);
    assert_int_equal(fixture->kit.result.reject.status, FX_OK);
}

static void settle(struct fixture *fixture)
{
    while (fx_engine_next_due_us(fixture->kit.engine) <= fixture->kit.time_us) {
        struct fx_command tick = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
        apply(fixture, &tick);
    }
}

/* An exchange with something of all that may wait, saved. */
static void live(struct fixture *fixture, struct load_world *world, uint64_t seed)
{
    const struct fx_engine_limits limits = limits_of();
    engine_kit_init(&fixture->kit, &limits);
    fixture->kit.is_unchecked = true;
    open_saver(fixture);
    load_world_begin(world, seed, say, fixture);
    for (uint32_t count = 0; count < LIVED || load_world_has_more_than_rows(fixture->kit.engine);
         count++) {
        struct fx_command command = load_world_next(world, fixture->kit.engine->next_order_id);
        apply(fixture, &command);
        settle(fixture);
    }
    fx_worker_save_deinit(&fixture->save);
}

/* Who follows the log has this engine, here as one of a kit's. */
static void follow(struct fixture *fixture, uint64_t hash, struct engine_kit *kit_out)
{
    struct fx_worker_follow *one = follow_loaded(fixture, hash);
    const struct fx_engine *engine = fx_worker_follow_engine(one);
    const struct fx_engine_limits limits = engine->limits;
    const size_t size = fx_engine_save_size(engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(engine, saved, size);
    engine_kit_init(kit_out, &limits);
    free(kit_out->engine);
    assert_int_equal(
        fx_engine_load(
            engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &kit_out->engine),
        FX_OK);
    fx_engine_check(kit_out->engine);
    free(saved);
    fx_worker_follow_abandon(one);
}

static void load_out_of_the_tables_has_the_same_future(void **state)
{
    (void)state;
    const uint64_t rounds = number_of("FX_ROUNDS", ROUNDS);
    uint32_t fills = 0;
    uint32_t brackets = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        struct fixture fixture;
        struct fixture *borrowed = &fixture;
        struct fx_worker_load_report report;
        struct load_world world;
        struct engine_kit loaded;
        open_fixture(&fixture);
        live(&fixture, &world, number_of("FX_SEED", 20260101) + round);
        if (load(&fixture, &report) != FX_OK) {
            fail_msg("round %u: %s", (unsigned)round, report.text);
        }
        follow(&fixture, report.state_hash, &loaded);
        loaded.time_us = fixture.kit.time_us;
        loaded.is_unchecked = round > 0; /* every invariant behind every command */
        assert_int_equal(loaded.engine->order_count, fixture.kit.engine->order_count);
        assert_int_equal(loaded.engine->bracket_count, fixture.kit.engine->bracket_count);
        brackets += loaded.engine->bracket_count;
        if (loaded.engine->preload.positions == fixture.kit.engine->position_count) {
            fills += load_world_live_on(&world, &fixture.kit, &loaded, FUTURE);
        } /* else one had nothing but orders that wait, so no row, and has another id now */
        engine_kit_deinit(&loaded);
        (void)teardown((void **)&borrowed);
    }
    assert_true(rounds < ROUNDS || (brackets > 30 && fills > 30));
}

/* Every position says its row: one that had nothing but an order that waited has none yet. */
static void say_positions(struct fixture *fixture)
{
    for (uint64_t user_id = 1; user_id <= LOAD_RISK_USERS; user_id++) {
        for (uint32_t symbol = 0; symbol < LOAD_RISK_SYMBOLS; symbol++) {
            struct fx_command command =
                engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, symbol, user_id);
            command.u.leverage.leverage_centi = 1100;
            apply(fixture, &command);
            settle(fixture);
        }
    }
}

/* The same with users who risk what they have, and a symbol that ends. @return false: somebody was
 * always short of margin. */
static bool live_at_risk(struct fixture *fixture, struct load_risk *risk, uint64_t seed)
{
    struct fx_engine_limits limits = limits_of();
    limits.accounts_max = 32;
    limits.positions_max = 96;
    limits.client_ids_max = 1024;
    engine_kit_init(&fixture->kit, &limits);
    fixture->kit.is_unchecked = true;
    open_saver(fixture);
    load_risk_begin(risk, seed, say, fixture);
    risk->is_of_tables = true;
    bool is_calm = false;
    for (uint32_t count = 0; count < TRIES && !is_calm; count++) {
        struct fx_command command;
        if (count < 2 * LIVED) {
            command = seed % 2 == 0 && count == LIVED
                          ? load_risk_end(risk)
                          : load_risk_next(risk, fixture->kit.engine, fixture->now_us);
        } else if (!load_risk_calm(risk, fixture->kit.engine, fixture->now_us, &command)) {
            say_positions(fixture);
            is_calm = !load_risk_calm(risk, fixture->kit.engine, fixture->now_us, &command);
            continue;
        }
        apply(fixture, &command);
        settle(fixture);
    }
    fx_worker_save_deinit(&fixture->save);
    return is_calm;
}

/* Those that are loaded: all but those of a contract that has ended, if that has none of the last
 * ids, which are given again. 0: it has. */
static uint32_t positions_of(const struct load_risk *risk, const struct fx_engine *engine)
{
    uint32_t count = 0;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        count += risk->has_ended && engine->positions[slot].instrument == LOAD_RISK_ENDING ? 0 : 1;
    }
    return load_risk_has_same_ids(risk, engine) ? count : 0;
}

static void load_of_an_exchange_at_risk_has_the_same_future(void **state)
{
    (void)state;
    const uint64_t rounds = number_of("FX_ROUNDS", ROUNDS);
    uint32_t steps = 0;
    uint32_t futures = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        struct fixture fixture;
        struct fixture *borrowed = &fixture;
        struct fx_worker_load_report report;
        struct load_risk risk;
        struct engine_kit loaded;
        open_fixture(&fixture);
        const bool is_calm = live_at_risk(&fixture, &risk, number_of("FX_SEED", 20260101) + round);
        if (load(&fixture, &report) != FX_OK) {
            fail_msg("round %u: %s", (unsigned)round, report.text);
        }
        follow(&fixture, report.state_hash, &loaded);
        if (is_calm) { /* else some may have fired at once */
            assert_int_equal(loaded.engine->order_count, fixture.kit.engine->order_count);
            assert_int_equal(loaded.engine->bracket_count, fixture.kit.engine->bracket_count);
        }
        if (is_calm &&
            loaded.engine->preload.positions == positions_of(&risk, fixture.kit.engine)) {
            loaded.is_unchecked = true; /* but every invariant: load_risk_live_on() */
            steps += load_risk_live_on(&risk, &fixture.kit, &loaded, FUTURE);
            futures++;
        }
        engine_kit_deinit(&loaded);
        (void)teardown((void **)&borrowed);
    }
    assert_true(rounds < ROUNDS || (futures > 0 && steps > 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_out_of_the_tables_has_the_same_future),
        cmocka_unit_test(load_of_an_exchange_at_risk_has_the_same_future),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

/* The published place in the queue of auto-deleveraging; the whole order is rank_prop.c's. */
#include "engine/rank_int.h"
#include "engine_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

static void scene(void)
{
    engine_kit_scene(&kit);
    kit.time_us = 5000000;
    for (uint64_t user_id = 5; user_id <= 11; user_id++) {
        engine_kit_account(&kit, user_id, "USDT", "1000");
    }
}

static void trade(uint64_t buyer, uint64_t seller, int64_t ticks, int64_t lots)
{
    struct engine_kit_order order = {.user_id = seller,
                                     .side = FX_SIDE_SELL,
                                     .ticks = ticks,
                                     .lots = lots,
                                     .leverage_centi = 1000};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    order.user_id = buyer;
    order.side = FX_SIDE_BUY;
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
}

static uint32_t refresh(void)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_REFRESH_RANKS, FX_COMMAND_ALL_INSTRUMENTS, 0);
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    return engine_kit_count(&kit, FX_EVENT_POSITION);
}

static uint8_t rank_of(uint64_t user_id)
{
    const struct fx_position_state position = engine_kit_position(&kit, user_id, 0);
    return fx_rank_of(&position);
}

static void rank_goes_from_the_best_long_to_the_worst(void **state)
{
    (void)state;
    scene();
    for (uint64_t user_id = 5; user_id <= 9; user_id++) { /* the dearer, the less profit */
        trade(user_id, 1, 90 + (int64_t)user_id, 1);
    }
    assert_int_equal(refresh(), 6);
    assert_int_equal(kit.result.is_changed, 1);
    assert_int_equal(rank_of(1), 5); /* alone among the shorts */
    for (uint64_t user_id = 5; user_id <= 9; user_id++) {
        assert_int_equal(rank_of(user_id), 10 - user_id);
    }
    assert_int_equal(refresh(), 0); /* nothing moved */
    assert_int_equal(kit.result.is_changed, 0);
    engine_kit_deinit(&kit);
}

static void rank_is_in_the_row_and_flat_has_none(void **state)
{
    (void)state;
    scene();
    trade(5, 6, 100, 2);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.adl_rank, 0);
    assert_int_equal(refresh(), 2);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.adl_rank, 5);
    trade(5, 6, 100, 1);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.adl_rank, 5);
    trade(6, 5, 100, 3);
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.adl_rank, 0);
    trade(5, 6, 100, 1); /* again: what it had does not come back */
    assert_int_equal(engine_kit_event(&kit, FX_EVENT_POSITION, 0)->u.position.adl_rank, 0);
    engine_kit_deinit(&kit);
}

static void rank_of_a_turned_position_waits_for_the_next_refresh(void **state)
{
    (void)state;
    scene();
    trade(5, 6, 100, 2);
    (void)refresh();
    trade(6, 5, 100, 5);
    assert_int_equal(rank_of(5), 0);
    assert_int_equal(rank_of(6), 0);
    kit.time_us += FX_RANK_INTERVAL_US;
    assert_int_equal(refresh(), 2);
    assert_int_equal(rank_of(5), 5);
    engine_kit_deinit(&kit);
}

static void rank_follows_a_mark_and_a_deposit(void **state)
{
    (void)state;
    scene();
    trade(5, 1, 100, 4);
    trade(6, 1, 100, 4);
    (void)refresh();
    assert_int_equal(rank_of(5), 5); /* alike: the lower account first */
    assert_int_equal(rank_of(6), 3);
    assert_int_equal(engine_kit_mark(&kit, 0, 110), FX_OK);
    kit.time_us += FX_RANK_INTERVAL_US;
    assert_int_equal(refresh(), 0);
    assert_int_equal(engine_kit_deposit(&kit, 5, "USDT", "500"), FX_OK); /* less leverage */
    kit.time_us += FX_RANK_INTERVAL_US;
    assert_int_equal(refresh(), 2);
    assert_int_equal(rank_of(5), 3);
    assert_int_equal(rank_of(6), 5);
    engine_kit_deinit(&kit);
}

static void rank_is_due_once_a_second_and_behind_the_law(void **state)
{
    (void)state;
    enum fx_command_kind kind = FX_COMMAND_TICK;
    scene();
    assert_false(fx_engine_is_due(kit.engine, INT64_MAX - 1, &kind)); /* no position */
    trade(5, 6, 100, 2);
    assert_true(fx_engine_is_due(kit.engine, kit.time_us, &kind));
    assert_int_equal(kind, FX_COMMAND_REFRESH_RANKS);
    (void)refresh();
    assert_false(fx_engine_is_due(kit.engine, INT64_MAX - 1, &kind)); /* nothing has moved */
    trade(5, 6, 100, 2);
    assert_false(fx_engine_is_due(kit.engine, 5999999, &kind));
    assert_true(fx_engine_is_due(kit.engine, 6000000, &kind));
    assert_true(fx_engine_next_due_us(kit.engine) == INT64_MAX); /* ranks are no TICK's */
    struct engine_kit_order order = {.user_id = 5,
                                     .side = FX_SIDE_BUY,
                                     .ticks = 50,
                                     .lots = 1,
                                     .tif = FX_TIME_IN_FORCE_GTD,
                                     .expire_us = 8000000};
    assert_int_equal(engine_kit_order(&kit, &order), FX_OK);
    assert_true(fx_engine_is_due(kit.engine, 8000000, &kind));
    assert_int_equal(kind, FX_COMMAND_TICK);
    engine_kit_deinit(&kit);
}

/* What decides the next row is in the hash, and nothing else. */
static void rank_hash_knows_how_many_are_placed(void **state)
{
    (void)state;
    scene();
    trade(5, 6, 100, 2);
    (void)refresh();
    struct fx_engine *engine = kit.engine;
    const uint64_t idle = fx_engine_hash(engine);
    engine->rank_sides[0].count += 4;
    assert_true(fx_engine_hash(engine) == idle); /* no refresh: the next begins at 0 */
    engine->rank.phase = 2;
    const uint64_t busy = fx_engine_hash(engine);
    engine->rank_sides[0].count++;
    assert_true(fx_engine_hash(engine) != busy);
    engine->rank_sides[0].count--;
    engine->rank_sides[0].placed--;
    assert_true(fx_engine_hash(engine) != busy);
    engine_kit_deinit(&kit);
}

/* Snapshots from before there were ranks do not say whether something has moved. */
static void rank_of_an_older_state_is_wanted(void **state)
{
    (void)state;
    scene();
    trade(5, 6, 100, 2);
    const uint64_t hash = fx_engine_hash(kit.engine);
    kit.engine->rank.is_stale = 0; /* as such a one is loaded */
    assert_true(fx_engine_hash(kit.engine) == hash);
    assert_int_equal(fx_rank_due_us(kit.engine), 0);
    assert_int_equal(refresh(), 2);
    engine_kit_deinit(&kit);
}

/* What a snapshot may say of a refresh that is under way: all its numbers agree, or it is none. */
static void rank_of_a_liar_is_unsound(void **state)
{
    (void)state;
    scene();
    trade(5, 6, 100, 2);
    trade(7, 6, 100, 1);
    (void)refresh();
    struct fx_engine *engine = kit.engine;
    struct fx_rank *rank = &engine->rank;
    assert_true(fx_rank_is_sound(engine));
    const struct fx_rank kept = *rank;
    const uint8_t published = engine->positions[0].adl_rank;
    engine->positions[0].adl_rank = 6;
    assert_false(fx_rank_is_sound(engine));
    engine->positions[0].adl_rank = published;
    rank->phase = 3;
    assert_false(fx_rank_is_sound(engine));
    *rank = kept;
    rank->is_stale = 2;
    assert_false(fx_rank_is_sound(engine));
    *rank = kept;
    rank->due_us = -1;
    assert_false(fx_rank_is_sound(engine));
    *rank = kept;
    rank->cursor = engine->position_count + 1;
    assert_false(fx_rank_is_sound(engine));
    *rank = kept;
    rank->count = 1; /* nobody waits while there is no refresh */
    assert_false(fx_rank_is_sound(engine));
    rank->phase = 2;
    rank->cursor = 2;
    engine->rank_items[0] = (struct fx_rank_item){.position = 0, .side = 0};
    assert_false(fx_rank_is_sound(engine)); /* its side counts no one that waits */
    engine->rank_sides[0].count = engine->rank_sides[0].placed + 1;
    engine->rank_sides[1].count = engine->rank_sides[1].placed;
    assert_true(fx_rank_is_sound(engine));
    engine->rank_items[0].side = 2;
    assert_false(fx_rank_is_sound(engine));
    engine->rank_items[0] = (struct fx_rank_item){.position = 2, .side = 0};
    assert_false(fx_rank_is_sound(engine)); /* behind the cursor */
    rank->count = 2;
    engine->rank_sides[0].count++;
    engine->rank_items[0] = (struct fx_rank_item){.position = 0, .side = 0, .score = 1};
    engine->rank_items[1] = (struct fx_rank_item){.position = 1, .side = 0, .score = 2};
    assert_false(fx_rank_is_sound(engine)); /* the best is on top */
    engine->rank_items[0].score = 3;
    assert_true(fx_rank_is_sound(engine));
    engine_kit_deinit(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rank_goes_from_the_best_long_to_the_worst),
        cmocka_unit_test(rank_is_in_the_row_and_flat_has_none),
        cmocka_unit_test(rank_of_a_turned_position_waits_for_the_next_refresh),
        cmocka_unit_test(rank_follows_a_mark_and_a_deposit),
        cmocka_unit_test(rank_is_due_once_a_second_and_behind_the_law),
        cmocka_unit_test(rank_hash_knows_how_many_are_placed),
        cmocka_unit_test(rank_of_an_older_state_is_wanted),
        cmocka_unit_test(rank_of_a_liar_is_unsound),
    };
    return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

/* An order that begins within a command sees the price as it is then and later ones; never one that
 * the same command, or one before it, had reached. */
#include "engine/triggers_int.h"
#include "engine_fixture.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

#define GT FX_TRIGGER_CONDITION_GT

static uint64_t profit; /* the take profit at 106 of user 1's bid at 104 */

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define MUST(...)  assert_int_equal(ENGINE_KIT_PLACE(&kit, __VA_ARGS__), FX_OK)

static enum fx_order_status status_of(uint64_t id)
{
    const fx_slot slot = fx_order_pool_find(kit.engine, id);
    return slot == FX_SLOT_NONE ? FX_ORDER_STATUS_FILLED
                                : (enum fx_order_status)kit.engine->orders[slot].status;
}

static const struct fx_trigger_side *side_above(void)
{
    return &kit.engine->trigger_books[0].sources[FX_TRIGGER_SOURCE_LAST - 1].sides[GT - 1];
}

/* User 1 bids 104 with a take profit at 106 by LAST; user 2 sells at the market once LAST is 105.
 */
static void set_up_bid_and_sale(void)
{
    MUST(.user_id = 1, .side = FX_SIDE_BUY, .ticks = 104, .lots = 1, .take_profit_ticks = 106);
    profit = kit.result.order_id + 1;
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_PENDING);
    MUST(.user_id = 2,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .condition = GT,
         .trigger_ticks = 105,
         .lots = 1);
}

/* Another one that the same trades cross, and which fires behind it: an offer at 120. */
static void set_up_offer(uint64_t user_id)
{
    MUST(.user_id = user_id,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TAKE_PROFIT_LIMIT,
         .trigger_ticks = 106,
         .ticks = 120,
         .lots = 1);
}

/* LAST becomes 106: user 4 meets user 3's offer there. */
static void trade_at_106(void)
{
    MUST(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 106, .lots = 1);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 106, .lots = 1);
}

/* More is crossed than one command fires, so the take profit is late behind its end. */
static void leave_it_late(void)
{
    set_up_bid_and_sale();
    for (uint32_t count = 0; count < kit.engine->limits.fills_max / 2; count++) {
        set_up_offer(2);
        set_up_offer(3);
    }
    trade_at_106();
}

/* The sale fills the bid at 104 while another crossed order still waits for its turn: 106 was
 * reached before the take profit began. (Seed 361 of the simulator.) */
static void trigger_that_begins_late_waits_for_a_later_price(void **state)
{
    (void)state;
    set_up_bid_and_sale();
    set_up_offer(3);
    trade_at_106();
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 1);
    assert_int_equal(engine_kit_depth(&kit, 0, FX_SIDE_SELL, 120), 1); /* the other has fired */
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_UNTRIGGERED);
    assert_int_equal(side_above()->reached, INT64_MIN);
    assert_int_equal(side_above()->late, FX_SLOT_NONE);
    MUST(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 105, .lots = 1);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 105, .lots = 1);
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_UNTRIGGERED);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 105, .lots = 1); /* whom it will meet */
    MUST(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 106, .lots = 1);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 106, .lots = 1);
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_FILLED);
}

/* An old log leads where it always led, until it says that it goes on by the second rules. */
static void trigger_that_begins_late_fires_at_once_by_the_first_rules(void **state)
{
    (void)state;
    kit.engine->preload.rules = 1;
    set_up_bid_and_sale();
    set_up_offer(3);
    trade_at_106();
    assert_int_equal(fx_order_pool_find(kit.engine, profit), FX_SLOT_NONE); /* it has fired */
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_RULES, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.rules.version = 2;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    MUST(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 100, .lots = 1);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 100, .lots = 1); /* LAST is 100 again */
    set_up_bid_and_sale();
    set_up_offer(3);
    trade_at_106();
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_UNTRIGGERED);
}

/* Behind the beginning, in the same command, LAST is 106 again: that counts. */
static void trigger_that_begins_late_fires_by_a_later_trade_of_the_command(void **state)
{
    (void)state;
    set_up_bid_and_sale();
    MUST(.user_id = 3, .side = FX_SIDE_SELL, .ticks = 107, .lots = 1);
    MUST(.user_id = 4,
         .side = FX_SIDE_BUY,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 106, /* buys at 107 once the sale is done */
         .lots = 1);
    MUST(.user_id = 4, .side = FX_SIDE_BUY, .ticks = 103, .lots = 1); /* the take profit meets it */
    trade_at_106();
    assert_int_equal(kit.engine->listings[0].last.ticks, 103);
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_row(&kit, profit)->status, FX_ORDER_STATUS_FILLED);
    assert_int_equal(engine_kit_position(&kit, 1, 0).lots, 0);
}

/* What the bounded work of a command leaves to the next keeps it late; so does a snapshot. */
static void trigger_that_begins_late_survives_a_snapshot(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = engine_kit_limits();
    leave_it_late();
    assert_true(kit.engine->has_crossed);
    assert_int_equal(side_above()->reached, 106);
    assert_true(side_above()->late != FX_SLOT_NONE);
    assert_int_equal(status_of(profit), FX_ORDER_STATUS_UNTRIGGERED);
    const size_t size = fx_engine_save_size(kit.engine);
    char *saved = malloc(size);
    assert_non_null(saved);
    fx_engine_save(kit.engine, saved, size);
    struct fx_engine *original = kit.engine, *loaded = NULL;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &loaded), FX_OK);
    free(saved);
    assert_true(fx_engine_hash(loaded) == fx_engine_hash(original));
    for (uint32_t turn = 0; turn < 2; turn++) { /* the loaded one goes on as the original does */
        kit.engine = turn == 0 ? original : loaded;
        assert_int_equal(engine_kit_tick(&kit, 2000000), FX_OK);
        assert_false(kit.engine->has_crossed);
        assert_int_equal(status_of(profit), FX_ORDER_STATUS_UNTRIGGERED);
        assert_int_equal(side_above()->late, FX_SLOT_NONE);
    }
    assert_true(fx_engine_hash(loaded) == fx_engine_hash(original));
    free(original);
}

/* It may be cancelled while it is late, and its sibling does not mind. */
static void trigger_that_is_late_can_be_cancelled(void **state)
{
    (void)state;
    leave_it_late();
    assert_true(side_above()->late != FX_SLOT_NONE);
    assert_int_equal(engine_kit_cancel(&kit, 1, profit), FX_OK);
    assert_int_equal(side_above()->late, FX_SLOT_NONE);
    assert_int_equal(fx_order_pool_find(kit.engine, profit), FX_SLOT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(trigger_that_begins_late_waits_for_a_later_price),
        CASE(trigger_that_begins_late_fires_at_once_by_the_first_rules),
        CASE(trigger_that_begins_late_fires_by_a_later_trade_of_the_command),
        CASE(trigger_that_begins_late_survives_a_snapshot),
        CASE(trigger_that_is_late_can_be_cancelled),
    };
    return cmocka_run_group_tests_name("trigger", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

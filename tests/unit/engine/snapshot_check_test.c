/* What a liar may write into a snapshot, place by place: each lie is seen before anybody follows
 * it. Whole files of a liar are snapshot_test.c's, random ones fuzz_state.c's. */
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/triggers_int.h"
#include "fx_test.h"
#include "snapshot_liar.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static struct engine_kit kit;

static int setup(void **state)
{
    (void)state;
    engine_kit_scene(&kit);
    snapshot_liar_scene(&kit);
    assert_true(fx_snapshot_check(kit.engine, true));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    engine_kit_deinit(&kit);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Another value in one place is a lie; the old one is the truth again. */
#define LIE(place, value)                                                                          \
    do {                                                                                           \
        char kept[sizeof(place)];                                                                  \
        memcpy(kept, &(place), sizeof kept);                                                       \
        (place) = (value);                                                                         \
        assert_false(fx_snapshot_check(kit.engine, true));                                         \
        memcpy(&(place), kept, sizeof kept);                                                       \
        assert_true(fx_snapshot_check(kit.engine, true));                                          \
    } while (0)

static void snapshot_check_of_instruments(void **state)
{
    (void)state;
    struct fx_listing *listing = &kit.engine->listings[0];
    LIE(listing->asset, kit.engine->asset_count);
    LIE(listing->mark.ticks, -1);
    LIE(listing->definition.instrument_id, 1);
    LIE(listing->definition.tier_count, FX_TIERS_MAX + 1);
    LIE(kit.engine->marks[0].sweep.end, kit.engine->position_count + 1);
    LIE(kit.engine->marks[0].sweep.is_open, 2);
    LIE(kit.engine->marks[0].sweep.cursor, kit.engine->position_count + 1);
    LIE(kit.engine->settlements[0].cursor, kit.engine->position_count + 1);
    LIE(kit.engine->settlements[0].phase, FX_SETTLEMENT_PHASE_DONE + 1);
    LIE(kit.engine->time_us, -1);
}

static void snapshot_check_of_accounts(void **state)
{
    (void)state;
    struct fx_account_state *account = &kit.engine->accounts[0];
    LIE(account->first_position, FX_SLOT_NONE);
    LIE(account->first_position, kit.engine->position_count);
    LIE(account->first_position, account->first_position + 1);
    LIE(account->last_position, FX_SLOT_NONE);
    LIE(account->risk_state, FX_RISK_STATE_PARKED + 1);
    LIE(account->asset, (uint16_t)kit.engine->asset_count);
    LIE(kit.engine->positions[0].next, 0); /* round and round */
    LIE(kit.engine->positions[0].account, 1);
    LIE(kit.engine->account_count, kit.engine->account_count - 1);
}

static void snapshot_check_of_positions(void **state)
{
    (void)state;
    struct fx_position_state *position = &kit.engine->positions[0];
    assert_true(position->oldest_order != FX_SLOT_NONE);
    LIE(position->instrument, kit.engine->instrument_count);
    LIE(position->leverage_centi, 0);
    LIE(position->position_side, FX_POSITION_SIDE_SHORT + 1);
    LIE(position->oldest_order, kit.engine->order_used);
    LIE(position->oldest_order, FX_SLOT_NONE);
    LIE(position->newest_order, FX_SLOT_NONE);
    LIE(position->order_count, position->order_count + 1);
    LIE(kit.engine->orders[position->oldest_order].is_resting, 0);
    LIE(kit.engine->orders[position->oldest_order].older, position->oldest_order);
    LIE(kit.engine->orders[position->oldest_order].position, 1);
}

static fx_slot order_of(uint64_t user_id, int64_t ticks)
{
    for (fx_slot order = 0; order < kit.engine->order_used; order++) {
        if (kit.engine->accounts[kit.engine->resting[order].account].user_id == user_id &&
            kit.engine->resting[order].price.ticks == ticks) {
            return order;
        }
    }
    fail();
    return FX_SLOT_NONE;
}

/* An open order that a position lists, has a name, and one with a date. */
static void snapshot_check_of_orders(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    const fx_slot dated = engine->expiry_heap[0], named = engine->positions[0].oldest_order;
    struct fx_order *order = &engine->orders[named];
    assert_true(order->client_slot != UINT32_MAX && engine->expiry_count == 1);
    assert_int_equal(engine_kit_cancel(&kit, 3, engine->orders[order_of(3, 10)].order_id), FX_OK);
    LIE(order->order_id, engine->next_order_id);
    LIE(order->position, engine->position_count);
    LIE(order->is_resting, 2);
    LIE(order->client_id.size, FX_CLIENT_ID_SIZE_MAX + 1);
    LIE(order->trigger, engine->trigger_used + 1);
    LIE(order->trigger, 1); /* that of another order */
    LIE(order->bracket, engine->bracket_used + 1);
    LIE(order->heap_index, 7);
    LIE(order->heap_index, 0); /* the place of another one */
    LIE(order->client_slot, engine->client_used);
    LIE(order->client_slot, order->client_slot + 1);
    LIE(engine->client_entries[order->client_slot].client_id.size, 0);
    LIE(engine->client_entries[order->client_slot].is_ended, 1);
    LIE(engine->resting[named].account, 1);
    LIE(engine->resting[named].instrument, 1);
    LIE(engine->resting[named].side, 0);
    LIE(engine->expiry_heap[0], engine->order_used);
    LIE(engine->expiry_heap[0], named);
    LIE(engine->orders[dated].heap_index, UINT32_MAX);
    LIE(engine->order_count, engine->order_count - 1);
    assert_true(engine->order_free != FX_SLOT_NONE);
    LIE(engine->order_free, FX_SLOT_NONE);
    LIE(engine->order_free, engine->order_used);
    LIE(engine->order_free, named);
    LIE(engine->resting[engine->order_free].newer, engine->order_free);
}

static void snapshot_check_of_client_ids(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    const fx_slot ended = engine->client_oldest, move = engine->move_oldest;
    assert_true(ended != FX_SLOT_NONE && move != FX_SLOT_NONE);
    LIE(engine->client_oldest, engine->client_used);
    LIE(engine->client_oldest, FX_SLOT_NONE);
    LIE(engine->client_newest, FX_SLOT_NONE);
    LIE(engine->move_oldest, engine->client_used);
    LIE(engine->move_newest, FX_SLOT_NONE);
    LIE(engine->move_count, engine->move_count + 1);
    LIE(engine->client_count, engine->client_count + 1);
    LIE(engine->client_free, engine->client_used);
    LIE(engine->client_free, ended);
    struct fx_client_entry *entry = &engine->client_entries[ended];
    LIE(entry->client_id.size, 0);
    LIE(entry->client_id.size, FX_CLIENT_ID_SIZE_MAX + 1);
    LIE(entry->is_ended, 0);
    LIE(entry->is_ended, 2);
    LIE(entry->older, ended);
    LIE(entry->ended_us, -1);
    LIE(entry->ended_us, engine->time_us + 1);
    LIE(entry->account, engine->account_count);
    LIE(entry->order_id, 0); /* a movement in the queue of orders */
    LIE(engine->client_entries[move].order_id, 1);
    LIE(engine->client_entries[move].ended_us, engine->time_us);
    if (engine->client_free != FX_SLOT_NONE) {
        LIE(engine->client_entries[engine->client_free].newer, engine->client_free);
    }
}

/* The first record in a state. */
static fx_slot find_trigger(enum fx_trigger_state wanted)
{
    for (fx_slot slot = 0; slot < kit.engine->trigger_used; slot++) {
        if (kit.engine->triggers[slot].state == wanted) {
            return slot;
        }
    }
    fail();
    return FX_SLOT_NONE;
}

static void snapshot_check_of_conditional_orders(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    const fx_slot slot = find_trigger(FX_TRIGGER_STATE_WAITING);
    struct fx_trigger *trigger = &engine->triggers[slot];
    LIE(trigger->parent, engine->trigger_used);
    LIE(trigger->left, engine->trigger_used);
    LIE(trigger->right, engine->trigger_used);
    LIE(trigger->older, engine->trigger_used);
    LIE(trigger->newer, engine->trigger_used);
    LIE(trigger->group, engine->trigger_used);
    LIE(trigger->left, slot); /* its own child */
    LIE(trigger->state, FX_TRIGGER_STATE_GROUP + 1);
    LIE(trigger->state, FX_TRIGGER_STATE_TRAILING);
    LIE(trigger->state, FX_TRIGGER_STATE_GROUP);
    LIE(trigger->instrument, (uint16_t)engine->instrument_count);
    LIE(trigger->source, 0);
    LIE(trigger->source, FX_TRIGGER_SOURCE_INDEX + 1);
    LIE(trigger->condition, 0);
    LIE(trigger->condition, FX_TRIGGER_CONDITION_LT + 1);
    LIE(trigger->callback_ppb, -1);
    LIE(trigger->order, FX_SLOT_NONE);
    LIE(trigger->order, engine->order_used);
    LIE(trigger->is_listed, 0);
    LIE(engine->trigger_count, engine->trigger_count + 1);
    LIE(engine->trigger_free, slot);
    LIE(engine->trigger_free, engine->trigger_used);
    struct fx_trigger_book *book = &engine->trigger_books[0];
    struct fx_trigger_side *side =
        &book->sources[trigger->source - 1].sides[trigger->condition - 1];
    LIE(side->waiting, engine->trigger_used);
    LIE(side->waiting, find_trigger(FX_TRIGGER_STATE_TRAILING));
    LIE(side->inactive, slot);
    LIE(side->groups, slot);
    LIE(book->sources[FX_TRIGGER_SOURCE_LAST - 1].sides[0].waiting, slot); /* of another source */
}

static void snapshot_check_of_trailing_stops(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    const fx_slot slot = find_trigger(FX_TRIGGER_STATE_TRAILING);
    const fx_slot inactive = find_trigger(FX_TRIGGER_STATE_INACTIVE);
    struct fx_trigger *member = &engine->triggers[slot];
    const fx_slot group = member->group;
    struct fx_trigger_side *side =
        &engine->trigger_books[0].sources[member->source - 1].sides[member->condition - 1];
    assert_int_equal(side->newest_group, group);
    LIE(member->group, FX_SLOT_NONE);
    LIE(member->group, inactive);
    LIE(side->newest_group, engine->trigger_used);
    LIE(side->newest_group, slot);
    LIE(engine->triggers[group].older, group); /* round and round */
    LIE(engine->triggers[group].group, FX_SLOT_NONE);
    LIE(engine->triggers[group].group, inactive);
    LIE(engine->triggers[group].order, 0);
    LIE(engine->triggers[group].condition, FX_TRIGGER_CONDITION_GT);
    LIE(engine->triggers[inactive].condition, FX_TRIGGER_CONDITION_GT);
    const fx_slot order = member->order;
    const fx_slot position = engine->orders[order].position;
    struct fx_position_triggers *list = &engine->position_triggers[position];
    LIE(list->count, list->count + 1);
    LIE(list->oldest, engine->trigger_used);
    LIE(list->oldest, group);
    LIE(list->newest, group);
    LIE(list->take_profit, engine->trigger_used + 1);
    LIE(list->stop_loss, group + 1);
}

static void snapshot_check_of_brackets(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    struct fx_bracket *bracket = &engine->brackets[0];
    struct fx_position_brackets *list = &engine->position_brackets[bracket->position];
    assert_true(engine->bracket_count == 1 && list->held_count == 1);
    LIE(bracket->parent_id, 0);
    LIE(bracket->parent, engine->order_used);
    LIE(bracket->parent, engine->positions[0].oldest_order);
    LIE(bracket->take_profit, bracket->parent);
    LIE(bracket->stop_loss, bracket->parent);
    LIE(bracket->position, engine->position_count);
    LIE(bracket->position, 0);
    LIE(bracket->side, 0);
    LIE(bracket->older, 0);
    LIE(engine->bracket_count, 0);
    LIE(engine->bracket_free, engine->bracket_used);
    LIE(engine->bracket_free, 0);
    LIE(list->held_count, 2);
    LIE(list->count, 0);
    LIE(list->oldest, engine->bracket_used);
    LIE(list->newest, FX_SLOT_NONE);
}

static void snapshot_check_of_deadlines_and_ranks(void **state)
{
    (void)state;
    struct fx_engine *engine = kit.engine;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ALL_AFTER, FX_COMMAND_ALL_INSTRUMENTS, 1);
    command.u.countdown.countdown_us = 5000000;
    assert_int_equal(engine_kit_apply(&kit, &command), FX_OK);
    assert_int_equal(engine->deadman_count, 1);
    LIE(engine->deadmen[0].instrument, engine->instrument_count);
    LIE(engine->rank.cursor, engine->position_count + 1);
    LIE(engine->positions[0].adl_rank, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(snapshot_check_of_instruments),
        CASE(snapshot_check_of_accounts),
        CASE(snapshot_check_of_positions),
        CASE(snapshot_check_of_orders),
        CASE(snapshot_check_of_client_ids),
        CASE(snapshot_check_of_conditional_orders),
        CASE(snapshot_check_of_trailing_stops),
        CASE(snapshot_check_of_brackets),
        CASE(snapshot_check_of_deadlines_and_ranks),
    };
    return cmocka_run_group_tests_name("snapshot_check", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

/* A random exchange, loaded row by row into an empty engine, is the same exchange: the same rows of
 * accounts, positions, orders and books, and every invariant holds while it trades on. Where nobody
 * is short of money it also has the same future: command by command both say the same. */
#include "engine/preload_int.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "load_world.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ROUNDS = 40, ROWS_MAX = 2048, COMMANDS = 600, MORE = 200, FUTURES = 20, FUTURE = 400 };

static struct fx_event rows[2][ROWS_MAX];

static uint64_t seed(void)
{
    const char *text = getenv("FX_SEED");
    return text == NULL ? 20260101 : strtoull(text, NULL, 10);
}

static uint32_t dump(const struct fx_engine *engine, struct fx_event *rows_out)
{
    struct fx_engine_dump position = {0};
    struct fx_event page[64];
    struct fx_events events = {.items = page, .capacity = 64};
    uint32_t count = 0;
    for (bool is_more = true; is_more;) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_true(count < ROWS_MAX);
            rows_out[count++] = page[index];
        }
    }
    return count;
}

static void apply(struct engine_kit *kit, struct fx_command *command)
{
    const fx_status status = engine_kit_apply(kit, command);
    if (status != FX_OK) {
        fail_msg("kind %u: %s", command->kind, fx_status_name(status));
    }
}

static struct fx_command symbol_of(const struct fx_event *event)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = event->u.instrument;
    command.u.instrument.instrument_id = 0;
    command.u.instrument.tier_count = 0;
    return command;
}

static struct fx_command account_of(const struct fx_event_account *row)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, row->user_id);
    command.u.load_account =
        (struct fx_command_load_account){.balance = row->balance,
                                         .reward_balance = row->reward_balance,
                                         .settings = {.asset = row->asset, .flags = row->flags},
                                         .account_id = row->account_id};
    return command;
}

static struct fx_command position_of(const struct fx_event_position *row)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_POSITION, row->instrument, row->user_id);
    command.u.load_position =
        (struct fx_command_load_position){.entry_value = row->entry_value,
                                          .position_margin = row->position_margin,
                                          .adjust_margin = row->adjust_margin,
                                          .realized_pnl = row->realized_pnl,
                                          .position_id = row->position_id,
                                          .lots = row->lots,
                                          .leverage_centi = row->leverage_centi,
                                          .margin_mode = row->margin_mode,
                                          .position_side = row->position_side};
    return command;
}

/* Whether its position names it as its take profit or its stop loss: both have no other order that
 * they belong to, and close whatever there is. */
static bool is_of_position(const struct fx_event *from, uint32_t count, uint64_t order_id)
{
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event_position *row = &from[index].u.position;
        if (from[index].kind == FX_EVENT_POSITION &&
            (row->take_profit_order_id == order_id || row->stop_loss_order_id == order_id)) {
            return true;
        }
    }
    return false;
}

static struct fx_command order_of(const struct fx_event_order *row, bool is_of_position)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ORDER, row->instrument, row->user_id);
    const bool has_rested =
        row->status != FX_ORDER_STATUS_UNTRIGGERED && row->status != FX_ORDER_STATUS_PENDING;
    if (row->parent_order_id != 0) {
        command.kind = FX_COMMAND_LOAD_ORDER_TP_SL;
        command.u.load_order_tp_sl.parent_id = row->parent_order_id;
    }
    command.u.load_order = (struct fx_command_load_order){
        .order = {.place = {.price_ticks = row->price_ticks,
                            .lots = row->lots,
                            .expire_us = row->expire_us,
                            .tmp_id = row->tmp_id,
                            .side = row->side,
                            .type = row->type,
                            .time_in_force = row->time_in_force,
                            .stp_mode = row->stp_mode,
                            .post_only_mode = row->post_only_mode,
                            .is_reduce_only = row->is_reduce_only,
                            .position_side = row->position_side,
                            .client_id = row->client_id},
                  .trigger_ticks = row->trigger_ticks,
                  .callback_ppb = row->callback_ppb,
                  .source = row->source,
                  .condition = row->condition,
                  .is_close_position = row->is_close_position,
                  .is_price_protected = row->is_price_protected},
        .order_id = row->order_id,
        .remaining_lots = row->remaining_lots,
        .filled_value = row->filled_value,
        .created_us = row->created_us,
        .updated_us = row->updated_us,
        .status = has_rested ? FX_ORDER_STATUS_ACTIVE : row->status,
        .note = row->note,
        .protects = is_of_position ? FX_LOAD_PROTECTS_POSITION : FX_LOAD_PROTECTS_NOTHING};
    return command;
}

static int by_id(const void *left, const void *right)
{
    const uint64_t one = ((const struct fx_event *)left)->u.order.order_id;
    const uint64_t other = ((const struct fx_event *)right)->u.order.order_id;
    return (one > other) - (one < other);
}

/* Orders stand where they have their slot: by id. @return how many. */
static uint32_t sort_orders(struct fx_event *all, uint32_t count)
{
    uint32_t first = 0;
    uint32_t orders = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (all[index].kind == FX_EVENT_ORDER) {
            first = orders == 0 ? index : first;
            orders++;
        }
    }
    if (orders > 0) {
        qsort(&all[first], orders, sizeof all[0], by_id);
    }
    return orders;
}

static void load_symbols(struct engine_kit *kit,
                         const struct engine_kit *was,
                         const struct fx_event *from,
                         uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        if (from[index].kind == FX_EVENT_INSTRUMENT) {
            struct fx_command command = symbol_of(&from[index]);
            const uint32_t instrument = from[index].u.instrument.instrument_id;
            apply(kit, &command);
            command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT_EXTRA, instrument, 0);
            command.u.load_extra.last_ticks = was->engine->listings[instrument].last.ticks;
            apply(kit, &command);
            assert_int_equal(engine_kit_tiers(kit, from[index].u.instrument.instrument_id), FX_OK);
            assert_int_equal(engine_kit_state(kit,
                                              from[index].u.instrument.instrument_id,
                                              FX_INSTRUMENT_STATE_TRADING),
                             FX_OK);
        }
    }
}

static uint32_t load_kind(struct engine_kit *kit,
                          const struct fx_event *from,
                          uint32_t count,
                          enum fx_event_kind kind)
{
    uint32_t found = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (from[index].kind != kind) {
            continue;
        }
        struct fx_command command =
            kind == FX_EVENT_ACCOUNT ? account_of(&from[index].u.account)
            : kind == FX_EVENT_POSITION
                ? position_of(&from[index].u.position)
                : order_of(&from[index].u.order,
                           is_of_position(from, count, from[index].u.order.order_id));
        apply(kit, &command);
        found++;
    }
    return found;
}

/* The engine of `from`, made of its rows. */
static void load(struct engine_kit *kit, const struct engine_kit *from)
{
    struct fx_event *all = rows[0];
    const uint32_t count = dump(from->engine, all);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_RULES, 0, 0);
    command.u.rules.version = FX_ENGINE_RULES_MAX;
    apply(kit, &command);
    command = engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = from->engine->next_order_id;
    command.u.load.next_trade_id = from->engine->next_trade_id;
    command.u.load.next_liquidation_id = from->engine->next_liquidation_id;
    apply(kit, &command);
    load_symbols(kit, from, all, count);
    (void)sort_orders(all, count);
    command = engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.start.accounts = load_kind(kit, all, count, FX_EVENT_ACCOUNT);
    command.u.start.positions = load_kind(kit, all, count, FX_EVENT_POSITION);
    command.u.start.orders = load_kind(kit, all, count, FX_EVENT_ORDER);
    command.u.start.instruments = FOLLOW_KIT_SYMBOLS;
    command.u.start.is_counted = 1;
    apply(kit, &command);
}

/* No mark is loaded; one that came behind the load may be there. */
static uint32_t behind_marks(uint32_t at, uint32_t count)
{
    while (at < count && rows[1][at].kind == FX_EVENT_MARK) {
        at++;
    }
    return at;
}

static void compare(const struct engine_kit *one, const struct engine_kit *other)
{
    const uint32_t count = dump(one->engine, rows[0]);
    uint32_t at = 0;
    const uint32_t others = dump(other->engine, rows[1]);
    assert_int_equal(sort_orders(rows[0], count), sort_orders(rows[1], others));
    for (uint32_t index = 0; index < count; index++) {
        if (rows[0][index].kind == FX_EVENT_MARK) {
            continue;
        }
        at = behind_marks(at, others);
        assert_true(at < others);
        load_world_clear(&rows[0][index]);
        load_world_clear(&rows[1][at]);
        assert_memory_equal(&rows[0][index], &rows[1][at], sizeof rows[0][0]);
        at++;
    }
    assert_int_equal(behind_marks(at, others), others);
}

static void preload_of_its_rows_equals_the_exchange(void **state)
{
    (void)state;
    const struct fx_engine_limits limits = follow_kit_limits();
    uint32_t orders = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct engine_kit one;
        struct engine_kit other;
        struct follow_kit_stream stream;
        follow_kit_init(&stream, seed() + round);
        engine_kit_init(&one, &limits);
        engine_kit_init(&other, &limits);
        one.is_unchecked = true;
        for (uint32_t count = 0; count < COMMANDS + round; count++) {
            struct fx_command command = follow_kit_next(&stream);
            (void)engine_kit_apply(&one, &command);
        }
        load(&other, &one);
        compare(&one, &other);
        orders += other.engine->order_count;
        for (uint32_t count = 0; count < MORE; count++) {
            struct fx_command command = follow_kit_next(&stream);
            (void)engine_kit_apply(&other, &command); /* the kit checks every invariant */
        }
        engine_kit_deinit(&one);
        engine_kit_deinit(&other);
    }
    assert_true(orders > 100);
}

/* ---- the same future ----------------------------------------------------------------------------
 */

static void say(void *context, struct fx_command *command)
{
    apply(context, command);
}

/* What is due at once is done, so that nothing is half done. */
static void settle(struct engine_kit *kit)
{
    while (fx_engine_next_due_us(kit->engine) <= kit->time_us) {
        assert_int_equal(engine_kit_tick(kit, kit->time_us), FX_OK);
    }
}

/* Brackets by what has become of them, over all rounds. */
struct found {
    uint32_t pending;   /* nothing has filled */
    uint32_t begun;     /* the order is open and has filled a part */
    uint32_t empty;     /* … which is closed again */
    uint32_t left;      /* the order has ended */
    uint32_t resting;   /* one has fired and rests */
    uint32_t positions; /* take profits and stop losses of positions */
    uint32_t shared;    /* positions with several */
    uint32_t fired;     /* of brackets, behind the load */
};

static void count_brackets(const struct fx_engine *engine, struct found *found)
{
    for (fx_slot slot = 0; slot < engine->bracket_used; slot++) {
        const struct fx_bracket *bracket = &engine->brackets[slot];
        const fx_slot child =
            bracket->take_profit == FX_SLOT_NONE ? bracket->stop_loss : bracket->take_profit;
        if (bracket->parent_id == 0) {
            continue;
        }
        const uint8_t status = engine->orders[child].status;
        found->pending += status == FX_ORDER_STATUS_PENDING ? 1 : 0;
        found->begun += bracket->lots > 0 && bracket->parent != FX_SLOT_NONE ? 1 : 0;
        found->empty += bracket->lots == 0 && status == FX_ORDER_STATUS_UNTRIGGERED ? 1 : 0;
        found->left += bracket->lots > 0 && bracket->parent == FX_SLOT_NONE ? 1 : 0;
        found->resting += bracket->lots == 0 && bracket->parent == FX_SLOT_NONE ? 1 : 0;
    }
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        found->shared += engine->position_brackets[slot].held_count > 1 ? 1 : 0;
        found->positions += (engine->positions[slot].has_tp_sl & FX_PROTECTION_POSITION) != 0;
    }
}

static void preload_of_its_rows_has_the_same_future(void **state)
{
    (void)state;
    struct fx_engine_limits limits = engine_kit_limits();
    struct found found = {0};
    limits.orders_max = 1024;
    limits.account_orders_max = 400;
    limits.client_ids_max = 64;
    for (uint32_t round = 0; round < FUTURES; round++) {
        struct engine_kit one;
        struct engine_kit other;
        struct load_world world;
        engine_kit_init(&one, &limits);
        engine_kit_init(&other, &limits);
        one.is_unchecked = true;
        load_world_begin(&world, seed() + round, say, &one);
        for (uint32_t count = 0;
             count < 150 + 20 * round || load_world_has_more_than_rows(one.engine);
             count++) {
            struct fx_command command = load_world_next(&world, one.engine->next_order_id);
            (void)engine_kit_apply(&one, &command);
            settle(&one);
        }
        load(&other, &one);
        compare(&one, &other);
        count_brackets(other.engine, &found);
        found.fired += load_world_live_on(&world, &one, &other, FUTURE);
        compare(&one, &other);
        engine_kit_deinit(&one);
        engine_kit_deinit(&other);
    }
    if (found.pending < 20 || found.begun < 5 || found.empty < 1 || found.left < 20 ||
        found.resting < 5 || found.positions < 5 || found.shared < 10 || found.fired < 100) {
        fail_msg("pending %u, begun %u, empty %u, left %u, resting %u, of positions %u, shared %u, "
                 "fired %u: that is not enough of each",
                 found.pending,
                 found.begun,
                 found.empty,
                 found.left,
                 found.resting,
                 found.positions,
                 found.shared,
                 found.fired);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_of_its_rows_has_the_same_future),
        cmocka_unit_test(preload_of_its_rows_equals_the_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

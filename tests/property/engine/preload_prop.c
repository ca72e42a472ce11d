/* A random exchange, loaded row by row into an empty engine, is the same exchange: the same rows of
 * accounts, positions, orders and books, and every invariant holds while it trades on. */
#include "engine/preload_int.h"
#include "follow_kit.h"
#include "fx_test.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { ROUNDS = 40, ROWS_MAX = 2048, COMMANDS = 600, MORE = 200 };

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

static struct fx_command order_of(const struct fx_event_order *row)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ORDER, row->instrument, row->user_id);
    command.u.load_order =
        (struct fx_command_load_order){.order = {.place = {.price_ticks = row->price_ticks,
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
                                                           .client_id = row->client_id}},
                                       .order_id = row->order_id,
                                       .remaining_lots = row->remaining_lots,
                                       .filled_value = row->filled_value,
                                       .created_us = row->created_us,
                                       .updated_us = row->updated_us,
                                       .status = FX_ORDER_STATUS_ACTIVE};
    return command;
}

static int by_id(const void *left, const void *right)
{
    const uint64_t one = ((const struct fx_event *)left)->u.order.order_id;
    const uint64_t other = ((const struct fx_event *)right)->u.order.order_id;
    return (one > other) - (one < other);
}

static void load_symbols(struct engine_kit *kit, const struct fx_event *from, uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        if (from[index].kind == FX_EVENT_INSTRUMENT) {
            struct fx_command command = symbol_of(&from[index]);
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
        struct fx_command command = kind == FX_EVENT_ACCOUNT ? account_of(&from[index].u.account)
                                    : kind == FX_EVENT_POSITION
                                        ? position_of(&from[index].u.position)
                                        : order_of(&from[index].u.order);
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
    uint32_t first = 0;
    uint32_t orders = 0;
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_RULES, 0, 0);
    command.u.rules.version = FX_ENGINE_RULES_MAX;
    apply(kit, &command);
    command = engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = from->engine->next_order_id;
    command.u.load.next_trade_id = from->engine->next_trade_id;
    command.u.load.next_liquidation_id = from->engine->next_liquidation_id;
    apply(kit, &command);
    load_symbols(kit, all, count);
    for (uint32_t index = 0; index < count; index++) {
        if (all[index].kind == FX_EVENT_ORDER) {
            first = orders == 0 ? index : first;
            orders++;
        }
    }
    qsort(&all[first], orders, sizeof all[0], by_id);
    command = engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.start.accounts = load_kind(kit, all, count, FX_EVENT_ACCOUNT);
    command.u.start.positions = load_kind(kit, all, count, FX_EVENT_POSITION);
    command.u.start.orders = load_kind(kit, all, count, FX_EVENT_ORDER);
    command.u.start.instruments = FOLLOW_KIT_SYMBOLS;
    command.u.start.is_counted = 1;
    apply(kit, &command);
}

/* What the mark of their entry cost orders is not known any more. */
static void clear(struct fx_event *row)
{
    row->sequence = 0;
    row->index = 0;
    row->time_us = 0;
    if (row->kind == FX_EVENT_POSITION) {
        row->u.position.order_cost = 0;
        row->u.position.liquidation_ticks = 0;
        row->u.position.bankrupt_ticks = 0;
        row->u.position.adl_rank = 0;
    } else if (row->kind == FX_EVENT_ORDER) {
        row->u.order.order_margin = 0;
    } else if (row->kind == FX_EVENT_MARK) {
        memset(&row->u, 0, sizeof row->u);
    }
}

static void compare(const struct engine_kit *one, const struct engine_kit *other)
{
    const uint32_t count = dump(one->engine, rows[0]);
    uint32_t at = 0;
    const uint32_t others = dump(other->engine, rows[1]);
    for (uint32_t index = 0; index < count; index++) {
        if (rows[0][index].kind == FX_EVENT_MARK) {
            continue; /* no mark is loaded */
        }
        assert_true(at < others);
        clear(&rows[0][index]);
        clear(&rows[1][at]);
        assert_memory_equal(&rows[0][index], &rows[1][at], sizeof rows[0][0]);
        at++;
    }
    assert_int_equal(at, others);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preload_of_its_rows_equals_the_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

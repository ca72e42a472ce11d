/* The gateway's part: folds of what was released, and answers. The folds are those of `serve`; what
 * HTTP and sockets do around them is tested elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum { DUMP_EVENTS = 256, ALIGN = 64, LEVERAGE_CENTI = 2000 };

static struct fx_view *create_view(void)
{
    static const struct fx_view_limits DEFAULTS;
    return fx_view_create(&DEFAULTS);
}

static uint32_t depth_capacity(const struct fx_sim_world *world)
{
    const struct fx_engine_limits *limits = &world->plan.limits;
    return limits->book_window_levels + limits->book_overflow_levels_max;
}

struct folds {
    struct fx_view *view;
    struct fx_market *market;
    void **memory; /* by instrument */
    uint32_t depth_capacity;
};

static bool fold(const struct folds *folds, const struct fx_event *event)
{
    if (fx_market_needs(folds->market, event)) {
        const uint32_t id = event->u.instrument.instrument_id;
        const size_t size =
            (fx_market_symbol_size(folds->depth_capacity) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
        FX_ASSERT(id < FX_SIM_PLAN_CONTRACTS_MAX);
        folds->memory[id] = aligned_alloc(ALIGN, size);
        FX_ASSERT(folds->memory[id] != NULL);
        memset(folds->memory[id], 0, size);
        fx_market_add(folds->market, id, folds->memory[id], folds->depth_capacity);
    }
    fx_market_apply(folds->market, event);
    return fx_view_apply(folds->view, event) == FX_OK;
}

static struct folds folds_of(struct fx_sim_world *world)
{
    return (struct folds){.view = world->process.view,
                          .market = &world->process.market,
                          .memory = world->process.market_memory,
                          .depth_capacity = depth_capacity(world)};
}

/* Tell folds the whole state. */
static void dump(struct fx_sim_world *world, const struct folds *folds)
{
    const struct fx_engine *engine = fx_worker_engine_engine(world->process.worker);
    struct fx_engine_dump position = {0};
    struct fx_events events = {.capacity = DUMP_EVENTS};
    events.items = aligned_alloc(16, DUMP_EVENTS * sizeof(struct fx_event));
    FX_ASSERT(events.items != NULL);
    bool is_more = true;
    while (is_more) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            FX_SIM_REQUIRE(world, fold(folds, &events.items[index]), "the view has room");
        }
    }
    free(events.items);
}

static void tell_instruments(struct fx_sim_world *world)
{
    for (uint32_t id = 0; id < world->process.market.count; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(&world->process.market, id);
        if (symbol != NULL) {
            fx_worker_save_instrument(&world->process.save, &symbol->definition);
        }
    }
}

void fx_sim_gateway_open(struct fx_sim_world *world)
{
    world->process.view = create_view();
    FX_ASSERT(world->process.view != NULL);
    const struct folds folds = folds_of(world);
    dump(world, &folds);
    tell_instruments(world);
}

void fx_sim_gateway_close(struct fx_sim_world *world)
{
    fx_view_destroy(world->process.view);
    world->process.view = NULL;
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        free(world->process.market_memory[id]);
        world->process.market_memory[id] = NULL;
    }
    memset(&world->process.market, 0, sizeof world->process.market);
}

static void handle(struct fx_sim_world *world,
                   const struct folds *folds,
                   const struct fx_event *event)
{
    FX_SIM_REQUIRE(world, fold(folds, event), "the view has room");
    fx_sim_history_release(world, event);
    world->result->events++;
    if (event->kind == FX_EVENT_RESULT && event->token != 0) {
        fx_sim_client_answer(world, event);
    }
}

void fx_sim_gateway_pump(struct fx_sim_world *world)
{
    struct fx_ring_broadcast *ring = fx_worker_engine_ring(world->process.worker);
    const struct folds folds = folds_of(world);
    const void *items = NULL;
    uint32_t count = 0;
    while ((count = fx_ring_broadcast_peek(ring, FX_WORKER_ENGINE_GATEWAY, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            handle(world, &folds, &events[index]);
        }
        fx_ring_broadcast_advance(ring, FX_WORKER_ENGINE_GATEWAY, count);
    }
}

void fx_sim_gateway_drain(struct fx_sim_world *world)
{
    struct fx_ring_broadcast *ring = fx_worker_engine_ring(world->process.worker);
    const void *items = NULL;
    uint32_t count = 0;
    while ((count = fx_ring_broadcast_peek(ring, FX_WORKER_ENGINE_GATEWAY, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            fx_sim_history_release(world, &events[index]);
        }
        fx_ring_broadcast_advance(ring, FX_WORKER_ENGINE_GATEWAY, count);
    }
}

bool fx_sim_gateway_take(struct fx_sim_world *world,
                         uint64_t token,
                         const struct fx_command *command)
{
    struct fx_worker_engine_stats stats;
    FX_ASSERT(world->process.is_up);
    fx_worker_engine_stats(world->process.worker, &stats);
    if (world->machine.is_reader_slow && stats.load_percent >= 100) {
        fx_sim_world_mark(world, FX_SIM_MARK_SLOW_READER);
    }
    return fx_worker_engine_submit(world->process.worker, token, command);
}

/* ---- the end: folds of events = folds of the state ---------------------------------------------
 */

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to compare two is the same both ways
// NOLINTBEGIN(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c): rows and
// definitions are zeroed before they are filled, padding included

/* A dump says the state, not when and by which change each row became so. A row of an order tells
 * leverage and reserve of the moment when the order itself last changed: a setting of the position
 * writes no row for each of its orders. */
static bool are_orders_equal(const struct fx_rows_order *one, const struct fx_rows_order *other)
{
    struct fx_rows_order left = *one;
    struct fx_rows_order right = *other;
    left.operation_id = 0;
    right.operation_id = 0;
    left.leverage = right.leverage;
    left.order_margin = right.order_margin;
    return memcmp(&left, &right, sizeof left) == 0;
}

/* The prices of a cross position move with its whole account, liquidation prices with the tiers;
 * they are told with its own rows. */
static bool are_positions_equal(const struct fx_sim_world *world,
                                const struct fx_rows_position *one,
                                const struct fx_rows_position *other)
{
    struct fx_rows_position left = *one;
    struct fx_rows_position right = *other;
    left.operation_id = 0;
    right.operation_id = 0;
    left.updated_us = 0;
    right.updated_us = 0;
    if (left.margin_mode == FX_MARGIN_MODE_CROSS) {
        left.bankrupt_price = right.bankrupt_price;
    }
    if (left.margin_mode == FX_MARGIN_MODE_CROSS || world->plan.deeds[FX_SIM_PLAN_TIERS] > 0) {
        left.liquidation_price = right.liquidation_price;
    }
    return memcmp(&left, &right, sizeof left) == 0;
}

static bool are_accounts_equal(const struct fx_rows_account *one,
                               const struct fx_rows_account *other)
{
    struct fx_rows_account left = *one;
    struct fx_rows_account right = *other;
    left.operation_id = 0;
    right.operation_id = 0;
    left.updated_us = 0;
    right.updated_us = 0;
    return memcmp(&left, &right, sizeof left) == 0;
}

static void compare_orders(struct fx_sim_world *world, const struct fx_view *fresh, uint64_t user)
{
    const struct fx_view *live = world->process.view;
    uint32_t cursor = 0;
    const struct fx_rows_order *order = NULL;
    while ((order = fx_view_next_order(fresh, user, &cursor)) != NULL) {
        const struct fx_rows_order *own = fx_view_order(live, user, order->id);
        FX_SIM_REQUIRE(world, own != NULL && are_orders_equal(own, order), "I-38 view = state");
    }
}

/* The engine has a record where an order was judged that left nothing; nobody was told, and nothing
 * of it is worth telling: it has what a symbol begins with, or the setting of its other side. */
static bool is_untouched(const struct fx_sim_world *world,
                         const struct fx_rows_position *position,
                         uint64_t user)
{
    const int32_t most = world->plan.contracts[position->instrument].definition.leverage_max_centi;
    const int32_t leverage_centi = most < LEVERAGE_CENTI ? most : LEVERAGE_CENTI;
    bool is_usual = position->margin_mode == FX_MARGIN_MODE_CROSS &&
                    position->leverage == fx_rows_leverage(leverage_centi);
    for (enum fx_position_side side = FX_POSITION_SIDE_BOTH; side <= FX_POSITION_SIDE_SHORT;
         side++) {
        const struct fx_rows_position *other =
            fx_view_position(world->process.view, user, position->instrument, side);
        is_usual = is_usual || (other != NULL && other->margin_mode == position->margin_mode &&
                                other->leverage == position->leverage);
    }
    return is_usual && position->current_qty == 0 && position->order_cost == 0;
}

static void compare_user(struct fx_sim_world *world, const struct fx_view *fresh, uint64_t user)
{
    const struct fx_view *live = world->process.view;
    uint32_t cursor = 0;
    const struct fx_rows_position *position = NULL;
    while ((position = fx_view_next_position(fresh, user, &cursor)) != NULL) {
        const struct fx_rows_position *own =
            fx_view_position(live, user, position->instrument, position->position_side);
        if (own == NULL && is_untouched(world, position, user)) {
            continue;
        }
        FX_SIM_REQUIRE(
            world, own != NULL && are_positions_equal(world, own, position), "I-38 view = state");
    }
    const struct fx_rows_account *account = NULL;
    cursor = 0;
    while ((account = fx_view_next_account(fresh, user, &cursor)) != NULL) {
        const struct fx_rows_account *own =
            fx_view_account(live, user, fx_ids_asset_str(&account->asset));
        FX_SIM_REQUIRE(world, own != NULL && are_accounts_equal(own, account), "I-38 view = state");
    }
    compare_orders(world, fresh, user);
}

static void compare_depth(struct fx_sim_world *world,
                          const struct fx_depth *live,
                          const struct fx_depth *fresh)
{
    for (enum fx_side side = FX_SIDE_BUY; side <= FX_SIDE_SELL; side++) {
        const uint32_t count = fx_depth_count(fresh, side);
        FX_SIM_REQUIRE(world, fx_depth_count(live, side) == count, "I-38 depth = book");
        for (uint32_t index = 0; index < count && !world->result->is_violated; index++) {
            const struct fx_depth_level *one = fx_depth_at(live, side, index);
            const struct fx_depth_level *other = fx_depth_at(fresh, side, index);
            FX_SIM_REQUIRE(world, memcmp(one, other, sizeof *one) == 0, "I-38 depth = book");
        }
    }
}

static void compare_symbol(struct fx_sim_world *world,
                           const struct fx_market_symbol *live,
                           const struct fx_market_symbol *fresh)
{
    FX_SIM_REQUIRE(world,
                   memcmp(&live->definition, &fresh->definition, sizeof live->definition) == 0,
                   "I-38 market = state");
    FX_SIM_REQUIRE(world, live->mark_ticks == fresh->mark_ticks, "I-38 market = state");
    FX_SIM_REQUIRE(world, live->index_ticks == fresh->index_ticks, "I-38 market = state");
    compare_depth(world, &live->depth, &fresh->depth);
}

// NOLINTEND(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
// NOLINTEND(bugprone-easily-swappable-parameters)

void fx_sim_gateway_check(struct fx_sim_world *world)
{
    struct fx_market market;
    memset(&market, 0, sizeof market);
    void *memory[FX_SIM_PLAN_CONTRACTS_MAX] = {NULL};
    const struct folds fresh = {.view = create_view(),
                                .market = &market,
                                .memory = memory,
                                .depth_capacity = depth_capacity(world)};
    FX_ASSERT(fresh.view != NULL);
    dump(world, &fresh);
    FX_SIM_REQUIRE(world,
                   fx_view_order_count(fresh.view) == fx_view_order_count(world->process.view),
                   "I-38 view = state");
    FX_SIM_REQUIRE(world,
                   fx_view_account_count(fresh.view) == fx_view_account_count(world->process.view),
                   "I-38 view = state");
    FX_SIM_REQUIRE(world,
                   fx_view_order_count(fresh.view) == fx_sim_ledger_open_count(world),
                   "I-38 open orders of the state = those that the events told");
    for (uint64_t user = 1; user <= world->plan.user_count; user++) {
        compare_user(world, fresh.view, user);
    }
    for (uint32_t id = 0; id < world->plan.contract_count; id++) {
        const struct fx_market_symbol *live = fx_market_at(&world->process.market, id);
        const struct fx_market_symbol *other = fx_market_at(&market, id);
        FX_ASSERT(live != NULL && other != NULL);
        compare_symbol(world, live, other);
    }
    fx_view_destroy(fresh.view);
    for (uint32_t id = 0; id < FX_SIM_PLAN_CONTRACTS_MAX; id++) {
        free(memory[id]);
    }
}

/* Published ranks against a full sort: random trades, marks, hedges and isolated margins, then
 * refreshes until nothing is due. With marks and positions at rest each rank is the quintile of a
 * sort by naive_liquidation.h, rows have said every change, and an engine that was loaded in the
 * middle of a refresh says the same.
 *
 *     rank_prop            a fixed set of seeds
 *     rank_prop SEED       one seed
 */
#include "draw.h"
#include "engine/rank_int.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "naive_liquidation.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { SEEDS = 6, ROUNDS = 5, TRADES = 260, USERS = 120, SYMBOLS = 3, POSITIONS = 700, MID = 5000 };

static struct {
    struct engine_kit kit;
    struct engine_kit twin; /* loaded in the middle; events.items == NULL: there is none */
    uint8_t said[POSITIONS];
    int64_t mid[SYMBOLS];
    uint32_t refreshes, steps, rows, ranks[6], crowded, loaded;
} world;

/* ---- commands ----------------------------------------------------------------------------------
 */

/* What every row says is what anybody knows. */
static void see(void)
{
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        if (event->kind == FX_EVENT_POSITION) {
            REQUIRE(event->u.position.lots != 0 || event->u.position.adl_rank == 0);
            world.said[event->u.position.position_id - 1] = event->u.position.adl_rank;
        }
    }
}

static fx_status apply(struct fx_command *command)
{
    draw.commands++;
    const fx_status status = engine_kit_apply(&world.kit, command);
    see();
    if (world.twin.events.items != NULL) {
        struct fx_command again = *command;
        world.twin.time_us = world.kit.time_us;
        REQUIRE(engine_kit_apply(&world.twin, &again) == status);
        REQUIRE(world.twin.events.count == world.kit.events.count);
        for (uint32_t index = 0; index < world.kit.events.count; index++) {
            const struct fx_event *event = &world.kit.events.items[index];
            REQUIRE(memcmp(&world.twin.events.items[index], event, fx_event_size(event)) == 0);
        }
    }
    return status;
}

static void list_symbols(void)
{
    static const char *const NAMES[SYMBOLS] = {"AUSDT", "BUSDT", "CUSD"};
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(NAMES[symbol]);
        definition.max_ticks = 100000;
        if (symbol == 2) {
            definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
            definition.multiplier = engine_kit_decimal("97");
            definition.settle = engine_kit_asset("BTC");
        }
        world.mid[symbol] = MID;
        REQUIRE(engine_kit_list(&world.kit, &definition, MID) == symbol);
    }
}

static void begin(uint64_t seed)
{
    struct fx_engine_limits limits = engine_kit_limits();
    draw_begin(seed);
    memset(world.said, 0, sizeof world.said);
    limits.accounts_max = 2 * USERS + 4;
    limits.positions_max = POSITIONS;
    limits.orders_max = 1024;
    engine_kit_init(&world.kit, &limits);
    world.kit.is_unchecked = true; /* by check() once a round */
    list_symbols();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        engine_kit_account(&world.kit, user_id, "USDT", chance(50) ? "20000" : "9000000.7");
        engine_kit_account(&world.kit, user_id, "BTC", chance(50) ? "9" : "4000.3");
        if (chance(20)) {
            REQUIRE(engine_kit_mode(&world.kit, user_id, true) == FX_OK);
        }
    }
}

static void trade(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct engine_kit_order order = {.instrument = symbol, .user_id = 1 + below(USERS)};
    const fx_slot account = fx_account_state_find(
        world.kit.engine, order.user_id, world.kit.engine->listings[symbol].asset);
    order.side = chance(50) ? FX_SIDE_BUY : FX_SIDE_SELL;
    order.ticks = world.mid[symbol] + between(-9, 9);
    order.lots = 1 + (int64_t)below(9);
    order.leverage_centi = 100 * (int32_t)between(1, 50);
    order.margin_mode = chance(40) ? FX_MARGIN_MODE_ISOLATED : FX_MARGIN_MODE_CROSS;
    if ((world.kit.engine->accounts[account].flags & FX_ACCOUNT_FLAG_HEDGE) != 0) {
        order.position_side = chance(50) ? FX_POSITION_SIDE_LONG : FX_POSITION_SIDE_SHORT;
    }
    struct fx_command command = engine_kit_place_command(&order);
    (void)apply(&command);
}

static void mark(void)
{
    const uint32_t symbol = (uint32_t)below(SYMBOLS);
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, symbol, 0);
    world.mid[symbol] += between(-150, 150);
    command.u.mark.mark_ticks = world.mid[symbol];
    command.u.mark.index_ticks = world.mid[symbol];
    REQUIRE(apply(&command) == FX_OK);
}

static void work_off(void)
{
    enum fx_command_kind kind = FX_COMMAND_TICK;
    world.kit.time_us += 1000;
    while (fx_engine_next_due_us(world.kit.engine) <= world.kit.time_us) {
        REQUIRE(fx_engine_is_due(world.kit.engine, world.kit.time_us, &kind));
        REQUIRE(kind == FX_COMMAND_TICK);
        struct fx_command command = engine_kit_command(kind, FX_COMMAND_ALL_INSTRUMENTS, 0);
        REQUIRE(apply(&command) == FX_OK);
    }
}

/* ---- the sort ----------------------------------------------------------------------------------
 */

static bool is_before(const struct fx_engine *engine, fx_slot one, fx_slot other)
{
    const fx_i128 first = naive_liquidation_score(engine, one);
    const fx_i128 second = naive_liquidation_score(engine, other);
    const fx_slot account = engine->positions[one].account;
    if (first != second) {
        return first > second;
    }
    return account != engine->positions[other].account ? account < engine->positions[other].account
                                                       : one < other;
}

static bool is_with(const struct fx_engine *engine, fx_slot one, fx_slot other)
{
    return engine->positions[one].instrument == engine->positions[other].instrument &&
           engine->positions[other].lots != 0 &&
           (engine->positions[one].lots > 0) == (engine->positions[other].lots > 0);
}

/* Counted, not sorted: how many of its side stand before it, how many there are. */
static uint8_t naive_rank(const struct fx_engine *engine, fx_slot slot)
{
    uint32_t before = 0, count = 0;
    for (fx_slot other = 0; other < engine->position_count; other++) {
        if (is_with(engine, slot, other)) {
            before += is_before(engine, other, slot) ? 1 : 0;
            count++;
        }
    }
    world.crowded += count > 20 ? 1 : 0;
    return (uint8_t)(5 - 5 * before / count);
}

static void compare(void)
{
    const struct fx_engine *engine = world.kit.engine;
    for (fx_slot slot = 0; slot < engine->position_count; slot++) {
        if (engine->positions[slot].lots == 0) {
            continue;
        }
        const uint8_t rank = naive_rank(engine, slot);
        REQUIRE(fx_rank_of(&engine->positions[slot]) == rank);
        REQUIRE(world.said[slot] == rank);
        world.ranks[rank]++;
    }
    fx_engine_check(engine);
}

/* ---- refreshes ---------------------------------------------------------------------------------
 */

static void load_twin(void)
{
    const struct fx_engine_limits limits = world.kit.engine->limits;
    const size_t size = fx_engine_save_size(world.kit.engine);
    char *saved = malloc(size);
    REQUIRE(saved != NULL);
    fx_engine_save(world.kit.engine, saved, size);
    if (world.twin.events.items != NULL) {
        engine_kit_deinit(&world.twin);
    }
    engine_kit_init(&world.twin, &limits);
    free(world.twin.engine);
    world.twin.is_unchecked = true;
    REQUIRE(fx_engine_load(
                engine_kit_memory(&limits), &limits, (fx_str){saved, size}, &world.twin.engine) ==
            FX_OK);
    REQUIRE(fx_engine_hash(world.twin.engine) == fx_engine_hash(world.kit.engine));
    fx_engine_check(world.twin.engine);
    free(saved);
    world.loaded++;
}

static void refresh(void)
{
    enum fx_command_kind kind = FX_COMMAND_TICK;
    while (fx_rank_due_us(world.kit.engine) != INT64_MAX) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_REFRESH_RANKS, FX_COMMAND_ALL_INSTRUMENTS, 0);
        const int64_t due_us = fx_rank_due_us(world.kit.engine);
        if (due_us > world.kit.time_us) {
            const uint64_t hash = fx_hash_content(world.kit.engine);
            REQUIRE(!fx_engine_is_due(world.kit.engine, due_us - 1, &kind));
            REQUIRE(apply(&command) == FX_OK && world.kit.result.is_changed == 0);
            REQUIRE(fx_hash_content(world.kit.engine) == hash); /* too early */
            world.kit.time_us = due_us;
        }
        REQUIRE(fx_engine_is_due(world.kit.engine, world.kit.time_us, &kind));
        REQUIRE(kind == FX_COMMAND_REFRESH_RANKS);
        REQUIRE(apply(&command) == FX_OK);
        const uint32_t rows = engine_kit_count(&world.kit, FX_EVENT_POSITION);
        REQUIRE(rows <= FX_RANK_ROWS_MAX && world.kit.events.count == rows + 1);
        REQUIRE(world.kit.result.is_changed == (rows > 0 ? 1 : 0));
        world.rows += rows;
        world.steps++;
        if (chance(50)) {
            load_twin();
        }
        for (uint32_t count = 0;
             chance(60) && count < 30 && fx_rank_due_us(world.kit.engine) != INT64_MAX &&
             world.kit.engine->rank.count > 0;
             count++) {
            trade(); /* in the middle: it is the next refresh that is exact */
        }
        if (chance(15)) {
            mark();
            work_off();
        }
    }
    world.refreshes++;
}

static void run_seed(uint64_t seed)
{
    begin(seed);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t count = 0; count < TRADES; count++) {
            trade();
            if (chance(4)) {
                mark();
            }
            work_off();
        }
        refresh();
        compare();
    }
    engine_kit_deinit(&world.kit);
    if (world.twin.events.items != NULL) {
        engine_kit_deinit(&world.twin);
        memset(&world.twin, 0, sizeof world.twin);
    }
}

static void rank_is_the_quintile_of_a_full_sort(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run_seed(seed);
    }
    (void)printf("refreshes %u, steps %u, rows %u, ranks %u %u %u %u %u, crowded %u, loaded %u\n",
                 world.refreshes,
                 world.steps,
                 world.rows,
                 world.ranks[1],
                 world.ranks[2],
                 world.ranks[3],
                 world.ranks[4],
                 world.ranks[5],
                 world.crowded,
                 world.loaded);
    for (uint32_t rank = 1; rank <= 5; rank++) {
        assert_true(world.ranks[rank] > 100);
    }
    assert_true(world.steps > 2 * world.refreshes);
    assert_true(world.rows > 500 && world.crowded > 500 && world.loaded > 20);
}

int main(int count, char **words)
{
    uint64_t seed = 0;
    if (count > 1 && fx_str_parse_u64(fx_str_of(words[1]), &seed)) {
        run_seed(seed);
        (void)printf("seed %llu: ranks agree\n", (unsigned long long)seed);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rank_is_the_quintile_of_a_full_sort),
    };
    return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

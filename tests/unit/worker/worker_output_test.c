/* worker/worker_output: a random exchange beside its saver. The histories of the outputs are the
 * rows of the tables, and who begins at any point with a dump writes the same bytes. */
#include "worker/worker_output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "store/store_funding.h"
#include "store/store_history.h"
#include "store/store_liquidation.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "wire/wire_funding.h"
#include "wire/wire_risk.h"
#include "worker/worker_save.h"

enum { USERS = 5, COMMANDS = 1500, SEED = 4711, TEXT_MAX = 1 << 24, DUMP_AT = 700 };

static struct {
    struct engine_kit kit;
    struct fx_worker_output output;
    struct fx_rng rng;
    struct fx_buf all; /* outputs of the whole log */
    struct fx_store *store;
    struct fx_worker_save save;
    char folder[64];
    char path[96];
} world;

static int setup(void **state)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    uint32_t applied = 0;
    (void)state;
    memset(&world, 0, sizeof world);
    engine_kit_init(&world.kit, &limits);
    world.kit.is_unchecked = true;
    fx_rng_init(&world.rng, SEED);
    fx_buf_init(&world.all, TEXT_MAX);
    assert_int_equal(fx_worker_output_init(&world.output, FX_STR("USDT")), FX_OK);
    (void)snprintf(world.folder, sizeof world.folder, "%s", "/tmp/fx_output_XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    (void)snprintf(world.path, sizeof world.path, "%s/store.db", world.folder);
    assert_int_equal(fx_store_sqlite_open(world.path, FX_STORE_SQLITE_WRITER, &world.store), FX_OK);
    assert_int_equal(fx_store_migrate(world.store, &applied), FX_OK);
    const struct fx_worker_save_options options = {.store = world.store,
                                                   .shard = FX_STR("USDT"),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&world.save, &options), FX_OK);
    return 0;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    fx_worker_save_deinit(&world.save);
    fx_store_close(world.store);
    fx_worker_output_deinit(&world.output);
    fx_buf_deinit(&world.all);
    engine_kit_deinit(&world.kit);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", world.folder);
    return system(command); // NOLINT(cert-env33-c): a folder of our own
}

/* The events of the last command into the output and, where there is one, the saver. */
static bool tell(uint64_t user_id)
{
    const struct fx_wire_output_ask ask = {.user_id = user_id};
    bool is_told = false;
    assert_int_equal(
        fx_worker_output_append(&world.output, &world.kit.events, &ask, &world.all, &is_told),
        FX_OK);
    assert_int_equal(
        fx_worker_save_events(&world.save, world.kit.events.items, world.kit.events.count), FX_OK);
    return is_told;
}

static void list_symbol(void)
{
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    assert_int_equal(engine_kit_update(&world.kit, &definition), FX_OK);
    (void)tell(0);
    assert_int_equal(engine_kit_tiers(&world.kit, 0), FX_OK);
    (void)tell(0);
    assert_int_equal(engine_kit_state(&world.kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    (void)tell(0);
    assert_int_equal(engine_kit_mark(&world.kit, 0, 1000), FX_OK);
    assert_false(tell(0)); /* a mark has no place in an output */
    struct fx_command fund =
        engine_kit_command(FX_COMMAND_FUND_INSURANCE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    fund.u.fund_insurance.asset = engine_kit_asset("USDT");
    /* So much that it is never liquidated itself: only rows of users are compared. */
    fund.u.fund_insurance.amount = engine_kit_decimal("50000");
    assert_int_equal(engine_kit_apply(&world.kit, &fund), FX_OK);
    (void)tell(0);
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.account.asset = engine_kit_asset("USDT");
        assert_int_equal(engine_kit_apply(&world.kit, &command), FX_OK);
        (void)tell(user_id);
        assert_int_equal(engine_kit_deposit(&world.kit, user_id, "USDT", "5000"), FX_OK);
        assert_true(tell(user_id));
    }
}

static uint64_t random_setting(uint64_t user_id)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_ADJUST_LEVERAGE, 0, user_id);
    if (fx_rng_below(&world.rng, 2) == 0) {
        command.u.leverage.leverage_centi = 100 * (int32_t)fx_rng_between(&world.rng, 5, 50);
        command.u.leverage.margin_mode =
            fx_rng_below(&world.rng, 3) == 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED;
    } else {
        command.kind = FX_COMMAND_ADJUST_MARGIN_POSITION;
        command.u.margin.amount = fx_rng_between(&world.rng, -40, 60) * (fx_dec_one() / 7);
    }
    (void)engine_kit_apply(&world.kit, &command);
    return user_id;
}

static uint64_t random_price(void)
{
    const uint64_t kind = fx_rng_below(&world.rng, 4);
    if (kind == 0) {
        struct fx_command command = engine_kit_command(FX_COMMAND_PAY_FUNDING, 0, 0);
        command.u.funding.instant_us = world.kit.time_us;
        command.u.funding.has_rate = 1;
        command.u.funding.rate_ppb = fx_rng_between(&world.rng, -2000000, 2000000);
        (void)engine_kit_apply(&world.kit, &command);
    } else if (kind == 1) {
        (void)engine_kit_mark(&world.kit, 0, fx_rng_between(&world.rng, 930, 1070));
    } else {
        (void)engine_kit_tick(&world.kit, world.kit.time_us);
    }
    return 0;
}

/* @return whose command it was. */
static uint64_t random_command(void)
{
    const uint64_t user_id = 1 + fx_rng_below(&world.rng, USERS);
    const uint64_t what = fx_rng_below(&world.rng, 10);
    world.kit.time_us += 1000000;
    if (what < 2) {
        return random_setting(user_id);
    }
    if (what < 4) {
        return random_price();
    }
    const struct engine_kit_order order = {
        .user_id = user_id,
        .side = fx_rng_below(&world.rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
        .ticks = fx_rng_between(&world.rng, 970, 1030),
        .lots = fx_rng_between(&world.rng, 1, 9),
        .tif = fx_rng_below(&world.rng, 3) == 0 ? FX_TIME_IN_FORCE_GTC : FX_TIME_IN_FORCE_IOC};
    (void)engine_kit_order(&world.kit, &order);
    return user_id;
}

/* How many objects of users are in a list of the outputs; one behind the other into `list_out`.
 * Rows are flat, so the first bracket ends their list. */
static uint32_t collect(const char *name, struct fx_buf *list_out)
{
    char begin[64];
    uint32_t count = 0;
    (void)snprintf(begin, sizeof begin, "\"%s\":[{", name);
    fx_buf_append_byte(&world.all, '\0');
    for (const char *list = strstr(world.all.data, begin); list != NULL;
         list = strstr(list, begin)) {
        const char *row = list + strlen(begin) - 1;
        list = strchr(row, ']');
        assert_non_null(list);
        while (row < list) {
            const char *row_end = memchr(row, '}', (size_t)(list - row));
            const char *user = strstr(row, "\"userId\":");
            assert_non_null(row_end);
            if (user != NULL && user < row_end && user[sizeof "\"userId\":" - 1] != '0') {
                fx_buf_append(list_out, (fx_str){row, (size_t)(row_end - row) + 1});
                count++;
            }
            row = row_end + 2;
        }
    }
    world.all.size--;
    return count;
}

static void run(uint32_t commands)
{
    for (uint32_t count = 0; count < commands; count++) {
        const uint64_t user_id = random_command();
        (void)tell(user_id);
    }
    assert_false(world.all.is_overflow);
}

/* The lists are newest first, by user; outputs oldest first. So all rows are put in order by id. */
static void assert_same(const char *name, const struct fx_buf *rows, uint32_t count)
{
    struct fx_buf told;
    fx_buf_init(&told, TEXT_MAX);
    const uint32_t told_count = collect(name, &told);
    print_message("%s: %u\n", name, told_count);
    assert_true(told_count > 0);
    assert_int_equal(told_count, count);
    assert_int_equal(told.size, rows->size);
    assert_memory_equal(told.data, rows->data, told.size);
    fx_buf_deinit(&told);
}

enum { ROWS_MAX = FX_STORE_LIMIT_MAX * USERS };

static int compare_margins(const void *left, const void *right)
{
    const struct fx_rows_margin *a = left;
    const struct fx_rows_margin *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_closed(const void *left, const void *right)
{
    const struct fx_rows_closed *a = left;
    const struct fx_rows_closed *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_payments(const void *left, const void *right)
{
    const struct fx_rows_funding_payment *a = left;
    const struct fx_rows_funding_payment *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

#define COMPARE(type, query_type, list, writer, name, compare)                                     \
    do {                                                                                           \
        type *rows = aligned_alloc(64, (sizeof(type) * ROWS_MAX + 63) / 64 * 64);                  \
        uint32_t total = 0;                                                                        \
        assert_non_null(rows);                                                                     \
        for (uint64_t user_id = 1; user_id <= USERS; user_id++) {                                  \
            uint32_t count = 0;                                                                    \
            const struct query_type query = {.user_id = user_id,                                   \
                                             .page = {.limit = FX_STORE_LIMIT_MAX}};               \
            assert_int_equal(list(world.store, &query, rows + total, &count), FX_OK);              \
            assert_true(count < FX_STORE_LIMIT_MAX);                                               \
            total += count;                                                                        \
        }                                                                                          \
        qsort(rows, total, sizeof *rows, compare);                                                 \
        fx_buf_clear(&buf);                                                                        \
        for (uint32_t index = 0; index < total; index++) {                                         \
            writer(&buf, &rows[index]);                                                            \
        }                                                                                          \
        assert_same(name, &buf, total);                                                            \
        free(rows);                                                                                \
    } while (false)

static void worker_output_histories_are_the_rows_of_the_tables(void **state)
{
    struct fx_buf buf;
    (void)state;
    list_symbol();
    run(COMMANDS);
    fx_buf_init(&buf, TEXT_MAX);
    COMPARE(struct fx_rows_margin,
            fx_store_history_query,
            fx_store_history_list_margins,
            fx_wire_risk_margin,
            "marginHistories",
            compare_margins);
    COMPARE(struct fx_rows_closed,
            fx_store_history_query,
            fx_store_history_list_closed,
            fx_wire_risk_closed,
            "positionHistories",
            compare_closed);
    COMPARE(struct fx_rows_funding_payment,
            fx_store_funding_query,
            fx_store_funding_list_payments,
            fx_wire_funding_payment,
            "fundingHistories",
            compare_payments);
    uint64_t liquidations = 0;
    fx_buf_clear(&buf);
    assert_int_equal(fx_store_liquidation_count(world.store, &liquidations), FX_OK);
    assert_int_equal(collect("liquidations", &buf), liquidations);
    assert_true(liquidations > 20);
    fx_buf_clear(&buf);
    assert_true(collect("errors", &buf) > 20);
    fx_buf_append_byte(&buf, '\0');
    assert_non_null(strstr(buf.data, "{\"code\":\"INSUFFICIENT_MARGIN\",\"command\":\""));
    fx_buf_deinit(&buf);
}

static void dump_into(struct fx_worker_output *output)
{
    struct fx_engine_dump dump = {0};
    struct fx_events events = {.capacity = 64};
    events.items = calloc(events.capacity, sizeof *events.items);
    assert_non_null(events.items);
    bool has_more = true;
    while (has_more) {
        has_more = fx_engine_dump(world.kit.engine, &dump, &events);
        assert_int_equal(fx_worker_output_fold(output, events.items, events.count), FX_OK);
    }
    free(events.items);
}

static void worker_output_after_a_dump_is_the_same_bytes(void **state)
{
    struct fx_worker_output second;
    struct fx_buf buf;
    uint32_t outputs = 0;
    (void)state;
    list_symbol();
    run(DUMP_AT);
    assert_int_equal(fx_worker_output_init(&second, FX_STR("USDT")), FX_OK);
    fx_buf_init(&buf, TEXT_MAX);
    dump_into(&second);
    fx_buf_clear(&world.all);
    for (uint32_t count = 0; count < DUMP_AT; count++) {
        const struct fx_wire_output_ask ask = {.user_id = random_command()};
        outputs += tell(ask.user_id) ? 1 : 0;
        assert_int_equal(fx_worker_output_append(&second, &world.kit.events, &ask, &buf, NULL),
                         FX_OK);
        if (count % 100 == 0) { /* a dump changes nothing at any time */
            dump_into(&second);
        }
    }
    assert_true(outputs > DUMP_AT / 2);
    assert_int_equal(buf.size, world.all.size);
    assert_memory_equal(buf.data, world.all.data, buf.size);
    fx_worker_output_deinit(&second);
    fx_buf_deinit(&buf);
}

static void worker_output_of_an_unknown_instrument_is_corrupt(void **state)
{
    struct fx_worker_output fresh;
    struct fx_buf buf;
    (void)state;
    list_symbol();
    assert_int_equal(fx_worker_output_init(&fresh, FX_STR("")), FX_BAD_PARAMETER);
    assert_int_equal(fx_worker_output_init(&fresh, FX_STR("USDT")), FX_OK);
    fx_buf_init(&buf, TEXT_MAX);
    assert_int_equal(
        ENGINE_KIT_PLACE(&world.kit, .user_id = 1, .side = FX_SIDE_BUY, .ticks = 990, .lots = 1),
        FX_OK);
    const struct fx_wire_output_ask ask = {.user_id = 1};
    assert_int_equal(fx_worker_output_append(&fresh, &world.kit.events, &ask, &buf, NULL),
                     FX_CORRUPT);
    assert_int_equal(buf.size, 0);
    fx_worker_output_deinit(&fresh);
    fx_buf_deinit(&buf);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(worker_output_histories_are_the_rows_of_the_tables),
        T(worker_output_after_a_dump_is_the_same_bytes),
        T(worker_output_of_an_unknown_instrument_is_corrupt),
    };
    return cmocka_run_group_tests_name("worker_output", tests, NULL, NULL);
}

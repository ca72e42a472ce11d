/* worker/worker_notify: every row that a command changed reaches its user, once, and nobody else.
 */
#include "worker/worker_notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "view/view.h"
#include "wire/wire_rows.h"

enum { COMMANDS = 600, USERS = 3, RING = 1 << 14, TEXT_SIZE = 4096 };

static struct {
    struct engine_kit kit;
    struct fx_ring_broadcast *ring;
    struct fx_worker_notify *worker;
    struct fx_view *model;
    struct fx_rng rng;
    uint64_t orders; /* highest id seen */
    uint64_t owners[4096];
    uint32_t wanted_orders; /* ORDER events so far, … */
    uint32_t wanted_accounts;
    uint32_t wanted_positions;
    uint32_t seen_orders; /* … and rows that were emitted */
    uint32_t seen_accounts;
    uint32_t seen_balances;
    uint32_t seen_positions;
    uint32_t pumped;
    char accounts[USERS + 1][TEXT_SIZE]; /* the last one that a user was told */
} fixture;

static void on_rows(const struct fx_json *json, const struct fx_json_token *rows, uint64_t user_id)
{
    for (uint32_t index = 0; index < rows->count; index++) {
        uint64_t owner = 0;
        const struct fx_json_token *row = fx_json_element(json, rows, index);
        assert_true(fx_str_parse_u64(fx_json_member(json, row, FX_STR("userId"))->text, &owner));
        assert_int_equal(owner, user_id);
    }
    fixture.seen_orders += rows->count;
}

static void emit(void *context, uint64_t user_id, fx_str event)
{
    static struct fx_json json;
    assert_ptr_equal(context, &fixture);
    assert_in_range(user_id, 1, USERS);
    assert_int_equal(fx_json_parse(&json, event), FX_OK);
    assert_int_equal(json.tokens[0].count, 2);
    const fx_str name = fx_json_element(&json, &json.tokens[0], 0)->text;
    const struct fx_json_token *argument = fx_json_element(&json, &json.tokens[0], 1);
    if (fx_str_is_equal(name, FX_STR("orders"))) {
        on_rows(&json, argument, user_id);
    } else if (fx_str_is_equal(name, FX_STR("account"))) {
        const fx_str text = fx_str_slice(
            event, sizeof "[\"account\"," - 1, event.size - sizeof "[\"account\",]" + 1);
        assert_true(fx_str_copy(text, fixture.accounts[user_id], TEXT_SIZE));
        fixture.seen_accounts++;
    } else if (fx_str_is_equal(name, FX_STR("balance"))) {
        fixture.seen_balances++;
    } else {
        assert_true(fx_str_is_equal(name, FX_STR("position")));
        fixture.seen_positions++;
    }
}

static int pump(void *context, int64_t now_us)
{
    assert_ptr_equal(context, &fixture);
    assert_int_equal(now_us, 5);
    fixture.pumped++;
    return 0;
}

static void release(void)
{
    for (uint32_t index = 0; index < fixture.kit.events.count; index++) {
        const struct fx_event *event = &fixture.kit.events.items[index];
        assert_true(fx_ring_broadcast_append(fixture.ring, event));
        assert_int_equal(fx_view_apply(fixture.model, event), FX_OK);
        fixture.wanted_accounts += event->kind == FX_EVENT_ACCOUNT ? 1 : 0;
        fixture.wanted_positions += event->kind == FX_EVENT_POSITION ? 1 : 0;
        if (event->kind == FX_EVENT_ORDER) {
            assert_true(event->u.order.order_id < 4096);
            fixture.owners[event->u.order.order_id] = event->u.order.user_id;
            fixture.wanted_orders++;
            if (event->u.order.order_id > fixture.orders) {
                fixture.orders = event->u.order.order_id;
            }
        }
    }
    fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
    (void)fx_worker_notify_step(fixture.worker, 5);
}

static void setup(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_view_limits view = {0};
    memset(&fixture, 0, sizeof fixture);
    fx_rng_init(&fixture.rng, 11);
    fixture.model = fx_view_create(&view);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    const struct fx_worker_notify_options options = {
        .ring = fixture.ring, .emit = emit, .pump = pump, .context = &fixture};
    assert_int_equal(fx_worker_notify_create(&options, &fixture.worker), FX_OK);
    engine_kit_init(&fixture.kit, &limits);
    fixture.kit.is_unchecked = true;
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    assert_int_equal(engine_kit_update(&fixture.kit, &definition), FX_OK);
    release();
    assert_int_equal(engine_kit_tiers(&fixture.kit, 0), FX_OK);
    release();
    assert_int_equal(engine_kit_state(&fixture.kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    release();
    assert_int_equal(engine_kit_mark(&fixture.kit, 0, 100), FX_OK);
    release();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.account.asset = engine_kit_asset("USDT");
        assert_int_equal(engine_kit_apply(&fixture.kit, &command), FX_OK);
        release();
        assert_int_equal(engine_kit_deposit(&fixture.kit, user_id, "USDT", "1000000"), FX_OK);
        release();
    }
}

static void random_command(void)
{
    if (fx_rng_below(&fixture.rng, 4) == 0 && fixture.orders > 0) {
        const uint64_t id = 1 + fx_rng_below(&fixture.rng, fixture.orders);
        (void)engine_kit_cancel(&fixture.kit, fixture.owners[id], id);
    } else {
        const struct engine_kit_order order = {
            .user_id = 1 + fx_rng_below(&fixture.rng, USERS),
            .side = fx_rng_below(&fixture.rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
            .ticks = 97 + (int64_t)fx_rng_below(&fixture.rng, 7),
            .lots = 1 + (int64_t)fx_rng_below(&fixture.rng, 5)};
        (void)engine_kit_order(&fixture.kit, &order);
    }
    release();
}

static void worker_notify_tells_each_row_to_its_user(void **state)
{
    struct fx_buf buf;
    uint32_t cursor = 0;
    (void)state;
    setup();
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
    }
    assert_true(fixture.wanted_orders > COMMANDS / 2);
    assert_int_equal(fixture.seen_orders, fixture.wanted_orders);
    assert_int_equal(fixture.seen_accounts, fixture.wanted_accounts);
    assert_int_equal(fixture.seen_balances, fixture.wanted_accounts);
    assert_int_equal(fixture.seen_positions, fixture.wanted_positions);
    assert_true(fixture.pumped >= COMMANDS);
    assert_int_equal(fx_worker_notify_fatal(fixture.worker), FX_OK);
    fx_buf_init(&buf, TEXT_SIZE);
    for (const struct fx_rows_account *row = fx_view_walk_account(fixture.model, &cursor);
         row != NULL;
         row = fx_view_walk_account(fixture.model, &cursor)) {
        fx_buf_clear(&buf);
        fx_wire_rows_account(&buf, row);
        assert_true(fx_str_is_equal(fx_buf_str(&buf), fx_str_of(fixture.accounts[row->user_id])));
    }
    fx_buf_deinit(&buf);
    fx_worker_notify_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
}

static void worker_notify_is_silent_about_a_dump(void **state)
{
    struct fx_engine_dump position = {0};
    struct fx_event items[256];
    struct fx_events events = {.items = items, .capacity = 256};
    bool is_more = true;
    (void)state;
    setup();
    for (uint32_t count = 0; count < 50; count++) {
        random_command();
    }
    const uint64_t before = fx_worker_notify_emitted(fixture.worker);
    while (is_more) {
        is_more = fx_engine_dump(fixture.kit.engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_true(fx_ring_broadcast_append(fixture.ring, &items[index]));
        }
        fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
        (void)fx_worker_notify_step(fixture.worker, 5);
    }
    assert_int_equal(fx_worker_notify_emitted(fixture.worker), before);
    random_command();
    random_command();
    assert_true(fx_worker_notify_emitted(fixture.worker) > before);
    fx_worker_notify_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_notify_tells_each_row_to_its_user),
        cmocka_unit_test(worker_notify_is_silent_about_a_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

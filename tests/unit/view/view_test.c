/* view: the private read model against an array of what every user has. */
#include "view/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "fx_test.h"

enum { USERS = 5, ORDERS = 40, STEPS = 20000 };

/* What the model knows of an order. */
struct known {
    uint64_t id;
    uint64_t user_id;
    uint64_t operation_id;
    int64_t remaining;
    bool is_open;
};

static void define_instrument(struct fx_view *view)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument.tick_size = fx_dec_one();
    event.u.instrument.lot_size = fx_dec_one();
    event.u.instrument.multiplier = fx_dec_one();
    event.u.instrument.contract_type = FX_CONTRACT_TYPE_USD_M;
    assert_true(fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol));
    assert_int_equal(fx_view_apply(view, &event), FX_OK);
}

static struct fx_event order_event(uint64_t sequence, uint64_t user_id, uint64_t order_id)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_ORDER;
    event.sequence = sequence;
    event.u.order.order_id = order_id;
    event.u.order.user_id = user_id;
    event.u.order.account_id = user_id;
    event.u.order.tmp_id = order_id + 1000;
    event.u.order.lots = 100;
    event.u.order.remaining_lots = 100;
    event.u.order.price_ticks = 5;
    event.u.order.side = FX_SIDE_BUY;
    event.u.order.type = FX_ORDER_TYPE_LIMIT;
    event.u.order.time_in_force = FX_TIME_IN_FORCE_GTC;
    event.u.order.status = FX_ORDER_STATUS_ACTIVE;
    event.u.order.stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    event.u.order.margin_mode = FX_MARGIN_MODE_CROSS;
    event.u.order.position_side = FX_POSITION_SIDE_BOTH;
    event.u.order.leverage_centi = 2000;
    const uint64_t slot = order_id % ORDERS; /* a later order may have the name of an ended one */
    const char name[] = {'c', (char)('A' + (char)(slot % 26)), (char)('A' + (char)(slot / 26))};
    assert_true(fx_ids_client_id((fx_str){name, 3}, &event.u.order.client_id));
    return event;
}

static void compare(const struct fx_view *view, const struct known known[ORDERS])
{
    uint32_t open = 0;
    for (size_t slot = 0; slot < ORDERS; slot++) {
        const struct known *order = &known[slot];
        open += order->is_open;
        for (uint64_t user = 1; user <= USERS; user++) {
            const struct fx_rows_order *row = fx_view_order(view, user, order->id);
            const bool is_own = order->is_open && order->user_id == user;
            assert_int_equal(row != NULL, is_own); /* V1 */
            assert_ptr_equal(row, fx_view_order_by_tmp(view, user, order->id + 1000));
            if (is_own) {
                assert_true(row->remaining == fx_dec_one() * order->remaining);
                assert_ptr_equal(
                    row,
                    fx_view_order_by_client(view, user, fx_ids_client_id_str(&row->client_id)));
            }
        }
    }
    assert_int_equal(fx_view_order_count(view), open);
    uint32_t walked = 0;
    for (uint64_t user = 1; user <= USERS; user++) {
        uint32_t cursor = 0;
        const struct fx_rows_order *row = NULL;
        while ((row = fx_view_next_order(view, user, &cursor)) != NULL) {
            assert_int_equal(row->user_id, user);
            walked++;
        }
    }
    assert_int_equal(walked, open);
}

static void view_any_sequence_equals_model(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){0});
    struct known known[ORDERS] = {{0}};
    struct fx_rng rng;
    uint64_t sequence = 0;
    fx_rng_init(&rng, 5);
    define_instrument(view);
    for (int step = 0; step < STEPS; step++) {
        const uint64_t slot = fx_rng_below(&rng, ORDERS);
        struct known *order = &known[slot];
        if (!order->is_open) {
            order->id = slot + ORDERS * ++sequence; /* never used before */
            order->user_id = 1 + fx_rng_below(&rng, USERS);
        }
        struct fx_event event = order_event(++sequence, order->user_id, order->id);
        event.u.order.remaining_lots = 1 + (int64_t)fx_rng_below(&rng, 99);
        if (fx_rng_below(&rng, 3) == 0) {
            event.u.order.status = FX_ORDER_STATUS_CANCELED;
            order->is_open = false;
        } else {
            order->is_open = true;
            order->remaining = event.u.order.remaining_lots;
        }
        assert_int_equal(fx_view_apply(view, &event), FX_OK);
        if (step % 16 == 0) {
            compare(view, known);
        }
    }
    const struct fx_event dump = {.kind = FX_EVENT_DUMP_BEGIN};
    assert_int_equal(fx_view_apply(view, &dump), FX_OK);
    memset(known, 0, sizeof known);
    compare(view, known);
    fx_view_destroy(view);
}

static void view_older_row_never_wins(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){0});
    define_instrument(view);
    struct fx_event newer = order_event(9, 1, 4);
    newer.u.order.remaining_lots = 3;
    const struct fx_event older = order_event(8, 1, 4);
    assert_int_equal(fx_view_apply(view, &newer), FX_OK);
    assert_int_equal(fx_view_apply(view, &older), FX_OK);
    assert_true(fx_view_order(view, 1, 4)->remaining == fx_dec_one() * 3);
    fx_view_destroy(view);
}

static void view_full_says_capacity(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){.orders_max = 2});
    define_instrument(view);
    for (uint64_t id = 1; id <= 2; id++) {
        const struct fx_event event = order_event(id, 1, id);
        assert_int_equal(fx_view_apply(view, &event), FX_OK);
    }
    const struct fx_event event = order_event(3, 1, 3);
    assert_int_equal(fx_view_apply(view, &event), FX_CAPACITY);
    fx_view_destroy(view);
}

/* What ended is found for a while in its final state, by all its names, and is not open. */
static void view_ended_order_is_found_for_a_while(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){.orders_max = 2});
    define_instrument(view);
    for (uint64_t id = 1; id <= FX_VIEW_ENDED_MAX + 3; id++) {
        struct fx_event event = order_event(2 * id, 1, id);
        event.u.order.tmp_id = id + 7;
        assert_true(fx_ids_client_id(FX_STR("mine"), &event.u.order.client_id));
        if (id % 2 == 0) { /* the others end at once */
            assert_int_equal(fx_view_apply(view, &event), FX_OK);
        }
        event.sequence++;
        event.u.order.status = FX_ORDER_STATUS_CANCELED;
        assert_int_equal(fx_view_apply(view, &event), FX_OK);
        assert_null(fx_view_order(view, 1, id));
        assert_int_equal(fx_view_recent(view, 1, id)->status, FX_ORDER_STATUS_CANCELED);
        assert_null(fx_view_recent(view, 2, id));
        assert_int_equal(fx_view_recent_by_tmp(view, 1, id + 7)->id, id);
        assert_int_equal(fx_view_recent_by_client(view, 1, FX_STR("mine"))->id, id);
        assert_int_equal(fx_view_order_count(view), 0);
    }
    for (uint64_t id = 1; id <= 3; id++) {
        assert_null(fx_view_recent(view, 1, id));
        assert_null(fx_view_recent_by_tmp(view, 1, id + 7));
    }
    const struct fx_event again = order_event(1000000, 1, 4);
    assert_int_equal(fx_view_apply(view, &again), FX_OK); /* an end is final */
    assert_int_equal(fx_view_recent(view, 1, 4)->status, FX_ORDER_STATUS_CANCELED);
    assert_int_equal(fx_view_recent_by_client(view, 1, FX_STR("mine"))->id, FX_VIEW_ENDED_MAX + 3);
    fx_view_destroy(view);
}

static struct fx_event account_event(uint64_t sequence, uint64_t user_id, const char *asset)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_ACCOUNT;
    event.sequence = sequence;
    event.u.account.account_id = sequence;
    event.u.account.user_id = user_id;
    event.u.account.balance = fx_dec_one() * (int64_t)sequence;
    assert_true(fx_ids_asset(fx_str_of(asset), &event.u.account.asset));
    return event;
}

static void view_accounts_are_found_by_asset_and_owner(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){0});
    const struct fx_event events[] = {
        account_event(1, 1, "USDT"), account_event(2, 2, "USDT"), account_event(3, 1, "BTC")};
    for (size_t index = 0; index < 3; index++) {
        assert_int_equal(fx_view_apply(view, &events[index]), FX_OK);
    }
    assert_int_equal(fx_view_account(view, 1, FX_STR("USDT"))->id, 1);
    assert_int_equal(fx_view_account(view, 2, FX_STR("USDT"))->id, 2);
    assert_int_equal(fx_view_account(view, 1, FX_STR("BTC"))->id, 3);
    assert_null(fx_view_account(view, 2, FX_STR("BTC")));
    uint32_t cursor = 0;
    assert_int_equal(fx_view_next_account(view, 1, &cursor)->id, 1);
    assert_int_equal(fx_view_next_account(view, 1, &cursor)->id, 3);
    assert_null(fx_view_next_account(view, 1, &cursor));
    assert_null(fx_view_next_account(view, 1, &cursor));
    fx_view_destroy(view);
}

/* Random positions of many users, some rows old, dumps in between: the sums are those of a walk. */
static void view_interest_is_the_sum_of_all_positions(void **state)
{
    (void)state;
    enum { POSITIONS = 40 };
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){0});
    int64_t lots[POSITIONS] = {0};
    uint64_t told[POSITIONS] = {0};
    struct fx_rng rng;
    uint64_t sequence = POSITIONS;
    fx_rng_init(&rng, 9);
    define_instrument(view);
    for (int step = 0; step < 20000; step++) {
        const uint64_t slot = fx_rng_below(&rng, POSITIONS);
        struct fx_event event;
        memset(&event, 0, sizeof event);
        event.kind = FX_EVENT_POSITION;
        sequence++;
        event.sequence = fx_rng_below(&rng, 10) == 0 ? sequence - POSITIONS : sequence;
        event.u.position.position_id = slot + 1;
        event.u.position.user_id = 1 + slot % USERS;
        event.u.position.account_id = 1;
        event.u.position.lots = fx_rng_between(&rng, -3, 3) * (1 + (int64_t)slot);
        event.u.position.leverage_centi = 100;
        event.u.position.margin_mode = FX_MARGIN_MODE_CROSS;
        event.u.position.position_side = FX_POSITION_SIDE_BOTH;
        if (event.sequence > told[slot]) {
            told[slot] = event.sequence;
            lots[slot] = event.u.position.lots;
        }
        assert_int_equal(fx_view_apply(view, &event), FX_OK);
        if (fx_rng_below(&rng, 2000) == 0) {
            const struct fx_event dump = {.kind = FX_EVENT_DUMP_BEGIN};
            assert_int_equal(fx_view_apply(view, &dump), FX_OK);
            memset(lots, 0, sizeof lots);
            memset(told, 0, sizeof told);
        }
        int64_t longs = 0, shorts = 0;
        for (uint32_t at = 0; at < POSITIONS; at++) {
            longs += lots[at] > 0 ? lots[at] : 0;
            shorts -= lots[at] < 0 ? lots[at] : 0;
        }
        const struct fx_view_interest interest = fx_view_interest(view, 0);
        assert_true(interest.longs == longs * fx_dec_one());
        assert_true(interest.shorts == shorts * fx_dec_one());
    }
    fx_view_destroy(view);
}

static void view_recalled_rows_have_the_number_and_time_of_their_change(void **state)
{
    (void)state;
    struct fx_view *view = fx_view_create(&(struct fx_view_limits){0});
    struct fx_event event;
    uint32_t cursor = 0;
    define_instrument(view);
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_ACCOUNT;
    event.sequence = 50; /* a dump says that of every row */
    event.time_us = 9000;
    event.u.account.account_id = 3;
    event.u.account.user_id = 1;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.account.asset));
    assert_int_equal(fx_view_apply(view, &event), FX_OK);
    const struct fx_rows_account account = {.id = 3, .operation_id = 77, .updated_us = 4000};
    fx_view_recall_account(view, &account);
    const struct fx_rows_account *row = fx_view_account(view, 1, FX_STR("USDT"));
    assert_int_equal(row->operation_id, 77);
    assert_int_equal(row->updated_us, 4000);
    const struct fx_rows_account unknown = {.id = 4, .operation_id = 1};
    fx_view_recall_account(view, &unknown);
    event.kind = FX_EVENT_POSITION;
    memset(&event.u, 0, sizeof event.u);
    event.u.position.position_id = 5;
    event.u.position.user_id = 1;
    event.u.position.leverage_centi = 100;
    event.u.position.margin_mode = FX_MARGIN_MODE_CROSS;
    event.u.position.position_side = FX_POSITION_SIDE_BOTH;
    assert_int_equal(fx_view_apply(view, &event), FX_OK);
    const struct fx_rows_position position = {.id = 5, .operation_id = 78, .updated_us = 4001};
    fx_view_recall_position(view, &position);
    assert_int_equal(fx_view_next_position(view, 1, &cursor)->operation_id, 78);
    event.sequence = 51; /* what comes after it wins as ever */
    assert_int_equal(fx_view_apply(view, &event), FX_OK);
    cursor = 0;
    assert_int_equal(fx_view_next_position(view, 1, &cursor)->updated_us, 9000);
    fx_view_destroy(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_any_sequence_equals_model),
        cmocka_unit_test(view_older_row_never_wins),
        cmocka_unit_test(view_interest_is_the_sum_of_all_positions),
        cmocka_unit_test(view_full_says_capacity),
        cmocka_unit_test(view_ended_order_is_found_for_a_while),
        cmocka_unit_test(view_accounts_are_found_by_asset_and_owner),
        cmocka_unit_test(view_recalled_rows_have_the_number_and_time_of_their_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What everybody is told of marks, fundings and liquidations, and each user of his own; by both
 * carriers, with the exact bytes. */
#include "push/push.h"
#include "stream_kit.h"

static const struct fx_push_options PLAIN = {0};

#define NOW_MS "1700000000000"

static struct push_kit *scene_create(void)
{
    struct push_kit *kit = push_kit_create(&PLAIN);
    push_kit_instrument(kit, 0, "BTCUSDT");
    push_kit_tick(kit);
    return kit;
}

static void tell_mark(struct push_kit *kit, int64_t mark_ticks, bool is_stale)
{
    struct fx_event event = {.kind = FX_EVENT_MARK};
    event.u.mark.mark_ticks = mark_ticks;
    event.u.mark.index_ticks = 100;
    event.u.mark.predicted_ppb = 125000;
    event.u.mark.next_funding_us = 1700006400000000;
    event.u.mark.source_count = 3;
    event.u.mark.has_index = 1;
    event.u.mark.is_stale = is_stale;
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

static void tell_funding(struct push_kit *kit, bool is_complete)
{
    struct fx_event event = {.kind = FX_EVENT_FUNDING};
    event.u.funding.paid = fx_dec_one();
    event.u.funding.received = fx_dec_one() - 1;
    event.u.funding.instant_us = 1699977600000000;
    event.u.funding.rate_ppb = -100000;
    event.u.funding.mark_ticks = 101;
    event.u.funding.index_ticks = 100;
    event.u.funding.positions = 2;
    event.u.funding.is_complete = is_complete;
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

/* A trade that closes a long of user 1, as a liquidation or against user 2. */
static void tell_noted(struct push_kit *kit, uint64_t trade_id, enum fx_trade_note note)
{
    struct fx_event event = {.kind = FX_EVENT_TRADE};
    event.u.trade.trade_id = trade_id;
    event.u.trade.price_ticks = 95;
    event.u.trade.lots = 4;
    event.u.trade.buy_user_id = 2;
    event.u.trade.sell_user_id = 1;
    event.u.trade.note = (uint8_t)note;
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

static void tell_adl(struct push_kit *kit)
{
    struct fx_event event = {.kind = FX_EVENT_LIQUIDATION};
    struct fx_event_liquidation *step = &event.u.liquidation;
    step->id = 9;
    step->account_id = 1001;
    step->user_id = 1;
    step->position_id = 2001;
    step->counter_account_id = 1002;
    step->counter_user_id = 2;
    step->counter_position_id = 2002;
    step->lots = 4;
    step->price_ticks = 95;
    step->mark_ticks = 90;
    step->equity = -fx_dec_one();
    step->maintenance = fx_dec_one();
    step->side = FX_SIDE_BUY;
    step->position_side = FX_POSITION_SIDE_BOTH;
    step->margin_mode = FX_MARGIN_MODE_CROSS;
    step->step = FX_LIQUIDATION_STEP_ADL;
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

static void tell_payment(struct push_kit *kit)
{
    struct fx_event event = {.kind = FX_EVENT_TRANSACTION};
    event.u.transaction.amount = -fx_dec_one() / 4;
    event.u.transaction.account_id = 1001;
    event.u.transaction.user_id = 1;
    event.u.transaction.type = FX_TRANSACTION_FUNDING_FEE;
    event.u.transaction.position_id = 2001;
    event.u.transaction.lots = 4;
    event.u.transaction.rate_ppb = 100000;
    event.u.transaction.mark_ticks = 101;
    event.u.transaction.instant_us = 1699977600000000;
    assert_true(fx_ids_asset(FX_STR("USDT"), &event.u.transaction.asset));
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

#define MARK(price, stale)                                                                         \
    "{\"symbol\":\"BTCUSDT\",\"markPrice\":\"" price                                               \
    "\",\"indexPrice\":\"100\",\"isStale\":" stale ",\"time\":" NOW_MS                             \
    ",\"sources\":3,\"nextFundingTime\":1700006400000,\"predictedRate\":"                          \
    "\"0.000125\"}"

#define LIQUIDATION(id, note)                                                                      \
    "{\"id\":" id ",\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"95\",\"quantity\":\"4\"," \
    "\"value\":\"380\",\"note\":\"" note "\",\"createdAt\":" NOW_MS "}"

static void push_notify_marks_come_at_once_then_per_tick(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    tell_mark(kit, 101, false);
    push_kit_tick(kit);
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",{\"channel\":\"mark_BTCUSDT\"}]");
    push_kit_expect(kit, client, "42/ws,[\"mark\"," MARK("101", "false") "]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    tell_mark(kit, 102, false);
    tell_mark(kit, 103, false);
    push_kit_expect(kit, client, NULL);
    push_kit_tick(kit);
    push_kit_expect(kit, client, "42/ws,[\"mark\"," MARK("103", "false") "]");
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    tell_mark(kit, 103, true); /* that it is stale now is news */
    push_kit_tick(kit);
    push_kit_expect(kit, client, "42/ws,[\"mark\"," MARK("103", "true") "]");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_notify_liquidations_are_trades_with_a_note(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",\"liquidation.BTCUSDT\"]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    tell_noted(kit, 1, FX_TRADE_NOTE_NONE);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    tell_noted(kit, 2, FX_TRADE_NOTE_LIQUIDATION);
    tell_noted(kit, 3, FX_TRADE_NOTE_AUTO_DELEVERAGE);
    push_kit_tick(kit);
    push_kit_expect(kit,
                    client,
                    "42/ws,[\"liquidations\",[" LIQUIDATION("2", "LIQUIDATION") "," LIQUIDATION(
                        "3", "AUTO_DELEVERAGE") "]]");
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_notify_fundings_are_told_when_they_are_complete(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",\"funding_BTCUSDT\"]");
    push_kit_expect(kit, client, "42/ws,[\"funding\",[]]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    tell_funding(kit, false);
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL);
    tell_funding(kit, true);
    push_kit_tick(kit);
    char expected[512];
    (void)snprintf(
        expected,
        sizeof expected,
        "42/ws,[\"funding\",[{\"id\":\"%llu\",\"symbol\":\"BTCUSDT\",\"fundingTime\":"
        "1699977600000,\"fundingRate\":\"-0.0001\",\"markPrice\":\"101\",\"indexPrice\":"
        "\"100\",\"asset\":\"USDT\",\"paid\":\"1\",\"received\":\"0.999999999999999999\","
        "\"positions\":2,\"isSkipped\":false}]]",
        (unsigned long long)kit->sequence << 20U);
    push_kit_expect(kit, client, expected);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void tell_settlement(struct push_kit *kit, enum fx_settlement_phase phase)
{
    struct fx_event event = {.kind = FX_EVENT_SETTLEMENT};
    event.u.settlement.phase = (uint8_t)phase;
    event.u.settlement.price_ticks = phase == FX_SETTLEMENT_PHASE_WAITING ? 0 : 101;
    event.u.settlement.covered_us = 1800000000;
    event.u.settlement.positions = 2;
    push_kit_begin(kit);
    push_kit_apply(kit, &event);
    push_kit_result(kit);
}

static void push_notify_settlements_are_told_phase_by_phase(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = push_kit_join(kit, 0);
    push_kit_say(kit, client, "42/ws,1[\"subscribe\",\"settlement_BTCUSDT\"]");
    push_kit_expect(kit, client, "42/ws,[\"settlement\",[]]");
    push_kit_expect(kit, client, "43/ws,1[{\"ok\":true}]");
    static const char *const TEXTS[] = {"\"phase\":\"WAITING\",",
                                        "\"phase\":\"DONE\",\"price\":\"101\","};
    for (size_t index = 0; index < 2; index++) {
        tell_settlement(kit, index == 0 ? FX_SETTLEMENT_PHASE_WAITING : FX_SETTLEMENT_PHASE_DONE);
        push_kit_tick(kit);
        char expected[512];
        (void)snprintf(expected,
                       sizeof expected,
                       "42/ws,[\"settlement\",[{\"id\":\"%llu\",\"symbol\":\"BTCUSDT\",\"asset\":"
                       "\"USDT\",%s\"coveredTime\":1800000,\"positions\":2,\"remainder\":\"0\","
                       "\"operationId\":\"%llu\",\"createdAt\":%lld}]]",
                       (unsigned long long)kit->sequence << 20U,
                       TEXTS[index],
                       (unsigned long long)kit->sequence << 20U,
                       (long long)(kit->market.time_us / 1000));
        push_kit_expect(kit, client, expected);
    }
    push_kit_tick(kit);
    push_kit_expect(kit, client, NULL); /* once each */
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_notify_stream_has_snapshots_and_chained_deltas(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    tell_noted(kit, 1, FX_TRADE_NOTE_LIQUIDATION);
    tell_mark(kit, 101, false);
    push_kit_tick(kit);
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(
        kit, client, "[\"mark.BTCUSDT\",\"liquidation.BTCUSDT\",\"funding.BTCUSDT\"]");
    const char *text = stream_kit_expect(kit, client, "mark.BTCUSDT", "snapshot");
    const int64_t mark_seq = stream_kit_number(text, "seq");
    assert_true(stream_kit_has(text, "\"data\":" MARK("101", "false") "}"));
    text = stream_kit_expect(kit, client, "liquidation.BTCUSDT", "snapshot");
    const int64_t seq = stream_kit_number(text, "seq");
    assert_true(stream_kit_has(text, "\"data\":[" LIQUIDATION("1", "LIQUIDATION") "]}"));
    text = stream_kit_expect(kit, client, "funding.BTCUSDT", "snapshot");
    assert_true(stream_kit_has(text, "\"data\":[]}"));
    tell_noted(kit, 2, FX_TRADE_NOTE_INSURANCE_LIQUIDATION);
    tell_mark(kit, 102, false);
    push_kit_tick(kit);
    /* The newest topic of a symbol is told first. */
    text = stream_kit_expect(kit, client, "liquidation.BTCUSDT", "delta");
    assert_int_equal(stream_kit_number(text, "prevSeq"), seq);
    assert_true(stream_kit_has(text, "\"data\":[" LIQUIDATION("2", "INSURANCE_LIQUIDATION") "]}"));
    text = stream_kit_expect(kit, client, "mark.BTCUSDT", "delta");
    assert_int_equal(stream_kit_number(text, "prevSeq"), mark_seq);
    assert_true(stream_kit_has(text, "\"data\":" MARK("102", "false") "}"));
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* More liquidations in one tick than the tape keeps: who holds the state before begins anew. */
static void push_notify_stream_tells_what_it_cannot_chain_by_a_snapshot(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 0);
    stream_kit_subscribe(kit, client, "[\"liquidation.BTCUSDT\"]");
    (void)stream_kit_expect(kit, client, "liquidation.BTCUSDT", "snapshot");
    for (uint64_t id = 1; id <= FX_TAPE_NOTED_MAX + 1; id++) {
        tell_noted(kit, id, FX_TRADE_NOTE_LIQUIDATION);
    }
    push_kit_tick(kit);
    const char *text = stream_kit_expect(kit, client, "liquidation.BTCUSDT", "snapshot");
    assert_true(stream_kit_has(text, "\"id\":65"));
    assert_false(stream_kit_has(text, "\"id\":15,")); /* the last 50 */
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

#define STEP                                                                                                 \
    "{\"type\":\"LIQUIDATION\",\"data\":{\"id\":\"9\",\"userId\":1,\"accountId\":1001,\"positionId\":2001,"  \
    "\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\",\"step\":\"ADL\",\"side\":\"BUY\",\"positionSide\":\"BOTH\"," \
    "\"marginMode\":\"CROSS\",\"quantity\":\"4\",\"price\":\"95\",\"markPrice\":\"90\","                     \
    "\"maintenanceMargin\":\"1\",\"equity\":\"-1\",\"fee\":\"0\",\"orderCount\":0,"
#define COUNTER                                                                                        \
    "{\"type\":\"ADL\",\"data\":{\"id\":\"9\",\"userId\":2,\"accountId\":1002,\"positionId\":2002,"    \
    "\"symbol\":\"BTCUSDT\",\"asset\":\"USDT\",\"side\":\"SELL\",\"quantity\":\"4\",\"price\":\"95\"," \
    "\"markPrice\":\"90\","
#define PAYMENT "{\"type\":\"FUNDING\",\"data\":{\"id\":\""

static void push_notify_users_are_told_of_their_own(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *first = push_kit_join(kit, 1);
    struct push_kit_client *second = push_kit_join(kit, 2);
    struct push_kit_client *third = push_kit_join(kit, 3);
    struct push_kit_client *nobody = push_kit_join(kit, 0);
    tell_adl(kit);
    const char *text = push_kit_expect_start(kit, first, "42/ws,[\"notifications\"," STEP);
    assert_false(stream_kit_has(text, "counter"));
    text = push_kit_expect_start(kit, second, "42/ws,[\"notifications\"," COUNTER);
    assert_false(stream_kit_has(text, "2001")); /* whose position it was stays untold */
    tell_payment(kit);
    text = push_kit_expect_start(kit, first, "42/ws,[\"notifications\"," PAYMENT);
    assert_true(stream_kit_has(text, "\"positionId\":2001"));
    assert_true(stream_kit_has(text, "\"amount\":\"-0.25\",\"fundingRate\":\"0.0001\""));
    struct push_kit_client *const all[] = {first, second, third, nobody};
    for (size_t index = 0; index < 4; index++) {
        push_kit_expect(kit, all[index], NULL);
        push_kit_close(kit, all[index]);
    }
    push_kit_destroy(kit);
}

static void push_notify_stream_topic_is_private_and_resumes(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *nobody = stream_kit_open(kit, 0);
    push_kit_say(kit, nobody, "{\"id\":1,\"op\":\"subscribe\",\"args\":[\"notification\"]}");
    const char *text = push_kit_expect_start(
        kit, nobody, "{\"id\":1,\"op\":\"subscribe\",\"success\":false,\"code\":\"UNAUTHORIZED\"");
    struct push_kit_client *client = stream_kit_open(kit, 2);
    stream_kit_subscribe(kit, client, "[\"notification\"]");
    text = stream_kit_expect(kit, client, "notification", "snapshot");
    assert_true(stream_kit_has(text, "\"data\":[]"));
    char epoch[17] = "";
    const char *found = strstr(text, "\"epoch\":\"");
    assert_non_null(found);
    memcpy(epoch, found + 9, 16);
    tell_adl(kit);
    text = stream_kit_expect(kit, client, "notification", "delta");
    assert_true(stream_kit_has(text, "\"data\":[" COUNTER));
    const int64_t seq = stream_kit_number(text, "seq");
    push_kit_close(kit, client);
    tell_adl(kit); /* while nobody listens */
    client = stream_kit_open(kit, 2);
    char ask[256];
    (void)snprintf(
        ask,
        sizeof ask,
        "{\"id\":1,\"op\":\"subscribe\",\"args\":[\"notification\"],\"resume\":{\"epoch\":"
        "\"%s\",\"seq\":%lld}}",
        epoch,
        (long long)seq);
    push_kit_say(kit, client, ask);
    text = push_kit_expect_start(kit, client, "{\"id\":1,\"op\":\"subscribe\",\"success\":true,");
    assert_true(stream_kit_has(text, "\"resumed\":true"));
    text = stream_kit_expect(kit, client, "notification", "delta");
    assert_int_equal(stream_kit_number(text, "prevSeq"), seq);
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_close(kit, nobody);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_notify_marks_come_at_once_then_per_tick),
        cmocka_unit_test(push_notify_liquidations_are_trades_with_a_note),
        cmocka_unit_test(push_notify_fundings_are_told_when_they_are_complete),
        cmocka_unit_test(push_notify_settlements_are_told_phase_by_phase),
        cmocka_unit_test(push_notify_stream_has_snapshots_and_chained_deltas),
        cmocka_unit_test(push_notify_stream_tells_what_it_cannot_chain_by_a_snapshot),
        cmocka_unit_test(push_notify_users_are_told_of_their_own),
        cmocka_unit_test(push_notify_stream_topic_is_private_and_resumes),
    };
    return cmocka_run_group_tests_name("push_notify", tests, NULL, NULL);
}

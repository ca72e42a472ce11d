/* What everybody may see of instruments, tickers, funding and funds, with exact bodies. */
#include "api_world.h"
#include "store/store_funding.h"
#include "store/store_trade.h"

#define DAY_US (86400LL * 1000000)

static void market_assets_and_tiers(void **state)
{
    (void)state;
    API_EXPECT(&world,
               "GET",
               "/assets",
               0,
               NULL,
               200,
               "{\"data\":[{\"asset\":\"BTC\",\"isMargin\":false,\"scale\":18},"
               "{\"asset\":\"USDT\",\"isMargin\":true,\"scale\":18},"
               "{\"asset\":\"ETH\",\"isMargin\":false,\"scale\":18}]}");
    API_EXPECT(&world,
               "GET",
               "/instruments/symbol/BTCUSDT/tiers",
               0,
               NULL,
               200,
               "{\"data\":[{\"tier\":1,\"floor\":\"0\",\"cap\":"
               "\"999999999999999999.999999999999999999\",\"maintenanceMarginRate\":\"0.005\","
               "\"maintenanceAmount\":\"0\",\"maxLeverage\":\"100\"}]}");
    API_EXPECT_ERROR(
        &world, "GET", "/instruments/symbol/NOPE/tiers", 0, NULL, 400, "UNKNOWN_SYMBOL");
}

static void market_best_prices(void **state)
{
    (void)state;
    place_limit(1, "BUY", "0.5", "99.5");
    place_limit(1, "BUY", "1", "99.5");
    place_limit(1, "BUY", "7", "99");
    char expected[256];
    (void)snprintf(expected,
                   sizeof expected,
                   "{\"data\":[{\"symbol\":\"BTCUSDT\",\"bidPrice\":\"99.5\",\"bidQty\":\"1.5\","
                   "\"lastUpdateId\":%llu,\"time\":1700000000000}]}",
                   (unsigned long long)fx_market_at(&world.market, 0)->depth.sequence);
    API_EXPECT(&world, "GET", "/ticker/book?symbol=BTCUSDT", 0, NULL, 200, expected);
    API_EXPECT(&world, "GET", "/ticker/book", 0, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "{\"symbol\":\"ETHUSDT\",\"lastUpdateId\":"));
}

/* Everything a ticker says: two trades of today, one of the day before yesterday. */
static void market_ticker_says_all(void **state)
{
    (void)state;
    place_limit(2, "SELL", "4", "90");
    place_limit(1, "BUY", "4", "90");
    world.wall_us += 2 * DAY_US;
    place_limit(2, "SELL", "1", "100");
    place_limit(1, "BUY", "1", "100");
    world.wall_us += DAY_US / 2;
    place_limit(2, "SELL", "2", "110");
    place_limit(1, "BUY", "2", "110");
    place_limit(1, "BUY", "3", "99");
    place_limit(2, "SELL", "5", "120.5");
    API_EXPECT(&world,
               "GET",
               "/ticker?symbol=BTCUSDT",
               0,
               NULL,
               200,
               "{\"data\":[{\"symbol\":\"BTCUSDT\",\"lastPrice\":\"110\",\"openPrice\":\"100\","
               "\"highPrice\":\"110\",\"lowPrice\":\"100\",\"priceChange\":\"10\","
               "\"priceChangePercent\":\"10\",\"volume\":\"3\",\"turnover\":\"320\",\"count\":2,"
               "\"markPrice\":\"100\",\"indexPrice\":\"100\",\"bidPrice\":\"99\",\"bidQty\":\"3\","
               "\"askPrice\":\"120.5\",\"askQty\":\"5\",\"openInterest\":\"7\","
               "\"time\":1700216000000}]}");
    /* A day later the window is empty, however it was remembered. */
    world.wall_us += DAY_US;
    API_EXPECT(&world, "GET", "/ticker?symbol=BTCUSDT", 0, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"volume\":\"0\",\"turnover\":\"0\",\"count\":0,"));
    assert_non_null(strstr(world.body, "\"lastPrice\":\"110\""));
}

static void market_open_interest_follows_the_positions(void **state)
{
    (void)state;
    static const struct {
        uint64_t buyer;
        uint64_t seller;
        const char *quantity;
        const char *interest;
    } TRADES[] = {
        {1, 2, "3", "3"},    /* both open */
        {1, 3, "1", "4"},    /* the buyer adds, another opens */
        {2, 1, "2", "2"},    /* both close */
        {2, 3, "1", "2"},    /* one closes to the other's opening */
        {3, 1, "2.5", "0.5"} /* both turn */
    };
    struct fx_rows_user locked;
    assert_int_equal(fx_store_user_find(world.store, API_HARNESS_LOCKED, &locked), FX_OK);
    locked.is_locked = false;
    assert_int_equal(fx_store_user_update(world.store, &locked), FX_OK);
    for (size_t index = 0; index < sizeof TRADES / sizeof TRADES[0]; index++) {
        char expected[256];
        place_limit(TRADES[index].seller, "SELL", TRADES[index].quantity, "100");
        place_limit(TRADES[index].buyer, "BUY", TRADES[index].quantity, "100");
        (void)snprintf(expected,
                       sizeof expected,
                       "{\"data\":[{\"symbol\":\"BTCUSDT\",\"openInterest\":\"%s\",\"value\":"
                       "\"%s\",\"asset\":\"USDT\",\"time\":1700000000000}]}",
                       TRADES[index].interest,
                       index == 4 ? "50"
                                  : (index < 1   ? "300"
                                     : index < 2 ? "400"
                                                 : "200"));
        API_EXPECT(&world, "GET", "/open-interest?symbol=BTCUSDT", 0, NULL, 200, expected);
        const struct fx_view_interest interest = fx_view_interest(world.view, 0);
        assert_true(interest.longs == interest.shorts);
    }
    API_EXPECT(&world, "GET", "/open-interest", 0, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "{\"symbol\":\"ETHUSDT\",\"openInterest\":\"0\","));
}

static struct fx_event mark_event(void)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_MARK;
    event.u.mark = (struct fx_event_mark){.mark_ticks = 1001,
                                          .index_ticks = 1000,
                                          .predicted_ppb = -125000,
                                          .premium_ppb = 1000000,
                                          .rate_ppb = 100000,
                                          .next_funding_us = 1700006400LL * 1000000,
                                          .instrument = 0,
                                          .source_count = 3,
                                          .has_index = 1};
    return event;
}

static struct fx_event funding_event(void)
{
    const fx_i128 one = fx_dec_one();
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_FUNDING;
    event.u.funding = (struct fx_event_funding){.paid = 3 * one,
                                                .received = 3 * one - 1,
                                                .remainder = 1,
                                                .instant_us = 1699977600LL * 1000000,
                                                .rate_ppb = 100000,
                                                .mark_ticks = 1001,
                                                .index_ticks = 1000,
                                                .positions = 2,
                                                .is_complete = 1};
    return event;
}

static void market_funding_terms(void **state)
{
    (void)state;
    static const char *const TERMS =
        "{\"symbol\":\"BTCUSDT\",\"fundingInterval\":28800,\"interestRate\":\"0\",\"damper\":\"0\","
        "\"cap\":\"0.00375\",\"markPrice\":\"100\",\"indexPrice\":\"100\",\"isStale\":false,"
        "\"time\":1700000000000}";
    static const char *const PAID =
        "{\"symbol\":\"BTCUSDT\",\"fundingInterval\":28800,\"interestRate\":\"0\",\"damper\":\"0\","
        "\"cap\":\"0.00375\",\"fundingRate\":\"0.0001\",\"fundingTime\":1699977600000,"
        "\"premium\":\"0.001\",\"markPrice\":\"100.1\",\"indexPrice\":\"100\",\"isStale\":false,"
        "\"time\":1700000000000,\"sources\":3,\"nextFundingTime\":1700006400000,"
        "\"predictedRate\":\"-0.000125\"}";
    char expected[768];
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, TERMS);
    (void)snprintf(expected, sizeof expected, "{\"data\":[%s]}", TERMS);
    API_EXPECT(&world, "GET", "/funding/rate?symbol=BTCUSDT", 0, NULL, 200, expected);
    API_EXPECT_ERROR(&world, "GET", "/funding/rate/NOPE", 0, NULL, 400, "UNKNOWN_SYMBOL");
    struct fx_event events[] = {mark_event(), funding_event()};
    api_harness_tell(&world, events, 2);
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, PAID);
    API_EXPECT(&world, "GET", "/ticker?symbol=BTCUSDT", 0, NULL, 200, NULL);
    assert_true(says("\"nextFundingTime\":1700006400000"));
    API_EXPECT(&world,
               "GET",
               "/mark-price?symbol=BTCUSDT",
               0,
               NULL,
               200,
               "{\"data\":[{\"symbol\":\"BTCUSDT\",\"markPrice\":\"100.1\",\"indexPrice\":\"100\","
               "\"isStale\":false,\"time\":1700000000000,\"sources\":3,\"nextFundingTime\":"
               "1700006400000,\"predictedRate\":\"-0.000125\"}]}");
    struct fx_event stale = mark_event();
    stale.u.mark.is_stale = 1;
    api_harness_tell(&world, &stale, 1);
    API_EXPECT(&world, "GET", "/mark-price?symbol=BTCUSDT", 0, NULL, 200, NULL);
    assert_true(says("\"isStale\":true"));
    /* A funding that only begins is none; one that is skipped has no rate. */
    struct fx_event begun = funding_event();
    begun.u.funding.is_complete = 0;
    begun.u.funding.instant_us += 1000000;
    api_harness_tell(&world, &begun, 1);
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, NULL);
    assert_true(says("\"fundingTime\":1699977600000"));
    begun.u.funding.is_skipped = 1;
    api_harness_tell(&world, &begun, 1);
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, NULL);
    assert_int_equal(count_of("fundingTime"), 0);
    API_EXPECT(&world, "GET", "/funding/history", 0, NULL, 200, NULL);
    assert_int_equal(count_of("\"isSkipped\":true"), 1);
    assert_int_equal(count_of("\"isSkipped\":false"), 1);
}

static struct fx_symbol symbol_of(const char *name)
{
    struct fx_symbol symbol;
    assert_true(fx_ids_symbol(fx_str_of(name), &symbol));
    return symbol;
}

/* A payment of a user: `lots` of the position, one in 10,000 of their value. */
static struct fx_event payment_event(uint64_t user_id, int64_t lots, const char *amount)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_TRANSACTION;
    event.u.transaction = (struct fx_event_transaction){.amount = engine_kit_decimal(amount),
                                                        .account_id = user_id,
                                                        .user_id = user_id,
                                                        .type = FX_TRANSACTION_FUNDING_FEE,
                                                        .instrument = 0,
                                                        .asset = engine_kit_asset("USDT"),
                                                        .position_id = 10 + user_id,
                                                        .lots = lots,
                                                        .rate_ppb = 100000,
                                                        .mark_ticks = 1001,
                                                        .instant_us = 1699977600LL * 1000000};
    return event;
}

static void market_fundings_and_own_payments(void **state)
{
    (void)state;
    char expected[1024];
    API_EXPECT(&world, "GET", "/funding/history", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/funding/payments", 1, NULL, 200, "{\"data\":[]}");
    struct fx_event events[] = {payment_event(1, 2500, "-0.02502500"),
                                payment_event(2, -2500, "0.025025"),
                                funding_event()};
    api_harness_tell(&world, events, 3);
    struct fx_event later = funding_event();
    later.u.funding.instant_us += 8LL * 3600 * 1000000;
    api_harness_tell(&world, &later, 1);
    const uint64_t first = (fx_engine_sequence(world.kit.engine) + 1) << 20U;
    (void)snprintf(
        expected,
        sizeof expected,
        "{\"data\":[{\"id\":\"%llu\",\"symbol\":\"BTCUSDT\",\"fundingTime\":1699977600000,"
        "\"fundingRate\":\"0.0001\",\"markPrice\":\"100.1\",\"indexPrice\":\"100\",\"asset\":"
        "\"USDT\",\"paid\":\"3\",\"received\":\"2.999999999999999999\",\"positions\":2,"
        "\"isSkipped\":false}]}",
        (unsigned long long)(first + 2));
    API_EXPECT(&world,
               "GET",
               "/funding/history?symbol=BTCUSDT&endTime=1699977600000",
               0,
               NULL,
               200,
               expected);
    API_EXPECT(&world, "GET", "/funding/history?symbol=BTCUSDT&limit=1", 0, NULL, 200, NULL);
    assert_true(says("\"fundingTime\":1700006400000"));
    char cursor[32];
    char target[128];
    api_harness_member(&world, "nextCursor", cursor, sizeof cursor);
    (void)snprintf(target, sizeof target, "/funding/history?cursor=%s", cursor);
    API_EXPECT(&world, "GET", target, 0, NULL, 200, expected);
    API_EXPECT(&world, "GET", "/funding/history?symbol=ETHUSDT", 0, NULL, 200, "{\"data\":[]}");
    (void)snprintf(
        expected,
        sizeof expected,
        "{\"data\":[{\"id\":\"%llu\",\"userId\":2,\"accountId\":2,\"positionId\":12,\"symbol\":"
        "\"BTCUSDT\","
        "\"asset\":\"USDT\",\"amount\":\"0.025025\",\"fundingRate\":\"0.0001\","
        "\"fundingQuantity\":\"-2.5\",\"markPrice\":\"100.1\",\"fundingTime\":1699977600000,"
        "\"operationId\":\"%llu\"}]}",
        (unsigned long long)(first + 1),
        (unsigned long long)(first + 1));
    API_EXPECT(&world, "GET", "/funding/payments", 2, NULL, 200, expected);
    API_EXPECT(&world, "GET", "/transactions?type=FUNDING_FEE", 1, NULL, 200, NULL);
    assert_true(says("\"amount\":\"-0.025025\",\"symbol\":\"BTCUSDT\""));
    API_EXPECT_ERROR(&world, "GET", "/funding/payments", 0, NULL, 401, "UNAUTHORIZED");
}

static struct fx_event insurance_event(const char *balance, const char *change)
{
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSURANCE;
    event.u.insurance = (struct fx_event_insurance){.balance = engine_kit_decimal(balance),
                                                    .change = engine_kit_decimal(change),
                                                    .asset = engine_kit_asset("USDT"),
                                                    .instrument = FX_COMMAND_ALL_INSTRUMENTS,
                                                    .reason = FX_INSURANCE_REASON_FUND};
    return event;
}

static void market_insurance_funds(void **state)
{
    (void)state;
    char expected[512];
    API_EXPECT(&world, "GET", "/insurance-fund", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/insurance-fund/balance", 0, NULL, 200, "{\"data\":[]}");
    struct fx_event funded = insurance_event("10", "10");
    api_harness_tell(&world, &funded, 1);
    struct fx_event taken = insurance_event("7.5", "-2.5");
    taken.u.insurance.instrument = 0;
    taken.u.insurance.lots = -1500;
    taken.u.insurance.reason = FX_INSURANCE_REASON_TAKEOVER;
    api_harness_tell(&world, &taken, 1);
    const uint64_t first = (fx_engine_sequence(world.kit.engine) + 1) << 20U;
    (void)snprintf(
        expected,
        sizeof expected,
        "{\"data\":[{\"id\":\"%llu\",\"asset\":\"USDT\",\"symbol\":\"BTCUSDT\",\"amount\":"
        "\"-2.5\",\"balance\":\"7.5\",\"quantity\":\"-1.5\",\"reason\":\"TAKEOVER\","
        "\"createdAt\":1700000000000},{\"id\":\"%llu\",\"asset\":\"USDT\",\"amount\":\"10\","
        "\"balance\":\"10\",\"reason\":\"FUND\",\"createdAt\":1700000000000}]}",
        (unsigned long long)(first + (1U << 20U)),
        (unsigned long long)first);
    API_EXPECT(&world, "GET", "/insurance-fund?asset=USDT", 0, NULL, 200, expected);
    API_EXPECT(&world, "GET", "/insurance-fund?asset=BTC", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world,
               "GET",
               "/insurance-fund/balance",
               0,
               NULL,
               200,
               "{\"data\":[{\"asset\":\"USDT\",\"balance\":\"7.5\",\"updatedAt\":1700000000000}]}");
    API_EXPECT(&world, "GET", "/insurance-fund/balance?asset=BTC", 0, NULL, 200, "{\"data\":[]}");
}

static void market_liquidations(void **state)
{
    (void)state;
    const fx_i128 one = fx_dec_one();
    struct fx_rows_trade trades[2];
    memset(trades, 0, sizeof trades);
    API_EXPECT(&world, "GET", "/liquidations?symbol=BTCUSDT", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(&world, "GET", "/liquidations", 0, NULL, 400, "BAD_PARAMETER");
    for (uint32_t index = 0; index < 2; index++) {
        trades[index].id = 100 + index;
        trades[index].price = 95 * one;
        trades[index].quantity = 2 * one;
        trades[index].value = 190 * one;
        trades[index].created_us = API_HARNESS_WALL_US;
        trades[index].symbol = symbol_of("BTCUSDT");
        trades[index].asset = engine_kit_asset("USDT");
        trades[index].contract_type = FX_CONTRACT_TYPE_USD_M;
        trades[index].note = index == 0 ? FX_TRADE_NOTE_LIQUIDATION : FX_TRADE_NOTE_NONE;
    }
    assert_int_equal(fx_store_trade_save(world.store, trades, 2), FX_OK);
    API_EXPECT(&world,
               "GET",
               "/liquidations?symbol=BTCUSDT",
               0,
               NULL,
               200,
               "{\"data\":[{\"id\":100,\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"price\":\"95\","
               "\"quantity\":\"2\",\"value\":\"190\",\"note\":\"LIQUIDATION\","
               "\"createdAt\":1700000000000}]}");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(market_assets_and_tiers),
        TEST(market_best_prices),
        TEST(market_ticker_says_all),
        TEST(market_open_interest_follows_the_positions),
        TEST(market_funding_terms),
        TEST(market_fundings_and_own_payments),
        TEST(market_insurance_funds),
        TEST(market_liquidations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

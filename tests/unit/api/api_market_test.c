/* What everybody may see of instruments, tickers, funding and funds, with exact bodies. */
#include "api_world.h"
#include "store/store_funding.h"

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
               "\"nextFundingTime\":1700236800000,\"time\":1700216000000}]}");
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

static void market_funding_terms(void **state)
{
    (void)state;
    static const char *const TERMS =
        "{\"symbol\":\"BTCUSDT\",\"fundingInterval\":28800,\"interestRate\":\"0\",\"damper\":\"0\","
        "\"cap\":\"0.00375\",\"nextFundingTime\":1700006400000,\"markPrice\":\"100\","
        "\"time\":1700000000000,\"indexPrice\":\"100\"}";
    char expected[512];
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, TERMS);
    (void)snprintf(expected, sizeof expected, "{\"data\":[%s]}", TERMS);
    API_EXPECT(&world, "GET", "/funding/rate?symbol=BTCUSDT", 0, NULL, 200, expected);
    API_EXPECT_ERROR(&world, "GET", "/funding/rate/NOPE", 0, NULL, 400, "UNKNOWN_SYMBOL");
    /* At the instant itself the next one is an interval away. */
    world.wall_us = 1700006400LL * 1000000;
    API_EXPECT(&world, "GET", "/funding/rate/BTCUSDT", 0, NULL, 200, NULL);
    assert_non_null(strstr(world.body, "\"nextFundingTime\":1700035200000"));
}

static struct fx_symbol symbol_of(const char *name)
{
    struct fx_symbol symbol;
    assert_true(fx_ids_symbol(fx_str_of(name), &symbol));
    return symbol;
}

static void market_fundings_and_own_payments(void **state)
{
    (void)state;
    const fx_i128 one = fx_dec_one();
    struct fx_rows_funding fundings[3];
    struct fx_rows_funding_payment payments[2];
    memset(fundings, 0, sizeof fundings);
    memset(payments, 0, sizeof payments);
    API_EXPECT(&world, "GET", "/funding/history", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/funding/payments", 1, NULL, 200, "{\"data\":[]}");
    for (uint32_t index = 0; index < 3; index++) {
        fundings[index].id = index + 1;
        fundings[index].rate = one / 10000;
        fundings[index].mark_price = 100 * one;
        fundings[index].funding_us = API_HARNESS_WALL_US + index * 8 * 3600 * 1000000LL;
        fundings[index].created_us = fundings[index].funding_us;
        fundings[index].symbol = symbol_of(index == 1 ? "ETHUSDT" : "BTCUSDT");
    }
    for (uint32_t index = 0; index < 2; index++) {
        payments[index] = (struct fx_rows_funding_payment){.amount = -one / 2,
                                                           .rate = one / 10000,
                                                           .quantity = 50 * one,
                                                           .mark_price = 100 * one,
                                                           .id = index + 1,
                                                           .user_id = index + 1,
                                                           .account_id = 3,
                                                           .position_id = 4,
                                                           .operation_id = 5,
                                                           .funding_us = API_HARNESS_WALL_US,
                                                           .created_us = API_HARNESS_WALL_US,
                                                           .symbol = symbol_of("BTCUSDT"),
                                                           .asset = engine_kit_asset("USDT")};
    }
    assert_int_equal(fx_store_funding_save(world.store, fundings, 3), FX_OK);
    assert_int_equal(fx_store_funding_save_payments(world.store, payments, 2), FX_OK);
    API_EXPECT(&world,
               "GET",
               "/funding/history?symbol=BTCUSDT&limit=1",
               0,
               NULL,
               200,
               "{\"data\":[{\"id\":\"3\",\"symbol\":\"BTCUSDT\",\"fundingTime\":1700057600000,"
               "\"fundingRate\":\"0.0001\",\"markPrice\":\"100\"}],"
               "\"nextCursor\":\"AwAAAAAAAAA\"}");
    API_EXPECT(&world,
               "GET",
               "/funding/history?symbol=BTCUSDT&cursor=AwAAAAAAAAA",
               0,
               NULL,
               200,
               "{\"data\":[{\"id\":\"1\",\"symbol\":\"BTCUSDT\",\"fundingTime\":1700000000000,"
               "\"fundingRate\":\"0.0001\",\"markPrice\":\"100\"}]}");
    API_EXPECT(&world,
               "GET",
               "/funding/history?startTime=1700000000001&endTime=1700057599999",
               0,
               NULL,
               200,
               "{\"data\":[{\"id\":\"2\",\"symbol\":\"ETHUSDT\",\"fundingTime\":1700028800000,"
               "\"fundingRate\":\"0.0001\",\"markPrice\":\"100\"}]}");
    API_EXPECT(&world,
               "GET",
               "/funding/payments",
               2,
               NULL,
               200,
               "{\"data\":[{\"id\":\"2\",\"accountId\":3,\"positionId\":4,\"symbol\":\"BTCUSDT\","
               "\"asset\":\"USDT\",\"amount\":\"-0.5\",\"fundingRate\":\"0.0001\","
               "\"fundingQuantity\":\"50\",\"markPrice\":\"100\",\"fundingTime\":1700000000000,"
               "\"operationId\":\"5\"}]}");
    API_EXPECT(&world, "GET", "/funding/payments?asset=BTC", 2, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/funding/payments", 3 + 2, NULL, 200, "{\"data\":[]}");
}

static void market_insurance_and_liquidations(void **state)
{
    (void)state;
    const fx_i128 one = fx_dec_one();
    struct fx_rows_funding_insurance movement;
    struct fx_rows_trade trades[2];
    memset(&movement, 0, sizeof movement);
    memset(trades, 0, sizeof trades);
    API_EXPECT(&world, "GET", "/insurance-fund", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT(&world, "GET", "/liquidations?symbol=BTCUSDT", 0, NULL, 200, "{\"data\":[]}");
    API_EXPECT_ERROR(&world, "GET", "/liquidations", 0, NULL, 400, "BAD_PARAMETER");
    movement.amount = 3 * one;
    movement.balance = 10 * one;
    movement.id = 7;
    movement.created_us = API_HARNESS_WALL_US;
    movement.asset = engine_kit_asset("USDT");
    memcpy(movement.reason, "LIQUIDATION", 11);
    assert_int_equal(fx_store_funding_save_insurance(world.store, &movement, 1), FX_OK);
    API_EXPECT(&world,
               "GET",
               "/insurance-fund?asset=USDT",
               0,
               NULL,
               200,
               "{\"data\":[{\"id\":\"7\",\"asset\":\"USDT\",\"amount\":\"3\",\"balance\":\"10\","
               "\"reason\":\"LIQUIDATION\",\"createdAt\":1700000000000}]}");
    API_EXPECT(&world, "GET", "/insurance-fund?asset=BTC", 0, NULL, 200, "{\"data\":[]}");
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
        TEST(market_insurance_and_liquidations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The contract of what everybody may see: candles. */
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_candle.h"

#define MINUTE_US (60LL * 1000 * 1000)

enum { BARS = 200, CHECKS = 300 };

static struct fx_rows_candle any_candle(struct fx_rng *rng, uint32_t number)
{
    struct fx_rows_candle row;
    memset(&row, 0, sizeof row);
    row.open = store_contract_any_dec(rng);
    row.high = store_contract_any_dec(rng);
    row.low = store_contract_any_dec(rng);
    row.close = store_contract_any_dec(rng);
    row.volume = store_contract_any_dec(rng);
    row.value = store_contract_any_dec(rng);
    row.taker_buy_volume = store_contract_any_dec(rng);
    row.taker_buy_value = store_contract_any_dec(rng);
    row.count = 1 + fx_rng_below(rng, 1000000);
    row.operation_id = 1 + fx_rng_below(rng, 1000000);
    row.minutes = fx_rng_below(rng, 2) == 0 ? 1 : 5;
    row.price = (enum fx_rows_candle_price)(1 + fx_rng_below(rng, FX_ROWS_CANDLE_PRICES));
    row.symbol = store_contract_symbol_of(fx_rng_below(rng, 2));
    row.start_us = (28333335 + (int64_t)number * row.minutes) * MINUTE_US;
    return row;
}

void store_candle_list_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    static struct fx_rows_candle rows[BARS], found[BARS];
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    for (uint32_t index = 0; index < BARS; index++) {
        rows[index] = any_candle(&rng, index);
    }
    rows[0].open = fx_dec_limit() - 1;
    rows[0].low = 1 - fx_dec_limit();
    rows[0].operation_id = INT64_MAX;
    assert_int_equal(fx_store_candle_save(fixture->writer, rows, BARS), FX_OK);
    for (int check = 0; check < CHECKS; check++) {
        const struct fx_symbol symbol = store_contract_symbol_of(fx_rng_below(&rng, 2));
        struct fx_store_candle_query query = {
            .symbol = fx_ids_symbol_str(&symbol),
            .price = (enum fx_rows_candle_price)(1 + fx_rng_below(&rng, FX_ROWS_CANDLE_PRICES)),
            .minutes = fx_rng_below(&rng, 2) == 0 ? 1 : 5,
            .is_newest_first = fx_rng_below(&rng, 2) == 0,
            .limit = (uint32_t)(1 + fx_rng_below(&rng, 20))};
        if (fx_rng_below(&rng, 2) == 0) {
            query.span.start_us = rows[fx_rng_below(&rng, BARS)].start_us;
        }
        if (fx_rng_below(&rng, 2) == 0) {
            query.span.end_us = rows[fx_rng_below(&rng, BARS)].start_us;
        }
        uint32_t count = 0, at = 0;
        assert_int_equal(fx_store_candle_list(fixture->reader, &query, found, &count), FX_OK);
        for (uint32_t step = 0; step < BARS && at < query.limit; step++) {
            const struct fx_rows_candle *row =
                &rows[query.is_newest_first ? BARS - 1 - step : step];
            if (row->price != query.price || row->minutes != query.minutes ||
                memcmp(&row->symbol, &symbol, sizeof symbol) != 0 ||
                (query.span.start_us != 0 && row->start_us < query.span.start_us) ||
                (query.span.end_us != 0 && row->start_us > query.span.end_us)) {
                continue;
            }
            assert_true(at < count);
            assert_memory_equal(&found[at], row, sizeof *row);
            at++;
        }
        assert_int_equal(at, count);
    }
}

void store_candle_older_operation_never_wins(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    uint64_t count = 0;
    uint32_t found_count = 0;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_candle row = any_candle(&rng, 1), found;
    const struct fx_store_candle_query query = {.symbol = fx_ids_symbol_str(&row.symbol),
                                                .price = row.price,
                                                .minutes = row.minutes,
                                                .limit = 1};
    row.operation_id = 100;
    assert_int_equal(fx_store_candle_save(fixture->writer, &row, 1), FX_OK);
    for (uint64_t operation_id = 99; operation_id <= 100; operation_id++) {
        struct fx_rows_candle old = row;
        old.operation_id = operation_id;
        old.close = 7;
        assert_int_equal(fx_store_candle_save(fixture->writer, &old, 1), FX_OK);
    }
    assert_int_equal(fx_store_candle_list(fixture->reader, &query, &found, &found_count), FX_OK);
    assert_int_equal(found_count, 1);
    assert_memory_equal(&found, &row, sizeof found);
    row.operation_id = 101;
    row.close = 8;
    assert_int_equal(fx_store_candle_save(fixture->writer, &row, 1), FX_OK);
    assert_int_equal(fx_store_candle_list(fixture->reader, &query, &found, &found_count), FX_OK);
    assert_memory_equal(&found, &row, sizeof found);
    assert_int_equal(fx_store_candle_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 1);
}

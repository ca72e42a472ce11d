/* The contract of what everybody may see: candles, fundings, insurance funds, liquidations. */
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_candle.h"
#include "store/store_funding.h"
#include "store/store_trade.h"

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

/* Rows of all three tables with the same number are of the same symbol, user and time. */
struct facts {
    struct fx_rows_funding funding[BARS];
    struct fx_rows_funding_payment payment[BARS];
    struct fx_rows_funding_insurance insurance[BARS];
};

static void make_facts(struct fx_rng *rng, struct facts *facts)
{
    memset(facts, 0, sizeof *facts);
    for (uint32_t index = 0; index < BARS; index++) {
        struct fx_rows_funding *funding = &facts->funding[index];
        struct fx_rows_funding_payment *payment = &facts->payment[index];
        struct fx_rows_funding_insurance *insurance = &facts->insurance[index];
        funding->id = index + 1;
        funding->rate = store_contract_any_dec(rng);
        funding->mark_price = store_contract_any_dec(rng);
        funding->operation_id = index + 100;
        funding->funding_us = STORE_CONTRACT_START_US + (int64_t)index * 8 * 60 * MINUTE_US;
        funding->created_us = funding->funding_us + 1000;
        funding->symbol = store_contract_symbol_of(fx_rng_below(rng, 2));
        funding->index_price = store_contract_any_dec(rng);
        funding->paid = store_contract_any_dec(rng);
        funding->received = store_contract_any_dec(rng);
        funding->insured = store_contract_any_dec(rng);
        funding->remainder = store_contract_any_dec(rng);
        funding->positions = (uint32_t)fx_rng_below(rng, 1000000);
        funding->is_skipped = fx_rng_below(rng, 2) == 0;
        funding->asset = store_contract_asset_of(index);
        *payment = (struct fx_rows_funding_payment){.amount = store_contract_any_dec(rng),
                                                    .rate = funding->rate,
                                                    .quantity = store_contract_any_dec(rng),
                                                    .mark_price = funding->mark_price,
                                                    .id = funding->id,
                                                    .user_id = 1 + fx_rng_below(rng, 3),
                                                    .account_id = 7,
                                                    .position_id = 8,
                                                    .operation_id = funding->operation_id,
                                                    .funding_us = funding->funding_us,
                                                    .created_us = funding->created_us,
                                                    .symbol = funding->symbol,
                                                    .asset = store_contract_asset_of(index)};
        insurance->amount = payment->amount;
        insurance->balance = payment->quantity;
        insurance->quantity = payment->rate;
        insurance->id = funding->id;
        insurance->operation_id = funding->operation_id;
        insurance->created_us = funding->funding_us;
        insurance->asset = payment->asset;
        insurance->symbol = index % 3 == 0 ? (struct fx_symbol){{0}} : funding->symbol;
        memcpy(insurance->reason, "LIQUIDATION_CLEARANCE", 21);
    }
}

static struct fx_store_funding_query any_query(struct fx_rng *rng, const struct fx_symbol *symbol)
{
    struct fx_store_funding_query query = {.user_id = 1 + fx_rng_below(rng, 3)};
    if (fx_rng_below(rng, 2) == 0) {
        query.symbol = fx_ids_symbol_str(symbol);
    }
    if (fx_rng_below(rng, 2) == 0) {
        query.span.start_us =
            STORE_CONTRACT_START_US + fx_rng_between(rng, 1, BARS) * 8 * 60 * MINUTE_US;
    }
    if (fx_rng_below(rng, 2) == 0) {
        query.span.end_us =
            STORE_CONTRACT_START_US + fx_rng_between(rng, 1, BARS) * 8 * 60 * MINUTE_US;
    }
    query.page = (struct fx_store_page){.limit = (uint32_t)(1 + fx_rng_below(rng, 30)),
                                        .before_id = fx_rng_below(rng, 2) * BARS / 2};
    return query;
}

static bool fits(const struct fx_store_funding_query *query,
                 const struct fx_rows_funding *row,
                 const struct fx_symbol *symbol)
{
    return (query->symbol.size == 0 || fx_str_is_equal(query->symbol, fx_ids_symbol_str(symbol))) &&
           (query->span.start_us == 0 || row->funding_us >= query->span.start_us) &&
           (query->span.end_us == 0 || row->funding_us <= query->span.end_us) &&
           (query->page.before_id == 0 || row->id < query->page.before_id);
}

void store_funding_lists_equal_models(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    static struct facts facts, page;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    make_facts(&rng, &facts);
    for (int twice = 0; twice < 2; twice++) { /* a repeated fact is no other fact */
        assert_int_equal(fx_store_funding_save(fixture->writer, facts.funding, BARS), FX_OK);
        assert_int_equal(fx_store_funding_save_payments(fixture->writer, facts.payment, BARS),
                         FX_OK);
        assert_int_equal(fx_store_funding_save_insurance(fixture->writer, facts.insurance, BARS),
                         FX_OK);
    }
    for (int check = 0; check < CHECKS; check++) {
        const struct fx_symbol symbol = store_contract_symbol_of(fx_rng_below(&rng, 2));
        const struct fx_store_funding_query query = any_query(&rng, &symbol);
        uint32_t counts[3] = {0}, at[3] = {0};
        assert_int_equal(fx_store_funding_list(fixture->reader, &query, page.funding, &counts[0]),
                         FX_OK);
        assert_int_equal(
            fx_store_funding_list_payments(fixture->reader, &query, page.payment, &counts[1]),
            FX_OK);
        assert_int_equal(
            fx_store_funding_list_insurance(fixture->reader, &query, page.insurance, &counts[2]),
            FX_OK);
        for (uint32_t index = BARS; index-- > 0;) {
            const struct fx_rows_funding *row = &facts.funding[index];
            if (fits(&query, row, &row->symbol) && at[0] < query.page.limit) {
                assert_memory_equal(&page.funding[at[0]++], row, sizeof *row);
            }
            if (fits(&query, row, &row->symbol) && at[1] < query.page.limit &&
                facts.payment[index].user_id == query.user_id) {
                assert_memory_equal(
                    &page.payment[at[1]++], &facts.payment[index], sizeof page.payment[0]);
            }
            if (fits(&query, row, &facts.insurance[index].symbol) && at[2] < query.page.limit) {
                assert_memory_equal(
                    &page.insurance[at[2]++], &facts.insurance[index], sizeof page.insurance[0]);
            }
        }
        assert_memory_equal(at, counts, sizeof at);
    }
    facts.payment[3].amount++;
    assert_int_equal(fx_store_funding_save_payments(fixture->writer, &facts.payment[3], 1),
                     FX_CORRUPT);
}

void store_trade_list_noted_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    static struct fx_rows_trade rows[BARS], page[BARS];
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    memset(rows, 0, sizeof rows);
    for (uint32_t index = 0; index < BARS; index++) {
        rows[index].id = index + 1;
        rows[index].operation_id = index + 1;
        rows[index].price = store_contract_any_dec(&rng);
        rows[index].created_us = STORE_CONTRACT_START_US;
        rows[index].contract_type = FX_CONTRACT_TYPE_USD_M;
        rows[index].note = (enum fx_trade_note)fx_rng_below(&rng, 4);
        rows[index].instrument = (uint32_t)fx_rng_below(&rng, 2);
        rows[index].symbol = store_contract_symbol_of(rows[index].instrument);
        rows[index].asset = store_contract_asset_of(0);
    }
    assert_int_equal(fx_store_trade_save(fixture->writer, rows, BARS), FX_OK);
    for (uint64_t before = 0; before <= BARS; before += 25) {
        const struct fx_symbol symbol = store_contract_symbol_of(before / 25);
        const struct fx_store_page asked = {.before_id = before, .limit = 40};
        uint32_t count = 0, at = 0;
        assert_int_equal(fx_store_trade_list_noted(
                             fixture->reader, fx_ids_symbol_str(&symbol), &asked, page, &count),
                         FX_OK);
        for (uint32_t index = BARS; index-- > 0 && at < asked.limit;) {
            if (rows[index].note != FX_TRADE_NOTE_NONE &&
                memcmp(&rows[index].symbol, &symbol, sizeof symbol) == 0 &&
                (before == 0 || rows[index].id < before)) {
                assert_memory_equal(&page[at++], &rows[index], sizeof rows[index]);
            }
        }
        assert_int_equal(at, count);
    }
}

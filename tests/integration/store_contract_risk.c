/* The contract of liquidations and of the histories of positions and margins. */
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_history.h"
#include "store/store_liquidation.h"
#include "store/store_settlement.h"

enum { ROWS = 150, CHECKS = 200 };

static int64_t time_of(uint64_t number)
{
    return STORE_CONTRACT_START_US + (int64_t)number * STORE_CONTRACT_SECOND_US;
}

static struct fx_rows_liquidation any_liquidation(struct fx_rng *rng, uint64_t id)
{
    static const char *const STEPS[] = {"CANCEL_ORDERS", "BOOK", "TAKEOVER", "ADL", "DONE"};
    struct fx_rows_liquidation row;
    memset(&row, 0, sizeof row);
    row.quantity = store_contract_any_dec(rng);
    row.price = store_contract_any_dec(rng);
    row.mark_price = store_contract_any_dec(rng);
    row.maintenance = store_contract_any_dec(rng);
    row.equity = store_contract_any_dec(rng);
    row.fee = store_contract_any_dec(rng);
    row.operation_id = id + 1000;
    row.id = id;
    row.account_id = 3;
    row.user_id = 1 + fx_rng_below(rng, STORE_CONTRACT_USERS);
    row.position_id = 4;
    row.order_id = fx_rng_below(rng, 2) * 77;
    row.counter_account_id = fx_rng_below(rng, 2) * 78;
    row.counter_user_id = fx_rng_below(rng, STORE_CONTRACT_USERS + 1);
    row.counter_position_id = fx_rng_below(rng, 2) * 79;
    row.created_us = time_of(id);
    row.order_count = (uint32_t)fx_rng_below(rng, 9);
    memcpy(row.side, "SELL", fx_rng_below(rng, 2) * 4);
    row.position_side = FX_POSITION_SIDE_LONG;
    row.margin_mode = fx_rng_below(rng, 2) == 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED;
    row.symbol = store_contract_symbol_of(fx_rng_below(rng, 2));
    row.asset = store_contract_asset_of(id);
    const char *step = STEPS[fx_rng_below(rng, 5)];
    memcpy(row.step, step, strlen(step));
    return row;
}

static bool is_text(fx_str wanted, fx_str text)
{
    return wanted.size == 0 || fx_str_is_equal(wanted, text);
}

static bool fits(const struct fx_store_liquidation_query *query,
                 const struct fx_rows_liquidation *row)
{
    return (query->user_id == 0 || row->user_id == query->user_id) &&
           (query->counter_user_id == 0 || row->counter_user_id == query->counter_user_id) &&
           is_text(query->symbol, fx_ids_symbol_str(&row->symbol)) &&
           is_text(query->step, fx_str_of(row->step)) &&
           (query->created.start_us == 0 || row->created_us >= query->created.start_us) &&
           (query->created.end_us == 0 || row->created_us <= query->created.end_us) &&
           (query->page.before_id == 0 || row->id < query->page.before_id);
}

void store_liquidation_list_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static struct fx_rows_liquidation rows[ROWS], page[ROWS];
    struct fx_rng rng;
    uint64_t stored = 0;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    for (uint32_t index = 0; index < ROWS; index++) {
        rows[index] = any_liquidation(&rng, index + 1);
    }
    for (int twice = 0; twice < 2; twice++) { /* a repeated fact is no other fact */
        assert_int_equal(fx_store_liquidation_save(fixture->writer, rows, ROWS), FX_OK);
    }
    assert_int_equal(fx_store_liquidation_count(fixture->reader, &stored), FX_OK);
    assert_int_equal(stored, ROWS);
    for (int check = 0; check < CHECKS; check++) {
        const struct fx_symbol symbol = store_contract_symbol_of(fx_rng_below(&rng, 2));
        const uint64_t who = fx_rng_below(&rng, 3); /* nobody, the owner, the other side */
        const uint64_t user = 1 + fx_rng_below(&rng, STORE_CONTRACT_USERS);
        const struct fx_store_liquidation_query query = {
            .user_id = who == 1 ? user : 0,
            .counter_user_id = who == 2 ? user : 0,
            .symbol = fx_rng_below(&rng, 2) == 0 ? fx_ids_symbol_str(&symbol) : (fx_str){0},
            .step = fx_rng_below(&rng, 3) == 0 ? FX_STR("ADL") : (fx_str){0},
            .created = {.start_us = fx_rng_below(&rng, 2) == 0 ? time_of(20) : 0,
                        .end_us = fx_rng_below(&rng, 2) == 0 ? time_of(ROWS - 20) : 0},
            .page = {.limit = (uint32_t)(1 + fx_rng_below(&rng, 40)),
                     .before_id = fx_rng_below(&rng, 2) * ROWS / 2}};
        uint32_t count = 0, at = 0;
        assert_int_equal(fx_store_liquidation_list(fixture->reader, &query, page, &count), FX_OK);
        for (uint32_t index = ROWS; index-- > 0 && at < query.page.limit;) {
            if (fits(&query, &rows[index])) {
                assert_memory_equal(&page[at++], &rows[index], sizeof rows[index]);
            }
        }
        assert_int_equal(at, count);
    }
    rows[5].fee++;
    assert_int_equal(fx_store_liquidation_save(fixture->writer, &rows[5], 1), FX_CORRUPT);
}

static struct fx_rows_settlement any_settlement(struct fx_rng *rng, uint64_t id)
{
    struct fx_rows_settlement row;
    memset(&row, 0, sizeof row);
    row.price = fx_rng_below(rng, 2) == 0 ? 0 : store_contract_any_dec(rng);
    row.remainder = store_contract_any_dec(rng);
    row.operation_id = id + 1000;
    row.id = id;
    row.positions = fx_rng_below(rng, 1000);
    row.covered_us = (int64_t)fx_rng_below(rng, 3600000000);
    row.created_us = time_of(id);
    row.symbol = store_contract_symbol_of(fx_rng_below(rng, 2));
    row.asset = store_contract_asset_of(id);
    const char *phase = fx_rows_settlement_phase_name(
        (enum fx_settlement_phase)(FX_SETTLEMENT_PHASE_WAITING + fx_rng_below(rng, 4)));
    memcpy(row.phase, phase, strlen(phase));
    return row;
}

void store_settlement_list_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static struct fx_rows_settlement rows[ROWS], page[ROWS];
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED + 1);
    for (uint32_t index = 0; index < ROWS; index++) {
        rows[index] = any_settlement(&rng, index + 1);
    }
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(fx_store_settlement_save(fixture->writer, rows, ROWS), FX_OK);
    }
    for (int check = 0; check < CHECKS; check++) {
        const struct fx_symbol symbol = store_contract_symbol_of(fx_rng_below(&rng, 2));
        const struct fx_store_settlement_query query = {
            .symbol = fx_rng_below(&rng, 2) == 0 ? fx_ids_symbol_str(&symbol) : (fx_str){0},
            .phase = fx_rng_below(&rng, 2) == 0 ? FX_STR("DONE") : (fx_str){0},
            .created = {.start_us = fx_rng_below(&rng, 2) == 0 ? time_of(20) : 0},
            .page = {.limit = (uint32_t)(1 + fx_rng_below(&rng, 40)),
                     .before_id = fx_rng_below(&rng, 2) * ROWS / 2}};
        uint32_t count = 0, at = 0;
        assert_int_equal(fx_store_settlement_list(fixture->reader, &query, page, &count), FX_OK);
        for (uint32_t index = ROWS; index-- > 0 && at < query.page.limit;) {
            const struct fx_rows_settlement *row = &rows[index];
            if (is_text(query.symbol, fx_ids_symbol_str(&row->symbol)) &&
                is_text(query.phase, fx_str_of(row->phase)) &&
                row->created_us >= query.created.start_us &&
                (query.page.before_id == 0 || row->id < query.page.before_id)) {
                assert_memory_equal(&page[at++], row, sizeof *row);
            }
        }
        assert_int_equal(at, count);
    }
    rows[5].remainder++;
    assert_int_equal(fx_store_settlement_save(fixture->writer, &rows[5], 1), FX_CORRUPT);
}

/* Rows of both histories with the same number are of the same symbol, user and time. */
struct histories {
    struct fx_rows_margin margins[ROWS];
    struct fx_rows_closed closed[ROWS];
};

static void make_histories(struct fx_rng *rng, struct histories *histories)
{
    memset(histories, 0, sizeof *histories);
    for (uint32_t index = 0; index < ROWS; index++) {
        struct fx_rows_margin *margin = &histories->margins[index];
        struct fx_rows_closed *closed = &histories->closed[index];
        margin->amount = store_contract_any_dec(rng);
        margin->position_margin = store_contract_any_dec(rng);
        margin->adjust_margin = store_contract_any_dec(rng);
        margin->leverage = store_contract_any_dec(rng);
        margin->liquidation_price = store_contract_any_dec(rng);
        margin->id = index + 1;
        margin->operation_id = index + 1;
        margin->user_id = 1 + fx_rng_below(rng, STORE_CONTRACT_USERS);
        margin->account_id = 5;
        margin->position_id = 6;
        margin->created_us = time_of(margin->id);
        margin->symbol = store_contract_symbol_of(fx_rng_below(rng, 2));
        margin->asset = store_contract_asset_of(index);
        memcpy(margin->action, "LEVERAGE", 8);
        closed->current_qty = store_contract_any_dec(rng);
        closed->closed_qty = store_contract_any_dec(rng);
        closed->entry_price = store_contract_any_dec(rng);
        closed->entry_value = store_contract_any_dec(rng);
        closed->close_price = store_contract_any_dec(rng);
        closed->realized_pnl = store_contract_any_dec(rng);
        closed->leverage = store_contract_any_dec(rng);
        closed->id = margin->id;
        closed->operation_id = margin->operation_id;
        closed->user_id = margin->user_id;
        closed->account_id = 7;
        closed->position_id = 8;
        closed->created_us = margin->created_us;
        closed->position_side = FX_POSITION_SIDE_SHORT;
        closed->margin_mode = FX_MARGIN_MODE_ISOLATED;
        closed->symbol = margin->symbol;
        closed->asset = margin->asset;
    }
}

void store_history_lists_equal_models(void **state)
{
    struct store_contract_fixture *fixture = *state;
    static struct histories all, page;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    make_histories(&rng, &all);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(fx_store_history_save_margins(fixture->writer, all.margins, ROWS), FX_OK);
        assert_int_equal(fx_store_history_save_closed(fixture->writer, all.closed, ROWS), FX_OK);
    }
    for (int check = 0; check < CHECKS; check++) {
        const struct fx_symbol symbol = store_contract_symbol_of(fx_rng_below(&rng, 2));
        const struct fx_store_history_query query = {
            .user_id = 1 + fx_rng_below(&rng, STORE_CONTRACT_USERS),
            .symbol = fx_rng_below(&rng, 2) == 0 ? fx_ids_symbol_str(&symbol) : (fx_str){0},
            .created = {.start_us = fx_rng_below(&rng, 2) == 0 ? time_of(20) : 0,
                        .end_us = fx_rng_below(&rng, 2) == 0 ? time_of(ROWS - 20) : 0},
            .page = {.limit = (uint32_t)(1 + fx_rng_below(&rng, 40)),
                     .before_id = fx_rng_below(&rng, 2) * ROWS / 2}};
        uint32_t margins = 0, closed = 0, at = 0;
        assert_int_equal(
            fx_store_history_list_margins(fixture->reader, &query, page.margins, &margins), FX_OK);
        assert_int_equal(
            fx_store_history_list_closed(fixture->reader, &query, page.closed, &closed), FX_OK);
        for (uint32_t index = ROWS; index-- > 0 && at < query.page.limit;) {
            const struct fx_rows_margin *row = &all.margins[index];
            if (row->user_id == query.user_id &&
                is_text(query.symbol, fx_ids_symbol_str(&row->symbol)) &&
                (query.created.start_us == 0 || row->created_us >= query.created.start_us) &&
                (query.created.end_us == 0 || row->created_us <= query.created.end_us) &&
                (query.page.before_id == 0 || row->id < query.page.before_id)) {
                assert_memory_equal(&page.margins[at], row, sizeof *row);
                assert_memory_equal(&page.closed[at], &all.closed[index], sizeof page.closed[0]);
                at++;
            }
        }
        assert_int_equal(at, margins);
        assert_int_equal(at, closed);
    }
    all.closed[3].realized_pnl++;
    assert_int_equal(fx_store_history_save_closed(fixture->writer, &all.closed[3], 1), FX_CORRUPT);
    all.margins[3].amount++;
    assert_int_equal(fx_store_history_save_margins(fixture->writer, &all.margins[3], 1),
                     FX_CORRUPT);
}

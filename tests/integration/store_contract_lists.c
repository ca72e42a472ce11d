/* The contract of orders and trades. Lists are compared with a plain array that is filtered by the
 * words of the header; random rows come from a fixed seed. */
#include <string.h>

#include "integration/store_contract_int.h"
#include "store/store_order.h"
#include "store/store_trade.h"

fx_i128 store_contract_any_dec(struct fx_rng *rng)
{
    const fx_i128 whole = (fx_i128)fx_rng_between(rng, -1000000, 1000000);
    return whole * fx_dec_one() / (fx_i128)(1 + fx_rng_below(rng, 1000)) +
           (fx_i128)fx_rng_below(rng, 10);
}

struct fx_symbol store_contract_symbol_of(uint64_t number)
{
    struct fx_symbol symbol = {{0}};
    assert_true(fx_ids_symbol(number % 2 == 0 ? FX_STR("BTCUSDT") : FX_STR("ETHUSDT"), &symbol));
    return symbol;
}

struct fx_asset store_contract_asset_of(uint64_t number)
{
    struct fx_asset asset = {{0}};
    assert_true(fx_ids_asset(number % 2 == 0 ? FX_STR("USDT") : FX_STR("BTC"), &asset));
    return asset;
}

struct fx_rows_order store_contract_any_order(struct fx_rng *rng, uint64_t id)
{
    struct fx_rows_order row;
    memset(&row, 0, sizeof row);
    row.id = id;
    row.operation_id = id * 10;
    row.user_id = 1 + fx_rng_below(rng, STORE_CONTRACT_USERS);
    row.account_id = row.user_id + 100;
    row.tmp_id = fx_rng_below(rng, 3) == 0 ? 0 : 5000 + fx_rng_below(rng, 50);
    row.quantity = store_contract_any_dec(rng);
    row.price = store_contract_any_dec(rng);
    row.remaining = store_contract_any_dec(rng);
    row.executed_price = store_contract_any_dec(rng);
    row.cost = store_contract_any_dec(rng);
    row.order_margin = store_contract_any_dec(rng);
    row.leverage = store_contract_any_dec(rng);
    row.expire_us = fx_rng_below(rng, 2) == 0
                        ? 0
                        : STORE_CONTRACT_START_US + 86400LL * STORE_CONTRACT_SECOND_US;
    row.created_us = STORE_CONTRACT_START_US + (int64_t)id * STORE_CONTRACT_SECOND_US;
    row.updated_us = row.created_us + 1000;
    row.side = (enum fx_side)(1 + fx_rng_below(rng, 2));
    row.type = (enum fx_order_type)(1 + fx_rng_below(rng, 2));
    row.time_in_force = (enum fx_time_in_force)(1 + fx_rng_below(rng, 4));
    row.status = (enum fx_order_status)(1 + fx_rng_below(rng, 8));
    row.note = (enum fx_order_note)fx_rng_below(rng, FX_ORDER_NOTE_CLOSE_INSURANCE + 1);
    row.stp_mode = (enum fx_stp_mode)(1 + fx_rng_below(rng, 4));
    row.margin_mode = (enum fx_margin_mode)(1 + fx_rng_below(rng, 2));
    row.position_side = (enum fx_position_side)(1 + fx_rng_below(rng, 3));
    row.contract_type = (enum fx_contract_type)(1 + fx_rng_below(rng, 2));
    row.tp_sl_type = (enum fx_order_type)(fx_rng_below(rng, 2) * (3 + fx_rng_below(rng, 5)));
    if (row.tp_sl_type != 0) {
        row.tp_sl_price = store_contract_any_dec(rng);
        row.activation_price = store_contract_any_dec(rng);
        row.callback_rate = store_contract_any_dec(rng);
        row.trigger = (enum fx_trigger_source)(1 + fx_rng_below(rng, 3));
        row.stop_condition = (enum fx_trigger_condition)(1 + fx_rng_below(rng, 2));
        row.is_close_position = fx_rng_below(rng, 2) != 0;
        row.is_price_protected = fx_rng_below(rng, 2) != 0;
        row.linked_order_id = fx_rng_below(rng, 3) * 1000003;
        row.parent_order_id = fx_rng_below(rng, 3) * 1000033;
    }
    row.take_profit_order_id = fx_rng_below(rng, 2) * (1 + fx_rng_below(rng, 1U << 30U));
    row.stop_loss_order_id = fx_rng_below(rng, 2) * (1 + fx_rng_below(rng, 1U << 30U));
    row.is_reduce_only = fx_rng_below(rng, 2) != 0;
    row.is_post_only = fx_rng_below(rng, 2) != 0;
    row.instrument = (uint32_t)fx_rng_below(rng, 2);
    row.symbol = store_contract_symbol_of(row.instrument);
    row.asset = store_contract_asset_of(row.instrument);
    if (fx_rng_below(rng, 2) == 0) {
        const char digit = (char)('0' + (char)fx_rng_below(rng, 10));
        const char text[] = {'a', ':', digit};
        assert_true(fx_ids_client_id((fx_str){text, sizeof text}, &row.client_id));
    }
    return row;
}

void store_order_save_roundtrips(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_order rows[STORE_CONTRACT_ROWS];
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
    }
    rows[0].price = fx_dec_limit() - 1;
    rows[0].cost = 1 - fx_dec_limit();
    rows[0].order_margin = 1;
    rows[0].operation_id = INT64_MAX;
    assert_int_equal(fx_store_order_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        struct fx_rows_order found;
        memset(&found, 0xff, sizeof found);
        const struct fx_store_key key = {rows[index].user_id, rows[index].id};
        const struct fx_store_key foreign = {rows[index].user_id + 1, rows[index].id};
        assert_int_equal(fx_store_order_find(fixture->reader, key, &found), FX_OK);
        assert_memory_equal(&found, &rows[index], sizeof found);
        assert_int_equal(fx_store_order_find(fixture->reader, foreign, &found), FX_NOT_FOUND);
    }
}

/* The orders that a span of open ones protects, each once, whatever has become of them. */
void store_order_parents_of_a_span_are_read_once(void **state)
{
    const struct store_contract_fixture *fixture = *state;
    static struct fx_rows_order rows[STORE_CONTRACT_ROWS];
    static struct fx_rows_order found[FX_STORE_LIMIT_MAX];
    struct fx_rng rng;
    fx_rng_init(&rng, 41);
    for (uint64_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
        rows[index].parent_order_id =
            index > 0 && fx_rng_below(&rng, 2) == 0 ? 1 + fx_rng_below(&rng, (uint32_t)index) : 0;
    }
    rows[STORE_CONTRACT_ROWS - 1].parent_order_id = 987654; /* of none */
    assert_int_equal(fx_store_order_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    for (uint32_t round = 0; round < 20; round++) {
        const uint64_t first = 1 + fx_rng_below(&rng, STORE_CONTRACT_ROWS);
        const uint64_t last = first + fx_rng_below(&rng, STORE_CONTRACT_ROWS);
        bool is_parent[STORE_CONTRACT_ROWS + 1] = {false};
        uint32_t wanted = 0;
        uint32_t count = 0;
        for (uint64_t id = first; id <= last && id <= STORE_CONTRACT_ROWS; id++) {
            const struct fx_rows_order *row = &rows[id - 1];
            if (!fx_order_status_is_final(row->status) && row->parent_order_id != 0 &&
                row->parent_order_id <= STORE_CONTRACT_ROWS) {
                wanted += is_parent[row->parent_order_id] ? 0 : 1;
                is_parent[row->parent_order_id] = true;
            }
        }
        assert_int_equal(fx_store_order_list_parents(fixture->reader, first, last, found, &count),
                         FX_OK);
        assert_int_equal(count, wanted);
        for (uint32_t index = 0; index < count; index++) {
            assert_true(index == 0 || found[index - 1].id < found[index].id);
            assert_true(is_parent[found[index].id]);
            assert_memory_equal(&found[index], &rows[found[index].id - 1], sizeof found[index]);
        }
    }
}

static void expect_orders(const struct store_contract_fixture *fixture,
                          const struct fx_rows_order rows[STORE_CONTRACT_ROWS])
{
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        struct fx_rows_order found;
        const struct fx_store_key key = {rows[index].user_id, rows[index].id};
        assert_int_equal(fx_store_order_find(fixture->reader, key, &found), FX_OK);
        assert_memory_equal(&found, &rows[index], sizeof found);
    }
}

/* Later states of known orders between new ones, in any succession; neighbours share some columns.
 */
void store_order_save_mixes_new_and_known(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED + 1);
    struct fx_rows_order rows[STORE_CONTRACT_ROWS];
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
        if (index % 3 != 0) { /* as the one before, but for its id, one amount and one time */
            struct fx_rows_order alike = rows[index - 1];
            alike.id = index + 1;
            alike.remaining += (fx_i128)1 << 40; /* its lower bytes are the same */
            alike.updated_us += index % 3 == 2 ? STORE_CONTRACT_SECOND_US : 0;
            rows[index] = alike;
        }
    }
    assert_int_equal(fx_store_order_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    expect_orders(fixture, rows);
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        const struct fx_rows_order known = rows[index];
        const bool is_new = fx_rng_below(&rng, 2) == 0;
        rows[index] = store_contract_any_order(&rng, is_new ? 1000 + known.id : known.id);
        rows[index].operation_id = known.operation_id + 1;
        if (!is_new) {
            rows[index].user_id = known.user_id;
            rows[index].tmp_id = known.tmp_id;
            rows[index].client_id = known.client_id;
        }
    }
    assert_int_equal(fx_store_order_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    expect_orders(fixture, rows);
}

void store_order_older_operation_never_wins(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_order first = store_contract_any_order(&rng, 7), found;
    const struct fx_store_key key = {first.user_id, first.id};
    first.operation_id = 100;
    first.status = FX_ORDER_STATUS_PARTIALLY_FILLED;
    assert_int_equal(fx_store_order_save(fixture->writer, &first, 1), FX_OK);
    for (uint64_t operation_id = 99; operation_id <= 100; operation_id++) {
        struct fx_rows_order old = first;
        old.operation_id = operation_id;
        old.status = FX_ORDER_STATUS_ACTIVE;
        assert_int_equal(fx_store_order_save(fixture->writer, &old, 1), FX_OK);
        assert_int_equal(fx_store_order_find(fixture->reader, key, &found), FX_OK);
        assert_memory_equal(&found, &first, sizeof found);
    }
    struct fx_rows_order later = first;
    later.operation_id = 101;
    later.status = FX_ORDER_STATUS_FILLED;
    later.remaining = 0;
    assert_int_equal(fx_store_order_save(fixture->writer, &later, 1), FX_OK);
    assert_int_equal(fx_store_order_find(fixture->reader, key, &found), FX_OK);
    assert_memory_equal(&found, &later, sizeof found);
    uint64_t count = 0;
    assert_int_equal(fx_store_order_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 1);
}

void store_order_other_names_give_the_newest(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_order rows[3], found;
    struct fx_client_id client_id = {.size = 0};
    assert_true(fx_ids_client_id(FX_STR("again"), &client_id));
    for (uint32_t index = 0; index < 3; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
        rows[index].user_id = index < 2 ? 1 : 2;
        rows[index].tmp_id = 900;
        rows[index].client_id = client_id;
    }
    assert_int_equal(fx_store_order_save(fixture->writer, rows, 3), FX_OK);
    const struct fx_store_key mine = {1, 900}, nobodys = {3, 900};
    assert_int_equal(fx_store_order_find_tmp(fixture->reader, mine, &found), FX_OK);
    assert_int_equal(found.id, 2);
    assert_int_equal(fx_store_order_find_tmp(fixture->reader, nobodys, &found), FX_NOT_FOUND);
    assert_int_equal(fx_store_order_find_client(fixture->reader, 1, &client_id, &found), FX_OK);
    assert_int_equal(found.id, 2);
    assert_int_equal(fx_store_order_find_client(fixture->reader, 2, &client_id, &found), FX_OK);
    assert_int_equal(found.id, 3);
    assert_int_equal(fx_store_order_find_client(fixture->reader, 3, &client_id, &found),
                     FX_NOT_FOUND);
}

static bool order_fits(const struct fx_rows_order *row, const struct fx_store_order_query *query)
{
    const bool is_final = fx_order_status_is_final(row->status);
    const fx_str symbol = fx_ids_symbol_str(&row->symbol);
    return row->user_id == query->user_id && (query->side == 0 || query->side == row->side) &&
           (query->type == 0 || query->type == row->type || query->type == row->tp_sl_type) &&
           (query->status == 0 || query->status == row->status) &&
           (query->contract_type == 0 || query->contract_type == row->contract_type) &&
           (query->symbol.size == 0 || fx_str_is_equal(query->symbol, symbol)) &&
           (query->scope != FX_STORE_ORDER_OPEN || !is_final) &&
           (query->scope != FX_STORE_ORDER_HISTORY || is_final) &&
           (query->created.start_us == 0 || row->created_us >= query->created.start_us) &&
           (query->created.end_us == 0 || row->created_us <= query->created.end_us);
}

/* Walk the whole list by cursor and compare each row with the array, from its end. */
static void check_order_walk(struct fx_store *reader,
                             const struct fx_rows_order rows[STORE_CONTRACT_ROWS],
                             struct fx_store_order_query query)
{
    struct fx_rows_order page[STORE_CONTRACT_ROWS];
    uint32_t count = 0, at = 0;
    query.page.before_id = 0;
    assert_int_equal(fx_store_order_list(reader, &query, page, &count), FX_OK);
    for (uint32_t index = STORE_CONTRACT_ROWS; index-- > 0;) {
        if (!order_fits(&rows[index], &query)) {
            continue;
        }
        if (at == count) {
            assert_int_equal(count, query.page.limit);
            query.page.before_id = page[count - 1].id;
            assert_int_equal(fx_store_order_list(reader, &query, page, &count), FX_OK);
            at = 0;
        }
        assert_true(at < count);
        assert_memory_equal(&page[at], &rows[index], sizeof rows[index]);
        at++;
    }
    assert_int_equal(at, count);
}

void store_order_list_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_order rows[STORE_CONTRACT_ROWS];
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
    }
    assert_int_equal(fx_store_order_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    for (uint32_t round = 0; round < 400; round++) {
        struct fx_store_order_query query = {
            .user_id = 1 + fx_rng_below(&rng, STORE_CONTRACT_USERS + 1),
            .scope = (enum fx_store_order_scope)(1 + fx_rng_below(&rng, 3)),
            .page = {.limit = (uint32_t)(1 + fx_rng_below(&rng, 20))},
        };
        if (fx_rng_below(&rng, 3) == 0) {
            query.side = (enum fx_side)fx_rng_below(&rng, 3);
            query.contract_type = (enum fx_contract_type)fx_rng_below(&rng, 3);
        }
        if (fx_rng_below(&rng, 3) == 0) {
            query.type = (enum fx_order_type)fx_rng_below(&rng, 8);
            query.status = (enum fx_order_status)fx_rng_below(&rng, 9);
        }
        if (fx_rng_below(&rng, 2) == 0) {
            query.symbol = FX_STR("ETHUSDT");
        }
        if (fx_rng_below(&rng, 2) == 0) {
            query.created.start_us =
                STORE_CONTRACT_START_US +
                fx_rng_between(&rng, 1, STORE_CONTRACT_ROWS) * STORE_CONTRACT_SECOND_US;
            query.created.end_us =
                STORE_CONTRACT_START_US +
                fx_rng_between(&rng, 1, STORE_CONTRACT_ROWS) * STORE_CONTRACT_SECOND_US;
        }
        check_order_walk(fixture->reader, rows, query);
    }
}

void store_order_list_by_offset_skips(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_order rows[30], page[10];
    uint32_t count = 0;
    for (uint32_t index = 0; index < 30; index++) {
        rows[index] = store_contract_any_order(&rng, index + 1);
        rows[index].user_id = 1;
    }
    assert_int_equal(fx_store_order_save(fixture->writer, rows, 30), FX_OK);
    struct fx_store_order_query query = {
        .user_id = 1, .scope = FX_STORE_ORDER_ALL, .page = {.limit = 10, .offset = 25}};
    assert_int_equal(fx_store_order_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(count, 5);
    assert_int_equal(page[0].id, 5);
    query.page = (struct fx_store_page){.limit = 10, .before_id = UINT64_MAX};
    assert_int_equal(fx_store_order_list(fixture->reader, &query, page, &count), FX_OK);
    assert_int_equal(page[0].id, 30);
}

static struct fx_rows_trade any_trade(struct fx_rng *rng, uint64_t id)
{
    struct fx_rows_trade row;
    memset(&row, 0, sizeof row);
    row.id = id;
    row.operation_id = id * 10;
    row.price = store_contract_any_dec(rng);
    row.quantity = store_contract_any_dec(rng);
    row.value = store_contract_any_dec(rng);
    row.buy_fee = store_contract_any_dec(rng);
    row.sell_fee = store_contract_any_dec(rng);
    row.buy_fee_rate = store_contract_any_dec(rng);
    row.sell_fee_rate = store_contract_any_dec(rng);
    row.realized_pnl_buy = store_contract_any_dec(rng);
    row.realized_pnl_sell = store_contract_any_dec(rng);
    row.buy_order_id = 1 + fx_rng_below(rng, 20);
    row.sell_order_id = 1 + fx_rng_below(rng, 20);
    row.buy_user_id = 1 + fx_rng_below(rng, STORE_CONTRACT_USERS);
    row.sell_user_id = 1 + fx_rng_below(rng, STORE_CONTRACT_USERS);
    row.buy_account_id = row.buy_user_id + 100;
    row.sell_account_id = row.sell_user_id + 100;
    row.created_us = STORE_CONTRACT_START_US + (int64_t)id * STORE_CONTRACT_SECOND_US;
    row.buyer_is_taker = fx_rng_below(rng, 2) != 0;
    row.note = (enum fx_trade_note)fx_rng_below(rng, 4);
    row.instrument = (uint32_t)fx_rng_below(rng, 2);
    row.contract_type = (enum fx_contract_type)(1 + row.instrument);
    row.symbol = store_contract_symbol_of(row.instrument);
    row.asset = store_contract_asset_of(row.instrument);
    return row;
}

void store_trade_differing_duplicate_is_corrupt(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_trade rows[100], found[2];
    const struct fx_store_page page = {.limit = 2};
    uint32_t found_count = 0;
    uint64_t count = 0;
    for (uint32_t index = 0; index < 100; index++) {
        rows[index] = any_trade(&rng, index + 1);
    }
    assert_int_equal(fx_store_trade_save(fixture->writer, rows, 90), FX_OK);
    /* Some are there, some are new: the same facts again are no news. */
    assert_int_equal(fx_store_trade_save(fixture->writer, &rows[50], 50), FX_OK);
    assert_int_equal(fx_store_trade_count(fixture->reader, &count), FX_OK);
    assert_int_equal(count, 100);
    struct fx_rows_trade other = rows[40];
    other.sell_fee += 1;
    assert_int_equal(fx_store_trade_save(fixture->writer, &other, 1), FX_CORRUPT);
    other = rows[40];
    other.buyer_is_taker = !other.buyer_is_taker;
    assert_int_equal(fx_store_trade_save(fixture->writer, &other, 1), FX_CORRUPT);
    other = rows[99];
    other.operation_id++;
    assert_int_equal(fx_store_trade_save(fixture->writer, &other, 1), FX_CORRUPT);
    const fx_str symbol = fx_ids_symbol_str(&other.symbol);
    assert_int_equal(
        fx_store_trade_list_symbol(fixture->reader, symbol, &page, found, &found_count), FX_OK);
    assert_memory_equal(&found[0], &rows[99], sizeof found[0]);
    assert_int_equal(
        fx_store_trade_list_figures(fixture->reader, symbol, &page, found, &found_count), FX_OK);
    assert_int_equal(found[0].id, rows[99].id);
    assert_true(found[0].price == rows[99].price && found[0].quantity == rows[99].quantity &&
                found[0].value == rows[99].value);
    assert_int_equal(found[0].created_us, rows[99].created_us);
    assert_int_equal(found[0].buy_user_id, 0); /* not asked for */
}

static bool trade_fits(const struct fx_rows_trade *row, const struct fx_store_trade_query *query)
{
    const uint64_t order_id = query->order_id; /* of the user's own side only */
    const bool is_buyer =
        row->buy_user_id == query->user_id && (order_id == 0 || order_id == row->buy_order_id);
    const bool is_seller =
        row->sell_user_id == query->user_id && (order_id == 0 || order_id == row->sell_order_id);
    const fx_str symbol = fx_ids_symbol_str(&row->symbol);
    return ((is_buyer && query->side != FX_SIDE_SELL) ||
            (is_seller && query->side != FX_SIDE_BUY)) &&
           (query->contract_type == 0 || query->contract_type == row->contract_type) &&
           (query->symbol.size == 0 || fx_str_is_equal(query->symbol, symbol)) &&
           (query->created.start_us == 0 || row->created_us >= query->created.start_us) &&
           (query->created.end_us == 0 || row->created_us <= query->created.end_us);
}

void store_trade_list_equals_model(void **state)
{
    struct store_contract_fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, STORE_CONTRACT_SEED);
    struct fx_rows_trade rows[STORE_CONTRACT_ROWS], page[STORE_CONTRACT_ROWS];
    for (uint32_t index = 0; index < STORE_CONTRACT_ROWS; index++) {
        rows[index] = any_trade(&rng, index + 1);
    }
    assert_int_equal(fx_store_trade_save(fixture->writer, rows, STORE_CONTRACT_ROWS), FX_OK);
    for (uint32_t round = 0; round < 400; round++) {
        struct fx_store_trade_query query = {
            .user_id = 1 + fx_rng_below(&rng, STORE_CONTRACT_USERS + 1),
            .side = (enum fx_side)fx_rng_below(&rng, 3),
            .order_id = fx_rng_below(&rng, 4) == 0 ? fx_rng_below(&rng, 20) : 0,
            .contract_type = (enum fx_contract_type)fx_rng_below(&rng, 3),
            .page = {.limit = (uint32_t)(1 + fx_rng_below(&rng, 20)),
                     .offset = (uint32_t)fx_rng_below(&rng, 9),
                     .before_id = fx_rng_below(&rng, STORE_CONTRACT_ROWS)},
        };
        if (fx_rng_below(&rng, 2) == 0) {
            query.symbol = FX_STR("BTCUSDT");
            query.created.start_us =
                STORE_CONTRACT_START_US +
                fx_rng_between(&rng, 1, STORE_CONTRACT_ROWS) * STORE_CONTRACT_SECOND_US;
        }
        uint32_t count = 0, at = 0, skipped = 0;
        assert_int_equal(fx_store_trade_list(fixture->reader, &query, page, &count), FX_OK);
        for (uint32_t index = STORE_CONTRACT_ROWS; index-- > 0 && at < query.page.limit;) {
            const bool is_below =
                query.page.before_id == 0 || rows[index].id < query.page.before_id;
            if (!is_below || !trade_fits(&rows[index], &query)) {
                continue;
            }
            if (skipped < query.page.offset) {
                skipped++;
                continue;
            }
            assert_true(at < count);
            assert_memory_equal(&page[at], &rows[index], sizeof rows[index]);
            at++;
        }
        assert_int_equal(at, count);
    }
}

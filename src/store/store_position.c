#include "store/store_position.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_rows_position, name, codec, member)
#define FIXED(name, codec, member)                                                                 \
    FX_STORE_ROW_FIXED_COLUMN(struct fx_rows_position, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("accountId", UINT, account_id),
    FIXED("userId", UINT, user_id),
    COLUMN("symbol", CHARS, symbol),
    COLUMN("currentQty", DEC, current_qty),
    COLUMN("leverage", DEC, leverage),
    COLUMN("liquidationPrice", DEC, liquidation_price),
    COLUMN("bankruptPrice", DEC, bankrupt_price),
    COLUMN("entryPrice", DEC, entry_price),
    COLUMN("entryValue", DEC, entry_value),
    COLUMN("isCross", IS_CROSS, margin_mode),
    COLUMN("positionMargin", DEC, position_margin),
    COLUMN("orderCost", DEC, order_cost),
    COLUMN("adjustMargin", DEC, adjust_margin),
    COLUMN("asset", CHARS, asset),
    COLUMN("contractType", CONTRACT_TYPE, contract_type),
    COLUMN("takeProfitOrderId", UINT_OR_NULL, take_profit_order_id),
    COLUMN("stopLossOrderId", UINT_OR_NULL, stop_loss_order_id),
    COLUMN("pnlRanking", UINT_OR_NULL, adl_rank),
    COLUMN("realizedPnl", DEC, realized_pnl),
    COLUMN("positionSide", POSITION_SIDE, position_side),
    COLUMN("instrumentId", UINT, instrument),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table TABLE = {
    "positions", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_rows_position)};

fx_status fx_store_position_save(struct fx_store *store,
                                 const struct fx_rows_position positions[],
                                 uint32_t count)
{
    return fx_store_table_upsert(store, &TABLE, positions, count);
}

fx_status fx_store_position_find(struct fx_store *store,
                                 struct fx_store_key key,
                                 struct fx_rows_position *position_out)
{
    return fx_store_table_find_own(store, &TABLE, key, position_out);
}

fx_status fx_store_position_list(struct fx_store *store,
                                 const struct fx_store_position_query *query,
                                 struct fx_rows_position positions_out[],
                                 uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, query->user_id);
    if (query->is_open_only) {
        /* The canonical text of zero here, the number zero on a database with decimals. */
        fx_buf_append(&store->sql, FX_STR(" AND `currentQty`<>'0'"));
    }
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, positions_out, query->page.limit, count_out);
}

static const struct fx_store_row_column VERSIONS[] = {
    COLUMN("id", UINT, id),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table VERSIONS_TABLE = {"positions",
                                                         VERSIONS,
                                                         sizeof VERSIONS / sizeof VERSIONS[0],
                                                         1,
                                                         sizeof(struct fx_rows_position)};

fx_status fx_store_position_list_versions(struct fx_store *store,
                                          uint64_t before_id,
                                          struct fx_rows_position positions_out[FX_STORE_LIMIT_MAX],
                                          uint32_t *count_out)
{
    const struct fx_store_page page = {.before_id = before_id, .limit = FX_STORE_LIMIT_MAX};
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &VERSIONS_TABLE, FX_STR("1=1"));
    fx_store_table_and_before(&select, before_id);
    fx_store_table_page(&select, &page);
    return fx_store_table_read(&select, positions_out, page.limit, count_out);
}

fx_status fx_store_position_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

fx_status fx_store_position_list_after(struct fx_store *store,
                                       uint64_t after_id,
                                       struct fx_rows_position positions_out[FX_STORE_LIMIT_MAX],
                                       uint32_t *count_out)
{
    return fx_store_table_read_after(store, &TABLE, FX_STR(""), after_id, positions_out, count_out);
}

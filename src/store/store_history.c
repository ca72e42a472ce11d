#include "store/store_history.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define MARGIN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_margin, name, codec, member)
#define CLOSED(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_closed, name, codec, member)

static const struct fx_store_row_column MARGINS[] = {
    MARGIN("id", UINT, id),
    MARGIN("userId", UINT, user_id),
    MARGIN("accountId", UINT, account_id),
    MARGIN("positionId", UINT, position_id),
    MARGIN("symbol", CHARS, symbol),
    MARGIN("asset", CHARS, asset),
    MARGIN("amount", DEC, amount),
    MARGIN("positionMargin", DEC, position_margin),
    MARGIN("adjustMargin", DEC, adjust_margin),
    MARGIN("leverage", DEC, leverage),
    MARGIN("liquidationPrice", DEC, liquidation_price),
    MARGIN("action", CHARS, action),
    MARGIN("operationId", UINT, operation_id),
    MARGIN("createdAt", TIME, created_us),
};

static const struct fx_store_row_column CLOSED_COLUMNS[] = {
    CLOSED("id", UINT, id),
    CLOSED("userId", UINT, user_id),
    CLOSED("accountId", UINT, account_id),
    CLOSED("positionId", UINT, position_id),
    CLOSED("symbol", CHARS, symbol),
    CLOSED("asset", CHARS, asset),
    CLOSED("currentQty", DEC, current_qty),
    CLOSED("closedQty", DEC, closed_qty),
    CLOSED("entryPrice", DEC, entry_price),
    CLOSED("entryValue", DEC, entry_value),
    CLOSED("closePrice", DEC, close_price),
    CLOSED("realizedPnl", DEC, realized_pnl),
    CLOSED("leverage", DEC, leverage),
    CLOSED("positionSide", POSITION_SIDE, position_side),
    CLOSED("marginMode", MARGIN_MODE, margin_mode),
    CLOSED("operationId", UINT, operation_id),
    CLOSED("createdAt", TIME, created_us),
};

static const struct fx_store_row_table MARGIN_TABLE = {"margin_histories",
                                                       MARGINS,
                                                       sizeof MARGINS / sizeof MARGINS[0],
                                                       1,
                                                       sizeof(struct fx_rows_margin)};

static const struct fx_store_row_table CLOSED_TABLE = {"position_histories",
                                                       CLOSED_COLUMNS,
                                                       sizeof CLOSED_COLUMNS /
                                                           sizeof CLOSED_COLUMNS[0],
                                                       1,
                                                       sizeof(struct fx_rows_closed)};

fx_status fx_store_history_save_margins(struct fx_store *store,
                                        const struct fx_rows_margin rows[],
                                        uint32_t count)
{
    return fx_store_table_append(store, &MARGIN_TABLE, rows, count);
}

fx_status fx_store_history_save_closed(struct fx_store *store,
                                       const struct fx_rows_closed rows[],
                                       uint32_t count)
{
    return fx_store_table_append(store, &CLOSED_TABLE, rows, count);
}

static fx_status list(struct fx_store *store,
                      const struct fx_store_row_table *table,
                      const struct fx_store_history_query *query,
                      void *rows_out,
                      uint32_t *count_out)
{
    struct fx_store_table_select select;
    FX_ASSERT(query->user_id != 0);
    fx_store_table_select_own(&select, store, table, query->user_id);
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

fx_status fx_store_history_list_margins(struct fx_store *store,
                                        const struct fx_store_history_query *query,
                                        struct fx_rows_margin rows_out[],
                                        uint32_t *count_out)
{
    return list(store, &MARGIN_TABLE, query, rows_out, count_out);
}

fx_status fx_store_history_list_closed(struct fx_store *store,
                                       const struct fx_store_history_query *query,
                                       struct fx_rows_closed rows_out[],
                                       uint32_t *count_out)
{
    return list(store, &CLOSED_TABLE, query, rows_out, count_out);
}

#include "store/store_liquidation.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_rows_liquidation, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("userId", UINT, user_id),
    COLUMN("accountId", UINT, account_id),
    COLUMN("positionId", UINT, position_id),
    COLUMN("symbol", CHARS, symbol),
    COLUMN("asset", CHARS, asset),
    COLUMN("step", CHARS, step),
    COLUMN("side", CHARS, side),
    COLUMN("positionSide", POSITION_SIDE, position_side),
    COLUMN("marginMode", MARGIN_MODE, margin_mode),
    COLUMN("quantity", DEC, quantity),
    COLUMN("price", DEC, price),
    COLUMN("markPrice", DEC, mark_price),
    COLUMN("maintenanceMargin", DEC, maintenance),
    COLUMN("equity", DEC, equity),
    COLUMN("fee", DEC, fee),
    COLUMN("orderId", UINT_OR_NULL, order_id),
    COLUMN("counterUserId", UINT_OR_NULL, counter_user_id),
    COLUMN("counterAccountId", UINT_OR_NULL, counter_account_id),
    COLUMN("counterPositionId", UINT_OR_NULL, counter_position_id),
    COLUMN("orderCount", UINT, order_count),
    COLUMN("operationId", UINT, operation_id),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {"liquidations",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                1,
                                                sizeof(struct fx_rows_liquidation)};

fx_status fx_store_liquidation_save(struct fx_store *store,
                                    const struct fx_rows_liquidation rows[],
                                    uint32_t count)
{
    return fx_store_table_append(store, &TABLE, rows, count);
}

fx_status fx_store_liquidation_list(struct fx_store *store,
                                    const struct fx_store_liquidation_query *query,
                                    struct fx_rows_liquidation rows_out[],
                                    uint32_t *count_out)
{
    struct fx_store_table_select select;
    FX_ASSERT(query->user_id == 0 || query->counter_user_id == 0);
    fx_store_table_select(&select, store, &TABLE, FX_STR("1=1"));
    if (query->user_id != 0) {
        fx_store_table_and_u64(&select, FX_STR(" AND `userId`=?"), query->user_id);
    }
    if (query->counter_user_id != 0) {
        fx_store_table_and_u64(&select, FX_STR(" AND `counterUserId`=?"), query->counter_user_id);
    }
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_filter(&select, FX_STR(" AND `step`=?"), query->step);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

fx_status fx_store_liquidation_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

#include "store/store_settlement.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_rows_settlement, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("symbol", CHARS, symbol),
    COLUMN("asset", CHARS, asset),
    COLUMN("phase", CHARS, phase),
    COLUMN("price", DEC, price),
    COLUMN("remainder", DEC, remainder),
    COLUMN("positions", UINT, positions),
    COLUMN("coveredTime", INT, covered_us),
    COLUMN("operationId", UINT, operation_id),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {"settlements",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                1,
                                                sizeof(struct fx_rows_settlement)};

fx_status fx_store_settlement_save(struct fx_store *store,
                                   const struct fx_rows_settlement rows[],
                                   uint32_t count)
{
    return fx_store_table_append(store, &TABLE, rows, count);
}

fx_status fx_store_settlement_list(struct fx_store *store,
                                   const struct fx_store_settlement_query *query,
                                   struct fx_rows_settlement rows_out[],
                                   uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("1=1"));
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_filter(&select, FX_STR(" AND `phase`=?"), query->phase);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

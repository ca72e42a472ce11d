#include "store/store_transaction.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_rows_transaction, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("accountId", UINT, account_id),
    COLUMN("userId", UINT, user_id),
    COLUMN("asset", CHARS, asset),
    COLUMN("amount", DEC, amount),
    COLUMN("type", TRANSACTION_TYPE, type),
    COLUMN("symbol", CHARS_OR_NULL, symbol),
    COLUMN("operationId", UINT, operation_id),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {"transactions",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                1,
                                                sizeof(struct fx_rows_transaction)};

fx_status fx_store_transaction_save(struct fx_store *store,
                                    const struct fx_rows_transaction transactions[],
                                    uint32_t count)
{
    return fx_store_table_append(store, &TABLE, transactions, count);
}

fx_status fx_store_transaction_list(struct fx_store *store,
                                    const struct fx_store_transaction_query *query,
                                    struct fx_rows_transaction transactions_out[],
                                    uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, query->user_id);
    fx_store_table_and_word(&select,
                            FX_STR(" AND `type`=?"),
                            query->type != 0 ? fx_command_transaction_name(query->type) : NULL);
    fx_store_table_and_filter(&select, FX_STR(" AND `asset`=?"), query->asset);
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    uint32_t count = 0;
    const fx_status status =
        fx_store_table_read(&select, transactions_out, query->page.limit, &count);
    if (status != FX_OK) {
        return status;
    }
    for (uint32_t index = 0; index < count; index++) {
        transactions_out[index].has_symbol = transactions_out[index].symbol.text[0] != '\0';
    }
    *count_out = count;
    return FX_OK;
}

fx_status fx_store_transaction_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

#include "store/store_trade.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_trade, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("buyOrderId", UINT, buy_order_id),
    COLUMN("sellOrderId", UINT, sell_order_id),
    COLUMN("buyAccountId", UINT, buy_account_id),
    COLUMN("sellAccountId", UINT, sell_account_id),
    COLUMN("buyUserId", UINT, buy_user_id),
    COLUMN("sellUserId", UINT, sell_user_id),
    COLUMN("symbol", CHARS, symbol),
    COLUMN("price", DEC, price),
    COLUMN("quantity", DEC, quantity),
    COLUMN("buyFee", DEC, buy_fee),
    COLUMN("sellFee", DEC, sell_fee),
    COLUMN("realizedPnlOrderBuy", DEC, realized_pnl_buy),
    COLUMN("realizedPnlOrderSell", DEC, realized_pnl_sell),
    COLUMN("buyerIsTaker", BOOL, buyer_is_taker),
    COLUMN("note", TRADE_NOTE, note),
    COLUMN("operationId", UINT, operation_id),
    COLUMN("contractType", CONTRACT_TYPE, contract_type),
    COLUMN("buyFeeRate", DEC, buy_fee_rate),
    COLUMN("sellFeeRate", DEC, sell_fee_rate),
    COLUMN("value", DEC, value),
    COLUMN("asset", CHARS, asset),
    COLUMN("instrumentId", UINT, instrument),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table TABLE = {
    "trades", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_rows_trade)};

/* A few columns of the same rows: reading them costs a fifth. */
static const struct fx_store_row_column FIGURES[] = {
    COLUMN("id", UINT, id),
    COLUMN("price", DEC, price),
    COLUMN("quantity", DEC, quantity),
    COLUMN("value", DEC, value),
    COLUMN("buyerIsTaker", BOOL, buyer_is_taker),
    COLUMN("operationId", UINT, operation_id),
    COLUMN("createdAt", TIME, created_us),
};

static const struct fx_store_row_table FIGURES_TABLE = {
    "trades", FIGURES, sizeof FIGURES / sizeof FIGURES[0], 1, sizeof(struct fx_rows_trade)};

fx_status fx_store_trade_save(struct fx_store *store,
                              const struct fx_rows_trade trades[],
                              uint32_t count)
{
    return fx_store_table_append(store, &TABLE, trades, count);
}

/* The conditions of a branch of the union; `order_of` is for the order on the user's own side:
 * whose order was on the other one is nobody's business. */
static void and_filters(struct fx_store_table_select *select,
                        const struct fx_store_trade_query *query,
                        fx_str order_of)
{
    if (query->order_id != 0) {
        fx_store_table_and_u64(select, order_of, query->order_id);
    }
    fx_store_table_and_filter(select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_word(
        select,
        FX_STR(" AND `contractType`=?"),
        query->contract_type != 0 ? fx_instrument_contract_type_name(query->contract_type) : NULL);
    fx_store_table_and_span(select, &query->created);
    fx_store_table_and_before(select, query->page.before_id);
    /* Enough of one side to fill the page if the other side has nothing. */
    fx_store_table_and_u64(select,
                           FX_STR(" ORDER BY `id` DESC LIMIT ?"),
                           (uint64_t)query->page.offset + query->page.limit);
}

fx_status fx_store_trade_list(struct fx_store *store,
                              const struct fx_store_trade_query *query,
                              struct fx_rows_trade trades_out[],
                              uint32_t *count_out)
{
    /* One side: a walk along its index. Both: two walks, each cut to a page, and merged; "buyer OR
     * seller" would read and sort all trades that the user ever made. The walks give ids only, so
     * that no more rows are read than are shown. */
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("`id` IN (SELECT `id` FROM ("));
    if (query->side != FX_SIDE_SELL) {
        fx_store_table_and_u64(&select,
                               FX_STR("SELECT * FROM (SELECT `id` FROM `trades` WHERE "
                                      "`buyUserId`=?"),
                               query->user_id);
        and_filters(&select, query, FX_STR(" AND `buyOrderId`=?"));
        fx_buf_append(&store->sql, FX_STR(") AS `bought`"));
    }
    if (query->side == 0) {
        fx_buf_append(&store->sql, FX_STR(" UNION ALL ")); /* IN takes a trade with himself once */
    }
    if (query->side != FX_SIDE_BUY) {
        fx_store_table_and_u64(&select,
                               FX_STR("SELECT * FROM (SELECT `id` FROM `trades` WHERE "
                                      "`sellUserId`=?"),
                               query->user_id);
        and_filters(&select, query, FX_STR(" AND `sellOrderId`=?"));
        fx_buf_append(&store->sql, FX_STR(") AS `sold`"));
    }
    fx_buf_append(&store->sql, FX_STR(") AS `both`)"));
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, trades_out, query->page.limit, count_out);
}

static fx_status list_symbol(struct fx_store *store,
                             const struct fx_store_row_table *table,
                             fx_str symbol,
                             const struct fx_store_page *page,
                             struct fx_rows_trade trades_out[],
                             uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, table, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`symbol`=?"), symbol);
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, trades_out, page->limit, count_out);
}

fx_status fx_store_trade_list_symbol(struct fx_store *store,
                                     fx_str symbol,
                                     const struct fx_store_page *page,
                                     struct fx_rows_trade trades_out[],
                                     uint32_t *count_out)
{
    return list_symbol(store, &TABLE, symbol, page, trades_out, count_out);
}

fx_status fx_store_trade_list_figures(struct fx_store *store,
                                      fx_str symbol,
                                      const struct fx_store_page *page,
                                      struct fx_rows_trade trades_out[],
                                      uint32_t *count_out)
{
    return list_symbol(store, &FIGURES_TABLE, symbol, page, trades_out, count_out);
}

fx_status fx_store_trade_list_noted(struct fx_store *store,
                                    fx_str symbol,
                                    const struct fx_store_page *page,
                                    struct fx_rows_trade trades_out[],
                                    uint32_t *count_out)
{
    /* The words of the partial index. */
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("`note`<>''"));
    fx_store_table_and_text(&select, FX_STR(" AND `symbol`=?"), symbol);
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, trades_out, page->limit, count_out);
}

fx_status fx_store_trade_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

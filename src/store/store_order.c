#include "store/store_order.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_order, name, codec, member)
#define FIXED(name, codec, member)                                                                 \
    FX_STORE_ROW_FIXED_COLUMN(struct fx_rows_order, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("accountId", UINT, account_id),
    FIXED("userId", UINT, user_id),
    COLUMN("symbol", CHARS, symbol),
    COLUMN("side", SIDE, side),
    COLUMN("type", ORDER_TYPE, type),
    COLUMN("quantity", DEC, quantity),
    COLUMN("price", DEC, price),
    COLUMN("remaining", DEC, remaining),
    COLUMN("executedPrice", DEC, executed_price),
    COLUMN("status", ORDER_STATUS, status),
    COLUMN("leverage", DEC, leverage),
    COLUMN("marginMode", MARGIN_MODE, margin_mode),
    COLUMN("isReduceOnly", BOOL, is_reduce_only),
    COLUMN("isPostOnly", BOOL, is_post_only),
    FIXED("tmpId", UINT_OR_NULL, tmp_id),
    FIXED("clientOrderId", CLIENT_ID, client_id),
    COLUMN("timeInForce", TIME_IN_FORCE, time_in_force),
    COLUMN("tpSLType", ORDER_TYPE_OR_NULL, tp_sl_type),
    COLUMN("tpSLPrice", DEC_OR_NULL, tp_sl_price),
    COLUMN("trigger", TRIGGER_OR_NULL, trigger),
    COLUMN("stopCondition", CONDITION_OR_NULL, stop_condition),
    COLUMN("activationPrice", DEC_OR_NULL, activation_price),
    COLUMN("callbackRate", DEC_OR_NULL, callback_rate),
    COLUMN("takeProfitOrderId", UINT_OR_NULL, take_profit_order_id),
    COLUMN("stopLossOrderId", UINT_OR_NULL, stop_loss_order_id),
    COLUMN("parentOrderId", UINT_OR_NULL, parent_order_id),
    COLUMN("linkedOrderId", UINT_OR_NULL, linked_order_id),
    COLUMN("closePosition", BOOL, is_close_position),
    COLUMN("priceProtect", BOOL, is_price_protected),
    COLUMN("cost", DEC, cost),
    COLUMN("orderMargin", DEC, order_margin),
    COLUMN("contractType", CONTRACT_TYPE, contract_type),
    COLUMN("note", ORDER_NOTE, note),
    COLUMN("asset", CHARS, asset),
    COLUMN("instrumentId", UINT, instrument),
    COLUMN("positionSide", POSITION_SIDE, position_side),
    COLUMN("stpMode", STP_MODE, stp_mode),
    COLUMN("expireTime", TIME_OR_NULL, expire_us),
    COLUMN("createdAt", TIME, created_us),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id), /* last: MariaDB assigns from left to right */
};

static const struct fx_store_row_table TABLE = {
    "orders", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_rows_order)};

fx_status fx_store_order_save(struct fx_store *store,
                              const struct fx_rows_order orders[],
                              uint32_t count)
{
    return fx_store_table_upsert(store, &TABLE, orders, count);
}

fx_status fx_store_order_find(struct fx_store *store,
                              struct fx_store_key key,
                              struct fx_rows_order *order_out)
{
    return fx_store_table_find_own(store, &TABLE, key, order_out);
}

fx_status fx_store_order_find_tmp(struct fx_store *store,
                                  struct fx_store_key key,
                                  struct fx_rows_order *order_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, key.user_id);
    fx_store_table_and_u64(&select, FX_STR(" AND `tmpId`=? ORDER BY `id` DESC"), key.id);
    return fx_store_table_read_one(&select, order_out);
}

fx_status fx_store_order_find_client(struct fx_store *store,
                                     uint64_t user_id,
                                     const struct fx_client_id *client_id,
                                     struct fx_rows_order *order_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, user_id);
    fx_store_table_and_text(&select,
                            FX_STR(" AND `clientOrderId`=? ORDER BY `id` DESC"),
                            fx_ids_client_id_str(client_id));
    return fx_store_table_read_one(&select, order_out);
}

/* The words of the open states are also those of the partial index ix_orders_open; SQLite uses it
 * only where the condition is the same. "NOT IN" keeps the planner on (userId, id) for the rest. */
static fx_str scope_of(enum fx_store_order_scope scope)
{
    switch (scope) {
    case FX_STORE_ORDER_OPEN:
        /* The condition of ix_orders_open, word for word. */
        return FX_STR(" AND (`status`='PENDING' OR `status`='UNTRIGGERED' OR `status`='ACTIVE' OR "
                      "`status`='PARTIALLY_FILLED')");
    case FX_STORE_ORDER_HISTORY:
        return FX_STR(
            " AND `status` NOT IN ('PENDING', 'UNTRIGGERED', 'ACTIVE', 'PARTIALLY_FILLED')");
    case FX_STORE_ORDER_ALL:
        break;
    }
    return FX_STR("");
}

fx_status fx_store_order_list(struct fx_store *store,
                              const struct fx_store_order_query *query,
                              struct fx_rows_order orders_out[],
                              uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, query->user_id);
    fx_buf_append(&store->sql, scope_of(query->scope));
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_word(&select,
                            FX_STR(" AND `side`=?"),
                            query->side != 0 ? fx_order_side_name(query->side) : NULL);
    /* A conditional type is what it waits for; the plain ones are as what orders execute. */
    fx_store_table_and_word(&select,
                            fx_order_type_is_conditional(query->type) ? FX_STR(" AND `tpSLType`=?")
                                                                      : FX_STR(" AND `type`=?"),
                            query->type != 0 ? fx_order_type_name(query->type) : NULL);
    fx_store_table_and_word(&select,
                            FX_STR(" AND `status`=?"),
                            query->status != 0 ? fx_order_status_name(query->status) : NULL);
    fx_store_table_and_word(
        &select,
        FX_STR(" AND `contractType`=?"),
        query->contract_type != 0 ? fx_instrument_contract_type_name(query->contract_type) : NULL);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, orders_out, query->page.limit, count_out);
}

fx_status fx_store_order_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

fx_status fx_store_order_list_open_after(struct fx_store *store,
                                         uint64_t after_id,
                                         struct fx_rows_order orders_out[FX_STORE_LIMIT_MAX],
                                         uint32_t *count_out)
{
    return fx_store_table_read_after(
        store, &TABLE, scope_of(FX_STORE_ORDER_OPEN), after_id, orders_out, count_out);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): from, to
fx_status fx_store_order_list_parents(struct fx_store *store,
                                      uint64_t first_id,
                                      uint64_t last_id,
                                      struct fx_rows_order orders_out[FX_STORE_LIMIT_MAX],
                                      uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(
        &select,
        store,
        &TABLE,
        FX_STR("`id` IN (SELECT `parentOrderId` FROM `orders` WHERE `parentOrderId` IS NOT NULL"));
    fx_buf_append(&store->sql, scope_of(FX_STORE_ORDER_OPEN));
    fx_store_table_and_u64(&select, FX_STR(" AND `id`>=?"), first_id);
    fx_store_table_and_u64(&select, FX_STR(" AND `id`<=?)"), last_id);
    fx_store_table_and_u64(&select, FX_STR(" ORDER BY `id` LIMIT ?"), FX_STORE_LIMIT_MAX);
    return fx_store_table_read(&select, orders_out, FX_STORE_LIMIT_MAX, count_out);
}

#include "store/store_funding.h"

#include "base/panic.h"
#include "store/store_table_int.h"

#define FUNDING(name, codec, member)                                                               \
    FX_STORE_ROW_COLUMN(struct fx_rows_funding, name, codec, member)
#define PAYMENT(name, codec, member)                                                               \
    FX_STORE_ROW_COLUMN(struct fx_rows_funding_payment, name, codec, member)
#define INSURANCE(name, codec, member)                                                             \
    FX_STORE_ROW_COLUMN(struct fx_rows_funding_insurance, name, codec, member)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct fx_store_row_column FUNDINGS[] = {
    FUNDING("id", UINT, id),
    FUNDING("symbol", CHARS, symbol),
    FUNDING("fundingTime", TIME, funding_us),
    FUNDING("fundingRate", DEC, rate),
    FUNDING("markPrice", DEC, mark_price),
    FUNDING("indexPrice", DEC, index_price),
    FUNDING("asset", CHARS, asset),
    FUNDING("paid", DEC, paid),
    FUNDING("received", DEC, received),
    FUNDING("insured", DEC, insured),
    FUNDING("remainder", DEC, remainder),
    FUNDING("positions", UINT, positions),
    FUNDING("isSkipped", BOOL, is_skipped),
    FUNDING("operationId", UINT, operation_id),
    FUNDING("createdAt", TIME, created_us),
};

static const struct fx_store_row_column PAYMENTS[] = {
    PAYMENT("id", UINT, id),
    PAYMENT("userId", UINT, user_id),
    PAYMENT("accountId", UINT, account_id),
    PAYMENT("positionId", UINT, position_id),
    PAYMENT("symbol", CHARS, symbol),
    PAYMENT("asset", CHARS, asset),
    PAYMENT("amount", DEC, amount),
    PAYMENT("fundingRate", DEC, rate),
    PAYMENT("fundingQuantity", DEC, quantity),
    PAYMENT("markPrice", DEC, mark_price),
    PAYMENT("fundingTime", TIME, funding_us),
    PAYMENT("operationId", UINT, operation_id),
    PAYMENT("createdAt", TIME, created_us),
};

static const struct fx_store_row_column INSURANCES[] = {
    INSURANCE("id", UINT, id),
    INSURANCE("asset", CHARS, asset),
    INSURANCE("symbol", CHARS_OR_NULL, symbol),
    INSURANCE("amount", DEC, amount),
    INSURANCE("balance", DEC, balance),
    INSURANCE("quantity", DEC, quantity),
    INSURANCE("reason", CHARS, reason),
    INSURANCE("operationId", UINT, operation_id),
    INSURANCE("createdAt", TIME, created_us),
};

static const struct fx_store_row_table FUNDING_TABLE = {
    "fundings", FUNDINGS, COUNT(FUNDINGS), 1, sizeof(struct fx_rows_funding)};
static const struct fx_store_row_table PAYMENT_TABLE = {
    "funding_histories", PAYMENTS, COUNT(PAYMENTS), 1, sizeof(struct fx_rows_funding_payment)};
static const struct fx_store_row_table INSURANCE_TABLE = {"insurance_histories",
                                                          INSURANCES,
                                                          COUNT(INSURANCES),
                                                          1,
                                                          sizeof(struct fx_rows_funding_insurance)};

fx_status fx_store_funding_save(struct fx_store *store,
                                const struct fx_rows_funding rows[],
                                uint32_t count)
{
    return fx_store_table_append(store, &FUNDING_TABLE, rows, count);
}

fx_status fx_store_funding_save_payments(struct fx_store *store,
                                         const struct fx_rows_funding_payment rows[],
                                         uint32_t count)
{
    return fx_store_table_append(store, &PAYMENT_TABLE, rows, count);
}

fx_status fx_store_funding_save_insurance(struct fx_store *store,
                                          const struct fx_rows_funding_insurance rows[],
                                          uint32_t count)
{
    return fx_store_table_append(store, &INSURANCE_TABLE, rows, count);
}

static void and_span_of_funding(struct fx_store_table_select *select,
                                const struct fx_store_span *span)
{
    if (span->start_us != 0) {
        fx_store_table_and_time(select, FX_STR(" AND `fundingTime`>=?"), span->start_us);
    }
    if (span->end_us != 0) {
        fx_store_table_and_time(select, FX_STR(" AND `fundingTime`<=?"), span->end_us);
    }
}

static void and_page(struct fx_store_table_select *select, const struct fx_store_page *page)
{
    fx_store_table_and_before(select, page->before_id);
    fx_store_table_page(select, page);
}

fx_status fx_store_funding_list(struct fx_store *store,
                                const struct fx_store_funding_query *query,
                                struct fx_rows_funding rows_out[],
                                uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &FUNDING_TABLE, FX_STR("1=1"));
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    and_span_of_funding(&select, &query->span);
    and_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

fx_status fx_store_funding_list_payments(struct fx_store *store,
                                         const struct fx_store_funding_query *query,
                                         struct fx_rows_funding_payment rows_out[],
                                         uint32_t *count_out)
{
    struct fx_store_table_select select;
    FX_ASSERT(query->user_id != 0);
    fx_store_table_select_own(&select, store, &PAYMENT_TABLE, query->user_id);
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_filter(&select, FX_STR(" AND `asset`=?"), query->asset);
    and_span_of_funding(&select, &query->span);
    and_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

fx_status fx_store_funding_list_insurance(struct fx_store *store,
                                          const struct fx_store_funding_query *query,
                                          struct fx_rows_funding_insurance rows_out[],
                                          uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &INSURANCE_TABLE, FX_STR("1=1"));
    fx_store_table_and_filter(&select, FX_STR(" AND `asset`=?"), query->asset);
    fx_store_table_and_filter(&select, FX_STR(" AND `symbol`=?"), query->symbol);
    fx_store_table_and_span(&select, &query->span);
    and_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

#include "app/app_recall.h"

#include <stdlib.h>

#include "store/store_account.h"
#include "store/store_funding.h"
#include "store/store_position.h"

static fx_status recall_accounts(struct fx_store *store, struct fx_view *view)
{
    struct fx_rows_account *rows = calloc(FX_STORE_LIMIT_MAX, sizeof *rows);
    uint64_t before_id = 0;
    uint32_t count = FX_STORE_LIMIT_MAX;
    fx_status status = rows == NULL ? FX_NO_MEMORY : FX_OK;
    while (status == FX_OK && count == FX_STORE_LIMIT_MAX) {
        status = fx_store_account_list_versions(store, before_id, rows, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            fx_view_recall_account(view, &rows[index]);
            before_id = rows[index].id;
        }
    }
    free(rows);
    return status;
}

static fx_status recall_positions(struct fx_store *store, struct fx_view *view)
{
    struct fx_rows_position *rows = calloc(FX_STORE_LIMIT_MAX, sizeof *rows);
    uint64_t before_id = 0;
    uint32_t count = FX_STORE_LIMIT_MAX;
    fx_status status = rows == NULL ? FX_NO_MEMORY : FX_OK;
    while (status == FX_OK && count == FX_STORE_LIMIT_MAX) {
        status = fx_store_position_list_versions(store, before_id, rows, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            fx_view_recall_position(view, &rows[index]);
            before_id = rows[index].id;
        }
    }
    free(rows);
    return status;
}

fx_status fx_app_recall_rows(struct fx_store *store, struct fx_view *view)
{
    const fx_status status = recall_accounts(store, view);
    return status == FX_OK ? recall_positions(store, view) : status;
}

#define UNITS_PER_PPB 1000000000LL /* 1e18 / 1e9 */

static fx_status recall_funding(struct fx_store *store, struct fx_market_symbol *symbol)
{
    const struct fx_store_funding_query query = {
        .symbol = fx_ids_symbol_str(&symbol->definition.symbol), .page = {.limit = 1}};
    struct fx_rows_funding row;
    uint32_t count = 0;
    const fx_status status = fx_store_funding_list(store, &query, &row, &count);
    if (status != FX_OK || count == 0 || symbol->funding.instant_us != 0) {
        return status;
    }
    const fx_i128 tick = symbol->definition.tick_size;
    symbol->funding_id = row.id;
    symbol->funding = (struct fx_event_funding){.paid = row.paid,
                                                .received = row.received,
                                                .insured = row.insured,
                                                .remainder = row.remainder,
                                                .instant_us = row.funding_us,
                                                .rate_ppb = (int64_t)(row.rate / UNITS_PER_PPB),
                                                .mark_ticks = (int64_t)(row.mark_price / tick),
                                                .index_ticks = (int64_t)(row.index_price / tick),
                                                .instrument = symbol->definition.instrument_id,
                                                .positions = row.positions,
                                                .is_complete = row.is_skipped ? 0 : 1,
                                                .is_skipped = row.is_skipped ? 1 : 0};
    return FX_OK;
}

static fx_status recall_fund(struct fx_store *store,
                             struct fx_market *market,
                             const struct fx_asset *asset)
{
    const struct fx_store_funding_query query = {.asset = fx_ids_asset_str(asset),
                                                 .page = {.limit = 1}};
    struct fx_rows_funding_insurance row;
    uint32_t count = 0;
    const fx_status status = fx_store_funding_list_insurance(store, &query, &row, &count);
    if (status == FX_OK && count > 0) {
        const struct fx_market_fund fund = {
            .balance = row.balance, .asset = row.asset, .time_us = row.created_us};
        fx_market_recall_fund(market, &fund);
    }
    return status;
}

fx_status fx_app_recall_market(struct fx_store *store, struct fx_market *market)
{
    fx_status status = FX_OK;
    for (uint32_t id = 0; id < market->count && status == FX_OK; id++) {
        struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol == NULL) {
            continue;
        }
        status = recall_funding(store, symbol);
        if (status == FX_OK) { /* an asset twice is asked twice: there are few */
            status = recall_fund(store, market, &symbol->definition.settle);
        }
    }
    return status;
}

#include "app/app_recall.h"

#include <stdlib.h>

#include "store/store_account.h"
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

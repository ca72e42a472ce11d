#include "store/store_fee.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_store_fee, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, user_id),
    COLUMN("hasFees", BOOL, has_fees),
    COLUMN("makerFee", PPB, maker_fee_ppb),
    COLUMN("takerFee", PPB, taker_fee_ppb),
    COLUMN("updatedAt", TIME, updated_us),
};

enum { COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static const struct fx_store_row_table TABLE = {
    "user_fees", COLUMNS, COUNT, 1, sizeof(struct fx_store_fee)};

fx_status fx_store_fee_put(struct fx_store *store, const struct fx_store_fee *fee)
{
    uint64_t id = 0;
    const fx_status status = fx_store_table_update(store, &TABLE, fee, COUNT);
    return status == FX_NOT_FOUND ? fx_store_table_insert(store, &TABLE, fee, &id) : status;
}

fx_status fx_store_fee_find(struct fx_store *store, uint64_t user_id, struct fx_store_fee *fee_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`id`=?"), user_id);
    return fx_store_table_read_one(&select, fee_out);
}

fx_status fx_store_fee_list_after(struct fx_store *store,
                                  uint64_t after_id,
                                  struct fx_store_fee fees_out[FX_STORE_LIMIT_MAX],
                                  uint32_t *count_out)
{
    return fx_store_table_read_after(store, &TABLE, FX_STR(""), after_id, fees_out, count_out);
}

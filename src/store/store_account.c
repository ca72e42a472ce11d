#include "store/store_account.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_account, name, codec, member)
#define FIXED(name, codec, member)                                                                 \
    FX_STORE_ROW_FIXED_COLUMN(struct fx_rows_account, name, codec, member)

enum { SUM_PAGE = 64 };

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("asset", CHARS, asset),
    COLUMN("balance", DEC, balance),
    FIXED("userId", UINT, user_id),
    COLUMN("rewardBalance", DEC, reward_balance),
    COLUMN("flags", UINT, flags),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table TABLE = {
    "accounts", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_rows_account)};

fx_status fx_store_account_save(struct fx_store *store,
                                const struct fx_rows_account accounts[],
                                uint32_t count)
{
    return fx_store_table_upsert(store, &TABLE, accounts, count);
}

fx_status fx_store_account_find(struct fx_store *store,
                                struct fx_store_key key,
                                struct fx_rows_account *account_out)
{
    return fx_store_table_find_own(store, &TABLE, key, account_out);
}

fx_status fx_store_account_find_asset(struct fx_store *store,
                                      uint64_t user_id,
                                      fx_str asset,
                                      struct fx_rows_account *account_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, user_id);
    fx_store_table_and_text(&select, FX_STR(" AND `asset`=?"), asset);
    return fx_store_table_read_one(&select, account_out);
}

fx_status fx_store_account_list(struct fx_store *store,
                                uint64_t user_id,
                                const struct fx_store_page *page,
                                struct fx_rows_account accounts_out[],
                                uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select_own(&select, store, &TABLE, user_id);
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, accounts_out, page->limit, count_out);
}

static bool add_page(const struct fx_rows_account accounts[], uint32_t count, fx_i128 *sum)
{
    for (uint32_t index = 0; index < count; index++) {
        if (!fx_dec_add(*sum, accounts[index].balance, sum) ||
            !fx_dec_add(*sum, accounts[index].reward_balance, sum)) {
            return false;
        }
    }
    return true;
}

fx_status fx_store_account_sum(struct fx_store *store, fx_str asset, fx_i128 *sum_out)
{
    /* Not SUM(): SQLite would add floats. */
    struct fx_rows_account accounts[SUM_PAGE];
    struct fx_store_page page = {.limit = SUM_PAGE};
    uint32_t count = SUM_PAGE;
    fx_i128 sum = 0;
    while (count == SUM_PAGE) {
        struct fx_store_table_select select;
        fx_store_table_select(&select, store, &TABLE, FX_STR(""));
        fx_store_table_and_text(&select, FX_STR("`asset`=?"), asset);
        fx_store_table_and_before(&select, page.before_id);
        fx_store_table_page(&select, &page);
        const fx_status status = fx_store_table_read(&select, accounts, SUM_PAGE, &count);
        if (status != FX_OK) {
            return status;
        }
        if (!add_page(accounts, count, &sum)) {
            return FX_BAD_DECIMAL;
        }
        page.before_id = count > 0 ? accounts[count - 1].id : 0;
    }
    *sum_out = sum;
    return FX_OK;
}

static const struct fx_store_row_column VERSIONS[] = {
    COLUMN("id", UINT, id),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table VERSIONS_TABLE = {
    "accounts", VERSIONS, sizeof VERSIONS / sizeof VERSIONS[0], 1, sizeof(struct fx_rows_account)};

fx_status fx_store_account_list_versions(struct fx_store *store,
                                         uint64_t before_id,
                                         struct fx_rows_account accounts_out[FX_STORE_LIMIT_MAX],
                                         uint32_t *count_out)
{
    const struct fx_store_page page = {.before_id = before_id, .limit = FX_STORE_LIMIT_MAX};
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &VERSIONS_TABLE, FX_STR("1=1"));
    fx_store_table_and_before(&select, before_id);
    fx_store_table_page(&select, &page);
    return fx_store_table_read(&select, accounts_out, page.limit, count_out);
}

fx_status fx_store_account_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

fx_status fx_store_account_list_after(struct fx_store *store,
                                      uint64_t after_id,
                                      struct fx_rows_account accounts_out[FX_STORE_LIMIT_MAX],
                                      uint32_t *count_out)
{
    return fx_store_table_read_after(store, &TABLE, FX_STR(""), after_id, accounts_out, count_out);
}

#include "store/store_user.h"

#include "store/store_table_int.h"

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_rows_user, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("email", CHARS, email),
    COLUMN("password", CHARS, password_hash),
    COLUMN("role", CHARS, role),
    COLUMN("status", CHARS, status),
    COLUMN("isLocked", IS_LOCKED, is_locked),
    COLUMN("userType", CHARS, user_type),
    COLUMN("allowTrade", BOOL, allow_trade),
    COLUMN("enableTradingFee", BOOL, enable_trading_fee),
    COLUMN("isMarketMaker", BOOL, is_market_maker),
    COLUMN("isBot", BOOL, is_bot),
    COLUMN("uid", CHARS, uid),
    COLUMN("tokensValidFrom", TIME_OR_NULL, tokens_from_us),
    COLUMN("createdAt", TIME, created_us), /* last: update leaves it out */
};

enum { COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };

static const struct fx_store_row_table TABLE = {
    "users", COLUMNS, COUNT, 1, sizeof(struct fx_rows_user)};

fx_status fx_store_user_insert(struct fx_store *store,
                               const struct fx_rows_user *user,
                               uint64_t *id_out)
{
    return fx_store_table_insert(store, &TABLE, user, id_out);
}

fx_status fx_store_user_update(struct fx_store *store, const struct fx_rows_user *user)
{
    return fx_store_table_update(store, &TABLE, user, COUNT - 1);
}

fx_status fx_store_user_find(struct fx_store *store, uint64_t id, struct fx_rows_user *user_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`id`=?"), id);
    return fx_store_table_read_one(&select, user_out);
}

fx_status fx_store_user_find_email(struct fx_store *store,
                                   fx_str email,
                                   struct fx_rows_user *user_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`email`=?"), email);
    return fx_store_table_read_one(&select, user_out);
}

fx_status fx_store_user_find_uid(struct fx_store *store, fx_str uid, struct fx_rows_user *user_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR(""));
    fx_store_table_and_text(&select, FX_STR("`uid`=?"), uid);
    return fx_store_table_read_one(&select, user_out);
}

fx_status fx_store_user_list(struct fx_store *store,
                             const struct fx_store_page *page,
                             struct fx_rows_user users_out[],
                             uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("`id`>0"));
    fx_store_table_and_before(&select, page->before_id);
    fx_store_table_page(&select, page);
    return fx_store_table_read(&select, users_out, page->limit, count_out);
}

fx_status fx_store_user_count(struct fx_store *store, uint64_t *count_out)
{
    return fx_store_table_count(store, &TABLE, count_out);
}

fx_status fx_store_user_list_after(struct fx_store *store,
                                   uint64_t after_id,
                                   struct fx_rows_user users_out[FX_STORE_LIMIT_MAX],
                                   uint32_t *count_out)
{
    return fx_store_table_read_after(store, &TABLE, FX_STR(""), after_id, users_out, count_out);
}

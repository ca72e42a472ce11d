#include "store/store_preload.h"

#include <string.h>

#include "store/store_table_int.h"

/* SELECT a number; NULL (no rows) is 0. */
static fx_status ask_of(struct fx_store *store,
                        fx_str sql,
                        const struct fx_store_value values[],
                        uint32_t count,
                        uint64_t *number_out)
{
    int64_t number = 0;
    fx_store_sql(store, sql);
    const fx_status status = fx_store_number(store, values, count, &number);
    if (status == FX_OK) {
        *number_out = number < 0 ? 0 : (uint64_t)number;
    }
    return status;
}

static fx_status ask(struct fx_store *store, fx_str sql, uint64_t *number_out)
{
    return ask_of(store, sql, NULL, 0, number_out);
}

/* The largest operation that any row says; each table that a saver writes. */
static fx_status look_at_operations(struct fx_store *store, uint64_t *operation_id_out)
{
    static const char *const QUESTIONS[] = {
        "SELECT COALESCE(MAX(`operationId`),0) FROM `accounts`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `positions`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `orders`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `trades`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `transactions`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `instruments`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `trading_rules`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `leverage_margin`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `fundings`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `user_margin_mode`",
        "SELECT COALESCE(MAX(`operationId`),0) FROM `saver_progress`",
    };
    fx_status status = FX_OK;
    for (size_t index = 0; index < sizeof QUESTIONS / sizeof QUESTIONS[0] && status == FX_OK;
         index++) {
        uint64_t number = 0;
        status = ask(store, fx_str_of(QUESTIONS[index]), &number);
        *operation_id_out = number > *operation_id_out ? number : *operation_id_out;
    }
    return status;
}

/* What one of the shards has given. */
static fx_status look_at_shard(struct fx_store *store,
                               const struct fx_store_preload_shard *shard,
                               struct fx_store_preload_figures *figures)
{
    const struct fx_store_value range[] = {fx_store_value_u64(shard->id_first),
                                           fx_store_value_u64(shard->id_last)};
    const struct fx_store_value name = fx_store_value_text(shard->name);
    const struct {
        fx_str sql;
        uint64_t *target;
    } rows[] = {
        {FX_STR("SELECT COALESCE(MAX(`id`),0) FROM `orders` WHERE `id` BETWEEN ? AND ?"),
         &figures->order_id},
        {FX_STR("SELECT COALESCE(MAX(`id`),0) FROM `trades` WHERE `id` BETWEEN ? AND ?"),
         &figures->trade_id},
        {FX_STR("SELECT COALESCE(MAX(`id`),0) FROM `liquidations` WHERE `id` BETWEEN ? AND ?"),
         &figures->liquidation_id},
    };
    fx_status status =
        ask_of(store,
               FX_STR("SELECT COALESCE(MAX(`operationId`),0) FROM `saver_progress` WHERE "
                      "`shard`=?"),
               &name,
               1,
               &figures->saved);
    for (size_t index = 0; index < sizeof rows / sizeof rows[0] && status == FX_OK; index++) {
        status = ask_of(store, rows[index].sql, range, 2, rows[index].target);
    }
    return status;
}

fx_status fx_store_preload_look(struct fx_store *store,
                                const struct fx_store_preload_shard *shard,
                                struct fx_store_preload_figures *figures_out)
{
    memset(figures_out, 0, sizeof *figures_out);
    const struct {
        fx_str sql;
        uint64_t *target;
    } rows[] = {
        {FX_STR("SELECT COUNT(*) FROM `accounts`"), &figures_out->accounts},
        {FX_STR("SELECT COUNT(*) FROM `positions`"), &figures_out->positions},
        {FX_STR("SELECT COUNT(*) FROM `orders` WHERE (`status`='PENDING' OR "
                "`status`='UNTRIGGERED' OR `status`='ACTIVE' OR `status`='PARTIALLY_FILLED')"),
         &figures_out->open_orders},
        {FX_STR("SELECT COUNT(*) FROM `instruments` WHERE `state`<>'SETTLED'"),
         &figures_out->instruments},
        {FX_STR("SELECT COUNT(*) FROM (SELECT `asset` FROM `accounts` UNION SELECT "
                "`settleCurrency` FROM `instruments`) `all_assets`"),
         &figures_out->assets},
    };
    fx_status status = FX_OK;
    for (size_t index = 0; index < sizeof rows / sizeof rows[0] && status == FX_OK; index++) {
        status = ask(store, rows[index].sql, rows[index].target);
    }
    if (status == FX_OK) {
        status = look_at_shard(store, shard, figures_out);
    }
    return status == FX_OK ? look_at_operations(store, &figures_out->operation_id) : status;
}

/* Columns of two tables as members of one struct. */
struct last {
    uint64_t id;
    fx_i128 price;
    int64_t time_us;
    int64_t rate_ppb;
};

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct last, name, codec, member)

static const struct fx_store_row_column TRADES[] = {COLUMN("id", UINT, id),
                                                    COLUMN("price", DEC, price)};
static const struct fx_store_row_column FUNDINGS[] = {COLUMN("id", UINT, id),
                                                      COLUMN("fundingTime", TIME, time_us),
                                                      COLUMN("fundingRate", PPB, rate_ppb)};
static const struct fx_store_row_table TRADES_TABLE = {
    "trades", TRADES, sizeof TRADES / sizeof TRADES[0], 1, sizeof(struct last)};
static const struct fx_store_row_table FUNDINGS_TABLE = {
    "fundings", FUNDINGS, sizeof FUNDINGS / sizeof FUNDINGS[0], 1, sizeof(struct last)};

fx_status fx_store_preload_symbol(struct fx_store *store,
                                  fx_str symbol,
                                  struct fx_store_preload_symbol *last_out)
{
    struct fx_store_table_select select;
    struct last trade;
    struct last funding;
    memset(&trade, 0, sizeof trade);
    memset(&funding, 0, sizeof funding);
    fx_store_table_select(&select, store, &TRADES_TABLE, FX_STR(""));
    /* What the fund took over and what was closed by ADL met nobody in the book: it is no price. */
    fx_store_table_and_text(
        &select,
        FX_STR("(`note` IS NULL OR `note` NOT IN ('INSURANCE_LIQUIDATION','AUTO_DELEVERAGE')) "
               "AND `symbol`=? ORDER BY `id` DESC"),
        symbol);
    fx_status status = fx_store_table_read_one(&select, &trade);
    if (status == FX_OK || status == FX_NOT_FOUND) {
        fx_store_table_select(&select, store, &FUNDINGS_TABLE, FX_STR(""));
        fx_store_table_and_text(&select, FX_STR("`symbol`=? ORDER BY `fundingTime` DESC"), symbol);
        status = fx_store_table_read_one(&select, &funding);
    }
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    last_out->last_price = trade.price;
    last_out->paid_us = funding.time_us;
    last_out->rate_ppb = funding.rate_ppb;
    return FX_OK;
}

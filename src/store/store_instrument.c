/* A definition is in two tables, as the contract names them: instruments (what it is) and
 * trading_rules (what an order must keep to). Both are written together and read together. */
#include "store/store_instrument.h"

#include <string.h>

#include "base/panic.h"
#include "store/store_table_int.h"

#define COLUMN(name, codec, member)                                                                \
    FX_STORE_ROW_COLUMN(struct fx_store_instrument_row, name, codec, member)
#define TIER_COLUMN(name, codec, member)                                                           \
    FX_STORE_ROW_COLUMN(struct fx_store_instrument_tier, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, instrument.instrument_id),
    COLUMN("symbol", CHARS, instrument.symbol),
    COLUMN("rootSymbol", CHARS, instrument.root_symbol),
    COLUMN("baseUnderlying", CHARS, instrument.base),
    COLUMN("quoteCurrency", CHARS, instrument.quote),
    COLUMN("settleCurrency", CHARS, instrument.settle),
    COLUMN("contractType", CONTRACT_TYPE, instrument.contract_type),
    COLUMN("kind", INSTRUMENT_KIND, instrument.kind),
    COLUMN("state", INSTRUMENT_STATE, instrument.state),
    COLUMN("tickSize", DEC, instrument.tick_size),
    COLUMN("lotSize", DEC, instrument.lot_size),
    COLUMN("multiplier", DEC, instrument.multiplier),
    COLUMN("makerFee", PPB, instrument.maker_fee_ppb),
    COLUMN("takerFee", PPB, instrument.taker_fee_ppb),
    COLUMN("liquidationFee", PPB, instrument.liquidation_fee_ppb),
    COLUMN("maxLeverage", CENTI, instrument.leverage_max_centi),
    COLUMN("fundingInterval", INT, instrument.funding_interval_s),
    COLUMN("fundingInterest", PPB, instrument.interest_ppb),
    COLUMN("fundingDamper", PPB, instrument.damper_ppb),
    COLUMN("impactNotional", DEC, instrument.impact_notional),
    COLUMN("expiry", TIME_OR_NULL, instrument.expiry_us),
    COLUMN("tierCount", UINT, instrument.tier_count),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_column RULE_COLUMNS[] = {
    COLUMN("instrumentId", UINT, instrument.instrument_id),
    COLUMN("symbol", CHARS, instrument.symbol),
    COLUMN("minNotional", DEC, instrument.min_notional),
    COLUMN("minLots", INT, instrument.min_lots),
    COLUMN("maxLots", INT, instrument.max_lots),
    COLUMN("maxMarketLots", INT, instrument.max_market_lots),
    COLUMN("maxTicks", INT, instrument.max_ticks),
    COLUMN("openInterestCapLots", INT, instrument.open_interest_cap_lots),
    COLUMN("bandUp", PPB, instrument.band_up_ppb),
    COLUMN("bandDown", PPB, instrument.band_down_ppb),
    COLUMN("marketTakeBound", PPB, instrument.market_take_bound_ppb),
    COLUMN("maxOrders", INT, instrument.orders_max),
    COLUMN("maxAlgoOrders", INT, instrument.algo_orders_max),
    COLUMN("updatedAt", TIME, updated_us),
    COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_column TIER_COLUMNS[] = {
    TIER_COLUMN("instrumentId", UINT, instrument_id),
    TIER_COLUMN("tier", UINT, index),
    TIER_COLUMN("cap", DEC, tier.cap),
    TIER_COLUMN("cum", DEC, tier.cum),
    TIER_COLUMN("maintenanceRate", PPB, tier.rate_ppb),
    TIER_COLUMN("maxLeverage", CENTI, tier.leverage_max_centi),
    TIER_COLUMN("operationId", UINT, operation_id),
};

static const struct fx_store_row_table TABLE = {"instruments",
                                                COLUMNS,
                                                sizeof COLUMNS / sizeof COLUMNS[0],
                                                1,
                                                sizeof(struct fx_store_instrument_row)};

static const struct fx_store_row_table RULES = {"trading_rules",
                                                RULE_COLUMNS,
                                                sizeof RULE_COLUMNS / sizeof RULE_COLUMNS[0],
                                                1,
                                                sizeof(struct fx_store_instrument_row)};

static const struct fx_store_row_table TIERS = {"leverage_margin",
                                                TIER_COLUMNS,
                                                sizeof TIER_COLUMNS / sizeof TIER_COLUMNS[0],
                                                2,
                                                sizeof(struct fx_store_instrument_tier)};

/* Statements about a number, one after the other; `values` are those of each. */
static fx_status execute_all(struct fx_store *store,
                             const char *const statements[],
                             size_t count,
                             const struct fx_store_value values[],
                             uint32_t value_count)
{
    fx_status status = FX_OK;
    for (size_t index = 0; index < count && status == FX_OK; index++) {
        uint64_t changed = 0;
        fx_store_sql(store, fx_str_of(statements[index]));
        status = fx_store_execute(store, values, value_count, &changed);
    }
    return status;
}

/* A symbol that came from another system's tables has the number that those gave it until the log
 * says its own. Whoever has that number now gets one behind all others, until the log names him,
 * too; what the symbol had under its old number goes, because it is written anew. */
static fx_status take_number(struct fx_store *store, const struct fx_store_instrument_row *row)
{
    static const char *const CLEAR[] = {"DELETE FROM `leverage_margin` WHERE `instrumentId`=?",
                                        "DELETE FROM `trading_rules` WHERE `instrumentId`=?"};
    static const char *const MOVE[] = {
        "UPDATE `instruments` SET `id`=? WHERE `id`=?",
        "UPDATE `trading_rules` SET `instrumentId`=? WHERE `instrumentId`=?",
        "UPDATE `leverage_margin` SET `instrumentId`=? WHERE `instrumentId`=?"};
    static const char *const FORGET[] = {
        "DELETE FROM `leverage_margin` WHERE `instrumentId` IN (SELECT `id` FROM `instruments` "
        "WHERE `symbol`=? AND `id`<>? AND `operationId`<?)",
        "DELETE FROM `trading_rules` WHERE `instrumentId` IN (SELECT `id` FROM `instruments` "
        "WHERE `symbol`=? AND `id`<>? AND `operationId`<?)",
        "DELETE FROM `instruments` WHERE `symbol`=? AND `id`<>? AND `operationId`<?"};
    const struct fx_store_value own[] = {
        fx_store_value_text(fx_ids_symbol_str(&row->instrument.symbol)),
        fx_store_value_u64(row->instrument.instrument_id),
        fx_store_value_u64(row->operation_id),
    };
    int64_t strangers = 0;
    int64_t last = 0;
    fx_store_sql(store,
                 FX_STR("SELECT COUNT(*) FROM `instruments` WHERE `symbol`<>? AND `id`=? AND "
                        "`operationId`<?"));
    fx_status status = fx_store_number(store, own, 3, &strangers);
    if (status == FX_OK && strangers > 0) {
        fx_store_sql(store, FX_STR("SELECT MAX(`id`) FROM `instruments`"));
        status = fx_store_number(store, NULL, 0, &last);
        const struct fx_store_value moved[] = {fx_store_value_i64(last + 1), own[1]};
        if (status == FX_OK) {
            status = execute_all(store, CLEAR, sizeof CLEAR / sizeof CLEAR[0], moved, 1);
        }
        if (status == FX_OK) {
            status = execute_all(store, MOVE, sizeof MOVE / sizeof MOVE[0], moved, 2);
        }
    }
    return status == FX_OK ? execute_all(store, FORGET, sizeof FORGET / sizeof FORGET[0], own, 3)
                           : status;
}

fx_status fx_store_instrument_save(struct fx_store *store,
                                   const struct fx_store_instrument_row *row)
{
    fx_status status = take_number(store, row);
    if (status == FX_OK) {
        status = fx_store_table_upsert(store, &TABLE, row, 1);
    }
    return status != FX_OK ? status : fx_store_table_upsert(store, &RULES, row, 1);
}

fx_status fx_store_instrument_save_tier(struct fx_store *store,
                                        const struct fx_store_instrument_tier *tier)
{
    FX_ASSERT(tier->index < tier->count && tier->count <= FX_TIERS_MAX);
    const fx_status status = fx_store_table_upsert(store, &TIERS, tier, 1);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_store_value values[] = {
        fx_store_value_u64(tier->instrument_id),
        fx_store_value_u64(tier->count),
        fx_store_value_u64(tier->operation_id),
    };
    uint64_t changed = 0;
    fx_store_sql(store,
                 FX_STR("DELETE FROM `leverage_margin` WHERE `instrumentId`=? AND `tier`>=? AND "
                        "`operationId`<?"));
    return fx_store_execute(store, values, 3, &changed);
}

/* The second half of a definition goes into the row that the first half made. */
static fx_status read_rules(struct fx_store *store, struct fx_store_instrument_row *row)
{
    struct fx_store_instrument_row rules;
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &RULES, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`instrumentId`=?"), row->instrument.instrument_id);
    const fx_status status = fx_store_table_read_one(&select, &rules);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_CORRUPT : status;
    }
    struct fx_instrument *instrument = &row->instrument;
    instrument->min_notional = rules.instrument.min_notional;
    instrument->min_lots = rules.instrument.min_lots;
    instrument->max_lots = rules.instrument.max_lots;
    instrument->max_market_lots = rules.instrument.max_market_lots;
    instrument->max_ticks = rules.instrument.max_ticks;
    instrument->open_interest_cap_lots = rules.instrument.open_interest_cap_lots;
    instrument->band_up_ppb = rules.instrument.band_up_ppb;
    instrument->band_down_ppb = rules.instrument.band_down_ppb;
    instrument->market_take_bound_ppb = rules.instrument.market_take_bound_ppb;
    instrument->orders_max = rules.instrument.orders_max;
    instrument->algo_orders_max = rules.instrument.algo_orders_max;
    return FX_OK;
}

fx_status fx_store_instrument_list(struct fx_store *store,
                                   struct fx_store_instrument_row rows_out[],
                                   uint32_t capacity,
                                   uint32_t *count_out)
{
    struct fx_store_table_select select;
    uint32_t count = 0;
    fx_store_table_select(&select, store, &TABLE, FX_STR("`id`>=0 ORDER BY `id`"));
    fx_status status = fx_store_table_read(&select, rows_out, capacity, &count);
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        status = read_rules(store, &rows_out[index]);
    }
    if (status == FX_OK) {
        *count_out = count;
    }
    return status;
}

fx_status fx_store_instrument_tiers(struct fx_store *store,
                                    uint32_t instrument_id,
                                    struct fx_tier tiers_out[FX_TIERS_MAX],
                                    uint32_t *count_out)
{
    struct fx_store_instrument_tier rows[FX_TIERS_MAX];
    struct fx_store_table_select select;
    uint32_t count = 0;
    fx_store_table_select(&select, store, &TIERS, FX_STR(""));
    fx_store_table_and_u64(&select, FX_STR("`instrumentId`=? ORDER BY `tier`"), instrument_id);
    const fx_status status = fx_store_table_read(&select, rows, FX_TIERS_MAX, &count);
    if (status != FX_OK) {
        return status;
    }
    for (uint32_t index = 0; index < count; index++) {
        tiers_out[index] = rows[index].tier;
    }
    *count_out = count;
    return FX_OK;
}

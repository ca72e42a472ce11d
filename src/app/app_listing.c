#include "app/app_listing.h"

#include <string.h>

#include "base/panic.h"

/* What differs between the instruments; decimals as text so that they read as people write them. */
struct row {
    const char *symbol;
    const char *base;
    const char *quote;
    const char *settle;
    const char *tick;
    const char *lot;
    const char *multiplier;
    const char *min_notional;
    const char *max_quantity;
    const char *max_market_quantity;
    const char *first_mark;
    const char *tier_scale; /* the caps of the table below are multiplied by it */
    int64_t band_ppb;
    enum fx_contract_type contract_type;
    int32_t leverage_max_centi;
    bool has_bots;
};

static const struct row ROWS[FX_APP_LISTING_COUNT] = {
    {"BTCUSDT",
     "BTC",
     "USDT",
     "USDT",
     "0.1",
     "0.001",
     "1",
     "5",
     "1000",
     "120",
     "65000",
     "1",
     100000000,
     FX_CONTRACT_TYPE_USD_M,
     12500,
     true},
    {"ETHUSDT",
     "ETH",
     "USDT",
     "USDT",
     "0.01",
     "0.001",
     "1",
     "5",
     "10000",
     "2000",
     "3500",
     "1",
     100000000,
     FX_CONTRACT_TYPE_USD_M,
     12500,
     true},
    {"SOLUSDT",
     "SOL",
     "USDT",
     "USDT",
     "0.01",
     "0.1",
     "1",
     "5",
     "100000",
     "10000",
     "150",
     "1",
     100000000,
     FX_CONTRACT_TYPE_USD_M,
     12500,
     true},
    {"BTCUSDM",
     "BTC",
     "USD",
     "BTC",
     "0.5",
     "1",
     "100",
     "0",
     "1000000",
     "60000",
     "65000",
     "0.0001",
     100000000,
     FX_CONTRACT_TYPE_COIN_M,
     12500,
     true},
    {"ESH4",
     "ES",
     "USDT",
     "USDT",
     "0.25",
     "1",
     "50",
     "0",
     "1000000",
     "1000000",
     "4800",
     "1000000",
     0,
     FX_CONTRACT_TYPE_USD_M,
     10000,
     false},
};

/*
 * Brackets: cap of notional, maintenance rate, highest leverage. The shape is that of the published
 * BTCUSDT table of 2021 (worked example MGN-07).
 */
static const struct tier_row {
    int64_t cap;
    int64_t rate_ppb;
    int32_t leverage_centi;
} TIERS[] = {
    {50000, 4000000, 12500},
    {250000, 5000000, 10000},
    {1000000, 10000000, 5000},
    {10000000, 25000000, 2000},
    {20000000, 50000000, 1000},
    {50000000, 100000000, 500},
    {100000000, 125000000, 400},
    {200000000, 150000000, 300},
    {300000000, 250000000, 200},
    {500000000, 500000000, 100},
};

static fx_i128 decimal(const char *text)
{
    fx_i128 units = 0;
    const fx_status status = fx_dec_parse(fx_str_of(text), &units);
    FX_ASSERT(status == FX_OK);
    return units;
}

static int64_t steps(const char *text, fx_i128 step)
{
    return (int64_t)fx_dec_div_int(decimal(text), step, FX_ROUND_DOWN);
}

static void fill_names(const struct row *row, struct fx_instrument *instrument)
{
    const bool is_named = fx_ids_symbol(fx_str_of(row->symbol), &instrument->symbol) &&
                          fx_ids_symbol(fx_str_of(row->symbol), &instrument->root_symbol) &&
                          fx_ids_asset(fx_str_of(row->base), &instrument->base) &&
                          fx_ids_asset(fx_str_of(row->quote), &instrument->quote) &&
                          fx_ids_asset(fx_str_of(row->settle), &instrument->settle);
    FX_ASSERT(is_named);
}

static void fill_sizes(const struct row *row, struct fx_instrument *instrument)
{
    instrument->tick_size = decimal(row->tick);
    instrument->lot_size = decimal(row->lot);
    instrument->multiplier = decimal(row->multiplier);
    instrument->min_notional = decimal(row->min_notional);
    instrument->min_lots = 1;
    instrument->max_lots = steps(row->max_quantity, instrument->lot_size);
    instrument->max_market_lots = steps(row->max_market_quantity, instrument->lot_size);
    instrument->max_ticks = steps("10000000", instrument->tick_size);
    instrument->band_up_ppb = row->band_ppb;
    instrument->band_down_ppb = row->band_ppb;
    instrument->market_take_bound_ppb = 50000000;
    instrument->maker_fee_ppb = row->has_bots ? 200000 : 0;
    instrument->taker_fee_ppb = row->has_bots ? 500000 : 0;
    instrument->liquidation_fee_ppb = 12500000;
    instrument->interest_ppb = 100000;
    instrument->damper_ppb = 500000;
    instrument->impact_notional = decimal("10000");
    instrument->funding_interval_s = 8 * 3600;
    instrument->leverage_max_centi = row->leverage_max_centi;
    instrument->orders_max = row->has_bots ? 200 : 20000;
    instrument->algo_orders_max = 100;
}

static void fill_tiers(const struct row *row, struct fx_app_listing *listing)
{
    const fx_i128 scale = decimal(row->tier_scale);
    const uint32_t count = sizeof TIERS / sizeof TIERS[0];
    for (uint32_t index = 0; index < count; index++) {
        struct fx_tier *tier = &listing->tiers[index];
        tier->cap = scale * TIERS[index].cap;
        tier->rate_ppb = TIERS[index].rate_ppb;
        tier->leverage_max_centi = TIERS[index].leverage_centi < row->leverage_max_centi
                                       ? TIERS[index].leverage_centi
                                       : row->leverage_max_centi;
    }
    listing->tier_count = count;
    fx_instrument_fill_cums(listing->tiers, count);
}

void fx_app_listing_make(uint32_t index, struct fx_app_listing *listing_out)
{
    FX_ASSERT(index < FX_APP_LISTING_COUNT);
    const struct row *row = &ROWS[index];
    memset(listing_out, 0, sizeof *listing_out);
    struct fx_instrument *instrument = &listing_out->instrument;
    fill_names(row, instrument);
    fill_sizes(row, instrument);
    instrument->contract_type = (uint8_t)row->contract_type;
    instrument->kind = FX_INSTRUMENT_KIND_PERPETUAL;
    instrument->state = FX_INSTRUMENT_STATE_PENDING;
    fill_tiers(row, listing_out);
    listing_out->first_mark_ticks = steps(row->first_mark, instrument->tick_size);
    listing_out->has_bots = row->has_bots;
}

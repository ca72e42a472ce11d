#include "market/market.h"

#include <string.h>

#include "base/panic.h"

size_t fx_market_symbol_size(uint32_t depth_capacity)
{
    return sizeof(struct fx_market_symbol) + fx_depth_size(depth_capacity);
}

void fx_market_add(struct fx_market *market, uint32_t id, void *memory, uint32_t depth_capacity)
{
    FX_ASSERT(id < FX_INSTRUMENTS_MAX);
    FX_ASSERT(market->symbols[id] == NULL);
    struct fx_market_symbol *symbol = memory;
    fx_depth_init(&symbol->depth, symbol + 1, depth_capacity);
    fx_candles_init(&symbol->candles);
    fx_ticker_init(
        &symbol->ticker,
        fx_candles_ring(&symbol->candles, FX_ROWS_CANDLE_PRICE_LAST, FX_INTERVAL_MINUTE));
    market->symbols[id] = symbol;
    if (id >= market->count) {
        market->count = id + 1;
    }
}

/* The instrument that an event is about; FX_INSTRUMENTS_MAX for all other events. */
static uint32_t instrument_of(const struct fx_event *event)
{
    switch (event->kind) {
    case FX_EVENT_INSTRUMENT:
        return event->u.instrument.instrument_id;
    case FX_EVENT_TIER:
        return event->u.tier.instrument;
    case FX_EVENT_MARK:
        return event->u.mark.instrument;
    case FX_EVENT_FUNDING:
        return event->u.funding.instrument;
    case FX_EVENT_SETTLEMENT:
        return event->u.settlement.instrument;
    case FX_EVENT_BOOK:
        return event->u.book.instrument;
    case FX_EVENT_TRADE:
        return event->u.trade.instrument;
    default:
        return FX_INSTRUMENTS_MAX;
    }
}

bool fx_market_needs(const struct fx_market *market, const struct fx_event *event)
{
    return event->kind == FX_EVENT_INSTRUMENT &&
           market->symbols[event->u.instrument.instrument_id] == NULL;
}

static void begin_dump(struct fx_market *market)
{
    for (uint32_t id = 0; id < market->count; id++) {
        if (market->symbols[id] != NULL) {
            fx_depth_clear(&market->symbols[id]->depth);
            market->symbols[id]->is_book_changed = true;
        }
    }
}

static void apply_trade(struct fx_market_symbol *symbol, const struct fx_event *event)
{
    fx_candles_apply(&symbol->candles, event);
    fx_ticker_apply(&symbol->ticker, event);
    fx_tape_apply(&symbol->tape, event);
    symbol->is_ticker_changed = true;
    if (symbol->new_trades < FX_TAPE_COUNT_MAX) {
        symbol->new_trades++;
    }
    if (event->u.trade.note != FX_TRADE_NOTE_NONE && symbol->new_noted < FX_TAPE_NOTED_MAX) {
        symbol->new_noted++;
    }
}

static void apply_funding(struct fx_market_symbol *symbol, const struct fx_event *event)
{
    if (event->u.funding.is_complete != 0 || event->u.funding.is_skipped != 0) {
        symbol->funding = event->u.funding;
        symbol->funding_id = fx_event_operation_id(event);
        symbol->is_funding_changed = true;
    }
}

/* The fund of an asset, made where it is new; NULL: there are more assets than are shown. */
static struct fx_market_fund *fund_of(struct fx_market *market, const struct fx_asset *asset)
{
    uint32_t index = 0;
    while (index < market->fund_count &&
           memcmp(&market->funds[index].asset, asset, sizeof *asset) != 0) {
        index++;
    }
    if (index == FX_MARKET_FUNDS_MAX) {
        return NULL;
    }
    if (index == market->fund_count) {
        market->funds[index] = (struct fx_market_fund){.asset = *asset};
        market->fund_count++;
    }
    return &market->funds[index];
}

static void apply_insurance(struct fx_market *market, const struct fx_event *event)
{
    struct fx_market_fund *fund = fund_of(market, &event->u.insurance.asset);
    if (fund != NULL) {
        fund->balance = event->u.insurance.balance;
        fund->time_us = event->time_us;
    }
}

void fx_market_recall_fund(struct fx_market *market, const struct fx_market_fund *recalled)
{
    struct fx_market_fund *fund = fund_of(market, &recalled->asset);
    if (fund != NULL && fund->time_us == 0) {
        *fund = *recalled;
    }
}

static void apply_mark(struct fx_market_symbol *symbol,
                       const struct fx_event *event,
                       bool is_in_dump)
{
    if (!is_in_dump) {
        fx_candles_apply(&symbol->candles, event);
    }
    symbol->mark_ticks = event->u.mark.mark_ticks;
    symbol->index_ticks = event->u.mark.index_ticks;
    symbol->mark_us = event->time_us;
    symbol->mark = event->u.mark;
    symbol->is_ticker_changed = true;
    symbol->is_mark_changed = true;
}

void fx_market_apply(struct fx_market *market, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_DUMP_BEGIN) {
        begin_dump(market);
        market->is_in_dump = true;
    } else if (event->kind == FX_EVENT_DUMP_END) {
        market->is_in_dump = false;
    }
    uint64_t *last = &market->sequences[event->index >> FX_SHARD_INDEX_BITS & (FX_SHARDS_MAX - 1)];
    market->sequence += event->sequence - *last; /* grows with each shard's own */
    *last = event->sequence;
    market->time_us = event->time_us;
    if (event->kind == FX_EVENT_INSURANCE) {
        apply_insurance(market, event);
        return;
    }
    const uint32_t id = instrument_of(event);
    if (id >= FX_INSTRUMENTS_MAX) {
        return;
    }
    struct fx_market_symbol *symbol = market->symbols[id];
    FX_ASSERT(symbol != NULL);
    switch (event->kind) {
    case FX_EVENT_INSTRUMENT:
        symbol->definition = event->u.instrument;
        symbol->is_ticker_changed = true;
        break;
    case FX_EVENT_TIER:
        FX_ASSERT(event->u.tier.index < FX_TIERS_MAX);
        symbol->tiers[event->u.tier.index] = event->u.tier.tier;
        symbol->definition.tier_count = (uint8_t)event->u.tier.count;
        break;
    case FX_EVENT_MARK:
        apply_mark(symbol, event, market->is_in_dump);
        break;
    case FX_EVENT_FUNDING:
        apply_funding(symbol, event);
        break;
    case FX_EVENT_SETTLEMENT:
        symbol->settlement = event->u.settlement;
        symbol->settlement_id = fx_event_operation_id(event);
        symbol->settlement_us = event->time_us;
        symbol->is_settlement_changed = true;
        break;
    case FX_EVENT_BOOK:
        fx_depth_apply(&symbol->depth, event);
        symbol->is_book_changed = true;
        break;
    default:
        FX_ASSERT(event->kind == FX_EVENT_TRADE);
        apply_trade(symbol, event);
        break;
    }
}

struct fx_market_symbol *fx_market_find(const struct fx_market *market, fx_str symbol)
{
    for (uint32_t id = 0; id < market->count; id++) {
        if (market->symbols[id] == NULL) {
            continue;
        }
        const fx_str name = fx_ids_symbol_str(&market->symbols[id]->definition.symbol);
        if (name.size == symbol.size && memcmp(name.data, symbol.data, name.size) == 0) {
            return market->symbols[id];
        }
    }
    return NULL;
}

struct fx_market_symbol *fx_market_at(const struct fx_market *market, uint32_t id)
{
    return id < FX_INSTRUMENTS_MAX ? market->symbols[id] : NULL;
}

#include "model/shard.h"

#include <string.h>

#include "base/panic.h"
#include "model/event.h"

bool fx_shard_has(const struct fx_shard_map *map, const struct fx_asset *asset)
{
    for (uint32_t index = 0; index < map->asset_count; index++) {
        if (memcmp(&map->assets[index], asset, sizeof *asset) == 0) {
            return true;
        }
    }
    return false;
}

bool fx_shard_is_within(const struct fx_shard_map *part, const struct fx_shard_map *whole)
{
    for (uint32_t index = 0; index < part->asset_count; index++) {
        if (!fx_shard_has(whole, &part->assets[index])) {
            return false;
        }
    }
    return true;
}

bool fx_shard_is_sound(const struct fx_shard_map *map)
{
    static const struct fx_asset NONE;
    if (map->shards < 2 || map->shards > FX_SHARDS_MAX || map->shard >= map->shards ||
        map->asset_count == 0 || map->asset_count > FX_SHARD_ASSETS_MAX || map->zero != 0) {
        return false;
    }
    for (uint32_t index = 0; index < FX_SHARD_ASSETS_MAX; index++) {
        const struct fx_asset *asset = &map->assets[index];
        struct fx_asset same;
        const bool is_named = asset->text[sizeof asset->text - 1] == '\0' &&
                              fx_ids_asset(fx_ids_asset_str(asset), &same) &&
                              memcmp(&same, asset, sizeof same) == 0;
        if (index >= map->asset_count ? memcmp(asset, &NONE, sizeof NONE) != 0 : !is_named) {
            return false;
        }
        for (uint32_t other = 0; other < index && index < map->asset_count; other++) {
            if (memcmp(&map->assets[other], asset, sizeof *asset) == 0) {
                return false;
            }
        }
    }
    return true;
}

uint32_t fx_shard_of_id(uint64_t id)
{
    return (uint32_t)(id >> FX_SHARD_ID_BITS);
}

uint32_t fx_shard_instruments(uint32_t shards)
{
    FX_ASSERT(shards > 0);
    return FX_INSTRUMENTS_MAX / shards;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): how many, then which
uint32_t fx_shard_of_instrument(uint32_t shards, uint32_t instrument)
{
    return instrument / fx_shard_instruments(shards);
}

uint64_t fx_shard_id_base(const struct fx_shard_map *map)
{
    return (uint64_t)map->shard << FX_SHARD_ID_BITS;
}

uint32_t fx_shard_instrument_base(const struct fx_shard_map *map)
{
    return map->shards == 0 ? 0 : map->shard * fx_shard_instruments(map->shards);
}

/* 0 is none. */
static void shift_id(uint64_t *id, uint64_t base)
{
    *id += *id == 0 ? 0 : base;
}

static void shift_instrument(uint32_t *instrument, uint32_t base)
{
    *instrument += *instrument == FX_COMMAND_ALL_INSTRUMENTS ? 0 : base;
}

static void label_liquidation(struct fx_event_liquidation *step, uint64_t base)
{
    shift_id(&step->account_id, base);
    shift_id(&step->position_id, base);
    shift_id(&step->counter_account_id, base);
    shift_id(&step->counter_position_id, base);
}

/* What belongs to one symbol: a trade, a level, a price. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a base of ids, then one of instruments
static void label_symbol(struct fx_event *event, uint64_t base, uint32_t instruments)
{
    switch (event->kind) {
    case FX_EVENT_TRADE:
        shift_id(&event->u.trade.buy_account_id, base);
        shift_id(&event->u.trade.sell_account_id, base);
        shift_instrument(&event->u.trade.instrument, instruments);
        break;
    case FX_EVENT_BOOK:
        shift_instrument(&event->u.book.instrument, instruments);
        break;
    case FX_EVENT_INSTRUMENT:
        shift_instrument(&event->u.instrument.instrument_id, instruments);
        break;
    case FX_EVENT_TIER:
        shift_instrument(&event->u.tier.instrument, instruments);
        break;
    case FX_EVENT_MARK:
        shift_instrument(&event->u.mark.instrument, instruments);
        break;
    case FX_EVENT_FUNDING:
        shift_instrument(&event->u.funding.instrument, instruments);
        break;
    case FX_EVENT_INSURANCE:
        shift_instrument(&event->u.insurance.instrument, instruments);
        break;
    case FX_EVENT_SETTLEMENT:
        shift_instrument(&event->u.settlement.instrument, instruments);
        break;
    default:
        break; /* the beginning and the end of a dump, a TERM */
    }
}

void fx_shard_label(const struct fx_shard_map *map, struct fx_event *event)
{
    const uint64_t base = fx_shard_id_base(map);
    const uint32_t instruments = fx_shard_instrument_base(map);
    FX_ASSERT(event->index < 1U << FX_SHARD_INDEX_BITS);
    event->index += map->shard << FX_SHARD_INDEX_BITS;
    switch (event->kind) {
    case FX_EVENT_RESULT: /* an answer to a TEST_ORDER begins with one */
        shift_id(&event->u.result.account_id, base);
        break;
    case FX_EVENT_ORDER:
        shift_id(&event->u.order.account_id, base);
        shift_instrument(&event->u.order.instrument, instruments);
        break;
    case FX_EVENT_ACCOUNT:
        shift_id(&event->u.account.account_id, base);
        break;
    case FX_EVENT_POSITION:
        shift_id(&event->u.position.account_id, base);
        shift_id(&event->u.position.position_id, base);
        shift_instrument(&event->u.position.instrument, instruments);
        break;
    case FX_EVENT_TRANSACTION:
        shift_id(&event->u.transaction.account_id, base);
        shift_id(&event->u.transaction.position_id, base);
        shift_instrument(&event->u.transaction.instrument, instruments);
        break;
    case FX_EVENT_LIQUIDATION:
        label_liquidation(&event->u.liquidation, base);
        shift_instrument(&event->u.liquidation.instrument, instruments);
        break;
    case FX_EVENT_EXCHANGE:
        shift_id(&event->u.exchange.fund_account_id, base);
        break;
    default:
        label_symbol(event, base, instruments);
        break;
    }
}

/* An asset may be named in any of them; of SET_POSITION_MODE it may be empty. */
static const struct fx_asset *named_by(const struct fx_command *command)
{
    switch (command->kind) {
    case FX_COMMAND_UPDATE_INSTRUMENT:
        return &command->u.instrument.settle;
    case FX_COMMAND_CREATE_ACCOUNT:
    case FX_COMMAND_SET_ACCOUNT:
        return &command->u.account.asset;
    case FX_COMMAND_LOAD_ACCOUNT:
        return &command->u.load_account.settings.asset;
    case FX_COMMAND_DEPOSIT:
    case FX_COMMAND_WITHDRAW:
        return &command->u.transfer.asset;
    case FX_COMMAND_DEPOSIT_NAMED:
    case FX_COMMAND_WITHDRAW_NAMED:
        return &command->u.named.transfer.asset;
    case FX_COMMAND_TRANSFER:
        return &command->u.move.asset;
    case FX_COMMAND_FUND_INSURANCE:
        return &command->u.fund_insurance.asset;
    case FX_COMMAND_SET_POSITION_MODE:
        return &command->u.position_mode.asset;
    default:
        return NULL;
    }
}

const struct fx_asset *fx_shard_asset_of(const struct fx_command *command)
{
    const struct fx_asset *asset = named_by(command);
    return asset != NULL && asset->text[0] != '\0' ? asset : NULL;
}

uint64_t fx_shard_order_of(const struct fx_command *command)
{
    switch (command->kind) {
    case FX_COMMAND_CANCEL_ORDER:
        return command->u.cancel.order_id;
    case FX_COMMAND_AMEND_ORDER:
    case FX_COMMAND_AMEND_CONDITIONAL:
        return command->u.amend.order_id;
    case FX_COMMAND_ADJUST_ORDER_TP_SL:
        return command->u.order_tp_sl.order_id;
    default:
        return 0;
    }
}

uint64_t fx_shard_row_of(const struct fx_command *command)
{
    switch (command->kind) {
    case FX_COMMAND_LOAD_ACCOUNT:
        return command->u.load_account.account_id;
    case FX_COMMAND_LOAD_POSITION:
        return command->u.load_position.position_id;
    case FX_COMMAND_LOAD_ORDER:
    case FX_COMMAND_LOAD_ORDER_TP_SL: /* begins with it */
        return command->u.load_order.order_id;
    default:
        return 0;
    }
}

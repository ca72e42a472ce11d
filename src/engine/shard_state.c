/* Which shard of how many this engine is. Everything inside counts from 0, as if there were no
 * other; numbers are changed at the doors: instruments of commands on their way in, and what events
 * have on their way out. Ids of orders, trades and liquidations begin behind the base. */
#include <string.h>

#include "base/panic.h"
#include "engine/preload_int.h"
#include "engine/shard_int.h"

static bool is_empty(const struct fx_engine *engine)
{
    return engine->account_count == 0 && engine->instrument_count == 0 && engine->asset_count == 0;
}

/* An exchange that was one shard becomes the first of several, if all it has stays its own. */
static bool may_become(const struct fx_engine *engine, const struct fx_shard_map *map)
{
    FX_ASSERT(map->shards > 0);
    FX_ASSERT(map->shard < map->shards);
    if (is_empty(engine)) {
        return true;
    }
    for (uint32_t index = 0; index < engine->asset_count; index++) {
        if (!fx_shard_has(map, &engine->assets[index].asset)) {
            return false;
        }
    }
    return map->shard == 0;
}

static bool fits(const struct fx_engine *engine, const struct fx_shard_map *map)
{
    FX_ASSERT(map->shards > 0);
    FX_ASSERT(engine->limits.instruments_max > 0);
    return engine->limits.instruments_max <= fx_shard_instruments(map->shards) &&
           engine->events_max <= 1U << FX_SHARD_INDEX_BITS;
}

fx_status fx_shard_state_apply(struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_SET_SHARD);
    FX_ASSERT(result->is_changed == 0);
    const struct fx_shard_map *map = &command->u.shard;
    if (!fx_shard_is_sound(map)) {
        return FX_BAD_PARAMETER;
    }
    if (engine->shard->shards != 0) {
        const bool is_same =
            map->shard == engine->shard->shard && map->shards == engine->shard->shards;
        if (!is_same || !fx_shard_is_within(engine->shard, map)) {
            return FX_BAD_SHARD_MAP;
        }
        result->is_changed = map->asset_count > engine->shard->asset_count ? 1 : 0;
        *engine->shard = result->is_changed != 0 ? *map : *engine->shard;
        return FX_OK;
    }
    if (!may_become(engine, map)) {
        return FX_BAD_SHARD_MAP;
    }
    if (!fits(engine, map)) {
        return FX_CAPACITY;
    }
    *engine->shard = *map;
    const uint64_t base = fx_shard_id_base(map);
    engine->next_order_id += base;
    engine->next_trade_id += base;
    engine->next_liquidation_id += base;
    result->is_changed = 1;
    return FX_OK;
}

fx_status fx_shard_state_judge(const struct fx_engine *engine,
                               const struct fx_command *command,
                               struct fx_event_result *result)
{
    FX_ASSERT(engine->shard->shards != 0);
    FX_ASSERT(engine->shard->shard < engine->shard->shards);
    const struct fx_shard_map *map = engine->shard;
    const uint64_t order_id = fx_shard_order_of(command);
    const uint64_t row_id = fx_shard_row_of(command);
    /* A row is nobody's where nothing is being loaded: that is what it is refused with. */
    const bool is_row = row_id != 0 && fx_preload_is_loading(engine);
    const struct fx_asset *asset = row_id == 0 || is_row ? fx_shard_asset_of(command) : NULL;
    if (is_row && fx_shard_of_id(row_id) != map->shard) {
        return FX_WRONG_SHARD;
    }
    if (asset != NULL) {
        return fx_shard_has(map, asset) ? FX_OK : FX_WRONG_SHARD;
    }
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS &&
        fx_shard_of_instrument(map->shards, command->instrument) != map->shard) {
        result->reject.field = FX_FIELD_SYMBOL;
        return FX_WRONG_SHARD;
    }
    return order_id != 0 && fx_shard_of_id(order_id) != map->shard ? FX_WRONG_SHARD : FX_OK;
}

const struct fx_command *fx_shard_state_localize(const struct fx_engine *engine,
                                                 const struct fx_command *command,
                                                 struct fx_command *target)
{
    FX_ASSERT(engine->shard->shards != 0);
    const uint32_t size = fx_command_size((enum fx_command_kind)command->kind);
    FX_ASSERT(size <= sizeof *target);
    memcpy(target, command, size == 0 ? offsetof(struct fx_command, u) : size);
    if (target->instrument != FX_COMMAND_ALL_INSTRUMENTS) {
        target->instrument -= fx_shard_instrument_base(engine->shard);
    }
    return target;
}

void fx_shard_state_label(const struct fx_engine *engine, struct fx_events *events)
{
    FX_CHECK(engine->shard->shard == 0 || engine->shard->shards != 0);
    FX_ASSERT(events->count <= events->capacity);
    if (engine->shard->shard == 0) {
        return; /* its numbers begin at 0 */
    }
    for (uint32_t index = 0; index < events->count; index++) {
        fx_shard_label(engine->shard, &events->items[index]);
    }
}

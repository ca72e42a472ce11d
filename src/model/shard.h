/**
 * @file shard.h
 * A shard: the symbols of some collateral assets, their accounts and orders, in one log of its own.
 *
 * The map is in the log (SET_SHARD) and part of the engine's state. Tables, caches and processes of
 * several shards are shared, so every number that an engine gives says its shard: ids begin at
 * shard x 2^46 (15 shards stay below 2^53, exact in JSON), instruments have a block of
 * FX_INSTRUMENTS_MAX / shards each, and the index in an operationId begins at shard x 2^16. Shard 0
 * counts as an exchange of one shard does. Inside of the engine all of them count from 0 but the
 * ids of orders, trades and liquidations. Thread: any (data, pure functions).
 */
#ifndef FX_MODEL_SHARD_H
#define FX_MODEL_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/ids.h"

enum {
    FX_SHARDS_MAX = 16,       /* a power of two; each has at least 16 instruments */
    FX_SHARD_ASSETS_MAX = 16, /* of one shard */
    FX_SHARD_ID_BITS = 46,
    FX_SHARD_INDEX_BITS = 16 /* events of one command, where there are several shards */
};

struct fx_command;
struct fx_event;

/** SET_SHARD: which of how many shards this log is, and whose collateral it has. The first one
 * comes before anything else of the log; later ones may add assets, and change nothing else. */
struct fx_shard_map {
    uint32_t shard;  /* < shards */
    uint32_t shards; /* at least 2; 0: there is no map, one shard has everything */
    uint32_t asset_count;
    uint32_t zero;
    struct fx_asset assets[FX_SHARD_ASSETS_MAX]; /* no two alike; the rest is zeroed */
};

/** Numbers in range, assets named, no two alike, nothing behind them. */
bool fx_shard_is_sound(const struct fx_shard_map *map);

/** True where the asset is this shard's. */
bool fx_shard_has(const struct fx_shard_map *map, const struct fx_asset *asset);

/** True where all assets of `part` are in `whole`. */
bool fx_shard_is_within(const struct fx_shard_map *part, const struct fx_shard_map *whole);

/** The shard that gave an id of an order, a trade, an account or a position. May be >= shards. */
uint32_t fx_shard_of_id(uint64_t id);

/** Instruments of one shard: the limit instruments_max of its log must not be larger. */
uint32_t fx_shard_instruments(uint32_t shards);

/** The shard of an instrument. `shards` > 0. May be >= shards. */
uint32_t fx_shard_of_instrument(uint32_t shards, uint32_t instrument);

/** The first id and the first instrument of a shard are one and this many behind 0. */
uint64_t fx_shard_id_base(const struct fx_shard_map *map);
uint32_t fx_shard_instrument_base(const struct fx_shard_map *map);

/** The collateral that a command is about; NULL where it names none. Borrowed from it. */
const struct fx_asset *fx_shard_asset_of(const struct fx_command *command);

/** The order that a command is about, by its id; 0 where it names none. */
uint64_t fx_shard_order_of(const struct fx_command *command);

/** The row that a record of a load brings, by its id (LOAD_ACCOUNT, LOAD_POSITION, LOAD_ORDER and
 * LOAD_ORDER_TP_SL); 0 for all other commands. */
uint64_t fx_shard_row_of(const struct fx_command *command);

/** From the engine's own numbers to those of all shards. Orders, trades and liquidations have them
 * already. */
void fx_shard_label(const struct fx_shard_map *map, struct fx_event *event);

#endif

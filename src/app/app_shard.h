/**
 * @file app_shard.h
 * FUTURE_SHARD_ASSETS: which collateral assets each shard has. "USDT;BTC,USD" is shard 0 with USDT
 * and shard 1 with BTC and USD. Every role has to have the same text: the logs have the map, and a
 * role whose text says less than a log is refused. Thread: the main one.
 */
#ifndef FX_APP_APP_SHARD_H
#define FX_APP_APP_SHARD_H

#include "base/config.h"
#include "base/status.h"
#include "model/shard.h"

/** Read the maps of `shards` shards; with one shard and no text there is none (zeroed).
 * @return OK; BAD_PARAMETER: logged, with the variable and the asset. */
FX_MUST_USE fx_status fx_app_shard_read(const struct fx_config *config,
                                        uint32_t shards,
                                        struct fx_shard_map maps[FX_SHARDS_MAX]);

#endif

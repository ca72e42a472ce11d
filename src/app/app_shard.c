#include "app/app_shard.h"

#include <string.h>

#include "base/log.h"

static fx_status refuse(const char *words, fx_str asset)
{
    FX_LOG(FX_LOG_ERROR,
           "config",
           words,
           fx_log_text("variable", "FUTURE_SHARD_ASSETS"),
           fx_log_str("asset", asset));
    return FX_BAD_PARAMETER;
}

/* An asset is money of one shard: two that both had it would each let it be withdrawn. */
static bool is_taken(const struct fx_shard_map maps[], uint32_t shard, const struct fx_asset *asset)
{
    for (uint32_t other = 0; other <= shard; other++) {
        if (fx_shard_has(&maps[other], asset)) {
            return true;
        }
    }
    return false;
}

/* "BTC,USD". */
static fx_status read_assets(fx_str text, struct fx_shard_map maps[], uint32_t shard)
{
    struct fx_shard_map *map = &maps[shard];
    size_t from = 0;
    while (from <= text.size) {
        size_t end = fx_str_find(text, ',', from);
        end = end == SIZE_MAX ? text.size : end;
        const fx_str name = fx_str_trim(fx_str_slice(text, from, end - from));
        struct fx_asset asset;
        if (!fx_ids_asset(name, &asset)) {
            return refuse("each shard needs the names of its assets, like USDT;BTC,USD", name);
        }
        if (is_taken(maps, shard, &asset)) {
            return refuse("an asset belongs to one shard only", name);
        }
        if (map->asset_count == FX_SHARD_ASSETS_MAX) {
            return refuse("a shard has at most 16 assets", name);
        }
        map->assets[map->asset_count++] = asset;
        from = end + 1;
    }
    return FX_OK;
}

fx_status fx_app_shard_read(const struct fx_config *config,
                            uint32_t shards,
                            struct fx_shard_map maps[FX_SHARDS_MAX])
{
    const fx_str text = fx_config_str(config, "shard-assets");
    size_t from = 0;
    uint32_t shard = 0;
    memset(maps, 0, FX_SHARDS_MAX * sizeof maps[0]);
    if (shards == 1) {
        return text.size == 0 ? FX_OK
                              : refuse("FUTURE_KAFKA_SHARDS is 1: that one has every asset", text);
    }
    if (text.size == 0) {
        return refuse("with several shards it says whose collateral each has, like USDT;BTC,USD",
                      text);
    }
    while (from <= text.size) {
        size_t end = fx_str_find(text, ';', from);
        end = end == SIZE_MAX ? text.size : end;
        if (shard == shards) {
            return refuse("it names more shards than FUTURE_KAFKA_SHARDS",
                          fx_str_slice(text, from, end - from));
        }
        maps[shard].shard = shard;
        maps[shard].shards = shards;
        const fx_status status = read_assets(fx_str_slice(text, from, end - from), maps, shard);
        if (status != FX_OK) {
            return status;
        }
        shard++;
        from = end + 1;
    }
    return shard == shards ? FX_OK : refuse("it names fewer shards than FUTURE_KAFKA_SHARDS", text);
}

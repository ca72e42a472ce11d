#include "market/index.h"

#include <string.h>

#include "base/panic.h"

static const int64_t PPB = 1000000000;

/* A word from so far ahead of our clock is not from a clock that agrees with ours. */
static const int64_t AHEAD_US_MAX = 5000000;

/* Sources that count so far, the cheapest first. */
struct ranking {
    uint32_t order[FX_INDEX_SOURCES_MAX];
    uint32_t count;
};

static void insert(struct ranking *ranking, const struct fx_index_source sources[], uint32_t source)
{
    uint32_t place = ranking->count;
    while (place > 0 && sources[ranking->order[place - 1]].price > sources[source].price) {
        ranking->order[place] = ranking->order[place - 1];
        place--;
    }
    ranking->order[place] = source;
    ranking->count++;
}

static fx_i128 median_of(const struct ranking *ranking, const struct fx_index_source sources[])
{
    uint64_t total = 0, reached = 0;
    FX_ASSERT(ranking->count > 0);
    for (uint32_t place = 0; place < ranking->count; place++) {
        total += sources[ranking->order[place]].weight;
    }
    uint32_t place = 0;
    for (; place < ranking->count; place++) {
        reached += sources[ranking->order[place]].weight;
        if (2 * reached >= total) {
            break;
        }
    }
    const fx_i128 price = sources[ranking->order[place]].price;
    if (2 * reached > total || place + 1 == ranking->count) {
        return price;
    }
    return fx_dec_div_int(price + sources[ranking->order[place + 1]].price, 2, FX_ROUND_HALF_EVEN);
}

static bool is_fresh(const struct fx_index_source *source,
                     const struct fx_index_rules *rules,
                     int64_t now_us)
{
    return source->price > 0 && source->said_us <= now_us + AHEAD_US_MAX &&
           now_us - source->said_us <= rules->max_age_us;
}

/* |price - median| / median > deviation, without a division. */
static bool is_deviant(fx_i128 price, fx_i128 median, int64_t deviation_ppb)
{
    const fx_i128 distance = price > median ? price - median : median - price;
    fx_i128 most = 0;
    const bool fits = fx_dec_mul_div(median, deviation_ppb, PPB, FX_ROUND_FLOOR, &most);
    return fits && distance > most;
}

void fx_index_compute(const struct fx_index_source sources[],
                      uint32_t count,
                      const struct fx_index_rules *rules,
                      int64_t now_us,
                      struct fx_index_result *result_out)
{
    struct ranking fresh = {.count = 0}, kept = {.count = 0};
    FX_ASSERT(count <= FX_INDEX_SOURCES_MAX);
    FX_ASSERT(rules->max_age_us > 0 && rules->deviation_ppb >= 0);
    memset(result_out, 0, sizeof *result_out);
    for (uint32_t index = 0; index < count; index++) {
        FX_ASSERT(sources[index].weight > 0 && sources[index].weight <= FX_INDEX_WEIGHT_MAX);
        if (is_fresh(&sources[index], rules, now_us)) {
            insert(&fresh, sources, index);
        } else {
            result_out->stale++;
            result_out->is_stale = (uint16_t)(result_out->is_stale | 1U << index);
        }
    }
    if (fresh.count == 0) {
        return;
    }
    const fx_i128 middle = median_of(&fresh, sources);
    for (uint32_t place = 0; place < fresh.count; place++) {
        const uint32_t index = fresh.order[place];
        if (is_deviant(sources[index].price, middle, rules->deviation_ppb)) {
            result_out->deviant++;
            result_out->is_deviant = (uint16_t)(result_out->is_deviant | 1U << index);
            continue;
        }
        if (kept.count == 0 || sources[index].said_us < result_out->said_us) {
            result_out->said_us = sources[index].said_us;
        }
        insert(&kept, sources, index);
    }
    result_out->count = kept.count;
    if (kept.count > 0) {
        result_out->price = median_of(&kept, sources);
    }
}

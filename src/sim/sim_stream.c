#include "sim/sim_stream.h"

#include "base/crc32c.h"
#include "base/panic.h"
#include "base/str.h"

void fx_sim_stream_init(struct fx_rng *rng, uint64_t seed, const char *name)
{
    const fx_str text = fx_str_of(name);
    const uint64_t low = fx_crc32c(0, text.data, text.size);
    const uint64_t high = fx_crc32c(1, text.data, text.size);
    fx_rng_init(rng, seed ^ (high << 32 | low));
}

bool fx_sim_stream_chance(struct fx_rng *rng, uint32_t ppm)
{
    return fx_rng_below(rng, FX_SIM_STREAM_PPM) < ppm;
}

int64_t fx_sim_stream_delay(struct fx_rng *rng, int64_t mean_us)
{
    FX_ASSERT(mean_us > 0);
    const int64_t longest = fx_rng_below(rng, 16) == 0 ? 8 * mean_us : mean_us;
    return fx_rng_between(rng, 1, longest);
}

uint32_t fx_sim_stream_pick(struct fx_rng *rng, const uint32_t weights[], uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t index = 0; index < count; index++) {
        sum += weights[index];
    }
    FX_ASSERT(sum > 0);
    uint64_t draw = fx_rng_below(rng, sum);
    uint32_t index = 0;
    while (draw >= weights[index]) {
        draw -= weights[index];
        index++;
    }
    return index;
}

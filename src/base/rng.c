#include "base/rng.h"

#include "base/dec.h"
#include "base/panic.h"

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the language's shifts
static uint64_t rotate_left(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

void fx_rng_init(struct fx_rng *rng, uint64_t seed)
{
    for (int index = 0; index < 4; index++) {
        seed += 0x9E3779B97F4A7C15U;
        uint64_t mixed = seed;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBU;
        rng->state[index] = mixed ^ mixed >> 31;
    }
}

uint64_t fx_rng_next(struct fx_rng *rng)
{
    uint64_t *s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t fx_rng_below(struct fx_rng *rng, uint64_t bound)
{
    FX_ASSERT(bound > 0);
    /* The high limb of draw * bound is below bound. 2^64 mod bound draws are thrown away, those
     * with a small low limb; without that, some results would be likelier than others. */
    fx_u128 product = (fx_u128)fx_rng_next(rng) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t thrown_away = (0 - bound) % bound;
        while ((uint64_t)product < thrown_away) {
            product = (fx_u128)fx_rng_next(rng) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): asserted
int64_t fx_rng_between(struct fx_rng *rng, int64_t min, int64_t max)
{
    FX_ASSERT(min <= max);
    const uint64_t bound = (uint64_t)max - (uint64_t)min + 1;
    const uint64_t offset = bound != 0 ? fx_rng_below(rng, bound) : fx_rng_next(rng);
    return (int64_t)((uint64_t)min + offset);
}

/**
 * @file rng.h
 * Repeatable random numbers for tests, simulation and jitter: xoshiro256** seeded by splitmix64.
 * Not for secrets; those come from base/crypto.h. Thread: the owner's.
 * Source: https://prng.di.unimi.it/ (Blackman and Vigna); Lemire, ACM TOMACS 29 (2019).
 */
#ifndef FX_BASE_RNG_H
#define FX_BASE_RNG_H

#include <stdint.h>

struct fx_rng {
    uint64_t state[4];
};

/** The same seed gives the same sequence on every machine, for ever. */
void fx_rng_init(struct fx_rng *rng, uint64_t seed);

/** 64 random bits. */
uint64_t fx_rng_next(struct fx_rng *rng);

/** A number from 0 to bound - 1, each equally likely; bound > 0. */
uint64_t fx_rng_below(struct fx_rng *rng, uint64_t bound);

/** A number from `min` to `max`, both included, each equally likely; min <= max. */
int64_t fx_rng_between(struct fx_rng *rng, int64_t min, int64_t max);

#endif

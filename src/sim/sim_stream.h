/**
 * @file sim_stream.h
 * Sub-streams of one seed by name: a new fault that draws from its own stream shifts no other
 * choice. Thread: any.
 */
#ifndef FX_SIM_SIM_STREAM_H
#define FX_SIM_SIM_STREAM_H

#include <stdbool.h>

#include "base/rng.h"

enum { FX_SIM_STREAM_PPM = 1000000 };

/** A generator that depends on seed and name only. */
void fx_sim_stream_init(struct fx_rng *rng, uint64_t seed, const char *name);

/** True `ppm` times in a million; draws in any case. */
bool fx_sim_stream_chance(struct fx_rng *rng, uint32_t ppm);

/** A duration around `mean_us`: mostly shorter, sometimes eight times as long; at least 1. */
int64_t fx_sim_stream_delay(struct fx_rng *rng, int64_t mean_us);

/** The index of one of `count` weights, as likely as it is heavy; one of them is positive. */
uint32_t fx_sim_stream_pick(struct fx_rng *rng, const uint32_t weights[], uint32_t count);

#endif

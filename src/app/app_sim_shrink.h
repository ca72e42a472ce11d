/**
 * @file app_sim_shrink.h
 * Find the smallest world that still fails: fewer clients, then faults, then requests.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_SIM_SHRINK_H
#define FX_APP_APP_SIM_SHRINK_H

#include "app/app_sim_child.h"

/** Cut `options` (of a world that failed) down; at most `tries_max` worlds are run. @return how
 * many were. The page of `child` has the result of the smallest. */
uint32_t fx_app_sim_shrink(struct fx_app_sim_child *child,
                           struct fx_sim_options *options,
                           uint32_t tries_max);

#endif

/**
 * @file app_sim.h
 * The command `sim`: simulate worlds, each from one seed, and say which promise broke.
 *
 * Worlds run in child processes, because a broken assertion of the engine ends its process. A seed
 * that fails is run again with less and less in it, and printed with the words that repeat it.
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_SIM_H
#define FX_APP_APP_SIM_H

#include "app/app_options.h"

/** @return an exit code: 0 every world kept its promises, 1 one did not. */
int fx_app_sim_run(const struct fx_app_options *options);

#endif

/**
 * @file app_check_explain.h
 * `check --account ID --symbol S`: the numbers between an account's money and its prices, of the
 * state that a data folder leads to, in the words of GET /risk/explain.
 *
 * Thread: the main thread.
 */
#ifndef FX_APP_APP_CHECK_EXPLAIN_H
#define FX_APP_APP_CHECK_EXPLAIN_H

#include "app/app_options.h"
#include "engine/engine.h"

/** Ask an engine, with the events' array of its replay, and print. @return an exit code: 0, or 64
 * where there is no such account or symbol. */
int fx_app_check_explain_run(const struct fx_app_options *options,
                             struct fx_engine *engine,
                             struct fx_events *events);

#endif

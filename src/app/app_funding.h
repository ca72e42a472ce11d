/**
 * @file app_funding.h
 * `funding:run`: at each instant of funding, PAY_FUNDING for every perpetual contract.
 *
 * Whoever leads does it by itself, and what is paid is not paid again: this is for those who want
 * the original's job beside it, or to be sure. Thread: the main one.
 */
#ifndef FX_APP_APP_FUNDING_H
#define FX_APP_APP_FUNDING_H

#include <stdint.h>

#include "market/market.h"
#include "model/command.h"
#include "model/limits.h"

/** Zeroed at the start. */
struct fx_app_funding {
    int64_t told_us[FX_INSTRUMENTS_MAX]; /* the last instant that was asked for */
};

/** Hand a command on. @return false: not now. */
typedef bool (*fx_app_funding_submit_fn)(void *context, const struct fx_command *command);

/** Ask for each symbol's last instant, once it is a second old. @return how many were asked for. */
uint32_t fx_app_funding_tick(struct fx_app_funding *funding,
                             const struct fx_market *market,
                             int64_t now_us,
                             fx_app_funding_submit_fn submit,
                             void *context);

#endif

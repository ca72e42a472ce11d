/**
 * @file app_bots.h
 * The demo's market makers: a state machine that keeps a living book around a drifting index price.
 *
 * Nothing here reads a clock or draws true random numbers: the same options, events and step times
 * give the same commands. The bots know their orders only by the commands they submitted and the
 * events that came back, so a restart (which dumps the open orders as events) finds them again.
 * Thread: the one that folds the events.
 */
#ifndef FX_APP_APP_BOTS_H
#define FX_APP_APP_BOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "model/command.h"
#include "model/event.h"

struct fx_app_bots;
struct fx_market;
struct fx_view;

enum { FX_APP_BOTS_INSTRUMENTS_MAX = 16 };

struct fx_app_bots_options {
    /** Hand a command to the engine; the token comes back in its RESULT. @return false: full. */
    bool (*submit)(void *self, uint64_t token, const struct fx_command *command);
    void *submit_self;
    uint64_t seed;
    uint64_t users[2]; /* 0: quotes both sides; 1: takes */
    uint32_t instruments[FX_APP_BOTS_INSTRUMENTS_MAX];
    uint32_t instrument_count;
    /* By instrument: somebody else says its index, and the bots follow it. */
    bool is_index_given[FX_APP_BOTS_INSTRUMENTS_MAX];
    const struct fx_view *view;     /* keeps; NULL: what the events told is enough */
    const struct fx_market *market; /* keeps; NULL likewise */
};

/** @return OK; NO_MEMORY; BAD_PARAMETER. Gives. */
FX_MUST_USE fx_status fx_app_bots_create(const struct fx_app_bots_options *options,
                                         struct fx_app_bots **bots_out);

/** Take note of one event, in the log's order; others' events are ignored. */
void fx_app_bots_on_event(struct fx_app_bots *bots, const struct fx_event *event);

/** Move the prices and the orders once; called about each 250 ms. Bounded work. */
void fx_app_bots_step(struct fx_app_bots *bots, int64_t now_us);

/** Free. Accepts NULL; orders stay in the book. */
void fx_app_bots_destroy(struct fx_app_bots *bots);

#endif

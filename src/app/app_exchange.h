/**
 * @file app_exchange.h
 * The whole embedded exchange: store, savers, engine, gateway, opened and closed in the right
 * order. With KAFKA_BROKERS it is an API process: followers of the logs of all shards stand where
 * the engine does, and the savers are processes of their own.
 *
 * open: lock and recover (what the tables miss is written first), then the read models get a dump.
 * start: threads. stop: everything handed in is finished, durable and written. Thread: the main
 * one.
 */
#ifndef FX_APP_APP_EXCHANGE_H
#define FX_APP_APP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/app_gateway.h"
#include "app/app_start.h"
#include "base/config.h"
#include "base/status.h"
#include "worker/worker_cache.h"
#include "worker/worker_engine.h"

struct fx_app_exchange;

/**
 * Open the data directory that the configuration names. Problems are logged with their reason.
 * `start` is told what it is at; NULL: nobody asks.
 * @return OK; LOCKED; CORRUPT; IO; NO_MEMORY; VERSION_MISMATCH; BAD_FILE; BAD_PARAMETER. Gives.
 */
FX_MUST_USE fx_status fx_app_exchange_open(const struct fx_config *config,
                                           struct fx_app_start *start,
                                           struct fx_app_exchange **exchange_out);

/** Run the threads. */
FX_MUST_USE fx_status fx_app_exchange_start(struct fx_app_exchange *exchange);

/** Stop the threads, write the last snapshot, close everything. Accepts NULL. */
void fx_app_exchange_close(struct fx_app_exchange *exchange);

struct fx_app_gateway *fx_app_exchange_gateway(struct fx_app_exchange *exchange);

/** What seals secrets at rest. Borrowed. */
const struct fx_seal *fx_app_exchange_seal(const struct fx_app_exchange *exchange);

/** A second writer, for users; small writes only. */
struct fx_store *fx_app_exchange_users(struct fx_app_exchange *exchange);

/** Where its state comes from, for its figures. */
const struct fx_worker_feed *fx_app_exchange_feed(const struct fx_app_exchange *exchange);

/** Figures of one moment, for health and metrics. */
struct fx_app_exchange_figures {
    struct fx_worker_engine_stats engine;
    struct fx_worker_engine_figures inner;
    bool is_follower; /* on a bus: then there is no saver in this process, and … */
    struct fx_worker_follow_stats follow;
    uint64_t saved_sequence;                       /* the tables are complete up to this command */
    uint64_t unsaved_events;                       /* released, and not taken by the saver */
    uint64_t spilled_events;                       /* of those taken, in its file */
    const struct fx_metric_histogram *write_times; /* of the saver's transactions; borrowed */
    bool has_cache;
    struct fx_worker_cache_stats cache;
};
void fx_app_exchange_figures(struct fx_app_exchange *exchange,
                             struct fx_app_exchange_figures *figures_out);

/** Ask the database whether it can be read and has this version's schema. Blocks for the disk. */
FX_MUST_USE fx_status fx_app_exchange_check_store(struct fx_app_exchange *exchange);

/** What the opening found. */
const struct fx_worker_engine_report *fx_app_exchange_report(
    const struct fx_app_exchange *exchange);

#endif

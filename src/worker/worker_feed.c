#include "worker/worker_feed.h"

#include <string.h>

static const struct fx_metric_histogram NO_TIMES;

bool fx_worker_feed_submit(const struct fx_worker_feed *feed,
                           uint64_t token,
                           const struct fx_command *command)
{
    return feed->engine != NULL ? fx_worker_engine_submit(feed->engine, token, command)
                                : fx_worker_follow_submit(feed->follow, token, command);
}

bool fx_worker_feed_submit_proved(const struct fx_worker_feed *feed,
                                  uint64_t token,
                                  const struct fx_command *command,
                                  const struct fx_proof *proof)
{
    return feed->engine != NULL
               ? fx_worker_engine_submit(feed->engine, token, command)
               : fx_worker_follow_submit_proved(feed->follow, token, command, proof);
}

void fx_worker_feed_wake(const struct fx_worker_feed *feed)
{
    if (feed->engine != NULL) {
        fx_worker_engine_wake(feed->engine);
    } else {
        fx_worker_follow_wake(feed->follow);
    }
}

struct fx_ring_broadcast *fx_worker_feed_ring(const struct fx_worker_feed *feed)
{
    return feed->engine != NULL ? fx_worker_engine_ring(feed->engine)
                                : fx_worker_follow_ring(feed->follow);
}

const struct fx_engine_limits *fx_worker_feed_limits(const struct fx_worker_feed *feed)
{
    return feed->engine != NULL ? fx_worker_engine_limits(feed->engine)
                                : fx_worker_follow_limits(feed->follow);
}

struct fx_engine *fx_worker_feed_engine(const struct fx_worker_feed *feed)
{
    return feed->engine != NULL ? fx_worker_engine_engine(feed->engine)
                                : fx_worker_follow_engine(feed->follow);
}

bool fx_worker_feed_audit(const struct fx_worker_feed *feed, struct fx_engine_audit *audit_out)
{
    return feed->engine != NULL ? fx_worker_engine_audit(feed->engine, audit_out)
                                : fx_worker_follow_audit(feed->follow, audit_out);
}

void fx_worker_feed_stats(const struct fx_worker_feed *feed,
                          struct fx_worker_engine_stats *stats_out)
{
    if (feed->engine != NULL) {
        fx_worker_engine_stats(feed->engine, stats_out);
        return;
    }
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(feed->follow, &stats);
    *stats_out = (struct fx_worker_engine_stats){.durable = stats.sequence,
                                                 .intake_count = stats.intake_count,
                                                 .load_percent = stats.load_percent};
}

void fx_worker_feed_figures(const struct fx_worker_feed *feed,
                            struct fx_worker_engine_figures *figures_out)
{
    if (feed->engine != NULL) {
        fx_worker_engine_figures(feed->engine, figures_out);
        return;
    }
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(feed->follow, &stats);
    *figures_out = (struct fx_worker_engine_figures){.snapshot = stats.snapshot,
                                                     .space = FX_BUS_JOURNAL_SPACE_OK,
                                                     .has_failed = stats.failure != FX_OK,
                                                     .sync_times = &NO_TIMES,
                                                     .match_times = stats.match_times};
}

fx_status fx_worker_feed_start(const struct fx_worker_feed *feed)
{
    return feed->engine != NULL ? fx_worker_engine_start(feed->engine)
                                : fx_worker_follow_start(feed->follow);
}

void fx_worker_feed_stop(const struct fx_worker_feed *feed,
                         fx_worker_engine_wake_fn pump,
                         void *context)
{
    if (feed->engine != NULL) {
        fx_worker_engine_stop(feed->engine, pump, context);
    } else {
        fx_worker_follow_stop(feed->follow, pump, context);
    }
}

void fx_worker_feed_destroy(struct fx_worker_feed *feed)
{
    fx_worker_engine_destroy(feed->engine);
    fx_worker_follow_destroy(feed->follow);
    memset(feed, 0, sizeof *feed);
}

#include "worker/worker_feed.h"

#include <string.h>

#include "base/panic.h"

static const struct fx_metric_histogram NO_TIMES;

uint32_t fx_worker_feed_count(const struct fx_worker_feed *feed)
{
    return feed->shards != NULL ? fx_worker_shards_count(feed->shards) : 1;
}

/* The only follower, or one of several; NULL: there is an engine. */
static struct fx_worker_follow *follow_of(const struct fx_worker_feed *feed, uint32_t index)
{
    FX_ASSERT(index < fx_worker_feed_count(feed));
    return feed->shards != NULL ? fx_worker_shards_at(feed->shards, index) : feed->follow;
}

bool fx_worker_feed_submit(const struct fx_worker_feed *feed,
                           uint64_t token,
                           const struct fx_command *command)
{
    static const struct fx_proof NONE;
    return fx_worker_feed_submit_proved(feed, token, command, &NONE);
}

bool fx_worker_feed_submit_proved(const struct fx_worker_feed *feed,
                                  uint64_t token,
                                  const struct fx_command *command,
                                  const struct fx_proof *proof)
{
    if (feed->shards != NULL) {
        return fx_worker_shards_submit(feed->shards, token, command, proof);
    }
    return feed->engine != NULL
               ? fx_worker_engine_submit(feed->engine, token, command)
               : fx_worker_follow_submit_proved(feed->follow, token, command, proof);
}

void fx_worker_feed_wake(const struct fx_worker_feed *feed)
{
    if (feed->shards != NULL) {
        fx_worker_shards_wake(feed->shards);
    } else if (feed->engine != NULL) {
        fx_worker_engine_wake(feed->engine);
    } else {
        fx_worker_follow_wake(feed->follow);
    }
}

struct fx_ring_broadcast *fx_worker_feed_ring(const struct fx_worker_feed *feed, uint32_t index)
{
    return feed->engine != NULL ? fx_worker_engine_ring(feed->engine)
                                : fx_worker_follow_ring(follow_of(feed, index));
}

static const struct fx_engine_limits *limits_of(const struct fx_worker_feed *feed, uint32_t index)
{
    return feed->engine != NULL ? fx_worker_engine_limits(feed->engine)
                                : fx_worker_follow_limits(follow_of(feed, index));
}

const struct fx_engine_limits *fx_worker_feed_limits(const struct fx_worker_feed *feed)
{
    return limits_of(feed, 0);
}

uint32_t fx_worker_feed_depth(const struct fx_worker_feed *feed)
{
    uint32_t most = 0;
    for (uint32_t index = 0; index < fx_worker_feed_count(feed); index++) {
        const struct fx_engine_limits *limits = limits_of(feed, index);
        const uint32_t depth = limits->book_window_levels + limits->book_overflow_levels_max;
        most = depth > most ? depth : most;
    }
    return most;
}

struct fx_engine *fx_worker_feed_engine(const struct fx_worker_feed *feed, uint32_t index)
{
    return feed->engine != NULL ? fx_worker_engine_engine(feed->engine)
                                : fx_worker_follow_engine(follow_of(feed, index));
}

void fx_worker_feed_merge(const struct fx_worker_feed *feed, struct fx_event *event)
{
    if (feed->shards != NULL) {
        fx_worker_shards_merge(feed->shards, event);
    }
}

/* An asset is in one shard. */
static void put_assets(struct fx_engine_audit *whole, const struct fx_engine_audit *part)
{
    whole->sequence = part->sequence;
    for (uint32_t index = 0; index < part->count; index++) {
        uint32_t at = 0;
        while (at < whole->count && memcmp(&whole->assets[at].asset,
                                           &part->assets[index].asset,
                                           sizeof part->assets[index].asset) != 0) {
            at++;
        }
        if (at < FX_ENGINE_AUDIT_ASSETS_MAX) {
            whole->assets[at] = part->assets[index];
            whole->count = at == whole->count ? at + 1 : whole->count;
        }
    }
}

bool fx_worker_feed_audit(const struct fx_worker_feed *feed, struct fx_engine_audit *audit_out)
{
    bool is_new = false;
    if (feed->engine != NULL) {
        return fx_worker_engine_audit(feed->engine, audit_out);
    }
    if (feed->shards == NULL) {
        return fx_worker_follow_audit(feed->follow, audit_out);
    }
    for (uint32_t index = 0; index < fx_worker_feed_count(feed); index++) {
        struct fx_engine_audit part;
        if (fx_worker_follow_audit(follow_of(feed, index), &part)) {
            put_assets(audit_out, &part);
            is_new = true;
        }
    }
    return is_new;
}

void fx_worker_feed_stats(const struct fx_worker_feed *feed,
                          struct fx_worker_engine_stats *stats_out)
{
    if (feed->engine != NULL) {
        fx_worker_engine_stats(feed->engine, stats_out);
        return;
    }
    struct fx_worker_follow_stats stats;
    fx_worker_feed_follow_stats(feed, &stats);
    *stats_out = (struct fx_worker_engine_stats){.durable = stats.sequence,
                                                 .intake_count = stats.intake_count,
                                                 .load_percent = stats.load_percent};
}

/* What says how all of them are. */
static void add_stats(struct fx_worker_follow_stats *whole,
                      const struct fx_worker_follow_stats *part)
{
    whole->sequence += part->sequence;
    whole->position += part->position;
    whole->lag = part->lag > whole->lag ? part->lag : whole->lag;
    whole->poison_count += part->poison_count;
    whole->replay_count += part->replay_count;
    whole->epoch = part->epoch < whole->epoch ? part->epoch : whole->epoch;
    whole->record_us = part->record_us > whole->record_us ? part->record_us : whole->record_us;
    whole->heard_us = part->heard_us < whole->heard_us ? part->heard_us : whole->heard_us;
    whole->intake_count += part->intake_count;
    whole->pending_count += part->pending_count;
    whole->load_percent =
        part->load_percent > whole->load_percent ? part->load_percent : whole->load_percent;
    whole->failure = whole->failure == FX_OK ? part->failure : whole->failure;
    whole->snapshot.written_sequence += part->snapshot.written_sequence;
    whole->snapshot.failures += part->snapshot.failures;
    if (part->snapshot.written_us < whole->snapshot.written_us) {
        whole->snapshot.written_us = part->snapshot.written_us;
    }
}

void fx_worker_feed_follow_stats(const struct fx_worker_feed *feed,
                                 struct fx_worker_follow_stats *stats_out)
{
    fx_worker_follow_stats(follow_of(feed, 0), stats_out);
    for (uint32_t index = 1; index < fx_worker_feed_count(feed); index++) {
        struct fx_worker_follow_stats part;
        fx_worker_follow_stats(follow_of(feed, index), &part);
        add_stats(stats_out, &part);
    }
}

fx_status fx_worker_feed_failure(const struct fx_worker_feed *feed)
{
    struct fx_worker_follow_stats stats = {.failure = FX_OK};
    if (feed->engine == NULL) { /* a single writer ends its process by itself */
        fx_worker_feed_follow_stats(feed, &stats);
    }
    return stats.failure;
}

void fx_worker_feed_figures(const struct fx_worker_feed *feed,
                            struct fx_worker_engine_figures *figures_out)
{
    if (feed->engine != NULL) {
        fx_worker_engine_figures(feed->engine, figures_out);
        return;
    }
    struct fx_worker_follow_stats stats;
    fx_worker_feed_follow_stats(feed, &stats);
    *figures_out = (struct fx_worker_engine_figures){.snapshot = stats.snapshot,
                                                     .space = FX_BUS_JOURNAL_SPACE_OK,
                                                     .has_failed = stats.failure != FX_OK,
                                                     .sync_times = &NO_TIMES,
                                                     .match_times = stats.match_times};
}

fx_status fx_worker_feed_start(const struct fx_worker_feed *feed)
{
    fx_status status = FX_OK;
    if (feed->engine != NULL) {
        return fx_worker_engine_start(feed->engine);
    }
    for (uint32_t index = 0; index < fx_worker_feed_count(feed) && status == FX_OK; index++) {
        status = fx_worker_follow_start(follow_of(feed, index));
    }
    return status;
}

void fx_worker_feed_stop(const struct fx_worker_feed *feed,
                         fx_worker_engine_wake_fn pump,
                         void *context)
{
    if (feed->engine != NULL) {
        fx_worker_engine_stop(feed->engine, pump, context);
        return;
    }
    for (uint32_t index = 0; index < fx_worker_feed_count(feed); index++) {
        fx_worker_follow_stop(follow_of(feed, index), pump, context);
    }
}

void fx_worker_feed_destroy(struct fx_worker_feed *feed)
{
    fx_worker_engine_destroy(feed->engine);
    fx_worker_follow_destroy(feed->follow);
    fx_worker_shards_destroy(feed->shards);
    memset(feed, 0, sizeof *feed);
}

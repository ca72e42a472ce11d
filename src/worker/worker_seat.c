#include "worker/worker_seat.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    IDLE_US_MAX = 200000, /* a member that is not heard leaves */
    COMMIT_US = 1000000,
    LOST_US = 30000000,
    RECORDS = 8 /* a silent member gets none */
};

struct fx_worker_seat {
    struct fx_worker_seat_options options;
    struct fx_agent *agent;
    struct fx_bus_reader *reader;
    char group[FX_BUS_NAME_SIZE_MAX + 1];
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    int64_t commit_us;  /* when it was tried last */
    int64_t lost_us;    /* when the group lost sight of us; 0: it did not */
    uint64_t told;      /* the offset that was committed last */
    fx_status said;     /* of the last poll that failed: said once */
    bool is_unanswered; /* the last commit: the brokers are away */
    bool is_leaving;    /* it is being closed: nobody is told of a loss */
    _Atomic bool is_held;
    _Atomic uint64_t kept; /* what the group has as done */
    _Atomic uint64_t stat_committed, stat_commits, stat_failed;
    _Atomic int stat_fatal;
};

static struct fx_bus_place place_of(const struct fx_worker_seat *seat)
{
    return (struct fx_bus_place){fx_str_of(seat->topic), seat->options.place.partition};
}

static bool is_ours(const struct fx_worker_seat *seat, struct fx_bus_place place)
{
    return place.partition == seat->options.place.partition &&
           fx_str_is_equal(place.topic, fx_str_of(seat->topic));
}

static void set_held(struct fx_worker_seat *seat, bool is_held, const char *words)
{
    seat->lost_us = 0;
    if (atomic_exchange(&seat->is_held, is_held) != is_held) {
        FX_LOG(FX_LOG_INFO, "seat", words, fx_log_text("group", seat->group));
    }
}

/* Where the brokers do not answer, what is known is older: who goes by it does more, not less. */
static void ask(struct fx_worker_seat *seat)
{
    uint64_t next = 0;
    if (seat->options.is_asking &&
        fx_bus_reader_committed(seat->reader, place_of(seat), &next) == FX_OK) {
        atomic_store_explicit(&seat->kept, next, memory_order_relaxed);
    }
}

static uint64_t on_assigned(void *context, struct fx_bus_place place)
{
    struct fx_worker_seat *seat = context;
    const uint64_t next = seat->options.progress(seat->options.context);
    if (is_ours(seat, place)) {
        ask(seat);
        set_held(seat, true, "the work of the group is ours");
    }
    const uint64_t kept = fx_worker_seat_kept(seat);
    if (next != UINT64_MAX) { /* nothing is read of it anyway */
        return next;
    }
    return kept > 0 ? kept : FX_BUS_COMMITTED;
}

/* What is done is told before somebody else has the partition. */
static void commit(struct fx_worker_seat *seat)
{
    const uint64_t next = seat->options.progress(seat->options.context);
    if (next == UINT64_MAX || next == seat->told) {
        return;
    }
    const fx_status status = fx_bus_reader_commit(seat->reader, place_of(seat), next);
    seat->is_unanswered = status == FX_TIMEOUT;
    if (status != FX_OK) {
        atomic_fetch_add_explicit(&seat->stat_failed, 1, memory_order_relaxed);
        return;
    }
    seat->told = next;
    atomic_store_explicit(&seat->stat_committed, next, memory_order_relaxed);
    atomic_fetch_add_explicit(&seat->stat_commits, 1, memory_order_relaxed);
}

static void on_revoked(void *context, struct fx_bus_place place, bool is_lost)
{
    struct fx_worker_seat *seat = context;
    if (!is_ours(seat, place)) {
        return;
    }
    if (is_lost) {
        seat->lost_us = fx_clock_monotonic_us();
        return;
    }
    if (!seat->is_leaving) {
        set_held(seat, false, "the work of the group is another member's, this one stands by");
        commit(seat);
    }
}

static void poll(struct fx_worker_seat *seat)
{
    struct fx_bus_record records[RECORDS];
    uint32_t count = 0;
    const fx_status status = fx_bus_reader_poll(seat->reader, 0, records, RECORDS, &count);
    if (status != FX_OK && status != seat->said) {
        FX_LOG(FX_LOG_WARN,
               "seat",
               "the group does not answer",
               fx_log_text("group", seat->group),
               fx_log_status("err", status),
               fx_log_text("reason", fx_bus_reader_error_text(seat->reader)));
    }
    seat->said = status;
    if (status == FX_FORBIDDEN || status == FX_BAD_CREDENTIALS) {
        atomic_store_explicit(&seat->stat_fatal, (int)status, memory_order_relaxed);
    }
    if (seat->lost_us != 0 && fx_clock_monotonic_us() - seat->lost_us > LOST_US) {
        set_held(seat, false, "the group has not been heard of for long, this member stands by");
    }
}

int fx_worker_seat_step(void *self, int64_t now_us)
{
    struct fx_worker_seat *seat = self;
    const int64_t since_us = now_us - seat->commit_us;
    if (!seat->options.is_alone) {
        poll(seat);
    }
    if (seat->lost_us != 0 || (since_us >= 0 && since_us < seat->options.commit_us)) {
        return 0;
    }
    seat->commit_us = now_us;
    if (fx_worker_seat_is_held(seat)) {
        commit(seat);
        return 1;
    }
    ask(seat);
    return 0;
}

fx_status fx_worker_seat_create(const struct fx_worker_seat_options *options,
                                struct fx_worker_seat **seat_out)
{
    struct fx_worker_seat *seat = calloc(1, sizeof *seat);
    if (seat == NULL) {
        return FX_NO_MEMORY;
    }
    seat->options = *options;
    seat->options.commit_us = options->commit_us == 0 ? COMMIT_US : options->commit_us;
    seat->told = UINT64_MAX;
    atomic_init(&seat->is_held, options->is_alone);
    const struct fx_agent_options agent = {.name = "seat",
                                           .step = fx_worker_seat_step,
                                           .self = seat,
                                           .clock = fx_clock_monotonic_us,
                                           .idle_us_max = IDLE_US_MAX};
    fx_status status = fx_str_copy(options->group, seat->group, sizeof seat->group) &&
                               fx_str_copy(options->place.topic, seat->topic, sizeof seat->topic)
                           ? fx_agent_create(&agent, &seat->agent)
                           : FX_BAD_PARAMETER;
    if (status == FX_OK) {
        const fx_str topic = fx_str_of(seat->topic);
        const struct fx_bus_group group = {.name = fx_str_of(seat->group),
                                           .topics = &topic,
                                           .topic_count = options->is_alone ? 0 : 1,
                                           .is_silent = true,
                                           .on_assigned = on_assigned,
                                           .on_revoked = on_revoked,
                                           .context = seat};
        status = fx_bus_reader_join(options->bus, &group, &seat->reader);
    }
    if (status != FX_OK) {
        fx_worker_seat_destroy(seat);
        return status;
    }
    *seat_out = seat;
    return FX_OK;
}

void fx_worker_seat_destroy(struct fx_worker_seat *seat)
{
    if (seat == NULL) {
        return;
    }
    if (seat->reader != NULL && fx_worker_seat_is_held(seat) && seat->lost_us == 0 &&
        !seat->is_unanswered) {
        commit(seat);
    }
    seat->is_leaving = true;
    fx_bus_reader_close(seat->reader);
    fx_agent_destroy(seat->agent);
    free(seat);
}

fx_status fx_worker_seat_start(struct fx_worker_seat *seat)
{
    return fx_agent_start(seat->agent);
}

void fx_worker_seat_stop(struct fx_worker_seat *seat)
{
    fx_agent_stop(seat->agent);
    fx_agent_join(seat->agent);
}

bool fx_worker_seat_is_held(const struct fx_worker_seat *seat)
{
    return seat == NULL || atomic_load_explicit(&seat->is_held, memory_order_acquire);
}

uint64_t fx_worker_seat_kept(const struct fx_worker_seat *seat)
{
    return seat == NULL ? 0 : atomic_load_explicit(&seat->kept, memory_order_relaxed);
}

void fx_worker_seat_stats(const struct fx_worker_seat *seat, struct fx_worker_seat_stats *stats_out)
{
    *stats_out = (struct fx_worker_seat_stats){
        .committed = atomic_load_explicit(&seat->stat_committed, memory_order_relaxed),
        .commits = atomic_load_explicit(&seat->stat_commits, memory_order_relaxed),
        .failed = atomic_load_explicit(&seat->stat_failed, memory_order_relaxed),
        .fatal = (fx_status)atomic_load_explicit(&seat->stat_fatal, memory_order_relaxed)};
}

#include "worker/worker_saver.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"

enum {
    IDLE_US_MAX = 100000,
    /* A transaction costs more than its rows: gather. The ring holds some twenty times as much. */
    REST_US = 30000,
    SPILL_IDLE_US = 1000000,
    SPILL_MAX = 4096, /* events moved at once: the writer waits for the lock meanwhile */
    STOP_US_MAX = 5000000
};

static const int64_t RETRY_US_MIN = 20000; /* doubles up to 1.3 s */

struct fx_worker_saver {
    struct fx_worker_saver_options options;
    struct fx_agent *agent;
    struct fx_agent *spiller; /* NULL without a spill */
    pthread_mutex_t lock;     /* of the ring's consumer and the spill */
    bool has_lock;
    bool is_spilling; /* said in the log */
    bool is_spill_full;
    struct fx_event *items; /* taken from the ring, not yet written */
    uint32_t count;
    uint32_t capacity;
    uint32_t failures; /* in a row */
    int64_t retry_us;
    _Atomic uint64_t watermark;
    struct fx_metric_histogram write_times;
};

static uint32_t backlog(const struct fx_worker_saver *saver)
{
    const uint64_t cursor = fx_ring_broadcast_cursor(saver->options.ring, saver->options.consumer);
    const uint64_t released = fx_ring_broadcast_released(saver->options.ring);
    return released > cursor ? (uint32_t)(released - cursor) : 0;
}

/* Move released events over, as many as fit. */
static void fill_from_ring(struct fx_worker_saver *saver)
{
    const void *items = NULL;
    uint32_t ready = 0;
    while (saver->count < saver->capacity &&
           (ready = fx_ring_broadcast_peek(saver->options.ring, saver->options.consumer, &items)) >
               0) {
        const uint32_t room = saver->capacity - saver->count;
        const uint32_t count = ready < room ? ready : room;
        memcpy(&saver->items[saver->count], items, (size_t)count * sizeof saver->items[0]);
        saver->count += count;
        fx_ring_broadcast_advance(saver->options.ring, saver->options.consumer, count);
    }
}

/* What was spilled is older than what the ring has. */
static void fill_from_spill(struct fx_worker_saver *saver)
{
    uint32_t taken = 0;
    const fx_status status = fx_worker_spill_take(
        saver->options.spill, &saver->items[saver->count], saver->capacity - saver->count, &taken);
    saver->count += taken;
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "saver",
               "the events on disk cannot be read; the next start tells them from the journal",
               fx_log_status("err", status));
        abort(); /* a skipped event is a lost trade */
    }
}

/* Also where nothing could be moved there: the next time is told anew. */
static void note_calm(struct fx_worker_saver *saver)
{
    if (saver->is_spilling && fx_worker_spill_count(saver->options.spill) == 0 &&
        backlog(saver) < saver->options.spill_from) {
        saver->is_spilling = false;
        saver->is_spill_full = false;
        FX_LOG(FX_LOG_INFO, "saver", "the tables keep up again");
    }
}

static void fill(struct fx_worker_saver *saver)
{
    struct fx_worker_spill *spill = saver->options.spill;
    if (saver->count == saver->capacity) {
        return;
    }
    if (spill == NULL) {
        fill_from_ring(saver);
        return;
    }
    (void)pthread_mutex_lock(&saver->lock);
    if (fx_worker_spill_count(spill) > 0) {
        fill_from_spill(saver);
    }
    if (fx_worker_spill_count(spill) == 0) {
        fill_from_ring(saver);
    }
    note_calm(saver);
    (void)pthread_mutex_unlock(&saver->lock);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a status is an enum
static void note_spill(struct fx_worker_saver *saver, fx_status status)
{
    if (!saver->is_spilling) {
        saver->is_spilling = true;
        FX_LOG(FX_LOG_WARN, "saver", "the tables do not keep up: events wait in a file");
    }
    if (status != FX_OK && !saver->is_spill_full) {
        saver->is_spill_full = true;
        FX_LOG(FX_LOG_ERROR,
               "saver",
               "no more events can wait in a file",
               fx_log_status("err", status),
               fx_log_u64("events", fx_worker_spill_count(saver->options.spill)));
    }
}

int fx_worker_saver_step_spill(void *self, int64_t now_us)
{
    struct fx_worker_saver *saver = self;
    const void *items = NULL;
    uint32_t taken = 0;
    (void)now_us;
    if (backlog(saver) < saver->options.spill_from) {
        return 0;
    }
    (void)pthread_mutex_lock(&saver->lock);
    const uint32_t ready =
        fx_ring_broadcast_peek(saver->options.ring, saver->options.consumer, &items);
    if (ready > 0) {
        const fx_status status = fx_worker_spill_append(
            saver->options.spill, items, ready < SPILL_MAX ? ready : SPILL_MAX, &taken);
        fx_ring_broadcast_advance(saver->options.ring, saver->options.consumer, taken);
        note_spill(saver, status);
    }
    (void)pthread_mutex_unlock(&saver->lock);
    return (int)taken;
}

/* How many of the events taken are whole commands (S1). */
static uint32_t whole_count(const struct fx_worker_saver *saver)
{
    uint32_t count = saver->count;
    while (count > 0 && saver->items[count - 1].kind != FX_EVENT_RESULT) {
        count--;
    }
    return count;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a status is an enum
static void on_failure(struct fx_worker_saver *saver, fx_status status, int64_t now_us)
{
    const uint32_t shift = saver->failures < 6 ? saver->failures : 6;
    saver->failures++;
    if ((saver->failures & (saver->failures - 1)) == 0) { /* the 1st, 2nd, 4th, 8th … */
        FX_LOG(FX_LOG_ERROR,
               "saver",
               "the tables could not be written",
               fx_log_status("err", status),
               fx_log_text("store", fx_store_error_text(saver->options.save->store)),
               fx_log_u64("failures", saver->failures));
    }
    if (status == FX_CORRUPT || status == FX_TABLES_BEHIND) {
        abort(); /* a skipped event is a lost trade: the next start recovers from the journal */
    }
    saver->retry_us = now_us + (RETRY_US_MIN << shift);
}

int fx_worker_saver_step(void *self, int64_t now_us)
{
    struct fx_worker_saver *saver = self;
    fill(saver);
    const uint32_t count = whole_count(saver);
    if (count == 0 || (saver->failures > 0 && now_us < saver->retry_us)) {
        return 0;
    }
    const int64_t start_us = fx_clock_monotonic_us();
    const fx_status status = fx_worker_save_events(saver->options.save, saver->items, count);
    fx_metric_histogram_add(&saver->write_times, fx_clock_monotonic_us() - start_us);
    if (status != FX_OK) {
        on_failure(saver, status, now_us);
        return 0;
    }
    saver->failures = 0;
    saver->count -= count;
    memmove(saver->items, &saver->items[count], (size_t)saver->count * sizeof saver->items[0]);
    atomic_store_explicit(&saver->watermark, saver->options.save->watermark, memory_order_release);
    return (int)count;
}

fx_status fx_worker_saver_create(const struct fx_worker_saver_options *options,
                                 struct fx_worker_saver **saver_out)
{
    struct fx_worker_saver *saver = calloc(1, sizeof *saver);
    if (saver == NULL) {
        fx_worker_spill_destroy(options->spill);
        return FX_NO_MEMORY;
    }
    saver->options = *options;
    saver->has_lock = pthread_mutex_init(&saver->lock, NULL) == 0;
    saver->capacity = options->batch_max;
    saver->items = aligned_alloc(16, (size_t)saver->capacity * sizeof saver->items[0]);
    atomic_store(&saver->watermark, options->save->watermark);
    const struct fx_agent_options agent = {.name = "saver",
                                           .step = fx_worker_saver_step,
                                           .self = saver,
                                           .clock = fx_clock_monotonic_us,
                                           .idle_us_max = IDLE_US_MAX,
                                           .rest_us = REST_US};
    const struct fx_agent_options spiller = {.name = "spill",
                                             .step = fx_worker_saver_step_spill,
                                             .self = saver,
                                             .clock = fx_clock_monotonic_us,
                                             .idle_us_max = SPILL_IDLE_US};
    if (saver->items == NULL || !saver->has_lock ||
        fx_agent_create(&agent, &saver->agent) != FX_OK ||
        (options->spill != NULL && fx_agent_create(&spiller, &saver->spiller) != FX_OK)) {
        fx_worker_saver_destroy(saver);
        return FX_NO_MEMORY;
    }
    *saver_out = saver;
    return FX_OK;
}

void fx_worker_saver_destroy(struct fx_worker_saver *saver)
{
    if (saver == NULL) {
        return;
    }
    fx_agent_destroy(saver->agent);
    fx_agent_destroy(saver->spiller);
    fx_worker_spill_destroy(saver->options.spill);
    if (saver->has_lock) {
        (void)pthread_mutex_destroy(&saver->lock);
    }
    free(saver->items);
    free(saver);
}

fx_status fx_worker_saver_start(struct fx_worker_saver *saver)
{
    fx_status status = saver->spiller == NULL ? FX_OK : fx_agent_start(saver->spiller);
    if (status != FX_OK) {
        return status;
    }
    status = fx_agent_start(saver->agent);
    if (status != FX_OK && saver->spiller != NULL) {
        fx_agent_stop(saver->spiller);
        fx_agent_join(saver->spiller);
    }
    return status;
}

void fx_worker_saver_wake(void *self)
{
    struct fx_worker_saver *saver = self;
    if (saver->spiller != NULL && backlog(saver) >= saver->options.spill_from) {
        fx_agent_wake(saver->spiller);
    }
    fx_agent_wake(saver->agent);
}

void fx_worker_saver_stop(struct fx_worker_saver *saver)
{
    if (saver->spiller != NULL) {
        fx_agent_stop(saver->spiller);
        fx_agent_join(saver->spiller);
    }
    fx_agent_stop(saver->agent);
    fx_agent_join(saver->agent);
    const int64_t end_us = fx_clock_monotonic_us() + STOP_US_MAX;
    while (saver->failures == 0 && fx_worker_saver_step(saver, 0) > 0 &&
           fx_clock_monotonic_us() < end_us) {
    }
}

const struct fx_metric_histogram *fx_worker_saver_write_times(const struct fx_worker_saver *saver)
{
    return &saver->write_times;
}

uint64_t fx_worker_saver_spilled(const struct fx_worker_saver *saver)
{
    return saver->options.spill == NULL ? 0 : fx_worker_spill_count(saver->options.spill);
}

uint64_t fx_worker_saver_watermark(const struct fx_worker_saver *saver)
{
    return atomic_load_explicit(&saver->watermark, memory_order_acquire);
}

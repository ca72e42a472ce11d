#include "worker/worker_notify.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "view/view.h"
#include "wire/wire_rows.h"
#include "worker/worker_untold.h"

enum {
    IDLE_US_MAX = 20000,
    REST_US = 500,
    EVENTS_PER_STEP = 4096,
    ORDERS_SIZE_MAX = 1 << 19,
    ORDERS_SIZE_FULL = 1 << 17, /* said before it could be cut: no row is left out */
    ROW_SIZE_MAX = 1 << 14,
    USERS_MAX = 64, /* whose orders are gathered at once; more are said in pieces */
    UNTOLD_SIZE_MAX = 64 << 20,
    UNTOLD_AGE_US_MAX = 300000000,
    STOP_WAITS = 500, /* of a millisecond */
    STOP_WAIT_NS = 1000000
};

/* The orders of one user that the command at hand changed. */
struct batch {
    uint64_t user_id;
    struct fx_buf rows;
};

struct fx_worker_notify {
    struct fx_worker_notify_options options;
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    struct fx_agent *agent;
    struct fx_view *view;
    struct batch batches[USERS_MAX];
    uint32_t batch_count;
    struct fx_buf event;
    bool is_in_dump;
    bool is_speaking; /* it is ours to tell */
    struct fx_worker_untold *untold;
    int64_t time_us;  /* since when what is said now waits */
    uint64_t at;      /* the command at hand */
    uint64_t folded;  /* the last command that is folded as a whole */
    uint64_t skipped; /* up to this one nothing can be told: it was not folded */
    uint64_t taken;   /* events */
    /* Once so many of them are answered for, all up to this command is told. */
    uint64_t mark_taken;
    uint64_t mark_sequence;
    _Atomic uint64_t emitted, waiting, dropped, told;
    _Atomic int fatal;
};

/* ---- telling --------------------------------------------------------------------------------- */

/* @return false: not now. */
static bool hand_over(struct fx_worker_notify *worker, uint64_t user_id, fx_str event)
{
    if (!worker->options.emit(worker->options.context, user_id, event)) {
        return false;
    }
    worker->taken++;
    return true;
}

/* At once, or behind what waits. */
static void emit(struct fx_worker_notify *worker, uint64_t user_id)
{
    fx_buf_append_byte(&worker->event, ']');
    if (worker->event.is_overflow) {
        return;
    }
    const struct fx_worker_untold_item item = {.sequence = worker->at,
                                               .user_id = user_id,
                                               .time_us = worker->time_us,
                                               .text = fx_buf_str(&worker->event)};
    if (!worker->is_speaking || fx_worker_untold_stats(worker->untold).count > 0 ||
        !hand_over(worker, user_id, item.text)) {
        fx_worker_untold_append(worker->untold, &item);
    }
}

static int tell_untold(struct fx_worker_notify *worker)
{
    struct fx_worker_untold_item item;
    int done = 0;
    while (worker->is_speaking && done < EVENTS_PER_STEP &&
           fx_worker_untold_find_first(worker->untold, &item) &&
           hand_over(worker, item.user_id, item.text)) {
        fx_worker_untold_remove_first(worker->untold);
        done++;
    }
    return done;
}

/* Everything up to which command was given away, if not answered for. */
static uint64_t given(const struct fx_worker_notify *worker)
{
    struct fx_worker_untold_item item;
    return fx_worker_untold_find_first(worker->untold, &item) && item.sequence <= worker->folded
               ? item.sequence - 1
               : worker->folded;
}

static void note_told(struct fx_worker_notify *worker)
{
    const struct fx_worker_notify_options *options = &worker->options;
    uint64_t told = atomic_load_explicit(&worker->told, memory_order_relaxed);
    const uint64_t settled =
        options->settled == NULL ? worker->taken : options->settled(options->context);
    if (!worker->is_speaking) {
        told = UINT64_MAX;
    } else if (settled >= worker->mark_taken) {
        told = worker->mark_sequence;
        worker->mark_sequence = given(worker);
        worker->mark_taken = worker->taken;
        told = settled >= worker->taken ? worker->mark_sequence : told;
    }
    const struct fx_worker_untold_stats untold = fx_worker_untold_stats(worker->untold);
    atomic_store_explicit(&worker->told, told, memory_order_relaxed);
    atomic_store_explicit(&worker->emitted, worker->taken, memory_order_relaxed);
    atomic_store_explicit(&worker->waiting, untold.count, memory_order_relaxed);
    atomic_store_explicit(&worker->dropped, untold.dropped, memory_order_relaxed);
}

/* It becomes ours: what the one before has told is told, what waits behind that is not. */
static void begin_to_speak(struct fx_worker_notify *worker, uint64_t kept)
{
    if (kept > 0 && kept < worker->skipped) {
        FX_LOG(FX_LOG_WARN,
               "notify",
               "users were told nothing of what the log said between, and will not be: it is too "
               "old, or below the snapshot of this start",
               fx_log_u64("from", kept + 1),
               fx_log_u64("to", worker->skipped));
    }
    const uint64_t count = fx_worker_untold_stats(worker->untold).count;
    if (count > 0) {
        FX_LOG(FX_LOG_INFO,
               "notify",
               "users are told what the one before did not say that he has told",
               fx_log_u64("from", kept + 1),
               fx_log_u64("events", count));
    }
    worker->is_speaking = true;
    worker->mark_taken = worker->taken;
    worker->mark_sequence = given(worker);
}

static void look_at_seat(struct fx_worker_notify *worker, int64_t now_us)
{
    const struct fx_worker_notify_options *options = &worker->options;
    const bool may = options->may_speak == NULL || options->may_speak(options->context);
    if (!may || !worker->is_speaking) {
        const uint64_t kept = options->kept == NULL ? 0 : options->kept(options->context);
        (void)fx_worker_untold_remove_told(worker->untold, kept);
        worker->is_speaking = false;
        if (may) {
            begin_to_speak(worker, kept);
        }
    }
    fx_worker_untold_drop_old(worker->untold, now_us);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static struct fx_buf *begin(struct fx_worker_notify *worker, fx_str name)
{
    fx_buf_clear(&worker->event);
    fx_buf_append(&worker->event, FX_STR("[\""));
    fx_buf_append(&worker->event, name);
    fx_buf_append(&worker->event, FX_STR("\","));
    return &worker->event;
}

static void emit_batch(struct fx_worker_notify *worker, struct batch *batch)
{
    if (batch->rows.size > 0) {
        struct fx_buf *event = begin(worker, FX_STR("orders"));
        fx_buf_append_byte(event, '[');
        fx_buf_append(event, fx_buf_str(&batch->rows));
        fx_buf_append_byte(event, ']');
        emit(worker, batch->user_id);
        fx_buf_clear(&batch->rows);
    }
}

/* The command is over, or its orders are many. */
static void emit_orders(struct fx_worker_notify *worker)
{
    for (uint32_t index = 0; index < worker->batch_count; index++) {
        emit_batch(worker, &worker->batches[index]);
    }
    worker->batch_count = 0;
}

static struct batch *batch_of(struct fx_worker_notify *worker, uint64_t user_id)
{
    for (uint32_t index = 0; index < worker->batch_count; index++) {
        if (worker->batches[index].user_id == user_id) {
            return &worker->batches[index];
        }
    }
    if (worker->batch_count == USERS_MAX) {
        emit_orders(worker);
    }
    struct batch *batch = &worker->batches[worker->batch_count++];
    batch->user_id = user_id;
    return batch;
}

static void notify_order(struct fx_worker_notify *worker)
{
    const struct fx_rows_order *row = fx_view_last_order(worker->view);
    struct batch *batch = batch_of(worker, row->user_id);
    fx_json_append_comma(&batch->rows);
    fx_wire_rows_order(&batch->rows, row);
    if (batch->rows.size > ORDERS_SIZE_FULL) {
        emit_batch(worker, batch);
    }
}

static void notify_account(struct fx_worker_notify *worker)
{
    static const fx_str NAMES[] = {{"account", 7}, {"balance", 7}};
    const struct fx_rows_account *row = fx_view_last_account(worker->view);
    for (uint32_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        fx_wire_rows_account(begin(worker, NAMES[index]), row);
        emit(worker, row->user_id);
    }
}

static void notify_position(struct fx_worker_notify *worker)
{
    const struct fx_rows_position *row = fx_view_last_position(worker->view);
    fx_wire_rows_position(begin(worker, FX_STR("position")), row);
    emit(worker, row->user_id);
}

static void handle(struct fx_worker_notify *worker, const struct fx_event *event, bool is_news)
{
    const fx_status status = fx_worker_notify_fold(worker, event);
    if (status != FX_OK) {
        atomic_store_explicit(&worker->fatal, (int)status, memory_order_relaxed);
        FX_LOG(FX_LOG_ERROR,
               "notify",
               "users are no longer told: the view is incomplete",
               fx_log_status("err", status));
        return;
    }
    worker->at = event->sequence;
    if (worker->is_in_dump || !is_news) {
        return;
    }
    if (event->kind == FX_EVENT_ORDER) {
        notify_order(worker);
    } else if (event->kind == FX_EVENT_ACCOUNT) {
        notify_account(worker);
    } else if (event->kind == FX_EVENT_POSITION) {
        notify_position(worker);
    } else if (event->kind == FX_EVENT_RESULT) {
        emit_orders(worker);
        worker->folded = event->sequence;
    }
}

/* Read the ring on, whatever becomes of the events. */
static int take_events(struct fx_worker_notify *worker)
{
    const void *items = NULL;
    uint32_t done = 0, ready = 0;
    while (done < EVENTS_PER_STEP &&
           (ready = fx_ring_broadcast_peek(worker->ring, worker->consumer, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < ready; index++) {
            if (fx_worker_notify_fatal(worker) == FX_OK) {
                handle(worker, &events[index], true);
            }
        }
        fx_ring_broadcast_advance(worker->ring, worker->consumer, ready);
        done += ready;
    }
    return (int)done;
}

int fx_worker_notify_step(void *self, int64_t now_us)
{
    struct fx_worker_notify *worker = self;
    worker->time_us = now_us;
    look_at_seat(worker, now_us);
    int done = tell_untold(worker);
    done += take_events(worker);
    if (worker->options.pump != NULL) {
        done += worker->options.pump(worker->options.context, now_us);
    }
    note_told(worker);
    return done;
}

fx_status fx_worker_notify_fold(struct fx_worker_notify *worker, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_DUMP_BEGIN || event->kind == FX_EVENT_DUMP_END) {
        worker->is_in_dump = event->kind == FX_EVENT_DUMP_BEGIN;
        if (event->sequence > worker->folded) { /* what led to it came without its events */
            worker->folded = event->sequence;
            worker->skipped = event->sequence;
        }
    }
    return fx_view_apply(worker->view, event);
}

void fx_worker_notify_replay(struct fx_worker_notify *worker,
                             const struct fx_event events[],
                             uint32_t count, // NOLINT(bugprone-easily-swappable-parameters)
                             int64_t now_us)
{
    for (uint32_t index = 0; index < count && fx_worker_notify_fatal(worker) == FX_OK; index++) {
        const int64_t time_us = events[index].time_us;
        const bool is_news = now_us - time_us <= worker->options.age_us_max;
        worker->time_us = time_us < now_us ? time_us : now_us;
        handle(worker, &events[index], is_news);
        if (!is_news) {
            worker->folded = events[index].sequence;
            worker->skipped = events[index].sequence;
        }
    }
}

fx_status fx_worker_notify_create(const struct fx_worker_notify_options *options,
                                  struct fx_worker_notify **worker_out)
{
    const struct fx_view_limits limits = {0};
    struct fx_worker_notify *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_NO_MEMORY;
    }
    worker->options = *options;
    if (options->age_us_max == 0) {
        worker->options.age_us_max = UNTOLD_AGE_US_MAX;
    }
    atomic_init(&worker->told, UINT64_MAX);
    fx_buf_init(&worker->event, ORDERS_SIZE_MAX + ROW_SIZE_MAX);
    for (uint32_t index = 0; index < USERS_MAX; index++) {
        fx_buf_init(&worker->batches[index].rows, ORDERS_SIZE_MAX);
    }
    worker->view = fx_view_create(&limits);
    const struct fx_agent_options agent = {.name = "notify",
                                           .step = fx_worker_notify_step,
                                           .self = worker,
                                           .idle_us_max = IDLE_US_MAX,
                                           .rest_us = REST_US};
    const struct fx_worker_untold_options untold = {
        .size_max = options->size_max == 0 ? UNTOLD_SIZE_MAX : options->size_max,
        .age_us_max = worker->options.age_us_max};
    if (worker->view == NULL || fx_worker_untold_create(&untold, &worker->untold) != FX_OK ||
        fx_agent_create(&agent, &worker->agent) != FX_OK) {
        fx_worker_notify_destroy(worker);
        return FX_NO_MEMORY;
    }
    *worker_out = worker;
    return FX_OK;
}

void fx_worker_notify_destroy(struct fx_worker_notify *worker)
{
    if (worker == NULL) {
        return;
    }
    fx_agent_destroy(worker->agent);
    fx_view_destroy(worker->view);
    fx_worker_untold_destroy(worker->untold);
    for (uint32_t index = 0; index < USERS_MAX; index++) {
        fx_buf_deinit(&worker->batches[index].rows);
    }
    fx_buf_deinit(&worker->event);
    free(worker);
}

void fx_worker_notify_listen(struct fx_worker_notify *worker,
                             struct fx_ring_broadcast *ring,
                             uint32_t consumer)
{
    worker->ring = ring;
    worker->consumer = consumer;
}

fx_status fx_worker_notify_start(struct fx_worker_notify *worker)
{
    return fx_agent_start(worker->agent);
}

void fx_worker_notify_wake(void *worker)
{
    fx_agent_wake(((struct fx_worker_notify *)worker)->agent);
}

void fx_worker_notify_stop(struct fx_worker_notify *worker)
{
    fx_agent_stop(worker->agent);
    fx_agent_join(worker->agent);
    while (fx_worker_notify_step(worker, fx_clock_wall_us()) > 0) {
        /* until the ring is empty and the pump idle */
    }
    for (uint32_t waits = 0;
         waits < STOP_WAITS && worker->is_speaking && atomic_load(&worker->told) < worker->folded;
         waits++) {
        const struct timespec pause = {.tv_nsec = STOP_WAIT_NS};
        (void)nanosleep(&pause, NULL);
        (void)fx_worker_notify_step(worker, fx_clock_wall_us());
    }
}

void fx_worker_notify_stats(const struct fx_worker_notify *worker,
                            struct fx_worker_notify_stats *stats_out)
{
    *stats_out = (struct fx_worker_notify_stats){
        .emitted = atomic_load_explicit(&worker->emitted, memory_order_relaxed),
        .waiting = atomic_load_explicit(&worker->waiting, memory_order_relaxed),
        .dropped = atomic_load_explicit(&worker->dropped, memory_order_relaxed),
        .told = atomic_load_explicit(&worker->told, memory_order_relaxed)};
}

fx_status fx_worker_notify_fatal(const struct fx_worker_notify *worker)
{
    return (fx_status)atomic_load_explicit(&worker->fatal, memory_order_relaxed);
}

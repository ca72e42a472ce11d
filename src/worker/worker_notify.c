#include "worker/worker_notify.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "view/view.h"
#include "wire/wire_rows.h"

enum {
    IDLE_US_MAX = 20000,
    REST_US = 500,
    EVENTS_PER_STEP = 4096,
    ORDERS_SIZE_MAX = 1 << 19,
    ORDERS_SIZE_FULL = 1 << 17, /* said before it could be cut: no row is left out */
    ROW_SIZE_MAX = 1 << 14,
    USERS_MAX = 64 /* whose orders are gathered at once; more are said in pieces */
};

/* The orders of one user that the command at hand changed. */
struct batch {
    uint64_t user_id;
    struct fx_buf rows;
};

struct fx_worker_notify {
    struct fx_worker_notify_options options;
    struct fx_agent *agent;
    struct fx_view *view;
    struct batch batches[USERS_MAX];
    uint32_t batch_count;
    struct fx_buf event;
    bool is_in_dump;
    _Atomic uint64_t emitted;
    _Atomic int fatal;
};

static void emit(struct fx_worker_notify *worker, uint64_t user_id)
{
    fx_buf_append_byte(&worker->event, ']');
    if (!worker->event.is_overflow) {
        worker->options.emit(worker->options.context, user_id, fx_buf_str(&worker->event));
        atomic_fetch_add_explicit(&worker->emitted, 1, memory_order_relaxed);
    }
}

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

static void handle(struct fx_worker_notify *worker, const struct fx_event *event)
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
    if (worker->is_in_dump) {
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
    }
}

/* Read the ring on, whatever becomes of the events. */
static int take_events(struct fx_worker_notify *worker)
{
    const void *items = NULL;
    uint32_t done = 0, ready = 0;
    while (done < EVENTS_PER_STEP &&
           (ready = fx_ring_broadcast_peek(
                worker->options.ring, worker->options.consumer, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < ready; index++) {
            if (fx_worker_notify_fatal(worker) == FX_OK) {
                handle(worker, &events[index]);
            }
        }
        fx_ring_broadcast_advance(worker->options.ring, worker->options.consumer, ready);
        done += ready;
    }
    return (int)done;
}

int fx_worker_notify_step(void *self, int64_t now_us)
{
    struct fx_worker_notify *worker = self;
    const int done = take_events(worker);
    return done + (worker->options.pump == NULL
                       ? 0
                       : worker->options.pump(worker->options.context, now_us));
}

fx_status fx_worker_notify_fold(struct fx_worker_notify *worker, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_DUMP_BEGIN || event->kind == FX_EVENT_DUMP_END) {
        worker->is_in_dump = event->kind == FX_EVENT_DUMP_BEGIN;
    }
    return fx_view_apply(worker->view, event);
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
    if (worker->view == NULL || fx_agent_create(&agent, &worker->agent) != FX_OK) {
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
    for (uint32_t index = 0; index < USERS_MAX; index++) {
        fx_buf_deinit(&worker->batches[index].rows);
    }
    fx_buf_deinit(&worker->event);
    free(worker);
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
}

uint64_t fx_worker_notify_emitted(const struct fx_worker_notify *worker)
{
    return atomic_load_explicit(&worker->emitted, memory_order_relaxed);
}

fx_status fx_worker_notify_fatal(const struct fx_worker_notify *worker)
{
    return (fx_status)atomic_load_explicit(&worker->fatal, memory_order_relaxed);
}

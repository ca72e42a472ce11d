#include "worker/worker_referral.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/table.h"
#include "model/rows.h"
#include "wire/wire_referral.h"
#include "worker/worker_group.h"
#include "worker/worker_spill.h"

enum {
    IDLE_US_MAX = 50000,
    REST_US = 2000,
    GATHER_US = 50000, /* of a share of a fee nobody waits for the millisecond */
    SAVE_US = 1000000,
    ITEMS_FULL = 4096, /* then the ring waits */
    RECOVER_MAX = 65536,
    LATE_MAX = 256,
    USERS_MAX = 1 << 24,
    DELIVERIES = 256,
    STOP_WAIT_MS = 500,
    KEY_SIZE = 24,
    VALUE_SIZE_MAX = 4096,
    OPERATION_BITS = 20,
    MESSAGES_OF_A_TRADE = 3
};

static const uint64_t LATE_SIZE_MAX = UINT64_C(1) << 40; /* the disk is the limit … */
static const uint64_t LATE_FREE_MIN = UINT64_C(1) << 26; /* … up to here */

/* A trade to be told of, or the end of a command. */
struct item {
    struct fx_event event;
    struct fx_wire_referral_sides sides;
    bool is_late; /* of a start: who is a bot is known only behind the dump */
};

struct fx_worker_referral {
    struct fx_worker_referral_options options;
    struct fx_ring_broadcast *ring;
    uint32_t consumer;
    struct fx_agent *agent;
    struct fx_table bots; /* user ids */
    struct fx_instrument *instruments[FX_INSTRUMENTS_MAX];
    struct item *items; /* a queue that is emptied as a whole */
    uint32_t item_count;
    uint32_t item_capacity;
    uint32_t item_next;
    struct fx_worker_spill *late; /* of a start, behind the items; NULL: none */
    struct fx_event *late_events; /* LATE_MAX of them, on their way in or out */
    uint32_t late_count;          /* on their way in */
    uint32_t part;                /* of the three messages of the trade at hand */
    uint64_t pending;
    struct fx_worker_group group;
    uint64_t reached; /* operationId: everything up to it is handed over */
    uint64_t stored;
    int64_t stored_us;
    struct fx_buf value;
    _Atomic uint64_t stat_published, stat_watermark;
    _Atomic int stat_fatal;
};

static void end_with(struct fx_worker_referral *worker, fx_status status, const char *reason)
{
    if (atomic_exchange(&worker->stat_fatal, (int)status) == FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               "referral",
               "it cannot go on; the next start tells the rest",
               fx_log_status("err", status),
               fx_log_text("reason", reason));
    }
}

static bool has_ended(const struct fx_worker_referral *worker)
{
    return atomic_load_explicit(&worker->stat_fatal, memory_order_relaxed) != FX_OK;
}

/* ---- what is known --------------------------------------------------------------------------- */

fx_status fx_worker_referral_fold(struct fx_worker_referral *worker, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_ACCOUNT) {
        const struct fx_event_account *account = &event->u.account;
        const union fx_table_value yes = {.number = 1};
        if ((account->flags & FX_ACCOUNT_FLAG_BOT) == 0) {
            (void)fx_table_remove(&worker->bots, account->user_id);
        } else if (!fx_table_put(&worker->bots, account->user_id, yes)) {
            return FX_NO_MEMORY;
        }
    } else if (event->kind == FX_EVENT_INSTRUMENT) {
        const uint32_t id = event->u.instrument.instrument_id;
        if (worker->instruments[id] == NULL) {
            worker->instruments[id] = malloc(sizeof *worker->instruments[id]);
        }
        if (worker->instruments[id] == NULL) {
            return FX_NO_MEMORY;
        }
        *worker->instruments[id] = event->u.instrument;
    }
    return FX_OK;
}

static struct fx_wire_referral_sides sides_of(const struct fx_worker_referral *worker,
                                              const struct fx_event *trade)
{
    return (struct fx_wire_referral_sides){
        .buyer_is_bot = fx_table_find(&worker->bots, trade->u.trade.buy_user_id) != NULL,
        .seller_is_bot = fx_table_find(&worker->bots, trade->u.trade.sell_user_id) != NULL};
}

static fx_status keep(struct fx_worker_referral *worker, const struct fx_event *event, bool is_late)
{
    if (event->kind != FX_EVENT_TRADE && event->kind != FX_EVENT_RESULT) {
        return FX_OK;
    }
    struct item *last = worker->item_count == 0 ? NULL : &worker->items[worker->item_count - 1];
    if (event->kind == FX_EVENT_RESULT && last != NULL && worker->item_count > worker->item_next &&
        last->event.kind == FX_EVENT_RESULT) {
        last->event = *event; /* nothing was traded in between: one mark is enough */
        return FX_OK;
    }
    if (worker->item_count == worker->item_capacity) {
        const uint32_t capacity = worker->item_capacity == 0 ? 1024 : 2 * worker->item_capacity;
        struct item *items = realloc(worker->items, (size_t)capacity * sizeof items[0]);
        if (items == NULL) {
            return FX_NO_MEMORY;
        }
        worker->items = items;
        worker->item_capacity = capacity;
    }
    FX_ASSERT(worker->items != NULL);
    struct item *item = &worker->items[worker->item_count++];
    item->event = *event;
    item->is_late = is_late;
    if (event->kind == FX_EVENT_TRADE) {
        item->sides = sides_of(worker, event);
    }
    return FX_OK;
}

static fx_status open_late(struct fx_worker_referral *worker)
{
    const struct fx_worker_spill_options options = {
        .folder = worker->options.folder, .size_max = LATE_SIZE_MAX, .free_min = LATE_FREE_MIN};
    worker->late_events = calloc(LATE_MAX, sizeof worker->late_events[0]);
    return worker->late_events == NULL ? FX_NO_MEMORY
                                       : fx_worker_spill_create(&options, &worker->late);
}

static fx_status flush_late(struct fx_worker_referral *worker)
{
    uint32_t taken = 0;
    const uint32_t count = worker->late_count;
    worker->late_count = 0;
    return fx_worker_spill_append(worker->late, worker->late_events, count, &taken);
}

/* In the file there are trades and ends of commands only, as in the queue; of ends that follow each
 * other the last, but for the edges of what is written at once. */
static fx_status keep_late(struct fx_worker_referral *worker, const struct fx_event *event)
{
    fx_status status = FX_OK;
    if (event->kind != FX_EVENT_TRADE && event->kind != FX_EVENT_RESULT) {
        return FX_OK;
    }
    if (worker->late == NULL &&
        (worker->options.folder == NULL || worker->item_count < worker->options.recover_max)) {
        return keep(worker, event, true);
    }
    if (worker->late == NULL) {
        status = open_late(worker);
    } else if (worker->late_count == LATE_MAX) {
        status = flush_late(worker);
    }
    if (status != FX_OK) {
        return status;
    }
    const bool is_same = worker->late_count > 0 && event->kind == FX_EVENT_RESULT &&
                         worker->late_events[worker->late_count - 1].kind == FX_EVENT_RESULT;
    worker->late_count -= is_same ? 1 : 0;
    worker->late_events[worker->late_count++] = *event;
    return FX_OK;
}

fx_status fx_worker_referral_recover(struct fx_worker_referral *worker,
                                     const struct fx_event events[],
                                     uint32_t count)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        if (fx_event_operation_id(&events[index]) > worker->stored) {
            status = keep_late(worker, &events[index]);
        }
    }
    return status;
}

static bool is_late_over(const struct fx_worker_referral *worker)
{
    return worker->late == NULL ||
           (worker->late_count == 0 && fx_worker_spill_count(worker->late) == 0);
}

/* The queue is empty: go on with what waits in the file. */
static void refill(struct fx_worker_referral *worker)
{
    uint32_t count = 0;
    fx_status status = worker->late_count > 0 ? flush_late(worker) : FX_OK;
    if (status == FX_OK) {
        status = fx_worker_spill_take(worker->late, worker->late_events, LATE_MAX, &count);
    }
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        status = keep(worker, &worker->late_events[index], true);
    }
    if (status != FX_OK) {
        end_with(worker, status, "the events of the start cannot be kept or read");
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

/* Write message `part` of a trade. @return whose key it has; 0: there is no such message. */
static uint64_t write_part(struct fx_worker_referral *worker,
                           const struct fx_rows_trade *row,
                           struct fx_wire_referral_sides sides)
{
    fx_buf_clear(&worker->value);
    if (worker->part == 0) {
        const bool is_buyer_told = row->buy_user_id != 0 && !sides.buyer_is_bot;
        return fx_wire_referral_trade(&worker->value, row, sides)
                   ? (is_buyer_told ? row->buy_user_id : row->sell_user_id)
                   : 0;
    }
    const bool is_buyer = worker->part == 1;
    return fx_wire_referral_reward(
               &worker->value, row, sides, is_buyer ? FX_SIDE_BUY : FX_SIDE_SELL)
               ? (is_buyer ? row->buy_user_id : row->sell_user_id)
               : 0;
}

/* Hand over what is left of a trade's messages. @return false where the bus takes no more. */
static bool tell_trade(struct fx_worker_referral *worker, const struct item *item)
{
    struct fx_rows_trade row;
    char key[KEY_SIZE];
    const struct fx_instrument *instrument = worker->instruments[item->event.u.trade.instrument];
    if (instrument == NULL) {
        end_with(worker, FX_CORRUPT, "a trade of an instrument that was never told");
        return false;
    }
    fx_rows_trade_of(&item->event, instrument, &row);
    const struct fx_wire_referral_sides sides =
        item->is_late ? sides_of(worker, &item->event) : item->sides;
    while (worker->part < MESSAGES_OF_A_TRADE) {
        const uint64_t user_id = write_part(worker, &row, sides);
        if (user_id != 0) {
            (void)snprintf(key, sizeof key, "%llu", (unsigned long long)user_id);
            const struct fx_bus_message message = {
                .topic = worker->part == 0 ? worker->options.referrals : worker->options.rewards,
                .partition = FX_BUS_BY_KEY,
                .key = fx_str_of(key),
                .value = fx_buf_str(&worker->value)};
            const fx_status status = fx_bus_publish(worker->options.bus, &message);
            if (status == FX_BUSY) {
                return false;
            }
            if (status != FX_OK) {
                end_with(worker, status, fx_bus_error_text(worker->options.bus));
                return false;
            }
            worker->pending++;
        }
        worker->part++;
    }
    worker->part = 0;
    return true;
}

static int hand_over(struct fx_worker_referral *worker)
{
    int done = 0;
    while (worker->item_next < worker->item_count) {
        const struct item *item = &worker->items[worker->item_next];
        if (item->event.kind == FX_EVENT_TRADE && !tell_trade(worker, item)) {
            return done;
        }
        if (item->event.kind == FX_EVENT_RESULT) {
            worker->reached = fx_event_operation_id(&item->event);
        }
        worker->item_next++;
        done++;
    }
    worker->item_next = 0;
    worker->item_count = 0;
    if (!is_late_over(worker)) {
        refill(worker);
        done++;
    }
    return done;
}

static int collect(struct fx_worker_referral *worker)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(worker->options.bus, 0, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        if (deliveries[index].status != FX_OK) {
            end_with(worker, deliveries[index].status, fx_bus_error_text(worker->options.bus));
        }
    }
    worker->pending -= count;
    atomic_fetch_add_explicit(&worker->stat_published, count, memory_order_relaxed);
    if (fx_bus_fatal(worker->options.bus) != FX_OK) {
        end_with(worker, fx_bus_fatal(worker->options.bus), fx_bus_error_text(worker->options.bus));
    }
    return (int)count;
}

/* Everything handed over is durable: say so in the tables. What a failure leaves is told again. */
static void store(struct fx_worker_referral *worker, int64_t now_us)
{
    worker->stored_us = now_us;
    const struct fx_store_progress_step step = {worker->stored, worker->reached};
    fx_status status =
        fx_store_progress_advance(worker->options.store, &worker->options.key, &step);
    if (status == FX_STALE || status == FX_TABLES_BEHIND) {
        /* An answer was lost, or rows were: what is handed over stays so. From where it is now. */
        const fx_status found =
            fx_store_progress_find(worker->options.store, &worker->options.key, &worker->stored);
        status = found == FX_OK && worker->stored >= worker->reached ? FX_OK : status;
    }
    if (status == FX_OK) {
        worker->stored = worker->stored > worker->reached ? worker->stored : worker->reached;
        atomic_store_explicit(&worker->stat_watermark, worker->stored, memory_order_relaxed);
    } else {
        FX_LOG(FX_LOG_WARN,
               "referral",
               "the watermark was not stored; trying again",
               fx_log_status("err", status),
               fx_log_text("reason", fx_store_error_text(worker->options.store)));
    }
}

/* ---- the agent ------------------------------------------------------------------------------- */

static int take_events(struct fx_worker_referral *worker)
{
    const void *items = NULL;
    uint32_t ready = 0;
    if (worker->ring == NULL || worker->item_count >= ITEMS_FULL || !is_late_over(worker)) {
        return 0;
    }
    ready = fx_ring_broadcast_peek(worker->ring, worker->consumer, &items);
    const struct fx_event *events = items;
    for (uint32_t index = 0; index < ready; index++) {
        fx_status status = fx_worker_referral_fold(worker, &events[index]);
        if (status == FX_OK && fx_event_operation_id(&events[index]) > worker->stored) {
            status = keep(worker, &events[index], false);
        }
        if (status != FX_OK) {
            end_with(worker, status, "out of memory");
        }
    }
    if (ready > 0) {
        fx_ring_broadcast_advance(worker->ring, worker->consumer, ready);
    }
    return (int)ready;
}

/* F8, with more patience: messages of many users go to all partitions of two topics, and librdkafka
 * spins as well where more of these than five have something on its way to one broker. */
static bool is_gathering(const struct fx_worker_referral *worker, int64_t now_us)
{
    return worker->item_count < ITEMS_FULL && is_late_over(worker) &&
           !fx_worker_group_is_away(&worker->group, now_us) &&
           (worker->pending > 0 || now_us - worker->group.begun_us < GATHER_US);
}

int fx_worker_referral_step(void *self, int64_t now_us)
{
    struct fx_worker_referral *worker = self;
    if (has_ended(worker)) {
        return 0;
    }
    int done = take_events(worker);
    const int64_t since_us = now_us - worker->stored_us;
    const bool is_due =
        worker->reached > worker->stored && (since_us < 0 || since_us >= worker->options.save_us);
    /* Where it is due what is on its way comes first: under load there would always be more. */
    if (!is_due && !is_gathering(worker, now_us)) {
        const uint64_t before = worker->pending;
        done += hand_over(worker);
        if (worker->pending > before) {
            fx_worker_group_add(&worker->group, (uint32_t)before, now_us);
        }
    }
    done += collect(worker);
    if (is_due && !has_ended(worker) && worker->pending == 0) {
        store(worker, now_us);
        done++;
    }
    return done;
}

fx_status fx_worker_referral_create(const struct fx_worker_referral_options *options,
                                    struct fx_worker_referral **worker_out)
{
    struct fx_worker_referral *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_NO_MEMORY;
    }
    worker->options = *options;
    if (options->save_us == 0) {
        worker->options.save_us = SAVE_US;
    }
    if (options->recover_max == 0) {
        worker->options.recover_max = RECOVER_MAX;
    }
    fx_table_init(&worker->bots, USERS_MAX);
    fx_buf_init(&worker->value, VALUE_SIZE_MAX);
    fx_status status = fx_store_progress_find(options->store, &options->key, &worker->stored);
    worker->reached = worker->stored;
    atomic_store(&worker->stat_watermark, worker->stored);
    if (status == FX_OK) {
        const struct fx_agent_options agent = {.name = "referral",
                                               .step = fx_worker_referral_step,
                                               .self = worker,
                                               .idle_us_max = IDLE_US_MAX,
                                               .rest_us = REST_US};
        status = fx_agent_create(&agent, &worker->agent);
    }
    if (status != FX_OK) {
        fx_worker_referral_destroy(worker);
        return status;
    }
    *worker_out = worker;
    return FX_OK;
}

void fx_worker_referral_destroy(struct fx_worker_referral *worker)
{
    if (worker == NULL) {
        return;
    }
    fx_agent_destroy(worker->agent);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(worker->instruments[id]);
    }
    fx_table_deinit(&worker->bots);
    fx_buf_deinit(&worker->value);
    fx_worker_spill_destroy(worker->late);
    free(worker->late_events);
    free(worker->items);
    free(worker);
}

void fx_worker_referral_listen(struct fx_worker_referral *worker,
                               struct fx_ring_broadcast *ring,
                               uint32_t consumer)
{
    worker->ring = ring;
    worker->consumer = consumer;
}

fx_status fx_worker_referral_start(struct fx_worker_referral *worker)
{
    return fx_agent_start(worker->agent);
}

void fx_worker_referral_wake(void *worker)
{
    fx_agent_wake(((struct fx_worker_referral *)worker)->agent);
}

void fx_worker_referral_stop(struct fx_worker_referral *worker)
{
    fx_agent_stop(worker->agent);
    fx_agent_join(worker->agent);
    const int64_t end_us = fx_clock_monotonic_us() + (int64_t)STOP_WAIT_MS * 1000;
    while (!has_ended(worker) && fx_clock_monotonic_us() < end_us &&
           (fx_worker_referral_step(worker, 0) > 0 || worker->pending > 0)) {
        if (fx_bus_flush(worker->options.bus, 1) != FX_OK) {
            continue; /* not yet: until the time is over */
        }
    }
    if (!has_ended(worker) && worker->pending == 0 && worker->reached > worker->stored) {
        store(worker, 0);
    }
}

void fx_worker_referral_stats(const struct fx_worker_referral *worker,
                              struct fx_worker_referral_stats *stats_out)
{
    *stats_out = (struct fx_worker_referral_stats){
        .published = atomic_load_explicit(&worker->stat_published, memory_order_relaxed),
        .watermark = atomic_load_explicit(&worker->stat_watermark, memory_order_relaxed),
        .fatal = (fx_status)atomic_load_explicit(&worker->stat_fatal, memory_order_relaxed)};
}

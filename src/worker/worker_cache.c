#include "worker/worker_cache.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/panic.h"
#include "cache/cache_keys.h"
#include "wire/wire_public.h"
#include "wire/wire_rows.h"
#include "worker/worker_cache_marks.h"

enum {
    IDLE_US_MAX = 20000, /* answers of the server are read at least so often */
    REST_US = 1000,
    EVENTS_PER_STEP = 4096,
    RESYNC_PER_STEP = 256,
    BOOK_LEVELS = 50,
    VALUE_SIZE_MAX = FX_CACHE_VALUE_SIZE_MAX,
    OPERATION_BITS = 20,
    RESYNC_US = 1000000, /* between two of them, where the server is the same */
    MARKS_PER_STEP = 256,
    MARKS_MAX = 1 << 16,
    ROOM_PERCENT = 50,     /* of the queue for what is written again; the rest for what is new */
    PUBLIC_US = 250000,    /* between two writings of one changed book or ticker */
    REFRESH_US = 20000000, /* … and of an unchanged one, well within its minute */
    STOP_WAIT_MS = 500
};

/* What a resync is at. */
enum resync {
    RESYNC_NONE = 0,
    RESYNC_SCAN = 1, /* remove ended orders that are still there */
    RESYNC_ACCOUNTS = 2,
    RESYNC_POSITIONS = 3,
    RESYNC_ORDERS = 4
};

/* When the values of an instrument were written. */
struct written {
    int64_t book_us;
    int64_t ticker_us;
};

struct fx_worker_cache {
    struct fx_worker_cache_options options;
    struct fx_agent *agent;
    struct fx_view *view;
    struct fx_market market;
    struct fx_buf value; /* the JSON that is being made */
    struct written written[FX_INSTRUMENTS_MAX];
    enum resync resync;
    uint32_t cursor;                    /* of the resync's walk */
    uint64_t epoch;                     /* of the cache, for which a resync was begun */
    struct fx_worker_cache_marks marks; /* what found no room and is written later */
    bool is_due;           /* more was left out than could be marked: a resync is due */
    int64_t begun_us;      /* the last resync */
    int64_t whole_us;      /* of the last step, at which the cache had everything */
    bool is_broken;        /* the fold is incomplete: nothing more is written */
    fx_status last_status; /* of the cache, as it was logged */
    _Atomic uint64_t stat_written;
    _Atomic uint64_t stat_refused;
    _Atomic uint64_t stat_resyncs;
    _Atomic uint64_t stat_shed;
    _Atomic uint64_t stat_queued;
    _Atomic uint64_t stat_marked;
    _Atomic int64_t stat_behind_us;
    _Atomic fx_status stat_status;
};

fx_status fx_worker_cache_create(const struct fx_worker_cache_options *options,
                                 struct fx_worker_cache **worker_out)
{
    const struct fx_view_limits limits = {0};
    struct fx_worker_cache *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_NO_MEMORY;
    }
    worker->options = *options;
    if (worker->options.book_levels == 0) {
        worker->options.book_levels = BOOK_LEVELS;
    }
    worker->last_status = FX_BUSY;
    fx_buf_init(&worker->value, VALUE_SIZE_MAX);
    worker->view = fx_view_create(&limits);
    atomic_store(&worker->stat_status, FX_BUSY);
    const struct fx_agent_options agent = {.name = "cache",
                                           .step = fx_worker_cache_step,
                                           .self = worker,
                                           .clock = fx_clock_monotonic_us,
                                           .idle_us_max = IDLE_US_MAX,
                                           .rest_us = REST_US};
    if (worker->view == NULL || fx_worker_cache_marks_init(&worker->marks, MARKS_MAX) != FX_OK ||
        fx_agent_create(&agent, &worker->agent) != FX_OK) {
        worker->options.cache = NULL; /* the caller's still */
        fx_worker_cache_destroy(worker);
        return FX_NO_MEMORY;
    }
    *worker_out = worker;
    return FX_OK;
}

void fx_worker_cache_destroy(struct fx_worker_cache *worker)
{
    if (worker == NULL) {
        return;
    }
    fx_agent_destroy(worker->agent);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(worker->market.symbols[id]);
    }
    fx_view_destroy(worker->view);
    fx_worker_cache_marks_deinit(&worker->marks);
    fx_buf_deinit(&worker->value);
    fx_cache_close(worker->options.cache);
    free(worker);
}

struct fx_view *fx_worker_cache_view(struct fx_worker_cache *worker)
{
    return worker->view;
}

struct fx_market *fx_worker_cache_market(struct fx_worker_cache *worker)
{
    return &worker->market;
}

fx_status fx_worker_cache_fold(struct fx_worker_cache *worker, const struct fx_event *event)
{
    if (fx_market_needs(&worker->market, event)) {
        const uint32_t capacity = worker->options.depth_capacity;
        const size_t size = (fx_market_symbol_size(capacity) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        if (memory == NULL) {
            return FX_NO_MEMORY;
        }
        memset(memory, 0, size);
        fx_market_add(&worker->market, event->u.instrument.instrument_id, memory, capacity);
    }
    fx_market_apply(&worker->market, event);
    return fx_view_apply(worker->view, event);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Queue the value that was made under a key. @return false: no room, the caller marks it. */
static bool put(struct fx_worker_cache *worker, fx_str key, uint64_t operation_id, uint32_t ttl_ms)
{
    const struct fx_cache_entry entry = {.key = key,
                                         .value = fx_buf_str(&worker->value),
                                         .operation_id = operation_id,
                                         .ttl_ms = ttl_ms};
    const fx_status status =
        worker->value.is_overflow ? FX_BODY_TOO_LARGE : fx_cache_put(worker->options.cache, &entry);
    if (status != FX_OK && status != FX_BUSY) {
        FX_LOG(FX_LOG_ERROR,
               "cache",
               "a value cannot be kept",
               fx_log_str("key", key),
               fx_log_status("err", status));
    }
    return status != FX_BUSY;
}

static bool drop(struct fx_worker_cache *worker, fx_str key, uint64_t operation_id)
{
    return fx_cache_drop(worker->options.cache, key, operation_id) != FX_BUSY;
}

static bool put_account(struct fx_worker_cache *worker, const struct fx_rows_account *row)
{
    struct fx_cache_keys_text text;
    const struct fx_cache_keys_name name = {row->user_id, row->id};
    fx_buf_clear(&worker->value);
    fx_wire_rows_account(&worker->value, row);
    return put(worker,
               fx_cache_keys_account(name, &text),
               row->operation_id,
               FX_CACHE_KEYS_PRIVATE_TTL_MS) &&
           put(worker,
               fx_cache_keys_account_asset(row->user_id, fx_ids_asset_str(&row->asset), &text),
               row->operation_id,
               FX_CACHE_KEYS_PRIVATE_TTL_MS);
}

static bool put_position(struct fx_worker_cache *worker, const struct fx_rows_position *row)
{
    struct fx_cache_keys_text text;
    const struct fx_cache_keys_name name = {row->user_id, row->id};
    fx_buf_clear(&worker->value);
    fx_wire_rows_position(&worker->value, row);
    return put(worker,
               fx_cache_keys_position(name, row->account_id, &text),
               row->operation_id,
               FX_CACHE_KEYS_PRIVATE_TTL_MS) &&
           put(worker,
               fx_cache_keys_position_short(name, &text),
               row->operation_id,
               FX_CACHE_KEYS_PRIVATE_TTL_MS);
}

/* Open orders are there, by both names; at the end of life they go. */
static bool put_order(struct fx_worker_cache *worker, const struct fx_rows_order *row)
{
    struct fx_cache_keys_text text;
    const struct fx_cache_keys_name name = {row->user_id, row->id};
    const struct fx_cache_keys_name tmp = {row->user_id, row->tmp_id};
    if (fx_order_status_is_final(row->status)) {
        return drop(worker, fx_cache_keys_order(name, &text), row->operation_id) &&
               (row->tmp_id == 0 ||
                drop(worker, fx_cache_keys_order_tmp(tmp, &text), row->operation_id));
    }
    fx_buf_clear(&worker->value);
    fx_wire_rows_order(&worker->value, row);
    return put(worker,
               fx_cache_keys_order(name, &text),
               row->operation_id,
               FX_CACHE_KEYS_PRIVATE_TTL_MS) &&
           (row->tmp_id == 0 || put(worker,
                                    fx_cache_keys_order_tmp(tmp, &text),
                                    row->operation_id,
                                    FX_CACHE_KEYS_PRIVATE_TTL_MS));
}

/* ---- public values --------------------------------------------------------------------------- */

/* The change as of which a market value is: the end of the last command that was folded. */
static uint64_t market_operation(const struct fx_worker_cache *worker)
{
    return (worker->market.sequence << OPERATION_BITS) | ((1U << OPERATION_BITS) - 1);
}

static void append_side(struct fx_worker_cache *worker,
                        const struct fx_market_symbol *symbol,
                        fx_str name,
                        enum fx_side side)
{
    fx_json_append_key(&worker->value, name);
    fx_buf_append_byte(&worker->value, '[');
    for (uint32_t index = 0; index < worker->options.book_levels; index++) {
        const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, index);
        if (level == NULL) {
            break;
        }
        fx_wire_public_level(&worker->value,
                             &symbol->definition,
                             (struct fx_wire_public_level){level->ticks, level->lots});
    }
    fx_buf_append_byte(&worker->value, ']');
}

static bool put_book(struct fx_worker_cache *worker, const struct fx_market_symbol *symbol)
{
    struct fx_cache_keys_text text;
    const fx_str name = fx_ids_symbol_str(&symbol->definition.symbol);
    const uint64_t operation_id = market_operation(worker);
    struct fx_buf *buf = &worker->value;
    fx_buf_clear(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), name);
    append_side(worker, symbol, FX_STR("bids"), FX_SIDE_BUY);
    append_side(worker, symbol, FX_STR("asks"), FX_SIDE_SELL);
    fx_json_add_int(buf, FX_STR("lastUpdateId"), (int64_t)symbol->depth.sequence);
    fx_json_add_id(buf, FX_STR("operationId"), operation_id);
    fx_json_add_int(buf, FX_STR("time"), symbol->depth.time_us / 1000);
    fx_buf_append_byte(buf, '}');
    return put(
        worker, fx_cache_keys_orderbook(name, &text), operation_id, FX_CACHE_KEYS_PUBLIC_TTL_MS);
}

static struct fx_wire_public_level best_of(const struct fx_market_symbol *symbol, enum fx_side side)
{
    const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, 0);
    return level == NULL ? (struct fx_wire_public_level){0}
                         : (struct fx_wire_public_level){level->ticks, level->lots};
}

static bool put_ticker(struct fx_worker_cache *worker,
                       const struct fx_market_symbol *symbol,
                       int64_t now_us)
{
    struct fx_cache_keys_text text;
    const fx_str name = fx_ids_symbol_str(&symbol->definition.symbol);
    const uint64_t operation_id = market_operation(worker);
    const struct fx_ticker_summary day = fx_ticker_summary(&symbol->ticker, now_us);
    const uint32_t instrument = symbol->definition.instrument_id;
    const struct fx_wire_public_ticker ticker = {
        .value = day.value,
        .open_ticks = day.open_ticks,
        .high_ticks = day.high_ticks,
        .low_ticks = day.low_ticks,
        .last_ticks = day.last_ticks,
        .lots = day.lots,
        .count = day.count,
        .mark_ticks = symbol->mark_ticks,
        .index_ticks = symbol->index_ticks,
        .best_bid = best_of(symbol, FX_SIDE_BUY),
        .best_ask = best_of(symbol, FX_SIDE_SELL),
        .has_interest = true,
        .open_interest = fx_view_interest(worker->view, instrument).longs,
        .time_us = now_us};
    struct fx_buf *buf = &worker->value;
    fx_buf_clear(buf);
    fx_wire_public_ticker(buf, &symbol->definition, &ticker);
    FX_ASSERT(buf->is_overflow || buf->data[buf->size - 1] == '}');
    buf->size--; /* one more member */
    fx_json_add_id(buf, FX_STR("operationId"), operation_id);
    fx_buf_append_byte(buf, '}');
    return put(
        worker, fx_cache_keys_ticker(name, &text), operation_id, FX_CACHE_KEYS_PUBLIC_TTL_MS);
}

static bool is_due(bool is_changed, int64_t written_us, int64_t now_us)
{
    const int64_t since_us = now_us - written_us;
    return since_us >= REFRESH_US || since_us < 0 || (is_changed && since_us >= PUBLIC_US);
}

static void put_public(struct fx_worker_cache *worker, int64_t now_us)
{
    const int64_t wall_us = worker->options.wall == NULL ? now_us : worker->options.wall();
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        struct fx_market_symbol *symbol = worker->market.symbols[id];
        struct written *written = &worker->written[id];
        if (symbol == NULL) {
            continue;
        }
        if (is_due(symbol->is_book_changed, written->book_us, now_us) && put_book(worker, symbol)) {
            symbol->is_book_changed = false;
            written->book_us = now_us;
        }
        if (is_due(symbol->is_ticker_changed, written->ticker_us, now_us) &&
            put_ticker(worker, symbol, wall_us)) {
            symbol->is_ticker_changed = false;
            written->ticker_us = now_us;
        }
    }
}

/* ---- the whole anew -------------------------------------------------------------------------- */

static void begin_resync(struct fx_worker_cache *worker)
{
    worker->epoch = fx_cache_epoch(worker->options.cache);
    worker->is_due = false;
    fx_worker_cache_marks_clear(&worker->marks); /* all of them are part of it */
    worker->cursor = 0;
    worker->resync = RESYNC_SCAN;
    memset(worker->written, 0, sizeof worker->written);
    fx_cache_scan_begin(worker->options.cache, FX_STR("orders:userId_"));
    atomic_fetch_add_explicit(&worker->stat_resyncs, 1, memory_order_relaxed);
}

/* "…:userId_7:orderId_9" or "…:tmpId_9". */
static bool parse_key(fx_str key, struct fx_cache_keys_name *name_out, bool *is_tmp_out)
{
    const size_t first = fx_str_find(key, '_', 0);
    const size_t colon = first == SIZE_MAX ? SIZE_MAX : fx_str_find(key, ':', first);
    const size_t second = colon == SIZE_MAX ? SIZE_MAX : fx_str_find(key, '_', colon);
    if (second == SIZE_MAX) {
        return false;
    }
    *is_tmp_out =
        fx_str_is_equal(fx_str_slice(key, colon + 1, second - colon - 1), FX_STR("tmpId"));
    return fx_str_parse_u64(fx_str_slice(key, first + 1, colon - first - 1), &name_out->user_id) &&
           fx_str_parse_u64(fx_str_slice(key, second + 1, SIZE_MAX), &name_out->id);
}

/* Several shards write into one cache, each its own. A tmpId does not say whose it is: such a key
 * ends with its time. */
static bool is_own(const struct fx_worker_cache *worker, uint64_t id, bool is_tmp)
{
    const struct fx_shard_map *map = worker->options.shard;
    return map == NULL || (!is_tmp && fx_shard_of_id(id) == map->shard);
}

/* A cached order that is not open any more is removed as of now. */
static void on_key(void *context, fx_str key)
{
    struct fx_worker_cache *worker = context;
    struct fx_cache_keys_name name;
    bool is_tmp = false;
    if (!parse_key(key, &name, &is_tmp) || !is_own(worker, name.id, is_tmp)) {
        return; /* not one of ours */
    }
    const struct fx_rows_order *row =
        is_tmp ? fx_view_order_by_tmp(worker->view, name.user_id, name.id)
               : fx_view_order(worker->view, name.user_id, name.id);
    if (row == NULL && !drop(worker, key, market_operation(worker))) {
        worker->is_due = true; /* more keys than half the queue: the next scan has fewer */
    }
}

/* Half of the queue is left to what happens meanwhile. */
static bool has_room(const struct fx_worker_cache *worker)
{
    return fx_cache_load(worker->options.cache) < ROOM_PERCENT;
}

/* The next row of a kind. @return false: no room for it, it comes again. */
static bool resync_row(struct fx_worker_cache *worker, enum resync kind, bool *is_end_out)
{
    const uint32_t cursor = worker->cursor;
    bool is_put = true;
    if (kind == RESYNC_ACCOUNTS) {
        const struct fx_rows_account *row = fx_view_walk_account(worker->view, &worker->cursor);
        *is_end_out = row == NULL;
        is_put = row == NULL || put_account(worker, row);
    } else if (kind == RESYNC_POSITIONS) {
        const struct fx_rows_position *row = fx_view_walk_position(worker->view, &worker->cursor);
        *is_end_out = row == NULL;
        is_put = row == NULL || put_position(worker, row);
    } else {
        const struct fx_rows_order *row = fx_view_walk_order(worker->view, &worker->cursor);
        *is_end_out = row == NULL;
        is_put = row == NULL || put_order(worker, row);
    }
    if (!is_put) {
        worker->cursor = cursor;
    }
    return is_put;
}

/* Write up to `count` rows of one kind, as many as there is room for. @return how many. */
static int resync_rows(struct fx_worker_cache *worker, enum resync kind, int count)
{
    int done = 0;
    bool is_end = false;
    while (done < count && worker->resync == kind && has_room(worker) &&
           resync_row(worker, kind, &is_end)) {
        if (is_end) {
            worker->resync = kind == RESYNC_ORDERS ? RESYNC_NONE : kind + 1;
            worker->cursor = 0;
        }
        done++;
    }
    return done;
}

/* A bounded part of it. Where the queue is full it goes on later from where it is. */
static int resync_step(struct fx_worker_cache *worker)
{
    if (worker->resync == RESYNC_SCAN) {
        const fx_status status = fx_cache_scan_step(worker->options.cache, on_key, worker);
        if (status == FX_BUSY) {
            return 0;
        }
        if (status != FX_OK) {
            worker->is_due = true; /* the scan is part of the next one */
        }
        worker->resync = RESYNC_ACCOUNTS;
    }
    int done = 0;
    for (enum resync kind = RESYNC_ACCOUNTS; kind <= RESYNC_ORDERS; kind++) {
        done += resync_rows(worker, kind, RESYNC_PER_STEP - done);
    }
    return done;
}

/* ---- what found no room ---------------------------------------------------------------------- */

/* A value was left out; where it could not even be marked, everything is written again. */
static void note_mark(struct fx_worker_cache *worker, bool is_marked)
{
    worker->is_due = worker->is_due || !is_marked;
    atomic_fetch_add_explicit(&worker->stat_shed, 1, memory_order_relaxed);
}

/* An order as it is now, or away with it. */
static bool write_marked_order(struct fx_worker_cache *worker,
                               const struct fx_worker_cache_mark *mark)
{
    const struct fx_rows_order *row = fx_view_order(worker->view, mark->user_id, mark->id);
    const struct fx_rows_order gone = {.operation_id = market_operation(worker),
                                       .id = mark->id,
                                       .user_id = mark->user_id,
                                       .tmp_id = mark->tmp_id,
                                       .status = FX_ORDER_STATUS_CANCELED};
    return put_order(worker, row != NULL ? row : &gone);
}

static bool write_marked(struct fx_worker_cache *worker, const struct fx_worker_cache_mark *mark)
{
    if (mark->kind == FX_WORKER_CACHE_MARK_ORDER) {
        return write_marked_order(worker, mark);
    }
    if (mark->kind == FX_WORKER_CACHE_MARK_ACCOUNT) {
        const struct fx_rows_account *row =
            fx_view_account(worker->view, mark->user_id, fx_ids_asset_str(&mark->asset));
        return row == NULL || put_account(worker, row);
    }
    const struct fx_rows_position *row =
        fx_view_position(worker->view, mark->user_id, mark->instrument, mark->side);
    return row == NULL || put_position(worker, row);
}

/* The newest value of each, so that however often one was left out it is written once. */
static int write_marks(struct fx_worker_cache *worker)
{
    int done = 0;
    const struct fx_worker_cache_mark *mark = NULL;
    while (done < MARKS_PER_STEP && has_room(worker) &&
           (mark = fx_worker_cache_marks_first(&worker->marks)) != NULL &&
           write_marked(worker, mark)) {
        fx_worker_cache_marks_remove(&worker->marks);
        done++;
    }
    return done;
}

/* ---- the agent ------------------------------------------------------------------------------- */

static void break_off(struct fx_worker_cache *worker, fx_status status)
{
    worker->is_broken = true;
    atomic_store_explicit(&worker->stat_status, status, memory_order_relaxed);
    FX_LOG(FX_LOG_ERROR,
           "cache",
           "the cache is no longer kept: its view is incomplete",
           fx_log_status("err", status));
}

static void handle(struct fx_worker_cache *worker, const struct fx_event *event)
{
    const fx_status status = fx_worker_cache_fold(worker, event);
    if (status != FX_OK) {
        break_off(worker, status);
        return;
    }
    /* Behind something that waits for room there is none: what is marked is written as it is
     * then. */
    const bool is_free = fx_worker_cache_marks_count(&worker->marks) == 0;
    if (event->kind == FX_EVENT_ORDER) {
        const struct fx_rows_order *row = fx_view_last_order(worker->view);
        if (!is_free || !put_order(worker, row)) {
            note_mark(worker, fx_worker_cache_marks_order(&worker->marks, row));
        }
    } else if (event->kind == FX_EVENT_ACCOUNT) {
        const struct fx_rows_account *row = fx_view_last_account(worker->view);
        if (!is_free || !put_account(worker, row)) {
            note_mark(worker, fx_worker_cache_marks_account(&worker->marks, row));
        }
    } else if (event->kind == FX_EVENT_POSITION) {
        const struct fx_rows_position *row = fx_view_last_position(worker->view);
        if (!is_free || !put_position(worker, row)) {
            note_mark(worker, fx_worker_cache_marks_position(&worker->marks, row));
        }
    }
}

/* Read the ring on, whatever the cache does: the engine never waits for it. */
static int take_events(struct fx_worker_cache *worker)
{
    const void *items = NULL;
    uint32_t done = 0, ready = 0;
    while (done < EVENTS_PER_STEP &&
           (ready = fx_ring_broadcast_peek(
                worker->options.ring, worker->options.consumer, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < ready && !worker->is_broken; index++) {
            handle(worker, &events[index]);
        }
        fx_ring_broadcast_advance(worker->options.ring, worker->options.consumer, ready);
        done += ready;
    }
    return (int)done;
}

static void note_status(struct fx_worker_cache *worker, fx_status status)
{
    const bool is_up = status == FX_OK;
    if (status != FX_BUSY || worker->last_status == FX_BUSY) { /* else still what it was */
        atomic_store_explicit(&worker->stat_status, status, memory_order_relaxed);
    }
    if (status == worker->last_status || status == FX_BUSY) {
        return;
    }
    if (is_up) {
        FX_LOG(FX_LOG_INFO, "cache", "the server answers: everything is written");
    } else {
        FX_LOG(FX_LOG_WARN,
               "cache",
               "the server cannot be used; trying again",
               fx_log_status("err", status),
               fx_log_text("reason", fx_cache_error_text(worker->options.cache)));
    }
    worker->last_status = status;
}

static void tell(struct fx_worker_cache *worker, bool is_whole, int64_t now_us)
{
    struct fx_cache_stats stats;
    fx_cache_stats(worker->options.cache, &stats);
    if (is_whole || worker->whole_us == 0) {
        worker->whole_us = now_us;
    }
    atomic_store_explicit(&worker->stat_written, stats.written, memory_order_relaxed);
    atomic_store_explicit(&worker->stat_refused, stats.refused, memory_order_relaxed);
    atomic_store_explicit(&worker->stat_queued, stats.queued, memory_order_relaxed);
    atomic_store_explicit(
        &worker->stat_marked, fx_worker_cache_marks_count(&worker->marks), memory_order_relaxed);
    atomic_store_explicit(&worker->stat_behind_us, now_us - worker->whole_us, memory_order_relaxed);
}

int fx_worker_cache_step(void *self, int64_t now_us)
{
    struct fx_worker_cache *worker = self;
    struct fx_cache *cache = worker->options.cache;
    int done = take_events(worker);
    if (worker->is_broken) {
        return done;
    }
    const fx_status status = fx_cache_step(cache, now_us);
    note_status(worker, status);
    const uint64_t epoch = fx_cache_epoch(cache);
    if (status == FX_OK &&
        (epoch != worker->epoch || (worker->is_due && worker->resync == RESYNC_NONE &&
                                    now_us - worker->begun_us >= RESYNC_US))) {
        worker->begun_us = now_us;
        begin_resync(worker);
    }
    if (status == FX_OK) {
        done += write_marks(worker);
        done += worker->resync != RESYNC_NONE ? resync_step(worker) : 0;
    }
    if (epoch != 0 && has_room(worker)) {
        put_public(worker, now_us);
    }
    const bool is_whole = status == FX_OK && worker->resync == RESYNC_NONE && !worker->is_due &&
                          fx_worker_cache_marks_count(&worker->marks) == 0 &&
                          fx_cache_is_idle(cache);
    tell(worker, is_whole, now_us);
    (void)fx_cache_step(cache, now_us); /* what was queued leaves at once */
    return done;
}

fx_status fx_worker_cache_start(struct fx_worker_cache *worker)
{
    return fx_agent_start(worker->agent);
}

void fx_worker_cache_wake(void *worker)
{
    fx_agent_wake(((struct fx_worker_cache *)worker)->agent);
}

void fx_worker_cache_stop(struct fx_worker_cache *worker)
{
    fx_agent_stop(worker->agent);
    fx_agent_join(worker->agent);
    while (take_events(worker) > 0) {
        /* until the ring is empty */
    }
    if (!worker->is_broken &&
        atomic_load_explicit(&worker->stat_status, memory_order_relaxed) == FX_OK) {
        const fx_status status = fx_cache_flush(
            worker->options.cache, fx_cache_now(worker->options.cache), STOP_WAIT_MS);
        if (status != FX_OK) {
            FX_LOG(FX_LOG_WARN,
                   "cache",
                   "not everything was written before the stop; the next start does it",
                   fx_log_status("err", status));
        }
    }
}

void fx_worker_cache_stats(const struct fx_worker_cache *worker,
                           struct fx_worker_cache_stats *stats_out)
{
    stats_out->written = atomic_load_explicit(&worker->stat_written, memory_order_relaxed);
    stats_out->refused = atomic_load_explicit(&worker->stat_refused, memory_order_relaxed);
    stats_out->resyncs = atomic_load_explicit(&worker->stat_resyncs, memory_order_relaxed);
    stats_out->shed = atomic_load_explicit(&worker->stat_shed, memory_order_relaxed);
    stats_out->queued = atomic_load_explicit(&worker->stat_queued, memory_order_relaxed);
    stats_out->marked = atomic_load_explicit(&worker->stat_marked, memory_order_relaxed);
    stats_out->behind_us = atomic_load_explicit(&worker->stat_behind_us, memory_order_relaxed);
    stats_out->status = atomic_load_explicit(&worker->stat_status, memory_order_relaxed);
}

#include "worker/worker_publish.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/agent.h"
#include "base/json.h"
#include "base/log.h"
#include "market/market.h"
#include "wire/wire_book.h"

enum {
    LEVELS_MAX = 50,
    INTERVAL_US = 100000,
    IDLE_US_MAX = 20000,
    REST_US = 1000,
    EVENTS_PER_STEP = 8192,
    DELIVERIES = 256,
    STOP_WAIT_MS = 500,
    VALUE_SIZE_MAX = 1 << 18,
    ROOM_SIZE = 48,
    US_PER_MS = 1000,
    TOKEN_BOOK = 1,
    TOKEN_TICKERS = 2
};

/* What was published of a side: its best levels, best first. */
struct shown {
    struct fx_wire_public_level levels[LEVELS_MAX];
    uint32_t count;
};

struct published {
    struct shown sides[2];
    uint64_t sequence; /* of the message; 0: none yet */
    int64_t book_us;   /* when */
};

struct fx_worker_publish {
    struct fx_worker_publish_options options;
    struct fx_agent *agent;
    struct fx_market market;
    struct published *published[FX_INSTRUMENTS_MAX];
    struct fx_wire_public_level changes[2][2 * LEVELS_MAX];
    struct fx_buf value;
    struct fx_buf event; /* for rooms */
    int64_t tickers_us;
    bool is_broken; /* the fold is incomplete: nothing more is published */
    bool is_silent; /* somebody else speaks */
    _Atomic uint64_t stat_books, stat_tickers, stat_lost, stat_sequence;
    _Atomic int stat_fatal;
};

/* ---- the fold -------------------------------------------------------------------------------- */

fx_status fx_worker_publish_fold(struct fx_worker_publish *worker, const struct fx_event *event)
{
    if (fx_market_needs(&worker->market, event)) {
        const uint32_t id = event->u.instrument.instrument_id;
        const uint32_t capacity = worker->options.depth_capacity;
        const size_t size = (fx_market_symbol_size(capacity) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        struct published *published = calloc(1, sizeof *published);
        if (memory == NULL || published == NULL) {
            free(memory);
            free(published);
            return FX_NO_MEMORY;
        }
        memset(memory, 0, size);
        fx_market_add(&worker->market, id, memory, capacity);
        worker->published[id] = published;
    }
    fx_market_apply(&worker->market, event);
    return FX_OK;
}

/* Read the ring on, whatever the bus does. */
static int take_events(struct fx_worker_publish *worker)
{
    const void *items = NULL;
    uint32_t done = 0, ready = 0;
    while (done < EVENTS_PER_STEP &&
           (ready = fx_ring_broadcast_peek(
                worker->options.ring, worker->options.consumer, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < ready && !worker->is_broken; index++) {
            if (fx_worker_publish_fold(worker, &events[index]) != FX_OK) {
                worker->is_broken = true;
                atomic_store_explicit(&worker->stat_fatal, FX_NO_MEMORY, memory_order_relaxed);
            }
        }
        fx_ring_broadcast_advance(worker->options.ring, worker->options.consumer, ready);
        done += ready;
    }
    atomic_store_explicit(&worker->stat_sequence, worker->market.sequence, memory_order_relaxed);
    return (int)done;
}

/* ---- rooms of other gateways ------------------------------------------------------------------
 */

static struct fx_buf *begin_event(struct fx_worker_publish *worker, const char *name)
{
    fx_buf_clear(&worker->event);
    fx_buf_append(&worker->event, FX_STR("[\""));
    fx_buf_append(&worker->event, fx_str_of(name));
    fx_buf_append(&worker->event, FX_STR("\","));
    return &worker->event;
}

/* To the room `name`_SYMBOL. */
static void emit(struct fx_worker_publish *worker,
                 const char *name,
                 const struct fx_market_symbol *symbol)
{
    char room[ROOM_SIZE];
    const fx_str text = fx_ids_symbol_str(&symbol->definition.symbol);
    (void)snprintf(room, sizeof room, "%s_%.*s", name, (int)text.size, text.data);
    fx_buf_append_byte(&worker->event, ']');
    if (!worker->event.is_overflow) {
        worker->options.emit(worker->options.context, fx_str_of(room), fx_buf_str(&worker->event));
    }
}

static void emit_book(struct fx_worker_publish *worker,
                      const struct fx_market_symbol *symbol,
                      const struct fx_wire_book *book)
{
    static const fx_str NAMES[2] = {{"bids", 4}, {"asks", 4}};
    if (worker->options.emit == NULL) {
        return;
    }
    struct fx_buf *event = begin_event(worker, "orderbook");
    fx_buf_append_byte(event, '{');
    fx_json_add_str(event, FX_STR("symbol"), fx_ids_symbol_str(&symbol->definition.symbol));
    for (uint32_t side = 0; side < 2; side++) {
        fx_json_append_key(event, NAMES[side]);
        fx_buf_append_byte(event, '[');
        for (uint32_t index = 0; index < book->sides[side].count; index++) {
            fx_wire_public_level(event, &symbol->definition, book->sides[side].levels[index]);
        }
        fx_buf_append_byte(event, ']');
    }
    fx_json_add_int(event, FX_STR("lastUpdateId"), (int64_t)book->sequence);
    fx_json_add_int(event, FX_STR("time"), book->time_us / US_PER_MS);
    fx_buf_append_byte(event, '}');
    emit(worker, "orderbook", symbol);
}

static void emit_trades(struct fx_worker_publish *worker, struct fx_market_symbol *symbol)
{
    const uint32_t count = symbol->new_trades;
    symbol->new_trades = 0;
    symbol->new_noted = 0;
    if (worker->options.emit == NULL || count == 0) {
        return;
    }
    struct fx_buf *event = begin_event(worker, "trades");
    fx_buf_append_byte(event, '[');
    for (uint32_t age = count; age > 0; age--) {
        const struct fx_tape_trade *trade = fx_tape_at(&symbol->tape, age - 1);
        if (trade != NULL) { /* else it is older than the tape */
            const struct fx_wire_public_trade row = {.id = trade->trade_id,
                                                     .ticks = trade->price_ticks,
                                                     .lots = trade->lots,
                                                     .time_us = trade->time_us,
                                                     .is_buyer_taker = trade->is_buyer_taker != 0};
            fx_json_append_comma(event);
            fx_wire_public_trade(event, &symbol->definition, &row);
        }
    }
    fx_buf_append_byte(event, ']');
    emit(worker, "trades", symbol);
}

static void emit_ticker(struct fx_worker_publish *worker,
                        const struct fx_market_symbol *symbol,
                        const struct fx_wire_public_ticker *ticker)
{
    if (worker->options.emit != NULL) {
        fx_wire_public_ticker(begin_event(worker, "ticker"), &symbol->definition, ticker);
        emit(worker, "ticker", symbol);
    }
}

/* ---- books ----------------------------------------------------------------------------------- */

static void show(const struct fx_worker_publish *worker,
                 const struct fx_market_symbol *symbol,
                 enum fx_side side,
                 struct shown *shown)
{
    shown->count = 0;
    while (shown->count < worker->options.book_levels) {
        const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, shown->count);
        if (level == NULL) {
            break;
        }
        shown->levels[shown->count++] =
            (struct fx_wire_public_level){.ticks = level->ticks, .lots = level->lots};
    }
}

/* Is price `left` better than `right`? */
static bool is_better(enum fx_side side, int64_t left, int64_t right)
{
    return side == FX_SIDE_BUY ? left > right : left < right;
}

/* What must be set to come from one state to the next: the new total, 0 where a level is gone from
 * what is shown. @return how many. */
static uint32_t compare(enum fx_side side,
                        const struct shown *before,
                        const struct shown *after,
                        struct fx_wire_public_level changes_out[2 * LEVELS_MAX])
{
    uint32_t count = 0, old = 0, new = 0;
    while (old < before->count || new < after->count) {
        const struct fx_wire_public_level *was = old < before->count ? &before->levels[old] : NULL;
        const struct fx_wire_public_level *is = new < after->count ? &after->levels[new] : NULL;
        if (is == NULL || (was != NULL && is_better(side, was->ticks, is->ticks))) {
            changes_out[count++] = (struct fx_wire_public_level){.ticks = was->ticks, .lots = 0};
            old++;
        } else if (was == NULL || is_better(side, is->ticks, was->ticks)) {
            changes_out[count++] = *is;
            new ++;
        } else {
            if (was->lots != is->lots) {
                changes_out[count++] = *is;
            }
            old++;
            new ++;
        }
    }
    return count;
}

static fx_status hand_over(struct fx_worker_publish *worker,
                           struct fx_bus_place place,
                           fx_str key,
                           uint64_t token)
{
    const struct fx_bus_message message = {.topic = place.topic,
                                           .partition = place.partition,
                                           .key = key,
                                           .value = fx_buf_str(&worker->value),
                                           .token = token};
    return worker->value.is_overflow ? FX_BODY_TOO_LARGE
                                     : fx_bus_publish(worker->options.bus, &message);
}

/* @return false where the bus takes no more. */
static bool publish_book(struct fx_worker_publish *worker,
                         struct fx_market_symbol *symbol,
                         int64_t now_us)
{
    static const enum fx_side SIDES[2] = {FX_SIDE_BUY, FX_SIDE_SELL};
    struct published *published = worker->published[symbol->definition.instrument_id];
    struct shown shown[2];
    struct fx_wire_book book = {.sequence = symbol->depth.sequence,
                                .previous =
                                    published->sequence == 0 ? -1 : (int64_t)published->sequence,
                                .time_us = symbol->depth.time_us};
    for (uint32_t side = 0; side < 2; side++) {
        show(worker, symbol, SIDES[side], &shown[side]);
        const uint32_t count =
            compare(SIDES[side], &published->sides[side], &shown[side], worker->changes[side]);
        book.sides[side] = (struct fx_wire_book_side){shown[side].levels, shown[side].count};
        book.changes[side] = (struct fx_wire_book_side){worker->changes[side], count};
    }
    const bool is_news = book.changes[0].count + book.changes[1].count > 0 || book.previous < 0;
    if (is_news && book.sequence > 0) {
        const struct fx_bus_place place = {worker->options.books, FX_BUS_BY_KEY};
        fx_buf_clear(&worker->value);
        fx_wire_book_output(&worker->value, &symbol->definition, &book);
        if (hand_over(worker, place, fx_ids_symbol_str(&symbol->definition.symbol), TOKEN_BOOK) !=
            FX_OK) {
            return false;
        }
        emit_book(worker, symbol, &book);
        memcpy(published->sides, shown, sizeof shown);
        published->sequence = book.sequence;
        published->book_us = now_us;
    }
    symbol->is_book_changed = false;
    return true;
}

static int publish_books(struct fx_worker_publish *worker, int64_t now_us)
{
    int done = 0;
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        struct fx_market_symbol *symbol = worker->market.symbols[id];
        if (symbol == NULL || !symbol->is_book_changed) {
            continue;
        }
        const int64_t since_us = now_us - worker->published[id]->book_us;
        if (since_us >= 0 && since_us < worker->options.interval_us) {
            continue;
        }
        if (!publish_book(worker, symbol, now_us)) {
            break;
        }
        done++;
    }
    return done;
}

/* ---- tickers --------------------------------------------------------------------------------- */

static struct fx_wire_public_level best_of(const struct fx_market_symbol *symbol, enum fx_side side)
{
    const struct fx_depth_level *level = fx_depth_at(&symbol->depth, side, 0);
    return level == NULL ? (struct fx_wire_public_level){0}
                         : (struct fx_wire_public_level){level->ticks, level->lots};
}

static struct fx_wire_public_ticker ticker_of(const struct fx_market_symbol *symbol, int64_t now_us)
{
    const struct fx_ticker_summary day = fx_ticker_summary(&symbol->ticker, now_us);
    return (struct fx_wire_public_ticker){.value = day.value,
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
                                          .time_us = now_us};
}

static int publish_tickers(struct fx_worker_publish *worker, int64_t now_us)
{
    struct fx_wire_public_ticker tickers[FX_INSTRUMENTS_MAX];
    struct fx_wire_book_quote quotes[FX_INSTRUMENTS_MAX];
    uint32_t count = 0;
    const int64_t since_us = now_us - worker->tickers_us;
    if (since_us >= 0 && since_us < worker->options.interval_us) {
        return 0;
    }
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = worker->market.symbols[id];
        if (symbol != NULL && symbol->is_ticker_changed) {
            tickers[count] = ticker_of(symbol, now_us);
            quotes[count] = (struct fx_wire_book_quote){&symbol->definition, &tickers[count]};
            count++;
        }
    }
    if (count == 0) {
        return 0;
    }
    fx_buf_clear(&worker->value);
    fx_wire_book_tickers(&worker->value, quotes, count);
    if (hand_over(worker, worker->options.tickers, FX_STR(""), TOKEN_TICKERS) != FX_OK) {
        return 0; /* they stay changed: the next turn says it */
    }
    for (uint32_t index = 0; index < count; index++) {
        struct fx_market_symbol *symbol =
            worker->market.symbols[quotes[index].instrument->instrument_id];
        emit_ticker(worker, symbol, &tickers[index]);
        emit_trades(worker, symbol);
        symbol->is_ticker_changed = false;
    }
    worker->tickers_us = now_us;
    return 1;
}

/* ---- the agent ------------------------------------------------------------------------------- */

static void collect(struct fx_worker_publish *worker)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(worker->options.bus, 0, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        _Atomic uint64_t *figure = deliveries[index].status != FX_OK ? &worker->stat_lost
                                   : deliveries[index].token == TOKEN_TICKERS
                                       ? &worker->stat_tickers
                                       : &worker->stat_books;
        atomic_fetch_add_explicit(figure, 1, memory_order_relaxed);
    }
    if (fx_bus_fatal(worker->options.bus) != FX_OK) {
        atomic_store_explicit(
            &worker->stat_fatal, (int)fx_bus_fatal(worker->options.bus), memory_order_relaxed);
    }
}

/* What another one has published meanwhile nobody knows here: what is next is a first message, and
 * old trades are nobody's news. */
static void forget_published(struct fx_worker_publish *worker)
{
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        struct fx_market_symbol *symbol = worker->market.symbols[id];
        if (symbol != NULL) {
            *worker->published[id] = (struct published){0};
            symbol->is_book_changed = true;
            symbol->is_ticker_changed = true;
            symbol->new_trades = 0;
            symbol->new_noted = 0;
        }
    }
}

static bool may_speak(struct fx_worker_publish *worker)
{
    const bool may =
        worker->options.may_speak == NULL || worker->options.may_speak(worker->options.context);
    if (may && worker->is_silent) {
        forget_published(worker);
    }
    worker->is_silent = !may;
    return may;
}

int fx_worker_publish_step(void *self, int64_t now_us)
{
    struct fx_worker_publish *worker = self;
    int done = take_events(worker);
    collect(worker);
    if (!worker->is_broken && !worker->market.is_in_dump && may_speak(worker)) {
        done += publish_books(worker, now_us);
        done += publish_tickers(worker, now_us);
    }
    if (worker->options.pump != NULL) {
        done += worker->options.pump(worker->options.context, now_us);
    }
    return done;
}

fx_status fx_worker_publish_create(const struct fx_worker_publish_options *options,
                                   struct fx_worker_publish **worker_out)
{
    struct fx_worker_publish *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        return FX_NO_MEMORY;
    }
    worker->options = *options;
    if (options->book_levels == 0 || options->book_levels > LEVELS_MAX) {
        worker->options.book_levels = LEVELS_MAX;
    }
    if (options->interval_us == 0) {
        worker->options.interval_us = INTERVAL_US;
    }
    fx_buf_init(&worker->value, VALUE_SIZE_MAX);
    fx_buf_init(&worker->event, VALUE_SIZE_MAX);
    const struct fx_agent_options agent = {.name = "publish",
                                           .step = fx_worker_publish_step,
                                           .self = worker,
                                           .idle_us_max = IDLE_US_MAX,
                                           .rest_us = REST_US};
    if (fx_agent_create(&agent, &worker->agent) != FX_OK) {
        fx_worker_publish_destroy(worker);
        return FX_NO_MEMORY;
    }
    *worker_out = worker;
    return FX_OK;
}

void fx_worker_publish_destroy(struct fx_worker_publish *worker)
{
    if (worker == NULL) {
        return;
    }
    fx_agent_destroy(worker->agent);
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        free(worker->market.symbols[id]);
        free(worker->published[id]);
    }
    fx_buf_deinit(&worker->value);
    fx_buf_deinit(&worker->event);
    free(worker);
}

fx_status fx_worker_publish_start(struct fx_worker_publish *worker)
{
    return fx_agent_start(worker->agent);
}

void fx_worker_publish_wake(void *worker)
{
    fx_agent_wake(((struct fx_worker_publish *)worker)->agent);
}

void fx_worker_publish_stop(struct fx_worker_publish *worker)
{
    fx_agent_stop(worker->agent);
    fx_agent_join(worker->agent);
    while (take_events(worker) > 0) {
        /* until the ring is empty */
    }
    if (fx_bus_flush(worker->options.bus, STOP_WAIT_MS) != FX_OK) {
        FX_LOG(FX_LOG_WARN,
               "publish",
               "the last messages may be missing; the next start tells all books anew");
    }
    collect(worker);
}

void fx_worker_publish_stats(const struct fx_worker_publish *worker,
                             struct fx_worker_publish_stats *stats_out)
{
    *stats_out = (struct fx_worker_publish_stats){
        .books = atomic_load_explicit(&worker->stat_books, memory_order_relaxed),
        .tickers = atomic_load_explicit(&worker->stat_tickers, memory_order_relaxed),
        .lost = atomic_load_explicit(&worker->stat_lost, memory_order_relaxed),
        .sequence = atomic_load_explicit(&worker->stat_sequence, memory_order_relaxed),
        .fatal = (fx_status)atomic_load_explicit(&worker->stat_fatal, memory_order_relaxed)};
}

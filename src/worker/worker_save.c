/* A batch goes through four passes: judge every event (fold instruments, find the last state of
 * each object), write the rows that are left, move the watermark, commit. The passes before the
 * transaction change nothing but the fold of instruments, which is the same when repeated. */
#include "worker/worker_save.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "model/rows.h"
#include "store/store_account.h"
#include "store/store_instrument.h"
#include "store/store_order.h"
#include "store/store_position.h"
#include "store/store_progress.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"
#include "worker/worker_save_candle.h"
#include "worker/worker_save_history.h"
#include "worker/worker_save_risk.h"

enum {
    CHUNK = 256,  /* rows handed to the store together */
    LEGS_MAX = 4, /* transactions of a trade */
    INDEX_LAST = (1 << 20) - 1
};

struct fx_worker_save_rows {
    struct fx_rows_order orders[CHUNK];
    struct fx_rows_position positions[CHUNK];
    struct fx_rows_account accounts[CHUNK];
    struct fx_rows_trade trades[CHUNK];
    struct fx_rows_transaction transactions[CHUNK + LEGS_MAX];
    uint32_t order_count;
    uint32_t position_count;
    uint32_t account_count;
    uint32_t trade_count;
    uint32_t transaction_count;
};

static struct fx_store_progress_key key_of(const struct fx_worker_save *save)
{
    return (struct fx_store_progress_key){fx_str_of(save->shard), fx_str_of(save->worker)};
}

static bool has_kind(const struct fx_worker_save *save, enum fx_worker_save_kind kind)
{
    return (save->kinds & (uint32_t)kind) != 0;
}

/* Where the tables are now: never below what they were seen to be. */
static fx_status read_watermark(struct fx_worker_save *save)
{
    const struct fx_store_progress_key key = key_of(save);
    return fx_store_progress_again(save->store, &key, save->watermark, &save->watermark);
}

/* Bars of the trades that an older version has saved. */
static fx_status complete_candles(struct fx_worker_save *save)
{
    const struct fx_store_progress_key done = {fx_str_of(save->shard), FX_STR("candles")};
    return has_kind(save, FX_WORKER_SAVE_TRADES)
               ? fx_worker_save_candle_rebuild(
                     save->store, save->instruments, save->has_instrument, &done)
               : FX_OK;
}

/* Several shards write into one set of tables, each about its own symbols. */
static bool is_own(const struct fx_shard_map *map, uint32_t instrument)
{
    return instrument < FX_INSTRUMENTS_MAX &&
           (map == NULL || fx_shard_of_instrument(map->shards, instrument) == map->shard);
}

static fx_status load_instruments(struct fx_worker_save *save, const struct fx_shard_map *map)
{
    struct fx_store_instrument_row *rows = calloc(FX_INSTRUMENTS_MAX, sizeof *rows);
    if (rows == NULL) {
        return FX_NO_MEMORY;
    }
    uint32_t count = 0;
    const fx_status status =
        fx_store_instrument_list(save->store, rows, FX_INSTRUMENTS_MAX, &count);
    for (uint32_t index = 0; index < count; index++) {
        if (is_own(map, rows[index].instrument.instrument_id)) {
            fx_worker_save_instrument(save, &rows[index].instrument);
        }
    }
    free(rows);
    return status;
}

fx_status fx_worker_save_init(struct fx_worker_save *save,
                              const struct fx_worker_save_options *options)
{
    FX_ASSERT(fx_store_is_writer(options->store));
    memset(save, 0, sizeof *save);
    save->store = options->store;
    save->kinds = options->kinds;
    if (options->shard.size == 0 || options->worker.size == 0 ||
        !fx_str_copy(options->shard, save->shard, sizeof save->shard) ||
        !fx_str_copy(options->worker, save->worker, sizeof save->worker)) {
        return FX_BAD_PARAMETER;
    }
    fx_table_init(&save->last_order, FX_WORKER_SAVE_EVENTS_MAX);
    fx_table_init(&save->last_account, FX_WORKER_SAVE_EVENTS_MAX);
    fx_table_init(&save->last_position, FX_WORKER_SAVE_EVENTS_MAX);
    const bool has_memory = posix_memalign((void **)&save->rows, 64, sizeof *save->rows) == 0 &&
                            posix_memalign((void **)&save->instruments,
                                           64,
                                           FX_INSTRUMENTS_MAX * sizeof *save->instruments) == 0;
    fx_status status = FX_NO_MEMORY;
    if (has_memory) {
        memset(save->rows, 0, sizeof *save->rows);
        memset(save->instruments, 0, FX_INSTRUMENTS_MAX * sizeof *save->instruments);
        status = fx_worker_save_candle_create(&save->candle);
    }
    if (status == FX_OK) {
        status = fx_worker_save_history_create(&save->history);
    }
    if (status == FX_OK) {
        status = fx_worker_save_risk_create(&save->risk);
    }
    if (status == FX_OK) {
        const struct fx_store_progress_key key = key_of(save);
        status = fx_store_progress_hold(save->store, &key);
    }
    if (status == FX_OK) {
        status = read_watermark(save);
    }
    if (status == FX_OK) {
        status = load_instruments(save, options->map);
    }
    if (status == FX_OK) {
        status = complete_candles(save);
    }
    if (status != FX_OK) {
        fx_worker_save_deinit(save);
    }
    return status;
}

void fx_worker_save_deinit(struct fx_worker_save *save)
{
    fx_table_deinit(&save->last_order);
    fx_table_deinit(&save->last_account);
    fx_table_deinit(&save->last_position);
    fx_worker_save_candle_destroy(save->candle);
    fx_worker_save_history_destroy(save->history);
    fx_worker_save_risk_destroy(save->risk);
    free(save->rows);
    free(save->instruments);
    memset(save, 0, sizeof *save);
}

void fx_worker_save_instrument(struct fx_worker_save *save, const struct fx_instrument *instrument)
{
    FX_ASSERT(instrument->instrument_id < FX_INSTRUMENTS_MAX);
    save->instruments[instrument->instrument_id] = *instrument;
    save->has_instrument[instrument->instrument_id] = true;
}

static const struct fx_instrument *find_instrument(const struct fx_worker_save *save,
                                                   uint32_t instrument)
{
    if (instrument >= FX_INSTRUMENTS_MAX || !save->has_instrument[instrument]) {
        return NULL;
    }
    return &save->instruments[instrument];
}

static uint32_t instrument_of(const struct fx_event *event)
{
    switch ((int)event->kind) {
    case FX_EVENT_ORDER:
        return event->u.order.instrument;
    case FX_EVENT_TRADE:
        return event->u.trade.instrument;
    case FX_EVENT_POSITION:
        return event->u.position.instrument;
    case FX_EVENT_TRANSACTION:
        return event->u.transaction.instrument;
    case FX_EVENT_MARK:
        return event->u.mark.instrument;
    case FX_EVENT_LIQUIDATION:
        return event->u.liquidation.instrument;
    case FX_EVENT_FUNDING:
        return event->u.funding.instrument;
    case FX_EVENT_INSURANCE:
        return event->u.insurance.instrument;
    case FX_EVENT_SETTLEMENT:
        return event->u.settlement.instrument;
    default:
        return FX_COMMAND_ALL_INSTRUMENTS;
    }
}

/* A dumped row is the state after all of its command, so it counts as that command's last word:
 * above every row of the command, below every row of the next. Its own index says nothing. */
static struct fx_event dumped(const struct fx_event *event)
{
    struct fx_event copy = *event;
    copy.index = INDEX_LAST;
    return copy;
}

static uint64_t operation_of(const struct fx_event *event, bool is_in_dump)
{
    if (!is_in_dump) {
        return fx_event_operation_id(event);
    }
    const struct fx_event copy = dumped(event);
    return fx_event_operation_id(&copy);
}

/* What a batch does to the saver's memory, kept apart until it is committed. */
struct progress {
    uint64_t watermark;
    bool is_in_dump;
    bool has_new; /* something is to be written */
};

/* True where the event is to be written. Steps `progress` past it. */
static bool step_past(struct progress *progress, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_DUMP_BEGIN) {
        progress->is_in_dump = true;
        return false;
    }
    const bool was_in_dump = progress->is_in_dump;
    if (event->kind == FX_EVENT_DUMP_END) {
        progress->is_in_dump = false;
    } else if (was_in_dump) {
        progress->has_new = true;
        return true;
    }
    const uint64_t operation_id = operation_of(event, was_in_dump);
    if (operation_id <= progress->watermark) {
        return false;
    }
    progress->watermark = operation_id;
    progress->has_new = true;
    return true;
}

/* Note the state as the object's last one, unless a later one is noted. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): key and value of a table
static FX_MUST_USE bool remember_last(struct fx_table *table, uint64_t id, uint64_t operation_id)
{
    union fx_table_value *noted = fx_table_find(table, id);
    if (noted != NULL) {
        noted->number = operation_id > noted->number ? operation_id : noted->number;
        return true;
    }
    return fx_table_put(table, id, (union fx_table_value){.number = operation_id});
}

/* Find the last state of each object. @return OK, CORRUPT (unknown instrument), NO_MEMORY. */
static fx_status judge(struct fx_worker_save *save,
                       const struct fx_event *event,
                       bool is_in_dump,
                       bool is_new)
{
    if (event->kind == FX_EVENT_INSTRUMENT) {
        if (event->u.instrument.instrument_id >= FX_INSTRUMENTS_MAX) {
            return FX_CORRUPT;
        }
        fx_worker_save_instrument(save, &event->u.instrument);
        return FX_OK;
    }
    if (!is_new) {
        return FX_OK;
    }
    const uint32_t instrument = instrument_of(event);
    if (instrument != FX_COMMAND_ALL_INSTRUMENTS && find_instrument(save, instrument) == NULL) {
        return FX_CORRUPT;
    }
    const uint64_t operation_id = operation_of(event, is_in_dump);
    bool is_put = true;
    switch ((int)event->kind) {
    case FX_EVENT_ORDER:
        is_put = remember_last(&save->last_order, event->u.order.order_id, operation_id);
        break;
    case FX_EVENT_ACCOUNT:
        is_put = remember_last(&save->last_account, event->u.account.account_id, operation_id);
        break;
    case FX_EVENT_POSITION:
        is_put = remember_last(&save->last_position, event->u.position.position_id, operation_id);
        break;
    default:
        break;
    }
    return is_put ? FX_OK : FX_NO_MEMORY;
}

static bool is_last(const struct fx_table *table, uint64_t id, const struct fx_event *event)
{
    const union fx_table_value *last = fx_table_find(table, id);
    return last != NULL && last->number == fx_event_operation_id(event);
}

static fx_status flush_orders(struct fx_worker_save *save)
{
    const uint32_t count = save->rows->order_count;
    save->rows->order_count = 0;
    save->row_count += count;
    return fx_store_order_save(save->store, save->rows->orders, count);
}

static fx_status flush_positions(struct fx_worker_save *save)
{
    const uint32_t count = save->rows->position_count;
    save->rows->position_count = 0;
    save->row_count += count;
    return fx_store_position_save(save->store, save->rows->positions, count);
}

static fx_status flush_accounts(struct fx_worker_save *save)
{
    const uint32_t count = save->rows->account_count;
    save->rows->account_count = 0;
    save->row_count += count;
    return fx_store_account_save(save->store, save->rows->accounts, count);
}

static fx_status flush_trades(struct fx_worker_save *save)
{
    const uint32_t count = save->rows->trade_count;
    save->rows->trade_count = 0;
    save->row_count += count;
    return fx_store_trade_save(save->store, save->rows->trades, count);
}

static fx_status flush_transactions(struct fx_worker_save *save)
{
    const uint32_t count = save->rows->transaction_count;
    save->rows->transaction_count = 0;
    save->row_count += count;
    return fx_store_transaction_save(save->store, save->rows->transactions, count);
}

static fx_status flush_candles(struct fx_worker_save *save)
{
    uint64_t count = 0;
    const fx_status status = fx_worker_save_candle_flush(save->candle, save->store, &count);
    save->row_count += count;
    return status;
}

static fx_status add_order(struct fx_worker_save *save, const struct fx_event *event)
{
    struct fx_worker_save_rows *rows = save->rows;
    fx_rows_order_of(
        event, find_instrument(save, event->u.order.instrument), &rows->orders[rows->order_count]);
    rows->order_count++;
    return rows->order_count == CHUNK ? flush_orders(save) : FX_OK;
}

static fx_status add_position(struct fx_worker_save *save, const struct fx_event *event)
{
    struct fx_worker_save_rows *rows = save->rows;
    fx_rows_position_of(event,
                        find_instrument(save, event->u.position.instrument),
                        &rows->positions[rows->position_count]);
    rows->position_count++;
    return rows->position_count == CHUNK ? flush_positions(save) : FX_OK;
}

static fx_status add_account(struct fx_worker_save *save, const struct fx_event *event)
{
    struct fx_worker_save_rows *rows = save->rows;
    fx_rows_account_of(event, &rows->accounts[rows->account_count]);
    rows->account_count++;
    return rows->account_count == CHUNK ? flush_accounts(save) : FX_OK;
}

static fx_status add_to_candles(struct fx_worker_save *save, const struct fx_event *event)
{
    return fx_worker_save_candle_add(
        save->candle, save->store, find_instrument(save, instrument_of(event)), event);
}

static fx_status add_trade(struct fx_worker_save *save, const struct fx_event *event)
{
    struct fx_worker_save_rows *rows = save->rows;
    struct fx_rows_trade *trade = &rows->trades[rows->trade_count];
    fx_rows_trade_of(event, find_instrument(save, event->u.trade.instrument), trade);
    rows->transaction_count +=
        fx_rows_trade_transactions(trade, &rows->transactions[rows->transaction_count]);
    rows->trade_count++;
    fx_status status = FX_OK;
    if (rows->transaction_count >= CHUNK) {
        status = flush_transactions(save);
    }
    if (status == FX_OK && rows->trade_count == CHUNK) {
        status = flush_trades(save);
    }
    return status == FX_OK ? add_to_candles(save, event) : status;
}

static fx_status add_risk(struct fx_worker_save *save, const struct fx_event *event)
{
    return fx_worker_save_risk_add(
        save->risk, save->store, find_instrument(save, instrument_of(event)), event);
}

static fx_status add_transaction(struct fx_worker_save *save, const struct fx_event *event)
{
    struct fx_worker_save_rows *rows = save->rows;
    fx_rows_transaction_of(event,
                           find_instrument(save, event->u.transaction.instrument),
                           &rows->transactions[rows->transaction_count]);
    rows->transaction_count++;
    const fx_status status = add_risk(save, event);
    return status == FX_OK && rows->transaction_count >= CHUNK ? flush_transactions(save) : status;
}

/* What a position was before and is now, while the table still has what it was. */
static fx_status add_to_history(struct fx_worker_save *save,
                                const struct fx_event *event,
                                const struct fx_event *command)
{
    const struct fx_worker_save_history_move move = {event, command};
    if (!has_kind(save, FX_WORKER_SAVE_POSITIONS) || event->kind != FX_EVENT_POSITION) {
        return FX_OK;
    }
    return fx_worker_save_history_position(
        save->history, save->store, find_instrument(save, event->u.position.instrument), &move);
}

static fx_status save_instrument(struct fx_worker_save *save, const struct fx_event *event)
{
    const struct fx_store_instrument_row row = {
        .operation_id = fx_event_operation_id(event),
        .updated_us = event->time_us,
        .instrument = event->u.instrument,
    };
    save->row_count++;
    return fx_store_instrument_save(save->store, &row);
}

static fx_status save_tier(struct fx_worker_save *save, const struct fx_event *event)
{
    const struct fx_store_instrument_tier tier = {
        .operation_id = fx_event_operation_id(event),
        .instrument_id = event->u.tier.instrument,
        .index = event->u.tier.index,
        .count = event->u.tier.count,
        .tier = event->u.tier.tier,
    };
    if (tier.count > FX_TIERS_MAX || tier.index >= tier.count) {
        return FX_CORRUPT;
    }
    save->row_count++;
    return fx_store_instrument_save_tier(save->store, &tier);
}

/* One event into its chunk, where this saver writes such rows and no later state follows. */
static fx_status write_event(struct fx_worker_save *save, const struct fx_event *event)
{
    switch ((int)event->kind) {
    case FX_EVENT_ORDER:
        return has_kind(save, FX_WORKER_SAVE_ORDERS) &&
                       is_last(&save->last_order, event->u.order.order_id, event)
                   ? add_order(save, event)
                   : FX_OK;
    case FX_EVENT_POSITION:
        return has_kind(save, FX_WORKER_SAVE_POSITIONS) &&
                       is_last(&save->last_position, event->u.position.position_id, event)
                   ? add_position(save, event)
                   : FX_OK;
    case FX_EVENT_ACCOUNT:
        return has_kind(save, FX_WORKER_SAVE_ACCOUNTS) &&
                       is_last(&save->last_account, event->u.account.account_id, event)
                   ? add_account(save, event)
                   : FX_OK;
    case FX_EVENT_TRADE:
        return has_kind(save, FX_WORKER_SAVE_TRADES) ? add_trade(save, event) : FX_OK;
    case FX_EVENT_MARK:
        return has_kind(save, FX_WORKER_SAVE_TRADES) ? add_to_candles(save, event) : FX_OK;
    case FX_EVENT_TRANSACTION:
        return has_kind(save, FX_WORKER_SAVE_TRADES) ? add_transaction(save, event) : FX_OK;
    case FX_EVENT_LIQUIDATION:
    case FX_EVENT_FUNDING:
    case FX_EVENT_INSURANCE:
    case FX_EVENT_SETTLEMENT:
        return has_kind(save, FX_WORKER_SAVE_TRADES) ? add_risk(save, event) : FX_OK;
    case FX_EVENT_INSTRUMENT:
        return has_kind(save, FX_WORKER_SAVE_INSTRUMENTS) ? save_instrument(save, event) : FX_OK;
    case FX_EVENT_TIER:
        return has_kind(save, FX_WORKER_SAVE_INSTRUMENTS) ? save_tier(save, event) : FX_OK;
    default:
        return FX_OK; /* RESULT, BOOK: not in the tables */
    }
}

static fx_status flush_all(struct fx_worker_save *save)
{
    fx_status status = flush_orders(save);
    status = status == FX_OK ? flush_positions(save) : status;
    status = status == FX_OK ? flush_accounts(save) : status;
    status = status == FX_OK ? flush_trades(save) : status;
    status = status == FX_OK ? flush_candles(save) : status;
    if (status == FX_OK) {
        status = fx_worker_save_history_flush(save->history, save->store, &save->row_count);
    }
    if (status == FX_OK) {
        status = fx_worker_save_risk_flush(save->risk, save->store, &save->row_count);
    }
    return status == FX_OK ? flush_transactions(save) : status;
}

/* A dump tells marks, fundings, funds and settlements: no bar and no history has them, because
 * nothing happened. */
static bool is_state(enum fx_event_kind kind)
{
    return kind != FX_EVENT_MARK && kind != FX_EVENT_FUNDING && kind != FX_EVENT_INSURANCE &&
           kind != FX_EVENT_SETTLEMENT;
}

static fx_status write_rows(struct fx_worker_save *save,
                            const struct fx_event events[],
                            uint32_t count,
                            struct progress *progress)
{
    fx_status status = FX_OK;
    const struct fx_event *command = events; /* the first event of the one that is written */
    fx_worker_save_history_begin(save->history);
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const bool is_in_dump = progress->is_in_dump;
        command = events[index].sequence == command->sequence ? command : &events[index];
        if (!step_past(progress, &events[index]) ||
            (is_in_dump && !is_state((enum fx_event_kind)events[index].kind))) {
            continue;
        }
        status = add_to_history(save, &events[index], is_in_dump ? NULL : command);
        if (status != FX_OK) {
            return status;
        }
        if (is_in_dump) {
            const struct fx_event copy = dumped(&events[index]);
            status = write_event(save, &copy);
        } else {
            status = write_event(save, &events[index]);
        }
    }
    return status == FX_OK ? flush_all(save) : status;
}

static fx_status judge_all(struct fx_worker_save *save,
                           const struct fx_event events[],
                           uint32_t count,
                           struct progress *progress)
{
    fx_table_clear(&save->last_order);
    fx_table_clear(&save->last_account);
    fx_table_clear(&save->last_position);
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        const bool is_in_dump = progress->is_in_dump;
        const bool is_new = step_past(progress, &events[index]);
        status = judge(save, &events[index], is_in_dump, is_new);
    }
    return status;
}

static fx_status write_batch(struct fx_worker_save *save,
                             const struct fx_event events[],
                             uint32_t count,
                             struct progress *progress)
{
    fx_status status = fx_store_begin(save->store);
    if (status != FX_OK) {
        return status;
    }
    status = write_rows(save, events, count, progress);
    if (status == FX_OK && progress->watermark > 0) { /* 0: a dump that has just begun */
        const struct fx_store_progress_key key = key_of(save);
        const struct fx_store_progress_step step = {save->watermark, progress->watermark};
        status = fx_store_progress_advance(save->store, &key, &step);
    }
    return status == FX_OK ? fx_store_commit(save->store) : status;
}

/* S2: after a failure the batch may be in the tables all the same. Given again with more behind it,
 * its watermark would pass, and what a change came from would be read from after it. */
static fx_status trust_watermark(struct fx_worker_save *save)
{
    if (!save->is_watermark_doubtful) {
        return FX_OK;
    }
    const fx_status status = read_watermark(save);
    save->is_watermark_doubtful = status != FX_OK;
    return status;
}

fx_status fx_worker_save_events(struct fx_worker_save *save,
                                const struct fx_event events[],
                                uint32_t count)
{
    FX_ASSERT(count <= FX_WORKER_SAVE_EVENTS_MAX);
    const fx_status known = trust_watermark(save);
    if (known != FX_OK) {
        return known;
    }
    const struct progress start = {save->watermark, save->is_in_dump, false};
    struct progress end = start;
    fx_status status = judge_all(save, events, count, &end);
    if (status != FX_OK) {
        return status;
    }
    const uint64_t row_count = save->row_count;
    struct progress progress = start;
    if (end.has_new) {
        status = write_batch(save, events, count, &progress);
    } else {
        progress = end; /* nothing new: no transaction */
    }
    if (status == FX_OK) {
        save->watermark = progress.watermark;
        save->is_in_dump = progress.is_in_dump;
        return FX_OK;
    }
    save->is_watermark_doubtful = true;
    fx_store_rollback(save->store);
    fx_worker_save_candle_forget(save->candle);
    fx_worker_save_history_forget(save->history);
    fx_worker_save_risk_forget(save->risk);
    save->row_count = row_count;
    save->rows->order_count = 0;
    save->rows->position_count = 0;
    save->rows->account_count = 0;
    save->rows->trade_count = 0;
    save->rows->transaction_count = 0;
    if (status == FX_STALE) {
        const fx_status again = read_watermark(save);
        return again == FX_OK ? FX_STALE : again;
    }
    return status;
}

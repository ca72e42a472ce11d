/**
 * @file worker_save.h
 * From events to tables: one batch of events is one transaction, with the watermark inside.
 *
 * An event at or below the watermark is skipped, so a batch may be given again after a crash, whole
 * or in part, and the tables come out the same. Of an order, account or position only the last
 * state in a batch is written. The events between DUMP_BEGIN and DUMP_END are a whole state: they
 * are upserted whatever the watermark says, never win over newer rows, and move the watermark only
 * at DUMP_END, and only forward. Thread: the store writer's.
 */
#ifndef FX_WORKER_WORKER_SAVE_H
#define FX_WORKER_WORKER_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/table.h"
#include "model/event.h"
#include "model/instrument.h"
#include "store/store.h"

enum {
    FX_WORKER_SAVE_EVENTS_MAX = 65536, /* in one batch */
    FX_WORKER_SAVE_SHARD_SIZE_MAX = 33
};

/** What a saver writes: one of these per group of the seed, or all. */
enum fx_worker_save_kind {
    FX_WORKER_SAVE_ACCOUNTS = 1,
    FX_WORKER_SAVE_POSITIONS = 2, /* and their histories */
    FX_WORKER_SAVE_ORDERS = 4,
    FX_WORKER_SAVE_TRADES = 8, /* and transactions, candles, fundings, funds, liquidations,
                                  settlements */
    FX_WORKER_SAVE_INSTRUMENTS = 16,
    FX_WORKER_SAVE_ALL = 31
};

struct fx_worker_save_options {
    struct fx_store *store;         /* a writer, migrated; kept until deinit, not closed */
    fx_str shard;                   /* "USDT"; 1..32 bytes, as the worker's name */
    fx_str worker;                  /* whose watermark: "saver" */
    uint32_t kinds;                 /* enum fx_worker_save_kind, or'ed */
    const struct fx_shard_map *map; /* whose symbols these are; NULL: all. Only while it is made */
};

struct fx_worker_save_rows;
struct fx_worker_save_candle;
struct fx_worker_save_history;
struct fx_worker_save_risk;

struct fx_worker_save {
    struct fx_store *store;
    uint64_t watermark; /* operationId of the last event in the tables */
    uint64_t row_count; /* written since init, for metrics */
    uint32_t kinds;
    bool is_in_dump;
    bool is_watermark_doubtful; /* a COMMIT may have happened unheard: it is read again first */
    bool has_instrument[FX_INSTRUMENTS_MAX];
    char shard[FX_WORKER_SAVE_SHARD_SIZE_MAX];
    char worker[FX_WORKER_SAVE_SHARD_SIZE_MAX];
    struct fx_instrument *instruments; /* FX_INSTRUMENTS_MAX; heap */
    struct fx_table last_order;        /* id to operationId of its last state in the batch */
    struct fx_table last_account;
    struct fx_table last_position;
    struct fx_worker_save_rows *rows;     /* heap */
    struct fx_worker_save_candle *candle; /* heap */
    struct fx_worker_save_history *history;
    struct fx_worker_save_risk *risk;
};

/** Be the only saver of the name, read the watermark and the instruments from the store; bars that
 * an older version did not write are made of the stored trades. @return OK; LOCKED where another
 * process saves under this name; NO_MEMORY, or the store's. */
FX_MUST_USE fx_status fx_worker_save_init(struct fx_worker_save *save,
                                          const struct fx_worker_save_options *options);

void fx_worker_save_deinit(struct fx_worker_save *save);

/**
 * Tell an instrument that no event told (engine restored from a snapshot). INSTRUMENT events do the
 * same, also where the watermark has passed them.
 */
void fx_worker_save_instrument(struct fx_worker_save *save, const struct fx_instrument *instrument);

/**
 * Write a batch in the order of the log. @return OK; CORRUPT where a stored trade or transaction
 * differs, or an event names an unknown instrument (stop the worker); STALE where another saver
 * with the same name moved the watermark meanwhile (it was read again; give the batch again);
 * TABLES_BEHIND where the tables have lost rows that were committed (a fail-over to a replica that
 * was behind): stop, and start again from the log at the watermark that they have; or the store's
 * status. Nothing is written on failure; the same batch may be given again.
 */
FX_MUST_USE fx_status fx_worker_save_events(struct fx_worker_save *save,
                                            const struct fx_event events[],
                                            uint32_t count);

#endif

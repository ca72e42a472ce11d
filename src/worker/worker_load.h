/**
 * @file worker_load.h
 * matching-engine:load: the tables become the beginning of an empty log.
 *
 * Three steps. Rows are read, page by page in one view of the database, and written to
 * matching_engine_preload in the seed's order. What was written is read back, compared, and applied
 * to an engine of the loader's own: the same one that all followers have. Only where that engine
 * has started are the records copied to matching_engine_input. So the log gets a load that is known
 * to start, or nothing. A loader that dies while it copies is run again: it finds its records and
 * goes on behind the last one.
 *
 * Of several shards each is loaded with the rows of its own collateral, from the same tables; what
 * is no shard's is refused by all. Thread: one; blocks.
 */
#ifndef FX_WORKER_WORKER_LOAD_H
#define FX_WORKER_WORKER_LOAD_H

#include "base/status.h"
#include "bus/bus.h"
#include "model/shard.h"
#include "store/store.h"

enum { FX_WORKER_LOAD_TEXT_SIZE_MAX = 512 };

enum fx_worker_load_stage {
    FX_WORKER_LOAD_READING = 1, /* rows of the tables into the preload */
    FX_WORKER_LOAD_CHECKING = 2,
    FX_WORKER_LOAD_COPYING = 3 /* records of the preload into the log */
};

/** How far it is. */
struct fx_worker_load_progress {
    enum fx_worker_load_stage stage;
    uint64_t done;
    uint64_t total;
};

struct fx_worker_load_options {
    struct fx_store *store;      /* a reader */
    struct fx_bus *bus;          /* gapless */
    struct fx_bus_place preload; /* matching_engine_preload of the shard */
    struct fx_bus_place input;
    const struct fx_shard_map *maps; /* of all shards; NULL: one shard has everything */
    uint32_t shards;                 /* of maps */
    uint32_t shard;                  /* of preload and input */
    fx_str shard_name;               /* as its savers say it; "main" */
    uint64_t node_salt;              /* what makes this load's name unique */
    int64_t now_us;                  /* the time of the load */
    uint32_t wait_ms;                /* without any news of the bus; 30,000 */
    bool has_new_tables; /* the log's savers write into other tables, which are empty: sequences
                            begin at 1 */
    /** After each page; may be NULL. */
    void (*on_progress)(void *context, const struct fx_worker_load_progress *progress);
    void *context;
};

/** What was loaded; `text`: why it was refused. */
struct fx_worker_load_report {
    uint64_t instruments;
    uint64_t accounts;
    uint64_t positions;
    uint64_t orders;
    uint64_t records;
    uint64_t first_sequence; /* of the log: behind all that the tables know */
    uint64_t resumed_at;     /* records that an earlier run had copied; 0: none */
    uint64_t state_hash;
    char text[FX_WORKER_LOAD_TEXT_SIZE_MAX];
};

/**
 * Load. @return OK; ENGINE_NOT_EMPTY (the log has begun); LOAD_… and what else the engine refuses a
 * record with; BAD_PARAMETER (a row that can be no command); WRONG_SHARD (no shard has the row);
 * CORRUPT (what was read back is not what was written); what the database or the bus says.
 * *report_out is filled in any case.
 */
FX_MUST_USE fx_status fx_worker_load_run(const struct fx_worker_load_options *options,
                                         struct fx_worker_load_report *report_out);

#endif

/**
 * @file worker_load_int.h
 * What the two files of the loader share: rows to records (worker_load_read.c), and the rest.
 */
#ifndef FX_WORKER_WORKER_LOAD_INT_H
#define FX_WORKER_WORKER_LOAD_INT_H

#include "base/buf.h"
#include "engine/engine.h"
#include "store/store_preload.h"
#include "worker/worker_input.h"
#include "worker/worker_load.h"

enum { FX_WORKER_LOAD_NAME_SIZE = 21 }; /* "load:" and 16 digits */

/** One run. */
struct fx_worker_load {
    struct fx_worker_load_options options;
    struct fx_worker_load_report *report;
    struct fx_store_preload_figures figures;
    struct fx_engine_limits limits;
    struct fx_wire_topic_from from; /* this load's name; token: number of the last record */
    struct fx_worker_input *input;  /* what has been listed so far */
    struct fx_buf text;
    uint64_t digest;     /* of all records in their order */
    uint64_t first;      /* offset of the first one in the preload */
    uint64_t acked;      /* records whose delivery came */
    uint64_t begun_at;   /* offset of the load's first record in the log */
    uint64_t order_rows; /* of the tables, read so far */
};

/** Say it in the report. @return the status. */
fx_status fx_worker_load_fail(struct fx_worker_load *load,
                              fx_status status,
                              const char *format,
                              ...) __attribute__((format(printf, 3, 4)));

/** Whose rows are loaded; NULL: everybody's. Borrowed. */
const struct fx_shard_map *fx_worker_load_map(const struct fx_worker_load *load);

/** Publish a message; waits for room. */
FX_MUST_USE fx_status fx_worker_load_publish(struct fx_worker_load *load,
                                             const struct fx_bus_message *message);

/** The next record of the preload. */
FX_MUST_USE fx_status fx_worker_load_emit(struct fx_worker_load *load,
                                          const struct fx_command *command);

void fx_worker_load_tell(const struct fx_worker_load *load,
                         enum fx_worker_load_stage stage,
                         uint64_t done,
                         uint64_t total);

/** Every row of the tables into the preload, START_ENGINE last. worker_load_read.c */
FX_MUST_USE fx_status fx_worker_load_read(struct fx_worker_load *load);

#endif

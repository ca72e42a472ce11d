/**
 * @file worker_load_int.h
 * What the files of the loader share: rows to records (worker_load_read.c) with what they need of
 * symbols (worker_load_symbol.c), of what protects a position (worker_load_protect.c) and an order
 * (worker_load_bracket.c), and the rest (worker_load.c).
 */
#ifndef FX_WORKER_WORKER_LOAD_INT_H
#define FX_WORKER_WORKER_LOAD_INT_H

#include "base/buf.h"
#include "engine/engine.h"
#include "model/rows.h"
#include "store/store_fee.h"
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

/* ---- rows to records ---------------------------------------------------------------------------
 */

/** A user who is not like most: his flags, his fees. */
struct fx_worker_load_special {
    struct fx_store_fee fee; /* begins with the user's id */
    uint32_t flags;
};

/** An order that a position names as its take profit or its stop loss, and whose that has to be. */
struct fx_worker_load_protecting {
    uint64_t order_id;
    uint64_t position_id;
    uint64_t user_id;
    struct fx_symbol symbol;
    enum fx_position_side position_side;
    enum fx_side side; /* what closes the position; 0: it is flat, so nothing does */
    bool is_found;     /* among the open orders */
};

/** An open order that names a take profit or a stop loss; 0: none. */
struct fx_worker_load_guarded {
    uint64_t order_id;
    uint64_t take_profit_id;
    uint64_t stop_loss_id;
    bool has_take_profit; /* among the open orders, and it says the same */
    bool has_stop_loss;
};

/** Everything of the reading that is not the loader's. */
struct fx_worker_load_reading {
    struct fx_worker_load *load;
    struct fx_instrument *instruments; /* FX_INSTRUMENTS_MAX, in the order of their rows */
    uint32_t *owners;                  /* the shard of each */
    fx_i128 *sums;                     /* of the positions on each of this shard */
    uint32_t instrument_count;
    uint32_t own_count;                      /* of them, this shard's */
    struct fx_worker_load_special *specials; /* by user id, rising */
    uint32_t special_count;
    struct fx_worker_load_protecting *protecting; /* sorted before the orders are read */
    uint32_t protecting_count;
    struct fx_worker_load_guarded *guarded; /* rising */
    uint32_t guarded_count;
    struct fx_rows_order *parents; /* FX_STORE_LIMIT_MAX, rising: of the page of orders */
    uint32_t parent_count;
    void *page; /* FX_STORE_LIMIT_MAX rows of any table */
};

/** Say what the database says. @return the status. */
fx_status fx_worker_load_read_failed(const struct fx_worker_load_reading *reading,
                                     fx_status status);
/** Room for one more item, in steps of doubling. @return false: there is none. */
bool fx_worker_load_read_grow(void **items, uint32_t count, size_t size, uint32_t most);

/** Items that each have a number, a uint64_t at the same place of all. */
struct fx_worker_load_list {
    void *items; /* NULL where there are none */
    size_t size; /* of one */
    size_t id_at;
    uint32_t count;
};

/** By their numbers, rising; equal ones stand in any order. They must begin with it (id_at 0). */
void fx_worker_load_read_sort(const struct fx_worker_load_list *list);
/** The item of a number among those that are sorted. @return NULL: there is none. */
void *fx_worker_load_read_find(const struct fx_worker_load_list *list, uint64_t id);

/* ---- worker_load_symbol.c */

/** Whose collateral it is; UINT32_MAX: nobody's. */
uint32_t fx_worker_load_symbol_shard(const struct fx_worker_load_reading *reading,
                                     const struct fx_asset *asset);
/** Refuse a row in an asset of no shard; `what` is its table in the singular, `id` its number. */
fx_status fx_worker_load_symbol_nobodys(struct fx_worker_load_reading *reading,
                                        const char *what,
                                        uint64_t id,
                                        const struct fx_asset *asset);
/** Whether this shard gave the id. @return OK; WRONG_SHARD. */
fx_status fx_worker_load_symbol_judge_id(struct fx_worker_load_reading *reading,
                                         const char *what,
                                         uint64_t id);
/** NULL: it is not listed; *is_own_out says whether it is this shard's. */
const struct fx_instrument *fx_worker_load_symbol_find(const struct fx_worker_load_reading *reading,
                                                       const struct fx_symbol *symbol,
                                                       bool *is_own_out);
/** The rows of instruments, with their tiers and what they did last. */
fx_status fx_worker_load_symbol_read(struct fx_worker_load_reading *reading);

/* ---- worker_load_protect.c */

/** A position names this order (0: none). @return false: no memory. */
bool fx_worker_load_protect_keep(struct fx_worker_load_reading *reading,
                                 uint64_t order_id,
                                 const struct fx_rows_position *row);
/** All positions have been read. @return OK; BAD_PARAMETER: an order is named twice. */
fx_status fx_worker_load_protect_sort(struct fx_worker_load_reading *reading);
/** Whether a position names the order; NULL where none does. Sorted. */
struct fx_worker_load_protecting *fx_worker_load_protect_find(
    const struct fx_worker_load_reading *reading, uint64_t order_id);
/** The order that a position names is its owner's, on its symbol, and closes it. */
fx_status fx_worker_load_protect_judge(struct fx_worker_load_reading *reading,
                                       const struct fx_worker_load_protecting *protecting,
                                       const struct fx_rows_order *row);
/** All orders have been read. @return OK; ORDER_NOT_FOUND: one that is named was not there. */
fx_status fx_worker_load_protect_end(struct fx_worker_load_reading *reading);

/* ---- worker_load_bracket.c */

/** Read the orders that those of a page of open ones protect. @return OK; what the database says.
 */
fx_status fx_worker_load_bracket_page(struct fx_worker_load_reading *reading,
                                      const struct fx_rows_order rows[],
                                      uint32_t count);
/** Remember what an open order names. By id, rising. @return OK; NO_MEMORY. */
fx_status fx_worker_load_bracket_keep(struct fx_worker_load_reading *reading,
                                      const struct fx_rows_order *row);
/** Whether the order that a row of the page protects is one that it can: the user's, on its symbol,
 * of the other side; open and naming it, or ended with something left. @return OK, also where it
 * protects none; ORDER_NOT_FOUND, LOAD_OUT_OF_ORDER, LOT_SIZE, BAD_PARAMETER. */
fx_status fx_worker_load_bracket_judge(struct fx_worker_load_reading *reading,
                                       const struct fx_rows_order *row);
/** All orders have been read. @return OK; ORDER_NOT_FOUND: one that is named was not there. */
fx_status fx_worker_load_bracket_end(struct fx_worker_load_reading *reading);

#endif

/**
 * @file worker_oracle.h
 * The oracle: asks sources over HTTP(S) and reads them from files, and makes an index of each
 * symbol at its interval.
 *
 * Sources lie, stall, jump, die and answer gigabytes: every answer is bounded in size and time, no
 * redirect is followed, no scheme but http and https is spoken, and what a source says counts only
 * by fx_index_compute(). A thread of its own; nothing waits for it. Thread: create, start, poll and
 * destroy by the owner; the rest is the agent's.
 */
#ifndef FX_WORKER_WORKER_ORACLE_H
#define FX_WORKER_WORKER_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/status.h"
#include "base/str.h"
#include "market/index.h"
#include "model/ids.h"

enum {
    FX_WORKER_ORACLE_SYMBOLS_MAX = 32,
    FX_WORKER_ORACLE_ANSWER_SIZE_MAX = 65536, /* bytes of an answer; more and it does not count */
    FX_WORKER_ORACLE_ANSWER_MS_MAX = 5000,    /* for an answer, connecting included */
    FX_WORKER_ORACLE_TEXT_SIZE = 512,
    FX_WORKER_ORACLE_ERROR_SIZE = 160
};

/** One source as the configuration says; see docs/operation.md. */
struct fx_worker_oracle_source {
    char url[FX_WORKER_ORACLE_TEXT_SIZE];  /* http:// or https://; empty: a file */
    char path[FX_WORKER_ORACLE_TEXT_SIZE]; /* where the price is: members and indexes with dots */
    char file[FX_WORKER_ORACLE_TEXT_SIZE]; /* CSV, the first column is the time in UTC */
    char column[64];
    int64_t speed; /* file: so many seconds of it in one */
    uint32_t weight;
    bool is_looped; /* file: from the beginning again at its end */
};

struct fx_worker_oracle_symbol {
    struct fx_symbol symbol;
    int64_t interval_us;
    int64_t age_us; /* an older word of a source does not count */
    int64_t deviation_ppb;
    int64_t mark_age_us; /* for SET_MARK_RULES */
    int64_t band_ppb;
    uint32_t sources_min;
    uint32_t source_count;
    struct fx_worker_oracle_source sources[FX_INDEX_SOURCES_MAX];
};

struct fx_worker_oracle_config {
    uint32_t symbol_count;
    struct fx_worker_oracle_symbol symbols[FX_WORKER_ORACLE_SYMBOLS_MAX];
};

/** What the sources of a symbol said, taken together. */
struct fx_worker_oracle_word {
    struct fx_symbol symbol;
    struct fx_index_result index;
};

struct fx_worker_oracle;

/**
 * Read the configuration, JSON. @return OK; BAD_JSON; BAD_PARAMETER with what is wrong in
 * error_out (FX_WORKER_ORACLE_ERROR_SIZE bytes).
 */
FX_MUST_USE fx_status fx_worker_oracle_config_read(fx_str json,
                                                   struct fx_worker_oracle_config *config_out,
                                                   char error_out[FX_WORKER_ORACLE_ERROR_SIZE]);

/** Make it; copies the configuration. @return OK; NO_MEMORY; IO where a file cannot be read. */
FX_MUST_USE fx_status fx_worker_oracle_create(const struct fx_worker_oracle_config *config,
                                              struct fx_worker_oracle **oracle_out);

/** Run in a thread of its own. @return OK or NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_oracle_start(struct fx_worker_oracle *oracle);

/** The next word, if there is one. The oldest give way where nobody listens. Thread: the owner's.
 */
bool fx_worker_oracle_poll(struct fx_worker_oracle *oracle, struct fx_worker_oracle_word *word_out);

/** Stop the thread and free. Accepts NULL. */
void fx_worker_oracle_destroy(struct fx_worker_oracle *oracle);

#endif

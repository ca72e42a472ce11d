/**
 * @file worker_oracle_int.h
 * The two kinds of sources behind the oracle. Private to worker/. Thread: the oracle's agent.
 */
#ifndef FX_WORKER_WORKER_ORACLE_INT_H
#define FX_WORKER_WORKER_ORACLE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/status.h"
#include "base/str.h"

/* ---- worker_oracle_file.c: a recorded path of prices -------------------------------------------
 */

struct fx_worker_oracle_file;

/** Open a CSV. @return OK; IO; BAD_FILE where it has no such column or no row; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_oracle_file_open(const char *path,
                                                 const char *column,
                                                 struct fx_worker_oracle_file **file_out);
void fx_worker_oracle_file_close(struct fx_worker_oracle_file *file);
/** The price `elapsed_us` behind the first row, if there is one yet: the last row at or before it.
 * Rows that cannot be read are passed over. @return false behind the end. */
bool fx_worker_oracle_file_at(struct fx_worker_oracle_file *file,
                              int64_t elapsed_us,
                              fx_i128 *price_out);
/** From the first row again. @return false where it cannot. */
bool fx_worker_oracle_file_rewind(struct fx_worker_oracle_file *file);

/* ---- worker_oracle_fetch.c: many answers at once, over HTTP(S) ----------------------------------
 */

struct fx_worker_oracle_fetch;

/** An answer of a source, or none: `body` is borrowed and empty where it failed. */
typedef void (*fx_worker_oracle_answer_fn)(void *self, uint32_t source, fx_str body);

FX_MUST_USE fx_status fx_worker_oracle_fetch_create(uint32_t source_count,
                                                    fx_worker_oracle_answer_fn on_answer,
                                                    void *self,
                                                    struct fx_worker_oracle_fetch **fetch_out);
void fx_worker_oracle_fetch_destroy(struct fx_worker_oracle_fetch *fetch);
/** Ask a source. Never blocks. @return false where it has not answered the last question yet. */
bool fx_worker_oracle_fetch_ask(struct fx_worker_oracle_fetch *fetch,
                                uint32_t source,
                                const char *url);
/** Do what can be done now; tells answers. @return how many. */
int fx_worker_oracle_fetch_step(struct fx_worker_oracle_fetch *fetch);

/* ---- worker_oracle_path.c -----------------------------------------------------------------------
 */

/** The price at a path ("data.3.price") of a JSON text of any number of values: a string or a
 * number above 0. @return OK; BAD_JSON; NOT_FOUND (the path leads nowhere); BAD_DECIMAL. */
FX_MUST_USE fx_status fx_worker_oracle_path_price(fx_str text, fx_str path, fx_i128 *price_out);

#endif

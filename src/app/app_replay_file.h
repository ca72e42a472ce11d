/**
 * @file app_replay_file.h
 * The reader of a recorded order flow: CSV text in, rows out, or the line that is wrong and why.
 *
 * The first line is `seq,ts_ns,op,order_id,side,price_ticks,lots`. op A is a new GTC limit, M an
 * amend to this price and open quantity, C a cancel (side, price and lots are empty), T an
 * immediate-or-cancel limit. Pure: no file, no clock. Thread: any.
 */
#ifndef FX_APP_APP_REPLAY_FILE_H
#define FX_APP_APP_REPLAY_FILE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "model/order.h"

enum {
    FX_APP_REPLAY_FILE_ROWS_MAX = 10000000,
    FX_APP_REPLAY_FILE_TICKS_MAX = 10000000,
    FX_APP_REPLAY_FILE_LOTS_MAX = 1000000
};

enum fx_app_replay_file_op {
    FX_APP_REPLAY_FILE_ADD = 'A',
    FX_APP_REPLAY_FILE_AMEND = 'M',
    FX_APP_REPLAY_FILE_CANCEL = 'C',
    FX_APP_REPLAY_FILE_TAKE = 'T'
};

/** One recorded command. */
struct fx_app_replay_file_row {
    uint64_t sequence; /* rises from row to row */
    int64_t ts_ns;     /* since 1970, never negative */
    uint64_t order_id;
    int64_t price_ticks; /* 1..TICKS_MAX; 0 with CANCEL */
    int64_t lots;        /* 1..LOTS_MAX; 0 with CANCEL */
    enum fx_app_replay_file_op op;
    enum fx_side side; /* 0 with CANCEL */
};

/** The rows, on the heap. */
struct fx_app_replay_file {
    struct fx_app_replay_file_row *rows;
    uint32_t count;
};

/** What is wrong, for a person: line from 1, and a sentence. */
struct fx_app_replay_file_error {
    uint32_t line;
    const char *text;
};

/**
 * Read a whole recording; lines end with LF or CR LF, the last one may lack it.
 * @return OK (gives: release with deinit); BAD_FILE with *error_out; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_replay_file_parse(fx_str text,
                                               struct fx_app_replay_file *file_out,
                                               struct fx_app_replay_file_error *error_out);

/** Free the rows. Accepts a zeroed one. */
void fx_app_replay_file_deinit(struct fx_app_replay_file *file);

/** The line of a row: the header is line 1. */
uint32_t fx_app_replay_file_line(uint32_t row_index);

#endif

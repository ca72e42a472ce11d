#include "app/app_replay_file.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 7 };

enum column {
    COLUMN_SEQUENCE = 0,
    COLUMN_TIME = 1,
    COLUMN_OP = 2,
    COLUMN_ORDER = 3,
    COLUMN_SIDE = 4,
    COLUMN_PRICE = 5,
    COLUMN_LOTS = 6
};

static const fx_str HEADER = {"seq,ts_ns,op,order_id,side,price_ticks,lots",
                              sizeof "seq,ts_ns,op,order_id,side,price_ticks,lots" - 1};

/* Cut the next line off `rest`, without its LF or CR LF. */
static fx_str next_line(fx_str *rest)
{
    const size_t end = fx_str_find(*rest, '\n', 0);
    fx_str line = fx_str_slice(*rest, 0, end == SIZE_MAX ? rest->size : end);
    *rest = end == SIZE_MAX ? (fx_str){NULL, 0} : fx_str_slice(*rest, end + 1, SIZE_MAX);
    if (line.size > 0 && line.data[line.size - 1] == '\r') {
        line.size--;
    }
    return line;
}

/* @return false where there are not exactly seven. */
static bool split(fx_str line, fx_str columns_out[COLUMNS])
{
    size_t from = 0;
    for (int index = 0; index < COLUMNS - 1; index++) {
        const size_t comma = fx_str_find(line, ',', from);
        if (comma == SIZE_MAX) {
            return false;
        }
        columns_out[index] = fx_str_slice(line, from, comma - from);
        from = comma + 1;
    }
    columns_out[COLUMNS - 1] = fx_str_slice(line, from, SIZE_MAX);
    return fx_str_find(columns_out[COLUMNS - 1], ',', 0) == SIZE_MAX;
}

static bool parse_bounded(fx_str text, int64_t max, int64_t *value_out)
{
    int64_t value = 0;
    if (!fx_str_parse_i64(text, &value) || value < 1 || value > max) {
        return false;
    }
    *value_out = value;
    return true;
}

static bool parse_op(fx_str text, enum fx_app_replay_file_op *op_out)
{
    static const enum fx_app_replay_file_op OPS[] = {FX_APP_REPLAY_FILE_ADD,
                                                     FX_APP_REPLAY_FILE_AMEND,
                                                     FX_APP_REPLAY_FILE_CANCEL,
                                                     FX_APP_REPLAY_FILE_TAKE};
    for (size_t index = 0; index < sizeof OPS / sizeof OPS[0]; index++) {
        if (text.size == 1 && text.data[0] == (char)OPS[index]) {
            *op_out = OPS[index];
            return true;
        }
    }
    return false;
}

/* Side, price and lots. @return NULL, or what is wrong. */
static const char *parse_order(const fx_str columns[COLUMNS], struct fx_app_replay_file_row *row)
{
    const fx_str side = columns[COLUMN_SIDE];
    if (row->op == FX_APP_REPLAY_FILE_CANCEL) {
        return side.size + columns[COLUMN_PRICE].size + columns[COLUMN_LOTS].size == 0
                   ? NULL
                   : "a cancel (C) has no side, price_ticks and lots";
    }
    if (!fx_str_is_equal(side, FX_STR("B")) && !fx_str_is_equal(side, FX_STR("A"))) {
        return "side must be B or A";
    }
    row->side = side.data[0] == 'B' ? FX_SIDE_BUY : FX_SIDE_SELL;
    if (!parse_bounded(columns[COLUMN_PRICE], FX_APP_REPLAY_FILE_TICKS_MAX, &row->price_ticks)) {
        return "price_ticks must be a whole number from 1 to 10000000";
    }
    if (!parse_bounded(columns[COLUMN_LOTS], FX_APP_REPLAY_FILE_LOTS_MAX, &row->lots)) {
        return "lots must be a whole number from 1 to 1000000";
    }
    return NULL;
}

/* @return NULL, or what is wrong. */
static const char *parse_row(fx_str line, struct fx_app_replay_file_row *row_out)
{
    fx_str columns[COLUMNS];
    if (line.size == 0) {
        return "the line is empty";
    }
    if (!split(line, columns)) {
        return "the line must have the seven columns seq,ts_ns,op,order_id,side,price_ticks,lots";
    }
    memset(row_out, 0, sizeof *row_out);
    if (!fx_str_parse_u64(columns[COLUMN_SEQUENCE], &row_out->sequence)) {
        return "seq must be a whole number";
    }
    if (!fx_str_parse_i64(columns[COLUMN_TIME], &row_out->ts_ns) || row_out->ts_ns < 0) {
        return "ts_ns must be a whole number of nanoseconds";
    }
    if (!parse_op(columns[COLUMN_OP], &row_out->op)) {
        return "op must be A, M, C or T";
    }
    if (!fx_str_parse_u64(columns[COLUMN_ORDER], &row_out->order_id)) {
        return "order_id must be a whole number";
    }
    return parse_order(columns, row_out);
}

/* Lines behind the header: how many rows to make room for. */
static size_t count_lines(fx_str text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.size; count++) {
        const size_t end = fx_str_find(text, '\n', at);
        at = end == SIZE_MAX ? text.size : end + 1;
    }
    return count;
}

static const char *parse_rows(fx_str text, struct fx_app_replay_file *file)
{
    while (text.size > 0) {
        struct fx_app_replay_file_row *row = &file->rows[file->count];
        const char *problem = parse_row(next_line(&text), row);
        if (problem == NULL && file->count > 0 && row->sequence <= row[-1].sequence) {
            problem = "seq must rise from line to line";
        }
        if (problem != NULL) {
            return problem;
        }
        file->count++;
    }
    return NULL;
}

static fx_status fail(uint32_t line, const char *text, struct fx_app_replay_file_error *error_out)
{
    *error_out = (struct fx_app_replay_file_error){line, text};
    return FX_BAD_FILE;
}

fx_status fx_app_replay_file_parse(fx_str text,
                                   struct fx_app_replay_file *file_out,
                                   struct fx_app_replay_file_error *error_out)
{
    struct fx_app_replay_file file = {NULL, 0};
    if (!fx_str_is_equal(next_line(&text), HEADER)) {
        return fail(
            1, "the first line must be seq,ts_ns,op,order_id,side,price_ticks,lots", error_out);
    }
    const size_t count = count_lines(text);
    if (count == 0) {
        return fail(2, "there are no commands", error_out);
    }
    if (count > FX_APP_REPLAY_FILE_ROWS_MAX) {
        return fail(FX_APP_REPLAY_FILE_ROWS_MAX + 2, "more than 10000000 commands", error_out);
    }
    file.rows = calloc(count, sizeof *file.rows);
    if (file.rows == NULL) {
        return FX_NO_MEMORY;
    }
    const char *problem = parse_rows(text, &file);
    if (problem != NULL) {
        const uint32_t line = fx_app_replay_file_line(file.count);
        fx_app_replay_file_deinit(&file);
        return fail(line, problem, error_out);
    }
    *file_out = file;
    return FX_OK;
}

void fx_app_replay_file_deinit(struct fx_app_replay_file *file)
{
    free(file->rows);
    file->rows = NULL;
    file->count = 0;
}

uint32_t fx_app_replay_file_line(uint32_t row_index)
{
    return row_index + 2;
}

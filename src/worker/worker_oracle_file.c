/* A recorded path of prices: a CSV whose first column is the time in UTC, "2022-01-01 00:00:00". It
 * is read row by row as its time comes, never as a whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "worker/worker_oracle_int.h"

enum { LINE_SIZE = 1024, COLUMNS_MAX = 64, YEAR_MIN = 1970, TIME_SIZE = 19 };

static const int64_t SECOND_US = 1000000;

struct fx_worker_oracle_file {
    FILE *stream;
    uint32_t column;
    int64_t first_us; /* time of the first row */
    int64_t next_us;  /* of the row that was read ahead */
    fx_i128 next_price;
    fx_i128 price;
    bool has_next;
    bool has_price;
};

/* The field of a line; empty where there is none. */
static fx_str field_of(fx_str line, uint32_t column)
{
    size_t from = 0;
    for (uint32_t index = 0; index < column; index++) {
        const size_t comma = fx_str_find(line, ',', from);
        if (comma == SIZE_MAX) {
            return (fx_str){NULL, 0};
        }
        from = comma + 1;
    }
    const size_t end = fx_str_find(line, ',', from);
    return fx_str_slice(line, from, end == SIZE_MAX ? SIZE_MAX : end - from);
}

/* Digits only, leading zeros too. */
static bool number_of(fx_str text, size_t from, size_t size, int64_t *number_out)
{
    int64_t number = 0;
    for (size_t index = from; index < from + size; index++) {
        const char digit = text.data[index];
        if (digit < '0' || digit > '9') {
            return false;
        }
        number = number * 10 + (digit - '0');
    }
    *number_out = number;
    return true;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t shifted = month <= 2 ? year - 1 : year;
    const int64_t era = shifted / 400;
    const int64_t of_era = shifted - era * 400;
    const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "2022-01-01 00:00:00" or with a T; what follows is not read. */
static bool time_of(fx_str text, int64_t *time_us_out)
{
    int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (text.size < TIME_SIZE || text.data[4] != '-' || text.data[7] != '-' ||
        text.data[13] != ':' || text.data[16] != ':') {
        return false;
    }
    if (!number_of(text, 0, 4, &year) || !number_of(text, 5, 2, &month) ||
        !number_of(text, 8, 2, &day) || !number_of(text, 11, 2, &hour) ||
        !number_of(text, 14, 2, &minute) || !number_of(text, 17, 2, &second)) {
        return false;
    }
    if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || second > 60) {
        return false;
    }
    *time_us_out =
        (((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * SECOND_US;
    return true;
}

/* The next line without its end, in `line`; longer ones are cut. @return false at the end. */
static bool read_line(FILE *stream, char line[LINE_SIZE], fx_str *text_out)
{
    if (fgets(line, LINE_SIZE, stream) == NULL) {
        return false;
    }
    size_t size = strlen(line);
    if (size + 1 == LINE_SIZE && line[size - 1] != '\n') {
        int skipped = fgetc(stream);
        while (skipped != EOF && skipped != '\n') {
            skipped = fgetc(stream);
        }
    }
    while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r')) {
        size--;
    }
    *text_out = (fx_str){line, size};
    return true;
}

/* The next row that can be read and is not earlier than the last one. */
static void read_ahead(struct fx_worker_oracle_file *file)
{
    char line[LINE_SIZE];
    fx_str text = {NULL, 0};
    file->has_next = false;
    while (!file->has_next && read_line(file->stream, line, &text)) {
        int64_t time_us = 0;
        fx_i128 price = 0;
        file->has_next = time_of(field_of(text, 0), &time_us) && time_us >= file->next_us &&
                         fx_dec_parse(field_of(text, file->column), &price) == FX_OK && price > 0;
        if (file->has_next) {
            file->next_us = time_us;
            file->next_price = price;
        }
    }
}

static bool find_column(struct fx_worker_oracle_file *file, const char *column)
{
    char line[LINE_SIZE];
    fx_str text = {NULL, 0};
    if (!read_line(file->stream, line, &text)) {
        return false;
    }
    for (uint32_t index = 1; index < COLUMNS_MAX; index++) {
        if (fx_str_is_equal(field_of(text, index), fx_str_of(column))) {
            file->column = index;
            return true;
        }
    }
    return false;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as fopen() and a name in it
fx_status fx_worker_oracle_file_open(const char *path,
                                     const char *column,
                                     struct fx_worker_oracle_file **file_out)
{
    struct fx_worker_oracle_file *file = calloc(1, sizeof *file);
    if (file == NULL) {
        return FX_NO_MEMORY;
    }
    file->stream = fopen(path, "re");
    if (file->stream == NULL) {
        free(file);
        return FX_IO;
    }
    if (find_column(file, column)) {
        read_ahead(file);
    }
    if (!file->has_next) {
        fx_worker_oracle_file_close(file);
        return FX_BAD_FILE;
    }
    file->first_us = file->next_us;
    *file_out = file;
    return FX_OK;
}

void fx_worker_oracle_file_close(struct fx_worker_oracle_file *file)
{
    if (file != NULL) {
        (void)fclose(file->stream);
        free(file);
    }
}

bool fx_worker_oracle_file_rewind(struct fx_worker_oracle_file *file)
{
    char line[LINE_SIZE];
    fx_str text = {NULL, 0};
    file->next_us = 0;
    file->has_price = false;
    if (fseek(file->stream, 0, SEEK_SET) != 0 || !read_line(file->stream, line, &text)) {
        return false;
    }
    read_ahead(file);
    return file->has_next;
}

bool fx_worker_oracle_file_at(struct fx_worker_oracle_file *file,
                              int64_t elapsed_us,
                              fx_i128 *price_out)
{
    FX_ASSERT(elapsed_us >= 0);
    const bool was_over = !file->has_next;
    while (file->has_next && file->next_us - file->first_us <= elapsed_us) {
        file->price = file->next_price;
        file->has_price = true;
        read_ahead(file);
    }
    *price_out = file->price;
    return file->has_price && !was_over;
}

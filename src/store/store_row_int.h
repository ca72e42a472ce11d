/**
 * @file store_row_int.h
 * One table per entity says how a struct becomes columns and back. Thread: any (pure).
 */
#ifndef FX_STORE_STORE_ROW_INT_H
#define FX_STORE_STORE_ROW_INT_H

#include <stddef.h>

#include "store/store_int.h"

/** How a member is written. "OR_NULL": 0 and empty are NULL. */
enum fx_store_row_codec {
    FX_STORE_ROW_UINT = 1, /* 1, 4 or 8 bytes; below 2^63 but for tmpId */
    FX_STORE_ROW_UINT_OR_NULL,
    FX_STORE_ROW_INT, /* 4 or 8 bytes */
    FX_STORE_ROW_BOOL,
    FX_STORE_ROW_DEC,
    FX_STORE_ROW_DEC_OR_NULL,
    FX_STORE_ROW_PPB,   /* int64 parts per billion as a decimal */
    FX_STORE_ROW_CENTI, /* int32 hundredths as a decimal */
    FX_STORE_ROW_TIME,
    FX_STORE_ROW_TIME_OR_NULL,
    FX_STORE_ROW_CHARS, /* NUL-padded array; keeps its last byte NUL */
    FX_STORE_ROW_CHARS_OR_NULL,
    FX_STORE_ROW_CLIENT_ID,
    FX_STORE_ROW_IS_LOCKED, /* bool as LOCKED or UNLOCKED */
    FX_STORE_ROW_IS_CROSS,  /* enum fx_margin_mode as a boolean */
    /* Enums of 1 or 4 bytes as words: */
    FX_STORE_ROW_SIDE,
    FX_STORE_ROW_ORDER_TYPE,
    FX_STORE_ROW_TIME_IN_FORCE,
    FX_STORE_ROW_ORDER_STATUS,
    FX_STORE_ROW_ORDER_NOTE,
    FX_STORE_ROW_STP_MODE,
    FX_STORE_ROW_MARGIN_MODE,
    FX_STORE_ROW_POSITION_SIDE,
    FX_STORE_ROW_CONTRACT_TYPE,
    FX_STORE_ROW_INSTRUMENT_KIND,
    FX_STORE_ROW_INSTRUMENT_STATE,
    FX_STORE_ROW_TRADE_NOTE,
    FX_STORE_ROW_TRANSACTION_TYPE,
    FX_STORE_ROW_CANDLE_PRICE,
    FX_STORE_ROW_ORDER_TYPE_OR_NULL,
    FX_STORE_ROW_TRIGGER_OR_NULL,
    FX_STORE_ROW_CONDITION_OR_NULL
};

struct fx_store_row_column {
    const char *name;
    enum fx_store_row_codec codec;
    uint16_t offset;
    uint16_t size;
    bool is_fixed; /* never changes while its key lives: an index on it stays as it is */
};

/** The first `key_count` columns are the primary key. */
struct fx_store_row_table {
    const char *name;
    const struct fx_store_row_column *columns;
    uint32_t count;
    uint32_t key_count;
    uint32_t row_size;
};

#define FX_STORE_ROW_COLUMN(type, name, codec, member)                                             \
    {                                                                                              \
        name, FX_STORE_ROW_##codec, offsetof(type, member), sizeof(((type *)0)->member), false     \
    }
#define FX_STORE_ROW_FIXED_COLUMN(type, name, codec, member)                                       \
    {                                                                                              \
        name, FX_STORE_ROW_##codec, offsetof(type, member), sizeof(((type *)0)->member), true      \
    }

enum {
    FX_STORE_ROW_COLUMNS_MAX = 48,
    FX_STORE_ROW_TEXT_SIZE_MAX = 1536, /* all texts of a row that encode makes itself */
    FX_STORE_ROW_SIZE_MAX = 1024,
    FX_STORE_ROW_TIME_SIZE = 23 /* "2023-12-25 09:30:00.000" */
};

/** A row that was encoded, and what became of it. */
struct fx_store_row_before {
    const void *row;
    const struct fx_store_value *values;
};

/**
 * Turn a struct into values (table->count of them). Texts lie in the struct or in `text`
 * (FX_STORE_ROW_TEXT_SIZE_MAX bytes), so both must outlive the values. `before` (NULL: none) is the
 * row encoded last: a column that says the same gets its value, with the same text; then the row
 * before and its texts must live as long.
 */
void fx_store_row_encode(const struct fx_store_row_table *table,
                         const void *row,
                         const struct fx_store_row_before *before,
                         char *text,
                         struct fx_store_value values_out[]);

/** Set one member from a value. @return OK; CORRUPT where it is no such value. */
FX_MUST_USE fx_status fx_store_row_decode(const struct fx_store_row_column *column,
                                          const struct fx_store_value *value,
                                          void *row);

/** Write a time in microseconds as the tables have it: FX_STORE_ROW_TIME_SIZE bytes and a NUL. */
void fx_store_row_format_time(int64_t time_us, char text_out[FX_STORE_ROW_TIME_SIZE + 2]);

/** The reverse; 19 or 23 bytes, 'T' between date and time is accepted. */
FX_MUST_USE bool fx_store_row_parse_time(fx_str text, int64_t *time_us_out);

#endif

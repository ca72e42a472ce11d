#include <string.h>

#include "base/clock.h"
#include "base/dec.h"
#include "base/panic.h"
#include "model/command.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/order.h"
#include "model/rows_candle.h"
#include "store/store_row_int.h"

#define UNITS_PER_PPB   1000000000LL        /* 1e18 / 1e9 */
#define UNITS_PER_CENTI 10000000000000000LL /* 1e18 / 100 */
#define TIME_MS_MAX     253402300799999LL   /* 9999-12-31 23:59:59.999 */

/* Members are read and written as bytes: a table knows only offset and size. */
static uint64_t load_uint(const void *row, const struct fx_store_row_column *column)
{
    const char *member = (const char *)row + column->offset;
    uint64_t value = 0;
    FX_ASSERT(column->size <= sizeof value);
    memcpy(&value, member, column->size); /* little-endian, as the whole project */
    return value;
}

static int64_t load_int(const void *row, const struct fx_store_row_column *column)
{
    const uint64_t bits = load_uint(row, column);
    return column->size == sizeof(int32_t) ? (int64_t)(int32_t)bits : (int64_t)bits;
}

static fx_i128 load_dec(const void *row, const struct fx_store_row_column *column)
{
    fx_i128 value = 0;
    FX_ASSERT(column->size == sizeof value);
    memcpy(&value, (const char *)row + column->offset, sizeof value);
    return value;
}

static void store_bytes(void *row, const struct fx_store_row_column *column, const void *value)
{
    memcpy((char *)row + column->offset, value, column->size);
}

static fx_str load_chars(const void *row, const struct fx_store_row_column *column)
{
    const char *text = (const char *)row + column->offset;
    const char *end = memchr(text, '\0', column->size);
    FX_ASSERT(end != NULL);
    return (fx_str){text, (size_t)(end - text)};
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an enum and a number
static const char *word_of(enum fx_store_row_codec codec, uint32_t number)
{
    if (number == 0) {
        return "";
    }
    switch ((int)codec) {
    case FX_STORE_ROW_SIDE:
        return fx_order_side_name((enum fx_side)number);
    case FX_STORE_ROW_ORDER_TYPE:
    case FX_STORE_ROW_ORDER_TYPE_OR_NULL:
        return fx_order_type_name((enum fx_order_type)number);
    case FX_STORE_ROW_TRIGGER_OR_NULL:
        return fx_order_trigger_source_name((enum fx_trigger_source)number);
    case FX_STORE_ROW_CONDITION_OR_NULL:
        return fx_order_trigger_condition_name((enum fx_trigger_condition)number);
    case FX_STORE_ROW_TIME_IN_FORCE:
        return fx_order_time_in_force_name((enum fx_time_in_force)number);
    case FX_STORE_ROW_ORDER_STATUS:
        return fx_order_status_name((enum fx_order_status)number);
    case FX_STORE_ROW_ORDER_NOTE:
        return fx_order_note_name((enum fx_order_note)number);
    case FX_STORE_ROW_STP_MODE:
        return fx_order_stp_mode_name((enum fx_stp_mode)number);
    case FX_STORE_ROW_MARGIN_MODE:
        return fx_order_margin_mode_name((enum fx_margin_mode)number);
    case FX_STORE_ROW_POSITION_SIDE:
        return fx_order_position_side_name((enum fx_position_side)number);
    case FX_STORE_ROW_CONTRACT_TYPE:
        return fx_instrument_contract_type_name((enum fx_contract_type)number);
    case FX_STORE_ROW_INSTRUMENT_KIND:
        return fx_instrument_kind_name((enum fx_instrument_kind)number);
    case FX_STORE_ROW_INSTRUMENT_STATE:
        return fx_instrument_state_name((enum fx_instrument_state)number);
    case FX_STORE_ROW_TRADE_NOTE:
        return fx_event_trade_note_name((enum fx_trade_note)number);
    case FX_STORE_ROW_TRANSACTION_TYPE:
        return fx_command_transaction_name((enum fx_transaction_type)number);
    case FX_STORE_ROW_CANDLE_PRICE:
        return fx_rows_candle_price_name((enum fx_rows_candle_price)number);
    default:
        fx_panic(__FILE__, __LINE__, "the codec is a word");
    }
}

static uint32_t number_of(enum fx_store_row_codec codec, fx_str word)
{
    switch ((int)codec) {
    case FX_STORE_ROW_SIDE:
        return fx_order_side_of(word);
    case FX_STORE_ROW_ORDER_TYPE:
    case FX_STORE_ROW_ORDER_TYPE_OR_NULL:
        return fx_order_type_of(word);
    case FX_STORE_ROW_TRIGGER_OR_NULL:
        return fx_order_trigger_source_of(word);
    case FX_STORE_ROW_CONDITION_OR_NULL:
        return fx_order_trigger_condition_of(word);
    case FX_STORE_ROW_TIME_IN_FORCE:
        return fx_order_time_in_force_of(word);
    case FX_STORE_ROW_ORDER_STATUS:
        return fx_order_status_of(word);
    case FX_STORE_ROW_ORDER_NOTE:
        return fx_order_note_of(word);
    case FX_STORE_ROW_STP_MODE:
        return fx_order_stp_mode_of(word);
    case FX_STORE_ROW_MARGIN_MODE:
        return fx_order_margin_mode_of(word);
    case FX_STORE_ROW_POSITION_SIDE:
        return fx_order_position_side_of(word);
    case FX_STORE_ROW_CONTRACT_TYPE:
        return fx_instrument_contract_type_of(word);
    case FX_STORE_ROW_INSTRUMENT_KIND:
        return fx_instrument_kind_of(word);
    case FX_STORE_ROW_INSTRUMENT_STATE:
        return fx_instrument_state_of(word);
    case FX_STORE_ROW_TRADE_NOTE:
        return fx_event_trade_note_of(word);
    case FX_STORE_ROW_TRANSACTION_TYPE:
        return fx_command_transaction_of(word);
    case FX_STORE_ROW_CANDLE_PRICE:
        return fx_rows_candle_price_of(word);
    default:
        fx_panic(__FILE__, __LINE__, "the codec is a word");
    }
}

void fx_store_row_format_time(int64_t time_us, char text_out[FX_STORE_ROW_TIME_SIZE + 2])
{
    int64_t time_ms = time_us < 0 ? 0 : time_us / 1000;
    time_ms = time_ms > TIME_MS_MAX ? TIME_MS_MAX : time_ms;
    fx_clock_format(time_ms, text_out);
    text_out[10] = ' ';
    text_out[FX_STORE_ROW_TIME_SIZE] = '\0'; /* where the Z was */
}

/* Digits at text[from .. from + count): false where there is another byte. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a place and a length, as always
static bool digits_at(fx_str text, size_t from, size_t count, int64_t *value_out)
{
    int64_t value = 0;
    for (size_t index = from; index < from + count; index++) {
        if (text.data[index] < '0' || text.data[index] > '9') {
            return false;
        }
        value = value * 10 + (text.data[index] - '0');
    }
    *value_out = value;
    return true;
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar; years from March 1st.
 * Source: Howard Hinnant, chrono-compatible low-level date algorithms (days_from_civil). */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a date in its usual order
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t shifted = month <= 2 ? year - 1 : year;
    const int64_t era = shifted / 400;
    const int64_t year_of_era = shifted - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool fx_store_row_parse_time(fx_str text, int64_t *time_us_out)
{
    int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
    const bool has_fraction = text.size == FX_STORE_ROW_TIME_SIZE;
    if (!has_fraction && text.size != FX_STORE_ROW_TIME_SIZE - 4) {
        return false;
    }
    if (!digits_at(text, 0, 4, &year) || !digits_at(text, 5, 2, &month) ||
        !digits_at(text, 8, 2, &day) || !digits_at(text, 11, 2, &hour) ||
        !digits_at(text, 14, 2, &minute) || !digits_at(text, 17, 2, &second) ||
        (has_fraction && !digits_at(text, 20, 3, &milli))) {
        return false;
    }
    if (text.data[4] != '-' || text.data[7] != '-' || text.data[13] != ':' ||
        text.data[16] != ':' || (text.data[10] != ' ' && text.data[10] != 'T') ||
        (has_fraction && text.data[19] != '.')) {
        return false;
    }
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    const int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *time_us_out = (seconds * 1000 + milli) * 1000;
    return true;
}

/* Texts that encode makes: *text is where the next one goes. */
static struct fx_store_value dec_value(fx_i128 units, char **text)
{
    const uint32_t size = fx_dec_format(units, *text);
    const struct fx_store_value value = fx_store_value_text((fx_str){*text, size});
    *text += size;
    return value;
}

static struct fx_store_value time_value(int64_t time_us, char **text)
{
    char made[FX_STORE_ROW_TIME_SIZE + 2];
    fx_store_row_format_time(time_us, made);
    memcpy(*text, made, FX_STORE_ROW_TIME_SIZE);
    const struct fx_store_value value =
        fx_store_value_text((fx_str){*text, FX_STORE_ROW_TIME_SIZE});
    *text += FX_STORE_ROW_TIME_SIZE;
    return value;
}

static struct fx_store_value text_or_null(fx_str text)
{
    return text.size == 0 ? (struct fx_store_value){0} : fx_store_value_text(text);
}

static struct fx_store_value encode(const struct fx_store_row_column *column,
                                    const void *row,
                                    char **text)
{
    switch ((int)column->codec) {
    case FX_STORE_ROW_UINT_OR_NULL:
        if (load_uint(row, column) == 0) {
            return (struct fx_store_value){0};
        }
        return fx_store_value_u64(load_uint(row, column));
    case FX_STORE_ROW_UINT:
    case FX_STORE_ROW_BOOL:
        return fx_store_value_u64(load_uint(row, column));
    case FX_STORE_ROW_INT:
        return fx_store_value_i64(load_int(row, column));
    case FX_STORE_ROW_DEC_OR_NULL:
        if (load_dec(row, column) == 0) {
            return (struct fx_store_value){0};
        }
        return dec_value(load_dec(row, column), text);
    case FX_STORE_ROW_DEC:
        return dec_value(load_dec(row, column), text);
    case FX_STORE_ROW_PPB:
        return dec_value((fx_i128)load_int(row, column) * UNITS_PER_PPB, text);
    case FX_STORE_ROW_CENTI:
        return dec_value((fx_i128)load_int(row, column) * UNITS_PER_CENTI, text);
    case FX_STORE_ROW_TIME_OR_NULL:
        if (load_int(row, column) == 0) {
            return (struct fx_store_value){0};
        }
        return time_value(load_int(row, column), text);
    case FX_STORE_ROW_TIME:
        return time_value(load_int(row, column), text);
    case FX_STORE_ROW_CHARS:
        return fx_store_value_text(load_chars(row, column));
    case FX_STORE_ROW_CHARS_OR_NULL:
        return text_or_null(load_chars(row, column));
    case FX_STORE_ROW_CLIENT_ID: {
        const void *member = (const char *)row + column->offset;
        return text_or_null(fx_ids_client_id_str(member));
    }
    case FX_STORE_ROW_IS_LOCKED:
        return fx_store_value_text(load_uint(row, column) != 0 ? FX_STR("LOCKED")
                                                               : FX_STR("UNLOCKED"));
    case FX_STORE_ROW_IS_CROSS:
        return fx_store_value_u64(load_uint(row, column) == FX_MARGIN_MODE_CROSS ? 1 : 0);
    case FX_STORE_ROW_ORDER_TYPE_OR_NULL:
    case FX_STORE_ROW_TRIGGER_OR_NULL:
    case FX_STORE_ROW_CONDITION_OR_NULL:
        return text_or_null(fx_str_of(word_of(column->codec, (uint32_t)load_uint(row, column))));
    default:
        return fx_store_value_text(
            fx_str_of(word_of(column->codec, (uint32_t)load_uint(row, column))));
    }
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): symmetric
/* Do two rows say the same in this column? Most members have one of three sizes. */
static bool is_member_equal(const struct fx_store_row_column *column,
                            const char *row,
                            const char *before)
{
    const char *left = row + column->offset;
    const char *right = before + column->offset;
    switch (column->size) {
    case sizeof(uint32_t):
        return memcmp(left, right, sizeof(uint32_t)) == 0;
    case sizeof(uint64_t):
        return memcmp(left, right, sizeof(uint64_t)) == 0;
    case sizeof(fx_i128):
        return memcmp(left, right, sizeof(fx_i128)) == 0;
    default:
        return memcmp(left, right, column->size) == 0;
    }
}
// NOLINTEND(bugprone-easily-swappable-parameters)

void fx_store_row_encode(const struct fx_store_row_table *table,
                         const void *row,
                         const struct fx_store_row_before *before,
                         char *text,
                         struct fx_store_value values_out[])
{
    char *next = text;
    for (uint32_t index = 0; index < table->count; index++) {
        const struct fx_store_row_column *column = &table->columns[index];
        if (before != NULL && is_member_equal(column, row, before->row)) {
            values_out[index] = before->values[index];
            continue;
        }
        /* Room for the longest text and its NUL. */
        FX_ASSERT(next + FX_DEC_TEXT_SIZE_MAX <= text + FX_STORE_ROW_TEXT_SIZE_MAX);
        values_out[index] = encode(column, row, &next);
    }
}

static fx_status decode_scaled(const struct fx_store_row_column *column,
                               fx_str text,
                               int64_t scale,
                               void *row)
{
    fx_i128 units = 0;
    if (fx_dec_parse(text, &units) != FX_OK || units % scale != 0) {
        return FX_CORRUPT;
    }
    const fx_i128 quotient = units / scale;
    const int64_t value = (int64_t)quotient;
    if (value != quotient || (column->size == sizeof(int32_t) && value != (int32_t)value)) {
        return FX_CORRUPT;
    }
    store_bytes(row, column, &value);
    return FX_OK;
}

static fx_status decode_chars(const struct fx_store_row_column *column, fx_str text, void *row)
{
    char *member = (char *)row + column->offset;
    if (text.size >= column->size) {
        return FX_CORRUPT;
    }
    memset(member, 0, column->size);
    memcpy(member, text.data, text.size);
    return FX_OK;
}

static fx_status decode_word(const struct fx_store_row_column *column, fx_str text, void *row)
{
    const uint32_t number = number_of(column->codec, text);
    if (number == 0 && text.size > 0) {
        return FX_CORRUPT;
    }
    FX_ASSERT(column->size <= sizeof number);
    store_bytes(row, column, &number);
    return FX_OK;
}

static fx_status decode_number(const struct fx_store_row_column *column,
                               const struct fx_store_value *value,
                               void *row)
{
    if (value->kind != FX_STORE_VALUE_INT && value->kind != FX_STORE_VALUE_UINT) {
        return FX_CORRUPT;
    }
    int64_t number = value->number;
    if (column->codec == FX_STORE_ROW_BOOL) {
        number = number != 0 ? 1 : 0;
    }
    if (column->codec == FX_STORE_ROW_IS_CROSS) {
        number = number != 0 ? FX_MARGIN_MODE_CROSS : FX_MARGIN_MODE_ISOLATED;
    }
    store_bytes(row, column, &number);
    return FX_OK;
}

static fx_status decode_text(const struct fx_store_row_column *column, fx_str text, void *row)
{
    fx_i128 units = 0;
    int64_t time_us = 0;
    struct fx_client_id client_id;
    bool is_locked = false;
    switch ((int)column->codec) {
    case FX_STORE_ROW_DEC:
    case FX_STORE_ROW_DEC_OR_NULL:
        if (fx_dec_parse(text, &units) != FX_OK) {
            return FX_CORRUPT;
        }
        store_bytes(row, column, &units);
        return FX_OK;
    case FX_STORE_ROW_PPB:
        return decode_scaled(column, text, UNITS_PER_PPB, row);
    case FX_STORE_ROW_CENTI:
        return decode_scaled(column, text, UNITS_PER_CENTI, row);
    case FX_STORE_ROW_TIME:
    case FX_STORE_ROW_TIME_OR_NULL:
        if (!fx_store_row_parse_time(text, &time_us)) {
            return FX_CORRUPT;
        }
        store_bytes(row, column, &time_us);
        return FX_OK;
    case FX_STORE_ROW_CHARS:
    case FX_STORE_ROW_CHARS_OR_NULL:
        return decode_chars(column, text, row);
    case FX_STORE_ROW_CLIENT_ID:
        if (!fx_ids_client_id(text, &client_id)) {
            return FX_CORRUPT;
        }
        store_bytes(row, column, &client_id);
        return FX_OK;
    case FX_STORE_ROW_IS_LOCKED:
        /* A word that we do not know keeps the user out. */
        is_locked = !fx_str_is_equal(text, FX_STR("UNLOCKED"));
        store_bytes(row, column, &is_locked);
        return FX_OK;
    default:
        return decode_word(column, text, row);
    }
}

fx_status fx_store_row_decode(const struct fx_store_row_column *column,
                              const struct fx_store_value *value,
                              void *row)
{
    switch ((int)column->codec) {
    case FX_STORE_ROW_UINT_OR_NULL:
    case FX_STORE_ROW_TIME_OR_NULL:
    case FX_STORE_ROW_CHARS_OR_NULL:
    case FX_STORE_ROW_CLIENT_ID:
    case FX_STORE_ROW_DEC_OR_NULL:
    case FX_STORE_ROW_ORDER_TYPE_OR_NULL:
    case FX_STORE_ROW_TRIGGER_OR_NULL:
    case FX_STORE_ROW_CONDITION_OR_NULL:
        if (value->kind == FX_STORE_VALUE_NULL) {
            memset((char *)row + column->offset, 0, column->size);
            return FX_OK;
        }
        break;
    default:
        break;
    }
    switch ((int)column->codec) {
    case FX_STORE_ROW_UINT:
    case FX_STORE_ROW_UINT_OR_NULL:
    case FX_STORE_ROW_INT:
    case FX_STORE_ROW_BOOL:
    case FX_STORE_ROW_IS_CROSS:
        return decode_number(column, value, row);
    default:
        return value->kind == FX_STORE_VALUE_TEXT ? decode_text(column, value->text, row)
                                                  : FX_CORRUPT;
    }
}

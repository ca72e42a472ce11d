/* GET /export: own rows as lines, page by page, newest first, for programs and spreadsheets.
 *
 * A line of NDJSON is the object that the lists show. A line of CSV has the members of its schema
 * as columns, so it is made from that object: one truth about names, digits and times. Texts that a
 * spreadsheet would take for a formula get an apostrophe (numbers never: "-1.5" stays a number).
 * The next page's cursor is in X-Next-Cursor and Link; a CSV page with a cursor has no header line,
 * so the pages are one file when put together. */
#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_schema_int.h"
#include "base/panic.h"
#include "store/store_order.h"
#include "store/store_trade.h"
#include "store/store_transaction.h"
#include "wire/wire_rows.h"

enum format { FORMAT_NDJSON = 1, FORMAT_CSV = 2 };

enum table {
    TABLE_ORDERS = 1,
    TABLE_TRADES = 2,
    TABLE_TRANSACTIONS = 3,
    TABLE_POSITIONS = 4,
    TABLE_ACCOUNTS = 5
};

/* The words of ?table= and the schemas of their rows, by enum table. */
static const struct {
    fx_str word;
    fx_str schema;
} TABLES[] = {
    [TABLE_ORDERS] = {{"orders", 6}, {"Order", 5}},
    [TABLE_TRADES] = {{"trades", 6}, {"Fill", 4}},
    [TABLE_TRANSACTIONS] = {{"transactions", 12}, {"Transaction", 11}},
    [TABLE_POSITIONS] = {{"positions", 9}, {"Position", 8}},
    [TABLE_ACCOUNTS] = {{"accounts", 8}, {"Account", 7}},
};

/* One page on its way. */
struct page {
    struct fx_api_call *call;
    uint32_t table;
    uint32_t format;
    struct fx_store_page range;
    struct fx_store_span created;
    fx_str symbol;
    struct fx_buf *buf;
    uint64_t last_id; /* of the last row; 0: there are no more */
};

static uint32_t table_of(fx_str name)
{
    for (uint32_t table = TABLE_ORDERS; table <= TABLE_ACCOUNTS; table++) {
        if (fx_str_is_equal(TABLES[table].word, name)) {
            return table;
        }
    }
    return 0;
}

static uint32_t format_of(fx_str name)
{
    return fx_str_is_equal(name, FX_STR("ndjson")) ? FORMAT_NDJSON
           : fx_str_is_equal(name, FX_STR("csv"))  ? FORMAT_CSV
                                                   : 0;
}

/* ---- CSV --------------------------------------------------------------------------------------
 */

static bool is_formula(fx_str text)
{
    return text.size > 0 && fx_str_find(FX_STR("=+-@\t\r"), text.data[0], 0) != SIZE_MAX;
}

static bool is_quoted(fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        if (fx_str_find(FX_STR("\",\r\n"), text.data[index], 0) != SIZE_MAX) {
            return true;
        }
    }
    return is_formula(text) || (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\''));
}

/* A text of somebody's choice. RFC 4180, and never a formula. */
static void append_text(struct fx_buf *buf, fx_str text)
{
    if (!is_quoted(text)) {
        fx_buf_append(buf, text);
        return;
    }
    fx_buf_append_byte(buf, '"');
    if (is_formula(text)) {
        fx_buf_append_byte(buf, '\'');
    }
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] == '"') {
            fx_buf_append_byte(buf, '"');
        }
        fx_buf_append_byte(buf, text.data[index]);
    }
    fx_buf_append_byte(buf, '"');
}

static void append_header(struct fx_buf *buf, const struct fx_api_schema_row *schema)
{
    const struct fx_api_schema_row *column = schema;
    while ((column = fx_api_schema_next(column)) != NULL) {
        if (column != schema + 1) {
            fx_buf_append_byte(buf, ',');
        }
        fx_buf_append(buf, column->name);
    }
    fx_buf_append(buf, FX_STR("\r\n"));
}

/* The object that ends the buffer becomes a line. */
static void turn_into_csv(struct page *page, size_t begin)
{
    struct fx_api *api = page->call->api;
    struct fx_buf *texts = &api->texts; /* the row's JSON; the request's texts are read by now */
    const struct fx_api_schema_row *schema = fx_api_schema_find(TABLES[page->table].schema);
    const struct fx_api_schema_row *column = schema;
    if (page->buf->is_overflow) {
        return;
    }
    fx_buf_clear(texts);
    fx_buf_append(texts, fx_str_slice(fx_buf_str(page->buf), begin, page->buf->size));
    page->buf->size = begin;
    const fx_status status = fx_json_parse(&api->json, fx_buf_str(texts));
    FX_ASSERT(status == FX_OK); /* our own text */
    while ((column = fx_api_schema_next(column)) != NULL) {
        const struct fx_json_token *value =
            fx_json_member(&api->json, &api->json.tokens[0], column->name);
        if (column != schema + 1) {
            fx_buf_append_byte(page->buf, ',');
        }
        if (value == NULL) {
            continue;
        }
        FX_ASSERT(!value->is_escaped); /* no text of a row has a character that JSON escapes */
        if (fx_str_is_equal(column->type, FX_STR("text"))) {
            append_text(page->buf, value->text);
        } else {
            fx_buf_append(page->buf, value->text);
        }
    }
    fx_buf_append(page->buf, FX_STR("\r\n"));
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static void end_row(struct page *page, size_t begin)
{
    if (page->format == FORMAT_CSV) {
        turn_into_csv(page, begin);
    } else {
        fx_buf_append_byte(page->buf, '\n');
    }
}

static fx_status append_orders(struct page *page)
{
    struct fx_api *api = page->call->api;
    struct fx_rows_order *rows = api->rows;
    const struct fx_store_order_query query = {.user_id = page->call->user.id,
                                               .scope = FX_STORE_ORDER_ALL,
                                               .symbol = page->symbol,
                                               .created = page->created,
                                               .page = page->range};
    uint32_t count = 0;
    const fx_status status = fx_store_order_list(api->options.reports, &query, rows, &count);
    for (uint32_t index = 0; status == FX_OK && index < count; index++) {
        const size_t begin = page->buf->size;
        fx_wire_rows_order(page->buf, &rows[index]);
        end_row(page, begin);
    }
    page->last_id = status == FX_OK && count == page->range.limit ? rows[count - 1].id : 0;
    return status;
}

static fx_status append_trades(struct page *page)
{
    struct fx_api *api = page->call->api;
    struct fx_rows_trade *rows = api->rows;
    const struct fx_store_trade_query query = {.user_id = page->call->user.id,
                                               .symbol = page->symbol,
                                               .created = page->created,
                                               .page = page->range};
    uint32_t count = 0;
    const fx_status status = fx_store_trade_list(api->options.reports, &query, rows, &count);
    for (uint32_t index = 0; status == FX_OK && index < count; index++) {
        const size_t begin = page->buf->size;
        fx_wire_rows_fill(page->buf, &rows[index], page->call->user.id);
        end_row(page, begin);
    }
    page->last_id = status == FX_OK && count == page->range.limit ? rows[count - 1].id : 0;
    return status;
}

static fx_status append_transactions(struct page *page)
{
    struct fx_api *api = page->call->api;
    struct fx_rows_transaction *rows = api->rows;
    const struct fx_store_transaction_query query = {.user_id = page->call->user.id,
                                                     .symbol = page->symbol,
                                                     .created = page->created,
                                                     .page = page->range};
    uint32_t count = 0;
    const fx_status status = fx_store_transaction_list(api->options.reports, &query, rows, &count);
    for (uint32_t index = 0; status == FX_OK && index < count; index++) {
        const size_t begin = page->buf->size;
        fx_wire_rows_transaction(page->buf, &rows[index]);
        end_row(page, begin);
    }
    page->last_id = status == FX_OK && count == page->range.limit ? rows[count - 1].id : 0;
    return status;
}

/* What a user has now: one page, from the view. */
static fx_status append_positions(struct page *page)
{
    const struct fx_view *view = page->call->api->options.view;
    const struct fx_rows_position *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_position(view, page->call->user.id, &cursor)) != NULL) {
        const fx_str symbol = fx_ids_symbol_str(&row->symbol);
        if (page->symbol.size == 0 || fx_str_is_equal(page->symbol, symbol)) {
            const size_t begin = page->buf->size;
            fx_api_reply_append_position(page->buf, view, row);
            end_row(page, begin);
        }
    }
    return FX_OK;
}

static fx_status append_accounts(struct page *page)
{
    const struct fx_view *view = page->call->api->options.view;
    const struct fx_rows_account *row = NULL;
    uint32_t cursor = 0;
    while ((row = fx_view_next_account(view, page->call->user.id, &cursor)) != NULL) {
        const size_t begin = page->buf->size;
        fx_api_reply_append_account(page->buf, view, row);
        end_row(page, begin);
    }
    return FX_OK;
}

static fx_status append_rows(struct page *page)
{
    switch ((enum table)page->table) {
    case TABLE_ORDERS:
        return append_orders(page);
    case TABLE_TRADES:
        return append_trades(page);
    case TABLE_TRANSACTIONS:
        return append_transactions(page);
    case TABLE_POSITIONS:
        return append_positions(page);
    case TABLE_ACCOUNTS:
    default:
        return append_accounts(page);
    }
}

/* ---- the answer -------------------------------------------------------------------------------
 */

/* X-Next-Cursor, and a Link to the next page: the same query with another cursor. */
static void append_next(const struct page *page, struct fx_buf *headers)
{
    static const fx_str NAMES[] = {
        {"table", 5}, {"format", 6}, {"limit", 5}, {"symbol", 6}, {"startTime", 9}, {"endTime", 7}};
    if (page->last_id == 0) {
        return;
    }
    fx_buf_append(headers, FX_STR("x-next-cursor: "));
    fx_api_reply_append_cursor(headers, page->last_id);
    fx_buf_append(headers, FX_STR("\r\nlink: </api/v1/export?"));
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        fx_str value = {0};
        if (fx_api_param_find(page->call, NAMES[index], &value) == FX_OK) {
            fx_buf_append(headers, NAMES[index]);
            fx_buf_append_byte(headers, '=');
            fx_net_http_write_escaped(headers, value);
            fx_buf_append_byte(headers, '&');
        }
    }
    fx_buf_append(headers, FX_STR("cursor="));
    fx_api_reply_append_cursor(headers, page->last_id);
    fx_buf_append(headers, FX_STR(">; rel=\"next\"\r\n"));
}

static fx_status read_page(struct fx_api_call *call, struct page *page)
{
    const struct fx_market_symbol *symbol = NULL;
    uint64_t limit = FX_API_LIST_MAX;
    fx_status status = fx_api_param_word(call, FX_STR("table"), table_of, &page->table);
    if (status == FX_OK && page->table == 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("table"));
    }
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("format"), format_of, &page->format);
    }
    if (status == FX_OK) {
        status = fx_api_param_symbol(call, &symbol);
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &page->created);
    }
    if (status == FX_OK) {
        status = fx_api_param_page(call, &page->range);
    }
    if (status == FX_OK) {
        status = fx_api_param_u64(call, FX_STR("limit"), &limit); /* its bounds were asked */
    }
    page->range.limit = (uint32_t)limit; /* a page here is as large as it may be */
    page->range.offset = 0;
    page->format = page->format == 0 ? FORMAT_NDJSON : page->format;
    page->symbol = symbol == NULL ? (fx_str){0} : fx_ids_symbol_str(&symbol->definition.symbol);
    return status;
}

fx_status fx_api_export_table(struct fx_api_call *call)
{
    struct page page = {.call = call};
    fx_status status = read_page(call, &page);
    if (status != FX_OK) {
        return status;
    }
    const bool is_csv = page.format == FORMAT_CSV;
    page.buf = fx_api_reply_begin(call->api);
    if (is_csv && page.range.before_id == 0) {
        append_header(page.buf, fx_api_schema_find(TABLES[page.table].schema));
    }
    status = append_rows(&page);
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf headers;
    fx_buf_init(&headers, FX_API_REPLY_HEADERS_SIZE_MAX);
    append_next(&page, &headers);
    fx_api_reply_send_text(call->api,
                           &call->target,
                           is_csv ? FX_STR("text/csv; charset=utf-8")
                                  : FX_STR("application/x-ndjson"),
                           fx_buf_str(&headers));
    fx_buf_deinit(&headers);
    return FX_OK;
}

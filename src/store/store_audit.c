#include "store/store_audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "store/store_table_int.h"

enum { US_PER_MS = 1000, CHUNK = 256, TEXT_SIZE_MAX = 4096, HASH_SIZE = 64 };

#define COLUMN(name, codec, member) FX_STORE_ROW_COLUMN(struct fx_store_audit, name, codec, member)

static const struct fx_store_row_column COLUMNS[] = {
    COLUMN("id", UINT, id),
    COLUMN("userId", UINT, user_id),
    COLUMN("action", CHARS, action),
    COLUMN("subject", CHARS, subject),
    COLUMN("detail", CHARS, detail),
    COLUMN("ip", CHARS, ip),
    COLUMN("requestId", CHARS, request_id),
    COLUMN("outcome", CHARS, outcome),
    COLUMN("createdAt", TIME, created_us),
    COLUMN("previousHash", CHARS, previous_hash),
    COLUMN("hash", CHARS, hash),
};

static const struct fx_store_row_table TABLE = {
    "audit_log", COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0], 1, sizeof(struct fx_store_audit)};

/* "5:hello,": no two lists of texts give the same bytes. */
static void append_text(struct fx_buf *buf, const char *text)
{
    const fx_str value = fx_str_of(text);
    fx_buf_append_u64(buf, value.size);
    fx_buf_append_byte(buf, ':');
    fx_buf_append(buf, value);
    fx_buf_append_byte(buf, ',');
}

static void append_number(struct fx_buf *buf, uint64_t number)
{
    fx_buf_append_u64(buf, number);
    fx_buf_append_byte(buf, ',');
}

/* SHA-256 of the hash before and of every column, in hexadecimal. */
static fx_status hash_of(const struct fx_store_audit *row, char hash_out[HASH_SIZE + 1])
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf text;
    fx_buf_init(&text, TEXT_SIZE_MAX);
    append_text(&text, row->previous_hash);
    append_number(&text, row->id);
    append_number(&text, row->user_id);
    append_text(&text, row->action);
    append_text(&text, row->subject);
    append_text(&text, row->detail);
    append_text(&text, row->ip);
    append_text(&text, row->request_id);
    append_text(&text, row->outcome);
    fx_buf_append_i64(&text, row->created_us / US_PER_MS); /* as the table keeps it */
    bool is_made = !text.is_overflow;
    if (is_made) {
        fx_crypto_sha256(fx_buf_str(&text), digest);
        fx_buf_clear(&text);
        fx_crypto_hex_encode(&text, fx_crypto_str(digest, sizeof digest));
        is_made = fx_str_copy(fx_buf_str(&text), hash_out, HASH_SIZE + 1);
    }
    fx_buf_deinit(&text);
    return is_made ? FX_OK : FX_NO_MEMORY;
}

static void begin_chain(char hash_out[HASH_SIZE + 1])
{
    memset(hash_out, '0', HASH_SIZE);
    hash_out[HASH_SIZE] = '\0';
}

fx_status fx_store_audit_append(struct fx_store *store, struct fx_store_audit *row)
{
    struct fx_store_audit last;
    struct fx_store_table_select select;
    uint64_t id = 0;
    fx_status status = fx_store_take_turn(store); /* of two that append, one follows the other */
    if (status != FX_OK) {
        return status;
    }
    fx_store_table_select(&select, store, &TABLE, FX_STR("`id`>0 ORDER BY `id` DESC"));
    status = fx_store_table_read_one(&select, &last);
    row->id = 1;
    if (status == FX_OK) {
        row->id = last.id + 1;
        memcpy(row->previous_hash, last.hash, sizeof row->previous_hash);
    } else if (status == FX_NOT_FOUND) {
        begin_chain(row->previous_hash);
        status = FX_OK;
    }
    if (status == FX_OK) {
        status = hash_of(row, row->hash);
    }
    return status == FX_OK ? fx_store_table_insert(store, &TABLE, row, &id) : status;
}

fx_status fx_store_audit_list(struct fx_store *store,
                              const struct fx_store_audit_query *query,
                              struct fx_store_audit rows_out[],
                              uint32_t *count_out)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("`id`>0"));
    if (query->user_id != 0) {
        fx_store_table_and_u64(&select, FX_STR(" AND `userId`=?"), query->user_id);
    }
    fx_store_table_and_filter(&select, FX_STR(" AND `action`=?"), query->action);
    fx_store_table_and_filter(&select, FX_STR(" AND `subject`=?"), query->subject);
    fx_store_table_and_span(&select, &query->created);
    fx_store_table_and_before(&select, query->page.before_id);
    fx_store_table_page(&select, &query->page);
    return fx_store_table_read(&select, rows_out, query->page.limit, count_out);
}

/* @return NULL where the row is the next of the chain. */
static const char *find_fault(const struct fx_store_audit_report *report,
                              const struct fx_store_audit *row)
{
    char hash[HASH_SIZE + 1];
    if (row->id != report->count + 1) {
        return "rows before it are missing";
    }
    if (strcmp(row->previous_hash, report->head_hash) != 0) {
        return "it does not follow the row before it";
    }
    if (hash_of(row, hash) != FX_OK || strcmp(row->hash, hash) != 0) {
        return "its content is not what was hashed";
    }
    return NULL;
}

static fx_status read_chunk(struct fx_store *store,
                            uint64_t after_id,
                            struct fx_store_audit *rows,
                            uint32_t *count)
{
    struct fx_store_table_select select;
    fx_store_table_select(&select, store, &TABLE, FX_STR("1=1"));
    fx_store_table_and_u64(&select, FX_STR(" AND `id`>?"), after_id);
    fx_store_table_and_u64(&select, FX_STR(" ORDER BY `id` LIMIT ?"), CHUNK);
    return fx_store_table_read(&select, rows, CHUNK, count);
}

fx_status fx_store_audit_verify(struct fx_store *store, struct fx_store_audit_report *report_out)
{
    struct fx_store_audit_report report = {.reason = ""};
    struct fx_store_audit *rows = calloc(CHUNK, sizeof *rows);
    if (rows == NULL) {
        return FX_NO_MEMORY;
    }
    begin_chain(report.head_hash);
    uint32_t count = CHUNK;
    fx_status status = FX_OK;
    while (count == CHUNK && report.bad_id == 0 && status == FX_OK) {
        status = read_chunk(store, report.count, rows, &count);
        for (uint32_t index = 0; status == FX_OK && index < count && report.bad_id == 0; index++) {
            const char *fault = find_fault(&report, &rows[index]);
            if (fault != NULL) {
                report.bad_id = rows[index].id;
                report.reason = fault;
            } else {
                report.count++;
                memcpy(report.head_hash, rows[index].hash, sizeof report.head_hash);
            }
        }
    }
    free(rows);
    if (status == FX_OK) {
        *report_out = report;
    }
    return status;
}

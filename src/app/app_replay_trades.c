#include "app/app_replay_trades.h"

#include <stdlib.h>
#include <string.h>

#include "net/net_http_write.h"

enum {
    TRADES_MAX = 1 << 27,
    PAGES_MAX = 100000,
    TARGET_SIZE_MAX = 1024,
    SEQUENCE_SHIFT = 20 /* operationId = sequence x 2^20 + index */
};

/* ---- one page ---------------------------------------------------------------------------------
 */

/* Cut the next object off the text of an array; strings may hold braces. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): in and out
static bool next_object(fx_str *rest, fx_str *object_out)
{
    uint32_t depth = 0;
    bool is_string = false;
    size_t start = 0;
    for (size_t at = 0; at < rest->size; at++) {
        const char byte = rest->data[at];
        if (is_string) {
            at += byte == '\\' ? 1U : 0U;
            is_string = byte != '"';
        } else if (byte == '"') {
            is_string = true;
        } else if (byte == '{') {
            start = depth == 0 ? at : start;
            depth++;
        } else if (byte == '}' && depth > 0 && --depth == 0) {
            *object_out = fx_str_slice(*rest, start, at + 1 - start);
            *rest = fx_str_slice(*rest, at + 1, SIZE_MAX);
            return true;
        } else if (byte == ']' && depth == 0) {
            *rest = fx_str_slice(*rest, at, SIZE_MAX);
            return false;
        }
    }
    *rest = (fx_str){NULL, 0};
    return false;
}

static bool read_u64(const struct fx_json *json, fx_str key, uint64_t *value_out)
{
    return fx_str_parse_u64(fx_app_replay_session_text(json, key), value_out);
}

/* A decimal as a number of steps. */
static bool read_steps(const struct fx_json *json, fx_str key, fx_i128 step, int64_t *steps_out)
{
    fx_i128 units = 0;
    if (fx_dec_parse(fx_app_replay_session_text(json, key), &units) != FX_OK || units <= 0 ||
        units % step != 0 || units / step > INT64_MAX) {
        return false;
    }
    *steps_out = (int64_t)(units / step);
    return true;
}

static struct fx_app_replay_trade *append(struct fx_app_replay_trades *trades, uint64_t id)
{
    if (trades->count == trades->capacity) {
        const uint32_t capacity = trades->capacity == 0 ? 4096 : 2 * trades->capacity;
        struct fx_app_replay_trade *items = calloc(capacity, sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        if (trades->count > 0) {
            memcpy(items, trades->items, trades->count * sizeof *items);
        }
        free(trades->items);
        trades->items = items;
        trades->capacity = capacity;
    }
    if (!fx_table_put(&trades->by_id, id, (union fx_table_value){.number = trades->count})) {
        return NULL;
    }
    struct fx_app_replay_trade *trade = &trades->items[trades->count++];
    trade->id = id;
    return trade;
}

/* One side of a trade. *is_old_out: it and all that follow are from before. */
static fx_status add_fill(struct fx_app_replay_trades *trades,
                          const struct fx_app_replay_trades_scope *scope,
                          const struct fx_json *json,
                          bool *is_old_out)
{
    uint64_t id = 0;
    uint64_t operation_id = 0;
    uint64_t order = 0;
    int64_t ticks = 0;
    int64_t lots = 0;
    const struct fx_json_token *is_taker =
        fx_json_member(json, &json->tokens[0], FX_STR("isTaker"));
    if (is_taker == NULL || !read_u64(json, FX_STR("id"), &id) ||
        !read_u64(json, FX_STR("operationId"), &operation_id) ||
        !read_u64(json, FX_STR("orderId"), &order) ||
        !read_steps(json, FX_STR("price"), scope->tick_size, &ticks) ||
        !read_steps(json, FX_STR("quantity"), scope->lot_size, &lots)) {
        return FX_BAD_REQUEST;
    }
    *is_old_out = id <= scope->after_id;
    if (*is_old_out) {
        return FX_OK;
    }
    const union fx_table_value *found = fx_table_find(&trades->by_id, id);
    struct fx_app_replay_trade *trade =
        found != NULL ? &trades->items[found->number] : append(trades, id);
    if (trade == NULL) {
        return FX_NO_MEMORY;
    }
    trade->sequence = operation_id >> SEQUENCE_SHIFT;
    trade->price_ticks = ticks;
    trade->lots = lots;
    if (is_taker->kind == FX_JSON_TRUE) {
        trade->taker_order = order;
    } else {
        trade->maker_order = order;
    }
    return FX_OK;
}

/* What stands between `"nextCursor":"` and the next quote: a cursor has no escapes. */
static fx_str find_cursor(fx_str rest)
{
    static const char KEY[] = "\"nextCursor\":\"";
    for (size_t at = 0; at + sizeof KEY - 1 <= rest.size; at++) {
        const fx_str tail = fx_str_slice(rest, at, SIZE_MAX);
        if (fx_str_has_prefix(tail, (fx_str){KEY, sizeof KEY - 1})) {
            const size_t end = fx_str_find(tail, '"', sizeof KEY - 1);
            return end == SIZE_MAX ? (fx_str){NULL, 0}
                                   : fx_str_slice(tail, sizeof KEY - 1, end - (sizeof KEY - 1));
        }
    }
    return (fx_str){NULL, 0};
}

fx_status fx_app_replay_trades_add(struct fx_app_replay_trades *trades,
                                   const struct fx_app_replay_trades_scope *scope,
                                   fx_str page,
                                   fx_str *cursor_out)
{
    struct fx_json json; /* the list may have more tokens than one reader takes: one by one */
    const size_t begin = fx_str_find(page, '[', 0);
    if (begin == SIZE_MAX) {
        return FX_BAD_REQUEST;
    }
    fx_str rest = fx_str_slice(page, begin + 1, SIZE_MAX);
    fx_str object;
    fx_status status = FX_OK;
    bool is_old = false;
    while (status == FX_OK && !is_old && next_object(&rest, &object)) {
        status = fx_json_parse(&json, object);
        if (status == FX_OK) {
            status = add_fill(trades, scope, &json, &is_old);
        }
    }
    if (status != FX_OK) {
        return status == FX_NO_MEMORY ? status : FX_BAD_REQUEST;
    }
    *cursor_out = is_old ? (fx_str){NULL, 0} : find_cursor(rest);
    return FX_OK;
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static fx_status load_account(struct fx_app_replay_trades *trades,
                              struct fx_app_replay_session *session,
                              const struct fx_app_replay_trades_scope *scope,
                              uint32_t account)
{
    struct fx_buf target;
    fx_str cursor = {NULL, 0};
    fx_status status = FX_OK;
    fx_buf_init(&target, TARGET_SIZE_MAX);
    for (uint32_t page = 0; page < PAGES_MAX && status == FX_OK; page++) {
        struct fx_app_replay_session_answer answer;
        fx_buf_clear(&target);
        fx_buf_append(&target, FX_STR("/trade?limit=500&symbol="));
        fx_net_http_write_escaped(&target, scope->symbol);
        if (cursor.size > 0) {
            fx_buf_append(&target, FX_STR("&cursor="));
            fx_net_http_write_escaped(&target, cursor);
        }
        const struct fx_app_replay_session_request request = {
            .account = account, .method = "GET", .target = fx_buf_str(&target)};
        status = fx_app_replay_session_call(session, &request, &answer);
        if (status != FX_OK) {
            break;
        }
        status = fx_app_replay_trades_add(trades, scope, answer.body, &cursor);
        if (status != FX_OK) {
            fx_app_replay_session_fail(session, "GET /trade is not as expected", &answer);
        }
        if (cursor.size == 0) {
            break;
        }
    }
    fx_buf_deinit(&target);
    return status;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the shape of qsort()
static int compare(const void *left, const void *right)
{
    const struct fx_app_replay_trade *one = left;
    const struct fx_app_replay_trade *two = right;
    return (one->id > two->id) - (one->id < two->id);
}

fx_status fx_app_replay_trades_load(struct fx_app_replay_trades *trades,
                                    struct fx_app_replay_session *session,
                                    const struct fx_app_replay_trades_scope *scope)
{
    fx_app_replay_trades_deinit(trades);
    fx_app_replay_trades_init(trades);
    const uint32_t count = fx_app_replay_session_account_count(session);
    fx_status status = FX_OK;
    for (uint32_t account = 0; account < count && status == FX_OK; account++) {
        status = load_account(trades, session, scope, account);
    }
    if (status == FX_OK && trades->count > 0) {
        qsort(trades->items, trades->count, sizeof trades->items[0], compare);
        fx_table_clear(&trades->by_id); /* the places have changed */
    }
    return status;
}

bool fx_app_replay_trades_is_whole(const struct fx_app_replay_trades *trades)
{
    for (uint32_t index = 0; index < trades->count; index++) {
        if (trades->items[index].maker_order == 0 || trades->items[index].taker_order == 0) {
            return false;
        }
    }
    return true;
}

void fx_app_replay_trades_init(struct fx_app_replay_trades *trades)
{
    memset(trades, 0, sizeof *trades);
    fx_table_init(&trades->by_id, TRADES_MAX);
}

void fx_app_replay_trades_deinit(struct fx_app_replay_trades *trades)
{
    fx_table_deinit(&trades->by_id);
    free(trades->items);
    memset(trades, 0, sizeof *trades);
}

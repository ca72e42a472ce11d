#include "app/app_replay_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app_replay_trades.h"
#include "base/clock.h"
#include "base/panic.h"
#include "net/net_client.h"
#include "net/net_http_write.h"

enum {
    TARGET_SIZE_MAX = 256,
    BODY_SIZE_MAX = 512,
    WHAT_SIZE = 128,
    SEQUENCE_SHIFT = 20,
    PROGRESS_ROWS = 64,
    TRADES_WAIT_MS = 100,
    TRADES_WAITS_MAX = 300,
    PER_MILLE = 1000
};

struct player {
    const struct fx_app_replay_rest_options *options;
    struct fx_app_replay_session *session;
    struct fx_app_replay_trades_scope scope;
    uint32_t buy_first; /* the accounts that buy, and those that sell */
    uint32_t sell_first;
    uint32_t per_side;
    struct fx_table rows;  /* the exchange's order id to the row that made it */
    uint64_t *server_ids;  /* by row: the order it made */
    uint64_t *sequences;   /* by row: the exchange's number of its command; 0: not known */
    int64_t *latencies_us; /* by row: when it was sent, then how long it took */
    uint32_t *sent_rows;   /* ring of what is unanswered */
    uint32_t sent_first;
    uint32_t sent_count;
    uint32_t answered;
    struct fx_buf target;
    struct fx_buf body;
};

/* ---- small calls ------------------------------------------------------------------------------
 */

static fx_status call(struct player *player,
                      uint32_t account,
                      // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): method, path
                      const char *method,
                      const char *path,
                      struct fx_app_replay_session_answer *answer_out)
{
    fx_buf_clear(&player->target);
    fx_buf_append(&player->target, fx_str_of(path));
    fx_net_http_write_escaped(&player->target, player->scope.symbol);
    const struct fx_app_replay_session_request request = {.account = account,
                                                          .method = method,
                                                          .target = fx_buf_str(&player->target),
                                                          .body = fx_buf_str(&player->body)};
    return fx_app_replay_session_call(player->session, &request, answer_out);
}

static fx_status call_plain(struct player *player,
                            uint32_t account,
                            // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): method, path
                            const char *method,
                            const char *path,
                            struct fx_app_replay_session_answer *answer_out)
{
    fx_buf_clear(&player->body);
    return call(player, account, method, path, answer_out);
}

static fx_status unexpected(struct player *player,
                            const char *what,
                            const struct fx_app_replay_session_answer *answer)
{
    fx_app_replay_session_fail(player->session, what, answer);
    return FX_BAD_REQUEST;
}

/* ---- making room ------------------------------------------------------------------------------
 */

static fx_status learn_instrument(struct player *player)
{
    struct fx_app_replay_session_answer answer;
    const fx_status status = call_plain(player, 0, "GET", "/instruments/symbol/", &answer);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_json *json = fx_app_replay_session_json(player->session, answer.body);
    const fx_str tick = fx_app_replay_session_text(json, FX_STR("tickSize"));
    const fx_str lot = fx_app_replay_session_text(json, FX_STR("lotSize"));
    if (fx_dec_parse(tick, &player->scope.tick_size) != FX_OK || player->scope.tick_size <= 0 ||
        fx_dec_parse(lot, &player->scope.lot_size) != FX_OK || player->scope.lot_size <= 0) {
        return unexpected(player, "the instrument has no tickSize and lotSize", &answer);
    }
    return FX_OK;
}

/* Cancel what an account has in the book and give it much leverage. */
static fx_status prepare_account(struct player *player, uint32_t account)
{
    struct fx_app_replay_session_answer answer;
    fx_status status = call_plain(player, account, "DELETE", "/order/cancel-all?symbol=", &answer);
    if (status != FX_OK) {
        return status;
    }
    fx_buf_clear(&player->body);
    fx_buf_append_byte(&player->body, '{');
    fx_json_add_str(&player->body, FX_STR("symbol"), player->scope.symbol);
    fx_json_add_str(&player->body, FX_STR("leverage"), FX_STR("100"));
    fx_buf_append_byte(&player->body, '}');
    const struct fx_app_replay_session_request request = {.account = account,
                                                          .method = "POST",
                                                          .target = FX_STR("/positions/leverage"),
                                                          .body = fx_buf_str(&player->body)};
    status = fx_app_replay_session_send(player->session, &request);
    /* A "no" is no reason to stop: the symbol's own leverage may do as well. */
    return status == FX_OK ? fx_app_replay_session_receive(player->session, &answer) : status;
}

/* The first account's net position: whoever is long sells this time, so nothing piles up. */
static fx_status choose_sides(struct player *player)
{
    struct fx_app_replay_session_answer answer;
    const fx_status status = call_plain(player, 0, "GET", "/positions/", &answer);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_json *json = fx_app_replay_session_json(player->session, answer.body);
    const struct fx_json_token *list =
        json == NULL ? NULL : fx_json_member(json, &json->tokens[0], FX_STR("data"));
    const struct fx_json_token *first =
        list == NULL || list->kind != FX_JSON_ARRAY ? NULL : fx_json_element(json, list, 0);
    const struct fx_json_token *size = first == NULL || first->kind != FX_JSON_OBJECT
                                           ? NULL
                                           : fx_json_member(json, first, FX_STR("currentQty"));
    fx_i128 units = 0;
    const bool is_long = size != NULL && fx_dec_parse(size->text, &units) == FX_OK && units > 0;
    player->per_side = fx_app_replay_session_account_count(player->session) / 2;
    player->buy_first = is_long ? player->per_side : 0;
    player->sell_first = is_long ? 0 : player->per_side;
    return FX_OK;
}

static fx_status expect_empty_book(struct player *player)
{
    struct fx_app_replay_session_answer answer;
    const fx_status status = call_plain(player, 0, "GET", "/orderbook/", &answer);
    if (status != FX_OK) {
        return status;
    }
    const fx_str body = answer.body;
    static const char *const EMPTY[] = {"\"bids\":[]", "\"asks\":[]"};
    for (int side = 0; side < 2; side++) {
        bool is_empty = false;
        for (size_t at = 0; at < body.size && !is_empty; at++) {
            is_empty = fx_str_has_prefix(fx_str_slice(body, at, SIZE_MAX), fx_str_of(EMPTY[side]));
        }
        if (!is_empty) {
            return unexpected(player,
                              "the book is not empty: others have orders there, so the fills would "
                              "be different; use --symbol for one that nobody trades",
                              NULL);
        }
    }
    return FX_OK;
}

/* The newest trade there is: ours are those behind it. */
static fx_status find_last_trade(struct player *player)
{
    struct fx_app_replay_session_answer answer;
    fx_status status = call_plain(player, 0, "GET", "/trades?limit=1&symbol=", &answer);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_json *json = fx_app_replay_session_json(player->session, answer.body);
    const struct fx_json_token *list =
        json == NULL ? NULL : fx_json_member(json, &json->tokens[0], FX_STR("data"));
    if (list == NULL || list->kind != FX_JSON_ARRAY) {
        return unexpected(player, "GET /trades has no data", &answer);
    }
    const struct fx_json_token *first = fx_json_element(json, list, 0);
    const struct fx_json_token *id =
        first == NULL ? NULL : fx_json_member(json, first, FX_STR("id"));
    if (id != NULL && !fx_str_parse_u64(id->text, &player->scope.after_id)) {
        return unexpected(player, "GET /trades has no ids", &answer);
    }
    return FX_OK;
}

static fx_status prepare(struct player *player)
{
    const uint32_t count = fx_app_replay_session_account_count(player->session);
    fx_status status = learn_instrument(player);
    for (uint32_t account = 0; account < count && status == FX_OK; account++) {
        status = prepare_account(player, account);
    }
    if (status == FX_OK) {
        status = choose_sides(player);
    }
    if (status == FX_OK) {
        status = expect_empty_book(player);
    }
    return status == FX_OK ? find_last_trade(player) : status;
}

/* ---- playing ----------------------------------------------------------------------------------
 */

static void append_price(struct player *player, int64_t ticks)
{
    fx_json_add_dec(&player->body, FX_STR("price"), player->scope.tick_size * ticks);
}

static void append_quantity(struct player *player, int64_t lots)
{
    fx_json_add_dec(&player->body, FX_STR("quantity"), player->scope.lot_size * lots);
}

static void write_place(struct player *player, const struct fx_app_replay_file_row *row)
{
    fx_buf_append(&player->target, FX_STR("/order?wait=result"));
    fx_buf_append_byte(&player->body, '{');
    fx_json_add_str(&player->body, FX_STR("symbol"), player->scope.symbol);
    fx_json_add_str(&player->body, FX_STR("side"), fx_str_of(fx_order_side_name(row->side)));
    fx_json_add_str(&player->body, FX_STR("type"), FX_STR("LIMIT"));
    append_quantity(player, row->lots);
    append_price(player, row->price_ticks);
    fx_json_add_str(&player->body,
                    FX_STR("timeInForce"),
                    row->op == FX_APP_REPLAY_FILE_TAKE ? FX_STR("IOC") : FX_STR("GTC"));
    fx_buf_append_byte(&player->body, '}');
}

static void write_change(struct player *player, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &player->options->file->rows[index];
    const struct fx_app_replay_step *step = &player->options->plan->steps[index];
    fx_buf_append(&player->target, FX_STR("/order/"));
    fx_buf_append_u64(&player->target, player->server_ids[step->order]);
    if (row->op == FX_APP_REPLAY_FILE_AMEND) {
        fx_buf_append_byte(&player->body, '{');
        append_quantity(player, step->total_lots);
        append_price(player, row->price_ticks);
        fx_buf_append_byte(&player->body, '}');
    }
}

static uint32_t account_of(const struct player *player, uint32_t order)
{
    const uint32_t first = player->options->file->rows[order].side == FX_SIDE_BUY
                               ? player->buy_first
                               : player->sell_first;
    return first + order % player->per_side;
}

static fx_status send_row(struct player *player, uint32_t index)
{
    const struct fx_app_replay_file_row *row = &player->options->file->rows[index];
    const char *method = "POST";
    fx_buf_clear(&player->target);
    fx_buf_clear(&player->body);
    if (row->op == FX_APP_REPLAY_FILE_ADD || row->op == FX_APP_REPLAY_FILE_TAKE) {
        write_place(player, row);
    } else {
        method = row->op == FX_APP_REPLAY_FILE_AMEND ? "PUT" : "DELETE";
        write_change(player, index);
    }
    const struct fx_app_replay_session_request request = {
        .account = account_of(player, player->options->plan->steps[index].order),
        .method = method,
        .target = fx_buf_str(&player->target),
        .body = fx_buf_str(&player->body)};
    const fx_status status = fx_app_replay_session_send(player->session, &request);
    if (status == FX_OK) {
        const uint32_t place = player->sent_first + player->sent_count;
        player->sent_rows[place % (uint32_t)FX_NET_CLIENT_PIPELINE_MAX] = index;
        player->sent_count++;
        player->latencies_us[index] = fx_clock_monotonic_us();
    }
    return status;
}

/* Which command it was, and which order it made. */
static fx_status note_order(struct player *player,
                            uint32_t index,
                            const struct fx_app_replay_session_answer *answer)
{
    const bool is_place = player->options->plan->steps[index].order == index;
    const struct fx_json *json = fx_app_replay_session_json(player->session, answer->body);
    uint64_t id = 0;
    uint64_t operation_id = 0;
    if (fx_str_parse_u64(fx_app_replay_session_text(json, FX_STR("operationId")), &operation_id)) {
        player->sequences[index] = operation_id >> SEQUENCE_SHIFT;
    }
    if (!is_place) {
        return FX_OK;
    }
    if (!fx_str_parse_u64(fx_app_replay_session_text(json, FX_STR("id")), &id) || id == 0) {
        return unexpected(player, "an order without an id", answer);
    }
    player->server_ids[index] = id;
    return fx_table_put(&player->rows, id, (union fx_table_value){.number = index}) ? FX_OK
                                                                                    : FX_NO_MEMORY;
}

static fx_status receive_row(struct player *player)
{
    struct fx_app_replay_session_answer answer;
    char what[WHAT_SIZE];
    const uint32_t index = player->sent_rows[player->sent_first];
    const fx_status status = fx_app_replay_session_receive(player->session, &answer);
    if (status != FX_OK) {
        return status;
    }
    player->sent_first = (player->sent_first + 1) % (uint32_t)FX_NET_CLIENT_PIPELINE_MAX;
    player->sent_count--;
    player->latencies_us[player->answered++] =
        fx_clock_monotonic_us() - player->latencies_us[index];
    const bool is_done = answer.code >= 200 && answer.code <= 299;
    const bool is_done_there = player->options->plan->steps[index].expected == FX_OK;
    if (is_done != is_done_there || (!is_done && answer.code != 404)) {
        (void)snprintf(
            what, sizeof what, "line %u of the recording", fx_app_replay_file_line(index));
        return unexpected(player, what, &answer);
    }
    return is_done ? note_order(player, index, &answer) : FX_OK;
}

/* Until nothing, or only `left`, is unanswered. */
static fx_status drain(struct player *player, uint32_t left)
{
    fx_status status = FX_OK;
    while (player->sent_count > left && status == FX_OK) {
        status = receive_row(player);
    }
    return status;
}

static fx_status play_row(struct player *player, uint32_t index)
{
    const uint32_t order = player->options->plan->steps[index].order;
    fx_status status = FX_OK;
    if (order == FX_APP_REPLAY_ENGINE_NO_ORDER) {
        return FX_OK; /* nobody's order: there is no id to ask for */
    }
    if (order != index && player->server_ids[order] == 0) {
        status = drain(player, 0); /* its id is on the way */
    }
    if (status == FX_OK && player->sent_count >= player->options->window) {
        status = drain(player, player->options->window / 2);
    }
    return status == FX_OK ? send_row(player, index) : status;
}

static fx_status play(struct player *player)
{
    const uint32_t count = player->options->file->count;
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < count && status == FX_OK; index++) {
        status = play_row(player, index);
        if (player->options->progress != NULL && (index + 1) % PROGRESS_ROWS == 0) {
            player->options->progress(player->options->self, index + 1, count);
        }
    }
    return status == FX_OK ? drain(player, 0) : status;
}

/* ---- the fills --------------------------------------------------------------------------------
 */

/* The store writes behind the engine: wait until it has them all and nothing more comes. */
static fx_status load_trades(struct player *player, struct fx_app_replay_trades *trades)
{
    const struct timespec pause = {.tv_nsec = TRADES_WAIT_MS * 1000000L};
    const uint32_t expected = player->options->plan->fill_count;
    for (int turn = 0; turn < TRADES_WAITS_MAX; turn++) {
        const uint32_t before = trades->count;
        const fx_status status = fx_app_replay_trades_load(trades, player->session, &player->scope);
        if (status != FX_OK) {
            return status;
        }
        if (turn > 0 && trades->count == before && trades->count >= expected &&
            fx_app_replay_trades_is_whole(trades)) {
            return FX_OK;
        }
        (void)nanosleep(&pause, NULL);
    }
    return FX_OK; /* what is missing shows in the comparison */
}

/* Both are in the order of the exchange's log: walk them together. */
static void translate(const struct player *player,
                      const struct fx_app_replay_trades *trades,
                      struct fx_app_replay_rest_report *report)
{
    const struct fx_app_replay_file *file = player->options->file;
    uint32_t row = 0;
    for (uint32_t index = 0; index < trades->count; index++) {
        const struct fx_app_replay_trade *trade = &trades->items[index];
        struct fx_app_replay_fill *fill = &report->fills[index];
        const union fx_table_value *maker = fx_table_find(&player->rows, trade->maker_order);
        while (row < file->count && player->sequences[row] < trade->sequence) {
            row++;
        }
        const bool is_ours = row < file->count && player->sequences[row] == trade->sequence;
        fill->sequence = is_ours ? file->rows[row].sequence : UINT64_MAX;
        fill->maker_order_id = maker == NULL ? 0 : file->rows[maker->number].order_id;
        fill->price_ticks = trade->price_ticks;
        fill->lots = trade->lots;
    }
    report->fill_count = trades->count;
}

static fx_status collect(struct player *player, struct fx_app_replay_rest_report *report)
{
    struct fx_app_replay_trades trades;
    fx_app_replay_trades_init(&trades);
    fx_status status = load_trades(player, &trades);
    if (status == FX_OK) {
        report->fills = calloc((size_t)trades.count + 1, sizeof *report->fills);
        status = report->fills == NULL ? FX_NO_MEMORY : FX_OK;
    }
    if (status == FX_OK) {
        translate(player, &trades, report);
    }
    fx_app_replay_trades_deinit(&trades);
    return status;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the shape of qsort()
static int compare(const void *left, const void *right)
{
    const int64_t one = *(const int64_t *)left;
    const int64_t two = *(const int64_t *)right;
    return (one > two) - (one < two);
}

static void sum_up(struct player *player, struct fx_app_replay_rest_report *report)
{
    report->sent = player->answered;
    if (player->answered > 0) {
        const uint64_t count = player->answered;
        qsort(player->latencies_us, player->answered, sizeof player->latencies_us[0], compare);
        report->p50_us = player->latencies_us[count * 500 / PER_MILLE];
        report->p99_us = player->latencies_us[count * 990 / PER_MILLE];
    }
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static bool allocate(struct player *player)
{
    const size_t count = player->options->file->count;
    fx_table_init(&player->rows, player->options->file->count);
    fx_buf_init(&player->target, TARGET_SIZE_MAX);
    fx_buf_init(&player->body, BODY_SIZE_MAX);
    player->server_ids = calloc(count, sizeof *player->server_ids);
    player->sequences = calloc(count, sizeof *player->sequences);
    player->latencies_us = calloc(count, sizeof *player->latencies_us);
    player->sent_rows = calloc(FX_NET_CLIENT_PIPELINE_MAX, sizeof *player->sent_rows);
    return player->server_ids != NULL && player->sequences != NULL &&
           player->latencies_us != NULL && player->sent_rows != NULL;
}

static void release(struct player *player)
{
    fx_table_deinit(&player->rows);
    fx_buf_deinit(&player->target);
    fx_buf_deinit(&player->body);
    free(player->server_ids);
    free(player->sequences);
    free(player->latencies_us);
    free(player->sent_rows);
}

fx_status fx_app_replay_rest_run(const struct fx_app_replay_rest_options *options,
                                 struct fx_app_replay_rest_report *report_out)
{
    struct player player = {
        .options = options, .session = options->session, .scope = {.symbol = options->symbol}};
    struct fx_app_replay_rest_report report = {0};
    FX_ASSERT(options->window >= 1 && options->window <= FX_NET_CLIENT_PIPELINE_MAX);
    fx_status status = allocate(&player) ? prepare(&player) : FX_NO_MEMORY;
    if (status == FX_OK) {
        const int64_t start_us = fx_clock_monotonic_us();
        status = play(&player);
        report.elapsed_us = fx_clock_monotonic_us() - start_us;
    }
    if (status == FX_OK) {
        sum_up(&player, &report);
        status = collect(&player, &report);
    }
    release(&player);
    if (status == FX_OK) {
        *report_out = report;
    } else {
        fx_app_replay_rest_deinit(&report);
    }
    return status;
}

void fx_app_replay_rest_deinit(struct fx_app_replay_rest_report *report)
{
    free(report->fills);
    memset(report, 0, sizeof *report);
}

#include <string.h>

#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "store/store_trade.h"
#include "wire/wire_rows.h"

/* ---- own fills --------------------------------------------------------------------------------
 */

static fx_status read_query(struct fx_api_call *call, struct fx_store_trade_query *query_out)
{
    struct fx_store_trade_query query;
    const struct fx_market_symbol *symbol = NULL;
    uint32_t side = 0;
    uint32_t contract_type = 0;
    memset(&query, 0, sizeof query);
    query.user_id = call->user.id;
    fx_status status = fx_api_param_symbol(call, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("side"), fx_api_param_side_of, &side);
    }
    if (status == FX_OK) {
        status = fx_api_param_word(
            call, FX_STR("contractType"), fx_api_param_contract_type_of, &contract_type);
    }
    if (status == FX_OK) {
        status = fx_api_param_u64(call, FX_STR("orderId"), &query.order_id);
    }
    if (status == FX_OK && query.order_id > INT64_MAX) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("orderId"));
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query.created);
    }
    if (status == FX_OK) {
        status = fx_api_param_page(call, &query.page);
    }
    if (status != FX_OK) {
        return status;
    }
    query.side = (enum fx_side)side;
    query.contract_type = (enum fx_contract_type)contract_type;
    query.symbol = symbol == NULL ? (fx_str){0} : fx_ids_symbol_str(&symbol->definition.symbol);
    *query_out = query;
    return FX_OK;
}

fx_status fx_api_trade_own(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_rows_trade *rows = api->rows;
    struct fx_store_trade_query query;
    uint32_t count = 0;
    fx_status status = read_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_trade_list(api->options.reports, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_rows_fill(buf, &rows[index], call->user.id);
    }
    const bool is_full = count > 0 && count == query.page.limit;
    fx_api_reply_send_list(api, &call->target, is_full ? rows[count - 1].id : 0);
    return FX_OK;
}

/* ---- public tape ------------------------------------------------------------------------------
 */

/* A walk from new to old: what is still to skip and to give, and the last id seen. */
struct walk {
    const struct fx_instrument *instrument;
    struct fx_buf *buf;
    uint64_t before_id; /* 0 = from the newest */
    uint32_t skip;
    uint32_t left;
};

static void append_public(const struct walk *walk, const struct fx_wire_public_trade *trade)
{
    fx_json_append_comma(walk->buf);
    fx_wire_public_trade(walk->buf, walk->instrument, trade);
}

static void walk_tape(struct walk *walk, const struct fx_tape *tape)
{
    const struct fx_tape_trade *trade = NULL;
    for (uint32_t index = 0; walk->left > 0 && (trade = fx_tape_at(tape, index)) != NULL; index++) {
        if (walk->before_id != 0 && trade->trade_id >= walk->before_id) {
            continue;
        }
        walk->before_id = trade->trade_id;
        if (walk->skip > 0) {
            walk->skip--;
            continue;
        }
        append_public(walk,
                      &(struct fx_wire_public_trade){.id = trade->trade_id,
                                                     .ticks = trade->price_ticks,
                                                     .lots = trade->lots,
                                                     .time_us = trade->time_us,
                                                     .is_buyer_taker = trade->is_buyer_taker != 0});
        walk->left--;
    }
}

/* The same trades, older than the tape, from the store: the same object as from the tape. */
static fx_status walk_store(struct walk *walk, struct fx_api *api)
{
    const struct fx_store_page page = {
        .before_id = walk->before_id, .limit = walk->left, .offset = walk->skip};
    struct fx_rows_trade *rows = api->rows;
    uint32_t count = 0;
    const fx_status status = fx_store_trade_list_symbol(
        api->options.reports, fx_ids_symbol_str(&walk->instrument->symbol), &page, rows, &count);
    if (status != FX_OK) {
        return status;
    }
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_rows_trade *row = &rows[index];
        const fx_i128 ticks = row->price / walk->instrument->tick_size;
        const fx_i128 lots = row->quantity / walk->instrument->lot_size;
        append_public(walk,
                      &(struct fx_wire_public_trade){.id = row->id,
                                                     .ticks = (int64_t)ticks,
                                                     .lots = (int64_t)lots,
                                                     .time_us = row->created_us,
                                                     .is_buyer_taker = row->buyer_is_taker});
        walk->before_id = row->id;
        walk->left--;
    }
    return FX_OK;
}

static fx_status send_tape(struct fx_api_call *call, const struct fx_market_symbol *symbol)
{
    struct fx_store_page page;
    fx_status status = fx_api_param_page(call, &page);
    if (status != FX_OK) {
        return status;
    }
    struct walk walk = {.instrument = &symbol->definition,
                        .buf = fx_api_reply_begin_list(call->api),
                        .before_id = page.before_id,
                        .skip = page.offset,
                        .left = page.limit};
    walk_tape(&walk, &symbol->tape);
    if (walk.left > 0) {
        status = walk_store(&walk, call->api);
    }
    if (status == FX_OK) {
        fx_api_reply_send_list(call->api, &call->target, walk.left == 0 ? walk.before_id : 0);
    }
    return status;
}

fx_status fx_api_trade_tape_of(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_path_symbol(call, &symbol);
    return status == FX_OK ? send_tape(call, symbol) : status;
}

fx_status fx_api_trade_tape(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_status status = fx_api_param_symbol(call, &symbol);
    if (status != FX_OK) {
        return status;
    }
    return symbol != NULL ? send_tape(call, symbol)
                          : fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
}

#include "wire/wire_risk.h"

#include "base/json.h"

enum { US_PER_MS = 1000 };

/* Ids of accounts, users, positions and orders stay below 2^53. */
static void add_number(struct fx_buf *buf, fx_str key, uint64_t id)
{
    if (id != 0) {
        fx_json_add_int(buf, key, (int64_t)id);
    }
}

static void add_text(struct fx_buf *buf, fx_str key, const char *text)
{
    fx_json_add_str(buf, key, fx_str_of(text));
}

static void add_time(struct fx_buf *buf, int64_t time_us)
{
    fx_json_add_int(buf, FX_STR("createdAt"), time_us / US_PER_MS);
}

/* Whose position a row is about. */
struct owner {
    uint64_t user_id;
    uint64_t account_id;
    uint64_t position_id;
};

static void begin(struct fx_buf *buf, uint64_t id, const struct owner *owner)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_id(buf, FX_STR("id"), id);
    add_number(buf, FX_STR("userId"), owner->user_id);
    add_number(buf, FX_STR("accountId"), owner->account_id);
    add_number(buf, FX_STR("positionId"), owner->position_id);
}

static void add_place(struct fx_buf *buf,
                      const struct fx_symbol *symbol,
                      const struct fx_asset *asset)
{
    fx_json_add_str(buf, FX_STR("symbol"), fx_ids_symbol_str(symbol));
    fx_json_add_str(buf, FX_STR("asset"), fx_ids_asset_str(asset));
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an id, a time
static void end(struct fx_buf *buf, uint64_t operation_id, int64_t created_us)
{
    fx_json_add_id(buf, FX_STR("operationId"), operation_id);
    add_time(buf, created_us);
    fx_buf_append_byte(buf, '}');
}

void fx_wire_risk_liquidation(struct fx_buf *buf,
                              const struct fx_rows_liquidation *row,
                              bool is_whole)
{
    const struct owner owner = {row->user_id, row->account_id, row->position_id};
    begin(buf, row->id, &owner);
    add_place(buf, &row->symbol, &row->asset);
    add_text(buf, FX_STR("step"), row->step);
    if (row->side[0] != '\0') {
        add_text(buf, FX_STR("side"), row->side);
    }
    add_text(buf, FX_STR("positionSide"), fx_order_position_side_name(row->position_side));
    add_text(buf, FX_STR("marginMode"), fx_order_margin_mode_name(row->margin_mode));
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("markPrice"), row->mark_price);
    fx_json_add_dec(buf, FX_STR("maintenanceMargin"), row->maintenance);
    fx_json_add_dec(buf, FX_STR("equity"), row->equity);
    fx_json_add_dec(buf, FX_STR("fee"), row->fee);
    fx_json_add_int(buf, FX_STR("orderCount"), row->order_count);
    add_number(buf, FX_STR("orderId"), row->order_id);
    if (is_whole) {
        add_number(buf, FX_STR("counterUserId"), row->counter_user_id);
        add_number(buf, FX_STR("counterAccountId"), row->counter_account_id);
        add_number(buf, FX_STR("counterPositionId"), row->counter_position_id);
    }
    end(buf, row->operation_id, row->created_us);
}

/* Long against short: what was closed here is the other side of what was liquidated. */
void fx_wire_risk_deleverage(struct fx_buf *buf, const struct fx_rows_liquidation *row)
{
    const bool was_long = fx_str_is_equal(fx_str_of(row->side), FX_STR("BUY"));
    const struct owner owner = {
        row->counter_user_id, row->counter_account_id, row->counter_position_id};
    begin(buf, row->id, &owner);
    add_place(buf, &row->symbol, &row->asset);
    add_text(buf, FX_STR("side"), was_long ? "SELL" : "BUY");
    fx_json_add_dec(buf, FX_STR("quantity"), row->quantity);
    fx_json_add_dec(buf, FX_STR("price"), row->price);
    fx_json_add_dec(buf, FX_STR("markPrice"), row->mark_price);
    end(buf, row->operation_id, row->created_us);
}

void fx_wire_risk_margin(struct fx_buf *buf, const struct fx_rows_margin *row)
{
    const struct owner owner = {row->user_id, row->account_id, row->position_id};
    begin(buf, row->id, &owner);
    add_place(buf, &row->symbol, &row->asset);
    add_text(buf, FX_STR("action"), row->action);
    fx_json_add_dec(buf, FX_STR("amount"), row->amount);
    fx_json_add_dec(buf, FX_STR("positionMargin"), row->position_margin);
    fx_json_add_dec(buf, FX_STR("adjustMargin"), row->adjust_margin);
    fx_json_add_dec(buf, FX_STR("leverage"), row->leverage);
    fx_json_add_dec(buf, FX_STR("liquidationPrice"), row->liquidation_price);
    end(buf, row->operation_id, row->created_us);
}

void fx_wire_risk_closed(struct fx_buf *buf, const struct fx_rows_closed *row)
{
    const struct owner owner = {row->user_id, row->account_id, row->position_id};
    begin(buf, row->id, &owner);
    add_place(buf, &row->symbol, &row->asset);
    add_text(buf, FX_STR("positionSide"), fx_order_position_side_name(row->position_side));
    add_text(buf, FX_STR("marginMode"), fx_order_margin_mode_name(row->margin_mode));
    fx_json_add_dec(buf, FX_STR("currentQty"), row->current_qty);
    fx_json_add_dec(buf, FX_STR("closedQty"), row->closed_qty);
    fx_json_add_dec(buf, FX_STR("entryPrice"), row->entry_price);
    fx_json_add_dec(buf, FX_STR("entryValue"), row->entry_value);
    fx_json_add_dec(buf, FX_STR("closePrice"), row->close_price);
    fx_json_add_dec(buf, FX_STR("realizedPnl"), row->realized_pnl);
    fx_json_add_dec(buf, FX_STR("leverage"), row->leverage);
    end(buf, row->operation_id, row->created_us);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a name, a number
static void append_term(struct fx_buf *buf, enum fx_term term, fx_i128 value)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    add_text(buf, FX_STR("name"), fx_term_name(term));
    fx_json_add_dec(buf, FX_STR("value"), value);
    add_text(buf, FX_STR("formula"), fx_term_formula(term));
    fx_buf_append_byte(buf, '}');
}

void fx_wire_risk_explanation(struct fx_buf *buf,
                              const struct fx_wire_risk_explanation *explanation)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("userId"), (int64_t)explanation->user_id);
    fx_json_add_int(buf, FX_STR("accountId"), (int64_t)explanation->account_id);
    add_place(buf, &explanation->instrument->symbol, &explanation->instrument->settle);
    fx_json_append_key(buf, FX_STR("terms"));
    fx_buf_append_byte(buf, '[');
    for (uint32_t term = 0; term < FX_TERM_COUNT; term++) {
        append_term(buf, (enum fx_term)term, explanation->terms[term]);
    }
    fx_buf_append(buf, FX_STR("]}"));
}

/* Nobody's position: the end of a contract is public. */
void fx_wire_risk_settlement(struct fx_buf *buf, const struct fx_rows_settlement *row)
{
    const struct owner nobody = {0, 0, 0};
    begin(buf, row->id, &nobody);
    add_place(buf, &row->symbol, &row->asset);
    add_text(buf, FX_STR("phase"), row->phase);
    if (row->price != 0) {
        fx_json_add_dec(buf, FX_STR("price"), row->price);
    }
    fx_json_add_int(buf, FX_STR("coveredTime"), row->covered_us / US_PER_MS);
    fx_json_add_int(buf, FX_STR("positions"), (int64_t)row->positions);
    fx_json_add_dec(buf, FX_STR("remainder"), row->remainder);
    end(buf, row->operation_id, row->created_us);
}

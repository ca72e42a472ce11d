/* Index prices, fundings and insurance funds, by an admin's hand. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_funding_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"

enum { US_PER_MS = 1000, SOURCES_MAX = 1000 };

static fx_str symbol_of(const struct fx_market_symbol *symbol)
{
    return fx_ids_symbol_str(&symbol->definition.symbol);
}

/* What must be there, is not: NOT_FOUND says so. */
static fx_status needed(struct fx_api_call *call, fx_status status, fx_str name)
{
    return status == FX_NOT_FOUND ? fx_api_param_fail(call, FX_BAD_PARAMETER, name) : status;
}

/* ---- index ------------------------------------------------------------------------------------
 */

/* A whole number within bounds; left where absent. */
static fx_status read_number(struct fx_api_call *call, fx_str name, uint64_t most, uint64_t *value)
{
    const fx_status status = fx_api_param_u64(call, name, value);
    return status == FX_OK && *value > most ? fx_api_param_fail(call, FX_BAD_PARAMETER, name)
                                            : status;
}

fx_status fx_api_admin_risk_index(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_str name = FX_STR("indexPrice");
    struct fx_api_witness_act act;
    fx_status status = fx_api_admin_begin(call, FX_COMMAND_INDEX_PRICE, &act, &symbol);
    struct fx_command_index *index = &act.command.u.index;
    uint64_t sources = 0;
    if (status == FX_OK) {
        status = needed(call, fx_api_admin_price(call, symbol, name, &index->index_ticks), name);
    }
    if (status == FX_OK) { /* as many as the rules want, where the admin vouches for it */
        sources = symbol->mark.sources_min > 0 ? symbol->mark.sources_min : 1;
        status = read_number(call, FX_STR("sources"), SOURCES_MAX, &sources);
    }
    index->source_count = (uint32_t)sources;
    return status == FX_OK ? fx_api_admin_submit(call, "admin.index_price", symbol_of(symbol), &act)
                           : status;
}

fx_status fx_api_admin_risk_mark_rules(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    const fx_str band = FX_STR("band");
    struct fx_api_witness_act act;
    uint64_t age_ms = UINT64_MAX, sources = UINT64_MAX;
    fx_status status = fx_api_admin_begin(call, FX_COMMAND_SET_MARK_RULES, &act, &symbol);
    struct fx_command_mark_rules *rules = &act.command.u.mark_rules;
    if (status == FX_OK) {
        status =
            read_number(call, FX_STR("maxAge"), FX_COMMAND_MARK_AGE_US_MAX / US_PER_MS, &age_ms);
    }
    if (status == FX_OK) {
        status = read_number(call, FX_STR("minSources"), SOURCES_MAX, &sources);
    }
    if (status == FX_OK && (age_ms == UINT64_MAX || sources == UINT64_MAX || sources == 0)) {
        return fx_api_param_fail(
            call, FX_BAD_PARAMETER, age_ms == UINT64_MAX ? FX_STR("maxAge") : FX_STR("minSources"));
    }
    if (status == FX_OK) {
        status = needed(call, fx_api_admin_rate(call, band, &rules->band_ppb), band);
    }
    if (status == FX_OK && rules->band_ppb < 0) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, band);
    }
    if (status != FX_OK) {
        return status;
    }
    rules->max_age_us = (int64_t)age_ms * US_PER_MS;
    rules->sources_min = (uint32_t)sources;
    return fx_api_admin_submit(call, "admin.mark_rules", symbol_of(symbol), &act);
}

/* ---- funding ----------------------------------------------------------------------------------
 */

fx_status fx_api_admin_risk_funding(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    fx_status status = fx_api_admin_begin(call, FX_COMMAND_PAY_FUNDING, &act, &symbol);
    struct fx_command_funding *funding = &act.command.u.funding;
    if (status == FX_OK) {
        status = fx_api_param_time(call, FX_STR("fundingTime"), &funding->instant_us);
    }
    if (status == FX_OK) {
        status = fx_api_admin_rate(call, FX_STR("rate"), &funding->rate_ppb);
        funding->has_rate = status == FX_OK ? 1 : 0;
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    return status == FX_OK ? fx_api_admin_submit(call, "admin.funding", symbol_of(symbol), &act)
                           : status;
}

/* ---- insurance --------------------------------------------------------------------------------
 */

static void answer_funds(struct fx_api *api,
                         const struct fx_api_pending *pending,
                         const struct fx_event_result *result)
{
    (void)result;
    fx_api_funding_append_funds(fx_api_reply_begin_list(api), api->options.market, (fx_str){0});
    fx_api_reply_send_list(api, &pending->target, 0);
}

static fx_status fund(struct fx_api_call *call, const char *action, int sign)
{
    const fx_str amount = FX_STR("amount");
    const fx_str name = FX_STR("asset");
    struct fx_api_witness_act act;
    struct fx_api_audit_note note;
    fx_str asset = {0};
    memset(&act, 0, sizeof act);
    struct fx_command_fund_insurance *order = &act.command.u.fund_insurance;
    fx_status status = needed(call, fx_api_param_decimal(call, amount, &order->amount), amount);
    if (status == FX_OK && order->amount <= 0) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, amount);
    }
    if (status != FX_OK) {
        return status;
    }
    status = fx_api_param_find(call, name, &asset);
    if (status != FX_OK || !fx_ids_asset(asset, &order->asset)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    act.command.kind = FX_COMMAND_FUND_INSURANCE;
    act.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    act.answer = answer_funds;
    order->amount *= sign;
    fx_api_audit_init(&note, call, action);
    fx_api_audit_subject_name(&note, "insurance", asset);
    fx_api_admin_detail(call, &note);
    return fx_api_witness_submit(call, &note, &act);
}

fx_status fx_api_admin_risk_deposit(struct fx_api_call *call)
{
    return fund(call, "admin.insurance.deposit", 1);
}

fx_status fx_api_admin_risk_withdraw(struct fx_api_call *call)
{
    return fund(call, "admin.insurance.withdraw", -1);
}

static void answer_close(struct fx_api *api,
                         const struct fx_api_pending *pending,
                         const struct fx_event_result *result)
{
    const struct fx_market_symbol *symbol = fx_market_at(api->options.market, pending->instrument);
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("symbol"), symbol_of(symbol));
    fx_json_add_bool(buf, FX_STR("changed"), result->is_changed != 0);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, &pending->target, 200);
}

static fx_status read_quantity(struct fx_api_call *call,
                               const struct fx_market_symbol *symbol,
                               int64_t *lots)
{
    const fx_str name = FX_STR("quantity");
    const fx_i128 lot = symbol->definition.lot_size;
    fx_i128 units = 0;
    const fx_status status = fx_api_param_decimal(call, name, &units);
    if (status != FX_OK) {
        return status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (units <= 0 || units % lot != 0 || units / lot > INT64_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *lots = (int64_t)(units / lot);
    return FX_OK;
}

fx_status fx_api_admin_risk_close(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    fx_status status = fx_api_admin_begin(call, FX_COMMAND_CLOSE_INSURANCE, &act, &symbol);
    struct fx_command_close_insurance *close = &act.command.u.close_insurance;
    act.answer = answer_close;
    if (status == FX_OK) {
        status = read_quantity(call, symbol, &close->lots);
    }
    if (status == FX_OK) {
        status = fx_api_admin_price(call, symbol, FX_STR("price"), &close->price_ticks);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    return status == FX_OK
               ? fx_api_admin_submit(call, "admin.insurance.close", symbol_of(symbol), &act)
               : status;
}

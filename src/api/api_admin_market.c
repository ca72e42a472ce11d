/* Instruments, for admins: make and change them, their tiers, their state, their mark price. The
 * engine judges; here the names of GET /instruments become its units. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_witness_int.h"
#include "wire/wire_place.h"
#include "wire/wire_public.h"

static const char CREATE[] = "admin.instrument.create";

static uint32_t contract_type_of(fx_str name)
{
    return (uint32_t)fx_instrument_contract_type_of(name);
}

static uint32_t kind_of(fx_str name)
{
    return (uint32_t)fx_instrument_kind_of(name);
}

static uint32_t state_of(fx_str name)
{
    return (uint32_t)fx_instrument_state_of(name);
}

static void answer_instrument(struct fx_api *api,
                              const struct fx_api_pending *pending,
                              const struct fx_event_result *result)
{
    const struct fx_market_symbol *symbol = fx_market_at(api->options.market, pending->instrument);
    (void)result;
    if (symbol == NULL) {
        fx_api_reply_done(api, &pending->target);
        return;
    }
    fx_wire_public_instrument(fx_api_reply_begin(api), &symbol->definition, symbol->tiers);
    fx_api_reply_send(api, &pending->target, 200);
}

/* The engine gave it a number, which the market knows by its name. */
static void answer_created(struct fx_api *api,
                           const struct fx_api_pending *pending,
                           const struct fx_event_result *result)
{
    const fx_str subject = fx_str_of(fx_api_witness_subject(api, &pending->target));
    const fx_str prefix = FX_STR("symbol:");
    const struct fx_market_symbol *symbol =
        fx_market_find(api->options.market, fx_str_slice(subject, prefix.size, subject.size));
    (void)result;
    if (symbol == NULL) {
        fx_api_reply_done(api, &pending->target);
        return;
    }
    fx_wire_public_instrument(fx_api_reply_begin(api), &symbol->definition, symbol->tiers);
    fx_api_reply_send(api, &pending->target, 201);
}

/* ---- the definition -------------------------------------------------------------------------- */

static fx_status missing(fx_status status)
{
    return status == FX_NOT_FOUND ? FX_OK : status;
}

static fx_status read_decimals(struct fx_api_call *call, struct fx_instrument *definition)
{
    const struct {
        fx_str name;
        fx_i128 *value;
    } fields[] = {{FX_STR("tickSize"), &definition->tick_size},
                  {FX_STR("lotSize"), &definition->lot_size},
                  {FX_STR("multiplier"), &definition->multiplier},
                  {FX_STR("minNotional"), &definition->min_notional},
                  {FX_STR("impactNotional"), &definition->impact_notional}};
    fx_status status = FX_OK;
    for (size_t index = 0; status == FX_OK && index < sizeof fields / sizeof fields[0]; index++) {
        status = missing(fx_api_param_decimal(call, fields[index].name, fields[index].value));
    }
    return status;
}

static fx_status read_rates(struct fx_api_call *call, struct fx_instrument *definition)
{
    const struct {
        fx_str name;
        int64_t *value;
    } fields[] = {{FX_STR("makerFee"), &definition->maker_fee_ppb},
                  {FX_STR("takerFee"), &definition->taker_fee_ppb},
                  {FX_STR("liquidationFee"), &definition->liquidation_fee_ppb},
                  {FX_STR("marketTakeBound"), &definition->market_take_bound_ppb},
                  {FX_STR("bandUp"), &definition->band_up_ppb},
                  {FX_STR("bandDown"), &definition->band_down_ppb},
                  {FX_STR("fundingInterest"), &definition->interest_ppb},
                  {FX_STR("fundingDamper"), &definition->damper_ppb}};
    fx_status status = FX_OK;
    for (size_t index = 0; status == FX_OK && index < sizeof fields / sizeof fields[0]; index++) {
        status = missing(fx_api_admin_rate(call, fields[index].name, fields[index].value));
    }
    return status;
}

/* A quantity or price as a whole number of lots or ticks; left where absent. */
static fx_status read_multiple(struct fx_api_call *call, fx_str name, fx_i128 unit, int64_t *value)
{
    fx_i128 units = 0;
    const fx_status status = fx_api_param_decimal(call, name, &units);
    if (status != FX_OK) {
        return missing(status);
    }
    if (unit <= 0 || units < 0 || units % unit != 0 || units / unit > INT64_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    *value = (int64_t)(units / unit);
    return FX_OK;
}

static fx_status read_sizes(struct fx_api_call *call, struct fx_instrument *definition)
{
    const struct {
        fx_str name;
        fx_i128 unit;
        int64_t *value;
    } fields[] = {
        {FX_STR("minQty"), definition->lot_size, &definition->min_lots},
        {FX_STR("maxQty"), definition->lot_size, &definition->max_lots},
        {FX_STR("maxMarketQty"), definition->lot_size, &definition->max_market_lots},
        {FX_STR("openInterestCap"), definition->lot_size, &definition->open_interest_cap_lots},
        {FX_STR("maxPrice"), definition->tick_size, &definition->max_ticks}};
    fx_status status = FX_OK;
    for (size_t index = 0; status == FX_OK && index < sizeof fields / sizeof fields[0]; index++) {
        status = read_multiple(call, fields[index].name, fields[index].unit, fields[index].value);
    }
    return status;
}

static fx_status read_numbers(struct fx_api_call *call, struct fx_instrument *definition)
{
    const struct {
        fx_str name;
        int32_t *value;
    } fields[] = {{FX_STR("fundingInterval"), &definition->funding_interval_s},
                  {FX_STR("maxOrders"), &definition->orders_max},
                  {FX_STR("maxAlgoOrders"), &definition->algo_orders_max}};
    for (size_t index = 0; index < sizeof fields / sizeof fields[0]; index++) {
        uint64_t value = (uint64_t)(uint32_t)*fields[index].value;
        const fx_status status = fx_api_param_u64(call, fields[index].name, &value);
        if (status != FX_OK || value > INT32_MAX) {
            return fx_api_param_fail(call, FX_BAD_PARAMETER, fields[index].name);
        }
        *fields[index].value = (int32_t)value;
    }
    fx_i128 leverage = 0;
    fx_status status = fx_api_param_decimal(call, FX_STR("maxLeverage"), &leverage);
    if (status == FX_OK) {
        status = fx_wire_place_leverage(leverage, &definition->leverage_max_centi);
        return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, FX_STR("maxLeverage"));
    }
    return missing(status);
}

/* What a contract is; it never changes. */
static fx_status read_identity(struct fx_api_call *call, struct fx_instrument *definition)
{
    const struct {
        fx_str name;
        struct fx_asset *asset;
    } assets[] = {{FX_STR("baseUnderlying"), &definition->base},
                  {FX_STR("quoteCurrency"), &definition->quote},
                  {FX_STR("settleCurrency"), &definition->settle}};
    fx_str text = {0};
    uint32_t word = 0;
    if (fx_api_param_find(call, FX_STR("symbol"), &text) != FX_OK ||
        !fx_ids_symbol(text, &definition->symbol)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("symbol"));
    }
    for (size_t index = 0; index < sizeof assets / sizeof assets[0]; index++) {
        if (fx_api_param_find(call, assets[index].name, &text) != FX_OK ||
            !fx_ids_asset(text, assets[index].asset)) {
            return fx_api_param_fail(call, FX_BAD_PARAMETER, assets[index].name);
        }
    }
    fx_status status = fx_api_param_word(call, FX_STR("contractType"), contract_type_of, &word);
    if (status == FX_OK) {
        definition->contract_type = (uint8_t)(word == 0 ? FX_CONTRACT_TYPE_USD_M : word);
        status = fx_api_param_word(call, FX_STR("kind"), kind_of, &word);
        definition->kind = (uint8_t)(word == 0 ? FX_INSTRUMENT_KIND_PERPETUAL : word);
    }
    if (status == FX_OK) {
        status = missing(fx_api_param_find(call, FX_STR("rootSymbol"), &text));
        definition->root_symbol = definition->symbol;
    }
    return status == FX_OK ? fx_api_param_time(call, FX_STR("expiry"), &definition->expiry_us)
                           : status;
}

static fx_status read_terms(struct fx_api_call *call, struct fx_instrument *definition)
{
    fx_status status = read_decimals(call, definition);
    if (status == FX_OK) {
        status = read_rates(call, definition);
    }
    if (status == FX_OK) {
        status = read_numbers(call, definition);
    }
    return status == FX_OK ? read_sizes(call, definition) : status;
}

/* Of two that race the engine refuses the second (FX_INSTRUMENT_NEW), at whichever process it came
 * in; at one process it is told so before anything is noted. */
static bool is_being_created(struct fx_api_call *call, fx_str symbol)
{
    struct fx_api_audit_note note;
    fx_api_audit_init(&note, call, CREATE);
    fx_api_audit_subject_name(&note, "symbol", symbol);
    return fx_api_witness_is_on_the_way(call->api, &note);
}

fx_status fx_api_admin_market_create(struct fx_api_call *call)
{
    struct fx_api_witness_act act;
    memset(&act, 0, sizeof act);
    struct fx_instrument *definition = &act.command.u.instrument;
    act.command.kind = FX_COMMAND_UPDATE_INSTRUMENT;
    act.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    act.answer = answer_created;
    definition->multiplier = fx_dec_one();
    definition->state = FX_INSTRUMENT_STATE_PENDING;
    definition->instrument_id = FX_INSTRUMENT_NEW;
    fx_status status = read_identity(call, definition);
    if (status == FX_OK) {
        status = read_terms(call, definition);
    }
    if (status != FX_OK) {
        return status;
    }
    const fx_str symbol = fx_ids_symbol_str(&definition->symbol);
    if (fx_market_find(call->api->options.market, symbol) != NULL ||
        is_being_created(call, symbol)) {
        return fx_api_param_fail(call, FX_EXISTS, FX_STR("symbol"));
    }
    if (fx_instrument_check(definition) != FX_OK) {
        return FX_BAD_INSTRUMENT;
    }
    return fx_api_admin_submit(call, CREATE, symbol, &act);
}

fx_status fx_api_admin_market_update(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    memset(&act, 0, sizeof act);
    fx_status status = fx_api_admin_symbol_of(call, &symbol);
    if (status != FX_OK) {
        return status;
    }
    act.command.kind = FX_COMMAND_UPDATE_INSTRUMENT;
    act.command.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    act.command.u.instrument = symbol->definition;
    act.answer = answer_instrument;
    act.instrument = symbol->definition.instrument_id;
    status = read_terms(call, &act.command.u.instrument);
    if (status == FX_OK && fx_instrument_check(&act.command.u.instrument) != FX_OK) {
        status = FX_BAD_INSTRUMENT;
    }
    return status == FX_OK ? fx_api_admin_submit(call,
                                                 "admin.instrument.update",
                                                 fx_ids_symbol_str(&symbol->definition.symbol),
                                                 &act)
                           : status;
}

/* ---- tiers ----------------------------------------------------------------------------------- */

static fx_status member_decimal(struct fx_api_call *call,
                                const struct fx_json_token *object,
                                fx_str name,
                                fx_i128 *units_out)
{
    const struct fx_json_token *token = fx_json_member(&call->api->json, object, name);
    const bool is_number = token != NULL && !token->is_escaped &&
                           (token->kind == FX_JSON_NUMBER || token->kind == FX_JSON_STRING);
    const fx_status status = is_number ? fx_dec_parse(token->text, units_out) : FX_BAD_PARAMETER;
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
}

static fx_status read_tier(struct fx_api_call *call,
                           const struct fx_json_token *object,
                           struct fx_tier *tier)
{
    const fx_i128 units_per_ppb = 1000000000;
    fx_i128 rate = 0;
    fx_i128 leverage = 0;
    if (object == NULL || object->kind != FX_JSON_OBJECT) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("tiers"));
    }
    fx_status status = member_decimal(call, object, FX_STR("cap"), &tier->cap);
    if (status == FX_OK) {
        status = member_decimal(call, object, FX_STR("maintenanceMarginRate"), &rate);
    }
    if (status == FX_OK) {
        status = member_decimal(call, object, FX_STR("maxLeverage"), &leverage);
    }
    if (status != FX_OK) {
        return status;
    }
    if (rate < 0 || rate > fx_dec_one() || rate % units_per_ppb != 0) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("maintenanceMarginRate"));
    }
    tier->rate_ppb = (int64_t)(rate / units_per_ppb);
    status = fx_wire_place_leverage(leverage, &tier->leverage_max_centi);
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, FX_STR("maxLeverage"));
}

static fx_status read_tiers(struct fx_api_call *call, struct fx_command_tiers *tiers)
{
    const fx_str name = FX_STR("tiers");
    const struct fx_json_token *list =
        call->body == NULL ? NULL : fx_json_member(&call->api->json, call->body, name);
    if (list == NULL || list->kind != FX_JSON_ARRAY || list->count < 1 ||
        list->count > FX_TIERS_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    for (uint32_t index = 0; index < list->count; index++) {
        const fx_status status =
            read_tier(call, fx_json_element(&call->api->json, list, index), &tiers->tiers[index]);
        if (status != FX_OK) {
            return status;
        }
    }
    tiers->count = list->count;
    fx_instrument_fill_cums(tiers->tiers, tiers->count);
    const fx_status status = fx_instrument_check_tiers(tiers->tiers, tiers->count);
    return status == FX_OK ? FX_OK : fx_api_param_fail(call, status, name);
}

static fx_status begin(struct fx_api_call *call,
                       enum fx_command_kind kind,
                       struct fx_api_witness_act *act,
                       const struct fx_market_symbol **symbol_out)
{
    const fx_status status = fx_api_admin_begin(call, kind, act, symbol_out);
    act->answer = answer_instrument;
    return status;
}

fx_status fx_api_admin_market_tiers(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    fx_status status = begin(call, FX_COMMAND_LOAD_LEVERAGE_MARGIN, &act, &symbol);
    if (status == FX_OK) {
        status = read_tiers(call, &act.command.u.tiers);
    }
    return status == FX_OK ? fx_api_admin_submit(call,
                                                 "admin.instrument.tiers",
                                                 fx_ids_symbol_str(&symbol->definition.symbol),
                                                 &act)
                           : status;
}

/* ---- state and mark price -------------------------------------------------------------------- */

fx_status fx_api_admin_market_state(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    fx_status status = begin(call, FX_COMMAND_SET_STATE, &act, &symbol);
    if (status == FX_OK) {
        status = fx_api_param_word(call, FX_STR("state"), state_of, &act.command.u.set_state.state);
    }
    if (status == FX_OK && act.command.u.set_state.state == 0) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("state"));
    }
    return status == FX_OK ? fx_api_admin_submit(call,
                                                 "admin.instrument.state",
                                                 fx_ids_symbol_str(&symbol->definition.symbol),
                                                 &act)
                           : status;
}

fx_status fx_api_admin_market_mark(struct fx_api_call *call)
{
    const struct fx_market_symbol *symbol = NULL;
    struct fx_api_witness_act act;
    fx_status status = begin(call, FX_COMMAND_MARK_PRICE, &act, &symbol);
    struct fx_command_mark *mark = &act.command.u.mark;
    if (status == FX_OK) {
        status = fx_api_admin_price(call, symbol, FX_STR("markPrice"), &mark->mark_ticks);
    }
    if (status == FX_NOT_FOUND) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("markPrice"));
    }
    if (status == FX_OK) {
        status = fx_api_admin_price(call, symbol, FX_STR("indexPrice"), &mark->index_ticks);
    }
    if (status == FX_NOT_FOUND) {
        mark->index_ticks = mark->mark_ticks;
        status = FX_OK;
    }
    act.answer = fx_api_admin_answer_done;
    return status == FX_OK
               ? fx_api_admin_submit(
                     call, "admin.mark_price", fx_ids_symbol_str(&symbol->definition.symbol), &act)
               : status;
}

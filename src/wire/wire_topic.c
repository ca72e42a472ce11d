/* The members of every command on matching_engine_preload and matching_engine_input. */
#include "wire/wire_topic.h"

#include <stddef.h>

#include "model/words.h"
#include "wire/wire_topic_int.h"

#define NAME(literal)                                                                              \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define FIELD(text, member, kind)                                                                  \
    {                                                                                              \
        NAME(text), offsetof(struct fx_command, u.member), FX_WIRE_TOPIC_##kind, 0, false          \
    }
#define NEEDED(text, member, kind)                                                                 \
    {                                                                                              \
        NAME(text), offsetof(struct fx_command, u.member), FX_WIRE_TOPIC_##kind, 0, true           \
    }
#define WORD(text, member, kind, list)                                                             \
    {                                                                                              \
        NAME(text), offsetof(struct fx_command, u.member), FX_WIRE_TOPIC_##kind,                   \
            FX_WIRE_TOPIC_##list, false                                                            \
    }
#define NEEDED_WORD(text, member, kind, list)                                                      \
    {                                                                                              \
        NAME(text), offsetof(struct fx_command, u.member), FX_WIRE_TOPIC_##kind,                   \
            FX_WIRE_TOPIC_##list, true                                                             \
    }
#define COUNT(array) (uint32_t)(sizeof(array) / sizeof(array)[0])

/* Sizes first: the bounds behind them are counted in lots and ticks. */
static const struct fx_wire_topic_field INSTRUMENT[] = {
    NEEDED("symbol", instrument.symbol, SYMBOL),
    NEEDED("tickSize", instrument.tick_size, DEC),
    NEEDED("lotSize", instrument.lot_size, DEC),
    NEEDED("multiplier", instrument.multiplier, DEC),
    NEEDED_WORD("contractType", instrument.contract_type, WORD8, CONTRACT_TYPES),
    NEEDED_WORD("kind", instrument.kind, WORD8, KINDS),
    WORD("state", instrument.state, WORD8, STATES),
    FIELD("rootSymbol", instrument.root_symbol, SYMBOL),
    NEEDED("baseUnderlying", instrument.base, ASSET),
    NEEDED("quoteCurrency", instrument.quote, ASSET),
    NEEDED("settleCurrency", instrument.settle, ASSET),
    FIELD("minNotional", instrument.min_notional, DEC),
    NEEDED("minQty", instrument.min_lots, LOTS),
    NEEDED("maxQty", instrument.max_lots, LOTS),
    NEEDED("maxMarketQty", instrument.max_market_lots, LOTS),
    NEEDED("maxPrice", instrument.max_ticks, PRICE),
    FIELD("openInterestCap", instrument.open_interest_cap_lots, LOTS),
    FIELD("bandUp", instrument.band_up_ppb, RATE64),
    FIELD("bandDown", instrument.band_down_ppb, RATE64),
    FIELD("marketTakeBound", instrument.market_take_bound_ppb, RATE64),
    FIELD("makerFee", instrument.maker_fee_ppb, RATE64),
    FIELD("takerFee", instrument.taker_fee_ppb, RATE64),
    FIELD("liquidationFee", instrument.liquidation_fee_ppb, RATE64),
    FIELD("interestRate", instrument.interest_ppb, RATE64),
    FIELD("damper", instrument.damper_ppb, RATE64),
    FIELD("impactNotional", instrument.impact_notional, DEC),
    FIELD("expiry", instrument.expiry_us, TIME),
    FIELD("fundingInterval", instrument.funding_interval_s, COUNT),
    NEEDED("maxLeverage", instrument.leverage_max_centi, LEVERAGE),
    NEEDED("maxNumOrders", instrument.orders_max, COUNT),
    FIELD("maxNumAlgoOrders", instrument.algo_orders_max, COUNT),
    FIELD("isNew", instrument.instrument_id, NEW)};

static const struct fx_wire_topic_field STATE[] = {
    NEEDED_WORD("state", set_state.state, WORD32, STATES)};

static const struct fx_wire_topic_field ACCOUNT[] = {
    NEEDED("asset", account.asset, ASSET),
    FIELD("flags", account.flags, COUNT),
    FIELD("hasFees", account.has_fees, FLAG32),
    FIELD("makerFee", account.maker_fee_ppb, RATE64),
    FIELD("takerFee", account.taker_fee_ppb, RATE64)};

#define MONEY_FIELDS                                                                               \
    NEEDED("asset", transfer.asset, ASSET), NEEDED("amount", transfer.amount, DEC),                \
        NEEDED_WORD("type", transfer.type, WORD32, TRANSACTIONS),                                  \
        FIELD("isReward", transfer.is_reward, FLAG32)
static const struct fx_wire_topic_field MONEY[] = {MONEY_FIELDS};
static const struct fx_wire_topic_field NAMED[] = {
    MONEY_FIELDS, NEEDED("clientTransferId", named.client_id, MOVE_ID)};

static const struct fx_wire_topic_field MOVE[] = {
    NEEDED("asset", move.asset, ASSET),
    NEEDED("amount", move.amount, DEC),
    NEEDED("toUserId", move.to_user_id, ID),
    FIELD("clientTransferId", move.client_id, MOVE_ID)};

/* The order DTO; a conditional order has the second part too, and one with take profit and stop
 * loss the third. */
#define PLACE_FIELDS                                                                               \
    NEEDED_WORD("side", place.side, WORD8, SIDES), NEEDED_WORD("type", place.type, WORD8, TYPES),  \
        FIELD("quantity", place.lots, LOTS), FIELD("price", place.price_ticks, PRICE),             \
        FIELD("leverage", place.leverage_centi, LEVERAGE),                                         \
        WORD("marginMode", place.margin_mode, WORD8, MARGIN_MODES),                                \
        FIELD("isReduceOnly", place.is_reduce_only, FLAG8),                                        \
        WORD("postOnlyMode", place.post_only_mode, WORD8, POST_ONLY_MODES),                        \
        NEEDED_WORD("timeInForce", place.time_in_force, WORD8, TIMES_IN_FORCE),                    \
        FIELD("expireTime", place.expire_us, TIME),                                                \
        WORD("stpMode", place.stp_mode, WORD8, STP_MODES),                                         \
        WORD("positionSide", place.position_side, WORD8, POSITION_SIDES),                          \
        FIELD("clientOrderId", place.client_id, CLIENT_ID), FIELD("tmpId", place.tmp_id, ID)
#define CONDITIONAL_FIELDS                                                                         \
    FIELD("tpSLPrice", conditional.trigger_ticks, PRICE),                                          \
        FIELD("callbackRate", conditional.callback_ppb, RATE32),                                   \
        WORD("trigger", conditional.source, WORD8, SOURCES),                                       \
        WORD("stopCondition", conditional.condition, WORD8, CONDITIONS),                           \
        FIELD("closePosition", conditional.is_close_position, FLAG8),                              \
        FIELD("priceProtect", conditional.is_price_protected, FLAG8)
// NOLINTBEGIN(bugprone-macro-parentheses): offsetof() takes no parentheses
#define PROTECTION_FIELDS(owner, kind)                                                             \
    FIELD("takeProfitPrice", owner.protection.take_profit_ticks, kind),                            \
        FIELD("stopLossPrice", owner.protection.stop_loss_ticks, kind),                            \
        FIELD("takeProfitLimitPrice", owner.protection.take_profit_limit_ticks, PRICE),            \
        FIELD("stopLossLimitPrice", owner.protection.stop_loss_limit_ticks, PRICE),                \
        WORD("takeProfitTrigger", owner.protection.take_profit_source, WORD8, SOURCES),            \
        WORD("stopLossTrigger", owner.protection.stop_loss_source, WORD8, SOURCES)
// NOLINTEND(bugprone-macro-parentheses)

static const struct fx_wire_topic_field PLACE[] = {PLACE_FIELDS};
static const struct fx_wire_topic_field CONDITIONAL[] = {PLACE_FIELDS, CONDITIONAL_FIELDS};
static const struct fx_wire_topic_field BRACKET[] = {
    PLACE_FIELDS, CONDITIONAL_FIELDS, PROTECTION_FIELDS(bracket, PRICE)};
static const struct fx_wire_topic_field ORDER_TP_SL[] = {
    FIELD("orderId", order_tp_sl.order_id, ID),
    FIELD("clientOrderId", order_tp_sl.client_id, CLIENT_ID),
    PROTECTION_FIELDS(order_tp_sl, PRICE_KEEP)};

#define AMEND_FIELDS                                                                               \
    FIELD("orderId", amend.order_id, ID), FIELD("clientOrderId", amend.client_id, CLIENT_ID),      \
        FIELD("price", amend.price_ticks, PRICE), FIELD("quantity", amend.lots, LOTS)
static const struct fx_wire_topic_field AMEND[] = {AMEND_FIELDS};
static const struct fx_wire_topic_field AMEND_CONDITIONAL[] = {
    AMEND_FIELDS, FIELD("tpSLPrice", amend_conditional.trigger_ticks, PRICE)};

static const struct fx_wire_topic_field CANCEL[] = {
    FIELD("orderId", cancel.order_id, ID), FIELD("clientOrderId", cancel.client_id, CLIENT_ID)};
static const struct fx_wire_topic_field CANCEL_ALL[] = {
    NEEDED_WORD("type", cancel_all.scope, WORD32, SCOPES),
    WORD("side", cancel_all.side, WORD32, SIDES)};
static const struct fx_wire_topic_field COUNTDOWN[] = {
    FIELD("countdownTime", countdown.countdown_us, TIME)};
static const struct fx_wire_topic_field LEVERAGE[] = {
    FIELD("leverage", leverage.leverage_centi, LEVERAGE),
    WORD("marginMode", leverage.margin_mode, WORD32, MARGIN_MODES)};
static const struct fx_wire_topic_field MARGIN[] = {
    NEEDED("assignedMarginValue", margin.amount, DEC),
    WORD("positionSide", margin.position_side, WORD32, POSITION_SIDES)};
static const struct fx_wire_topic_field TP_SL[] = {
    FIELD("takeProfitPrice", tp_sl.take_profit_ticks, PRICE_KEEP),
    FIELD("stopLossPrice", tp_sl.stop_loss_ticks, PRICE_KEEP),
    WORD("takeProfitTrigger", tp_sl.take_profit_source, WORD8, SOURCES),
    WORD("stopLossTrigger", tp_sl.stop_loss_source, WORD8, SOURCES),
    WORD("positionSide", tp_sl.position_side, WORD8, POSITION_SIDES)};
static const struct fx_wire_topic_field MARK[] = {NEEDED("markPrice", mark.mark_ticks, PRICE),
                                                  NEEDED("indexPrice", mark.index_ticks, PRICE)};
static const struct fx_wire_topic_field INDEX[] = {
    FIELD("indexPrice", index.index_ticks, PRICE),
    FIELD("sourceTime", index.source_us, TIME),
    NEEDED("sourceCount", index.source_count, COUNT)};
static const struct fx_wire_topic_field FUNDING[] = {
    FIELD("fundingTime", funding.instant_us, TIME),
    FIELD("hasRate", funding.has_rate, FLAG32),
    FIELD("fundingRate", funding.rate_ppb, RATE64)};
static const struct fx_wire_topic_field RULES[] = {
    FIELD("maxAge", mark_rules.max_age_us, TIME),
    FIELD("band", mark_rules.band_ppb, RATE64),
    NEEDED("minSources", mark_rules.sources_min, COUNT)};
static const struct fx_wire_topic_field CLOSE_INSURANCE[] = {
    FIELD("quantity", close_insurance.lots, LOTS),
    FIELD("price", close_insurance.price_ticks, PRICE)};
static const struct fx_wire_topic_field FUND_INSURANCE[] = {
    NEEDED("asset", fund_insurance.asset, ASSET), NEEDED("amount", fund_insurance.amount, DEC)};

static const struct fx_wire_topic_field POSITION_MODE[] = {
    FIELD("asset", position_mode.asset, ASSET), FIELD("isHedge", position_mode.is_hedge, FLAG32)};
static const struct fx_wire_topic_field SETTLE[] = {FIELD("price", settle.settle_ticks, PRICE),
                                                    FIELD("hasPrice", settle.has_price, FLAG32)};
static const struct fx_wire_topic_field FREEZE[] = {FIELD("isFrozen", freeze.is_frozen, FLAG32)};

static const struct fx_wire_topic_field SHARD[] = {NEEDED("shard", shard.shard, COUNT),
                                                   NEEDED("shards", shard.shards, COUNT)};
static const struct fx_wire_topic_field LIMITS[] = {
    NEEDED("maxAccounts", limits.accounts_max, COUNT),
    NEEDED("maxPositions", limits.positions_max, COUNT),
    NEEDED("maxOrders", limits.orders_max, COUNT),
    NEEDED("maxInstruments", limits.instruments_max, COUNT),
    NEEDED("maxAssets", limits.assets_max, COUNT),
    NEEDED("maxClientIds", limits.client_ids_max, COUNT),
    NEEDED("bookWindowLevels", limits.book_window_levels, COUNT),
    NEEDED("bookOverflowLevels", limits.book_overflow_levels_max, COUNT),
    NEEDED("maxAccountOrders", limits.account_orders_max, COUNT),
    NEEDED("maxFills", limits.fills_max, COUNT),
    NEEDED("maxCancels", limits.cancels_max, COUNT),
    NEEDED("maxReduceOrders", limits.reduce_orders_max, COUNT),
    {NAME("rules"), offsetof(struct fx_command, rules), FX_WIRE_TOPIC_COUNT16, 0, false}};

/* The ids first, then each row of the tables: load_command.h. */
static const struct fx_wire_topic_field LOAD[] = {
    FIELD("nextOrderId", load.next_order_id, ID),
    FIELD("nextTradeId", load.next_trade_id, ID),
    FIELD("nextLiquidationId", load.next_liquidation_id, ID)};
static const struct fx_wire_topic_field LOAD_ACCOUNT[] = {
    NEEDED("id", load_account.account_id, ID),
    NEEDED("asset", load_account.settings.asset, ASSET),
    NEEDED("balance", load_account.balance, DEC),
    FIELD("rewardBalance", load_account.reward_balance, DEC),
    FIELD("flags", load_account.settings.flags, COUNT),
    FIELD("hasFees", load_account.settings.has_fees, FLAG32),
    FIELD("makerFee", load_account.settings.maker_fee_ppb, RATE64),
    FIELD("takerFee", load_account.settings.taker_fee_ppb, RATE64)};
static const struct fx_wire_topic_field LOAD_POSITION[] = {
    NEEDED("id", load_position.position_id, ID),
    FIELD("currentQty", load_position.lots, SIDED_LOTS),
    FIELD("entryValue", load_position.entry_value, DEC),
    FIELD("positionMargin", load_position.position_margin, DEC),
    FIELD("adjustMargin", load_position.adjust_margin, DEC),
    FIELD("realizedPnl", load_position.realized_pnl, DEC),
    NEEDED("leverage", load_position.leverage_centi, LEVERAGE),
    NEEDED_WORD("marginMode", load_position.margin_mode, WORD8, MARGIN_MODES),
    WORD("positionSide", load_position.position_side, WORD8, POSITION_SIDES)};
#define LOADED_FIELDS                                                                              \
    NEEDED("id", load_order.order_id, ID), FIELD("remaining", load_order.remaining_lots, LOTS),    \
        FIELD("filledValue", load_order.filled_value, DEC),                                        \
        NEEDED_WORD("status", load_order.status, WORD8, STATUSES),                                 \
        WORD("protects", load_order.protects, WORD8, PROTECTS),                                    \
        WORD("note", load_order.note, WORD8, NOTES),                                               \
        FIELD("createdAt", load_order.created_us, TIME),                                           \
        FIELD("updatedAt", load_order.updated_us, TIME)
static const struct fx_wire_topic_field LOAD_ORDER[] = {
    PLACE_FIELDS, CONDITIONAL_FIELDS, LOADED_FIELDS};
static const struct fx_wire_topic_field LOAD_ORDER_TP_SL[] = {
    PLACE_FIELDS,
    CONDITIONAL_FIELDS,
    LOADED_FIELDS,
    NEEDED("parentOrderId", load_order_tp_sl.parent_id, ID)};
static const struct fx_wire_topic_field EXTRA[] = {
    FIELD("lastPrice", load_extra.last_ticks, PRICE)};
static const struct fx_wire_topic_field LOAD_FUNDING[] = {
    NEEDED("fundingTime", load_funding.instant_us, TIME),
    FIELD("fundingRate", load_funding.rate_ppb, RATE64)};
static const struct fx_wire_topic_field START[] = {FIELD("accounts", start.accounts, ID),
                                                   FIELD("positions", start.positions, ID),
                                                   FIELD("orders", start.orders, ID),
                                                   FIELD("instruments", start.instruments, COUNT),
                                                   FIELD("isCounted", start.is_counted, FLAG32)};
static const struct fx_wire_topic_field VERSION[] = {NEEDED("version", rules.version, COUNT)};

#define SHAPE(kind, array, symbol, maybe, user)                                                    \
    {                                                                                              \
        FX_COMMAND_##kind,                                                                         \
        {                                                                                          \
            (array), COUNT(array), (symbol), (maybe), (user), false                                \
        }                                                                                          \
    }

static const struct {
    enum fx_command_kind kind;
    struct fx_wire_topic_shape shape;
} SHAPES[] = {
    SHAPE(UPDATE_INSTRUMENT, INSTRUMENT, false, false, false),
    {FX_COMMAND_LOAD_LEVERAGE_MARGIN, {NULL, 0, true, false, false, false}}, /* + tiers */
    SHAPE(SET_STATE, STATE, true, false, false),
    SHAPE(CREATE_ACCOUNT, ACCOUNT, false, false, true),
    SHAPE(SET_ACCOUNT, ACCOUNT, false, false, true),
    SHAPE(DEPOSIT, MONEY, false, false, true),
    SHAPE(WITHDRAW, MONEY, false, false, true),
    SHAPE(DEPOSIT_NAMED, NAMED, false, false, true),
    SHAPE(WITHDRAW_NAMED, NAMED, false, false, true),
    SHAPE(TRANSFER, MOVE, false, false, true),
    SHAPE(PLACE_ORDER, PLACE, true, false, true),
    SHAPE(PLACE_CONDITIONAL, CONDITIONAL, true, false, true),
    SHAPE(PLACE_BRACKET, BRACKET, true, false, true),
    SHAPE(ADJUST_ORDER_TP_SL, ORDER_TP_SL, true, false, true),
    SHAPE(AMEND_ORDER, AMEND, true, false, true),
    SHAPE(AMEND_CONDITIONAL, AMEND_CONDITIONAL, true, false, true),
    SHAPE(CANCEL_ORDER, CANCEL, false, true, true),
    SHAPE(CANCEL_ALL, CANCEL_ALL, false, true, true),
    SHAPE(CANCEL_ALL_AFTER, COUNTDOWN, false, true, true),
    SHAPE(ADJUST_LEVERAGE, LEVERAGE, true, false, true),
    SHAPE(ADJUST_MARGIN_POSITION, MARGIN, true, false, true),
    SHAPE(ADJUST_TP_SL, TP_SL, true, false, true),
    SHAPE(MARK_PRICE, MARK, true, false, false),
    SHAPE(INDEX_PRICE, INDEX, true, false, false),
    SHAPE(PAY_FUNDING, FUNDING, true, false, false),
    SHAPE(SET_MARK_RULES, RULES, true, false, false),
    SHAPE(CLOSE_INSURANCE, CLOSE_INSURANCE, true, false, false),
    SHAPE(FUND_INSURANCE, FUND_INSURANCE, false, false, false),
    SHAPE(SET_POSITION_MODE, POSITION_MODE, false, false, true),
    SHAPE(SETTLE, SETTLE, true, false, false),
    SHAPE(FREEZE_ACCOUNT, FREEZE, false, false, true),
    {FX_COMMAND_TICK, {NULL, 0, false, false, false, false}},
    {FX_COMMAND_REFRESH_RANKS, {NULL, 0, false, false, false, false}},
    SHAPE(INITIALIZE_ENGINE, LIMITS, false, false, false),
    SHAPE(SET_SHARD, SHARD, false, false, false), /* + assets */
    SHAPE(LOAD_ENGINE, LOAD, false, false, false),
    {FX_COMMAND_LOAD_ACCOUNT, {LOAD_ACCOUNT, COUNT(LOAD_ACCOUNT), false, false, true, true}},
    {FX_COMMAND_LOAD_POSITION, {LOAD_POSITION, COUNT(LOAD_POSITION), true, false, true, true}},
    SHAPE(LOAD_ORDER, LOAD_ORDER, true, false, true),
    SHAPE(LOAD_ORDER_TP_SL, LOAD_ORDER_TP_SL, true, false, true),
    SHAPE(UPDATE_INSTRUMENT_EXTRA, EXTRA, true, false, false),
    SHAPE(LOAD_FUNDING_HISTORY, LOAD_FUNDING, true, false, false),
    SHAPE(START_ENGINE, START, false, false, false),
    {FX_COMMAND_STOP_ENGINE, {NULL, 0, false, false, false, false}},
    SHAPE(SET_RULES, VERSION, false, false, false)};

bool fx_wire_topic_shape(enum fx_command_kind kind, struct fx_wire_topic_shape *shape_out)
{
    for (uint32_t index = 0; index < COUNT(SHAPES); index++) {
        if (SHAPES[index].kind == kind) {
            *shape_out = SHAPES[index].shape;
            return true;
        }
    }
    return false;
}

static const struct fx_words_entry POST_ONLY_MODES[] = {{FX_POST_ONLY_MODE_REJECT, "REJECT"},
                                                        {FX_POST_ONLY_MODE_SLIDE, "SLIDE"}};
static const struct fx_words_entry SCOPES[] = {
    {FX_CANCEL_SCOPE_ALL, "ALL"}, {FX_CANCEL_SCOPE_LIMIT, "LIMIT"}, {FX_CANCEL_SCOPE_STOP, "STOP"}};

static const struct fx_words_entry PROTECTS[] = {{FX_LOAD_PROTECTS_POSITION, "POSITION"}};

uint32_t fx_wire_topic_number(enum fx_wire_topic_words words, fx_str name)
{
    switch (words) {
    case FX_WIRE_TOPIC_SIDES:
        return (uint32_t)fx_order_side_of(name);
    case FX_WIRE_TOPIC_TYPES:
        return (uint32_t)fx_order_type_of(name);
    case FX_WIRE_TOPIC_TIMES_IN_FORCE:
        return (uint32_t)fx_order_time_in_force_of(name);
    case FX_WIRE_TOPIC_STP_MODES:
        return (uint32_t)fx_order_stp_mode_of(name);
    case FX_WIRE_TOPIC_MARGIN_MODES:
        return (uint32_t)fx_order_margin_mode_of(name);
    case FX_WIRE_TOPIC_POSITION_SIDES:
        return (uint32_t)fx_order_position_side_of(name);
    case FX_WIRE_TOPIC_POST_ONLY_MODES:
        return fx_words_number(POST_ONLY_MODES, COUNT(POST_ONLY_MODES), name);
    case FX_WIRE_TOPIC_SOURCES:
        return (uint32_t)fx_order_trigger_source_of(name);
    case FX_WIRE_TOPIC_CONDITIONS:
        return (uint32_t)fx_order_trigger_condition_of(name);
    case FX_WIRE_TOPIC_CONTRACT_TYPES:
        return (uint32_t)fx_instrument_contract_type_of(name);
    case FX_WIRE_TOPIC_KINDS:
        return (uint32_t)fx_instrument_kind_of(name);
    case FX_WIRE_TOPIC_STATES:
        return (uint32_t)fx_instrument_state_of(name);
    case FX_WIRE_TOPIC_SCOPES:
        return fx_words_number(SCOPES, COUNT(SCOPES), name);
    case FX_WIRE_TOPIC_TRANSACTIONS:
        return (uint32_t)fx_command_transaction_of(name);
    case FX_WIRE_TOPIC_STATUSES:
        return (uint32_t)fx_order_status_of(name);
    case FX_WIRE_TOPIC_PROTECTS:
        return fx_words_number(PROTECTS, COUNT(PROTECTS), name);
    case FX_WIRE_TOPIC_NOTES:
        return fx_order_note_of(name);
    default:
        return 0;
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a list, then a number of it
const char *fx_wire_topic_name(enum fx_wire_topic_words words, uint32_t number)
{
    switch (words) {
    case FX_WIRE_TOPIC_SIDES:
        return fx_order_side_name((enum fx_side)number);
    case FX_WIRE_TOPIC_TYPES:
        return fx_order_type_name((enum fx_order_type)number);
    case FX_WIRE_TOPIC_TIMES_IN_FORCE:
        return fx_order_time_in_force_name((enum fx_time_in_force)number);
    case FX_WIRE_TOPIC_STP_MODES:
        return fx_order_stp_mode_name((enum fx_stp_mode)number);
    case FX_WIRE_TOPIC_MARGIN_MODES:
        return fx_order_margin_mode_name((enum fx_margin_mode)number);
    case FX_WIRE_TOPIC_POSITION_SIDES:
        return fx_order_position_side_name((enum fx_position_side)number);
    case FX_WIRE_TOPIC_POST_ONLY_MODES:
        return fx_words_name(POST_ONLY_MODES, COUNT(POST_ONLY_MODES), number);
    case FX_WIRE_TOPIC_SOURCES:
        return fx_order_trigger_source_name((enum fx_trigger_source)number);
    case FX_WIRE_TOPIC_CONDITIONS:
        return fx_order_trigger_condition_name((enum fx_trigger_condition)number);
    case FX_WIRE_TOPIC_CONTRACT_TYPES:
        return fx_instrument_contract_type_name((enum fx_contract_type)number);
    case FX_WIRE_TOPIC_KINDS:
        return fx_instrument_kind_name((enum fx_instrument_kind)number);
    case FX_WIRE_TOPIC_STATES:
        return fx_instrument_state_name((enum fx_instrument_state)number);
    case FX_WIRE_TOPIC_SCOPES:
        return fx_words_name(SCOPES, COUNT(SCOPES), number);
    case FX_WIRE_TOPIC_TRANSACTIONS:
        return fx_command_transaction_name((enum fx_transaction_type)number);
    case FX_WIRE_TOPIC_STATUSES:
        return fx_order_status_name((enum fx_order_status)number);
    case FX_WIRE_TOPIC_PROTECTS:
        return fx_words_name(PROTECTS, COUNT(PROTECTS), number);
    case FX_WIRE_TOPIC_NOTES:
        return fx_order_note_name((enum fx_order_note)number);
    default:
        return NULL;
    }
}

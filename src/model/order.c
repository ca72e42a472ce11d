#include "model/order.h"

#include "base/panic.h"
#include "model/words.h"

#define COUNT(table) (uint32_t)(sizeof(table) / sizeof(table)[0])

static const struct fx_words_entry SIDES[] = {
    {FX_SIDE_BUY, "BUY"},
    {FX_SIDE_SELL, "SELL"},
};

const char *fx_order_side_name(enum fx_side side)
{
    const char *name = fx_words_name(SIDES, COUNT(SIDES), side);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_side fx_order_side_of(fx_str name)
{
    return (enum fx_side)fx_words_number(SIDES, COUNT(SIDES), name);
}

static const struct fx_words_entry TYPES[] = {
    {FX_ORDER_TYPE_LIMIT, "LIMIT"},
    {FX_ORDER_TYPE_MARKET, "MARKET"},
    {FX_ORDER_TYPE_STOP_LIMIT, "STOP_LIMIT"},
    {FX_ORDER_TYPE_STOP_MARKET, "STOP_MARKET"},
    {FX_ORDER_TYPE_TAKE_PROFIT_LIMIT, "TAKE_PROFIT_LIMIT"},
    {FX_ORDER_TYPE_TAKE_PROFIT_MARKET, "TAKE_PROFIT_MARKET"},
    {FX_ORDER_TYPE_TRAILING_STOP, "TRAILING_STOP"},
};

const char *fx_order_type_name(enum fx_order_type type)
{
    const char *name = fx_words_name(TYPES, COUNT(TYPES), type);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_order_type fx_order_type_of(fx_str name)
{
    return (enum fx_order_type)fx_words_number(TYPES, COUNT(TYPES), name);
}

static const struct fx_words_entry TIMES_IN_FORCE[] = {
    {FX_TIME_IN_FORCE_GTC, "GTC"},
    {FX_TIME_IN_FORCE_IOC, "IOC"},
    {FX_TIME_IN_FORCE_FOK, "FOK"},
    {FX_TIME_IN_FORCE_GTD, "GTD"},
};

const char *fx_order_time_in_force_name(enum fx_time_in_force tif)
{
    const char *name = fx_words_name(TIMES_IN_FORCE, COUNT(TIMES_IN_FORCE), tif);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_time_in_force fx_order_time_in_force_of(fx_str name)
{
    return (enum fx_time_in_force)fx_words_number(TIMES_IN_FORCE, COUNT(TIMES_IN_FORCE), name);
}

static const struct fx_words_entry STATUSES[] = {
    {FX_ORDER_STATUS_PENDING, "PENDING"},
    {FX_ORDER_STATUS_UNTRIGGERED, "UNTRIGGERED"},
    {FX_ORDER_STATUS_ACTIVE, "ACTIVE"},
    {FX_ORDER_STATUS_PARTIALLY_FILLED, "PARTIALLY_FILLED"},
    {FX_ORDER_STATUS_FILLED, "FILLED"},
    {FX_ORDER_STATUS_CANCELED, "CANCELED"},
    {FX_ORDER_STATUS_EXPIRED, "EXPIRED"},
    {FX_ORDER_STATUS_REJECTED, "REJECTED"},
};

const char *fx_order_status_name(enum fx_order_status status)
{
    const char *name = fx_words_name(STATUSES, COUNT(STATUSES), status);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_order_status fx_order_status_of(fx_str name)
{
    return (enum fx_order_status)fx_words_number(STATUSES, COUNT(STATUSES), name);
}

static const struct fx_words_entry STP_MODES[] = {
    {FX_STP_MODE_EXPIRE_MAKER, "EXPIRE_MAKER"},
    {FX_STP_MODE_EXPIRE_TAKER, "EXPIRE_TAKER"},
    {FX_STP_MODE_EXPIRE_BOTH, "EXPIRE_BOTH"},
    {FX_STP_MODE_NONE, "NONE"},
};

const char *fx_order_stp_mode_name(enum fx_stp_mode mode)
{
    const char *name = fx_words_name(STP_MODES, COUNT(STP_MODES), mode);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_stp_mode fx_order_stp_mode_of(fx_str name)
{
    return (enum fx_stp_mode)fx_words_number(STP_MODES, COUNT(STP_MODES), name);
}

static const struct fx_words_entry MARGIN_MODES[] = {
    {FX_MARGIN_MODE_CROSS, "CROSS"},
    {FX_MARGIN_MODE_ISOLATED, "ISOLATED"},
    {FX_MARGIN_MODE_ISOLATED, "ISOLATE"},
};

const char *fx_order_margin_mode_name(enum fx_margin_mode mode)
{
    const char *name = fx_words_name(MARGIN_MODES, COUNT(MARGIN_MODES), mode);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_margin_mode fx_order_margin_mode_of(fx_str name)
{
    return (enum fx_margin_mode)fx_words_number(MARGIN_MODES, COUNT(MARGIN_MODES), name);
}

static const struct fx_words_entry POSITION_SIDES[] = {
    {FX_POSITION_SIDE_BOTH, "BOTH"},
    {FX_POSITION_SIDE_LONG, "LONG"},
    {FX_POSITION_SIDE_SHORT, "SHORT"},
};

const char *fx_order_position_side_name(enum fx_position_side side)
{
    const char *name = fx_words_name(POSITION_SIDES, COUNT(POSITION_SIDES), side);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_position_side fx_order_position_side_of(fx_str name)
{
    return (enum fx_position_side)fx_words_number(POSITION_SIDES, COUNT(POSITION_SIDES), name);
}

static const struct fx_words_entry NOTES[] = {
    {FX_ORDER_NOTE_NONE, ""},
    {FX_ORDER_NOTE_USER_CANCELED, "USER_CANCELED"},
    {FX_ORDER_NOTE_IOC_REMAINDER, "IOC_REMAINDER"},
    {FX_ORDER_NOTE_EXPIRED, "EXPIRED"},
    {FX_ORDER_NOTE_SELF_TRADE, "SELF_TRADE"},
    {FX_ORDER_NOTE_REDUCE_ONLY, "REDUCE_ONLY"},
    {FX_ORDER_NOTE_TAKER_LIMIT, "TAKER_LIMIT"},
    {FX_ORDER_NOTE_INSTRUMENT, "INSTRUMENT"},
    {FX_ORDER_NOTE_AMENDED_TO_FILLED, "AMENDED_TO_FILLED"},
    {FX_ORDER_NOTE_LIQUIDATION, "LIQUIDATION"},
    {FX_ORDER_NOTE_CAPACITY, "CAPACITY"},
    {FX_ORDER_NOTE_CANCEL_ALL_AFTER, "CANCEL_ALL_AFTER"},
    {FX_ORDER_NOTE_INSUFFICIENT_MARGIN, "INSUFFICIENT_MARGIN"},
    {FX_ORDER_NOTE_PRICE_PROTECT, "PRICE_PROTECT"},
    {FX_ORDER_NOTE_NO_POSITION, "NO_POSITION"},
    {FX_ORDER_NOTE_LINKED, "LINKED"},
    {FX_ORDER_NOTE_POST_ONLY_WOULD_TAKE, "POST_ONLY_WOULD_TAKE"},
    {FX_ORDER_NOTE_FOK_NOT_FILLED, "FOK_NOT_FILLED"},
    {FX_ORDER_NOTE_NOT_ADMITTED, "NOT_ADMITTED"},
    {FX_ORDER_NOTE_AUTO_DELEVERAGE, "AUTO_DELEVERAGE"},
    {FX_ORDER_NOTE_CLOSE_INSURANCE, "CLOSE_INSURANCE"},
    {FX_ORDER_NOTE_ACCOUNT_FROZEN, "ACCOUNT_FROZEN"},
    {FX_ORDER_NOTE_BANKRUPTCY, "BANKRUPTCY"},
};

const char *fx_order_note_name(enum fx_order_note note)
{
    const char *name = fx_words_name(NOTES, COUNT(NOTES), note);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_order_note fx_order_note_of(fx_str name)
{
    return (enum fx_order_note)fx_words_number(NOTES, COUNT(NOTES), name);
}

static const struct fx_words_entry SOURCES[] = {
    {FX_TRIGGER_SOURCE_LAST, "LAST"},
    {FX_TRIGGER_SOURCE_LAST, "LAST_PRICE"},
    {FX_TRIGGER_SOURCE_LAST, "CONTRACT_PRICE"},
    {FX_TRIGGER_SOURCE_MARK, "ORACLE"},
    {FX_TRIGGER_SOURCE_MARK, "MARK"},
    {FX_TRIGGER_SOURCE_MARK, "MARK_PRICE"},
    {FX_TRIGGER_SOURCE_INDEX, "INDEX"},
    {FX_TRIGGER_SOURCE_INDEX, "INDEX_PRICE"},
};

const char *fx_order_trigger_source_name(enum fx_trigger_source source)
{
    const char *name = fx_words_name(SOURCES, COUNT(SOURCES), source);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_trigger_source fx_order_trigger_source_of(fx_str name)
{
    return (enum fx_trigger_source)fx_words_number(SOURCES, COUNT(SOURCES), name);
}

static const struct fx_words_entry CONDITIONS[] = {
    {FX_TRIGGER_CONDITION_GT, "GT"},
    {FX_TRIGGER_CONDITION_LT, "LT"},
};

const char *fx_order_trigger_condition_name(enum fx_trigger_condition condition)
{
    const char *name = fx_words_name(CONDITIONS, COUNT(CONDITIONS), condition);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_trigger_condition fx_order_trigger_condition_of(fx_str name)
{
    return (enum fx_trigger_condition)fx_words_number(CONDITIONS, COUNT(CONDITIONS), name);
}

bool fx_order_type_is_conditional(enum fx_order_type type)
{
    return type >= FX_ORDER_TYPE_STOP_LIMIT && type <= FX_ORDER_TYPE_TRAILING_STOP;
}

bool fx_order_type_is_market(enum fx_order_type type)
{
    return type == FX_ORDER_TYPE_MARKET || type == FX_ORDER_TYPE_STOP_MARKET ||
           type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET || type == FX_ORDER_TYPE_TRAILING_STOP;
}

bool fx_order_type_is_take_profit(enum fx_order_type type)
{
    return type == FX_ORDER_TYPE_TAKE_PROFIT_LIMIT || type == FX_ORDER_TYPE_TAKE_PROFIT_MARKET;
}

enum fx_trigger_condition fx_order_default_condition(enum fx_order_type type, enum fx_side side)
{
    FX_ASSERT(fx_order_type_is_conditional(type));
    const bool is_profit = fx_order_type_is_take_profit(type);
    return (side == FX_SIDE_BUY) != is_profit ? FX_TRIGGER_CONDITION_GT : FX_TRIGGER_CONDITION_LT;
}

enum fx_side fx_order_opposite(enum fx_side side)
{
    FX_CHECK(side == FX_SIDE_BUY || side == FX_SIDE_SELL);
    return (enum fx_side)(FX_SIDE_BUY + FX_SIDE_SELL - side); /* no branch: a coin toss */
}

bool fx_order_status_is_final(enum fx_order_status status)
{
    return status >= FX_ORDER_STATUS_FILLED;
}

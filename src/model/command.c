#include "model/command.h"

#include <stddef.h>
#include <string.h>

#include "base/panic.h"
#include "model/words.h"

#define COUNT(table) (uint32_t)(sizeof(table) / sizeof(table)[0])

enum { NAME_SIZE = 32 };

/* By kind: whoever reads a record asks for many of them. */
static const char NAMES[][NAME_SIZE] = {
    [FX_COMMAND_UPDATE_INSTRUMENT] = "UPDATE_INSTRUMENT",
    [FX_COMMAND_LOAD_LEVERAGE_MARGIN] = "LOAD_LEVERAGE_MARGIN",
    [FX_COMMAND_SET_STATE] = "SET_STATE",
    [FX_COMMAND_CREATE_ACCOUNT] = "CREATE_ACCOUNT",
    [FX_COMMAND_SET_ACCOUNT] = "SET_ACCOUNT",
    [FX_COMMAND_DEPOSIT] = "DEPOSIT",
    [FX_COMMAND_WITHDRAW] = "WITHDRAW",
    [FX_COMMAND_PLACE_ORDER] = "PLACE_ORDER",
    [FX_COMMAND_AMEND_ORDER] = "AMEND_ORDER",
    [FX_COMMAND_CANCEL_ORDER] = "CANCEL_ORDER",
    [FX_COMMAND_CANCEL_ALL] = "CANCEL_ALL",
    [FX_COMMAND_ADJUST_LEVERAGE] = "ADJUST_LEVERAGE",
    [FX_COMMAND_ADJUST_MARGIN_POSITION] = "ADJUST_MARGIN_POSITION",
    [FX_COMMAND_MARK_PRICE] = "MARK_PRICE",
    [FX_COMMAND_TICK] = "TICK",
    [FX_COMMAND_REFRESH_RANKS] = "REFRESH_RANKS",
    [FX_COMMAND_INITIALIZE_ENGINE] = "INITIALIZE_ENGINE",
    [FX_COMMAND_SET_SHARD] = "SET_SHARD",
    [FX_COMMAND_CANCEL_ALL_AFTER] = "CANCEL_ALL_AFTER",
    [FX_COMMAND_PLACE_CONDITIONAL] = "PLACE_CONDITIONAL",
    [FX_COMMAND_AMEND_CONDITIONAL] = "AMEND_CONDITIONAL",
    [FX_COMMAND_ADJUST_TP_SL] = "ADJUST_TP_SL",
    [FX_COMMAND_CLOSE_INSURANCE] = "CLOSE_INSURANCE",
    [FX_COMMAND_INDEX_PRICE] = "INDEX_PRICE",
    [FX_COMMAND_PAY_FUNDING] = "PAY_FUNDING",
    [FX_COMMAND_PLACE_BRACKET] = "PLACE_BRACKET",
    [FX_COMMAND_ADJUST_ORDER_TP_SL] = "ADJUST_ORDER_TP_SL",
    [FX_COMMAND_FUND_INSURANCE] = "FUND_INSURANCE",
    [FX_COMMAND_SET_POSITION_MODE] = "SET_POSITION_MODE",
    [FX_COMMAND_SETTLE] = "SETTLE",
    [FX_COMMAND_TRANSFER] = "TRANSFER",
    [FX_COMMAND_SET_MARK_RULES] = "SET_MARK_RULES",
    [FX_COMMAND_FREEZE_ACCOUNT] = "FREEZE_ACCOUNT",
    [FX_COMMAND_DEPOSIT_NAMED] = "DEPOSIT_NAMED",
    [FX_COMMAND_WITHDRAW_NAMED] = "WITHDRAW_NAMED",
    [FX_COMMAND_LOAD_ENGINE] = "LOAD_ENGINE",
    [FX_COMMAND_LOAD_ACCOUNT] = "LOAD_ACCOUNT",
    [FX_COMMAND_LOAD_POSITION] = "LOAD_POSITION",
    [FX_COMMAND_LOAD_ORDER] = "LOAD_ORDER",
    [FX_COMMAND_UPDATE_INSTRUMENT_EXTRA] = "UPDATE_INSTRUMENT_EXTRA",
    [FX_COMMAND_LOAD_FUNDING_HISTORY] = "LOAD_FUNDING_HISTORY",
    [FX_COMMAND_START_ENGINE] = "START_ENGINE",
    [FX_COMMAND_STOP_ENGINE] = "STOP_ENGINE",
    [FX_COMMAND_SET_RULES] = "SET_RULES",
    [FX_COMMAND_LOAD_ORDER_TP_SL] = "LOAD_ORDER_TP_SL",
    [FX_COMMAND_TEST_ORDER] = "TEST_ORDER",
    [FX_COMMAND_EXPLAIN] = "EXPLAIN",
    [FX_COMMAND_SHOW_EXCHANGE] = "SHOW_EXCHANGE",
};

static const struct fx_words_entry TRANSACTIONS[] = {
    {FX_TRANSACTION_DEPOSIT, "DEPOSIT"},
    {FX_TRANSACTION_WITHDRAWAL, "WITHDRAWAL"},
    {FX_TRANSACTION_TRANSFER, "TRANSFER"},
    {FX_TRANSACTION_TRADING_FEE, "TRADING_FEE"},
    {FX_TRANSACTION_REALIZED_PNL, "REALIZED_PNL"},
    {FX_TRANSACTION_FUNDING_FEE, "FUNDING_FEE"},
    {FX_TRANSACTION_LIQUIDATION_CLEARANCE, "LIQUIDATION_CLEARANCE"},
    {FX_TRANSACTION_REFERRAL, "REFERRAL"},
    {FX_TRANSACTION_REWARD, "REWARD"},
    {FX_TRANSACTION_MARGIN_INSURANCE_FEE, "MARGIN_INSURANCE_FEE"},
    {FX_TRANSACTION_EVENT_REWARD, "EVENT_REWARD"},
    {FX_TRANSACTION_ROUNDING, "ROUNDING"},
};

const char *fx_command_transaction_name(enum fx_transaction_type type)
{
    const char *name = fx_words_name(TRANSACTIONS, COUNT(TRANSACTIONS), type);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_transaction_type fx_command_transaction_of(fx_str name)
{
    return (enum fx_transaction_type)fx_words_number(TRANSACTIONS, COUNT(TRANSACTIONS), name);
}

const char *fx_command_name(enum fx_command_kind kind)
{
    return (uint32_t)kind < COUNT(NAMES) && NAMES[kind][0] != '\0' ? NAMES[kind] : NULL;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as a command has them
struct fx_command fx_command_blank(enum fx_command_kind kind, uint32_t instrument, uint64_t user_id)
{
    struct fx_command command;
    memset(&command, 0, sizeof command);
    command.kind = (uint16_t)kind;
    command.instrument = instrument;
    command.user_id = user_id;
    return command;
}

enum { HEAD = offsetof(struct fx_command, u) };

/* Stored sizes by kind; 0: no such kind. */
static const uint16_t SIZES[] = {
    [FX_COMMAND_UPDATE_INSTRUMENT] = HEAD + sizeof(struct fx_instrument),
    [FX_COMMAND_LOAD_LEVERAGE_MARGIN] = HEAD + sizeof(struct fx_command_tiers),
    [FX_COMMAND_SET_STATE] = HEAD + 8,
    [FX_COMMAND_EXPLAIN] = HEAD + 8,
    [FX_COMMAND_SHOW_EXCHANGE] = HEAD,
    [FX_COMMAND_CREATE_ACCOUNT] = HEAD + sizeof(struct fx_command_account),
    [FX_COMMAND_SET_ACCOUNT] = HEAD + sizeof(struct fx_command_account),
    [FX_COMMAND_DEPOSIT] = HEAD + sizeof(struct fx_command_transfer),
    [FX_COMMAND_WITHDRAW] = HEAD + sizeof(struct fx_command_transfer),
    [FX_COMMAND_DEPOSIT_NAMED] = HEAD + sizeof(struct fx_command_named),
    [FX_COMMAND_WITHDRAW_NAMED] = HEAD + sizeof(struct fx_command_named),
    [FX_COMMAND_TRANSFER] = HEAD + sizeof(struct fx_command_move),
    [FX_COMMAND_PLACE_ORDER] = HEAD + sizeof(struct fx_command_place),
    [FX_COMMAND_AMEND_ORDER] = HEAD + sizeof(struct fx_command_amend),
    [FX_COMMAND_CANCEL_ORDER] = HEAD + sizeof(struct fx_command_cancel),
    [FX_COMMAND_CANCEL_ALL] = HEAD + sizeof(struct fx_command_cancel_all),
    [FX_COMMAND_PLACE_CONDITIONAL] = HEAD + sizeof(struct fx_command_conditional),
    [FX_COMMAND_AMEND_CONDITIONAL] = HEAD + sizeof(struct fx_command_amend_conditional),
    [FX_COMMAND_ADJUST_TP_SL] = HEAD + sizeof(struct fx_command_tp_sl),
    [FX_COMMAND_PLACE_BRACKET] = HEAD + sizeof(struct fx_command_bracket),
    [FX_COMMAND_TEST_ORDER] = HEAD + sizeof(struct fx_command_bracket),
    [FX_COMMAND_ADJUST_ORDER_TP_SL] = HEAD + sizeof(struct fx_command_order_tp_sl),
    [FX_COMMAND_SET_POSITION_MODE] = HEAD + sizeof(struct fx_command_position_mode),
    [FX_COMMAND_SETTLE] = HEAD + sizeof(struct fx_command_settle),
    [FX_COMMAND_FREEZE_ACCOUNT] = HEAD + sizeof(struct fx_command_freeze),
    [FX_COMMAND_CANCEL_ALL_AFTER] = HEAD + sizeof(struct fx_command_countdown),
    [FX_COMMAND_ADJUST_LEVERAGE] = HEAD + sizeof(struct fx_command_leverage),
    [FX_COMMAND_ADJUST_MARGIN_POSITION] = HEAD + sizeof(struct fx_command_margin),
    [FX_COMMAND_MARK_PRICE] = HEAD + sizeof(struct fx_command_mark),
    [FX_COMMAND_CLOSE_INSURANCE] = HEAD + sizeof(struct fx_command_close_insurance),
    [FX_COMMAND_FUND_INSURANCE] = HEAD + sizeof(struct fx_command_fund_insurance),
    [FX_COMMAND_INDEX_PRICE] = HEAD + sizeof(struct fx_command_index),
    [FX_COMMAND_PAY_FUNDING] = HEAD + sizeof(struct fx_command_funding),
    [FX_COMMAND_SET_MARK_RULES] = HEAD + sizeof(struct fx_command_mark_rules),
    [FX_COMMAND_INITIALIZE_ENGINE] = HEAD + sizeof(struct fx_engine_limits),
    [FX_COMMAND_SET_SHARD] = HEAD + sizeof(struct fx_shard_map),
    [FX_COMMAND_LOAD_ENGINE] = HEAD + sizeof(struct fx_command_load),
    [FX_COMMAND_LOAD_ACCOUNT] = HEAD + sizeof(struct fx_command_load_account),
    [FX_COMMAND_LOAD_POSITION] = HEAD + sizeof(struct fx_command_load_position),
    [FX_COMMAND_LOAD_ORDER] = HEAD + sizeof(struct fx_command_load_order),
    [FX_COMMAND_UPDATE_INSTRUMENT_EXTRA] = HEAD + sizeof(struct fx_command_load_extra),
    [FX_COMMAND_LOAD_FUNDING_HISTORY] = HEAD + sizeof(struct fx_command_load_funding),
    [FX_COMMAND_START_ENGINE] = HEAD + sizeof(struct fx_command_start),
    [FX_COMMAND_STOP_ENGINE] = HEAD,
    [FX_COMMAND_SET_RULES] = HEAD + sizeof(struct fx_command_rules),
    [FX_COMMAND_LOAD_ORDER_TP_SL] = HEAD + sizeof(struct fx_command_load_order_tp_sl),
    [FX_COMMAND_TICK] = HEAD,
    [FX_COMMAND_REFRESH_RANKS] = HEAD,
};

uint32_t fx_command_size(enum fx_command_kind kind)
{
    return (uint32_t)kind < COUNT(SIZES) ? SIZES[kind] : 0;
}

bool fx_command_is_question(enum fx_command_kind kind)
{
    return kind == FX_COMMAND_TEST_ORDER || kind == FX_COMMAND_EXPLAIN ||
           kind == FX_COMMAND_SHOW_EXCHANGE;
}

bool fx_command_is_closing(const struct fx_command_place *place)
{
    return place->is_reduce_only != 0 ||
           (place->position_side == FX_POSITION_SIDE_LONG && place->side == FX_SIDE_SELL) ||
           (place->position_side == FX_POSITION_SIDE_SHORT && place->side == FX_SIDE_BUY);
}

bool fx_command_is_placing(enum fx_command_kind kind)
{
    return kind == FX_COMMAND_PLACE_ORDER || kind == FX_COMMAND_PLACE_CONDITIONAL ||
           kind == FX_COMMAND_PLACE_BRACKET;
}

bool fx_command_is_opening(const struct fx_command *command)
{
    switch (command->kind) {
    case FX_COMMAND_PLACE_ORDER:
    case FX_COMMAND_PLACE_BRACKET:
    case FX_COMMAND_TEST_ORDER:
        return !fx_command_is_closing(&command->u.place);
    case FX_COMMAND_PLACE_CONDITIONAL:
        return !fx_command_is_closing(&command->u.place) &&
               command->u.conditional.is_close_position == 0;
    case FX_COMMAND_AMEND_ORDER:
    case FX_COMMAND_AMEND_CONDITIONAL:
        return true;
    default:
        return false;
    }
}

bool fx_command_is_cancel(enum fx_command_kind kind)
{
    return kind == FX_COMMAND_CANCEL_ORDER || kind == FX_COMMAND_CANCEL_ALL ||
           kind == FX_COMMAND_CANCEL_ALL_AFTER || kind == FX_COMMAND_TICK;
}

fx_str fx_command_encode(const struct fx_command *command)
{
    const uint32_t size = fx_command_size((enum fx_command_kind)command->kind);
    FX_ASSERT(size > 0);
    return (fx_str){(const char *)command, size};
}

fx_status fx_command_decode(fx_str bytes, struct fx_command *command_out)
{
    uint16_t kind = 0;
    if (bytes.size < offsetof(struct fx_command, u)) {
        return FX_CORRUPT;
    }
    memcpy(&kind, bytes.data, sizeof kind);
    if (fx_command_size((enum fx_command_kind)kind) != bytes.size ||
        fx_command_is_question((enum fx_command_kind)kind)) {
        return FX_CORRUPT;
    }
    memset(command_out, 0, sizeof *command_out);
    memcpy(command_out, bytes.data, bytes.size);
    return FX_OK;
}

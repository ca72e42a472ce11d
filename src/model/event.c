#include "model/event.h"

#include <stddef.h>

#include "base/panic.h"
#include "model/command.h"
#include "model/words.h"

#define COUNT(table) (uint32_t)(sizeof(table) / sizeof(table)[0])

static const struct fx_words_entry TRADE_NOTES[] = {
    {FX_TRADE_NOTE_NONE, ""},
    {FX_TRADE_NOTE_LIQUIDATION, "LIQUIDATION"},
    {FX_TRADE_NOTE_INSURANCE_LIQUIDATION, "INSURANCE_LIQUIDATION"},
    {FX_TRADE_NOTE_AUTO_DELEVERAGE, "AUTO_DELEVERAGE"},
};

const char *fx_event_trade_note_name(enum fx_trade_note note)
{
    const char *name = fx_words_name(TRADE_NOTES, COUNT(TRADE_NOTES), note);
    FX_ASSERT(name != NULL);
    return name;
}

enum fx_trade_note fx_event_trade_note_of(fx_str name)
{
    return (enum fx_trade_note)fx_words_number(TRADE_NOTES, COUNT(TRADE_NOTES), name);
}

_Static_assert(sizeof(struct fx_event) == 352, "events are copied through rings by the million");

uint64_t fx_event_operation_id(const struct fx_event *event)
{
    FX_ASSERT(event->index < (1U << 20U));
    FX_ASSERT(event->sequence < (1ULL << 43U));
    return (event->sequence << 20U) + event->index;
}

size_t fx_event_size(const struct fx_event *event)
{
    static const uint16_t SIZES[] = {
        [FX_EVENT_RESULT] = sizeof(struct fx_event_result),
        [FX_EVENT_ORDER] = sizeof(struct fx_event_order),
        [FX_EVENT_TRADE] = sizeof(struct fx_event_trade),
        [FX_EVENT_ACCOUNT] = sizeof(struct fx_event_account),
        [FX_EVENT_POSITION] = sizeof(struct fx_event_position),
        [FX_EVENT_TRANSACTION] = sizeof(struct fx_event_transaction),
        [FX_EVENT_BOOK] = sizeof(struct fx_event_book),
        [FX_EVENT_INSTRUMENT] = sizeof(struct fx_instrument),
        [FX_EVENT_TIER] = sizeof(struct fx_event_tier),
        [FX_EVENT_MARK] = sizeof(struct fx_event_mark),
        [FX_EVENT_DUMP_BEGIN] = 0,
        [FX_EVENT_DUMP_END] = 0,
        [FX_EVENT_LIQUIDATION] = sizeof(struct fx_event_liquidation),
        [FX_EVENT_FUNDING] = sizeof(struct fx_event_funding),
        [FX_EVENT_INSURANCE] = sizeof(struct fx_event_insurance),
        [FX_EVENT_SETTLEMENT] = sizeof(struct fx_event_settlement),
        [FX_EVENT_TERM] = sizeof(struct fx_event_term),
        [FX_EVENT_EXCHANGE] = sizeof(struct fx_event_exchange),
    };
    FX_ASSERT(event->kind >= FX_EVENT_RESULT && event->kind < COUNT(SIZES));
    const bool is_test =
        event->kind == FX_EVENT_RESULT && event->u.result.command_kind == FX_COMMAND_TEST_ORDER;
    return offsetof(struct fx_event, u) +
           (is_test ? sizeof(struct fx_event_test) : SIZES[event->kind]);
}

#include "model/event.h"

#include "base/panic.h"
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

/* Events: the order of changes, and words. */
#include "model/event.h"

#include "fx_test.h"

static void event_operation_id_orders_commands_then_events(void **state)
{
    (void)state;
    struct fx_event event = {.sequence = 1, .index = 0};
    assert_true(fx_event_operation_id(&event) == 1048576);
    event.index = 5;
    assert_true(fx_event_operation_id(&event) == 1048581);
    event.index = 1048575;
    const uint64_t last = fx_event_operation_id(&event);
    event = (struct fx_event){.sequence = 2};
    assert_true(fx_event_operation_id(&event) == last + 1);
    event = (struct fx_event){.sequence = (1ULL << 43U) - 1, .index = 1048575};
    assert_true(fx_event_operation_id(&event) == INT64_MAX);
}

static void event_trade_notes_have_names(void **state)
{
    (void)state;
    assert_string_equal(fx_event_trade_note_name(FX_TRADE_NOTE_NONE), "");
    assert_string_equal(fx_event_trade_note_name(FX_TRADE_NOTE_LIQUIDATION), "LIQUIDATION");
    assert_string_equal(fx_event_trade_note_name(FX_TRADE_NOTE_INSURANCE_LIQUIDATION),
                        "INSURANCE_LIQUIDATION");
    assert_string_equal(fx_event_trade_note_name(FX_TRADE_NOTE_AUTO_DELEVERAGE), "AUTO_DELEVERAGE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_operation_id_orders_commands_then_events),
        cmocka_unit_test(event_trade_notes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

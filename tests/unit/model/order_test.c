/* Words of an order. The numbers are stored: this table is the promise that they stay. */
#include "model/order.h"

#include <string.h>

#include "fx_test.h"

struct word {
    int number;
    const char *name;
};

/* A table of words against one pair of functions; the cast of enums is the macro's only purpose. */
#define CHECK_WORDS(words, type, name_of, number_of)                                               \
    do {                                                                                           \
        for (size_t index = 0; index < sizeof(words) / sizeof(words)[0]; index++) {                \
            const struct word *word = &(words)[index];                                             \
            assert_string_equal(name_of((type)word->number), word->name);                          \
            assert_int_equal(number_of(fx_str_of(word->name)), word->number);                      \
        }                                                                                          \
        assert_int_equal(number_of(FX_STR("NOT_A_WORD")), 0);                                      \
        assert_int_equal(number_of(FX_STR("")), 0);                                                \
    } while (0)

// NOLINTNEXTLINE(readability-function-size): a table of cases reads as one
static void order_words_roundtrip(void **state)
{
    (void)state;
    static const struct word SIDES[] = {{1, "BUY"}, {2, "SELL"}};
    static const struct word TYPES[] = {{1, "LIMIT"},
                                        {2, "MARKET"},
                                        {3, "STOP_LIMIT"},
                                        {4, "STOP_MARKET"},
                                        {5, "TAKE_PROFIT_LIMIT"},
                                        {6, "TAKE_PROFIT_MARKET"},
                                        {7, "TRAILING_STOP"}};
    static const struct word TIMES[] = {{1, "GTC"}, {2, "IOC"}, {3, "FOK"}, {4, "GTD"}};
    static const struct word STATUSES[] = {{1, "PENDING"},
                                           {2, "UNTRIGGERED"},
                                           {3, "ACTIVE"},
                                           {4, "PARTIALLY_FILLED"},
                                           {5, "FILLED"},
                                           {6, "CANCELED"},
                                           {7, "EXPIRED"},
                                           {8, "REJECTED"}};
    static const struct word MODES[] = {
        {1, "EXPIRE_MAKER"}, {2, "EXPIRE_TAKER"}, {3, "EXPIRE_BOTH"}, {4, "NONE"}};
    static const struct word MARGINS[] = {{1, "CROSS"}, {2, "ISOLATED"}};
    static const struct word POSITIONS[] = {{1, "BOTH"}, {2, "LONG"}, {3, "SHORT"}};
    CHECK_WORDS(SIDES, enum fx_side, fx_order_side_name, fx_order_side_of);
    CHECK_WORDS(TYPES, enum fx_order_type, fx_order_type_name, fx_order_type_of);
    CHECK_WORDS(
        TIMES, enum fx_time_in_force, fx_order_time_in_force_name, fx_order_time_in_force_of);
    CHECK_WORDS(STATUSES, enum fx_order_status, fx_order_status_name, fx_order_status_of);
    CHECK_WORDS(MODES, enum fx_stp_mode, fx_order_stp_mode_name, fx_order_stp_mode_of);
    CHECK_WORDS(MARGINS, enum fx_margin_mode, fx_order_margin_mode_name, fx_order_margin_mode_of);
    CHECK_WORDS(
        POSITIONS, enum fx_position_side, fx_order_position_side_name, fx_order_position_side_of);
    assert_int_equal(fx_order_margin_mode_of(FX_STR("ISOLATE")), FX_MARGIN_MODE_ISOLATED);
}

static void order_notes_have_names(void **state)
{
    (void)state;
    assert_string_equal(fx_order_note_name(FX_ORDER_NOTE_NONE), "");
    for (int note = FX_ORDER_NOTE_USER_CANCELED; note <= FX_ORDER_NOTE_CLOSE_INSURANCE; note++) {
        assert_true(strlen(fx_order_note_name((enum fx_order_note)note)) > 0);
    }
}

static void order_opposite_is_its_own_inverse(void **state)
{
    (void)state;
    assert_int_equal(fx_order_opposite(FX_SIDE_BUY), FX_SIDE_SELL);
    assert_int_equal(fx_order_opposite(FX_SIDE_SELL), FX_SIDE_BUY);
}

static void order_status_is_final_from_filled_on(void **state)
{
    (void)state;
    assert_false(fx_order_status_is_final(FX_ORDER_STATUS_PENDING));
    assert_false(fx_order_status_is_final(FX_ORDER_STATUS_UNTRIGGERED));
    assert_false(fx_order_status_is_final(FX_ORDER_STATUS_ACTIVE));
    assert_false(fx_order_status_is_final(FX_ORDER_STATUS_PARTIALLY_FILLED));
    assert_true(fx_order_status_is_final(FX_ORDER_STATUS_FILLED));
    assert_true(fx_order_status_is_final(FX_ORDER_STATUS_CANCELED));
    assert_true(fx_order_status_is_final(FX_ORDER_STATUS_EXPIRED));
    assert_true(fx_order_status_is_final(FX_ORDER_STATUS_REJECTED));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_words_roundtrip),
        cmocka_unit_test(order_notes_have_names),
        cmocka_unit_test(order_opposite_is_its_own_inverse),
        cmocka_unit_test(order_status_is_final_from_filled_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

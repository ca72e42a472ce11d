/* Commands: their stored form. Sizes and numbers are a format: changing them breaks old journals.
 */
#include "model/command.h"

#include <stddef.h>
#include <string.h>

#include "fx_test.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): large structs stay off the stack
static struct fx_command command;
static struct fx_command decoded;

/* Every kind of a log: number, stored size, name (the codes of the topics). One line each. */
static const struct {
    uint32_t kind;
    uint32_t size;
    const char *name;
} KINDS[] = {
    {1, 352, "UPDATE_INSTRUMENT"},
    {2, 816, "LOAD_LEVERAGE_MARGIN"},
    {3, 40, "SET_STATE"},
    {4, 72, "CREATE_ACCOUNT"},
    {5, 72, "SET_ACCOUNT"},
    {6, 80, "DEPOSIT"},
    {7, 80, "WITHDRAW"},
    {8, 120, "PLACE_ORDER"},
    {9, 96, "AMEND_ORDER"},
    {10, 80, "CANCEL_ORDER"},
    {11, 40, "CANCEL_ALL"},
    {12, 40, "ADJUST_LEVERAGE"},
    {13, 64, "ADJUST_MARGIN_POSITION"},
    {14, 48, "MARK_PRICE"},
    {15, 32, "TICK"},
    {16, 80, "INITIALIZE_ENGINE"},
    {17, 40, "CANCEL_ALL_AFTER"},
    {18, 136, "PLACE_CONDITIONAL"},
    {19, 104, "AMEND_CONDITIONAL"},
    {20, 56, "ADJUST_TP_SL"},
    {21, 56, "INDEX_PRICE"},
    {22, 56, "PAY_FUNDING"},
    {23, 48, "CLOSE_INSURANCE"},
    {24, 56, "SET_POSITION_MODE"},
    {25, 48, "SETTLE"},
    {26, 176, "PLACE_BRACKET"},
    {27, 120, "ADJUST_ORDER_TP_SL"},
    {28, 64, "FUND_INSURANCE"},
    {30, 112, "TRANSFER"},
    {31, 40, "FREEZE_ACCOUNT"},
    {33, 128, "DEPOSIT_NAMED"},
    {34, 128, "WITHDRAW_NAMED"},
    {41, 56, "SET_MARK_RULES"},
    {42, 32, "REFRESH_RANKS"},
    {50, 304, "SET_SHARD"},
    {60, 64, "LOAD_ENGINE"},
    {61, 112, "LOAD_ACCOUNT"},
    {62, 128, "LOAD_POSITION"},
    {63, 208, "LOAD_ORDER"},
    {64, 40, "UPDATE_INSTRUMENT_EXTRA"},
    {65, 48, "LOAD_FUNDING_HISTORY"},
    {66, 64, "START_ENGINE"},
    {67, 32, "STOP_ENGINE"},
    {68, 40, "SET_RULES"},
    {69, 224, "LOAD_ORDER_TP_SL"},
};

enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

static void command_size_of_each_kind_is_fixed(void **state)
{
    (void)state;
    uint32_t index = 0;
    assert_int_equal(offsetof(struct fx_command, u), 32);
    for (uint32_t kind = 0; kind < FX_COMMAND_TEST_ORDER; kind++) {
        const bool is_known = index < KIND_COUNT && KINDS[index].kind == kind;
        const uint32_t size = is_known ? KINDS[index].size : 0;
        assert_int_equal(fx_command_size((enum fx_command_kind)kind), size);
        assert_int_equal(size % 8, 0);
        assert_true(size <= sizeof(struct fx_command));
        index += is_known ? 1 : 0;
    }
    assert_int_equal(index, KIND_COUNT);
}

static void command_every_kind_roundtrips(void **state)
{
    (void)state;
    for (uint32_t index = 0; index < KIND_COUNT; index++) {
        const uint32_t kind = KINDS[index].kind;
        const uint32_t size = fx_command_size((enum fx_command_kind)kind);
        memset(&command, 0, sizeof command);
        memset(&decoded, 0xff, sizeof decoded);
        memset((char *)&command + offsetof(struct fx_command, u),
               (int)kind + 1,
               size - offsetof(struct fx_command, u));
        command.kind = (uint16_t)kind;
        command.sequence = 77;
        command.time_us = -1;
        command.user_id = UINT64_MAX;
        const fx_str bytes = fx_command_encode(&command);
        assert_int_equal(bytes.size, size);
        assert_int_equal(fx_command_decode(bytes, &decoded), FX_OK);
        assert_memory_equal(&command, &decoded, sizeof command);
    }
}

static void command_decode_of_wrong_size_is_corrupt(void **state)
{
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_PLACE_ORDER;
    const fx_str bytes = fx_command_encode(&command);
    decoded.sequence = 5;
    for (size_t size = 0; size < bytes.size; size++) {
        assert_int_equal(fx_command_decode((fx_str){bytes.data, size}, &decoded), FX_CORRUPT);
    }
    assert_int_equal(fx_command_decode((fx_str){bytes.data, bytes.size + 8}, &decoded), FX_CORRUPT);
    command.kind = FX_COMMAND_TRANSFER + 1;
    assert_int_equal(fx_command_decode(bytes, &decoded), FX_CORRUPT);
    command.kind = 0;
    assert_int_equal(fx_command_decode(bytes, &decoded), FX_CORRUPT);
    assert_int_equal(decoded.sequence, 5);
}

static void command_transfer_between_users_roundtrips(void **state)
{
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_TRANSFER;
    command.u.move.to_user_id = 7;
    command.u.move.client_id.size = 36;
    assert_int_equal(fx_command_size(FX_COMMAND_TRANSFER), 112);
    assert_int_equal(fx_command_decode(fx_command_encode(&command), &decoded), FX_OK);
    assert_memory_equal(&command, &decoded, sizeof command);
    assert_string_equal(fx_command_name(FX_COMMAND_TRANSFER), "TRANSFER");
    assert_false(fx_command_is_opening(&command));
}

static void command_question_is_never_part_of_a_log(void **state)
{
    (void)state;
    memset(&command, 0, sizeof command);
    command.kind = FX_COMMAND_TEST_ORDER;
    assert_true(fx_command_is_question(FX_COMMAND_TEST_ORDER));
    assert_false(fx_command_is_question(FX_COMMAND_PLACE_ORDER));
    assert_int_equal(fx_command_size(FX_COMMAND_TEST_ORDER),
                     fx_command_size(FX_COMMAND_PLACE_BRACKET));
    assert_string_equal(fx_command_name(FX_COMMAND_TEST_ORDER), "TEST_ORDER");
    assert_int_equal(fx_command_decode(fx_command_encode(&command), &decoded), FX_CORRUPT);
}

static void command_names_are_the_codes_of_the_topics(void **state)
{
    (void)state;
    for (uint32_t index = 0; index < KIND_COUNT; index++) {
        assert_string_equal(fx_command_name((enum fx_command_kind)KINDS[index].kind),
                            KINDS[index].name);
    }
    assert_null(fx_command_name((enum fx_command_kind)0));
}

static void command_transaction_words_roundtrip(void **state)
{
    (void)state;
    for (int type = FX_TRANSACTION_DEPOSIT; type <= FX_TRANSACTION_ROUNDING; type++) {
        const char *name = fx_command_transaction_name((enum fx_transaction_type)type);
        assert_int_equal(fx_command_transaction_of(fx_str_of(name)), type);
    }
    assert_int_equal(fx_command_transaction_of(FX_STR("FUNDING_FEE")), FX_TRANSACTION_FUNDING_FEE);
    assert_int_equal(fx_command_transaction_of(FX_STR("GIFT")), 0);
}

/* On a disk that fills: what is refused at two segments, and what is still taken at the last one.
 */
static void command_opening_and_cancelling_kinds_are_told_apart(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind <= FX_COMMAND_TEST_ORDER; kind++) {
        memset(&command, 0, sizeof command);
        command.kind = (uint16_t)kind;
        assert_int_equal(fx_command_is_opening(&command),
                         kind == FX_COMMAND_PLACE_ORDER || kind == FX_COMMAND_AMEND_ORDER ||
                             kind == FX_COMMAND_PLACE_CONDITIONAL ||
                             kind == FX_COMMAND_PLACE_BRACKET ||
                             kind == FX_COMMAND_AMEND_CONDITIONAL || kind == FX_COMMAND_TEST_ORDER);
        command.u.place.is_reduce_only = 1;
        assert_int_equal(fx_command_is_opening(&command),
                         kind == FX_COMMAND_AMEND_ORDER || kind == FX_COMMAND_AMEND_CONDITIONAL);
        assert_int_equal(fx_command_is_cancel((enum fx_command_kind)kind),
                         kind == FX_COMMAND_CANCEL_ORDER || kind == FX_COMMAND_CANCEL_ALL ||
                             kind == FX_COMMAND_CANCEL_ALL_AFTER || kind == FX_COMMAND_TICK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_size_of_each_kind_is_fixed),
        cmocka_unit_test(command_every_kind_roundtrips),
        cmocka_unit_test(command_decode_of_wrong_size_is_corrupt),
        cmocka_unit_test(command_transfer_between_users_roundtrips),
        cmocka_unit_test(command_question_is_never_part_of_a_log),
        cmocka_unit_test(command_opening_and_cancelling_kinds_are_told_apart),
        cmocka_unit_test(command_names_are_the_codes_of_the_topics),
        cmocka_unit_test(command_transaction_words_roundtrip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

/* The carrier's machine without any socket: what a poll gets, and how a WebSocket takes over. */
#include "push/push_polling.h"

#include <string.h>

#include "fx_test.h"

static const int64_t NOW_MS = 5000;

static void begin(struct fx_push_polling *polling, enum fx_push_eio eio)
{
    fx_push_polling_init(polling, eio, false, false);
}

static void push(struct fx_push_polling *polling, bool is_binary, const char *text)
{
    struct fx_net_frame *frame = fx_net_frame_create_websocket(
        is_binary ? FX_NET_WEBSOCKET_OPCODE_BINARY : FX_NET_WEBSOCKET_OPCODE_TEXT, fx_str_of(text));
    assert_non_null(frame);
    assert_true(fx_push_polling_push(polling, frame));
    fx_net_frame_release(frame);
}

static void expect(struct fx_push_polling *polling, const char *expected)
{
    struct fx_buf body;
    assert_true(fx_push_polling_is_due(polling));
    fx_buf_init(&body, 4096);
    (void)fx_push_polling_write(polling, &body);
    fx_buf_append_byte(&body, '\0');
    assert_string_equal(body.data, expected);
    fx_buf_deinit(&body);
    assert_false(polling->has_poll);
}

static void push_polling_poll_waits_for_packets_and_gets_all_of_them(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    assert_true(fx_push_polling_poll(&polling));
    assert_false(fx_push_polling_is_due(&polling));
    push(&polling, false, "4a");
    push(&polling, false, "4b");
    expect(&polling,
           "4a\x1e"
           "4b");
    push(&polling, false, "4c");
    assert_false(fx_push_polling_is_due(&polling)); /* nobody asks */
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling, "4c");
    assert_int_equal(polling.bytes, 0);
    fx_push_polling_deinit(&polling);
}

static void push_polling_binary_travels_as_the_client_can_read_it(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    struct fx_buf body;
    begin(&polling, FX_PUSH_EIO_4);
    push(&polling, true, "\x01\x02\x03");
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling, "bAQID");
    fx_push_polling_deinit(&polling);
    fx_push_polling_init(&polling, FX_PUSH_EIO_3, true, false);
    push(&polling, true, "\x04\x01\x02\x03");
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling, "6:b4AQID");
    fx_push_polling_deinit(&polling);
    begin(&polling, FX_PUSH_EIO_3);
    fx_buf_init(&body, 64);
    push(&polling, false, "4a");
    assert_true(fx_push_polling_poll(&polling));
    assert_int_equal(fx_push_polling_write(&polling, &body), FX_PUSH_PAYLOAD_FORM_3);
    push(&polling, true, "\x04\x01");
    assert_true(fx_push_polling_poll(&polling));
    assert_int_equal(fx_push_polling_write(&polling, &body), FX_PUSH_PAYLOAD_FORM_3_BINARY);
    assert_memory_equal(body.data, "2:4a\x01\x02\xff\x04\x01", 9);
    fx_buf_deinit(&body);
    fx_push_polling_deinit(&polling);
}

static void push_polling_frames_are_shared_not_copied(void **state)
{
    (void)state;
    struct fx_push_polling one;
    struct fx_push_polling two;
    begin(&one, FX_PUSH_EIO_3);
    begin(&two, FX_PUSH_EIO_4);
    struct fx_net_frame *frame =
        fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("4x"));
    assert_true(fx_push_polling_push(&one, frame));
    assert_true(fx_push_polling_push(&two, frame));
    assert_int_equal(frame->refcount, 3);
    assert_true(fx_push_polling_poll(&one));
    expect(&one, "2:4x");
    assert_int_equal(frame->refcount, 2);
    fx_push_polling_deinit(&two);
    assert_int_equal(frame->refcount, 1);
    fx_net_frame_release(frame);
    fx_push_polling_deinit(&one);
}

static void push_polling_queue_is_bounded(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    struct fx_net_frame *frame =
        fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, FX_STR("3"));
    for (int index = 0; index < FX_PUSH_POLLING_PACKETS_MAX; index++) {
        assert_true(fx_push_polling_push(&polling, frame));
    }
    assert_false(fx_push_polling_push(&polling, frame));
    assert_int_equal(polling.bytes, FX_PUSH_POLLING_PACKETS_MAX * frame->size);
    fx_net_frame_release(frame);
    fx_push_polling_deinit(&polling);
}

static void push_polling_second_poll_is_an_offence(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_3);
    assert_true(fx_push_polling_poll(&polling));
    assert_false(fx_push_polling_poll(&polling));
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_AT_ONCE, NOW_MS);
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_CLOSING);
    expect(&polling, "1:1");
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_CLOSED);
    assert_false(fx_push_polling_poll(&polling));
    fx_push_polling_deinit(&polling);
}

static void push_polling_client_that_closes_ends_its_poll_with_a_noop(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    assert_true(fx_push_polling_poll(&polling));
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_BY_CLIENT, NOW_MS);
    expect(&polling, "6");
    fx_push_polling_deinit(&polling);
    begin(&polling, FX_PUSH_EIO_4);
    push(&polling, false, "4a");
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_BY_CLIENT, NOW_MS);
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_CLOSED);
    assert_int_equal(polling.count, 0);
    fx_push_polling_deinit(&polling);
}

static void push_polling_last_words_wait_thirty_seconds(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    push(&polling, false, "41/ws,");
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_TOLD, NOW_MS);
    assert_int_equal(fx_push_polling_tick(&polling, NOW_MS + 29999), FX_PUSH_POLLING_EVENT_NONE);
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling,
           "41/ws,\x1e"
           "1");
    fx_push_polling_deinit(&polling);
    begin(&polling, FX_PUSH_EIO_4);
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_TOLD, NOW_MS);
    assert_int_equal(fx_push_polling_tick(&polling, NOW_MS + 30000), FX_PUSH_POLLING_EVENT_CLOSED);
    assert_false(fx_push_polling_poll(&polling));
    fx_push_polling_deinit(&polling);
}

static void push_polling_upgrade_ends_polls_and_keeps_the_order(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    assert_true(fx_push_polling_poll(&polling));
    assert_true(fx_push_polling_offer(&polling, NOW_MS));
    assert_false(fx_push_polling_offer(&polling, NOW_MS)); /* one at a time */
    assert_false(fx_push_polling_is_due(&polling));
    assert_int_equal(fx_push_polling_hear(&polling, false, FX_STR("2probe")),
                     FX_PUSH_POLLING_WORD_PROBE);
    expect(&polling, "6");
    assert_true(fx_push_polling_poll(&polling)); /* it was on its way when 3probe was */
    assert_false(fx_push_polling_is_due(&polling));
    assert_int_equal(fx_push_polling_tick(&polling, NOW_MS + 100), FX_PUSH_POLLING_EVENT_NONE);
    expect(&polling, "6");
    push(&polling, false, "4a"); /* after the last poll: goes over the WebSocket */
    assert_int_equal(fx_push_polling_hear(&polling, false, FX_STR("5")),
                     FX_PUSH_POLLING_WORD_SWITCH);
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_UPGRADED);
    assert_int_equal(polling.count, 1);
    fx_push_polling_empty(&polling);
    assert_false(fx_push_polling_poll(&polling));
    assert_false(fx_push_polling_offer(&polling, NOW_MS));
    fx_push_polling_close(&polling, FX_PUSH_POLLING_END_TOLD, NOW_MS);
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_CLOSED);
    fx_push_polling_deinit(&polling);
}

static void push_polling_data_while_upgrading_goes_out_with_the_poll(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_3);
    assert_true(fx_push_polling_offer(&polling, NOW_MS));
    push(&polling, false, "4a");
    (void)fx_push_polling_hear(&polling, false, FX_STR("2probe"));
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling, "2:4a");
    assert_true(fx_push_polling_poll(&polling)); /* "5" may come while a poll waits */
    (void)fx_push_polling_hear(&polling, false, FX_STR("5"));
    expect(&polling, "1:6");
    fx_push_polling_deinit(&polling);
}

static void push_polling_wrong_words_and_time_withdraw_the_offer_only(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    begin(&polling, FX_PUSH_EIO_4);
    push(&polling, false, "4a");
    assert_true(fx_push_polling_offer(&polling, NOW_MS));
    assert_int_equal(fx_push_polling_hear(&polling, false, FX_STR("5")),
                     FX_PUSH_POLLING_WORD_WRONG);
    assert_int_equal(fx_push_polling_hear(&polling, true, FX_STR("2probe")),
                     FX_PUSH_POLLING_WORD_WRONG);
    assert_int_equal(fx_push_polling_hear(&polling, false, FX_STR("2")),
                     FX_PUSH_POLLING_WORD_WRONG);
    fx_push_polling_withdraw(&polling);
    assert_true(fx_push_polling_offer(&polling, NOW_MS));
    (void)fx_push_polling_hear(&polling, false, FX_STR("2probe"));
    assert_int_equal(fx_push_polling_hear(&polling, false, FX_STR("2probe")),
                     FX_PUSH_POLLING_WORD_WRONG);
    assert_int_equal(fx_push_polling_tick(&polling, NOW_MS + 9999), FX_PUSH_POLLING_EVENT_NONE);
    assert_int_equal(fx_push_polling_tick(&polling, NOW_MS + 10000),
                     FX_PUSH_POLLING_EVENT_WITHDRAW);
    assert_int_equal(polling.phase, FX_PUSH_POLLING_PHASE_POLLING);
    assert_true(fx_push_polling_poll(&polling));
    expect(&polling, "4a"); /* nothing was lost, and no noop is left over */
    assert_true(fx_push_polling_poll(&polling));
    assert_false(fx_push_polling_is_due(&polling));
    fx_push_polling_deinit(&polling);
}

static void push_polling_websocket_from_the_start_has_no_polls(void **state)
{
    (void)state;
    struct fx_push_polling polling;
    fx_push_polling_init(&polling, FX_PUSH_EIO_4, false, true);
    assert_false(fx_push_polling_is_on(&polling));
    assert_false(fx_push_polling_poll(&polling));
    assert_false(fx_push_polling_offer(&polling, NOW_MS));
    fx_push_polling_deinit(&polling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_polling_poll_waits_for_packets_and_gets_all_of_them),
        cmocka_unit_test(push_polling_binary_travels_as_the_client_can_read_it),
        cmocka_unit_test(push_polling_frames_are_shared_not_copied),
        cmocka_unit_test(push_polling_queue_is_bounded),
        cmocka_unit_test(push_polling_second_poll_is_an_offence),
        cmocka_unit_test(push_polling_client_that_closes_ends_its_poll_with_a_noop),
        cmocka_unit_test(push_polling_last_words_wait_thirty_seconds),
        cmocka_unit_test(push_polling_upgrade_ends_polls_and_keeps_the_order),
        cmocka_unit_test(push_polling_data_while_upgrading_goes_out_with_the_poll),
        cmocka_unit_test(push_polling_wrong_words_and_time_withdraw_the_offer_only),
        cmocka_unit_test(push_polling_websocket_from_the_start_has_no_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

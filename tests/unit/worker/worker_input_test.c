/* worker/worker_input: what a record of the log says, with the instruments known so far. */
#include "worker/worker_input.h"

#include <string.h>

#include "follow_kit.h"
#include "fx_test.h"

static struct fx_bus_record record_of(const char *text, uint64_t offset, int64_t time_ms)
{
    return (struct fx_bus_record){.value = fx_str_of(text), .offset = offset, .time_ms = time_ms};
}

static fx_status decode(struct fx_worker_input *input,
                        const struct fx_bus_record *record,
                        struct fx_wire_topic_in *in,
                        fx_str *field)
{
    memset(in, 0x5a, sizeof *in);
    return fx_worker_input_decode(input, record, in, field);
}

static void worker_input_place_and_time_are_the_records(void **state)
{
    struct fx_worker_input *input = fx_worker_input_create();
    struct fx_wire_topic_in in;
    fx_str field;
    (void)state;
    struct fx_bus_record record = record_of("{\"code\":\"TICK\",\"time\":5000}", 41, 4000);
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.sequence, 42);
    assert_int_equal(in.command.time_us, 5000000);
    record = record_of("{\"code\":\"TICK\"}", 7, 4000); /* the log's own time */
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.time_us, 4000000);
    record = record_of("{\"code\":\"TICK\"}", 7, 0);
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.time_us, 0);
    fx_worker_input_destroy(input);
}

/* It would be everybody's time from there on. */
static void worker_input_far_future_is_the_records_time(void **state)
{
    struct fx_worker_input *input = fx_worker_input_create();
    struct fx_wire_topic_in in;
    fx_str field;
    (void)state;
    struct fx_bus_record record =
        record_of("{\"code\":\"TICK\",\"time\":1700000001001}", 1, 1700000000000);
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.time_us, 1700000000000000);
    record.time_ms++;
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.time_us, 1700000001001000);
    record.time_ms = INT64_MAX; /* a stamp that is none */
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.time_us, 1700000001001000);
    record = record_of("{\"code\":\"TICK\",\"time\":1}", 1, 1700000000000); /* old: a replay */
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    fx_worker_input_destroy(input);
}

static void worker_input_symbols_are_known_once_told(void **state)
{
    struct fx_worker_input *input = fx_worker_input_create();
    struct fx_wire_topic_in in;
    struct fx_buf text;
    fx_str field;
    (void)state;
    fx_buf_init(&text, 4096);
    struct fx_command command = follow_kit_listing(1, 3);
    assert_int_equal(fx_worker_input_encode(input, &command, NULL, &text), FX_UNKNOWN_SYMBOL);
    const struct fx_bus_record record = record_of(
        "{\"code\":\"MARK_PRICE\",\"data\":{\"symbol\":\"ETHUSDT\",\"markPrice\":\"3\",\"indexPrice\":"
        "\"3\"}}",
        1,
        0);
    assert_int_equal(decode(input, &record, &in, &field), FX_UNKNOWN_SYMBOL);
    struct fx_event event;
    memset(&event, 0, sizeof event);
    event.kind = FX_EVENT_INSTRUMENT;
    event.u.instrument = follow_kit_listing(1, 0).u.instrument;
    event.u.instrument.instrument_id = 1;
    fx_worker_input_learn(input, &event);
    assert_int_equal(decode(input, &record, &in, &field), FX_OK);
    assert_int_equal(in.command.instrument, 1);
    assert_int_equal(in.command.u.mark.mark_ticks, 300);
    assert_null(fx_worker_input_instrument(input, 0));
    assert_ptr_equal(fx_worker_input_instrument(input, 1),
                     fx_worker_input_find(input, FX_STR("ETHUSDT")));
    fx_buf_clear(&text);
    assert_int_equal(fx_worker_input_encode(input, &command, NULL, &text), FX_OK);
    command = engine_kit_command(FX_COMMAND_EXPLAIN, 1, 7); /* a question is in no log */
    assert_int_equal(fx_worker_input_encode(input, &command, NULL, &text), FX_UNKNOWN_COMMAND);
    fx_buf_deinit(&text);
    fx_worker_input_destroy(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_input_place_and_time_are_the_records),
        cmocka_unit_test(worker_input_far_future_is_the_records_time),
        cmocka_unit_test(worker_input_symbols_are_known_once_told)};
    return cmocka_run_group_tests_name("worker_input", tests, NULL, NULL);
}

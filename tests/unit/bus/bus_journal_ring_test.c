/* bus/bus_journal_ring: records go in and come out in their stored form, around the end too. */
#include "bus/bus_journal_ring.h"

#include <string.h>

#include "bus/bus_journal_frame.h"
#include "unit/bus/bus_testing.h"

static void bus_journal_ring_that_is_full_refuses_and_changes_nothing(void **state)
{
    (void)state;
    struct fx_bus_journal_ring ring;
    const fx_str record = FX_STR("0123456789abcdef0123456");
    assert_true(fx_bus_journal_ring_init(&ring, 64));
    assert_true(fx_bus_journal_ring_append(&ring, 1, record)); /* 8 + 24 */
    assert_true(fx_bus_journal_ring_append(&ring, 2, record));
    assert_false(fx_bus_journal_ring_append(&ring, 3, FX_STR("")));
    assert_int_equal(fx_bus_journal_ring_pending(&ring), 64);
    fx_bus_journal_ring_deinit(&ring);
}

static void bus_journal_ring_measure_stops_before_the_limit(void **state)
{
    (void)state;
    struct fx_bus_journal_ring ring;
    assert_true(fx_bus_journal_ring_init(&ring, 1024));
    assert_int_equal(fx_bus_journal_ring_measure(&ring, 1024).count, 0);
    for (int index = 0; index < 4; index++) {
        assert_true(fx_bus_journal_ring_append(&ring, 1, FX_STR("01234567")));
    }
    assert_int_equal(fx_bus_journal_ring_measure(&ring, 15).count, 0);
    assert_int_equal(fx_bus_journal_ring_measure(&ring, 16).count, 1);
    assert_int_equal(fx_bus_journal_ring_measure(&ring, 63).count, 3);
    assert_int_equal(fx_bus_journal_ring_measure(&ring, 64).size, 64);
    fx_bus_journal_ring_deinit(&ring);
}

static void bus_journal_ring_random_traffic_equals_model(void **state)
{
    (void)state;
    struct fx_bus_journal_ring ring;
    struct fx_rng rng;
    uint64_t appended = 0;
    uint64_t taken = 0;
    char bytes[TEST_RECORD_SIZE_MAX];
    char batch_bytes[4096];
    fx_rng_init(&rng, 5);
    assert_true(fx_bus_journal_ring_init(&ring, 4096));
    for (int step = 0; step < 20000; step++) {
        if (fx_rng_below(&rng, 3) > 0 &&
            fx_bus_journal_ring_append(
                &ring, test_type(appended + 1), test_record(appended + 1, 0, bytes))) {
            appended++;
            continue;
        }
        const struct fx_bus_journal_ring_batch batch =
            fx_bus_journal_ring_measure(&ring, (size_t)fx_rng_below(&rng, 2048));
        fx_bus_journal_ring_take(&ring, batch_bytes, batch.size);
        size_t at = 0;
        for (uint32_t index = 0; index < batch.count; index++) {
            taken++;
            const fx_str expected = test_record(taken, 0, bytes);
            const size_t size = fx_bus_journal_frame_record_size(batch_bytes + at);
            assert_int_equal(size, expected.size);
            assert_memory_equal(batch_bytes + at + 8, expected.data, size);
            at += fx_bus_journal_frame_record_extent(size);
            for (size_t pad = at - 1; (pad & 7) != (8 + size - 1) % 8; pad--) {
                assert_int_equal(batch_bytes[pad], 0);
            }
        }
        assert_int_equal(at, batch.size);
    }
    assert_true(taken > 5000);
    fx_bus_journal_ring_deinit(&ring);
}

static void bus_journal_ring_measure_stops_at_the_count_a_frame_holds(void **state)
{
    (void)state;
    struct fx_bus_journal_ring ring;
    assert_true(fx_bus_journal_ring_init(&ring, 1 << 20));
    for (int index = 0; index < FX_BUS_JOURNAL_FRAME_RECORDS_MAX + 1; index++) {
        assert_true(fx_bus_journal_ring_append(&ring, 1, FX_STR("")));
    }
    const struct fx_bus_journal_ring_batch batch = fx_bus_journal_ring_measure(&ring, 1 << 20);
    assert_int_equal(batch.count, FX_BUS_JOURNAL_FRAME_RECORDS_MAX);
    fx_bus_journal_ring_deinit(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_journal_ring_that_is_full_refuses_and_changes_nothing),
        cmocka_unit_test(bus_journal_ring_measure_stops_before_the_limit),
        cmocka_unit_test(bus_journal_ring_random_traffic_equals_model),
        cmocka_unit_test(bus_journal_ring_measure_stops_at_the_count_a_frame_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

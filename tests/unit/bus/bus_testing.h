/**
 * @file bus_testing.h
 * What the tests of this room share: a small journal on a disk in memory, and records whose bytes
 * follow from their sequence number.
 */
#ifndef FX_UNIT_BUS_TESTING_H
#define FX_UNIT_BUS_TESTING_H

#include <stdint.h>
#include <string.h>

#include "base/rng.h"
#include "bus/bus_disk.h"
#include "bus/bus_journal.h"
#include "fx_test.h"

enum { TEST_RECORD_SIZE_MAX = 600, TEST_RECORDS_MAX = 4096 };

/* The bytes and the type of record `seq` in generation `generation` of the history. */
static inline fx_str test_record(uint64_t seq,
                                 uint32_t generation,
                                 char bytes[TEST_RECORD_SIZE_MAX])
{
    struct fx_rng rng;
    fx_rng_init(&rng, seq * 1000003 + generation);
    const size_t size = (size_t)fx_rng_between(&rng, 16, TEST_RECORD_SIZE_MAX);
    for (size_t index = 0; index < size; index++) {
        bytes[index] = (char)(uint8_t)fx_rng_next(&rng);
    }
    return (fx_str){bytes, size};
}

static inline uint16_t test_type(uint64_t seq)
{
    return (uint16_t)(seq % 7 + 1);
}

/* What the journal should hold: generation of each record, by sequence number. */
struct test_model {
    uint32_t generations[TEST_RECORDS_MAX];
    uint64_t appended;  /* last sequence number handed out */
    uint64_t acked;     /* last one that was durable */
    uint64_t synced;    /* last one that a power cut cannot take */
    uint64_t delivered; /* last one that a recovery gave back */
    uint32_t generation;
    uint32_t fatal_count;
    uint32_t durable_count;
};

static inline fx_status test_on_record(void *context, const struct fx_bus_journal_record *record)
{
    struct test_model *model = context;
    char bytes[TEST_RECORD_SIZE_MAX];
    assert_int_equal(record->seq, model->delivered + 1);
    assert_true(record->seq <= model->appended);
    const fx_str expected = test_record(record->seq, model->generations[record->seq], bytes);
    assert_int_equal(record->bytes.size, expected.size);
    assert_memory_equal(record->bytes.data, expected.data, expected.size);
    assert_int_equal(record->type, test_type(record->seq));
    model->delivered = record->seq;
    return FX_OK;
}

static inline void test_on_fatal(void *context, const char *what, int error)
{
    struct test_model *model = context;
    (void)what;
    (void)error;
    model->fatal_count++;
}

static inline void test_on_durable(void *context, uint64_t durable_seq)
{
    struct test_model *model = context;
    assert_true(durable_seq > model->acked);
    assert_int_equal(model->fatal_count, 0);
    model->acked = durable_seq;
    model->durable_count++;
}

static inline struct fx_bus_journal_options test_options(struct fx_bus_disk *disk,
                                                         struct test_model *model)
{
    return (struct fx_bus_journal_options){
        .system = fx_bus_disk_system(disk),
        .dir = "data",
        .segment_size_bytes = 16384,
        .first_segment_bytes = 16384,
        .frame_size_max = 8192,
        .frame_align = 512,
        .ring_size_bytes = 16384,
        .on_record = test_on_record,
        .recover_context = model,
        .on_fatal = test_on_fatal,
        .fatal_context = model,
        .on_durable = test_on_durable,
        .durable_context = model,
    };
}

/* Open and check what came back: everything acked, nothing after a gap, nothing twice. */
static inline fx_status test_open(const struct fx_bus_journal_options *options,
                                  struct test_model *model,
                                  struct fx_bus_journal **journal_out,
                                  struct fx_bus_journal_report *report_out)
{
    model->delivered = 0;
    model->fatal_count = 0;
    const fx_status status = fx_bus_journal_open(options, journal_out, report_out);
    if (status == FX_OK) {
        assert_true(model->delivered >= model->acked);
        assert_int_equal(report_out->next_seq, model->delivered + 1);
        assert_int_equal(fx_bus_journal_next_seq(*journal_out), model->delivered + 1);
        assert_int_equal(fx_bus_journal_durable_seq(*journal_out), model->delivered);
        model->appended = model->delivered;
        model->acked = model->delivered;
        model->generation++;
    }
    return status;
}

static inline fx_status test_append(struct fx_bus_journal *journal, struct test_model *model)
{
    char bytes[TEST_RECORD_SIZE_MAX];
    uint64_t seq = 0;
    const uint64_t next = model->appended + 1;
    assert_true(next < TEST_RECORDS_MAX);
    const fx_str record = test_record(next, model->generation, bytes);
    const fx_status status = fx_bus_journal_append(journal, test_type(next), record, &seq);
    if (status == FX_OK) {
        assert_int_equal(seq, next);
        model->generations[seq] = model->generation;
        model->appended = seq;
    }
    return status;
}

/* Append `count` records and make them durable, in frames of up to `per_frame`. */
static inline void test_fill(struct fx_bus_journal *journal,
                             struct test_model *model,
                             uint64_t count,
                             uint64_t per_frame)
{
    for (uint64_t index = 1; index <= count; index++) {
        assert_int_equal(test_append(journal, model), FX_OK);
        if (index % per_frame == 0 || index == count) {
            while (fx_bus_journal_step(journal, 1) > 0) {
            }
        }
    }
    assert_int_equal(model->acked, model->appended);
}

#endif

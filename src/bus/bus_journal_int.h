/**
 * @file bus_journal_int.h
 * The journal's structure and what its files share: for bus_journal*.c only.
 * Thread: each member as its section says.
 */
#ifndef FX_BUS_BUS_JOURNAL_INT_H
#define FX_BUS_BUS_JOURNAL_INT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/agent.h"
#include "base/metric.h"
#include "bus/bus_journal.h"
#include "bus/bus_journal_ring.h"

/* Whose turn it is to touch `making`: the helper's, or the writer's. */
enum fx_bus_journal_next_state { FX_BUS_JOURNAL_NEXT_WANTED = 1, FX_BUS_JOURNAL_NEXT_READY = 2 };

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): each thread has cache lines of its own
struct fx_bus_journal {
    struct fx_bus_journal_options options;
    struct fx_bus_file_system system;
    char dir[FX_BUS_FILE_PATH_SIZE_MAX];
    int lock_file;
    bool has_lock;
    struct fx_agent *writer; /* NULL until started */
    struct fx_agent *helper;
    struct fx_bus_journal_ring ring;

    /* Producer. */
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) uint64_t next_seq;
    size_t record_size_max;

    /* Shared. */
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) atomic_uint_fast64_t durable_seq;
    atomic_uint_fast64_t synced_seq;
    atomic_int space;
    atomic_bool has_failed;
    atomic_int next_state;
    atomic_uint_fast64_t frame_count;
    atomic_uint_fast64_t record_count;
    atomic_uint_fast64_t byte_count;
    atomic_uint_fast64_t sync_count;
    atomic_uint_fast64_t sync_us_max;
    struct fx_metric_histogram sync_times;
    atomic_uint_fast64_t roll_count;

    /* Writer. */
    alignas(FX_BUS_JOURNAL_RING_LINE_SIZE) struct fx_bus_journal_segment segment;
    int file;
    bool has_file;
    bool is_unsynced; /* frames were written since the last sync */
    uint64_t file_size;
    uint64_t offset;      /* where the next frame goes */
    uint64_t written_seq; /* last record handed to the system */
    uint64_t hash;        /* chain value before the next frame */
    int64_t now_us;       /* of the last step */
    int64_t synced_us;    /* when the last sync was, by step's clock */
    char *frame;          /* heap: frame_size_max bytes */

    /* Helper, or the writer while next_state is READY. */
    struct fx_bus_journal_segment_making making;
    int64_t space_checked_us; /* helper's */
    int64_t retry_us;         /* helper's: not before, after the disk was full */
};

/** Ask the file system what is left and set journal->space. Thread: the helper's, or before start.
 */
void fx_bus_journal_check_space(struct fx_bus_journal *journal, bool is_next_reserved);

/** Close what is open and free all. The threads have ended. */
void fx_bus_journal_release(struct fx_bus_journal *journal);

#endif

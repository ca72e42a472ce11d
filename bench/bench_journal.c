/* The journal on a real disk: records/s in each mode, replay, and the time from append to durable.
 *
 *     bench_journal [--json] [--dir DIR] [--records N]
 *
 * One producer appends records of 256 bytes as fast as the ring takes them; the journal's own
 * threads write. Latency is taken in a second run, paced at one record per 20 us. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/panic.h"
#include "bus/bus_journal.h"

enum {
    RECORD_SIZE = 256,
    RECORDS_DEFAULT = 1000000,
    PACED_RECORDS = 50000,
    P50_INDEX = PACED_RECORDS / 2,
    P99_INDEX = PACED_RECORDS / 100 * 99,
    PACE_NS = 20000,
    APPEND_ROUNDS = 50,
    APPEND_BATCH = 20000
};

struct figures {
    const char *name;
    double open_ms;   /* of an empty directory */
    double append_ns; /* into the ring, nothing written */
    double records_per_s;
    double mib_per_s; /* with headers and padding, zero-filling not counted */
    double records_per_frame;
    double p50_us;
    double p99_us;
    double max_us;
    double replay_per_s;
    uint64_t sync_us_max;
};

/* Times of the paced run; written by the producer and the writer at different indices. */
struct times {
    int64_t appended_ns[PACED_RECORDS + 1];
    int64_t durable_ns[PACED_RECORDS + 1];
    uint64_t done;
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what, fx_status status, const char *text)
{
    (void)fprintf(stderr, "bench_journal: %s: %s %s\n", what, fx_status_name(status), text);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the only exit, and nothing is registered for it
    exit(1);
}

static void remove_one(void *context, const char *name)
{
    char path[FX_BUS_FILE_PATH_SIZE_MAX];
    if (name[0] != '.' && fx_bus_file_join(context, name, path)) {
        (void)unlink(path);
    }
}

static void clear_dir(char *dir)
{
    const struct fx_bus_file_system system = fx_bus_file_posix();
    (void)system.ops->list(system.disk, dir, remove_one, dir);
}

static struct fx_bus_journal *open_journal(struct fx_bus_journal_options options)
{
    struct fx_bus_journal *journal = NULL;
    struct fx_bus_journal_report report;
    const fx_status status = fx_bus_journal_open(&options, &journal, &report);
    if (status != FX_OK) {
        die("open", status, report.text);
    }
    return journal;
}

static void start(struct fx_bus_journal *journal)
{
    const fx_status status = fx_bus_journal_start(journal);
    if (status != FX_OK) {
        die("start", status, "");
    }
}

static void append(struct fx_bus_journal *journal, fx_str record)
{
    uint64_t seq = 0;
    fx_status status = fx_bus_journal_append(journal, 1, record, &seq);
    while (status == FX_BUSY) {
        (void)sched_yield();
        status = fx_bus_journal_append(journal, 1, record, &seq);
    }
    if (status != FX_OK) {
        die("append", status, "");
    }
    fx_bus_journal_wake(journal);
}

/* Time of append alone: the ring is emptied outside of the measured part. */
static void run_append(struct fx_bus_journal_options options, struct figures *figures)
{
    char bytes[RECORD_SIZE] = "";
    int64_t spent_ns = 0;
    const int64_t open_ns = now_ns();
    struct fx_bus_journal *journal = open_journal(options);
    figures->open_ms = (double)(now_ns() - open_ns) / 1e6;
    for (int round = 0; round < APPEND_ROUNDS; round++) {
        const int64_t begin_ns = now_ns();
        for (int index = 0; index < APPEND_BATCH; index++) {
            append(journal, (fx_str){bytes, sizeof bytes});
        }
        spent_ns += now_ns() - begin_ns;
        while (fx_bus_journal_step(journal, 1) > 0) {
        }
    }
    fx_bus_journal_close(journal);
    figures->append_ns = (double)spent_ns / APPEND_ROUNDS / APPEND_BATCH;
}

static void run_flood(struct fx_bus_journal_options options,
                      uint64_t count,
                      struct figures *figures)
{
    char bytes[RECORD_SIZE] = "";
    struct fx_bus_journal_stats stats;
    struct fx_bus_journal *journal = open_journal(options);
    start(journal);
    const int64_t begin_ns = now_ns();
    for (uint64_t index = 0; index < count; index++) {
        memcpy(bytes, &index, sizeof index);
        append(journal, (fx_str){bytes, sizeof bytes});
    }
    while (fx_bus_journal_durable_seq(journal) < count) {
        (void)sched_yield();
    }
    const double seconds = (double)(now_ns() - begin_ns) / 1e9;
    fx_bus_journal_stats(journal, &stats);
    fx_bus_journal_close(journal);
    figures->records_per_s = (double)count / seconds;
    figures->mib_per_s = (double)stats.byte_count / seconds / (1 << 20);
    figures->records_per_frame = (double)stats.record_count / (double)stats.frame_count;
    figures->sync_us_max = stats.sync_us_max;
}

static fx_status count_record(void *context, const struct fx_bus_journal_record *record)
{
    uint64_t *count = context;
    *count += record->bytes.size == RECORD_SIZE ? 1 : 0;
    return FX_OK;
}

static void run_replay(const char *dir, uint64_t expected, struct figures *figures)
{
    uint64_t count = 0;
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_recover_options options = {
        .dir = dir, .on_record = count_record, .context = &count};
    const int64_t begin_ns = now_ns();
    const fx_status status = fx_bus_journal_replay(&options, &report);
    if (status != FX_OK || count != expected) {
        die("replay", status, report.text);
    }
    figures->replay_per_s = (double)count / ((double)(now_ns() - begin_ns) / 1e9);
}

static void on_durable(void *context, uint64_t durable_seq)
{
    struct times *times = context;
    const int64_t time_ns = now_ns();
    while (times->done < durable_seq && times->done < PACED_RECORDS) {
        times->done++;
        times->durable_ns[times->done] = time_ns;
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): the type that qsort asks for
static int compare_times(const void *left, const void *right)
{
    const int64_t left_ns = *(const int64_t *)left;
    const int64_t right_ns = *(const int64_t *)right;
    return (left_ns > right_ns) - (left_ns < right_ns);
}

static void run_paced(struct fx_bus_journal_options options, struct figures *figures)
{
    char bytes[RECORD_SIZE] = "";
    struct times *times = calloc(1, sizeof *times);
    if (times == NULL) {
        die("paced run", FX_NO_MEMORY, "");
    }
    options.on_durable = on_durable;
    options.durable_context = times;
    struct fx_bus_journal *journal = open_journal(options);
    start(journal);
    const int64_t begin_ns = now_ns();
    for (int64_t index = 1; index <= PACED_RECORDS; index++) {
        while (now_ns() < begin_ns + index * PACE_NS) {
            (void)sched_yield();
        }
        times->appended_ns[index] = now_ns();
        append(journal, (fx_str){bytes, sizeof bytes});
    }
    fx_bus_journal_close(journal); /* ends the writer, which is then seen to have written times */
    for (int64_t index = 1; index <= PACED_RECORDS; index++) {
        times->durable_ns[index] -= times->appended_ns[index];
    }
    qsort(times->durable_ns + 1, PACED_RECORDS, sizeof times->durable_ns[0], compare_times);
    figures->p50_us = (double)times->durable_ns[P50_INDEX] / 1e3;
    figures->p99_us = (double)times->durable_ns[P99_INDEX] / 1e3;
    figures->max_us = (double)times->durable_ns[PACED_RECORDS] / 1e3;
    free(times);
}

static void print_figures(const struct figures *figures, bool is_json, bool is_last)
{
    if (is_json) {
        (void)printf(
            "  {\"mode\": \"%s\", \"open_ms\": %.1f, \"append_ns\": %.1f, \"records_per_s\": %.0f, "
            "\"mib_per_s\": %.1f, \"records_per_frame\": %.1f, \"durable_p50_us\": %.1f, "
            "\"durable_p99_us\": %.1f, \"durable_max_us\": %.1f, "
            "\"replay_records_per_s\": %.0f, \"sync_us_max\": %" PRIu64 "}%s\n",
            figures->name,
            figures->open_ms,
            figures->append_ns,
            figures->records_per_s,
            figures->mib_per_s,
            figures->records_per_frame,
            figures->p50_us,
            figures->p99_us,
            figures->max_us,
            figures->replay_per_s,
            figures->sync_us_max,
            is_last ? "" : ",");
        return;
    }
    (void)printf("%-8s %8.1f %9.1f %12.0f %8.1f %10.1f %10.1f %10.1f %10.1f %12.0f %10" PRIu64 "\n",
                 figures->name,
                 figures->open_ms,
                 figures->append_ns,
                 figures->records_per_s,
                 figures->mib_per_s,
                 figures->records_per_frame,
                 figures->p50_us,
                 figures->p99_us,
                 figures->max_us,
                 figures->replay_per_s,
                 figures->sync_us_max);
}

static void run_modes(char *dir, uint64_t count, bool is_json)
{
    static const struct mode {
        const char *name;
        enum fx_bus_journal_mode mode;
    } MODES[] = {{"none", FX_BUS_JOURNAL_NONE},
                 {"relaxed", FX_BUS_JOURNAL_RELAXED},
                 {"strict", FX_BUS_JOURNAL_STRICT}};
    enum { MODE_COUNT = sizeof MODES / sizeof MODES[0] };
    (void)printf(is_json ? "{\"record_bytes\": %d, \"records\": %" PRIu64 ", \"modes\": [\n"
                         : "records of %d bytes, %" PRIu64 " per mode\n",
                 RECORD_SIZE,
                 count);
    if (!is_json) {
        (void)printf(
            "mode      open ms append ns    records/s    MiB/s  rec/frame     p50 us     p99 us     "
            "max us     replay/s sync us max\n");
    }
    for (int index = 0; index < MODE_COUNT; index++) {
        struct figures figures = {.name = MODES[index].name};
        const struct fx_bus_journal_options options = {.dir = dir, .mode = MODES[index].mode};
        run_append(options, &figures);
        clear_dir(dir);
        run_flood(options, count, &figures);
        run_replay(dir, count, &figures);
        clear_dir(dir);
        run_paced(options, &figures);
        clear_dir(dir);
        print_figures(&figures, is_json, index + 1 == MODE_COUNT);
        (void)fflush(stdout);
    }
    if (is_json) {
        (void)printf("]}\n");
    }
}

int main(int argc, char **argv)
{
    static const struct option OPTIONS[] = {{"json", no_argument, NULL, 'j'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"records", required_argument, NULL, 'n'},
                                            {NULL, 0, NULL, 0}};
    const char *base = P_tmpdir;
    uint64_t count = RECORDS_DEFAULT;
    bool is_json = false;
    for (;;) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
        const int option = getopt_long(argc, argv, "", OPTIONS, NULL);
        if (option == -1) {
            break;
        }
        if (option == 'j') {
            is_json = true;
        } else if (option == 'd') {
            base = optarg;
        } else if (option != 'n' || !fx_str_parse_u64(fx_str_of(optarg), &count) || count == 0) {
            (void)fprintf(stderr, "usage: bench_journal [--json] [--dir DIR] [--records N]\n");
            return 2;
        }
    }
    char dir[FX_BUS_FILE_PATH_SIZE_MAX];
    if (snprintf(dir, sizeof dir, "%s/bench-journal-XXXXXX", base) >= (int)sizeof dir ||
        mkdtemp(dir) == NULL) {
        (void)fprintf(stderr, "bench_journal: cannot make a directory below %s\n", base);
        return 1;
    }
    run_modes(dir, count, is_json);
    (void)rmdir(dir);
    return 0;
}

#include "app/app_sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/app_sim_child.h"
#include "app/app_sim_shrink.h"
#include "app/app_version.h"
#include "base/clock.h"

enum {
    SECONDS_DEFAULT = 60,
    FAILURES_MAX = 8, /* after so many there is enough to do */
    SHRINK_TRIES_MAX = 80,
    TRACE_LINES = 40,
    TRACE_BYTES = 8192,
    PAUSE_NS = 2000000
};

/* What the command line asks for. */
struct order {
    struct fx_sim_options options;
    uint64_t seeds; /* 0: as many as fit into the seconds */
    uint32_t children;
    int64_t seconds;
    bool is_json;
    bool is_every_write;
    bool is_first_enough;
    const char *regressions; /* NULL: none */
};

struct session {
    const struct order *order;
    struct fx_app_sim_child children[FX_APP_SIM_CHILDREN_MAX];
    struct fx_app_sim_child spare; /* for shrinking and single worlds */
    struct fx_app_sim_child_sums sums;
    uint64_t violations;
    int64_t begin_us;
    int64_t end_us; /* 0: none */
};

/* ---- printing ---------------------------------------------------------------------------------
 */

/* The words that make a world smaller. */
static void print_cut(const struct fx_sim_options *options)
{
    const struct fx_sim_cut *cut = &options->cut;
    (void)fprintf(stderr, "  future sim --seed %" PRIu64, options->seed);
    if (cut->clients_max != 0) {
        (void)fprintf(stderr, " --clients %" PRIu32, cut->clients_max);
    }
    if (cut->requests_max != 0) {
        (void)fprintf(stderr, " --requests %" PRIu32, cut->requests_max);
    }
    if (cut->fault_mask != 0) {
        (void)fprintf(stderr, " --without %" PRIu32, cut->fault_mask);
    }
    if (cut->is_network_kind) {
        (void)fprintf(stderr, " --kind-network");
    }
    if (cut->is_store_kind) {
        (void)fprintf(stderr, " --kind-store");
    }
    if (options->crash_at != 0) {
        (void)fprintf(stderr, " --crash-at %" PRIu64, options->crash_at);
    }
    (void)fprintf(stderr, " --trace\n");
}

static void print_tail(const struct fx_app_sim_child *child)
{
    char text[TRACE_BYTES];
    const off_t size = lseek(child->text, 0, SEEK_END);
    const off_t from = size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1 : 0;
    const ssize_t got = pread(child->text, text, sizeof text - 1, from);
    text[got > 0 ? got : 0] = '\0';
    const char *line = text + (got > 0 ? got : 0);
    for (int lines = 0; line > text && lines <= TRACE_LINES; line--) {
        lines += line[-1] == '\n' ? 1 : 0;
    }
    (void)fprintf(stderr, "%s", line == text ? text : line + 1);
}

static void report_failure(struct session *session, const struct fx_app_sim_child *child)
{
    struct fx_sim_options options = child->page->options;
    const struct fx_sim_result *result = &child->page->result;
    session->violations++;
    (void)fprintf(stderr,
                  "VIOLATION seed %" PRIu64 ", event %" PRIu64 ": %s\n",
                  options.seed,
                  result->events,
                  result->violation);
    if (session->order->is_first_enough) {
        return;
    }
    const uint32_t tries = fx_app_sim_shrink(&session->spare, &options, SHRINK_TRIES_MAX);
    result = &session->spare.page->result;
    (void)fprintf(stderr,
                  "shrunk in %" PRIu32 " runs to %" PRIu64 " requests, event %" PRIu64
                  ": %s\nrepeat it with (version %s):\n",
                  tries,
                  result->requests,
                  result->events,
                  result->violation,
                  fx_app_version());
    print_cut(&options);
    options.is_traced = true;
    (void)fx_app_sim_child_try(&session->spare, &options);
    print_tail(&session->spare);
}

static void print_missed(const struct fx_sim_marks *marks, bool is_json, uint32_t *count_out)
{
    char name[FX_SIM_MARK_NAME_SIZE];
    uint32_t cursor = 0;
    *count_out = 0;
    while (fx_sim_mark_next_missed(marks, &cursor, name)) {
        if (is_json) {
            (void)printf("%s\"%s\"", *count_out == 0 ? "" : ",", name);
        } else {
            (void)printf("%s%s", *count_out == 0 ? "" : " ", name);
        }
        (*count_out)++;
    }
}

static void print_json(const struct session *session, int64_t elapsed_us)
{
    const struct fx_app_sim_child_sums *sums = &session->sums;
    uint32_t missed = 0;
    (void)printf("{\"seeds\":%" PRIu64 ",\"events\":%" PRIu64 ",\"commands\":%" PRIu64
                 ",\"trades\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"crashes\":%" PRIu64
                 ",\"restarts\":%" PRIu64 ",\"disk_operations\":%" PRIu64 ",\"violations\":%" PRIu64
                 ",\"marks\":%" PRIu32 ",\"marks_missed\":[",
                 sums->seeds,
                 sums->events,
                 sums->commands,
                 sums->trades,
                 sums->requests,
                 sums->crashes,
                 sums->restarts,
                 sums->disk_operations,
                 session->violations,
                 fx_sim_mark_total());
    print_missed(&sums->marks, true, &missed);
    (void)printf("],\"seconds\":%" PRId64 ".%03" PRId64 ",\"version\":\"%s\"}\n",
                 elapsed_us / 1000000,
                 elapsed_us / 1000 % 1000,
                 fx_app_version());
}

static void print_text(const struct session *session, int64_t elapsed_us)
{
    const struct fx_app_sim_child_sums *sums = &session->sums;
    uint32_t missed = 0;
    (void)printf("seeds       %" PRIu64 " in %" PRId64 ".%" PRId64 " s\n"
                 "events      %" PRIu64 " (%" PRIu64 " commands, %" PRIu64 " trades)\n"
                 "crashes     %" PRIu64 ", all recovered; %" PRIu64 " starts, %" PRIu64
                 " operations of the disk\n"
                 "violations  %" PRIu64 "\nmarks       %" PRIu32 "; missed: ",
                 sums->seeds,
                 elapsed_us / 1000000,
                 elapsed_us / 100000 % 10,
                 sums->events,
                 sums->commands,
                 sums->trades,
                 sums->crashes,
                 sums->restarts,
                 sums->disk_operations,
                 session->violations,
                 fx_sim_mark_total());
    print_missed(&sums->marks, false, &missed);
    (void)printf("%s\n", missed == 0 ? "none" : "");
}

/* ---- many worlds ------------------------------------------------------------------------------
 */

static void collect(struct session *session)
{
    for (uint32_t index = 0; index <= session->order->children; index++) {
        struct fx_app_sim_child *child =
            index < session->order->children ? &session->children[index] : NULL;
        if (child == NULL || child->page == NULL) {
            continue;
        }
        const struct fx_app_sim_child_sums *sums = &child->page->sums;
        session->sums.seeds += sums->seeds;
        session->sums.events += sums->events;
        session->sums.commands += sums->commands;
        session->sums.crashes += sums->crashes;
        session->sums.restarts += sums->restarts;
        session->sums.requests += sums->requests;
        session->sums.trades += sums->trades;
        session->sums.disk_operations += sums->disk_operations;
        fx_sim_mark_add(&session->sums.marks, &sums->marks);
    }
}

/* How many worlds child `index` still has to run; `done` of them it has. */
static struct fx_app_sim_child_work work_of(const struct session *session, uint32_t index)
{
    const struct order *order = session->order;
    const uint64_t done = session->children[index].page->sums.seeds;
    struct fx_app_sim_child_work work = {
        .options = order->options, .stride = order->children, .end_us = session->end_us};
    work.options.seed += index + done * order->children;
    if (order->seeds != 0) {
        const uint64_t mine =
            order->seeds / order->children + (index < order->seeds % order->children ? 1 : 0);
        work.count = mine > done ? mine - done : 0;
    }
    return work;
}

static bool is_time_left(const struct session *session)
{
    return session->end_us == 0 || fx_clock_monotonic_us() < session->end_us;
}

/* Start what is to be run; a child that failed goes on behind the seed that it failed at. */
static void start_child(struct session *session, uint32_t index)
{
    const struct fx_app_sim_child_work work = work_of(session, index);
    if ((session->order->seeds == 0 || work.count > 0) && is_time_left(session) &&
        session->violations < (session->order->is_first_enough ? 1 : FAILURES_MAX)) {
        (void)fx_app_sim_child_start(&session->children[index], &work);
    }
}

/* One broken promise may be all that was asked for; the other children are killed then. */
static bool is_enough(const struct session *session)
{
    return session->order->is_first_enough && session->violations > 0;
}

/* @return true where the child still runs, or another one in its place. */
static bool tend_child(struct session *session, uint32_t index)
{
    struct fx_app_sim_child *child = &session->children[index];
    if (child->pid != 0 && fx_app_sim_child_poll(child)) {
        if (child->page->has_failed && !is_enough(session)) {
            report_failure(session, child);
        }
        start_child(session, index);
    }
    const bool is_running = child->pid != 0;
    if (is_enough(session)) {
        fx_app_sim_child_kill(child);
    }
    return is_running;
}

static bool run_many(struct session *session)
{
    const uint32_t count = session->order->children;
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (uint32_t index = 0; index < count; index++) {
        if (!fx_app_sim_child_init(&session->children[index])) {
            return false;
        }
        start_child(session, index);
    }
    bool is_running = true;
    while (is_running) {
        is_running = false;
        for (uint32_t index = 0; index < count; index++) {
            is_running = tend_child(session, index) || is_running;
        }
        (void)nanosleep(&pause, NULL);
    }
    collect(session);
    return true;
}

/* ---- one world --------------------------------------------------------------------------------
 */

static void add_spare(struct session *session)
{
    session->sums = session->spare.page->sums;
}

/* Run it in this process where it is to be traced: what it says comes out at once. */
static void run_one(struct session *session)
{
    struct fx_sim_options options = session->order->options;
    if (options.is_traced) {
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        struct fx_sim_result *result = &session->spare.page->result;
        const fx_status status = fx_sim_run(&options, result);
        session->violations += status != FX_OK || result->is_violated ? 1 : 0;
        return;
    }
    if (fx_app_sim_child_try(&session->spare, &options)) {
        add_spare(session);
        session->spare.page->options = options;
        report_failure(session, &session->spare);
        return;
    }
    add_spare(session);
}

/* Once to count the operations of the disk, then with the power failing at each of them. */
static void run_every_write(struct session *session)
{
    struct fx_sim_options options = session->order->options;
    const struct fx_app_sim_child *spare = &session->spare;
    options.crash_at = UINT64_MAX;
    bool has_failed = fx_app_sim_child_try(&session->spare, &options);
    const uint64_t operations = spare->page->result.disk_operations;
    for (uint64_t at = 1; at <= operations && !has_failed && is_time_left(session); at++) {
        options.crash_at = at;
        has_failed = fx_app_sim_child_try(&session->spare, &options);
    }
    add_spare(session);
    if (has_failed) {
        report_failure(session, &session->spare);
    }
}

/* A file of seeds, one a line; what follows a '#' is why it is there. */
static bool run_regressions(struct session *session)
{
    FILE *file = fopen(session->order->regressions, "re");
    char line[512];
    if (file == NULL) {
        (void)fprintf(stderr, "future: sim: %s cannot be read\n", session->order->regressions);
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t seed = 0;
        line[strcspn(line, " #\n")] = '\0';
        if (!fx_str_parse_u64(fx_str_of(line), &seed)) {
            continue;
        }
        struct fx_sim_options options = session->order->options;
        options.seed = seed;
        if (fx_app_sim_child_try(&session->spare, &options)) {
            report_failure(session, &session->spare);
        }
    }
    (void)fclose(file);
    add_spare(session);
    return true;
}

/* ---- the command ------------------------------------------------------------------------------
 */

static uint32_t children_of(const struct fx_config *config)
{
    const int64_t wanted = fx_config_int(config, "jobs");
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t count = wanted > 0 ? wanted : (online > 0 ? online : 1);
    return count < FX_APP_SIM_CHILDREN_MAX ? (uint32_t)count : FX_APP_SIM_CHILDREN_MAX;
}

static struct order read_order(const struct fx_config *config)
{
    struct order order = {.children = children_of(config),
                          .seconds = fx_config_int(config, "seconds"),
                          .seeds = (uint64_t)fx_config_int(config, "seeds"),
                          .is_json = fx_config_bool(config, "json"),
                          .is_every_write = fx_config_bool(config, "crash-at-every-write"),
                          .is_first_enough = fx_config_bool(config, "first")};
    struct fx_sim_options *options = &order.options;
    const uint64_t seed = (uint64_t)fx_config_int(config, "seed");
    options->seed = seed;
    options->until = (uint64_t)fx_config_int(config, "until");
    options->crash_at = (uint64_t)fx_config_int(config, "crash-at");
    options->is_traced = fx_config_bool(config, "trace");
    options->cut = (struct fx_sim_cut){.clients_max = (uint32_t)fx_config_int(config, "clients"),
                                       .requests_max = (uint32_t)fx_config_int(config, "requests"),
                                       .fault_mask = (uint32_t)fx_config_int(config, "without"),
                                       .is_network_kind = fx_config_bool(config, "kind-network"),
                                       .is_store_kind = fx_config_bool(config, "kind-store")};
    const fx_str regressions = fx_config_str(config, "regressions");
    order.regressions = regressions.size > 0 ? fx_config_text(config, "regressions") : NULL;
    if (seed == 0) {
        options->seed = 1;
        order.seconds = order.seconds == 0 && order.seeds == 0 ? SECONDS_DEFAULT : order.seconds;
    } else if (order.seconds == 0 && order.seeds == 0) {
        order.seeds = 1;
    }
    return order;
}

int fx_app_sim_run(const struct fx_app_options *options)
{
    const struct order order = read_order(options->config);
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL || !fx_app_sim_child_init(&session->spare)) {
        free(session);
        (void)fprintf(stderr, "future: out of memory\n");
        return FX_APP_EXIT_FAILURE;
    }
    bool is_run = true;
    session->order = &order;
    session->begin_us = fx_clock_monotonic_us();
    session->end_us = order.seconds == 0 ? 0 : session->begin_us + order.seconds * 1000000;
    if (order.regressions != NULL) {
        is_run = run_regressions(session);
    } else if (order.is_every_write) {
        run_every_write(session);
    } else if (order.seeds == 1) {
        run_one(session);
    } else {
        is_run = run_many(session);
    }
    const int64_t elapsed_us = fx_clock_monotonic_us() - session->begin_us;
    if (is_run && order.is_json) {
        print_json(session, elapsed_us);
    } else if (is_run) {
        print_text(session, elapsed_us);
    }
    const bool is_well = is_run && session->violations == 0;
    for (uint32_t index = 0; index < order.children; index++) {
        fx_app_sim_child_deinit(&session->children[index]);
    }
    fx_app_sim_child_deinit(&session->spare);
    free(session);
    return is_well ? FX_APP_EXIT_OK : FX_APP_EXIT_FAILURE;
}

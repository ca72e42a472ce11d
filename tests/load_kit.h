/**
 * @file load_kit.h
 * An exchange that traded, its tables in a file and a bus without a record: for tests of
 * matching-engine:load.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_LOAD_KIT_H
#define FX_TESTS_LOAD_KIT_H

#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "follow_kit.h"
#include "fx_test.h"
#include "store/store_migrate.h"
#include "store/store_sqlite.h"
#include "worker/worker_follow.h"
#include "worker/worker_load.h"
#include "worker/worker_save.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { COMMANDS = 900, SEED = 4711 };

struct fixture {
    char folder[64];
    char path[96];
    struct fx_store *store;
    struct fx_bus *bus;
    struct engine_kit kit; /* the exchange that was */
    struct follow_kit_stream stream;
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_worker_save save;
    struct fx_shard_map maps[2]; /* where there are shards */
    uint32_t shards;
    uint32_t shard;
    uint32_t trades; /* told by a follower while it recovers */
    uint64_t trade_id;
    uint64_t first_sequence;
    int64_t now_us;
};

static inline int64_t clock_of(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static inline const struct fx_shard_map *map_of(const struct fixture *fixture)
{
    return fixture->shards == 0 ? NULL : &fixture->maps[fixture->shard];
}

static inline void open_saver(struct fixture *fixture)
{
    const struct fx_worker_save_options options = {.store = fixture->store,
                                                   .shard = fixture->shard == 0 ? FX_STR("main")
                                                                                : FX_STR("1"),
                                                   .map = map_of(fixture),
                                                   .worker = FX_STR("saver"),
                                                   .kinds = FX_WORKER_SAVE_ALL};
    assert_int_equal(fx_worker_save_init(&fixture->save, &options), FX_OK);
}

/* An exchange that trades, and its rows. */
static inline void make_exchange(struct fixture *fixture)
{
    const struct fx_engine_limits limits = follow_kit_limits();
    engine_kit_init(&fixture->kit, &limits);
    fixture->kit.is_unchecked = true;
    follow_kit_init(&fixture->stream, SEED);
    open_saver(fixture);
    for (uint32_t count = 0; count < COMMANDS; count++) {
        struct fx_command command = follow_kit_next(&fixture->stream);
        (void)engine_kit_apply(&fixture->kit, &command);
        assert_int_equal(fx_worker_save_events(
                             &fixture->save, fixture->kit.events.items, fixture->kit.events.count),
                         FX_OK);
    }
    fx_worker_save_deinit(&fixture->save);
    assert_true(fixture->kit.engine->order_count > 3);
    assert_true(fixture->kit.engine->next_trade_id > 10);
}

static inline struct fx_bus *open_bus(void)
{
    static const char *const NAMES[] = {"matching_engine_preload", "matching_engine_input"};
    const struct fx_bus_local_options local = {.dir = NULL};
    struct fx_bus_topic topics[2];
    struct fx_bus *bus = NULL;
    for (size_t index = 0; index < 2; index++) {
        topics[index] = (struct fx_bus_topic){
            .name = fx_str_of(NAMES[index]), .partitions = 1, .retention_ms = -1};
    }
    assert_int_equal(fx_bus_local_open(&local, &bus), FX_OK);
    assert_int_equal(fx_bus_make(bus, topics, 2, 0), FX_OK);
    return bus;
}

/* Tables without a row, and a bus without a record. */
static inline void open_fixture(struct fixture *fixture)
{
    uint32_t applied = 0;
    memset(fixture, 0, sizeof *fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "%s", "/tmp/fx_load_XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/store.db", fixture->folder);
    assert_int_equal(fx_store_sqlite_open(fixture->path, FX_STORE_SQLITE_WRITER, &fixture->store),
                     FX_OK);
    assert_int_equal(fx_store_migrate(fixture->store, &applied), FX_OK);
    fixture->bus = open_bus();
    fixture->now_us = 1700000000000000;
    fixture->disk = fx_bus_disk_create(1);
    fixture->host = (struct fx_worker_host){
        .system = fx_bus_disk_system(fixture->disk), .clock = clock_of, .clock_context = fixture};
}

static inline int setup(void **state)
{
    static struct fixture fixture;
    open_fixture(&fixture);
    make_exchange(&fixture);
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    engine_kit_deinit(&fixture->kit);
    fx_bus_close(fixture->bus);
    fx_bus_disk_destroy(fixture->disk);
    fx_store_close(fixture->store);
    for (size_t index = 0; index < 3; index++) {
        char path[128];
        const int size = snprintf(path, sizeof path, "%s%s", fixture->path, SUFFIXES[index]);
        assert_true(size > 0 && size < (int)sizeof path);
        (void)unlink(path);
    }
    (void)rmdir(fixture->folder);
    return 0;
}

static inline fx_status load(struct fixture *fixture, struct fx_worker_load_report *report)
{
    struct fx_store *reader = NULL;
    assert_int_equal(fx_store_sqlite_open(fixture->path, FX_STORE_SQLITE_READER, &reader), FX_OK);
    const struct fx_worker_load_options options = {
        .store = reader,
        .bus = fixture->bus,
        .preload = {FX_STR("matching_engine_preload"), 0},
        .input = {FX_STR("matching_engine_input"), 0},
        .maps = fixture->shards == 0 ? NULL : fixture->maps,
        .shards = fixture->shards,
        .shard = fixture->shard,
        .node_salt = 77,
        .now_us = fixture->now_us};
    const fx_status status = fx_worker_load_run(&options, report);
    fx_store_close(reader);
    return status;
}

static inline void run_sql(const struct fixture *fixture, const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "PRAGMA synchronous=OFF", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static inline uint64_t log_end(struct fixture *fixture)
{
    struct fx_bus_span span = {0};
    const struct fx_bus_place place = {FX_STR("matching_engine_input"), 0};
    assert_int_equal(fx_bus_span(fixture->bus, place, 0, &span), FX_OK);
    return span.end;
}

/* Who follows the log from its beginning has the loader's state; to be abandoned. */
static inline struct fx_worker_follow *follow_loaded(struct fixture *fixture, uint64_t hash)
{
    struct fx_worker_follow_report followed;
    struct fx_worker_follow *one = NULL;
    const struct fx_worker_follow_options options = {.bus = fixture->bus,
                                                     .snapshot_dir = "/s",
                                                     .host = &fixture->host,
                                                     .node = FX_STR("n"),
                                                     .wait_ms = 1,
                                                     .saved_sequence = UINT64_MAX};
    assert_int_equal(fx_worker_follow_open(&options, &one, &followed), FX_OK);
    assert_true(followed.state_hash == hash);
    return one;
}

/* The copy of a database, changed, is refused; the log stays empty. */
static inline void expect_refused(const struct fixture *fixture,
                                  const char *sql,
                                  fx_status status,
                                  const char *words)
{
    struct fx_worker_load_report report;
    struct fixture other = *fixture;
    static const char *const SUFFIXES[] = {"", "-wal", "-shm"};
    (void)snprintf(other.path, sizeof other.path, "%s/copy.db", fixture->folder);
    assert_int_equal(fx_store_sqlite_copy(fixture->path, other.path), FX_OK);
    run_sql(&other, sql);
    const fx_status found = load(&other, &report);
    if (found != status || strstr(report.text, words) == NULL) {
        fail_msg("%s: %s, %s", sql, fx_status_name(found), report.text);
    }
    assert_int_equal(log_end(&other), 0);
    for (size_t index = 0; index < sizeof SUFFIXES / sizeof SUFFIXES[0]; index++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/copy.db%s", fixture->folder, SUFFIXES[index]);
        (void)unlink(path);
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

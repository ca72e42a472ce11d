/* What older versions wrote: their logs lead to the same state, their snapshots are read.
 * The files and their form: tests/golden/old/README.md. */
#include <stdio.h>

#include "engine_kit.h"
#include "fx_test.h"
#include "snapshot_liar.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { FILE_SIZE_MAX = 1 << 20 };

struct old_log {
    struct fx_engine_limits limits;
    struct fx_events events;
    char *data;
    size_t size;
    size_t at;
    uint64_t hash; /* of the final state; set when the end was read */
};

static char *read_file(const char *name, size_t *size_out)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/tests/golden/old/%s", FX_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = malloc(FILE_SIZE_MAX);
    assert_non_null(data);
    *size_out = fread(data, 1, FILE_SIZE_MAX, file);
    assert_int_equal(fclose(file), 0);
    return data;
}

static void take(struct old_log *log, void *target, size_t size)
{
    assert_true(size <= log->size - log->at);
    memcpy(target, log->data + log->at, size);
    log->at += size;
}

static void open_log(struct old_log *log, const char *name)
{
    memset(log, 0, sizeof *log);
    log->data = read_file(name, &log->size);
    take(log, &log->limits, sizeof log->limits);
    log->events.capacity = fx_engine_events_max(&log->limits);
    log->events.items = calloc(log->events.capacity, sizeof *log->events.items);
    assert_non_null(log->events.items);
}

static void close_log(struct old_log *log)
{
    free(log->events.items);
    free(log->data);
}

/* @return false behind the last command; then log->hash is set. */
static bool next(struct old_log *log, struct fx_command *command_out)
{
    uint32_t size = 0;
    take(log, &size, sizeof size);
    if (size == 0) {
        take(log, &log->hash, sizeof log->hash);
        return false;
    }
    assert_true(size <= log->size - log->at);
    const fx_str bytes = {log->data + log->at, size};
    assert_int_equal(fx_command_decode(bytes, command_out), FX_OK);
    log->at += size;
    return true;
}

/* Apply the commands that an engine has not seen. @return how many. */
static uint32_t replay(struct old_log *log, struct fx_engine *engine)
{
    static struct fx_command command;
    uint32_t count = 0;
    while (next(log, &command)) {
        if (command.sequence > fx_engine_sequence(engine)) {
            fx_engine_apply(engine, &command, &log->events);
            count++;
        }
    }
    return count;
}

static void replay_old(const char *name)
{
    struct old_log log;
    open_log(&log, name);
    struct fx_engine *engine = fx_engine_init(engine_kit_memory(&log.limits), &log.limits);
    assert_true(replay(&log, engine) > 400);
    assert_true(fx_engine_hash(engine) == log.hash);
    fx_engine_check(engine);
    free(engine);
    close_log(&log);
}

static void snapshot_old_logs_give_the_same_state(void **state)
{
    (void)state;
    replay_old("log-1.bin");
    replay_old("log-2.bin");
    replay_old("log-3.bin");
    replay_old("log-4.bin");
    replay_old("log-5.bin");
    replay_old("log-6.bin");
}

static void load_old(const char *snapshot, const char *name, uint32_t deadlines)
{
    struct old_log log;
    size_t size = 0;
    char *saved = read_file(snapshot, &size);
    open_log(&log, name);
    struct fx_engine *engine = NULL;
    assert_int_equal(
        fx_engine_load(engine_kit_memory(&log.limits), &log.limits, (fx_str){saved, size}, &engine),
        FX_OK);
    fx_engine_check(engine);
    assert_int_equal(engine->deadman_count, deadlines);
    const uint32_t tail = replay(&log, engine);
    assert_true(tail > 100 && tail < 400);
    assert_true(fx_engine_hash(engine) == log.hash);
    fx_engine_check(engine);
    free(engine);
    free(saved);
    close_log(&log);
}

static void snapshots_of_older_versions_are_read(void **state)
{
    (void)state;
    load_old("snapshot-1.bin", "log-1.bin", 0);
    load_old("snapshot-2.bin", "log-2.bin", 2);
    load_old("snapshot-3.bin", "log-3.bin", 0);
    load_old("snapshot-4.bin", "log-4.bin", 0);
    load_old("snapshot-5.bin", "log-5.bin", 0);
    load_old("snapshot-6.bin", "log-6.bin", 0);
    load_old("snapshot-7.bin", "log-5.bin", 0);
}

static void snapshot_of_an_unknown_version_is_a_mismatch(void **state)
{
    (void)state;
    size_t size = 0;
    char *saved = read_file("snapshot-1.bin", &size);
    const struct fx_engine_limits limits = engine_kit_limits();
    const uint32_t versions[] = {0, 10, 77};
    void *memory = engine_kit_memory(&limits);
    for (uint32_t index = 0; index < sizeof versions / sizeof versions[0]; index++) {
        struct fx_engine *engine = NULL;
        memcpy(saved + sizeof(uint64_t), &versions[index], sizeof versions[index]);
        assert_int_equal(fx_engine_load(memory, &limits, (fx_str){saved, size}, &engine),
                         FX_VERSION_MISMATCH);
        assert_null(engine);
    }
    free(memory);
    free(saved);
}

/* An older file that ends too early, with the right hash of what is there. */
static void snapshot_of_an_older_version_that_is_cut_is_corrupt(void **state)
{
    (void)state;
    size_t size = 0;
    char *saved = read_file("snapshot-5.bin", &size);
    struct old_log log;
    open_log(&log, "log-5.bin");
    void *memory = engine_kit_memory(&log.limits);
    const size_t memory_size = fx_engine_size(&log.limits);
    assert_true(size > 4096);
    for (size_t cut = size - 8; cut > 512; cut -= 512) {
        struct fx_engine *engine = NULL;
        const uint64_t said = cut;
        memcpy(saved + 16, &said, sizeof said);
        snapshot_liar_repair(saved, cut);
        memset(memory, 0, memory_size);
        assert_int_equal(fx_engine_load(memory, &log.limits, (fx_str){saved, cut}, &engine),
                         FX_CORRUPT);
    }
    free(memory);
    free(saved);
    close_log(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_old_logs_give_the_same_state),
        cmocka_unit_test(snapshots_of_older_versions_are_read),
        cmocka_unit_test(snapshot_of_an_unknown_version_is_a_mismatch),
        cmocka_unit_test(snapshot_of_an_older_version_that_is_cut_is_corrupt),
    };
    return cmocka_run_group_tests_name("snapshot_old", tests, NULL, NULL);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

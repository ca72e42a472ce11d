/* log:export of two shards, on librdkafka's mock of a broker: what is no command becomes a command
 * without an effect, and the embedded exchange comes to the same state. A real broker, and engines
 * beside it: tests/integration/30-cluster and 41-shards. */
#include "app/app_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "app/app_check.h"
#include "base/log.h"
#include "bus/bus_kafka.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "worker/worker_follow.h"

enum {
    SHARDS = 2,
    COMMANDS = 300,
    STRANGE = 7, /* records that are no commands, for each shard */
    FLAGS_MAX = 8,
    TEXT_SIZE = 4096,
    PATH_SIZE = 128
};

static const char *const ASSETS[SHARDS] = {"USDT", "BTC"};
static const char MAPS[] = "--shard-assets=USDT;BTC";

struct fixture {
    rd_kafka_t *host; /* what the mock lives in */
    rd_kafka_mock_cluster_t *mock;
    struct fx_bus *bus;
    char folder[64];
    uint64_t sequence[SHARDS]; /* of the log's last command, and the state behind it */
    uint64_t hash[SHARDS];
};

static void publish_text(struct fixture *fixture, uint32_t shard, const char *text)
{
    struct fx_bus_delivery delivery;
    const struct fx_bus_message message = {
        .topic = FX_STR("matching_engine_input"), .partition = shard, .value = fx_str_of(text)};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    assert_int_equal(fx_bus_flush(fixture->bus, 10000), FX_OK);
    assert_int_equal(fx_bus_poll(fixture->bus, 0, &delivery, 1), 1);
    assert_int_equal(delivery.status, FX_OK);
}

/* A command of the shard 0 as one of another. */
static void move(struct fx_command *command, uint32_t shard, struct fx_asset asset)
{
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS) {
        command->instrument += shard * (FX_INSTRUMENTS_MAX / SHARDS);
    }
    if (command->kind == FX_COMMAND_CREATE_ACCOUNT) {
        command->u.account.asset = asset;
    } else if (command->kind == FX_COMMAND_DEPOSIT) {
        command->u.transfer.asset = asset;
    } else if (command->kind == FX_COMMAND_UPDATE_INSTRUMENT) {
        command->u.instrument.settle = asset;
        command->u.instrument.quote = asset;
    }
}

/* Until everything that was submitted has come back. */
static void settle(struct fx_worker_follow *follow)
{
    struct fx_worker_follow_stats stats;
    do {
        (void)fx_worker_follow_step(follow, 1700000001000000);
        fx_worker_follow_stats(follow, &stats);
        (void)usleep(200);
    } while (stats.intake_count > 0 || stats.pending_count > 0);
}

/* A random market, with rubbish and claims to the lead in between. */
static void write_log(struct fixture *fixture, uint32_t shard)
{
    char dir[PATH_SIZE];
    struct fx_worker_follow *follow = NULL;
    struct fx_worker_follow_report report;
    struct follow_kit_stream stream;
    struct fx_shard_map map = {.shard = shard, .shards = SHARDS, .asset_count = 1};
    map.assets[0] = engine_kit_asset(ASSETS[shard]);
    struct fx_engine_limits limits = follow_kit_limits();
    limits.instruments_max = 4;
    (void)snprintf(dir, sizeof dir, "%s/follow-%u", fixture->folder, shard);
    const struct fx_worker_follow_options options = {.bus = fixture->bus,
                                                     .topic = FX_STR("matching_engine_input"),
                                                     .partition = shard,
                                                     .shard = &map,
                                                     .snapshot_dir = dir,
                                                     .limits = &limits,
                                                     .node = FX_STR("test"),
                                                     .node_salt = shard + 1,
                                                     .may_begin = true,
                                                     .saved_sequence = UINT64_MAX};
    assert_int_equal(fx_worker_follow_open(&options, &follow, &report), FX_OK);
    follow_kit_init(&stream, 100 + shard);
    struct fx_worker_follow_stats stats;
    for (uint32_t number = 0; number < COMMANDS; number++) {
        struct fx_command command = follow_kit_next(&stream);
        move(&command, shard, map.assets[0]);
        assert_true(fx_worker_follow_submit(follow, 0, &command));
        if (command.kind == FX_COMMAND_UPDATE_INSTRUMENT) { /* what names it comes behind it */
            settle(follow);
        }
        if (number % (COMMANDS / STRANGE) == COMMANDS / STRANGE / 2) {
            (void)fx_worker_follow_step(follow, 1700000000000000 + (int64_t)number);
            publish_text(fixture, shard, number % 2 == 0 ? "{\"code\":\"NO_SUCH\"}" : "rubbish");
        }
    }
    settle(follow);
    fx_worker_follow_stats(follow, &stats);
    assert_true(stats.poison_count >= STRANGE);
    fixture->sequence[shard] = fx_engine_sequence(fx_worker_follow_engine(follow));
    fixture->hash[shard] = fx_engine_hash(fx_worker_follow_engine(follow));
    fx_worker_follow_abandon(follow);
}

static int setup(void **state)
{
    static struct fixture fixture;
    char reason[256];
    memset(&fixture, 0, sizeof fixture);
    (void)snprintf(fixture.folder, sizeof fixture.folder, "/tmp/app_export_test.XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    fixture.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    assert_non_null(fixture.host);
    fixture.mock = rd_kafka_mock_cluster_new(fixture.host, 1);
    assert_non_null(fixture.mock);
    assert_int_equal(rd_kafka_mock_topic_create(fixture.mock, "matching_engine_input", SHARDS, 1),
                     0);
    const struct fx_bus_kafka_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(fixture.mock)};
    assert_int_equal(fx_bus_kafka_open(&options, reason, &fixture.bus), FX_OK);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    fx_bus_close(fixture->bus);
    rd_kafka_mock_cluster_destroy(fixture->mock);
    rd_kafka_destroy(fixture->host);
    char command[PATH_SIZE];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    assert_int_equal(system(command), 0);
    return 0;
}

/* A command of the binary, in this process. @return its exit code; what it printed in `said`. */
static int run(int (*command)(const struct fx_app_options *options),
               const char *const flags[],
               int stream,
               char said[TEXT_SIZE])
{
    char *argv[FLAGS_MAX] = {NULL};
    struct fx_app_options options;
    int argc = 0;
    for (; flags[argc] != NULL; argc++) {
        argv[argc] = strdup(flags[argc]);
    }
    const int file = memfd_create("said", 0);
    (void)fflush(stdout);
    const int before = dup(stream);
    assert_true(dup2(file, stream) >= 0);
    int code = fx_app_options_read(argc, argv, &options);
    if (code == FX_APP_EXIT_OK) {
        code = command(&options);
        fx_app_options_destroy(&options);
    }
    (void)fflush(stdout);
    assert_true(dup2(before, stream) >= 0);
    const ssize_t size = pread(file, said, TEXT_SIZE - 1, 0);
    assert_true(size >= 0);
    said[size] = '\0';
    (void)close(before);
    (void)close(file);
    for (int index = 0; index < argc; index++) {
        free(argv[index]);
    }
    return code;
}

static int export_shard(
    struct fixture *fixture, uint32_t shard, const char *name, int stream, char said[TEXT_SIZE])
{
    char brokers[PATH_SIZE], number[PATH_SIZE], data[PATH_SIZE];
    (void)snprintf(brokers,
                   sizeof brokers,
                   "--kafka-brokers=%s",
                   rd_kafka_mock_cluster_bootstraps(fixture->mock));
    (void)snprintf(number, sizeof number, "--kafka-shard=%u", shard);
    (void)snprintf(data, sizeof data, "--data=%s/%s", fixture->folder, name);
    const char *flags[] = {brokers, "--kafka-shards=2", number, MAPS, data, "--json", NULL};
    return run(fx_app_export_run, flags, stream, said);
}

static void expect_member(const char *text, const char *name, const char *value)
{
    char member[PATH_SIZE];
    (void)snprintf(member, sizeof member, "\"%s\":%s", name, value);
    if (strstr(text, member) == NULL) {
        fail_msg("%s is not in %s", member, text);
    }
}

static uint64_t member_of(const char *text, const char *name)
{
    char member[PATH_SIZE];
    (void)snprintf(member, sizeof member, "\"%s\":", name);
    const char *found = strstr(text, member);
    assert_non_null(found);
    return strtoull(found + strlen(member), NULL, 10);
}

static void export_of_each_shard_is_its_own_embedded_exchange(void **state)
{
    struct fixture *fixture = *state;
    char said[TEXT_SIZE], hash[32], data[PATH_SIZE], name[16];
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        write_log(fixture, shard);
    }
    assert_true(fixture->hash[0] != fixture->hash[1]);
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        (void)snprintf(name, sizeof name, "out-%u", shard);
        assert_int_equal(export_shard(fixture, shard, name, STDOUT_FILENO, said), FX_APP_EXIT_OK);
        (void)snprintf(hash, sizeof hash, "\"%016llx\"", (unsigned long long)fixture->hash[shard]);
        assert_int_equal(member_of(said, "sequence"), fixture->sequence[shard]);
        expect_member(said, "state_hash", hash);
        const uint64_t commands = member_of(said, "commands");
        assert_int_equal(commands, COMMANDS + 2); /* the beginning and the map */
        assert_int_equal(member_of(said, "fillers"), fixture->sequence[shard] - commands);
        assert_true(commands < fixture->sequence[shard]);
        (void)snprintf(data, sizeof data, "--data=%s/%s", fixture->folder, name);
        const char *flags[] = {data, "--json", NULL};
        assert_int_equal(run(fx_app_check_run, flags, STDOUT_FILENO, said), FX_APP_EXIT_OK);
        expect_member(said, "state_hash", hash);
    }
    /* Nothing is written over, and a shard that there is not has no log. */
    assert_int_not_equal(export_shard(fixture, 0, "out-0", STDERR_FILENO, said), FX_APP_EXIT_OK);
    assert_non_null(strstr(said, "not empty"));
    assert_int_equal(export_shard(fixture, SHARDS, "out-2", STDERR_FILENO, said),
                     FX_APP_EXIT_CONFIG);
}

/* Another map, or a log that nobody has begun: no journal that looks like one. */
static void export_of_a_wrong_log_says_why(void **state)
{
    struct fixture *fixture = *state;
    char said[TEXT_SIZE];
    assert_int_not_equal(export_shard(fixture, 0, "none", STDERR_FILENO, said), FX_APP_EXIT_OK);
    assert_non_null(strstr(said, "log:export"));
    write_log(fixture, 1);
    char brokers[PATH_SIZE], data[PATH_SIZE];
    (void)snprintf(brokers,
                   sizeof brokers,
                   "--kafka-brokers=%s",
                   rd_kafka_mock_cluster_bootstraps(fixture->mock));
    (void)snprintf(data, sizeof data, "--data=%s/wrong", fixture->folder);
    const char *flags[] = {
        brokers, "--kafka-shards=2", "--kafka-shard=1", "--shard-assets=USDT;EUR", data, NULL};
    assert_int_not_equal(run(fx_app_export_run, flags, STDERR_FILENO, said), FX_APP_EXIT_OK);
    assert_non_null(strstr(said, "FUTURE_SHARD_ASSETS"));
}

/* A disk that is full when the last commands are to be written: they are in memory until then. */
static void export_to_a_full_disk_is_refused(void **state)
{
    enum { FRAME = 16384, SEGMENT = FRAME + 4096, RING = 1 << 20 };
    struct fixture *fixture = *state;
    char data[PATH_SIZE];
    struct fx_app_export_report report;
    struct fx_bus_disk *disk = fx_bus_disk_create(1);
    struct fx_shard_map map = {.shard = 0, .shards = SHARDS, .asset_count = 1};
    map.assets[0] = engine_kit_asset(ASSETS[0]);
    write_log(fixture, 0);
    struct fx_app_export_log log = {.command = "log:export",
                                    .bus = fixture->bus,
                                    .input = {FX_STR("matching_engine_input"), 0},
                                    .map = &map,
                                    .journal = {.system = fx_bus_disk_system(disk),
                                                .segment_size_bytes = SEGMENT,
                                                .first_segment_bytes = SEGMENT,
                                                .frame_size_max = FRAME,
                                                .ring_size_bytes = RING}};
    const struct {
        uint64_t capacity;
        fx_status status;
    } ROWS[] = {{2 * SEGMENT + SEGMENT / 2, FX_NO_SPACE}, {0, FX_OK}};
    for (size_t row = 0; row < sizeof ROWS / sizeof ROWS[0]; row++) {
        fx_bus_disk_set_faults(disk,
                               (struct fx_bus_disk_faults){.capacity_bytes = ROWS[row].capacity});
        (void)snprintf(data, sizeof data, "%s/full-%zu", fixture->folder, row);
        assert_int_equal(fx_app_export_write(&log, data, &report), ROWS[row].status);
    }
    assert_true(report.state_hash == fixture->hash[0]);
    fx_bus_disk_destroy(disk);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            export_of_each_shard_is_its_own_embedded_exchange, setup, teardown),
        cmocka_unit_test_setup_teardown(export_of_a_wrong_log_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(export_to_a_full_disk_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "app/app_doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "app/app_file.h"
#include "app/app_limits.h"
#include "app/app_store.h"
#include "app/app_version.h"
#include "base/clock.h"
#include "base/json.h"
#include "bus/bus_journal.h"
#include "bus/bus_snapshot.h"
#include "engine/engine.h"
#include "store/store_migrate.h"
#include "worker/worker_limits.h"

enum {
    TEXT_SIZE = 2048,
    OUTPUT_SIZE_MAX = 65536,
    SYNC_ROUNDS = 16,
    SYNC_SIZE = 4096,
    SYNC_SLOW_US = 20000, /* an order waits for one sync */
    SEGMENTS_WARN = 8,
    SEGMENTS_FAIL = 2,
    BUILT_YEAR_UNIX_S = 1735689600, /* 2025: before it the clock is certainly wrong */
    US_PER_SECOND = 1000000
};

static const uint64_t SEGMENT_SIZE = UINT64_C(64) << 20;
static const uint64_t MIB = UINT64_C(1) << 20;

enum verdict { OK = 0, WARN = 1, FAIL = 2 };

struct doctor {
    const struct fx_config *config;
    const char *data;
    struct fx_buf output;
    bool is_json;
    uint32_t counts[3];
    bool has_data;
    char text[TEXT_SIZE];
};

/* One finding, whose text is in doctor->text; what is not OK ends with what to do about it. */
static void say(struct doctor *doctor, enum verdict verdict, const char *what)
{
    static const char *const WORDS[] = {"ok", "warn", "fail"};
    doctor->counts[verdict]++;
    if (!doctor->is_json) {
        (void)printf("%-5s %-10s %s\n", WORDS[verdict], what, doctor->text);
        return;
    }
    fx_json_append_comma(&doctor->output);
    fx_buf_append_byte(&doctor->output, '{');
    fx_json_add_str(&doctor->output, FX_STR("check"), fx_str_of(what));
    fx_json_add_str(&doctor->output, FX_STR("verdict"), fx_str_of(WORDS[verdict]));
    fx_json_add_str(&doctor->output, FX_STR("text"), fx_str_of(doctor->text));
    fx_buf_append_byte(&doctor->output, '}');
}

#define SAY(doctor, verdict, what, ...)                                                            \
    ((void)snprintf((doctor)->text, TEXT_SIZE, __VA_ARGS__), say(doctor, verdict, what))

/* ---- the machine ---- */

static void check_versions(struct doctor *doctor)
{
    struct utsname machine;
    if (uname(&machine) == 0) {
        SAY(doctor,
            OK,
            "version",
            "future " FX_APP_VERSION_TEXT ", compiler " __VERSION__ ", %s %s %s",
            machine.sysname,
            machine.release,
            machine.machine);
    }
}

static void check_clock(struct doctor *doctor)
{
    char text[FX_CLOCK_TEXT_SIZE + 1];
    const int64_t now_us = fx_clock_wall_us();
    fx_clock_format(now_us / 1000, text);
    if (now_us / US_PER_SECOND < BUILT_YEAR_UNIX_S) {
        SAY(doctor, FAIL, "clock", "%s cannot be: set the clock (timedatectl set-ntp true)", text);
    } else {
        SAY(doctor, OK, "clock", "%s", text);
    }
}

static void check_files(struct doctor *doctor)
{
    struct rlimit limit;
    const uint64_t wanted =
        (uint64_t)fx_config_int(doctor->config, "connections") + FX_APP_LIMITS_FILES_KEPT;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted) {
        SAY(doctor,
            WARN,
            "limits",
            "%" PRIu64 " descriptors for %" PRIu64
            " connections: raise LimitNOFILE (systemd) or ulimit -n, or lower --connections",
            (uint64_t)limit.rlim_max,
            (uint64_t)fx_config_int(doctor->config, "connections"));
    } else {
        SAY(doctor, OK, "limits", "descriptors for all connections");
    }
}

static void check_memory(struct doctor *doctor)
{
    struct sysinfo info;
    char journal[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_engine_limits limits = fx_engine_default_limits();
    if (fx_app_file_join(doctor->data, "journal", journal) && doctor->has_data &&
        fx_worker_limits_read(NULL, journal, &limits) != FX_OK) {
        limits =
            fx_engine_default_limits(); /* the journal's own check says what is wrong with it */
    }
    const uint64_t engine = fx_engine_size(&limits);
    if (sysinfo(&info) != 0) {
        return;
    }
    const uint64_t total = (uint64_t)info.totalram * info.mem_unit;
    if (total < 2 * engine) {
        SAY(doctor,
            WARN,
            "memory",
            "%" PRIu64 " MiB in this machine, the engine alone takes %" PRIu64
            " MiB: expect swapping",
            total / MIB,
            engine / MIB);
    } else {
        SAY(doctor,
            OK,
            "memory",
            "%" PRIu64 " MiB, of which the engine takes %" PRIu64,
            total / MIB,
            engine / MIB);
    }
}

/* ---- the folder ---- */

static void check_folder(struct doctor *doctor)
{
    struct stat about;
    if (stat(doctor->data, &about) != 0) {
        doctor->has_data = false;
        SAY(doctor,
            errno == ENOENT ? OK : FAIL,
            "folder",
            errno == ENOENT ? "%s does not exist yet: serve will make it"
                            : "%s cannot be looked at: check the rights of the folders above it",
            doctor->data);
        return;
    }
    doctor->has_data = true;
    if (!S_ISDIR(about.st_mode)) {
        SAY(doctor, FAIL, "folder", "%s is no folder: choose another --data", doctor->data);
    } else if (access(doctor->data, R_OK | W_OK | X_OK) != 0) {
        SAY(doctor,
            FAIL,
            "folder",
            "%s belongs to user %u and is closed to us: chown it, or run as its owner",
            doctor->data,
            (unsigned)about.st_uid);
    } else if ((about.st_mode & 077) != 0) {
        SAY(doctor,
            WARN,
            "folder",
            "others may look into %s: chmod 700 %s",
            doctor->data,
            doctor->data);
    } else {
        SAY(doctor, OK, "folder", "%s is ours alone", doctor->data);
    }
}

static void check_secret(void *self, const char *name)
{
    struct doctor *doctor = self;
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    struct stat about;
    const size_t size = strlen(name);
    const bool is_secret = (size > 4 && (strcmp(name + size - 4, ".pem") == 0 ||
                                         strcmp(name + size - 4, ".key") == 0)) ||
                           strstr(name, "credentials") != NULL;
    if (is_secret && fx_app_file_join(doctor->data, name, path) && stat(path, &about) == 0 &&
        (about.st_mode & 077) != 0) {
        SAY(doctor, FAIL, "secrets", "others can read %s: chmod 600 it, and make a new one", path);
    }
}

static void check_disk(struct doctor *doctor)
{
    struct statvfs disk;
    struct fx_bus_file_space space;
    const struct fx_bus_file_system system = fx_bus_file_posix();
    if (statvfs(doctor->data, &disk) != 0) {
        return;
    }
    const uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    const uint64_t segments = left / SEGMENT_SIZE;
    enum verdict verdict = segments <= SEGMENTS_FAIL ? FAIL : OK;
    verdict = verdict == OK && segments <= SEGMENTS_WARN ? WARN : verdict;
    SAY(doctor,
        verdict,
        "disk",
        "%" PRIu64 " MiB free: %" PRIu64 " segments of the journal%s",
        left / MIB,
        segments,
        verdict == OK ? "" : "; make room, at two segments nothing is opened any more");
    if (system.ops->space(system.disk, doctor->data, &space) == 0 && space.is_network) {
        SAY(doctor,
            FAIL,
            "disk",
            "a network file system: neither syncs nor locks can be relied on; use a local disk");
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): of qsort()
static int compare_times(const void *left, const void *right)
{
    const int64_t first = *(const int64_t *)left;
    const int64_t second = *(const int64_t *)right;
    return first < second ? -1 : first > second;
}

/* Write and sync as the journal does. @return false where it cannot. */
static bool time_syncs(const char *path, int64_t times_us[SYNC_ROUNDS])
{
    static const char PAGE[SYNC_SIZE];
    bool is_good = true;
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    for (int round = 0; round < SYNC_ROUNDS && is_good; round++) {
        const int64_t begin_us = fx_clock_monotonic_us();
        is_good = pwrite(file, PAGE, sizeof PAGE, (off_t)round * SYNC_SIZE) == SYNC_SIZE &&
                  fdatasync(file) == 0;
        times_us[round] = fx_clock_monotonic_us() - begin_us;
    }
    (void)close(file);
    (void)unlink(path);
    return is_good;
}

static void check_syncs(struct doctor *doctor)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    char name[64];
    int64_t times_us[SYNC_ROUNDS];
    (void)snprintf(name, sizeof name, "doctor-%ld.tmp", (long)getpid());
    if (!fx_app_file_join(doctor->data, name, path)) {
        return;
    }
    if (!time_syncs(path, times_us)) {
        SAY(doctor, FAIL, "sync", "a file cannot be written and synced in %s", doctor->data);
        return;
    }
    qsort(times_us, SYNC_ROUNDS, sizeof times_us[0], compare_times);
    const int64_t middle_us = times_us[SYNC_ROUNDS / 2];
    SAY(doctor,
        middle_us > SYNC_SLOW_US ? WARN : OK,
        "sync",
        "a sync takes %" PRId64 " us, at most %" PRId64 " us%s",
        middle_us,
        times_us[SYNC_ROUNDS - 1],
        middle_us > SYNC_SLOW_US ? ": each order waits for one; use a disk with a protected cache"
                                 : "");
}

/* ---- the data ---- */

static void check_database(struct doctor *doctor)
{
    struct fx_app_store database;
    struct fx_store *store = NULL;
    fx_status status = fx_app_store_init(&database, doctor->config);
    if (status == FX_OK) {
        status = fx_app_store_open(&database, FX_APP_STORE_READER, &store);
    }
    if (status == FX_OK) {
        status = fx_store_migrate_check(store);
    }
    fx_store_close(store);
    if (status == FX_OK) {
        SAY(doctor, OK, "database", "%s has this version's tables", database.place);
    } else if (database.is_maria && status != FX_VERSION_MISMATCH) {
        SAY(doctor,
            FAIL,
            "database",
            "%s: %s: %s; look at DB_HOST and what belongs to it",
            database.place,
            fx_status_name(status),
            database.error);
    } else if (status == FX_NOT_FOUND) {
        SAY(doctor, OK, "database", "none yet");
    } else if (status == FX_VERSION_MISMATCH) {
        SAY(doctor,
            WARN,
            "database",
            "has another version's tables: future migrate brings them up");
    } else {
        SAY(doctor,
            FAIL,
            "database",
            "cannot be read (%s): restore it from a backup",
            fx_status_name(status));
    }
}

/* A running server writes meanwhile: then what looks like damage at the end may be half a write. */
static bool is_serving(const char *journal_dir)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    const struct fx_bus_file_system system = fx_bus_file_posix();
    uint32_t pid = 0;
    int file = 0;
    if (!fx_app_file_join(journal_dir, FX_BUS_JOURNAL_LOCK_NAME, path) || access(path, F_OK) != 0 ||
        system.ops->open(system.disk, path, FX_BUS_FILE_WRITE, &file) != 0) {
        return false;
    }
    const bool is_held = system.ops->lock(system.disk, file, &pid) != 0;
    system.ops->close(system.disk, file);
    return is_held;
}

static void check_journal(struct doctor *doctor)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_bus_journal_report report;
    const struct fx_bus_file_system system = fx_bus_file_posix();
    if (!fx_app_file_join(doctor->data, "journal", dir) || access(dir, F_OK) != 0) {
        SAY(doctor, OK, "journal", "none yet");
        return;
    }
    if (is_serving(dir)) {
        SAY(doctor, OK, "journal", "a server is writing it: future health says how it is");
        return;
    }
    const struct fx_bus_journal_recover_options options = {.system = system, .dir = dir};
    const fx_status status = fx_bus_journal_replay(&options, &report);
    if (status != FX_OK) {
        SAY(doctor,
            FAIL,
            "journal",
            "%s: %s; do not start from it, restore a backup",
            fx_status_name(status),
            report.text);
    } else if (report.tail_bytes > 0) {
        SAY(doctor,
            OK,
            "journal",
            "%" PRIu64 " commands; an unfinished frame at its end will be cut off",
            report.next_seq - 1);
    } else {
        SAY(doctor, OK, "journal", "%" PRIu64 " commands, intact", report.next_seq - 1);
    }
}

static void check_snapshot(struct doctor *doctor)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_bus_snapshot snapshot = {0};
    const struct fx_bus_file_system system = fx_bus_file_posix();
    if (!fx_app_file_join(doctor->data, "snapshots", dir) || access(dir, F_OK) != 0) {
        return;
    }
    const fx_status status = fx_bus_snapshot_load_newest(&system, dir, &snapshot);
    const int64_t age_s =
        fx_clock_wall_us() / US_PER_SECOND - (int64_t)(snapshot.info.wall_ns / 1000000000);
    if (status == FX_NOT_FOUND) {
        SAY(doctor, OK, "snapshot", "none yet: a start replays the whole journal");
    } else if (status != FX_OK) {
        SAY(doctor,
            WARN,
            "snapshot",
            "none is intact (%s): a start replays the whole journal",
            fx_status_name(status));
    } else if (age_s < -60) {
        SAY(doctor, FAIL, "snapshot", "was made in the future: the clock went back; set it");
    } else {
        SAY(doctor,
            snapshot.skipped_count > 0 ? WARN : OK,
            "snapshot",
            "at command %" PRIu64 ", %" PRId64 " s old%s",
            snapshot.info.seq,
            age_s,
            snapshot.skipped_count > 0 ? "; newer ones are damaged: look at the disk" : "");
    }
    fx_bus_snapshot_release(&snapshot);
}

int fx_app_doctor_run(const struct fx_app_options *options)
{
    struct doctor doctor = {.config = options->config,
                            .data = fx_config_text(options->config, "data"),
                            .is_json = fx_config_bool(options->config, "json")};
    fx_buf_init(&doctor.output, OUTPUT_SIZE_MAX);
    check_versions(&doctor);
    check_clock(&doctor);
    check_files(&doctor);
    check_folder(&doctor);
    check_memory(&doctor);
    if (doctor.has_data) {
        if (fx_app_file_each_below(doctor.data, check_secret, &doctor) != FX_OK) {
            SAY(&doctor, FAIL, "folder", "%s cannot be listed", doctor.data);
        }
        check_disk(&doctor);
        check_syncs(&doctor);
        check_database(&doctor);
        check_journal(&doctor);
        check_snapshot(&doctor);
    }
    if (doctor.is_json) {
        (void)printf("{\"ok\":%s,\"warnings\":%u,\"failures\":%u,\"checks\":[%.*s]}\n",
                     doctor.counts[FAIL] == 0 ? "true" : "false",
                     doctor.counts[WARN],
                     doctor.counts[FAIL],
                     (int)doctor.output.size,
                     doctor.output.data == NULL ? "" : doctor.output.data);
    } else {
        (void)printf("%u well, %u to look at, %u to be done\n",
                     doctor.counts[OK],
                     doctor.counts[WARN],
                     doctor.counts[FAIL]);
    }
    fx_buf_deinit(&doctor.output);
    return doctor.counts[FAIL] == 0 ? FX_APP_EXIT_OK : FX_APP_EXIT_FAILURE;
}

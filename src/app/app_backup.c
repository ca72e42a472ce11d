#include "app/app_backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_file.h"
#include "app/app_store.h"
#include "app/app_version.h"
#include "base/clock.h"
#include "base/json.h"
#include "bus/bus_journal.h"
#include "bus/bus_journal_copy.h"
#include "bus/bus_snapshot.h"

enum { MANIFEST_SIZE_MAX = 16 * 1024 * 1024, MANIFEST_FORMAT = 1 };

/* A backup in the making. */
struct backup {
    const char *data;
    const char *target;
    struct fx_app_store database;
    struct fx_buf manifest;
    uint32_t file_count;
    uint32_t snapshot_count;
    uint64_t next_seq; /* of the first command that is not in it */
    fx_status status;
    const char *what; /* was being done when it failed */
};

static bool has_suffix(const char *name, const char *suffix)
{
    const size_t size = strlen(name);
    const size_t suffix_size = strlen(suffix);
    return size >= suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

static void fail(struct backup *backup, fx_status status, const char *what)
{
    if (backup->status == FX_OK && status != FX_OK) {
        backup->status = status;
        backup->what = what;
    }
}

static bool join(struct backup *backup, const char *dir, const char *name, char *path)
{
    if (!fx_app_file_join(dir, name, path)) {
        fail(backup, FX_BAD_PARAMETER, "a path that is too long");
        return false;
    }
    return true;
}

/* ---- the parts ---- */

static void copy_database(struct backup *backup)
{
    if (backup->database.is_maria) {
        return; /* its own tools copy it: see write_about() */
    }
    char source[FX_APP_FILE_PATH_SIZE_MAX];
    char target[FX_APP_FILE_PATH_SIZE_MAX];
    if (join(backup, backup->data, "future.db", source) &&
        join(backup, backup->target, "future.db", target)) {
        fail(backup, fx_store_sqlite_copy(source, target), "copying the database");
    }
}

/* Keys, certificates, credentials: every small file but what has a way of its own, or is not worth
 * keeping. */
static void copy_other(void *self, const char *name)
{
    struct backup *backup = self;
    char source[FX_APP_FILE_PATH_SIZE_MAX];
    char target[FX_APP_FILE_PATH_SIZE_MAX];
    if (strcmp(name, FX_APP_BACKUP_MANIFEST) == 0 || strcmp(name, "backup.json") == 0 ||
        strncmp(name, "future.db", strlen("future.db")) == 0 || has_suffix(name, ".tmp") ||
        has_suffix(name, ".log") || strncmp(name, "journal/", strlen("journal/")) == 0 ||
        strncmp(name, "snapshots/", strlen("snapshots/")) == 0) {
        return;
    }
    if (join(backup, backup->data, name, source) && join(backup, backup->target, name, target)) {
        fx_status status = fx_app_file_make_parent(target);
        if (status == FX_OK) {
            status = fx_app_file_copy(source, target);
        }
        fail(backup, status == FX_NOT_FOUND ? FX_OK : status, "copying a file");
    }
}

/* Snapshots come and go while we look: one that vanished is not missed, one that is not intact is
 * not kept. The journal has all that they have. */
static void copy_snapshot(void *self, const char *name)
{
    struct backup *backup = self;
    char source[FX_APP_FILE_PATH_SIZE_MAX];
    char target[FX_APP_FILE_PATH_SIZE_MAX];
    if (has_suffix(name, ".tmp") || !join(backup, backup->data, name, source) ||
        !join(backup, backup->target, name, target)) {
        return;
    }
    const fx_status status = fx_app_file_copy(source, target);
    if (status == FX_OK) {
        backup->snapshot_count++;
    } else if (status != FX_NOT_FOUND) {
        fail(backup, status, "copying a snapshot");
    }
}

static void drop_broken_snapshots(struct backup *backup, const char *dir)
{
    const struct fx_bus_file_system system = fx_bus_file_posix();
    uint64_t seqs[FX_BUS_SNAPSHOT_LIST_MAX];
    size_t count = 0;
    if (fx_bus_snapshot_list(&system, dir, seqs, FX_BUS_SNAPSHOT_LIST_MAX, &count) != FX_OK) {
        fail(backup, FX_IO, "looking at the copied snapshots");
        return;
    }
    for (size_t index = 0; index < count; index++) {
        struct fx_bus_snapshot_info info;
        char name[64];
        char path[FX_APP_FILE_PATH_SIZE_MAX];
        if (fx_bus_snapshot_verify(&system, dir, seqs[index], &info) == FX_OK) {
            continue;
        }
        (void)snprintf(name, sizeof name, "snap-%020llu.bin", (unsigned long long)seqs[index]);
        if (join(backup, dir, name, path)) {
            (void)fprintf(stderr, "future: backup: %s is damaged and left out\n", name);
            (void)unlink(path);
            backup->snapshot_count--;
        }
    }
}

static void copy_snapshots(struct backup *backup)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    if (!join(backup, backup->target, "snapshots", dir)) {
        return;
    }
    fail(backup, fx_app_file_make_dir(dir), "making a folder");
    fail(backup,
         fx_app_file_each(backup->data, "snapshots", copy_snapshot, backup),
         "listing the snapshots");
    if (backup->status == FX_OK) {
        drop_broken_snapshots(backup, dir);
    }
}

static void copy_journal(struct backup *backup)
{
    char source[FX_APP_FILE_PATH_SIZE_MAX];
    char target[FX_APP_FILE_PATH_SIZE_MAX];
    const struct fx_bus_file_system system = fx_bus_file_posix();
    if (!join(backup, backup->data, "journal", source) ||
        !join(backup, backup->target, "journal", target)) {
        return;
    }
    fail(backup, fx_app_file_make_dir(target), "making a folder");
    if (backup->status == FX_OK) {
        fail(backup,
             fx_bus_journal_copy(&system, source, target, &backup->next_seq),
             "copying the journal");
    }
    /* Read what was written, as a start would. */
    struct fx_bus_journal_report report;
    const struct fx_bus_journal_recover_options options = {.system = system, .dir = target};
    if (backup->status == FX_OK) {
        fail(backup, fx_bus_journal_replay(&options, &report), "reading the copied journal");
        if (backup->status == FX_OK && report.next_seq != backup->next_seq) {
            fail(backup, FX_CORRUPT, "reading the copied journal");
        }
    }
}

/* ---- the list ---- */

static void list_file(void *self, const char *name)
{
    struct backup *backup = self;
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    char hash[FX_APP_FILE_HASH_SIZE];
    if (strcmp(name, FX_APP_BACKUP_MANIFEST) == 0 || !join(backup, backup->target, name, path)) {
        return;
    }
    fail(backup, fx_app_file_hash(path, hash), "reading a copy");
    fx_buf_append(&backup->manifest, fx_str_of(hash));
    fx_buf_append(&backup->manifest, FX_STR("  "));
    fx_buf_append(&backup->manifest, fx_str_of(name));
    fx_buf_append_byte(&backup->manifest, '\n');
    backup->file_count++;
}

static void write_about(struct backup *backup)
{
    char time[FX_CLOCK_TEXT_SIZE + 1];
    struct fx_buf text;
    fx_buf_init(&text, MANIFEST_SIZE_MAX);
    fx_clock_format(fx_clock_wall_us() / 1000, time);
    fx_buf_append_byte(&text, '{');
    fx_json_add_int(&text, FX_STR("format"), MANIFEST_FORMAT);
    fx_json_add_str(&text, FX_STR("version"), FX_STR(FX_APP_VERSION_TEXT));
    fx_json_add_str(&text, FX_STR("createdAt"), fx_str_of(time));
    fx_json_add_id(&text, FX_STR("sequence"), backup->next_seq - 1);
    /* Where the users and tables are: in future.db beside this file, or not in this backup. */
    fx_json_add_str(&text,
                    FX_STR("database"),
                    backup->database.is_maria ? fx_str_of(backup->database.place)
                                              : FX_STR("future.db"));
    fx_buf_append(&text, FX_STR("}\n"));
    fail(backup,
         fx_app_file_write_secret(backup->target, "backup.json", fx_buf_str(&text)),
         "writing backup.json");
    fx_buf_deinit(&text);
}

static void write_manifest(struct backup *backup)
{
    fx_buf_init(&backup->manifest, MANIFEST_SIZE_MAX);
    fail(backup, fx_app_file_each_below(backup->target, list_file, backup), "listing the copies");
    /* How many lines there are, so that a list that was cut off is known by it. */
    fx_buf_append(&backup->manifest, FX_STR("# files "));
    fx_buf_append_u64(&backup->manifest, backup->file_count);
    fx_buf_append_byte(&backup->manifest, '\n');
    fail(backup, backup->manifest.is_overflow ? FX_NO_MEMORY : FX_OK, "listing the copies");
    if (backup->status == FX_OK) {
        fail(backup,
             fx_app_file_write_secret(
                 backup->target, FX_APP_BACKUP_MANIFEST, fx_buf_str(&backup->manifest)),
             "writing MANIFEST");
    }
    fx_buf_deinit(&backup->manifest);
}

static void make(struct backup *backup)
{
    void (*const steps[])(struct backup * backup) = {
        copy_database, copy_snapshots, copy_journal, write_about, write_manifest};
    fail(backup, fx_app_file_each_below(backup->data, copy_other, backup), "listing the data");
    for (size_t index = 0; index < sizeof steps / sizeof steps[0] && backup->status == FX_OK;
         index++) {
        steps[index](backup);
    }
}

int fx_app_backup_run(const struct fx_app_options *options)
{
    if (options->positional_count != 1) {
        (void)fprintf(stderr, "usage: future backup DIR [--data DATA]\n");
        return FX_APP_EXIT_USAGE;
    }
    struct backup backup = {.data = fx_config_text(options->config, "data"),
                            .target = options->positionals[0],
                            .status = FX_OK};
    if (fx_app_store_init(&backup.database, options->config) != FX_OK) {
        return fx_app_options_exit(FX_USAGE);
    }
    (void)umask(077); /* it holds secrets, whoever makes its files */
    fx_status status = fx_app_file_make_dir(backup.target);
    if (status == FX_OK) {
        status = fx_app_file_is_empty(backup.target) ? FX_OK : FX_EXISTS;
    }
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: backup: %s: %s\n",
                      backup.target,
                      status == FX_EXISTS ? "the folder is not empty" : fx_status_text(status));
        return FX_APP_EXIT_FAILURE;
    }
    make(&backup);
    if (backup.status != FX_OK) {
        (void)fprintf(stderr,
                      "future: backup: %s: %s; %s is no backup\n",
                      backup.what,
                      fx_status_text(backup.status),
                      backup.target);
        return fx_app_options_exit(backup.status);
    }
    if (fx_config_bool(options->config, "json")) {
        (void)printf("{\"sequence\":%llu,\"files\":%u,\"snapshots\":%u}\n",
                     (unsigned long long)(backup.next_seq - 1),
                     backup.file_count,
                     backup.snapshot_count);
    } else {
        (void)printf("%s: %u files, %u snapshots, commands up to %llu\n",
                     backup.target,
                     backup.file_count,
                     backup.snapshot_count,
                     (unsigned long long)(backup.next_seq - 1));
        if (backup.database.is_maria) {
            (void)printf("the database is NOT in it: copy %s by mariadb-dump --single-transaction, "
                         "before this\n",
                         backup.database.place);
        }
    }
    return FX_APP_EXIT_OK;
}

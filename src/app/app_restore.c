#include "app/app_restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_backup.h"
#include "app/app_file.h"
#include "bus/bus_journal.h"

enum { LINE_SIZE_MAX = FX_APP_FILE_PATH_SIZE_MAX + 80, HASH_DIGITS = 64 };

/* One line of MANIFEST. */
struct entry {
    char hash[FX_APP_FILE_HASH_SIZE];
    char name[FX_APP_FILE_PATH_SIZE_MAX];
};

typedef fx_status (*entry_fn)(const char *source_dir,
                              const char *target,
                              const struct entry *entry);

/* A list from elsewhere must not write anywhere else. */
static bool is_safe(const char *name)
{
    static const char ALLOWED[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/";
    return name[0] != '\0' && name[0] != '/' && strspn(name, ALLOWED) == strlen(name) &&
           strstr(name, "..") == NULL && strstr(name, "//") == NULL;
}

static bool parse(char *line, struct entry *entry)
{
    line[strcspn(line, "\n")] = '\0';
    if (strspn(line, "0123456789abcdef") != HASH_DIGITS ||
        strncmp(line + HASH_DIGITS, "  ", 2) != 0 || !is_safe(line + HASH_DIGITS + 2)) {
        return false;
    }
    memcpy(entry->hash, line, HASH_DIGITS);
    entry->hash[HASH_DIGITS] = '\0';
    return fx_str_copy(fx_str_of(line + HASH_DIGITS + 2), entry->name, sizeof entry->name);
}

static bool is_end(const char *line, uint32_t count)
{
    char wanted[32];
    (void)snprintf(wanted, sizeof wanted, "# files %u\n", count);
    return strcmp(line, wanted) == 0;
}

/* Call `handle` for every file of the list. @return the first failure; CORRUPT for the list's. */
static fx_status each(const char *source, const char *target, entry_fn handle)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    char line[LINE_SIZE_MAX];
    uint32_t count = 0;
    bool is_whole = false;
    if (!fx_app_file_join(source, FX_APP_BACKUP_MANIFEST, path)) {
        return FX_BAD_PARAMETER;
    }
    FILE *list = fopen(path, "re");
    if (list == NULL) {
        (void)fprintf(stderr, "future: restore: %s: there is no MANIFEST\n", source);
        return errno == ENOENT ? FX_BAD_FILE : FX_IO;
    }
    fx_status status = FX_OK;
    while (status == FX_OK && !is_whole && fgets(line, sizeof line, list) != NULL) {
        struct entry entry;
        if (is_end(line, count)) {
            is_whole = true;
        } else if (!parse(line, &entry)) {
            status = FX_CORRUPT;
        } else {
            count++;
            status = handle(source, target, &entry);
        }
    }
    if (status == FX_CORRUPT || (status == FX_OK && !is_whole)) {
        (void)fprintf(stderr, "future: restore: MANIFEST is damaged in line %u\n", count + 1);
        status = FX_CORRUPT;
    }
    (void)fclose(list);
    return status;
}

static fx_status check(const char *dir, const struct entry *entry)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    char hash[FX_APP_FILE_HASH_SIZE];
    if (!fx_app_file_join(dir, entry->name, path)) {
        return FX_BAD_PARAMETER;
    }
    const fx_status status = fx_app_file_hash(path, hash);
    if (status != FX_OK || strcmp(hash, entry->hash) != 0) {
        (void)fprintf(stderr,
                      "future: restore: %s: %s\n",
                      path,
                      status == FX_OK ? "the content is not what MANIFEST says"
                                      : fx_status_text(status));
        return FX_BAD_FILE;
    }
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an entry_fn
static fx_status check_source(const char *source, const char *target, const struct entry *entry)
{
    (void)target;
    return check(source, entry);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an entry_fn
static fx_status copy(const char *source, const char *target, const struct entry *entry)
{
    char from[FX_APP_FILE_PATH_SIZE_MAX];
    char into[FX_APP_FILE_PATH_SIZE_MAX];
    if (!fx_app_file_join(source, entry->name, from) ||
        !fx_app_file_join(target, entry->name, into)) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = fx_app_file_make_parent(into);
    if (status == FX_OK) {
        status = fx_app_file_copy(from, into);
    }
    return status == FX_OK ? check(target, entry) : status;
}

/* The journal once more, as a start will read it. */
static fx_status read_journal(const char *target, uint64_t *sequence_out)
{
    char dir[FX_APP_FILE_PATH_SIZE_MAX];
    struct fx_bus_journal_report report;
    if (!fx_app_file_join(target, "journal", dir)) {
        return FX_BAD_PARAMETER;
    }
    const struct fx_bus_journal_recover_options options = {.system = fx_bus_file_posix(),
                                                           .dir = dir};
    const fx_status status = fx_bus_journal_replay(&options, &report);
    *sequence_out = status == FX_OK ? report.next_seq - 1 : 0;
    return status;
}

/* Into a folder beside the wanted one, which then takes its name: whole or not at all. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as cp has them
static fx_status restore(const char *source, const char *data, uint64_t *sequence_out)
{
    char draft[FX_APP_FILE_PATH_SIZE_MAX];
    if (snprintf(draft, sizeof draft, "%s.partial", data) >= (int)sizeof draft) {
        return FX_BAD_PARAMETER;
    }
    fx_status status = each(source, draft, check_source);
    if (status == FX_OK) {
        status = fx_app_file_make_dir(draft);
    }
    if (status == FX_OK && !fx_app_file_is_empty(draft)) {
        (void)fprintf(stderr, "future: restore: remove %s first\n", draft);
        status = FX_EXISTS;
    }
    if (status == FX_OK) {
        status = each(source, draft, copy);
    }
    if (status == FX_OK) {
        status = read_journal(draft, sequence_out);
    }
    if (status == FX_OK && rename(draft, data) != 0) { /* an empty folder may be replaced */
        status = FX_IO;
    }
    sync(); /* names and folders too */
    return status;
}

static bool has_database(const char *data)
{
    char path[FX_APP_FILE_PATH_SIZE_MAX];
    return fx_app_file_join(data, "future.db", path) && access(path, F_OK) == 0;
}

int fx_app_restore_run(const struct fx_app_options *options)
{
    if (options->positional_count != 1 ||
        fx_config_origin(options->config, "data") == FX_CONFIG_DEFAULT) {
        (void)fprintf(stderr, "usage: future restore DIR --data NEW\n");
        return FX_APP_EXIT_USAGE;
    }
    const char *data = fx_config_text(options->config, "data");
    uint64_t sequence = 0;
    if (access(data, F_OK) == 0 && !fx_app_file_is_empty(data)) {
        (void)fprintf(stderr, "future: restore: %s is not empty\n", data);
        return FX_APP_EXIT_FAILURE;
    }
    (void)umask(077);
    const fx_status status = restore(options->positionals[0], data, &sequence);
    if (status != FX_OK) {
        (void)fprintf(
            stderr, "future: restore: %s; nothing was restored\n", fx_status_text(status));
        return fx_app_options_exit(status);
    }
    if (fx_config_bool(options->config, "json")) {
        (void)printf("{\"sequence\":%llu}\n", (unsigned long long)sequence);
    } else {
        (void)printf("%s: commands up to %llu; `future check --data %s` replays them\n",
                     data,
                     (unsigned long long)sequence,
                     data);
        if (!has_database(data)) {
            (void)printf(
                "there is no database in it: restore the server's own copy, which must not be "
                "newer than this backup, and set DB_HOST\n");
        }
    }
    return FX_APP_EXIT_OK;
}

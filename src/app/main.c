/* future: one binary, one table of commands. */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "app/app_audit.h"
#include "app/app_backup.h"
#include "app/app_check.h"
#include "app/app_conformance.h"
#include "app/app_console.h"
#include "app/app_doctor.h"
#include "app/app_export.h"
#include "app/app_help.h"
#include "app/app_intake.h"
#include "app/app_lead.h"
#include "app/app_load.h"
#include "app/app_options.h"
#include "app/app_oracle.h"
#include "app/app_restore.h"
#include "app/app_serve.h"
#include "app/app_sim.h"
#include "app/app_tell.h"
#include "app/app_worker.h"

static const struct command {
    const char *name;
    int (*run)(const struct fx_app_options *options);
    uint32_t positionals; /* how many arguments without a name it takes at most */
    const char *arguments;
} COMMANDS[] = {
#define X(name_, function_, positionals_, arguments_, summary_)                                    \
    {name_, function_, positionals_, arguments_},
#include "app/commands.def"
#undef X
};

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0], NAME_SIZE = 64 };

static int run(const struct command *command, int argc, char **argv)
{
    struct fx_app_options options;
    int code = fx_app_options_read(argc, argv, &options);
    if (code != FX_APP_EXIT_OK) {
        return code;
    }
    if (options.is_help) {
        (void)fx_app_help_one(command->name);
    } else if (options.positional_count > command->positionals) {
        (void)fprintf(stderr,
                      "future: %s: too many arguments: %s\n",
                      command->name,
                      options.positionals[command->positionals]);
        code = FX_APP_EXIT_USAGE;
    } else {
        code = command->run(&options);
    }
    fx_app_options_destroy(&options);
    return code;
}

/* A thread that frees what a batch needed gives the pages back and faults them in again for the
 * next one: two system calls and a hundred faults for each transaction of the saver. */
static void keep_memory(void)
{
#if defined(__GLIBC__)
    enum { KEPT_MAX = 16 << 20, MAPPED_MIN = 4 << 20 };
    // NOLINTBEGIN(concurrency-mt-unsafe): there is no other thread yet
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_MAX);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_MIN);
    // NOLINTEND(concurrency-mt-unsafe)
#endif
}

/* "matching-engine:run@1" is that role of shard 1, so that one word names a unit of a service
 * manager: the word becomes its flag. @return how many words are the command's, 0: no such shard.
 */
static int split_shard(char **argv, char name_out[NAME_SIZE])
{
    static char flag[NAME_SIZE + sizeof "--kafka-shard="];
    const char *mark = strchr(argv[1], '@');
    const size_t size = mark == NULL ? strlen(argv[1]) : (size_t)(mark - argv[1]);
    (void)snprintf(name_out, NAME_SIZE, "%.*s", (int)(size < NAME_SIZE ? size : 0), argv[1]);
    if (mark == NULL) {
        return 2;
    }
    if (mark[1] == '\0' || strlen(mark) >= NAME_SIZE) {
        return 0;
    }
    (void)snprintf(flag, sizeof flag, "--kafka-shard=%s", mark + 1);
    argv[1] = flag;
    return 1;
}

static bool is_command(const struct command *command, const char *name, bool has_shard)
{
    return strcmp(command->name, name) == 0 &&
           (!has_shard || strstr(command->arguments, "--kafka-brokers") != NULL);
}

/* `help`, `help COMMAND`; what nobody asked for is the answer to a wrong command line. */
static int help(int argc, char **argv)
{
    if (argc > 2 && fx_app_help_one(argv[2])) {
        return FX_APP_EXIT_OK;
    }
    if (argc > 2) {
        (void)fprintf(stderr, "future: unknown command '%s'; try: future help\n", argv[2]);
        return FX_APP_EXIT_USAGE;
    }
    fx_app_help_all();
    return argc < 2 ? FX_APP_EXIT_USAGE : FX_APP_EXIT_OK;
}

int main(int argc, char **argv)
{
    char name[NAME_SIZE] = "help";
    const char *word = argc < 2 ? name : argv[1];
    const int words = argc < 2 ? 2 : split_shard(argv, name);
    keep_memory();
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help(argc, argv);
    }
    for (size_t index = 0; index < COMMAND_COUNT && words > 0; index++) {
        if (is_command(&COMMANDS[index], name, words == 1)) {
            return run(&COMMANDS[index], argc - words, argv + words);
        }
    }
    (void)fprintf(stderr, "future: unknown command '%s'; try: future help\n", word);
    return FX_APP_EXIT_USAGE;
}

#include "app/app_help.h"

#include <stdio.h>
#include <string.h>

#include "app/app_version.h"

enum { NAME_WIDTH = 12 };

static const struct command {
    const char *name;
    const char *arguments;
    const char *summary;
} COMMANDS[] = {
#define X(name_, function_, positionals_, arguments_, summary_) {name_, arguments_, summary_},
#include "app/commands.def"
#undef X
    {"help", "[COMMAND]", "this text, or that of one command"}};

enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

/* ---- which settings a command looks at --------------------------------------------------------
 */

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_role(const struct command *command)
{
    return strstr(command->arguments, "--kafka-brokers") != NULL;
}

/* Is "--name" a word of its arguments? */
static bool is_argument(const struct command *command, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = command->arguments; (at = strstr(at, "--")) != NULL; at += 2) {
        if (strncmp(at + 2, name, size) == 0 && strchr(" ]|=", at[2 + size]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Help texts begin with whose they are, where they are not everybody's: "sim: first seed", "replay,
 * check: the instrument". */
static bool is_named_by(const struct command *command, const char *help)
{
    const size_t size = strlen(command->name);
    const char *end = strstr(help, ": ");
    for (const char *at = help; end != NULL && at < end;) {
        if (strncmp(at, command->name, size) == 0 && (at + size == end || at[size] == ',')) {
            return true;
        }
        const char *comma = strstr(at, ", ");
        if (comma == NULL || comma > end) {
            break;
        }
        at = comma + 2;
    }
    return false;
}

static bool is_looked_at(const struct command *command, const struct fx_config_option *option)
{
    static const char *const OF_ROLES[] = {
        "kafka-", "shard-", "db-", "redis-", "metrics-", "snapshot-seconds"};
    static const char *const OF_SERVERS[] = {
        "tls-", "rate-", "jwt-", "ws-", "cors-", "login-", "connections", "requests-"};
    const bool is_server = strcmp(command->name, "serve") == 0 || strcmp(command->name, "api") == 0;
    bool is_shown = is_argument(command, option->name) || is_named_by(command, option->help) ||
                    has_prefix(option->name, "log-");
    for (size_t index = 0; index < sizeof OF_ROLES / sizeof OF_ROLES[0]; index++) {
        is_shown = is_shown ||
                   ((is_role(command) || is_server) && has_prefix(option->name, OF_ROLES[index]));
    }
    for (size_t index = 0; index < sizeof OF_SERVERS / sizeof OF_SERVERS[0]; index++) {
        is_shown = is_shown || (is_server && has_prefix(option->name, OF_SERVERS[index]));
    }
    return is_shown;
}

/* ---- help -------------------------------------------------------------------------------------
 */

static void print_command(const struct command *command)
{
    (void)printf("  %-*s %s\n               %s\n",
                 NAME_WIDTH,
                 command->name,
                 command->summary,
                 command->arguments);
}

void fx_app_help_all(void)
{
    (void)printf("future: a futures exchange\n\n"
                 "  future serve --demo --data DIR --port 3000\n"
                 "  future COMMAND [OPTION…]      (a role of shard 1: ROLE@1)\n"
                 "  future COMMAND --help         (its own settings)\n\nCommands:\n");
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        print_command(&COMMANDS[index]);
    }
    (void)printf("\nOptions (flag, variable; flag > environment > .env > default; a secret has no "
                 "flag):\n");
    for (uint32_t index = 0; index < fx_app_options_count(); index++) {
        fx_app_options_print(fx_app_options_at(index));
    }
}

bool fx_app_help_one(const char *name)
{
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        const struct command *command = &COMMANDS[index];
        if (strcmp(command->name, name) != 0) {
            continue;
        }
        (void)printf(
            "future %s %s\n\n  %s\n\nSettings (flag, variable; all of them: future help):\n",
            command->name,
            command->arguments,
            command->summary);
        for (uint32_t at = 0; at < fx_app_options_count(); at++) {
            const struct fx_config_option *option = fx_app_options_at(at);
            if (is_looked_at(command, option)) {
                fx_app_options_print(option);
            }
        }
        return true;
    }
    return false;
}

/* ---- man --------------------------------------------------------------------------------------
 */

/* Text of roff: a dash is a dash, a backslash itself, and no line begins with a request. */
static void print_roff(const char *text)
{
    if (text[0] == '.' || text[0] == '\'') {
        (void)printf("\\&");
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (has_prefix(at, "…")) { /* not every roff knows it */
            (void)printf("...");
            at += sizeof "…" - 2;
            continue;
        }
        if (*at == '-' || *at == '\\') {
            (void)putchar('\\');
        }
        (void)putchar(*at == '\\' ? 'e' : *at);
    }
}

static void print_item(const char *name, const char *more, const char *text)
{
    (void)printf(".TP\n.B ");
    print_roff(name);
    if (more[0] != '\0') {
        (void)printf(" \\fR");
        print_roff(more);
    }
    (void)printf("\n");
    print_roff(text);
    (void)printf("\n");
}

static void print_setting(const struct fx_config_option *option)
{
    char name[96];
    char more[160];
    (void)snprintf(name,
                   sizeof name,
                   "%s%s",
                   option->is_secret ? "" : "--",
                   option->is_secret ? option->variable : option->name);
    (void)snprintf(more,
                   sizeof more,
                   "%s%s%s%s",
                   option->is_secret ? "(or _FILE)" : option->variable,
                   option->preset == NULL ? "" : " [",
                   option->preset == NULL ? "" : option->preset,
                   option->preset == NULL ? "" : "]");
    print_item(name, more, option->help);
}

int fx_app_help_man(const struct fx_app_options *options)
{
    (void)options;
    (void)printf(".TH FUTURE 1 \"\" \"future %s\" \"User Commands\"\n"
                 ".SH NAME\nfuture \\- a futures exchange\n"
                 ".SH SYNOPSIS\n.B future\n.I COMMAND\n[\\fIOPTION\\fR...]\n"
                 ".SH DESCRIPTION\nOne binary: a whole exchange in one process, or one role of a "
                 "distributed one on Kafka, MariaDB or MySQL, and Redis. A role of another shard "
                 "than the first is called ROLE@SHARD.\n.SH COMMANDS\n",
                 FX_APP_VERSION_TEXT);
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        print_item(COMMANDS[index].name, COMMANDS[index].arguments, COMMANDS[index].summary);
    }
    (void)printf(".SH OPTIONS\nEach has a variable, too. A flag counts more than the environment, "
                 "that more than the file .env, that more than the default. Secrets have no "
                 "flag.\n");
    for (uint32_t index = 0; index < fx_app_options_count(); index++) {
        print_setting(fx_app_options_at(index));
    }
    (void)printf(
        ".SH EXIT STATUS\n"
        "0 all is well; 1 it failed; 2 the command line is wrong; 65 data are damaged or of "
        "another version; 69 a server does not answer; 75 locked or busy, try again; 78 a "
        "setting is wrong.\n");
    return ferror(stdout) ? FX_APP_EXIT_FAILURE : FX_APP_EXIT_OK;
}

/* ---- completion -------------------------------------------------------------------------------
 */

static void print_commands(char between)
{
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        (void)printf("%s%c", COMMANDS[index].name, between);
    }
}

static void print_flags(char between)
{
    for (uint32_t index = 0; index < fx_app_options_count(); index++) {
        const struct fx_config_option *option = fx_app_options_at(index);
        if (!option->is_secret) {
            (void)printf("--%s%c", option->name, between);
        }
    }
    (void)printf("--help");
}

/* Names have colons, at which bash cuts words: the part before the last one is taken off. */
static void print_bash(void)
{
    (void)printf("# bash: source <(future completion bash)\n"
                 "_future() {\n"
                 "  local line=${COMP_LINE:0:COMP_POINT} word words head\n"
                 "  word=${line##*[[:space:]]}\n"
                 "  head=${line%%\"$word\"}\n"
                 "  if [[ $word == -* ]]; then words='");
    print_flags(' ');
    (void)printf(
        "'\n  elif [[ $head =~ ^[[:space:]]*[^[:space:]]+[[:space:]]+(help[[:space:]]+)?$ ]]; "
        "then words='");
    print_commands(' ');
    (void)printf("'\n  else COMPREPLY=($(compgen -f -- \"$word\")); return; fi\n"
                 "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                 "  [[ $word != *:* || $COMP_WORDBREAKS != *:* ]] || "
                 "COMPREPLY=(\"${COMPREPLY[@]#\"${word%%:*}:\"}\")\n"
                 "}\n"
                 "complete -F _future future\n");
}

/* A word of zsh's _describe: "name:summary", in single quotes. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as they stand in the word
static void print_zsh_word(const char *name, const char *summary)
{
    (void)printf("'");
    for (const char *at = name; *at != '\0'; at++) {
        (void)printf(*at == ':' ? "\\:" : "%c", *at);
    }
    (void)printf(":");
    for (const char *at = summary; *at != '\0'; at++) {
        (void)printf(*at == '\'' ? "'\\''" : "%c", *at);
    }
    (void)printf("'\n");
}

static void print_zsh(void)
{
    (void)printf("#compdef future\n"
                 "# zsh: future completion zsh > a folder of $fpath/_future\n"
                 "_future() {\n  local -a commands flags\n  commands=(\n");
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        print_zsh_word(COMMANDS[index].name, COMMANDS[index].summary);
    }
    (void)printf(")\n  flags=(");
    print_flags(' ');
    (void)printf(")\n"
                 "  if [[ $words[CURRENT] == -* ]]; then compadd -- $flags\n"
                 "  elif (( CURRENT == 2 )) || [[ $words[2] == help ]]; then _describe command "
                 "commands\n"
                 "  else _files; fi\n}\n_future \"$@\"\n");
}

static void print_fish_text(const char *text)
{
    (void)printf(" -d '");
    for (const char *at = text; *at != '\0'; at++) {
        (void)printf(*at == '\'' || *at == '\\' ? "\\%c" : "%c", *at);
    }
    (void)printf("'\n");
}

static void print_fish(void)
{
    (void)printf("# fish: future completion fish > ~/.config/fish/completions/future.fish\n");
    for (size_t index = 0; index < COMMAND_COUNT; index++) {
        (void)printf("complete -c future -n __fish_use_subcommand -f -a %s", COMMANDS[index].name);
        print_fish_text(COMMANDS[index].summary);
    }
    for (uint32_t index = 0; index < fx_app_options_count(); index++) {
        const struct fx_config_option *option = fx_app_options_at(index);
        if (!option->is_secret) {
            (void)printf("complete -c future -l %s%s",
                         option->name,
                         option->type == FX_CONFIG_BOOL ? "" : " -r");
            print_fish_text(option->help);
        }
    }
}

int fx_app_help_completion(const struct fx_app_options *options)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } SHELLS[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
    for (size_t index = 0;
         options->positional_count == 1 && index < sizeof SHELLS / sizeof SHELLS[0];
         index++) {
        if (strcmp(options->positionals[0], SHELLS[index].name) == 0) {
            SHELLS[index].print();
            return ferror(stdout) ? FX_APP_EXIT_FAILURE : FX_APP_EXIT_OK;
        }
    }
    (void)fprintf(stderr, "usage: future completion bash|zsh|fish\n");
    return FX_APP_EXIT_USAGE;
}

#include "app/app_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* name, variable, default, help, type, is_secret, is_required, min, max */
static const struct fx_config_option OPTIONS[] = {
    {"data",
     "FUTURE_DATA",
     "data",
     "data directory (journal, snapshots, database, keys)",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"port",
     "PORT",
     "3000",
     "port to listen on; 0: any free one",
     FX_CONFIG_PORT,
     false,
     false,
     0,
     0},
    {"host", "FUTURE_HOST", "127.0.0.1", "address to listen on", FX_CONFIG_STR, false, false, 0, 0},
    {"demo",
     "FUTURE_DEMO",
     "false",
     "seed instruments, demo traders and bots",
     FX_CONFIG_BOOL,
     false,
     false,
     0,
     0},
    {"no-bots",
     "FUTURE_NO_BOTS",
     "false",
     "demo: leave the books to the clients",
     FX_CONFIG_BOOL,
     false,
     false,
     0,
     0},
    {"durability",
     "FUTURE_DURABILITY",
     "strict",
     "strict, relaxed or none (see docs)",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"snapshot-seconds",
     "FUTURE_SNAPSHOT_SECONDS",
     "60",
     "time between snapshots",
     FX_CONFIG_INT,
     false,
     false,
     1,
     86400},
    {"password-cost",
     "FUTURE_PASSWORD_COST",
     "11",
     "bcrypt cost of new passwords",
     FX_CONFIG_INT,
     false,
     false,
     4,
     16},
    {"registration",
     "FUTURE_REGISTRATION",
     "auto",
     "may strangers register: open, closed; auto: open with --demo",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"ws-require-auth",
     "FUTURE_WS_REQUIRE_AUTH",
     "false",
     "refuse sockets without a token",
     FX_CONFIG_BOOL,
     false,
     false,
     0,
     0},
    {"tls-port",
     "FUTURE_TLS_PORT",
     NULL,
     "port for TLS beside the plain one; 0: any free one; unset: none",
     FX_CONFIG_PORT,
     false,
     false,
     0,
     0},
    {"tls-host",
     "FUTURE_TLS_HOST",
     NULL,
     "address for TLS (default: --host)",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"tls-cert",
     "FUTURE_TLS_CERT",
     NULL,
     "file with the certificate, PEM (default: a self-signed one of ours)",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"tls-key",
     "FUTURE_TLS_KEY",
     NULL,
     "file with its private key, PEM",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"tls-hsts-seconds",
     "FUTURE_TLS_HSTS_SECONDS",
     "0",
     "Strict-Transport-Security on answers over TLS; 0: none",
     FX_CONFIG_INT,
     false,
     false,
     0,
     63072000},
    {"metrics-port",
     "FUTURE_METRICS_PORT",
     NULL,
     "port for /metrics and /health only; unset: this machine's on --port",
     FX_CONFIG_PORT,
     false,
     false,
     0,
     0},
    {"metrics-host",
     "FUTURE_METRICS_HOST",
     "127.0.0.1",
     "address for it",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"connections",
     "FUTURE_CONNECTIONS",
     "20000",
     "connections at once, as far as descriptors reach",
     FX_CONFIG_INT,
     false,
     false,
     1,
     1000000},
    {"connections-per-address",
     "FUTURE_CONNECTIONS_PER_ADDRESS",
     "64",
     "of one client address, 0: no cap; this machine's own only if set",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"requests-per-connection",
     "FUTURE_REQUESTS_PER_CONNECTION",
     "0",
     "close a connection after so many requests; 0: never",
     FX_CONFIG_INT,
     false,
     false,
     0,
     2000000000},
    {"head-timeout-ms",
     "FUTURE_HEAD_TIMEOUT_MS",
     "5000",
     "time for a request's head",
     FX_CONFIG_INT,
     false,
     false,
     100,
     600000},
    {"body-timeout-ms",
     "FUTURE_BODY_TIMEOUT_MS",
     "10000",
     "time for a request's body, and a second per KiB of it",
     FX_CONFIG_INT,
     false,
     false,
     100,
     600000},
    {"idle-timeout-ms",
     "FUTURE_IDLE_TIMEOUT_MS",
     "60000",
     "time between requests, and of silence on a socket",
     FX_CONFIG_INT,
     false,
     false,
     100,
     86400000},
    {"write-timeout-ms",
     "FUTURE_WRITE_TIMEOUT_MS",
     "20000",
     "time without progress in writing",
     FX_CONFIG_INT,
     false,
     false,
     100,
     600000},
    {"ws-messages-per-minute",
     "FUTURE_WS_MESSAGES_PER_MINUTE",
     "600",
     "messages and pings from one socket, 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     10000000},
    {"cors-origins",
     "FUTURE_CORS_ORIGINS",
     "*",
     "origins whose pages may use the API and sockets; *: any, none: none",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"rate-orders",
     "FUTURE_RATE_ORDERS",
     "10000",
     "orders and amends per second of a user; 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"rate-cancels",
     "FUTURE_RATE_CANCELS",
     "20000",
     "cancels and reduce-only orders per second of a user; 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"rate-reads",
     "FUTURE_RATE_READS",
     "10000",
     "weight of reads per second of a user or address; 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"rate-logins",
     "FUTURE_RATE_LOGINS",
     "20",
     "weight of logins per second of an address; 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"rate-failures",
     "FUTURE_RATE_FAILURES",
     "10",
     "wrong tokens and signatures per second of an address; 0: no limit",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000000},
    {"login-free",
     "FUTURE_LOGIN_FREE",
     "5",
     "wrong passwords of an account before its logins must wait; 0: never",
     FX_CONFIG_INT,
     false,
     false,
     0,
     1000},
    {"rate-key-percent",
     "FUTURE_RATE_KEY_PERCENT",
     "50",
     "of its user's rate that one API key may use",
     FX_CONFIG_INT,
     false,
     false,
     1,
     100},
    {"rate-maker-factor",
     "FUTURE_RATE_MAKER_FACTOR",
     "10",
     "times as much for market makers and bots; 0: no limit for them",
     FX_CONFIG_INT,
     false,
     false,
     0,
     100},
    {"rate-ban",
     "FUTURE_RATE_BAN",
     "1000",
     "refused requests until a ban (ten per second are forgiven); 0: never",
     FX_CONFIG_INT,
     false,
     false,
     0,
     65535},
    {"rate-loopback",
     "FUTURE_RATE_LOOPBACK",
     "false",
     "limit this machine's addresses too (not behind a proxy here)",
     FX_CONFIG_BOOL,
     false,
     false,
     0,
     0},
    {"log-level",
     "FUTURE_LOG_LEVEL",
     "info",
     "debug, info, warn, error or off",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"log-format",
     "FUTURE_LOG_FORMAT",
     "text",
     "text, logfmt or json",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"log-file",
     "FUTURE_LOG_FILE",
     NULL,
     "serve: append the log to it; SIGHUP opens it again (default: stderr)",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"access-log",
     "FUTURE_ACCESS_LOG",
     "false",
     "serve: a line for each answered request",
     FX_CONFIG_BOOL,
     false,
     false,
     0,
     0},
    {"jwt-public-key",
     "JWT_PUBLIC_KEY",
     NULL,
     "PEM; verifies tokens (default: made by us)",
     FX_CONFIG_STR,
     true,
     false,
     0,
     0},
    {"jwt-private-key",
     "JWT_PRIVATE_KEY",
     NULL,
     "PEM; signs tokens (default: made and kept)",
     FX_CONFIG_STR,
     true,
     false,
     0,
     0},
    {"jwt-issuer",
     "FUTURE_JWT_ISSUER",
     NULL,
     "iss that tokens must have",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"jwt-audience",
     "FUTURE_JWT_AUDIENCE",
     NULL,
     "aud that tokens must have",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"db-host",
     "DB_HOST",
     NULL,
     "MySQL/MariaDB (not in this version)",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"redis-host",
     "REDIS_HOST",
     NULL,
     "Redis (not in this version)",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"kafka-brokers",
     "KAFKA_BROKERS",
     NULL,
     "Kafka (not in this version)",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"email",
     "FUTURE_EMAIL",
     NULL,
     "user:create: the new user's e-mail",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"password",
     "FUTURE_PASSWORD",
     NULL,
     "user:create: the new user's password (else one is made)",
     FX_CONFIG_STR,
     true,
     false,
     0,
     0},
    {"role",
     "FUTURE_ROLE",
     "user",
     "user:create: user or admin",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"deposit",
     "FUTURE_DEPOSIT",
     NULL,
     "user:create: first deposit, e.g. USDT=10000",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"url",
     "FUTURE_URL",
     NULL,
     "replay, health: a running server, e.g. http://localhost:3000",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"fills",
     "FUTURE_FILLS",
     NULL,
     "replay: write the fills to this file",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"symbol",
     "FUTURE_SYMBOL",
     "ESH4",
     "replay: the instrument to use",
     FX_CONFIG_STR,
     false,
     false,
     0,
     0},
    {"credentials",
     "FUTURE_CREDENTIALS",
     NULL,
     "replay: file with the accounts to use",
     FX_CONFIG_PATH,
     false,
     false,
     0,
     0},
    {"until",
     "FUTURE_UNTIL",
     "0",
     "check: the last command to replay; 0: all",
     FX_CONFIG_INT,
     false,
     false,
     0,
     INT64_MAX},
    {"json", "FUTURE_JSON", "false", "machine-readable output", FX_CONFIG_BOOL, false, false, 0, 0},
};

enum { OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0] };

static const char *environment(void *context, const char *variable)
{
    (void)context;
    return getenv(variable); // NOLINT(concurrency-mt-unsafe): before any thread exists
}

static bool is_bool_option(fx_str name)
{
    for (size_t index = 0; index < OPTION_COUNT; index++) {
        if (fx_str_is_equal(fx_str_of(OPTIONS[index].name), name)) {
            return OPTIONS[index].type == FX_CONFIG_BOOL;
        }
    }
    return false;
}

/* One argument, and its value where it is the next one. @return how many were used; 0: error. */
static int read_flag(struct fx_config *config, int left, char **argv)
{
    const fx_str text = fx_str_of(argv[0]);
    const size_t equals = fx_str_find(text, '=', 2);
    const fx_str name = fx_str_slice(text, 2, equals == SIZE_MAX ? SIZE_MAX : equals - 2);
    fx_str value = {NULL, 0};
    int used = 1;
    if (equals != SIZE_MAX) {
        value = fx_str_slice(text, equals + 1, SIZE_MAX);
    } else if (!is_bool_option(name)) {
        if (left < 2) {
            (void)fprintf(stderr, "future: %s needs a value\n", argv[0]);
            return 0;
        }
        value = fx_str_of(argv[1]);
        used = 2;
    }
    if (fx_config_set_flag(config, name, value) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(config));
        return 0;
    }
    return used;
}

static int read_flags(int argc, char **argv, struct fx_app_options *options)
{
    for (int index = 0; index < argc;) {
        if (strcmp(argv[index], "--help") == 0 || strcmp(argv[index], "-h") == 0) {
            options->is_help = true;
            index++;
            continue;
        }
        if (strncmp(argv[index], "--", 2) == 0 && argv[index][2] != '\0') {
            const int used = read_flag(options->config, argc - index, &argv[index]);
            if (used == 0) {
                return FX_APP_EXIT_USAGE;
            }
            index += used;
            continue;
        }
        if (options->positional_count == FX_APP_OPTIONS_POSITIONALS_MAX) {
            (void)fprintf(stderr, "future: too many arguments: %s\n", argv[index]);
            return FX_APP_EXIT_USAGE;
        }
        options->positionals[options->positional_count++] = argv[index++];
    }
    return FX_APP_EXIT_OK;
}

static int read_dotenv(struct fx_config *config)
{
    struct fx_buf text;
    fx_buf_init(&text, FX_CONFIG_VALUE_SIZE_MAX);
    int code = FX_APP_EXIT_OK;
    fx_status status = fx_config_read_file(NULL, ".env", &text);
    if (status == FX_OK && fx_config_set_dotenv(config, fx_buf_str(&text)) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(config));
        code = FX_APP_EXIT_CONFIG;
    }
    fx_buf_deinit(&text);
    return code;
}

/* The exit code for a wrong word: of the command line or of the settings. */
static int exit_of_word(const struct fx_config *config, const char *name)
{
    return fx_config_origin(config, name) == FX_CONFIG_FLAG ? FX_APP_EXIT_USAGE
                                                            : FX_APP_EXIT_CONFIG;
}

static int check_durability(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "durability");
    if (fx_str_is_equal(word, FX_STR("strict")) || fx_str_is_equal(word, FX_STR("relaxed")) ||
        fx_str_is_equal(word, FX_STR("none"))) {
        return FX_APP_EXIT_OK;
    }
    (void)fprintf(stderr, "future: FUTURE_DURABILITY must be strict, relaxed or none\n");
    return exit_of_word(config, "durability");
}

/* "https://a.example:8443": what a browser sends has no path and no slash at its end. */
static bool is_origin(fx_str text)
{
    const size_t colon = fx_str_find(text, ':', 0);
    const fx_str scheme = colon == SIZE_MAX ? (fx_str){0} : fx_str_slice(text, 0, colon);
    const bool is_web =
        fx_str_is_equal(scheme, FX_STR("https")) || fx_str_is_equal(scheme, FX_STR("http"));
    const size_t host = scheme.size + sizeof "://" - 1;
    return is_web && fx_str_has_prefix(fx_str_slice(text, colon, text.size), FX_STR("://")) &&
           text.size > host && fx_str_find(text, '/', host) == SIZE_MAX;
}

static int check_origins(const struct fx_config *config)
{
    const fx_str list = fx_config_str(config, "cors-origins");
    if (fx_str_is_equal(list, FX_STR("*")) || fx_str_is_equal(list, FX_STR("none"))) {
        return FX_APP_EXIT_OK;
    }
    size_t from = 0;
    while (from < list.size) {
        const size_t size = strcspn(list.data + from, " ,");
        const fx_str entry = fx_str_slice(list, from, size);
        if (entry.size > 0 && !is_origin(entry)) {
            (void)fprintf(stderr,
                          "future: FUTURE_CORS_ORIGINS: '%.*s' is no origin, which is like "
                          "https://example.org or https://example.org:8443, * or none\n",
                          (int)entry.size,
                          entry.data);
            return exit_of_word(config, "cors-origins");
        }
        from += size + 1;
    }
    return FX_APP_EXIT_OK;
}

static int check_registration(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "registration");
    if (fx_str_is_equal(word, FX_STR("open")) || fx_str_is_equal(word, FX_STR("closed")) ||
        fx_str_is_equal(word, FX_STR("auto"))) {
        return FX_APP_EXIT_OK;
    }
    (void)fprintf(stderr, "future: FUTURE_REGISTRATION must be open, closed or auto\n");
    return exit_of_word(config, "registration");
}

static int configure_log(const struct fx_config *config)
{
    struct fx_log_options log = {.level = FX_LOG_INFO, .format = FX_LOG_TEXT, .fd = 2};
    if (!fx_log_parse_level(fx_config_str(config, "log-level"), &log.level)) {
        (void)fprintf(stderr, "future: FUTURE_LOG_LEVEL must be debug, info, warn, error or off\n");
        return exit_of_word(config, "log-level");
    }
    if (!fx_log_parse_format(fx_config_str(config, "log-format"), &log.format)) {
        (void)fprintf(stderr, "future: FUTURE_LOG_FORMAT must be text, logfmt or json\n");
        return exit_of_word(config, "log-format");
    }
    fx_log_configure(&log);
    return FX_APP_EXIT_OK;
}

int fx_app_options_read(int argc, char **argv, struct fx_app_options *options_out)
{
    *options_out = (struct fx_app_options){
        .config = fx_config_create(OPTIONS, OPTION_COUNT), .argc = argc, .argv = argv};
    if (options_out->config == NULL) {
        return FX_APP_EXIT_FAILURE;
    }
    int code = read_flags(argc, argv, options_out);
    if (code == FX_APP_EXIT_OK) {
        code = read_dotenv(options_out->config);
    }
    if (code == FX_APP_EXIT_OK &&
        fx_config_resolve(options_out->config, environment, fx_config_read_file, NULL) != FX_OK) {
        (void)fprintf(stderr, "future: %s\n", fx_config_error(options_out->config));
        code =
            fx_config_is_flag_wrong(options_out->config) ? FX_APP_EXIT_USAGE : FX_APP_EXIT_CONFIG;
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_durability(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_origins(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = check_registration(options_out->config);
    }
    if (code == FX_APP_EXIT_OK) {
        code = configure_log(options_out->config);
    }
    if (code != FX_APP_EXIT_OK) {
        fx_app_options_destroy(options_out);
    }
    return code;
}

void fx_app_options_destroy(struct fx_app_options *options)
{
    fx_config_destroy(options->config);
    options->config = NULL;
}

void fx_app_options_help(void)
{
    for (size_t index = 0; index < OPTION_COUNT; index++) {
        const struct fx_config_option *option = &OPTIONS[index];
        (void)printf("  --%-23s %-30s %s%s%s%s\n",
                     option->is_secret ? "" : option->name,
                     option->variable,
                     option->help,
                     option->preset == NULL ? "" : " [",
                     option->preset == NULL ? "" : option->preset,
                     option->preset == NULL ? "" : "]");
    }
}

int fx_app_options_exit(fx_status status)
{
    static const struct {
        fx_status status;
        int code;
    } CODES[] = {
        {FX_OK, FX_APP_EXIT_OK},
        {FX_LOCKED, FX_APP_EXIT_TEMPORARY},
        {FX_BUSY, FX_APP_EXIT_TEMPORARY},
        {FX_CORRUPT, FX_APP_EXIT_DATA},
        {FX_BAD_FILE, FX_APP_EXIT_DATA},
        {FX_VERSION_MISMATCH, FX_APP_EXIT_DATA},
        {FX_USAGE, FX_APP_EXIT_USAGE},
        {FX_BAD_PARAMETER, FX_APP_EXIT_USAGE},
    };
    for (size_t index = 0; index < sizeof CODES / sizeof CODES[0]; index++) {
        if (CODES[index].status == status) {
            return CODES[index].code;
        }
    }
    return FX_APP_EXIT_FAILURE;
}

bool fx_app_options_is_registration_open(const struct fx_config *config)
{
    const fx_str word = fx_config_str(config, "registration");
    return fx_str_is_equal(word, FX_STR("open")) ||
           (fx_str_is_equal(word, FX_STR("auto")) && fx_config_bool(config, "demo"));
}

#include "app/app_settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/app_file.h"
#include "app/app_options.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/nearest.h"

enum { WORDS_MAX = 5, SHOWN_SIZE_MAX = 64, WANTED_SIZE_MAX = 96, MASTER_DIGITS = 64 };

static const struct {
    const char *option;
    const char *variable;
    const char *words[WORDS_MAX];
} WORDS[] = {
    {"durability", "FUTURE_DURABILITY", {"strict", "relaxed", "none"}},
    {"registration", "FUTURE_REGISTRATION", {"auto", "open", "closed"}},
    {"log-level", "FUTURE_LOG_LEVEL", {"debug", "info", "warn", "error", "off"}},
    {"log-format", "FUTURE_LOG_FORMAT", {"text", "logfmt", "json"}},
    {"role", "FUTURE_ROLE", {"user", "admin"}},
    {"position-side", "FUTURE_POSITION_SIDE", {"BOTH", "LONG", "SHORT"}},
};

/* Where we listen: an address, because a name may be several. */
static const char *const ADDRESSES[][2] = {{"host", "FUTURE_HOST"},
                                           {"tls-host", "FUTURE_TLS_HOST"},
                                           {"metrics-host", "FUTURE_METRICS_HOST"}};

/* Whom we call. */
static const char *const HOSTS[][2] = {
    {"db-host", "DB_HOST"}, {"db-report-host", "DB_REPORT_HOST"}, {"redis-host", "REDIS_HOST"}};

static const struct {
    const char *option;
    const char *variable;
    enum fx_app_settings_use use;
} FILES[] = {
    {"tls-cert", "FUTURE_TLS_CERT", FX_APP_SETTINGS_API},
    {"tls-key", "FUTURE_TLS_KEY", FX_APP_SETTINGS_API},
    {"oracle", "FUTURE_ORACLE", FX_APP_SETTINGS_API},
    {"db-ssl-ca", "DB_SSL_CA", FX_APP_SETTINGS_DATABASE},
    {"db-ssl-cert", "DB_SSL_CERT", FX_APP_SETTINGS_DATABASE},
    {"db-ssl-key", "DB_SSL_KEY", FX_APP_SETTINGS_DATABASE},
    {"redis-ca", "FUTURE_REDIS_CA", FX_APP_SETTINGS_REDIS},
    {"kafka-ssl-ca", "FUTURE_KAFKA_SSL_CA_LOCATION", FX_APP_SETTINGS_KAFKA},
    {"kafka-ssl-cert", "FUTURE_KAFKA_SSL_CERTIFICATE_LOCATION", FX_APP_SETTINGS_KAFKA},
    {"kafka-ssl-key", "FUTURE_KAFKA_SSL_KEY_LOCATION", FX_APP_SETTINGS_KAFKA},
};

/* Names that the files of deploy/ take from the same environment. */
static const char *const OF_DEPLOY[] = {
    "FUTURE_BIN", "FUTURE_CWD", "FUTURE_PASSWORD_DB", "FUTURE_PASSWORD_REDIS"};

/* Variables that begin so are meant for us; those that begin like one of the others may be. */
static const char OURS[] = "FUTURE_";
static const char *const SHARED[] = {"KAFKA_", "DB_", "REDIS_", "JWT_"};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* ---- values -----------------------------------------------------------------------------------
 */

/* Say what is wrong. @return the exit code for it. */
static int refuse(const struct fx_config *config,
                  const char *const option[2],
                  const char *wanted,
                  fx_str shown)
{
    const enum fx_config_origin origin = fx_config_origin(config, option[0]);
    (void)fprintf(stderr,
                  "future: %s (from %s): must be %s, not \"%.*s\"\n",
                  option[1],
                  fx_config_origin_name(origin),
                  wanted,
                  (int)(shown.size < SHOWN_SIZE_MAX ? shown.size : SHOWN_SIZE_MAX),
                  shown.data);
    return origin == FX_CONFIG_FLAG ? FX_APP_EXIT_USAGE : FX_APP_EXIT_CONFIG;
}

/* "a, b or c" */
static void list_words(const char *const words[WORDS_MAX], char target[WANTED_SIZE_MAX])
{
    size_t size = 0;
    for (size_t index = 0; index < WORDS_MAX && words[index] != NULL; index++) {
        const bool is_last = index + 1 == WORDS_MAX || words[index + 1] == NULL;
        const char *between = index == 0 ? "" : (is_last ? " or " : ", ");
        const int added =
            snprintf(target + size, WANTED_SIZE_MAX - size, "%s%s", between, words[index]);
        size += added > 0 ? (size_t)added : 0;
    }
}

static int check_words(const struct fx_config *config)
{
    for (size_t index = 0; index < COUNT(WORDS); index++) {
        const fx_str given = fx_config_str(config, WORDS[index].option);
        bool is_one = given.size == 0;
        for (size_t at = 0; at < WORDS_MAX && WORDS[index].words[at] != NULL; at++) {
            is_one = is_one || fx_str_is_equal(given, fx_str_of(WORDS[index].words[at]));
        }
        if (!is_one) {
            const char *const option[2] = {WORDS[index].option, WORDS[index].variable};
            char wanted[WANTED_SIZE_MAX];
            list_words(WORDS[index].words, wanted);
            return refuse(config, option, wanted, given);
        }
    }
    return FX_APP_EXIT_OK;
}

static bool is_address(const char *text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char bytes[sizeof(struct in6_addr)];
    const size_t size = strcspn(text, "%"); /* fe80::1%eth0 */
    return size < sizeof copy && fx_str_copy((fx_str){text, size}, copy, sizeof copy) &&
           (inet_pton(AF_INET, copy, bytes) == 1 || inet_pton(AF_INET6, copy, bytes) == 1);
}

static int check_addresses(const struct fx_config *config)
{
    for (size_t index = 0; index < COUNT(ADDRESSES); index++) {
        const fx_str given = fx_config_str(config, ADDRESSES[index][0]);
        if (given.size > 0 && !is_address(fx_config_text(config, ADDRESSES[index][0]))) {
            return refuse(
                config, ADDRESSES[index], "an address like 127.0.0.1, 0.0.0.0 or ::1", given);
        }
    }
    return FX_APP_EXIT_OK;
}

static int check_hosts(const struct fx_config *config)
{
    static const char OF_NAMES[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789.-_:";
    for (size_t index = 0; index < COUNT(HOSTS); index++) {
        const fx_str given = fx_config_str(config, HOSTS[index][0]);
        if (given.size > 0 &&
            strspn(fx_config_text(config, HOSTS[index][0]), OF_NAMES) != given.size) {
            return refuse(config, HOSTS[index], "the name or address of a machine", given);
        }
    }
    return FX_APP_EXIT_OK;
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
    static const char *const OPTION[2] = {"cors-origins", "FUTURE_CORS_ORIGINS"};
    const fx_str list = fx_config_str(config, "cors-origins");
    if (fx_str_is_equal(list, FX_STR("*")) || fx_str_is_equal(list, FX_STR("none"))) {
        return FX_APP_EXIT_OK;
    }
    size_t from = 0;
    while (from < list.size) {
        const size_t size = strcspn(list.data + from, " ,");
        const fx_str entry = fx_str_slice(list, from, size);
        if (entry.size > 0 && !is_origin(entry)) {
            return refuse(config,
                          OPTION,
                          "origins like https://example.org or https://example.org:8443, * or none",
                          entry);
        }
        from += size + 1;
    }
    return FX_APP_EXIT_OK;
}

static int check_master(const struct fx_config *config)
{
    static const char *const OPTION[2] = {"master-key", "FUTURE_MASTER_KEY"};
    const fx_str key = fx_str_trim(fx_config_str(config, "master-key"));
    size_t digits = 0;
    while (digits < key.size && strchr("0123456789abcdefABCDEF", key.data[digits]) != NULL) {
        digits++;
    }
    return key.size == 0 || (digits == MASTER_DIGITS && key.size == digits)
               ? FX_APP_EXIT_OK
               : refuse(config, OPTION, "64 hexadecimal digits", FX_STR("***"));
}

int fx_app_settings_check(const struct fx_config *config)
{
    static int (*const CHECKS[])(const struct fx_config *config) = {
        check_words, check_addresses, check_hosts, check_origins, check_master};
    int code = FX_APP_EXIT_OK;
    for (size_t index = 0; index < COUNT(CHECKS) && code == FX_APP_EXIT_OK; index++) {
        code = CHECKS[index](config);
    }
    return code;
}

/* ---- files ------------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): variable and path as they stand in the line
static fx_status refuse_path(const char *variable, const char *path, const char *words)
{
    FX_LOG(FX_LOG_ERROR,
           "config",
           words,
           fx_log_text("variable", variable),
           fx_log_text("path", path));
    return FX_BAD_SETTING;
}

static fx_status check_file(const char *variable, const char *path)
{
    struct stat state;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return refuse_path(variable,
                           path,
                           errno == EACCES ? "it names a file that we may not read"
                                           : "it names a file that is not there");
    }
    const bool is_folder = fstat(file, &state) == 0 && S_ISDIR(state.st_mode);
    (void)close(file);
    return is_folder ? refuse_path(variable, path, "it names a folder, not a file") : FX_OK;
}

static fx_status check_folder(const struct fx_config *config)
{
    const char *path = fx_config_text(config, "data");
    return fx_app_file_make_dir(path) == FX_OK && access(path, W_OK | X_OK) == 0
               ? FX_OK
               : refuse_path("FUTURE_DATA", path, "it must be a folder that we may write to");
}

static fx_status check_key(const struct fx_config *config, bool is_private)
{
    const fx_str pem = fx_config_str(config, is_private ? "jwt-private-key" : "jwt-public-key");
    struct fx_crypto_rsa *rsa = NULL;
    if (pem.size == 0) {
        return FX_OK;
    }
    const fx_status status =
        is_private ? fx_crypto_rsa_load_private(pem, &rsa) : fx_crypto_rsa_load_public(pem, &rsa);
    fx_crypto_rsa_destroy(rsa);
    if (status == FX_OK || status == FX_NO_MEMORY) {
        return status;
    }
    FX_LOG(FX_LOG_ERROR,
           "config",
           is_private ? "it must be an RSA private key, PEM" : "it must be an RSA public key, PEM",
           fx_log_text("variable", is_private ? "JWT_PRIVATE_KEY" : "JWT_PUBLIC_KEY"),
           fx_log_status("err", status));
    return FX_BAD_SETTING;
}

fx_status fx_app_settings_check_files(const struct fx_config *config, uint32_t uses)
{
    fx_status status = (uses & FX_APP_SETTINGS_DATA) != 0 ? check_folder(config) : FX_OK;
    for (size_t index = 0; index < COUNT(FILES) && status == FX_OK; index++) {
        const char *path = fx_config_text(config, FILES[index].option);
        if ((FILES[index].use & uses) != 0 && path[0] != '\0') {
            status = check_file(FILES[index].variable, path);
        }
    }
    for (int is_private = 0; is_private <= 1 && status == FX_OK; is_private++) {
        if ((uses & FX_APP_SETTINGS_API) != 0) {
            status = check_key(config, is_private == 1);
        }
    }
    return status;
}

/* ---- variables that nobody reads ----------------------------------------------------------------
 */

void fx_app_settings_note(void *context, fx_str variable)
{
    struct fx_app_settings_unknown *unknown = context;
    if (unknown->count < FX_APP_SETTINGS_UNKNOWN_MAX &&
        fx_str_copy(variable, unknown->names[unknown->count], FX_APP_SETTINGS_NAME_SIZE_MAX)) {
        unknown->count++;
    }
}

struct table {
    const struct fx_config_option *options;
    uint32_t count;
};

static bool is_known(const struct table *table, fx_str name)
{
    for (uint32_t index = 0; index < table->count; index++) {
        const fx_str variable = fx_str_of(table->options[index].variable);
        const fx_str rest = fx_str_slice(name, variable.size, SIZE_MAX);
        const bool is_file =
            table->options[index].is_secret && fx_str_is_equal(rest, FX_STR("_FILE"));
        if (fx_str_has_prefix(name, variable) && (rest.size == 0 || is_file)) {
            return true;
        }
    }
    for (size_t index = 0; index < COUNT(OF_DEPLOY); index++) {
        if (fx_str_is_equal(name, fx_str_of(OF_DEPLOY[index]))) {
            return true;
        }
    }
    return false;
}

static const char *nearest(const struct table *table, fx_str name)
{
    const char *found = NULL;
    size_t best = fx_nearest_limit(name);
    for (uint32_t index = 0; index < table->count; index++) {
        const char *variable = table->options[index].variable;
        const size_t distance = fx_nearest_distance(name, fx_str_of(variable));
        if (distance < best) {
            best = distance;
            found = variable;
        }
    }
    return found;
}

static void hint(const struct table *table, fx_str name)
{
    bool is_ours = fx_str_has_prefix(name, FX_STR(OURS));
    bool may_be = is_ours;
    for (size_t index = 0; index < COUNT(SHARED); index++) {
        may_be = may_be || fx_str_has_prefix(name, fx_str_of(SHARED[index]));
    }
    if (!may_be || is_known(table, name)) {
        return;
    }
    const char *meant = nearest(table, name);
    if (meant != NULL || is_ours) {
        FX_LOG(FX_LOG_WARN,
               "config",
               "no setting has this name, so it does nothing",
               fx_log_str("variable", name),
               fx_log_text("did_you_mean", meant == NULL ? "see future config" : meant));
    }
}

void fx_app_settings_hint(const struct fx_config_option *options,
                          uint32_t option_count,
                          const struct fx_app_settings_unknown *unknown)
{
    const struct table table = {options, option_count};
    for (uint32_t index = 0; index < unknown->count; index++) {
        hint(&table, fx_str_of(unknown->names[index]));
    }
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        hint(&table, (fx_str){*entry, strcspn(*entry, "=")});
    }
}

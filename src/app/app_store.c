#include "app/app_store.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/panic.h"

/* The text of an option; NULL where it is not set. */
static const char *text_of(const struct fx_config *config, const char *name)
{
    return fx_config_str(config, name).size == 0 ? NULL : fx_config_text(config, name);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): its name, then words
static fx_status refuse(const char *variable, const char *words)
{
    FX_LOG(FX_LOG_ERROR, "config", words, fx_log_text("variable", variable));
    return FX_BAD_PARAMETER;
}

static bool read_batch(fx_str word, enum fx_store_maria_batch *batch_out)
{
    static const char *const WORDS[] = {"auto", "array", "rows"};
    for (size_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
        if (fx_str_is_equal(word, fx_str_of(WORDS[index]))) {
            *batch_out = (enum fx_store_maria_batch)index;
            return true;
        }
    }
    return false;
}

static fx_status init_master(struct fx_app_store *store, const struct fx_config *config)
{
    struct fx_store_maria_config *master = &store->master;
    *master = (struct fx_store_maria_config){
        .host = text_of(config, "db-host"),
        .port = (uint16_t)fx_config_int(config, "db-port"),
        .username = text_of(config, "db-username"),
        .password = text_of(config, "db-password"),
        .database = text_of(config, "db-database"),
        .is_tls_required = fx_config_bool(config, "db-ssl"),
        .tls_ca = text_of(config, "db-ssl-ca"),
        .tls_cert = text_of(config, "db-ssl-cert"),
        .tls_key = text_of(config, "db-ssl-key"),
        .is_unverified_allowed = fx_config_bool(config, "db-allow-unverified"),
    };
    if (master->username == NULL) {
        return refuse("DB_USERNAME", "DB_HOST is set, so this must be set too");
    }
    if ((master->tls_cert == NULL) != (master->tls_key == NULL)) {
        return refuse("DB_SSL_CERT", "DB_SSL_CERT and DB_SSL_KEY belong together");
    }
    if (!read_batch(fx_config_str(config, "db-batch"), &master->batch)) {
        return refuse("DB_BATCH", "it must be auto, array or rows");
    }
    return FX_OK;
}

/* A setting that would be read and have no effect is a mistake. @return BAD_PARAMETER, said. */
static fx_status check_report(const struct fx_config *config)
{
    static const struct {
        const char *option;
        const char *name;
    } PARTS[] = {{"db-report-port", "DB_REPORT_PORT"},
                 {"db-report-username", "DB_REPORT_USERNAME"},
                 {"db-report-password", "DB_REPORT_PASSWORD"},
                 {"db-report-database", "DB_REPORT_DATABASE"}};
    for (size_t index = 0; index < sizeof PARTS / sizeof PARTS[0]; index++) {
        if (fx_config_origin(config, PARTS[index].option) > FX_CONFIG_DEFAULT &&
            text_of(config, "db-report-host") == NULL) {
            return refuse(PARTS[index].name, "it has no effect without DB_REPORT_HOST");
        }
    }
    return text_of(config, "db-report-password") != NULL &&
                   text_of(config, "db-report-username") == NULL
               ? refuse("DB_REPORT_PASSWORD", "it has no effect without DB_REPORT_USERNAME")
               : FX_OK;
}

/* What is not set for reports is as for the master. */
static void init_report(struct fx_app_store *store, const struct fx_config *config)
{
    const char *host = text_of(config, "db-report-host");
    const char *username = text_of(config, "db-report-username");
    const char *password = text_of(config, "db-report-password");
    const char *database = text_of(config, "db-report-database");
    const uint16_t port = (uint16_t)fx_config_int(config, "db-report-port");
    store->report = store->master;
    if (host == NULL) {
        return;
    }
    store->report.host = host;
    store->report.fallback = &store->master;
    if (port != 0) {
        store->report.port = port;
    }
    if (username != NULL) {
        store->report.username = username;
        store->report.password = password;
    }
    if (database != NULL) {
        store->report.database = database;
    }
}

fx_status fx_app_store_init(struct fx_app_store *store, const struct fx_config *config)
{
    memset(store, 0, sizeof *store);
    store->is_maria = fx_config_str(config, "db-host").size > 0;
    if (!store->is_maria) {
        const bool is_joined =
            fx_app_file_join(fx_config_text(config, "data"), "future.db", store->file);
        (void)snprintf(store->place, sizeof store->place, "%s", store->file);
        return is_joined ? FX_OK : FX_BAD_PARAMETER;
    }
    fx_status status = init_master(store, config);
    if (status == FX_OK) {
        status = check_report(config);
    }
    if (status == FX_OK) {
        init_report(store, config);
        (void)snprintf(store->place,
                       sizeof store->place,
                       "%s@%s:%u/%s",
                       store->master.username,
                       store->master.host,
                       (unsigned)store->master.port,
                       store->master.database);
    }
    return status;
}

static enum fx_store_sqlite_mode sqlite_mode_of(enum fx_app_store_mode mode)
{
    switch (mode) {
    case FX_APP_STORE_WRITER:
        return FX_STORE_SQLITE_WRITER;
    case FX_APP_STORE_WRITER_DURABLE:
        return FX_STORE_SQLITE_WRITER_DURABLE;
    case FX_APP_STORE_READER:
    case FX_APP_STORE_REPORT:
        return FX_STORE_SQLITE_READER;
    }
    fx_panic(__FILE__, __LINE__, "the mode is one of the four");
}

fx_status fx_app_store_open(struct fx_app_store *store,
                            enum fx_app_store_mode mode,
                            struct fx_store **store_out)
{
    store->error[0] = '\0';
    if (!store->is_maria) {
        return fx_store_sqlite_open(store->file, sqlite_mode_of(mode), store_out);
    }
    const bool is_reader = mode == FX_APP_STORE_READER || mode == FX_APP_STORE_REPORT;
    return fx_store_maria_open(mode == FX_APP_STORE_REPORT ? &store->report : &store->master,
                               is_reader ? FX_STORE_MARIA_READER : FX_STORE_MARIA_WRITER,
                               store_out,
                               store->error);
}

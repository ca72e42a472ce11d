#include "app/app_audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/app_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_migrate.h"

fx_status fx_app_audit_check(const struct fx_config *config,
                             struct fx_store_audit_report *report_out)
{
    struct fx_app_store database;
    struct fx_store *store = NULL;
    fx_status status = fx_app_store_init(&database, config);
    if (status == FX_OK) {
        status = fx_app_store_open(&database, FX_APP_STORE_READER, &store);
    }
    if (status == FX_OK) {
        status = fx_store_migrate_check(store);
    }
    if (status == FX_OK) {
        status = fx_store_begin(store); /* one view, whoever writes meanwhile */
    }
    if (status == FX_OK) {
        status = fx_store_audit_verify(store, report_out);
        fx_store_rollback(store);
    }
    fx_store_close(store);
    return status;
}

int fx_app_audit_verify(const struct fx_app_options *options)
{
    struct fx_store_audit_report report;
    const fx_status status = fx_app_audit_check(options->config, &report);
    if (status != FX_OK) {
        (void)fprintf(stderr,
                      "future: audit:verify: %s\n",
                      status == FX_NOT_FOUND ? "there is no database" : fx_status_text(status));
        return fx_app_options_exit(status);
    }
    const bool is_good = report.bad_id == 0;
    if (fx_config_bool(options->config, "json")) {
        (void)printf("{\"rows\":%" PRIu64 ",\"head\":\"%s\",\"bad_row\":%" PRIu64
                     ",\"reason\":\"%s\",\"ok\":%s}\n",
                     report.count,
                     report.head_hash,
                     report.bad_id,
                     report.reason,
                     is_good ? "true" : "false");
    } else if (is_good) {
        (void)printf(
            "rows   %" PRIu64 "\nhead   %s\nchain  holds\n", report.count, report.head_hash);
    } else {
        (void)printf("rows   %" PRIu64 " hold\nrow    %" PRIu64 ": %s\n",
                     report.count,
                     report.bad_id,
                     report.reason);
    }
    return is_good ? FX_APP_EXIT_OK : FX_APP_EXIT_DATA;
}

void fx_app_audit_log_head(struct fx_store *reader)
{
    struct fx_store_audit row;
    uint32_t count = 0;
    const struct fx_store_audit_query query = {.page = {.limit = 1}};
    if (fx_store_audit_list(reader, &query, &row, &count) == FX_OK && count == 1) {
        FX_LOG(FX_LOG_INFO,
               "audit",
               "the audit log goes on",
               fx_log_u64("rows", row.id),
               fx_log_text("head", row.hash));
    }
}

// NOLINTBEGIN(bugprone-easily-swappable-parameters): in the order of the columns
fx_status fx_app_audit_append(struct fx_store *writer,
                              const char *action,
                              uint64_t user_id,
                              const char *detail)
// NOLINTEND(bugprone-easily-swappable-parameters)
{
    struct fx_store_audit row;
    memset(&row, 0, sizeof row);
    (void)snprintf(row.action, sizeof row.action, "%s", action);
    (void)snprintf(row.subject, sizeof row.subject, "user:%" PRIu64, user_id);
    (void)snprintf(row.detail, sizeof row.detail, "%s", detail);
    (void)snprintf(row.ip, sizeof row.ip, "console");
    (void)snprintf(row.outcome, sizeof row.outcome, "OK");
    row.created_us = fx_clock_wall_us();
    return fx_store_audit_append(writer, &row);
}

/**
 * @file app_audit.h
 * The audit log for operators: is its chain whole? Thread: the main thread.
 */
#ifndef FX_APP_APP_AUDIT_H
#define FX_APP_APP_AUDIT_H

#include "app/app_options.h"
#include "store/store_audit.h"

/** `future audit:verify`; also beside a running server. @return an exit code. */
int fx_app_audit_verify(const struct fx_app_options *options);

/** Verify the log in the database that the configuration names. @return OK and the report;
 * NOT_FOUND (no database). */
FX_MUST_USE fx_status fx_app_audit_check(const struct fx_config *config,
                                         struct fx_store_audit_report *report_out);

/** Log the head, so that it is written down outside of the database too. */
void fx_app_audit_log_head(struct fx_store *reader);

/** Append a row of the console (user 0) in the caller's transaction. */
FX_MUST_USE fx_status fx_app_audit_append(struct fx_store *writer,
                                          const char *action,
                                          uint64_t user_id,
                                          const char *detail);

#endif

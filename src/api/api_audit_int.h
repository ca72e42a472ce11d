/**
 * @file api_audit_int.h
 * Rows of the audit log: who asked for what, and how it ended. A row is written in the transaction
 * of the change itself, so neither is ever there without the other.
 * Thread: notes are made in the gateway's, written in the writer's.
 */
#ifndef FX_API_API_AUDIT_INT_H
#define FX_API_API_AUDIT_INT_H

#include "api/api_int.h"
#include "api/api_writer_int.h"

/** Begin a note of a request. `action` is kept. */
void fx_api_audit_init(struct fx_api_audit_note *note,
                       const struct fx_api_call *call,
                       const char *action);

/** Say what is acted on: "user:7". `kind` is a word. */
void fx_api_audit_subject(struct fx_api_audit_note *note, const char *kind, uint64_t id);

/** The same with a name: "symbol:BTCUSDT"; cut where it is too long. */
void fx_api_audit_subject_name(struct fx_api_audit_note *note, const char *kind, fx_str name);

/** Take a JSON text over as detail; {"cut":true} where it does not fit. */
void fx_api_audit_detail(struct fx_api_audit_note *note, const struct fx_buf *json);

/** Append the row. `outcome` is a word: "OK", the name of a status, "BEGIN". */
FX_MUST_USE fx_status fx_api_audit_append(struct fx_api_writer_desk *desk,
                                          const struct fx_api_audit_note *note,
                                          const char *outcome);

/** Write a row that stands for itself: something was refused. Where the writer is busy it is logged
 * and lost. */
void fx_api_audit_submit(struct fx_api *api,
                         const struct fx_api_audit_note *note,
                         const char *outcome);

/**
 * End a job's work with its row: where `status` is a failure, forget what was written and keep the
 * row alone. @return `status`; where that was OK, why the row could not be written.
 */
FX_MUST_USE fx_status fx_api_audit_conclude(struct fx_api_writer_desk *desk,
                                            const struct fx_api_audit_note *note,
                                            fx_status status);

#endif

/**
 * @file api_witness_int.h
 * Commands of an admin: the audit log says what is about to be done before the engine hears of it,
 * and how it ended before the admin does. So a row is there whatever dies in between; the answer,
 * the engine's "no" and a time-out all wait for the second row.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_WITNESS_INT_H
#define FX_API_API_WITNESS_INT_H

#include "api/api_audit_int.h"
#include "api/api_int.h"

FX_MUST_USE fx_status fx_api_witness_create(struct fx_api *api);
void fx_api_witness_destroy(struct fx_api *api);

/** What is to be done, and who writes the answer when it is. */
struct fx_api_witness_act {
    struct fx_command command;
    bool has_account; /* first create the account below: the command needs it */
    struct fx_command account;
    fx_api_answer_fn answer;
    uint32_t instrument;
};

/** Note, do, note, answer. @return OK (answered later); BUSY; NOT_IMPLEMENTED (no writer). */
FX_MUST_USE fx_status fx_api_witness_submit(struct fx_api_call *call,
                                            const struct fx_api_audit_note *note,
                                            const struct fx_api_witness_act *act);

/** Is the same being done to the same subject at this moment? */
bool fx_api_witness_is_on_the_way(const struct fx_api *api, const struct fx_api_audit_note *note);

/** The subject of what an answer is about. Valid until the answer is written. */
const char *fx_api_witness_subject(const struct fx_api *api, const struct fx_api_target *target);

/** An answer to a target of a witness: hold it until its row is durable. For api_reply.c. */
void fx_api_witness_put(struct fx_api *api,
                        const struct fx_api_target *target,
                        const struct fx_net_http_response *response,
                        fx_status status);

#endif

/**
 * @file app_replay_session.h
 * A connection to a running exchange with several of its users logged in; blocking, pipelined.
 *
 * Answers come in the order of the requests, whoever they were sent for. What went wrong is kept as
 * a sentence for people. Thread: the owner's.
 */
#ifndef FX_APP_APP_REPLAY_SESSION_H
#define FX_APP_APP_REPLAY_SESSION_H

#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

enum { FX_APP_REPLAY_SESSION_ACCOUNTS_MAX = 16, FX_APP_REPLAY_SESSION_ERROR_SIZE = 512 };

struct fx_app_replay_session;

struct fx_app_replay_session_request {
    uint32_t account;   /* whose token: 0..count-1 */
    const char *method; /* "POST" */
    fx_str target;      /* behind /api/v1, escaped: "/order?wait=result" */
    fx_str body;        /* JSON, or empty */
};

/** Borrowed until the next receive or call. */
struct fx_app_replay_session_answer {
    int code; /* 201 */
    fx_str body;
};

/**
 * Make a session that is not connected; errors of open are told through it. @return OK; NO_MEMORY.
 * Gives.
 */
FX_MUST_USE fx_status fx_app_replay_session_create(struct fx_app_replay_session **session_out);

/**
 * Connect to "http://host:port" and log in every user of the credentials, a JSON array of objects
 * with email and password. @return OK; BAD_FILE (credentials), BAD_PARAMETER (URL), IO, TIMEOUT,
 * BAD_CREDENTIALS, what the client says.
 */
FX_MUST_USE fx_status fx_app_replay_session_open(struct fx_app_replay_session *session,
                                                 fx_str url,
                                                 fx_str credentials);

/** Close and free. Accepts NULL. */
void fx_app_replay_session_close(struct fx_app_replay_session *session);

uint32_t fx_app_replay_session_account_count(const struct fx_app_replay_session *session);

/** Queue a request; not more than 1024 may be unanswered. @return OK; what the client says. */
FX_MUST_USE fx_status fx_app_replay_session_send(
    struct fx_app_replay_session *session, const struct fx_app_replay_session_request *request);

/** Send what is queued. */
FX_MUST_USE fx_status fx_app_replay_session_flush(struct fx_app_replay_session *session);

/** Wait for the oldest answer. @return OK, whatever its code; what the client says. */
FX_MUST_USE fx_status fx_app_replay_session_receive(
    struct fx_app_replay_session *session, struct fx_app_replay_session_answer *answer_out);

/**
 * Send one request and wait for its answer; nothing else is outstanding. @return OK with a parsed
 * answer of code 2xx, valid until the next call; else the failure is noted.
 */
FX_MUST_USE fx_status
fx_app_replay_session_call(struct fx_app_replay_session *session,
                           const struct fx_app_replay_session_request *request,
                           struct fx_app_replay_session_answer *answer_out);

/** The body of an answer, parsed; valid until the next. @return NULL where it is no JSON object. */
const struct fx_json *fx_app_replay_session_json(struct fx_app_replay_session *session,
                                                 fx_str body);

/** Text of a scalar member of the root; empty where absent. */
fx_str fx_app_replay_session_text(const struct fx_json *json, fx_str key);

/** Note an error, with what the answer (may be NULL) says where it is one of the exchange's errors.
 */
void fx_app_replay_session_fail(struct fx_app_replay_session *session,
                                const char *what,
                                const struct fx_app_replay_session_answer *answer);

/** The sentence of the last failure. Never NULL. */
const char *fx_app_replay_session_error(const struct fx_app_replay_session *session);

#endif

/**
 * @file app_replay_rest.h
 * A recorded order flow through the REST interface of a running exchange, in order, over one
 * connection. Buys and sells go to different accounts, so no order meets one of its own account.
 * Thread: the owner's.
 */
#ifndef FX_APP_APP_REPLAY_REST_H
#define FX_APP_APP_REPLAY_REST_H

#include "app/app_replay_engine.h"
#include "app/app_replay_session.h"

/** What to play and where. */
struct fx_app_replay_rest_options {
    struct fx_app_replay_session *session; /* open */
    fx_str symbol;                         /* whose book nobody else uses */
    const struct fx_app_replay_file *file;
    const struct fx_app_replay_result *plan; /* of fx_app_replay_engine_run() */
    fx_app_replay_progress_fn progress;      /* may be NULL */
    void *self;
    uint32_t window; /* requests sent and not yet answered; 1..1024 */
};

struct fx_app_replay_rest_report {
    struct fx_app_replay_fill *fills; /* heap; as the accounts' own trades tell them */
    uint32_t fill_count;
    uint32_t sent;
    int64_t elapsed_us; /* first request to last answer */
    int64_t p50_us;     /* from sending a request to its answer */
    int64_t p99_us;
};

/**
 * Make room (cancel what the accounts have in this book), refuse if others have orders there, play,
 * read the trades.
 * @return OK (gives: release with deinit); any failure is told by fx_app_replay_session_error().
 */
FX_MUST_USE fx_status fx_app_replay_rest_run(const struct fx_app_replay_rest_options *options,
                                             struct fx_app_replay_rest_report *report_out);

/** Free it. Accepts a zeroed one. */
void fx_app_replay_rest_deinit(struct fx_app_replay_rest_report *report);

#endif

/**
 * @file app_replay.h
 * The command `replay FILE`: a recorded order flow through the engine alone, or through a running
 * exchange by its REST interface (--url). Thread: the main thread.
 */
#ifndef FX_APP_APP_REPLAY_H
#define FX_APP_APP_REPLAY_H

#include "app/app_options.h"

struct fx_app_replay_options {
    const char *file;        /* the recording */
    const char *fills_out;   /* where the fills go; NULL: nowhere */
    const char *url;         /* "http://host:port"; NULL: the engine alone */
    const char *symbol;      /* with url: a symbol nobody else trades; NULL: ESH4 */
    const char *credentials; /* with url: demo-credentials.json with two funded accounts */
};

/**
 * Replay, print a summary to stdout and errors to stderr.
 * @return an exit code: 0; 1 (a refusal, or fills that differ); 2 usage; 65 the recording or the
 * credentials are not what they should be; 69 the server does not answer.
 */
int fx_app_replay_run(const struct fx_app_replay_options *options);

#endif

/**
 * @file app_stop.h
 * SIGTERM and SIGINT while a process is still starting: waiting for a broker, replaying, waiting
 * for tables. Thread: the main thread.
 */
#ifndef FX_APP_APP_STOP_H
#define FX_APP_APP_STOP_H

/** From now on, until somebody else takes the signals (a loop that watches them), they end the
 * process at once, with exit code 0 and a line on stderr. Nothing was accepted yet, and what a
 * start writes may end anywhere: it is the same as a crash, which every start has to survive. */
void fx_app_stop_arm(void);

#endif

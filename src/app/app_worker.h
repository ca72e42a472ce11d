/**
 * @file app_worker.h
 * The roles that follow the log and lead nowhere: savers, market:publish, matching-engine:notify.
 *
 * Each is a command of its own; `worker --roles a,b,c` runs several in one process over one
 * follower, which costs the memory of one engine instead of several. Each role keeps to its own
 * watermark, topic or server, so they may be spread and gathered at will. Thread: the main thread.
 */
#ifndef FX_APP_APP_WORKER_H
#define FX_APP_APP_WORKER_H

#include "app/app_options.h"

/** matching-engine:save-accounts-to-db: accounts and instruments. @return an exit code. */
int fx_app_worker_save_accounts(const struct fx_app_options *options);

/** matching-engine:save-positions. */
int fx_app_worker_save_positions(const struct fx_app_options *options);

/** matching-engine:save-orders-to-db. */
int fx_app_worker_save_orders(const struct fx_app_options *options);

/** matching-engine:save-trades: trades and what comes with them; referral and reward. */
int fx_app_worker_save_trades(const struct fx_app_options *options);

/** market:publish: books and tickers onto the bus; with REDIS_HOST the cache. */
int fx_app_worker_publish(const struct fx_app_options *options);

/** matching-engine:notify: users' events into the rooms of other processes, by Redis. */
int fx_app_worker_notify(const struct fx_app_options *options);

/** worker: the roles of --roles. */
int fx_app_worker_run(const struct fx_app_options *options);

#endif

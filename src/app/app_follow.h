/**
 * @file app_follow.h
 * A follower of the shard's log, as the settings name it: bus, topics, folder, name. For every role
 * that needs the engine's state or events. Thread: the main one.
 */
#ifndef FX_APP_APP_FOLLOW_H
#define FX_APP_APP_FOLLOW_H

#include "base/config.h"
#include "base/status.h"
#include "worker/worker_follow.h"

struct fx_app_follow;

/**
 * Open the bus, make its topics, and follow the log of a shard up to its end. `options` says
 * consumers, what is saved and who looks on; bus, topic, folder ("log" in the data folder), name
 * and limits are filled in here. `role` names the process in the log. Problems are logged with
 * their reason.
 * @return OK (gives); as fx_app_bus_init(), fx_app_bus_connect() and fx_worker_follow_open().
 */
FX_MUST_USE fx_status fx_app_follow_open(const struct fx_config *config,
                                         const char *role,
                                         uint32_t shard,
                                         const struct fx_worker_follow_options *options,
                                         struct fx_app_follow **follow_out);

/** Log what a start found: how far it came, and the hash of the state there, which is that of every
 * other role and of log:export at the same sequence. */
void fx_app_follow_log(const char *component,
                       uint32_t shard,
                       const struct fx_worker_follow_report *report);

/** Close the bus; the follower was destroyed before. Accepts NULL. */
void fx_app_follow_close(struct fx_app_follow *follow);

/** The follower: its user destroys it. */
struct fx_worker_follow *fx_app_follow_worker(struct fx_app_follow *follow);

/** What the opening found. */
const struct fx_worker_follow_report *fx_app_follow_report(const struct fx_app_follow *follow);

#endif

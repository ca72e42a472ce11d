/**
 * @file app_notify.h
 * Tell whoever started us how far we are: systemd by its datagrams, PM2 by its channel.
 *
 * systemd (Type=notify): STATUS and EXTEND_TIMEOUT_USEC of a start, READY=1, RELOADING=1,
 * STOPPING=1, and WATCHDOG=1 at half of the time that WatchdogSec allows. PM2 (wait_ready): "ready"
 * on the channel of NODE_CHANNEL_FD. Without either nothing happens. Thread: the main thread.
 */
#ifndef FX_APP_APP_NOTIFY_H
#define FX_APP_APP_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

enum { FX_APP_NOTIFY_PATH_SIZE_MAX = 108 }; /* of a socket's address */

struct fx_app_notify {
    char path[FX_APP_NOTIFY_PATH_SIZE_MAX]; /* empty: nobody listens */
    uint32_t path_size;
    int channel;         /* of PM2; -1: none */
    int64_t watchdog_us; /* how often to say that we live; 0: nobody asks */
    int64_t watchdogged_us;
};

/** Read NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, NODE_CHANNEL_FD. What is malformed is as if it
 * were not there. Before anything else opens a descriptor. */
void fx_app_notify_init(struct fx_app_notify *notify);

/** We are starting, and have come forward; `text` has no line breaks. It may go on for a minute
 * more, however long TimeoutStartSec is. Thread: any, before ready. */
void fx_app_notify_starting(const struct fx_app_notify *notify, const char *text);

/** We serve. `port` is shown by systemctl status. */
void fx_app_notify_ready(struct fx_app_notify *notify, uint16_t port);

/** SIGHUP: settings are being read; ready follows. */
void fx_app_notify_reloading(const struct fx_app_notify *notify);

void fx_app_notify_stopping(const struct fx_app_notify *notify);

/** We are alive; call it often. */
void fx_app_notify_alive(struct fx_app_notify *notify, int64_t monotonic_us);

#endif

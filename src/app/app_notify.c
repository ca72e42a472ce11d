#include "app/app_notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum { TEXT_SIZE = 128, LINE_SIZE = 256, START_MORE_US = 60000000 };

/* A number from the environment; 0 where there is none. Before any thread of ours sets one. */
static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable); // NOLINT(concurrency-mt-unsafe): nobody sets one
    uint64_t number = 0;
    return text != NULL && fx_str_parse_u64(fx_str_of(text), &number) ? number : 0;
}

static void find_systemd(struct fx_app_notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET"); // NOLINT(concurrency-mt-unsafe): nobody sets it
    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        !fx_str_copy(fx_str_of(path), notify->path, sizeof notify->path)) {
        return;
    }
    notify->path_size = (uint32_t)strlen(path);
    if (path[0] == '@') {
        notify->path[0] = '\0'; /* a name that is in no file system */
    }
    const uint64_t pid = number_of("WATCHDOG_PID");
    if (pid == 0 || pid == (uint64_t)getpid()) {
        notify->watchdog_us = (int64_t)(number_of("WATCHDOG_USEC") / 2);
    }
}

static void find_pm2(struct fx_app_notify *notify)
{
    struct stat about;
    const uint64_t channel = number_of("NODE_CHANNEL_FD");
    /* Never one of the standard three, and only what a parent may have given us. */
    if (channel > STDERR_FILENO && channel < INT32_MAX && fstat((int)channel, &about) == 0 &&
        (S_ISSOCK(about.st_mode) || S_ISFIFO(about.st_mode))) {
        notify->channel = (int)channel;
    }
}

void fx_app_notify_init(struct fx_app_notify *notify)
{
    *notify = (struct fx_app_notify){.channel = -1};
    find_systemd(notify);
    find_pm2(notify);
}

static void tell_systemd(const struct fx_app_notify *notify, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (notify->path_size == 0) {
        return;
    }
    memcpy(address.sun_path, notify->path, notify->path_size);
    const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (file < 0) {
        return;
    }
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + notify->path_size);
    (void)sendto(file, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address, size);
    (void)close(file);
}

void fx_app_notify_starting(const struct fx_app_notify *notify, const char *text)
{
    char message[LINE_SIZE];
    (void)snprintf(
        message, sizeof message, "EXTEND_TIMEOUT_USEC=%d\nSTATUS=%.200s", START_MORE_US, text);
    tell_systemd(notify, message);
}

void fx_app_notify_ready(struct fx_app_notify *notify, uint16_t port)
{
    static const char READY[] = "\"ready\"\n"; /* JSON, as Node's channel has it */
    char text[TEXT_SIZE];
    (void)snprintf(text, sizeof text, "READY=1\nSTATUS=serving on port %u", (unsigned)port);
    tell_systemd(notify, text);
    if (notify->channel >= 0) {
        const ssize_t size = write(notify->channel, READY, sizeof READY - 1);
        (void)size; /* a parent that is gone needs no answer */
        (void)close(notify->channel);
        notify->channel = -1;
    }
}

void fx_app_notify_reloading(const struct fx_app_notify *notify)
{
    char text[TEXT_SIZE];
    (void)snprintf(
        text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)fx_clock_monotonic_us());
    tell_systemd(notify, text);
}

void fx_app_notify_stopping(const struct fx_app_notify *notify)
{
    tell_systemd(notify, "STOPPING=1\nSTATUS=finishing what was asked");
}

void fx_app_notify_alive(struct fx_app_notify *notify, int64_t monotonic_us)
{
    if (notify->watchdog_us > 0 && monotonic_us - notify->watchdogged_us >= notify->watchdog_us) {
        notify->watchdogged_us = monotonic_us;
        tell_systemd(notify, "WATCHDOG=1");
    }
}

/* What systemd and PM2 hear. */
#include "app/app_notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fx_test.h"

/* A socket under an abstract name, as systemd may give one. */
static int listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(file >= 0 && strlen(name) < sizeof address.sun_path - 1);
    memcpy(address.sun_path + 1, name, strlen(name));
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    assert_int_equal(bind(file, (const struct sockaddr *)&address, size), 0);
    return file;
}

static const char *heard(int file)
{
    static char text[256];
    const ssize_t size = recv(file, text, sizeof text - 1, 0);
    text[size < 0 ? 0 : size] = '\0';
    return text;
}

static void clear(void)
{
    static const char *const NAMES[] = {
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "NODE_CHANNEL_FD"};
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        assert_int_equal(unsetenv(NAMES[index]), 0);
    }
}

static void app_notify_systemd_hears_each_state(void **state)
{
    (void)state;
    struct fx_app_notify notify;
    char name[64];
    char pid[32];
    clear();
    (void)snprintf(name, sizeof name, "@fx-notify-%ld", (long)getpid());
    (void)snprintf(pid, sizeof pid, "%ld", (long)getpid());
    const int file = listen_at(name + 1);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "2000000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    fx_app_notify_init(&notify);
    fx_app_notify_starting(&notify, "starting: reading the log, 25 %");
    assert_string_equal(heard(file),
                        "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=starting: reading the log, 25 %");
    fx_app_notify_ready(&notify, 3000);
    assert_string_equal(heard(file), "READY=1\nSTATUS=serving on port 3000");
    fx_app_notify_reloading(&notify);
    assert_memory_equal(heard(file), "RELOADING=1\nMONOTONIC_USEC=", 27);
    fx_app_notify_alive(&notify, 5000000);
    assert_string_equal(heard(file), "WATCHDOG=1");
    fx_app_notify_alive(&notify, 5999999); /* less than half of the time has passed */
    assert_string_equal(heard(file), "");
    fx_app_notify_alive(&notify, 6000000);
    assert_string_equal(heard(file), "WATCHDOG=1");
    fx_app_notify_stopping(&notify);
    assert_memory_equal(heard(file), "STOPPING=1\n", 11);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0); /* another process is watched */
    fx_app_notify_init(&notify);
    fx_app_notify_alive(&notify, 9000000);
    assert_string_equal(heard(file), "");
    (void)close(file);
    fx_app_notify_ready(&notify, 1); /* nobody listens any more: nothing happens */
}

static void app_notify_pm2_hears_ready_once(void **state)
{
    (void)state;
    struct fx_app_notify notify;
    int pair[2];
    char text[32] = "";
    char number[16];
    clear();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    (void)snprintf(number, sizeof number, "%d", pair[1]);
    assert_int_equal(setenv("NODE_CHANNEL_FD", number, 1), 0);
    fx_app_notify_init(&notify);
    fx_app_notify_ready(&notify, 3000);
    fx_app_notify_ready(&notify, 3000);
    assert_int_equal(recv(pair[0], text, sizeof text - 1, 0), 8);
    assert_string_equal(text, "\"ready\"\n");
    assert_int_equal(recv(pair[0], text, sizeof text - 1, 0), 0); /* closed behind it */
    (void)close(pair[0]);
}

static void app_notify_takes_no_nonsense(void **state)
{
    (void)state;
    static const char *const CHANNELS[] = {"", "-1", "0", "1", "2", "999999", "x", "3x"};
    struct fx_app_notify notify;
    char path[200];
    clear();
    for (size_t index = 0; index < sizeof CHANNELS / sizeof CHANNELS[0]; index++) {
        assert_int_equal(setenv("NODE_CHANNEL_FD", CHANNELS[index], 1), 0);
        fx_app_notify_init(&notify);
        assert_int_equal(notify.channel, -1);
    }
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", "soon", 1), 0);
    fx_app_notify_init(&notify);
    assert_int_equal(notify.path_size, 0);
    assert_int_equal(notify.watchdog_us, 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    fx_app_notify_init(&notify);
    assert_int_equal(notify.path_size, 0);
    fx_app_notify_ready(&notify, 1);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_notify_systemd_hears_each_state),
        cmocka_unit_test(app_notify_pm2_hears_ready_once),
        cmocka_unit_test(app_notify_takes_no_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

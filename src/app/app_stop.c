#include "app/app_stop.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Only what a handler may call. */
static void on_signal(int signal_number)
{
    static const char TEXT[] = "future: stopped while starting\n";
    (void)signal_number;
    const ssize_t written = write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
    (void)written;
    _exit(0);
}

void fx_app_stop_arm(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
}

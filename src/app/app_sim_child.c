#include "app/app_sim_child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { PAUSE_NS = 2000000 };

bool fx_app_sim_child_init(struct fx_app_sim_child *child)
{
    memset(child, 0, sizeof *child);
    void *page =
        mmap(NULL, sizeof *child->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) { // NOLINT(performance-no-int-to-ptr): the word of mmap(2)
        return false;
    }
    child->page = page;
    child->text = memfd_create("sim", MFD_CLOEXEC);
    return child->text >= 0;
}

void fx_app_sim_child_deinit(struct fx_app_sim_child *child)
{
    if (child->page != NULL) {
        (void)munmap(child->page, sizeof *child->page);
        (void)close(child->text);
    }
    memset(child, 0, sizeof *child);
}

static void add(struct fx_app_sim_child_sums *sums, const struct fx_sim_result *result)
{
    sums->seeds++;
    sums->events += result->events;
    sums->commands += result->commands;
    sums->crashes += result->crashes;
    sums->restarts += result->restarts;
    sums->requests += result->requests;
    sums->trades += result->trades;
    sums->disk_operations += result->disk_operations;
    fx_sim_mark_add(&sums->marks, &result->marks);
}

/* In the child: worlds until something says stop. */
static void work_off(struct fx_app_sim_child_page *page, const struct fx_app_sim_child_work *work)
{
    page->options = work->options;
    for (uint64_t done = 0; work->count == 0 || done < work->count; done++) {
        page->status = fx_sim_run(&page->options, &page->result);
        add(&page->sums, &page->result);
        page->has_failed = page->status != FX_OK || page->result.is_violated;
        if (page->has_failed || (work->end_us != 0 && fx_clock_monotonic_us() >= work->end_us)) {
            return;
        }
        page->options.seed += work->stride;
    }
}

bool fx_app_sim_child_start(struct fx_app_sim_child *child,
                            const struct fx_app_sim_child_work *work)
{
    child->page->options = work->options;
    child->page->has_failed = false;
    child->seen_events = UINT64_MAX;
    child->seen_us = fx_clock_monotonic_us();
    (void)fflush(stdout);
    if (ftruncate(child->text, 0) != 0 || lseek(child->text, 0, SEEK_SET) != 0) {
        return false;
    }
    const pid_t pid = fork();
    if (pid < 0) {
        return false;
    }
    if (pid == 0) {
        const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
        fx_log_configure(&quiet);
        (void)dup2(child->text, STDERR_FILENO);
        if (work->options.is_traced) {
            (void)dup2(child->text, STDOUT_FILENO);
            (void)setvbuf(stdout, NULL, _IOLBF, 0);
        }
        work_off(child->page, work);
        (void)fflush(stdout);
        _exit(0);
    }
    child->pid = pid;
    return true;
}

/* The last line that says something. */
static const char *last_line(char *text)
{
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '\n') {
        size--;
        text[size] = '\0';
    }
    const char *end = strrchr(text, '\n');
    return end == NULL ? text : end + 1;
}

/* A child that a signal ended tells its reason on stderr: the last line of it. */
static void take_reason(struct fx_app_sim_child *child, int status)
{
    struct fx_sim_result *result = &child->page->result;
    char text[FX_SIM_TEXT_SIZE];
    const off_t size = lseek(child->text, 0, SEEK_END);
    const off_t from = size >= (off_t)sizeof text ? size - (off_t)sizeof text + 1 : 0;
    const ssize_t got = pread(child->text, text, sizeof text - 1, from);
    text[got > 0 ? got : 0] = '\0';
    const char *reason = last_line(text);
    child->page->has_failed = true;
    result->is_violated = true;
    result->seed = child->page->options.seed;
    (void)snprintf(result->violation,
                   sizeof result->violation,
                   "%.250s (signal %d)",
                   reason,
                   WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    add(&child->page->sums, result);
}

bool fx_app_sim_child_poll(struct fx_app_sim_child *child)
{
    int status = 0;
    const int64_t now_us = fx_clock_monotonic_us();
    if (waitpid(child->pid, &status, WNOHANG) == child->pid) {
        child->pid = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            take_reason(child, status);
        }
        return true;
    }
    if (child->page->result.events != child->seen_events) {
        child->seen_events = child->page->result.events;
        child->seen_us = now_us;
    } else if (now_us - child->seen_us > FX_APP_SIM_CHILD_STALL_S * 1000000LL) {
        (void)dprintf(child->text, "liveness: the world does not get on\n");
        (void)kill(child->pid, SIGKILL);
    }
    return false;
}

void fx_app_sim_child_kill(struct fx_app_sim_child *child)
{
    if (child->pid != 0) {
        (void)kill(child->pid, SIGKILL);
    }
}

void fx_app_sim_child_wait(struct fx_app_sim_child *child)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    while (!fx_app_sim_child_poll(child)) {
        (void)nanosleep(&pause, NULL);
    }
}

bool fx_app_sim_child_try(struct fx_app_sim_child *child, const struct fx_sim_options *options)
{
    const struct fx_app_sim_child_work work = {.options = *options, .count = 1};
    if (!fx_app_sim_child_start(child, &work)) {
        return false;
    }
    fx_app_sim_child_wait(child);
    return child->page->has_failed;
}

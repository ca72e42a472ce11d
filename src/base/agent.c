#include "base/agent.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/panic.h"

enum { US_PER_S = 1000000, NS_PER_US = 1000 };

/*
 * A1: no wake-up is lost. The agent announces its sleep by an exchange of is_asleep and then steps
 * once more; who wakes it first fills the queue and then exchanges is_asleep too. Of two exchanges
 * one is the later: if it is the agent's, its last step sees the queue; if it is the other's, it
 * sees the announcement and writes to the eventfd.
 */
struct fx_agent {
    char name[FX_AGENT_NAME_SIZE_MAX + 1];
    fx_agent_step_fn step;
    void *self;
    fx_agent_clock_fn clock;
    uint32_t idle_us_max;
    uint32_t spin_count;
    uint32_t rest_us;
    uint32_t rest_each_us;
    int eventfd;
    bool is_started; /* the owner's */
    pthread_t thread;
    atomic_bool is_asleep;
    atomic_bool is_stopping;
};

fx_status fx_agent_create(const struct fx_agent_options *options, struct fx_agent **agent_out)
{
    const size_t name_size = strlen(options->name);
    FX_ASSERT(name_size >= 1 && name_size <= FX_AGENT_NAME_SIZE_MAX);
    FX_ASSERT(options->step != NULL);
    FX_ASSERT(options->idle_us_max >= 1 && options->idle_us_max <= FX_AGENT_IDLE_US_MAX);
    FX_ASSERT(options->rest_us <= FX_AGENT_REST_US_MAX);
    struct fx_agent *agent = calloc(1, sizeof *agent);
    if (agent == NULL) {
        return FX_NO_MEMORY;
    }
    agent->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (agent->eventfd < 0) {
        free(agent);
        return FX_IO;
    }
    memcpy(agent->name, options->name, name_size + 1);
    agent->step = options->step;
    agent->self = options->self;
    agent->clock = options->clock != NULL ? options->clock : fx_clock_wall_us;
    agent->idle_us_max = options->idle_us_max;
    agent->spin_count = options->spin_count;
    agent->rest_us = options->rest_us;
    agent->rest_each_us = options->rest_each_us;
    atomic_init(&agent->is_asleep, false);
    atomic_init(&agent->is_stopping, false);
    *agent_out = agent;
    return FX_OK;
}

void fx_agent_destroy(struct fx_agent *agent)
{
    if (agent == NULL) {
        return;
    }
    FX_ASSERT(!agent->is_started);
    (void)close(agent->eventfd);
    free(agent);
}

int fx_agent_step(struct fx_agent *agent, int64_t now_us)
{
    const int work = agent->step(agent->self, now_us);
    FX_ASSERT(work >= 0);
    return work;
}

static bool is_stopping(struct fx_agent *agent)
{
    return atomic_load_explicit(&agent->is_stopping, memory_order_acquire);
}

/** Tell the processor that this is a waiting loop. */
static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/** Sleep until woken or until the time is over, unless a last look finds work (A1). */
static void sleep_until_woken(struct fx_agent *agent)
{
    (void)atomic_exchange_explicit(&agent->is_asleep, true, memory_order_acq_rel);
    if (!is_stopping(agent) && fx_agent_step(agent, agent->clock()) == 0) {
        const struct timespec timeout = {
            .tv_sec = (time_t)(agent->idle_us_max / US_PER_S),
            .tv_nsec = (long)(agent->idle_us_max % US_PER_S) * NS_PER_US,
        };
        struct pollfd poll_fd = {.fd = agent->eventfd, .events = POLLIN};
        (void)ppoll(&poll_fd, 1, &timeout, NULL); /* an early return costs one idle step */
    }
    (void)atomic_exchange_explicit(&agent->is_asleep, false, memory_order_acq_rel);
    uint64_t count = 0;
    const ssize_t ignored = read(agent->eventfd, &count, sizeof count); /* EAGAIN: nobody woke us */
    (void)ignored;
}

/** Awake for the others (is_asleep stays false), so that none of them writes to the eventfd. */
static void rest(const struct fx_agent *agent, int work)
{
    const uint64_t wanted_us = (uint64_t)agent->rest_each_us * (uint64_t)work;
    const bool is_shorter = agent->rest_each_us > 0 && wanted_us < agent->rest_us;
    const long pause_us = is_shorter ? (long)wanted_us : (long)agent->rest_us;
    const struct timespec pause = {.tv_nsec = pause_us * NS_PER_US};
    if (agent->rest_us > 0 && work > 1) {
        (void)nanosleep(&pause, NULL); /* cut short, it only looks earlier */
    }
}

static void *run(void *argument)
{
    struct fx_agent *agent = argument;
    uint32_t idle_count = 0;
    while (!is_stopping(agent)) {
        const int work = fx_agent_step(agent, agent->clock());
        if (work > 0) {
            idle_count = 0;
            rest(agent, work);
        } else if (idle_count < agent->spin_count) {
            idle_count++;
            pause_briefly();
        } else {
            sleep_until_woken(agent);
        }
    }
    return NULL;
}

fx_status fx_agent_start(struct fx_agent *agent)
{
    FX_ASSERT(!agent->is_started);
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    int result = pthread_sigmask(SIG_SETMASK, &all, &before);
    FX_ASSERT(result == 0);
    const int create_result = pthread_create(&agent->thread, NULL, run, agent);
    result = pthread_sigmask(SIG_SETMASK, &before, NULL);
    FX_ASSERT(result == 0);
    if (create_result != 0) {
        return FX_NO_MEMORY;
    }
    agent->is_started = true;
    (void)pthread_setname_np(agent->thread, agent->name);
    return FX_OK;
}

void fx_agent_stop(struct fx_agent *agent)
{
    atomic_store_explicit(&agent->is_stopping, true, memory_order_release);
    fx_agent_wake(agent);
}

void fx_agent_join(struct fx_agent *agent)
{
    if (!agent->is_started) {
        return;
    }
    const int result = pthread_join(agent->thread, NULL);
    FX_ASSERT(result == 0);
    agent->is_started = false;
}

void fx_agent_wake(struct fx_agent *agent)
{
    if (!atomic_exchange_explicit(&agent->is_asleep, false, memory_order_acq_rel)) {
        return;
    }
    const uint64_t one = 1;
    const ssize_t size = write(agent->eventfd, &one, sizeof one);
    FX_ASSERT(size == (ssize_t)sizeof one); /* the counter cannot be full: one write per sleep */
}

bool fx_agent_is_asleep(struct fx_agent *agent)
{
    return atomic_load_explicit(&agent->is_asleep, memory_order_acquire);
}

const char *fx_agent_name(const struct fx_agent *agent)
{
    return agent->name;
}

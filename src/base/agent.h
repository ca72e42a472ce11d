/**
 * @file agent.h
 * An agent owns a piece of state and does bounded units of work on it, in a thread of its own or
 * stepped by hand (simulator, tests, several agents in one thread).
 *
 * In a thread: step until nothing was done for a short while, then sleep until woken or until
 * idle_us_max has passed. Nobody spins when idle. The clock is read once per step. Thread: as each
 * function says.
 */
#ifndef FX_BASE_AGENT_H
#define FX_BASE_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum {
    FX_AGENT_NAME_SIZE_MAX = 15,
    FX_AGENT_IDLE_US_MAX = 60000000,
    FX_AGENT_REST_US_MAX = 100000 /* also what a stop may have to wait */
};

/** One bounded unit of work at `now_us`. @return how much was done; 0 = idle. */
typedef int (*fx_agent_step_fn)(void *self, int64_t now_us);

/** A clock, in microseconds. */
typedef int64_t (*fx_agent_clock_fn)(void);

struct fx_agent_options {
    const char *name; /* 1..FX_AGENT_NAME_SIZE_MAX characters: the thread's name too */
    fx_agent_step_fn step;
    void *self;              /* given to step; kept */
    fx_agent_clock_fn clock; /* NULL: fx_clock_wall_us */
    uint32_t idle_us_max;    /* longest sleep, 1..FX_AGENT_IDLE_US_MAX */
    uint32_t spin_count;     /* idle steps before a sleep; 0 = sleep at once */
    uint32_t rest_us;        /* 0..FX_AGENT_REST_US_MAX: pause after a step that did more than one
                                thing, so that what comes meanwhile is done together and nobody
                                pays for a wake-up; a lone customer never waits */
    uint32_t rest_each_us;   /* the pause for each thing done, up to rest_us: the more there is to
                                do, the more is gathered; 0 = rest_us, however much was done */
};

struct fx_agent;

/** Make an agent; nothing runs yet. @return OK (*agent_out gives); NO_MEMORY; IO (no eventfd). */
FX_MUST_USE fx_status fx_agent_create(const struct fx_agent_options *options,
                                      struct fx_agent **agent_out);

/** Free an agent that was never started or was joined. Accepts NULL. */
void fx_agent_destroy(struct fx_agent *agent);

/** Step by hand. @return what the step did. Thread: the caller is the agent's thread meanwhile. */
int fx_agent_step(struct fx_agent *agent, int64_t now_us);

/**
 * Run in a new thread (all signals blocked there). At most once between create and join. @return OK
 * or NO_MEMORY (no thread). Thread: owner.
 */
FX_MUST_USE fx_status fx_agent_start(struct fx_agent *agent);

/** Ask the thread to end after its current step. May be repeated. Thread: any, but not a signal
 * handler. */
void fx_agent_stop(struct fx_agent *agent);

/** Wait for the end of the thread; no-op where none runs. Call fx_agent_stop() first. Thread:
 * owner. */
void fx_agent_join(struct fx_agent *agent);

/**
 * Make the agent step soon: call it after its queue was filled. Never blocks; costs one atomic
 * exchange, and a write(2) only where the agent sleeps. Thread: any.
 */
void fx_agent_wake(struct fx_agent *agent);

/** True where the agent sleeps or is about to. For tests and figures. Thread: any. */
bool fx_agent_is_asleep(struct fx_agent *agent);

/** The name, borrowed. Thread: any. */
const char *fx_agent_name(const struct fx_agent *agent);

#endif

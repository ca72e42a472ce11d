/* Passwords are checked in threads of their own: one check burns 0.1 s of CPU, which no loop may
 * lose. Each thread has a queue of jobs and one of answers; the number of jobs on the way is
 * bounded, so a flood of logins costs at most the threads it was given. */
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "base/agent.h"
#include "base/crypto.h"
#include "base/panic.h"
#include "base/password.h"
#include "base/ring.h"

enum { THREADS_MAX = 8, QUEUE_MAX = 4096, IDLE_US = 1000000 };

struct checker {
    struct fx_agent *agent;
    struct fx_ring *jobs;    /* struct fx_api_login_job *: a queue by value would keep passwords */
    struct fx_ring *answers; /* the same */
    struct fx_net_server *server;
    uint32_t cost;
    uint32_t count; /* jobs on the way; the gateway's */
};

struct fx_api_login {
    struct checker checkers[THREADS_MAX];
    uint32_t thread_count;
    uint32_t count;
    uint32_t count_max;
};

/* What comes out in user.password_hash is the new hash, or nothing. */
static fx_status work(const struct checker *checker, struct fx_api_login_job *job)
{
    const fx_str password = {job->password, job->password_size};
    const fx_str next = {job->next, job->next_size};
    fx_status status = FX_OK;
    if (job->purpose != FX_API_LOGIN_REGISTER) {
        status = job->user.id == 0
                     ? fx_password_verify_unknown(password, checker->cost)
                     : fx_password_verify(password, fx_str_of(job->user.password_hash));
    }
    fx_crypto_wipe(job->user.password_hash, sizeof job->user.password_hash);
    if (status == FX_OK && job->purpose != FX_API_LOGIN_ENTER) {
        status = fx_password_hash(next, checker->cost, job->user.password_hash);
    }
    return status;
}

static int check_one(void *self, int64_t now_us)
{
    struct checker *checker = self;
    struct fx_api_login_job *job = NULL;
    (void)now_us;
    if (!fx_ring_poll(checker->jobs, &job)) {
        return 0;
    }
    job->status = work(checker, job);
    fx_crypto_wipe(job->password, sizeof job->password);
    fx_crypto_wipe(job->next, sizeof job->next);
    const bool is_appended = fx_ring_append(checker->answers, &job);
    FX_ASSERT(is_appended); /* as large as the queue of jobs */
    fx_net_server_async(checker->server);
    return 1;
}

static void destroy_job(struct fx_api_login_job *job)
{
    fx_crypto_wipe(job, sizeof *job);
    free(job);
}

static void drain(struct fx_ring *ring)
{
    struct fx_api_login_job *job = NULL;
    while (ring != NULL && fx_ring_poll(ring, &job)) {
        destroy_job(job);
    }
}

static uint32_t power_of_two(uint32_t least)
{
    uint32_t power = 1;
    while (power < least) {
        power *= 2;
    }
    return power;
}

static fx_status start(struct checker *checker,
                       const struct fx_api_options *options,
                       uint32_t capacity)
{
    const struct fx_agent_options agent = {
        .name = "fx-password", .step = check_one, .self = checker, .idle_us_max = IDLE_US};
    checker->server = options->server;
    checker->cost = options->password_cost;
    checker->jobs = fx_ring_create(sizeof(struct fx_api_login_job *), capacity);
    checker->answers = fx_ring_create(sizeof(struct fx_api_login_job *), capacity);
    if (checker->jobs == NULL || checker->answers == NULL) {
        return FX_NO_MEMORY;
    }
    const fx_status status = fx_agent_create(&agent, &checker->agent);
    return status == FX_OK ? fx_agent_start(checker->agent) : status;
}

fx_status fx_api_login_create(const struct fx_api_options *options, struct fx_api_login **login_out)
{
    struct fx_api_login *login = calloc(1, sizeof *login);
    if (login == NULL) {
        return FX_NO_MEMORY;
    }
    const uint32_t asked = options->password_queue;
    login->thread_count =
        options->password_threads < THREADS_MAX ? options->password_threads : THREADS_MAX;
    login->count_max = asked < QUEUE_MAX ? asked : QUEUE_MAX;
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < login->thread_count && status == FX_OK; index++) {
        status = start(&login->checkers[index], options, power_of_two(login->count_max));
    }
    if (status != FX_OK) {
        fx_api_login_destroy(login);
        return status;
    }
    *login_out = login;
    return FX_OK;
}

void fx_api_login_stop(struct fx_api_login *login)
{
    for (uint32_t index = 0; index < login->thread_count; index++) {
        if (login->checkers[index].agent != NULL) {
            fx_agent_stop(login->checkers[index].agent);
        }
    }
    for (uint32_t index = 0; index < login->thread_count; index++) {
        if (login->checkers[index].agent != NULL) {
            fx_agent_join(login->checkers[index].agent);
        }
    }
}

void fx_api_login_destroy(struct fx_api_login *login)
{
    if (login == NULL) {
        return;
    }
    fx_api_login_stop(login);
    for (uint32_t index = 0; index < login->thread_count; index++) {
        struct checker *checker = &login->checkers[index];
        fx_agent_destroy(checker->agent);
        drain(checker->jobs);
        drain(checker->answers);
        fx_ring_destroy(checker->jobs);
        fx_ring_destroy(checker->answers);
    }
    free(login);
}

fx_status fx_api_login_submit(struct fx_api_login *login, const struct fx_api_login_job *job)
{
    if (login->count == login->count_max) {
        return FX_BUSY;
    }
    struct checker *least = &login->checkers[0];
    for (uint32_t index = 1; index < login->thread_count; index++) {
        if (login->checkers[index].count < least->count) {
            least = &login->checkers[index];
        }
    }
    struct fx_api_login_job *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return FX_NO_MEMORY;
    }
    *copy = *job;
    if (!fx_ring_append(least->jobs, &copy)) {
        destroy_job(copy);
        return FX_BUSY;
    }
    least->count++;
    login->count++;
    fx_agent_wake(least->agent);
    return FX_OK;
}

bool fx_api_login_poll(struct fx_api_login *login, struct fx_api_login_job *job_out)
{
    for (uint32_t index = 0; index < login->thread_count; index++) {
        struct checker *checker = &login->checkers[index];
        struct fx_api_login_job *job = NULL;
        if (fx_ring_poll(checker->answers, &job)) {
            *job_out = *job;
            destroy_job(job);
            checker->count--;
            login->count--;
            return true;
        }
    }
    return false;
}

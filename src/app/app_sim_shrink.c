#include "app/app_sim_shrink.h"

#include "sim/sim_plan.h"

struct shrinking {
    struct fx_app_sim_child *child;
    struct fx_sim_options best;
    uint32_t tries;
    uint32_t tries_max;
};

/* Keep the smaller world where it fails as well, whatever it is that fails. */
static bool try_smaller(struct shrinking *shrinking, const struct fx_sim_options *smaller)
{
    if (shrinking->tries >= shrinking->tries_max) {
        return false;
    }
    shrinking->tries++;
    if (!fx_app_sim_child_try(shrinking->child, smaller)) {
        return false;
    }
    shrinking->best = *smaller;
    return true;
}

static void shrink_clients(struct shrinking *shrinking)
{
    bool is_smaller = false;
    for (uint32_t clients = 1; clients < FX_SIM_PLAN_CLIENTS_MAX && !is_smaller; clients++) {
        struct fx_sim_options smaller = shrinking->best;
        smaller.cut.clients_max = clients;
        is_smaller = try_smaller(shrinking, &smaller);
    }
}

static void shrink_faults(struct shrinking *shrinking)
{
    struct fx_sim_options smaller = shrinking->best;
    smaller.cut.is_network_kind = true;
    (void)try_smaller(shrinking, &smaller);
    smaller = shrinking->best;
    smaller.cut.is_store_kind = true;
    (void)try_smaller(shrinking, &smaller);
    smaller = shrinking->best;
    smaller.cut.fault_mask = (1U << FX_SIM_PLAN_FAULTS) - 1;
    if (try_smaller(shrinking, &smaller)) {
        return;
    }
    for (uint32_t fault = 0; fault < FX_SIM_PLAN_FAULTS; fault++) {
        smaller = shrinking->best;
        smaller.cut.fault_mask |= 1U << fault;
        (void)try_smaller(shrinking, &smaller);
    }
}

/* Halve, then creep. */
static void shrink_requests(struct shrinking *shrinking, uint32_t most)
{
    uint32_t step = most / 2;
    uint32_t count = most;
    while (step > 0) {
        struct fx_sim_options smaller = shrinking->best;
        smaller.cut.requests_max = count > step ? count - step : 1;
        if (smaller.cut.requests_max < count && try_smaller(shrinking, &smaller)) {
            count = smaller.cut.requests_max;
        } else {
            step /= 2;
        }
    }
}

uint32_t fx_app_sim_shrink(struct fx_app_sim_child *child,
                           struct fx_sim_options *options,
                           uint32_t tries_max)
{
    struct shrinking shrinking = {.child = child, .best = *options, .tries_max = tries_max};
    struct fx_sim_plan plan;
    fx_sim_plan_draw(&plan, options->seed);
    shrink_clients(&shrinking);
    shrink_faults(&shrinking);
    shrink_requests(&shrinking, plan.request_count);
    *options = shrinking.best;
    (void)fx_app_sim_child_try(child, options);
    return shrinking.tries;
}

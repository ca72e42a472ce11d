/**
 * @file push_budget.h
 * How many requests one connection may still make: a bucket that fills by the clock (P9). Pure.
 * Thread: the owner's.
 */
#ifndef FX_PUSH_PUSH_BUDGET_H
#define FX_PUSH_PUSH_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FX_PUSH_BUDGET_MAX = 400, /* requests that a client may make at once … */
    FX_PUSH_BUDGET_MS = 100   /* … and how long it takes to earn another one */
};

struct fx_push_budget {
    int64_t at_ms; /* when it had earned all of `left` */
    uint32_t left;
};

/** Make a full one. */
void fx_push_budget_init(struct fx_push_budget *budget, int64_t now_ms);

/** Take one request off. @return false where nothing is left. */
bool fx_push_budget_spend(struct fx_push_budget *budget, int64_t now_ms);

#endif

#include "push/push_budget.h"

void fx_push_budget_init(struct fx_push_budget *budget, int64_t now_ms)
{
    *budget = (struct fx_push_budget){.at_ms = now_ms, .left = FX_PUSH_BUDGET_MAX};
}

bool fx_push_budget_spend(struct fx_push_budget *budget, int64_t now_ms)
{
    const int64_t earned = (now_ms - budget->at_ms) / FX_PUSH_BUDGET_MS;
    if (earned >= FX_PUSH_BUDGET_MAX - (int64_t)budget->left) {
        fx_push_budget_init(budget, now_ms);
    } else {
        budget->left += (uint32_t)earned;
        budget->at_ms += earned * FX_PUSH_BUDGET_MS;
    }
    if (budget->left == 0) {
        return false;
    }
    budget->left--;
    return true;
}

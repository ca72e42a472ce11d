#include "sim/sim_mark.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/panic.h"

static const char *const NAMES[] = {
#define X(name, text) #name,
#include "sim/sim_marks.def"
#undef X
};

/* What the engine can answer in these worlds, beside OK. */
static const fx_status REJECTS[] = {
    FX_ACCOUNT_NOT_FOUND,
    FX_ORDER_NOT_FOUND,
    FX_INSUFFICIENT_MARGIN,
    FX_INSUFFICIENT_BALANCE,
    FX_PRICE_FILTER,
    FX_LOT_SIZE,
    FX_MARKET_LOT_SIZE,
    FX_MIN_NOTIONAL,
    FX_PERCENT_PRICE,
    FX_MAX_NUM_ORDERS,
    FX_MAX_NUM_ALGO_ORDERS,
    FX_POST_ONLY_WOULD_TAKE,
    FX_FOK_NOT_FILLED,
    FX_REDUCE_ONLY_REJECTED,
    FX_DUPLICATE_CLIENT_ORDER_ID,
    FX_LEVERAGE_TOO_HIGH,
    FX_BAD_LEVERAGE,
    FX_MARGIN_MODE_LOCKED,
    FX_POSITION_NOT_FOUND,
    FX_NOT_ISOLATED,
    FX_INSTRUMENT_HALTED,
    FX_TRADING_NOT_ALLOWED,
    FX_CAPACITY,
    FX_SELF_TRADE,
    FX_OPEN_INTEREST_CAP,
    FX_BAD_TIME_IN_FORCE,
    FX_EXPIRE_TIME_TOO_EARLY,
    FX_MARGIN_NOT_REMOVABLE,
    FX_TRIGGER_WOULD_FIRE,
    FX_NO_TRIGGER_PRICE,
    FX_UNKNOWN_SYMBOL,
    FX_BAD_PARAMETER,
    FX_TAKER_LIMIT,
    FX_NO_LIQUIDITY,
    FX_POSITION_MODE_LOCKED,
    FX_POSITION_SIDE_MISMATCH,
    FX_IMMUTABLE,
    FX_TRIGGER_WRONG_SIDE,
    FX_LIQUIDATING,
    FX_MARK_STALE,
    FX_ACCOUNT_FROZEN,
    FX_BAD_STATE_CHANGE,
    FX_NO_SETTLEMENT_PRICE,
    FX_SYMBOL_SETTLED,
};

enum { REJECT_COUNT = sizeof REJECTS / sizeof REJECTS[0] };

void fx_sim_mark_hit(struct fx_sim_marks *marks, enum fx_sim_mark mark)
{
    marks->counts[mark]++;
}

void fx_sim_mark_status(struct fx_sim_marks *marks, fx_status status)
{
    FX_ASSERT((uint32_t)status < FX_SIM_MARK_STATUS_MAX);
    marks->statuses[status]++;
}

void fx_sim_mark_add(struct fx_sim_marks *marks, const struct fx_sim_marks *other)
{
    for (uint32_t index = 0; index < FX_SIM_MARK_COUNT; index++) {
        marks->counts[index] += other->counts[index];
    }
    for (uint32_t index = 0; index < FX_SIM_MARK_STATUS_MAX; index++) {
        marks->statuses[index] += other->statuses[index];
    }
}

bool fx_sim_mark_next_missed(const struct fx_sim_marks *marks,
                             uint32_t *cursor,
                             char name_out[FX_SIM_MARK_NAME_SIZE])
{
    while (*cursor < FX_SIM_MARK_COUNT + REJECT_COUNT) {
        const uint32_t index = *cursor;
        (*cursor)++;
        const bool is_reject = index >= FX_SIM_MARK_COUNT;
        const fx_status reject = is_reject ? REJECTS[index - FX_SIM_MARK_COUNT] : FX_OK;
        const uint64_t count = is_reject ? marks->statuses[reject] : marks->counts[index];
        if (count == 0) {
            (void)snprintf(name_out,
                           FX_SIM_MARK_NAME_SIZE,
                           "%s%s",
                           is_reject ? "REJECT_" : "",
                           is_reject ? fx_status_name(reject) : NAMES[index]);
            return true;
        }
    }
    return false;
}

uint32_t fx_sim_mark_total(void)
{
    return FX_SIM_MARK_COUNT + REJECT_COUNT;
}

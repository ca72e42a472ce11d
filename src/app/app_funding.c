#include "app/app_funding.h"

#include <string.h>

enum { US_PER_SECOND = 1000000 };

/* The instant before `now_us`; 0: it has none. */
static int64_t instant_of(const struct fx_market_symbol *symbol, int64_t now_us)
{
    const int64_t interval_us = (int64_t)symbol->definition.funding_interval_s * US_PER_SECOND;
    if (symbol->definition.kind != FX_INSTRUMENT_KIND_PERPETUAL || interval_us <= 0) {
        return 0;
    }
    return (now_us - US_PER_SECOND) / interval_us * interval_us;
}

uint32_t fx_app_funding_tick(struct fx_app_funding *funding,
                             const struct fx_market *market,
                             int64_t now_us,
                             fx_app_funding_submit_fn submit,
                             void *context)
{
    uint32_t count = 0;
    for (uint32_t id = 0; id < FX_INSTRUMENTS_MAX; id++) {
        const struct fx_market_symbol *symbol = fx_market_at(market, id);
        if (symbol == NULL) {
            continue;
        }
        const int64_t instant_us = instant_of(symbol, now_us);
        if (instant_us <= funding->told_us[id]) {
            continue;
        }
        struct fx_command command;
        memset(&command, 0, sizeof command);
        command.kind = FX_COMMAND_PAY_FUNDING;
        command.instrument = symbol->definition.instrument_id;
        if (submit(context, &command)) { /* else at the next tick */
            funding->told_us[id] = instant_us;
            count++;
        }
    }
    return count;
}

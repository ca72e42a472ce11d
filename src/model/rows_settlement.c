#include "model/rows_settlement.h"

#include <string.h>

#include "base/panic.h"

const char *fx_rows_settlement_phase_name(enum fx_settlement_phase phase)
{
    static const char NAMES[][16] = {
        [FX_SETTLEMENT_PHASE_WAITING] = "WAITING",
        [FX_SETTLEMENT_PHASE_CANCELING] = "CANCELING",
        [FX_SETTLEMENT_PHASE_CLOSING] = "CLOSING",
        [FX_SETTLEMENT_PHASE_DONE] = "DONE",
    };
    FX_ASSERT(phase >= FX_SETTLEMENT_PHASE_WAITING && phase <= FX_SETTLEMENT_PHASE_DONE);
    return NAMES[phase];
}

void fx_rows_settlement_of(const struct fx_event *event,
                           const struct fx_instrument *instrument,
                           struct fx_rows_settlement *row_out)
{
    const struct fx_event_settlement *settlement = &event->u.settlement;
    FX_ASSERT(event->kind == FX_EVENT_SETTLEMENT);
    FX_ASSERT(settlement->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    row_out->price = fx_instrument_price(instrument, (fx_px){settlement->price_ticks});
    row_out->remainder = settlement->remainder;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->positions = settlement->positions;
    row_out->covered_us = settlement->covered_us;
    row_out->created_us = event->time_us;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
    const fx_str phase =
        fx_str_of(fx_rows_settlement_phase_name((enum fx_settlement_phase)settlement->phase));
    const bool is_copied = fx_str_copy(phase, row_out->phase, sizeof row_out->phase);
    FX_ASSERT(is_copied);
}

#include "model/rows_funding.h"

#include <string.h>

#include "base/panic.h"
#include "model/rows.h"

void fx_rows_funding_of(const struct fx_event *event,
                        const struct fx_instrument *instrument,
                        struct fx_rows_funding *row_out)
{
    const struct fx_event_funding *funding = &event->u.funding;
    FX_ASSERT(event->kind == FX_EVENT_FUNDING);
    FX_ASSERT(funding->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    row_out->rate = fx_rows_rate(funding->rate_ppb);
    row_out->mark_price = fx_instrument_price(instrument, (fx_px){funding->mark_ticks});
    row_out->index_price = fx_instrument_price(instrument, (fx_px){funding->index_ticks});
    row_out->paid = funding->paid;
    row_out->received = funding->received;
    row_out->insured = funding->insured;
    row_out->remainder = funding->remainder;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->funding_us = funding->instant_us;
    row_out->created_us = event->time_us;
    row_out->positions = funding->positions;
    row_out->is_skipped = funding->is_skipped != 0;
    row_out->symbol = instrument->symbol;
    row_out->asset = instrument->settle;
}

bool fx_rows_funding_is_payment(const struct fx_event *event)
{
    return event->kind == FX_EVENT_TRANSACTION &&
           event->u.transaction.type == FX_TRANSACTION_FUNDING_FEE &&
           event->u.transaction.position_id != 0;
}

void fx_rows_funding_payment_of(const struct fx_event *event,
                                const struct fx_instrument *instrument,
                                struct fx_rows_funding_payment *row_out)
{
    const struct fx_event_transaction *payment = &event->u.transaction;
    FX_ASSERT(fx_rows_funding_is_payment(event));
    FX_ASSERT(payment->instrument == instrument->instrument_id);
    memset(row_out, 0, sizeof *row_out);
    row_out->amount = payment->amount;
    row_out->rate = fx_rows_rate(payment->rate_ppb);
    row_out->quantity = fx_instrument_quantity(instrument, (fx_qty){payment->lots});
    row_out->mark_price = fx_instrument_price(instrument, (fx_px){payment->mark_ticks});
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->user_id = payment->user_id;
    row_out->account_id = payment->account_id;
    row_out->position_id = payment->position_id;
    row_out->funding_us = payment->instant_us;
    row_out->created_us = event->time_us;
    row_out->symbol = instrument->symbol;
    row_out->asset = payment->asset;
}

void fx_rows_funding_insurance_of(const struct fx_event *event,
                                  const struct fx_instrument *instrument,
                                  struct fx_rows_funding_insurance *row_out)
{
    const struct fx_event_insurance *insurance = &event->u.insurance;
    const fx_str reason =
        fx_str_of(fx_event_risk_reason_name((enum fx_insurance_reason)insurance->reason));
    FX_ASSERT(event->kind == FX_EVENT_INSURANCE);
    FX_ASSERT((instrument == NULL) == (insurance->instrument == FX_COMMAND_ALL_INSTRUMENTS));
    memset(row_out, 0, sizeof *row_out);
    row_out->amount = insurance->change;
    row_out->balance = insurance->balance;
    row_out->operation_id = fx_event_operation_id(event);
    row_out->id = row_out->operation_id;
    row_out->created_us = event->time_us;
    row_out->asset = insurance->asset;
    const bool is_copied = fx_str_copy(reason, row_out->reason, sizeof row_out->reason);
    FX_ASSERT(is_copied);
    if (instrument != NULL) {
        row_out->symbol = instrument->symbol;
        row_out->quantity = fx_instrument_quantity(instrument, (fx_qty){insurance->lots});
    }
}

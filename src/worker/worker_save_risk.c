#include "worker/worker_save_risk.h"

#include <stdlib.h>
#include <string.h>

#include "model/rows_funding.h"
#include "model/rows_risk.h"
#include "store/store_funding.h"
#include "store/store_liquidation.h"
#include "store/store_settlement.h"

enum { CHUNK = 64 }; /* rows handed to the store together */

struct fx_worker_save_risk {
    struct fx_rows_liquidation liquidations[CHUNK];
    struct fx_rows_funding_payment payments[CHUNK];
    struct fx_rows_funding_insurance insurances[CHUNK];
    struct fx_rows_funding fundings[CHUNK];
    struct fx_rows_settlement settlements[CHUNK];
    uint32_t liquidation_count;
    uint32_t payment_count;
    uint32_t insurance_count;
    uint32_t funding_count;
    uint32_t settlement_count;
    uint64_t written;
};

fx_status fx_worker_save_risk_create(struct fx_worker_save_risk **risk_out)
{
    struct fx_worker_save_risk *risk = NULL;
    if (posix_memalign((void **)&risk, 64, sizeof *risk) != 0) {
        return FX_NO_MEMORY;
    }
    memset(risk, 0, sizeof *risk);
    *risk_out = risk;
    return FX_OK;
}

void fx_worker_save_risk_destroy(struct fx_worker_save_risk *risk)
{
    free(risk);
}

void fx_worker_save_risk_forget(struct fx_worker_save_risk *risk)
{
    risk->liquidation_count = 0;
    risk->payment_count = 0;
    risk->insurance_count = 0;
    risk->funding_count = 0;
    risk->settlement_count = 0;
    risk->written = 0;
}

/* The rows that wait, all of them. */
static fx_status flush(struct fx_worker_save_risk *risk, struct fx_store *store)
{
    fx_status status = FX_OK;
    if (risk->liquidation_count > 0) {
        status = fx_store_liquidation_save(store, risk->liquidations, risk->liquidation_count);
    }
    if (status == FX_OK && risk->payment_count > 0) {
        status = fx_store_funding_save_payments(store, risk->payments, risk->payment_count);
    }
    if (status == FX_OK && risk->insurance_count > 0) {
        status = fx_store_funding_save_insurance(store, risk->insurances, risk->insurance_count);
    }
    if (status == FX_OK && risk->funding_count > 0) {
        status = fx_store_funding_save(store, risk->fundings, risk->funding_count);
    }
    if (status == FX_OK && risk->settlement_count > 0) {
        status = fx_store_settlement_save(store, risk->settlements, risk->settlement_count);
    }
    const uint64_t written = risk->written + risk->liquidation_count + risk->payment_count +
                             risk->insurance_count + risk->funding_count + risk->settlement_count;
    fx_worker_save_risk_forget(risk);
    risk->written = written;
    return status;
}

fx_status fx_worker_save_risk_add(struct fx_worker_save_risk *risk,
                                  struct fx_store *store,
                                  const struct fx_instrument *instrument,
                                  const struct fx_event *event)
{
    uint32_t *count = NULL;
    switch ((int)event->kind) {
    case FX_EVENT_LIQUIDATION:
        count = &risk->liquidation_count;
        fx_rows_risk_liquidation_of(event, instrument, &risk->liquidations[*count]);
        break;
    case FX_EVENT_INSURANCE:
        count = &risk->insurance_count;
        fx_rows_funding_insurance_of(event, instrument, &risk->insurances[*count]);
        break;
    case FX_EVENT_FUNDING:
        if (event->u.funding.is_complete == 0 && event->u.funding.is_skipped == 0) {
            return FX_OK;
        }
        count = &risk->funding_count;
        fx_rows_funding_of(event, instrument, &risk->fundings[*count]);
        break;
    case FX_EVENT_SETTLEMENT:
        count = &risk->settlement_count;
        fx_rows_settlement_of(event, instrument, &risk->settlements[*count]);
        break;
    case FX_EVENT_TRANSACTION:
        if (!fx_rows_funding_is_payment(event)) {
            return FX_OK;
        }
        count = &risk->payment_count;
        fx_rows_funding_payment_of(event, instrument, &risk->payments[*count]);
        break;
    default:
        return FX_OK;
    }
    (*count)++;
    return *count == CHUNK ? flush(risk, store) : FX_OK;
}

fx_status fx_worker_save_risk_flush(struct fx_worker_save_risk *risk,
                                    struct fx_store *store,
                                    uint64_t *count)
{
    const fx_status status = flush(risk, store);
    *count += risk->written;
    risk->written = 0;
    return status;
}

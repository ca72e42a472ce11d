/**
 * @file store_funding.h
 * Fundings (one per symbol and instant), what each position paid or received for them, and the
 * movements of the insurance funds: facts. Thread: the handle's.
 */
#ifndef FX_STORE_STORE_FUNDING_H
#define FX_STORE_STORE_FUNDING_H

#include "model/rows_funding.h"
#include "store/store.h"

/** Zero and empty mean "any", but for page.limit. */
struct fx_store_funding_query {
    uint64_t user_id; /* payments only, must be given there */
    fx_str symbol;
    fx_str asset;              /* not fundings, which have none */
    struct fx_store_span span; /* of the funding's instant; insurance: of the creation */
    struct fx_store_page page;
};

/** Insert; what is there must be equal. @return OK; CORRUPT where it differs. */
FX_MUST_USE fx_status fx_store_funding_save(struct fx_store *store,
                                            const struct fx_rows_funding rows[],
                                            uint32_t count);
FX_MUST_USE fx_status fx_store_funding_save_payments(struct fx_store *store,
                                                     const struct fx_rows_funding_payment rows[],
                                                     uint32_t count);
FX_MUST_USE fx_status fx_store_funding_save_insurance(struct fx_store *store,
                                                      const struct fx_rows_funding_insurance rows[],
                                                      uint32_t count);

/** List, newest first. */
FX_MUST_USE fx_status fx_store_funding_list(struct fx_store *store,
                                            const struct fx_store_funding_query *query,
                                            struct fx_rows_funding rows_out[],
                                            uint32_t *count_out);
FX_MUST_USE fx_status fx_store_funding_list_payments(struct fx_store *store,
                                                     const struct fx_store_funding_query *query,
                                                     struct fx_rows_funding_payment rows_out[],
                                                     uint32_t *count_out);
FX_MUST_USE fx_status fx_store_funding_list_insurance(struct fx_store *store,
                                                      const struct fx_store_funding_query *query,
                                                      struct fx_rows_funding_insurance rows_out[],
                                                      uint32_t *count_out);

#endif

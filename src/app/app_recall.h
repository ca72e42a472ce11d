/**
 * @file app_recall.h
 * What a dump of the engine does not know: by which change, and when, an account or a position
 * became what it is; the last fundings and the insurance funds. The tables know it, and at a start
 * they are complete. Thread: the owner's.
 */
#ifndef FX_APP_APP_RECALL_H
#define FX_APP_APP_RECALL_H

#include "market/market.h"
#include "store/store.h"
#include "view/view.h"

/** Give the market the last funding of each symbol and what each insurance fund has. @return OK;
 * what the store says. */
FX_MUST_USE fx_status fx_app_recall_market(struct fx_store *store, struct fx_market *market);

/** Give every account and position of the view its operationId and time back. O(rows).
 * @return OK; NO_MEMORY; what the store says. */
FX_MUST_USE fx_status fx_app_recall_rows(struct fx_store *store, struct fx_view *view);

#endif

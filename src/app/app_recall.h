/**
 * @file app_recall.h
 * What a dump of the engine does not know: by which change, and when, an account or a position
 * became what it is. The tables know it, and at a start they are complete. Thread: the owner's.
 */
#ifndef FX_APP_APP_RECALL_H
#define FX_APP_APP_RECALL_H

#include "store/store.h"
#include "view/view.h"

/** Give every account and position of the view its operationId and time back. O(rows).
 * @return OK; NO_MEMORY; what the store says. */
FX_MUST_USE fx_status fx_app_recall_rows(struct fx_store *store, struct fx_view *view);

#endif

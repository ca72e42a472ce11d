/**
 * @file app_history.h
 * What the read models cannot get from a dump: the newest bars of the charts and the last trades,
 * from the database. Thread: the main thread, before anything runs.
 */
#ifndef FX_APP_APP_HISTORY_H
#define FX_APP_APP_HISTORY_H

#include "base/status.h"
#include "market/market.h"
#include "store/store.h"

/**
 * Fill each instrument's candles (and so the 24 hours of its ticker) and its last trade. Nothing
 * may have been folded yet but a dump. O(bars kept), whatever was traded.
 * @return OK; CORRUPT where a row does not fit its instrument; of the database; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_history_load(struct fx_store *reader, const struct fx_market *market);

#endif

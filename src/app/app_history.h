/**
 * @file app_history.h
 * What the read models cannot get from a dump: the trades of the last 24 hours, from the database.
 * Thread: the main thread, before anything runs.
 */
#ifndef FX_APP_APP_HISTORY_H
#define FX_APP_APP_HISTORY_H

#include "base/status.h"
#include "market/market.h"
#include "store/store.h"

/**
 * Fill the ticker of each instrument from its stored trades: those of the 24 hours before the
 * market's time, and the last one whenever it was. The tickers must be empty.
 * @return OK; CORRUPT where a trade does not fit its instrument; of the database; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_history_load(struct fx_store *reader, const struct fx_market *market);

#endif

/**
 * @file view.h
 * The private read model of one process: accounts, positions and open orders of every user, as
 * rows.
 *
 * A fold of ACCOUNT, POSITION, ORDER, INSTRUMENT, TIER and MARK events, rebuilt from a dump at any
 * time; it never decides about money. Look-ups are by (user, id): a foreign id is simply not found
 * (V1). A row older than the one held (operationId) is ignored (V2). Pointers given out are valid
 * until the next apply. Thread: the gateway's.
 */
#ifndef FX_VIEW_VIEW_H
#define FX_VIEW_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "model/event.h"
#include "model/rows.h"

/** Orders that are still found after their end: many times what the savers may be behind. */
enum { FX_VIEW_ENDED_MAX = 32768 };

/** Zero = defaults: 1 M each; of the orders the open ones. */
struct fx_view_limits {
    uint32_t accounts_max;
    uint32_t positions_max;
    uint32_t orders_max;
};

struct fx_view;

/** What the view knows of an instrument. */
struct fx_view_symbol {
    struct fx_instrument definition;
    struct fx_tier tiers[FX_TIERS_MAX]; /* definition.tier_count of them */
    int64_t mark_ticks;                 /* 0 = none yet */
};

/** Make an empty view. @return NULL without memory; gives. */
struct fx_view *fx_view_create(const struct fx_view_limits *limits);

/** Free it. Accepts NULL. */
void fx_view_destroy(struct fx_view *view);

/**
 * Fold one event. DUMP_BEGIN empties the view. @return OK; NO_MEMORY or CAPACITY: the view is no
 * longer complete and its process must stop.
 */
FX_MUST_USE fx_status fx_view_apply(struct fx_view *view, const struct fx_event *event);

/**
 * Tell the view by which change, and when, an account or a position became what it is: id,
 * operation_id and updated_us of a stored row. Only between a dump, which says no more than which
 * command was the last of all, and the first event behind it. An unknown id is ignored.
 */
void fx_view_recall_account(struct fx_view *view, const struct fx_rows_account *stored);
void fx_view_recall_position(struct fx_view *view, const struct fx_rows_position *stored);

/** The row that the last applied event became, where it was ORDER, ACCOUNT or POSITION. */
const struct fx_rows_order *fx_view_last_order(const struct fx_view *view);
const struct fx_rows_account *fx_view_last_account(const struct fx_view *view);
const struct fx_rows_position *fx_view_last_position(const struct fx_view *view);

/** Sequence of the last event applied. */
uint64_t fx_view_sequence(const struct fx_view *view);

/** An open order of this user; NULL where there is none. */
const struct fx_rows_order *fx_view_order(const struct fx_view *view,
                                          uint64_t user_id,
                                          uint64_t order_id);

/** By the id handed out with the 202, or by clientOrderId; open orders only. */
const struct fx_rows_order *fx_view_order_by_tmp(const struct fx_view *view,
                                                 uint64_t user_id,
                                                 uint64_t tmp_id);
const struct fx_rows_order *fx_view_order_by_client(const struct fx_view *view,
                                                    uint64_t user_id,
                                                    fx_str client_id);

/**
 * The same three look-ups, where the newest FX_VIEW_ENDED_MAX orders that ended are found too, in
 * their final state: the tables may not have it yet.
 */
const struct fx_rows_order *fx_view_recent(const struct fx_view *view,
                                           uint64_t user_id,
                                           uint64_t order_id);
const struct fx_rows_order *fx_view_recent_by_tmp(const struct fx_view *view,
                                                  uint64_t user_id,
                                                  uint64_t tmp_id);
const struct fx_rows_order *fx_view_recent_by_client(const struct fx_view *view,
                                                     uint64_t user_id,
                                                     fx_str client_id);

/** Walk the open orders of a user, newest first. *cursor = 0 to begin. @return NULL at the end. */
const struct fx_rows_order *fx_view_next_order(const struct fx_view *view,
                                               uint64_t user_id,
                                               uint32_t *cursor);

/** The same for positions (settings of symbols without a position included) and accounts, oldest
 * first. */
const struct fx_rows_position *fx_view_next_position(const struct fx_view *view,
                                                     uint64_t user_id,
                                                     uint32_t *cursor);
const struct fx_rows_account *fx_view_next_account(const struct fx_view *view,
                                                   uint64_t user_id,
                                                   uint32_t *cursor);

/** Walk the open orders, positions and accounts of everybody, in any order. *cursor = 0 to begin;
 * what comes or goes meanwhile may be met or not. @return NULL at the end. */
const struct fx_rows_order *fx_view_walk_order(const struct fx_view *view, uint32_t *cursor);
const struct fx_rows_position *fx_view_walk_position(const struct fx_view *view, uint32_t *cursor);
const struct fx_rows_account *fx_view_walk_account(const struct fx_view *view, uint32_t *cursor);

/** One of them; NULL where absent. */
const struct fx_rows_position *fx_view_position(const struct fx_view *view,
                                                uint64_t user_id,
                                                uint32_t instrument,
                                                enum fx_position_side side);
const struct fx_rows_account *fx_view_account(const struct fx_view *view,
                                              uint64_t user_id,
                                              fx_str asset);

/** The instrument of a row that this view gave out. */
const struct fx_view_symbol *fx_view_symbol(const struct fx_view *view, uint32_t instrument);

/** What all positions of an instrument add up to, in units of quantity. After a whole command both
 * are the same: every trade makes as much of one as of the other. */
struct fx_view_interest {
    fx_i128 longs;
    fx_i128 shorts; /* >= 0 */
};

/** The open interest of an instrument (below FX_INSTRUMENTS_MAX). O(1). */
struct fx_view_interest fx_view_interest(const struct fx_view *view, uint32_t instrument);

/** Figures. */
uint32_t fx_view_order_count(const struct fx_view *view);
uint32_t fx_view_account_count(const struct fx_view *view);

#endif

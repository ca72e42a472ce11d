/**
 * @file view_margin.h
 * What an account or a position is worth at the mark, as the engine counts it (docs/rules/margin.md
 * sections 1, 2, 4): for showing only, exact at the view's sequence. O(positions of the user).
 * Thread: the gateway's.
 */
#ifndef FX_VIEW_VIEW_MARGIN_H
#define FX_VIEW_VIEW_MARGIN_H

#include "view/view.h"

/** Of one position; settle units. Without a mark the entry value stands for the value at mark. */
struct fx_view_margin_position {
    fx_i128 mark_price; /* 0 = none yet */
    fx_i128 notional;   /* value at mark */
    fx_i128 unrealized;
    fx_i128 initial; /* notional / leverage, up */
    fx_i128 maintenance;
};

/** Of one account; units of its asset. */
struct fx_view_margin_account {
    fx_i128 isolated;     /* margins of isolated positions */
    fx_i128 initial;      /* of cross positions */
    fx_i128 reserved;     /* by open orders */
    fx_i128 unrealized;   /* of all positions */
    fx_i128 maintenance;  /* of all positions */
    fx_i128 available;    /* for new orders; may be negative */
    fx_i128 withdrawable; /* >= 0 */
};

void fx_view_margin_of_position(const struct fx_view *view,
                                const struct fx_rows_position *row,
                                struct fx_view_margin_position *margin_out);
void fx_view_margin_of_account(const struct fx_view *view,
                               const struct fx_rows_account *row,
                               struct fx_view_margin_account *margin_out);

#endif

/* What protects a position: orders that its row names as its take profit and its stop loss. Each
 * has to be there, its own, and close it: a position would silently be without what its row
 * promises. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "worker/worker_load_int.h"

enum { PROTECTING_MAX = 1 << 24 };

bool fx_worker_load_protect_keep(struct fx_worker_load_reading *reading,
                                 uint64_t order_id,
                                 const struct fx_rows_position *row)
{
    const enum fx_side closing = row->current_qty > 0 ? FX_SIDE_SELL : FX_SIDE_BUY;
    if (order_id == 0) {
        return true;
    }
    if (!fx_worker_load_read_grow((void **)&reading->protecting,
                                  reading->protecting_count,
                                  sizeof reading->protecting[0],
                                  PROTECTING_MAX)) {
        return false;
    }
    reading->protecting[reading->protecting_count++] =
        (struct fx_worker_load_protecting){.order_id = order_id,
                                           .position_id = row->id,
                                           .user_id = row->user_id,
                                           .symbol = row->symbol,
                                           .position_side = row->position_side,
                                           .side = row->current_qty == 0 ? 0 : closing};
    return true;
}

static struct fx_worker_load_list list_orders(const struct fx_worker_load_reading *reading)
{
    return (struct fx_worker_load_list){.items = reading->protecting,
                                        .size = sizeof reading->protecting[0],
                                        .id_at =
                                            offsetof(struct fx_worker_load_protecting, order_id),
                                        .count = reading->protecting_count};
}

/* Whether a position names the order; NULL where none does. */
struct fx_worker_load_protecting *fx_worker_load_protect_find(
    const struct fx_worker_load_reading *reading, uint64_t order_id)
{
    const struct fx_worker_load_list list = list_orders(reading);
    return fx_worker_load_read_find(&list, order_id);
}

/* Sorted, so that they are found; an order closes one position only. */
fx_status fx_worker_load_protect_sort(struct fx_worker_load_reading *reading)
{
    const struct fx_worker_load_list list = list_orders(reading);
    fx_worker_load_read_sort(&list);
    for (uint32_t index = 1; index < reading->protecting_count; index++) {
        const struct fx_worker_load_protecting *one = &reading->protecting[index - 1];
        const struct fx_worker_load_protecting *other = &reading->protecting[index];
        if (one->order_id == other->order_id) {
            const bool is_swapped = one->position_id > other->position_id;
            return fx_worker_load_fail(reading->load,
                                       FX_BAD_PARAMETER,
                                       "order %" PRIu64 " is named twice as take profit or stop "
                                       "loss: by position %" PRIu64 " and by position %" PRIu64,
                                       one->order_id,
                                       is_swapped ? other->position_id : one->position_id,
                                       is_swapped ? one->position_id : other->position_id);
        }
    }
    return FX_OK;
}

/* The order that a position names is its owner's, on its symbol, and closes it. */
fx_status fx_worker_load_protect_judge(struct fx_worker_load_reading *reading,
                                       const struct fx_worker_load_protecting *protecting,
                                       const struct fx_rows_order *row)
{
    const char *what = NULL;
    if (row->user_id != protecting->user_id) {
        what = "of another user";
    } else if (memcmp(&row->symbol, &protecting->symbol, sizeof row->symbol) != 0) {
        what = "on another symbol";
    } else if (row->position_side != protecting->position_side || row->side != protecting->side) {
        what = "of a side that does not close it";
    } else if (row->parent_order_id != 0) {
        what = "that of an order";
    }
    return what == NULL ? FX_OK
                        : fx_worker_load_fail(reading->load,
                                              FX_BAD_PARAMETER,
                                              "position %" PRIu64 " names order %" PRIu64
                                              " as its take profit or stop loss, and that is %s",
                                              protecting->position_id,
                                              row->id,
                                              what);
}

/* A position would silently be without the protection that its row promises. */
fx_status fx_worker_load_protect_end(struct fx_worker_load_reading *reading)
{
    for (uint32_t index = 0; index < reading->protecting_count; index++) {
        const struct fx_worker_load_protecting *one = &reading->protecting[index];
        if (!one->is_found) {
            return fx_worker_load_fail(reading->load,
                                       FX_ORDER_NOT_FOUND,
                                       "position %" PRIu64 " names order %" PRIu64
                                       " as its take profit or stop loss, and that is no open "
                                       "order: set the column to NULL, or bring the order back",
                                       one->position_id,
                                       one->order_id);
        }
    }
    return FX_OK;
}

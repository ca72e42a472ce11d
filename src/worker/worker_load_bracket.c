/* Take profits and stop losses of orders: each row names its order (`parentOrderId`), an open order
 * names the two (`takeProfitOrderId`, `stopLossOrderId`). What one side says the other has to say
 * as well, or somebody would trade without what his row promises. An order that has ended is in the
 * tables as long as what it left is. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "store/store_order.h"
#include "worker/worker_load_int.h"

enum { GUARDED_MAX = 1 << 24 };

/* `what` follows "order 5 protects order 3, ". */
static fx_status refuse(struct fx_worker_load_reading *reading,
                        const struct fx_rows_order *row,
                        fx_status status,
                        const char *what)
{
    return fx_worker_load_fail(reading->load,
                               status,
                               "order %" PRIu64 " protects order %" PRIu64 ", %s",
                               row->id,
                               row->parent_order_id,
                               what);
}

fx_status fx_worker_load_bracket_page(struct fx_worker_load_reading *reading,
                                      const struct fx_rows_order rows[],
                                      uint32_t count)
{
    bool has_child = false;
    reading->parent_count = 0;
    for (uint32_t index = 0; index < count && !has_child; index++) {
        has_child = rows[index].parent_order_id != 0;
    }
    if (!has_child) {
        return FX_OK;
    }
    const fx_status status = fx_store_order_list_parents(reading->load->options.store,
                                                         rows[0].id,
                                                         rows[count - 1].id,
                                                         reading->parents,
                                                         &reading->parent_count);
    return status == FX_OK ? FX_OK : fx_worker_load_read_failed(reading, status);
}

/* ---- the order ---------------------------------------------------------------------------------
 */

fx_status fx_worker_load_bracket_keep(struct fx_worker_load_reading *reading,
                                      const struct fx_rows_order *row)
{
    if (row->take_profit_order_id == 0 && row->stop_loss_order_id == 0) {
        return FX_OK;
    }
    if (!fx_worker_load_read_grow((void **)&reading->guarded,
                                  reading->guarded_count,
                                  sizeof reading->guarded[0],
                                  GUARDED_MAX)) {
        return fx_worker_load_fail(reading->load, FX_NO_MEMORY, "no memory for orders");
    }
    reading->guarded[reading->guarded_count++] =
        (struct fx_worker_load_guarded){.order_id = row->id,
                                        .take_profit_id = row->take_profit_order_id,
                                        .stop_loss_id = row->stop_loss_order_id};
    return FX_OK;
}

/* Orders are read by id, so they are sorted. */
static struct fx_worker_load_guarded *find_guarded(const struct fx_worker_load_reading *reading,
                                                   uint64_t order_id)
{
    const struct fx_worker_load_list list = {.items = reading->guarded,
                                             .size = sizeof reading->guarded[0],
                                             .id_at =
                                                 offsetof(struct fx_worker_load_guarded, order_id),
                                             .count = reading->guarded_count};
    return fx_worker_load_read_find(&list, order_id);
}

static const struct fx_rows_order *find_parent(const struct fx_worker_load_reading *reading,
                                               uint64_t order_id)
{
    const struct fx_worker_load_list list = {.items = reading->parents,
                                             .size = sizeof reading->parents[0],
                                             .id_at = offsetof(struct fx_rows_order, id),
                                             .count = reading->parent_count};
    return fx_worker_load_read_find(&list, order_id);
}

/* ---- what protects it --------------------------------------------------------------------------
 */

static bool is_profit(const struct fx_rows_order *row)
{
    return fx_order_type_is_take_profit(row->tp_sl_type);
}

/* Whose order it is; NULL where it is one that the row can protect. */
static const char *judge_parent(const struct fx_rows_order *row, const struct fx_rows_order *parent)
{
    if (parent->user_id != row->user_id) {
        return "and that is of another user";
    }
    if (memcmp(&parent->symbol, &row->symbol, sizeof row->symbol) != 0) {
        return "and that is on another symbol";
    }
    if (parent->position_side != row->position_side || parent->side == row->side) {
        return "and that is of a side that it does not close";
    }
    return parent->is_reduce_only ? "and that only closes a position" : NULL;
}

/* An open order says so itself. */
static fx_status judge_named(struct fx_worker_load_reading *reading,
                             const struct fx_rows_order *row)
{
    struct fx_worker_load_guarded *guarded = find_guarded(reading, row->parent_order_id);
    const bool is_named = guarded != NULL && row->id == (is_profit(row) ? guarded->take_profit_id
                                                                        : guarded->stop_loss_id);
    if (!is_named) {
        return refuse(reading,
                      row,
                      FX_BAD_PARAMETER,
                      is_profit(row) ? "and that does not name it as its take profit"
                                     : "and that does not name it as its stop loss");
    }
    if (is_profit(row)) {
        guarded->has_take_profit = true;
    } else {
        guarded->has_stop_loss = true;
    }
    return FX_OK;
}

fx_status fx_worker_load_bracket_judge(struct fx_worker_load_reading *reading,
                                       const struct fx_rows_order *row)
{
    if (row->parent_order_id == 0) {
        return FX_OK;
    }
    const struct fx_rows_order *parent = find_parent(reading, row->parent_order_id);
    if (parent == NULL) {
        return refuse(reading, row, FX_ORDER_NOT_FOUND, "and that is not in the tables");
    }
    if (parent->id >= row->id) {
        return refuse(reading, row, FX_LOAD_OUT_OF_ORDER, "and that has a larger id");
    }
    const char *what = judge_parent(row, parent);
    if (what != NULL) {
        return refuse(reading, row, FX_BAD_PARAMETER, what);
    }
    if (row->status != FX_ORDER_STATUS_PENDING &&
        row->remaining > parent->quantity - parent->remaining) {
        return refuse(reading, row, FX_LOT_SIZE, "and that has filled less");
    }
    if (!fx_order_status_is_final(parent->status)) {
        return judge_named(reading, row);
    }
    return row->status == FX_ORDER_STATUS_PENDING || row->remaining <= 0
               ? refuse(reading,
                        row,
                        FX_ORDER_NOT_FOUND,
                        "and that has ended: what waits for it has to be cancelled in the tables")
               : FX_OK;
}

static fx_status refuse_missing(struct fx_worker_load_reading *reading,
                                uint64_t order_id,
                                uint64_t missing_id)
{
    return fx_worker_load_fail(reading->load,
                               FX_ORDER_NOT_FOUND,
                               "order %" PRIu64 " names order %" PRIu64
                               " as its take profit or stop loss, and that is no open order that "
                               "protects it: set the column to NULL, or bring the order back",
                               order_id,
                               missing_id);
}

fx_status fx_worker_load_bracket_end(struct fx_worker_load_reading *reading)
{
    for (uint32_t index = 0; index < reading->guarded_count; index++) {
        const struct fx_worker_load_guarded *one = &reading->guarded[index];
        if (one->take_profit_id != 0 && !one->has_take_profit) {
            return refuse_missing(reading, one->order_id, one->take_profit_id);
        }
        if (one->stop_loss_id != 0 && !one->has_stop_loss) {
            return refuse_missing(reading, one->order_id, one->stop_loss_id);
        }
    }
    return FX_OK;
}

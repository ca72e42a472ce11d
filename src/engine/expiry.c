/* Good-till-date orders in a binary heap of slots: the earliest expiry first, then the older order.
 * orders[].heap_index says where an order stands, so that it leaves in O(log n). */
#include "base/panic.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/settle_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

static bool is_before(const struct fx_engine *engine, fx_slot left, fx_slot right)
{
    FX_CHECK(left != right);
    const struct fx_order *one = &engine->orders[left];
    const struct fx_order *other = &engine->orders[right];
    FX_CHECK(one->expire_us > 0 && other->expire_us > 0);
    return one->expire_us != other->expire_us ? one->expire_us < other->expire_us
                                              : one->order_id < other->order_id;
}

static void set(struct fx_engine *engine, uint32_t index, fx_slot order)
{
    FX_CHECK(index < engine->expiry_count);
    FX_CHECK(order < engine->order_used);
    engine->expiry_heap[index] = order;
    engine->orders[order].heap_index = index;
}

static void sift_up(struct fx_engine *engine, uint32_t index)
{
    FX_ASSERT(index < engine->expiry_count);
    const fx_slot order = engine->expiry_heap[index];
    FX_ASSERT(order < engine->order_used);
    while (index > 0 && is_before(engine, order, engine->expiry_heap[(index - 1) / 2])) {
        set(engine, index, engine->expiry_heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    set(engine, index, order);
}

static void sift_down(struct fx_engine *engine, uint32_t index)
{
    FX_ASSERT(index < engine->expiry_count);
    const fx_slot order = engine->expiry_heap[index];
    FX_ASSERT(order < engine->order_used);
    uint32_t child = 2 * index + 1;
    while (child < engine->expiry_count) {
        if (child + 1 < engine->expiry_count &&
            is_before(engine, engine->expiry_heap[child + 1], engine->expiry_heap[child])) {
            child++;
        }
        if (!is_before(engine, engine->expiry_heap[child], order)) {
            break;
        }
        set(engine, index, engine->expiry_heap[child]);
        index = child;
        child = 2 * index + 1;
    }
    set(engine, index, order);
}

void fx_expiry_insert(struct fx_engine *engine, fx_slot order)
{
    FX_ASSERT(engine->expiry_count < engine->limits.orders_max);
    FX_ASSERT(engine->orders[order].heap_index == UINT32_MAX);
    FX_ASSERT(engine->orders[order].expire_us > 0);
    const uint32_t index = engine->expiry_count;
    engine->expiry_count++;
    set(engine, index, order);
    sift_up(engine, index);
    FX_CHECK(engine->expiry_heap[engine->orders[order].heap_index] == order);
}

void fx_expiry_remove(struct fx_engine *engine, fx_slot order)
{
    const uint32_t index = engine->orders[order].heap_index;
    FX_ASSERT(index < engine->expiry_count);
    FX_ASSERT(engine->expiry_heap[index] == order);
    engine->expiry_count--;
    engine->orders[order].heap_index = UINT32_MAX;
    if (index == engine->expiry_count) {
        return;
    }
    const fx_slot moved = engine->expiry_heap[engine->expiry_count];
    set(engine, index, moved);
    sift_up(engine, index);
    sift_down(engine, engine->orders[moved].heap_index);
}

fx_status fx_expiry_apply(struct fx_engine *engine, struct fx_event_result *result)
{
    FX_ASSERT(result->count == 0);
    while (engine->expiry_count > 0 && result->count < FX_EXPIRY_STEP_MAX) {
        const fx_slot order = engine->expiry_heap[0];
        FX_ASSERT(order < engine->order_used);
        if (engine->orders[order].expire_us > engine->time_us) {
            break;
        }
        const uint32_t before = engine->work;
        fx_cancel_order(engine, order, FX_ORDER_STATUS_EXPIRED, FX_ORDER_NOTE_EXPIRED);
        result->count += engine->work - before; /* with the two that protected it */
    }
    const bool has_fired = fx_deadman_tick(engine, result);
    const bool has_aged = fx_mark_tick(engine);
    const bool has_settled = fx_settle_tick(engine);
    result->is_changed = has_fired || has_aged || has_settled || result->count > 0;
    return FX_OK;
}

// NOLINTEND(bugprone-easily-swappable-parameters)

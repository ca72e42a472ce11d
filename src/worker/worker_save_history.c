#include "worker/worker_save_history.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/table.h"
#include "model/rows.h"
#include "store/store_history.h"
#include "store/store_position.h"

#define UNITS_PER_CENTI 10000000000000000LL /* 1e18 / 100 */

enum {
    CHUNK = 64,         /* rows handed to the store together */
    HELD_MAX = 1 << 20, /* positions of two batches and more */
    HELD_KEPT = 1 << 15 /* at the begin of a batch; more: nothing is kept */
};

struct fx_worker_save_history {
    struct fx_rows_margin margins[CHUNK];
    struct fx_rows_closed closed[CHUNK];
    uint32_t margin_count;
    uint32_t closed_count;
    struct fx_table held; /* position id to the place of its state */
    struct fx_event_position *states;
    uint32_t state_count;
    uint32_t state_capacity;
    uint64_t written;
};

fx_status fx_worker_save_history_create(struct fx_worker_save_history **history_out)
{
    struct fx_worker_save_history *history = NULL;
    if (posix_memalign((void **)&history, 64, sizeof *history) != 0) {
        return FX_NO_MEMORY;
    }
    memset(history, 0, sizeof *history);
    fx_table_init(&history->held, HELD_MAX);
    *history_out = history;
    return FX_OK;
}

void fx_worker_save_history_destroy(struct fx_worker_save_history *history)
{
    if (history != NULL) {
        fx_table_deinit(&history->held);
        free(history->states);
        free(history);
    }
}

static void drop_all(struct fx_worker_save_history *history)
{
    fx_table_clear(&history->held);
    history->state_count = 0;
}

void fx_worker_save_history_forget(struct fx_worker_save_history *history)
{
    drop_all(history);
    history->margin_count = 0;
    history->closed_count = 0;
    history->written = 0;
}

void fx_worker_save_history_begin(struct fx_worker_save_history *history)
{
    FX_ASSERT(history->margin_count == 0 && history->closed_count == 0);
    if (history->state_count > HELD_KEPT) {
        drop_all(history);
    }
}

/* Room for one more element. @return the array, moved perhaps; NULL without memory. */
static void *grow(void *items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    const uint32_t wanted = *capacity == 0 ? 256 : *capacity * 2;
    void *memory = NULL;
    if (posix_memalign(&memory, 16, wanted * size) != 0) {
        return NULL;
    }
    if (count > 0) {
        memcpy(memory, items, count * size);
    }
    free(items);
    *capacity = wanted;
    return memory;
}

/* ---- the state before ------------------------------------------------------------------------
 */

/* The parts of a stored row that histories need, as the engine would say them. */
static fx_status read_state(struct fx_store *store,
                            const struct fx_instrument *instrument,
                            const struct fx_event_position *after,
                            struct fx_event_position *state_out)
{
    struct fx_rows_position row;
    const struct fx_store_key key = {after->user_id, after->position_id};
    memset(state_out, 0, sizeof *state_out);
    const fx_status status = fx_store_position_find(store, key, &row);
    if (status == FX_NOT_FOUND) { /* flat, with the settings that it begins with */
        state_out->margin_mode = after->margin_mode;
        state_out->leverage_centi = after->leverage_centi;
        return FX_OK;
    }
    if (status != FX_OK) {
        return status;
    }
    const fx_i128 lots = row.current_qty / instrument->lot_size;
    const fx_i128 centi = row.leverage / UNITS_PER_CENTI;
    if (row.current_qty % instrument->lot_size != 0 || lots > INT64_MAX || lots < -INT64_MAX ||
        centi < 0 || centi > INT32_MAX) {
        return FX_CORRUPT;
    }
    state_out->lots = (int64_t)lots;
    state_out->leverage_centi = (int32_t)centi;
    state_out->entry_value = row.entry_value;
    state_out->position_margin = row.position_margin;
    state_out->adjust_margin = row.adjust_margin;
    state_out->realized_pnl = row.realized_pnl;
    state_out->margin_mode = (uint8_t)row.margin_mode;
    return FX_OK;
}

/* Where the state of a position is held; read where it is not. @return NULL without memory or the
 * store's reason in *status. */
static struct fx_event_position *hold(struct fx_worker_save_history *history,
                                      struct fx_store *store,
                                      const struct fx_instrument *instrument,
                                      const struct fx_event_position *after,
                                      fx_status *status)
{
    const union fx_table_value *place = fx_table_find(&history->held, after->position_id);
    if (place != NULL) {
        return &history->states[place->number];
    }
    void *states = grow(
        history->states, history->state_count, &history->state_capacity, sizeof *history->states);
    *status = FX_NO_MEMORY;
    if (states == NULL) {
        return NULL;
    }
    history->states = states;
    struct fx_event_position *state = &history->states[history->state_count];
    *status = read_state(store, instrument, after, state);
    if (*status != FX_OK) {
        return NULL;
    }
    const union fx_table_value value = {.number = history->state_count};
    if (!fx_table_put(&history->held, after->position_id, value)) {
        *status = FX_NO_MEMORY;
        return NULL;
    }
    history->state_count++;
    return state;
}

/* ---- rows ------------------------------------------------------------------------------------
 */

static fx_status flush_margins(struct fx_worker_save_history *history, struct fx_store *store)
{
    const uint32_t count = history->margin_count;
    history->margin_count = 0;
    history->written += count;
    return count == 0 ? FX_OK : fx_store_history_save_margins(store, history->margins, count);
}

static fx_status flush_closed(struct fx_worker_save_history *history, struct fx_store *store)
{
    const uint32_t count = history->closed_count;
    history->closed_count = 0;
    history->written += count;
    return count == 0 ? FX_OK : fx_store_history_save_closed(store, history->closed, count);
}

static fx_status add(struct fx_worker_save_history *history,
                     struct fx_store *store,
                     const struct fx_instrument *instrument,
                     const struct fx_worker_save_history_move *move,
                     const struct fx_event_position *before)
{
    const struct fx_event *event = move->event;
    if (before->lots == event->u.position.lots) {
        struct fx_rows_margin *row = &history->margins[history->margin_count];
        if (before->lots == 0) {
            return FX_OK; /* a setting, not a margin */
        }
        fx_rows_risk_margin_of(event, instrument, before, row);
        history->margin_count += row->action[0] != '\0';
        return history->margin_count == CHUNK ? flush_margins(history, store) : FX_OK;
    }
    struct fx_rows_closed *row = &history->closed[history->closed_count];
    const fx_i128 profit = fx_rows_risk_profit_of(
        move->command, (uint32_t)(event - move->command), &event->u.position, before);
    fx_rows_risk_closed_of(event, instrument, before, profit, row);
    history->closed_count += row->closed_qty != 0;
    return history->closed_count == CHUNK ? flush_closed(history, store) : FX_OK;
}

fx_status fx_worker_save_history_position(struct fx_worker_save_history *history,
                                          struct fx_store *store,
                                          const struct fx_instrument *instrument,
                                          const struct fx_worker_save_history_move *move)
{
    const struct fx_event *event = move->event;
    FX_ASSERT(event->kind == FX_EVENT_POSITION);
    if (move->command == NULL) {
        (void)fx_table_remove(&history->held, event->u.position.position_id);
        return FX_OK;
    }
    fx_status status = FX_OK;
    struct fx_event_position *state = hold(history, store, instrument, &event->u.position, &status);
    if (state == NULL) {
        return status;
    }
    status = add(history, store, instrument, move, state);
    *state = event->u.position;
    return status;
}

fx_status fx_worker_save_history_flush(struct fx_worker_save_history *history,
                                       struct fx_store *store,
                                       uint64_t *count)
{
    fx_status status = flush_margins(history, store);
    if (status == FX_OK) {
        status = flush_closed(history, store);
    }
    *count += history->written;
    history->written = 0;
    return status;
}

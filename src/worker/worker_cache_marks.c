#include "worker/worker_cache_marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { KIND_BITS = 2 }; /* ids stay below 2^53 */

fx_status fx_worker_cache_marks_init(struct fx_worker_cache_marks *marks, uint32_t capacity)
{
    FX_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
    memset(marks, 0, sizeof *marks);
    fx_table_init(&marks->marked, capacity);
    marks->items = calloc(capacity, sizeof *marks->items);
    marks->capacity = capacity;
    return marks->items == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_worker_cache_marks_deinit(struct fx_worker_cache_marks *marks)
{
    fx_table_deinit(&marks->marked);
    free(marks->items);
    memset(marks, 0, sizeof *marks);
}

uint32_t fx_worker_cache_marks_count(const struct fx_worker_cache_marks *marks)
{
    return (uint32_t)(marks->end - marks->first);
}

static uint64_t key_of(const struct fx_worker_cache_mark *mark)
{
    return mark->id << KIND_BITS | (uint64_t)mark->kind;
}

static bool add(struct fx_worker_cache_marks *marks, const struct fx_worker_cache_mark *mark)
{
    const union fx_table_value value = {.number = marks->end};
    if (fx_table_find(&marks->marked, key_of(mark)) != NULL) {
        return true;
    }
    if (fx_worker_cache_marks_count(marks) == marks->capacity ||
        !fx_table_put(&marks->marked, key_of(mark), value)) {
        return false;
    }
    marks->items[marks->end & (marks->capacity - 1)] = *mark;
    marks->end++;
    return true;
}

bool fx_worker_cache_marks_account(struct fx_worker_cache_marks *marks,
                                   const struct fx_rows_account *row)
{
    const struct fx_worker_cache_mark mark = {.kind = FX_WORKER_CACHE_MARK_ACCOUNT,
                                              .asset = row->asset,
                                              .user_id = row->user_id,
                                              .id = row->id};
    return add(marks, &mark);
}

bool fx_worker_cache_marks_position(struct fx_worker_cache_marks *marks,
                                    const struct fx_rows_position *row)
{
    const struct fx_worker_cache_mark mark = {.kind = FX_WORKER_CACHE_MARK_POSITION,
                                              .instrument = row->instrument,
                                              .side = row->position_side,
                                              .user_id = row->user_id,
                                              .id = row->id};
    return add(marks, &mark);
}

bool fx_worker_cache_marks_order(struct fx_worker_cache_marks *marks,
                                 const struct fx_rows_order *row)
{
    const struct fx_worker_cache_mark mark = {.kind = FX_WORKER_CACHE_MARK_ORDER,
                                              .user_id = row->user_id,
                                              .id = row->id,
                                              .tmp_id = row->tmp_id};
    return add(marks, &mark);
}

const struct fx_worker_cache_mark *fx_worker_cache_marks_first(
    const struct fx_worker_cache_marks *marks)
{
    return marks->first == marks->end ? NULL : &marks->items[marks->first & (marks->capacity - 1)];
}

void fx_worker_cache_marks_remove(struct fx_worker_cache_marks *marks)
{
    const struct fx_worker_cache_mark *mark = fx_worker_cache_marks_first(marks);
    FX_ASSERT(mark != NULL);
    (void)fx_table_remove(&marks->marked, key_of(mark));
    marks->first++;
}

void fx_worker_cache_marks_clear(struct fx_worker_cache_marks *marks)
{
    fx_table_clear(&marks->marked);
    marks->first = marks->end;
}

#include "worker/worker_backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

/* In front of each text. */
struct head {
    uint64_t operation_id;
    uint64_t size;
};

static size_t space_of(size_t size)
{
    return sizeof(struct head) + ((size + 7U) & ~(size_t)7U);
}

fx_status fx_worker_backlog_init(struct fx_worker_backlog *backlog, size_t capacity)
{
    memset(backlog, 0, sizeof *backlog);
    backlog->bytes = aligned_alloc(64, (capacity + 63U) & ~(size_t)63U);
    backlog->capacity = capacity;
    return backlog->bytes == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_worker_backlog_deinit(struct fx_worker_backlog *backlog)
{
    free(backlog->bytes);
    memset(backlog, 0, sizeof *backlog);
}

void fx_worker_backlog_clear(struct fx_worker_backlog *backlog)
{
    backlog->first = 0;
    backlog->end = 0;
    backlog->wrap = 0;
    backlog->count = 0;
    backlog->removed = 0;
}

/* Where `space` bytes side by side are free; SIZE_MAX where nowhere. An entry never ends exactly
 * at `first`, so that equal ends mean empty. */
static size_t place_of(const struct fx_worker_backlog *backlog, size_t space)
{
    if (backlog->count == 0) {
        return space < backlog->capacity ? 0 : SIZE_MAX;
    }
    if (backlog->end < backlog->first) {
        return space < backlog->first - backlog->end ? backlog->end : SIZE_MAX;
    }
    if (space <= backlog->capacity - backlog->end) {
        return backlog->end;
    }
    return space < backlog->first ? 0 : SIZE_MAX;
}

bool fx_worker_backlog_has_room(const struct fx_worker_backlog *backlog, size_t size)
{
    return place_of(backlog, space_of(size)) != SIZE_MAX;
}

bool fx_worker_backlog_append(struct fx_worker_backlog *backlog,
                              const struct fx_worker_backlog_entry *entry)
{
    const size_t space = space_of(entry->text.size);
    const size_t place = place_of(backlog, space);
    const struct head head = {entry->operation_id, entry->text.size};
    if (place == SIZE_MAX) {
        return false;
    }
    if (backlog->count == 0) {
        backlog->first = 0;
    } else if (place == 0) {
        backlog->wrap = backlog->end;
    }
    memcpy(backlog->bytes + place, &head, sizeof head);
    memcpy(backlog->bytes + place + sizeof head, entry->text.data, entry->text.size);
    backlog->end = place + space;
    backlog->count++;
    return true;
}

bool fx_worker_backlog_peek(const struct fx_worker_backlog *backlog,
                            struct fx_worker_backlog_entry *entry_out)
{
    struct head head;
    if (backlog->count == 0) {
        return false;
    }
    memcpy(&head, backlog->bytes + backlog->first, sizeof head);
    entry_out->operation_id = head.operation_id;
    entry_out->text = (fx_str){backlog->bytes + backlog->first + sizeof head, head.size};
    return true;
}

void fx_worker_backlog_remove(struct fx_worker_backlog *backlog)
{
    struct head head;
    FX_ASSERT(backlog->count > 0);
    memcpy(&head, backlog->bytes + backlog->first, sizeof head);
    backlog->removed = head.operation_id;
    backlog->first += space_of(head.size);
    backlog->count--;
    if (backlog->count == 0) {
        backlog->first = 0;
        backlog->end = 0;
    } else if (backlog->first == backlog->wrap && backlog->end < backlog->first) {
        backlog->first = 0;
    }
}

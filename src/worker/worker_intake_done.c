#include "worker/worker_intake_done.h"

#include <string.h>

enum { BITS = 64 };

static uint64_t *word_of(struct fx_worker_intake_done *done, uint64_t offset)
{
    return &done->bits[offset % FX_WORKER_INTAKE_WINDOW / BITS];
}

/* The window moves: its new places are empty. */
static void move(struct fx_worker_intake_done *done, uint64_t end)
{
    if (end - done->end >= FX_WORKER_INTAKE_WINDOW) {
        memset(done->bits, 0, sizeof done->bits);
    } else {
        for (uint64_t offset = done->end; offset < end; offset++) {
            *word_of(done, offset) &= ~(1ULL << offset % BITS);
        }
    }
    done->end = end;
}

void fx_worker_intake_done_add(struct fx_worker_intake_done *done, uint64_t offset)
{
    if (offset >= done->end) {
        move(done, offset + 1);
    } else if (done->end - offset > FX_WORKER_INTAKE_WINDOW) {
        return; /* all in front of the window is done */
    }
    *word_of(done, offset) |= 1ULL << offset % BITS;
}

uint64_t fx_worker_intake_done_first(const struct fx_worker_intake_done *done, uint64_t next)
{
    const uint64_t first =
        done->end > FX_WORKER_INTAKE_WINDOW ? done->end - FX_WORKER_INTAKE_WINDOW : 0;
    return first > next ? first : next;
}

bool fx_worker_intake_done_has(const struct fx_worker_intake_done *done, uint64_t offset)
{
    return offset < done->end &&
           (done->bits[offset % FX_WORKER_INTAKE_WINDOW / BITS] >> offset % BITS & 1) != 0;
}

#include "worker/worker_untold.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { PIECE_SIZE = 1 << 20, PIECES_MIN = 2, ALIGNMENT = 8 };

/* In front of each text. */
struct head {
    uint64_t sequence;
    uint64_t user_id;
    int64_t time_us;
    uint64_t size; /* of the text */
};

/* Messages one behind the other; none is in two pieces. */
struct piece {
    struct piece *next;
    size_t first; /* where the oldest begins … */
    size_t end;   /* … and behind the newest */
    _Alignas(ALIGNMENT) char bytes[PIECE_SIZE];
};

struct fx_worker_untold {
    struct fx_worker_untold_options options;
    struct piece *oldest;
    struct piece *newest;
    size_t piece_count;
    uint64_t count;
    uint64_t dropped;
};

_Static_assert(sizeof(struct head) + FX_WORKER_UNTOLD_TEXT_SIZE_MAX + ALIGNMENT <= PIECE_SIZE,
               "the largest message has room in a piece");

/* With what is in front of it, so that the next one is aligned. */
static size_t size_of(size_t text_size)
{
    return (sizeof(struct head) + text_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

fx_status fx_worker_untold_create(const struct fx_worker_untold_options *options,
                                  struct fx_worker_untold **untold_out)
{
    struct fx_worker_untold *untold = calloc(1, sizeof *untold);
    if (untold == NULL) {
        return FX_NO_MEMORY;
    }
    FX_ASSERT(options->size_max >= (size_t)PIECES_MIN * PIECE_SIZE && options->age_us_max > 0);
    untold->options = *options;
    *untold_out = untold;
    return FX_OK;
}

static void remove_oldest_piece(struct fx_worker_untold *untold)
{
    struct piece *piece = untold->oldest;
    untold->oldest = piece->next;
    if (untold->oldest == NULL) {
        untold->newest = NULL;
    }
    untold->piece_count--;
    free(piece);
}

void fx_worker_untold_destroy(struct fx_worker_untold *untold)
{
    while (untold != NULL && untold->oldest != NULL) {
        remove_oldest_piece(untold);
    }
    free(untold);
}

static const struct head *first_of(const struct fx_worker_untold *untold)
{
    return (const struct head *)(const void *)&untold->oldest->bytes[untold->oldest->first];
}

void fx_worker_untold_remove_first(struct fx_worker_untold *untold)
{
    FX_ASSERT(untold->count > 0);
    struct piece *piece = untold->oldest;
    piece->first += size_of(first_of(untold)->size);
    untold->count--;
    if (piece->first < piece->end) {
        return;
    }
    if (piece->next == NULL) {
        piece->first = 0;
        piece->end = 0;
    } else {
        remove_oldest_piece(untold);
    }
}

static void drop_first(struct fx_worker_untold *untold)
{
    fx_worker_untold_remove_first(untold);
    untold->dropped++;
}

/* Where there is no room for one more piece, the messages of the oldest make it. @return NULL:
 * there is no memory at all. */
static struct piece *make_piece(struct fx_worker_untold *untold)
{
    const bool has_room =
        (untold->piece_count + 1) * (size_t)PIECE_SIZE <= untold->options.size_max;
    struct piece *piece = has_room ? malloc(sizeof *piece) : NULL;
    while (piece == NULL && untold->piece_count >= PIECES_MIN) {
        const struct piece *oldest = untold->oldest;
        while (untold->oldest == oldest) {
            drop_first(untold);
        }
        piece = malloc(sizeof *piece);
    }
    return piece;
}

static bool append_piece(struct fx_worker_untold *untold)
{
    struct piece *piece = make_piece(untold);
    if (piece == NULL) {
        return false;
    }
    piece->next = NULL;
    piece->first = 0;
    piece->end = 0;
    if (untold->newest == NULL) {
        untold->oldest = piece;
    } else {
        untold->newest->next = piece;
    }
    untold->newest = piece;
    untold->piece_count++;
    return true;
}

void fx_worker_untold_append(struct fx_worker_untold *untold,
                             const struct fx_worker_untold_item *item)
{
    const size_t size = size_of(item->text.size);
    FX_ASSERT(item->text.size <= FX_WORKER_UNTOLD_TEXT_SIZE_MAX);
    if ((untold->newest == NULL || PIECE_SIZE - untold->newest->end < size) &&
        !append_piece(untold)) {
        untold->dropped++;
        return;
    }
    struct piece *piece = untold->newest;
    const struct head head = {.sequence = item->sequence,
                              .user_id = item->user_id,
                              .time_us = item->time_us,
                              .size = item->text.size};
    memcpy(&piece->bytes[piece->end], &head, sizeof head);
    memcpy(&piece->bytes[piece->end + sizeof head], item->text.data, item->text.size);
    piece->end += size;
    untold->count++;
}

bool fx_worker_untold_find_first(const struct fx_worker_untold *untold,
                                 struct fx_worker_untold_item *item_out)
{
    if (untold->count == 0) {
        return false;
    }
    const struct head *head = first_of(untold);
    *item_out =
        (struct fx_worker_untold_item){.sequence = head->sequence,
                                       .user_id = head->user_id,
                                       .time_us = head->time_us,
                                       .text = {(const char *)(head + 1), (size_t)head->size}};
    return true;
}

uint64_t fx_worker_untold_remove_told(struct fx_worker_untold *untold, uint64_t sequence)
{
    const uint64_t before = untold->count;
    while (untold->count > 0 && first_of(untold)->sequence <= sequence) {
        fx_worker_untold_remove_first(untold);
    }
    return before - untold->count;
}

void fx_worker_untold_drop_old(struct fx_worker_untold *untold, int64_t now_us)
{
    while (untold->count > 0 && now_us - first_of(untold)->time_us > untold->options.age_us_max) {
        drop_first(untold);
    }
}

struct fx_worker_untold_stats fx_worker_untold_stats(const struct fx_worker_untold *untold)
{
    return (struct fx_worker_untold_stats){.count = untold->count,
                                           .dropped = untold->dropped,
                                           .size = untold->piece_count * sizeof(struct piece)};
}

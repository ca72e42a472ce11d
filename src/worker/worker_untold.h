/**
 * @file worker_untold.h
 * What users are still to be told: messages in their order, each with its command and its time.
 *
 * Bounded by bytes and by age: what falls out is counted. Memory is taken in pieces of 1 MiB as
 * messages come, and given back as they go, but for one piece. Thread: the owner's.
 */
#ifndef FX_WORKER_WORKER_UNTOLD_H
#define FX_WORKER_WORKER_UNTOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum { FX_WORKER_UNTOLD_TEXT_SIZE_MAX = 1000000 };

struct fx_worker_untold;

struct fx_worker_untold_options {
    size_t size_max;    /* bytes, in pieces of 1 MiB: two at least */
    int64_t age_us_max; /* what waits for longer is no news any more */
};

/** A message. Its text is borrowed: of what is in here, until it is taken or dropped. */
struct fx_worker_untold_item {
    uint64_t sequence; /* of the command; never falls */
    uint64_t user_id;
    int64_t time_us; /* since when it waits */
    fx_str text;     /* FX_WORKER_UNTOLD_TEXT_SIZE_MAX bytes at most */
};

/** Figures. */
struct fx_worker_untold_stats {
    uint64_t count;   /* messages that wait */
    uint64_t dropped; /* messages that found no room any more, or waited too long */
    size_t size;      /* bytes of memory taken */
};

/** @return OK (gives) or NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_untold_create(const struct fx_worker_untold_options *options,
                                              struct fx_worker_untold **untold_out);

/** Free it and what is in it. Accepts NULL. */
void fx_worker_untold_destroy(struct fx_worker_untold *untold);

/** Keep a copy; where there is no room the oldest go. */
void fx_worker_untold_append(struct fx_worker_untold *untold,
                             const struct fx_worker_untold_item *item);

/** The oldest. @return false where there is none. */
bool fx_worker_untold_find_first(const struct fx_worker_untold *untold,
                                 struct fx_worker_untold_item *item_out);

/** The oldest is told: remove it. There is one. */
void fx_worker_untold_remove_first(struct fx_worker_untold *untold);

/** Commands up to this one were told by somebody else: remove theirs. @return how many. */
uint64_t fx_worker_untold_remove_told(struct fx_worker_untold *untold, uint64_t sequence);

/** Drop what has waited for too long. */
void fx_worker_untold_drop_old(struct fx_worker_untold *untold, int64_t now_us);

struct fx_worker_untold_stats fx_worker_untold_stats(const struct fx_worker_untold *untold);

#endif

/**
 * @file worker_group.h
 * F8: of what is published to one partition, one group is on its way at a time.
 *
 * What comes while a group is on its way is the next one: fewer and larger batches for everybody
 * who reads them. Nothing is lost by waiting, since a broker reads the next request of a connection
 * when it has answered the last; and librdkafka 2.0.2 spins where there is something behind five
 * messages that are on their way: it asks all the time whether it may send it. A broker that is
 * away is left to the library, which knows what to do. Thread: the owner's.
 */
#ifndef FX_WORKER_WORKER_GROUP_H
#define FX_WORKER_WORKER_GROUP_H

#include <stdbool.h>
#include <stdint.h>

/** Zeroed: no group yet. */
struct fx_worker_group {
    int64_t begun_us; /* when the first of it was published */
};

/** What there is now has to wait. `pending`: messages that were published and not delivered. */
bool fx_worker_group_waits(const struct fx_worker_group *group, uint32_t pending, int64_t now_us);

/** For a tenth of a second nothing was published: if anything is on its way still, its broker is
 * away. */
bool fx_worker_group_is_away(const struct fx_worker_group *group, int64_t now_us);

/** Something is published now; `pending` messages were on their way before it. */
void fx_worker_group_add(struct fx_worker_group *group, uint32_t pending, int64_t now_us);

#endif

/**
 * @file worker_seat.h
 * A worker's place in the consumer group of its kind, by the seed's name.
 *
 * A worker reads its shard's log by its own watermark, so the group gives it no records. It gives
 * two other things: of several processes of a kind the one that holds the shard's partition of
 * matching_engine_input works and the others stand by, and everybody's tools see in the group's
 * offsets how far its work is. Who was cut off from the group (not: who was told that another one
 * has the partition) goes on for half a minute: what a few messages say twice is better than
 * silence. Thread: create, destroy: the owner's; the rest inside, but for what says otherwise.
 */
#ifndef FX_WORKER_WORKER_SEAT_H
#define FX_WORKER_WORKER_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "bus/bus.h"

struct fx_worker_seat;

/** Zeroed members take the default named here. Texts are copied. */
struct fx_worker_seat_options {
    struct fx_bus *bus; /* used by create only, outlives it */
    fx_str group;
    struct fx_bus_place place; /* who has it works */
    bool is_asking; /* it wants to know what the group has as done: fx_worker_seat_kept() */
    bool is_alone;  /* no member: only the offsets are kept, the work is somebody else's */
    /** The next offset of `place` whose work is not done; UINT64_MAX: nobody knows. Thread: the
     * agent's. */
    uint64_t (*progress)(void *context);
    void *context;
    int64_t commit_us; /* between two commits; 1 s */
};

/** Figures. Thread: any (each is a moment's value). */
struct fx_worker_seat_stats {
    uint64_t committed; /* offset */
    uint64_t commits;
    uint64_t failed; /* commits that the brokers did not take; they are tried again */
    fx_status fatal; /* the group will never be joined (FORBIDDEN …): the role must end */
};

/** Join the group. @return OK (gives); NO_MEMORY; what fx_bus_reader_join() says. */
FX_MUST_USE fx_status fx_worker_seat_create(const struct fx_worker_seat_options *options,
                                            struct fx_worker_seat **seat_out);

/** Keep what is done, leave the group, free. Stopped before. Accepts NULL. */
void fx_worker_seat_destroy(struct fx_worker_seat *seat);

FX_MUST_USE fx_status fx_worker_seat_start(struct fx_worker_seat *seat);

/** Also where it was not started. */
void fx_worker_seat_stop(struct fx_worker_seat *seat);

/** Is the work ours? NULL: yes, nobody shares it. Thread: any. */
bool fx_worker_seat_is_held(const struct fx_worker_seat *seat);

/** What the group has as done: the next offset, as it was when the seat was given to this member;
 * where it stands by, a second ago. 0: nothing, or nobody knows. Only with `is_asking`. Thread:
 * any; who asks after fx_worker_seat_is_held() said yes hears of nothing older. */
uint64_t fx_worker_seat_kept(const struct fx_worker_seat *seat);

/** Thread: any. */
void fx_worker_seat_stats(const struct fx_worker_seat *seat,
                          struct fx_worker_seat_stats *stats_out);

/** One unit of work by hand, for tests. @return 1 where anything happened. */
int fx_worker_seat_step(void *self, int64_t now_us);

#endif

/**
 * @file push_inbox.h
 * What the private topics of a user said lately, numbered: who was cut off gets the rest, once.
 *
 * A frame is made once and shared by the inbox and all connections of its user. Numbers begin at 1
 * in each epoch and grow by one over all topics of the user; each message names the number before
 * it in its own topic. An inbox exists while somebody listens and for a while after that; it is
 * bounded by entries and bytes. What no longer is in it cannot be resumed, and never is by mistake:
 * the epoch is random. No I/O, no clock. Thread: the gateway's.
 */
#ifndef FX_PUSH_PUSH_INBOX_H
#define FX_PUSH_PUSH_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "base/table.h"
#include "net/net_frame.h"

enum {
    FX_PUSH_INBOX_TOPICS = 5,
    FX_PUSH_INBOX_EPOCH_SIZE = 16,
    FX_PUSH_INBOX_ENTRIES_MAX = 8192,         /* of one user */
    FX_PUSH_INBOX_BYTES_MAX = 2 * 1024 * 1024 /* more than a slow reader may let lie */
};

enum fx_push_inbox_topic {
    FX_PUSH_INBOX_TOPIC_ORDER = 0,
    FX_PUSH_INBOX_TOPIC_EXECUTION = 1,
    FX_PUSH_INBOX_TOPIC_POSITION = 2,
    FX_PUSH_INBOX_TOPIC_WALLET = 3,
    FX_PUSH_INBOX_TOPIC_NOTIFICATION = 4
};

struct fx_push_inbox_entry {
    struct fx_net_frame *frame;
    uint64_t seq;
    enum fx_push_inbox_topic topic;
};

/** `first` and `batch` are the owner's, the rest is read only outside. */
struct fx_push_inbox {
    uint64_t user_id;
    uint64_t seq;                             /* the last one given */
    uint64_t topic_seq[FX_PUSH_INBOX_TOPICS]; /* the last one of each topic; 0: none yet */
    uint64_t lost_seq;                        /* the last one that is no longer here */
    struct fx_push_inbox_entry *entries;      /* a ring */
    uint32_t begin;
    uint32_t count;
    uint32_t capacity;
    uint32_t bytes;
    void *first;             /* who listens */
    void *batch;             /* what is gathered for it */
    uint32_t listener_count; /* see fx_push_inbox_enter() */
    int64_t idle_ms;         /* since when nobody listens */
    struct fx_push_inbox *next_idle;
    struct fx_push_inbox *previous_idle;
    char epoch[FX_PUSH_INBOX_EPOCH_SIZE];
};

struct fx_push_inbox_limits {
    uint32_t users_max;
    uint64_t bytes_max; /* of all frames kept; above it the longest idle inbox goes */
};

/** All inboxes of a process. */
struct fx_push_inboxes {
    struct fx_table by_user;
    uint64_t bytes; /* of all frames kept */
    uint64_t bytes_max;
    struct fx_push_inbox *idle;      /* the longest idle one */
    struct fx_push_inbox *idle_last; /* the newest */
};

/** Make it empty. */
void fx_push_inbox_init(struct fx_push_inboxes *inboxes, struct fx_push_inbox_limits limits);

/** Release all; nobody listens any more. Accepts a zeroed one. */
void fx_push_inbox_deinit(struct fx_push_inboxes *inboxes);

/** The inbox of a user; NULL where there is none: then nobody wants to know. */
struct fx_push_inbox *fx_push_inbox_find(const struct fx_push_inboxes *inboxes, uint64_t user_id);

/** Begin to listen; makes the inbox where there is none. @return OK; NO_MEMORY; CAPACITY; IO. */
FX_MUST_USE fx_status fx_push_inbox_enter(struct fx_push_inboxes *inboxes,
                                          uint64_t user_id,
                                          struct fx_push_inbox **inbox_out);

/** Stop listening; the inbox stays, until fx_push_inbox_sweep() thinks that it is too old. */
void fx_push_inbox_leave(struct fx_push_inboxes *inboxes,
                         struct fx_push_inbox *inbox,
                         int64_t now_ms);

/** Drop inboxes that nobody listens to since before `since_ms`. */
void fx_push_inbox_sweep(struct fx_push_inboxes *inboxes, int64_t since_ms);

/** Number a message of a topic. Its frame says so and goes to fx_push_inbox_keep(), or, where there
 * is none, the owner calls fx_push_inbox_break(). @return seq; its prevSeq in *previous_out. */
uint64_t fx_push_inbox_next(struct fx_push_inbox *inbox,
                            enum fx_push_inbox_topic topic,
                            uint64_t *previous_out);

/** Keep the frame of the last number (acquires it); the oldest ones give way. */
void fx_push_inbox_keep(struct fx_push_inboxes *inboxes,
                        struct fx_push_inbox *inbox,
                        enum fx_push_inbox_topic topic,
                        struct fx_net_frame *frame);

/** Something could not be told: nothing up to now can be resumed. */
void fx_push_inbox_break(struct fx_push_inboxes *inboxes, struct fx_push_inbox *inbox);

/** True where who has seen everything up to `seq` of this epoch can be given all the rest. */
bool fx_push_inbox_can_resume(const struct fx_push_inbox *inbox, fx_str epoch, uint64_t seq);

/** The first entry behind `seq`; NULL where there is none. O(log entries). */
const struct fx_push_inbox_entry *fx_push_inbox_after(const struct fx_push_inbox *inbox,
                                                      uint64_t seq);

/** "order", "execution", "position", "wallet", "notification". */
fx_str fx_push_inbox_topic_name(enum fx_push_inbox_topic topic);

/** The reverse. @return false where it is none of them. */
bool fx_push_inbox_topic_of(fx_str name, enum fx_push_inbox_topic *topic_out);

#endif

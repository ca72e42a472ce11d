/**
 * @file bus.h
 * The port to the log: topics of partitions of records, each with an offset.
 *
 * What its users need, and no more: the intake publishes and answers when it is told that a record
 * is durable (the ack rule); the engine reads one partition from an explicit offset; the workers
 * share partitions as a group and begin where their own projection says. Adapters: bus_local.h
 * (memory, journals), bus_kafka.h. Records of one producer to one partition keep their order, with
 * or without failures between; but one whose delivery said TIMEOUT may come late.
 * Thread: a handle belongs to one thread. Its readers may be in other threads where the adapter
 * says so (Kafka: yes); each belongs to one.
 */
#ifndef FX_BUS_BUS_H
#define FX_BUS_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

enum {
    FX_BUS_NAME_SIZE_MAX = 64, /* of a topic or a group: letters, digits, '_', '-', '.' */
    FX_BUS_PARTITIONS_MAX = 256,
    FX_BUS_TOPICS_MAX = 32,
    FX_BUS_VALUE_SIZE_MAX = 1000000,
    FX_BUS_KEY_SIZE_MAX = 256
};

#define FX_BUS_BY_KEY    UINT32_MAX       /* partition: the one of the key's hash */
#define FX_BUS_COMMITTED UINT64_MAX       /* offset: what the group committed, else the first */
#define FX_BUS_FIRST     (UINT64_MAX - 1) /* offset: the oldest that is kept */
#define FX_BUS_UNKNOWN   (UINT64_MAX - 2) /* offset: it is in the log, and nobody has said where */

struct fx_bus;
struct fx_bus_reader;

/** A topic as it must be. */
struct fx_bus_topic {
    fx_str name;
    int64_t retention_ms; /* how long records are kept at least; < 0: for ever */
    uint32_t partitions;  /* 1..FX_BUS_PARTITIONS_MAX */
    bool is_log; /* the truth of others: stamped by its broker, nothing acknowledged is given up.
                    Where the topic exists, that is checked */
};

/** One partition. */
struct fx_bus_place {
    fx_str topic;
    uint32_t partition;
};

/** A record to publish. Everything is copied. */
struct fx_bus_message {
    fx_str topic;
    uint32_t partition; /* or FX_BUS_BY_KEY, then with a key */
    fx_str key;         /* may be empty */
    fx_str value;       /* 1..FX_BUS_VALUE_SIZE_MAX bytes */
    uint64_t token;     /* comes back in the delivery */
};

/** What became of a message: exactly one for each that publish took. */
struct fx_bus_delivery {
    uint64_t token;
    fx_status status; /* OK: durable. TIMEOUT: unknown, it may be in the log. Else: it is not */
    uint32_t partition;
    uint64_t offset; /* where OK; FX_BUS_UNKNOWN is rare, but possible */
};

/** A record that was read; borrowed until the reader's next poll. */
struct fx_bus_record {
    fx_str topic;
    fx_str key;
    fx_str value;
    uint64_t offset;
    int64_t time_ms;
    uint32_t partition;
};

/** Offsets of the oldest record that is kept and behind the newest. */
struct fx_bus_span {
    uint64_t first;
    uint64_t end;
};

/** There may be something to poll. Called in a thread of the adapter: quick, and no call into the
 * bus. */
typedef void (*fx_bus_ready_fn)(void *context);

/** A partition was given to this member. @return where to begin: an offset, FX_BUS_COMMITTED or
 * FX_BUS_FIRST. Called within poll. */
typedef uint64_t (*fx_bus_assigned_fn)(void *context, struct fx_bus_place place);

/** A partition goes to another member after this call: finish what was read of it, and commit,
 * unless `is_lost` (it is gone already). Called within poll and close. */
typedef void (*fx_bus_revoked_fn)(void *context, struct fx_bus_place place, bool is_lost);

/** A member of a group. */
struct fx_bus_group {
    fx_str name;
    const fx_str *topics;
    uint32_t topic_count; /* 0: no member; it only keeps for a group without members what is done */
    bool is_silent;       /* its partitions are not read: a member only for whose they are */
    fx_bus_assigned_fn on_assigned; /* NULL: FX_BUS_COMMITTED */
    fx_bus_revoked_fn on_revoked;   /* may be NULL */
    void *context;
};

/** Close the handle; its readers are closed before. What was not delivered is unknown: flush first.
 * Accepts NULL. */
void fx_bus_close(struct fx_bus *bus);

/**
 * Make the topics that are absent. @return OK; VERSION_MISMATCH where one exists with another
 * number of partitions (a key would change its place); TIMEOUT, IO, FORBIDDEN, BAD_CREDENTIALS.
 */
FX_MUST_USE fx_status fx_bus_make(struct fx_bus *bus,
                                  const struct fx_bus_topic topics[],
                                  uint32_t count,
                                  uint32_t timeout_ms);

/**
 * Take a record. Never blocks. @return OK: a delivery will come; BUSY: the queue is full, poll and
 * try again; BODY_TOO_LARGE; BAD_PARAMETER (sizes); NOT_FOUND (no such topic or partition); what
 * fx_bus_fatal() says once it says something.
 */
FX_MUST_USE fx_status fx_bus_publish(struct fx_bus *bus, const struct fx_bus_message *message);

/** Collect deliveries, waiting up to `timeout_ms` for the first. @return how many (0..capacity). */
uint32_t fx_bus_poll(struct fx_bus *bus,
                     uint32_t timeout_ms,
                     struct fx_bus_delivery deliveries_out[],
                     uint32_t capacity);

/** The process is to end: all that waits for brokers from now on, also what waits already, shares
 * this time; then it is given up (a commit, the leaving of a group, what is not delivered: unknown,
 * as after a crash). Thread: any. */
void fx_bus_hurry(struct fx_bus *bus, uint32_t timeout_ms);

/** Wait until every message has its delivery (to be polled). @return OK; TIMEOUT. */
FX_MUST_USE fx_status fx_bus_flush(struct fx_bus *bus, uint32_t timeout_ms);

/** Have `wake` called when deliveries come and the last poll had left none; NULL: no more. Until
 * the handle is closed. @return false where the adapter has no such news: poll now and then. */
bool fx_bus_on_delivered(struct fx_bus *bus, fx_bus_ready_fn wake, void *context);

/** Messages that were taken and have no delivery yet. */
uint32_t fx_bus_pending(const struct fx_bus *bus);

/** OK, or why this handle cannot publish any more (its role must end): FENCED (another process has
 * taken over), FORBIDDEN, BAD_CREDENTIALS, CORRUPT, IO. */
fx_status fx_bus_fatal(const struct fx_bus *bus);

/** What a partition holds now, as its leader says: waits up to `timeout_ms`, and all of it where
 * the leader is away, so not where orders wait. @return OK; NOT_FOUND; TIMEOUT; IO. */
FX_MUST_USE fx_status fx_bus_span(struct fx_bus *bus,
                                  struct fx_bus_place place,
                                  uint32_t timeout_ms,
                                  struct fx_bus_span *span_out);

/** The adapter's words about the last failure; no secrets. Never NULL. */
const char *fx_bus_error_text(const struct fx_bus *bus);

/** Read one partition from `offset` (or FX_BUS_FIRST) on, without a group. @return OK (gives);
 * NO_MEMORY; NOT_FOUND; IO. */
FX_MUST_USE fx_status fx_bus_reader_open(struct fx_bus *bus,
                                         struct fx_bus_place place,
                                         uint64_t offset,
                                         struct fx_bus_reader **reader_out);

/** Become a member of a group. Partitions come with the first polls. @return as above. */
FX_MUST_USE fx_status fx_bus_reader_join(struct fx_bus *bus,
                                         const struct fx_bus_group *group,
                                         struct fx_bus_reader **reader_out);

/** Leave and close. Accepts NULL. */
void fx_bus_reader_close(struct fx_bus_reader *reader);

/**
 * Read records, in order within each partition, waiting up to `timeout_ms` for the first.
 * @return OK (*count_out may be 0); NOT_FOUND: the offset asked for is not in the log any more or
 * not yet (never skipped); FORBIDDEN, BAD_CREDENTIALS; IO: tried again by itself.
 */
FX_MUST_USE fx_status fx_bus_reader_poll(struct fx_bus_reader *reader,
                                         uint32_t timeout_ms,
                                         struct fx_bus_record records_out[],
                                         uint32_t capacity,
                                         uint32_t *count_out);

/**
 * For a reader of one partition: did its last poll find the end? *next_offset_out is then the next
 * record's offset (what is no record, e.g. a transaction's mark, lies before it). An empty poll
 * alone says nothing: the broker may be away. @return false where it did not, or nobody knows.
 */
bool fx_bus_reader_is_at_end(const struct fx_bus_reader *reader, uint64_t *next_offset_out);

/**
 * For a reader of one partition: the offset behind its newest record when the log was last heard
 * of. Never waits and asks nobody, so it may be old: for figures. @return false where nobody knows
 * yet.
 */
bool fx_bus_reader_end(const struct fx_bus_reader *reader, uint64_t *end_out);

/**
 * Have `wake` called when records come to a reader whose last poll found none; NULL: no more. Until
 * the reader is closed. @return false where the adapter has no such news: poll now and then.
 */
bool fx_bus_reader_on_ready(struct fx_bus_reader *reader, fx_bus_ready_fn wake, void *context);

/** A group's member keeps for the group that everything before `next_offset` is done. Waits for the
 * brokers, two seconds at most. @return OK; STALE (the partition is another member's by now);
 * TIMEOUT (nobody knows); IO. */
FX_MUST_USE fx_status fx_bus_reader_commit(struct fx_bus_reader *reader,
                                           struct fx_bus_place place,
                                           uint64_t next_offset);

/** Up to where its group has said that everything is done, whichever member said so: an offset.
 * Also where the partition is not this member's. Waits for the brokers, two seconds at most.
 * @return OK; NOT_FOUND (nobody has said anything); TIMEOUT; IO; BAD_PARAMETER (no group). */
FX_MUST_USE fx_status fx_bus_reader_committed(struct fx_bus_reader *reader,
                                              struct fx_bus_place place,
                                              uint64_t *next_offset_out);

const char *fx_bus_reader_error_text(const struct fx_bus_reader *reader);

#endif

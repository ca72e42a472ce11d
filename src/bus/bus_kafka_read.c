/* Reading from Kafka: one partition from an explicit offset, or a share of a group's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "bus/bus_kafka_int.h"

enum {
    COMMITTED_TIMEOUT_MS = 2000, /* … of each of the times that it is asked */
    COMMITTED_TRIES = 5,
    COMMIT_TIMEOUT_MS = 2000,
    ASK_MS = 1000,
    LEAVE_MS = 3000,
    LEAVE_TURN_MS = 10,
    SINGLE_MAX = 4096,
    US_PER_MS = 1000
};

struct fx_bus_kafka_reader {
    struct fx_bus_reader head;
    const struct fx_bus_kafka *kafka; /* it is closed after its readers */
    rd_kafka_t *consumer;
    struct fx_bus_group group; /* name.size == 0: one partition, no group */
    rd_kafka_message_t *borrowed[SINGLE_MAX];
    uint32_t borrowed_count;
    struct fx_bus_record *taken; /* by the poll that is under way, and how many; else NULL */
    uint32_t *taken_count;
    fx_status failure;  /* of a partition: until the next poll has told it */
    bool is_at_end;     /* nothing came behind `end` */
    bool was_assigned;  /* the group has once told what is ours, if anything */
    bool is_unanswered; /* a commit of ours: the library would wait for it in a close, for a minute
                         */
    int64_t unknown_us; /* since when a broker has not heard of a topic of the group; 0: all have */
    uint64_t end;
    char topic[FX_BUS_NAME_SIZE_MAX + 1]; /* of the one partition */
    int32_t partition;
    rd_kafka_queue_t *queue; /* of the consumer, once somebody wants to be woken */
    fx_bus_ready_fn wake;
    void *wake_context;
};

static struct fx_bus_kafka_reader *reader_of(struct fx_bus_reader *head)
{
    return (struct fx_bus_kafka_reader *)head;
}

static void give_back(struct fx_bus_kafka_reader *reader)
{
    for (uint32_t index = 0; index < reader->borrowed_count; index++) {
        rd_kafka_message_destroy(reader->borrowed[index]);
    }
    reader->borrowed_count = 0;
}

/* ---- membership ------------------------------------------------------------------------------ */

static struct fx_bus_place place_of(const rd_kafka_topic_partition_t *partition)
{
    return (struct fx_bus_place){fx_str_of(partition->topic), (uint32_t)partition->partition};
}

/* In several goes, so that a stop has not to wait for the last of them. */
static rd_kafka_resp_err_t ask_committed(const struct fx_bus_kafka_reader *reader,
                                         rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__TIMED_OUT;
    for (uint32_t tries = 0; tries < COMMITTED_TRIES && error == RD_KAFKA_RESP_ERR__TIMED_OUT &&
                             (tries == 0 || !fx_bus_kafka_is_over(reader->kafka));
         tries++) {
        error = rd_kafka_committed(
            reader->consumer, list, fx_bus_kafka_limit(reader->kafka, COMMITTED_TIMEOUT_MS));
    }
    return error;
}

/* Where the new partitions begin: what their owner's projection says, else what was committed. */
static rd_kafka_resp_err_t set_starts(struct fx_bus_kafka_reader *reader,
                                      rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_topic_partition_list_t *committed = rd_kafka_topic_partition_list_copy(partitions);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    bool has_asked = false;
    for (int index = 0; index < partitions->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; index++) {
        rd_kafka_topic_partition_t *partition = &partitions->elems[index];
        uint64_t offset = FX_BUS_COMMITTED;
        if (reader->group.on_assigned != NULL) {
            offset = reader->group.on_assigned(reader->group.context, place_of(partition));
        }
        if (offset == FX_BUS_COMMITTED) {
            if (!has_asked) {
                error = ask_committed(reader, committed);
                has_asked = true;
            }
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
                /* One partition's may be unknown while the call as such went well: without this
                 * check it would be read from its beginning, as if nothing had been committed. */
                error = committed->elems[index].err;
            }
            partition->offset = committed->elems[index].offset >= 0 ? committed->elems[index].offset
                                                                    : RD_KAFKA_OFFSET_BEGINNING;
            if (error != RD_KAFKA_RESP_ERR_NO_ERROR) { /* the library asks once more */
                partition->offset = RD_KAFKA_OFFSET_INVALID;
            }
        } else {
            partition->offset =
                offset == FX_BUS_FIRST ? RD_KAFKA_OFFSET_BEGINNING : (int64_t)offset;
        }
    }
    rd_kafka_topic_partition_list_destroy(committed);
    return error;
}

/* Records that the poll at hand has taken of a partition that goes are the next member's: their
 * reader has not seen them, so it cannot have finished them. */
static void drop_taken(struct fx_bus_kafka_reader *reader, struct fx_bus_place place)
{
    uint32_t kept = 0;
    for (uint32_t index = 0; reader->taken != NULL && index < *reader->taken_count; index++) {
        const struct fx_bus_record *record = &reader->taken[index];
        if (record->partition != place.partition || !fx_str_is_equal(record->topic, place.topic)) {
            reader->taken[kept++] = *record;
        }
    }
    if (reader->taken != NULL) {
        *reader->taken_count = kept;
    }
}

static void tell_revoked(struct fx_bus_kafka_reader *reader,
                         const rd_kafka_topic_partition_list_t *partitions)
{
    const bool is_lost = rd_kafka_assignment_lost(reader->consumer) != 0;
    for (int index = 0; index < partitions->cnt; index++) {
        const struct fx_bus_place place = place_of(&partitions->elems[index]);
        drop_taken(reader, place);
        if (reader->group.on_revoked != NULL) {
            reader->group.on_revoked(reader->group.context, place, is_lost);
        }
    }
}

/* Within a poll or the close. Cooperative: only differences come, and are applied as such. */
static void on_rebalance(rd_kafka_t *consumer,
                         rd_kafka_resp_err_t what,
                         rd_kafka_topic_partition_list_t *partitions,
                         void *context)
{
    struct fx_bus_kafka_reader *reader = context;
    rd_kafka_error_t *error = NULL;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        reader->was_assigned = true;
        const rd_kafka_resp_err_t failure = set_starts(reader, partitions);
        if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
            reader->failure =
                fx_bus_kafka_fail(reader->head.error, "what the group committed", failure);
        }
        error = rd_kafka_incremental_assign(consumer, partitions);
        if (error == NULL && reader->group.is_silent) {
            (void)rd_kafka_pause_partitions(consumer, partitions);
        }
    } else {
        if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
            tell_revoked(reader, partitions);
        }
        error = rd_kafka_incremental_unassign(consumer, partitions);
    }
    if (error != NULL) {
        reader->failure =
            fx_bus_kafka_fail(reader->head.error, "sharing partitions", rd_kafka_error_code(error));
        rd_kafka_error_destroy(error);
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take_record(struct fx_bus_kafka_reader *reader,
                        rd_kafka_message_t *message,
                        struct fx_bus_record *record_out)
{
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    reader->borrowed[reader->borrowed_count++] = message;
    record_out->topic = fx_str_of(rd_kafka_topic_name(message->rkt));
    record_out->key = (fx_str){message->key, message->key_len};
    record_out->value = (fx_str){message->payload, message->len};
    record_out->offset = (uint64_t)message->offset;
    record_out->partition = (uint32_t)message->partition;
    record_out->time_ms = rd_kafka_message_timestamp(message, &type);
}

/* A broker says that there is no such topic. @return false also where nobody answers. */
static bool is_absent(const struct fx_bus_kafka_reader *reader, const char *topic)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(reader->consumer, topic, NULL);
    if (handle == NULL) {
        return false;
    }
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(reader->consumer, 0, handle, &metadata, ASK_MS);
    rd_kafka_topic_destroy(handle);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return false;
    }
    const bool is_unknown = metadata->topic_cnt == 1 &&
                            metadata->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(metadata);
    return is_unknown;
}

/* The group's topics were not all known. A topic that was just made is known to all brokers a
 * little later, and the library looks again by itself, but it does not say again that there is
 * none. */
static fx_status judge_topics(struct fx_bus_kafka_reader *reader)
{
    const int64_t now_us = fx_clock_monotonic_us();
    rd_kafka_topic_partition_list_t *list = NULL;
    if (now_us - reader->unknown_us < (int64_t)FX_BUS_KAFKA_PROPAGATION_MS * US_PER_MS ||
        rd_kafka_subscription(reader->consumer, &list) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return FX_OK;
    }
    fx_status status = FX_OK;
    for (int index = 0; index < list->cnt && status == FX_OK; index++) {
        if (is_absent(reader, list->elems[index].topic)) {
            status = fx_bus_kafka_fail(reader->head.error,
                                       list->elems[index].topic,
                                       RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    reader->unknown_us = status == FX_OK ? 0 : reader->unknown_us;
    return status;
}

/* Trouble that the library mends by itself is told by the log; what needs somebody is returned. */
static fx_status take_error(struct fx_bus_kafka_reader *reader, const rd_kafka_message_t *message)
{
    const fx_status status = fx_bus_kafka_status(message->err);
    (void)snprintf(reader->head.error,
                   sizeof reader->head.error,
                   "%.180s (%s)",
                   rd_kafka_message_errstr(message),
                   rd_kafka_err2name(message->err));
    if (message->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && reader->group.topic_count > 0) {
        reader->unknown_us = reader->unknown_us == 0 ? fx_clock_monotonic_us() : reader->unknown_us;
        return FX_OK; /* judge_topics() */
    }
    switch ((int)status) {
    case FX_NOT_FOUND:
    case FX_FORBIDDEN:
    case FX_BAD_CREDENTIALS:
    case FX_FENCED:
    case FX_CORRUPT:
        return status;
    default:
        return message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED ||
                       message->err == RD_KAFKA_RESP_ERR__FATAL
                   ? FX_IO
                   : FX_OK;
    }
}

static fx_status kafka_poll(struct fx_bus_reader *head,
                            uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                            struct fx_bus_record records_out[],
                            uint32_t capacity,
                            uint32_t *count_out)
{
    struct fx_bus_kafka_reader *reader = reader_of(head);
    const uint32_t most = capacity < SINGLE_MAX ? capacity : SINGLE_MAX;
    fx_status status = FX_OK;
    give_back(reader);
    if (reader->unknown_us != 0) {
        status = judge_topics(reader);
    }
    reader->taken = records_out;
    reader->taken_count = count_out;
    while (*count_out < most && reader->borrowed_count < SINGLE_MAX && status == FX_OK) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(reader->consumer, *count_out == 0 ? (int)timeout_ms : 0);
        if (reader->failure != FX_OK) {
            status = reader->failure;
            reader->failure = FX_OK;
        }
        if (message == NULL) {
            break;
        }
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            reader->is_at_end = true;
            reader->end = (uint64_t)message->offset;
            rd_kafka_message_destroy(message);
            continue;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            reader->is_at_end = false; /* nobody knows any more */
            status = take_error(reader, message);
            rd_kafka_message_destroy(message);
            if (status == FX_OK && *count_out == 0) {
                break; /* its reason may last: the caller's turn */
            }
            continue;
        }
        if (reader->group.is_silent) { /* it came before the pause */
            rd_kafka_message_destroy(message);
            continue;
        }
        reader->is_at_end = false;
        take_record(reader, message, &records_out[*count_out]);
        (*count_out)++;
    }
    reader->taken = NULL;
    /* What was read before a failure is good: it is told first, and the failure comes again. */
    if (status != FX_OK && *count_out > 0) {
        reader->failure = status;
        status = FX_OK;
    }
    return status;
}

/* rd_kafka_commit() waits for as long as the brokers are away, and with it whoever is to stop. One
 * that answers later has kept it all the same. */
static rd_kafka_resp_err_t commit_in_time(const struct fx_bus_kafka_reader *reader,
                                          const rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(reader->consumer);
    if (queue == NULL) {
        return RD_KAFKA_RESP_ERR__FAIL;
    }
    rd_kafka_resp_err_t error = rd_kafka_commit_queue(reader->consumer, list, queue, NULL, NULL);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *event =
            rd_kafka_queue_poll(queue, fx_bus_kafka_limit(reader->kafka, COMMIT_TIMEOUT_MS));
        error = event == NULL ? RD_KAFKA_RESP_ERR__TIMED_OUT : rd_kafka_event_error(event);
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    rd_kafka_queue_destroy(queue);
    return error;
}

/* @return a list of one place of the reader's group; NULL with `status_out`: BAD_PARAMETER (no
 * group, no such name), NO_MEMORY. */
static rd_kafka_topic_partition_list_t *list_of(const struct fx_bus_kafka_reader *reader,
                                                struct fx_bus_place place,
                                                fx_status *status_out)
{
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    rd_kafka_topic_partition_list_t *list = NULL;
    *status_out = FX_BAD_PARAMETER;
    if (reader->group.name.size > 0 && fx_str_copy(place.topic, topic, sizeof topic)) {
        list = rd_kafka_topic_partition_list_new(1);
        *status_out = list == NULL ? FX_NO_MEMORY : FX_OK;
    }
    if (list != NULL) {
        rd_kafka_topic_partition_list_add(list, topic, (int32_t)place.partition);
    }
    return list;
}

static fx_status kafka_commit(struct fx_bus_reader *head,
                              struct fx_bus_place place,
                              uint64_t next_offset)
{
    struct fx_bus_kafka_reader *reader = reader_of(head);
    fx_status status = FX_OK;
    rd_kafka_topic_partition_list_t *list = list_of(reader, place, &status);
    if (list == NULL) {
        return status;
    }
    list->elems[0].offset = (int64_t)next_offset;
    const rd_kafka_resp_err_t error = commit_in_time(reader, list);
    rd_kafka_topic_partition_list_destroy(list);
    reader->is_unanswered = error == RD_KAFKA_RESP_ERR__TIMED_OUT;
    return error == RD_KAFKA_RESP_ERR_NO_ERROR
               ? FX_OK
               : fx_bus_kafka_fail(reader->head.error, "commit", error);
}

static fx_status kafka_committed(struct fx_bus_reader *head,
                                 struct fx_bus_place place,
                                 uint64_t *next_out)
{
    struct fx_bus_kafka_reader *reader = reader_of(head);
    fx_status status = FX_OK;
    rd_kafka_topic_partition_list_t *list = list_of(reader, place, &status);
    if (list == NULL) {
        return status;
    }
    rd_kafka_resp_err_t error = rd_kafka_committed(
        reader->consumer, list, fx_bus_kafka_limit(reader->kafka, COMMITTED_TIMEOUT_MS));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        error = list->elems[0].err;
    }
    const int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fx_bus_kafka_fail(reader->head.error, "what the group committed", error);
    }
    if (offset < 0) {
        return FX_NOT_FOUND;
    }
    *next_out = (uint64_t)offset;
    return FX_OK;
}

/* In a thread of the library's, when the queue was empty. */
static void on_event(rd_kafka_t *consumer, void *context)
{
    const struct fx_bus_kafka_reader *reader = context;
    (void)consumer;
    reader->wake(reader->wake_context);
}

static bool kafka_is_at_end(const struct fx_bus_reader *head, uint64_t *next_out)
{
    const struct fx_bus_kafka_reader *reader = (const struct fx_bus_kafka_reader *)head;
    *next_out = reader->end;
    return reader->is_at_end && reader->group.name.size == 0;
}

/* As the last answer to a fetch said; no question to anybody. */
static bool kafka_end(const struct fx_bus_reader *head, uint64_t *end_out)
{
    const struct fx_bus_kafka_reader *reader = (const struct fx_bus_kafka_reader *)head;
    int64_t low = 0, high = RD_KAFKA_OFFSET_INVALID;
    if (reader->group.name.size > 0 ||
        rd_kafka_get_watermark_offsets(
            reader->consumer, reader->topic, reader->partition, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high < 0) {
        return false;
    }
    *end_out = (uint64_t)high;
    return true;
}

static bool kafka_on_ready(struct fx_bus_reader *head, fx_bus_ready_fn wake, void *context)
{
    struct fx_bus_kafka_reader *reader = reader_of(head);
    fx_bus_kafka_unlisten(&reader->queue);
    reader->wake = wake;
    reader->wake_context = context;
    if (wake != NULL) {
        reader->queue = rd_kafka_queue_get_consumer(reader->consumer);
    }
    if (reader->queue != NULL) {
        rd_kafka_queue_cb_event_enable(reader->queue, on_event, reader);
    }
    return reader->queue != NULL;
}

/* rd_kafka_consumer_close() waits without an end, and librdkafka 2.0.2 does not let a member go
 * whose group is being dealt anew just then: a role that was stopped right behind its start hung.
 * @return false: not in time. */
static bool leave(struct fx_bus_kafka_reader *reader)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(reader->consumer);
    if (queue == NULL) {
        return false;
    }
    const int64_t limit_us = (int64_t)fx_bus_kafka_limit(reader->kafka, LEAVE_MS) * US_PER_MS;
    const int64_t end_us = fx_clock_monotonic_us() + limit_us;
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(reader->consumer, queue);
    while (error == NULL && rd_kafka_consumer_closed(reader->consumer) == 0 &&
           fx_clock_monotonic_us() < end_us) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, LEAVE_TURN_MS);
        if (event != NULL && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE) {
            on_rebalance(reader->consumer,
                         rd_kafka_event_error(event),
                         rd_kafka_event_topic_partition_list(event),
                         reader);
        }
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    const bool has_left = error == NULL && rd_kafka_consumer_closed(reader->consumer) != 0;
    if (error != NULL) {
        rd_kafka_error_destroy(error);
    }
    rd_kafka_queue_destroy(queue);
    return has_left;
}

static void kafka_close(struct fx_bus_reader *head)
{
    struct fx_bus_kafka_reader *reader = reader_of(head);
    give_back(reader);
    (void)kafka_on_ready(head, NULL, NULL);
    if (reader->is_unanswered || (reader->consumer != NULL && !leave(reader))) {
        /* Nobody polls it any more, and it goes with the process. */
        FX_LOG(FX_LOG_WARN,
               "kafka",
               "a group cannot be left in good order: the brokers do not answer, or share it out "
               "anew just now; they will miss this member in ten seconds",
               fx_log_str("group", reader->group.name));
        return;
    }
    if (reader->consumer != NULL) {
        /* librdkafka 2.0.2 aborts the process where it is to forget a member that its group has not
         * yet given anything (assertion of the sticky assignor's state). Such a one has left, and
         * goes with the process. */
        if (reader->group.topic_count == 0 || reader->was_assigned) {
            rd_kafka_destroy(reader->consumer);
        } else {
            FX_LOG(FX_LOG_DEBUG, "kafka", "a member left before it was given anything");
        }
    }
    free(reader);
}

static const struct fx_bus_reader_ops OPS = {.close = kafka_close,
                                             .poll = kafka_poll,
                                             .commit = kafka_commit,
                                             .committed = kafka_committed,
                                             .is_at_end = kafka_is_at_end,
                                             .end = kafka_end,
                                             .on_ready = kafka_on_ready};

/* ---- opening --------------------------------------------------------------------------------- */

static fx_status create(struct fx_bus *bus,
                        fx_str group_name,
                        struct fx_bus_kafka_reader **reader_out)
{
    const struct fx_bus_kafka *kafka = (const struct fx_bus_kafka *)bus;
    char group[FX_BUS_NAME_SIZE_MAX + 1];
    struct fx_bus_kafka_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        return FX_NO_MEMORY;
    }
    reader->head.ops = &OPS;
    reader->kafka = kafka;
    rd_kafka_conf_t *conf = fx_bus_kafka_conf(&kafka->options, false, bus->error);
    const bool fits = conf != NULL && fx_str_copy(group_name, group, sizeof group) &&
                      fx_bus_kafka_conf_set(conf, "group.id", group, bus->error);
    if (fits) {
        rd_kafka_conf_set_opaque(conf, reader);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        reader->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, bus->error, FX_BUS_ERROR_SIZE_MAX);
        if (reader->consumer != NULL) {
            conf = NULL; /* the consumer's now */
        }
    }
    if (conf != NULL) {
        rd_kafka_conf_destroy(conf);
    }
    if (reader->consumer == NULL) {
        kafka_close(&reader->head);
        return FX_BAD_PARAMETER;
    }
    const rd_kafka_resp_err_t error = rd_kafka_poll_set_consumer(reader->consumer);
    FX_ASSERT(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    *reader_out = reader;
    return FX_OK;
}

fx_status fx_bus_kafka_read_open(struct fx_bus *bus,
                                 struct fx_bus_place place,
                                 uint64_t offset,
                                 struct fx_bus_reader **reader_out)
{
    struct fx_bus_kafka_reader *reader = NULL;
    /* assign() wants some group's name; nothing is ever committed under it. */
    const fx_status status = create(bus, FX_STR("future_no_group"), &reader);
    if (status != FX_OK) {
        return status;
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    if (list == NULL || !fx_str_copy(place.topic, reader->topic, sizeof reader->topic)) {
        kafka_close(&reader->head);
        return FX_NO_MEMORY;
    }
    reader->partition = (int32_t)place.partition;
    rd_kafka_topic_partition_list_add(list, reader->topic, reader->partition)->offset =
        offset == FX_BUS_FIRST ? RD_KAFKA_OFFSET_BEGINNING : (int64_t)offset;
    const rd_kafka_resp_err_t error = rd_kafka_assign(reader->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const fx_status failure = fx_bus_kafka_fail(bus->error, "assign", error);
        kafka_close(&reader->head);
        return failure;
    }
    *reader_out = &reader->head;
    return FX_OK;
}

fx_status fx_bus_kafka_read_join(struct fx_bus *bus,
                                 const struct fx_bus_group *group,
                                 struct fx_bus_reader **reader_out)
{
    struct fx_bus_kafka_reader *reader = NULL;
    const fx_status status = create(bus, group->name, &reader);
    if (status != FX_OK) {
        return status;
    }
    reader->group = *group;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)group->topic_count);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__FAIL;
    if (list != NULL && group->topic_count == 0) {
        rd_kafka_topic_partition_list_destroy(list);
        error = RD_KAFKA_RESP_ERR_NO_ERROR;
    } else if (list != NULL) {
        for (uint32_t index = 0; index < group->topic_count; index++) {
            char topic[FX_BUS_NAME_SIZE_MAX + 1];
            const bool is_copied = fx_str_copy(group->topics[index], topic, sizeof topic);
            FX_ASSERT(is_copied);
            rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA);
        }
        error = rd_kafka_subscribe(reader->consumer, list);
        rd_kafka_topic_partition_list_destroy(list);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const fx_status failure = fx_bus_kafka_fail(bus->error, "subscribe", error);
        kafka_close(&reader->head);
        return failure;
    }
    *reader_out = &reader->head;
    return FX_OK;
}

/* Making topics, and looking at those that are there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus/bus_kafka_int.h"

enum { NUMBER_SIZE = 24, WAIT_MS = 100, ASK_MS = 2000, REPLICAS_SAFE = 3, US_PER_MS = 1000 };

/* How many partitions a topic has; 0 = there is no such topic. */
static fx_status ask_partitions(struct fx_bus_kafka *kafka,
                                fx_str name,
                                uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                                // NOLINTNEXTLINE(bugprone-easily-swappable-parameters)
                                uint32_t *count_out,
                                uint32_t *replicas_out)
{
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    const struct rd_kafka_metadata *metadata = NULL;
    if (!fx_str_copy(name, topic, sizeof topic)) {
        return FX_BAD_PARAMETER;
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka->producer, topic, NULL);
    if (handle == NULL) {
        return fx_bus_kafka_fail(kafka->head.error, topic, rd_kafka_last_error());
    }
    const rd_kafka_resp_err_t error =
        rd_kafka_metadata(kafka->producer, 0, handle, &metadata, (int)timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)fx_bus_kafka_fail(kafka->head.error, "the list of topics", error);
        if (kafka->cause[0] != '\0') {
            (void)snprintf(kafka->head.error, sizeof kafka->head.error, "%s", kafka->cause);
        }
        return fx_bus_kafka_status(error);
    }
    fx_status status = FX_OK;
    *count_out = 0;
    if (metadata->topic_cnt == 1) {
        const rd_kafka_resp_err_t reason = metadata->topics[0].err;
        *count_out = (uint32_t)metadata->topics[0].partition_cnt;
        if (*count_out > 0) {
            *replicas_out = (uint32_t)metadata->topics[0].partitions[0].replica_cnt;
        }
        if (reason == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            *count_out = 0;
        } else if (reason != RD_KAFKA_RESP_ERR_NO_ERROR &&
                   reason != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
            status = fx_bus_kafka_fail(kafka->head.error, topic, reason);
        }
    }
    rd_kafka_metadata_destroy(metadata);
    return status;
}

/* The same, where a connection may just be being made or made anew. */
static fx_status partitions_of(struct fx_bus_kafka *kafka,
                               fx_str name,
                               uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                               uint32_t *count_out,
                               uint32_t *replicas_out)
{
    /* In short waits: what the client says of a refused password is heard between them. */
    const uint32_t ask_ms = timeout_ms < ASK_MS ? timeout_ms : ASK_MS;
    const int64_t end_us = fx_clock_monotonic_us() + (int64_t)timeout_ms * US_PER_MS;
    fx_status status = ask_partitions(kafka, name, ask_ms, count_out, replicas_out);
    while ((status == FX_IO || status == FX_TIMEOUT) && fx_clock_monotonic_us() < end_us) {
        (void)rd_kafka_poll(kafka->producer, WAIT_MS);
        if (kafka->head.fatal != FX_OK) {
            return kafka->head.fatal;
        }
        status = ask_partitions(kafka, name, ask_ms, count_out, replicas_out);
    }
    return status;
}

static bool set_config(rd_kafka_NewTopic_t *topic, const char *name, const char *value)
{
    return rd_kafka_NewTopic_set_config(topic, name, value) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_NewTopic_t *new_topic(struct fx_bus_kafka *kafka, const struct fx_bus_topic *topic)
{
    char name[FX_BUS_NAME_SIZE_MAX + 1], number[NUMBER_SIZE];
    const uint32_t replicas = kafka->options.replicas;
    if (!fx_str_copy(topic->name, name, sizeof name)) {
        return NULL;
    }
    rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(name,
                                                      (int)topic->partitions,
                                                      replicas == 0 ? -1 : (int)replicas,
                                                      kafka->head.error,
                                                      sizeof kafka->head.error);
    if (made == NULL) {
        return NULL;
    }
    (void)snprintf(number,
                   sizeof number,
                   "%lld",
                   (long long)(topic->retention_ms < 0 ? -1 : topic->retention_ms));
    bool fits = set_config(made, "retention.ms", number) &&
                set_config(made, "cleanup.policy", "delete") &&
                set_config(made, "unclean.leader.election.enable", "false");
    if (replicas >= REPLICAS_SAFE) { /* what is acknowledged outlives a broker */
        fits = fits && set_config(made, "min.insync.replicas", "2");
    }
    if (topic->is_log) { /* its time is the broker's: a producer's clock may be anything */
        fits = fits && set_config(made, "message.timestamp.type", "LogAppendTime") &&
               set_config(made, "retention.bytes", "-1");
    }
    if (!fits) {
        rd_kafka_NewTopic_destroy(made);
        return NULL;
    }
    return made;
}

/* Read the one result of the request. */
static fx_status judge(struct fx_bus_kafka *kafka, rd_kafka_event_t *event)
{
    if (event == NULL) {
        (void)snprintf(kafka->head.error, sizeof kafka->head.error, "no answer in time");
        return FX_TIMEOUT;
    }
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    size_t count = 0;
    const rd_kafka_topic_result_t **topics =
        result == NULL ? NULL : rd_kafka_CreateTopics_result_topics(result, &count);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
        error = rd_kafka_topic_result_error(topics[0]);
        text = rd_kafka_topic_result_error_string(topics[0]);
    }
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
        error = RD_KAFKA_RESP_ERR_NO_ERROR; /* somebody was quicker */
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)snprintf(kafka->head.error,
                       sizeof kafka->head.error,
                       "the topic was not made: %.180s",
                       text == NULL ? rd_kafka_err2str(error) : text);
    }
    return fx_bus_kafka_status(error);
}

static fx_status create(struct fx_bus_kafka *kafka,
                        const struct fx_bus_topic *topic,
                        uint32_t timeout_ms)
{
    char reason[FX_BUS_ERROR_SIZE_MAX];
    rd_kafka_NewTopic_t *made = new_topic(kafka, topic);
    if (made == NULL) {
        return FX_BAD_PARAMETER;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->producer);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    fx_status status = FX_NO_MEMORY;
    if (queue != NULL && options != NULL) {
        (void)rd_kafka_AdminOptions_set_request_timeout(
            options, (int)timeout_ms, reason, sizeof reason);
        rd_kafka_CreateTopics(kafka->producer, &made, 1, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, (int)timeout_ms);
        status = judge(kafka, event);
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    if (options != NULL) {
        rd_kafka_AdminOptions_destroy(options);
    }
    if (queue != NULL) {
        rd_kafka_queue_destroy(queue);
    }
    rd_kafka_NewTopic_destroy(made);
    return status;
}

/* A topic that was just made is known to all brokers a little later. */
static fx_status await(struct fx_bus_kafka *kafka,
                       const struct fx_bus_topic *topic,
                       uint32_t timeout_ms)
{
    uint32_t count = 0;
    uint32_t replicas = 0;
    fx_status status = FX_OK;
    for (uint32_t spent_ms = 0; spent_ms <= timeout_ms; spent_ms += WAIT_MS) {
        status = partitions_of(kafka, topic->name, timeout_ms, &count, &replicas);
        if (status != FX_OK || count == topic->partitions) {
            return status;
        }
        (void)rd_kafka_poll(kafka->producer, WAIT_MS);
    }
    return FX_TIMEOUT;
}

fx_status fx_bus_kafka_admin_make(
    struct fx_bus *bus,
    const struct fx_bus_topic topics[],
    uint32_t count, // NOLINT(bugprone-easily-swappable-parameters): port
    uint32_t timeout_ms)
{
    struct fx_bus_kafka *kafka = (struct fx_bus_kafka *)bus;
    for (uint32_t index = 0; index < count; index++) {
        uint32_t partitions = 0;
        uint32_t replicas = 0;
        fx_status status =
            partitions_of(kafka, topics[index].name, timeout_ms, &partitions, &replicas);
        if (status == FX_OK && partitions == 0) {
            status = create(kafka, &topics[index], timeout_ms);
            if (status == FX_OK) {
                status = await(kafka, &topics[index], timeout_ms);
            }
        } else if (status == FX_OK && partitions != topics[index].partitions) {
            (void)snprintf(bus->error,
                           sizeof bus->error,
                           "topic %.*s has %u partitions, not %u",
                           (int)topics[index].name.size,
                           topics[index].name.data,
                           partitions,
                           topics[index].partitions);
            status = FX_VERSION_MISMATCH;
        } else if (status == FX_OK && topics[index].is_log) {
            status = fx_bus_kafka_check(kafka, &topics[index], replicas, timeout_ms);
        }
        if (status != FX_OK) {
            return bus->fatal != FX_OK ? bus->fatal : status;
        }
    }
    return FX_OK;
}

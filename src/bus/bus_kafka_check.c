/* An existing log's settings: under some of them what was acknowledged can be lost, or a producer's
 * clock be everybody's. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "bus/bus_kafka_int.h"

enum { REPLICAS_SAFE = 3 };

struct rule {
    const char *name;
    const char *wanted;
    uint32_t replicas_min; /* counts where a partition has as many */
};

static const struct rule RULES[] = {{"message.timestamp.type", "LogAppendTime", 0},
                                    {"cleanup.policy", "delete", 0},
                                    {"retention.ms", "-1", 0},
                                    {"retention.bytes", "-1", 0},
                                    {"unclean.leader.election.enable", "false", 0},
                                    {"min.insync.replicas", "2", REPLICAS_SAFE}};

/* More replicas in sync than asked for are fine, too. */
static bool is_kept(const struct rule *rule, const char *value)
{
    uint64_t wanted = 0;
    uint64_t got = 0;
    if (rule->replicas_min > 0 && fx_str_parse_u64(fx_str_of(rule->wanted), &wanted) &&
        fx_str_parse_u64(fx_str_of(value), &got)) {
        return got >= wanted;
    }
    return strcmp(rule->wanted, value) == 0;
}

static fx_status judge(struct fx_bus_kafka *kafka,
                       const struct fx_bus_topic *topic,
                       uint32_t replicas,
                       const rd_kafka_ConfigResource_t *resource)
{
    size_t count = 0;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    for (size_t at = 0; at < sizeof RULES / sizeof RULES[0]; at++) {
        for (size_t index = 0; index < count && replicas >= RULES[at].replicas_min; index++) {
            const char *name = rd_kafka_ConfigEntry_name(entries[index]);
            const char *value = rd_kafka_ConfigEntry_value(entries[index]);
            if (strcmp(name, RULES[at].name) != 0 || value == NULL || is_kept(&RULES[at], value)) {
                continue;
            }
            (void)snprintf(kafka->head.error,
                           sizeof kafka->head.error,
                           "topic %.*s has %s=%.40s, it needs %s: kafka-configs.sh --alter "
                           "--entity-type topics --entity-name %.*s --add-config %s=%s",
                           (int)topic->name.size,
                           topic->name.data,
                           name,
                           value,
                           RULES[at].wanted,
                           (int)topic->name.size,
                           topic->name.data,
                           name,
                           RULES[at].wanted);
            return FX_VERSION_MISMATCH;
        }
    }
    return FX_OK;
}

/* Read the one result of the request. */
static fx_status read_result(struct fx_bus_kafka *kafka,
                             const struct fx_bus_topic *topic,
                             uint32_t replicas,
                             rd_kafka_event_t *event)
{
    if (event == NULL) {
        (void)snprintf(kafka->head.error, sizeof kafka->head.error, "no answer in time");
        return FX_TIMEOUT;
    }
    rd_kafka_resp_err_t error = rd_kafka_event_error(event);
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources =
        result == NULL ? NULL : rd_kafka_DescribeConfigs_result_resources(result, &count);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
        error = rd_kafka_ConfigResource_error(resources[0]);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR || count != 1) {
        const fx_status status = fx_bus_kafka_status(error);
        FX_LOG(FX_LOG_WARN,
               "kafka",
               "the settings of a log cannot be looked at; they have to be safe by themselves",
               fx_log_str("topic", topic->name),
               fx_log_text("reason", rd_kafka_err2str(error)));
        return status == FX_IO || status == FX_TIMEOUT ? status : FX_OK;
    }
    return judge(kafka, topic, replicas, resources[0]);
}

fx_status fx_bus_kafka_check(struct fx_bus_kafka *kafka,
                             const struct fx_bus_topic *topic,
                             uint32_t replicas, // NOLINT(bugprone-easily-swappable-parameters)
                             uint32_t timeout_ms)
{
    char name[FX_BUS_NAME_SIZE_MAX + 1];
    char reason[FX_BUS_ERROR_SIZE_MAX];
    if (!fx_str_copy(topic->name, name, sizeof name)) {
        return FX_BAD_PARAMETER;
    }
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->producer);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->producer, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    fx_status status = FX_NO_MEMORY;
    if (resource != NULL && queue != NULL && options != NULL) {
        (void)rd_kafka_AdminOptions_set_request_timeout(
            options, (int)timeout_ms, reason, sizeof reason);
        rd_kafka_DescribeConfigs(kafka->producer, &resource, 1, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, (int)timeout_ms);
        status = read_result(kafka, topic, replicas, event);
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
    if (resource != NULL) {
        rd_kafka_ConfigResource_destroy(resource);
    }
    return status;
}

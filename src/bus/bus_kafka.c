#include "bus/bus_kafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "bus/bus_kafka_int.h"

enum {
    PENDING_MAX = 100000,
    MESSAGE_TIMEOUT_MS = 30000,
    RETRY_MS = 100,
    ASK_MS = 1000, /* until a leader that does not answer is looked for anew */
    US_PER_MS = 1000,
    MOMENT_MS = 100,  /* for brokers that answer, where the time of a hurry is over */
    SYSLOG_ERROR = 3, /* levels of syslog(3), which librdkafka uses */
    SYSLOG_WARNING = 4,
    NAME_SIZE = 64,
    NUMBER_SIZE = 16
};

/* What everybody gets unless a property says otherwise. */
static const struct fx_bus_kafka_property COMMON[] = {
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "2000"},
    {"broker.address.ttl", "5000"},
    /* A broker that has died is named as the leader for some seconds more. A partition that is read
     * or written is asked for again each second; where only its ends are asked for nobody does that
     * before this has passed (five minutes, if nothing is said). */
    {"topic.metadata.refresh.interval.ms", "2000"}};
static const struct fx_bus_kafka_property PRODUCER[] = {
    {"linger.ms", "1"},
    {"compression.type", "gzip"}, /* the one that every client, Node's too, reads without more */
    {"compression.level", "1"},
    {"batch.num.messages", "10000"},
    {"retry.backoff.ms", "50"},
    {"queue.buffering.max.kbytes", "131072"},
    {"partitioner", "murmur2_random"}}; /* as Java's and Node's clients place a key */
static const struct fx_bus_kafka_property CONSUMER[] = {
    {"fetch.wait.max.ms", "100"}, /* of a broker without news: what is new is answered at once */
    {"fetch.error.backoff.ms", "100"},
    {"queued.max.messages.kbytes", "32768"},
    {"partition.assignment.strategy", "cooperative-sticky"},
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "1000"}};

/* What nobody may change: the promises of the port rest on it. One request at a time: librdkafka
 * before 2.3.0 (Debian 12 has 2.0.2) counts a batch as answered whose connection broke. Where the
 * next one reaches the new leader before it does, the producer takes its sequence for lost, for
 * good. */
static const struct fx_bus_kafka_property PRODUCER_SAFE[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"delivery.report.only.error", "false"},
    {"max.in.flight.requests.per.connection", "1"}};
static const struct fx_bus_kafka_property CONSUMER_SAFE[] = {{"enable.auto.commit", "false"},
                                                             {"enable.auto.offset.store", "false"},
                                                             {"auto.offset.reset", "error"},
                                                             {"isolation.level", "read_committed"},
                                                             {"enable.partition.eof", "true"},
                                                             {"check.crcs", "true"},
                                                             {"allow.auto.create.topics", "false"}};

static bool is_secret(const char *name)
{
    return strstr(name, "password") != NULL || strstr(name, "secret") != NULL ||
           strstr(name, ".key") != NULL || strstr(name, "pem") != NULL ||
           strstr(name, "jaas") != NULL || strstr(name, "oauthbearer.config") != NULL;
}

bool fx_bus_kafka_conf_set(rd_kafka_conf_t *conf,
                           const char *name,
                           const char *value,
                           char error_out[FX_BUS_ERROR_SIZE_MAX])
{
    char reason[FX_BUS_ERROR_SIZE_MAX - NAME_SIZE];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK) {
        return true;
    }
    (void)snprintf(error_out,
                   FX_BUS_ERROR_SIZE_MAX,
                   "property %.60s: %.170s",
                   name,
                   is_secret(name) ? "its value is not accepted" : reason);
    return false;
}

static bool set_all(rd_kafka_conf_t *conf,
                    const struct fx_bus_kafka_property *properties,
                    size_t count,
                    char error_out[FX_BUS_ERROR_SIZE_MAX])
{
    for (size_t index = 0; index < count; index++) {
        if (!fx_bus_kafka_conf_set(
                conf, properties[index].name, properties[index].value, error_out)) {
            return false;
        }
    }
    return true;
}

/* librdkafka's own words go to our log; it never prints passwords. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): librdkafka's order
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    const enum fx_log_level ours = level <= SYSLOG_ERROR     ? FX_LOG_ERROR
                                   : level <= SYSLOG_WARNING ? FX_LOG_WARN
                                                             : FX_LOG_DEBUG;
    FX_LOG(ours, "kafka", text, fx_log_text("facility", facility));
}

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static bool fill_conf(rd_kafka_conf_t *conf,
                      const struct fx_bus_kafka_options *options,
                      bool is_producer,
                      char error_out[FX_BUS_ERROR_SIZE_MAX])
{
    const char *client_id = options->client_id == NULL ? "future" : options->client_id;
    bool fits = fx_bus_kafka_conf_set(conf, "bootstrap.servers", options->brokers, error_out) &&
                fx_bus_kafka_conf_set(conf, "client.id", client_id, error_out) &&
                set_all(conf, COMMON, COUNT_OF(COMMON), error_out);
    if (fits) {
        fits = is_producer ? set_all(conf, PRODUCER, COUNT_OF(PRODUCER), error_out)
                           : set_all(conf, CONSUMER, COUNT_OF(CONSUMER), error_out);
    }
    if (fits) {
        fits = set_all(conf, options->properties, options->property_count, error_out);
    }
    if (fits) {
        fits = is_producer ? set_all(conf, PRODUCER_SAFE, COUNT_OF(PRODUCER_SAFE), error_out)
                           : set_all(conf, CONSUMER_SAFE, COUNT_OF(CONSUMER_SAFE), error_out);
    }
    return fits;
}

rd_kafka_conf_t *fx_bus_kafka_conf(const struct fx_bus_kafka_options *options,
                                   bool is_producer,
                                   char error_out[FX_BUS_ERROR_SIZE_MAX])
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (conf == NULL) {
        (void)snprintf(error_out, FX_BUS_ERROR_SIZE_MAX, "out of memory");
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (!fill_conf(conf, options, is_producer, error_out)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    return conf;
}

fx_status fx_bus_kafka_status(rd_kafka_resp_err_t error)
{
    switch ((int)error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return FX_OK;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        return FX_FENCED;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
        return FX_BAD_CREDENTIALS;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        return FX_FORBIDDEN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return FX_BODY_TOO_LARGE;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR__NO_OFFSET:
        return FX_NOT_FOUND;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return FX_BUSY;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        return FX_TIMEOUT;
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
        return FX_STALE;
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        return FX_CORRUPT;
    default:
        return FX_IO;
    }
}

fx_status fx_bus_kafka_fail(char error_out[FX_BUS_ERROR_SIZE_MAX],
                            const char *what,
                            rd_kafka_resp_err_t error)
{
    (void)snprintf(error_out,
                   FX_BUS_ERROR_SIZE_MAX,
                   "%s: %s (%s)",
                   what,
                   rd_kafka_err2str(error),
                   rd_kafka_err2name(error));
    return fx_bus_kafka_status(error);
}

bool fx_bus_kafka_property_name(fx_str variable, char name_out[64])
{
    if (variable.size == 0 || variable.size >= NAME_SIZE) {
        return false;
    }
    for (size_t index = 0; index < variable.size; index++) {
        const char byte = variable.data[index];
        if (byte >= 'A' && byte <= 'Z') {
            name_out[index] = (char)(byte - 'A' + 'a');
        } else if (byte >= '0' && byte <= '9') {
            name_out[index] = byte;
        } else if (byte == '_') {
            name_out[index] = '.';
        } else {
            return false;
        }
    }
    name_out[variable.size] = '\0';
    return true;
}

static void kafka_hurry(struct fx_bus *bus, uint32_t timeout_ms)
{
    struct fx_bus_kafka *kafka = (struct fx_bus_kafka *)bus;
    atomic_store(&kafka->end_us, fx_clock_monotonic_us() + (int64_t)timeout_ms * US_PER_MS);
}

int fx_bus_kafka_limit(const struct fx_bus_kafka *kafka, int64_t timeout_ms)
{
    const int64_t end_us = atomic_load(&kafka->end_us);
    if (end_us != 0) {
        const int64_t left_ms = (end_us - fx_clock_monotonic_us()) / US_PER_MS;
        const int64_t most_ms = left_ms < MOMENT_MS ? MOMENT_MS : left_ms;
        timeout_ms = timeout_ms < most_ms ? timeout_ms : most_ms;
    }
    return (int)timeout_ms;
}

bool fx_bus_kafka_is_over(const struct fx_bus_kafka *kafka)
{
    const int64_t end_us = atomic_load(&kafka->end_us);
    return end_us != 0 && fx_clock_monotonic_us() >= end_us;
}

/* ---- producing ----------------------------------------------------------------------------- */

static struct fx_bus_kafka *kafka_of(struct fx_bus *bus)
{
    return (struct fx_bus_kafka *)bus;
}

/* What a delivery report means for the sender: may the record be in the log all the same? */
static fx_status delivery_status(const rd_kafka_message_t *message)
{
    const fx_status status = fx_bus_kafka_status(message->err);
    if (status != FX_OK &&
        rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) {
        return FX_TIMEOUT;
    }
    return status;
}

static struct fx_bus_kafka_sent *sent_at(const struct fx_bus_kafka *kafka, uint64_t number)
{
    return &kafka->sent[number % kafka->pending_max];
}

/* The one delivery of a message. */
static void tell(struct fx_bus_kafka *kafka, uint64_t number, struct fx_bus_delivery delivery)
{
    struct fx_bus_kafka_sent *sent = sent_at(kafka, number);
    FX_ASSERT(kafka->pending > 0);
    FX_ASSERT(kafka->delivery_end - kafka->delivery_first < kafka->pending_max);
    FX_ASSERT(number >= kafka->sent_first && number < kafka->sent_end && !sent->is_told);
    kafka->pending--;
    sent->is_told = true;
    while (kafka->sent_first < kafka->sent_end && sent_at(kafka, kafka->sent_first)->is_told) {
        kafka->sent_first++;
    }
    delivery.token = sent->token;
    kafka->deliveries[kafka->delivery_end++ % kafka->pending_max] = delivery;
}

/* Within rd_kafka_poll(), in the thread that called it. */
static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *context)
{
    struct fx_bus_kafka *kafka = context;
    struct fx_bus_delivery delivery = {.status = delivery_status(message)};
    (void)handle;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        /* Where a later answer says that it is there, nobody has said where. */
        delivery.partition = (uint32_t)message->partition;
        delivery.offset = message->offset >= 0 ? (uint64_t)message->offset : FX_BUS_UNKNOWN;
    } else {
        (void)fx_bus_kafka_fail(kafka->head.error, "a record was not delivered", message->err);
    }
    tell(kafka, (uint64_t)(uintptr_t)message->_private, delivery);
}

/* The brokers and this producer do not agree about what it has sent. No other can be meant by its
 * number, so a new one may go on where records may be unknown. */
static bool is_sequence_lost(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER ||
           error == RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID ||
           error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
           error == RD_KAFKA_RESP_ERR__INCONSISTENT;
}

/* Errors that concern the whole client; only a fatal one ends it. */
static void on_error(rd_kafka_t *handle, int error, const char *reason, void *context)
{
    struct fx_bus_kafka *kafka = context;
    char text[FX_BUS_ERROR_SIZE_MAX];
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
        const rd_kafka_resp_err_t original = rd_kafka_fatal_error(handle, text, sizeof text);
        const fx_status status = fx_bus_kafka_status(original);
        if (kafka->timeout_us > 0 && is_sequence_lost(original)) {
            kafka->is_lost = true; /* expire() */
            (void)snprintf(kafka->cause, sizeof kafka->cause, "%.250s", text);
            return;
        }
        kafka->head.fatal = status == FX_OK || fx_status_is_retryable(status) ? FX_IO : status;
        (void)snprintf(kafka->head.error, sizeof kafka->head.error, "%.250s", text);
        FX_LOG(FX_LOG_ERROR,
               "kafka",
               "the producer cannot go on",
               fx_log_text("reason", text),
               fx_log_status("err", kafka->head.fatal));
        return;
    }
    const fx_status status = fx_bus_kafka_status(error);
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) { /* which only says that there was one */
        (void)snprintf(kafka->cause, sizeof kafka->cause, "%.250s", reason);
    }
    (void)snprintf(kafka->head.error, sizeof kafka->head.error, "%.250s", kafka->cause);
    if (status == FX_FORBIDDEN) {
        kafka->head.fatal = status; /* no waiting makes it better */
    } else if (status == FX_BAD_CREDENTIALS) {
        kafka->refused = status; /* by one broker, which may be set up wrongly */
    } else if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && kafka->refused != FX_OK) {
        kafka->head.fatal = kafka->refused;
    }
}

void fx_bus_kafka_unlisten(rd_kafka_queue_t **queue)
{
    if (*queue != NULL) {
        rd_kafka_queue_cb_event_enable(*queue, NULL, NULL);
        rd_kafka_queue_destroy(*queue);
        *queue = NULL;
    }
}

/* In a thread of the library's, when there was nothing to be told before. */
static void on_event(rd_kafka_t *producer, void *context)
{
    const struct fx_bus_kafka *kafka = context;
    (void)producer;
    kafka->wake(kafka->wake_context);
}

static bool kafka_on_delivered(struct fx_bus *bus, fx_bus_ready_fn wake, void *context)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    fx_bus_kafka_unlisten(&kafka->queue);
    kafka->wake = wake;
    kafka->wake_context = context;
    if (wake != NULL && kafka->producer != NULL) {
        kafka->queue = rd_kafka_queue_get_main(kafka->producer);
    }
    if (kafka->queue != NULL) {
        rd_kafka_queue_cb_event_enable(kafka->queue, on_event, kafka);
    }
    return kafka->queue != NULL;
}

/* The producer that was given up before is gone. */
static void await_retired(struct fx_bus_kafka *kafka)
{
    if (kafka->is_retiring) {
        (void)pthread_join(kafka->retiring, NULL);
        kafka->is_retiring = false;
    }
}

static void kafka_close(struct fx_bus *bus)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    (void)kafka_on_delivered(bus, NULL, NULL);
    if (kafka->producer != NULL) {
        (void)rd_kafka_purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy_flags(kafka->producer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    await_retired(kafka);
    free(kafka->deliveries);
    free(kafka->sent);
    free(kafka);
}

static fx_status kafka_publish(struct fx_bus *bus, const struct fx_bus_message *message)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    const uint64_t owed = kafka->delivery_end - kafka->delivery_first + kafka->pending;
    if (kafka->is_lost || owed >= kafka->pending_max ||
        kafka->sent_end - kafka->sent_first >= kafka->pending_max) {
        return FX_BUSY;
    }
    if (!fx_str_copy(message->topic, topic, sizeof topic)) {
        return FX_BAD_PARAMETER;
    }
    const int32_t partition =
        message->partition == FX_BUS_BY_KEY ? RD_KAFKA_PARTITION_UA : (int32_t)message->partition;
    const uint64_t number = kafka->sent_end;
    *sent_at(kafka, number) =
        (struct fx_bus_kafka_sent){.token = message->token, .taken_us = fx_clock_monotonic_us()};
    kafka->sent_end++; /* before: the report may come within the call */
    kafka->pending++;
    // NOLINTBEGIN(performance-no-int-to-ptr): it is a number; bytes are copied, not changed
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)message->value.data, message->value.size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)number},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)message->key.data, message->key.size}}};
    // NOLINTEND(performance-no-int-to-ptr)
    rd_kafka_error_t *failure =
        rd_kafka_produceva(kafka->producer, parts, message->key.size == 0 ? 5 : 6);
    const rd_kafka_resp_err_t error = rd_kafka_error_code(failure); /* of NULL: none */
    if (failure != NULL) {
        rd_kafka_error_destroy(failure);
    }
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka->pending--;
        kafka->sent_end--;
        const fx_status status =
            fx_bus_kafka_fail(kafka->head.error, "a record was not taken", error);
        return error == RD_KAFKA_RESP_ERR__FATAL ? FX_BUSY : status; /* the next poll says why */
    }
    return FX_OK;
}

/* ---- time-outs ------------------------------------------------------------------------------- */

/* Sends nothing any more, and may take its time. */
static void *retire(void *producer)
{
    rd_kafka_destroy_flags(producer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

static void give_up_producer(struct fx_bus_kafka *kafka)
{
    fx_bus_kafka_unlisten(&kafka->queue);
    if (kafka->producer == NULL) {
        return;
    }
    (void)rd_kafka_purge(kafka->producer,
                         RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                             RD_KAFKA_PURGE_F_NON_BLOCKING);
    await_retired(kafka);
    kafka->is_retiring = pthread_create(&kafka->retiring, NULL, retire, kafka->producer) == 0;
    if (!kafka->is_retiring) {
        (void)retire(kafka->producer);
    }
    kafka->producer = NULL;
}

static fx_status create_producer(struct fx_bus_kafka *kafka, char error_out[256]);

static bool is_overdue(const struct fx_bus_kafka *kafka)
{
    return kafka->pending > 0 &&
           fx_clock_monotonic_us() - sent_at(kafka, kafka->sent_first)->taken_us >=
               kafka->timeout_us;
}

/* What has waited too long is unknown. librdkafka's own limit is not used: it would begin a new
 * epoch of the producer and send what is behind the late message once more, though it may be in the
 * log already, and no broker knows a record again that comes under another epoch. So nothing that
 * this producer was given is ever sent again: all of it is unknown, and another one goes on. The
 * same where the producer cannot go on by itself. */
static void expire(struct fx_bus_kafka *kafka)
{
    if (kafka->timeout_us == 0 || kafka->head.fatal != FX_OK ||
        (!kafka->is_lost && !is_overdue(kafka))) {
        return;
    }
    const char *what = kafka->is_lost ? "the brokers know nothing of what this producer sent last"
                                      : "no broker answered in time";
    FX_LOG(FX_LOG_WARN,
           "kafka",
           "what is on its way is unknown, and another producer goes on",
           fx_log_text("cause", what),
           fx_log_u64("records", kafka->pending),
           fx_log_text("reason", kafka->cause));
    (void)snprintf(kafka->head.error, sizeof kafka->head.error, "%s", what);
    give_up_producer(kafka);
    kafka->is_lost = false;
    for (uint64_t number = kafka->sent_first; number < kafka->sent_end; number++) {
        if (!sent_at(kafka, number)->is_told) {
            tell(kafka, number, (struct fx_bus_delivery){.status = FX_TIMEOUT});
        }
    }
    const fx_status status = create_producer(kafka, kafka->head.error);
    if (status != FX_OK) {
        kafka->head.fatal = FX_IO;
    } else if (kafka->wake != NULL) {
        (void)kafka_on_delivered(&kafka->head, kafka->wake, kafka->wake_context);
    }
}

static uint32_t kafka_poll(struct fx_bus *bus,
                           uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                           struct fx_bus_delivery deliveries_out[],
                           uint32_t capacity)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    uint32_t count = 0;
    expire(kafka);
    const bool is_waiting = kafka->delivery_first == kafka->delivery_end;
    if (kafka->producer != NULL) {
        (void)rd_kafka_poll(kafka->producer, is_waiting ? (int)timeout_ms : 0);
    }
    while (count < capacity && kafka->delivery_first < kafka->delivery_end) {
        deliveries_out[count++] = kafka->deliveries[kafka->delivery_first % kafka->pending_max];
        kafka->delivery_first++;
    }
    return count;
}

static fx_status kafka_flush(struct fx_bus *bus, uint32_t timeout_ms)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    expire(kafka);
    if (kafka->producer != NULL) {
        (void)rd_kafka_flush(kafka->producer, fx_bus_kafka_limit(kafka, timeout_ms));
    }
    return kafka->pending == 0 ? FX_OK : FX_TIMEOUT;
}

static uint32_t kafka_pending(const struct fx_bus *bus)
{
    const struct fx_bus_kafka *kafka = (const struct fx_bus_kafka *)bus;
    return kafka->pending + (uint32_t)(kafka->delivery_end - kafka->delivery_first);
}

/* One end of a partition, within `timeout_ms`. rd_kafka_query_watermark_offsets() is not used: in
 * librdkafka 2.0.2, which is Debian 12's, it forgets its limit and asks a leader that is dead until
 * it lives again. */
static rd_kafka_resp_err_t ask_end(struct fx_bus_kafka *kafka,
                                   const rd_kafka_topic_partition_t *where,
                                   int64_t which, // NOLINT(bugprone-easily-swappable-parameters)
                                   int64_t timeout_ms,
                                   int64_t *offset_out)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    if (list == NULL) {
        return RD_KAFKA_RESP_ERR__FAIL;
    }
    rd_kafka_topic_partition_t *asked =
        rd_kafka_topic_partition_list_add(list, where->topic, where->partition);
    asked->offset = which; /* a time; the ends are numbers of their own */
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(
        kafka->producer,
        list,
        fx_bus_kafka_limit(kafka, timeout_ms < ASK_MS ? timeout_ms : ASK_MS));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        error = list->elems[0].err;
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && list->elems[0].offset < 0) {
        error = RD_KAFKA_RESP_ERR__BAD_MSG;
    }
    *offset_out = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

static fx_status kafka_span(struct fx_bus *bus,
                            struct fx_bus_place place,
                            uint32_t timeout_ms,
                            struct fx_bus_span *span_out)
{
    struct fx_bus_kafka *kafka = kafka_of(bus);
    char topic[FX_BUS_NAME_SIZE_MAX + 1];
    const int64_t begin_us = fx_clock_monotonic_us();
    int64_t spent_ms = 0, low = 0, high = 0;
    if (!fx_str_copy(place.topic, topic, sizeof topic)) {
        return FX_BAD_PARAMETER;
    }
    if (kafka->producer == NULL) {
        return bus->fatal;
    }
    const rd_kafka_topic_partition_t where = {.topic = topic,
                                              .partition = (int32_t)place.partition};
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR__FAIL;
    do {
        error = ask_end(kafka, &where, RD_KAFKA_OFFSET_BEGINNING, timeout_ms - spent_ms, &low);
        spent_ms = (fx_clock_monotonic_us() - begin_us) / US_PER_MS;
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            const int64_t left_ms = timeout_ms > spent_ms ? timeout_ms - spent_ms : 1;
            error = ask_end(kafka, &where, RD_KAFKA_OFFSET_END, left_ms, &high);
        }
        /* Its leader is not known yet or has died, or a broker has not heard of the topic yet. */
        const fx_status status = fx_bus_kafka_status(error);
        if (status != FX_IO && status != FX_TIMEOUT &&
            (status != FX_NOT_FOUND || spent_ms >= FX_BUS_KAFKA_PROPAGATION_MS)) {
            break;
        }
        (void)rd_kafka_poll(kafka->producer, RETRY_MS);
        spent_ms = (fx_clock_monotonic_us() - begin_us) / US_PER_MS;
    } while (spent_ms < timeout_ms && !fx_bus_kafka_is_over(kafka));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return fx_bus_kafka_fail(bus->error, "the ends of a partition", error);
    }
    *span_out = (struct fx_bus_span){.first = (uint64_t)low, .end = (uint64_t)high};
    return FX_OK;
}

static const struct fx_bus_ops OPS = {.close = kafka_close,
                                      .make = fx_bus_kafka_admin_make,
                                      .publish = kafka_publish,
                                      .poll = kafka_poll,
                                      .flush = kafka_flush,
                                      .pending = kafka_pending,
                                      .span = kafka_span,
                                      .hurry = kafka_hurry,
                                      .on_delivered = kafka_on_delivered,
                                      .reader_open = fx_bus_kafka_read_open,
                                      .reader_join = fx_bus_kafka_read_join};

static rd_kafka_conf_t *producer_conf(struct fx_bus_kafka *kafka, char error_out[256])
{
    char number[NUMBER_SIZE];
    const struct fx_bus_kafka_options *options = &kafka->options;
    rd_kafka_conf_t *conf = fx_bus_kafka_conf(options, true, error_out);
    if (conf == NULL) {
        return NULL;
    }
    (void)snprintf(number, sizeof number, "%u", kafka->pending_max);
    bool fits = fx_bus_kafka_conf_set(conf, "queue.buffering.max.messages", number, error_out);
    fits = fits && fx_bus_kafka_conf_set(conf, "message.timeout.ms", "0", error_out); /* expire() */
    if (fits && options->is_gapless) {
        fits = fx_bus_kafka_conf_set(conf, "enable.gapless.guarantee", "true", error_out);
    }
    if (!fits) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_opaque(conf, kafka);
    return conf;
}

static fx_status create_producer(struct fx_bus_kafka *kafka, char error_out[256])
{
    rd_kafka_conf_t *conf = producer_conf(kafka, error_out);
    if (conf == NULL) {
        return FX_BAD_PARAMETER;
    }
    kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error_out, FX_BUS_ERROR_SIZE_MAX);
    if (kafka->producer == NULL) {
        rd_kafka_conf_destroy(conf);
        return FX_BAD_PARAMETER;
    }
    return FX_OK;
}

fx_status fx_bus_kafka_open(const struct fx_bus_kafka_options *options,
                            char error_out[256],
                            struct fx_bus **bus_out)
{
    struct fx_bus_kafka *kafka = calloc(1, sizeof *kafka);
    if (kafka == NULL) {
        return FX_NO_MEMORY;
    }
    FX_ASSERT(options->property_count <= FX_BUS_KAFKA_PROPERTIES_MAX);
    error_out[0] = '\0';
    const char *reason = fx_bus_kafka_zlib_begin(!options->is_zlib);
    if (reason != NULL) {
        FX_LOG(FX_LOG_INFO,
               "kafka",
               "batches are packed by zlib, which takes longer",
               fx_log_text("reason", reason));
    }
    kafka->head.ops = &OPS;
    kafka->options = *options;
    kafka->pending_max = options->pending_max == 0 ? PENDING_MAX : options->pending_max;
    kafka->deliveries = calloc(kafka->pending_max, sizeof kafka->deliveries[0]);
    kafka->sent = calloc(kafka->pending_max, sizeof kafka->sent[0]);
    if (!options->is_gapless) {
        const uint32_t timeout_ms =
            options->message_timeout_ms == 0 ? MESSAGE_TIMEOUT_MS : options->message_timeout_ms;
        kafka->timeout_us = (int64_t)timeout_ms * US_PER_MS;
    }
    const bool has_memory = kafka->deliveries != NULL && kafka->sent != NULL;
    const fx_status status = has_memory ? create_producer(kafka, error_out) : FX_NO_MEMORY;
    if (status != FX_OK) {
        kafka_close(&kafka->head);
        return status;
    }
    *bus_out = &kafka->head;
    return FX_OK;
}

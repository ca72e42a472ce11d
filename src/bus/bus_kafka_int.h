/**
 * @file bus_kafka_int.h
 * What the files of the Kafka adapter share.
 */
#ifndef FX_BUS_BUS_KAFKA_INT_H
#define FX_BUS_BUS_KAFKA_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include <librdkafka/rdkafka.h>

#include "bus/bus_int.h"
#include "bus/bus_kafka.h"

enum { FX_BUS_KAFKA_PROPAGATION_MS = 3000 }; /* until all brokers know a topic */

/* A message that the producer has taken. */
struct fx_bus_kafka_sent {
    uint64_t token;
    int64_t taken_us; /* monotonic */
    bool is_told;
};

struct fx_bus_kafka {
    struct fx_bus head;
    struct fx_bus_kafka_options options;
    rd_kafka_t *producer;
    pthread_t retiring; /* ends the last producer that was given up, where is_retiring */
    bool is_retiring;
    bool is_lost;                   /* the producer cannot go on, another one can */
    struct fx_bus_kafka_sent *sent; /* by number, in the order in which they were taken */
    uint64_t sent_first;
    uint64_t sent_end;
    struct fx_bus_delivery *deliveries; /* told by librdkafka, not yet polled */
    uint64_t delivery_first;
    uint64_t delivery_end;
    uint32_t pending; /* taken, not yet told */
    uint32_t pending_max;
    int64_t timeout_us;      /* of a message; 0: none */
    _Atomic int64_t end_us;  /* monotonic: when nobody waits for brokers any more; 0: no hurry */
    rd_kafka_queue_t *queue; /* of what is told, once somebody wants to be woken */
    fx_bus_ready_fn wake;
    void *wake_context;
    fx_status refused;                 /* a broker has refused this client; all of them: fatal */
    char cause[FX_BUS_ERROR_SIZE_MAX]; /* what a connection failed of, last */
};

/** How long may be waited for brokers now, at most `timeout_ms`: less where there is a hurry, and
 * then a moment still. Any thread. */
int fx_bus_kafka_limit(const struct fx_bus_kafka *kafka, int64_t timeout_ms);

/** Is there a hurry, and its time over? Any thread. */
bool fx_bus_kafka_is_over(const struct fx_bus_kafka *kafka);

/** A configuration with what the options say, for a producer or a consumer. @return NULL with the
 * reason in `error_out`. */
rd_kafka_conf_t *fx_bus_kafka_conf(const struct fx_bus_kafka_options *options,
                                   bool is_producer,
                                   char error_out[FX_BUS_ERROR_SIZE_MAX]);

/** Set one property; the reason of a failure never shows a secret's value. */
bool fx_bus_kafka_conf_set(rd_kafka_conf_t *conf,
                           const char *name,
                           const char *value,
                           char error_out[FX_BUS_ERROR_SIZE_MAX]);

/** From here on librdkafka's batches are packed and unpacked by bus_gzip; never more in this
 * process once it was not wanted. @return NULL; or why they are by zlib, as ever: also the name of
 * a function of zlib that librdkafka asks for and bus_gzip does not have. Any thread. */
const char *fx_bus_kafka_zlib_begin(bool is_wanted);

/** @return of the names of functions the first that has to do with a stream of zlib's and is not
 * served by ours; NULL: none. */
const char *fx_bus_kafka_zlib_foreign(const char *const names[], size_t count);

/** Batches of this process that were packed and unpacked so. Any thread. */
struct fx_bus_kafka_zlib_stats {
    uint64_t packed;
    uint64_t unpacked;
};
struct fx_bus_kafka_zlib_stats fx_bus_kafka_zlib_stats(void);

/** Our status for one of librdkafka's. */
fx_status fx_bus_kafka_status(rd_kafka_resp_err_t error);

/** Nobody is woken by this queue any more; let go of it. NULL is none. */
void fx_bus_kafka_unlisten(rd_kafka_queue_t **queue);

/** Keep the words of a failure. @return its status. */
fx_status fx_bus_kafka_fail(char error_out[FX_BUS_ERROR_SIZE_MAX],
                            const char *what,
                            rd_kafka_resp_err_t error);

fx_status fx_bus_kafka_admin_make(struct fx_bus *bus,
                                  const struct fx_bus_topic topics[],
                                  uint32_t count,
                                  uint32_t timeout_ms);

/** Is an existing log as safe as it has to be? `replicas` of its partitions. @return OK (also where
 * this client may not look: logged); VERSION_MISMATCH with the setting's name in the handle's
 * words; TIMEOUT, IO. */
fx_status fx_bus_kafka_check(struct fx_bus_kafka *kafka,
                             const struct fx_bus_topic *topic,
                             uint32_t replicas,
                             uint32_t timeout_ms);

fx_status fx_bus_kafka_read_open(struct fx_bus *bus,
                                 struct fx_bus_place place,
                                 uint64_t offset,
                                 struct fx_bus_reader **reader_out);
fx_status fx_bus_kafka_read_join(struct fx_bus *bus,
                                 const struct fx_bus_group *group,
                                 struct fx_bus_reader **reader_out);

#endif

/**
 * @file bus_kafka.h
 * The bus port on Apache Kafka (librdkafka).
 *
 * The producer is idempotent with acks=all: each record once, in order, durable on all in-sync
 * replicas when its delivery says OK. Readers never skip: an offset that is not in the log is an
 * error. Members of a group share partitions cooperatively. Thread: a handle belongs to one thread;
 * each of its readers to one, which may be another.
 */
#ifndef FX_BUS_BUS_KAFKA_H
#define FX_BUS_BUS_KAFKA_H

#include "bus/bus.h"

enum { FX_BUS_KAFKA_PROPERTIES_MAX = 64 };

/** A setting of librdkafka, e.g. security.protocol=SASL_SSL. */
struct fx_bus_kafka_property {
    const char *name;
    const char *value;
};

/** Texts are borrowed until the handle and its readers are closed. Zeroed members get the defaults
 * named here. */
struct fx_bus_kafka_options {
    const char *brokers;                            /* host:port,host:port */
    const char *client_id;                          /* "future" */
    const struct fx_bus_kafka_property *properties; /* win over all defaults but the safety ones */
    uint32_t property_count;
    uint32_t message_timeout_ms; /* 30,000; then all that waits is TIMEOUT, and is not sent again */
    bool is_gapless;             /* never give up on a message: what cannot be delivered is fatal */
    bool is_zlib;                /* pack batches by zlib, not by ISA-L, in all of this process */
    uint32_t pending_max;        /* messages without a delivery; 100,000 */
    uint32_t replicas;           /* of topics that are made; 0: what the brokers think */
};

/** Make a handle; the brokers are met later. @return OK (gives); BAD_PARAMETER with the reason in
 * `error_out` (256 bytes, no secrets): an unknown or wrong property; NO_MEMORY. */
FX_MUST_USE fx_status fx_bus_kafka_open(const struct fx_bus_kafka_options *options,
                                        char error_out[256],
                                        struct fx_bus **bus_out);

/** The property that an environment variable's rest names: "SASL_USERNAME" → "sasl.username".
 * @return false where it does not fit into 64 bytes or has other characters than A-Z, 0-9, '_'. */
bool fx_bus_kafka_property_name(fx_str variable, char name_out[64]);

#endif

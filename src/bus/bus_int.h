/**
 * @file bus_int.h
 * What an adapter of the bus port gives to bus.c: tables of functions, and the handles' heads.
 */
#ifndef FX_BUS_BUS_INT_H
#define FX_BUS_BUS_INT_H

#include "bus/bus.h"

enum { FX_BUS_ERROR_SIZE_MAX = 256 };

/** As the functions of bus.h; names and sizes are checked before. */
struct fx_bus_ops {
    void (*close)(struct fx_bus *bus);
    fx_status (*make)(struct fx_bus *bus,
                      const struct fx_bus_topic topics[],
                      uint32_t count,
                      uint32_t timeout_ms);
    fx_status (*publish)(struct fx_bus *bus, const struct fx_bus_message *message);
    uint32_t (*poll)(struct fx_bus *bus,
                     uint32_t timeout_ms,
                     struct fx_bus_delivery deliveries_out[],
                     uint32_t capacity);
    fx_status (*flush)(struct fx_bus *bus, uint32_t timeout_ms);
    uint32_t (*pending)(const struct fx_bus *bus);
    fx_status (*span)(struct fx_bus *bus,
                      struct fx_bus_place place,
                      uint32_t timeout_ms,
                      struct fx_bus_span *span_out);
    void (*hurry)(struct fx_bus *bus, uint32_t timeout_ms); /* NULL: it never waits */
    bool (*on_delivered)(struct fx_bus *bus, fx_bus_ready_fn wake, void *context); /* NULL */
    fx_status (*reader_open)(struct fx_bus *bus,
                             struct fx_bus_place place,
                             uint64_t offset,
                             struct fx_bus_reader **reader_out);
    fx_status (*reader_join)(struct fx_bus *bus,
                             const struct fx_bus_group *group,
                             struct fx_bus_reader **reader_out);
};

struct fx_bus_reader_ops {
    void (*close)(struct fx_bus_reader *reader);
    fx_status (*poll)(struct fx_bus_reader *reader,
                      uint32_t timeout_ms,
                      struct fx_bus_record records_out[],
                      uint32_t capacity,
                      uint32_t *count_out);
    fx_status (*commit)(struct fx_bus_reader *reader,
                        struct fx_bus_place place,
                        uint64_t next_offset);
    fx_status (*committed)(struct fx_bus_reader *reader,
                           struct fx_bus_place place,
                           uint64_t *next_offset_out);
    bool (*is_at_end)(const struct fx_bus_reader *reader, uint64_t *next_out); /* NULL: no news */
    bool (*end)(const struct fx_bus_reader *reader, uint64_t *end_out);
    bool (*on_ready)(struct fx_bus_reader *reader, fx_bus_ready_fn wake, void *context); /* NULL */
};

/** The first member of every adapter's handle. */
struct fx_bus {
    const struct fx_bus_ops *ops;
    fx_status fatal;
    char error[FX_BUS_ERROR_SIZE_MAX];
};

struct fx_bus_reader {
    const struct fx_bus_reader_ops *ops;
    char error[FX_BUS_ERROR_SIZE_MAX];
};

/** Java's murmur2 of a key, as Kafka's clients place it: the same key is in the same partition,
 * whoever publishes. Source: org.apache.kafka.common.utils.Utils.murmur2. */
uint32_t fx_bus_murmur2(fx_str key);

#endif

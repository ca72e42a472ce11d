/**
 * @file bus_kit.h
 * Faults that the port to the log allows and no adapter makes on demand: deliveries that do not say
 * where, records that were lost on their way to one partition, readers that are told that there is
 * nothing any more.
 *
 * It puts itself between a handle and its adapter; what it does not change goes through.
 * Thread: the handle's.
 */
#ifndef FX_TESTS_BUS_KIT_H
#define FX_TESTS_BUS_KIT_H

#include "bus/bus_int.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

struct bus_kit;

/* What handles and readers have instead of their adapter's. */
struct bus_kit_ops {
    struct fx_bus_ops ops;
    struct bus_kit *kit;
};

struct bus_kit_reader_ops {
    struct fx_bus_reader_ops ops;
    struct bus_kit *kit;
};

/** Lives longer than the handle and its readers. Members may be changed at any time. */
struct bus_kit {
    struct bus_kit_ops ops;
    struct bus_kit_reader_ops reader_ops;
    const struct fx_bus_ops *adapter;
    const struct fx_bus_reader_ops *adapter_reader;
    bool is_placeless; /* what was delivered is in the log, and nobody says where */
    fx_str lost_topic; /* what is published there, into that partition, is lost on its way */
    uint32_t lost_partition;
    fx_status reader_failure; /* what a reader's next polls say instead of reading */
};

static inline struct bus_kit *bus_kit_of(const struct fx_bus *bus)
{
    return ((const struct bus_kit_ops *)bus->ops)->kit;
}

static inline fx_status bus_kit_publish(struct fx_bus *bus, const struct fx_bus_message *message)
{
    const struct bus_kit *kit = bus_kit_of(bus);
    const bool is_lost = message->partition == kit->lost_partition &&
                         fx_str_is_equal(message->topic, kit->lost_topic);
    return is_lost ? FX_OK : kit->adapter->publish(bus, message);
}

static inline uint32_t bus_kit_poll(struct fx_bus *bus,
                                    uint32_t timeout_ms,
                                    struct fx_bus_delivery deliveries_out[],
                                    uint32_t capacity)
{
    const struct bus_kit *kit = bus_kit_of(bus);
    const uint32_t count = kit->adapter->poll(bus, timeout_ms, deliveries_out, capacity);
    for (uint32_t index = 0; kit->is_placeless && index < count; index++) {
        if (deliveries_out[index].status == FX_OK) {
            deliveries_out[index].offset = FX_BUS_UNKNOWN;
        }
    }
    return count;
}

static inline fx_status bus_kit_reader_poll(struct fx_bus_reader *reader,
                                            uint32_t timeout_ms,
                                            struct fx_bus_record records_out[],
                                            uint32_t capacity,
                                            uint32_t *count_out)
{
    const struct bus_kit *kit = ((const struct bus_kit_reader_ops *)reader->ops)->kit;
    if (kit->reader_failure != FX_OK) {
        return kit->reader_failure;
    }
    return kit->adapter_reader->poll(reader, timeout_ms, records_out, capacity, count_out);
}

static inline fx_status bus_kit_reader_open(struct fx_bus *bus,
                                            struct fx_bus_place place,
                                            uint64_t offset,
                                            struct fx_bus_reader **reader_out)
{
    struct bus_kit *kit = bus_kit_of(bus);
    const fx_status status = kit->adapter->reader_open(bus, place, offset, reader_out);
    if (status == FX_OK) {
        kit->adapter_reader = (*reader_out)->ops;
        kit->reader_ops = (struct bus_kit_reader_ops){.ops = *kit->adapter_reader, .kit = kit};
        kit->reader_ops.ops.poll = bus_kit_reader_poll;
        (*reader_out)->ops = &kit->reader_ops.ops;
    }
    return status;
}

/** Nothing is wrong yet. */
static inline void bus_kit_put(struct bus_kit *kit, struct fx_bus *bus)
{
    *kit = (struct bus_kit){.ops = {.ops = *bus->ops, .kit = kit}, .adapter = bus->ops};
    kit->ops.ops.publish = bus_kit_publish;
    kit->ops.ops.poll = bus_kit_poll;
    kit->ops.ops.reader_open = bus_kit_reader_open;
    bus->ops = &kit->ops.ops;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

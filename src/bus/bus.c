#include "bus/bus.h"

#include "base/panic.h"
#include "bus/bus_int.h"

static bool fits_name(fx_str name)
{
    if (name.size == 0 || name.size > FX_BUS_NAME_SIZE_MAX || name.data[0] == '.') {
        return false;
    }
    for (size_t index = 0; index < name.size; index++) {
        const char byte = name.data[index];
        const bool is_good = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' ||
                             byte == '.';
        if (!is_good) {
            return false;
        }
    }
    return true;
}

void fx_bus_close(struct fx_bus *bus)
{
    if (bus != NULL) {
        bus->ops->close(bus);
    }
}

fx_status fx_bus_make(struct fx_bus *bus,
                      const struct fx_bus_topic topics[],
                      uint32_t count, // NOLINT(bugprone-easily-swappable-parameters): unit named
                      uint32_t timeout_ms)
{
    if (count == 0 || count > FX_BUS_TOPICS_MAX) {
        return FX_BAD_PARAMETER;
    }
    for (uint32_t index = 0; index < count; index++) {
        if (!fits_name(topics[index].name) || topics[index].partitions == 0 ||
            topics[index].partitions > FX_BUS_PARTITIONS_MAX) {
            return FX_BAD_PARAMETER;
        }
    }
    return bus->ops->make(bus, topics, count, timeout_ms);
}

fx_status fx_bus_publish(struct fx_bus *bus, const struct fx_bus_message *message)
{
    if (bus->fatal != FX_OK) {
        return bus->fatal;
    }
    if (message->value.size > FX_BUS_VALUE_SIZE_MAX) {
        return FX_BODY_TOO_LARGE;
    }
    if (!fits_name(message->topic) || message->value.size == 0 ||
        message->key.size > FX_BUS_KEY_SIZE_MAX ||
        (message->partition == FX_BUS_BY_KEY && message->key.size == 0)) {
        return FX_BAD_PARAMETER;
    }
    return bus->ops->publish(bus, message);
}

uint32_t fx_bus_poll(struct fx_bus *bus,
                     uint32_t timeout_ms,
                     struct fx_bus_delivery deliveries_out[],
                     uint32_t capacity)
{
    FX_ASSERT(capacity > 0);
    return bus->ops->poll(bus, timeout_ms, deliveries_out, capacity);
}

void fx_bus_hurry(struct fx_bus *bus, uint32_t timeout_ms)
{
    if (bus->ops->hurry != NULL) {
        bus->ops->hurry(bus, timeout_ms);
    }
}

fx_status fx_bus_flush(struct fx_bus *bus, uint32_t timeout_ms)
{
    return bus->ops->flush(bus, timeout_ms);
}

bool fx_bus_on_delivered(struct fx_bus *bus, fx_bus_ready_fn wake, void *context)
{
    return bus->ops->on_delivered != NULL && bus->ops->on_delivered(bus, wake, context);
}

uint32_t fx_bus_pending(const struct fx_bus *bus)
{
    return bus->ops->pending(bus);
}

fx_status fx_bus_fatal(const struct fx_bus *bus)
{
    return bus->fatal;
}

fx_status fx_bus_span(struct fx_bus *bus,
                      struct fx_bus_place place,
                      uint32_t timeout_ms,
                      struct fx_bus_span *span_out)
{
    if (!fits_name(place.topic)) {
        return FX_BAD_PARAMETER;
    }
    return bus->ops->span(bus, place, timeout_ms, span_out);
}

const char *fx_bus_error_text(const struct fx_bus *bus)
{
    return bus->error;
}

fx_status fx_bus_reader_open(struct fx_bus *bus,
                             struct fx_bus_place place,
                             uint64_t offset,
                             struct fx_bus_reader **reader_out)
{
    if (!fits_name(place.topic) || offset == FX_BUS_COMMITTED) {
        return FX_BAD_PARAMETER;
    }
    return bus->ops->reader_open(bus, place, offset, reader_out);
}

fx_status fx_bus_reader_join(struct fx_bus *bus,
                             const struct fx_bus_group *group,
                             struct fx_bus_reader **reader_out)
{
    bool fits = fits_name(group->name) && group->topic_count <= FX_BUS_TOPICS_MAX;
    for (uint32_t index = 0; fits && index < group->topic_count; index++) {
        fits = fits_name(group->topics[index]);
    }
    return fits ? bus->ops->reader_join(bus, group, reader_out) : FX_BAD_PARAMETER;
}

void fx_bus_reader_close(struct fx_bus_reader *reader)
{
    if (reader != NULL) {
        reader->ops->close(reader);
    }
}

bool fx_bus_reader_is_at_end(const struct fx_bus_reader *reader, uint64_t *next_offset_out)
{
    return reader->ops->is_at_end != NULL && reader->ops->is_at_end(reader, next_offset_out);
}

bool fx_bus_reader_end(const struct fx_bus_reader *reader, uint64_t *end_out)
{
    return reader->ops->end(reader, end_out);
}

bool fx_bus_reader_on_ready(struct fx_bus_reader *reader, fx_bus_ready_fn wake, void *context)
{
    return reader->ops->on_ready != NULL && reader->ops->on_ready(reader, wake, context);
}

fx_status fx_bus_reader_poll(struct fx_bus_reader *reader,
                             uint32_t timeout_ms,
                             struct fx_bus_record records_out[],
                             uint32_t capacity,
                             uint32_t *count_out)
{
    FX_ASSERT(capacity > 0);
    *count_out = 0;
    return reader->ops->poll(reader, timeout_ms, records_out, capacity, count_out);
}

fx_status fx_bus_reader_commit(struct fx_bus_reader *reader,
                               struct fx_bus_place place,
                               uint64_t next_offset)
{
    return reader->ops->commit(reader, place, next_offset);
}

fx_status fx_bus_reader_committed(struct fx_bus_reader *reader,
                                  struct fx_bus_place place,
                                  uint64_t *next_offset_out)
{
    return reader->ops->committed(reader, place, next_offset_out);
}

const char *fx_bus_reader_error_text(const struct fx_bus_reader *reader)
{
    return reader->error;
}

uint32_t fx_bus_murmur2(fx_str key)
{
    const uint32_t multiplier = 0x5bd1e995;
    uint32_t hash = 0x9747b28cU ^ (uint32_t)key.size;
    size_t at = 0;
    for (; at + 4 <= key.size; at += 4) {
        uint32_t word = 0;
        for (uint32_t index = 0; index < 4; index++) {
            word |= (uint32_t)(uint8_t)key.data[at + index] << (8 * index);
        }
        word *= multiplier;
        word ^= word >> 24;
        hash = (hash * multiplier) ^ (word * multiplier);
    }
    const size_t rest = key.size - at;
    for (size_t index = rest; index > 0; index--) {
        hash ^= (uint32_t)(uint8_t)key.data[at + index - 1] << (8 * (index - 1));
    }
    if (rest > 0) {
        hash *= multiplier;
    }
    hash ^= hash >> 13;
    hash *= multiplier;
    hash ^= hash >> 15;
    return hash & 0x7fffffff;
}

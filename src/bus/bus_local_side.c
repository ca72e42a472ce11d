#include "bus/bus_local_side.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "bus/bus_local_int.h"

enum { PENDING_MAX = 65536 };

/* A message on its way, or its delivery. */
struct message {
    struct fx_bus_local_log *log;
    char *bytes; /* key, then value; NULL once it arrived or was lost */
    uint64_t token;
    uint64_t offset;
    size_t key_size;
    size_t value_size;
    fx_status status;
};

struct side {
    struct fx_bus head;
    struct fx_bus *home;
    struct message *messages; /* PENDING_MAX, by number modulo */
    uint64_t first;           /* the oldest without a delivery */
    uint64_t sent;            /* before it: arrived or lost */
    uint64_t end;
    bool is_held;
};

static struct side *side_of(struct fx_bus *head)
{
    return (struct side *)head;
}

static struct fx_bus_local *home_of(const struct side *side)
{
    return (struct fx_bus_local *)side->home;
}

static struct message *at(const struct side *side, uint64_t number)
{
    return &side->messages[number % PENDING_MAX];
}

static void arrive(const struct side *side, struct message *message)
{
    const struct fx_bus_message arrived = {
        .key = {message->bytes, message->key_size},
        .value = {message->bytes + message->key_size, message->value_size}};
    const struct fx_bus_local *home = home_of(side);
    const int64_t now_us = home->options.clock == NULL ? 0 : home->options.clock();
    message->status =
        fx_bus_local_log_append(message->log, &arrived, now_us / 1000, &message->offset);
}

/* The network's part: what is not held arrives. */
static void send(struct side *side)
{
    for (; !side->is_held && side->sent < side->end; side->sent++) {
        struct message *message = at(side, side->sent);
        arrive(side, message);
        free(message->bytes);
        message->bytes = NULL;
    }
}

static fx_status side_make(struct fx_bus *head,
                           const struct fx_bus_topic topics[],
                           uint32_t count, // NOLINT(bugprone-easily-swappable-parameters): port
                           uint32_t timeout_ms)
{
    return fx_bus_make(side_of(head)->home, topics, count, timeout_ms);
}

static fx_status side_publish(struct fx_bus *head, const struct fx_bus_message *message)
{
    struct side *side = side_of(head);
    struct fx_bus_place place = {message->topic, 0};
    uint32_t index = 0;
    struct fx_bus_local_log *log = fx_bus_local_find(home_of(side), place, &index);
    if (log != NULL && message->partition != 0) {
        place.partition = message->partition == FX_BUS_BY_KEY
                              ? fx_bus_murmur2(message->key) % log->partitions
                              : message->partition;
        log = fx_bus_local_find(home_of(side), place, &index);
    }
    if (log == NULL) {
        return FX_NOT_FOUND;
    }
    if (side->end - side->first == PENDING_MAX) {
        return FX_BUSY;
    }
    char *bytes = malloc(message->key.size + message->value.size);
    if (bytes == NULL) {
        return FX_NO_MEMORY;
    }
    if (message->key.size > 0) {
        memcpy(bytes, message->key.data, message->key.size);
    }
    memcpy(bytes + message->key.size, message->value.data, message->value.size);
    *at(side, side->end++) = (struct message){.log = log,
                                              .bytes = bytes,
                                              .token = message->token,
                                              .key_size = message->key.size,
                                              .value_size = message->value.size};
    send(side);
    return FX_OK;
}

static uint32_t side_poll(struct fx_bus *head,
                          uint32_t timeout_ms, // NOLINT(bugprone-easily-swappable-parameters)
                          struct fx_bus_delivery deliveries_out[],
                          uint32_t capacity)
{
    struct side *side = side_of(head);
    uint32_t count = 0;
    (void)timeout_ms;
    fx_bus_local_refresh(home_of(side));
    while (count < capacity && side->first < side->sent) {
        const struct message *message = at(side, side->first);
        if (message->status == FX_OK && message->offset >= message->log->durable) {
            break;
        }
        deliveries_out[count++] = (struct fx_bus_delivery){.token = message->token,
                                                           .status = message->status,
                                                           .partition = message->log->partition,
                                                           .offset = message->offset};
        side->first++;
    }
    return count;
}

static fx_status side_flush(struct fx_bus *head, uint32_t timeout_ms)
{
    const struct side *side = side_of(head);
    return side->sent < side->end ? FX_TIMEOUT : fx_bus_flush(side->home, timeout_ms);
}

static uint32_t side_pending(const struct fx_bus *head)
{
    const struct side *side = (const struct side *)head;
    return (uint32_t)(side->end - side->first);
}

static fx_status side_span(struct fx_bus *head,
                           struct fx_bus_place place,
                           uint32_t timeout_ms,
                           struct fx_bus_span *span_out)
{
    return fx_bus_span(side_of(head)->home, place, timeout_ms, span_out);
}

static fx_status side_reader_open(struct fx_bus *head,
                                  struct fx_bus_place place,
                                  uint64_t offset,
                                  struct fx_bus_reader **reader_out)
{
    return fx_bus_reader_open(side_of(head)->home, place, offset, reader_out);
}

static fx_status side_reader_join(struct fx_bus *head,
                                  const struct fx_bus_group *group,
                                  struct fx_bus_reader **reader_out)
{
    return fx_bus_reader_join(side_of(head)->home, group, reader_out);
}

static void side_close(struct fx_bus *head)
{
    struct side *side = side_of(head);
    for (uint64_t number = side->sent; number < side->end; number++) {
        free(at(side, number)->bytes);
    }
    free(side->messages);
    free(side);
}

static const struct fx_bus_ops OPS = {.close = side_close,
                                      .make = side_make,
                                      .publish = side_publish,
                                      .poll = side_poll,
                                      .flush = side_flush,
                                      .pending = side_pending,
                                      .span = side_span,
                                      .reader_open = side_reader_open,
                                      .reader_join = side_reader_join};

fx_status fx_bus_local_side_open(struct fx_bus *bus, struct fx_bus **side_out)
{
    struct side *side = calloc(1, sizeof *side);
    if (side == NULL) {
        return FX_NO_MEMORY;
    }
    side->head.ops = &OPS;
    side->home = bus;
    side->messages = calloc(PENDING_MAX, sizeof side->messages[0]);
    if (side->messages == NULL) {
        free(side);
        return FX_NO_MEMORY;
    }
    *side_out = &side->head;
    return FX_OK;
}

void fx_bus_local_side_hold(struct fx_bus *side, bool is_held)
{
    side_of(side)->is_held = is_held;
    send(side_of(side));
}

void fx_bus_local_side_fail(struct fx_bus *side, fx_status status, bool has_arrived)
{
    struct side *own = side_of(side);
    FX_ASSERT(status != FX_OK);
    while (own->sent < own->end) {
        struct message *message = at(own, own->sent);
        if (has_arrived) {
            arrive(own, message);
        }
        message->status = status;
        free(message->bytes);
        message->bytes = NULL;
        own->sent++;
    }
}

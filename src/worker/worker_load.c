#include "worker/worker_load.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/panic.h"
#include "worker/worker_host.h"
#include "worker/worker_load_int.h"

enum {
    WAIT_MS = 30000,
    POLL_MS = 50,
    DELIVERIES = 1024,
    RECORDS = 1024,
    TEXT_SIZE_MAX = 65536,
    SHOWN_SIZE = 300, /* of a record that is refused */
    NAME_SIZE = 80,   /* of a row: its number, and that of the order that it protects */
    TELL_EVERY = 4096,
    FIRST_TOKEN = 1, /* of the delivery that says where the log begins */
    OPERATION_BITS = 20
};

/* Sequences have room to grow, and operation ids stay below 2^63. */
static const uint64_t SEQUENCE_MAX = UINT64_C(1) << 42;

fx_status fx_worker_load_fail(struct fx_worker_load *load,
                              fx_status status,
                              const char *format,
                              ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(load->report->text, sizeof load->report->text, format, arguments);
    va_end(arguments);
    return status;
}

const struct fx_shard_map *fx_worker_load_map(const struct fx_worker_load *load)
{
    return load->options.maps == NULL ? NULL : &load->options.maps[load->options.shard];
}

void fx_worker_load_tell(const struct fx_worker_load *load,
                         enum fx_worker_load_stage stage,
                         uint64_t done,
                         uint64_t total)
{
    const struct fx_worker_load_progress progress = {stage, done, total};
    if (load->options.on_progress != NULL) {
        load->options.on_progress(load->options.context, &progress);
    }
}

/* ---- the bus ------------------------------------------------------------------------------------
 */

/* Take what was delivered. @return what the bus says of the first that was not. */
static fx_status collect(struct fx_worker_load *load, uint32_t timeout_ms)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(load->options.bus, timeout_ms, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        if (deliveries[index].status != FX_OK) {
            return fx_worker_load_fail(load,
                                       deliveries[index].status,
                                       "a record was not delivered: %s",
                                       fx_bus_error_text(load->options.bus));
        }
        load->acked++;
        if (deliveries[index].token == FIRST_TOKEN) {
            load->begun_at = deliveries[index].offset;
        }
    }
    return FX_OK;
}

static fx_status wait_all(struct fx_worker_load *load)
{
    int64_t news_us = fx_clock_monotonic_us();
    while (fx_bus_pending(load->options.bus) > 0) {
        const uint64_t before = load->acked;
        const fx_status status = collect(load, POLL_MS);
        if (status != FX_OK) {
            return status;
        }
        const int64_t now_us = fx_clock_monotonic_us();
        news_us = load->acked > before ? now_us : news_us;
        if (now_us - news_us > (int64_t)load->options.wait_ms * 1000) {
            return fx_worker_load_fail(load, FX_TIMEOUT, "the bus takes no records");
        }
    }
    return collect(load, 0);
}

fx_status fx_worker_load_publish(struct fx_worker_load *load, const struct fx_bus_message *message)
{
    const int64_t start_us = fx_clock_monotonic_us();
    fx_status status = fx_bus_publish(load->options.bus, message);
    while (status == FX_BUSY) {
        status = collect(load, POLL_MS);
        if (status != FX_OK) {
            return status;
        }
        if (fx_clock_monotonic_us() - start_us > (int64_t)load->options.wait_ms * 1000) {
            return fx_worker_load_fail(load, FX_TIMEOUT, "the bus takes no records");
        }
        status = fx_bus_publish(load->options.bus, message);
    }
    return status == FX_OK ? FX_OK
                           : fx_worker_load_fail(load,
                                                 status,
                                                 "a record cannot be published: %s",
                                                 fx_bus_error_text(load->options.bus));
}

/* Over all records and their sizes, eight bytes at a time. */
static uint64_t mix(uint64_t digest, fx_str value)
{
    digest = (digest ^ value.size) * UINT64_C(0x9fb21c651e98df25);
    for (size_t at = 0; at < value.size; at += sizeof(uint64_t)) {
        const size_t left = value.size - at;
        uint64_t word = 0;
        memcpy(&word, value.data + at, left < sizeof word ? left : sizeof word);
        digest = (digest ^ word) * UINT64_C(0x9fb21c651e98df25);
        digest ^= digest >> 32U;
    }
    return digest;
}

/* The first record also says where the log's sequences begin. */
static void add_first_sequence(struct fx_worker_load *load)
{
    FX_ASSERT(load->text.size > 2);
    load->text.size -= 2;
    fx_buf_append_byte(&load->text, ',');
    fx_buf_append(&load->text, FX_STR("\"firstSequence\":\""));
    fx_buf_append_u64(&load->text, load->report->first_sequence);
    fx_buf_append(&load->text, FX_STR("\"}}"));
}

fx_status fx_worker_load_emit(struct fx_worker_load *load, const struct fx_command *command)
{
    struct fx_command stamped = *command;
    stamped.time_us = load->options.now_us;
    load->from.token++;
    fx_buf_clear(&load->text);
    fx_status status = fx_worker_input_encode(load->input, &stamped, &load->from, &load->text);
    if (status == FX_OK && command->kind == FX_COMMAND_INITIALIZE_ENGINE &&
        load->report->first_sequence > 1) {
        add_first_sequence(load);
        status = load->text.is_overflow ? FX_NO_MEMORY : FX_OK;
    }
    if (status != FX_OK) {
        return fx_worker_load_fail(load,
                                   status,
                                   "a row can be no record (%s): %s",
                                   fx_command_name((enum fx_command_kind)command->kind),
                                   fx_status_text(status));
    }
    load->digest = mix(load->digest, fx_buf_str(&load->text));
    load->report->records++;
    /* The key tells the records of one load from those of others: the topic is kept for ever. */
    const struct fx_bus_message message = {.topic = load->options.preload.topic,
                                           .partition = load->options.preload.partition,
                                           .key = fx_ids_client_id_str(&load->from.node),
                                           .value = fx_buf_str(&load->text)};
    return fx_worker_load_publish(load, &message);
}

/* ---- reading records again ----------------------------------------------------------------------
 */

/* @return OK: go on; else the reading ends with it. */
typedef fx_status (*record_fn)(void *context, const struct fx_bus_record *record);

/* Every record of a place from an offset on, until `end`. */
static fx_status each_record(struct fx_worker_load *load,
                             struct fx_bus_place place,
                             struct fx_bus_span span,
                             record_fn take,
                             void *context)
{
    struct fx_bus_record records[RECORDS];
    struct fx_bus_reader *reader = NULL;
    fx_status status = fx_bus_reader_open(load->options.bus, place, span.first, &reader);
    uint64_t position = span.first;
    int64_t news_us = fx_clock_monotonic_us();
    while (status == FX_OK && position < span.end) {
        uint32_t count = 0;
        uint64_t next = 0;
        status = fx_bus_reader_poll(reader, POLL_MS, records, RECORDS, &count);
        status = status == FX_IO || status == FX_TIMEOUT ? FX_OK : status; /* tried again */
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            position = records[index].offset + 1;
            status = take(context, &records[index]);
            if (status != FX_OK) {
                fx_bus_reader_close(reader);
                return status;
            }
        }
        if (count == 0 && fx_bus_reader_is_at_end(reader, &next)) {
            break;
        }
        news_us = count > 0 ? fx_clock_monotonic_us() : news_us;
        if (fx_clock_monotonic_us() - news_us > (int64_t)load->options.wait_ms * 1000) {
            status = FX_TIMEOUT;
        }
    }
    if (status != FX_OK && reader != NULL) {
        status = fx_worker_load_fail(load,
                                     status,
                                     "%.*s cannot be read: %s",
                                     (int)place.topic.size,
                                     place.topic.data,
                                     fx_bus_reader_error_text(reader));
    }
    fx_bus_reader_close(reader);
    return status;
}

/* ---- checking -----------------------------------------------------------------------------------
 */

/* The loader's own engine, and what it was told. */
struct checking {
    struct fx_worker_load *load;
    struct fx_worker_input *input;
    struct fx_engine *engine;
    void *memory;
    struct fx_events events;
    uint64_t digest;
    uint64_t count;
    uint64_t account_id; /* that the last record was about; 0: none */
    bool has_started;
};

/* The row that a record was made of. */
static void name_row(const struct fx_command *command,
                     uint64_t account_id,
                     char name_out[NAME_SIZE])
{
    name_out[0] = '\0'; /* mostly the record says its symbol */
    switch (command->kind) {
    case FX_COMMAND_LOAD_ACCOUNT:
        (void)snprintf(
            name_out, NAME_SIZE, "account %" PRIu64 ", ", command->u.load_account.account_id);
        break;
    case FX_COMMAND_LOAD_POSITION:
        (void)snprintf(
            name_out, NAME_SIZE, "position %" PRIu64 ", ", command->u.load_position.position_id);
        break;
    case FX_COMMAND_LOAD_ORDER:
        (void)snprintf(name_out, NAME_SIZE, "order %" PRIu64 ", ", command->u.load_order.order_id);
        break;
    case FX_COMMAND_LOAD_ORDER_TP_SL:
        (void)snprintf(name_out,
                       NAME_SIZE,
                       "order %" PRIu64 ", which protects order %" PRIu64 ", ",
                       command->u.load_order.order_id,
                       command->u.load_order_tp_sl.parent_id);
        break;
    case FX_COMMAND_START_ENGINE:
        if (account_id != 0) {
            (void)snprintf(name_out, NAME_SIZE, "account %" PRIu64 ", ", account_id);
        }
        break;
    default:
        break;
    }
}

/* `command`: NULL where the record could not be read. */
static fx_status refused(const struct checking *checking,
                         const struct fx_bus_record *record,
                         const struct fx_command *command,
                         fx_status status,
                         fx_str field)
{
    const size_t shown = record->value.size < SHOWN_SIZE ? record->value.size : SHOWN_SIZE;
    char name[NAME_SIZE] = "";
    if (command != NULL) {
        name_row(command, checking->account_id, name);
    }
    return fx_worker_load_fail(checking->load,
                               status,
                               "%s: %s%s%s%.*s, in %.*s",
                               fx_status_name(status),
                               name,
                               fx_status_text(status),
                               field.size > 0 ? ", " : "",
                               (int)field.size,
                               field.data,
                               (int)shown,
                               record->value.data);
}

static bool is_own(const struct fx_worker_load *load, const struct fx_bus_record *record)
{
    return fx_str_is_equal(record->key, fx_ids_client_id_str(&load->from.node));
}

static fx_status check_record(void *context, const struct fx_bus_record *record)
{
    struct checking *checking = context;
    struct fx_wire_topic_in in;
    fx_str field = {0};
    if (!is_own(checking->load, record)) {
        return FX_OK;
    }
    const fx_status status = fx_worker_input_decode(checking->input, record, &in, &field);
    if (status != FX_OK || in.kind != FX_WIRE_TOPIC_IN_COMMAND) {
        return refused(checking, record, NULL, status == FX_OK ? FX_CORRUPT : status, field);
    }
    checking->count++;
    checking->digest = mix(checking->digest, record->value);
    in.command.sequence = checking->load->report->first_sequence - 1 + checking->count;
    fx_engine_apply(checking->engine, &in.command, &checking->events);
    for (uint32_t index = 0; index < checking->events.count; index++) {
        fx_worker_input_learn(checking->input, &checking->events.items[index]);
    }
    const struct fx_event_result *result =
        &checking->events.items[checking->events.count - 1].u.result;
    const struct fx_reject *reject = &result->reject;
    checking->account_id = result->account_id;
    if (reject->status != FX_OK) {
        const char *name = fx_instrument_field_name((enum fx_field)reject->field);
        return refused(checking, record, &in.command, reject->status, fx_str_of(name));
    }
    checking->has_started = in.command.kind == FX_COMMAND_START_ENGINE;
    if (checking->count % TELL_EVERY == 0) {
        fx_worker_load_tell(checking->load,
                            FX_WORKER_LOAD_CHECKING,
                            checking->count,
                            checking->load->report->records);
    }
    return FX_OK;
}

static fx_status open_checking(struct checking *checking)
{
    const struct fx_engine_limits *limits = &checking->load->limits;
    checking->events.capacity = fx_engine_events_max(limits);
    checking->events.items = aligned_alloc(16, checking->events.capacity * sizeof(struct fx_event));
    checking->memory = fx_worker_host_block(fx_engine_size(limits));
    checking->input = fx_worker_input_create();
    if (checking->events.items == NULL || checking->memory == NULL || checking->input == NULL) {
        return fx_worker_load_fail(checking->load, FX_NO_MEMORY, "no memory for an engine");
    }
    memset(checking->memory, 0, fx_engine_size(limits));
    checking->engine = fx_engine_init(checking->memory, limits);
    checking->digest = 1;
    return FX_OK;
}

/* The load as a whole is what was written, and starts. Nothing of it is in the log yet. */
static fx_status check(struct fx_worker_load *load, bool is_resumed)
{
    struct checking checking = {.load = load};
    struct fx_bus_span span = {0};
    fx_status status = open_checking(&checking);
    if (status == FX_OK) {
        status =
            fx_bus_span(load->options.bus, load->options.preload, load->options.wait_ms, &span);
        span.first = load->first;
    }
    if (status == FX_OK) {
        status = each_record(load, load->options.preload, span, check_record, &checking);
    }
    if (status == FX_OK && !is_resumed &&
        (checking.count != load->report->records || checking.digest != load->digest)) {
        status = fx_worker_load_fail(load,
                                     FX_CORRUPT,
                                     "of %" PRIu64 " records that were written %" PRIu64
                                     " came back, or not as they were",
                                     load->report->records,
                                     checking.count);
    }
    if (status == FX_OK && !checking.has_started) {
        status =
            fx_worker_load_fail(load, FX_LOAD_INCOMPLETE, "the load in the preload has no end");
    }
    if (status == FX_OK) {
        load->report->records = checking.count;
        load->report->state_hash = fx_engine_hash(checking.engine);
    }
    fx_worker_input_destroy(checking.input);
    free(checking.events.items);
    free(checking.memory);
    return status;
}

/* ---- copying ------------------------------------------------------------------------------------
 */

struct copying {
    struct fx_worker_load *load;
    uint64_t count;
};

/* The number of a record is its place among those of its load. */
static fx_status copy_record(void *context, const struct fx_bus_record *record)
{
    struct copying *copying = context;
    struct fx_worker_load *load = copying->load;
    if (!is_own(load, record)) {
        return FX_OK;
    }
    copying->count++;
    if (copying->count <= load->report->resumed_at) {
        return FX_OK;
    }
    const bool is_first = copying->count == 1;
    const struct fx_bus_message message = {.topic = load->options.input.topic,
                                           .partition = load->options.input.partition,
                                           .value = record->value,
                                           .token = is_first ? FIRST_TOKEN : 0};
    fx_status status = fx_worker_load_publish(load, &message);
    if (status == FX_OK && is_first) { /* alone: where it is not the first, nothing follows it */
        status = wait_all(load);
        if (status == FX_OK && load->begun_at != 0) {
            return fx_worker_load_fail(load,
                                       FX_ENGINE_NOT_EMPTY,
                                       "somebody else has begun the log in the same moment; the "
                                       "load is not in it");
        }
    }
    if (copying->count % TELL_EVERY == 0) {
        fx_worker_load_tell(load, FX_WORKER_LOAD_COPYING, copying->count, load->report->records);
        return status == FX_OK ? collect(load, 0) : status;
    }
    return status;
}

static fx_status copy(struct fx_worker_load *load)
{
    struct copying copying = {.load = load};
    struct fx_bus_span span = {0};
    fx_status status =
        fx_bus_span(load->options.bus, load->options.preload, load->options.wait_ms, &span);
    span.first = load->first;
    if (status == FX_OK) {
        status = each_record(load, load->options.preload, span, copy_record, &copying);
    }
    if (status == FX_OK) {
        status = wait_all(load);
    }
    fx_worker_load_tell(load, FX_WORKER_LOAD_COPYING, copying.count, load->report->records);
    return status;
}

/* ---- a log that has begun -----------------------------------------------------------------------
 */

/* What is in the log, and which part of a load. */
struct found {
    struct fx_worker_load *load;
    struct fx_json json;
    uint64_t records;
    uint64_t last;   /* the largest number of a record of the load */
    uint64_t offset; /* of the first one in the preload */
    bool has_name;
    bool has_offset;
};

static const struct fx_instrument *find_none(void *context, fx_str symbol)
{
    (void)context;
    (void)symbol;
    return NULL;
}

/* Symbols are unknown here, so most records cannot be read; who published them always can. */
static struct fx_wire_topic_from from_of(struct found *found, const struct fx_bus_record *record)
{
    struct fx_wire_topic_in in;
    fx_str field = {0};
    memset(&in, 0, sizeof in);
    const fx_status status =
        fx_wire_topic_in_command(&found->json, record->value, find_none, NULL, &in, &field);
    (void)status;
    return in.from;
}

static fx_status look_at_log(void *context, const struct fx_bus_record *record)
{
    struct found *found = context;
    const struct fx_wire_topic_from from = from_of(found, record);
    const bool is_load =
        fx_str_has_prefix(fx_ids_client_id_str(&from.node), FX_STR("load:")) && from.token > 0;
    if (found->records++ == 0 && is_load && from.token == 1) {
        found->load->from.node = from.node;
        found->has_name = true;
    }
    if (found->has_name && memcmp(&from.node, &found->load->from.node, sizeof from.node) == 0) {
        found->last = from.token > found->last ? from.token : found->last;
    }
    return FX_OK;
}

/* Its first record says with which limits it was made. */
static fx_status look_at_preload(void *context, const struct fx_bus_record *record)
{
    struct found *found = context;
    struct fx_wire_topic_in in;
    fx_str field = {0};
    if (found->has_offset || !is_own(found->load, record)) {
        return FX_OK;
    }
    const fx_status status =
        fx_wire_topic_in_command(&found->json, record->value, find_none, NULL, &in, &field);
    if (status == FX_OK && in.kind == FX_WIRE_TOPIC_IN_COMMAND &&
        in.command.kind == FX_COMMAND_INITIALIZE_ENGINE &&
        fx_engine_is_possible(&in.command.u.limits)) {
        found->offset = record->offset;
        found->has_offset = true;
        found->load->limits = in.command.u.limits;
        found->load->report->first_sequence = in.first_sequence == 0 ? 1 : in.first_sequence;
    }
    return FX_OK;
}

static fx_status begun(struct fx_worker_load *load, uint64_t records)
{
    const uint64_t saved = load->figures.saved >> OPERATION_BITS;
    if (saved > 0 && saved < records) {
        return fx_worker_load_fail(load,
                                   FX_TABLES_BEHIND,
                                   "the log has %" PRIu64 " records, and the tables are at %" PRIu64
                                   ": the database is behind the log, and a load would lose what "
                                   "is between; let the savers finish, the log needs no load",
                                   records,
                                   saved);
    }
    return fx_worker_load_fail(load,
                               FX_ENGINE_NOT_EMPTY,
                               "the log has %" PRIu64
                               " records: a load is for an empty log (other topics, or a "
                               "FUTURE_KAFKA_TOPIC_PREFIX of its own)",
                               records);
}

/* A load that was copied in part is gone on with; anything else is another's log. */
static fx_status resume(struct fx_worker_load *load, struct fx_bus_span span)
{
    struct found *found = calloc(1, sizeof *found);
    if (found == NULL) {
        return fx_worker_load_fail(load, FX_NO_MEMORY, "no memory");
    }
    found->load = load;
    fx_status status = each_record(load, load->options.input, span, look_at_log, found);
    struct fx_bus_span preload = {0};
    if (status == FX_OK && found->has_name) {
        status =
            fx_bus_span(load->options.bus, load->options.preload, load->options.wait_ms, &preload);
    }
    if (status == FX_OK && found->has_name) {
        status = each_record(load, load->options.preload, preload, look_at_preload, found);
    }
    if (status == FX_OK && !found->has_name) {
        status = begun(load, span.end);
    } else if (status == FX_OK && !found->has_offset) {
        status = fx_worker_load_fail(
            load, FX_CORRUPT, "the log has a part of a load that the preload does not know");
    }
    load->first = found->offset;
    load->report->resumed_at = found->last;
    free(found);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------------
 */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): what it holds, and at least
static uint32_t twice(uint64_t count, uint32_t least)
{
    uint64_t most = least;
    while (most < 2 * count && most < 1U << 28U) {
        most *= 2;
    }
    return (uint32_t)most;
}

/* Symbols and assets have room to grow, too, as far as one log may have them; which of them are of
 * another shard is not known yet. */
static void raise_limits(struct fx_worker_load *load)
{
    const struct fx_shard_map *map = fx_worker_load_map(load);
    const uint32_t instruments =
        map == NULL ? FX_INSTRUMENTS_MAX : fx_shard_instruments(map->shards);
    const uint32_t assets = map == NULL ? FX_ENGINE_AUDIT_ASSETS_MAX : FX_SHARD_ASSETS_MAX;
    struct fx_engine_limits *limits = &load->limits;
    limits->instruments_max = twice(load->figures.instruments, limits->instruments_max);
    limits->assets_max = twice(load->figures.assets, limits->assets_max);
    if (limits->instruments_max > instruments) {
        limits->instruments_max = instruments;
    }
    if (limits->assets_max > assets) {
        limits->assets_max = assets;
    }
}

/* Limits of an exchange that has room to grow to twice what it is; ids behind all that was used. */
static fx_status prepare(struct fx_worker_load *load)
{
    struct fx_store_preload_figures *figures = &load->figures;
    const struct fx_shard_map *map = fx_worker_load_map(load);
    const uint64_t id_base = map == NULL ? 0 : fx_shard_id_base(map);
    const struct fx_store_preload_shard shard = {
        .name = load->options.shard_name.size == 0 ? FX_STR("main") : load->options.shard_name,
        .id_first = id_base,
        .id_last = map == NULL ? INT64_MAX : id_base + (UINT64_C(1) << FX_SHARD_ID_BITS) - 1};
    const fx_status status = fx_store_preload_look(load->options.store, &shard, figures);
    if (status != FX_OK) {
        return fx_worker_load_fail(
            load, status, "the database: %s", fx_store_error_text(load->options.store));
    }
    load->limits = fx_engine_default_limits();
    load->limits.accounts_max = twice(figures->accounts, load->limits.accounts_max);
    load->limits.positions_max =
        twice(figures->positions + figures->accounts, load->limits.positions_max);
    load->limits.orders_max = twice(figures->open_orders, load->limits.orders_max);
    load->limits.client_ids_max = twice(figures->open_orders, load->limits.client_ids_max);
    raise_limits(load);
    if (map == NULL && figures->assets > load->limits.assets_max) {
        return fx_worker_load_fail(load,
                                   FX_CAPACITY,
                                   "CAPACITY: accounts and instruments are in %" PRIu64
                                   " assets, and one log may have %" PRIu32,
                                   figures->assets,
                                   load->limits.assets_max);
    }
    load->report->first_sequence =
        load->options.has_new_tables ? 1 : (figures->operation_id >> OPERATION_BITS) + 1;
    if (load->report->first_sequence > SEQUENCE_MAX) {
        return fx_worker_load_fail(
            load, FX_BAD_PARAMETER, "operationId %" PRIu64 " is none", figures->operation_id);
    }
    return FX_OK;
}

static fx_status run(struct fx_worker_load *load)
{
    struct fx_bus_span input = {0};
    struct fx_bus_span preload = {0};
    fx_status status = prepare(load);
    if (status == FX_OK) {
        status = fx_bus_span(load->options.bus, load->options.input, load->options.wait_ms, &input);
    }
    if (status == FX_OK) {
        status =
            fx_bus_span(load->options.bus, load->options.preload, load->options.wait_ms, &preload);
    }
    if (status != FX_OK) {
        return load->report->text[0] != '\0'
                   ? status
                   : fx_worker_load_fail(load, status, "%s", fx_bus_error_text(load->options.bus));
    }
    const bool is_resumed = input.end > 0;
    if (is_resumed) {
        status = resume(load, input);
    } else {
        load->first = preload.end;
        status = fx_worker_load_read(load);
        if (status == FX_OK) {
            status = wait_all(load);
        }
    }
    if (status == FX_OK) {
        status = check(load, is_resumed);
    }
    if (status == FX_OK && load->report->resumed_at >= load->report->records) {
        return fx_worker_load_fail(
            load, FX_ENGINE_NOT_EMPTY, "this log has been loaded already, and runs");
    }
    return status == FX_OK ? copy(load) : status;
}

fx_status fx_worker_load_run(const struct fx_worker_load_options *options,
                             struct fx_worker_load_report *report_out)
{
    memset(report_out, 0, sizeof *report_out);
    struct fx_worker_load load = {.options = *options, .report = report_out, .digest = 1};
    char name[FX_WORKER_LOAD_NAME_SIZE + 1];
    (void)snprintf(name, sizeof name, "load:%016" PRIx64, options->node_salt);
    const bool is_named = fx_ids_client_id(fx_str_of(name), &load.from.node);
    FX_ASSERT(is_named);
    load.options.wait_ms = options->wait_ms == 0 ? WAIT_MS : options->wait_ms;
    fx_buf_init(&load.text, TEXT_SIZE_MAX);
    load.input = fx_worker_input_create();
    fx_status status = load.input == NULL ? FX_NO_MEMORY : fx_store_begin(options->store);
    if (status == FX_OK) {
        status = run(&load);
        fx_store_rollback(options->store);
    }
    if (status != FX_OK && report_out->text[0] == '\0') {
        status = fx_worker_load_fail(&load, status, "%s", fx_status_text(status));
    }
    fx_worker_input_destroy(load.input);
    fx_buf_deinit(&load.text);
    return status;
}

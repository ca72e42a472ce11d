#include "worker/worker_intake.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "wire/wire_quarantine.h"
#include "wire/wire_topic_out.h"
#include "worker/worker_intake_done.h"

enum {
    BATCH_MAX = 1024,
    COMMIT_US = 200000,
    PLACES_MAX = 2 * FX_BUS_PARTITIONS_MAX,
    DELIVERIES = 256,
    VALUE_SIZE_MAX = 1 << 17, /* of what is published */
    SCAN_MS = 100,
    TRIES_MAX = 300, /* to find out what is done: a minute */
    PAUSE_NS = 200000000,
    MARK_US = 1000000, /* between two writings of a mark */
    SCAN_TIMEOUT_MS = 10000,
    SCAN_RECORDS = 512,
    KEY_SIZE_MAX = 24,
    US_PER_MS = 1000,
    ASK_US = 1000000, /* between two looks at the end of a partition */
    ASK_MS = 100,
    FAILURES_LOGGED = 8 /* refused records that the log tells of, per commit */
};

/* How far a partition of a producers' topic is done. */
struct place {
    fx_str topic; /* borrowed from the options */
    uint64_t next;
    uint64_t inputs[FX_SHARDS_MAX];  /* behind all commands of what is done, by shard */
    uint64_t reached[FX_SHARDS_MAX]; /* where the logs ended when it was taken */
    struct fx_worker_intake_done done;
    uint32_t partition;
    bool is_dirty;     /* done further than committed */
    uint64_t lag;      /* as last asked */
    int64_t stored_us; /* its mark */
};

struct fx_worker_intake {
    struct fx_worker_intake_options options;
    struct fx_bus_reader *reader;
    struct fx_bus_record *records; /* the batch; borrowed from the reader until the next poll */
    uint32_t count;                /* of the batch */
    uint32_t published;            /* … that are handed to the bus */
    uint32_t delivered;            /* … that are durable */
    struct place places[PLACES_MAX];
    uint32_t place_count;
    int64_t committed_us;
    int64_t asked_us;
    uint32_t asked; /* the place that is asked about next */
    uint32_t logged;
    uint64_t input_ends[FX_SHARDS_MAX]; /* behind the last command that was delivered */
    fx_status status;
    char error[256];
    struct fx_json *json;
    struct fx_buf value;
    _Atomic uint64_t stat_taken, stat_refused, stat_committed, stat_lag;
    _Atomic int stat_status;
};

/* What one record is to become. */
struct verdict {
    struct fx_bus_place place;
    uint32_t shard; /* of a command */
    struct fx_reject reject;
    fx_str field;
    uint64_t user_id;
    uint64_t tmp_id;
    bool is_held; /* nobody can tell now: it waits, and all behind it */
};

static int end_with(struct fx_worker_intake *intake, fx_status status, const char *reason)
{
    intake->status = status;
    (void)snprintf(intake->error, sizeof intake->error, "%.250s", reason);
    atomic_store_explicit(&intake->stat_status, (int)status, memory_order_relaxed);
    FX_LOG(FX_LOG_ERROR,
           "intake",
           "it cannot go on: what is not committed will be read again",
           fx_log_status("err", status),
           fx_log_text("reason", intake->error));
    return -1;
}

/* ---- places and commits ---------------------------------------------------------------------- */

static struct place *place_of(struct fx_worker_intake *intake, fx_str topic, uint32_t partition)
{
    for (uint32_t index = 0; index < intake->place_count; index++) {
        struct place *place = &intake->places[index];
        if (place->partition == partition && fx_str_is_equal(place->topic, topic)) {
            return place;
        }
    }
    FX_ASSERT(intake->place_count < PLACES_MAX);
    const bool is_order = fx_str_is_equal(topic, intake->options.orders);
    struct place *place = &intake->places[intake->place_count++];
    *place = (struct place){.topic = is_order ? intake->options.orders : intake->options.cancels,
                            .partition = partition};
    return place;
}

/* An older mark costs a longer look into the log only. */
static void store_mark(const struct fx_worker_intake *intake, struct place *place, bool is_last)
{
    const struct fx_bus_place where = {place->topic, place->partition};
    struct fx_worker_intake_mark mark = {.next = place->next};
    memcpy(mark.inputs, place->inputs, sizeof mark.inputs);
    const int64_t now_us = fx_clock_monotonic_us();
    if (intake->options.marks.store != NULL && (is_last || now_us - place->stored_us > MARK_US)) {
        place->stored_us = now_us;
        intake->options.marks.store(intake->options.marks.context, where, &mark);
    }
}

static void commit_place(struct fx_worker_intake *intake, struct place *place, bool is_last)
{
    const struct fx_bus_place where = {place->topic, place->partition};
    const fx_status status = fx_bus_reader_commit(intake->reader, where, place->next);
    if (status == FX_OK) {
        atomic_fetch_add_explicit(&intake->stat_committed, 1, memory_order_relaxed);
        store_mark(intake, place, is_last);
    }
    /* STALE: it is another member's, who reads again what we did; N3 makes it one order. */
    place->is_dirty = status != FX_OK && status != FX_STALE;
}

/* @return how many places were committed. */
static int commit(struct fx_worker_intake *intake, int64_t now_us, bool is_last)
{
    int done = 0;
    for (uint32_t index = 0; index < intake->place_count; index++) {
        if (intake->places[index].is_dirty) {
            commit_place(intake, &intake->places[index], is_last);
            done++;
        }
    }
    intake->committed_us = now_us;
    intake->logged = 0;
    return done;
}

/* How many records wait behind what is done; one partition at a time, for figures only. */
static void ask_lag(struct fx_worker_intake *intake, int64_t now_us)
{
    struct fx_bus_span span = {0};
    uint64_t lag = 0;
    if (intake->place_count == 0 || now_us - intake->asked_us < ASK_US) {
        return;
    }
    struct place *place = &intake->places[intake->asked % intake->place_count];
    const struct fx_bus_place where = {place->topic, place->partition};
    if (fx_bus_span(intake->options.bus, where, ASK_MS, &span) == FX_OK) {
        place->lag = span.end > place->next ? span.end - place->next : 0;
    }
    for (uint32_t index = 0; index < intake->place_count; index++) {
        lag += intake->places[index].lag;
    }
    atomic_store_explicit(&intake->stat_lag, lag, memory_order_relaxed);
    intake->asked++;
    intake->asked_us = now_us;
}

/* Within a poll or the close, so between batches: everything that was read is done. */
static void on_revoked(void *context, struct fx_bus_place where, bool is_lost)
{
    struct fx_worker_intake *intake = context;
    struct place *place = place_of(intake, where.topic, where.partition);
    if (place->is_dirty && !is_lost) {
        commit_place(intake, place, true);
    }
    place->is_dirty = false;
    place->lag = 0; /* another member's, or read anew */
}

/* ---- what the log has already (N5) ----------------------------------------------------------- */

/* Which partition a command was made of; the record's offset + 1 is the token. */
static void name_source(const struct fx_worker_intake *intake,
                        struct fx_bus_place where,
                        struct fx_client_id *name)
{
    char text[FX_CLIENT_ID_SIZE_MAX + 1];
    const bool is_order = fx_str_is_equal(where.topic, intake->options.orders);
    (void)snprintf(
        text, sizeof text, "intake:%s:%u", is_order ? "orders" : "cancels", where.partition);
    const bool is_name = fx_ids_client_id(fx_str_of(text), name);
    FX_ASSERT(is_name);
}

/* `from` of a record of the input, wherever its symbol is known. */
static bool read_source(struct fx_json *json, fx_str value, fx_str *node_out, uint64_t *token_out)
{
    if (fx_json_parse(json, value) != FX_OK || json->tokens[0].kind != FX_JSON_OBJECT) {
        return false;
    }
    const struct fx_json_token *from = fx_json_member(json, &json->tokens[0], FX_STR("from"));
    if (from == NULL || from->kind != FX_JSON_OBJECT) {
        return false;
    }
    const struct fx_json_token *node = fx_json_member(json, from, FX_STR("node"));
    const struct fx_json_token *token = fx_json_member(json, from, FX_STR("token"));
    if (node == NULL || token == NULL || node->kind != FX_JSON_STRING) {
        return false;
    }
    *node_out = node->text;
    return fx_str_parse_u64(token->text, token_out);
}

static bool has_shards(const struct fx_worker_intake *intake)
{
    return intake->options.shard_count > 1;
}

static struct fx_bus_place input_of(const struct fx_worker_intake *intake, uint32_t shard)
{
    const struct fx_bus_place *input = &intake->options.input;
    return (struct fx_bus_place){input->topic, has_shards(intake) ? shard : input->partition};
}

/* What is looked for in the logs, and what was found. */
struct search {
    struct fx_client_id name; /* of the partition */
    struct fx_worker_intake_mark mark;
    uint64_t reached[FX_SHARDS_MAX];
    struct fx_worker_intake_done done;
};

/* Look through a shard's input from its mark to its end for commands of this partition. */
static fx_status scan(struct fx_worker_intake *intake, uint32_t shard, struct search *search)
{
    const struct fx_bus_place input = input_of(intake, shard);
    const fx_str name = fx_ids_client_id_str(&search->name);
    struct fx_bus_record *records = calloc(SCAN_RECORDS, sizeof records[0]);
    struct fx_bus_reader *reader = NULL;
    struct fx_bus_span span = {0};
    const int64_t begun_us = fx_clock_monotonic_us();
    int64_t news_us = begun_us;
    fx_status status = records == NULL
                           ? FX_NO_MEMORY
                           : fx_bus_span(intake->options.bus, input, SCAN_TIMEOUT_MS, &span);
    const uint64_t from = search->mark.inputs[shard];
    uint64_t position = from > span.first ? from : span.first;
    search->reached[shard] = from;
    if (status == FX_OK && position < span.end) {
        status = fx_bus_reader_open(intake->options.bus, input, position, &reader);
    }
    while (status == FX_OK && position < span.end) {
        uint32_t count = 0;
        status = fx_bus_reader_poll(reader, SCAN_MS, records, SCAN_RECORDS, &count);
        for (uint32_t index = 0; status == FX_OK && index < count; index++) {
            fx_str node = {0};
            uint64_t token = 0;
            position = records[index].offset + 1;
            if (read_source(intake->json, records[index].value, &node, &token) &&
                fx_str_is_equal(node, name) && token > search->mark.next) {
                fx_worker_intake_done_add(&search->done, token - 1);
                search->reached[shard] = position;
            }
        }
        const int64_t now_us = fx_clock_monotonic_us();
        news_us = count > 0 ? now_us : news_us;
        if (status == FX_IO) {
            status = FX_OK; /* tried again by itself */
        }
        /* What is left may be no records at all, marks of transactions: the broker knows. */
        if (status == FX_OK && count == 0 && fx_bus_reader_is_at_end(reader, &position)) {
            break;
        }
        if (status == FX_OK && now_us - news_us > (int64_t)SCAN_TIMEOUT_MS * US_PER_MS) {
            status = FX_TIMEOUT;
        }
    }
    fx_bus_reader_close(reader);
    free(records);
    return status;
}

static fx_status look_up(struct fx_worker_intake *intake,
                         struct fx_bus_place where,
                         struct search *search)
{
    fx_status status = FX_OK;
    memset(search, 0, sizeof *search);
    name_source(intake, where, &search->name);
    if (intake->options.marks.find != NULL) {
        status = intake->options.marks.find(intake->options.marks.context, where, &search->mark);
    }
    for (uint32_t shard = 0; shard == 0 || shard < intake->options.shard_count; shard++) {
        status = status == FX_OK ? scan(intake, shard, search) : status;
    }
    return status;
}

/* Nothing overtakes in one log, so behind the last command of it nothing is done. In several, what
 * may be missing is looked at again, and the marks of the logs wait until that is done. */
static void begin_place(const struct fx_worker_intake *intake,
                        struct place *place,
                        const struct search *search)
{
    const uint64_t next = search->mark.next;
    place->done = search->done;
    memcpy(place->reached, search->reached, sizeof place->reached);
    memcpy(place->inputs, search->mark.inputs, sizeof place->inputs);
    if (has_shards(intake)) {
        place->next = fx_worker_intake_done_first(&search->done, next);
    } else {
        place->next = search->done.end > next ? search->done.end : next;
        memcpy(place->inputs, search->reached, sizeof place->inputs);
    }
    place->done.base = place->next;
    place->is_dirty = false;
}

/* A partition is ours: begin behind what the log has of it, whatever the group remembers. A broker
 * that restarts is why partitions are given anew, so it may take a while. */
static uint64_t on_assigned(void *context, struct fx_bus_place where)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    struct fx_worker_intake *intake = context;
    struct search search;
    fx_status status = intake->status;
    for (uint32_t tries = 0; tries < TRIES_MAX && intake->status == FX_OK; tries++) {
        status = look_up(intake, where, &search);
        if (status == FX_OK || status == FX_NO_MEMORY) {
            break;
        }
        (void)nanosleep(&pause, NULL);
    }
    if (status != FX_OK) {
        if (intake->status == FX_OK) {
            (void)end_with(intake, status, "what the log has of a partition cannot be found out");
        }
        return FX_BUS_COMMITTED; /* nothing of it is worked on any more */
    }
    struct fx_bus_span span = {0};
    struct place *place = place_of(intake, where.topic, where.partition);
    begin_place(intake, place, &search);
    if (fx_bus_span(intake->options.bus, where, SCAN_TIMEOUT_MS, &span) == FX_OK &&
        place->next != 0 && place->next < span.first) {
        FX_LOG(FX_LOG_ERROR,
               "intake",
               "records are gone before they were read: their time to be kept was over",
               fx_log_str("topic", where.topic),
               fx_log_u64("partition", where.partition),
               fx_log_u64("count", span.first - place->next));
        place->next = span.first;
    }
    FX_LOG(FX_LOG_INFO,
           "intake",
           "takes a partition",
           fx_log_str("topic", where.topic),
           fx_log_u64("partition", where.partition),
           fx_log_u64("next", place->next));
    /* Older ones may be gone by retention; a first start takes all that is kept. */
    return place->next == 0 ? FX_BUS_FIRST : place->next;
}

/* ---- one record ------------------------------------------------------------------------------ */

/* N3: the same record gives the same name. */
static void name_order(struct fx_client_id *client_id,
                       uint64_t tmp_id,
                       const struct fx_bus_record *record)
{
    char text[FX_CLIENT_ID_SIZE_MAX + 1];
    if (client_id->size > 0) {
        return;
    }
    if (tmp_id != 0) {
        (void)snprintf(text, sizeof text, "tmp:%llu", (unsigned long long)tmp_id);
    } else {
        (void)snprintf(text,
                       sizeof text,
                       "rec:%u:%llu",
                       record->partition,
                       (unsigned long long)record->offset);
    }
    const bool is_name = fx_ids_client_id(fx_str_of(text), client_id);
    FX_ASSERT(is_name);
}

/* @return OK (NULL: there is none); why nobody knows. */
static fx_status find(const struct fx_worker_intake *intake,
                      fx_str symbol,
                      const struct fx_instrument **instrument_out)
{
    const struct fx_worker_intake_listing *listing = &intake->options.listing;
    fx_status status = FX_OK;
    *instrument_out = listing->find(listing->context, symbol);
    if (*instrument_out == NULL && listing->refresh != NULL) {
        status = listing->refresh(listing->context, true);
        *instrument_out = status == FX_OK ? listing->find(listing->context, symbol) : NULL;
    }
    return status;
}

static fx_status write_command(struct fx_worker_intake *intake,
                               const struct fx_bus_record *record,
                               struct fx_command *command,
                               const struct fx_instrument *instrument)
{
    struct fx_wire_topic_from from;
    memset(&from, 0, sizeof from);
    name_source(intake, (struct fx_bus_place){record->topic, record->partition}, &from.node);
    from.token = record->offset + 1;
    command->time_us = intake->options.clock();
    return fx_wire_topic_out_command_from(&intake->value, command, instrument, &from);
}

/* The shard that has this collateral. @return OK; WRONG_SHARD: none has it. */
static fx_status find_shard(const struct fx_worker_intake *intake,
                            const struct fx_asset *asset,
                            struct verdict *verdict)
{
    if (!has_shards(intake)) {
        return FX_OK;
    }
    for (uint32_t shard = 0; shard < intake->options.shard_count; shard++) {
        if (fx_shard_has(&intake->options.shards[shard], asset)) {
            verdict->shard = shard;
            return FX_OK;
        }
    }
    verdict->field = FX_STR("symbol");
    return FX_WRONG_SHARD;
}

static fx_status take_order(struct fx_worker_intake *intake,
                            const struct fx_bus_record *record,
                            struct verdict *verdict)
{
    struct fx_wire_topic_in_order order;
    struct fx_command command;
    fx_status status = fx_wire_topic_in_order(intake->json, record->value, &order, &verdict->field);
    verdict->user_id = order.user_id;
    verdict->tmp_id = order.tmp_id;
    if (status != FX_OK) {
        return status;
    }
    const struct fx_instrument *instrument = NULL;
    status = find(intake, order.symbol, &instrument);
    if (status != FX_OK) {
        verdict->is_held = true;
        return status;
    }
    if (instrument == NULL) {
        verdict->field = FX_STR("symbol");
        return FX_UNKNOWN_SYMBOL;
    }
    memset(&command, 0, sizeof command);
    status = find_shard(intake, &instrument->settle, verdict);
    if (status != FX_OK) {
        return status;
    }
    status = fx_wire_place_command(&order.place, instrument, &command, &verdict->reject);
    if (status != FX_OK) {
        return status;
    }
    FX_ASSERT(fx_command_is_placing((enum fx_command_kind)command.kind));
    command.user_id = order.user_id;
    command.u.place.tmp_id = order.tmp_id; /* every kind of order begins with it */
    name_order(&command.u.place.client_id, order.tmp_id, record);
    return write_command(intake, record, &command, instrument);
}

static fx_status take_cancel(struct fx_worker_intake *intake,
                             const struct fx_bus_record *record,
                             struct verdict *verdict)
{
    struct fx_command command;
    const fx_status status =
        fx_wire_topic_in_cancel(intake->json, record->value, &command, &verdict->field);
    verdict->user_id = command.user_id;
    if (status != FX_OK) {
        return status;
    }
    if (has_shards(intake)) {
        verdict->shard = fx_shard_of_id(command.u.cancel.order_id);
        if (verdict->shard >= intake->options.shard_count) {
            verdict->field = FX_STR("orderId");
            return FX_WRONG_SHARD;
        }
    }
    return write_command(intake, record, &command, NULL);
}

static void refuse(struct fx_worker_intake *intake,
                   const struct fx_bus_record *record,
                   const struct verdict *verdict)
{
    const struct fx_wire_quarantine refused = {.topic = record->topic,
                                               .key = record->key,
                                               .value = record->value,
                                               .field = verdict->field,
                                               .reject = verdict->reject,
                                               .offset = record->offset,
                                               .user_id = verdict->user_id,
                                               .tmp_id = verdict->tmp_id,
                                               .time_us = intake->options.clock(),
                                               .partition = record->partition};
    fx_buf_clear(&intake->value);
    fx_wire_quarantine(&intake->value, &refused);
    if (intake->logged++ < FAILURES_LOGGED) {
        FX_LOG(FX_LOG_WARN,
               "intake",
               "a record is no command; its text is in the quarantine",
               fx_log_str("topic", record->topic),
               fx_log_u64("partition", record->partition),
               fx_log_u64("offset", record->offset),
               fx_log_status("err", verdict->reject.status),
               fx_log_str("field", verdict->field));
    }
}

/* The value of what the record becomes, in intake->value, and where it goes. */
static struct verdict judge(struct fx_worker_intake *intake, const struct fx_bus_record *record)
{
    struct verdict verdict = {.shard = 0};
    fx_buf_clear(&intake->value);
    const fx_status status = fx_str_is_equal(record->topic, intake->options.orders)
                                 ? take_order(intake, record, &verdict)
                                 : take_cancel(intake, record, &verdict);
    if (verdict.is_held) {
        return verdict;
    }
    verdict.place = input_of(intake, verdict.shard);
    if (status != FX_OK) {
        verdict.place = intake->options.quarantine;
        verdict.reject.status = status;
        refuse(intake, record, &verdict);
    }
    FX_ASSERT(!intake->value.is_overflow && intake->value.size > 0);
    return verdict;
}

/* ---- a batch --------------------------------------------------------------------------------- */

/* One of several logs may have it already. And it must not run away from what may be missing:
 * a window is left only when everything in front of it is durable. */
enum turn { TURN_NOW, TURN_DONE, TURN_LATER };

static enum turn turn_of(struct fx_worker_intake *intake, const struct fx_bus_record *record)
{
    if (!has_shards(intake)) {
        return TURN_NOW;
    }
    struct place *place = place_of(intake, record->topic, record->partition);
    if (fx_worker_intake_done_has(&place->done, record->offset)) {
        return TURN_DONE;
    }
    if (record->offset >= place->done.base + FX_WORKER_INTAKE_WINDOW) {
        if (intake->delivered < intake->published) {
            return TURN_LATER;
        }
        place->done.base = record->offset;
    }
    return TURN_NOW;
}

/* Hand over what the bus takes. @return how many; < 0: it has ended. */
static int publish(struct fx_worker_intake *intake)
{
    int done = 0;
    char key[KEY_SIZE_MAX];
    while (intake->published < intake->count) {
        const struct fx_bus_record *record = &intake->records[intake->published];
        const enum turn turn = turn_of(intake, record);
        if (turn == TURN_LATER) {
            break;
        }
        if (turn == TURN_DONE) {
            intake->published++;
            intake->delivered++;
            done++;
            continue;
        }
        const struct verdict verdict = judge(intake, record);
        if (verdict.is_held) {
            break;
        }
        const bool is_command = verdict.reject.status == FX_OK;
        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)verdict.user_id);
        const struct fx_bus_message message = {.topic = verdict.place.topic,
                                               .partition = verdict.place.partition,
                                               .key = fx_str_of(key),
                                               .value = fx_buf_str(&intake->value),
                                               .token = is_command ? verdict.shard + 1 : 0};
        const fx_status status = fx_bus_publish(intake->options.bus, &message);
        if (status == FX_BUSY) {
            break;
        }
        if (status != FX_OK) {
            return end_with(intake, status, fx_bus_error_text(intake->options.bus));
        }
        intake->published++;
        done++;
    }
    return done;
}

/* Collect deliveries. @return how many; < 0: it has ended. */
static int collect(struct fx_worker_intake *intake, uint32_t wait_ms)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    const uint32_t count = fx_bus_poll(intake->options.bus, wait_ms, deliveries, DELIVERIES);
    for (uint32_t index = 0; index < count; index++) {
        if (deliveries[index].status != FX_OK) {
            /* N4: what came behind it may be in the log already, so it is not simply tried again:
             * all of the batch is read again by the next life, in its order. */
            return end_with(
                intake, deliveries[index].status, fx_bus_error_text(intake->options.bus));
        }
        const uint64_t token = deliveries[index].token; /* shard + 1; 0: to the quarantine */
        FX_ASSERT(token <= FX_SHARDS_MAX);
        if (token > 0 && deliveries[index].offset != FX_BUS_UNKNOWN &&
            deliveries[index].offset >= intake->input_ends[token - 1]) {
            intake->input_ends[token - 1] = deliveries[index].offset + 1;
        }
        atomic_fetch_add_explicit(
            token > 0 ? &intake->stat_taken : &intake->stat_refused, 1, memory_order_relaxed);
    }
    intake->delivered += count;
    FX_ASSERT(intake->delivered <= intake->published);
    if (fx_bus_fatal(intake->options.bus) != FX_OK) {
        return end_with(
            intake, fx_bus_fatal(intake->options.bus), fx_bus_error_text(intake->options.bus));
    }
    return (int)count;
}

/* Where the logs were found to end counts once all that was found is behind `next`. */
static void move_inputs(const struct fx_worker_intake *intake, struct place *place)
{
    for (uint32_t shard = 0; shard < FX_SHARDS_MAX && place->next >= place->done.end; shard++) {
        const uint64_t reached = intake->input_ends[shard] > place->reached[shard]
                                     ? intake->input_ends[shard]
                                     : place->reached[shard];
        place->inputs[shard] = reached > place->inputs[shard] ? reached : place->inputs[shard];
    }
}

/* Everything of the batch is durable (N1): now it may be committed. */
static void close_batch(struct fx_worker_intake *intake)
{
    for (uint32_t index = 0; index < intake->count; index++) {
        const struct fx_bus_record *record = &intake->records[index];
        struct place *place = place_of(intake, record->topic, record->partition);
        place->next = record->offset + 1;
        place->done.base = place->next;
        place->is_dirty = true;
        move_inputs(intake, place);
    }
    intake->count = 0;
    intake->published = 0;
    intake->delivered = 0;
}

/* Work on the batch at hand. @return as the step. */
static int work(struct fx_worker_intake *intake, uint32_t wait_ms)
{
    const int published = publish(intake);
    if (published < 0) {
        return published;
    }
    const int collected = collect(intake, wait_ms);
    if (collected < 0) {
        return collected;
    }
    if (intake->delivered == intake->count) {
        close_batch(intake);
    }
    return published + collected;
}

int fx_worker_intake_step(struct fx_worker_intake *intake, uint32_t wait_ms)
{
    if (intake->status != FX_OK) {
        return -1;
    }
    if (intake->count > 0) {
        return work(intake, wait_ms);
    }
    const int64_t now_us = fx_clock_monotonic_us();
    int done = 0;
    if (now_us - intake->committed_us >= intake->options.commit_us) {
        done = commit(intake, now_us, false);
    }
    ask_lag(intake, now_us);
    const fx_status status = fx_bus_reader_poll(
        intake->reader, wait_ms, intake->records, intake->options.batch_max, &intake->count);
    if (intake->status != FX_OK) {
        intake->count = 0;
        return -1; /* a partition came that cannot be taken */
    }
    if (status != FX_OK && status != FX_IO) {
        return end_with(intake, status, fx_bus_reader_error_text(intake->reader));
    }
    return done + (int)intake->count;
}

fx_status fx_worker_intake_finish(struct fx_worker_intake *intake, uint32_t timeout_ms)
{
    const int64_t begun_us = fx_clock_monotonic_us();
    while (intake->status == FX_OK && intake->count > 0) {
        if (fx_clock_monotonic_us() - begun_us > (int64_t)timeout_ms * US_PER_MS) {
            return FX_TIMEOUT;
        }
        (void)work(intake, 10);
    }
    if (intake->status == FX_OK) {
        (void)commit(intake, begun_us, true);
    }
    return intake->status;
}

fx_status fx_worker_intake_create(const struct fx_worker_intake_options *options,
                                  struct fx_worker_intake **intake_out)
{
    struct fx_worker_intake *intake = calloc(1, sizeof *intake);
    if (intake == NULL) {
        return FX_NO_MEMORY;
    }
    intake->options = *options;
    FX_ASSERT(options->batch_max <= BATCH_MAX && options->shard_count <= FX_SHARDS_MAX);
    if (options->batch_max == 0) {
        intake->options.batch_max = BATCH_MAX;
    }
    if (options->commit_us == 0) {
        intake->options.commit_us = COMMIT_US;
    }
    if (options->clock == NULL) {
        intake->options.clock = fx_clock_wall_us;
    }
    fx_buf_init(&intake->value, VALUE_SIZE_MAX);
    intake->json = malloc(sizeof *intake->json);
    intake->records = calloc(intake->options.batch_max, sizeof intake->records[0]);
    fx_status status = intake->json == NULL || intake->records == NULL ? FX_NO_MEMORY : FX_OK;
    if (status == FX_OK) {
        const fx_str topics[] = {options->orders, options->cancels};
        const struct fx_bus_group group = {.name = options->group,
                                           .topics = topics,
                                           .topic_count = 2,
                                           .on_assigned = on_assigned,
                                           .on_revoked = on_revoked,
                                           .context = intake};
        status = fx_bus_reader_join(options->bus, &group, &intake->reader);
    }
    if (status != FX_OK) {
        fx_worker_intake_destroy(intake);
        return status;
    }
    *intake_out = intake;
    return FX_OK;
}

void fx_worker_intake_destroy(struct fx_worker_intake *intake)
{
    if (intake == NULL) {
        return;
    }
    fx_bus_reader_close(intake->reader);
    fx_buf_deinit(&intake->value);
    free(intake->records);
    free(intake->json);
    free(intake);
}

void fx_worker_intake_abandon(struct fx_worker_intake *intake)
{
    for (uint32_t index = 0; intake != NULL && index < intake->place_count; index++) {
        intake->places[index].is_dirty = false;
    }
    fx_worker_intake_destroy(intake);
}

const char *fx_worker_intake_error_text(const struct fx_worker_intake *intake)
{
    return intake->error;
}

void fx_worker_intake_stats(const struct fx_worker_intake *intake,
                            struct fx_worker_intake_stats *stats_out)
{
    *stats_out = (struct fx_worker_intake_stats){
        .taken = atomic_load_explicit(&intake->stat_taken, memory_order_relaxed),
        .refused = atomic_load_explicit(&intake->stat_refused, memory_order_relaxed),
        .committed = atomic_load_explicit(&intake->stat_committed, memory_order_relaxed),
        .lag = atomic_load_explicit(&intake->stat_lag, memory_order_relaxed),
        .status = (fx_status)atomic_load_explicit(&intake->stat_status, memory_order_relaxed)};
}

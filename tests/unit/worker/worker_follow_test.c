/* worker/worker_follow: whoever follows the log has the same state and events, whatever crashed. */
#include "worker/worker_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "bus/bus_int.h"
#include "bus_kit.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "wire/wire_topic_out.h"
#include "worker/worker_input.h"

enum { FOLLOWERS = 3, TOKENS = 4096 };

struct member {
    struct fx_worker_follow *follow;
    struct fx_bus *side;
    struct fx_worker_follow_report report;
    enum fx_worker_follow_stage stage; /* of the last start, told last */
    struct fx_worker_follow_progress progress;
    char dir[8];
    char node[8];
    uint32_t answers[TOKENS]; /* by token */
    fx_status last[TOKENS];
    uint64_t recovered_first;
    uint64_t recovered_last;
    uint32_t starts;
    bool is_deaf; /* its consumer takes nothing */
};

struct fixture {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_bus *bus;
    struct bus_kit kit; /* of the first member, where a test puts it */
    struct member members[FOLLOWERS];
    int64_t now_us;
    uint64_t saved_sequence;
    bool may_not_begin;
};

static int64_t clock_of(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static fx_status on_recovered(void *context, const struct fx_event events[], uint32_t count)
{
    struct member *member = context;
    assert_true(count > 0);
    if (member->recovered_first == 0) {
        member->recovered_first = events[0].sequence;
    }
    assert_true(events[0].sequence > member->recovered_last);
    member->recovered_last = events[0].sequence;
    return FX_OK;
}

/* Stages come in their order, and the reading goes on to its end. */
static void on_progress(void *context, const struct fx_worker_follow_progress *progress)
{
    struct member *member = context;
    assert_true(progress->stage >= member->stage && progress->stage <= member->stage + 1);
    if (progress->stage == FX_WORKER_FOLLOW_READING && member->stage == progress->stage) {
        assert_true(progress->first <= progress->next);
        assert_true(progress->next > member->progress.next);
        assert_int_equal(progress->first, member->progress.first);
    }
    member->stage = progress->stage;
    member->progress = *progress;
}

static fx_status open_member(struct fixture *fixture, struct member *member)
{
    const struct fx_worker_follow_options options = {.bus = member->side,
                                                     .snapshot_dir = member->dir,
                                                     .host = &fixture->host,
                                                     .limits = &fixture->limits,
                                                     .node = fx_str_of(member->node),
                                                     .node_salt = ++member->starts,
                                                     .may_begin = !fixture->may_not_begin,
                                                     .wait_ms = 1,
                                                     .consumer_count = 1,
                                                     .snapshot_commands = 50,
                                                     /* a busy machine may keep a thread waiting */
                                                     .stop_us = 60LL * 1000 * 1000,
                                                     .saved_sequence = fixture->saved_sequence,
                                                     .on_recovered = on_recovered,
                                                     .recovered_context = member,
                                                     .on_progress = on_progress,
                                                     .progress_context = member};
    member->stage = 0;
    member->recovered_first = 0;
    member->recovered_last = 0;
    return fx_worker_follow_open(&options, &member->follow, &member->report);
}

static void open_side(struct fixture *fixture, uint32_t number)
{
    struct member *member = &fixture->members[number];
    (void)snprintf(member->dir, sizeof member->dir, "/s%u", number);
    (void)snprintf(member->node, sizeof member->node, "n%u", number);
    assert_int_equal(fx_bus_local_side_open(fixture->bus, &member->side), FX_OK);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->disk = fx_bus_disk_create(1);
    fixture->host = (struct fx_worker_host){
        .system = fx_bus_disk_system(fixture->disk), .clock = clock_of, .clock_context = fixture};
    fixture->now_us = 1700000000000000;
    fixture->limits = follow_kit_limits();
    fixture->saved_sequence = UINT64_MAX;
    fixture->bus = follow_kit_bus();
    for (uint32_t number = 0; number < FOLLOWERS; number++) {
        open_side(fixture, number);
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t number = 0; number < FOLLOWERS; number++) {
        fx_worker_follow_abandon(fixture->members[number].follow);
        fx_bus_close(fixture->members[number].side);
    }
    fx_bus_close(fixture->bus);
    fx_bus_disk_destroy(fixture->disk);
    free(fixture);
    return 0;
}

static void consume(struct member *member)
{
    struct fx_ring_broadcast *ring = fx_worker_follow_ring(member->follow);
    const void *items = NULL;
    uint32_t count = 0;
    while (!member->is_deaf && (count = fx_ring_broadcast_peek(ring, 0, &items)) > 0) {
        const struct fx_event *events = items;
        for (uint32_t index = 0; index < count; index++) {
            if (events[index].kind == FX_EVENT_RESULT && events[index].token != 0) {
                assert_true(events[index].token < TOKENS);
                member->answers[events[index].token]++;
                member->last[events[index].token] = events[index].u.result.reject.status;
            }
        }
        fx_ring_broadcast_advance(ring, 0, count);
    }
}

static void pump_member(void *context)
{
    consume(context);
}

static void turn(struct fixture *fixture, struct member *member)
{
    fixture->now_us += 700;
    (void)fx_worker_follow_step(member->follow, fixture->now_us);
    while (fx_worker_snapshot_step(fx_worker_follow_snapshot(member->follow), fixture->now_us) >
           0) {
        /* written */
    }
    consume(member);
}

static void crash(struct fixture *fixture, struct member *member)
{
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
    fx_bus_close(member->side);
    assert_int_equal(fx_bus_local_side_open(fixture->bus, &member->side), FX_OK);
    assert_int_equal(open_member(fixture, member), FX_OK);
}

static void publish_text(struct fx_bus *bus, const char *text)
{
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_str_of(text)};
    assert_int_equal(fx_bus_publish(bus, &message), FX_OK);
}

static uint64_t hash_of(struct member *member)
{
    return fx_engine_hash(fx_worker_follow_engine(member->follow));
}

static void begin(struct fixture *fixture)
{
    for (uint32_t number = 0; number < FOLLOWERS; number++) {
        assert_int_equal(open_member(fixture, &fixture->members[number]), FX_OK);
    }
}

static void submit(struct member *member, struct follow_kit_stream *stream, uint64_t token)
{
    const struct fx_command command = follow_kit_next(stream);
    assert_true(fx_worker_follow_submit(member->follow, token, &command));
}

static void worker_follow_empty_log_is_begun_once(void **state)
{
    struct fixture *fixture = *state;
    struct fx_engine_limits other = fixture->limits;
    fixture->may_not_begin = true;
    assert_int_equal(open_member(fixture, &fixture->members[0]), FX_NOT_FOUND);
    assert_true(strlen(fixture->members[0].report.text) > 0);
    fixture->may_not_begin = false;
    assert_int_equal(open_member(fixture, &fixture->members[0]), FX_OK);
    other.accounts_max = 5; /* another's wish comes too late */
    fixture->limits = other;
    assert_int_equal(open_member(fixture, &fixture->members[1]), FX_OK);
    assert_int_equal(fx_worker_follow_limits(fixture->members[1].follow)->accounts_max, 16);
    assert_int_equal(fixture->members[1].report.sequence, 1);
    assert_int_equal(hash_of(&fixture->members[0]), hash_of(&fixture->members[1]));
}

static void worker_follow_second_beginning_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    publish_text(fixture->bus,
                 "{\"code\":\"TICK\",\"data\":{}}"); /* before the beginning: poison */
    assert_int_equal(open_member(fixture, member), FX_OK);
    const uint64_t sequence = fx_engine_sequence(fx_worker_follow_engine(member->follow));
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.poison_count, 1);
    assert_int_equal(sequence, 2);
    struct fx_command command =
        engine_kit_command(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.limits = fixture->limits;
    assert_true(fx_worker_follow_submit(member->follow, 7, &command));
    turn(fixture, member);
    turn(fixture, member);
    assert_int_equal(member->answers[7], 1);
    assert_int_equal(member->last[7], FX_VERSION_MISMATCH);
}

/* Random market, three followers that submit, crash and start again, and a stranger's rubbish. */
static void worker_follow_crashes_leave_one_state(void **state)
{
    struct fixture *fixture = *state;
    struct follow_kit_stream stream;
    struct fx_rng rng;
    uint64_t token = 0;
    follow_kit_init(&stream, 4711);
    fx_rng_init(&rng, 4712);
    begin(fixture);
    for (uint32_t round = 0; round < 1500; round++) {
        struct member *member = &fixture->members[fx_rng_below(&rng, FOLLOWERS)];
        const uint64_t what = fx_rng_below(&rng, 40);
        if (what == 0) {
            crash(fixture, member);
        } else if (what == 1) {
            publish_text(fixture->bus, "{\"code\":\"PLACE_ORDER\",\"data\":{\"userId\":1}}");
        } else if (what == 2) {
            publish_text(fixture->bus, "\xff{");
        } else if (what < 30) {
            submit(member, &stream, ++token);
        }
        turn(fixture, member);
    }
    for (uint32_t number = 0; number < 2 * FOLLOWERS; number++) {
        turn(fixture, &fixture->members[number % FOLLOWERS]);
    }
    const uint64_t hash = hash_of(&fixture->members[0]);
    uint32_t answered = 0;
    for (uint32_t number = 0; number < FOLLOWERS; number++) {
        struct member *member = &fixture->members[number];
        assert_int_equal(hash_of(member), hash);
        fx_engine_check(fx_worker_follow_engine(member->follow));
        for (uint32_t at = 1; at <= token; at++) {
            assert_true(member->answers[at] <= 1);
            answered += member->answers[at];
        }
    }
    assert_true(answered > token * 9 / 10); /* but for those in flight at a crash */
    (void)snprintf(fixture->members[0].dir, sizeof fixture->members[0].dir, "/new");
    crash(fixture, &fixture->members[0]); /* from genesis, all of it */
    assert_int_equal(fixture->members[0].report.snapshot_sequence, 0);
    assert_int_equal(hash_of(&fixture->members[0]), hash);
    const struct fx_worker_follow_progress *progress = &fixture->members[0].progress;
    assert_int_equal(progress->stage, FX_WORKER_FOLLOW_READING);
    assert_int_equal(progress->first, 0);
    assert_int_equal(progress->next, progress->end);
    assert_int_equal(progress->end, fixture->members[0].report.end);
}

static void worker_follow_saved_sequence_bounds_the_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct follow_kit_stream stream;
    follow_kit_init(&stream, 5);
    assert_int_equal(open_member(fixture, member), FX_OK);
    for (uint64_t token = 1; token <= 300; token++) {
        submit(member, &stream, token);
        turn(fixture, member);
    }
    turn(fixture, member);
    const uint64_t hash = hash_of(member);
    fixture->saved_sequence = 210;
    crash(fixture, member);
    assert_true(member->report.snapshot_sequence > 0);
    assert_true(member->report.snapshot_sequence <= 210);
    assert_int_equal(member->recovered_first, 211);
    assert_int_equal(member->recovered_last, 301);
    assert_int_equal(hash_of(member), hash);
    fixture->saved_sequence = 0;
    crash(fixture, member);
    assert_int_equal(member->report.snapshot_sequence, 0);
    assert_int_equal(member->recovered_first, 1);
    assert_int_equal(hash_of(member), hash);
}

static void submit_user(struct member *member, uint64_t token)
{
    const struct fx_command command = follow_kit_user(token, false);
    assert_true(fx_worker_follow_submit(member->follow, token, &command));
}

static void worker_follow_failed_delivery_is_answered_once(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    assert_int_equal(open_member(fixture, member), FX_OK);
    fx_bus_local_side_hold(member->side, true);
    submit_user(member, 1);
    turn(fixture, member);
    fx_bus_local_side_fail(member->side, FX_FORBIDDEN, false);
    turn(fixture, member);
    assert_int_equal(member->answers[1], 1);
    assert_int_equal(member->last[1], FX_FORBIDDEN);
    submit_user(member, 2);
    turn(fixture, member);
    fx_bus_local_side_fail(member->side, FX_TIMEOUT, true); /* but it is in the log */
    fx_bus_local_side_hold(member->side, false);
    turn(fixture, member);
    turn(fixture, member);
    assert_int_equal(member->answers[2], 1);
    assert_int_equal(member->last[2], FX_TIMEOUT);
    submit_user(member, 3);
    turn(fixture, member);
    turn(fixture, member);
    assert_int_equal(member->answers[3], 1);
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 0);
}

/* A turn of a member whose snapshots are written by a thread of their own. */
static void follow_only(struct fixture *fixture, struct member *member)
{
    fixture->now_us += 700;
    (void)fx_worker_follow_step(member->follow, fixture->now_us);
    consume(member);
}

/* DUMP: a snapshot as soon as the record is read, long before one is due. */
static void worker_follow_dump_writes_a_snapshot(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_int_equal(fx_worker_follow_start_snapshots(member->follow), FX_OK);
    publish_text(fixture->bus, "{\"code\":\"TICK\"}");
    follow_only(fixture, member);
    const uint64_t hash = hash_of(member);
    publish_text(fixture->bus, "{\"code\":\"DUMP\"}");
    follow_only(fixture, member);
    assert_true(hash_of(member) == hash);
    fx_worker_follow_stop(member->follow, NULL, NULL); /* what was offered is written */
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.snapshot.written_sequence,
                     fx_engine_sequence(fx_worker_follow_engine(member->follow)));
}

/* Nobody goes on by rules that he does not know, and nobody applies a part of them. */
static void worker_follow_unknown_rules_stop_it(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    assert_int_equal(open_member(fixture, member), FX_OK);
    char again[64];
    char wanted[64];
    (void)snprintf(again,
                   sizeof again,
                   "{\"code\":\"SET_RULES\",\"data\":{\"version\":%u}}",
                   (unsigned)FX_ENGINE_RULES_MAX);
    (void)snprintf(wanted,
                   sizeof wanted,
                   "this log needs rules 99; this binary knows up to %u",
                   (unsigned)FX_ENGINE_RULES_MAX);
    assert_int_equal(fx_engine_rules(fx_worker_follow_engine(member->follow)),
                     FX_ENGINE_RULES_MAX); /* it began it */
    publish_text(fixture->bus, again);
    publish_text(fixture->bus, "{\"code\":\"STOP_ENGINE\"}");
    turn(fixture, member);
    const uint64_t sequence = fx_engine_sequence(fx_worker_follow_engine(member->follow));
    const uint64_t hash = hash_of(member);
    assert_int_equal(fx_engine_rules(fx_worker_follow_engine(member->follow)), FX_ENGINE_RULES_MAX);
    publish_text(fixture->bus, "{\"code\":\"SET_RULES\",\"data\":{\"version\":99}}");
    publish_text(fixture->bus, "{\"code\":\"START_ENGINE\"}");
    turn(fixture, member);
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.failure, FX_RULES_UNKNOWN);
    assert_int_equal(fx_engine_sequence(fx_worker_follow_engine(member->follow)), sequence);
    assert_true(hash_of(member) == hash);
    assert_int_equal(open_member(fixture, &fixture->members[1]), FX_RULES_UNKNOWN);
    assert_string_equal(fixture->members[1].report.text, wanted);
}

/* The beginning of a log whose sequences do not begin with 1: of a load. */
static void begin_late(struct fixture *fixture, uint64_t first_sequence)
{
    struct fx_buf text;
    struct fx_command command =
        engine_kit_command(FX_COMMAND_INITIALIZE_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.limits = fixture->limits;
    command.rules = FX_ENGINE_RULES_MAX;
    command.time_us = fixture->now_us;
    fx_buf_init(&text, 4096);
    assert_int_equal(fx_wire_topic_out_command(&text, &command, NULL), FX_OK);
    text.size -= 2;
    fx_buf_append(&text, FX_STR(",\"firstSequence\":\""));
    fx_buf_append_u64(&text, first_sequence);
    fx_buf_append(&text, FX_STR("\"}}"));
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_buf_str(&text)};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    fx_buf_deinit(&text);
}

/* What nobody can read is no command to its own sender either: he hears so, and waits no longer. */
static void check_own_poison(struct fixture *fixture)
{
    struct member *member = &fixture->members[0];
    struct fx_command command = follow_kit_user(5, true);
    struct fx_worker_follow_stats stats;
    assert_int_equal(open_member(fixture, member), FX_OK);
    command.kind = FX_COMMAND_CANCEL_ORDER;
    memset(&command.u, 0, sizeof command.u);
    memcpy(command.u.cancel.client_id.text, "a b", 3); /* no name that can be read back */
    command.u.cancel.client_id.size = 3;
    assert_true(fx_worker_follow_submit(member->follow, 9, &command));
    submit_user(member, 10);
    for (uint32_t round = 0; round < 4; round++) {
        turn(fixture, member);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.poison_count, 1);
    assert_int_equal(stats.pending_count, 0);
    assert_int_equal(member->answers[9], 1);
    assert_int_equal(member->last[9], FX_INTERNAL);
    assert_int_equal(member->answers[10], 1);
    assert_int_equal(member->last[10], FX_OK);
}

static void worker_follow_own_poison_is_answered(void **state)
{
    check_own_poison(*state);
}

/* Places in the log and sequences are two things there: it waited for ever, and what came behind it
 * found no room one day. */
static void worker_follow_own_poison_of_a_loaded_log_is_answered(void **state)
{
    struct fixture *fixture = *state;
    begin_late(fixture, 1000001);
    check_own_poison(fixture);
    assert_true(fx_engine_sequence(fx_worker_follow_engine(fixture->members[0].follow)) > 1000001);
}

/* Some random market through one member. */
static void run_market(struct fixture *fixture, struct member *member, uint64_t seed)
{
    struct follow_kit_stream stream;
    follow_kit_init(&stream, seed);
    for (uint64_t token = 1; token <= 120; token++) {
        submit(member, &stream, token);
        turn(fixture, member);
    }
    turn(fixture, member);
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
}

/* The bus and the first member's way to it, while there is another, empty one. */
struct other_bus {
    struct fx_bus *bus;
    struct fx_bus *side;
};

static struct other_bus begin_other_bus(struct fixture *fixture)
{
    const struct other_bus kept = {fixture->bus, fixture->members[0].side};
    fixture->bus = follow_kit_bus();
    fixture->now_us += 1000;
    open_side(fixture, 0);
    return kept;
}

static void end_other_bus(struct fixture *fixture, struct other_bus kept)
{
    struct fx_bus *other = fixture->bus;
    fx_bus_close(fixture->members[0].side);
    fx_bus_close(other);
    fixture->bus = kept.bus;
    fixture->members[0].side = kept.side;
}

/* The log is gone, and there are snapshots of it: an empty exchange in its place would look as if
 * nobody had ever had anything. */
static void worker_follow_lost_log_is_not_begun_anew(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    assert_int_equal(open_member(fixture, member), FX_OK);
    run_market(fixture, member, 11);
    const struct other_bus kept = begin_other_bus(fixture);
    for (uint32_t again = 0; again < 2; again++) { /* nothing was deleted by the first try */
        assert_int_equal(open_member(fixture, member), FX_VERSION_MISMATCH);
        assert_non_null(strstr(member->report.text, "empty"));
    }
    fixture->may_not_begin = true; /* who would not begin it has the same reason not to wait */
    assert_int_equal(open_member(fixture, member), FX_VERSION_MISMATCH);
    assert_non_null(strstr(member->report.text, "lost"));
    struct fx_bus_span span = {0};
    const struct fx_bus_place place = {FX_STR("matching_engine_input"), 0};
    assert_int_equal(fx_bus_span(fixture->bus, place, 0, &span), FX_OK);
    assert_int_equal(span.end, 0);
    end_other_bus(fixture, kept);
}

static void worker_follow_full_ring_waits(void **state)
{
    struct fixture *fixture = *state;
    struct member *slow = &fixture->members[0];
    struct member *fast = &fixture->members[1];
    struct follow_kit_stream stream;
    struct fx_worker_follow_stats stats;
    follow_kit_init(&stream, 8);
    begin(fixture);
    slow->is_deaf = true;
    uint32_t round = 0;
    for (stats.load_percent = 0; stats.load_percent < 100 && round < 60000; round++) {
        submit(fast, &stream, round % (TOKENS - 1) + 1);
        turn(fixture, fast);
        turn(fixture, slow);
        fx_worker_follow_stats(slow->follow, &stats);
    }
    assert_int_equal(stats.load_percent, 100);
    slow->is_deaf = false;
    for (uint32_t more = 0; more < 200; more++) {
        turn(fixture, slow);
        turn(fixture, fast);
    }
    assert_int_equal(hash_of(slow), hash_of(fast));
}

static void worker_follow_snapshots_of_another_log_are_refused(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    assert_int_equal(open_member(fixture, member), FX_OK);
    run_market(fixture, member, 9);
    const struct other_bus kept = begin_other_bus(fixture);
    struct member other = {.side = member->side, .dir = "/other", .node = "n9"};
    assert_int_equal(open_member(fixture, &other), FX_OK);
    run_market(fixture, &other, 10);
    assert_int_equal(open_member(fixture, member), FX_VERSION_MISMATCH);
    end_other_bus(fixture, kept);
}

/* The first records of a log, as all that is left of it. */
static void copy_beginning(struct fixture *fixture, struct fx_bus *source)
{
    static struct fx_bus_record records[90];
    const struct fx_bus_place place = {FX_STR("matching_engine_input"), 0};
    struct fx_bus_reader *reader = NULL;
    uint32_t count = 0;
    assert_int_equal(fx_bus_reader_open(source, place, 0, &reader), FX_OK);
    assert_int_equal(fx_bus_reader_poll(reader, 0, records, 90, &count), FX_OK);
    assert_int_equal(count, 90); /* of some 120, and there are snapshots above */
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_bus_message message = {.topic = place.topic, .value = records[index].value};
        assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK);
    }
    fx_bus_reader_close(reader);
}

/* The brokers lost the end of the log: a state that it does not reach any more never was. */
static void worker_follow_lost_end_takes_its_snapshots_along(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct follow_kit_stream stream;
    assert_int_equal(open_member(fixture, member), FX_OK);
    run_market(fixture, member, 13);
    const struct other_bus kept = begin_other_bus(fixture);
    copy_beginning(fixture, kept.bus);
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_true(member->report.snapshot_sequence > 0);
    assert_true(member->report.snapshot_sequence <= 90);
    assert_int_equal(member->report.sequence, 90);
    /* Other records get the places of the lost ones; who begins at the first one sees the same. */
    follow_kit_init(&stream, 14);
    stream.count = 50; /* users and symbols are there */
    for (uint64_t token = 201; token <= 230; token++) {
        submit(member, &stream, token);
        turn(fixture, member);
    }
    turn(fixture, member);
    const uint64_t hash = hash_of(member);
    fx_worker_follow_abandon(member->follow);
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_int_equal(hash_of(member), hash);
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
    struct member other = {.side = member->side, .dir = "/other", .node = "n9"};
    assert_int_equal(open_member(fixture, &other), FX_OK);
    assert_int_equal(other.report.snapshot_sequence, 0);
    assert_int_equal(hash_of(&other), hash);
    fx_worker_follow_abandon(other.follow);
    end_other_bus(fixture, kept);
}

/* Nothing comes back: the last places are for what ends orders. */
static void worker_follow_last_places_are_for_cancels(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct fx_worker_follow_stats stats;
    struct fx_command order = engine_kit_command(FX_COMMAND_PLACE_ORDER, 0, 1);
    struct fx_command cancel =
        engine_kit_command(FX_COMMAND_CANCEL_ALL, FX_COMMAND_ALL_INSTRUMENTS, 1);
    cancel.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    order.instrument = FX_COMMAND_ALL_INSTRUMENTS;
    order.u.place.side = FX_SIDE_BUY;
    assert_int_equal(open_member(fixture, member), FX_OK);
    fx_bus_local_side_hold(member->side, true);
    for (uint32_t number = 0; number < 7 * 8192 / 8; number++) {
        assert_true(fx_worker_follow_submit(member->follow, 0, &cancel));
        if (number % 512 == 511) {
            fixture->now_us += 200000;
            (void)fx_worker_follow_step(member->follow, fixture->now_us);
        }
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 7 * 8192 / 8);
    assert_true(fx_worker_follow_submit(member->follow, 1, &order));
    assert_true(fx_worker_follow_submit(member->follow, 2, &cancel));
    fixture->now_us += 200000;
    (void)fx_worker_follow_step(member->follow, fixture->now_us);
    consume(member);
    assert_int_equal(member->answers[1], 1);
    assert_int_equal(member->last[1], FX_CANCEL_ONLY);
    assert_int_equal(member->answers[2], 0);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 7 * 8192 / 8 + 1);
}

/* As it runs: the agent publishes and reads, this thread submits and takes what comes back. */
static void worker_follow_thread_answers_everything(void **state)
{
    enum { COMMANDS = 2000, TURNS = 100000 };
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct follow_kit_stream stream;
    const struct timespec pause = {.tv_nsec = 100000};
    uint64_t answered = 0;
    follow_kit_init(&stream, 14);
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_int_equal(fx_worker_follow_start(member->follow), FX_OK);
    for (uint64_t token = 1; token <= COMMANDS; token++) {
        const struct fx_command command = follow_kit_next(&stream);
        assert_true(fx_worker_follow_submit(member->follow, token, &command));
        fx_worker_follow_wake(member->follow);
        const bool is_listing = token <= 8; /* what follows needs it */
        for (uint32_t turn = 0;
             turn < TURNS && (is_listing || token % 512 == 0) && member->answers[token] == 0;
             turn++) {
            (void)nanosleep(&pause, NULL);
            consume(member);
        }
    }
    fx_worker_follow_stop(member->follow, pump_member, member);
    for (uint64_t token = 1; token <= COMMANDS; token++) {
        answered += member->answers[token];
        assert_int_equal(member->answers[token], 1);
    }
    assert_int_equal(answered, COMMANDS);
    struct fx_worker_follow_stats stats;
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.sequence, COMMANDS + 1);
    assert_int_equal(stats.lag, 0);
}

static void worker_follow_folder_has_one_owner(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct member other = {.side = fixture->members[1].side, .node = "n9"};
    memcpy(other.dir, member->dir, sizeof other.dir);
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_int_equal(open_member(fixture, &other), FX_LOCKED);
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
    assert_int_equal(open_member(fixture, &other), FX_OK);
    fx_worker_follow_abandon(other.follow);
}

/* B6: what cannot be mended ends the role, with the bus' own words; nothing is applied after it. */
static void worker_follow_fatal_bus_is_a_failure(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct member *other = &fixture->members[1];
    struct fx_worker_follow_stats stats;
    assert_int_equal(open_member(fixture, member), FX_OK);
    assert_int_equal(open_member(fixture, other), FX_OK);
    submit_user(other, 1);
    turn(fixture, other);
    member->side->fatal = FX_FORBIDDEN; /* as librdkafka says of a client that was locked out */
    const uint64_t hash = hash_of(member);
    submit_user(member, 2);
    for (uint32_t round = 0; round < 3; round++) {
        turn(fixture, member);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.failure, FX_FORBIDDEN);
    assert_int_equal(hash_of(member), hash);
    assert_int_equal(member->answers[2], 0); /* it is in no log: nobody says that it is */
    turn(fixture, other);
    fx_worker_follow_stats(other->follow, &stats);
    assert_int_equal(stats.failure, FX_OK);
    assert_int_equal(stats.sequence, 2); /* and the others know of one command only */
    crash(fixture, member);              /* the role begins again */
    assert_int_equal(hash_of(member), hash_of(other));
}

/* The log was deleted below a follower, or made anew and is shorter: what is there from now on is
 * another log, and nothing of it is ever read, also when the place that it waits for is there
 * again. */
static void worker_follow_log_that_is_gone_is_a_failure(void **state)
{
    static const fx_status ENDS[] = {FX_NOT_FOUND, FX_FORBIDDEN, FX_CORRUPT};
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct member *other = &fixture->members[1];
    struct fx_worker_follow_stats stats;
    assert_int_equal(open_member(fixture, other), FX_OK);
    for (uint32_t index = 0; index < sizeof ENDS / sizeof ENDS[0]; index++) {
        bus_kit_put(&fixture->kit, member->side);
        assert_int_equal(open_member(fixture, member), FX_OK);
        const uint64_t hash = hash_of(member);
        const uint64_t sequence = fx_engine_sequence(fx_worker_follow_engine(member->follow));
        submit_user(other, 1 + index);
        turn(fixture, other);
        fixture->kit.reader_failure = FX_IO; /* a broker is away: that passes */
        turn(fixture, member);
        fx_worker_follow_stats(member->follow, &stats);
        assert_int_equal(stats.failure, FX_OK);
        submit_user(member, 50 + index);
        fixture->kit.reader_failure = ENDS[index];
        turn(fixture, member);
        fixture->kit.reader_failure = FX_OK;
        submit_user(member, 60 + index);
        for (uint32_t round = 0; round < 4; round++) {
            turn(fixture, member);
        }
        fx_worker_follow_stats(member->follow, &stats);
        assert_int_equal(stats.failure, ENDS[index]);
        assert_int_equal(stats.intake_count, 1); /* nor is anything written into another log */
        assert_int_equal(stats.sequence, sequence);
        assert_int_equal(hash_of(member), hash);
        assert_int_equal(member->answers[50 + index], 0); /* it may be in a log that is no more */
        fx_worker_follow_abandon(member->follow);
        member->follow = NULL;
        fx_bus_close(member->side);
        assert_int_equal(fx_bus_local_side_open(fixture->bus, &member->side), FX_OK);
        turn(fixture, other);
    }
}

/* Records that it has not read are not kept any more: it does not go on behind them. */
static void worker_follow_records_that_are_gone_are_a_failure(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct fx_worker_follow_stats stats;
    const struct fx_bus_local_options options = {.window_size_bytes = 2000};
    const struct fx_bus_topic topic = {
        .name = FX_STR("matching_engine_input"), .partitions = 1, .retention_ms = -1};
    const struct other_bus kept = begin_other_bus(fixture);
    fx_bus_close(member->side);
    fx_bus_close(fixture->bus);
    assert_int_equal(fx_bus_local_open(&options, &fixture->bus), FX_OK);
    assert_int_equal(fx_bus_make(fixture->bus, &topic, 1, 0), FX_OK);
    open_side(fixture, 0);
    assert_int_equal(open_member(fixture, member), FX_OK);
    const uint64_t hash = hash_of(member);
    for (uint32_t count = 0; count < 100; count++) {
        publish_text(fixture->bus, "{\"code\":\"TICK\",\"data\":{}}");
    }
    for (uint32_t round = 0; round < 3; round++) {
        turn(fixture, member);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.failure, FX_NOT_FOUND);
    assert_int_equal(stats.position, 1);
    assert_int_equal(hash_of(member), hash);
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
    assert_int_equal(open_member(fixture, member), FX_CORRUPT); /* nor does the next start */
    assert_non_null(strstr(member->report.text, "retention"));
    end_other_bus(fixture, kept);
}

/* Where its record is nobody says, and it comes back all the same: answered once. */
static void worker_follow_delivery_without_a_place_is_answered_once(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct fx_worker_follow_stats stats;
    bus_kit_put(&fixture->kit, member->side);
    fixture->kit.is_placeless = true;
    assert_int_equal(open_member(fixture, member), FX_OK);
    for (uint64_t token = 1; token <= 14; token++) {
        submit_user(member, token);
        if (token % 3 == 0) { /* it hears of the delivery before it reads the record, and after */
            fixture->kit.reader_failure = FX_IO;
            turn(fixture, member);
            turn(fixture, member);
            fixture->kit.reader_failure = FX_OK;
        }
        turn(fixture, member);
    }
    for (uint32_t round = 0; round < 4; round++) {
        turn(fixture, member);
    }
    for (uint64_t token = 1; token <= 14; token++) {
        assert_int_equal(member->answers[token], 1);
        assert_int_equal(member->last[token], FX_OK);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 0);
}

/* … nor does what nobody can read wait for ever then: it was read when a later one is. */
static void worker_follow_own_poison_without_a_place_is_answered(void **state)
{
    struct fixture *fixture = *state;
    bus_kit_put(&fixture->kit, fixture->members[0].side);
    fixture->kit.is_placeless = true;
    check_own_poison(fixture);
}

/* F8: one group at a time is on its way; what comes meanwhile is the next one. */
static void worker_follow_gathers_while_a_group_is_on_its_way(void **state)
{
    enum { STEP_US = 700 }; /* as turn() takes */
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct fx_worker_follow_stats stats;
    begin(fixture);
    fx_bus_local_side_hold(member->side, true);
    submit_user(member, 1);
    turn(fixture, member);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 1); /* a lone one goes at once */
    submit_user(member, 2);
    turn(fixture, member);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 2); /* what follows soon goes with it */
    for (uint64_t token = 3; token < 23; token++) {
        submit_user(member, token);
        turn(fixture, member);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 2);
    assert_int_equal(stats.intake_count, 20);
    fx_bus_local_side_hold(member->side, false);
    turn(fixture, member); /* the group is delivered: the next one goes, all of it */
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.intake_count, 0);
    turn(fixture, member);
    turn(fixture, member);
    for (uint64_t token = 1; token < 23; token++) {
        assert_int_equal(member->answers[token], 1);
    }
    /* Nobody waits for a broker that is away: what comes is handed to the library all the same. */
    fx_bus_local_side_hold(member->side, true);
    submit_user(member, 30);
    turn(fixture, member);
    fixture->now_us += 2 * STEP_US;
    submit_user(member, 31);
    turn(fixture, member);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.intake_count, 1);
    fixture->now_us += 100000;
    turn(fixture, member);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.intake_count, 0);
    assert_int_equal(stats.pending_count, 2);
    /* Nor is a whole step's work held back. */
    fixture->now_us += 2 * STEP_US;
    struct fx_command command = follow_kit_user(1, true);
    for (uint64_t token = 40; token < 40 + 512; token++) {
        assert_true(fx_worker_follow_submit(member->follow, 0, &command));
    }
    turn(fixture, member);
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.intake_count, 0);
    fx_bus_local_side_hold(member->side, false);
    for (uint32_t turns = 0; turns < 8; turns++) {
        turn(fixture, member);
    }
    fx_worker_follow_stats(member->follow, &stats);
    assert_int_equal(stats.pending_count, 0);
}

static void worker_follow_question_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct member *member = &fixture->members[0];
    struct follow_kit_stream stream;
    follow_kit_init(&stream, 12);
    assert_int_equal(open_member(fixture, member), FX_OK);
    for (uint64_t token = 1; token <= 40; token++) {
        submit(member, &stream, token);
        turn(fixture, member);
    }
    turn(fixture, member);
    const uint64_t hash = hash_of(member);
    struct fx_command question = engine_kit_command(FX_COMMAND_EXPLAIN, 0, 1);
    assert_true(fx_worker_follow_submit(member->follow, 77, &question));
    turn(fixture, member);
    assert_int_equal(member->answers[77], 1);
    assert_int_equal(member->last[77], FX_OK);
    assert_int_equal(hash_of(member), hash);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worker_follow_empty_log_is_begun_once, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_second_beginning_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_crashes_leave_one_state, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_saved_sequence_bounds_the_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_failed_delivery_is_answered_once, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_unknown_rules_stop_it, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_dump_writes_a_snapshot, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_own_poison_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_own_poison_of_a_loaded_log_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_lost_log_is_not_begun_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_lost_end_takes_its_snapshots_along, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_last_places_are_for_cancels, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_full_ring_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_snapshots_of_another_log_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_folder_has_one_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_thread_answers_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_fatal_bus_is_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_log_that_is_gone_is_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_records_that_are_gone_are_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_delivery_without_a_place_is_answered_once, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_own_poison_without_a_place_is_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_follow_gathers_while_a_group_is_on_its_way, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_follow_question_changes_nothing, setup, teardown)};
    return cmocka_run_group_tests_name("worker_follow", tests, NULL, NULL);
}

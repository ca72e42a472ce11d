/* worker/worker_proof: a signed request counts once in the log, whoever publishes it, and whoever
 * reads it from where. */
#include "worker/worker_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "follow_kit.h"
#include "fx_test.h"
#include "worker/worker_follow.h"

enum {
    NOW_MS = 1000000,
    WINDOW_MS = 5000,
    MEMBERS = 3,
    PROOFS = 600,
    SETUP = 20,
    US_PER_MS = 1000
};

static fx_status take(struct fx_worker_proofs *proofs, uint64_t id, int64_t until_ms)
{
    const struct fx_proof proof = {id, until_ms};
    return fx_worker_proof_take(proofs, &proof, id);
}

static void worker_proof_second_use_is_refused(void **state)
{
    (void)state;
    struct fx_worker_proofs *proofs = fx_worker_proof_create();
    assert_non_null(proofs);
    fx_worker_proof_see(proofs, NOW_MS);
    assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS), FX_OK);
    assert_int_equal(take(proofs, 2, NOW_MS + WINDOW_MS), FX_OK);
    assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS), FX_REPLAYED);
    assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS + 1), FX_REPLAYED); /* one name, one use */
    assert_int_equal(fx_worker_proof_count(proofs), 2);
    fx_worker_proof_destroy(proofs);
}

/* At no moment is there a gap between "seen before" and "too late". */
static void worker_proof_is_never_taken_again(void **state)
{
    (void)state;
    struct fx_worker_proofs *proofs = fx_worker_proof_create();
    assert_non_null(proofs);
    fx_worker_proof_see(proofs, NOW_MS);
    assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS), FX_OK);
    for (int64_t at_ms = NOW_MS; at_ms < NOW_MS + 3 * WINDOW_MS; at_ms++) {
        fx_worker_proof_see(proofs, at_ms);
        const bool is_late = at_ms > NOW_MS + WINDOW_MS + FX_WORKER_PROOF_LATE_MS;
        assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS),
                         is_late ? FX_TIMESTAMP_OUT_OF_WINDOW : FX_REPLAYED);
    }
    assert_int_equal(fx_worker_proof_count(proofs), 0); /* and it is forgotten in the end */
    fx_worker_proof_see(proofs, NOW_MS);                /* a clock that falls forgets nothing */
    assert_int_equal(take(proofs, 1, NOW_MS + WINDOW_MS), FX_TIMESTAMP_OUT_OF_WINDOW);
    assert_int_equal(take(proofs, 2, NOW_MS + 4 * WINDOW_MS + FX_WORKER_PROOF_AHEAD_MS),
                     FX_TIMESTAMP_OUT_OF_WINDOW);
    fx_worker_proof_destroy(proofs);
}

static void worker_proof_many_are_kept_behind_a_long_window(void **state)
{
    enum { MANY = 20000 };
    (void)state;
    struct fx_worker_proofs *proofs = fx_worker_proof_create();
    struct fx_worker_proof_mark mark;
    assert_non_null(proofs);
    fx_worker_proof_see(proofs, NOW_MS);
    assert_int_equal(take(proofs, MANY + 1, NOW_MS + 60000), FX_OK);
    for (uint64_t id = 1; id <= MANY; id++) {
        fx_worker_proof_see(proofs, NOW_MS + (int64_t)id);
        assert_int_equal(take(proofs, id, NOW_MS + (int64_t)id + WINDOW_MS), FX_OK);
    }
    assert_int_equal(fx_worker_proof_count(proofs), MANY + 1);
    fx_worker_proof_mark(proofs, &mark);
    assert_int_equal(mark.first, MANY + 2);
    assert_int_equal(mark.time_ms, NOW_MS);
    assert_int_equal(take(proofs, 1, NOW_MS + 1 + WINDOW_MS), FX_TIMESTAMP_OUT_OF_WINDOW);
    assert_int_equal(take(proofs, MANY, NOW_MS + MANY + WINDOW_MS), FX_REPLAYED);
    fx_worker_proof_see(proofs, NOW_MS + 60000 + FX_WORKER_PROOF_LATE_MS + 1);
    assert_int_equal(fx_worker_proof_count(proofs), 0);
    fx_worker_proof_mark(proofs, &mark);
    assert_int_equal(mark.first, 0);
    fx_worker_proof_destroy(proofs);
}

/* ---- followers --------------------------------------------------------------------------------
 */

struct member {
    struct fx_worker_follow *follow;
    struct fx_bus *side;
    char dir[8];
    char node[8];
    uint32_t starts;
};

struct fixture {
    struct fx_bus_disk *disk;
    struct fx_worker_host host;
    struct fx_engine_limits limits;
    struct fx_bus *bus;
    struct member members[MEMBERS];
    struct fx_proof proofs[PROOFS];
    uint32_t proof_count;
    uint64_t token;
    uint32_t accepted; /* answers */
    uint32_t refused;
    uint32_t late;
};

/* The broker's clock and everybody's. */
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a clock has no context
static int64_t wall_us;

static int64_t bus_clock(void)
{
    return wall_us;
}

static int64_t host_clock(void *context)
{
    (void)context;
    return wall_us;
}

static void open_member(struct fixture *fixture, struct member *member)
{
    const struct fx_worker_follow_options options = {.bus = member->side,
                                                     .snapshot_dir = member->dir,
                                                     .host = &fixture->host,
                                                     .limits = &fixture->limits,
                                                     .node = fx_str_of(member->node),
                                                     .node_salt = ++member->starts,
                                                     .may_begin = true,
                                                     .wait_ms = 1,
                                                     .consumer_count = 1,
                                                     .snapshot_commands = 25,
                                                     .saved_sequence = UINT64_MAX};
    struct fx_worker_follow_report report;
    assert_int_equal(fx_worker_follow_open(&options, &member->follow, &report), FX_OK);
}

static int setup(void **state)
{
    static const struct fx_bus_topic TOPIC = {
        .name = {"matching_engine_input", 21}, .partitions = 1, .retention_ms = -1};
    const struct fx_bus_local_options options = {.clock = bus_clock};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    wall_us = 1700000000000000;
    fixture->disk = fx_bus_disk_create(1);
    fixture->host =
        (struct fx_worker_host){.system = fx_bus_disk_system(fixture->disk), .clock = host_clock};
    fixture->limits = follow_kit_limits();
    assert_int_equal(fx_bus_local_open(&options, &fixture->bus), FX_OK);
    assert_int_equal(fx_bus_make(fixture->bus, &TOPIC, 1, 0), FX_OK);
    for (uint32_t number = 0; number < MEMBERS; number++) {
        struct member *member = &fixture->members[number];
        (void)snprintf(member->dir, sizeof member->dir, "/s%u", number);
        (void)snprintf(member->node, sizeof member->node, "n%u", number);
        assert_int_equal(fx_bus_local_side_open(fixture->bus, &member->side), FX_OK);
        open_member(fixture, member);
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t number = 0; number < MEMBERS; number++) {
        fx_worker_follow_abandon(fixture->members[number].follow);
        fx_bus_close(fixture->members[number].side);
    }
    fx_bus_close(fixture->bus);
    fx_bus_disk_destroy(fixture->disk);
    free(fixture);
    return 0;
}

static void count_answer(struct fixture *fixture, const struct fx_event *event)
{
    if (event->kind != FX_EVENT_RESULT || event->token == 0) {
        return;
    }
    const fx_status status = event->u.result.reject.status;
    fixture->accepted += status == FX_OK ? 1 : 0;
    fixture->refused += status == FX_REPLAYED ? 1 : 0;
    fixture->late += status == FX_TIMESTAMP_OUT_OF_WINDOW ? 1 : 0;
}

static void turn(struct fixture *fixture, struct member *member)
{
    const void *items = NULL;
    uint32_t count = 0;
    (void)fx_worker_follow_step(member->follow, wall_us);
    while (fx_worker_snapshot_step(fx_worker_follow_snapshot(member->follow), wall_us) > 0) {
        /* written */
    }
    struct fx_ring_broadcast *ring = fx_worker_follow_ring(member->follow);
    while ((count = fx_ring_broadcast_peek(ring, 0, &items)) > 0) {
        for (uint32_t index = 0; index < count; index++) {
            count_answer(fixture, &((const struct fx_event *)items)[index]);
        }
        fx_ring_broadcast_advance(ring, 0, count);
    }
}

static void settle(struct fixture *fixture)
{
    for (uint32_t number = 0; number < 3 * MEMBERS; number++) {
        turn(fixture, &fixture->members[number % MEMBERS]);
    }
}

static void crash(struct fixture *fixture, struct member *member)
{
    fx_worker_follow_abandon(member->follow);
    member->follow = NULL;
    fx_bus_close(member->side);
    assert_int_equal(fx_bus_local_side_open(fixture->bus, &member->side), FX_OK);
    open_member(fixture, member);
}

static void list(struct fixture *fixture)
{
    struct follow_kit_stream stream;
    follow_kit_init(&stream, 1);
    for (uint32_t count = 0; count < SETUP; count++) {
        const struct fx_command command = follow_kit_next(&stream);
        assert_true(fx_worker_follow_submit(fixture->members[0].follow, 0, &command));
        turn(fixture, &fixture->members[0]);
    }
    settle(fixture);
}

/* A deposit of 2 USDT to user 1, signed. */
static void deposit(struct fixture *fixture, struct member *member, const struct fx_proof *proof)
{
    const struct fx_command command = follow_kit_user(1, true);
    assert_true(fx_worker_follow_submit_proved(member->follow, ++fixture->token, &command, proof));
}

static fx_i128 balance_of(struct member *member)
{
    const struct fx_engine *engine = fx_worker_follow_engine(member->follow);
    struct fx_engine_dump position = {0};
    struct fx_event items[64];
    struct fx_events events = {.items = items, .capacity = 64};
    fx_i128 balance = -1;
    for (bool is_more = true; is_more;) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            if (items[index].kind == FX_EVENT_ACCOUNT && items[index].u.account.user_id == 1) {
                balance = items[index].u.account.balance;
            }
        }
    }
    return balance;
}

static void worker_proof_replay_at_another_process_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    const struct fx_proof proof = {77, wall_us / US_PER_MS + WINDOW_MS};
    list(fixture);
    const fx_i128 before = balance_of(&fixture->members[0]);
    deposit(fixture, &fixture->members[0], &proof);
    deposit(fixture, &fixture->members[1], &proof); /* at once: neither knows of the other */
    settle(fixture);
    deposit(fixture, &fixture->members[2], &proof);
    settle(fixture);
    assert_int_equal(fixture->accepted, 1);
    assert_int_equal(fixture->refused, 2);
    for (uint32_t number = 0; number < MEMBERS; number++) {
        assert_true(balance_of(&fixture->members[number]) == before + engine_kit_decimal("2"));
    }
    wall_us += 11LL * 1000 * 1000;
    deposit(fixture, &fixture->members[2], &proof);
    settle(fixture); /* its own record is what tells the time */
    assert_int_equal(fixture->late, 1);
    assert_true(balance_of(&fixture->members[0]) == before + engine_kit_decimal("2"));
}

/* A text that could not be read when it came is the same request when it can be. */
static void worker_proof_is_used_up_by_what_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    char text[256];
    const int64_t until_ms = wall_us / US_PER_MS + WINDOW_MS;
    (void)snprintf(text,
                   sizeof text,
                   "{\"code\":\"CANCEL_ALL\",\"from\":{\"node\":\"x:1\",\"proof\":\"5\",\"until\":"
                   "%lld},\"data\":{\"userId\":1,\"symbol\":\"BTCUSDT\"}}",
                   (long long)until_ms);
    const struct fx_bus_message message = {.topic = FX_STR("matching_engine_input"),
                                           .value = fx_str_of(text)};
    assert_int_equal(fx_bus_publish(fixture->bus, &message), FX_OK); /* no such symbol yet */
    settle(fixture);
    list(fixture);
    crash(fixture, &fixture->members[1]); /* reads it with the symbol, from its snapshot on */
    const struct fx_proof proof = {5, until_ms};
    deposit(fixture, &fixture->members[2], &proof);
    settle(fixture);
    assert_int_equal(fixture->refused, 1);
    assert_int_equal(fx_engine_hash(fx_worker_follow_engine(fixture->members[1].follow)),
                     fx_engine_hash(fx_worker_follow_engine(fixture->members[0].follow)));
}

/* Random requests and replays, everywhere, with restarts from snapshots between: the money tells
 * how often each counted. */
static void worker_proof_random_replays_count_once(void **state)
{
    struct fixture *fixture = *state;
    struct fx_rng rng;
    fx_rng_init(&rng, 99);
    list(fixture);
    const fx_i128 before = balance_of(&fixture->members[0]);
    for (uint32_t round = 0; round < 4000; round++) {
        struct member *member = &fixture->members[fx_rng_below(&rng, MEMBERS)];
        const uint64_t what = fx_rng_below(&rng, 30);
        wall_us += fx_rng_between(&rng, 0, 40000); /* two windows are some 500 rounds */
        if (what == 0) {
            settle(fixture); /* what is not answered may be in the log or not */
            crash(fixture, member);
        } else if (what < 6 && fixture->proof_count < PROOFS) {
            const int64_t window_ms = fx_rng_between(&rng, 1, 2 * WINDOW_MS);
            struct fx_proof *proof = &fixture->proofs[fixture->proof_count++];
            *proof = (struct fx_proof){fx_rng_below(&rng, INT64_MAX) + 1,
                                       wall_us / US_PER_MS + window_ms};
            deposit(fixture, member, proof);
        } else if (what < 15 && fixture->proof_count > 0) {
            deposit(fixture, member, &fixture->proofs[fx_rng_below(&rng, fixture->proof_count)]);
        }
        turn(fixture, &fixture->members[fx_rng_below(&rng, MEMBERS)]);
    }
    settle(fixture);
    struct member *first = &fixture->members[0];
    (void)snprintf(fixture->members[2].dir, sizeof fixture->members[2].dir, "/new");
    crash(fixture, &fixture->members[2]); /* from genesis */
    for (uint32_t number = 0; number < MEMBERS; number++) {
        assert_int_equal(fx_engine_hash(fx_worker_follow_engine(fixture->members[number].follow)),
                         fx_engine_hash(fx_worker_follow_engine(first->follow)));
    }
    assert_true(fixture->accepted <= fixture->proof_count);
    assert_true(fixture->accepted + 20 > fixture->proof_count); /* else late, by a slow turn */
    assert_true(balance_of(first) == before + engine_kit_decimal("2") * fixture->accepted);
    assert_true(fixture->refused > 100 && fixture->late > 100);
}

int main(void)
{
    const struct fx_log_options quiet = {.level = FX_LOG_OFF, .format = FX_LOG_TEXT, .fd = 2};
    fx_log_configure(&quiet);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_proof_second_use_is_refused),
        cmocka_unit_test(worker_proof_is_never_taken_again),
        cmocka_unit_test(worker_proof_many_are_kept_behind_a_long_window),
        cmocka_unit_test_setup_teardown(
            worker_proof_replay_at_another_process_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(
            worker_proof_is_used_up_by_what_cannot_be_read, setup, teardown),
        cmocka_unit_test_setup_teardown(worker_proof_random_replays_count_once, setup, teardown)};
    return cmocka_run_group_tests_name("worker_proof", tests, NULL, NULL);
}

/* worker/worker_notify: every row that a command changed reaches its user, once, and nobody else.
 */
#include "worker/worker_notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "bus/bus_local.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "view/view.h"
#include "wire/wire_rows.h"
#include "worker/worker_seat.h"

enum { COMMANDS = 600, USERS = 3, RING = 1 << 14, TEXT_SIZE = 4096 };

static struct {
    struct engine_kit kit;
    struct fx_ring_broadcast *ring;
    struct fx_worker_notify *worker;
    struct fx_view *model;
    struct fx_rng rng;
    uint64_t orders; /* highest id seen */
    uint64_t owners[4096];
    uint32_t wanted_orders; /* ORDER events so far, … */
    uint32_t wanted_accounts;
    uint32_t wanted_positions;
    uint32_t seen_orders; /* … and rows that were emitted */
    uint32_t seen_accounts;
    uint32_t seen_balances;
    uint32_t seen_positions;
    uint32_t pumped;
    char accounts[USERS + 1][TEXT_SIZE]; /* the last one that a user was told */
} fixture;

static void on_rows(const struct fx_json *json, const struct fx_json_token *rows, uint64_t user_id)
{
    for (uint32_t index = 0; index < rows->count; index++) {
        uint64_t owner = 0;
        const struct fx_json_token *row = fx_json_element(json, rows, index);
        assert_true(fx_str_parse_u64(fx_json_member(json, row, FX_STR("userId"))->text, &owner));
        assert_int_equal(owner, user_id);
    }
    fixture.seen_orders += rows->count;
}

static bool emit(void *context, uint64_t user_id, fx_str event)
{
    static struct fx_json json;
    assert_ptr_equal(context, &fixture);
    assert_in_range(user_id, 1, USERS);
    assert_int_equal(fx_json_parse(&json, event), FX_OK);
    assert_int_equal(json.tokens[0].count, 2);
    const fx_str name = fx_json_element(&json, &json.tokens[0], 0)->text;
    const struct fx_json_token *argument = fx_json_element(&json, &json.tokens[0], 1);
    if (fx_str_is_equal(name, FX_STR("orders"))) {
        on_rows(&json, argument, user_id);
    } else if (fx_str_is_equal(name, FX_STR("account"))) {
        const fx_str text = fx_str_slice(
            event, sizeof "[\"account\"," - 1, event.size - sizeof "[\"account\",]" + 1);
        assert_true(fx_str_copy(text, fixture.accounts[user_id], TEXT_SIZE));
        fixture.seen_accounts++;
    } else if (fx_str_is_equal(name, FX_STR("balance"))) {
        fixture.seen_balances++;
    } else {
        assert_true(fx_str_is_equal(name, FX_STR("position")));
        fixture.seen_positions++;
    }
    return true;
}

static uint64_t emitted(void)
{
    struct fx_worker_notify_stats stats;
    fx_worker_notify_stats(fixture.worker, &stats);
    return stats.emitted;
}

static int pump(void *context, int64_t now_us)
{
    assert_ptr_equal(context, &fixture);
    assert_int_equal(now_us, 5);
    fixture.pumped++;
    return 0;
}

static void release_to_members(void);

static void release(void)
{
    for (uint32_t index = 0; index < fixture.kit.events.count; index++) {
        const struct fx_event *event = &fixture.kit.events.items[index];
        assert_true(fx_ring_broadcast_append(fixture.ring, event));
        assert_int_equal(fx_view_apply(fixture.model, event), FX_OK);
        fixture.wanted_accounts += event->kind == FX_EVENT_ACCOUNT ? 1 : 0;
        fixture.wanted_positions += event->kind == FX_EVENT_POSITION ? 1 : 0;
        if (event->kind == FX_EVENT_ORDER) {
            assert_true(event->u.order.order_id < 4096);
            fixture.owners[event->u.order.order_id] = event->u.order.user_id;
            fixture.wanted_orders++;
            if (event->u.order.order_id > fixture.orders) {
                fixture.orders = event->u.order.order_id;
            }
        }
    }
    fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
    (void)fx_worker_notify_step(fixture.worker, 5);
    release_to_members();
}

static void setup(void)
{
    struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_view_limits view = {0};
    memset(&fixture, 0, sizeof fixture);
    fx_rng_init(&fixture.rng, 11);
    fixture.model = fx_view_create(&view);
    fixture.ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    const struct fx_worker_notify_options options = {
        .emit = emit, .pump = pump, .context = &fixture};
    assert_int_equal(fx_worker_notify_create(&options, &fixture.worker), FX_OK);
    fx_worker_notify_listen(fixture.worker, fixture.ring, 0);
    engine_kit_init(&fixture.kit, &limits);
    fixture.kit.is_unchecked = true;
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    assert_int_equal(engine_kit_update(&fixture.kit, &definition), FX_OK);
    release();
    assert_int_equal(engine_kit_tiers(&fixture.kit, 0), FX_OK);
    release();
    assert_int_equal(engine_kit_state(&fixture.kit, 0, FX_INSTRUMENT_STATE_TRADING), FX_OK);
    release();
    assert_int_equal(engine_kit_mark(&fixture.kit, 0, 100), FX_OK);
    release();
    for (uint64_t user_id = 1; user_id <= USERS; user_id++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
        command.u.account.asset = engine_kit_asset("USDT");
        assert_int_equal(engine_kit_apply(&fixture.kit, &command), FX_OK);
        release();
        assert_int_equal(engine_kit_deposit(&fixture.kit, user_id, "USDT", "1000000"), FX_OK);
        release();
    }
}

static void random_command(void)
{
    if (fx_rng_below(&fixture.rng, 4) == 0 && fixture.orders > 0) {
        const uint64_t id = 1 + fx_rng_below(&fixture.rng, fixture.orders);
        (void)engine_kit_cancel(&fixture.kit, fixture.owners[id], id);
    } else {
        const struct engine_kit_order order = {
            .user_id = 1 + fx_rng_below(&fixture.rng, USERS),
            .side = fx_rng_below(&fixture.rng, 2) == 0 ? FX_SIDE_BUY : FX_SIDE_SELL,
            .ticks = 97 + (int64_t)fx_rng_below(&fixture.rng, 7),
            .lots = 1 + (int64_t)fx_rng_below(&fixture.rng, 5)};
        (void)engine_kit_order(&fixture.kit, &order);
    }
    release();
}

static void worker_notify_tells_each_row_to_its_user(void **state)
{
    struct fx_buf buf;
    uint32_t cursor = 0;
    (void)state;
    setup();
    for (uint32_t count = 0; count < COMMANDS; count++) {
        random_command();
    }
    assert_true(fixture.wanted_orders > COMMANDS / 2);
    assert_int_equal(fixture.seen_orders, fixture.wanted_orders);
    assert_int_equal(fixture.seen_accounts, fixture.wanted_accounts);
    assert_int_equal(fixture.seen_balances, fixture.wanted_accounts);
    assert_int_equal(fixture.seen_positions, fixture.wanted_positions);
    assert_true(fixture.pumped >= COMMANDS);
    assert_int_equal(fx_worker_notify_fatal(fixture.worker), FX_OK);
    fx_buf_init(&buf, TEXT_SIZE);
    for (const struct fx_rows_account *row = fx_view_walk_account(fixture.model, &cursor);
         row != NULL;
         row = fx_view_walk_account(fixture.model, &cursor)) {
        fx_buf_clear(&buf);
        fx_wire_rows_account(&buf, row);
        assert_true(fx_str_is_equal(fx_buf_str(&buf), fx_str_of(fixture.accounts[row->user_id])));
    }
    fx_buf_deinit(&buf);
    fx_worker_notify_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
}

static void worker_notify_is_silent_about_a_dump(void **state)
{
    struct fx_engine_dump position = {0};
    struct fx_event items[256];
    struct fx_events events = {.items = items, .capacity = 256};
    bool is_more = true;
    (void)state;
    setup();
    for (uint32_t count = 0; count < 50; count++) {
        random_command();
    }
    const uint64_t before = emitted();
    while (is_more) {
        is_more = fx_engine_dump(fixture.kit.engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_true(fx_ring_broadcast_append(fixture.ring, &items[index]));
        }
        fx_ring_broadcast_release(fixture.ring, fx_ring_broadcast_written(fixture.ring));
        (void)fx_worker_notify_step(fixture.worker, 5);
    }
    assert_int_equal(emitted(), before);
    random_command();
    random_command();
    assert_true(emitted() > before);
    fx_worker_notify_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
}

/* ---- two members, one seat ----------------------------------------------------------------------
 *
 * The fixture's worker tells everything and never dies: what it said is what there was to say. Of
 * two members one has the seat; it dies without a word, and what the other one says then must be
 * the rest, from what the group was told on. Command and offset: a record is a command, the next
 * offset is the number of the one before.
 */

enum { SAID_MAX = 20000, MEMBERS = 2, SECOND_US = 1000000, LIVES = 40 };

static const fx_str TOPIC = {"matching_engine_input", 21};

struct said {
    uint64_t sequence;
    uint64_t hash;
};

struct member {
    struct fx_worker_notify *worker;
    struct fx_worker_seat *seat;
    struct fx_ring_broadcast *ring;
    uint64_t hashes[SAID_MAX];
    uint64_t count;
    uint64_t settled;
    uint64_t from; /* its first message is this one of all */
    bool is_dead;
    bool is_deaf; /* its server takes nothing */
    bool is_slow; /* … not everything at once */
};

static struct {
    struct fx_bus *bus;
    struct said said[SAID_MAX];
    uint64_t count;
    uint64_t sequence; /* of the command at hand */
    struct member members[MEMBERS];
    size_t size_max;
    int64_t now_us;
} hall;

static uint64_t hash_of(uint64_t user_id, fx_str event)
{
    uint64_t hash = 14695981039346656037U ^ user_id;
    for (size_t index = 0; index < event.size; index++) {
        hash = (hash ^ (uint8_t)event.data[index]) * 1099511628211U;
    }
    return hash;
}

static bool emit_all(void *context, uint64_t user_id, fx_str event)
{
    assert_ptr_equal(context, &hall);
    assert_true(hall.count < SAID_MAX);
    hall.said[hall.count++] = (struct said){hall.sequence, hash_of(user_id, event)};
    return true;
}

static bool emit_member(void *context, uint64_t user_id, fx_str event)
{
    struct member *member = context;
    assert_true(member->count < SAID_MAX);
    if (member->is_deaf || (member->is_slow && fx_rng_below(&fixture.rng, 20) == 0)) {
        return false;
    }
    member->hashes[member->count++] = hash_of(user_id, event);
    return true;
}

static uint64_t settled_by_member(void *context)
{
    return ((const struct member *)context)->settled;
}

static bool member_may_speak(void *context)
{
    return fx_worker_seat_is_held(((const struct member *)context)->seat);
}

static uint64_t kept_of_member(void *context)
{
    return fx_worker_seat_kept(((const struct member *)context)->seat);
}

static uint64_t progress_of_member(void *context)
{
    const struct member *member = context;
    struct fx_worker_notify_stats stats;
    if (member->is_dead || member->worker == NULL) {
        return UINT64_MAX;
    }
    fx_worker_notify_stats(member->worker, &stats);
    return stats.told;
}

static struct fx_worker_notify *make_worker(struct member *member)
{
    struct fx_worker_notify *worker = NULL;
    const struct fx_worker_notify_options options = {.emit = emit_member,
                                                     .settled = settled_by_member,
                                                     .may_speak = member_may_speak,
                                                     .kept = kept_of_member,
                                                     .size_max = hall.size_max,
                                                     .context = member};
    assert_int_equal(fx_worker_notify_create(&options, &worker), FX_OK);
    fx_worker_notify_listen(worker, member->ring, 0);
    return worker;
}

static void fold_dump(struct fx_worker_notify *worker)
{
    struct fx_engine_dump position = {0};
    struct fx_event items[256];
    struct fx_events events = {.items = items, .capacity = 256};
    bool is_more = true;
    while (is_more) {
        is_more = fx_engine_dump(fixture.kit.engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_int_equal(fx_worker_notify_fold(worker, &items[index]), FX_OK);
        }
    }
}

static void take_seat(struct member *member)
{
    const struct fx_worker_seat_options options = {.bus = hall.bus,
                                                   .group = FX_STR("matching_engine_notifier"),
                                                   .place = {TOPIC, 0},
                                                   .is_asking = true,
                                                   .progress = progress_of_member,
                                                   .context = member};
    assert_int_equal(fx_worker_seat_create(&options, &member->seat), FX_OK);
}

static void be_born(struct member *member)
{
    memset(member, 0, sizeof *member);
    member->ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
    member->worker = make_worker(member);
    fold_dump(member->worker);
    take_seat(member);
}

/* kill -9: nothing is said to anybody any more. */
static void die(struct member *member)
{
    member->is_dead = true;
    fx_worker_seat_destroy(member->seat);
    fx_worker_notify_destroy(member->worker);
    fx_ring_broadcast_destroy(member->ring);
    member->ring = NULL;
}

static void release_to_members(void)
{
    for (uint32_t number = 0; number < MEMBERS; number++) {
        struct fx_ring_broadcast *ring = hall.members[number].ring;
        for (uint32_t index = 0; ring != NULL && index < fixture.kit.events.count; index++) {
            assert_true(fx_ring_broadcast_append(ring, &fixture.kit.events.items[index]));
        }
        if (ring != NULL) {
            fx_ring_broadcast_release(ring, fx_ring_broadcast_written(ring));
        }
    }
}

static void command(void)
{
    hall.sequence++;
    random_command();
    assert_int_equal(fixture.kit.events.items[0].sequence, hall.sequence);
}

static void work(struct member *member)
{
    (void)fx_worker_notify_step(member->worker, hall.now_us);
}

static void look_at_group(struct member *member)
{
    hall.now_us += SECOND_US;
    (void)fx_worker_seat_step(member->seat, hall.now_us);
}

static void open_hall(size_t size_max)
{
    const struct fx_bus_local_options local = {0};
    const struct fx_bus_topic topic = {.name = TOPIC, .partitions = 1, .retention_ms = -1};
    memset(&hall, 0, sizeof hall);
    setup();
    fx_worker_notify_destroy(fixture.worker);
    const struct fx_worker_notify_options options = {.emit = emit_all, .context = &hall};
    assert_int_equal(fx_worker_notify_create(&options, &fixture.worker), FX_OK);
    fx_worker_notify_listen(fixture.worker, fixture.ring, 0);
    fold_dump(fixture.worker);
    hall.sequence = fx_engine_sequence(fixture.kit.engine);
    hall.size_max = size_max;
    hall.now_us = SECOND_US;
    assert_int_equal(fx_bus_local_open(&local, &hall.bus), FX_OK);
    assert_int_equal(fx_bus_make(hall.bus, &topic, 1, 0), FX_OK);
    be_born(&hall.members[0]);
    look_at_group(&hall.members[0]);
    be_born(&hall.members[1]);
}

static void close_hall(void)
{
    for (uint32_t number = 0; number < MEMBERS; number++) {
        if (hall.members[number].ring != NULL) {
            die(&hall.members[number]);
        }
    }
    fx_bus_close(hall.bus);
    fx_worker_notify_destroy(fixture.worker);
    fx_ring_broadcast_destroy(fixture.ring);
    fx_view_destroy(fixture.model);
    engine_kit_deinit(&fixture.kit);
}

/* How many were said up to a command. */
static uint64_t said_up_to(uint64_t sequence)
{
    uint64_t count = 0;
    while (count < hall.count && hall.said[count].sequence <= sequence) {
        count++;
    }
    return count;
}

/* Word by word, from the message `from` of all on. */
static void assert_said_from(const struct member *member, uint64_t from)
{
    assert_int_equal(member->count, hall.count - from);
    for (uint64_t index = 0; index < member->count; index++) {
        assert_true(member->hashes[index] == hall.said[from + index].hash);
    }
}

/* What the holder has, it gives in any pieces, and its server answers when it likes. */
static void live_a_while(struct member *holder, struct member *other, uint32_t commands)
{
    holder->is_slow = true;
    for (uint32_t count = 0; count < commands; count++) {
        command();
        if (fx_rng_below(&fixture.rng, 2) == 0) {
            work(holder);
        }
        if (fx_rng_below(&fixture.rng, 3) == 0 && holder->settled < holder->count) {
            holder->settled += 1 + fx_rng_below(&fixture.rng, holder->count - holder->settled);
        }
        if (fx_rng_below(&fixture.rng, 9) == 0) {
            holder->is_deaf = !holder->is_deaf;
        }
        if (fx_rng_below(&fixture.rng, 5) == 0) {
            look_at_group(holder);
        }
        if (fx_rng_below(&fixture.rng, 4) == 0) {
            work(other);
        }
        if (fx_rng_below(&fixture.rng, 8) == 0) {
            look_at_group(other);
        }
    }
}

static void worker_notify_tells_what_the_dead_one_did_not(void **state)
{
    uint64_t most = 0;
    (void)state;
    open_hall(0);
    for (uint32_t life = 0; life < LIVES; life++) {
        struct member *holder = &hall.members[life % MEMBERS];
        struct member *other = &hall.members[(life + 1) % MEMBERS];
        struct fx_worker_notify_stats stats;
        struct fx_worker_seat_stats seat;
        live_a_while(holder, other, 20 + (uint32_t)fx_rng_below(&fixture.rng, 30));
        assert_int_equal(other->count, 0); /* it says nothing */
        fx_worker_seat_stats(holder->seat, &seat);
        /* What the group has as told, somebody has answered for. */
        assert_true(said_up_to(seat.committed) <= holder->from + holder->settled);
        die(holder);
        const uint64_t kept = seat.committed;
        live_a_while(other, other, (uint32_t)fx_rng_below(&fixture.rng, 20));
        assert_true(other->count == 0 || fx_worker_seat_is_held(other->seat));
        look_at_group(other);
        other->is_deaf = false;
        other->is_slow = false;
        for (uint32_t turn = 0; turn < 3; turn++) {
            work(other);
            other->settled = other->count;
        }
        other->from = said_up_to(kept);
        assert_said_from(other, other->from);
        most = hall.count - other->from > most ? hall.count - other->from : most;
        work(other);
        fx_worker_notify_stats(other->worker, &stats);
        assert_int_equal(stats.told, hall.sequence);
        assert_int_equal(stats.waiting, 0);
        assert_int_equal(stats.dropped, 0);
        look_at_group(other); /* the newborn knows nothing of what was before */
        be_born(holder);
    }
    assert_true(most > 100);
    close_hall();
}

/* A holder that does not come forward, for longer than there is room: the oldest are gone, and it
 * is said how many. */
static void worker_notify_waits_within_its_bounds(void **state)
{
    struct fx_worker_notify_stats stats;
    (void)state;
    open_hall(2 << 20);
    struct member *holder = &hall.members[0], *other = &hall.members[1];
    work(holder);
    look_at_group(holder);
    fx_worker_notify_stats(holder->worker, &stats);
    assert_int_equal(stats.told, hall.sequence); /* its dump is as far */
    fx_worker_notify_stats(other->worker, &stats);
    assert_int_equal(stats.told, UINT64_MAX);
    assert_int_equal(stats.dropped, 0);
    for (uint32_t count = 0; stats.dropped == 0 || count % 64 != 0; count++) {
        assert_true(count < 6000);
        command();
        work(holder); /* its server answers nothing */
        look_at_group(holder);
        hall.now_us -= SECOND_US; /* it is not the age */
        work(other);
        fx_worker_notify_stats(other->worker, &stats);
    }
    assert_int_equal(stats.waiting + stats.dropped, hall.count);
    die(holder);
    look_at_group(other);
    work(other);
    assert_said_from(other, stats.dropped);
    close_hall();
}

static void worker_notify_tells_no_old_news(void **state)
{
    struct fx_worker_notify_stats stats;
    (void)state;
    open_hall(0);
    struct member *holder = &hall.members[0], *other = &hall.members[1];
    work(holder);
    look_at_group(holder);
    for (uint32_t count = 0; count < 20; count++) {
        command();
    }
    work(other);
    const uint64_t old = hall.count;
    hall.now_us += 200 * (int64_t)SECOND_US;
    for (uint32_t count = 0; count < 20; count++) {
        command();
    }
    work(other);
    hall.now_us += 150 * (int64_t)SECOND_US; /* the first ones have waited for 350 s */
    work(other);
    fx_worker_notify_stats(other->worker, &stats);
    assert_int_equal(stats.dropped, old);
    die(holder);
    look_at_group(other);
    work(other);
    assert_said_from(other, old);
    close_hall();
}

/* The only one starts anew: what the log says of the time between is told from where the group was
 * told, but nothing that is too old. */
static void worker_notify_that_starts_tells_what_was_between(void **state)
{
    enum { BEFORE = 30, BETWEEN = 40, OLD = 5 };
    const int64_t age_us = 300 * (int64_t)SECOND_US;
    (void)state;
    open_hall(0);
    for (uint32_t is_old = 0; is_old < 2; is_old++) {
        struct member *holder = &hall.members[is_old], *next = &hall.members[1 - is_old];
        if (next->ring != NULL) {
            die(next);
        }
        for (uint32_t count = 0; count < BEFORE; count++) {
            command();
        }
        work(holder);
        holder->settled = holder->count;
        work(holder);
        look_at_group(holder);
        const uint64_t from = hall.count;
        die(holder);
        memset(next, 0, sizeof *next);
        next->ring = fx_ring_broadcast_create(sizeof(struct fx_event), RING, 1);
        next->worker = make_worker(next);
        fold_dump(next->worker); /* its snapshot */
        struct fx_ring_broadcast *ring = next->ring;
        next->ring = NULL; /* it is not there yet */
        uint64_t young = from;
        for (uint32_t count = 0; count < BETWEEN; count++) {
            command();
            const bool is_too_old = is_old != 0 && count < OLD;
            young = is_too_old ? hall.count : young;
            fx_worker_notify_replay(next->worker,
                                    fixture.kit.events.items,
                                    fixture.kit.events.count,
                                    fixture.kit.time_us + age_us + (is_too_old ? 1 : 0));
        }
        next->ring = ring;
        fold_dump(next->worker); /* what all parts are told at the end of a start */
        take_seat(next);
        work(next);
        assert_int_equal(next->count, 0);
        look_at_group(next);
        for (uint32_t count = 0; count < 5; count++) {
            command();
            work(next);
        }
        assert_said_from(next, young);
        assert_true(young >= from);
    }
    close_hall();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_notify_tells_what_the_dead_one_did_not),
        cmocka_unit_test(worker_notify_waits_within_its_bounds),
        cmocka_unit_test(worker_notify_tells_no_old_news),
        cmocka_unit_test(worker_notify_that_starts_tells_what_was_between),
        cmocka_unit_test(worker_notify_tells_each_row_to_its_user),
        cmocka_unit_test(worker_notify_is_silent_about_a_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

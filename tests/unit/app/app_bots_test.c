/* The market makers in front of a real engine: the books live, never cross, and every run with the
 * same seed is the same. */
#include "app/app_bots.h"

#include <stdlib.h>
#include <string.h>

#include "app/app_listing.h"
#include "engine/engine.h"
#include "fx_test.h"

enum {
    INSTRUMENTS = 4,
    MAKER = 11,
    TAKER = 12,
    COMMANDS_MAX = 256,
    STEP_US = 250000,
    COMMANDS_PER_STEP_MAX = 40
};

static const int64_t START_US = 1700000000000000;
static const uint64_t SEED = 42;

struct exchange {
    struct fx_engine *engine;
    struct fx_events events;
    struct fx_app_bots *bots;
    struct fx_command queue[COMMANDS_MAX]; /* what the bots submitted in this step */
    uint32_t queue_count;
    uint32_t busiest_step;
    bool is_full; /* submit says no */
    uint64_t trades;
    uint64_t rejects;
    int64_t now_us;
    int64_t start_ticks[INSTRUMENTS];
    int64_t lowest_ticks[INSTRUMENTS];
    int64_t highest_ticks[INSTRUMENTS];
};

static struct fx_engine_limits limits_of(void)
{
    return (struct fx_engine_limits){.accounts_max = 16,
                                     .positions_max = 64,
                                     .orders_max = 4096,
                                     .instruments_max = 8,
                                     .assets_max = 4,
                                     .client_ids_max = 8192,
                                     .book_window_levels = 4096,
                                     .book_overflow_levels_max = 4096,
                                     .account_orders_max = 400,
                                     .fills_max = 400,
                                     .cancels_max = 400,
                                     .reduce_orders_max = 100};
}

static bool submit(void *self, uint64_t token, const struct fx_command *command)
{
    struct exchange *exchange = self;
    assert_int_equal(token, 0);
    if (exchange->is_full) {
        return false;
    }
    assert_true(exchange->queue_count < COMMANDS_MAX);
    exchange->queue[exchange->queue_count++] = *command;
    return true;
}

static void note(struct exchange *exchange, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_TRADE) {
        exchange->trades++;
    } else if (event->kind == FX_EVENT_RESULT && event->u.result.reject.status != FX_OK) {
        exchange->rejects++;
    } else if (event->kind == FX_EVENT_MARK && event->u.mark.instrument < INSTRUMENTS) {
        const uint32_t index = event->u.mark.instrument;
        const int64_t ticks = event->u.mark.index_ticks;
        if (exchange->start_ticks[index] == 0) {
            exchange->start_ticks[index] = ticks;
            exchange->lowest_ticks[index] = ticks;
        }
        exchange->lowest_ticks[index] =
            ticks < exchange->lowest_ticks[index] ? ticks : exchange->lowest_ticks[index];
        exchange->highest_ticks[index] =
            ticks > exchange->highest_ticks[index] ? ticks : exchange->highest_ticks[index];
    }
}

static fx_status apply(struct exchange *exchange, struct fx_command *command)
{
    command->sequence = fx_engine_sequence(exchange->engine) + 1;
    command->time_us = exchange->now_us;
    fx_engine_apply(exchange->engine, command, &exchange->events);
    for (uint32_t index = 0; index < exchange->events.count; index++) {
        note(exchange, &exchange->events.items[index]);
        if (exchange->bots != NULL) {
            fx_app_bots_on_event(exchange->bots, &exchange->events.items[index]);
        }
    }
    return exchange->events.items[exchange->events.count - 1].u.result.reject.status;
}

static void set_state(struct exchange *exchange,
                      uint32_t instrument,
                      enum fx_instrument_state state)
{
    struct fx_command command = fx_command_blank(FX_COMMAND_SET_STATE, instrument, 0);
    command.u.set_state.state = state;
    assert_int_equal(apply(exchange, &command), FX_OK);
}

static void list(struct exchange *exchange, uint32_t index)
{
    struct fx_app_listing listing;
    fx_app_listing_make(index, &listing);
    struct fx_command command =
        fx_command_blank(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = listing.instrument;
    assert_int_equal(apply(exchange, &command), FX_OK);
    command = fx_command_blank(FX_COMMAND_LOAD_LEVERAGE_MARGIN, index, 0);
    command.u.tiers.count = listing.tier_count;
    memcpy(command.u.tiers.tiers, listing.tiers, sizeof listing.tiers);
    assert_int_equal(apply(exchange, &command), FX_OK);
    command = fx_command_blank(FX_COMMAND_MARK_PRICE, index, 0);
    command.u.mark.mark_ticks = listing.first_mark_ticks;
    command.u.mark.index_ticks = listing.first_mark_ticks;
    assert_int_equal(apply(exchange, &command), FX_OK);
    set_state(exchange, index, FX_INSTRUMENT_STATE_TRADING);
}

static void fund(struct exchange *exchange, uint64_t user, const char *asset, int64_t whole)
{
    struct fx_command command =
        fx_command_blank(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user);
    assert_true(fx_ids_asset(fx_str_of(asset), &command.u.account.asset));
    command.u.account.flags = FX_ACCOUNT_FLAG_BOT;
    assert_int_equal(apply(exchange, &command), FX_OK);
    command = fx_command_blank(FX_COMMAND_DEPOSIT, FX_COMMAND_ALL_INSTRUMENTS, user);
    assert_true(fx_ids_asset(fx_str_of(asset), &command.u.transfer.asset));
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    command.u.transfer.amount = fx_dec_one() * whole;
    assert_int_equal(apply(exchange, &command), FX_OK);
}

static void start_bots(struct exchange *exchange, uint64_t seed)
{
    struct fx_app_bots_options options = {.submit = submit,
                                          .submit_self = exchange,
                                          .seed = seed,
                                          .users = {MAKER, TAKER},
                                          .instruments = {0, 1, 2, 3},
                                          .instrument_count = INSTRUMENTS};
    assert_int_equal(fx_app_bots_create(&options, &exchange->bots), FX_OK);
}

/* Tell the bots what there is, as a start does. */
static void dump(struct exchange *exchange)
{
    struct fx_engine_dump dump = {0};
    bool has_more = true;
    while (has_more) {
        has_more = fx_engine_dump(exchange->engine, &dump, &exchange->events);
        for (uint32_t index = 0; index < exchange->events.count; index++) {
            fx_app_bots_on_event(exchange->bots, &exchange->events.items[index]);
        }
    }
}

static struct exchange *open_exchange(uint64_t seed)
{
    const struct fx_engine_limits limits = limits_of();
    const size_t size = fx_engine_size(&limits);
    struct exchange *exchange = calloc(1, sizeof *exchange);
    void *memory = aligned_alloc(64, size);
    assert_non_null(exchange);
    assert_non_null(memory);
    memset(memory, 0, size);
    exchange->engine = fx_engine_init(memory, &limits);
    exchange->events.capacity = fx_engine_events_max(&limits);
    exchange->events.items = calloc(exchange->events.capacity, sizeof(struct fx_event));
    assert_non_null(exchange->events.items);
    exchange->now_us = START_US;
    start_bots(exchange, seed);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        list(exchange, index);
    }
    fund(exchange, MAKER, "USDT", 1000000000);
    fund(exchange, TAKER, "USDT", 1000000000);
    fund(exchange, MAKER, "BTC", 1000);
    fund(exchange, TAKER, "BTC", 1000);
    return exchange;
}

static void close_exchange(struct exchange *exchange)
{
    fx_app_bots_destroy(exchange->bots);
    free(exchange->events.items);
    free(exchange->engine);
    free(exchange);
}

static void run(struct exchange *exchange, int steps)
{
    for (int step = 0; step < steps; step++) {
        exchange->now_us += STEP_US;
        fx_app_bots_step(exchange->bots, exchange->now_us);
        if (exchange->queue_count > exchange->busiest_step) {
            exchange->busiest_step = exchange->queue_count;
        }
        for (uint32_t index = 0; index < exchange->queue_count; index++) {
            (void)apply(exchange, &exchange->queue[index]);
        }
        exchange->queue_count = 0;
        if (step % 200 == 0) {
            fx_engine_check(exchange->engine);
        }
    }
}

/* What a stranger sees in the engine. */
struct survey {
    uint32_t orders[INSTRUMENTS];
    uint64_t oldest_order[INSTRUMENTS];
    int64_t best[INSTRUMENTS][2];
    uint32_t levels[INSTRUMENTS][2];
    fx_i128 balance_low; /* the smallest balance divided by what was paid in, in ppm */
    fx_i128 balance_high;
};

static void survey_event(struct survey *survey, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_ORDER) {
        const uint32_t index = event->u.order.instrument;
        survey->orders[index]++;
        if (survey->oldest_order[index] == 0 ||
            event->u.order.order_id < survey->oldest_order[index]) {
            survey->oldest_order[index] = event->u.order.order_id;
        }
    } else if (event->kind == FX_EVENT_BOOK) {
        const struct fx_event_book *level = &event->u.book;
        const int side = level->side == FX_SIDE_BUY ? 0 : 1;
        int64_t *best = &survey->best[level->instrument][side];
        survey->levels[level->instrument][side]++;
        if (*best == 0 || (side == 0 ? level->price_ticks > *best : level->price_ticks < *best)) {
            *best = level->price_ticks;
        }
    } else if (event->kind == FX_EVENT_ACCOUNT) {
        const bool is_btc =
            fx_str_is_equal(fx_ids_asset_str(&event->u.account.asset), FX_STR("BTC"));
        const fx_i128 paid_in = fx_dec_one() * (is_btc ? 1000 : 1000000000);
        const fx_i128 ppm = event->u.account.balance / (paid_in / 1000000);
        survey->balance_low =
            survey->balance_low == 0 || ppm < survey->balance_low ? ppm : survey->balance_low;
        survey->balance_high = ppm > survey->balance_high ? ppm : survey->balance_high;
    }
}

static struct survey look(struct exchange *exchange)
{
    struct survey survey;
    struct fx_engine_dump dump = {0};
    memset(&survey, 0, sizeof survey);
    bool has_more = true;
    while (has_more) {
        has_more = fx_engine_dump(exchange->engine, &dump, &exchange->events);
        for (uint32_t index = 0; index < exchange->events.count; index++) {
            survey_event(&survey, &exchange->events.items[index]);
        }
    }
    return survey;
}

static void expect_living_book(const struct survey *survey, uint32_t index)
{
    assert_true(survey->levels[index][0] >= 10);
    assert_true(survey->levels[index][1] >= 10);
    assert_true(survey->best[index][0] < survey->best[index][1]);
    assert_in_range(survey->orders[index], 20, 28);
}

static void app_bots_thousand_steps_keep_living_books(void **state)
{
    (void)state;
    struct exchange *exchange = open_exchange(SEED);
    run(exchange, 1000);
    const struct survey survey = look(exchange);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        expect_living_book(&survey, index);
        const int64_t start = exchange->start_ticks[index];
        assert_true(exchange->lowest_ticks[index] < start);
        assert_true(exchange->highest_ticks[index] > start);
        assert_true(exchange->lowest_ticks[index] >= start - start / 10 - 1);
        assert_true(exchange->highest_ticks[index] <= start + start / 10 + 1);
    }
    assert_true(exchange->trades > 500);
    assert_true(exchange->rejects * 100 < fx_engine_sequence(exchange->engine));
    assert_true(exchange->busiest_step <= COMMANDS_PER_STEP_MAX);
    assert_true(survey.balance_low > 990000);
    assert_true(survey.balance_high < 1010000);
    close_exchange(exchange);
}

static void app_bots_same_seed_replays_identically(void **state)
{
    (void)state;
    struct exchange *left = open_exchange(SEED);
    struct exchange *right = open_exchange(SEED);
    struct exchange *other = open_exchange(SEED + 1);
    run(left, 300);
    run(right, 300);
    run(other, 300);
    assert_true(fx_engine_hash(left->engine) == fx_engine_hash(right->engine));
    assert_true(fx_engine_hash(left->engine) != fx_engine_hash(other->engine));
    close_exchange(left);
    close_exchange(right);
    close_exchange(other);
}

static void app_bots_restart_replaces_the_orders_of_the_earlier_life(void **state)
{
    (void)state;
    for (int has_dump = 0; has_dump < 2; has_dump++) {
        struct exchange *exchange = open_exchange(SEED);
        run(exchange, 100);
        struct survey before = look(exchange);
        fx_app_bots_destroy(exchange->bots);
        start_bots(exchange, SEED);
        if (has_dump != 0) {
            dump(exchange);
        } else {
            for (uint32_t index = 0; index < INSTRUMENTS; index++) {
                list(exchange, index);
            }
        }
        run(exchange, 20);
        const struct survey after = look(exchange);
        for (uint32_t index = 0; index < INSTRUMENTS; index++) {
            expect_living_book(&after, index);
            assert_true(after.oldest_order[index] > before.oldest_order[index]);
        }
        close_exchange(exchange);
    }
}

static void app_bots_refusals_do_not_stop_them(void **state)
{
    (void)state;
    struct exchange *exchange = open_exchange(SEED);
    run(exchange, 50);
    set_state(exchange, 1, FX_INSTRUMENT_STATE_CANCEL_ONLY);
    const uint64_t trades = exchange->trades;
    run(exchange, 100);
    assert_true(exchange->rejects > 0);
    assert_true(exchange->trades > trades + 50);
    set_state(exchange, 1, FX_INSTRUMENT_STATE_TRADING);
    exchange->is_full = true;
    run(exchange, 30);
    exchange->is_full = false;
    run(exchange, 40);
    const struct survey survey = look(exchange);
    for (uint32_t index = 0; index < INSTRUMENTS; index++) {
        expect_living_book(&survey, index);
    }
    assert_true(exchange->busiest_step <= COMMANDS_PER_STEP_MAX);
    close_exchange(exchange);
}

static void app_bots_orders_refused_at_birth_are_asked_for_again(void **state)
{
    (void)state;
    struct exchange *exchange = open_exchange(SEED);
    set_state(exchange, 2, FX_INSTRUMENT_STATE_CANCEL_ONLY);
    run(exchange, 5);
    assert_int_equal(look(exchange).orders[2], 0);
    set_state(exchange, 2, FX_INSTRUMENT_STATE_TRADING);
    run(exchange, 20);
    const struct survey survey = look(exchange);
    expect_living_book(&survey, 2);
    close_exchange(exchange);
}

static void app_bots_stranger_who_sweeps_the_book_is_outlived(void **state)
{
    (void)state;
    struct exchange *exchange = open_exchange(SEED);
    fund(exchange, 99, "USDT", 1000000000);
    run(exchange, 50);
    struct fx_command command = fx_command_blank(FX_COMMAND_PLACE_ORDER, 0, 99);
    command.u.place.price_ticks = exchange->start_ticks[0] + exchange->start_ticks[0] / 20;
    command.u.place.lots = 50000; /* takes all asks and rests far above them */
    command.u.place.side = FX_SIDE_BUY;
    command.u.place.type = FX_ORDER_TYPE_LIMIT;
    command.u.place.time_in_force = FX_TIME_IN_FORCE_GTC;
    assert_int_equal(apply(exchange, &command), FX_OK);
    command = fx_command_blank(FX_COMMAND_CANCEL_ALL, 0, 99);
    command.u.cancel_all.scope = FX_CANCEL_SCOPE_ALL;
    run(exchange, 100);
    assert_int_equal(apply(exchange, &command), FX_OK);
    run(exchange, 50);
    const struct survey survey = look(exchange);
    expect_living_book(&survey, 0);
    close_exchange(exchange);
}

static void app_bots_wrong_options_are_refused(void **state)
{
    (void)state;
    struct fx_app_bots *bots = NULL;
    struct fx_app_bots_options options = {.submit = submit, .users = {1, 2}};
    options.instrument_count = FX_APP_BOTS_INSTRUMENTS_MAX + 1;
    assert_int_equal(fx_app_bots_create(&options, &bots), FX_BAD_PARAMETER);
    options.instrument_count = FX_APP_BOTS_INSTRUMENTS_MAX;
    options.users[1] = 1;
    assert_int_equal(fx_app_bots_create(&options, &bots), FX_BAD_PARAMETER);
    options.users[1] = 0;
    assert_int_equal(fx_app_bots_create(&options, &bots), FX_BAD_PARAMETER);
    options.users[1] = 2;
    options.submit = NULL;
    assert_int_equal(fx_app_bots_create(&options, &bots), FX_BAD_PARAMETER);
    assert_null(bots);
    options.submit = submit;
    options.instrument_count = 0;
    assert_int_equal(fx_app_bots_create(&options, &bots), FX_OK);
    fx_app_bots_step(bots, 1);
    fx_app_bots_destroy(bots);
    fx_app_bots_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(app_bots_thousand_steps_keep_living_books),
        cmocka_unit_test(app_bots_same_seed_replays_identically),
        cmocka_unit_test(app_bots_restart_replaces_the_orders_of_the_earlier_life),
        cmocka_unit_test(app_bots_refusals_do_not_stop_them),
        cmocka_unit_test(app_bots_orders_refused_at_birth_are_asked_for_again),
        cmocka_unit_test(app_bots_stranger_who_sweeps_the_book_is_outlived),
        cmocka_unit_test(app_bots_wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

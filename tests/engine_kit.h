/**
 * @file engine_kit.h
 * A whole engine in memory for tests: commands as short calls, every answer checked.
 *
 * After each command the kit asserts: RESULT is last and the only one; a reject has no other event
 * and leaves the state's hash as it was; every invariant holds. Before each PLACE_ORDER it asks
 * TEST_ORDER: the answer is the same, the margin foreseen is right, and nothing was changed by it.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_KIT_H
#define FX_TESTS_ENGINE_KIT_H

#undef NDEBUG /* the kit's checks are the test, in every build */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/orders_int.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

struct engine_kit {
    struct fx_engine *engine;
    struct fx_events events;
    struct fx_event_result result; /* of the last command */
    int64_t time_us;
    bool is_unchecked; /* skip the O(state) checks */
};

/** Small limits, so that tests reach them. */
static inline struct fx_engine_limits engine_kit_limits(void)
{
    return (struct fx_engine_limits){
        .accounts_max = 16,
        .positions_max = 32,
        .orders_max = 256,
        .instruments_max = 4,
        .assets_max = 3,
        .client_ids_max = 8,
        .book_window_levels = 64,
        .book_overflow_levels_max = 64,
        .account_orders_max = 64,
        .fills_max = 16,
        .cancels_max = 64,
        .reduce_orders_max = 64,
    };
}

static inline void *engine_kit_memory(const struct fx_engine_limits *limits)
{
    const size_t size = fx_engine_size(limits);
    void *memory = aligned_alloc(64, size);
    assert(memory != NULL);
    memset(memory, 0, size);
    return memory;
}

static inline void engine_kit_init(struct engine_kit *kit, const struct fx_engine_limits *limits)
{
    memset(kit, 0, sizeof *kit);
    kit->engine = fx_engine_init(engine_kit_memory(limits), limits);
    kit->engine->preload.rules = FX_ENGINE_RULES_MAX; /* as INITIALIZE_ENGINE of a new log says */
    kit->events.capacity = fx_engine_events_max(limits);
    kit->events.items = calloc(kit->events.capacity, sizeof *kit->events.items);
    kit->time_us = 1000000;
    assert(kit->events.items != NULL);
}

static inline void engine_kit_deinit(struct engine_kit *kit)
{
    free(kit->engine);
    free(kit->events.items);
}

static inline uint32_t engine_kit_count(const struct engine_kit *kit, enum fx_event_kind kind);

/** Ask a question, or what an order would be told; it must change nothing. */
static inline struct fx_event_test engine_kit_ask(struct engine_kit *kit,
                                                  const struct fx_command *command)
{
    struct fx_command question = *command;
    const uint64_t before = fx_engine_hash(kit->engine);
    if (!fx_command_is_question((enum fx_command_kind)command->kind)) {
        question.kind = FX_COMMAND_TEST_ORDER;
    }
    question.time_us = kit->time_us;
    fx_engine_ask(kit->engine, &question, &kit->events);
    const struct fx_event *last = &kit->events.items[kit->events.count - 1];
    assert(kit->events.count == 1 || question.kind == FX_COMMAND_EXPLAIN ||
           question.kind == FX_COMMAND_SHOW_EXCHANGE);
    assert(last->kind == FX_EVENT_RESULT);
    assert(last->sequence == fx_engine_sequence(kit->engine));
    assert(before == fx_engine_hash(kit->engine));
    return last->u.test;
}

/* What was foreseen has come: the same answer, and the margin of an order that rests as it is. */
static inline void engine_kit_compare(const struct engine_kit *kit,
                                      const struct fx_command *command,
                                      const struct fx_event_test *test)
{
    const struct fx_event_result *result = &kit->result;
    assert(test->result.reject.status == result->reject.status);
    assert(test->result.reject.limit == result->reject.limit);
    assert(test->result.is_repeated == result->is_repeated);
    if (result->order_status == FX_ORDER_STATUS_UNTRIGGERED && result->is_repeated == 0) {
        assert(test->reserve_after == test->reserve_before);
        assert(test->available_after == test->available_before);
    }
    if (result->reject.status != FX_OK || result->is_repeated != 0 ||
        kit->events.items[0].kind != FX_EVENT_ORDER ||
        kit->events.items[0].u.order.order_id != result->order_id ||
        result->order_status != FX_ORDER_STATUS_ACTIVE ||
        engine_kit_count(kit, FX_EVENT_ORDER) != 1 ||       /* others fired behind it … */
        engine_kit_count(kit, FX_EVENT_LIQUIDATION) != 0) { /* … or somebody is liquidated */
        return;
    }
    const fx_slot account = (fx_slot)result->account_id - 1;
    const enum fx_position_side side =
        fx_position_state_side(kit->engine, account, command->u.place.position_side);
    const fx_slot position =
        fx_position_state_find(kit->engine, account, command->instrument, side);
    assert(test->lots == kit->events.items[0].u.order.lots);
    assert(test->price_ticks == kit->events.items[0].u.order.price_ticks);
    assert(test->reserve_after == kit->engine->positions[position].reserve);
    assert(test->available_after == fx_margin_available(kit->engine, account));
    (void)position;
    (void)test;
}

/** Apply a command (sequence and time are set here). @return its status. */
static inline fx_status engine_kit_apply(struct engine_kit *kit, struct fx_command *command)
{
    const uint64_t before = kit->is_unchecked ? 0 : fx_hash_content(kit->engine);
    const bool is_waiting = fx_order_type_is_conditional((enum fx_order_type)command->u.place.type);
    /* An instant of funding that has come, and what its user owes, are no part of the command. */
    const bool is_paying =
        kit->engine->sweep_count != 0 || kit->engine->funding_due_us <= kit->time_us;
    /* Nor is what liquidations that are left over do behind it. */
    const bool is_asked =
        !kit->is_unchecked && !is_paying && kit->engine->due_count == 0 &&
        (command->kind == FX_COMMAND_PLACE_BRACKET ||
         command->kind == (is_waiting ? FX_COMMAND_PLACE_CONDITIONAL : FX_COMMAND_PLACE_ORDER));
    struct fx_event_test test;
    memset(&test, 0, sizeof test);
    if (is_asked) {
        test = engine_kit_ask(kit, command);
    }
    command->sequence = fx_engine_sequence(kit->engine) + 1;
    command->time_us = kit->time_us;
    fx_engine_apply(kit->engine, command, &kit->events);
    assert(kit->events.count > 0);
    const uint32_t base = fx_engine_shard(kit->engine)->shard << FX_SHARD_INDEX_BITS;
    for (uint32_t index = 0; index < kit->events.count; index++) {
        const struct fx_event *event = &kit->events.items[index];
        assert(event->index == base + index && event->sequence == command->sequence);
        assert((event->kind == FX_EVENT_RESULT) == (index + 1 == kit->events.count));
    }
    kit->result = kit->events.items[kit->events.count - 1].u.result;
    if (!kit->is_unchecked) {
        const uint64_t after = fx_hash_content(kit->engine);
        if (kit->result.reject.status != FX_OK && !is_paying) {
            assert(kit->events.count == 1 && before == after);
        }
        fx_engine_check(kit->engine);
    }
    if (is_asked) {
        engine_kit_compare(kit, command, &test);
    }
    return kit->result.reject.status;
}

/** A zeroed command of a kind. */
static inline struct fx_command engine_kit_command(enum fx_command_kind kind,
                                                   uint32_t instrument,
                                                   uint64_t user_id)
{
    return fx_command_blank(kind, instrument, user_id);
}

/** What is said to a LOAD_ORDER with a change in it: to `one`, its `load` or its `place`. */
#define ENGINE_KIT_LOAD_ORDER(kit_, made_, status_, change_)                                       \
    do {                                                                                           \
        struct fx_command one = (made_);                                                           \
        struct fx_command_load_order *load = &one.u.load_order;                                    \
        struct fx_command_place *place = &load->order.place;                                       \
        (void)place;                                                                               \
        change_;                                                                                   \
        assert_int_equal(engine_kit_apply(kit_, &one), (status_));                                 \
    } while (0)

static inline fx_i128 engine_kit_decimal(const char *text)
{
    fx_i128 units = 0;
    const fx_status status = fx_dec_parse(fx_str_of(text), &units);
    assert(status == FX_OK);
    return status == FX_OK ? units : 0;
}

static inline struct fx_asset engine_kit_asset(const char *text)
{
    struct fx_asset asset;
    const bool is_named = fx_ids_asset(fx_str_of(text), &asset);
    assert(is_named);
    (void)is_named;
    return asset;
}

/** A linear contract in USDT: tick 1, lot 1, no fees, no band; the caller changes what it needs. */
static inline struct fx_instrument engine_kit_definition(const char *symbol)
{
    struct fx_instrument definition;
    memset(&definition, 0, sizeof definition);
    definition.tick_size = engine_kit_decimal("1");
    definition.lot_size = engine_kit_decimal("1");
    definition.multiplier = engine_kit_decimal("1");
    definition.min_lots = 1;
    definition.max_lots = 1000000;
    definition.max_market_lots = 500000;
    definition.max_ticks = 1000000;
    definition.market_take_bound_ppb = 50000000;
    definition.leverage_max_centi = 10000;
    definition.orders_max = 50;
    definition.algo_orders_max = 10;
    definition.funding_interval_s = 28800;
    definition.contract_type = FX_CONTRACT_TYPE_USD_M;
    definition.kind = FX_INSTRUMENT_KIND_PERPETUAL;
    definition.state = FX_INSTRUMENT_STATE_PENDING;
    const bool is_named = fx_ids_symbol(fx_str_of(symbol), &definition.symbol) &&
                          fx_ids_symbol(fx_str_of(symbol), &definition.root_symbol);
    assert(is_named);
    (void)is_named;
    definition.base = engine_kit_asset("BTC");
    definition.quote = engine_kit_asset("USDT");
    definition.settle = engine_kit_asset("USDT");
    return definition;
}

static inline fx_status engine_kit_update(struct engine_kit *kit,
                                          const struct fx_instrument *definition)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, 0, 0);
    command.u.instrument = *definition;
    return engine_kit_apply(kit, &command);
}

/** One tier: 0.5 % maintenance, the highest leverage. */
static inline fx_status engine_kit_tiers(struct engine_kit *kit, uint32_t instrument)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, instrument, 0);
    command.u.tiers.count = 1;
    command.u.tiers.tiers[0].cap = fx_dec_limit() - 1;
    command.u.tiers.tiers[0].rate_ppb = 5000000;
    command.u.tiers.tiers[0].leverage_max_centi = 10000;
    return engine_kit_apply(kit, &command);
}

/** Three tiers of falling leverage, the first two up to these caps: the load of them. */
static inline struct fx_command engine_kit_three_tiers(uint32_t instrument,
                                                       const char *const caps[2])
{
    struct fx_command command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, instrument, 0);
    struct fx_command_tiers *tiers = &command.u.tiers;
    tiers->count = 3;
    for (uint32_t tier = 0; tier < 3; tier++) {
        tiers->tiers[tier].cap = engine_kit_decimal(tier == 2 ? "100000000" : caps[tier]);
        tiers->tiers[tier].rate_ppb = 5000000 + 7300001 * (int64_t)tier;
        tiers->tiers[tier].leverage_max_centi = 10000 - 3500 * (int32_t)tier;
    }
    fx_instrument_fill_cums(tiers->tiers, 3);
    return command;
}

static inline fx_status engine_kit_state(struct engine_kit *kit,
                                         uint32_t instrument,
                                         enum fx_instrument_state state)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_STATE, instrument, 0);
    command.u.set_state.state = (uint32_t)state;
    return engine_kit_apply(kit, &command);
}

static inline fx_status engine_kit_mark(struct engine_kit *kit, uint32_t instrument, int64_t ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_MARK_PRICE, instrument, 0);
    command.u.mark.mark_ticks = ticks;
    command.u.mark.index_ticks = ticks;
    return engine_kit_apply(kit, &command);
}

/** Create, give tiers, a mark, and open for trading. @return its index. */
static inline uint32_t engine_kit_list(struct engine_kit *kit,
                                       const struct fx_instrument *definition,
                                       int64_t mark)
{
    fx_status status = engine_kit_update(kit, definition);
    assert(status == FX_OK);
    const uint32_t instrument = fx_listing_find(kit->engine, &definition->symbol);
    status = engine_kit_tiers(kit, instrument);
    assert(status == FX_OK);
    status = engine_kit_state(kit, instrument, FX_INSTRUMENT_STATE_TRADING);
    assert(status == FX_OK);
    status = engine_kit_mark(kit, instrument, mark);
    assert(status == FX_OK);
    (void)status;
    return instrument;
}

static inline fx_status engine_kit_deposit(struct engine_kit *kit,
                                           uint64_t user_id,
                                           const char *asset,
                                           const char *amount)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_DEPOSIT, 0, user_id);
    command.u.transfer.asset = engine_kit_asset(asset);
    command.u.transfer.amount = engine_kit_decimal(amount);
    command.u.transfer.type = FX_TRANSACTION_DEPOSIT;
    return engine_kit_apply(kit, &command);
}

/** An account with money in it. */
static inline void engine_kit_account(struct engine_kit *kit,
                                      uint64_t user_id,
                                      const char *asset,
                                      const char *amount)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CREATE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.account.asset = engine_kit_asset(asset);
    fx_status status = engine_kit_apply(kit, &command);
    assert(status == FX_OK);
    status = engine_kit_deposit(kit, user_id, asset, amount);
    assert(status == FX_OK);
    (void)status;
}

/** An order in short: what is 0 takes its default (LIMIT, GTC). */
struct engine_kit_order {
    uint64_t user_id;
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
    uint32_t instrument;
    enum fx_order_type type;
    enum fx_time_in_force tif;
    enum fx_stp_mode stp;
    enum fx_post_only_mode post_only;
    bool is_reduce_only;
    int64_t expire_us;
    int32_t leverage_centi;
    enum fx_margin_mode margin_mode;
    enum fx_position_side position_side;
    uint64_t tmp_id;
    const char *client_id;
    int64_t trigger_ticks; /* from here on: conditional types */
    int32_t callback_ppb;
    enum fx_trigger_source source; /* 0: LAST */
    enum fx_trigger_condition condition;
    bool is_close_position;
    bool is_price_protected;
    int64_t take_profit_ticks; /* one of the two: a bracket */
    int64_t stop_loss_ticks;
    int64_t take_profit_limit_ticks;
    int64_t stop_loss_limit_ticks;
    enum fx_trigger_source take_profit_source; /* 0: LAST */
    enum fx_trigger_source stop_loss_source;
};

static inline void engine_kit_protect(struct fx_command *command,
                                      const struct engine_kit_order *order)
{
    struct fx_command_protection *protection = &command->u.bracket.protection;
    command->kind = FX_COMMAND_PLACE_BRACKET;
    protection->take_profit_ticks = order->take_profit_ticks;
    protection->stop_loss_ticks = order->stop_loss_ticks;
    protection->take_profit_limit_ticks = order->take_profit_limit_ticks;
    protection->stop_loss_limit_ticks = order->stop_loss_limit_ticks;
    protection->take_profit_source =
        (uint8_t)(order->take_profit_source == 0 ? FX_TRIGGER_SOURCE_LAST
                                                 : order->take_profit_source);
    protection->stop_loss_source =
        (uint8_t)(order->stop_loss_source == 0 ? FX_TRIGGER_SOURCE_LAST : order->stop_loss_source);
}

static inline struct fx_command engine_kit_place_command(const struct engine_kit_order *order)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_PLACE_ORDER, order->instrument, order->user_id);
    struct fx_command_place *place = &command.u.place;
    place->price_ticks = order->ticks;
    place->lots = order->lots;
    place->expire_us = order->expire_us;
    place->tmp_id = order->tmp_id;
    place->leverage_centi = order->leverage_centi;
    place->margin_mode = (uint8_t)order->margin_mode;
    place->side = (uint8_t)order->side;
    place->type = (uint8_t)(order->type == 0 ? FX_ORDER_TYPE_LIMIT : order->type);
    place->time_in_force = (uint8_t)(order->tif == 0 ? FX_TIME_IN_FORCE_GTC : order->tif);
    place->stp_mode = (uint8_t)order->stp;
    place->post_only_mode = (uint8_t)order->post_only;
    place->is_reduce_only = order->is_reduce_only ? 1 : 0;
    place->position_side = (uint8_t)order->position_side;
    if (order->client_id != NULL) {
        const bool is_valid = fx_ids_client_id(fx_str_of(order->client_id), &place->client_id);
        assert(is_valid);
        (void)is_valid;
    }
    if (fx_order_type_is_conditional((enum fx_order_type)place->type)) {
        struct fx_command_conditional *conditional = &command.u.conditional;
        command.kind = FX_COMMAND_PLACE_CONDITIONAL;
        conditional->trigger_ticks = order->trigger_ticks;
        conditional->callback_ppb = order->callback_ppb;
        conditional->source =
            (uint8_t)(order->source == 0 ? FX_TRIGGER_SOURCE_LAST : order->source);
        conditional->condition = (uint8_t)order->condition;
        conditional->is_close_position = order->is_close_position ? 1 : 0;
        conditional->is_price_protected = order->is_price_protected ? 1 : 0;
    }
    if (order->take_profit_ticks != 0 || order->stop_loss_ticks != 0 ||
        order->take_profit_limit_ticks != 0 || order->stop_loss_limit_ticks != 0) {
        engine_kit_protect(&command, order);
    }
    return command;
}

static inline fx_status engine_kit_order(struct engine_kit *kit,
                                         const struct engine_kit_order *order)
{
    struct fx_command command = engine_kit_place_command(order);
    return engine_kit_apply(kit, &command);
}

/** engine_kit_order() with the fields named in the call. */
#define ENGINE_KIT_PLACE(kit, ...) engine_kit_order((kit), &(struct engine_kit_order){__VA_ARGS__})

static inline fx_status engine_kit_cancel(struct engine_kit *kit,
                                          uint64_t user_id,
                                          uint64_t order_id)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_CANCEL_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.cancel.order_id = order_id;
    return engine_kit_apply(kit, &command);
}

/** ticks or lots 0 = keep. */
static inline fx_status engine_kit_amend(
    struct engine_kit *kit, uint64_t user_id, uint64_t order_id, int64_t ticks, int64_t lots)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_AMEND_ORDER, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.amend.order_id = order_id;
    command.u.amend.price_ticks = ticks;
    command.u.amend.lots = lots;
    return engine_kit_apply(kit, &command);
}

static inline fx_status engine_kit_tick(struct engine_kit *kit, int64_t time_us)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_TICK, FX_COMMAND_ALL_INSTRUMENTS, 0);
    kit->time_us = time_us;
    return engine_kit_apply(kit, &command);
}

/** The n-th (from 0) event of a kind after the last command; NULL where there are fewer. */
static inline const struct fx_event *engine_kit_event(const struct engine_kit *kit,
                                                      enum fx_event_kind kind,
                                                      uint32_t n)
{
    for (uint32_t index = 0; index < kit->events.count; index++) {
        if (kit->events.items[index].kind == kind) {
            if (n == 0) {
                return &kit->events.items[index];
            }
            n--;
        }
    }
    return NULL;
}

static inline uint32_t engine_kit_count(const struct engine_kit *kit, enum fx_event_kind kind)
{
    uint32_t count = 0;
    while (engine_kit_event(kit, kind, count) != NULL) {
        count++;
    }
    return count;
}

/** The last ORDER event about an order; NULL where there is none. */
static inline const struct fx_event_order *engine_kit_row(const struct engine_kit *kit,
                                                          uint64_t order_id)
{
    const struct fx_event_order *row = NULL;
    for (uint32_t index = 0; index < kit->events.count; index++) {
        const struct fx_event *event = &kit->events.items[index];
        if (event->kind == FX_EVENT_ORDER && event->u.order.order_id == order_id) {
            row = &event->u.order;
        }
    }
    return row;
}

/** One-way or hedge mode, in all accounts of a user. */
static inline fx_status engine_kit_mode(struct engine_kit *kit, uint64_t user_id, bool is_hedge)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_SET_POSITION_MODE, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.position_mode.is_hedge = is_hedge ? 1 : 0;
    return engine_kit_apply(kit, &command);
}

static inline fx_status engine_kit_freeze(struct engine_kit *kit, uint64_t user_id, bool is_frozen)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_FREEZE_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, user_id);
    command.u.freeze.is_frozen = is_frozen ? 1 : 0;
    return engine_kit_apply(kit, &command);
}

/** End a contract at a price; 0: at the average of its index. */
static inline fx_status engine_kit_settle(struct engine_kit *kit,
                                          uint32_t instrument,
                                          int64_t ticks)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SETTLE, instrument, 0);
    command.u.settle.has_price = ticks != 0 ? 1 : 0;
    command.u.settle.settle_ticks = ticks;
    return engine_kit_apply(kit, &command);
}

/** Lots at a price of a side now. */
static inline int64_t engine_kit_depth(const struct engine_kit *kit,
                                       uint32_t instrument,
                                       enum fx_side side,
                                       int64_t ticks)
{
    const struct fx_book *book = kit->engine->listings[instrument].book;
    return fx_book_row(book, side, (fx_px){ticks}).total.lots;
}

/** A position of a user on an instrument; a zeroed one where there is none. */
static inline struct fx_position_state engine_kit_position_side(const struct engine_kit *kit,
                                                                uint64_t user_id,
                                                                uint32_t instrument,
                                                                enum fx_position_side side)
{
    const struct fx_engine *engine = kit->engine;
    struct fx_position_state none;
    memset(&none, 0, sizeof none);
    const fx_slot account =
        fx_account_state_find(engine, user_id, engine->listings[instrument].asset);
    assert(account != FX_SLOT_NONE);
    const fx_slot slot = fx_position_state_find(engine, account, instrument, side);
    return slot == FX_SLOT_NONE ? none : engine->positions[slot];
}

/** The same in one-way mode. */
static inline struct fx_position_state engine_kit_position(const struct engine_kit *kit,
                                                           uint64_t user_id,
                                                           uint32_t instrument)
{
    return engine_kit_position_side(kit, user_id, instrument, FX_POSITION_SIDE_BOTH);
}

/** Standard scene: BTC at mark 100, users 1..4 with 1,000,000 USDT each. */
static inline void engine_kit_scene(struct engine_kit *kit)
{
    const struct fx_engine_limits limits = engine_kit_limits();
    const struct fx_instrument definition = engine_kit_definition("BTCUSDT");
    engine_kit_init(kit, &limits);
    const uint32_t instrument = engine_kit_list(kit, &definition, 100);
    assert(instrument == 0);
    (void)instrument;
    for (uint64_t user_id = 1; user_id <= 4; user_id++) {
        engine_kit_account(kit, user_id, "USDT", "1000000");
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

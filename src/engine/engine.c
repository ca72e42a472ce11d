/* The root: one block of memory, the switch over the kinds of commands, and the doors of the room.
 *
 *     struct fx_engine | assets | accounts | account table | positions | listings | resting |
 *     orders | order table | client entries | client table | expiry heap | deadlines and their
 *     table | triggers, their index, their lists | marks | guards, their heaps, the queue |
 *     ranks | the map of shards | touched … | books
 *
 * Every area starts at a cache line. Its size follows from the limits alone, so the same limits
 * give the same offsets; nothing in the block but the root and the books holds an address. */
#include "engine/engine.h"

#include <string.h>

#include "base/panic.h"
#include "engine/ahead_int.h"
#include "engine/bracket_int.h"
#include "engine/marks_int.h"
#include "engine/orders_int.h"
#include "engine/preload_int.h"
#include "engine/rank_int.h"
#include "engine/risk_int.h"
#include "engine/settle_int.h"
#include "engine/shard_int.h"
#include "engine/triggers_int.h"

// NOLINTBEGIN(bugprone-easily-swappable-parameters): to the tool a slot, a side and a count are all
// numbers; their names and the assertions tell them apart

enum {
    LINE_SIZE = 64,
    EVENTS_PER_FILL = 10, /* TRADE, ORDER, POSITION, ACCOUNT, BOOK, funding that was owed; both
                             sides' take profit and stop loss */
    EVENTS_PER_CANCEL = 3,
    EVENTS_PER_PAYMENT = 3,     /* TRANSACTION, POSITION, ACCOUNT */
    EVENTS_PER_INSTRUMENT = 14, /* MARK twice, FUNDING is skipped, begins and ends, INSURANCE; DONE
                                   of an account; the phases of a settlement */
    STEP_WORK = 8,     /* what the last fire or step of a liquidation may do beside its fills */
    EVENTS_BESIDE = 32 /* the taker's own rows, an instrument with its tiers, RESULT */
};

_Static_assert(EVENTS_BESIDE > FX_TIERS_MAX + 8, "an instrument, its tiers and RESULT fit");
_Static_assert(sizeof(struct fx_engine) < 1024,
               "the root stays small: it is copied into snapshots");

/* Where the next area starts, and the block it lies in (NULL while only the size is asked). */
struct layout {
    char *memory;
    size_t size;
};

static void *area(struct layout *layout, size_t count, size_t item_size)
{
    FX_ASSERT(layout->size % LINE_SIZE == 0);
    FX_ASSERT(item_size > 0);
    void *start = layout->memory == NULL ? NULL : layout->memory + layout->size;
    layout->size += (count * item_size + LINE_SIZE - 1) / LINE_SIZE * LINE_SIZE;
    return start;
}

static uint32_t table_size(uint32_t count)
{
    FX_ASSERT(count <= UINT32_MAX / 4);
    uint32_t size = 16;
    while (size < 2 * count) {
        size *= 2;
    }
    FX_ASSERT((size & (size - 1)) == 0);
    return size;
}

static struct fx_book_limits book_limits(const struct fx_engine_limits *limits)
{
    return (struct fx_book_limits){
        .window_levels = limits->book_window_levels,
        .overflow_levels_max = limits->book_overflow_levels_max,
    };
}

/* A bracket has at least one conditional order, and these have half of all orders. */
static uint32_t brackets_max(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->orders_max > 0);
    return limits->orders_max / 2 + 1;
}

/* What one last fill takes along: on both sides the reduce-only orders, take profit and stop loss
 * of the position, and those of its orders; and the two of the last maker. */
static uint32_t trims_work_max(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->reduce_orders_max > 0);
    return 2 * (limits->reduce_orders_max * (1 + FX_BRACKET_WORK_MAX) + 2) + 2;
}

/* Makers met and orders ended by one command: its own makers, and what the last fill takes along;
 * or what one CANCEL_ALL may end. */
static uint32_t fills_work_max(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->fills_max > 0);
    return limits->fills_max + trims_work_max(limits);
}

/* Conditional orders begin to fire, and steps of liquidations begin, while less than fills_max is
 * done, and the last of them may do as much as any taker. */
static uint32_t fires_work_max(const struct fx_engine_limits *limits)
{
    return limits->fills_max + fills_work_max(limits) + STEP_WORK;
}

static uint32_t work_max(const struct fx_engine_limits *limits)
{
    const uint32_t fills = fires_work_max(limits);
    /* An order may take its two along; a settlement begins and ends with an instrument's rows. */
    const uint32_t cancels = limits->cancels_max + 2 + FX_SETTLE_ROWS_WORK;
    FX_ASSERT(fills > 0);
    FX_ASSERT(cancels > limits->cancels_max);
    const uint32_t expiries = 3 * FX_EXPIRY_STEP_MAX;
    const uint32_t larger = fills > cancels ? fills : cancels;
    return larger > expiries ? larger : expiries;
}

/* Payments of funding by one command beside those that come with its fills: its user's, a step of
 * the sweeps, and the positions of the account that passes the bound. */
static uint32_t payments_max(const struct fx_engine_limits *limits)
{
    FX_ASSERT(limits->instruments_max > 0);
    return FX_FUNDING_STEP_MAX + 4 * limits->instruments_max;
}

/* As fx_book_init() wants it. */
static bool is_window(uint32_t levels)
{
    return levels >= FX_BOOK_WINDOW_LEVELS_MIN && levels <= FX_BOOK_WINDOW_LEVELS_MAX &&
           (levels & (levels - 1)) == 0;
}

bool fx_engine_is_possible(const struct fx_engine_limits *limits)
{
    return limits->accounts_max > 0 && limits->accounts_max <= 1U << 28U &&
           limits->positions_max > 0 && limits->positions_max <= 1U << 28U &&
           limits->orders_max > 0 && limits->orders_max <= 1U << 28U &&
           limits->client_ids_max > 0 && limits->client_ids_max <= 1U << 28U &&
           limits->instruments_max > 0 && limits->instruments_max <= FX_INSTRUMENTS_MAX &&
           limits->assets_max > 0 && limits->assets_max <= FX_INSTRUMENTS_MAX &&
           limits->account_orders_max > 0 && limits->account_orders_max <= 1U << 16U &&
           limits->cancels_max > 0 && limits->cancels_max <= 1U << 14U &&
           limits->reduce_orders_max > 0 && limits->reduce_orders_max <= 1U << 12U &&
           limits->fills_max > 0 && limits->fills_max <= 1U << 14U &&
           is_window(limits->book_window_levels) && limits->book_overflow_levels_max <= 1U << 20U;
}

/* Give every area its place; returns the size of the block. */
// NOLINTNEXTLINE(readability-non-const-parameter): the areas are written through it
static size_t lay_out(struct fx_engine *root, char *memory, const struct fx_engine_limits *limits)
{
    FX_ASSERT(fx_engine_is_possible(limits));
    struct layout layout = {.memory = memory};
    const size_t touched = (size_t)work_max(limits) + payments_max(limits) + FX_RANK_ROWS_MAX + 8;
    (void)area(&layout, 1, sizeof *root);
    root->account_table_size = table_size(limits->accounts_max);
    root->order_table_size = table_size(limits->orders_max);
    const uint32_t clients_max = limits->client_ids_max + fx_client_ids_moves_max(limits);
    root->client_table_size = table_size(clients_max);
    root->deadman_table_size = table_size(limits->accounts_max);
    root->assets = area(&layout, limits->assets_max, sizeof *root->assets);
    root->accounts = area(&layout, limits->accounts_max, sizeof *root->accounts);
    root->account_table = area(&layout, root->account_table_size, sizeof *root->account_table);
    root->positions = area(&layout, limits->positions_max, sizeof *root->positions);
    root->listings = area(&layout, limits->instruments_max, sizeof *root->listings);
    root->resting = area(&layout, limits->orders_max, sizeof *root->resting);
    root->orders = area(&layout, limits->orders_max, sizeof *root->orders);
    root->order_table = area(&layout, root->order_table_size, sizeof(fx_slot));
    root->order_links = area(&layout, limits->orders_max, sizeof(fx_slot));
    root->order_holders = area(&layout, limits->orders_max, sizeof *root->order_holders);
    root->client_entries = area(&layout, clients_max, sizeof *root->client_entries);
    root->client_table = area(&layout, root->client_table_size, sizeof(fx_slot));
    root->account_moves = area(&layout, limits->accounts_max, sizeof *root->account_moves);
    root->expiry_heap = area(&layout, limits->orders_max, sizeof(fx_slot));
    root->deadmen = area(&layout, limits->accounts_max, sizeof *root->deadmen);
    root->deadman_table = area(&layout, root->deadman_table_size, sizeof *root->deadman_table);
    root->triggers = area(&layout, limits->orders_max, sizeof *root->triggers);
    root->trigger_books = area(&layout, limits->instruments_max, sizeof *root->trigger_books);
    root->position_triggers = area(&layout, limits->positions_max, sizeof *root->position_triggers);
    root->marks = area(&layout, limits->instruments_max, sizeof *root->marks);
    root->brackets = area(&layout, brackets_max(limits), sizeof *root->brackets);
    root->position_brackets = area(&layout, limits->positions_max, sizeof *root->position_brackets);
    root->risks = area(&layout, limits->positions_max, sizeof *root->risks);
    root->risk_heaps = area(&layout, (size_t)2 * limits->instruments_max, sizeof *root->risk_heaps);
    root->risk_entries = area(
        &layout,
        ((size_t)fx_risk_heap_chunks(limits) + (size_t)2 * limits->instruments_max) * FX_RISK_CHUNK,
        sizeof *root->risk_entries);
    root->risk_chunks = area(&layout,
                             (size_t)2 * limits->instruments_max * fx_risk_heap_chunks(limits),
                             sizeof *root->risk_chunks);
    root->due_accounts = area(&layout, limits->accounts_max, sizeof(fx_slot));
    root->moved_accounts = area(&layout, limits->accounts_max, sizeof(fx_slot));
    root->adl_queue = area(&layout, 1, sizeof *root->adl_queue);
    root->settlements = area(&layout, limits->instruments_max, sizeof *root->settlements);
    root->rank_sides = area(&layout, (size_t)2 * limits->instruments_max, sizeof *root->rank_sides);
    root->rank_items = area(&layout, limits->positions_max, sizeof *root->rank_items);
    root->shard = area(&layout, 1, sizeof *root->shard);
    root->account_ids = area(&layout, limits->accounts_max, sizeof *root->account_ids);
    root->position_ids = area(&layout, limits->positions_max, sizeof *root->position_ids);
    root->touched_accounts = area(&layout, 2 * touched, sizeof(fx_slot));
    root->touched_positions = area(&layout, 2 * touched, sizeof(fx_slot));
    root->touched_levels = area(&layout, 2 * touched, sizeof *root->touched_levels);
    root->touched_level_table_size = table_size((uint32_t)(2 * touched));
    root->touched_level_table =
        area(&layout, root->touched_level_table_size, sizeof *root->touched_level_table);
    root->book_memory = area(&layout, limits->instruments_max, fx_book_size(book_limits(limits)));
    FX_ASSERT(root->account_table_size > limits->accounts_max);
    return layout.size;
}

struct fx_engine_limits fx_engine_default_limits(void)
{
    return (struct fx_engine_limits){
        .accounts_max = 65536,
        .positions_max = 131072,
        .orders_max = 262144,
        .instruments_max = 32,
        .assets_max = 8,
        .client_ids_max = 524288,
        .book_window_levels = 16384,
        .book_overflow_levels_max = 8192,
        .account_orders_max = 10000,
        .fills_max = 1000,
        .cancels_max = 2000,
        .reduce_orders_max = 200,
    };
}

size_t fx_engine_size(const struct fx_engine_limits *limits)
{
    struct fx_engine root;
    memset(&root, 0, sizeof root);
    const size_t size = lay_out(&root, NULL, limits);
    FX_ASSERT(size > sizeof root);
    FX_ASSERT(size % LINE_SIZE == 0);
    return size;
}

uint32_t fx_engine_events_max(const struct fx_engine_limits *limits)
{
    const uint32_t by_fills = EVENTS_PER_FILL * 2 * limits->fills_max +
                              EVENTS_PER_CANCEL * (fires_work_max(limits) - 2 * limits->fills_max);
    const uint32_t by_cancels = EVENTS_PER_CANCEL * work_max(limits);
    return (by_fills > by_cancels ? by_fills : by_cancels) + EVENTS_BESIDE +
           EVENTS_PER_PAYMENT * payments_max(limits) + FX_RANK_ROWS_MAX +
           EVENTS_PER_INSTRUMENT * limits->instruments_max;
}

struct fx_engine *fx_engine_init(void *memory, const struct fx_engine_limits *limits)
{
    FX_ASSERT(memory != NULL);
    FX_ASSERT((uintptr_t)memory % LINE_SIZE == 0);
    struct fx_engine *engine = memory;
    FX_ASSERT(engine->sequence == 0);
    engine->limits = *limits;
    (void)lay_out(engine, memory, limits);
    engine->events_max = fx_engine_events_max(limits);
    engine->next_order_id = 1;
    engine->next_trade_id = 1;
    engine->next_liquidation_id = 1;
    engine->preload.rules = 1;
    engine->risk_chunk_free = FX_SLOT_NONE;
    engine->order_free = FX_SLOT_NONE;
    engine->client_free = FX_SLOT_NONE;
    engine->client_oldest = FX_SLOT_NONE;
    engine->client_newest = FX_SLOT_NONE;
    engine->move_oldest = FX_SLOT_NONE;
    engine->move_newest = FX_SLOT_NONE;
    engine->move_fresh = FX_SLOT_NONE;
    engine->trigger_free = FX_SLOT_NONE;
    engine->bracket_free = FX_SLOT_NONE;
    fx_trigger_init(engine);
    fx_mark_refresh_due(engine);
    fx_settle_refresh_due(engine);
    return engine;
}

void fx_engine_open_book(struct fx_engine *engine, uint32_t instrument)
{
    FX_ASSERT(instrument < engine->limits.instruments_max);
    FX_ASSERT(engine->listings[instrument].book == NULL);
    const struct fx_book_limits limits = book_limits(&engine->limits);
    char *memory = engine->book_memory + instrument * fx_book_size(limits);
    engine->listings[instrument].book = fx_book_init(memory, limits, engine->resting);
}

/* The first record of a log says with which limits it was written: they decide what is refused,
 * so an engine with others would not replay it. The second one of a shard says which it is. */
static fx_status initialize(struct fx_engine *engine,
                            const struct fx_command *command,
                            struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_INITIALIZE_ENGINE ||
              command->kind == FX_COMMAND_SET_SHARD);
    FX_ASSERT(result->is_changed == 0);
    if (command->kind == FX_COMMAND_SET_SHARD) {
        return fx_shard_state_apply(engine, command, result);
    }
    const bool is_same = memcmp(&command->u.limits, &engine->limits, sizeof command->u.limits) == 0;
    if (!engine->is_first || !is_same) {
        return FX_VERSION_MISMATCH;
    }
    if (command->rules > FX_ENGINE_RULES_MAX) {
        return FX_RULES_UNKNOWN; /* whoever reads a log stops before: fx_engine_knows() */
    }
    engine->preload.rules = command->rules == 0 ? 1 : command->rules;
    return FX_OK;
}

/* User 0 is the exchange: its accounts are the insurance funds, which no one else's command moves.
 */
static bool is_of_nobody(const struct fx_command *command)
{
    if (command->user_id != 0) { /* nearly always; a second jump by the kind is a second guess */
        return false;
    }
    switch (command->kind) {
    case FX_COMMAND_PLACE_ORDER:
    case FX_COMMAND_PLACE_CONDITIONAL:
    case FX_COMMAND_PLACE_BRACKET:
    case FX_COMMAND_SET_ACCOUNT:
    case FX_COMMAND_FREEZE_ACCOUNT:
    case FX_COMMAND_SET_POSITION_MODE:
    case FX_COMMAND_DEPOSIT:
    case FX_COMMAND_WITHDRAW:
    case FX_COMMAND_ADJUST_LEVERAGE:
    case FX_COMMAND_ADJUST_MARGIN_POSITION:
    case FX_COMMAND_ADJUST_TP_SL:
    case FX_COMMAND_TEST_ORDER:
        return true;
    default:
        return false;
    }
}

/* What follows liquidations: the fund's inventory and money, places in the queue. */
static fx_status work_off(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result)
{
    FX_ASSERT(command->kind == FX_COMMAND_CLOSE_INSURANCE ||
              command->kind == FX_COMMAND_FUND_INSURANCE ||
              command->kind == FX_COMMAND_REFRESH_RANKS);
    FX_ASSERT(result->is_changed == 0);
    if (command->kind == FX_COMMAND_CLOSE_INSURANCE) {
        return fx_insurance_apply_close(engine, command, result);
    }
    return command->kind == FX_COMMAND_FUND_INSURANCE
               ? fx_insurance_apply_fund(engine, command, result)
               : fx_rank_apply(engine, result);
}

/* All but orders. Not a part of dispatch(): what it keeps on the stack, orders need not make room
 * for. */
__attribute__((noinline)) static fx_status dispatch_other(struct fx_engine *engine,
                                                          const struct fx_command *command,
                                                          struct fx_event_result *result)
{
    FX_CHECK(result->is_changed == 0);
    switch (command->kind) {
    case FX_COMMAND_AMEND_ORDER:
    case FX_COMMAND_AMEND_CONDITIONAL:
        return fx_amend_apply(engine, command, result);
    case FX_COMMAND_CANCEL_ALL:
        return fx_cancel_apply_all(engine, command, result);
    case FX_COMMAND_UPDATE_INSTRUMENT:
    case FX_COMMAND_LOAD_LEVERAGE_MARGIN:
    case FX_COMMAND_SET_STATE:
        return fx_listing_apply(engine, command, result);
    case FX_COMMAND_MARK_PRICE:
        return fx_mark_apply_price(engine, command, result);
    case FX_COMMAND_SET_MARK_RULES:
        return fx_mark_apply_rules(engine, command, result);
    case FX_COMMAND_INDEX_PRICE:
        return fx_mark_index_apply(engine, command, result);
    case FX_COMMAND_PAY_FUNDING:
        return fx_funding_apply(engine, command, result);
    case FX_COMMAND_CREATE_ACCOUNT:
        return fx_account_command_create(engine, command, result);
    case FX_COMMAND_SET_ACCOUNT:
        return fx_account_command_set(engine, command, result);
    case FX_COMMAND_DEPOSIT:
        return fx_account_command_deposit(engine, command, result);
    case FX_COMMAND_WITHDRAW:
        return fx_account_command_withdraw(engine, command, result);
    case FX_COMMAND_DEPOSIT_NAMED:
    case FX_COMMAND_WITHDRAW_NAMED:
        return fx_account_named_apply(engine, command, result);
    case FX_COMMAND_TRANSFER:
        return fx_account_command_move(engine, command, result);
    case FX_COMMAND_ADJUST_LEVERAGE:
        return fx_position_setting_leverage(engine, command, result);
    case FX_COMMAND_ADJUST_MARGIN_POSITION:
        return fx_position_setting_margin(engine, command, result);
    case FX_COMMAND_SET_POSITION_MODE:
        return fx_position_setting_mode(engine, command, result);
    case FX_COMMAND_SETTLE:
        return fx_settle_apply(engine, command, result);
    case FX_COMMAND_TICK:
        return fx_expiry_apply(engine, result);
    case FX_COMMAND_ADJUST_TP_SL:
        return fx_tp_sl_apply(engine, command, result);
    case FX_COMMAND_ADJUST_ORDER_TP_SL:
        return fx_bracket_adjust_apply(engine, command, result);
    case FX_COMMAND_CANCEL_ALL_AFTER:
        return fx_deadman_apply(engine, command, result);
    case FX_COMMAND_FREEZE_ACCOUNT:
        return fx_freeze_apply(engine, command, result);
    case FX_COMMAND_CLOSE_INSURANCE:
    case FX_COMMAND_FUND_INSURANCE:
    case FX_COMMAND_REFRESH_RANKS:
        return work_off(engine, command, result);
    case FX_COMMAND_INITIALIZE_ENGINE:
    case FX_COMMAND_SET_SHARD:
        return initialize(engine, command, result);
    default: /* questions are never in a log: fx_engine_ask() */
        return fx_preload_apply(engine, command, result);
    }
}

static fx_status dispatch(struct fx_engine *engine,
                          const struct fx_command *command,
                          struct fx_event_result *result)
{
    FX_CHECK(result->is_changed == 0);
    FX_CHECK(engine->events->count == engine->events_base);
    if (command->kind == FX_COMMAND_PLACE_ORDER || command->kind == FX_COMMAND_PLACE_CONDITIONAL ||
        command->kind == FX_COMMAND_PLACE_BRACKET) {
        return fx_place_apply(engine, command, result);
    }
    return command->kind == FX_COMMAND_CANCEL_ORDER ? fx_cancel_apply(engine, command, result)
                                                    : dispatch_other(engine, command, result);
}

/* One shard of several does only what is its own. */
__attribute__((noinline)) static fx_status dispatch_own(struct fx_engine *engine,
                                                        const struct fx_command *command,
                                                        struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    FX_ASSERT(engine->events->count == engine->events_base);
    struct fx_command local;
    const fx_status status = fx_shard_state_judge(engine, command, result);
    return status == FX_OK
               ? dispatch(engine, fx_shard_state_localize(engine, command, &local), result)
               : status;
}

/* What an engine takes that is being loaded; of several shards each is loaded with its own. */
__attribute__((noinline)) static fx_status dispatch_load(struct fx_engine *engine,
                                                         const struct fx_command *command,
                                                         struct fx_event_result *result)
{
    FX_ASSERT(result->is_changed == 0);
    FX_ASSERT(fx_preload_is_loading(engine));
    struct fx_command local;
    if (engine->shard->shards == 0) {
        return fx_preload_apply(engine, command, result);
    }
    const fx_status status = fx_shard_state_judge(engine, command, result);
    return status == FX_OK
               ? fx_preload_apply(engine, fx_shard_state_localize(engine, command, &local), result)
               : status;
}

/* Time is no part of a command: an instant of funding that has come begins before it is looked at,
 * and its user pays what he owes. What that says and touches stays, whatever becomes of it. */
static void begin(struct fx_engine *engine, const struct fx_command *command)
{
    FX_ASSERT(engine->events->count == 0);
    FX_ASSERT(engine->touched_account_count == 0);
    engine->paid_count = 0;
    if (engine->funding_due_us <= engine->time_us && !fx_preload_is_loading(engine)) {
        fx_funding_begin_due(engine);
    }
    if (engine->sweep_count != 0) {
        fx_funding_settle_user(engine, command->user_id);
        fx_risk_review(engine);
    }
    fx_touch_base(engine);
}

/* A reject says its name and leaves no other trace. */
static void conclude(struct fx_engine *engine, fx_status status, struct fx_event_result *result)
{
    if (status == FX_OK) {
        memset(&result->reject, 0, sizeof result->reject);
    } else {
        FX_ASSERT(engine->events->count == engine->events_base);
        FX_ASSERT(engine->touched_account_count == engine->touched_accounts_base);
        FX_ASSERT(engine->touched_position_count == engine->touched_positions_base);
        FX_ASSERT(engine->touched_level_count == 0);
        result->is_changed = 0;
    }
    fx_touch_flush(engine);
    engine->touched_accounts_base = 0;
    engine->touched_positions_base = 0;
    FX_ASSERT(engine->touched_account_count == 0);
    FX_ASSERT(engine->touched_position_count == 0);
    FX_ASSERT(engine->touched_level_count == 0);
    result->reject.status = status;
    fx_touch_row(engine, FX_EVENT_RESULT)->u.result = *result;
}

void fx_engine_apply(struct fx_engine *engine,
                     const struct fx_command *command,
                     struct fx_events *events)
{
    FX_ASSERT(command->sequence > engine->sequence);
    FX_ASSERT(events->capacity >= engine->events_max);
    struct fx_event_result result;
    memset(&result, 0, sizeof result);
    result.command_kind = command->kind;
    events->count = 0;
    engine->events = events;
    engine->work = 0;
    engine->work_base = 0;
    engine->is_first = engine->sequence == 0;
    engine->sequence = command->sequence;
    if (command->time_us > engine->time_us) {
        engine->time_us = command->time_us;
    }
    engine->has_overdue = fx_deadman_next_us(engine) <= engine->time_us;
    begin(engine, command);
    fx_status status = FX_ACCOUNT_NOT_FOUND;
    if (fx_preload_is_loading(engine)) {
        status = is_of_nobody(command) ? status : dispatch_load(engine, command, &result);
    } else if (!is_of_nobody(command)) {
        status = engine->shard->shards == 0 ? dispatch(engine, command, &result)
                                            : dispatch_own(engine, command, &result);
    }
    if (status != FX_OK || fx_preload_is_loading(engine)) {
        fx_risk_forget(engine);
    } else if (engine->has_crossed || engine->moved_count + engine->due_count > 0) {
        fx_liquidate_run(engine);
    }
    if (status == FX_OK && engine->sweep_count != 0 &&
        (command->kind == FX_COMMAND_TICK || command->kind == FX_COMMAND_PAY_FUNDING)) {
        fx_funding_step(engine);
        fx_risk_review(engine);
        result.is_changed = 1;
    }
    conclude(engine, status, &result);
    FX_ASSERT(events->count > 0);
    FX_CHECK(events->count <= engine->events_max); /* O7 */
    fx_shard_state_label(engine, events);
    engine->events = NULL;
}

/* Events of an answer before its RESULT. */
static uint32_t answer_size(const struct fx_engine *engine, const struct fx_command *question)
{
    FX_ASSERT(fx_command_is_question((enum fx_command_kind)question->kind));
    if (question->kind == FX_COMMAND_EXPLAIN) {
        return FX_TERM_COUNT;
    }
    return question->kind == FX_COMMAND_SHOW_EXCHANGE ? engine->asset_count : 0;
}

void fx_engine_ask(struct fx_engine *engine,
                   const struct fx_command *question,
                   struct fx_events *events)
{
    FX_ASSERT(fx_command_is_question((enum fx_command_kind)question->kind));
    FX_ASSERT(events->capacity > FX_TERM_COUNT && events->capacity > engine->asset_count);
    const int64_t before_us = engine->time_us;
    struct fx_event_test test;
    memset(&test, 0, sizeof test);
    test.result.command_kind = question->kind;
    struct fx_command local;
    const struct fx_command *own = question;
    fx_status status = FX_ACCOUNT_NOT_FOUND;
    if (engine->shard->shards != 0) {
        status = fx_shard_state_judge(engine, question, &test.result);
        own = fx_shard_state_localize(engine, question, &local);
    }
    events->count = 0;
    engine->events = events;
    if (question->time_us > engine->time_us) {
        engine->time_us = question->time_us;
    }
    engine->has_overdue = fx_deadman_next_us(engine) <= engine->time_us;
    if (question->kind == FX_COMMAND_SHOW_EXCHANGE) {
        status = fx_explain_exchange(engine);
    } else if (status == FX_WRONG_SHARD) {
        events->count = 0; /* another shard's to answer */
    } else if (question->kind == FX_COMMAND_EXPLAIN) {
        status = fx_explain_ask(engine, own, &test.result);
    } else if (!is_of_nobody(question)) {
        status = fx_place_test(engine, own, &test);
    }
    fx_risk_forget(engine);
    if (status == FX_OK) {
        memset(&test.result.reject, 0, sizeof test.result.reject);
    }
    test.result.reject.status = status;
    FX_ASSERT(events->count == (status == FX_OK ? answer_size(engine, question) : 0));
    FX_ASSERT(engine->touched_position_count == 0);
    fx_touch_row(engine, FX_EVENT_RESULT)->u.test = test;
    fx_shard_state_label(engine, events);
    engine->time_us = before_us;
    engine->events = NULL;
}

void fx_engine_prefetch(const struct fx_engine *engine,
                        const struct fx_command *command,
                        uint32_t ahead)
{
    FX_ASSERT(ahead >= 1 && ahead <= FX_ENGINE_PREFETCH_MAX);
    fx_ahead_command(engine, command, ahead);
}

uint64_t fx_engine_sequence(const struct fx_engine *engine)
{
    return engine->sequence;
}

uint32_t fx_engine_asks_rules(const struct fx_command *command)
{
    if (command->kind == FX_COMMAND_INITIALIZE_ENGINE) {
        return command->rules;
    }
    return command->kind == FX_COMMAND_SET_RULES ? command->u.rules.version : 0;
}

bool fx_engine_knows(const struct fx_command *command)
{
    return fx_engine_asks_rules(command) <= FX_ENGINE_RULES_MAX;
}

bool fx_engine_has(const struct fx_engine *engine, enum fx_command_kind kind)
{
    const uint32_t since =
        kind == FX_COMMAND_LOAD_ORDER_TP_SL ? FX_ENGINE_RULES_BRACKETS : FX_ENGINE_RULES_STARTS;
    return kind < FX_COMMAND_LOAD_ENGINE || kind == FX_COMMAND_SET_RULES ||
           fx_command_is_question(kind) || engine->preload.rules >= since;
}

uint32_t fx_engine_rules(const struct fx_engine *engine)
{
    return engine->preload.rules;
}

bool fx_engine_is_loading(const struct fx_engine *engine)
{
    return fx_preload_is_loading(engine);
}

int64_t fx_engine_next_due_us(const struct fx_engine *engine)
{
    FX_ASSERT(engine->expiry_count <= engine->order_count);
    FX_ASSERT(engine->due_count <= engine->account_count);
    if (fx_preload_is_loading(engine)) {
        return INT64_MAX;
    }
    if (engine->has_crossed || engine->due_count > 0 || engine->sweep_count != 0) {
        return FX_ENGINE_DUE_NOW; /* the last command had no room for all that there is to do */
    }
    const int64_t deadline_us = fx_deadman_next_us(engine);
    const int64_t expire_us =
        engine->expiry_count == 0 ? INT64_MAX : engine->orders[engine->expiry_heap[0]].expire_us;
    const int64_t order_us = deadline_us < expire_us ? deadline_us : expire_us;
    const int64_t mark_us =
        engine->mark_due_us < engine->funding_due_us ? engine->mark_due_us : engine->funding_due_us;
    const int64_t symbol_us = engine->settle_due_us < mark_us ? engine->settle_due_us : mark_us;
    const int64_t due_us = symbol_us < order_us ? symbol_us : order_us;
    return due_us <= engine->time_us ? FX_ENGINE_DUE_NOW : due_us;
}

bool fx_engine_is_due(const struct fx_engine *engine,
                      int64_t now_us,
                      enum fx_command_kind *kind_out)
{
    FX_ASSERT(engine->time_us >= 0);
    FX_ASSERT(engine->rank.due_us >= 0);
    if (fx_engine_next_due_us(engine) <= now_us) {
        *kind_out = FX_COMMAND_TICK;
        return true;
    }
    if (fx_rank_due_us(engine) <= now_us && !fx_preload_is_loading(engine)) {
        *kind_out = FX_COMMAND_REFRESH_RANKS;
        return true;
    }
    return false;
}

uint64_t fx_engine_hash(const struct fx_engine *engine)
{
    return fx_hash_state(engine);
}

void fx_engine_check(const struct fx_engine *engine)
{
    fx_check_state(engine);
}

void fx_engine_audit(const struct fx_engine *engine, struct fx_engine_audit *audit_out)
{
    FX_ASSERT(engine->asset_count <= engine->limits.assets_max);
    memset(audit_out, 0, sizeof *audit_out);
    audit_out->sequence = engine->sequence;
    audit_out->count = engine->asset_count < FX_ENGINE_AUDIT_ASSETS_MAX
                           ? engine->asset_count
                           : FX_ENGINE_AUDIT_ASSETS_MAX;
    FX_ASSERT(audit_out->count <= FX_ENGINE_AUDIT_ASSETS_MAX);
    for (uint32_t index = 0; index < audit_out->count; index++) {
        const struct fx_asset_state *state = &engine->assets[index];
        audit_out->assets[index].asset = state->asset;
        audit_out->assets[index].deposited = state->deposited;
        audit_out->assets[index].fees = state->fees;
        const fx_slot fund = fx_insurance_find(engine, index);
        audit_out->assets[index].insurance =
            state->insurance + (fund == FX_SLOT_NONE ? 0 : engine->accounts[fund].balance);
        audit_out->assets[index].error = fx_check_money_error(engine, index);
    }
}

size_t fx_engine_save_size(const struct fx_engine *engine)
{
    return fx_snapshot_size(engine);
}

void fx_engine_save(const struct fx_engine *engine, char *target, size_t size)
{
    fx_snapshot_save(engine, target, size);
}

fx_status fx_engine_load(void *memory,
                         const struct fx_engine_limits *limits,
                         fx_str saved,
                         struct fx_engine **engine_out)
{
    struct fx_engine *engine = fx_engine_init(memory, limits);
    FX_ASSERT(engine->sequence == 0);
    FX_ASSERT(engine->account_count == 0);
    const fx_status status = fx_snapshot_load(engine, saved);
    if (status == FX_OK) {
        FX_ASSERT(engine->preload.rules >= 1 && engine->preload.rules <= FX_ENGINE_RULES_MAX);
        *engine_out = engine;
    }
    return status;
}

bool fx_engine_dump(const struct fx_engine *engine,
                    struct fx_engine_dump *dump,
                    struct fx_events *events)
{
    const bool is_more = fx_dump_step(engine, dump, events);
    fx_shard_state_label(engine, events);
    return is_more;
}

const struct fx_shard_map *fx_engine_shard(const struct fx_engine *engine)
{
    return engine->shard;
}

uint32_t fx_engine_find_instrument(const struct fx_engine *engine, fx_str symbol)
{
    struct fx_symbol key;
    const uint32_t own = fx_ids_symbol(symbol, &key) ? fx_listing_find(engine, &key) : UINT32_MAX;
    return own == UINT32_MAX ? own : own + fx_shard_instrument_base(engine->shard);
}

// NOLINTEND(bugprone-easily-swappable-parameters)

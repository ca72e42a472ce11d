/**
 * @file preload_rows.h
 * An engine's rows as the records of a load, and whether two engines have the same rows. A contract
 * that has ended is not loaded: it must be the last one, so that the others keep their numbers.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_PRELOAD_ROWS_H
#define FX_TESTS_PRELOAD_ROWS_H

#include "engine/preload_int.h"
#include "load_world.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum { PRELOAD_ROWS_MAX = 2048 };

static struct fx_event preload_rows[2][PRELOAD_ROWS_MAX];

/* A row of a contract that has ended. */
static inline bool preload_rows_is_over(const struct fx_engine *engine, const struct fx_event *row)
{
    const uint32_t instrument = row->kind == FX_EVENT_INSTRUMENT   ? row->u.instrument.instrument_id
                                : row->kind == FX_EVENT_POSITION   ? row->u.position.instrument
                                : row->kind == FX_EVENT_MARK       ? row->u.mark.instrument
                                : row->kind == FX_EVENT_TIER       ? row->u.tier.instrument
                                : row->kind == FX_EVENT_SETTLEMENT ? row->u.settlement.instrument
                                                                   : UINT32_MAX;
    return instrument < engine->instrument_count &&
           engine->listings[instrument].definition.state == FX_INSTRUMENT_STATE_SETTLED;
}

static inline uint32_t preload_rows_dump(const struct fx_engine *engine, struct fx_event *rows_out)
{
    struct fx_engine_dump position = {0};
    struct fx_event page[64];
    struct fx_events events = {.items = page, .capacity = 64};
    uint32_t count = 0;
    for (bool is_more = true; is_more;) {
        is_more = fx_engine_dump(engine, &position, &events);
        for (uint32_t index = 0; index < events.count; index++) {
            assert_true(count < PRELOAD_ROWS_MAX);
            if (!preload_rows_is_over(engine, &page[index])) {
                rows_out[count++] = page[index];
            }
        }
    }
    return count;
}

static inline void preload_rows_apply(struct engine_kit *kit, struct fx_command *command)
{
    const fx_status status = engine_kit_apply(kit, command);
    if (status != FX_OK) {
        fail_msg("kind %u: %s", command->kind, fx_status_name(status));
    }
}

static inline struct fx_command preload_rows_symbol(const struct fx_event *event)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.instrument = event->u.instrument;
    command.u.instrument.instrument_id = 0;
    command.u.instrument.tier_count = 0;
    return command;
}

static inline struct fx_command preload_rows_account(const struct fx_event_account *row)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ACCOUNT, FX_COMMAND_ALL_INSTRUMENTS, row->user_id);
    command.u.load_account =
        (struct fx_command_load_account){.balance = row->balance,
                                         .reward_balance = row->reward_balance,
                                         .settings = {.asset = row->asset, .flags = row->flags},
                                         .account_id = row->account_id};
    return command;
}

static inline struct fx_command preload_rows_position(const struct fx_event_position *row)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_POSITION, row->instrument, row->user_id);
    command.u.load_position =
        (struct fx_command_load_position){.entry_value = row->entry_value,
                                          .position_margin = row->position_margin,
                                          .adjust_margin = row->adjust_margin,
                                          .realized_pnl = row->realized_pnl,
                                          .position_id = row->position_id,
                                          .lots = row->lots,
                                          .leverage_centi = row->leverage_centi,
                                          .margin_mode = row->margin_mode,
                                          .position_side = row->position_side};
    return command;
}

/* Whether its position names it as its take profit or its stop loss: both have no other order that
 * they belong to, and close whatever there is. */
static inline bool preload_rows_is_of_position(const struct fx_event *from,
                                               uint32_t count,
                                               uint64_t order_id)
{
    for (uint32_t index = 0; index < count; index++) {
        const struct fx_event_position *row = &from[index].u.position;
        if (from[index].kind == FX_EVENT_POSITION &&
            (row->take_profit_order_id == order_id || row->stop_loss_order_id == order_id)) {
            return true;
        }
    }
    return false;
}

static inline struct fx_command preload_rows_order(const struct fx_event_order *row,
                                                   bool is_of_position)
{
    struct fx_command command =
        engine_kit_command(FX_COMMAND_LOAD_ORDER, row->instrument, row->user_id);
    const bool has_rested =
        row->status != FX_ORDER_STATUS_UNTRIGGERED && row->status != FX_ORDER_STATUS_PENDING;
    if (row->parent_order_id != 0) {
        command.kind = FX_COMMAND_LOAD_ORDER_TP_SL;
        command.u.load_order_tp_sl.parent_id = row->parent_order_id;
    }
    command.u.load_order = (struct fx_command_load_order){
        .order = {.place = {.price_ticks = row->price_ticks,
                            .lots = row->lots,
                            .expire_us = row->expire_us,
                            .tmp_id = row->tmp_id,
                            .side = row->side,
                            .type = row->type,
                            .time_in_force = row->time_in_force,
                            .stp_mode = row->stp_mode,
                            .post_only_mode = row->post_only_mode,
                            .is_reduce_only = row->is_reduce_only,
                            .position_side = row->position_side,
                            .client_id = row->client_id},
                  .trigger_ticks = row->trigger_ticks,
                  .callback_ppb = row->callback_ppb,
                  .source = row->source,
                  .condition = row->condition,
                  .is_close_position = row->is_close_position,
                  .is_price_protected = row->is_price_protected},
        .order_id = row->order_id,
        .remaining_lots = row->remaining_lots,
        .filled_value = row->filled_value,
        .created_us = row->created_us,
        .updated_us = row->updated_us,
        .status = has_rested ? FX_ORDER_STATUS_ACTIVE : row->status,
        .note = row->note,
        .protects = is_of_position ? FX_LOAD_PROTECTS_POSITION : FX_LOAD_PROTECTS_NOTHING};
    return command;
}

static inline int preload_rows_by_id(const void *left, const void *right)
{
    const uint64_t one = ((const struct fx_event *)left)->u.order.order_id;
    const uint64_t other = ((const struct fx_event *)right)->u.order.order_id;
    return (one > other) - (one < other);
}

/* Orders stand where they have their slot: by id. @return how many. */
static inline uint32_t preload_rows_sort(struct fx_event *all, uint32_t count)
{
    uint32_t first = 0;
    uint32_t orders = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (all[index].kind == FX_EVENT_ORDER) {
            first = orders == 0 ? index : first;
            orders++;
        }
    }
    if (orders > 0) {
        qsort(&all[first], orders, sizeof all[0], preload_rows_by_id);
    }
    return orders;
}

static inline void preload_rows_load_symbols(struct engine_kit *kit,
                                             const struct engine_kit *was,
                                             const struct fx_event *from,
                                             uint32_t count)
{
    for (uint32_t index = 0; index < count; index++) {
        if (from[index].kind == FX_EVENT_INSTRUMENT) {
            struct fx_command command = preload_rows_symbol(&from[index]);
            const uint32_t instrument = from[index].u.instrument.instrument_id;
            preload_rows_apply(kit, &command);
            command = engine_kit_command(FX_COMMAND_UPDATE_INSTRUMENT_EXTRA, instrument, 0);
            command.u.load_extra.last_ticks = was->engine->listings[instrument].last.ticks;
            preload_rows_apply(kit, &command);
            command = engine_kit_command(FX_COMMAND_LOAD_LEVERAGE_MARGIN, instrument, 0);
            command.u.tiers.count = from[index].u.instrument.tier_count;
            memcpy(command.u.tiers.tiers,
                   was->engine->listings[instrument].tiers,
                   command.u.tiers.count * sizeof command.u.tiers.tiers[0]);
            preload_rows_apply(kit, &command);
            assert_int_equal(engine_kit_state(kit, instrument, FX_INSTRUMENT_STATE_TRADING), FX_OK);
        }
    }
}

static inline uint32_t preload_rows_load_kind(struct engine_kit *kit,
                                              const struct fx_event *from,
                                              uint32_t count,
                                              enum fx_event_kind kind)
{
    uint32_t found = 0;
    for (uint32_t index = 0; index < count; index++) {
        if (from[index].kind != kind) {
            continue;
        }
        struct fx_command command =
            kind == FX_EVENT_ACCOUNT ? preload_rows_account(&from[index].u.account)
            : kind == FX_EVENT_POSITION
                ? preload_rows_position(&from[index].u.position)
                : preload_rows_order(
                      &from[index].u.order,
                      preload_rows_is_of_position(from, count, from[index].u.order.order_id));
        preload_rows_apply(kit, &command);
        found++;
    }
    return found;
}

/* The engine of `from`, made of its rows. */
static inline void preload_rows_load(struct engine_kit *kit, const struct engine_kit *from)
{
    struct fx_event *all = preload_rows[0];
    const uint32_t count = preload_rows_dump(from->engine, all);
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_RULES, 0, 0);
    command.u.rules.version = FX_ENGINE_RULES_MAX;
    preload_rows_apply(kit, &command);
    command = engine_kit_command(FX_COMMAND_LOAD_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.load.next_order_id = from->engine->next_order_id;
    command.u.load.next_trade_id = from->engine->next_trade_id;
    command.u.load.next_liquidation_id = from->engine->next_liquidation_id;
    preload_rows_apply(kit, &command);
    preload_rows_load_symbols(kit, from, all, count);
    (void)preload_rows_sort(all, count);
    command = engine_kit_command(FX_COMMAND_START_ENGINE, FX_COMMAND_ALL_INSTRUMENTS, 0);
    command.u.start.accounts = preload_rows_load_kind(kit, all, count, FX_EVENT_ACCOUNT);
    command.u.start.positions = preload_rows_load_kind(kit, all, count, FX_EVENT_POSITION);
    command.u.start.orders = preload_rows_load_kind(kit, all, count, FX_EVENT_ORDER);
    command.u.start.instruments = kit->engine->instrument_count;
    command.u.start.is_counted = 1;
    preload_rows_apply(kit, &command);
}

/* No mark is loaded; one that came behind the load may be there. */
static inline uint32_t preload_rows_behind_marks(uint32_t at, uint32_t count)
{
    while (at < count && preload_rows[1][at].kind == FX_EVENT_MARK) {
        at++;
    }
    return at;
}

static inline void preload_rows_compare(const struct engine_kit *one,
                                        const struct engine_kit *other)
{
    const uint32_t count = preload_rows_dump(one->engine, preload_rows[0]);
    uint32_t at = 0;
    const uint32_t others = preload_rows_dump(other->engine, preload_rows[1]);
    assert_int_equal(preload_rows_sort(preload_rows[0], count),
                     preload_rows_sort(preload_rows[1], others));
    for (uint32_t index = 0; index < count; index++) {
        if (preload_rows[0][index].kind == FX_EVENT_MARK) {
            continue;
        }
        at = preload_rows_behind_marks(at, others);
        assert_true(at < others);
        load_world_clear(&preload_rows[0][index]);
        load_world_clear(&preload_rows[1][at]);
        assert_memory_equal(
            &preload_rows[0][index], &preload_rows[1][at], sizeof preload_rows[0][0]);
        at++;
    }
    assert_int_equal(preload_rows_behind_marks(at, others), others);
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

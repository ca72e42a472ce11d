/**
 * @file snapshot_liar.h
 * A snapshot with something in every pool, and what a liar does to it: words replaced, the hash of
 * the bytes made right. For tests and the fuzz target. Thread: the test's.
 */
#ifndef FX_SNAPSHOT_LIAR_H
#define FX_SNAPSHOT_LIAR_H

#include "engine/rank_int.h"
#include "engine_kit.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

static inline void snapshot_liar_order(struct engine_kit *kit, const struct engine_kit_order *order)
{
    const fx_status status = engine_kit_order(kit, order);
    assert(status == FX_OK);
    (void)status;
}

/* Names of movements, one of them forgotten, deadlines, ranks that wait for their place. */
static inline void snapshot_liar_beside(struct engine_kit *kit)
{
    for (uint32_t number = 0; number < 3; number++) {
        struct fx_command command =
            engine_kit_command(FX_COMMAND_DEPOSIT_NAMED, FX_COMMAND_ALL_INSTRUMENTS, 1 + number);
        command.u.named.transfer.amount = engine_kit_decimal("1");
        command.u.named.transfer.asset = engine_kit_asset("USDT");
        command.u.named.client_id.text[0] = FX_COMMAND_MOVE_MARK;
        command.u.named.client_id.text[1] = 'm';
        command.u.named.client_id.size = 2;
        const fx_status status = engine_kit_apply(kit, &command);
        assert(status == FX_OK);
        (void)status;
        kit->time_us += number == 0 ? 86400000000 : 1;
    }
    struct fx_command refresh =
        engine_kit_command(FX_COMMAND_REFRESH_RANKS, FX_COMMAND_ALL_INSTRUMENTS, 0);
    const fx_status status = engine_kit_apply(kit, &refresh);
    assert(status == FX_OK);
    (void)status;
}

/** Orders in books, windows and beyond, with dates and names; stops, trailing ones in a group, a
 * bracket of which a part is filled; positions with their ranks. Over engine_kit_scene(). */
static inline void snapshot_liar_scene(struct engine_kit *kit)
{
    const enum fx_trigger_source mark = FX_TRIGGER_SOURCE_MARK;
    const struct engine_kit_order orders[] = {
        {.user_id = 1, .side = FX_SIDE_SELL, .ticks = 101, .lots = 5},
        {.user_id = 2, .side = FX_SIDE_BUY, .ticks = 101, .lots = 3, .client_id = "taken"},
        {.user_id = 1, .side = FX_SIDE_BUY, .ticks = 90, .lots = 5, .client_id = "open"},
        {.user_id = 3, .side = FX_SIDE_BUY, .ticks = 90, .lots = 2},
        {.user_id = 3, .side = FX_SIDE_SELL, .ticks = 5000, .lots = 2},
        {.user_id = 3, .side = FX_SIDE_BUY, .ticks = 10, .lots = 2},
        {.user_id = 4,
         .side = FX_SIDE_BUY,
         .ticks = 80,
         .lots = 1,
         .tif = FX_TIME_IN_FORCE_GTD,
         .expire_us = 900000000000,
         .client_id = "dated"},
        {.user_id = 4,
         .side = FX_SIDE_BUY,
         .ticks = 101,
         .lots = 6,
         .take_profit_ticks = 120,
         .stop_loss_ticks = 85,
         .take_profit_source = mark,
         .stop_loss_source = mark},
        {.user_id = 2,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 70,
         .lots = 1,
         .source = mark,
         .client_id = "stop"},
        {.user_id = 2,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_STOP_MARKET,
         .trigger_ticks = 71,
         .lots = 1,
         .source = mark},
        {.user_id = 2,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .lots = 1,
         .source = mark,
         .callback_ppb = 90000000},
        {.user_id = 3,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .lots = 1,
         .source = mark,
         .callback_ppb = 80000000},
        {.user_id = 3,
         .side = FX_SIDE_SELL,
         .type = FX_ORDER_TYPE_TRAILING_STOP,
         .lots = 1,
         .source = mark,
         .trigger_ticks = 130,
         .callback_ppb = 80000000},
    };
    for (uint32_t index = 0; index < sizeof orders / sizeof orders[0]; index++) {
        snapshot_liar_order(kit, &orders[index]);
    }
    snapshot_liar_beside(kit);
}

/** The hash of the bytes, as the file has it at its end. */
static inline void snapshot_liar_repair(char *saved, size_t size)
{
    const size_t end = size - sizeof(uint64_t);
    uint64_t hash = end;
    for (size_t at = 0; at < end; at += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, saved + at, end - at < sizeof word ? end - at : sizeof word);
        hash = fx_hash_mix(hash, word);
    }
    memcpy(saved + end, &hash, sizeof hash);
}

/** Let the head say that so many levels far from the market were allowed. */
static inline void snapshot_liar_limit_levels(char *saved, size_t size, uint32_t levels)
{
    enum { LIMITS_AT = 64 }; /* behind magic, version, size, hash and numbers */
    memcpy(saved + LIMITS_AT + offsetof(struct fx_engine_limits, book_overflow_levels_max),
           &levels,
           sizeof levels);
    snapshot_liar_repair(saved, size);
}

/** The scene's snapshot, to be freed. */
static inline char *snapshot_liar_save(const struct engine_kit *kit, size_t *size_out)
{
    *size_out = fx_engine_save_size(kit->engine);
    char *saved = malloc(*size_out);
    assert(saved != NULL);
    fx_engine_save(kit->engine, saved, *size_out);
    return saved;
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

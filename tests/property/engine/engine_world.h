/**
 * @file engine_world.h
 * The world of engine_prop.c: engine, model, what a seed draws once, and how it all begins.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_ENGINE_WORLD_H
#define FX_TESTS_ENGINE_WORLD_H

#include <stdio.h>

#include "draw.h"
#include "engine/risk_int.h"
#include "engine/triggers_int.h"
#include "engine_kit.h"
#include "fx_test.h"
#include "naive_engine.h"
#include "naive_margin.h"

// NOLINTBEGIN(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*): one thread, plain numbers

enum {
    SYMBOLS = 3,
    SEEDS = 80,
    COMMANDS = 1500,
    LOG_MAX = 100000,
    STATUS_MAX = 1000,
    SAID_MAX = 16384,
    FILLS_MAX = 65536
};

/* What the engine charges for a step of a liquidation, and for the end of one. */
enum { STEP_WORK = 3, DONE_WORK = 1 };

/* What one seed draws once. */
struct swarm {
    uint32_t users;
    int64_t spread;
    int64_t lots_max;
    uint64_t cancel_share;
    uint64_t amend_share;
    uint64_t mark_share;
    uint64_t setting_share;
    uint64_t reduce_share;
    uint64_t gtd_share;
    uint64_t client_share;
    uint64_t deadline_share;
    uint64_t trigger_share;
    uint64_t halt_share;
    uint64_t freeze_share;
    uint64_t bracket_share;
    uint64_t insurance_share;
    uint64_t hedge_share; /* 0: nobody hedges */
    bool are_all_poor;
    bool is_dated; /* two of the contracts end */
    int64_t jump;  /* of the mark, at most */
    uint32_t fills_max;
};

/* A word of an index, and a fill of a position: lists from which all of it is told anew. */
struct said {
    int64_t time_us;
    int64_t ticks;
};

struct fill {
    struct naive_engine_holding holding;
    enum fx_side side;
    int64_t ticks;
    int64_t lots;
};

/* A contract as its end sees it. */
struct settling {
    struct said said[SAID_MAX];
    uint32_t said_count;
    int64_t max_age_us;  /* of its index; 0: it holds for ever */
    int64_t price_ticks; /* fixed; 0: not yet */
    uint32_t phase;      /* enum fx_settlement_phase; 0: it goes on */
    int64_t began_us;    /* its end */
    fx_i128 left;        /* of the values of those who were closed */
};

struct world {
    struct engine_kit kit;
    struct naive_engine naive;
    struct swarm swarm;
    struct fx_command *log;
    uint32_t log_count;
    uint64_t hash_middle;
    char *saved;
    size_t saved_size;
    uint32_t saved_at;
    int64_t mid[SYMBOLS];
    struct settling settlings[SYMBOLS];
    struct fill fills[FILLS_MAX]; /* both sides of every trade */
    uint32_t fill_count;
    uint64_t client_number;
    uint32_t seen[STATUS_MAX]; /* answers by status */
    uint32_t trades;
    uint32_t fired;       /* deadlines that found orders, by a TICK … */
    uint32_t late;        /* … and by being set again too late */
    uint32_t frozen;      /* users who were frozen, with orders … */
    uint32_t kept_out;    /* … and what they were refused */
    uint32_t protections; /* take profits and stop losses asked for */
    uint32_t linked;      /* … that ended with their counterpart */
    uint32_t triggered;   /* conditional orders that fired */
    uint32_t trailed;     /* … trailing stops among them */
    uint32_t left;        /* commands that left crossed orders to the next */
    uint32_t notes[32];   /* how fired orders ended or began */
    uint32_t brackets;    /* orders with a take profit or a stop loss of their own */
    uint32_t adjusted;    /* … that were changed, or given later */
    uint32_t bracket_fires;
    uint32_t bracket_rests;  /* … and stood in the book */
    uint32_t bracket_misses; /* … and closed nothing */
    uint32_t bracket_cuts;   /* … and took the rest of their order along */
    uint32_t followed;       /* events of the last command that the model has seen */
    uint32_t steps[6];       /* of liquidations */
    uint32_t barred;         /* orders that margin forbade to trade on … */
    uint32_t doubted;        /* … and fill-or-kill orders that may have met them */
    uint32_t closed;         /* inventory of the insurance fund worked off */
    uint32_t switched;       /* position modes … */
    uint32_t mismatched;     /* … orders on a side that the mode has not … */
    uint32_t contrary;       /* … and reduce-only ones on the side that opens */
    uint32_t hedged;         /* commands after which somebody was long and short at once */
    uint32_t pairs;          /* … and was rid of both by a liquidation */
    uint32_t settled;        /* contracts that ended with positions … */
    uint32_t waited;         /* … after the index was not known for long enough … */
    uint32_t settled_orders; /* … with so many orders and positions … */
    uint32_t settled_positions;
    uint32_t refused_over; /* … and what was refused from then on */
};

static struct world world;

static fx_status apply(struct fx_command *command)
{
    REQUIRE(world.log_count < LOG_MAX);
    draw.commands++;
    const fx_status status = engine_kit_apply(&world.kit, command);
    world.log[world.log_count] = *command;
    world.log_count++;
    world.seen[status]++;
    return status;
}

static void draw_swarm(void)
{
    struct swarm *swarm = &world.swarm; /* one draw per statement: the order must be defined */
    swarm->users = 2 + (uint32_t)below(5);
    swarm->spread = 1 + (int64_t)below(20);
    swarm->lots_max = 1 + (int64_t)below(30);
    swarm->cancel_share = below(30);
    swarm->amend_share = below(25);
    swarm->mark_share = below(6);
    swarm->setting_share = below(8);
    swarm->reduce_share = below(50);
    swarm->gtd_share = below(30);
    swarm->client_share = below(40);
    swarm->deadline_share = chance(50) ? below(10) : 0;
    swarm->trigger_share = chance(70) ? below(60) : 0;
    swarm->halt_share = chance(30) ? 2 : 0;
    swarm->mark_share += swarm->trigger_share == 0 ? 0 : below(30);
    swarm->insurance_share = below(4);
    swarm->jump = chance(40) ? 15 + (int64_t)below(60) : 15;
    swarm->bracket_share = chance(60) ? below(60) : 0;
    swarm->freeze_share = draw.seed % 3 == 0 ? 3 : 0;
    swarm->hedge_share = draw.seed % 2 == 0 ? 3 : 0;
    swarm->are_all_poor = draw.seed % 4 == 0; /* pairs are to be liquidated, too */
    swarm->is_dated = draw.seed % 5 < 3 && draw.seed % 4 != 0;
    if (swarm->are_all_poor) {
        swarm->jump = 150;
        swarm->mark_share = 8;
        swarm->cancel_share /= 4;
        swarm->setting_share = 1;
        swarm->lots_max += 20;
    }
    swarm->fills_max = chance(30) ? 3 + (uint32_t)below(5) : 64;
}

/* Prime-ish sizes, so that every division leaves something. */
static void list_symbols(void)
{
    const char *const ticks[SYMBOLS] = {"0.07", "0.0013", "0.5"};
    const char *const lots[SYMBOLS] = {"0.003", "17", "1"};
    const char *const multipliers[SYMBOLS] = {"1", "0.11", "97"};
    const char *const names[SYMBOLS] = {"AUSDT", "BUSDT", "CUSD"};
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        struct fx_instrument definition = engine_kit_definition(names[symbol]);
        definition.tick_size = engine_kit_decimal(ticks[symbol]);
        definition.lot_size = engine_kit_decimal(lots[symbol]);
        definition.multiplier = engine_kit_decimal(multipliers[symbol]);
        definition.maker_fee_ppb = -(int64_t)below(300001);
        definition.taker_fee_ppb = 300000 + (int64_t)below(400000);
        definition.orders_max = 3 + (int32_t)below(20);
        definition.liquidation_fee_ppb = (int64_t)below(3) * 7000001;
        definition.algo_orders_max = 1 + (int32_t)below(10);
        definition.market_take_bound_ppb = 1000000 * (1 + (int64_t)below(50));
        if (chance(30)) {
            definition.open_interest_cap_lots = 20;
        }
        if (symbol == 2) {
            definition.contract_type = FX_CONTRACT_TYPE_COIN_M;
            definition.settle = engine_kit_asset("BTC");
        }
        if (world.swarm.is_dated && symbol != 1) {
            definition.kind = FX_INSTRUMENT_KIND_DATED;
            definition.expiry_us = world.kit.time_us + 60000000 * between(5, symbol == 0 ? 60 : 90);
            world.naive.expiries[symbol] = definition.expiry_us;
        }
        world.mid[symbol] = 1000;
        const uint32_t index = engine_kit_list(&world.kit, &definition, 1000);
        REQUIRE(index == symbol);
    }
}

/* Margin is the engine's: an order that it forbade to trade on has said so before the next trade
 * (those that a fill-or-kill order would meet before its first one); a taker behind the end of a
 * maker that gave way before. */
static bool is_barred(const struct naive_engine *naive, uint64_t order_id, uint64_t next_id)
{
    uint32_t trades = 0;
    for (uint32_t index = 0; index < world.kit.events.count; index++) {
        const struct fx_event *event = &world.kit.events.items[index];
        const struct fx_event_order *row = &event->u.order;
        trades += event->kind == FX_EVENT_TRADE ? 1 : 0;
        if (trades > naive->trade_count) {
            return false;
        }
        if (event->kind != FX_EVENT_ORDER) {
            continue;
        }
        if (row->order_id == order_id &&
            (row->note == FX_ORDER_NOTE_BANKRUPTCY ||
             (row->note == FX_ORDER_NOTE_LIQUIDATION && row->is_reduce_only == 0))) {
            world.barred++;
            return true;
        }
        if (row->order_id == next_id &&
            fx_order_status_is_final((enum fx_order_status)row->status)) {
            return false;
        }
    }
    return false;
}

/* How old the index of a dated contract may be: at times it is not known. */
static void limit_age(uint32_t symbol)
{
    struct fx_command command = engine_kit_command(FX_COMMAND_SET_MARK_RULES, symbol, 0);
    command.u.mark_rules.max_age_us = 1000000 * between(60, 1200);
    command.u.mark_rules.sources_min = 1;
    world.settlings[symbol].max_age_us = command.u.mark_rules.max_age_us;
    const fx_status status = engine_kit_apply(&world.kit, &command);
    REQUIRE(status == FX_OK);
}

static void begin(uint64_t seed)
{
    struct fx_engine_limits limits = engine_kit_limits();
    struct fx_command *log = world.log;
    memset(&world, 0, sizeof world);
    world.log = log;
    draw_begin(seed);
    draw_swarm();
    limits.fills_max = world.swarm.fills_max;
    limits.client_ids_max = 5;
    limits.orders_max = 60;
    engine_kit_init(&world.kit, &limits);
    world.naive.fills_max = limits.fills_max;
    world.naive.is_barred = is_barred;
    world.naive.time_us = world.kit.time_us;
    list_symbols();
    for (uint32_t symbol = 0; symbol < SYMBOLS; symbol++) {
        naive_engine_price(&world.naive, symbol, FX_TRIGGER_SOURCE_MARK, world.mid[symbol]);
        naive_engine_price(&world.naive, symbol, FX_TRIGGER_SOURCE_INDEX, world.mid[symbol]);
        if (world.naive.expiries[symbol] != 0) {
            limit_age(symbol);
        }
        world.settlings[symbol].said[0] = (struct said){world.kit.time_us, world.mid[symbol]};
        world.settlings[symbol].said_count = 1;
    }
    naive_engine_settle(&world.naive);
    for (uint64_t user_id = 1; user_id <= world.swarm.users; user_id++) {
        const uint64_t poor = world.swarm.are_all_poor ? 100 : 50;
        engine_kit_account(&world.kit, user_id, "USDT", chance(poor) ? "3.1" : "100000.000000007");
        engine_kit_account(&world.kit, user_id, "BTC", chance(poor) ? "1.3" : "5000.3");
    }
}

// NOLINTEND(bugprone-easily-*,cppcoreguidelines-avoid-*,concurrency-*)

#endif

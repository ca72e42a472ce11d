/**
 * @file sim_plan.h
 * What one seed decides about its world before it begins: sizes, probabilities, contracts, faults.
 *
 * Swarm testing: each world leaves out much, so that what is left happens often and in combinations
 * that a world with everything in it would never meet. Thread: any (data).
 * Source: RELIABILITY section 3; Groce et al., Swarm Testing, ISSTA 2012.
 */
#ifndef FX_SIM_SIM_PLAN_H
#define FX_SIM_SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus_journal.h"
#include "model/command.h"
#include "model/limits.h"
#include "store/store_fault.h"

enum {
    FX_SIM_PLAN_CONTRACTS_MAX = 3,
    FX_SIM_PLAN_USERS_MAX = 10,
    FX_SIM_PLAN_CLIENTS_MAX = 8,
    FX_SIM_PLAN_REGIMES = 4
};

/** What clients do; weights of the draw. */
enum fx_sim_plan_deed {
    FX_SIM_PLAN_PLACE = 0,
    FX_SIM_PLAN_CONDITIONAL,
    FX_SIM_PLAN_AMEND,
    FX_SIM_PLAN_AMEND_CONDITIONAL,
    FX_SIM_PLAN_CANCEL,
    FX_SIM_PLAN_CANCEL_ALL,
    FX_SIM_PLAN_COUNTDOWN,
    FX_SIM_PLAN_TP_SL,
    FX_SIM_PLAN_LEVERAGE,
    FX_SIM_PLAN_MARGIN,
    FX_SIM_PLAN_DEPOSIT,
    FX_SIM_PLAN_WITHDRAW,
    FX_SIM_PLAN_MOVE,
    FX_SIM_PLAN_SET_ACCOUNT,
    FX_SIM_PLAN_SET_STATE,
    FX_SIM_PLAN_UPDATE_INSTRUMENT,
    FX_SIM_PLAN_TIERS,
    FX_SIM_PLAN_FUND,
    FX_SIM_PLAN_QUESTION,
    FX_SIM_PLAN_BRACKET,
    FX_SIM_PLAN_ORDER_TP_SL,
    FX_SIM_PLAN_POSITION_MODE,
    FX_SIM_PLAN_NAMED, /* a deposit or withdrawal with a name */
    FX_SIM_PLAN_FREEZE,
    FX_SIM_PLAN_PAY_FUNDING,
    FX_SIM_PLAN_SETTLE,
    FX_SIM_PLAN_CLOSE_INSURANCE,
    FX_SIM_PLAN_MARK_RULES,
    FX_SIM_PLAN_NONSENSE,
    FX_SIM_PLAN_DEEDS
};

/** What a feed says when it does not say the price; weights of the draw. */
enum fx_sim_plan_feed {
    FX_SIM_PLAN_FEED_GOOD = 0,
    FX_SIM_PLAN_FEED_SILENT, /* nothing, for a while */
    FX_SIM_PLAN_FEED_OLD,    /* sources that spoke long ago */
    FX_SIM_PLAN_FEED_FEW,    /* fewer sources than the rules want */
    FX_SIM_PLAN_FEED_WILD,   /* a price far away */
    FX_SIM_PLAN_FEED_BARE,   /* a mark that an operator sets */
    FX_SIM_PLAN_FEEDS
};

/** What goes wrong; weights of the draw. */
enum fx_sim_plan_fault {
    FX_SIM_PLAN_POWER_CUT = 0,
    FX_SIM_PLAN_POWER_CUT_SOON, /* at one of the next operations of the disk */
    FX_SIM_PLAN_KILL,
    FX_SIM_PLAN_ORDERLY,
    FX_SIM_PLAN_WRITE_ERROR,
    FX_SIM_PLAN_SYNC_ERROR,
    FX_SIM_PLAN_FULL_DISK,
    FX_SIM_PLAN_DAMAGE_SNAPSHOT,
    FX_SIM_PLAN_ROT,
    FX_SIM_PLAN_CLOCK_JUMP,
    FX_SIM_PLAN_CLOCK_FREEZE,
    FX_SIM_PLAN_STORE,
    FX_SIM_PLAN_SLOW_READER,
    FX_SIM_PLAN_SLOW_DISK,
    FX_SIM_PLAN_FAULTS
};

enum fx_sim_plan_regime {
    FX_SIM_PLAN_CALM = 0,
    FX_SIM_PLAN_CRASH = 1,
    FX_SIM_PLAN_GAP = 2,
    FX_SIM_PLAN_OSCILLATE = 3
};

struct fx_sim_plan_contract {
    struct fx_instrument definition;
    struct fx_command_tiers tiers;
    struct fx_command_mark_rules rules; /* where has_feed */
    int64_t mid_ticks;                  /* where its price begins */
    bool has_feed;                      /* its mark follows from an index */
};

struct fx_sim_plan {
    uint64_t seed;
    struct fx_engine_limits limits;
    struct fx_sim_plan_contract contracts[FX_SIM_PLAN_CONTRACTS_MAX];
    uint32_t contract_count;
    uint32_t user_count;
    uint32_t client_count;
    uint32_t deeds[FX_SIM_PLAN_DEEDS];
    uint32_t faults[FX_SIM_PLAN_FAULTS];
    uint32_t request_count; /* of all clients together, in the chaos */
    int64_t deposit_steps;  /* money of a user, in thousandths of a large position's margin */
    enum fx_sim_plan_regime regime;
    uint32_t feeds[FX_SIM_PLAN_FEEDS];
    uint32_t clock_speed; /* of the wall clock, against the time in which things happen */
    int64_t begin_us;     /* what it shows at first */
    bool has_round_dates; /* of GTD orders: many end at once … */
    bool has_squeeze;     /* fundings take isolated margins away */
    bool has_wall;        /* … so many that one TICK does not end them all */

    /* orders */
    int64_t lots_max;
    int64_t spread_ticks; /* how far from the price orders are */
    uint32_t skew_ppm;    /* of all orders are on the first contract */
    uint32_t market_ppm;
    uint32_t ioc_ppm;
    uint32_t fok_ppm;
    uint32_t gtd_ppm;
    uint32_t post_only_ppm;
    uint32_t reduce_only_ppm;
    uint32_t stp_ppm; /* a mode of its own instead of the default */
    uint32_t leverage_ppm;
    uint32_t client_id_ppm;
    uint32_t tmp_id_ppm;
    uint32_t hedge_ppm; /* of the users hedge from the beginning */

    /* network, in each direction */
    uint32_t lost_ppm;
    uint32_t doubled_ppm;
    uint32_t late_ppm;
    int64_t network_us;
    int64_t think_us;

    /* machine */
    enum fx_bus_journal_mode mode;
    struct fx_store_faults store;
    uint32_t segment_bytes;
    uint32_t frame_bytes;
    uint32_t ring_bytes;
    uint32_t intake_capacity;
    uint32_t snapshot_commands;
    int64_t fault_us; /* mean time between faults */
    int64_t engine_us;
    int64_t journal_us;
    int64_t saver_us;
    int64_t gateway_us;
    int64_t mark_us;
    uint32_t short_write_ppm;
    bool is_drop_cache_ignored;
};

/** Draw it all from the seed. */
void fx_sim_plan_draw(struct fx_sim_plan *plan, uint64_t seed);

#endif

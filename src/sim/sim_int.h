/**
 * @file sim_int.h
 * The world and what its files share: for sim_*.c only. Thread: the world's.
 */
#ifndef FX_SIM_SIM_INT_H
#define FX_SIM_SIM_INT_H

#include "base/table.h"
#include "bus/bus_disk.h"
#include "engine/engine.h"
#include "market/market.h"
#include "sim/sim.h"
#include "sim/sim_plan.h"
#include "sim/sim_schedule.h"
#include "sim/sim_stream.h"
#include "store/store.h"
#include "view/view.h"
#include "worker/worker_engine.h"
#include "worker/worker_save.h"
#include "worker/worker_saver.h"

enum {
    FX_SIM_REQUESTS_MAX = 256, /* open at once */
    FX_SIM_MESSAGES_MAX = 1024,
    FX_SIM_OPERATION_BITS = 20,
    FX_SIM_REPLIES_MAX = 64
};

#define FX_SIM_JOURNAL_DIR  "/journal"
#define FX_SIM_SNAPSHOT_DIR "/snapshots"

/* ---- history: what was seen of each command ---------------------------------------------------
 */

struct fx_sim_history {
    uint64_t *digests; /* of the events of a command, by sequence; 0: not seen; heap */
    uint64_t capacity;
    uint64_t released;  /* newest sequence whose events were visible to somebody */
    uint64_t known;     /* newest sequence that was visible or recovered */
    uint64_t kept;      /* up to here a start must come */
    uint64_t next;      /* no number from here on was given before the last crash */
    uint64_t synced;    /* at the last death */
    uint64_t confirmed; /* known before the start that is under way */
    bool is_doubtful;   /* less than strict and the power failed: behind `kept` all may be gone */
    bool has_lost;      /* the ledger has folded what never was */
    struct fx_event *group; /* events of the command being received; heap */
    uint32_t group_count;
    uint32_t group_capacity;
};

/* ---- money that moves by a name ----------------------------------------------------------------
 */

struct fx_sim_movements {
    struct fx_table_str told; /* account and name -> number of the movement: what clients heard */
    struct fx_table_str done; /* … and what the journal has */
    struct fx_table times;    /* number -> when */
};

/* ---- clients ----------------------------------------------------------------------------------
 */

enum fx_sim_request_state {
    FX_SIM_REQUEST_FREE = 0,
    FX_SIM_REQUEST_OPEN = 1,   /* waits for an answer */
    FX_SIM_REQUEST_UNKNOWN = 2 /* no answer came: to be sent again where that is safe */
};

struct fx_sim_request {
    struct fx_command command;
    uint64_t number; /* of all requests, from 1 */
    enum fx_sim_request_state state;
    uint32_t client;
    uint32_t sends;
    uint32_t crashes; /* of the world when it was sent first */
    bool is_idempotent;
    bool is_answered;      /* at least once */
    uint64_t order_id;     /* of the first answer */
    uint64_t answered_seq; /* sequence of the answer that executed it; 0: none yet */
    fx_status status;
};

/** On its way from a client to the gateway. */
struct fx_sim_message {
    struct fx_command command;
    uint32_t request; /* slot */
    uint64_t number;  /* of the request that it belongs to */
    bool is_used;
};

/** On its way from the gateway to a client. */
struct fx_sim_reply {
    struct fx_event_result result;
    uint64_t sequence;
    uint64_t number;
    uint32_t request;
    bool is_used;
};

struct fx_sim_clients {
    struct fx_sim_request requests[FX_SIM_REQUESTS_MAX];
    struct fx_sim_message messages[FX_SIM_MESSAGES_MAX];
    struct fx_sim_reply replies[FX_SIM_MESSAGES_MAX];
    uint64_t next_number;
    uint64_t next_tmp_id;
    uint32_t open_count;
    uint32_t crash_count;  /* of the world so far */
    struct fx_rng rng;     /* what they do */
    struct fx_rng network; /* what happens to it */
};

/* ---- the machine and its process --------------------------------------------------------------
 */

struct fx_sim_clock {
    int64_t offset_us; /* wall = schedule + offset */
    int64_t frozen_us; /* what it shows while it stands still; 0: it runs */
};

struct fx_sim_machine {
    struct fx_bus_disk *disk;
    struct fx_bus_disk_faults faults; /* in force */
    struct fx_worker_host host;
    struct fx_sim_clock clock;
    struct fx_store *database; /* the server */
    struct fx_store *platter;  /* what it would have after a power cut; an older state of it */
    struct fx_store *store;    /* the connection, which fails */
    struct fx_rng rng;         /* what goes wrong and when */
    struct fx_rng pace;        /* how long things take */
    uint64_t rot_offset;       /* of bytes that were damaged in the journal … */
    char rot_path[FX_BUS_FILE_PATH_SIZE_MAX];
    char rot_bytes[FX_BUS_DISK_SECTOR_SIZE]; /* … and what they were */
    uint32_t rot_size;                       /* a byte, or a sector that was written astray */
    bool has_rot;
    bool is_disk_slow;
    bool is_reader_slow;
    bool is_full;              /* the disk's capacity is limited */
    uint64_t damaged_sequence; /* of the snapshot that was damaged last; 0: none */
    bool is_store_failing;
    bool is_ahead_expected; /* tables may be ahead of the journal: less than strict, power cut */
    bool is_quiet;          /* nothing goes wrong any more */
};

struct fx_sim_process {
    struct fx_worker_engine *worker;
    struct fx_worker_saver *saver;
    struct fx_worker_save save;
    struct fx_view *view;
    struct fx_market market;
    void *market_memory[FX_SIM_PLAN_CONTRACTS_MAX];
    struct fx_worker_engine_report report;
    uint32_t number; /* of the life, from 1; things of an older one are forgotten */
    bool has_save;
    bool is_up;
    bool has_died; /* the journal gave up: the process aborts */
};

struct fx_sim_ledger;

enum fx_sim_phase { FX_SIM_PHASE_SETUP = 1, FX_SIM_PHASE_CHAOS = 2, FX_SIM_PHASE_QUIET = 3 };

struct fx_sim_world {
    const struct fx_sim_options *options;
    struct fx_sim_result *result;
    struct fx_sim_plan plan;
    struct fx_sim_schedule schedule;
    struct fx_sim_machine machine;
    struct fx_sim_process process;
    struct fx_sim_clients clients;
    struct fx_sim_history history;
    struct fx_sim_movements movements;
    struct fx_sim_ledger *ledger;                 /* heap */
    int64_t mids[FX_SIM_PLAN_CONTRACTS_MAX];      /* where the clients think prices are */
    int64_t silent_us[FX_SIM_PLAN_CONTRACTS_MAX]; /* until then a feed says nothing */
    struct fx_rng market;
    enum fx_sim_phase phase;
    int64_t quiet_us;                /* when the faults stopped */
    uint64_t recovery_sequence[256]; /* state hashes at starts, for the replay at the end */
    uint64_t recovery_hash[256];
    uint32_t recovery_count;
};

/* ---- sim_world.c ------------------------------------------------------------------------------
 */

/** The machine's wall clock. */
int64_t fx_sim_world_wall_us(void *context);

/** An empty database in memory. */
FX_MUST_USE fx_status fx_sim_world_open_database(struct fx_store **store_out);

/** A promise is broken: the world ends. The first one counts. */
void fx_sim_world_fail(struct fx_sim_world *world, const char *promise, const char *what);

/** fx_sim_world_fail() unless the expression holds. */
#define FX_SIM_REQUIRE(world, expression, promise)                                                 \
    ((expression) ? (void)0 : fx_sim_world_fail((world), (promise), #expression))

void fx_sim_world_mark(struct fx_sim_world *world, enum fx_sim_mark mark);

/** One line of the trace. */
void fx_sim_world_trace(struct fx_sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Build, live, check, tear down. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_sim_world_run(const struct fx_sim_options *options,
                                       struct fx_sim_result *result);

bool fx_sim_world_is_over(const struct fx_sim_world *world);

/* ---- sim_process.c ----------------------------------------------------------------------------
 */

/** Start the process; on failure the machine is down again and the next start is due. */
void fx_sim_process_start(struct fx_sim_world *world);

/** The process is gone without a word. */
void fx_sim_process_drop(struct fx_sim_world *world);

/** Stop it in order. @return false where it died meanwhile or has yet to be found dead: the end was
 * a crash. Recovery is planned where it is gone. */
bool fx_sim_process_stop(struct fx_sim_world *world);

/** It dies: by itself, killed, or with the power. Recovery is planned. */
void fx_sim_process_die(struct fx_sim_world *world, bool is_power_cut);

/** Steps of its agents. */
void fx_sim_process_step(struct fx_sim_world *world, enum fx_sim_item item);

/** True where nothing is under way in it. */
bool fx_sim_process_is_idle(struct fx_sim_world *world);

/* ---- sim_gateway.c ----------------------------------------------------------------------------
 */

void fx_sim_gateway_open(struct fx_sim_world *world);
void fx_sim_gateway_close(struct fx_sim_world *world);
/** Fold what was released and answer. */
void fx_sim_gateway_pump(struct fx_sim_world *world);
/** The process has died: what was released and not folded is told to the history alone, because the
 * tables may have it. */
void fx_sim_gateway_drain(struct fx_sim_world *world);
/** A request has arrived. @return false where it was not taken: nothing happened. */
bool fx_sim_gateway_take(struct fx_sim_world *world,
                         uint64_t token,
                         const struct fx_command *command);
/** The folds of now are those of a fresh dump. */
void fx_sim_gateway_check(struct fx_sim_world *world);

/* ---- sim_client.c -----------------------------------------------------------------------------
 */

void fx_sim_client_init(struct fx_sim_world *world);
/** One of them does something. */
void fx_sim_client_act(struct fx_sim_world *world, uint32_t client);
/** A message arrives at the gateway, a reply at its client, the patience of one ends. */
void fx_sim_client_deliver(struct fx_sim_world *world, uint32_t place);
void fx_sim_client_receive(struct fx_sim_world *world, uint32_t place);
void fx_sim_client_expire(struct fx_sim_world *world, uint32_t slot, uint64_t number);
/** The gateway has the result of a request: send it on. */
void fx_sim_client_answer(struct fx_sim_world *world, const struct fx_event *result);

/* ---- sim_load.c -------------------------------------------------------------------------------
 */

/** What a client does next. */
void fx_sim_load_draw(struct fx_sim_world *world, uint32_t client, struct fx_command *command_out);
/** What so many lots are worth where the price of the contract begins, and one unit. */
fx_i128 fx_sim_load_value(const struct fx_sim_plan_contract *contract, int64_t lots);

/* ---- sim_setup.c, sim_feed.c ------------------------------------------------------------------
 */

/** The n-th command that prepares the exchange. @return false behind the last one. */
bool fx_sim_setup_command(const struct fx_sim_world *world,
                          uint32_t index,
                          struct fx_command *command_out);

/** The price of a contract moves; what its feed says. @return false: nothing. */
bool fx_sim_feed_draw(struct fx_sim_world *world, struct fx_command *command_out);

/* ---- sim_fault.c ------------------------------------------------------------------------------
 */

/** Something goes wrong now. */
void fx_sim_fault_strike(struct fx_sim_world *world);
/** The power fails; what the database had not synced may be gone, too. */
void fx_sim_fault_cut_power(struct fx_sim_world *world);
/** The power has failed: the database keeps what it had synced, or all, or nothing. */
void fx_sim_fault_cut_database(struct fx_sim_world *world);
/** After a start that failed with `status`: do what an operator would. */
void fx_sim_fault_repair(struct fx_sim_world *world, fx_status status);
/** The byte of the journal that rots is made good: a start that has not read it does not know. */
void fx_sim_fault_scrub(struct fx_sim_world *world);
/** What was limited for a while is not any more; `kind`: enum fx_sim_plan_fault. */
void fx_sim_fault_relieve(struct fx_sim_world *world, uint32_t kind);
/** Put the faults in force on the disk, and those that a recovery meets. */
void fx_sim_fault_arm(struct fx_sim_world *world);
/** Everything works from now on. */
void fx_sim_fault_stop(struct fx_sim_world *world);

/* ---- sim_history.c ----------------------------------------------------------------------------
 */

fx_status fx_sim_history_init(struct fx_sim_world *world);
void fx_sim_history_deinit(struct fx_sim_world *world);
/** Events became visible, one by one in their order. */
void fx_sim_history_release(struct fx_sim_world *world, const struct fx_event *event);
/** How many events a command had; 0 where it is not known. */
uint32_t fx_sim_history_events(const struct fx_sim_world *world, uint64_t sequence);
/** A start has replayed a command: the events are those that were seen. */
void fx_sim_history_recover(struct fx_sim_world *world,
                            const struct fx_event events[],
                            uint32_t count);
/** The process died, and the power with it or not. The journal had synced up to `synced_seq`;
 * `next_seq` was never given. */
void fx_sim_history_crash(struct fx_sim_world *world,
                          uint64_t synced_seq,
                          uint64_t next_seq,
                          bool is_power_cut);
/** The process ended in order: nothing that was seen may be missing. */
void fx_sim_history_stop(struct fx_sim_world *world);
/** A start failed: what it replayed beyond what was known may yet be gone. */
void fx_sim_history_retract(struct fx_sim_world *world);
/** The power failed while starting: less than strict, what was never synced may be gone by now. */
void fx_sim_history_cut(struct fx_sim_world *world);
/** A start ended at `sequence`: nothing that was visible is missing. */
void fx_sim_history_restart(struct fx_sim_world *world, uint64_t sequence);
/** Replay the journal from its first record and compare everything. */
void fx_sim_history_check(struct fx_sim_world *world);

/** Replay it and hand over the events of each command. */
typedef void (*fx_sim_history_applied_fn)(struct fx_sim_world *world,
                                          const struct fx_event events[],
                                          uint32_t count);
void fx_sim_history_replay(struct fx_sim_world *world, fx_sim_history_applied_fn on_command);

/* ---- sim_movement.c ---------------------------------------------------------------------------
 */

void fx_sim_movement_init(struct fx_sim_movements *movements);
void fx_sim_movement_deinit(struct fx_sim_movements *movements);
/** A client hears how its request ended. */
void fx_sim_movement_tell(struct fx_sim_world *world,
                          const struct fx_command *command,
                          const struct fx_event_result *result);
/** The journal has a command, and this is its RESULT. */
void fx_sim_movement_apply(struct fx_sim_world *world,
                           const struct fx_command *command,
                           const struct fx_event *event);
/** Behind the last one: what clients heard is there. */
void fx_sim_movement_check(struct fx_sim_world *world);

/* ---- sim_ledger.c -----------------------------------------------------------------------------
 */

FX_MUST_USE fx_status fx_sim_ledger_init(struct fx_sim_world *world);
void fx_sim_ledger_deinit(struct fx_sim_world *world);

/** Fold the events of one command and check what must hold after it. */
void fx_sim_ledger_apply(struct fx_sim_world *world,
                         const struct fx_event events[],
                         uint32_t count);

/** A start after a crash came to this state: what was under way? */
void fx_sim_ledger_law_restart(struct fx_sim_world *world);

/** Begin anew with what the journal has. */
void fx_sim_ledger_rebuild(struct fx_sim_world *world);

/** The engine's own sums are the ledger's, where both stand at the same command. */
void fx_sim_ledger_audit(struct fx_sim_world *world, const struct fx_engine *engine);

/** At rest: nothing that was due is still there. */
void fx_sim_ledger_rest(struct fx_sim_world *world);

/** Does the user hold a long and a short position in the asset? False where he is not known. */
bool fx_sim_ledger_is_hedging(const struct fx_sim_world *world,
                              uint64_t user_id,
                              const struct fx_asset *asset);

/** Orders that are open, waiting ones included. */
uint32_t fx_sim_ledger_open_count(const struct fx_sim_world *world);

#endif

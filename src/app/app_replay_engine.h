/**
 * @file app_replay_engine.h
 * A recorded order flow through an engine of its own: the fills, and what each command meant.
 *
 * The recording names no owners: buys and sells go to separate groups of rich accounts, so no order
 * ever meets one of its own account, and the fills are those of the plain book. Thread: the
 * caller's.
 */
#ifndef FX_APP_APP_REPLAY_ENGINE_H
#define FX_APP_APP_REPLAY_ENGINE_H

#include "app/app_replay_file.h"

#define FX_APP_REPLAY_ENGINE_NO_ORDER UINT32_MAX

/** One fill, as a line of the fills file shows it. */
struct fx_app_replay_fill {
    uint64_t sequence;       /* of the command that took */
    uint64_t maker_order_id; /* of the recording */
    int64_t price_ticks;
    int64_t lots;
};

/** What the command of one row is, with the state of the moment it came. */
struct fx_app_replay_step {
    uint32_t order;     /* index of the row that made its order; NO_ORDER: the file has none */
    fx_status expected; /* how the engine answered */
    int64_t total_lots; /* AMEND: the quantity to ask for, filled lots included */
};

struct fx_app_replay_result {
    struct fx_app_replay_step *steps; /* one per row */
    struct fx_app_replay_fill *fills;
    uint32_t fill_count;
    uint32_t fill_capacity;
    uint32_t ended;   /* amends and cancels of orders that had ended already */
    uint32_t unknown; /* those of orders that the recording never made */
    int64_t lots;     /* traded */
    uint64_t hash;    /* of the engine's state at the end */
};

/** Called now and then; `done` rows of `count` are applied. */
typedef void (*fx_app_replay_progress_fn)(void *self, uint32_t done, uint32_t count);

/**
 * Apply every row. `progress` may be NULL.
 * @return OK (gives: release with deinit); BAD_FILE with *error_out (an amend names the other side,
 * or the engine refuses a command); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_replay_engine_run(const struct fx_app_replay_file *file,
                                               fx_app_replay_progress_fn progress,
                                               void *self,
                                               struct fx_app_replay_result *result_out,
                                               struct fx_app_replay_file_error *error_out);

/** Free it. Accepts a zeroed one. */
void fx_app_replay_engine_deinit(struct fx_app_replay_result *result);

/** Append the fills file: header and one line per fill. */
void fx_app_replay_engine_format(const struct fx_app_replay_fill fills[],
                                 uint32_t count,
                                 struct fx_buf *text);

#endif

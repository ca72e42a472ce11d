/**
 * @file engine.h
 * The exchange as a pure function: apply(state, command) -> events.
 *
 * No clock, heap, I/O or floats; all memory is one block that the caller gives. The same commands
 * give the same events and the same hash on every build. Thread: engine thread only.
 * Source: RULES sections 1-4 and 7; docs/rules/.
 */
#ifndef FX_ENGINE_ENGINE_H
#define FX_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "model/command.h"
#include "model/event.h"
#include "model/limits.h"

struct fx_engine;

/** Limits of a small exchange on one machine: 65,536 accounts, 262,144 open orders, … */
struct fx_engine_limits fx_engine_default_limits(void);

/** True where an engine can have these limits; to be asked of limits from outside. */
bool fx_engine_is_possible(const struct fx_engine_limits *limits);

/** Bytes of the one block (a multiple of 64). */
size_t fx_engine_size(const struct fx_engine_limits *limits);

/** Events that one command can give at most: the capacity that fx_engine_apply() needs. */
uint32_t fx_engine_events_max(const struct fx_engine_limits *limits);

/** An empty engine in zeroed, 64-byte aligned memory of fx_engine_size() bytes. */
struct fx_engine *fx_engine_init(void *memory, const struct fx_engine_limits *limits);

/**
 * Apply one command. command->sequence is above the last one's (a journal has no gaps, a log that
 * holds more than commands has); command->time_us may fall behind the engine's time and is then
 * raised to it. `events` is cleared first; RESULT is always the last event.
 */
void fx_engine_apply(struct fx_engine *engine,
                     const struct fx_command *command,
                     struct fx_events *events);

/**
 * Answer a question (fx_command_is_question()) from the state as it is. Nothing is changed: neither
 * content nor sequence nor time. The time of the question is the time of its judgement. `events` is
 * cleared first (its capacity is above FX_TERM_COUNT) and gets the RESULT, behind the TERMs of an
 * EXPLAIN, with the sequence of the last command.
 */
void fx_engine_ask(struct fx_engine *engine,
                   const struct fx_command *question,
                   struct fx_events *events);

/** How many commands ahead fx_engine_prefetch() can look. */
enum { FX_ENGINE_PREFETCH_MAX = 3 };

/**
 * Optional: ask the processor for the memory that a coming command will touch, `ahead` (1 to
 * FX_ENGINE_PREFETCH_MAX) commands before it is applied; best called for all of them before
 * each apply. Changes nothing, and the command may be any bytes of a known size.
 */
void fx_engine_prefetch(const struct fx_engine *engine,
                        const struct fx_command *command,
                        uint32_t ahead);

/** The newest rules that this engine knows; a log says by SET_RULES which ones hold. */
enum { FX_ENGINE_RULES_MAX = 5 };

/** The rules that a record asks for, as INITIALIZE_ENGINE and SET_RULES may; 0: none. */
uint32_t fx_engine_asks_rules(const struct fx_command *command);

/** False for a record that this engine must not go beyond: it asks for rules that are not known.
 * Whoever reads a log asks before it applies, and stops. */
bool fx_engine_knows(const struct fx_command *command);

/** False for a command of later rules than those that hold: it is refused with UNKNOWN_COMMAND. */
bool fx_engine_has(const struct fx_engine *engine, enum fx_command_kind kind);

/** The rules that hold; 1 in a log that does not say. */
uint32_t fx_engine_rules(const struct fx_engine *engine);

/** True between LOAD_ENGINE and START_ENGINE. */
bool fx_engine_is_loading(const struct fx_engine *engine);

/** Sequence of the last command applied; 0 at genesis. */
uint64_t fx_engine_sequence(const struct fx_engine *engine);

/** A TICK is due whatever the caller's clock says: it may have been set back behind the log's. */
#define FX_ENGINE_DUE_NOW INT64_MIN

/** When a TICK is due: the earliest expiry or deadline; DUE_NOW where that has passed by the time
 * of the log, conditional orders are about to fire, accounts wait to be liquidated or positions to
 * pay funding; INT64_MAX where nothing is. */
int64_t fx_engine_next_due_us(const struct fx_engine *engine);

/** The command that time itself asks for at `now_us`: TICK before all else, REFRESH_RANKS where
 * published ranks are old. @return false where there is none. O(1). */
bool fx_engine_is_due(const struct fx_engine *engine,
                      int64_t now_us,
                      enum fx_command_kind *kind_out);

/** Hash of the whole logical state: equal states, equal hashes, on every build. O(state). */
uint64_t fx_engine_hash(const struct fx_engine *engine);

/** Check every invariant of the README (I-01 … as far as they apply); FX_ASSERT on the first broken
 * one. */
void fx_engine_check(const struct fx_engine *engine);

enum { FX_ENGINE_AUDIT_ASSETS_MAX = 64 };

/** The exchange's own money, and whether the sums of an asset add up (I-01). */
struct fx_engine_audit {
    uint64_t sequence;
    uint32_t count;
    uint32_t zero;
    struct {
        fx_i128 deposited;
        fx_i128 fees;
        fx_i128 insurance;
        fx_i128 error; /* 0, or the books are wrong */
        struct fx_asset asset;
    } assets[FX_ENGINE_AUDIT_ASSETS_MAX];
};

/** Sum up every asset (at most FX_ENGINE_AUDIT_ASSETS_MAX). O(state). */
void fx_engine_audit(const struct fx_engine *engine, struct fx_engine_audit *audit_out);

/** Bytes that fx_engine_save() writes now. */
size_t fx_engine_save_size(const struct fx_engine *engine);

/** Write the state in a compact form (used parts of the pools). Ends with the hash. */
void fx_engine_save(const struct fx_engine *engine, char *target, size_t size);

/**
 * Rebuild an engine in `memory` from a saved state. Limits may be larger than at saving, not
 * smaller.
 * @return OK; CORRUPT; VERSION_MISMATCH; CAPACITY where it does not fit.
 */
FX_MUST_USE fx_status fx_engine_load(void *memory,
                                     const struct fx_engine_limits *limits,
                                     fx_str saved,
                                     struct fx_engine **engine_out);

/** Position of a dump in progress; zeroed to start. */
struct fx_engine_dump {
    uint32_t stage;
    uint32_t index;
    uint32_t inner;
    uint32_t zero;
    int64_t price_ticks;
};

/**
 * Say the whole state as events, piece by piece: DUMP_BEGIN, instruments and tiers, marks,
 * accounts, positions, orders, book levels, DUMP_END; all with the sequence of the last command.
 * @return true while there is more. Fills `events` up to its capacity (>= 64).
 */
bool fx_engine_dump(const struct fx_engine *engine,
                    struct fx_engine_dump *dump,
                    struct fx_events *events);

/** Which shard this is, and whose collateral it has (SET_SHARD); `shards` is 0 where there is no
 * map. What goes in and comes out has the numbers of all shards (model/shard.h). Borrowed. */
const struct fx_shard_map *fx_engine_shard(const struct fx_engine *engine);

/** Index of a symbol; UINT32_MAX where absent. O(instruments). */
uint32_t fx_engine_find_instrument(const struct fx_engine *engine, fx_str symbol);

#endif

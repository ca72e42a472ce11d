/**
 * @file worker_output.h
 * matching_engine_output, command by command: what the engine said becomes one JSON object.
 *
 * It remembers the instruments and the open positions, which an output needs (decimals; what was
 * closed of a position). They come from the events themselves and, where the engine starts from a
 * snapshot, from its dump: then the same log gives the same bytes as without. Thread: the owner's.
 */
#ifndef FX_WORKER_WORKER_OUTPUT_H
#define FX_WORKER_WORKER_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "base/table.h"
#include "model/event.h"
#include "model/instrument.h"
#include "wire/wire_output.h"

enum { FX_WORKER_OUTPUT_SHARD_SIZE_MAX = 33 };

struct fx_worker_output {
    struct fx_instrument *instruments; /* FX_INSTRUMENTS_MAX; heap */
    bool has_instrument[FX_INSTRUMENTS_MAX];
    struct fx_table held;             /* id of an open position to its place in `states` */
    struct fx_event_position *states; /* heap, without gaps */
    uint32_t state_count;
    uint32_t state_capacity;
    char shard[FX_WORKER_OUTPUT_SHARD_SIZE_MAX];
    uint64_t base; /* of the log's sequences: inputOffset is without it */
};

/** Remember nothing yet. `shard`: 1..32 bytes, copied. @return OK; BAD_PARAMETER; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_output_init(struct fx_worker_output *output, fx_str shard);

/** Accepts a zeroed one. */
void fx_worker_output_deinit(struct fx_worker_output *output);

/**
 * Remember what events tell (a dump, or commands whose outputs are written already) and write
 * nothing. DUMP_BEGIN forgets what was before it. @return OK; CORRUPT where an event names an
 * instrument that was never told; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_worker_output_fold(struct fx_worker_output *output,
                                            const struct fx_event events[],
                                            uint32_t count);

/**
 * Append the output of one command to `buf`, with a comma in front where one is due, and remember
 * its events. `events` are all of the command, RESULT last; `ask` is of the command. Nothing is
 * appended where nothing changed of what is told (*is_told_out, may be NULL). @return as fold;
 * CORRUPT appends nothing and remembers nothing, behind NO_MEMORY the output is to be given up.
 */
FX_MUST_USE fx_status fx_worker_output_append(struct fx_worker_output *output,
                                              const struct fx_events *events,
                                              const struct fx_wire_output_ask *ask,
                                              struct fx_buf *buf,
                                              bool *is_told_out);

#endif

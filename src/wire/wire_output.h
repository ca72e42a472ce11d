/**
 * @file wire_output.h
 * matching_engine_output: the events of one command as one JSON object. A pure function of the
 * events and of what the positions were before them, so that whoever computes the same log writes
 * the same bytes. Format: docs/protocol/topics.md. Thread: any.
 */
#ifndef FX_WIRE_WIRE_OUTPUT_H
#define FX_WIRE_WIRE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "model/command.h"
#include "model/event.h"
#include "model/instrument.h"
#include "model/rows.h"

/** An instrument that an event names; never NULL for one that was told. Borrowed for the call. */
typedef const struct fx_instrument *fx_wire_output_instrument_fn(void *context,
                                                                 uint32_t instrument);

/** A position as it was before the command; NULL: it was flat. Borrowed for the call. */
typedef const struct fx_event_position *fx_wire_output_before_fn(void *context,
                                                                 uint64_t position_id);

/** What a command named, so that who asked finds the answer where it was refused before the engine
 * knew of these; 0: nothing. */
struct fx_wire_output_ask {
    uint64_t user_id; /* 0: the exchange's command */
    uint64_t order_id;
    uint64_t tmp_id;
};

struct fx_wire_output_ask fx_wire_output_ask_of(const struct fx_command *command);

/** What is asked for a command's output; all of it borrowed. */
struct fx_wire_output {
    const struct fx_event *events; /* all of one command, RESULT last */
    uint32_t count;                /* >= 1 */
    struct fx_wire_output_ask ask;
    fx_str shard;
    uint64_t base; /* of the log's sequences: that of a record is offset + 1 + base */
    fx_wire_output_instrument_fn *find_instrument;
    fx_wire_output_before_fn *find_before;
    void *context; /* of both */
};

/**
 * Append one output, with a comma in front where one is due; lists that are empty are left out. The
 * topic's value is an array of outputs: the caller appends `[` and `]`. inputOffset is the
 * command's sequence - 1. @return false where the command changed nothing of what is told: nothing
 * is appended.
 */
bool fx_wire_output_append(struct fx_buf *buf, const struct fx_wire_output *output);

/** Append a trade with both of its sides: for savers, never for users. */
void fx_wire_output_trade(struct fx_buf *buf, const struct fx_rows_trade *row);

#endif

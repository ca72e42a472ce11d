/**
 * @file wire_topic_out.h
 * JSON of the topics, outwards: commands into matching_engine_input, and what the engine said into
 * matching_engine_output. What fx_wire_topic_in_command() reads from a written command is the
 * command. Format: docs/protocol/topics.md. Thread: any.
 */
#ifndef FX_WIRE_WIRE_TOPIC_OUT_H
#define FX_WIRE_WIRE_TOPIC_OUT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"
#include "model/rows.h"

/**
 * Append `{"code":…,"time":ms,"data":{…}}`. `instrument` is that of the command's symbol; NULL
 * where it has none (UPDATE_INSTRUMENT brings its own). Times are whole milliseconds: what is below
 * is cut off. @return OK; UNKNOWN_COMMAND (a kind that does not travel, nothing is appended).
 */
FX_MUST_USE fx_status fx_wire_topic_out_command(struct fx_buf *buf,
                                                const struct fx_command *command,
                                                const struct fx_instrument *instrument);

/** Append {"code":"LEADER",…}. */
void fx_wire_topic_out_leader(struct fx_buf *buf, uint64_t epoch, fx_str node, int64_t time_us);

/** A refused command, for whom it may concern. */
struct fx_wire_topic_out_error {
    struct fx_reject reject;
    uint64_t user_id;  /* 0: none */
    uint64_t order_id; /* 0: none */
    uint64_t tmp_id;   /* 0: none */
    uint32_t command_kind;
};

/** Everything that one command changed. Rows are borrowed for the call. */
struct fx_wire_topic_out {
    uint64_t operation_id; /* of its last event */
    uint64_t input_offset;
    fx_str shard;
    const struct fx_rows_account *accounts;
    const struct fx_rows_position *positions;
    const struct fx_rows_order *orders;
    const struct fx_rows_trade *trades;
    const struct fx_rows_transaction *transactions;
    const struct fx_wire_topic_out_error *errors;
    uint32_t account_count;
    uint32_t position_count;
    uint32_t order_count;
    uint32_t trade_count;
    uint32_t transaction_count;
    uint32_t error_count;
};

/** Append one output, with a comma in front where one is due; lists that are empty are left out.
 * Savers take the array: the caller appends `[` and `]`. */
void fx_wire_topic_out_output(struct fx_buf *buf, const struct fx_wire_topic_out *output);

/** Append a trade with both of its sides: for savers, never for users. */
void fx_wire_topic_out_trade(struct fx_buf *buf, const struct fx_rows_trade *row);

#endif

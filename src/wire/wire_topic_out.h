/**
 * @file wire_topic_out.h
 * JSON of the topics, outwards: commands into matching_engine_input. What
 * fx_wire_topic_in_command() reads from a written command is the command. Format:
 * docs/protocol/topics.md. Thread: any.
 */
#ifndef FX_WIRE_WIRE_TOPIC_OUT_H
#define FX_WIRE_WIRE_TOPIC_OUT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "model/command.h"
#include "model/instrument.h"
#include "wire/wire_topic.h"

/**
 * Append `{"code":…,"time":ms,"data":{…}}`. `instrument` is that of the command's symbol; NULL
 * where it has none (UPDATE_INSTRUMENT brings its own). Times are whole milliseconds: what is below
 * is cut off. @return OK; UNKNOWN_COMMAND (a kind that does not travel, nothing is appended).
 */
FX_MUST_USE fx_status fx_wire_topic_out_command(struct fx_buf *buf,
                                                const struct fx_command *command,
                                                const struct fx_instrument *instrument);

/** The same with `from` in it (NULL: without). */
FX_MUST_USE fx_status fx_wire_topic_out_command_from(struct fx_buf *buf,
                                                     const struct fx_command *command,
                                                     const struct fx_instrument *instrument,
                                                     const struct fx_wire_topic_from *from);

/** Append {"code":"LEADER",…}. */
void fx_wire_topic_out_leader(struct fx_buf *buf, uint64_t epoch, fx_str node, int64_t time_us);

#endif

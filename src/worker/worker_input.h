/**
 * @file worker_input.h
 * Records of matching_engine_input into commands and back, with the instruments that the engine has
 * told of so far.
 *
 * The log is text that anybody may have written: what cannot be read, or is no command, is refused
 * with its reason and never guessed. Thread: one at a time.
 */
#ifndef FX_WORKER_WORKER_INPUT_H
#define FX_WORKER_WORKER_INPUT_H

#include "base/buf.h"
#include "base/status.h"
#include "bus/bus.h"
#include "engine/engine.h"
#include "model/event.h"
#include "wire/wire_topic_in.h"

/** A command's time may be so much later than the log's own time of its record; else that counts.
 */
#define FX_WORKER_INPUT_AHEAD_US_MAX 1000000LL

struct fx_worker_input;

/** @return NULL without memory; gives. */
struct fx_worker_input *fx_worker_input_create(void);
void fx_worker_input_destroy(struct fx_worker_input *input);

/** The log's records have their sequences behind this: that of a record is offset + 1 + base. */
void fx_worker_input_set_base(struct fx_worker_input *input, uint64_t base);

/** Look up the base of a log in its first INITIALIZE_ENGINE; 0 where it is empty. Blocks up to
 * wait_ms. @return OK; TIMEOUT; what the bus says. */
FX_MUST_USE fx_status fx_worker_input_find_base(struct fx_bus *bus,
                                                struct fx_bus_place place,
                                                uint32_t wait_ms,
                                                uint64_t *base_out);

/** Keep the definition in an INSTRUMENT event; others are ignored. */
void fx_worker_input_learn(struct fx_worker_input *input, const struct fx_event *event);

/** Keep every definition of an engine. @return OK; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_input_learn_all(struct fx_worker_input *input,
                                                const struct fx_engine *engine);

/** The definition with this index or symbol; NULL where there is none (yet). Borrowed. */
const struct fx_instrument *fx_worker_input_instrument(const struct fx_worker_input *input,
                                                       uint32_t index);
const struct fx_instrument *fx_worker_input_find(const struct fx_worker_input *input,
                                                 fx_str symbol);

/**
 * Read a record. A command gets the sequence of its offset (+ 1, + base), and the time of its
 * record where it has none or one that lies ahead of it. @return OK; as fx_wire_topic_in_command(),
 * with the member's name in *field_out.
 */
FX_MUST_USE fx_status fx_worker_input_decode(struct fx_worker_input *input,
                                             const struct fx_bus_record *record,
                                             struct fx_wire_topic_in *in_out,
                                             fx_str *field_out);

/** Append a command as a record. @return OK; UNKNOWN_SYMBOL (its instrument is not known);
 * UNKNOWN_COMMAND; NO_MEMORY. */
FX_MUST_USE fx_status fx_worker_input_encode(const struct fx_worker_input *input,
                                             const struct fx_command *command,
                                             const struct fx_wire_topic_from *from,
                                             struct fx_buf *buf);

#endif

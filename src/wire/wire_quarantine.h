/**
 * @file wire_quarantine.h
 * What becomes of a record that is no command: its text and the reason, as the topic
 * matching_engine_quarantine tells it. Pure. Thread: any.
 */
#ifndef FX_WIRE_WIRE_QUARANTINE_H
#define FX_WIRE_WIRE_QUARANTINE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "model/instrument.h"

enum {
    FX_WIRE_QUARANTINE_TEXT_SIZE_MAX = 8192, /* of the record; what is longer is cut */
    FX_WIRE_QUARANTINE_KEY_SIZE_MAX = 256,   /* of its key; the same */
    FX_WIRE_QUARANTINE_SIZE_MAX = 65536      /* what is appended is smaller, whatever the bytes */
};

/** A record that was refused. Texts are borrowed for the call. */
struct fx_wire_quarantine {
    fx_str topic;
    fx_str key;
    fx_str value;
    fx_str field; /* the member that is wrong; empty where none is meant */
    struct fx_reject reject;
    uint64_t offset;
    uint64_t user_id; /* 0: none, or not readable */
    uint64_t tmp_id;  /* the same */
    int64_t time_us;  /* when it was refused */
    uint32_t partition;
};

/** Append `{"code","topic","partition","offset","time","value",…}`. `value` is text: bytes that are
 * not UTF-8 are replaced. */
void fx_wire_quarantine(struct fx_buf *buf, const struct fx_wire_quarantine *refused);

#endif

/**
 * @file push_payload.h
 * Engine.IO payloads: several packets in one HTTP body, in the three forms of revisions 3 and 4.
 *
 *     4          <packet> 1e <packet> …            binary: b<base64>
 *     3          <length>:<packet> …               binary: b4<base64>; UTF-16 units are counted
 *     3 binary   00|01 <digits> ff <packet> …      00: text, 01: binary (04 and its bytes)
 *
 * In the text of revision 3 a length counts what JavaScript counts: a character beyond U+FFFF is
 * two. Everything is checked: text is UTF-8, lengths are exact, no packet is empty. Thread: any.
 * Source: socketio/engine.io-protocol (v3, v4); PROTOCOLS A.1.
 */
#ifndef FX_PUSH_PUSH_PAYLOAD_H
#define FX_PUSH_PUSH_PAYLOAD_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum fx_push_payload_form {
    FX_PUSH_PAYLOAD_FORM_4 = 1,
    FX_PUSH_PAYLOAD_FORM_3 = 2,
    FX_PUSH_PAYLOAD_FORM_3_BINARY = 3
};

/** One packet as a WebSocket would carry it: binary ones of revision 3 begin with their 04. */
struct fx_push_payload_packet {
    bool is_binary;
    fx_str bytes; /* never empty where it is text */
};

/** A walk over a body. `scratch` holds decoded base64; its owner. */
struct fx_push_payload {
    enum fx_push_payload_form form;
    fx_str rest;
    struct fx_buf *scratch;
    bool is_begun;
};

/** Begin a walk; body and scratch are borrowed until its end. */
void fx_push_payload_init(struct fx_push_payload *payload,
                          enum fx_push_payload_form form,
                          fx_str body,
                          struct fx_buf *scratch);

/**
 * The next packet, valid until the next call. @return OK; NOT_FOUND behind the last one;
 * BAD_REQUEST: the body is no such payload (an empty one neither); BODY_TOO_LARGE (scratch).
 */
FX_MUST_USE fx_status fx_push_payload_next(struct fx_push_payload *payload,
                                           struct fx_push_payload_packet *packet_out);

/** Append a packet to a payload; `is_first`: nothing is in it. FORM_3_BINARY takes both kinds. */
void fx_push_payload_append(struct fx_buf *buf,
                            enum fx_push_payload_form form,
                            const struct fx_push_payload_packet *packet,
                            bool is_first);

/** "text/plain; charset=UTF-8" or "application/octet-stream". */
fx_str fx_push_payload_content_type(enum fx_push_payload_form form);

#endif

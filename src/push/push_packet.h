/**
 * @file push_packet.h
 * Engine.IO and Socket.IO packets as text: a pure codec, one packet at a time.
 *
 * An Engine.IO packet is a digit and its data; revisions 3 and 4 differ only in who sends pings
 * and in the 04 before binary frames. Inside of a message is a Socket.IO packet:
 *
 *     <type>[<attachments>-][/namespace[?query],][<ack id>][JSON]
 *
 * Parsers 4 and 5 differ only in what CONNECT carries. What the rules of the protocol forbid is
 * refused here; whether a packet fits the moment is the session's business. Thread: any.
 * Source: socketio/socket.io-protocol (v4, v5), socketio/engine.io-protocol (v3, v4); PROTOCOLS
 * A.3.
 */
#ifndef FX_PUSH_PUSH_PACKET_H
#define FX_PUSH_PUSH_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_PUSH_PACKET_ATTACHMENTS_MAX = 10,
    FX_PUSH_PACKET_ACK_DIGITS_MAX = 15,
    FX_PUSH_PACKET_NAMESPACE_SIZE_MAX = 128,
    FX_PUSH_PACKET_BINARY_3 = 4 /* the byte before a binary frame in revision 3 */
};

enum fx_push_eio { FX_PUSH_EIO_3 = 3, FX_PUSH_EIO_4 = 4 };

/** Types of Engine.IO: the first character of every text frame. */
enum fx_push_frame {
    FX_PUSH_FRAME_OPEN = '0',
    FX_PUSH_FRAME_CLOSE = '1',
    FX_PUSH_FRAME_PING = '2',
    FX_PUSH_FRAME_PONG = '3',
    FX_PUSH_FRAME_MESSAGE = '4',
    FX_PUSH_FRAME_UPGRADE = '5',
    FX_PUSH_FRAME_NOOP = '6'
};

/** Types of Socket.IO. CONNECT_ERROR is ERROR in parser 4. */
enum fx_push_packet_type {
    FX_PUSH_PACKET_CONNECT = 0,
    FX_PUSH_PACKET_DISCONNECT = 1,
    FX_PUSH_PACKET_EVENT = 2,
    FX_PUSH_PACKET_ACK = 3,
    FX_PUSH_PACKET_CONNECT_ERROR = 4,
    FX_PUSH_PACKET_BINARY_EVENT = 5,
    FX_PUSH_PACKET_BINARY_ACK = 6
};

/** One packet; texts are borrowed from what was decoded. */
struct fx_push_packet {
    enum fx_push_packet_type type;
    fx_str name_space;    /* "/" or "/ws" */
    fx_str query;         /* "token=…": behind the '?' of the namespace, still percent-encoded */
    fx_str data;          /* JSON text; empty: none */
    uint32_t attachments; /* binary frames that follow */
    bool has_ack;
    uint64_t ack;
};

/**
 * Decode what follows the '4' of a message that a client sent. `json` then holds the tokens of
 * packet_out->data (count 0: no data). @return OK; BAD_REQUEST (the session must end).
 */
FX_MUST_USE fx_status fx_push_packet_decode(fx_str text,
                                            struct fx_json *json,
                                            struct fx_push_packet *packet_out);

/** Append the packet with the '4' before it. The query is not written: servers have none. */
void fx_push_packet_encode(struct fx_buf *buf, const struct fx_push_packet *packet);

/** True for EVENT, ACK and their binary forms: packets whose JSON is an array. */
bool fx_push_packet_has_array(enum fx_push_packet_type type);

#endif

/**
 * @file net_websocket.h
 * WebSocket (RFC 6455) frames as a pure codec: bytes in, one event at a time out; frames into a
 * buffer.
 *
 * Feed bytes in pieces of any size; the events do not depend on how they were split. Fragments are
 * joined; control frames between them come out at once. Text is checked as UTF-8 while it arrives.
 * No extension is spoken. Thread: the owner's. Source: RFC 6455; PROTOCOLS A.9.
 */
#ifndef FX_NET_NET_WEBSOCKET_H
#define FX_NET_NET_WEBSOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    FX_NET_WEBSOCKET_CONTROL_SIZE_MAX = 125,
    FX_NET_WEBSOCKET_HEADER_SIZE_MAX = 14,
    FX_NET_WEBSOCKET_FRAGMENTS_MAX = 16, /* of one message */
    FX_NET_WEBSOCKET_MESSAGE_SIZE_DEFAULT = 64 * 1024
};

enum fx_net_websocket_opcode {
    FX_NET_WEBSOCKET_OPCODE_CONTINUATION = 0,
    FX_NET_WEBSOCKET_OPCODE_TEXT = 1,
    FX_NET_WEBSOCKET_OPCODE_BINARY = 2,
    FX_NET_WEBSOCKET_OPCODE_CLOSE = 8,
    FX_NET_WEBSOCKET_OPCODE_PING = 9,
    FX_NET_WEBSOCKET_OPCODE_PONG = 10
};

/** Close codes of RFC 6455 section 7.4 that we send or report. */
enum fx_net_websocket_code {
    FX_NET_WEBSOCKET_CODE_NORMAL = 1000,
    FX_NET_WEBSOCKET_CODE_GOING_AWAY = 1001,
    FX_NET_WEBSOCKET_CODE_PROTOCOL = 1002,
    FX_NET_WEBSOCKET_CODE_UNSUPPORTED = 1003,
    FX_NET_WEBSOCKET_CODE_NONE = 1005,     /* never sent: a close without a code arrived */
    FX_NET_WEBSOCKET_CODE_ABNORMAL = 1006, /* never sent: the connection was lost */
    FX_NET_WEBSOCKET_CODE_BAD_TEXT = 1007,
    FX_NET_WEBSOCKET_CODE_POLICY = 1008,
    FX_NET_WEBSOCKET_CODE_TOO_LARGE = 1009,
    FX_NET_WEBSOCKET_CODE_INTERNAL = 1011,
    FX_NET_WEBSOCKET_CODE_RESTART = 1012,
    FX_NET_WEBSOCKET_CODE_TRY_LATER = 1013
};

enum fx_net_websocket_event {
    FX_NET_WEBSOCKET_EVENT_NONE = 0,   /* everything was consumed; feed more */
    FX_NET_WEBSOCKET_EVENT_TEXT = 1,   /* payload: a whole message, valid UTF-8 */
    FX_NET_WEBSOCKET_EVENT_BINARY = 2, /* payload: a whole message */
    FX_NET_WEBSOCKET_EVENT_PING = 3,   /* answer with a pong of the same payload */
    FX_NET_WEBSOCKET_EVENT_PONG = 4,
    FX_NET_WEBSOCKET_EVENT_CLOSE = 5, /* code, payload: the reason. The last event of a peer */
    FX_NET_WEBSOCKET_EVENT_FAILED = 6 /* send a close with `code` and close the connection */
};

enum fx_net_websocket_role {
    FX_NET_WEBSOCKET_ROLE_SERVER = 1, /* we are the server: frames that arrive must be masked */
    FX_NET_WEBSOCKET_ROLE_CLIENT = 2  /* we are the client: they must not be */
};

/** The parser of one connection. Fields behind `code` are its own business. */
struct fx_net_websocket {
    enum fx_net_websocket_event event;
    fx_str payload; /* of the event; borrowed until the next feed */
    uint16_t code;  /* of CLOSE (1005: none given) and of FAILED (1002, 1007, 1009) */
    enum fx_net_websocket_role role;
    uint32_t message_size_max;
    uint32_t fragments_max;
    uint32_t fragment_count;
    struct fx_buf message;
    uint64_t frame_left;
    uint32_t mask_offset;
    uint32_t utf8_state;
    uint8_t mask[4];
    uint8_t header[FX_NET_WEBSOCKET_HEADER_SIZE_MAX];
    uint8_t header_size;
    uint8_t header_need;
    uint8_t frame_opcode;
    uint8_t message_opcode; /* 0 while no message is open */
    uint8_t control_size;
    bool is_in_payload;
    bool is_frame_final;
    bool is_message_given; /* the message buffer is to be cleared by the next feed */
    uint8_t control[FX_NET_WEBSOCKET_CONTROL_SIZE_MAX];
};

/** One frame to be written. */
struct fx_net_websocket_frame {
    enum fx_net_websocket_opcode opcode;
    fx_str payload;
    bool is_fragment; /* more frames of this message follow */
    bool is_masked;   /* clients must */
    uint32_t mask;    /* random, from the caller */
};

/**
 * Make a parser. Messages above `message_size_max` bytes (joined) end with code 1009, messages of
 * more than FX_NET_WEBSOCKET_FRAGMENTS_MAX fragments too.
 */
void fx_net_websocket_init(struct fx_net_websocket *websocket,
                           enum fx_net_websocket_role role,
                           uint32_t message_size_max);

/** Release the memory. Accepts a zeroed parser. */
void fx_net_websocket_deinit(struct fx_net_websocket *websocket);

/**
 * Take bytes up to the next event; then look at websocket->event. After CLOSE and FAILED nothing
 * more is consumed. @return how many bytes were consumed.
 */
size_t fx_net_websocket_feed(struct fx_net_websocket *websocket, fx_str bytes);

/** Append a frame. Control frames: payload <= 125 bytes and not a fragment. */
void fx_net_websocket_write(struct fx_buf *buf, const struct fx_net_websocket_frame *frame);

/** Write the header of an unmasked, final frame. @return its size: 2, 4 or 10. */
uint32_t fx_net_websocket_write_header(enum fx_net_websocket_opcode opcode,
                                       uint64_t payload_size,
                                       uint8_t header_out[FX_NET_WEBSOCKET_HEADER_SIZE_MAX]);

/** Write the payload of a close frame; the reason is cut to 123 bytes. @return its size. */
uint32_t fx_net_websocket_write_close(uint16_t code,
                                      fx_str reason,
                                      uint8_t payload_out[FX_NET_WEBSOCKET_CONTROL_SIZE_MAX]);

/** True for codes that may be on the wire: 1000-1003, 1007-1014, 3000-4999. */
bool fx_net_websocket_is_code(uint16_t code);

#endif

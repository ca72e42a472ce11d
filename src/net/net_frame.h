/**
 * @file net_frame.h
 * Bytes ready for the wire with a count of holders: a broadcast encodes once and queues a pointer.
 * Thread: one at a time (the count is not atomic): create and use it in the server's thread.
 */
#ifndef FX_NET_NET_FRAME_H
#define FX_NET_NET_FRAME_H

#include <stdint.h>

#include "base/str.h"
#include "net/net_websocket.h"

/** Immutable once it is queued anywhere. */
struct fx_net_frame {
    uint32_t refcount;
    uint32_t size;
    uint16_t header_size; /* of the WebSocket header at the front; 0: raw bytes */
    uint16_t opcode;      /* of it */
    char bytes[];
};

/** Make a frame of these raw bytes. @return it with one holder (gives); NULL without memory. */
struct fx_net_frame *fx_net_frame_create(fx_str bytes);

/** Make one unmasked, final WebSocket frame around `payload`. @return as above. */
struct fx_net_frame *fx_net_frame_create_websocket(enum fx_net_websocket_opcode opcode,
                                                   fx_str payload);

/** What is behind the WebSocket header: for carriers that have another one. Borrowed. */
fx_str fx_net_frame_payload(const struct fx_net_frame *frame);

/** Add a holder. @return frame. */
struct fx_net_frame *fx_net_frame_acquire(struct fx_net_frame *frame);

/** Drop a holder; the last one frees. Accepts NULL. */
void fx_net_frame_release(struct fx_net_frame *frame);

#endif

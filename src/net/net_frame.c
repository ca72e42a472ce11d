#include "net/net_frame.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

static struct fx_net_frame *allocate(size_t size)
{
    FX_ASSERT(size <= UINT32_MAX);
    struct fx_net_frame *frame = malloc(sizeof *frame + size);
    if (frame != NULL) {
        frame->refcount = 1;
        frame->size = (uint32_t)size;
        frame->header_size = 0;
        frame->opcode = 0;
    }
    return frame;
}

struct fx_net_frame *fx_net_frame_create(fx_str bytes)
{
    struct fx_net_frame *frame = allocate(bytes.size);
    if (frame != NULL && bytes.size > 0) {
        memcpy(frame->bytes, bytes.data, bytes.size);
    }
    return frame;
}

struct fx_net_frame *fx_net_frame_create_websocket(enum fx_net_websocket_opcode opcode,
                                                   fx_str payload)
{
    uint8_t header[FX_NET_WEBSOCKET_HEADER_SIZE_MAX];
    const uint32_t header_size = fx_net_websocket_write_header(opcode, payload.size, header);
    struct fx_net_frame *frame = allocate(header_size + payload.size);
    if (frame != NULL) {
        frame->header_size = (uint16_t)header_size;
        frame->opcode = (uint16_t)opcode;
        memcpy(frame->bytes, header, header_size);
        if (payload.size > 0) {
            memcpy(frame->bytes + header_size, payload.data, payload.size);
        }
    }
    return frame;
}

fx_str fx_net_frame_payload(const struct fx_net_frame *frame)
{
    return (fx_str){frame->bytes + frame->header_size, frame->size - frame->header_size};
}

struct fx_net_frame *fx_net_frame_acquire(struct fx_net_frame *frame)
{
    FX_ASSERT(frame->refcount > 0 && frame->refcount < UINT32_MAX);
    frame->refcount++;
    return frame;
}

void fx_net_frame_release(struct fx_net_frame *frame)
{
    if (frame == NULL) {
        return;
    }
    FX_ASSERT(frame->refcount > 0);
    frame->refcount--;
    if (frame->refcount == 0) {
        free(frame);
    }
}

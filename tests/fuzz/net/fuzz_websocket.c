/* The WebSocket parser on any bytes: no fault, one outcome however the bytes are split, and every
 * message that comes out can be written and read again. */
#include <stdint.h>
#include <string.h>

#include "base/panic.h"
#include "net/net_utf8.h"
#include "net/net_websocket.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer wants this name
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mix(uint64_t hash, fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        hash = (hash ^ (uint8_t)text.data[index]) * UINT64_C(1099511628211);
    }
    return (hash ^ text.size) * UINT64_C(1099511628211);
}

static void check_event(const struct fx_net_websocket *websocket)
{
    if (websocket->event == FX_NET_WEBSOCKET_EVENT_TEXT) {
        FX_ASSERT(fx_net_utf8_is_valid(websocket->payload));
    }
    if (websocket->event == FX_NET_WEBSOCKET_EVENT_CLOSE) {
        FX_ASSERT(websocket->code == 1005 || fx_net_websocket_is_code(websocket->code));
        FX_ASSERT(fx_net_utf8_is_valid(websocket->payload));
    }
    FX_ASSERT(websocket->payload.size <= 2048);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static uint64_t run(fx_str input, size_t piece, enum fx_net_websocket_role role)
{
    struct fx_net_websocket websocket;
    uint64_t hash = 1;
    bool is_over = false;
    fx_net_websocket_init(&websocket, role, 2048);
    size_t offset = 0;
    while (offset < input.size && !is_over) {
        const size_t end = piece < input.size - offset ? offset + piece : input.size;
        while (offset < end && !is_over) {
            offset +=
                fx_net_websocket_feed(&websocket, (fx_str){input.data + offset, end - offset});
            if (websocket.event != FX_NET_WEBSOCKET_EVENT_NONE) {
                check_event(&websocket);
                hash = mix(hash * 31 + (uint64_t)websocket.event, websocket.payload);
            }
            is_over = websocket.event == FX_NET_WEBSOCKET_EVENT_CLOSE ||
                      websocket.event == FX_NET_WEBSOCKET_EVENT_FAILED;
        }
    }
    hash = hash * 65537 + (is_over ? websocket.code : 0U);
    fx_net_websocket_deinit(&websocket);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const enum fx_net_websocket_role role =
        (data[0] & 1) != 0 ? FX_NET_WEBSOCKET_ROLE_SERVER : FX_NET_WEBSOCKET_ROLE_CLIENT;
    const fx_str input = {(const char *)data + 1, size - 1};
    const uint64_t whole = run(input, SIZE_MAX, role);
    FX_ASSERT(run(input, 1, role) == whole);
    FX_ASSERT(run(input, 2 + data[0] / 2U, role) == whole);
    return 0;
}

/* push/push_rooms: any bytes give an event that is JSON, or a status; what was read is written and
 * read again as the same. */
#include <stdint.h>

#include "base/json.h"
#include "base/panic.h"
#include "push/push_rooms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fx_push_rooms_message message, again;
    struct fx_buf event, body, same;
    fx_buf_init(&event, 1 << 20);
    fx_buf_init(&body, 1 << 22);
    fx_buf_init(&same, 1 << 20);
    const fx_str bytes = {(const char *)data, size};
    if (size > 0 && fx_push_rooms_decode(bytes, &message, &event) == FX_OK) {
        FX_ASSERT(message.room_count <= FX_PUSH_ROOMS_MAX);
        const fx_status status = fx_push_rooms_encode(&body, &message, fx_buf_str(&event));
        if (status == FX_OK && fx_push_rooms_decode(fx_buf_str(&body), &again, &same) == FX_OK) {
            FX_ASSERT(fx_str_is_equal(fx_buf_str(&same), fx_buf_str(&event)));
            FX_ASSERT(again.room_count == message.room_count);
            FX_ASSERT(fx_str_is_equal(again.nsp, message.nsp));
        }
    }
    fx_buf_deinit(&event);
    fx_buf_deinit(&body);
    fx_buf_deinit(&same);
    return 0;
}

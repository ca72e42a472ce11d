#include "push/push_polling.h"

#include <stdlib.h>

#include "base/panic.h"

enum { CAPACITY_MIN = 8 };

void fx_push_polling_init(
    struct fx_push_polling *polling,
    enum fx_push_eio eio,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): named in the header
    bool is_base64,
    bool is_websocket)
{
    *polling = (struct fx_push_polling){.phase = is_websocket ? FX_PUSH_POLLING_PHASE_UPGRADED
                                                              : FX_PUSH_POLLING_PHASE_POLLING,
                                        .eio = eio,
                                        .is_base64 = is_base64};
}

void fx_push_polling_empty(struct fx_push_polling *polling)
{
    for (uint32_t index = 0; index < polling->count; index++) {
        fx_net_frame_release(polling->frames[index]);
    }
    free(polling->frames);
    polling->frames = NULL;
    polling->count = 0;
    polling->capacity = 0;
    polling->bytes = 0;
}

void fx_push_polling_deinit(struct fx_push_polling *polling)
{
    fx_push_polling_empty(polling);
}

bool fx_push_polling_is_on(const struct fx_push_polling *polling)
{
    return polling->phase >= FX_PUSH_POLLING_PHASE_POLLING &&
           polling->phase <= FX_PUSH_POLLING_PHASE_PROBED;
}

static bool grow(struct fx_push_polling *polling)
{
    const uint32_t capacity = polling->capacity == 0 ? CAPACITY_MIN : 2 * polling->capacity;
    struct fx_net_frame **frames =
        realloc(polling->frames, capacity * sizeof(struct fx_net_frame *));
    if (frames == NULL) {
        return false;
    }
    polling->frames = frames;
    polling->capacity = capacity;
    return true;
}

bool fx_push_polling_push(struct fx_push_polling *polling, struct fx_net_frame *frame)
{
    FX_ASSERT(fx_push_polling_is_on(polling));
    if (polling->count == FX_PUSH_POLLING_PACKETS_MAX ||
        frame->size > UINT32_MAX - polling->bytes ||
        (polling->count == polling->capacity && !grow(polling))) {
        return false;
    }
    polling->frames[polling->count] = fx_net_frame_acquire(frame);
    polling->count++;
    polling->bytes += frame->size;
    return true;
}

bool fx_push_polling_poll(struct fx_push_polling *polling)
{
    const bool is_open =
        fx_push_polling_is_on(polling) || polling->phase == FX_PUSH_POLLING_PHASE_CLOSING;
    if (!is_open || polling->has_poll) {
        return false;
    }
    polling->has_poll = true;
    return true;
}

void fx_push_polling_drop(struct fx_push_polling *polling)
{
    polling->has_poll = false;
}

bool fx_push_polling_is_due(const struct fx_push_polling *polling)
{
    return polling->has_poll && (polling->count > 0 || polling->is_noop_due ||
                                 polling->phase == FX_PUSH_POLLING_PHASE_CLOSING);
}

static struct fx_push_payload_packet packet_of(const struct fx_net_frame *frame)
{
    return (struct fx_push_payload_packet){.is_binary =
                                               frame->opcode == FX_NET_WEBSOCKET_OPCODE_BINARY,
                                           .bytes = fx_net_frame_payload(frame)};
}

/* Revision 3 makes a body binary only where a packet is. */
static enum fx_push_payload_form form_of(const struct fx_push_polling *polling)
{
    if (polling->eio == FX_PUSH_EIO_4) {
        return FX_PUSH_PAYLOAD_FORM_4;
    }
    for (uint32_t index = 0; index < polling->count && !polling->is_base64; index++) {
        if (packet_of(polling->frames[index]).is_binary) {
            return FX_PUSH_PAYLOAD_FORM_3_BINARY;
        }
    }
    return FX_PUSH_PAYLOAD_FORM_3;
}

enum fx_push_payload_form fx_push_polling_write(struct fx_push_polling *polling,
                                                struct fx_buf *body)
{
    FX_ASSERT(fx_push_polling_is_due(polling));
    const enum fx_push_payload_form form = form_of(polling);
    for (uint32_t index = 0; index < polling->count; index++) {
        const struct fx_push_payload_packet packet = packet_of(polling->frames[index]);
        fx_push_payload_append(body, form, &packet, index == 0);
    }
    const bool is_closing = polling->phase == FX_PUSH_POLLING_PHASE_CLOSING;
    if (is_closing || polling->count == 0) {
        const bool is_close = is_closing && polling->is_close_last;
        const struct fx_push_payload_packet packet = {.bytes =
                                                          is_close ? FX_STR("1") : FX_STR("6")};
        fx_push_payload_append(body, form, &packet, polling->count == 0);
    }
    fx_push_polling_empty(polling);
    polling->has_poll = false;
    polling->is_noop_due = false;
    if (is_closing) {
        polling->phase = FX_PUSH_POLLING_PHASE_CLOSED;
    }
    return form;
}

/* ---- the upgrade -----------------------------------------------------------------------------
 */

bool fx_push_polling_offer(struct fx_push_polling *polling, int64_t now_ms)
{
    if (polling->phase != FX_PUSH_POLLING_PHASE_POLLING) {
        return false;
    }
    polling->phase = FX_PUSH_POLLING_PHASE_OFFERED;
    polling->deadline_ms = now_ms + FX_PUSH_POLLING_UPGRADE_MS;
    return true;
}

enum fx_push_polling_word fx_push_polling_hear(struct fx_push_polling *polling,
                                               bool is_binary,
                                               fx_str packet)
{
    if (!is_binary && polling->phase == FX_PUSH_POLLING_PHASE_OFFERED &&
        fx_str_is_equal(packet, FX_STR("2probe"))) {
        polling->phase = FX_PUSH_POLLING_PHASE_PROBED;
        polling->is_noop_due = true;
        return FX_PUSH_POLLING_WORD_PROBE;
    }
    if (!is_binary && polling->phase == FX_PUSH_POLLING_PHASE_PROBED &&
        fx_str_is_equal(packet, FX_STR("5"))) {
        polling->phase = FX_PUSH_POLLING_PHASE_UPGRADED;
        polling->is_noop_due = polling->has_poll; /* it ends what still waits */
        return FX_PUSH_POLLING_WORD_SWITCH;
    }
    return FX_PUSH_POLLING_WORD_WRONG;
}

void fx_push_polling_withdraw(struct fx_push_polling *polling)
{
    if (polling->phase == FX_PUSH_POLLING_PHASE_OFFERED ||
        polling->phase == FX_PUSH_POLLING_PHASE_PROBED) {
        polling->phase = FX_PUSH_POLLING_PHASE_POLLING;
        polling->is_noop_due = false;
    }
}

/* ---- the end ---------------------------------------------------------------------------------
 */

void fx_push_polling_close(struct fx_push_polling *polling,
                           enum fx_push_polling_end end,
                           int64_t now_ms)
{
    if (polling->phase >= FX_PUSH_POLLING_PHASE_CLOSING) {
        return;
    }
    const bool is_carrying = polling->phase != FX_PUSH_POLLING_PHASE_UPGRADED;
    const bool is_waiting = is_carrying && (polling->has_poll || end == FX_PUSH_POLLING_END_TOLD);
    if (!is_waiting || end != FX_PUSH_POLLING_END_TOLD) {
        fx_push_polling_empty(polling); /* a client that is cut off gets no half of a story */
    }
    polling->is_close_last = end != FX_PUSH_POLLING_END_BY_CLIENT;
    polling->deadline_ms = now_ms + FX_PUSH_POLLING_CLOSING_MS;
    polling->phase = is_waiting ? FX_PUSH_POLLING_PHASE_CLOSING : FX_PUSH_POLLING_PHASE_CLOSED;
}

enum fx_push_polling_event fx_push_polling_tick(struct fx_push_polling *polling, int64_t now_ms)
{
    switch (polling->phase) {
    case FX_PUSH_POLLING_PHASE_OFFERED:
    case FX_PUSH_POLLING_PHASE_PROBED:
        if (now_ms >= polling->deadline_ms) {
            fx_push_polling_withdraw(polling);
            return FX_PUSH_POLLING_EVENT_WITHDRAW;
        }
        /* The client may have begun one more poll before it read 3probe: that one must end too. */
        if (polling->phase == FX_PUSH_POLLING_PHASE_PROBED && now_ms >= polling->noop_ms) {
            polling->noop_ms = now_ms + FX_PUSH_POLLING_NOOP_MS;
            polling->is_noop_due = true;
        }
        return FX_PUSH_POLLING_EVENT_NONE;
    case FX_PUSH_POLLING_PHASE_CLOSING:
        if (now_ms >= polling->deadline_ms) {
            polling->phase = FX_PUSH_POLLING_PHASE_CLOSED;
            return FX_PUSH_POLLING_EVENT_CLOSED;
        }
        return FX_PUSH_POLLING_EVENT_NONE;
    case FX_PUSH_POLLING_PHASE_POLLING:
    case FX_PUSH_POLLING_PHASE_UPGRADED:
    case FX_PUSH_POLLING_PHASE_CLOSED:
    default:
        return FX_PUSH_POLLING_EVENT_NONE;
    }
}

/* Any packets into a session of either revision: no fault, no answer after the end, and what is
 * decoded can be written and read again. Input: one byte of options, then packets separated by
 * 0x1e; a packet that begins with 'B' is binary, '~' lets time pass. */
#include <stdint.h>
#include <string.h>

#include "base/panic.h"
#include "push/push_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct owner {
    struct fx_push_session session;
    struct fx_buf copy;
    uint32_t joined;
    uint32_t left;
    uint32_t closed;
    bool is_refusing;
};

static struct fx_json json;
static struct fx_json json_again;
static struct fx_buf out;

static void on_send(void *self, bool is_binary, fx_str packet)
{
    const struct owner *owner = self;
    FX_ASSERT(owner->closed == 0);
    FX_ASSERT(is_binary || packet.size > 0);
}

static void on_shut(void *self, uint16_t code, fx_str reason)
{
    struct owner *owner = self;
    FX_ASSERT(code >= 1000 && reason.size < 100);
    FX_ASSERT(owner->joined == owner->left);
    owner->closed++;
    FX_ASSERT(owner->closed == 1);
}

static void on_make_id(void *self, char id_out[FX_PUSH_SESSION_SID_SIZE])
{
    (void)self;
    memset(id_out, 'i', FX_PUSH_SESSION_SID_SIZE);
}

static bool on_connect(void *self,
                       const struct fx_push_session_connect *connect,
                       struct fx_push_session_refusal *refusal_out)
{
    struct owner *owner = self;
    if (owner->is_refusing && connect->index == 1) {
        *refusal_out = (struct fx_push_session_refusal){FX_STR("no"), 401};
        return false;
    }
    owner->joined++;
    return true;
}

static void on_event(void *self, const struct fx_push_session_event *event)
{
    struct owner *owner = self;
    FX_ASSERT(event->attachment_count <= FX_PUSH_PACKET_ATTACHMENTS_MAX);
    FX_ASSERT(event->json->tokens[0].kind == FX_JSON_ARRAY && event->json->tokens[0].count > 0);
    if (event->has_ack) {
        fx_push_session_ack(&owner->session, event, event->data);
    } else if (event->attachment_count == 3) {
        fx_push_session_kick(&owner->session, event->index, 5);
    }
}

static void on_ack(void *self, const struct fx_push_session_event *ack)
{
    (void)self;
    FX_ASSERT(ack->has_ack);
}

static void on_leave(void *self, uint32_t index)
{
    struct owner *owner = self;
    FX_ASSERT(index < 2);
    owner->left++;
    FX_ASSERT(owner->left <= owner->joined);
}

static void check_codec(struct owner *owner, fx_str text)
{
    struct fx_push_packet packet;
    struct fx_push_packet again;
    if (fx_push_packet_decode(text, &json, &packet) != FX_OK) {
        return;
    }
    fx_buf_clear(&owner->copy);
    fx_push_packet_encode(&owner->copy, &packet);
    const fx_str written = fx_buf_str(&owner->copy);
    const fx_status status =
        fx_push_packet_decode(fx_str_slice(written, 1, written.size), &json_again, &again);
    FX_ASSERT(status == FX_OK && again.type == packet.type);
    FX_ASSERT(again.ack == packet.ack && again.attachments == packet.attachments);
    FX_ASSERT(fx_str_is_equal(again.name_space, packet.name_space));
    FX_ASSERT(fx_str_is_equal(again.data, packet.data));
}

static void run(struct owner *owner, fx_str input)
{
    int64_t now_ms = 1000;
    for (size_t offset = 0; offset < input.size;) {
        size_t end = fx_str_find(input, '\x1e', offset);
        end = end == SIZE_MAX ? input.size : end;
        const fx_str packet = fx_str_slice(input, offset, end - offset);
        offset = end + 1;
        if (packet.size > 0 && packet.data[0] == '~') {
            now_ms += 7000;
            fx_push_session_tick(&owner->session, now_ms);
        } else if (packet.size > 0 && packet.data[0] == 'B') {
            fx_push_session_receive(
                &owner->session, true, fx_str_slice(packet, 1, packet.size), now_ms);
        } else {
            check_codec(owner, fx_str_slice(packet, 1, packet.size));
            fx_push_session_receive(&owner->session, false, packet, now_ms);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fx_push_session_door DOOR = {
        on_send, on_shut, on_make_id, on_connect, on_event, on_ack, on_leave, NULL};
    static const struct fx_push_session_config CONFIG = {.door = &DOOR,
                                                         .json = &json,
                                                         .out = &out,
                                                         .namespaces = {{"/", 1}, {"/ws", 3}},
                                                         .namespace_count = 2,
                                                         .ping_interval_ms = 25000,
                                                         .ping_timeout_ms = 20000,
                                                         .connect_timeout_ms = 45000,
                                                         .payload_size_max = 1000000};
    struct owner owner = {0};
    if (size == 0) {
        return 0;
    }
    fx_buf_init(&out, 1 << 20);
    fx_buf_init(&owner.copy, 1 << 20);
    owner.is_refusing = (data[0] & 2) != 0;
    fx_push_session_init(
        &owner.session, &CONFIG, (data[0] & 1) != 0 ? FX_PUSH_EIO_4 : FX_PUSH_EIO_3, &owner);
    fx_push_session_open(&owner.session, false, 1000);
    run(&owner, (fx_str){(const char *)data + 1, size - 1});
    fx_push_session_lost(&owner.session);
    FX_ASSERT(owner.joined == owner.left);
    fx_push_session_deinit(&owner.session);
    fx_buf_deinit(&owner.copy);
    fx_buf_deinit(&out);
    return 0;
}

/* From released events to rooms: private ones at once, orders per command. Public ones are in
 * push_public.c. */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"
#include "wire/wire_rows.h"

enum {
    BATCH_SIZE_MAX = 1 << 19, /* must fit into an event of the feed … */
    BATCH_SIZE_FULL = 1 << 17 /* … and is sent before it could be cut: nothing private is lost */
};

fx_str fx_push_notify_room(uint64_t user_id, char target[FX_PUSH_HUB_NAME_SIZE_MAX])
{
    const fx_str prefix = FX_STR("user_");
    char digits[20];
    size_t count = 0;
    do {
        digits[sizeof digits - 1 - count] = (char)('0' + user_id % 10);
        user_id /= 10;
        count++;
    } while (user_id > 0);
    memcpy(target, prefix.data, prefix.size);
    memcpy(target + prefix.size, digits + sizeof digits - count, count);
    return (fx_str){target, prefix.size + count};
}

/* ---- private events --------------------------------------------------------------------------
 */

static bool is_online(const struct fx_push *push, uint64_t user_id)
{
    char target[FX_PUSH_HUB_NAME_SIZE_MAX];
    const fx_str name = fx_push_notify_room(user_id, target);
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        if (fx_push_hub_find(&push->hubs[index], name) != NULL) {
            return true;
        }
    }
    return false;
}

/* The feed's event to all sockets of a user. */
static void send_to_user(struct fx_push *push, uint64_t user_id)
{
    char target[FX_PUSH_HUB_NAME_SIZE_MAX];
    const fx_str name = fx_push_notify_room(user_id, target);
    for (uint32_t index = 0; index < FX_PUSH_NAMESPACES; index++) {
        const struct fx_push_hub_room *room = fx_push_hub_find(&push->hubs[index], name);
        struct fx_push_hub_member *member = room == NULL ? NULL : room->first;
        struct fx_net_frame *frame = member == NULL ? NULL : fx_push_feed_frame(&push->feed, index);
        while (member != NULL && frame != NULL) {
            /* Sending may close a slow client: its membership, and the room, may then be gone. */
            struct fx_push_hub_member *next = member->room_next;
            const struct fx_push_socket *socket = member->socket->owner;
            FX_ASSERT(socket->user_id == user_id); /* P1 */
            fx_push_client_send(socket->client, frame);
            member = next;
        }
    }
}

static void notify_account(struct fx_push *push)
{
    static const fx_str NAMES[] = {{"account", 7}, {"balance", 7}};
    const struct fx_rows_account *row = fx_view_last_account(push->options.view);
    if (!is_online(push, row->user_id)) {
        return;
    }
    for (size_t index = 0; index < sizeof NAMES / sizeof NAMES[0]; index++) {
        fx_wire_rows_account(fx_push_feed_begin(&push->feed, NAMES[index]), row);
        fx_push_feed_end(&push->feed);
        send_to_user(push, row->user_id);
    }
}

static void notify_position(struct fx_push *push)
{
    const struct fx_rows_position *row = fx_view_last_position(push->options.view);
    if (is_online(push, row->user_id)) {
        fx_wire_rows_position(fx_push_feed_begin(&push->feed, FX_STR("position")), row);
        fx_push_feed_end(&push->feed);
        send_to_user(push, row->user_id);
    }
}

/* The batch of a user in this command; NULL without memory. */
static struct fx_push_batch *batch_of(struct fx_push *push, uint64_t user_id)
{
    struct fx_push_batch *batch = push->batches;
    while (batch != NULL && batch->user_id != user_id) {
        batch = batch->next;
    }
    if (batch != NULL) {
        return batch;
    }
    batch = push->batches_free;
    if (batch != NULL) {
        push->batches_free = batch->next;
    } else {
        batch = calloc(1, sizeof *batch);
        if (batch == NULL) {
            return NULL;
        }
        fx_buf_init(&batch->text, BATCH_SIZE_MAX);
    }
    fx_buf_clear(&batch->text);
    batch->user_id = user_id;
    batch->next = push->batches;
    push->batches = batch;
    return batch;
}

static void gather_order(struct fx_push *push)
{
    const struct fx_rows_order *row = fx_view_last_order(push->options.view);
    struct fx_push_batch *batch =
        is_online(push, row->user_id) ? batch_of(push, row->user_id) : NULL;
    if (batch != NULL) {
        fx_json_append_comma(&batch->text);
        fx_wire_rows_order(&batch->text, row);
        if (batch->text.size > BATCH_SIZE_FULL) {
            fx_push_notify_orders(push);
        }
    }
}

void fx_push_notify_orders(struct fx_push *push)
{
    while (push->batches != NULL) {
        struct fx_push_batch *batch = push->batches;
        struct fx_buf *buf = fx_push_feed_begin(&push->feed, FX_STR("orders"));
        fx_buf_append_byte(buf, '[');
        fx_buf_append(buf, fx_buf_str(&batch->text));
        fx_buf_append_byte(buf, ']');
        fx_push_feed_end(&push->feed);
        send_to_user(push, batch->user_id);
        push->batches = batch->next;
        batch->next = push->batches_free;
        push->batches_free = batch;
    }
}

static void release_batches(struct fx_push_batch *batch)
{
    while (batch != NULL) {
        struct fx_push_batch *next = batch->next;
        fx_buf_deinit(&batch->text);
        free(batch);
        batch = next;
    }
}

void fx_push_notify_deinit(struct fx_push *push)
{
    release_batches(push->batches);
    release_batches(push->batches_free);
    push->batches = NULL;
    push->batches_free = NULL;
}

void fx_push_notify_on_event(struct fx_push *push, const struct fx_event *event)
{
    if (event->kind == FX_EVENT_DUMP_BEGIN || event->kind == FX_EVENT_DUMP_END) {
        push->is_dumping = event->kind == FX_EVENT_DUMP_BEGIN;
        return;
    }
    if (push->is_dumping) {
        return;
    }
    switch (event->kind) {
    case FX_EVENT_ACCOUNT:
        notify_account(push);
        break;
    case FX_EVENT_POSITION:
        notify_position(push);
        break;
    case FX_EVENT_ORDER:
        gather_order(push);
        break;
    case FX_EVENT_TRADE:
        push->has_trades = true;
        break;
    case FX_EVENT_BOOK:
        push->book_us[event->u.book.instrument] = event->time_us;
        break;
    case FX_EVENT_RESULT: /* the command's last event */
        fx_push_notify_orders(push);
        break;
    default:
        break;
    }
}

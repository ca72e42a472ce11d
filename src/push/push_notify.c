/* From released events to users: rooms of Socket.IO at once, its orders and all of the plain stream
 * per command. Public events are in push_public.c. */
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "model/rows_funding.h"
#include "model/rows_risk.h"
#include "push/push_int.h"
#include "wire/wire_funding.h"
#include "wire/wire_risk.h"
#include "wire/wire_rows.h"

enum {
    BATCH_SIZE_MAX = 1 << 19,  /* must fit into an event of the feed … */
    BATCH_SIZE_FULL = 1 << 17, /* … and is sent before it could be cut: nothing private is lost */
    BATCHES_FREE_MAX = 1024
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
    if (push->gate.stats.sessions == 0) {
        return false;
    }
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

static struct fx_push_batch *make_batch(struct fx_push *push)
{
    struct fx_push_batch *batch = push->batches_free;
    if (batch != NULL) {
        push->batches_free = batch->next;
        push->batches_free_count--;
        return batch;
    }
    batch = calloc(1, sizeof *batch);
    for (uint32_t topic = 0; batch != NULL && topic < FX_PUSH_INBOX_TOPICS; topic++) {
        fx_buf_init(&batch->rows[topic], BATCH_SIZE_MAX);
    }
    return batch;
}

/* The batch of a user in this command; NULL without memory. */
static struct fx_push_batch *batch_of(struct fx_push *push,
                                      uint64_t user_id,
                                      struct fx_push_inbox *inbox)
{
    struct fx_push_batch *batch = inbox != NULL ? inbox->batch : push->batches;
    while (inbox == NULL && batch != NULL && batch->user_id != user_id) {
        batch = batch->next; /* without an inbox there are orders only, of few users */
    }
    if (batch != NULL) {
        return batch;
    }
    batch = make_batch(push);
    if (batch == NULL) {
        return NULL;
    }
    for (uint32_t topic = 0; topic < FX_PUSH_INBOX_TOPICS; topic++) {
        fx_buf_clear(&batch->rows[topic]);
    }
    batch->user_id = user_id;
    batch->time_us = push->options.market->time_us;
    batch->next = push->batches;
    push->batches = batch;
    if (inbox != NULL) {
        inbox->batch = batch;
    }
    return batch;
}

/* Where the rows of a topic are gathered; NULL where nobody would get them, or without memory. */
static struct fx_buf *begin_row(struct fx_push *push,
                                uint64_t user_id,
                                enum fx_push_inbox_topic topic)
{
    struct fx_push_inbox *inbox = fx_push_inbox_find(&push->inboxes, user_id);
    const bool is_wanted =
        inbox != NULL || (topic == FX_PUSH_INBOX_TOPIC_ORDER && is_online(push, user_id));
    struct fx_push_batch *batch = is_wanted ? batch_of(push, user_id, inbox) : NULL;
    if (batch == NULL) {
        if (inbox != NULL) {
            fx_push_private_break(push, inbox);
        }
        return NULL;
    }
    fx_json_append_comma(&batch->rows[topic]);
    return &batch->rows[topic];
}

static void end_row(struct fx_push *push, const struct fx_buf *rows)
{
    if (rows->size > BATCH_SIZE_FULL) {
        fx_push_notify_send(push);
    }
}

static void notify_account(struct fx_push *push)
{
    static const fx_str NAMES[] = {{"account", 7}, {"balance", 7}};
    const struct fx_rows_account *row = fx_view_last_account(push->options.view);
    struct fx_buf *rows = begin_row(push, row->user_id, FX_PUSH_INBOX_TOPIC_WALLET);
    if (rows != NULL) {
        fx_wire_rows_account(rows, row);
        end_row(push, rows);
    }
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
    struct fx_buf *rows = begin_row(push, row->user_id, FX_PUSH_INBOX_TOPIC_POSITION);
    if (rows != NULL) {
        fx_wire_rows_position(rows, row);
        end_row(push, rows);
    }
    if (is_online(push, row->user_id)) {
        fx_wire_rows_position(fx_push_feed_begin(&push->feed, FX_STR("position")), row);
        fx_push_feed_end(&push->feed);
        send_to_user(push, row->user_id);
    }
}

static void notify_order(struct fx_push *push)
{
    const struct fx_rows_order *row = fx_view_last_order(push->options.view);
    struct fx_buf *rows = begin_row(push, row->user_id, FX_PUSH_INBOX_TOPIC_ORDER);
    if (rows != NULL) {
        fx_wire_rows_order(rows, row);
        end_row(push, rows);
    }
}

/* A trade as its two sides may see it. Who trades with himself sees it once. */
static void notify_trade(struct fx_push *push, const struct fx_event *event)
{
    const struct fx_event_trade *trade = &event->u.trade;
    const uint64_t users[] = {trade->buy_user_id, trade->sell_user_id};
    const struct fx_market_symbol *symbol = fx_market_at(push->options.market, trade->instrument);
    push->has_trades = true;
    for (uint32_t index = 0; index < (users[0] == users[1] ? 1U : 2U); index++) {
        struct fx_buf *rows = begin_row(push, users[index], FX_PUSH_INBOX_TOPIC_EXECUTION);
        if (rows != NULL) {
            struct fx_rows_trade row;
            fx_rows_trade_of(event, &symbol->definition, &row);
            fx_wire_rows_fill(rows, &row, users[index]);
            end_row(push, rows);
        }
    }
}

/* ---- notifications ---------------------------------------------------------------------------
 */

/* What a user is told of: one of these. */
struct notice {
    fx_str type;
    const struct fx_rows_liquidation *step; /* of his liquidation … */
    bool is_counterpart;                    /* … or of the other's whom he had to close against */
    const struct fx_rows_funding_payment *payment;
};

static void append_notice(struct fx_buf *buf, const struct notice *notice)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("type"), notice->type);
    fx_json_append_key(buf, FX_STR("data"));
    if (notice->payment != NULL) {
        fx_wire_funding_payment(buf, notice->payment);
    } else if (notice->is_counterpart) {
        fx_wire_risk_deleverage(buf, notice->step);
    } else {
        fx_wire_risk_liquidation(buf, notice->step, false);
    }
    fx_buf_append_byte(buf, '}');
}

static void notify(struct fx_push *push, uint64_t user_id, const struct notice *notice)
{
    if (user_id == 0) {
        return; /* the exchange */
    }
    struct fx_buf *rows = begin_row(push, user_id, FX_PUSH_INBOX_TOPIC_NOTIFICATION);
    if (rows != NULL) {
        append_notice(rows, notice);
        end_row(push, rows);
    }
    if (is_online(push, user_id)) {
        append_notice(fx_push_feed_begin(&push->feed, FX_STR("notifications")), notice);
        fx_push_feed_end(&push->feed);
        send_to_user(push, user_id);
    }
}

static void notify_liquidation(struct fx_push *push, const struct fx_event *event)
{
    const struct fx_market_symbol *symbol =
        fx_market_at(push->options.market, event->u.liquidation.instrument);
    struct fx_rows_liquidation row;
    fx_rows_risk_liquidation_of(event, &symbol->definition, &row);
    notify(push, row.user_id, &(struct notice){.type = FX_STR("LIQUIDATION"), .step = &row});
    if (event->u.liquidation.step == FX_LIQUIDATION_STEP_ADL) {
        notify(push,
               row.counter_user_id,
               &(struct notice){.type = FX_STR("ADL"), .step = &row, .is_counterpart = true});
    }
}

static void notify_payment(struct fx_push *push, const struct fx_event *event)
{
    struct fx_rows_funding_payment row;
    if (!fx_rows_funding_is_payment(event)) {
        return;
    }
    const struct fx_market_symbol *symbol =
        fx_market_at(push->options.market, event->u.transaction.instrument);
    fx_rows_funding_payment_of(event, &symbol->definition, &row);
    notify(push, row.user_id, &(struct notice){.type = FX_STR("FUNDING"), .payment = &row});
}

static void send_orders(struct fx_push *push, const struct fx_push_batch *batch)
{
    const struct fx_buf *rows = &batch->rows[FX_PUSH_INBOX_TOPIC_ORDER];
    if (rows->size == 0 || !is_online(push, batch->user_id)) {
        return;
    }
    struct fx_buf *buf = fx_push_feed_begin(&push->feed, FX_STR("orders"));
    fx_buf_append_byte(buf, '[');
    fx_buf_append(buf, fx_buf_str(rows));
    fx_buf_append_byte(buf, ']');
    fx_push_feed_end(&push->feed);
    send_to_user(push, batch->user_id);
}

static void send_batch(struct fx_push *push, const struct fx_push_batch *batch)
{
    send_orders(push, batch);
    struct fx_push_inbox *inbox = fx_push_inbox_find(&push->inboxes, batch->user_id);
    if (inbox == NULL) {
        return;
    }
    inbox->batch = NULL;
    for (uint32_t topic = 0; topic < FX_PUSH_INBOX_TOPICS; topic++) {
        if (batch->rows[topic].size > 0) {
            fx_push_private_publish(push, inbox, (enum fx_push_inbox_topic)topic, batch);
        }
    }
}

static void free_batch(struct fx_push_batch *batch)
{
    for (uint32_t topic = 0; topic < FX_PUSH_INBOX_TOPICS; topic++) {
        fx_buf_deinit(&batch->rows[topic]);
    }
    free(batch);
}

void fx_push_notify_send(struct fx_push *push)
{
    while (push->batches != NULL) {
        struct fx_push_batch *batch = push->batches;
        send_batch(push, batch);
        push->batches = batch->next;
        if (push->batches_free_count == BATCHES_FREE_MAX) {
            free_batch(batch);
            continue;
        }
        batch->next = push->batches_free;
        push->batches_free = batch;
        push->batches_free_count++;
    }
}

static void release_batches(struct fx_push_batch *batch)
{
    while (batch != NULL) {
        struct fx_push_batch *next = batch->next;
        free_batch(batch);
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
        notify_order(push);
        break;
    case FX_EVENT_TRADE:
        notify_trade(push, event);
        break;
    case FX_EVENT_LIQUIDATION:
        notify_liquidation(push, event);
        break;
    case FX_EVENT_TRANSACTION:
        notify_payment(push, event);
        break;
    case FX_EVENT_BOOK:
        push->book_us[event->u.book.instrument] = event->time_us;
        break;
    case FX_EVENT_RESULT: /* the command's last event */
        fx_push_notify_send(push);
        break;
    default:
        break;
    }
}

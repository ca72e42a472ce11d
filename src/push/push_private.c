/* Private topics of the plain stream: what a command changed of a user, numbered and kept in the
 * user's inbox (P13), and the state of all for who cannot be given the rest. */
#include "base/panic.h"
#include "push/push_int.h"
#include "wire/wire_rows.h"

enum {
    PART_SIZE_FULL = 1 << 17,            /* a snapshot goes out in parts of about this size */
    SNAPSHOT_SIZE_MAX = 3 * 1024 * 1024, /* of one topic; must fit into the server's queue */
    RECEIVERS_MAX = 10                   /* connections of a user with private topics */
};

/* A snapshot being written: the rows of one topic. */
struct snapshot {
    struct fx_push_stream *stream;
    enum fx_push_inbox_topic topic;
    uint64_t size; /* of the parts sent */
    uint32_t part; /* from 1 */
    bool is_cut;   /* more rows than may be sent */
    bool is_final; /* no other topic follows */
};

static int64_t now_ms_of(const struct fx_push *push)
{
    return fx_net_server_now_ms(push->options.server);
}

/* ---- who listens -----------------------------------------------------------------------------
 */

fx_status fx_push_private_enter(struct fx_push_stream *stream)
{
    struct fx_push *push = stream->push;
    struct fx_push_inbox *inbox = stream->inbox;
    if (stream->user_id == 0) {
        return FX_UNAUTHORIZED;
    }
    if (inbox != NULL) {
        return FX_OK;
    }
    inbox = fx_push_inbox_find(&push->inboxes, stream->user_id);
    if (inbox != NULL && inbox->listener_count >= RECEIVERS_MAX) {
        return FX_CAPACITY;
    }
    const fx_status status = fx_push_inbox_enter(&push->inboxes, stream->user_id, &inbox);
    if (status != FX_OK) {
        return status;
    }
    struct fx_push_stream *first = inbox->first;
    stream->inbox = inbox;
    stream->inbox_next = first;
    if (first != NULL) {
        first->inbox_previous = stream;
    }
    inbox->first = stream;
    return FX_OK;
}

void fx_push_private_leave(struct fx_push_stream *stream)
{
    struct fx_push_inbox *inbox = stream->inbox;
    if (inbox == NULL) {
        return;
    }
    if (stream->inbox_next != NULL) {
        stream->inbox_next->inbox_previous = stream->inbox_previous;
    }
    if (stream->inbox_previous != NULL) {
        stream->inbox_previous->inbox_next = stream->inbox_next;
    } else {
        inbox->first = stream->inbox_next;
    }
    stream->inbox = NULL;
    stream->inbox_next = NULL;
    stream->inbox_previous = NULL;
    stream->topics = 0;
    fx_push_inbox_leave(&stream->push->inboxes, inbox, now_ms_of(stream->push));
}

/* ---- what changed ----------------------------------------------------------------------------
 */

void fx_push_private_break(struct fx_push *push, struct fx_push_inbox *inbox)
{
    fx_push_inbox_break(&push->inboxes, inbox);
    /* Closing frees nothing (P8): the list stays as it is. */
    for (struct fx_push_stream *stream = inbox->first; stream != NULL;
         stream = stream->inbox_next) {
        fx_push_stream_close(stream, FX_NET_WEBSOCKET_CODE_TRY_LATER, FX_STR("out of memory"));
    }
}

void fx_push_private_publish(struct fx_push *push,
                             struct fx_push_inbox *inbox,
                             enum fx_push_inbox_topic topic,
                             const struct fx_push_batch *batch)
{
    uint64_t previous = 0;
    const uint64_t seq = fx_push_inbox_next(inbox, topic, &previous);
    const struct fx_push_stream_head head = {.topic = fx_push_inbox_topic_name(topic),
                                             .seq = seq,
                                             .previous = (int64_t)previous,
                                             .time_us = batch->time_us};
    fx_push_stream_topic_begin(push, &head);
    fx_buf_append_byte(&push->text, '[');
    fx_buf_append(&push->text, fx_buf_str(&batch->rows[topic]));
    fx_buf_append(&push->text, FX_STR("]}"));
    struct fx_net_frame *frame =
        push->text.is_overflow || batch->rows[topic].is_overflow
            ? NULL
            : fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT, fx_buf_str(&push->text));
    if (frame == NULL) {
        fx_push_private_break(push, inbox);
        return;
    }
    push->feed.encoded++;
    fx_push_inbox_keep(&push->inboxes, inbox, topic, frame);
    for (struct fx_push_stream *stream = inbox->first; stream != NULL;
         stream = stream->inbox_next) {
        FX_ASSERT(stream->user_id == inbox->user_id); /* P1 */
        if ((stream->topics & (1U << (uint32_t)topic)) != 0) {
            (void)fx_push_stream_send_frame(stream, frame);
        }
    }
    fx_net_frame_release(frame);
}

/* As the state below, the rest may be longer than what a reader may let lie: the server's own bound
 * is for it. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): bits of topics, then a number
void fx_push_private_resume(struct fx_push_stream *stream, uint32_t topics, uint64_t seq)
{
    const struct fx_push_inbox_entry *entry = fx_push_inbox_after(stream->inbox, seq);
    while (entry != NULL) {
        if ((topics & (1U << (uint32_t)entry->topic)) != 0) {
            if (!fx_net_server_send_frame(
                    stream->push->options.server, stream->token, entry->frame)) {
                return; /* closed: it comes back with the last number that it got */
            }
            stream->push->stats.frames++;
        }
        entry = fx_push_inbox_after(stream->inbox, entry->seq);
    }
}

/* ---- the state -------------------------------------------------------------------------------
 */

static void begin_part(struct snapshot *snapshot)
{
    struct fx_push *push = snapshot->stream->push;
    const struct fx_push_inbox *inbox = snapshot->stream->inbox;
    const struct fx_push_stream_head head = {.topic = fx_push_inbox_topic_name(snapshot->topic),
                                             .is_snapshot = true,
                                             .seq = inbox->topic_seq[snapshot->topic],
                                             .previous = -1,
                                             .time_us = push->options.market->time_us};
    snapshot->part++;
    fx_push_stream_topic_begin(push, &head);
    fx_buf_append_byte(&push->text, '[');
}

/* The server's own bound is for these: a state may be larger than what a reader may let lie. */
static void end_part(struct snapshot *snapshot, bool is_last)
{
    struct fx_push *push = snapshot->stream->push;
    struct fx_buf *buf = &push->text;
    fx_buf_append_byte(buf, ']');
    fx_json_add_int(buf, FX_STR("part"), snapshot->part);
    fx_json_add_bool(buf, FX_STR("isLast"), is_last);
    if (snapshot->is_cut) {
        fx_json_add_bool(buf, FX_STR("isCut"), true);
    }
    if (is_last && snapshot->is_final) { /* who has this has all, and may resume from here */
        const struct fx_push_inbox *inbox = snapshot->stream->inbox;
        fx_json_add_str(buf, FX_STR("epoch"), (fx_str){inbox->epoch, sizeof inbox->epoch});
    }
    fx_buf_append_byte(buf, '}');
    snapshot->size += buf->size;
    push->feed.encoded++;
    push->stats.frames += fx_net_server_send(push->options.server,
                                             snapshot->stream->token,
                                             FX_NET_WEBSOCKET_OPCODE_TEXT,
                                             fx_buf_str(buf));
}

/* Room for one more row. @return NULL where no more rows may be sent. */
static struct fx_buf *next_row(struct snapshot *snapshot)
{
    struct fx_buf *buf = &snapshot->stream->push->text;
    if (snapshot->size + buf->size > SNAPSHOT_SIZE_MAX) {
        snapshot->is_cut = true;
        return NULL;
    }
    if (buf->size > PART_SIZE_FULL) {
        end_part(snapshot, false);
        begin_part(snapshot);
    }
    fx_json_append_comma(buf);
    return buf;
}

static void append_orders(struct snapshot *snapshot)
{
    const struct fx_push_stream *stream = snapshot->stream;
    uint32_t cursor = 0;
    const struct fx_rows_order *row = NULL;
    while ((row = fx_view_next_order(stream->push->options.view, stream->user_id, &cursor)) !=
           NULL) {
        struct fx_buf *buf = next_row(snapshot);
        if (buf == NULL) {
            return;
        }
        fx_wire_rows_order(buf, row);
    }
}

static void append_positions(struct snapshot *snapshot)
{
    const struct fx_push_stream *stream = snapshot->stream;
    uint32_t cursor = 0;
    const struct fx_rows_position *row = NULL;
    while ((row = fx_view_next_position(stream->push->options.view, stream->user_id, &cursor)) !=
           NULL) {
        struct fx_buf *buf = next_row(snapshot);
        if (buf == NULL) {
            return;
        }
        fx_wire_rows_position(buf, row);
    }
}

static void append_accounts(struct snapshot *snapshot)
{
    const struct fx_push_stream *stream = snapshot->stream;
    uint32_t cursor = 0;
    const struct fx_rows_account *row = NULL;
    while ((row = fx_view_next_account(stream->push->options.view, stream->user_id, &cursor)) !=
           NULL) {
        struct fx_buf *buf = next_row(snapshot);
        if (buf == NULL) {
            return;
        }
        fx_wire_rows_account(buf, row);
    }
}

static void send_topic(struct snapshot *snapshot)
{
    begin_part(snapshot);
    switch (snapshot->topic) {
    case FX_PUSH_INBOX_TOPIC_ORDER:
        append_orders(snapshot);
        break;
    case FX_PUSH_INBOX_TOPIC_POSITION:
        append_positions(snapshot);
        break;
    case FX_PUSH_INBOX_TOPIC_WALLET:
        append_accounts(snapshot);
        break;
    case FX_PUSH_INBOX_TOPIC_EXECUTION:    /* facts, not a state: the rest is in GET /trade … */
    case FX_PUSH_INBOX_TOPIC_NOTIFICATION: /* … /liquidations/own and /funding/payments */
    default:
        break;
    }
    end_part(snapshot, true);
}

void fx_push_private_snapshot(struct fx_push_stream *stream, uint32_t topics)
{
    for (uint32_t topic = 0; topic < FX_PUSH_INBOX_TOPICS; topic++) {
        if ((topics & (1U << topic)) != 0) {
            struct snapshot snapshot = {.stream = stream,
                                        .topic = (enum fx_push_inbox_topic)topic,
                                        .is_final = topics >> topic == 1};
            send_topic(&snapshot);
        }
    }
}

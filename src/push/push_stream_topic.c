/* Public topics of the plain stream: a snapshot once, then differences, each from the state that
 * was published last (P10). A member that missed one gets a snapshot as soon as it reads again. */
#include <string.h>

#include "base/panic.h"
#include "push/push_int.h"
#include "wire/wire_public.h"

enum {
    SILENCE_MS = 30000, /* then a heartbeat: seq == prevSeq */
    PRINTS_IN_SNAPSHOT = 50,
    OPERATION_INDEX_BITS = 20 /* of an operationId; the rest is the engine's sequence */
};

enum message_type { MESSAGE_SNAPSHOT, MESSAGE_DELTA, MESSAGE_HEARTBEAT };

struct message {
    enum message_type type;
    int64_t previous; /* its prevSeq */
};

static int64_t now_us_of(const struct fx_push *push)
{
    return push->options.wall_us(push->options.clock_self);
}

static const struct fx_market_symbol *symbol_of(const struct fx_push *push,
                                                const struct fx_push_public *public)
{
    return fx_market_at(push->options.market, public->topic.instrument);
}

/* ---- texts -----------------------------------------------------------------------------------
 */

static void append_levels(struct fx_buf *buf,
                          const struct fx_market_symbol *symbol,
                          const struct fx_push_book_side *side)
{
    fx_buf_append_byte(buf, '[');
    for (uint32_t index = 0; index < side->count; index++) {
        const struct fx_push_book_level level = side->levels[index];
        fx_wire_public_level(
            buf, &symbol->definition, (struct fx_wire_public_level){level.ticks, level.lots});
    }
    fx_buf_append_byte(buf, ']');
}

static void append_book(struct fx_buf *buf,
                        const struct fx_push_public *public,
                        const struct fx_market_symbol *symbol,
                        enum message_type type)
{
    static const struct fx_push_book_side NONE[2];
    const struct fx_push_book_side *sides = NONE;
    if (type != MESSAGE_HEARTBEAT) {
        sides = type == MESSAGE_SNAPSHOT ? public->book.sides : public->book.changes;
    }
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("s"), fx_ids_symbol_str(&symbol->definition.symbol));
    fx_json_append_key(buf, FX_STR("b"));
    append_levels(buf, symbol, &sides[0]);
    fx_json_append_key(buf, FX_STR("a"));
    append_levels(buf, symbol, &sides[1]);
    fx_buf_append_byte(buf, '}');
}

/* The prints of a topic: all trades, or those of liquidations. */
struct prints {
    uint64_t count;    /* ever */
    uint32_t fresh;    /* not published yet */
    uint32_t kept_max; /* older ones are gone */
};

static bool has_prints(const struct fx_push_public *public)
{
    return public->topic.kind == FX_PUSH_TOPIC_KIND_TRADES ||
           public->topic.kind == FX_PUSH_TOPIC_KIND_LIQUIDATION;
}

static struct prints prints_of(const struct fx_push_public *public,
                               const struct fx_market_symbol *symbol)
{
    return public->topic.kind == FX_PUSH_TOPIC_KIND_LIQUIDATION
               ? (struct prints){symbol->tape.noted_count, symbol->new_noted, FX_TAPE_NOTED_MAX}
               : (struct prints){symbol->tape.count, symbol->new_trades, FX_TAPE_COUNT_MAX};
}

/* The last print that was published; NULL where there was none. */
static const struct fx_tape_trade *last_print(const struct fx_push_public *public,
                                              const struct fx_market_symbol *symbol)
{
    const uint32_t index = (uint32_t)(prints_of(public, symbol).count - public->tape_to);
    return public->topic.kind == FX_PUSH_TOPIC_KIND_LIQUIDATION
               ? fx_tape_noted_at(&symbol->tape, index)
               : fx_tape_at(&symbol->tape, index);
}

/* A snapshot is of the state that was published, without what came to the tape since. */
static void append_prints(struct fx_buf *buf,
                          const struct fx_push_public *public,
                          const struct fx_market_symbol *symbol,
                          enum message_type type)
{
    struct fx_push_feed_range range = {
        .from = (uint32_t)(prints_of(public, symbol).count - public->tape_to)};
    if (type == MESSAGE_SNAPSHOT) {
        range.count = PRINTS_IN_SNAPSHOT;
    } else if (type == MESSAGE_DELTA) {
        range.count = (uint32_t)(public->tape_to - public->tape_from);
    }
    if (public->topic.kind == FX_PUSH_TOPIC_KIND_LIQUIDATION) {
        fx_push_feed_liquidations(buf, symbol, range);
    } else {
        fx_push_feed_trades(buf, symbol, range);
    }
}

static void append_data(struct fx_push *push,
                        const struct fx_push_public *public,
                        enum message_type type)
{
    const struct fx_market_symbol *symbol = symbol_of(push, public);
    switch (public->topic.kind) {
    case FX_PUSH_TOPIC_KIND_BOOK:
        append_book(&push->text, public, symbol, type);
        break;
    case FX_PUSH_TOPIC_KIND_TRADES:
    case FX_PUSH_TOPIC_KIND_LIQUIDATION:
        append_prints(&push->text, public, symbol, type);
        break;
    case FX_PUSH_TOPIC_KIND_MARK:
        fx_push_feed_mark(&push->text, symbol);
        break;
    case FX_PUSH_TOPIC_KIND_FUNDING:
        if (type == MESSAGE_HEARTBEAT) {
            fx_buf_append(&push->text, FX_STR("[]"));
        } else {
            fx_push_feed_funding(&push->text, symbol);
        }
        break;
    case FX_PUSH_TOPIC_KIND_SETTLEMENT:
        if (type == MESSAGE_HEARTBEAT) {
            fx_buf_append(&push->text, FX_STR("[]"));
        } else {
            fx_push_feed_settlement(&push->text, symbol);
        }
        break;
    case FX_PUSH_TOPIC_KIND_KLINE:
        if (type == MESSAGE_HEARTBEAT) {
            fx_buf_append(&push->text, FX_STR("[]"));
        } else {
            fx_push_public_bars(push, public, type == MESSAGE_DELTA, &push->text);
        }
        break;
    case FX_PUSH_TOPIC_KIND_TICKER:
    default:
        fx_push_feed_ticker(&push->text, symbol, now_us_of(push));
        break;
    }
}

void fx_push_stream_topic_begin(struct fx_push *push, const struct fx_push_stream_head *head)
{
    struct fx_buf *buf = &push->text;
    fx_buf_clear(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("topic"), head->topic);
    fx_json_add_str(buf, FX_STR("type"), head->is_snapshot ? FX_STR("snapshot") : FX_STR("delta"));
    fx_json_add_int(buf, FX_STR("seq"), (int64_t)head->seq);
    fx_json_add_int(buf, FX_STR("prevSeq"), head->previous);
    fx_json_add_int(buf, FX_STR("ts"), now_us_of(push) / 1000);
    fx_json_add_int(buf, FX_STR("ets"), head->time_us / 1000);
    fx_json_append_key(buf, FX_STR("data"));
}

/* A frame of the current state or of the last change. @return NULL without memory; gives. */
static struct fx_net_frame *make_frame(struct fx_push *push,
                                       const struct fx_push_public *public,
                                       struct message message)
{
    const struct fx_push_stream_head head = {.topic = fx_push_public_name(public),
                                             .is_snapshot = message.type == MESSAGE_SNAPSHOT,
                                             .seq = public->seq,
                                             .previous = message.previous,
                                             .time_us = public->time_us};
    fx_push_stream_topic_begin(push, &head);
    append_data(push, public, message.type);
    fx_buf_append_byte(&push->text, '}');
    push->feed.encoded++;
    return push->text.is_overflow ? NULL
                                  : fx_net_frame_create_websocket(FX_NET_WEBSOCKET_OPCODE_TEXT,
                                                                  fx_buf_str(&push->text));
}

/* ---- states ----------------------------------------------------------------------------------
 */

static void drop_snapshot(struct fx_push_public *public)
{
    fx_net_frame_release(public->snapshot);
    public->snapshot = NULL;
}

void fx_push_stream_topic_forget(struct fx_push_public *public)
{
    drop_snapshot(public);
    fx_push_book_deinit(&public->book);
    public->is_streamed = false;
}

/* Number and time of what the market shows now; of trades, up to tape_to. */
static void stamp(struct fx_push *push, struct fx_push_public *public)
{
    const struct fx_market *market = push->options.market;
    const struct fx_market_symbol *symbol = symbol_of(push, public);
    const struct fx_tape_trade *trade = last_print(public, symbol);
    switch (public->topic.kind) {
    case FX_PUSH_TOPIC_KIND_BOOK:
        public
        ->seq = symbol->depth.sequence;
        public->time_us = push->book_us[public->topic.instrument];
        break;
    case FX_PUSH_TOPIC_KIND_TRADES:
    case FX_PUSH_TOPIC_KIND_LIQUIDATION:
        public
        ->seq = trade == NULL ? 0 : trade->operation_id >> OPERATION_INDEX_BITS;
        public->time_us = trade == NULL ? 0 : trade->time_us;
        break;
    case FX_PUSH_TOPIC_KIND_TICKER:
    case FX_PUSH_TOPIC_KIND_KLINE:
    case FX_PUSH_TOPIC_KIND_MARK:
    case FX_PUSH_TOPIC_KIND_FUNDING:
    case FX_PUSH_TOPIC_KIND_SETTLEMENT:
    default:
        public
        ->seq = market->sequence;
        public->time_us = market->time_us;
        break;
    }
}

/* The first state: what the first member's snapshot shows. @return false without memory. */
static bool begin(struct fx_push *push, struct fx_push_public *public)
{
    const struct fx_push_topic *topic = &public->topic;
    const struct fx_market_symbol *symbol = symbol_of(push, public);
    if (topic->kind == FX_PUSH_TOPIC_KIND_BOOK) {
        if (fx_push_book_init(&public->book, topic->depth, topic->step_ticks) != FX_OK) {
            return false;
        }
        (void)fx_push_book_update(&public->book, &symbol->depth);
    }
    const struct prints prints = prints_of(public, symbol);
    public->tape_to = prints.count - prints.fresh;
    public->tape_from = public->tape_to;
    stamp(push, public);
    public->sent_ms = fx_net_server_now_ms(push->options.server);
    public->is_streamed = true;
    return true;
}

/* Become the next state. @return false where nothing that members see has changed. */
static bool advance(struct fx_push *push, struct fx_push_public *public)
{
    const struct fx_market_symbol *symbol = symbol_of(push, public);
    const uint64_t previous = public->seq;
    const bool is_book = public->topic.kind == FX_PUSH_TOPIC_KIND_BOOK;
    if (is_book && !fx_push_book_update(&public->book, &symbol->depth)) {
        return false;
    }
    public->tape_from = public->tape_to;
    public->tape_to = prints_of(public, symbol).count;
    stamp(push, public);
    if (has_prints(public) ? public->tape_to == public->tape_from
                           : !is_book && public->seq == previous) {
        return false;
    }
    drop_snapshot(public);
    return true;
}

/* True where members that hold the state before can be told by a difference: numbers only grow, and
 * the tape still has all trades in between. Otherwise they begin anew with a snapshot. */
static bool is_chained(const struct fx_push_public *public,
                       const struct fx_market_symbol *symbol,
                       uint64_t previous)
{
    const bool is_whole = !has_prints(public) ||
                          public->tape_to - public->tape_from <= prints_of(public, symbol).kept_max;
    return is_whole && public->seq > previous;
}

/* ---- members ---------------------------------------------------------------------------------
 */

static bool has_room(const struct fx_push_stream *stream)
{
    const struct fx_push_options *options = &stream->push->options;
    return fx_net_server_queued_bytes(options->server, stream->token) <= options->public_queued_max;
}

static void send(struct fx_push_stream *stream, struct fx_net_frame *frame)
{
    if (fx_net_server_send_frame(stream->push->options.server, stream->token, frame)) {
        stream->push->stats.frames++;
    }
}

static void send_snapshot(struct fx_push *push,
                          struct fx_push_public *public,
                          struct fx_push_hub_member *member)
{
    struct fx_push_stream *stream = member->socket->owner;
    if (!has_room(stream)) {
        return;
    }
    if (public->snapshot == NULL) {
        public->snapshot = make_frame(push, public, (struct message){MESSAGE_SNAPSHOT, -1});
    }
    if (public->snapshot != NULL) {
        fx_push_hub_set_behind(member, false);
        send(stream, public->snapshot);
    }
}

static void send_delta(struct fx_push *push,
                       struct fx_push_hub_member *member,
                       struct fx_net_frame *delta)
{
    struct fx_push_stream *stream = member->socket->owner;
    if (delta != NULL && has_room(stream)) {
        send(stream, delta);
        return;
    }
    push->stats.conflated++;
    fx_push_hub_set_behind(member, true); /* it is told by a snapshot that it missed something */
}

void fx_push_stream_topic_welcome(struct fx_push *push,
                                  struct fx_push_public *public,
                                  struct fx_push_hub_member *member)
{
    fx_push_hub_set_behind(member, true);
    if (public->is_streamed || begin(push, public)) {
        send_snapshot(push, public, member);
    }
}

void fx_push_stream_topic_publish(struct fx_push *push,
                                  struct fx_push_public *public,
                                  bool is_changed)
{
    const struct fx_push_hub_room *room =
        fx_push_hub_find(&push->stream_hub, fx_push_public_name(public));
    const int64_t now_ms = fx_net_server_now_ms(push->options.server);
    if (room == NULL) {
        fx_push_stream_topic_forget(public);
        return;
    }
    if (!public->is_streamed && !begin(push, public)) {
        return; /* the next tick tries again */
    }
    const uint64_t previous = public->seq;
    const bool has_delta = is_changed && advance(push, public);
    const bool is_due = !has_delta && now_ms - public->sent_ms >= SILENCE_MS;
    struct fx_net_frame *frame = NULL;
    if (is_due) {
        frame =
            make_frame(push, public, (struct message){MESSAGE_HEARTBEAT, (int64_t) public->seq});
    } else if (has_delta && is_chained(public, symbol_of(push, public), previous)) {
        frame = make_frame(push, public, (struct message){MESSAGE_DELTA, (int64_t)previous});
    }
    public->sent_ms = has_delta || is_due ? now_ms : public->sent_ms;
    for (struct fx_push_hub_member *member = room->first; member != NULL;
         member = member->room_next) {
        if (!member->is_behind && has_delta) {
            send_delta(push, member, frame);
        } else if (!member->is_behind && frame != NULL && has_room(member->socket->owner)) {
            send(member->socket->owner, frame);
        }
        if (member->is_behind) {
            send_snapshot(push, public, member);
        }
    }
    fx_net_frame_release(frame);
}

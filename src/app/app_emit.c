#include "app/app_emit.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "push/push_rooms.h"

enum { TAG_PUBLISH = 1 };

struct fx_app_emit {
    struct fx_cache_session *session;
    struct fx_buf body;
    uint64_t answered; /* replies since the last step */
    fx_status last_status;
    _Atomic uint64_t published;
    _Atomic uint64_t dropped;
    _Atomic int status;
};

static enum fx_cache_session_verdict on_reply(void *context,
                                              uint32_t tag,
                                              const struct fx_cache_session_reply *reply)
{
    struct fx_app_emit *emit = context;
    if (tag == TAG_PUBLISH) {
        emit->answered++;
        atomic_fetch_add_explicit(reply->kind == FX_CACHE_REPLY_NUMBER ? &emit->published
                                                                       : &emit->dropped,
                                  1,
                                  memory_order_relaxed);
    }
    return FX_CACHE_SESSION_DONE;
}

fx_status fx_app_emit_create(const struct fx_cache_server *server, struct fx_app_emit **emit_out)
{
    struct fx_app_emit *emit = calloc(1, sizeof *emit);
    if (emit == NULL) {
        return FX_NO_MEMORY;
    }
    const struct fx_cache_session_options options = {
        .server = *server, .name = "future-notify", .on_reply = on_reply, .context = emit};
    fx_buf_init(&emit->body, FX_PUSH_ROOMS_BODY_SIZE_MAX);
    emit->last_status = FX_BUSY;
    atomic_store(&emit->status, FX_BUSY);
    if (fx_cache_session_create(&options, &emit->session) != FX_OK) {
        fx_app_emit_destroy(emit);
        return FX_NO_MEMORY;
    }
    *emit_out = emit;
    return FX_OK;
}

void fx_app_emit_destroy(struct fx_app_emit *emit)
{
    if (emit != NULL) {
        fx_cache_session_destroy(emit->session);
        fx_buf_deinit(&emit->body);
        free(emit);
    }
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, then what
bool fx_app_emit_try_event(struct fx_app_emit *emit, fx_str room, fx_str event)
{
    char channel[FX_PUSH_ROOMS_CHANNEL_SIZE_MAX];
    struct fx_push_rooms_message message = {
        .uid = FX_STR(FX_APP_EMIT_UID), .nsp = FX_STR("/ws"), .room_count = 1};
    message.rooms[0] = room;
    fx_buf_clear(&emit->body);
    fx_status status = fx_push_rooms_encode(&emit->body, &message, event);
    if (status == FX_OK) {
        const fx_str arguments[] = {FX_STR("PUBLISH"),
                                    fx_push_rooms_channel(message.nsp, message.rooms[0], channel),
                                    fx_buf_str(&emit->body)};
        status = fx_cache_session_append(emit->session, TAG_PUBLISH, arguments, 3);
    }
    if (status != FX_OK && status != FX_BUSY) {
        atomic_fetch_add_explicit(&emit->dropped, 1, memory_order_relaxed);
    }
    return status != FX_BUSY;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): where, then what
void fx_app_emit_event(struct fx_app_emit *emit, fx_str room, fx_str event)
{
    if (!fx_app_emit_try_event(emit, room, event)) {
        atomic_fetch_add_explicit(&emit->dropped, 1, memory_order_relaxed);
    }
}

static void note_status(struct fx_app_emit *emit, fx_status status)
{
    if (status == emit->last_status || status == FX_BUSY) {
        return;
    }
    emit->last_status = status;
    atomic_store_explicit(&emit->status, (int)status, memory_order_relaxed);
    if (status == FX_OK) {
        FX_LOG(FX_LOG_INFO, "notify", "rooms of other processes are told");
    } else {
        FX_LOG(FX_LOG_WARN,
               "notify",
               "Redis cannot be used; trying again",
               fx_log_status("err", status),
               fx_log_text("reason", fx_cache_session_error(emit->session)));
    }
}

int fx_app_emit_step(struct fx_app_emit *emit, int64_t now_us)
{
    emit->answered = 0;
    note_status(emit, fx_cache_session_step(emit->session, now_us));
    return (int)emit->answered;
}

void fx_app_emit_stats(const struct fx_app_emit *emit, struct fx_app_emit_stats *stats_out)
{
    *stats_out = (struct fx_app_emit_stats){
        .published = atomic_load_explicit(&emit->published, memory_order_relaxed),
        .dropped = atomic_load_explicit(&emit->dropped, memory_order_relaxed),
        .status = (fx_status)atomic_load_explicit(&emit->status, memory_order_relaxed)};
}

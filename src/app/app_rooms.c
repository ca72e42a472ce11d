#include "app/app_rooms.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "app/app_emit.h"
#include "base/agent.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/ring.h"
#include "push/push_rooms.h"

enum { IDLE_US_MAX = 5000, RING_CAPACITY = 4096, POLL_MAX = 512, EVENT_SIZE_MAX = 1 << 18 };

/* Messages that wait for the gateway: so many, and so much memory. */
#define WAITING_BYTES_MAX ((uint64_t)32 << 20)

/* A message on its way to the gateway: its own bytes, and the event behind them. */
struct parcel {
    struct fx_push_rooms_message message; /* its texts point into `bytes` */
    fx_str event;
    size_t size; /* of all of it */
    char bytes[];
};

struct fx_app_rooms {
    struct fx_cache_session *session;
    struct fx_agent *agent;
    struct fx_ring *ring; /* of struct parcel * */
    struct fx_buf event;
    fx_app_rooms_wake_fn wake;
    void *self;
    fx_status last_status;
    _Atomic uint64_t dropped;
    _Atomic uint64_t waiting_bytes;
};

static void on_hello(void *context, struct fx_cache_session *session)
{
    static const char *const PATTERNS[] = {"socket.io#/ws#*", "socket.io#/#*"};
    (void)context;
    for (size_t index = 0; index < 2; index++) {
        const fx_str subscribe[] = {FX_STR("PSUBSCRIBE"), fx_str_of(PATTERNS[index])};
        fx_cache_session_hello(session, subscribe, 2);
    }
}

/* The text that `text` is in `from`, in a copy of it at `to`. */
static fx_str moved(fx_str text, const char *from, const char *to)
{
    return text.size == 0 ? text : (fx_str){to + (text.data - from), text.size};
}

/* Take the memory of a parcel. @return false: too much waits already. */
static bool reserve(struct fx_app_rooms *rooms, size_t size)
{
    if (atomic_load_explicit(&rooms->waiting_bytes, memory_order_relaxed) + size >
        WAITING_BYTES_MAX) {
        return false;
    }
    atomic_fetch_add_explicit(&rooms->waiting_bytes, size, memory_order_relaxed);
    return true;
}

static void discard(struct fx_app_rooms *rooms, struct parcel *parcel)
{
    if (parcel != NULL) {
        atomic_fetch_sub_explicit(&rooms->waiting_bytes, parcel->size, memory_order_relaxed);
        free(parcel);
    }
}

static struct parcel *pack(struct fx_app_rooms *rooms,
                           const struct fx_push_rooms_message *message,
                           fx_str body,
                           fx_str event)
{
    const size_t size = sizeof(struct parcel) + body.size + event.size;
    if (!reserve(rooms, size)) {
        return NULL;
    }
    struct parcel *parcel = malloc(size);
    if (parcel == NULL) {
        atomic_fetch_sub_explicit(&rooms->waiting_bytes, size, memory_order_relaxed);
        return NULL;
    }
    parcel->size = size;
    memcpy(parcel->bytes, body.data, body.size);
    memcpy(parcel->bytes + body.size, event.data, event.size);
    parcel->message = *message;
    parcel->message.uid = moved(message->uid, body.data, parcel->bytes);
    parcel->message.nsp = moved(message->nsp, body.data, parcel->bytes);
    for (uint32_t index = 0; index < message->room_count; index++) {
        parcel->message.rooms[index] = moved(message->rooms[index], body.data, parcel->bytes);
    }
    for (uint32_t index = 0; index < message->except_count; index++) {
        parcel->message.except[index] = moved(message->except[index], body.data, parcel->bytes);
    }
    parcel->event = (fx_str){parcel->bytes + body.size, event.size};
    return parcel;
}

/* ["pmessage", pattern, channel, body]. */
static enum fx_cache_session_verdict on_reply(void *context,
                                              uint32_t tag,
                                              const struct fx_cache_session_reply *reply)
{
    struct fx_app_rooms *rooms = context;
    struct fx_push_rooms_message message;
    if (tag != 0 || reply->count != 4) {
        return FX_CACHE_SESSION_DONE;
    }
    const fx_str body = fx_cache_session_item(reply, 3).text;
    fx_buf_clear(&rooms->event);
    struct parcel *parcel = NULL;
    const fx_status status = fx_push_rooms_decode(body, &message, &rooms->event);
    if (status == FX_OK && fx_str_is_equal(message.uid, FX_STR(FX_APP_EMIT_UID))) {
        return FX_CACHE_SESSION_DONE; /* this process follows the log: its sockets know already */
    }
    if (status == FX_OK) {
        parcel = pack(rooms, &message, body, fx_buf_str(&rooms->event));
    }
    if (parcel == NULL || !fx_ring_append(rooms->ring, &parcel)) {
        discard(rooms, parcel);
        atomic_fetch_add_explicit(&rooms->dropped, 1, memory_order_relaxed);
    }
    return FX_CACHE_SESSION_DONE;
}

static int step(void *self, int64_t now_us)
{
    struct fx_app_rooms *rooms = self;
    const fx_status status = fx_cache_session_step(rooms->session, now_us);
    if (status != rooms->last_status && status != FX_BUSY) {
        rooms->last_status = status;
        if (status == FX_OK) {
            FX_LOG(FX_LOG_INFO, "rooms", "listening to what other processes emit");
        } else {
            FX_LOG(FX_LOG_WARN,
                   "rooms",
                   "other processes cannot be heard; trying again",
                   fx_log_status("err", status),
                   fx_log_text("reason", fx_cache_session_error(rooms->session)));
        }
    }
    if (fx_ring_count(rooms->ring) > 0) {
        rooms->wake(rooms->self);
    }
    return 0; /* it sleeps until the next look: messages are news, not orders */
}

fx_status fx_app_rooms_create(const struct fx_cache_server *server,
                              fx_app_rooms_wake_fn wake,
                              void *self,
                              struct fx_app_rooms **rooms_out)
{
    struct fx_app_rooms *rooms = calloc(1, sizeof *rooms);
    if (rooms == NULL) {
        return FX_NO_MEMORY;
    }
    rooms->wake = wake;
    rooms->self = self;
    rooms->last_status = FX_BUSY;
    fx_buf_init(&rooms->event, EVENT_SIZE_MAX);
    const struct fx_cache_session_options session = {.server = *server,
                                                     .name = "future-rooms",
                                                     .on_hello = on_hello,
                                                     .on_reply = on_reply,
                                                     .context = rooms};
    const struct fx_agent_options agent = {.name = "rooms",
                                           .step = step,
                                           .self = rooms,
                                           .clock = fx_clock_monotonic_us,
                                           .idle_us_max = IDLE_US_MAX};
    rooms->ring = fx_ring_create(sizeof(struct parcel *), RING_CAPACITY);
    if (rooms->ring == NULL || fx_cache_session_create(&session, &rooms->session) != FX_OK ||
        fx_agent_create(&agent, &rooms->agent) != FX_OK) {
        fx_app_rooms_destroy(rooms);
        return FX_NO_MEMORY;
    }
    *rooms_out = rooms;
    return FX_OK;
}

void fx_app_rooms_destroy(struct fx_app_rooms *rooms)
{
    struct parcel *parcel = NULL;
    if (rooms == NULL) {
        return;
    }
    fx_agent_destroy(rooms->agent);
    while (rooms->ring != NULL && fx_ring_poll(rooms->ring, &parcel)) {
        free(parcel);
    }
    fx_ring_destroy(rooms->ring);
    fx_cache_session_destroy(rooms->session);
    fx_buf_deinit(&rooms->event);
    free(rooms);
}

fx_status fx_app_rooms_start(struct fx_app_rooms *rooms)
{
    return fx_agent_start(rooms->agent);
}

void fx_app_rooms_stop(struct fx_app_rooms *rooms)
{
    fx_agent_stop(rooms->agent);
    fx_agent_join(rooms->agent);
}

void fx_app_rooms_poll(struct fx_app_rooms *rooms, struct fx_push *push)
{
    struct parcel *parcel = NULL;
    for (uint32_t count = 0; count < POLL_MAX && fx_ring_poll(rooms->ring, &parcel); count++) {
        fx_push_emit(push, &parcel->message, parcel->event);
        discard(rooms, parcel);
    }
}

uint64_t fx_app_rooms_dropped(const struct fx_app_rooms *rooms)
{
    return atomic_load_explicit(&rooms->dropped, memory_order_relaxed);
}

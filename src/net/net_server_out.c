#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/panic.h"
#include "net/net_batch.h"
#include "net/net_server_int.h"

enum {
    IOVECS_MAX = 64,
    QUEUE_CAPACITY_MIN = 8,
    PASSES_MAX = 8 /* of flushing, before the loop looks at the sockets again */
};

static uint32_t at(const struct fx_net_server_queue *queue, uint32_t index)
{
    return (queue->head + index) & (queue->capacity - 1);
}

static bool grow(struct fx_net_server_queue *queue)
{
    const uint32_t capacity = queue->capacity == 0 ? QUEUE_CAPACITY_MIN : 2 * queue->capacity;
    struct fx_net_frame **frames = malloc(capacity * sizeof(struct fx_net_frame *));
    if (frames == NULL) {
        return false;
    }
    for (uint32_t index = 0; index < queue->count; index++) {
        frames[index] = queue->frames[at(queue, index)];
    }
    free(queue->frames);
    queue->frames = frames;
    queue->capacity = capacity;
    queue->head = 0;
    return true;
}

bool fx_net_server_out_push(struct fx_net_server_conn *conn, struct fx_net_frame *frame)
{
    struct fx_net_server_queue *queue = &conn->queue;
    FX_ASSERT(!conn->is_closing);
    if (frame->size == 0) {
        return true;
    }
    if (queue->count == FX_NET_SERVER_QUEUE_MAX || frame->size > UINT32_MAX - queue->size) {
        return false;
    }
    if (queue->count == queue->capacity && !grow(queue)) {
        return false;
    }
    if (queue->count == 0) {
        queue->progress_ms = fx_net_server_now_ms(conn->server);
    }
    queue->frames[at(queue, queue->count)] = fx_net_frame_acquire(frame);
    queue->count++;
    queue->size += frame->size;
    fx_net_server_out_mark(conn);
    return true;
}

void fx_net_server_out_push_bytes(struct fx_net_server_conn *conn, fx_str bytes)
{
    if (conn->is_closing) {
        return;
    }
    struct fx_net_frame *frame = fx_net_frame_create(bytes);
    if (frame == NULL || !fx_net_server_out_push(conn, frame)) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
    fx_net_frame_release(frame);
}

void fx_net_server_out_mark(struct fx_net_server_conn *conn)
{
    struct fx_net_server *server = conn->server;
    if (conn->is_dirty || conn->is_closing) {
        return;
    }
    conn->is_dirty = true;
    conn->dirty_previous = NULL;
    conn->dirty_next = server->dirty;
    if (server->dirty != NULL) {
        server->dirty->dirty_previous = conn;
    }
    server->dirty = conn;
}

void fx_net_server_out_unmark(struct fx_net_server_conn *conn)
{
    if (!conn->is_dirty) {
        return;
    }
    conn->is_dirty = false;
    if (conn->dirty_next != NULL) {
        conn->dirty_next->dirty_previous = conn->dirty_previous;
    }
    if (conn->dirty_previous != NULL) {
        conn->dirty_previous->dirty_next = conn->dirty_next;
    } else {
        conn->server->dirty = conn->dirty_next;
    }
}

void fx_net_server_out_consume(struct fx_net_server_conn *conn, size_t size)
{
    struct fx_net_server_queue *queue = &conn->queue;
    FX_ASSERT(size <= queue->size);
    if (size == 0) {
        return;
    }
    queue->progress_ms = fx_net_server_now_ms(conn->server);
    queue->size -= (uint32_t)size;
    conn->server->stats.bytes_out += size;
    while (queue->count > 0) {
        struct fx_net_frame *frame = queue->frames[queue->head];
        const uint32_t left = frame->size - queue->front_sent;
        if (size < left) {
            queue->front_sent += (uint32_t)size;
            return;
        }
        size -= left;
        queue->front_sent = 0;
        queue->head = at(queue, 1);
        queue->count--;
        fx_net_frame_release(frame);
    }
    FX_ASSERT(size == 0 && queue->size == 0);
}

size_t fx_net_server_out_copy(const struct fx_net_server_conn *conn, char *target, size_t size)
{
    const struct fx_net_server_queue *queue = &conn->queue;
    size_t count = 0;
    for (uint32_t index = 0; index < queue->count && count < size; index++) {
        const struct fx_net_frame *frame = queue->frames[at(queue, index)];
        const uint32_t sent = index == 0 ? queue->front_sent : 0;
        const size_t left = frame->size - sent;
        const size_t part = left < size - count ? left : size - count;
        memcpy(target + count, frame->bytes + sent, part);
        count += part;
    }
    return count;
}

bool fx_net_server_out_is_empty(const struct fx_net_server_conn *conn)
{
    return conn->queue.count == 0 && fx_net_server_tls_is_empty(conn);
}

static uint32_t gather(const struct fx_net_server_queue *queue, uv_buf_t *bufs, size_t *size_out)
{
    const uint32_t count = queue->count < IOVECS_MAX ? queue->count : IOVECS_MAX;
    size_t total = 0;
    for (uint32_t index = 0; index < count; index++) {
        struct fx_net_frame *frame = queue->frames[at(queue, index)];
        const uint32_t sent = index == 0 ? queue->front_sent : 0;
        bufs[index] = uv_buf_init(frame->bytes + sent, frame->size - sent);
        total += frame->size - sent;
    }
    *size_out = total;
    return count;
}

static void on_written(uv_write_t *write, int status)
{
    struct fx_net_server_conn *conn = write->data;
    struct fx_net_server_queue *queue = &conn->queue;
    size_t size = 0;
    for (uint32_t index = 0; index < queue->in_flight; index++) {
        size += queue->frames[at(queue, index)]->size;
    }
    size -= queue->front_sent;
    queue->in_flight = 0;
    if (conn->is_closing) {
        return;
    }
    if (status != 0) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return;
    }
    fx_net_server_out_consume(conn, size);
    fx_net_server_out_mark(conn);
}

/* The kernel's buffer is full: libuv waits for room. The frames stay in the queue meanwhile. */
static void write_later(struct fx_net_server_conn *conn)
{
    uv_buf_t bufs[IOVECS_MAX];
    size_t size = 0;
    const uint32_t count = gather(&conn->queue, bufs, &size);
    conn->write.data = conn;
    conn->queue.in_flight = count;
    conn->server->stats.writes++;
    if (uv_write(&conn->write, (uv_stream_t *)&conn->tcp, bufs, count, on_written) != 0) {
        conn->queue.in_flight = 0;
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
    }
}

static_assert(sizeof(uv_buf_t) == sizeof(struct iovec), "uv_buf_t is an iovec on Unix");
static_assert(offsetof(uv_buf_t, base) == offsetof(struct iovec, iov_base), "as above");
static_assert(offsetof(uv_buf_t, len) == offsetof(struct iovec, iov_len), "as above");

/* What uv_try_write() would do, but as send(2) or sendmsg(2): write(2) goes through the layer of
 * files first, which costs 3 % of a fan-out, and sendmsg(2) copies its lists in. Nothing of uv's is
 * queued here, see in_flight. @return -errno where it fails. */
static ssize_t send_now(const struct fx_net_server_conn *conn, uv_buf_t *bufs, uint32_t count)
{
    const struct msghdr message = {.msg_iov = (struct iovec *)bufs, .msg_iovlen = count};
    ssize_t sent = 0;
    do {
        sent = count == 1 ? send(conn->fd, bufs[0].base, bufs[0].len, MSG_NOSIGNAL | MSG_DONTWAIT)
                          : sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

/* What the kernel said to a send of `size` bytes. @return true where it took all of them. */
static bool on_sent(struct fx_net_server_conn *conn, ssize_t sent, size_t size)
{
    conn->server->stats.writes++;
    if (sent < 0 && sent != -EAGAIN && sent != -ENOBUFS) {
        fx_net_server_conn_cut(conn, FX_NET_WEBSOCKET_CODE_ABNORMAL);
        return false;
    }
    fx_net_server_out_consume(conn, sent > 0 ? (size_t)sent : 0);
    if (sent < 0 || (size_t)sent < size) {
        write_later(conn);
        return false;
    }
    return true;
}

static void write_now(struct fx_net_server_conn *conn)
{
    bool is_more = conn->queue.count > 0;
    while (is_more) {
        uv_buf_t bufs[IOVECS_MAX];
        size_t size = 0;
        const uint32_t count = gather(&conn->queue, bufs, &size);
        is_more = on_sent(conn, send_now(conn, bufs, count), size) && conn->queue.count > 0;
    }
}

static bool can_write(const struct fx_net_server_conn *conn)
{
    return !conn->is_closing && conn->queue.in_flight == 0;
}

/* Do what waited for the queue to be handed over. */
static void after_write(struct fx_net_server_conn *conn)
{
    if (conn->is_closing) {
        return;
    }
    if (conn->mode == FX_NET_SERVER_MODE_WEBSOCKET) {
        fx_net_server_socket_flushed(conn);
    }
    if (conn->is_closing) {
        return;
    }
    if (fx_net_server_out_is_empty(conn) && conn->is_last &&
        conn->mode != FX_NET_SERVER_MODE_LINGER) {
        fx_net_server_conn_linger(conn);
        return;
    }
    fx_net_server_conn_resume(conn);
}

/* While one connection is served, the memory of the next is on its way, and the head of the one
 * after it, which tells where that lies. */
static void prefetch_next(const struct fx_net_server_conn *next)
{
    if (next == NULL) {
        return;
    }
    __builtin_prefetch(next->socket);
    if (next->queue.frames != NULL) {
        __builtin_prefetch(&next->queue.frames[next->queue.head]);
    }
    if (next->dirty_next != NULL) {
        fx_net_server_conn_prefetch(next->dirty_next);
    }
}

/* The marked connections of a pass, as many as go to the kernel together. */
struct pass {
    uint32_t count;
    struct fx_net_server_conn *conns[FX_NET_BATCH_SENDS_MAX];
    uint32_t sizes[FX_NET_BATCH_SENDS_MAX]; /* that are asked for; 0: not in the batch */
};

/* Into the batch, with what goes in one call; what is left there is sent behind it. */
static bool append(struct fx_net_batch *batch, struct fx_net_server_conn *conn, uint32_t *size_out)
{
    uv_buf_t bufs[IOVECS_MAX];
    size_t size = 0;
    const uint32_t count = gather(&conn->queue, bufs, &size);
    if (!fx_net_batch_append(batch, conn->fd, (const struct iovec *)bufs, count)) {
        return false;
    }
    *size_out = (uint32_t)size;
    return true;
}

/* First all that has to do with the kernel, then what calls others: they see queues as they are. */
static void end_pass(struct fx_net_server *server, struct pass *pass)
{
    uint32_t sent_count = 0;
    const bool is_batch = server->batch != NULL && fx_net_batch_count(server->batch) > 0;
    const int32_t *results = is_batch ? fx_net_batch_send(server->batch) : NULL;
    server->stats.batches += is_batch ? 1 : 0;
    for (uint32_t index = 0; index < pass->count; index++) {
        struct fx_net_server_conn *conn = pass->conns[index];
        if (results != NULL && pass->sizes[index] > 0 &&
            on_sent(conn, results[sent_count++], pass->sizes[index])) {
            write_now(conn);
        }
    }
    for (uint32_t index = 0; index < pass->count; index++) {
        after_write(pass->conns[index]);
    }
    pass->count = 0;
}

/* A lone connection gains nothing from the batch. */
static void write_or_append(struct pass *pass, struct fx_net_server_conn *conn, bool is_alone)
{
    struct fx_net_server *server = conn->server;
    uint32_t size = 0;
    if (can_write(conn) && conn->tls != NULL) {
        fx_net_server_tls_write(conn);
    } else if (can_write(conn) && conn->queue.count > 0) {
        if (server->batch == NULL || is_alone) {
            write_now(conn);
        } else if (!append(server->batch, conn, &size)) {
            end_pass(server, pass);
            /* Whoever was called meanwhile may have cut this one. */
            const bool is_in =
                !can_write(conn) || conn->queue.count == 0 || append(server->batch, conn, &size);
            FX_ASSERT(is_in);
        }
    }
    pass->conns[pass->count] = conn;
    pass->sizes[pass->count] = size;
    pass->count++;
}

bool fx_net_server_out_flush_all(struct fx_net_server *server)
{
    struct pass pass;
    pass.count = 0;
    for (uint32_t round = 0; round < PASSES_MAX && server->dirty != NULL; round++) {
        struct fx_net_server_conn *conn = server->dirty;
        const bool is_alone = conn->dirty_next == NULL;
        /* What is marked meanwhile goes to the front of a new list: this pass is bounded. */
        server->dirty = NULL;
        while (conn != NULL) {
            struct fx_net_server_conn *next = conn->dirty_next;
            if (next != NULL) {
                next->dirty_previous = NULL;
            }
            prefetch_next(next);
            conn->is_dirty = false;
            conn->dirty_next = NULL;
            write_or_append(&pass, conn, is_alone);
            if (pass.count == FX_NET_BATCH_SENDS_MAX || server->batch == NULL) {
                end_pass(server, &pass);
            }
            conn = next;
        }
        end_pass(server, &pass);
    }
    return server->dirty == NULL;
}

void fx_net_server_out_drop(struct fx_net_server_conn *conn)
{
    struct fx_net_server_queue *queue = &conn->queue;
    for (uint32_t index = 0; index < queue->count; index++) {
        fx_net_frame_release(queue->frames[at(queue, index)]);
    }
    free(queue->frames);
    *queue = (struct fx_net_server_queue){0};
}

/* The rings of io_uring by its system calls: what is used of them is less than a library's header.
 *
 * The kernel runs a send of MSG_DONTWAIT while it takes it from the queue, so the answers are there
 * when the call returns; the loop around it is for calls that a signal ends early. No message may
 * be in the kernel's hands when we return: its bytes belong to others. */
#include "net/net_batch.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/panic.h"

struct fx_net_batch {
    int fd;
    uint32_t count;
    uint32_t part_count;
    _Atomic uint32_t *queue_tail; /* of what we ask */
    const uint32_t *queue_mask;
    uint32_t *queue_slots;
    struct io_uring_sqe *asks;
    _Atomic uint32_t *answer_head;
    _Atomic uint32_t *answer_tail;
    const uint32_t *answer_mask;
    const struct io_uring_cqe *answers;
    void *rings; /* one mapping for both */
    size_t rings_size;
    size_t asks_size;
    int32_t results[FX_NET_BATCH_SENDS_MAX];
    struct msghdr messages[FX_NET_BATCH_SENDS_MAX];
    struct iovec parts[FX_NET_BATCH_PARTS_MAX];
};

static int enter(const struct fx_net_batch *batch, uint32_t count, uint32_t wanted)
{
    return (int)syscall(
        SYS_io_uring_enter, batch->fd, count, wanted, IORING_ENTER_GETEVENTS, NULL, 0);
}

/* Does this kernel know both operations? */
static bool is_able(int fd)
{
    enum { OPERATIONS = 64 };
    const size_t size =
        sizeof(struct io_uring_probe) + OPERATIONS * sizeof(struct io_uring_probe_op);
    struct io_uring_probe *probe = calloc(1, size);
    bool is_able = false;
    if (probe != NULL &&
        syscall(SYS_io_uring_register, fd, IORING_REGISTER_PROBE, probe, OPERATIONS) == 0) {
        is_able = probe->ops_len > IORING_OP_SEND &&
                  (probe->ops[IORING_OP_SEND].flags & IO_URING_OP_SUPPORTED) != 0 &&
                  (probe->ops[IORING_OP_SENDMSG].flags & IO_URING_OP_SUPPORTED) != 0;
    }
    free(probe);
    return is_able;
}

static void *map(const struct fx_net_batch *batch, size_t size, off_t what)
{
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, batch->fd, what);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool open_rings(struct fx_net_batch *batch)
{
    struct io_uring_params params = {0};
    batch->fd = (int)syscall(SYS_io_uring_setup, FX_NET_BATCH_SENDS_MAX, &params);
    if (batch->fd < 0 || (params.features & IORING_FEAT_SINGLE_MMAP) == 0 || !is_able(batch->fd)) {
        return false;
    }
    const size_t queue_end = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
    const size_t answers_end = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    batch->rings_size = queue_end > answers_end ? queue_end : answers_end;
    batch->asks_size = params.sq_entries * sizeof(struct io_uring_sqe);
    batch->rings = map(batch, batch->rings_size, IORING_OFF_SQ_RING);
    batch->asks = map(batch, batch->asks_size, IORING_OFF_SQES);
    if (batch->rings == NULL || batch->asks == NULL) {
        return false;
    }
    char *const base = batch->rings;
    batch->queue_tail = (_Atomic uint32_t *)(void *)(base + params.sq_off.tail);
    batch->queue_mask = (const uint32_t *)(void *)(base + params.sq_off.ring_mask);
    batch->queue_slots = (uint32_t *)(void *)(base + params.sq_off.array);
    batch->answer_head = (_Atomic uint32_t *)(void *)(base + params.cq_off.head);
    batch->answer_tail = (_Atomic uint32_t *)(void *)(base + params.cq_off.tail);
    batch->answer_mask = (const uint32_t *)(void *)(base + params.cq_off.ring_mask);
    batch->answers = (const struct io_uring_cqe *)(void *)(base + params.cq_off.cqes);
    return true;
}

struct fx_net_batch *fx_net_batch_create(void)
{
    struct fx_net_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    batch->fd = -1;
    if (!open_rings(batch)) {
        fx_net_batch_destroy(batch);
        return NULL;
    }
    return batch;
}

void fx_net_batch_destroy(struct fx_net_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    if (batch->asks != NULL) {
        (void)munmap(batch->asks, batch->asks_size);
    }
    if (batch->rings != NULL) {
        (void)munmap(batch->rings, batch->rings_size);
    }
    if (batch->fd >= 0) {
        (void)close(batch->fd);
    }
    free(batch);
}

bool fx_net_batch_append(struct fx_net_batch *batch,
                         int fd,
                         const struct iovec *parts,
                         uint32_t count)
{
    FX_ASSERT(count > 0 && count <= FX_NET_BATCH_PARTS_MAX);
    if (batch->count == FX_NET_BATCH_SENDS_MAX ||
        count > FX_NET_BATCH_PARTS_MAX - batch->part_count) {
        return false;
    }
    const uint32_t tail = atomic_load_explicit(batch->queue_tail, memory_order_relaxed);
    const uint32_t slot = (tail + batch->count) & *batch->queue_mask;
    struct io_uring_sqe *ask = &batch->asks[slot];
    memset(ask, 0, sizeof *ask);
    ask->fd = fd;
    ask->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    ask->user_data = batch->count;
    if (count == 1) {
        ask->opcode = IORING_OP_SEND;
        ask->addr = (uintptr_t)parts->iov_base;
        ask->len = (uint32_t)parts->iov_len;
    } else {
        struct iovec *const kept = &batch->parts[batch->part_count];
        memcpy(kept, parts, count * sizeof *kept);
        batch->part_count += count;
        batch->messages[batch->count] = (struct msghdr){.msg_iov = kept, .msg_iovlen = count};
        ask->opcode = IORING_OP_SENDMSG;
        ask->addr = (uintptr_t)&batch->messages[batch->count];
        ask->len = 1;
    }
    batch->queue_slots[slot] = slot;
    batch->results[batch->count] = -EAGAIN;
    batch->count++;
    return true;
}

uint32_t fx_net_batch_count(const struct fx_net_batch *batch)
{
    return batch->count;
}

/* @return how many answers there were. */
static uint32_t take_answers(struct fx_net_batch *batch)
{
    uint32_t head = atomic_load_explicit(batch->answer_head, memory_order_relaxed);
    const uint32_t tail = atomic_load_explicit(batch->answer_tail, memory_order_acquire);
    const uint32_t count = tail - head;
    for (; head != tail; head++) {
        const struct io_uring_cqe *answer = &batch->answers[head & *batch->answer_mask];
        FX_ASSERT(answer->user_data < batch->count);
        batch->results[answer->user_data] = answer->res;
    }
    atomic_store_explicit(batch->answer_head, head, memory_order_release);
    return count;
}

const int32_t *fx_net_batch_send(struct fx_net_batch *batch)
{
    const uint32_t count = batch->count;
    const uint32_t begin = atomic_load_explicit(batch->queue_tail, memory_order_relaxed);
    uint32_t taken = 0;    /* by the kernel */
    uint32_t answered = 0; /* of these */
    atomic_store_explicit(batch->queue_tail, begin + count, memory_order_release);
    while (answered < count) {
        const int result = enter(batch, count - taken, count - answered);
        taken += result > 0 ? (uint32_t)result : 0;
        answered += take_answers(batch);
        if (result < 0 && errno != EINTR && answered == taken) {
            break; /* it takes no more, and has nothing of ours */
        }
    }
    /* What it did not take is not asked again. */
    atomic_store_explicit(batch->queue_tail, begin + taken, memory_order_release);
    batch->count = 0;
    batch->part_count = 0;
    return batch->results;
}

/**
 * @file net_batch.h
 * send(2) to many sockets in one system call, where the kernel has io_uring and lets us use it.
 *
 * Nothing is asynchronous: fx_net_batch_send() returns when all of it has been tried. What a full
 * socket does not take is said at once, as by send(2) with MSG_DONTWAIT. Where io_uring is missing,
 * forbidden (kernel.io_uring_disabled, a container's seccomp) or older than Linux 5.6, there is no
 * batch, and its owner sends one by one.
 *
 * Thread: one at a time.
 */
#ifndef FX_NET_NET_BATCH_H
#define FX_NET_NET_BATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum {
    FX_NET_BATCH_SENDS_MAX = 256,
    FX_NET_BATCH_PARTS_MAX = 1024 /* of all sends of a batch together */
};

struct fx_net_batch;

/** Make an empty batch. @return NULL where io_uring cannot be used, or without memory; gives. */
struct fx_net_batch *fx_net_batch_create(void);

/** Free it. Accepts NULL. */
void fx_net_batch_destroy(struct fx_net_batch *batch);

/**
 * Add one message of `count` parts (1..) to a socket. The bytes are borrowed until
 * fx_net_batch_send() has returned. @return false where there is no room: send the batch first.
 */
bool fx_net_batch_append(struct fx_net_batch *batch,
                         int fd,
                         const struct iovec *parts,
                         uint32_t count);

/** How many messages have been added since the last send. */
uint32_t fx_net_batch_count(const struct fx_net_batch *batch);

/**
 * Send all in the order in which they were added, and begin anew.
 * @return per message, in that order, what send(2) would have returned: the bytes that the kernel
 * took, or -errno. -EAGAIN also for what was not tried because the kernel refused the whole.
 * Borrowed until the next call.
 */
const int32_t *fx_net_batch_send(struct fx_net_batch *batch);

#endif

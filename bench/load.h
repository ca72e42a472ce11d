/*
 * An HTTP load generator on one epoll loop, for benchmarks.
 *
 * Closed loop (rate 0): every connection has one request on the way; shows the most that is served.
 * Open loop: request number k is due at begin + k / rate, whether or not earlier ones were
 * answered; its latency counts from then, also while it waits for a free connection. So a server
 * that stalls is charged for all that would have been sent meanwhile.
 */
#ifndef FX_BENCH_LOAD_H
#define FX_BENCH_LOAD_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/panic.h"

enum {
    LOAD_CONNECTIONS_MAX = 4096,
    LOAD_HEAD_SIZE_MAX = 8192,
    LOAD_REQUEST_SIZE_MAX = 4096,
    LOAD_EVENTS_MAX = 256,
    LOAD_BUCKETS = 40 * 32 /* 32 parts of each power of two of nanoseconds */
};

/** Write request number `number` of a connection. @return its size. */
typedef size_t (*load_request_fn)(void *self, uint32_t connection, uint64_t number, char *target);

struct load_options {
    uint16_t port;
    uint32_t connections;
    double rate; /* per second; 0: closed loop */
    double seconds;
    load_request_fn request;
    void *self;
};

struct load_report {
    uint64_t done;
    uint64_t failed; /* not 2xx */
    double seconds;
    char first_failure[256];
    uint64_t buckets[LOAD_BUCKETS];
};

struct load_connection {
    int fd;
    bool is_busy;
    bool has_head;
    int status;
    size_t body_left;
    size_t head_size;
    int64_t due_ns;
    char head[LOAD_HEAD_SIZE_MAX];
};

struct load {
    const struct load_options *options;
    struct load_report *report;
    int poller;
    uint64_t sent;
    int64_t begin_ns;
    int64_t end_ns;
    uint32_t idle_count;
    uint32_t idle[LOAD_CONNECTIONS_MAX];
    struct load_connection *connections;
};

static inline int64_t load_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline uint32_t load_bucket_of(int64_t ns)
{
    const uint64_t value = ns < 32 ? 32 : (uint64_t)ns;
    const uint32_t power = 63U - (uint32_t)__builtin_clzll(value);
    const uint32_t part = (uint32_t)(value >> (power - 5U)) & 31U;
    const uint32_t bucket = power * 32U + part;
    return bucket < LOAD_BUCKETS ? bucket : LOAD_BUCKETS - 1;
}

/** The latency that a share of the requests did not exceed, in microseconds. */
static inline double load_percentile(const struct load_report *report, double share)
{
    const double wanted = share * (double)report->done;
    double seen = 0;
    for (uint32_t bucket = 0; bucket < LOAD_BUCKETS; bucket++) {
        seen += (double)report->buckets[bucket];
        if (seen >= wanted && seen > 0) {
            const uint64_t base = 1ULL << (bucket / 32U);
            return ((double)base + (double)base * (double)(bucket % 32U + 1U) / 32.0) / 1000.0;
        }
    }
    return 0;
}

static inline int load_compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return a < b ? -1 : (a > b ? 1 : 0);
}

/** The number below which a share of them lies; sorts them. */
static inline double load_quantile(double *numbers, uint32_t count, double share)
{
    qsort(numbers, count, sizeof numbers[0], load_compare);
    return numbers[(uint32_t)(share * (double)(count - 1) + 0.5)];
}

static inline int load_connect(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    FX_ASSERT(fd >= 0 && connected == 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static inline void load_send(struct load *load, uint32_t index, int64_t due_ns)
{
    char bytes[LOAD_REQUEST_SIZE_MAX];
    struct load_connection *connection = &load->connections[index];
    const size_t size = load->options->request(load->options->self, index, load->sent, bytes);
    FX_ASSERT(size <= sizeof bytes && !connection->is_busy);
    connection->is_busy = true;
    connection->has_head = false;
    connection->head_size = 0;
    connection->due_ns = due_ns;
    load->sent++;
    const ssize_t written = write(connection->fd, bytes, size);
    FX_ASSERT(written == (ssize_t)size);
}

static inline int64_t load_due_ns(const struct load *load)
{
    return load->begin_ns + (int64_t)((double)load->sent * 1e9 / load->options->rate);
}

/* Send what is due. @return nanoseconds until the next one; -1: wait for an answer. */
static inline int64_t load_send_due(struct load *load, int64_t now_ns)
{
    while (load->idle_count > 0 && now_ns < load->end_ns) {
        const int64_t due_ns = load->options->rate > 0 ? load_due_ns(load) : now_ns;
        if (due_ns > now_ns) {
            return due_ns - now_ns;
        }
        load->idle_count--;
        load_send(load, load->idle[load->idle_count], due_ns);
    }
    return -1;
}

static inline size_t load_length_of(const char *head, size_t size)
{
    static const char NAME[] = "\r\ncontent-length:";
    for (size_t at = 0; at + sizeof NAME < size; at++) {
        if (head[at] == '\r' && strncasecmp(head + at, NAME, sizeof NAME - 1) == 0) {
            return strtoull(head + at + sizeof NAME - 1, NULL, 10);
        }
    }
    return 0;
}

static inline void load_finish(struct load *load, uint32_t index)
{
    struct load_connection *connection = &load->connections[index];
    struct load_report *report = load->report;
    report->buckets[load_bucket_of(load_now_ns() - connection->due_ns)]++;
    report->done++;
    if (connection->status < 200 || connection->status > 299) {
        report->failed++;
    }
    connection->is_busy = false;
    load->idle[load->idle_count++] = index;
}

/* The bytes of one read: the head is gathered, the body only counted. */
static inline void load_take(struct load *load, uint32_t index, const char *bytes, size_t size)
{
    struct load_connection *connection = &load->connections[index];
    if (!connection->has_head) {
        FX_ASSERT(connection->is_busy);
        const size_t before = connection->head_size;
        const size_t room = sizeof connection->head - before;
        const size_t taken = size < room ? size : room;
        memcpy(connection->head + before, bytes, taken);
        connection->head_size += taken;
        const char *end = memmem(connection->head, connection->head_size, "\r\n\r\n", 4);
        FX_ASSERT(end != NULL || connection->head_size < sizeof connection->head);
        if (end == NULL) {
            return;
        }
        const size_t head_size = (size_t)(end - connection->head) + 4;
        connection->has_head = true;
        connection->status = (int)strtol(connection->head + 9, NULL, 10);
        connection->body_left = load_length_of(connection->head, head_size);
        if (connection->status > 299 && load->report->failed == 0) {
            (void)snprintf(load->report->first_failure,
                           sizeof load->report->first_failure,
                           "%d %.200s",
                           connection->status,
                           connection->head + head_size);
        }
        size -= head_size - before;
    }
    FX_ASSERT(size <= connection->body_left);
    connection->body_left -= size;
    if (connection->body_left == 0) {
        load_finish(load, index);
    }
}

static inline void load_receive(struct load *load, uint32_t index)
{
    static char bytes[1 << 18];
    const ssize_t size = read(load->connections[index].fd, bytes, sizeof bytes);
    FX_ASSERT(size > 0); /* the peer must not hang up in a benchmark */
    load_take(load, index, bytes, (size_t)size);
}

static inline void load_open(struct load *load)
{
    load->poller = epoll_create1(EPOLL_CLOEXEC);
    FX_ASSERT(load->poller >= 0);
    for (uint32_t index = 0; index < load->options->connections; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};
        load->connections[index].fd = load_connect(load->options->port);
        const int added =
            epoll_ctl(load->poller, EPOLL_CTL_ADD, load->connections[index].fd, &event);
        FX_ASSERT(added == 0);
        load->idle[load->idle_count++] = index;
    }
}

/** Run; what is on the way at the end is waited for. */
static inline void load_run(const struct load_options *options, struct load_report *report)
{
    static struct load load;
    memset(&load, 0, sizeof load);
    memset(report, 0, sizeof *report);
    FX_ASSERT(options->connections >= 1 && options->connections <= LOAD_CONNECTIONS_MAX);
    load.options = options;
    load.report = report;
    load.connections = calloc(options->connections, sizeof *load.connections);
    FX_ASSERT(load.connections != NULL);
    load_open(&load);
    load.begin_ns = load_now_ns();
    load.end_ns = load.begin_ns + (int64_t)(options->seconds * 1e9);
    int64_t now_ns = load.begin_ns;
    while (now_ns < load.end_ns || load.idle_count < options->connections) {
        struct epoll_event events[LOAD_EVENTS_MAX];
        const int64_t wait_ns = load_send_due(&load, now_ns);
        const struct timespec timeout = {.tv_sec = (time_t)(wait_ns / 1000000000),
                                         .tv_nsec = (long)(wait_ns % 1000000000)};
        const struct timespec last = {.tv_sec = 0, .tv_nsec = 100000000};
        const int count = epoll_pwait2(
            load.poller, events, LOAD_EVENTS_MAX, wait_ns >= 0 ? &timeout : &last, NULL);
        for (int index = 0; index < count; index++) {
            load_receive(&load, events[index].data.u32);
        }
        now_ns = load_now_ns();
    }
    report->seconds = (double)(now_ns - load.begin_ns) / 1e9;
    for (uint32_t index = 0; index < options->connections; index++) {
        (void)close(load.connections[index].fd);
    }
    (void)close(load.poller);
    free(load.connections);
}

#endif

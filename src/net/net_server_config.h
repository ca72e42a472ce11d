/**
 * @file net_server_config.h
 * What a server is told at its making, and the figures that it tells.
 * Thread: as net_server.h.
 */
#ifndef FX_NET_NET_SERVER_CONFIG_H
#define FX_NET_NET_SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t (*fx_net_server_clock_fn)(void *self);

/** Zero fields take the default in brackets. */
struct fx_net_server_config {
    uint32_t connections_max;             /* [10,000] further ones wait in the kernel */
    uint32_t connections_per_address_max; /* [0: no cap] of an IPv4 address, of an IPv6 /64 */
    bool is_loopback_uncapped;            /* a proxy on this machine speaks for all its clients */
    bool is_unbatched;                    /* one system call per send, also where io_uring is */
    uint32_t body_size_max;               /* [64 KiB] */
    uint32_t message_size_max;            /* [64 KiB] of a WebSocket message */
    uint32_t output_size_max;             /* [1 MiB] queued for a WebSocket; see send_frame */
    uint32_t messages_per_minute_max;     /* [0: no limit] frames from a WebSocket; then 1008 */
    uint32_t requests_max;                /* [0: no limit] of one connection */
    uint32_t head_timeout_ms;             /* [5,000] to send a whole head, from its first byte */
    uint32_t body_timeout_ms;             /* [10,000] plus one second per KiB that arrived */
    uint32_t idle_timeout_ms;             /* [60,000] between requests; silent WebSocket */
    uint32_t write_timeout_ms;            /* [20,000] without any progress in writing */
    uint32_t ping_ms;                     /* [25,000] ping a WebSocket that is silent so long */
    uint32_t stop_timeout_ms;             /* [5,000] for open requests and closings in a stop */
    fx_net_server_clock_fn now_ms; /* [monotonic clock] for deadlines: tests give their own */
    fx_net_server_clock_fn unix_s; /* [real clock] for the Date header */
    void *clock_self;
};

/** Figures since the start. */
struct fx_net_server_stats {
    uint64_t accepted;
    uint64_t refused;  /* over the cap per address, or while stopping */
    uint64_t pauses;   /* times that connections_max made accepting wait */
    uint64_t requests; /* handed to on_request */
    uint64_t bad_requests;
    uint64_t expired;      /* closed by a deadline */
    uint64_t slow_readers; /* closed because output_size_max was reached */
    uint64_t talkers;      /* closed because messages_per_minute_max was passed */
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t writes;  /* sends to one connection */
    uint64_t batches; /* system calls that carried several of them */
    uint32_t connections;
    uint32_t websockets;
};

#endif

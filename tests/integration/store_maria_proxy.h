/**
 * @file store_maria_proxy.h
 * A wire to the server that can be cut: a thread that passes bytes between one client and the
 * server and does what it was told when the client sends a certain command.
 */
#ifndef FX_INTEGRATION_STORE_MARIA_PROXY_H
#define FX_INTEGRATION_STORE_MARIA_PROXY_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rng.h"
#include "fx_test.h"
#include "integration/store_maria_kit.h"

enum store_maria_proxy_cut {
    STORE_MARIA_PROXY_NEVER = 0,
    STORE_MARIA_PROXY_BEFORE = 1, /* the command is not passed on */
    STORE_MARIA_PROXY_AFTER = 2,  /* it is, and its answer is not */
    STORE_MARIA_PROXY_ANY = 3     /* one or the other, at one command in so many */
};

struct store_maria_proxy {
    pthread_t thread;
    int listener;
    int upstream_port;
    uint16_t port;
    _Atomic int cut;          /* once, but for ANY */
    _Atomic int command;      /* 3 COM_QUERY, 22 prepare, 23 execute, 250 bulk; 0: any */
    const char *_Atomic text; /* that a COM_QUERY begins with; NULL: any */
    _Atomic int cuts;         /* so many were made */
    _Atomic int connections;
    _Atomic bool is_over;
    struct fx_rng rng; /* the thread's; for ANY */
    uint32_t one_in;
};

static inline int store_maria_proxy_connect(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int wire = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire >= 0 && connect(wire, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(wire);
        return -1;
    }
    return wire;
}

/* Does this packet of the client meet the condition? */
static inline bool store_maria_proxy_is_meant(struct store_maria_proxy *proxy,
                                              const unsigned char *bytes,
                                              ssize_t size)
{
    const int command = atomic_load(&proxy->command);
    const char *text = atomic_load(&proxy->text);
    if (atomic_load(&proxy->cut) == STORE_MARIA_PROXY_NEVER || size < 5 || bytes[3] != 0 ||
        (command != 0 && bytes[4] != command)) {
        return false;
    }
    if (text != NULL &&
        ((size_t)size < 5 + strlen(text) || memcmp(bytes + 5, text, strlen(text)) != 0)) {
        return false;
    }
    return atomic_load(&proxy->cut) != STORE_MARIA_PROXY_ANY ||
           fx_rng_below(&proxy->rng, proxy->one_in) == 0;
}

/* Pass bytes until one side ends or the wire is cut. */
static inline void store_maria_proxy_pass(struct store_maria_proxy *proxy, int client, int server)
{
    static _Thread_local unsigned char bytes[65536];
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    bool is_answer_cut = false;
    while (!atomic_load(&proxy->is_over) && poll(ends, 2, 20) >= 0) {
        for (int side = 0; side < 2; side++) {
            if (ends[side].revents == 0) {
                continue;
            }
            const ssize_t size = recv(ends[side].fd, bytes, sizeof bytes, 0);
            if (size <= 0 || (side == 1 && is_answer_cut)) {
                return;
            }
            if (side == 0 && store_maria_proxy_is_meant(proxy, bytes, size)) {
                int cut = atomic_load(&proxy->cut);
                if (cut == STORE_MARIA_PROXY_ANY) {
                    cut = fx_rng_below(&proxy->rng, 2) == 0 ? STORE_MARIA_PROXY_BEFORE
                                                            : STORE_MARIA_PROXY_AFTER;
                } else {
                    atomic_store(&proxy->cut, STORE_MARIA_PROXY_NEVER);
                }
                atomic_fetch_add(&proxy->cuts, 1);
                if (cut == STORE_MARIA_PROXY_BEFORE) {
                    return;
                }
                is_answer_cut = true;
            }
            if (send(ends[1 - side].fd, bytes, (size_t)size, MSG_NOSIGNAL) != size) {
                return;
            }
        }
    }
}

static inline void *store_maria_proxy_run(void *self)
{
    struct store_maria_proxy *proxy = self;
    struct pollfd knock = {.fd = proxy->listener, .events = POLLIN};
    while (!atomic_load(&proxy->is_over)) {
        if (poll(&knock, 1, 20) <= 0) {
            continue;
        }
        const int client = accept(proxy->listener, NULL, NULL);
        const int server = store_maria_proxy_connect(proxy->upstream_port);
        atomic_fetch_add(&proxy->connections, 1);
        if (client >= 0 && server >= 0) {
            store_maria_proxy_pass(proxy, client, server);
        }
        (void)close(client);
        (void)close(server);
    }
    return NULL;
}

/** Start it in front of the server of `config`, which from then on leads through it. One connection
 * at a time. */
static inline struct store_maria_proxy *store_maria_proxy_create(
    struct fx_store_maria_config *config)
{
    struct store_maria_proxy *proxy = calloc(1, sizeof *proxy);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    assert_non_null(proxy);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    proxy->upstream_port = config->port;
    proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(proxy->listener >= 0);
    assert_int_equal(bind(proxy->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(proxy->listener, 8), 0);
    assert_int_equal(getsockname(proxy->listener, (struct sockaddr *)&address, &size), 0);
    proxy->port = ntohs(address.sin_port);
    proxy->one_in = 1;
    fx_rng_init(&proxy->rng, 1);
    assert_int_equal(pthread_create(&proxy->thread, NULL, store_maria_proxy_run, proxy), 0);
    config->host = "127.0.0.1";
    config->port = proxy->port;
    return proxy;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): when and what
static inline void store_maria_proxy_cut(struct store_maria_proxy *proxy,
                                         enum store_maria_proxy_cut cut,
                                         int command,
                                         const char *text)
{
    atomic_store(&proxy->command, command);
    atomic_store(&proxy->text, text);
    atomic_store(&proxy->cut, (int)cut);
}

static inline void store_maria_proxy_destroy(struct store_maria_proxy *proxy)
{
    atomic_store(&proxy->is_over, true);
    assert_int_equal(pthread_join(proxy->thread, NULL), 0);
    (void)close(proxy->listener);
    free(proxy);
}

#endif

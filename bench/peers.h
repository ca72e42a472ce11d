/*
 * The servers that a benchmark drives, each in a process of its own: a raw epoll responder that
 * does not even parse, Node's http module, and the exchange itself. CPU time is read from the
 * process's own clock.
 */
#ifndef FX_BENCH_PEERS_H
#define FX_BENCH_PEERS_H

#include <signal.h>
#include <sys/wait.h>

#include "load.h"

struct peer {
    pid_t pid;
    uint16_t port;
};

/** CPU time that a process has used, all threads, in microseconds. */
static inline double peer_cpu_us(const struct peer *peer)
{
    clockid_t clock;
    struct timespec used;
    const int found = clock_getcpuclockid(peer->pid, &clock);
    FX_ASSERT(found == 0);
    (void)clock_gettime(clock, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static inline void peer_stop(const struct peer *peer)
{
    int status = 0;
    if (peer->pid > 0) {
        (void)kill(peer->pid, SIGTERM);
        (void)waitpid(peer->pid, &status, 0);
    }
}

static inline int peer_listen(uint16_t *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    const int listening = listen(fd, 4096);
    const int named = getsockname(fd, (struct sockaddr *)&address, &size);
    FX_ASSERT(fd >= 0 && bound == 0 && listening == 0 && named == 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static inline void peer_watch(int poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    const int added = epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    FX_ASSERT(added == 0);
}

/* One read, one write: a request is taken to be whole, as the load sends them. */
static inline void peer_serve_raw(int fd)
{
    static const char RESPONSE[] =
        "HTTP/1.1 202 Accepted\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: application/json\r\nContent-Length: 36\r\n\r\n"
        "{\"tmpId\":\"18830\",\"status\":\"PENDING\"}";
    static char input[65536];
    const ssize_t size = read(fd, input, sizeof input);
    if (size <= 0) {
        (void)close(fd);
        return;
    }
    const ssize_t written = write(fd, RESPONSE, sizeof RESPONSE - 1);
    FX_ASSERT(written == (ssize_t)(sizeof RESPONSE - 1));
}

static inline void peer_run_raw(int listener)
{
    const int one = 1;
    const int poller = epoll_create1(0);
    FX_ASSERT(poller >= 0);
    peer_watch(poller, listener);
    for (;;) {
        struct epoll_event events[LOAD_EVENTS_MAX];
        const int count = epoll_wait(poller, events, LOAD_EVENTS_MAX, -1);
        for (int index = 0; index < count; index++) {
            if (events[index].data.fd != listener) {
                peer_serve_raw(events[index].data.fd);
                continue;
            }
            const int fd = accept(listener, NULL, NULL);
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            peer_watch(poller, fd);
        }
    }
}

static inline struct peer peer_start_raw(void)
{
    struct peer peer = {0};
    const int listener = peer_listen(&peer.port);
    (void)fflush(stdout);
    peer.pid = fork();
    FX_ASSERT(peer.pid >= 0);
    if (peer.pid == 0) {
        peer_run_raw(listener);
    }
    (void)close(listener);
    return peer;
}

/* Start a program; the first number behind `mark` in what it prints is its port. pid 0: it did not
 * start. */
static inline struct peer peer_start(char *const argv[], const char *mark)
{
    struct peer peer = {0};
    int ends[2];
    char line[1024];
    const int piped = pipe(ends);
    FX_ASSERT(piped == 0);
    (void)fflush(stdout);
    peer.pid = fork();
    FX_ASSERT(peer.pid >= 0);
    if (peer.pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)execvp(argv[0], argv);
        _exit(127);
    }
    (void)close(ends[1]);
    FILE *output = fdopen(ends[0], "r");
    FX_ASSERT(output != NULL);
    while (peer.port == 0 && fgets(line, sizeof line, output) != NULL) {
        const char *found = strstr(line, mark);
        if (found != NULL) {
            peer.port = (uint16_t)strtoul(found + strlen(mark), NULL, 10);
        }
    }
    if (peer.port == 0) {
        (void)waitpid(peer.pid, NULL, 0);
        peer.pid = 0;
    }
    /* The stream stays open: a peer that prints again must not meet a broken pipe. */
    return peer;
}

static inline struct peer peer_start_node(void)
{
    static char script[] =
        "const s=require('http').createServer((q,r)=>{let n=0;q.on('data',d=>{n+=d.length});"
        "q.on('end',()=>{r.statusCode=202;r.setHeader('Content-Type','application/json');"
        "r.end('{\"tmpId\":\"18830\",\"status\":\"PENDING\"}')})});"
        "s.keepAliveTimeout=60000;"
        "s.listen(0,'127.0.0.1',()=>console.log('port '+s.address().port))";
    static char node[] = "node";
    static char flag[] = "-e";
    char *const argv[] = {node, flag, script, NULL};
    return peer_start(argv, "port ");
}

#endif

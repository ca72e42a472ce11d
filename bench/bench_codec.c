/*
 * What the transport costs: the codecs alone (ns per message), and the server against a raw epoll
 * responder that does not even parse (CPU per request of the server's process; 64 keep-alive
 * connections on loopback). Usage: bench_codec [requests]
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/panic.h"
#include "net/net_http.h"
#include "net/net_http_write.h"
#include "net/net_server.h"
#include "net/net_websocket.h"

enum { CONNECTIONS = 64, READ_SIZE = 65536, EVENTS_MAX = 64, CODEC_ROUNDS = 500000 };

static const char REQUEST[] =
    "POST /api/v1/order HTTP/1.1\r\nHost: localhost:3000\r\nUser-Agent: bench\r\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer 0123456789012345678901234567890123456789\r\n"
    "Content-Length: 48\r\n\r\n{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"quantity\":\"1\"}";
static const char RESPONSE[] = "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                               "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

/* ---- codecs ---- */

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static void print_codec(const char *name, int64_t begin_us, size_t size)
{
    const int64_t spent_us = fx_clock_monotonic_us() - begin_us;
    const double ns = (double)spent_us * 1000.0 / CODEC_ROUNDS;
    printf("%-34s %8.1f ns  %7.0f MB/s\n", name, ns, (double)size / ns * 1000.0);
}

static void bench_parse(void)
{
    struct fx_net_http http;
    const fx_str input = {REQUEST, sizeof REQUEST - 1};
    fx_net_http_init(&http, 4096);
    const int64_t begin_us = fx_clock_monotonic_us();
    for (uint32_t round = 0; round < CODEC_ROUNDS; round++) {
        const size_t taken = fx_net_http_feed(&http, input);
        FX_ASSERT(taken == input.size && http.state == FX_NET_HTTP_STATE_DONE);
        fx_net_http_next(&http);
    }
    print_codec("parse request (7 headers)", begin_us, input.size);
    fx_net_http_deinit(&http);
}

static void bench_write(void)
{
    struct fx_buf buf;
    const struct fx_net_http_response response = {.status = 200,
                                                  .content_type = FX_STR("text/plain"),
                                                  .date = FX_STR("Sun, 06 Nov 1994 08:49:37 GMT"),
                                                  .body = FX_STR("hello")};
    fx_buf_init(&buf, 4096);
    const int64_t begin_us = fx_clock_monotonic_us();
    for (uint32_t round = 0; round < CODEC_ROUNDS; round++) {
        fx_buf_clear(&buf);
        fx_net_http_write_response(&buf, &response);
    }
    FX_ASSERT(buf.size == sizeof RESPONSE - 1);
    print_codec("write response", begin_us, buf.size);
    fx_buf_deinit(&buf);
}

static void bench_websocket(size_t size)
{
    struct fx_net_websocket websocket;
    struct fx_buf buf;
    char name[64];
    char *payload = malloc(size);
    FX_ASSERT(payload != NULL);
    memset(payload, 'x', size);
    fx_buf_init(&buf, 1 << 20);
    const struct fx_net_websocket_frame frame = {.opcode = FX_NET_WEBSOCKET_OPCODE_TEXT,
                                                 .payload = {payload, size},
                                                 .is_masked = true,
                                                 .mask = 0x12345678};
    fx_net_websocket_write(&buf, &frame);
    fx_net_websocket_init(&websocket, FX_NET_WEBSOCKET_ROLE_SERVER, 1 << 16);
    const int64_t begin_us = fx_clock_monotonic_us();
    for (uint32_t round = 0; round < CODEC_ROUNDS; round++) {
        const size_t taken = fx_net_websocket_feed(&websocket, fx_buf_str(&buf));
        FX_ASSERT(taken == buf.size && websocket.event == FX_NET_WEBSOCKET_EVENT_TEXT);
    }
    (void)snprintf(name, sizeof name, "parse masked text of %zu bytes", size);
    print_codec(name, begin_us, buf.size);
    fx_net_websocket_deinit(&websocket);
    fx_buf_deinit(&buf);
    free(payload);
}

/* ---- servers, each in a process of its own ---- */

static void on_request(void *self, const struct fx_net_server_call *call)
{
    const struct fx_net_http_response response = {
        .status = 200, .content_type = FX_STR("text/plain"), .body = FX_STR("hello")};
    struct fx_net_server *const *server = self;
    if (fx_str_is_equal(call->request->path, FX_STR("/stop"))) {
        fx_net_server_stop(*server);
    }
    fx_net_server_respond(*server, call->token, &response);
}

static void run_ours(int report)
{
    const struct fx_net_server_config config = {.connections_max = 1000};
    const struct fx_net_server_handler handler = {.on_request = on_request};
    struct fx_net_server *server = NULL;
    uint16_t port = 0;
    fx_status status = fx_net_server_create(&config, &handler, &server, &server);
    FX_ASSERT(status == FX_OK);
    status = fx_net_server_listen(server, "127.0.0.1", 0, 0, &port);
    FX_ASSERT(status == FX_OK);
    const ssize_t written = write(report, &port, sizeof port);
    FX_ASSERT(written == (ssize_t)sizeof port);
    fx_net_server_run(server);
    fx_net_server_destroy(server);
}

static int listen_raw(uint16_t *port_out)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    const int listening = listen(fd, 1024);
    const int named = getsockname(fd, (struct sockaddr *)&address, &size);
    FX_ASSERT(fd >= 0 && bound == 0 && listening == 0 && named == 0);
    *port_out = ntohs(address.sin_port);
    return fd;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static void watch(int poller, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    const int added = epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    FX_ASSERT(added == 0);
}

/* Answer as many requests as there are heads in the bytes. @return false where it was the last. */
static bool serve_raw(int fd)
{
    static char input[READ_SIZE];
    static char output[READ_SIZE * 4];
    const ssize_t size = read(fd, input, sizeof input);
    size_t filled = 0;
    if (size <= 0) {
        (void)close(fd);
        return true;
    }
    const char *at = input;
    const char *end = input + size;
    while ((at = memmem(at, (size_t)(end - at), "\r\n\r\n", 4)) != NULL) {
        memcpy(output + filled, RESPONSE, sizeof RESPONSE - 1);
        filled += sizeof RESPONSE - 1;
        at += 4;
    }
    const ssize_t written = write(fd, output, filled);
    FX_ASSERT(written == (ssize_t)filled);
    return memcmp(input, "GET /stop", 9) != 0;
}

static void run_raw(int report)
{
    uint16_t port = 0;
    const int one = 1;
    const int listener = listen_raw(&port);
    const int poller = epoll_create1(0);
    bool is_running = true;
    const ssize_t written = write(report, &port, sizeof port);
    FX_ASSERT(written == (ssize_t)sizeof port && poller >= 0);
    watch(poller, listener);
    while (is_running) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(poller, events, EVENTS_MAX, -1);
        for (int index = 0; index < count; index++) {
            if (events[index].data.fd != listener) {
                is_running = serve_raw(events[index].data.fd) && is_running;
                continue;
            }
            const int fd = accept(listener, NULL, NULL);
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            watch(poller, fd);
        }
    }
}

/* ---- the load: every connection has `depth` requests on the way ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int one = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connected = connect(fd, (struct sockaddr *)&address, sizeof address);
    FX_ASSERT(fd >= 0 && connected == 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static void send_some(int fd, uint32_t count)
{
    static char bytes[READ_SIZE];
    for (uint32_t index = 0; index < count; index++) {
        memcpy(bytes + index * (sizeof REQUEST - 1), REQUEST, sizeof REQUEST - 1);
    }
    const size_t size = count * (sizeof REQUEST - 1);
    const ssize_t written = write(fd, bytes, size);
    FX_ASSERT(written == (ssize_t)size);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static double load(uint16_t port, uint32_t request_count, uint32_t depth)
{
    static char input[READ_SIZE];
    const int poller = epoll_create1(0);
    size_t left[2048] = {0}; /* bytes of the answers to a connection's batch, by descriptor */
    uint32_t sent = 0;
    uint32_t done = 0;
    for (uint32_t index = 0; index < CONNECTIONS; index++) {
        const int fd = connect_to(port);
        watch(poller, fd);
        left[fd] = depth * (sizeof RESPONSE - 1);
        send_some(fd, depth);
        sent += depth;
    }
    const int64_t begin_us = fx_clock_monotonic_us();
    while (done < sent) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(poller, events, EVENTS_MAX, -1);
        for (int index = 0; index < count; index++) {
            const int fd = events[index].data.fd;
            const ssize_t size = read(fd, input, sizeof input);
            FX_ASSERT(size > 0 && (size_t)size <= left[fd]);
            left[fd] -= (size_t)size;
            if (left[fd] > 0) {
                continue;
            }
            done += depth;
            if (sent < request_count) {
                left[fd] = depth * (sizeof RESPONSE - 1);
                send_some(fd, depth);
                sent += depth;
            }
        }
    }
    const double rate = (double)done * 1e6 / (double)(fx_clock_monotonic_us() - begin_us);
    const int fd = connect_to(port);
    const ssize_t written = write(fd, "GET /stop HTTP/1.1\r\nHost: h\r\n\r\n", 32);
    FX_ASSERT(written == 32);
    (void)close(poller);
    return rate;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): local
static double bench_server(const char *name, void (*run)(int), uint32_t requests, uint32_t depth)
{
    int ports[2];
    uint16_t port = 0;
    struct rusage usage;
    int status = 0;
    const int piped = pipe(ports);
    FX_ASSERT(piped == 0);
    (void)fflush(stdout);
    const pid_t child = fork();
    FX_ASSERT(child >= 0);
    if (child == 0) {
        run(ports[1]);
        _exit(0);
    }
    const ssize_t got = read(ports[0], &port, sizeof port);
    FX_ASSERT(got == (ssize_t)sizeof port);
    const double rate = load(port, requests, depth);
    for (int fd = ports[1] + 1; fd < ports[1] + CONNECTIONS + 4; fd++) {
        (void)close(fd); /* of the load: lets a graceful stop end at once */
    }
    const pid_t waited = wait4(child, &status, 0, &usage);
    FX_ASSERT(waited == child && status == 0);
    const double cpu_us = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                          (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    printf("%-22s depth %2u %9.0f requests/s %7.2f us CPU (%.2f user)\n",
           name,
           depth,
           rate,
           cpu_us / requests,
           ((double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec) / requests);
    (void)close(ports[0]);
    (void)close(ports[1]);
    return cpu_us / requests;
}

int main(int argc, char **argv)
{
    const uint32_t requests = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 300000;
    const uint32_t depths[] = {1, 16};
    bench_parse();
    bench_write();
    bench_websocket(32);
    bench_websocket(1500);
    for (uint32_t index = 0; index < 2; index++) {
        const double raw = bench_server("raw epoll responder", run_raw, requests, depths[index]);
        const double ours = bench_server("fx_net_server", run_ours, requests, depths[index]);
        printf("ratio of CPU, raw to ours: %.2f\n", raw / ours);
    }
    return 0;
}

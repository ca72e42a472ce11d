/* Orders over the plain stream of a running server, many on their way at once: how many durable
 * answers per second. Usage: bench_stream PORT TOKEN [ORDERS [WINDOW]]; the token is the
 * accessToken of a user who may trade, the server runs with --rate-orders 0. Each order is a LIMIT
 * IOC far from the market: one durable command, one order row, nothing left behind. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/panic.h"
#include "net/net_websocket.h"

enum { ORDERS = 200000, WINDOW = 2000, BATCH = 64, INPUT_SIZE = 1 << 18 };

struct run {
    int fd;
    struct fx_net_websocket parser;
    struct fx_buf out;
    uint64_t sent;
    uint64_t answered;
    uint64_t good;
    char first_bad[512];
};

static double now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put(int fd, fx_str bytes)
{
    while (bytes.size > 0) {
        const ssize_t count = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);
        FX_ASSERT(count > 0);
        bytes = fx_str_slice(bytes, (size_t)count, bytes.size);
    }
}

static void dial(struct run *run, uint16_t port, const char *token)
{
    char text[4096];
    const int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    run->fd = socket(AF_INET, SOCK_STREAM, 0);
    FX_ASSERT(run->fd >= 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    FX_ASSERT(connect(run->fd, (struct sockaddr *)&address, sizeof address) == 0);
    (void)setsockopt(run->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int size = snprintf(text,
                              sizeof text,
                              "GET /ws/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Authorization: Bearer %s\r\n\r\n",
                              token);
    FX_ASSERT(size > 0 && (size_t)size < sizeof text);
    put(run->fd, (fx_str){text, (size_t)size});
    size_t got = 0;
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0) {
        FX_ASSERT(got < sizeof text && recv(run->fd, text + got, 1, 0) == 1);
        got++;
    }
    if (strncmp(text, "HTTP/1.1 101", 12) != 0) {
        (void)fprintf(stderr, "no stream: %.*s\n", (int)got, text);
        exit(1);
    }
}

static void add_order(struct run *run)
{
    char text[256];
    run->sent++;
    const int size =
        snprintf(text,
                 sizeof text,
                 "{\"id\":%llu,\"op\":\"order.create\",\"args\":[{\"symbol\":\"BTCUSDT\","
                 "\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":\"IOC\","
                 "\"quantity\":\"0.001\",\"price\":\"62000\"}]}",
                 (unsigned long long)run->sent);
    const struct fx_net_websocket_frame frame = {.opcode = FX_NET_WEBSOCKET_OPCODE_TEXT,
                                                 .payload = {text, (size_t)size},
                                                 .is_masked = true,
                                                 .mask = 0x01020304};
    fx_net_websocket_write(&run->out, &frame);
}

static void take(struct run *run, fx_str text)
{
    static const char GOOD[] = "\"success\":true";
    run->answered++;
    bool is_good = false;
    for (size_t at = 0; at + sizeof GOOD - 1 <= text.size && at < 100 && !is_good; at++) {
        is_good = memcmp(text.data + at, GOOD, sizeof GOOD - 1) == 0;
    }
    run->good += is_good;
    if (!is_good && run->first_bad[0] == '\0') {
        (void)fx_str_copy(fx_str_slice(text, 0, sizeof run->first_bad - 1),
                          run->first_bad,
                          sizeof run->first_bad);
    }
}

/* What there is; with nothing left to send it waits. Who does not read while it sends would be
 * closed as slow. */
static void receive(struct run *run, bool is_waiting)
{
    static char bytes[INPUT_SIZE];
    const ssize_t got = recv(run->fd, bytes, sizeof bytes, is_waiting ? 0 : MSG_DONTWAIT);
    if (got < 0 && !is_waiting) {
        return;
    }
    FX_ASSERT(got > 0);
    size_t taken = 0;
    while (taken < (size_t)got) {
        taken += fx_net_websocket_feed(&run->parser, (fx_str){bytes + taken, (size_t)got - taken});
        if (run->parser.event == FX_NET_WEBSOCKET_EVENT_TEXT) {
            take(run, run->parser.payload);
        }
        if (run->parser.event == FX_NET_WEBSOCKET_EVENT_CLOSE) {
            (void)fprintf(stderr, "closed by the server: %u\n", run->parser.code);
            exit(1);
        }
    }
}

int main(int argc, char **argv)
{
    static struct run run;
    if (argc < 3) {
        (void)fprintf(stderr, "usage: %s PORT TOKEN [ORDERS [WINDOW]]\n", argv[0]);
        return 2;
    }
    const uint64_t orders = argc > 3 ? strtoull(argv[3], NULL, 10) : ORDERS;
    const uint64_t window = argc > 4 ? strtoull(argv[4], NULL, 10) : WINDOW;
    fx_net_websocket_init(&run.parser, FX_NET_WEBSOCKET_ROLE_CLIENT, 1U << 20U);
    fx_buf_init(&run.out, 1U << 22U);
    dial(&run, (uint16_t)strtoul(argv[1], NULL, 10), argv[2]);
    const double begun = now_s();
    while (run.answered < orders) {
        fx_buf_clear(&run.out);
        for (uint64_t left = BATCH;
             left > 0 && run.sent < orders && run.sent - run.answered < window;
             left--) {
            add_order(&run);
        }
        if (run.out.size > 0) {
            put(run.fd, fx_buf_str(&run.out));
        }
        receive(&run, run.sent == orders || run.sent - run.answered >= window);
    }
    const double took = now_s() - begun;
    printf("%llu orders, %llu in flight at most: %.2f s, %.0f durable answers/s, %llu refused\n",
           (unsigned long long)orders,
           (unsigned long long)window,
           took,
           (double)orders / took,
           (unsigned long long)(run.answered - run.good));
    if (run.first_bad[0] != '\0') {
        printf("first refusal: %s\n", run.first_bad);
    }
    (void)close(run.fd);
    fx_net_websocket_deinit(&run.parser);
    fx_buf_deinit(&run.out);
    return 0;
}

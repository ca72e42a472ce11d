/* The fan-out of one public event: 1,000 sockets on loopback, one book event each, by Socket.IO
 * (the whole book) and by the plain stream (what changed), with the clients in another process.
 * Prints the gateway's CPU time per delivered frame, of which the system call is nearly all:
 * compare with the second line, the same bytes by bare send(2). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/panic.h"
#include "push/push.h"

enum { CLIENTS = 1000, ROUNDS = 100, DEPTH = 64, LEVELS = 50 };

static struct fx_push *push;

static int64_t wall_us(void *self)
{
    (void)self;
    return 1700000000000000;
}

static void on_request(void *self, const struct fx_net_server_call *call)
{
    (void)self;
    fx_push_on_request(push, call);
}

static double cpu_us(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* A client's frame: masked with zero, so that the payload can be written as it is. */
static void say(int fd, const char *text)
{
    char frame[256] = {(char)0x81, (char)(0x80 | strlen(text))};
    const size_t size = strlen(text);
    memcpy(frame + 6, text, size);
    FX_ASSERT(send(fd, frame, size + 6, MSG_NOSIGNAL) == (ssize_t)(size + 6));
}

/* How clients come, and how many frames they have when they are ready. */
struct carrier {
    const char *name;
    const char *target;
    const char *texts[2]; /* NULL: nothing to say */
    uint32_t frames;
};

static const struct carrier CARRIERS[] = {
    {"Socket.IO, whole books",
     "/socket.io/?EIO=4&transport=websocket",
     {"40/ws,", "42/ws,[\"subscribe\",\"orderbook_BTCUSDT\"]"},
     3}, /* open, welcome, snapshot */
    {"plain stream, differences",
     "/ws/stream",
     {"{\"op\":\"subscribe\",\"args\":[\"orderbook.50.BTCUSDT\"]}", NULL},
     2}, /* answer, snapshot */
};

static int dial(const struct carrier *carrier, uint16_t port)
{
    char hello[512];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    FX_ASSERT(fd >= 0);
    const int size = snprintf(hello,
                              sizeof hello,
                              "GET %s HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                              carrier->target);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    FX_ASSERT(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    FX_ASSERT(send(fd, hello, (size_t)size, MSG_NOSIGNAL) == size);
    for (int index = 0; index < 2; index++) {
        if (carrier->texts[index] != NULL) {
            say(fd, carrier->texts[index]);
        }
    }
    return fd;
}

/* The other process: connects, then reads and forgets. */
static void run_clients(const struct carrier *carrier, uint16_t port)
{
    static int fds[CLIENTS];
    static char bytes[1 << 16];
    for (int index = 0; index < CLIENTS; index++) {
        fds[index] = dial(carrier, port);
    }
    for (;;) {
        for (int index = 0; index < CLIENTS; index++) {
            while (recv(fds[index], bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
            }
        }
        (void)usleep(1000);
    }
}

static void apply(struct fx_market *market, struct fx_event *event)
{
    if (fx_market_needs(market, event)) {
        const size_t size = (fx_market_symbol_size(DEPTH) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        FX_ASSERT(memory != NULL);
        memset(memory, 0, size);
        fx_market_add(market, 0, memory, DEPTH);
    }
    static uint64_t sequence;
    event->sequence = ++sequence;
    fx_market_apply(market, event);
}

static void list(struct fx_market *market)
{
    struct fx_event event = {.kind = FX_EVENT_INSTRUMENT};
    event.u.instrument.tick_size = fx_dec_one() / 10;
    event.u.instrument.lot_size = fx_dec_one() / 1000;
    event.u.instrument.multiplier = fx_dec_one();
    FX_ASSERT(fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol));
    apply(market, &event);
    for (int64_t level = 0; level < LEVELS; level++) {
        struct fx_event book = {.kind = FX_EVENT_BOOK};
        book.u.book.lots = 1000 + level;
        book.u.book.side = FX_SIDE_BUY;
        book.u.book.price_ticks = 650000 - level;
        apply(market, &book);
        book.u.book.side = FX_SIDE_SELL;
        book.u.book.price_ticks = 650001 + level;
        apply(market, &book);
    }
}

/* The same bytes to as many TCP sockets of such a process, without anything around send(2). */
static double bare_send_us(size_t size)
{
    static int fds[CLIENTS];
    static char bytes[1 << 16];
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    FX_ASSERT(size <= sizeof bytes);
    FX_ASSERT(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    FX_ASSERT(listen(listener, CLIENTS) == 0);
    FX_ASSERT(getsockname(listener, (struct sockaddr *)&address, &address_size) == 0);
    const pid_t child = fork();
    if (child == 0) {
        run_clients(&CARRIERS[0], ntohs(address.sin_port));
    }
    for (int index = 0; index < CLIENTS; index++) {
        const int one = 1;
        fds[index] = accept(listener, NULL, NULL);
        FX_ASSERT(fds[index] >= 0);
        (void)setsockopt(fds[index], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    (void)usleep(100000);
    double total = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const double begun = cpu_us();
        for (int index = 0; index < CLIENTS; index++) {
            FX_ASSERT(send(fds[index], bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
        }
        total += cpu_us() - begun;
        (void)usleep(20000);
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    return total / ROUNDS / CLIENTS;
}

static void run(const struct carrier *carrier)
{
    struct fx_market market = {0};
    struct fx_net_server *server = NULL;
    uint16_t port = 0;
    const struct fx_net_server_handler handler = {.on_request = on_request};
    const struct fx_net_server_config config = {.connections_max = CLIENTS + 10};
    FX_ASSERT(fx_net_server_create(&config, &handler, NULL, &server) == FX_OK);
    FX_ASSERT(fx_net_server_listen(server, "127.0.0.1", 0, 0, &port) == FX_OK);
    const struct fx_push_options options = {
        .server = server, .market = &market, .wall_us = wall_us, .book_levels = LEVELS};
    FX_ASSERT(fx_push_create(&options, &push) == FX_OK);
    list(&market);
    const pid_t child = fork();
    if (child == 0) {
        run_clients(carrier, port);
    }
    struct fx_push_stats stats = {0};
    while (stats.frames < (uint64_t)carrier->frames * CLIENTS) {
        (void)fx_net_server_step(server, true);
        fx_push_stats(push, &stats);
    }
    struct fx_net_server_stats before;
    struct fx_net_server_stats after;
    fx_net_server_stats(server, &before);
    const uint64_t frames = stats.frames;
    double total = 0;
    double making = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct fx_event book = {.kind = FX_EVENT_BOOK};
        book.u.book.side = FX_SIDE_BUY;
        book.u.book.price_ticks = 650000;
        book.u.book.lots = 1000 + round;
        apply(&market, &book);
        const double begun = cpu_us();
        fx_push_tick(push);
        making += cpu_us() - begun;
        (void)fx_net_server_step(server, false);
        total += cpu_us() - begun;
        (void)usleep(20000); /* the clients read */
    }
    fx_push_stats(push, &stats);
    fx_net_server_stats(server, &after);
    const double count = (double)(stats.frames - frames);
    const double size = (double)(after.bytes_out - before.bytes_out) / count;
    const double each = total / count;
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    printf("%s: %.0f frames of %.0f bytes to %d sockets, %llu encodings in all, "
           "%.2f us CPU per frame, %.0f ns of it until it is queued\n",
           carrier->name,
           count,
           size,
           CLIENTS,
           (unsigned long long)stats.encoded,
           each,
           making / count * 1e3);
    const double bare = bare_send_us((size_t)size);
    printf("bare send(2) of as many bytes: %.2f us; ratio %.2f\n", bare, each / bare);
    fx_net_server_destroy(server);
    fx_push_destroy(push);
    free(market.symbols[0]);
}

int main(void)
{
    for (size_t index = 0; index < sizeof CARRIERS / sizeof CARRIERS[0]; index++) {
        run(&CARRIERS[index]);
    }
    return 0;
}

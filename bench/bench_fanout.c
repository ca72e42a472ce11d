/* Fan-out beside npm's Socket.IO server and beside bare send(2): SOCKETS WebSockets in one room, a
 * book of 50 levels per side each INTERVAL, then a book and a ticker; CPU time of the server's
 * process per delivered message. All get the same clients (this process) in turns, in slices of
 * half a second: a shared machine's speed changes within seconds, so only the ratios of slices that
 * follow each other say something; their medians and quartiles are printed. Usage:
 * bench_fanout [SOCKETS [SECONDS [SERVER.mjs]]], seconds of each peer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/panic.h"
#include "net/net_websocket.h"
#include "peers.h"
#include "push/push.h"

enum {
    DEPTH = 64,
    LEVELS = 50,
    ROUNDS_MIN = 3,
    ROUNDS_MAX = 400,
    SLICE_MS = 500, /* or one interval */
    CHANNELS_MAX = 2,
    FILES_KEPT = 64,
    SOCKETS_PER_INTERVAL = 1000, /* of them, each 100 ms one message: no machine is flooded */
    INTERVAL_MS = 100,
    SETTLE_MS = 300,
    MESSAGE_SIZE_MAX = 1 << 20,
    FLOOR_SOCKETS_MAX = 1 << 16,
    FLOOR_MESSAGE_SIZE = 2060
};

/* ---- the server of this tree, in a process of its own: bench_fanout --serve INTERVAL ----------
 */

struct server {
    struct fx_net_server *net;
    struct fx_push *push;
    struct fx_market market;
    uint64_t sequence;
};

static int64_t wall_us(void *self)
{
    (void)self;
    return load_now_ns() / 1000;
}

static void on_request(void *self, const struct fx_net_server_call *call)
{
    fx_push_on_request(((struct server *)self)->push, call);
}

static void apply(struct server *server, struct fx_event *event)
{
    if (fx_market_needs(&server->market, event)) {
        const size_t size = (fx_market_symbol_size(DEPTH) + 63U) & ~(size_t)63U;
        void *memory = aligned_alloc(64, size);
        FX_ASSERT(memory != NULL);
        memset(memory, 0, size);
        fx_market_add(&server->market, 0, memory, DEPTH);
    }
    server->sequence++;
    event->sequence = server->sequence;
    event->time_us = wall_us(NULL);
    fx_market_apply(&server->market, event);
}

static void set_level(struct server *server, enum fx_side side, int64_t level, int64_t lots)
{
    struct fx_event event = {.kind = FX_EVENT_BOOK};
    event.u.book.lots = lots;
    event.u.book.side = (uint8_t)side;
    event.u.book.price_ticks = side == FX_SIDE_BUY ? 650000 - level : 650001 + level;
    apply(server, &event);
}

static void tick(void *self)
{
    struct server *server = self;
    set_level(server, FX_SIDE_BUY, 0, 1000 + (int64_t)(server->sequence % 1000));
    server->market.symbols[0]->is_ticker_changed = true; /* as the best bid's quantity is in it */
    fx_push_tick(server->push);
}

static int serve(uint32_t interval_ms)
{
    static struct server server;
    uint16_t port = 0;
    struct fx_event event = {.kind = FX_EVENT_INSTRUMENT};
    const struct fx_net_server_handler handler = {.on_request = on_request};
    const struct fx_net_server_config config = {.connections_max = 20000};
    fx_status status = fx_net_server_create(&config, &handler, &server, &server.net);
    FX_ASSERT(status == FX_OK);
    const struct fx_push_options options = {
        .server = server.net, .market = &server.market, .wall_us = wall_us, .book_levels = LEVELS};
    status = fx_push_create(&options, &server.push);
    FX_ASSERT(status == FX_OK);
    event.u.instrument.tick_size = fx_dec_one() / 10;
    event.u.instrument.lot_size = fx_dec_one() / 1000;
    event.u.instrument.multiplier = fx_dec_one();
    const bool is_named = fx_ids_symbol(FX_STR("BTCUSDT"), &event.u.instrument.symbol);
    FX_ASSERT(is_named);
    apply(&server, &event);
    for (int64_t level = 0; level < LEVELS; level++) {
        set_level(&server, FX_SIDE_BUY, level, 1000 + level);
        set_level(&server, FX_SIDE_SELL, level, 1000 + level);
    }
    status = fx_net_server_timer(server.net, interval_ms, tick, &server);
    FX_ASSERT(status == FX_OK);
    status = fx_net_server_listen(server.net, "127.0.0.1", 0, 0, &port);
    FX_ASSERT(status == FX_OK);
    (void)printf("port %u\n", port);
    (void)fflush(stdout);
    fx_net_server_run(server.net);
    return 0;
}

/* ---- the floor: the same bytes by send(2), and nothing else: bench_fanout --raw INTERVAL --------
 */

struct floor {
    int poller;
    int fds[FLOOR_SOCKETS_MAX]; /* by descriptor: is subscribed */
    int fd_max;
    uint32_t interval_ms;
};

static void answer(int fd, const char *text)
{
    const size_t size = strlen(text);
    char frame[128] = {(char)0x81, (char)size};
    FX_ASSERT(size < 126);
    memcpy(frame + 2, text, size);
    const ssize_t sent = send(fd, frame, size + 2, MSG_NOSIGNAL);
    FX_ASSERT(sent == (ssize_t)(size + 2));
}

/* The clients of this file say three things, each after the answer to the one before. */
static void serve_floor(struct floor *self, int fd)
{
    static const char HELLO[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\n\r\n\x81\x03"
                                "0{}";
    char bytes[4096];
    const ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size <= 0) {
        self->fds[fd] = 0;
        (void)close(fd);
    } else if (memcmp(bytes, "GET", 3) == 0) {
        const ssize_t sent = send(fd, HELLO, sizeof HELLO - 1, MSG_NOSIGNAL);
        FX_ASSERT(sent == (ssize_t)(sizeof HELLO - 1));
    } else if (memmem(bytes, (size_t)size, "40/ws,", 6) != NULL) {
        answer(fd, "40/ws,{}");
    } else if (memmem(bytes, (size_t)size, "subscribe", 9) != NULL) {
        answer(fd, "43/ws,0[]");
        self->fds[fd] = 1;
        self->fd_max = fd > self->fd_max ? fd : self->fd_max;
    }
}

static void broadcast(const struct floor *self)
{
    static char frame[4 + FLOOR_MESSAGE_SIZE] = {(char)0x81, 126};
    static const char START[] = "42/ws,[\"orderbook\",";
    memset(frame + 4, ' ', FLOOR_MESSAGE_SIZE);
    memcpy(frame + 4, START, sizeof START - 1);
    frame[2] = (char)(FLOOR_MESSAGE_SIZE >> 8);
    frame[3] = (char)(FLOOR_MESSAGE_SIZE & 255);
    for (int fd = 0; fd <= self->fd_max; fd++) {
        if (self->fds[fd] != 0) {
            (void)send(fd, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
}

static int run_floor(uint32_t interval_ms)
{
    static struct floor self;
    uint16_t port = 0;
    const int one = 1;
    const int listener = peer_listen(&port);
    self.poller = epoll_create1(0);
    FX_ASSERT(self.poller >= 0);
    peer_watch(self.poller, listener);
    (void)printf("port %u\n", port);
    (void)fflush(stdout);
    for (int64_t due_ns = load_now_ns();;) {
        struct epoll_event events[LOAD_EVENTS_MAX];
        const int64_t left_ms = (due_ns - load_now_ns()) / 1000000;
        const int count =
            epoll_wait(self.poller, events, LOAD_EVENTS_MAX, left_ms > 0 ? (int)left_ms : 0);
        for (int index = 0; index < count; index++) {
            if (events[index].data.fd != listener) {
                serve_floor(&self, events[index].data.fd);
                continue;
            }
            const int fd = accept(listener, NULL, NULL);
            FX_ASSERT(fd >= 0 && fd < FLOOR_SOCKETS_MAX);
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            peer_watch(self.poller, fd);
        }
        if (load_now_ns() >= due_ns) {
            broadcast(&self);
            due_ns = load_now_ns() + (int64_t)interval_ms * 1000000;
        }
    }
}

/* ---- the clients ----------------------------------------------------------------------------- */

struct client {
    int fd;
    bool is_open; /* 101 has been read */
    struct fx_net_websocket parser;
};

struct task {
    uint32_t sockets;
    uint32_t rounds;
    uint32_t slice_ms;
    uint32_t interval_ms;
    uint32_t channels;
};

struct crowd {
    struct client *clients;
    uint32_t count;
    uint32_t ready; /* acknowledged */
    int poller;
    bool is_ticker; /* wants that too */
    uint64_t messages;
    uint64_t bytes;
};

/* A client's frame: masked with zero, so that the payload can be written as it is. */
static void say(int fd, const char *text)
{
    const size_t size = strlen(text);
    char frame[128] = {(char)0x81, (char)(0x80 | size)};
    FX_ASSERT(size < 126 && size + 6 <= sizeof frame);
    memcpy(frame + 6, text, size);
    const ssize_t sent = send(fd, frame, size + 6, MSG_NOSIGNAL);
    FX_ASSERT(sent == (ssize_t)(size + 6));
}

static void hear(struct crowd *crowd, const struct client *client)
{
    const fx_str text = client->parser.payload;
    if (fx_str_has_prefix(text, FX_STR("42/ws,["))) {
        crowd->messages++;
        crowd->bytes += text.size;
    } else if (fx_str_has_prefix(text, FX_STR("0"))) {
        say(client->fd, "40/ws,");
    } else if (fx_str_has_prefix(text, FX_STR("40/ws"))) {
        say(client->fd,
            crowd->is_ticker ? "42/ws,0[\"subscribe\",[\"orderbook_BTCUSDT\",\"ticker_BTCUSDT\"]]"
                             : "42/ws,0[\"subscribe\",[\"orderbook_BTCUSDT\"]]");
    } else if (fx_str_has_prefix(text, FX_STR("43/ws"))) {
        crowd->ready++;
    } else if (fx_str_is_equal(text, FX_STR("2"))) {
        say(client->fd, "3");
    }
}

static void receive(struct crowd *crowd, struct client *client)
{
    static char bytes[1 << 18];
    const ssize_t size = recv(client->fd, bytes, sizeof bytes, 0);
    FX_ASSERT(size > 0); /* nobody may be closed: the figures would lie */
    fx_str rest = {bytes, (size_t)size};
    if (!client->is_open) { /* the answer's head comes in one piece on loopback */
        const char *end = memmem(bytes, rest.size, "\r\n\r\n", 4);
        FX_ASSERT(end != NULL && memcmp(bytes, "HTTP/1.1 101", 12) == 0);
        rest = fx_str_slice(rest, (size_t)(end + 4 - bytes), rest.size);
        client->is_open = true;
    }
    while (rest.size > 0) {
        const size_t taken = fx_net_websocket_feed(&client->parser, rest);
        rest = fx_str_slice(rest, taken, rest.size);
        FX_ASSERT(client->parser.event != FX_NET_WEBSOCKET_EVENT_FAILED &&
                  client->parser.event != FX_NET_WEBSOCKET_EVENT_CLOSE);
        if (client->parser.event == FX_NET_WEBSOCKET_EVENT_TEXT) {
            hear(crowd, client);
        }
    }
}

static void run_for(struct crowd *crowd, int64_t ms)
{
    const int64_t end_ns = load_now_ns() + ms * 1000000;
    int64_t left_ms = ms;
    while (left_ms > 0) {
        struct epoll_event events[LOAD_EVENTS_MAX];
        const int count = epoll_wait(crowd->poller, events, LOAD_EVENTS_MAX, (int)left_ms);
        for (int index = 0; index < count; index++) {
            receive(crowd, events[index].data.ptr);
        }
        left_ms = (end_ns - load_now_ns()) / 1000000;
    }
}

static void open_crowd(struct crowd *crowd, uint16_t port, const struct task *task)
{
    static const char HELLO[] = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n"
                                "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    const uint32_t count = task->sockets;
    *crowd =
        (struct crowd){.count = count, .poller = epoll_create1(0), .is_ticker = task->channels > 1};
    crowd->clients = calloc(count, sizeof *crowd->clients);
    FX_ASSERT(crowd->clients != NULL && crowd->poller >= 0);
    for (uint32_t index = 0; index < count; index++) {
        struct client *client = &crowd->clients[index];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        client->fd = load_connect(port);
        fx_net_websocket_init(&client->parser, FX_NET_WEBSOCKET_ROLE_CLIENT, MESSAGE_SIZE_MAX);
        const ssize_t sent = send(client->fd, HELLO, sizeof HELLO - 1, MSG_NOSIGNAL);
        const int added = epoll_ctl(crowd->poller, EPOLL_CTL_ADD, client->fd, &event);
        FX_ASSERT(sent == (ssize_t)(sizeof HELLO - 1) && added == 0);
        if (index % 50 == 49) {
            run_for(crowd, 2); /* let the server keep up */
        }
    }
    while (crowd->ready < count) {
        run_for(crowd, INTERVAL_MS);
    }
}

static void close_crowd(struct crowd *crowd)
{
    for (uint32_t index = 0; index < crowd->count; index++) {
        (void)close(crowd->clients[index].fd);
        fx_net_websocket_deinit(&crowd->clients[index].parser);
    }
    (void)close(crowd->poller);
    free(crowd->clients);
}

/* ---- the measure ----------------------------------------------------------------------------- */

enum { OURS, NPM, RAW, PEER_COUNT };

/* What the rounds gave of one peer. */
struct figures {
    const char *name;
    const struct peer *peer; /* pid 0: not there */
    double each_us[ROUNDS_MAX];
    double messages;
    double bytes;
};

static void measure(struct figures *figures, const struct task *task, uint32_t round)
{
    struct crowd crowd;
    open_crowd(&crowd, figures->peer->port, task);
    run_for(&crowd, SETTLE_MS);
    const uint64_t messages = crowd.messages;
    const uint64_t bytes = crowd.bytes;
    const double begun_us = peer_cpu_us(figures->peer);
    run_for(&crowd, task->slice_ms);
    const double used_us = peer_cpu_us(figures->peer) - begun_us;
    const double count = (double)(crowd.messages - messages);
    FX_ASSERT(count > 0);
    figures->each_us[round] = used_us / count;
    figures->messages += count;
    figures->bytes += (double)(crowd.bytes - bytes);
    close_crowd(&crowd);
}

static bool raise_files(uint32_t sockets)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= (rlim_t)sockets + FILES_KEPT;
}

static uint32_t number(const char *text, uint32_t least)
{
    const unsigned long value = strtoul(text, NULL, 10);
    return value < least || value > 1000000 ? least : (uint32_t)value;
}

static void print_ratio(const struct figures *ours, const struct figures *other, uint32_t rounds)
{
    double ratios[ROUNDS_MAX];
    for (uint32_t round = 0; round < rounds; round++) {
        ratios[round] = ours->each_us[round] / other->each_us[round];
    }
    (void)printf("future : %-14s %5.2f of its CPU per delivered message (quartiles %4.2f, %4.2f)\n",
                 other->name,
                 load_quantile(ratios, rounds, 0.5),
                 load_quantile(ratios, rounds, 0.25),
                 load_quantile(ratios, rounds, 0.75));
}

static void print_figures(struct figures *figures, const struct task *task)
{
    const double wanted = (double)task->sockets * task->channels * task->rounds * task->slice_ms;
    (void)printf("%-14s %6u sockets  %u channels  %8.0f messages of %4.0f bytes (%3.0f %% of those "
                 "due)  %6.2f us CPU each\n",
                 figures->name,
                 task->sockets,
                 task->channels,
                 figures->messages,
                 figures->bytes / figures->messages,
                 100.0 * figures->messages * task->interval_ms / wanted,
                 load_quantile(figures->each_us, task->rounds, 0.5));
}

static void compare(const struct peer peers[PEER_COUNT], const struct task *task)
{
    static const char *const NAMES[] = {"future", "npm socket.io", "bare send(2)"};
    static struct figures figures[PEER_COUNT];
    memset(figures, 0, sizeof figures);
    for (uint32_t round = 0; round < task->rounds; round++) {
        for (uint32_t index = 0; index < PEER_COUNT; index++) {
            figures[index].name = NAMES[index];
            figures[index].peer = &peers[index];
            /* The floor sends books only. */
            if (peers[index].pid > 0 && (index != RAW || task->channels == 1)) {
                measure(&figures[index], task, round);
            }
        }
    }
    for (uint32_t index = OURS + 1; index < PEER_COUNT; index++) {
        if (figures[index].messages > 0) {
            print_ratio(&figures[OURS], &figures[index], task->rounds);
        }
    }
    for (uint32_t index = 0; index < PEER_COUNT; index++) {
        if (figures[index].messages > 0) {
            print_figures(&figures[index], task);
        }
    }
    (void)fflush(stdout);
}

static struct peer start(char *program, char *script, const char *interval)
{
    char text[16];
    char *const argv[] = {program, script, text, NULL};
    (void)snprintf(text, sizeof text, "%s", interval);
    return peer_start(argv, "port ");
}

int main(int argc, char **argv)
{
    if (argc == 3 && argv[1][0] == '-') {
        (void)raise_files(0);
        const uint32_t interval_ms = number(argv[2], 1);
        return strcmp(argv[1], "--raw") == 0 ? run_floor(interval_ms) : serve(interval_ms);
    }
    struct task task = {.sockets = argc > 1 ? number(argv[1], 1) : 1000};
    const uint32_t seconds = argc > 2 ? number(argv[2], 1) : 5;
    task.interval_ms =
        INTERVAL_MS * ((task.sockets + SOCKETS_PER_INTERVAL - 1) / SOCKETS_PER_INTERVAL);
    task.slice_ms = task.interval_ms > SLICE_MS ? task.interval_ms : SLICE_MS;
    task.rounds = seconds * 1000 / task.slice_ms;
    task.rounds = task.rounds < ROUNDS_MIN ? ROUNDS_MIN : task.rounds;
    task.rounds = task.rounds > ROUNDS_MAX ? ROUNDS_MAX : task.rounds;
    if (!raise_files(task.sockets)) {
        (void)printf("skipped: %u sockets need more descriptors than ulimit -n allows\n",
                     task.sockets);
        return 0;
    }
    char interval[16];
    char serve_flag[] = "--serve";
    char raw_flag[] = "--raw";
    char node[] = "node";
    (void)snprintf(interval, sizeof interval, "%u", task.interval_ms);
    struct peer peers[PEER_COUNT] = {
        [OURS] = start(argv[0], serve_flag, interval), [RAW] = start(argv[0], raw_flag, interval)};
    FX_ASSERT(peers[OURS].pid > 0 && peers[RAW].pid > 0);
    if (argc > 3) {
        peers[NPM] = start(node, argv[3], interval);
    }
    if (peers[NPM].pid == 0) {
        (void)printf("npm socket.io is not measured: bench/fanout/run installs it\n");
    }
    for (task.channels = 1; task.channels <= CHANNELS_MAX; task.channels++) {
        compare(peers, &task);
    }
    for (uint32_t index = 0; index < PEER_COUNT; index++) {
        peer_stop(&peers[index]);
    }
    return 0;
}

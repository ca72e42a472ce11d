/*
 * What a request costs end to end: durable orders with tokens and with signatures, order books and
 * tickers of a real exchange process, beside a raw epoll responder and Node's http module, all
 * driven by the same load on the same machine in one run. A closed loop shows the most that is
 * served, an open loop at half of that the latencies. CPU time is the server's, all of its threads.
 *
 * A shared machine's speed changes within seconds. So everything is measured in short slices, each
 * right after a slice of the raw responder, round by round; a row's ratio is the median of the
 * ratios of such pairs, and the quartiles say how far they lie apart.
 *
 * Usage: bench_http [--future PATH] [--connections N] [--slice S] [--rounds N] [--only WORD]
 *                   [--share 0.5; 0: no open loop]
 */
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "net/net_client.h"
#include "peers.h"

enum {
    USERS = 2,
    TEXT_SIZE_MAX = 1024,
    FILE_SIZE_MAX = 65536,
    PATH_SIZE_MAX = 512,
    FLAG_COUNT = 9,
    ROUNDS_MAX = 200,
    SETTLE_MS = 60 /* until the tables have the last order: its row is part of its price */
};

struct user {
    char token[TEXT_SIZE_MAX];
    char key[TEXT_SIZE_MAX];
    struct fx_crypto_hmac *hmac;
};

struct settings {
    const char *future;
    const char *only;
    uint32_t connections;
    uint32_t rounds;
    double slice;
    double share; /* of the most served, in the open loop */
};

struct context {
    struct user users[USERS];
    struct peer exchange;
    char folder[PATH_SIZE_MAX];
    char mark[TEXT_SIZE_MAX];
    uint64_t random;
};

/* ---- requests ---- */

static uint64_t draw(struct context *context)
{
    context->random ^= context->random << 13U;
    context->random ^= context->random >> 7U;
    context->random ^= context->random << 17U;
    return context->random;
}

static size_t post(char *target, const char *headers, const char *body)
{
    const int size = snprintf(target,
                              LOAD_REQUEST_SIZE_MAX,
                              "POST /api/v1/order HTTP/1.1\r\nHost: localhost\r\n"
                              "Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
                              headers,
                              strlen(body),
                              body);
    FX_ASSERT(size > 0 && size < LOAD_REQUEST_SIZE_MAX);
    return (size_t)size;
}

static size_t with_token(const struct user *user, char *target, const char *body)
{
    char headers[TEXT_SIZE_MAX + 64];
    (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", user->token);
    return post(target, headers, body);
}

/* An order that finds nobody and ends: a command, an order row, no trade. */
static size_t request_ioc(void *self, uint32_t connection, uint64_t number, char *target)
{
    const struct context *context = self;
    (void)number;
    return with_token(&context->users[connection % USERS],
                      target,
                      "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":"
                      "\"IOC\",\"quantity\":\"0.001\",\"price\":\"60000\"}");
}

/* Two users meet at one price on random sides: half of the connections leave orders in the book,
 * the other half takes them, so most orders trade and the positions stay near nothing. */
static size_t request_trade(void *self, uint32_t connection, uint64_t number, char *target)
{
    struct context *context = self;
    char body[256];
    (void)number;
    (void)snprintf(body,
                   sizeof body,
                   "{\"symbol\":\"ETHUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\",\"timeInForce\":"
                   "\"%s\",\"quantity\":\"0.01\",\"price\":\"%.32s\"}",
                   (draw(context) >> 32U) % 2 == 0 ? "BUY" : "SELL",
                   connection / USERS % 2 == 0 ? "GTC" : "IOC",
                   context->mark);
    return with_token(&context->users[connection % USERS], target, body);
}

/* Signature version 2: the text that is signed is different for each request. */
static size_t request_signed(void *self, uint32_t connection, uint64_t number, char *target)
{
    struct context *context = self;
    struct user *user = &context->users[connection % USERS];
    char body[256];
    char text[512];
    char headers[TEXT_SIZE_MAX + 256];
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf hex;
    fx_buf_init(&hex, 256);
    (void)snprintf(
        body,
        sizeof body,
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":"
        "\"IOC\",\"quantity\":\"0.001\",\"price\":\"60000\",\"clientOrderId\":\"b%llu\"}",
        (unsigned long long)(number ^ (draw(context) << 20U)));
    fx_crypto_sha256(fx_str_of(body), digest);
    fx_crypto_hex_encode(&hex, fx_crypto_str(digest, sizeof digest));
    const long long now_ms = (long long)(fx_clock_wall_us() / 1000);
    (void)snprintf(text,
                   sizeof text,
                   "v2\n%lld\n5000\nPOST\n/api/v1/order\n\n%.*s",
                   now_ms,
                   (int)hex.size,
                   hex.data);
    fx_crypto_hmac_sign(user->hmac, fx_str_of(text), digest);
    fx_buf_clear(&hex);
    fx_crypto_hex_encode(&hex, fx_crypto_str(digest, sizeof digest));
    (void)snprintf(headers,
                   sizeof headers,
                   "apikey: %s\r\ntimestamp: %lld\r\nsignature: %.*s\r\nx-signature-version: 2\r\n",
                   user->key,
                   now_ms,
                   (int)hex.size,
                   hex.data);
    fx_buf_deinit(&hex);
    return post(target, headers, body);
}

static size_t get(char *target, const char *path)
{
    const int size =
        snprintf(target, LOAD_REQUEST_SIZE_MAX, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    return (size_t)size;
}

static size_t request_book(void *self, uint32_t connection, uint64_t number, char *target)
{
    (void)self, (void)connection, (void)number;
    return get(target, "/api/v1/orderbook/BTCUSDT?limit=50");
}

static size_t request_ticker(void *self, uint32_t connection, uint64_t number, char *target)
{
    (void)self, (void)connection, (void)number;
    return get(target, "/api/v1/ticker?symbol=BTCUSDT");
}

/* ---- the exchange ---- */

static void read_file(const char *folder, const char *name, char *target)
{
    char path[PATH_SIZE_MAX * 2];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    FX_ASSERT(file != NULL);
    const size_t size = fread(target, 1, FILE_SIZE_MAX - 1, file);
    target[size] = '\0';
    (void)fclose(file);
}

static void copy_member(const char *text, const char *name, char *target)
{
    char mark[64];
    (void)snprintf(mark, sizeof mark, "\"%s\":\"", name);
    const char *start = strstr(text, mark);
    FX_ASSERT(start != NULL);
    start += strlen(mark);
    const size_t size = strcspn(start, "\"");
    FX_ASSERT(size < TEXT_SIZE_MAX);
    memcpy(target, start, size);
    target[size] = '\0';
}

/* One request on a connection of its own, outside of what is measured. */
static void ask(uint16_t port, const struct fx_net_http_write_request *request, char *answer)
{
    const struct fx_net_client_config config = {.host = "127.0.0.1", .port = port};
    struct fx_net_client *client = NULL;
    const struct fx_net_http_client *response = NULL;
    fx_status status = fx_net_client_open(&config, &client);
    FX_ASSERT(status == FX_OK);
    status = fx_net_client_send(client, request);
    FX_ASSERT(status == FX_OK);
    status = fx_net_client_receive(client, &response);
    FX_ASSERT(status == FX_OK && response->code == 200 && response->body.size < FILE_SIZE_MAX);
    memcpy(answer, response->body.data, response->body.size);
    answer[response->body.size] = '\0';
    fx_net_client_close(client);
}

static void log_in(uint16_t port, const char *credentials, struct user *user)
{
    char email[TEXT_SIZE_MAX];
    char password[TEXT_SIZE_MAX];
    char secret[TEXT_SIZE_MAX];
    char body[TEXT_SIZE_MAX * 3];
    static char answer[FILE_SIZE_MAX];
    copy_member(credentials, "email", email);
    copy_member(credentials, "password", password);
    copy_member(credentials, "apiKey", user->key);
    copy_member(credentials, "apiSecret", secret);
    user->hmac = fx_crypto_hmac_create(fx_str_of(secret));
    (void)snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", email, password);
    const struct fx_net_http_write_request request = {.method = FX_STR("POST"),
                                                      .target = FX_STR("/api/v1/auth/login"),
                                                      .content_type = FX_STR("application/json"),
                                                      .body = fx_str_of(body)};
    ask(port, &request, answer);
    copy_member(answer, "accessToken", user->token);
}

/* Nobody trades at the mark, so it stays, and orders at it are within every band. */
static void read_mark(struct context *context)
{
    static char answer[FILE_SIZE_MAX];
    const struct fx_net_http_write_request request = {
        .method = FX_STR("GET"), .target = FX_STR("/api/v1/mark-price?symbol=ETHUSDT")};
    ask(context->exchange.port, &request, answer);
    copy_member(answer, "markPrice", context->mark);
}

static void start_exchange(const struct settings *settings, struct context *context)
{
    static char text[FILE_SIZE_MAX];
    static const char *const FLAGS[] = {"serve",
                                        "--demo",
                                        "--no-bots",
                                        "--port=0",
                                        "--password-cost=4",
                                        "--log-level=warn",
                                        "--rate-orders=0",
                                        "--rate-reads=0",
                                        "--rate-key-percent=100"};
    static char words[FLAG_COUNT + 2][PATH_SIZE_MAX];
    char *argv[FLAG_COUNT + 3] = {words[0]};
    (void)snprintf(words[0], sizeof words[0], "%s", settings->future);
    for (uint32_t index = 0; index < FLAG_COUNT; index++) {
        argv[index + 1] = words[index + 1];
        (void)snprintf(argv[index + 1], PATH_SIZE_MAX, "%s", FLAGS[index]);
    }
    (void)snprintf(context->folder, sizeof context->folder, "build/bench-http-XXXXXX");
    const char *made = mkdtemp(context->folder);
    FX_ASSERT(made != NULL);
    argv[FLAG_COUNT + 1] = words[FLAG_COUNT + 1];
    (void)snprintf(argv[FLAG_COUNT + 1], PATH_SIZE_MAX, "--data=%.400s", context->folder);
    context->exchange = peer_start(argv, "http://localhost:");
    FX_ASSERT(context->exchange.pid > 0);
    read_file(context->folder, "demo-credentials.json", text);
    const char *at = text;
    for (uint32_t index = 0; index < USERS; index++) {
        at = strchr(at, '{');
        FX_ASSERT(at != NULL);
        log_in(context->exchange.port, at, &context->users[index]);
        at++;
    }
    read_mark(context);
}

static void stop_exchange(struct context *context)
{
    char command[PATH_SIZE_MAX + 16];
    peer_stop(&context->exchange);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", context->folder);
    const int result = system(command); // NOLINT(cert-env33-c): our own folder
    FX_ASSERT(result == 0);
}

/* ---- slices ---- */

/* What the rounds gave of one peer and one kind of request, a number each. */
struct row {
    const char *name;
    const struct peer *peer;
    load_request_fn request;
    uint32_t count;
    double ratios[ROUNDS_MAX]; /* of CPU per request to the raw slice's before it */
    double costs_us[ROUNDS_MAX];
    double open_us[ROUNDS_MAX];
    double rates[ROUNDS_MAX];
    uint64_t failed;
    char first_failure[256];
    struct load_report open; /* latencies of all slices */
};

struct slice {
    double cpu_us; /* per request */
    double rate;
};

static void note_failures(struct row *row, const struct load_report *report)
{
    if (row->failed == 0 && report->failed > 0) {
        memcpy(row->first_failure, report->first_failure, sizeof row->first_failure);
    }
    row->failed += report->failed;
}

static void pause_ms(uint32_t ms)
{
    const struct timespec time = {.tv_nsec = (long)ms * 1000000};
    (void)nanosleep(&time, NULL);
}

static struct slice measure(struct row *row, struct load_options *options, bool is_open)
{
    static struct load_report report;
    options->port = row->peer->port;
    options->request = row->request;
    const double before_us = peer_cpu_us(row->peer);
    load_run(options, &report);
    pause_ms(SETTLE_MS);
    FX_ASSERT(report.done > 0);
    note_failures(row, &report);
    for (uint32_t bucket = 0; is_open && bucket < LOAD_BUCKETS; bucket++) {
        row->open.buckets[bucket] += report.buckets[bucket];
    }
    row->open.done += is_open ? report.done : 0;
    return (struct slice){.cpu_us = (peer_cpu_us(row->peer) - before_us) / (double)report.done,
                          .rate = (double)report.done / report.seconds};
}

static void play_round(const struct settings *settings,
                       struct context *context,
                       struct row *raw,
                       struct row *row)
{
    struct load_options options = {
        .connections = settings->connections, .seconds = settings->slice, .self = context};
    const struct slice base = measure(raw, &options, false);
    const struct slice closed = row == raw ? base : measure(row, &options, false);
    const uint32_t round = row->count;
    row->ratios[round] = closed.cpu_us / base.cpu_us;
    row->costs_us[round] = closed.cpu_us;
    row->rates[round] = closed.rate;
    if (settings->share > 0) {
        options.rate = closed.rate * settings->share;
        row->open_us[round] = measure(row, &options, true).cpu_us;
    }
    row->count++;
}

/* ---- rows of the table ---- */

static void print_row(const struct settings *settings, struct row *row)
{
    printf("%-28s %8.0f/s %7.2f us %5.2f x (%4.2f to %4.2f)",
           row->name,
           load_quantile(row->rates, row->count, 0.5),
           load_quantile(row->costs_us, row->count, 0.5),
           load_quantile(row->ratios, row->count, 0.5),
           load_quantile(row->ratios, row->count, 0.25),
           load_quantile(row->ratios, row->count, 0.75));
    if (settings->share > 0) {
        printf(" | %7.2f us, ms: p50 %6.2f p99 %6.2f p99.9 %7.2f",
               load_quantile(row->open_us, row->count, 0.5),
               load_percentile(&row->open, 0.5) / 1000,
               load_percentile(&row->open, 0.99) / 1000,
               load_percentile(&row->open, 0.999) / 1000);
    }
    if (row->failed > 0) {
        printf("  FAILED %llu: %s", (unsigned long long)row->failed, row->first_failure);
    }
    printf("\n");
    (void)fflush(stdout);
}

static bool is_wanted(const struct settings *settings, const char *name)
{
    return settings->only == NULL || strstr(name, settings->only) != NULL;
}

static struct settings read_settings(int argc, char **argv)
{
    struct settings settings = {.future = "build/release/future",
                                .connections = 64,
                                .rounds = 9,
                                .slice = 0.3,
                                .share = 0.5};
    for (int index = 1; index + 1 < argc; index += 2) {
        if (strcmp(argv[index], "--future") == 0) {
            settings.future = argv[index + 1];
        } else if (strcmp(argv[index], "--only") == 0) {
            settings.only = argv[index + 1];
        } else if (strcmp(argv[index], "--connections") == 0) {
            settings.connections = (uint32_t)strtoul(argv[index + 1], NULL, 10);
        } else if (strcmp(argv[index], "--slice") == 0) {
            settings.slice = strtod(argv[index + 1], NULL);
        } else if (strcmp(argv[index], "--rounds") == 0) {
            settings.rounds = (uint32_t)strtoul(argv[index + 1], NULL, 10);
        } else if (strcmp(argv[index], "--share") == 0) {
            settings.share = strtod(argv[index + 1], NULL);
        }
    }
    FX_ASSERT(settings.rounds >= 1 && settings.rounds <= ROUNDS_MAX && settings.slice > 0);
    return settings;
}

int main(int argc, char **argv)
{
    static struct context context = {.random = 88172645463325252ULL};
    static struct peer raw;
    static struct peer node;
    static struct row rows[] = {
        {.name = "raw epoll responder", .peer = &raw, .request = request_ioc},
        {.name = "node:http", .peer = &node, .request = request_ioc},
        {.name = "orders, JWT", .peer = &context.exchange, .request = request_ioc},
        {.name = "orders that trade, JWT", .peer = &context.exchange, .request = request_trade},
        {.name = "orders, signed (v2)", .peer = &context.exchange, .request = request_signed},
        {.name = "GET /orderbook, 50 levels", .peer = &context.exchange, .request = request_book},
        {.name = "GET /ticker", .peer = &context.exchange, .request = request_ticker}};
    const uint32_t row_count = sizeof rows / sizeof rows[0];
    const struct settings settings = read_settings(argc, argv);
    (void)signal(SIGPIPE, SIG_IGN);
    start_exchange(&settings, &context); /* its tokens are in the peers' requests too */
    raw = peer_start_raw();
    node = peer_start_node();
    printf("%u connections, %u rounds of %.2f s: requests/s, server CPU per request, x the raw "
           "responder's right before (quartiles) | CPU in an open loop of %.0f %%\n",
           settings.connections,
           settings.rounds,
           settings.slice,
           settings.share * 100);
    for (uint32_t round = 0; round <= settings.rounds; round++) {
        for (uint32_t index = 0; index < row_count; index++) {
            struct row *row = &rows[index];
            const bool is_there = row->peer->pid > 0 && is_wanted(&settings, row->name);
            if (index == 0 || is_there) {
                play_round(&settings, &context, &rows[0], row);
            }
            if (round == 0) { /* to warm up */
                *row = (struct row){.name = row->name, .peer = row->peer, .request = row->request};
            }
        }
    }
    for (uint32_t index = 0; index < row_count; index++) {
        if (rows[index].count > 0) {
            print_row(&settings, &rows[index]);
        }
    }
    if (node.pid <= 0) {
        printf("node:http: skipped, no node on this machine\n");
    }
    peer_stop(&raw);
    peer_stop(&node);
    stop_exchange(&context);
    return 0;
}

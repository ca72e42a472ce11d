/*
 * What a request costs end to end: durable orders with tokens and with signatures, order books and
 * tickers of a real exchange process, beside a raw epoll responder and Node's http module, all
 * driven by the same load on the same machine in one run. First a closed loop shows the most that
 * is served, then an open loop at half of that shows the latencies. CPU time is the server's, all
 * of its threads.
 *
 * Usage: bench_http [--future PATH] [--connections N] [--seconds S] [--only WORD] [--share 0.5]
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
    FLAG_COUNT = 9
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
    double seconds;
    double share; /* of the most served, in the open loop */
};

struct context {
    struct user users[USERS];
    struct peer exchange;
    char folder[PATH_SIZE_MAX];
    char mark[TEXT_SIZE_MAX];
    uint64_t random;
    double raw_us; /* CPU per request of the raw responder */
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

/* ---- rows of the table ---- */

static double measure(const struct peer *peer,
                      const struct load_options *options,
                      struct load_report *report)
{
    const double before_us = peer_cpu_us(peer);
    load_run(options, report);
    FX_ASSERT(report->done > 0);
    return (peer_cpu_us(peer) - before_us) / (double)report->done;
}

static double row(const struct settings *settings,
                  struct context *context,
                  const struct peer *peer,
                  const char *name,
                  load_request_fn request)
{
    static struct load_report closed;
    static struct load_report open;
    struct load_options options = {.port = peer->port,
                                   .connections = settings->connections,
                                   .seconds = settings->seconds / 4,
                                   .request = request,
                                   .self = context};
    (void)measure(peer, &options, &closed); /* warm */
    options.seconds = settings->seconds;
    const double closed_us = measure(peer, &options, &closed);
    options.rate = (double)closed.done / closed.seconds * settings->share;
    const double open_us = measure(peer, &options, &open);
    printf(
        "%-28s %8.0f/s %7.2f us %5.2f x | at %6.0f/s %7.2f us, ms: p50 %6.2f p99 %6.2f p99.9 %7.2f",
        name,
        (double)closed.done / closed.seconds,
        closed_us,
        context->raw_us > 0 ? closed_us / context->raw_us : 1.0,
        options.rate,
        open_us,
        load_percentile(&open, 0.5) / 1000,
        load_percentile(&open, 0.99) / 1000,
        load_percentile(&open, 0.999) / 1000);
    if (closed.failed + open.failed > 0) {
        printf("  FAILED %llu: %s",
               (unsigned long long)(closed.failed + open.failed),
               closed.failed > 0 ? closed.first_failure : open.first_failure);
    }
    printf("\n");
    (void)fflush(stdout);
    return closed_us;
}

static bool is_wanted(const struct settings *settings, const char *name)
{
    return settings->only == NULL || strstr(name, settings->only) != NULL;
}

static struct settings read_settings(int argc, char **argv)
{
    struct settings settings = {
        .future = "build/release/future", .connections = 64, .seconds = 3, .share = 0.5};
    for (int index = 1; index + 1 < argc; index += 2) {
        if (strcmp(argv[index], "--future") == 0) {
            settings.future = argv[index + 1];
        } else if (strcmp(argv[index], "--only") == 0) {
            settings.only = argv[index + 1];
        } else if (strcmp(argv[index], "--connections") == 0) {
            settings.connections = (uint32_t)strtoul(argv[index + 1], NULL, 10);
        } else if (strcmp(argv[index], "--seconds") == 0) {
            settings.seconds = strtod(argv[index + 1], NULL);
        } else if (strcmp(argv[index], "--share") == 0) {
            settings.share = strtod(argv[index + 1], NULL);
        }
    }
    return settings;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        load_request_fn request;
    } ROWS[] = {{"orders, JWT", request_ioc},
                {"orders that trade, JWT", request_trade},
                {"orders, signed (v2)", request_signed},
                {"GET /orderbook, 50 levels", request_book},
                {"GET /ticker", request_ticker}};
    const struct settings settings = read_settings(argc, argv);
    static struct context context = {.random = 88172645463325252ULL};
    (void)signal(SIGPIPE, SIG_IGN);
    printf("%u connections; requests/s and server CPU per request at full speed (x: of the raw "
           "responder's) | open loop\n",
           settings.connections);
    start_exchange(&settings, &context); /* its tokens are in the peers' requests too */
    struct peer raw = peer_start_raw();
    context.raw_us = row(&settings, &context, &raw, "raw epoll responder", request_ioc);
    peer_stop(&raw);
    struct peer node = peer_start_node();
    if (node.pid > 0) {
        (void)row(&settings, &context, &node, "node:http", request_ioc);
        peer_stop(&node);
    } else {
        printf("node:http: skipped, no node on this machine\n");
    }
    for (uint32_t index = 0; index < sizeof ROWS / sizeof ROWS[0]; index++) {
        if (is_wanted(&settings, ROWS[index].name)) {
            (void)row(
                &settings, &context, &context.exchange, ROWS[index].name, ROWS[index].request);
        }
    }
    stop_exchange(&context);
    return 0;
}

#include "net/net_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/panic.h"

enum {
    HOST_SIZE_MAX = 256,
    INPUT_SIZE_MAX = 64 * 1024,
    OUTPUT_SIZE_MAX = 64 * 1024 * 1024,
    TIMEOUT_MS_DEFAULT = 10000,
    BODY_SIZE_DEFAULT = 16 * 1024 * 1024,
    US_PER_MS = 1000
};

struct fx_net_client {
    struct fx_net_http_client parser;
    struct fx_buf output;
    struct fx_buf input; /* bytes behind the last answer */
    uint32_t timeout_ms;
    uint32_t outstanding;
    uint32_t head_first; /* ring of "was a HEAD request", by order of sending */
    int fd;
    bool has_answer; /* the parser holds the answer that was given out */
    bool is_head[FX_NET_CLIENT_PIPELINE_MAX];
    char host[HOST_SIZE_MAX + 8];
    char chunk[INPUT_SIZE_MAX];
};

fx_status fx_net_client_parse_url(fx_str url,
                                  char host_out[256],
                                  uint16_t *port_out,
                                  fx_str *path_out)
{
    const fx_str scheme = FX_STR("http://");
    if (!fx_str_is_equal_nocase(fx_str_slice(url, 0, scheme.size), scheme)) {
        return FX_BAD_PARAMETER;
    }
    const fx_str rest = fx_str_slice(url, scheme.size, url.size);
    size_t end = fx_str_find(rest, '/', 0);
    end = end == SIZE_MAX ? rest.size : end;
    fx_str host = fx_str_slice(rest, 0, end);
    uint64_t port = 80;
    const size_t bracket = fx_str_find(host, ']', 0);
    const size_t colon = fx_str_find(host, ':', bracket == SIZE_MAX ? 0 : bracket);
    if (colon != SIZE_MAX) {
        if (!fx_str_parse_u64(fx_str_slice(host, colon + 1, host.size), &port) || port == 0 ||
            port > UINT16_MAX) {
            return FX_BAD_PARAMETER;
        }
        host = fx_str_slice(host, 0, colon);
    }
    if (host.size > 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
        host = fx_str_slice(host, 1, host.size - 2);
    }
    if (host.size == 0 || !fx_str_copy(host, host_out, HOST_SIZE_MAX)) {
        return FX_BAD_PARAMETER;
    }
    *port_out = (uint16_t)port;
    *path_out = end == rest.size ? FX_STR("/") : fx_str_slice(rest, end, rest.size);
    return FX_OK;
}

static int64_t now_ms(void)
{
    return fx_clock_monotonic_us() / US_PER_MS;
}

/* Wait for the socket. @return OK, TIMEOUT or IO. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as poll() has them
static fx_status wait_for(int fd, short events, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd entry = {.fd = fd, .events = events};
        const int64_t left_ms = deadline_ms - now_ms();
        const int count = poll(&entry, 1, left_ms > 0 ? (int)left_ms : 0);
        if (count > 0) {
            return FX_OK;
        }
        if (count == 0) {
            return FX_TIMEOUT;
        }
        if (errno != EINTR) {
            return FX_IO;
        }
    }
}

static fx_status connect_to(const struct addrinfo *address, int64_t deadline_ms, int *fd_out)
{
    const int one = 1;
    int error = 0;
    socklen_t size = sizeof error;
    const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return FX_IO;
    }
    fx_status status = FX_OK;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        status = errno == EINPROGRESS ? wait_for(fd, POLLOUT, deadline_ms) : FX_IO;
    }
    if (status == FX_OK &&
        (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)) {
        status = FX_IO;
    }
    if (status != FX_OK) {
        (void)close(fd);
        return status;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *fd_out = fd;
    return FX_OK;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a port and a time; only open() calls it
static fx_status connect_any(const char *host, uint16_t port, uint32_t timeout_ms, int *fd_out)
{
    struct addrinfo hints;
    struct addrinfo *list = NULL;
    char service[8];
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    (void)snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &list) != 0) {
        return FX_IO;
    }
    const int64_t deadline_ms = now_ms() + timeout_ms;
    fx_status status = FX_IO;
    for (const struct addrinfo *item = list; item != NULL && status != FX_OK;
         item = item->ai_next) {
        status = connect_to(item, deadline_ms, fd_out);
    }
    freeaddrinfo(list);
    return status;
}

fx_status fx_net_client_open(const struct fx_net_client_config *config,
                             struct fx_net_client **client_out)
{
    struct fx_net_client *client = malloc(sizeof *client);
    if (client == NULL) {
        return FX_NO_MEMORY;
    }
    memset(client, 0, sizeof *client);
    client->timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS_DEFAULT;
    fx_net_http_client_init(&client->parser,
                            config->body_size_max > 0 ? config->body_size_max : BODY_SIZE_DEFAULT);
    fx_buf_init(&client->output, OUTPUT_SIZE_MAX);
    fx_buf_init(&client->input, INPUT_SIZE_MAX);
    const bool is_v6 = strchr(config->host, ':') != NULL;
    const int length = snprintf(client->host,
                                sizeof client->host,
                                "%s%s%s:%u",
                                is_v6 ? "[" : "",
                                config->host,
                                is_v6 ? "]" : "",
                                (unsigned)config->port);
    client->fd = -1;
    fx_status status = FX_IO;
    if (length > 0 && (size_t)length < sizeof client->host) {
        status = connect_any(config->host, config->port, client->timeout_ms, &client->fd);
    }
    if (status != FX_OK) {
        fx_net_client_close(client);
        return status;
    }
    *client_out = client;
    return FX_OK;
}

void fx_net_client_close(struct fx_net_client *client)
{
    if (client == NULL) {
        return;
    }
    if (client->fd >= 0) {
        (void)close(client->fd);
    }
    fx_net_http_client_deinit(&client->parser);
    fx_buf_deinit(&client->output);
    fx_buf_deinit(&client->input);
    free(client);
}

uint32_t fx_net_client_outstanding(const struct fx_net_client *client)
{
    return client->outstanding;
}

fx_status fx_net_client_send(struct fx_net_client *client,
                             const struct fx_net_http_write_request *request)
{
    if (client->outstanding == FX_NET_CLIENT_PIPELINE_MAX) {
        return FX_CAPACITY;
    }
    struct fx_net_http_write_request complete = *request;
    if (complete.host.size == 0) {
        complete.host = fx_str_of(client->host);
    }
    fx_net_http_write_request(&client->output, &complete);
    if (client->output.is_overflow) {
        return FX_NO_MEMORY;
    }
    const uint32_t slot =
        (client->head_first + client->outstanding) % (uint32_t)FX_NET_CLIENT_PIPELINE_MAX;
    client->is_head[slot] = fx_str_is_equal(request->method, FX_STR("HEAD"));
    client->outstanding++;
    return FX_OK;
}

/* One read into `input` where there is room. @return OK (perhaps nothing new); IO at the end. */
static fx_status read_some(struct fx_net_client *client)
{
    const size_t room = INPUT_SIZE_MAX - client->input.size;
    if (room == 0) {
        return FX_OK;
    }
    const ssize_t size = recv(client->fd, client->chunk, room, 0);
    if (size > 0) {
        fx_buf_append(&client->input, (fx_str){client->chunk, (size_t)size});
        return client->input.is_overflow ? FX_NO_MEMORY : FX_OK;
    }
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return FX_OK;
    }
    return FX_IO;
}

fx_status fx_net_client_flush(struct fx_net_client *client)
{
    const int64_t deadline_ms = now_ms() + client->timeout_ms;
    size_t sent = 0;
    fx_status status = FX_OK;
    while (status == FX_OK && sent < client->output.size) {
        const ssize_t size =
            send(client->fd, client->output.data + sent, client->output.size - sent, MSG_NOSIGNAL);
        if (size > 0) {
            sent += (size_t)size;
        } else if (size < 0 && errno == EAGAIN) {
            /* Reading meanwhile keeps a server going that waits for us to take its answers. */
            const short events = client->input.size < INPUT_SIZE_MAX ? POLLIN | POLLOUT : POLLOUT;
            status = wait_for(client->fd, events, deadline_ms);
            status = status == FX_OK ? read_some(client) : status;
        } else if (size < 0 && errno != EINTR) {
            status = FX_IO;
        }
    }
    fx_buf_consume(&client->output, sent);
    return status;
}

static bool is_complete(const struct fx_net_http_client *parser)
{
    return parser->state == FX_NET_HTTP_STATE_DONE || parser->state == FX_NET_HTTP_STATE_FAILED;
}

/* Read until the parser has an answer. The end of the connection may be the end of the body. */
static fx_status read_answer(struct fx_net_client *client)
{
    struct fx_net_http_client *parser = &client->parser;
    const int64_t deadline_ms = now_ms() + client->timeout_ms;
    for (;;) {
        const size_t taken = fx_net_http_client_feed(parser, fx_buf_str(&client->input));
        fx_buf_consume(&client->input, taken);
        if (is_complete(parser)) {
            return parser->status;
        }
        fx_status status = wait_for(client->fd, POLLIN, deadline_ms);
        if (status != FX_OK) {
            return status;
        }
        status = read_some(client);
        if (status == FX_IO) {
            fx_net_http_client_finish(parser);
            return parser->state == FX_NET_HTTP_STATE_DONE ? FX_OK : FX_IO;
        }
        if (status != FX_OK) {
            return status;
        }
    }
}

fx_status fx_net_client_receive(struct fx_net_client *client,
                                const struct fx_net_http_client **response_out)
{
    if (client->outstanding == 0) {
        return FX_NOT_FOUND;
    }
    if (client->has_answer) {
        fx_net_http_client_next(&client->parser);
        client->has_answer = false;
    }
    fx_status status = fx_net_client_flush(client);
    if (status != FX_OK && status != FX_IO) {
        return status; /* IO: a server may answer (413) and close while we still send */
    }
    client->parser.is_head_request = client->is_head[client->head_first];
    status = read_answer(client);
    if (status != FX_OK) {
        return status;
    }
    client->has_answer = true;
    client->head_first = (client->head_first + 1) % (uint32_t)FX_NET_CLIENT_PIPELINE_MAX;
    client->outstanding--;
    *response_out = &client->parser;
    return FX_OK;
}

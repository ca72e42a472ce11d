#include "cache/cache_link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/panic.h"

enum { ERROR_SIZE_MAX = 160, PORT_TEXT_SIZE = 8, HOST_SIZE_MAX = 256, WRITE_SIZE_MAX = 1 << 20 };

enum link_state {
    LINK_LOOKING = 1, /* for the host's addresses */
    LINK_CONNECTING = 2,
    LINK_SHAKING = 3,
    LINK_UP = 4,
    LINK_FAILED = 5
};

struct fx_cache_link_lookup;

struct fx_cache_link {
    int fd; /* -1 while looking */
    enum link_state state;
    struct fx_cache_link_lookup *lookup;
    const struct addrinfo *next; /* of the addresses that were found */
    SSL_CTX *context;            /* NULL: plain */
    SSL *ssl;
    bool is_writing_wanted; /* by the handshake, or by TLS before it can go on reading */
    char error[ERROR_SIZE_MAX];
};

/* The message for an errno value. */
static fx_status fail(struct fx_cache_link *link, const char *what, int number)
{
    char reason[ERROR_SIZE_MAX / 2] = "";
    if (number != 0) {
        const char *text = strerror_r(number, reason, sizeof reason);
        (void)snprintf(link->error, sizeof link->error, "%s: %s", what, text);
    } else {
        (void)snprintf(link->error, sizeof link->error, "%s", what);
    }
    link->state = LINK_FAILED;
    return FX_IO;
}

/* The same for what OpenSSL has to say. */
static fx_status fail_tls(struct fx_cache_link *link, const char *what)
{
    char reason[ERROR_SIZE_MAX] = "closed";
    const long verify = link->ssl == NULL ? X509_V_OK : SSL_get_verify_result(link->ssl);
    const unsigned long number = ERR_get_error();
    if (verify != X509_V_OK) {
        (void)snprintf(reason, sizeof reason, "%s", X509_verify_cert_error_string(verify));
    } else if (number != 0) {
        ERR_error_string_n(number, reason, sizeof reason);
    }
    ERR_clear_error();
    (void)snprintf(link->error, sizeof link->error, "%s: %.*s", what, ERROR_SIZE_MAX / 2, reason);
    link->state = LINK_FAILED;
    return FX_IO;
}

static fx_status prepare_tls(struct fx_cache_link *link,
                             const struct fx_cache_link_options *options)
{
    link->context = SSL_CTX_new(TLS_client_method());
    if (link->context == NULL) {
        return FX_NO_MEMORY;
    }
    (void)SSL_CTX_set_min_proto_version(link->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(link->context, SSL_VERIFY_PEER, NULL);
    const int is_loaded =
        options->ca_file == NULL || options->ca_file[0] == '\0'
            ? SSL_CTX_set_default_verify_paths(link->context)
            : SSL_CTX_load_verify_locations(link->context, options->ca_file, NULL);
    if (is_loaded != 1) {
        ERR_clear_error();
        return FX_BAD_PARAMETER;
    }
    link->ssl = SSL_new(link->context);
    if (link->ssl == NULL) {
        return FX_NO_MEMORY;
    }
    SSL_set_connect_state(link->ssl);
    (void)SSL_set_mode(link->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
    (void)SSL_set_mode(link->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    X509_VERIFY_PARAM *parameters = SSL_get0_param(link->ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, options->host) !=
        1) {                      /* not an address: a name */
        char name[HOST_SIZE_MAX]; /* OpenSSL's macro would take its const away */
        ERR_clear_error();
        if (!fx_str_copy(fx_str_of(options->host), name, sizeof name)) {
            return FX_BAD_PARAMETER;
        }
        if (SSL_set1_host(link->ssl, name) != 1 || SSL_set_tlsext_host_name(link->ssl, name) != 1) {
            return FX_NO_MEMORY;
        }
    }
    return FX_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* A name's look-up waits for other machines, so it has a thread of its own, which may outlive the
 * link: the last of the two frees this. */
struct fx_cache_link_lookup {
    atomic_int users;
    atomic_int state; /* enum lookup_state */
    struct addrinfo *found;
    char host[HOST_SIZE_MAX];
    char port[PORT_TEXT_SIZE];
};

enum lookup_state { LOOKUP_RUNS = 1, LOOKUP_FOUND = 2, LOOKUP_FAILED = 3 };

static void release_lookup(struct fx_cache_link_lookup *lookup)
{
    if (lookup != NULL && atomic_fetch_sub(&lookup->users, 1) == 1) {
        if (lookup->found != NULL) {
            freeaddrinfo(lookup->found);
        }
        free(lookup);
    }
}

static void find_addresses(struct fx_cache_link_lookup *lookup, int flags)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    const int result = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->found);
    atomic_store(&lookup->state, result == 0 ? LOOKUP_FOUND : LOOKUP_FAILED);
}

static void *look_up(void *context)
{
    find_addresses(context, 0);
    release_lookup(context);
    return NULL;
}

static fx_status begin_lookup(struct fx_cache_link *link,
                              const struct fx_cache_link_options *options)
{
    struct fx_cache_link_lookup *lookup = calloc(1, sizeof *lookup);
    if (lookup == NULL) {
        return FX_NO_MEMORY;
    }
    link->lookup = lookup;
    atomic_store(&lookup->users, 1);
    if (!fx_str_copy(fx_str_of(options->host), lookup->host, sizeof lookup->host)) {
        return FX_BAD_PARAMETER;
    }
    (void)snprintf(lookup->port, sizeof lookup->port, "%u", (unsigned)options->port);
    find_addresses(lookup, AI_NUMERICHOST); /* an address needs nobody's answer */
    if (atomic_load(&lookup->state) == LOOKUP_FOUND) {
        return FX_OK;
    }
    pthread_t thread = 0;
    atomic_store(&lookup->state, LOOKUP_RUNS);
    atomic_store(&lookup->users, 2);
    if (pthread_create(&thread, NULL, look_up, lookup) != 0) {
        atomic_store(&lookup->users, 1);
        return FX_NO_MEMORY;
    }
    (void)pthread_detach(thread);
    return FX_OK;
}

/* Begin to connect to the next address. */
static fx_status connect_next(struct fx_cache_link *link)
{
    fx_status status = fail(link, "the host has no address that can be reached", 0);
    while (link->next != NULL && status != FX_OK) {
        const struct addrinfo *item = link->next;
        link->next = item->ai_next;
        if (link->fd >= 0) {
            (void)close(link->fd);
        }
        link->fd = socket(item->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (link->fd < 0) {
            status = fail(link, "socket", errno);
            continue;
        }
        const int one = 1;
        (void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        const bool is_begun =
            connect(link->fd, item->ai_addr, item->ai_addrlen) == 0 || errno == EINPROGRESS;
        status = is_begun ? FX_OK : fail(link, "connect", errno);
    }
    if (status == FX_OK) {
        link->state = LINK_CONNECTING;
        link->error[0] = '\0';
    }
    return status;
}

static fx_status step_looking(struct fx_cache_link *link)
{
    const int state = atomic_load(&link->lookup->state);
    if (state == LOOKUP_RUNS) {
        return FX_BUSY;
    }
    if (state == LOOKUP_FAILED) {
        return fail(link, "the host's name is not known", 0);
    }
    link->next = link->lookup->found;
    return connect_next(link) == FX_OK ? FX_BUSY : FX_IO;
}

fx_status fx_cache_link_open(const struct fx_cache_link_options *options,
                             struct fx_cache_link **link_out)
{
    struct fx_cache_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        return FX_NO_MEMORY;
    }
    link->fd = -1;
    link->state = LINK_LOOKING;
    fx_status status = options->is_tls ? prepare_tls(link, options) : FX_OK;
    if (status == FX_OK) {
        status = begin_lookup(link, options);
    }
    if (status != FX_OK) {
        fx_cache_link_close(link);
        return status;
    }
    *link_out = link;
    return FX_OK;
}

void fx_cache_link_close(struct fx_cache_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->ssl != NULL) {
        if (link->state == LINK_UP) {
            (void)SSL_shutdown(link->ssl);
        }
        SSL_free(link->ssl);
        ERR_clear_error();
    }
    SSL_CTX_free(link->context);
    release_lookup(link->lookup);
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    free(link);
}

/* What a TLS call that gave `result` means: OK = try again later. */
static fx_status judge_tls(struct fx_cache_link *link, int result, const char *what)
{
    const int reason = SSL_get_error(link->ssl, result);
    link->is_writing_wanted = reason == SSL_ERROR_WANT_WRITE;
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) {
        return FX_OK;
    }
    return fail_tls(link, what);
}

static fx_status step_connecting(struct fx_cache_link *link)
{
    struct pollfd item = {.fd = link->fd, .events = POLLOUT};
    if (poll(&item, 1, 0) <= 0) {
        return FX_BUSY;
    }
    int number = 0;
    socklen_t size = sizeof number;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &number, &size) != 0 || number != 0) {
        const fx_status status = fail(link, "connect", number == 0 ? errno : number);
        if (link->next == NULL) {
            return status;
        }
        return connect_next(link) == FX_OK ? FX_BUSY : FX_IO;
    }
    if (link->ssl == NULL) {
        link->state = LINK_UP;
        return FX_OK;
    }
    link->state = LINK_SHAKING;
    return SSL_set_fd(link->ssl, link->fd) == 1 ? FX_BUSY : fail_tls(link, "TLS");
}

fx_status fx_cache_link_step(struct fx_cache_link *link)
{
    fx_status status = link->state == LINK_UP ? FX_OK : FX_BUSY;
    if (link->state == LINK_FAILED) {
        return FX_IO;
    }
    if (link->state == LINK_LOOKING) {
        status = step_looking(link);
    }
    if (link->state == LINK_CONNECTING) {
        status = step_connecting(link);
    }
    if (link->state == LINK_SHAKING) {
        const int result = SSL_do_handshake(link->ssl);
        if (result == 1) {
            link->state = LINK_UP;
            link->is_writing_wanted = false;
            return FX_OK;
        }
        status = judge_tls(link, result, "TLS handshake") == FX_OK ? FX_BUSY : FX_IO;
    }
    return status;
}

fx_status fx_cache_link_write(struct fx_cache_link *link, fx_str bytes, size_t *size_out)
{
    FX_ASSERT(link->state == LINK_UP);
    const size_t size = bytes.size < WRITE_SIZE_MAX ? bytes.size : WRITE_SIZE_MAX;
    *size_out = 0;
    if (size == 0) {
        return FX_OK;
    }
    if (link->ssl != NULL) {
        const int result = SSL_write(link->ssl, bytes.data, (int)size);
        if (result > 0) {
            *size_out = (size_t)result;
            return FX_OK;
        }
        return judge_tls(link, result, "TLS write");
    }
    const ssize_t count = send(link->fd, bytes.data, size, MSG_NOSIGNAL);
    if (count >= 0) {
        *size_out = (size_t)count;
        return FX_OK;
    }
    return errno == EAGAIN || errno == EINTR ? FX_OK : fail(link, "send", errno);
}

fx_status fx_cache_link_read(struct fx_cache_link *link,
                             char *target,
                             size_t capacity,
                             size_t *size_out)
{
    FX_ASSERT(link->state == LINK_UP && capacity > 0 && capacity <= WRITE_SIZE_MAX);
    *size_out = 0;
    if (link->ssl != NULL) {
        const int result = SSL_read(link->ssl, target, (int)capacity);
        if (result > 0) {
            *size_out = (size_t)result;
            return FX_OK;
        }
        return judge_tls(link, result, "TLS read");
    }
    const ssize_t count = recv(link->fd, target, capacity, 0);
    if (count > 0) {
        *size_out = (size_t)count;
        return FX_OK;
    }
    if (count == 0) {
        return fail(link, "the server closed the connection", 0);
    }
    return errno == EAGAIN || errno == EINTR ? FX_OK : fail(link, "recv", errno);
}

void fx_cache_link_wait(const struct fx_cache_link *link, bool wants_write, int timeout_ms)
{
    struct pollfd item = {.fd = link->fd, .events = POLLIN}; /* no descriptor yet: it sleeps */
    if (link->state == LINK_CONNECTING || link->is_writing_wanted ||
        (wants_write && link->state == LINK_UP)) {
        item.events = POLLIN | POLLOUT;
    }
    (void)poll(&item, 1, timeout_ms);
}

const char *fx_cache_link_error(const struct fx_cache_link *link)
{
    return link->error;
}

/**
 * @file net_client.h
 * A small blocking HTTP/1.1 client over one TCP connection, for the command line: no loop, no TLS.
 *
 * Several requests may be sent before the first answer is received (pipelining); answers come in
 * the order of the requests. Thread: the owner's.
 */
#ifndef FX_NET_NET_CLIENT_H
#define FX_NET_NET_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "net/net_http_client.h"
#include "net/net_http_write.h"

struct fx_net_client;

enum {
    FX_NET_CLIENT_PIPELINE_MAX = 1024 /* requests sent and not yet answered */
};

/** Where to connect and how long to wait. Zero timeouts and sizes: 10 s, 16 MiB. */
struct fx_net_client_config {
    const char *host; /* name or address */
    uint16_t port;
    uint32_t timeout_ms; /* of connecting, and of each send and receive call */
    uint64_t body_size_max;
};

/** Take "http://host:port/path" apart; the path (at least "/") is for the caller's targets.
 * @return OK; BAD_PARAMETER (no http URL, or it does not fit). Outputs are NUL-terminated. */
FX_MUST_USE fx_status fx_net_client_parse_url(fx_str url,
                                              char host_out[256],
                                              uint16_t *port_out,
                                              fx_str *path_out);

/** Connect. @return OK and *client_out (gives); IO (refused, no such host), TIMEOUT, NO_MEMORY. */
FX_MUST_USE fx_status fx_net_client_open(const struct fx_net_client_config *config,
                                         struct fx_net_client **client_out);

/** Close and free. Accepts NULL. */
void fx_net_client_close(struct fx_net_client *client);

/**
 * Queue a request; request->host may be empty (then it is that of the configuration). It is sent at
 * the latest by fx_net_client_receive() or fx_net_client_flush().
 * @return OK; CAPACITY (too many unanswered), NO_MEMORY.
 */
FX_MUST_USE fx_status fx_net_client_send(struct fx_net_client *client,
                                         const struct fx_net_http_write_request *request);

/** Send what is queued. @return OK; IO, TIMEOUT. */
FX_MUST_USE fx_status fx_net_client_flush(struct fx_net_client *client);

/**
 * Wait for the answer to the oldest unanswered request.
 * @return OK and *response_out (borrowed until the next receive or close); NOT_FOUND (none is
 * outstanding); IO (connection lost), TIMEOUT, BAD_REQUEST (not HTTP), BODY_TOO_LARGE,
 * HEADERS_TOO_LARGE, NO_MEMORY. After a failure only close is of use.
 */
FX_MUST_USE fx_status fx_net_client_receive(struct fx_net_client *client,
                                            const struct fx_net_http_client **response_out);

/** How many requests wait for their answer. */
uint32_t fx_net_client_outstanding(const struct fx_net_client *client);

#endif

/**
 * @file net_http_client.h
 * A push parser for HTTP/1.1 responses, as net_http.h is for requests. No I/O, no clock.
 *
 * 1xx answers are skipped, except 101, which ends the response at its head. The body comes by
 * Content-Length, chunked, or until the connection's end. Thread: the owner's.
 */
#ifndef FX_NET_NET_HTTP_CLIENT_H
#define FX_NET_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "net/net_http.h"

/** The parser of one connection. Fields behind `is_keep_alive` are its own business. */
struct fx_net_http_client {
    enum fx_net_http_state state;
    fx_status status; /* OK; BAD_REQUEST (not HTTP), BODY_TOO_LARGE, HEADERS_TOO_LARGE, NO_MEMORY */
    int code;         /* 200 */
    fx_str body;      /* borrowed until fx_net_http_client_next() */
    struct fx_net_http_header headers[FX_NET_HTTP_HEADERS_MAX];
    uint32_t header_count;
    bool is_keep_alive;
    bool is_head_request; /* set by the caller before feeding: the answer to HEAD has no body */
    struct fx_net_http inner;
};

/** Make a parser that refuses bodies above `body_size_max` bytes. */
void fx_net_http_client_init(struct fx_net_http_client *client, uint64_t body_size_max);

/** Release the memory. Accepts a zeroed parser. */
void fx_net_http_client_deinit(struct fx_net_http_client *client);

/** Take bytes until the response is complete or wrong; see fx_net_http_feed(). @return consumed. */
size_t fx_net_http_client_feed(struct fx_net_http_client *client, fx_str bytes);

/** Tell that the connection has ended. DONE where the body goes to the end; else FAILED, or no
 * change. */
void fx_net_http_client_finish(struct fx_net_http_client *client);

/** After DONE: forget the response and begin the next one. */
void fx_net_http_client_next(struct fx_net_http_client *client);

/** The value of the first header with this name (case ignored). @return false if there is none. */
bool fx_net_http_client_find(const struct fx_net_http_client *client,
                             fx_str name,
                             fx_str *value_out);

#endif

/**
 * @file net_http.h
 * A strict push parser for HTTP/1.1 requests: bytes in, one finished request out. No I/O, no clock.
 *
 * Feed bytes as they come, in pieces of any size; the verdict does not depend on how they were
 * split. The parser copies what it needs, so the fed bytes may go away. After DONE the request is
 * valid until fx_net_http_next(); bytes behind it were not consumed (pipelining: feed them then).
 * Thread: the owner's. Source: RFC 9110, RFC 9112; limits of docs RELIABILITY section 14.
 */
#ifndef FX_NET_NET_HTTP_H
#define FX_NET_NET_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_NET_HTTP_HEADERS_MAX = 100,
    FX_NET_HTTP_HEAD_SIZE_MAX = 16 * 1024, /* request line not counted */
    FX_NET_HTTP_TARGET_SIZE_MAX = 8 * 1024,
    FX_NET_HTTP_METHOD_SIZE_MAX = 24,
    FX_NET_HTTP_EXTENSION_SIZE_MAX = 64, /* of one chunk */
    FX_NET_HTTP_BODY_SIZE_DEFAULT = 64 * 1024
};

enum fx_net_http_method {
    FX_NET_HTTP_METHOD_GET = 1,
    FX_NET_HTTP_METHOD_HEAD = 2,
    FX_NET_HTTP_METHOD_POST = 3,
    FX_NET_HTTP_METHOD_PUT = 4,
    FX_NET_HTTP_METHOD_PATCH = 5,
    FX_NET_HTTP_METHOD_DELETE = 6,
    FX_NET_HTTP_METHOD_OPTIONS = 7,
    FX_NET_HTTP_METHOD_OTHER = 8 /* any other token: see method_text */
};

enum fx_net_http_state {
    FX_NET_HTTP_STATE_HEAD = 1,   /* request line and headers are not complete yet */
    FX_NET_HTTP_STATE_BODY = 2,   /* the request's head may be read, the body is arriving */
    FX_NET_HTTP_STATE_DONE = 3,   /* the request is complete */
    FX_NET_HTTP_STATE_FAILED = 4, /* see `status`: answer it and close the connection */
};

/** One header field. The name is as sent (compare without case), the value is trimmed. */
struct fx_net_http_header {
    fx_str name;
    fx_str value;
};

/** A request. Every fx_str is borrowed from the parser until fx_net_http_next(). */
struct fx_net_http_request {
    enum fx_net_http_method method;
    fx_str method_text; /* "GET" */
    fx_str target;      /* as sent: "/a%20b?x=1" */
    fx_str path_raw;    /* "/a%20b", never empty; "*" for OPTIONS * */
    fx_str path;  /* "/a b": percent-decoded UTF-8 without controls, "\", "." and ".." parts */
    fx_str query; /* "x=1": raw, without '?'; see net_http_query.h */
    fx_str host;  /* value of Host; empty only for HTTP/1.0 without it */
    fx_str body;  /* chunks already joined */
    struct fx_net_http_header headers[FX_NET_HTTP_HEADERS_MAX];
    uint32_t header_count;
    uint8_t version_minor; /* 0 or 1: HTTP/1.x */
    bool is_keep_alive;    /* the client wants to send more on this connection */
    bool is_upgrade;       /* asks for WebSocket (GET, HTTP/1.1, Connection: upgrade) */
    bool is_expecting;     /* sent "Expect: 100-continue" and waits before sending the body */
};

/**
 * A head with a body is complete: how many bytes of body may come. `head` is the request without
 * its body, borrowed for the call.
 */
typedef uint64_t (*fx_net_http_head_fn)(void *self, const struct fx_net_http_request *head);

/** The parser of one connection. The fields behind `head_self` are its own business. */
struct fx_net_http {
    enum fx_net_http_state state;
    fx_status status; /* OK, or why FAILED; fx_status_http() gives the code to answer */
    struct fx_net_http_request request;
    fx_net_http_head_fn on_head; /* NULL: the limit of fx_net_http_init() for all */
    void *head_self;
    struct fx_buf head;
    struct fx_buf body;
    uint64_t body_size_max;
    uint64_t body_left;   /* of the Content-Length or of this chunk */
    uint32_t line_offset; /* where the unfinished line of the head begins */
    uint32_t line_count;
    uint32_t head_offset; /* 2 where one empty line before the request was skipped */
    uint32_t first_line_size;
    uint8_t phase; /* of the body */
    uint8_t line_size;
    char line[96]; /* unfinished chunk-size line */
};

/** Make a parser that refuses bodies above `body_size_max` bytes. Nothing is allocated yet. */
void fx_net_http_init(struct fx_net_http *http, uint64_t body_size_max);

/** Release the memory. Accepts a zeroed parser. */
void fx_net_http_deinit(struct fx_net_http *http);

/**
 * Take bytes until the request is complete or wrong; then look at http->state. In state DONE and
 * FAILED nothing is consumed.
 * `http->status` after FAILED: BAD_REQUEST (400), BODY_TOO_LARGE (413, known from Content-Length
 * before the body arrives), URI_TOO_LONG (414), HEADERS_TOO_LARGE (431), NOT_IMPLEMENTED (501, an
 * unknown transfer coding), HTTP_VERSION (505), NO_MEMORY (503).
 * @return how many bytes were consumed.
 */
size_t fx_net_http_feed(struct fx_net_http *http, fx_str bytes);

/** After DONE: forget the request and begin the next one. Keeps small buffers, frees large ones. */
void fx_net_http_next(struct fx_net_http *http);

/** True where not a byte of the next request has arrived: an idle connection. */
bool fx_net_http_is_idle(const struct fx_net_http *http);

/** The value of the first header with this name (case ignored). @return false if there is none. */
bool fx_net_http_find(const struct fx_net_http_request *request, fx_str name, fx_str *value_out);

/** The same, where absent is as good as empty. */
fx_str fx_net_http_value(const struct fx_net_http_request *request, fx_str name);

/** True where a comma-separated list (Connection, Upgrade …) has this token, case ignored. */
bool fx_net_http_has_token(fx_str list, fx_str token);

#endif

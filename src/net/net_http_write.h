/**
 * @file net_http_write.h
 * Write HTTP/1.1 requests and responses into a buffer. Thread: any.
 */
#ifndef FX_NET_NET_HTTP_WRITE_H
#define FX_NET_NET_HTTP_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum {
    FX_NET_HTTP_WRITE_DATE_SIZE = 29 /* "Sun, 06 Nov 1994 08:49:37 GMT" */
};

/** A response. Zero what is not needed. */
struct fx_net_http_response {
    int status;          /* 200; 100..599 */
    fx_str content_type; /* empty: no Content-Type */
    fx_str headers;      /* further header lines, made with fx_net_http_write_header() */
    fx_str more_headers; /* as above (the server fills it) */
    fx_str body;
    fx_str date;        /* from fx_net_http_write_date(); empty: no Date (the server fills it) */
    bool is_close;      /* say "Connection: close" */
    bool is_keep_alive; /* say "Connection: keep-alive" (for HTTP/1.0 clients; the server fills it)
                         */
    bool is_head_only;  /* answer to HEAD: Content-Length of body, but no body (the server fills it)
                         */
};

/** A request of a client. */
struct fx_net_http_write_request {
    fx_str method;
    fx_str target; /* "/path?query", already escaped */
    fx_str host;   /* "name:port" */
    fx_str content_type;
    fx_str headers; /* as above */
    fx_str body;    /* Content-Length is sent where it is not empty or the method has a body */
    bool is_close;
};

/** Append a whole response: status line, Date, Connection, Content-*, further headers, body. */
void fx_net_http_write_response(struct fx_buf *buf, const struct fx_net_http_response *response);

/** Append a whole request. */
void fx_net_http_write_request(struct fx_buf *buf, const struct fx_net_http_write_request *request);

/**
 * Append "name: value CRLF". @return false, and nothing is written, where the name is no token or
 * the value has control characters: so reflected input can never start a header of its own.
 */
bool fx_net_http_write_header(struct fx_buf *buf, fx_str name, fx_str value);

/** Write seconds since 1970 (0..253402300799) as an HTTP date; not NUL-terminated. */
void fx_net_http_write_date(int64_t unix_s, char date_out[FX_NET_HTTP_WRITE_DATE_SIZE]);

/** "Not Found" for 404; never NULL. */
const char *fx_net_http_write_reason(int status);

/** Append `text` percent-encoded: all but letters, digits and "-._~" becomes %XX. */
void fx_net_http_write_escaped(struct fx_buf *buf, fx_str text);

#endif

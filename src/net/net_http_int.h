/**
 * @file net_http_int.h
 * What the request parser and the response parser share: the head's framing, its fields, the body.
 */
#ifndef FX_NET_NET_HTTP_INT_H
#define FX_NET_NET_HTTP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "net/net_http.h"

/** Classes of bytes, for fx_net_http_head_is(). */
enum {
    FX_NET_HTTP_CLASS_TOKEN = 1,
    FX_NET_HTTP_CLASS_PATH = 4,
    FX_NET_HTTP_CLASS_QUERY = 8,
    FX_NET_HTTP_CLASS_NAME = 16, /* of a host */
    FX_NET_HTTP_CLASS_HEX = 32
};

/** Stages of a body (http->phase). */
enum {
    FX_NET_HTTP_PHASE_LENGTH = 1,
    FX_NET_HTTP_PHASE_CHUNK_SIZE = 2,
    FX_NET_HTTP_PHASE_CHUNK_DATA = 3,
    FX_NET_HTTP_PHASE_CHUNK_CR = 4,
    FX_NET_HTTP_PHASE_CHUNK_LF = 5,
    FX_NET_HTTP_PHASE_END_CR = 6,
    FX_NET_HTTP_PHASE_END_LF = 7,
    FX_NET_HTTP_PHASE_TO_END = 8 /* responses only */
};

/** What the header fields say about the message as a whole. */
struct fx_net_http_fields {
    fx_str host;
    fx_str content_length;
    fx_str expect;
    fx_str transfer_encoding;
    uint32_t host_count;
    uint32_t length_count;
    uint32_t expect_count;
    uint32_t transfer_count;
    bool is_close;
    bool is_keep_alive;
    bool is_upgrade;
    bool is_websocket;
};

/** End in state FAILED. */
void fx_net_http_head_fail(struct fx_net_http *http, fx_status status);

/**
 * Collect the head up to its empty line in http->head, within the limits. @return bytes consumed;
 * *is_complete_out tells whether the empty line is there (else: more is needed, or FAILED).
 */
size_t fx_net_http_head_collect(struct fx_net_http *http, fx_str bytes, bool *is_complete_out);

/** The first line of a complete head, without its CRLF. */
fx_str fx_net_http_head_first_line(const struct fx_net_http *http);

/** Read the header lines of a complete head. @return OK, BAD_REQUEST, HEADERS_TOO_LARGE. */
FX_MUST_USE fx_status fx_net_http_head_fields(const struct fx_net_http *http,
                                              struct fx_net_http_header *headers,
                                              uint32_t *count_out,
                                              struct fx_net_http_fields *fields_out);

/** True where every byte of the text is of this class (and the text may be empty). */
bool fx_net_http_head_is(fx_str text, uint8_t byte_class);
/** May these bytes stand in the value of a field: tabs and all but controls? */
bool fx_net_http_head_is_value(fx_str text);

/**
 * Decide how the body comes and begin with it (or be DONE).
 * @return OK; BAD_REQUEST, NOT_IMPLEMENTED, BODY_TOO_LARGE.
 */
FX_MUST_USE fx_status fx_net_http_body_begin(struct fx_net_http *http,
                                             const struct fx_net_http_fields *fields);

/** Take bytes of the body until DONE or FAILED. @return bytes consumed. */
size_t fx_net_http_body_feed(struct fx_net_http *http, fx_str bytes);

#endif

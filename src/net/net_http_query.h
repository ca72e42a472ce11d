/**
 * @file net_http_query.h
 * Percent-decoding, and walking over name=value&name=value of a query or an urlencoded body.
 * Thread: any.
 */
#ifndef FX_NET_NET_HTTP_QUERY_H
#define FX_NET_NET_HTTP_QUERY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

/** Walks over a query. `scratch` holds decoded text; borrowed. */
struct fx_net_http_query {
    fx_str text;
    size_t offset;
    struct fx_buf *scratch;
};

/** One pair. Borrowed from the query text, or from scratch where something had to be decoded. */
struct fx_net_http_pair {
    fx_str name;
    fx_str value; /* empty for "name" and for "name=" */
};

/**
 * Begin a walk. Decoded text is appended to `scratch`, whose memory must not move while pairs are
 * in use: this call reserves text.size bytes there, which suffices for the whole walk.
 * @return OK; NO_MEMORY where scratch cannot hold text.size bytes more.
 */
FX_MUST_USE fx_status fx_net_http_query_init(struct fx_net_http_query *query,
                                             fx_str text,
                                             struct fx_buf *scratch);

/**
 * Read the next pair: '+' is a space, %XX a byte; empty pieces ("&&") are skipped.
 * @return OK and *pair_out; NOT_FOUND at the end; BAD_PARAMETER for a broken escape, for text that
 * is not UTF-8 or for control characters (the walk then goes on behind it).
 */
FX_MUST_USE fx_status fx_net_http_query_next(struct fx_net_http_query *query,
                                             struct fx_net_http_pair *pair_out);

/**
 * Find the first pair of this (decoded) name. Decoded text goes to `scratch` as above.
 * @return OK; NOT_FOUND; BAD_PARAMETER where the text is broken anywhere, or where the name comes
 * twice (a parameter that two programs could read differently); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_net_http_query_find(fx_str text,
                                             fx_str name,
                                             struct fx_buf *scratch,
                                             fx_str *value_out);

/**
 * Percent-decode `text` to `target` (room for text.size bytes). `is_form`: '+' is a space.
 * @return the decoded size, or SIZE_MAX where an escape is broken, or where the result has a
 * control character (0x00-0x1F, 0x7F) or is not UTF-8.
 */
size_t fx_net_http_query_decode(fx_str text, bool is_form, char *target);

#endif

/**
 * @file api_signature_int.h
 * The texts that clients sign: docs/protocol/auth.md has their bytes. Thread: the gateway's.
 */
#ifndef FX_API_API_SIGNATURE_INT_H
#define FX_API_API_SIGNATURE_INT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"
#include "net/net_http.h"

/** Write the text of version 1 over `body`; an empty one counts as `{}`. */
void fx_api_signature_format_v1(struct fx_buf *text,
                                const struct fx_net_http_request *request,
                                fx_str timestamp,
                                fx_str body);

/** Headers of version 2, as sent. */
struct fx_api_signature_times {
    fx_str timestamp;
    fx_str window;
};

/** Write the text of version 2. */
void fx_api_signature_format_v2(struct fx_buf *text,
                                const struct fx_net_http_request *request,
                                const struct fx_api_signature_times *times,
                                struct fx_crypto_digest *digest);

/**
 * Append the value as JavaScript's JSON.stringify() would write it: no spaces, shortest escapes,
 * 1.50 as 1.5. Numbers with an exponent, with more than 15 digits or below 0.000001 stay as sent.
 * `scratch` is for unescaped strings.
 */
void fx_api_signature_append_json(struct fx_buf *buf,
                                  const struct fx_json *json,
                                  struct fx_buf *scratch);

#endif

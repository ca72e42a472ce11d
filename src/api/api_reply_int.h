/**
 * @file api_reply_int.h
 * Answers: bodies, headers, errors, lists.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_REPLY_INT_H
#define FX_API_API_REPLY_INT_H

#include "api/api_int.h"

/** Where the request's answer goes; takes over a sane x-request-id or makes one. */
void fx_api_reply_target(struct fx_api *api,
                         const struct fx_net_server_call *call,
                         struct fx_api_target *target_out);

/** The same for a request of the stream. */
void fx_api_reply_stream_target(struct fx_api *api,
                                uint64_t ticket,
                                struct fx_api_target *target_out);

/** Begin the body of an answer. */
struct fx_buf *fx_api_reply_begin(struct fx_api *api);

/** Send what was written since begin, as JSON. */
void fx_api_reply_send(struct fx_api *api, const struct fx_api_target *target, int http_status);

/** Send a body that lies elsewhere, as JSON with status 200. Borrowed. */
void fx_api_reply_send_body(struct fx_api *api, const struct fx_api_target *target, fx_str body);

/** What fx_api_on_refusal() says: headers and body are appended. */
void fx_api_reply_refusal(struct fx_api *api,
                          fx_status status,
                          struct fx_buf *headers,
                          struct fx_buf *body);

/** Send an error; request id and time are filled here. `allow` is for 405 (methods bits). */
void fx_api_reply_error(struct fx_api *api,
                        const struct fx_api_target *target,
                        const struct fx_wire_public_error *error,
                        uint32_t allow);

/** The same where there is nothing to say beside the status. */
void fx_api_reply_fail(struct fx_api *api, const struct fx_api_target *target, fx_status status);

/** The same where something was done and its outcome cannot be told: executed is "unknown". */
void fx_api_reply_unknown(struct fx_api *api, const struct fx_api_target *target, fx_status status);

/** An empty object: done. */
void fx_api_reply_done(struct fx_api *api, const struct fx_api_target *target);

/** The engine's or a filter's "no". */
void fx_api_reply_reject(struct fx_api *api,
                         const struct fx_api_target *target,
                         const struct fx_reject *reject);

/** Answer to OPTIONS. */
void fx_api_reply_preflight(struct fx_api *api,
                            const struct fx_api_target *target,
                            uint32_t methods);

enum { FX_API_REPLY_HEADERS_SIZE_MAX = 2048 }; /* of fx_api_reply_send_text() */

/** Send what was written since begin as another type than JSON, with further header lines. */
void fx_api_reply_send_text(struct fx_api *api,
                            const struct fx_api_target *target,
                            fx_str content_type,
                            fx_str headers);

/** The opaque text that stands for the last id seen. */
void fx_api_reply_append_cursor(struct fx_buf *buf, uint64_t id);

/** A position, an account with what it is worth at the mark. */
void fx_api_reply_append_position(struct fx_buf *buf,
                                  const struct fx_view *view,
                                  const struct fx_rows_position *row);
void fx_api_reply_append_account(struct fx_buf *buf,
                                 const struct fx_view *view,
                                 const struct fx_rows_account *row);

/** Append one row of a list as an object. */
typedef void (*fx_api_reply_append_fn)(struct fx_buf *buf, const void *row);

/** Rows of a table, read by a page. */
struct fx_api_reply_rows {
    const void *rows;
    uint32_t row_size;
    uint32_t id_offset; /* of a uint64_t in a row: the cursor */
    uint32_t count;
    uint32_t limit; /* of the page: fewer rows are the last ones */
    fx_api_reply_append_fn append;
};

/** Send them as a list, with a cursor where more may follow. */
void fx_api_reply_send_rows(struct fx_api *api,
                            const struct fx_api_target *target,
                            const struct fx_api_reply_rows *rows);

/** Begin `{"data":[`; end it with the cursor of the last row (0: no further page) and send it. */
struct fx_buf *fx_api_reply_begin_list(struct fx_api *api);
void fx_api_reply_send_list(struct fx_api *api,
                            const struct fx_api_target *target,
                            uint64_t cursor);

#endif

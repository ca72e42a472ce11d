/**
 * @file push_msgpack.h
 * JSON to MessagePack and back, as far as socket.io-redis needs it. Pure functions.
 *
 * What there is: nil, booleans, integers, strings, arrays, maps with string keys; read only:
 * floats, and the two extensions of notepack 2, which Node's programs write: undefined (no member;
 * null in an array) and dates (their text). What JSON has no number for is null, as in JavaScript.
 * Binary data is told apart, other extensions are refused. Source:
 * github.com/msgpack/msgpack/blob/master/spec.md, github.com/darrachequesne/notepack. Thread: any.
 */
#ifndef FX_PUSH_PUSH_MSGPACK_H
#define FX_PUSH_PUSH_MSGPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum { FX_PUSH_MSGPACK_DEPTH_MAX = 16 };

/** Append the shortest form of one JSON value. Numbers must be integers. @return OK; BAD_JSON;
 * BODY_TOO_LARGE (the buffer's maximum). On failure the buffer is as before. */
FX_MUST_USE fx_status fx_push_msgpack_encode(struct fx_buf *buf, fx_str json);

/** Append the JSON of the value in front of `bytes`, which then begin behind it. @return OK;
 * BAD_REQUEST (cut off, too deep, not UTF-8, not of the subset); NOT_IMPLEMENTED (binary data in
 * it); BODY_TOO_LARGE. On failure `bytes` and the buffer are as before. */
FX_MUST_USE fx_status fx_push_msgpack_decode(fx_str *bytes, struct fx_buf *json_out);

/** Append a string, or the head of an array or a map. */
void fx_push_msgpack_append_str(struct fx_buf *buf, fx_str text);
void fx_push_msgpack_append_array(struct fx_buf *buf, uint32_t count);
void fx_push_msgpack_append_map(struct fx_buf *buf, uint32_t count);

/** Take a string, or the head of an array or a map, from the front. @return false where something
 * else is there: nothing is taken. */
bool fx_push_msgpack_take_str(fx_str *bytes, fx_str *text_out);
bool fx_push_msgpack_take_array(fx_str *bytes, uint32_t *count_out);
bool fx_push_msgpack_take_map(fx_str *bytes, uint32_t *count_out);

#endif

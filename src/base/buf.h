/**
 * @file buf.h
 * A growable run of bytes with a maximum: what codecs, writers and queues append to.
 *
 * An append that would pass `size_max`, or for which there is no memory, sets `is_overflow` and
 * changes nothing else; later appends are ignored too. So a writer appends freely and asks once at
 * the end. Thread: the owner's.
 */
#ifndef FX_BASE_BUF_H
#define FX_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/dec.h"
#include "base/str.h"

struct fx_buf {
    char *data; /* heap; NULL while nothing was appended */
    size_t size;
    size_t capacity;
    size_t size_max;
    bool is_overflow;
};

/** Make an empty buffer that grows up to `size_max` bytes. Nothing is allocated yet. */
void fx_buf_init(struct fx_buf *buf, size_t size_max);

/** Release the memory; the buffer may be initialised again. Accepts a zeroed buffer. */
void fx_buf_deinit(struct fx_buf *buf);

/** Forget the content and the overflow, keep the memory. */
void fx_buf_clear(struct fx_buf *buf);

/** Make room for `size` more bytes. @return where they go, NULL on overflow; see fx_buf_add(). */
char *fx_buf_reserve(struct fx_buf *buf, size_t size);

/** Count `size` bytes, written at what fx_buf_reserve() gave, as content. */
void fx_buf_add(struct fx_buf *buf, size_t size);

void fx_buf_append(struct fx_buf *buf, fx_str text);
void fx_buf_append_byte(struct fx_buf *buf, char byte);
void fx_buf_append_u64(struct fx_buf *buf, uint64_t value);
void fx_buf_append_i64(struct fx_buf *buf, int64_t value);
void fx_buf_append_dec(struct fx_buf *buf, fx_i128 units);

/** Drop the first `size` bytes (size <= buf->size) by moving the rest to the front. */
void fx_buf_consume(struct fx_buf *buf, size_t size);

/** The content, borrowed until the next append. */
fx_str fx_buf_str(const struct fx_buf *buf);

#endif

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/digits.h"
#include "base/panic.h"

enum { CAPACITY_MIN = 64 };

void fx_buf_init(struct fx_buf *buf, size_t size_max)
{
    *buf = (struct fx_buf){.size_max = size_max};
}

void fx_buf_deinit(struct fx_buf *buf)
{
    free(buf->data);
    *buf = (struct fx_buf){.size_max = buf->size_max};
}

void fx_buf_clear(struct fx_buf *buf)
{
    buf->size = 0;
    buf->is_overflow = false;
}

/* Double, so that n appended bytes cost O(n) moves; but never above the maximum. */
static bool grow(struct fx_buf *buf, size_t size)
{
    if (size > buf->size_max - buf->size) {
        return false;
    }
    size_t capacity = buf->capacity < CAPACITY_MIN ? CAPACITY_MIN : buf->capacity;
    while (capacity - buf->size < size) {
        capacity = capacity > buf->size_max / 2 ? buf->size_max : 2 * capacity;
    }
    capacity = capacity < buf->size_max ? capacity : buf->size_max;
    char *data = realloc(buf->data, capacity > 0 ? capacity : 1);
    if (data == NULL) {
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

char *fx_buf_reserve(struct fx_buf *buf, size_t size)
{
    FX_ASSERT(buf->size <= buf->capacity && buf->capacity <= buf->size_max);
    if (buf->is_overflow) {
        return NULL;
    }
    if ((size > buf->capacity - buf->size || buf->data == NULL) && !grow(buf, size)) {
        buf->is_overflow = true;
        return NULL;
    }
    return buf->data + buf->size;
}

void fx_buf_add(struct fx_buf *buf, size_t size)
{
    FX_ASSERT(size <= buf->capacity - buf->size);
    buf->size += size;
}

void fx_buf_append(struct fx_buf *buf, fx_str text)
{
    if (text.size == 0) {
        return;
    }
    char *target = fx_buf_reserve(buf, text.size);
    if (target != NULL) {
        memcpy(target, text.data, text.size);
        buf->size += text.size;
    }
}

void fx_buf_append_byte(struct fx_buf *buf, char byte)
{
    char *target = fx_buf_reserve(buf, 1);
    if (target != NULL) {
        *target = byte;
        buf->size++;
    }
}

void fx_buf_append_u64(struct fx_buf *buf, uint64_t value)
{
    char digits[FX_DIGITS_MAX];
    char *end = digits + sizeof digits;
    const char *start = fx_digits_put(end, value);
    fx_buf_append(buf, (fx_str){start, (size_t)(end - start)});
}

void fx_buf_append_i64(struct fx_buf *buf, int64_t value)
{
    char digits[1 + FX_DIGITS_MAX];
    char *end = digits + sizeof digits;
    const char *start = fx_digits_put_signed(end, value);
    fx_buf_append(buf, (fx_str){start, (size_t)(end - start)});
}

void fx_buf_append_dec(struct fx_buf *buf, fx_i128 units)
{
    char text[FX_DEC_TEXT_SIZE_MAX];
    const uint32_t size = fx_dec_format(units, text);
    fx_buf_append(buf, (fx_str){text, size});
}

void fx_buf_consume(struct fx_buf *buf, size_t size)
{
    FX_ASSERT(size <= buf->size);
    if (size > 0) {
        memmove(buf->data, buf->data + size, buf->size - size);
        buf->size -= size;
    }
}

fx_str fx_buf_str(const struct fx_buf *buf)
{
    return (fx_str){buf->data, buf->size};
}

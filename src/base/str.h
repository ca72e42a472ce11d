/**
 * @file str.h
 * A borrowed run of bytes with its length: never NUL-terminated by contract, never owned.
 * Thread: any.
 */
#ifndef FX_BASE_STR_H
#define FX_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Passed by value. `data` may be NULL only where `size` is 0. */
typedef struct {
    const char *data;
    size_t size;
} fx_str;

/** The fx_str of a string literal. */
#define FX_STR(literal) ((fx_str){(literal), sizeof(literal) - 1})

/** Borrow a NUL-terminated string; NULL gives the empty string. */
fx_str fx_str_of(const char *text);

/** True where both have the same bytes. */
bool fx_str_is_equal(fx_str left, fx_str right);

/** The same, but ASCII letters of either case are equal. */
bool fx_str_is_equal_nocase(fx_str left, fx_str right);

/** True where `text` begins with `prefix`. */
bool fx_str_has_prefix(fx_str text, fx_str prefix);

/** The bytes from `from` on, `size` at most; clipped to what there is. */
fx_str fx_str_slice(fx_str text, size_t from, size_t size);

/** Index of the first `byte` at or after `from`; SIZE_MAX where there is none. */
size_t fx_str_find(fx_str text, char byte, size_t from);

/** Without spaces, tabs, CR and LF at both ends. */
fx_str fx_str_trim(fx_str text);

/**
 * Read an unsigned integer: digits only, at least one, no sign, no leading zero but "0" itself.
 * @return true and *value_out (0..UINT64_MAX); false leaves *value_out untouched.
 */
bool fx_str_parse_u64(fx_str text, uint64_t *value_out);

/** The same with an optional leading '-'. "-0" is refused. */
bool fx_str_parse_i64(fx_str text, int64_t *value_out);

/** Copy into a C string of `capacity` bytes, NUL included. @return false where it does not fit. */
bool fx_str_copy(fx_str text, char *target, size_t capacity);

#endif

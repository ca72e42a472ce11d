/**
 * @file status.h
 * The result of every operation that can fail for reasons outside of our own logic.
 */
#ifndef FX_BASE_STATUS_H
#define FX_BASE_STATUS_H

#include <stdbool.h>

/** Every fallible function carries it. In gcc not even a (void) cast silences it: handle or log. */
#define FX_MUST_USE __attribute__((warn_unused_result))

typedef enum {
#define X(name, number, http, retry, text) FX_##name = (number),
#include "base/status.def"
#undef X
} fx_status;

/** "BAD_JSON" and the like, for logs. Never NULL. Thread: any. */
const char *fx_status_name(fx_status status);

/** The HTTP status code that the API answers with. */
int fx_status_http(fx_status status);

/** The sentence for clients. Never NULL. */
const char *fx_status_text(fx_status status);

/** True where the same call may succeed later without a change of its arguments. */
bool fx_status_is_retryable(fx_status status);

#endif

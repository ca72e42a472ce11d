/**
 * @file totp.h
 * One-time passwords of RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits, as every authenticator app has
 * them.
 *
 * It is ten lines over OpenSSL's HMAC, which is linked anyway; a library for it would also want to
 * own the window and the last step, which belong into the store's transaction. Thread: any (pure).
 */
#ifndef FX_BASE_TOTP_H
#define FX_BASE_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum { FX_TOTP_SECRET_SIZE = 20, FX_TOTP_STEP_S = 30, FX_TOTP_DIGITS = 6, FX_TOTP_DRIFT_STEPS = 1 };

/** The code of one step (time / 30 s): 0..999,999. */
uint32_t fx_totp_code(fx_str secret, uint64_t step);

/** What has been used up, and when it is. */
struct fx_totp_times {
    int64_t now_s;      /* >= 0 */
    uint64_t last_step; /* of the code that was taken last; 0 = none */
};

/**
 * Compare a code with that of the present step, the one before and the one after. Steps up to
 * last_step are used up: a code works once. @return true and the step, which the caller must store
 * before anything is granted; false where it is not six digits, wrong, or was used.
 */
bool fx_totp_check(fx_str secret,
                   fx_str code,
                   const struct fx_totp_times *times,
                   uint64_t *step_out);

/** Append bytes in base32 (RFC 4648 section 6) without padding: what apps take as the secret. */
void fx_totp_append_base32(struct fx_buf *buf, fx_str bytes);

#endif

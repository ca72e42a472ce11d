/**
 * @file api_totp_int.h
 * Second factors: one-time codes of an app, and recovery codes for when it is lost.
 * Thread: the writer's.
 */
#ifndef FX_API_API_TOTP_INT_H
#define FX_API_API_TOTP_INT_H

#include "api/api_writer_int.h"

enum { FX_API_TOTP_TEXT_SIZE = 32 }; /* of what a client gives, NUL included */

/** Who gives which code when. */
struct fx_api_totp_proof {
    uint64_t user_id;
    fx_str otp; /* six digits, or a recovery code; empty: none */
    int64_t now_us;
};

/**
 * In the writer's transaction: use a code up. @return OK, also for who has no second factor;
 * OTP_REQUIRED (none was given); BAD_OTP (wrong, or used before); CORRUPT (the secret cannot be
 * opened).
 */
FX_MUST_USE fx_status fx_api_totp_check(struct fx_api_writer_desk *desk,
                                        const struct fx_api_totp_proof *proof);

/**
 * Submit a command for which who has a second factor must give a code (`otp`), used up before the
 * engine hears of it; who has none is not asked. `answer` as in fx_api_pending_wait.
 * @return OK (answered later); OTP_REQUIRED; BAD_PARAMETER; of fx_api_pending_submit().
 */
FX_MUST_USE fx_status fx_api_totp_submit(struct fx_api_call *call,
                                         const struct fx_command *command,
                                         fx_api_answer_fn answer);

/** The optional member `otp` of a body, copied. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_totp_read(struct fx_api_call *call,
                                       char otp_out[FX_API_TOTP_TEXT_SIZE]);

#endif

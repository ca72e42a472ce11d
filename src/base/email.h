/**
 * @file email.h
 * E-mail addresses as names of users: one form of each. Thread: any (pure).
 */
#ifndef FX_BASE_EMAIL_H
#define FX_BASE_EMAIL_H

#include <stdbool.h>

#include "base/str.h"

enum { FX_EMAIL_SIZE_MAX = 254, FX_EMAIL_LOCAL_SIZE_MAX = 64, FX_EMAIL_LABEL_SIZE_MAX = 63 };

/**
 * Check and write in lower case. Taken is the common form of RFC 5321: letters, digits and
 * !#$%&'*+/=?^_`{|}~- with single dots before the @; letters, digits, hyphens and dots behind it.
 * No quotes, comments, addresses of hosts or letters beyond ASCII. @return false: not such an
 * address.
 */
bool fx_email_normalize(fx_str text, char email_out[FX_EMAIL_SIZE_MAX + 2]);

#endif

/**
 * @file net_utf8.h
 * UTF-8 that arrives in pieces (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF).
 * Thread: any.
 */
#ifndef FX_NET_NET_UTF8_H
#define FX_NET_NET_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum {
    FX_NET_UTF8_ACCEPT = 0, /* the state between characters: the start, and the only good end */
    FX_NET_UTF8_BAD = 1     /* no continuation can mend it */
};

/**
 * Go on from `state` (0 at first) over `text`. @return the new state: ACCEPT, BAD, or the middle of
 * a character. BAD comes at the first byte that cannot be part of valid text.
 */
uint32_t fx_net_utf8_feed(uint32_t state, fx_str text);

/** True where the whole text is valid. */
bool fx_net_utf8_is_valid(fx_str text);

#endif

/**
 * @file net_origin.h
 * Lists of web origins that pages may come from. Thread: any.
 */
#ifndef FX_NET_NET_ORIGIN_H
#define FX_NET_NET_ORIGIN_H

#include <stdbool.h>

#include "base/str.h"

/**
 * True where a list ("https://a.example https://b.example", also with commas) has the origin as a
 * browser writes it: exactly, or by the entry "*". *is_any_out: only by "*".
 */
bool fx_net_origin_is_listed(fx_str list, fx_str origin, bool *is_any_out);

#endif

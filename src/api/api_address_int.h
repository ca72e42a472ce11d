/**
 * @file api_address_int.h
 * Lists of addresses that a key may be used from. Thread: any.
 */
#ifndef FX_API_API_ADDRESS_INT_H
#define FX_API_API_ADDRESS_INT_H

#include <stdbool.h>

#include "base/str.h"

/**
 * True where the comma-separated list has this address: exact ones and CIDR blocks of both
 * families; IPv4 in its IPv6 form (::ffff:10.0.0.1) is IPv4. What cannot be read matches nobody.
 */
bool fx_api_address_is_listed(fx_str peer, fx_str list);

#endif

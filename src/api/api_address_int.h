/**
 * @file api_address_int.h
 * Addresses of clients: lists that a key may be used from, groups that a limit counts. Thread: any.
 */
#ifndef FX_API_API_ADDRESS_INT_H
#define FX_API_API_ADDRESS_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { FX_API_ADDRESS_SIZE = 16 };

/**
 * True where the comma-separated list has this address: exact ones and CIDR blocks of both
 * families; IPv4 in its IPv6 form (::ffff:10.0.0.1) is IPv4. What cannot be read matches nobody.
 */
bool fx_api_address_is_listed(fx_str peer, fx_str list);

/** One name for all addresses that one client can easily have: IPv4 itself, of IPv6 the first 64
 * bits. What cannot be read is one group. */
void fx_api_address_group(fx_str peer, uint8_t group_out[FX_API_ADDRESS_SIZE]);

/** True for this machine's own addresses, as the server writes them. */
bool fx_api_address_is_loopback(fx_str peer);

/** True where every entry of a list is an address or a block; an empty list is none. */
bool fx_api_address_are_valid(fx_str list);

#endif

/**
 * @file net_websocket_handshake.h
 * The opening handshake of WebSocket (RFC 6455 section 4), both sides, pure. Thread: any.
 */
#ifndef FX_NET_NET_WEBSOCKET_HANDSHAKE_H
#define FX_NET_NET_WEBSOCKET_HANDSHAKE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"
#include "net/net_http.h"
#include "net/net_http_client.h"

enum { FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE = 24, FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE = 28 };

/**
 * Check a request. @return OK; UPGRADE_REQUIRED (426: no upgrade asked, or a version other than 13;
 * the answer carries fx_net_websocket_handshake_version_header()); BAD_REQUEST (the key is missing,
 * doubled or not 16 bytes of base64).
 */
FX_MUST_USE fx_status fx_net_websocket_handshake_check(const struct fx_net_http_request *request);

/** "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n", for the headers of a 426. */
fx_str fx_net_websocket_handshake_version_header(void);

/** Append the 101 answer to a request that passed the check. `protocol` empty: none. */
void fx_net_websocket_handshake_write(struct fx_buf *buf,
                                      const struct fx_net_http_request *request,
                                      fx_str protocol);

/** The Sec-WebSocket-Accept of a key of 24 characters. */
void fx_net_websocket_handshake_accept(fx_str key,
                                       char accept_out[FX_NET_WEBSOCKET_HANDSHAKE_ACCEPT_SIZE]);

/** Make the 24 characters of a client's key from 16 random bytes. */
void fx_net_websocket_handshake_key(const uint8_t random[16],
                                    char key_out[FX_NET_WEBSOCKET_HANDSHAKE_KEY_SIZE]);

/** Append a client's handshake. `headers` are further lines, e.g. Authorization. */
void fx_net_websocket_handshake_write_request(
    struct fx_buf *buf, fx_str target, fx_str host, fx_str key, fx_str headers);

/** Check the answer to that key. @return OK; BAD_REQUEST where it is no valid 101. */
FX_MUST_USE fx_status
fx_net_websocket_handshake_check_answer(const struct fx_net_http_client *answer, fx_str key);

#endif

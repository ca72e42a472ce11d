/**
 * @file net_tls.h
 * The server's side of TLS 1.2 and 1.3 without a socket: cipher bytes in, plain bytes out, and
 * back.
 *
 * A certificate with its key is one struct fx_net_tls; each connection has a session of it, and
 * keeps it alive: a new certificate is a new fx_net_tls for the connections that come later. Only
 * ciphers with forward secrecy and authentication; no renegotiation, compression or client
 * certificates. Resumption is by stateless tickets, whose keys live as long as the certificate's
 * object. Thread: the owner's.
 */
#ifndef FX_NET_NET_TLS_H
#define FX_NET_NET_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

enum {
    FX_NET_TLS_RECORD_SIZE_MAX = 16 * 1024,  /* plain bytes of one record */
    FX_NET_TLS_UNREAD_SIZE_MAX = 256 * 1024, /* cipher bytes that wait in a session */
    FX_NET_TLS_FINGERPRINT_SIZE = 96         /* "AB:CD:…", 32 bytes in hex, and the NUL */
};

struct fx_net_tls;
struct fx_net_tls_session;

/**
 * Take a certificate (PEM; the chain may follow it) and its private key (PEM, not encrypted).
 * Gives. @return OK; BAD_FILE (not PEM, or the key does not belong to the certificate); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_net_tls_create(fx_str certificate_pem,
                                        fx_str key_pem,
                                        struct fx_net_tls **tls_out);

/** Free it; sessions that exist keep what they need. Accepts NULL. */
void fx_net_tls_destroy(struct fx_net_tls *tls);

/** SHA-256 of the certificate, as browsers show it. */
void fx_net_tls_fingerprint(const struct fx_net_tls *tls,
                            char text_out[FX_NET_TLS_FINGERPRINT_SIZE]);

/** When the certificate ends, in seconds since 1970. */
int64_t fx_net_tls_end_unix_s(const struct fx_net_tls *tls);

/** Make the session of a new connection. @return NULL without memory; gives. */
struct fx_net_tls_session *fx_net_tls_session_create(struct fx_net_tls *tls);

/** Free it. Accepts NULL. */
void fx_net_tls_session_destroy(struct fx_net_tls_session *session);

/** Hand in bytes of the peer; copies. @return false without memory, and where more than
 * FX_NET_TLS_UNREAD_SIZE_MAX would wait to be read. */
FX_MUST_USE bool fx_net_tls_session_take(struct fx_net_tls_session *session, fx_str cipher);

/**
 * Read plain bytes; the handshake happens in here. Look at the output after every call.
 * @return OK with *size_out > 0; BUSY: nothing until more was taken; NOT_FOUND: the peer said that
 * it will send no more; BAD_REQUEST: no TLS, or a broken one: send the output (the alert), then
 * close.
 */
FX_MUST_USE fx_status fx_net_tls_session_read(struct fx_net_tls_session *session,
                                              char *target,
                                              size_t size,
                                              size_t *size_out);

/** True once the handshake is over: only then may be written. */
bool fx_net_tls_session_is_ready(const struct fx_net_tls_session *session);

/** Encrypt into the output; 1..FX_NET_TLS_RECORD_SIZE_MAX bytes. @return false where it failed. */
FX_MUST_USE bool fx_net_tls_session_write(struct fx_net_tls_session *session, fx_str plain);

/** Say that we will send no more (close_notify), once. */
void fx_net_tls_session_end(struct fx_net_tls_session *session);

/** Move what is to be sent to the end of `cipher`. */
void fx_net_tls_session_drain(struct fx_net_tls_session *session, struct fx_buf *cipher);

#endif

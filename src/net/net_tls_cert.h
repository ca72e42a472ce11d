/**
 * @file net_tls_cert.h
 * Make a self-signed certificate: for a first start and for machines that nobody else talks to.
 * Thread: any.
 */
#ifndef FX_NET_NET_TLS_CERT_H
#define FX_NET_NET_TLS_CERT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/** What the certificate says. */
struct fx_net_tls_cert {
    const char *names; /* "DNS:localhost,IP:127.0.0.1": who the server is; the first one's name is
                          the subject */
    const char *subject;
    int64_t begin_unix_s;
    uint32_t days;
};

/**
 * Make an ECDSA key (P-256) and a certificate signed by it; append both as PEM. The key is a
 * secret: wipe its buffer. @return OK; BAD_PARAMETER (the names); NO_MEMORY.
 */
FX_MUST_USE fx_status fx_net_tls_cert_make(const struct fx_net_tls_cert *wish,
                                           struct fx_buf *certificate_pem,
                                           struct fx_buf *key_pem);

#endif

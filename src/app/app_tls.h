/**
 * @file app_tls.h
 * TLS of the server: the operator's certificate, or one of our own making.
 *
 * FUTURE_TLS_CERT and FUTURE_TLS_KEY name PEM files. Without them the first start makes a
 * self-signed certificate and keeps it under DATA/tls (the key with mode 0600); a start within 30
 * days of its end makes a new one. Thread: the main thread.
 */
#ifndef FX_APP_APP_TLS_H
#define FX_APP_APP_TLS_H

#include "base/config.h"
#include "base/status.h"
#include "net/net_server.h"

enum { FX_APP_TLS_TAG = 1 /* of the listener; the plain one has 0 */ };

/**
 * Listen with TLS where a TLS port is set; print the address and the certificate's fingerprint.
 * Problems are logged. @return OK (also where there is nothing to do); BAD_FILE; NOT_FOUND; IO;
 * BAD_PARAMETER; NO_MEMORY.
 */
FX_MUST_USE fx_status fx_app_tls_open(const struct fx_config *config, struct fx_net_server *server);

/** Read the files again, for the connections that come. What cannot be read leaves the old one. */
void fx_app_tls_reload(const struct fx_config *config, struct fx_net_server *server);

#endif

/**
 * @file net_server_tls.h
 * TLS on some of the server's listeners: a filter in front of the bytes that come and behind those
 * that go. Nothing else of the server knows of it. Thread: the loop's.
 */
#ifndef FX_NET_NET_SERVER_TLS_H
#define FX_NET_NET_SERVER_TLS_H

#include "net/net_server.h"
#include "net/net_tls.h"

/**
 * Connections that come from now on through listeners with `tag` speak TLS with this certificate
 * (takes `tls`). Again: a new certificate; open connections keep theirs.
 */
void fx_net_server_tls_set(struct fx_net_server *server, uint16_t tag, struct fx_net_tls *tls);

/**
 * Say on every answer over TLS that clients shall come back by TLS only, for so many seconds
 * (Strict-Transport-Security); 0: do not.
 */
void fx_net_server_tls_hsts(struct fx_net_server *server, uint32_t seconds);

#endif

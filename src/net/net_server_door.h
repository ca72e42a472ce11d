/**
 * @file net_server_door.h
 * A listening socket that goes from one server to another of the same process, so that the port is
 * never closed and never anybody else's in between. Thread: as net_server.h.
 */
#ifndef FX_NET_NET_SERVER_DOOR_H
#define FX_NET_NET_SERVER_DOOR_H

#include "net/net_server.h"

/** A copy of the descriptor of the listener with this tag: its socket stays open and lets the
 * kernel gather connections, whatever becomes of the server. @return it (gives); -1: there is no
 * such listener, or no descriptor is left. */
int fx_net_server_door_keep(const struct fx_net_server *server, uint16_t tag);

/** Serve at a socket that listens (takes, also on failure). Who waits at it is let in. `tag` comes
 * back in each call. @return OK and *port_out (may be NULL); IO (no such socket). */
FX_MUST_USE fx_status fx_net_server_door_open(struct fx_net_server *server,
                                              int descriptor,
                                              uint16_t tag,
                                              uint16_t *port_out);

#endif

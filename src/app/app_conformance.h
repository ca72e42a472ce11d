/**
 * @file app_conformance.h
 * The command `conformance`: echo applications for the public test suites of Engine.IO and
 * Socket.IO, behind the same gates, sessions and codecs that serve the exchange.
 *
 *     /engine.io/   every message comes back (Engine.IO alone, revisions 3 and 4)
 *     /socket.io/   namespaces / and /custom: "auth" with the CONNECT's payload at first; message
 * -> message-back; message-with-ack -> an ack of the arguments
 *
 * Intervals are the suites': a ping each 300 ms, 200 ms for its answer, 1 s to connect. With
 * PING_MS that is the interval, and ten of them the time for an answer: for busy machines. Beyond
 * the suites, for our own journeys: "all" is sent to everybody in the namespace as one frame; "ask"
 * makes the server ask ("question", with an ack) and send the client's answer back as "answer";
 * "kick" ends the namespace, "kick-all" all of them; "drop" ends the connection. Nothing is stored
 * and nobody is asked for a name: not for a public port. Thread: the main thread.
 */
#ifndef FX_APP_APP_CONFORMANCE_H
#define FX_APP_APP_CONFORMANCE_H

#include "app/app_options.h"

/** Serve until SIGINT or SIGTERM. @return an exit code. */
int fx_app_conformance_run(const struct fx_app_options *options);

#endif

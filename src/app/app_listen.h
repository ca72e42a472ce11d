/**
 * @file app_listen.h
 * Listeners: opened in one way, with the same words in the log and on stdout. Thread: the main
 * thread.
 */
#ifndef FX_APP_APP_LISTEN_H
#define FX_APP_APP_LISTEN_H

#include "app/app_start.h"
#include "base/log.h"
#include "base/status.h"
#include "net/net_server.h"

/** A listener that is wanted. Texts are borrowed. */
struct fx_app_listen {
    const char *component;         /* of the log's lines */
    const char *host;              /* address to bind */
    uint16_t port;                 /* 0: any free one */
    uint16_t tag;                  /* comes back in each call */
    struct fx_app_start *start;    /* whose door is taken over, where it has one; NULL: none */
    enum fx_app_start_door door;   /* … this one */
    const char *name;              /* who serves, on stdout; NULL: nothing is said there */
    const char *scheme;            /* "http" */
    const char *remark;            /* behind the address on stdout; NULL: none */
    struct fx_log_field fields[2]; /* further fields of the log's line */
};

/** Listen, and say so. @return OK and the port; IO (in use), BAD_PARAMETER (no such address): the
 * log says it. */
FX_MUST_USE fx_status fx_app_listen_open(struct fx_net_server *server,
                                         const struct fx_app_listen *wanted,
                                         uint16_t *port_out);

#endif

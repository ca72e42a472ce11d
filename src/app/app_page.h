/**
 * @file app_page.h
 * The small status page at / (books, last trades, links), built into the binary.
 *
 * Until the terminal comes: one HTML file that reads the public routes. Thread: the gateway's.
 */
#ifndef FX_APP_APP_PAGE_H
#define FX_APP_APP_PAGE_H

#include <stdbool.h>

#include "base/status.h"
#include "net/net_server.h"

/** GET or HEAD? */
bool fx_app_page_is_get(const struct fx_net_http_request *request);

/** Answer a request that neither API nor sockets own: the page, its parts, or 404. */
void fx_app_page_on_request(struct fx_net_server *server, const struct fx_net_server_call *call);

/** Answer with an error. */
void fx_app_page_refuse(struct fx_net_server *server,
                        struct fx_net_server_token token,
                        fx_status status);

/** Answer a GET with a public JSON text; anything else with 405. */
void fx_app_page_respond_json(struct fx_net_server *server,
                              const struct fx_net_server_call *call,
                              fx_str body);

#endif

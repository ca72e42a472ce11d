#include "app/app_listen.h"

#include <stdio.h>
#include <string.h>

#include "net/net_server_door.h"

static bool is_this_machine(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "127.0.0.1") == 0;
}

fx_status fx_app_listen_open(struct fx_net_server *server,
                             const struct fx_app_listen *wanted,
                             uint16_t *port_out)
{
    const int descriptor = fx_app_start_take(wanted->start, wanted->door);
    const fx_status status =
        descriptor >= 0
            ? fx_net_server_door_open(server, descriptor, wanted->tag, port_out)
            : fx_net_server_listen(server, wanted->host, wanted->port, wanted->tag, port_out);
    if (status != FX_OK) {
        FX_LOG(FX_LOG_ERROR,
               wanted->component,
               "cannot listen; is the port in use?",
               fx_log_text("host", wanted->host),
               fx_log_u64("port", wanted->port),
               fx_log_status("err", status));
        return status;
    }
    FX_LOG(FX_LOG_INFO,
           wanted->component,
           "serving",
           fx_log_text("host", wanted->host),
           fx_log_u64("port", *port_out),
           wanted->fields[0],
           wanted->fields[1]);
    if (wanted->name != NULL) {
        (void)printf("%s is serving on %s://%s:%u%s\n",
                     wanted->name,
                     wanted->scheme,
                     is_this_machine(wanted->host) ? "localhost" : wanted->host,
                     (unsigned)*port_out,
                     wanted->remark == NULL ? "" : wanted->remark);
        (void)fflush(stdout);
    }
    return FX_OK;
}

#include "net/net_server_door.h"

#include <fcntl.h>
#include <unistd.h>

#include "net/net_server_int.h"

int fx_net_server_door_keep(const struct fx_net_server *server, uint16_t tag)
{
    for (uint32_t index = 0; index < server->listener_count; index++) {
        uv_os_fd_t descriptor = -1;
        if (server->listeners[index].tag == tag &&
            uv_fileno((const uv_handle_t *)&server->listeners[index].tcp, &descriptor) == 0) {
            return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        }
    }
    return -1;
}

fx_status fx_net_server_door_open(struct fx_net_server *server,
                                  int descriptor, // NOLINT(bugprone-easily-swappable-parameters)
                                  uint16_t tag,
                                  uint16_t *port_out)
{
    struct fx_net_server_listener *listener = fx_net_server_add_listener(server, tag);
    if (listener == NULL || uv_tcp_open(&listener->tcp, descriptor) != 0) {
        (void)close(descriptor);
        return FX_IO;
    }
    return fx_net_server_open_listener(listener, port_out); /* the loop closes it from here on */
}

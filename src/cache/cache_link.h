/**
 * @file cache_link.h
 * A stream of bytes to a server, plain or TLS, that never makes its caller wait.
 *
 * Made, it looks up the host's name and connects in the background; fx_cache_link_step() says when
 * it is up. All addresses of the name are tried. Thread: the owner's.
 */
#ifndef FX_CACHE_CACHE_LINK_H
#define FX_CACHE_CACHE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

struct fx_cache_link;

struct fx_cache_link_options {
    const char *host; /* a name or an address */
    uint16_t port;
    bool is_tls;         /* the certificate is verified, and that it is `host`'s */
    const char *ca_file; /* authorities; NULL: the system's */
};

/** Begin to connect. @return OK (gives); BAD_PARAMETER (ca_file cannot be read, a host of more than
 * 255 characters); NO_MEMORY. */
FX_MUST_USE fx_status fx_cache_link_open(const struct fx_cache_link_options *options,
                                         struct fx_cache_link **link_out);

/** Close it. Accepts NULL. */
void fx_cache_link_close(struct fx_cache_link *link);

/** Go on connecting. @return OK where bytes can flow; BUSY while connecting; IO (no such host, not
 * reachable, not the certificate that was expected). */
FX_MUST_USE fx_status fx_cache_link_step(struct fx_cache_link *link);

/** Send what the kernel takes now. @return OK, *size_out bytes are on their way (0: none); IO. */
FX_MUST_USE fx_status fx_cache_link_write(struct fx_cache_link *link,
                                          fx_str bytes,
                                          size_t *size_out);

/** Receive what is there. @return OK, *size_out bytes (0: nothing yet); IO, also at the end. */
FX_MUST_USE fx_status fx_cache_link_read(struct fx_cache_link *link,
                                         char *target,
                                         size_t capacity,
                                         size_t *size_out);

/** Wait until something may have changed, `timeout_ms` at most. `wants_write`: there is something
 * to send. */
void fx_cache_link_wait(const struct fx_cache_link *link, bool wants_write, int timeout_ms);

/** Why the last call failed. Never NULL. */
const char *fx_cache_link_error(const struct fx_cache_link *link);

#endif

/**
 * @file app_parts.h
 * How the parts of a process are: one JSON object in the shape of NestJS's terminus,
 * {"status":"ok","info":{…},"error":{…},"details":{…}}; info has what is up, error what is down,
 * details both. Thread: any (data).
 */
#ifndef FX_APP_APP_PARTS_H
#define FX_APP_APP_PARTS_H

#include <stdbool.h>

#include "base/buf.h"

/** The three lists while they grow. */
struct fx_app_parts {
    struct fx_buf info;
    struct fx_buf error;
    struct fx_buf details;
    bool is_down; /* one of them at least */
};

void fx_app_parts_init(struct fx_app_parts *parts);
void fx_app_parts_deinit(struct fx_app_parts *parts);

/** One part: up (`reason` is NULL), or down for a reason. `figures` are JSON members, may be empty,
 * and are cleared. */
void fx_app_parts_add(struct fx_app_parts *parts,
                      const char *name,
                      const char *reason,
                      struct fx_buf *figures);

/** Append the object; `down` is the status where a part is down. */
void fx_app_parts_write(const struct fx_app_parts *parts, const char *down, struct fx_buf *body);

#endif

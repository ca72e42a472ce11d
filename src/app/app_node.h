/**
 * @file app_node.h
 * The name of one start of one process in the logs of a distributed exchange. Thread: any.
 */
#ifndef FX_APP_APP_NODE_H
#define FX_APP_APP_NODE_H

#include <stdint.h>

#include "base/config.h"
#include "base/status.h"
#include "base/str.h"

enum { FX_APP_NODE_SIZE_MAX = 25 };

/** "role-port": who looks into the log finds the process by it. Borrowed from `target`. */
fx_str fx_app_node_name(const struct fx_config *config,
                        const char *role,
                        char target[FX_APP_NODE_SIZE_MAX]);

/** A random number, which makes the start's name unique. @return OK; IO. */
FX_MUST_USE fx_status fx_app_node_salt(uint64_t *salt_out);

#endif

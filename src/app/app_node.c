#include "app/app_node.h"

#include <stdio.h>

#include "base/crypto.h"

fx_str fx_app_node_name(const struct fx_config *config,
                        const char *role,
                        char target[FX_APP_NODE_SIZE_MAX])
{
    (void)snprintf(
        target, FX_APP_NODE_SIZE_MAX, "%.12s-%lld", role, (long long)fx_config_int(config, "port"));
    return fx_str_of(target);
}

fx_status fx_app_node_salt(uint64_t *salt_out)
{
    return fx_crypto_random(salt_out, sizeof *salt_out);
}

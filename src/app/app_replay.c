#include "app/app_replay.h"

int fx_app_replay_run(const struct fx_app_replay_options *options)
{
    (void)options;
    return FX_APP_EXIT_FAILURE;
}

#include "sim/sim.h"

#include "sim/sim_int.h"

fx_status fx_sim_run(const struct fx_sim_options *options, struct fx_sim_result *result_out)
{
    return fx_sim_world_run(options, result_out);
}

/**
 * @file bus_local_side.h
 * Several processes on one local bus: each has a handle of its own with its own deliveries, behind
 * a network that can be held and lose what it holds. For tests and simulators.
 *
 * Thread: as the bus below: one for all of them.
 */
#ifndef FX_BUS_BUS_LOCAL_SIDE_H
#define FX_BUS_BUS_LOCAL_SIDE_H

#include "bus/bus.h"

/** Make a handle on the partitions of `bus` (of fx_bus_local_open(), closed after all of them).
 * @return OK (gives); NO_MEMORY. */
FX_MUST_USE fx_status fx_bus_local_side_open(struct fx_bus *bus, struct fx_bus **side_out);

/** Hold what is published from now on, or let it go on its way, in order. What is held when the
 * handle is closed never arrives. */
void fx_bus_local_side_hold(struct fx_bus *side, bool is_held);

/** Tell `status` of what is held: lost, or (has_arrived) in the log although its answer was lost.
 */
void fx_bus_local_side_fail(struct fx_bus *side, fx_status status, bool has_arrived);

#endif

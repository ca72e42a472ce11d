/**
 * @file wire_topic.h
 * What both directions of matching_engine_input share. Thread: any (data).
 */
#ifndef FX_WIRE_WIRE_TOPIC_H
#define FX_WIRE_WIRE_TOPIC_H

#include <stdint.h>

#include "model/ids.h"
#include "model/proof.h"

/** `from` of a record: who published it, and by which number he knows the answer again. It changes
 * nothing of what the command does, but that of two records with one proof the second is none. */
struct fx_wire_topic_from {
    struct fx_client_id node; /* one start of one process; size 0 = none */
    uint64_t token;           /* 0 = nobody waits */
    struct fx_proof proof;    /* id 0: not of a signed request */
};

#endif

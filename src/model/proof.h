/**
 * @file proof.h
 * The name of a signed request in the log: by it every reader knows one that was sent before.
 * Thread: any (data).
 */
#ifndef FX_MODEL_PROOF_H
#define FX_MODEL_PROOF_H

#include <stdint.h>

/** Of one command of a signed request. */
struct fx_proof {
    uint64_t id;      /* 1..INT64_MAX, from the signature and the command's place; 0: not signed */
    int64_t until_ms; /* since 1970: the last moment of the signature's window */
};

#endif

#include "worker/worker_proof.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/panic.h"
#include "base/table.h"

enum { QUEUE_FIRST = 1024 };

struct entry {
    uint64_t id;
    int64_t until_ms;
    uint64_t offset;
    int64_t taken_ms; /* the log's time then */
};

/* A set, and the order in which it was filled. An entry waits in the queue for those before it, so
 * it may live longer than it has to (a window is a minute at most); it is never judged by that. */
struct fx_worker_proofs {
    struct fx_table table;
    uint64_t secret; /* ids are made by clients: they shall not choose where they lie */
    struct entry *queue;
    uint64_t first; /* numbers; the place is their rest by the capacity */
    uint64_t end;
    uint64_t capacity; /* a power of two */
    int64_t now_ms;
};

struct fx_worker_proofs *fx_worker_proof_create(void)
{
    struct fx_worker_proofs *proofs = calloc(1, sizeof *proofs);
    if (proofs == NULL) {
        return NULL;
    }
    fx_table_init(&proofs->table, FX_TABLE_COUNT_MAX);
    proofs->capacity = QUEUE_FIRST;
    proofs->queue = calloc(QUEUE_FIRST, sizeof proofs->queue[0]);
    if (proofs->queue == NULL ||
        fx_crypto_random(&proofs->secret, sizeof proofs->secret) != FX_OK) {
        fx_worker_proof_destroy(proofs);
        return NULL;
    }
    return proofs;
}

void fx_worker_proof_destroy(struct fx_worker_proofs *proofs)
{
    if (proofs != NULL) {
        fx_table_deinit(&proofs->table);
        free(proofs->queue);
        free(proofs);
    }
}

static struct entry *at(const struct fx_worker_proofs *proofs, uint64_t number)
{
    return &proofs->queue[number & (proofs->capacity - 1)];
}

static bool is_late(const struct fx_worker_proofs *proofs, int64_t until_ms)
{
    return until_ms < proofs->now_ms - FX_WORKER_PROOF_LATE_MS;
}

void fx_worker_proof_see(struct fx_worker_proofs *proofs, int64_t record_ms)
{
    if (record_ms <= proofs->now_ms) {
        return; /* a new leader of the partition may have a clock that is behind */
    }
    proofs->now_ms = record_ms;
    while (proofs->first < proofs->end && is_late(proofs, at(proofs, proofs->first)->until_ms)) {
        const uint64_t key = at(proofs, proofs->first)->id ^ proofs->secret;
        const bool was_there = fx_table_remove(&proofs->table, key);
        FX_ASSERT(was_there);
        proofs->first++;
    }
}

static bool grow(struct fx_worker_proofs *proofs)
{
    struct entry *queue = calloc(proofs->capacity * 2, sizeof *queue);
    if (queue == NULL) {
        return false;
    }
    for (uint64_t number = proofs->first; number < proofs->end; number++) {
        queue[number & (proofs->capacity * 2 - 1)] = *at(proofs, number);
    }
    free(proofs->queue);
    proofs->queue = queue;
    proofs->capacity *= 2;
    return true;
}

fx_status fx_worker_proof_take(struct fx_worker_proofs *proofs,
                               const struct fx_proof *proof,
                               uint64_t offset)
{
    FX_ASSERT(proof->id != 0);
    const uint64_t key = proof->id ^ proofs->secret;
    const bool is_far = proofs->now_ms > 0 && /* else the bus gives no times */
                        proof->until_ms > proofs->now_ms + FX_WORKER_PROOF_AHEAD_MS;
    if (is_late(proofs, proof->until_ms) || is_far) {
        return FX_TIMESTAMP_OUT_OF_WINDOW;
    }
    if (fx_table_find(&proofs->table, key) != NULL) {
        return FX_REPLAYED;
    }
    if (proofs->end - proofs->first == proofs->capacity && !grow(proofs)) {
        return FX_NO_MEMORY;
    }
    if (!fx_table_put(&proofs->table, key, (union fx_table_value){.number = offset})) {
        return FX_NO_MEMORY;
    }
    *at(proofs, proofs->end) = (struct entry){proof->id, proof->until_ms, offset, proofs->now_ms};
    proofs->end++;
    return FX_OK;
}

void fx_worker_proof_mark(const struct fx_worker_proofs *proofs,
                          struct fx_worker_proof_mark *mark_out)
{
    const struct entry *oldest = at(proofs, proofs->first);
    const bool is_empty = proofs->first == proofs->end;
    *mark_out =
        (struct fx_worker_proof_mark){.first = is_empty ? 0 : oldest->offset + 1,
                                      .time_ms = is_empty ? proofs->now_ms : oldest->taken_ms};
}

uint64_t fx_worker_proof_count(const struct fx_worker_proofs *proofs)
{
    return proofs->end - proofs->first;
}

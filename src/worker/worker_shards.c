#include "worker/worker_shards.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

enum { SLOT_BITS = 10, MARK_BITS = 62 };

_Static_assert(1 << SLOT_BITS == FX_WORKER_SHARDS_FANS_MAX, "a slot fits its bits");

static const uint64_t MARK = 3ULL << MARK_BITS;

/* What was sent to all shards, and what they have answered so far. */
struct fan {
    uint64_t token;      /* the submitter's */
    uint64_t generation; /* an answer to an earlier one is nobody's */
    uint32_t waiting;    /* answers; 0: it is free */
    struct fx_event_result whole;
};

struct fx_worker_shards {
    struct fx_worker_follow *follows[FX_SHARDS_MAX];
    const struct fx_shard_map *maps;
    uint32_t map_count;
    uint32_t count;
    uint32_t next; /* where a free fan is looked for first */
    struct fan fans[FX_WORKER_SHARDS_FANS_MAX];
};

struct fx_worker_shards *fx_worker_shards_create(const struct fx_shard_map maps[], uint32_t count)
{
    FX_ASSERT(count >= 2 && count <= FX_SHARDS_MAX);
    struct fx_worker_shards *shards =
        aligned_alloc(16, (sizeof(struct fx_worker_shards) + 15U) & ~(size_t)15U);
    if (shards != NULL) {
        memset(shards, 0, sizeof *shards);
        shards->maps = maps;
        shards->map_count = count;
    }
    return shards;
}

void fx_worker_shards_add(struct fx_worker_shards *shards, struct fx_worker_follow *follow)
{
    FX_ASSERT(shards->count < shards->map_count);
    shards->follows[shards->count++] = follow;
}

void fx_worker_shards_destroy(struct fx_worker_shards *shards)
{
    for (uint32_t shard = 0; shards != NULL && shard < shards->count; shard++) {
        fx_worker_follow_destroy(shards->follows[shard]);
    }
    free(shards);
}

uint32_t fx_worker_shards_count(const struct fx_worker_shards *shards)
{
    return shards->count;
}

struct fx_worker_follow *fx_worker_shards_at(const struct fx_worker_shards *shards, uint32_t shard)
{
    FX_ASSERT(shard < shards->count);
    return shards->follows[shard];
}

void fx_worker_shards_wake(const struct fx_worker_shards *shards)
{
    for (uint32_t shard = 0; shard < shards->count; shard++) {
        fx_worker_follow_wake(shards->follows[shard]);
    }
}

/* ---- where to -------------------------------------------------------------------------------- */

static bool is_for_all(const struct fx_command *command)
{
    switch (command->kind) {
    case FX_COMMAND_CANCEL_ORDER: /* by its clientOrderId */
    case FX_COMMAND_CANCEL_ALL:
    case FX_COMMAND_CANCEL_ALL_AFTER:
    case FX_COMMAND_FREEZE_ACCOUNT:
    case FX_COMMAND_SET_POSITION_MODE:
    case FX_COMMAND_SHOW_EXCHANGE:
        return true;
    default:
        return false;
    }
}

/* The shard that a command names; UINT32_MAX: it names none. */
static uint32_t named_by(const struct fx_worker_shards *shards, const struct fx_command *command)
{
    const struct fx_asset *asset = fx_shard_asset_of(command);
    const uint64_t order_id = fx_shard_order_of(command);
    for (uint32_t shard = 0; shard < shards->count && asset != NULL; shard++) {
        if (fx_shard_has(&shards->maps[shard], asset)) {
            return shard;
        }
    }
    if (asset != NULL) {
        return 0;
    }
    if (command->instrument != FX_COMMAND_ALL_INSTRUMENTS) {
        return fx_shard_of_instrument(shards->map_count, command->instrument);
    }
    return order_id != 0 ? fx_shard_of_id(order_id) : UINT32_MAX;
}

static struct fan *acquire(struct fx_worker_shards *shards, uint64_t token)
{
    for (uint32_t tries = 0; tries < FX_WORKER_SHARDS_FANS_MAX; tries++) {
        struct fan *fan = &shards->fans[shards->next];
        shards->next = (shards->next + 1) % FX_WORKER_SHARDS_FANS_MAX;
        if (fan->waiting == 0) {
            fan->token = token;
            fan->generation++;
            memset(&fan->whole, 0, sizeof fan->whole);
            return fan;
        }
    }
    return NULL;
}

static uint64_t token_of(const struct fx_worker_shards *shards, const struct fan *fan)
{
    const uint64_t name = fan->generation << SLOT_BITS | (uint64_t)(fan - shards->fans);
    return MARK | (name & ~MARK);
}

static void add(struct fan *fan, const struct fx_event_result *part);

static bool submit_all(struct fx_worker_shards *shards,
                       uint64_t token,
                       const struct fx_command *command,
                       const struct fx_proof *proof)
{
    struct fan *fan = token == 0 ? NULL : acquire(shards, token);
    if (token != 0 && fan == NULL) {
        return false;
    }
    const uint64_t own = fan == NULL ? 0 : token_of(shards, fan);
    for (uint32_t shard = 0; shard < shards->count; shard++) {
        const bool is_taken =
            fx_worker_follow_submit_proved(shards->follows[shard], own, command, proof);
        if (!is_taken && shard == 0) {
            return false; /* nothing was sent to anybody */
        }
        if (fan != NULL && is_taken) {
            fan->waiting++;
        } else if (fan != NULL) { /* one has it and another has no room: say so, it may be sent
                                     again */
            struct fx_event_result part;
            memset(&part, 0, sizeof part);
            part.command_kind = command->kind;
            part.reject.status = FX_BUSY;
            add(fan, &part);
        }
    }
    return true;
}

bool fx_worker_shards_submit(struct fx_worker_shards *shards,
                             uint64_t token,
                             const struct fx_command *command,
                             const struct fx_proof *proof)
{
    uint32_t shard = named_by(shards, command);
    if (shard == UINT32_MAX && is_for_all(command)) {
        return submit_all(shards, token, command, proof);
    }
    shard = shard < shards->count ? shard : 0;
    return fx_worker_follow_submit_proved(shards->follows[shard], token, command, proof);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* Who has nothing of a user is no reason to fail; who could not do it is. */
static uint32_t weight_of(fx_status status)
{
    if (status == FX_ACCOUNT_NOT_FOUND || status == FX_ORDER_NOT_FOUND) {
        return 1;
    }
    return status == FX_OK ? 2 : 3;
}

static void add(struct fan *fan, const struct fx_event_result *part)
{
    struct fx_event_result *whole = &fan->whole;
    if (whole->command_kind == 0) {
        *whole = *part;
        return;
    }
    if (weight_of(part->reject.status) > weight_of(whole->reject.status)) {
        whole->reject = part->reject;
    }
    whole->order_id = whole->order_id == 0 ? part->order_id : whole->order_id;
    whole->account_id = whole->account_id == 0 ? part->account_id : whole->account_id;
    whole->order_status = whole->order_status == 0 ? part->order_status : whole->order_status;
    whole->amount = whole->amount > part->amount ? whole->amount : part->amount;
    whole->count += part->count;
    whole->is_changed |= part->is_changed;
    whole->has_more |= part->has_more;
}

void fx_worker_shards_merge(struct fx_worker_shards *shards, struct fx_event *event)
{
    FX_ASSERT(event->kind == FX_EVENT_RESULT);
    if (event->token >> MARK_BITS != MARK >> MARK_BITS) {
        return;
    }
    struct fan *fan = &shards->fans[event->token % FX_WORKER_SHARDS_FANS_MAX];
    const bool is_own = fan->waiting > 0 && token_of(shards, fan) == event->token;
    event->token = 0;
    if (!is_own) {
        return;
    }
    add(fan, &event->u.result);
    if (--fan->waiting == 0) {
        event->u.result = fan->whole;
        event->token = fan->token;
    }
}

/* Commands whose answer is not here yet.
 *
 * A token is slot and generation, so a RESULT that comes after its time-out finds nobody (A6). The
 * highest bit stays 0 and the token is never 0: both are left to others. A connection that is gone
 * needs no care: its server token is dead, and so is the answer sent to it. */
#include <stdlib.h>

#include "api/api_int.h"
#include "api/api_pending_int.h"
#include "api/api_proof_int.h"
#include "api/api_rate_int.h"
#include "api/api_reply_int.h"
#include "base/log.h"
#include "base/panic.h"
#include "store/store_order.h"

enum { GENERATION_BITS = 31, PERCENT = 100 };

static const uint32_t GENERATION_MASK = (1U << GENERATION_BITS) - 1U;

fx_status fx_api_pending_init(struct fx_api *api)
{
    api->pending = calloc(api->options.pending_max, sizeof *api->pending);
    return api->pending == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_api_pending_deinit(struct fx_api *api)
{
    free(api->pending);
}

static struct fx_api_pending *acquire(struct fx_api *api, uint32_t *slot_out)
{
    if (api->pending_free != 0) {
        *slot_out = api->pending_free - 1;
        api->pending_free = api->pending[*slot_out].next_free;
    } else if (api->pending_used < api->options.pending_max) {
        *slot_out = api->pending_used;
        api->pending_used++;
    } else {
        return NULL;
    }
    struct fx_api_pending *pending = &api->pending[*slot_out];
    FX_ASSERT(pending->answer == NULL);
    pending->generation = (pending->generation + 1) & GENERATION_MASK;
    if (pending->generation == 0) {
        pending->generation = 1;
    }
    api->pending_count++;
    return pending;
}

static void release(struct fx_api *api, uint32_t slot)
{
    struct fx_api_pending *pending = &api->pending[slot];
    FX_ASSERT(pending->answer != NULL);
    FX_ASSERT(api->pending_count > 0);
    pending->answer = NULL;
    pending->next_free = api->pending_free;
    api->pending_free = slot + 1;
    api->pending_count--;
}

static bool hand_in(const struct fx_api *api,
                    uint64_t token,
                    const struct fx_command *command,
                    const struct fx_proof *proof)
{
    const struct fx_api_intake *intake = &api->options.intake;
    return proof->id == 0 || intake->submit_proved == NULL
               ? intake->submit(intake->self, token, command)
               : intake->submit_proved(intake->self, token, command, proof);
}

static fx_status submit(struct fx_api *api,
                        const struct fx_api_pending *pending,
                        const struct fx_command *command,
                        const struct fx_proof *proof)
{
    uint32_t slot = 0;
    struct fx_api_pending *place = acquire(api, &slot);
    if (place == NULL) {
        return FX_BUSY;
    }
    const uint32_t generation = place->generation;
    const uint64_t token = (uint64_t)generation << 32U | slot;
    *place = *pending;
    place->generation = generation;
    if (!hand_in(api, token, command, proof)) {
        release(api, slot);
        return FX_BUSY;
    }
    api->is_submitted = true;
    return FX_OK;
}

fx_status fx_api_pending_submit_more(struct fx_api *api,
                                     const struct fx_api_pending *pending,
                                     const struct fx_command *command)
{
    static const struct fx_proof NONE; /* the command before it had the request's */
    return submit(api, pending, command, &NONE);
}

uint32_t fx_api_pending_load(const struct fx_api *api)
{
    const struct fx_api_intake *intake = &api->options.intake;
    const uint64_t waiting = (uint64_t)api->pending_count * PERCENT / api->options.pending_max;
    const uint32_t queues = intake->load_percent == NULL ? 0 : intake->load_percent(intake->self);
    return waiting > queues ? (uint32_t)waiting : queues;
}

/* The upper part of every queue is kept for what lets people out: a slow disk or database fills
 * them from behind, and an order that waits in one for its time-out is worse than one refused at
 * once. It ends at three quarters of where it began, so that it does not flicker. */
static bool must_shed(struct fx_api *api)
{
    const uint32_t percent = fx_api_pending_load(api);
    const uint32_t begin = api->options.shed_percent;
    const bool is_full = percent >= (api->is_shedding ? begin - begin / 4 : begin);
    if (is_full != api->is_shedding) {
        api->is_shedding = is_full;
        FX_LOG(FX_LOG_WARN,
               "api",
               is_full ? "busy: orders that open are refused" : "orders are taken again",
               fx_log_u64("load_percent", percent),
               fx_log_u64("pending", api->pending_count),
               fx_log_u64("shed", api->shed));
    }
    api->shed += is_full ? 1 : 0;
    return is_full;
}

fx_status fx_api_pending_submit(struct fx_api_call *call,
                                const struct fx_command *command,
                                const struct fx_api_pending_wait *wait)
{
    struct fx_api *api = call->api;
    const uint32_t wait_ms_max = api->options.wait_ms_max;
    const bool is_shorter = wait->wait_ms != 0 && wait->wait_ms < wait_ms_max;
    const uint64_t tmp_id =
        fx_command_is_placing((enum fx_command_kind)command->kind) ? command->u.place.tmp_id : 0;
    fx_status status = fx_api_rate_command(call, command);
    if (status == FX_OK && fx_command_is_opening(command) && must_shed(api)) {
        call->error.message = FX_STR("the exchange is busy: only cancels and reduce-only orders");
        status = FX_BUSY;
    }
    if (status != FX_OK) {
        return status;
    }
    const struct fx_api_pending pending = {
        .target = call->target,
        .answer = wait->answer,
        .user_id = wait->user_id != 0 ? wait->user_id : call->user.id,
        .tmp_id = tmp_id,
        .deadline_ms =
            fx_net_server_now_ms(api->options.server) + (is_shorter ? wait->wait_ms : wait_ms_max),
        .instrument = wait->instrument,
        .position_side = wait->position_side,
        .cancel_all = wait->cancel_all,
        .countdown_us = wait->countdown_us,
        .contract_type = wait->contract_type,
    };
    const struct fx_proof proof = fx_api_proof_command(call);
    return submit(api, &pending, command, &proof);
}

void fx_api_pending_result(struct fx_api *api, const struct fx_event *event)
{
    const uint32_t slot = (uint32_t)event->token;
    const uint32_t generation = (uint32_t)(event->token >> 32U);
    if (slot >= api->pending_used || api->pending[slot].answer == NULL ||
        api->pending[slot].generation != generation) {
        return;
    }
    const struct fx_api_pending pending = api->pending[slot];
    release(api, slot);
    if (event->u.result.reject.status == FX_TIMEOUT) { /* a bus does not know what became of it */
        fx_api_reply_unknown(api, &pending.target, FX_TIMEOUT);
        return;
    }
    if (event->u.result.reject.status != FX_OK) {
        fx_api_reply_reject(api, &pending.target, &event->u.result.reject);
        return;
    }
    pending.answer(api, &pending, &event->u.result);
}

void fx_api_pending_expire(struct fx_api *api)
{
    if (api->pending_count == 0) {
        return;
    }
    const int64_t now_ms = fx_net_server_now_ms(api->options.server);
    for (uint32_t slot = 0; slot < api->pending_used; slot++) {
        struct fx_api_pending *pending = &api->pending[slot];
        if (pending->answer != NULL && pending->deadline_ms <= now_ms) {
            const struct fx_api_target target = pending->target;
            release(api, slot);
            fx_api_reply_unknown(api, &target, FX_TIMEOUT);
        }
    }
}

static const struct fx_rows_order *find_ended(const struct fx_api *api, struct fx_store_key key)
{
    const struct fx_rows_order *rows = (const void *)api->ended.data;
    for (size_t index = api->ended.size / sizeof *rows; index > 0; index--) {
        const struct fx_rows_order *row = &rows[index - 1];
        if (row->id == key.id && row->user_id == key.user_id) {
            return row;
        }
    }
    return NULL;
}

fx_status fx_api_pending_row(struct fx_api *api,
                             struct fx_store_key key,
                             struct fx_rows_order *row_out)
{
    const struct fx_rows_order *row = fx_view_order(api->options.view, key.user_id, key.id);
    if (row == NULL) {
        row = find_ended(api, key);
    }
    if (row != NULL) {
        *row_out = *row;
        return FX_OK;
    }
    const fx_status status = fx_store_order_find(api->options.reader, key, row_out);
    return status == FX_NOT_FOUND ? FX_ORDER_NOT_FOUND : status;
}

/* The way into the log: commands that are submitted here are published, and answered once. */
#include <string.h>

#include "base/log.h"
#include "base/panic.h"
#include "worker/worker_follow_int.h"

enum { STEP_COMMANDS_MAX = 512, DELIVERIES = 64, US_PER_MS = 1000, CANCELS_LEFT = 8 };

static struct fx_worker_follow_pending *at(const struct fx_worker_follow *follow, uint64_t number)
{
    return &follow->pending[number % FX_WORKER_FOLLOW_PENDING_MAX];
}

static bool is_pending(const struct fx_worker_follow *follow, uint64_t number)
{
    return number >= follow->pending_first && number < follow->pending_end &&
           !at(follow, number)->is_done;
}

static void finish(struct fx_worker_follow *follow, uint64_t number)
{
    at(follow, number)->is_done = true;
    while (follow->pending_first < follow->pending_end &&
           at(follow, follow->pending_first)->is_done) {
        follow->pending_first++;
    }
    atomic_store_explicit(&follow->pending_count,
                          (uint32_t)(follow->pending_end - follow->pending_first),
                          memory_order_relaxed);
}

uint64_t fx_worker_follow_submit_settle(struct fx_worker_follow *follow, uint64_t number)
{
    if (!is_pending(follow, number)) {
        return 0; /* answered before: its delivery was unknown */
    }
    const uint64_t token = at(follow, number)->token;
    follow->pending_read = number + 1 > follow->pending_read ? number + 1 : follow->pending_read;
    finish(follow, number);
    return token;
}

/* Answer without the log: the command did not happen (or nobody knows: TIMEOUT). */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): an answer's token, a kind, a status
static void refuse(struct fx_worker_follow *follow, uint64_t token, uint32_t kind, fx_status status)
{
    struct fx_event *event = &follow->events.items[0];
    if (token == 0 || follow->ring == NULL) {
        return;
    }
    memset(event, 0, sizeof *event);
    event->kind = FX_EVENT_RESULT;
    event->sequence = fx_engine_sequence(follow->engine);
    event->token = token;
    event->u.result.reject.status = status;
    event->u.result.command_kind = kind;
    follow->events.count = 1;
    fx_worker_follow_tell(follow);
}

void fx_worker_follow_submit_drop(struct fx_worker_follow *follow,
                                  uint64_t number,
                                  fx_status status)
{
    const uint32_t kind = is_pending(follow, number) ? at(follow, number)->kind : 0;
    refuse(follow, fx_worker_follow_submit_settle(follow, number), kind, status);
}

/* Of the oldest one: by its place, or, where nobody said that, by one of ours that was behind it.
 */
static bool was_read(const struct fx_worker_follow *follow)
{
    const struct fx_worker_follow_pending *pending = at(follow, follow->pending_first);
    return pending->behind != 0
               ? pending->behind <= follow->position
               : pending->is_delivered && follow->pending_first < follow->pending_read;
}

/* A record of ours that was read and has not settled is no command to anybody: it was poison. */
static int give_up_poison(struct fx_worker_follow *follow)
{
    int work = 0;
    while (follow->pending_first < follow->pending_end) {
        const struct fx_worker_follow_pending pending = *at(follow, follow->pending_first);
        if (!was_read(follow) || !fx_worker_follow_has_room(follow)) {
            break;
        }
        finish(follow, follow->pending_first);
        refuse(follow, pending.token, pending.kind, FX_INTERNAL);
        work++;
    }
    return work;
}

/* @return how much there was to answer: 0 or 1. */
static int take_delivery(struct fx_worker_follow *follow, const struct fx_bus_delivery *delivery)
{
    if (!is_pending(follow, delivery->token)) {
        return 0; /* it has come back */
    }
    if (delivery->status == FX_OK) {
        at(follow, delivery->token)->is_delivered = true;
        at(follow, delivery->token)->behind =
            delivery->offset == FX_BUS_UNKNOWN ? 0 : delivery->offset + 1;
        return 0; /* it comes back by itself */
    }
    const struct fx_worker_follow_pending pending = *at(follow, delivery->token);
    FX_LOG(FX_LOG_WARN,
           "follow",
           "a command did not reach the log",
           fx_log_status("err", delivery->status),
           fx_log_text("reason", fx_bus_error_text(follow->options.bus)));
    finish(follow, delivery->token);
    refuse(follow, pending.token, pending.kind, delivery->status);
    return 1;
}

int fx_worker_follow_submit_collect(struct fx_worker_follow *follow)
{
    struct fx_bus_delivery deliveries[DELIVERIES];
    uint32_t count = DELIVERIES;
    int work = 0;
    while (count == DELIVERIES) {
        /* Each may need an answer, and each answer a place. */
        if (follow->ring != NULL &&
            fx_ring_broadcast_space(follow->ring) < follow->events.capacity + DELIVERIES) {
            return work;
        }
        count = fx_bus_poll(follow->options.bus, 0, deliveries, DELIVERIES);
        for (uint32_t index = 0; index < count; index++) {
            work += take_delivery(follow, &deliveries[index]);
        }
    }
    return work + give_up_poison(follow);
}

/* The last places are for what only ends orders: an exchange that cannot be left is no exchange. */
static bool is_allowed(const struct fx_worker_follow *follow, const struct fx_command *command)
{
    const uint64_t left =
        FX_WORKER_FOLLOW_PENDING_MAX - (follow->pending_end - follow->pending_first);
    return left > FX_WORKER_FOLLOW_PENDING_MAX / CANCELS_LEFT ||
           fx_command_is_cancel((enum fx_command_kind)command->kind) ||
           !fx_command_is_opening(command);
}

/* @return OK; BUSY: later; else why it cannot be in the log. */
static fx_status publish(struct fx_worker_follow *follow, const struct fx_worker_follow_item *item)
{
    const struct fx_command *command = &item->command;
    follow->from.token = follow->pending_end;
    follow->from.proof = item->proof;
    fx_buf_clear(&follow->text);
    const fx_status status =
        fx_worker_input_encode(follow->input, command, &follow->from, &follow->text);
    if (status != FX_OK) {
        return status;
    }
    const struct fx_bus_message message = {.topic = follow->options.topic,
                                           .partition = follow->options.partition,
                                           .value = fx_buf_str(&follow->text),
                                           .token = follow->pending_end};
    return fx_bus_publish(follow->options.bus, &message);
}

/* @return false where it has to wait. */
static bool take(struct fx_worker_follow *follow,
                 struct fx_worker_follow_item *item,
                 int64_t now_us)
{
    struct fx_command *command = &item->command;
    if (fx_command_is_question((enum fx_command_kind)command->kind)) {
        command->time_us = now_us;
        fx_engine_ask(follow->engine, command, &follow->events);
        follow->events.items[follow->events.count - 1].token = item->token;
        fx_worker_follow_tell(follow);
        return true;
    }
    if (follow->pending_end - follow->pending_first == FX_WORKER_FOLLOW_PENDING_MAX) {
        return false;
    }
    if (!is_allowed(follow, command)) {
        refuse(follow, item->token, command->kind, FX_CANCEL_ONLY);
        return true;
    }
    command->time_us =
        now_us / US_PER_MS * US_PER_MS; /* as the log has it; the engine's never falls */
    const fx_status status = publish(follow, item);
    if (status == FX_BUSY) {
        return false;
    }
    if (status != FX_OK) {
        refuse(follow, item->token, command->kind, status);
        return true;
    }
    *at(follow, follow->pending_end) =
        (struct fx_worker_follow_pending){.token = item->token, .kind = command->kind};
    follow->pending_end++;
    return true;
}

/* F8, unless a step's work waits: that is a group of its own. */
static bool is_gathering(const struct fx_worker_follow *follow, int64_t now_us)
{
    return fx_ring_count(follow->intake) < STEP_COMMANDS_MAX &&
           fx_worker_group_waits(&follow->group, fx_bus_pending(follow->options.bus), now_us);
}

int fx_worker_follow_submit_publish(struct fx_worker_follow *follow, int64_t now_us)
{
    struct fx_worker_follow_item item;
    const void *items = NULL;
    int count = 0;
    if (is_gathering(follow, now_us)) {
        return 0;
    }
    const uint32_t on_way = fx_bus_pending(follow->options.bus);
    while (count < STEP_COMMANDS_MAX && fx_ring_peek(follow->intake, &items) > 0) {
        memcpy(&item, items, sizeof item);
        if (!fx_worker_follow_has_room(follow) || !take(follow, &item, now_us)) {
            break;
        }
        fx_ring_advance(follow->intake, 1);
        count++;
    }
    if (count > 0) {
        fx_worker_group_add(&follow->group, on_way, now_us);
    }
    atomic_store_explicit(&follow->pending_count,
                          (uint32_t)(follow->pending_end - follow->pending_first),
                          memory_order_relaxed);
    return count;
}

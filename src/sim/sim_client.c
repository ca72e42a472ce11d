/* Clients and the network between them and the gateway. A client that gets no answer does not know:
 * it asks again with the same id, where the order has one, until it is told. */
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "sim/sim_int.h"

enum {
    OPEN_MAX = 6, /* requests of one client */
    PATIENCE_FACTOR = 40,
    PATIENCE_US_MIN = 20000,
    LATE_US = 2000000,
    RETRY_PPM = 300000,
    SLOT_BITS = 16
};

void fx_sim_client_init(struct fx_sim_world *world)
{
    struct fx_sim_clients *clients = &world->clients;
    fx_sim_stream_init(&clients->rng, world->options->seed, "clients");
    fx_sim_stream_init(&clients->network, world->options->seed, "deliveries");
    clients->next_number = 1;
    clients->next_tmp_id = 1;
}

static int64_t patience_us(const struct fx_sim_world *world)
{
    return PATIENCE_US_MIN + world->plan.network_us * PATIENCE_FACTOR;
}

static bool may_go_wrong(const struct fx_sim_world *world)
{
    return world->phase == FX_SIM_PHASE_CHAOS;
}

static int64_t travel_us(struct fx_sim_world *world)
{
    struct fx_rng *rng = &world->clients.network;
    const bool is_late = fx_sim_stream_chance(rng, world->plan.late_ppm);
    return fx_sim_stream_delay(rng,
                               is_late && may_go_wrong(world) ? LATE_US : world->plan.network_us);
}

/* One copy of a request on its way. */
static void post(struct fx_sim_world *world, uint32_t slot)
{
    struct fx_sim_clients *clients = &world->clients;
    uint32_t place = 0;
    while (place < FX_SIM_MESSAGES_MAX && clients->messages[place].is_used) {
        place++;
    }
    if (place == FX_SIM_MESSAGES_MAX) {
        return; /* the network drops it */
    }
    clients->messages[place] = (struct fx_sim_message){.command = clients->requests[slot].command,
                                                       .request = slot,
                                                       .number = clients->requests[slot].number,
                                                       .is_used = true};
    const struct fx_sim_thing thing = {.item = FX_SIM_ITEM_DELIVER, .number = place};
    fx_sim_schedule_add(&world->schedule, travel_us(world), &thing);
}

static void send(struct fx_sim_world *world, uint32_t slot)
{
    struct fx_sim_request *request = &world->clients.requests[slot];
    struct fx_rng *rng = &world->clients.network;
    const bool is_lost = fx_sim_stream_chance(rng, world->plan.lost_ppm) && may_go_wrong(world);
    const bool is_doubled =
        fx_sim_stream_chance(rng, world->plan.doubled_ppm) && may_go_wrong(world);
    request->state = FX_SIM_REQUEST_OPEN;
    request->sends++;
    if (!is_lost) {
        post(world, slot);
    }
    if (is_doubled && request->is_idempotent) {
        post(world, slot);
        fx_sim_world_mark(world, FX_SIM_MARK_DUPLICATE_SENT);
    }
    const struct fx_sim_thing patience = {
        .item = FX_SIM_ITEM_EXPIRE, .number = slot, .detail = request->number};
    fx_sim_schedule_add(&world->schedule, patience_us(world), &patience);
}

/* ---- what a client does -----------------------------------------------------------------------
 */

static struct fx_client_id *client_id_of(struct fx_command *command)
{
    switch ((int)command->kind) {
    case FX_COMMAND_PLACE_ORDER:
    case FX_COMMAND_PLACE_CONDITIONAL:
    case FX_COMMAND_PLACE_BRACKET:
        return &command->u.place.client_id;
    case FX_COMMAND_DEPOSIT_NAMED:
    case FX_COMMAND_WITHDRAW_NAMED:
        return &command->u.named.client_id;
    case FX_COMMAND_TRANSFER:
        return &command->u.move.client_id;
    default:
        return NULL;
    }
}

/* Half of those that could have an id get one, and are safe to repeat from then on. */
static void give_ids(struct fx_sim_world *world, struct fx_sim_request *request)
{
    struct fx_sim_clients *clients = &world->clients;
    struct fx_client_id *id = client_id_of(&request->command);
    const bool is_move = !fx_command_is_placing((enum fx_command_kind)request->command.kind);
    char text[FX_CLIENT_ID_SIZE_MAX + 1];
    if (id == NULL ||
        (!is_move && !fx_sim_stream_chance(&clients->rng, world->plan.client_id_ppm))) {
        return;
    }
    /* Now and then a careless client uses an old id for something else. */
    const bool is_used = fx_rng_below(&clients->rng, 50) == 0 && request->number > 20;
    const uint64_t number = is_used ? request->number - 10 : request->number;
    const int size = snprintf(text,
                              sizeof text,
                              "%sc%u-%llu",
                              is_move ? "@" : "",
                              request->client,
                              (unsigned long long)number);
    FX_ASSERT(size > 0 && (size_t)size < sizeof text);
    memcpy(id->text, text, (size_t)size);
    id->size = (uint8_t)size;
    request->is_idempotent = !is_used;
}

static uint32_t count_open(const struct fx_sim_world *world, uint32_t client)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < FX_SIM_REQUESTS_MAX; slot++) {
        const struct fx_sim_request *request = &world->clients.requests[slot];
        count += request->state != FX_SIM_REQUEST_FREE && request->client == client ? 1 : 0;
    }
    return count;
}

/* Of the client's requests whose outcome is not known, the oldest. */
static uint32_t find_unknown(const struct fx_sim_world *world, uint32_t client)
{
    uint32_t found = FX_SIM_REQUESTS_MAX;
    for (uint32_t slot = 0; slot < FX_SIM_REQUESTS_MAX; slot++) {
        const struct fx_sim_request *request = &world->clients.requests[slot];
        if (request->state == FX_SIM_REQUEST_UNKNOWN && request->client == client &&
            (found == FX_SIM_REQUESTS_MAX ||
             request->number < world->clients.requests[found].number)) {
            found = slot;
        }
    }
    return found;
}

static void begin(struct fx_sim_world *world, uint32_t client)
{
    struct fx_sim_clients *clients = &world->clients;
    uint32_t slot = 0;
    while (slot < FX_SIM_REQUESTS_MAX && clients->requests[slot].state != FX_SIM_REQUEST_FREE) {
        slot++;
    }
    FX_ASSERT(slot < FX_SIM_REQUESTS_MAX);
    struct fx_sim_request *request = &clients->requests[slot];
    memset(request, 0, sizeof *request);
    request->number = clients->next_number;
    request->client = client;
    request->crashes = clients->crash_count;
    clients->next_number++;
    clients->open_count++;
    world->result->requests++;
    fx_sim_load_draw(world, client, &request->command);
    give_ids(world, request);
    send(world, slot);
}

void fx_sim_client_act(struct fx_sim_world *world, uint32_t client)
{
    struct fx_sim_clients *clients = &world->clients;
    const bool is_retry_time = fx_sim_stream_chance(&clients->rng, RETRY_PPM);
    const uint32_t unknown = find_unknown(world, client);
    const bool is_chaos = world->phase == FX_SIM_PHASE_CHAOS;
    world->result->events++;
    if (unknown < FX_SIM_REQUESTS_MAX && (is_retry_time || !is_chaos)) {
        fx_sim_world_mark(world, FX_SIM_MARK_RETRY_AFTER_UNKNOWN);
        send(world, unknown);
    } else if (is_chaos && count_open(world, client) < OPEN_MAX) {
        begin(world, client);
    }
    const struct fx_sim_thing again = {.item = FX_SIM_ITEM_CLIENT, .number = client};
    fx_sim_schedule_add(
        &world->schedule, fx_sim_stream_delay(&clients->rng, world->plan.think_us), &again);
}

/* ---- the network ------------------------------------------------------------------------------
 */

/* Its client is told that nothing happened: it may send it again, or leave it. */
static void turn_away(struct fx_sim_world *world, const struct fx_sim_message *message)
{
    struct fx_sim_request *request = &world->clients.requests[message->request];
    fx_sim_world_mark(world, FX_SIM_MARK_INTAKE_FULL);
    if (request->number != message->number || request->state != FX_SIM_REQUEST_OPEN) {
        return;
    }
    if (request->is_idempotent) {
        request->state = FX_SIM_REQUEST_UNKNOWN; /* another copy may have arrived */
    } else {
        request->state = FX_SIM_REQUEST_FREE;
        world->clients.open_count--;
    }
}

void fx_sim_client_deliver(struct fx_sim_world *world, uint32_t place)
{
    struct fx_sim_message *message = &world->clients.messages[place];
    FX_ASSERT(message->is_used);
    const struct fx_sim_request *request = &world->clients.requests[message->request];
    const bool is_current =
        request->number == message->number && request->state != FX_SIM_REQUEST_FREE;
    world->result->events++;
    message->is_used = false;
    if (!is_current) {
        fx_sim_world_mark(world, FX_SIM_MARK_LATE_DELIVERY);
    }
    if (!world->process.is_up) {
        return; /* nobody listens */
    }
    const uint64_t token = message->number << SLOT_BITS | message->request;
    if (!fx_sim_gateway_take(world, token, &message->command)) {
        turn_away(world, message);
    }
}

void fx_sim_client_answer(struct fx_sim_world *world, const struct fx_event *result)
{
    struct fx_sim_clients *clients = &world->clients;
    struct fx_rng *rng = &clients->network;
    if (fx_sim_stream_chance(rng, world->plan.lost_ppm) && may_go_wrong(world)) {
        return;
    }
    uint32_t place = 0;
    while (place < FX_SIM_MESSAGES_MAX && clients->replies[place].is_used) {
        place++;
    }
    if (place == FX_SIM_MESSAGES_MAX) {
        return;
    }
    clients->replies[place] =
        (struct fx_sim_reply){.result = result->u.result,
                              .sequence = result->sequence,
                              .number = result->token >> SLOT_BITS,
                              .request = (uint32_t)(result->token & ((1U << SLOT_BITS) - 1)),
                              .is_used = true};
    const struct fx_sim_thing thing = {.item = FX_SIM_ITEM_RECEIVE, .number = place};
    fx_sim_schedule_add(&world->schedule, travel_us(world), &thing);
}

/* Refused before the log: nothing happened, and it may be asked again. */
static bool is_retryable(const struct fx_sim_reply *reply)
{
    const fx_status status = reply->result.reject.status;
    return status == FX_CANCEL_ONLY || status == FX_NO_SPACE || status == FX_IO;
}

static void check_repeated(struct fx_sim_world *world,
                           const struct fx_sim_request *request,
                           const struct fx_sim_reply *reply)
{
    if (reply->result.is_repeated == 0) {
        return;
    }
    fx_sim_world_mark(world, FX_SIM_MARK_RETRY_ANSWERED_FROM_TABLE);
    if (request->crashes != world->clients.crash_count) {
        fx_sim_world_mark(world, FX_SIM_MARK_RETRY_AFTER_CRASH_ANSWERED);
        if (reply->result.command_kind == FX_COMMAND_DEPOSIT_NAMED ||
            reply->result.command_kind == FX_COMMAND_WITHDRAW_NAMED) {
            fx_sim_world_mark(world, FX_SIM_MARK_NAMED_REPEATED_AFTER_CRASH);
        }
    }
}

void fx_sim_client_receive(struct fx_sim_world *world, uint32_t place)
{
    struct fx_sim_reply *reply = &world->clients.replies[place];
    struct fx_sim_request *request = &world->clients.requests[reply->request];
    FX_ASSERT(reply->is_used);
    reply->is_used = false;
    world->result->events++;
    if (request->number != reply->number || request->state == FX_SIM_REQUEST_FREE) {
        return; /* the client knows already, or has given up */
    }
    if (is_retryable(reply) && request->is_idempotent) {
        request->state = FX_SIM_REQUEST_UNKNOWN;
        return;
    }
    check_repeated(world, request, reply);
    fx_sim_movement_tell(world, &request->command, &reply->result);
    request->state = FX_SIM_REQUEST_FREE;
    world->clients.open_count--;
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a place, then what stands there
void fx_sim_client_expire(struct fx_sim_world *world, uint32_t slot, uint64_t number)
{
    struct fx_sim_request *request = &world->clients.requests[slot];
    if (request->number != number || request->state != FX_SIM_REQUEST_OPEN) {
        return;
    }
    if (request->is_idempotent) {
        request->state = FX_SIM_REQUEST_UNKNOWN;
    } else {
        request->state = FX_SIM_REQUEST_FREE; /* it will see, or never know */
        world->clients.open_count--;
    }
}

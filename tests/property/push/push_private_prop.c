/* Resume: clients of the private topics are cut off hundreds of times, in the middle of frames too,
 * and come back with the last number that they read. Each keeps the state that it was told; it must
 * always be the view's, each execution must come exactly once and in order, and nobody ever sees
 * another user's. With a short memory of the server the same holds by snapshots. */
#include "base/rng.h"
#include "push/push.h"
#include "stream_kit.h"

enum { USERS = 3, CLIENTS = 5, ORDERS = 24, CUTS = 300, BALANCES = 2, EXECUTIONS_MAX = 1 << 16 };

enum topic { ORDER, EXECUTION, POSITION, WALLET, TOPICS };

static const char *const NAMES[TOPICS] = {"order", "execution", "position", "wallet"};

/* What the engine would know of a user. */
struct truth {
    int64_t remaining[ORDERS]; /* of open orders; 0: not open */
    uint64_t ended[ORDERS];
    int64_t position;
    int64_t balance;
    uint64_t executions; /* so far: they are numbered from 1 per user */
};

struct client {
    struct push_kit_client *socket; /* NULL: cut off */
    uint64_t user_id;
    uint32_t read;
    char epoch[17];
    uint64_t seq; /* the last one of all topics */
    int64_t topic_seq[TOPICS];
    int64_t remaining[ORDERS];
    int64_t position;
    int64_t balance;
    uint64_t executions; /* the number of the last one */
    uint64_t missed;     /* the same when it came */
    bool is_answered;    /* the answer to subscribe is here */
    uint32_t resumed;
    uint32_t begun; /* by a snapshot */
};

static struct truth truths[USERS + 1];
static uint64_t trade_id;

/* ---- the engine ------------------------------------------------------------------------------ */

static void set_order(struct push_kit *kit, uint64_t user_id, uint32_t slot, int64_t remaining)
{
    struct fx_event event = {.kind = FX_EVENT_ORDER};
    struct fx_event_order *order = &event.u.order;
    order->user_id = user_id;
    order->account_id = user_id;
    order->order_id = (user_id * 1000 + truths[user_id].ended[slot]) * 1000 + slot;
    order->price_ticks = 100;
    order->lots = 9;
    order->remaining_lots = remaining;
    order->leverage_centi = 1000;
    order->side = FX_SIDE_BUY;
    order->type = FX_ORDER_TYPE_LIMIT;
    order->time_in_force = FX_TIME_IN_FORCE_GTC;
    order->status = remaining == 0 ? FX_ORDER_STATUS_CANCELED : FX_ORDER_STATUS_ACTIVE;
    order->stp_mode = FX_STP_MODE_EXPIRE_MAKER;
    order->position_side = FX_POSITION_SIDE_BOTH;
    order->margin_mode = FX_MARGIN_MODE_CROSS;
    push_kit_apply(kit, &event);
    truths[user_id].remaining[slot] = remaining;
    truths[user_id].ended[slot] += remaining == 0; /* an order that ended never comes back */
}

/* Lots carry the number of the execution for the buyer, who is the one that we watch. */
static void execute(struct push_kit *kit, uint64_t user_id)
{
    struct fx_event event = {.kind = FX_EVENT_TRADE};
    trade_id++;
    truths[user_id].executions++;
    event.u.trade.trade_id = trade_id;
    event.u.trade.price_ticks = 100;
    event.u.trade.lots = (int64_t)truths[user_id].executions;
    event.u.trade.buy_user_id = user_id;
    event.u.trade.sell_user_id = 99;
    push_kit_apply(kit, &event);
}

static void command(struct push_kit *kit, struct fx_rng *rng)
{
    push_kit_begin(kit);
    for (uint64_t left = 1 + fx_rng_below(rng, 4); left > 0; left--) {
        const uint64_t user_id = 1 + fx_rng_below(rng, USERS);
        const int64_t value = (int64_t)fx_rng_below(rng, 10);
        switch (fx_rng_below(rng, 4)) {
        case 0:
            set_order(kit, user_id, (uint32_t)fx_rng_below(rng, ORDERS), value);
            break;
        case 1:
            push_kit_position(kit, user_id, value);
            truths[user_id].position = value;
            break;
        case 2:
            push_kit_account(kit, user_id, value + 1);
            truths[user_id].balance = value + 1;
            break;
        default:
            execute(kit, user_id);
            break;
        }
    }
    push_kit_result(kit);
}

/* ---- the client ------------------------------------------------------------------------------ */

static int64_t decimal(const char *text, const char *name)
{
    char key[64];
    (void)snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(text, key);
    assert_non_null(at);
    return strtoll(at + strlen(key), NULL, 10);
}

static void take_row(struct client *client, enum topic topic, const char *row)
{
    const int64_t id = stream_kit_number(row, "id");
    switch (topic) {
    case ORDER:
        assert_int_equal(id / 1000000, client->user_id);
        client->remaining[id % 1000] =
            stream_kit_has(row, "\"status\":\"ACTIVE\"") ? decimal(row, "remaining") : 0;
        break;
    case EXECUTION:
        client->executions++;
        assert_int_equal(decimal(row, "quantity"), client->executions); /* once and in order */
        break;
    case POSITION:
        assert_int_equal(id, client->user_id + 2000);
        client->position = decimal(row, "currentQty");
        break;
    case WALLET:
    case TOPICS:
    default:
        assert_int_equal(stream_kit_number(row, "userId"), client->user_id);
        client->balance = decimal(row, "balance");
        break;
    }
}

static void take_rows(struct client *client, enum topic topic, const char *text)
{
    char row[2048];
    const char *at = strstr(text, "\"data\":[");
    assert_non_null(at);
    for (at += strlen("\"data\":["); *at != ']'; at += *at == ',') {
        const size_t size = (size_t)(strchr(at, '}') - at) + 1;
        assert_true(size < sizeof row);
        memcpy(row, at, size);
        row[size] = '\0';
        take_row(client, topic, row);
        at += size;
    }
}

static void forget(struct client *client, enum topic topic)
{
    if (topic == ORDER) {
        memset(client->remaining, 0, sizeof client->remaining);
    } else if (topic == POSITION) {
        client->position = 0;
    } else if (topic == WALLET) {
        client->balance = 0;
    } else {
        client->executions = client->missed; /* a client loads these by REST */
    }
}

static void take_answer(struct client *client, const char *text)
{
    assert_true(stream_kit_has(text, "\"success\":true"));
    client->is_answered = true;
    if (stream_kit_has(text, "\"resumed\":true")) {
        client->resumed++;
        return;
    }
    client->begun++; /* nothing that it knew counts any more */
    client->seq = 0;
    client->epoch[0] = '\0';
    memset(client->topic_seq, -1, sizeof client->topic_seq);
}

static void take(struct client *client, const char *text)
{
    if (!client->is_answered) {
        take_answer(client, text);
        return;
    }
    enum topic topic = ORDER;
    char start[64];
    for (;; topic++) {
        assert_true(topic < TOPICS);
        (void)snprintf(start, sizeof start, "{\"topic\":\"%s\",", NAMES[topic]);
        if (strncmp(text, start, strlen(start)) == 0) {
            break;
        }
    }
    const char *epoch = strstr(text, "\"epoch\":\"");
    if (epoch != NULL) { /* the state is complete: from here on it can be resumed */
        memcpy(client->epoch, epoch + strlen("\"epoch\":\""), sizeof client->epoch - 1);
    }
    const int64_t seq = stream_kit_number(text, "seq");
    const int64_t previous = stream_kit_number(text, "prevSeq");
    if (previous == -1) {
        forget(client, topic);
    } else {
        assert_int_equal(previous, client->topic_seq[topic]); /* no gap, nothing twice */
        assert_true(seq > (int64_t)client->seq);
    }
    client->topic_seq[topic] = seq;
    client->seq = (uint64_t)seq > client->seq ? (uint64_t)seq : client->seq;
    take_rows(client, topic, text);
}

static void take_all(struct client *client)
{
    for (; client->read < client->socket->count; client->read++) {
        take(client, client->socket->messages[client->read]);
    }
}

static void check(const struct client *client)
{
    const struct truth *truth = &truths[client->user_id];
    assert_memory_equal(client->remaining, truth->remaining, sizeof truth->remaining);
    assert_int_equal(client->position, truth->position);
    assert_int_equal(client->balance, truth->balance);
    assert_int_equal(client->executions, truth->executions);
}

static void come(struct push_kit *kit, struct client *client)
{
    char text[256];
    char resume[96] = "";
    client->socket = stream_kit_open(kit, client->user_id);
    client->read = 0;
    client->is_answered = false;
    client->missed = truths[client->user_id].executions;
    if (client->epoch[0] != '\0') {
        (void)snprintf(resume,
                       sizeof resume,
                       ",\"resume\":{\"epoch\":\"%s\",\"seq\":%llu}",
                       client->epoch,
                       (unsigned long long)client->seq);
    }
    (void)snprintf(text,
                   sizeof text,
                   "{\"op\":\"subscribe\",\"args\":[\"order\",\"execution\",\"position\","
                   "\"wallet\"]%s}",
                   resume);
    push_kit_say(kit, client->socket, text);
}

/* Read some bytes, then nothing any more. */
static void cut(struct push_kit *kit, struct client *client, struct fx_rng *rng)
{
    static char bytes[1 << 15];
    const size_t size = (size_t)fx_rng_below(rng, 3000);
    push_kit_turn(kit, 2);
    const ssize_t got = size == 0 ? 0 : recv(client->socket->fd, bytes, size, MSG_DONTWAIT);
    if (got > 0) {
        push_kit_feed(client->socket, (fx_str){bytes, (size_t)got});
    }
    take_all(client);
    push_kit_close(kit, client->socket);
    client->socket = NULL;
}

static void read_some(struct push_kit *kit, struct client *client)
{
    push_kit_read(kit, client->socket);
    take_all(client);
    check(client);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void run(const struct fx_push_options *options, uint32_t *resumed, uint32_t *begun)
{
    static struct client clients[CLIENTS];
    struct fx_rng rng;
    uint32_t cuts = 0;
    memset(clients, 0, sizeof clients);
    memset(truths, 0, sizeof truths);
    fx_rng_init(&rng, 5);
    struct push_kit *kit = push_kit_create(options);
    push_kit_instrument(kit, 0, "BTCUSDT");
    for (int index = 0; index < CLIENTS; index++) {
        clients[index].user_id = 1 + (uint64_t)index % USERS;
        come(kit, &clients[index]);
    }
    while (cuts < CUTS) {
        struct client *client = &clients[fx_rng_below(&rng, CLIENTS)];
        for (uint64_t left = fx_rng_below(&rng, 20); left > 0; left--) {
            command(kit, &rng);
        }
        if (client->socket == NULL) {
            come(kit, client);
            read_some(kit, client);
        } else if (fx_rng_below(&rng, 3) > 0) {
            cut(kit, client, &rng);
            cuts++;
        } else {
            read_some(kit, client);
        }
        push_kit_tick(kit);
    }
    for (int index = 0; index < CLIENTS; index++) {
        if (clients[index].socket == NULL) {
            come(kit, &clients[index]);
        }
        read_some(kit, &clients[index]);
        *resumed += clients[index].resumed;
        *begun += clients[index].begun;
        push_kit_close(kit, clients[index].socket);
    }
    push_kit_destroy(kit);
}

static void push_private_cut_off_clients_get_the_rest_exactly_once(void **state)
{
    (void)state;
    uint32_t resumed = 0;
    uint32_t begun = 0;
    run(&(struct fx_push_options){0}, &resumed, &begun);
    assert_true(resumed > CUTS - 20);
    assert_true(begun >= CLIENTS && begun < CLIENTS + 20); /* cut before it read the answer */
}

static void push_private_short_memory_begins_anew_with_the_state(void **state)
{
    (void)state;
    uint32_t resumed = 0;
    uint32_t begun = 0;
    run(&(struct fx_push_options){.inbox_bytes_max = 60000, .inbox_keep_ms = 1500},
        &resumed,
        &begun);
    assert_true(resumed > 50);
    assert_true(begun > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_private_cut_off_clients_get_the_rest_exactly_once),
        cmocka_unit_test(push_private_short_memory_begins_anew_with_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

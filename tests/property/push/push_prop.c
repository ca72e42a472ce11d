/* Isolation (P1): random users come, join rooms, go; random events happen. Nobody ever receives a
 * private event of somebody else, nobody misses one of his own, and public ones reach exactly the
 * subscribers: compared with a model that only knows who is who. */
#include "base/rng.h"
#include "push/push.h"
#include "push_kit.h"

enum { CLIENTS = 12, USERS = 4, STEPS = 1500, SYMBOLS = 2 };

struct model {
    struct push_kit_client *client; /* NULL: not connected */
    uint64_t user_id;               /* 0: anonymous */
    bool is_subscribed[SYMBOLS];
    uint32_t accounts; /* events that it must have received */
    uint32_t orders;
    uint32_t trades;
};

static const char *const NAMES[SYMBOLS] = {"BTCUSDT", "ETHUSDT"};

static uint64_t field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    assert_non_null(at);
    return strtoull(at + strlen(name), NULL, 10);
}

static bool is_event(const char *text, const char *name)
{
    char start[64];
    (void)snprintf(start, sizeof start, "42/ws,[\"%s\",", name);
    return strncmp(text, start, strlen(start)) == 0;
}

/* Read everything; check each message against who the client is. */
static void check(struct push_kit *kit, struct model *model)
{
    uint32_t accounts = 0;
    uint32_t orders = 0;
    uint32_t trades = 0;
    for (const char *text = push_kit_next(kit, model->client); text != NULL;
         text = push_kit_next(kit, model->client)) {
        if (is_event(text, "account") || is_event(text, "balance")) {
            assert_true(model->user_id != 0);
            assert_int_equal(field(text, "\"userId\":"), model->user_id);
            accounts += is_event(text, "account");
        } else if (is_event(text, "orders")) {
            for (const char *at = text; at != NULL; at = strstr(at + 1, "\"userId\":")) {
                assert_int_equal(field(at, "\"userId\":"), model->user_id);
            }
            orders++;
        } else if (is_event(text, "trades")) {
            const bool is_first = strstr(text, NAMES[0]) != NULL;
            assert_true(model->is_subscribed[is_first ? 0 : 1]);
            trades++;
        } else {
            fail_msg("unexpected: %s", text);
        }
    }
    assert_int_equal(accounts, model->accounts);
    assert_int_equal(orders, model->orders);
    assert_int_equal(trades, model->trades);
    model->accounts = 0;
    model->orders = 0;
    model->trades = 0;
}

static void come_or_go(struct push_kit *kit, struct model *model, struct fx_rng *rng)
{
    if (model->client != NULL) {
        check(kit, model);
        push_kit_close(kit, model->client);
        *model = (struct model){0};
        return;
    }
    model->user_id = fx_rng_below(rng, USERS + 1);
    model->client = push_kit_join(kit, model->user_id);
}

static void change_rooms(struct push_kit *kit, struct model *model, struct fx_rng *rng)
{
    char text[128];
    const uint64_t symbol = fx_rng_below(rng, SYMBOLS);
    const bool is_subscribe = fx_rng_below(rng, 3) > 0;
    if (model->client == NULL) {
        return;
    }
    check(kit, model);
    if (fx_rng_below(rng, 4) == 0) { /* try to get into somebody's room */
        (void)snprintf(text,
                       sizeof text,
                       "42/ws,1[\"subscribe\",[\"user_%llu\"]]",
                       (unsigned long long)(1 + fx_rng_below(rng, USERS)));
        push_kit_say(kit, model->client, text);
        (void)push_kit_expect_start(kit, model->client, "43/ws,1[{\"ok\":false");
        return;
    }
    (void)snprintf(text,
                   sizeof text,
                   "42/ws,1[\"%s\",\"trades_%s\"]",
                   is_subscribe ? "subscribe" : "unsubscribe",
                   NAMES[symbol]);
    push_kit_say(kit, model->client, text);
    push_kit_expect(kit, model->client, "43/ws,1[{\"ok\":true}]");
    model->is_subscribed[symbol] = is_subscribe;
}

static void happen(struct push_kit *kit, struct model models[CLIENTS], struct fx_rng *rng)
{
    static uint64_t next_id = 1;
    bool has_order[USERS + 1] = {false};
    bool has_trade[SYMBOLS] = {false};
    uint32_t accounts[USERS + 1] = {0};
    push_kit_begin(kit);
    for (uint64_t left = 1 + fx_rng_below(rng, 6); left > 0; left--, next_id++) {
        const uint64_t user_id = 1 + fx_rng_below(rng, USERS);
        const uint64_t symbol = fx_rng_below(rng, SYMBOLS);
        switch (fx_rng_below(rng, 3)) {
        case 0:
            push_kit_account(kit, user_id, (int64_t)next_id);
            accounts[user_id]++;
            break;
        case 1:
            push_kit_order(kit, user_id, next_id);
            has_order[user_id] = true;
            break;
        default:
            push_kit_trade(kit, (uint32_t)symbol, next_id, 1);
            has_trade[symbol] = true;
            break;
        }
    }
    push_kit_result(kit);
    fx_push_flush(kit->push);
    for (int index = 0; index < CLIENTS; index++) {
        struct model *model = &models[index];
        if (model->client == NULL) {
            continue;
        }
        model->accounts += model->user_id != 0 ? accounts[model->user_id] : 0;
        model->orders += model->user_id != 0 && has_order[model->user_id];
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            model->trades += model->is_subscribed[symbol] && has_trade[symbol];
        }
    }
}

static void push_random_users_and_rooms_equals_model(void **state)
{
    (void)state;
    const char *given = getenv("FX_SEED");
    const uint64_t seed = given == NULL ? 20 : strtoull(given, NULL, 10);
    struct push_kit *kit = push_kit_create(&(struct fx_push_options){0});
    struct model models[CLIENTS] = {0};
    struct fx_rng rng;
    print_message("seed %llu (FX_SEED)\n", (unsigned long long)seed);
    fx_rng_init(&rng, seed);
    push_kit_instrument(kit, 0, NAMES[0]);
    push_kit_instrument(kit, 1, NAMES[1]);
    for (int step = 0; step < STEPS; step++) {
        struct model *model = &models[fx_rng_below(&rng, CLIENTS)];
        const uint64_t choice = fx_rng_below(&rng, 10);
        if (choice == 0) {
            come_or_go(kit, model, &rng);
        } else if (choice < 4) {
            change_rooms(kit, model, &rng);
        } else {
            happen(kit, models, &rng);
        }
    }
    for (int index = 0; index < CLIENTS; index++) {
        if (models[index].client != NULL) {
            come_or_go(kit, &models[index], &rng);
        }
    }
    assert_int_equal(push_kit_stats(kit).sessions, 0);
    push_kit_destroy(kit);
    fx_crypto_rsa_destroy(push_kit_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_random_users_and_rooms_equals_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

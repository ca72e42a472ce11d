/* A batch is its orders: random orders, good and bad, and random cancels go to two exchanges, to
 * one in batches and to the other one by one. Every answer is the same to the byte, and so is the
 * state in the end. */
#include "api_harness.h"
#include "base/rng.h"

enum { BATCHES = 60, ITEMS_MAX = 20, ITEM_SIZE = 8192 };

// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness batched;
static struct api_harness single;
static char items[ITEMS_MAX][ITEM_SIZE];
static char request[ITEMS_MAX * ITEM_SIZE];
static char wanted[262144];
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

static uint32_t pick(struct fx_rng *rng, uint32_t bound)
{
    return (uint32_t)fx_rng_below(rng, bound);
}

/* What is no order, or none that can be taken. */
static void make_bad(struct fx_rng *rng, char *item)
{
    static const char *const BAD[] = {
        "{}",
        "{\"symbol\":\"NONE\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":1}",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"HOLD\",\"type\":\"LIMIT\"}",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":9.99}",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":\"1e3\",\"price\":9}",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\",\"quantity\":900,\"price\":9000,"
        "\"leverage\":1}",
        "{\"symbol\":\"BTCUSDT\",\"side\":\"SELL\",\"type\":\"LIMIT\",\"quantity\":1,\"price\":9000,"
        "\"isReduceOnly\":true,\"timeInForce\":\"FOK\"}"};
    (void)snprintf(item, ITEM_SIZE, "%s", BAD[pick(rng, sizeof BAD / sizeof BAD[0])]);
}

static void make_order(struct fx_rng *rng, char *item)
{
    static const char *const FLAGS[] = {"",
                                        ",\"timeInForce\":\"IOC\"",
                                        ",\"isPostOnly\":true",
                                        ",\"isReduceOnly\":true",
                                        ",\"stpMode\":\"EXPIRE_TAKER\"",
                                        ",\"clientOrderId\":\"one\"",
                                        ",\"clientOrderId\":\"t\\u0077o\""};
    if (pick(rng, 8) == 0) {
        make_bad(rng, item);
        return;
    }
    const bool is_market = pick(rng, 6) == 0;
    const char *symbol = pick(rng, 3) == 0 ? "ETHUSDT" : "BTCUSDT";
    const char *side = pick(rng, 2) == 0 ? "BUY" : "SELL";
    const uint32_t quantity = 1 + pick(rng, 5);
    const uint32_t price = 8 + pick(rng, 5);
    (void)snprintf(item,
                   ITEM_SIZE,
                   "{\"symbol\":\"%s\",\"side\":\"%s\",\"type\":\"%s\",\"quantity\":%u%s%u%s}",
                   symbol,
                   side,
                   is_market ? "MARKET" : "LIMIT",
                   quantity,
                   is_market ? ",\"ignored\":" : ",\"price\":",
                   price,
                   is_market ? "" : FLAGS[pick(rng, sizeof FLAGS / sizeof FLAGS[0])]);
}

static void append(char *text, const char *more)
{
    const size_t size = strlen(text);
    assert_true(size + strlen(more) < sizeof request);
    memcpy(text + size, more, strlen(more) + 1);
}

/* Ask both, and compare. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): path, then body
static void compare(const char *target, const char *method, uint64_t user)
{
    (void)api_harness_ask(&batched, method, target, api_harness_token(&batched, user), request);
    if (strcmp(batched.body, wanted) != 0) {
        print_error("%s\nbatch:  %s\nsingle: %s\n", request, batched.body, wanted);
    }
    assert_int_equal(batched.code, 200);
    assert_string_equal(batched.body, wanted);
    assert_true(fx_engine_hash(batched.kit.engine) == fx_engine_hash(single.kit.engine));
}

static void place_some(struct fx_rng *rng, uint64_t user)
{
    const uint32_t count = 1 + pick(rng, ITEMS_MAX);
    const char *const query = pick(rng, 2) == 0 ? "?wait=result" : "";
    char target[64];
    (void)snprintf(request, sizeof request, "{\"orders\":[");
    (void)snprintf(wanted, sizeof wanted, "{\"data\":[");
    (void)snprintf(target, sizeof target, "/order%s", query);
    for (uint32_t index = 0; index < count; index++) {
        make_order(rng, items[index]);
        append(request, index == 0 ? "" : ",");
        append(request, items[index]);
        (void)api_harness_ask(
            &single, "POST", target, api_harness_token(&single, user), items[index]);
        append(wanted, index == 0 ? "" : ",");
        append(wanted, single.body);
    }
    append(request, "]}");
    append(wanted, "]}");
    (void)snprintf(target, sizeof target, "/orders/batch%s", query);
    compare(target, "POST", user);
}

static void cancel_some(struct fx_rng *rng, uint64_t user, uint32_t ids_max)
{
    uint32_t id = pick(rng, ids_max);
    const uint32_t count = 1 + pick(rng, ITEMS_MAX);
    char target[64];
    (void)snprintf(request, sizeof request, "{\"ids\":[");
    (void)snprintf(wanted, sizeof wanted, "{\"data\":[");
    for (uint32_t index = 0; index < count; index++) {
        /* Never the same twice: one by one, the second would not get as far as the engine. */
        id += 1 + pick(rng, 3);
        (void)snprintf(items[index], ITEM_SIZE, "\"%u\"", id);
        append(request, index == 0 ? "" : ",");
        append(request, items[index]);
        (void)snprintf(
            target, sizeof target, "/order/%.*s", (int)strlen(items[index]) - 2, items[index] + 1);
        (void)api_harness_ask(&single, "DELETE", target, api_harness_token(&single, user), NULL);
        append(wanted, index == 0 ? "" : ",");
        append(wanted, single.body);
    }
    append(request, "]}");
    append(wanted, "]}");
    compare("/orders/batch", "DELETE", user);
}

static void api_order_batch_is_its_orders_one_by_one(void **state)
{
    (void)state;
    const char *seed = getenv("FX_SEED"); // NOLINT(concurrency-mt-unsafe): one thread
    struct fx_rng rng;
    fx_rng_init(&rng, seed == NULL ? 20 : strtoull(seed, NULL, 10));
    print_message("FX_SEED=%s\n", seed == NULL ? "20" : seed);
    api_harness_init(&batched);
    api_harness_init(&single);
    for (uint32_t round = 0; round < BATCHES; round++) {
        const uint64_t user = 1 + pick(&rng, 2);
        if (pick(&rng, 3) == 0) {
            cancel_some(&rng, user, 10 + 8 * round);
        } else {
            place_some(&rng, user);
        }
    }
    assert_true(fx_view_order_count(batched.view) > 0);
    api_harness_deinit(&batched);
    api_harness_deinit(&single);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(api_order_batch_is_its_orders_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Ops that others answer: what is asked of them, how answers find their question, API keys and the
 * dead man's switch. The backend is the test's own. */
#include "push/push_int.h"
#include "stream_kit.h"

enum { CALLS_MAX = 64 };

/* What was asked, as one text per call. */
struct backend {
    struct push_kit *kit;
    uint32_t count;
    char texts[CALLS_MAX][512];
    uint64_t tickets[CALLS_MAX];
    bool is_quick;    /* answers from inside of the call */
    fx_status status; /* of keys */
    bool is_read_allowed;
    bool is_trade_allowed;
    uint32_t renewals;
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct backend backend;

static void on_call(void *self, const struct fx_push_call *call)
{
    static const char *const METHODS[] = {[FX_NET_HTTP_METHOD_POST] = "POST",
                                          [FX_NET_HTTP_METHOD_PUT] = "PUT",
                                          [FX_NET_HTTP_METHOD_DELETE] = "DELETE"};
    assert_ptr_equal(self, &backend);
    assert_true(backend.count < CALLS_MAX);
    (void)snprintf(backend.texts[backend.count],
                   sizeof backend.texts[0],
                   "%llu%s %s %.*s?%.*s %.*s",
                   (unsigned long long)call->user_id,
                   call->is_trade_allowed ? "" : "!",
                   METHODS[call->method],
                   (int)call->path.size,
                   call->path.data,
                   (int)call->query.size,
                   call->query.data == NULL ? "" : call->query.data,
                   (int)call->body.size,
                   call->body.data == NULL ? "" : call->body.data);
    backend.tickets[backend.count] = call->ticket;
    backend.count++;
    if (backend.is_quick) {
        fx_push_on_answer(backend.kit->push,
                          call->ticket,
                          400,
                          FX_STR("{\"code\":\"LOT_SIZE\",\"message\":\"no \\\"lot\\\"\",\"x\":1}"));
    }
}

static fx_status on_check(void *self,
                          const struct fx_push_key_proof *proof,
                          struct fx_push_key_owner *owner_out)
{
    assert_ptr_equal(self, &backend);
    assert_true(fx_str_is_equal(proof->expires, FX_STR("1700000001000")));
    assert_true(fx_str_is_equal(proof->peer, FX_STR("127.0.0.1")));
    *owner_out =
        (struct fx_push_key_owner){7, 1, backend.is_read_allowed, backend.is_trade_allowed};
    return backend.status;
}

static fx_status on_renew(void *self,
                          const struct fx_push_key_proof *proof,
                          struct fx_push_key_owner *owner_out)
{
    (void)self;
    assert_true(fx_str_is_equal(proof->key, FX_STR("k1")));
    backend.renewals++;
    *owner_out =
        (struct fx_push_key_owner){7, 1, backend.is_read_allowed, backend.is_trade_allowed};
    return backend.status;
}

static struct push_kit *scene_create(void)
{
    const struct fx_push_options options = {.keys = {on_check, on_renew, &backend},
                                            .backend = {on_call, &backend}};
    memset(&backend, 0, sizeof backend);
    backend.kit = push_kit_create(&options);
    backend.is_read_allowed = true;
    backend.is_trade_allowed = true;
    push_kit_instrument(backend.kit, 0, "BTCUSDT");
    return backend.kit;
}

static void expect_call(const char *expected)
{
    assert_true(backend.count > 0);
    assert_string_equal(backend.texts[backend.count - 1], expected);
}

static void push_stream_order_ops_become_requests(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    push_kit_say(
        kit, client, "{\"id\":\"c1\",\"op\":\"order.create\",\"args\":[{\"symbol\":\"BTCUSDT\"}]}");
    expect_call("7 POST /api/v1/order?wait=result {\"symbol\":\"BTCUSDT\"}");
    push_kit_say(kit, client, "{\"op\":\"order.cancel\",\"args\":[{\"id\":107}]}");
    expect_call("7 DELETE /api/v1/order/107? ");
    push_kit_say(kit,
                 client,
                 "{\"id\":3,\"op\":\"order.amend\",\"args\":[{\"clientOrderId\":\"a:1\","
                 "\"symbol\":\"BTCUSDT\",\"price\":\"9\"}]}");
    expect_call("7 PUT /api/v1/order/a:1?symbol=BTCUSDT "
                "{\"clientOrderId\":\"a:1\",\"symbol\":\"BTCUSDT\",\"price\":\"9\"}");
    push_kit_expect(kit, client, NULL);
    /* Answers in another order find their questions. */
    fx_push_on_answer(kit->push, backend.tickets[2], 200, FX_STR("{\"id\":3}"));
    (void)push_kit_expect_start(
        kit,
        client,
        "{\"id\":3,\"op\":\"order.amend\",\"success\":true,\"data\":{\"id\":3},\"ts\":");
    fx_push_on_answer(kit->push, backend.tickets[0], 201, FX_STR("{\"id\":1}"));
    (void)push_kit_expect_start(kit, client, "{\"id\":\"c1\",\"op\":\"order.create\",");
    fx_push_on_answer(kit->push, backend.tickets[0], 201, FX_STR("{\"id\":1}")); /* once */
    fx_push_on_answer(kit->push, backend.tickets[1], 404, FX_STR("{\"code\":\"ORDER_NOT_FOUND\"}"));
    (void)push_kit_expect_start(kit,
                                client,
                                "{\"op\":\"order.cancel\",\"success\":false,"
                                "\"code\":\"ORDER_NOT_FOUND\",\"msg\":\"\",\"error\":{");
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_order_refusal_comes_from_inside(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    backend.is_quick = true;
    push_kit_say(kit, client, "{\"id\":1,\"op\":\"order.create\",\"args\":[{}]}");
    (void)push_kit_expect_start(kit,
                                client,
                                "{\"id\":1,\"op\":\"order.create\",\"success\":false,"
                                "\"code\":\"LOT_SIZE\",\"msg\":\"no \\\"lot\\\"\",\"error\":"
                                "{\"code\":\"LOT_SIZE\",\"message\":\"no \\\"lot\\\"\",\"x\":1},");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void refuse(struct push_kit *kit,
                   struct push_kit_client *client,
                   const char *text,
                   const char *code)
{
    char expected[64];
    push_kit_say(kit, client, text);
    const char *answer = push_kit_next(kit, client);
    assert_non_null(answer);
    (void)snprintf(expected, sizeof expected, "\"success\":false,\"code\":\"%s\"", code);
    if (!stream_kit_has(answer, expected)) {
        fail_msg("%s: %s", text, answer);
    }
}

static void push_stream_order_bad_ops_ask_nobody(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "{\"op\":\"order.create\"}",
        "{\"op\":\"order.create\",\"args\":[]}",
        "{\"op\":\"order.create\",\"args\":[7]}",
        "{\"op\":\"order.create\",\"args\":[{},{}]}",
        "{\"op\":\"order.cancel\",\"args\":[{}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":\"../../admin\"}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":\"a b\"}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":\"a?x=1\"}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":\"\"}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":\"a\\u0062\"}]}",
        "{\"op\":\"order.cancel\",\"args\":[{\"id\":1,\"symbol\":\"A&B\"}]}",
        "{\"op\":\"order.amend\",\"args\":[{\"price\":\"1\"}]}",
        "{\"op\":\"cancel_on_disconnect\",\"args\":[]}",
        "{\"op\":\"cancel_on_disconnect\",\"args\":[999]}",
        "{\"op\":\"cancel_on_disconnect\",\"args\":[3600001]}",
        "{\"op\":\"cancel_on_disconnect\",\"args\":[\"10000\"]}",
        "{\"op\":\"cancel_on_disconnect\",\"args\":[-1]}",
    };
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    struct push_kit_client *nobody = stream_kit_open(kit, 0);
    for (size_t index = 0; index < sizeof BAD / sizeof BAD[0]; index++) {
        refuse(kit, client, BAD[index], "BAD_PARAMETER");
    }
    refuse(kit, nobody, "{\"op\":\"order.create\",\"args\":[{}]}", "UNAUTHORIZED");
    assert_int_equal(backend.count, 0);
    push_kit_close(kit, client);
    push_kit_close(kit, nobody);
    push_kit_destroy(kit);
}

static void push_stream_order_answer_of_a_gone_connection_is_dropped(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    push_kit_say(kit, client, "{\"op\":\"order.create\",\"args\":[{}]}");
    push_kit_close(kit, client);
    client = stream_kit_open(kit, 7); /* in the same place */
    fx_push_on_answer(kit->push, backend.tickets[0], 201, FX_STR("{\"id\":1}"));
    push_kit_expect(kit, client, NULL);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* ---- cancel_on_disconnect -------------------------------------------------------------------- */

#define ARM(ms) "7 POST /api/v1/order/cancel-all-after? {\"countdown\":" ms "}"

static void push_stream_order_switch_is_armed_while_it_lives(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    push_kit_say(kit, client, "{\"id\":1,\"op\":\"cancel_on_disconnect\",\"args\":[10000]}");
    expect_call(ARM("15000"));
    fx_push_on_answer(kit->push, backend.tickets[0], 200, FX_STR("{\"countdown\":15000}"));
    (void)push_kit_expect_start(
        kit, client, "{\"id\":1,\"op\":\"cancel_on_disconnect\",\"success\":true,");
    push_kit_tick(kit);
    assert_int_equal(backend.count, 1);
    kit->now_ms += 5000;
    push_kit_tick(kit);
    assert_int_equal(backend.count, 2);
    expect_call(ARM("15000"));
    fx_push_on_answer(kit->push, backend.tickets[1], 200, FX_STR("{\"countdown\":15000}"));
    push_kit_expect(kit, client, NULL); /* nobody asked for that answer */
    push_kit_close(kit, client);
    assert_int_equal(backend.count, 3);
    expect_call(ARM("10000")); /* from now on exactly */
    kit->now_ms += 60000;
    push_kit_tick(kit);
    assert_int_equal(backend.count, 3);
    push_kit_destroy(kit);
}

static void push_stream_order_switch_can_be_turned_off(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    push_kit_say(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[10000]}");
    push_kit_say(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[0]}");
    expect_call(ARM("0"));
    kit->now_ms += 60000;
    push_kit_tick(kit);
    push_kit_close(kit, client);
    assert_int_equal(backend.count, 2);
    push_kit_destroy(kit);
}

/* Ask for a countdown and have it granted. */
static void arm(struct push_kit *kit, struct push_kit_client *client, const char *countdown_ms)
{
    char text[128];
    (void)snprintf(
        text, sizeof text, "{\"op\":\"cancel_on_disconnect\",\"args\":[%s]}", countdown_ms);
    push_kit_say(kit, client, text);
    fx_push_on_answer(kit->push, backend.tickets[backend.count - 1], 200, FX_STR("{}"));
    (void)push_kit_expect_start(
        kit, client, "{\"op\":\"cancel_on_disconnect\",\"success\":true,\"data\":{},");
}

static void push_stream_order_switch_is_the_last_connections(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *stranger = stream_kit_open(kit, 8);
    struct push_kit_client *silent = stream_kit_open(kit, 7); /* did not ask */
    struct push_kit_client *one = stream_kit_open(kit, 7);
    struct push_kit_client *two = stream_kit_open(kit, 7);
    struct push_kit_client *three = stream_kit_open(kit, 7);
    arm(kit, stranger, "50000");
    arm(kit, one, "10000");
    arm(kit, two, "20000");
    arm(kit, three, "30000");
    push_kit_close(kit, three); /* one of the others is alive: no countdown to the end */
    assert_true(strcmp(backend.texts[backend.count - 1], ARM("30000")) == 0 ||
                strcmp(backend.texts[backend.count - 1], ARM("15000")) == 0);
    arm(kit, two, "0"); /* off for this one */
    expect_call(ARM("15000"));
    const uint32_t count = backend.count;
    push_kit_close(kit, two);
    assert_int_equal(backend.count, count);
    push_kit_close(kit, one); /* the last one that asked */
    assert_int_equal(backend.count, count + 1);
    expect_call(ARM("10000"));
    push_kit_close(kit, silent);
    assert_int_equal(backend.count, count + 1);
    push_kit_close(kit, stranger);
    push_kit_destroy(kit);
}

static void push_stream_order_refused_switch_is_not_kept(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    backend.is_quick = true; /* refuses */
    refuse(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[10000]}", "LOT_SIZE");
    kit->now_ms += 60000;
    push_kit_tick(kit);
    assert_int_equal(backend.count, 1);
    backend.is_quick = false;
    arm(kit, client, "8000");
    /* Of two under way the last one counts, and what was granted before is armed anew at once. */
    push_kit_say(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[40000]}");
    push_kit_say(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[60000]}");
    assert_int_equal(backend.count, 4);
    fx_push_on_answer(kit->push, backend.tickets[2], 503, FX_STR("{\"code\":\"BUSY\"}"));
    push_kit_tick(kit);
    assert_int_equal(backend.count, 4);
    fx_push_on_answer(kit->push, backend.tickets[3], 429, FX_STR("{\"code\":\"RATE_LIMITED\"}"));
    push_kit_tick(kit);
    assert_int_equal(backend.count, 5);
    expect_call(ARM("12000"));
    for (int index = 0; index < 2; index++) {
        (void)push_kit_expect_start(
            kit, client, "{\"op\":\"cancel_on_disconnect\",\"success\":false,");
    }
    refuse(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[1]}", "BAD_PARAMETER");
    push_kit_close(kit, client);
    expect_call(ARM("8000"));
    push_kit_destroy(kit);
}

static void push_stream_order_without_tickets_is_told_so(void **state)
{
    (void)state;
    static uint64_t numbers[FX_PUSH_TICKET_MAX];
    const struct fx_push_stream_op op = {.kind = FX_PUSH_STREAM_OP_UNKNOWN};
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    arm(kit, client, "8000");
    for (size_t index = 0; index < FX_PUSH_TICKET_MAX; index++) {
        numbers[index] =
            fx_push_ticket_acquire(&kit->push->tickets, (struct fx_net_server_token){0, 0}, &op, 0);
        assert_true(numbers[index] != 0);
    }
    refuse(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[40000]}", "BUSY");
    refuse(kit, client, "{\"op\":\"cancel_on_disconnect\",\"args\":[0]}", "BUSY");
    assert_int_equal(backend.count, 1);
    for (size_t index = 0; index < FX_PUSH_TICKET_MAX; index++) {
        fx_push_on_answer(kit->push, numbers[index], 200, FX_STR("{}"));
    }
    push_kit_tick(kit);
    expect_call(ARM("12000")); /* the one before goes on */
    push_kit_close(kit, client);
    expect_call(ARM("8000"));
    push_kit_destroy(kit);
}

static void push_stream_order_malformed_ops_have_an_end(void **state)
{
    (void)state;
    static const char *const BAD[] = {"{\"op\":\"order.create\",\"args\":[7]}",
                                      "{\"op\":\"order.cancel\",\"args\":[{}]}",
                                      "{\"op\":\"order.amend\",\"args\":7}",
                                      "{\"op\":\"cancel_on_disconnect\",\"args\":[1]}"};
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 7);
    for (size_t index = 0; index < FX_PUSH_BUDGET_MAX; index++) {
        refuse(kit, client, BAD[index % 4], "BAD_PARAMETER");
    }
    for (size_t index = 0; index < 100; index++) {
        refuse(kit, client, BAD[index % 4], "RATE_LIMITED");
    }
    push_kit_say(kit, client, "{\"op\":\"order.cancel\",\"args\":[{\"id\":1}]}"); /* a good one */
    assert_int_equal(backend.count, 1);
    push_kit_say(kit, client, BAD[0]);
    push_kit_read(kit, client);
    assert_true(client->is_over);
    assert_int_equal(client->code, FX_NET_WEBSOCKET_CODE_POLICY);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

/* ---- API keys -------------------------------------------------------------------------------- */

#define AUTH "{\"op\":\"auth\",\"args\":[\"k1\",1700000001000,\"00ff\"]}"

static void push_stream_order_key_opens_and_is_asked_again(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 0);
    push_kit_say(kit, client, AUTH);
    (void)push_kit_expect_start(kit, client, "{\"op\":\"auth\",\"success\":true,");
    push_kit_say(kit, client, "{\"op\":\"order.cancel\",\"args\":[{\"id\":1}]}");
    expect_call("7 DELETE /api/v1/order/1? ");
    backend.is_trade_allowed = false; /* the right is taken away */
    kit->now_ms += 5000;
    push_kit_tick(kit);
    assert_int_equal(backend.renewals, 1);
    push_kit_say(kit, client, "{\"op\":\"order.cancel\",\"args\":[{\"id\":2}]}");
    expect_call("7! DELETE /api/v1/order/2? ");
    backend.status = FX_IO; /* the store fails for a while: nobody is punished */
    kit->now_ms += 5000;
    push_kit_tick(kit);
    push_kit_read(kit, client);
    assert_false(client->is_over);
    backend.status = FX_BAD_SIGNATURE; /* revoked */
    kit->now_ms += 5000;
    push_kit_tick(kit);
    push_kit_read(kit, client);
    assert_true(client->is_over);
    assert_int_equal(client->code, FX_NET_WEBSOCKET_CODE_POLICY);
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

static void push_stream_order_bad_keys_are_refused(void **state)
{
    (void)state;
    struct push_kit *kit = scene_create();
    struct push_kit_client *client = stream_kit_open(kit, 0);
    backend.status = FX_BAD_SIGNATURE;
    refuse(kit, client, AUTH, "BAD_SIGNATURE");
    backend.status = FX_OK;
    backend.is_read_allowed = false;
    refuse(kit, client, AUTH, "FORBIDDEN");
    refuse(kit, client, "{\"op\":\"auth\",\"args\":[\"k1\",{},\"00ff\"]}", "BAD_PARAMETER");
    refuse(kit, client, "{\"op\":\"auth\",\"args\":[\"k1\",1700000001000]}", "BAD_PARAMETER");
    refuse(kit, client, "{\"op\":\"subscribe\",\"args\":[\"order\"]}", "UNAUTHORIZED");
    push_kit_close(kit, client);
    push_kit_destroy(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_stream_order_ops_become_requests),
        cmocka_unit_test(push_stream_order_refusal_comes_from_inside),
        cmocka_unit_test(push_stream_order_bad_ops_ask_nobody),
        cmocka_unit_test(push_stream_order_answer_of_a_gone_connection_is_dropped),
        cmocka_unit_test(push_stream_order_switch_is_armed_while_it_lives),
        cmocka_unit_test(push_stream_order_switch_can_be_turned_off),
        cmocka_unit_test(push_stream_order_switch_is_the_last_connections),
        cmocka_unit_test(push_stream_order_refused_switch_is_not_kept),
        cmocka_unit_test(push_stream_order_without_tickets_is_told_so),
        cmocka_unit_test(push_stream_order_malformed_ops_have_an_end),
        cmocka_unit_test(push_stream_order_key_opens_and_is_asked_again),
        cmocka_unit_test(push_stream_order_bad_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

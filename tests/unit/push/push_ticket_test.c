/* Tickets: taken once, never by an old number, and no more than there is room for. */
#include "push/push_ticket.h"

#include "fx_test.h"

static const struct fx_push_stream_op OP = {.kind = FX_PUSH_STREAM_OP_ORDER_CREATE,
                                            .id = {"\"a1\"", 4}};
static const struct fx_net_server_token TOKEN = {3, 4};

static void push_ticket_is_taken_once(void **state)
{
    (void)state;
    struct fx_push_tickets tickets = {0};
    struct fx_push_ticket ticket;
    assert_false(fx_push_ticket_release(&tickets, 1ULL << 32U, &ticket));
    const uint64_t first = fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0);
    const uint64_t second = fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0);
    assert_true(first != 0 && second != 0 && first != second);
    assert_true(fx_push_ticket_release(&tickets, first, &ticket));
    assert_int_equal(ticket.token.slot, 3);
    assert_int_equal(ticket.kind, FX_PUSH_STREAM_OP_ORDER_CREATE);
    assert_int_equal(ticket.id_size, 4);
    assert_memory_equal(ticket.id, "\"a1\"", 4);
    assert_false(fx_push_ticket_release(&tickets, first, &ticket));
    const uint64_t again = fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0); /* the same place */
    assert_false(fx_push_ticket_release(&tickets, first, &ticket));
    assert_true(fx_push_ticket_release(&tickets, again, &ticket));
    assert_int_equal(tickets.count, 1);
    fx_push_ticket_deinit(&tickets);
}

static void push_ticket_has_a_bound(void **state)
{
    (void)state;
    struct fx_push_tickets tickets = {0};
    struct fx_push_ticket ticket;
    uint64_t last = 0;
    for (int index = 0; index < FX_PUSH_TICKET_MAX; index++) {
        last = fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0);
        assert_true(last != 0);
    }
    assert_int_equal(fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0), 0);
    assert_true(fx_push_ticket_release(&tickets, last, &ticket));
    assert_true(fx_push_ticket_acquire(&tickets, TOKEN, &OP, 0) != 0);
    fx_push_ticket_deinit(&tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_ticket_is_taken_once),
        cmocka_unit_test(push_ticket_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

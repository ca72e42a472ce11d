/* The inbox of a user: numbers, what is kept, what can be resumed, who is dropped first. */
#include "push/push_inbox.h"

#include <string.h>

#include "fx_test.h"

static const enum fx_push_inbox_topic ORDER = FX_PUSH_INBOX_TOPIC_ORDER;
static const enum fx_push_inbox_topic WALLET = FX_PUSH_INBOX_TOPIC_WALLET;

static struct fx_push_inboxes inboxes;

static int make(void **state)
{
    (void)state;
    fx_push_inbox_init(&inboxes, (struct fx_push_inbox_limits){3, 2000});
    return 0;
}

static int drop(void **state)
{
    (void)state;
    fx_push_inbox_deinit(&inboxes);
    return 0;
}

static struct fx_push_inbox *enter(uint64_t user_id)
{
    struct fx_push_inbox *inbox = NULL;
    assert_int_equal(fx_push_inbox_enter(&inboxes, user_id, &inbox), FX_OK);
    return inbox;
}

/* Say something of `size` bytes. @return its number. */
static uint64_t say(struct fx_push_inbox *inbox, enum fx_push_inbox_topic topic, uint32_t size)
{
    static char bytes[1 << 20];
    uint64_t previous = 0;
    struct fx_net_frame *frame = fx_net_frame_create((fx_str){bytes, size});
    assert_non_null(frame);
    const uint64_t seq = fx_push_inbox_next(inbox, topic, &previous);
    fx_push_inbox_keep(&inboxes, inbox, topic, frame);
    fx_net_frame_release(frame);
    return seq;
}

static bool can_resume(const struct fx_push_inbox *inbox, uint64_t seq)
{
    return fx_push_inbox_can_resume(inbox, (fx_str){inbox->epoch, sizeof inbox->epoch}, seq);
}

static void push_inbox_numbers_chain_per_topic(void **state)
{
    (void)state;
    uint64_t previous = 7;
    struct fx_push_inbox *inbox = enter(1);
    assert_int_equal(fx_push_inbox_next(inbox, ORDER, &previous), 1);
    assert_int_equal(previous, 0);
    assert_int_equal(fx_push_inbox_next(inbox, WALLET, &previous), 2);
    assert_int_equal(previous, 0);
    assert_int_equal(fx_push_inbox_next(inbox, ORDER, &previous), 3);
    assert_int_equal(previous, 1);
    fx_push_inbox_leave(&inboxes, inbox, 5);
}

static void push_inbox_gives_what_is_behind_a_number(void **state)
{
    (void)state;
    struct fx_push_inbox *inbox = enter(1);
    assert_true(can_resume(inbox, 0));
    assert_null(fx_push_inbox_after(inbox, 0));
    for (uint64_t seq = 1; seq <= 5; seq++) {
        assert_int_equal(say(inbox, seq % 2 == 0 ? ORDER : WALLET, 10), seq);
    }
    for (uint64_t seq = 0; seq < 5; seq++) {
        const struct fx_push_inbox_entry *entry = fx_push_inbox_after(inbox, seq);
        assert_non_null(entry);
        assert_int_equal(entry->seq, seq + 1);
        assert_int_equal(entry->topic, entry->seq % 2 == 0 ? ORDER : WALLET);
    }
    assert_null(fx_push_inbox_after(inbox, 5));
    assert_true(can_resume(inbox, 5));
    assert_false(can_resume(inbox, 6)); /* from the future: not of this epoch */
    assert_false(fx_push_inbox_can_resume(inbox, FX_STR("0000000000000000"), 5));
    assert_false(fx_push_inbox_can_resume(inbox, FX_STR(""), 5));
    fx_push_inbox_leave(&inboxes, inbox, 5);
}

static void push_inbox_oldest_give_way_and_cannot_be_resumed(void **state)
{
    (void)state;
    struct fx_push_inbox *inbox = enter(1);
    for (int index = 0; index < 5; index++) {
        (void)say(inbox, ORDER, 500); /* 2,000 bytes are the most: the first is gone */
    }
    assert_int_equal(inboxes.bytes, 2000);
    assert_false(can_resume(inbox, 0));
    assert_true(can_resume(inbox, 1));
    assert_int_equal(fx_push_inbox_after(inbox, 1)->seq, 2);
    (void)say(inbox, ORDER, 2001); /* never fits: what was before it cannot be resumed either */
    assert_false(can_resume(inbox, 5));
    assert_true(can_resume(inbox, 6));
    assert_int_equal(inboxes.bytes, 0);
    fx_push_inbox_leave(&inboxes, inbox, 5);
}

static void push_inbox_count_has_a_bound_too(void **state)
{
    (void)state;
    fx_push_inbox_deinit(&inboxes);
    fx_push_inbox_init(&inboxes, (struct fx_push_inbox_limits){3, 1U << 30U});
    struct fx_push_inbox *inbox = enter(1);
    for (int index = 0; index < FX_PUSH_INBOX_ENTRIES_MAX + 3; index++) {
        (void)say(inbox, ORDER, 1);
    }
    assert_int_equal(inbox->count, FX_PUSH_INBOX_ENTRIES_MAX);
    assert_false(can_resume(inbox, 2));
    assert_true(can_resume(inbox, 3));
    assert_int_equal(fx_push_inbox_after(inbox, 3)->seq, 4);
    for (int index = 0; index < 3; index++) {
        (void)say(inbox, ORDER, 800 * 1024); /* two of them pass 2 MiB together with a third */
    }
    assert_true(inbox->bytes <= FX_PUSH_INBOX_BYTES_MAX);
    assert_int_equal(inbox->count, 2);
    fx_push_inbox_leave(&inboxes, inbox, 5);
}

static void push_inbox_longest_idle_goes_first(void **state)
{
    (void)state;
    struct fx_push_inbox *one = enter(1);
    struct fx_push_inbox *two = enter(2);
    struct fx_push_inbox *three = enter(3);
    struct fx_push_inbox *four = NULL;
    assert_int_equal(fx_push_inbox_enter(&inboxes, 4, &four), FX_CAPACITY);
    (void)say(one, ORDER, 900);
    (void)say(two, ORDER, 900);
    fx_push_inbox_leave(&inboxes, two, 10);
    fx_push_inbox_leave(&inboxes, one, 20);
    (void)say(three, ORDER, 900); /* the memory of all is full: 2 was idle the longest */
    assert_null(fx_push_inbox_find(&inboxes, 2));
    assert_ptr_equal(fx_push_inbox_find(&inboxes, 1), one);
    fx_push_inbox_sweep(&inboxes, 20);
    assert_ptr_equal(fx_push_inbox_find(&inboxes, 1), one);
    assert_ptr_equal(enter(1), one);
    fx_push_inbox_sweep(&inboxes, 1000);
    assert_ptr_equal(fx_push_inbox_find(&inboxes, 1), one); /* somebody listens */
    fx_push_inbox_leave(&inboxes, one, 30);
    fx_push_inbox_sweep(&inboxes, 31);
    assert_null(fx_push_inbox_find(&inboxes, 1));
    struct fx_push_inbox *again = enter(1);
    assert_int_equal(again->seq, 0);
    fx_push_inbox_leave(&inboxes, again, 40);
    fx_push_inbox_leave(&inboxes, three, 50);
}

static void push_inbox_new_one_has_another_epoch(void **state)
{
    (void)state;
    char epoch[FX_PUSH_INBOX_EPOCH_SIZE];
    struct fx_push_inbox *inbox = enter(1);
    memcpy(epoch, inbox->epoch, sizeof epoch);
    (void)say(inbox, ORDER, 1);
    fx_push_inbox_leave(&inboxes, inbox, 1);
    fx_push_inbox_sweep(&inboxes, 2);
    inbox = enter(1);
    (void)say(inbox, ORDER, 1);
    assert_false(fx_push_inbox_can_resume(inbox, (fx_str){epoch, sizeof epoch}, 1));
    assert_true(can_resume(inbox, 1));
    fx_push_inbox_leave(&inboxes, inbox, 1);
}

static void push_inbox_after_a_break_nothing_can_be_resumed(void **state)
{
    (void)state;
    uint64_t previous = 0;
    struct fx_push_inbox *inbox = enter(1);
    (void)say(inbox, ORDER, 1);
    (void)fx_push_inbox_next(inbox, WALLET, &previous);
    fx_push_inbox_break(&inboxes, inbox);
    assert_false(can_resume(inbox, 1));
    (void)say(inbox, ORDER, 1);
    assert_true(can_resume(inbox, 2));
    fx_push_inbox_leave(&inboxes, inbox, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(push_inbox_numbers_chain_per_topic, make, drop),
        cmocka_unit_test_setup_teardown(push_inbox_gives_what_is_behind_a_number, make, drop),
        cmocka_unit_test_setup_teardown(
            push_inbox_oldest_give_way_and_cannot_be_resumed, make, drop),
        cmocka_unit_test_setup_teardown(push_inbox_count_has_a_bound_too, make, drop),
        cmocka_unit_test_setup_teardown(push_inbox_longest_idle_goes_first, make, drop),
        cmocka_unit_test_setup_teardown(push_inbox_new_one_has_another_epoch, make, drop),
        cmocka_unit_test_setup_teardown(
            push_inbox_after_a_break_nothing_can_be_resumed, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rooms and memberships against what their header promises. */
#include "push/push_hub.h"

#include <string.h>

#include "fx_test.h"

static const struct fx_table_seed SEED = {{1, 2}};

static void push_hub_join_and_leave_keep_both_lists(void **state)
{
    (void)state;
    struct fx_push_hub hub;
    struct fx_push_hub_socket sockets[3] = {0};
    fx_push_hub_init(&hub, 10, SEED);
    for (int index = 0; index < 3; index++) {
        assert_int_equal(fx_push_hub_join(&hub, &sockets[index], FX_STR("a")), FX_OK);
        assert_int_equal(fx_push_hub_join(&hub, &sockets[index], FX_STR("a")), FX_OK);
        assert_int_equal(fx_push_hub_join(&hub, &sockets[index], FX_STR("b")), FX_OK);
    }
    const struct fx_push_hub_room *room = fx_push_hub_find(&hub, FX_STR("a"));
    assert_non_null(room);
    assert_int_equal(room->count, 3);
    assert_int_equal(sockets[1].count, 2);
    assert_true(fx_push_hub_leave(&hub, &sockets[1], FX_STR("a"))); /* the middle one */
    assert_false(fx_push_hub_leave(&hub, &sockets[1], FX_STR("a")));
    assert_null(fx_push_hub_member(&sockets[1], FX_STR("a")));
    uint32_t seen = 0;
    for (const struct fx_push_hub_member *member = room->first; member != NULL;
         member = member->room_next) {
        assert_ptr_not_equal(member->socket, &sockets[1]);
        seen++;
    }
    assert_int_equal(seen, 2);
    for (int index = 0; index < 3; index++) {
        fx_push_hub_leave_all(&hub, &sockets[index]);
        assert_null(sockets[index].first);
    }
    assert_int_equal(fx_push_hub_room_count(&hub), 0);
    assert_null(fx_push_hub_find(&hub, FX_STR("a")));
    fx_push_hub_deinit(&hub);
}

static void push_hub_refuses_bad_names_and_more_rooms(void **state)
{
    (void)state;
    struct fx_push_hub hub;
    struct fx_push_hub_socket socket = {0};
    char name[FX_PUSH_HUB_NAME_SIZE_MAX + 1];
    memset(name, 'n', sizeof name);
    fx_push_hub_init(&hub, 2, SEED);
    assert_int_equal(fx_push_hub_join(&hub, &socket, FX_STR("")), FX_BAD_PARAMETER);
    assert_int_equal(fx_push_hub_join(&hub, &socket, (fx_str){name, sizeof name}),
                     FX_BAD_PARAMETER);
    assert_int_equal(fx_push_hub_join(&hub, &socket, (fx_str){name, sizeof name - 1}), FX_OK);
    assert_int_equal(fx_push_hub_join(&hub, &socket, FX_STR("b")), FX_OK);
    assert_int_equal(fx_push_hub_join(&hub, &socket, FX_STR("c")), FX_CAPACITY);
    assert_int_equal(socket.count, 2);
    assert_true(fx_push_hub_leave(&hub, &socket, FX_STR("b")));
    assert_int_equal(fx_push_hub_join(&hub, &socket, FX_STR("c")), FX_OK);
    fx_push_hub_deinit(&hub); /* with members: all is released */
}

static void push_hub_counts_who_is_behind(void **state)
{
    (void)state;
    struct fx_push_hub hub;
    struct fx_push_hub_socket sockets[2] = {0};
    fx_push_hub_init(&hub, 2, SEED);
    for (int index = 0; index < 2; index++) {
        assert_int_equal(fx_push_hub_join(&hub, &sockets[index], FX_STR("a")), FX_OK);
        fx_push_hub_set_behind(fx_push_hub_member(&sockets[index], FX_STR("a")), true);
        fx_push_hub_set_behind(fx_push_hub_member(&sockets[index], FX_STR("a")), true);
    }
    const struct fx_push_hub_room *room = fx_push_hub_find(&hub, FX_STR("a"));
    assert_int_equal(room->behind_count, 2);
    fx_push_hub_set_behind(fx_push_hub_member(&sockets[0], FX_STR("a")), false);
    assert_int_equal(room->behind_count, 1);
    fx_push_hub_leave_all(&hub, &sockets[1]); /* leaving is catching up too */
    assert_int_equal(room->behind_count, 0);
    fx_push_hub_leave_all(&hub, &sockets[0]);
    fx_push_hub_deinit(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_hub_join_and_leave_keep_both_lists),
        cmocka_unit_test(push_hub_refuses_bad_names_and_more_rooms),
        cmocka_unit_test(push_hub_counts_who_is_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* push/push_emit: what another process emits comes once to each socket that it is for, to nobody
 * that it leaves out, and to the whole namespace where it names no room. */
#include "push_kit.h"

enum { CLIENTS = 4 };

static const struct fx_push_options PLAIN = {0};

/* Users 1, 1, 2 and nobody. */
struct scene {
    struct push_kit *kit;
    struct push_kit_client *clients[CLIENTS];
    char ids[CLIENTS][32];
};

static void setup(struct scene *scene)
{
    static const uint64_t USERS[CLIENTS] = {1, 1, 2, 0};
    scene->kit = push_kit_create(&PLAIN);
    push_kit_instrument(scene->kit, 0, "BTCUSDT");
    push_kit_tick(scene->kit);
    for (uint32_t index = 0; index < CLIENTS; index++) {
        struct push_kit_client *client = push_kit_join(scene->kit, USERS[index]);
        const char *welcome = client->messages[client->read - 1];
        assert_int_equal(sscanf(welcome, "40/ws,{\"sid\":\"%31[^\"]", scene->ids[index]), 1);
        scene->clients[index] = client;
    }
}

static void teardown(struct scene *scene)
{
    for (uint32_t index = 0; index < CLIENTS; index++) {
        push_kit_expect(scene->kit, scene->clients[index], NULL);
        push_kit_close(scene->kit, scene->clients[index]);
    }
    push_kit_destroy(scene->kit);
}

/* Emit, and see who hears it: a digit for each client. */
static void expect(struct scene *scene,
                   const struct fx_push_rooms_message *message,
                   const char *heard)
{
    fx_push_emit(scene->kit->push, message, FX_STR("[\"x\",1]"));
    for (uint32_t index = 0; index < CLIENTS; index++) {
        if (heard[index] == '1') {
            push_kit_expect(scene->kit, scene->clients[index], "42/ws,[\"x\",1]");
        }
        push_kit_expect(scene->kit, scene->clients[index], NULL);
    }
}

static void push_emit_rooms_hear_it_once(void **state)
{
    struct scene scene;
    (void)state;
    setup(&scene);
    struct fx_push_rooms_message message = {
        .nsp = FX_STR("/ws"), .rooms = {FX_STR("user_1")}, .room_count = 1};
    expect(&scene, &message, "1100");
    message.rooms[1] = FX_STR("user_2");
    message.rooms[2] = FX_STR("user_1");
    message.rooms[3] = fx_str_of(scene.ids[0]); /* in two of the rooms: once */
    message.rooms[4] = FX_STR("user_77");
    message.room_count = 5;
    expect(&scene, &message, "1110");
    message.nsp = FX_STR("/other");
    expect(&scene, &message, "0000");
    teardown(&scene);
}

static void push_emit_without_a_room_is_for_everybody(void **state)
{
    struct scene scene;
    (void)state;
    setup(&scene);
    struct fx_push_rooms_message message = {.nsp = FX_STR("/ws")};
    expect(&scene, &message, "1111");
    message.nsp = FX_STR("/"); /* nobody has joined it */
    expect(&scene, &message, "0000");
    teardown(&scene);
}

static void push_emit_leaves_out_whom_it_names(void **state)
{
    struct scene scene;
    (void)state;
    setup(&scene);
    struct fx_push_rooms_message message = {
        .nsp = FX_STR("/ws"),
        .rooms = {FX_STR("user_1")},
        .room_count = 1,
        .except = {fx_str_of(scene.ids[1]), FX_STR("/ws#a-socket-of-another-gateway")},
        .except_count = 2};
    expect(&scene, &message, "1000");
    message.room_count = 0;
    expect(&scene, &message, "1011");
    message.except_count = 0;
    expect(&scene, &message, "1111");
    teardown(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_emit_rooms_hear_it_once),
        cmocka_unit_test(push_emit_without_a_room_is_for_everybody),
        cmocka_unit_test(push_emit_leaves_out_whom_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Random polls, upgrades, time and closes: a client receives the packets it was sent, each once and
 * in order, on whatever carries them, until it or the server closes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fx_test.h"
#include "push/push_polling.h"

enum { RUNS = 3000, STEPS = 60, BODY_SIZE_MAX = 1 << 16, STEP_MS = 6000 };

struct world {
    struct fx_push_polling polling;
    uint64_t random;
    int64_t now_ms;
    uint64_t sent;     /* packets pushed: "4<number>" */
    uint64_t received; /* of them, by the client */
    uint32_t polls;
    uint32_t offers;
    uint32_t answers;
    uint32_t withdrawn;
    uint32_t upgraded;
    bool is_told; /* closed so that the client must still get everything */
    bool is_closed;
};

static uint64_t draw(struct world *world, uint64_t count)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random % count;
}

static void receive(struct world *world, bool is_binary, fx_str bytes)
{
    char expected[32];
    const bool is_three = world->polling.eio == FX_PUSH_EIO_3;
    const bool is_third = world->received % 3 == 0; /* every third packet is binary */
    const int size = snprintf(expected,
                              sizeof expected,
                              "%s%llu",
                              !is_third ? "4" : (is_three ? "\x04" : ""),
                              (unsigned long long)world->received);
    assert_int_equal(is_binary, is_third);
    assert_int_equal(bytes.size, size);
    assert_memory_equal(bytes.data, expected, (size_t)size);
    world->received++;
}

static void send_one(struct world *world)
{
    char text[32];
    const bool is_binary = world->sent % 3 == 0;
    const bool is_three = world->polling.eio == FX_PUSH_EIO_3;
    const int size = snprintf(text,
                              sizeof text,
                              "%s%llu",
                              !is_binary ? "4" : (is_three ? "\x04" : ""),
                              (unsigned long long)world->sent);
    const fx_str packet = {text, (size_t)size};
    if (world->is_closed) {
        return;
    }
    world->sent++;
    if (!fx_push_polling_is_on(&world->polling)) {
        receive(world, is_binary, packet); /* over the WebSocket */
        return;
    }
    struct fx_net_frame *frame = fx_net_frame_create_websocket(
        is_binary ? FX_NET_WEBSOCKET_OPCODE_BINARY : FX_NET_WEBSOCKET_OPCODE_TEXT, packet);
    assert_true(fx_push_polling_push(&world->polling, frame));
    fx_net_frame_release(frame);
}

static void settle(struct world *world)
{
    struct fx_push_payload payload;
    struct fx_push_payload_packet packet;
    struct fx_buf body;
    struct fx_buf scratch;
    if (!fx_push_polling_is_due(&world->polling)) {
        return;
    }
    fx_buf_init(&body, BODY_SIZE_MAX);
    fx_buf_init(&scratch, BODY_SIZE_MAX);
    const enum fx_push_payload_form form = fx_push_polling_write(&world->polling, &body);
    fx_push_payload_init(&payload, form, fx_buf_str(&body), &scratch);
    fx_status status = FX_OK;
    while ((status = fx_push_payload_next(&payload, &packet)) == FX_OK) {
        const bool is_end = !packet.is_binary && packet.bytes.data[0] != '4';
        if (is_end) {
            assert_int_equal(payload.rest.size, 0); /* the last one */
            assert_true(packet.bytes.data[0] == '6' || world->is_closed);
        } else {
            receive(world, packet.is_binary, packet.bytes);
        }
    }
    assert_int_equal(status, FX_NOT_FOUND);
    assert_false(world->polling.has_poll);
    world->answers++;
    fx_buf_deinit(&body);
    fx_buf_deinit(&scratch);
}

static void hear(struct world *world, fx_str packet)
{
    const enum fx_push_polling_phase before = world->polling.phase;
    const enum fx_push_polling_word word = fx_push_polling_hear(&world->polling, false, packet);
    if (word == FX_PUSH_POLLING_WORD_WRONG) {
        assert_int_equal(world->polling.phase, before);
        fx_push_polling_withdraw(&world->polling);
    } else if (word == FX_PUSH_POLLING_WORD_SWITCH) {
        for (uint32_t index = 0; index < world->polling.count; index++) {
            const struct fx_net_frame *frame = world->polling.frames[index];
            receive(world,
                    frame->opcode == FX_NET_WEBSOCKET_OPCODE_BINARY,
                    fx_net_frame_payload(frame));
        }
        fx_push_polling_empty(&world->polling);
        assert_int_equal(world->received, world->sent);
        world->upgraded++;
    }
}

static void close_it(struct world *world)
{
    const enum fx_push_polling_end end = (enum fx_push_polling_end)(1 + draw(world, 3));
    const bool is_on = fx_push_polling_is_on(&world->polling);
    if (!world->is_closed) {
        world->is_closed = true;
        world->is_told = is_on && end == FX_PUSH_POLLING_END_TOLD;
        fx_push_polling_close(&world->polling, end, world->now_ms);
    }
}

static void step(struct world *world)
{
    switch (draw(world, 12)) {
    case 0:
    case 1:
    case 2:
        send_one(world);
        break;
    case 3:
    case 4:
        world->polls += fx_push_polling_poll(&world->polling) ? 1 : 0;
        break;
    case 5:
        world->offers += fx_push_polling_offer(&world->polling, world->now_ms) ? 1 : 0;
        break;
    case 6:
    case 7:
        if (world->polling.phase == FX_PUSH_POLLING_PHASE_OFFERED) {
            hear(world, FX_STR("2probe"));
        } else if (world->polling.phase == FX_PUSH_POLLING_PHASE_PROBED) {
            hear(world, draw(world, 3) == 0 ? FX_STR("2probe") : FX_STR("5"));
        }
        break;
    case 8:
        fx_push_polling_withdraw(&world->polling);
        break;
    case 9:
    case 10:
        world->now_ms += (int64_t)draw(world, STEP_MS);
        if (fx_push_polling_tick(&world->polling, world->now_ms) ==
            FX_PUSH_POLLING_EVENT_WITHDRAW) {
            world->withdrawn++;
        }
        break;
    default:
        if (draw(world, 10) == 0) {
            close_it(world);
        }
        break;
    }
    if (draw(world, 2) == 0) {
        settle(world);
    }
}

static void push_polling_every_packet_arrives_once_and_in_order(void **state)
{
    (void)state;
    const char *given = getenv("FX_SEED");
    const uint64_t seed = given == NULL ? 20 : strtoull(given, NULL, 10);
    struct world total = {0};
    (void)printf("seed %llu (FX_SEED)\n", (unsigned long long)seed);
    for (uint64_t run = 0; run < RUNS; run++) {
        struct world world = {.random = (seed + 1) * 0x9e3779b97f4a7c15U + run, .now_ms = 1000};
        world.random |= 1;
        fx_push_polling_init(&world.polling,
                             run % 2 == 0 ? FX_PUSH_EIO_3 : FX_PUSH_EIO_4,
                             run % 4 == 0,
                             run % 16 == 15);
        for (uint32_t index = 0; index < STEPS; index++) {
            step(&world);
        }
        settle(&world);
        const bool is_reachable = fx_push_polling_is_on(&world.polling) ||
                                  world.polling.phase == FX_PUSH_POLLING_PHASE_CLOSING;
        if (is_reachable && (!world.is_closed || world.is_told)) {
            assert_true(fx_push_polling_poll(&world.polling) || world.polling.has_poll);
            settle(&world);
            assert_int_equal(world.received, world.sent);
        }
        total.answers += world.answers;
        assert_true(world.answers <= world.polls + 1 && world.upgraded <= world.offers);
        total.withdrawn += world.withdrawn;
        total.upgraded += world.upgraded;
        fx_push_polling_deinit(&world.polling);
    }
    assert_true(total.answers > RUNS && total.upgraded > RUNS / 10 && total.withdrawn > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(push_polling_every_packet_arrives_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

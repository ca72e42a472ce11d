/* The rings under real threads: every item arrives once, in order, whole, and not before its time.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"
#include "base/rng.h"
#include "fx_test.h"

enum { ITEM_WORDS = 5, CONSUMER_COUNT = 3, SEED_DEFAULT = 20231225 };

/* The thread sanitizer is fifty times slower. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ITEM_COUNT_DEFAULT 200000
#endif
#endif
#ifndef ITEM_COUNT_DEFAULT
#define ITEM_COUNT_DEFAULT 2000000
#endif

static uint64_t seed;
static uint64_t item_count;

/** An item whose words all follow from its number, so that a torn copy shows. */
struct item {
    uint64_t words[ITEM_WORDS];
};

static void make_item(uint64_t number, struct item *item)
{
    for (uint64_t index = 0; index < ITEM_WORDS; index++) {
        item->words[index] = (number + index) * UINT64_C(0x9e3779b97f4a7c15);
    }
}

static bool is_item(uint64_t number, const struct item *item)
{
    struct item wanted;
    make_item(number, &wanted);
    return memcmp(&wanted, item, sizeof wanted) == 0;
}

struct line {
    struct fx_ring *ring;
    uint64_t error_count;
    uint64_t received_count;
    uint64_t seed;
};

static void *consume_line(void *argument)
{
    struct line *line = argument;
    struct fx_rng rng;
    fx_rng_init(&rng, line->seed);
    while (line->received_count < item_count) {
        const void *items = NULL;
        const uint32_t count = fx_ring_peek(line->ring, &items);
        if (count == 0) {
            (void)sched_yield();
            continue;
        }
        const struct item *run = items;
        const uint32_t taken = (uint32_t)(1 + fx_rng_below(&rng, count));
        for (uint32_t index = 0; index < taken; index++) {
            line->error_count += is_item(line->received_count, &run[index]) ? 0 : 1;
            line->received_count++;
        }
        fx_ring_advance(line->ring, taken);
    }
    return NULL;
}

static void ring_of_two_threads_keeps_order_and_content(void **state)
{
    (void)state;
    static const uint32_t CAPACITIES[] = {1, 2, 64, 4096};
    for (size_t round = 0; round < sizeof CAPACITIES / sizeof CAPACITIES[0]; round++) {
        struct line line = {.ring = fx_ring_create(sizeof(struct item), CAPACITIES[round]),
                            .seed = seed + round};
        assert_non_null(line.ring);
        const uint64_t all_count = item_count;
        item_count = CAPACITIES[round] < 64 ? item_count / 20 : item_count;
        pthread_t thread = 0;
        assert_int_equal(pthread_create(&thread, NULL, consume_line, &line), 0);
        for (uint64_t number = 0; number < item_count; number++) {
            struct item item;
            make_item(number, &item);
            while (!fx_ring_append(line.ring, &item)) {
                (void)sched_yield();
            }
        }
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(line.received_count, item_count);
        assert_int_equal(line.error_count, 0);
        assert_int_equal(fx_ring_count(line.ring), 0);
        fx_ring_destroy(line.ring);
        item_count = all_count;
    }
}

/** Three consumers of one broadcast, each in its own rhythm. */
struct listener {
    struct fx_ring_broadcast *ring;
    const _Atomic uint64_t *durable; /* nothing at or behind it may be seen */
    uint64_t error_count;
    uint64_t early_count;
    uint64_t received_count;
    uint64_t seed;
    uint32_t consumer;
};

static void *consume_broadcast(void *argument)
{
    struct listener *listener = argument;
    struct fx_rng rng;
    fx_rng_init(&rng, listener->seed);
    while (listener->received_count < item_count) {
        const void *items = NULL;
        const uint32_t count = fx_ring_broadcast_peek(listener->ring, listener->consumer, &items);
        if (count == 0) {
            (void)sched_yield();
            continue;
        }
        if (listener->received_count + count >
            atomic_load_explicit(listener->durable, memory_order_relaxed)) {
            listener->early_count++;
        }
        const struct item *run = items;
        const uint32_t taken = (uint32_t)(1 + fx_rng_below(&rng, count));
        for (uint32_t index = 0; index < taken; index++) {
            listener->error_count += is_item(listener->received_count, &run[index]) ? 0 : 1;
            listener->received_count++;
        }
        fx_ring_broadcast_advance(listener->ring, listener->consumer, taken);
    }
    return NULL;
}

/** Append all items, and release now and then up to a position in the middle of what was appended.
 */
static void produce_broadcast(struct fx_ring_broadcast *ring, _Atomic uint64_t *durable)
{
    struct fx_rng rng;
    fx_rng_init(&rng, seed);
    uint64_t released = 0;
    while (released < item_count) {
        const uint64_t wanted = fx_rng_below(&rng, 50);
        for (uint64_t index = 0; index < wanted; index++) {
            struct item item;
            const uint64_t number = fx_ring_broadcast_written(ring);
            make_item(number, &item);
            if (number == item_count || !fx_ring_broadcast_append(ring, &item)) {
                break;
            }
        }
        const uint64_t held = fx_ring_broadcast_written(ring) - released;
        released += fx_rng_below(&rng, held + 1);
        released = fx_rng_below(&rng, 4) == 0 ? fx_ring_broadcast_written(ring) : released;
        /* Relaxed: only the ring itself may order things here, or its own orders go untested. */
        atomic_store_explicit(durable, released, memory_order_relaxed);
        fx_ring_broadcast_release(ring, released);
        if (fx_ring_broadcast_space(ring) == 0) {
            (void)sched_yield();
        }
    }
}

static void ring_broadcast_of_four_threads_keeps_order_content_and_release(void **state)
{
    (void)state;
    static const uint32_t CAPACITIES[] = {4, 1024};
    for (size_t round = 0; round < sizeof CAPACITIES / sizeof CAPACITIES[0]; round++) {
        struct fx_ring_broadcast *ring =
            fx_ring_broadcast_create(sizeof(struct item), CAPACITIES[round], CONSUMER_COUNT);
        assert_non_null(ring);
        const uint64_t all_count = item_count;
        item_count = CAPACITIES[round] < 64 ? item_count / 20 : item_count / 2;
        _Atomic uint64_t durable = 0;
        struct listener listeners[CONSUMER_COUNT];
        pthread_t threads[CONSUMER_COUNT];
        memset(listeners, 0, sizeof listeners);
        for (uint32_t consumer = 0; consumer < CONSUMER_COUNT; consumer++) {
            listeners[consumer].ring = ring;
            listeners[consumer].durable = &durable;
            listeners[consumer].consumer = consumer;
            listeners[consumer].seed = seed + 1 + consumer;
            assert_int_equal(
                pthread_create(&threads[consumer], NULL, consume_broadcast, &listeners[consumer]),
                0);
        }
        produce_broadcast(ring, &durable);
        for (uint32_t consumer = 0; consumer < CONSUMER_COUNT; consumer++) {
            assert_int_equal(pthread_join(threads[consumer], NULL), 0);
            assert_int_equal(listeners[consumer].received_count, item_count);
            assert_int_equal(listeners[consumer].error_count, 0);
            assert_int_equal(listeners[consumer].early_count, 0);
            assert_int_equal(fx_ring_broadcast_cursor(ring, consumer), item_count);
        }
        assert_int_equal(fx_ring_broadcast_space(ring), CAPACITIES[round]);
        fx_ring_broadcast_destroy(ring);
        item_count = all_count;
    }
}

/* ring_prop [seed [items]] */
int main(int count, char **arguments)
{
    seed = count > 1 ? strtoull(arguments[1], NULL, 10) : SEED_DEFAULT;
    item_count = count > 2 ? strtoull(arguments[2], NULL, 10) : ITEM_COUNT_DEFAULT;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ring_of_two_threads_keeps_order_and_content),
        cmocka_unit_test(ring_broadcast_of_four_threads_keeps_order_content_and_release),
    };
    const int failure_count = cmocka_run_group_tests(tests, NULL, NULL);
    if (failure_count != 0) {
        (void)fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    }
    return failure_count;
}

/**
 * @file api_world.h
 * The usual head of a test of the API: one harness, `world`, made anew for each test, and what is
 * asked of its last answer. Thread: the test's own.
 */
#ifndef FX_TESTS_API_WORLD_H
#define FX_TESTS_API_WORLD_H

#include "api_harness.h"

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): made anew for each test
static struct api_harness world;

static inline int setup(void **state)
{
    (void)state;
    api_harness_init(&world);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    api_harness_deinit(&world);
    return 0;
}

/** Does the last answer have this text? Prints it where it does not. */
static inline bool says(const char *text)
{
    if (strstr(world.body, text) == NULL) {
        print_error("no %s in %s\n", text, world.body);
        return false;
    }
    return true;
}

/** How often the last answer has it. */
static inline uint32_t count_of(const char *text)
{
    uint32_t count = 0;
    for (const char *at = world.body; (at = strstr(at, text)) != NULL; at++) {
        count++;
    }
    return count;
}

/** Place a LIMIT order of BTCUSDT; the clock may be anywhere. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): as in the DTO
static inline void place_limit(uint64_t user,
                               const char *side,
                               const char *quantity,
                               const char *price)
{
    char body[256];
    (void)snprintf(body,
                   sizeof body,
                   "{\"symbol\":\"BTCUSDT\",\"side\":\"%s\",\"type\":\"LIMIT\",\"quantity\":\"%s\","
                   "\"price\":\"%s\"}",
                   side,
                   quantity,
                   price);
    const char *token = api_harness_token_until(&world, user, 0);
    if (api_harness_ask(&world, "POST", "/order", token, body) != 202) {
        fail_msg("%d %s", world.code, world.body);
    }
}

#endif

/**
 * @file stream_kit.h
 * Clients of the plain stream on push_kit: say an op, read its answer, take numbers out of texts.
 * Thread: the test's own.
 */
#ifndef FX_TESTS_STREAM_KIT_H
#define FX_TESTS_STREAM_KIT_H

#include "push_kit.h"

/** Open the stream; `user_id` 0: nobody. */
static inline struct push_kit_client *stream_kit_open(struct push_kit *kit, uint64_t user_id)
{
    char token[1024];
    char headers[1200] = "";
    if (user_id != 0) {
        (void)push_kit_token(kit, user_id, kit->now_s + 3600, token);
        (void)snprintf(headers, sizeof headers, "Authorization: Bearer %s\r\n", token);
    }
    return push_kit_dial(kit, "/ws/stream", headers, 0);
}

/** The number behind `"name":`; the test fails where there is none. */
static inline int64_t stream_kit_number(const char *text, const char *name)
{
    char key[64];
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(text, key);
    if (at == NULL) {
        fail_msg("no %s in %s", name, text);
        return 0;
    }
    return strtoll(at + strlen(key), NULL, 10);
}

/** True where the text has this piece. */
static inline bool stream_kit_has(const char *text, const char *piece)
{
    return strstr(text, piece) != NULL;
}

/** Subscribe to topics, given as a JSON array, and read the good answer. */
static inline void stream_kit_subscribe(struct push_kit *kit,
                                        struct push_kit_client *client,
                                        const char *topics)
{
    char text[512];
    (void)snprintf(text, sizeof text, "{\"id\":7,\"op\":\"subscribe\",\"args\":%s}", topics);
    push_kit_say(kit, client, text);
    const char *answer = push_kit_expect_start(
        kit, client, "{\"id\":7,\"op\":\"subscribe\",\"success\":true,\"connId\":\"");
    assert_true(stream_kit_has(answer, topics));
}

/** The next message is of this topic and type. @return it. */
static inline const char *stream_kit_expect(struct push_kit *kit,
                                            struct push_kit_client *client,
                                            const char *topic,
                                            const char *type)
{
    char start[160];
    (void)snprintf(start, sizeof start, "{\"topic\":\"%s\",\"type\":\"%s\",", topic, type);
    return push_kit_expect_start(kit, client, start);
}

#endif

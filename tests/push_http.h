/**
 * @file push_http.h
 * HTTP requests to the server of push_kit.h, byte by byte as a polling client sends them. Thread:
 * the test's own.
 */
#ifndef FX_TESTS_PUSH_HTTP_H
#define FX_TESTS_PUSH_HTTP_H

#include "push_kit.h"

enum { PUSH_HTTP_ANSWER_SIZE = 1 << 21 };

/** An HTTP answer. */
struct push_http_answer {
    int status;
    size_t size;
    char *body;
    char bytes[PUSH_HTTP_ANSWER_SIZE];
};

static inline int push_http_dial(struct push_kit *kit)
{
    return push_kit_connect(kit, 0);
}

static inline void push_http_hang_up(struct push_kit *kit, int fd)
{
    (void)close(fd);
    push_kit_turn(kit, 5);
}

/* "GET" without a body, all else with one. `headers`: lines with their CRLF. */
static inline void push_http_ask(
    struct push_kit *kit, int fd, const char *method, const char *path, const char *headers)
{
    char text[4096];
    const int size =
        snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n", method, path, headers);
    assert_true(size > 0 && (size_t)size < sizeof text);
    push_kit_put(fd, fx_str_of(text));
    push_kit_turn(kit, 5);
}

static inline void push_http_post(
    struct push_kit *kit, int fd, const char *path, fx_str body, const char *headers)
{
    char lines[512];
    (void)snprintf(lines, sizeof lines, "Content-Length: %zu\r\n%s", body.size, headers);
    push_http_ask(kit, fd, "POST", path, lines);
    for (size_t sent = 0; sent < body.size;) {
        const size_t size = body.size - sent < 32768 ? body.size - sent : 32768;
        push_kit_put(fd, fx_str_slice(body, sent, size));
        sent += size;
        push_kit_turn(kit, 5);
    }
}

/* Read one whole answer; status 0: there is none now, -1: the connection ended instead. */
static inline struct push_http_answer *push_http_read_answer(struct push_kit *kit, int fd)
{
    static struct push_http_answer answer;
    answer.status = 0;
    answer.size = 0;
    answer.body = answer.bytes;
    answer.bytes[0] = '\0';
    size_t size = 0;
    for (int round = 0; round < 200; round++) {
        push_kit_turn(kit, 1);
        const ssize_t got =
            recv(fd, answer.bytes + size, PUSH_HTTP_ANSWER_SIZE - 1 - size, MSG_DONTWAIT);
        if (got == 0) {
            answer.status = -1;
            return &answer;
        }
        if (got < 0) {
            if (size == 0 && round > 20) {
                return &answer;
            }
            continue;
        }
        size += (size_t)got;
        answer.bytes[size] = '\0';
        char *end = strstr(answer.bytes, "\r\n\r\n");
        const char *length = strstr(answer.bytes, "Content-Length: ");
        if (end == NULL) {
            continue;
        }
        answer.body = end + 4;
        answer.size = size - (size_t)(answer.body - answer.bytes);
        answer.status = (int)strtol(answer.bytes + 9, NULL, 10);
        if (length == NULL || answer.size == strtoul(length + 16, NULL, 10)) {
            return &answer;
        }
    }
    fail_msg("half an answer: %s", answer.bytes);
    return &answer;
}

static inline struct push_http_answer *push_http_expect(struct push_kit *kit,
                                                        int fd,
                                                        int status,
                                                        const char *body)
{
    struct push_http_answer *answer = push_http_read_answer(kit, fd);
    if (answer->status != status || (body != NULL && strcmp(answer->body, body) != 0)) {
        fail_msg("%d %s: expected %d %s",
                 answer->status,
                 answer->bytes,
                 status,
                 body == NULL ? "" : body);
    }
    return answer;
}

static inline void push_http_expect_nothing(struct push_kit *kit, int fd)
{
    const struct push_http_answer *answer = push_http_read_answer(kit, fd);
    if (answer->status != 0) {
        fail_msg("unexpected: %s", answer->bytes);
    }
}

static inline bool push_http_has_header(const struct push_http_answer *answer, const char *line)
{
    const char *found = strstr(answer->bytes, line);
    return found != NULL && found < answer->body;
}

#endif

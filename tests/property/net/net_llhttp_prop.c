/* A second opinion: whatever our parser accepts, Node's llhttp must read as the same requests, with
 * the same targets and bodies. (It may accept more: we are the stricter one.) Requests that two
 * programs read differently are how smuggling begins. Skipped, loudly, where there is no node. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fx_test.h"
#include "net/net_http.h"
#include "unit/net/net_http_rows.h"

enum { CASES = 20000, CASE_SIZE_MAX = 2048, LINE_SIZE = 1 << 16, BODY_MAX = 64 };

struct line {
    char text[LINE_SIZE];
    size_t size;
};

static uint64_t draw(uint64_t *state, uint64_t below)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

static void add_hex(struct line *line, fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        line->size += (size_t)snprintf(line->text + line->size,
                                       sizeof line->text - line->size,
                                       "%02x",
                                       (unsigned)(uint8_t)text.data[index]);
    }
}

static void add(struct line *line, const struct fx_net_http_request *request)
{
    line->size += (size_t)snprintf(line->text + line->size,
                                   sizeof line->text - line->size,
                                   "%.*s ",
                                   (int)request->method_text.size,
                                   request->method_text.data);
    add_hex(line, request->target);
    line->size += (size_t)snprintf(line->text + line->size, sizeof line->text - line->size, " ");
    add_hex(line, request->body);
    line->size += (size_t)snprintf(line->text + line->size,
                                   sizeof line->text - line->size,
                                   " %d;",
                                   request->is_keep_alive ? 1 : 0);
}

static void parse_ours(fx_str input, struct line *line)
{
    struct fx_net_http http;
    size_t offset = 0;
    line->size = 0;
    line->text[0] = '\0';
    fx_net_http_init(&http, BODY_MAX);
    while (offset < input.size && http.state != FX_NET_HTTP_STATE_FAILED) {
        offset += fx_net_http_feed(&http, fx_str_slice(input, offset, input.size));
        if (http.state == FX_NET_HTTP_STATE_DONE) {
            const struct fx_net_http_request *request = &http.request;
            /* llhttp knows a list of methods and stops at others; after an upgrade, and after
             * "Connection: close", neither of us would read on. */
            if (request->method == FX_NET_HTTP_METHOD_OTHER) {
                break;
            }
            add(line, request);
            /* llhttp stops at every upgrade, also at those that we pass over (h2c). */
            if (!request->is_keep_alive || fx_net_http_value(request, FX_STR("Upgrade")).size > 0) {
                break;
            }
            fx_net_http_next(&http);
        }
    }
    fx_net_http_deinit(&http);
}

static size_t mutate(char *target, size_t size, uint64_t *seed)
{
    static const char BYTES[] =
        "\r\n\t :;,/?%0123aAfF\"\\\x00\x01\x7f\x80\xff-+.*#[]GETHostchunked";
    for (uint64_t count = draw(seed, 4); count > 0 && size > 1; count--) {
        const size_t at = (size_t)draw(seed, size);
        const char byte = BYTES[draw(seed, sizeof BYTES - 1)];
        const uint64_t kind = draw(seed, 4);
        if (kind == 0) {
            target[at] = byte;
        } else if (kind == 1) {
            memmove(target + at, target + at + 1, size - at - 1);
            size--;
        } else if (kind == 2 && size < CASE_SIZE_MAX) {
            memmove(target + at + 1, target + at, size - at);
            target[at] = byte;
            size++;
        } else { /* repeat a piece: lines doubled, lengths doubled */
            size_t piece = 1 + (size_t)draw(seed, 40);
            piece = piece < size - at ? piece : size - at;
            if (size + piece <= CASE_SIZE_MAX) {
                memmove(target + at + piece, target + at, size - at);
                size += piece;
            }
        }
    }
    return size;
}

static size_t make_case(char *target, uint32_t number, uint64_t *seed)
{
    const uint32_t row_count = (uint32_t)(sizeof HTTP_ROWS / sizeof HTTP_ROWS[0]);
    const struct http_row *row =
        number < row_count ? &HTTP_ROWS[number] : &HTTP_ROWS[draw(seed, row_count)];
    memcpy(target, row->input, row->size);
    size_t size = row->size;
    if (number >= row_count && draw(seed, 3) == 0) { /* a second request behind it */
        const struct http_row *next = &HTTP_ROWS[draw(seed, row_count)];
        memcpy(target + size, next->input, next->size);
        size += next->size;
    }
    return number < row_count ? size : mutate(target, size, seed);
}

static void write_cases(FILE *file, uint64_t seed)
{
    static char bytes[2 * CASE_SIZE_MAX];
    for (uint32_t number = 0; number < CASES; number++) {
        const size_t size = make_case(bytes, number, &seed);
        const uint8_t prefix[4] = {(uint8_t)size, (uint8_t)(size >> 8), 0, 0};
        assert_int_equal(fwrite(prefix, 1, 4, file), 4);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
    }
}

static void compare(FILE *answers, uint64_t first_seed)
{
    static char bytes[2 * CASE_SIZE_MAX];
    static char theirs[LINE_SIZE];
    static struct line ours;
    uint64_t seed = first_seed;
    uint32_t accepted = 0;
    for (uint32_t number = 0; number < CASES; number++) {
        const size_t size = make_case(bytes, number, &seed);
        assert_non_null(fgets(theirs, sizeof theirs, answers));
        parse_ours((fx_str){bytes, size}, &ours);
        accepted += ours.size > 0 ? 1 : 0;
        if (strncmp(ours.text, theirs, ours.size) != 0) {
            print_error("seed %llu case %u: <%.*s>\n  ours   <%s>\n  llhttp <%s>\n",
                        (unsigned long long)first_seed,
                        number,
                        (int)size,
                        bytes,
                        ours.text,
                        theirs);
            fail();
        }
    }
    print_message("%u of %u inputs accepted\n", accepted, (unsigned)CASES);
    assert_true(accepted > CASES / 10);
}

static void net_http_what_is_accepted_equals_llhttp(void **state)
{
    (void)state;
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): one thread, a fixed command
    const char *given = getenv("FX_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20260101;
    char path[] = "fx_llhttp_XXXXXX";
    char command[512];
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): one thread, a fixed command
    if (system("node --version > /dev/null 2>&1") != 0) {
        print_message("SKIPPED: there is no node here\n");
        skip();
    }
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    write_cases(file, seed);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command,
                   sizeof command,
                   "node %s/tests/property/net/net_llhttp.js %s",
                   FX_SOURCE_DIR,
                   path);
    // NOLINTNEXTLINE(cert-env33-c,concurrency-mt-unsafe): one thread, a fixed command
    FILE *answers = popen(command, "r");
    assert_non_null(answers);
    compare(answers, seed);
    assert_int_equal(pclose(answers), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_http_what_is_accepted_equals_llhttp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Percent-decoding and the query walk on any bytes: no fault; what is escaped comes back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "net/net_http_query.h"
#include "net/net_http_write.h"
#include "net/net_utf8.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer wants this name
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_clean(fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        if ((uint8_t)text.data[index] < 0x20 || text.data[index] == 0x7F) {
            return false;
        }
    }
    return fx_net_utf8_is_valid(text);
}

static void walk(fx_str input)
{
    struct fx_net_http_query query;
    struct fx_buf scratch;
    fx_buf_init(&scratch, input.size + 1);
    const fx_status begun = fx_net_http_query_init(&query, input, &scratch);
    FX_ASSERT(begun == FX_OK);
    for (size_t count = 0;; count++) {
        struct fx_net_http_pair pair = {0};
        const fx_status status = fx_net_http_query_next(&query, &pair);
        FX_ASSERT(count <= input.size);
        if (status == FX_NOT_FOUND) {
            break;
        }
        FX_ASSERT(status == FX_OK || status == FX_BAD_PARAMETER);
        FX_ASSERT(status != FX_OK || (is_clean(pair.name) && is_clean(pair.value)));
    }
    fx_buf_clear(&scratch);
    fx_str value = {0};
    const fx_status found = fx_net_http_query_find(input, FX_STR("a"), &scratch, &value);
    FX_ASSERT(found != FX_OK || is_clean(value));
    fx_buf_deinit(&scratch);
}

static void roundtrip(fx_str input)
{
    struct fx_buf escaped;
    fx_buf_init(&escaped, 3 * input.size + 1);
    fx_net_http_write_escaped(&escaped, input);
    char *target = malloc(escaped.size + 1);
    FX_ASSERT(target != NULL);
    const size_t size = fx_net_http_query_decode(fx_buf_str(&escaped), true, target);
    FX_ASSERT((size != SIZE_MAX) == is_clean(input));
    FX_ASSERT(size == SIZE_MAX || fx_str_is_equal((fx_str){target, size}, input));
    free(target);
    fx_buf_deinit(&escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const fx_str input = {(const char *)data, size};
    walk(input);
    roundtrip(input);
    return 0;
}

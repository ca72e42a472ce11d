/* The HTTP parser on any bytes: no fault, and one outcome however the bytes are split. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "net/net_http.h"
#include "net/net_http_client.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer wants this name
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a run said, as a number. */
static uint64_t mix(uint64_t hash, fx_str text)
{
    for (size_t index = 0; index < text.size; index++) {
        hash = (hash ^ (uint8_t)text.data[index]) * UINT64_C(1099511628211);
    }
    return (hash ^ text.size) * UINT64_C(1099511628211);
}

static uint64_t mix_request(uint64_t hash, const struct fx_net_http_request *request)
{
    FX_ASSERT(request->path.size > 0);
    FX_ASSERT(request->path.data[0] == '/' || request->path.data[0] == '*');
    for (size_t index = 0; index < request->path.size; index++) {
        FX_ASSERT((uint8_t)request->path.data[index] >= 0x20);
    }
    hash = mix(hash, request->method_text);
    hash = mix(hash, request->path);
    hash = mix(hash, request->query);
    hash = mix(hash, request->host);
    hash = mix(hash, request->body);
    for (uint32_t index = 0; index < request->header_count; index++) {
        hash = mix(hash, request->headers[index].name);
        hash = mix(hash, request->headers[index].value);
    }
    return hash * 8 + (request->is_keep_alive ? 1 : 0) + (request->is_upgrade ? 2 : 0) +
           (request->is_expecting ? 4 : 0);
}

static uint64_t run_requests(fx_str input, uint32_t seed)
{
    struct fx_net_http http;
    uint64_t hash = 1;
    fx_net_http_init(&http, 4096);
    size_t offset = 0;
    while (offset < input.size && http.state != FX_NET_HTTP_STATE_FAILED) {
        seed = seed * 1664525 + 1013904223;
        const size_t piece = seed == 0 ? input.size : 1 + (seed >> 16) % 40;
        size_t end = offset + piece < input.size ? offset + piece : input.size;
        end = seed % 7 == 0 ? input.size : end;
        while (offset < end && http.state != FX_NET_HTTP_STATE_FAILED) {
            offset += fx_net_http_feed(&http, (fx_str){input.data + offset, end - offset});
            FX_ASSERT(offset <= end);
            if (http.state == FX_NET_HTTP_STATE_DONE) {
                hash = mix_request(hash, &http.request);
                fx_net_http_next(&http);
            }
        }
    }
    hash = hash * 31 + (uint64_t)http.state;
    hash = hash * 1009 + (uint64_t)http.status;
    fx_net_http_deinit(&http);
    return hash;
}

static uint64_t run_responses(fx_str input, size_t piece)
{
    struct fx_net_http_client client;
    uint64_t hash = 1;
    fx_net_http_client_init(&client, 4096);
    size_t offset = 0;
    while (offset < input.size && client.state != FX_NET_HTTP_STATE_FAILED) {
        const size_t end = offset + piece < input.size ? offset + piece : input.size;
        while (offset < end && client.state != FX_NET_HTTP_STATE_FAILED) {
            offset += fx_net_http_client_feed(&client, (fx_str){input.data + offset, end - offset});
            if (client.state == FX_NET_HTTP_STATE_DONE) {
                hash = mix(hash * 1009 + (uint64_t)client.code, client.body);
                fx_net_http_client_next(&client);
            }
        }
    }
    fx_net_http_client_finish(&client);
    hash = mix(hash * 31 + (uint64_t)client.state, client.body);
    fx_net_http_client_deinit(&client);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4) {
        return 0;
    }
    uint32_t seed = 0;
    memcpy(&seed, data, sizeof seed);
    const fx_str input = {(const char *)data + 4, size - 4};
    const uint64_t by_bytes = run_requests(input, 1);
    FX_ASSERT(run_requests(input, seed) == by_bytes);
    FX_ASSERT(run_requests(input, ~seed) == by_bytes);
    FX_ASSERT(run_responses(input, input.size + 1) == run_responses(input, 1 + seed % 16));
    return 0;
}

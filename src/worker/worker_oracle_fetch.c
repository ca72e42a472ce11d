/* Answers over HTTP(S) by libcurl's multi interface: nothing blocks, names are resolved in threads
 * of its own. What may come is bounded before it comes: schemes, size, time, no redirect. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/panic.h"
#include "worker/worker_oracle.h"
#include "worker/worker_oracle_int.h"

enum { HEADER_SIZE_MAX = 16384, CONNECT_MS_MAX = 3000, STATUS_OK = 200 };

struct request {
    struct fx_worker_oracle_fetch *fetch;
    CURL *easy;
    struct fx_buf body;
    size_t header_bytes;
    uint32_t source;
    bool is_asked;
};

struct fx_worker_oracle_fetch {
    CURLM *multi;
    fx_worker_oracle_answer_fn on_answer;
    void *self;
    uint32_t count;
    struct request requests[];
};

/* A short count tells libcurl to give up. */
// NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's
static size_t take_body(char *data, size_t size, size_t count, void *self)
{
    struct request *request = self;
    const size_t bytes = size * count;
    if (bytes > FX_WORKER_ORACLE_ANSWER_SIZE_MAX - request->body.size) {
        return 0;
    }
    fx_buf_append(&request->body, (fx_str){data, bytes});
    return request->body.is_overflow ? 0 : bytes;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's
static size_t take_header(char *data, size_t size, size_t count, void *self)
{
    struct request *request = self;
    (void)data;
    request->header_bytes += size * count;
    return request->header_bytes > HEADER_SIZE_MAX ? 0 : size * count;
}

static bool set_up(struct request *request)
{
    CURL *easy = request->easy;
    bool is_set = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    is_set = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)FX_WORKER_ORACLE_ANSWER_MS_MAX) ==
                 CURLE_OK &&
             is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS_MAX) == CURLE_OK &&
             is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_WRITEDATA, request) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_HEADERDATA, request) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_PRIVATE, request) == CURLE_OK && is_set;
    is_set = curl_easy_setopt(easy, CURLOPT_USERAGENT, "future-oracle") == CURLE_OK && is_set;
    return is_set;
}

fx_status fx_worker_oracle_fetch_create(uint32_t source_count,
                                        fx_worker_oracle_answer_fn on_answer,
                                        void *self,
                                        struct fx_worker_oracle_fetch **fetch_out)
{
    const size_t size =
        sizeof(struct fx_worker_oracle_fetch) + source_count * sizeof(struct request);
    struct fx_worker_oracle_fetch *fetch = calloc(1, size);
    if (fetch == NULL) {
        return FX_NO_MEMORY;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(fetch);
        return FX_NO_MEMORY;
    }
    fetch->on_answer = on_answer;
    fetch->self = self;
    fetch->count = source_count;
    fetch->multi = curl_multi_init();
    bool is_made = fetch->multi != NULL;
    for (uint32_t index = 0; index < source_count && is_made; index++) {
        struct request *request = &fetch->requests[index];
        request->fetch = fetch;
        request->source = index;
        fx_buf_init(&request->body, FX_WORKER_ORACLE_ANSWER_SIZE_MAX);
        request->easy = curl_easy_init();
        is_made = request->easy != NULL && set_up(request);
    }
    if (!is_made) {
        fx_worker_oracle_fetch_destroy(fetch);
        return FX_NO_MEMORY;
    }
    *fetch_out = fetch;
    return FX_OK;
}

void fx_worker_oracle_fetch_destroy(struct fx_worker_oracle_fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    for (uint32_t index = 0; index < fetch->count; index++) {
        struct request *request = &fetch->requests[index];
        if (request->is_asked) {
            (void)curl_multi_remove_handle(fetch->multi, request->easy);
        }
        if (request->easy != NULL) {
            curl_easy_cleanup(request->easy);
        }
        fx_buf_deinit(&request->body);
    }
    if (fetch->multi != NULL) {
        (void)curl_multi_cleanup(fetch->multi);
    }
    curl_global_cleanup();
    free(fetch);
}

bool fx_worker_oracle_fetch_ask(struct fx_worker_oracle_fetch *fetch,
                                uint32_t source,
                                const char *url)
{
    FX_ASSERT(source < fetch->count);
    struct request *request = &fetch->requests[source];
    if (request->is_asked || curl_easy_setopt(request->easy, CURLOPT_URL, url) != CURLE_OK) {
        return false;
    }
    request->body.size = 0;
    request->header_bytes = 0;
    request->is_asked = curl_multi_add_handle(fetch->multi, request->easy) == CURLM_OK;
    return request->is_asked;
}

static void finish(struct fx_worker_oracle_fetch *fetch, CURL *easy, CURLcode code)
{
    struct request *request = NULL;
    long status = 0;
    const bool is_known = curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&request) == CURLE_OK;
    FX_ASSERT(is_known && request != NULL);
    const bool is_good = code == CURLE_OK &&
                         curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
                         status == STATUS_OK;
    (void)curl_multi_remove_handle(fetch->multi, easy);
    request->is_asked = false;
    fetch->on_answer(
        fetch->self, request->source, is_good ? fx_buf_str(&request->body) : (fx_str){NULL, 0});
}

int fx_worker_oracle_fetch_step(struct fx_worker_oracle_fetch *fetch)
{
    int running = 0, left = 0, count = 0;
    if (curl_multi_perform(fetch->multi, &running) != CURLM_OK) {
        return 0;
    }
    for (const CURLMsg *message = curl_multi_info_read(fetch->multi, &left); message != NULL;
         message = curl_multi_info_read(fetch->multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            finish(fetch, message->easy_handle, message->data.result);
            count++;
        }
    }
    return count;
}

#include "cache/cache_redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "cache/cache_int.h"

enum {
    HASH_SIZE = 40, /* of a script: SHA-1 in hex */
    NUMBER_SIZE = 24,
    GONE_KEY_SIZE = FX_CACHE_KEY_SIZE_MAX + 16,
    MARKER_WORD = 16,
    MARKER_SIZE = 64,
    MARKER_US = 5000000, /* how often to look whether the server was emptied */
    PATTERN_SIZE = 2 * FX_CACHE_KEY_SIZE_MAX + 2
};

#define MARKER_SECONDS "3600" /* a process that ended leaves nothing for long */

enum tag {
    TAG_PUT = 1,
    TAG_DROP = 2,
    TAG_LOAD = 3,
    TAG_MARK = 4,
    TAG_CHECK = 5,
    TAG_GET = 6,
    TAG_SCAN = 7
};

/* Decimal texts of 64 bits do not fit Lua's numbers: the longer one is larger, else the later one
 * in the order of texts. A value of somebody else, without an operationId, never stands in the way;
 * the seed wrote it as a number. */
#define SCRIPT_COMMON                                                                              \
    "local function newer(a,b) if #a~=#b then return #a>#b end return a>b end "                    \
    "local old=redis.call('GET',KEYS[1]) "                                                         \
    "local id=old and string.match(old,'\"operationId\":\"?(%d+)') "                               \
    "local gone=redis.call('GET',KEYS[2]) "

/* KEYS: value, memory of the removal. ARGV: operationId, value, milliseconds. */
static const char PUT[] = SCRIPT_COMMON
    "if (id and newer(id,ARGV[1])) or (gone and not newer(ARGV[1],gone)) then return 0 end "
    "redis.call('SET',KEYS[1],ARGV[2],'PX',ARGV[3]) return 1";

/* KEYS: as above. ARGV: operationId, seconds to remember. */
static const char DROP[] = SCRIPT_COMMON
    "if (id and newer(id,ARGV[1])) or (gone and newer(gone,ARGV[1])) then return 0 end "
    "redis.call('DEL',KEYS[1]) redis.call('SET',KEYS[2],ARGV[1],'EX',ARGV[2]) return 1";

struct redis {
    struct fx_cache head;
    struct fx_cache_session *session;
    char put_hash[HASH_SIZE + 1];
    char drop_hash[HASH_SIZE + 1];
    char marker[MARKER_SIZE]; /* the key that is gone when everything is */
    bool is_checking;
    int64_t check_us;
    uint64_t connections; /* what the session had when the epoch rose last */
    char refusal[FX_CACHE_SESSION_ERROR_SIZE_MAX];
};

static struct redis *redis_of(struct fx_cache *cache)
{
    return (struct redis *)cache;
}

static fx_str number_str(uint64_t value, char text[NUMBER_SIZE])
{
    (void)snprintf(text, NUMBER_SIZE, "%llu", (unsigned long long)value);
    return fx_str_of(text);
}

static fx_str gone_key(fx_str key, char text[GONE_KEY_SIZE])
{
    (void)snprintf(text, GONE_KEY_SIZE, "future:gone:%.*s", (int)key.size, key.data);
    return fx_str_of(text);
}

static void on_hello(void *context, struct fx_cache_session *session)
{
    const struct redis *redis = context;
    const fx_str put[] = {FX_STR("SCRIPT"), FX_STR("LOAD"), fx_str_of(PUT)};
    const fx_str drop[] = {FX_STR("SCRIPT"), FX_STR("LOAD"), fx_str_of(DROP)};
    const fx_str mark[] = {
        FX_STR("SET"), fx_str_of(redis->marker), FX_STR("1"), FX_STR("EX"), FX_STR(MARKER_SECONDS)};
    fx_cache_session_hello(session, put, 3);
    fx_cache_session_hello(session, drop, 3);
    fx_cache_session_hello(session, mark, 5);
}

/* The server has forgotten the scripts (SCRIPT FLUSH): give them again, then the command. */
static void load_scripts(struct redis *redis)
{
    const fx_str put[] = {FX_STR("SCRIPT"), FX_STR("LOAD"), fx_str_of(PUT)};
    const fx_str drop[] = {FX_STR("SCRIPT"), FX_STR("LOAD"), fx_str_of(DROP)};
    if (fx_cache_session_append(redis->session, TAG_LOAD, put, 3) != FX_OK ||
        fx_cache_session_append(redis->session, TAG_LOAD, drop, 3) != FX_OK) {
        redis->head.stats.refused++; /* a full queue: the repeated command fails and comes again */
    }
}

static void on_checked(struct redis *redis, const struct fx_cache_session_reply *reply)
{
    redis->is_checking = false;
    if (reply->kind == FX_CACHE_REPLY_NUMBER && reply->number == 0) {
        const fx_str mark[] = {FX_STR("SET"),
                               fx_str_of(redis->marker),
                               FX_STR("1"),
                               FX_STR("EX"),
                               FX_STR(MARKER_SECONDS)};
        if (fx_cache_session_append(redis->session, TAG_MARK, mark, 5) == FX_OK) {
            redis->head.epoch++; /* else the next look finds it missing again */
        }
    }
}

static void on_found(struct redis *redis, const struct fx_cache_session_reply *reply)
{
    struct fx_cache_answer *answer = &redis->head.answer;
    if (!answer->is_open) {
        return; /* nobody waits any more */
    }
    answer->is_open = false;
    answer->status = reply->kind == FX_CACHE_REPLY_TEXT ? FX_OK : FX_NOT_FOUND;
    if (reply->kind == FX_CACHE_REPLY_ERROR) {
        answer->status = FX_IO;
    }
    fx_buf_append(&answer->text, reply->text);
}

static void on_scanned(struct redis *redis, const struct fx_cache_session_reply *reply)
{
    struct fx_cache_answer *answer = &redis->head.answer;
    if (!answer->is_open) {
        return;
    }
    answer->is_open = false;
    answer->status = FX_IO;
    if (reply->kind != FX_CACHE_REPLY_LIST || reply->count != 2) {
        return;
    }
    const struct fx_cache_session_reply cursor = fx_cache_session_item(reply, 0);
    const struct fx_cache_session_reply keys = fx_cache_session_item(reply, 1);
    if (keys.kind != FX_CACHE_REPLY_LIST ||
        !fx_str_copy(cursor.text, answer->cursor, sizeof answer->cursor)) {
        return;
    }
    for (uint32_t index = 0; index < keys.count; index++) {
        fx_cache_answer_key(&redis->head, fx_cache_session_item(&keys, index).text);
    }
    answer->status = FX_OK;
}

/* What a server says that takes no writes from us, whatever they are: it is full, cannot save, is a
 * replica, loads, has lost its replicas or its master, runs somebody's script, or has new rules. */
static bool is_refusal_of_all(fx_str text)
{
    static const char *const WORDS[] = {"OOM ",
                                        "MISCONF ",
                                        "READONLY ",
                                        "LOADING ",
                                        "NOREPLICAS ",
                                        "MASTERDOWN ",
                                        "CLUSTERDOWN ",
                                        "BUSY ",
                                        "NOPERM ",
                                        "NOAUTH "};
    /* At the beginning; within the words about a script (before Redis 7) behind a "-". */
    for (size_t from = 0; from != SIZE_MAX;) {
        const fx_str rest = fx_str_slice(text, from, SIZE_MAX);
        for (size_t index = 0; index < sizeof WORDS / sizeof WORDS[0]; index++) {
            if (fx_str_has_prefix(rest, fx_str_of(WORDS[index]))) {
                return true;
            }
        }
        from = fx_str_find(text, '-', from);
        from = from == SIZE_MAX ? SIZE_MAX : from + 1;
    }
    return false;
}

static enum fx_cache_session_verdict on_written(struct redis *redis,
                                                const struct fx_cache_session_reply *reply)
{
    if (reply->kind == FX_CACHE_REPLY_ERROR) {
        if (fx_str_has_prefix(reply->text, FX_STR("NOSCRIPT"))) {
            load_scripts(redis);
            return FX_CACHE_SESSION_AGAIN;
        }
        redis->head.stats.refused++;
        if (is_refusal_of_all(reply->text)) {
            return FX_CACHE_SESSION_LEAVE; /* and come back: then it is sent again */
        }
        (void)fx_str_copy(fx_str_slice(reply->text, 0, sizeof redis->refusal - 1),
                          redis->refusal,
                          sizeof redis->refusal);
        return FX_CACHE_SESSION_DONE;
    }
    redis->head.stats.written++;
    redis->head.stats.outdated += reply->number == 0 ? 1 : 0;
    return FX_CACHE_SESSION_DONE;
}

static enum fx_cache_session_verdict on_reply(void *context,
                                              uint32_t tag,
                                              const struct fx_cache_session_reply *reply)
{
    struct redis *redis = context;
    switch ((enum tag)tag) {
    case TAG_PUT:
    case TAG_DROP:
        return on_written(redis, reply);
    case TAG_CHECK:
        on_checked(redis, reply);
        break;
    case TAG_GET:
        on_found(redis, reply);
        break;
    case TAG_SCAN:
        on_scanned(redis, reply);
        break;
    case TAG_LOAD:
    case TAG_MARK:
    default:
        break;
    }
    return FX_CACHE_SESSION_DONE;
}

static void redis_close(struct fx_cache *cache)
{
    struct redis *redis = redis_of(cache);
    fx_cache_session_destroy(redis->session);
    fx_cache_deinit(cache);
    free(redis);
}

static fx_status redis_put(struct fx_cache *cache, const struct fx_cache_entry *entry)
{
    struct redis *redis = redis_of(cache);
    char operation[NUMBER_SIZE], ttl[NUMBER_SIZE], gone[GONE_KEY_SIZE];
    const fx_str arguments[] = {FX_STR("EVALSHA"),
                                fx_str_of(redis->put_hash),
                                FX_STR("2"),
                                entry->key,
                                gone_key(entry->key, gone),
                                number_str(entry->operation_id, operation),
                                entry->value,
                                number_str(entry->ttl_ms, ttl)};
    return fx_cache_session_append(redis->session, TAG_PUT, arguments, 8);
}

static fx_status redis_drop(struct fx_cache *cache, fx_str key, uint64_t operation_id)
{
    struct redis *redis = redis_of(cache);
    char operation[NUMBER_SIZE], seconds[NUMBER_SIZE], gone[GONE_KEY_SIZE];
    const fx_str arguments[] = {FX_STR("EVALSHA"),
                                fx_str_of(redis->drop_hash),
                                FX_STR("2"),
                                key,
                                gone_key(key, gone),
                                number_str(operation_id, operation),
                                number_str(FX_CACHE_GONE_SECONDS, seconds)};
    return fx_cache_session_append(redis->session, TAG_DROP, arguments, 7);
}

static fx_status redis_step(struct fx_cache *cache, int64_t now_us)
{
    struct redis *redis = redis_of(cache);
    const fx_status status = fx_cache_session_step(redis->session, now_us);
    const uint64_t connections = fx_cache_session_connections(redis->session);
    if (connections != redis->connections) {
        redis->connections = connections;
        cache->stats.connected = connections;
        cache->epoch++;
        redis->is_checking = false;
        redis->check_us = now_us + MARKER_US;
    }
    if (status == FX_OK && !redis->is_checking && now_us >= redis->check_us) {
        const fx_str keep[] = {
            FX_STR("EXPIRE"), fx_str_of(redis->marker), FX_STR(MARKER_SECONDS)}; /* 0: it is gone */
        redis->is_checking = fx_cache_session_append(redis->session, TAG_CHECK, keep, 3) == FX_OK;
        redis->check_us = now_us + MARKER_US;
    }
    return status;
}

static void redis_wait(const struct fx_cache *cache, int timeout_ms)
{
    const struct redis *redis = (const struct redis *)cache;
    fx_cache_session_wait(redis->session, timeout_ms);
}

static bool redis_is_idle(const struct fx_cache *cache)
{
    const struct redis *redis = (const struct redis *)cache;
    return fx_cache_session_is_idle(redis->session);
}

static uint64_t redis_queued(const struct fx_cache *cache, uint32_t *percent_out)
{
    const struct redis *redis = (const struct redis *)cache;
    const uint64_t commands = fx_cache_session_queued(redis->session);
    const uint64_t bytes = fx_cache_session_waiting(redis->session);
    const uint64_t by_count = commands * 100 / FX_CACHE_SESSION_COMMANDS_MAX;
    const uint64_t by_size = bytes * 100 / FX_CACHE_SESSION_QUEUE_SIZE_MAX;
    *percent_out = (uint32_t)(by_count > by_size ? by_count : by_size);
    return commands;
}

static fx_status redis_ask_get(struct fx_cache *cache, fx_str key)
{
    const fx_str arguments[] = {FX_STR("GET"), key};
    return fx_cache_session_append(redis_of(cache)->session, TAG_GET, arguments, 2);
}

/* The pattern that a prefix is: its own special characters mean themselves. */
static fx_str pattern_of(fx_str prefix, char text[PATTERN_SIZE])
{
    size_t size = 0;
    for (size_t index = 0; index < prefix.size; index++) {
        if (strchr("*?[]^\\", prefix.data[index]) != NULL) {
            text[size++] = '\\';
        }
        text[size++] = prefix.data[index];
    }
    text[size++] = '*';
    return (fx_str){text, size};
}

static fx_status redis_ask_scan(struct fx_cache *cache, fx_str prefix, fx_str cursor)
{
    char pattern[PATTERN_SIZE];
    const fx_str arguments[] = {FX_STR("SCAN"),
                                cursor,
                                FX_STR("MATCH"),
                                pattern_of(prefix, pattern),
                                FX_STR("COUNT"),
                                FX_STR("500")};
    return fx_cache_session_append(redis_of(cache)->session, TAG_SCAN, arguments, 6);
}

static const char *redis_error_text(const struct fx_cache *cache)
{
    const struct redis *redis = (const struct redis *)cache;
    const char *text = fx_cache_session_error(redis->session);
    return text[0] != '\0' ? text : redis->refusal;
}

static const struct fx_cache_ops OPS = {.close = redis_close,
                                        .put = redis_put,
                                        .drop = redis_drop,
                                        .step = redis_step,
                                        .wait = redis_wait,
                                        .is_idle = redis_is_idle,
                                        .queued = redis_queued,
                                        .ask_get = redis_ask_get,
                                        .ask_scan = redis_ask_scan,
                                        .error_text = redis_error_text};

static void hash_script(fx_str script, char hex_out[HASH_SIZE + 1])
{
    uint8_t digest[FX_CRYPTO_SHA1_SIZE];
    fx_crypto_sha1(script, digest);
    for (size_t index = 0; index < sizeof digest; index++) {
        (void)snprintf(&hex_out[2 * index], 3, "%02x", digest[index]);
    }
}

fx_status fx_cache_redis_open(const struct fx_cache_server *server, struct fx_cache **cache_out)
{
    struct redis *redis = calloc(1, sizeof *redis);
    uint64_t word = 0;
    if (redis == NULL) {
        return FX_NO_MEMORY;
    }
    const struct fx_cache_session_options options = {.server = *server,
                                                     .name = "future-cache",
                                                     .on_hello = on_hello,
                                                     .on_reply = on_reply,
                                                     .context = redis};
    fx_status status = fx_crypto_random(&word, sizeof word);
    if (status == FX_OK) {
        status = fx_cache_session_create(&options, &redis->session);
    }
    if (status != FX_OK) {
        free(redis);
        return status;
    }
    fx_cache_init(&redis->head, &OPS);
    (void)snprintf(redis->marker,
                   sizeof redis->marker,
                   "future:marker:%0*llx",
                   MARKER_WORD,
                   (unsigned long long)word);
    hash_script(fx_str_of(PUT), redis->put_hash);
    hash_script(fx_str_of(DROP), redis->drop_hash);
    *cache_out = &redis->head;
    return FX_OK;
}

#include "cache/cache_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/panic.h"
#include "cache/cache_link.h"

enum {
    READ_SIZE = 65536,
    CONSUME_SIZE = 1 << 20,
    READS_MAX = 16, /* in one step: others want to work too */
    PAUSE_US_MIN = 50000,
    PAUSE_US_MAX = 5000000,
    STEADY_US = 1000000, /* a connection that lasted so long was a good one */
    TIMEOUT_MS = 5000,
    HELLO_SIZE_MAX = 65536,
    COMMAND_MASK = FX_CACHE_SESSION_COMMANDS_MAX - 1,
    TAG_PING = UINT16_MAX
};

/* A command in the queue. */
struct command {
    uint32_t tag;
    uint32_t size;
};

struct fx_cache_session {
    struct fx_cache_session_options options;
    struct fx_cache_link *link; /* NULL between two tries */
    redisReader *reader;
    struct fx_buf hello; /* goes first on every connection */
    size_t hello_sent;
    uint32_t hello_count; /* answers that are still to come */
    uint32_t info_count;  /* … when the one to INFO is the next; 0: it was taken */
    uint32_t name_count;  /* … when the one to CLIENT SETNAME is; counted like that, too */
    struct fx_buf queue;  /* unanswered commands as sent */
    size_t answered;      /* bytes at its front that may go */
    size_t sent;          /* bytes at its front that were sent on this connection */
    struct command *commands;
    uint64_t first; /* numbers of the oldest unanswered command and behind the newest */
    uint64_t end;
    bool is_up;
    bool was_idle; /* nothing was owed at the end of the last step */
    uint64_t connections;
    int64_t retry_us;
    int64_t pause_us;
    int64_t up_us;    /* since when this connection is up */
    int64_t heard_us; /* when the server last said something, or owed nothing */
    fx_status status;
    char error[FX_CACHE_SESSION_ERROR_SIZE_MAX];
};

static const char NOT_YET[] = "not connected yet";

fx_status fx_cache_session_create(const struct fx_cache_session_options *options,
                                  struct fx_cache_session **session_out)
{
    FX_ASSERT(options->server.host != NULL && options->on_reply != NULL && options->name != NULL);
    struct fx_cache_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return FX_NO_MEMORY;
    }
    session->options = *options;
    if (session->options.server.timeout_ms == 0) {
        session->options.server.timeout_ms = TIMEOUT_MS;
    }
    session->commands = calloc(FX_CACHE_SESSION_COMMANDS_MAX, sizeof session->commands[0]);
    fx_buf_init(&session->hello, HELLO_SIZE_MAX);
    fx_buf_init(&session->queue, FX_CACHE_SESSION_QUEUE_SIZE_MAX);
    session->status = FX_BUSY;
    session->pause_us = PAUSE_US_MIN;
    (void)snprintf(session->error, sizeof session->error, "%s", NOT_YET);
    if (session->commands == NULL) {
        fx_cache_session_destroy(session);
        return FX_NO_MEMORY;
    }
    *session_out = session;
    return FX_OK;
}

static void drop_link(struct fx_cache_session *session)
{
    fx_cache_link_close(session->link);
    session->link = NULL;
    if (session->reader != NULL) {
        redisReaderFree(session->reader);
        session->reader = NULL;
    }
    session->is_up = false;
}

void fx_cache_session_destroy(struct fx_cache_session *session)
{
    if (session == NULL) {
        return;
    }
    drop_link(session);
    fx_buf_deinit(&session->hello);
    fx_buf_deinit(&session->queue);
    free(session->commands);
    free(session);
}

/* Leave the connection; the next try comes after a pause. */
static fx_status fail(struct fx_cache_session *session,
                      fx_status status, // NOLINT(bugprone-easily-swappable-parameters): an enum
                      fx_str text,
                      int64_t now_us)
{
    if (session->is_up && now_us - session->up_us > STEADY_US) {
        session->pause_us = PAUSE_US_MIN;
    }
    drop_link(session);
    session->status = status;
    (void)snprintf(session->error,
                   sizeof session->error,
                   "%.*s",
                   (int)(text.size < INT16_MAX ? text.size : INT16_MAX),
                   text.data);
    session->retry_us = now_us + session->pause_us;
    session->pause_us = session->pause_us * 2 < PAUSE_US_MAX ? session->pause_us * 2 : PAUSE_US_MAX;
    return status;
}

/* Append a command in the protocol's form. @return its size, 0 where there is no room. */
static size_t format(struct fx_buf *buf, const fx_str arguments[], uint32_t count)
{
    const char *texts[FX_CACHE_SESSION_ARGUMENTS_MAX];
    size_t sizes[FX_CACHE_SESSION_ARGUMENTS_MAX];
    char *bytes = NULL;
    FX_ASSERT(count > 0 && count <= FX_CACHE_SESSION_ARGUMENTS_MAX);
    for (uint32_t index = 0; index < count; index++) {
        texts[index] = arguments[index].size == 0 ? "" : arguments[index].data;
        sizes[index] = arguments[index].size;
    }
    const int size = redisFormatCommandArgv(&bytes, (int)count, texts, sizes);
    if (size <= 0) {
        return 0;
    }
    fx_buf_append(buf, (fx_str){bytes, (size_t)size});
    redisFreeCommand(bytes);
    if (buf->is_overflow) {
        buf->is_overflow = false; /* it is as it was before */
        return 0;
    }
    return (size_t)size;
}

static void push(struct fx_cache_session *session, uint32_t tag, size_t size)
{
    session->commands[session->end & COMMAND_MASK] =
        (struct command){.tag = tag, .size = (uint32_t)size};
    session->end++;
}

fx_status fx_cache_session_append(struct fx_cache_session *session,
                                  uint32_t tag,
                                  const fx_str arguments[],
                                  uint32_t count)
{
    FX_ASSERT(tag > 0 && tag < TAG_PING);
    if (session->end - session->first == FX_CACHE_SESSION_COMMANDS_MAX) {
        return FX_BUSY;
    }
    const size_t size = format(&session->queue, arguments, count);
    if (size == 0) {
        return FX_BUSY;
    }
    push(session, tag, size);
    return FX_OK;
}

void fx_cache_session_hello(struct fx_cache_session *session,
                            const fx_str arguments[],
                            uint32_t count)
{
    const size_t size = format(&session->hello, arguments, count);
    FX_ASSERT(size > 0);
    session->hello_count++;
}

static void say_hello(struct fx_cache_session *session)
{
    const struct fx_cache_server *server = &session->options.server;
    char database[16];
    fx_buf_clear(&session->hello);
    session->hello_sent = 0;
    session->hello_count = 0;
    session->sent = session->answered; /* what was not answered goes out again */
    if (server->password != NULL && server->password[0] != '\0') {
        const bool has_user = server->user != NULL && server->user[0] != '\0';
        const fx_str with_user[] = {
            FX_STR("AUTH"), fx_str_of(server->user), fx_str_of(server->password)};
        const fx_str without[] = {FX_STR("AUTH"), fx_str_of(server->password)};
        fx_cache_session_hello(session, has_user ? with_user : without, has_user ? 3 : 2);
    }
    const fx_str info[] = {FX_STR("INFO"), FX_STR("server")};
    fx_cache_session_hello(session, info, 2);
    if (server->database != 0) {
        (void)snprintf(database, sizeof database, "%u", server->database);
        const fx_str select[] = {FX_STR("SELECT"), fx_str_of(database)};
        fx_cache_session_hello(session, select, 2);
    }
    const fx_str name[] = {FX_STR("CLIENT"), FX_STR("SETNAME"), fx_str_of(session->options.name)};
    fx_cache_session_hello(session, name, 3);
    const uint32_t before = session->hello_count;
    if (session->options.on_hello != NULL) {
        session->options.on_hello(session->options.context, session);
    }
    session->name_count = session->hello_count - before + 1;
    session->info_count = session->name_count + (server->database != 0 ? 2 : 1);
}

static fx_status connect_step(struct fx_cache_session *session, int64_t now_us)
{
    fx_status status = FX_OK;
    if (session->link == NULL) {
        if (now_us < session->retry_us) {
            return session->status;
        }
        const struct fx_cache_link_options options = {.host = session->options.server.host,
                                                      .port = session->options.server.port,
                                                      .is_tls = session->options.server.is_tls,
                                                      .ca_file = session->options.server.ca_file};
        status = fx_cache_link_open(&options, &session->link);
        if (status == FX_BAD_PARAMETER) {
            return fail(session, status, FX_STR("the file of authorities cannot be read"), now_us);
        }
        if (status != FX_OK) {
            return fail(session, status, FX_STR("out of memory"), now_us);
        }
        session->reader = redisReaderCreate();
        if (session->reader == NULL) {
            return fail(session, FX_NO_MEMORY, FX_STR("out of memory"), now_us);
        }
        session->heard_us = now_us;
        say_hello(session);
    }
    status = fx_cache_link_step(session->link);
    if (status == FX_IO) {
        return fail(session, FX_IO, fx_str_of(fx_cache_link_error(session->link)), now_us);
    }
    return status;
}

static fx_status write_out(struct fx_cache_session *session, int64_t now_us)
{
    fx_status status = FX_OK;
    size_t size = 1;
    while (status == FX_OK && size > 0 && session->hello_sent < session->hello.size) {
        const fx_str rest =
            fx_str_slice(fx_buf_str(&session->hello), session->hello_sent, SIZE_MAX);
        status = fx_cache_link_write(session->link, rest, &size);
        session->hello_sent += size;
    }
    while (status == FX_OK && size > 0 && session->is_up && session->sent < session->queue.size) {
        const fx_str rest = fx_str_slice(fx_buf_str(&session->queue), session->sent, SIZE_MAX);
        status = fx_cache_link_write(session->link, rest, &size);
        session->sent += size;
    }
    if (status != FX_OK) {
        return fail(session, FX_IO, fx_str_of(fx_cache_link_error(session->link)), now_us);
    }
    return FX_OK;
}

static struct fx_cache_session_reply reply_of(const redisReply *raw)
{
    struct fx_cache_session_reply reply = {.kind = FX_CACHE_REPLY_NIL, .body = raw};
    switch (raw->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        reply.kind = FX_CACHE_REPLY_TEXT;
        reply.text = (fx_str){raw->str, (size_t)raw->len};
        break;
    case REDIS_REPLY_ERROR:
        reply.kind = FX_CACHE_REPLY_ERROR;
        reply.text = (fx_str){raw->str, (size_t)raw->len};
        break;
    case REDIS_REPLY_INTEGER:
        reply.kind = FX_CACHE_REPLY_NUMBER;
        reply.number = raw->integer;
        break;
    case REDIS_REPLY_ARRAY:
        reply.kind = FX_CACHE_REPLY_LIST;
        reply.count = (uint32_t)raw->elements;
        break;
    default:
        break;
    }
    return reply;
}

struct fx_cache_session_reply fx_cache_session_item(const struct fx_cache_session_reply *reply,
                                                    uint32_t index)
{
    FX_ASSERT(reply->kind == FX_CACHE_REPLY_LIST && index < reply->count);
    const redisReply *raw = reply->body;
    return reply_of(raw->element[index]);
}

/* What a subscriber is told: not an answer. */
static bool is_message(const struct fx_cache_session_reply *reply)
{
    if (reply->kind != FX_CACHE_REPLY_LIST || reply->count < 3) {
        return false;
    }
    const struct fx_cache_session_reply word = fx_cache_session_item(reply, 0);
    return fx_str_is_equal(word.text, FX_STR("message")) ||
           fx_str_is_equal(word.text, FX_STR("pmessage"));
}

/* Servers that speak RESP and cannot be what is wanted here, by what INFO says. */
static const char *unfit(fx_str info)
{
    static const struct {
        fx_str mode;
        const char *words;
    } MODES[] = {{{"redis_mode:sentinel", 19},
                  "this is a Sentinel: name the Redis that it watches (REDIS_HOST, REDIS_PORT)"},
                 {{"redis_mode:cluster", 18},
                  "this is a node of a Redis Cluster, which has no place for keys that change "
                  "together: name a single Redis"}};
    for (size_t index = 0; index < sizeof MODES / sizeof MODES[0]; index++) {
        if (memmem(info.data, info.size, MODES[index].mode.data, MODES[index].mode.size) != NULL) {
            return MODES[index].words;
        }
    }
    return NULL;
}

static fx_status take_hello(struct fx_cache_session *session,
                            const struct fx_cache_session_reply *reply,
                            int64_t now_us)
{
    const bool is_info = session->hello_count == session->info_count;
    const char *words = is_info && reply->kind == FX_CACHE_REPLY_TEXT ? unfit(reply->text) : NULL;
    if (words != NULL) {
        return fail(session, FX_IO, fx_str_of(words), now_us);
    }
    /* A user that may not ask what this is, or have a name, may still write. */
    const bool may_fail = (is_info || session->hello_count == session->name_count) &&
                          fx_str_has_prefix(reply->text, FX_STR("NOPERM"));
    if (reply->kind == FX_CACHE_REPLY_ERROR && !may_fail) {
        const bool is_refused = fx_str_has_prefix(reply->text, FX_STR("WRONGPASS")) ||
                                fx_str_has_prefix(reply->text, FX_STR("NOAUTH")) ||
                                fx_str_has_prefix(reply->text, FX_STR("ERR AUTH")) ||
                                fx_str_has_prefix(reply->text, FX_STR("NOPERM"));
        char text[FX_CACHE_SESSION_ERROR_SIZE_MAX];
        (void)fx_str_copy(fx_str_slice(reply->text, 0, sizeof text - 1), text, sizeof text);
        return fail(session, is_refused ? FX_BAD_CREDENTIALS : FX_IO, fx_str_of(text), now_us);
    }
    session->hello_count--;
    if (session->hello_count == 0) {
        session->is_up = true;
        session->connections++;
        session->up_us = now_us;
        session->status = FX_OK;
        session->error[0] = '\0';
    }
    return FX_OK;
}

/* Append the front command once more. @return false: no room. */
static bool repeat(struct fx_cache_session *session)
{
    const struct command command = session->commands[session->first & COMMAND_MASK];
    char *copy = session->end - session->first < FX_CACHE_SESSION_COMMANDS_MAX
                     ? fx_buf_reserve(&session->queue, command.size)
                     : NULL;
    if (copy == NULL) {
        session->queue.is_overflow = false; /* it is as it was before */
        return false;
    }
    memcpy(copy, &session->queue.data[session->answered], command.size);
    fx_buf_add(&session->queue, command.size);
    push(session, command.tag, command.size);
    return true;
}

/* The front command was answered. */
static void pop(struct fx_cache_session *session)
{
    session->answered += session->commands[session->first & COMMAND_MASK].size;
    session->first++;
    if (session->answered > session->queue.size / 2 || session->answered > CONSUME_SIZE) {
        fx_buf_consume(&session->queue, session->answered);
        session->sent -= session->answered;
        session->answered = 0;
    }
}

/* Leave a server for what it said; the front command stays the first one. */
static fx_status leave(struct fx_cache_session *session, fx_str words, int64_t now_us)
{
    char text[FX_CACHE_SESSION_ERROR_SIZE_MAX];
    (void)fx_str_copy(fx_str_slice(words, 0, sizeof text - 1), text, sizeof text);
    return fail(session, FX_IO, fx_str_of(text), now_us);
}

static fx_status take(struct fx_cache_session *session, const redisReply *raw, int64_t now_us)
{
    const struct fx_cache_session_reply reply = reply_of(raw);
    if (is_message(&reply)) {
        (void)session->options.on_reply(session->options.context, 0, &reply);
        return FX_OK;
    }
    if (session->hello_count > 0) {
        return take_hello(session, &reply, now_us);
    }
    if (session->first == session->end) {
        return fail(session, FX_IO, FX_STR("the server answered what nobody asked"), now_us);
    }
    const uint32_t tag = session->commands[session->first & COMMAND_MASK].tag;
    /* A server that is loading or has just become a replica says so to each command: come back. */
    if (reply.kind == FX_CACHE_REPLY_ERROR && (fx_str_has_prefix(reply.text, FX_STR("LOADING")) ||
                                               fx_str_has_prefix(reply.text, FX_STR("READONLY")) ||
                                               fx_str_has_prefix(reply.text, FX_STR("NOAUTH")))) {
        return leave(session, reply.text, now_us);
    }
    const enum fx_cache_session_verdict verdict =
        tag == TAG_PING ? FX_CACHE_SESSION_DONE
                        : session->options.on_reply(session->options.context, tag, &reply);
    if (verdict == FX_CACHE_SESSION_LEAVE) {
        return leave(session, reply.text, now_us);
    }
    if (verdict == FX_CACHE_SESSION_AGAIN && !repeat(session)) {
        return fail(session, FX_IO, FX_STR("no room to send a command again"), now_us);
    }
    pop(session);
    return FX_OK;
}

static fx_status take_all(struct fx_cache_session *session, int64_t now_us)
{
    fx_status status = FX_OK;
    while (status == FX_OK) {
        void *raw = NULL;
        if (redisReaderGetReply(session->reader, &raw) != REDIS_OK) {
            return fail(session, FX_IO, FX_STR("the server does not speak RESP"), now_us);
        }
        if (raw == NULL) {
            break;
        }
        status = take(session, raw, now_us);
        freeReplyObject(raw);
    }
    return status;
}

static fx_status read_in(struct fx_cache_session *session, int64_t now_us)
{
    char bytes[READ_SIZE];
    size_t size = 1;
    fx_status status = FX_OK;
    for (uint32_t turn = 0; turn < READS_MAX && size > 0 && status == FX_OK; turn++) {
        status = fx_cache_link_read(session->link, bytes, sizeof bytes, &size);
        if (status != FX_OK) {
            return fail(session, FX_IO, fx_str_of(fx_cache_link_error(session->link)), now_us);
        }
        if (size > 0) {
            session->heard_us = now_us;
            if (redisReaderFeed(session->reader, bytes, size) != REDIS_OK) {
                return fail(session, FX_NO_MEMORY, FX_STR("out of memory"), now_us);
            }
            status = take_all(session, now_us);
        }
    }
    return status;
}

/* Leave a server that owes an answer for too long; ask one that has been silent. */
static fx_status check_time(struct fx_cache_session *session, int64_t now_us)
{
    const int64_t timeout_us = (int64_t)session->options.server.timeout_ms * 1000;
    const bool is_owing = !session->is_up || session->first != session->end;
    if (is_owing && now_us - session->heard_us > timeout_us) {
        return fail(session, FX_IO, FX_STR("no answer in time"), now_us);
    }
    if (!is_owing && now_us - session->heard_us > timeout_us / 2) {
        const fx_str ping[] = {FX_STR("PING")};
        const size_t size = format(&session->queue, ping, 1);
        if (size > 0) {
            push(session, TAG_PING, size);
            session->heard_us = now_us;
        }
    }
    return FX_OK;
}

fx_status fx_cache_session_step(struct fx_cache_session *session, int64_t now_us)
{
    fx_status status = session->is_up ? FX_OK : connect_step(session, now_us);
    if (session->link == NULL) {
        return status;
    }
    if (status == FX_OK) {
        if (session->was_idle && session->first != session->end) {
            session->heard_us = now_us; /* the time to answer begins now */
        }
        status = write_out(session, now_us);
    }
    if (status == FX_OK) {
        status = read_in(session, now_us);
    }
    if (status == FX_OK) {
        status = write_out(session, now_us); /* what the answers allow: the queue behind a hello */
    }
    if (status == FX_OK || status == FX_BUSY) {
        const fx_status late = check_time(session, now_us);
        status = late == FX_OK ? status : late;
    }
    session->was_idle = session->first == session->end;
    if (status == FX_OK && !session->is_up) {
        return FX_BUSY;
    }
    return status;
}

void fx_cache_session_wait(const struct fx_cache_session *session, int timeout_ms)
{
    if (session->link == NULL) {
        struct timespec rest = {.tv_nsec = 1000000L * (timeout_ms < 10 ? timeout_ms : 10)};
        (void)nanosleep(&rest, NULL);
        return;
    }
    const bool wants_write = session->hello_sent < session->hello.size ||
                             (session->is_up && session->sent < session->queue.size);
    fx_cache_link_wait(session->link, wants_write, timeout_ms);
}

bool fx_cache_session_is_idle(const struct fx_cache_session *session)
{
    return session->first == session->end;
}

uint64_t fx_cache_session_connections(const struct fx_cache_session *session)
{
    return session->connections;
}

uint64_t fx_cache_session_queued(const struct fx_cache_session *session)
{
    return session->end - session->first;
}

size_t fx_cache_session_waiting(const struct fx_cache_session *session)
{
    return session->queue.size - session->answered;
}

const char *fx_cache_session_error(const struct fx_cache_session *session)
{
    return session->error;
}

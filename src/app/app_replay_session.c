#include "app/app_replay_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "net/net_client.h"

enum { TARGET_SIZE_MAX = 1024, HEADER_SIZE_MAX = 8192, BODY_SIZE_MAX = 4096 };

static const fx_str PREFIX = {"/api/v1", sizeof "/api/v1" - 1};

struct fx_app_replay_session {
    struct fx_net_client *client;
    struct fx_buf headers[FX_APP_REPLAY_SESSION_ACCOUNTS_MAX]; /* "Authorization: Bearer …" */
    struct fx_buf target;
    uint32_t account_count;
    struct fx_json json;
    char error[FX_APP_REPLAY_SESSION_ERROR_SIZE];
};

static fx_status fail(struct fx_app_replay_session *session, const char *what, fx_status status)
{
    (void)snprintf(session->error, sizeof session->error, "%s: %s", what, fx_status_text(status));
    return status;
}

/* ---- requests ---------------------------------------------------------------------------------
 */

fx_status fx_app_replay_session_send(struct fx_app_replay_session *session,
                                     const struct fx_app_replay_session_request *request)
{
    fx_buf_clear(&session->target);
    fx_buf_append(&session->target, PREFIX);
    fx_buf_append(&session->target, request->target);
    const struct fx_net_http_write_request written = {
        .method = fx_str_of(request->method),
        .target = fx_buf_str(&session->target),
        .content_type = request->body.size > 0 ? FX_STR("application/json") : FX_STR(""),
        .headers = request->account < session->account_count
                       ? fx_buf_str(&session->headers[request->account])
                       : FX_STR(""),
        .body = request->body};
    const fx_status status = session->target.is_overflow
                                 ? FX_URI_TOO_LONG
                                 : fx_net_client_send(session->client, &written);
    return status == FX_OK ? FX_OK : fail(session, "the request cannot be sent", status);
}

fx_status fx_app_replay_session_flush(struct fx_app_replay_session *session)
{
    const fx_status status = fx_net_client_flush(session->client);
    return status == FX_OK ? FX_OK : fail(session, "the connection is lost", status);
}

fx_status fx_app_replay_session_receive(struct fx_app_replay_session *session,
                                        struct fx_app_replay_session_answer *answer_out)
{
    const struct fx_net_http_client *response = NULL;
    const fx_status status = fx_net_client_receive(session->client, &response);
    if (status != FX_OK) {
        return fail(session, "the server does not answer", status);
    }
    *answer_out = (struct fx_app_replay_session_answer){response->code, response->body};
    return FX_OK;
}

fx_status fx_app_replay_session_call(struct fx_app_replay_session *session,
                                     const struct fx_app_replay_session_request *request,
                                     struct fx_app_replay_session_answer *answer_out)
{
    char what[TARGET_SIZE_MAX];
    fx_status status = fx_app_replay_session_send(session, request);
    if (status == FX_OK) {
        status = fx_app_replay_session_receive(session, answer_out);
    }
    if (status == FX_OK && (answer_out->code < 200 || answer_out->code > 299)) {
        (void)snprintf(what,
                       sizeof what,
                       "%s %.*s",
                       request->method,
                       (int)request->target.size,
                       request->target.data);
        fx_app_replay_session_fail(session, what, answer_out);
        status = answer_out->code == 401 ? FX_BAD_CREDENTIALS : FX_BAD_REQUEST;
    }
    return status;
}

const struct fx_json *fx_app_replay_session_json(struct fx_app_replay_session *session, fx_str body)
{
    const bool is_object = fx_json_parse(&session->json, body) == FX_OK &&
                           session->json.tokens[0].kind == FX_JSON_OBJECT;
    return is_object ? &session->json : NULL;
}

fx_str fx_app_replay_session_text(const struct fx_json *json, fx_str key)
{
    const struct fx_json_token *token =
        json == NULL ? NULL : fx_json_member(json, &json->tokens[0], key);
    const bool is_scalar =
        token != NULL && (token->kind == FX_JSON_STRING || token->kind == FX_JSON_NUMBER);
    return is_scalar ? token->text : (fx_str){NULL, 0};
}

void fx_app_replay_session_fail(struct fx_app_replay_session *session,
                                const char *what,
                                const struct fx_app_replay_session_answer *answer)
{
    if (answer == NULL) {
        (void)snprintf(session->error, sizeof session->error, "%s", what);
        return;
    }
    const struct fx_json *json = fx_app_replay_session_json(session, answer->body);
    const fx_str code = fx_app_replay_session_text(json, FX_STR("code"));
    const fx_str message = fx_app_replay_session_text(json, FX_STR("message"));
    (void)snprintf(session->error,
                   sizeof session->error,
                   "%s: the server answers %d %.*s%s%.*s",
                   what,
                   answer->code,
                   (int)code.size,
                   code.size == 0 ? "" : code.data,
                   message.size == 0 ? "" : ": ",
                   (int)message.size,
                   message.size == 0 ? "" : message.data);
}

const char *fx_app_replay_session_error(const struct fx_app_replay_session *session)
{
    return session->error;
}

uint32_t fx_app_replay_session_account_count(const struct fx_app_replay_session *session)
{
    return session->account_count;
}

/* ---- log in -----------------------------------------------------------------------------------
 */

/* Append a member with the text of a string token. */
static bool copy_member(const struct fx_json *json,
                        const struct fx_json_token *object,
                        fx_str key,
                        struct fx_buf *body)
{
    const struct fx_json_token *token = fx_json_member(json, object, key);
    if (token == NULL || token->kind != FX_JSON_STRING) {
        return false;
    }
    fx_json_append_key(body, key);
    fx_buf_append_byte(body, '"');
    fx_buf_append(body, token->text); /* as it is escaped there */
    fx_buf_append_byte(body, '"');
    return true;
}

static fx_status log_in(struct fx_app_replay_session *session, fx_str body)
{
    struct fx_app_replay_session_answer answer;
    const struct fx_app_replay_session_request request = {
        .account = UINT32_MAX, .method = "POST", .target = FX_STR("/auth/login"), .body = body};
    const fx_status status = fx_app_replay_session_call(session, &request, &answer);
    if (status != FX_OK) {
        return status;
    }
    const fx_str token = fx_app_replay_session_text(
        fx_app_replay_session_json(session, answer.body), FX_STR("accessToken"));
    struct fx_buf *headers = &session->headers[session->account_count];
    struct fx_buf value;
    fx_buf_init(&value, HEADER_SIZE_MAX);
    fx_buf_init(headers, HEADER_SIZE_MAX);
    fx_buf_append(&value, FX_STR("Bearer "));
    fx_buf_append(&value, token);
    const bool is_header =
        token.size > 0 && !value.is_overflow &&
        fx_net_http_write_header(headers, FX_STR("Authorization"), fx_buf_str(&value));
    fx_buf_deinit(&value);
    session->account_count++;
    return is_header ? FX_OK : fail(session, "POST /auth/login gives no token", FX_BAD_REQUEST);
}

static fx_status log_in_all(struct fx_app_replay_session *session, fx_str credentials)
{
    struct fx_json *json = calloc(1, sizeof *json); /* that of the session is for answers */
    if (json == NULL) {
        return FX_NO_MEMORY;
    }
    fx_status status = fx_json_parse(json, credentials);
    if (status != FX_OK || json->tokens[0].kind != FX_JSON_ARRAY || json->tokens[0].count < 2) {
        free(json);
        return fail(session,
                    "the credentials must be a JSON array of at least two {email, password}",
                    FX_BAD_FILE);
    }
    struct fx_buf body;
    fx_buf_init(&body, BODY_SIZE_MAX);
    for (uint32_t index = 0; index < json->tokens[0].count && status == FX_OK &&
                             index < FX_APP_REPLAY_SESSION_ACCOUNTS_MAX;
         index++) {
        const struct fx_json_token *user = fx_json_element(json, &json->tokens[0], index);
        fx_buf_clear(&body);
        fx_buf_append_byte(&body, '{');
        if (user->kind != FX_JSON_OBJECT || !copy_member(json, user, FX_STR("email"), &body) ||
            !copy_member(json, user, FX_STR("password"), &body)) {
            status = fail(session, "each of the credentials needs email and password", FX_BAD_FILE);
            break;
        }
        fx_buf_append_byte(&body, '}');
        status = log_in(session, fx_buf_str(&body));
    }
    if (body.data != NULL) {
        fx_crypto_wipe(body.data, body.capacity);
    }
    fx_buf_deinit(&body);
    free(json);
    return status;
}

/* ---- life -------------------------------------------------------------------------------------
 */

fx_status fx_app_replay_session_create(struct fx_app_replay_session **session_out)
{
    struct fx_app_replay_session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        return FX_NO_MEMORY;
    }
    fx_buf_init(&session->target, TARGET_SIZE_MAX);
    *session_out = session;
    return FX_OK;
}

fx_status fx_app_replay_session_open(
    struct fx_app_replay_session *session,
    // NOLINTNEXTLINE(bugprone-easily-swappable-parameters): URL, file
    fx_str url,
    fx_str credentials)
{
    char host[256];
    char what[320];
    uint16_t port = 0;
    fx_str path;
    fx_status status = fx_net_client_parse_url(url, host, &port, &path);
    if (status != FX_OK) {
        return fail(session, "--url must be like http://localhost:3000", status);
    }
    const struct fx_net_client_config config = {.host = host, .port = port};
    status = fx_net_client_open(&config, &session->client);
    if (status != FX_OK) {
        (void)snprintf(what, sizeof what, "no connection to %s:%u", host, (unsigned)port);
        return fail(session, what, status);
    }
    return log_in_all(session, credentials);
}

void fx_app_replay_session_close(struct fx_app_replay_session *session)
{
    if (session == NULL) {
        return;
    }
    fx_net_client_close(session->client);
    for (uint32_t index = 0; index < session->account_count; index++) {
        struct fx_buf *headers = &session->headers[index];
        if (headers->data != NULL) {
            fx_crypto_wipe(headers->data, headers->capacity);
        }
        fx_buf_deinit(headers);
    }
    fx_buf_deinit(&session->target);
    free(session);
}

#include "push/push_auth.h"

#include "net/net_http_query.h"
#include "push/push.h"

static const struct fx_push_auth BAD = {.verdict = FX_PUSH_AUTH_BAD};

static fx_str without_scheme(fx_str token)
{
    const fx_str scheme = FX_STR("Bearer ");
    if (fx_str_is_equal_nocase(fx_str_slice(token, 0, scheme.size), scheme)) {
        token = fx_str_slice(token, scheme.size, token.size);
    }
    return fx_str_trim(token);
}

static bool is_admitted(const struct fx_push_auth_judge *judge, const struct fx_jwt_claims *claims)
{
    return judge->admits == NULL || judge->admits(judge->admits_self, claims);
}

/* A token that was verified before costs no RSA and passes the address's limit, as in REST. */
static fx_status verify(const struct fx_push_auth_judge *judge,
                        fx_str token,
                        struct fx_jwt_claims *claims)
{
    const struct fx_push_strangers *strangers = judge->strangers;
    if (judge->cache != NULL &&
        fx_jwt_recall(judge->jwt, judge->cache, NULL, token, judge->now_s, claims)) {
        return FX_OK;
    }
    if (strangers != NULL && strangers->may_try != NULL &&
        !strangers->may_try(strangers->self, judge->peer)) {
        return FX_RATE_LIMITED;
    }
    return judge->cache == NULL
               ? fx_jwt_verify(judge->jwt, token, judge->now_s, claims)
               : fx_jwt_verify_cached(judge->jwt, judge->cache, token, judge->now_s, claims);
}

struct fx_push_auth fx_push_auth_of_token(const struct fx_push_auth_judge *judge, fx_str token)
{
    const struct fx_push_strangers *strangers = judge->strangers;
    struct fx_jwt_claims claims = {0};
    token = without_scheme(token);
    if (token.size == 0) {
        return (struct fx_push_auth){0};
    }
    const fx_status status = verify(judge, token, &claims);
    if (status == FX_RATE_LIMITED) {
        return (struct fx_push_auth){.verdict = FX_PUSH_AUTH_LIMITED};
    }
    if (status != FX_OK || !is_admitted(judge, &claims)) {
        if (strangers != NULL && strangers->on_wrong != NULL) {
            strangers->on_wrong(strangers->self, judge->peer);
        }
        return BAD;
    }
    return (struct fx_push_auth){.verdict = FX_PUSH_AUTH_GOOD,
                                 .user_id = claims.user_id,
                                 .expires_at_s = claims.expires_at_s,
                                 .claims = claims};
}

struct fx_push_auth fx_push_auth_again(const struct fx_push_auth_judge *judge,
                                       const struct fx_push_auth *auth)
{
    const bool is_void = auth->verdict == FX_PUSH_AUTH_GOOD &&
                         (auth->expires_at_s <= judge->now_s || !is_admitted(judge, &auth->claims));
    return is_void ? BAD : *auth;
}

static struct fx_push_auth of_query(const struct fx_push_auth_judge *judge, fx_str query)
{
    fx_str token = {0};
    fx_buf_clear(judge->scratch);
    const fx_status status = fx_net_http_query_find(query, FX_STR("token"), judge->scratch, &token);
    if (status == FX_NOT_FOUND) {
        return (struct fx_push_auth){0};
    }
    return status == FX_OK ? fx_push_auth_of_token(judge, token) : BAD;
}

struct fx_push_auth fx_push_auth_of_request(const struct fx_push_auth_judge *judge,
                                            const struct fx_net_http_request *request)
{
    const struct fx_push_auth auth = of_query(judge, request->query);
    if (auth.verdict != FX_PUSH_AUTH_NONE) {
        return auth;
    }
    return fx_push_auth_of_token(judge, fx_net_http_value(request, FX_STR("authorization")));
}

struct fx_push_auth fx_push_auth_of_connect(const struct fx_push_auth_judge *judge,
                                            const struct fx_json *json,
                                            fx_str query)
{
    if (json != NULL) {
        const struct fx_json_token *token = fx_json_member(json, &json->tokens[0], FX_STR("token"));
        if (token != NULL && token->kind != FX_JSON_NULL) {
            const bool is_plain = token->kind == FX_JSON_STRING && !token->is_escaped;
            const struct fx_push_auth auth =
                is_plain ? fx_push_auth_of_token(judge, token->text) : BAD;
            if (auth.verdict != FX_PUSH_AUTH_NONE) {
                return auth;
            }
        }
    }
    return of_query(judge, query);
}

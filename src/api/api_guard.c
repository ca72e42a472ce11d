/* Who may call: tokens or API keys, and the rights of their users.
 *
 * A token (its signature is checked once and then remembered) or a signed request says who; the
 * store says whether that user may do anything. The answer of the store is kept for a short while,
 * so a lock reaches every process within USER_TTL_MS. While the store does not answer, what it said
 * last holds, for USER_GRACE_MS: orders need the log, not the database. */
#include <stdlib.h>
#include <string.h>

#include "api/api_int.h"
#include "api/api_rate_int.h"
#include "api/api_revoke_int.h"
#include "store/store_user.h"

enum {
    USER_TTL_MS = 1000,
    USER_GRACE_MS = 600000,
    US_PER_S = 1000000,
    USERS_MASK = 8191,
    MEMOS_MASK = 1023,
    HTTP_UNAUTHORIZED = 401
};

/* An entry of the user cache. */
struct fx_api_guard_entry {
    struct fx_api_user user;
    int64_t until_ms;
};

/* The token that a connection showed last. */
struct fx_api_guard_memo {
    uint64_t connection;
    struct fx_jwt_memo token;
};

static fx_str bearer_of(fx_str value)
{
    const fx_str scheme = FX_STR("Bearer ");
    if (value.size <= scheme.size ||
        !fx_str_is_equal_nocase(fx_str_slice(value, 0, scheme.size), scheme)) {
        return (fx_str){0};
    }
    return fx_str_trim(fx_str_slice(value, scheme.size, value.size - scheme.size));
}

fx_status fx_api_guard_admits(const struct fx_rows_user *user)
{
    if (user->is_locked) {
        return FX_USER_LOCKED;
    }
    const bool is_active = fx_str_is_equal_nocase(fx_str_of(user->status), FX_STR("ACTIVE"));
    return is_active ? FX_OK : FX_USER_INACTIVE;
}

static fx_status load_user(struct fx_api *api, uint64_t user_id, struct fx_api_guard_entry *entry)
{
    struct fx_rows_user row;
    const fx_status status = fx_store_user_find(api->options.reader, user_id, &row);
    if (status != FX_OK) {
        return status;
    }
    entry->user.id = user_id;
    entry->user.refusal = fx_api_guard_admits(&row);
    entry->user.is_restricted = strcmp(row.user_type, "RESTRICTED") == 0;
    entry->user.tokens_from_s = row.tokens_from_us / US_PER_S;
    entry->user.is_admin = fx_str_is_equal_nocase(fx_str_of(row.role), FX_STR("admin"));
    entry->user.is_trade_allowed = row.allow_trade;
    entry->user.is_maker = row.is_market_maker || row.is_bot;
    entry->until_ms = fx_net_server_now_ms(api->options.server) + USER_TTL_MS;
    return FX_OK;
}

static fx_status find_user(struct fx_api *api, uint64_t user_id, struct fx_api_user *user_out)
{
    struct fx_api_guard_entry *entry = &api->users[user_id & USERS_MASK];
    const int64_t now_ms = fx_net_server_now_ms(api->options.server);
    if (entry->user.id != user_id || entry->until_ms <= now_ms) {
        const fx_status status = load_user(api, user_id, entry);
        const bool is_in_grace = fx_status_is_retryable(status) && entry->user.id == user_id &&
                                 now_ms < entry->until_ms + USER_GRACE_MS;
        if (status != FX_OK && !is_in_grace) {
            return status == FX_NOT_FOUND ? FX_BAD_TOKEN : status;
        }
    }
    *user_out = entry->user;
    return FX_OK;
}

static fx_status identify_by_key(struct fx_api_call *call)
{
    uint64_t user_id = 0;
    fx_str key = {0};
    if (!fx_net_http_find(call->request, FX_STR("apikey"), &key)) {
        return FX_UNAUTHORIZED;
    }
    fx_status status = fx_api_rate_admit(call);
    if (status == FX_OK) {
        status = fx_api_key_check(call, &user_id);
    }
    return status == FX_OK ? find_user(call->api, user_id, &call->user) : status;
}

/* True where a header that says who somebody is comes twice: two programs could read it
 * differently. */
static bool is_ambiguous(const struct fx_net_http_request *request)
{
    static const char *const NAMES[] = {"authorization", "apikey", "signature", "timestamp"};
    for (size_t name = 0; name < sizeof NAMES / sizeof NAMES[0]; name++) {
        uint32_t count = 0;
        for (uint32_t index = 0; index < request->header_count; index++) {
            count += fx_str_is_equal_nocase(request->headers[index].name, fx_str_of(NAMES[name]));
        }
        if (count > 1) {
            return true;
        }
    }
    return false;
}

/* A client of many requests shows the same token with each of them. The number of a connection is
 * given once. */
static struct fx_jwt_memo *memo_of(const struct fx_api_call *call)
{
    if (call->connection == 0) {
        return NULL;
    }
    struct fx_api_guard_memo *memo = &call->api->memos[call->connection & MEMOS_MASK];
    if (memo->connection != call->connection) {
        memo->connection = call->connection;
        memo->token.size = 0;
    }
    return &memo->token;
}

/* A token that was verified before costs no RSA and passes the address's limit. */
static fx_status identify_by_token(struct fx_api_call *call, fx_str token)
{
    const struct fx_api_options *options = &call->api->options;
    const int64_t now_s = options->wall_us(options->clock_self) / US_PER_S;
    struct fx_jwt_claims claims;
    if (!fx_jwt_recall(options->jwt, options->jwt_cache, memo_of(call), token, now_s, &claims)) {
        fx_status status = fx_api_rate_admit(call);
        if (status == FX_OK) {
            status = fx_jwt_verify_cached(options->jwt, options->jwt_cache, token, now_s, &claims);
        }
        if (status != FX_OK) {
            return status;
        }
    }
    const fx_status status = find_user(call->api, claims.user_id, &call->user);
    const bool is_void = status == FX_OK && fx_api_revoke_has(call->api, &claims, &call->user);
    return is_void ? FX_TOKEN_REVOKED : status;
}

static fx_status identify(struct fx_api_call *call)
{
    fx_str value = {0};
    if (is_ambiguous(call->request)) {
        return FX_BAD_REQUEST;
    }
    if (!fx_net_http_find(call->request, FX_STR("authorization"), &value)) {
        return identify_by_key(call);
    }
    const fx_str token = bearer_of(value);
    if (token.size == 0) {
        return FX_BAD_TOKEN;
    }
    return identify_by_token(call, token);
}

fx_status fx_api_guard_check(struct fx_api_call *call)
{
    if (call->route->guard == FX_API_GUARD_PUBLIC) {
        return FX_OK;
    }
    const fx_status status = identify(call);
    if (fx_status_http(status) == HTTP_UNAUTHORIZED) {
        fx_api_rate_failed(call);
    }
    if (status != FX_OK) {
        return status;
    }
    if (call->user.refusal != FX_OK) {
        return call->user.refusal;
    }
    if (call->user.is_restricted && call->route->scope == FX_API_SCOPE_TRANSFER) {
        call->error.message = FX_STR("a restricted user moves no money out");
        return FX_FORBIDDEN;
    }
    if (call->route->guard == FX_API_GUARD_ADMIN && !call->user.is_admin) {
        return FX_FORBIDDEN;
    }
    return FX_OK;
}

fx_status fx_api_guard_user(struct fx_api *api, uint64_t user_id, struct fx_api_user *user_out)
{
    const fx_status status = find_user(api, user_id, user_out);
    return status == FX_OK ? user_out->refusal : status;
}

fx_status fx_api_guard_check_claims(struct fx_api *api, const struct fx_jwt_claims *claims)
{
    struct fx_api_user user;
    const fx_status status = find_user(api, claims->user_id, &user);
    if (status != FX_OK) {
        return status;
    }
    if (fx_api_revoke_has(api, claims, &user)) {
        return FX_TOKEN_REVOKED;
    }
    return user.refusal;
}

fx_status fx_api_guard_init(struct fx_api *api)
{
    api->users = calloc(USERS_MASK + 1, sizeof *api->users);
    api->memos = calloc(MEMOS_MASK + 1, sizeof *api->memos);
    return api->users == NULL || api->memos == NULL ? FX_NO_MEMORY : FX_OK;
}

void fx_api_guard_deinit(struct fx_api *api)
{
    free(api->users);
    if (api->memos != NULL) {
        fx_crypto_wipe(api->memos, (MEMOS_MASK + 1) * sizeof *api->memos);
    }
    free(api->memos);
}

void fx_api_guard_forget(struct fx_api *api, uint64_t user_id)
{
    api->users[user_id & USERS_MASK].user.id = 0;
}

/**
 * @file push_auth.h
 * Who a client is: the token of a handshake or of a CONNECT, from all the places clients put it.
 *
 * The first place that has a token decides: CONNECT payload `token`, query of the namespace, query
 * of the handshake, Authorization header. Tokens are neither kept nor logged. Thread: the
 * gateway's.
 */
#ifndef FX_PUSH_PUSH_AUTH_H
#define FX_PUSH_PUSH_AUTH_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/jwt.h"
#include "base/str.h"
#include "net/net_http.h"

enum fx_push_auth_verdict {
    FX_PUSH_AUTH_NONE = 0, /* no token was given */
    FX_PUSH_AUTH_GOOD = 1,
    FX_PUSH_AUTH_BAD = 2,
    FX_PUSH_AUTH_LIMITED = 3 /* not looked at: too many wrong ones came from there */
};

struct fx_push_strangers;

/** Zeroed: nobody. */
struct fx_push_auth {
    enum fx_push_auth_verdict verdict;
    uint64_t user_id;            /* GOOD only, never 0 */
    int64_t expires_at_s;        /* GOOD only */
    struct fx_jwt_claims claims; /* GOOD only */
};

/** What is needed to judge. `cache` may be NULL. `scratch` is overwritten. */
struct fx_push_auth_judge {
    struct fx_jwt *jwt;
    struct fx_jwt_cache *cache;
    struct fx_buf *scratch;
    int64_t now_s;
    bool (*admits)(void *self, const struct fx_jwt_claims *claims); /* NULL: all that are genuine */
    void *admits_self;
    const struct fx_push_strangers *strangers; /* NULL: nobody counts wrong tokens; see push.h */
    fx_str peer;                               /* who shows it */
};

/** Judge a token; "Bearer " before it is skipped; empty is NONE. */
struct fx_push_auth fx_push_auth_of_token(const struct fx_push_auth_judge *judge, fx_str token);

/** Judge again what was GOOD before: it may have expired or been called back meanwhile. */
struct fx_push_auth fx_push_auth_again(const struct fx_push_auth_judge *judge,
                                       const struct fx_push_auth *auth);

/** Judge a handshake: the query's `token`, else the Authorization header. */
struct fx_push_auth fx_push_auth_of_request(const struct fx_push_auth_judge *judge,
                                            const struct fx_net_http_request *request);

/** Judge a CONNECT: `json` is its payload (NULL: none), `query` that of its namespace. */
struct fx_push_auth fx_push_auth_of_connect(const struct fx_push_auth_judge *judge,
                                            const struct fx_json *json,
                                            fx_str query);

#endif

/**
 * @file api.h
 * The REST interface: routes, guards, answers. One object per process, in the gateway's thread.
 *
 * A request that changes something becomes one command; its answer is written when the command's
 * RESULT event comes back, which is after it is durable (A1). Reads are answered from view, market
 * and store. Thread: the gateway's, all of it; passwords and refresh tokens are worked
 * on in bounded threads inside.
 */
#ifndef FX_API_API_H
#define FX_API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/jwt.h"
#include "base/seal.h"
#include "base/status.h"
#include "market/market.h"
#include "model/command.h"
#include "model/event.h"
#include "model/proof.h"
#include "net/net_server.h"
#include "store/store.h"
#include "store/store_api_key.h"
#include "view/view.h"

/** Where commands go. */
struct fx_api_intake {
    bool (*submit)(void *self, uint64_t token, const struct fx_command *command); /* false: full */
    /* The same for a command of a signed request, where is_shared: whatever it does it does once,
     * though it be sent to each process. */
    bool (*submit_proved)(void *self,
                          uint64_t token,
                          const struct fx_command *command,
                          const struct fx_proof *proof);
    void (*wake)(void *self); /* after the submits of one loop turn */
    /* How full the fullest queue on the way to the answers is, 0..100; NULL: never full. */
    uint32_t (*load_percent)(void *self);
    void *self;
};

/** Where answers to fx_api_on_stream() go: `body` is JSON, borrowed. It may be called from inside.
 */
struct fx_api_stream {
    void (*answer)(void *self, uint64_t ticket, int http_status, fx_str body);
    void *self;
};

/** A request that came by another way than HTTP, of a user who is known already. */
struct fx_api_stream_request {
    enum fx_net_http_method method;
    fx_str path; /* "/api/v1/order" */
    fx_str query;
    fx_str body; /* JSON; empty: none */
    fx_str peer;
    uint64_t user_id;
    uint64_t key_id; /* 0: a token */
    bool is_trade_allowed;
    uint64_t ticket; /* never 0 */
};

/** What a stream shows of an API key: HMAC-SHA256 (or Ed25519) in hex of "GET/realtime" and
 * `expires`, ms since 1970, which must be ahead by a minute at most. */
struct fx_api_key_claim {
    fx_str key;
    fx_str expires;
    fx_str signature;
    fx_str peer;
};

struct fx_api_key_owner {
    uint64_t user_id;
    uint64_t key_id;
    bool is_read_allowed;
    bool is_trade_allowed;
};

typedef int64_t (*fx_api_clock_fn)(void *self);

/** Weight per second that a caller may ask for; 0: no limit. docs/protocol/limits.md. */
struct fx_api_rates {
    uint32_t orders;       /* of a user: orders and amends */
    uint32_t cancels;      /* of a user: cancels and orders that only reduce */
    uint32_t reads;        /* of a user; of an address, where no user is known */
    uint32_t logins;       /* of an address: logins, refreshes, registrations */
    uint32_t failures;     /* of an address: tokens and signatures that are wrong */
    uint32_t key_percent;  /* [100] of its user's rate that one API key may use */
    uint32_t maker_factor; /* times as much for market makers and bots; 0: no limit for them */
    uint32_t login_free;   /* wrong passwords of an account that cost no wait; 0: none ever does */
    uint32_t ban_strikes;  /* refused requests until a ban; 0: never */
    bool is_loopback_free; /* addresses of this machine are not counted: a proxy may be there */
};

struct fx_api_options {
    struct fx_net_server *server;
    const struct fx_view *view;
    const struct fx_market *market;
    struct fx_store *reader;  /* the API's own connection */
    struct fx_store *reports; /* the same for lists, which may lag behind; NULL: reader */
    struct fx_store *writer;  /* durable, another connection: used by one thread of the API and by
                                 nobody else until destroy; NULL: no refresh tokens */
    struct fx_jwt *jwt;
    struct fx_jwt_cache *jwt_cache;
    bool is_shared; /* other processes have the same tables: what they call back is learnt */
    bool is_registration_open;  /* [false] strangers may make themselves users */
    const struct fx_seal *seal; /* for secrets at rest; NULL: no new HMAC keys, no second factors */
    struct fx_api_intake intake;
    struct fx_api_stream stream;
    fx_api_clock_fn wall_us; /* the time of day */
    void *clock_self;
    /** Tokens of this user are void: close what fx_api_admits() admits no more. NULL: nobody to
     * tell. */
    void (*on_revoked)(void *self, uint64_t user_id);
    void *revoked_self;
    uint32_t access_ttl_s;     /* [600] */
    uint32_t refresh_ttl_s;    /* [2,592,000] from the login, however often renewed */
    uint32_t refresh_idle_s;   /* [604,800] from the last renewal */
    uint32_t password_cost;    /* [11] for unknown users */
    uint32_t password_threads; /* [1] */
    uint32_t password_queue;   /* [64] logins waiting; more: 503 */
    uint32_t pending_max;      /* [65,536] commands waiting for their RESULT; more: 503 */
    struct fx_api_rates rates;
    const char *origins;   /* [NULL: any] whose pages may read answers: net_origin.h */
    uint32_t shed_percent; /* [50] of a queue, above which nothing that opens is taken: 503 */
    uint32_t wait_ms_max;  /* [10,000] then 504 TIMEOUT, executed "unknown" */
};

struct fx_api;

/** Figures since the start. */
struct fx_api_stats {
    uint64_t limited;      /* 429: over a rate, banned, or waiting after wrong passwords */
    uint64_t bans;         /* begun */
    uint64_t shed;         /* 503: opened while a queue was too full */
    uint32_t pending;      /* commands that wait for their RESULT, now */
    uint32_t load_percent; /* of the fullest queue, now */
};

/** Make it. Everything in `options` is kept. @return OK; NO_MEMORY; INTERNAL. Gives. */
FX_MUST_USE fx_status fx_api_create(const struct fx_api_options *options, struct fx_api **api_out);

/** Join the threads inside, which wake the server: call it before the server is destroyed. Accepts
 * NULL. */
void fx_api_stop(struct fx_api *api);

/** Free it; the server no longer runs. Accepts NULL. */
void fx_api_destroy(struct fx_api *api);

/** Other rates from now on: what callers have taken stays taken, bans go on. */
void fx_api_set_rates(struct fx_api *api, const struct fx_api_rates *rates);

/** True where the path belongs to the API (/api/v1/…). */
bool fx_api_owns(const struct fx_net_http_request *request);

/** Answer a request now or later. */
void fx_api_on_request(struct fx_api *api, const struct fx_net_server_call *call);

/**
 * The route behind the label that on_request gives its requests (fx_net_server_label): "GET" and
 * "/order/:id". Labels count from 1. @return false beyond the last. Thread: any.
 */
bool fx_api_label(uint32_t label, fx_str *method_out, fx_str *path_out);

/** Answer a request for trading that came by a stream: the same routes, rights and limits. */
void fx_api_on_stream(struct fx_api *api, const struct fx_api_stream_request *request);

/** Judge a stream's API key. @return OK; BAD_SIGNATURE; TIMESTAMP_OUT_OF_WINDOW; API_KEY_EXPIRED;
 * FORBIDDEN (address); USER_LOCKED; RATE_LIMITED; IO. */
FX_MUST_USE fx_status fx_api_key_check_claim(struct fx_api *api,
                                             const struct fx_api_key_claim *claim,
                                             struct fx_api_key_owner *owner_out);

/** The same for a key that was good before: signature and moment are not read. @return also
 * NOT_FOUND. */
FX_MUST_USE fx_status fx_api_key_renew(struct fx_api *api,
                                       const struct fx_api_key_claim *claim,
                                       struct fx_api_key_owner *owner_out);

/** The client went away: its pending answer is dropped, its command is not. */
void fx_api_on_hangup(struct fx_api *api, struct fx_net_server_token token);

/**
 * Say a refusal of the HTTP codec as every other error is said: headers and body are appended. An
 * fx_net_server_handler's on_refusal.
 */
void fx_api_on_refusal(struct fx_api *api,
                       fx_status status,
                       struct fx_buf *headers,
                       struct fx_buf *body);

/** Every released event, after view and market have folded it: a RESULT with our token is an
 * answer. */
void fx_api_on_event(struct fx_api *api, const struct fx_event *event);

/** In the loop after fx_net_server_async(): finished password checks become answers. */
void fx_api_on_async(struct fx_api *api);

/**
 * Seal the secret of a key (bound to key->key) into key->secret. @return OK; NO_MEMORY; IO;
 * BAD_PARAMETER (too long). Thread: any.
 */
FX_MUST_USE fx_status fx_api_key_seal(const struct fx_seal *seal,
                                      struct fx_store_api_key *key,
                                      fx_str secret);

/** May a client with this (verified) token do anything? For other doors than REST. */
bool fx_api_admits(struct fx_api *api, const struct fx_jwt_claims *claims);

/** May this address show one more token that was not verified before? And: it was a wrong one.
 * For other doors than REST; the limit is the same one. */
bool fx_api_may_try(struct fx_api *api, fx_str peer);
void fx_api_note_wrong(struct fx_api *api, fx_str peer);

/** An account of this user exists: no new user may get this id or a smaller one (the table of users
 * may have been lost). Called for each account that is folded, those of a dump too. */
void fx_api_reserve_user(struct fx_api *api, uint64_t user_id);

/** Now and then (about each 100 ms): time out what waits too long. */
void fx_api_tick(struct fx_api *api);

/** For metrics. */
void fx_api_stats(const struct fx_api *api, struct fx_api_stats *stats_out);

#endif

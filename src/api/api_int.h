/**
 * @file api_int.h
 * The workshop of the api room: the object, one request on its way, and what the files share.
 * Thread: the gateway's.
 */
#ifndef FX_API_API_INT_H
#define FX_API_API_INT_H

#include "api/api.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/table.h"
#include "model/rows.h"
#include "net/net_http_query.h"
#include "store/store.h"
#include "store/store_session.h"
#include "wire/wire_public.h"

enum {
    FX_API_REQUEST_ID_SIZE_MAX = 64,
    FX_API_ORDER_BODY_SIZE_MAX = 4096,
    FX_API_BODY_SIZE_MAX = 64 * 1024,
    FX_API_LIST_MAX = FX_STORE_LIMIT_MAX,
    FX_API_LIST_DEFAULT = 100,
    FX_API_PAIRS_MAX = 32,
    FX_API_ENROLL_CHAINS_MAX = 256,
    FX_API_TEXTS_SIZE_MAX = 64 * 1024, /* unescaped texts of one body */
    FX_API_REPLY_SIZE_MAX = 16 << 20
};

enum fx_api_guard { FX_API_GUARD_PUBLIC = 1, FX_API_GUARD_USER = 2, FX_API_GUARD_ADMIN = 3 };

/** What an API key must be allowed for a route. */
enum fx_api_scope {
    FX_API_SCOPE_NONE = 1,
    FX_API_SCOPE_READ = 2,
    FX_API_SCOPE_WRITE = 3,
    FX_API_SCOPE_TRADE = 4,
    FX_API_SCOPE_TRANSFER = 5,
    FX_API_SCOPE_ADMIN = 6,
    FX_API_SCOPE_SESSION = 7, /* no key at all: a login token */
    FX_API_SCOPE_REDUCE = 8   /* as TRADE; the route only cancels or closes */
};

enum fx_api_body {
    FX_API_BODY_NONE = 1,
    FX_API_BODY_OPTIONAL = 2,
    FX_API_BODY_JSON = 3,
    FX_API_BODY_ORDER = 4
};

/** How much is left in the bucket that a request took from. */
struct fx_api_rate_note {
    uint32_t remaining;
    uint32_t reset_s; /* until the bucket is full */
    uint32_t retry_s; /* until the request would pass; 0: it did */
    uint8_t policy;   /* of api_rate.c; 0: none */
};

/** Where an answer goes, now or later. */
struct fx_api_target {
    struct fx_net_server_token token;
    uint32_t request_id_size;
    char request_id[FX_API_REQUEST_ID_SIZE_MAX];
    struct fx_api_rate_note rate;
    bool is_credentialed; /* the client sent a cookie: no open CORS for this answer */
    uint32_t witness;     /* 0: …; else it waits for its row of the audit log (api_witness.c) */
    uint32_t group;  /* 0: the answer goes to the client; else to this group (api_group.c) … */
    uint32_t member; /* … as its part of the list */
    uint64_t ticket; /* 0: by HTTP; else to options.stream (api_stream.c) */
};

/** Who asks, as far as the store says. */
struct fx_api_user {
    uint64_t id;       /* 0 = nobody */
    fx_status refusal; /* OK; why the user may do nothing */
    bool is_admin;
    bool is_trade_allowed;
    bool is_maker;         /* market maker or bot */
    bool is_restricted;    /* may not move money out, nor make keys */
    int64_t tokens_from_s; /* tokens issued before are void */
};

struct fx_api_call;

/**
 * Answer the call, or submit a command that answers it later. @return OK; any other status is
 * answered by the caller, with what fx_api_param_fail() noted.
 */
typedef fx_status (*fx_api_handler_fn)(struct fx_api_call *call);

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the columns of routes.def, in order
struct fx_api_route {
    enum fx_net_http_method method;
    fx_str path;
    enum fx_api_guard guard;
    enum fx_api_scope scope;
    uint32_t weight;
    enum fx_api_body body;
    fx_api_handler_fn handler;
    fx_str params; /* keys of params.def */
    fx_str answer; /* schemas of schemas.def */
    fx_str summary;
};

/** One request. */
struct fx_api_call {
    struct fx_api *api;
    const struct fx_net_http_request *request;
    const struct fx_api_route *route;
    const struct fx_json_token *body; /* an object in api->json; NULL: none */
    fx_str param;                     /* what the path's :name stands for */
    fx_str peer;                      /* the client's address */
    struct fx_api_user user;
    uint64_t connection;               /* of net_server.h's call; 0: none of its own */
    uint64_t key_id;                   /* the API key that signed; 0: a token */
    bool is_counted;                   /* a command of this request was taken from a bucket */
    uint32_t part;                     /* of a group: which one, the same at every process */
    uint32_t part_commands;            /* that it has submitted */
    struct fx_wire_public_error error; /* details of a failure */
    struct fx_api_target target;
};

struct fx_api_pending;
struct fx_api_guard_entry; /* and what a connection showed: api_guard.c */
struct fx_api_guard_memo;

/** Write the answer to a command that the engine accepted. */
typedef void (*fx_api_answer_fn)(struct fx_api *api,
                                 const struct fx_api_pending *pending,
                                 const struct fx_event_result *result);

/** A command whose RESULT somebody waits for. */
struct fx_api_pending {
    struct fx_api_target target;
    fx_api_answer_fn answer; /* NULL: the slot is free */
    uint64_t user_id;
    uint64_t tmp_id;
    int64_t deadline_ms; /* of the server's clock */
    uint32_t generation;
    uint32_t next_free; /* index + 1 */
    uint32_t instrument;
    enum fx_position_side position_side;
    uint32_t count; /* CANCEL_ALL: what earlier parts ended */
    struct fx_command_cancel_all cancel_all;
    int64_t countdown_us;                /* CANCEL_ALL_AFTER */
    enum fx_contract_type contract_type; /* CANCEL_ALL: symbol after symbol of this type; 0: any */
};

struct fx_api_login;
struct fx_api_revoke;
struct fx_api_writer;
struct fx_api_keys;
struct fx_api_books;
struct fx_api_rate;
struct fx_api_delay;

/** A user whose accounts are being brought up to date, command by command. */
struct fx_api_enroll_chain {
    uint64_t user_id;
    int64_t deadline_ms; /* of its answer: whoever is still here then gets no further by himself */
};

/** The signature of the request that is being handled (api_proof.c). */
struct fx_api_signed {
    uint8_t mac[32];
    int64_t until_ms;
    uint32_t jobs; /* that were handed to the writer */
    bool is_set;
};

struct fx_api {
    struct fx_api_options options;
    struct fx_buf reply;          /* body of the answer being written */
    struct fx_buf openapi;        /* the contract, once it was asked for */
    struct fx_buf headers;        /* and its further headers */
    struct fx_buf query;          /* decoded query */
    struct fx_buf texts;          /* unescaped strings of the body */
    fx_i128 terms[FX_TERM_COUNT]; /* of the EXPLAIN whose RESULT is on its way */
    struct fx_buf exchange;       /* struct fx_event_exchange, likewise of a SHOW_EXCHANGE */
    struct fx_buf ended;          /* struct fx_rows_order: orders that the current command ended */
    struct fx_buf list;           /* const struct fx_rows_order *: open orders to sort */
    struct fx_json json;
    struct fx_net_http_pair pairs[FX_API_PAIRS_MAX];
    uint32_t pair_count;
    uint32_t pending_count;
    uint32_t pending_used; /* slots ever used */
    uint32_t pending_free; /* index + 1 */
    struct fx_api_pending *pending;
    struct fx_api_guard_entry *users; /* direct-mapped by id */
    struct fx_api_guard_memo *memos;  /* direct-mapped by connection */
    struct fx_api_login *login;
    struct fx_api_writer *writer; /* NULL: the store cannot be written */
    struct fx_api_keys *keys;
    struct fx_api_books *books;
    struct fx_ticker_memo *days; /* of FX_INSTRUMENTS_MAX tickers */
    struct fx_api_revoke *revoke;
    struct fx_api_signed signature;
    struct fx_api_rate *rate;
    struct fx_api_delay *delay;
    struct fx_api_groups *groups;
    struct fx_api_witnesses *witnesses;
    fx_status said; /* of the answer being written; OK where it is no error */
    uint32_t enroll_chain_count;
    bool is_enroll_done;
    bool is_shedding;  /* at the moment */
    bool is_submitted; /* since the last wake of the intake */
    void *rows;        /* FX_API_LIST_MAX rows of any kind */
    uint64_t tmp_last;
    uint64_t request_last;
    uint64_t limited;       /* requests that were answered 429 */
    uint64_t bans;          /* that were begun */
    uint64_t shed;          /* commands that were refused because a queue is too full */
    uint64_t user_floor;    /* ids up to this may own accounts: no new user gets one */
    uint64_t enroll_cursor; /* the last user that the walk has seen */
    struct fx_api_enroll_chain enroll_chains[FX_API_ENROLL_CHAINS_MAX]; /* not at their end */
};

/* ---- api_router.c ---- */

/** What a look-up found. */
struct fx_api_router_match {
    const struct fx_api_route *route; /* NULL: see status */
    fx_str param;
    fx_status status; /* OK, ROUTE_NOT_FOUND, METHOD_NOT_ALLOWED */
    uint32_t methods; /* bit per fx_net_http_method that the path has */
};

/** Find the route of a decoded path. HEAD is as good as GET. */
struct fx_api_router_match fx_api_router_find(enum fx_net_http_method method, fx_str path);

/** "GET, HEAD, OPTIONS" of a match's methods. */
void fx_api_router_append_methods(struct fx_buf *buf, uint32_t methods);

/** The whole table, for tests. @return the number of routes. */
uint32_t fx_api_router_table(const struct fx_api_route **routes_out);

/* ---- api_guard.c ---- */

/** Let the caller of this route in, or not; call->user is who it is. @return OK; UNAUTHORIZED,
 * BAD_TOKEN, TOKEN_EXPIRED, USER_LOCKED, FORBIDDEN; of fx_api_key_check(); of the store. */
FX_MUST_USE fx_status fx_api_guard_check(struct fx_api_call *call);

/** Make and free what the guard keeps. @return OK, NO_MEMORY. */
FX_MUST_USE fx_status fx_api_guard_init(struct fx_api *api);
void fx_api_guard_deinit(struct fx_api *api);

/** A user who was identified elsewhere. @return OK; BAD_TOKEN (there is none); USER_LOCKED; IO. */
FX_MUST_USE fx_status fx_api_guard_user(struct fx_api *api,
                                        uint64_t user_id,
                                        struct fx_api_user *user_out);

/** May this user do anything? @return OK; USER_LOCKED; USER_INACTIVE. */
fx_status fx_api_guard_admits(const struct fx_rows_user *user);

/** What the guard says of a token that was verified. @return OK; BAD_TOKEN (no such user);
 * TOKEN_REVOKED; USER_LOCKED; USER_INACTIVE; of the store. */
FX_MUST_USE fx_status fx_api_guard_check_claims(struct fx_api *api,
                                                const struct fx_jwt_claims *claims);

/** Read a user's rights anew at the next request. */
void fx_api_guard_forget(struct fx_api *api, uint64_t user_id);

/* ---- api_key.c ---- */

enum { FX_API_KEY_SECRET_SIZE = 72 }; /* of a secret in the clear, NUL included */

/** True where a list names rights only, each at most once, and at least one. */
bool fx_api_key_are_scopes(fx_str list);

/** True where a list has the right ADMIN. */
bool fx_api_key_has_admin(fx_str list);

/** A key was revoked: take it no more, at once. */
void fx_api_key_forget(struct fx_api *api, fx_str key);

/** Read all keys of this user anew at their next use. */
void fx_api_key_forget_user(struct fx_api *api, uint64_t user_id);

/** Make the table of keys. @return OK; NO_MEMORY; IO. Gives. */
FX_MUST_USE fx_status fx_api_key_create(struct fx_api *api, struct fx_api_keys **keys_out);
void fx_api_key_destroy(struct fx_api_keys *keys);

/**
 * Check key, signature and rights of a request with the header `apikey` (docs/protocol/auth.md).
 * @return OK and whose key it is; TIMESTAMP_OUT_OF_WINDOW; BAD_PARAMETER (a signature header);
 * BAD_SIGNATURE (also unknown and revoked keys); API_KEY_EXPIRED; REPLAYED; BUSY; FORBIDDEN; what
 * the store says.
 */
FX_MUST_USE fx_status fx_api_key_check(struct fx_api_call *call, uint64_t *user_id_out);

/* ---- api_market.c ---- */

/** Append what is to be said of a symbol. */
typedef void (*fx_api_market_append_fn)(struct fx_buf *buf,
                                        const struct fx_api *api,
                                        const struct fx_market_symbol *symbol);

/** Answer with one object per symbol, or that of the one that ?symbol= names. @return OK;
 * UNKNOWN_SYMBOL. */
FX_MUST_USE fx_status fx_api_market_send(struct fx_api_call *call, fx_api_market_append_fn append);

/* ---- api_book.c ---- */

/** Make the store of encoded books. @return NULL without memory. Gives. */
struct fx_api_books *fx_api_book_create(void);
void fx_api_book_destroy(struct fx_api_books *books);
/* ---- api_audit.c ---- */

/** What a row of the audit log will say, beside how it ended. Texts are NUL-terminated. */
struct fx_api_audit_note {
    uint64_t user_id;   /* who acts; 0: nobody that is known */
    const char *action; /* static: "api_key.create" */
    char subject[96];
    char detail[448]; /* JSON, never a secret */
    char ip[48];
    char request_id[68];
    int64_t now_us;
};

/* ---- api_login.c ---- */

/** Why a password is worked on. */
enum fx_api_login_purpose {
    FX_API_LOGIN_ENTER = 1,    /* compare */
    FX_API_LOGIN_REGISTER = 2, /* hash */
    FX_API_LOGIN_CHANGE = 3    /* compare, and hash the new one */
};

/** A password to check or to hash; all texts are copied. */
struct fx_api_login_job {
    struct fx_api_target target;
    enum fx_api_login_purpose purpose;
    struct fx_rows_user user; /* id 0: unknown e-mail */
    char password[72];
    uint32_t password_size;
    char next[72]; /* REGISTER, CHANGE: what is hashed into user.password_hash */
    uint32_t next_size;
    char otp[32];
    struct fx_api_audit_note note;
    fx_status status;
};

FX_MUST_USE fx_status fx_api_login_create(const struct fx_api_options *options,
                                          struct fx_api_login **login_out);
void fx_api_login_destroy(struct fx_api_login *login);

/** Join the threads. */
void fx_api_login_stop(struct fx_api_login *login);

/** Queue a job; all is copied. @return OK; BUSY; NO_MEMORY. */
FX_MUST_USE fx_status fx_api_login_submit(struct fx_api_login *login,
                                          const struct fx_api_login_job *job);

/** Take a finished check out (status set). @return false where there is none. */
bool fx_api_login_poll(struct fx_api_login *login, struct fx_api_login_job *job_out);

/* ---- api_session.c ---- */

enum fx_api_session_kind {
    FX_API_SESSION_BEGIN = 1, /* a login: the first token of a family */
    FX_API_SESSION_RENEW = 2, /* the next token for the one presented */
    FX_API_SESSION_END = 3    /* revoke the family of the one presented */
};

enum { FX_API_SESSION_TOKEN_SIZE = 43 }; /* 256 bits in base64url */

/** Work on the table of refresh tokens. Texts are NUL-terminated. */
struct fx_api_session_job {
    struct fx_rows_user user;                  /* BEGIN: in; RENEW: out */
    char hash[72];                             /* RENEW, END: hex SHA-256 of the token presented */
    char token[FX_API_SESSION_TOKEN_SIZE + 1]; /* BEGIN, RENEW: the new one; out */
    char family[40];                           /* BEGIN, RENEW: of the login; out */
    char otp[32];                              /* BEGIN */
    struct fx_store_session_revoked revoked;   /* END, RENEW: what became void; out */
    struct fx_api_audit_note note;
    int64_t now_us;
    enum fx_api_session_kind kind;
};

struct fx_api_writer_desk;

/** In the writer's transaction: a new login of job->user. Fills token and family. */
FX_MUST_USE fx_status fx_api_session_open(struct fx_api_writer_desk *desk,
                                          struct fx_api_session_job *job);

/** Queue a job for the writer. @return of fx_api_writer_submit(). */
FX_MUST_USE fx_status fx_api_session_submit(struct fx_api *api,
                                            const struct fx_api_target *target,
                                            const struct fx_api_session_job *job);

/* ---- api_auth.c ---- */

/** Answer with an access token and, where job->token is not empty, the refresh token. */
void fx_api_auth_grant(struct fx_api *api,
                       const struct fx_api_target *target,
                       const struct fx_api_session_job *job);

/** Answer a finished check, or hand it on to the writer. */
void fx_api_auth_finish(struct fx_api *api, const struct fx_api_login_job *job);

/** Answer a finished job of the sessions. */
void fx_api_auth_finish_session(struct fx_api *api,
                                const struct fx_api_target *target,
                                fx_status status,
                                const struct fx_api_session_job *job);

/* ---- api_register.c, api_password.c ---- */

/** The new password is hashed: hand it on to the writer. @return OK; of the writer. */
FX_MUST_USE fx_status fx_api_register_hashed(struct fx_api *api,
                                             const struct fx_api_login_job *job);
FX_MUST_USE fx_status fx_api_password_hashed(struct fx_api *api,
                                             const struct fx_api_login_job *job);

/** What every new user has: uid, role, status, rights. @return OK; IO. */
FX_MUST_USE fx_status fx_api_register_fill(struct fx_rows_user *user, int64_t now_us);

/** Read email and password, hash, insert, make the accounts, answer 201 with the user; job->user
 * and job->note are filled but for these. @return OK (answered later); BAD_PARAMETER; EXISTS; BUSY.
 */
FX_MUST_USE fx_status fx_api_register_submit(struct fx_api_call *call,
                                             struct fx_api_login_job *job);

/** After each account of a user: the next one, or the answer with the user as the table has him.
 * What cannot be read back is answered with executed "unknown": the commands are done. */
void fx_api_register_answer(struct fx_api *api, const struct fx_api_pending *pending, int code);

/** In the writer's transaction, as its first write: insert a user with an id above `floor`.
 * @return OK and user->id; EXISTS. */
FX_MUST_USE fx_status fx_api_register_insert(struct fx_api_writer_desk *desk,
                                             struct fx_rows_user *user,
                                             uint64_t floor);

/** Read a new password: long enough, and no longer than bcrypt takes. @return OK; BAD_PARAMETER. */
FX_MUST_USE fx_status fx_api_password_read_new(struct fx_api_call *call,
                                               fx_str name,
                                               struct fx_api_login_job *job);

/* ---- api_trade.c, api_order_list.c and so on: the handlers ---- */

#define X(method, path, guard, scope, weight, body, handler, params, answer, summary)              \
    fx_status fx_api_##handler(struct fx_api_call *call);
#include "api/routes.def"
#undef X

#endif

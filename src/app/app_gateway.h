/**
 * @file app_gateway.h
 * The gateway thread: one loop that serves HTTP and sockets and folds the released events.
 *
 * Data walks in as requests, through the intake to the engine, and back as events: market and view
 * fold them first, then api answers who waits, push tells who listens, bots react (G1: this order).
 * Thread: the main thread, all of it.
 */
#ifndef FX_APP_APP_GATEWAY_H
#define FX_APP_APP_GATEWAY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "app/app_rooms.h"
#include "base/jwt.h"
#include "base/status.h"
#include "model/command.h"
#include "model/event.h"
#include "model/proof.h"
#include "net/net_server.h"
#include "push/push.h"
#include "store/store.h"
#include "view/view.h"
#include "worker/worker_feed.h"

struct fx_app_gateway;

struct fx_app_gateway_options {
    struct fx_worker_feed feed; /* state, events, and where commands go */
    struct fx_store *reader;
    struct fx_store *reports; /* for lists */
    struct fx_store *writer;  /* as in fx_api_options: one thread's, for refresh tokens */
    struct fx_jwt *jwt;
    struct fx_jwt_cache *jwt_cache;
    const struct fx_seal *seal;
    fx_str jwks;             /* the public keys, answered at /.well-known/jwks.json; kept */
    uint32_t depth_capacity; /* levels per side kept for each book */
    uint32_t password_cost;
    bool is_socket_auth_required;
    bool is_registration_open;
    bool is_shared;                  /* as in fx_api_options */
    struct fx_net_server_config net; /* limits of connections and requests */
    struct fx_api_rates rates;       /* and of what each caller may ask */
    const char *origins;             /* whose pages may use the API and sockets; NULL: any */
};

/** Make loop, view, market, api and push. @return OK; NO_MEMORY; INTERNAL. Gives. */
FX_MUST_USE fx_status fx_app_gateway_create(const struct fx_app_gateway_options *options,
                                            struct fx_app_gateway **gateway_out);
void fx_app_gateway_destroy(struct fx_app_gateway *gateway);

/** Fold one event of the start-up dump. */
void fx_app_gateway_fold(struct fx_app_gateway *gateway, const struct fx_event *event);

/** After the dump: take numbers and times of the last changes from the tables (app_recall.h). */
FX_MUST_USE fx_status fx_app_gateway_recall(struct fx_app_gateway *gateway);

/** What other processes emit comes from there, from now on; kept. NULL: from nowhere. */
void fx_app_gateway_set_rooms(struct fx_app_gateway *gateway, struct fx_app_rooms *rooms);

/** Consume what was released; an fx_worker_engine_wake_fn for stopping. */
void fx_app_gateway_pump(void *self);

/**
 * Submit one command and wait for its RESULT, pumping meanwhile: start-up and console only.
 * @return OK with *result_out (the engine's answer is in it); TIMEOUT after ten seconds.
 */
FX_MUST_USE fx_status fx_app_gateway_call(struct fx_app_gateway *gateway,
                                          const struct fx_command *command,
                                          struct fx_event_result *result_out);

/** Something else that listens to the events and acts by commands: the demo's bots. */
struct fx_app_gateway_guest {
    void (*on_event)(void *self, const struct fx_event *event);
    void (*tick)(void *self, int64_t now_us); /* about each 250 ms */
    void *self;
};
void fx_app_gateway_set_guest(struct fx_app_gateway *gateway,
                              const struct fx_app_gateway_guest *guest);

/** Submit without waiting. @return false where the intake is full. */
bool fx_app_gateway_submit(void *self, uint64_t token, const struct fx_command *command);

/** The same for a command of a signed request. */
bool fx_app_gateway_submit_proved(void *self,
                                  uint64_t token,
                                  const struct fx_command *command,
                                  const struct fx_proof *proof);

/** The same for the guest, who gives way to the clients: false also where the queues fill up and
 * the command would open a position. */
bool fx_app_gateway_submit_guest(void *self, uint64_t token, const struct fx_command *command);

/** Who operates the process; all of it may be NULL but `self`. Set before the gateway runs. */
struct fx_app_gateway_operator {
    /** SIGHUP and SIGUSR1; SIGINT and SIGTERM before the gateway stops for them. */
    void (*on_signal)(void *self, int signal_number);
    /** A path that is neither the API's nor the sockets', or any of the operator's own listener.
     * @return true where it was answered. */
    bool (*on_request)(void *self, const struct fx_net_server_call *call);
    /** About each 100 ms. */
    void (*tick)(void *self);
    /** Each answer; for counting and logging. */
    void (*on_answer)(void *self, const struct fx_net_server_answer *answer);
    /** Each released event; for counting. */
    void (*on_event)(void *self, const struct fx_event *event);
    void *self;
};
void fx_app_gateway_set_operator(struct fx_app_gateway *gateway,
                                 const struct fx_app_gateway_operator *desk);

/** A listener's tag: it serves the operator's paths only. */
enum { FX_APP_GATEWAY_OPERATOR_TAG = 2 };

/** True after the signal to stop. */
bool fx_app_gateway_is_stopping(const struct fx_app_gateway *gateway);

void fx_app_gateway_api_stats(const struct fx_app_gateway *gateway, struct fx_api_stats *stats_out);
void fx_app_gateway_push_stats(const struct fx_app_gateway *gateway,
                               struct fx_push_stats *stats_out);

const struct fx_view *fx_app_gateway_view(const struct fx_app_gateway *gateway);
const struct fx_market *fx_app_gateway_market(const struct fx_app_gateway *gateway);
struct fx_net_server *fx_app_gateway_server(struct fx_app_gateway *gateway);

/** The wake function for the worker: events were released. Thread: any. */
void fx_app_gateway_wake(void *self);

/** Take the signals, before it listens. @return OK; IO. */
FX_MUST_USE fx_status fx_app_gateway_watch(struct fx_app_gateway *gateway);

/** Other rates of the API from now on. */
void fx_app_gateway_set_rates(struct fx_app_gateway *gateway, const struct fx_api_rates *rates);

/** Serve until SIGINT or SIGTERM, or until a log cannot be followed any more. @return OK, or why it
 * cannot. */
FX_MUST_USE fx_status fx_app_gateway_run(struct fx_app_gateway *gateway);

#endif

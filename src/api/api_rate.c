/* Who may ask how much.
 *
 * Orders, cancels, reads and logins have buckets of their own, so that none of them can starve
 * another: whoever has used up his orders can still cancel, close and look. Whose bucket it is: the
 * address's for what needs no identity; the user's and the key's for the rest. A token that was
 * verified before passes the address's gate, so that a flood from the same address does not shut
 * its neighbours out. */
#include <stdlib.h>
#include <string.h>

#include "api/api_address_int.h"
#include "api/api_limit_int.h"
#include "api/api_rate_int.h"
#include "base/crypto.h"
#include "base/log.h"

enum {
    ENTRIES = 1 << 16, /* 4 MiB */
    PERCENT = 100,
    BURST_S = 2,       /* a bucket holds what comes in in this time */
    BURST_SLOW_S = 20, /* of logins and failures */
    STRIKES_DECAY = 10,
    BAN_FIRST_S = 60,
    BAN_LONGEST_S = 3600,
    TEXT_SIZE = 112
};

enum bucket {
    BUCKET_ORDERS = 0,
    BUCKET_CANCELS = 1,
    BUCKET_READS = 2,
    BUCKET_LOGINS = 3,
    BUCKET_FAILURES = 4,
    BUCKETS = 5
};

enum kind {
    KIND_ADDRESS = 0,
    KIND_USER = 1,
    KIND_KEY = 2,
    KIND_MAKER = 3,
    KIND_MAKER_KEY = 4,
    KINDS = 5
};

struct policy {
    struct fx_api_limit_rate rate;
    uint32_t text_size;
    char text[TEXT_SIZE]; /* the lines up to the figure that changes */
};

struct fx_api_rate {
    struct fx_api_limit *limit;
    struct fx_table_seed seed;
    struct fx_api_limit_ban ban;
    struct policy policies[KINDS][BUCKETS];
    struct fx_api_limit_entry *last; /* what was looked up last: a request asks several times */
    uint64_t last_id;
    enum kind last_kind;
};

/* ---- policies ---------------------------------------------------------------------------------
 */

static void write_text(struct policy *policy, enum kind kind, enum bucket bucket)
{
    static const char *const NAMES[BUCKETS] = {"orders", "cancels", "reads", "logins", "failures"};
    static const char *const OWNERS[KINDS] = {"address-", "", "key-", "", "key-"};
    struct fx_buf text;
    const struct fx_api_limit_rate rate = policy->rate;
    fx_buf_init(&text, TEXT_SIZE);
    fx_buf_append(&text, FX_STR("ratelimit-policy: \""));
    fx_buf_append(&text, fx_str_of(OWNERS[kind]));
    fx_buf_append(&text, fx_str_of(NAMES[bucket]));
    fx_buf_append(&text, FX_STR("\";q="));
    fx_buf_append_u64(&text, rate.burst);
    fx_buf_append(&text, FX_STR(";w="));
    fx_buf_append_u64(&text, (rate.burst + rate.per_s - 1) / rate.per_s);
    fx_buf_append(&text, FX_STR("\r\nratelimit: \""));
    fx_buf_append(&text, fx_str_of(OWNERS[kind]));
    fx_buf_append(&text, fx_str_of(NAMES[bucket]));
    fx_buf_append(&text, FX_STR("\";r="));
    if (!text.is_overflow) {
        policy->text_size = (uint32_t)text.size;
        memcpy(policy->text, text.data, text.size);
    }
    fx_buf_deinit(&text);
}

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a place and its figure
static void set_policy(struct fx_api_rate *rate, enum kind kind, enum bucket bucket, uint64_t per_s)
{
    struct policy *policy = &rate->policies[kind][bucket];
    const bool is_slow = bucket == BUCKET_LOGINS || bucket == BUCKET_FAILURES;
    memset(policy, 0, sizeof *policy);
    if (per_s == 0) {
        return;
    }
    per_s = per_s < FX_API_LIMIT_RATE_MAX ? per_s : FX_API_LIMIT_RATE_MAX;
    policy->rate.per_s = (uint32_t)per_s;
    policy->rate.burst = (uint32_t)per_s * (is_slow ? BURST_SLOW_S : BURST_S);
    write_text(policy, kind, bucket);
}

static uint64_t share_of(uint32_t per_s, uint32_t percent)
{
    const uint64_t share = (uint64_t)per_s * percent / PERCENT;
    return per_s == 0 || share > 0 ? share : 1;
}

static void set_policies(struct fx_api_rate *rate, const struct fx_api_rates *rates)
{
    const uint32_t per_s[BUCKETS] = {
        rates->orders, rates->cancels, rates->reads, rates->logins, rates->failures};
    const uint32_t percent = rates->key_percent == 0 ? PERCENT : rates->key_percent;
    const uint64_t factor = rates->maker_factor;
    for (uint32_t index = 0; index < BUCKETS; index++) {
        const enum bucket bucket = (enum bucket)index;
        const uint64_t key_per_s = share_of(per_s[index], percent);
        set_policy(rate, KIND_ADDRESS, bucket, per_s[index]);
        set_policy(rate, KIND_USER, bucket, per_s[index]);
        set_policy(rate, KIND_KEY, bucket, key_per_s);
        set_policy(rate, KIND_MAKER, bucket, per_s[index] * factor);
        set_policy(rate, KIND_MAKER_KEY, bucket, key_per_s * factor);
    }
}

void fx_api_rate_set(struct fx_api *api, const struct fx_api_rates *rates)
{
    api->options.rates = *rates;
    set_policies(api->rate, rates);
    api->rate->ban = (struct fx_api_limit_ban){.strikes = rates->ban_strikes,
                                               .decay_per_s = STRIKES_DECAY,
                                               .first_s = BAN_FIRST_S,
                                               .longest_s = BAN_LONGEST_S};
}

fx_status fx_api_rate_init(struct fx_api *api)
{
    const struct fx_api_rates rates = api->options.rates;
    struct fx_api_rate *rate = calloc(1, sizeof *rate);
    api->rate = rate;
    if (rate == NULL) {
        return FX_NO_MEMORY;
    }
    fx_api_rate_set(api, &rates);
    rate->limit = fx_api_limit_create(ENTRIES);
    return rate->limit == NULL ? FX_NO_MEMORY : fx_crypto_random(&rate->seed, sizeof rate->seed);
}

void fx_api_rate_deinit(struct fx_api *api)
{
    if (api->rate != NULL) {
        fx_api_limit_destroy(api->rate->limit);
        free(api->rate);
    }
}

/* ---- buckets ----------------------------------------------------------------------------------
 */

/* The number of a caller in the table; `id` is the user's or the key's. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): whose number it is
static uint64_t caller_of(const struct fx_api_call *call, enum kind kind, uint64_t id)
{
    struct {
        uint64_t kind;
        uint8_t id[FX_API_ADDRESS_SIZE];
    } name = {.kind = kind};
    if (kind == KIND_ADDRESS) {
        fx_api_address_group(call->peer, name.id);
    } else {
        memcpy(name.id, &id, sizeof id);
    }
    const uint64_t hash =
        fx_table_hash_str(call->api->rate->seed, fx_crypto_str(&name, sizeof name));
    return hash == 0 ? 1 : hash;
}

static int64_t now_ms_of(const struct fx_api_call *call)
{
    return fx_net_server_now_ms(call->api->options.server);
}

static struct fx_api_limit_entry *entry_of(const struct fx_api_call *call, enum kind kind)
{
    struct fx_api_rate *rate = call->api->rate;
    const bool is_key = kind == KIND_KEY || kind == KIND_MAKER_KEY;
    const bool is_address = kind == KIND_ADDRESS;
    const enum kind whose = is_key ? KIND_KEY : is_address ? KIND_ADDRESS : KIND_USER;
    const uint64_t id = is_key ? call->key_id : call->user.id;
    if (is_address || rate->last == NULL || rate->last_id != id || rate->last_kind != whose) {
        rate->last = fx_api_limit_find(rate->limit, caller_of(call, whose, id), now_ms_of(call));
        rate->last_id = id;
        rate->last_kind = whose;
    }
    return rate->last;
}

/* Note for the answer the bucket with the least in it, of those that this step looked at. */
static void note(struct fx_api_call *call,
                 enum kind kind,
                 enum bucket bucket,
                 const struct fx_api_limit_room *room)
{
    struct fx_api_rate_note *noted = &call->target.rate;
    if (noted->policy != 0 && noted->retry_s >= room->retry_s &&
        noted->remaining <= room->remaining) {
        return;
    }
    *noted = (struct fx_api_rate_note){.policy = (uint8_t)((uint32_t)kind * BUCKETS + bucket + 1),
                                       .remaining = room->remaining,
                                       .reset_s = room->reset_s,
                                       .retry_s = room->retry_s};
}

static bool has_limit(const struct fx_api_call *call, enum kind kind, enum bucket bucket)
{
    return call->api->rate->policies[kind][bucket].rate.per_s != 0;
}

/* Ask whether it fits, and take it where it does and `is_taking`. */
static bool ask(
    struct fx_api_call *call, enum kind kind, enum bucket bucket, uint32_t weight, bool is_taking)
{
    struct fx_api_limit_room room;
    if (!has_limit(call, kind, bucket)) {
        return true;
    }
    const struct fx_api_limit_rate rate = call->api->rate->policies[kind][bucket].rate;
    struct fx_api_limit_entry *entry = entry_of(call, kind);
    const bool is_good =
        is_taking ? fx_api_limit_take(entry, bucket, rate, weight, now_ms_of(call), &room)
                  : fx_api_limit_fits(entry, bucket, rate, weight, now_ms_of(call), &room);
    note(call, kind, bucket, &room);
    return is_good;
}

static bool fits(struct fx_api_call *call, enum kind kind, enum bucket bucket, uint32_t weight)
{
    return ask(call, kind, bucket, weight, false);
}

static bool take(struct fx_api_call *call, enum kind kind, enum bucket bucket, uint32_t weight)
{
    return ask(call, kind, bucket, weight, true);
}

static void begin_step(struct fx_api_call *call)
{
    memset(&call->target.rate, 0, sizeof call->target.rate);
}

static enum kind user_kind(const struct fx_api_call *call)
{
    return call->user.is_maker ? KIND_MAKER : KIND_USER;
}

static enum kind key_kind(const struct fx_api_call *call)
{
    return call->user.is_maker ? KIND_MAKER_KEY : KIND_KEY;
}

/* Of a user and, where the request was signed, of its key: of both or of none. */
static bool fits_user(struct fx_api_call *call, enum bucket bucket, uint32_t weight)
{
    begin_step(call);
    return fits(call, user_kind(call), bucket, weight) &&
           (call->key_id == 0 || fits(call, key_kind(call), bucket, weight));
}

static bool take_user(struct fx_api_call *call, enum bucket bucket, uint32_t weight)
{
    begin_step(call);
    if (call->key_id != 0 && !fits(call, key_kind(call), bucket, weight)) {
        return false;
    }
    begin_step(call);
    return take(call, user_kind(call), bucket, weight) &&
           (call->key_id == 0 || take(call, key_kind(call), bucket, weight));
}

/* ---- bans -------------------------------------------------------------------------------------
 */

static bool is_banned(struct fx_api_call *call, enum kind kind, enum bucket bucket)
{
    if (call->api->rate->ban.strikes == 0) {
        return false;
    }
    const uint32_t banned_s = fx_api_limit_banned_s(entry_of(call, kind), now_ms_of(call));
    const struct fx_api_limit_room room = {.reset_s = banned_s, .retry_s = banned_s};
    if (banned_s == 0) {
        return false;
    }
    begin_step(call);
    note(call, kind, bucket, &room);
    call->error.message = FX_STR("too many requests were sent in spite of 429: wait");
    return true;
}

static void strike(struct fx_api_call *call, enum kind kind, enum bucket bucket)
{
    if (!fx_api_limit_strike(entry_of(call, kind), &call->api->rate->ban, now_ms_of(call))) {
        return;
    }
    call->api->bans++;
    FX_LOG(FX_LOG_WARN,
           "api",
           "banned for a while: requests go on in spite of 429",
           fx_log_text("what", kind == KIND_ADDRESS ? "address" : "user"),
           fx_log_str("peer", call->peer),
           fx_log_u64("user", call->user.id),
           fx_log_u64("key", call->key_id));
    (void)is_banned(call, kind, bucket);
}

static fx_status refuse(struct fx_api_call *call, enum kind kind, enum bucket bucket)
{
    strike(call, kind, bucket);
    return FX_RATE_LIMITED;
}

static fx_status refuse_user(struct fx_api_call *call, enum bucket bucket)
{
    return refuse(call, call->key_id != 0 ? key_kind(call) : user_kind(call), bucket);
}

/* ---- in the order of a request ----------------------------------------------------------------
 */

static bool is_address_free(const struct fx_api_call *call)
{
    return call->api->options.rates.is_loopback_free && fx_api_address_is_loopback(call->peer);
}

static bool is_get(const struct fx_api_route *route)
{
    return route->method == FX_NET_HTTP_METHOD_GET;
}

static enum bucket bucket_of(const struct fx_api_route *route)
{
    switch (route->scope) {
    case FX_API_SCOPE_TRADE:
    case FX_API_SCOPE_TRANSFER:
        return BUCKET_ORDERS;
    case FX_API_SCOPE_REDUCE:
        return BUCKET_CANCELS;
    case FX_API_SCOPE_NONE: /* tokens and passwords */
    case FX_API_SCOPE_SESSION:
        return is_get(route) ? BUCKET_READS : BUCKET_LOGINS;
    case FX_API_SCOPE_READ:
    case FX_API_SCOPE_WRITE:
    case FX_API_SCOPE_ADMIN:
    default:
        return BUCKET_READS;
    }
}

static bool is_bucket_of_commands(enum bucket bucket)
{
    return bucket == BUCKET_ORDERS || bucket == BUCKET_CANCELS;
}

/* Nothing is counted of this address, so all is left: an answer says what holds for the others. */
static void note_full(struct fx_api_call *call, enum bucket bucket)
{
    const struct policy *policy = &call->api->rate->policies[KIND_ADDRESS][bucket];
    const struct fx_api_limit_room room = {.remaining = policy->rate.burst};
    if (policy->rate.per_s != 0) {
        note(call, KIND_ADDRESS, bucket, &room);
    }
}

fx_status fx_api_rate_enter(struct fx_api_call *call)
{
    const struct fx_api_route *route = call->route;
    const enum bucket bucket = route == NULL ? BUCKET_READS : bucket_of(route);
    if (is_address_free(call)) {
        note_full(call, bucket);
        return FX_OK;
    }
    if (!has_limit(call, KIND_ADDRESS, bucket)) {
        return FX_OK;
    }
    if (is_banned(call, KIND_ADDRESS, bucket)) {
        return FX_RATE_LIMITED;
    }
    return take(call, KIND_ADDRESS, bucket, route == NULL ? 1 : route->weight)
               ? FX_OK
               : refuse(call, KIND_ADDRESS, bucket);
}

fx_status fx_api_rate_admit(struct fx_api_call *call)
{
    if (is_address_free(call)) {
        note_full(call, BUCKET_FAILURES);
        return FX_OK;
    }
    if (!has_limit(call, KIND_ADDRESS, BUCKET_FAILURES)) {
        return FX_OK;
    }
    if (is_banned(call, KIND_ADDRESS, BUCKET_FAILURES)) {
        return FX_RATE_LIMITED;
    }
    return fits(call, KIND_ADDRESS, BUCKET_FAILURES, 1)
               ? FX_OK
               : refuse(call, KIND_ADDRESS, BUCKET_FAILURES);
}

void fx_api_rate_failed(struct fx_api_call *call)
{
    begin_step(call);
    if (is_address_free(call)) {
        note_full(call, BUCKET_FAILURES);
    } else {
        (void)take(call, KIND_ADDRESS, BUCKET_FAILURES, 1);
    }
}

fx_status fx_api_rate_identified(struct fx_api_call *call)
{
    const enum bucket bucket = bucket_of(call->route);
    const uint32_t weight = call->route->weight;
    if (bucket != BUCKET_CANCELS &&
        (is_banned(call, user_kind(call), bucket) ||
         (call->key_id != 0 && is_banned(call, key_kind(call), bucket)))) {
        return FX_RATE_LIMITED;
    }
    if (!is_bucket_of_commands(bucket)) {
        return take_user(call, bucket, weight) ? FX_OK : refuse_user(call, bucket);
    }
    if (fits_user(call, bucket, weight)) {
        return FX_OK;
    }
    if (bucket == BUCKET_ORDERS && fits_user(call, BUCKET_CANCELS, weight)) {
        return FX_OK;
    }
    return refuse_user(call, bucket);
}

bool fx_api_rate_is_reducing(const struct fx_api_call *call, const struct fx_command *command)
{
    return call->route->scope == FX_API_SCOPE_REDUCE || command->kind == FX_COMMAND_CANCEL_ORDER ||
           command->kind == FX_COMMAND_CANCEL_ALL ||
           (fx_command_is_placing((enum fx_command_kind)command->kind) &&
            !fx_command_is_opening(command));
}

fx_status fx_api_rate_command(struct fx_api_call *call, const struct fx_command *command)
{
    const bool is_reducing = fx_api_rate_is_reducing(call, command);
    const enum bucket bucket = is_reducing ? BUCKET_CANCELS : BUCKET_ORDERS;
    if (!is_bucket_of_commands(bucket_of(call->route))) {
        return FX_OK; /* taken when the user was known */
    }
    call->is_counted = true;
    return take_user(call, bucket, call->route->weight) ? FX_OK : refuse_user(call, bucket);
}

void fx_api_rate_settle(struct fx_api_call *call)
{
    const enum bucket bucket = bucket_of(call->route);
    if (call->user.id == 0 || call->is_counted || !is_bucket_of_commands(bucket)) {
        return;
    }
    if (!take_user(call, bucket, call->route->weight)) {
        (void)take_user(call, BUCKET_CANCELS, call->route->weight);
    }
}

void fx_api_rate_append(const struct fx_api *api,
                        const struct fx_api_rate_note *note,
                        struct fx_buf *headers)
{
    if (note->policy == 0) {
        return;
    }
    const uint32_t index = note->policy - 1U;
    const struct policy *policy = &api->rate->policies[index / BUCKETS][index % BUCKETS];
    if (policy->text_size == 0) {
        return; /* the limit was taken away while the answer was on its way */
    }
    fx_buf_append(headers, (fx_str){policy->text, policy->text_size});
    fx_buf_append_u64(headers, note->remaining);
    fx_buf_append(headers, FX_STR(";t="));
    fx_buf_append_u64(headers, note->reset_s);
    fx_buf_append(headers, FX_STR("\r\n"));
}

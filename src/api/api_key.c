/* API keys: a request that is signed with the secret of a key of its user.
 *
 * The rows of the keys in use are kept for KEY_TTL_MS with their prepared HMAC, so a revocation
 * reaches every process within that time. An unknown key costs the same HMAC as a known one. */
#include <stdlib.h>
#include <string.h>

#include "api/api_address_int.h"
#include "api/api_int.h"
#include "api/api_param_int.h"
#include "api/api_proof_int.h"
#include "api/api_rate_int.h"
#include "api/api_replay_int.h"
#include "api/api_signature_int.h"
#include "base/ed25519.h"
#include "base/log.h"
#include "store/store_api_key.h"

enum {
    KEYS = 1024,
    KEYS_MASK = KEYS - 1,
    KEY_TTL_MS = 1000,
    KEY_GRACE_MS = 600000,
    REPLAY_ENTRIES = 1 << 20, /* 6 s of 30,000 per second, and no set full */
    TEXT_SIZE_MAX = 256 * 1024,
    US_PER_MS = 1000,
    V1_WINDOW_MS = 60000,
    V2_WINDOW_MS = 5000,
    V2_WINDOW_MS_MAX = 60000,
    V2_AHEAD_MS = 1000, /* a timestamp may be less than this in the future */
    HTTP_UNAUTHORIZED = 401
};

static const uint64_t TIME_MS_MAX = 253402300799999ULL;

/* One slot of the direct-mapped table; free where both are NULL. */
struct entry {
    struct fx_crypto_hmac *hmac; /* of kind HMAC */
    struct fx_ed25519 *curve;    /* of kind ED25519 */
    int64_t until_ms;            /* of the server's clock: read the row anew */
    uint32_t scopes;
    struct fx_store_api_key row;
};

struct fx_api_keys {
    struct entry entries[KEYS];
    struct fx_table_seed seed;
    struct fx_crypto_hmac *nobody; /* for keys that do not exist */
    struct fx_crypto_digest *digest;
    struct fx_api_replay *replay;
    struct fx_buf text;    /* what is signed */
    struct fx_buf compact; /* the body as JSON.stringify() writes it */
    int64_t first_ms;      /* v2: what is older may have been used up in an earlier life */
};

/* What the headers say. */
struct proof {
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    uint8_t signature[FX_ED25519_SIGNATURE_SIZE];
    bool has_mac;
    bool has_signature;
    bool is_v2;
    struct fx_api_signature_times times;
    struct fx_api_replay_times window;
};

static int64_t wall_ms(const struct fx_api *api)
{
    return api->options.wall_us(api->options.clock_self) / US_PER_MS;
}

fx_status fx_api_key_create(struct fx_api *api, struct fx_api_keys **keys_out)
{
    uint8_t secret[FX_CRYPTO_SHA256_SIZE];
    struct fx_api_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return FX_NO_MEMORY;
    }
    fx_buf_init(&keys->text, TEXT_SIZE_MAX);
    fx_buf_init(&keys->compact, TEXT_SIZE_MAX);
    keys->first_ms = wall_ms(api) + V2_AHEAD_MS;
    fx_status status = fx_crypto_random(&keys->seed, sizeof keys->seed);
    if (status == FX_OK) {
        status = fx_crypto_random(secret, sizeof secret);
    }
    if (status == FX_OK) {
        keys->nobody = fx_crypto_hmac_create(fx_crypto_str(secret, sizeof secret));
        keys->digest = fx_crypto_digest_create();
        keys->replay = fx_api_replay_create(REPLAY_ENTRIES);
        if (keys->nobody == NULL || keys->digest == NULL || keys->replay == NULL) {
            status = FX_NO_MEMORY;
        }
    }
    if (status != FX_OK) {
        fx_api_key_destroy(keys);
        return status;
    }
    *keys_out = keys;
    return FX_OK;
}

static void forget(struct entry *entry)
{
    fx_crypto_hmac_destroy(entry->hmac);
    fx_ed25519_destroy(entry->curve);
    fx_crypto_wipe(entry, sizeof *entry);
}

void fx_api_key_destroy(struct fx_api_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (uint32_t index = 0; index < KEYS; index++) {
        forget(&keys->entries[index]);
    }
    fx_crypto_hmac_destroy(keys->nobody);
    fx_crypto_digest_destroy(keys->digest);
    fx_api_replay_destroy(keys->replay);
    fx_buf_deinit(&keys->text);
    fx_buf_deinit(&keys->compact);
    free(keys);
}

/* ---- headers ----------------------------------------------------------------------------------
 */

static fx_status fail(struct fx_api_call *call, fx_status status, fx_str message)
{
    call->error.message = message;
    return status;
}

static fx_status read_version(struct fx_api_call *call, struct proof *proof)
{
    const fx_str version = fx_net_http_value(call->request, FX_STR("x-signature-version"));
    proof->is_v2 = fx_str_is_equal(version, FX_STR("2"));
    if (!proof->is_v2 && version.size > 0 && !fx_str_is_equal(version, FX_STR("1"))) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("x-signature-version"));
    }
    return FX_OK;
}

static fx_status read_window(struct fx_api_call *call, struct proof *proof, uint64_t *window_ms)
{
    *window_ms = V2_WINDOW_MS;
    proof->times.window = FX_STR("5000");
    if (!fx_net_http_find(call->request, FX_STR("x-recv-window"), &proof->times.window)) {
        return FX_OK;
    }
    if (!fx_str_parse_u64(proof->times.window, window_ms) || *window_ms == 0 ||
        *window_ms > V2_WINDOW_MS_MAX) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("x-recv-window"));
    }
    return FX_OK;
}

static fx_status check_time(struct fx_api_call *call, struct proof *proof)
{
    const struct fx_api_keys *keys = call->api->keys;
    const int64_t now_ms = wall_ms(call->api);
    uint64_t sent_ms = 0;
    uint64_t window_ms = 0;
    proof->times.timestamp = fx_net_http_value(call->request, FX_STR("timestamp"));
    call->error.field = FX_STR("timestamp");
    if (!fx_str_parse_u64(proof->times.timestamp, &sent_ms) || sent_ms > TIME_MS_MAX) {
        return fail(call,
                    FX_TIMESTAMP_OUT_OF_WINDOW,
                    FX_STR("the timestamp must be milliseconds since 1970, in digits only"));
    }
    const int64_t age_ms = now_ms - (int64_t)sent_ms;
    if (!proof->is_v2) {
        return age_ms <= V1_WINDOW_MS && age_ms >= -V1_WINDOW_MS ? FX_OK
                                                                 : FX_TIMESTAMP_OUT_OF_WINDOW;
    }
    const fx_status status = read_window(call, proof, &window_ms);
    if (status != FX_OK) {
        return status;
    }
    proof->window = (struct fx_api_replay_times){now_ms, (int64_t)(sent_ms + window_ms)};
    if ((int64_t)sent_ms < keys->first_ms) {
        return fail(call,
                    FX_TIMESTAMP_OUT_OF_WINDOW,
                    FX_STR("the timestamp is from before the server's start"));
    }
    return age_ms <= (int64_t)window_ms && age_ms > -V2_AHEAD_MS ? FX_OK
                                                                 : FX_TIMESTAMP_OUT_OF_WINDOW;
}

static fx_status read_proof(struct fx_api_call *call, struct proof *proof)
{
    memset(proof, 0, sizeof *proof);
    fx_status status = read_version(call, proof);
    if (status == FX_OK) {
        status = check_time(call, proof);
    }
    if (status != FX_OK) {
        return status;
    }
    call->error.field = (fx_str){0};
    const fx_str signature = fx_net_http_value(call->request, FX_STR("signature"));
    size_t size = 0;
    proof->has_mac = fx_crypto_hex_decode(signature, proof->mac, sizeof proof->mac) == FX_OK;
    proof->has_signature =
        fx_crypto_hex_decode(signature, proof->signature, sizeof proof->signature) == FX_OK ||
        (fx_crypto_base64url_decode(signature, proof->signature, sizeof proof->signature, &size) ==
             FX_OK &&
         size == sizeof proof->signature);
    return FX_OK;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

/* The rights that a key can have, as bits of enum fx_api_scope. */
static const struct {
    fx_str name;
    enum fx_api_scope scope;
} SCOPES[] = {{{"READ", 4}, FX_API_SCOPE_READ},
              {{"WRITE", 5}, FX_API_SCOPE_WRITE},
              {{"TRADE", 5}, FX_API_SCOPE_TRADE},
              {{"TRANSFER", 8}, FX_API_SCOPE_TRANSFER},
              {{"ADMIN", 5}, FX_API_SCOPE_ADMIN}};

enum { SCOPE_COUNT = sizeof SCOPES / sizeof SCOPES[0] };

static uint32_t bit_of(enum fx_api_scope scope)
{
    return 1U << (uint32_t)scope;
}

static uint32_t scopes_of(fx_str list)
{
    uint32_t scopes = 0;
    size_t from = 0;
    while (from <= list.size) {
        const size_t comma = fx_str_find(list, ',', from);
        const size_t end = comma == SIZE_MAX ? list.size : comma;
        const fx_str name = fx_str_trim(fx_str_slice(list, from, end - from));
        for (size_t index = 0; index < SCOPE_COUNT; index++) {
            scopes |= fx_str_is_equal(name, SCOPES[index].name) ? bit_of(SCOPES[index].scope) : 0;
        }
        from = end + 1;
    }
    return scopes;
}

bool fx_api_key_are_scopes(fx_str list)
{
    uint32_t seen = 0;
    for (size_t from = 0; from <= list.size;) {
        const size_t comma = fx_str_find(list, ',', from);
        const size_t end = comma == SIZE_MAX ? list.size : comma;
        const uint32_t scope = scopes_of(fx_str_slice(list, from, end - from));
        if (scope == 0 || (seen & scope) != 0) {
            return false;
        }
        seen |= scope;
        from = end + 1;
    }
    return true;
}

bool fx_api_key_has_admin(fx_str list)
{
    return (scopes_of(list) & bit_of(FX_API_SCOPE_ADMIN)) != 0;
}

/* A sealed secret opens for the key it was made for only. */
static void append_context(struct fx_buf *buf, fx_str key)
{
    fx_buf_append(buf, FX_STR("api_keys:"));
    fx_buf_append(buf, key);
}

fx_status fx_api_key_seal(const struct fx_seal *seal, struct fx_store_api_key *key, fx_str secret)
{
    struct fx_buf context;
    struct fx_buf text;
    fx_buf_init(&context, 2 * sizeof key->key);
    fx_buf_init(&text, FX_SEAL_SIZE_MAX);
    append_context(&context, fx_str_of(key->key));
    fx_status status = fx_seal_encode(seal, fx_buf_str(&context), secret, &text);
    if (status == FX_OK && !fx_str_copy(fx_buf_str(&text), key->secret, sizeof key->secret)) {
        status = FX_BAD_PARAMETER;
    }
    fx_buf_deinit(&context);
    fx_buf_deinit(&text);
    return status;
}

/* @return NULL where the secret cannot be opened, or without memory. */
static struct fx_crypto_hmac *open_secret(const struct fx_seal *seal,
                                          const struct fx_store_api_key *row)
{
    struct fx_crypto_hmac *hmac = NULL;
    struct fx_buf context;
    struct fx_buf secret;
    const fx_str text = fx_str_of(row->secret);
    if (!fx_seal_is_sealed(text)) {
        return fx_crypto_hmac_create(text); /* from before there was a master key */
    }
    fx_buf_init(&context, 2 * sizeof row->key);
    fx_buf_init(&secret, FX_SEAL_PLAIN_SIZE_MAX);
    append_context(&context, fx_str_of(row->key));
    if (seal != NULL && fx_seal_decode(seal, fx_buf_str(&context), text, &secret) == FX_OK) {
        hmac = fx_crypto_hmac_create(fx_buf_str(&secret));
    } else {
        FX_LOG(FX_LOG_ERROR,
               "api",
               "the secret of an API key cannot be opened: is it the right master key?",
               fx_log_u64("key_id", row->id));
    }
    if (secret.data != NULL) {
        fx_crypto_wipe(secret.data, secret.capacity);
    }
    fx_buf_deinit(&context);
    fx_buf_deinit(&secret);
    return hmac;
}

static bool is_hmac(const struct fx_store_api_key *row)
{
    return strcmp(row->kind, "HMAC") == 0;
}

static struct fx_ed25519 *open_public(const struct fx_store_api_key *row)
{
    uint8_t key[FX_ED25519_KEY_SIZE];
    return fx_ed25519_parse(fx_str_of(row->secret), key) == FX_OK ? fx_ed25519_create(key) : NULL;
}

/* Take a fresh row over; what was prepared stays where the secret did. NOT_FOUND: it cannot sign.
 */
static fx_status update(struct fx_api *api, struct entry *entry, const struct fx_store_api_key *row)
{
    const bool is_used = entry->hmac != NULL || entry->curve != NULL;
    const bool is_same = is_used && strcmp(entry->row.key, row->key) == 0 &&
                         strcmp(entry->row.secret, row->secret) == 0 &&
                         strcmp(entry->row.kind, row->kind) == 0;
    if (!is_same) {
        forget(entry);
        if (is_hmac(row)) {
            entry->hmac = open_secret(api->options.seal, row);
        } else {
            entry->curve = open_public(row);
        }
        if (entry->hmac == NULL && entry->curve == NULL) {
            return FX_NOT_FOUND;
        }
    }
    entry->row = *row;
    entry->scopes = scopes_of(fx_str_of(row->scopes));
    entry->until_ms = fx_net_server_now_ms(api->options.server) + KEY_TTL_MS;
    return FX_OK;
}

/* A database may take two texts for one (case, spaces behind); we do not. */
static bool is_usable(const struct fx_store_api_key *row, fx_str key)
{
    const bool is_known_kind = is_hmac(row) || strcmp(row->kind, "ED25519") == 0;
    return fx_str_is_equal(fx_str_of(row->key), key) && is_known_kind && row->secret[0] != '\0';
}

static struct entry *slot_of(struct fx_api_keys *keys, fx_str key)
{
    return &keys->entries[fx_table_hash_str(keys->seed, key) & KEYS_MASK];
}

static fx_status find(struct fx_api *api, fx_str key, const struct entry **entry_out)
{
    struct fx_store_api_key row;
    struct entry *entry = slot_of(api->keys, key);
    const bool is_used = entry->hmac != NULL || entry->curve != NULL;
    const int64_t now_ms = fx_net_server_now_ms(api->options.server);
    if (is_used && entry->until_ms > now_ms && fx_str_is_equal(fx_str_of(entry->row.key), key)) {
        *entry_out = entry;
        return FX_OK;
    }
    fx_status status = fx_store_api_key_find(api->options.reader, key, &row);
    if (fx_status_is_retryable(status) && is_used && entry->until_ms + KEY_GRACE_MS > now_ms &&
        fx_str_is_equal(fx_str_of(entry->row.key), key)) {
        *entry_out = entry; /* what the store said last, while it does not answer */
        return FX_OK;
    }
    if (status == FX_OK && !is_usable(&row, key)) {
        status = FX_NOT_FOUND;
    }
    if (status == FX_OK) {
        status = update(api, entry, &row);
    }
    fx_crypto_wipe(&row, sizeof row);
    if (status == FX_OK) {
        *entry_out = entry;
    }
    return status;
}

void fx_api_key_forget(struct fx_api *api, fx_str key)
{
    struct entry *entry = slot_of(api->keys, key);
    if (fx_str_is_equal(fx_str_of(entry->row.key), key)) {
        forget(entry);
    }
}

void fx_api_key_forget_user(struct fx_api *api, uint64_t user_id)
{
    for (uint32_t index = 0; index < KEYS; index++) {
        if (api->keys->entries[index].row.user_id == user_id) {
            forget(&api->keys->entries[index]);
        }
    }
}

/* ---- signatures -------------------------------------------------------------------------------
 */

static bool is_text_signed(struct fx_api_keys *keys,
                           struct fx_crypto_hmac *hmac,
                           const struct proof *proof)
{
    uint8_t mac[FX_CRYPTO_SHA256_SIZE];
    if (keys->text.is_overflow) {
        return false;
    }
    fx_crypto_hmac_sign(hmac, fx_buf_str(&keys->text), mac);
    const bool is_equal = fx_crypto_is_equal(fx_crypto_str(mac, sizeof mac),
                                             fx_crypto_str(proof->mac, sizeof proof->mac));
    return is_equal && proof->has_mac;
}

/* The seed's clients sign JSON.stringify(body), whatever spaces their library then sends. */
static bool has_other_form(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_buf *compact = &api->keys->compact;
    const fx_str body = call->request->body;
    if (body.size == 0 || fx_json_parse(&api->json, body) != FX_OK) {
        return false;
    }
    fx_buf_clear(compact);
    fx_api_signature_append_json(compact, &api->json, &api->texts);
    return !compact->is_overflow && !fx_str_is_equal(fx_buf_str(compact), body);
}

/* Version 2 only: version 1 is the seed's, which knows HMAC only. */
static bool is_signed_by_curve(struct fx_api_call *call,
                               struct fx_ed25519 *curve,
                               struct proof *proof)
{
    struct fx_api_keys *keys = call->api->keys;
    if (!proof->is_v2 || !proof->has_signature) {
        return false;
    }
    fx_api_signature_format_v2(&keys->text, call->request, &proof->times, keys->digest);
    if (keys->text.is_overflow ||
        !fx_ed25519_is_signed(curve, fx_buf_str(&keys->text), proof->signature)) {
        return false;
    }
    /* What is remembered against replays is what was signed: one text has many signatures. */
    fx_buf_append_byte(&keys->text, '\n');
    fx_buf_append(&keys->text, fx_net_http_value(call->request, FX_STR("apikey")));
    fx_crypto_digest_sha256(keys->digest, fx_buf_str(&keys->text), proof->mac);
    return !keys->text.is_overflow;
}

static bool is_signed(struct fx_api_call *call,
                      struct fx_crypto_hmac *hmac,
                      const struct proof *proof)
{
    struct fx_api_keys *keys = call->api->keys;
    const struct fx_net_http_request *request = call->request;
    if (proof->is_v2) {
        fx_api_signature_format_v2(&keys->text, request, &proof->times, keys->digest);
        return is_text_signed(keys, hmac, proof);
    }
    fx_api_signature_format_v1(&keys->text, request, proof->times.timestamp, request->body);
    if (is_text_signed(keys, hmac, proof)) {
        return true;
    }
    if (!has_other_form(call)) {
        return false;
    }
    fx_api_signature_format_v1(
        &keys->text, request, proof->times.timestamp, fx_buf_str(&keys->compact));
    return is_text_signed(keys, hmac, proof);
}

/* Any of these rights of a key is enough for the route. WRITE came first and meant everything that
 * is not a GET: it still opens what trades and, by another method than GET, what reads. */
static uint32_t rights_for(const struct fx_api_call *call)
{
    const enum fx_net_http_method method = call->request->method;
    const bool is_get = method == FX_NET_HTTP_METHOD_GET || method == FX_NET_HTTP_METHOD_HEAD;
    const enum fx_api_scope scope = call->route->scope;
    const bool is_trading = scope == FX_API_SCOPE_TRADE || scope == FX_API_SCOPE_REDUCE;
    const bool is_writing = is_trading || (scope == FX_API_SCOPE_READ && !is_get);
    return bit_of(is_trading ? FX_API_SCOPE_TRADE : scope) |
           (is_writing ? bit_of(FX_API_SCOPE_WRITE) : 0);
}

static fx_str lack_of(enum fx_api_scope scope)
{
    switch (scope) {
    case FX_API_SCOPE_READ:
        return FX_STR("the API key lacks the right READ");
    case FX_API_SCOPE_WRITE:
        return FX_STR("the API key lacks the right WRITE");
    case FX_API_SCOPE_TRADE:
    case FX_API_SCOPE_REDUCE:
        return FX_STR("the API key lacks the right TRADE");
    case FX_API_SCOPE_TRANSFER:
        return FX_STR("the API key lacks the right TRANSFER");
    case FX_API_SCOPE_ADMIN:
        return FX_STR("the API key lacks the right ADMIN");
    case FX_API_SCOPE_NONE:
    case FX_API_SCOPE_SESSION:
    default:
        return FX_STR("no API key may do this: log in");
    }
}

/* A request of version 1 can be sent again by whoever has seen it. */
static bool needs_v2(enum fx_api_scope scope)
{
    return scope == FX_API_SCOPE_TRANSFER || scope == FX_API_SCOPE_ADMIN;
}

static fx_status check_rights(struct fx_api_call *call, const struct entry *entry, bool is_v2)
{
    const fx_str ips = fx_str_of(entry->row.ips);
    if (ips.size > 0 && !fx_api_address_is_listed(call->peer, ips)) {
        return fail(call, FX_FORBIDDEN, FX_STR("the API key is not for this address"));
    }
    if ((entry->scopes & rights_for(call)) == 0) {
        return fail(call, FX_FORBIDDEN, lack_of(call->route->scope));
    }
    if (!is_v2 && needs_v2(call->route->scope)) {
        return fail(call, FX_FORBIDDEN, FX_STR("this route needs a signature of version 2"));
    }
    return FX_OK;
}

fx_status fx_api_key_check(struct fx_api_call *call, uint64_t *user_id_out)
{
    struct fx_api_keys *keys = call->api->keys;
    const struct entry *entry = NULL;
    struct proof proof;
    fx_status status = read_proof(call, &proof);
    if (status != FX_OK) {
        return status;
    }
    status = find(call->api, fx_net_http_value(call->request, FX_STR("apikey")), &entry);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    const bool is_curve = entry != NULL && entry->curve != NULL;
    const bool is_genuine =
        is_curve ? is_signed_by_curve(call, entry->curve, &proof)
                 : is_signed(call, entry == NULL ? keys->nobody : entry->hmac, &proof);
    if (!is_genuine || entry == NULL || entry->row.is_revoked) {
        return FX_BAD_SIGNATURE;
    }
    if (entry->row.expires_us != 0 && wall_ms(call->api) * US_PER_MS >= entry->row.expires_us) {
        return FX_API_KEY_EXPIRED; /* told only to who has the secret */
    }
    status = proof.is_v2 ? fx_api_replay_put(keys->replay, proof.mac, &proof.window) : FX_OK;
    if (status == FX_OK) {
        status = check_rights(call, entry, proof.is_v2);
    }
    if (status == FX_OK) {
        *user_id_out = entry->row.user_id;
        call->key_id = entry->row.id;
        if (proof.is_v2) {
            fx_api_proof_begin(call->api, proof.mac, proof.window.until_ms);
        }
    }
    return status;
}

/* ---- the plain stream: no request to be signed, but a moment ------------------------------------
 */

static bool is_stream_signed(struct fx_api_keys *keys,
                             const struct entry *entry,
                             const struct fx_api_key_claim *claim)
{
    struct proof proof;
    memset(&proof, 0, sizeof proof);
    fx_buf_clear(&keys->text);
    fx_buf_append(&keys->text, FX_STR("GET/realtime"));
    fx_buf_append(&keys->text, claim->expires);
    if (entry != NULL && entry->curve != NULL) {
        return !keys->text.is_overflow &&
               fx_crypto_hex_decode(claim->signature, proof.signature, sizeof proof.signature) ==
                   FX_OK &&
               fx_ed25519_is_signed(entry->curve, fx_buf_str(&keys->text), proof.signature);
    }
    proof.has_mac = fx_crypto_hex_decode(claim->signature, proof.mac, sizeof proof.mac) == FX_OK;
    return is_text_signed(keys, entry == NULL ? keys->nobody : entry->hmac, &proof);
}

static bool is_moment_near(const struct fx_api *api, fx_str expires)
{
    uint64_t until_ms = 0;
    const int64_t now_ms = wall_ms(api);
    return fx_str_parse_u64(expires, &until_ms) && until_ms <= TIME_MS_MAX &&
           (int64_t)until_ms > now_ms && (int64_t)until_ms <= now_ms + V1_WINDOW_MS;
}

/* What a genuine key's owner may do now. */
static fx_status describe(struct fx_api *api,
                          const struct entry *entry,
                          fx_str peer,
                          struct fx_api_key_owner *owner_out)
{
    struct fx_api_user user;
    const fx_str ips = fx_str_of(entry->row.ips);
    if (entry->row.is_revoked) {
        return FX_BAD_SIGNATURE;
    }
    if (entry->row.expires_us != 0 && wall_ms(api) * US_PER_MS >= entry->row.expires_us) {
        return FX_API_KEY_EXPIRED;
    }
    if (ips.size > 0 && !fx_api_address_is_listed(peer, ips)) {
        return FX_FORBIDDEN;
    }
    const uint32_t trading = bit_of(FX_API_SCOPE_TRADE) | bit_of(FX_API_SCOPE_WRITE);
    const fx_status status = fx_api_guard_user(api, entry->row.user_id, &user);
    if (status == FX_OK) {
        *owner_out = (struct fx_api_key_owner){.user_id = entry->row.user_id,
                                               .key_id = entry->row.id,
                                               .is_read_allowed =
                                                   (entry->scopes & bit_of(FX_API_SCOPE_READ)) != 0,
                                               .is_trade_allowed = (entry->scopes & trading) != 0};
    }
    return status;
}

static fx_status check_claim(struct fx_api *api,
                             const struct fx_api_key_claim *claim,
                             struct fx_api_key_owner *owner_out)
{
    const struct entry *entry = NULL;
    if (!is_moment_near(api, claim->expires)) {
        return FX_TIMESTAMP_OUT_OF_WINDOW;
    }
    const fx_status status = find(api, claim->key, &entry);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    const bool is_genuine = is_stream_signed(api->keys, entry, claim);
    return is_genuine && entry != NULL ? describe(api, entry, claim->peer, owner_out)
                                       : FX_BAD_SIGNATURE;
}

fx_status fx_api_key_check_claim(struct fx_api *api,
                                 const struct fx_api_key_claim *claim,
                                 struct fx_api_key_owner *owner_out)
{
    struct fx_api_call call = {.api = api, .peer = claim->peer};
    fx_status status = fx_api_rate_admit(&call);
    if (status == FX_OK) {
        status = check_claim(api, claim, owner_out);
        if (fx_status_http(status) == HTTP_UNAUTHORIZED) {
            fx_api_rate_failed(&call);
        }
    }
    return status;
}

fx_status fx_api_key_renew(struct fx_api *api,
                           const struct fx_api_key_claim *claim,
                           struct fx_api_key_owner *owner_out)
{
    const struct entry *entry = NULL;
    const fx_status status = find(api, claim->key, &entry);
    return status == FX_OK ? describe(api, entry, claim->peer, owner_out) : status;
}

#include "base/jwt.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/panic.h"

enum {
    NAME_SIZE_MAX = 256,      /* of typ, kid, iss and each aud */
    PAYLOAD_SIZE_MAX = 3072,  /* decoded; what fits into a token */
    SIGNATURE_TEXT_MAX = 683, /* base64url of 512 bytes */
    CACHE_WAYS = 2,
};

#define TIME_S_MAX INT64_C(253402300799) /* the last second of the year 9999 */

struct fx_jwt {
    struct fx_jwt_options options;
    struct fx_crypto_digest *digest;
    struct fx_buf text; /* scratch: an unescaped string; a payload to sign */
    struct fx_json json;
    uint8_t bytes[PAYLOAD_SIZE_MAX];
};

/** The three parts of a token, and the text that is signed. */
struct parts {
    fx_str header;
    fx_str payload;
    fx_str signature;
    fx_str signed_text;
};

struct fx_jwt *fx_jwt_create(const struct fx_jwt_options *options)
{
    FX_ASSERT(options->key_count >= 1 && options->key_count <= FX_JWT_KEYS_MAX);
    FX_ASSERT(options->skew_s <= FX_JWT_SKEW_S_MAX);
    for (uint32_t index = 0; index < options->key_count; index++) {
        FX_ASSERT(options->keys[index].rsa != NULL);
        FX_ASSERT(options->keys[index].kid.size <= NAME_SIZE_MAX);
    }
    FX_ASSERT(options->issuer.size <= NAME_SIZE_MAX);
    FX_ASSERT(options->audience.size <= NAME_SIZE_MAX);
    FX_ASSERT(options->type.size <= NAME_SIZE_MAX);
    struct fx_jwt *jwt = calloc(1, sizeof *jwt);
    if (jwt == NULL) {
        return NULL;
    }
    jwt->options = *options;
    fx_buf_init(&jwt->text, FX_JWT_SIZE_MAX);
    jwt->digest = fx_crypto_digest_create();
    if (jwt->digest == NULL) {
        fx_jwt_destroy(jwt);
        return NULL;
    }
    return jwt;
}

void fx_jwt_destroy(struct fx_jwt *jwt)
{
    if (jwt == NULL) {
        return;
    }
    fx_crypto_digest_destroy(jwt->digest);
    fx_buf_deinit(&jwt->text);
    free(jwt);
}

/* ---- Signing ---- */

static void build_header(const struct fx_jwt *jwt, struct fx_buf *target)
{
    fx_buf_append_byte(target, '{');
    fx_json_add_str(target, FX_STR("alg"), FX_STR("RS256"));
    fx_json_add_str(target, FX_STR("typ"), FX_STR("JWT"));
    if (jwt->options.keys[0].kid.size > 0) {
        fx_json_add_str(target, FX_STR("kid"), jwt->options.keys[0].kid);
    }
    fx_buf_append_byte(target, '}');
}

static void build_payload(const struct fx_jwt_options *options,
                          const struct fx_jwt_claims *claims,
                          struct fx_buf *target)
{
    fx_buf_append_byte(target, '{');
    fx_json_add_id(target, FX_STR("sub"), claims->user_id);
    if (claims->issued_at_s != 0) {
        fx_json_add_int(target, FX_STR("iat"), claims->issued_at_s);
    }
    fx_json_add_int(target, FX_STR("exp"), claims->expires_at_s);
    if (claims->starts_at_s != 0) {
        fx_json_add_int(target, FX_STR("nbf"), claims->starts_at_s);
    }
    if (options->issuer.size > 0) {
        fx_json_add_str(target, FX_STR("iss"), options->issuer);
    }
    if (options->audience.size > 0) {
        fx_json_add_str(target, FX_STR("aud"), options->audience);
    }
    if (options->type.size > 0) {
        fx_json_add_str(target, FX_STR("typ"), options->type);
    }
    if (claims->jti_size > 0) {
        fx_json_add_str(target, FX_STR("jti"), fx_crypto_str(claims->jti, claims->jti_size));
    }
    fx_buf_append_byte(target, '}');
}

/** Append "header.payload" as base64url. */
static void build_signed_text(struct fx_jwt *jwt,
                              const struct fx_jwt_claims *claims,
                              struct fx_buf *target)
{
    fx_buf_clear(&jwt->text);
    build_header(jwt, &jwt->text);
    fx_crypto_base64url_encode(target, fx_buf_str(&jwt->text));
    fx_buf_append_byte(target, '.');
    const bool is_header_lost = jwt->text.is_overflow;
    fx_buf_clear(&jwt->text);
    build_payload(&jwt->options, claims, &jwt->text);
    fx_crypto_base64url_encode(target, fx_buf_str(&jwt->text));
    jwt->text.is_overflow = jwt->text.is_overflow || is_header_lost;
}

fx_status fx_jwt_sign(struct fx_jwt *jwt,
                      const struct fx_jwt_claims *claims,
                      struct fx_buf *token_out)
{
    FX_ASSERT(claims->user_id != 0);
    FX_ASSERT(claims->expires_at_s > 0 && claims->expires_at_s <= TIME_S_MAX);
    FX_ASSERT(claims->issued_at_s >= 0 && claims->starts_at_s >= 0);
    FX_ASSERT(claims->jti_size <= FX_JWT_JTI_SIZE_MAX);
    struct fx_buf token;
    fx_buf_init(&token, FX_JWT_SIZE_MAX);
    build_signed_text(jwt, claims, &token);
    fx_status status = FX_BAD_PARAMETER;
    if (jwt->text.is_overflow || token.is_overflow) {
        goto cleanup;
    }
    struct fx_crypto_rsa *key = jwt->options.keys[0].rsa;
    uint8_t signature[FX_CRYPTO_RSA_SIZE_MAX];
    status = fx_crypto_rsa_sign(key, fx_buf_str(&token), signature);
    if (status != FX_OK) {
        goto cleanup;
    }
    fx_buf_append_byte(&token, '.');
    fx_crypto_base64url_encode(&token, fx_crypto_str(signature, fx_crypto_rsa_size(key)));
    if (token.is_overflow) {
        status = FX_BAD_PARAMETER;
        goto cleanup;
    }
    fx_buf_append(token_out, fx_buf_str(&token));
    status = token_out->is_overflow ? FX_NO_MEMORY : FX_OK;
cleanup:
    fx_buf_deinit(&token);
    return status;
}

/* ---- Verification ---- */

/** Cut a token at its first two dots. @return false where there are not two or a part is empty. */
static bool split(fx_str token, struct parts *parts_out)
{
    if (token.size > FX_JWT_SIZE_MAX) {
        return false;
    }
    const size_t first = fx_str_find(token, '.', 0);
    if (first == SIZE_MAX) {
        return false;
    }
    const size_t second = fx_str_find(token, '.', first + 1);
    if (second == SIZE_MAX) {
        return false; /* a third dot is no character of the signature's text */
    }
    parts_out->header = fx_str_slice(token, 0, first);
    parts_out->payload = fx_str_slice(token, first + 1, second - first - 1);
    parts_out->signature = fx_str_slice(token, second + 1, token.size);
    parts_out->signed_text = fx_str_slice(token, 0, second);
    return parts_out->header.size > 0 && parts_out->payload.size > 0 &&
           parts_out->signature.size > 0 && parts_out->signature.size <= SIGNATURE_TEXT_MAX;
}

/** Decode a part into jwt->bytes and read it as a JSON object. @return the object; NULL if it is
 * none. */
static const struct fx_json_token *read_part(struct fx_jwt *jwt, fx_str part)
{
    size_t size = 0;
    if (fx_crypto_base64url_decode(part, jwt->bytes, sizeof jwt->bytes, &size) != FX_OK ||
        fx_json_parse(&jwt->json, fx_crypto_str(jwt->bytes, size)) != FX_OK) {
        return NULL;
    }
    const struct fx_json_token *root = &jwt->json.tokens[0];
    return root->kind == FX_JSON_OBJECT ? root : NULL;
}

static bool is_name(const struct fx_json_token *value)
{
    return value->kind == FX_JSON_STRING && value->text.size <= NAME_SIZE_MAX;
}

/** Compare the content of a string, unescaped, with `wanted`. */
static bool has_content(struct fx_jwt *jwt, const struct fx_json_token *string, fx_str wanted)
{
    if (!string->is_escaped) {
        return fx_str_is_equal(string->text, wanted);
    }
    fx_buf_clear(&jwt->text);
    return fx_json_unescape(string, &jwt->text) && !jwt->text.is_overflow &&
           fx_str_is_equal(fx_buf_str(&jwt->text), wanted);
}

/**
 * Check the header: RS256 in exactly these five bytes (no escapes), and nothing that changes how
 * the rest is to be read (crit: unknown extensions; b64: RFC 7797; cty, enc, zip: nested or
 * encrypted). jku, jwk, x5u and x5c are never looked at. `key_index_out` is the key that `kid`
 * names, or key_count.
 */
static bool check_header(struct fx_jwt *jwt, fx_str part, uint32_t *key_index_out)
{
    const struct fx_json_token *header = read_part(jwt, part);
    if (header == NULL) {
        return false;
    }
    const struct fx_json_token *alg = fx_json_member(&jwt->json, header, FX_STR("alg"));
    if (alg == NULL || alg->kind != FX_JSON_STRING ||
        !fx_str_is_equal(alg->text, FX_STR("RS256"))) {
        return false;
    }
    static const char *const REFUSED[] = {"crit", "b64", "cty", "enc", "zip"};
    for (size_t index = 0; index < sizeof REFUSED / sizeof REFUSED[0]; index++) {
        if (fx_json_member(&jwt->json, header, fx_str_of(REFUSED[index])) != NULL) {
            return false;
        }
    }
    const struct fx_json_token *typ = fx_json_member(&jwt->json, header, FX_STR("typ"));
    const struct fx_json_token *kid = fx_json_member(&jwt->json, header, FX_STR("kid"));
    if ((typ != NULL && !is_name(typ)) || (kid != NULL && !is_name(kid))) {
        return false;
    }
    const struct fx_jwt_options *options = &jwt->options;
    uint32_t key_index = 0;
    while (key_index < options->key_count &&
           (kid == NULL || options->keys[key_index].kid.size == 0 ||
            !has_content(jwt, kid, options->keys[key_index].kid))) {
        key_index++;
    }
    *key_index_out = key_index;
    return true;
}

/** True where the key that the token names, or else any key, made the signature. */
static bool check_signature(const struct fx_jwt *jwt, const struct parts *parts, uint32_t key_index)
{
    uint8_t bytes[FX_CRYPTO_RSA_SIZE_MAX];
    size_t size = 0;
    if (fx_crypto_base64url_decode(parts->signature, bytes, sizeof bytes, &size) != FX_OK) {
        return false;
    }
    const fx_str signature = fx_crypto_str(bytes, size);
    const struct fx_jwt_options *options = &jwt->options;
    if (key_index < options->key_count) {
        return fx_crypto_rsa_is_signed(options->keys[key_index].rsa, parts->signed_text, signature);
    }
    for (uint32_t index = 0; index < options->key_count; index++) {
        if (fx_crypto_rsa_is_signed(options->keys[index].rsa, parts->signed_text, signature)) {
            return true;
        }
    }
    return false;
}

/** Read an optional time: an integer of seconds from 0 to the year 9999; absent gives 0. */
static bool read_time(const struct fx_json *json, fx_str name, int64_t *time_s_out)
{
    *time_s_out = 0;
    const struct fx_json_token *value = fx_json_member(json, &json->tokens[0], name);
    if (value == NULL) {
        return true;
    }
    uint64_t time_s = 0;
    if (value->kind != FX_JSON_NUMBER || !fx_str_parse_u64(value->text, &time_s) ||
        time_s > (uint64_t)TIME_S_MAX) {
        return false;
    }
    *time_s_out = (int64_t)time_s;
    return true;
}

/** Read sub: a user id, not 0, as an integer or as a string of its digits. */
static bool read_subject(const struct fx_json *json, uint64_t *user_id_out)
{
    const struct fx_json_token *value = fx_json_member(json, &json->tokens[0], FX_STR("sub"));
    return value != NULL && (value->kind == FX_JSON_NUMBER || value->kind == FX_JSON_STRING) &&
           fx_str_parse_u64(value->text, user_id_out) && *user_id_out != 0;
}

static bool read_jti(const struct fx_json *json, struct fx_jwt_claims *claims)
{
    const struct fx_json_token *value = fx_json_member(json, &json->tokens[0], FX_STR("jti"));
    if (value == NULL) {
        return true;
    }
    if (value->kind != FX_JSON_STRING || value->is_escaped ||
        value->text.size > FX_JWT_JTI_SIZE_MAX) {
        return false;
    }
    if (value->text.size > 0) {
        memcpy(claims->jti, value->text.data, value->text.size);
    }
    claims->jti_size = (uint32_t)value->text.size;
    return true;
}

/** Check a claim that is a name: a string if present, and equal to `wanted` if that is not empty.
 */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a key, then what its value must be
static bool check_name(struct fx_jwt *jwt, fx_str name, fx_str wanted)
{
    const struct fx_json_token *value = fx_json_member(&jwt->json, &jwt->json.tokens[0], name);
    if (value == NULL) {
        return wanted.size == 0;
    }
    return is_name(value) && (wanted.size == 0 || has_content(jwt, value, wanted));
}

/** Check aud: a name or an array of names, one of which is ours where that is asked for. */
static bool check_audience(struct fx_jwt *jwt)
{
    const fx_str wanted = jwt->options.audience;
    const struct fx_json_token *value =
        fx_json_member(&jwt->json, &jwt->json.tokens[0], FX_STR("aud"));
    if (value == NULL || value->kind != FX_JSON_ARRAY) {
        return check_name(jwt, FX_STR("aud"), wanted);
    }
    bool is_found = wanted.size == 0;
    for (uint32_t index = 0; index < value->count; index++) {
        const struct fx_json_token *element = fx_json_element(&jwt->json, value, index);
        if (element == NULL || !is_name(element)) {
            return false;
        }
        is_found = is_found || has_content(jwt, element, wanted);
    }
    return is_found;
}

static bool read_claims(struct fx_jwt *jwt, fx_str part, struct fx_jwt_claims *claims)
{
    memset(claims, 0, sizeof *claims);
    if (read_part(jwt, part) == NULL) {
        return false;
    }
    const struct fx_json *json = &jwt->json;
    return read_subject(json, &claims->user_id) &&
           read_time(json, FX_STR("exp"), &claims->expires_at_s) && claims->expires_at_s > 0 &&
           read_time(json, FX_STR("iat"), &claims->issued_at_s) &&
           read_time(json, FX_STR("nbf"), &claims->starts_at_s) && read_jti(json, claims) &&
           check_name(jwt, FX_STR("iss"), jwt->options.issuer) &&
           check_name(jwt, FX_STR("typ"), jwt->options.type) && check_audience(jwt);
}

fx_status fx_jwt_verify(struct fx_jwt *jwt,
                        fx_str token,
                        int64_t now_s,
                        struct fx_jwt_claims *claims_out)
{
    FX_ASSERT(now_s >= 0 && now_s <= TIME_S_MAX);
    struct parts parts;
    uint32_t key_index = 0;
    if (!split(token, &parts) || !check_header(jwt, parts.header, &key_index) ||
        !check_signature(jwt, &parts, key_index)) {
        return FX_BAD_TOKEN;
    }
    struct fx_jwt_claims claims;
    if (!read_claims(jwt, parts.payload, &claims)) {
        return FX_BAD_TOKEN;
    }
    const int64_t skew_s = jwt->options.skew_s;
    if (claims.issued_at_s > now_s + skew_s || claims.starts_at_s > now_s + skew_s) {
        return FX_BAD_TOKEN;
    }
    if (now_s >= claims.expires_at_s + skew_s) {
        return FX_TOKEN_EXPIRED;
    }
    *claims_out = claims;
    return FX_OK;
}

static void digest_shown(struct fx_jwt *jwt,
                         struct fx_jwt_memo *memo,
                         fx_str token,
                         uint8_t digest_out[FX_CRYPTO_SHA256_SIZE])
{
    const bool is_kept = memo != NULL && token.size > 0 && token.size <= sizeof memo->text;
    if (is_kept && memo->size == token.size &&
        fx_crypto_is_equal((fx_str){memo->text, memo->size}, token)) {
        memcpy(digest_out, memo->digest, sizeof memo->digest);
        return;
    }
    fx_crypto_digest_sha256(jwt->digest, token, digest_out);
    if (is_kept) {
        memo->size = (uint32_t)token.size;
        memcpy(memo->text, token.data, token.size);
        memcpy(memo->digest, digest_out, sizeof memo->digest);
    }
}

bool fx_jwt_recall(struct fx_jwt *jwt,
                   struct fx_jwt_cache *cache,
                   struct fx_jwt_memo *memo,
                   fx_str token,
                   int64_t now_s,
                   struct fx_jwt_claims *claims_out)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    if (token.size > FX_JWT_SIZE_MAX) {
        return false;
    }
    digest_shown(jwt, memo, token, digest);
    return fx_jwt_cache_get(cache, digest, now_s, claims_out);
}

fx_status fx_jwt_verify_cached(struct fx_jwt *jwt,
                               struct fx_jwt_cache *cache,
                               fx_str token,
                               int64_t now_s,
                               struct fx_jwt_claims *claims_out)
{
    if (token.size > FX_JWT_SIZE_MAX) {
        return FX_BAD_TOKEN;
    }
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    fx_crypto_digest_sha256(jwt->digest, token, digest);
    if (fx_jwt_cache_get(cache, digest, now_s, claims_out)) {
        return FX_OK;
    }
    const fx_status status = fx_jwt_verify(jwt, token, now_s, claims_out);
    if (status == FX_OK) {
        const int64_t valid_until_s = claims_out->expires_at_s + jwt->options.skew_s;
        fx_jwt_cache_put(cache, digest, claims_out, valid_until_s);
    }
    return status;
}

/* ---- Cache ---- */

struct entry {
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    int64_t valid_until_s; /* 0: empty */
    struct fx_jwt_claims claims;
};

struct set {
    struct entry entries[CACHE_WAYS];
    uint32_t older; /* the entry that gives way: the one that was not used last */
};

struct fx_jwt_cache {
    uint32_t set_count;
    struct set sets[];
};

struct fx_jwt_cache *fx_jwt_cache_create(uint32_t entry_count)
{
    FX_ASSERT(entry_count >= CACHE_WAYS && entry_count <= FX_JWT_CACHE_ENTRIES_MAX);
    FX_ASSERT((entry_count & (entry_count - 1)) == 0);
    const uint32_t set_count = entry_count / CACHE_WAYS;
    struct fx_jwt_cache *cache = calloc(1, sizeof *cache + set_count * sizeof cache->sets[0]);
    if (cache != NULL) {
        cache->set_count = set_count;
    }
    return cache;
}

void fx_jwt_cache_destroy(struct fx_jwt_cache *cache)
{
    free(cache);
}

void fx_jwt_cache_clear(struct fx_jwt_cache *cache)
{
    memset(cache->sets, 0, cache->set_count * sizeof cache->sets[0]);
}

/** The set of a digest. Only genuine tokens get in, so nobody can aim at a set. */
static struct set *set_of(struct fx_jwt_cache *cache, const uint8_t *digest)
{
    uint32_t hash = 0;
    memcpy(&hash, digest, sizeof hash);
    return &cache->sets[hash & (cache->set_count - 1)];
}

/** The entry with this digest, which may be expired; CACHE_WAYS where there is none. */
static uint32_t find(const struct set *set, const uint8_t *digest)
{
    const fx_str wanted = fx_crypto_str(digest, FX_CRYPTO_SHA256_SIZE);
    for (uint32_t way = 0; way < CACHE_WAYS; way++) {
        const struct entry *entry = &set->entries[way];
        if (entry->valid_until_s != 0 &&
            fx_crypto_is_equal(fx_crypto_str(entry->digest, sizeof entry->digest), wanted)) {
            return way;
        }
    }
    return CACHE_WAYS;
}

bool fx_jwt_cache_get(struct fx_jwt_cache *cache,
                      const uint8_t digest[FX_CRYPTO_SHA256_SIZE],
                      int64_t now_s,
                      struct fx_jwt_claims *claims_out)
{
    struct set *set = set_of(cache, digest);
    const uint32_t way = find(set, digest);
    if (way == CACHE_WAYS) {
        return false;
    }
    struct entry *entry = &set->entries[way];
    if (now_s >= entry->valid_until_s) {
        memset(entry, 0, sizeof *entry);
        set->older = way;
        return false;
    }
    set->older = 1 - way;
    *claims_out = entry->claims;
    return true;
}

void fx_jwt_cache_put(struct fx_jwt_cache *cache,
                      const uint8_t digest[FX_CRYPTO_SHA256_SIZE],
                      const struct fx_jwt_claims *claims,
                      int64_t valid_until_s)
{
    FX_ASSERT(valid_until_s > 0);
    struct set *set = set_of(cache, digest);
    uint32_t way = find(set, digest);
    way = way == CACHE_WAYS ? set->older : way;
    struct entry *entry = &set->entries[way];
    memcpy(entry->digest, digest, sizeof entry->digest);
    entry->claims = *claims;
    entry->valid_until_s = valid_until_s;
    set->older = 1 - way;
}

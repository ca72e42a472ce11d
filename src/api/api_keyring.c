/* API keys of a user: list, make, revoke. api_key.c checks what they sign. */
#include <string.h>

#include "api/api_address_int.h"
#include "api/api_audit_int.h"
#include "api/api_delay_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_revoke_int.h"
#include "api/api_totp_int.h"
#include "base/crypto.h"
#include "base/ed25519.h"
#include "store/store_api_key.h"

enum { US_PER_MS = 1000, PER_USER_MAX = 20, KEY_BYTES = 24, SECRET_BYTES = 32 };

/* ---- JSON ------------------------------------------------------------------------------------ */

/* "a,b" as ["a","b"]. */
// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): a name and its value
static void add_list(struct fx_buf *buf, fx_str name, fx_str list)
{
    fx_json_append_key(buf, name);
    fx_buf_append_byte(buf, '[');
    for (size_t from = 0; from < list.size;) {
        const size_t comma = fx_str_find(list, ',', from);
        const size_t end = comma == SIZE_MAX ? list.size : comma;
        fx_json_append_comma(buf);
        fx_json_append_string(buf, fx_str_trim(fx_str_slice(list, from, end - from)));
        from = end + 1;
    }
    fx_buf_append_byte(buf, ']');
}

/* `secret`: shown once, when it was made. */
static void append_key(struct fx_buf *buf, const struct fx_store_api_key *row, fx_str secret)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("id"), (int64_t)row->id);
    fx_json_add_str(buf, FX_STR("apiKey"), fx_str_of(row->key));
    if (secret.size > 0) {
        fx_json_add_str(buf, FX_STR("secret"), secret);
    }
    fx_json_add_str(buf, FX_STR("kind"), fx_str_of(row->kind));
    fx_json_add_str(buf, FX_STR("label"), fx_str_of(row->label));
    add_list(buf, FX_STR("scopes"), fx_str_of(row->scopes));
    add_list(buf, FX_STR("ips"), fx_str_of(row->ips));
    fx_json_add_bool(buf, FX_STR("isRevoked"), row->is_revoked);
    fx_json_add_int(buf, FX_STR("createdAt"), row->created_us / US_PER_MS);
    if (row->expires_us != 0) {
        fx_json_add_int(buf, FX_STR("expiresAt"), row->expires_us / US_PER_MS);
    }
    fx_buf_append_byte(buf, '}');
}

/* ---- list ------------------------------------------------------------------------------------ */

fx_status fx_api_keyring_list(struct fx_api_call *call)
{
    struct fx_api *api = call->api;
    struct fx_store_api_key *rows = api->rows;
    struct fx_store_page page;
    uint32_t count = 0;
    fx_status status = fx_api_param_page(call, &page);
    if (status == FX_OK) {
        status = fx_store_api_key_list(api->options.reader, call->user.id, &page, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(api);
    for (uint32_t index = 0; index < count; index++) {
        append_key(buf, &rows[index], (fx_str){0});
    }
    const uint64_t cursor = count > 0 && count == page.limit ? rows[count - 1].id : 0;
    fx_crypto_wipe(rows, (size_t)count * sizeof *rows);
    fx_api_reply_send_list(api, &call->target, cursor);
    return FX_OK;
}

/* ---- make ------------------------------------------------------------------------------------ */

struct creation {
    struct fx_store_api_key row;
    char secret[FX_API_KEY_SECRET_SIZE]; /* in the clear; empty for ED25519 */
    char otp[FX_API_TOTP_TEXT_SIZE];
    struct fx_api_audit_note note;
};

// NOLINTNEXTLINE(bugprone-easily-swappable-parameters): room, then what goes in
static fx_status make_text(char *target, size_t capacity, size_t byte_count)
{
    uint8_t bytes[SECRET_BYTES];
    struct fx_buf text;
    const fx_status status = fx_crypto_random(bytes, byte_count);
    if (status != FX_OK) {
        return status;
    }
    fx_buf_init(&text, capacity);
    fx_crypto_base64url_encode(&text, fx_crypto_str(bytes, byte_count));
    const bool is_copied = fx_str_copy(fx_buf_str(&text), target, capacity);
    if (text.data != NULL) {
        fx_crypto_wipe(text.data, text.capacity);
    }
    fx_buf_deinit(&text);
    fx_crypto_wipe(bytes, sizeof bytes);
    return is_copied ? FX_OK : FX_NO_MEMORY;
}

/* The 32 bytes of the public key, always in one form. */
static fx_status read_public_key(struct fx_api_call *call, struct creation *creation)
{
    uint8_t key[FX_ED25519_KEY_SIZE];
    struct fx_buf text;
    fx_str given = {0};
    fx_status status = fx_api_param_text(call, FX_STR("publicKey"), &given);
    if (status != FX_OK) {
        return status;
    }
    status = fx_ed25519_parse(given, key);
    struct fx_ed25519 *verifier = status == FX_OK ? fx_ed25519_create(key) : NULL;
    if (verifier == NULL) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("publicKey"));
    }
    fx_ed25519_destroy(verifier);
    fx_buf_init(&text, sizeof creation->row.secret);
    fx_crypto_base64url_encode(&text, fx_crypto_str(key, sizeof key));
    const bool is_copied =
        fx_str_copy(fx_buf_str(&text), creation->row.secret, sizeof creation->row.secret);
    fx_buf_deinit(&text);
    return is_copied ? FX_OK : FX_NO_MEMORY;
}

static fx_status read_kind(struct fx_api_call *call, struct creation *creation)
{
    fx_str kind = FX_STR("HMAC");
    fx_status status = fx_api_param_find(call, FX_STR("kind"), &kind);
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return status;
    }
    const bool is_curve = fx_str_is_equal(kind, FX_STR("ED25519"));
    if ((!is_curve && !fx_str_is_equal(kind, FX_STR("HMAC"))) ||
        !fx_str_copy(kind, creation->row.kind, sizeof creation->row.kind)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("kind"));
    }
    if (is_curve) {
        return read_public_key(call, creation);
    }
    if (fx_api_param_find(call, FX_STR("publicKey"), &kind) != FX_NOT_FOUND) {
        /* Who sends one wants ED25519: a shared secret instead would be a weaker key than he
         * thinks. */
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("publicKey"));
    }
    const struct fx_seal *seal = call->api->options.seal;
    if (seal == NULL) {
        return FX_NOT_IMPLEMENTED;
    }
    status = make_text(creation->secret, sizeof creation->secret, SECRET_BYTES);
    return status == FX_OK ? fx_api_key_seal(seal, &creation->row, fx_str_of(creation->secret))
                           : status;
}

static fx_status read_scopes(struct fx_api_call *call, struct creation *creation)
{
    const fx_str name = FX_STR("scopes");
    fx_status status =
        fx_api_param_texts(call, name, creation->row.scopes, sizeof creation->row.scopes);
    const fx_str scopes = fx_str_of(creation->row.scopes);
    if (status != FX_OK || !fx_api_key_are_scopes(scopes)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    if (fx_api_key_has_admin(scopes) && !call->user.is_admin) {
        call->error.message = FX_STR("only an admin's key may have the right ADMIN");
        call->error.field = name;
        return FX_FORBIDDEN;
    }
    return FX_OK;
}

static fx_status read_limits(struct fx_api_call *call, struct creation *creation)
{
    fx_status status =
        fx_api_param_texts(call, FX_STR("ips"), creation->row.ips, sizeof creation->row.ips);
    if (status == FX_OK && !fx_api_address_are_valid(fx_str_of(creation->row.ips))) {
        status = FX_BAD_PARAMETER;
    }
    if (status != FX_OK && status != FX_NOT_FOUND) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("ips"));
    }
    const fx_str name = FX_STR("expiresAt");
    status = fx_api_param_time(call, name, &creation->row.expires_us);
    if (status == FX_OK && creation->row.expires_us != 0 &&
        creation->row.expires_us <= creation->note.now_us) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return status;
}

static fx_status read_label(struct fx_api_call *call, struct creation *creation)
{
    fx_str label = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("label"), &label);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || !fx_str_copy(label, creation->row.label, sizeof creation->row.label)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("label"));
    }
    return FX_OK;
}

static fx_status create_work(struct fx_api_writer_desk *desk, void *data)
{
    struct creation *creation = data;
    const struct fx_api_totp_proof proof = {
        creation->row.user_id, fx_str_of(creation->otp), creation->note.now_us};
    uint64_t count = 0;
    fx_status status = fx_api_totp_check(desk, &proof);
    if (status == FX_OK) {
        status = fx_store_api_key_count(
            desk->store, creation->row.user_id, creation->note.now_us, &count);
    }
    if (status == FX_OK && count >= PER_USER_MAX) {
        status = FX_API_KEY_LIMIT;
    }
    if (status == FX_OK) {
        status = fx_store_api_key_insert(desk->store, &creation->row, &creation->row.id);
    }
    if (status == FX_OK) {
        fx_api_audit_subject(&creation->note, "api_key", creation->row.id);
    }
    return fx_api_audit_conclude(desk, &creation->note, status);
}

static void create_finish(struct fx_api *api,
                          const struct fx_api_target *target,
                          fx_status status,
                          void *data)
{
    const struct creation *creation = data;
    if (creation->otp[0] != '\0') {
        fx_api_delay_end_code(api, creation->note.user_id, status);
    }
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    append_key(fx_api_reply_begin(api), &creation->row, fx_str_of(creation->secret));
    fx_api_reply_send(api, target, 201);
}

static void note_creation(struct creation *creation)
{
    struct fx_buf json;
    fx_buf_init(&json, sizeof creation->note.detail);
    fx_buf_append_byte(&json, '{');
    fx_json_add_str(&json, FX_STR("kind"), fx_str_of(creation->row.kind));
    fx_json_add_str(&json, FX_STR("scopes"), fx_str_of(creation->row.scopes));
    fx_json_add_str(&json, FX_STR("ips"), fx_str_of(creation->row.ips));
    fx_json_add_int(&json, FX_STR("expiresAt"), creation->row.expires_us / US_PER_MS);
    fx_buf_append_byte(&json, '}');
    fx_api_audit_detail(&creation->note, &json);
    fx_buf_deinit(&json);
}

/* Without a code there is nothing to be guessed. */
static fx_status submit_creation(struct fx_api_call *call, const struct creation *creation)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct creation), .work = create_work, .finish = create_finish};
    const bool has_code = creation->otp[0] != '\0';
    fx_status status = has_code ? fx_api_delay_begin_code(call) : FX_OK;
    if (status != FX_OK) {
        return status;
    }
    status = fx_api_writer_submit(call->api, &call->target, &KIND, creation);
    if (status != FX_OK && has_code) {
        fx_api_delay_take_back_code(call);
    }
    return status;
}

fx_status fx_api_keyring_create(struct fx_api_call *call)
{
    struct creation creation;
    if (call->user.is_restricted) {
        call->error.message = FX_STR("a restricted user has no API keys");
        return FX_FORBIDDEN;
    }
    memset(&creation, 0, sizeof creation);
    fx_api_audit_init(&creation.note, call, "api_key.create");
    creation.row.user_id = call->user.id;
    creation.row.created_us = creation.note.now_us;
    fx_status status = make_text(creation.row.key, sizeof creation.row.key, KEY_BYTES);
    if (status == FX_OK) {
        status = fx_api_totp_read(call, creation.otp);
    }
    if (status == FX_OK) {
        status = read_label(call, &creation);
    }
    if (status == FX_OK) {
        status = read_scopes(call, &creation);
    }
    if (status == FX_OK) {
        status = read_limits(call, &creation);
    }
    if (status == FX_OK) {
        status = read_kind(call, &creation);
    }
    if (status == FX_OK) {
        note_creation(&creation);
        status = submit_creation(call, &creation);
    }
    fx_crypto_wipe(&creation, sizeof creation);
    return status;
}

/* ---- revoke ---------------------------------------------------------------------------------- */

struct revocation {
    struct fx_store_api_key row;
    struct fx_api_audit_note note;
};

static fx_status revoke_work(struct fx_api_writer_desk *desk, void *data)
{
    struct revocation *revocation = data;
    const struct fx_store_key key = {revocation->row.user_id, revocation->row.id};
    fx_status status = fx_store_api_key_find_id(desk->store, key, &revocation->row);
    if (status == FX_OK) {
        fx_crypto_wipe(revocation->row.secret, sizeof revocation->row.secret);
        status = fx_store_api_key_revoke(desk->store, key);
    }
    if (status == FX_OK) {
        status = fx_api_revoke_note_user(desk, key.user_id, revocation->note.now_us);
    }
    if (status == FX_NOT_FOUND) {
        return status; /* nothing to be done: no row in the log */
    }
    return fx_api_audit_conclude(desk, &revocation->note, status);
}

static void revoke_finish(struct fx_api *api,
                          const struct fx_api_target *target,
                          fx_status status,
                          void *data)
{
    const struct revocation *revocation = data;
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_api_key_forget(api, fx_str_of(revocation->row.key));
    fx_api_revoke_tell(api, revocation->row.user_id); /* streams that it opened */
    fx_api_reply_done(api, target);
}

fx_status fx_api_keyring_revoke(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct revocation), .work = revoke_work, .finish = revoke_finish};
    struct revocation revocation;
    uint64_t id = 0;
    if (!fx_str_parse_u64(call->param, &id) || id == 0 || id > INT64_MAX) {
        return fx_api_param_fail(call, FX_NOT_FOUND, FX_STR("id"));
    }
    memset(&revocation, 0, sizeof revocation);
    fx_api_audit_init(&revocation.note, call, "api_key.revoke");
    fx_api_audit_subject(&revocation.note, "api_key", id);
    revocation.row.user_id = call->user.id;
    revocation.row.id = id;
    return fx_api_writer_submit(call->api, &call->target, &KIND, &revocation);
}

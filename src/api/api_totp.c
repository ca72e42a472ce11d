#include <stdlib.h>
#include <string.h>

#include "api/api_audit_int.h"
#include "api/api_delay_int.h"
#include "api/api_param_int.h"
#include "api/api_pending_int.h"
#include "api/api_rate_int.h"
#include "api/api_reply_int.h"
#include "api/api_totp_int.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/totp.h"
#include "store/store_totp.h"
#include "store/store_user.h"

enum {
    US_PER_S = 1000000,
    CODES = 10,
    CODE_BYTES = 10, /* 80 bits: 16 characters of base32 */
    CODE_SIZE = 16,
    URI_SIZE_MAX = 1024
};

/* ---- sealing --------------------------------------------------------------------------------- */

static void append_context(struct fx_buf *buf, uint64_t user_id)
{
    fx_buf_append(buf, FX_STR("user_totp:"));
    fx_buf_append_u64(buf, user_id);
}

static fx_status seal_secret(const struct fx_seal *seal, fx_str secret, struct fx_store_totp *totp)
{
    struct fx_buf context;
    struct fx_buf text;
    fx_buf_init(&context, 64);
    fx_buf_init(&text, FX_SEAL_SIZE_MAX);
    append_context(&context, totp->user_id);
    fx_status status = fx_seal_encode(seal, fx_buf_str(&context), secret, &text);
    if (status == FX_OK && !fx_str_copy(fx_buf_str(&text), totp->secret, sizeof totp->secret)) {
        status = FX_NO_MEMORY;
    }
    fx_buf_deinit(&context);
    fx_buf_deinit(&text);
    return status;
}

static fx_status open_secret(const struct fx_seal *seal,
                             const struct fx_store_totp *totp,
                             struct fx_buf *secret)
{
    struct fx_buf context;
    fx_buf_init(&context, 64);
    append_context(&context, totp->user_id);
    const fx_status status =
        seal == NULL ? FX_CORRUPT
                     : fx_seal_decode(seal, fx_buf_str(&context), fx_str_of(totp->secret), secret);
    fx_buf_deinit(&context);
    if (status == FX_CORRUPT) {
        FX_LOG(FX_LOG_ERROR,
               "api",
               "a second factor cannot be opened: is it the right master key?",
               fx_log_u64("user", totp->user_id));
    }
    return status;
}

/* ---- checking -------------------------------------------------------------------------------- */

/* Recovery codes are random, so a plain hash keeps them; the user's id makes equal ones differ. */
static void hash_code(uint64_t user_id, fx_str code, struct fx_buf *hash)
{
    uint8_t digest[FX_CRYPTO_SHA256_SIZE];
    struct fx_buf text;
    fx_buf_init(&text, 64);
    fx_buf_append_u64(&text, user_id);
    fx_buf_append_byte(&text, ':');
    fx_buf_append(&text, code);
    fx_crypto_sha256(fx_buf_str(&text), digest);
    fx_crypto_hex_encode(hash, fx_crypto_str(digest, sizeof digest));
    fx_buf_deinit(&text);
}

static fx_status use_recovery_code(struct fx_api_writer_desk *desk,
                                   const struct fx_api_totp_proof *proof)
{
    char code[CODE_SIZE];
    size_t size = 0;
    struct fx_buf hash;
    for (size_t index = 0; index < proof->otp.size; index++) {
        const char byte = proof->otp.data[index];
        if (byte == '-') {
            continue; /* shown in groups of four */
        }
        if (size == CODE_SIZE) {
            return FX_BAD_OTP;
        }
        code[size] = byte;
        if (byte >= 'a' && byte <= 'z') {
            code[size] = (char)(byte - 'a' + 'A');
        }
        size++;
    }
    if (size != CODE_SIZE) {
        return FX_BAD_OTP;
    }
    fx_buf_init(&hash, 128);
    hash_code(proof->user_id, (fx_str){code, size}, &hash);
    const fx_status status =
        fx_store_totp_use_code(desk->store, proof->user_id, fx_buf_str(&hash), proof->now_us);
    fx_buf_deinit(&hash);
    return status == FX_NOT_FOUND ? FX_BAD_OTP : status;
}

static fx_status use_code(struct fx_api_writer_desk *desk,
                          const struct fx_api_totp_proof *proof,
                          struct fx_store_totp *totp)
{
    struct fx_buf secret;
    const struct fx_totp_times times = {proof->now_us / US_PER_S, totp->last_step};
    fx_buf_init(&secret, FX_SEAL_PLAIN_SIZE_MAX);
    fx_status status = open_secret(desk->options->seal, totp, &secret);
    if (status == FX_OK &&
        !fx_totp_check(fx_buf_str(&secret), proof->otp, &times, &totp->last_step)) {
        status = FX_BAD_OTP;
    }
    if (secret.data != NULL) {
        fx_crypto_wipe(secret.data, secret.capacity);
    }
    fx_buf_deinit(&secret);
    return status == FX_OK ? fx_store_totp_put(desk->store, totp) : status;
}

fx_status fx_api_totp_check(struct fx_api_writer_desk *desk, const struct fx_api_totp_proof *proof)
{
    struct fx_store_totp totp;
    const fx_status status = fx_store_totp_find(desk->store, proof->user_id, &totp);
    if (status == FX_NOT_FOUND || (status == FX_OK && !totp.is_enabled)) {
        return FX_OK;
    }
    if (status != FX_OK) {
        return status;
    }
    if (proof->otp.size == 0) {
        return FX_OTP_REQUIRED;
    }
    return proof->otp.size == FX_TOTP_DIGITS ? use_code(desk, proof, &totp)
                                             : use_recovery_code(desk, proof);
}

fx_status fx_api_totp_read(struct fx_api_call *call, char otp_out[FX_API_TOTP_TEXT_SIZE])
{
    fx_str otp = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("otp"), &otp);
    otp_out[0] = '\0';
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    if (status != FX_OK || memchr(otp.data, '\0', otp.size) != NULL ||
        !fx_str_copy(otp, otp_out, FX_API_TOTP_TEXT_SIZE)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("otp"));
    }
    return FX_OK;
}

/* ---- commands that want a code ----------------------------------------------------------------
 */

struct guarded {
    struct fx_command command;
    fx_api_answer_fn answer;
    char otp[FX_API_TOTP_TEXT_SIZE];
    struct fx_api_audit_note note;
};

static fx_status work_guarded(struct fx_api_writer_desk *desk, void *data)
{
    const struct guarded *guarded = data;
    const struct fx_api_totp_proof proof = {
        guarded->command.user_id, fx_str_of(guarded->otp), guarded->note.now_us};
    const fx_status status = fx_api_totp_check(desk, &proof);
    return status == FX_BAD_OTP ? fx_api_audit_conclude(desk, &guarded->note, status) : status;
}

static void finish_guarded(struct fx_api *api,
                           const struct fx_api_target *target,
                           fx_status status,
                           void *data)
{
    const struct guarded *guarded = data;
    fx_api_delay_end_code(api, guarded->note.user_id, status);
    const struct fx_api_pending pending = {.target = *target,
                                           .answer = guarded->answer,
                                           .user_id = guarded->command.user_id,
                                           .instrument = guarded->command.instrument,
                                           .deadline_ms =
                                               fx_net_server_now_ms(api->options.server) +
                                               (int64_t)api->options.wait_ms_max};
    if (status == FX_OK) {
        status = fx_api_pending_submit_more(api, &pending, &guarded->command);
    }
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
    }
}

fx_status fx_api_totp_submit(struct fx_api_call *call,
                             const struct fx_command *command,
                             fx_api_answer_fn answer)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct guarded), .work = work_guarded, .finish = finish_guarded};
    const struct fx_api_pending_wait wait = {.answer = answer};
    struct fx_store_totp totp;
    struct guarded guarded;
    memset(&guarded, 0, sizeof guarded);
    fx_status status = fx_api_totp_read(call, guarded.otp);
    if (status != FX_OK) {
        return status;
    }
    status = fx_store_totp_find(call->api->options.reader, call->user.id, &totp);
    if (status == FX_NOT_FOUND || (status == FX_OK && !totp.is_enabled)) {
        return fx_api_pending_submit(call, command, &wait);
    }
    if (status == FX_OK && guarded.otp[0] == '\0') {
        status = FX_OTP_REQUIRED;
    }
    if (status == FX_OK) {
        status = fx_api_rate_command(call, command);
    }
    if (status == FX_OK) {
        status = fx_api_delay_begin_code(call);
    }
    if (status != FX_OK) {
        return status;
    }
    guarded.command = *command;
    guarded.answer = answer;
    fx_api_audit_init(&guarded.note, call, "totp.command");
    fx_api_audit_subject(&guarded.note, "user", call->user.id);
    status = fx_api_writer_submit(call->api, &call->target, &KIND, &guarded);
    if (status != FX_OK) {
        fx_api_delay_take_back_code(call);
    }
    return status;
}

/* ---- the routes ------------------------------------------------------------------------------ */

/* One job for the three changes. */
struct change {
    struct fx_rows_user user;
    uint8_t secret[FX_TOTP_SECRET_SIZE]; /* of begin */
    struct fx_store_totp totp;
    char otp[FX_API_TOTP_TEXT_SIZE];
    char codes[CODES][CODE_SIZE + 1]; /* of confirm, out */
    struct fx_api_audit_note note;
};

fx_status fx_api_totp_show(struct fx_api_call *call)
{
    struct fx_store_totp totp;
    uint64_t count = 0;
    struct fx_store *reader = call->api->options.reader;
    fx_status status = fx_store_totp_find(reader, call->user.id, &totp);
    const bool is_enabled = status == FX_OK && totp.is_enabled;
    if (status == FX_OK || status == FX_NOT_FOUND) {
        status = fx_store_totp_count_codes(reader, call->user.id, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin(call->api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_bool(buf, FX_STR("enabled"), is_enabled);
    fx_json_add_int(buf, FX_STR("recoveryCodes"), (int64_t)count);
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

static fx_status begin_work(struct fx_api_writer_desk *desk, void *data)
{
    struct change *change = data;
    struct fx_store_totp now;
    fx_status status = fx_store_totp_find(desk->store, change->totp.user_id, &now);
    if (status == FX_OK && now.is_enabled) {
        return FX_EXISTS; /* disable it first: that asks for a code */
    }
    if (status == FX_OK || status == FX_NOT_FOUND) {
        status = fx_store_user_find(desk->store, change->totp.user_id, &change->user);
    }
    if (status == FX_OK) {
        status = fx_store_totp_put(desk->store, &change->totp);
    }
    return fx_api_audit_conclude(desk, &change->note, status);
}

static void append_uri_text(struct fx_buf *buf, fx_str text)
{
    static const char HEX[] = "0123456789ABCDEF";
    for (size_t index = 0; index < text.size; index++) {
        const uint8_t byte = (uint8_t)text.data[index];
        const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' ||
                              byte == '_';
        if (is_plain) {
            fx_buf_append_byte(buf, (char)byte);
        } else {
            fx_buf_append_byte(buf, '%');
            fx_buf_append_byte(buf, HEX[byte >> 4U]);
            fx_buf_append_byte(buf, HEX[byte & 0x0FU]);
        }
    }
}

static void begin_finish(struct fx_api *api,
                         const struct fx_api_target *target,
                         fx_status status,
                         void *data)
{
    const struct change *change = data;
    struct fx_buf secret;
    struct fx_buf uri;
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_buf_init(&secret, 64);
    fx_buf_init(&uri, URI_SIZE_MAX);
    fx_totp_append_base32(&secret, fx_crypto_str(change->secret, sizeof change->secret));
    fx_buf_append(&uri, FX_STR("otpauth://totp/future:"));
    append_uri_text(&uri, fx_str_of(change->user.email));
    fx_buf_append(&uri, FX_STR("?secret="));
    fx_buf_append(&uri, fx_buf_str(&secret));
    fx_buf_append(&uri, FX_STR("&issuer=future&algorithm=SHA1&digits=6&period=30"));
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append_byte(buf, '{');
    fx_json_add_str(buf, FX_STR("secret"), fx_buf_str(&secret));
    fx_json_add_str(buf, FX_STR("uri"), fx_buf_str(&uri));
    fx_buf_append_byte(buf, '}');
    fx_api_reply_send(api, target, 200);
    fx_buf_deinit(&secret);
    fx_buf_deinit(&uri);
}

fx_status fx_api_totp_begin(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct change), .work = begin_work, .finish = begin_finish};
    struct change change;
    if (call->api->options.seal == NULL) {
        return FX_NOT_IMPLEMENTED;
    }
    memset(&change, 0, sizeof change);
    fx_api_audit_init(&change.note, call, "totp.begin");
    change.totp.user_id = call->user.id;
    change.totp.created_us = change.note.now_us;
    fx_status status = fx_crypto_random(change.secret, sizeof change.secret);
    if (status == FX_OK) {
        status = seal_secret(call->api->options.seal,
                             fx_crypto_str(change.secret, sizeof change.secret),
                             &change.totp);
    }
    if (status == FX_OK) {
        status = fx_api_writer_submit(call->api, &call->target, &KIND, &change);
    }
    fx_crypto_wipe(&change, sizeof change);
    return status;
}

static fx_status make_codes(struct fx_api_writer_desk *desk, struct change *change)
{
    fx_status status = FX_OK;
    for (uint32_t index = 0; index < CODES && status == FX_OK; index++) {
        uint8_t bytes[CODE_BYTES];
        struct fx_buf text;
        status = fx_crypto_random(bytes, sizeof bytes);
        if (status != FX_OK) {
            return status;
        }
        fx_buf_init(&text, 128);
        fx_totp_append_base32(&text, fx_crypto_str(bytes, sizeof bytes));
        const bool is_copied =
            fx_str_copy(fx_buf_str(&text), change->codes[index], sizeof change->codes[index]);
        fx_buf_clear(&text);
        hash_code(change->totp.user_id, fx_str_of(change->codes[index]), &text);
        status = is_copied
                     ? fx_store_totp_add_code(desk->store, change->totp.user_id, fx_buf_str(&text))
                     : FX_NO_MEMORY;
        fx_buf_deinit(&text);
    }
    return status;
}

/* The first code proves that the app has the secret; then logins ask for one. */
static fx_status confirm_work(struct fx_api_writer_desk *desk, void *data)
{
    struct change *change = data;
    const struct fx_api_totp_proof proof = {
        change->totp.user_id, fx_str_of(change->otp), change->note.now_us};
    fx_status status = fx_store_totp_find(desk->store, change->totp.user_id, &change->totp);
    if (status == FX_OK && change->totp.is_enabled) {
        return FX_EXISTS;
    }
    if (status == FX_OK) {
        change->totp.is_enabled = true;
        status = use_code(desk, &proof, &change->totp);
    }
    if (status == FX_OK) {
        status = make_codes(desk, change);
    }
    return status == FX_NOT_FOUND ? status : fx_api_audit_conclude(desk, &change->note, status);
}

/* @return true where the change was made; otherwise the answer is given. */
static bool has_changed(struct fx_api *api,
                        const struct fx_api_target *target,
                        fx_status status,
                        const struct change *change)
{
    fx_api_delay_end_code(api, change->note.user_id, status);
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
    }
    return status == FX_OK;
}

static void confirm_finish(struct fx_api *api,
                           const struct fx_api_target *target,
                           fx_status status,
                           void *data)
{
    const struct change *change = data;
    if (!has_changed(api, target, status, change)) {
        return;
    }
    struct fx_buf *buf = fx_api_reply_begin(api);
    fx_buf_append(buf, FX_STR("{\"recoveryCodes\":["));
    for (uint32_t index = 0; index < CODES; index++) {
        fx_json_append_comma(buf);
        fx_json_append_string(buf, fx_str_of(change->codes[index]));
    }
    fx_buf_append(buf, FX_STR("]}"));
    fx_api_reply_send(api, target, 200);
}

static fx_status submit_change(struct fx_api_call *call,
                               const char *action,
                               const struct fx_api_writer_kind *kind)
{
    struct change change;
    memset(&change, 0, sizeof change);
    fx_api_audit_init(&change.note, call, action);
    change.totp.user_id = call->user.id;
    fx_status status = fx_api_totp_read(call, change.otp);
    if (status == FX_OK && change.otp[0] == '\0') {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("otp"));
    }
    if (status == FX_OK) {
        status = fx_api_delay_begin_code(call);
    }
    if (status != FX_OK) {
        return status;
    }
    status = fx_api_writer_submit(call->api, &call->target, kind, &change);
    if (status != FX_OK) {
        fx_api_delay_take_back_code(call);
    }
    return status;
}

fx_status fx_api_totp_confirm(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct change), .work = confirm_work, .finish = confirm_finish};
    return submit_change(call, "totp.enable", &KIND);
}

static fx_status disable_work(struct fx_api_writer_desk *desk, void *data)
{
    struct change *change = data;
    const struct fx_api_totp_proof proof = {
        change->totp.user_id, fx_str_of(change->otp), change->note.now_us};
    struct fx_store_totp now;
    fx_status status = fx_store_totp_find(desk->store, change->totp.user_id, &now);
    if (status == FX_OK && now.is_enabled) {
        status = fx_api_totp_check(desk, &proof);
    }
    if (status == FX_OK) {
        status = fx_store_totp_remove(desk->store, change->totp.user_id);
    }
    return status == FX_NOT_FOUND ? status : fx_api_audit_conclude(desk, &change->note, status);
}

static void disable_finish(struct fx_api *api,
                           const struct fx_api_target *target,
                           fx_status status,
                           void *data)
{
    if (has_changed(api, target, status, data)) {
        fx_api_reply_done(api, target);
    }
}

fx_status fx_api_totp_disable(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct change), .work = disable_work, .finish = disable_finish};
    return submit_change(call, "totp.disable", &KIND);
}

/* Users, for admins: list, find, make, change; fees of single users; the audit log. */
#include <string.h>

#include "api/api_admin_int.h"
#include "api/api_enroll_int.h"
#include "api/api_param_int.h"
#include "api/api_reply_int.h"
#include "api/api_revoke_int.h"
#include "base/crypto.h"
#include "store/store_audit.h"
#include "store/store_fee.h"
#include "store/store_user.h"
#include "wire/wire_rows.h"

enum { US_PER_MS = 1000 };

/* ---- list ------------------------------------------------------------------------------------ */

static fx_status find_one(struct fx_api_call *call, struct fx_rows_user *users, uint32_t *count)
{
    fx_str text = {0};
    struct fx_store *reader = call->api->options.reader;
    fx_status status = fx_api_param_find(call, FX_STR("email"), &text);
    if (status == FX_OK) {
        status = fx_store_user_find_email(reader, text, users);
    } else if (status == FX_NOT_FOUND) {
        status = fx_api_param_find(call, FX_STR("uid"), &text);
        if (status == FX_NOT_FOUND) {
            return FX_STALE; /* neither is given */
        }
        status = status == FX_OK ? fx_store_user_find_uid(reader, text, users) : status;
    }
    *count = status == FX_OK ? 1 : 0;
    return status == FX_NOT_FOUND ? FX_OK : status;
}

fx_status fx_api_admin_user_list(struct fx_api_call *call)
{
    struct fx_rows_user *users = call->api->rows;
    struct fx_store_page page;
    uint32_t count = 0;
    bool is_full = false;
    fx_status status = find_one(call, users, &count);
    if (status == FX_STALE) {
        status = fx_api_param_page(call, &page);
        if (status == FX_OK) {
            status = fx_store_user_list(call->api->options.reader, &page, users, &count);
            is_full = status == FX_OK && count == page.limit;
        }
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t index = 0; index < count; index++) {
        fx_json_append_comma(buf);
        fx_wire_rows_user(buf, &users[index]);
    }
    const uint64_t cursor = is_full ? users[count - 1].id : 0;
    fx_crypto_wipe(users, (size_t)count * sizeof *users);
    fx_api_reply_send_list(call->api, &call->target, cursor);
    return FX_OK;
}

fx_status fx_api_admin_user_one(struct fx_api_call *call)
{
    struct fx_rows_user user;
    const fx_status status = fx_api_admin_user_of(call, &user);
    if (status == FX_OK) {
        fx_wire_rows_user(fx_api_reply_begin(call->api), &user);
        fx_api_reply_send(call->api, &call->target, 200);
    }
    return status;
}

/* ---- make and change ------------------------------------------------------------------------- */

/* A word of capital letters: "ACTIVE", "UNRESTRICTED". */
static fx_status read_word(struct fx_api_call *call, fx_str name, char target[16])
{
    fx_str word = {0};
    const fx_status status = fx_api_param_find(call, name, &word);
    bool is_good = status == FX_OK && word.size < 16;
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    for (size_t index = 0; is_good && index < word.size; index++) {
        is_good = (word.data[index] >= 'A' && word.data[index] <= 'Z') || word.data[index] == '_';
    }
    if (!is_good || !fx_str_copy(word, target, 16)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    return FX_OK;
}

static fx_status read_role(struct fx_api_call *call, struct fx_rows_user *user)
{
    fx_str role = {0};
    const fx_status status = fx_api_param_find(call, FX_STR("role"), &role);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    const bool is_role = status == FX_OK && (fx_str_is_equal(role, FX_STR("user")) ||
                                             fx_str_is_equal(role, FX_STR("admin")));
    if (!is_role || !fx_str_copy(role, user->role, sizeof user->role)) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("role"));
    }
    return FX_OK;
}

static fx_status read_lock(struct fx_api_call *call, struct fx_rows_user *user)
{
    fx_str word = {0};
    const fx_str name = FX_STR("isLocked");
    const fx_status status = fx_api_param_find(call, name, &word);
    if (status == FX_NOT_FOUND) {
        return FX_OK;
    }
    const bool is_locked = status == FX_OK && fx_str_is_equal(word, FX_STR("LOCKED"));
    if (!is_locked && (status != FX_OK || !fx_str_is_equal(word, FX_STR("UNLOCKED")))) {
        return fx_api_param_fail(call, FX_BAD_PARAMETER, name);
    }
    user->is_locked = is_locked;
    return FX_OK;
}

/* What is given changes, everything else stays. */
static fx_status read_user(struct fx_api_call *call, struct fx_rows_user *user)
{
    struct {
        fx_str name;
        bool *value;
    } const flags[] = {{FX_STR("allowTrade"), &user->allow_trade},
                       {FX_STR("enableTradingFee"), &user->enable_trading_fee},
                       {FX_STR("isMarketMaker"), &user->is_market_maker},
                       {FX_STR("isBot"), &user->is_bot}};
    fx_status status = read_role(call, user);
    if (status == FX_OK) {
        status = read_lock(call, user);
    }
    if (status == FX_OK) {
        status = read_word(call, FX_STR("status"), user->status);
    }
    if (status == FX_OK) {
        status = read_word(call, FX_STR("userType"), user->user_type);
    }
    for (size_t index = 0; status == FX_OK && index < sizeof flags / sizeof flags[0]; index++) {
        status = fx_api_admin_bool(call, flags[index].name, flags[index].value);
    }
    return status;
}

static void note_user(struct fx_api_audit_note *note, const struct fx_rows_user *user)
{
    struct fx_buf json;
    fx_buf_init(&json, sizeof note->detail);
    fx_buf_append_byte(&json, '{');
    fx_json_add_str(&json, FX_STR("role"), fx_str_of(user->role));
    fx_json_add_str(&json, FX_STR("status"), fx_str_of(user->status));
    fx_json_add_bool(&json, FX_STR("isLocked"), user->is_locked);
    fx_json_add_str(&json, FX_STR("userType"), fx_str_of(user->user_type));
    fx_json_add_bool(&json, FX_STR("allowTrade"), user->allow_trade);
    fx_json_add_bool(&json, FX_STR("enableTradingFee"), user->enable_trading_fee);
    fx_json_add_bool(&json, FX_STR("isMarketMaker"), user->is_market_maker);
    fx_json_add_bool(&json, FX_STR("isBot"), user->is_bot);
    fx_buf_append_byte(&json, '}');
    fx_api_audit_detail(note, &json);
    fx_buf_deinit(&json);
}

fx_status fx_api_admin_user_create(struct fx_api_call *call)
{
    struct fx_api_login_job job;
    memset(&job, 0, sizeof job);
    fx_api_audit_init(&job.note, call, "admin.user.create");
    fx_status status = fx_api_register_fill(&job.user, job.note.now_us);
    if (status == FX_OK) {
        status = read_user(call, &job.user);
    }
    if (status == FX_OK) {
        note_user(&job.note, &job.user);
        status = fx_api_register_submit(call, &job);
    }
    fx_crypto_wipe(&job, sizeof job);
    return status;
}

struct change {
    struct fx_rows_user user;     /* wanted; what is not given is as it was read … */
    struct fx_rows_user original; /* … from here */
    bool is_shut_out;             /* out: tokens are void */
    struct fx_api_audit_note note;
};

/* The row may have changed since it was read: only what was asked for is written over it. */
static void merge(struct change *change, struct fx_rows_user *row)
{
    const struct fx_rows_user *wanted = &change->user;
    const struct fx_rows_user *before = &change->original;
    if (strcmp(wanted->role, before->role) != 0) {
        memcpy(row->role, wanted->role, sizeof row->role);
    }
    if (strcmp(wanted->status, before->status) != 0) {
        memcpy(row->status, wanted->status, sizeof row->status);
    }
    if (strcmp(wanted->user_type, before->user_type) != 0) {
        memcpy(row->user_type, wanted->user_type, sizeof row->user_type);
    }
    row->is_locked = wanted->is_locked != before->is_locked ? wanted->is_locked : row->is_locked;
    row->allow_trade =
        wanted->allow_trade != before->allow_trade ? wanted->allow_trade : row->allow_trade;
    row->enable_trading_fee = wanted->enable_trading_fee != before->enable_trading_fee
                                  ? wanted->enable_trading_fee
                                  : row->enable_trading_fee;
    row->is_market_maker = wanted->is_market_maker != before->is_market_maker
                               ? wanted->is_market_maker
                               : row->is_market_maker;
    row->is_bot = wanted->is_bot != before->is_bot ? wanted->is_bot : row->is_bot;
}

/* Who is shut out now does not come back with old tokens when the door is opened again. */
static fx_status work_update(struct fx_api_writer_desk *desk, void *data)
{
    struct change *change = data;
    struct fx_rows_user row;
    fx_status status = fx_store_user_find(desk->store, change->user.id, &row);
    if (status != FX_OK) {
        return status;
    }
    const bool was_admitted = fx_api_guard_admits(&row) == FX_OK;
    merge(change, &row);
    change->is_shut_out = was_admitted && fx_api_guard_admits(&row) != FX_OK;
    if (change->is_shut_out) {
        row.tokens_from_us = fx_api_revoke_next_us(change->note.now_us);
        status = fx_store_session_revoke_user(desk->store, row.id);
    }
    if (status == FX_OK) { /* whatever changed: other processes shall not learn it by and by */
        status = fx_api_revoke_note_user(desk, row.id, change->note.now_us);
    }
    if (status == FX_OK) {
        status = fx_store_user_update(desk->store, &row);
    }
    fx_crypto_wipe(&row, sizeof row);
    return fx_api_audit_conclude(desk, &change->note, status);
}

static void answer_user(struct fx_api *api,
                        const struct fx_api_pending *pending,
                        const struct fx_event_result *result)
{
    (void)result;
    fx_api_register_answer(api, pending, 200);
}

static void finish_update(struct fx_api *api,
                          const struct fx_api_target *target,
                          fx_status status,
                          void *data)
{
    const struct change *change = data;
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_api_guard_forget(api, change->user.id);
    if (change->is_shut_out) {
        fx_api_revoke_user(api, change->user.id);
    }
    fx_api_enroll_begin(api, target, change->user.id, answer_user);
}

static bool is_about_self(const struct fx_api_call *call, const struct change *change)
{
    const bool is_demoted = strcmp(change->user.role, change->original.role) != 0;
    return change->user.id == call->user.id &&
           (is_demoted || fx_api_guard_admits(&change->user) != FX_OK);
}

fx_status fx_api_admin_user_update(struct fx_api_call *call)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct change), .work = work_update, .finish = finish_update};
    struct change change;
    memset(&change, 0, sizeof change);
    fx_status status = fx_api_admin_user_of(call, &change.user);
    if (status != FX_OK) {
        return status;
    }
    fx_crypto_wipe(change.user.password_hash, sizeof change.user.password_hash);
    change.original = change.user;
    status = read_user(call, &change.user);
    if (status != FX_OK) {
        return status;
    }
    if (is_about_self(call, &change)) {
        call->error.message = FX_STR("no admin shuts himself out");
        return FX_FORBIDDEN;
    }
    fx_api_audit_init(&change.note, call, "admin.user.update");
    fx_api_audit_subject(&change.note, "user", change.user.id);
    fx_api_admin_detail(call, &change.note);
    return fx_api_writer_submit(call->api, &call->target, &KIND, &change);
}

/* ---- fees ------------------------------------------------------------------------------------ */

struct fees {
    struct fx_store_fee row;
    struct fx_api_audit_note note;
};

static fx_status work_fees(struct fx_api_writer_desk *desk, void *data)
{
    const struct fees *fees = data;
    return fx_api_audit_conclude(desk, &fees->note, fx_store_fee_put(desk->store, &fees->row));
}

/* What holds now; without an override the instrument's own. */
static void append_fees(struct fx_buf *buf, const struct fx_store_fee *row)
{
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("userId"), (int64_t)row->user_id);
    fx_json_add_bool(buf, FX_STR("hasFees"), row->has_fees);
    if (row->has_fees) {
        fx_json_add_dec(buf, FX_STR("makerFee"), fx_rows_rate(row->maker_fee_ppb));
        fx_json_add_dec(buf, FX_STR("takerFee"), fx_rows_rate(row->taker_fee_ppb));
    }
    fx_buf_append_byte(buf, '}');
}

static void answer_fees(struct fx_api *api,
                        const struct fx_api_pending *pending,
                        const struct fx_event_result *result)
{
    struct fx_store_fee row;
    (void)result;
    if (fx_api_enroll_next(api, pending)) {
        return;
    }
    const fx_status status = fx_store_fee_find(api->options.reader, pending->user_id, &row);
    if (status == FX_OK) {
        append_fees(fx_api_reply_begin(api), &row);
        fx_api_reply_send(api, &pending->target, 200);
    } else {
        fx_api_reply_unknown(api, &pending->target, status);
    }
}

static void finish_fees(struct fx_api *api,
                        const struct fx_api_target *target,
                        fx_status status,
                        void *data)
{
    const struct fees *fees = data;
    if (status != FX_OK) {
        fx_api_reply_fail(api, target, status);
        return;
    }
    fx_api_enroll_begin(api, target, fees->row.user_id, answer_fees);
}

static fx_status submit_fees(struct fx_api_call *call, struct fees *fees)
{
    static const struct fx_api_writer_kind KIND = {
        .size = sizeof(struct fees), .work = work_fees, .finish = finish_fees};
    fx_api_audit_init(
        &fees->note, call, fees->row.has_fees ? "admin.fees.set" : "admin.fees.remove");
    fx_api_audit_subject(&fees->note, "user", fees->row.user_id);
    fx_api_admin_detail(call, &fees->note);
    fees->row.updated_us = fees->note.now_us;
    return fx_api_writer_submit(call->api, &call->target, &KIND, fees);
}

static fx_status read_fee(struct fx_api_call *call, fx_str name, int64_t *ppb)
{
    const fx_status status = fx_api_admin_rate(call, name, ppb);
    return status == FX_NOT_FOUND ? fx_api_param_fail(call, FX_BAD_PARAMETER, name) : status;
}

fx_status fx_api_admin_user_set_fees(struct fx_api_call *call)
{
    struct fees fees;
    struct fx_rows_user user;
    memset(&fees, 0, sizeof fees);
    fx_status status = fx_api_admin_user_of(call, &user);
    if (status == FX_OK) {
        status = read_fee(call, FX_STR("makerFee"), &fees.row.maker_fee_ppb);
    }
    if (status == FX_OK) {
        status = read_fee(call, FX_STR("takerFee"), &fees.row.taker_fee_ppb);
    }
    if (status == FX_OK && fees.row.maker_fee_ppb + fees.row.taker_fee_ppb < 0) {
        call->error.message = FX_STR("makerFee and takerFee together must not be negative");
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("makerFee"));
    }
    if (status != FX_OK) {
        return status;
    }
    fees.row.user_id = user.id;
    fees.row.has_fees = true;
    return submit_fees(call, &fees);
}

fx_status fx_api_admin_user_remove_fees(struct fx_api_call *call)
{
    struct fees fees;
    struct fx_rows_user user;
    memset(&fees, 0, sizeof fees);
    const fx_status status = fx_api_admin_user_of(call, &user);
    fees.row.user_id = user.id;
    return status == FX_OK ? submit_fees(call, &fees) : status;
}

fx_status fx_api_admin_user_show_fees(struct fx_api_call *call)
{
    struct fx_store_fee row;
    struct fx_rows_user user;
    memset(&row, 0, sizeof row);
    fx_status status = fx_api_admin_user_of(call, &user);
    if (status == FX_OK) {
        row.user_id = user.id;
        status = fx_store_fee_find(call->api->options.reader, user.id, &row);
    }
    if (status != FX_OK && (status != FX_NOT_FOUND || row.user_id == 0)) {
        return status;
    }
    append_fees(fx_api_reply_begin(call->api), &row);
    fx_api_reply_send(call->api, &call->target, 200);
    return FX_OK;
}

/* ---- the audit log --------------------------------------------------------------------------- */

static void append_audit(struct fx_buf *buf, const struct fx_store_audit *row)
{
    fx_json_append_comma(buf);
    fx_buf_append_byte(buf, '{');
    fx_json_add_int(buf, FX_STR("id"), (int64_t)row->id);
    fx_json_add_int(buf, FX_STR("userId"), (int64_t)row->user_id);
    fx_json_add_str(buf, FX_STR("action"), fx_str_of(row->action));
    fx_json_add_str(buf, FX_STR("subject"), fx_str_of(row->subject));
    fx_json_add_str(buf, FX_STR("detail"), fx_str_of(row->detail));
    fx_json_add_str(buf, FX_STR("outcome"), fx_str_of(row->outcome));
    fx_json_add_str(buf, FX_STR("ip"), fx_str_of(row->ip));
    fx_json_add_str(buf, FX_STR("requestId"), fx_str_of(row->request_id));
    fx_json_add_int(buf, FX_STR("createdAt"), row->created_us / US_PER_MS);
    fx_json_add_str(buf, FX_STR("hash"), fx_str_of(row->hash));
    fx_buf_append_byte(buf, '}');
}

static fx_status read_audit_query(struct fx_api_call *call, struct fx_store_audit_query *query)
{
    fx_status status = fx_api_param_u64(call, FX_STR("userId"), &query->user_id);
    if (status == FX_OK && query->user_id > INT64_MAX) {
        status = fx_api_param_fail(call, FX_BAD_PARAMETER, FX_STR("userId"));
    }
    if (status == FX_OK) {
        status = fx_api_param_find(call, FX_STR("action"), &query->action);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (status == FX_OK) {
        status = fx_api_param_find(call, FX_STR("subject"), &query->subject);
        status = status == FX_NOT_FOUND ? FX_OK : status;
    }
    if (status == FX_OK) {
        status = fx_api_param_span(call, &query->created);
    }
    return status == FX_OK ? fx_api_param_page(call, &query->page) : status;
}

fx_status fx_api_admin_user_audit(struct fx_api_call *call)
{
    struct fx_store_audit *rows = call->api->rows;
    struct fx_store_audit_query query;
    uint32_t count = 0;
    memset(&query, 0, sizeof query);
    fx_status status = read_audit_query(call, &query);
    if (status == FX_OK) {
        status = fx_store_audit_list(call->api->options.reader, &query, rows, &count);
    }
    if (status != FX_OK) {
        return status;
    }
    struct fx_buf *buf = fx_api_reply_begin_list(call->api);
    for (uint32_t index = 0; index < count; index++) {
        append_audit(buf, &rows[index]);
    }
    const bool is_full = count > 0 && count == query.page.limit;
    fx_api_reply_send_list(call->api, &call->target, is_full ? rows[count - 1].id : 0);
    return FX_OK;
}
